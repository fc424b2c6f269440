"""The FboStock table: what lies in WB's own warehouses, one item per size, as it was last read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from wbsync.domain.ids import ChrtId, NmId
from wbsync.stores.aws import aws_errors, dynamodb
from wbsync.stores.batches import write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class FboStock:
    """Units of one size at WB: for sale by warehouse, and on their way to buyers and back from them."""

    chrt_id: ChrtId
    nm_id: NmId
    read_at: datetime
    amounts: Mapping[str, int] = field(default_factory=dict)  # by the warehouse's name
    to_buyers: int = 0
    from_buyers: int = 0

    @property
    def total(self) -> int:
        return sum(self.amounts.values())


class FboStockStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def all(self) -> Iterator[FboStock]:
        """Every size that WB ever held, in no order; what it holds no more has amounts of 0."""
        with aws_errors("reading the stock of WB's warehouses"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                yield from map(_stock, page["Items"])

    def save(self, stock: Iterable[FboStock]) -> None:
        """Only one run of read_fbo_stock writes at a time, so the last word wins."""
        for piece in batched(stock, 25, strict=False):
            write_items(self._client, self._table, [{"PutRequest": {"Item": _item(one)}} for one in piece])


def _item(stock: FboStock) -> dict[str, Any]:
    return {
        "chrt_id": {"N": str(stock.chrt_id)},
        "nm_id": {"N": str(stock.nm_id)},
        "read_at": {"S": stock.read_at.isoformat()},
        "amounts": {"S": json.dumps(dict(stock.amounts), ensure_ascii=False)},
        "to_buyers": {"N": str(stock.to_buyers)},
        "from_buyers": {"N": str(stock.from_buyers)},
    }


def _stock(item: Mapping[str, Any]) -> FboStock:
    return FboStock(
        chrt_id=ChrtId(int(item["chrt_id"]["N"])),
        nm_id=NmId(int(item["nm_id"]["N"])),
        read_at=datetime.fromisoformat(item["read_at"]["S"]),
        amounts=json.loads(item["amounts"]["S"]),
        to_buyers=int(item["to_buyers"]["N"]),
        from_buyers=int(item["from_buyers"]["N"]),
    )
