"""What a property's type, unit and values say for and against a characteristic."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from infra.proposals.knowledge import OF_TEXT, VALUES
from infra.proposals.names import LANGUAGE, Name
from infra.proposals.reasons import MatchReason
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import DICTIONARIES, Characteristic, Kind, Named
from wbsync.domain.values.dictionaries import Dictionary
from wbsync.domain.values.numbers import UNITS, read_number, same_kind
from wbsync.domain.wording import folded, stem, words

MOST_VALUES = 40
_MOSTLY, _FEW = 0.6, 0.3
_YES_NO = frozenset({"да", "нет", "есть", "yes", "no", "y", "n", "true", "false", "0", "1", "+", "-"})
_FACTORS = {
    MatchReason.OTHER_UNIT: 0.4,
    MatchReason.NO_NUMBERS: 0.35,
    MatchReason.YES_NO: 0.3,
    MatchReason.OTHER_VALUES: 0.45,
    MatchReason.FEW_VALUES: 0.8,
    MatchReason.DIRECTORY: 0.9,  # it tells its codes over REST, not what people read
    MatchReason.NO_UNIT: 0.93,
    MatchReason.SAME_UNIT: 1.06,
    MatchReason.NUMBERS: 1.06,
    MatchReason.VALUES: 1.25,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """`factor` times what the names say; `alone` is what the values say without any name."""

    factor: float = 1.0
    alone: float = 0.0
    reasons: tuple[tuple[MatchReason, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Values:
    """What the values of a property are, read once for all characteristics."""

    listed: tuple[str, ...]
    yes_no: bool
    numbers: float  # share
    unit: str  # the one that most of them tell


def read_values(prop: ShopProperty) -> Values:
    """Of its list, and of those that occur."""
    listed = tuple(value for value in (*prop.enum, *prop.samples) if value.strip())[:MOST_VALUES]
    if not listed:
        return Values((), yes_no=False, numbers=0.0, unit="")
    numbers = sum(read_number(value).number is not None for value in listed) / len(listed)
    [(unit, times)] = Counter(LANGUAGE.name(f"x, {_behind(value)}").unit for value in listed).most_common(1)
    yes_no = all(folded(value) in _YES_NO for value in listed) and not all(value.isdigit() for value in listed)
    return Values(listed, yes_no, numbers, unit if times >= _MOSTLY * len(listed) and numbers >= _MOSTLY else "")


def _behind(value: str) -> str:
    """What stands behind a number."""
    return value.strip().lstrip("0123456789., ")


def evidence(
    prop: ShopProperty,
    charc: Characteristic,
    names: tuple[Name, Name],
    *,
    values: Values,
    dictionaries: Mapping[Named, Dictionary],
) -> Evidence:
    """`names` are the shop's and WB's."""
    if prop.type == "S:HTML" and folded(charc.name) not in OF_TEXT:
        return Evidence(factor=0.0)
    told = [*_of_units(names[0].unit or values.unit, unit_of(charc, names[1]))]
    if prop.type == "S:directory":
        return _evidence([*told, (MatchReason.DIRECTORY, "")])
    if not values.listed:
        return _evidence(told)
    if charc.kind is Kind.NUMBER:
        return _evidence([*told, _of_number(values)])
    share = _share(charc, values.listed, dictionaries)
    return _evidence(told) if share is None else _of_share(told, share, charc, values)


def unit_of(charc: Characteristic, name: Name) -> str:
    return LANGUAGE.unit(charc.unit) or name.unit


def _evidence(told: Sequence[tuple[MatchReason, str]], alone: float = 0.0) -> Evidence:
    factor = 1.0
    for reason, _ in told:
        factor *= _FACTORS[reason]
    return Evidence(factor, alone, tuple(told))


def _of_units(ours: str, theirs: str) -> Sequence[tuple[MatchReason, str]]:
    if not ours:
        return ()
    if not theirs:
        return ((MatchReason.NO_UNIT, ours),)
    if ours == theirs or (ours in UNITS and theirs in UNITS and same_kind(ours, theirs)):
        return ((MatchReason.SAME_UNIT, ours),)
    return ((MatchReason.OTHER_UNIT, f"{ours} — {theirs}"),)


def _of_number(values: Values) -> tuple[MatchReason, str]:
    """Values that are no numbers speak against it."""
    mostly = values.numbers >= _MOSTLY and not values.yes_no
    return (MatchReason.NUMBERS if mostly else MatchReason.NO_NUMBERS, values.listed[0])


def _of_share(told: Sequence[tuple[MatchReason, str]], share: float, charc: Characteristic, values: Values) -> Evidence:
    """Values that are mostly in a dictionary tell what the property is, whatever it is called."""
    if share >= _MOSTLY:
        surely = 0.5 + 0.4 * share if charc.dictionary or folded(charc.name) == "состав" else 0.3 + 0.4 * share
        return _evidence([*told, (MatchReason.VALUES, f"{charc.name}»: {share:.0%}")], surely)
    if values.yes_no and charc.dictionary:
        return _evidence([*told, (MatchReason.YES_NO, "")])
    if share < _FEW:
        against = charc.dictionary is not None or values.numbers >= _MOSTLY
        return _evidence([*told, (MatchReason.OTHER_VALUES if against else MatchReason.FEW_VALUES, values.listed[0])])
    return _evidence([*told, (MatchReason.FEW_VALUES, values.listed[0])])


def _share(charc: Characteristic, values: Sequence[str], dictionaries: Mapping[Named, Dictionary]) -> float | None:
    """Of the values that the characteristic takes; None where nothing is known of what it takes."""
    named = DICTIONARIES.get(charc.name)
    if named and named in dictionaries and dictionaries[named].values:
        return sum(dictionaries[named].normalised(value).apply for value in values) / len(values)
    known = _KNOWN_VALUES.get(folded(charc.name))
    return sum(_is_of(value, known) for value in values) / len(values) if known else None


def _is_of(value: str, known: frozenset[str]) -> bool:
    """Half of its words at least, numbers apart."""
    found = _stems(value)
    return bool(found) and sum(word in known for word in found) * 2 >= len(found)


@lru_cache(maxsize=20_000)
def _stems(value: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(value) if not word.isdigit())


_KNOWN_VALUES = {
    folded(name): frozenset(stem(word) for value in listed for word in words(value)) for name, listed in VALUES.items()
}
