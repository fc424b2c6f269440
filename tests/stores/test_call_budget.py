"""The seller's limits in DynamoDB: one write for many calls, and nobody's write is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.fixtures.aws import Aws
from wbsync.domain.pacing import Bucket, Lesson
from wbsync.errors import RateLimited, Unavailable
from wbsync.stores.aws import dynamodb
from wbsync.stores.call_budget import ATTEMPTS, CallBudgetStore

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STOCKS = Bucket("stocks", 0.2, 20, refusal_cost=10)
REPORT = Bucket("report", 20.0, 1)


def store(table: str) -> CallBudgetStore:
    return CallBudgetStore(table, now=lambda: NOW, sleep=lambda _: None)


@pytest.fixture
def table(aws: Aws) -> str:
    return aws.tables["CallBudgetTable"]


@pytest.fixture
def writes() -> Iterator[list[str]]:
    """Calls to DynamoDB, counted as they leave."""
    sent: list[str] = []

    def note(**about: Any) -> None:
        sent.append(about["model"].name)

    dynamodb().meta.events.register("before-call.dynamodb", note)
    yield sent
    dynamodb().meta.events.unregister("before-call.dynamodb", note)


def full_in(table: str, bucket: Bucket) -> float:
    item = dynamodb().get_item(TableName=table, Key={"bucket": {"S": bucket.name}})["Item"]
    return float(item["full_at"]["N"]) - NOW.timestamp()


def test_many_calls_are_reserved_in_one_write(table: str, writes: list[str]) -> None:
    slots = store(table).reserve(STOCKS, 10)
    assert [slot.earliest for slot in slots] == [NOW.timestamp()] * 10
    assert writes == ["UpdateItem"]
    assert full_in(table, STOCKS) == pytest.approx(10 * STOCKS.interval, abs=1e-5)


def test_two_functions_share_one_limit(table: str) -> None:
    one, other = store(table), store(table)
    for _ in range(4):
        one.reserve(STOCKS, 2)
        other.reserve(STOCKS, 2)
    assert full_in(table, STOCKS) == pytest.approx(16 * STOCKS.interval, abs=1e-5)


def test_a_lost_race_costs_one_more_write_and_no_read(table: str, writes: list[str]) -> None:
    slow = store(table)
    slow.reserve(STOCKS, 1)
    store(table).reserve(STOCKS, 1)
    writes.clear()
    slow.reserve(STOCKS, 1)
    assert writes == ["UpdateItem", "UpdateItem"]


def test_a_bucket_that_others_used_and_that_is_full_again_takes_one_write(table: str, writes: list[str]) -> None:
    later = NOW + timedelta(minutes=1)
    old, new = (CallBudgetStore(table, now=lambda: moment[0], sleep=lambda _: None) for _ in range(2))
    moment = [NOW]
    old.reserve(STOCKS, 1)
    store(table).reserve(STOCKS, 1)
    moment[0] = later
    writes.clear()
    [slot] = old.reserve(STOCKS, 1)
    assert slot.full_at == pytest.approx(later.timestamp() + STOCKS.interval)
    moment[0] = later + timedelta(minutes=1)
    new.reserve(STOCKS, 1)
    assert writes == ["UpdateItem", "UpdateItem"]
    assert full_in(table, STOCKS) == pytest.approx(120 + STOCKS.interval, abs=1e-5)


def test_a_reservation_that_must_wait_is_not_written(table: str) -> None:
    store(table).reserve(REPORT, 1)
    with pytest.raises(RateLimited) as refused:
        store(table).reserve(REPORT, 1)
    assert refused.value.wait == pytest.approx(20.4, abs=1e-3)
    assert full_in(table, REPORT) == pytest.approx(20, abs=1e-5)


def test_a_lesson_moves_the_limit_for_everybody(table: str) -> None:
    store(table).learn(STOCKS, Lesson(full_in=30.0))
    with pytest.raises(RateLimited):
        store(table).reserve(STOCKS, 1)


def test_a_lesson_that_loosens_is_not_written(table: str) -> None:
    ledger = store(table)
    ledger.reserve(STOCKS, 15)
    ledger.learn(STOCKS, Lesson(full_in=1.0))
    store(table).learn(STOCKS, Lesson(full_in=1.0))
    assert full_in(table, STOCKS) == pytest.approx(3.0, abs=1e-5)


def test_a_refusal_is_charged_upon_what_others_reserved(table: str) -> None:
    ledger = store(table)
    ledger.reserve(STOCKS, 1)
    store(table).reserve(STOCKS, 5)
    ledger.learn(STOCKS, Lesson(extra_calls=9))
    assert full_in(table, STOCKS) == pytest.approx(15 * STOCKS.interval, abs=1e-5)


def test_an_emptied_table_is_begun_anew(table: str) -> None:
    ledger = store(table)
    ledger.reserve(STOCKS, 5)
    dynamodb().delete_item(TableName=table, Key={"bucket": {"S": "stocks"}})
    ledger.reserve(STOCKS, 1)
    assert full_in(table, STOCKS) > 0


def test_endless_lost_races_end_as_unavailable_after_pauses(table: str) -> None:
    pauses: list[float] = []
    ledger = CallBudgetStore(table, now=lambda: NOW, sleep=pauses.append, jitter=lambda: 1.0)
    with Stubber(dynamodb()) as aws:
        for _ in range(ATTEMPTS):
            aws.add_client_error("update_item", "ConditionalCheckFailedException", http_status_code=400)
        with pytest.raises(Unavailable, match="crowded") as unavailable:
            ledger.reserve(STOCKS, 1)
    assert not unavailable.value.maybe_done
    assert len(pauses) == ATTEMPTS
    assert pauses[0] < pauses[-1] <= 0.05


def test_throttling_by_aws_is_unavailable(table: str) -> None:
    with Stubber(dynamodb()) as aws:
        aws.add_client_error("update_item", "ThrottlingException", http_status_code=400)
        with pytest.raises(Unavailable, match="ThrottlingException"):
            store(table).reserve(STOCKS, 1)
