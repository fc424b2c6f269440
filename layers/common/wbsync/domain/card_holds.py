"""Cards of a plan that are held back for what only all of WB's cards together tell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from wbsync.domain.cards import CardProblem, Plan, PlannedCard, ProblemKind, Step
from wbsync.domain.ids import ImtId, NmId, ProductId

_MAKES = frozenset({Step.CREATE, Step.ADD_VARIANT})


def makes_cards(made: Plan) -> bool:
    """Whether there is a card to be made."""
    return any(card.step in _MAKES for card in made.cards)


def without_unreadable(made: Plan, unreadable: Mapping[str, NmId]) -> Plan:
    """A card that cannot be read stands all the same, and nothing can be laid over it. `unreadable`: by vendorCode."""
    return replace(made, cards=tuple(_unless_unreadable(card, unreadable) for card in made.cards))


def _unless_unreadable(card: PlannedCard, unreadable: Mapping[str, NmId]) -> PlannedCard:
    nm_id = unreadable.get(card.vendor_code)
    if nm_id is None or card.step not in _MAKES:
        return card
    return _held(card, CardProblem(ProblemKind.UNREADABLE_ON_WB, "vendorCode", detail=f"nmID {nm_id}"))


def within_limit(made: Plan, room: int) -> Plan:
    """As many new cards as the seller may have more, the first of the plan; what goes together stays together."""
    wanted: Counter[tuple[ProductId, ImtId | None]] = Counter(
        _group(card) for card in made.cards if card.step in _MAKES
    )
    if wanted.total() <= room:
        return made
    problem = CardProblem(ProblemKind.CARD_LIMIT, detail=f"{max(0, room)} / {wanted.total()}")
    held = set()
    for group, count in wanted.items():
        if count > room:
            held.add(group)
        else:
            room -= count
    return replace(
        made,
        cards=tuple(
            _held(card, problem) if card.step in _MAKES and _group(card) in held else card for card in made.cards
        ),
    )


def _group(card: PlannedCard) -> tuple[ProductId, ImtId | None]:
    return card.product_id, card.imt_id


def _held(card: PlannedCard, problem: CardProblem) -> PlannedCard:
    return replace(card, step=Step.BLOCKED, imt_id=None, problems=(problem, *card.problems))
