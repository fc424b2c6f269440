"""Stickers of orders (facts §4). Orders that are not in confirm or complete are left out without a word.

One order that lacks its required customs declaration has the whole ask refused.

Chosen where WB says nothing: each of the two operations leaves out the orders of the other kind (local, cross-border).
"""

from infra.local.wildberries import stickers
from infra.local.wildberries.answers import Answer, Request, ids_of, query_number, refuse, wrong_parameter
from infra.local.wildberries.state import Order, State


def png_svg_zpl(state: State, request: Request) -> Answer:
    size = query_number(request, "width"), query_number(request, "height")
    if request.query.get("type") not in stickers.TYPES or size not in stickers.SIZES:
        raise wrong_parameter(request)
    orders = _labelled(state, request, cross_border=False)
    if any("customsDeclaration" in order.required_meta and "customsDeclaration" not in order.marks for order in orders):
        raise refuse(request, 409, "CustomsDeclarationIsRequired", "Customs declaration is required")
    return Answer(200, {"stickers": [_sticker(order, request.query["type"], size) for order in orders]})


def cross_border(state: State, request: Request) -> Answer:
    """PDF; the first `awaiting_asks` answers for an order say awaitingTrackNumber."""
    return Answer(200, {"stickers": [_pdf(state, order) for order in _labelled(state, request, cross_border=True)]})


def _labelled(state: State, request: Request, *, cross_border: bool) -> list[Order]:
    orders = [state.orders[each] for each in ids_of(request, "orders", most=100) if each in state.orders]
    return [
        order
        for order in orders
        if order.supplier_status in {"confirm", "complete"} and order.cross_border is cross_border
    ]


def _sticker(order: Order, kind: str, size: tuple[int, int]) -> dict[str, object]:
    paper = stickers.of_order(order.id, order.sticker)
    return {
        "orderId": order.id,
        "partA": paper.part_a,
        "partB": paper.part_b,
        "barcode": paper.code,
        "file": stickers.sticker(paper, kind, size),
    }


def _pdf(state: State, order: Order) -> dict[str, object]:
    order.cross_border_asks += 1
    if order.cross_border_asks <= state.awaiting_asks:
        nothing = dict.fromkeys(("parcelId", "file", "partA", "partB", "barcode"), "")
        return {"orderId": order.id, "status": "awaitingTrackNumber"} | nothing
    paper = stickers.of_order(order.id, order.sticker)
    return {
        "orderId": order.id,
        "status": "ready",
        "parcelId": stickers.parcel(order.id),
        "file": stickers.cross_border_pdf(paper),
        "partA": paper.part_a,
        "partB": paper.part_b,
        "barcode": paper.code,
    }
