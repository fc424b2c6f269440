"""Batches of amounts are told to WB; the newest reading wins, and what we say we told is what WB has."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from wbsync.domain import stock
from wbsync.domain.ids import Barcode, ChrtId, OrderId, WarehouseId
from wbsync.errors import Rejected, SyncError, TryLater
from wbsync.messages import StockBatch
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.stock_told import Claim, Refusal, StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import PUT_STOCKS, READ_STOCKS
from wbsync.wb.wire import ChrtIds, PutStocks, StockRow, refused_barcodes, refused_stock_rows

READ_BACK_EVERY = 10
"""Of the batches of one reading every tenth is read back, beginning with the first."""

CONFLICT = 409

REFUSED_FOR = timedelta(days=1)
"""A refused row is not sent again before, since every refusal costs ten calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushStock:
    wb: WbClient
    told: StockToldStore
    orders: OrdersStore
    links: LinksStore
    breakers: BreakersStore
    now: Callable[[], datetime]
    report: Counter[str] = field(default_factory=Counter)

    def run(
        self, batches: Sequence[StockBatch], *, deadline: datetime
    ) -> tuple[list[SyncError | None], dict[str, int]]:
        """Tell WB each batch; what became of each, and counts."""
        outcome = [self._told(batch, deadline) for batch in batches]
        oldest = min(batch.observed_at for batch in batches)
        self.report["OldestReadingMinutes"] = int((self.now() - oldest).total_seconds() / 60)
        return outcome, dict(self.report)

    def _told(self, batch: StockBatch, deadline: datetime) -> SyncError | None:
        if self.now() >= deadline:
            return TryLater("no time left for this batch", wait=1)
        try:
            self.wb.expect(PUT_STOCKS, 1)
            self._tell(batch)
        except SyncError as error:
            return error
        return None

    def _tell(self, batch: StockBatch) -> None:
        """Claim the rows, send them, and make sure that no newer amount was overwritten.

        The claim stands before anything is sent, so whichever of two workers sends last sees the other's claim and
        sends the newer amount. After a failure nobody knows what WB has: the rows are doubted and told again.
        """
        where = batch.warehouse, batch.observed_at, batch.batch
        stopped = self.breakers.is_stopped(batch.warehouse)
        amounts = dict.fromkeys(batch.rows, 0) if stopped else batch.rows
        rows = stock.without(amounts, self.told.newer(*where))
        rows = stock.without(rows, self._set_aside(batch.warehouse, rows))
        if not rows:
            return
        rows = stock.less_sold(rows, self._sold_since(batch.warehouse, batch.observed_at, batch.counted))
        self.told.claim(*where, rows)
        try:
            accepted = self._put(batch, rows)
            self._give_way(batch, accepted)
            wrong = self._wrong_on_wb(batch, accepted) if batch.batch % READ_BACK_EVERY == 0 else []
        except SyncError:
            self.told.doubt(*where, rows)
            raise
        if len(accepted) < len(rows) or wrong:
            self.told.claim(*where, dict.fromkeys(rows, stock.UNKNOWN) | stock.without(accepted, wrong))
        self.report.update(StockRowsTold=len(accepted), StockRowsWrong=len(wrong))

    def _set_aside(self, warehouse: WarehouseId, rows: stock.Amounts) -> list[ChrtId]:
        """Rows that WB refused since the batch was queued: refused again, they would cost ten calls more."""
        return [r.chrt_id for r in self.told.refused(warehouse) if r.holds(rows.get(r.chrt_id, 0), self.now())]

    def _put(self, batch: StockBatch, rows: stock.Amounts) -> stock.Amounts:
        """Send rows until WB takes what is left, and return that.

        Refused rows are set aside at once: the limit that they used up may put the rest off to another try.
        """
        while rows:
            try:
                self._send(batch, rows)
            except Rejected as error:
                named = self._named(error, rows)
                if not named:
                    return self._put_halves(batch, rows, error)
                until = self.now() + REFUSED_FOR
                self.told.refuse(
                    batch.warehouse, [Refusal(c, rows[c], code, why, until) for c, (code, why) in named.items()]
                )
                self.report["StockRowsRefused"] += len(named)
                rows = stock.without(rows, named)
            else:
                break
        return rows

    def _put_halves(self, batch: StockBatch, rows: stock.Amounts, error: Rejected) -> stock.Amounts:
        """Find the rows that a refusal does not name, as when their barcode is linked to nothing any more."""
        if error.status != CONFLICT:
            raise error
        middle = len(rows) // 2
        halves = dict(islice(rows.items(), middle)), dict(islice(rows.items(), middle, None))
        return {chrt_id: amount for half in halves for chrt_id, amount in self._put(batch, half).items()}

    def _named(self, error: Rejected, rows: stock.Amounts) -> dict[ChrtId, tuple[str, str]]:
        """The refused rows among ours with WB's code and why; a lone row is the one, named or not."""
        told = {c: why for c, why in refused_stock_rows(error, self._sizes(error)).items() if c in rows}
        if not told and error.status == CONFLICT and len(rows) == 1:
            return dict.fromkeys(rows, (error.code, error.reason))
        return told

    def _send(self, batch: StockBatch, rows: stock.Amounts) -> None:
        body = PutStocks(stocks=tuple(StockRow(chrt_id=chrt_id, amount=amount) for chrt_id, amount in rows.items()))
        self.wb.call(PUT_STOCKS, path={"warehouse_id": batch.warehouse}, body=body)

    def _sizes(self, error: Rejected) -> dict[Barcode, ChrtId]:
        """Sizes of the barcodes that a refusal names: WB's own examples name no chrtID."""
        links = self.links.get(refused_barcodes(error)).values()
        return {link.barcode: link.sizes[0].chrt_id for link in links if len(link.sizes) == 1}

    def _give_way(self, batch: StockBatch, rows: stock.Amounts) -> None:
        """Send newer amounts of these rows once more, less what was sold since, as long as newer claims appear."""
        seen: dict[ChrtId, Claim] = {}
        while True:
            newer = self.told.newer(batch.warehouse, batch.observed_at, batch.batch)
            known = {c: claim for c, claim in newer.items() if c in rows and claim.amount != stock.UNKNOWN}
            overtaken = {c: claim for c, claim in known.items() if seen.get(c) != claim}
            if not overtaken:
                return
            sold = self._sold_since(batch.warehouse, min(claim.observed_at for claim in overtaken.values()))
            self._send(batch, stock.less_sold({c: claim.amount for c, claim in overtaken.items()}, sold))
            seen |= overtaken

    def _wrong_on_wb(self, batch: StockBatch, rows: stock.Amounts) -> list[ChrtId]:
        """Rows that WB does not show as told: it answers 204 also to what it did not understand."""
        answer = self.wb.call(READ_STOCKS, path={"warehouse_id": batch.warehouse}, body=ChrtIds(chrt_ids=tuple(rows)))
        shown: Mapping[int, int] = {row.chrt_id: row.amount for row in answer.stocks}
        self.report["StockRowsReadBack"] += len(rows)
        return [chrt_id for chrt_id, amount in rows.items() if shown.get(chrt_id, 0) != amount]

    def _sold_since(
        self, warehouse: WarehouseId, moment: datetime, counted: Collection[OrderId] = ()
    ) -> Counter[ChrtId]:
        """Packs of this warehouse that WB sold since the shop was read, but for those that the reading counted."""
        return Counter(
            record.order.chrt_id
            for record in self.orders.sold_since(moment)
            if record.order.warehouse_id == warehouse and record.order_id not in counted
        )
