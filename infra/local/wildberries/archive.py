"""Orders that were made more than three months ago (facts §4), in their other shape.

An order comes here later when another one of its supply is not over yet.
"""

from datetime import timedelta
from uuid import uuid4

from infra.local.wildberries import meta, stickers
from infra.local.wildberries.answers import PROBLEM, Answer, Refusal, Request, titled
from infra.local.wildberries.state import OVER, Order, State

KEPT = timedelta(days=90)
_CARGO = {1: "mgt", 2: "sgt", 3: "kgtPlus"}


def listed(state: State, request: Request) -> Answer:
    """By id, from `next` on; an empty page answers next = 0."""
    year, month = _number(request, "year", 1, 9_999), _number(request, "month", 1, 12)
    after, limit = _number(request, "next", 0, 2**63), _number(request, "limit", 100, 1_000)
    page = [
        order
        for order in state.orders.values()
        if order.id > after
        and (order.created_at.year, order.created_at.month) == (year, month)
        and _archived(state, order)
    ][:limit]
    return Answer(200, {"next": page[-1].id if page else 0, "orders": [_wire(state, order) for order in page]})


def forbidden() -> Refusal:
    return _problem(403, "AccessDenied", "", [])


def _archived(state: State, order: Order) -> bool:
    if order.created_at >= state.moment() - KEPT:
        return False
    supply = state.supplies.get(order.supply_id or "")
    return supply is None or all(state.orders[each].wb_status in OVER for each in supply.order_ids)


def _wire(state: State, order: Order) -> dict[str, object]:
    facts = order.facts
    priced = ("price", "convertedPrice", "currencyCode", "convertedCurrencyCode")
    assembled = order.supplier_status != "new"
    return {name: facts[name] for name in ("id", "rid", "orderUid", "colorCode", "isZeroOrder", "options")} | {
        "cargoType": _CARGO[order.cargo_type],
        "createdAt": order.created_at.date().isoformat(),
        "crossBorder": {"parcel": stickers.parcel(order.id)} if order.cross_border else {},
        "crossBorderType": "crossBorder" if order.cross_border else "local",
        "metaDetails": meta.details(state, order),
        "priceInfo": {name: facts[name] for name in priced},
        "product": {name: facts[name] for name in ("article", "chrtId", "nmId", "skus")},
        "scanPrice": order.scan_price or 0,
        "status": {"supplierStatus": order.supplier_status, "wbStatus": order.wb_status},
        "stickerId": stickers.number_of(stickers.of_order(order.id, order.sticker)) if assembled else 0,
        "supplyId": order.supply_id or "",
        "warehouseId": order.warehouse_id,
    }


def _number(request: Request, name: str, least: int, most: int) -> int:
    text = request.query.get(name, "")
    if not text.isdecimal():
        raise _wrong(name, "expected integer", text)
    if not least <= int(text) <= most:
        raise _wrong(name, f"expected a number from {least} to {most}", text)
    return int(text)


def _wrong(name: str, message: str, value: str) -> Refusal:
    error: dict[str, object] = {"location": f"query.{name}", "message": message, "value": value}
    return _problem(400, "IncorrectParameter", "Incorrect parameter", [error])


def _problem(status: int, title: str, detail: str, errors: list[dict[str, object]]) -> Refusal:
    more = {
        "code": "BadRequest" if status == 400 else title,
        "errors": errors,
        "origin": "marketplace-public-api",
        "requestId": uuid4().hex,
        "status": status,
    }
    return titled(status, title, detail, more, content_type=PROBLEM)
