"""For each characteristic the properties that may be its source, with the value rule they need."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from infra.proposals.match import LEAST, NOTHING_KNOWN, Candidate, Known, match
from infra.proposals.names import LANGUAGE
from wbsync.domain.ids import CharcId
from wbsync.domain.mapping import AsIs, Composition, FromDictionary, Number, Size, Split, ValueRule
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Kind
from wbsync.domain.values.numbers import UNITS
from wbsync.domain.wording import folded

_TAKEN = 0.75
"""A property that is a likelier source of another characteristic is one of this only seldom."""

_SEPARATORS = (",", ";", "\n")

# Characteristics whose values have a form of their own, by name.
_RULES: dict[str, ValueRule] = {
    "состав": Composition(rule="composition"),
    "размер": Size(rule="size"),
    "рос. размер": Size(rule="size"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source for a characteristic."""

    source: ShopProperty
    rule: ValueRule
    confidence: float
    reason: str


def propose(
    properties: Sequence[ShopProperty], characteristics: Sequence[Characteristic], known: Known = NOTHING_KNOWN
) -> dict[CharcId, list[Proposal]]:
    """Sources by charcID, the likeliest first; a characteristic without one is absent."""
    by_id = {charc.charc_id: charc for charc in characteristics}
    found: defaultdict[CharcId, list[Proposal]] = defaultdict(list)
    for prop, candidates in zip(properties, match(properties, characteristics, known), strict=True):
        for candidate in _shared_out(candidates):
            charc = by_id[candidate.charc_id]
            found[charc.charc_id].append(Proposal(prop, rule_for(charc, prop), candidate.confidence, candidate.reason))
    return {charc: sorted(sources, key=lambda one: -one.confidence) for charc, sources in found.items()}


def rule_for(charc: Characteristic, prop: ShopProperty) -> ValueRule:
    """What has to be done with the property's values for this characteristic."""
    if charc.kind is Kind.NUMBER:
        unit = LANGUAGE.name(prop.name).unit
        return Number(rule="number", unit=unit) if unit in UNITS else Number(rule="number")
    if charc.dictionary is not None:
        return FromDictionary(rule="dictionary")
    special = _RULES.get(folded(charc.name))
    if special:
        return special
    values = (*prop.enum, *prop.samples)
    several = prop.multiple or any(separator in value for value in values for separator in _SEPARATORS)
    return Split(rule="split") if several and charc.max_count != 1 else AsIs()


def _shared_out(candidates: Sequence[Candidate]) -> list[Candidate]:
    """A property's candidates; all but the likeliest are less likely than their names alone say."""
    if not candidates:
        return []
    best = candidates[0].confidence
    shared = [
        one if one.confidence >= best else replace(one, confidence=round(one.confidence * _TAKEN, 3))
        for one in candidates
    ]
    return [one for one in shared if one.confidence >= LEAST]
