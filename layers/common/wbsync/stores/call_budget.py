"""The seller's buckets, shared by all functions: one DynamoDB item per bucket, holding the moment it is full again.

Table key: `bucket` (S). Attribute `full_at` (N): seconds since the epoch, six decimals; see domain.pacing.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from wbsync.domain.pacing import Bucket, Lesson, Slot, corrected, reserve
from wbsync.errors import Unavailable
from wbsync.stores.aws import aws_errors, dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 30
"""Writes that one change may take. Each lost race means that another caller won, so only a crowd gets near."""

BACKOFF = 0.05
"""Seconds; the longest pause after a lost race. Pauses grow up to it and are random, or the crowd stays in step."""

_FULL = "attribute_not_exists(full_at) OR full_at <= :old"


class CallBudgetStore:
    """A pacing.CallBudget: one conditional write for as many calls as are wanted, with no read before it.

    The write expects the number seen last, or any that means "full" if that one did. Losing a race brings the winner's
    number. It never grows smaller, so an old one can only be too hopeful, and then the write is refused. One store is
    for one thread.
    """

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._table = table
        self._client = client or dynamodb()
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._seen: dict[str, str] = {}

    def reserve(self, bucket: Bucket, calls: int) -> tuple[Slot, ...]:
        """See CallBudget. One write, whatever the number of calls."""
        for attempt in range(ATTEMPTS):
            now = self._now().timestamp()
            slots = reserve(bucket, self._full_at(bucket), now, calls)
            if self._moved(bucket, slots[-1].full_at, now):
                return slots
            self._pause(attempt)
        raise _crowded(bucket)

    def learn(self, bucket: Bucket, lesson: Lesson) -> None:
        """See CallBudget. No write when the ledger knows already."""
        for attempt in range(ATTEMPTS):
            full_at, now = self._full_at(bucket), self._now().timestamp()
            new = corrected(bucket, full_at, now, lesson)
            if new <= full_at or self._moved(bucket, new, now):
                return
            self._pause(attempt)
        raise _crowded(bucket)

    def _full_at(self, bucket: Bucket) -> float:
        return float(self._seen.get(bucket.name, "0"))

    def _moved(self, bucket: Bucket, full_at: float, now: float) -> bool:
        """Move the ledger to `full_at`; whether it still stood where it was seen last.

        A bucket that was full again by `now` gives the same number whenever that was, so any such moment will do:
        most calls meet a full bucket that others have used in the meantime, and need no second write.
        """
        seen = self._seen.get(bucket.name)
        was_full = seen is None or float(seen) <= now
        new = f"{full_at:.6f}"
        try:
            with aws_errors("the ledger of calls"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"bucket": {"S": bucket.name}},
                    UpdateExpression="SET full_at = :new",
                    ConditionExpression=_FULL if was_full else "full_at = :old",
                    ExpressionAttributeValues={
                        ":new": {"N": new},
                        ":old": {"N": f"{now:.6f}" if was_full else str(seen)},
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as lost:  # aws_errors lets refused conditions pass, and nothing else
            self._take_over(bucket, lost)
            return False
        self._seen[bucket.name] = new
        return True

    def _take_over(self, bucket: Bucket, lost: ClientError) -> None:
        """Learn the winner's number; where there is no item (somebody emptied the table), begin anew."""
        answer: Any = lost.response  # the stub does not know of `Item`, which comes with refused conditions only
        if "Item" in answer:
            self._seen[bucket.name] = answer["Item"]["full_at"]["N"]
        else:
            self._seen.pop(bucket.name, None)

    def _pause(self, attempt: int) -> None:
        self._sleep(self._jitter() * min(BACKOFF, 0.002 * 2**attempt))


def _crowded(bucket: Bucket) -> Unavailable:
    return Unavailable(f"the ledger of {bucket.name!r} is crowded", wait=1.0, maybe_done=False)
