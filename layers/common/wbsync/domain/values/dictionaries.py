"""A shop's value in the words of a WB dictionary: several values of it, none, or a guess that a person has to confirm.

Nothing says whether a dictionary holds colours, countries or seasons: a rule counts where the dictionary has its words.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wbsync.domain.values.reasons import ValueReason
from wbsync.domain.values.rules import (
    ADJECTIVE_ENDINGS,
    NOISE,
    NOMINATIVE_ENDINGS,
    NOTHING,
    PREFIXES,
    PRINTS,
    SEPARATORS,
    SHADE_STEMS,
    SHADES,
    SUFFIXES,
    SYNONYMS,
)
from wbsync.domain.wording import folded, stem, words

APPLIED_ABOVE = 0.9
"""From this confidence on a value is taken without asking a person."""


CONFIDENCE = {
    ValueReason.EXACT: 1.0,
    ValueReason.SPELLING: 0.97,
    ValueReason.SYNONYM: 0.95,
    ValueReason.SEVERAL: 0.94,
    ValueReason.SHADE: 0.91,
    ValueReason.PART: 0.6,
    ValueReason.SIMILAR: 0.5,
    ValueReason.EMPTY: 0.0,
    ValueReason.UNKNOWN: 0.0,
}


@dataclass(frozen=True, slots=True)
class Normalised:
    """The values to take, in the order of the text; `nearest` are three to choose from when none is sure."""

    matches: tuple[str, ...] = ()
    confidence: float = 0.0
    reason: ValueReason = ValueReason.UNKNOWN
    detail: str = ""  # what of the text was not understood
    nearest: tuple[str, ...] = ()

    @property
    def apply(self) -> bool:
        return bool(self.matches) and self.confidence >= APPLIED_ABOVE


@dataclass(slots=True)
class Dictionary:
    """An index over a dictionary's values, made once. Not for many threads."""

    values: Sequence[str]
    _known: dict[str, Normalised] = field(default_factory=dict)
    _by_name: dict[str, str] = field(default_factory=dict)
    _by_stems: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for value in self.values:
            self._by_name.setdefault(folded(value), value)
        for value in self.values:
            self._by_stems.setdefault(_stems(value), value)

    def named(self, text: str) -> str | None:
        return self._by_name.get(text)

    def spelled(self, text: str) -> str | None:
        """The value that differs from the text in endings, hyphens and spaces only."""
        key = "" if _LISTED.search(text) else _stems(text)
        found = self._by_stems.get(key) if key else None
        return found if found and _is_same_word(key, text, found) else None

    def nearest(self, text: str, count: int = 3) -> tuple[str, ...]:
        """The values that look most like it, the best first."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415 only what is not understood pays for it

        found = process.extract(folded(text), list(self._by_name), scorer=fuzz.WRatio, limit=count, score_cutoff=45)
        return tuple(self._by_name[name] for name, _, _ in found)

    def normalised(self, value: str) -> Normalised:
        """See the module; what was asked once is remembered."""
        if value not in self._known:
            self._known[value] = _normalised(value, self)
        return self._known[value]


def normalised(value: str, dictionary: Dictionary) -> Normalised:
    return dictionary.normalised(value)


def measured_values(dictionary: Sequence[str], values: Sequence[str]) -> list[Normalised]:
    """Each value in the words of a dictionary that is given as a mere list."""
    index = Dictionary(dictionary)
    return [index.normalised(value) for value in values]


def _normalised(value: str, dictionary: Dictionary) -> Normalised:
    exact = dictionary.named(folded(value))
    if exact:
        return _found([exact], ValueReason.EXACT)
    text = _bare(value)
    if text in NOTHING:
        return Normalised(reason=ValueReason.EMPTY)
    found = _one(text, dictionary) or _several(text, dictionary) or _without_noise(text, dictionary)
    return found or _guess(text, dictionary)


def _found(matches: Iterable[str], reason: ValueReason, detail: str = "") -> Normalised:
    return Normalised(tuple(dict.fromkeys(matches)), CONFIDENCE[reason], reason, detail)


def _bare(value: str) -> str:
    """Without the property's own name in front and without numbers and remarks behind."""
    text = re.sub(r"(?<=\w)\.", " ", folded(value).strip(" .;,\"'"))
    text = " ".join(text.split())
    for pattern in PREFIXES:
        text = re.sub(pattern, "", text)
    for pattern in SUFFIXES:
        shorter = re.sub(pattern, "", text).strip()
        text = shorter or text
    return text


def _one(text: str, dictionary: Dictionary) -> Normalised | None:
    """The text as one value (or as the several ones that a synonym stands for)."""
    if name := dictionary.named(text):
        return _found([name], ValueReason.EXACT)
    if spelled := dictionary.spelled(text):
        return _found([spelled], ValueReason.SPELLING)
    return _synonym(text, dictionary) or _shade(text, dictionary)


def _synonym(text: str, dictionary: Dictionary) -> Normalised | None:
    for key in dict.fromkeys((text, " ".join(words(text)), *_nominatives(text))):
        for alternative in SYNONYMS.get(key, ()):
            names = [dictionary.named(word) or dictionary.spelled(word) for word in alternative]
            if all(names):
                return _found([name for name in names if name], ValueReason.SYNONYM)
    return None


_BY_STEM: dict[str, str] = {}
for _key in SYNONYMS:
    if " " not in _key and len(_key) > 3:  # noqa: PLR2004 an abbreviation has no ending
        _BY_STEM.setdefault(stem(_key), _key)


def _nominatives(text: str) -> tuple[str, ...]:
    """The synonym that this is another case of."""
    known = _BY_STEM.get(stem(text)) if " " not in text and len(text) > 3 else None  # noqa: PLR2004 as above
    return (known,) if known else ()


def _shade(text: str, dictionary: Dictionary) -> Normalised | None:
    """A colour whose shade stands in another place, or is none of the dictionary's."""
    parts = words(text)
    if len(parts) == 1:
        shade = next((shade for shade in SHADES if text.startswith(shade) and len(text) > len(shade) + 2), None)
        parts = (shade, text.removeprefix(shade)) if shade else parts
    if len(parts) != 2:  # noqa: PLR2004 a shade and a colour
        return None
    for first, second in (parts, parts[::-1]):
        shade = first if first in SHADES else SHADE_STEMS.get(stem(first))
        if not shade:
            continue
        if both := dictionary.spelled(f"{shade}-{second}"):
            return _found([both], ValueReason.SPELLING)
        base = dictionary.named(second) or dictionary.spelled(second)
        alone = _found([base], ValueReason.EXACT) if base else _synonym(second, dictionary)
        if alone and len(alone.matches) == 1 and (both := dictionary.spelled(f"{shade}-{folded(alone.matches[0])}")):
            return _found([both], ValueReason.SYNONYM)
        if alone:
            return _found(alone.matches, ValueReason.SHADE, shade)
    return None


def _several(text: str, dictionary: Dictionary) -> Normalised | None:
    """The text as several values; a separator counts when every part is known."""
    for separator in SEPARATORS:
        parts = [part for part in re.split(separator, text) if part]
        if len(parts) > 1:
            found = [
                _one(part, dictionary) or _print(part, dictionary) or _deeper(part, text, dictionary) for part in parts
            ]
            matches = [name for one in found if one for name in one.matches]
            if all(found) and matches and (separator != SEPARATORS[-1] or _may_stand_together(parts, found)):
                least = min(one.confidence for one in found if one and one.matches)
                several = _found(matches, ValueReason.SEVERAL)
                return Normalised(several.matches, min(several.confidence, least), ValueReason.SEVERAL)
    return None


def _may_stand_together(parts: Sequence[str], found: Sequence[Normalised | None]) -> bool:
    """Nothing but a space between them: two adjectives are two values, `белый дуб` is one that is not known."""
    return all(_is_beside(part, one) for part, one in zip(parts, found, strict=True) if one and one.matches)


def _is_beside(part: str, one: Normalised) -> bool:
    named = one.reason in {ValueReason.EXACT, ValueReason.SPELLING} and one.matches[0].endswith(NOMINATIVE_ENDINGS)
    return named or any(stem(part) == stem(spelling) for spelling in PRINTS)


def _deeper(part: str, whole: str, dictionary: Dictionary) -> Normalised | None:
    """A part that is several values itself, or a value among words that say nothing."""
    if part == whole:
        return None
    return _several(part, dictionary) or _without_noise(part, dictionary)


def _print(part: str, dictionary: Dictionary) -> Normalised | None:
    """A print beside a colour: the dictionary's own word for it, or nothing at all."""
    for print_stem, name in ((stem(spelling), name) for spelling, name in PRINTS.items()):
        if stem(part).startswith(print_stem):
            known = dictionary.named(name)
            return _found([known] if known else [], ValueReason.SYNONYM)
    return (
        Normalised(reason=ValueReason.SYNONYM, confidence=CONFIDENCE[ValueReason.SYNONYM]) if _is_noise(part) else None
    )


def _is_noise(word: str) -> bool:
    return word in NOISE or stem(word) in NOISE or word.isdigit()


def _without_noise(text: str, dictionary: Dictionary) -> Normalised | None:
    kept = [word for word in text.split() if not _is_noise(word.strip("-,.;:()"))]
    left = " ".join(kept)
    if not left or left == text:
        return None
    return _one(left, dictionary) or _several(left, dictionary)


def _guess(text: str, dictionary: Dictionary) -> Normalised:
    """What may be meant, for a person to say."""
    nearest = dictionary.nearest(text)
    known = {word: one for word in words(text) if (one := _one(word, dictionary))}
    matches = tuple(dict.fromkeys(name for one in known.values() for name in one.matches))
    if matches:
        rest = " ".join(word for word in words(text) if word not in known)
        return Normalised(matches, CONFIDENCE[ValueReason.PART], ValueReason.PART, rest, nearest)
    from rapidfuzz import fuzz  # noqa: PLC0415 as in nearest

    if nearest and fuzz.ratio(text, folded(nearest[0])) >= _LOOKS_ALIKE:
        return Normalised(nearest[:1], CONFIDENCE[ValueReason.SIMILAR], ValueReason.SIMILAR, "", nearest)
    return Normalised(reason=ValueReason.UNKNOWN, detail=text, nearest=nearest)


_LOOKS_ALIKE = 80
_SHORT = 3
_LISTED = re.compile(r"[;,/|+&]")


def _is_same_word(key: str, text: str, found: str) -> bool:
    """A short stem is shared by other words: `мёд` and `медь` are not `медный`, but `синяя` is `синий`."""
    same = words(text) == words(found)
    return same or len(key) > _SHORT or (_is_adjective(text) and _is_adjective(folded(found)))


def _is_adjective(text: str) -> bool:
    return text.endswith(ADJECTIVE_ENDINGS)


def _stems(text: str) -> str:
    """Words without their endings, run together: `темно-синий`, `Тёмно синяя` and `тёмносиний` are the same."""
    return "".join(_linked(word) for word in words(text))


def _linked(word: str) -> str:
    """`сине` of `сине-белый` is `синий`, and `темно` stays what it is in front of a colour."""
    return word if word in SHADES else stem(word)
