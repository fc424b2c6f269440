"""Every 5 minutes: what people print of supplies that changed, into S3."""

from datetime import datetime
from functools import cache

from wbsync.bitrix.catalog import Picture
from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows.print_supplies import PrintSupplies
from wbsync.settings import PrintSupplies as Settings
from wbsync.stores import parameters
from wbsync.stores.labels import LabelsStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.supplies import SuppliesStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)
photos = cache(dict[Picture, bytes])


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return PrintSupplies(
        wb=wildberries(s), bitrix=bitrix(s), shop=parameters.shop(s.config_parameter), photos=photos(),
        orders=OrdersStore(s.orders_table), supplies=SuppliesStore(s.supplies_table), links=LinksStore(s.links_table),
        labels=LabelsStore(s.labels_bucket), now=utcnow,
    ).run(deadline=deadline)  # fmt: skip
