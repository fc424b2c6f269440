"""The command `wbsync` against both simulators on ports of their own and the template's stores in moto."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.bitrix import SECRET, Bitrix, Seed
from infra.local.bitrix.seed import RIGHTS, Right
from infra.local.serving import serve
from infra.local.wildberries import Category, Wildberries, World, make_token
from tests.fixtures.aws import Aws
from wbsync.domain.ids import Barcode, ChrtId, NmId, OfferId, OrderId, ShopOrderId, WarehouseId
from wbsync.domain.links import CardSize, Link, ShopOffer
from wbsync.domain.orders import Money, Order, OrderState
from wbsync.domain.shop import PropertyCodes, Shop
from wbsync.stores.aws import ssm
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.telemetry import utcnow

FBS, DBS, LEAVING = 501_001, 501_002, 501_003
BOTH = (Category.CONTENT, Category.MARKETPLACE)
LABEL_KEY = "invented-label-key-of-the-tests-0123456789"
WB_CODES = PropertyCodes().all
STAGE = "dev"
OUTPUTS = ("LinksTable", "OrdersTable", "CallBudgetTable")
QUEUES = ("NewOrdersQueue", "LabelsWantedQueue")


def token(days: float = 90, categories: tuple[int, ...] = BOTH, *, sandbox: bool = False) -> str:
    return make_token(categories=categories, expires=utcnow() + timedelta(days=days), sandbox=sandbox)


def shop(**changes: Any) -> dict[str, Any]:
    return {
        "account": "main",
        "catalog": {"iblocks": [24]},
        "warehouses": [{"wb": FBS, "stores": [1, 2]}],
        "orders": {"site_id": "s1", "person_type_id": 1, "pay_system_id": 2, "delivery_id": 2, "currency": "BYN"},
    } | changes


@dataclass
class Cli:
    """One stage with all that stands behind it."""

    aws: Aws
    folder: Path
    wb_url: str
    shop_url: str
    bitrix: Bitrix

    def run(self, *args: str, given: str | None = None, **env: str) -> Result:
        return CliRunner().invoke(app, list(args), input=given, env={"WBSYNC_STAGE": STAGE, **env})

    def json(self, *args: str) -> Any:
        return json.loads(self.run(*args, "--json").stdout)

    def refused(self, *args: str, given: str | None = None) -> str:
        """The one line with which a command gives up."""
        result = self.run(*args, given=given)
        assert result.exit_code == 1, result.output
        assert result.stderr.count("\n") == 1, result.output
        return result.stderr.strip()

    def findings(self, *args: str) -> dict[str, tuple[str, str]]:
        """What the doctor found, by check; its exit code says whether something is wrong."""
        result = self.run("doctor", "--json", *args)
        found = {row["check"]: (row["state"], row["told"]) for row in json.loads(result.stdout)}
        assert result.exit_code == ("failed" in {state for state, _ in found.values()})
        assert all("\n" not in told for _, told in found.values())
        return found

    def file(self, **changes: Any) -> str:
        path = self.folder / "shop.yaml"
        path.write_text(yaml.safe_dump(shop(**changes), sort_keys=False, allow_unicode=True))
        return str(path)

    def store(self, **parameters: str) -> None:
        """Put parameters into SSM as they are, past the CLI: `wb_token`, `config`…"""
        for name, value in parameters.items():
            path = f"/wbsync/{STAGE}/{name.replace('_', '-')}"
            ssm().put_parameter(Name=path, Value=value, Type="SecureString", Overwrite=True)

    def stored(self, name: str) -> str | None:
        found = ssm().get_parameters(Names=[f"/wbsync/{STAGE}/{name}"], WithDecryption=True)["Parameters"]
        return found[0]["Value"] if found else None

    def furnish(self, **others: str) -> None:
        """A stage in which everything is right."""
        right = {
            "wb_token": token(),
            "bitrix_webhook": self.bitrix.webhook(self.shop_url),
            "label_key": LABEL_KEY,
            "config": json.dumps(shop()),
        }
        self.store(**right | others)

    def deploy(self, **outputs: str) -> None:
        """A stack that puts out what the template's does, with the stores of the fixture behind it."""
        known = {name: self.aws.tables[name] for name in OUTPUTS} | {name: self.aws.queues[name] for name in QUEUES}
        body = {
            "Parameters": {"WbHostTemplate": {"Type": "String"}},
            "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
            "Resources": {"Nothing": {"Type": "AWS::SQS::Queue", "Condition": "Never"}},
            "Outputs": {name: {"Value": value} for name, value in (outputs or known).items()},
        }
        boto3.client("cloudformation").create_stack(
            StackName=f"wbsync-{STAGE}",
            TemplateBody=json.dumps(body),
            Parameters=[{"ParameterKey": "WbHostTemplate", "ParameterValue": f"{self.wb_url}/{{api}}"}],
        )


@pytest.fixture
def undeployed(aws: Aws, tmp_path: Path) -> Iterator[Cli]:
    """Secrets and configuration are put before the stack is deployed."""
    warehouses = [
        {"id": FBS, "name": "Минск"},
        {"id": DBS, "name": "Гомель", "delivery_type": 2},
        {"id": LEAVING, "name": "Брест", "is_deleting": True},
    ]
    wildberries, bitrix = Wildberries(World(goods=8, warehouses=warehouses)), Bitrix(Seed(offers=8))
    with serve(wildberries.wsgi) as wb_url, serve(bitrix.wsgi) as shop_url:
        yield Cli(aws, tmp_path, wb_url, shop_url, bitrix)
    names = [row["Name"] for row in ssm().get_parameters_by_path(Path="/wbsync", Recursive=True)["Parameters"]]
    if names:
        ssm().delete_parameters(Names=names)
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


@pytest.fixture
def cli(undeployed: Cli) -> Cli:
    undeployed.deploy()
    return undeployed


# ---- config


def test_a_file_that_holds_is_checked_without_an_account(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(yaml.safe_dump(shop()))
    result = CliRunner().invoke(app, ["config", "check", str(file)])
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_file_with_faults_ends_with_one_line_for_each(undeployed: Cli) -> None:
    file = undeployed.file(account="", stock={"default": {"cap": -1}})
    result = undeployed.run("config", "check", file)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "line 1: account: must be 1 to 20 small Latin letters, digits or hyphens, not ''",
        "line 18: stock.default.cap: must be 0 or more, not -1",
    ]


def test_a_configuration_that_holds_is_stored_and_read_by_the_functions(cli: Cli) -> None:
    cli.furnish(config="{}")
    result = cli.run("config", "put", cli.file(stock={"offers": {2001: {"cap": 5}}, "excluded_offers": [2002]}))
    assert result.exit_code == 0, result.output
    stored = cli.stored("config")
    assert stored
    assert Shop.model_validate_json(stored) == Shop.model_validate(
        shop(stock={"offers": {2001: {"cap": 5}}, "excluded_offers": [2002]})
    )
    assert ": " not in stored


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"warehouses": [{"wb": 999, "stores": [1]}]}, "warehouses[0].wb: warehouse 999 is unknown to WB"),
        ({"warehouses": [{"wb": DBS, "stores": [1]}]}, f"warehouses[0].wb: warehouse {DBS} is DBS and not FBS"),
        ({"warehouses": [{"wb": LEAVING, "stores": [1]}]}, f"warehouse {LEAVING} is being deleted at WB"),
        ({"warehouses": [{"wb": FBS, "stores": [1, 7]}]}, "warehouses[0].stores[1]: the shop has no store 7"),
        ({"catalog": {"iblocks": [24], "barcode_property": "EAN"}}, "catalog.barcode_property: information block 24"),
        ({"orders": shop()["orders"] | {"person_type_id": 9}}, "orders.person_type_id: the shop has no person type 9"),
        ({"orders": shop()["orders"] | {"status_new": "Z"}}, "orders.status_new: the shop has no order status Z"),
        ({"orders": shop()["orders"] | {"status_new": "DN"}}, "orders.status_new: the shop has no order status DN"),
        (
            {"orders": shop()["orders"] | {"constant_properties": {"TAX": "1"}}},
            "orders.constant_properties.TAX: person type 1 of the shop has no active order property with the code TAX",
        ),
        (
            {"statuses": {"to_shop": [{"wb": "sold", "status": "F"}, {"wb": "sorted", "status": "QQ"}]}},
            "statuses.to_shop[1].status: the shop has no order status QQ",
        ),
        ({"statuses": {"protected": ["F", "QQ"]}}, "statuses.protected: the shop has no order status QQ"),
        ({"statuses": {"cancels": ["QQ"]}}, "statuses.cancels: the shop has no order status QQ"),
        ({"supplies": {"assembled": ["DN"]}}, "supplies.assembled: the shop has no order status DN"),
        (
            {"supplies": {"assembled": ["P"], "place_property": "SHELF"}},
            "supplies.place_property: no information block of catalog.iblocks has a property with the code SHELF",
        ),
        ({"stock": {"fbo": {"marked_by": "NO_FBO"}}}, "stock.fbo.marked_by: no information block of catalog.iblocks"),
        (
            {"stock": {"fbo": {"offers": [2001], "stock_property": "NO_FBO"}}},
            "stock.fbo.stock_property: no information",
        ),
        (
            {"orders": shop()["orders"] | {"adopted_by": ["WB_RID", "MAXYSS_WB_NUMBER"]}},
            "orders.adopted_by[1]: the shop has no order property with the code MAXYSS_WB_NUMBER",
        ),
        (
            {"marking": {"sources": {"imei": {"order_property": "IMEI"}}}},
            "marking.sources.imei.order_property: person type 1 of the shop has no active order property with the code",
        ),
    ],
)
def test_what_wb_or_the_shop_has_not_is_refused_with_its_line_before_anything_is_stored(
    cli: Cli, changes: dict[str, Any], told: str
) -> None:
    cli.furnish(config="before")
    line = cli.refused("config", "put", cli.file(**changes))
    assert line.startswith("line ")
    assert told in line
    assert cli.stored("config") == "before"


def test_what_the_shop_has_for_the_life_of_an_order_is_stored(cli: Cli) -> None:
    cli.furnish(config="before")
    whole = cli.file(
        statuses={"to_shop": [{"wb": "sold", "status": "F"}], "protected": ["F"], "cancels": ["P"]},
        supplies={"assembled": ["P"], "place_property": "WB_FBO", "cut_off": {"at": "17:30"}},
        marking={"sources": {"imei": {"order_property": "WB_RID"}, "sgtin": {"basket_property": "CODE"}}},
        stock={"fbo": {"marked_by": "WB_FBO", "stock_property": "WB_FBO_STOCK"}},
    )
    result = cli.run("config", "put", whole)
    assert result.exit_code == 0, result.output
    assert "not checked: marking.sources.sgtin.basket_property (the shop keeps no list of such" in result.stdout
    stored = Shop.model_validate_json(cli.stored("config") or "")
    assert stored.supplies
    assert stored.supplies.cut_off
    assert f"{stored.supplies.cut_off.at:%H:%M}" == "17:30"


def test_an_unknown_information_block_is_refused(cli: Cli) -> None:
    cli.furnish()
    result = cli.run("config", "put", cli.file(catalog={"iblocks": [24, 99]}))
    assert result.exit_code == 1
    assert "line 5: catalog.iblocks[1]: the shop has no information block 99" in result.stderr


@pytest.mark.parametrize("setting", ["pay_system_id", "delivery_id"])
def test_an_unknown_pay_system_or_delivery_is_refused(cli: Cli, setting: str) -> None:
    cli.furnish()
    assert cli.run("config", "put", cli.file()).exit_code == 0
    line = cli.refused("config", "put", cli.file(orders=shop()["orders"] | {setting: 77}))
    assert f"orders.{setting}: the shop has no {setting[:-3].replace('_', ' ')} 77" in line


def test_a_webhook_without_the_scope_of_pay_systems_leaves_them_unchecked(cli: Cli) -> None:
    cli.bitrix.open(Seed(offers=8, scopes=frozenset({"sale", "catalog", "delivery"})))
    cli.furnish()
    result = cli.run("config", "put", cli.file())
    assert result.exit_code == 0
    [told] = [line for line in result.stdout.splitlines() if "pay_system_id" in line]
    assert told.startswith("not checked: ")
    assert "lacks the scope `pay_system`" in told


def test_before_the_secrets_are_put_the_configuration_is_stored_and_says_what_it_did_not_check(
    undeployed: Cli,
) -> None:
    result = undeployed.run("config", "put", undeployed.file())
    assert result.exit_code == 0
    assert "no wb-token is stored" in result.stdout
    assert "no bitrix-webhook is stored" in result.stdout
    assert undeployed.stored("config")


def test_wb_out_of_reach_stores_nothing(cli: Cli) -> None:
    cli.furnish(config="before")
    line = cli.refused("config", "put", cli.file(), "--wb-hosts", "http://127.0.0.1:1/{api}")
    assert line.startswith("warehouses: ConnectError: try again in ")
    assert cli.stored("config") == "before"


def test_hosts_without_their_place_for_the_api_are_refused(cli: Cli) -> None:
    cli.furnish()
    assert "{api}" in cli.refused("config", "put", cli.file(), "--wb-hosts", "http://127.0.0.1:1")


def test_a_large_configuration_goes_into_the_advanced_tier_and_a_huge_one_is_refused(undeployed: Cli) -> None:
    def exceptions(count: int) -> str:
        return undeployed.file(stock={"offers": {n: {"cap": 5} for n in range(2001, 2001 + count)}})

    assert undeployed.run("config", "put", exceptions(300)).exit_code == 0
    assert len(undeployed.stored("config") or "") > 4096
    [row] = ssm().describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [f"/wbsync/{STAGE}/config"]}])[
        "Parameters"
    ]
    assert row["Tier"] == "Intelligent-Tiering"
    assert "SSM holds 8192" in undeployed.refused("config", "put", exceptions(1000))


def test_what_is_shown_can_be_put_back(undeployed: Cli) -> None:
    undeployed.run("config", "put", undeployed.file(warehouses=[{"wb": FBS, "name": "Минск", "stores": [1]}]))
    before = undeployed.stored("config")
    shown = undeployed.run("config", "show").stdout
    assert "Минск" in shown
    again = undeployed.folder / "again.yaml"
    again.write_text(shown)
    assert undeployed.run("config", "put", str(again)).exit_code == 0
    assert undeployed.stored("config") == before


def test_a_stage_without_a_configuration_says_how_to_put_one(undeployed: Cli) -> None:
    assert "`wbsync config put FILE --stage dev`" in undeployed.refused("config", "show")


# ---- secret


def test_a_token_is_checked_stored_encrypted_and_never_shown(cli: Cli) -> None:
    given = token()
    result = cli.run("secret", "put", "wb-token", given=given + "\n")
    assert result.exit_code == 0, result.output
    assert "Personal token for Content, Marketplace, 89 days left" in result.stdout
    assert cli.stored("wb-token") == given
    assert given not in result.output
    assert ssm().get_parameter(Name=f"/wbsync/{STAGE}/wb-token")["Parameter"]["Type"] == "SecureString"


BAD_TOKENS: list[tuple[Callable[[], str], str]] = [
    (lambda: "eyJ.not-a-token", "is malformed"),
    (lambda: token(days=-1), "expired on"),
    (lambda: token(categories=(Category.PRICES,)), "lacks the category Content, Marketplace"),
]


@pytest.mark.parametrize(("bad", "told"), BAD_TOKENS)
def test_a_token_that_will_not_do_is_not_stored(cli: Cli, bad: Callable[[], str], told: str) -> None:
    given = bad()
    line = cli.refused("secret", "put", "wb-token", given=given)
    assert told in line
    assert given not in line
    assert cli.stored("wb-token") is None


def test_a_missing_token_is_told(cli: Cli) -> None:
    assert cli.refused("secret", "put", "wb-token", given="\n") == "wb-token is missing: nothing was given"


def test_before_deployment_a_token_is_held_against_the_hosts_of_samconfig(undeployed: Cli) -> None:
    sandbox = token(sandbox=True)
    assert undeployed.run("secret", "put", "wb-token", "--stage", "stage", given=sandbox).exit_code == 0
    assert "is for the sandbox" in undeployed.refused("secret", "put", "wb-token", "--stage", "prod", given=sandbox)
    assert "is a real one" in undeployed.refused("secret", "put", "wb-token", "--stage", "stage", given=token())


def test_a_webhook_is_stored_and_any_other_address_is_not(cli: Cli) -> None:
    assert "https://" in cli.refused("secret", "put", "bitrix-webhook", given="http://shop.example/rest/1/abcd/")
    assert cli.stored("bitrix-webhook") is None
    webhook = "https://shop.example/rest/1/abcd1234abcd1234/"
    result = cli.run("secret", "put", "bitrix-webhook", given=webhook)
    assert "webhook of shop.example" in result.stdout
    assert "abcd1234" not in result.output
    assert cli.stored("bitrix-webhook") == webhook


def test_a_generated_label_key_signs_and_the_one_before_it_still_opens(cli: Cli) -> None:
    keys: list[list[str]] = []
    for _ in range(3):
        result = cli.run("secret", "put", "label-key", "--generate")
        assert result.exit_code == 0, result.output
        keys.append((cli.stored("label-key") or "").split(","))
        assert keys[-1][0] not in result.output
    assert [len(each) for each in keys] == [1, 2, 2]
    assert [keys[1][1], keys[2][1]] == [keys[0][0], keys[1][0]]
    assert len({each[0] for each in keys}) == 3


def test_a_short_label_key_is_refused(cli: Cli) -> None:
    assert "at least 32 characters" in cli.refused("secret", "put", "label-key", given="short")


@pytest.mark.parametrize("args", [("wb-token", "eyJsecret"), ("wb-token", "--value", "eyJsecret")])
def test_a_secret_as_an_argument_is_refused_and_not_repeated(cli: Cli, args: tuple[str, ...]) -> None:
    result = cli.run("secret", "put", *args, given=token())
    assert result.exit_code == 2
    assert "eyJsecret" not in result.output
    assert cli.stored("wb-token") is None


def test_only_a_label_key_is_generated(cli: Cli) -> None:
    assert cli.run("secret", "put", "wb-token", "--generate").exit_code == 2


# ---- doctor


def test_a_whole_stage_is_found_well_and_nothing_secret_is_shown(cli: Cli) -> None:
    cli.furnish()
    LinksStore(cli.aws.tables["LinksTable"]).save([_linked(), _link("46002", offers=2)])
    found = cli.findings()
    assert {state for state, _ in found.values()} == {"ok"}
    assert found["barcodes"][1].startswith("1 sizes linked, 1 barcodes with a problem")
    shown = cli.run("doctor").stdout
    assert shown.count("✔") == len(found)
    assert not [secret for secret in (SECRET, LABEL_KEY, cli.stored("wb-token") or "") if secret in shown]


def test_an_empty_stage_is_told_what_to_put(undeployed: Cli) -> None:
    found = undeployed.findings()
    assert "`wbsync config put FILE --stage dev`" in found["configuration"][1]
    for check, name in (("WB token", "wb-token"), ("Bitrix", "bitrix-webhook")):
        assert found[check] == ("failed", f"{name} is missing: store it with `wbsync secret put {name} --stage dev`")
    assert "`wbsync secret put label-key --generate --stage dev`" in found["label key"][1]
    assert found["WB"] == ("skipped", "not checked: see WB token")
    assert found["barcodes"] == ("skipped", "not checked: the stack is not deployed yet")


@pytest.mark.parametrize(("bad", "told"), BAD_TOKENS)
def test_a_token_that_will_not_do_is_told_once_and_wb_is_not_asked(cli: Cli, bad: Callable[[], str], told: str) -> None:
    cli.furnish(wb_token=bad())
    found = cli.findings()
    assert found["WB token"][0] == "failed"
    assert told in found["WB token"][1]
    assert found["WB"][0] == found["WB warehouses"][0] == "skipped"


def test_a_token_of_the_sandbox_is_told_when_the_hosts_are_real(cli: Cli) -> None:
    cli.furnish(wb_token=token(sandbox=True))
    state, told = cli.findings("--wb-hosts", "https://{api}.wildberries.ru")["WB token"]
    assert state == "failed"
    assert "the WB token is for the sandbox" in told


def test_warehouses_that_cannot_be_sold_from_are_told(cli: Cli) -> None:
    cli.furnish(config=json.dumps(shop(warehouses=[{"wb": 999, "stores": [1]}, {"wb": DBS, "stores": [2]}])))
    state, told = cli.findings()["WB warehouses"]
    assert state == "failed"
    assert "warehouse 999 is unknown" in told
    assert f"warehouse {DBS} is DBS" in told


def test_a_stored_configuration_that_does_not_hold_is_told_by_its_settings(cli: Cli) -> None:
    cli.furnish(config=json.dumps(shop(stock={"default": {"minimum": -1}})))
    found = cli.findings()
    assert found["configuration"][1].startswith("stock.default.minimum: must be 0 or more, not -1")
    assert found["WB"][0] == "ok"
    cli.store(config="not JSON")
    assert cli.findings()["configuration"][0] == "failed"


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ("sale_read", "read the online shop: group right on module `sale` above D"),
        ("sale_write", "change the online shop: group right W on module `sale`"),
        ("catalog_read", "read the catalog: operation catalog_read"),
        ("catalog_store", "read the stores: operation catalog_read or catalog_store"),
    ],
)
def test_a_webhook_without_a_right_is_told_which(cli: Cli, right: Right, told: str) -> None:
    cli.bitrix.open(Seed(offers=8, rights=frozenset(RIGHTS) - {right}))
    cli.furnish()
    found = cli.findings()
    assert found["Bitrix rights"][0] == "failed"
    assert told in found["Bitrix rights"][1]
    assert found["order properties"] == ("skipped", "not checked: see Bitrix rights")


def test_the_right_to_change_products_is_wanted_only_where_a_property_of_them_is_written(cli: Cli) -> None:
    cli.bitrix.open(Seed(offers=8, rights=frozenset(RIGHTS) - {"catalog_write"}))
    cli.furnish()
    assert cli.findings()["Bitrix rights"][0] == "ok"
    cli.store(config=json.dumps(shop(stock={"fbo": {"offers": [2001], "stock_property": "WB_FBO_STOCK"}})))
    state, told = cli.findings()["Bitrix rights"]
    assert state == "failed"
    assert "change products: right W on the information block" in told


def test_asking_for_the_right_to_change_orders_changes_none(cli: Cli) -> None:
    cli.furnish()
    cli.findings()
    assert cli.bitrix.shop.requests.methods["sale.order.update"] == 1
    assert len(cli.bitrix.shop.orders) == 0


def test_analytics_is_wanted_of_a_token_only_for_goods_in_wbs_own_warehouses(cli: Cli) -> None:
    cli.furnish()
    assert cli.findings()["WB's own warehouses"] == ("ok", "none of the shop's goods lie there")
    cli.store(config=json.dumps(shop(stock={"fbo": {"offers": [2001]}})))
    state, told = cli.findings()["WB's own warehouses"]
    assert state == "failed"
    assert told.startswith("the WB token lacks the category Analytics: make a Personal token")
    cli.store(wb_token=token(categories=(*BOTH, Category.ANALYTICS)))
    assert cli.findings()["WB's own warehouses"][0] == "ok"


@pytest.mark.parametrize(
    ("supplies", "told"),
    [
        (None, "supplies are made by staff, in the WB cabinet"),
        ({"assembled": ["P"]}, "supplies are handed over by `wbsync supply deliver`"),
        (
            {"assembled": ["P"], "cut_off": {"at": "17:30", "days": ["fri", "mon"]}},
            "supplies are handed over at 17:30 of Europe/Minsk, mon fri; it is ",
        ),
    ],
)
def test_when_supplies_are_handed_over_is_told_with_the_clock_of_that_place(
    cli: Cli, supplies: dict[str, Any] | None, told: str
) -> None:
    cli.furnish(config=json.dumps(shop(supplies=supplies)))
    assert cli.findings()["hand-over"][1].startswith(told)


def test_a_webhook_without_a_scope_is_told_which(cli: Cli) -> None:
    cli.bitrix.open(Seed(offers=8, scopes=frozenset({"catalog"})))
    cli.furnish()
    assert "lacks the scope `sale`" in cli.findings()["Bitrix"][1]


def test_a_webhook_that_the_shop_does_not_know_is_told(cli: Cli) -> None:
    cli.furnish(bitrix_webhook=f"{cli.shop_url}/rest/1/another0secret00/")
    state, told = cli.findings()["Bitrix"]
    assert state == "failed"
    assert "unknown to the shop" in told
    assert "another0secret00" not in told


def test_wb_and_the_shop_out_of_reach_are_told_in_a_line_each(cli: Cli) -> None:
    cli.furnish(bitrix_webhook="http://127.0.0.1:1/rest/1/k3yk3yk3yk3yk3yk/")
    found = cli.findings("--wb-hosts", "http://127.0.0.1:1/{api}")
    assert found["WB"][1].startswith("warehouses: ConnectError")
    assert "no connection" in found["Bitrix"][1]


def test_missing_order_properties_are_told_and_made_with_fix_and_not_twice(cli: Cli) -> None:
    cli.bitrix.open(Seed(offers=8, with_wb_properties=False))
    cli.furnish()
    state, told = cli.findings()["order properties"]
    assert (state, told) == (
        "failed",
        f"the shop lacks {', '.join(WB_CODES)}: `wbsync doctor --fix --stage dev` makes them",
    )
    assert cli.findings("--fix")["order properties"][0] == "ok"
    made = {row["code"]: row for row in cli.bitrix.shop.order_properties if row["code"] in WB_CODES}
    assert set(made) == set(WB_CODES)
    for row in made.values():
        assert (row["type"], row["util"], row["isFiltered"], row["personTypeId"]) == ("STRING", "Y", "Y", 1)
        assert row["name"].startswith("Wildberries")
    count = len(cli.bitrix.shop.order_properties)
    assert cli.findings("--fix")["order properties"] == ("ok", f"all {len(WB_CODES)} are there")
    assert len(cli.bitrix.shop.order_properties) == count


def test_a_property_that_is_switched_off_is_told_and_not_made_a_second_time(cli: Cli) -> None:
    cli.furnish()
    [row] = [row for row in cli.bitrix.shop.order_properties if row["code"] == "WB_RID"]
    row["active"] = "N"
    state, told = cli.findings("--fix")["order properties"]
    assert state == "failed"
    assert "WB_RID is switched off" in told


def test_a_shop_without_a_group_of_properties_is_told_to_make_one(cli: Cli) -> None:
    cli.bitrix.open(Seed(offers=8, with_wb_properties=False))
    cli.furnish()
    for row in cli.bitrix.shop.property_groups:
        row["personTypeId"] = 2
    assert "no group of order properties" in cli.findings("--fix")["order properties"][1]


def test_a_shop_in_which_nothing_is_linked_is_told(cli: Cli) -> None:
    cli.furnish()
    assert cli.findings()["barcodes"][0] == "skipped"
    LinksStore(cli.aws.tables["LinksTable"]).save([_link("46002", offers=2)])
    assert cli.findings()["barcodes"] == (
        "failed",
        "0 sizes linked, 1 barcodes with a problem: see `wbsync links report --stage dev`",
    )


# ---- orders


AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_orders_are_listed_by_state_those_that_are_done_only_when_asked_for(cli: Cli) -> None:
    _orders(cli, {1: "stored", 2: "parked", 3: "done"})
    assert [(row["order_id"], row["state"]) for row in cli.json("orders", "list")] == [(1, "stored"), (2, "parked")]
    assert [row["order_id"] for row in cli.json("orders", "list", "--state", "done")] == [3]
    shown = cli.run("orders", "list").stdout
    assert "[red]Почему?" in shown
    assert "2 order(s)" in shown


def test_an_order_is_shown_with_its_reason(cli: Cli) -> None:
    _orders(cli, {2: "parked"})
    facts = cli.json("orders", "show", "2")
    assert (facts["reason"], facts["price"], facts["barcodes"]) == ("[red]Почему?", "49.90 BYN", ["46001"])
    assert "49.90 BYN" in cli.run("orders", "show", "2").stdout


def test_a_parked_order_goes_on_from_where_it_stopped(cli: Cli) -> None:
    orders = _orders(cli, {1: "parked", 2: "parked after placing"})
    result = cli.run("orders", "retry", "1", "2")
    assert result.stdout.splitlines() == [
        "1: was parked, queued to be placed",
        "2: was parked, queued for its label",
        "2 order(s) queued",
    ]
    assert {i: r.state for i, r in orders.get([OrderId(1), OrderId(2)]).items()} == {1: "stored", 2: "placed"}
    assert _queued(cli) == {"NewOrdersQueue": [{"order_id": 1}], "LabelsWantedQueue": [{"order_ids": [2]}]}


def test_orders_that_wait_are_queued_again_where_they_are(cli: Cli) -> None:
    orders = _orders(cli, {1: "stored", 2: "waiting", 3: "placed"})
    assert cli.run("orders", "retry", "1", "2", "3").exit_code == 0
    states = {i: r.state for i, r in orders.get(map(OrderId, (1, 2, 3))).items()}
    assert states == {1: "stored", 2: "waiting", 3: "placed"}
    assert _queued(cli) == {
        "NewOrdersQueue": [{"order_id": 1}, {"order_id": 2}],
        "LabelsWantedQueue": [{"order_ids": [3]}],
    }


def test_all_parked_orders_are_sent_again_and_no_others(cli: Cli) -> None:
    _orders(cli, {1: "stored"} | dict.fromkeys(range(2, 25), "parked"))
    assert cli.run("orders", "retry", "--parked").exit_code == 0
    assert [message["order_id"] for message in _queued(cli)["NewOrdersQueue"]] == list(range(2, 25))


@pytest.mark.parametrize(("ids", "told"), [(("1", "3"), "3 is done"), (("1", "9"), "no such order: 9")])
def test_an_order_that_cannot_be_sent_again_stops_the_others_too(cli: Cli, ids: tuple[str, ...], told: str) -> None:
    _orders(cli, {1: "parked", 3: "done"})
    assert told in cli.refused("orders", "retry", *ids)
    assert _queued(cli) == {"NewOrdersQueue": [], "LabelsWantedQueue": []}


@pytest.mark.parametrize("args", [(), ("1", "--parked")])
def test_retry_wants_either_orders_or_all_parked_ones(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli.run("orders", "retry", *args).exit_code == 2


# ---- links


def test_every_barcode_that_is_not_linked_is_reported_with_its_reason(cli: Cli) -> None:
    LinksStore(cli.aws.tables["LinksTable"]).save(
        [_linked(), _link("46002", offers=2), _link("46003", offers=1), _link("?offer:9", offers=1)]
    )
    report = cli.json("links", "report")
    assert report["linked"] == 1
    assert report["problems"] == {"offer_without_barcode": 1, "several_offers": 1, "not_on_wb": 1}
    assert [(row["barcode"], row["problem"]) for row in report["barcodes"]] == [
        ("", "offer_without_barcode"),
        ("46002", "several_offers"),
        ("46003", "not_on_wb"),
    ]
    shown = cli.run("links", "report").stdout
    assert "Штрихкод стоит у нескольких товаров магазина" in shown
    assert "46003" in shown


def test_no_cell_of_the_csv_is_taken_for_a_formula(cli: Cli) -> None:
    LinksStore(cli.aws.tables["LinksTable"]).save([Link(Barcode("=1+1"), sizes=(_size(7, vendor_code="@x"),))])
    file = cli.folder / "links.csv"
    assert cli.run("links", "report", "--csv", str(file)).exit_code == 0
    with file.open(encoding="utf-8-sig", newline="") as read:
        header, row = csv.reader(read, delimiter=";")
    assert header[0] == "Штрихкод"
    assert row == ["'=1+1", "В магазине нет товара с этим штрихкодом.", "", "170007 @x"]


# ---- failures


def test_a_stage_without_a_stack_is_told_to_be_deployed(undeployed: Cli) -> None:
    for command in (("orders", "list"), ("orders", "retry", "1"), ("links", "report")):
        assert undeployed.refused(*command) == "the stack wbsync-dev is not there: deploy it with `make deploy ENV=dev`"


def test_a_stack_whose_deployment_failed_is_told(undeployed: Cli) -> None:
    undeployed.deploy(LinksTable="links")
    assert "has no output OrdersTable" in undeployed.refused("orders", "list")


def test_an_unknown_stage_is_refused(cli: Cli) -> None:
    assert cli.run("config", "show", "--stage", "production").exit_code == 2


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"AWS_DEFAULT_REGION": "eu-central-1"}, "AWS knows no credentials here"),
        ({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}, "AWS knows no region here"),
        (
            {
                "AWS_DEFAULT_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            },
            "Could not connect to the endpoint URL",
        ),
    ],
)
def test_an_account_out_of_reach_ends_in_one_line(env: dict[str, str], told: str, tmp_path: Path) -> None:
    """In a process of its own: boto3 remembers an account that it has found."""
    path = os.pathsep.join(("layers/common", "."))
    done = subprocess.run(
        [sys.executable, "-m", "infra.cli", "orders", "list", "--stage", "dev"],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONPATH": path, "AWS_EC2_METADATA_DISABLED": "true", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


# ---- what the tests are about


def _size(number: int, **words: str) -> CardSize:
    return CardSize(ChrtId(310_000 + number), NmId(170_000 + number), **words)


def _linked() -> Link:
    return Link(Barcode("46001"), sizes=(_size(1),), offers=(ShopOffer(OfferId(1), 24),))


def _link(barcode: str, *, offers: int) -> Link:
    first = sum(map(ord, barcode))
    return Link(Barcode(barcode), offers=tuple(ShopOffer(OfferId(first + n), 24, "Шапка") for n in range(offers)))


def _orders(cli: Cli, states: dict[int, str]) -> OrdersStore:
    """Orders in these states; a reason that looks like Rich's markup stands on all that are parked."""
    ways = {
        "stored": (),
        "waiting": (OrderState.WAITING,),
        "placed": (OrderState.PLACED,),
        "parked": (OrderState.PARKED,),
        "parked after placing": (OrderState.PLACED, OrderState.PARKED),
        "done": (OrderState.PLACED, OrderState.LABELLED, OrderState.DONE),
    }
    orders = OrdersStore(cli.aws.tables["OrdersTable"])
    for number, state in states.items():
        orders.put_new(_order(number), AT + timedelta(seconds=number))
        for to in ways[state]:
            in_shop = ShopOrderId(number) if to is OrderState.PLACED else None
            reason = "[red]Почему?" if to is OrderState.PARKED else ""
            assert orders.move(OrderId(number), to, at=AT, reason=reason, shop_order_id=in_shop)
    return orders


def _order(number: int) -> Order:
    return Order(
        order_id=OrderId(number),
        created_at=AT,
        nm_id=NmId(170_001),
        chrt_id=ChrtId(310_001),
        barcodes=(Barcode("46001"),),
        warehouse_id=WarehouseId(FBS),
        sale=Money(amount=Decimal("49.9"), currency="BYN"),
    )


def _queued(cli: Cli) -> dict[str, list[Any]]:
    return {name: sorted((json.loads(m["Body"]) for m in cli.aws.messages(name)), key=_number) for name in QUEUES}


def _number(message: dict[str, Any]) -> int:
    return int(message.get("order_id", 0))
