"""Assembled orders in supplies of their kind, one supply for one wave, handed over once, nothing owed in the end."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.wildberries import Wildberries
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.aws import Aws
from tests.fixtures.world import MINSK, Clock, World, shop
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.orders import Note
from wbsync.domain.shop import Supplies
from wbsync.domain.supplies import Kind, SpotState, SupplyFile, SupplyState, supply_key
from wbsync.errors import TryLater
from wbsync.flows.build_supplies import LEASE_SECONDS, SUPPLIES_PER_PAGE
from wbsync.flows.deliver_supply import DeliverSupply
from wbsync.stores.aws import dynamodb, s3
from wbsync.stores.orders import OrderRecord
from wbsync.stores.supplies import SupplyRecord
from wbsync.wb.operations import (
    ADD_ORDERS_TO_SUPPLY,
    CREATE_SUPPLY,
    DELIVER_SUPPLY,
    PUT_SPOT,
    SUPPLIES,
    SUPPLY_BARCODE,
    SUPPLY_ORDER_IDS,
)
from wbsync.wb.wire import SupplyRow

ASSEMBLED = "P"
KIND = Kind(MINSK)  # type: ignore[arg-type]  # a number of the simulator
CREATE = "POST /api/v3/supplies"
ADD = "PATCH /api/marketplace/v3/supplies/*/orders"
DELIVER = "PATCH /api/v3/supplies/*/deliver"
CODE = "GET /api/v3/supplies/*/barcode"
SPOT = {"carrier_name": "ООО Перевозчик", "carrier_tax_number": "190000001", "vehicle": "AB 1234-7"}
CUT_OFF = {"at": "15:00", "timezone": "Europe/Minsk"}  # noon by UTC, on weekdays; the world begins on a Monday at 8


def supplies_of(**more: Any) -> dict[str, Any]:
    return {"assembled": [ASSEMBLED], **more}


@pytest.fixture
def working(world: World) -> World:
    """A day on which the shop hands over at three in the afternoon by Minsk's clock."""
    return opened(world)


def opened(world: World, **more: Any) -> World:
    world.shop = shop(supplies=supplies_of(cut_off=CUT_OFF, **more))
    world.link_cards()
    world.sync_stock()
    return world


def assembled(world: World, count: int = 1, **wishes: Any) -> list[OrderId]:
    """Orders that were bought, came to the shop, and that staff assembled."""
    ids = [OrderId(order["id"]) for order in world.buy(count, **wishes)]
    world.place_all()
    mark(world, ids)
    return ids


def mark(world: World, ids: list[OrderId]) -> None:
    for record in world.orders.get(ids).values():
        change = {"order_id": record.shop_order_id, "status": ASSEMBLED}
        world.sim("shop", "POST", "/_sim/orders/status", change)


def wb_supplies(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.sim("wb", "GET", "/_sim/state")["supplies"]
    return found


def asked(world: World, operation: Any) -> int:
    """How often WB was asked for this."""
    requests = world.sim("wb", "GET", "/_sim/state")["requests"]
    pattern = operation.path.replace("{supply_id}", "{supplyId}")
    return int(sum(n for name, n in requests.items() if name.startswith(f"{operation.verb} ") and pattern in name))


def inside(world: World) -> list[int]:
    return sorted(each for supply in wb_supplies(world) for each in supply["orderIds"])


def wave(world: World, number: int = 1, kind: Kind = KIND) -> SupplyRecord:
    last = world.supplies.last(kind)
    assert last
    assert last.number == number
    return last


def ticks(world: World, count: int = 1, minutes: float = 5) -> dict[str, int]:
    """Ticks of the schedule, as Lambda runs them: one that is put off waits for the next."""
    report: dict[str, int] = {}
    for _ in range(count):
        world.clock.forward(minutes=minutes)
        try:
            report = world.build_supplies()
        except TryLater:
            report = {"Postponed": 1}
    return report


def to_cut_off(world: World) -> None:
    world.clock.at = world.clock.at.replace(hour=12, minute=1)


def delivered(world: World, count: int = 3) -> SupplyRecord:
    assembled(world, count)
    world.build_supplies()
    to_cut_off(world)
    assert world.build_supplies()["SuppliesDelivered"] == 1
    return wave(world)


# Orders into supplies


def test_without_supplies_in_the_configuration_nothing_happens(world: World) -> None:
    world.shop = shop()
    assert world.build_supplies() == {}
    assert not wb_supplies(world)


def test_assembled_orders_go_into_one_new_supply_with_a_readable_name_and_others_stay_outside(working: World) -> None:
    ids = assembled(working, 3)
    others = working.buy(2)
    working.place_all()

    report = working.build_supplies()

    [supply] = wb_supplies(working)
    assert supply["name"] == f"main {MINSK} 23.11.2026 №1"
    assert inside(working) == sorted(ids)
    assert not {order["id"] for order in others} & set(inside(working))
    assert (report["SuppliesOpened"], report["OrdersIntoSupplies"]) == (1, 3)
    records = working.orders.get(ids).values()
    assert {record.supply_id for record in records} == {supply["id"]}


def test_a_repeated_run_asks_wb_for_nothing_more(working: World) -> None:
    assembled(working, 3)
    working.build_supplies()
    ticks(working, 3)
    assert (asked(working, CREATE_SUPPLY), asked(working, ADD_ORDERS_TO_SUPPLY)) == (1, 1)


def test_later_orders_of_the_kind_join_the_open_supply(working: World) -> None:
    first = assembled(working, 2)
    working.build_supplies()
    second = assembled(working, 2)
    ticks(working)
    assert len(wb_supplies(working)) == 1
    assert inside(working) == sorted(first + second)


def test_kinds_are_never_mixed(working: World) -> None:
    ids = assembled(working, 12, cross_border_share=0.5, b2b_share=0.5)

    working.build_supplies()

    kinds = {Kind.of(record.order) for record in working.orders.get(ids).values()}
    assert len(kinds) > 2
    assert len(wb_supplies(working)) == len(kinds)
    assert len({supply["name"] for supply in wb_supplies(working)}) == len(kinds)
    assert inside(working) == sorted(ids)
    assert working.sim("wb", "GET", "/_sim/state")["answers_4xx"] == 0


def test_250_orders_take_three_asks(working: World) -> None:
    ids = assembled(working, 250)
    working.build_supplies()
    assert asked(working, ADD_ORDERS_TO_SUPPLY) == 3
    assert inside(working) == sorted(ids)


def test_an_order_that_wb_cancelled_is_not_put_into_a_supply(working: World) -> None:
    [gone, stays] = assembled(working, 2)
    working._wb_call("PATCH", f"/api/v3/orders/{gone}/cancel", None)
    working.build_supplies()
    assert inside(working) == [stays]


def test_an_order_that_wb_refuses_is_found_by_halving_and_holds_nobody_back(working: World) -> None:
    ids = assembled(working, 20)
    bad = ids[7]
    with working.wildberries.state.lock:
        working.wildberries.state.orders[bad].cargo_type = 2  # WB knows better than it told

    ticks(working, 5)

    assert inside(working) == sorted(set(ids) - {bad})
    record = working.orders.get([bad])[bad]
    assert record.supply_id is None
    assert "WB не добавил заказ" in record.notes[Note.SUPPLY]
    refusals = working.sim("wb", "GET", "/_sim/state")["answers_4xx"]
    ticks(working, 5)
    assert working.sim("wb", "GET", "/_sim/state")["answers_4xx"] == refusals <= 7

    with working.wildberries.state.lock:
        working.wildberries.state.orders[bad].cargo_type = 1
    ticks(working, minutes=61)
    assert inside(working) == sorted(ids)
    assert Note.SUPPLY not in working.orders.get([bad])[bad].notes


def test_an_order_that_was_refused_is_asked_for_alone(working: World) -> None:
    bad = assembled(working, 5)[2]
    with working.wildberries.state.lock:
        working.wildberries.state.orders[bad].cargo_type = 2
    ticks(working, 4)
    refusals = working.sim("wb", "GET", "/_sim/state")["answers_4xx"]
    assembled(working, 20)
    ticks(working, minutes=61)
    assert len(inside(working)) == 24
    assert working.sim("wb", "GET", "/_sim/state")["answers_4xx"] == refusals + 1


# One supply for one wave


def test_of_two_workers_at_once_one_opens_the_supply(working: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = assembled(working, 2)
    other = working.supply_builder()
    call = working.wb.call

    def call_while_another_works(operation: Any, **more: Any) -> Any:
        if operation is CREATE_SUPPLY:
            monkeypatch.setattr(working.wb, "call", call)
            other.run(deadline=working.clock.at + timedelta(minutes=4))
            assert other.report["SuppliesAwaited"] == 1
        return call(operation, **more)

    monkeypatch.setattr(working.wb, "call", call_while_another_works)
    working.build_supplies()

    assert len(wb_supplies(working)) == 1
    assert inside(working) == sorted(ids)


@pytest.mark.parametrize("kind", ["cut_after", "500_after"])
def test_a_supply_whose_answer_was_lost_is_found_by_its_name(working: World, kind: str) -> None:
    ids = assembled(working, 2)
    working.wb_fault(CREATE, kind)

    assert ticks(working)["Postponed"] == 1
    assert ticks(working, minutes=1)["SuppliesAwaited"] == 1
    ticks(working, 2)

    assert asked(working, CREATE_SUPPLY) == 1
    assert len(wb_supplies(working)) == 1
    assert inside(working) == sorted(ids)


def test_a_supply_that_wb_did_not_make_is_asked_for_again(working: World) -> None:
    ids = assembled(working, 2)
    working.wb_fault(CREATE, "cut_before")
    ticks(working)
    ticks(working, 2)
    assert len(wb_supplies(working)) == 1
    assert inside(working) == sorted(ids)


def test_a_dead_workers_wave_is_taken_over_when_its_lease_has_run_out(working: World) -> None:
    ids = assembled(working, 2)
    at = working.clock.at
    assert working.supplies.begin(KIND, 1, "Волна", at=at, seconds=LEASE_SECONDS)
    working._wb_call("POST", "/api/v3/supplies", {"name": "Волна"})

    working.build_supplies()
    assert inside(working) == []
    working.clock.forward(seconds=LEASE_SECONDS + 1)
    working.build_supplies()

    assert len(wb_supplies(working)) == 1
    assert inside(working) == sorted(ids)


def test_orders_whose_adding_was_obeyed_but_not_answered_learn_their_supply(working: World) -> None:
    ids = assembled(working, 3)
    working.wb_fault(ADD, "cut_after")
    ticks(working)
    assert {record.supply_id for record in working.orders.get(ids).values()} == {None}

    ticks(working)

    assert {record.supply_id for record in working.orders.get(ids).values()} == {wave(working).supply_id}
    assert asked(working, ADD_ORDERS_TO_SUPPLY) == 1


def test_a_last_page_of_supplies_that_is_full_is_the_last(working: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assembled(working, 2)
    working.wb_fault(CREATE, "cut_before")
    ticks(working)
    [row] = [working.wb.call(SUPPLIES, query={"limit": 1, "next": 0})]
    other = SupplyRow(id="WB-GI-1", name="Чужая", done=True)
    call, pages = working.wb.call, []

    def full(operation: Any, **more: Any) -> Any:
        if operation is not SUPPLIES:
            return call(operation, **more)
        pages.append(more)
        assert len(pages) < 3
        return row.model_copy(update={"next": 0, "supplies": (other,) * SUPPLIES_PER_PAGE})

    monkeypatch.setattr(working.wb, "call", full)
    ticks(working, 2)
    assert len(pages) == 1
    assert len(inside(working)) == 2


# Staff at work in WB's cabinet


def test_a_supply_that_staff_handed_over_is_followed_and_the_next_order_opens_another(working: World) -> None:
    [first] = assembled(working)
    working.build_supplies()
    by_hand = wave(working).supply_id
    working._wb_call("PATCH", f"/api/v3/supplies/{by_hand}/deliver", None)
    [second] = assembled(working)

    ticks(working)

    records = working.orders.get([first, second])
    assert text(records[first]) == "complete/waiting"
    assert records[second].supply_id == wave(working, 2).supply_id != by_hand
    assert working.supplies.find(by_hand or SupplyId("")).code_at  # type: ignore[union-attr]  # ours
    assert asked(working, DELIVER_SUPPLY) == 1


def test_a_supply_that_staff_removed_is_replaced_and_its_orders_are_put_into_the_next(working: World) -> None:
    ids = assembled(working)
    working.build_supplies()
    removed = wave(working).supply_id
    with working.wildberries.state.lock:
        state = working.wildberries.state
        for order in state.orders.values():
            state.leave_supply(order)
            order.supplier_status = "new"
        del state.supplies[str(removed)]

    ticks(working)

    assert [supply["id"] for supply in wb_supplies(working)] == [wave(working, 2).supply_id]
    assert inside(working) == ids


def test_an_order_of_a_removed_supply_that_wb_first_told_goes_into_the_next_though_a_try_fails(
    working: World,
) -> None:
    """Imported after staff had put it there: our record falls back on what WB told first."""
    [order] = assembled(working)
    working.build_supplies()
    removed = str(wave(working).supply_id)
    first_told(working, order, removed)
    with working.wildberries.state.lock:
        state = working.wildberries.state
        state.leave_supply(state.orders[order])
        state.orders[order].supplier_status = "new"
        del state.supplies[removed]
    working.wb_fault(CREATE, "cut_before")
    ticks(working, 4)
    assert inside(working) == [order]


def first_told(world: World, order: OrderId, supply: str) -> None:
    """As if the order had been imported from WB's list."""
    table = world.aws.tables["OrdersTable"]
    item = dynamodb().get_item(TableName=table, Key={"order_id": {"N": str(order)}})["Item"]
    body = json.dumps(json.loads(item["body"]["S"]) | {"supply_id": supply})
    dynamodb().put_item(TableName=table, Item=item | {"body": {"S": body}})


# Handing over


def test_at_its_cut_off_a_supply_is_handed_over_once_and_its_code_lies_in_s3(working: World) -> None:
    record = delivered(working)
    ticks(working, 3)
    assert asked(working, DELIVER_SUPPLY) == 1
    assert record.state is SupplyState.DELIVERED
    assert file(working, SupplyFile.CODE).startswith(b"\x89PNG")
    orders = working.orders.get([OrderId(each) for each in inside(working)]).values()
    assert {text(order) for order in orders} == {"complete/waiting"}


def test_an_order_that_staff_cancelled_a_moment_ago_is_not_handed_over(working: World) -> None:
    first, second = assembled(working, 2)
    working.build_supplies()
    shop_order = working.orders.get([first])[first].shop_order_id
    working.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": shop_order, "reason": "брак"})
    working.clock.forward(hours=5)
    assert working.build_supplies()["SuppliesPutOff"] == 1
    assert str(first) in working.supplies.last(KIND).reason  # type: ignore[union-attr]  # there is one
    working.sync_statuses()
    assert working.build_supplies()["SuppliesDelivered"] == 1
    statuses = {o["id"]: o["supplierStatus"] for o in working.sim("wb", "GET", "/_sim/state")["orders"]}
    assert (statuses[first], statuses[second]) == ("cancel", "complete")


def test_a_cancellation_that_wb_would_not_take_keeps_no_supply_from_being_handed_over(working: World) -> None:
    [order_id] = assembled(working)
    working.build_supplies()
    shop_order = working.orders.get([order_id])[order_id].shop_order_id
    working.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": shop_order})
    with working.wildberries.state.lock:
        working.wildberries.state.orders[order_id].wb_status = "sorted"  # WB lets go of it no more
    working.clock.forward(hours=5)
    assert working.build_supplies()["SuppliesDelivered"] == 1


def test_a_shop_that_is_down_keeps_no_supply_from_being_handed_over(working: World) -> None:
    assembled(working)
    working.build_supplies()
    working.clock.forward(hours=5)
    [record] = working.supplies.in_state(SupplyState.OPEN)
    working.shop_fault("batch", "503")
    flow = DeliverSupply(
        wb=working.wb,
        bitrix=working.bitrix,
        shop=working.shop,
        orders=working.orders,
        supplies=working.supplies,
        labels=working.labels,
        now=working.clock.now,
    )
    assert flow.deliver(record) == ""


def test_orders_assembled_after_the_cut_off_wait_for_the_next_one(working: World) -> None:
    delivered(working)
    late = assembled(working)
    ticks(working, 3)
    assert wave(working, 2).state is SupplyState.OPEN
    assert working.orders.get(late)[late[0]].supply_id == wave(working, 2).supply_id
    working.clock.forward(days=1)
    assert working.build_supplies()["SuppliesDelivered"] == 1


def test_an_empty_supply_is_not_handed_over_and_waits_for_the_next_cut_off(working: World) -> None:
    [order] = assembled(working)
    working.build_supplies()
    working._wb_call("PATCH", f"/api/v3/orders/{order}/cancel", None)
    to_cut_off(working)

    assert working.build_supplies()["SuppliesEmpty"] == 1
    assembled(working)
    report = ticks(working, 2)

    assert (report["SuppliesEmpty"], asked(working, DELIVER_SUPPLY)) == (0, 0)


@pytest.mark.parametrize("kind", ["cut_after", "500_after", "cut_before"])
def test_a_delivery_whose_answer_was_lost_comes_to_its_end(working: World, kind: str) -> None:
    assembled(working, 2)
    working.build_supplies()
    to_cut_off(working)
    working.wb_fault(DELIVER, kind)

    working.build_supplies()
    ticks(working)

    assert wave(working).state is SupplyState.DELIVERED
    assert working.sim("wb", "GET", "/_sim/state")["answers_4xx"] == 0


def test_a_code_that_fails_at_first_is_fetched_at_the_next_tick(working: World) -> None:
    assembled(working)
    working.build_supplies()
    to_cut_off(working)
    working.wb_fault(CODE, "500")

    assert working.build_supplies()["Postponed"] == 1
    assert wave(working).code_at is None
    ticks(working)

    assert wave(working).code_at
    assert file(working, SupplyFile.CODE).startswith(b"\x89PNG")


def test_a_code_that_is_no_picture_is_told_and_not_asked_for_again_within_the_hour(working: World) -> None:
    assembled(working)
    working.build_supplies()
    to_cut_off(working)
    broken = working.wb.call

    def call(operation: Any, **more: Any) -> Any:
        answer = broken(operation, **more)
        return answer.model_copy(update={"file": "?"}) if operation is SUPPLY_BARCODE else answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(working.wb, "call", call)
        assert working.build_supplies()["SupplyCodesRefused"] == 1
        ticks(working, 3)
    assert asked(working, SUPPLY_BARCODE) == 1
    assert "QR-код" in wave(working).reason

    ticks(working, minutes=61)
    assert wave(working).code_at
    assert not wave(working).reason


def test_a_printed_supply_to_which_nothing_is_owed_is_done(working: World) -> None:
    record = delivered(working)
    ticks(working, 7)  # WB may say a while later that it wants SPOT
    assert wave(working).state is SupplyState.DELIVERED
    working.supplies.print_kept(record, "abc", working.clock.at)
    ticks(working)
    assert wave(working).state is SupplyState.DONE
    calls = asked(working, DELIVER_SUPPLY)
    ticks(working, 3)
    assert calls == asked(working, DELIVER_SUPPLY) == 1


def test_blocked_marking_keeps_a_supply_until_it_is_mended_and_costs_no_refusal(working: World) -> None:
    [good, bad] = assembled(working, 2)
    working.build_supplies()
    sgtin(working, bad, "sgtinEmitted")
    to_cut_off(working)

    assert working.build_supplies()["SuppliesBlocked"] == 1
    assert ticks(working)["SuppliesBlocked"] == 1
    records = working.orders.get([good, bad])
    assert "возьмите другой экземпляр" in records[bad].notes[Note.MARKING_BLOCKED]
    assert Note.MARKING_BLOCKED not in records[good].notes
    assert str(bad) in wave(working).reason
    assert asked(working, DELIVER_SUPPLY) == 0

    sgtin(working, bad, "sgtinIntroduced")
    report = ticks(working)
    assert (report["SuppliesDelivered"], report["SuppliesBlocked"]) == (1, 0)
    assert Note.MARKING_BLOCKED not in working.orders.get([bad])[bad].notes
    assert not wave(working).reason


def test_a_code_that_is_owed_keeps_a_supply_too(working: World) -> None:
    ids = assembled(working, 1, required_meta={"sgtin": 1.0})
    working.build_supplies()
    to_cut_off(working)
    assert working.build_supplies()["SuppliesBlocked"] == 1
    assert "Внесите обязательно" in working.orders.get(ids)[ids[0]].notes[Note.MARKING_OWED]


def test_codes_of_an_order_that_wb_cancelled_keep_no_supply(working: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be it that WB leaves it in the supply's list."""
    assembled(working)
    [gone] = assembled(working, 1, required_meta={"sgtin": 1.0})
    working.build_supplies()
    working._wb_call("PATCH", f"/api/v3/orders/{gone}/cancel", None)
    call = working.wb.call

    def left_in(operation: Any, **more: Any) -> Any:
        answer = call(operation, **more)
        left = {"order_ids": (*answer.order_ids, gone)} if operation is SUPPLY_ORDER_IDS else {}
        return answer.model_copy(update=left) if left else answer

    monkeypatch.setattr(working.wb, "call", left_in)
    to_cut_off(working)
    assert working.build_supplies()["SuppliesDelivered"] == 1


def sgtin(world: World, order: OrderId, decision: str) -> None:
    """A code of that decision, whose check has come to its end."""
    with world.wildberries.state.lock:
        held = world.wildberries.state.orders[order]
        held.required_meta = ["sgtin"]
    world.sim("wb", "POST", f"/_sim/orders/{order}/meta", {"sgtin": decision})
    code = "0104600000000008215Abcdefgh1234\x1d91EE10\x1d92" + "a" * 44
    world._wb_call("PUT", f"/api/v3/orders/{order}/meta/sgtin", {"sgtins": [code]})
    world.clock.forward(minutes=11)


# SPOT


@pytest.fixture
def to_russia(aws: Aws, clock: Clock) -> Callable[..., World]:
    """A seller in Belarus whose goods go to a warehouse in Russia."""

    def of(**more: Any) -> World:
        seed = WbSeed(goods=40, foreign_cards=2, warehouses=[{"id": MINSK, "name": "Минск", "office_id": 601}])
        wildberries = Wildberries(seed, clock=clock.seconds, sleep=clock.sleep)
        bitrix = Bitrix(Seed(offers=40), clock=clock.seconds, sleep=clock.sleep)
        return opened(World(aws, clock, wildberries, bitrix), **more)

    return of


def test_spot_is_sent_once_followed_to_its_end_and_its_code_lies_in_s3(to_russia: Callable[..., World]) -> None:
    world = to_russia(spot=SPOT)
    record = delivered(world)
    assert wave(world).spot is SpotState.PENDING
    ticks(world, 3)
    assert wave(world).spot is SpotState.PENDING

    ticks(world, minutes=61)

    assert wave(world).spot is SpotState.KEPT
    assert asked(world, PUT_SPOT) == 1
    assert file(world, SupplyFile.SPOT).startswith(b"\x89PNG")
    world.supplies.print_kept(record, "abc", world.clock.at)
    ticks(world)
    assert wave(world).state is SupplyState.DONE


def test_spot_is_ours_though_wb_writes_its_plate_in_another_way(to_russia: Callable[..., World]) -> None:
    world = to_russia(spot=SPOT)
    record = delivered(world)
    with world.wildberries.state.lock:
        kept = world.wildberries.state.supplies[str(record.supply_id)].spot
        assert kept
        kept.form["vehicleRegistrationNumber"] = "ab1234-7"
    ticks(world, minutes=61)
    assert wave(world).spot is SpotState.KEPT


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_spot_whose_answer_was_lost_is_looked_up_before_it_is_sent_again(
    to_russia: Callable[..., World], kind: str
) -> None:
    world = to_russia(spot=SPOT)
    world.wb_fault("PUT /api/marketplace/v3/fbs/supplies/*/spot", kind)
    delivered(world)
    assert wave(world).spot is SpotState.SENDING
    ticks(world)
    assert wave(world).spot is SpotState.PENDING
    assert world.sim("wb", "GET", "/_sim/state")["answers_4xx"] == 0
    ticks(world, 2, minutes=61)
    assert wave(world).spot is SpotState.KEPT


def test_without_spot_data_the_supply_is_handed_over_and_a_warning_stays_until_there_is_some(
    to_russia: Callable[..., World],
) -> None:
    world = to_russia()
    delivered(world)
    assert ticks(world)["SpotMissing"] == 1
    assert ticks(world)["SpotMissing"] == 1
    assert "СПОТ" in wave(world).spot_reason

    world.shop = shop(supplies=supplies_of(spot=SPOT))
    assert ticks(world)["SpotMissing"] == 0
    assert wave(world).spot is SpotState.PENDING


def test_spot_that_failed_tells_why_and_is_sent_anew_only_when_staff_says_so(to_russia: Callable[..., World]) -> None:
    world = to_russia(spot=SPOT)
    record = delivered(world)
    world.sim("wb", "POST", f"/_sim/supplies/{record.supply_id}", {"spot_outcome": "failed"})
    report = ticks(world, minutes=61)
    assert report["SpotFailed"] == 1
    assert "ДОПП" in wave(world).spot_reason
    assert ticks(world)["SpotFailed"] == 1
    assert asked(world, PUT_SPOT) == 1

    world.sim("wb", "POST", f"/_sim/supplies/{record.supply_id}", {"spot_outcome": "completed"})
    rules = world.shop.supplies or Supplies(assembled=frozenset({ASSEMBLED}))
    other = (rules.spot or pytest.fail("configured")).model_copy(update={"vehicle": "CD 5678-7"})
    world.supplies.ask_spot(wave(world), other)
    ticks(world)
    ticks(world, minutes=61)

    assert wave(world).spot is SpotState.KEPT
    assert [supply["spot"]["vehicleRegistrationNumber"] for supply in wb_supplies(world)] == ["CD 5678-7"]


def text(record: OrderRecord) -> str:
    """WB's last word."""
    return record.status.text if record.status else ""


def file(world: World, name: SupplyFile) -> bytes:
    key = supply_key(wave(world).supply_id or SupplyId(""), name)
    return s3().get_object(Bucket=world.aws.bucket, Key=key)["Body"].read()
