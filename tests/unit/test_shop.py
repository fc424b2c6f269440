"""The shop's configuration refuses what would sell wrongly, in the words of its YAML."""

from typing import Any

import pytest
from pydantic import ValidationError

from wbsync.domain.shop import Shop

GOOD: dict[str, Any] = {
    "account": "main",
    "catalog": {"iblocks": [3]},
    "warehouses": [{"wb": 1, "stores": [1, 2]}, {"wb": 2, "stores": [3]}],
    "orders": {"site_id": "s1", "person_type_id": 1, "pay_system_id": 2, "delivery_id": 3, "currency": "BYN"},
}


def refusal(**changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Shop.model_validate(GOOD | changes)
    return str(refused.value)


def test_the_smallest_configuration_has_sensible_defaults() -> None:
    shop = Shop.model_validate(GOOD)
    assert shop.catalog.barcode_property == "CML2_BAR_CODE"
    assert shop.labels.size == "58x40"
    assert shop.orders.properties.order_id == "WB_ORDER_ID"
    assert shop.stores == (1, 2, 3)


def test_a_store_that_feeds_two_warehouses_is_refused() -> None:
    assert "Bitrix store 2 is used twice" in refusal(warehouses=[{"wb": 1, "stores": [1, 2]}, {"wb": 2, "stores": [2]}])


def test_a_warehouse_named_twice_is_refused() -> None:
    assert "WB warehouse 1 is used twice" in refusal(warehouses=[{"wb": 1, "stores": [1]}, {"wb": 1, "stores": [2]}])


@pytest.mark.parametrize("rule", ["safety_stock", "cap", "minimum", "units_per_pack"])
def test_a_negative_rule_is_refused_by_its_name(rule: str) -> None:
    assert f"stock.default.{rule}" in refusal(stock={"default": {rule: -1}})


def test_a_misspelt_setting_is_refused_instead_of_ignored() -> None:
    assert "stock.safty" in refusal(stock={"safty": 1})


def test_a_cut_off_written_as_a_number_is_refused_instead_of_read_as_seconds() -> None:
    cut_off = {"assembled": ["WA"], "cut_off": {"at": 1730}}
    assert "write the time of day as 17:30" in refusal(supplies=cut_off)


def test_a_name_of_supplies_with_an_unknown_part_is_refused() -> None:
    assert "{month} is unknown" in refusal(supplies={"assembled": ["WA"], "name": "{month} {number}"})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"status": "F"}, "it would fit every order"),
        ({"wb": "sold", "paid": True, "cancelled": True}, "cannot be cancelled and paid or shipped"),
    ],
)
def test_a_row_of_statuses_that_makes_no_sense_is_refused(row: dict[str, object], why: str) -> None:
    assert why in refusal(statuses={"to_shop": [row]})
