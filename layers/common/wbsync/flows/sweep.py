"""Whatever is stuck in a middle state is queued again, and counted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import batched

from wbsync.domain.orders import OrderState
from wbsync.flows import cancelled_orders
from wbsync.flows.fetch_labels import ORDERS_PER_ASK
from wbsync.messages import LabelsWanted, NewOrder
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient

STUCK_AFTER = timedelta(minutes=10)
"""An order that has stood in a middle state for longer has lost its message."""


def run(
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    new_orders: Queue[NewOrder],
    labels_wanted: Queue[LabelsWanted],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Queue stuck orders again; close waiting and parked ones that WB cancelled, so that they free their stock."""
    stuck = [r for r in orders.in_state(OrderState.STORED) if now() - r.moved_at > STUCK_AFTER]
    waiting, parked = list(orders.in_state(OrderState.WAITING)), list(orders.in_state(OrderState.PARKED))
    standing = cancelled_orders.close([*waiting, *parked], wb=wb, orders=orders, told=told, now=now)
    waiting = [record for record in waiting if record.order_id in standing]
    parked = [record for record in parked if record.order_id in standing]
    new_orders.send(NewOrder(order_id=record.order_id) for record in [*stuck, *waiting])
    unlinked = [r.order_id for r in orders.in_state(OrderState.LABELLED) if now() - r.moved_at > STUCK_AFTER]
    labels_wanted.send(LabelsWanted(order_ids=piece) for piece in batched(unlinked, ORDERS_PER_ASK, strict=False))
    unplaced = [record.stored_at for record in [*stuck, *waiting, *parked] if record.shop_order_id is None]
    return {
        "OrdersStuck": len(stuck),
        "OrdersWaiting": len(waiting),
        "OrdersParked": len(parked),
        "LabelsUnlinked": len(unlinked),
        "OldestOrderMinutes": int((now() - min(unplaced)).total_seconds() / 60) if unplaced else 0,
    }
