"""catalog.*: offers, their barcodes, stock and prices (bitrix facts §3.1); catalog.product.update writes."""

import re
from collections.abc import Callable
from decimal import Decimal

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import fields_of, id_of
from infra.local.bitrix.lists import chosen, page
from infra.local.bitrix.php import as_int, as_number, as_text
from infra.local.bitrix.pictures import picture_of
from infra.local.bitrix.shop import OFFERS_IBLOCK, Shop

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
_FIELDS: dict[str, Callable[[object], object]] = {
    **dict.fromkeys(("name", "active", "code", "xmlId", "detailText", "previewText"), as_text),
    **dict.fromkeys(("weight", "width", "height", "length"), as_number),
    "sort": as_int,
}


def products(shop: Shop, params: Params) -> Answer:
    """catalog.product.list: every element of the information block, whatever its type [SRC]."""
    return _elements(shop, params, "products")


def offers(shop: Shop, params: Params) -> Answer:
    """catalog.product.offer.list: variations only, so another information block gives none."""
    return _elements(shop, params, "offers", only=OFFERS_IBLOCK)


def product(shop: Shop, params: Params) -> Answer:
    row = shop.product(id_of(params))
    if row is None:
        raise bad("Product is not exists")
    return Answer({"product": _whole(shop, row)})


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
    values = [cell for cell in cells if cell["value"]]
    return values if multiple else next(iter(values), None)


def _cell(shop: Shop, kind: Row, sent: object, known: set[str]) -> Row:
    if not isinstance(sent, dict) or "value" not in sent:
        raise bad(f"A value of property{kind['id']} must be an array with the keys value and valueId")
    number = as_text(sent.get("valueId"))
    return {"value": as_text(sent["value"]), "valueId": number if number in known else shop.fresh_value_id()}


def store_products(shop: Shop, params: Params) -> Answer:
    """Rows of the asked products are looked up, not searched for: a batch reads a hundred thousand of them."""
    wanted = params.get("filter")
    products = wanted.get("@productId", wanted.get("productId")) if isinstance(wanted, dict) else None
    if products in (None, ""):
        return page(list(shop.store_products), params, "storeProducts")
    ids = products if isinstance(products, list) else [products]
    rows = [row for one in sorted({as_int(one) for one in ids}) for row in shop.store_products.of(one)]
    return page(sorted(rows, key=lambda row: int(row["id"])), params, "storeProducts")


def base_price(shop: Shop, product_id: int) -> Decimal | None:
    return next((row["price"] for row in shop.prices.of(product_id)), None)


def _elements(shop: Shop, params: Params, key: str, *, only: int | None = None) -> Answer:
    select = chosen(params.get("select"))
    if not {"id", "iblockId"} <= set(select) and "*" not in select:
        raise bad("Required select fields: id, iblockId")
    wanted = params.get("filter")
    iblock = wanted.get("iblockId", wanted.get("=iblockId")) if isinstance(wanted, dict) else None
    if iblock in (None, "", []):
        raise bad("Required filter fields: iblockId")
    ids = {as_int(one) for one in (iblock if isinstance(iblock, list) else [iblock])}
    if not ids <= shop.elements.keys():
        raise Refused("200040300000", "The information block does not exist")
    # Offers were made before their parents, whose information block has the smaller number: ids decide the order.
    rows = [row for one in sorted(ids, reverse=True) if only in (None, one) for row in shop.elements[one]]
    defaults = _DEFAULTS | {"canBuyZero": _can_buy_zero(shop)}
    return page(rows, params, key, defaults=defaults, in_operator=False)


def _can_buy_zero(shop: Shop) -> str:
    return "Y" if shop.seed.can_buy_zero else "N"
