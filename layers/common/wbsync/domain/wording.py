"""Words of shops and of WB, brought to one spelling so that they can be compared.

People type `Cезон` with a Latin C, `ё` now and then, and name properties ZASTEGKA or UPPER_MATERIAL.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

# Letters that look alike in both alphabets, in lower case (К, М, Т, В, Н look alike as capitals only, and so do their
# lower-case forms once a text is folded).
_LATIN, _CYRILLIC = "aceopxykmtbhn", "асеорхукмтвнп"
_TO_CYRILLIC = str.maketrans(_LATIN[:12], _CYRILLIC[:12])
_TO_LATIN = str.maketrans(_CYRILLIC[:12], _LATIN[:12])
_LOOK_ALIKE = frozenset(_LATIN[:12] + _CYRILLIC[:12])

_SIGNS = str.maketrans({
    "ё": "е", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u00ad": "", "\u200b": "",
    "–": "-", "—": "-", "−": "-", "‑": "-", "‐": "-",
    "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "’": "'", "`": "'",
})  # fmt: skip

_WORD = re.compile(r"[^\W_]+")
_LETTER_RUN = re.compile(r"[a-zа-я]+")
_CYRILLIC_LETTER = re.compile(r"[а-я]")
_LATIN_LETTER = re.compile(r"[a-z]")
_CODE_PARTS = re.compile(r"[A-ZА-ЯЁ]+(?![a-zа-яё])|[A-ZА-ЯЁ]?[a-zа-яё]+|\d+")

# How people write Russian in Latin letters, the longest first.
_SPELLINGS = (
    ("shch", "щ"), ("sch", "щ"), ("zh", "ж"), ("ch", "ч"), ("sh", "ш"), ("kh", "х"), ("ts", "ц"), ("tz", "ц"),
    ("yu", "ю"), ("ju", "ю"), ("iu", "ю"), ("ya", "я"), ("ja", "я"), ("yo", "е"), ("jo", "е"),
    ("ye", "е"), ("iy", "ий"), ("yy", "ый"), ("ij", "ий"), ("ey", "ей"), ("ay", "ай"), ("oy", "ой"), ("uy", "уй"),
    ("aya", "ая"), ("iya", "ия"), ("iyu", "ию"), ("iye", "ие"),
    ("a", "а"), ("b", "б"), ("c", "ц"), ("d", "д"),
    ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"),
    ("i", "и"), ("j", "й"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"),
    ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"), ("x", "х"), ("y", "ы"), ("z", "з"),
)  # fmt: skip
_SPELLED = re.compile("|".join(sorted((latin for latin, _ in _SPELLINGS), key=len, reverse=True)))
_CYRILLIC_OF = dict(_SPELLINGS)


@lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """Lower case, `ё` as `е`, plain spaces, dashes and quotes, each word in one alphabet."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_SIGNS)
    return " ".join(_LETTER_RUN.sub(_in_one_alphabet, plain).split())


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text, folded."""
    return tuple(_WORD.findall(folded(text)))


@cache
def stem(word: str) -> str:
    """A folded word without its ending, by the rules of its alphabet."""
    return str(_stemmer("russian" if _CYRILLIC_LETTER.search(word) else "english").stemWord(word))


@lru_cache(maxsize=10_000)
def spelled(code: str) -> str:
    """A property's code as Cyrillic words, as far as it is Russian in Latin letters: TSVET_OBUVI → цвет обуви."""
    return " ".join(_SPELLED.sub(lambda found: _CYRILLIC_OF[found[0]], part) for part in code_parts(code))


def code_parts(code: str) -> tuple[str, ...]:
    """UPPER_MATERIAL, upperMaterial → upper, material."""
    return tuple(part.casefold() for part in _CODE_PARTS.findall(code))


def _in_one_alphabet(found: re.Match[str]) -> str:
    word = found[0]
    if not (_CYRILLIC_LETTER.search(word) and _LATIN_LETTER.search(word)):
        return word
    telling = [letter for letter in word if letter not in _LOOK_ALIKE]
    latin = sum(letter.isascii() for letter in telling)
    if telling and latin not in (0, len(telling)):
        return word  # it is meant: both alphabets have letters of their own here
    if not telling:
        latin_shape = sum(letter.isascii() for letter in word) * 2 > len(word)
        return word.translate(_TO_LATIN if latin_shape else _TO_CYRILLIC)
    return word.translate(_TO_LATIN if latin else _TO_CYRILLIC)


@cache
def _stemmer(language: str) -> Any:  # noqa: ANN401 snowballstemmer has no types
    import snowballstemmer  # noqa: PLC0415 only what compares words pays for it

    return snowballstemmer.stemmer(language)
