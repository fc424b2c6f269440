"""Every 5 minutes, and the LabelsWanted queue: labels from WB into S3, their links into Bitrix."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix, order_properties
from wbsync.connections.wildberries import wildberries
from wbsync.domain.label_links import label_keys
from wbsync.flows.fetch_labels import FetchLabels, queue_ready
from wbsync.messages import LabelsWanted
from wbsync.settings import FetchLabels as Settings
from wbsync.stores import parameters
from wbsync.stores.labels import LabelsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import Outcome, Report, either, queued, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def tick(_event: dict[str, object], _deadline: datetime) -> Report:
    s = settings()
    return queue_ready(
        wb=wildberries(s), orders=OrdersStore(s.orders_table), told=StockToldStore(s.stock_told_table),
        labels_wanted=Queue(s.labels_wanted_queue), now=utcnow,
    )  # fmt: skip


@queued(LabelsWanted, lambda: Queue(settings().labels_wanted_queue))
def fetch(messages: Sequence[LabelsWanted], deadline: datetime) -> tuple[Outcome, Report]:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return FetchLabels(
        wb=wildberries(s), bitrix=bitrix(s), shop=shop, orders=OrdersStore(s.orders_table),
        labels=LabelsStore(s.labels_bucket), labels_wanted=Queue(s.labels_wanted_queue),
        property_ids=lambda: order_properties(s, shop.orders.person_type_id),
        label_key=label_keys(parameters.secret(s.label_key_parameter))[0], base_url=s.label_base_url, now=utcnow,
    ).run(messages, deadline=deadline)  # fmt: skip


handler = either(fetch, tick)
