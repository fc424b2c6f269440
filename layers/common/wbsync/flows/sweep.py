"""Whatever is stuck in a middle state is queued again, and counted."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import batched, chain

from wbsync.domain.ids import OrderId
from wbsync.domain.orders import OrderState
from wbsync.flows import cancelled_orders, listed_orders
from wbsync.flows.fetch_labels import ORDERS_PER_ASK
from wbsync.flows.poll_orders import store_unseen
from wbsync.messages import LabelsWanted, NewOrder
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient

STUCK_AFTER = timedelta(minutes=10)
"""An order that has stood in a middle state for longer has lost its message. Each time it is queued again, it may stand
twice as long before the next: what waits in a queue of a shop that is down must not be multiplied."""

QUEUED_EVERY = timedelta(hours=1)
"""However long it has stood: a message that is lost after days of waiting is missed no longer than that."""

CURSOR = "sweep"
LOOKED_BACK = timedelta(hours=1)

LOOKED_AT_AGAIN_FOR = timedelta(days=1)
"""Finished orders that were stored since then are queued once more if their placing was doubtful, see place_orders."""


def run(
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    cursors: CursorsStore,
    new_orders: Queue[NewOrder],
    labels_wanted: Queue[LabelsWanted],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Queue stuck orders again; close waiting and parked ones that WB cancelled, so that they free their stock.

    WB is asked last: what is stuck on the shop's side does not wait for it.
    """
    at = now()
    stored = list(orders.in_state(OrderState.STORED))
    stuck = [record for record in stored if _is_stuck(record, at)]
    _queue(stuck, orders, new_orders, at)
    in_shop = chain(
        orders.in_state(OrderState.PLACED),
        orders.in_state(OrderState.LABELLED),
        orders.in_state(OrderState.DONE, stored_after=at - LOOKED_AT_AGAIN_FOR),
    )
    doubtful = [record for record in in_shop if record.doubtful_since]
    _queue(doubtful, orders, new_orders, at)
    unlinked = [record.order_id for record in orders.in_state(OrderState.LABELLED) if _is_stuck(record, at)]
    labels_wanted.send(LabelsWanted(order_ids=piece) for piece in batched(unlinked, ORDERS_PER_ASK, strict=False))
    for order_id in unlinked:
        orders.queued(order_id, at)

    missed = list(orders.get(_store_missed(wb=wb, orders=orders, told=told, cursors=cursors, now=now)).values())
    waiting, parked = list(orders.in_state(OrderState.WAITING)), list(orders.in_state(OrderState.PARKED))
    closed, _ = cancelled_orders.close([*missed, *waiting, *parked], wb=wb, orders=orders, told=told, now=now)
    missed = [record for record in missed if record.order_id not in closed]
    waiting = [record for record in waiting if record.order_id not in closed]
    parked = [record for record in parked if record.order_id not in closed]
    _queue([*missed, *waiting], orders, new_orders, at)
    unplaced = [record.stored_at for record in [*stored, *waiting, *parked] if record.shop_order_id is None]
    return {
        "OrdersStuck": len(stuck),
        "OrdersMissed": len(missed),
        "OrdersDoubtful": len(doubtful),
        "OrdersWaiting": len(waiting),
        "OrdersParked": len(parked),
        "LabelsUnlinked": len(unlinked),
        "OldestOrderMinutes": int((at - min(unplaced)).total_seconds() / 60) if unplaced else 0,
    }


def _store_missed(
    *, wb: WbClient, orders: OrdersStore, told: StockToldStore, cursors: CursorsStore, now: Callable[[], datetime]
) -> list[OrderId]:
    """Store orders that left `new` before a poll saw them: staff confirmed them while our polling stood still.

    Looks back to a while before the last sweep that came this far; on the first one, to nothing: what was sold before
    wbsync came is not its business.
    """
    began = now()
    last = cursors.get(CURSOR).get("orders_read_at")
    since = max(datetime.fromisoformat(last) - LOOKED_BACK, began - listed_orders.LONGEST_PERIOD) if last else began
    stored: list[OrderId] = []
    for page in listed_orders.pages(wb, since):
        stored += store_unseen(page.orders, orders=orders, told=told, now=now)
    cursors.put(CURSOR, {"orders_read_at": began.isoformat()})
    return stored


def _is_stuck(record: OrderRecord, at: datetime) -> bool:
    """Each time after twice as long: its message may still be on its way, as while the shop is down."""
    since = max(record.queued_at or record.moved_at, record.moved_at)
    return at - since > min(max(STUCK_AFTER, since - record.moved_at), QUEUED_EVERY)


def _queue(records: Sequence[OrderRecord], orders: OrdersStore, new_orders: Queue[NewOrder], at: datetime) -> None:
    new_orders.send(NewOrder(order_id=record.order_id) for record in records)
    for record in records:
        orders.queued(record.order_id, at)
