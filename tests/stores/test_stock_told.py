"""What WB was last told: the newest reading wins, whatever order things arrive in."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.ids import ChrtId, WarehouseId
from wbsync.domain.stock import UNKNOWN
from wbsync.stores.stock_told import Claim, Refusal, StockToldStore

WAREHOUSE, OTHER = WarehouseId(1), WarehouseId(2)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A, B, C = ChrtId(5_000_000_001), ChrtId(2), ChrtId(3)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def told(aws: Aws) -> StockToldStore:
    return StockToldStore(aws.tables["StockToldTable"])


def test_nothing_was_told_at_first(told: StockToldStore) -> None:
    assert told.told(WAREHOUSE) == {}


def test_the_newest_reading_wins_even_when_an_older_one_is_claimed_after_it(told: StockToldStore) -> None:
    told.claim(WAREHOUSE, later(15), 0, {A: 3})
    told.claim(WAREHOUSE, NOON, 0, {A: 9, B: 1})
    assert told.told(WAREHOUSE) == {A: 3, B: 1}
    assert told.told(OTHER) == {}


def test_a_batch_sees_only_what_is_newer_than_itself(told: StockToldStore) -> None:
    told.claim(WAREHOUSE, NOON, 1, {A: 1})
    told.claim(WAREHOUSE, later(15), 0, {A: 2, B: 2})
    assert told.newer(WAREHOUSE, NOON, 1) == {A: Claim(2, later(15)), B: Claim(2, later(15))}
    assert told.newer(WAREHOUSE, later(15), 0) == {}


def test_claiming_twice_is_as_claiming_once(told: StockToldStore) -> None:
    for _ in range(2):
        told.claim(WAREHOUSE, NOON, 0, {A: 1})
    assert told.told(WAREHOUSE) == {A: 1}
    assert told.newer(WAREHOUSE, NOON, 0) == {}


def test_a_doubted_or_forgotten_row_equals_no_amount(told: StockToldStore) -> None:
    told.claim(WAREHOUSE, NOON, 0, {A: 1, B: 1})
    told.doubt(WAREHOUSE, NOON, 0, [A, B])
    told.claim(WAREHOUSE, later(1), 0, {B: 4, C: 4})
    told.forget(WAREHOUSE, [C], later(2))
    assert told.told(WAREHOUSE) == {A: UNKNOWN, B: 4, C: UNKNOWN}


def test_a_doubted_batch_beats_older_ones_but_an_order_does_not(told: StockToldStore) -> None:
    told.doubt(WAREHOUSE, later(1), 0, [A])
    told.forget(WAREHOUSE, [A, B], later(2))
    assert told.newer(WAREHOUSE, NOON, 0) == {A: Claim(UNKNOWN, later(1))}


def test_an_order_of_a_size_that_we_never_told_leaves_no_trace(told: StockToldStore) -> None:
    told.forget(WAREHOUSE, [A], NOON)
    assert told.told(WAREHOUSE) == {}


def test_two_orders_in_the_same_moment_are_both_remembered(told: StockToldStore) -> None:
    told.claim(WAREHOUSE, NOON, 0, {A: 1, B: 1})
    told.forget(WAREHOUSE, [A], later(1))
    told.forget(WAREHOUSE, [B], later(1))
    assert told.told(WAREHOUSE) == {A: UNKNOWN, B: UNKNOWN}


def test_the_log_begins_anew_with_wbs_own_numbers_and_younger_claims_stay_on_top(told: StockToldStore) -> None:
    told.claim(WAREHOUSE, NOON, 0, {A: 1, B: 1})
    told.claim(WAREHOUSE, later(30), 0, {B: 8})
    told.replace(WAREHOUSE, {A: 5, B: 5, C: 5}, later(20))
    assert told.told(WAREHOUSE) == {A: 5, B: 8, C: 5}
    told.claim(WAREHOUSE, later(20), 3, {A: 6})
    assert told.told(WAREHOUSE)[A] == 6, "a batch of the same moment beats WB's numbers"


def test_a_large_warehouse_is_replaced_whole(told: StockToldStore) -> None:
    numbers = {ChrtId(n): n % 7 for n in range(60_000)}
    told.replace(WAREHOUSE, numbers, NOON)
    assert told.told(WAREHOUSE) == numbers
    told.replace(WAREHOUSE, {A: 1}, later(1))
    assert told.told(WAREHOUSE) == {A: 1}


def test_claims_on_their_way_are_known_and_wbs_own_numbers_are_none(told: StockToldStore) -> None:
    told.claim(WAREHOUSE, NOON, 0, {A: 1})
    told.replace(WAREHOUSE, {B: 1}, later(-5))
    assert told.claimed(WAREHOUSE, since=later(-60)) == {A}
    assert told.claimed(WAREHOUSE, since=later(1)) == set()


def test_refused_rows_are_set_aside_with_their_reason_until_they_are_due(told: StockToldStore) -> None:
    refusal = Refusal(A, 5, "CargoWarehouseRestrictionMGT", "не тот склад", until=later(60))
    told.refuse(WAREHOUSE, [refusal])
    assert told.refused(WAREHOUSE) == [refusal]
    assert told.told(WAREHOUSE) == {}
    told.take_back(WAREHOUSE, [A])
    assert told.refused(WAREHOUSE) == []
