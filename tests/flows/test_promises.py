"""The promises under bad days: races, retries, refusals and outages, each once broken and mended."""

import json
from datetime import timedelta
from threading import Event
from typing import Any

import httpx
import pytest

from infra.local.wildberries.state import Warehouse
from tests.fixtures.world import MINSK, Clock, World, shop
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.wire import Param
from wbsync.domain.ids import ChrtId, OrderId
from wbsync.domain.orders import OrderState
from wbsync.domain.pacing import LedgerInMemory, Lesson
from wbsync.errors import Rejected, TryLater
from wbsync.flows import link_cards
from wbsync.messages import StockBatch
from wbsync.wb.operations import FBS, STICKERS, STOCKS

SIZE, OFFER = 310_000_001, 2001
BREST = 501_002


def wb_orders_in_shop(world: World) -> list[dict[str, Any]]:
    return [o for o in world.shop_state()["orders"] if o["xmlId"].startswith("WB_") and o["canceled"] != "Y"]


def stock_batches(world: World) -> list[StockBatch]:
    return [StockBatch.model_validate_json(m["Body"]) for m in world.aws.messages("StockBatchesQueue")]


def set_stock(world: World, amount: int) -> None:
    """The shop has `amount` of OFFER and nothing in its other store."""
    for store, there in ((1, amount), (2, 0)):
        world.sim("shop", "POST", "/_sim/stock", {"offer_id": OFFER, "store_id": store, "amount": there})


@pytest.fixture
def linked(world: World) -> World:
    assert world.link_cards()["SizesLinked"] == 40
    return world


def strike_placing(world: World, monkeypatch: pytest.MonkeyPatch, kind: str, **more: Any) -> None:
    """A fault for the one request that makes orders; the first ones of `place_orders` only look."""
    place = bitrix_orders.place

    def placing(*asked: Any) -> Any:
        monkeypatch.setattr(bitrix_orders, "place", place)
        world.shop_fault("batch", kind, **more)
        return place(*asked)

    monkeypatch.setattr(bitrix_orders, "place", placing)


# Orders: lost, doubled, parked


def test_an_order_that_left_new_before_we_polled_is_not_lost(linked: World, clock: Clock) -> None:
    """Staff confirmed it in the WB cabinet during an outage of ours (an expired token, a stopped schedule)."""
    linked.sync_stock()
    bought = linked.buy()
    linked.confirm(bought)
    for _ in range(3):
        linked.place_all()
        linked.sweep()
        clock.forward(minutes=15)
        linked.sync_stock()
    assert [o["xmlId"] for o in wb_orders_in_shop(linked)] == [f"WB_{bought[0]['id']}"]


def test_a_secret_that_cannot_be_read_for_a_moment_parks_no_order(linked: World) -> None:
    linked.sync_stock()
    bought = linked.buy(3)
    linked.poll_orders()

    def unreadable() -> str:
        raise Rejected("SSM parameter /wbsync/prod/bitrix-webhook cannot be read")  # as stores.parameters does

    linked.bitrix = BitrixClient(
        httpx.Client(transport=httpx.WSGITransport(app=linked.bitrix_shop.wsgi)), webhook=unreadable
    )
    linked.place_orders()
    assert linked.state(OrderState.PARKED) == []
    assert linked.state(OrderState.STORED) == sorted(o["id"] for o in bought)


def test_a_setting_that_concerns_all_orders_parks_none(linked: World) -> None:
    linked.sync_stock()
    linked.shop = shop(orders=linked.shop.orders.model_dump() | {"constant_properties": {"NO_SUCH_CODE": "x"}})
    linked.buy(3)
    linked.poll_orders()
    linked.place_orders()
    assert linked.state(OrderState.PARKED) == []


def test_an_order_that_appears_after_its_second_try_is_taken_back(
    linked: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PHP needed longer than SETTLED: the double stands, and nobody looks for it again."""
    linked.sync_stock()
    linked.buy()
    php_goes_on = Event()
    linked.bitrix_shop._sleep = lambda seconds: php_goes_on.wait() if seconds else None  # type: ignore[assignment]
    strike_placing(linked, monkeypatch, "late", seconds=600)
    linked.poll_orders()
    assert isinstance(linked.place_orders()[0], TryLater)
    clock.forward(minutes=11)
    linked.sweep()
    linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 1
    php_goes_on.set()
    linked.bitrix_shop.finish_late_work()
    for _ in range(3):
        clock.forward(minutes=11)
        linked.sweep()
        linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 1


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "html500", "empty500", "500", "late"])
def test_the_request_that_makes_orders_may_fail_in_any_way(
    linked: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Holds. The stories of this name strike the first request, which only looks, and so prove nothing."""
    linked.sync_stock()
    linked.buy(4)
    strike_placing(linked, monkeypatch, kind, **({"seconds": 60} if kind == "late" else {}))
    linked.poll_orders()
    errors = linked.place_orders()
    assert all(isinstance(error, TryLater) and error.wait >= 120 for error in errors), errors
    linked.bitrix_shop.finish_late_work()
    clock.forward(minutes=11)
    linked.sweep()
    linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 4
    assert len(linked.state(OrderState.PLACED)) == 4


def test_a_double_that_could_not_be_cancelled_is_tried_again(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    [bought] = linked.buy()
    linked.poll_orders()
    fields: dict[str, Param] = {"lid": "s1", "personTypeId": 1, "currency": "BYN", "xmlId": f"WB_{bought['id']}"}
    for _ in range(2):
        linked.bitrix.call("sale.order.add", {"fields": fields})
    linked.shop_fault("sale.order.update", "500")
    linked.place_orders()
    for _ in range(3):
        clock.forward(minutes=11)
        linked.sweep()
        linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 1


def test_the_sweep_queues_stuck_orders_also_when_wb_is_down(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.buy()
    linked.buy(unknown_barcode_share=1.0)
    linked.place_all()
    linked.buy()
    linked.poll_orders()
    linked.aws.messages("NewOrdersQueue")  # lost
    clock.forward(minutes=11)
    linked.wb_fault("POST /api/v3/orders/status", "500", times=50)
    with pytest.raises(TryLater):
        linked.sweep()
    assert linked.aws.messages("NewOrdersQueue"), "the shop is well: placing does not need WB"


def test_one_unreadable_order_in_wbs_list_does_not_stop_the_sweep(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.sweep()
    good, bad = linked.buy(2)
    linked.confirm([good, bad])
    with linked.wildberries.state.lock:
        del linked.wildberries.state.orders[bad["id"]].facts["price"]
    clock.forward(minutes=10)
    assert linked.sweep()["OrdersMissed"] == 1


def test_a_double_of_an_order_that_waited_long_for_the_shop_is_taken_back(
    linked: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop was down for five hours, and answered the first try after that too late."""
    linked.sync_stock()
    linked.buy()
    linked.poll_orders()
    clock.forward(hours=5)
    php_goes_on = Event()
    linked.bitrix_shop._sleep = lambda seconds: php_goes_on.wait() if seconds else None  # type: ignore[assignment]
    strike_placing(linked, monkeypatch, "late", seconds=600)
    assert isinstance(linked.place_orders()[0], TryLater)
    clock.forward(minutes=11)
    linked.place_orders()
    assert len(linked.state(OrderState.PLACED)) == 1
    php_goes_on.set()
    linked.bitrix_shop.finish_late_work()
    for _ in range(8):
        clock.forward(minutes=10)
        linked.sweep()
        linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 1


def test_a_waiting_order_that_wb_leaves_out_of_its_answer_still_waits(linked: World, clock: Clock) -> None:
    [bought] = linked.buy(unknown_barcode_share=1.0)
    linked.place_all()
    with linked.wildberries.state.lock:
        del linked.wildberries.state.orders[bought["id"]]  # WB keeps statuses of old orders elsewhere
    linked.sim("shop", "POST", "/_sim/products", {"offer_id": OFFER, "barcodes": [bought["skus"][0]]})
    clock.forward(hours=1)
    linked.link_cards()
    assert linked.sweep()["OrdersWaiting"] == 1
    linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 1


def test_the_sweep_does_not_multiply_messages_that_are_still_queued(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.buy()
    linked.poll_orders()
    for _ in range(6):  # the shop is down for an hour: the message waits and comes back each time
        clock.forward(minutes=11)
        linked.sweep()
    assert len(linked.aws.messages("NewOrdersQueue")) <= 4


# Stock that WB must not sell


def test_a_newer_reading_that_had_nothing_to_tell_beats_an_older_batch_in_the_queue(
    linked: World, clock: Clock
) -> None:
    set_stock(linked, 3)
    linked.sync_stock()
    set_stock(linked, 9)
    clock.forward(minutes=15)
    linked.collect_stock()
    old = stock_batches(linked)  # WB is down: it is put off
    set_stock(linked, 3)  # sold over the counter
    clock.forward(minutes=15)
    linked.sync_stock()
    linked.push(old)
    assert linked.wb_stock()[SIZE] == 3


def test_a_batch_that_failed_still_counts_as_newer(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    set_stock(linked, 9)
    clock.forward(minutes=15)
    linked.collect_stock()
    old = stock_batches(linked)
    set_stock(linked, 3)
    clock.forward(minutes=15)
    linked.collect_stock()
    linked.wb_fault("PUT /api/v3/stocks/*", "cut_after")
    assert isinstance(linked.push_stock()[0], TryLater)
    assert linked.wb_stock()[SIZE] == 3
    linked.push(old)
    assert linked.wb_stock()[SIZE] == 3


def test_an_order_polled_while_earlier_batches_are_told_is_off_the_later_ones(world: World, clock: Clock) -> None:
    world.open(goods=2600)
    world.link_cards()
    world.sync_stock()
    sizes = {s: a for s, a in world.wb_stock().items() if a > 0 and s < 990_000_000}
    last = max(sizes)
    for offer in range(2001, 2001 + 2600):
        world.sim("shop", "POST", "/_sim/stock", {"offer_id": offer, "store_id": 1, "amount": 50})
    clock.forward(minutes=15)
    world.collect_stock()
    batches = stock_batches(world)
    assert last in batches[-1].rows
    assert len(batches) > 1

    def bought() -> None:
        world.buy(chrt_ids=[last])
        world.poll_orders()

    clock.meanwhile = bought
    world.wb_fault("PUT /api/v3/stocks/*", "slow", seconds=3)  # the first of them
    told = batches[-1].rows[ChrtId(last)]
    assert not any(world.push(batches))
    assert world.wb_stock()[last] == told - 1


def test_an_overtaken_worker_does_not_bring_back_a_unit_that_was_bought_meanwhile(linked: World, clock: Clock) -> None:
    set_stock(linked, 9)
    linked.collect_stock()
    old = stock_batches(linked)
    set_stock(linked, 5)
    clock.forward(minutes=15)

    def overtaken_then_bought() -> None:
        linked.collect_stock()
        linked.push_stock()
        assert linked.wb_stock()[SIZE] == 5
        linked.buy(chrt_ids=[SIZE])
        linked.poll_orders()

    clock.meanwhile = overtaken_then_bought
    linked.wb_fault("PUT /api/v3/stocks/*", "slow", seconds=1)
    linked.push(old)
    assert linked.wb_stock()[SIZE] == 4


def test_an_order_of_a_warehouse_that_we_do_not_feed_is_off_the_shops_total(linked: World, clock: Clock) -> None:
    """Brest's stock is kept by hand, but its orders become orders of the same shop."""
    with linked.wildberries.state.lock:
        linked.wildberries.state.add_warehouse(Warehouse(BREST, "Брест"))
        linked.wildberries.state.stocks[BREST][SIZE] = 5
    set_stock(linked, 5)
    linked.buy(chrt_ids=[SIZE], warehouse_id=BREST)
    linked.sync_stock()  # stored, not placed
    assert linked.wb_stock()[SIZE] == 4


def test_a_size_that_we_never_told_is_left_alone_when_it_is_bought(linked: World, clock: Clock) -> None:
    """Its stock is kept by hand in the WB cabinet: no offer of the shop is linked to it."""
    foreign = {c: a for c, a in linked.wb_stock().items() if c >= 990_000_000}
    linked.sync_stock()
    [bought] = linked.buy(unknown_barcode_share=1.0)
    linked.poll_orders()
    clock.forward(minutes=15)
    linked.sync_stock()
    assert linked.wb_stock()[bought["chrtId"]] == foreign[bought["chrtId"]] - 1


def two_warehouses(world: World) -> None:
    with world.wildberries.state.lock:
        world.wildberries.state.add_warehouse(Warehouse(BREST, "Брест"))
    world.shop = shop(warehouses=[{"wb": MINSK, "stores": [1]}, {"wb": BREST, "stores": [2]}])


def test_every_warehouse_is_read_back(linked: World, clock: Clock) -> None:
    two_warehouses(linked)
    paths: list[str] = []
    linked.wb._http.event_hooks["request"] = [lambda request: paths.append(f"{request.method} {request.url.path}")]
    for cycle in range(12):
        for offer in (OFFER, OFFER + 1):
            for store in (1, 2):
                linked.sim("shop", "POST", "/_sim/stock", {"offer_id": offer, "store_id": store, "amount": 20 + cycle})
        clock.forward(minutes=15)
        linked.sync_stock()
    read_back = {path for path in paths if path.startswith("POST") and "/stocks/" in path}
    assert any(str(MINSK) in path for path in read_back)
    assert any(str(BREST) in path for path in read_back)


def test_a_batch_in_flight_during_an_aborted_comparison_is_doubted(linked: World, clock: Clock) -> None:
    set_stock(linked, 3)
    linked.sync_stock()
    set_stock(linked, 9)
    clock.forward(minutes=15)
    linked.collect_stock()
    in_flight = stock_batches(linked)
    collector = linked.collector()
    read = collector._read_wb

    def then_it_lands(*asked: Any) -> Any:
        numbers = read(*asked)
        assert linked.push(in_flight) == [None]
        return numbers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(collector), "_read_wb", lambda _self, *asked: then_it_lands(*asked))
        linked.shop_fault("batch", "503")
        clock.forward(minutes=1)
        with pytest.raises(TryLater):
            collector.run(full=True, deadline=clock.at + timedelta(minutes=14))
    assert linked.wb_stock()[SIZE] == 9
    set_stock(linked, 3)
    clock.forward(minutes=15)
    linked.sync_stock()
    assert linked.wb_stock()[SIZE] == 3


# Rows and labels that hold back others


def test_a_refused_row_is_remembered_when_the_others_have_to_wait(linked: World, clock: Clock) -> None:
    """Other workers' refusals have used up the limit meanwhile, as they do all through a first telling."""
    linked.collect_stock()
    [batch] = stock_batches(linked)
    bad = next(chrt for chrt, amount in batch.rows.items() if amount)
    linked.wb_fault("PUT /api/v3/stocks/*", "refuse_rows", chrt_ids=[bad], times=50)
    ledger = LedgerInMemory(clock.now)
    linked.wb = linked.wb_client(ledger)
    ledger.reserve(STOCKS, 25)

    def others_are_refused_too(answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.CONFLICT:
            ledger.learn(STOCKS, Lesson(extra_calls=9))

    linked.wb._http.event_hooks["response"] = [others_are_refused_too]
    for _ in range(4):
        [outcome] = linked.push([batch])
        clock.forward(seconds=2)
    assert linked.wildberries.state.answers["PUT /api/v3/stocks/{warehouseId}"][409] == 1
    assert outcome is None


# Large shops


def test_a_reading_that_breaks_off_goes_on_where_it_broke_off(world: World, clock: Clock) -> None:
    world.open(goods=1300)
    world.link_cards()
    batches = world.shop_state()["requests"]["http_by_method"].get("batch", 0)
    collector = world.collector()
    read: list[int] = []
    compare = type(collector)._compare

    def second_breaks(self: Any, piece: Any, *more: Any) -> Any:
        read.append(min(offer.offer_id for offer in piece.values()))
        if len(read) == 2:
            world.shop_fault("batch", "503")
        return compare(self, piece, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(collector), "_compare", second_breaks)
        with pytest.raises(TryLater):
            world.collect_stock()
        clock.forward(minutes=15)
        world.collect_stock()
    assert read[2] == read[1], f"it began again at {read[2]} ({batches} batches before)"


def test_a_run_without_time_does_not_lose_the_place(world: World, clock: Clock) -> None:
    world.open(goods=1300)
    world.link_cards()
    world.cursors.put("collect_stock", {"after": 3200})
    report = world.collector().run(full=True, deadline=clock.at)
    assert report["OffersRead"] == 0
    assert world.cursors.get("collect_stock") == {"after": 3200}


def test_linking_keeps_to_its_deadline_on_both_sides(world: World, clock: Clock) -> None:
    world.open(goods=300)
    deadline = clock.at + timedelta(minutes=1)
    world.wb_fault("POST /content/v2/get/cards/list", "slow", seconds=61)
    before = world.shop_state()["requests"]["http"]
    link_cards.run(
        wb=world.wb,
        bitrix=world.bitrix,
        shop_catalog=world.shop.catalog,
        links=world.links,
        cursors=world.cursors,
        breakers=world.breakers,
        rules=world.shop.breakers,
        now=clock.now,
        deadline=deadline,
    )
    assert world.shop_state()["requests"]["http"] == before, "no new work is begun after the deadline"


# Labels


def test_an_order_that_staff_deleted_in_the_shop_is_parked_and_not_asked_for_ever(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    bought = linked.buy(2)
    linked.place_all()
    linked.confirm(bought)
    gone = linked.orders.get([OrderId(bought[0]["id"])])[OrderId(bought[0]["id"])].shop_order_id
    assert gone is not None
    with linked.bitrix_shop.shop.lock:
        orders = linked.bitrix_shop.shop.orders
        row = orders.get(gone)
        assert row is not None
        orders.remove(row)
    for _ in range(3):
        linked.labels_tick()
        linked.fetch_labels()
        clock.forward(minutes=5)
    assert linked.state(OrderState.LABELLED) == []
    assert linked.state(OrderState.PARKED) == [bought[0]["id"]]


def test_one_order_without_a_label_does_not_hold_back_the_other_labels(
    linked: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """409 CustomsDeclarationIsRequired for one of them; somebody else calls WB once between any two of our asks."""
    linked.sync_stock()
    bought = linked.buy(16)
    linked.place_all()
    linked.confirm(bought)
    linked.labels_tick()
    bad = bought[0]["id"]
    ledger = LedgerInMemory(clock.now)
    linked.wb = linked.wb_client(ledger)
    call = linked.wb.call

    def refusing(operation: Any, **asked: Any) -> Any:
        if operation is STICKERS and bad in asked["body"].orders:
            linked.wb._wait_for_turn(operation)
            ledger.learn(FBS, Lesson(extra_calls=9))
            ledger.reserve(FBS, 1)
            raise Rejected("stickers: 409 CustomsDeclarationIsRequired", status=409)
        return call(operation, **asked)

    monkeypatch.setattr(linked.wb, "call", refusing)
    for _ in range(6):
        linked.fetch_labels()
        clock.forward(minutes=5)
        linked.labels_tick()
    assert len(linked.state(OrderState.DONE)) == 15


def test_the_age_of_an_order_that_a_shop_that_is_down_puts_off_is_told(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.buy()
    linked.poll_orders()
    linked.shop_fault("*", "503", times=1000)
    ages = []
    for _ in range(4):
        linked.place_orders()
        clock.forward(minutes=10)
        ages.append(linked.sweep()["OldestOrderMinutes"])
    assert ages == [10, 20, 30, 40]


def test_a_look_up_that_fails_leaves_no_doubt_and_waits_for_nothing(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    [bought] = linked.buy()
    linked.poll_orders()
    linked.shop_fault("batch", "cut_after")  # the first request only looks for the order
    [error] = linked.place_orders()
    assert isinstance(error, TryLater)
    assert error.wait < 120
    assert linked.orders.get([OrderId(bought["id"])])[OrderId(bought["id"])].doubtful_since is None


@pytest.mark.parametrize(
    "method",
    [
        "sale.order.add",
        "sale.basketitem.addCatalogProduct",
        "sale.payment.add",
        "sale.shipment.add",
        "sale.propertyvalue.modify",
    ],
)
def test_an_order_that_bitrix_saves_with_a_warning_is_completed_and_not_parked(
    linked: World, clock: Clock, method: str
) -> None:
    linked.sync_stock()
    [bought] = linked.buy()
    linked.poll_orders()
    linked.shop_fault(method, "error_after_save")
    linked.place_orders()
    clock.forward(minutes=3)
    assert linked.place_orders() in ([None], [])
    assert linked.state(OrderState.PLACED) == [bought["id"]]
    [order] = [o for o in linked.shop_state()["orders"] if o["xmlId"] == f"WB_{bought['id']}"]
    assert [len(order[part]) for part in ("lines", "payments")] == [1, 1]
    assert order["properties"]["WB_ORDER_ID"] == str(bought["id"])


def test_messages_do_not_pile_up_while_the_shop_is_down(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    bought = linked.buy(3)
    linked.place_all()
    linked.confirm(bought)
    linked.labels_tick()
    linked.shop_fault("*", "500", times=None)
    linked.fetch_labels()  # stored, but no order of the shop shows its link
    for _ in range(6 * 6):
        clock.forward(minutes=10)
        linked.sweep()
    waiting = linked.aws.messages("LabelsWantedQueue")
    assert 1 <= len(waiting) <= 8


def test_a_half_made_order_that_staff_cancels_is_cancelled_on_wb(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    [bought] = linked.buy()
    linked.poll_orders()
    linked.shop_fault("sale.payment.add", "command_error", times=3)
    linked.place_orders()
    [order] = wb_orders_in_shop(linked)
    assert order["payments"] == []
    linked.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": order["id"], "reason": "Брак при сборке"})
    clock.forward(minutes=3)
    assert linked.place_orders() in ([None], [])
    assert linked.state(OrderState.PLACED) == [bought["id"]]
    linked.sync_statuses()
    [on_wb] = [o for o in linked.sim("wb", "GET", "/_sim/state")["orders"] if o["id"] == bought["id"]]
    assert on_wb["supplierStatus"] == "cancel"


def test_the_reason_of_an_order_that_stays_half_made_can_be_read(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    [bought] = linked.buy()
    linked.poll_orders()
    linked.shop_fault("sale.payment.add", "command_error", times=None)
    for _ in range(3):
        linked.place_orders()
        clock.forward(minutes=3)
    record = linked.orders.get([OrderId(bought["id"])])[OrderId(bought["id"])]
    assert (record.state, "perhaps not whole" in record.reason) == (OrderState.STORED, True)


def test_one_refused_cross_border_label_does_not_hold_back_the_others(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    bought = linked.buy(4, cross_border_share=1.0)
    linked.place_all()
    linked.confirm(bought)
    bad = bought[0]["id"]
    answer = linked.wb._http._transport.handle_request

    def refusing(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stickers/cross-border") and bad in json.loads(request.read())["orders"]:
            return httpx.Response(409, json={"code": "CustomsDeclarationIsRequired", "message": "no declaration"})
        return answer(request)

    linked.wb._http = httpx.Client(transport=httpx.MockTransport(refusing))
    for _ in range(6):
        linked.labels_tick()
        linked.fetch_labels()
        clock.forward(minutes=5)
    assert linked.state(OrderState.DONE) == sorted(o["id"] for o in bought[1:])
    assert "CustomsDeclarationIsRequired" in linked.orders.get([OrderId(bad)])[OrderId(bad)].reason
