"""Orders that WB cancelled owe nothing any more, and their units are on sale again."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from itertools import batched

from wbsync.domain.ids import ChrtId, OrderId, WarehouseId
from wbsync.domain.orders import OrderState
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import ORDER_STATUSES
from wbsync.wb.wire import OrderIds, OrderStatus

CANCELLED_BY_SUPPLIER = frozenset({"cancel", "cancel_carrier"})
CANCELLED_BY_WB = frozenset({"canceled", "declined_by_client", "canceled_by_carrier"})
"""Statuses of cancelled orders (WB facts §4); texts that we do not know cancel nothing."""

ORDERS_PER_ASK = 1000


def close(
    records: Collection[OrderRecord],
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    now: Callable[[], datetime],
) -> tuple[set[OrderId], dict[OrderId, OrderStatus]]:
    """Ask WB for the orders' statuses and close those it cancelled: which they were, and the statuses of all.

    A cancelled unit changes WB's own number, so what was told of its size is told again.
    """
    statuses = _statuses(wb, [record.order_id for record in records])
    cancelled = [r for r in records if r.order_id in statuses and _is_cancelled(statuses[r.order_id])]
    sizes: defaultdict[WarehouseId, set[ChrtId]] = defaultdict(set)
    for record in cancelled:
        sizes[record.order.warehouse_id].add(record.order.chrt_id)
    for warehouse, chrt_ids in sizes.items():
        told.forget(warehouse, chrt_ids, now())
    for record in cancelled:
        reason = statuses[record.order_id].supplier_status
        orders.move(record.order_id, OrderState.CLOSED, at=now(), reason=reason)
    return {record.order_id for record in cancelled}, statuses


def _is_cancelled(status: OrderStatus) -> bool:
    return status.supplier_status in CANCELLED_BY_SUPPLIER or status.wb_status in CANCELLED_BY_WB


def _statuses(wb: WbClient, order_ids: Collection[OrderId]) -> dict[OrderId, OrderStatus]:
    statuses: dict[OrderId, OrderStatus] = {}
    for piece in batched(order_ids, ORDERS_PER_ASK, strict=False):
        answer = wb.call(ORDER_STATUSES, body=OrderIds(orders=piece))
        statuses.update((OrderId(status.id), status) for status in answer.orders)
    return statuses
