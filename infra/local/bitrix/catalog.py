"""catalog.*: offers, their barcodes, stock and prices (bitrix facts §3.1). Everything here is only read."""

from decimal import Decimal

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import id_of
from infra.local.bitrix.lists import chosen, page
from infra.local.bitrix.php import as_int
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
    "detailPicture": None,
    "detailText": None,
    "detailTextType": "text",
    "height": None,
    "iblockSectionId": None,
    "length": None,
    "modifiedBy": 1,
    "previewPicture": None,
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
    shown = _DEFAULTS | {"canBuyZero": _can_buy_zero(shop), "dateCreate": row["timestampX"]} | row
    return Answer({"product": shown})


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
