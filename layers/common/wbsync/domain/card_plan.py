"""From the shop's products and the cards that stand to what is to be done about each card.

A card is found by the barcodes of its offers, and by its vendorCode where none of them stands on WB yet.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wbsync.domain.card_content import CardBuilder, Dictionaries, Wanted
from wbsync.domain.card_difference import hashed, laid_over, names_taken, paired, pictures_hashed, unlike
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
from wbsync.domain.ids import Barcode, ImtId, NmId, OfferId, PriceTypeId, ProductId, SubjectId
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
    names: Mapping[str, str] | None = None,
) -> Plan:
    """The step for every card of every product that a table claims, in the order of the products.

    `told`: by vendorCode. `names`: of the shop's properties, by code. Without a subject's schema its products are left
    out: nothing is known of what WB takes.
    """
    known = [table for table in tables.subjects if table.subject in schema.subjects]
    dictionaries = Dictionaries(schema)
    builders = {
        table.subject: CardBuilder(
            table, rows_of(table, tables.common, schema.subjects[table.subject]), schema, dictionaries, names or {}
        )
        for table in known
    }
    counting = Tables(known, tables.common)
    groups = [group for product in products if (group := _group(product, counting, builders))]
    if not settings.pictures:
        groups = [replace(group, cards=list(map(_without_pictures, group.cards))) for group in groups]
    with_wb = frozenset(one.product_id for one in told.values() if one.state in WITH_WB)
    seen = _Seen(_Shop.of(groups), _There.of(standing), told, with_wb, settings)
    planners = [_Planner(group, seen) for group in groups]
    claims = Counter(claim for planner in planners for claim in planner.claims())
    cards = tuple(card for planner in planners for card in planner.cards(claims))
    return Plan(
        made_at,
        cards,
        subjects={subject: found.name for subject, found in schema.subjects.items()},
        characteristics={c.charc_id: c.name for s in schema.subjects.values() for c in s.characteristics},
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """A product with the cards that it should be."""

    product_id: ProductId
    subject_id: SubjectId
    cards: Sequence[Wanted]
    offers: Mapping[OfferId, tuple[Barcode, ...]]  # those that are sold


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
    offers = {good.id: good.barcodes for good in product.sold if good.active}
    return _Group(product.id, table.subject, cards, offers)


def _without_pictures(card: Wanted) -> Wanted:
    """Pictures that are not ours to give are not missed either."""
    problems = tuple(problem for problem in card.problems if problem.kind is not ProblemKind.NO_PICTURES)
    return replace(card, pictures=(), problems=problems)


@dataclass(frozen=True, slots=True)
class _Shop:
    """Who in the shop has which vendorCode and barcode."""

    codes: Mapping[str, int]
    barcodes: Mapping[Barcode, frozenset[OfferId]]

    @classmethod
    def of(cls, groups: Iterable[_Group]) -> "_Shop":
        codes: Counter[str] = Counter()
        barcodes: defaultdict[Barcode, set[OfferId]] = defaultdict(set)
        for group in groups:
            codes.update(card.content.vendor_code for card in group.cards if card.content.vendor_code)
            for offer_id, own in group.offers.items():
                for barcode in own:
                    barcodes[barcode].add(offer_id)
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """All that stands around a product."""

    shop: _Shop
    there: _There
    told: Mapping[str, Told]
    with_wb: frozenset[ProductId]  # WB is making a card of theirs, perhaps under a vendorCode that changed since
    settings: Cards


type _Claim = tuple[NmId, bool]
"""A card on WB that one of the shop is, and whether they have the same vendorCode."""


class _Planner:
    """Plans the cards of one product."""

    def __init__(self, group: _Group, seen: _Seen) -> None:
        self._group, self._seen = group, seen
        self._found = [self._standing(card) for card in group.cards]

    def claims(self) -> Iterator[_Claim]:
        for card, (standing, _) in zip(self._group.cards, self._found, strict=True):
            if standing:
                yield standing.nm_id, _same_code(card, standing)

    def cards(self, claims: Mapping[_Claim, int]) -> Iterator[PlannedCard]:
        """`claims`: how often each is made by all products, since a card on WB can be one card of the shop only."""
        self._found = [
            (None, _taken([standing])) if standing and _is_contested(claims, standing, card) else (standing, problem)
            for card, (standing, problem) in zip(self._group.cards, self._found, strict=True)
        ]
        for card, (standing, problem) in zip(self._group.cards, self._found, strict=True):
            own = [*([problem] if problem else []), *self._own(card, standing)]
            problems = (*(one for one in card.problems if not _is_settled(one, card, standing)), *own)
            yield self._planned(card, standing, problems)

    def _standing(self, card: Wanted) -> tuple[Standing | None, CardProblem | None]:
        """The card on WB that this one is, or why it cannot be told."""
        by_barcode = self._seen.there.by_barcode
        barcodes = (barcode for size in card.content.sizes for barcode in size.barcodes)
        holding = {found.nm_id: found for barcode in barcodes for found in by_barcode.get(barcode, ())}
        if len(holding) > 1:
            return None, _taken(holding.values())
        if holding:
            [found] = holding.values()
            return (None, _taken([found])) if self._is_anothers_by_name(found, card) else (found, None)
        code = card.content.vendor_code
        same = self._seen.there.by_code.get(code)
        if same and self._is_anothers(same, card):
            detail = f"nmID {same.nm_id}"
            return None, _problem(ProblemKind.VENDOR_CODE_TAKEN, "vendorCode", card, code, detail=detail)
        return same, None

    def _is_anothers_by_name(self, found: Standing, card: Wanted) -> bool:
        """Whether a card that holds our barcode was made of another product, and is called as that one."""
        told = self._seen.told.get(found.content.vendor_code)
        accepted = told is not None and told.state is CardState.ACCEPTED and told.product_id != self._group.product_id
        return accepted and not _same_code(card, found)

    def _is_anothers(self, found: Standing, card: Wanted) -> bool:
        """Whether a card that has our vendorCode is another product's: by what we told, or by its barcodes."""
        told = self._seen.told.get(card.content.vendor_code)
        if told and told.state is CardState.ACCEPTED:
            return told.product_id != self._group.product_id
        own = self._group.offers.keys()
        barcodes = {barcode for size in found.content.sizes for barcode in size.barcodes}
        return any(self._seen.shop.barcodes.get(barcode, frozenset()) - own for barcode in barcodes)

    def _own(self, card: Wanted, standing: Standing | None) -> Iterator[CardProblem]:
        """Problems that show only beside other products and cards."""
        code = card.content.vendor_code
        if self._seen.shop.codes.get(code, 0) > 1:
            yield _problem(ProblemKind.VENDOR_CODE_TWICE, "vendorCode", card, code)
        yield from self._barcodes_twice(card)
        if standing and standing.subject_id != self._group.subject_id:
            yield _problem(ProblemKind.OTHER_SUBJECT, "subject", card, str(standing.subject_id))
        if standing and code and not _same_code(card, standing):
            kept = standing.content.vendor_code
            yield replace(_problem(ProblemKind.VENDOR_CODE_KEPT, "vendorCode", card, code, detail=kept), blocks=False)
        yield from _sizes_taken(card, standing)
        if len(self._group.cards) > MOST_VARIANTS:
            yield _problem(ProblemKind.TOO_MANY_VARIANTS, "", card, detail=str(len(self._group.cards)))

    def _barcodes_twice(self, card: Wanted) -> Iterator[CardProblem]:
        for size in card.content.sizes:
            for barcode in size.barcodes:
                if len(self._seen.shop.barcodes.get(barcode, ())) > 1:
                    twice = _problem(ProblemKind.BARCODE_TWICE, "barcode", card, barcode)
                    yield replace(twice, offer_id=size.offer_id)

    def _planned(self, card: Wanted, standing: Standing | None, problems: tuple[CardProblem, ...]) -> PlannedCard:
        content = card.content
        if standing:
            content = replace(content, vendor_code=standing.content.vendor_code)
        made = PlannedCard(
            product_id=self._group.product_id,
            subject_id=self._group.subject_id,
            step=Step.BLOCKED,
            content=content,
            name=card.name,
            before=standing,
            problems=problems,
            pictures=card.pictures,
            content_hash=hashed(content, priced=standing is None),
            sources=card.sources,
            filled=card.filled,
            known=card.known,
        )
        if any(problem.blocks for problem in problems):
            return replace(made, before=None)
        return self._stepped(made, self._seen.told.get(content.vendor_code))

    def _stepped(self, made: PlannedCard, told: Told | None) -> PlannedCard:
        if self._is_with_wb(made, told):
            return replace(made, step=Step.NOTHING, before=None)
        if made.before and not unlike(made.before.content, made.content):
            pictures = self._pictures_differ(made, made.before, told)
            return replace(made, step=Step.PICTURES if pictures else Step.NOTHING, before=None)
        if told and told.content_hash == made.content_hash and (refused := _refusals(told)):
            return replace(made, before=None, problems=(*refused, *made.problems))
        if made.before is None:
            return self._new(made)
        return replace(made, step=Step.UPDATE, content=laid_over(made.before.content, made.content))

    def _is_with_wb(self, made: PlannedCard, told: Told | None) -> bool:
        """WB works on this card; or on another one of the product, which this one may be or may have to join."""
        if told and told.state in WITH_WB and told.product_id == made.product_id:
            return True
        return made.before is None and made.product_id in self._seen.with_wb

    def _new(self, made: PlannedCard) -> PlannedCard:
        kin = [card for card, _ in self._found if card and card.subject_id == made.subject_id]
        imt_id = min((card.imt_id for card in kin), default=None)
        if imt_id is None:
            return replace(made, step=Step.CREATE)
        there = self._seen.there.in_group[imt_id]
        if there + sum(card is None for card, _ in self._found) > MOST_VARIANTS:
            problem = CardProblem(ProblemKind.TOO_MANY_VARIANTS, detail=str(there))
            return replace(made, problems=(*made.problems, problem))
        return replace(made, step=Step.ADD_VARIANT, imt_id=imt_id)

    def _pictures_differ(self, made: PlannedCard, standing: Standing, told: Told | None) -> bool:
        """Pictures that staff gave a card in WB's cabinet are left alone, unless the configuration says otherwise."""
        if not made.pictures:
            return False
        ours = told.pictures_hash if told else ""
        if ours != pictures_hashed(made.pictures):
            return bool(ours) or not standing.photos or self._seen.settings.replace_pictures
        # Told, and yet WB has none: worth another try, unless they are known to be too small.
        return not standing.photos and not _are_too_small(told)


def _same_code(card: Wanted, standing: Standing) -> bool:
    return card.content.vendor_code == standing.content.vendor_code


def _sizes_taken(card: Wanted, standing: Standing | None) -> Iterator[CardProblem]:
    """WB's card has a size of this name already, with another offer's barcode."""
    for size, other in names_taken(standing.content, card.content) if standing else ():
        twice = _problem(ProblemKind.SIZE_TWICE, "techSize", card, size.tech_size, detail=" ".join(other.barcodes))
        yield replace(twice, offer_id=size.offer_id)


def _is_contested(claims: Mapping[_Claim, int], standing: Standing, card: Wanted) -> bool:
    """Whether several cards of the shop are this one of WB; then it is the one that has its vendorCode."""
    named, others = (claims.get((standing.nm_id, same), 0) for same in (True, False))
    return named + others > 1 and not (named == 1 and _same_code(card, standing))


def _is_settled(problem: CardProblem, card: Wanted, standing: Standing | None) -> bool:
    """What is wrong with a new card only: WB has taken this barcode already, and prices are told apart."""
    if standing is None:
        return False
    if problem.kind is ProblemKind.BARCODE_WRONG:
        return any(problem.value in size.barcodes for size in standing.content.sizes)
    if problem.kind is ProblemKind.NO_BARCODE:
        pairs = paired(standing.content.sizes, card.content.sizes)
        return any(there and there.barcodes for size, there in pairs if size.offer_id == problem.offer_id)
    return problem.kind is ProblemKind.NO_PRICE


def _refusals(told: Told) -> tuple[CardProblem, ...]:
    """WB's words about a card, also where a later plan has repeated them."""
    return tuple(problem for problem in told.problems if problem.kind is ProblemKind.REFUSED_BY_WB)


def _are_too_small(told: Told | None) -> bool:
    return any(problem.kind is ProblemKind.PICTURE_TOO_SMALL for problem in (told.problems if told else ()))


def _taken(holding: Iterable[Standing]) -> CardProblem:
    cards = ", ".join(f"nmID {card.nm_id}" for card in sorted(holding, key=lambda card: card.nm_id))
    return CardProblem(ProblemKind.BARCODE_TAKEN, "barcode", detail=cards)


def _problem(kind: ProblemKind, target: str, card: Wanted, value: str = "", *, detail: str = "") -> CardProblem:
    return CardProblem(kind, target, card.sources.get(target, ""), value, detail)
