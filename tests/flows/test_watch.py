"""The hourly look: each part tells what it finds and what to do, whatever becomes of the others."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from infra.local.wildberries import Category, make_token
from infra.local.wildberries.state import Warehouse
from tests.fixtures.aws import Aws
from tests.fixtures.world import CATEGORIES, MINSK, Clock, World
from wbsync.domain.ids import ChrtId, OrderId
from wbsync.domain.watching import FRESH_WITHIN, LEARNT_AFTER
from wbsync.errors import NotAuthorised, Unavailable
from wbsync.flows.watch import CURSOR, Watch
from wbsync.messages import NewOrder
from wbsync.stores.aws import cloudwatch
from wbsync.stores.metrics import MetricsStore
from wbsync.stores.queues import DeadLetters, Queue
from wbsync.wb.deprecations import Deprecation

FAR = 100  # days


@pytest.fixture(autouse=True)
def _no_metrics_of_other_tests(aws: Aws) -> None:
    """moto forgets to look at a metric's namespace where dimensions are named."""
    cloudwatch_backends["123456789012"]["eu-central-1"].reset()


@pytest.fixture
def watch(world: World, clock: Clock) -> Watch:
    return Watch(
        wb=world.wb,
        token=lambda: world.token,
        shop=lambda: world.shop,
        orders=world.orders,
        told=world.told,
        cursors=world.cursors,
        metrics=MetricsStore(f"wbsync/{world.aws.bucket}"),
        dead_letters={"new-orders": DeadLetters(world.aws.queues["NewOrdersDeadLetters"])},
        now=clock.now,
        deadline=clock.at + timedelta(days=400),
    )


@pytest.fixture
def look(watch: Watch, world: World) -> Callable[..., list[str]]:
    """One run; its findings as "part: said"."""

    def run(**changes: Any) -> list[str]:
        replace(watch, report={}, **changes).run()
        return [f"{f['part']}: {f['said']}" for f in world.cursors.get(CURSOR)["findings"]]

    return run


type Look = Callable[..., list[str]]


def token(days: float, categories: Sequence[int] = CATEGORIES, world: World | None = None) -> str:
    began = world.clock.at if world else Clock().at
    return make_token(categories=categories, expires=began + timedelta(days=days))


def finished(world: World, *flows: str, hours_ago: float = 0) -> None:
    for flow in flows:
        measure(world, flow, "Finished", 1, hours_ago=hours_ago)


def measure(world: World, service: str, metric: str, value: float, *, hours_ago: float = 0) -> None:
    at = world.clock.at - timedelta(hours=hours_ago, minutes=1)
    dimensions = [{"Name": "service", "Value": service}]
    cloudwatch().put_metric_data(
        Namespace=f"wbsync/{world.aws.bucket}",
        MetricData=[{"MetricName": metric, "Dimensions": dimensions, "Value": value, "Timestamp": at}],  # type: ignore[typeddict-item]  # the stub wants its own TypedDict
    )


def test_when_all_is_well_nothing_is_told(watch: Watch, world: World, look: Look) -> None:
    world.link_cards()
    world.sync_stock(full=True)
    finished(world, *FRESH_WITHIN)
    assert look() == []
    report = replace(watch, report={}).run()
    assert report.items() >= {"TokenDaysLeft": FAR, "FlowsStale": 0, "ApiDrift": 0, "DeadLetters": 0}.items()
    assert report["StockMismatchPercent"] == report["Findings"] == 0


@pytest.mark.parametrize(("days", "told"), [(31, []), (29, ["in 29 days"]), (13, ["in 13 days"]), (-2, ["in 0 days"])])
def test_a_token_that_expires_within_thirty_days_is_told(world: World, look: Look, days: int, told: list[str]) -> None:
    world.token = token(days)
    assert [said for said in look() if "expires on" in said] == [
        f"token: the WB token expires on {world.clock.at + timedelta(days=days):%Y-%m-%d}, {each}" for each in told
    ]


def test_a_category_that_the_configuration_needs_is_told_and_others_are_not(world: World, look: Look) -> None:
    world.token = token(FAR, [Category.MARKETPLACE])
    assert [said for said in look() if said.startswith("token")] == ["token: the WB token lacks the category Content"]


def test_a_flow_that_has_not_come_to_its_end_in_its_time_is_told(watch: Watch, world: World, clock: Clock) -> None:
    watch.run()
    clock.forward(days=3)
    finished(world, *(flow for flow in FRESH_WITHIN if flow not in {"sweep", "plan_cards", "refresh_schema"}))
    finished(world, "sweep", hours_ago=1.6)
    finished(world, "refresh_schema", hours_ago=30)
    assert replace(watch, report={}).run()["FlowsStale"] == 2
    said = {f["said"]: f["do"] for f in world.cursors.get(CURSOR)["findings"] if f["part"] == "freshness"}
    assert said == {
        "sweep last came to its end at 26.11. 06:30 UTC": "docs/runbook.md#sweep-is-not-running",
        "plan_cards has not come to its end since it is watched": "docs/runbook.md#plan_cards-is-not-running",
    }


def test_a_new_installation_is_given_its_time(look: Look) -> None:
    assert [said for said in look() if said.startswith("freshness")] == []


def test_the_oldest_order_that_is_not_in_the_shop_is_told(world: World, look: Look, clock: Clock) -> None:
    world.link_cards()
    world.sync_stock()
    [order] = world.buy(1)
    world.poll_orders()
    assert [said for said in look() if said.startswith("orders")] == []
    clock.forward(hours=2, minutes=5)
    assert f"orders: 1 order(s) are not in the shop; {order['id']} has waited for 2 h" in look()
    world.place_all()
    assert [said for said in look() if said.startswith("orders")] == []


def test_unlinked_barcodes_are_told_as_link_cards_counted_them(world: World, look: Look) -> None:
    measure(world, "link_cards", "LinkProblems", 17)
    assert "barcodes: 17 barcode(s), offers or sizes are linked to nothing" in look()


def test_dead_letters_are_told_with_the_commands_that_send_them_back(world: World, watch: Watch) -> None:
    Queue[NewOrder](world.aws.queues["NewOrdersDeadLetters"]).send([NewOrder(order_id=OrderId(1))])
    assert watch.run()["DeadLetters"] == 1
    [finding] = [f for f in world.cursors.get(CURSOR)["findings"] if f["part"] == "dead letters"]
    assert "wbsync queues redrive new-orders" in finding["do"]


def test_a_field_that_wb_adds_or_drops_is_told_for_three_days(
    world: World, look: Look, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(LEARNT_AFTER):
        assert [said for said in look() if said.startswith("API")] == []
        clock.forward(hours=1)
    usual = Warehouse.wire
    monkeypatch.setattr(Warehouse, "wire", lambda each: without(usual(each), "name") | {"express": True})
    told = [said for said in look() if said.startswith("API")]
    assert [said.partition(", first")[0] for said in told] == [
        "API: warehouses: the field [].express (yes/no) is new",
        "API: warehouses: the field [].name (text) is gone",
    ]
    clock.forward(days=2)
    assert len([said for said in look() if said.startswith("API")]) == 2
    clock.forward(days=2)
    assert [said for said in look() if said.startswith("API")] == []


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def test_an_answer_that_our_model_cannot_read_is_told_with_its_field(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Warehouse.wire
    monkeypatch.setattr(Warehouse, "wire", lambda each: without(usual(each), "id"))
    assert "API: WB's answer to warehouses cannot be read: id" in look()


def test_a_call_that_wb_refuses_keeps_no_other_answer_from_being_looked_at(world: World, look: Look) -> None:
    world.wb_fault("GET /api/v3/orders/new", "406", times=9)
    [said] = [said for said in look() if said.startswith("API")]
    assert said.startswith("API: could not be looked at: new_orders")
    assert [world.cursors.get(f"{CURSOR}/{name}") != {} for name in ("new_orders", "warehouses", "supplies")] == [
        False,
        True,
        True,
    ]


def test_of_wbs_answers_no_value_is_kept(world: World, look: Look) -> None:
    world.link_cards()
    world.sync_stock()
    [order] = world.buy(1)
    look()
    kept = str(world.cursors.get(f"{CURSOR}/new_orders"))
    assert "orders[].nmId" in kept
    assert not [value for value in order.values() if isinstance(value, str) and len(value) > 3 and value in kept]
    assert str(order["nmId"]) not in kept


def test_a_call_that_wb_switches_off_is_told_with_what_replaces_it(world: World, look: Look) -> None:
    row = Deprecation("GET", "/api/v3/warehouses", date(2026, 12, 1), "GET /api/v4/warehouses")
    said = "deprecations: WB switches GET /api/v3/warehouses off on 2026-12-01; it wants GET /api/v4/warehouses instead"
    assert said in look(deprecated=[row])


def test_stock_that_somebody_else_sets_on_wb_is_told_as_a_share(world: World, watch: Watch, clock: Clock) -> None:
    world.link_cards()
    world.sync_stock(full=True)
    clock.forward(hours=2)
    with world.wildberries.state.lock:
        stocks = world.wildberries.state.stocks[MINSK]
        for chrt_id in sorted(stocks)[:10]:
            stocks[chrt_id] += 7
    report = watch.run()
    assert report["StockRowsCompared"] == 40
    assert report["StockMismatchPercent"] == 25


def test_what_was_told_a_moment_ago_and_what_nobody_is_sure_of_is_not_compared(
    world: World, watch: Watch, clock: Clock
) -> None:
    world.told.replace(MINSK, {ChrtId(n): 5 for n in range(1, 5)}, clock.at - timedelta(hours=5))  # type: ignore[arg-type]  # a number
    world.told.claim(MINSK, clock.at - timedelta(minutes=5), 0, {ChrtId(1): 3})  # type: ignore[arg-type]  # a number
    world.told.forget(MINSK, [ChrtId(2)], clock.at)  # type: ignore[arg-type]  # a number
    assert watch.run()["StockRowsCompared"] == 2


def test_wb_down_keeps_nothing_else_from_being_told(world: World, look: Look) -> None:
    world.wb_fault("* /*", "500", times=99)
    world.token = token(20)
    Queue[NewOrder](world.aws.queues["NewOrdersDeadLetters"]).send([NewOrder(order_id=OrderId(1))])
    world.told.replace(MINSK, {ChrtId(1): 5}, world.clock.at - timedelta(hours=5))  # type: ignore[arg-type]  # a number
    parts = [said.partition(":")[0] for said in look()]
    assert parts == ["token", "dead letters", "API", "stock"]


@pytest.mark.parametrize("failing", ["token", "shop"])
def test_a_secret_or_configuration_that_cannot_be_read_is_told_and_counted(
    world: World, watch: Watch, failing: str
) -> None:
    def missing() -> Any:
        raise NotAuthorised("SSM parameter cannot be read")

    changed = replace(watch, token=missing) if failing == "token" else replace(watch, shop=missing)
    report = changed.run()
    assert report["NotAuthorised"] >= 1
    assert "could not be looked at: SSM parameter cannot be read" in str(world.cursors.get(CURSOR))


def test_without_cloudwatch_the_rest_is_told(world: World, look: Look) -> None:
    class Silent(MetricsStore):
        def latest(self, *_: Any, **__: Any) -> Any:
            raise Unavailable("reading metrics: AWS did not answer")

    world.token = token(20)
    assert [said.partition(":")[0] for said in look(metrics=Silent("x"))] == ["token", "freshness", "barcodes"]


def test_at_the_deadline_what_is_left_is_told_as_not_looked_at(world: World, look: Look, clock: Clock) -> None:
    assert len([said for said in look(deadline=clock.at) if "no time was left" in said]) == 8
