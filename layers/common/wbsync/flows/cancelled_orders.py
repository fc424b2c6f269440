"""Orders that WB cancelled owe nothing any more, and their units are on sale again."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from itertools import batched

from wbsync.domain.ids import ChrtId, OrderId, WarehouseId
from wbsync.domain.orders import OrderState
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import ORDER_STATUSES
from wbsync.wb.wire import OrderIds

CANCELLED = frozenset({"cancel", "cancel_carrier"})
"""Supplier statuses of cancelled orders (WB facts §4); texts that we do not know cancel nothing."""

ORDERS_PER_ASK = 1000


def close(
    records: Collection[OrderRecord],
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    now: Callable[[], datetime],
) -> set[OrderId]:
    """Ask WB for the orders' statuses and close those it cancelled.

    A cancelled unit changes WB's own number, so what was told of its size is told again.
    """
    statuses = supplier_statuses(wb, [record.order_id for record in records])
    return close_cancelled(records, statuses, orders=orders, told=told, now=now)


def close_cancelled(
    records: Collection[OrderRecord],
    statuses: Mapping[OrderId, str],
    *,
    orders: OrdersStore,
    told: StockToldStore,
    now: Callable[[], datetime],
) -> set[OrderId]:
    """Close those of the records whose status is a cancellation; which they were."""
    sizes: defaultdict[WarehouseId, set[ChrtId]] = defaultdict(set)
    for record in records:
        status = statuses.get(record.order_id, "")
        if status in CANCELLED and orders.move(record.order_id, OrderState.CLOSED, at=now(), reason=status):
            sizes[record.order.warehouse_id].add(record.order.chrt_id)
    for warehouse, chrt_ids in sizes.items():
        told.forget(warehouse, chrt_ids, now())
    return {order_id for order_id, status in statuses.items() if status in CANCELLED}


def supplier_statuses(wb: WbClient, order_ids: Collection[OrderId]) -> dict[OrderId, str]:
    statuses: dict[OrderId, str] = {}
    for piece in batched(order_ids, ORDERS_PER_ASK, strict=False):
        answer = wb.call(ORDER_STATUSES, body=OrderIds(orders=piece))
        statuses.update((OrderId(status.id), status.supplier_status) for status in answer.orders)
    return statuses
