"""Every minute: WB's new orders are stored and queued."""

from datetime import datetime
from functools import cache

from wbsync.connections.wildberries import wildberries
from wbsync.flows import poll_orders
from wbsync.settings import PollOrders
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(PollOrders.from_env)
orders_store = cache(OrdersStore)


@scheduled
def handler(_event: dict[str, object], _deadline: datetime) -> Report:
    s = settings()
    return poll_orders.run(
        wb=wildberries(s), orders=orders_store(s.orders_table), told=StockToldStore(s.stock_told_table),
        new_orders=Queue(s.new_orders_queue), now=utcnow,
    )  # fmt: skip
