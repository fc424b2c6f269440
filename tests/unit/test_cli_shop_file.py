from datetime import time
from pathlib import Path

import pytest

from infra.cli.account import Stage
from infra.cli.shop_file import Problem, read
from tests.fixtures.template import template
from wbsync.errors import Rejected

EXAMPLES = sorted((Path(__file__).parents[2] / "infra" / "config").glob("*.example.yaml"))

GOOD = """\
account: main
catalog:
  iblocks: [24]
warehouses:
  - wb: 501001
    stores: [1, 2]
  - wb: 501002
    stores:
      - 3
stock:
  default:
    safety_stock: 1
orders:
  site_id: s1
  person_type_id: 1
  pay_system_id: 2
  delivery_id: 2
  currency: BYN
"""


def refused(text: str) -> list[str]:
    with pytest.raises(Rejected) as refusal:
        read(text.encode())
    return refusal.value.reason.splitlines()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_hold(example: Path) -> None:
    assert read(example.read_bytes()).shop.warehouses


def test_the_stages_are_those_of_the_template() -> None:
    assert [str(stage) for stage in Stage] == template()["Parameters"]["Stage"]["AllowedValues"]


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("safety_stock: 1", "safety_stock: -1", "line 12: stock.default.safety_stock: must be 0 or more, not -1"),
        ("safety_stock: 1", "safety: 1", "line 12: stock.default.safety: is no setting: did you mean `safety_stock`?"),
        ("safety_stock: 1", "zzz: 1", "line 12: stock.default.zzz: is no setting: remove it"),
        ("iblocks: [24]", "iblocks: []", "line 3: catalog.iblocks: must name at least one"),
        ("iblocks: [24]", "iblocks: 24", "line 3: catalog.iblocks: must be a list as [1, 2], not 24"),
        ("    stores: [1, 2]\n", "", "line 5: warehouses[0].stores: is missing: add it"),
        ("      - 3", "      - three", "line 9: warehouses[1].stores[0]: must be a whole number, not 'three'"),
        ("currency: BYN", "currency: byn", "line 18: orders.currency: must be three capital letters such as BYN"),
        ("site_id: s1", "site_id: 1", "line 14: orders.site_id: must be text, not 1: put it in quotes"),
        ("account: main", "account:", "line 1: account: must be text, not empty: put it in quotes"),
        ("  iblocks: [24]\n", "", "line 2: catalog: must be a section with settings, not empty"),
        ("  default:\n", "  offers:\n    x: {}\n  default:\n", "line 12: stock.offers.x: must be a whole number"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_its_setting_and_its_line(written: str, instead: str, told: str) -> None:
    assert written in GOOD
    [line] = refused(GOOD.replace(written, instead))
    assert line.startswith(told)


LIFE = (
    GOOD
    + """\
statuses:
  to_shop:
    - {wb: sold, status: F}
    - supplier: confirm
supplies:
  assembled: [RD]
  cut_off:
    at: 17:30
    timezone: Europe/Minsk
  spot:
    carrier_name: Carrier
    carrier_tax_number: "190000000"
    carrier_country: "112"
    vehicle: AB12347
marking:
  sources:
    sgtin: {basket_property: CODE}
"""
)


@pytest.mark.parametrize("written", ["17:30", '"17:30"', "17:30:00"])
def test_a_time_of_day_is_read_as_people_write_it(written: str) -> None:
    supplies = read(LIFE.replace("17:30", written).encode()).shop.supplies
    assert supplies
    assert supplies.cut_off
    assert supplies.cut_off.at == time(17, 30)


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("17:30", "noon", "line 26: supplies.cut_off.at: must be a time of day such as 17:30, not 'noon'"),
        ("17:30", "[17]", "line 26: supplies.cut_off.at: must be a time of day such as 17:30, not [17]"),
        ("Europe/Minsk", "Minsk", "line 27: supplies.cut_off.timezone: Minsk is no time zone; write it as in Europe/"),
        ("Europe/Minsk", "Europe/Minsk\n    days: [mo]", "line 28: supplies.cut_off.days[0]: must be 'mon', 'tue'"),
        ("[RD]", "[]", "line 24: supplies.assembled: must name at least one"),
        ("[RD]", "RD", "line 24: supplies.assembled: must be a list as [1, 2], not 'RD'"),
        ("[RD]", "[READY]", "line 24: supplies.assembled[0]: must have 2 characters at most"),
        ('"112"', "112", "line 31: supplies.spot.carrier_country: must be text, not 112: put it in quotes"),
        ('"112"', "BY", "line 31: supplies.spot.carrier_country: must be the three digits of a country in OKSM such"),
        ("{wb: sold, s", "{s", "line 21: statuses.to_shop[0]: a row of statuses.to_shop needs `supplier` or `wb`"),
        ("status: F", "cancelled: true, paid: true", "line 21: statuses.to_shop[0]: an order of the shop cannot be"),
        ("wb: sold", "wb: bought", "line 21: statuses.to_shop[0].wb: WB never says 'bought' here, as far as wbsync"),
        ("wb: sold", "wb: complete", "line 21: statuses.to_shop[0].wb: WB never says 'complete' here: write it as `"),
        ("confirm", "sold", "line 22: statuses.to_shop[1].supplier: WB never says 'sold' here: write it as `wb`"),
        ("sgtin: {", "stgin: {", "line 35: marking.sources.stgin: must be 'sgtin', 'uin', 'imei', 'gtin', 'exp"),
        ("{basket_property: CODE}", "{}", "line 35: marking.sources.sgtin: name one of basket_property and order_"),
        ("basket_property", "basket_prop", "line 35: marking.sources.sgtin.basket_prop: is no setting: did you mean"),
        ("marking:", "markings:", "line 33: markings: is no setting: did you mean `marking`?"),
    ],
)  # fmt: skip
def test_a_problem_with_the_life_of_an_order_is_told_so_too(written: str, instead: str, told: str) -> None:
    assert written in LIFE
    [line] = refused(LIFE.replace(written, instead))
    assert line.startswith(told)


def test_a_store_used_twice_is_refused_where_it_stands_for_the_second_time() -> None:
    [told] = refused(GOOD.replace("      - 3", "      - 3\n      - 2"))
    assert told.startswith("line 10: warehouses[1].stores[1]: Bitrix store 2 is used twice")


def test_a_warehouse_used_twice_is_refused_where_it_stands_for_the_second_time() -> None:
    [told] = refused(GOOD.replace("501002", "501001"))
    assert told.startswith("line 7: warehouses[1].wb: WB warehouse 501001 is used twice")


def test_all_problems_are_told_in_the_order_of_their_lines() -> None:
    told = refused(GOOD.replace("delivery_id: 2", "delivery_id: 0").replace("iblocks: [24]", "iblocks: [a]"))
    assert [line.split(":")[0] for line in told] == ["line 3", "line 17"]


def test_a_setting_that_stands_twice_in_a_section_is_refused() -> None:
    assert refused(GOOD + "account: other\n") == ["line 19: `account` stands twice in one section: leave one of them"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("account: [main\ncatalog: 1", "line 2: this is no valid YAML"),
        ("account: !!python/object:os.system x", "line 1: this is no valid YAML"),
        ("", "the file is empty"),
        ("# nothing yet", "the file is empty"),
        ("[1, 2]", "line 1: must be a section with settings, not [1, 2]"),
        ("a: &a {b: *a}", "line 1: a: is no setting"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_a_line(text: str, told: str) -> None:
    assert refused(text)[0].startswith(told)


def test_a_file_that_is_no_text_is_refused_in_a_line() -> None:
    with pytest.raises(Rejected, match=r"^the file is no text in UTF-8$"):
        read(b"account: \xff\xfe main")


def test_what_the_world_says_of_a_setting_is_told_with_its_line() -> None:
    file = read(GOOD.encode())
    assert file.told(Problem(("warehouses", 1, "stores", 0), "unknown")) == "line 9: warehouses[1].stores[0]: unknown"
