"""sale.propertyvalue.*: what is written into the fields of an order."""

from infra.local.bitrix.answers import Answer, Params, Row, bad
from infra.local.bitrix.entities import fields_of
from infra.local.bitrix.orders import order_of, property_row, touch, value_shown
from infra.local.bitrix.php import as_int, as_text
from infra.local.bitrix.shop import Shop

LONGEST = 500  # characters of b_sale_order_props_value.VALUE


def modify(shop: Shop, params: Params) -> Answer:
    """Replaces the whole set: a property that is not sent is deleted from the order. A refusal changes nothing."""
    given = fields_of(params).get("order")
    if not isinstance(given, dict) or not given.get("id"):
        raise bad("Required fields: order[id]")
    sent = given.get("propertyValues")
    if not isinstance(sent, list):
        raise bad("Required fields: order[propertyValues]")
    order = order_of(shop, as_int(given["id"]))
    wanted = dict(_wanted(shop, order, one) for one in sent)
    standing = {row["orderPropsId"]: row for row in shop.property_values.of(order["id"])}
    for number in standing.keys() - wanted.keys():
        shop.property_values.remove(standing[number])
    for number, value in wanted.items():
        _write(shop, order, number, value)
    touch(shop, order)
    return Answer({"propertyValues": [value_shown(row) for row in shop.property_values.of(order["id"])]})


def set_one(shop: Shop, order: Row, code: str, value: str) -> None:
    """One property is written in the order's form; the others stay."""
    kinds = (kind for kind in shop.order_properties if kind["personTypeId"] == order["personTypeId"])
    kind = next((one for one in kinds if one["code"] == code), None)
    if kind is None:
        raise bad(f"The property {code} does not exist for the person type of the order")
    number, written = _wanted(shop, order, {"orderPropsId": kind["id"], "value": value})
    _write(shop, order, number, written)
    touch(shop, order)


def _wanted(shop: Shop, order: Row, sent: object) -> tuple[int, object]:
    if not isinstance(sent, dict) or "orderPropsId" not in sent:
        raise bad("Required fields: propertyValues[][orderPropsId]")
    number, value = as_int(sent["orderPropsId"]), sent.get("value")
    kind = shop.order_properties.get(number)
    if kind is None or kind["personTypeId"] != order["personTypeId"]:
        raise bad(f"The property {number} does not exist for the person type of the order")
    if isinstance(value, list) and kind["multiple"] == "Y":
        texts: list[str] = [as_text(one) for one in value]
    else:
        texts = [as_text(value)]
    if max(map(len, texts), default=0) > LONGEST:
        raise bad(f"The value of the property {kind['code']} is longer than {LONGEST} characters")
    return number, texts if kind["multiple"] == "Y" else texts[0]


def _write(shop: Shop, order: Row, number: int, value: object) -> None:
    standing = next((row for row in shop.property_values.of(order["id"]) if row["orderPropsId"] == number), None)
    kind = shop.order_properties.get(number)
    if standing is not None:
        standing["value"] = value
    elif kind is not None:
        shop.property_values.add(property_row(order, kind, value))
