"""sale.shipment.* and sale.shipmentitem.*: goods enter a shipment, are held for it, and leave the shop with it."""

from collections.abc import Iterator
from decimal import Decimal

from infra.local.bitrix import stock
from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import SHIPMENT, SHIPMENT_ITEM, changes, fields_of, id_of, new_row
from infra.local.bitrix.orders import hold, order_of, refuse_cancelled, settle, shipment_tree
from infra.local.bitrix.shop import Shop

# What an update that does not tell them sets back (documentation of sale.shipment.update).
_FORGOTTEN: Row = {"statusId": "DN", "basePriceDelivery": Decimal(0)}


def add(shop: Shop, params: Params) -> Answer:
    """A new shipment takes every item that no other shipment has [SRC]; with reserve condition "O" that holds them."""
    given = fields_of(params)
    row = new_row(SHIPMENT, given)
    order = order_of(shop, row["orderId"])
    _check_order(order, row, was={"allowDelivery": "N", "deducted": "N"})
    _name_delivery(shop, row)
    _check_status(shop, row["statusId"])
    number = len(shop.shipments.of(order["id"])) + 1
    now = shop.now()
    row |= {"currency": order["currency"], "accountNumber": f"{order['accountNumber']}/{number}", "dateInsert": now}
    if "xmlId" not in given:
        row["xmlId"] = shop.fresh_xml_id()
    deducted, row["deducted"] = row["deducted"], "N"
    shipment = shop.shipments.add(row)
    items = [_put(shop, shipment, line, left) for line in shop.basket.of(order["id"]) if (left := _left(shop, line))]
    settle(shop, order)
    hold(shop, order, items)
    _move(shop, shipment, deducted)
    settle(shop, order)
    return Answer({"shipment": shipment_tree(shop, shipment)})


def update(shop: Shop, params: Params) -> Answer:
    shipment = shop.shipments.get(id_of(params))
    if shipment is None:
        raise Refused("201140400001", "shipment is not exists")
    order = order_of(shop, shipment["orderId"])
    changed = shipment | _FORGOTTEN | changes(SHIPMENT, fields_of(params))
    _check_order(order, changed, was=shipment)
    _name_delivery(shop, changed)
    _check_status(shop, changed["statusId"])
    if changed["deducted"] == "Y" != shipment["deducted"]:
        _check_goods(shop, shipment)
    deducted, changed["deducted"] = changed["deducted"], shipment["deducted"]
    shipment |= changed
    _move(shop, shipment, deducted)
    settle(shop, order)
    return Answer({"shipment": shipment_tree(shop, shipment)})


def add_item(shop: Shop, params: Params) -> Answer:
    given = fields_of(params)
    row = new_row(SHIPMENT_ITEM, given)
    shipment = shop.shipments.get(row["orderDeliveryId"])
    if shipment is None:
        raise Refused("201240400002", "shipment is not exists")
    if shipment["deducted"] == "Y":
        raise Refused("SALE_SHIPMENT_ITEM_SHIPMENT_ALREADY_SHIPPED_CANNOT_EDIT", "Отгрузка уже отгружена")
    line = shop.basket.get(row["basketId"])
    if line is None or line["orderId"] != shipment["orderId"]:
        raise Refused("201240400003", "basket item is not exists")
    if any(item["basketId"] == line["id"] for item in shop.shipment_items.of(shipment["id"])):
        raise Refused("201250000001", "Duplicate entry for key [basketId, orderDeliveryId]")
    if row["quantity"] > _left(shop, line):
        raise bad("The quantity is more than what is left of the basket item")
    item = _put(shop, shipment, line, row["quantity"])
    if "xmlId" in given:
        item["xmlId"] = row["xmlId"]
    hold(shop, order_of(shop, shipment["orderId"]), [item])
    return Answer({"shipmentItem": item})


def _put(shop: Shop, shipment: Row, line: Row, quantity: Decimal) -> Row:
    fields = {"orderDeliveryId": shipment["id"], "basketId": line["id"], "quantity": quantity}
    row = new_row(SHIPMENT_ITEM, fields) | {"dateInsert": shop.now(), "xmlId": shop.fresh_xml_id()}
    return shop.shipment_items.add(row)


def _left(shop: Shop, line: Row) -> Decimal:
    """How much of the line no shipment has yet."""
    taken: Iterator[Decimal] = (
        item["quantity"]
        for shipment in shop.shipments.of(line["orderId"])
        for item in shop.shipment_items.of(shipment["id"])
        if item["basketId"] == line["id"]
    )
    quantity: Decimal = line["quantity"]
    return max(quantity - sum(taken, start=Decimal(0)), Decimal(0))


def _move(shop: Shop, shipment: Row, deducted: str) -> None:
    now = shop.now()
    if shipment["allowDelivery"] == "Y":
        shipment["dateAllowDelivery"] = shipment["dateAllowDelivery"] or now
        shipment["empAllowDeliveryId"] = 1
    if deducted == shipment["deducted"]:
        return
    for item in shop.shipment_items.of(shipment["id"]):
        (stock.ship if deducted == "Y" else stock.take_back)(shop, item)
    shipment |= {"deducted": deducted, "dateDeducted": now, "empDeductedId": 1}


def _check_order(order: Row, wanted: Row, was: Row) -> None:
    if wanted["allowDelivery"] != was["allowDelivery"]:
        code = "SALE_ORDER_ALLOW_DELIVERY_ORDER_CANCELED"
        refuse_cancelled(order, code, "Заказ отменён, изменить разрешение доставки нельзя")
    if wanted["deducted"] != was["deducted"]:
        refuse_cancelled(order, "SALE_ORDER_SHIPMENT_ORDER_CANCELED", "Заказ отменён, изменить его отгрузку нельзя")


def _check_goods(shop: Shop, shipment: Row) -> None:
    for item in shop.shipment_items.of(shipment["id"]):
        stock.check_shippable(shop, item)


def _name_delivery(shop: Shop, row: Row) -> None:
    delivery = next((one for one in shop.deliveries if one["ID"] == row["deliveryId"]), None)
    if delivery is None:
        raise Refused("SALE_SHIPMENT_WRONG_DELIVERY_SERVICE", "Не найдена служба доставки")
    row |= {"deliveryName": delivery["NAME"], "priceDelivery": row["basePriceDelivery"]}


def _check_status(shop: Shop, code: str) -> None:
    if shop.statuses.get(code, {}).get("type") != "D":
        raise Refused("BX_INVALID_VALUE", f"The delivery status {code} does not exist")
