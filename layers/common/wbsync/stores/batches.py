"""DynamoDB's batch calls to their end: what AWS leaves unprocessed is asked for again, a bounded number of times."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from wbsync.errors import Unavailable
from wbsync.stores.aws import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRIES = 8


def read_items(
    client: "DynamoDBClient", table: str, keys: Sequence[Mapping[str, Any]], *, consistent: bool = True
) -> Iterator[Mapping[str, Any]]:
    """Items of these keys, 100 to a call; absent ones are left out."""
    for piece in batched(keys, 100, strict=False):
        owed: Mapping[str, Any] = {table: {"Keys": list(piece), "ConsistentRead": consistent}}
        for attempt in range(_TRIES):
            with aws_errors(f"reading {table}"):
                answer = client.batch_get_item(RequestItems=owed)
            yield from answer["Responses"].get(table, [])
            owed = answer.get("UnprocessedKeys", {})
            if not owed:
                break
            _back_off(attempt)
        else:
            raise Unavailable(f"reading {table}: throttled", wait=30)


def write_items(client: "DynamoDBClient", table: str, requests: Sequence[Any]) -> None:
    """Up to 25 put and delete requests."""
    owed: Mapping[str, Any] = {table: list(requests)}
    for attempt in range(_TRIES):
        with aws_errors(f"writing {table}"):
            owed = client.batch_write_item(RequestItems=owed).get("UnprocessedItems", {})
        if not owed:
            return
        _back_off(attempt)
    raise Unavailable(f"writing {table}: throttled", wait=30)


def _back_off(attempt: int) -> None:
    time.sleep(min(2.0, 0.05 * 2**attempt) * (0.5 + secrets.randbelow(500) / 1000))
