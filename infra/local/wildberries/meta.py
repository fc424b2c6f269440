"""Marking of orders (facts §4): what each key takes, how it is checked, and which decisions hold a supply back.

A code that only looks wrong is taken with 204, and its decision says so later. A code that looks right is `pending` for
`State.pending_minutes`; the outcome is a good one, or the one that was ordered through `/_sim/`.

Chosen where WB says nothing: every code of a several-piece `sgtin` is told in an element of its own; marking is deleted
in `confirm` only; an order that is not ours is left out of the reading, which is 404 when nothing is left; where the
specification has no 404 (imei, uin, gtin, deleting), an order that is not ours is 409 FailedToUpdateMeta.
WB's text lists `required` of gtin and expiration among the decisions that let a supply go, and says beside it that the
check failed: here it holds the supply back like any other `required`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from infra.local.wildberries.answers import (
    NO_CONTENT,
    Answer,
    Refusal,
    Request,
    body_of,
    is_integer,
    not_found,
    path_number,
    refuse,
    wrong_body,
    wrong_parameter,
)
from infra.local.wildberries.state import Mark, Order, State

_LETS_GO = {
    "filled",
    "optional",
    "deadlineExceeded",
    "imeiMaySell",
    "imeiSoldB2B",
    "uinMaySell",
    "sgtinIntroduced",
    "sgtinSoldB2B",
}
_GS = "\x1d"
_LEAST_SHELF_LIFE = timedelta(days=30)
_UNLIKE_CODES = re.compile(r"[^\x21-\x7e\x1d]")


@dataclass(frozen=True, slots=True)
class _Key:
    least: int  # characters of a value
    most: int
    good: str  # outcome of the check; "filled": it is not checked
    wrong: Callable[[str], str | None] = lambda _value: None  # the decision about a value that only looks wrong
    field: str = ""  # of the body; empty: the key itself
    deletable: bool = True
    told_unknown: bool = False  # 404 for an order that is not ours


def _wrong_sgtin(value: str) -> str | None:
    if any(character.isalpha() and not character.isascii() for character in value):
        return "sgtinHasNonLatinSymbols"
    if _UNLIKE_CODES.search(value):
        return "sgtinHasInvalidSymbols"
    if _GS not in value:
        return "sgtinNoGS"
    return None if re.match(r"01\d{14}21[^\x1d]+\x1d", value) else "sgtinInvalidPattern"


def _digits_or(decision: str) -> Callable[[str], str | None]:
    return lambda value: None if re.fullmatch(r"[0-9]+", value) else decision


KEYS = {
    "sgtin": _Key(16, 135, "sgtinIntroduced", _wrong_sgtin, field="sgtins", told_unknown=True),
    "uin": _Key(16, 16, "uinMaySell", _digits_or("uinInvalidFormat")),
    "imei": _Key(15, 15, "imeiMaySell", _digits_or("imeiInvalidFormat")),
    "gtin": _Key(13, 13, "filled"),
    "expiration": _Key(10, 10, "filled", deletable=False, told_unknown=True),
    "customsDeclaration": _Key(17, 29, "filled", told_unknown=True),
}
_MOST_SGTINS = 100


def details(state: State, order: Order) -> list[dict[str, object]]:
    """`metaDetails`: every key that the order must or may have."""
    return [row for key in (*order.required_meta, *order.optional_meta) for row in _details(state, order, key)]


def blocking(state: State, order: Order) -> list[dict[str, object]]:
    """Those that hold back the delivery; a missing value is the text "null", as in WB's own example."""
    held = [row for row in details(state, order) if row["decision"] not in _LETS_GO]
    return [row | {"value": row["value"] or "null"} for row in held]


def read(state: State, request: Request) -> Answer:
    asked = body_of(request).get("orders")
    if not isinstance(asked, list) or not all(is_integer(each) for each in asked) or len(asked) > 100:
        raise refuse(request, 400, "BadRequest", "Неправильный запрос")
    known = [state.orders[each] for each in dict.fromkeys(asked) if each in state.orders]
    if asked and not known:
        raise not_found(request)
    return Answer(200, {"orders": [{"id": each.id, "metaDetails": details(state, each)} for each in known]})


def writer(key: str) -> Callable[[State, Request], Answer]:
    """The handler of PUT …/meta/{key}."""

    def write(state: State, request: Request) -> Answer:
        values = _values(request, key)
        order = _order(state, request, told_unknown=KEYS[key].told_unknown)
        if key == "expiration":
            _long_enough(state, request, values[0])
        if key not in order.required_meta + order.optional_meta:
            raise refuse(request, 409, "MetaKeyNotRequired", "Order doesn't require ID")
        if order.supplier_status != "confirm":
            raise _failed(request)
        order.marks[key] = Mark(values, state.now)
        return NO_CONTENT

    return write


def delete(state: State, request: Request) -> Answer:
    key = request.query.get("key", "")
    if key not in KEYS or not KEYS[key].deletable:
        raise wrong_parameter(request)
    order = _order(state, request, told_unknown=False)
    if order.supplier_status != "confirm" or key not in order.required_meta + order.optional_meta:
        raise _failed(request)
    order.marks.pop(key, None)
    return NO_CONTENT


def _details(state: State, order: Order, key: str) -> list[dict[str, object]]:
    mark = order.marks.get(key)
    if mark is None:
        return [{"key": key, "value": None, "decision": "required" if key in order.required_meta else "optional"}]
    return [{"key": key, "value": each, "decision": _decision(state, order, key, each)} for each in mark.values]


def _decision(state: State, order: Order, key: str, value: str) -> str:
    rule = KEYS[key]
    ordered = order.decisions.get(key)
    natural = rule.wrong(value) or rule.good
    checked = state.now >= order.marks[key].put_at + state.pending_minutes * 60
    return (ordered or natural) if checked or rule.good == "filled" else "pending"


def _values(request: Request, key: str) -> list[str]:
    rule = KEYS[key]
    value = body_of(request).get(rule.field or key)
    values = value if rule.field else [value]
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise wrong_body(request)
    if not 1 <= len(values) <= _MOST_SGTINS or not all(rule.least <= len(each) <= rule.most for each in values):
        raise _incorrect(request)
    return values


def _long_enough(state: State, request: Request, value: str) -> None:
    try:
        until = datetime.strptime(value, "%d.%m.%Y").replace(tzinfo=UTC)
    except ValueError:
        raise _incorrect(request) from None
    if until.date() < (state.moment() + _LEAST_SHELF_LIFE).date():
        text = "Не удалось обновить срок годности. Указан срок меньше допустимого"
        raise refuse(request, 400, "LowExpirationDate", text)


def _order(state: State, request: Request, *, told_unknown: bool) -> Order:
    order = state.orders.get(path_number(request, "orderId"))
    if order is None:
        raise not_found(request) if told_unknown else _failed(request)
    return order


def _incorrect(request: Request) -> Refusal:
    return refuse(request, 400, "IncorrectRequest", "Переданы некорректные данные")


def _failed(request: Request) -> Refusal:
    return refuse(request, 409, "FailedToUpdateMeta", "Failed to update the label identifiers of the assembly order")
