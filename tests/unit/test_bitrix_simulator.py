"""The simulated shop keeps to the traps of the real one (bitrix facts §2, §3)."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from infra.local.bitrix import SECRET, Bitrix, Seed, StoreSeed

OFFERS, PRODUCTS = 24, 23
FIRST = 2001
PROVIDER = "\\Bitrix\\Catalog\\Product\\CatalogProvider"
PLACE = {"lid": "s1", "personTypeId": 1, "currency": "BYN"}


class Caller:
    """The shop and a keyboard: `rest` gives a body as it is, `result` insists on success, `error` on a refusal."""

    def __init__(self, **seed: Any) -> None:
        self.bitrix = Bitrix(Seed(**{"offers": 120, "can_buy_zero": True} | seed), clock=lambda: 1_790_000_000.25)
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.bitrix.wsgi), base_url="https://shop.test")

    def rest(self, method: str, **params: Any) -> httpx.Response:
        return self.http.post(f"{self.bitrix.webhook('')}{method}", json=params)

    def result(self, method: str, **params: Any) -> Any:
        answer = self.rest(method, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def error(self, method: str, **params: Any) -> str:
        body = self.rest(method, **params).json()
        assert isinstance(body["error"], str)
        return body["error"]

    def batch(self, commands: dict[str, str], halt: int = 0) -> Any:
        return self.result("batch", cmd=commands, halt=halt)

    def sim(self, path: str, **body: Any) -> Any:
        return self.http.post(f"/_sim/{path}", json=body).raise_for_status().json()

    def state(self) -> Any:
        return self.http.get("/_sim/state").json()

    def product(self, offer: int = FIRST) -> Any:
        return next(row for row in self.state()["products"] if row["id"] == offer)

    def order(self, **fields: Any) -> Any:
        return self.result("sale.order.add", fields=PLACE | fields)["order"]

    def line(self, order: Any, offer: int = FIRST, quantity: int = 1, **fields: Any) -> Any:
        own = {"orderId": order["id"], "productId": offer, "quantity": quantity, "currency": "BYN"}
        return self.result("sale.basketitem.addCatalogProduct", fields=own | fields)["basketItem"]

    def shipment(self, order: Any, **fields: Any) -> Any:
        own = {"orderId": order["id"], "deliveryId": 2, "allowDelivery": "N", "deducted": "N"}
        return self.result("sale.shipment.add", fields=own | fields)["shipment"]


@pytest.fixture
def shop() -> Caller:
    return Caller()


# The envelope and who may come in


def test_an_answer_carries_its_times_in_the_shops_own_offset(shop: Caller) -> None:
    time = shop.rest("scope").json()["time"]
    assert {"start", "finish", "duration", "processing", "date_start", "date_finish"} == set(time)
    assert time["date_start"] == "2026-09-21T17:13:20+03:00"


def test_a_method_answers_with_and_without_json_by_get_and_by_form(shop: Caller) -> None:
    url = shop.bitrix.webhook("")
    query = {"filter[=id]": "N", "select[0]": "id"}
    answers = [
        shop.http.get(f"{url}sale.status.list", params=query),
        shop.http.post(f"{url}sale.status.list.json", data=query),
        shop.rest("SALE.STATUS.LIST", filter={"=id": "N"}, select=["id"]),
    ]
    assert [answer.json()["result"] for answer in answers] == [{"statuses": [{"id": "N"}]}] * 3


@pytest.mark.parametrize("path", ["/rest/1/wrong/scope", f"/rest/2/{SECRET}/scope"])
def test_a_wrong_secret_or_user_is_turned_away(shop: Caller, path: str) -> None:
    answer = shop.http.get(path)
    assert (answer.status_code, answer.json()["error"]) == (401, "INVALID_CREDENTIALS")


def test_a_method_of_a_scope_that_was_not_given_is_refused() -> None:
    shop = Caller(scopes={"catalog"})
    answer = shop.rest("sale.order.list")
    assert (answer.status_code, answer.json()["error"]) == (401, "insufficient_scope")
    assert shop.result("method.get", name="sale.order.list") == {"isExisting": True, "isAvailable": False}
    assert "sale.order.list" not in shop.result("methods")
    assert shop.result("scope") == ["catalog"]


def test_missing_rights_are_told_by_codes_that_are_text() -> None:
    shop = Caller(rights=set())
    refusals = {
        "sale.order.list": "200040300010",
        "sale.order.add": "200040300020",
        "catalog.product.list": "200040300010",
        "catalog.catalog.list": "200040300030",
        "sale.paysystem.list": "ACCESS_DENIED",
    }
    assert {method: shop.error(method) for method in refusals} == refusals


def test_an_unknown_method_is_not_found(shop: Caller) -> None:
    answer = shop.rest("sale.order.import2")
    assert (answer.status_code, answer.json()["error"]) == (404, "ERROR_METHOD_NOT_FOUND")


def test_method_get_knows_a_method_by_its_lower_case_name_only(shop: Caller) -> None:
    assert shop.result("method.get", name="catalog.productproperty.list")["isExisting"] is True
    assert shop.result("method.get", name="catalog.productProperty.list")["isExisting"] is False


def test_what_is_missing_is_told_by_the_code_100(shop: Caller) -> None:
    assert shop.error("sale.order.add") == "100"
    assert shop.error("sale.order.get") == "100"
    assert shop.error("sale.order.list", filter="id") == "100"


# batch


def test_a_batch_uses_results_of_earlier_commands_by_name_and_by_index(shop: Caller) -> None:
    page = urlencode({"select[0]": "id", "select[1]": "iblockId", "filter[iblockId]": OFFERS, "start": -1})
    after = urlencode({"filter[>id]": "$result[p1][offers][49][id]"})
    done = shop.batch({"p1": f"catalog.product.offer.list?{page}", "p2": f"catalog.product.offer.list?{page}&{after}"})
    assert [row["id"] for row in done["result"]["p2"]["offers"]] == list(range(FIRST + 50, FIRST + 100))


def test_a_reference_may_stand_inside_of_a_longer_text(shop: Caller) -> None:
    comment = urlencode({"fields[comments]": "после $result[a][order][accountNumber]!"})
    place = urlencode({f"fields[{name}]": value for name, value in PLACE.items()})
    done = shop.batch({"a": f"sale.order.add?{place}", "b": f"sale.order.add?{place}&{comment}"})["result"]
    assert done["b"]["order"]["comments"] == f"после {done['a']['order']['accountNumber']}!"


def test_a_reference_to_nothing_is_an_empty_text(shop: Caller) -> None:
    line = "fields[orderId]=$result[o][order][id]&fields[productId]=2001&fields[quantity]=1&fields[currency]=BYN"
    done = shop.batch({"o": "sale.order.add?fields[lid]=s1", "l": f"sale.basketitem.addCatalogProduct?{line}"})
    assert done["result_error"]["l"]["error"] == "200140400008"


def test_empty_maps_of_a_batch_are_empty_lists(shop: Caller) -> None:
    done = shop.batch({"a": "scope"})
    assert (done["result_error"], done["result_total"], done["result_next"]) == ([], [], [])
    failed = shop.batch({"a": "nothing"})
    assert (failed["result"], failed["result_time"]) == ([], [])


def test_a_batch_answers_200_and_names_the_commands_that_failed(shop: Caller) -> None:
    answer = shop.rest("batch", cmd={"bad": "sale.order.get?id=5", "good": "sale.status.list"})
    done = answer.json()["result"]
    assert answer.status_code == 200
    assert done["result_error"]["bad"]["error"] == "200540400001"
    assert done["result_total"] == {"good": 9}


def test_halt_stops_at_the_first_failure_and_what_was_done_stays(shop: Caller) -> None:
    place = urlencode({f"fields[{name}]": value for name, value in PLACE.items()})
    commands = {"a": f"sale.order.add?{place}", "b": "sale.order.get?id=5", "c": f"sale.order.add?{place}"}
    done = shop.batch(commands, halt=1)
    assert (list(done["result"]), list(done["result_error"])) == (["a"], ["b"])
    assert len(shop.state()["orders"]) == 1


def test_a_batch_holds_fifty_commands_and_no_batch(shop: Caller) -> None:
    done = shop.batch({f"c{at}": "scope" for at in range(51)} | {"c1": "batch?cmd[a]=scope"})
    assert {key: one["error"] for key, one in done["result_error"].items()} == {
        "c1": "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "c50": "ERROR_BATCH_LENGTH_EXCEEDED",
    }


def test_commands_may_come_as_a_list(shop: Caller) -> None:
    assert set(shop.result("batch", cmd=["scope", "sale.status.list"])["result"]) == {"0", "1"}


def test_unencoded_equals_signs_in_a_command_spoil_its_filter(shop: Caller) -> None:
    shop.order(xmlId="WB_1")
    spoilt = shop.batch({"a": "sale.order.list?filter[=xmlId]=WB_2"})
    encoded = shop.batch({"a": f"sale.order.list?{urlencode({'filter[=xmlId]': 'WB_2'})}"})
    assert (spoilt["result_total"]["a"], encoded["result_total"]["a"]) == (1, 0)


# Lists


def offers(shop: Caller, **params: Any) -> Any:
    wanted = {"select": ["id", "iblockId"], "filter": {"iblockId": OFFERS}}
    return shop.rest("catalog.product.offer.list", **wanted | params).json()


def test_a_page_has_fifty_rows_and_tells_the_next_start(shop: Caller) -> None:
    first, last = offers(shop), offers(shop, start=100)
    assert (len(first["result"]["offers"]), first["total"], first["next"]) == (50, 120, 50)
    assert (len(last["result"]["offers"]), last["total"], "next" in last) == (20, 120, False)


def test_the_fast_mode_tells_neither_total_nor_next(shop: Caller) -> None:
    fast = offers(shop, start=-1)
    assert (len(fast["result"]["offers"]), set(fast)) == (50, {"result", "time"})


def test_rows_come_in_the_order_asked_for_and_with_the_fields_asked_for(shop: Caller) -> None:
    rows = offers(shop, order={"id": "DESC"})["result"]["offers"]
    assert rows[0] == {"id": FIRST + 119, "iblockId": OFFERS}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({">id": 2003, "<=id": 2005}, [2004, 2005]),
        ({"id": [2002, "2004"]}, [2002, 2004]),
        ({"!id": list(range(2002, 2121))}, [2001]),
        ({"<id": 2004, "%name": "ФУТБОЛКА"}, [2001, 2002, 2003]),
        ({"<id": 2004, "=%name": "Футболка%(46)"}, [2002]),
        ({"<id": 2004, "!%name": "(46)"}, [2001, 2003]),
        ({"<id": 2004, "property99": "48"}, [2003]),
        ({"<id": 2003, "noSuchField": 1}, [2001, 2002]),
    ],
)
def test_filters_of_products(shop: Caller, wanted: dict[str, Any], found: list[int]) -> None:
    rows = offers(shop, filter={"iblockId": OFFERS} | wanted)["result"]["offers"]
    assert [row["id"] for row in rows] == found


def test_products_know_no_at_sign_while_sale_lists_do(shop: Caller) -> None:
    assert offers(shop, filter={"iblockId": OFFERS, "@id": [2001]})["error"] == "0"
    ids = [shop.order()["id"] for _ in range(3)]
    rows = shop.result("sale.order.list", filter={"@id": ids[1:]}, select=["id"])["orders"]
    assert rows == [{"id": ids[1]}, {"id": ids[2]}]


def test_products_want_id_and_iblock_id_selected_and_the_iblock_filtered(shop: Caller) -> None:
    assert offers(shop, select=["id"])["error"] == "0"
    assert offers(shop, filter={})["error"] == "0"
    assert offers(shop, filter={"iblockId": 77})["error"] == "200040300000"


# The catalog


def test_offers_name_their_parent_and_their_values_as_text(shop: Caller) -> None:
    [row] = offers(shop, select=["id", "iblockId", "parentId", "property*"], filter={"iblockId": OFFERS, "id": FIRST})[
        "result"
    ]["offers"]
    parent = shop.result("catalog.product.get", id=row["parentId"]["value"])["product"]
    assert (parent["iblockId"], parent["type"]) == (PRODUCTS, 3)
    assert row["property98"] == {"value": "2000010000005", "valueId": "200198"}


def test_product_list_gives_any_element_of_the_block_and_offer_list_only_offers(shop: Caller) -> None:
    wanted = {"select": ["id", "iblockId"], "filter": {"iblockId": PRODUCTS}}
    assert shop.rest("catalog.product.list", **wanted).json()["total"] > 0
    assert shop.rest("catalog.product.offer.list", **wanted).json()["total"] == 0
    assert shop.rest("catalog.product.list", **wanted | {"filter": {"iblockId": OFFERS}}).json()["total"] == 120


def test_a_property_is_found_by_its_code(shop: Caller) -> None:
    wanted = {"iblockId": OFFERS, "code": "CML2_BAR_CODE"}
    [row] = shop.result("catalog.productProperty.list", filter=wanted)["productProperties"]
    assert (row["id"], row["multiple"]) == (98, "N")


def test_a_multiple_property_is_a_list_for_every_offer() -> None:
    shop = Caller(multiple_barcodes=2, empty_barcodes=1)
    selected = ["id", "iblockId", "property98"]
    cells = [row["property98"] for row in offers(shop, select=selected)["result"]["offers"]]
    assert all(isinstance(cell, list) for cell in cells)
    lengths = sorted(len(row["barcodes"]) for row in shop.state()["products"])
    assert (lengths[0], lengths[1], lengths[-3:]) == (0, 1, [1, 2, 2])


def test_odd_barcodes_are_as_many_as_were_seeded() -> None:
    products = Caller(duplicate_barcodes=3, empty_barcodes=4).state()["products"]
    codes = [code for row in products for code in row["barcodes"]]
    assert (len(codes), len(set(codes))) == (116, 113)


def test_a_catalog_of_offers_names_its_parents_and_the_property_between(shop: Caller) -> None:
    [row] = shop.result("catalog.catalog.list", filter={"iblockId": OFFERS})["catalogs"]
    assert (row["productIblockId"], row["skuPropertyId"]) == (PRODUCTS, 97)


def test_stores_share_what_the_product_has() -> None:
    shop = Caller(stores=[StoreSeed(id=4, title="А", share=1), StoreSeed(id=9, title="Б", share=1)])
    rows = shop.result("catalog.storeproduct.list", filter={"@productId": [FIRST, FIRST + 1]})["storeProducts"]
    assert [(row["productId"], row["storeId"]) for row in rows] == [(2001, 4), (2001, 9), (2002, 4), (2002, 9)]
    assert sum(row["amount"] for row in rows[:2]) == shop.product()["quantity"]
    only = shop.result("catalog.storeproduct.list", filter={"@productId": [FIRST], "storeId": 9})["storeProducts"]
    assert [row["storeId"] for row in only] == [9]


def test_prices_are_numbers_and_sorts_of_person_types_are_text(shop: Caller) -> None:
    [price] = shop.result("catalog.price.list", filter={"@productId": [FIRST], "catalogGroupId": 1})["prices"]
    assert isinstance(price["price"], int | float)
    assert [row["sort"] for row in shop.result("sale.persontype.list")["personTypes"]] == ["100", "200"]


def test_an_edit_moves_timestamp_x_and_a_change_of_stock_does_not(shop: Caller) -> None:
    edited = {"iblockId": OFFERS, ">timestampX": "2026-09-21T10:00:00+03:00"}
    shop.sim("stock", offer_id=FIRST, store_id=1, amount=5)
    assert offers(shop, filter=edited)["total"] == 0
    shop.sim("products", offer_id=FIRST + 1, barcodes=["2000010000999"])
    assert [row["id"] for row in offers(shop, filter=edited)["result"]["offers"]] == [FIRST + 1]


# Orders


def test_two_orders_may_have_one_xml_id(shop: Caller) -> None:
    assert shop.order(xmlId="WB_1")["id"] != shop.order(xmlId="WB_1")["id"]
    assert shop.rest("sale.order.list", filter={"=xmlId": "WB_1"}).json()["total"] == 2


def test_an_order_without_an_xml_id_or_a_buyer_gets_the_shops_own(shop: Caller) -> None:
    order = shop.order()
    assert re.fullmatch(r"bx_[0-9a-f]{13}", order["xmlId"])
    assert order["userId"] == 7


def test_orders_are_not_filtered_by_properties_and_nobody_says_so(shop: Caller) -> None:
    shop.order()
    assert shop.rest("sale.order.list", filter={"=WB_ORDER_ID": "1"}).json()["total"] == 1


@pytest.mark.parametrize("wrong", [{"lid": "s9"}, {"personTypeId": 9}, {"currency": "руб"}, {"statusId": "DN"}])
def test_an_order_of_an_unknown_place_is_refused(shop: Caller, wrong: dict[str, Any]) -> None:
    assert shop.error("sale.order.add", fields=PLACE | wrong) == "0"
    assert shop.error("sale.order.add", fields={"lid": "s1"}) == "0"
    assert shop.state()["orders"] == []


def test_an_update_passes_over_what_may_not_change(shop: Caller) -> None:
    order = shop.order()
    fields = {"lid": "s2", "currency": "RUB", "personTypeId": 2, "statusId": "P", "comments": "жду"}
    changed = shop.result("sale.order.update", id=order["id"], fields=fields)["order"]
    same = {name: changed[name] for name in PLACE}
    assert (same, changed["statusId"], changed["comments"]) == (PLACE, "P", "жду")


def test_get_fields_says_what_is_required_and_immutable(shop: Caller) -> None:
    told = shop.result("sale.order.getFields")["order"]
    assert {name for name, field in told.items() if field["isRequired"]} == {"lid", "personTypeId", "currency"}
    assert told["userId"]["isImmutable"] is True


def test_the_tree_of_an_order_writes_ids_of_its_lines_as_text(shop: Caller) -> None:
    order = shop.order()
    line = shop.line(order)
    tree = shop.result("sale.order.get", id=order["id"])["order"]
    assert (tree["basketItems"][0]["id"], tree["basketItems"][0]["orderId"]) == (str(line["id"]), str(order["id"]))
    [listed] = shop.result("sale.basketitem.list", filter={"@orderId": [order["id"]]})["basketItems"]
    assert listed["id"] == line["id"]


# Lines


def test_a_line_without_the_provider_neither_knows_the_product_nor_reserves_it(shop: Caller) -> None:
    before, order = shop.product(), shop.order()
    line = {"orderId": order["id"], "productId": FIRST, "quantity": 1, "currency": "BYN"}
    assert shop.error("sale.basketitem.add", fields=line) == "200140400007"
    shop.result("sale.basketitem.add", fields=line | {"name": "Футболка", "price": 10})
    shop.shipment(order)
    assert shop.product() == before


def test_a_line_with_the_provider_reserves(shop: Caller) -> None:
    before, order = shop.product(), shop.order()
    line = {"orderId": order["id"], "productId": FIRST, "quantity": 1, "currency": "BYN"}
    provider = {"module": "catalog", "productProviderClass": PROVIDER}
    shop.result("sale.basketitem.add", fields=line | provider)
    shop.shipment(order)
    assert shop.product()["quantity"] == before["quantity"] - 1


def test_a_price_that_is_sent_is_a_custom_one(shop: Caller) -> None:
    order = shop.order()
    own, given = shop.line(order), shop.line(order, price="12.50", customPrice="N")
    assert (own["customPrice"], given["customPrice"], given["price"]) == ("N", "Y", 12.5)
    total = shop.result("sale.order.get", id=order["id"])["order"]["price"]
    assert total == pytest.approx(own["price"] + 12.5)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"orderId": ""}, "200140400008"),
        ({"orderId": 5}, "200140400009"),
        ({"currency": "RUB"}, "200140400011"),
        ({"productId": 1}, "200140400007"),
        ({"quantity": ""}, "0"),
    ],
)
def test_a_wrong_line_has_its_own_code(shop: Caller, wrong: dict[str, Any], code: str) -> None:
    line = {"orderId": shop.order()["id"], "productId": FIRST, "quantity": 1, "currency": "BYN"}
    assert shop.error("sale.basketitem.addCatalogProduct", fields=line | wrong) == code


def test_a_switched_off_product_is_not_sold(shop: Caller) -> None:
    shop.sim("products", offer_id=FIRST, active=False)
    line = {"orderId": shop.order()["id"], "productId": FIRST, "quantity": 1, "currency": "BYN"}
    assert shop.error("sale.basketitem.addCatalogProduct", fields=line) == "200140400007"


def test_what_is_sold_out_is_not_sold_unless_the_shop_allows_it() -> None:
    strict, lavish = Caller(can_buy_zero=False), Caller(can_buy_zero=True)
    for shop in (strict, lavish):
        for store in (1, 2):
            shop.sim("stock", offer_id=FIRST, store_id=store, amount=0)
    line = {"orderId": strict.order()["id"], "productId": FIRST, "quantity": 1, "currency": "BYN"}
    assert strict.error("sale.basketitem.addCatalogProduct", fields=line).startswith("SALE_BASKET_ITEM")
    order = lavish.order()
    lavish.line(order)
    lavish.shipment(order)
    assert lavish.product()["quantity"] == -1


# Shipments, reservation, cancelling


def stocked(shop: Caller) -> tuple[int, int]:
    """Five in each store."""
    for store in (1, 2):
        shop.sim("stock", offer_id=FIRST, store_id=store, amount=5)
    return FIRST, 10


def test_a_new_shipment_takes_every_item_that_no_other_has(shop: Caller) -> None:
    order = shop.order()
    lines = [shop.line(order, FIRST), shop.line(order, FIRST + 1)]
    first, second = shop.shipment(order), shop.shipment(order)
    assert [item["basketId"] for item in first["shipmentItems"]] == [line["id"] for line in lines]
    assert second["shipmentItems"] == []


def test_reserving_lowers_the_quantity_and_leaves_the_stores_amount(shop: Caller) -> None:
    stocked(shop)
    order = shop.order()
    shop.line(order, quantity=2)
    assert shop.product()["quantity"] == 10
    shop.shipment(order)
    product = shop.product()
    assert (product["quantity"], product["quantityReserved"]) == (8, 2)
    assert product["stores"]["1"] == {"amount": 5, "quantityReserved": 2}


def test_without_store_control_the_stores_hold_nothing_back() -> None:
    shop = Caller(store_control=False)
    stocked(shop)
    order = shop.order()
    shop.line(order, quantity=2)
    shop.shipment(order)
    product = shop.product()
    assert (product["quantityReserved"], product["stores"]["1"]["quantityReserved"]) == (2, 0)


def test_the_same_item_enters_a_shipment_once(shop: Caller) -> None:
    order = shop.order()
    shipment = shop.shipment(order)
    line = shop.line(order)
    item = {"orderDeliveryId": shipment["id"], "basketId": line["id"], "quantity": 1}
    made = shop.result("sale.shipmentitem.add", fields=item)["shipmentItem"]
    assert made["reservedQuantity"] == 1
    assert shop.error("sale.shipmentitem.add", fields=item) == "201250000001"
    assert shop.error("sale.shipmentitem.add", fields=item | {"orderDeliveryId": 5}) == "201240400002"
    assert shop.error("sale.shipmentitem.add", fields=item | {"basketId": 5}) == "201240400003"


def test_an_unknown_delivery_or_pay_system_is_refused(shop: Caller) -> None:
    order = shop.order()
    shipment = {"orderId": order["id"], "deliveryId": 99, "allowDelivery": "N", "deducted": "N"}
    assert shop.error("sale.shipment.add", fields=shipment) == "SALE_SHIPMENT_WRONG_DELIVERY_SERVICE"
    assert shop.error("sale.payment.add", fields={"orderId": order["id"], "paySystemId": 99}) == "0"


def test_cancelling_gives_the_goods_back(shop: Caller) -> None:
    stocked(shop)
    order = shop.order()
    shop.line(order, quantity=3)
    shop.shipment(order)
    shop.result("sale.order.update", id=order["id"], fields={"canceled": "Y", "reasonCanceled": "передумал"})
    product = shop.product()
    assert (product["quantity"], product["quantityReserved"]) == (10, 0)
    assert product["stores"]["1"] == {"amount": 5, "quantityReserved": 0}
    shop.result("sale.order.update", id=order["id"], fields={"canceled": "N"})
    assert shop.product()["quantity"] == 7


def test_a_paid_order_is_not_cancelled_nor_deleted(shop: Caller) -> None:
    order = shop.order()
    shop.line(order, price=20)
    payment = shop.result("sale.payment.add", fields={"orderId": order["id"], "paySystemId": 2, "paid": "Y"})["payment"]
    assert (payment["sum"], payment["priceCod"]) == (20, "0")
    code = "SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE"
    assert shop.error("sale.order.update", id=order["id"], fields={"canceled": "Y"}) == code
    assert shop.error("sale.order.delete", id=order["id"]) == code
    assert shop.result("sale.order.get", id=order["id"])["order"]["payed"] == "Y"
    shop.result("sale.payment.update", id=payment["id"], fields={"paySystemId": 2, "paid": "N"})
    assert shop.result("sale.order.delete", id=order["id"]) is True


def test_shipped_goods_leave_the_store_and_their_order_is_not_cancelled(shop: Caller) -> None:
    stocked(shop)
    order = shop.order()
    shop.line(order, quantity=2)
    shipment = shop.shipment(order)
    same = {"deliveryId": 2, "allowDelivery": "N"}
    shop.result("sale.shipment.update", id=shipment["id"], fields=same | {"deducted": "Y"})
    product = shop.product()
    assert (product["quantity"], product["quantityReserved"]) == (8, 0)
    assert product["stores"]["1"] == {"amount": 3, "quantityReserved": 0}
    code = "SALE_ORDER_CANCEL_SHIPMENT_EXIST_SHIPPED"
    assert shop.error("sale.order.update", id=order["id"], fields={"canceled": "Y"}) == code
    shop.result("sale.shipment.update", id=shipment["id"], fields=same | {"deducted": "N"})
    product = shop.product()
    assert (product["quantity"], product["quantityReserved"], product["stores"]["1"]["amount"]) == (8, 2, 5)


def test_a_shipment_that_could_not_reserve_all_is_saved_although_the_answer_is_an_error() -> None:
    shop = Caller(can_buy_zero=False)
    stocked(shop)
    order, rival = shop.order(), shop.order()
    for one in (order, rival):
        shop.line(one, quantity=8)
    shop.shipment(order)
    wanted = {"orderId": rival["id"], "deliveryId": 2, "allowDelivery": "N", "deducted": "N"}
    assert shop.error("sale.shipment.add", fields=wanted) == "0"
    tree = shop.result("sale.order.get", id=rival["id"])["order"]
    assert (tree["marked"], tree["shipments"][0]["shipmentItems"][0]["reservedQuantity"]) == ("Y", 2)
    assert shop.product()["quantity"] == 0


# Properties


def prop(shop: Caller, code: str) -> int:
    [row] = shop.result("sale.property.list", filter={"code": code, "personTypeId": 1})["properties"]
    return int(row["id"])


def modify(shop: Caller, order: Any, values: dict[int, str]) -> dict[str, Any]:
    sent = [{"orderPropsId": number, "value": value} for number, value in values.items()]
    return {"fields": {"order": {"id": order["id"], "propertyValues": sent}}}


def test_a_new_order_carries_its_default_properties(shop: Caller) -> None:
    order = shop.order()
    [row] = shop.result("sale.propertyvalue.list", filter={"orderId": order["id"]})["propertyValues"]
    assert (row["code"], row["value"]) == ("SALES_CHANNEL", "Сайт")


def test_modify_deletes_every_property_that_is_not_sent(shop: Caller) -> None:
    order, number, uid = shop.order(), prop(shop, "WB_ORDER_ID"), prop(shop, "WB_ORDER_UID")
    shop.result("sale.propertyvalue.modify", **modify(shop, order, {number: "1", uid: "u"}))
    left = shop.result("sale.propertyvalue.modify", **modify(shop, order, {number: "2"}))["propertyValues"]
    assert [(row["code"], row["value"]) for row in left] == [("WB_ORDER_ID", "2")]


def test_a_property_keeps_the_id_of_its_value(shop: Caller) -> None:
    order, number = shop.order(), prop(shop, "WB_ORDER_ID")
    ids = {
        shop.result("sale.propertyvalue.modify", **modify(shop, order, {number: value}))["propertyValues"][0]["id"]
        for value in ("1", "2")
    }
    assert len(ids) == 1


def test_a_value_is_at_most_500_characters_and_a_refusal_changes_nothing(shop: Caller) -> None:
    order, number = shop.order(), prop(shop, "WB_LABEL_URL")
    assert shop.error("sale.propertyvalue.modify", **modify(shop, order, {number: "x" * 501})) == "0"
    [row] = shop.result("sale.propertyvalue.list", filter={"orderId": order["id"]})["propertyValues"]
    assert row["code"] == "SALES_CHANNEL"
    shop.result("sale.propertyvalue.modify", **modify(shop, order, {number: "x" * 500}))


def test_a_property_of_another_person_type_is_refused(shop: Caller) -> None:
    [row] = shop.result("sale.property.list", filter={"code": "FIO", "personTypeId": 2})["properties"]
    assert shop.error("sale.propertyvalue.modify", **modify(shop, shop.order(), {row["id"]: "x"})) == "0"


def test_orders_are_found_by_the_value_of_a_property(shop: Caller) -> None:
    orders, number = [shop.order(), shop.order()], prop(shop, "WB_ORDER_ID")
    for order, value in zip(orders, ("71", "72"), strict=True):
        shop.result("sale.propertyvalue.modify", **modify(shop, order, {number: value}))
    wanted = {"=code": "WB_ORDER_ID", "=value": "72"}
    found = shop.result("sale.propertyvalue.list", filter=wanted, select=["orderId"])["propertyValues"]
    assert found == [{"orderId": orders[1]["id"]}]


def test_a_missing_property_is_made_in_its_group() -> None:
    shop = Caller(with_wb_properties=False)
    assert shop.result("sale.property.list", filter={"code": "WB_RID"})["properties"] == []
    wanted = {"personTypeId": 1, "propsGroupId": 1, "name": "WB_RID", "type": "STRING", "code": "WB_RID", "util": "Y"}
    made = shop.result("sale.property.add", fields=wanted)["property"]
    assert (made["util"], made["settings"]) == ("Y", [])
    assert prop(shop, "WB_RID") == made["id"]
    assert shop.error("sale.property.add", fields=wanted | {"personTypeId": ""}) == "200850000005"
    assert shop.error("sale.property.add", fields=wanted | {"propsGroupId": 2}) == "0"


def test_a_status_has_two_characters_and_a_type(shop: Caller) -> None:
    status = {"id": "WB", "type": "O"}
    assert shop.result("sale.status.add", fields=status)["status"]["id"] == "WB"
    assert shop.error("sale.status.add", fields=status) == "201350000001"
    assert shop.error("sale.status.add", fields=status | {"id": "WBX"}) == "201350000005"
    assert shop.error("sale.status.add", fields={"id": "WC"}) == "201350000003"
    assert shop.order(statusId="WB")["statusId"] == "WB"


def test_deliveries_and_pay_systems_speak_in_capitals_and_give_a_bare_list(shop: Caller) -> None:
    rows = shop.result("sale.delivery.getlist", SELECT=["ID", "NAME"], FILTER={"@ID": [2, 3]}, ORDER={"ID": "DESC"})
    assert rows == [{"ID": 3, "NAME": "Самовывоз"}, {"ID": 2, "NAME": "Доставка Wildberries"}]
    assert shop.error("sale.paysystem.list", SELECT=["id"]) == "ERROR_CHECK_FAILURE"


# What stands beside the shop


def test_a_buyers_own_order_holds_the_goods_and_too_few_are_not_sold() -> None:
    shop = Caller(can_buy_zero=False)
    stocked(shop)
    sold = shop.sim("sales", offer_id=FIRST, quantity=4)
    assert (sold["left"], shop.product()["quantityReserved"]) == (6, 4)
    assert shop.http.post("/_sim/sales", json={"offer_id": FIRST, "quantity": 7}).status_code == 409
    assert [order["id"] for order in shop.state()["orders"]] == [sold["order_id"]]


def test_requests_are_counted_by_method_inside_of_batches_too(shop: Caller) -> None:
    shop.batch({"a": "scope", "b": "sale.status.list"})
    shop.result("sale.status.list")
    assert shop.state()["requests"] == {
        "http": 2,
        "http_by_method": {"batch": 1, "sale.status.list": 1},
        "by_method": {"batch": 1, "scope": 1, "sale.status.list": 2},
    }


def test_a_seed_opens_a_new_shop_and_the_same_seed_the_same_one(shop: Caller) -> None:
    shop.order()
    shop.sim("seed", seed=7, offers=10)
    first = shop.state()
    shop.sim("seed", seed=7, offers=10)
    assert (len(first["products"]), first["orders"]) == (10, [])
    assert shop.state() == first


@pytest.mark.parametrize("body", [{"offers": 3, "empty_barcodes": 4}, {"no_such": 1}, {"stores": []}])
def test_a_seed_that_makes_no_sense_is_refused(shop: Caller, body: dict[str, Any]) -> None:
    assert shop.http.post("/_sim/seed", json=body).status_code == 400


def test_the_simulators_side_is_not_reached_through_the_webhook(shop: Caller) -> None:
    assert shop.http.get(f"{shop.bitrix.webhook('')}_sim/state").status_code == 404
    assert shop.http.get("/_sim/nothing").status_code == 404
