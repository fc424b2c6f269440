"""The corners of PHP that a client meets: nested query strings, loose numbers, `[]` for an empty map."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from infra.local.bitrix.answers import Row

SHOP_TIME = timezone(timedelta(hours=3))

_NAME = re.compile(r"^([^\[]+)((?:\[[^\[\]]*\])*)$")
_KEY = re.compile(r"\[([^\[\]]*)\]")
_REFERENCE = re.compile(r"\$result((?:\[[^\[\]]*\])+)")
_NUMBER = re.compile(r"^\s*[+-]?\d+(\.\d+)?")


def parse_query(query: str) -> Row:
    """What `parse_str` makes of `filter[@orderId][0]=1&select[]=id`; arrays keyed 0..n-1 become lists."""
    tree: Row = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        _put(tree, _path(name), value)
    return {key: _lists(value) for key, value in tree.items()}


def resolve(value: object, results: Mapping[str, object]) -> object:
    """Put earlier results of a batch in the place of `$result[key][a][0]`; what is not there becomes "".

    A value that is one reference and nothing else may become an array, as in `ID=$result[user][DEPARTMENTS]`.
    """
    if isinstance(value, dict):
        return {key: resolve(inner, results) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, results) for inner in value]
    if not isinstance(value, str):
        return value
    if whole := _REFERENCE.fullmatch(value):
        found = _look_up(whole[1], results)
        return found if isinstance(found, list | dict) else as_text(found)
    return _REFERENCE.sub(lambda match: as_text(_look_up(match[1], results)), value)


def to_wire(value: object) -> Any:  # noqa: ANN401 (JSON)
    """JSON as PHP would write it: +03:00 times to the second, whole numbers without a point, `[]` for an empty map."""
    if isinstance(value, Mapping):
        return {str(key): to_wire(inner) for key, inner in value.items()} or []
    if isinstance(value, list | tuple):
        return [to_wire(inner) for inner in value]
    if isinstance(value, datetime):
        return value.astimezone(SHOP_TIME).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def as_number(value: object) -> Decimal:
    """`(float)$value`: a leading number counts, anything else is 0."""
    if isinstance(value, bool | None):
        return Decimal(int(bool(value)))
    match = _NUMBER.match(str(value))
    try:
        return Decimal(match[0].strip()) if match else Decimal(0)
    except InvalidOperation:  # pragma: no cover - the pattern allows only what Decimal reads
        return Decimal(0)


def as_int(value: object) -> int:
    return int(as_number(value))


def as_text(value: object) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, list | dict):
        return "Array"
    return "1" if value is True else str(value)


def as_time(value: object) -> datetime | None:
    """ISO 8601; a time without an offset is the shop's own. None for "" and for what is no time."""
    try:
        read = datetime.fromisoformat(as_text(value))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=SHOP_TIME)


def is_true(value: object) -> bool:
    return value not in (None, False, "", "0", 0)


def _path(name: str) -> list[str]:
    match = _NAME.match(name)
    if match is None:  # PHP turns what it cannot read into an underscore: `filter[` is the variable `filter_`
        return [name.replace("[", "_")]
    return [match[1], *_KEY.findall(match[2])]


def _put(tree: Row, path: list[str], value: str) -> None:
    for key in path[:-1]:
        inner = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(inner, dict):  # a[b]=1&a[b][c]=2: the later form wins
            inner = tree[key] = {}
        tree = inner
    tree[path[-1] or str(len(tree))] = value


def _lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    return list(inner.values()) if list(inner) == [str(at) for at in range(len(inner))] else inner


def _look_up(keys: str, results: Mapping[str, object]) -> object:
    found: object = results
    for key in _KEY.findall(keys):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return ""
    return found
