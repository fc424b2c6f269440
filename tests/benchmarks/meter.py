"""What a run of the functions takes of AWS: every call of boto3 with what it is billed as, CPU, logs and metrics.

Units are reckoned from what was really sent and received by DynamoDB's published rules, since a local cloud does not
count them. The functions must write their logs to this process's standard output, and that must be a file.
"""

import json
import math
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from wbsync.connections import bitrix, wildberries
from wbsync.stores import aws

_INDEXES: Mapping[str, int] = {"OrdersTable": 1, "SuppliesTable": 2}
_ID = r"WB-GI-\d+|\d{4,}"
_KEYS = (("order_id",), ("bucket",), ("kind", "number"))  # of items that are updated

SQS_CHUNK, WRITE_UNIT, READ_UNIT = 65_536, 1_024, 4_096


@dataclass(frozen=True)
class Usage:
    """Amounts by name: `<service>.<Operation>` for calls, names of prices.PRICES for units, and those of `Meter`."""

    of: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage({name: self[name] + other[name] for name in self.of.keys() | other.of.keys()})

    def __mul__(self, times: float) -> "Usage":
        return Usage({name: amount * times for name, amount in self.of.items()})

    def __getitem__(self, name: str) -> float:
        return self.of.get(name, 0.0)

    @property
    def calls(self) -> dict[str, float]:
        return {name: amount for name, amount in self.of.items() if "." in name}


@dataclass(frozen=True)
class Line:
    """Usage as a straight line through two measured points."""

    fixed: Usage
    each: Usage

    @classmethod
    def through(cls, first: tuple[float, Usage], second: tuple[float, Usage]) -> "Line":
        (x1, y1), (x2, y2) = first, second
        rise = (y2 + y1 * -1.0) * (1 / (x2 - x1))
        # What is noise, as CPU seconds are, must not become a gain.
        each = Usage({name: max(0.0, amount) for name, amount in rise.of.items()})
        return cls(Usage({name: max(0.0, y1[name] - each[name] * x1) for name in y1.of.keys() | each.of.keys()}), each)

    def at(self, x: float) -> Usage:
        return self.fixed + self.each * x


class Meter:
    """Names beside AWS calls and units: cpu_s, wb, bitrix and photos (requests), log_bytes, links_bytes."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._sizes: dict[tuple[str, str], int] = {}
        self.metrics: set[tuple[str, str]] = set()  # function, metric
        self.asked: Counter[str] = Counter()  # of WB in the last run, by operation
        self._bitrix = self._photos = 0
        _listen(wildberries.http(), self._asked_wb)
        _listen(bitrix.http(), self._asked_bitrix)
        for client in (aws.dynamodb(), aws.s3(), aws.sqs()):  # SSM is read by time, not by run
            client.meta.events.register("before-parameter-build.*.*", _remember)
            client.meta.events.register("after-call.*.*", self._count)

    def measure(self, function: str, run: Callable[[], object]) -> Usage:
        written = _written()
        self._counted.clear()
        self.asked.clear()
        self._bitrix = self._photos = 0
        began = time.process_time()
        run()
        cpu = time.process_time() - began
        counted = dict(self._counted)
        said = os.pread(1, _written() - written, written)
        self.metrics |= {(function, name) for name in _metrics(said)}
        return Usage(
            {
                **counted,
                "cpu_s": cpu,
                "log_bytes": len(said),
                "wb": self.asked.total(),
                "bitrix": self._bitrix,
                "photos": self._photos,
            }
        )

    @property
    def order_bytes(self) -> float:
        """Of the items of the Orders table, on average."""
        sizes = [size for (table, _), size in self._sizes.items() if table.endswith("OrdersTable")]
        return sum(sizes) / max(1, len(sizes))

    def _asked_wb(self, request: httpx.Request) -> None:
        self.asked[f"{request.method} {re.sub(_ID, '{id}', request.url.path)}"] += 1

    def _asked_bitrix(self, request: httpx.Request) -> None:
        if "product.download" in request.url.path:
            self._photos += 1
        else:
            self._bitrix += 1

    def _count(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        service, operation, params = model.service_model.service_name, model.name, context["params"]
        self._counted[f"{service}.{operation}"] += 1
        for name, amount in _BILLED.get((service, operation), _nothing)(self, params, parsed):
            self._counted[name] += amount  # type: ignore[assignment]  # halves of units

    # How each operation is billed: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html

    def _put_item(self, params: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        units = self._write_units(params["TableName"], params["Item"])
        yield "dynamodb_writes", units * (1 + _indexes(params["TableName"]))

    def _update_item(self, params: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        """The item's size is that of its last sight; a changed key of the index is a delete and a put there."""
        table = params["TableName"]
        units = math.ceil(self._sizes.get((table, _key(params["Key"])), 1) / WRITE_UNIT)
        indexes = _indexes(table)
        moved = 1 if indexes and "#state" in params["UpdateExpression"] else 0
        yield "dynamodb_writes", units * (1 + indexes + moved)

    def _batch_write(self, params: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        for table, requests in params["RequestItems"].items():
            for request in requests:
                put = request.get("PutRequest")
                yield "dynamodb_writes", self._write_units(table, put["Item"]) if put else 1

    def _get_item(self, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        item = parsed.get("Item")
        size = self._seen(params["TableName"], item) if item else 1
        yield "dynamodb_reads", _read_units(size, consistent=params.get("ConsistentRead", False))

    def _batch_get(self, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        for table, asked in params["RequestItems"].items():
            sizes = [self._seen(table, item) for item in parsed["Responses"].get(table, [])]
            sizes += [1] * (len(asked["Keys"]) - len(sizes))
            consistent = asked.get("ConsistentRead", False)
            yield "dynamodb_reads", sum(_read_units(size, consistent=consistent) for size in sizes)

    def _query(self, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        size = sum(self._seen(params["TableName"], item) for item in parsed["Items"])
        yield "dynamodb_reads", _read_units(size, consistent=params.get("ConsistentRead", False))
        if params["TableName"].endswith("LinksTable"):
            yield "links_bytes", size

    def _send(self, params: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        bodies = [entry["MessageBody"] for entry in params.get("Entries", [params])]
        yield "sqs_requests", math.ceil(sum(len(body.encode()) for body in bodies) / SQS_CHUNK)

    def _s3_put(self, params: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        yield "s3_puts", 1
        yield "s3_bytes", len(params["Body"])

    def _s3_get(self, _params: Mapping[str, Any], _parsed: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        yield "s3_gets", 1

    def _write_units(self, table: str, item: Mapping[str, Any]) -> int:
        return math.ceil(self._seen(table, item) / WRITE_UNIT)

    def _seen(self, table: str, item: Mapping[str, Any]) -> int:
        size = item_bytes(item)
        for names in _KEYS:
            if all(name in item for name in names):
                self._sizes[table, _key({name: item[name] for name in names})] = size
        return size


type _Bill = Callable[[Meter, Mapping[str, Any], Mapping[str, Any]], Iterable[tuple[str, float]]]

_BILLED: Mapping[tuple[str, str], _Bill] = {
    ("dynamodb", "PutItem"): Meter._put_item,
    ("dynamodb", "UpdateItem"): Meter._update_item,
    ("dynamodb", "BatchWriteItem"): Meter._batch_write,
    ("dynamodb", "GetItem"): Meter._get_item,
    ("dynamodb", "BatchGetItem"): Meter._batch_get,
    ("dynamodb", "Query"): Meter._query,
    ("dynamodb", "Scan"): Meter._query,
    ("sqs", "SendMessage"): Meter._send,
    ("sqs", "SendMessageBatch"): Meter._send,
    ("s3", "PutObject"): Meter._s3_put,
    ("s3", "GetObject"): Meter._s3_get,
}


def _nothing(_meter: Meter, _params: Mapping[str, Any], _parsed: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    return ()


def item_bytes(item: Mapping[str, Any]) -> int:
    """A flat item's size as DynamoDB counts it: names and values in UTF-8, numbers by their digits."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    if kind == "N":
        return len(held) // 2 + 2
    return len(held) if kind == "B" else len(str(held).encode())


def _read_units(size: int, *, consistent: bool) -> float:
    return max(1, math.ceil(size / READ_UNIT)) * (1.0 if consistent else 0.5)


def _indexes(table: str) -> int:
    """Indexes of a table, all of which hold whole items."""
    return next((number for name, number in _INDEXES.items() if table.endswith(name)), 0)


def _key(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def _listen(client: httpx.Client, hear: Callable[[httpx.Request], None]) -> None:
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [*hooks["request"], hear]}


def _remember(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["params"] = dict(params)  # boto3 makes a stream of Body afterwards


def _written() -> int:
    sys.stdout.flush()
    return os.fstat(1).st_size


def _metrics(said: bytes) -> set[str]:
    found = (json.loads(line)["_aws"] for line in said.splitlines() if b'"_aws"' in line)
    return {metric["Name"] for emf in found for metric in emf["CloudWatchMetrics"][0]["Metrics"]}
