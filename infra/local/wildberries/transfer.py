"""Orders that the seller takes back from a delivered supply into an open one (facts §5), once in their life.

The answer is 200 whenever the request itself is right; each order has its own success or error.

Chosen where WB says nothing: a supply that does not exist is 400 (there is no 404 in the specification); an order that
WB has seen already stays where it is; both sticker numbers of a refused order are its present one, 0 when unknown.
"""

from infra.local.wildberries import stickers
from infra.local.wildberries.answers import Answer, Request, body_of, ids_of, wrong_parameter
from infra.local.wildberries.life import await_next
from infra.local.wildberries.state import Order, State, Supply


def transfer(state: State, request: Request) -> Answer:
    asked = ids_of(request, "orderIds", most=1_000)
    source = state.supplies.get(request.path["supplyId"])
    target = state.supplies.get(str(body_of(request).get("newSupplyId")))
    if source is None or target is None:
        raise wrong_parameter(request)
    return Answer(200, {"transferredOrders": [_transferred(state, each, source, target) for each in asked]})


def transferable(order: Order) -> bool:
    return (order.supplier_status, order.wb_status) == ("complete", "waiting") and not order.transferred


def _transferred(state: State, order_id: int, source: Supply, target: Supply) -> dict[str, object]:
    order = state.orders.get(order_id)
    old = _sticker(order) if order else 0
    error = _error(state, order, source, target)
    if order is None or error:
        return {"orderId": order_id, "oldStickerId": old, "newStickerId": old, "error": error}
    state.leave_supply(order)
    order.supply_id, order.supplier_status = target.id, "confirm"
    order.transferred, order.sticker = True, order.sticker + 1
    target.order_ids.append(order.id)
    await_next(state, order, state.now)
    return {"orderId": order_id, "oldStickerId": old, "newStickerId": _sticker(order), "success": True}


def _error(state: State, order: Order | None, source: Supply, target: Supply) -> dict[str, object] | None:
    if order is None or order.supply_id != source.id:
        return {"code": 404, "detail": "The order is not in this supply"}
    if target.closed_at:
        return {"code": 409, "detail": "The new supply is in delivery"}
    if not transferable(order):
        return {"code": 409, "detail": "The order can not be transferred"}
    if any(state.orders[each].kind != order.kind for each in target.order_ids[:1]):
        return {"code": 409, "detail": "The order does not suit the new supply"}
    return None


def _sticker(order: Order) -> int:
    return stickers.number_of(stickers.of_order(order.id, order.sticker))
