"""The Cards table: what was last planned and told to WB of each card, one item per vendorCode.

An item is written before WB is asked, so that a card whose answer got lost is known to be on its way and is looked for
instead of being made twice. The whole planned card is kept compressed, as JSON, while it is of use.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from wbsync.domain.cards import WITH_WB, CardProblem, CardState, PlannedCard, Told
from wbsync.domain.ids import Barcode, ImtId, NmId, OfferId, ProductId
from wbsync.stores.aws import aws_errors, conditionally, dynamodb
from wbsync.stores.batches import read_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Owed = Mapping[OfferId, tuple[int, Barcode]]
"""Barcodes that WB made: offer → (its information block, barcode)."""

_OPEN = "by_open"
_NEVER_OVERTAKEN = sorted(WITH_WB)


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card as it was last planned (`card`, with the barcodes that were made for it), and what became of it."""

    card: PlannedCard
    state: CardState
    planned_at: datetime
    sent_at: datetime | None = None
    nm_id: NmId | None = None
    imt_id: ImtId | None = None
    problems: tuple[CardProblem, ...] = ()
    pictures_hash: str = ""  # of what WB was told; empty: nothing
    pictures_due: bool = False  # to be told once the card is accepted, and then to be seen
    pictures_at: datetime | None = None  # when WB was told of them; None: not since the last plan
    pictures_count: int = 0  # so many it was told
    barcodes_due: Owed = field(default_factory=dict)  # to be written to the shop once the card is accepted

    @property
    def vendor_code(self) -> str:
        return self.card.vendor_code


class CardsStore:
    """Methods raise Unavailable or NotAuthorised when AWS does not obey."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    # Reading

    def get(self, vendor_codes: Iterable[str]) -> dict[str, CardRecord]:
        """Records of these cards, strongly read; unknown ones are left out."""
        keys = [_key(vendor_code) for vendor_code in dict.fromkeys(vendor_codes)]
        return {record.vendor_code: record for record in map(_record, read_items(self._client, self._table, keys))}

    def open(self) -> Iterator[CardRecord]:
        """Cards that wait for WB or owe something to the shop. The index may be a moment behind."""
        with aws_errors("reading open cards"):
            for page in self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=_OPEN,
                KeyConditionExpression="#open = :yes",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues={":yes": {"S": "y"}},
            ):
                yield from map(_record, page["Items"])

    def all(self) -> Iterator[CardRecord]:
        """Every card, in no order."""
        with aws_errors("reading cards"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table):
                yield from map(_record, page["Items"])

    def told_of(self, vendor_codes: Iterable[str]) -> dict[str, Told]:
        """What was last told of these cards, by vendorCode; unknown ones are left out."""
        keys = [_key(vendor_code) for vendor_code in dict.fromkeys(vendor_codes)]
        return dict(map(_told, read_items(self._client, self._table, keys)))

    def told(self) -> dict[str, Told]:
        """What was last told of all cards, by vendorCode; without what it consisted of."""
        with aws_errors("reading what was told of cards"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table,
                ProjectionExpression="vendor_code, product_id, #state, content_hash, pictures_hash, problems",
                ExpressionAttributeNames={"#state": "state"},
                ConsistentRead=True,
            )
            return dict(_told(item) for page in pages for item in page["Items"])

    # Sending

    def begin(self, card: PlannedCard, planned_at: datetime, *, at: datetime, barcodes_due: Owed) -> bool:
        """Remember that a card is about to be sent.

        False when a plan as new has been sent already, or while WB works on what an earlier one sent.
        """
        values = {
            **_planned(card, planned_at),
            "#state": {"S": CardState.BEGUN},
            "sent_at": {"S": _time(at)},
            "#open": {"S": "y"},
            "pictures_due": {"BOOL": bool(card.pictures)},
            "barcodes_due": {"S": _owed_type().dump_json(dict(barcodes_due)).decode()},
            "problems": {"S": "[]"},
        }
        with_wb = {f":w{n}": {"S": str(state)} for n, state in enumerate(_NEVER_OVERTAKEN)}
        condition = (
            "attribute_not_exists(vendor_code)"
            f" OR (planned_at < :planned_at AND NOT #state IN ({', '.join(with_wb)}))"
            " OR (planned_at <= :planned_at AND #state IN (:ready, :blocked))"
        )
        extra = {**with_wb, ":ready": {"S": CardState.READY}, ":blocked": {"S": CardState.BLOCKED}}
        return self._set(card.vendor_code, values, condition, extra, remove="pictures_at")

    def release(self, cards: Iterable[PlannedCard], *, at: datetime) -> None:
        """Certainly nothing of this reached WB, so that there is nothing to look for."""
        self._move(cards, CardState.READY, at, remove="#open")

    def sent(self, cards: Iterable[PlannedCard], *, at: datetime) -> None:
        """WB took them and works on them."""
        self._move(cards, CardState.SENT, at)

    # Planned, and not sent

    def block(self, card: PlannedCard, planned_at: datetime) -> bool:
        """Keep a card that is not sent, with its problems; False when a plan as new is being sent or was."""
        values = {"#state": {"S": CardState.BLOCKED}, "problems": {"S": _problems(card.problems)}}
        return self._plan(card, planned_at, values)

    def owe_pictures(self, card: PlannedCard, planned_at: datetime) -> bool:
        """Keep a card that stands as it should, but for its pictures; False as with `block`."""
        return self._plan(card, planned_at, {**_stands(card), "pictures_due": {"BOOL": True}}, remove="pictures_at")

    def find_standing(self, card: PlannedCard, planned_at: datetime) -> bool:
        """Keep a card that stands as it should, though we did not know: what it owes is paid. False as with `block`."""
        return self._plan(card, planned_at, _stands(card))

    def _plan(self, card: PlannedCard, planned_at: datetime, values: Mapping[str, Any], *, remove: str = "") -> bool:
        with_wb = {f":w{n}": {"S": str(state)} for n, state in enumerate(_NEVER_OVERTAKEN)}
        condition = (
            f"attribute_not_exists(vendor_code) OR (planned_at < :planned_at AND NOT #state IN ({', '.join(with_wb)}))"
        )
        return self._set(card.vendor_code, {**_planned(card, planned_at), **values}, condition, with_wb, remove=remove)

    # What became of it. False when another plan of the card has come meanwhile: then nothing is written.

    def refuse(
        self, card: PlannedCard, planned_at: datetime, problems: Sequence[CardProblem], *, state: CardState
    ) -> bool:
        """WB refused a card (REFUSED), or has neither it nor an error (SILENT)."""
        values = {"#state": {"S": state}, "problems": {"S": _problems(problems)}}
        return self._of_plan(card, planned_at, values, remove="#open")

    def accept(
        self, card: PlannedCard, planned_at: datetime, at: tuple[NmId, ImtId], problems: Sequence[CardProblem] = ()
    ) -> bool:
        """WB has it. What is due to the shop and to WB's pictures keeps it open."""
        nm_id, imt_id = at
        values = {
            "#state": {"S": CardState.ACCEPTED},
            "nm_id": {"N": str(nm_id)},
            "imt_id": {"N": str(imt_id)},
            "problems": {"S": _problems(problems)},
        }
        return self._of_plan(card, planned_at, values)

    def pictures_told(
        self, card: PlannedCard, planned_at: datetime, pictures_hash: str, *, count: int, at: datetime
    ) -> bool:
        """WB was told `count` links; whether it has taken them is still to be seen."""
        values = {
            "pictures_hash": {"S": pictures_hash},
            "pictures_at": {"S": _time(at)},
            "pictures_count": {"N": str(count)},
        }
        return self._of_plan(card, planned_at, values)

    def pictures_done(self, card: PlannedCard, planned_at: datetime, pictures_hash: str) -> bool:
        """Nothing is left to be done about its pictures, good or not."""
        values = {"pictures_hash": {"S": pictures_hash}, "pictures_due": {"BOOL": False}}
        return self._of_plan(card, planned_at, values)

    def barcodes_written(self, card: PlannedCard, planned_at: datetime, *, left: Owed) -> bool:
        """The shop has the barcodes that WB made, but for `left`."""
        owed = _owed_type().dump_json(dict(left)).decode()
        return self._of_plan(card, planned_at, {"barcodes_due": {"S": owed}})

    def explain(self, card: PlannedCard, planned_at: datetime, problems: Sequence[CardProblem]) -> bool:
        """What is to be told of a card that WB has."""
        return self._of_plan(card, planned_at, {"problems": {"S": _problems(problems)}})

    def close(self, card: PlannedCard, planned_at: datetime) -> bool:
        """Nothing is left to be done about it."""
        return self._of_plan(card, planned_at, {}, remove="#open")

    def _of_plan(self, card: PlannedCard, planned_at: datetime, values: Mapping[str, Any], *, remove: str = "") -> bool:
        own = {":of_plan": {"S": _time(planned_at)}}
        return self._set(card.vendor_code, values, "planned_at = :of_plan", own, remove=remove)

    def _move(self, cards: Iterable[PlannedCard], to: CardState, at: datetime, *, remove: str = "") -> None:
        own = {":begun": {"S": CardState.BEGUN}, ":at": {"S": _time(at)}}
        for card in cards:
            values = {"#state": {"S": to}}
            self._set(card.vendor_code, values, "#state = :begun AND sent_at = :at", own, remove=remove)

    def _set(
        self,
        vendor_code: str,
        values: Mapping[str, Any],
        condition: str,
        extra: Mapping[str, Any] | None = None,
        *,
        remove: str = "",
    ) -> bool:
        """Set attributes under a condition; False when it does not hold. `#state` and `#open` are reserved words."""
        changes = ", ".join(f"{name} = :{name.removeprefix('#')}" for name in values)
        expression = " ".join(
            part for part in (f"SET {changes}" if changes else "", remove and f"REMOVE {remove}") if part
        )
        named = {f"#{name}": name for name in ("state", "open") if f"#{name}" in expression + condition}
        request: dict[str, Any] = {"UpdateExpression": expression, "ConditionExpression": condition}
        if named:
            request["ExpressionAttributeNames"] = named
        if told := {f":{name.removeprefix('#')}": value for name, value in values.items()} | dict(extra or {}):
            request["ExpressionAttributeValues"] = told
        return conditionally(
            "updating a card",
            lambda: self._client.update_item(TableName=self._table, Key=_key(vendor_code), **request),
        )


def _planned(card: PlannedCard, planned_at: datetime) -> dict[str, Any]:
    return {
        "product_id": {"N": str(card.product_id)},
        "planned_at": {"S": _time(planned_at)},
        "content_hash": {"S": card.content_hash},
        "card": {"B": zlib.compress(_card_type().dump_json(card))},
    }


def _stands(card: PlannedCard) -> dict[str, Any]:
    return {
        "#state": {"S": CardState.ACCEPTED},
        "#open": {"S": "y"},
        "problems": {"S": _problems([problem for problem in card.problems if not problem.blocks])},
    }


def _record(item: Mapping[str, Any]) -> CardRecord:
    numbers = {name: int(item[name]["N"]) for name in ("nm_id", "imt_id") if name in item}
    return CardRecord(
        card=_card_type().validate_json(zlib.decompress(item["card"]["B"])),
        state=CardState(item["state"]["S"]),
        planned_at=datetime.fromisoformat(item["planned_at"]["S"]),
        sent_at=datetime.fromisoformat(item["sent_at"]["S"]) if "sent_at" in item else None,
        nm_id=NmId(numbers["nm_id"]) if "nm_id" in numbers else None,
        imt_id=ImtId(numbers["imt_id"]) if "imt_id" in numbers else None,
        problems=_read_problems(item),
        pictures_hash=item.get("pictures_hash", {}).get("S", ""),
        pictures_due=item.get("pictures_due", {}).get("BOOL", False),
        pictures_at=datetime.fromisoformat(item["pictures_at"]["S"]) if "pictures_at" in item else None,
        pictures_count=int(item.get("pictures_count", {}).get("N", 0)),
        barcodes_due=_owed_type().validate_json(item["barcodes_due"]["S"]) if "barcodes_due" in item else {},
    )


def _told(item: Mapping[str, Any]) -> tuple[str, Told]:
    return item["vendor_code"]["S"], Told(
        product_id=ProductId(int(item["product_id"]["N"])),
        state=CardState(item["state"]["S"]),
        content_hash=item["content_hash"]["S"],
        pictures_hash=item.get("pictures_hash", {}).get("S", ""),
        problems=_read_problems(item),
    )


def _problems(problems: Sequence[CardProblem]) -> str:
    return _problems_type().dump_json(tuple(problems)).decode()


def _read_problems(item: Mapping[str, Any]) -> tuple[CardProblem, ...]:
    return _problems_type().validate_json(item.get("problems", {}).get("S", "[]"))


@cache
def _card_type() -> TypeAdapter[PlannedCard]:
    return TypeAdapter(PlannedCard)


@cache
def _problems_type() -> TypeAdapter[tuple[CardProblem, ...]]:
    return TypeAdapter(tuple[CardProblem, ...])


@cache
def _owed_type() -> TypeAdapter[dict[OfferId, tuple[int, Barcode]]]:
    return TypeAdapter(dict[OfferId, tuple[int, Barcode]])


def _key(vendor_code: str) -> dict[str, Any]:
    return {"vendor_code": {"S": vendor_code}}


def _time(at: datetime) -> str:
    """One width for all, so that text sorts as time does."""
    return at.isoformat(timespec="microseconds")
