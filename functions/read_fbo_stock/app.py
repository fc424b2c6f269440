"""Every day: what WB holds in its own warehouses."""

import time
from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows.read_fbo_stock import ReadFboStock
from wbsync.settings import ReadFboStock as Settings
from wbsync.stores import parameters
from wbsync.stores.fbo_stock import FboStockStore
from wbsync.stores.links import LinksStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return ReadFboStock(
        wb=wildberries(s), bitrix=bitrix(s), shop=parameters.shop(s.config_parameter), links=LinksStore(s.links_table),
        fbo_stock=FboStockStore(s.fbo_stock_table), now=utcnow, sleep=time.sleep,
    ).run(deadline=deadline)  # fmt: skip
