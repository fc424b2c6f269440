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
    "полиэтилен", "медь", "бронза", "никель", "золото", "серебро", "жемчуг", "янтарь", "деним", "мембрана", "экокожа",
)  # fmt: skip

_NAME = r"[a-zа-я](?:[a-zа-я .\-]|/(?=[a-zа-я]))*"
_SHARE_FIRST = re.compile(rf"(\d+(?:[.,]\d+)?)\s*%\s*-?\s*({_NAME})")
_MATERIAL_FIRST = re.compile(rf"({_NAME}?)\s*[-:–]?\s*(\d+(?:[.,]\d+)?)\s*%?(?=$|[,;+/\s])")
_SHARE_IN_BRACKETS = re.compile(r"\(\s*(\d+(?:[.,]\d+)?)\s*%?\s*\)")
_REMARK = re.compile(r"\([^()\d]*\)")
_RUN_TOGETHER = re.compile(r"(?<=%)(?=[a-zа-я])|(?<=[a-zа-я])(?=\d+(?:[.,]\d+)?%)")
_BETWEEN = re.compile(r"\s*[,;+/]\s*|\s+и\s+")
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
    pairs = _pairs(_tidy(plain))
    parts = tuple(Part(_material(name), share) for name, share in pairs)
    shares = [part.share for part in parts if part.share is not None]
    if not parts or any(_is_no_material(part.material) for part in parts):
        return Composition(parts, text)
    if shares and (len(shares) != len(parts) or sum(shares) != _ALL):
        return Composition(parts, f"{sum(shares):f} %")
    return Composition(parts)


def _tidy(plain: str) -> str:
    """`(95% хлопок)`, `хлопок (95%)`, `хлопок95%эластан5%` and remarks, as a plain list of materials with shares."""
    bare = plain[1:-1] if plain.startswith("(") and plain.endswith(")") and plain.count("(") == 1 else plain
    bare = _REMARK.sub(" ", _SHARE_IN_BRACKETS.sub(r" \1%", bare))
    return " ".join(_RUN_TOGETHER.sub(" ", bare).split())


def _is_no_material(name: str) -> bool:
    """Nothing but letters is one: a share that is still in the name was not understood."""
    return not re.search(r"[a-zа-я]", name) or bool(re.search(r"[\d%()]", name))


def _pairs(plain: str) -> list[tuple[str, Decimal | None]]:
    pattern = _SHARE_FIRST if re.match(r"\d", plain) else _MATERIAL_FIRST
    found = pattern.findall(plain)
    if not found:
        whole = plain in SYNONYMS  # п/э is one
        return [(name, None) for name in ([plain] if whole else _BETWEEN.split(plain)) if name]
    if pattern is _SHARE_FIRST:
        found = [(name, share) for share, name in found]
    return [(name.strip(" ,;+-./"), Decimal(share.replace(",", "."))) for name, share in found]


def _material(name: str) -> str:
    """The material that is meant; its own word when nothing is known of it. Typos become what they are closest to."""
    if name in MATERIALS:
        return name
    for told in (name, " ".join(name.replace(".", " ").split())):
        for alternative in SYNONYMS.get(told, ()):
            if alternative[0] in MATERIALS:  # a colour may bear the name of a material
                return alternative[0]
    from rapidfuzz import fuzz, process  # noqa: PLC0415 only an unknown word pays for it

    alike = process.extractOne(name, MATERIALS, scorer=fuzz.ratio, score_cutoff=_LEAST_ALIKE)
    return str(alike[0]) if alike else name
