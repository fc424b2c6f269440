"""Numbers in a shop's texts, in the unit that WB wants."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from wbsync.domain.wording import folded

# unit → (what it measures, how many of the smallest unit it is)
UNITS: dict[str, tuple[str, Decimal]] = {
    unit: (kind, Decimal(size))
    for kind, spellings in {
        "length": {"мм mm миллиметр": "1", "см cm сантиметр": "10", "дм dm": "100", "м m метр": "1000",
                   'дюйм inch in ″ " дюйма дюймов дюймы': "25.4"},
        "mass": {"мг mg": "0.001", "г гр g gr грамм": "1", "кг kg килограмм": "1000", "т тонна": "1000000"},
        "volume": {"мл ml миллилитр": "1", "л l литр": "1000", "см3 см³ куб.см": "1", "м3 м³": "1000000"},
        "share": {"% процент проц": "1"},
        "time": {"с сек s": "1", "мин min": "60", "ч час h": "3600", "дн день дней": "86400",
        "мес месяц месяцев": "2592000",
                 "год года лет": "31536000"},
        "power": {"вт w": "1", "квт kw": "1000"},
        "voltage": {"в v": "1"},
        "count": {"шт pcs штук штука": "1"},
        "density": {"г/м2 г/м² г/кв.м гр/м2 g/m2": "1"},
        "temperature": {"°c °с с° град": "1"},
    }.items()
    for spelling, size in spellings.items()
    for unit in spelling.split()
}  # fmt: skip

_NUMBER = r"\d{1,3}(?:[ \u00a0]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_ONE = re.compile(rf"({_NUMBER})\s*({_UNIT})?(?![a-zа-я])\.?")
_RANGE = re.compile(rf"^(?:от\s*)?({_NUMBER})\s*({_UNIT})?\.?\s*(?:-|до|\.\.+)\s*({_NUMBER})\s*({_UNIT})?\.?$")
_ABOUT = re.compile(r"^(?:примерно|около|ок\.?|прибл\.?|≈|~|до|от|не менее|не более|более|менее|>|<|\+/-)\s*")

type OfRange = Literal["low", "high", "middle", "refuse"]


class Unread(StrEnum):
    """Why a text is no number; texts.py says it in Russian."""

    NO_NUMBER = "no_number"
    SEVERAL = "several"
    RANGE = "range"
    OTHER_UNIT = "other_unit"


@dataclass(frozen=True, slots=True)
class Reading:
    """A number in the wanted unit, or why there is none."""

    number: Decimal | None = None
    unread: Unread | None = None


def read_number(text: str, *, unit: str = "", wanted: str = "", of_range: OfRange = "refuse") -> Reading:
    """The number of a text. `unit` is its unit where the text tells none; `wanted` is WB's, "" for none."""
    plain = _ABOUT.sub("", folded(text).replace("−", "-"))
    ranged = _RANGE.match(plain)
    if ranged:
        low, first, high, second = ranged.groups()
        ends = {"low": _decimal(low), "high": _decimal(high), "middle": (_decimal(low) + _decimal(high)) / 2}
        if of_range not in ends:
            return Reading(unread=Unread.RANGE)
        return _converted(ends[of_range], second or first or unit, wanted)
    found = _ONE.findall(plain)
    if not found:
        return Reading(unread=Unread.NO_NUMBER)
    if len(found) > 1:
        return Reading(unread=Unread.SEVERAL)
    [(number, told)] = found
    return _converted(_decimal(number), told or unit, wanted)


def same_kind(one: str, other: str) -> bool:
    """Whether two units measure the same; a unit that is not known measures what itself does."""
    return _kind(one) == _kind(other)


def converted(number: Decimal, unit: str, wanted: str) -> Decimal | None:
    """None when the units measure different things."""
    return _converted(number, unit, wanted).number


def _converted(number: Decimal, unit: str, wanted: str) -> Reading:
    told, target = UNITS.get(_unit(unit)), UNITS.get(_unit(wanted))
    if not _unit(unit) or not _unit(wanted) or _unit(unit) == _unit(wanted):
        return Reading(number)
    if told is None or target is None or told[0] != target[0]:
        return Reading(unread=Unread.OTHER_UNIT)
    return Reading((number * told[1] / target[1]).normalize() + 0)


def _kind(unit: str) -> str:
    return UNITS[_unit(unit)][0] if _unit(unit) in UNITS else _unit(unit)


def _unit(unit: str) -> str:
    return folded(unit).strip(" .,")


def _decimal(text: str) -> Decimal:
    return Decimal(re.sub(r"[ \u00a0]", "", text).replace(",", "."))
