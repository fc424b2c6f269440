"""Candidates among WB's characteristics for each property of the shop, with a confidence and the reason in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.proposals.evidence import Evidence, evidence
from infra.proposals.names import Name, Weights, is_service, likeness, read_code, read_name
from wbsync.domain.ids import CharcId
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Kind, Named
from wbsync.domain.values.dictionaries import Dictionary

LEAST = 0.45
"""Below this nothing is proposed: no source is better than a wrong one."""

MOST = 5
_CODE_COUNTS = 0.93
"""A code tells a little less than a name that people read."""


@dataclass(frozen=True, slots=True)
class Candidate:
    charc_id: CharcId
    name: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the two lists: WB's dictionaries, and what was accepted for other subjects."""

    dictionaries: Mapping[Named, Dictionary]
    accepted: Mapping[str, CharcId]  # property code → characteristic


NOTHING_KNOWN = Known({}, {})


def match(
    properties: Sequence[ShopProperty], characteristics: Sequence[Characteristic], known: Known = NOTHING_KNOWN
) -> list[list[Candidate]]:
    """For each property its candidates, the best first; none where it is no source of any."""
    offered = [(charc, read_name(charc.name)) for charc in characteristics if charc.kind is not Kind.UNUSED]
    weights = Weights(name for _, name in offered)
    return [_candidates(each, offered, weights, known) for each in properties]


def _candidates(
    prop: ShopProperty, offered: Sequence[tuple[Characteristic, Name]], weights: Weights, known: Known
) -> list[Candidate]:
    name, codes = read_name(prop.name), read_code(prop.code)
    if is_service(name) or (not name.plain and any(map(is_service, codes))):
        return []
    found = [
        _candidate(
            charc, _by_name(name, codes, theirs, weights), evidence(prop, charc, (name, theirs), known.dictionaries)
        )
        for charc, theirs in offered
    ]
    if accepted := known.accepted.get(prop.code):
        found = [_accepted(one) if one.charc_id == accepted else one for one in found]
    best = sorted((one for one in found if one.confidence >= LEAST), key=lambda one: -one.confidence)
    return best[:MOST]


def _by_name(name: Name, codes: Sequence[Name], theirs: Name, weights: Weights) -> tuple[float, str]:
    by_name = likeness(name, theirs, weights) if name.plain else 0.0
    by_code = max((likeness(code, theirs, weights) for code in codes), default=0.0) * _CODE_COUNTS
    if by_name >= by_code:
        return by_name, "name"
    # A name that says something else is believed before a code.
    return (by_code if not name.plain else (by_name + by_code) / 2), "code"


def _candidate(charc: Characteristic, said: tuple[float, str], proof: Evidence) -> Candidate:
    score, by = said
    confidence = min(0.99, max(0.0, score + proof.bonus * (1 - score), proof.alone) * proof.factor)
    reason = proof.reason or ("похоже название" if by == "name" else "похож код")
    if by == "name" and score >= 1:
        reason = "то же название"
    return Candidate(charc.charc_id, charc.name, round(confidence, 3), reason)


def _accepted(one: Candidate) -> Candidate:
    return Candidate(one.charc_id, one.name, 0.99, "так уже принято в другом предмете")
