"""`wbsync supply` against both simulators on ports of their own and the template's stores in moto."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import boto3
import httpx
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.serving import serve
from infra.local.wildberries import Category, Wildberries, make_token
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.aws import Aws
from tests.fixtures.stack import deploy
from tests.fixtures.world import MINSK, Clock, World, shop
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.orders import OrderState
from wbsync.domain.supplies import SupplyState
from wbsync.stores import parameters
from wbsync.stores.aws import ssm
from wbsync.telemetry import utcnow

STAGE = "dev"
SPOT = ("--carrier", "ООО Перевозчик", "--tax-number", "190000001", "--vehicle", "AB 1234-7")


@dataclass
class Desk:
    """A stage whose shop has orders, and somebody at its command line."""

    world: World

    def run(self, *args: str, typed: str | None = None) -> Result:
        self.world.clock.forward(seconds=10)  # people type slowly: WB's limit is whole again
        return CliRunner().invoke(app, ["supply", *args], input=typed, env={"WBSYNC_STAGE": STAGE})

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

    def supply(self, *, orders: int = 3, **wishes: Any) -> tuple[str, list[OrderId]]:
        """Orders that staff assembled, in a supply made by `build`."""
        ids = [OrderId(order["id"]) for order in self.world.buy(orders, **wishes)]
        self.world.place_all()
        for record in self.world.orders.get(ids).values():
            self.world.sim("shop", "POST", "/_sim/orders/status", {"order_id": record.shop_order_id, "status": "P"})
        assert self.json("build")["OrdersIntoSupplies"] == orders
        [supply_id] = {record.supply_id for record in self.world.orders.get(ids).values()}
        assert supply_id
        return supply_id, ids

    def status(self, order_id: OrderId) -> str:
        with self.world.wildberries.state.lock:
            return self.world.wildberries.state.orders[order_id].supplier_status

    def answers_4xx(self) -> int:
        return int(self.world.sim("wb", "GET", "/_sim/state")["answers_4xx"])


@pytest.fixture
def desk(aws: Aws) -> Iterator[Desk]:
    """Its warehouse is in Russia, so its supplies want SPOT."""
    clock = Clock(utcnow())
    seed = WbSeed(goods=40, spot_minutes=0, warehouses=[{"id": MINSK, "name": "Минск", "office_id": 601}])
    wildberries = Wildberries(seed, clock=clock.seconds)
    bitrix = Bitrix(Seed(offers=40), clock=clock.seconds)
    world = World(aws, clock, wildberries, bitrix, shop(supplies={"assembled": ["P"]}))
    world.token = make_token(categories=tuple(Category), expires=clock.at + timedelta(days=9))
    with serve(wildberries.wsgi) as wb_url, serve(bitrix.wsgi) as shop_url:
        stored = {
            "wb-token": world.token,
            "bitrix-webhook": bitrix.webhook(shop_url),
            "config": world.shop.model_dump_json(),
        }
        for name, value in stored.items():
            kind: Literal["String", "SecureString"] = "String" if name == "config" else "SecureString"
            ssm().put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type=kind, Overwrite=True)
        parameters.provider.cache_clear()
        outputs = aws.tables | aws.queues | {"LabelsBucket": aws.bucket}
        deploy(STAGE, outputs, f"{wb_url}/{{api}}")
        world.link_cards()
        world.sync_stock()
        yield Desk(world)
    ssm().delete_parameters(Names=[f"/wbsync/{STAGE}/{name}" for name in stored])
    parameters.provider.cache_clear()
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def test_assembled_orders_are_built_into_a_supply_that_is_listed_and_shown(desk: Desk) -> None:
    supply_id, ids = desk.supply()
    [row] = desk.json("list")
    assert (row["supply_id"], row["state"]) == (supply_id, "open")
    assert sorted(desk.json("show", supply_id)["orders"]) == sorted(ids)
    assert supply_id in desk.told("list")


def test_a_supply_is_delivered_once_and_shown_with_a_link_to_its_code(desk: Desk) -> None:
    supply_id, ids = desk.supply()
    assert desk.told("deliver", supply_id) == f"{supply_id}: handed over\n"
    assert desk.told("deliver", supply_id) == f"{supply_id}: handed over\n"
    assert {desk.status(each) for each in ids} == {"complete"}
    assert desk.answers_4xx() == 0
    link = desk.json("show", supply_id)["code.png"]
    assert f"supplies/{supply_id}/code.png" in link


def test_a_supply_that_cannot_be_delivered_is_told_with_its_reason(desk: Desk) -> None:
    supply_id, _ = desk.supply(required_meta={"sgtin": 1.0})
    result = desk.run("deliver", supply_id)
    assert result.exit_code == 1
    assert "исправьте маркировку" in result.stdout
    assert desk.refused("deliver", "WB-GI-1") == "WB-GI-1 is no supply of wbsync: see `wbsync supply list`"


def test_spot_is_sent_with_what_the_command_was_told(desk: Desk) -> None:
    supply_id, _ = desk.supply()
    assert "SPOT is sent after" in desk.refused("spot", supply_id, *SPOT)
    desk.told("deliver", supply_id)
    assert "--carrier" in desk.refused("spot", supply_id)
    assert desk.refused("spot", supply_id, *SPOT[:4]) == "SPOT is not complete: vehicle"

    assert desk.told("spot", supply_id, *SPOT, "--trailer", "A 001") == f"{supply_id}: pending\n"
    desk.world.build_supplies()

    shown = desk.json("show", supply_id)
    assert shown["spot"] == "kept"
    assert f"supplies/{supply_id}/spot.png" in shown["spot.png"]


def test_spot_asks_for_what_nobody_told(desk: Desk) -> None:
    supply_id, _ = desk.supply()
    desk.told("deliver", supply_id)

    result = desk.run("spot", supply_id, typed="ООО Перевозчик\n190000001\nAB 1234-7\n\n")

    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f"{supply_id}: pending\n")
    [told] = [
        each["spot"] for each in desk.world.sim("wb", "GET", "/_sim/state")["supplies"] if each["id"] == supply_id
    ]
    assert (told["carrierName"], told["vehicleRegistrationNumber"]) == ("ООО Перевозчик", "AB 1234-7")


def test_boxes_keep_wbs_rules_and_their_stickers_are_written_to_be_printed(desk: Desk, tmp_path: Path) -> None:
    supply_id, _ = desk.supply(orders=4)
    assert "so 2 box(es) at most: 0 there, 3 wanted" in desk.refused("boxes", supply_id, "--add", "3")
    made = desk.json("boxes", supply_id, "--add", "2")
    assert len(made) == 2
    assert desk.refused("boxes", supply_id, "--remove", "WB-TRBX-1") == "no such box: WB-TRBX-1"
    assert desk.answers_4xx() == 0

    desk.told("boxes", supply_id, "--stickers", str(tmp_path / "boxes"))
    files = {file.name: file.read_bytes()[:4] for file in (tmp_path / "boxes").iterdir()}
    assert files == {f"{box}.png": b"\x89PNG" for box in made} | {f"{box}.pdf": b"%PDF" for box in made}

    assert desk.json("boxes", supply_id, "--remove", made[0]) == [made[1]]
    desk.told("deliver", supply_id)
    assert "not open" in desk.refused("boxes", supply_id, "--add", "1")


def test_a_supply_that_does_not_go_to_a_pick_up_point_has_no_boxes(desk: Desk) -> None:
    supply_id, _ = desk.supply(orders=2, pickup_point_share=0.0)
    assert "pick-up point" in desk.refused("boxes", supply_id, "--add", "1")


def test_orders_move_between_open_supplies_of_their_kind_only(desk: Desk) -> None:
    first, ids = desk.supply(orders=2)
    other_kind, others = desk.supply(orders=1, b2b_share=1.0)

    result = desk.run("move", str(ids[0]), "1", "--to", other_kind)
    assert result.exit_code == 1
    assert "другой склад или тип" in result.stdout
    assert "1: left where it is: WB does not know it" in result.stdout

    second = second_wave(desk, first)
    assert desk.told("move", str(ids[0]), "--to", second) == f"{ids[0]}: now in {second}\n"
    assert desk.world.orders.get(ids)[ids[0]].supply_id == second
    assert others
    assert desk.answers_4xx() == 0


def second_wave(desk: Desk, first: str) -> str:
    """Another open supply of the first one's kind, as after its removal by a mistake of staff."""
    kind = desk.world.supplies.find(SupplyId(first)).kind  # type: ignore[union-attr]  # it was just built
    made: str = desk.world._wb_call("POST", "/api/v3/supplies", {"name": "Вторая"})["id"]
    desk.world.supplies.begin(kind, 2, "Вторая", at=utcnow(), seconds=0)
    last = desk.world.supplies.last(kind)
    assert last
    desk.world.supplies.opened(last, SupplyId(made))
    return made


def test_orders_that_wb_missed_are_listed_and_sent_again_with_new_labels(desk: Desk) -> None:
    first, ids = desk.supply(orders=3)
    for order_id in ids:
        desk.world.orders.move(order_id, OrderState.LABELLED, at=utcnow())
        desk.world.orders.move(order_id, OrderState.DONE, at=utcnow())
    desk.told("deliver", first)
    second, _ = desk.supply(orders=1)
    desk.world.sim("wb", "POST", f"/_sim/supplies/{first}/scan", {"orders": ids[:2]})
    desk.world.clock.forward(hours=25)

    missed = ids[2]
    assert desk.json("reship") == [{"order_id": missed, "supply_id": first, "transferable": True}]
    assert desk.told("reship", "--to", second) == f"{missed}: now in {second}\n"

    record = desk.world.orders.get([missed])[missed]
    assert (record.state, record.supply_id) == (OrderState.PLACED, second)
    assert desk.status(missed) == "confirm"
    assert desk.json("reship") == []


def test_only_an_empty_open_supply_is_removed(desk: Desk) -> None:
    supply_id, [order_id] = desk.supply(orders=1)
    assert "has 1 order(s)" in desk.refused("remove", supply_id)
    desk.world._wb_call("PATCH", f"/api/v3/orders/{order_id}/cancel", None)
    assert desk.told("remove", supply_id) == f"{supply_id}: removed\n"
    assert [row["state"] for row in desk.json("list", "--state", SupplyState.REMOVED)] == ["removed"]
    assert "is not open" in desk.refused("remove", supply_id)


def test_links_of_a_supply_open_its_files(desk: Desk) -> None:
    supply_id, _ = desk.supply(orders=1)
    desk.told("deliver", supply_id)
    url = httpx.URL(desk.json("show", supply_id)["code.png"])
    assert url.params["response-content-type"] == "image/png"
    assert url.params["response-content-disposition"] == f'inline; filename="{supply_id}-code.png"'
