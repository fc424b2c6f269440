"""sale.basketproperties.*: what is noted on a line of an order, a marking code for instance."""

from infra.local.bitrix.answers import Answer, Params, Refused, Row
from infra.local.bitrix.entities import BASKET_PROPERTY, fields_of, new_row
from infra.local.bitrix.orders import order_of, touch
from infra.local.bitrix.php import as_int
from infra.local.bitrix.shop import Shop


def add(shop: Shop, params: Params) -> Answer:
    given = fields_of(params)
    if given.get("basketId") in (None, ""):
        raise Refused("200240400004", "Basket item id is absent")
    line = shop.basket.get(as_int(given["basketId"]))
    if line is None:
        raise Refused("200240400005", "Basket item id is bad")
    row = new_row(BASKET_PROPERTY, given)
    if "xmlId" not in given:
        row["xmlId"] = shop.fresh_xml_id()
    made = shop.basket_properties.add(row)
    touch(shop, order_of(shop, line["orderId"]))
    return Answer({"basketProperty": made})


def set_one(shop: Shop, line: Row, code: str, value: str) -> None:
    """A property is written in the order's form: the one of that code, or a new one."""
    standing = next((row for row in shop.basket_properties.of(line["id"]) if row["code"] == code), None)
    if standing is None:
        add(shop, {"fields": {"basketId": line["id"], "code": code, "name": code, "value": value}})
        return
    standing["value"] = value
    touch(shop, order_of(shop, line["orderId"]))
