"""Every 10 minutes: marking codes from the shop to WB, and what WB still wants or does not like."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix, order_properties
from wbsync.connections.wildberries import wildberries
from wbsync.flows.send_marking import SendMarking
from wbsync.settings import SendMarking as Settings
from wbsync.stores import parameters
from wbsync.stores.orders import OrdersStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return SendMarking(
        wb=wildberries(s), bitrix=bitrix(s), shop=shop, orders=OrdersStore(s.orders_table),
        property_ids=lambda: order_properties(s, shop.orders.person_type_id), now=utcnow,
    ).run(deadline=deadline)  # fmt: skip
