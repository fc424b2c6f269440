"""What of a product becomes a card: who is sold, which pictures a variant shows, which value of several counts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from wbsync.domain.card_plan import Tables, plan
from wbsync.domain.cards import CardState, Dimensions, PlannedCard, ProblemKind, Size, Standing, Step, Told
from wbsync.domain.ids import Barcode, CharcId, ChrtId, ImtId, NmId, OfferId, ProductId, SectionId, SubjectId
from wbsync.domain.mapping import SubjectTable, table_of
from wbsync.domain.products import Good, Product
from wbsync.domain.schema import Characteristic, Entry, Kind, Named, Schema, SubjectSchema
from wbsync.domain.shop import Cards
from wbsync.texts import CARD_PROBLEMS, CARD_STATES, CARD_STEPS

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SUBJECT, SECTION = SubjectId(192), SectionId(7)
COLOUR, WIDTH = CharcId(1), CharcId(2)
SCHEMA = Schema(
    {
        SUBJECT: SubjectSchema(
            SUBJECT,
            "Шарфы",
            (Characteristic(COLOUR, "Цвет"), Characteristic(WIDTH, "Ширина", unit="см", kind=Kind.NUMBER)),
        )
    },
    {Named.COLORS: (Entry("белый"), Entry("черный"))},
)
FIELDS = ("length", "width", "height", "weight")


def table(*rows: dict[str, Any]) -> SubjectTable:
    own = (
        {"to": "vendorCode", "from": {"template": "{ARTICLE}-{COLOUR}"}},
        {"to": "techSize", "from": {"property": "SIZE"}, "value": {"rule": "size"}},
        {"to": COLOUR, "from": {"property": "COLOUR"}, "value": {"rule": "dictionary"}},
    )
    head = {"subject": SUBJECT, "products": {"sections": [SECTION]}, "variants_by": ["COLOUR"]}
    made = table_of(head | {"rows": [*own, *rows]})
    assert isinstance(made, SubjectTable)
    return made


def good(number: int, **more: Any) -> Good:
    return Good(OfferId(number), 34, active=True, changed_at=NOW, **more)


def offer(number: int, colour: str, size: str = "44", **more: Any) -> Good:
    properties = {"COLOUR": (colour,), "SIZE": (size,), **more.pop("properties", {})}
    barcodes = more.pop("barcodes", (Barcode(f"b{number}"),))
    return good(number, properties=properties, barcodes=barcodes, **more)


def product(*offers: Good, **head: Any) -> Product:
    properties = {"ARTICLE": ("A",), **head.pop("properties", {})}
    return Product(ProductId(1), good(1, properties=properties, **head), frozenset({SECTION}), offers)


def planned(
    *products: Product,
    by: SubjectTable | None = None,
    standing: Sequence[Standing] = (),
    told: Mapping[str, Told] | None = None,
    **settings: Any,
) -> tuple[PlannedCard, ...]:
    return plan(
        products,
        Tables([by or table()]),
        SCHEMA,
        standing=standing,
        told=told or {},
        settings=Cards(**settings),
        made_at=NOW,
    ).cards


def kinds(card: PlannedCard) -> set[ProblemKind]:
    return {problem.kind for problem in card.problems}


def there(card: PlannedCard, **content: Any) -> Standing:
    sizes = tuple(replace(size, chrt_id=ChrtId(at), offer_id=None) for at, size in enumerate(card.content.sizes, 1))
    return Standing(NmId(5), ImtId(3), SUBJECT, replace(card.content, **({"sizes": sizes} | content)))


# What is sold


def test_an_offer_that_is_switched_off_is_no_size_and_its_barcode_hinders_nobody() -> None:
    off = replace(offer(12, "белый", "46", barcodes=(Barcode("b11"),)), active=False)
    [card] = planned(product(offer(11, "белый"), off))
    assert [size.offer_id for size in card.content.sizes] == [11]
    assert card.step is Step.CREATE


@pytest.mark.parametrize(
    "nobody",
    [
        product(replace(offer(11, "белый"), active=False)),
        replace(product(offer(11, "белый")), head=replace(product().head, active=False)),
        replace(product(), head=replace(product().head, active=False)),
    ],
    ids=["all offers off", "head off", "simple and off"],
)
def test_of_a_product_that_nobody_can_buy_nothing_is_said_and_its_card_stays(nobody: Product) -> None:
    [card] = planned(product(offer(11, "белый")))
    assert planned(nobody, standing=[there(card)]) == ()


def test_a_size_whose_offer_is_gone_stays_on_its_card() -> None:
    [both] = planned(product(offer(11, "белый"), offer(12, "белый", "46")))
    [now] = planned(product(offer(11, "белый")), standing=[there(both)])
    assert now.step is Step.NOTHING
    [changed] = planned(product(offer(11, "белый"), name_of("Шарф")), by=TITLED, standing=[there(both)])
    assert changed.step is Step.UPDATE
    assert [(size.tech_size, size.chrt_id) for size in changed.content.sizes][:2] == [("44", 1), ("46", 2)]


TITLED = table({"to": "title", "from": {"property": "NAME"}})


def name_of(title: str) -> Good:
    return offer(13, "белый", "48", properties={"NAME": (title,)})


# Barcodes


def test_an_offer_without_a_barcode_whose_size_has_one_on_wb_lacks_none() -> None:
    [card] = planned(product(offer(11, "белый")))
    [now] = planned(product(offer(11, "белый", barcodes=())), standing=[there(card)])
    assert now.step is Step.NOTHING
    assert ProblemKind.NO_BARCODE not in kinds(now)


def test_a_barcode_of_the_shop_that_wb_lacks_is_added_to_those_that_stand() -> None:
    [card] = planned(product(offer(11, "белый")))
    more = offer(11, "белый", barcodes=(Barcode("new"), Barcode("b11")))
    [now] = planned(product(more), standing=[there(card)])
    assert now.step is Step.UPDATE
    assert [size.barcodes for size in now.content.sizes] == [("b11", "new")]


def test_a_new_size_whose_name_wb_gives_another_barcode_stops_the_card() -> None:
    """Two sizes of the shop changed their names: WB's size cannot be both of them."""
    [card] = planned(product(offer(11, "белый", "44")))
    [now] = planned(product(offer(11, "белый", "46"), offer(12, "белый", "44")), standing=[there(card)])
    assert now.step is Step.BLOCKED
    assert [(each.kind, each.value, each.detail, each.offer_id) for each in now.problems if each.blocks] == [
        (ProblemKind.SIZE_TWICE, "44", "b11", 12)
    ]


def test_a_thing_without_sizes_is_found_whatever_wb_calls_its_only_size() -> None:
    [card] = planned(product(offer(11, "белый", "one size", barcodes=())))
    named = there(card, sizes=(Size("ONE SIZE", barcodes=(Barcode("wb"),), chrt_id=ChrtId(1)),))
    [now] = planned(product(offer(11, "белый", "one size", barcodes=())), standing=[named])
    assert now.step is Step.NOTHING


def test_a_thing_that_gets_sizes_gets_them_beside_the_one_that_stands() -> None:
    """And the size without a name is not taken for all of them, which would change the card for ever."""
    [card] = planned(product(offer(11, "белый", "44")))
    three = product(*(offer(20 + at, "белый", size, barcodes=()) for at, size in enumerate(("44", "one size", "46"))))
    [now] = planned(three, standing=[there(card)])
    assert [size.tech_size for size in now.content.sizes] == ["44", "0", "46"]


# Pictures

OWN = ("https://shop.example/own.jpg",)
HEADS = ("https://shop.example/a.jpg", "https://shop.example/b.jpg")


def test_a_colour_shows_its_own_pictures_and_one_without_any_the_products() -> None:
    with_own = offer(11, "белый", pictures=OWN)
    white, black = planned(product(with_own, offer(12, "белый", "46"), offer(13, "чёрный"), pictures=HEADS))
    assert white.pictures[0] == OWN[0]
    assert black.pictures == HEADS


def test_a_product_of_one_colour_shows_its_own_pictures_and_then_the_products() -> None:
    [card] = planned(product(offer(11, "белый", pictures=OWN), offer(12, "белый", "46"), pictures=(*HEADS, *OWN)))
    assert card.pictures == (*OWN, *HEADS)


@pytest.mark.parametrize("sizes", [("44",), ("44", "46")], ids=["one size", "two sizes"])
@pytest.mark.parametrize(
    "source", [{"field": "name"}, {"template": "{name}, {COLOUR}"}], ids=["the name", "a template with it"]
)
def test_a_title_is_the_products_name_however_many_sizes_there_are(
    sizes: tuple[str, ...], source: dict[str, str]
) -> None:
    offers = (offer(11 + at, "белый", size, fields={"name": f"Шарф (белый, {size})"}) for at, size in enumerate(sizes))
    [card] = planned(product(*offers, fields={"name": "Шарф"}), by=table({"to": "title", "from": source}))
    assert card.content.title == ("Шарф" if "field" in source else "Шарф, белый")
    assert card.step is Step.CREATE


def test_when_pictures_are_not_ours_to_give_nobody_is_told_that_there_are_none() -> None:
    [card] = planned(product(offer(11, "белый")), pictures=False)
    assert (card.pictures, kinds(card)) == ((), set())
    [told] = planned(product(offer(11, "белый")))
    assert kinds(told) == {ProblemKind.NO_PICTURES}
    assert told.step is Step.CREATE


# One number of several


PACKED = table(*({"to": name, "from": {"field": name}} for name in FIELDS))


def sides(*told: str) -> dict[str, str]:
    return dict(zip(FIELDS, told, strict=True))


def test_a_card_is_packed_as_its_largest_offer_whatever_its_head_says() -> None:
    small, large = (
        offer(11, "белый", fields=sides("301", "200", "50", "400")),
        offer(12, "белый", "46", fields=sides("310", "199", "50", "401")),
    )
    [card] = planned(product(small, large, fields=sides("10", "10", "10", "10")), by=PACKED)
    assert card.content.dimensions == Dimensions(31, 20, 5, Decimal("0.401"))


def test_without_a_weight_the_card_waits_for_it_and_wb_keeps_what_it_has() -> None:
    bare = product(offer(11, "белый", fields=sides("300", "200", "50", "0")))
    [card] = planned(bare, by=PACKED)
    assert card.step is Step.BLOCKED
    assert [(one.target, one.source) for one in card.problems if one.kind is ProblemKind.NO_DIMENSIONS] == [
        ("weight", "поле weight")
    ]


# Values that cannot be sent, or need more than copying

X = {"to": WIDTH, "from": {"property": "X"}, "value": {"rule": "number"}}
TITLE = {"to": "title", "from": {"property": "X"}}
KIZ = {"to": "kizMarked", "from": {"property": "X"}}
BRAND = {"to": "brand", "from": {"property": "X"}, "value": {"rule": "dictionary", "values": ["Небывалое"]}}
WORDS = {
    "to": COLOUR,
    "from": {"property": "X"},
    "value": {"rule": "dictionary", "words": {"как на фото": [], "уголь": ["черный"]}},
}


def with_x(row: dict[str, Any], value: str) -> PlannedCard:
    by = table(row)
    rows = tuple({one.to: one for one in by.rows}.values())
    [card] = planned(product(offer(11, "белый", properties={"X": (value,)})), by=by.model_copy(update={"rows": rows}))
    return card


@pytest.mark.parametrize(
    ("row", "value", "kind", "sent"),
    [
        (X, "10–15", ProblemKind.RANGE, True),
        (X, "2 кг", ProblemKind.UNIT, True),
        (X, "широкий", ProblemKind.NOT_A_NUMBER, True),
        (X | {"when_empty": "stop"}, "широкий", ProblemKind.NOT_A_NUMBER, False),
        (TITLE, "ш" * 61, ProblemKind.TOO_LONG, False),
        (KIZ, "возможно", ProblemKind.NOT_IN_DICTIONARY, False),
        (BRAND, "Бывалое", ProblemKind.UNSURE, True),
        (WORDS, "как на фото", None, True),
    ],
)
def test_what_wb_would_not_take_is_told_and_never_sent(
    row: dict[str, Any], value: str, kind: ProblemKind | None, *, sent: bool
) -> None:
    card = with_x(row, value)
    told = [problem for problem in card.problems if problem.kind is not ProblemKind.NO_PICTURES]
    assert [problem.kind for problem in told] == ([kind] if kind else [])
    assert {problem.source for problem in told} <= {"X"}
    assert (card.step is Step.CREATE) is sent
    content = card.content
    assert (content.title, content.brand, content.kiz_marked) == ("", "", None)
    assert WIDTH not in content.characteristics


def test_a_value_is_what_the_table_says_it_means() -> None:
    assert with_x(WORDS, "Уголь").content.characteristics == {COLOUR: ("черный",)}
    assert with_x(X, "0,35 м").content.characteristics[WIDTH] == 35
    assert with_x(KIZ, "Да").content.kiz_marked is True
    assert with_x(KIZ, "нет").content.kiz_marked is False
    filled = X | {"from": {"property": "NOWHERE"}, "when_empty": "default", "default": "12"}
    assert with_x(filled, "").content.characteristics[WIDTH] == 12


def test_two_offers_of_one_size_stop_the_card() -> None:
    [card] = planned(product(offer(11, "белый", "44"), offer(12, "белый", "44")))
    assert card.step is Step.BLOCKED
    assert [(one.source, one.value, one.offer_id) for one in card.problems if one.kind is ProblemKind.SIZE_TWICE] == [
        ("SIZE", "44", 12)
    ]


def test_a_wrong_check_digit_stops_a_new_card_and_not_one_whose_barcode_wb_has_taken() -> None:
    wrong = product(offer(11, "белый", barcodes=(Barcode("4810000000002"),)))
    [card] = planned(wrong)
    assert (card.step, ProblemKind.BARCODE_WRONG in kinds(card)) == (Step.BLOCKED, True)
    [now] = planned(wrong, standing=[there(card)])
    assert (now.step, ProblemKind.BARCODE_WRONG in kinds(now)) == (Step.NOTHING, False)


def test_one_barcode_of_two_products_stops_both() -> None:
    first = product(offer(11, "белый", barcodes=(Barcode("same"),)))
    second = Product(ProductId(2), good(2, properties={"ARTICLE": ("B",)}), frozenset({SECTION}), first.offers)
    second = replace(second, offers=(replace(first.offers[0], id=OfferId(21)),))
    cards = planned(first, second)
    assert [(card.step, ProblemKind.BARCODE_TWICE in kinds(card)) for card in cards] == [(Step.BLOCKED, True)] * 2


def test_a_barcode_on_two_cards_of_wb_stops_the_card() -> None:
    [card] = planned(product(offer(11, "белый"), offer(12, "белый", "46")))
    one, other = there(card), replace(there(card), nm_id=NmId(6))
    [now] = planned(product(offer(11, "белый"), offer(12, "белый", "46")), standing=[one, other])
    assert now.step is Step.BLOCKED
    assert [problem.detail for problem in now.problems if problem.kind is ProblemKind.BARCODE_TAKEN] == [
        "nmID 5, nmID 6"
    ]


# An update


def test_a_value_that_is_not_understood_leaves_wbs_own_in_its_place() -> None:
    by = table(
        {"to": WIDTH, "from": {"property": "WIDTH"}, "value": {"rule": "number"}},
        {"to": "title", "from": {"field": "name"}},
    )
    offers = (offer(11, "белый", properties={"WIDTH": ("30",)}),)
    [card] = planned(product(*offers, fields={"name": "Шарф"}), by=by)
    assert card.content.characteristics[WIDTH] == 30
    unread = (offer(11, "белый", properties={"WIDTH": ("широкий",)}),)
    [now] = planned(product(*unread, fields={"name": "Шарфик"}), by=by, standing=[there(card)])
    assert (now.step, now.content.title, now.content.characteristics[WIDTH]) == (Step.UPDATE, "Шарфик", Decimal(30))
    assert ProblemKind.NOT_A_NUMBER in kinds(now)


def test_a_value_that_the_shop_has_emptied_stays_on_wb() -> None:
    by = table({"to": "description", "from": {"field": "detailText"}})
    [card] = planned(product(offer(11, "белый"), fields={"detailText": "Мягкий."}), by=by)
    [now] = planned(product(offer(11, "белый")), by=by, standing=[there(card)])
    assert now.step is Step.NOTHING


@pytest.mark.parametrize("state", [CardState.BEGUN, CardState.SENT])
def test_while_wb_makes_a_card_nothing_is_sent_about_it_or_its_kin(state: CardState) -> None:
    two = product(offer(11, "белый"), offer(12, "чёрный"))
    first, _ = planned(two)
    told = {first.vendor_code: Told(ProductId(1), state, first.content_hash)}
    assert {card.step for card in planned(two, told=told)} == {Step.NOTHING}


def test_a_new_colour_joins_the_group_that_stands() -> None:
    two = product(offer(11, "белый"), offer(12, "чёрный"))
    white, _ = planned(two)
    same, black = planned(two, standing=[there(white)])
    assert (same.step, black.step, black.imt_id) == (Step.NOTHING, Step.ADD_VARIANT, ImtId(3))


def test_what_wb_refused_is_sent_again_only_when_it_has_changed() -> None:
    [card] = planned(product(offer(11, "белый")))
    said = replace(card.problems[0], kind=ProblemKind.REFUSED_BY_WB, blocks=True)
    told = {card.vendor_code: Told(ProductId(1), CardState.REFUSED, card.content_hash, problems=(said,))}
    [same] = planned(product(offer(11, "белый")), told=told)
    assert (same.step, ProblemKind.REFUSED_BY_WB in kinds(same)) == (Step.BLOCKED, True)
    [changed] = planned(product(offer(11, "белый"), offer(12, "белый", "46")), told=told)
    assert changed.step is Step.CREATE


def test_a_card_found_by_its_barcode_keeps_wbs_vendor_code_and_sizes() -> None:
    [card] = planned(product(offer(11, "белый")))
    [now] = planned(product(offer(11, "белый")), standing=[there(card, vendor_code="staffs-own", title="")])
    assert (now.step, now.vendor_code) == (Step.NOTHING, "staffs-own")
    assert ProblemKind.VENDOR_CODE_KEPT in kinds(now)


def test_a_card_of_another_subject_is_not_touched() -> None:
    [card] = planned(product(offer(11, "белый")))
    [now] = planned(product(offer(11, "белый")), standing=[replace(there(card), subject_id=SubjectId(9))])
    assert (now.step, ProblemKind.OTHER_SUBJECT in kinds(now)) == (Step.BLOCKED, True)


def test_a_vendor_code_of_another_products_card_is_not_taken_over() -> None:
    [card] = planned(product(offer(11, "белый")))
    others = there(card, sizes=(Size("44", barcodes=(Barcode("other"),), chrt_id=ChrtId(8)),))
    told = {card.vendor_code: Told(ProductId(77), CardState.ACCEPTED, "x")}
    [now] = planned(product(offer(11, "белый")), standing=[others], told=told)
    assert (now.step, ProblemKind.VENDOR_CODE_TAKEN in kinds(now)) == (Step.BLOCKED, True)


def test_more_than_thirty_colours_are_not_one_card() -> None:
    many = product(*(offer(100 + at, f"цвет {at}") for at in range(31)))
    assert all(ProblemKind.TOO_MANY_VARIANTS in kinds(card) for card in planned(many))


def test_two_tables_that_want_a_product_stop_it() -> None:
    second = SubjectId(38)
    both = Schema({SUBJECT: SCHEMA.subjects[SUBJECT], second: SubjectSchema(second, "Шали", ())}, SCHEMA.dictionaries)
    other = table().model_copy(update={"subject": second, "name": "Шали"})
    made = plan(
        [product(offer(11, "белый"))],
        Tables([table(), other]),
        both,
        standing=[],
        told={},
        settings=Cards(),
        made_at=NOW,
    )
    [card] = made.cards
    assert (card.step, ProblemKind.SEVERAL_TABLES in kinds(card)) == (Step.BLOCKED, True)


# Words for people


def test_every_problem_step_and_state_has_a_text() -> None:
    assert set(CARD_PROBLEMS) == set(ProblemKind)
    assert set(CARD_STEPS) == set(Step)
    assert set(CARD_STATES) == set(CardState)
    assert all(text.endswith(".") for text in CARD_PROBLEMS.values())
