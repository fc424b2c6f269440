"""Every 10 minutes: WB's statuses into the shop, staff's cancellations to WB."""

from datetime import datetime, timedelta
from functools import cache

from wbsync.connections.bitrix import bitrix, order_properties
from wbsync.connections.wildberries import wildberries
from wbsync.domain.label_links import label_keys, signed_supply_path
from wbsync.flows.sync_statuses import SyncStatuses
from wbsync.settings import SyncStatuses as Settings
from wbsync.stores import parameters
from wbsync.stores.orders import OrdersStore
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    key, expires = label_keys(parameters.secret(s.label_key_parameter))[0], utcnow() + timedelta(shop.labels.link_days)
    base = s.label_base_url.rstrip("/")
    return SyncStatuses(
        wb=wildberries(s), bitrix=bitrix(s), shop=shop, orders=OrdersStore(s.orders_table), now=utcnow,
        told=StockToldStore(s.stock_told_table), property_ids=lambda: order_properties(s, shop.orders.person_type_id),
        supply_url=lambda supply_id: base + signed_supply_path(supply_id, key=key, expires=expires),
    ).run(deadline=deadline)  # fmt: skip
