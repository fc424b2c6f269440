"""Every 10 minutes: whatever is stuck in a middle state is queued again, and counted."""

from datetime import datetime
from functools import cache

from wbsync.connections.wildberries import wildberries
from wbsync.flows import sweep
from wbsync.settings import Sweep
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Sweep.from_env)


@scheduled
def handler(_event: dict[str, object], _deadline: datetime) -> Report:
    s = settings()
    return sweep.run(
        wb=wildberries(s), orders=OrdersStore(s.orders_table), told=StockToldStore(s.stock_told_table),
        cursors=CursorsStore(s.cursors_table), new_orders=Queue(s.new_orders_queue),
        labels_wanted=Queue(s.labels_wanted_queue), now=utcnow,
    )  # fmt: skip
