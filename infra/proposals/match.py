"""Candidates among WB's characteristics for each property of the shop, with a confidence and the reason in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from infra.proposals.evidence import Evidence, Values, evidence, read_values, unit_of
from infra.proposals.knowledge import NO_SOURCE
from infra.proposals.names import LANGUAGE, PHRASE_IN_SHORT, Language, Likeness, Name, Weights
from infra.proposals.reasons import MatchReason
from wbsync.domain.ids import CharcId
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Named
from wbsync.domain.values.dictionaries import Dictionary
from wbsync.domain.values.numbers import UNITS, same_kind
from wbsync.texts import match_reason

LEAST = 0.45
"""Below this nothing is proposed: no source is better than a wrong one."""

NOT_SURE = 0.85
"""What is not the only likely one, is not sure either."""

MOST = 5
_SURE = 0.99
_CODE_COUNTS = 0.93
"""A code tells a little less than a name that people read."""
_CODE_DECIDES = 0.02
_EQUALLY, _LIKELY = 0.015, 0.9
_VALUES_UNDER_ANOTHER_NAME = 0.6
_ONLY_ONE, _ONE_OF_FEW = 0.62, 0.5
_FEW = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    charc_id: CharcId
    name: str
    confidence: float
    reason: str  # in Russian


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the two lists: WB's dictionaries, and what was accepted for other subjects."""

    dictionaries: Mapping[Named, Dictionary]
    accepted: Mapping[str, CharcId]  # property code → characteristic


NOTHING_KNOWN = Known({}, {})


@dataclass(frozen=True, slots=True)
class _Offered:
    """The characteristics with their names read."""

    listed: Sequence[tuple[Characteristic, Name]]
    weights: Weights
    language: Language


@dataclass(frozen=True, slots=True)
class _Found:
    charc: Characteristic
    likeness: Likeness
    proof: Evidence
    confidence: float


def match(
    properties: Sequence[ShopProperty],
    characteristics: Sequence[Characteristic],
    known: Known = NOTHING_KNOWN,
    *,
    language: Language = LANGUAGE,
) -> list[list[Candidate]]:
    """For each property its candidates, the best first; none where it is no source of any."""
    listed = [(charc, language.name(charc.name)) for charc in characteristics]
    offered = _Offered(listed, Weights((name for _, name in listed), language), language)
    return [_candidates(each, offered, known) for each in properties]


def _candidates(prop: ShopProperty, offered: _Offered, known: Known) -> list[Candidate]:
    if prop.type in NO_SOURCE or offered.language.is_service(prop.name, prop.code):
        return []
    values = read_values(prop)
    name, codes = offered.language.name(prop.name), offered.language.codes(prop.code)
    tells = offered.weights.tells(name) if name.plain else any(map(offered.weights.tells, codes))
    few = _of_this_unit(values, offered) if not tells else frozenset()
    found = []
    for charc, theirs in offered.listed:
        said = _by_name(name, codes, theirs, offered)
        proof = evidence(prop, charc, (name, theirs), values=values, dictionaries=known.dictionaries)
        alone = proof.alone * (_VALUES_UNDER_ANOTHER_NAME if tells else 1.0)
        if charc.charc_id in few:
            alone, proof = max(alone, _ONLY_ONE if len(few) == 1 else _ONE_OF_FEW), _of_unit_alone(values)
        confidence = min(_SURE, max(said.score * min(proof.factor, _room(said.score, proof.factor)), alone))
        if confidence > NOT_SURE and _is_short(
            codes[0] if codes and said.why is MatchReason.CODE else name, theirs, offered
        ):
            said = replace(said, short=True)
        if confidence >= LEAST:
            found.append(_Found(charc, said, proof, confidence))
    return _ranked(found, known.accepted.get(prop.code) if prop.code else None, offered)


def _room(score: float, factor: float) -> float:
    """What speaks for it makes a weak likeness no sure one."""
    return 1 + (factor - 1) * (1 if score < PHRASE_IN_SHORT else 0.2) if factor > 1 else factor


def _by_name(name: Name, codes: Sequence[Name], theirs: Name, offered: _Offered) -> Likeness:
    """What the name says; the code where there is none, or where it says more."""
    compare, weights = offered.language.likeness, offered.weights
    by_name = compare(name, theirs, weights)
    by_code = max((compare(code, theirs, weights).score for code in codes), default=0.0) * _CODE_COUNTS
    if not name.plain or not weights.tells(name):
        return Likeness(by_code, MatchReason.CODE, codes[0].plain if codes else "")
    if by_code <= by_name.score:
        return replace(by_name, score=by_name.score + _CODE_DECIDES * by_code) if by_name.score < 1 else by_name
    # A name that says something else is believed before a code.
    return Likeness((by_name.score + by_code) / 2, MatchReason.CODE, codes[0].plain)


def _of_this_unit(values: Values, offered: _Offered) -> frozenset[CharcId]:
    """The few characteristics in whose unit the values are; none where there are many."""
    if not values.unit:
        return frozenset()
    found = [charc.charc_id for charc, name in offered.listed if _is_in(values.unit, unit_of(charc, name))]
    return frozenset(found) if len(found) <= _FEW else frozenset()


def _is_in(ours: str, theirs: str) -> bool:
    return ours == theirs or (ours in UNITS and theirs in UNITS and same_kind(ours, theirs))


def _of_unit_alone(values: Values) -> Evidence:
    return Evidence(reasons=((MatchReason.UNITS, values.unit),))


def _ranked(found: Sequence[_Found], accepted: CharcId | None, offered: _Offered) -> list[Candidate]:
    """The best first. One property is the sure source of one characteristic at most."""
    order = {charc.charc_id: n for n, (charc, _) in enumerate(offered.listed)}
    best = sorted(found, key=lambda one: (one.charc.charc_id != accepted, -one.confidence, order[one.charc.charc_id]))
    if accepted in order and (not best or best[0].charc.charc_id != accepted):
        charc = offered.listed[order[accepted]][0]
        best.insert(0, _Found(charc, Likeness(0.0, MatchReason.ACCEPTED), Evidence(), _SURE))
    doubtful = len(best) > 1 and accepted is None and _as_likely(best[0], best[1])
    return [_candidate(one, n, accepted, doubtful=doubtful) for n, one in enumerate(best[:MOST])]


def _as_likely(one: _Found, other: _Found) -> bool:
    """Whether the second may be meant as well, unless the first is called exactly so."""
    return one.likeness.score < 1 and (one.confidence - other.confidence < _EQUALLY or other.confidence >= _LIKELY)


def _is_short(name: Name, theirs: Name, offered: _Offered) -> bool:
    """Whether it is some words of WB's name that stand in other names of WB's as well: `механизм`."""
    ours = set(name.keys)
    return not name.common and ours < set(theirs.keys) and sum(ours <= set(each.keys) for _, each in offered.listed) > 1


def _candidate(one: _Found, place: int, accepted: CharcId | None, *, doubtful: bool) -> Candidate:
    charc = one.charc
    if charc.charc_id == accepted:
        return Candidate(charc.charc_id, charc.name, _SURE, match_reason(MatchReason.ACCEPTED, "", charc.name))
    held = NOT_SURE if doubtful or place or one.likeness.short else _SURE
    confidence = round(min(held, one.confidence), 3)
    told = [(one.likeness.why, one.likeness.detail)] if one.likeness.score * one.proof.factor >= LEAST else []
    told += one.proof.reasons
    if one.likeness.short:
        told.append((MatchReason.SHORT, ""))
    if doubtful and place < 2 and one.confidence > held:
        told.append((MatchReason.NOT_ALONE, ""))
    return Candidate(
        charc.charc_id, charc.name, confidence, "; ".join(match_reason(why, detail, charc.name) for why, detail in told)
    )
