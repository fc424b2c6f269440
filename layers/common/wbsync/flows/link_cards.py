"""Which offer of the shop is which size on WB: both sides are read, joined by barcode, and what does not fit is listed.

Only what changed since the last run is read, and once a day everything, so that what is gone is unlinked.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from wbsync.bitrix import catalog
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.breakers import LINKS, Reading
from wbsync.domain.ids import Barcode, ChrtId, NmId
from wbsync.domain.links import CardSize, Link, Seen, ShopOffer, link_problems, merged, stock_links
from wbsync.domain.shop import Breakers, Catalog, Fbo
from wbsync.flows.breakers import lets_pass
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.links import LinksStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import CARDS_LIST
from wbsync.wb.wire import Card, CardsAsk, CardsCursor

CURSOR = "link_cards"
CARDS_PER_ASK = 100
FULL_EVERY = timedelta(days=1)
NO_FBO = Fbo()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class _Progress(BaseModel):
    model_config = ConfigDict(frozen=True)

    full_at: datetime = LONG_AGO
    marked_by: str = ""  # how FBO offers are told: another way needs every offer read
    cards: CardsCursor | None = None
    offers_changed: datetime = LONG_AGO


def run(  # noqa: PLR0913 all that the flow works with
    *,
    wb: WbClient,
    bitrix: BitrixClient,
    shop_catalog: Catalog,
    fbo: Fbo = NO_FBO,
    links: LinksStore,
    cursors: CursorsStore,
    breakers: BreakersStore,
    rules: Breakers,
    now: Callable[[], datetime],
    deadline: datetime,
) -> dict[str, int]:
    """Bring the Links table up to date; the cursor moves only after the links are stored.

    When far too many links would be lost, nothing is stored and all is read again by the next run.
    """
    began = now()
    progress = _Progress.model_validate(cursors.get(CURSOR))
    marked_by = json.dumps([fbo.marked_by, sorted(fbo.values)]) if fbo.marked_by else ""  # a set has no order
    full = began - progress.full_at >= FULL_EVERY or progress.marked_by != marked_by
    if full:
        progress = _Progress(full_at=began, marked_by=marked_by)
    cards, cards_cursor = _read_cards(wb, progress.cards, complete=full, now=now, deadline=deadline)
    offers, offers_changed = Seen[ShopOffer]({}, frozenset(), complete=False), progress.offers_changed
    if now() < deadline:
        offers, offers_changed = _read_offers(bitrix, shop_catalog, fbo, progress.offers_changed, complete=full)

    known = {link.barcode: link for link in links.all()}
    after = merged(known, cards, offers)
    if not _believes(known=known.values(), after=after.values(), rules=rules, breakers=breakers, now=now()):
        return {"BreakersTripped": 1, "OffersRead": len(offers.things), "CardSizesRead": len(cards.things)}
    changed = [link for barcode, link in after.items() if known.get(barcode) != link]
    links.save(changed, delete=known.keys() - after.keys())
    read: dict[str, Any] = {"cards": cards_cursor, "offers_changed": offers_changed}
    cursors.put(CURSOR, progress.model_copy(update=read).model_dump(mode="json"))

    return {
        "CardSizesRead": len(cards.things),
        "OffersRead": len(offers.things),
        "LinksChanged": len(changed),
        "BreakersTripped": 0,
        "SizesLinked": len(stock_links(after.values())),
        "LinkProblems": sum(map(len, link_problems(after.values()).values())),
    }


def _believes(
    *, known: Iterable[Link], after: Iterable[Link], rules: Breakers, breakers: BreakersStore, now: datetime
) -> bool:
    there, left = (sum(bool(link.offers and link.sizes) for link in links) for links in (known, after))
    return lets_pass(
        LINKS,
        Reading(there, max(0, there - left)),
        largest_percent=rules.largest_shrink_percent,
        fewest=rules.fewest_rows,
        switches=breakers.read(),
        breakers=breakers,
        now=now,
    )


def _read_cards(
    wb: WbClient, cursor: CardsCursor | None, *, complete: bool, now: Callable[[], datetime], deadline: datetime
) -> tuple[Seen[CardSize], CardsCursor | None]:
    """Sizes of the cards that changed after the cursor, as far as the time allows, and the cursor behind them."""
    sizes: dict[CardSize, tuple[Barcode, ...]] = {}
    read: set[int] = set()
    finished = False
    while not finished and now() < deadline:
        answer = wb.call(CARDS_LIST, body=CardsAsk.after(cursor, limit=CARDS_PER_ASK))
        sizes.update(_sizes(answer.cards))
        read.update(card.nm_id for card in answer.cards)
        finished = answer.cursor.total < CARDS_PER_ASK
        cursor = answer.cursor if answer.cards else cursor
    return Seen(sizes, frozenset(read), complete=complete and finished), cursor


def _sizes(cards: Iterable[Card]) -> Iterator[tuple[CardSize, tuple[Barcode, ...]]]:
    for card in cards:
        for size in card.sizes:
            key = CardSize(ChrtId(size.chrt_id), NmId(card.nm_id), card.vendor_code, size.tech_size)
            yield key, tuple(Barcode(sku.strip()) for sku in size.skus if sku.strip())


def _read_offers(
    bitrix: BitrixClient, shop_catalog: Catalog, fbo: Fbo, changed_since: datetime, *, complete: bool
) -> tuple[Seen[ShopOffer], datetime]:
    """Offers that changed since, by the shop's own clock, and the last change among them."""
    things: dict[ShopOffer, tuple[Barcode, ...]] = {}
    latest = changed_since
    since = None if complete else changed_since
    for offer in catalog.read_offers(bitrix, shop_catalog, fbo=fbo, changed_since=since):
        things[ShopOffer(offer.id, offer.iblock_id, offer.name, offer.fbo)] = offer.barcodes
        latest = max(latest, offer.changed_at)
    return Seen(things, frozenset(offer.offer_id for offer in things), complete=complete), latest
