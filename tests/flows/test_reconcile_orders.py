"""No WB order is missing: what no poll saw is fetched, other modules' orders are adopted, every day is proven."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.local.bitrix import orders as shop_orders
from infra.local.wildberries import make_token
from tests.fixtures.world import BEGAN, CATEGORIES, Clock, World, shop
from wbsync.bitrix import order_lookups
from wbsync.domain.ids import OrderId, ShopOrderId, SupplyId
from wbsync.domain.orders import OrderState
from wbsync.domain.pacing import LedgerInMemory
from wbsync.domain.proof import Reason, Side
from wbsync.errors import SyncError, TryLater, Unavailable
from wbsync.flows import listed_orders
from wbsync.messages import NewOrder
from wbsync.wb.client import WbClient

OFFER = 2001
CODE = "MAXYSS_WB_NUMBER"
ARCHIVE = "GET /api/marketplace/v3/fbs/orders/archive"


@pytest.fixture
def linked(world: World) -> World:
    """wbsync has been at work since this morning, and WB shows the shop's stock."""
    assert world.link_cards()["SizesLinked"] == 40
    world.sync_stock()
    assert world.reconcile()["OrdersListed"] == 0
    world.clock.forward(minutes=1)
    return world


def reasons(world: World, day: date | None = None) -> dict[int, tuple[Side, Reason]]:
    return {one.order_id: (one.side, one.reason) for one in world.proof(day).differences}


def counts(world: World, day: date | None = None) -> tuple[int, int, int]:
    proof = world.proof(day)
    return proof.wb, proof.ours, proof.shop


def live(world: World, order: Mapping[str, Any], supplier: str, wb: str) -> None:
    """What became of an order at WB."""
    with world.wildberries.state.lock:
        kept = world.wildberries.state.orders[order["id"]]
        kept.supplier_status, kept.wb_status = supplier, wb


def made(world: World, order: Mapping[str, Any], at: datetime) -> None:
    """An order was made at another moment than now."""
    with world.wildberries.state.lock:
        kept = world.wildberries.state.orders[order["id"]]
        kept.created_at = at
        kept.facts["createdAt"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")


def shop_id(world: World, order: Mapping[str, Any]) -> int:
    number = world.orders.get([order["id"]])[order["id"]].shop_order_id
    assert number
    return number


def delete(world: World, number: int) -> None:
    """Staff deletes an order of the shop."""
    with world.bitrix_shop.shop.lock:
        shop_orders.delete(world.bitrix_shop.shop, {"id": number})


def by_other_module(world: World, value: str, **more: Any) -> int:
    body = {"offer_id": OFFER, "properties": {CODE: value}} | more
    number: int = world.sim("shop", "POST", "/_sim/orders", body)["id"]
    return number


def in_shop(world: World) -> dict[int, dict[str, Any]]:
    return {order["id"]: order for order in world.shop_state()["orders"]}


def shop_requests(world: World) -> int:
    number: int = world.shop_state()["requests"]["http"]
    return number


# What was missed


def test_a_poll_that_stood_still_for_two_days_loses_nothing(linked: World, clock: Clock) -> None:
    bought = linked.buy(6)
    linked.confirm(bought)  # they have left orders/new
    live(linked, bought[4], "cancel", "canceled")
    live(linked, bought[5], "complete", "sold")
    day = clock.at.date()
    clock.forward(days=2)
    report = linked.reconcile()
    assert (report["OrdersImported"], report["OrdersUnexplained"]) == (4, 0)
    assert counts(linked, day) == (6, 4, 0)
    assert reasons(linked, day) == {
        **{order["id"]: (Side.SHOP, Reason.FRESH) for order in bought[:4]},
        bought[4]["id"]: (Side.TABLE, Reason.CANCELLED_UNPLACED),
        bought[5]["id"]: (Side.TABLE, Reason.OVER_UNSEEN),
    }
    assert linked.place_orders() == [None] * 4
    assert linked.reconcile()["OrdersImported"] == 0
    assert counts(linked, day) == (6, 4, 4)
    assert set(reasons(linked, day)) == {order["id"] for order in bought[4:]}


def test_an_outage_longer_than_the_usual_days_is_read_from_its_beginning(linked: World, clock: Clock) -> None:
    bought = linked.buy(2)
    linked.confirm(bought)
    day = clock.at.date()
    clock.forward(days=12)
    report = linked.reconcile()
    assert (report["OrdersImported"], report["DaysProved"]) == (2, 13)
    assert counts(linked, day)[:2] == (2, 2)
    clock.forward(hours=1)
    assert linked.reconcile()["DaysProved"] == 4


def test_a_reading_by_hand_of_the_last_days_does_not_hide_a_longer_outage(linked: World, clock: Clock) -> None:
    bought = linked.buy(2)
    linked.confirm(bought)
    clock.forward(days=12)
    assert linked.reconcile(since=clock.at.date() - timedelta(days=1))["OrdersImported"] == 0
    clock.forward(hours=1)
    assert linked.reconcile()["OrdersImported"] == 2


def test_an_order_of_this_minute_is_left_to_the_poll(linked: World) -> None:
    [bought] = linked.buy()
    assert linked.reconcile()["OrdersImported"] == 0
    assert reasons(linked) == {bought["id"]: (Side.TABLE, Reason.FRESH)}


def test_orders_from_before_wbsync_are_explained_and_left_alone_until_somebody_asks_for_them(world: World) -> None:
    world.link_cards()
    world.sync_stock()
    open_one, sold, cancelled = bought = world.buy(3)
    world.confirm(bought)
    live(world, sold, "complete", "sold")
    live(world, cancelled, "cancel", "canceled")
    day = world.clock.at.date()
    world.clock.forward(hours=5)
    assert world.reconcile()["OrdersImported"] == 0
    assert set(reasons(world, day).values()) == {(Side.TABLE, Reason.BEFORE_WBSYNC)}
    assert world.wildberries.state.requests["POST /api/v3/orders/status"] == 0
    world.clock.forward(hours=1)
    assert world.reconcile(since=day)["OrdersImported"] == 1
    assert reasons(world, day) == {
        open_one["id"]: (Side.SHOP, Reason.FRESH),
        sold["id"]: (Side.TABLE, Reason.BEFORE_WBSYNC),
        cancelled["id"]: (Side.TABLE, Reason.CANCELLED_UNPLACED),
    }
    assert world.place_orders() == [None]


def test_the_day_on_which_wbsync_began_is_kept_also_when_the_first_run_fails(world: World) -> None:
    world.link_cards()
    world.sync_stock()
    world.wb_fault("GET /api/v3/orders", "500")
    with pytest.raises(TryLater):
        world.reconcile()
    [bought] = world.buy()
    world.confirm([bought])
    world.clock.forward(hours=2)
    assert world.reconcile()["OrdersImported"] == 1, "it was made after wbsync began"


# What differs


def test_a_day_tells_why_each_order_is_not_everywhere(linked: World, clock: Clock) -> None:
    fine, deleted, ended, cancelled = linked.buy(4)
    linked.place_all()
    waiting, parked = linked.buy(2, unknown_barcode_share=1.0)
    linked.place_all()
    linked.orders.move(parked["id"], OrderState.PARKED, at=clock.at, reason="Не та валюта")
    [gone_early] = linked.buy(1, unknown_barcode_share=1.0, seed=2)
    linked.place_all()
    linked.sim("wb", "POST", f"/_sim/orders/{gone_early['id']}/cancel_by_client")
    linked.sweep()
    delete(linked, shop_id(linked, deleted))
    delete(linked, shop_id(linked, ended))
    linked.orders.move(ended["id"], OrderState.FINISHED, at=clock.at)
    linked.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": shop_id(linked, cancelled)})
    unreadable = linked.buy(1)[0]
    with linked.wildberries.state.lock:
        del linked.wildberries.state.orders[unreadable["id"]].facts["price"]
    clock.forward(hours=1)
    report = linked.reconcile()
    assert reasons(linked) == {
        deleted["id"]: (Side.SHOP, Reason.LOST),
        ended["id"]: (Side.SHOP, Reason.DELETED),
        cancelled["id"]: (Side.SHOP, Reason.CANCELLED_BY_STAFF),
        waiting["id"]: (Side.SHOP, Reason.WAITING),
        gone_early["id"]: (Side.SHOP, Reason.CANCELLED_UNPLACED),
        unreadable["id"]: (Side.TABLE, Reason.UNREADABLE),
        parked["id"]: (Side.SHOP, Reason.PARKED),
    }
    assert fine["id"] not in reasons(linked)
    assert (report["OrdersUnexplained"], report["OrdersUnreadable"]) == (1, 1)
    [told] = [one for one in linked.proof().differences if one.order_id == waiting["id"]]
    assert waiting["skus"][0] in told.detail


def test_an_order_that_nobody_places_is_unexplained_until_it_is_placed(linked: World, clock: Clock) -> None:
    linked.buy()
    linked.poll_orders()
    clock.forward(hours=1)
    assert linked.reconcile()["OrdersUnexplained"] == 1
    linked.place_orders()
    assert linked.reconcile()["OrdersUnexplained"] == 0
    assert linked.proof().differences == ()


def test_an_order_that_wb_does_not_list_any_more_is_told(linked: World, clock: Clock) -> None:
    [bought] = linked.buy()
    linked.place_all()
    with linked.wildberries.state.lock:
        del linked.wildberries.state.orders[bought["id"]]
    clock.forward(hours=1)
    assert linked.reconcile()["OrdersUnexplained"] == 1
    assert reasons(linked) == {bought["id"]: (Side.WB, Reason.UNEXPLAINED)}
    assert counts(linked) == (0, 1, 1)


def test_a_supply_that_staff_chose_by_hand_is_learnt(linked: World) -> None:
    bought = linked.buy(3)
    linked.place_all()
    supply = linked.confirm(bought[:2])
    linked.orders.put_into_supply(bought[2]["id"], SupplyId("WB-GI-7"))
    assert linked.reconcile()["SuppliesLearnt"] == 2
    records = linked.orders.get(OrderId(order["id"]) for order in bought)
    assert [records[order["id"]].supply_id for order in bought] == [supply, supply, "WB-GI-7"]
    assert linked.reconcile()["SuppliesLearnt"] == 0


# How it is read


def recorded(world: World) -> list[httpx.QueryParams]:
    """Queries for GET /api/v3/orders from now on."""
    asked: list[httpx.QueryParams] = []

    def note(request: httpx.Request) -> None:
        if request.url.path.endswith("/api/v3/orders"):
            asked.append(request.url.params)

    world.wb = WbClient(
        httpx.Client(transport=httpx.WSGITransport(app=world.wildberries.wsgi), event_hooks={"request": [note]}),
        token=lambda: world.token,
        host_template="http://wb.test/{api}",
        budget=LedgerInMemory(world.clock.now),
        now=world.clock.now,
        sleep=world.clock.sleep,
    )
    return asked


def test_a_long_time_is_asked_for_in_periods_that_wb_takes(linked: World, clock: Clock) -> None:
    bought = linked.buy(3)
    linked.confirm(bought)
    since = clock.at.date()
    clock.forward(days=70)
    asked = recorded(linked)
    report = linked.reconcile(since=since)
    assert (report["DaysProved"], report["OrdersImported"]) == (71, 3)
    periods = [(int(query["dateFrom"]), int(query["dateTo"])) for query in asked]
    assert all(0 < end - begin <= 30 * 86_400 for begin, end in periods)
    assert [begin for begin, _ in periods[1:]] == [end for _, end in periods[:-1]], "without a gap"
    assert periods[0][0] == datetime(2026, 11, 23, tzinfo=BEGAN.tzinfo).timestamp()
    assert periods[-1][1] == int(clock.at.timestamp())


def test_what_is_older_than_three_months_is_read_from_the_archive_month_by_month(linked: World, clock: Clock) -> None:
    clock.forward(days=1)
    since = clock.at.date()
    bought = linked.buy(3)
    linked.confirm(bought[:1])
    with linked.wildberries.state.lock:
        unseen = linked.wildberries.state.orders.pop(bought[2]["id"])
    linked.place_all()
    with linked.wildberries.state.lock:
        linked.wildberries.state.orders[unseen.id] = unseen
    for order in bought[1:]:
        live(linked, order, "complete", "sold")
    clock.forward(days=150)
    linked.token = make_token(categories=CATEGORIES, expires=clock.at + timedelta(days=100))
    linked.wildberries.state.requests.clear()
    report = linked.reconcile(since=since)
    assert (report["DaysProved"], report["OrdersImported"], report["OrdersUnexplained"]) == (151, 0, 0)
    assert linked.wildberries.state.requests[ARCHIVE] == 3, "November, December, January"
    # The first order was confirmed before a poll saw it, and its supply, still open, keeps it out of the archive.
    assert counts(linked, since) == (2, 1, 1)
    assert reasons(linked, since) == {unseen.id: (Side.TABLE, Reason.OVER_UNSEEN)}


def test_an_order_that_is_in_neither_of_wbs_lists_yet_is_explained(linked: World, clock: Clock) -> None:
    [bought] = linked.buy()
    linked.place_all()
    linked.confirm([bought])
    since = clock.at.date()
    clock.forward(days=95)
    assert linked.reconcile(since=since)["OrdersUnexplained"] == 0
    assert counts(linked, since) == (0, 1, 1)
    assert reasons(linked, since) == {bought["id"]: (Side.WB, Reason.UNLISTED)}


def sell_before_wbsync(world: World, count: int) -> list[int]:
    """Many orders of this morning, confirmed before wbsync began."""
    [bought] = world.buy()
    at = BEGAN - timedelta(hours=3)
    numbers = range(4_000_000_000, 4_000_000_000 + count)
    with world.wildberries.state.lock:
        state = world.wildberries.state
        origin = state.orders.pop(bought["id"])
        for number in numbers:
            facts = origin.facts | {"id": number, "createdAt": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
            state.orders[number] = replace(origin, id=number, created_at=at, facts=facts, supplier_status="confirm")
        state.requests.clear()
    return list(numbers)


def test_five_thousand_orders_cost_few_requests(linked: World) -> None:
    sell_before_wbsync(linked, 5000)
    before = shop_requests(linked)
    report = linked.reconcile()
    assert (report["OrdersListed"], report["OrdersImported"]) == (5000, 0)
    assert counts(linked) == (5000, 0, 0)
    assert linked.proof().reasons == {Reason.BEFORE_WBSYNC: 5000}
    assert dict(linked.wildberries.state.requests) == {"GET /api/v3/orders": 6}
    assert shop_requests(linked) - before == 3


def test_a_full_page_that_names_no_next_one_is_the_last_and_no_list_is_read_for_ever(
    linked: World, clock: Clock
) -> None:
    facts = linked.buy()[0]
    row = facts | {"createdAt": (clock.at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    orders = [row | {"id": 4_000_000_000 + n} for n in range(1000)]
    told, asked = iter([0, 7, 7]), list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["next"])
        return httpx.Response(200, json={"next": next(told), "orders": orders})

    linked.wb._http = httpx.Client(transport=httpx.MockTransport(answer))
    assert len(list(listed_orders.pages(linked.wb, clock.at - timedelta(days=1), clock.at))) == 1
    with pytest.raises(Unavailable):
        list(listed_orders.pages(linked.wb, clock.at - timedelta(days=1), clock.at))
    assert asked == ["0", "0", "7"]


def test_an_unreadable_order_does_not_end_the_list(linked: World) -> None:
    numbers = sell_before_wbsync(linked, 1500)
    with linked.wildberries.state.lock:
        orders = linked.wildberries.state.orders
        orders[numbers[5]].facts["price"] = None
        orders[numbers[6]].facts.update(createdAt="someday", id="none")
    report = linked.reconcile()
    assert (report["OrdersListed"], report["OrdersUnreadable"]) == (1500, 2)
    unreadable = [one.order_id for one in linked.proof().differences if one.reason is Reason.UNREADABLE]
    assert unreadable == [0, numbers[5]], "0 where not even the number can be read"


def test_all_missed_orders_statuses_are_asked_for_together(linked: World, clock: Clock) -> None:
    linked.confirm(linked.buy(30))
    clock.forward(hours=2)
    linked.wildberries.state.requests.clear()
    assert linked.reconcile()["OrdersImported"] == 30
    assert linked.wildberries.state.requests["POST /api/v3/orders/status"] == 1


def test_orders_are_found_in_bulk_and_doubles_hide_nothing(linked: World) -> None:
    fields = {"lid": "s1", "personTypeId": 1, "currency": "BYN"}
    wanted = [OrderId(5000 + n) for n in range(60)]
    with linked.bitrix_shop.shop.lock:
        for order_id in [*wanted[:55], *wanted[:5]]:  # five of them twice
            shop_orders.add(linked.bitrix_shop.shop, {"fields": fields | {"xmlId": f"WB_{order_id}"}})
    found = order_lookups.by_xml_id(linked.bitrix, wanted)
    assert sorted(found) == wanted[:55]
    assert sorted(i for i, same in found.items() if len(same) == 2) == wanted[:5]
    numbers = [row.id for same in found.values() for row in same]
    assert sorted(order_lookups.by_number(linked.bitrix, [*numbers, ShopOrderId(1)])) == sorted(numbers)
    assert order_lookups.by_number(linked.bitrix, []) == {}


# When something fails


@pytest.mark.parametrize(
    ("match", "kind"),
    [
        ("GET /api/v3/orders", "500"),
        ("POST /api/v3/orders/status", "cut_after"),
        ("batch", "500"),
        ("sale.order.list", "command_error"),
    ],
)
def test_a_failure_in_the_middle_leaves_nothing_half_and_the_next_run_does_it_again(
    linked: World, clock: Clock, match: str, kind: str
) -> None:
    bought = linked.buy(3)
    linked.confirm(bought)
    clock.forward(hours=2)
    before = linked.proof()
    (linked.wb_fault if "/" in match else linked.shop_fault)(match, kind)
    with pytest.raises(SyncError):
        linked.reconcile()
    assert linked.proof() == before
    clock.forward(minutes=11)
    linked.reconcile()
    linked.sweep()
    linked.place_orders()
    linked.reconcile()
    assert counts(linked) == (3, 3, 3)
    assert sorted(o["xmlId"] for o in in_shop(linked).values()) == sorted(f"WB_{o['id']}" for o in bought)


def test_at_its_deadline_the_run_stops_and_keeps_what_it_has_proven(linked: World, clock: Clock) -> None:
    since = clock.at.date()
    clock.forward(days=20)
    slow = recorded(linked)

    def minutes_pass(_request: httpx.Request) -> None:
        clock.forward(minutes=3)

    linked.wb._http.event_hooks["request"].append(minutes_pass)
    with pytest.raises(TryLater):
        linked.reconcile(since=since, minutes=5)
    assert len(slow) == 2
    days = [since + timedelta(days=n) for n in range(21)]
    assert [proof.day for proof in linked.proofs.get(days)] == days[:7]
    linked.wb._http.event_hooks["request"].pop()
    linked.reconcile()
    assert len(linked.proofs.get(days)) == 21, "the unfinished run did not move the beginning"


# Orders that another module made


@pytest.fixture
def adopting(linked: World) -> World:
    linked.shop = shop(orders=linked.shop.orders.model_dump() | {"adopted_by": [CODE]})
    return linked


def test_an_order_made_by_another_module_is_adopted_and_not_doubled(adopting: World, clock: Clock) -> None:
    adopted, own = adopting.buy(2)
    theirs = by_other_module(adopting, str(adopted["id"]))
    before = in_shop(adopting)[theirs]
    adopting.poll_orders()
    messages = adopting.aws.messages("NewOrdersQueue")
    outcome, report = adopting.placer().run([NewOrder.model_validate_json(m["Body"]) for m in messages])
    assert outcome == [None, None]
    assert (report["OrdersAdopted"], report["OrdersAdoptedOfSeveral"], report["OrdersPlaced"]) == (1, 0, 2)
    orders = in_shop(adopting)
    assert sorted(order["xmlId"] for order in orders.values()) == sorted([before["xmlId"], f"WB_{own['id']}"])
    record = adopting.orders.get([adopted["id"]])[adopted["id"]]
    assert (record.state, record.shop_order_id) == (OrderState.PLACED, theirs)
    after = orders[theirs]
    assert {k: after[k] for k in ("lines", "payments", "shipments", "statusId", "price")} == {
        k: before[k] for k in ("lines", "payments", "shipments", "statusId", "price")
    }
    assert after["properties"].items() >= (before["properties"] | {"WB_ORDER_ID": str(adopted["id"])}).items()
    clock.forward(hours=1)
    assert adopting.reconcile()["OrdersUnexplained"] == 0
    assert counts(adopting) == (2, 2, 2)
    assert reasons(adopting) == {adopted["id"]: (Side.SHOP, Reason.ADOPTED)}


@pytest.mark.parametrize("double", ["property", "external id"])
def test_an_order_that_is_made_once_more_after_ours_is_told_until_one_is_cancelled(
    adopting: World, clock: Clock, double: str
) -> None:
    [order] = adopting.buy(1)
    adopting.place_all()
    own = shop_id(adopting, order)
    number = str(order["id"])
    body = {"properties": {}, "xml_id": f"WB_{number}"} if double == "external id" else {}
    theirs = by_other_module(adopting, number, **body)
    clock.forward(hours=1)
    assert adopting.reconcile()["OrdersUnexplained"] == 1
    assert reasons(adopting) == {order["id"]: (Side.SHOP, Reason.DOUBLED)}
    assert adopting.proof().differences[0].detail == f"{own}, {theirs}"
    adopting.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": theirs})
    assert adopting.reconcile()["OrdersUnexplained"] == 0


def test_of_several_orders_the_first_that_stands_is_adopted(adopting: World) -> None:
    [bought] = adopting.buy()
    number = str(bought["id"])
    cancelled, first, second = (by_other_module(adopting, number) for _ in range(3))
    adopting.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": cancelled})
    adopting.place_all()
    assert shop_id(adopting, bought) == first
    assert sorted(in_shop(adopting)) == [cancelled, first, second]


def test_an_order_that_staff_cancelled_is_not_made_anew(adopting: World) -> None:
    [bought] = adopting.buy()
    theirs = by_other_module(adopting, str(bought["id"]))
    adopting.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": theirs})
    adopting.place_all()
    assert shop_id(adopting, bought) == theirs


@pytest.mark.parametrize("around", ["{}0", "0{}", " {}", "main-{}", "{};{}"])
def test_a_number_that_is_only_like_it_is_another_order(adopting: World, around: str) -> None:
    [bought] = adopting.buy()
    theirs = by_other_module(adopting, around.format(bought["id"], bought["id"]))
    adopting.place_all()
    assert shop_id(adopting, bought) != theirs
    assert in_shop(adopting)[shop_id(adopting, bought)]["xmlId"] == f"WB_{bought['id']}"


def test_another_modules_own_external_id_may_begin_as_ours(adopting: World) -> None:
    [bought] = adopting.buy()
    theirs = by_other_module(adopting, str(bought["id"]), xml_id=f"WB_FBS_{bought['id']}")
    adopting.place_all()
    assert shop_id(adopting, bought) == theirs
    assert list(in_shop(adopting)) == [theirs]


def test_an_order_of_ours_is_never_adopted_for_another(adopting: World) -> None:
    first, second = adopting.buy(2)
    by_other_module(adopting, str(second["id"]), xml_id=f"WB_{first['id']}9")
    adopting.place_all()
    assert {shop_id(adopting, first), shop_id(adopting, second)} == {
        number
        for number, order in in_shop(adopting).items()
        if order["xmlId"] in {f"WB_{o['id']}" for o in (first, second)}
    }


def test_without_the_setting_no_other_module_is_looked_for(linked: World) -> None:
    [bought] = linked.buy()
    theirs = by_other_module(linked, str(bought["id"]))
    linked.place_all()
    assert shop_id(linked, bought) != theirs
    assert linked.shop_state()["requests"]["by_method"].get("sale.propertyvalue.list", 0) == 0


def test_looking_for_other_modules_costs_one_request_for_ten_orders(linked: World) -> None:
    cost = []
    for codes in ((), (CODE, "OTHER_CODE")):
        linked.shop = shop(orders=linked.shop.orders.model_dump() | {"adopted_by": codes})
        linked.buy(10)
        linked.poll_orders()
        before = shop_requests(linked)
        assert linked.place_orders() == [None] * 10
        cost.append(shop_requests(linked) - before)
    assert cost[1] == cost[0] + 1


def test_an_adoption_whose_answer_was_lost_is_taken_up_again(adopting: World, clock: Clock) -> None:
    [bought] = adopting.buy()
    theirs = by_other_module(adopting, str(bought["id"]))
    adopting.shop_fault("sale.propertyvalue.modify", "cut_after")
    adopting.poll_orders()
    assert isinstance(adopting.place_orders()[0], TryLater)
    for _ in range(2):
        clock.forward(minutes=11)
        adopting.sweep()
        adopting.place_orders()
    assert shop_id(adopting, bought) == theirs
    assert list(in_shop(adopting)) == [theirs]
    assert in_shop(adopting)[theirs]["properties"]["WB_ORDER_ID"] == str(bought["id"])


def test_orders_fetched_by_hand_are_adopted_too(adopting: World, clock: Clock) -> None:
    """The shop comes from another module: its open orders are taken over, none is made twice."""
    bought = adopting.buy(12)
    adopting.confirm(bought)
    for order in bought:
        made(adopting, order, BEGAN - timedelta(days=2))
    adopting.sim("shop", "POST", "/_sim/stock", {"offer_id": OFFER, "store_id": 1, "amount": 50})
    theirs = {by_other_module(adopting, str(order["id"])) for order in bought}
    assert adopting.reconcile()["OrdersImported"] == 0
    clock.forward(minutes=1)
    assert adopting.reconcile(since=BEGAN.date() - timedelta(days=2))["OrdersImported"] == 12
    assert adopting.place_orders() == [None] * 12
    assert set(in_shop(adopting)) == theirs
    assert len(adopting.state(OrderState.PLACED)) == 12
