"""Handing a supply over to WB, and what is owed afterwards: its QR code, SPOT, its print files.

Marking is asked for first, since a refusal costs ten calls. Whether a try that may have been obeyed was, WB's own
`done` tells. What is owed after the delivery is tried again at every tick until it is there.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from wbsync import texts
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.marking import Mark
from wbsync.domain.orders import OPEN_IN_SHOP, Note
from wbsync.domain.shop import Shop
from wbsync.domain.statuses import WbStatus
from wbsync.domain.supplies import SPOT_SETTLED, SupplyFile, SupplyState
from wbsync.errors import NotAuthorised, Rejected, TryLater, Unavailable
from wbsync.flows import cancelled_orders
from wbsync.flows.order_statuses import read_statuses
from wbsync.flows.send_marking import blocked, deciphered
from wbsync.flows.spot import SendSpot
from wbsync.stores.labels import LabelsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.supplies import SuppliesStore, SupplyRecord
from wbsync.wb.client import WbClient
from wbsync.wb.operations import DELIVER_SUPPLY, SUPPLY, SUPPLY_BARCODE, SUPPLY_ORDER_IDS
from wbsync.wb.wire import OrderStatus, SupplyRow

REFUSED_FOR = timedelta(hours=1)
"""What WB refused is not asked for again before: a refusal costs ten calls."""

WAITED_FOR = timedelta(days=7)
"""What is still owed so long after the delivery nobody needs any more: WB has the goods."""


def read_supply(wb: WbClient, supply_id: SupplyId) -> SupplyRow | None:
    """The supply as WB has it; None when it is gone."""
    try:
        return wb.call(SUPPLY, path={"supply_id": supply_id})
    except Rejected as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def read_order_ids(wb: WbClient, supply_id: SupplyId) -> tuple[OrderId, ...]:
    """Which orders are in the supply."""
    return tuple(map(OrderId, wb.call(SUPPLY_ORDER_IDS, path={"supply_id": supply_id}).order_ids))


def learn(
    wb: WbClient, orders: OrdersStore, supply_id: SupplyId, order_ids: Collection[OrderId], *, now: datetime
) -> None:
    """Keep which supply these orders are in, and what WB says of them now; orders that are not ours are passed over."""
    known = orders.get(order_ids)
    for order_id, record in known.items():
        if record.supply_id != supply_id:
            orders.put_into_supply(order_id, supply_id)
    for order_id, status in read_statuses(wb, tuple(known)).items():
        orders.read_status(order_id, WbStatus(status.supplier_status, status.wb_status, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSupply:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    supplies: SuppliesStore
    labels: LabelsStore
    now: Callable[[], datetime]
    later: list[TryLater] = field(default_factory=list)  # what is to be tried again at the next tick
    report: Counter[str] = field(default_factory=Counter)

    def deliver(self, record: SupplyRecord) -> str:
        """Hand an open supply over; why it was not, in Russian, or nothing. Raises what WbClient.call does."""
        supply_id = id_of(record)
        inside = read_order_ids(self.wb, supply_id)
        statuses = read_statuses(self.wb, inside)
        order_ids = self._going(inside, statuses)
        if not order_ids:
            return self._empty(record)
        if awaited := self._cancelled_by_staff([i for i in order_ids if i in statuses and statuses[i].is_cancellable]):
            return self._put_off(record, texts.supply_awaits_cancellation(awaited))
        marks = blocked(self.wb, order_ids)
        self._note(order_ids, marks)
        if marks:
            return self._held(record, texts.supply_blocked(marks))
        if reason := self._closed(supply_id, order_ids):
            return self._held(record, reason, at=self.now())
        self.closed(record, order_ids, self.now())
        self.report["SuppliesDelivered"] += 1
        return ""

    def closed(self, record: SupplyRecord, order_ids: Sequence[OrderId], at: datetime) -> None:
        """WB closed it at that moment, by whomever it was handed over."""
        learn(self.wb, self.orders, id_of(record), order_ids, now=self.now())
        self.supplies.refuse(record, "")
        self.supplies.move(record, SupplyState.DELIVERED, at=at)

    def settle(self, records: Sequence[SupplyRecord]) -> None:
        """One step of all that is owed to these delivered supplies; a supply that fails holds back no other."""
        for record in records:
            if record.code_at is None and not self.was_refused(record):
                self._tried(self._keep_code, record)
        self._spot().run(records)
        for record in filter(None, map(self.supplies.get, records)):
            if self._is_settled(record):
                self.supplies.move(record, SupplyState.DONE)

    def was_refused(self, record: SupplyRecord) -> bool:
        """Whether WB refused something about it a short while ago: the same again would cost ten calls again."""
        return record.refused_at is not None and self.now() - record.refused_at < REFUSED_FOR

    def _going(self, inside: Sequence[OrderId], statuses: Mapping[OrderId, OrderStatus]) -> Sequence[OrderId]:
        """Without those that WB cancelled: their codes are owed to nobody."""
        words = {i: WbStatus(s.supplier_status, s.wb_status, self.now()) for i, s in statuses.items()}
        return [order_id for order_id in inside if order_id not in words or not words[order_id].cancelled]

    def _closed(self, supply_id: SupplyId, order_ids: Sequence[OrderId]) -> str:
        """Have WB close it; why it does not, or nothing when it is closed, be it by an earlier try or by staff."""
        try:
            self.wb.call(DELIVER_SUPPLY, path={"supply_id": supply_id})
        except NotAuthorised:
            raise
        except Unavailable as error:
            if not (error.maybe_done and self._is_done(supply_id)):
                raise
        except Rejected as error:
            if not self._is_done(supply_id):
                return self._why(order_ids, error)
        return ""

    def _cancelled_by_staff(self, order_ids: Sequence[OrderId]) -> list[OrderId]:
        """Those that staff cancelled and WB, which would let them go, was not asked about yet.

        Delivered, they could not be cancelled any more. A shop that is down does not keep a courier waiting.
        """
        records = {r.shop_order_id: r for r in self.orders.get(order_ids).values() if r.shop_order_id}
        try:
            states = bitrix_orders.read_states(self.bitrix, records)
        except TryLater:
            return []
        return [
            records[shop_id].order_id
            for shop_id, state in states.items()
            if cancelled_orders.is_cancelled_by_staff(records[shop_id], state, self.shop.statuses)
            and records[shop_id].state in OPEN_IN_SHOP
            and Note.CANCEL not in records[shop_id].notes
        ]

    def _put_off(self, record: SupplyRecord, reason: str) -> str:
        """Until the next tick."""
        self.supplies.refuse(record, reason)
        self.report["SuppliesPutOff"] += 1
        return reason

    def _is_done(self, supply_id: SupplyId) -> bool:
        row = read_supply(self.wb, supply_id)
        return row is not None and row.done

    def _why(self, order_ids: Sequence[OrderId], error: Rejected) -> str:
        if error.code == "SupplyHasZeroOrders":
            return texts.SUPPLY_EMPTY
        if marks := deciphered(error.body):
            self._note(order_ids, marks)
            return texts.supply_blocked(marks)
        return texts.supply_refused(error.reason)

    def _note(self, order_ids: Sequence[OrderId], marks: Mapping[OrderId, Sequence[Mark]]) -> None:
        """Tell on the orders which codes keep their supply, in the same words and places as send_marking does."""
        for order_id, record in self.orders.get(order_ids).items():
            found = marks.get(order_id, ())
            bad = texts.marking_blocked(order_id, [mark for mark in found if not mark.missing])
            owed = texts.marking_owed([mark.key for mark in found if mark.missing], ())
            notes = {Note.MARKING_BLOCKED: bad} if record.notes.get(Note.MARKING_BLOCKED, "") != bad else {}
            if owed and Note.MARKING_OWED not in record.notes:
                notes[Note.MARKING_OWED] = owed
            if notes:
                self.orders.note(order_id, notes)

    def _empty(self, record: SupplyRecord) -> str:
        """It stays open for the next cut-off."""
        self.supplies.renew(record, self.now())
        self.report["SuppliesEmpty"] += 1
        return texts.SUPPLY_EMPTY

    def _held(self, record: SupplyRecord, reason: str, at: datetime | None = None) -> str:
        self.supplies.refuse(record, reason, at)
        self.report["SuppliesBlocked"] += 1
        return reason

    def _keep_code(self, record: SupplyRecord) -> None:
        """Its QR code into S3."""
        supply_id = id_of(record)
        answer = self.wb.call(SUPPLY_BARCODE, path={"supply_id": supply_id}, query={"type": "png"})
        self.labels.put_supply_file(supply_id, SupplyFile.CODE, answer.content())
        self.supplies.code_kept(record, self.now())
        self.supplies.refuse(record, "")
        self.report["SupplyCodesKept"] += 1

    def _spot(self) -> SendSpot:
        return SendSpot(
            wb=self.wb,
            shop=self.shop,
            supplies=self.supplies,
            labels=self.labels,
            now=self.now,
            later=self.later,
            report=self.report,
        )

    def _is_settled(self, record: SupplyRecord) -> bool:
        delivered = record.delivered_at or record.opened_at
        printed = record.code_at and record.printed_at and record.printed_at >= record.code_at
        return bool(printed and record.spot in SPOT_SETTLED) or self.now() - delivered > WAITED_FOR

    def _tried(self, step: Callable[[SupplyRecord], None], record: SupplyRecord) -> None:
        try:
            step(record)
        except NotAuthorised:
            raise
        except TryLater as error:
            self.later.append(error)
        except Rejected as error:
            self.supplies.refuse(record, texts.supply_code_refused(error.reason), self.now())
            self.report["SupplyCodesRefused"] += 1


def id_of(record: SupplyRecord) -> SupplyId:
    assert record.supply_id, "only a supply that is being opened has no id yet"  # nosec B101 # see stores/supplies.py
    return record.supply_id
