"""catalog.*: products, their values, stock and prices (bitrix facts §3.1); catalog.product.update writes."""

import re
from collections.abc import Callable
from decimal import Decimal

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import fields_of, id_of
from infra.local.bitrix.lists import chosen, page
from infra.local.bitrix.php import as_int, as_number, as_text
from infra.local.bitrix.pictures import picture_of
from infra.local.bitrix.property_cells import cell, is_empty
from infra.local.bitrix.shop import Shop, Table

_DEFAULTS: Row = {
    "available": "Y",
    "barcodeMulti": "N",
    "bundle": "N",
    "canBuyZero": "N",
    "code": "",
    "createdBy": 1,
    "dateActiveFrom": None,
    "dateActiveTo": None,
    "dateCreate": None,
    "detailPicture": picture_of("detailPicture"),
    "detailText": None,
    "detailTextType": "text",
    "height": None,
    "iblockSection": lambda row: [row["iblockSectionId"]] if row.get("iblockSectionId") else [],
    "iblockSectionId": None,
    "length": None,
    "modifiedBy": 1,
    "previewPicture": picture_of("previewPicture"),
    "previewText": None,
    "previewTextType": "text",
    "purchasingCurrency": None,
    "purchasingPrice": None,
    "quantityTrace": "Y",
    "sort": 100,
    "subscribe": "Y",
    "vatId": 1,
    "vatIncluded": "Y",
    "weight": 0,
    "width": None,
    "withoutOrder": "N",
}
_PROPERTY = re.compile(r"^property(\d+)$")
_SKU_HEADS = frozenset({3, 6})
_NOT_OF_HEADS = frozenset({"barcodeMulti", "quantityReserved", "quantityTrace", "withoutOrder"})
_FIELDS: dict[str, Callable[[object], object]] = {
    **dict.fromkeys(("name", "active", "code", "xmlId", "detailText", "previewText"), as_text),
    **dict.fromkeys(("weight", "width", "height", "length"), as_number),
    "sort": as_int,
}


def products(shop: Shop, params: Params) -> Answer:
    """catalog.product.list: every element of the information block, whatever its type [SRC]."""
    return _elements(shop, params, "products", _of_blocks(shop, _iblocks(shop, params)))


def offers(shop: Shop, params: Params) -> Answer:
    """catalog.product.offer.list: variations only, so another information block gives none."""
    variations = {row["iblockId"] for row in shop.catalogs if row["productIblockId"] is not None}
    return _elements(shop, params, "offers", _of_blocks(shop, _iblocks(shop, params) & variations))


def heads(shop: Shop, params: Params) -> Answer:
    """catalog.product.sku.list: products that have variations, under the key `units`."""
    rows = [row for row in _of_blocks(shop, _iblocks(shop, params)) if row["type"] in _SKU_HEADS]
    return _elements(shop, params, "units", rows, without=_NOT_OF_HEADS)


def product(shop: Shop, params: Params) -> Answer:
    row = shop.product(id_of(params))
    if row is None:
        raise bad("Product is not exists")
    shown = _whole(shop, row)
    if shown["purchasingPrice"] is not None:
        shown["purchasingPrice"] = f"{shown['purchasingPrice']:.6f}"  # text here and a number in the lists
    return Answer({"product": shown})


def update(shop: Shop, params: Params) -> Answer:
    """Fields that are not sent stay. With store control on, quantities are the stores' matter and are passed over.

    A property is written as {value, valueId}, or a list of them when it is a multiple one: the value whose valueId is
    not sent is deleted, and a new one takes its place (documentation of catalog.product.update).
    """
    row = shop.product(id_of(params))
    given = fields_of(params)
    if row is None:
        raise bad("Product is not exists")
    writable = _FIELDS if shop.seed.store_control else _FIELDS | {"quantity": as_number}
    written = {name: writable[name](value) for name, value in given.items() if name in writable}
    for name, value in given.items():
        if (kind := _property_of(shop, row, name)) is not None:
            written[name] = _property_value(shop, kind, row.get(name), value)
    row |= written | {"timestampX": shop.now()}
    return Answer({"element": _whole(shop, row)})


def property_by_code(shop: Shop, iblock: int, code: str) -> Row | None:
    kinds = (kind for kind in shop.product_properties if kind["iblockId"] == iblock)
    return next((kind for kind in kinds if kind["code"] == code), None)


def _whole(shop: Shop, row: Row) -> Row:
    shown = _DEFAULTS | {"canBuyZero": _can_buy_zero(shop), "dateCreate": row["timestampX"]} | row
    return {name: value(row) if callable(value) else value for name, value in shown.items()}


def _property_of(shop: Shop, row: Row, name: str) -> Row | None:
    match = _PROPERTY.match(name)
    kind = shop.product_properties.get(int(match[1])) if match is not None else None
    return kind if kind is not None and kind["iblockId"] == row["iblockId"] else None


def _property_value(shop: Shop, kind: Row, standing: Row | list[Row] | None, sent: object) -> Row | list[Row] | None:
    known = {one["valueId"] for one in (standing if isinstance(standing, list) else [standing]) if one}
    multiple = kind["multiple"] == "Y"
    if isinstance(sent, list) is not multiple:
        raise bad(f"The value of property{kind['id']} must be {'a list of values' if multiple else 'one value'}")
    cells = [_cell(shop, kind, one, known) for one in (sent if isinstance(sent, list) else [sent])]
    values = [one for one in cells if one is not None]
    return values if multiple else next(iter(values), None)


def _cell(shop: Shop, kind: Row, sent: object, known: set[str]) -> Row | None:
    if not isinstance(sent, dict) or "value" not in sent:
        raise bad(f"A value of property{kind['id']} must be an array with the keys value and valueId")
    if is_empty(sent["value"]):
        return None
    number = as_text(sent.get("valueId"))
    return cell(shop, kind, sent["value"], number if number in known else shop.fresh_value_id())


def store_products(shop: Shop, params: Params) -> Answer:
    return page(_rows_of_products(shop.store_products, params), params, "storeProducts")


def prices(shop: Shop, params: Params) -> Answer:
    """catalog.price.list: of several price types, those of one product beside each other or not."""
    defaults: Row = {"extraId": None, "priceScale": lambda row: row["price"]}
    return page(_rows_of_products(shop.prices, params), params, "prices", defaults=defaults)


def sections(shop: Shop, params: Params) -> Answer:
    """catalog.section.list: the filter must name the information block."""
    _iblocks(shop, params)
    return page(list(shop.sections), params, "sections")


def base_price(shop: Shop, product_id: int) -> Decimal | None:
    return next((row["price"] for row in shop.prices.of(product_id)), None)


def _rows_of_products(table: Table, params: Params) -> list[Row]:
    """Rows of the asked products are looked up, not searched for: a batch reads a hundred thousand of them."""
    wanted = params.get("filter")
    products = wanted.get("@productId", wanted.get("productId")) if isinstance(wanted, dict) else None
    if products in (None, ""):
        return list(table)
    ids = products if isinstance(products, list) else [products]
    rows = [row for one in sorted({as_int(one) for one in ids}) for row in table.of(one)]
    return sorted(rows, key=lambda row: int(row["id"]))


def _iblocks(shop: Shop, params: Params) -> set[int]:
    wanted = params.get("filter")
    iblock = wanted.get("iblockId", wanted.get("=iblockId")) if isinstance(wanted, dict) else None
    if iblock in (None, "", []):
        raise bad("Required filter fields: iblockId")
    ids = {as_int(one) for one in (iblock if isinstance(iblock, list) else [iblock])}
    if not ids <= shop.elements.keys():
        raise Refused("200040300000", "The information block does not exist")
    return ids


def _elements(
    shop: Shop,
    params: Params,
    key: str,
    rows: list[Row],
    *,
    without: frozenset[str] = frozenset(),
) -> Answer:
    select = chosen(params.get("select"))
    if not {"id", "iblockId"} <= set(select) and "*" not in select:
        raise bad("Required select fields: id, iblockId")
    defaults = _DEFAULTS | {"canBuyZero": _can_buy_zero(shop)}
    answer = page(rows, params, key, defaults=defaults, in_operator=False)
    return _left_out(answer, key, without) if without else answer


def _of_blocks(shop: Shop, iblocks: set[int]) -> list[Row]:
    """In order of their ids: those of one information block are all smaller than those of another."""
    blocks = (list(shop.elements[one]) for one in iblocks if len(shop.elements[one]))
    return [row for block in sorted(blocks, key=lambda rows: int(rows[0]["id"])) for row in block]


def _left_out(answer: Answer, key: str, without: frozenset[str]) -> Answer:
    assert isinstance(answer.result, dict)
    rows = [{name: value for name, value in row.items() if name not in without} for row in answer.result[key]]
    return Answer({key: rows}, answer.total, answer.next_start)


def _can_buy_zero(shop: Shop) -> str:
    return "Y" if shop.seed.can_buy_zero else "N"
