"""WB's statuses reach the shop, staff's cancellations reach WB, and what is over is finished.

WB is asked first, then the shop, both for all open orders at once; what differs is sent. Our own writes do not echo:
an order that WB cancelled is not open any more, and a status that we set ourselves is not staff's word.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from wbsync import texts
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.wire import ShopState
from wbsync.domain.ids import OrderId, ShopOrderId, SupplyId
from wbsync.domain.orders import OPEN_IN_SHOP, Note, OrderState
from wbsync.domain.shop import Shop
from wbsync.domain.statuses import REASSEMBLED, WbStatus
from wbsync.errors import NotAuthorised, Rejected, TryLater
from wbsync.flows import cancelled_orders, show_orders
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import CANCEL_ORDER
from wbsync.wb.wire import OrderStatus

type States = Mapping[ShopOrderId, ShopState]
type Statuses = Mapping[OrderId, OrderStatus]

CANCELLING_TAKES = timedelta(minutes=1)
"""Two runs at once ask WB for one cancellation: the second would be refused, which costs ten calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatuses:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    told: StockToldStore
    property_ids: Callable[[], Mapping[str, int]]
    now: Callable[[], datetime]
    supply_url: Callable[[SupplyId], str] | None = None
    report: Counter[str] = field(default_factory=Counter)

    def run(self, *, deadline: datetime) -> dict[str, int]:
        """Everything, both ways."""
        records = self.cancel_both_ways(deadline=deadline)
        self._show(records, deadline)
        self._finish([record for record in records if record.status and record.status.over])
        unknown = sum(record.status is not None and not record.status.known for record in records)
        refused = sum(Note.CANCEL in record.notes for record in records)
        return {**self.report, "OrdersOpen": len(records), "StatusesUnknown": unknown, "CancelsRefused": refused}

    def cancel_both_ways(self, *, deadline: datetime) -> list[OrderRecord]:
        """Read what WB says, cancel there what staff cancelled and here what WB did; the orders that stay open.

        What WB says besides is kept, to be shown by `run`.
        """
        standing = [r for state in OPEN_IN_SHOP for r in self.orders.in_state(state) if r.shop_order_id]
        read_at = self.now()
        closed, statuses = self._close(standing)
        left = [record for record in standing if record.order_id not in closed]
        cancelled = self._cancelled(closed)
        states = bitrix_orders.read_states(self.bitrix, _shop_ids([*left, *cancelled]))
        asked, refused = self._cancel_on_wb(left, states, statuses)
        closed, looked_at = self._close(asked) if asked else (set(), {})
        left = [record for record in left if record.order_id not in closed]
        self._cancel_in_shop([*cancelled, *self.orders.get(closed).values()], states, deadline)
        kept = self._keep(left, {**statuses, **looked_at}, states, refused=refused, read_at=read_at)
        self._show([record for record in kept if show_orders.is_cancelled_by(record, self.shop)], deadline)
        return kept

    def _close(self, records: Collection[OrderRecord]) -> tuple[set[OrderId], dict[OrderId, OrderStatus]]:
        closed, statuses = cancelled_orders.close(records, wb=self.wb, orders=self.orders, told=self.told, now=self.now)
        self.report["OrdersCancelled"] += len(closed)
        return closed, statuses

    def _cancelled(self, just_now: Collection[OrderId]) -> list[OrderRecord]:
        """All whose cancellation the shop is owed; the index may not know yet those of a moment ago."""
        earlier = (r for r in self.orders.in_state(OrderState.CANCELLED) if r.order_id not in just_now)
        return [r for r in chain(self.orders.get(just_now).values(), earlier) if r.state is OrderState.CANCELLED]

    # ---- staff's word → WB

    def _cancel_on_wb(
        self, records: Iterable[OrderRecord], states: States, statuses: Statuses
    ) -> tuple[list[OrderRecord], dict[OrderId, str]]:
        """Ask WB for what staff cancelled and it still lets go: whose status has to be read again, and refusals."""
        asked: list[OrderRecord] = []
        refused: dict[OrderId, str] = {}
        for record in records:
            if not self._may_be_asked(record, states, statuses):
                continue
            try:
                self.wb.call(CANCEL_ORDER, path={"order_id": record.order_id})
            except NotAuthorised:
                raise
            except Rejected as error:
                refused[record.order_id] = texts.cancel_refused(error.code, error.reason)
                # At once: it may have used up the limit, and the next run must not ask for it again.
                self.orders.note(record.order_id, {Note.CANCEL: refused[record.order_id]})
            except TryLater:
                self.report["CancelsPutOff"] += 1  # WB may have obeyed: looked up now, asked again at the next run
                asked.append(record)
            else:
                asked.append(record)
        return asked, refused

    def _may_be_asked(self, record: OrderRecord, states: States, statuses: Statuses) -> bool:
        """Staff wants it, WB lets go, has not refused it since, and no other run is asking."""
        status = statuses.get(record.order_id)
        if status is None or not status.is_cancellable or not self._is_wished(record, states, status):
            return False
        if record.notes.get(Note.CANCEL, texts.CANCEL_TOO_LATE) != texts.CANCEL_TOO_LATE:
            return False
        return self.orders.lease(record.order_id, now=self.now(), seconds=CANCELLING_TAKES.total_seconds())

    def _is_wished(self, record: OrderRecord, states: States, status: OrderStatus) -> bool:
        """Whether staff wants it cancelled while WB's life of it is not over."""
        over = WbStatus(status.supplier_status, status.wb_status, self.now()).over
        return not over and self._is_cancelled_by_staff(record, states)

    def _is_cancelled_by_staff(self, record: OrderRecord, states: States) -> bool:
        state = states.get(record.shop_order_id) if record.shop_order_id else None
        return state is not None and cancelled_orders.is_cancelled_by_staff(record, state, self.shop.statuses)

    # ---- WB's word → the shop

    def _cancel_in_shop(self, records: Collection[OrderRecord], states: States, deadline: datetime) -> None:
        """Cancel what WB cancelled; goods that are on their way back wait until staff has them and cancels.

        A cancellation that is older than their return is no such word.
        """
        for record in records:
            waits = not show_orders.is_cancelled_by(record, self.shop)
            state = states.get(record.shop_order_id) if record.shop_order_id else None
            if waits and Note.CANCEL in record.notes and state is not None:
                if not state.canceled:
                    self.orders.note(record.order_id, {Note.CANCEL: ""})
            elif waits and (state is None or state.canceled):  # or deleted
                self._move(record.order_id, OrderState.CLOSED)
        self._show(records, deadline)
        due = [record.order_id for record in records if show_orders.is_cancelled_by(record, self.shop)]
        for record in self.orders.get(due).values():
            if record.state is OrderState.CANCELLED and show_orders.is_shown(record, self.shop):
                self._move(record.order_id, OrderState.CLOSED)

    def _keep(
        self,
        records: Collection[OrderRecord],
        statuses: Statuses,
        states: States,
        *,
        refused: Mapping[OrderId, str],
        read_at: datetime,
    ) -> list[OrderRecord]:
        """Write down what WB and staff say now of orders that stay open; the records as they are then."""
        changed: set[OrderId] = set()
        for record in records:
            if (status := statuses.get(record.order_id)) is None:
                continue  # WB keeps statuses of old orders elsewhere
            word = WbStatus(status.supplier_status, status.wb_status, read_at)
            is_news = record.status is None or record.status.text != word.text
            is_told = word.known is (Note.STATUS not in record.notes)  # another flow may have kept the word alone
            if cancelled_orders.keep(record, word, self.orders) and (is_news or not is_told):
                changed.add(record.order_id)
                self._label_again(record, word)
            if record.shop_order_id in states:
                text = refused.get(record.order_id) or self._wish(record, states, status)
                if text != record.notes.get(Note.CANCEL, ""):
                    self.orders.note(record.order_id, {Note.CANCEL: text})
                    changed.add(record.order_id)
        fresh = self.orders.get(changed)
        self.report["StatusesChanged"] += len(changed)
        return [fresh.get(record.order_id, record) for record in records]

    def _label_again(self, record: OrderRecord, word: WbStatus) -> None:
        """Whoever transferred it onto assembly again: WB gave it a new sticker."""
        if record.status and (record.status.supplier, word.supplier) == REASSEMBLED:
            self.orders.move(record.order_id, OrderState.PLACED, at=self.now())

    def _wish(self, record: OrderRecord, states: States, status: OrderStatus) -> str:
        """What staff is told of its cancellation. A refusal stands until WB lets go again or staff takes it back."""
        said = record.notes.get(Note.CANCEL, "")
        if said and WbStatus(status.supplier_status, status.wb_status, self.now()).over:
            return texts.CANCEL_OUTLIVED if self._is_cancelled_by_staff(record, states) else ""
        if not self._is_wished(record, states, status):
            return ""
        if not status.is_cancellable:
            return texts.CANCEL_TOO_LATE
        return "" if said == texts.CANCEL_TOO_LATE else said

    def _show(self, records: Collection[OrderRecord], deadline: datetime) -> None:
        self.report.update(
            show_orders.show(
                records,
                bitrix=self.bitrix,
                shop=self.shop,
                orders=self.orders,
                property_ids=self.property_ids,
                now=self.now,
                deadline=deadline,
                supply_url=self.supply_url,
            )
        )

    def _finish(self, over: Collection[OrderRecord]) -> None:
        """First shown, then finished; not while the shop has on sale what is gone."""
        for record in self.orders.get(record.order_id for record in over).values():
            if (
                record.state in OPEN_IN_SHOP
                and Note.CANCEL not in record.notes
                and show_orders.is_shown(record, self.shop, self.supply_url)
            ):
                self._move(record.order_id, OrderState.FINISHED)

    def _move(self, order_id: OrderId, to: OrderState) -> None:
        if self.orders.move(order_id, to, at=self.now()):
            self.report[f"Orders{to.capitalize()}"] += 1


def _shop_ids(records: Iterable[OrderRecord]) -> Iterator[ShopOrderId]:
    return (record.shop_order_id for record in records if record.shop_order_id)
