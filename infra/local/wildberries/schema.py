"""What WB tells about subjects, their characteristics and the values they take (facts §2).

`locale` is taken and not looked at: everything is told in Russian, as in WB's sandbox.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from infra.local.wildberries.answers import PROBLEM, Answer, Refusal, Request, query_number, refuse
from infra.local.wildberries.state import State
from infra.local.wildberries.subjects import NUMBER, PARENTS, TEXT, UNUSED, Charc, Schema

type _Json = Any

_PAGE, _MOST, _BRANDS_PAGE = 30, 1000, 100
_FIRST_COUNTRY = 15_000_170


def enveloped(data: object, more: object = "") -> Answer:
    """`additionalErrors` is a text or an object, as the operation has it."""
    return Answer(200, {"data": data, "error": False, "errorText": "", "additionalErrors": more})


def parents(_state: State, _request: Request) -> Answer:
    """GET /content/v2/object/parent/all."""
    return enveloped([{"id": each, "name": name, "isVisible": True} for each, name in PARENTS.items()])


def subjects(state: State, request: Request) -> Answer:
    """GET /content/v2/object/all."""
    limit, offset = query_number(request, "limit", _PAGE), query_number(request, "offset", 0)
    parent, part = query_number(request, "parentID", 0), request.query.get("name", "").casefold()
    if not 1 <= limit <= _MOST:
        raise refuse(request, 400, "BadRequest", "Invalid request format")
    rows = [
        {
            "subjectID": subject.id,
            "parentID": subject.parent_id,
            "subjectName": subject.name,
            "parentName": PARENTS[subject.parent_id],
        }
        for subject in state.schema.subjects.values()
        if part in subject.name.casefold() and parent in {0, subject.parent_id}
    ]
    return enveloped(rows[offset : offset + limit])


def charcs(state: State, request: Request) -> Answer:
    """GET /content/v2/object/charcs/{subjectId}. Of an unknown subject: nothing, which WB does not state."""
    text = request.path["subjectId"]
    if not text.isdecimal():
        raise refuse(request, 400, "BadRequest", "Invalid request format")
    subject = state.schema.subjects.get(int(text))
    return enveloped(
        [] if subject is None else [each.wire(subject) for each in state.schema.charcs[subject.id].values()]
    )


def colours(state: State, _request: Request) -> Answer:
    return enveloped([{"name": name, "parentName": parent} for name, parent in state.schema.colours.items()])


def countries(state: State, _request: Request) -> Answer:
    rows = enumerate(state.schema.countries.items(), start=_FIRST_COUNTRY)
    return enveloped([{"id": each, "name": name, "fullName": full} for each, (name, full) in rows])


def kinds(state: State, _request: Request) -> Answer:
    return enveloped(state.schema.kinds)


def seasons(state: State, _request: Request) -> Answer:
    return enveloped(state.schema.seasons)


def vat(state: State, _request: Request) -> Answer:
    return enveloped(state.schema.vat)


def tnved(state: State, request: Request) -> Answer:
    """GET /content/v2/directory/tnved; `search` is a part of the code."""
    codes = state.schema.tnved.get(query_number(request, "subjectID"), {})
    part = request.query.get("search", "")
    return enveloped([{"tnved": code, "isKiz": needs} for code, needs in codes.items() if part in code])


def brands(state: State, request: Request) -> Answer:
    """GET /api/content/v1/brands; `next` is the id of the last brand of the page, and absent on the last page."""
    subject_id = _whole("subjectId", request.query.get("subjectId", ""))
    after = _whole("next", request.query.get("next", "0"))
    known = state.schema.brands.get(subject_id, {})
    if not known:
        raise _brands_refusal(404, "Not Found", "Brands not found")
    left = [each for each in sorted(known) if each > after]
    page = left[:_BRANDS_PAGE]
    told: dict[str, object] = {
        "brands": [{"id": each, "logoUrl": "", "name": known[each]} for each in page],
        "total": len(known),
    }
    return Answer(200, told | ({"next": page[-1]} if len(left) > len(page) else {}))


def _whole(name: str, text: str) -> int:
    if text.isdecimal():
        return int(text)
    message = "expected number >= 0" if text.removeprefix("-").isdecimal() else "invalid integer"
    error = {"message": message, "location": f"query.{name}", "value": text}
    raise _brands_refusal(400, "Bad Request", "validation failed", errors=[error])


def _brands_refusal(status: int, title: str, detail: str, **more: object) -> Refusal:
    told = {"title": title, "detail": detail, "origin": "brands-api", "requestId": uuid4().hex}
    return Refusal(Answer(status, told | more, PROBLEM))


def shown(schema: Schema) -> dict[str, object]:
    """`GET /_sim/schema`: all of it; what belongs to a subject stands under its id."""
    return {
        "subjects": [
            {"subjectID": each.id, "subjectName": each.name, "longestDescription": each.longest_description}
            for each in schema.subjects.values()
        ],
        "charcs": {
            each.id: [charc.wire(each) for charc in schema.charcs[each.id].values()]
            for each in schema.subjects.values()
        },
        "colors": schema.colours,
        "kinds": schema.kinds,
        "countries": list(schema.countries),
        "seasons": schema.seasons,
        "vat": schema.vat,
        "tnved": schema.tnved,
        "brands": {each: list(known.values()) for each, known in schema.brands.items()},
    }


def change(schema: Schema, wishes: _Json) -> None:
    """`POST /_sim/schema`: fields of `_CHANGES`. Raises KeyError (not there) or ValueError (does not fit)."""
    unknown = set(wishes) - set(_CHANGES)
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    for name, wish in wishes.items():
        for row in wish if isinstance(wish, list) else [wish]:
            _CHANGES[name](schema, row)


def _add_charc(schema: Schema, row: _Json) -> None:
    """{"subjectID", "charcID", "name", "required"?, "unitName"?, "maxCount"?, "charcType"?, "isVariable"?}."""
    schema.put(row["subjectID"], _changed(Charc(row["charcID"], row["name"]), row))


def _change_charc(schema: Schema, row: _Json) -> None:
    """Likewise, of a characteristic that is there; in all subjects when none is named."""
    for subject_id in [row["subjectID"]] if "subjectID" in row else list(schema.charcs):
        known = schema.charcs[subject_id]
        if row["charcID"] in known or "subjectID" in row:
            schema.put(subject_id, _changed(known[row["charcID"]], row))


def _remove_charc(schema: Schema, row: _Json) -> None:
    """{"subjectID", "charcID"}."""
    del schema.charcs[row["subjectID"]][row["charcID"]]


def _add_value(schema: Schema, row: _Json) -> None:
    """{"directory", "value", "parentName"?}; a brand or a code is added to {"subjectID"}, a code with {"isKiz"?}."""
    match row["directory"]:
        case "colors":
            schema.colours[row["value"]] = row.get("parentName", row["value"])
        case "countries":
            schema.countries[row["value"]] = row["value"]
        case "brands":
            known = schema.brands[row["subjectID"]]
            known[max(known, default=900_000) + 1] = row["value"]
        case "tnved":
            schema.tnved[row["subjectID"]][row["value"]] = bool(row.get("isKiz", False))
        case other:
            _strings(schema, other).append(row["value"])


def _remove_value(schema: Schema, row: _Json) -> None:
    """{"directory", "value"}, of a brand or a code with its {"subjectID"}."""
    match row["directory"]:
        case "colors":
            del schema.colours[row["value"]]
        case "countries":
            del schema.countries[row["value"]]
        case "brands":
            known = schema.brands[row["subjectID"]]
            del known[{name: each for each, name in known.items()}[row["value"]]]
        case "tnved":
            del schema.tnved[row["subjectID"]][row["value"]]
        case other:
            _strings(schema, other).remove(row["value"])


_CHANGES: dict[str, Callable[[Schema, Any], None]] = {
    "add_charc": _add_charc,
    "change_charc": _change_charc,
    "remove_charc": _remove_charc,
    "add_value": _add_value,
    "remove_value": _remove_value,
}
_FIELDS = {
    "name": "name",
    "required": "required",
    "unitName": "unit",
    "maxCount": "max_count",
    "charcType": "type",
    "isVariable": "variable",
    "hasFilter": "key",
}


def _changed(charc: Charc, row: _Json) -> Charc:
    if row.get("charcType", TEXT) not in {UNUSED, TEXT, NUMBER}:
        raise ValueError("charcType is 0, 1 or 4")
    return replace(charc, **{own: row[name] for name, own in _FIELDS.items() if name in row})


def _strings(schema: Schema, directory: str) -> list[str]:
    return {"kinds": schema.kinds, "seasons": schema.seasons, "vat": schema.vat}[directory]
