"""Every 15 minutes: what changed in the shop's stock is queued for WB; once a day everything is compared with WB."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix, order_properties
from wbsync.connections.wildberries import wildberries
from wbsync.flows.collect_stock import CollectStock
from wbsync.settings import CollectStock as Settings
from wbsync.stores import parameters
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(event: dict[str, object], deadline: datetime) -> Report:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return CollectStock(
        wb=wildberries(s), bitrix=bitrix(s), shop=shop, now=utcnow,
        links=LinksStore(s.links_table), told=StockToldStore(s.stock_told_table), orders=OrdersStore(s.orders_table),
        cursors=CursorsStore(s.cursors_table), breakers=BreakersStore(s.breakers_table),
        new_orders=Queue(s.new_orders_queue), stock_batches=Queue(s.stock_batches_queue),
        property_ids=lambda: order_properties(s, shop.orders.person_type_id),
    ).run(full=bool(event.get("full")), deadline=deadline)  # fmt: skip
