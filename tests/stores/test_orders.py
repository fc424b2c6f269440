"""Every order is stored once, moves only forward, and is one worker's at a time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.ids import Barcode, ChrtId, NmId, OrderId, ShopOrderId, SupplyId, WarehouseId
from wbsync.domain.orders import MOVES, Money, Note, Order, OrderState
from wbsync.domain.statuses import WbStatus
from wbsync.stores.orders import OrdersStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ONE, TWO = OrderId(1001), OrderId(1002)


def order(order_id: OrderId, article: str = "A-1") -> Order:
    return Order(
        order_id=order_id,
        created_at=NOON,
        article=article,
        nm_id=NmId(1),
        chrt_id=ChrtId(10),
        barcodes=(Barcode("4810000000017"),),
        warehouse_id=WarehouseId(1),
        sale=Money(amount=Decimal("12.30"), currency="BYN"),
    )


@pytest.fixture
def orders(aws: Aws) -> OrdersStore:
    return OrdersStore(aws.tables["OrdersTable"])


def test_an_order_seen_twice_is_stored_once(orders: OrdersStore) -> None:
    assert orders.put_new(order(ONE), NOON)
    assert not orders.put_new(order(ONE, article="changed"), NOON + timedelta(hours=1))
    record = orders.get([ONE, TWO])[ONE]
    assert (record.order, record.state, record.stored_at) == (order(ONE), OrderState.STORED, NOON)


def test_unseen_orders_are_told_from_stored_ones(orders: OrdersStore) -> None:
    orders.put_new(order(ONE), NOON)
    assert orders.unseen([ONE, TWO]) == {TWO}
    assert orders.unseen([]) == set()


def test_orders_are_found_by_state_and_by_the_time_they_were_stored(orders: OrdersStore) -> None:
    orders.put_new(order(ONE), NOON)
    orders.put_new(order(TWO), NOON + timedelta(seconds=1))
    assert [r.order_id for r in orders.in_state(OrderState.STORED)] == [ONE, TWO]
    assert [r.order_id for r in orders.in_state(OrderState.STORED, stored_after=NOON)] == [TWO]
    assert list(orders.in_state(OrderState.PLACED)) == []


def test_a_move_keeps_what_was_learnt_on_the_way(orders: OrdersStore) -> None:
    orders.put_new(order(ONE), NOON)
    later = NOON + timedelta(minutes=1)
    assert orders.move(ONE, OrderState.PLACED, at=later, shop_order_id=ShopOrderId(55))
    assert orders.move(ONE, OrderState.LABELLED, at=later, sticker="1234 5678")
    record = orders.get([ONE])[ONE]
    assert (record.shop_order_id, record.sticker, record.moved_at) == (55, "1234 5678", later)


@pytest.mark.parametrize("to", list(OrderState))
@pytest.mark.parametrize(
    ("of", "through"),
    [
        (OrderState.FINISHED, (OrderState.PLACED, OrderState.LABELLED, OrderState.DONE)),
        (OrderState.CLOSED, (OrderState.PLACED, OrderState.CANCELLED)),
    ],
)
def test_a_finished_order_goes_nowhere(
    orders: OrdersStore, of: OrderState, through: tuple[OrderState, ...], to: OrderState
) -> None:
    orders.put_new(order(ONE), NOON)
    for state in (*through, of):
        assert orders.move(ONE, state, at=NOON)
    assert orders.move(ONE, to, at=NOON) is (to is of)
    assert orders.get([ONE])[ONE].state is of


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(OrderState)


def test_an_order_that_was_never_stored_cannot_be_moved_or_leased(orders: OrdersStore) -> None:
    assert not orders.move(ONE, OrderState.PLACED, at=NOON)
    assert not orders.lease(ONE, now=NOON, seconds=60)
    assert orders.get([ONE]) == {}


def test_a_lease_is_one_workers_until_it_runs_out_or_the_order_moves(orders: OrdersStore) -> None:
    orders.put_new(order(ONE), NOON)
    assert orders.lease(ONE, now=NOON, seconds=60)
    assert not orders.lease(ONE, now=NOON + timedelta(seconds=59), seconds=60)
    assert orders.lease(ONE, now=NOON + timedelta(seconds=61), seconds=60)
    orders.move(ONE, OrderState.WAITING, at=NOON, reason="нет товара")
    assert orders.lease(ONE, now=NOON + timedelta(seconds=62), seconds=60)


def test_a_hundred_and_one_orders_are_read_at_once(orders: OrdersStore) -> None:
    ids = [OrderId(n) for n in range(1, 102)]
    for order_id in ids:
        orders.put_new(order(order_id), NOON)
    assert set(orders.get(ids)) == set(ids)


def test_an_older_status_never_replaces_a_newer_one(orders: OrdersStore) -> None:
    orders.put_new(order(ONE), NOON)
    later, sooner = NOON + timedelta(minutes=2), NOON + timedelta(minutes=1)
    assert orders.read_status(ONE, WbStatus("complete", "sorted", later))
    assert not orders.read_status(ONE, WbStatus("confirm", "waiting", sooner))
    assert orders.get([ONE])[ONE].status == WbStatus("complete", "sorted", later)


def test_notes_codes_and_the_supply_are_kept_and_an_empty_text_ends_them(orders: OrdersStore) -> None:
    orders.put_new(order(ONE), NOON)
    orders.note(ONE, {Note.CANCEL: "WB refuses", Note.SUPPLY: "too late"})
    orders.note(ONE, {Note.CANCEL: ""})
    orders.keep_codes(ONE, {"sgtin": "010460"})
    orders.put_into_supply(ONE, SupplyId("WB-GI-1"))
    orders.show(ONE, "seen", "WC")
    record = orders.get([ONE])[ONE]
    assert (record.notes, record.codes, record.supply_id) == ({Note.SUPPLY: "too late"}, {"sgtin": "010460"}, "WB-GI-1")
    assert (record.shown, record.shop_status) == ("seen", "WC")
    orders.show(ONE, "seen", "")
    assert orders.get([ONE])[ONE].shop_status == ""
