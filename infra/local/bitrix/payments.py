"""sale.payment.*"""

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import PAYMENT, changes, fields_of, id_of, new_row
from infra.local.bitrix.orders import order_of, refuse_cancelled, settle
from infra.local.bitrix.shop import Shop

_CANCELLED = ("SALE_ORDER_PAID_ORDER_CANCELED", "Заказ отменён, изменить его оплату нельзя")


def add(shop: Shop, params: Params) -> Answer:
    """Without a `sum` it is for what is still to be paid."""
    given = fields_of(params)
    row = new_row(PAYMENT, given)
    order = order_of(shop, row["orderId"])
    earlier = shop.payments.of(order["id"])
    if row["paid"] == "Y" or row["sum"] is not None:
        refuse_cancelled(order, *_CANCELLED)
    _name_pay_system(shop, row)
    if row["sum"] is None:
        row["sum"] = max(order["price"] - sum(payment["sum"] for payment in earlier), 0)
    row |= {"currency": order["currency"], "accountNumber": f"{order['accountNumber']}/{len(earlier) + 1}"}
    row["dateBill"] = row["dateBill"] or shop.now()
    if "xmlId" not in given:
        row["xmlId"] = shop.fresh_xml_id()
    _date(shop, row, before="N")
    payment = shop.payments.add(row)
    settle(shop, order)
    return Answer({"payment": payment})


def update(shop: Shop, params: Params) -> Answer:
    payment = shop.payments.get(id_of(params))
    if payment is None:
        raise Refused("200640400001", "payment is not exists")
    order = order_of(shop, payment["orderId"])
    given = changes(PAYMENT, fields_of(params))
    changed = payment | given
    if (changed["paid"], changed["sum"]) != (payment["paid"], payment["sum"]):
        refuse_cancelled(order, *_CANCELLED)
    if payment["paid"] == "Y" and changed["sum"] != payment["sum"]:
        raise Refused("SALE_PAYMENT_NOT_ALLOWED_CHANGE_SUM", "Нельзя изменить сумму оплаченной оплаты")
    _name_pay_system(shop, changed)
    if "datePaid" not in given and payment["paid"] != "Y":
        changed["datePaid"] = None  # the day it was paid before it was unset
    _date(shop, changed, before=payment["paid"])
    payment |= changed
    settle(shop, order)
    return Answer({"payment": payment})


def _name_pay_system(shop: Shop, row: Row) -> None:
    system = next((one for one in shop.pay_systems if one["ID"] == row["paySystemId"]), None)
    if system is None:
        raise bad(f"The pay system {row['paySystemId']} does not exist")
    row |= {
        "paySystemName": system["NAME"],
        "paySystemXmlId": system["XML_ID"],
        "paySystemIsCash": system["IS_CASH"],
    }


def _date(shop: Shop, payment: Row, before: str) -> None:
    if payment["paid"] == "Y" != before:
        payment["datePaid"] = payment["datePaid"] or shop.now()
        payment["empPaidId"] = payment["empPaidId"] or 1
