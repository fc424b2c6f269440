"""Planned cards go out in as few requests as WB's limits allow, and what belongs together stays together."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from wbsync.domain.card_requests import (
    MOST_ADDED,
    MOST_BYTES,
    MOST_GROUPS,
    MOST_UPDATED,
    MOST_VARIANTS,
    CardRequest,
    requests,
    seconds,
)
from wbsync.domain.cards import Content, PlannedCard, Step
from wbsync.domain.ids import ImtId, ProductId, SubjectId


def card(
    code: str, step: Step = Step.CREATE, *, product: int = 1, imt: int | None = None, text: str = ""
) -> PlannedCard:
    content = Content(code, description=text)
    return PlannedCard(ProductId(product), SubjectId(192), step, content, imt_id=None if imt is None else ImtId(imt))


def codes(request: CardRequest) -> list[str]:
    return [one.vendor_code for one in request.cards]


def shape(asked: tuple[CardRequest, ...]) -> list[tuple[Step, int]]:
    return [(request.step, len(request.cards)) for request in asked]


def test_nothing_planned_is_no_request() -> None:
    assert requests([]) == ()


@pytest.mark.parametrize("step", [Step.NOTHING, Step.BLOCKED, Step.PICTURES])
def test_a_card_that_is_not_to_be_sent_is_in_no_request(step: Step) -> None:
    assert requests([card("A", step)]) == ()


def test_a_hundred_groups_go_together_and_the_next_goes_alone() -> None:
    cards = [card(f"A-{n}", product=n) for n in range(MOST_GROUPS + 1)]
    assert shape(requests(cards)) == [(Step.CREATE, 100), (Step.CREATE, 1)]


def test_a_products_cards_are_one_group_wherever_they_stand_in_the_plan() -> None:
    cards = [card("A-1", product=1), card("B-1", product=2), card("A-2", product=1)]
    [request] = requests(cards)
    assert codes(request) == ["A-1", "A-2", "B-1"]


def test_variants_of_each_group_that_stands_go_by_themselves() -> None:
    cards = [card("A", Step.ADD_VARIANT, imt=7), card("B", Step.ADD_VARIANT, imt=8), card("C", Step.ADD_VARIANT, imt=7)]
    assert [codes(request) for request in requests(cards)] == [["A", "C"], ["B"]]


def test_no_more_variants_are_added_at_once_than_wb_takes() -> None:
    cards = [card(f"A-{n}", Step.ADD_VARIANT, imt=7) for n in range(MOST_ADDED + 1)]
    assert shape(requests(cards)) == [(Step.ADD_VARIANT, 29), (Step.ADD_VARIANT, 1)]


def test_updates_go_three_thousand_at_once() -> None:
    cards = [card(f"A-{n}", Step.UPDATE) for n in range(MOST_UPDATED + 1)]
    assert shape(requests(cards)) == [(Step.UPDATE, 3000), (Step.UPDATE, 1)]


def test_new_groups_go_first_and_steps_are_never_mixed() -> None:
    cards = [card("A", Step.UPDATE), card("B", Step.ADD_VARIANT, imt=7), card("C")]
    assert shape(requests(cards)) == [(Step.CREATE, 1), (Step.ADD_VARIANT, 1), (Step.UPDATE, 1)]


def test_a_request_stays_under_ten_megabytes_whatever_the_alphabet() -> None:
    cards = [card(f"A-{n}", Step.UPDATE, text="ж" * 5000) for n in range(1200)]
    asked = requests(cards)
    assert len(asked) == 2
    sizes = [len(TypeAdapter(tuple[PlannedCard, ...]).dump_json(request.cards)) for request in asked]
    assert max(sizes) <= 10_000_000
    assert max(request.size for request in asked) <= MOST_BYTES


def test_a_group_larger_than_the_limit_is_not_torn_apart() -> None:
    cards = [card(f"A-{n}", text="ж" * 1000) for n in range(5)]
    assert shape(requests([*cards, card("B", product=2)], most_bytes=4000)) == [(Step.CREATE, 5), (Step.CREATE, 1)]


STEPS = st.sampled_from([Step.CREATE, Step.ADD_VARIANT, Step.UPDATE])
PLANNED = st.builds(
    card, st.just("A"), STEPS, product=st.integers(1, 9), imt=st.integers(1, 3), text=st.text(max_size=99)
)


@given(st.lists(PLANNED, max_size=150), st.integers(500, 20_000))
def test_every_card_is_in_just_one_request_and_every_request_in_its_limits(
    planned: list[PlannedCard], most_bytes: int
) -> None:
    cards = [replace(one, content=replace(one.content, vendor_code=f"A-{n}")) for n, one in enumerate(planned)]
    asked = requests(cards, most_bytes=most_bytes)
    assert Counter(code for request in asked for code in codes(request)) == Counter(one.vendor_code for one in cards)
    for request in asked:
        assert {one.step for one in request.cards} == {request.step}
        groups = Counter(one.product_id for one in request.cards)
        assert request.size <= most_bytes or request.step is not Step.UPDATE or len(request.cards) == 1
        assert (
            request.size <= most_bytes
            or request.step is Step.UPDATE
            or len(groups) == 1
            or len({one.imt_id for one in request.cards}) == 1
        )
        assert request.step is not Step.CREATE or max(groups.values()) <= MOST_VARIANTS * len(groups)
        assert request.step is not Step.ADD_VARIANT or len({one.imt_id for one in request.cards}) == 1


@pytest.mark.parametrize(("count", "least"), [(0, 0.0), (5, 0.0), (6, 6.0), (15, 60.0)])
def test_the_first_calls_are_free_and_each_further_one_waits(count: int, least: float) -> None:
    assert seconds(count, interval=6.0, burst=5) == least
