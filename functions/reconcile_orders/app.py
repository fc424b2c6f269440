"""Every hour: no WB order is missing, and each day has its proof."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows.reconcile_orders import ReconcileOrders
from wbsync.settings import ReconcileOrders as Settings
from wbsync.stores import parameters
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.proofs import ProofsStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return ReconcileOrders(
        wb=wildberries(s), bitrix=bitrix(s), orders=OrdersStore(s.orders_table), proofs=ProofsStore(s.proofs_table),
        told=StockToldStore(s.stock_told_table), cursors=CursorsStore(s.cursors_table),
        new_orders=Queue(s.new_orders_queue), now=utcnow,
        adopted_by=parameters.shop(s.config_parameter).orders.adopted_by,
    ).run(deadline=deadline)  # fmt: skip
