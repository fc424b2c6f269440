"""The card that a product should be, by its mapping table; with every value that cannot be sent and why.

Limits and shapes are those of `cards/upload` (WB facts §2).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import cached_property

from wbsync.domain.card_documents import documents
from wbsync.domain.card_sources import read_source, source_name
from wbsync.domain.card_values import Context, Read, read_value
from wbsync.domain.cards import CardProblem, Content, Dimensions, ProblemKind, Size
from wbsync.domain.ids import CharcId
from wbsync.domain.mapping import CardField, Row, SubjectTable, WhenEmpty
from wbsync.domain.products import Good, Product
from wbsync.domain.schema import BY_SUBJECT, Characteristic, Kind, Named, Schema
from wbsync.domain.values.dictionaries import Dictionary
from wbsync.domain.values.sizes import NO_SIZE

TITLE, VENDOR_CODE, DESCRIPTION = 60, 72, 5000
"""Characters. Of descriptions WB takes 1000 to 5000 by subject and does not tell which: beyond 5000 no subject does."""

_LONGEST: Mapping[str, int] = {"vendorCode": VENDOR_CODE, "title": TITLE, "description": DESCRIPTION}
_SIDES = ("length", "width", "height")
_OF_SIZES = frozenset({"techSize", "wbSize", "price"})
_YES = frozenset({"y", "1", "да", "yes", "true"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card as the shop and its table have it."""

    content: Content
    name: str
    problems: tuple[CardProblem, ...] = ()
    pictures: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    filled: int = 0
    known: int = 0


class Dictionaries:
    """WB's dictionaries with their indexes, made when first asked for and shared by all subjects that share them."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._made: dict[object, Dictionary] = {}

    def of(self, name: Named, table: SubjectTable) -> Dictionary:
        key = (name, table.subject if name in BY_SUBJECT else None)
        if key not in self._made:
            self._made[key] = Dictionary([entry.name for entry in self._schema.values(name, table.subject)])
        return self._made[key]

    def own(self, values: tuple[str, ...]) -> Dictionary:
        if values not in self._made:
            self._made[values] = Dictionary(values)
        return self._made[values]


@dataclass(frozen=True)
class CardBuilder:
    """Builds the cards of one subject."""

    table: SubjectTable
    rows: Sequence[Row]
    schema: Schema
    dictionaries: Dictionaries

    def cards(self, product: Product) -> list[Wanted]:
        """The cards of a product: one for each value of `variants_by`, with a size for each of its offers."""
        groups: defaultdict[tuple[tuple[str, ...], ...], list[Good]] = defaultdict(list)
        for good in product.sold:
            if good.active:
                key = tuple(
                    good.properties.get(code) or product.head.properties.get(code, ())
                    for code in self.table.variants_by
                )
                groups[key].append(good)
        return [self._card(product, goods) for goods in groups.values()]

    @cached_property
    def _by_id(self) -> dict[CharcId, Characteristic]:
        return self.schema.subjects[self.table.subject].by_id

    @cached_property
    def _required_unmapped(self) -> tuple[CardProblem, ...]:
        mapped = {row.to for row in self.rows}
        return tuple(
            CardProblem(ProblemKind.REQUIRED_UNMAPPED, target=charc.name)
            for charc in self._by_id.values()
            if charc.required and not charc.named_field and charc.kind is not Kind.UNUSED
            if charc.charc_id not in mapped
        )

    @cached_property
    def _sources(self) -> dict[str, str]:
        return {self._target(row): source_name(row.from_) for row in self.rows} | {"pictures": "фото товара"}

    @cached_property
    def _known(self) -> int:
        return sum(charc.kind is not Kind.UNUSED for charc in self._by_id.values())

    def _target(self, row: Row) -> str:
        """The characteristic's name as WB calls it, or the field of the card."""
        if isinstance(row.to, str):
            return row.to
        return self._by_id[row.to].name if row.to in self._by_id else row.name or str(row.to)

    def _card(self, product: Product, goods: Sequence[Good]) -> Wanted:
        read = {row.to: self._read(row, goods, product.head) for row in self.rows if row.to not in _OF_SIZES}
        sizes = [self._size(good, product) for good in goods]
        characteristics = {
            to: value for to, one in read.items() if not isinstance(to, str) and (value := one.value) is not None
        }
        dimensions, unpacked = _dimensions(read, self._sources)
        papers, incomplete = documents({to: _text(one) for to, one in read.items() if isinstance(to, str)})
        content = Content(
            vendor_code=_text(read.get("vendorCode")),
            title=_text(read.get("title")),
            description=_text(read.get("description")),
            brand=_text(read.get("brand")),
            dimensions=dimensions,
            characteristics=characteristics,
            sizes=tuple(size for size, _ in sizes),
            kiz_marked=_text(read["kizMarked"]).casefold() in _YES if "kizMarked" in read else None,
            documents=papers,
        )
        pictures = tuple(dict.fromkeys((*product.head.pictures, *(link for good in goods for link in good.pictures))))
        if {good.pictures for good in goods} - {()} and len(goods) < len(product.sold):
            pictures = tuple(dict.fromkeys(link for good in goods for link in good.pictures))
        problems = (
            *(problem for one in read.values() for problem in one.problems),
            *(problem for _, found in sizes for problem in found),
            *self._required_unmapped,
            *unpacked,
            *incomplete,
            *_sizes_twice(content.sizes),
            *(() if pictures else (CardProblem(ProblemKind.NO_PICTURES, "pictures", "фото товара", blocks=False),)),
        )
        fields = sum(bool(one.value) for to, one in read.items() if isinstance(to, str))
        return Wanted(
            content,
            product.head.fields.get("name", ""),
            problems,
            pictures,
            self._sources,
            filled=len(characteristics) + min(fields, self._known - len(characteristics)),
            known=self._known,
        )

    def _read(self, row: Row, goods: Sequence[Good], head: Good) -> Read:
        """A row's value over all offers of the card; the target's limits are held against it."""
        texts = tuple(dict.fromkeys(text for good in goods for text in read_source(row.from_, good, head)))
        target, source = self._target(row), source_name(row.from_)
        if not texts and row.when_empty is WhenEmpty.DEFAULT and row.default is not None:
            texts = (row.default,)
        if not texts:
            stops = row.when_empty is WhenEmpty.STOP or self._is_required(row)
            return Read(problems=(CardProblem(ProblemKind.EMPTY, target, source),) if stops else ())
        read = read_value(row, texts, self._context(row, target, source))
        return _within_limits(read, row, self._by_id.get(row.to) if not isinstance(row.to, str) else None)

    def _is_required(self, row: Row) -> bool:
        if isinstance(row.to, str):
            return row.to in {"vendorCode", "title"}
        return row.to in self._by_id and self._by_id[row.to].required

    def _context(self, row: Row, target: str, source: str) -> Context:
        charc = self._by_id.get(row.to) if not isinstance(row.to, str) else None
        return Context(
            target,
            source,
            charc,
            lambda name: self.dictionaries.of(name, self.table),
            self.dictionaries.own,
            required=self._is_required(row),
        )

    def _size(self, good: Good, product: Product) -> tuple[Size, tuple[CardProblem, ...]]:
        read = {row.to: self._read(row, [good], product.head) for row in self.rows if row.to in _OF_SIZES}
        price = read.get("price")
        amount = price.number if price else None
        problems = [replace(problem, offer_id=good.id) for one in read.values() for problem in one.problems]
        if price and amount is not None and amount <= 0:
            problems.append(CardProblem(ProblemKind.NO_PRICE, "price", self._sources["price"], offer_id=good.id))
        size = Size(
            _text(read.get("techSize")) or NO_SIZE,
            _text(read.get("wbSize")),
            good.barcodes,
            offer_id=good.id,
            iblock_id=good.iblock_id,
            price=int(amount.to_integral_value(ROUND_HALF_UP)) if amount and amount > 0 else None,
        )
        return size, (*problems, *_barcode_problems(good))


def _within_limits(read: Read, row: Row, charc: Characteristic | None) -> Read:
    if charc and read.texts and 0 < charc.max_count < len(read.texts):
        told = f"{len(read.texts)} > {charc.max_count}"
        value = ", ".join(read.texts)
        return read.spoilt(CardProblem(ProblemKind.TOO_MANY_VALUES, charc.name, source_name(row.from_), value, told))
    longest = _LONGEST.get(str(row.to), 0)
    text = _text(read)
    if longest and len(text) > longest:
        told = f"{len(text)} > {longest}"
        problem = CardProblem(ProblemKind.TOO_LONG, str(row.to), source_name(row.from_), f"{text[:40]}…", told)
        return read.spoilt(problem)
    return read


def _dimensions(
    read: Mapping[CharcId | CardField, Read], sources: Mapping[str, str]
) -> tuple[Dimensions | None, tuple[CardProblem, ...]]:
    """Cm rounded up, kg to the gram. What the shop does not know cannot be sent: WB refuses nought."""
    told = {str(to): one for to, one in read.items() if to in {*_SIDES, "weight"}}
    numbers = {name: one.number for name, one in told.items()}
    if not told or any(one.problems for one in told.values()):
        return None, ()
    missing = [name for name in (*_SIDES, "weight") if not (number := numbers.get(name)) or number <= 0]
    if missing:
        return None, (CardProblem(ProblemKind.NO_DIMENSIONS, missing[0], sources.get(missing[0], "")),)
    length, width, height = (int((numbers[name] or Decimal()).to_integral_value(ROUND_CEILING)) for name in _SIDES)
    weight = (numbers["weight"] or Decimal()).quantize(Decimal("0.001"), ROUND_CEILING)
    return Dimensions(length, width, height, weight), ()


def _barcode_problems(good: Good) -> Iterator[CardProblem]:
    if not good.barcodes:
        yield CardProblem(ProblemKind.NO_BARCODE, "barcode", offer_id=good.id, blocks=False)
    for barcode in good.barcodes:
        if barcode.isdigit() and len(barcode) in {8, 12, 13} and not _checks(barcode):
            yield CardProblem(ProblemKind.BARCODE_WRONG, "barcode", value=barcode, offer_id=good.id)


def _checks(barcode: str) -> bool:
    """Whether the last digit of an EAN or UPC is the one that the others make."""
    *digits, last = map(int, barcode.zfill(13))
    return -sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10 == last


def _sizes_twice(sizes: Sequence[Size]) -> Iterator[CardProblem]:
    seen: set[str] = set()
    for size in sizes:
        if size.tech_size in seen:
            yield CardProblem(ProblemKind.SIZE_TWICE, "techSize", value=size.tech_size, offer_id=size.offer_id)
        seen.add(size.tech_size)


def _text(read: Read | None) -> str:
    if read is None:
        return ""
    return read.texts[0] if read.texts else str(read.number) if read.number is not None else ""
