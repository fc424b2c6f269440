"""sale.basketitem.*: the lines of an order."""

from infra.local.bitrix import catalog, stock
from infra.local.bitrix.answers import Answer, Params, Refused, Row
from infra.local.bitrix.entities import BASKET_ITEM, fields_of, new_row
from infra.local.bitrix.orders import line_tree, settle
from infra.local.bitrix.php import as_int
from infra.local.bitrix.shop import Shop


def add(shop: Shop, params: Params) -> Answer:
    """On Site Management nobody fills in the provider: without it a line is a name and a price, and holds nothing."""
    return _add(shop, fields_of(params))


def add_catalog_product(shop: Shop, params: Params) -> Answer:
    """The same with the catalog's provider, always."""
    return _add(shop, fields_of(params) | {"module": "catalog", "productProviderClass": f"\\{stock.PROVIDER}"})


def _add(shop: Shop, given: Row) -> Answer:
    if given.get("orderId") in (None, ""):
        raise Refused("200140400008", "Required fields: fields[ORDER_ID]")
    order = shop.orders.get(as_int(given["orderId"]))
    if order is None:
        raise Refused("200140400009", "Order not found")
    row = new_row(BASKET_ITEM, given)
    if row["currency"] != order["currency"]:
        raise Refused("200140400011", "Currency must be the currency of the order")
    if row["quantity"] <= 0:
        raise _not_saved()
    _price_by_hand(row)
    if stock.tracked(row):
        _fill_from_catalog(shop, row)
    elif not row["name"]:
        raise _not_saved()
    if "xmlId" not in given:
        row["xmlId"] = shop.fresh_xml_id()
    row |= {"lid": order["lid"], "dateInsert": shop.now(), "dateUpdate": shop.now()}
    line = shop.basket.add(row)
    settle(shop, order)
    return Answer({"basketItem": line_tree(shop, line)}, total=1)


def _price_by_hand(row: Row) -> None:
    """A price that is sent makes it a custom one, whatever was said."""
    if row["price"] is not None:
        base = row["basePrice"] if row["basePrice"] is not None else row["price"]
        row |= {"customPrice": "Y", "basePrice": base, "discountPrice": base - row["price"]}


def _fill_from_catalog(shop: Shop, row: Row) -> None:
    product = shop.product(row["productId"])
    if product is None or product["active"] != "Y":
        raise _not_saved()
    if not shop.seed.can_buy_zero and product["quantity"] < row["quantity"]:
        raise Refused("SALE_BASKET_ITEM_WRONG_AVAILABLE_QUANTITY", f"Доступно для покупки: {product['quantity']} шт")
    if row["price"] is None:
        price = catalog.base_price(shop, product["id"])
        if price is None:
            raise _not_saved()
        row |= {"price": price, "basePrice": price, "priceTypeId": 1}
    row["name"] = row["name"] or product["name"]
    row["productXmlId"] = row["productXmlId"] or product["xmlId"]
    row["catalogXmlId"] = row["catalogXmlId"] or f"iblock-{product['iblockId']}"


def _not_saved() -> Refused:
    return Refused("200140400007", "basket item is not saved - bad data")
