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
from wbsync.domain.mapping import NAMED_FIELDS, AsIs, CardField, Joined, Row, Split, SubjectTable, WhenEmpty
from wbsync.domain.products import Good, Product
from wbsync.domain.schema import BY_SUBJECT, Characteristic, Kind, Named, Schema
from wbsync.domain.values.dictionaries import Dictionary
from wbsync.domain.values.sizes import NO_SIZE
from wbsync.domain.wording import folded

TITLE, VENDOR_CODE, DESCRIPTION = 60, 72, 5000
"""Characters. Of descriptions WB takes 1000 to 5000 by subject and does not tell which: beyond 5000 no subject does."""

_LONGEST: Mapping[str, int] = {"vendorCode": VENDOR_CODE, "title": TITLE, "description": DESCRIPTION}
_SIDES = ("length", "width", "height")
_PACKED = (*_SIDES, "weight")
_OF_SIZES = frozenset({"techSize", "wbSize", "price"})
_ALWAYS = frozenset({"vendorCode", "title"})
_NEVER_LEFT_OUT = frozenset({*_ALWAYS, *_PACKED, "kizMarked"})
"""Fields in which a value that is not understood stops the card."""

_YES = frozenset({"y", "1", "да", "yes", "true", "требуется", "подлежит"})
_NO = frozenset({"n", "0", "-", "нет", "no", "false", "не требуется", "не подлежит"})


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


@dataclass(frozen=True, slots=True)
class _Line:
    """A row with what its target takes; what its rule made of a value is kept for all cards."""

    row: Row
    context: Context
    required: bool
    known: dict[tuple[str, ...], Read] = field(default_factory=dict)

    @property
    def is_field(self) -> bool:
        return isinstance(self.row.to, str)

    @property
    def stops(self) -> bool:
        return self.required or self.row.when_empty is WhenEmpty.STOP


type _Values = Mapping[CharcId | CardField, Read]


@dataclass(frozen=True)
class CardBuilder:
    """Builds the cards of one subject. `names`: those of the shop's properties, by code."""

    table: SubjectTable
    rows: Sequence[Row]
    schema: Schema
    dictionaries: Dictionaries
    names: Mapping[str, str] = field(default_factory=dict)

    def cards(self, product: Product) -> list[Wanted]:
        """The cards of a product: one for each value of `variants_by`, with a size for each of its offers.

        None of a product that nobody can buy.
        """
        groups: defaultdict[tuple[tuple[str, ...], ...], list[Good]] = defaultdict(list)
        for good in product.sold:
            if good.active and product.head.active:
                groups[self._variant(good, product.head)].append(good)
        return [self._card(product, goods) for goods in groups.values()]

    def _variant(self, good: Good, head: Good) -> tuple[tuple[str, ...], ...]:
        values = (good.properties.get(code) or head.properties.get(code, ()) for code in self.table.variants_by)
        return tuple(tuple(sorted(map(folded, told))) for told in values)

    @cached_property
    def _by_id(self) -> dict[CharcId, Characteristic]:
        return self.schema.subjects[self.table.subject].by_id

    @cached_property
    def _lines(self) -> tuple[_Line, ...]:
        """Rows for what WB does not take here, or takes no longer, are left out."""
        return tuple(self._line(row) for row in self.rows if isinstance(row.to, str) or self._is_taken(row.to))

    def _is_taken(self, charc_id: CharcId) -> bool:
        charc = self._by_id.get(charc_id)
        return charc is not None and charc.kind is not Kind.UNUSED and not charc.named_field

    def _line(self, row: Row) -> _Line:
        charc = None if isinstance(row.to, str) else self._by_id[row.to]
        required = charc.required if charc else row.to in _ALWAYS or row.to in self._required_fields
        context = Context(
            charc.name if charc else str(row.to),
            source_name(row.from_, self.names),
            charc,
            lambda name: self.dictionaries.of(name, self.table),
            self.dictionaries.own,
            blocks=required or row.when_empty is WhenEmpty.STOP or row.to in _NEVER_LEFT_OUT,
        )
        return _Line(row, context, required)

    @cached_property
    def _required_fields(self) -> frozenset[CardField]:
        return frozenset(told for charc in self._by_id.values() if charc.required and (told := _field_of(charc)))

    @cached_property
    def _required_unmapped(self) -> tuple[CardProblem, ...]:
        mapped = {row.to for row in self.rows}
        missing: dict[str, str | None] = {
            charc.name: _field_of(charc)
            for charc in self._by_id.values()
            if charc.required and not mapped & {charc.charc_id, _field_of(charc)}
            if _field_of(charc) or self._is_taken(charc.charc_id)
        }
        if "vendorCode" not in {*mapped, *missing.values()}:
            missing["vendorCode"] = "vendorCode"
        return tuple(CardProblem(ProblemKind.REQUIRED_UNMAPPED, target=name) for name in missing)

    @cached_property
    def _sources(self) -> dict[str, str]:
        """Where the shop keeps each target."""
        found = {line.context.target: line.context.source for line in self._lines}
        return found | {"pictures": "фото товара", "barcode": "штрихкод товара"}

    @cached_property
    def _fillable(self) -> tuple[tuple[CharcId, CardField | None], ...]:
        """The characteristics that a card can have, each with the field that WB takes it in."""
        return tuple(
            (charc.charc_id, _field_of(charc))
            for charc in self._by_id.values()
            if _field_of(charc) or self._is_taken(charc.charc_id)
        )

    def _card(self, product: Product, goods: Sequence[Good]) -> Wanted:
        read: _Values = {
            line.row.to: self._read(line, goods, product.head) for line in self._lines if line.row.to not in _OF_SIZES
        }
        sizes = [self._size(good, product) for good in goods]
        dimensions, unpacked = _dimensions(read, self._sources)
        papers, incomplete = documents(
            {str(to): _text(one) for to, one in read.items() if isinstance(to, str)}, self._sources
        )
        marked, unclear = _marked(read.get("kizMarked"), self._sources)
        content = Content(
            vendor_code=_text(read.get("vendorCode")),
            title=_text(read.get("title")),
            description=_text(read.get("description")),
            brand=_text(read.get("brand")),
            dimensions=dimensions,
            characteristics={
                to: value for to, one in read.items() if not isinstance(to, str) and (value := one.value) is not None
            },
            sizes=tuple(size for size, _, _ in sizes),
            kiz_marked=marked,
            documents=papers,
        )
        pictures = _pictures(product, goods)
        problems = (
            *(problem for one in read.values() for problem in one.problems),
            *(problem for _, _, found in sizes for problem in found),
            *self._required_unmapped,
            *unpacked,
            *unclear,
            *incomplete,
            *_sizes_twice(content.sizes, self._sources),
            *(() if pictures else (CardProblem(ProblemKind.NO_PICTURES, *self._named("pictures"), blocks=False),)),
        )
        told = {
            to for values in (read, *(of_size for _, of_size, _ in sizes)) for to, one in values.items() if one.told
        }
        filled = sum(charc_id in told or into in told for charc_id, into in self._fillable)
        name = product.head.fields.get("name", "")
        return Wanted(content, name, problems, pictures, self._sources, filled, len(self._fillable))

    def _named(self, target: str) -> tuple[str, str]:
        return target, self._sources.get(target, "")

    def _read(self, line: _Line, goods: Sequence[Good], head: Good) -> Read:
        """A row's value over all offers of the card. Where one text is wanted and offers differ, the head's counts.

        Of numbers the largest does.
        """
        told = dict.fromkeys(read_source(line.row.from_, good, head) for good in goods)
        if len(told) > 1 and line.is_field and line.row.to not in _PACKED:
            own = read_source(line.row.from_, head, head)
            told = {own: None} if own else told
        texts = tuple(dict.fromkeys(text for one in told for text in one))
        if isinstance(line.row.value, AsIs | Joined | Split):
            return _value(line, texts)
        if texts not in line.known:
            line.known[texts] = _value(line, texts)
        return line.known[texts]

    def _size(self, good: Good, product: Product) -> tuple[Size, _Values, tuple[CardProblem, ...]]:
        read: _Values = {
            line.row.to: self._read(line, [good], product.head) for line in self._lines if line.row.to in _OF_SIZES
        }
        price = read.get("price")
        amount = price.number if price else None
        problems = [problem for one in read.values() for problem in one.problems]
        if price and not price.problems and (amount is None or amount <= 0):
            # Without a price the card is made, and push_prices tells one as soon as there is one; nought is a mistake.
            told = "" if amount is None else f"{amount:f}"
            problems.append(CardProblem(ProblemKind.NO_PRICE, *self._named("price"), told, blocks=amount is not None))
        size = Size(
            _text(read.get("techSize")) or NO_SIZE,
            _text(read.get("wbSize")),
            good.barcodes,
            offer_id=good.id,
            iblock_id=good.iblock_id,
            price=int(amount.to_integral_value(ROUND_HALF_UP)) or 1 if amount and amount > 0 else None,
        )
        problems += _barcode_problems(good, self._sources)
        return size, read, tuple(replace(problem, offer_id=good.id) for problem in problems)


def _pictures(product: Product, goods: Sequence[Good]) -> tuple[str, ...]:
    """Its own first. The product's show one of its variants, so that another one has them only for want of its own."""
    own = [link for good in goods for link in good.pictures]
    others = sum(good.active for good in product.sold) > len(goods)
    return tuple(dict.fromkeys(own if own and others else [*own, *product.head.pictures]))


def _value(line: _Line, texts: tuple[str, ...]) -> Read:
    """The value of these texts within its target's limits, or what the row says of an empty one."""
    read = read_value(line.row, texts, line.context) if texts else Read()
    if not read.told and all(problem.kind is ProblemKind.EMPTY for problem in read.problems):
        if line.row.default is not None:
            read = read_value(line.row, (line.row.default,), line.context)
        elif line.stops:
            return Read(problems=(replace(line.context.problem(ProblemKind.EMPTY, ", ".join(texts)), blocks=True),))
    return _within_limits(read, line)


def _within_limits(read: Read, line: _Line) -> Read:
    """Nothing is cut in silence: a value that is too long is not sent."""
    most = 1 if line.is_field else line.context.charc.max_count if line.context.charc else 0
    if 0 < most < len(read.texts):
        told = f"{len(read.texts)} > {most}"
        return read.spoilt(line.context.problem(ProblemKind.TOO_MANY_VALUES, ", ".join(read.texts), detail=told))
    longest, text = _LONGEST.get(str(line.row.to), 0), _text(read)
    if longest and len(text) > longest:
        told = f"{len(text)} > {longest}"
        problem = line.context.problem(ProblemKind.TOO_LONG, f"{text[:40]}…", detail=told)
        return read.spoilt(replace(problem, blocks=True))
    return read


def _field_of(charc: Characteristic) -> CardField | None:
    return NAMED_FIELDS.get(charc.name) if charc.named_field or charc.kind is Kind.UNUSED else None


def _dimensions(read: _Values, sources: Mapping[str, str]) -> tuple[Dimensions | None, tuple[CardProblem, ...]]:
    """Cm rounded up, kg to the gram. What the shop does not know cannot be sent: WB refuses nought."""
    told: dict[str, Read] = {str(to): one for to, one in read.items() if to in _PACKED}
    if not told:
        return None, ()
    numbers = {name: one.number or Decimal() for name, one in told.items()}
    missing = [name for name in _PACKED if numbers.get(name, 0) <= 0]
    if missing:
        said = {problem.target for one in told.values() for problem in one.problems}
        return None, tuple(
            CardProblem(ProblemKind.NO_DIMENSIONS, name, sources.get(name, "")) for name in missing if name not in said
        )
    length, width, height = (int(numbers[name].to_integral_value(ROUND_CEILING)) for name in _SIDES)
    weight = numbers["weight"].quantize(Decimal("0.001"), ROUND_CEILING)
    return Dimensions(length, width, height, weight), ()


def _marked(read: Read | None, sources: Mapping[str, str]) -> tuple[bool | None, tuple[CardProblem, ...]]:
    """Whether its units bear codes of "Честный знак"; None where the shop says nothing."""
    text = folded(_text(read))
    if not text or text in _YES | _NO:
        return (text in _YES if text else None), ()
    source = sources.get("kizMarked", "")
    return None, (CardProblem(ProblemKind.NOT_IN_DICTIONARY, "kizMarked", source, text, nearest=("да", "нет")),)


def _barcode_problems(good: Good, sources: Mapping[str, str]) -> Iterator[CardProblem]:
    source = sources["barcode"]
    if not good.barcodes:
        yield CardProblem(ProblemKind.NO_BARCODE, "barcode", source, blocks=False)
    for barcode in good.barcodes:
        if barcode.isdecimal() and len(barcode) in {8, 12, 13} and not _checks(barcode):
            yield CardProblem(ProblemKind.BARCODE_WRONG, "barcode", source, barcode)


def _checks(barcode: str) -> bool:
    """Whether the last digit of an EAN or UPC is the one that the others make."""
    *digits, last = map(int, barcode.zfill(13))
    return -sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10 == last


def _sizes_twice(sizes: Sequence[Size], sources: Mapping[str, str]) -> Iterator[CardProblem]:
    seen: set[str] = set()
    for size in sizes:
        if size.tech_size in seen:
            source = sources.get("techSize", "")
            yield CardProblem(ProblemKind.SIZE_TWICE, "techSize", source, size.tech_size, offer_id=size.offer_id)
        seen.add(size.tech_size)


def _text(read: Read | None) -> str:
    if read is None:
        return ""
    return read.texts[0] if read.texts else f"{read.number:f}" if read.number is not None else ""
