"""Orders that move by themselves at the simulated WB, and what became of old ones (wildberries facts §4)."""

from collections import Counter
from typing import Any

import pytest

from infra.local.wildberries import Category, make_token
from tests.fixtures.wildberries import BEGAN, FAR, FIRST, MINSK, Seller

LIST = "GET /marketplace-api/api/v3/orders"
ARCHIVE = "GET /marketplace-api/api/marketplace/v3/fbs/orders/archive"
WB_STOCK = "POST /seller-analytics-api/api/analytics/v1/stocks-report/wb-warehouses"
HOUR, DAY = 3_600, 86_400


def step(stage: str, event: str, hours: float, *, border: int | None = None) -> dict[str, Any]:
    return {
        "stage": stage,
        "cross_border_type": border,
        "event": event,
        "share": 1,
        "least": hours,
        "most": hours,
    }


SURE = [step("waiting", "sorted", 6), step("sorted", "ready_for_pickup", 24), step("ready_for_pickup", "sold", 10)]


def living(**world: Any) -> Seller:
    return Seller(goods=60, stocked=True, pace=1_000, **world)


def statuses(seller: Seller) -> dict[str, str]:
    return {str(order["id"]): order["wbStatus"] for order in seller.sim("GET state")["orders"]}


def test_orders_stand_still_until_life_is_switched_on() -> None:
    seller = living()
    [order] = seller.buy()
    supply = seller.supply(order["id"], deliver=True)
    seller.wait(10 * DAY)
    assert seller.status(order["id"])["wbStatus"] == "waiting"
    seller.sim("POST life", {"steps": SURE})
    seller.wait(7 * HOUR)
    assert seller.status(order["id"])["wbStatus"] == "sorted"
    seller.sim("POST life", {"on": False})
    seller.wait(10 * DAY)
    assert seller.status(order["id"])["wbStatus"] == "sorted"
    assert seller.wb.state.supplies[supply].scanned_at is not None


def test_a_delivered_order_goes_its_way_by_the_clock_and_a_long_wait_skips_no_stage() -> None:
    seller = living(steps=SURE)
    first, second = (order["id"] for order in seller.buy(2))
    supply = seller.supply(first, deliver=True)
    seen = []
    for hours in (5, 2, 22, 5):
        seller.wait(hours * HOUR)
        seen.append(seller.status(first)["wbStatus"])
    assert seen == ["waiting", "sorted", "sorted", "ready_for_pickup"]
    assert seller.ask(f"GET /marketplace-api/api/v3/supplies/{supply}").json()["scanDt"] == "2026-11-23T14:00:00Z"
    seller.supply(second, deliver=True)
    seller.sim("POST clock", {"advance": 40 * HOUR})
    assert seller.wb.state.orders[second].wb_status == "sold"
    assert seller.status(second)["supplierStatus"] == "complete"


def test_the_price_of_acceptance_is_told_only_after_wb_took_the_order_in() -> None:
    seller = living(steps=SURE)
    [order] = seller.buy()
    seller.supply(order["id"], deliver=True)
    prices = []
    for _ in range(2):
        prices.append(seller.ask(LIST, limit=1, next=0).json()["orders"][0]["scanPrice"])
        seller.wait(7 * HOUR)
    assert prices == [None, order["convertedPrice"]]


def test_the_usual_life_ends_orders_in_every_way_and_the_same_seed_lives_the_same() -> None:
    ends = []
    for _ in range(2):
        seller = living(life=True, seed=5)
        home = [order["id"] for order in seller.buy(200, seed=1)]
        across = [order["id"] for order in seller.buy(200, seed=2, cross_border_share=1)]
        seller.wait(HOUR)
        for ids in (home, across):
            fresh = [each for each in ids if seller.wb.state.orders[each].supplier_status == "new"]
            for at in range(0, len(fresh), 100):
                seller.supply(*[each for each in fresh[at : at + 100] if seller.status(each)["isCancellable"]])
        seller.wait(8 * HOUR)
        for supply in seller.wb.state.supplies:
            seller.ask(f"PATCH /marketplace-api/api/v3/supplies/{supply}/deliver")
        seller.wait(40 * DAY)
        ends.append(statuses(seller))
    assert ends[0] == ends[1]
    count = Counter(ends[0].values())
    assert set(count) == {
        "declined_by_client",
        "canceled",
        "sold",
        "canceled_by_client",
        "canceled_by_carrier",
        "defect",
        "waiting",  # lost, to be sent again
    }
    assert count["sold"] > 250


def test_another_seed_lives_another_life() -> None:
    def life(seed: int) -> list[str]:
        seller = living(life=True, seed=seed)
        for _ in range(3):
            seller.supply(*(order["id"] for order in seller.buy(60)), deliver=True)
        seller.wait(40 * DAY)
        return list(statuses(seller).values())

    assert life(1) != life(2)


def test_what_happens_to_an_order_puts_off_what_was_to_happen() -> None:
    seller = living(steps=[step("new", "cancel_by_client", 0.5), *SURE])
    regretted, kept = (order["id"] for order in seller.buy(2))
    seller.supply(kept)
    seller.wait(HOUR)
    assert seller.status(regretted)["wbStatus"] == "declined_by_client"
    assert seller.status(kept)["supplierStatus"] == "confirm"


def test_a_cross_border_order_goes_through_the_carrier_who_may_cancel_it() -> None:
    steps = [
        step("waiting", "accepted_by_carrier", 1, border=1),
        step("accepted_by_carrier", "sent_to_carrier", 1),
        step("sent_to_carrier", "cancel_by_carrier", 1),
    ]
    seller = living(steps=steps)
    [order] = seller.buy(cross_border_share=1)
    seller.supply(order["id"], deliver=True)
    told = []
    for _ in range(3):
        seller.wait(HOUR)
        status = seller.status(order["id"])
        told.append((status["supplierStatus"], status["wbStatus"]))
    assert told == [
        ("complete", "accepted_by_carrier"),
        ("complete", "sent_to_carrier"),
        ("cancel_carrier", "canceled_by_carrier"),
    ]


def test_no_carrier_touches_an_order_that_stays_in_the_country() -> None:
    seller = living()
    [order] = seller.buy()
    seller.supply(order["id"], deliver=True)
    for event in ("accepted_by_carrier", "sent_to_carrier", "cancel_by_carrier"):
        assert seller.http.post(f"/_sim/orders/{order['id']}/{event}").status_code == 409


def test_a_buyer_declines_in_the_first_hour_and_only_before_assembly_and_cancels_after_that() -> None:
    seller = living()
    seller.put({"chrtId": FIRST, "amount": 3})
    early, late, assembled = (order["id"] for order in seller.buy(3, chrt_ids=[FIRST]))
    supply = seller.supply(assembled)
    seller.sim(f"POST orders/{early}/cancel_by_client")
    seller.sim(f"POST orders/{assembled}/cancel_by_client")
    seller.wait(2 * HOUR)
    seller.sim(f"POST orders/{late}/cancel_by_client")
    told = [seller.status(each) for each in (early, late, assembled)]
    assert [status["wbStatus"] for status in told] == ["declined_by_client", "canceled", "canceled"]
    assert {status["supplierStatus"] for status in told} == {"cancel"}
    assert seller.wb.state.supplies[supply].order_ids == []
    assert seller.stock(FIRST) == {FIRST: 3}


@pytest.mark.parametrize("steps", [[{"stage": "new"}], [{"step": "new"}]])
def test_a_life_that_is_told_wrongly_is_refused(steps: list[dict[str, Any]]) -> None:
    seller = Seller()
    assert seller.http.post("/_sim/life", json={"steps": steps}).status_code == 400
    assert seller.http.post("/_sim/life", json={"speed": 3}).status_code == 400


# The archive


@pytest.fixture
def old() -> Seller:
    """Three orders of November: sold, cancelled, and one that was never delivered, at the end of February."""
    seller = living()
    sold, gone, open_still = (order["id"] for order in seller.buy(3))
    seller.supply(sold, deliver=True)
    seller.supply(open_still)
    seller.ask(f"PATCH /marketplace-api/api/v3/orders/{gone}/cancel")
    seller.sim(f"POST orders/{sold}/sold")
    seller.wait(95 * DAY)
    return seller


def november(seller: Seller, **query: int) -> Any:
    asked: dict[str, Any] = {"year": 2026, "month": 11, "next": 0, "limit": 100} | query
    return seller.ask(ARCHIVE, **asked)


def test_orders_of_more_than_three_months_ago_are_in_the_archive_and_nowhere_else(old: Seller) -> None:
    told = november(old).json()["orders"]
    assert [(order["status"]["supplierStatus"], order["status"]["wbStatus"]) for order in told] == [
        ("complete", "sold"),
        ("cancel", "canceled"),
    ]
    made = int(BEGAN.timestamp())
    window: dict[str, Any] = {"dateFrom": made - 10, "dateTo": made + 10}
    assert old.ask(LIST, limit=10, next=0, **window).json()["orders"] == []
    assert november(old, month=10).json() == november(old, year=2025).json() == {"next": 0, "orders": []}


def test_the_archive_has_words_and_groups_where_the_list_has_numbers(old: Seller) -> None:
    order = november(old).json()["orders"][0]
    facts = old.wb.state.orders[order["id"]].facts
    assert (order["cargoType"], order["crossBorderType"], order["crossBorder"]) == ("mgt", "local", {})
    assert order["createdAt"] == "2026-11-23"
    assert order["product"]["chrtId"] == facts["chrtId"]
    assert order["priceInfo"]["currencyCode"] == 933
    assert order["stickerId"] > 0
    assert order["supplyId"].startswith("WB-GI-")


def test_an_order_comes_to_the_archive_when_all_of_its_supply_is_over(old: Seller) -> None:
    [late] = [order for order in old.wb.state.orders.values() if order.supplier_status == "confirm"]
    assert late.id not in {order["id"] for order in november(old).json()["orders"]}
    old.sim(f"POST supplies/{late.supply_id}/scan")
    old.sim(f"POST orders/{late.id}/sold")
    assert late.id in {order["id"] for order in november(old).json()["orders"]}


def test_the_archive_is_paged_by_next() -> None:
    seller = living()
    ids = [order["id"] for order in seller.buy(130)]
    seller.sim("POST clock", {"advance": 100 * DAY})
    first = november(seller).json()
    second = november(seller, next=first["next"]).json()
    assert [order["id"] for order in first["orders"] + second["orders"]] == ids
    assert len(first["orders"]) == 100


@pytest.mark.parametrize("query", [{"limit": 99}, {"limit": 1_001}, {"month": 13}, {"month": 0}, {"next": -1}])
def test_an_archive_that_is_asked_wrongly_is_400_with_the_place_of_the_error(query: dict[str, int]) -> None:
    answer = november(living(), **query)
    [name] = query
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["location"] for error in answer.json()["errors"]] == [f"query.{name}"]


# WB's own warehouses


def test_wb_tells_what_its_own_warehouses_hold_of_all_cards_or_of_those_asked_for() -> None:
    rows = [{"chrtId": FIRST, "quantity": 4, "inWayFromClient": 1}, {"chrtId": FIRST + 1, "quantity": 2}]
    seller = living(wb_stock=[*rows, {"chrtId": FIRST + 4, "quantity": 9}])
    items = seller.ask(WB_STOCK, {}).json()["data"]["items"]
    assert [(row["chrtId"], row["quantity"], row["inWayFromClient"]) for row in items] == [
        (FIRST, 4, 1),
        (FIRST + 1, 2, 0),
        (FIRST + 4, 9, 0),
    ]
    assert {row["warehouseId"] for row in items} == {-999_999}
    for asked, count in (
        ({"nmIds": [items[0]["nmId"]]}, 2),
        ({"nmIds": [items[0]["nmId"]], "chrtIds": [FIRST]}, 1),
        ({"chrtIds": [FIRST]}, 3),
        ({"limit": 2}, 2),
        ({"limit": 2, "offset": 2}, 1),
    ):
        seller.wait(20)
        assert len(seller.ask(WB_STOCK, asked).json()["data"]["items"]) == count, asked


def test_nothing_in_wbs_warehouses_is_204_and_new_stock_is_told_at_once() -> None:
    seller = living()
    assert seller.ask(WB_STOCK, {}).status_code == 204
    seller.sim("POST wb-stock", [{"chrtId": FIRST, "quantity": 1}])
    assert seller.ask(WB_STOCK, {}).json()["data"]["items"][0]["quantity"] == 1
    assert seller.ask(WB_STOCK, {"offset": 1}).status_code == 204
    assert seller.http.post("/_sim/wb-stock", json=[{"chrtId": 1}]).status_code == 404
    assert seller.http.post("/_sim/wb-stock", json=[{"chrtId": FIRST, "amount": 1}]).status_code == 400


@pytest.mark.parametrize("body", [[], {"nmIds": [1] * 1_001}, {"nmIds": ["1"]}, {"limit": 250_001}, {"offset": True}])
def test_wbs_stock_that_is_asked_wrongly_is_400_with_title_and_detail(body: object) -> None:
    answer = living().ask(WB_STOCK, body)
    assert (answer.status_code, set(answer.json())) == (400, {"title", "detail", "requestId", "origin"})


def test_wbs_stock_is_told_once_in_20_seconds() -> None:
    seller = Seller()
    assert [seller.ask(WB_STOCK, {}).status_code for _ in range(2)] == [204, 429]
    seller.wait(20)
    assert seller.ask(WB_STOCK, {}).status_code == 204


def test_wbs_stock_is_told_to_no_base_token_and_to_no_other_category() -> None:
    seller = Seller()
    base = make_token(categories=Category, expires=FAR, kind="base")
    other = make_token(categories=[Category.MARKETPLACE], expires=FAR)
    assert seller.ask(WB_STOCK, {}, token=base).json()["detail"] == "base token is not allowed"
    assert seller.ask(WB_STOCK, {}, token=other).status_code == 403


def test_stock_in_wbs_warehouses_is_not_for_sale_from_the_sellers() -> None:
    seller = living(wb_stock=[{"chrtId": FIRST, "quantity": 7}])
    seller.put({"chrtId": FIRST, "amount": 0})
    assert seller.buy(1, chrt_ids=[FIRST], warehouse_id=MINSK) == []
