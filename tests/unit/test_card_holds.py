"""Which cards of a plan are held back for what stands on WB already."""

from dataclasses import replace

import pytest

from tests.fixtures.card_world import AT
from wbsync.domain.card_holds import makes_cards, within_limit, without_unreadable
from wbsync.domain.cards import Content, Plan, PlannedCard, ProblemKind, Step
from wbsync.domain.ids import ImtId, NmId, ProductId, SubjectId


def card(product: int, code: str, step: Step = Step.CREATE, imt_id: int | None = None) -> PlannedCard:
    group = ImtId(imt_id) if imt_id else None
    return PlannedCard(ProductId(product), SubjectId(192), step, Content(code), imt_id=group)


PLAN = Plan(
    AT,
    (
        card(1, "A1"),
        card(1, "A2"),
        card(1, "A3"),
        card(2, "B1", Step.ADD_VARIANT, imt_id=9),
        card(3, "C1", Step.UPDATE),
        card(4, "D1"),
    ),
)


def blocked(made: Plan) -> list[str]:
    return [one.vendor_code for one in made.cards if one.step is Step.BLOCKED]


@pytest.mark.parametrize(
    ("room", "held"),
    [(5, []), (4, ["D1"]), (3, ["B1", "D1"]), (2, ["A1", "A2", "A3"]), (0, ["A1", "A2", "A3", "B1", "D1"]), (-7, None)],
)
def test_only_as_many_new_cards_are_sent_as_the_seller_may_have_and_groups_stay_whole(
    room: int, held: list[str] | None
) -> None:
    made = within_limit(PLAN, room)
    assert blocked(made) == (held if held is not None else ["A1", "A2", "A3", "B1", "D1"])
    told = {problem.kind for one in made.cards for problem in one.problems}
    assert told == ({ProblemKind.CARD_LIMIT} if blocked(made) else set())


def test_a_card_that_wb_has_and_nobody_can_read_is_not_made_again() -> None:
    made = without_unreadable(PLAN, {"A2": NmId(77), "C1": NmId(78), "other": NmId(79)})
    assert blocked(made) == ["A2"]
    [problem] = made.cards[1].problems
    assert (problem.kind, problem.detail, problem.blocks) == (ProblemKind.UNREADABLE_ON_WB, "nmID 77", True)


def test_wb_is_asked_for_the_limit_only_when_cards_are_to_be_made() -> None:
    assert makes_cards(PLAN)
    assert not makes_cards(replace(PLAN, cards=(card(3, "C1", Step.UPDATE),)))
