"""Every hour: changed products become changes of WB cards, when the configuration allows it."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows.plan_cards import PlanCards
from wbsync.settings import PlanCards as Settings
from wbsync.stores import parameters
from wbsync.stores.cards import CardsStore
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.queues import Queue
from wbsync.stores.schemas import SchemasStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(Settings.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return PlanCards(
        wb=wildberries(s), bitrix=bitrix(s), shop=shop, mappings=MappingsStore(s.mappings_table),
        schemas=SchemasStore(s.schemas_table), cards=CardsStore(s.cards_table), cursors=CursorsStore(s.cursors_table),
        queue=Queue(s.card_changes_queue),
    ).run(now=utcnow, deadline=deadline)  # fmt: skip
