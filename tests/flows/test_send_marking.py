"""Marking codes on their way from the shop to WB; what is owed, what blocks, and what is never sent twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.fixtures.world import Clock, World, shop
from wbsync.domain.ids import OrderId
from wbsync.domain.marking import GS, Mark
from wbsync.domain.orders import Note
from wbsync.errors import Rejected
from wbsync.flows.send_marking import blocked, deciphered
from wbsync.stores.orders import OrderRecord
from wbsync.wb.operations import DELIVER_SUPPLY

CODE = GS.join(["0104810000000017215Qr%t-Xy7Ab_Z", "91EE07", "92" + "kQ4/7b+Zt9Jw2mXr5sVn8cLpGd3fHy6aEuTiOoWqB1M="])
OTHER = CODE.replace("Qr%t", "Wz7u")
AS_SCANNED = "]d2" + CODE.replace(GS, r"\u001D")

SOURCES = {
    "sgtin": {"basket_property": "MARK"},
    "uin": {"basket_property": "UIN"},
    "expiration": {"order_property": "SALES_CHANNEL"},
}


@pytest.fixture
def marked(world: World) -> World:
    """A shop that keeps marking codes at the basket's lines."""
    world.shop = shop(marking={"sources": SOURCES})
    world.link_cards()
    world.sync_stock()
    return world


def on_assembly(world: World, count: int = 1, **wishes: Any) -> list[OrderId]:
    made = world.buy(count, **({"required_meta": {"sgtin": 1.0}} | wishes))
    world.place_all()
    world.confirm(made)
    return [OrderId(order["id"]) for order in made]


def record(world: World, order_id: OrderId) -> OrderRecord:
    return world.orders.get([order_id])[order_id]


def scan(world: World, order_id: OrderId, code: str, prop: str = "MARK") -> None:
    body = {"order_id": record(world, order_id).shop_order_id, "code": prop, "value": code}
    world.sim("shop", "POST", "/_sim/orders/line-property", body)


def at_wb(world: World, order_id: OrderId, key: str = "sgtin") -> list[str]:
    with world.wildberries.state.lock:
        mark = world.wildberries.state.orders[order_id].marks.get(key)
        return list(mark.values) if mark else []


@contextmanager
def wants(world: World, order_id: OrderId, keys: list[str]) -> Iterator[None]:
    """WB wants these codes of an order for a while."""
    order = world.wildberries.state.orders[order_id]
    before, order.required_meta = order.required_meta, keys
    yield
    order.required_meta = before


def calls(world: World) -> int:
    with world.wildberries.state.lock:
        return world.wildberries.state.requests.total()


def test_a_scanned_code_arrives_at_wb_with_its_gs(marked: World, clock: Clock) -> None:
    (order,) = on_assembly(marked)
    owed = marked.send_marking()
    assert (owed["MarkingOwed"], owed["MarkingSent"]) == (1, 0)
    assert "обязательно: код «Честный знак»" in record(marked, order).notes[Note.MARKING_OWED]

    scan(marked, order, AS_SCANNED)
    assert marked.send_marking()["MarkingSent"] == 1
    assert at_wb(marked, order) == [CODE]
    assert record(marked, order).codes == {"sgtin": CODE}
    assert record(marked, order).notes == {}

    clock.forward(hours=1)
    assert {name for name, count in marked.send_marking().items() if count} == {"OrdersWithMarking"}


def test_required_and_optional_codes_are_told_apart(marked: World) -> None:
    (order,) = on_assembly(marked, optional_meta={"expiration": 1.0})
    marked.send_marking()
    assert record(marked, order).notes[Note.MARKING_OWED] == (
        "Внесите обязательно: код «Честный знак». Внесите, если есть на товаре: срок годности."
    )


def test_a_code_is_taken_from_a_property_of_the_order_too(marked: World) -> None:
    (order,) = on_assembly(marked, required_meta={"expiration": 1.0})
    body = {"order_id": record(marked, order).shop_order_id, "code": "SALES_CHANNEL", "value": "2027-12-31"}
    marked.sim("shop", "POST", "/_sim/orders/property", body)
    assert marked.send_marking()["MarkingSent"] == 1
    assert at_wb(marked, order, "expiration") == ["31.12.2027"]


def test_a_code_that_cannot_be_right_costs_no_call(marked: World) -> None:
    (order,) = on_assembly(marked)
    scan(marked, order, "4810000000017")
    report = marked.send_marking()
    assert (report["MarkingUnusable"], report["MarkingSent"]) == (1, 0)
    assert at_wb(marked, order) == []
    assert "это не код «Честный знак»" in record(marked, order).notes[Note.MARKING_OWED]


def test_a_code_that_wb_refused_is_not_sent_again_and_another_one_is(marked: World) -> None:
    (order,) = on_assembly(marked)
    scan(marked, order, AS_SCANNED)
    with wants(marked, order, []):  # WB changed its mind
        assert marked.send_marking()["MarkingRefused"] == 1
    note = record(marked, order).notes[Note.MARKING_OWED]
    assert note.endswith("Qr%t-Xy7Ab_Z: для этого заказа он не нужен.")

    assert marked.send_marking()["MarkingSent"] == 0
    assert at_wb(marked, order) == []
    assert record(marked, order).notes[Note.MARKING_OWED] == note

    scan(marked, order, OTHER)
    assert marked.send_marking()["MarkingSent"] == 1
    assert record(marked, order).codes == {"sgtin": OTHER}
    assert record(marked, order).notes == {}


def test_a_code_refused_because_the_order_just_left_assembly_is_sent_when_it_is_back(marked: World) -> None:
    (order,) = on_assembly(marked)
    scan(marked, order, AS_SCANNED)
    with wants(marked, order, []):
        assert marked.send_marking()["MarkingRefused"] == 1
    at_home = marked.wildberries.state.orders[order]
    at_home.supplier_status = "complete"
    marked.send_marking()
    at_home.supplier_status = "confirm"  # transferred from the delivered supply
    assert marked.send_marking()["MarkingSent"] == 1
    assert at_wb(marked, order) == [CODE]
    assert record(marked, order).codes == {"sgtin": CODE}


def test_a_code_that_was_scanned_into_two_orders_goes_to_the_first_alone(marked: World) -> None:
    first, second = on_assembly(marked, 2)
    scan(marked, first, AS_SCANNED)
    assert marked.send_marking()["MarkingSent"] == 1
    scan(marked, second, CODE)
    report = marked.send_marking()
    assert (report["MarkingUnusable"], report["MarkingSent"]) == (1, 0)
    assert (at_wb(marked, first), at_wb(marked, second)) == ([CODE], [])
    assert f"он уже внесён в заказ {first}" in record(marked, second).notes[Note.MARKING_OWED]
    scan(marked, second, OTHER)
    assert marked.send_marking()["MarkingSent"] == 1
    assert (at_wb(marked, second), record(marked, second).notes) == ([OTHER], {})


def test_the_same_date_may_stand_on_any_number_of_orders(marked: World) -> None:
    orders = on_assembly(marked, 2, required_meta={"expiration": 1.0})
    for order in orders:
        body = {"order_id": record(marked, order).shop_order_id, "code": "SALES_CHANNEL", "value": "2027-12-31"}
        marked.sim("shop", "POST", "/_sim/orders/property", body)
    assert marked.send_marking()["MarkingSent"] == 2


def test_a_code_that_wb_took_in_spite_of_a_time_out_is_not_sent_again(marked: World, clock: Clock) -> None:
    (order,) = on_assembly(marked)
    scan(marked, order, AS_SCANNED)
    marked.wb_fault("PUT */meta/sgtin", "cut_after")
    assert marked.send_marking()["MarkingPutOff"] == 1
    assert (at_wb(marked, order), record(marked, order).codes) == ([CODE], {})
    assert marked.send_marking()["MarkingSent"] == 0
    clock.forward(hours=1)
    assert marked.send_marking()["MarkingSent"] == 0
    assert record(marked, order).notes == {}


def test_one_bad_order_holds_back_no_other(marked: World) -> None:
    first, second, third = on_assembly(marked, 3)
    for order in (first, second, third):
        scan(marked, order, AS_SCANNED)
    marked.wb_fault(f"PUT */{first}/meta/sgtin", "500")
    with wants(marked, second, []):
        report = marked.send_marking()
    assert (report["MarkingPutOff"], report["MarkingRefused"], report["MarkingSent"]) == (1, 1, 1)
    assert at_wb(marked, third) == [CODE]


@pytest.mark.parametrize("decision", ["sgtinRetired", "somethingNew"])
def test_a_bad_code_blocks_until_another_one_is_scanned(marked: World, clock: Clock, decision: str) -> None:
    (order,) = on_assembly(marked)
    scan(marked, order, AS_SCANNED)
    marked.send_marking()
    marked.sim("wb", "POST", f"/_sim/orders/{order}/meta", {"sgtin": decision})
    clock.forward(hours=1)
    report = marked.send_marking()
    assert (report["MarkingBlocked"], report["MarkingSent"]) == (1, 0)
    note = record(marked, order).notes[Note.MARKING_BLOCKED]
    assert note.startswith(f"Заказ {order}, код «Честный знак» …")
    assert blocked(marked.wb, [order]) == {order: [Mark("sgtin", CODE, decision)]}

    scan(marked, order, OTHER)
    assert marked.send_marking()["MarkingSent"] == 1
    assert at_wb(marked, order) == [OTHER]
    marked.sim("wb", "POST", f"/_sim/orders/{order}/meta", {"sgtin": None})
    clock.forward(hours=1)
    assert marked.send_marking()["MarkingBlocked"] == 0
    assert record(marked, order).notes == {}
    assert blocked(marked.wb, [order]) == {}


def test_a_code_that_wb_is_still_examining_is_told_and_alarms_nobody(marked: World, clock: Clock) -> None:
    """A busy shop always has one that was sent a moment ago."""
    (order,) = on_assembly(marked)
    scan(marked, order, AS_SCANNED)
    marked.send_marking()
    marked.sim("wb", "POST", f"/_sim/orders/{order}/meta", {"sgtin": "pending"})
    clock.forward(minutes=10)
    assert marked.send_marking()["MarkingBlocked"] == 0
    assert "подождите" in record(marked, order).notes[Note.MARKING_BLOCKED]


def test_a_good_code_is_left_alone_whatever_the_shop_says_later(marked: World, clock: Clock) -> None:
    (order,) = on_assembly(marked)
    scan(marked, order, AS_SCANNED)
    marked.send_marking()
    clock.forward(hours=1)
    scan(marked, order, OTHER)
    assert marked.send_marking()["MarkingSent"] == 0
    assert at_wb(marked, order) == [CODE]


def test_nothing_is_sent_before_and_after_assembly(marked: World) -> None:
    made = marked.buy(required_meta={"sgtin": 1.0})
    marked.place_all()
    order = OrderId(made[0]["id"])
    scan(marked, order, AS_SCANNED)
    assert marked.send_marking()["OrdersWithMarking"] == 0

    supply = marked.confirm(made)
    marked.wb_fault("PUT */meta/sgtin", "500")
    marked.send_marking()
    assert Note.MARKING_OWED in record(marked, order).notes
    with marked.wildberries.state.lock:
        marked.wildberries.state.orders[order].supplier_status = "complete"
    assert supply
    assert marked.send_marking()["MarkingSent"] == 0
    assert (at_wb(marked, order), record(marked, order).notes) == ([], {})


def test_orders_without_marking_cost_nothing(marked: World) -> None:
    on_assembly(marked, 3, required_meta={})
    before = calls(marked)
    assert marked.send_marking()["OrdersWithMarking"] == 0
    assert calls(marked) == before


def test_what_wb_says_when_it_does_not_deliver_is_understood(marked: World) -> None:
    made = marked.buy(required_meta={"sgtin": 1.0})
    supply = marked.confirm(made)
    with pytest.raises(Rejected) as refused:
        marked.wb.call(DELIVER_SUPPLY, path={"supply_id": supply})
    assert deciphered(refused.value.body) == {made[0]["id"]: [Mark("sgtin", "", "required")]}
    assert blocked(marked.wb, [OrderId(made[0]["id"])]) == deciphered(refused.value.body)


def test_a_bad_uin_is_taken_away_before_another_one_is_put(marked: World, clock: Clock) -> None:
    (order,) = on_assembly(marked, required_meta={"uin": 1.0})
    scan(marked, order, "1234567890123456", "UIN")
    marked.send_marking()
    marked.sim("wb", "POST", f"/_sim/orders/{order}/meta", {"uin": "uinNotFound"})
    clock.forward(hours=1)
    scan(marked, order, "6543210987654321", "UIN")
    marked.wb_fault("PUT */meta/uin", "500")
    assert marked.send_marking()["MarkingPutOff"] == 1
    assert at_wb(marked, order, "uin") == []
    assert marked.send_marking()["MarkingSent"] == 1
    assert at_wb(marked, order, "uin") == ["6543210987654321"]
