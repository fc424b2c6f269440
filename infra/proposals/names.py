"""How much two names mean the same: by whole phrases, by words that weigh what they tell, and by letters at last."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz

from infra.proposals.knowledge import Knowledge
from infra.proposals.reasons import MatchReason
from wbsync.domain.values.numbers import UNITS
from wbsync.domain.wording import code_parts, folded, spelled, stem, words

EXACT, SAME_WORDS, PHRASE, PHRASE_IN_SHORT = 1.0, 0.97, 0.95, 0.86
_OF_ANOTHER = 0.02
"""A name that WB has words of its own for, and that this row's first phrase is not."""
_PART = 0.9
"""Half of a name with a slash, or what stands in its brackets."""
_MOST_BY_WORDS, _MOST_BY_LETTERS, _TYPO = 0.9, 0.6, 0.92
_OPPOSITE = 0.4
_LIGHT = 0.4
_ALIKE = 86
"""Of 100: two stems that are one word with a typo."""
_LONG_NAME = 7

_BRACKETS = re.compile(r"\(([^()]*)\)")
_UNITS_ONLY = "мм|см|кг|мл|вт|квт|гц|дб|мач|гб|лм|кв\\.м"
"""They are no words, so that they need no comma before them."""
_MARK = re.compile(r"\*+(?=[\s)]|$)")
"""Of what a form must have."""
_TRAILING_DIGITS = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is compared."""

    plain: str  # folded, without units, brackets and marks
    keys: tuple[str, ...] = ()  # of the words that tell something
    meanings: frozenset[int] = frozenset()  # rows of same_names
    first_of: frozenset[int] = frozenset()  # those of them that begin with it
    in_short: frozenset[int] = frozenset()  # rows that mean it when words like `тип` are left out
    near: Mapping[tuple[str, ...], float] = field(default_factory=dict)  # what it usually means
    common: bool = False  # it says enough, though other names hold it as well
    unit: str = ""
    parts: tuple["Name", ...] = ()  # other readings of what it says

    @property
    def phrase(self) -> tuple[str, ...]:
        return tuple(sorted(self.keys))


@dataclass(frozen=True, slots=True)
class Likeness:
    score: float
    why: MatchReason
    detail: str = ""
    short: bool = False  # its words stand in other names of WB's as well


_UNLIKE = Likeness(0.0, MatchReason.WORDS)


class Language:
    """Reads names and codes by what is known; what was read once is remembered."""

    def __init__(self, known: Knowledge) -> None:
        self._short = known.short_words
        self._rewrites = [(re.compile(holds), re.compile(what), into) for holds, what, into in known.rewrites]
        self._same = {stem(word): stem(row[0]) for row in known.same_words for word in row}
        self._weights = {self.key(word): weight for word, weight in known.weights.items()}
        self._codes = known.code_words
        self._service_names = [re.compile(pattern) for pattern, _ in known.service_names]
        self._service_codes = [re.compile(pattern) for pattern, _ in known.service_codes]
        self._units = {folded(unit): folded(row[0]) for row in known.unit_words for unit in row}
        listed = sorted((*UNITS, *self._units), key=len, reverse=True)
        apart = "|".join(map(re.escape, listed))
        self._unit = re.compile(rf"(?:[,(]\s*({apart})|\s({_UNITS_ONLY}))\s*[.)*]*\s*$")
        self._opposites = [frozenset(map(self.key, row)) for row in known.opposites]
        self._read: dict[str, Name] = {}
        self._phrases: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        self._near: defaultdict[tuple[str, ...], dict[tuple[str, ...], float]] = defaultdict(dict)
        self._common = {self._phrase(word) for word in known.common_names}
        self._firsts: list[tuple[str, ...]] = []
        self._learn(known)

    def _learn(self, known: Knowledge) -> None:
        for row, phrases in enumerate(known.same_names):
            for phrase in phrases:
                self._phrases[self._phrase(phrase)].add(row)
            self._firsts.append(self._phrase(phrases[0]))
        for shop, wb, sure in known.near_names:
            self._near[self._phrase(shop)][self._phrase(wb)] = sure

    def name(self, text: str) -> Name:
        """A property's or characteristic's name."""
        if text not in self._read:
            self._read[text] = self._name(text)
        return self._read[text]

    def codes(self, code: str) -> tuple[Name, ...]:
        """A code as English words, as Russian ones in Latin letters, and as it stands."""
        told = [word for part in code_parts(code) for word in self._code_words(_TRAILING_DIGITS.sub("", part))]
        latin, cyrillic = " ".join(code_parts(code)), spelled(code)
        english = " ".join(self._codes.get(word, spelled(word)) for word in told)
        return tuple(self.name(text) for text in dict.fromkeys((english, latin, cyrillic)) if text)

    def is_service(self, text: str, code: str) -> bool:
        """Whether a shop keeps it for itself. Its code is asked only when it has no name."""
        plain = self._bare(text)
        if plain:
            return not self.name(text).meanings and any(pattern.search(plain) for pattern in self._service_names)
        return any(pattern.search(code.casefold()) for pattern in self._service_codes)

    def likeness(self, one: Name, other: Name, weights: "Weights") -> Likeness:
        """0 to 1. `one` is the shop's, `other` WB's."""
        found = self._likeness(one, other, weights)
        for part in one.parts:
            of_part = self._likeness(part, other, weights)
            if of_part.score * _PART > found.score:
                found = Likeness(of_part.score * _PART, MatchReason.PART, part.plain)
        return found

    def weight(self, key: str) -> float:
        return self._weights.get(key, 1.0)

    def key(self, word: str) -> str:
        """The stem that stands for the word and for those that mean the same."""
        whole = self._short.get(word, word)
        return self._same.get(stem(whole), stem(whole))

    def unit(self, unit: str) -> str:
        """The one way to write it."""
        plain = folded(unit).strip(" .")
        return self._units.get(plain, plain)

    def _name(self, text: str) -> Name:
        plain = self._bare(text)
        found = self._unit.search(plain)
        unit = self.unit(found[1] or found[2]) if found else ""
        without_unit = self._unit.sub(" ", plain) if found else plain
        bare = " ".join(words(_BRACKETS.sub(" ", without_unit))) or " ".join(words(plain))
        keys = self._keys(bare)
        phrase = tuple(sorted(keys))
        meanings = frozenset(self._phrases.get(phrase, ()))
        heavy = tuple(sorted(key for key in keys if self.weight(key) > _LIGHT))
        return Name(
            bare,
            keys,
            meanings,
            frozenset(row for row in meanings if self._firsts[row] == phrase),
            frozenset(self._phrases.get(heavy, ())) if heavy and heavy != phrase else frozenset(),
            self._near.get(phrase, {}),
            phrase in self._common,
            unit,
            tuple(self._name(part) for part in _parts(without_unit)),
        )

    def _bare(self, text: str) -> str:
        plain = _MARK.sub(" ", folded(text)).strip(" .,:;")
        for holds, what, into in self._rewrites:
            if holds.search(plain):
                plain = what.sub(f" {into} ", plain)
        return " ".join(plain.split())

    def _keys(self, plain: str) -> tuple[str, ...]:
        keys = [self.key(word) for word in plain.split()]
        return tuple(dict.fromkeys([key for key in keys if self.weight(key) > 0] or keys))

    def _phrase(self, text: str) -> tuple[str, ...]:
        return tuple(sorted(self._keys(" ".join(words(_BRACKETS.sub(" ", self._bare(text)))))))

    def _code_words(self, part: str) -> Sequence[str]:
        """A part of a code, taken apart where it is words that are glued together."""
        if part in self._codes:
            return [part]
        for at in range(3, len(part) - 2):
            if part[:at] in self._codes and part[at:] in self._codes:
                return [part[:at], part[at:]]
        return [part]

    def _likeness(self, one: Name, other: Name, weights: "Weights") -> Likeness:
        if not one.plain or not other.plain:
            return _UNLIKE
        if one.plain == other.plain:
            return Likeness(EXACT, MatchReason.SAME_NAME)
        if one.phrase == other.phrase:
            taken = other.meanings and not other.first_of
            return Likeness(PHRASE - _OF_ANOTHER if taken else SAME_WORDS, MatchReason.SAME_WORDS, one.plain)
        return max(_by_meaning(one, other), self._by_words(one, other, weights), key=lambda found: found.score)

    def _by_words(self, one: Name, other: Name, weights: "Weights") -> Likeness:
        """The share of what both names tell that they have in common; letters, where words tell nothing."""
        common = _common(one.keys, other.keys, weights)
        total = sum(map(weights.of, one.keys)) + sum(map(weights.of, other.keys))
        by_words = _MOST_BY_WORDS * sum(both for _, both in common) / total if total else 0.0
        if common and any(self._differ(one.keys, other.keys, row) for row in self._opposites):
            by_words *= _OPPOSITE
            return Likeness(by_words, MatchReason.WORDS, ", ".join(word for word, _ in common))
        letters = fuzz.ratio(one.plain, other.plain) / 100
        long = min(len(one.plain), len(other.plain)) >= _LONG_NAME
        by_letters = letters * _TYPO if long and letters >= _TYPO else (letters - 0.5) * 2 * _MOST_BY_LETTERS
        if by_words >= by_letters:
            return Likeness(by_words, MatchReason.WORDS, one.plain)
        return Likeness(by_letters, MatchReason.LETTERS, one.plain)

    @staticmethod
    def _differ(one: Iterable[str], other: Iterable[str], row: frozenset[str]) -> bool:
        ours, theirs = row.intersection(one), row.intersection(other)
        return bool(ours and theirs and not ours & theirs)


class Weights:
    """What a word tells among the names at hand: `материал` little, `подошва` much."""

    def __init__(self, names: Iterable[Name], language: Language) -> None:
        listed = list(names)
        self._language = language
        self._all = len(listed) or 1
        self._counts = Counter(key for name in listed for key in set(name.keys))
        self._known: dict[str, float] = {}

    def of(self, key: str) -> float:
        if key not in self._known:
            seldom = 0.3 + math.log((self._all + 1) / (self._counts[key] + 0.5)) / math.log(self._all + 2)
            self._known[key] = self._language.weight(key) * seldom
        return self._known[key]

    def tells(self, name: Name) -> bool:
        """Whether any of the name's words stands in a name at hand, or the name is known."""
        return bool(name.meanings or name.near or name.in_short) or any(self._counts[key] for key in name.keys)


def _by_meaning(one: Name, other: Name) -> Likeness:
    shared = one.meanings & other.meanings
    if shared & other.first_of:
        return Likeness(PHRASE, MatchReason.SAME_MEANING, one.plain)
    if near := one.near.get(other.phrase):
        return Likeness(near, MatchReason.USUALLY, one.plain)
    if shared:
        # WB's name has a meaning of its own beside the one that both have.
        return Likeness(
            PHRASE_IN_SHORT if other.first_of else PHRASE - _OF_ANOTHER, MatchReason.SAME_MEANING, one.plain
        )
    if one.in_short & other.meanings or one.meanings & other.in_short:
        return Likeness(PHRASE_IN_SHORT, MatchReason.SAME_MEANING, one.plain)
    return _UNLIKE


def _common(one: Sequence[str], other: Sequence[str], weights: Weights) -> list[tuple[str, float]]:
    """The words that both have, with twice what each tells."""
    left = list(other)
    common = []
    for word in one:
        best = max(left, key=lambda each: _same(word, each), default="")
        alike = _same(word, best) if best else 0.0
        if alike:
            left.remove(best)
            common.append((word, 2 * alike * weights.of(best)))
    return common


@lru_cache(maxsize=200_000)
def _same(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if min(len(one), len(other)) < 4:
        return 0.0
    if one.startswith(other) or other.startswith(one):
        return 0.8  # an abbreviation, or another word of the same root
    return 0.9 if fuzz.ratio(one, other) >= _ALIKE else 0.0


def _parts(plain: str) -> list[str]:
    """What a name says in brackets, without them, and on either side of a slash: `высота платформы/подошвы`."""
    bare = _BRACKETS.sub(" ", plain)
    inside = [text for text in (*_BRACKETS.findall(plain), bare.rpartition(",")[0]) if len(text) > 2]
    sides = [text.split() for text in bare.split("/")]
    if len(sides) != 2 or not all(sides):
        return inside
    first, second = sides
    whole = [*first[:-1], *second] if len(second) == 1 else second
    return [" ".join(first), " ".join(whole), *inside]


LANGUAGE = Language(Knowledge())
