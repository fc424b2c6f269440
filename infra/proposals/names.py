"""How much two names mean the same: by whole phrases, by words that weigh what they tell, and by letters at last."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from infra.proposals.knowledge import NOISE, OTHER_UNITS, SAME, SERVICE_WORDS, WORDS
from wbsync.domain.values.numbers import UNITS
from wbsync.domain.wording import code_parts, folded, spelled, stem, words

EXACT, PHRASE, MOST_BY_WORDS, MOST_BY_LETTERS = 1.0, 0.95, 0.9, 0.6

_BRACKETS = re.compile(r"\([^()]*\)")
_UNIT_BEHIND = re.compile(
    r"[,(]\s*("
    + "|".join(re.escape(unit) for unit in sorted((*UNITS, *OTHER_UNITS), key=len, reverse=True))
    + r")\s*[.)*]*\s*$"
)
_ALIKE = 86
"""Of 100: two stems that are one word with a typo."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is compared."""

    plain: str  # folded, without units, brackets and marks
    stems: tuple[str, ...]  # of the words that tell something
    meanings: frozenset[int]  # rows of SAME
    first_of: frozenset[int] = frozenset()  # those of them that begin with it
    unit: str = ""


@lru_cache(maxsize=50_000)
def read_name(text: str) -> Name:
    """A property's or characteristic's name."""
    plain = folded(text).replace("*", " ").strip(" .,:;")
    unit = _unit(plain)
    bare = " ".join(words(_BRACKETS.sub(" ", _UNIT_BEHIND.sub(" ", plain)))) or " ".join(words(plain))
    first_of = frozenset(row for row in _meanings(bare) if _FIRST[row] == _phrase(bare))
    return Name(bare, _telling(bare), _meanings(bare), first_of, unit)


@lru_cache(maxsize=50_000)
def read_code(code: str) -> tuple[Name, ...]:
    """A code as English words and as Russian ones in Latin letters."""
    latin = " ".join(code_parts(code))
    return (read_name(latin), read_name(spelled(code)))


def is_service(name: Name) -> bool:
    """Whether a shop keeps it for itself: every word that tells something is of that kind, or the first one is."""
    told = [word for word in name.plain.split() if word not in NOISE]
    return bool(told) and (told[0] in _SERVICE or stem(told[0]) in _SERVICE_STEMS)


class Weights:
    """What a word tells among the names at hand: `материал` little, `подошва` much."""

    def __init__(self, names: Iterable[Name]) -> None:
        listed = list(names)
        counts = Counter(_key(word) for name in listed for word in set(name.stems))
        self._all = len(listed) or 1
        self._counts = counts

    def of(self, word: str) -> float:
        return 0.3 + math.log((self._all + 1) / (self._counts[_key(word)] + 0.5)) / math.log(self._all + 2)


def likeness(one: Name, other: Name, weights: Weights) -> float:
    """0 to 1. `one` is the shop's, `other` WB's."""
    if one.plain and one.plain == other.plain:
        return EXACT
    shared = one.meanings & other.meanings
    if shared:
        return PHRASE if shared & other.first_of else PHRASE - 0.02
    by_words = _by_words(one.stems, other.stems, weights)
    by_letters = fuzz.ratio(one.plain, other.plain) / 100 if one.plain and other.plain else 0.0
    return max(by_words * MOST_BY_WORDS, (by_letters - 0.5) * 2 * MOST_BY_LETTERS)


def _by_words(one: Sequence[str], other: Sequence[str], weights: Weights) -> float:
    """The share of what both names tell that they have in common."""
    if not one or not other:
        return 0.0
    left = list(other)
    common = 0.0
    for word in one:
        best = max(left, key=lambda each: _same(word, each), default="")
        alike = _same(word, best) if best else 0.0
        if alike:
            left.remove(best)
            common += 2 * alike * weights.of(best)
    total = sum(map(weights.of, one)) + sum(map(weights.of, other))
    return common / total


@lru_cache(maxsize=200_000)
def _same(one: str, other: str) -> float:
    if _key(one) == _key(other):
        return 1.0
    if min(len(one), len(other)) < 4:
        return 0.0
    if one.startswith(other) or other.startswith(one):
        return 0.8  # an abbreviation, or another word of the same root
    return 0.9 if fuzz.ratio(one, other) >= _ALIKE else 0.0


def _key(word: str) -> str:
    return _WORD_MEANINGS.get(word, word)


def _telling(plain: str) -> tuple[str, ...]:
    told = [word for word in plain.split() if word not in NOISE]
    return tuple(dict.fromkeys(stem(word) for word in told or plain.split()))


def _meanings(plain: str) -> frozenset[int]:
    keys = (_phrase(plain), _phrase(" ".join(word for word in plain.split() if word not in NOISE)))
    return frozenset(row for key in keys if key for row in _PHRASES.get(key, ()))


def _phrase(text: str) -> str:
    return " ".join(stem(word) for word in words(text))


def _unit(plain: str) -> str:
    found = _UNIT_BEHIND.search(plain)
    return found[1] if found else ""


_PHRASES: dict[str, list[int]] = {}
for _row, _phrases in enumerate(SAME):
    for _text in _phrases:
        _PHRASES.setdefault(_phrase(_text), []).append(_row)
_FIRST = [_phrase(_phrases[0]) for _phrases in SAME]
_WORD_MEANINGS = {stem(word): row[0] for row in WORDS for word in row}
_SERVICE = SERVICE_WORDS
_SERVICE_STEMS = frozenset(stem(word) for word in SERVICE_WORDS if len(word) > 3)
