"""Every half hour: prices by the configured rule are told to WB."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows.push_prices import PushPrices
from wbsync.settings import PushPrices as Settings
from wbsync.stores import parameters
from wbsync.stores.links import LinksStore
from wbsync.stores.prices import PricesStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return PushPrices(
        wb=wildberries(s), bitrix=bitrix(s), shop=parameters.shop(s.config_parameter), links=LinksStore(s.links_table),
        prices=PricesStore(s.prices_table), now=utcnow,
    ).run(deadline=deadline)  # fmt: skip
