"""Requests within WB's limits."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.card_world import card, product, stands
from wbsync.domain.card_requests import MOST_BYTES, CardRequest, requests, seconds
from wbsync.domain.cards import Content, PlannedCard, Step
from wbsync.domain.ids import CharcId, ImtId, ProductId, SubjectId
from wbsync.wb.card_wire import CardUpdate, NewCard

CONTENT = card(product(100)).content


def planned(number: int, step: Step, group: int, content: Content = CONTENT) -> PlannedCard:
    return PlannedCard(
        ProductId(group),
        SubjectId(192),
        step,
        replace(content, vendor_code=f"{step}-{number}"),
        imt_id=ImtId(group) if step is Step.ADD_VARIANT else None,
        before=stands(content) if step is Step.UPDATE else None,
    )


def groups_of(request: CardRequest) -> Counter[int]:
    return Counter(one.product_id for one in request.cards)


def test_a_hundred_groups_of_thirty_go_together() -> None:
    cards = [planned(n, Step.CREATE, n // 30) for n in range(3_030)]
    asked = requests(cards)
    assert [len(groups_of(request)) for request in asked] == [100, 1]
    assert {size for request in asked for size in groups_of(request).values()} == {30}


def test_at_most_29_variants_are_added_to_one_group_at_a_time() -> None:
    asked = requests([planned(n, Step.ADD_VARIANT, 1 if n < 30 else 2) for n in range(33)])
    assert [(len(request.cards), {one.imt_id for one in request.cards}) for request in asked] == [
        (29, {1}),
        (1, {1}),
        (3, {2}),
    ]


def test_updates_go_by_three_thousand() -> None:
    small = Content("x")
    asked = requests([planned(n, Step.UPDATE, n, small) for n in range(3_001)])
    assert [len(request.cards) for request in asked] == [3_000, 1]


def test_what_needs_no_request_is_left_out() -> None:
    steps = (Step.NOTHING, Step.BLOCKED, Step.PICTURES)
    assert requests([planned(n, step, n) for n, step in enumerate(steps)]) == ()


def test_no_request_is_larger_than_wb_takes() -> None:
    heavy = replace(CONTENT, description="я" * 5_000)
    asked = requests([planned(n, Step.UPDATE, n, heavy) for n in range(1_500)])
    assert len(asked) > 1
    for request in asked:
        body = [CardUpdate.of(one.before.nm_id, one.content) for one in request.cards if one.before]
        assert len(body) == len(request.cards)
        sent = "[" + ",".join(one.model_dump_json(by_alias=True, exclude_none=True) for one in body) + "]"
        assert len(sent.encode()) <= request.size <= MOST_BYTES


def test_a_cards_size_is_no_less_than_what_wb_gets() -> None:
    many = {CharcId(14_000_000 + n): (f"значение {n}",) for n in range(60)}
    content = replace(CONTENT, characteristics=many)
    [request] = requests([planned(1, Step.CREATE, 1, content)])
    sent = NewCard.of(content).model_dump(by_alias=True, exclude_none=True, mode="json")
    assert len(json.dumps(sent, ensure_ascii=False).encode()) <= request.size


@given(
    told=st.lists(
        st.tuples(st.sampled_from([Step.CREATE, Step.ADD_VARIANT, Step.UPDATE, Step.NOTHING]), st.integers(1, 6)),
        max_size=60,
    ),
    most=st.integers(1_000, 40_000),
)
def test_every_card_goes_once_in_an_order_that_does_not_change(told: list[tuple[Step, int]], most: int) -> None:
    cards = [planned(n, step, group) for n, (step, group) in enumerate(told)]
    asked = requests(cards, most_bytes=most)
    sent = [one.vendor_code for request in asked for one in request.cards]
    assert sorted(sent) == sorted(one.vendor_code for one in cards if one.step is not Step.NOTHING)
    assert asked == requests(cards, most_bytes=most)
    for request in asked:
        groups = {one.product_id for one in request.cards}
        assert request.size <= most or len(groups) == 1
        assert {one.step for one in request.cards} == {request.step}


@pytest.mark.parametrize(("count", "least"), [(0, 0), (5, 0), (6, 6), (105, 600)])
def test_time_is_what_the_bucket_leaves(count: int, least: float) -> None:
    assert seconds(count, interval=6, burst=5) == least
