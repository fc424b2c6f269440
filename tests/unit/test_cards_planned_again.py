"""Planning is idempotent: what was sent and stands on WB is never sent again, and nothing that stands is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wbsync.domain.card_difference import differences, hashed, pictures_hashed
from wbsync.domain.card_plan import Tables, plan
from wbsync.domain.cards import CardState, Content, Dimensions, PlannedCard, Size, Standing, Step, Told
from wbsync.domain.ids import (
    Barcode,
    CharcId,
    ChrtId,
    ImtId,
    NmId,
    OfferId,
    PriceTypeId,
    ProductId,
    SectionId,
    SubjectId,
)
from wbsync.domain.mapping import SubjectTable, table_of
from wbsync.domain.products import Good, Price, Product
from wbsync.domain.schema import Characteristic, Entry, Kind, Named, Schema, SubjectSchema
from wbsync.domain.shop import Cards
from wbsync.wb.card_wire import CardUpdate, NewCard

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SUBJECT, SECTION = SubjectId(192), SectionId(7)
COLOUR, COMPOSITION, LENGTH, SET, UNMAPPED = map(CharcId, (1, 2, 3, 4, 99))

SCHEMA = Schema(
    {
        SUBJECT: SubjectSchema(
            SUBJECT,
            "Футболки",
            (
                Characteristic(COLOUR, "Цвет", max_count=5),
                Characteristic(COMPOSITION, "Состав"),
                Characteristic(LENGTH, "Длина", unit="см", kind=Kind.NUMBER),
                Characteristic(SET, "Комплектация", max_count=3),
                Characteristic(UNMAPPED, "Уход", max_count=2),
            ),
        )
    },
    {Named.COLORS: tuple(map(Entry, ("белый", "голубой", "черный", "красный")))},
)

ROWS: Mapping[str, dict[str, Any]] = {
    "title": {"to": "title", "from": {"field": "name"}},
    "description": {"to": "description", "from": {"field": "detailText"}},
    **{side: {"to": side, "from": {"field": side}} for side in ("length", "width", "height", "weight")},
    "price": {"to": "price", "from": {"price": 1}},
    "techSize": {"to": "techSize", "from": {"property": "SIZE"}, "value": {"rule": "size"}},
    "wbSize": {"to": "wbSize", "from": {"property": "SIZE"}},
    "kizMarked": {"to": "kizMarked", "from": {"property": "KIZ"}},
    "document": {"to": "documentNumber", "from": {"property": "PAPER"}},
    "colour": {"to": COLOUR, "from": {"property": "COLOUR"}, "value": {"rule": "dictionary"}},
    "composition": {"to": COMPOSITION, "from": {"property": "OF"}, "value": {"rule": "composition"}},
    "number": {"to": LENGTH, "from": {"property": "LENGTH"}, "value": {"rule": "number"}},
    "set": {"to": SET, "from": {"property": "SET"}, "value": {"rule": "split"}},
}
PACKED = ("length", "width", "height", "weight")


def table(rows: Sequence[str]) -> SubjectTable:
    named = {"to": "vendorCode", "from": {"template": "{ARTICLE}-{COLOUR}"}}
    made = table_of(
        {
            "subject": SUBJECT,
            "products": {"sections": [SECTION]},
            "variants_by": ["COLOUR"],
            "rows": [named, *(ROWS[row] for row in rows)],
        }
    )
    assert isinstance(made, SubjectTable)
    return made


def planned(
    products: Sequence[Product],
    mapped: SubjectTable,
    standing: Sequence[Standing] = (),
    told: Mapping[str, Told] | None = None,
) -> tuple[PlannedCard, ...]:
    made = plan(products, Tables([mapped]), SCHEMA, standing=standing, told=told or {}, settings=Cards(), made_at=NOW)
    return made.cards


# A shop


FREE_ROWS = sorted(ROWS.keys() - set(PACKED))
MAPPINGS = st.tuples(st.sets(st.sampled_from(FREE_ROWS)), st.booleans()).map(
    lambda some: table(["techSize", *sorted(some[0] - {"techSize"}), *(PACKED if some[1] else ())])
)
COLOURS = st.sampled_from(["Белый", "белый с голубым", "Чёрный", "красная/белая"])
VALUES: Mapping[str, st.SearchStrategy[str]] = {
    "OF": st.sampled_from(["хлопок 95% эластан 5%", "100% лён", "как получится 3%"]),
    "LENGTH": st.sampled_from(["62", "62,50", "0,7 м", "много", "333 мм"]),
    "SET": st.sampled_from(["футболка, пакет", "Пакет; футболка", "а, б, в, г"]),
    "KIZ": st.sampled_from(["да", "нет"]),
    "PAPER": st.sampled_from(["BY/112 11.01", "РУ-7 100"]),
}
TEXTS = st.text("ab \n<p>&;ёЁ", max_size=12).map(lambda text: f"Футболка {text}")


@st.composite
def shops(draw: st.DrawFn) -> list[Product]:
    return [draw(one_product(number)) for number in range(1, draw(st.integers(1, 3)) + 1)]


@st.composite
def one_product(draw: st.DrawFn, number: int) -> Product:
    told = {code: (draw(values),) for code, values in VALUES.items() if draw(st.booleans())}
    sides = draw(st.lists(st.integers(1, 900), min_size=4, max_size=4))
    head = Good(
        OfferId(number),
        33,
        active=True,
        changed_at=NOW,
        fields={"name": draw(TEXTS), "detailText": draw(TEXTS)} | dict(zip(PACKED, map(str, sides), strict=True)),
        properties={"ARTICLE": (f"A{number}",), **told},
        pictures=draw(st.sampled_from([(), ("https://shop.example/1.jpg", "https://shop.example/2.jpg")])),
    )
    colours = draw(st.lists(COLOURS, min_size=1, max_size=3, unique=True))
    sizes = draw(st.lists(st.sampled_from(["44", "46", "38,5", "XL", "one size"]), min_size=1, max_size=3, unique=True))
    coded = draw(st.booleans())
    places = [(colour, size) for colour in colours for size in sizes]
    offers = tuple(
        Good(
            OfferId(number * 100 + at),
            34,
            active=True,
            changed_at=NOW,
            properties={"COLOUR": (colour,), "SIZE": (size,)},
            prices={PriceTypeId(1): Price(Decimal("19.90"), "BYN")},
            barcodes=(Barcode(f"shop-{number}-{at}"),) if coded or draw(st.booleans()) else (),
        )
        for at, (colour, size) in enumerate(places, 1)
    )
    return Product(ProductId(number), head, frozenset({SECTION}), offers)


# What WB makes of it


@dataclass(frozen=True)
class Habits:
    """How WB tells what it was sent."""

    backwards: bool
    points: bool  # 5 as 5.0
    spaces: bool

    def standing(self, card: PlannedCard, nm_id: int, imt_id: int) -> Standing:
        content = card.content
        characteristics = {charc: self._value(value) for charc, value in content.characteristics.items()}
        if self.backwards:
            characteristics = dict(reversed(list(characteristics.items())))
        packed = content.dimensions
        sizes = [self._size(size, nm_id * 100 + at) for at, size in enumerate(content.sizes)]
        return Standing(
            NmId(nm_id),
            ImtId(imt_id),
            card.subject_id,
            replace(
                content,
                description=content.description.replace("\n", "\r\n") if self.spaces else content.description,
                dimensions=packed or Dimensions(0, 0, 0, Decimal()),
                characteristics=characteristics,
                sizes=tuple(reversed(sizes)) if self.backwards else tuple(sizes),
                kiz_marked=bool(content.kiz_marked),
                documents=self._documents(content.documents),
            ),
            photos=len(card.pictures),
        )

    def _value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return value + Decimal("0.0") if self.points else value
        return tuple(reversed(value)) if self.backwards else value

    def _size(self, size: Size, number: int) -> Size:
        barcodes = size.barcodes or (Barcode(f"wb-{number}"),)
        return Size(size.tech_size, size.wb_size, barcodes, chrt_id=size.chrt_id or ChrtId(number))

    def _documents(self, told: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if not told:
            return None
        return {"items": [{"id": "d-1", **dict(reversed(list(item.items())))} for item in told["items"]]}


HABITS = st.builds(Habits, st.booleans(), st.booleans(), st.booleans())


def obeyed(cards: Sequence[PlannedCard], there: Mapping[str, Standing], habits: Habits) -> dict[str, Standing]:
    """WB after all that was planned has been sent."""
    after = dict(there)
    for card in cards:
        if card.step in {Step.CREATE, Step.ADD_VARIANT}:
            number = len(after) + 1
            after[card.vendor_code] = habits.standing(card, number, card.imt_id or int(card.product_id))
        elif card.step is Step.UPDATE:
            assert card.before
            changed = habits.standing(card, card.before.nm_id, card.before.imt_id)
            after[card.vendor_code] = replace(changed, photos=card.before.photos)
    return after


def told_of(cards: Sequence[PlannedCard]) -> dict[str, Told]:
    return {
        card.vendor_code: Told(
            card.product_id, CardState.ACCEPTED, card.content_hash, pictures_hashed(card.pictures), card.problems
        )
        for card in cards
        if card.step not in {Step.BLOCKED, Step.NOTHING}
    }


@settings(max_examples=150, deadline=None)
@given(shops(), MAPPINGS, HABITS)
def test_what_wb_has_made_as_it_was_told_is_left_alone(
    products: list[Product], mapped: SubjectTable, habits: Habits
) -> None:
    first = planned(products, mapped)
    there = obeyed(first, {}, habits)
    for told in (told_of(first), {}):
        again = planned(products, mapped, list(there.values()), told)
        assert [card.step for card in again] == [
            Step.BLOCKED if card.step is Step.BLOCKED else Step.NOTHING for card in first
        ]


@settings(max_examples=150, deadline=None)
@given(st.tuples(shops(), shops()), st.tuples(MAPPINGS, MAPPINGS), HABITS)
def test_one_update_is_enough_and_loses_nothing_of_what_stands(
    shop: tuple[list[Product], list[Product]], tables: tuple[SubjectTable, SubjectTable], habits: Habits
) -> None:
    """The shop and its table change; staff has written more on WB's cards than the table maps."""
    (before, after), (first, mapped) = shop, tables
    there = {code: by_staff(card) for code, card in obeyed(planned(before, first), {}, habits).items()}
    cards = planned(after, mapped, list(there.values()))
    for card in cards:
        if card.step is Step.UPDATE:
            assert card.before
            keeps(card.before.content, card.content)
            changed = list(differences(card.before.content, card.content))
            assert changed
            assert all(old != new for _, old, new in changed)
    done = obeyed(cards, there, habits)
    again = planned(after, mapped, list(done.values()), told_of(cards))
    assert {one.step for one in again} <= {Step.NOTHING, Step.BLOCKED}


def by_staff(card: Standing) -> Standing:
    papers = [*((card.content.documents or {}).get("items") or ()), {"id": "d-9", "type": 1, "number": "staff's own"}]
    content = replace(
        card.content,
        characteristics={**card.content.characteristics, UNMAPPED: ("стирка при 30°",)},
        wholesale={"enabled": True, "quantum": 5},
        documents={"items": papers},
        sizes=tuple(
            replace(size, barcodes=(*size.barcodes, Barcode(f"x{size.chrt_id}"))) for size in card.content.sizes
        ),
    )
    return replace(card, content=content, photos=2)


def keeps(standing: Content, sent: Content) -> None:
    """WB forgets what it is not sent again."""
    assert sent.vendor_code == standing.vendor_code
    assert sent.characteristics[UNMAPPED] == standing.characteristics[UNMAPPED]
    assert set(standing.characteristics) <= set(sent.characteristics)
    assert sent.wholesale == standing.wholesale
    sizes = {size.chrt_id: size for size in sent.sizes}
    for size in standing.sizes:
        assert set(size.barcodes) <= set(sizes[size.chrt_id].barcodes)
        assert sizes[size.chrt_id].tech_size == size.tech_size
    names = [size.tech_size for size in sent.sizes]
    assert len(set(names)) == len(names)
    barcodes = [barcode for size in sent.sizes for barcode in size.barcodes]
    assert len(set(barcodes)) == len(barcodes)
    assert {"id": "d-9", "type": 1, "number": "staff's own"} in (sent.documents or {})["items"]


@settings(max_examples=100, deadline=None)
@given(shops(), MAPPINGS)
def test_what_is_planned_can_be_said_in_wbs_words(products: list[Product], mapped: SubjectTable) -> None:
    for card in planned(products, mapped):
        if card.step is not Step.BLOCKED:
            assert NewCard.of(card.content)
            assert CardUpdate.of(NmId(1), card.content)
        for problem in card.problems:
            assert problem.target or problem.detail


@given(shops(), MAPPINGS)
def test_a_hash_is_the_same_whenever_the_same_is_planned(products: list[Product], mapped: SubjectTable) -> None:
    once, twice = planned(products, mapped), planned(products[::-1], mapped)
    assert {card.vendor_code: card.content_hash for card in once if card.step is not Step.BLOCKED} == {
        card.vendor_code: card.content_hash for card in twice if card.step is not Step.BLOCKED
    }
    assert all(hashed(card.content) == card.content_hash for card in once if card.step is Step.CREATE)
