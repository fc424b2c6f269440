"""The Stock told table: what WB was last told, as a log of batches per warehouse; the newest reading wins.

A batch of up to 1000 rows is one item, so that telling WB a thousand rows costs three calls to DynamoDB instead of
thousands; folding the log in the order of its keys gives the amount of every row (decision 0003).

Keys sort as time does: `<epoch ms>#!<n>` WB's own numbers, read by the daily comparison; `<epoch ms>#<n>` batches of
a reading of the shop; `<epoch ms>#~<any>` rows that an order made uncertain. In one moment, a batch beats WB's numbers.
Refused rows stand in the same table under `refused#<chrtID>` until they are due again.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from wbsync.domain.ids import ChrtId, WarehouseId
from wbsync.domain.stock import UNKNOWN, Amounts
from wbsync.stores.aws import aws_errors, dynamodb
from wbsync.stores.batches import write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROWS_PER_SNAPSHOT_ITEM = 25_000
"""12 bytes a row: 300 KB of the 400 KB that an item may have."""

IN_FLIGHT = timedelta(hours=1)
"""A batch that stands as sent for longer is not on its way any more; one that is put off stands as UNKNOWN."""

_REFUSED = "refused#"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reading of the shop at `observed_at` tells of a row; UNKNOWN while it is on its way."""

    amount: int
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that WB did not take, set aside until `until`."""

    chrt_id: ChrtId
    amount: int
    code: str
    message: str
    until: datetime

    def holds(self, amount: int, now: datetime) -> bool:
        """Whether this amount is not to be sent yet. Less than was refused is: the shop may have run out."""
        return now < self.until and amount >= self.amount


class StockToldStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def told(self, warehouse: WarehouseId) -> Amounts:
        """Amounts by chrtID as WB was last told (UNKNOWN where we are no longer sure)."""
        amounts: Amounts = {}
        for item in self._log(warehouse, after="0"):
            rows = _rows(item)
            # An order can make uncertain only what we told: stock that is kept by hand on WB is none of ours.
            amounts.update({c: UNKNOWN for c in rows if c in amounts} if _is_order(item) else rows)
        return amounts

    def claimed(self, warehouse: WarehouseId, *, since: datetime) -> set[ChrtId]:
        """Rows that batches of readings since then tell, or told."""
        log = self._log(warehouse, after=_ms(since))
        return {chrt_id for item in log if "#!" not in item["batch"]["S"] for chrt_id in _rows(item)}

    def claim(self, warehouse: WarehouseId, observed_at: datetime, batch: int, rows: Amounts) -> None:
        """Say, before it is sent, what this batch tells WB. Saying it again is harmless."""
        self._put(warehouse, f"{_ms(observed_at)}#{batch:05d}", rows)

    def doubt(self, warehouse: WarehouseId, observed_at: datetime, batch: int, rows: Iterable[ChrtId]) -> None:
        """Write these rows of a batch down as uncertain: it is queued but not sent, or sent and perhaps not obeyed.

        A later reading then tells them again, even when its amount is the one that was told before the batch.
        """
        self._put(warehouse, f"{_ms(observed_at)}#{batch:05d}", dict.fromkeys(rows, UNKNOWN))

    def newer(self, warehouse: WarehouseId, observed_at: datetime, batch: int) -> dict[ChrtId, Claim]:
        """Rows of newer readings than this batch's, strongly read: amounts, or UNKNOWN while on their way.

        Orders do not count: they make a row uncertain, but no newer amount is known.
        """
        claims: dict[ChrtId, Claim] = {}
        for item in self._log(warehouse, after=f"{_ms(observed_at)}#{batch:05d}", consistent=True):
            if not _is_order(item):
                read_at = _read_at(item)
                claims.update((chrt_id, Claim(amount, read_at)) for chrt_id, amount in _rows(item).items())
        return claims

    def forget(self, warehouse: WarehouseId, rows: Iterable[ChrtId], at: datetime) -> None:
        """An order has changed WB's own number of these rows: they have to be told again."""
        self._put(warehouse, f"{_ms(at)}#~{uuid4().hex[:8]}", dict.fromkeys(rows, UNKNOWN))

    def replace(self, warehouse: WarehouseId, numbers: Amounts, read_at: datetime) -> None:
        """Start the log anew from WB's own numbers, read at `read_at`; younger entries stay on top of them."""
        for n, piece in enumerate(batched(numbers.items(), ROWS_PER_SNAPSHOT_ITEM, strict=False)):
            self._put(warehouse, f"{_ms(read_at)}#!{n:05d}", dict(piece))
        old = [item["batch"] for item in self._log(warehouse, after="0", before=f"{_ms(read_at)}#!")]
        for keys in batched(old, 25, strict=False):
            deletes = [{"DeleteRequest": {"Key": {"warehouse": _n(warehouse), "batch": key}}} for key in keys]
            write_items(self._client, self._table, deletes)

    def refuse(self, warehouse: WarehouseId, refusals: Iterable[Refusal]) -> None:
        """Set rows aside with WB's reason."""
        puts = (
            {
                "PutRequest": {
                    "Item": {
                        "warehouse": _n(warehouse),
                        "batch": {"S": f"{_REFUSED}{r.chrt_id}"},
                        "amount": _n(r.amount),
                        "code": {"S": r.code},
                        "message": {"S": r.message},
                        "until": {"S": r.until.isoformat()},
                    }
                }
            }
            for r in refusals
        )
        for piece in batched(puts, 25, strict=False):
            write_items(self._client, self._table, piece)

    def refused(self, warehouse: WarehouseId) -> list[Refusal]:
        """All rows that were set aside, also those that are due again."""
        items = self._query(warehouse, "begins_with(#batch, :low)", {":low": {"S": _REFUSED}})
        return [
            Refusal(
                chrt_id=ChrtId(int(item["batch"]["S"].removeprefix(_REFUSED))),
                amount=int(item["amount"]["N"]),
                code=item["code"]["S"],
                message=item["message"]["S"],
                until=datetime.fromisoformat(item["until"]["S"]),
            )
            for item in items
        ]

    def take_back(self, warehouse: WarehouseId, chrt_ids: Iterable[ChrtId]) -> None:
        """These rows are due again."""
        for piece in batched(chrt_ids, 25, strict=False):
            keys = ({"warehouse": _n(warehouse), "batch": {"S": f"{_REFUSED}{c}"}} for c in piece)
            write_items(self._client, self._table, [{"DeleteRequest": {"Key": key}} for key in keys])

    def _log(
        self,
        warehouse: WarehouseId,
        *,
        after: str,
        before: str = "9",
        consistent: bool = False,
    ) -> Iterator[Mapping[str, Any]]:
        """Log entries with `after` < key < `before`, oldest first."""
        for item in self._query(
            warehouse,
            "#batch BETWEEN :low AND :high",
            {":low": {"S": after}, ":high": {"S": before}},
            consistent=consistent,
        ):
            if item["batch"]["S"] != after:
                yield item

    def _query(
        self,
        warehouse: WarehouseId,
        condition: str,
        values: Mapping[str, Any],
        *,
        consistent: bool = False,
    ) -> Iterator[Mapping[str, Any]]:
        with aws_errors("reading what WB was told"):
            for page in self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=f"warehouse = :warehouse AND {condition}",
                ExpressionAttributeNames={"#batch": "batch"},
                ExpressionAttributeValues={":warehouse": _n(warehouse), **values},
                ConsistentRead=consistent,
            ):
                yield from page["Items"]

    def _put(self, warehouse: WarehouseId, key: str, rows: Amounts) -> None:
        item: dict[str, Any] = {
            "warehouse": _n(warehouse),
            "batch": {"S": key},
            "chrts": {"B": array("q", rows.keys()).tobytes()},
            "amounts": {"B": array("i", rows.values()).tobytes()},
        }
        with aws_errors("writing what WB is told"):
            self._client.put_item(TableName=self._table, Item=item)


def _rows(item: Mapping[str, Any]) -> dict[ChrtId, int]:
    chrts, amounts = array("q"), array("i")
    chrts.frombytes(item["chrts"]["B"])
    amounts.frombytes(item["amounts"]["B"])
    return dict(zip(map(ChrtId, chrts), amounts, strict=True))


def _is_order(item: Mapping[str, Any]) -> bool:
    return "#~" in item["batch"]["S"]


def _read_at(item: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(item["batch"]["S"].partition("#")[0]) / 1000, UTC)


def _ms(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):013d}"


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}
