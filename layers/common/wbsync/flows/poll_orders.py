"""WB's new orders are stored before anything else, then queued for the shop."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from wbsync.domain.ids import Barcode, ChrtId, NmId, OrderId, SupplyId, WarehouseId
from wbsync.domain.orders import Money, Order
from wbsync.messages import NewOrder
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import NEW_ORDERS
from wbsync.wb.wire import OrderListed, OrderNew, OrderRow


def run(
    *,
    wb: WbClient,
    orders: OrdersStore,
    told: StockToldStore,
    new_orders: Queue[NewOrder],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Read `orders/new`, store what we have not seen, queue it for placing.

    What cannot be queued stays `stored`, where sweep finds it.
    """
    answer = wb.call(NEW_ORDERS)
    stored = store_unseen(answer.orders, orders=orders, told=told, now=now)
    new_orders.send(NewOrder(order_id=order_id) for order_id in stored)
    return {"OrdersSeen": len(answer.orders), "OrdersStored": len(stored), "OrdersUnreadable": answer.unreadable}


def store_unseen(
    listed: Iterable[OrderRow], *, orders: OrdersStore, told: StockToldStore, now: Callable[[], datetime]
) -> list[OrderId]:
    """Store those of WB's orders that we have never seen; which they were."""
    rows = {OrderId(row.id): row for row in listed}
    new = [_order(rows[order_id]) for order_id in sorted(orders.unseen(rows))]
    _forget_what_was_told(new, told, now())
    return [order.order_id for order in new if orders.put_new(order, now())]


def _forget_what_was_told(new: list[Order], told: StockToldStore, at: datetime) -> None:
    """WB lowers its own number when it sells, so what we last told is no longer what it has."""
    sizes: defaultdict[WarehouseId, set[ChrtId]] = defaultdict(set)
    for order in new:
        sizes[order.warehouse_id].add(order.chrt_id)
    for warehouse, chrt_ids in sizes.items():
        told.forget(warehouse, chrt_ids, at)


def _order(row: OrderRow) -> Order:
    """WB's row as we keep it: the price that the buyer pays, where WB tells it, in both currencies; no address."""
    new = row if isinstance(row, OrderNew) else None
    paid = row.price if new is None or new.final_price is None else new.final_price
    converted = row.converted_price if new is None or new.converted_final_price is None else new.converted_final_price
    seller_currency = row.converted_currency_code
    return Order(
        order_id=OrderId(row.id),
        rid=row.rid,
        order_uid=row.order_uid,
        created_at=row.created_at,
        article=row.article,
        nm_id=NmId(row.nm_id),
        chrt_id=ChrtId(row.chrt_id),
        barcodes=tuple(map(Barcode, row.skus)),
        warehouse_id=WarehouseId(row.warehouse_id),
        sale=Money.from_wb(paid, row.currency_code),
        converted=None if converted is None or seller_currency is None else Money.from_wb(converted, seller_currency),
        cross_border=row.cross_border_type == 1,
        cargo_type=row.cargo_type,
        b2b=row.options.b2b,
        delivery_date=(new.ddate or new.seller_date) if new else "",
        supply_id=row.supply_id if isinstance(row, OrderListed) else SupplyId(""),
        required_meta=new.required_meta if new else None,
        optional_meta=new.optional_meta if new else None,
    )
