"""sale.order.*: the order itself and what follows from its lines, payments and shipments."""

from decimal import Decimal

from infra.local.bitrix import stock
from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import ORDER, changes, described, fields_of, id_of, new_row
from infra.local.bitrix.shop import Shop

ANONYMOUS_USER = 7
_NOBODY: Row = {"clients": [], "requisiteLink": []}


def fields(_shop: Shop, _params: Params) -> Answer:
    return Answer({"order": described(ORDER)})


def add(shop: Shop, params: Params) -> Answer:
    given = fields_of(params)
    row = new_row(ORDER, given)
    _check_places(shop, row)
    _check_status(shop, row["statusId"])
    order = shop.orders.add(row)
    now = shop.now()
    order |= {"accountNumber": str(order["id"]), "dateUpdate": now, "dateStatus": now}
    order["dateInsert"] = order["dateInsert"] or now
    order["userId"] = order["userId"] or ANONYMOUS_USER
    if "xmlId" not in given:
        order["xmlId"] = shop.fresh_xml_id()
    _default_properties(shop, order)
    if order["canceled"] == "Y":
        order["dateCanceled"] = now
    return Answer({"order": _NOBODY | order})


def update(shop: Shop, params: Params) -> Answer:
    order = order_of(shop, id_of(params))
    changed = changes(ORDER, fields_of(params))
    if "statusId" in changed:
        _check_status(shop, changed["statusId"])
    if changed.get("canceled", order["canceled"]) != order["canceled"]:
        (_cancel if changed["canceled"] == "Y" else _restore)(shop, order)
    if changed.get("statusId", order["statusId"]) != order["statusId"]:
        changed["dateStatus"] = shop.now()
    order |= changed
    touch(shop, order)
    return Answer({"order": _NOBODY | order})


def get(shop: Shop, params: Params) -> Answer:
    """The whole tree. Here, and nowhere else, ids inside basketItems are text."""
    order = order_of(shop, id_of(params))
    tree = _NOBODY | order
    tree["basketItems"] = [
        line_tree(shop, line) | {"id": str(line["id"]), "orderId": str(line["orderId"])}
        for line in shop.basket.of(order["id"])
    ]
    tree["payments"] = shop.payments.of(order["id"])
    tree["shipments"] = [shipment_tree(shop, shipment) for shipment in shop.shipments.of(order["id"])]
    tree["propertyValues"] = [value_shown(row) for row in shop.property_values.of(order["id"])]
    tree["tradeBindings"] = []
    return Answer({"order": tree})


def delete(shop: Shop, params: Params) -> Answer:
    order = order_of(shop, id_of(params))
    if order["canceled"] != "Y":
        _cancel(shop, order)
    for item in _items(shop, order):
        shop.shipment_items.remove(item)
    for line in shop.basket.of(order["id"]):
        for row in shop.basket_properties.of(line["id"]):
            shop.basket_properties.remove(row)
    for table in (shop.basket, shop.payments, shop.shipments, shop.property_values):
        for row in table.of(order["id"]):
            table.remove(row)
    shop.orders.remove(order)
    return Answer(result=True)


def order_of(shop: Shop, order_id: int) -> Row:
    order = shop.orders.get(order_id)
    if order is None:
        raise Refused("200540400001", "order is not exists")
    return order


def settle(shop: Shop, order: Row) -> None:
    """Recount what hangs on lines, payments and shipments: price, payed, deducted."""
    lines, shipments = shop.basket.of(order["id"]), shop.shipments.of(order["id"])
    paid = [payment["sum"] for payment in shop.payments.of(order["id"]) if payment["paid"] == "Y"]
    delivery = sum((shipment["priceDelivery"] for shipment in shipments), start=Decimal(0))
    order["price"] = sum((line["price"] * line["quantity"] for line in lines), start=delivery)
    order["payed"] = "Y" if paid and sum(paid) >= order["price"] else "N"
    order["deducted"] = "Y" if shipments and all(one["deducted"] == "Y" for one in shipments) else "N"
    touch(shop, order)


def hold(shop: Shop, order: Row, items: list[Row]) -> None:
    """Reserve a shipment's items; what the shop has not marks the order, and the answer is an error AFTER the save."""
    if order["canceled"] != "Y" and not _reserved(shop, order, items):
        raise bad(order["reasonMarked"])


def refuse_cancelled(order: Row, code: str, description: str) -> None:
    """Money and goods of a cancelled order stand still; its status does not."""
    if order["canceled"] == "Y":
        raise Refused(code, description)


def line_tree(shop: Shop, line: Row) -> Row:
    items = [item for item in _items(shop, line, of="orderId") if item["basketId"] == line["id"]]
    reservations = [
        {
            "basketId": line["id"],
            "dateReserve": item["dateInsert"],
            "dateReserveEnd": None,
            "id": item["id"],
            "quantity": item["reservedQuantity"],
            "reservedBy": None,
            "storeId": _store_of(shop, item),
        }
        for item in items
        if item["reservedQuantity"]
    ]
    return line | {"properties": shop.basket_properties.of(line["id"]), "reservations": reservations}


def shipment_tree(shop: Shop, shipment: Row) -> Row:
    return shipment | {"shipmentItems": shop.shipment_items.of(shipment["id"])}


def value_shown(row: Row) -> Row:
    """A property's value inside of its order's tree."""
    return {name: value for name, value in row.items() if name != "orderId"}


def _store_of(shop: Shop, item: Row) -> int | None:
    place = shop.store_products.get(shop.reserved_in.get(item["id"], 0))
    return place["storeId"] if place is not None else None


def _items(shop: Shop, row: Row, of: str = "id") -> list[Row]:
    return [item for shipment in shop.shipments.of(row[of]) for item in shop.shipment_items.of(shipment["id"])]


def touch(shop: Shop, order: Row) -> None:
    order["dateUpdate"] = shop.now()
    order["version"] += 1


def _cancel(shop: Shop, order: Row) -> None:
    if any(payment["paid"] == "Y" for payment in shop.payments.of(order["id"])):
        raise Refused("SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE", "У заказа есть активные оплаты")
    if any(shipment["deducted"] == "Y" for shipment in shop.shipments.of(order["id"])):
        raise Refused("SALE_ORDER_CANCEL_SHIPMENT_EXIST_SHIPPED", "У заказа есть отгруженные отгрузки")
    for item in _items(shop, order):
        stock.release(shop, item)
    order |= {"canceled": "Y", "dateCanceled": shop.now(), "empCanceledId": 1}


def _restore(shop: Shop, order: Row) -> None:
    order |= {"canceled": "N", "dateCanceled": None, "empCanceledId": None}
    _reserved(shop, order, _items(shop, order))


def _reserved(shop: Shop, order: Row, items: list[Row]) -> bool:
    """Whether all that the items want is held for them; what is not leaves its mark on the order."""
    held = [stock.reserve(shop, item) for item in items]
    if not all(held):
        order |= {"marked": "Y", "dateMarked": shop.now(), "reasonMarked": "Не удалось зарезервировать товар"}
    return all(held)


def _check_places(shop: Shop, row: Row) -> None:
    if row["lid"] != shop.seed.site_id:
        raise bad(f"The site {row['lid']} does not exist")
    if shop.person_types.get(row["personTypeId"]) is None:
        raise bad(f"The person type {row['personTypeId']} does not exist")
    if len(row["currency"]) != 3 or not row["currency"].isupper():
        raise bad(f"The currency {row['currency']} does not exist")


def _check_status(shop: Shop, code: str) -> None:
    if shop.statuses.get(code, {}).get("type") != "O":
        raise bad(f"The order status {code} does not exist")


def _default_properties(shop: Shop, order: Row) -> None:
    for kind in shop.order_properties:
        if kind["personTypeId"] == order["personTypeId"] and kind["active"] == "Y" and kind["defaultValue"]:
            shop.property_values.add(property_row(order, kind, kind["defaultValue"]))


def property_row(order: Row, kind: Row, value: object) -> Row:
    return {
        "code": kind["code"],
        "name": kind["name"],
        "orderId": order["id"],
        "orderPropsId": kind["id"],
        "orderPropsXmlId": kind["xmlId"] or None,
        "value": value,
    }
