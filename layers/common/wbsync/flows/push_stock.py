"""Batches of amounts are told to WB; the newest reading wins, and what we say we told is what WB has."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wbsync.domain import stock
from wbsync.domain.ids import Barcode, ChrtId
from wbsync.errors import Rejected, SyncError
from wbsync.messages import StockBatch
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import STORING_TAKES, OrderRecord, OrdersStore
from wbsync.stores.stock_told import Refusal, StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import PUT_STOCKS, READ_STOCKS
from wbsync.wb.wire import ChrtIds, PutStocks, StockRow, refused_barcodes, refused_stock_rows

READ_BACK_EVERY = 10
"""Of the batches of one reading every tenth is read back, beginning with the first."""

REFUSED_FOR = timedelta(days=1)
"""A refused row is not sent again before, since every refusal costs ten calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushStock:
    wb: WbClient
    told: StockToldStore
    orders: OrdersStore
    links: LinksStore
    now: Callable[[], datetime]
    report: Counter[str] = field(default_factory=Counter)

    def run(self, batches: Sequence[StockBatch]) -> tuple[list[SyncError | None], dict[str, int]]:
        """Tell WB each batch; what became of each, and counts."""
        sold = self.orders.sold_since(min(batch.observed_at for batch in batches))
        outcome = [self._told(batch, sold) for batch in batches]
        return outcome, dict(self.report)

    def _told(self, batch: StockBatch, sold: Sequence[OrderRecord]) -> SyncError | None:
        try:
            self.wb.expect(PUT_STOCKS, 1)
            self._tell(batch, sold)
        except SyncError as error:
            return error
        return None

    def _tell(self, batch: StockBatch, sold: Sequence[OrderRecord]) -> None:
        """Claim the rows, send them, and make sure that no newer amount was overwritten.

        The claim stands before anything is sent, so whichever of two workers sends last sees the other's claim and
        sends the newer amount. After a failure nobody knows what WB has: the rows are doubted and told again.
        """
        where = batch.warehouse, batch.observed_at, batch.batch
        rows = stock.without(batch.rows, self.told.newer(*where))
        if not rows:
            return
        rows = stock.less_sold(rows, _units(batch, sold))
        self.told.claim(*where, rows)
        try:
            refused = self._put(batch, rows)
            accepted = stock.without(rows, refused)
            self._give_way(batch, accepted)
            wrong = self._wrong_on_wb(batch, accepted) if batch.batch % READ_BACK_EVERY == 0 else []
        except SyncError:
            self.told.doubt(*where, rows)
            raise
        if refused or wrong:
            self.told.claim(*where, accepted | dict.fromkeys([*refused, *wrong], stock.UNKNOWN))
            self.told.refuse(batch.warehouse, refused.values())
        self.report.update(StockRowsTold=len(accepted), StockRowsRefused=len(refused), StockRowsWrong=len(wrong))

    def _put(self, batch: StockBatch, rows: stock.Amounts) -> dict[ChrtId, Refusal]:
        """Send rows until WB takes what is left; the rows it refuses, with its reasons."""
        refused: dict[ChrtId, Refusal] = {}
        while left := stock.without(rows, refused):
            try:
                self._send(batch, left)
            except Rejected as error:
                named = {c: why for c, why in refused_stock_rows(error, self._sizes(error)).items() if c in left}
                if not named:
                    raise
                until = self.now() + REFUSED_FOR
                refused |= {c: Refusal(c, left[c], code, why, until) for c, (code, why) in named.items()}
            else:
                break
        return refused

    def _send(self, batch: StockBatch, rows: stock.Amounts) -> None:
        body = PutStocks(stocks=tuple(StockRow(chrt_id=chrt_id, amount=amount) for chrt_id, amount in rows.items()))
        self.wb.call(PUT_STOCKS, path={"warehouse_id": batch.warehouse}, body=body)

    def _sizes(self, error: Rejected) -> dict[Barcode, ChrtId]:
        """Sizes of the barcodes that a refusal names: WB's own examples name no chrtID."""
        links = self.links.get(refused_barcodes(error)).values()
        return {link.barcode: link.sizes[0].chrt_id for link in links if len(link.sizes) == 1}

    def _give_way(self, batch: StockBatch, rows: stock.Amounts) -> None:
        """Send newer amounts of these rows once more, as long as newer claims appear."""
        seen: stock.Amounts = {}
        while True:
            newer = self.told.newer(batch.warehouse, batch.observed_at, batch.batch)
            overtaken = {c: a for c, a in newer.items() if c in rows and seen.get(c) != a}
            if not overtaken:
                return
            self._send(batch, overtaken)
            seen |= overtaken

    def _wrong_on_wb(self, batch: StockBatch, rows: stock.Amounts) -> list[ChrtId]:
        """Rows that WB does not show as told: it answers 204 also to what it did not understand."""
        answer = self.wb.call(READ_STOCKS, path={"warehouse_id": batch.warehouse}, body=ChrtIds(chrt_ids=tuple(rows)))
        shown: Mapping[int, int] = {row.chrt_id: row.amount for row in answer.stocks}
        self.report["StockRowsReadBack"] += len(rows)
        return [chrt_id for chrt_id, amount in rows.items() if shown.get(chrt_id, 0) != amount]


def _units(batch: StockBatch, sold: Sequence[OrderRecord]) -> Counter[ChrtId]:
    """Packs of this warehouse that WB sold since the batch's reading."""
    return Counter(
        record.order.chrt_id
        for record in sold
        if record.order.warehouse_id == batch.warehouse
        and record.order_id not in batch.counted
        and record.stored_at > batch.observed_at - STORING_TAKES
    )
