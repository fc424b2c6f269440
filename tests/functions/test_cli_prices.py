"""`wbsync prices` against WB's prices and the shop on ports of their own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.serving import serve
from infra.local.wildberries import Category, Wildberries, make_token
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.aws import Aws
from tests.fixtures.price_desk import PriceDesk
from tests.fixtures.stack import deploy
from tests.fixtures.world import Clock, World, shop
from wbsync.domain.ids import NmId
from wbsync.domain.prices import Hold, Quote, Refusal, RefusalKind
from wbsync.stores import parameters
from wbsync.stores.aws import ssm
from wbsync.telemetry import utcnow

STAGE = "dev"


@dataclass
class Desk:
    """Two cards that cost 90 on WB; in the shop one costs 100, the other 9."""

    world: World
    wb: PriceDesk
    dearer: int
    cheaper: int

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(app, ["prices", *args], env={"WBSYNC_STAGE": STAGE})

    def told(self, *args: str) -> str:
        result = self.run(*args)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *args: str) -> Any:
        return json.loads(self.told(*args, "--json"))

    def refused(self, *args: str) -> str:
        """The one line with which a command gives up."""
        result = self.run(*args)
        assert result.exit_code == 1, result.output
        assert result.stderr.count("\n") == 1, result.output
        return result.stderr.strip()

    def hold(self, price: int = 9) -> None:
        """As push_prices leaves it."""
        self.world.prices.hold([Hold(NmId(self.cheaper), "V-2", Decimal(90), 0, Quote(price, 0), utcnow())])


PRICES = {"price_type": 1, "currency": "BYN"}


@pytest.fixture
def desk(aws: Aws) -> Iterator[Desk]:
    clock = Clock(utcnow())
    wildberries = Wildberries(WbSeed(goods=12), clock=clock.seconds)
    bitrix = Bitrix(Seed(offers=12), clock=clock.seconds)
    world = World(aws, clock, wildberries, bitrix, shop(prices=PRICES))
    world.token = make_token(categories=tuple(Category), expires=clock.at + timedelta(days=9))
    world.link_cards()
    wb = PriceDesk(wildberries.wsgi)
    offers: dict[int, list[int]] = {}
    for link in world.links.all():
        if link.sizes and link.offers:
            offers.setdefault(link.sizes[0].nm_id, []).append(link.offers[0].offer_id)
    dearer, cheaper, *others = sorted(offers)
    for card, price in ((dearer, 100), (cheaper, 9)):
        wb.show(card, 90)
        for offer in offers[card]:
            world.sim("shop", "POST", "/_sim/prices", {"id": offer, "price": str(price)})
    excluded = [offer for card in others for offer in offers[card]]
    config = world.shop.model_copy(update={"prices": shop(prices=PRICES | {"excluded_offers": excluded}).prices})
    with serve(wb) as wb_url, serve(bitrix.wsgi) as shop_url:
        stored = {
            "wb-token": world.token,
            "bitrix-webhook": bitrix.webhook(shop_url),
            "config": config.model_dump_json(),
        }
        for name, value in stored.items():
            kind: Literal["String", "SecureString"] = "String" if name == "config" else "SecureString"
            ssm().put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type=kind, Overwrite=True)
        parameters.provider.cache_clear()
        deploy(STAGE, aws.tables | aws.queues, f"{wb_url}/{{api}}")
        yield Desk(world, wb, dearer, cheaper)
    ssm().delete_parameters(Names=[f"/wbsync/{STAGE}/{name}" for name in stored])
    parameters.provider.cache_clear()
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def test_a_plan_shows_old_and_new_and_sends_nothing(desk: Desk) -> None:
    plan = desk.json("plan")
    assert [(row["nm_id"], row["state"], row["change_percent"]) for row in plan["changes"]] == [
        (desk.cheaper, "held", -90.0),
        (desk.dearer, "send", 11.1),
    ]
    assert plan["changes"][1]["before"] == {"price": "90", "discount": 0}
    assert plan["changes"][1]["after"] == {"price": 100, "discount": 0, "paid": "100"}
    assert desk.wb.sent == []
    printed = desk.told("plan")
    assert "ждёт одобрения" in printed
    assert "1 to send, 1 held" in printed


def test_a_plan_lists_what_cannot_be_priced_with_the_reason(desk: Desk) -> None:
    desk.wb.goods[desk.dearer].editable_size_price = True
    [problem] = desk.json("plan")["problems"]
    assert (problem["nm_id"], problem["problem"]) == (desk.dearer, "priced_by_size")
    assert problem["reason"] in desk.told("plan")


def test_a_held_price_is_shown_approved_and_shown_as_approved(desk: Desk) -> None:
    desk.hold()
    [row] = desk.json("show")["held"]
    assert (row["nm_id"], row["before"]["price"], row["after"]["paid"]) == (desk.cheaper, "90", "9")
    assert (row["change_percent"], row["approved_until"]) == (-90.0, None)
    assert desk.told("approve", str(desk.cheaper)) == f"{desk.cheaper}: 9\n"
    [row] = desk.json("show")["held"]
    assert row["approved_until"] is not None
    states = {row["nm_id"]: row["state"] for row in desk.json("plan")["changes"]}
    assert states == {desk.cheaper: "send", desk.dearer: "send"}


def test_all_that_wait_are_approved_at_once(desk: Desk) -> None:
    desk.hold()
    assert desk.told("approve", "--all") == f"{desk.cheaper}: 9\n"
    assert desk.world.prices.read().holds[NmId(desk.cheaper)].approved(utcnow())


def test_what_is_not_held_cannot_be_approved(desk: Desk) -> None:
    result = desk.run("approve", str(desk.dearer))
    assert result.exit_code == 1
    assert "no such price is held" in result.stdout
    assert "name the cards, or --all" in desk.refused("approve")
    assert "name the cards, or --all" in desk.refused("approve", "7", "--all")


def test_refused_prices_and_open_tasks_are_shown(desk: Desk) -> None:
    card = NmId(desk.dearer)
    words = "Invalid price value"
    desk.world.prices.refuse([Refusal(card, "V-1", Quote(100, 5), RefusalKind.REFUSED, utcnow(), words)])
    desk.world.prices.begin({card: Quote(100, 5)}, at=utcnow())
    shown = desk.json("show")
    [row] = shown["refused"]
    assert (row["nm_id"], row["after"]["price"], row["kind"]) == (card, 100, "refused")
    assert row["reason"].endswith(words)
    assert [(task["upload_id"], task["rows"]) for task in shown["tasks"]] == [(None, 1)]
    printed = desk.told("show")
    assert words in printed
    assert "0 held, 1 refused, 1 task(s) with WB" in printed
