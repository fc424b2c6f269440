"""The Breakers table: what keeps stock or links from being told; one item per breaker that tripped or sale stopped.

Key `name` (S): that of the breaker, or `stop_sales/<WB warehouse>`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wbsync.domain.breakers import APPROVED_FOR, Reading, Stopped, Switches, Tripped
from wbsync.domain.ids import WarehouseId
from wbsync.stores.aws import aws_errors, conditionally, dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STOP = "stop_sales/"


class BreakersStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def read(self) -> Switches:
        """Everything, strongly read. Unavailable when it cannot be read: then nothing may be told."""
        items: list[Mapping[str, Any]] = []
        with aws_errors("reading the breakers"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                items += page["Items"]
        stops = [_stopped(item) for item in items if item["name"]["S"].startswith(_STOP)]
        trips = [_tripped(item) for item in items if not item["name"]["S"].startswith(_STOP)]
        return Switches({one.name: one for one in trips}, {one.warehouse: one for one in stops})

    def trip(self, name: str, reading: Reading, at: datetime) -> None:
        """Keep the numbers of a bad reading; it stands since the first one, and what was approved before is over."""
        with aws_errors("tripping a breaker"):
            self._client.update_item(
                TableName=self._table,
                Key={"name": {"S": name}},
                UpdateExpression="SET #at = if_not_exists(#at, :at), there = :there, gone = :gone"
                " REMOVE approved_until",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={
                    ":at": {"S": at.isoformat()},
                    ":there": {"N": str(reading.there)},
                    ":gone": {"N": str(reading.gone)},
                },
            )

    def approve(self, tripped: Tripped, at: datetime) -> bool:
        """Let just this reading pass for a day; False when another one stands there by now."""
        return conditionally(
            "approving a reading",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"name": {"S": tripped.name}},
                UpdateExpression="SET approved_until = :until",
                ConditionExpression="gone = :gone",
                ExpressionAttributeValues={
                    ":until": {"S": (at + APPROVED_FOR).isoformat()},
                    ":gone": {"N": str(tripped.reading.gone)},
                },
            ),
        )

    def reset(self, name: str) -> None:
        """The reading is as usual again."""
        self._delete(name)

    def stop(self, warehouse: WarehouseId, at: datetime, reason: str) -> None:
        """Nothing is sold from this warehouse from now on."""
        item = {"name": {"S": f"{_STOP}{warehouse}"}, "at": {"S": at.isoformat()}, "reason": {"S": reason}}
        with aws_errors("stopping sales"):
            self._client.put_item(TableName=self._table, Item=item)

    def resume(self, warehouse: WarehouseId) -> None:
        """The shop's own numbers count again."""
        self._delete(f"{_STOP}{warehouse}")

    def is_stopped(self, warehouse: WarehouseId) -> bool:
        """Strongly read. Unavailable when it cannot be read."""
        with aws_errors("reading the breakers"):
            key = {"name": {"S": f"{_STOP}{warehouse}"}}
            return "Item" in self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)

    def _delete(self, name: str) -> None:
        with aws_errors("resetting a breaker"):
            self._client.delete_item(TableName=self._table, Key={"name": {"S": name}})


def _tripped(item: Mapping[str, Any]) -> Tripped:
    until = item.get("approved_until")
    return Tripped(
        name=item["name"]["S"],
        at=datetime.fromisoformat(item["at"]["S"]),
        reading=Reading(int(item["there"]["N"]), int(item["gone"]["N"])),
        approved_until=datetime.fromisoformat(until["S"]) if until else None,
    )


def _stopped(item: Mapping[str, Any]) -> Stopped:
    warehouse = WarehouseId(int(item["name"]["S"].removeprefix(_STOP)))
    return Stopped(warehouse, datetime.fromisoformat(item["at"]["S"]), item["reason"]["S"])
