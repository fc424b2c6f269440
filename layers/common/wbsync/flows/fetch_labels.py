"""Labels of orders on assembly: fetched from WB, stored as PDFs, linked in the Bitrix order.

The schedule asks WB which owed orders are ready and queues them; the queue fetches. What WB leaves out of its answer
stays owed and is asked for at the next tick.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from wbsync import texts
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import OrderId, ShopOrderId
from wbsync.domain.label_links import signed_path
from wbsync.domain.labels import fit_pdf, sticker_pdf
from wbsync.domain.orders import OrderState
from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, Rejected, SyncError, TryLater
from wbsync.flows import cancelled_orders
from wbsync.messages import LabelsWanted
from wbsync.stores.labels import LabelsStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import CROSS_BORDER_STICKERS, STICKERS
from wbsync.wb.wire import CrossBorderSticker, OrderIds, Sticker

READY = frozenset({"confirm", "complete"})
"""Supplier statuses in which WB gives a label (WB facts §4); all others are left alone."""

ORDERS_PER_ASK = 100

REFUSED_FOR = timedelta(hours=1)
"""An order whose label WB refused is not asked for again before: a refusal costs ten calls."""


def queue_ready(
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    labels_wanted: Queue[LabelsWanted],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Queue the orders whose label WB can give now. One whose label it refused is asked for alone, hourly."""
    owed = list(orders.in_state(OrderState.PLACED))
    closed, statuses = cancelled_orders.close(owed, wb=wb, orders=orders, told=told, now=now)
    begun = {order_id for order_id, status in statuses.items() if status.supplier_status in READY}
    ready = [record for record in owed if record.order_id in begun - closed]
    together = [record.order_id for record in ready if not record.reason]
    alone = [r.order_id for r in ready if r.reason and now() - r.moved_at > REFUSED_FOR]
    asks = [*batched(together, ORDERS_PER_ASK, strict=False), *((order_id,) for order_id in alone)]
    labels_wanted.send(LabelsWanted(order_ids=ask) for ask in asks)
    return {"LabelsOwed": len(owed), "LabelsReady": len(ready), "LabelAsks": len(asks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLabels:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    labels: LabelsStore
    labels_wanted: Queue[LabelsWanted]
    property_ids: Callable[[], Mapping[str, int]]
    label_key: bytes
    base_url: str
    now: Callable[[], datetime]
    report: Counter[str] = field(default_factory=Counter)

    def run(
        self, messages: Sequence[LabelsWanted], *, deadline: datetime
    ) -> tuple[list[SyncError | None], dict[str, int]]:
        """Fetch the labels of each message; what became of each, and counts."""
        return [self._fetched(message, deadline) for message in messages], dict(self.report)

    def _fetched(self, message: LabelsWanted, deadline: datetime) -> SyncError | None:
        if self.now() >= deadline:
            return TryLater("no time left for these labels", wait=1)
        try:
            self._fetch(message)
        except SyncError as error:
            return error
        return None

    def _fetch(self, message: LabelsWanted) -> None:
        records = self.orders.get(message.order_ids)
        owed = [record for record in records.values() if record.state is OrderState.PLACED]
        self._ask(self._store_domestic, [record.order_id for record in owed if not record.order.cross_border])
        self._ask(self._store_cross_border, [record.order_id for record in owed if record.order.cross_border])
        self._link(self.orders.get(message.order_ids).values())

    def _ask(self, store: Callable[[Sequence[OrderId]], None], order_ids: Sequence[OrderId]) -> None:
        """Ask for all labels at once; an order that WB refuses refuses the whole ask, and is found by halving.

        (409 for one order without its customs declaration.)
        """
        try:
            if order_ids:
                store(order_ids)
        except NotAuthorised:
            raise
        except Rejected as error:
            self._halve(order_ids, error)

    def _store_domestic(self, order_ids: Sequence[OrderId]) -> None:
        """PNG stickers of up to a hundred orders in one ask."""
        width, height = self.shop.labels.size.split("x")
        answer = self.wb.call(
            STICKERS,
            query={"type": "png", "width": width, "height": height},
            body=OrderIds(orders=tuple(order_ids)),
        )
        for sticker in answer.stickers:
            self._store(sticker, lambda content: sticker_pdf(content, self.shop.labels.size))
        self.report["LabelsLeftOut"] += len(order_ids) - len(answer.stickers)

    def _halve(self, order_ids: Sequence[OrderId], error: Rejected) -> None:
        """Each half becomes a message of its own, so that what is found out survives a wait for the limit."""
        if len(order_ids) == 1:
            self.orders.move(order_ids[0], OrderState.PLACED, at=self.now(), reason=error.reason)
            self.report["LabelsRefused"] += 1
            return
        middle = len(order_ids) // 2
        halves = tuple(order_ids[:middle]), tuple(order_ids[middle:])
        self.labels_wanted.send(LabelsWanted(order_ids=half) for half in halves)

    def _store_cross_border(self, order_ids: Sequence[OrderId]) -> None:
        """PDF stickers; WB makes them while they are asked for, so those not ready stay owed."""
        answer = self.wb.call(CROSS_BORDER_STICKERS, body=OrderIds(orders=tuple(order_ids)))
        ready = [sticker for sticker in answer.stickers if sticker.ready]
        for sticker in ready:
            self._store(sticker, lambda content: fit_pdf(content, self.shop.labels.size))
        self.report["LabelsLeftOut"] += len(order_ids) - len(ready)

    def _store(self, sticker: Sticker | CrossBorderSticker, as_pdf: Callable[[bytes], bytes]) -> None:
        """One label into S3; a malformed one is parked and holds nobody back."""
        order_id = OrderId(sticker.order_id)
        try:
            pdf = as_pdf(sticker.content())
        except Rejected as error:
            self.orders.move(order_id, OrderState.PARKED, at=self.now(), reason=texts.bad_sticker(error.reason))
            self.report["LabelsParked"] += 1
            return
        self.labels.put(order_id, pdf)
        self.orders.move(
            order_id, OrderState.LABELLED, at=self.now(), sticker=f"{sticker.part_a} {sticker.part_b}".strip()
        )
        self.report["LabelsStored"] += 1

    def _link(self, records: Iterable[OrderRecord]) -> None:
        """The short link and the sticker's number into the Bitrix orders."""
        labelled = {r.shop_order_id: r for r in records if r.state is OrderState.LABELLED and r.shop_order_id}
        if not labelled:
            return
        values = {shop_order_id: self._properties(record) for shop_order_id, record in labelled.items()}
        written = bitrix_orders.set_properties(self.bitrix, values, self.property_ids())
        for shop_order_id, error in written.items():
            self._linked(labelled[ShopOrderId(shop_order_id)].order_id, error)
        later = [error for error in written.values() if isinstance(error, TryLater | NotAuthorised)]
        if later:
            raise later[0]

    def _linked(self, order_id: OrderId, error: SyncError | None) -> None:
        """An order that the shop refuses to change (somebody deleted it) is parked with the reason."""
        if error is None:
            self.orders.move(order_id, OrderState.DONE, at=self.now())
            self.report["LabelsLinked"] += 1
        elif isinstance(error, Rejected) and not isinstance(error, NotAuthorised):
            self.orders.move(order_id, OrderState.PARKED, at=self.now(), reason=error.reason)
            self.report["LabelsParked"] += 1

    def _properties(self, record: OrderRecord) -> dict[str, str]:
        codes = self.shop.orders.properties
        expires = self.now() + timedelta(days=self.shop.labels.link_days)
        path = signed_path(record.order_id, key=self.label_key, expires=expires)
        return {codes.label_url: self.base_url.rstrip("/") + path, codes.sticker: record.sticker}
