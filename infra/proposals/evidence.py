"""What a property's type, unit and values say for and against a characteristic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from infra.proposals.knowledge import VALUE_WORDS
from infra.proposals.names import Name
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import DICTIONARIES, Characteristic, Kind, Named
from wbsync.domain.values.dictionaries import Dictionary
from wbsync.domain.values.numbers import read_number, same_kind
from wbsync.domain.wording import folded, stem, words

MOST_VALUES = 40
_MOSTLY = 0.6
_SAME_UNIT = 0.2
_CODES_ONLY = 0.7
"""A directory tells its codes over REST, not what people read."""
_FILES = frozenset({"F", "S:video", "S:FileMan", "S:DiskFile", "E", "S:HTML"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`factor` lowers what the names say, `bonus` raises it, `alone` is what the values say without any name."""

    factor: float = 1.0
    bonus: float = 0.0
    alone: float = 0.0
    reason: str = ""


def evidence(
    prop: ShopProperty, charc: Characteristic, names: tuple[Name, Name], dictionaries: Mapping[Named, Dictionary]
) -> Evidence:
    """Of the property's type, unit and values; `names` are the shop's and WB's."""
    if prop.type in _FILES and not _is_text(charc):
        return Evidence(factor=0.0)
    values = (*prop.enum, *prop.samples)[:MOST_VALUES]
    ours, theirs = names[0].unit, charc.unit or names[1].unit
    if ours and theirs and not same_kind(ours, theirs):
        return Evidence(factor=0.4)
    if charc.kind is Kind.NUMBER and values:
        return _of_number(values)
    if prop.type == "S:directory":
        return Evidence(factor=_CODES_ONLY, reason="справочник: видны коды, а не слова")
    found = _of_words(charc, values, dictionaries)
    return replace(found, bonus=found.bonus + (_SAME_UNIT if ours and ours == theirs else 0.0))


def _is_text(charc: Characteristic) -> bool:
    return folded(charc.name) in {"описание", "состав", "комплектация", "уход за вещами"}


def _of_number(values: Sequence[str]) -> Evidence:
    """Values that are no numbers speak against it."""
    numbers = sum(read_number(value).number is not None for value in values)
    return Evidence(bonus=0.1) if numbers >= _MOSTLY * len(values) else Evidence(factor=0.4, reason="значения не числа")


def _of_words(charc: Characteristic, values: Sequence[str], dictionaries: Mapping[Named, Dictionary]) -> Evidence:
    """Values that are mostly in a dictionary tell what the property is, whatever it is called."""
    share = _share(charc, values, dictionaries)
    if share is None:
        return Evidence()
    if share >= _MOSTLY:
        told = f"значения из справочника «{charc.name}»: {share:.0%}"
        return Evidence(bonus=0.6, alone=0.5 + 0.4 * share, reason=told)
    return Evidence(factor=0.5 if share == 0 else 0.8)


def _share(charc: Characteristic, values: Sequence[str], dictionaries: Mapping[Named, Dictionary]) -> float | None:
    if not values:
        return None
    named = DICTIONARIES.get(charc.name)
    if named and named in dictionaries and dictionaries[named].values:
        return sum(dictionaries[named].normalised(value).apply for value in values) / len(values)
    known = VALUE_WORDS.get(folded(charc.name))
    if known is None:
        return None
    return sum(any(stem(word) in known for word in words(value)) for value in values) / len(values)
