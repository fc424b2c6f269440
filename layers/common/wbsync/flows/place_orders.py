"""WB orders become Bitrix orders: looked up by `xmlId` before they are made, completed when half made, never twice.

An order that another module made of the same WB order (Orders.adopted_by) is taken for ours: it gets our properties,
and its line, payment and shipment stay as they are.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wbsync import texts
from wbsync.bitrix import order_lookups
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import Barcode, OrderId, ShopOrderId
from wbsync.domain.links import Link, offer_of
from wbsync.domain.orders import Money, Order, OrderState, ShopOrder
from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, Rejected, SyncError, TryLater, Unavailable
from wbsync.messages import NewOrder
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrderRecord, OrdersStore

LEASE = 300.0
"""Seconds for which an order is one worker's: the function's time-out, and then SETTLED."""

SETTLED = 120.0
"""Seconds after which Bitrix has ended whatever it was doing when the connection broke: PHP goes on after its client is
gone, so an order may appear later than the error that announced its failure."""

DOUBTED_FOR = timedelta(hours=1)
"""For how long after a doubtful failure a second copy of the order is looked for and taken back."""

TO_BE_PLACED = (OrderState.STORED, OrderState.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrders:
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    links: LinksStore
    property_ids: Callable[[], Mapping[str, int]]
    now: Callable[[], datetime]

    def run(self, messages: Sequence[NewOrder]) -> tuple[list[SyncError | None], dict[str, int]]:
        """Place up to ten orders with two requests to Bitrix; what became of each message, and counts."""
        records = self.orders.get(message.order_id for message in messages)
        mine = {order_id: r for order_id, r in records.items() if r.state in TO_BE_PLACED and self._lease(order_id)}
        shop_orders, unplaceable = self._as_shop_orders(mine.values())
        for order_id, (state, reason) in unplaceable.items():
            self.orders.move(order_id, state, at=self.now(), reason=reason)
        placed: dict[OrderId, ShopOrderId | SyncError] = {}
        adopted: Mapping[OrderId, Sequence[ShopOrderId]] = {}
        try:
            self._take_back_doubles(records.values())
            placed, adopted = self._place(shop_orders)
            outcome = {order_id: self._settled(order_id, result) for order_id, result in placed.items()}
        except SyncError as error:  # of a request that concerns all of them: it parks none
            outcome = {order_id: self._put_off(order_id, error) for order_id in shop_orders}
        return [self._verdict(message.order_id, records, mine, outcome) for message in messages], {
            "OrdersPlaced": sum(isinstance(result, int) for result in placed.values()),
            "OrdersAdopted": sum(isinstance(placed[order_id], int) for order_id in adopted),
            "OrdersAdoptedOfSeveral": sum(len(candidates) > 1 for candidates in adopted.values()),
            "OrdersWithoutLink": sum(state is OrderState.WAITING for state, _ in unplaceable.values()),
            "OrdersParked": sum(state is OrderState.PARKED for state, _ in unplaceable.values())
            + sum(_is_final(result) for result in placed.values()),
        }

    def _lease(self, order_id: OrderId) -> bool:
        return self.orders.lease(order_id, now=self.now(), seconds=LEASE)

    def _as_shop_orders(
        self, records: Iterable[OrderRecord]
    ) -> tuple[dict[OrderId, ShopOrder], dict[OrderId, tuple[OrderState, str]]]:
        """Orders that can be placed, and why the others cannot."""
        records = list(records)
        links = self.links.get(barcode for record in records for barcode in record.order.barcodes)
        shop_orders: dict[OrderId, ShopOrder] = {}
        unplaceable: dict[OrderId, tuple[OrderState, str]] = {}
        for record in records:
            made = as_shop_order(record.order, links, self.shop)
            if isinstance(made, ShopOrder):
                shop_orders[record.order_id] = made
            else:
                unplaceable[record.order_id] = made
        return shop_orders, unplaceable

    def _place(
        self, shop_orders: Mapping[OrderId, ShopOrder]
    ) -> tuple[dict[OrderId, ShopOrderId | SyncError], Mapping[OrderId, Sequence[ShopOrderId]]]:
        """Look the orders up; complete those that stand in Bitrix, adopt another module's, make the others.

        Tells what became of each, and between which orders of the shop an adoption had to choose.
        """
        if not shop_orders:
            return {}, {}
        found = bitrix_orders.find(self.bitrix, list(shop_orders))
        absent = [order_id for order_id in shop_orders if not found.get(order_id)]
        elsewhere = self._made_elsewhere(absent)
        property_ids = self.property_ids()
        new = [shop_orders[order_id] for order_id in absent if order_id not in elsewhere]
        result = self._complete({i: found[i] for i in shop_orders if found.get(i)}, shop_orders, property_ids)
        result |= self._adopt(elsewhere, shop_orders, property_ids)
        made = bitrix_orders.place(self.bitrix, new, self.shop.orders, property_ids)
        return result | made | self._kept_all_the_same(made), elsewhere

    def _kept_all_the_same(
        self, made: Mapping[OrderId, ShopOrderId | SyncError]
    ) -> dict[OrderId, ShopOrderId | SyncError]:
        """Orders that Bitrix refused and has: its warnings after saving look like refusals (Bitrix facts §3.2)."""
        refused = {order_id: result for order_id, result in made.items() if _is_final(result)}
        found = bitrix_orders.find(self.bitrix, list(refused))
        return {i: _incomplete(refused[i]) or ids[0] for i, ids in found.items() if ids}

    def _made_elsewhere(self, order_ids: Collection[OrderId]) -> dict[OrderId, list[ShopOrderId]]:
        """Another module's orders of these; a cancelled one only where none stands."""
        found = order_lookups.made_elsewhere(self.bitrix, order_ids, self.shop.orders.adopted_by)
        return {i: [row.id for row in same if not row.canceled] or [same[0].id] for i, same in found.items()}

    def _adopt(
        self,
        elsewhere: Mapping[OrderId, Sequence[ShopOrderId]],
        shop_orders: Mapping[OrderId, ShopOrder],
        property_ids: Mapping[str, int],
    ) -> dict[OrderId, ShopOrderId | SyncError]:
        """Write our properties onto orders that another module made, the first where there are several."""
        if not elsewhere:
            return {}
        chosen = {order_id: candidates[0] for order_id, candidates in elsewhere.items()}
        values = {
            shop_id: {code: value for code, value in shop_orders[order_id].properties.items() if value}
            for order_id, shop_id in chosen.items()
        }
        written = bitrix_orders.set_properties(self.bitrix, values, property_ids)
        return {order_id: written[shop_id] or shop_id for order_id, shop_id in chosen.items()}

    def _complete(
        self,
        found: Mapping[OrderId, Sequence[ShopOrderId]],
        shop_orders: Mapping[OrderId, ShopOrder],
        property_ids: Mapping[str, int],
    ) -> dict[OrderId, ShopOrderId | SyncError]:
        """Finish what an earlier try began; of doubled orders the first is kept and the others are cancelled."""
        if not found:
            return {}
        kept = {ids[0]: shop_orders[order_id] for order_id, ids in found.items()}
        failed = self._cancel({order_id: ids[1:] for order_id, ids in found.items()})
        done = bitrix_orders.complete(self.bitrix, kept, self.shop.orders, property_ids)
        return {order.order_id: _incomplete(done[i]) or failed.get(order.order_id) or i for i, order in kept.items()}

    def _take_back_doubles(self, records: Iterable[OrderRecord]) -> None:
        """An order that was made again after a doubtful failure may appear once more for as long as PHP can live."""
        doubtful = {r.order_id: r for r in records if r.doubtful_since and r.shop_order_id}
        found = bitrix_orders.find(self.bitrix, list(doubtful))
        others = {i: [other for other in ids if other != doubtful[i].shop_order_id] for i, ids in found.items()}
        failed = self._cancel(others)
        for order_id, record in doubtful.items():
            over = record.doubtful_since and self.now() - record.doubtful_since > DOUBTED_FOR
            if over and order_id not in failed:
                self.orders.trust(order_id)

    def _cancel(self, doubles: Mapping[OrderId, Sequence[ShopOrderId]]) -> dict[OrderId, SyncError]:
        """Cancel these; the orders for which Bitrix did not obey, which is tried again whatever the reason."""
        of = {shop_order_id: order_id for order_id, ids in doubles.items() for shop_order_id in ids}
        if not of:
            return {}
        cancelled = bitrix_orders.cancel(self.bitrix, list(of), reason=texts.DOUBLED_ORDER)
        return {
            of[i]: TryLater(f"double not cancelled: {error}", wait=SETTLED) for i, error in cancelled.items() if error
        }

    def _settled(self, order_id: OrderId, result: ShopOrderId | SyncError) -> SyncError | None:
        """Write down what became of an order."""
        if isinstance(result, int):
            self.orders.move(order_id, OrderState.PLACED, at=self.now(), shop_order_id=result)
            return None
        if _is_final(result):
            self.orders.move(order_id, OrderState.PARKED, at=self.now(), reason=str(result))
            return None
        return self._put_off(order_id, result)

    def _put_off(self, order_id: OrderId, error: SyncError) -> SyncError:
        """The lease outlives a failure for as long as Bitrix may still be at it."""
        if not isinstance(error, TryLater):
            return error
        doubtful = isinstance(error, Unavailable) and error.maybe_done
        wait = max(SETTLED, error.wait) if doubtful else error.wait
        until = self.now() + timedelta(seconds=wait)
        self.orders.put_off(order_id, until, reason=str(error), doubtful_since=self.now() if doubtful else None)
        return TryLater(str(error), wait=wait + 1)

    def _verdict(
        self,
        order_id: OrderId,
        records: Mapping[OrderId, OrderRecord],
        mine: Mapping[OrderId, OrderRecord],
        outcome: Mapping[OrderId, SyncError | None],
    ) -> SyncError | None:
        if order_id not in records:
            return Rejected(f"order {order_id} is queued but was never stored")
        if order_id in mine:
            return outcome.get(order_id)
        if records[order_id].state in TO_BE_PLACED:
            return TryLater(f"order {order_id} is being placed by another worker", wait=LEASE)
        return None


def _incomplete(result: ShopOrderId | SyncError | None) -> SyncError | None:
    """A refusal of a part of an order that stands in the shop: it is looked at again instead of being parked, since the
    part may be there all the same.
    """
    if result is not None and _is_final(result):
        return TryLater(f"stands in the shop, perhaps not whole: {result}", wait=SETTLED)
    return result if isinstance(result, SyncError) else None


def _is_final(result: ShopOrderId | SyncError) -> bool:
    """A refusal of this one order. A missing right concerns all orders: they wait until it is given."""
    return isinstance(result, Rejected) and not isinstance(result, NotAuthorised)


def as_shop_order(order: Order, links: Mapping[Barcode, Link], shop: Shop) -> ShopOrder | tuple[OrderState, str]:
    """The Bitrix order to be made, or the state in which the order stays and why."""
    offer = offer_of(order.barcodes, links)
    if offer is None:
        return OrderState.WAITING, texts.unknown_barcode(order.barcodes)
    price = _price(order, shop.orders.currency)
    if price is None:
        return OrderState.PARKED, texts.foreign_currency(_amounts(order), shop.orders.currency)
    codes = shop.orders.properties
    return ShopOrder(
        order_id=order.order_id,
        offer_id=offer.offer_id,
        units=shop.stock.of(offer.offer_id).units_per_pack,
        price=price.amount,
        currency=price.currency,
        comment=texts.order_comment(order.order_id, order.article, _amounts(order)),
        properties={
            codes.order_id: str(order.order_id),
            codes.order_uid: order.order_uid,
            codes.rid: order.rid,
            codes.supply_id: order.supply_id,
            codes.delivery_date: order.delivery_date,
            codes.status: "new",
            codes.account: shop.account,
        },
    )


def _price(order: Order, currency: str) -> Money | None:
    """The amount that WB gives in the shop's currency: of the sale, or converted to the seller's country."""
    return next((money for money in (order.sale, order.converted) if money and money.currency == currency), None)


def _amounts(order: Order) -> list[Money]:
    return [order.sale, *([order.converted] if order.converted else [])]
