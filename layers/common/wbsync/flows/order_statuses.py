"""What WB says of orders at this moment."""

from collections.abc import Collection
from itertools import batched

from wbsync.domain.ids import OrderId
from wbsync.wb.client import WbClient
from wbsync.wb.operations import ORDER_STATUSES
from wbsync.wb.wire import OrderIds, OrderStatus

ORDERS_PER_ASK = 1000


def read_statuses(wb: WbClient, order_ids: Collection[OrderId]) -> dict[OrderId, OrderStatus]:
    """The statuses of orders, a thousand to an ask; those that WB does not know are absent (WB facts §4)."""
    statuses: dict[OrderId, OrderStatus] = {}
    for piece in batched(order_ids, ORDERS_PER_ASK, strict=False):
        answer = wb.call(ORDER_STATUSES, body=OrderIds(orders=piece))
        statuses.update((status.id, status) for status in answer.orders)
    return statuses
