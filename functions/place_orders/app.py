"""The NewOrders queue: WB orders become Bitrix orders."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix, order_properties
from wbsync.flows.place_orders import PlaceOrders
from wbsync.messages import NewOrder
from wbsync.settings import PlaceOrders as Settings
from wbsync.stores import parameters
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.telemetry import Outcome, Report, queued, utcnow

settings = cache(Settings.from_env)


@queued(NewOrder, lambda: Queue(settings().new_orders_queue))
def handler(messages: Sequence[NewOrder], _deadline: datetime) -> tuple[Outcome, Report]:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return PlaceOrders(
        bitrix=bitrix(s), shop=shop, orders=OrdersStore(s.orders_table), links=LinksStore(s.links_table),
        property_ids=lambda: order_properties(s, shop.orders.person_type_id), now=utcnow,
    ).run(messages)  # fmt: skip
