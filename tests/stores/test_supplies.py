"""The Supplies table as moto keeps it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.ids import OrderId, SupplyId, WarehouseId
from wbsync.domain.shop import Spot
from wbsync.domain.supplies import Kind, SpotState, SupplyState
from wbsync.stores.supplies import SuppliesStore, SupplyRecord

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
KIND = Kind(WarehouseId(501_001))
ID = SupplyId("WB-GI-1")
SPOT = Spot(carrier_name="ООО Перевозчик", carrier_tax_number="190000001", vehicle="AB 1234-7", trailer=None)


@pytest.fixture
def supplies(aws: Aws) -> SuppliesStore:
    return SuppliesStore(aws.tables["SuppliesTable"])


def begun(supplies: SuppliesStore, number: int = 1, kind: Kind = KIND) -> SupplyRecord:
    assert supplies.begin(kind, number, f"Волна {number}", at=AT, seconds=60)
    return now(supplies, kind)


def now(supplies: SuppliesStore, kind: Kind = KIND) -> SupplyRecord:
    last = supplies.last(kind)
    assert last
    return last


def opened(supplies: SuppliesStore) -> SupplyRecord:
    record = begun(supplies)
    assert supplies.opened(record, ID)
    return now(supplies)


def test_a_wave_is_begun_once_and_leased_by_whom_began_it(supplies: SuppliesStore) -> None:
    record = begun(supplies)
    assert (record.state, record.name, record.supply_id) == (SupplyState.OPENING, "Волна 1", None)
    assert not supplies.begin(KIND, 1, "Другое имя", at=AT, seconds=60)
    assert not supplies.lease(record, now=AT + timedelta(seconds=59), seconds=60)
    assert supplies.lease(record, now=AT + timedelta(seconds=61), seconds=60)
    supplies.release(record)
    assert supplies.lease(record, now=AT + timedelta(seconds=62), seconds=60)


def test_the_last_wave_of_a_kind_is_the_one_with_the_greatest_number(supplies: SuppliesStore) -> None:
    other = replace(KIND, b2b=True)
    for number in (1, 2, 10):
        begun(supplies, number)
    begun(supplies, 3, other)
    assert (now(supplies).number, now(supplies, other).number) == (10, 3)
    assert supplies.last(replace(KIND, cargo_type=3)) is None


def test_a_wave_is_opened_once_and_found_by_its_supply(supplies: SuppliesStore) -> None:
    record = opened(supplies)
    assert not supplies.opened(record, SupplyId("WB-GI-2"))
    assert supplies.find(ID) == record
    assert supplies.find(SupplyId("WB-GI-2")) is None
    assert [each.supply_id for each in supplies.in_state(SupplyState.OPEN)] == [ID]


def test_moves_go_forward_only_and_keep_the_first_moment_of_delivery(supplies: SuppliesStore) -> None:
    record = opened(supplies)
    assert not supplies.move(record, SupplyState.DONE)
    assert supplies.move(record, SupplyState.DELIVERED, at=AT)
    assert supplies.move(record, SupplyState.DELIVERED, at=AT + timedelta(hours=1))
    assert not supplies.move(record, SupplyState.REMOVED)
    assert now(supplies).delivered_at == AT
    assert supplies.move(record, SupplyState.DONE)


def test_what_is_told_of_a_wave_is_read_back(supplies: SuppliesStore) -> None:
    record = opened(supplies)
    supplies.refuse(record, "маркировка", AT)
    supplies.code_kept(record, AT)
    supplies.print_kept(record, "abc", AT)
    supplies.begin_spot(record, SPOT)
    supplies.renew(record, AT + timedelta(days=1))
    found = now(supplies)
    assert (found.reason, found.refused_at, found.code_at, found.printed) == ("маркировка", AT, AT, "abc")
    assert (found.spot, found.spot_data, found.opened_at) == (SpotState.SENDING, SPOT, AT + timedelta(days=1))

    supplies.refuse(record, "")
    supplies.ask_spot(record, None)
    assert (now(supplies).reason, now(supplies).refused_at) == ("", None)
    assert (now(supplies).spot, now(supplies).spot_data) == (SpotState.UNKNOWN, None)


def test_orders_that_wb_refused_are_remembered_until_it_takes_them(supplies: SuppliesStore) -> None:
    record = opened(supplies)
    many = {OrderId(number): 50 for number in range(1, 101)}
    supplies.suspect(record, many)
    supplies.refuse_order(record, OrderId(7), AT)
    assert now(supplies).pieces == {each: size for each, size in many.items() if each != 7}
    assert now(supplies).refused == {7: AT}
    supplies.clear_orders(record, many)
    assert (now(supplies).pieces, now(supplies).refused) == ({}, {})
