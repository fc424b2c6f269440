"""Whatever is stuck in a middle state is queued again, and counted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import batched

from wbsync.domain.orders import OrderState
from wbsync.flows.fetch_labels import CANCELLED, ORDERS_PER_ASK, ask_statuses
from wbsync.messages import LabelsWanted, NewOrder
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.wb.client import WbClient

STUCK_AFTER = timedelta(minutes=10)
"""An order that has stood in a middle state for longer has lost its message."""


def run(
    *,
    wb: WbClient,
    orders: OrdersStore,
    new_orders: Queue[NewOrder],
    labels_wanted: Queue[LabelsWanted],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Queue stuck orders again; close waiting and parked ones that WB cancelled, so that they free their stock."""
    stuck = [r for r in orders.in_state(OrderState.STORED) if now() - r.moved_at > STUCK_AFTER]
    waiting = list(orders.in_state(OrderState.WAITING))
    parked = list(orders.in_state(OrderState.PARKED))
    statuses = ask_statuses(wb, [record.order_id for record in [*waiting, *parked]])
    cancelled = {order_id for order_id, status in statuses.items() if status.supplier_status in CANCELLED}
    for order_id in cancelled:
        orders.move(order_id, OrderState.CLOSED, at=now(), reason=statuses[order_id].supplier_status)
    still_waiting = [record for record in waiting if record.order_id not in cancelled]
    new_orders.send(NewOrder(order_id=record.order_id) for record in [*stuck, *still_waiting])
    unlinked = [r.order_id for r in orders.in_state(OrderState.LABELLED) if now() - r.moved_at > STUCK_AFTER]
    labels_wanted.send(LabelsWanted(order_ids=piece) for piece in batched(unlinked, ORDERS_PER_ASK, strict=False))
    unplaced = [record.stored_at for record in [*stuck, *still_waiting]]
    return {
        "OrdersStuck": len(stuck),
        "OrdersWaiting": len(still_waiting),
        "OrdersClosed": len(cancelled),
        "OrdersParked": len(parked) - len(cancelled & {record.order_id for record in parked}),
        "LabelsUnlinked": len(unlinked),
        "OldestOrderMinutes": int((now() - min(unplaced)).total_seconds() / 60) if unplaced else 0,
    }
