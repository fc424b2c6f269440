"""Every 5 minutes: assembled orders into supplies, supplies handed over, their codes and SPOT kept."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows.build_supplies import BuildSupplies
from wbsync.settings import BuildSupplies as Settings
from wbsync.stores import parameters
from wbsync.stores.labels import LabelsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.supplies import SuppliesStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return BuildSupplies(
        wb=wildberries(s), bitrix=bitrix(s), shop=parameters.shop(s.config_parameter),
        orders=OrdersStore(s.orders_table), supplies=SuppliesStore(s.supplies_table),
        labels=LabelsStore(s.labels_bucket), now=utcnow,
    ).run(deadline=deadline)  # fmt: skip
