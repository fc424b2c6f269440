"""The StockBatches queue: amounts are told to WB."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from wbsync.connections.wildberries import wildberries
from wbsync.flows.push_stock import PushStock
from wbsync.messages import StockBatch
from wbsync.settings import PushStock as Settings
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Outcome, Report, queued, utcnow

settings = cache(Settings.from_env)


@queued(StockBatch, lambda: Queue(settings().stock_batches_queue))
def handler(batches: Sequence[StockBatch], deadline: datetime) -> tuple[Outcome, Report]:
    s = settings()
    return PushStock(
        wb=wildberries(s), told=StockToldStore(s.stock_told_table), orders=OrdersStore(s.orders_table),
        links=LinksStore(s.links_table), breakers=BreakersStore(s.breakers_table), now=utcnow,
    ).run(batches, deadline=deadline)  # fmt: skip
