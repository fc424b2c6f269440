"""`wbsync cards` against the simulated WB and shop on ports of their own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.serving import serve
from infra.local.wildberries import Category, make_token
from tests.fixtures.aws import Aws
from tests.fixtures.catalog import in_state, opened, wb_cards
from tests.fixtures.stack import deploy
from tests.fixtures.world import Clock, World
from wbsync.domain.cards import CardState
from wbsync.stores import parameters
from wbsync.stores.aws import ssm
from wbsync.telemetry import utcnow

STAGE = "dev"
PRODUCTS = 12


@dataclass
class Desk:
    world: World
    folder: Path

    @property
    def plan_file(self) -> Path:
        return self.folder / "plan.json"

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(app, ["cards", *args], env={"WBSYNC_STAGE": STAGE})

    def told(self, *args: str) -> str:
        result = self.run(*args)
        assert result.exit_code == 0, result.output
        return result.stdout

    def plan(self, *args: str) -> Any:
        return json.loads(self.told("plan", "--out", str(self.plan_file), *args, "--json"))

    def refused(self, *args: str) -> str:
        """The one line with which a command gives up."""
        result = self.run(*args)
        assert result.exit_code == 1, result.output
        assert result.stderr.count("\n") == 1, result.output
        return result.stderr.strip()


@pytest.fixture
def desk(aws: Aws, tmp_path: Path) -> Iterator[Desk]:
    world = opened(aws, Clock(utcnow()), PRODUCTS)
    world.token = make_token(categories=tuple(Category), expires=world.clock.at + timedelta(days=9))
    with serve(world.wildberries.wsgi) as wb_url, serve(world.bitrix_shop.wsgi) as shop_url:
        stored = {
            "wb-token": world.token,
            "bitrix-webhook": world.bitrix_shop.webhook(shop_url),
            "config": world.shop.model_dump_json(),
        }
        for name, value in stored.items():
            kind: Literal["String", "SecureString"] = "String" if name == "config" else "SecureString"
            ssm().put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type=kind, Overwrite=True)
        parameters.provider.cache_clear()
        deploy(STAGE, aws.tables | aws.queues, f"{wb_url}/{{api}}")
        yield Desk(world, tmp_path)
    ssm().delete_parameters(Names=[f"/wbsync/{STAGE}/{name}" for name in stored])
    parameters.provider.cache_clear()
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def test_a_plan_tells_steps_requests_coverage_and_problems_and_sends_nothing(desk: Desk) -> None:
    before = wb_cards(desk.world)
    plan = desk.plan()
    assert set(plan) == {"made_at", "versions", "steps", "requests", "coverage", "cards"}
    assert plan["steps"].keys() == {"create", "blocked"}
    assert sum(plan["steps"].values()) == len(plan["cards"]) == sum(row["cards"] for row in plan["coverage"])
    assert [(row["call"], row["requests"]) for row in plan["requests"]] == [("cards_upload", 1)]
    blocked = [card for card in plan["cards"] if card["step"] == "blocked"]
    assert all(any(problem["text"] for problem in card["problems"]) for card in blocked)
    assert wb_cards(desk.world) == before
    assert not list(desk.world.cards.all())
    printed = desk.told("plan", "--out", str(desk.plan_file))
    assert "Nothing was sent" in printed
    assert str(desk.plan_file) in printed


def test_a_plan_is_applied_once_however_often_it_is_applied(desk: Desk) -> None:
    made = desk.plan()["steps"]["create"]
    assert f"sent {made}, refused 0, answer lost 0, sent or planned anew before 0" in desk.told(
        "apply", str(desk.plan_file)
    )
    again = desk.told("apply", str(desk.plan_file))
    assert f"sent 0, refused 0, answer lost 0, sent or planned anew before {made}" in again
    desk.world.clock.forward(seconds=30)
    for _ in range(2):
        desk.world.confirm_cards()
    assert "WB works on" not in desk.told("apply", str(desk.plan_file), "--wait")
    accepted = {record.vendor_code for record in in_state(desk.world, CardState.ACCEPTED)}
    assert accepted
    assert accepted <= wb_cards(desk.world).keys()


def test_every_card_is_shown_with_its_state_and_reasons(desk: Desk) -> None:
    plan = desk.plan()
    desk.told("apply", str(desk.plan_file))
    desk.world.clock.forward(seconds=30)
    desk.world.confirm_cards()
    shown = json.loads(desk.told("show", "--json"))
    assert {card["vendor_code"] for card in shown} == {card["vendor_code"] for card in plan["cards"]}
    for card in shown:
        assert (card["nm_id"] is not None) is (card["state"] == "accepted")
        assert card["problems"] or card["state"] == "accepted"
    bad = json.loads(desk.told("show", "--problems", "--json"))
    assert bad
    assert all(problem["text"] for card in bad for problem in card["problems"])
    printed = desk.told("show")
    assert all(card["vendor_code"] in printed for card in shown)


def test_one_product_is_planned_alone_with_the_names_of_its_characteristics(desk: Desk) -> None:
    product = desk.plan()["cards"][0]["product_id"]
    alone = desk.plan("--product", str(product))
    assert {card["product_id"] for card in alone["cards"]} == {product}
    assert alone["coverage"][0]["name"]
    assert "the shop has no product 999" in desk.refused("plan", "--out", str(desk.plan_file), "--product", "999")


def test_the_limit_of_cards_is_told_in_the_plan(desk: Desk) -> None:
    desk.world.sim("wb", "POST", "/_sim/cards", {"free": 0})
    plan = desk.plan()
    assert plan["steps"]["create"] <= 10 - len(wb_cards(desk.world)), "10 are paid for"
    assert any(problem["kind"] == "card_limit" for card in plan["cards"] for problem in card["problems"])


def test_a_file_that_is_no_plan_or_not_there_or_old_is_refused(desk: Desk) -> None:
    desk.plan_file.write_text('{"cards": []}')
    assert "is no plan of `wbsync cards plan`" in desk.refused("apply", str(desk.plan_file))
    assert desk.run("apply", str(desk.folder / "absent.json")).exit_code == 2
    desk.plan()
    plan = json.loads(desk.plan_file.read_text())
    plan["made_at"] = (utcnow() - timedelta(days=2)).isoformat()
    desk.plan_file.write_text(json.dumps(plan))
    assert "make a new plan, or say --old" in desk.refused("apply", str(desk.plan_file))
    assert not list(desk.world.cards.all())


def test_without_mapping_tables_the_command_says_what_to_type(desk: Desk) -> None:
    table = desk.world.aws.tables["MappingsTable"]
    client = boto3.client("dynamodb")
    for name in desk.world.mappings.all():
        client.delete_item(TableName=table, Key={"name": {"S": name}})
    assert "wbsync mapping push" in desk.refused("plan", "--out", str(desk.plan_file))


def test_words_of_the_shop_are_no_markup_in_the_report(desk: Desk) -> None:
    product = desk.plan()["cards"][0]["product_id"]
    desk.world.sim("shop", "POST", "/_sim/products", {"id": product, "name": "<script>alert(1)</script>"})
    report = desk.folder / "plan.html"
    desk.told("plan", "--out", str(desk.plan_file), "--html", str(report))
    page = report.read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "cards_upload" in page
    assert "Заполненность по предметам" in page
