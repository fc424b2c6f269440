"""Every hour: is all as it should be."""

from datetime import datetime
from functools import cache, partial

from wbsync.connections.wildberries import wildberries
from wbsync.flows.watch import Watch
from wbsync.settings import Watch as Settings
from wbsync.stores import parameters
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.metrics import MetricsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import DeadLetters
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return Watch(
        wb=wildberries(s), token=partial(parameters.secret, s.wb_token_parameter),
        shop=partial(parameters.shop, s.config_parameter), orders=OrdersStore(s.orders_table),
        told=StockToldStore(s.stock_told_table), cursors=CursorsStore(s.cursors_table),
        metrics=MetricsStore(s.metrics_namespace), now=utcnow, deadline=deadline,
        dead_letters={name: DeadLetters(url) for name, url in s.dead_letters.items()},
    ).run()  # fmt: skip
