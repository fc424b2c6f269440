"""What a shop's texts become by a row's value rule, and what of them is not understood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wbsync.domain.cards import CardProblem, ProblemKind, Value
from wbsync.domain.mapping import AsIs, Composition, FromDictionary, Joined, Number, Row, Size, Split
from wbsync.domain.schema import Characteristic, Kind, Named
from wbsync.domain.values.compositions import read_composition
from wbsync.domain.values.descriptions import plain_text, split_values
from wbsync.domain.values.dictionaries import Dictionary, Normalised
from wbsync.domain.values.numbers import Unread, read_number
from wbsync.domain.values.reasons import ValueReason
from wbsync.domain.values.sizes import tech_size
from wbsync.domain.wording import folded

# A field of the shop's product → the unit that Bitrix keeps it in; a field of the card → the unit that WB takes.
_KEPT_IN = {"length": "мм", "width": "мм", "height": "мм", "weight": "г"}
_TAKEN_IN = {"length": "см", "width": "см", "height": "см", "weight": "кг"}
_NUMBERS = frozenset({*_TAKEN_IN, "price"})
_FINEST = Decimal("0.0001")
"""A number with more places than that comes of a division, and would not be read back as it was sent."""

_OF_FIELDS = {"brand": Named.BRANDS}

_UNREAD = {
    Unread.NO_NUMBER: ProblemKind.NOT_A_NUMBER,
    Unread.SEVERAL: ProblemKind.NOT_A_NUMBER,
    Unread.RANGE: ProblemKind.RANGE,
    Unread.OTHER_UNIT: ProblemKind.UNIT,
}


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is for, and which dictionaries there are."""

    target: str
    source: str
    charc: Characteristic | None
    dictionary: Callable[[Named], Dictionary]
    own: Callable[[tuple[str, ...]], Dictionary]
    blocks: bool = False  # without a value the card is not sent: one that is not understood cannot be left out

    def problem(self, kind: ProblemKind, value: str, *, detail: str = "", nearest: Sequence[str] = ()) -> CardProblem:
        return CardProblem(
            kind, self.target, self.source, value, detail, tuple(dict.fromkeys(nearest))[:3], blocks=self.blocks
        )


@dataclass(frozen=True, slots=True)
class Read:
    """Texts, a number, or nothing; with what is wrong."""

    texts: tuple[str, ...] = ()
    number: Decimal | None = None
    problems: tuple[CardProblem, ...] = ()

    @property
    def value(self) -> Value | None:
        return (self.texts or None) if self.number is None else self.number

    @property
    def told(self) -> bool:
        return self.value is not None

    def spoilt(self, problem: CardProblem) -> "Read":
        """Nothing is sent of a value that WB would not take as it is."""
        return Read(problems=(*self.problems, problem))


def read_value(row: Row, texts: Sequence[str], context: Context) -> Read:
    """A row's texts by its rule; a characteristic or field that is a number is read as one, whatever the rule."""
    if _is_number(row, context):
        return _number(row.value if isinstance(row.value, Number) else Number(rule="number"), row, texts, context)
    return _RULES[type(row.value)](row, texts, context)


def _is_number(row: Row, context: Context) -> bool:
    if isinstance(row.to, str):
        return row.to in _NUMBERS
    return context.charc is not None and context.charc.kind is Kind.NUMBER


def _number(rule: Number, row: Row, texts: Sequence[str], context: Context) -> Read:
    """Of several the largest, since one number is told: an offer that packs larger decides for the card."""
    wanted = context.charc.unit if context.charc else _TAKEN_IN.get(str(row.to), "")
    unit = rule.unit or _KEPT_IN.get(row.from_.field or "", "")
    numbers: list[Decimal] = []
    for text in texts:
        read = read_number(plain_text(text), unit=unit or wanted, wanted=wanted, of_range=rule.of_range)
        if read.number is None:
            kind = _UNREAD[read.unread or Unread.NO_NUMBER]
            return Read(problems=(context.problem(kind, text, detail=wanted),))
        numbers.append(read.number)
    return Read(number=_tidy(max(numbers)))


def _tidy(number: Decimal) -> Decimal:
    """Without noughts behind, and without the tail of a division."""
    return number if number == number.to_integral_value() else number.quantize(_FINEST).normalize()


def _as_is(_row: Row, texts: Sequence[str], _context: Context) -> Read:
    return Read(tuple(text for text in map(plain_text, texts) if text))


def _number_as_text(row: Row, texts: Sequence[str], context: Context) -> Read:
    rule = row.value
    read = _number(rule, row, texts, context) if isinstance(rule, Number) else Read()
    return replace(read, texts=(f"{read.number:f}",), number=None) if read.number is not None else read


def _split(row: Row, texts: Sequence[str], _context: Context) -> Read:
    by = row.value.by if isinstance(row.value, Split) else ""
    return Read(tuple(dict.fromkeys(part for text in texts for part in split_values(text, by))))


def _joined(row: Row, texts: Sequence[str], _context: Context) -> Read:
    between = row.value.with_ if isinstance(row.value, Joined) else ""
    return Read((between.join(map(plain_text, texts)),))


def _size(_row: Row, texts: Sequence[str], _context: Context) -> Read:
    return Read(tuple(map(tech_size, texts)))


def _from_dictionary(row: Row, texts: Sequence[str], context: Context) -> Read:
    rule = row.value if isinstance(row.value, FromDictionary) else FromDictionary(rule="dictionary")
    dictionary = _dictionary_of(rule, context)
    words = {folded(word): values for word, values in rule.words.items()}
    matches: list[str] = []
    problems: list[CardProblem] = []
    for text in filter(None, map(plain_text, texts)):
        if folded(text) in words:
            matches += words[folded(text)]
        elif dictionary is None:
            matches.append(text)
        else:
            found = dictionary.normalised(text)
            matches += found.matches if found.apply else ()
            problems += () if found.apply else (_not_sure(text, found, context),)
    return Read(tuple(dict.fromkeys(matches)), problems=tuple(problems))


def _not_sure(text: str, found: Normalised, context: Context) -> CardProblem:
    """“не указан” is no wrong value but none."""
    if found.reason is ValueReason.EMPTY:
        return context.problem(ProblemKind.EMPTY, text)
    kind = ProblemKind.UNSURE if found.matches else ProblemKind.NOT_IN_DICTIONARY
    return context.problem(kind, text, nearest=(*found.matches, *found.nearest))


def _dictionary_of(rule: FromDictionary, context: Context) -> Dictionary | None:
    """None when WB has told none: the value goes as it is."""
    if rule.values:
        return context.own(rule.values)
    of_target = context.charc.dictionary if context.charc else _OF_FIELDS.get(context.target)
    name = rule.dictionary or of_target
    found = context.dictionary(name) if name else None
    return found if found and found.values else None


def _composition(_row: Row, texts: Sequence[str], context: Context) -> Read:
    read = read_composition(", ".join(map(plain_text, texts)))
    if read.problem:
        return Read(problems=(context.problem(ProblemKind.COMPOSITION, ", ".join(texts), detail=read.problem),))
    return Read(read.texts)


_RULES: Mapping[type[object], Callable[[Row, Sequence[str], Context], Read]] = {
    AsIs: _as_is,
    FromDictionary: _from_dictionary,
    Number: _number_as_text,
    Split: _split,
    Joined: _joined,
    Composition: _composition,
    Size: _size,
}
