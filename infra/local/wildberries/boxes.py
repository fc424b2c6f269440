"""Boxes of supplies that go to a pick-up point (facts §5). The specification knows 400 and 404 only, no 409.

Strictly as written, there are at most half as many boxes as orders: a supply of one order has none.
"""

from infra.local.wildberries import stickers
from infra.local.wildberries.answers import (
    NO_CONTENT,
    Answer,
    Request,
    body_of,
    is_integer,
    not_found,
    wrong_parameter,
)
from infra.local.wildberries.state import State, Supply
from infra.local.wildberries.supplies import supply_of, to_pickup_point


def listed(state: State, request: Request) -> Answer:
    return Answer(200, {"trbxes": [{"id": each} for each in supply_of(state, request).boxes]})


def add(state: State, request: Request) -> Answer:
    supply = supply_of(state, request)
    amount = body_of(request).get("amount")
    if not isinstance(amount, int) or not is_integer(amount) or not 1 <= amount <= 1_000:
        raise wrong_parameter(request)
    room = len(supply.order_ids) // 2 - len(supply.boxes)
    if supply.closed_at or not to_pickup_point(state, supply) or amount > room:
        raise wrong_parameter(request)
    made = [f"WB-TRBX-{state.next_box + at}" for at in range(amount)]
    state.next_box += amount
    supply.boxes += made
    return Answer(201, {"trbxIds": made})


def remove(state: State, request: Request) -> Answer:
    supply = supply_of(state, request)
    gone = _boxes(request, supply)
    if supply.closed_at:
        raise wrong_parameter(request)
    supply.boxes = [each for each in supply.boxes if each not in gone]
    return NO_CONTENT


def labels(state: State, request: Request) -> Answer:
    """580×400 as the stickers of orders; of a closed supply too."""
    supply = supply_of(state, request)
    if request.query.get("type") not in stickers.TYPES:
        raise wrong_parameter(request)
    papers = [_paper(supply, each) for each in _boxes(request, supply)]
    files = [stickers.sticker(paper, request.query["type"], (58, 40)) for paper in papers]
    told = [{"barcode": paper.code, "file": file} for paper, file in zip(papers, files, strict=True)]
    return Answer(200, {"stickers": told})


def _boxes(request: Request, supply: Supply) -> list[str]:
    """Those that were asked for; 404 when one of them is not in this supply."""
    asked = body_of(request).get("trbxIds")
    if not isinstance(asked, list) or not asked:
        raise wrong_parameter(request)
    if any(each not in supply.boxes for each in asked):
        raise not_found(request)
    return [str(each) for each in asked]


def _paper(supply: Supply, box: str) -> stickers.Sticker:
    number = box.rpartition("-")[2]
    return stickers.Sticker(f"$WBMP:1:{supply.number}:{number}", box[:-4], box[-4:])
