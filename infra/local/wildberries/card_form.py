"""What makes WB refuse a request about cards at once and whole (facts §2); what values mean is looked at later.

Chosen where WB says nothing: a vendorCode that repeats itself in a request is refused as one that another card has; a
card that is still a draft does not occupy its vendorCode yet; a wrong type of a value is an "Invalid request format"
that names nobody; an update that drops a barcode is refused at once and names the card.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from infra.local.wildberries.answers import Answer, Refusal, is_integer
from infra.local.wildberries.state import Card, State
from infra.local.wildberries.subjects import NUMBER, TEXT, Schema

type _Json = Any
type Variant = dict[str, _Json]

DOCUMENT_TYPES = {1, 2, 3, 4, 5, 7, 8, 9}
DOCUMENT_TEXTS = ("number", "productNumber", "tradeName", "applicant", "startDate", "endDate")
_LONGEST_CODE = 72
_NO_CODE = "A card cannot be created without a vendorCode"
_USED_CODE = "bad request; Unexpected the specified card's vendor code is used in other cards"
_LACKING = "some items lacks required characteristics. please fill them and try again."
_NOT_UNIQUE = "non unique characteristics in one group"
_BARCODES_STAY = "bad request; barcodes of cards cannot be removed"


def bad(text: str = "Invalid request format", more: Mapping[str, str] | None = None) -> Refusal:
    return Refusal(Answer(400, {"data": None, "error": True, "errorText": text, "additionalErrors": more or {}}))


def rows_of(rows: object, *, most: int) -> list[Variant]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= most or not all(isinstance(row, dict) for row in rows):
        raise bad()
    return rows


def vendor_codes_fit(state: State, variants: list[Variant]) -> None:
    codes = [variant.get("vendorCode") for variant in variants]
    if not all(isinstance(code, str) and code.strip() for code in codes):
        raise bad(_NO_CODE)
    if any(len(str(code)) > _LONGEST_CODE for code in codes):
        raise bad()
    owners = {card.vendor_code: card.nm_id for card in state.cards.values()}
    used = any(owners.get(row["vendorCode"], row.get("nmID")) != row.get("nmID") for row in variants)
    if used or not differ(codes):
        raise bad(_USED_CODE)


def variants_fit(schema: Schema, subject_id: int, variants: Iterable[Variant]) -> None:
    """Types, and nothing but types."""
    for row in variants:
        texts = all(isinstance(row.get(name, ""), str) for name in ("brand", "title", "description", "gtin"))
        flags = isinstance(row.get("kizMarked", False), bool) and isinstance(row.get("wholesale", {}), dict)
        things = (
            _dimensions_fit(row.get("dimensions")),
            _documents_fit(row.get("documents", {})),
            _sizes_fit(row.get("sizes", [])),
            _characteristics_fit(schema, subject_id, row.get("characteristics", [])),
        )
        if not texts or not flags or not all(things):
            raise bad()


def group_fits(
    schema: Schema, variants: list[Variant], standing: list[Card], *, subject_id: int, group: int = 0
) -> None:
    """Cards of one group must all have what they differ by, and differ by it. `group`: of one that is there."""
    if len(variants) + len(standing) < 2:
        return
    variable = [charc.id for charc in schema.charcs[subject_id].values() if charc.variable]
    told = {
        row["vendorCode"]: {each["id"]: each["value"] for each in row.get("characteristics", [])} for row in variants
    }
    lacking = {code: [each for each in variable if not values.get(each)] for code, values in told.items()}
    if any(lacking.values()):
        raise bad(_LACKING, _named("missing required characteristics with ids", lacking))
    looks = {code: json.dumps([values[each] for each in variable]) for code, values in told.items()}
    looks |= {card.vendor_code: json.dumps([card.values.get(each) for each in variable]) for card in standing}
    often = Counter(looks.values())
    same = {code: variable for code in told if often[looks[code]] > 1}
    if same:
        where = f"group id: {group} with characteristic ids" if group else "group with ids"
        raise bad(_NOT_UNIQUE, _named(f"non unique characteristics in {where}", same))


def barcodes_stay(pairs: Iterable[tuple[Variant, Card]]) -> None:
    """An update may add barcodes and never takes one away."""
    gone = {card.vendor_code: card.barcodes - _skus(row) for row, card in pairs}
    if any(gone.values()):
        raise bad(_BARCODES_STAY, {code: ", ".join(sorted(skus)) for code, skus in gone.items() if skus})


def differ(values: Iterable[object]) -> bool:
    values = list(values)
    return len(set(values)) == len(values)


def _dimensions_fit(told: _Json) -> bool:
    """None at all is allowed: the card then has zeros."""
    if told is None:
        return True
    if not isinstance(told, dict):
        return False
    weight = told.get("weightBrutto", 0)
    return all(is_integer(told.get(side)) for side in ("length", "width", "height")) and (
        _is_number(weight) and round(weight, 3) == weight
    )


def _documents_fit(told: _Json) -> bool:
    if not isinstance(told, dict) or not isinstance(told.get("excludeDocuments", False), bool):
        return False
    items = told.get("items", [])
    return isinstance(items, list) and all(isinstance(item, dict) and _document_fits(item) for item in items)


def _document_fits(item: dict[str, _Json]) -> bool:
    texts = all(isinstance(item.get(name, ""), str) for name in ("id", *DOCUMENT_TEXTS))
    return texts and item.get("type") in DOCUMENT_TYPES and isinstance(item.get("isEndless", False), bool)


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


def _skus(row: Variant) -> set[str]:
    return {sku for size in row["sizes"] for sku in size.get("skus", [])}


def _named(what: str, by_code: Mapping[str, list[int]]) -> dict[str, str]:
    return {code: f"{what}: {', '.join(map(str, ids))}" for code, ids in by_code.items() if ids}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
