"""Assembly orders (facts §4): one order is one unit of one size. Times in the query are Unix seconds."""

from datetime import UTC, datetime, timedelta

from infra.local.wildberries import stickers
from infra.local.wildberries.answers import (
    NO_CONTENT,
    Answer,
    Request,
    ids_of,
    not_found,
    path_number,
    query_number,
    refuse,
    wrong_parameter,
)
from infra.local.wildberries.archive import KEPT
from infra.local.wildberries.life import await_next
from infra.local.wildberries.state import Order, State
from infra.local.wildberries.transfer import transferable

_WINDOW = timedelta(days=30)
# What GET /orders does not tell.
_ONLY_IN_NEW = {
    "salePrice",
    "finalPrice",
    "convertedFinalPrice",
    "requiredMeta",
    "optionalMeta",
    "isPickupPointShipmentAllowed",
}


def new(state: State, _request: Request) -> Answer:
    return Answer(200, {"orders": [order.facts for order in state.orders.values() if order.supplier_status == "new"]})


def listed(state: State, request: Request) -> Answer:
    """GET /api/v3/orders: by id, from `next` on; an empty page answers next = 0."""
    limit, after = query_number(request, "limit"), query_number(request, "next")
    begin, end = _window(state, request)
    if not 1 <= limit <= 1_000 or end - begin > _WINDOW:
        raise wrong_parameter(request)
    begin = max(begin, state.moment() - KEPT)
    page = [order for order in state.orders.values() if order.id > after and begin <= order.created_at <= end][:limit]
    return Answer(200, {"next": page[-1].id if page else 0, "orders": [_listed(order) for order in page]})


def statuses(state: State, request: Request) -> Answer:
    """POST /api/v3/orders/status reads; ids that are not ours are left out."""
    asked = ids_of(request, "orders", most=1_000)
    return Answer(200, {"orders": [_status(state.orders[each]) for each in asked if each in state.orders]})


def cancel(state: State, request: Request) -> Answer:
    """By the seller, until it is handed over; the unit is back on sale."""
    order = state.orders.get(path_number(request, "orderId"))
    if order is None:
        raise not_found(request)
    if order.supplier_status == "complete":
        raise refuse(request, 409, "StatusChangeNotAllowed", "Заказ уже передан в доставку")
    if not _cancellable(order):
        raise refuse(request, 409, "StatusMismatch", "Несоответствие статусов")
    order.supplier_status, order.wb_status = "cancel", "canceled"
    state.leave_supply(order)
    state.return_unit(order.warehouse_id, order.chrt_id)
    await_next(state, order, state.now)
    return NO_CONTENT


def _window(state: State, request: Request) -> tuple[datetime, datetime]:
    """A missing end is `dateFrom` + 30 days or now, a missing beginning 30 days before the end."""
    now = int(state.now) + 1
    month = int(_WINDOW.total_seconds())
    if "dateFrom" in request.query:
        begin = query_number(request, "dateFrom")
        end = query_number(request, "dateTo", min(now, begin + month))
    else:
        end = query_number(request, "dateTo", now)
        begin = end - month
    return datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)


def _listed(order: Order) -> dict[str, object]:
    told = {name: value for name, value in order.facts.items() if name not in _ONLY_IN_NEW}
    told["scanPrice"] = order.scan_price
    if order.supply_id is not None:
        told["supplyId"] = order.supply_id
    if order.cross_border and order.supplier_status == "complete":
        told["trackNumber"] = stickers.parcel(order.id)
    return told


def _status(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "supplierStatus": order.supplier_status,
        "wbStatus": order.wb_status,
        "isCancellable": _cancellable(order),
        "isTransferable": transferable(order),
    }


def _cancellable(order: Order) -> bool:
    return order.supplier_status in {"new", "confirm"} and order.wb_status == "waiting"
