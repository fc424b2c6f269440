"""Every hour: which offer of the shop is which size on WB."""

from datetime import datetime
from functools import cache

from wbsync.connections.bitrix import bitrix
from wbsync.connections.wildberries import wildberries
from wbsync.flows import link_cards
from wbsync.settings import LinkCards
from wbsync.stores import parameters
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.links import LinksStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(LinkCards.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s, shop = settings(), parameters.shop(settings().config_parameter)
    return link_cards.run(
        wb=wildberries(s), bitrix=bitrix(s), shop_catalog=shop.catalog, fbo=shop.stock.fbo,
        links=LinksStore(s.links_table), cursors=CursorsStore(s.cursors_table),
        breakers=BreakersStore(s.breakers_table), rules=shop.breakers, now=utcnow, deadline=deadline,
    )  # fmt: skip
