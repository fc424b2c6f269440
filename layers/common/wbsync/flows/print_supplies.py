"""What people print of a supply: pick list, stickers in its order and the supply's code, made anew when they change.

A supply's files are compared by a fingerprint: its orders, which of their labels are there, whether its code is. So an
unchanged supply costs one call of WB. Shelf, name and photo are not compared: they help, and staff has the old ones.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import get_args
from zoneinfo import ZoneInfo

from wbsync import texts
from wbsync.bitrix import catalog
from wbsync.bitrix.catalog import Picture, ShownOffer
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import Barcode, OfferId, OrderId, SupplyId
from wbsync.domain.links import Link, ShopOffer, offer_of
from wbsync.domain.orders import Order, OrderState
from wbsync.domain.print_sheets import Layout, PrintLine, SupplyHead, supply_pdf
from wbsync.domain.shop import Shop
from wbsync.domain.supplies import DEFAULT_ZONE, SupplyFile, SupplyState
from wbsync.errors import NotAuthorised, Rejected, SyncError, TryLater
from wbsync.flows.deliver_supply import id_of, read_order_ids, read_supply
from wbsync.flows.offer_photos import read_photos
from wbsync.stores.labels import LabelsStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.supplies import SuppliesStore, SupplyRecord
from wbsync.wb.client import WbClient
from wbsync.wb.operations import SUPPLY_BARCODE
from wbsync.wb.wire import SupplyRow

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
FILES: Mapping[Layout, SupplyFile] = {"thermal": SupplyFile.THERMAL, "a4": SupplyFile.A4}

AWAITED_FOR = timedelta(days=3)
"""For so long after the delivery a file that lacks labels is made anew when they come."""

_COMPLETE = "0."  # how the fingerprint of a file that lacks no label begins
_LABELLED = frozenset({OrderState.LABELLED, OrderState.DONE, OrderState.FINISHED})
_UNLABELLED = frozenset({OrderState.STORED, OrderState.WAITING, OrderState.PLACED})
_NO_SIZE = "0"  # as WB writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """The files of one supply, and what they lack."""

    files: Mapping[Layout, bytes]
    orders: int  # that are to be picked
    missing: tuple[OrderId, ...]  # without a sticker
    unknown: tuple[OrderId, ...]  # that wbsync does not know
    cancelled: tuple[OrderId, ...]  # before they left the seller: left out
    has_code: bool
    shop_failed: SyncError | None  # why places and photos are missing


@dataclass(frozen=True, slots=True)
class _Goods:
    """What the shop knows of the orders' goods."""

    links: Mapping[Barcode, Link]
    shown: Mapping[OfferId, ShownOffer]
    photos: Mapping[Picture, bytes]
    failed: SyncError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintSupplies:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    supplies: SuppliesStore
    links: LinksStore
    labels: LabelsStore
    now: Callable[[], datetime]
    photos: MutableMapping[Picture, bytes] = field(default_factory=dict)  # read before, kept between runs
    later: list[TryLater] = field(default_factory=list)  # what is to be tried again at the next tick
    report: Counter[str] = field(default_factory=Counter)

    def run(self, *, deadline: datetime) -> dict[str, int]:
        """Make the files of all supplies whose content changed; counts by metric name.

        Nothing when the configuration has no `supplies`. One supply that fails holds back no other. Raises
        NotAuthorised, at the end when it is the shop's; TryLater when nothing else came of it.
        """
        if self.shop.supplies is None:
            return {}
        refused: list[NotAuthorised] = []
        for record in self._standing():
            if self.now() >= deadline:
                break  # those that are up to date by then are passed quickly at the next tick
            self._tried(record, refused)
        if refused:
            raise refused[0]
        if self.later and not self.report["SuppliesPrinted"]:
            raise self.later[0]
        counted = ("SuppliesPrinted", "PrintsRefused", "StickersMissing")
        return {name: self.report[name] for name in counted} | {"PrintsPutOff": len(self.later)}

    def print_supply(self, supply_id: SupplyId, layouts: Collection[Layout] = LAYOUTS) -> Printed:
        """Make and keep the files of any supply of the seller, also of one made in WB's cabinet.

        Raises Rejected when WB has no such supply, and what WbClient.call and the stores raise.
        """
        row = read_supply(self.wb, supply_id)
        if row is None:
            raise Rejected(f"WB has no supply {supply_id}")
        order_ids = read_order_ids(self.wb, supply_id)
        return self._kept(row, order_ids, self.orders.get(order_ids), layouts)

    # ---- which

    def _standing(self) -> Iterator[SupplyRecord]:
        for state in (SupplyState.OPEN, SupplyState.DELIVERED):
            yield from self.supplies.in_state(state)
        since = self.now() - AWAITED_FOR
        for record in self.supplies.in_state(SupplyState.DONE):
            if (record.delivered_at or record.opened_at) > since and not record.printed.startswith(_COMPLETE):
                yield record

    def _tried(self, record: SupplyRecord, refused: list[NotAuthorised]) -> None:
        try:
            printed = self._bring_up_to_date(record)
        except NotAuthorised:
            raise  # the token, or a role: it would be the same for all
        except TryLater as error:
            self.later.append(error)
        except Rejected:
            self.report["PrintsRefused"] += 1
        else:
            if printed and isinstance(printed.shop_failed, NotAuthorised):
                refused.append(printed.shop_failed)

    def _bring_up_to_date(self, record: SupplyRecord) -> Printed | None:
        """None when nothing changed."""
        supply_id, began = id_of(record), self.now()
        order_ids = read_order_ids(self.wb, supply_id)
        records = self.orders.get(order_ids)
        wanted = fingerprint(order_ids, records, code=record.code_at is not None)
        if record.printed == wanted or not (order_ids or record.printed):
            return None
        row = read_supply(self.wb, supply_id)
        if row is None:
            return None  # removed just now
        printed = self._kept(row, order_ids, records, LAYOUTS)
        if printed.shop_failed is None:
            # Not the moment of now: what came while the files were made is not in them.
            self.supplies.print_kept(record, wanted, began)
        self.report.update(SuppliesPrinted=1, StickersMissing=len(printed.missing))
        return printed

    # ---- the files

    def _kept(
        self,
        row: SupplyRow,
        order_ids: Sequence[OrderId],
        records: Mapping[OrderId, OrderRecord],
        layouts: Collection[Layout],
    ) -> Printed:
        cancelled = [order_id for order_id in order_ids if order_id in records and _is_cancelled(records[order_id])]
        picked = [order_id for order_id in order_ids if order_id not in cancelled]
        stickers = self.labels.read(o for o in picked if o in records and _has_label(records[o]))
        goods = self._goods([record.order for record in records.values()])
        lines = [_line(order_id, records.get(order_id), stickers.get(order_id), goods) for order_id in picked]
        head, code = self._head(row, order_ids, records), self._code(row)
        size, supply_id = self.shop.labels.size, SupplyId(row.id)
        files = {layout: supply_pdf(head, lines, layout=layout, size=size, code=code) for layout in layouts}
        for layout, pdf in files.items():
            self.labels.put_supply_file(supply_id, FILES[layout], pdf)
        return Printed(
            files=files,
            orders=len(lines),
            missing=tuple(order_id for order_id in picked if order_id not in stickers),
            unknown=tuple(order_id for order_id in picked if order_id not in records),
            cancelled=tuple(cancelled),
            has_code=code is not None,
            shop_failed=goods.failed,
        )

    def _head(self, row: SupplyRow, order_ids: Sequence[OrderId], records: Mapping[OrderId, OrderRecord]) -> SupplyHead:
        names = {warehouse.wb: warehouse.name for warehouse in self.shop.warehouses}
        warehouses = {record.order.warehouse_id for record in records.values()}
        rules = self.shop.supplies
        zone = ZoneInfo(rules.cut_off.timezone if rules and rules.cut_off else DEFAULT_ZONE)
        return SupplyHead(
            supply_id=SupplyId(row.id),
            name=row.name,
            warehouse=", ".join(names.get(each) or str(each) for each in sorted(warehouses)) or "—",
            printed_at=self.now().astimezone(zone),
            count=len(order_ids),
        )

    def _code(self, row: SupplyRow) -> bytes | None:
        """The supply's QR code once WB has one; the papers are worth having without it."""
        supply_id = SupplyId(row.id)
        if not row.done:
            return None
        if kept := self.labels.read_supply_file(supply_id, SupplyFile.CODE):
            return kept
        try:
            code = self.wb.call(SUPPLY_BARCODE, path={"supply_id": supply_id}, query={"type": "png"}).content()
        except NotAuthorised:
            raise
        except Rejected:
            return None
        self.labels.put_supply_file(supply_id, SupplyFile.CODE, code)
        return code

    def _goods(self, orders: Sequence[Order]) -> _Goods:
        """Stickers are printed though the shop is down: names are known from the links."""
        links = self.links.get(barcode for order in orders for barcode in order.barcodes)
        offers = {o.offer_id: o.iblock_id for order in orders if (o := offer_of(order.barcodes, links))}
        place = self.shop.supplies.place_property if self.shop.supplies else None
        try:
            shown = catalog.read_shown(self.bitrix, self.shop.catalog, offers, place_property=place)
        except SyncError as error:
            return _Goods(links, {}, {}, error)
        pictures = [offer.picture for offer in shown.values() if offer.picture]
        return _Goods(links, shown, read_photos(self.bitrix, pictures, kept=self.photos, now=self.now), None)


def fingerprint(order_ids: Collection[OrderId], records: Mapping[OrderId, OrderRecord], *, code: bool) -> str:
    """What a supply's files show, in few characters: how many labels are missing, then a digest of all that counts."""
    marks = {order_id: _mark(records.get(order_id)) for order_id in sorted(order_ids)}
    missing = sum(mark in _LACKING for mark in marks.values())
    told = "\n".join(["code" if code else "", *(f"{order_id} {mark}" for order_id, mark in marks.items())])
    return f"{missing}.{sha256(told.encode()).hexdigest()[:32]}"


_LACKING = ("unknown", "owed")


def _mark(record: OrderRecord | None) -> str:
    if record is None:
        return "unknown"
    if _is_cancelled(record):
        return "cancelled"
    return f"label {record.sticker}" if _has_label(record) else "owed"


def _is_cancelled(record: OrderRecord) -> bool:
    """Before it left the seller: nobody is to pick it."""
    return record.status is not None and record.status.cancelled and not record.status.gone


def _has_label(record: OrderRecord) -> bool:
    """A placed order's label is owed, be it that it has an old one: WB moved it into another supply."""
    return record.state in _LABELLED or (bool(record.sticker) and record.state not in _UNLABELLED)


def _line(order_id: OrderId, record: OrderRecord | None, sticker: bytes | None, goods: _Goods) -> PrintLine:
    if record is None:
        name = texts.ORDER_UNKNOWN_HERE
        return PrintLine(order_id=order_id, article="", name=name, size="", barcode="", sticker=None)
    order = record.order
    offer = offer_of(order.barcodes, goods.links)
    shown = goods.shown.get(offer.offer_id) if offer else None
    return PrintLine(
        order_id=order_id,
        article=order.article,
        name=shown.name if shown else offer.name if offer else "",
        size=_size(order, goods.links),
        barcode=_barcode(order, offer, goods.links),
        place=shown.place if shown else "",
        photo=goods.photos.get(shown.picture) if shown and shown.picture else None,
        sticker=sticker,
        sticker_number=record.sticker,
    )


def _size(order: Order, links: Mapping[Barcode, Link]) -> str:
    known = (size for barcode in order.barcodes if barcode in links for size in links[barcode].sizes)
    size = next((size.size for size in known if size.chrt_id == order.chrt_id), "")
    return "" if size == _NO_SIZE else size


def _barcode(order: Order, offer: ShopOffer | None, links: Mapping[Barcode, Link]) -> str:
    """The one that stands on the shop's goods."""
    linked = (b for b in order.barcodes if offer and b in links and offer in links[b].offers)
    return next(linked, next(iter(order.barcodes), ""))
