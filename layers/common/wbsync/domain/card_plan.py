"""From the shop's products and the cards that stand to what is to be done about each card.

A card is found by the barcodes of its offers, and by its vendorCode where none of them stands on WB yet.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from wbsync.domain.card_content import CardBuilder, Dictionaries, Wanted
from wbsync.domain.card_difference import hashed, laid_over, pictures_hashed, unlike
from wbsync.domain.card_requests import MOST_VARIANTS
from wbsync.domain.cards import (
    WITH_WB,
    CardProblem,
    CardState,
    Plan,
    PlannedCard,
    ProblemKind,
    Standing,
    Step,
    Told,
)
from wbsync.domain.ids import Barcode, ImtId, PriceTypeId, SubjectId
from wbsync.domain.mapping import Chosen, CommonTable, SubjectTable
from wbsync.domain.mapping_check import rows_of
from wbsync.domain.products import Product
from wbsync.domain.schema import Schema
from wbsync.domain.shop import Cards


@dataclass(frozen=True, slots=True)
class Tables:
    """The mapping tables that count."""

    subjects: Sequence[SubjectTable]
    common: CommonTable | None = None

    def of(self, product: Product) -> list[SubjectTable]:
        """The tables that claim a product."""
        return [table for table in self.subjects if chosen(product, table.products)]

    @property
    def price_types(self) -> set[PriceTypeId]:
        """The price types that any row asks for."""
        tables: list[SubjectTable | CommonTable] = [*self.subjects, *([self.common] if self.common else [])]
        return {row.from_.price for table in tables for row in table.rows if row.from_.price is not None}


def chosen(product: Product, by: Chosen) -> bool:
    """Whether a table is for this product."""
    if by.sections & product.sections:
        return True
    goods = (product.head, *product.offers)
    return by.property is not None and any(by.values & set(good.properties.get(by.property, ())) for good in goods)


def plan(
    products: Iterable[Product],
    tables: Tables,
    schema: Schema,
    *,
    standing: Iterable[Standing],
    told: Mapping[str, Told],
    settings: Cards,
    made_at: datetime,
) -> Plan:
    """The step for every card of every product that a table claims, in the order of the products.

    `told`: by vendorCode. Without a subject's schema its products are left out: nothing is known of what WB takes.
    """
    known = [table for table in tables.subjects if table.subject in schema.subjects]
    dictionaries = Dictionaries(schema)
    builders = {
        table.subject: CardBuilder(
            table, rows_of(table, tables.common, schema.subjects[table.subject]), schema, dictionaries
        )
        for table in known
    }
    counting = Tables(known, tables.common)
    groups = [group for product in products if (group := _group(product, counting, builders))]
    if not settings.pictures:
        groups = [replace(g, cards=[replace(card, pictures=()) for card in g.cards]) for g in groups]
    shop, there = _Shop.of(groups), _There.of(standing)
    cards = tuple(card for group in groups for card in _Planner(group, shop, there, told, settings).cards())
    return Plan(
        made_at,
        cards,
        subjects={subject: found.name for subject, found in schema.subjects.items()},
        characteristics={c.charc_id: c.name for s in schema.subjects.values() for c in s.characteristics},
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """A product with the cards that it should be."""

    product: Product
    subject_id: SubjectId
    cards: Sequence[Wanted]


def _group(product: Product, tables: Tables, builders: Mapping[SubjectId, CardBuilder]) -> _Group | None:
    claiming = tables.of(product)
    if not claiming:
        return None
    table = claiming[0]
    cards = builders[table.subject].cards(product)
    if not cards:
        return None
    if len(claiming) > 1:
        names = ", ".join(f"{other.subject} {other.name}".strip() for other in claiming)
        problem = CardProblem(ProblemKind.SEVERAL_TABLES, target="subject", detail=names)
        cards = [replace(card, problems=(problem, *card.problems)) for card in cards]
    return _Group(product, table.subject, cards)


@dataclass(frozen=True, slots=True)
class _Shop:
    """Who in the shop has which vendorCode and barcode."""

    codes: Mapping[str, int]
    barcodes: Mapping[Barcode, frozenset[int]]  # offers

    @classmethod
    def of(cls, groups: Iterable[_Group]) -> "_Shop":
        codes: Counter[str] = Counter()
        barcodes: defaultdict[Barcode, set[int]] = defaultdict(set)
        for group in groups:
            codes.update(card.content.vendor_code for card in group.cards if card.content.vendor_code)
            for good in group.product.sold:
                for barcode in good.barcodes:
                    barcodes[barcode].add(good.id)
        return cls(codes, {barcode: frozenset(offers) for barcode, offers in barcodes.items()})


@dataclass(frozen=True, slots=True)
class _There:
    """The cards on WB by what they can be found by."""

    by_code: Mapping[str, Standing]
    by_barcode: Mapping[Barcode, tuple[Standing, ...]]
    in_group: Mapping[ImtId, int]  # cards

    @classmethod
    def of(cls, standing: Iterable[Standing]) -> "_There":
        by_code: dict[str, Standing] = {}
        by_barcode: defaultdict[Barcode, tuple[Standing, ...]] = defaultdict(tuple)
        in_group: Counter[ImtId] = Counter()
        for card in standing:
            by_code[card.content.vendor_code] = card
            in_group[card.imt_id] += 1
            for barcode in {barcode for size in card.content.sizes for barcode in size.barcodes}:
                by_barcode[barcode] += (card,)
        return cls(by_code, by_barcode, in_group)


@dataclass(slots=True)
class _Planner:
    """Plans the cards of one product."""

    group: _Group
    shop: _Shop
    there: _There
    told: Mapping[str, Told]
    settings: Cards
    found: dict[int, Standing] = field(default_factory=dict)  # by the place in the group

    def cards(self) -> Iterator[PlannedCard]:
        problems = {at: list(card.problems) for at, card in enumerate(self.group.cards)}
        for at, card in enumerate(self.group.cards):
            standing, problem = self._standing(card)
            if standing and any(standing.nm_id == other.nm_id for other in self.found.values()):
                problem = _problem(ProblemKind.BARCODE_TAKEN, "barcode", detail=f"nmID {standing.nm_id}")
            if standing:
                self.found[at] = standing
            problems[at] += [problem] if problem else []
            problems[at] += self._own(card, standing)
        for at, card in enumerate(self.group.cards):
            yield self._planned(card, self.found.get(at), tuple(problems[at]))

    def _standing(self, card: Wanted) -> tuple[Standing | None, CardProblem | None]:
        """The card on WB that this one is, or why it cannot be told."""
        holding = {
            found.nm_id: found
            for size in card.content.sizes
            for barcode in size.barcodes
            for found in self.there.by_barcode.get(barcode, ())
        }
        if len(holding) == 1:
            return next(iter(holding.values())), None
        if holding:
            cards = ", ".join(f"nmID {nm_id}" for nm_id in sorted(holding))
            return None, _problem(ProblemKind.BARCODE_TAKEN, "barcode", detail=cards)
        found = self.there.by_code.get(card.content.vendor_code)
        if found and self._is_anothers(found, card):
            return None, _problem(
                ProblemKind.VENDOR_CODE_TAKEN,
                "vendorCode",
                value=card.content.vendor_code,
                detail=f"nmID {found.nm_id}",
            )
        return found, None

    def _is_anothers(self, found: Standing, card: Wanted) -> bool:
        """Whether a card that has our vendorCode is another product's: by what we told, or by its barcodes."""
        told = self.told.get(card.content.vendor_code)
        if told and told.state is CardState.ACCEPTED:
            return told.product_id != self.group.product.id
        own = {good.id for good in self.group.product.sold}
        barcodes = {barcode for size in found.content.sizes for barcode in size.barcodes}
        return any(self.shop.barcodes.get(barcode, frozenset()) - own for barcode in barcodes)

    def _own(self, card: Wanted, standing: Standing | None) -> Iterator[CardProblem]:
        """Problems that show only beside other products and cards."""
        code = card.content.vendor_code
        if self.shop.codes.get(code, 0) > 1:
            yield _problem(ProblemKind.VENDOR_CODE_TWICE, "vendorCode", card.sources.get("vendorCode", ""), code)
        for size in card.content.sizes:
            for barcode in size.barcodes:
                if len(self.shop.barcodes.get(barcode, ())) > 1:
                    source = card.sources.get("barcode", "")
                    yield replace(
                        _problem(ProblemKind.BARCODE_TWICE, "barcode", source, barcode), offer_id=size.offer_id
                    )
        if standing and standing.subject_id != self.group.subject_id:
            yield _problem(ProblemKind.OTHER_SUBJECT, "subject", value=str(standing.subject_id))
        if len(self.group.cards) > MOST_VARIANTS:
            yield _problem(ProblemKind.TOO_MANY_VARIANTS, detail=str(len(self.group.cards)))

    def _planned(self, card: Wanted, standing: Standing | None, problems: tuple[CardProblem, ...]) -> PlannedCard:
        content = card.content
        if standing:
            content = replace(content, vendor_code=standing.content.vendor_code)
        made = PlannedCard(
            product_id=self.group.product.id,
            subject_id=self.group.subject_id,
            step=Step.BLOCKED,
            content=content,
            name=card.name,
            before=standing,
            problems=problems,
            pictures=card.pictures,
            content_hash=hashed(content),
            sources=card.sources,
            filled=card.filled,
            known=card.known,
        )
        if any(problem.blocks for problem in problems):
            return replace(made, before=None)
        told = self.told.get(content.vendor_code)
        if told and told.state is CardState.REFUSED and told.content_hash == made.content_hash:
            return replace(made, before=None, problems=(*told.problems, *problems))
        return self._stepped(made, told)

    def _stepped(self, made: PlannedCard, told: Told | None) -> PlannedCard:
        if self._being_made(told):
            return replace(made, step=Step.NOTHING, before=None)
        if made.before is None:
            return self._new(made)
        if unlike(made.before.content, made.content):
            return replace(made, step=Step.UPDATE, content=laid_over(made.before.content, made.content))
        pictures = self._pictures_differ(made, told)
        return replace(made, step=Step.PICTURES if pictures else Step.NOTHING, before=None)

    def _being_made(self, told: Told | None) -> bool:
        """WB works on this card, or on the group that it will belong to."""
        codes = [card.content.vendor_code for at, card in enumerate(self.group.cards) if at not in self.found]
        siblings = [self.told[code] for code in codes if code in self.told]
        return any(
            one.state in WITH_WB and one.product_id == self.group.product.id
            for one in (*([told] if told else []), *siblings)
        )

    def _new(self, made: PlannedCard) -> PlannedCard:
        imt_id = min((card.imt_id for card in self.found.values()), default=None)
        if imt_id is None:
            return replace(made, step=Step.CREATE)
        if self.there.in_group[imt_id] + len(self.group.cards) - len(self.found) > MOST_VARIANTS:
            problem = _problem(ProblemKind.TOO_MANY_VARIANTS, detail=str(self.there.in_group[imt_id]))
            return replace(made, problems=(*made.problems, problem))
        return replace(made, step=Step.ADD_VARIANT, imt_id=imt_id)

    def _pictures_differ(self, made: PlannedCard, told: Told | None) -> bool:
        """Pictures that staff gave a card in WB's cabinet are left alone, unless the configuration says otherwise."""
        if not made.pictures or made.before is None:
            return False
        ours = bool(told and told.pictures_hash)
        if made.before.photos and not ours and not self.settings.replace_pictures:
            return False
        return not (made.before.photos or ours) or (told.pictures_hash if told else "") != pictures_hashed(
            made.pictures
        )


def _problem(
    kind: ProblemKind, target: str = "", source: str = "", value: str = "", *, detail: str = ""
) -> CardProblem:
    return CardProblem(kind, target, source, value, detail)
