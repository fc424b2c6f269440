"""Every few minutes: what became of the cards that were sent."""

import time
from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows import confirm_cards
from wbsync.settings import ConfirmCards
from wbsync.stores import parameters
from wbsync.stores.cards import CardsStore
from wbsync.stores.links import LinksStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(ConfirmCards.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return confirm_cards.run(
        wb=wildberries(s), bitrix=bitrix(s), shop=shop, cards=CardsStore(s.cards_table),
        links=LinksStore(s.links_table), now=utcnow, deadline=deadline, sleep=time.sleep,
    )  # fmt: skip
