"""The life of an order in the simulated shop: statuses, money, goods, notes, pictures, and staff who work there."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from infra.local.bitrix import Bitrix, Seed

OFFERS, FIRST = 24, 2001
PLACE_ID, FBO_ID, FBO_STOCK_ID = 102, 103, 104
PAID_CANCELLED = "SALE_ORDER_PAID_ORDER_CANCELED"
CODE = "0104600000000000215Abc\x1d93xyz"


class Shop:
    """The shop, its clock, staff (`staff`) and a webhook (`result`, `error`)."""

    def __init__(self, **seed: Any) -> None:
        self.now = 1_790_000_000.0
        self.bitrix = Bitrix(Seed(**{"offers": 12} | seed), clock=lambda: self.now)
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.bitrix.wsgi), base_url="https://shop.test")

    def rest(self, method: str, **params: Any) -> Any:
        return self.http.post(f"{self.bitrix.webhook('')}{method}", json=params).json()

    def result(self, method: str, **params: Any) -> Any:
        body = self.rest(method, **params)
        assert "error" not in body, body
        return body["result"]

    def error(self, method: str, **params: Any) -> str:
        code = self.rest(method, **params)["error"]
        assert isinstance(code, str)
        return code

    def staff(self, deed: str, **body: Any) -> Any:
        answer = self.http.post(f"/_sim/{deed}", json=body)
        return answer.raise_for_status().json()

    def refused(self, deed: str, **body: Any) -> tuple[int, str]:
        answer = self.http.post(f"/_sim/{deed}", json=body)
        return answer.status_code, answer.json()["error"]

    def stocked(self, first: int, second: int) -> None:
        for store, amount in ((1, first), (2, second)):
            self.staff("stock", offer_id=FIRST, store_id=store, amount=amount)

    def order(self, quantity: int = 1, **fields: Any) -> Any:
        return self.staff("orders", offer_id=FIRST, quantity=quantity, **fields)

    def state(self) -> Any:
        return self.http.get("/_sim/state").json()

    def product(self) -> Any:
        return next(row for row in self.state()["products"] if row["id"] == FIRST)

    def goods(self) -> tuple[int, int, dict[str, tuple[int, int]]]:
        """To sell, held, and by store what lies there and what of it is held; checked to agree."""
        row = self.product()
        stores = {key: (one["amount"], one["quantityReserved"]) for key, one in row["stores"].items()}
        assert sum(amount for amount, _ in stores.values()) == row["quantity"] + row["quantityReserved"]
        assert sum(held for _, held in stores.values()) == row["quantityReserved"]
        return row["quantity"], row["quantityReserved"], stores


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stocked(5, 5)
    return shop


def update(shop: Shop, order: Any, **fields: Any) -> Any:
    return shop.result("sale.order.update", id=order["id"], fields=fields)["order"]


def orders(shop: Shop, **wanted: Any) -> list[int]:
    return [row["id"] for row in shop.result("sale.order.list", filter=wanted, select=["id"])["orders"]]


# What staff changed


def test_orders_are_found_by_ids_statuses_xml_ids_and_the_time_of_their_change(shop: Shop) -> None:
    made = [shop.order(xml_id=f"WB_{number}")["id"] for number in (1, 2, 3)]
    shop.now += 60
    shop.staff("orders/status", order_id=made[1], status="WA")
    shop.staff("orders/status", order_id=made[2], status="WC")
    assert orders(shop, **{"@id": made[:2]}) == made[:2]
    assert orders(shop, **{"@statusId": ["WA", "WC"]}) == made[1:]
    assert orders(shop, statusId="N") == made[:1]
    assert orders(shop, **{"=%xmlId": "WB_%", "@statusId": ["WA"]}) == [made[1]]
    assert orders(shop, **{"@xmlId": ["WB_1", "WB_3"]}) == [made[0], made[2]]
    assert orders(shop, **{">=dateUpdate": "2026-09-21T17:14:20+03:00"}) == made[1:]
    assert orders(shop, **{">=dateUpdate": "2026-09-21T14:14:21+00:00"}) == []


def test_a_pattern_takes_an_underscore_for_any_character(shop: Shop) -> None:
    made = [shop.order(xml_id=name)["id"] for name in ("WB_1", "WBX1", "B_1")]
    assert orders(shop, **{"=%xmlId": "WB_%"}) == made[:2]


def test_what_is_told_of_an_order_that_staff_cancelled(shop: Shop) -> None:
    order = shop.order(xml_id="WB_1")
    shop.staff("orders/cancel", order_id=order["id"], reason="нет на складе")
    select = ["id", "xmlId", "statusId", "canceled", "reasonCanceled", "payed", "deducted"]
    [row] = shop.result("sale.order.list", filter={"=xmlId": "WB_1"}, select=select)["orders"]
    assert row == {
        "id": order["id"],
        "xmlId": "WB_1",
        "statusId": "N",
        "canceled": "Y",
        "reasonCanceled": "нет на складе",
        "payed": "N",
        "deducted": "N",
    }


def test_everything_staff_does_moves_the_orders_date(shop: Shop) -> None:
    order = shop.order(price="10", properties={"WB_ORDER_ID": "1"})["id"]
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("status", {"status": "P"}),
        ("property", {"code": "WB_STATUS", "value": "x"}),
        ("line-property", {"code": "MARK", "value": "1"}),
        ("pay", {}),
        ("pay", {"paid": False}),
        ("ship", {}),
        ("ship", {"shipped": False}),
        ("cancel", {}),
        ("restore", {}),
    ]
    dates = [shop.state()["orders"][0]["dateUpdate"]]
    for deed, body in deeds:
        shop.now += 1
        dates.append(shop.staff(f"orders/{deed}", order_id=order, **body)["dateUpdate"])
    assert len(set(dates)) == len(deeds) + 1


def test_a_reason_of_a_cancelling_holds_255_characters(shop: Shop) -> None:
    order = shop.order()
    fields = {"canceled": "Y", "reasonCanceled": "я" * 256}
    assert shop.error("sale.order.update", id=order["id"], fields=fields) == "0"
    assert shop.goods()[1] == 1
    assert update(shop, order, canceled="Y", reasonCanceled="я" * 255)["reasonCanceled"] == "я" * 255


# Money and goods


def test_paying_all_of_it_sets_payed_and_a_part_does_not(shop: Shop) -> None:
    order = shop.order(price="20.50")
    [payment] = order["payments"]
    assert payment["sum"] == pytest.approx(20.5)
    fields = {"paySystemId": 1, "sum": 20, "paid": "Y"}
    shop.result("sale.payment.update", id=payment["id"], fields=fields)
    assert shop.state()["orders"][0]["payed"] == "N"
    shop.staff("orders/pay", order_id=order["id"], paid=False)
    shop.result("sale.payment.update", id=payment["id"], fields=fields | {"sum": 20.5})
    assert shop.state()["orders"][0]["payed"] == "Y"


def test_the_sum_of_what_is_paid_stays(shop: Shop) -> None:
    order = shop.order(price="20")
    shop.staff("orders/pay", order_id=order["id"])
    changed = {"paySystemId": 1, "sum": 5}
    assert shop.error("sale.payment.update", id=order["payments"][0]["id"], fields=changed) == (
        "SALE_PAYMENT_NOT_ALLOWED_CHANGE_SUM"
    )


def test_an_update_of_a_payment_or_a_shipment_tells_its_required_fields_again(shop: Shop) -> None:
    order = shop.order()
    [payment], [shipment] = order["payments"], order["shipments"]
    assert shop.error("sale.payment.update", id=payment["id"], fields={"paid": "Y"}) == "0"
    assert shop.error("sale.shipment.update", id=shipment["id"], fields={"deducted": "Y"}) == "0"
    assert shop.state()["orders"][0]["deducted"] == "N"


def test_an_update_of_a_shipment_sets_back_the_status_and_the_price_it_does_not_tell(shop: Shop) -> None:
    shipment = shop.order()["shipments"][0]
    own = {"allowDelivery": "N", "deducted": "N", "deliveryId": 3}
    told = {"statusId": "DF", "basePriceDelivery": 5}
    first = shop.result("sale.shipment.update", id=shipment["id"], fields=own | told)["shipment"]
    then = shop.result("sale.shipment.update", id=shipment["id"], fields=own)["shipment"]
    assert (first["statusId"], first["priceDelivery"]) == ("DF", 5)
    assert (then["statusId"], then["priceDelivery"]) == ("DN", 0)


def test_goods_leave_with_the_shipment_and_come_back_to_the_store_they_left(shop: Shop) -> None:
    shop.stocked(0, 5)
    order = shop.order(2)
    assert shop.goods() == (3, 2, {"1": (0, 0), "2": (5, 2)})
    shop.staff("orders/ship", order_id=order["id"])
    assert shop.goods() == (3, 0, {"1": (0, 0), "2": (3, 0)})
    shop.staff("stock", offer_id=FIRST, store_id=1, amount=9)
    shop.staff("orders/ship", order_id=order["id"], shipped=False)
    assert shop.goods()[2]["2"][0] == 5
    assert shop.goods()[:2] == (12, 2)


def test_shipping_needs_no_allowed_delivery(shop: Shop) -> None:
    order = shop.order()
    shipped = shop.staff("orders/ship", order_id=order["id"])
    assert (shipped["shipments"][0]["allowDelivery"], shipped["deducted"]) == ("N", "Y")


def test_goods_that_are_not_there_are_not_shipped() -> None:
    shop = Shop()
    shop.stocked(1, 0)
    first = shop.order()
    second = shop.result("sale.order.add", fields={"lid": "s1", "personTypeId": 1, "currency": "BYN"})["order"]
    line = {"orderId": second["id"], "productId": FIRST, "quantity": 1, "currency": "BYN"}
    shop.staff("orders/cancel", order_id=first["id"])
    shop.result("sale.basketitem.addCatalogProduct", fields=line)
    shop.staff("orders/restore", order_id=first["id"])
    delivery = {"orderId": second["id"], "allowDelivery": "N", "deducted": "N", "deliveryId": 2}
    assert shop.error("sale.shipment.add", fields=delivery) == "0"  # saved, with nothing held
    assert shop.refused("orders/ship", order_id=second["id"]) == (400, "DDCT_DEDUCTION_QUANTITY_ERROR")
    assert shop.goods() == (0, 1, {"1": (1, 1), "2": (0, 0)})


def test_nothing_is_put_into_a_shipment_that_has_left(shop: Shop) -> None:
    order = shop.order()
    [shipment], [line] = order["shipments"], order["lines"]
    shop.staff("orders/ship", order_id=order["id"])
    item = {"orderDeliveryId": shipment["id"], "basketId": line["id"], "quantity": 1}
    code = "SALE_SHIPMENT_ITEM_SHIPMENT_ALREADY_SHIPPED_CANNOT_EDIT"
    assert shop.error("sale.shipmentitem.add", fields=item) == code


def test_an_order_is_cancelled_only_when_neither_paid_nor_shipped(shop: Shop) -> None:
    order = shop.order(price="10")["id"]
    shop.staff("orders/ship", order_id=order)
    shop.staff("orders/pay", order_id=order)
    assert shop.refused("orders/cancel", order_id=order) == (400, "SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE")
    shop.staff("orders/pay", order_id=order, paid=False)
    assert shop.refused("orders/cancel", order_id=order) == (400, "SALE_ORDER_CANCEL_SHIPMENT_EXIST_SHIPPED")
    shop.staff("orders/ship", order_id=order, shipped=False)
    assert shop.staff("orders/cancel", order_id=order)["canceled"] == "Y"
    assert shop.goods() == (10, 0, {"1": (5, 0), "2": (5, 0)})


def test_a_cancelled_order_is_neither_paid_nor_shipped_nor_given_out(shop: Shop) -> None:
    order = shop.order(price="10")
    shop.staff("orders/cancel", order_id=order["id"])
    assert shop.refused("orders/pay", order_id=order["id"]) == (400, PAID_CANCELLED)
    assert shop.refused("orders/ship", order_id=order["id"]) == (400, "SALE_ORDER_SHIPMENT_ORDER_CANCELED")
    own = {"allowDelivery": "Y", "deducted": "N", "deliveryId": 3}
    [shipment] = order["shipments"]
    assert shop.error("sale.shipment.update", id=shipment["id"], fields=own) == (
        "SALE_ORDER_ALLOW_DELIVERY_ORDER_CANCELED"
    )
    payment = {"orderId": order["id"], "paySystemId": 2, "sum": 10}
    assert shop.error("sale.payment.add", fields=payment) == PAID_CANCELLED
    assert shop.goods()[:2] == (10, 0)


def test_a_cancelled_order_takes_another_status_and_stays_cancelled(shop: Shop) -> None:
    order = shop.order()
    update(shop, order, canceled="Y")
    changed = update(shop, order, statusId="WR")
    assert (changed["statusId"], changed["canceled"]) == ("WR", "Y")
    assert shop.goods()[:2] == (10, 0)


def test_a_second_cancelling_changes_no_stock(shop: Shop) -> None:
    order = shop.order(3)
    update(shop, order, canceled="Y")
    update(shop, order, canceled="Y", reasonCanceled="ещё раз")
    assert shop.goods()[:2] == (10, 0)


def test_what_cannot_be_held_again_marks_the_restored_order(shop: Shop) -> None:
    order, rival = shop.order(6), 7
    shop.staff("orders/cancel", order_id=order["id"])
    shop.staff("sales", offer_id=FIRST, quantity=rival)
    restored = shop.staff("orders/restore", order_id=order["id"])
    assert (restored["canceled"], restored["marked"]) == ("N", "Y")
    assert shop.goods()[:2] == (0, 10)


def test_stock_agrees_after_any_mixture_of_deeds(shop: Shop) -> None:
    made = [shop.order(quantity, price="5")["id"] for quantity in (1, 2, 3)]
    for deed in ("ship", "cancel", "pay", "restore", "ship", "cancel"):
        for at, order in enumerate(made):
            body = {"shipped": at % 2 == 0} if deed == "ship" else {"paid": at == 0} if deed == "pay" else {}
            answer = shop.http.post(f"/_sim/orders/{deed}", json={"order_id": order} | body)
            assert answer.status_code in {200, 400}
            shop.goods()
    shipped = [row["deducted"] for row in shop.state()["orders"]]
    assert shipped == ["Y", "N", "Y"]
    assert shop.goods() == (6, 0, {"1": (4, 0), "2": (2, 0)})


# Properties of lines and orders


def test_a_marking_code_stands_in_the_line_of_the_order_and_in_the_list(shop: Shop) -> None:
    order = shop.order()
    shop.staff("orders/line-property", order_id=order["id"], code="MARK_CODE", value="old")
    shop.staff("orders/line-property", order_id=order["id"], code="MARK_CODE", value=CODE)
    [line] = shop.result("sale.order.get", id=order["id"])["order"]["basketItems"]
    [property_] = line["properties"]
    assert set(property_) == {"id", "basketId", "name", "value", "code", "sort", "xmlId"}
    assert (property_["basketId"], property_["value"]) == (int(line["id"]), CODE)
    wanted = {"@basketId": [int(line["id"])], "code": "MARK_CODE"}
    answer = shop.rest("sale.basketproperties.list", filter=wanted)
    assert (answer["result"], answer["total"]) == ({"basketProperties": [property_]}, 1)
    assert shop.state()["orders"][0]["lines"][0]["properties"] == [property_]


def test_a_property_of_a_line_is_added_over_rest_to_a_line_that_exists(shop: Shop) -> None:
    [line] = shop.order()["lines"]
    fields = {"basketId": line["id"], "name": "Код", "code": "MARK", "value": CODE}
    made = shop.result("sale.basketproperties.add", fields=fields)["basketProperty"]
    assert (made["sort"], made["value"]) == (100, CODE)
    assert shop.error("sale.basketproperties.add", fields=fields | {"basketId": ""}) == "200240400004"
    assert shop.error("sale.basketproperties.add", fields=fields | {"basketId": 5}) == "200240400005"
    assert shop.error("sale.basketproperties.add", fields=fields | {"value": ""}) == "0"


def test_an_item_of_a_shipment_tells_no_marking_code(shop: Shop) -> None:
    shop.order()
    [item] = shop.result("sale.shipmentitem.list")["shipmentItems"]
    assert set(item) == {
        "id",
        "orderDeliveryId",
        "basketId",
        "dateInsert",
        "quantity",
        "reservedQuantity",
        "xmlId",
    }


def test_orders_of_another_module_are_found_page_by_page_by_its_property() -> None:
    shop = Shop()
    shop.stocked(60, 0)
    made = [shop.order(properties={"MAXYSS_WB_NUMBER": str(number)}, xml_id="bx_1")["id"] for number in range(52)]
    wanted = {"=code": "MAXYSS_WB_NUMBER"}
    first = shop.rest("sale.propertyvalue.list", filter=wanted, select=["orderId", "value"])
    last = shop.rest("sale.propertyvalue.list", filter=wanted, select=["orderId"], start=first["next"])
    rows = first["result"]["propertyValues"] + last["result"]["propertyValues"]
    assert (first["total"], first["next"], "next" in last) == (52, 50, False)
    assert [row["orderId"] for row in rows] == made
    some = shop.result("sale.propertyvalue.list", filter=wanted | {"@value": ["3", "5"]})["propertyValues"]
    assert [row["orderId"] for row in some] == [made[3], made[5]]
    one = shop.result("sale.propertyvalue.list", filter={"=value": "3", "@orderId": made[:5]})["propertyValues"]
    assert [row["code"] for row in one] == ["MAXYSS_WB_NUMBER"]


def test_another_modules_order_has_its_line_and_holds_the_goods(shop: Shop) -> None:
    made = shop.order(2, xml_id="foreign", price="7.50", properties={"MAXYSS_WB_NUMBER": "900"})
    assert (made["xmlId"], made["price"], made["properties"]["MAXYSS_WB_NUMBER"]) == ("foreign", 15, "900")
    assert shop.goods()[:2] == (8, 2)
    assert made["properties"]["SALES_CHANNEL"] == "Сайт"
    [kind] = shop.result("sale.property.list", filter={"code": "MAXYSS_WB_NUMBER"})["properties"]
    assert (kind["util"], kind["isFiltered"]) == ("Y", "Y")


def test_the_shop_has_every_property_that_wbsync_fills(shop: Shop) -> None:
    rows = shop.result("sale.property.list", filter={"%code": "WB_"})["properties"]
    assert {"WB_PROBLEM", "WB_MARKING", "WB_SUPPLY_URL", "WB_ORDER_ID"} <= {row["code"] for row in rows}


def test_staff_cannot_write_more_than_a_property_holds_nor_one_that_is_not_there(shop: Shop) -> None:
    order = shop.order()["id"]
    assert shop.refused("orders/property", order_id=order, code="WB_PROBLEM", value="я" * 501) == (400, "0")
    assert shop.refused("orders/property", order_id=order, code="NO_SUCH", value="x") == (400, "0")
    written = shop.staff("orders/property", order_id=order, code="WB_PROBLEM", value="я" * 500)
    assert written["properties"]["WB_PROBLEM"] == "я" * 500
    assert shop.refused("orders/line-property", order_id=order, code="A", value="x", line=1) == (404, "unknown_line")


def test_a_deleted_order_takes_the_notes_of_its_lines_along(shop: Shop) -> None:
    order = shop.order()
    shop.staff("orders/line-property", order_id=order["id"], code="MARK", value=CODE)
    assert shop.result("sale.order.delete", id=order["id"]) is True
    assert shop.result("sale.basketproperties.list")["basketProperties"] == []
    assert shop.goods()[:2] == (10, 0)


# Statuses


def test_the_shop_has_the_usual_statuses_and_a_sellers_own(shop: Shop) -> None:
    rows = shop.result("sale.status.list", filter={"type": "O"}, select=["id"], order={"sort": "asc"})["statuses"]
    assert [row["id"] for row in rows] == ["N", "P", "WC", "WA", "WD", "WR", "F"]
    assert {row["id"] for row in shop.state()["statuses"]} == {row["id"] for row in rows} | {"DN", "DF"}


@pytest.mark.parametrize("status", ["XX", "DN", ""])
def test_an_order_takes_no_status_that_is_not_an_orders(shop: Shop, status: str) -> None:
    order = shop.order()["id"]
    assert shop.refused("orders/status", order_id=order, status=status) == (400, "0")
    assert shop.state()["orders"][0]["statusId"] == "N"


# Goods: places, marks, pictures


def element(shop: Shop, offer: int, *select: str) -> Any:
    params = {"select": ["id", "iblockId", *select], "filter": {"iblockId": OFFERS, "id": offer}}
    [row] = shop.result("catalog.product.list", **params)["products"]
    return row


def test_offers_tell_their_place_and_some_have_none(shop: Shop) -> None:
    kinds = shop.result("catalog.productProperty.list", filter={"iblockId": OFFERS})["productProperties"]
    ids = {row["code"]: row["id"] for row in kinds}
    assert (ids["PLACE"], ids["WB_FBO"], ids["WB_FBO_STOCK"]) == (PLACE_ID, FBO_ID, FBO_STOCK_ID)
    assert element(shop, FIRST, "property102")["property102"]["value"] == "А-21-2"
    assert element(shop, 2004, "property102")["property102"] is None


def test_as_many_offers_as_were_seeded_are_sold_from_wbs_warehouses() -> None:
    marked = [row for row in Shop(fbo_offers=5).state()["products"] if row["properties"]["WB_FBO"] == "Y"]
    assert len(marked) == 5
    assert Bitrix(Seed(offers=3)).shop.seed.fbo_offers == 0


def test_staff_moves_a_good_to_another_place(shop: Shop) -> None:
    shop.staff("products", offer_id=FIRST, properties={"PLACE": "Я-1", "WB_FBO": "Y"})
    row = element(shop, FIRST, "property102", "property103")
    assert (row["property102"]["value"], row["property103"]["value"]) == ("Я-1", "Y")
    shop.staff("products", offer_id=FIRST, properties={"PLACE": ""})
    assert element(shop, FIRST, "property102")["property102"] is None
    assert shop.refused("products", offer_id=FIRST, properties={"NO": "1"}) == (404, "unknown_property")


def written(shop: Shop, **fields: Any) -> Any:
    return shop.result("catalog.product.update", id=FIRST, fields=fields)["element"]


def test_an_update_writes_a_property_and_moves_timestamp_x(shop: Shop) -> None:
    before = element(shop, FIRST, "timestampX", "name", "property98")
    cell = written(shop, property104={"value": "7"})["property104"]
    assert cell["value"] == "7"
    again = written(shop, property104={"value": "8", "valueId": cell["valueId"]})["property104"]
    anew = written(shop, property104={"value": "9"})["property104"]
    assert (again, anew["valueId"] != cell["valueId"]) == ({"value": "8", "valueId": cell["valueId"]}, True)
    after = element(shop, FIRST, "timestampX", "name", "property98")
    assert after["timestampX"] > before["timestampX"]
    assert (after["name"], after["property98"]) == (before["name"], before["property98"])
    assert written(shop, property104={"value": ""})["property104"] is None


def test_values_of_a_multiple_property_are_written_as_a_list() -> None:
    shop = Shop(multiple_barcodes=1)
    [standing] = written(shop, name="Футболка")["property98"]
    both = written(shop, property98=[standing, {"value": "2000019999994"}])["property98"]
    assert (both[0], both[1]["value"]) == (standing, "2000019999994")
    assert shop.product()["barcodes"] == [standing["value"], "2000019999994"]


@pytest.mark.parametrize("value", ["7", [{"value": "7"}], {"valueId": "1"}])
def test_a_property_in_another_shape_is_refused(shop: Shop, value: Any) -> None:
    assert shop.error("catalog.product.update", id=FIRST, fields={"property104": value}) == "0"


def test_an_update_passes_over_quantities_and_properties_of_other_blocks(shop: Shop) -> None:
    row = written(shop, quantity=99, property100={"value": "чужое"}, property999={"value": "?"})
    assert (row["quantity"], "property100" in row, "property999" in row) == (10, False, False)
    assert written(Shop(store_control=False), quantity=99)["quantity"] == 99


def test_an_update_needs_the_right_and_a_product_that_exists() -> None:
    reader = Shop(rights={"catalog_read"})
    assert reader.error("catalog.product.update", id=FIRST, fields={"name": "x"}) == "200040300040"
    assert Shop().error("catalog.product.update", id=1, fields={"name": "x"}) == "0"


def picture(shop: Shop, url: str) -> tuple[str, tuple[int, int]]:
    answer = shop.http.get(url)
    assert answer.status_code == 200, answer.text
    return answer.headers["content-type"], Image.open(BytesIO(answer.content)).size


def test_a_part_of_the_offers_has_pictures_that_open_at_their_url(shop: Shop) -> None:
    seen = [element(shop, offer, "previewPicture", "detailPicture") for offer in (2001, 2002, 2003)]
    assert [(bool(row["previewPicture"]), bool(row["detailPicture"])) for row in seen] == [
        (True, False),
        (True, True),
        (False, False),
    ]
    assert set(seen[1]["detailPicture"]) == {"id", "url", "urlMachine"}
    assert seen[1]["detailPicture"]["url"].startswith("/rest/catalog.product.download?")
    assert picture(shop, seen[1]["previewPicture"]["url"]) == ("image/png", (60, 80))
    assert picture(shop, seen[1]["detailPicture"]["urlMachine"]) == ("image/jpeg", (300, 400))
    whole = shop.result("catalog.product.get", id=2002)["product"]
    assert whole["detailPicture"] == seen[1]["detailPicture"]


def test_a_shop_may_open_pictures_to_the_webhook_only() -> None:
    shop = Shop(open_pictures=False)
    url = element(shop, 2002, "previewPicture")["previewPicture"]["url"]
    assert (shop.http.get(url).status_code, shop.http.get(url).json()["error"]) == (401, "NO_AUTH_FOUND")
    assert picture(shop, shop.bitrix.webhook("") + url.removeprefix("/rest/")) == ("image/png", (60, 80))


def test_a_picture_is_downloaded_by_its_three_names(shop: Shop) -> None:
    fields = {"fileId": 20021, "productId": 2002, "fieldName": "DETAIL_PICTURE"}
    method = "catalog.product.download"
    got = shop.http.post(f"{shop.bitrix.webhook('')}{method}", json={"fields": fields})
    assert got.headers["content-type"] == "image/jpeg"
    wrong: list[dict[str, Any]] = [{"fileId": 20020}, {"fieldName": "previewPicture"}, {"productId": 2003}]
    assert [shop.error(method, fields=fields | one) for one in wrong] == ["0"] * 3
    assert shop.error(method, fields={"fileId": 20021}) == "0"
    done = shop.result("batch", cmd={"a": f"{method}?fields[fileId]=20021"})
    assert done["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_images_of_a_product_are_listed_with_addresses_open_to_all() -> None:
    shop = Shop(open_pictures=False)
    rows = shop.result("catalog.productImage.list", productId=2002)["productImages"]
    assert [row["type"] for row in rows] == ["PREVIEW_PICTURE", "DETAIL_PICTURE"]
    assert [picture(shop, row["detailUrl"])[0] for row in rows] == ["image/png", "image/jpeg"]
    assert shop.result("catalog.productImage.list", productId=2003)["productImages"] == []
    assert shop.error("catalog.productImage.list") == "100"
    assert shop.http.get("/upload/iblock/20030.png").status_code == 404


def test_a_price_of_another_module_may_be_nothing(shop: Shop) -> None:
    assert Decimal(str(shop.order(price="0")["price"])) == 0
