"""A shop's value in the words of a WB dictionary: several values of it, none, or a guess that a person has to confirm.

Nothing says whether a dictionary holds colours, countries or seasons: a rule counts where the dictionary has its words.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wbsync.domain.values.reasons import ValueReason
from wbsync.domain.values.rules import (
    ADJECTIVE_ENDINGS,
    BASE_COLOURS,
    DERIVED,
    DOUBTFUL,
    EXPANDED,
    FILLERS,
    LINKS,
    NOISE,
    NOMINATIVE_ENDINGS,
    NOTHING,
    NUMBERS,
    OTHER_COLOURS,
    PREFIXES,
    PRINTS,
    REMARK,
    SEPARATORS,
    SHADE_STEMS,
    SHADES,
    SYNONYMS,
    UNDECLINED,
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
    _parts: dict[str, Normalised | None] = field(default_factory=dict)
    _by_name: dict[str, str] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _by_stems: dict[str, str] = field(default_factory=dict)
    _by_bag: dict[tuple[str, ...], str] = field(default_factory=dict)
    _by_root: dict[str, str] = field(default_factory=dict)
    _by_word: dict[str, list[str]] = field(default_factory=dict)
    _numbered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for value in self.values:
            self._by_name.setdefault(folded(value), value)
        self._names.extend(self._by_name)
        for name, value in self._by_name.items():
            self._by_stems.setdefault(_stems(name), value)
            self._by_bag.setdefault(_bag(name), value)
            self._by_root.setdefault(_root(name), value)
            self._numbered.update(_numberless(name))
            for word in dict.fromkeys(words(name)):
                self._by_word.setdefault(stem(word), []).append(name)

    def named(self, text: str) -> str | None:
        return self._by_name.get(text)

    def spelled(self, text: str) -> str | None:
        """The value that differs from the text in endings, hyphens, spaces and the order of its words only."""
        if _LISTED.search(text):
            return None
        key = _stems(text)
        found = self._by_stems.get(key) if key else None
        if found and _is_same_word(key, text, found):
            return found
        bag = _bag(text)
        return self._by_bag.get(bag) if bag else None

    def derived(self, text: str) -> str | None:
        """The adjective of a noun, or the noun of an adjective: `фиалка` and `фиалковый`, `деревянный` and `дерево`."""
        if " " in text or len(text) <= _SHORT:
            return None
        root = _root(text)
        noun = self._by_stems.get(root) or self._by_name.get(root) if root else None
        if noun:
            return None if _ends_as_adjective(folded(noun)) else noun
        return None if root or _ends_as_adjective(text) else self._by_root.get(stem(text)) or self._by_root.get(text)

    def numbers_values(self, text: str) -> bool:
        """Whether values are told apart by a number beside this text, so that a number says something."""
        return text in self._numbered

    def one(self, text: str) -> Normalised | None:
        """A folded text as one value; what was asked once is remembered."""
        if text not in self._parts:
            self._parts[text] = _one(text, self)
        return self._parts[text]

    def nearest(self, text: str, count: int = 3) -> tuple[str, ...]:
        """The values that look most like it, the best first: a typo of it, those with a word of it, its letters."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415 only what is not understood pays for it
        from rapidfuzz.distance import JaroWinkler  # noqa: PLC0415 as above

        plain = folded(text)
        telling = [stem(word) for word in words(plain) if len(word) >= _SHORT]
        sharing = list(dict.fromkeys(name for each in telling for name in self._by_word.get(each, ())))
        worded = process.extract(plain, sharing, scorer=fuzz.ratio, limit=count)
        letters = process.extract(
            plain, self._names, scorer=JaroWinkler.normalized_similarity, limit=count, score_cutoff=_HARDLY_ALIKE
        )
        typos = [name for name, alike, _ in letters if alike >= _ONE_LETTER]
        ranked = dict.fromkeys([*typos, *(name for name, *_ in worded), *(name for name, *_ in letters)])
        return tuple(self._by_name[name] for name in ranked)[:count]

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
    if whole := dictionary.one(text):
        return whole
    if text in NOTHING:
        return Normalised(reason=ValueReason.EMPTY)
    if remarked := REMARK.match(text):
        return _remarked(remarked[1], remarked[2], dictionary)
    return _understood(text, dictionary) or _guess(text, dictionary)


def _understood(text: str, dictionary: Dictionary) -> Normalised | None:
    """Whatever is sure of a text without remarks."""
    if any(map(dictionary.numbers_values, _numberless(text))):
        return None  # its number says which value it is, and that one is not there
    bare = _unnumbered(text)
    return (
        dictionary.one(bare)
        or _several(bare, dictionary)
        or _without_noise(bare, dictionary)
        or _without_fillers(bare, dictionary)
    )


def _remarked(text: str, remark: str, dictionary: Dictionary) -> Normalised:
    """`синий (тёмный)` is darker, `КНР (Китай)` and `чёрный (матовый)` are the same without; else a person is asked."""
    if both := _shade(f"{text} {remark}", dictionary):
        return both
    found = _understood(text, dictionary)
    if not found:
        return _guess(f"{text} {remark}", dictionary)
    if all(map(_is_noise, words(remark))):
        return found
    said = _understood(remark, dictionary)
    is_shade = said is not None and len(found.matches) == 1 and stem(folded(found.matches[0])) in _BASES
    if said and (set(said.matches) <= set(found.matches) or is_shade):
        return found
    return _asked(found.matches, remark, dictionary.nearest(text))


def _found(matches: Iterable[str], reason: ValueReason, detail: str = "") -> Normalised:
    return Normalised(tuple(dict.fromkeys(matches)), CONFIDENCE[reason], reason, detail)


def _bare(value: str) -> str:
    """Without the property's own name in front and without dots behind shortened words."""
    text = re.sub(r"(?<=\w)\.(?!\d)", " ", folded(value).strip(" .;,\"'"))
    text = re.sub(r"\bral\s*(?=\d)", "ral ", " ".join(text.split())).replace("'s", "s")
    for pattern in PREFIXES:
        text = re.sub(pattern, "", text)
    return text


def _unnumbered(text: str) -> str:
    """Without the numbers that shops give to their values."""
    for pattern in NUMBERS:
        text = re.sub(pattern, "", text).strip() or text
    return text


def _one(text: str, dictionary: Dictionary) -> Normalised | None:
    """The text as one value (or as the several ones that a synonym stands for)."""
    if name := dictionary.named(text):
        return _found([name], ValueReason.EXACT)
    if spelled := dictionary.spelled(text):
        return _found([spelled], ValueReason.SPELLING)
    known = _synonym(text, dictionary) or _shade(text, dictionary)
    if not known and (derived := dictionary.derived(text)):
        return _found([derived], ValueReason.SYNONYM)
    return known or _expanded(text, dictionary) or _head_colour(text, dictionary)


def _expanded(text: str, dictionary: Dictionary) -> Normalised | None:
    """With shortened and often misspelt words written out."""
    out = " ".join(EXPANDED.get(word, word) for word in text.split())
    return None if out == text else dictionary.one(out)


def _head_colour(text: str, dictionary: Dictionary) -> Normalised | None:
    """What is before a plain colour and no colour itself is a shade of it: `пепельно-розовый`, `стальной серый`."""
    hyphened = _SHADED.match(text)
    parts = words(text)
    if len(parts) != 2 or not (hyphened or text == " ".join(parts)):  # noqa: PLR2004 a shade and a colour
        return None
    for shade, colour in (parts,) if hyphened else (parts, parts[::-1]):
        if stem(colour) not in _BASES or stem(shade) in _COLOURS or dictionary.one(shade):
            continue
        if hyphened or _ends_as_adjective(shade):
            base = dictionary.named(colour) or dictionary.spelled(colour)
            return _found([base], ValueReason.SHADE, shade) if base else None
    return None


def _synonym(text: str, dictionary: Dictionary) -> Normalised | None:
    for key in dict.fromkeys((text, " ".join(words(text)), *_nominatives(text))):
        if any(dictionary.named(other) for other in DOUBTFUL.get(key, ())):
            continue
        for alternative in SYNONYMS.get(key, ()):
            names = [dictionary.named(word) or dictionary.spelled(word) for word in alternative]
            if all(names):
                return _found([name for name in names if name], ValueReason.SYNONYM)
    return None


_BY_STEM: dict[str, str] = {}
for _key in SYNONYMS:
    _shortened = any(_told.startswith(_key) for _names in SYNONYMS[_key] for _told in _names)
    if " " not in _key and len(_key) > 3 and not _shortened:  # noqa: PLR2004 what is shortened has no ending
        _BY_STEM.setdefault(stem(_key), _key)


def _nominatives(text: str) -> tuple[str, ...]:
    """The synonym that this is another case of."""
    telling = " " not in text and len(stem(text)) > _SHORT
    known = _BY_STEM.get(stem(text)) if telling else None
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
                dictionary.one(part) or _print(part, dictionary) or _deeper(part, text, dictionary) for part in parts
            ]
            matches = [name for one in found if one for name in one.matches]
            if all(found) and matches and (separator != SEPARATORS[-1] or _may_stand_together(parts, found)):
                least = min(one.confidence for one in found if one and one.matches)
                several = _found(matches, ValueReason.SEVERAL)
                return Normalised(several.matches, min(several.confidence, least), ValueReason.SEVERAL)
    return None


def _may_stand_together(parts: Sequence[str], found: Sequence[Normalised | None]) -> bool:
    """Nothing but a space between them: two adjectives are two values, `белый дуб` is one that is not known."""
    told = [(part, one) for part, one in zip(parts, found, strict=True) if one and one.matches]
    colours = [(part, one) for part, one in told if stem(part) not in _PRINTS]
    return len(colours) == 1 or all(_is_beside(part, one) for part, one in colours)


def _is_beside(part: str, one: Normalised) -> bool:
    named = one.reason in {ValueReason.EXACT, ValueReason.SPELLING} and one.matches[0].endswith(NOMINATIVE_ENDINGS)
    return named or part in UNDECLINED


def _deeper(part: str, whole: str, dictionary: Dictionary) -> Normalised | None:
    """A part that is several values itself, or a value among words that say nothing."""
    if part == whole:
        return None
    return _several(part, dictionary) or _without_noise(part, dictionary)


def _print(part: str, dictionary: Dictionary) -> Normalised | None:
    """A print beside a colour: the dictionary's own word for it, or nothing at all."""
    for print_stem, name in _PRINTS.items():
        if stem(part).startswith(print_stem):
            known = dictionary.named(name)
            return _found([known] if known else [], ValueReason.SYNONYM)
    return (
        Normalised(reason=ValueReason.SYNONYM, confidence=CONFIDENCE[ValueReason.SYNONYM]) if _is_noise(part) else None
    )


def _is_noise(word: str) -> bool:
    return word in NOISE or stem(word) in NOISE or bool(_NUMBER.fullmatch(word))


def _without_noise(text: str, dictionary: Dictionary) -> Normalised | None:
    kept = [word for word in text.split() if not _is_noise(word.strip("-,.;:()"))]
    if len(kept) == len(text.split()):
        return None
    while kept and kept[-1] in LINKS:  # what linked the value to the noise: `белый в горошек`
        kept.pop()
    left = " ".join(kept).strip(" ,;-")
    return (dictionary.one(left) or _several(left, dictionary)) if left else None


def _without_fillers(text: str, dictionary: Dictionary) -> Normalised | None:
    """`на молнии`, `сделано в Китае`, `для девочки`."""
    for pattern in FILLERS:
        left = re.sub(pattern, "", text)
        if left != text and (found := dictionary.one(left)):
            return found
    return None


def _guess(text: str, dictionary: Dictionary) -> Normalised:
    """What may be meant, for a person to say."""
    nearest = dictionary.nearest(text)
    known = {word: one for word in words(text) if (one := dictionary.one(word))}
    matches = tuple(dict.fromkeys(name for one in known.values() for name in one.matches))
    if matches:
        return _asked(matches, " ".join(word for word in words(text) if word not in known), nearest)
    from rapidfuzz import fuzz  # noqa: PLC0415 as in nearest

    if nearest and fuzz.ratio(text, folded(nearest[0])) >= _LOOKS_ALIKE:
        return Normalised(nearest[:1], CONFIDENCE[ValueReason.SIMILAR], ValueReason.SIMILAR, "", nearest)
    return Normalised(reason=ValueReason.UNKNOWN, detail=text, nearest=nearest)


def _asked(matches: tuple[str, ...], rest: str, nearest: tuple[str, ...]) -> Normalised:
    close = tuple(dict.fromkeys((*nearest, *matches)))[:3]
    return Normalised(matches, CONFIDENCE[ValueReason.PART], ValueReason.PART, rest, close)


_LOOKS_ALIKE = 80
_ONE_LETTER, _HARDLY_ALIKE = 0.93, 0.6
_SHORT, _LONGEST_ENDING = 3, 2
_LISTED = re.compile(r"[;,/|+&\\]")
_SHADED = re.compile(r"[а-я]{3,}[ое]-[а-я]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?%?")
_ADJECTIVE = re.compile(r"([а-я]+)(?:[ыио]й|[ая]я|[ое]е|[ыи]е)")
_IN_IA = re.compile(r"и[яиюе]й?$")
_PRINTS = {stem(spelling): name for spelling, name in PRINTS.items()}
_BASES = frozenset(map(stem, BASE_COLOURS))
_COLOURS = _BASES | frozenset(map(stem, OTHER_COLOURS))


def _is_same_word(key: str, text: str, found: str) -> bool:
    """A short stem is shared by other words: `мёд` and `медь` are not `медный`, but `синяя` is `синий`."""
    name = folded(found)
    if words(text) == words(name) or (_is_adjective(text) and _is_adjective(name)):
        return True
    return len(key) > _SHORT and not _are_told_apart(text, name) and not _are_told_apart(name, text)


def _are_told_apart(one: str, other: str) -> bool:
    """By their endings: `Нигер` and `Нигерия`, `голубь` and `голубой`, `чернила` and `чёрный`, `сталь` and `стала`."""
    if _IN_IA.search(one):
        return not _IN_IA.search(other)
    if one.endswith("ь"):
        return _is_adjective(other) or other.endswith(("а", "ы"))
    return _is_adjective(one) and len(other) - len(stem(words(other)[-1])) > _LONGEST_ENDING and " " not in other


def _is_adjective(text: str) -> bool:
    return text.endswith(ADJECTIVE_ENDINGS)


def _ends_as_adjective(text: str) -> bool:
    """A stricter one: nouns in `-о` and `-е` are none."""
    return bool(_ADJECTIVE.fullmatch(text))


def _stems(text: str) -> str:
    """Words without their endings, run together: `темно-синий`, `Тёмно синяя` and `тёмносиний` are the same."""
    return "".join(_linked(word) for word in words(text))


def _linked(word: str) -> str:
    """`сине` of `сине-белый` is `синий`, and `темно` stays what it is in front of a colour."""
    return word if word in SHADES else stem(word)


def _bag(text: str) -> tuple[str, ...]:
    """Stems of separate words in any order: `меланж серый`. A hyphen keeps it: the last colour is the main one."""
    parts = words(text)
    return tuple(sorted(map(stem, parts))) if len(parts) > 1 and "-" not in text else ()


def _root(text: str) -> str:
    """`фиалковый` → `фиалк`; empty where it is no adjective that is made of a noun."""
    made = _ADJECTIVE.fullmatch(text)
    suffix = next((suffix for suffix in DERIVED if made and made[1].endswith(suffix)), "")
    root = made[1].removesuffix(suffix) if made and suffix else ""
    return root if len(root) > _SHORT else ""


def _numberless(name: str) -> set[str]:
    """What is left of a name without the number at its end or beginning."""
    return {left for pattern in NUMBERS if (left := re.sub(pattern, "", name).strip()) != name}
