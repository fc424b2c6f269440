"""What lies in WB's own warehouses (facts §8): set through the world or `/_sim/wb-stock`, untouched by orders."""

from uuid import uuid4

from infra.local.wildberries.answers import NO_CONTENT, Answer, Refusal, Request, body_of, is_integer, titled
from infra.local.wildberries.state import State

_MOST_ROWS, _MOST_CARDS = 250_000, 1_000
_WAREHOUSE = {"warehouseId": -999_999, "warehouseName": "Склад WB", "regionName": "Склад WB"}
_COUNTED = ("quantity", "inWayToClient", "inWayFromClient")


def wb_warehouses(state: State, request: Request) -> Answer:
    """204 when there is nothing. `chrtIds` counts only beside `nmIds`; an empty list asks for everything."""
    try:
        body = body_of(request)
    except Refusal:
        raise _wrong("the body is no JSON object") from None
    cards, sizes = _ids(body, "nmIds", most=_MOST_CARDS), _ids(body, "chrtIds", most=_MOST_ROWS)
    limit = _number(body, "limit", default=_MOST_ROWS, most=_MOST_ROWS)
    offset = _number(body, "offset", default=0, most=2**63)
    wanted = [
        row for row in state.wb_stock if not cards or (row["nmId"] in cards and (not sizes or row["chrtId"] in sizes))
    ]
    page = wanted[offset : offset + limit]
    return Answer(200, {"data": {"items": [row | _WAREHOUSE for row in page]}}) if page else NO_CONTENT


def row_of(state: State, told: dict[str, int]) -> dict[str, int]:
    """A row of `State.wb_stock` from {"chrtId", "quantity"?, "inWayToClient"?, "inWayFromClient"?}."""
    unknown = set(told) - {"chrtId", *_COUNTED}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    counted = {name: told.get(name, 0) for name in _COUNTED}
    return {"nmId": state.sizes[told["chrtId"]].nm_id, "chrtId": told["chrtId"]} | counted


def forbidden() -> Refusal:
    return _refused(403, "Forbidden", "token has no access to this category")


def _ids(body: dict[str, object], name: str, *, most: int) -> list[int]:
    ids = body.get(name, [])
    if not isinstance(ids, list) or not all(is_integer(each) for each in ids) or len(ids) > most:
        raise _wrong(f"{name}: at most {most} integers")
    return ids


def _number(body: dict[str, object], name: str, *, default: int, most: int) -> int:
    number = body.get(name, default)
    if not isinstance(number, int) or not is_integer(number) or not 0 <= number <= most:
        raise _wrong(f"{name}: from 0 to {most}")
    return number


def _wrong(detail: str) -> Refusal:
    return _refused(400, "Invalid request body", detail)


def _refused(status: int, title: str, detail: str) -> Refusal:
    return titled(status, title, detail, {"requestId": uuid4().hex, "origin": "analytics-open-api"})
