"""The shop's stock, less what WB has sold and the shop does not know yet, compared with what WB was last told."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched, count

from wbsync.bitrix import catalog
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.domain import stock
from wbsync.domain.breakers import Reading, Switches, stock_of
from wbsync.domain.ids import ChrtId, OrderId, WarehouseId
from wbsync.domain.links import ShopOffer, is_fbo, stock_links
from wbsync.domain.orders import OPEN_IN_SHOP, UNKNOWN_TO_SHOP, Note, OrderState
from wbsync.domain.shop import Shop
from wbsync.errors import Rejected, SyncError
from wbsync.flows import breakers, poll_orders
from wbsync.flows.sync_statuses import SyncStatuses
from wbsync.messages import NewOrder, StockBatch
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import IN_FLIGHT, StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import READ_STOCKS, WAREHOUSES
from wbsync.wb.wire import ChrtIds

CURSOR = "collect_stock"

FBS = 1
"""WB's delivery type of warehouses that the seller ships from by assembly orders (WB facts §3)."""

OFFERS_AT_ONCE = 1250
"""What one Bitrix batch answers when every offer needs its product and one store: 25 + 25 commands of 50 rows."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What WB was last told, UNKNOWN where we are no longer sure; `shown`: what it said itself, when it was asked."""

    amounts: stock.Amounts
    shown: stock.Amounts


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a part of a warehouse: rows that WB has to be told, and how many it shows more than 0 of."""

    rows: stock.Amounts
    there: int
    gone: int
    observed_at: datetime
    counted: frozenset[OrderId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectStock:
    """What the flow works with; `full` compares with WB's own numbers instead of with what WB was told."""

    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    links: LinksStore
    told: StockToldStore
    orders: OrdersStore
    cursors: CursorsStore
    breakers: BreakersStore
    new_orders: Queue[NewOrder]
    stock_batches: Queue[StockBatch]
    property_ids: Callable[[], Mapping[str, int]]
    now: Callable[[], datetime]
    _numbers: defaultdict[WarehouseId, Iterator[int]] = field(default_factory=lambda: defaultdict(count))

    def run(self, *, full: bool, deadline: datetime) -> dict[str, int]:
        """Poll orders, carry over cancellations, read the shop, queue the rows that changed if they can be believed.

        A shop too large for one run goes on at the next tick where this one stopped.
        """
        switches = self.breakers.read()
        polled = poll_orders.run(
            wb=self.wb, orders=self.orders, told=self.told, new_orders=self.new_orders, now=self.now
        )
        cancellations = self._carry_over_cancellations(deadline)
        in_shop = self._may_be_released()
        self._refuse_unknown_warehouses()
        linked = self._our_own(stock_links(self.links.all()))
        told = {w.wb: self._last_told(w.wb, linked.keys(), full=full) for w in self.shop.warehouses}
        read = {w: [self._orphans(told[w], linked)] for w in told}
        after: dict[str, int] = self.cursors.get(CURSOR)
        offers_read, broken = 0, None
        try:
            for piece in self._pieces(linked, after.get("after", 0)):
                if self.now() >= deadline:
                    break
                for w, part in self._compare(dict(piece), told, in_shop, switches).items():
                    read[w].append(part)
                offers_read += len(piece)
                after = {"after": piece[-1][1].offer_id}
            else:
                after = {}
        except SyncError as error:  # what was read before it counts
            broken = error
        queued, held = self._queue_believed(read, switches)
        self.cursors.put(CURSOR, after)
        if broken:
            raise broken
        return {
            **polled,
            **cancellations,
            "OffersRead": offers_read,
            "StockRowsQueued": queued,
            "StockRowsHeld": sum(held),
            "BreakersTripped": len(held),
            "FullComparisons": int(full),
        }

    def _orphans(self, told: _Told, linked: Collection[ChrtId]) -> _Read:
        rows = stock.orphaned(told.amounts, linked)
        gone = sum(told.shown.get(chrt_id, 0) > 0 for chrt_id in rows)
        return _Read(rows, there=gone, gone=gone, observed_at=self.now())

    def _queue_believed(self, read: Mapping[WarehouseId, Sequence[_Read]], switches: Switches) -> tuple[int, list[int]]:
        """Rows queued, and rows held back in each warehouse whose reading is too bad to be believed.

        Held back is all of it, also what rises: of a reading that is wrong in most rows no row can be trusted.
        """
        queued, held = 0, []
        for warehouse, parts in read.items():
            if warehouse in switches.stopped or self._believes(warehouse, parts, switches):
                queued += sum(self._queue(warehouse, part.rows, part.observed_at, part.counted) for part in parts)
            else:
                held.append(sum(len(part.rows) for part in parts))
        return queued, held

    def _believes(self, warehouse: WarehouseId, parts: Iterable[_Read], switches: Switches) -> bool:
        reading = Reading(sum(part.there for part in parts), sum(part.gone for part in parts))
        return breakers.lets_pass(
            stock_of(warehouse),
            reading,
            largest_percent=self.shop.breakers.largest_zeroed_percent,
            fewest=self.shop.breakers.fewest_rows,
            switches=switches,
            breakers=self.breakers,
            now=self.now(),
        )

    def _carry_over_cancellations(self, deadline: datetime) -> dict[str, int]:
        """So that the units of cancelled orders are told in this cycle.

        Whatever keeps them from it is told by sync_statuses, which does the same: the stock does not wait for it.
        Until it is mended, what WB cancelled stays reserved in the shop, and what staff cancelled is subtracted.
        """
        statuses = SyncStatuses(
            wb=self.wb,
            bitrix=self.bitrix,
            shop=self.shop,
            orders=self.orders,
            told=self.told,
            property_ids=self.property_ids,
            now=self.now,
        )
        try:
            statuses.cancel_both_ways(deadline=deadline)
        except SyncError:
            return {"CancellationsPutOff": 1}
        return {"OrdersCancelled": statuses.report["OrdersCancelled"]}

    def _may_be_released(self) -> list[OrderRecord]:
        """Orders of which WB has the unit while the shop may have it on sale: it knows, or knew, them.

        That of an order which staff cancelled too late stays WB's after its life there is over.
        """
        states = (*OPEN_IN_SHOP, OrderState.PARKED, OrderState.CANCELLED)
        records = (record for state in states for record in self.orders.in_state(state) if record.shop_order_id)
        return [r for r in records if Note.CANCEL in r.notes or not (r.status and r.status.over)]

    def _refuse_unknown_warehouses(self) -> None:
        """A warehouse that is not the seller's, or not FBS, is told before anything is sent."""
        fbs = {row.id for row in self.wb.call(WAREHOUSES) if row.delivery_type == FBS and not row.is_deleting}
        unknown = [str(w.wb) for w in self.shop.warehouses if w.wb not in fbs]
        if unknown:
            raise Rejected(f"warehouses: {', '.join(unknown)} is no FBS warehouse of this seller on WB")

    def _our_own(self, linked: dict[ChrtId, ShopOffer]) -> dict[ChrtId, ShopOffer]:
        """Without what is sold from WB's own warehouses: what WB was once told of it is zeroed as orphaned."""
        fbo = self.shop.stock.fbo
        return {chrt_id: offer for chrt_id, offer in linked.items() if not is_fbo(offer, fbo)} if fbo.used else linked

    def _pieces(self, linked: dict[ChrtId, ShopOffer], after: int) -> Iterator[tuple[tuple[ChrtId, ShopOffer], ...]]:
        in_order = sorted(linked.items(), key=lambda item: item[1].offer_id)
        return batched((item for item in in_order if item[1].offer_id > after), OFFERS_AT_ONCE, strict=False)

    def _compare(
        self,
        linked: dict[ChrtId, ShopOffer],
        told: Mapping[WarehouseId, _Told],
        in_shop: Collection[OrderRecord],
        switches: Switches,
    ) -> dict[WarehouseId, _Read]:
        """Read the stock of these sizes: what WB has to be told of each warehouse. Of a stopped one, that it has none.

        The clock and the sold units are read before the shop: an order placed in between is then subtracted twice for
        one cycle, never not at all. What staff released is read after it, for the same reason.
        """
        observed_at = self.now()
        recent = frozenset(record.order_id for record in self.orders.sold_since(observed_at))
        sold = sold_unknown_to_shop(self.orders)
        available = catalog.read_stock(
            self.bitrix,
            [(offer.offer_id, offer.iblock_id) for offer in linked.values()],
            stores=self.shop.stores,
        )
        sold += released_by_staff(self.bitrix, [r for r in in_shop if r.order.chrt_id in linked])
        amounts = stock.wanted(
            {chrt_id: offer.offer_id for chrt_id, offer in linked.items()},
            available,
            warehouses=self.shop.warehouses,
            rules=self.shop.stock,
            sold=sold,
        )
        amounts |= {w: dict.fromkeys(amounts[w], 0) for w in switches.stopped if w in amounts}
        return {w: _read(rows, told[w], observed_at, recent) for w, rows in amounts.items()}

    def _queue(
        self,
        warehouse: WarehouseId,
        rows: stock.Amounts,
        observed_at: datetime,
        counted: frozenset[OrderId] = frozenset(),
    ) -> int:
        refused = {r.chrt_id: r for r in self.told.refused(warehouse)} if rows else {}
        self.told.take_back(warehouse, [c for c, r in refused.items() if r.until <= observed_at])
        due = stock.without(rows, [c for c, r in refused.items() if r.holds(rows.get(c, 0), observed_at)])
        batches = [
            StockBatch(
                warehouse=warehouse,
                observed_at=observed_at,
                batch=next(self._numbers[warehouse]),
                counted=counted,
                rows=rows,
            )
            for rows in stock.batches(due)
        ]
        for batch in batches:
            self.told.doubt(warehouse, observed_at, batch.batch, batch.rows)
        self.stock_batches.send(batches)
        return len(due)

    def _last_told(self, warehouse: WarehouseId, linked: Collection[ChrtId], *, full: bool) -> _Told:
        told = self.told.told(warehouse)
        if not full:
            return _Told(told, shown=told)
        read_at = self.now()
        numbers = self._read_wb(warehouse, [*linked, *stock.orphaned(told, linked)])
        # A batch on its way may land after WB's number was read: its rows are told again by this newer reading.
        in_flight = self.told.claimed(warehouse, since=read_at - IN_FLIGHT)
        unsure = {chrt_id for chrt_id, amount in self.told.told(warehouse).items() if amount == stock.UNKNOWN}
        told = numbers | dict.fromkeys((in_flight | unsure) & numbers.keys(), stock.UNKNOWN)
        self.told.replace(warehouse, told, read_at)
        return _Told(told, shown=numbers)

    def _read_wb(self, warehouse: WarehouseId, chrt_ids: Sequence[ChrtId]) -> stock.Amounts:
        """WB's own numbers; a size that WB leaves out has never had stock there."""
        numbers: stock.Amounts = dict.fromkeys(chrt_ids, 0)
        for piece in batched(chrt_ids, stock.ROWS_PER_BATCH, strict=False):
            answer = self.wb.call(READ_STOCKS, path={"warehouse_id": warehouse}, body=ChrtIds(chrt_ids=piece))
            numbers.update((ChrtId(row.chrt_id), row.amount) for row in answer.stocks)
        return numbers


def _read(wanted: stock.Amounts, told: _Told, observed_at: datetime, counted: frozenset[OrderId]) -> _Read:
    rows = stock.changed(wanted, told.amounts)
    there = sum(told.shown.get(chrt_id, 0) > 0 for chrt_id in wanted)
    gone = sum(amount == 0 and told.shown.get(chrt_id, 0) > 0 for chrt_id, amount in rows.items())
    return _Read(rows, there, gone, observed_at, counted)


def sold_unknown_to_shop(orders: OrdersStore) -> Counter[tuple[WarehouseId, ChrtId]]:
    """Packs sold on WB that no Bitrix order stands for yet."""
    return Counter(
        (record.order.warehouse_id, record.order.chrt_id)
        for state in UNKNOWN_TO_SHOP
        for record in orders.in_state(state)
        if record.shop_order_id is None
    )


def released_by_staff(bitrix: BitrixClient, records: Collection[OrderRecord]) -> Counter[tuple[WarehouseId, ChrtId]]:
    """Packs of orders that staff cancelled or deleted in the shop while WB still has them: sold, and not reserved."""
    states = bitrix_orders.read_states(bitrix, [r.shop_order_id for r in records if r.shop_order_id])
    standing = {shop_id for shop_id, state in states.items() if not state.canceled}
    return Counter((r.order.warehouse_id, r.order.chrt_id) for r in records if r.shop_order_id not in standing)
