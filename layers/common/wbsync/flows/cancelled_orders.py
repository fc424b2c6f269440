"""Orders that WB cancelled owe nothing any more, and their units are on sale again."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime

from wbsync import texts
from wbsync.bitrix.wire import ShopState
from wbsync.domain.ids import ChrtId, OrderId, WarehouseId
from wbsync.domain.orders import Note, OrderState
from wbsync.domain.shop import Statuses
from wbsync.domain.statuses import WbStatus, follows, rule_for
from wbsync.flows.order_statuses import read_statuses
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.wire import OrderStatus


def close(
    records: Collection[OrderRecord],
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    now: Callable[[], datetime],
) -> tuple[set[OrderId], dict[OrderId, OrderStatus]]:
    """Ask WB for the orders' statuses and close those it cancelled: which they were, and the statuses of all.

    One that stands in the shop becomes CANCELLED: its cancellation is owed there. A cancelled unit changes WB's own
    number, so what was told of its size is told again. A reading older than what is known closes nothing.
    """
    asked_at = now()
    statuses = read_statuses(wb, [record.order_id for record in records])
    read = {order_id: WbStatus(s.supplier_status, s.wb_status, asked_at) for order_id, s in statuses.items()}
    cancelled = [r for r in records if r.order_id in read and _is_cancelled(r, read[r.order_id])]
    sizes: defaultdict[WarehouseId, set[ChrtId]] = defaultdict(set)
    for record in cancelled:
        sizes[record.order.warehouse_id].add(record.order.chrt_id)
    for warehouse, chrt_ids in sizes.items():
        told.forget(warehouse, chrt_ids, now())
    closed = [record for record in cancelled if keep(record, read[record.order_id], orders)]
    for record in closed:
        to = OrderState.CANCELLED if record.shop_order_id else OrderState.CLOSED
        orders.move(record.order_id, to, at=now(), reason=statuses[record.order_id].supplier_status)
    return {record.order_id for record in closed}, statuses


def is_cancelled_by_staff(record: OrderRecord, state: ShopState, rules: Statuses) -> bool:
    """Whether staff cancelled the shop's order, by its form or by a status that we did not set ourselves.

    Nor may have set: the answer to what WB's last word means for the order may have been lost.
    """
    rule = rule_for(record.status, rules) if record.status else None
    ours = {record.shop_status, rule.status if rule else None}
    return state.canceled or (state.status in rules.cancels and state.status not in ours)


def keep(record: OrderRecord, status: WbStatus, orders: OrdersStore) -> bool:
    """Keep WB's word, written only when it is a new one, and tell staff of one that nobody knows.

    False when it is older than what is known.
    """
    is_known = record.status is not None and record.status.text == status.text
    if not is_known and not (follows(status, record.status) and orders.read_status(record.order_id, status)):
        return False
    text = "" if status.known else texts.unknown_status(status.text)
    if text != record.notes.get(Note.STATUS, ""):
        orders.note(record.order_id, {Note.STATUS: text})
    return True


def _is_cancelled(record: OrderRecord, status: WbStatus) -> bool:
    """One that is parked after WB cancelled it was refused by the shop: that is for a human."""
    parked = record.state is OrderState.PARKED and record.shop_order_id is not None
    known = parked and record.status is not None and record.status.cancelled
    return status.cancelled and not known
