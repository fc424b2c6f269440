"""How much may be shown on WB, and what WB has to be told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbsync.domain import stock
from wbsync.domain.ids import ChrtId, OfferId, StoreId, WarehouseId
from wbsync.domain.shop import StockRule, StockRules, Warehouse
from wbsync.domain.stock import Available

MINSK, GOMEL = WarehouseId(1), WarehouseId(2)
SIZE, OFFER = ChrtId(9001), OfferId(7)


def warehouse(wb: WarehouseId, *stores: int) -> Warehouse:
    return Warehouse(wb=wb, stores=tuple(map(StoreId, stores)))


def has(total: int | None = None, active: bool = True, **stores: int) -> Available:
    return Available({StoreId(int(name[1:])): units for name, units in stores.items()}, total, active)


def amounts(
    available: Available | None, *warehouses: Warehouse, rules: StockRules | None = None, sold: Any = None
) -> list[int]:
    result = stock.wanted(
        {SIZE: OFFER},
        {OFFER: available} if available else {},
        warehouses=warehouses,
        rules=rules or StockRules(),
        sold=sold or {},
    )
    return [result[w.wb][SIZE] for w in warehouses]


@pytest.mark.parametrize(
    ("units", "rule", "shown"),
    [
        (10, StockRule(), 10),
        (10, StockRule(safety_stock=3), 7),
        (2, StockRule(safety_stock=3), 0),
        (10, StockRule(cap=4), 4),
        (2, StockRule(minimum=3), 0),
        (3, StockRule(minimum=3), 3),
        (11, StockRule(units_per_pack=5), 2),
        (11, StockRule(units_per_pack=5, safety_stock=2), 1),
        (-4, StockRule(), 0),
    ],
)
def test_a_rule_turns_units_into_packs(units: int, rule: StockRule, shown: int) -> None:
    assert stock.sellable(units, rule) == shown


def test_several_stores_feed_one_warehouse() -> None:
    assert amounts(has(s1=2, s2=3, s9=50), warehouse(MINSK, 1, 2)) == [5]


def test_warehouses_together_never_show_more_than_the_shop_has_in_all() -> None:
    assert amounts(has(total=6, s1=5, s2=5), warehouse(MINSK, 1), warehouse(GOMEL, 2)) == [5, 1]


def test_units_sold_on_wb_that_the_shop_does_not_know_are_taken_off() -> None:
    sold = {(MINSK, SIZE): 2}
    assert amounts(has(total=10, s1=5, s2=5), warehouse(MINSK, 1), warehouse(GOMEL, 2), sold=sold) == [3, 5]
    assert amounts(has(total=5, s1=5, s2=5), warehouse(MINSK, 1), warehouse(GOMEL, 2), sold=sold) == [3, 0]


def test_a_sold_pack_takes_off_all_its_units() -> None:
    rules = StockRules(default=StockRule(units_per_pack=3))
    assert amounts(has(s1=9), warehouse(MINSK, 1), rules=rules, sold={(MINSK, SIZE): 1}) == [2]


@pytest.mark.parametrize("available", [None, has(active=False, s1=5), has(total=0, s1=5)])
def test_what_the_shop_has_not_or_switched_off_shows_nothing(available: Available | None) -> None:
    assert amounts(available, warehouse(MINSK, 1)) == [0]


def test_an_excluded_offer_shows_nothing_and_an_exception_beats_the_default() -> None:
    assert amounts(has(s1=5), warehouse(MINSK, 1), rules=StockRules(excluded_offers=frozenset({OFFER}))) == [0]
    rules = StockRules(default=StockRule(cap=1), offers={OFFER: StockRule(cap=3)})
    assert amounts(has(s1=5), warehouse(MINSK, 1), rules=rules) == [3]


def test_an_amount_stays_below_what_wb_takes() -> None:
    assert amounts(has(s1=10**9), warehouse(MINSK, 1)) == [stock.WB_MOST]


@given(
    total=st.none() | st.integers(-5, 30),
    stores=st.lists(st.integers(-3, 20), min_size=3, max_size=3),
    sold=st.lists(st.integers(0, 5), min_size=2, max_size=2),
    rule=st.builds(
        StockRule,
        safety_stock=st.integers(0, 4),
        cap=st.none() | st.integers(0, 9),
        minimum=st.integers(0, 4),
        units_per_pack=st.integers(1, 3),
    ),
)
def test_wb_never_sells_what_the_shop_has_not(
    total: int | None, stores: list[int], sold: list[int], rule: StockRule
) -> None:
    available = Available({StoreId(n): units for n, units in enumerate(stores)}, total)
    shown = amounts(
        available,
        warehouse(MINSK, 0, 1),
        warehouse(GOMEL, 2),
        rules=StockRules(default=rule),
        sold={(MINSK, SIZE): sold[0], (GOMEL, SIZE): sold[1]},
    )
    packs_out = sum(shown) + sum(sold)
    physical = sum(stores) if total is None else min(total, sum(stores))
    assert all(amount >= 0 for amount in shown)
    if sum(shown):
        assert shown[0] == 0 or (shown[0] + sold[0]) * rule.units_per_pack <= stores[0] + stores[1]
        assert shown[1] == 0 or (shown[1] + sold[1]) * rule.units_per_pack <= stores[2]
        assert total is None or packs_out * rule.units_per_pack <= max(physical, total)


def test_only_rows_that_differ_from_what_was_told_are_sent() -> None:
    wanted = {ChrtId(1): 5, ChrtId(2): 0, ChrtId(3): 7, ChrtId(4): 0}
    told = {ChrtId(1): 5, ChrtId(2): 3, ChrtId(4): stock.UNKNOWN}
    assert stock.changed(wanted, told) == {ChrtId(2): 0, ChrtId(3): 7, ChrtId(4): 0}


def test_a_size_that_lost_its_offer_is_told_zero_once() -> None:
    told = {ChrtId(1): 5, ChrtId(2): 0, ChrtId(3): 4}
    assert stock.orphaned(told, {ChrtId(3)}) == {ChrtId(1): 0}


def test_rows_go_out_in_thousands() -> None:
    rows = {ChrtId(n): 1 for n in range(2500)}
    assert [len(batch) for batch in stock.batches(rows)] == [1000, 1000, 500]


def test_what_wb_sold_since_the_reading_is_taken_off_a_batch() -> None:
    rows = {ChrtId(1): 5, ChrtId(2): 1}
    assert stock.less_sold(rows, {ChrtId(1): 2, ChrtId(2): 3, ChrtId(9): 1}) == {ChrtId(1): 3, ChrtId(2): 0}
