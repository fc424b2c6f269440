"""Sixteen functions draw from one bucket at once: every call is counted, none twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest

from wbsync.domain.pacing import Bucket, Slot
from wbsync.stores.call_budget import CallBudgetStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WORKERS, ROUNDS, CALLS = 16, 5, 3
BUCKET = Bucket("stocks", 0.2, 2 * WORKERS * ROUNDS * CALLS)


def client(url: str) -> "DynamoDBClient":
    dynamodb: DynamoDBClient = boto3.session.Session().client(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return dynamodb


@pytest.fixture
def table(ministack_url: str) -> Iterator[str]:
    name = f"budget-{uuid4().hex[:8]}"
    dynamodb = client(ministack_url)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "bucket", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "bucket", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


def test_tokens_are_never_given_twice_to_sixteen_callers_at_once(ministack_url: str, table: str) -> None:
    def work(dynamodb: "DynamoDBClient") -> list[Slot]:
        ledger = CallBudgetStore(table, dynamodb, now=lambda: NOW)
        return [slot for _ in range(ROUNDS) for slot in ledger.reserve(BUCKET, CALLS)]

    clients = [client(ministack_url) for _ in range(WORKERS)]  # making them is not thread-safe
    with ThreadPoolExecutor(WORKERS) as workers:
        slots = [slot for given in workers.map(work, clients) for slot in given]

    marks = sorted(slot.full_at for slot in slots)
    assert len(marks) == WORKERS * ROUNDS * CALLS
    assert min(after - before for before, after in pairwise(marks)) > BUCKET.interval - 1e-4
    item = clients[0].get_item(TableName=table, Key={"bucket": {"S": BUCKET.name}})["Item"]
    assert float(item["full_at"]["N"]) == pytest.approx(NOW.timestamp() + len(marks) * BUCKET.interval, abs=1e-3)
