"""Prices and discounts (facts §7): uploads that are worked on later, what became of them, and what goods cost now.

Prices are whole units of the cabinet's currency; a seeded card's kopecks are not shown. Chosen where WB says nothing: a
price with its discount of a third of the old one or less goes to quarantine, or what `State.quarantine_drop` says; an
upload that is not done yet has no state in the history; a row that says what is so already is a good one, unless all
of them do; a card that is not synced yet is one that is not there.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.wildberries.answers import Answer, Refusal, Request, is_integer
from infra.local.wildberries.state import Card, PriceTask, Size, State, stamp

_MOST, _MOST_DISCOUNT = 1000, 99
_OK, _CANCELLED, _PARTLY, _FAILED = 3, 4, 5, 6
_CURRENCIES = {933: "BYN", 643: "RUB", 398: "KZT", 51: "AMD", 417: "KGS", 860: "UZS"}
_SWITCHING = "You can't change prices and discounts while switching to another currency"
_SET = "The specified prices and discounts are already set"
_WRONG_OR_SET = "All item Nos. are specified incorrectly, or the specified prices and discounts are already set"
_QUARANTINED = "New price is several times lower than the current price. Item has been moved to Price Quarantine"

type _Row = dict[str, int]
type _Json = Any


def upload(state: State, request: Request) -> Answer:
    """POST /api/v2/upload/task."""
    return _taken(state, _rows(state, request, by_size=False), by_size=False)


def upload_sizes(state: State, request: Request) -> Answer:
    """POST /api/v2/upload/task/size."""
    return _taken(state, _rows(state, request, by_size=True), by_size=True)


def history(state: State, request: Request) -> Answer:
    """GET /api/v2/history/tasks: of an upload that is done; otherwise the data is empty."""
    task = _done(state, request)
    if task is None:
        return _told({})
    return _told(
        {
            "uploadID": task.id,
            "status": task.status,
            "uploadDate": stamp(task.sent_at),
            "activationDate": stamp(datetime.fromtimestamp(task.due, UTC)),
            "overAllGoodsNumber": len(task.rows),
            "successGoodsNumber": 0 if task.status == _CANCELLED else task.results.count(""),
        }
    )


def history_goods(state: State, request: Request) -> Answer:
    """GET /api/v2/history/goods/task."""
    task = _done(state, request)
    if task is None:
        return _told({})
    rows = [
        _history(state, row, text, prices)
        for row, text, prices in zip(task.rows, task.results, task.prices, strict=True)
    ]
    # No word of errors around this one, unlike all others.
    return Answer(200, {"data": {"uploadID": task.id, "historyGoods": _page(request, rows)}})


def buffer(_state: State, request: Request) -> Answer:
    """GET /api/v2/buffer/tasks: uploads that wait for a promotion, of which there are none here."""
    _number(request, "uploadID")
    return _told({})


def buffer_goods(_state: State, request: Request) -> Answer:
    """GET /api/v2/buffer/goods/task."""
    return _told({"uploadID": _number(request, "uploadID"), "bufferGoods": _page(request, [])})


def goods(state: State, request: Request) -> Answer:
    """GET /api/v2/list/goods/filter."""
    only = _number(request, "filterNmID", 0)
    rows = [priced(state, card) for card in _cards(state) if only in {0, card.nm_id}]
    return _told({"listGoods": _page(request, rows)})


def goods_of(state: State, request: Request) -> Answer:
    """POST /api/v2/list/goods/filter."""
    body = _body(request)
    wanted = body.get("nmList") if isinstance(body, dict) else None
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= _MOST or not all(map(is_integer, wanted)):
        raise _refusal(400, "Invalid request parameters")
    return _told({"listGoods": [priced(state, card) for card in _cards(state) if card.nm_id in set(wanted)]})


def sizes(state: State, request: Request) -> Answer:
    """GET /api/v2/list/goods/size/nm: only of goods whose sizes have prices of their own."""
    card = state.synced_card(_number(request, "nmID"))
    rows = [_size_row(state, card, size) for size in card.sizes] if card and card.sizes_have_prices else []
    return _told({"listGoods": _page(request, rows)})


def quarantine(state: State, request: Request) -> Answer:
    """GET /api/v2/quarantine/goods."""
    return _told({"quarantineGoods": _page(request, quarantined(state))})


def forbidden() -> Refusal:
    return _refusal(403, "Access denied")


def priced(state: State, card: Card) -> dict[str, object]:
    """As WB tells it in the lists of goods."""
    return {
        "nmID": card.nm_id,
        "vendorCode": card.vendor_code,
        "sizes": [
            {"sizeID": size.chrt_id, "techSizeName": size.tech_size} | _amounts(card, size) for size in card.sizes
        ],
        "currencyIsoCode4217": currency(state),
        "discount": card.discount,
        "clubDiscount": 0,
        "editableSizePrice": card.sizes_have_prices,
    }


def quarantined(state: State) -> list[dict[str, object]]:
    return [
        {
            "nmID": card.nm_id,
            "sizeID": 0,
            "techSizeName": "",
            "currencyIsoCode4217": currency(state),
            "newPrice": card.quarantine[0],
            "oldPrice": _price(card),
            "newDiscount": card.quarantine[1],
            "oldDiscount": card.discount,
            "priceDiff": _paid(*card.quarantine) - _paid(_price(card), card.discount),
        }
        for card in _cards(state)
        if card.quarantine is not None
    ]


def release(card: Card) -> None:
    """The seller says in the cabinet that the price in quarantine is right."""
    if card.quarantine is not None:
        price, card.discount = card.quarantine
        card.quarantine = None
        for size in card.sizes:
            size.price = price * 100


def currency(state: State) -> str:
    return _CURRENCIES[state.seller_currency]


def currency_code(alpha: str) -> int:
    """Raises ValueError for one that no cabinet has."""
    by_alpha = {name: code for code, name in _CURRENCIES.items()}
    if alpha not in by_alpha:
        raise ValueError(f"the currency is one of {', '.join(by_alpha)}")
    return by_alpha[alpha]


def play(state: State) -> None:
    """Work on every upload whose time has come."""
    for task in state.price_tasks.values():
        if task.status == 1 and task.due <= state.now:
            _work(state, task)


def _work(state: State, task: PriceTask) -> None:
    if state.prices_cancelled:
        task.status, task.results = _CANCELLED, ["Upload has been cancelled"] * len(task.rows)
    else:
        task.results = [_set(state, row, by_size=task.by_size) for row in task.rows]
        failed = len(task.rows) - task.results.count("")
        task.status = _OK if not failed else _FAILED if failed == len(task.rows) else _PARTLY
    task.prices = [_wanted(state, row) for row in task.rows]


def _set(state: State, row: _Row, *, by_size: bool) -> str:
    """Why not; "" when it is done."""
    card = state.synced_card(row["nmID"])
    if card is None:
        return "Item not found"
    if by_size:
        return _set_size(card, row)
    price, discount = row.get("price", _price(card)), row.get("discount", card.discount)
    if not price:
        return "Price not specified"
    old = _paid(_price(card), card.discount)
    if old and _paid(price, discount) * state.quarantine_drop <= old and not card.sizes_have_prices:
        card.quarantine = price, discount
        return _QUARANTINED
    if card.sizes_have_prices and "price" in row and len(card.sizes) > 1:
        return "Prices of this item are set by size"
    for size in card.sizes:
        size.price = price * 100 if "price" in row else size.price
    card.discount, card.quarantine = discount, None
    return ""


def _set_size(card: Card, row: _Row) -> str:
    size = next((size for size in card.sizes if size.chrt_id == row["sizeID"]), None)
    if size is None:
        return "Invalid size"
    if not card.sizes_have_prices:
        return "Prices of this item can not be set by size"
    size.price = row["price"] * 100
    return ""


def _wanted(state: State, row: _Row) -> tuple[int, int]:
    card = state.cards.get(row["nmID"])
    price = _price(card) if card else 0
    return row.get("price", price), row.get("discount", card.discount if card else 0)


def _taken(state: State, rows: list[_Row], *, by_size: bool) -> Answer:
    for task in state.price_tasks.values():
        if task.status == 1 and (task.rows, task.by_size) == (rows, by_size):
            told = {"data": {"id": task.id, "alreadyExists": True}, "error": False}
            return Answer(208, told | {"errorText": "This task already exists"})
    if all(_is_set(state, row) for row in rows):
        raise _refusal(400, _SET)
    if all(state.synced_card(row["nmID"]) is None or _is_set(state, row) for row in rows):
        raise _refusal(400, _WRONG_OR_SET)
    number, state.next_price_task = state.next_price_task, state.next_price_task + 1
    due = state.moment() + timedelta(seconds=state.prices_delay)
    state.price_tasks[number] = PriceTask(number, rows, by_size, state.moment(), due.timestamp())
    return _told({"id": number, "alreadyExists": False})


def _is_set(state: State, row: _Row) -> bool:
    card = state.synced_card(row["nmID"])
    if card is None:
        return False
    sizes = [size for size in card.sizes if row.get("sizeID", size.chrt_id) == size.chrt_id]
    return (
        bool(sizes)
        and all(row.get("price", _whole(size)) == _whole(size) for size in sizes)
        and row.get("discount", card.discount) == card.discount
    )


def _rows(state: State, request: Request, *, by_size: bool) -> list[_Row]:
    """The upload's rows; every rule that one of them breaks is a 400 for all."""
    if state.currency_switching:
        raise _refusal(409, _SWITCHING)
    body = _body(request)
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _refusal(400, "Invalid data format")
    wrong = _wrong_whole(rows, by_size=by_size) or next(
        (text for row in rows if (text := _wrong(row, by_size=by_size))), ""
    )
    if wrong:
        raise _refusal(400, wrong)
    names = ("nmID", "sizeID", "price") if by_size else ("nmID", "price", "discount")
    return [{name: row[name] for name in names if row.get(name) is not None} for row in rows]


def _body(request: Request) -> _Json:
    try:
        return json.loads(request.body)
    except ValueError:
        raise _refusal(400, "Invalid data format") from None


def _wrong_whole(rows: Sequence[dict[str, _Json]], *, by_size: bool) -> str:
    if not rows:
        return "Empty data"
    if len(rows) > _MOST:
        return "Upload limit exceeded: You can upload a maximum of 1 000 items"
    if by_size:
        return "Duplicate size IDs" if _repeat(row.get("sizeID") for row in rows) else ""
    return "Duplicate item Nos." if _repeat(row.get("nmID") for row in rows) else ""


def _wrong(row: dict[str, _Json], *, by_size: bool) -> str:
    """The first rule that the row breaks."""
    price, discount = row.get("price"), None if by_size else row.get("discount")
    rules = (
        ("Invalid item No.", not _is_positive(row.get("nmID"))),
        ("Invalid size", by_size and not _is_positive(row.get("sizeID"))),
        ("Price and discount not specified", price is None and discount is None),
        ("Price should be a whole number", isinstance(price, float)),
        ("Invalid price value", price is not None and not _is_positive(price)),
        ("Invalid discount value", discount is not None and not _is_discount(discount)),
    )
    return next((text for text, broken in rules if broken), "")


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and is_integer(value) and value > 0


def _is_discount(value: object) -> bool:
    return isinstance(value, int) and is_integer(value) and 0 <= value <= _MOST_DISCOUNT


def _history(state: State, row: _Row, text: str, prices: tuple[int, int]) -> dict[str, object]:
    card = state.cards.get(row["nmID"])
    size = next((size for size in card.sizes if size.chrt_id == row.get("sizeID")), None) if card else None
    return {
        "nmID": row["nmID"],
        "vendorCode": card.vendor_code if card else "",
        "sizeID": row.get("sizeID", 0),
        "techSizeName": size.tech_size if size else "",
        "price": prices[0],
        "currencyIsoCode4217": currency(state),
        "discount": prices[1],
        "clubDiscount": 0,
        "status": 3 if text else 2,
        "errorText": text,
    }


def _size_row(state: State, card: Card, size: Size) -> dict[str, object]:
    return {
        "nmID": card.nm_id,
        "sizeID": size.chrt_id,
        "vendorCode": card.vendor_code,
        "currencyIsoCode4217": currency(state),
        "discount": card.discount,
        "clubDiscount": 0,
        "techSizeName": size.tech_size,
        "editableSizePrice": card.sizes_have_prices,
    } | _amounts(card, size)


def _amounts(card: Card, size: Size) -> dict[str, object]:
    paid = _paid(_whole(size), card.discount)
    return {"price": _whole(size), "discountedPrice": paid, "clubDiscountedPrice": paid}


def _cards(state: State) -> Iterable[Card]:
    return (card for nm_id in sorted(state.cards) if (card := state.synced_card(nm_id)))


def _done(state: State, request: Request) -> PriceTask | None:
    task = state.price_tasks.get(_number(request, "uploadID"))
    return None if task is None or task.status == 1 else task


def _price(card: Card) -> int:
    return max((_whole(size) for size in card.sizes), default=0)


def _whole(size: Size) -> int:
    return size.price // 100


def _paid(price: int, discount: int) -> float:
    return round(price * (100 - discount) / 100, 2)


def _page(request: Request, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    limit, offset = _number(request, "limit"), _number(request, "offset", 0)
    if not 1 <= limit <= _MOST:
        raise _refusal(400, "Invalid request parameters")
    return rows[offset : offset + limit]


def _number(request: Request, name: str, default: int | None = None) -> int:
    text = request.query.get(name, "" if default is None else str(default))
    if not text.isdecimal():
        raise _refusal(400, "Invalid request parameters")
    return int(text)


def _repeat(values: Iterable[object]) -> bool:
    values = [str(value) for value in values]
    return len(set(values)) < len(values)


def _told(data: object) -> Answer:
    return Answer(200, {"data": data, "error": False, "errorText": ""})


def _refusal(status: int, text: str) -> Refusal:
    return Refusal(Answer(status, {"data": None, "error": True, "errorText": text}))
