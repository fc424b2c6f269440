"""The Prices table: what WB was asked to do about prices and has not done yet, and why.

Keys: `task#…` rows on their way to WB, written before they are sent; `held#<nmID>` a drop that waits for approval;
`refused#<nmID>` what WB did not take; `told#<n>` what stood on WB as the shop wants it, many rows to an item;
`subjects#<n>` subjects of cards, many to an item; `turn` who tells prices at present.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from wbsync.domain.ids import NmId, SubjectId
from wbsync.domain.prices import Hold, Memory, Quote, Refusal, RefusalKind, Task
from wbsync.errors import TryLater, Unavailable
from wbsync.stores.aws import aws_errors, conditionally, dynamodb
from wbsync.stores.batches import write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROWS_PER_ITEM = 15_000
"""17 bytes a row: 255 KB of the 400 KB that an item may have."""

_TASK, _HELD, _REFUSED, _TOLD, _SUBJECTS, _TURN = "task#", "held#", "refused#", "told#", "subjects#", "turn"


@dataclass(frozen=True, slots=True)
class _Items:
    """The items of a scan, by the part of their key before the number."""

    by_kind: Mapping[str, list[Mapping[str, Any]]]

    def __getitem__(self, kind: str) -> list[Mapping[str, Any]]:
        return self.by_kind.get(kind, [])


class PricesStore:
    """Methods raise Unavailable or NotAuthorised when AWS does not obey."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    @contextmanager
    def turn(self, *, at: datetime, until: datetime) -> Iterator[None]:
        """Be the only one that tells prices, at most until then: a worker that was killed gives way by itself.

        Raises TryLater while another one is at it. Two at once could let an old price overtake a newer one.
        """
        item: dict[str, Any] = {
            "key": {"S": _TURN},
            "until": {"N": str(until.timestamp())},
            "owner": {"S": uuid4().hex},
        }
        taken = conditionally(
            "taking a turn at prices",
            lambda: self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#key) OR #until < :now",
                ExpressionAttributeNames={"#key": "key", "#until": "until"},
                ExpressionAttributeValues={":now": {"N": str(at.timestamp())}},
            ),
        )
        if not taken:
            raise TryLater("prices are being told by another run", wait=60)
        try:
            yield
        finally:
            # It ends by itself: that must not hide what happened meanwhile.
            with suppress(Unavailable):
                self._delete_if(_TURN, "#owner = :owner", {"#owner": "owner"}, {":owner": item["owner"]})

    def read(self) -> Memory:
        """Everything, strongly read."""
        items = self._scan()
        tasks = sorted((_task(item) for item in items[_TASK]), key=lambda task: (task.begun_at, task.key))
        read_at = [_time(item["read_at"]) for item in items[_SUBJECTS]]
        return Memory(
            holds={hold.nm_id: hold for hold in map(_hold, items[_HELD])},
            refusals={refusal.nm_id: refusal for refusal in map(_refusal, items[_REFUSED])},
            tasks=tuple(tasks),
            told={nm_id: quote for item in items[_TOLD] for nm_id, quote in _rows(item).items()},
            subjects={nm_id: subject for item in items[_SUBJECTS] for nm_id, subject in _subject_rows(item)},
            subjects_read_at=min(read_at, default=None),
        )

    # Tasks

    def begin(self, rows: Mapping[NmId, Quote], *, at: datetime) -> Task:
        """Write down what is about to be sent."""
        task = Task(f"{_TASK}{at:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}", dict(rows), at)
        self._put({"key": {"S": task.key}, "begun_at": _s(at), **_columns(rows)})
        return task

    def sent(self, task: Task, upload_id: int) -> None:
        """WB has it, under this number."""
        self._update(task.key, "SET upload_id = :id", {":id": {"N": str(upload_id)}})

    def end(self, task: Task, left: Mapping[NmId, Quote], *, at: datetime) -> None:
        """WB is done with it; `left` are the rows that it says to have taken."""
        columns = {f":{name}": value for name, value in _columns(left).items()}
        expression = "SET ended_at = :at, " + ", ".join(f"{name[1:]} = {name}" for name in columns)
        self._update(task.key, expression, {":at": _s(at), **columns})

    def drop(self, tasks: Iterable[Task]) -> None:
        """Nothing is left to be done about them, or nothing of them reached WB."""
        self._delete(task.key for task in tasks)

    # What is not sent

    def hold(self, holds: Iterable[Hold]) -> None:
        """Keep drops for approval. One that is known for the same price stays as it is, and so does its approval."""
        for hold in holds:
            item = _hold_item(hold)
            conditionally(
                "holding a price",
                lambda item=item: self._client.put_item(  # type: ignore[misc] # mypy cannot infer a lambda with a default
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#key) OR price <> :price OR discount <> :discount",
                    ExpressionAttributeNames={"#key": "key"},
                    ExpressionAttributeValues={":price": item["price"], ":discount": item["discount"]},
                ),
            )

    def approve(self, hold: Hold, *, at: datetime) -> bool:
        """Allow just this price; False when it is not the one that is held any more."""
        return conditionally(
            "approving a price",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"key": {"S": f"{_HELD}{hold.nm_id}"}},
                UpdateExpression="SET approved_at = :at",
                ConditionExpression="price = :price AND discount = :discount",
                ExpressionAttributeValues={
                    ":at": _s(at),
                    ":price": {"N": str(hold.quote.price)},
                    ":discount": {"N": str(hold.quote.discount)},
                },
            ),
        )

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        for piece in batched(refusals, 25, strict=False):
            write_items(self._client, self._table, [{"PutRequest": {"Item": _refusal_item(one)}} for one in piece])

    def forget(self, *, holds: Iterable[NmId], refusals: Iterable[NmId]) -> None:
        self._delete([*(f"{_HELD}{nm_id}" for nm_id in holds), *(f"{_REFUSED}{nm_id}" for nm_id in refusals)])

    # What is known of cards

    def save_told(self, told: Mapping[NmId, Quote]) -> None:
        """Replace what stood on WB."""
        pieces = list(batched(sorted(told.items()), ROWS_PER_ITEM, strict=False))
        for n, piece in enumerate(pieces):
            self._put({"key": {"S": f"{_TOLD}{n:04d}"}, **_columns(dict(piece))})
        self._delete_after(_TOLD, len(pieces))

    def save_subjects(self, subjects: Mapping[NmId, SubjectId], *, read_at: datetime) -> None:
        """Replace the subjects of cards."""
        pieces = list(batched(sorted(subjects.items()), ROWS_PER_ITEM, strict=False))
        for n, piece in enumerate(pieces):
            nm_ids, of = array("q", (nm_id for nm_id, _ in piece)), array("q", (subject for _, subject in piece))
            key = {"S": f"{_SUBJECTS}{n:04d}"}
            self._put(
                {"key": key, "read_at": _s(read_at), "nms": {"B": nm_ids.tobytes()}, "subjects": {"B": of.tobytes()}}
            )
        self._delete_after(_SUBJECTS, len(pieces))

    def _scan(self) -> _Items:
        by_kind: dict[str, list[Mapping[str, Any]]] = {}
        with aws_errors("reading prices"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                for item in page["Items"]:
                    kind, mark, _ = item["key"]["S"].partition("#")
                    by_kind.setdefault(kind + mark, []).append(item)
        for items in by_kind.values():
            items.sort(key=lambda item: item["key"]["S"])
        return _Items(by_kind)

    def _put(self, item: dict[str, Any]) -> None:
        with aws_errors("writing prices"):
            self._client.put_item(TableName=self._table, Item=item)

    def _update(self, key: str, expression: str, values: dict[str, Any]) -> None:
        """Of an item that is there: another run may have given it up."""
        conditionally(
            "writing a price task",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"key": {"S": key}},
                UpdateExpression=expression,
                ConditionExpression="attribute_exists(#key)",
                ExpressionAttributeNames={"#key": "key"},
                ExpressionAttributeValues=values,
            ),
        )

    def _delete(self, keys: Iterable[str]) -> None:
        for piece in batched(keys, 25, strict=False):
            requests = [{"DeleteRequest": {"Key": {"key": {"S": key}}}} for key in piece]
            write_items(self._client, self._table, requests)

    def _delete_if(self, key: str, condition: str, names: dict[str, str], values: dict[str, Any]) -> None:
        conditionally(
            "deleting from prices",
            lambda: self._client.delete_item(
                TableName=self._table,
                Key={"key": {"S": key}},
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            ),
        )

    def _delete_after(self, kind: str, count: int) -> None:
        """Items of a kind that is kept in pieces, beyond the last one now."""
        self._delete(item["key"]["S"] for item in self._scan()[kind][count:])


def _columns(rows: Mapping[NmId, Quote]) -> dict[str, Any]:
    return {
        "nms": {"B": array("q", rows.keys()).tobytes()},
        "prices": {"B": array("q", (quote.price for quote in rows.values())).tobytes()},
        "discounts": {"B": array("B", (quote.discount for quote in rows.values())).tobytes()},
    }


def _rows(item: Mapping[str, Any]) -> dict[NmId, Quote]:
    nm_ids, prices, discounts = array("q"), array("q"), array("B")
    nm_ids.frombytes(item["nms"]["B"])
    prices.frombytes(item["prices"]["B"])
    discounts.frombytes(item["discounts"]["B"])
    return dict(zip(map(NmId, nm_ids), map(Quote, prices, discounts), strict=True))


def _subject_rows(item: Mapping[str, Any]) -> Iterator[tuple[NmId, SubjectId]]:
    nm_ids, subjects = array("q"), array("q")
    nm_ids.frombytes(item["nms"]["B"])
    subjects.frombytes(item["subjects"]["B"])
    return zip(map(NmId, nm_ids), map(SubjectId, subjects), strict=True)


def _task(item: Mapping[str, Any]) -> Task:
    return Task(
        key=item["key"]["S"],
        rows=_rows(item),
        begun_at=_time(item["begun_at"]),
        upload_id=int(item["upload_id"]["N"]) if "upload_id" in item else None,
        ended_at=_time(item["ended_at"]) if "ended_at" in item else None,
    )


def _card_item(kind: str, nm_id: NmId, vendor_code: str, quote: Quote) -> dict[str, Any]:
    return {
        "key": {"S": f"{kind}{nm_id}"},
        "vendor_code": {"S": vendor_code},
        "price": {"N": str(quote.price)},
        "discount": {"N": str(quote.discount)},
    }


def _hold_item(hold: Hold) -> dict[str, Any]:
    return {
        **_card_item(_HELD, hold.nm_id, hold.vendor_code, hold.quote),
        "price_before": {"N": str(hold.price_before)},
        "discount_before": {"N": str(hold.discount_before)},
        "since": _s(hold.since),
        **({"approved_at": _s(hold.approved_at)} if hold.approved_at else {}),
    }


def _hold(item: Mapping[str, Any]) -> Hold:
    return Hold(
        nm_id=_nm_id(item),
        vendor_code=item["vendor_code"]["S"],
        price_before=Decimal(item["price_before"]["N"]),
        discount_before=int(item["discount_before"]["N"]),
        quote=_quote(item),
        since=_time(item["since"]),
        approved_at=_time(item["approved_at"]) if "approved_at" in item else None,
    )


def _refusal_item(refusal: Refusal) -> dict[str, Any]:
    return {
        **_card_item(_REFUSED, refusal.nm_id, refusal.vendor_code, refusal.quote),
        "kind": {"S": str(refusal.kind)},
        "words": {"S": refusal.words},
        "at": _s(refusal.at),
    }


def _refusal(item: Mapping[str, Any]) -> Refusal:
    return Refusal(
        nm_id=_nm_id(item),
        vendor_code=item["vendor_code"]["S"],
        quote=_quote(item),
        kind=RefusalKind(item["kind"]["S"]),
        at=_time(item["at"]),
        words=item["words"]["S"],
    )


def _nm_id(item: Mapping[str, Any]) -> NmId:
    return NmId(int(item["key"]["S"].partition("#")[2]))


def _quote(item: Mapping[str, Any]) -> Quote:
    return Quote(int(item["price"]["N"]), int(item["discount"]["N"]))


def _s(at: datetime) -> dict[str, str]:
    return {"S": at.astimezone(UTC).isoformat()}


def _time(value: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(value["S"])
