"""`wbsync print` against both simulators on ports of their own and the template's stores in moto."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.serving import serve
from infra.local.wildberries import Wildberries, make_token
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.aws import Aws
from tests.fixtures.stack import deploy
from tests.fixtures.world import CATEGORIES, LABEL_KEY, Clock, World
from wbsync.domain.ids import SupplyId
from wbsync.domain.supplies import SupplyFile
from wbsync.stores import parameters
from wbsync.stores.aws import ssm
from wbsync.telemetry import utcnow

STAGE = "dev"
LINKS = "https://labels.test/"


@dataclass
class Desk:
    """A stage whose staff makes its supplies in WB's cabinet, and somebody at its command line."""

    world: World
    folder: Path

    def run(self, *args: str) -> Result:
        self.world.clock.forward(seconds=10)
        return CliRunner().invoke(app, ["print", *args], env={"WBSYNC_STAGE": STAGE})

    def supply(self, *, labels: bool = True) -> tuple[SupplyId, list[int]]:
        bought = self.world.buy(3)
        self.world.place_all()
        supply_id = SupplyId(self.world.confirm(bought))
        if labels:
            self.world.labels_tick()
            assert not any(self.world.fetch_labels())
        return supply_id, [order["id"] for order in bought]


@pytest.fixture
def desk(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    clock = Clock(utcnow())
    wildberries = Wildberries(WbSeed(goods=40), clock=clock.seconds)
    bitrix = Bitrix(Seed(offers=40), clock=clock.seconds)
    world = World(aws, clock, wildberries, bitrix)
    world.token = make_token(categories=CATEGORIES, expires=clock.at + timedelta(days=9))
    with serve(wildberries.wsgi) as wb_url, serve(bitrix.wsgi) as shop_url:
        stored = {
            "wb-token": world.token,
            "bitrix-webhook": bitrix.webhook(shop_url),
            "label-key": LABEL_KEY.decode(),
            "config": world.shop.model_dump_json(),
        }
        for name, value in stored.items():
            kind: Literal["String", "SecureString"] = "String" if name == "config" else "SecureString"
            ssm().put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type=kind, Overwrite=True)
        parameters.provider.cache_clear()
        outputs = aws.tables | aws.queues | {"LabelsBucket": aws.bucket, "OpenLabelUrl": LINKS}
        deploy(STAGE, outputs, f"{wb_url}/{{api}}")
        world.link_cards()
        world.sync_stock()
        yield Desk(world, tmp_path)
    ssm().delete_parameters(Names=[f"/wbsync/{STAGE}/{name}" for name in stored])
    parameters.provider.cache_clear()
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def test_a_supply_is_written_to_a_file_kept_in_s3_and_linked(desk: Desk) -> None:
    supply_id, _ = desk.supply()
    result = desk.run("--supply", supply_id)
    assert result.exit_code == 0, result.output
    count, no_code, written, link = result.stdout.splitlines()
    assert count == "3 order(s), 3 sticker(s)"
    assert no_code.startswith("no QR code")
    assert written == f"written to {supply_id}-thermal.pdf"
    assert link.startswith(f"https://labels.test/supplies/{supply_id}?e=")
    made = (desk.folder / f"{supply_id}-thermal.pdf").read_bytes()
    assert made == desk.world.labels.read_supply_file(supply_id, SupplyFile.THERMAL)
    assert not desk.world.labels.has_supply_file(supply_id, SupplyFile.A4)


def test_sheets_go_where_they_are_wanted(desk: Desk) -> None:
    supply_id, _ = desk.supply()
    result = desk.run("--supply", supply_id, "--paper", "a4", "--out", "sheets.pdf")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith("&paper=a4")
    assert (desk.folder / "sheets.pdf").read_bytes().startswith(b"%PDF-")


def test_orders_without_a_sticker_are_counted_and_named(desk: Desk) -> None:
    supply_id, ids = desk.supply(labels=False)
    told = desk.run("--supply", supply_id).stdout
    assert "3 order(s), 0 sticker(s)" in told
    [line] = [line for line in told.splitlines() if line.startswith("3 without a sticker: ")]
    assert all(str(order_id) in line for order_id in ids)


@pytest.mark.parametrize(("supply", "why"), [("WB-GI-404", "WB has no supply"), ("../1", "is no supply of WB")])
def test_a_supply_that_is_none_is_refused_in_one_line(desk: Desk, supply: str, why: str) -> None:
    result = desk.run("--supply", supply)
    assert result.exit_code == 1
    assert why in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(desk.folder.iterdir()) == []
