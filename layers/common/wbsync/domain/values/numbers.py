"""Numbers in a shop's texts, in the unit that WB wants."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from wbsync.domain.wording import folded, stem

# unit → (what it measures, how many of the smallest unit it is); months and years have no fixed number of days
UNITS: dict[str, tuple[str, Decimal]] = {
    unit: (kind, Decimal(size))
    for kind, spellings in {
        "length": {"мкм": "0.001", "мм mm миллиметр": "1", "см cm сантиметр": "10", "дм dm": "100", "м m метр": "1000",
                   'дюйм inch in " дюйма дюймов дюймы': "25.4", "фут ft футов": "304.8"},
        "area": {"мм2": "1", "см2 кв.см": "100", "м2 кв.м m2": "1000000"},
        "mass": {"мг mg": "0.001", "г гр g gr грамм": "1", "кг kg килограмм": "1000", "т тонна": "1000000"},
        "volume": {"мл ml миллилитр": "1", "л l литр": "1000", "см3 см³ куб.см": "1", "м3 м³ куб.м": "1000000"},
        "share": {"% процент проц": "1"},
        "time": {"с сек s": "1", "мин min минута": "60", "ч час h": "3600", "дн день дней сутки": "86400",
                 "нед неделя недель": "604800"},
        "calendar": {"мес месяц месяцев": "1", "год года лет": "12"},
        "power": {"вт w ватт": "1", "квт kw": "1000"},
        "energy": {"вт·ч втч wh": "1", "квт·ч": "1000"},
        "charge": {"мач mah ма·ч": "1", "ач ah а·ч": "1000"},
        "voltage": {"в v вольт": "1"},
        "frequency": {"гц hz": "1", "кгц khz": "1000", "мгц mhz": "1000000", "ггц ghz": "1000000000"},
        "memory": {"мб mb": "1", "гб gb": "1024", "тб tb": "1048576"},
        "light": {"лм lm люмен": "1"},
        "warmth of light": {"k к": "1"},
        "noise": {"дб db": "1"},
        "thickness of yarn": {"ден den": "1"},
        "pressure": {"бар bar": "1"},
        "speed of turning": {"об/мин rpm": "1"},
        "horse power": {"л.с": "1"},
        "count": {"шт pcs штук штука": "1"},
        "density": {"г/м2 г/м² г/кв.м гр/м2 g/m2": "1"},
        "weight of a cubic metre": {"кг/м3 кг/куб.м": "1", "г/см3": "1000"},
        "temperature": {"°c °с с° град градус": "1"},
    }.items()
    for spelling, size in spellings.items()
    for unit in spelling.split()
}  # fmt: skip
_BY_STEM = {stem(unit): unit for unit in UNITS if len(unit) > 2 and unit.isalpha()}  # noqa: PLR2004 a word, not a sign
_COUNTED_BY_THEMSELVES = frozenset(map(stem, ("пара", "пар", "набор", "комплект", "упаковка", "уп", "рулон", "блок")))
"""Of these a piece has several: they are no count of pieces."""

# A number is taken whole or not at all (?>…), so that no digit is lost to the word behind it.
_NUMBER = r"(?>\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)(?![.,]\d)"
_UNIT = "|".join(re.escape(unit) for unit in sorted({folded(unit) for unit in UNITS}, key=len, reverse=True))
_WORD = r"[a-zа-я](?:[a-zа-я/·]|\.(?=[a-zа-я]))*"
_WITH_UNIT = rf"(?:\s*\(?(?>({_UNIT}))(?![\w·]|/[a-zа-я])|\s*\(?({_WORD})(?!\w)|(?![\w']))"
_ONE = re.compile(rf"(?<![\w.,])((?:(?<![^\s(])[+-])?{_NUMBER}){_WITH_UNIT}")
_RANGE = re.compile(
    rf"^(?:от\s*)?([+-]?{_NUMBER})\s*({_UNIT})?\.?\s*(?:-|до|\.\.+)\s*([+-]?{_NUMBER})\s*({_UNIT})?\.?$"
)
_ABOUT = re.compile(
    r"^(?:(?:примерно|около|ок\.?|прибл\.?|≈|~|до|от|не менее|не более|более|менее|минимум|максимум|>|<|\+/-)\s*)+"
)
_TIMES = re.compile(r"(?<=\d)\s*[xх*×]\s*(?=\d)")
_INCHES = re.compile(r"''|′′")
_SPACED_UNIT = re.compile(r"\b(кв|куб|л)\.\s+(?=[мс])")

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
    plain = _ABOUT.sub("", _SPACED_UNIT.sub(r"\1.", _INCHES.sub('"', folded(text))))
    ranged = _RANGE.match(plain)
    if ranged:
        low, first, high, second = ranged.groups()
        ends = {"low": _decimal(low), "high": _decimal(high), "middle": (_decimal(low) + _decimal(high)) / 2}
        if of_range not in ends:
            return Reading(unread=Unread.RANGE)
        return _converted(ends[of_range], second or first or unit, wanted)
    found = _ONE.findall(_TIMES.sub(" ; ", plain))
    if not found:
        return Reading(unread=Unread.NO_NUMBER)
    if len(found) > 1:
        return Reading(unread=Unread.SEVERAL)
    [(number, told, word)] = found
    return _converted(_decimal(number), told or _counted(word, wanted) or unit, wanted)


def same_kind(one: str, other: str) -> bool:
    """Whether two units measure the same; a unit that is not known measures what itself does."""
    return _kind(one) == _kind(other)


def converted(number: Decimal, unit: str, wanted: str) -> Decimal | None:
    """None when the units measure different things."""
    return _converted(number, unit, wanted).number


def _counted(word: str, wanted: str) -> str:
    """Whatever is counted is a piece (`24 предмета`), but for what holds several."""
    pieces = _kind(wanted) == "count" and stem(word) not in _COUNTED_BY_THEMSELVES
    return wanted if word and pieces and _unit(word) not in UNITS else word


def _converted(number: Decimal, unit: str, wanted: str) -> Reading:
    one, other = _unit(unit), _unit(wanted)
    if not one or not other or one == other:
        return Reading(number)
    told, target = UNITS.get(one), UNITS.get(other)
    if told is None or target is None or told[0] != target[0]:
        return Reading(unread=Unread.OTHER_UNIT)
    return Reading((number * told[1] / target[1]).normalize() + 0)


def _kind(unit: str) -> str:
    return UNITS[_unit(unit)][0] if _unit(unit) in UNITS else _unit(unit)


def _unit(unit: str) -> str:
    """As the table has it, if it does: `килограммов` is `килограмм`."""
    plain = _SPACED_UNIT.sub(r"\1.", folded(unit)).strip(" .,")
    return plain if plain in UNITS else _BY_STEM.get(stem(plain), plain)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(" ", "").replace(",", "."))
