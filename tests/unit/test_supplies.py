"""Kinds, names and cut-offs of supplies."""

from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest

from wbsync.domain.ids import SupplyId, WarehouseId
from wbsync.domain.shop import CutOff, Shop
from wbsync.domain.supplies import LONGEST_NAME, Kind, SupplyFile, is_due, most_boxes, supply_key, supply_name

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINSK, BREST = WarehouseId(501_001), WarehouseId(501_002)
AT_THREE = CutOff(at=time(15), timezone="Europe/Minsk")  # noon by UTC


def shop(warehouses: dict[int, str], **supplies: Any) -> Shop:
    return Shop.model_validate(
        {
            "account": "main",
            "catalog": {"iblocks": [24]},
            "warehouses": [{"wb": wb, "name": name, "stores": [n]} for n, (wb, name) in enumerate(warehouses.items())],
            "orders": {"site_id": "s1", "person_type_id": 1, "pay_system_id": 2, "delivery_id": 2, "currency": "BYN"},
            "supplies": {"assembled": ["P"], **supplies},
        }
    )


def test_a_kind_is_the_same_after_its_key_was_read() -> None:
    for cross_border, cargo, b2b in product((False, True), (1, 2, 3), (False, True)):
        kind = Kind(MINSK, cross_border, cargo, b2b)
        assert Kind.parse(str(kind)) == kind


def test_a_name_tells_account_warehouse_local_day_and_number() -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    assert supply_name(shop({MINSK: "Минск"}), Kind(MINSK), 7, late) == "main Минск 24.11.2026 №7"


def test_a_name_tells_what_is_unusual_about_its_kind() -> None:
    kind = Kind(MINSK, cross_border=True, cargo_type=3, b2b=True)
    assert supply_name(shop({MINSK: "Минск"}), kind, 7, MONDAY).endswith("№7 КГТ+ трансграничная B2B")


@pytest.mark.parametrize("pattern", ["{account} {warehouse} {date} №{number}", "Поставка", "{number}", "{warehouse}"])
@pytest.mark.parametrize("names", [("Минск", "Брест"), ("Склад", "Склад"), ("", ""), ("Очень " * 30, "Очень " * 30)])
def test_no_two_waves_have_the_same_name_whatever_the_pattern(pattern: str, names: tuple[str, str]) -> None:
    of = shop({MINSK: names[0], BREST: names[1]}, name=pattern)
    kinds = [Kind(w, c, cargo, b) for w, c, cargo, b in product((MINSK, BREST), (False, True), (1, 2), (False, True))]
    made = [supply_name(of, kind, number, MONDAY) for kind in kinds for number in (1, 2, 12)]
    assert len(set(made)) == len(made)
    assert max(map(len, made)) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("opened", "now", "due"),
    [
        (timedelta(), timedelta(hours=3, minutes=59), False),
        (timedelta(), timedelta(hours=4), True),
        (timedelta(hours=4), timedelta(hours=4, minutes=5), False),  # opened at the cut-off: the next one's
        (timedelta(hours=5), timedelta(days=1, hours=3), False),
        (timedelta(hours=5), timedelta(days=1, hours=4), True),
        (timedelta(days=4, hours=5), timedelta(days=6, hours=20), False),  # Friday evening to Sunday
        (timedelta(days=4, hours=5), timedelta(days=7, hours=4), True),  # Monday
        (timedelta(), timedelta(days=6), True),  # nobody ran for days
    ],
)
def test_a_supply_is_due_when_a_cut_off_of_a_working_day_has_passed_since_it_was_opened(
    opened: timedelta, now: timedelta, due: bool
) -> None:
    assert is_due(MONDAY + opened, AT_THREE, MONDAY + now) is due


def test_a_cut_off_follows_the_clock_on_the_wall_through_the_year() -> None:
    warsaw = CutOff(at=time(15), timezone="Europe/Warsaw")
    winter, summer = datetime(2026, 1, 14, 14, tzinfo=UTC), datetime(2026, 7, 15, 13, tzinfo=UTC)
    for noon in (winter, summer):
        assert is_due(noon - timedelta(hours=3), warsaw, noon)
        assert not is_due(noon - timedelta(hours=3), warsaw, noon - timedelta(seconds=1))


def test_without_days_no_supply_is_ever_due() -> None:
    assert not is_due(MONDAY, CutOff(at=time(15), days=frozenset()), MONDAY + timedelta(days=30))


def test_there_are_at_most_half_as_many_boxes_as_orders() -> None:
    assert [most_boxes(orders) for orders in (0, 1, 10, 21, 100)] == [0, 0, 5, 10, 50]


def test_files_lie_under_their_supply() -> None:
    assert supply_key(SupplyId("WB-GI-1"), SupplyFile.CODE) == "supplies/WB-GI-1/code.png"
    assert [file.content_type for file in SupplyFile] == ["image/png"] * 2 + ["application/pdf"] * 2
