"""WB's list of orders against our table and the shop: what was missed is fetched, and every day gets its proof.

Each hour the last three days are read, and more when the last whole reading is longer ago; by hand any earlier day,
from WB's archive where it is older than three months. Days are those of UTC. Nothing is kept of a stretch of days that
was not read to its end, so the next run does it again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

from wbsync.bitrix import order_lookups
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.orders import xml_id
from wbsync.bitrix.wire import OrderRow as ShopRow
from wbsync.domain.ids import OrderId, ShopOrderId
from wbsync.domain.orders import OrderState
from wbsync.domain.proof import FRESH_FOR, LISTED_FOR, AtWb, InShop, Proof, Sighting, by_day, prove
from wbsync.domain.statuses import WbStatus
from wbsync.errors import TryLater
from wbsync.flows import listed_orders
from wbsync.flows.order_statuses import read_statuses
from wbsync.flows.poll_orders import store_unseen
from wbsync.messages import NewOrder
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.proofs import ProofsStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.wire import ArchivedOrder, OrderListed, StrangeOrder

CURSOR = "reconcile_orders"

DAYS_BACK = 3
"""Whole days that are read each hour, besides the one that has begun."""

DAYS_AT_ONCE = 7
"""Days whose orders are held in memory together."""

_DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """Days that are read together, and what WB and our table show of their orders."""

    days: list[date]
    began: datetime  # when wbsync began to work for this account
    by_hand: bool
    deadline: datetime
    records: dict[OrderId, OrderRecord] = field(default_factory=dict)
    at_wb: dict[OrderId, tuple[AtWb, datetime]] = field(default_factory=dict)
    statuses: dict[OrderId, WbStatus] = field(default_factory=dict)  # of orders that our table lacks
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def begin(self) -> datetime:
        return _midnight(self.days[0])

    @property
    def end(self) -> datetime:
        return _midnight(self.days[-1] + _DAY)

    def is_due(self, row: OrderListed, at: datetime) -> bool:
        """What is fresh is left to the poll, what was made before wbsync came to those who were there."""
        return row.created_at < at - FRESH_FOR and (self.by_hand or row.created_at >= self.began)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileOrders:
    wb: WbClient
    bitrix: BitrixClient
    orders: OrdersStore
    told: StockToldStore
    cursors: CursorsStore
    proofs: ProofsStore
    new_orders: Queue[NewOrder]
    now: Callable[[], datetime]
    adopted_by: Sequence[str] = ()  # order properties in which another module keeps WB's number

    def run(
        self,
        *,
        deadline: datetime,
        since: date | None = None,
        proved: Callable[[Proof], object] = lambda _proof: None,
    ) -> dict[str, int]:
        """Read, fetch what was missed, and prove, day by day; `proved` is told each proof as soon as it is kept.

        With `since`, that day and all after it; orders from before wbsync's first run are then fetched too, as long as
        they are not over. Raises TryLater at the deadline: the days that were proven stay so.
        """
        at = self.now()
        cursor = self._cursor(at)
        began, read_at = (datetime.fromisoformat(cursor[name]) for name in ("first_run_at", "read_at"))
        report = Counter(dict.fromkeys(_COUNTS, 0))
        first = _first_day(read_at, at)
        for days in _stretches(since or first, at):
            stretch = _Stretch(days=days, began=began, by_hand=since is not None, deadline=deadline)
            for proof in self._prove(stretch):
                self.proofs.put(proof)
                proved(proof)
                report.update(_counted(proof))
            report.update(stretch.counts)
        if since is None or since <= first:  # a shorter reading leaves days to the next hourly one
            self.cursors.put(CURSOR, cursor | {"read_at": at.isoformat()})
        return dict(report)

    def _cursor(self, at: datetime) -> dict[str, str]:
        """When wbsync first looked, kept before anything else: a first run that fails does not move it."""
        cursor = self.cursors.get(CURSOR)
        if not cursor:
            cursor = {"first_run_at": at.isoformat(), "read_at": at.isoformat()}
            self.cursors.put(CURSOR, cursor)
        return cursor

    def _prove(self, stretch: _Stretch) -> list[Proof]:
        """Proofs of the stretch's days, after what was missed is fetched."""
        stretch.records = self._ours(stretch)
        self._fetch(self._read_listed(stretch), stretch)
        self._read_archived(stretch)
        sightings, at = by_day(self._sightings(stretch), stretch.days), self.now()
        return [prove(day, sightings[day], began=stretch.began, at=at) for day in stretch.days]

    def _ours(self, stretch: _Stretch) -> dict[OrderId, OrderRecord]:
        """Our orders that were made then; what the index does not show yet is asked for by its id."""
        records = chain.from_iterable(self.orders.in_state(state, stored_after=stretch.begin) for state in OrderState)
        return {r.order_id: r for r in records if stretch.begin <= r.order.created_at < stretch.end}

    def _read_listed(self, stretch: _Stretch) -> list[OrderListed]:
        """Orders of the last three months; those that our table lacks."""
        at = self.now()
        missed: list[OrderListed] = []
        pages = listed_orders.pages(self.wb, max(stretch.begin, at - LISTED_FOR), min(stretch.end, at))
        for page in pages:
            missed += self._take(stretch, AtWb.LISTED, page.orders, page.strange)
        return missed

    def _read_archived(self, stretch: _Stretch) -> None:
        """Orders that are older. They are over, so what our table lacks is only explained."""
        listed_since = self.now() - LISTED_FOR
        months = dict.fromkeys((day.year, day.month) for day in stretch.days if _midnight(day) < listed_since)
        for page in chain.from_iterable(listed_orders.archived(self.wb, *month) for month in months):
            for row in self._take(stretch, AtWb.ARCHIVED, page.orders, page.strange):
                stretch.statuses[row.id] = WbStatus(row.status.supplier_status, row.status.wb_status, self.now())

    def _take[Row: (OrderListed, ArchivedOrder)](
        self, stretch: _Stretch, kind: AtWb, orders: Iterable[Row], strange: Collection[StrangeOrder]
    ) -> list[Row]:
        """Take in a page of WB's list; those of its orders that our table lacks.

        An unreadable order whose day cannot be read either is told on the stretch's last day.
        """
        if self.now() >= stretch.deadline:
            raise TryLater("the orders could not be read to their end in time", wait=60)
        rows = {r.id: r for r in orders if stretch.begin <= r.created_at < stretch.end and r.id not in stretch.at_wb}
        last = min(stretch.end, self.now()) - timedelta(seconds=1)
        stretch.at_wb |= {row.id: (AtWb.UNREADABLE, row.created_at or last) for row in strange}
        stretch.at_wb |= {i: (kind, row.created_at) for i, row in rows.items()}
        stretch.counts["OrdersUnreadable"] += len(strange)
        stretch.records |= self.orders.get((rows.keys() | {row.id for row in strange}) - stretch.records.keys())
        self._learn_supplies(rows.values(), stretch)
        return [row for i, row in rows.items() if i not in stretch.records]

    def _learn_supplies(self, rows: Iterable[OrderListed | ArchivedOrder], stretch: _Stretch) -> None:
        """Staff moved an order to another supply by hand.

        An empty id is not taken: the list may be older than what build_supplies has done since.
        """
        for row in rows:
            record = stretch.records.get(row.id)
            if record and row.supply_id and record.supply_id != row.supply_id:
                self.orders.put_into_supply(row.id, row.supply_id)
                stretch.counts["SuppliesLearnt"] += 1

    def _fetch(self, missed: Collection[OrderListed], stretch: _Stretch) -> None:
        """Store and queue what no poll saw, unless WB says that it is cancelled or over."""
        at = self.now()
        due = {row.id: row for row in missed if stretch.is_due(row, at)}
        stretch.statuses |= self._statuses(due)
        alive = [row for i, row in due.items() if i in stretch.statuses and not _has_ended(stretch.statuses[i])]
        stored = store_unseen(alive, orders=self.orders, told=self.told, now=self.now)
        self.new_orders.send(NewOrder(order_id=order_id) for order_id in stored)
        stretch.records |= self.orders.get(row.id for row in alive)
        stretch.counts["OrdersImported"] += len(stored)

    def _statuses(self, order_ids: Collection[OrderId]) -> dict[OrderId, WbStatus]:
        at = self.now()
        read = read_statuses(self.wb, order_ids)
        return {i: WbStatus(status.supplier_status, status.wb_status, at) for i, status in read.items()}

    def _sightings(self, stretch: _Stretch) -> list[Sighting]:
        """All three sides of every order that WB or our table has."""
        known = stretch.at_wb.keys() | stretch.records.keys()
        placed = {i: r.shop_order_id for i, r in stretch.records.items() if r.shop_order_id}
        by_number = order_lookups.by_number(self.bitrix, placed.values())
        same = order_lookups.by_xml_id(self.bitrix, sorted(known))
        elsewhere = order_lookups.made_elsewhere(self.bitrix, sorted(known), self.adopted_by)
        in_shop = {i: rows[0] for i, rows in same.items() if i not in placed}
        in_shop |= {i: by_number[shop_id] for i, shop_id in placed.items() if shop_id in by_number}
        return [_sighting(i, stretch, in_shop.get(i), [*same.get(i, ()), *elsewhere.get(i, ())]) for i in known]


_COUNTS = (
    "DaysProved",
    "OrdersListed",
    "OrdersImported",
    "OrdersUnreadable",
    "OrdersDiffering",
    "OrdersUnexplained",
    "SuppliesLearnt",
)


def _counted(proof: Proof) -> dict[str, int]:
    return {
        "DaysProved": 1,
        "OrdersListed": proof.wb,
        "OrdersDiffering": sum(proof.reasons.values()),
        "OrdersUnexplained": proof.unexplained,
    }


def _first_day(read_at: datetime, at: datetime) -> date:
    """Three days back, and as far as the last run that came to its end, if WB still lists it."""
    return max(min(at - DAYS_BACK * _DAY, read_at), at - LISTED_FOR + _DAY).astimezone(UTC).date()


def _stretches(first: date, at: datetime) -> Iterator[list[date]]:
    """The days up to today in pieces that are read together: whole months of the archive, weeks of what is listed."""
    today, listed_since = at.date(), (at - LISTED_FOR).date()
    days: list[date] = []
    for day in (first + n * _DAY for n in range((today - first).days + 1)):
        days.append(day)
        ends = (day + _DAY).day == 1 if day <= listed_since else len(days) >= DAYS_AT_ONCE
        if ends or day == today:
            yield days
            days = []


def _sighting(order_id: OrderId, stretch: _Stretch, row: ShopRow | None, all_rows: Collection[ShopRow]) -> Sighting:
    record = stretch.records.get(order_id)
    # What WB does not tell of stands in our table, with its time.
    at_wb, created_at = stretch.at_wb.get(order_id) or (AtWb.ABSENT, stretch.records[order_id].order.created_at)
    return Sighting(
        order_id=order_id,
        created_at=created_at.astimezone(UTC),
        at_wb=at_wb,
        status=record.status if record else stretch.statuses.get(order_id),
        state=record.state if record else None,
        stored_at=record.stored_at if record else None,
        why=record.reason if record else "",
        shop_order_id=_shop_order_id(record, row),
        in_shop=_in_shop(order_id, row),
        doubles=tuple(sorted({each.id for each in all_rows if row and each.id != row.id and not each.canceled})),
    )


def _shop_order_id(record: OrderRecord | None, row: ShopRow | None) -> ShopOrderId | None:
    return row.id if row else record.shop_order_id if record else None


def _in_shop(order_id: OrderId, row: ShopRow | None) -> InShop:
    if row is None:
        return InShop.ABSENT
    if row.canceled:
        return InShop.CANCELLED
    return InShop.STANDS if row.xml_id == xml_id(order_id) else InShop.FOREIGN


def _has_ended(status: WbStatus) -> bool:
    return status.over or status.cancelled


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
