"""`select`, `filter`, `order`, `start`: what all list methods share (bitrix facts §2.4)."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from operator import ge, gt, itemgetter, le, lt
from typing import Any

from infra.local.bitrix.answers import PAGE, Answer, Params, Refused, Row, bad
from infra.local.bitrix.php import as_int, as_number, as_text, as_time

_PREFIX = re.compile(r"^(!=%|!%=|!@|!%|!=|>=|<=|=%|%=|[!=<>@%])?(.+)$")
_NOTHING: Row = {}

Test = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class _Condition:
    operator: str
    field: str
    value: object


def page(
    rows: Sequence[Row], params: Params, key: str, *, defaults: Row = _NOTHING, in_operator: bool = True
) -> Answer:
    """One page of `rows` (which stand in order of their ids) as `{key: [...]}`.

    `defaults`: fields that every row has but few rows hold, so that a hundred thousand products stay small; a function
    of the row is asked for its value.
    `in_operator`: catalog.product.* has no `@`; there a list given to plain equality means IN.
    """
    conditions = _conditions(_array(params, "filter"), in_operator=in_operator)
    start = as_int(params.get("start", 0))
    found = _sorted(_matching(rows, conditions, defaults), _array(params, "order"), defaults)
    fields = chosen(_array(params, "select"))
    if start < 0:
        return Answer({key: [_shown(row, fields, defaults) for row in islice(found, PAGE)]})
    every = list(found)
    shown = [_shown(row, fields, defaults) for row in every[start : start + PAGE]]
    following = start + PAGE if start + PAGE < len(every) else None
    return Answer({key: shown}, total=len(every), next_start=following)


def filtered(rows: Sequence[Row], conditions: Mapping[str, object]) -> list[Row]:
    return list(_matching(rows, _conditions(conditions, in_operator=True), _NOTHING))


def ordered(rows: Sequence[Row], order: Mapping[str, object]) -> list[Row]:
    return list(_sorted(rows, order, _NOTHING))


def chosen(select: object) -> list[str]:
    """The names in `select`, which PHP takes with any keys."""
    return [as_text(name) for name in (select.values() if isinstance(select, Mapping) else _items(select))]


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _array(params: Params, name: str) -> dict[str, object]:
    value = params.get(name)
    if value is None:
        return {}
    if isinstance(value, list):  # PHP knows one kind of array: [] is an empty map too
        return {str(at): item for at, item in enumerate(value)}
    if not isinstance(value, dict):
        text = f"Invalid value {{{as_text(value)}}} to match with parameter {{{name}}}. Should be value of type array."
        raise Refused("100", text)
    return value


def _conditions(wanted: Mapping[str, object], *, in_operator: bool) -> list[_Condition]:
    read: list[_Condition] = []
    for name, value in wanted.items():
        match = _PREFIX.match(name)
        if match is None:
            continue
        if not in_operator and "@" in (match[1] or ""):
            raise bad(f"Unknown filter operation: {name}")
        read.append(_Condition(match[1] or "=", match[2], value))
    return read


def _matching(rows: Sequence[Row], conditions: list[_Condition], defaults: Row) -> Iterable[Row]:
    if not rows:
        return []
    # A field that the entity has not got is left out of the filter without a word.
    known = [one for one in conditions if one.field in rows[0] or one.field in defaults]
    after = (one for one in known if (one.operator, one.field) == (">", "id") and isinstance(rows[0]["id"], int))
    if (first := next(after, None)) is not None:
        rows = rows[bisect_right(rows, as_number(first.value), key=itemgetter("id")) :]
    tests = [(one.field, _test(one)) for one in known if one is not first]
    return (row for row in rows if all(test(_cell(row, field, defaults)) for field, test in tests))


def _sorted(rows: Iterable[Row], order: Mapping[str, object], defaults: Row) -> Iterable[Row]:
    directions = {name: as_text(way).lower() for name, way in order.items()}
    if directions in ({}, {"id": "asc"}):
        return rows
    found = list(rows)
    for name, way in reversed(directions.items()):
        found.sort(key=partial(_sort_key, name=name, defaults=defaults), reverse=way == "desc")
    return found


def _sort_key(row: Row, name: str, defaults: Row) -> tuple[bool, object]:
    value = _cell(row, name, defaults)
    return (True, value) if isinstance(value, int | str | Decimal | datetime) else (False, 0)


def _shown(row: Row, fields: list[str], defaults: Row) -> Row:
    if not fields or "*" in fields:
        return {name: _cell(row, name, defaults) for name in {**defaults, **row}}
    every_property = "property*" in fields
    shown = {name: _cell(row, name, defaults) for name in fields if name in row or name in defaults}
    if every_property:
        shown |= {name: value for name, value in row.items() if name.startswith("property")}
    return shown


def _cell(row: Row, name: str, defaults: Row) -> object:
    value = row.get(name, defaults.get(name))
    return value(row) if callable(value) else value


def _test(condition: _Condition) -> Test:
    negative = condition.operator.startswith("!")
    operator = condition.operator.removeprefix("!") or "="
    positive = _TESTS[operator](condition.value)

    def test(cell: object) -> bool:
        cells = cell if isinstance(cell, list) else [cell]
        values = [one["value"] if isinstance(one, dict) else one for one in cells] or [None]
        return any(positive(value) for value in values) is not negative

    return test


def _one_of(value: object) -> Test:
    wanted = value if isinstance(value, list) else [*value.values()] if isinstance(value, dict) else [value]
    texts, numbers = {as_text(one) for one in wanted}, {as_number(one) for one in wanted}

    def test(cell: object) -> bool:
        if isinstance(cell, datetime):
            return any(_like(cell, one) == cell for one in wanted)
        return cell in numbers if isinstance(cell, int | Decimal) else as_text(cell) in texts

    return test


def _like(cell: object, value: object) -> object:
    """`value` in the type of the column, as the database would compare it."""
    if isinstance(cell, datetime):
        return as_time(value)
    return as_number(value) if isinstance(cell, int | Decimal) else as_text(value)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[object], Test]:
    def against(value: object) -> Test:
        def test(cell: object) -> bool:
            other = _like(cell, value)
            return cell is not None and other is not None and compare(cell, other)

        return test

    return against


def _contains(value: object) -> Test:
    return lambda cell: as_text(value).lower() in as_text(cell).lower()


def _pattern(value: object) -> Test:
    """SQL's LIKE as it is sent: `%` is any text and `_` any one character, so `WB_%` fits "WBX1" too."""
    any_text = (re.escape(part).replace("_", ".") for part in as_text(value).split("%"))
    pattern = re.compile(".*".join(any_text), re.IGNORECASE | re.DOTALL)
    return lambda cell: pattern.fullmatch(as_text(cell)) is not None


_TESTS: dict[str, Callable[[object], Test]] = {
    "=": _one_of,
    "@": _one_of,
    ">": _compared(gt),
    ">=": _compared(ge),
    "<": _compared(lt),
    "<=": _compared(le),
    "%": _contains,
    "=%": _pattern,
    "%=": _pattern,
}
