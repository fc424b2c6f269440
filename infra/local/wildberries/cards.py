"""Making and changing cards (facts §2): what is refused at once, and the list of what was refused later.

A request that is taken becomes drafts, which drafts.py works on when their time has come. Chosen where WB says nothing:
a vendorCode that repeats itself in a request is refused as one that another card has; a card that is still a draft does
not occupy its vendorCode yet; a wrong type of a value is an "Invalid request format" that names nobody.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from infra.local.goods import ean13
from infra.local.wildberries.answers import Answer, Refusal, Request, body_of, is_integer
from infra.local.wildberries.schema import enveloped
from infra.local.wildberries.state import Card, Draft, State
from infra.local.wildberries.subjects import NUMBER, TEXT, Schema

type _Json = Any
type _Variant = dict[str, _Json]

_MOST_GROUPS, _MOST_VARIANTS, _MOST_UPDATES, _MOST_BARCODES, _MOST_BATCHES = 100, 30, 3000, 5000, 100
_LONGEST_CODE = 72
PAID_CARDS = 10
_TAKEN = Answer(200, {"data": None, "error": False, "errorText": "", "additionalErrors": {}})
_NO_CODE = "A card cannot be created without a vendorCode"
_USED_CODE = "bad request; Unexpected the specified card's vendor code is used in other cards"
_NO_SUBJECT = "This category does not exist"
_LACKING = "some items lacks required characteristics. please fill them and try again."
_NOT_UNIQUE = "non unique characteristics in one group"


def barcodes(state: State, request: Request) -> Answer:
    """POST /content/v2/barcodes."""
    count = body_of(request).get("count")
    if not isinstance(count, int) or not is_integer(count) or not 1 <= count <= _MOST_BARCODES:
        raise _bad()
    return enveloped([new_barcode(state) for _ in range(count)])


def limits(state: State, _request: Request) -> Answer:
    """GET /content/v2/cards/limits."""
    return enveloped({"freeLimits": state.free_cards, "paidLimits": PAID_CARDS})


def upload(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/upload: a batch for each array of variants."""
    groups = _rows(_array(request), most=_MOST_GROUPS)
    for group in groups:
        _rows(group.get("variants"), most=_MOST_VARIANTS)
    _vendor_codes_fit(state, [variant for group in groups for variant in group["variants"]])
    for group in groups:
        if not is_integer(group.get("subjectID")):
            raise _bad()
        if group["subjectID"] not in state.schema.subjects:
            raise _bad(_NO_SUBJECT, {"id": str(group["subjectID"])})
        _variants_fit(state.schema, group["subjectID"], group["variants"])
        _group_fits(state.schema, group["subjectID"], group["variants"], standing=[])
    for group in groups:
        _draft(state, group["variants"], create=True, subject_id=group["subjectID"])
    return _TAKEN


def add(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/upload/add: more cards for a group that is there."""
    body = body_of(request)
    imt_id, variants = body.get("imtID"), _rows(body.get("cardsToAdd"), most=_MOST_VARIANTS - 1)
    standing = [card for card in state.cards.values() if group_of(card) == imt_id]
    if not standing or len(standing) + len(variants) > _MOST_VARIANTS:
        raise _bad()
    subject_id = standing[0].subject_id
    _vendor_codes_fit(state, variants)
    _variants_fit(state.schema, subject_id, variants)
    _group_fits(state.schema, subject_id, variants, standing)
    _draft(state, variants, create=True, subject_id=subject_id, imt_id=group_of(standing[0]))
    return _TAKEN


def update(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/update."""
    rows = _rows(_array(request), most=_MOST_UPDATES)
    if not all(is_integer(row.get("nmID")) for row in rows) or not _differ(row["nmID"] for row in rows):
        raise _bad()
    _vendor_codes_fit(state, rows)
    for row in rows:
        card = state.cards.get(row["nmID"])
        if not isinstance(row.get("sizes"), list):
            raise _bad()
        _variants_fit(state.schema, card.subject_id if card else 0, [row])
    _draft(state, rows, create=False)
    return _TAKEN


def error_list(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/error/list: batches by (updatedAt, batchUUID)."""
    body = body_of(request)
    cursor, order = body.get("cursor", {}), body.get("order", {})
    if not isinstance(cursor, dict) or not isinstance(order, dict):
        raise _bad()
    limit, ascending = cursor.get("limit", _MOST_BATCHES), order.get("ascending", True)
    if not is_integer(limit) or not 1 <= limit <= _MOST_BATCHES or not isinstance(ascending, bool):
        raise _bad()
    batches = sorted((each for each in state.drafts if each.errors), key=_place, reverse=not ascending)
    if cursor.get("updatedAt"):
        after = _moment(cursor["updatedAt"]), str(cursor.get("batchUUID", ""))
        batches = [each for each in batches if (_place(each) > after if ascending else _place(each) < after)]
    page = batches[:limit]
    return enveloped(
        {
            "items": [_batch(state, each) for each in page],
            "cursor": {
                "next": len(batches) > len(page),
                "updatedAt": exact(_place(page[-1])[0]) if page else str(cursor.get("updatedAt", "")),
                "batchUUID": page[-1].id if page else str(cursor.get("batchUUID", "")),
            },
        },
        more={},
    )


def group_of(card: Card) -> int:
    return card.imt_id or card.nm_id


def new_barcode(state: State) -> str:
    state.next_barcode += 1
    return ean13(f"27{state.next_barcode:010}")


def exact(moment: datetime) -> str:
    """With fractions of a second, their last zeros cut."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"


def errors_of(state: State) -> dict[str, list[str]]:
    """By vendorCode."""
    return {code: texts for draft in state.drafts for code, texts in draft.errors.items()}


def _batch(state: State, draft: Draft) -> dict[str, object]:
    by_code = {variant["vendorCode"]: variant for variant in draft.variants}
    subjects = {code: _subject_of(state, draft, by_code[code]) for code in draft.errors}
    brands = {name: each for subject in state.schema.brands.values() for each, name in subject.items()}
    told = {code: by_code[code].get("brand") for code in draft.errors}
    return {
        "batchUUID": draft.id,
        "subjects": {code: subject for code, subject in subjects.items() if subject},
        "brands": {code: {"id": brands[name], "name": name} for code, name in told.items() if name in brands},
        "vendorCodes": list(draft.errors),
        "errors": draft.errors,
        "updatedAt": exact(_place(draft)[0]),
    }


def _subject_of(state: State, draft: Draft, variant: Mapping[str, object]) -> dict[str, object]:
    card = None if draft.create else state.cards.get(int(str(variant["nmID"])))
    subject = state.schema.subjects.get(card.subject_id if card else draft.subject_id)
    return {} if subject is None else {"id": subject.id, "name": subject.name}


def _draft(state: State, variants: list[_Variant], *, create: bool, subject_id: int = 0, imt_id: int = 0) -> None:
    """What these cards were refused for before is forgotten: they are sent again."""
    again = {variant["vendorCode"] for variant in variants}
    for draft in state.drafts:
        draft.errors = {code: texts for code, texts in draft.errors.items() if code not in again}
    state.drafts = [draft for draft in state.drafts if draft.errors or draft.updated_at is None]
    number = str(UUID(int=state.dice.getrandbits(128), version=4))
    state.drafts.append(Draft(number, state.now + state.cards_delay, create, variants, subject_id, imt_id))


def _array(request: Request) -> object:
    try:
        return json.loads(request.body)
    except ValueError:
        raise _bad() from None


def _rows(rows: object, *, most: int) -> list[_Variant]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= most or not all(isinstance(row, dict) for row in rows):
        raise _bad()
    return rows


def _vendor_codes_fit(state: State, variants: list[_Variant]) -> None:
    codes = [variant.get("vendorCode") for variant in variants]
    if not all(isinstance(code, str) and code.strip() for code in codes):
        raise _bad(_NO_CODE)
    if any(len(str(code)) > _LONGEST_CODE for code in codes):
        raise _bad()
    owners = {card.vendor_code: card.nm_id for card in state.cards.values()}
    used = any(owners.get(row["vendorCode"], row.get("nmID")) != row.get("nmID") for row in variants)
    if used or not _differ(codes):
        raise _bad(_USED_CODE)


def _variants_fit(schema: Schema, subject_id: int, variants: Iterable[_Variant]) -> None:
    """Types, and nothing but types: what the values mean is looked at later."""
    for row in variants:
        texts = all(isinstance(row.get(name, ""), str) for name in ("brand", "title", "description", "gtin"))
        objects = all(isinstance(row.get(name, {}), dict) for name in ("wholesale", "documents"))
        if not texts or not objects or not isinstance(row.get("kizMarked", False), bool):
            raise _bad()
        if not _dimensions_fit(row.get("dimensions"), least=0 if "nmID" in row else 1) or not _sizes_fit(
            row.get("sizes", [])
        ):
            raise _bad()
        if not _characteristics_fit(schema, subject_id, row.get("characteristics", [])):
            raise _bad()


def _dimensions_fit(told: _Json, *, least: int) -> bool:
    """None at all is allowed: the card then has zeros, which an update may send back."""
    if told is None:
        return True
    if not isinstance(told, dict):
        return False
    sides = [told.get(side) for side in ("length", "width", "height")]
    weight = told.get("weightBrutto", 0)
    return all(isinstance(side, int) and is_integer(side) and side >= least for side in sides) and (
        _is_number(weight) and weight >= 0 and round(weight, 3) == weight
    )


def _sizes_fit(sizes: _Json) -> bool:
    return isinstance(sizes, list) and all(isinstance(size, dict) and _size_fits(size) for size in sizes)


def _size_fits(size: dict[str, _Json]) -> bool:
    skus = size.get("skus", [])
    return (
        all(isinstance(size.get(name, ""), str) for name in ("techSize", "wbSize"))
        and is_integer(size.get("price", 0))
        and size.get("price", 0) >= 0
        and is_integer(size.get("chrtID", 0))
        and isinstance(skus, list)
        and all(isinstance(sku, str) and sku for sku in skus)
    )


def _characteristics_fit(schema: Schema, subject_id: int, told: _Json) -> bool:
    """A number where numbers are wanted and an array of strings elsewhere; an unknown one may be anything yet."""
    if not isinstance(told, list) or not all(isinstance(each, dict) and "value" in each for each in told):
        return False
    known = schema.charcs.get(subject_id, {})
    return all(
        is_integer(each.get("id")) and (each["id"] not in known or _value_fits(known[each["id"]].type, each["value"]))
        for each in told
    )


def _value_fits(kind: int, value: _Json) -> bool:
    if kind == NUMBER:
        return _is_number(value)
    return kind != TEXT or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _group_fits(schema: Schema, subject_id: int, variants: list[_Variant], standing: list[Card]) -> None:
    """Cards of one group must all have what they differ by, and differ by it."""
    if len(variants) + len(standing) < 2:
        return
    variable = [charc.id for charc in schema.charcs[subject_id].values() if charc.variable]
    told = {
        row["vendorCode"]: {each["id"]: each["value"] for each in row.get("characteristics", [])} for row in variants
    }
    lacking = {code: [each for each in variable if not values.get(each)] for code, values in told.items()}
    if any(lacking.values()):
        raise _bad(_LACKING, _named("missing required characteristics with ids", lacking))
    looks = {code: json.dumps([values[each] for each in variable]) for code, values in told.items()}
    looks |= {card.vendor_code: json.dumps([values_of(card).get(each) for each in variable]) for card in standing}
    often = Counter(looks.values())
    same = {code: variable for code in told if often[looks[code]] > 1}
    if same:
        raise _bad(_NOT_UNIQUE, _named("non unique characteristics in group with ids", same))


def values_of(card: Card) -> dict[int, object]:
    return {int(str(each["id"])): each["value"] for each in card.characteristics or ()}


def _named(what: str, by_code: Mapping[str, list[int]]) -> dict[str, str]:
    return {code: f"{what}: {', '.join(map(str, ids))}" for code, ids in by_code.items() if ids}


def _differ(values: Iterable[object]) -> bool:
    values = list(values)
    return len(set(values)) == len(values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _place(draft: Draft) -> tuple[datetime, str]:
    return draft.updated_at or datetime.min.replace(tzinfo=UTC), draft.id


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        raise _bad() from None


def _bad(text: str = "Invalid request format", more: Mapping[str, str] | None = None) -> Refusal:
    return Refusal(Answer(400, {"data": None, "error": True, "errorText": text, "additionalErrors": more or {}}))
