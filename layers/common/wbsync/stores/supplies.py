"""The Supplies table: one item per wave, written before WB is asked for its supply.

The last wave of a kind is read strongly and a new one is put only where there is none yet, so whoever comes first opens
it and everybody else finds it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.shop import Spot
from wbsync.domain.supplies import SUPPLY_MOVES, Kind, SpotState, SupplyState
from wbsync.stores.aws import aws_errors, conditionally, dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_STATE, _BY_SUPPLY = "by_state", "by_supply"


@dataclass(frozen=True, slots=True)
class SupplyRecord:
    """A wave: the `number`th supply of its kind."""

    kind: Kind
    number: int
    name: str  # on WB, where no other supply has it
    state: SupplyState
    asked_at: datetime  # when its making began: no supply of an earlier day is it
    opened_at: datetime  # a cut-off after this hands it over
    supply_id: SupplyId | None = None  # absent while opening
    reason: str = ""  # why it cannot be handed over, for staff
    refused_at: datetime | None = None  # when WB last refused to take it over
    delivered_at: datetime | None = None
    code_at: datetime | None = None  # its QR code is in S3 since then
    spot: SpotState = SpotState.UNKNOWN
    spot_data: Spot | None = None  # what was sent, or what staff wants sent; else the configuration's
    spot_reason: str = ""  # why SPOT failed, for staff
    printed: str = ""  # fingerprint of what was printed last
    printed_at: datetime | None = None
    pieces: Mapping[OrderId, int] = field(default_factory=dict)  # see `suspect`
    refused: Mapping[OrderId, datetime] = field(default_factory=dict)  # orders that WB did not take into it


class SuppliesStore:
    """Methods raise Unavailable or NotAuthorised when AWS does not obey."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    # Opening a wave

    def last(self, kind: Kind) -> SupplyRecord | None:
        """The newest wave of a kind, strongly read."""
        with aws_errors("reading supplies"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": str(kind)}},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=1,
            )
        return next(map(_record, answer["Items"]), None)

    def begin(self, kind: Kind, number: int, name: str, *, at: datetime, seconds: float) -> bool:
        """Begin a wave and lease it; False when somebody else began it."""
        item: dict[str, Any] = {
            **_key(kind, number),
            "name": {"S": name},
            "state": {"S": SupplyState.OPENING},
            "asked_at": {"S": _time(at)},
            "opened_at": {"S": _time(at)},
            "lease": {"S": _time(at + timedelta(seconds=seconds))},
        }
        return conditionally(
            "beginning a supply",
            lambda: self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(kind)"
            ),
        )

    def lease(self, record: SupplyRecord, *, now: datetime, seconds: float) -> bool:
        """Take a wave for one worker; False while another one has it. A dead worker's lease runs out."""
        return self._update(
            record,
            "SET lease = :until",
            {":until": {"S": _time(now + timedelta(seconds=seconds))}, ":now": {"S": _time(now)}},
            "attribute_not_exists(lease) OR lease < :now",
        )

    def release(self, record: SupplyRecord) -> None:
        """End one's own lease."""
        self._update(record, "REMOVE lease", {})

    def opened(self, record: SupplyRecord, supply_id: SupplyId) -> bool:
        """WB has it; ends the lease. False when somebody else said so before."""
        return self._update(
            record,
            "SET #state = :open, supply_id = :id REMOVE lease",
            {":open": {"S": SupplyState.OPEN}, ":opening": {"S": SupplyState.OPENING}, ":id": {"S": supply_id}},
            "#state = :opening",
        )

    # Reading

    def get(self, record: SupplyRecord) -> SupplyRecord | None:
        """The same wave as it stands now, strongly read."""
        with aws_errors("reading a supply"):
            key = _key(record.kind, record.number)
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _record(item) if item else None

    def find(self, supply_id: SupplyId) -> SupplyRecord | None:
        """The wave that has this supply on WB, as it stands now; None when it is none of ours."""
        with aws_errors("looking a supply up"):
            found = self._client.query(
                TableName=self._table,
                IndexName=_BY_SUPPLY,
                KeyConditionExpression="supply_id = :id",
                ExpressionAttributeValues={":id": {"S": supply_id}},
            )["Items"]
            # The index may be a moment behind, and need not hold all of an item.
            keys = [{"kind": item["kind"], "number": item["number"]} for item in found]
            items = [self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True) for key in keys]
        return next((_record(item["Item"]) for item in items if "Item" in item), None)

    def in_state(self, state: SupplyState) -> Iterator[SupplyRecord]:
        """All waves in a state, oldest first. The index may be a moment behind."""
        with aws_errors("reading supplies by state"):
            for page in self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=_BY_STATE,
                KeyConditionExpression="#state = :state",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":state": {"S": state}},
            ):
                yield from map(_record, page["Items"])

    # What becomes of it

    def move(self, record: SupplyRecord, to: SupplyState, *, at: datetime | None = None) -> bool:
        """Move a wave to a state if SUPPLY_MOVES allows it from where it stands; `at`: when WB took it over."""
        origins = sorted({state for state, targets in SUPPLY_MOVES.items() if to in targets} | {to})
        values = {f":s{n}": {"S": str(state)} for n, state in enumerate(origins)}
        changes = "SET #state = :to" + (", delivered_at = if_not_exists(delivered_at, :at)" if at else "")
        return self._update(
            record,
            changes,
            {**values, ":to": {"S": to}} | ({":at": {"S": _time(at)}} if at else {}),
            f"#state IN ({', '.join(values)})",
        )

    def renew(self, record: SupplyRecord, at: datetime) -> None:
        """It was empty at its cut-off: only the next cut-off after `at` hands it over."""
        self._set(record, {"opened_at": _time(at)})

    def refuse(self, record: SupplyRecord, reason: str, at: datetime | None = None) -> None:
        """Remember why it cannot be handed over, and when WB said so; an empty reason ends it."""
        self._set(record, {"reason": reason, "refused_at": _time(at) if at else ""})

    def code_kept(self, record: SupplyRecord, at: datetime) -> None:
        """Its QR code is in S3."""
        self._set(record, {"code_at": _time(at)})

    def print_kept(self, record: SupplyRecord, fingerprint: str, at: datetime) -> None:
        """Its print files are in S3; `fingerprint` tells what they show."""
        self._set(record, {"printed": fingerprint, "printed_at": _time(at)})

    def tell_spot(self, record: SupplyRecord, spot: SpotState, reason: str = "") -> None:
        """How far SPOT has come."""
        self._set(record, {"spot": spot, "spot_reason": reason})

    def begin_spot(self, record: SupplyRecord, data: Spot) -> None:
        """Remember what is about to be sent to WB."""
        self._set(record, {"spot": SpotState.SENDING, "spot_reason": "", "spot_data": data.model_dump_json()})

    def ask_spot(self, record: SupplyRecord, data: Spot | None) -> None:
        """Staff wants SPOT sent (again): with this data, or with the configuration's."""
        told = data.model_dump_json() if data else ""
        self._set(record, {"spot": SpotState.UNKNOWN, "spot_reason": "", "spot_data": told})

    # Orders that WB does not take into it

    def suspect(self, record: SupplyRecord, pieces: Mapping[OrderId, int]) -> None:
        """These orders were refused together: each is asked for again with at most so many others, itself counted.

        Kept here, so that the halving goes on when the seller's limit ends it half-way.
        """
        self._remember(record, {_order(order_id): {"N": str(size)} for order_id, size in pieces.items()})

    def refuse_order(self, record: SupplyRecord, order_id: OrderId, at: datetime) -> None:
        """WB refused this order alone."""
        self._remember(record, {_order(order_id): {"S": _time(at)}})

    def clear_orders(self, record: SupplyRecord, order_ids: Mapping[OrderId, object]) -> None:
        """WB took them after all."""
        if order_ids:
            names = {f"#n{n}": _order(order_id) for n, order_id in enumerate(order_ids)}
            self._update(record, "REMOVE " + ", ".join(names), {}, names=names)

    def _remember(self, record: SupplyRecord, attributes: Mapping[str, dict[str, str]]) -> None:
        names = {f"#n{n}": name for n, name in enumerate(attributes)}
        values = {f":v{n}": value for n, value in enumerate(attributes.values())}
        changes = ", ".join(f"#n{n} = :v{n}" for n in range(len(attributes)))
        self._update(record, f"SET {changes}", values, names=names)

    def _set(self, record: SupplyRecord, texts: Mapping[str, str]) -> None:
        """Set texts of a wave, and remove the empty ones."""
        names = {f"#n{n}": name for n, name in enumerate(texts)}
        kept = {f"n{n}": text for n, text in enumerate(texts.values()) if text}
        gone = [name for name in names if name[1:] not in kept]
        changes = ("SET " + ", ".join(f"#{n} = :{n}" for n in kept)) if kept else ""
        changes += (" REMOVE " + ", ".join(gone)) if gone else ""
        self._update(record, changes.strip(), {f":{n}": {"S": text} for n, text in kept.items()}, names=names)

    def _update(
        self,
        record: SupplyRecord,
        changes: str,
        values: Mapping[str, Any],
        condition: str = "",
        *,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """Change an item that is there; False when the condition does not hold."""
        used = {"#state": "state"} if "#state" in changes + condition else {}
        exists = "attribute_exists(kind)"
        request: dict[str, Any] = {
            "UpdateExpression": changes,
            "ConditionExpression": f"{exists} AND ({condition})" if condition else exists,
        }
        if used or names:
            request["ExpressionAttributeNames"] = {**used, **(names or {})}
        if values:
            request["ExpressionAttributeValues"] = dict(values)
        key = _key(record.kind, record.number)
        return conditionally(
            "updating a supply", lambda: self._client.update_item(TableName=self._table, Key=key, **request)
        )


_ORDER = "order_"  # beginning of attributes


def _record(item: Mapping[str, Any]) -> SupplyRecord:
    orders = {OrderId(int(n.removeprefix(_ORDER))): v for n, v in item.items() if n.startswith(_ORDER)}
    data = _text(item, "spot_data")
    return SupplyRecord(
        kind=Kind.parse(item["kind"]["S"]),
        number=int(item["number"]["N"]),
        name=_text(item, "name"),
        state=SupplyState(item["state"]["S"]),
        asked_at=datetime.fromisoformat(item["asked_at"]["S"]),
        opened_at=datetime.fromisoformat(item["opened_at"]["S"]),
        supply_id=SupplyId(_text(item, "supply_id")) or None,
        reason=_text(item, "reason"),
        refused_at=_when(item, "refused_at"),
        delivered_at=_when(item, "delivered_at"),
        code_at=_when(item, "code_at"),
        spot=SpotState(_text(item, "spot") or SpotState.UNKNOWN),
        spot_data=Spot.model_validate_json(data) if data else None,
        spot_reason=_text(item, "spot_reason"),
        printed=_text(item, "printed"),
        printed_at=_when(item, "printed_at"),
        pieces={order_id: int(value["N"]) for order_id, value in orders.items() if "N" in value},
        refused={order_id: datetime.fromisoformat(value["S"]) for order_id, value in orders.items() if "S" in value},
    )


def _key(kind: Kind, number: int) -> dict[str, Any]:
    return {"kind": {"S": str(kind)}, "number": {"N": str(number)}}


def _order(order_id: OrderId) -> str:
    return f"{_ORDER}{order_id}"


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _when(item: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(item, name)
    return datetime.fromisoformat(text) if text else None


def _time(at: datetime) -> str:
    """One width for all, so that text sorts as time does."""
    return at.isoformat(timespec="microseconds")
