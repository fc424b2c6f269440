"""Only what differs is sent to an order; reading the states of thousands costs a few requests."""

from typing import Any

from tests.samples.bitrix import Played
from wbsync.bitrix import orders
from wbsync.bitrix.orders import Change
from wbsync.bitrix.wire import OrderTree
from wbsync.domain.ids import ShopOrderId

ID = ShopOrderId(55)


def tree(**changes: Any) -> OrderTree:
    return OrderTree.model_validate(
        {
            "id": 55,
            "statusId": "N",
            "canceled": "N",
            "payed": "N",
            "basketItems": [],
            "payments": [{"id": 1, "paySystemId": 2, "paid": "N"}],
            "shipments": [
                {"id": 8, "deliveryId": 2, "deducted": "N", "system": "N"},
                {"id": 9, "deliveryId": 0, "deducted": "N", "system": "Y"},
            ],
            "propertyValues": [{"orderPropsId": 5, "value": "kept"}, {"orderPropsId": 6, "value": "new/waiting"}],
        }
        | changes
    )


def sent(tree: OrderTree, wanted: Change, values: dict[int, str] | None = None) -> list[tuple[str, Any]]:
    commands = orders.differences(tree, wanted, values or {})
    return [(command.method, command.params.get("fields")) for command in commands.values()]


def test_an_order_that_is_what_it_should_be_is_sent_nothing() -> None:
    shown = tree(statusId="WC", payed="Y", payments=[{"id": 1, "paySystemId": 2, "paid": "Y"}])
    assert sent(shown, Change(status="WC", paid=True), {6: "new/waiting"}) == []


def test_paid_and_shipped_by_staff_is_never_unset() -> None:
    shown = tree(payed="Y", shipments=[{"id": 8, "deliveryId": 2, "deducted": "Y"}])
    assert sent(shown, Change()) == []


def test_payment_shipment_status_and_merged_properties_go_in_one_pass() -> None:
    assert sent(tree(), Change(status="WD", paid=True, shipped=True), {6: "complete/sorted"}) == [
        ("sale.payment.update", {"paySystemId": 2, "paid": "Y"}),
        ("sale.shipment.update", {"deliveryId": 2, "allowDelivery": "Y", "deducted": "Y"}),
        ("sale.order.update", {"statusId": "WD"}),
        (
            "sale.propertyvalue.modify",
            {
                "order": {
                    "id": 55,
                    "propertyValues": [
                        {"orderPropsId": 5, "value": "kept"},
                        {"orderPropsId": 6, "value": "complete/sorted"},
                    ],
                }
            },
        ),
    ]


def test_a_paid_and_shipped_order_is_unpaid_and_taken_back_before_it_is_cancelled() -> None:
    shown = tree(
        payments=[{"id": 1, "paySystemId": 2, "paid": "Y"}],
        shipments=[{"id": 8, "deliveryId": 2, "deducted": "Y"}],
        payed="Y",
    )
    assert sent(shown, Change(cancel="why", status="WR")) == [
        ("sale.payment.update", {"paySystemId": 2, "paid": "N"}),
        ("sale.shipment.update", {"deliveryId": 2, "allowDelivery": "N", "deducted": "N"}),
        ("sale.order.update", {"canceled": "Y", "reasonCanceled": "why"}),
        ("sale.order.update", {"statusId": "WR"}),
    ]


def test_money_and_goods_of_a_cancelled_order_stand_still() -> None:
    assert sent(tree(canceled="Y"), Change(paid=True, shipped=True, cancel="again")) == []


def test_states_of_4200_orders_cost_two_requests() -> None:
    def answer(_method: str, params: dict[str, Any]) -> object:
        return {
            "orders": [
                {"id": int(i), "statusId": "WC", "canceled": "Y", "reasonCanceled": None}
                for i in params["filter"]["@id"]
                if int(i) != 7
            ]
        }

    played = Played(answer)
    states = orders.read_states(played.client, [ShopOrderId(i) for i in range(1, 4201)])
    assert len(played.requests) == 2
    assert len(states) == 4199
    assert ShopOrderId(7) not in states
    assert (states[ID].status, states[ID].canceled, states[ID].reason) == ("WC", True, "")
