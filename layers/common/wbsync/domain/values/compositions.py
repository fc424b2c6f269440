"""What a thing is made of: materials with their shares."""

import re
from dataclasses import dataclass
from decimal import Decimal

from wbsync.domain.values.rules import SYNONYMS
from wbsync.domain.wording import folded

# Materials as WB's cards write them; a synonym or a typo becomes one of these.
MATERIALS = (
    "хлопок", "полиэстер", "эластан", "вискоза", "полиамид", "нейлон", "акрил", "шерсть", "лен", "шелк", "кашемир",
    "мохер", "ангора", "модал", "лиоцелл", "тенсель", "купро", "ацетат", "полиуретан", "полипропилен", "люрекс",
    "натуральная кожа", "искусственная кожа", "замша", "нубук", "спилок", "велюр", "текстиль", "бамбук", "флис",
    "фарфор", "керамика", "стекло", "металл", "сталь", "нержавеющая сталь", "дерево", "пластик", "силикон", "резина",
    "эва", "термополиуретан", "термоэластопласт", "поливинилхлорид", "микрофибра", "верблюжья шерсть", "пух", "перо",
    "мериносовая шерсть", "рами", "конопля", "джут", "альпака", "метанить", "поликарбонат", "алюминий", "латунь",
    "мдф", "дсп", "лдсп", "фанера", "ротанг", "каучук", "пенополиуретан", "синтепон", "холлофайбер", "кулирка", "футер",
)  # fmt: skip

_SHARE_FIRST = re.compile(r"(\d+(?:[.,]\d+)?)\s*%\s*-?\s*([a-zа-я][a-zа-я/ .\-]*)")
_MATERIAL_FIRST = re.compile(r"([a-zа-я][a-zа-я/ .\-]*?)\s*[-:–]?\s*(\d+(?:[.,]\d+)?)\s*%?(?=$|[,;+/\s])")
_LEAST_ALIKE = 88
_ALL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Part:
    material: str
    share: Decimal | None  # per cent; None: not told


@dataclass(frozen=True, slots=True)
class Composition:
    """`problem`: what is wrong with it, in the shop's own words; empty when it can be sent."""

    parts: tuple[Part, ...] = ()
    problem: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """As WB's cards write it: `95% хлопок`, the largest share first."""
        told = sorted(self.parts, key=lambda part: -(part.share or 0))
        return tuple(f"{part.share.normalize():f}% {part.material}" if part.share else part.material for part in told)


def read_composition(text: str) -> Composition:
    """The materials of a text. Shares that are told have to make 100 together."""
    plain = re.sub(r"^(?:состав|материал)\s*:?\s*", "", folded(text).strip(" .;"))
    plain = re.sub(r"^[а-я ]+:\s*(?=\d)", "", plain)  # which part of the thing it is
    if not plain:
        return Composition(problem=text)
    pairs = _pairs(plain)
    parts = tuple(Part(_material(name), share) for name, share in pairs)
    shares = [part.share for part in parts if part.share is not None]
    if not parts or any(not part.material for part in parts):
        return Composition(parts, text)
    if shares and (len(shares) != len(parts) or sum(shares) != _ALL):
        return Composition(parts, f"{sum(shares):f} %")
    return Composition(parts)


def _pairs(plain: str) -> list[tuple[str, Decimal | None]]:
    pattern = _SHARE_FIRST if re.match(r"\d", plain) else _MATERIAL_FIRST
    found = pattern.findall(plain)
    if not found:
        return [(name, None) for name in re.split(r"\s*[,;+]\s*|\s+и\s+", plain) if name]
    if pattern is _SHARE_FIRST:
        found = [(name, share) for share, name in found]
    return [(name.strip(" ,;+-."), Decimal(share.replace(",", "."))) for name, share in found]


def _material(name: str) -> str:
    """The material that is meant; its own word when nothing is known of it. Typos become what they are closest to."""
    if name in MATERIALS:
        return name
    for told in (name, name.replace(".", " ").strip()):
        for alternative in SYNONYMS.get(told, ()):
            return alternative[0]
    from rapidfuzz import fuzz, process  # noqa: PLC0415 only an unknown word pays for it

    alike = process.extractOne(name, MATERIALS, scorer=fuzz.ratio, score_cutoff=_LEAST_ALIKE)
    return str(alike[0]) if alike else name
