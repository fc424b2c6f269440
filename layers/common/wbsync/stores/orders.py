"""The Orders table: every WB assembly order we have ever seen, one item each, stored before anything else happens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wbsync.domain.ids import OrderId, ShopOrderId, SupplyId
from wbsync.domain.orders import MOVES, Note, Order, OrderState
from wbsync.domain.statuses import WbStatus
from wbsync.stores.aws import aws_errors, conditionally, dynamodb
from wbsync.stores.batches import read_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_STATE = "by_state"
_NOTE, _CODE = "note_", "code_"  # beginnings of attributes


STORING_TAKES = timedelta(minutes=1)
"""An order may have been stored for this long before it can be read by its state."""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order and how far it has come."""

    order: Order
    state: OrderState
    stored_at: datetime
    moved_at: datetime
    reason: str = ""
    shop_order_id: ShopOrderId | None = None
    sticker: str = ""  # the number people read on the label
    queued_at: datetime | None = None  # when it was last queued, or will be seen again
    doubtful_since: datetime | None = None  # a try to place it failed and may have been obeyed: it may appear twice
    supply_id: SupplyId | None = None  # the supply it is in now
    status: WbStatus | None = None  # WB's last word
    shown: str = ""  # what of this the shop's order shows, see flows/show_orders
    shop_status: str = ""  # the order status that we last set in the shop
    notes: Mapping[Note, str] = field(default_factory=dict)  # what staff should know
    codes: Mapping[str, str] = field(default_factory=dict)  # marking codes that WB has from us, by its key

    @property
    def order_id(self) -> OrderId:
        return self.order.order_id


class OrdersStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()
        self._stored: set[OrderId] = set()

    def put_new(self, order: Order, at: datetime) -> bool:
        """Store an order; False when it was stored before, which then stays as it is."""
        item: dict[str, Any] = {
            "order_id": _n(order.order_id),
            "body": {"S": order.model_dump_json()},
            "state": {"S": OrderState.STORED},
            "stored_at": {"S": _time(at)},
            "moved_at": {"S": _time(at)},
        }
        return conditionally(
            "storing an order",
            lambda: self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(order_id)"
            ),
        )

    def get(self, order_ids: Iterable[OrderId]) -> dict[OrderId, OrderRecord]:
        """Records of these orders, strongly read; unknown ids are left out."""
        keys = [{"order_id": _n(order_id)} for order_id in dict.fromkeys(order_ids)]
        return {r.order_id: r for r in map(_record, read_items(self._client, self._table, keys))}

    def unseen(self, order_ids: Iterable[OrderId]) -> set[OrderId]:
        """Those that are not stored, or were stored a moment ago: `put_new` has the last word.

        What was once found is remembered, since WB names an order as new in every poll until it is assembled.
        """
        wanted = set(order_ids) - self._stored
        keys = [{"order_id": _n(order_id)} for order_id in wanted]
        items = read_items(self._client, self._table, keys, consistent=False)
        self._stored |= {OrderId(int(item["order_id"]["N"])) for item in items}
        return wanted - self._stored

    def in_state(self, state: OrderState, *, stored_after: datetime | None = None) -> Iterator[OrderRecord]:
        """All orders in a state, oldest first. The index may be a moment behind."""
        with aws_errors("reading orders by state"):
            for page in self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=_BY_STATE,
                KeyConditionExpression="#state = :state AND stored_at > :after",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": {"S": state},
                    ":after": {"S": _time(stored_after) if stored_after else "0"},
                },
            ):
                yield from map(_record, page["Items"])

    def sold_since(self, moment: datetime) -> list[OrderRecord]:
        """Orders that may have been stored after `moment`, whatever became of them except cancelled."""
        after = moment - STORING_TAKES
        states = (state for state in OrderState if state not in (OrderState.CANCELLED, OrderState.CLOSED))
        return [record for state in states for record in self.in_state(state, stored_after=after)]

    def move(
        self,
        order_id: OrderId,
        to: OrderState,
        *,
        at: datetime,
        reason: str = "",
        shop_order_id: ShopOrderId | None = None,
        sticker: str = "",
    ) -> bool:
        """Move an order to a state if MOVES allows it from where it stands; False when it does not.

        Ends the lease. Staying in a state with a new reason is a move.
        """
        origins = sorted({state for state, targets in MOVES.items() if to in targets} | {to})
        names = {f":s{n}": {"S": str(state)} for n, state in enumerate(origins)}
        values: dict[str, Any] = {
            **names,
            ":to": {"S": to},
            ":at": {"S": _time(at)},
            ":reason": {"S": reason},
        }
        changes = "SET #state = :to, moved_at = :at, reason = :reason"
        if shop_order_id is not None:
            changes += ", shop_order_id = :shop_order"
            values[":shop_order"] = _n(shop_order_id)
        if sticker:
            changes += ", sticker = :sticker"
            values[":sticker"] = {"S": sticker}
        return conditionally(
            "moving an order",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"order_id": _n(order_id)},
                UpdateExpression=changes + " REMOVE lease",
                ConditionExpression=f"attribute_exists(order_id) AND #state IN ({', '.join(names)})",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=values,
            ),
        )

    def lease(self, order_id: OrderId, *, now: datetime, seconds: float) -> bool:
        """Take an order for one worker; False while another one has it. A dead worker's lease runs out."""
        return conditionally(
            "leasing an order",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"order_id": _n(order_id)},
                UpdateExpression="SET lease = :until",
                ConditionExpression="attribute_exists(order_id) AND (attribute_not_exists(lease) OR lease < :now)",
                ExpressionAttributeValues={
                    ":until": {"S": _time(now + timedelta(seconds=seconds))},
                    ":now": {"S": _time(now)},
                },
            ),
        )

    def put_off(
        self, order_id: OrderId, until: datetime, *, reason: str, doubtful_since: datetime | None = None
    ) -> None:
        """End one's own lease at `until`, when the order's message is seen again; people read why."""
        changes = {"lease": _time(until), "queued_at": _time(until), "reason": reason}
        self._set(order_id, changes | ({"doubtful_since": _time(doubtful_since)} if doubtful_since else {}))

    def queued(self, order_id: OrderId, at: datetime) -> None:
        """Remember that a message for this order was queued."""
        self._set(order_id, {"queued_at": _time(at)})

    def trust(self, order_id: OrderId) -> None:
        """The order did not appear twice."""
        with aws_errors("updating an order"):
            self._client.update_item(
                TableName=self._table,
                Key={"order_id": _n(order_id)},
                UpdateExpression="REMOVE doubtful_since",
                ConditionExpression="attribute_exists(order_id)",
            )

    def read_status(self, order_id: OrderId, status: WbStatus) -> bool:
        """Keep WB's word, unless a newer one is kept already."""
        names = {"#supplier": "wb_supplier", "#wb": "wb_status", "#at": "status_at"}
        values = {":supplier": status.supplier, ":wb": status.wb, ":at": _time(status.read_at)}
        return conditionally(
            "keeping an order's status",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"order_id": _n(order_id)},
                UpdateExpression="SET #supplier = :supplier, #wb = :wb, #at = :at",
                ConditionExpression="attribute_exists(order_id) AND (attribute_not_exists(#at) OR #at < :at)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            ),
        )

    def put_into_supply(self, order_id: OrderId, supply_id: SupplyId) -> None:
        """Remember the supply that the order is in now; empty: in none, whatever WB first told."""
        self._write(order_id, {"supply_id": supply_id}, emptied=True)

    def note(self, order_id: OrderId, notes: Mapping[Note, str]) -> None:
        """Replace what staff should know; an empty text ends it."""
        self._write(order_id, {f"{_NOTE}{name}": text for name, text in notes.items()})

    def show(self, order_id: OrderId, shown: str, shop_status: str) -> None:
        """Remember what the shop's order shows, and the order status that we set there; empty: we set none."""
        self._write(order_id, {"shown": shown, "shop_status": shop_status})

    def keep_codes(self, order_id: OrderId, codes: Mapping[str, str]) -> None:
        """Remember the marking codes that WB has from us, by its key; an empty code ends it."""
        self._write(order_id, {f"{_CODE}{key}": code for key, code in codes.items()})

    def _write(self, order_id: OrderId, texts: Mapping[str, str], *, emptied: bool = False) -> None:
        """Set texts of an order, and remove the empty ones, or empty them."""
        kept = [name for name, text in texts.items() if text or emptied]
        gone = [name for name in texts if name not in kept]
        numbered = {name: n for n, name in enumerate(texts)}
        changes = ("SET " + ", ".join(f"#n{numbered[name]} = :v{numbered[name]}" for name in kept)) if kept else ""
        changes += (" REMOVE " + ", ".join(f"#n{numbered[name]}" for name in gone)) if gone else ""
        values: dict[str, Any] = {":id": _n(order_id), **{f":v{numbered[name]}": {"S": texts[name]} for name in kept}}
        with aws_errors("updating an order"):
            self._client.update_item(
                TableName=self._table,
                Key={"order_id": _n(order_id)},
                UpdateExpression=changes.strip(),
                ConditionExpression="order_id = :id",  # it exists
                ExpressionAttributeNames={f"#n{number}": name for name, number in numbered.items()},
                ExpressionAttributeValues=values,
            )

    def _set(self, order_id: OrderId, texts: Mapping[str, str]) -> None:
        with aws_errors("updating an order"):
            self._client.update_item(
                TableName=self._table,
                Key={"order_id": _n(order_id)},
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in texts),
                ConditionExpression="attribute_exists(order_id)",
                ExpressionAttributeValues={f":{name}": {"S": text} for name, text in texts.items()},
            )


def _record(item: Mapping[str, Any]) -> OrderRecord:
    shop_order = item.get("shop_order_id")
    order = Order.model_validate_json(item["body"]["S"])
    return OrderRecord(
        order=order,
        state=OrderState(item["state"]["S"]),
        stored_at=datetime.fromisoformat(item["stored_at"]["S"]),
        moved_at=datetime.fromisoformat(item["moved_at"]["S"]),
        reason=_text(item, "reason"),
        shop_order_id=ShopOrderId(int(shop_order["N"])) if shop_order else None,
        sticker=_text(item, "sticker"),
        queued_at=_when(item.get("queued_at")),
        doubtful_since=_when(item.get("doubtful_since")),
        supply_id=(SupplyId(_text(item, "supply_id")) if "supply_id" in item else order.supply_id) or None,
        status=_status(item),
        shown=_text(item, "shown"),
        shop_status=_text(item, "shop_status"),
        notes={Note(name): text for name, text in _beginning(_NOTE, item)},
        codes=dict(_beginning(_CODE, item)),
    )


def _status(item: Mapping[str, Any]) -> WbStatus | None:
    at = _when(item.get("status_at"))
    return WbStatus(_text(item, "wb_supplier"), _text(item, "wb_status"), at) if at else None


def _beginning(prefix: str, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name.removeprefix(prefix), value["S"]) for name, value in item.items() if name.startswith(prefix))


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _when(attribute: Mapping[str, str] | None) -> datetime | None:
    return datetime.fromisoformat(attribute["S"]) if attribute else None


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}


def _time(at: datetime) -> str:
    """One width for all, so that text sorts as time does."""
    return at.isoformat(timespec="microseconds")
