"""Which requests a plan's cards need: as few as WB's limits allow (WB facts §2)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from wbsync.domain.cards import PlannedCard, Step

MOST_GROUPS, MOST_VARIANTS, MOST_ADDED, MOST_UPDATED = 100, 30, 29, 3000
MOST_BYTES = 9_500_000
"""WB takes 10 MB; a planned card in our words is larger than in WB's, but for its characteristics."""

_NAMED = 24
"""Bytes of `"id":` and `"value":`, which WB's words have for each."""

_MOST: dict[Step, int] = {Step.CREATE: MOST_GROUPS, Step.ADD_VARIANT: 1, Step.UPDATE: MOST_UPDATED}
"""Groups of cards that may go together."""


@dataclass(frozen=True, slots=True)
class CardRequest:
    """The cards of one request: groups to make, variants of one group, or cards to overwrite."""

    step: Step
    cards: tuple[PlannedCard, ...]
    size: int  # bytes, at most


def requests(cards: Sequence[PlannedCard], *, most_bytes: int = MOST_BYTES) -> tuple[CardRequest, ...]:
    """Requests in the order of the plan: new groups, then variants, then updates. Cards of other steps are left out.

    A group is never torn apart, so one alone may be larger than `most_bytes`.
    """
    return tuple(
        request for step, most in _MOST.items() for request in _packed(step, _groups(cards, step), most, most_bytes)
    )


def seconds(count: int, *, interval: float, burst: int) -> float:
    """The least time that so many calls of one bucket take when it is full."""
    return max(0, count - burst) * interval


def _groups(cards: Sequence[PlannedCard], step: Step) -> Iterator[tuple[PlannedCard, ...]]:
    """What has to go together: a product's new cards, the variants that one group gets, a card to overwrite."""
    groups: defaultdict[Any, list[PlannedCard]] = defaultdict(list)
    for number, card in enumerate(cards):
        if card.step is step:
            key = {Step.CREATE: (card.product_id, card.subject_id), Step.ADD_VARIANT: card.imt_id}.get(step, number)
            groups[key].append(card)
    most = {Step.CREATE: MOST_VARIANTS, Step.ADD_VARIANT: MOST_ADDED}.get(step, 1)
    for group in groups.values():
        yield from (tuple(group[at : at + most]) for at in range(0, len(group), most))


def _packed(step: Step, groups: Iterator[tuple[PlannedCard, ...]], most: int, most_bytes: int) -> Iterator[CardRequest]:
    packed: list[tuple[PlannedCard, ...]] = []
    size = 0
    for group in groups:
        grown = sum(map(_size, group))
        if packed and (len(packed) >= most or size + grown > most_bytes):
            yield CardRequest(step, tuple(card for each in packed for card in each), size)
            packed, size = [], 0
        packed.append(group)
        size += grown
    if packed:
        yield CardRequest(step, tuple(card for each in packed for card in each), size)


def _size(card: PlannedCard) -> int:
    return len(_type().dump_json(card)) + len(card.content.characteristics) * _NAMED


@cache
def _type() -> TypeAdapter[PlannedCard]:
    return TypeAdapter(PlannedCard)
