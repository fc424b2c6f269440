"""What WB holds in its own warehouses: kept, counted, and shown in a product property of the shop."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wbsync.bitrix import catalog
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import ChrtId, OfferId
from wbsync.domain.links import sold_by_wb
from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, RateLimited, TryLater
from wbsync.stores.fbo_stock import FboStock, FboStockStore
from wbsync.stores.links import LinksStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import WB_WAREHOUSES_STOCK
from wbsync.wb.wire import WbStockAsk, WbStockRow

ROWS_PER_ASK = 250_000
"""The most that WB answers at once (WB facts §8): nearly every seller's whole stock in the one call of a day."""

TURN = timedelta(seconds=30)
"""WB answers this every 20 seconds. The next tick is a day away, so that turn is slept for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFboStock:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    links: LinksStore
    fbo_stock: FboStockStore
    now: Callable[[], datetime]
    sleep: Callable[[float], None]

    def run(self, *, deadline: datetime) -> dict[str, int]:
        """Read all of it before anything is kept, so that what is missing is known to be gone.

        Raises NotAuthorised for a token without the category Analytics.
        """
        if not self.shop.stock.fbo.used:
            return {}
        read_at = self.now()
        held = _by_size(self._rows(deadline), read_at)
        known = list(self.fbo_stock.all())
        gone = [one for one in known if one.chrt_id not in held and (one.total or one.to_buyers or one.from_buyers)]
        emptied = [replace(one, read_at=read_at, amounts={}, to_buyers=0, from_buyers=0) for one in gone]
        self.fbo_stock.save([*held.values(), *emptied])
        return {
            "FboSizes": len(held),
            "FboUnits": sum(one.total for one in held.values()),
            "FboSizesGone": len(emptied),
            **self._show({one.chrt_id: one.total for one in held.values()}),
        }

    def _rows(self, deadline: datetime) -> Iterator[WbStockRow]:
        offset, rows = 0, ROWS_PER_ASK
        while rows == ROWS_PER_ASK:
            page = self._page(offset, deadline)
            yield from page
            rows = len(page)
            offset += rows

    def _page(self, offset: int, deadline: datetime) -> tuple[WbStockRow, ...]:
        ask = WbStockAsk(limit=ROWS_PER_ASK, offset=offset)
        while True:
            try:
                return self.wb.call(WB_WAREHOUSES_STOCK, body=ask).data.items
            except RateLimited as error:
                wait = timedelta(seconds=error.wait)
                if wait > TURN or self.now() + wait >= deadline:
                    raise
                self.sleep(error.wait)

    def _show(self, amounts: Mapping[ChrtId, int]) -> dict[str, int]:
        """Write what WB holds into the shop's property of each FBO offer, where it stands otherwise."""
        fbo = self.shop.stock.fbo
        if not fbo.stock_property:
            return {}
        sums = {
            offer: str(sum(amounts.get(chrt_id, 0) for chrt_id in sizes))
            for offer, sizes in sold_by_wb(self.links.all(), fbo).items()
        }
        iblocks = {offer.offer_id: offer.iblock_id for offer in sums}
        standing = catalog.read_property(self.bitrix, self.shop.catalog, fbo.stock_property, iblocks)
        changed = {
            offer.offer_id: (offer.iblock_id, text)
            for offer, text in sums.items()
            if standing.get(offer.offer_id, text) != text
        }
        outcome = catalog.write_property(self.bitrix, self.shop.catalog, fbo.stock_property, changed)
        return _written(outcome)


def _by_size(rows: Iterable[WbStockRow], read_at: datetime) -> dict[ChrtId, FboStock]:
    amounts: dict[ChrtId, Counter[str]] = {}
    held: dict[ChrtId, FboStock] = {}
    for row in rows:
        chrt_id = ChrtId(row.chrt_id)
        by_warehouse = amounts.setdefault(chrt_id, Counter())
        by_warehouse[row.warehouse_name or str(row.warehouse_id)] += row.quantity
        before = held.get(chrt_id) or FboStock(chrt_id, row.nm_id, read_at, by_warehouse)
        held[chrt_id] = replace(
            before,
            to_buyers=before.to_buyers + row.in_way_to_client,
            from_buyers=before.from_buyers + row.in_way_from_client,
        )
    return held


def _written(outcome: Mapping[OfferId, Exception | None]) -> dict[str, int]:
    """Counts; what was refused stands otherwise tomorrow as well, and is written then. Raises NotAuthorised."""
    failures = [failure for failure in outcome.values() if failure]
    for failure in failures:
        if isinstance(failure, NotAuthorised):
            raise failure
    later = sum(isinstance(failure, TryLater) for failure in failures)
    return {
        "FboOffersShown": len(outcome) - len(failures),
        "FboOffersRefused": len(failures) - later,
        "FboOffersPutOff": later,
    }
