from collections.abc import Mapping
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.samples.bitrix import (
    Played,
    Refused,
    basket_item,
    order_tree,
    page_of,
    payment,
    property_value,
    shipment,
)
from wbsync.bitrix import orders
from wbsync.bitrix.wire import OrderTree
from wbsync.domain.ids import OfferId, OrderId, ShopOrderId
from wbsync.domain.orders import ShopOrder
from wbsync.domain.shop import Orders
from wbsync.errors import RateLimited, Rejected, SyncError, Unavailable

RULES = Orders(
    site_id="s1",
    person_type_id=3,
    pay_system_id=48,
    delivery_id=2,
    currency="BYN",
    status_new="N",
    user_id=77,
    constant_properties={"FIO": "Wildberries"},
)
IDS = {"WB_ORDER_ID": 31, "WB_STATUS": 32, "WB_LABEL_URL": 33, "FIO": 20}
ORDER_ID = OrderId(4300000001)
SHOP_ID = ShopOrderId(55)


def wb_order(order_id: int = ORDER_ID, **properties: str) -> ShopOrder:
    return ShopOrder(
        order_id=OrderId(order_id),
        offer_id=OfferId(1286),
        price=Decimal("129.90"),
        currency="BYN",
        comment="Заказ Wildberries & Co",
        properties={"WB_ORDER_ID": str(order_id), "WB_STATUS": "new", **properties},
    )


class Making:
    """A shop that makes what it is asked to, except `refuses`: method → error."""

    def __init__(self, refuses: Mapping[str, Refused] | None = None) -> None:
        self._refuses = refuses or {}
        self._ids = count(55)
        self.played = Played(self._answer)

    def _answer(self, method: str, params: dict[str, Any]) -> object:
        if method in self._refuses:
            raise self._refuses[method]
        if method == "sale.order.add":
            return {"order": {"id": next(self._ids), "accountNumber": "1", "clients": [], "requisiteLink": []}}
        if not str(params["fields"].get("orderId", params["fields"].get("order", {}).get("id"))).isdecimal():
            raise Refused("200140400009", "Order not found")
        return {"basketItem": {"id": 1}, "payment": {"id": 2}, "shipment": {"id": 3}, "propertyValues": []}


def sent(played: Played, method: str) -> dict[str, Any]:
    (params,) = played.asked(method)
    fields = params["fields"]
    assert isinstance(fields, dict)
    return fields


def values_sent(played: Played) -> dict[str, object]:
    (params,) = played.asked("sale.propertyvalue.modify")
    return {v["orderPropsId"]: v["value"] for v in params["fields"]["order"]["propertyValues"]}


# ---- finding


def found_by(rows: list[dict[str, Any]], *order_ids: int) -> dict[OrderId, list[ShopOrderId]]:
    played = Played(lambda method, params: page_of(rows, "orders", params))
    return orders.find(played.client, [OrderId(i) for i in order_ids])


def row(shop_id: int, order_id: int, canceled: str = "N") -> dict[str, Any]:
    return {"id": shop_id, "xmlId": f"WB_{order_id}", "canceled": canceled}


def test_orders_are_found_by_their_external_id_in_one_request() -> None:
    played = Played(lambda method, params: page_of([row(9, 1), row(12, 2)], "orders", params))
    assert orders.find(played.client, [OrderId(1), OrderId(2), OrderId(3)]) == {1: [9], 2: [12]}
    assert len(played.commands) == 1
    assert played.asked("sale.order.list")[0]["filter"] == {"@xmlId": ["WB_1", "WB_2", "WB_3"], ">id": "0"}


def test_a_doubled_order_is_told_with_the_first_one_first() -> None:
    assert found_by([row(12, 1), row(9, 1), row(30, 1)], 1) == {1: [9, 12, 30]}


@pytest.mark.parametrize(
    ("canceled", "ids"), [("NY", [9]), ("YN", [12]), ("YY", [9])], ids=["taken back", "remade by staff", "all"]
)
def test_a_cancelled_order_is_told_only_where_no_other_stands(canceled: str, ids: list[int]) -> None:
    assert found_by([row(9, 1, canceled[0]), row(12, 1, canceled[1])], 1) == {1: ids}


def test_more_than_a_page_of_orders_is_read_whole() -> None:
    assert len(found_by([row(i, i) for i in range(1, 121)], *range(1, 121))) == 120


def test_a_row_that_was_not_asked_for_is_no_one_s_order() -> None:
    assert found_by([{"id": 9, "xmlId": None, "canceled": "N"}, row(10, 2)], 1) == {}


def test_nothing_to_find_costs_nothing() -> None:
    played = Played(lambda method, params: {})
    assert orders.find(played.client, []) == {}
    assert played.requests == []


# ---- placing


def test_an_order_is_made_with_all_its_parts_in_one_request_of_five_commands() -> None:
    shop = Making()
    assert orders.place(shop.played.client, [wb_order()], RULES, IDS) == {ORDER_ID: 55}
    assert len(shop.played.requests) == 1
    assert [method for method, _ in shop.played.commands] == [
        "sale.order.add",
        "sale.basketitem.addCatalogProduct",
        "sale.payment.add",
        "sale.shipment.add",
        "sale.propertyvalue.modify",
    ]
    assert sent(shop.played, "sale.order.add") == {
        "lid": "s1",
        "personTypeId": "3",
        "currency": "BYN",
        "userId": "77",
        "statusId": "N",
        "xmlId": "WB_4300000001",
        "externalOrder": "Y",
        "comments": "Заказ Wildberries & Co",
    }
    assert sent(shop.played, "sale.basketitem.addCatalogProduct") == {
        "orderId": "55",
        "productId": "1286",
        "quantity": "1",
        "price": "129.90",
        "customPrice": "Y",
        "currency": "BYN",
        "xmlId": "WB_4300000001_b1",
    }
    assert sent(shop.played, "sale.payment.add") == {
        "orderId": "55",
        "paySystemId": "48",
        "sum": "129.90",
        "paid": "N",
        "xmlId": "WB_4300000001_p1",
    }
    assert sent(shop.played, "sale.shipment.add") == {
        "orderId": "55",
        "deliveryId": "2",
        "allowDelivery": "N",
        "deducted": "N",
        "basePriceDelivery": "0",
        "xmlId": "WB_4300000001_s1",
    }
    assert sent(shop.played, "sale.propertyvalue.modify")["order"]["id"] == "55"
    assert values_sent(shop.played) == {"31": "4300000001", "32": "new", "20": "Wildberries"}


def test_ten_orders_fill_one_batch_and_each_part_goes_to_its_own_order() -> None:
    shop = Making()
    placed = orders.place(shop.played.client, [wb_order(i) for i in range(1, 11)], RULES, IDS)
    assert placed == {i: 54 + i for i in range(1, 11)}
    assert len(shop.played.requests) == 1
    assert len(shop.played.commands) == 50
    parts = {p["fields"]["xmlId"]: p["fields"]["orderId"] for p in shop.played.asked("sale.payment.add")}
    assert parts == {f"WB_{i}_p1": str(54 + i) for i in range(1, 11)}


def test_a_thousand_orders_cost_two_requests_for_every_ten() -> None:
    shop = Making()
    finder = Played(lambda method, params: page_of([], "orders", params))
    for first in range(1, 1001, 10):
        some = [wb_order(i) for i in range(first, first + 10)]
        assert orders.find(finder.client, [order.order_id for order in some]) == {}
        assert len(orders.place(shop.played.client, some, RULES, IDS)) == 10
    assert len(finder.requests) + len(shop.played.requests) == 200


def test_eleven_orders_at_once_are_a_bug() -> None:
    with pytest.raises(ValueError, match="at most 10"):
        orders.place(Making().played.client, [wb_order(i) for i in range(11)], RULES, IDS)


def test_nothing_to_place_costs_nothing() -> None:
    shop = Making()
    assert orders.place(shop.played.client, [], RULES, IDS) == {}
    assert shop.played.requests == []


def test_without_a_buyer_bitrix_takes_its_anonymous_one() -> None:
    shop = Making()
    orders.place(shop.played.client, [wb_order()], RULES.model_copy(update={"user_id": None}), IDS)
    assert "userId" not in sent(shop.played, "sale.order.add")


def test_a_paid_order_is_paid() -> None:
    shop = Making()
    orders.place(shop.played.client, [wb_order()], RULES.model_copy(update={"paid": True}), IDS)
    assert sent(shop.played, "sale.payment.add")["paid"] == "Y"


@pytest.mark.parametrize("missing", ["WB_STATUS", "FIO"])
def test_a_property_unknown_to_the_shop_is_refused_by_code_before_anything_is_sent(missing: str) -> None:
    shop = Making()
    known = {code: number for code, number in IDS.items() if code != missing}
    with pytest.raises(Rejected, match=missing):
        orders.place(shop.played.client, [wb_order()], RULES, known)
    assert shop.played.requests == []


def test_an_empty_property_is_not_written() -> None:
    shop = Making()
    orders.place(shop.played.client, [wb_order(WB_STATUS="")], RULES, IDS)
    assert values_sent(shop.played) == {"31": "4300000001", "20": "Wildberries"}


def test_an_order_that_bitrix_refused_has_its_error() -> None:
    shop = Making({"sale.order.add": Refused("0", "Required fields: lid")})
    refused = orders.place(shop.played.client, [wb_order()], RULES, IDS)[ORDER_ID]
    assert type(refused) is Rejected
    assert "Required fields: lid" in refused.reason


def test_an_order_refused_among_others_does_not_hold_them_back() -> None:
    made = iter([Refused("0", "no"), {"order": {"id": 56}}])

    def answer(method: str, params: dict[str, Any]) -> object:
        if method != "sale.order.add":
            return {}
        result = next(made)
        if isinstance(result, Refused):
            raise result
        return result

    placed = orders.place(Played(answer).client, [wb_order(1), wb_order(2)], RULES, IDS)
    assert isinstance(placed[OrderId(1)], Rejected)
    assert placed[OrderId(2)] == 56


@pytest.mark.parametrize(
    "part",
    ["sale.basketitem.addCatalogProduct", "sale.payment.add", "sale.shipment.add", "sale.propertyvalue.modify"],
)
def test_a_half_made_order_may_be_done_and_names_the_step_that_failed(part: str) -> None:
    shop = Making({part: Refused("OPERATION_TIME_LIMIT")})
    half = orders.place(shop.played.client, [wb_order()], RULES, IDS)[ORDER_ID]
    assert isinstance(half, Unavailable)
    assert half.maybe_done
    assert half.wait == 600
    assert part in str(half)
    assert "shop order 55 of WB_4300000001 is half made" in str(half)


@pytest.mark.parametrize("made", [{}, {"order": []}, None])
def test_an_order_whose_id_cannot_be_read_may_be_done(made: object) -> None:
    placed = orders.place(Played(lambda method, params: made).client, [wb_order()], RULES, IDS)[ORDER_ID]
    assert isinstance(placed, Unavailable)
    assert placed.maybe_done


# ---- completing

LINE = basket_item(255, 1286, "WB_4300000001_b1")
PAYMENT = payment(123, 48, "WB_4300000001_p1")
SHIPMENT = shipment(338, 2, "WB_4300000001_s1", lines=[255])
VALUES = [property_value(31, "4300000001"), property_value(32, "new"), property_value(20, "Wildberries")]


def whole(**parts: Any) -> dict[str, Any]:
    return order_tree(
        55, **{"basket": [LINE], "payments": [PAYMENT], "shipments": [SHIPMENT], "values": VALUES, **parts}
    )


def completing(tree: object, refuses: Mapping[str, Refused] | None = None) -> tuple[SyncError | None, Played]:
    def answer(method: str, params: dict[str, Any]) -> object:
        if method in (refuses or {}):
            raise (refuses or {})[method]
        if method == "sale.order.get":
            return tree
        return {"basketItem": {"id": 256}, "shipment": {"id": 339}}

    played = Played(answer)
    return orders.complete(played.client, {SHOP_ID: wb_order()}, RULES, IDS)[SHOP_ID], played


def steps(tree: dict[str, Any]) -> list[str]:
    failed, played = completing(tree)
    assert failed is None
    return [method for method, _ in played.commands if method != "sale.order.get"]


def test_a_whole_order_is_read_and_left_alone() -> None:
    failed, played = completing(whole())
    assert failed is None
    assert [method for method, _ in played.commands] == ["sale.order.get"]


@pytest.mark.parametrize(
    ("tree", "added"),
    [
        (
            order_tree(55),
            [
                "sale.basketitem.addCatalogProduct",
                "sale.payment.add",
                "sale.shipment.add",
                "sale.propertyvalue.modify",
            ],
        ),
        (whole(payments=[]), ["sale.payment.add"]),
        (whole(shipments=[]), ["sale.shipment.add"]),
        (whole(values=[]), ["sale.propertyvalue.modify"]),
        (whole(shipments=[shipment(338, 2, "WB_4300000001_s1", lines=[])]), ["sale.shipmentitem.add"]),
        (whole(basket=[], shipments=[]), ["sale.basketitem.addCatalogProduct", "sale.shipment.add"]),
    ],
    ids=["all but the order", "payment", "shipment", "properties", "line in no shipment", "line and shipment"],
)
def test_only_what_is_missing_is_sent(tree: dict[str, Any], added: list[str]) -> None:
    assert steps(tree) == added


def test_bitrix_s_own_hidden_shipment_is_no_shipment() -> None:
    assert steps(whole(shipments=[shipment(300, 2, "", lines=[255], system="Y")])) == ["sale.shipment.add"]


def test_a_line_that_stands_only_in_bitrix_s_hidden_shipment_goes_into_ours() -> None:
    hidden = shipment(300, 0, "", lines=[255], system="Y")
    assert steps(whole(shipments=[hidden, shipment(338, 2, "WB_4300000001_s1", lines=[])])) == ["sale.shipmentitem.add"]


def test_shipments_whose_keys_have_a_gap_arrive_as_an_object_and_are_seen() -> None:
    assert steps(whole(shipments={"1": SHIPMENT})) == []


def test_parts_that_lost_their_external_id_are_not_made_again() -> None:
    tree = whole(
        basket=[basket_item(255, 1286, "bx_1")],
        payments=[payment(123, 48, "bx_2")],
        shipments=[shipment(338, 2, "", lines=[255])],
    )
    assert steps(tree) == []


def test_a_line_that_staff_replaced_is_not_added_again() -> None:
    assert steps(whole(basket=[basket_item(255, 999, "WB_4300000001_b1")])) == []


def test_a_line_goes_into_the_shipment_that_is_there() -> None:
    _, played = completing(whole(shipments=[shipment(338, 2, "WB_4300000001_s1", lines=[])]))
    assert sent(played, "sale.shipmentitem.add") == {"orderDeliveryId": "338", "basketId": "255", "quantity": "1"}


def test_a_line_that_is_made_now_goes_into_the_shipment_that_is_there() -> None:
    _, played = completing(whole(basket=[], shipments=[shipment(338, 2, "WB_4300000001_s1", lines=[])]))
    assert sent(played, "sale.shipmentitem.add") == {"orderDeliveryId": "338", "basketId": "256", "quantity": "1"}


def test_missing_properties_join_those_that_stand_and_overwrite_none() -> None:
    standing = [property_value(32, "confirm"), property_value(40, "staff's note"), property_value(31, None)]
    _, played = completing(whole(values=standing))
    assert values_sent(played) == {"32": "confirm", "40": "staff's note", "31": "4300000001", "20": "Wildberries"}


def test_a_step_that_is_refused_is_the_order_s_error() -> None:
    failed, _ = completing(whole(payments=[]), {"sale.payment.add": Refused("0", "no such pay system")})
    assert isinstance(failed, Rejected)
    assert "no such pay system" in failed.reason


def test_an_order_that_cannot_be_read_has_its_error_and_is_not_touched() -> None:
    failed, played = completing(None, {"sale.order.get": Refused("200540400001", "order is not exists")})
    assert isinstance(failed, Rejected)
    assert len(played.commands) == 1


def test_many_orders_are_completed_in_few_requests_and_none_is_split_over_two() -> None:
    trees = {str(shop_id): order_tree(shop_id) for shop_id in range(1, 31)}
    played = Played(
        lambda method, params: trees[params["id"]] if method == "sale.order.get" else {"basketItem": {"id": 1}}
    )
    done = orders.complete(played.client, {ShopOrderId(i): wb_order(1000 + i) for i in range(1, 31)}, RULES, IDS)
    assert done == dict.fromkeys(range(1, 31))
    assert [len(request) for request in played.requests] == [30, 48, 48, 24]


def test_missing_steps_are_computed_without_a_shop() -> None:
    tree = OrderTree.model_validate(order_tree(55)["order"])
    assert set(orders.missing_steps(tree, wb_order(), RULES, {})) == {"b55", "p55", "s55"}


# ---- properties


class Properties:
    """A shop whose orders hold property values, replaced as a whole like Bitrix's."""

    def __init__(self, held: dict[int, list[dict[str, Any]]]) -> None:
        self.held = held
        self.played = Played(self._answer)

    def _answer(self, method: str, params: dict[str, Any]) -> object:
        if method == "sale.propertyvalue.list":
            return {"propertyValues": self.held[int(params["filter"]["=orderId"])][:50]}
        if method == "sale.order.get":
            return order_tree(int(params["id"]), values=self.held[int(params["id"])])
        order = params["fields"]["order"]
        self.held[int(order["id"])] = [
            property_value(int(v["orderPropsId"]), v["value"]) for v in order["propertyValues"]
        ]
        return {"propertyValues": []}

    def values(self, shop_id: int) -> dict[int, object]:
        return {v["orderPropsId"]: v["value"] for v in self.held[shop_id]}


def test_setting_a_property_keeps_all_others_that_stand() -> None:
    shop = Properties({55: [property_value(31, "1"), property_value(40, "Minsk"), property_value(33, None)]})
    done = orders.set_properties(shop.played.client, {SHOP_ID: {"WB_LABEL_URL": "https://l.example/1"}}, IDS)
    assert done == {55: None}
    assert shop.values(55) == {31: "1", 40: "Minsk", 33: "https://l.example/1"}


@pytest.mark.parametrize(
    ("standing", "sent_back"),
    [
        ({"id": "948", "fileName": "fit.jpeg", "src": "/upload/fit.jpeg"}, "948"),
        ([{"id": "948"}, {"id": "949"}], ["948", "949"]),
        (["a", "b"], ["a", "b"]),
        (10, "10"),
        ({"city": "Minsk"}, {"city": "Minsk"}),
    ],
)
def test_files_are_sent_back_by_their_id_and_lists_as_lists(standing: object, sent_back: object) -> None:
    shop = Properties({55: [property_value(53, standing)]})
    orders.set_properties(shop.played.client, {SHOP_ID: {"WB_STATUS": "confirm"}}, IDS)
    assert shop.values(55) == {53: sent_back, 32: "confirm"}


@pytest.mark.parametrize("standing", [[property_value(32, "confirm")], [property_value(32, "confirm")] * 2])
def test_an_order_that_holds_the_values_already_is_not_written(standing: list[dict[str, Any]]) -> None:
    shop = Properties({55: standing})
    assert orders.set_properties(shop.played.client, {SHOP_ID: {"WB_STATUS": "confirm"}}, IDS) == {55: None}
    assert shop.played.asked("sale.propertyvalue.modify") == []


@pytest.mark.parametrize("standing", [None, ""])
def test_an_empty_value_equals_an_absent_one(standing: object) -> None:
    shop = Properties({55: [property_value(32, standing)]})
    orders.set_properties(shop.played.client, {SHOP_ID: {"WB_STATUS": "", "WB_LABEL_URL": ""}}, IDS)
    assert shop.played.asked("sale.propertyvalue.modify") == []


def test_a_value_can_be_emptied() -> None:
    shop = Properties({55: [property_value(32, "confirm")]})
    orders.set_properties(shop.played.client, {SHOP_ID: {"WB_STATUS": ""}}, IDS)
    assert shop.values(55) == {32: ""}


def test_a_hundred_orders_cost_four_requests() -> None:
    shop = Properties({i: [property_value(31, str(i))] for i in range(1, 101)})
    wanted = {ShopOrderId(i): {"WB_STATUS": "confirm"} for i in range(1, 101)}
    assert orders.set_properties(shop.played.client, wanted, IDS) == dict.fromkeys(range(1, 101))
    assert len(shop.played.requests) == 4
    assert all(shop.values(i) == {31: str(i), 32: "confirm"} for i in range(1, 101))


def test_an_order_with_more_values_than_a_page_loses_none() -> None:
    shop = Properties({55: [property_value(100 + n, str(n)) for n in range(60)]})
    orders.set_properties(shop.played.client, {SHOP_ID: {"WB_STATUS": "confirm"}}, IDS)
    assert len(shop.values(55)) == 61


def test_a_property_unknown_to_the_shop_is_not_set_on_any_order() -> None:
    shop = Properties({55: []})
    with pytest.raises(Rejected, match="WB_SUPPLY_ID"):
        orders.set_properties(shop.played.client, {SHOP_ID: {"WB_SUPPLY_ID": "WB-GI-1", "WB_STATUS": "new"}}, IDS)
    assert shop.played.requests == []


def test_an_order_whose_values_cannot_be_read_is_not_written_and_the_others_are() -> None:
    def answer(method: str, params: dict[str, Any]) -> object:
        if method == "sale.propertyvalue.list" and params["filter"]["=orderId"] == "55":
            raise Refused("OPERATION_TIME_LIMIT")
        return {"propertyValues": []}

    played = Played(answer)
    wanted = {SHOP_ID: {"WB_STATUS": "confirm"}, ShopOrderId(56): {"WB_STATUS": "confirm"}}
    done = orders.set_properties(played.client, wanted, IDS)
    assert isinstance(done[SHOP_ID], RateLimited)
    assert done[ShopOrderId(56)] is None
    assert [p["fields"]["order"]["id"] for p in played.asked("sale.propertyvalue.modify")] == ["56"]


def test_property_ids_are_read_by_code_for_the_active_properties_of_a_person_type() -> None:
    rows = [{"id": n, "code": f"CODE_{n}"} for n in range(1, 61)] + [
        {"id": 61, "code": "CODE_1"},
        {"id": 62, "code": ""},
    ]
    played = Played(lambda method, params: page_of(rows, "properties", params))
    assert orders.property_ids(played.client, 3) == {f"CODE_{n}": n for n in range(1, 61)}
    asked = played.asked("sale.property.list")[0]["filter"]
    assert {"personTypeId": "3", "active": "Y"}.items() <= asked.items()


# ---- taking back


def cancelling(tree: dict[str, Any], reason: str = "Дубль") -> tuple[SyncError | None, Played]:
    played = Played(lambda method, params: tree if method == "sale.order.get" else {})
    return orders.cancel(played.client, [SHOP_ID], reason)[SHOP_ID], played


def test_an_order_is_cancelled_with_its_reason() -> None:
    failed, played = cancelling(whole())
    assert failed is None
    assert [method for method, _ in played.commands] == ["sale.order.get", "sale.order.update"]
    assert played.asked("sale.order.update") == [{"id": "55", "fields": {"canceled": "Y", "reasonCanceled": "Дубль"}}]


def test_paid_and_shipped_marks_are_taken_off_first() -> None:
    paid = [payment(123, 48, "", paid="Y"), payment(124, 48, "")]
    shipped = [shipment(338, 2, "", lines=[255], deducted="Y"), shipment(339, 2, "", lines=[])]
    _, played = cancelling(whole(payments=paid, shipments=shipped))
    assert [method for method, _ in played.requests[1]] == [
        "sale.payment.update",
        "sale.shipment.update",
        "sale.order.update",
    ]
    assert played.asked("sale.payment.update") == [{"id": "123", "fields": {"paySystemId": "48", "paid": "N"}}]
    assert played.asked("sale.shipment.update") == [
        {"id": "338", "fields": {"deliveryId": "2", "allowDelivery": "N", "deducted": "N"}}
    ]


def test_a_cancelled_order_is_left_alone() -> None:
    failed, played = cancelling(whole(canceled="Y"))
    assert failed is None
    assert [method for method, _ in played.commands] == ["sale.order.get"]


def test_a_long_reason_is_cut_to_what_bitrix_keeps() -> None:
    _, played = cancelling(whole(), "д" * 300)
    assert played.asked("sale.order.update")[0]["fields"]["reasonCanceled"] == "д" * 255


def test_an_order_that_may_not_be_cancelled_has_its_error() -> None:
    def answer(method: str, params: dict[str, Any]) -> object:
        if method == "sale.order.update":
            raise Refused("SALE_ORDER_CANCEL_SHIPMENT_EXIST_SHIPPED", "shipped")
        return whole()

    assert isinstance(orders.cancel(Played(answer).client, [SHOP_ID], "Дубль")[SHOP_ID], Rejected)
