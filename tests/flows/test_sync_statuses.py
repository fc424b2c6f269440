"""Statuses both ways: what WB says is shown, what staff cancels is cancelled there, and nobody undoes the other."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import batched
from typing import Any

import httpx
import pytest

from infra.local.bitrix.orders import delete
from tests.fixtures.world import Clock, World, shop
from tests.samples.bitrix import Played
from wbsync import texts
from wbsync.bitrix.client import BitrixClient, Command
from wbsync.domain.ids import OrderId, ShopOrderId
from wbsync.domain.orders import MOVES, Note, OrderState
from wbsync.domain.pacing import LedgerInMemory
from wbsync.domain.statuses import WbStatus
from wbsync.errors import RateLimited, TryLater, Unavailable
from wbsync.flows.show_orders import picture_of
from wbsync.stores.aws import dynamodb
from wbsync.stores.orders import OrderRecord
from wbsync.wb.client import WbClient
from wbsync.wb.operations import CANCEL_ORDER, ORDER_STATUSES

SIZE, OFFER = 310_000_001, 2001
STATUSES: dict[str, Any] = {
    "to_shop": [
        {"wb": "sold", "status": "F", "paid": True, "shipped": True},
        {"wb": "canceled_by_client", "status": "WR"},
        {"supplier": "cancel_carrier", "status": "WR"},
        {"supplier": "complete", "status": "WD", "shipped": True},
        {"supplier": "confirm", "status": "WC"},
    ],
    "protected": ["WA"],
    "cancels": ["P"],
}


@pytest.fixture
def selling(world: World, clock: Clock) -> World:
    """Three units of one size in the shop, and on WB."""
    world.shop = shop(statuses=STATUSES)
    assert world.link_cards()["SizesLinked"] == 40
    for store, there in ((1, 3), (2, 0)):
        world.sim("shop", "POST", "/_sim/stock", {"offer_id": OFFER, "store_id": store, "amount": there})
    world.sync_stock()
    return world


def bought(world: World, count: int = 1, **wishes: Any) -> list[dict[str, Any]]:
    orders = world.buy(count, chrt_ids=[SIZE], **wishes)
    world.place_all()
    return orders


def tick(world: World) -> dict[str, int]:
    world.clock.forward(minutes=10)
    return world.sync_statuses()


def happens(world: World, order: dict[str, Any], *events: str) -> None:
    for event in events:
        world.sim("wb", "POST", f"/_sim/orders/{order['id']}/{event}")


def delivered(world: World, orders: list[dict[str, Any]]) -> None:
    supply = world.confirm(orders)
    world._wb_call("PATCH", f"/api/v3/supplies/{supply}/deliver", None)


def says(world: World, order: dict[str, Any], words: str) -> None:
    """WB tells these words, whatever the simulated life allows."""
    supplier, _, wb = words.partition("/")
    with world.wildberries.state.lock:
        kept = world.wildberries.state.orders[order["id"]]
        kept.supplier_status, kept.wb_status = supplier, wb


def in_shop(world: World, order: dict[str, Any]) -> dict[str, Any]:
    return next(o for o in world.shop_state()["orders"] if o["xmlId"] == f"WB_{order['id']}")


def on_wb(world: World, order: dict[str, Any]) -> str:
    with world.wildberries.state.lock:
        kept = world.wildberries.state.orders[order["id"]]
        return f"{kept.supplier_status}/{kept.wb_status}"


def staff(world: World, order: dict[str, Any], act: str, **body: Any) -> None:
    world.sim("shop", "POST", f"/_sim/orders/{act}", {"order_id": in_shop(world, order)["id"]} | body)


def record(world: World, order: dict[str, Any]) -> OrderRecord:
    order_id = OrderId(order["id"])
    return world.orders.get([order_id])[order_id]


def sellable(world: World) -> int:
    return int(next(p["quantity"] for p in world.shop_state()["products"] if p["id"] == OFFER))


def asked(world: World) -> Counter[str]:
    """Requests to both sides since the beginning."""
    with world.wildberries.state.lock:
        wb = Counter(world.wildberries.state.requests)
    return wb + Counter({"shop": world.shop_state()["requests"]["http"]})


def cancels_asked(world: World) -> int:
    return sum(n for operation, n in asked(world).items() if "cancel" in operation)


# WB → the shop


def test_a_sold_order_is_paid_shipped_and_finished(selling: World) -> None:
    [order] = bought(selling)
    selling.confirm([order])
    tick(selling)
    assert in_shop(selling, order)["statusId"] == "WC"
    says(selling, order, "complete/sorted")
    tick(selling)
    shown = in_shop(selling, order)
    assert (shown["statusId"], shown["deducted"], shown["payed"]) == ("WD", "Y", "N")
    assert shown["properties"]["WB_STATUS"] == "complete/sorted"
    says(selling, order, "complete/sold")
    assert tick(selling)["OrdersFinished"] == 1
    shown = in_shop(selling, order)
    assert (shown["statusId"], shown["deducted"], shown["payed"]) == ("F", "Y", "Y")
    assert record(selling, order).state is OrderState.FINISHED
    assert tick(selling)["OrdersOpen"] == 0


def test_properties_that_others_wrote_stay(selling: World) -> None:
    [order] = bought(selling)
    before = in_shop(selling, order)["properties"]
    selling.confirm([order])
    tick(selling)
    after = in_shop(selling, order)["properties"]
    assert {code: after[code] for code in before if code != "WB_STATUS"} == {
        code: value for code, value in before.items() if code != "WB_STATUS"
    }


def test_a_supply_is_shown_with_a_link_that_stays_the_same_for_weeks(selling: World) -> None:
    [order] = bought(selling)
    selling.orders.put_into_supply(OrderId(order["id"]), "WB-GI-7")  # type: ignore[arg-type] # an id is text
    tick(selling)
    shown = in_shop(selling, order)["properties"]
    assert shown["WB_SUPPLY_ID"] == "WB-GI-7"
    assert shown["WB_SUPPLY_URL"].startswith("https://labels.test/supplies/WB-GI-7?e=")
    selling.clock.forward(hours=6)
    assert tick(selling)["OrdersShown"] == 0


def test_an_older_reading_changes_nothing(selling: World) -> None:
    [order] = bought(selling)
    later = selling.clock.at + timedelta(hours=1)
    selling.orders.read_status(OrderId(order["id"]), WbStatus("complete", "sorted", later))
    selling.confirm([order])
    tick(selling)
    status = record(selling, order).status
    assert status == WbStatus("complete", "sorted", later)
    assert in_shop(selling, order)["statusId"] == "WD"


def test_an_order_that_wb_transferred_is_on_assembly_again(selling: World) -> None:
    [order] = bought(selling)
    delivered(selling, [order])
    tick(selling)
    says(selling, order, "confirm/waiting")
    tick(selling)
    assert in_shop(selling, order)["statusId"] == "WC"
    assert in_shop(selling, order)["deducted"] == "Y"  # a row that ships does not unship


def test_an_order_that_staff_transferred_in_wbs_cabinet_is_owed_its_new_label(selling: World) -> None:
    [order] = bought(selling)
    delivered(selling, [order])
    selling.labels_tick()
    assert not any(selling.fetch_labels())
    tick(selling)
    assert record(selling, order).state is OrderState.DONE
    says(selling, order, "confirm/waiting")
    tick(selling)
    assert record(selling, order).state is OrderState.PLACED


def test_a_protected_status_stays(selling: World) -> None:
    [order] = bought(selling)
    staff(selling, order, "status", status="WA")
    says(selling, order, "complete/sorted")
    tick(selling)
    shown = in_shop(selling, order)
    assert (shown["statusId"], shown["deducted"]) == ("WA", "Y")
    assert shown["properties"]["WB_STATUS"] == "complete/sorted"


def test_what_staff_changed_after_us_is_not_undone(selling: World) -> None:
    [order] = bought(selling)
    says(selling, order, "complete/waiting")
    tick(selling)
    staff(selling, order, "status", status="F")
    staff(selling, order, "pay")
    staff(selling, order, "ship", shipped=False)
    says(selling, order, "complete/sorted")  # the same row: only the property is news
    selling.orders.note(OrderId(order["id"]), {Note.SUPPLY: "Коробка не принята."})
    tick(selling)
    shown = in_shop(selling, order)
    assert (shown["statusId"], shown["payed"], shown["deducted"]) == ("F", "Y", "N")
    assert shown["properties"]["WB_STATUS"] == "complete/sorted"
    assert shown["properties"]["WB_PROBLEM"] == "Коробка не принята."


def test_an_unknown_status_is_shown_and_changes_nothing_else(selling: World) -> None:
    strange, usual = bought(selling, 2)
    selling.confirm([strange, usual])
    tick(selling)
    says(selling, strange, "complete/on_the_moon")
    says(selling, usual, "complete/sorted")
    assert tick(selling)["StatusesUnknown"] == 1
    shown = in_shop(selling, strange)
    assert (shown["statusId"], shown["deducted"]) == ("WC", "N")
    assert shown["properties"]["WB_STATUS"] == "complete/on_the_moon"
    assert shown["properties"]["WB_PROBLEM"] == texts.unknown_status("complete/on_the_moon")
    assert in_shop(selling, usual)["statusId"] == "WD"
    says(selling, strange, "complete/sorted")
    assert tick(selling)["StatusesUnknown"] == 0
    shown = in_shop(selling, strange)
    assert (shown["statusId"], shown["properties"].get("WB_PROBLEM", "")) == ("WD", "")


def test_an_unknown_status_in_between_does_not_undo_staff(selling: World) -> None:
    [order] = bought(selling)
    says(selling, order, "complete/waiting")
    tick(selling)
    staff(selling, order, "status", status="F")
    for words in ("complete/on_the_moon", "complete/sorted"):
        says(selling, order, words)
        tick(selling)
    assert in_shop(selling, order)["statusId"] == "F"


@pytest.mark.parametrize("word", ["on_the_moon", "waiting"])
def test_an_unknown_status_is_told_while_it_stands_whichever_flow_read_it(selling: World, word: str) -> None:
    [order] = bought(selling)
    if word == "waiting":  # it stood a while ago
        says(selling, order, "confirm/on_the_moon")
        tick(selling)
    says(selling, order, f"confirm/{word}")
    now = WbStatus("confirm", word, selling.clock.at + timedelta(seconds=1))
    selling.orders.read_status(OrderId(order["id"]), now)
    tick(selling)
    told = "" if word == "waiting" else texts.unknown_status(now.text)
    assert in_shop(selling, order)["properties"].get("WB_PROBLEM", "") == told


def test_an_unknown_status_is_not_told_any_more_when_the_order_is_cancelled(selling: World) -> None:
    [order] = bought(selling)
    says(selling, order, "confirm/on_the_moon")
    tick(selling)
    says(selling, order, "cancel/canceled")
    tick(selling)
    shown = in_shop(selling, order)
    assert (shown["canceled"], shown["properties"].get("WB_PROBLEM", "")) == ("Y", "")


def test_an_order_that_shows_everything_costs_nothing_but_the_two_questions(selling: World) -> None:
    bought(selling, 3)
    tick(selling)
    before = asked(selling)
    assert tick(selling)["OrdersShown"] == 0
    assert (asked(selling) - before).total() == 2


# Cancelled on WB


def test_a_buyers_cancellation_cancels_a_paid_and_shipped_order_and_returns_the_reserve(selling: World) -> None:
    [order] = bought(selling)
    tick(selling)
    staff(selling, order, "pay")
    staff(selling, order, "ship")
    assert sellable(selling) == 2
    happens(selling, order, "cancel_by_client")
    tick(selling)
    shown = in_shop(selling, order)
    assert (shown["canceled"], shown["payed"], shown["deducted"]) == ("Y", "N", "N")
    assert shown["reasonCanceled"] == texts.cancelled_on_wb("cancel", "declined_by_client")
    assert shown["properties"]["WB_STATUS"] == "cancel/declined_by_client"
    assert sellable(selling) == 3
    assert record(selling, order).state is OrderState.CLOSED
    assert cancels_asked(selling) == 0  # our own write is no word of staff


def test_a_cancellation_is_in_the_stock_of_the_same_cycle(selling: World) -> None:
    [order] = bought(selling)
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    assert selling.wb_stock()[SIZE] == 2
    happens(selling, order, "cancel_by_client")
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    assert (sellable(selling), selling.wb_stock()[SIZE]) == (3, 3)


@pytest.mark.parametrize("rule", [{}, {"wb": "canceled_by_carrier", "status": "WR", "cancelled": True}])
def test_goods_that_a_carrier_brings_back_wait_for_staff_unless_configured(
    selling: World, rule: dict[str, Any]
) -> None:
    if rule:
        selling.shop = shop(statuses=STATUSES | {"to_shop": [rule, *STATUSES["to_shop"]]})
    [order] = bought(selling, cross_border_share=1.0)
    delivered(selling, [order])
    tick(selling)
    happens(selling, order, "cancel_by_carrier")
    tick(selling)
    shown = in_shop(selling, order)
    if rule:
        assert (shown["canceled"], record(selling, order).state) == ("Y", OrderState.CLOSED)
        return
    assert (shown["canceled"], shown["statusId"]) == ("N", "WR")
    assert shown["properties"]["WB_PROBLEM"] == texts.returning("canceled_by_carrier")
    assert record(selling, order).state is OrderState.CANCELLED
    before = asked(selling)
    tick(selling)
    assert (asked(selling) - before).total() == 1
    staff(selling, order, "ship", shipped=False)
    staff(selling, order, "cancel", reason="вернулся")
    tick(selling)
    assert record(selling, order).state is OrderState.CLOSED
    assert in_shop(selling, order)["reasonCanceled"] == "вернулся"


def test_returned_goods_are_on_sale_when_staff_has_them(selling: World) -> None:
    [order] = bought(selling)
    delivered(selling, [order])
    happens(selling, order, "sorted", "ready_for_pickup", "cancel_by_client")
    tick(selling)
    shown = in_shop(selling, order)
    assert (shown["canceled"], record(selling, order).state) == ("N", OrderState.FINISHED)
    assert shown["properties"]["WB_PROBLEM"] == texts.returning("canceled_by_client")
    selling.sync_stock()
    assert selling.wb_stock()[SIZE] == 2
    staff(selling, order, "cancel")
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    assert selling.wb_stock()[SIZE] == 3
    assert cancels_asked(selling) == 0


def test_a_return_that_is_configured_to_cancel_is_in_the_stock_of_the_same_cycle(selling: World) -> None:
    rule = {"wb": "canceled_by_client", "status": "WR", "cancelled": True}
    selling.shop = shop(statuses=STATUSES | {"to_shop": [rule, *STATUSES["to_shop"]]})
    [order] = bought(selling)
    delivered(selling, [order])
    happens(selling, order, "sorted", "ready_for_pickup", "cancel_by_client")
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    assert selling.wb_stock()[SIZE] == 3
    tick(selling)
    assert (in_shop(selling, order)["canceled"], record(selling, order).state) == ("Y", OrderState.FINISHED)


def test_a_return_whose_order_staff_deleted_is_not_waited_for(selling: World) -> None:
    [order] = bought(selling, cross_border_share=1.0)
    delivered(selling, [order])
    happens(selling, order, "cancel_by_carrier")
    tick(selling)
    assert record(selling, order).state is OrderState.CANCELLED
    delete(selling.bitrix_shop.shop, {"id": in_shop(selling, order)["id"]})
    tick(selling)
    assert record(selling, order).state is OrderState.CLOSED


@pytest.mark.parametrize("count", [3, 60])
def test_an_order_that_breaks_the_whole_request_holds_back_no_other(
    selling: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A fatal error in one of the shop's own handlers ends the batch that it is in, every time."""
    selling.shop = shop(statuses=STATUSES)
    selling.sim("shop", "POST", "/_sim/stock", {"offer_id": OFFER, "store_id": 1, "amount": count})
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    orders = bought(selling, count)
    tick(selling)
    selling.confirm(orders[:100])
    broken = in_shop(selling, orders[1])["id"]
    batch = selling.bitrix.batch

    def breaks(_client: object, commands: Mapping[str, Command]) -> object:
        if f"t{broken}" in commands:
            raise Unavailable("batch: 500")
        return batch(commands)

    monkeypatch.setattr(BitrixClient, "batch", breaks)
    tick(selling)
    shown = Counter(in_shop(selling, order)["statusId"] for order in orders)
    assert shown == {"WC": count - 1, "N": 1}


# Staff's word → WB


@pytest.mark.parametrize("act", ["cancel", "status"])
def test_what_staff_cancels_is_cancelled_on_wb_and_on_sale_again(selling: World, act: str) -> None:
    [order] = bought(selling)
    tick(selling)
    staff(selling, order, act, **({"status": "P"} if act == "status" else {"reason": "брак"}))
    assert tick(selling)["CancelsRefused"] == 0
    assert on_wb(selling, order) == "cancel/canceled"
    assert (in_shop(selling, order)["canceled"], record(selling, order).state) == ("Y", OrderState.CLOSED)
    assert cancels_asked(selling) == 1
    tick(selling)
    assert cancels_asked(selling) == 1


def test_a_status_that_we_set_ourselves_is_no_word_of_staff(selling: World) -> None:
    selling.shop = shop(statuses={"to_shop": [{"supplier": "confirm", "status": "P"}], "cancels": ["P"]})
    [order] = bought(selling)
    selling.confirm([order])
    for _ in range(3):
        tick(selling)
    assert in_shop(selling, order)["statusId"] == "P"
    assert on_wb(selling, order) == "confirm/waiting"


def test_a_cancellation_that_comes_too_late_is_shown_until_staff_takes_it_back(selling: World) -> None:
    [order] = bought(selling)
    delivered(selling, [order])
    staff(selling, order, "cancel")
    for _ in range(2):
        assert tick(selling)["CancelsRefused"] == 1
    assert in_shop(selling, order)["properties"]["WB_PROBLEM"] == texts.CANCEL_TOO_LATE
    assert cancels_asked(selling) == 0  # a refusal would cost ten calls
    before = asked(selling)
    tick(selling)
    assert (asked(selling) - before).total() == 2
    staff(selling, order, "restore")
    assert tick(selling)["CancelsRefused"] == 0
    shown = in_shop(selling, order)
    assert (shown["properties"].get("WB_PROBLEM", ""), shown["statusId"], shown["deducted"]) == ("", "WD", "Y")


def test_a_refusal_is_asked_for_once_and_again_when_staff_cancels_anew(selling: World) -> None:
    [order] = bought(selling)
    tick(selling)
    staff(selling, order, "cancel")
    # WB said that it may be cancelled, and changed its mind until it was asked.
    selling.clock.meanwhile = lambda: says(selling, order, "complete/waiting")
    selling.wb_fault("PATCH /api/v3/orders/*", "slow", seconds=1)
    refused = texts.cancel_refused("StatusChangeNotAllowed", "")
    assert tick(selling)["CancelsRefused"] == 1
    says(selling, order, "confirm/waiting")
    for _ in range(2):
        assert tick(selling)["CancelsRefused"] == 1
    assert cancels_asked(selling) == 1
    assert in_shop(selling, order)["properties"]["WB_PROBLEM"] == refused
    staff(selling, order, "restore")
    assert tick(selling)["CancelsRefused"] == 0
    staff(selling, order, "cancel")
    tick(selling)
    assert cancels_asked(selling) == 2
    assert on_wb(selling, order) == "cancel/canceled"


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "500"])
def test_a_cancellation_whose_answer_is_lost_ends_cancelled(selling: World, kind: str) -> None:
    [order] = bought(selling)
    tick(selling)
    staff(selling, order, "cancel")
    selling.wb_fault("PATCH /api/v3/orders/*", kind)
    assert tick(selling)["CancelsPutOff"] == 1
    tick(selling)
    assert (on_wb(selling, order), record(selling, order).state) == ("cancel/canceled", OrderState.CLOSED)


def test_a_status_that_means_cancel_survives_until_wb_has_heard_it(selling: World) -> None:
    [order] = bought(selling)
    selling.confirm([order])
    staff(selling, order, "status", status="P")
    selling.wb_fault("PATCH /api/v3/orders/*", "cut_before")
    tick(selling)
    assert in_shop(selling, order)["statusId"] == "P"
    tick(selling)
    assert on_wb(selling, order) == "cancel/canceled"


def test_two_runs_at_once_ask_wb_once(selling: World) -> None:
    [order] = bought(selling)
    tick(selling)
    staff(selling, order, "cancel")
    selling.clock.forward(minutes=10)
    selling.clock.meanwhile = lambda: selling.statuses().run(deadline=selling.clock.at + timedelta(minutes=9))
    selling.wb_fault("PATCH /api/v3/orders/*", "slow", seconds=1)  # the other one runs while this one waits
    selling.sync_statuses()
    assert cancels_asked(selling) == 1
    assert (on_wb(selling, order), in_shop(selling, order)["canceled"]) == ("cancel/canceled", "Y")
    tick(selling)
    assert record(selling, order).state is OrderState.CLOSED


@pytest.mark.parametrize("kind", ["cut_after", "error_after_save"])
def test_a_status_that_we_set_without_hearing_so_is_no_word_of_staff_either(selling: World, kind: str) -> None:
    selling.shop = shop(statuses={"to_shop": [{"supplier": "confirm", "status": "P"}], "cancels": ["P"]})
    [order] = bought(selling)
    selling.confirm([order])
    selling.shop_fault("sale.order.update", kind)
    for _ in range(3):
        tick(selling)
    assert in_shop(selling, order)["statusId"] == "P"
    assert on_wb(selling, order) == "confirm/waiting"


def test_a_refusal_is_remembered_though_what_follows_it_fails(selling: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs ten calls, which may be just what keeps the rest of the run from going on."""
    first, second = bought(selling, 2)
    tick(selling)
    for order in (first, second):
        staff(selling, order, "cancel")
    call = selling.wb.call

    def used_up(operation: Any, **more: Any) -> Any:
        if operation is CANCEL_ORDER:
            says(selling, first, "complete/waiting")
        elif operation is ORDER_STATUSES and cancels_asked(selling):
            raise RateLimited("the refusal used it up", wait=3)
        return call(operation, **more)

    with monkeypatch.context() as patch:
        patch.setattr(selling.wb, "call", used_up)
        with pytest.raises(RateLimited):
            tick(selling)
    says(selling, first, "confirm/waiting")  # which may be cancelled, says WB again
    tick(selling)
    assert cancels_asked(selling) == 2
    assert in_shop(selling, first)["properties"]["WB_PROBLEM"] == texts.cancel_refused("StatusChangeNotAllowed", "")


# The stock while both sides disagree


def test_a_unit_that_staff_released_and_wb_still_delivers_is_not_sold_twice(selling: World) -> None:
    [order] = bought(selling)
    delivered(selling, [order])
    staff(selling, order, "cancel")
    assert sellable(selling) == 3
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    assert selling.wb_stock()[SIZE] == 2


@pytest.mark.parametrize("end", ["sold", "cancel_by_client"])
def test_a_unit_that_staff_released_stays_off_sale_after_wb_delivered_it_until_staff_restores(
    selling: World, end: str
) -> None:
    [order] = bought(selling)
    delivered(selling, [order])
    tick(selling)
    staff(selling, order, "ship", shipped=False)
    staff(selling, order, "cancel")
    tick(selling)
    happens(selling, order, "sorted", "ready_for_pickup", end)
    for _ in range(2):
        assert tick(selling)["CancelsRefused"] == 1
    selling.sync_stock()
    assert (sellable(selling), selling.wb_stock()[SIZE]) == (3, 2)
    assert in_shop(selling, order)["properties"]["WB_PROBLEM"].startswith(texts.CANCEL_OUTLIVED)
    staff(selling, order, "restore")
    assert tick(selling)["CancelsRefused"] == 0
    assert record(selling, order).state is OrderState.FINISHED
    assert in_shop(selling, order)["statusId"] == {"sold": "F", "cancel_by_client": "WR"}[end]
    selling.sync_stock()
    assert (sellable(selling), selling.wb_stock()[SIZE]) == (2, 2)


def test_what_staff_cancelled_before_the_carrier_did_is_no_word_that_the_goods_are_back(selling: World) -> None:
    [order] = bought(selling, cross_border_share=1.0, sale_currency=933)
    delivered(selling, [order])
    tick(selling)
    staff(selling, order, "ship", shipped=False)
    staff(selling, order, "cancel")
    tick(selling)
    happens(selling, order, "cancel_by_carrier")
    tick(selling)
    selling.sync_stock()
    assert (record(selling, order).state, selling.wb_stock()[SIZE]) == (OrderState.CANCELLED, 2)
    staff(selling, order, "restore")
    tick(selling)
    staff(selling, order, "cancel")
    tick(selling)
    selling.sync_stock()
    assert (record(selling, order).state, selling.wb_stock()[SIZE]) == (OrderState.CLOSED, 3)


@pytest.mark.parametrize("kind", ["500", "cut_before"])
def test_the_stock_goes_on_when_cancellations_are_put_off(selling: World, kind: str) -> None:
    [order] = bought(selling)
    staff(selling, order, "cancel")
    selling.wb_fault("POST /api/v3/orders/status", kind)
    selling.clock.forward(minutes=15)
    assert selling.sync_stock()["CancellationsPutOff"] == 1
    assert selling.wb_stock()[SIZE] == 2
    selling.clock.forward(minutes=15)
    selling.sync_stock()
    assert (on_wb(selling, order), selling.wb_stock()[SIZE]) == ("cancel/canceled", 3)


def test_an_order_that_staff_deleted_is_parked_and_its_unit_is_not_sold_twice(selling: World) -> None:
    gone, other = bought(selling, 2)
    delete(selling.bitrix_shop.shop, {"id": in_shop(selling, gone)["id"]})
    selling.confirm([gone, other])
    report = tick(selling)
    assert (report["OrdersGone"], record(selling, gone).state) == (1, OrderState.PARKED)
    assert in_shop(selling, other)["statusId"] == "WC"
    selling.clock.forward(minutes=5)
    selling.sync_stock()
    assert (sellable(selling), selling.wb_stock()[SIZE]) == (2, 1)


def test_a_cancelled_order_that_staff_deleted_is_closed(selling: World) -> None:
    [order] = bought(selling)
    happens(selling, order, "cancel_by_client")
    delete(selling.bitrix_shop.shop, {"id": in_shop(selling, order)["id"]})
    tick(selling)
    assert record(selling, order).state is OrderState.CLOSED


# Bad days


@pytest.mark.parametrize("kind", ["500", "cut_after", "html500"])
@pytest.mark.parametrize(
    "method",
    [
        "sale.order.list",
        "sale.order.get",
        "sale.order.update",
        "sale.shipment.update",
        "sale.propertyvalue.modify",
    ],
)
def test_a_failure_in_the_middle_is_healed_by_the_next_run(selling: World, method: str, kind: str) -> None:
    """Whichever step in the shop it is that fails."""
    cancelled, going, wished = bought(selling, 3)
    tick(selling)
    happens(selling, cancelled, "cancel_by_client")
    says(selling, going, "complete/sorted")
    staff(selling, wished, "cancel")
    selling.shop_fault(method, kind)
    if method == "sale.order.list":
        with pytest.raises(TryLater):
            tick(selling)
    else:
        tick(selling)
    tick(selling)
    assert [in_shop(selling, o)["canceled"] for o in (cancelled, going, wished)] == ["Y", "N", "Y"]
    assert (in_shop(selling, going)["statusId"], in_shop(selling, going)["deducted"]) == ("WD", "Y")
    assert selling.state(OrderState.CLOSED) == sorted([cancelled["id"], wished["id"]])
    assert sellable(selling) == 2
    assert cancels_asked(selling) == 1


def test_an_effect_that_the_shop_refuses_is_told_to_staff_and_parks_nobody(selling: World) -> None:
    selling.shop = shop(statuses={"to_shop": [{"supplier": "confirm", "status": "ZZ"}]})
    orders = bought(selling, 2)
    selling.confirm(orders)
    tick(selling)
    tick(selling)
    assert selling.state(OrderState.PARKED) == []
    assert "Магазин не принял" in in_shop(selling, orders[0])["properties"]["WB_PROBLEM"]
    before = asked(selling)
    tick(selling)
    assert (asked(selling) - before).total() == 2


def test_a_cancelled_order_that_is_parked_stays_with_its_human(selling: World) -> None:
    [order] = bought(selling)
    happens(selling, order, "cancel_by_client")
    selling.labels_tick()
    assert OrderState.PARKED in MOVES[record(selling, order).state]
    selling.orders.move(OrderId(order["id"]), OrderState.PARKED, at=selling.clock.at, reason="no")
    selling.clock.forward(minutes=10)
    assert selling.sweep()["OrdersParked"] == 1


def test_4200_open_orders_without_news_cost_five_questions_to_wb_and_two_to_the_shop(selling: World) -> None:
    """A month's orders, as they stand after their first run."""
    [bought_one] = selling.buy()
    selling.poll_orders()
    first = OrderId(bought_one["id"])
    selling.orders.move(first, OrderState.PLACED, at=selling.clock.at, shop_order_id=ShopOrderId(1))
    selling.orders.read_status(first, WbStatus("complete", "sorted", selling.clock.at))
    known = selling.orders.get([first])[first]
    selling.orders.show(first, picture_of(known, selling.shop).shown, "WD")
    multiply(selling, first, 4200)

    wb_asked: list[int] = []

    def wb(request: httpx.Request) -> httpx.Response:
        ids = json.loads(request.content)["orders"]
        wb_asked.append(len(ids))
        word = {"supplierStatus": "complete", "wbStatus": "sorted", "isCancellable": False}
        return httpx.Response(200, json={"orders": [{"id": i} | word for i in ids]})

    def bitrix(_method: str, params: dict[str, Any]) -> object:
        ids = [int(i) for i in params["filter"]["@id"]]
        return {"orders": [{"id": i, "statusId": "WD", "canceled": "N", "reasonCanceled": None} for i in ids]}

    played = Played(bitrix)
    flow = replace(
        selling.statuses(),
        wb=WbClient(
            httpx.Client(transport=httpx.MockTransport(wb)),
            token=lambda: selling.token,
            host_template="http://wb.test/{api}",
            budget=LedgerInMemory(selling.clock.now),
            now=selling.clock.now,
            sleep=selling.clock.sleep,
        ),
        bitrix=played.client,
        supply_url=None,
    )
    report = flow.run(deadline=selling.clock.at + timedelta(minutes=9))
    assert (report["OrdersOpen"], report["OrdersShown"], report["StatusesChanged"]) == (4200, 0, 0)
    assert wb_asked == [1000, 1000, 1000, 1000, 200]
    assert len(played.requests) == 2


def multiply(world: World, of: OrderId, count: int) -> None:
    """More orders like this one, straight into the table."""
    table = world.aws.tables["OrdersTable"]
    item = dynamodb().get_item(TableName=table, Key={"order_id": {"N": str(of)}})["Item"]
    body = json.loads(item["body"]["S"])
    more = [
        item
        | {
            "order_id": {"N": str(of + n)},
            "shop_order_id": {"N": str(1 + n)},
            "body": {"S": json.dumps(body | {"order_id": of + n})},
        }
        for n in range(1, count)
    ]
    for some in batched(more, 25, strict=False):
        puts: list[Any] = [{"PutRequest": {"Item": one}} for one in some]
        dynamodb().batch_write_item(RequestItems={table: puts})
