"""`wbsync breakers`, `approve`, `stop-sales` and `resume-sales` on a stage whose stores are moto's."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from tests.fixtures.aws import Aws
from tests.fixtures.stack import deploy
from tests.fixtures.world import MINSK, Clock, World, shop
from wbsync.domain.breakers import Reading, stock_of
from wbsync.domain.ids import ChrtId, WarehouseId
from wbsync.stores import parameters
from wbsync.stores.aws import ssm

STAGE = "dev"
WAREHOUSE = WarehouseId(MINSK)
STOCK = stock_of(WAREHOUSE)


@pytest.fixture
def stage(world: World, aws: Aws) -> Iterator[World]:
    deploy(STAGE, {**aws.tables, **aws.queues}, "http://wb.test/{api}")
    ssm().put_parameter(Name=f"/wbsync/{STAGE}/config", Value=shop().model_dump_json(), Type="String", Overwrite=True)
    parameters.provider.cache_clear()
    yield world
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")
    ssm().delete_parameter(Name=f"/wbsync/{STAGE}/config")
    parameters.provider.cache_clear()


def run(*args: str) -> Result:
    return CliRunner().invoke(app, args, env={"WBSYNC_STAGE": STAGE})


def told(*args: str) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_what_is_held_back_is_told_with_its_numbers_and_approved_by_name(stage: World, clock: Clock) -> None:
    stage.breakers.trip(STOCK, Reading(40, 25), clock.at)
    [held] = told("breakers")["tripped"]
    assert (held["name"], held["there"], held["gone"], held["approved_until"]) == (STOCK, 40, 25, None)
    assert "1 tripped, 0 stopped" in run("breakers").stdout
    assert "approved" in run("approve", STOCK).stdout
    assert told("breakers")["tripped"][0]["approved_until"]


def test_an_unknown_name_is_refused_in_one_line(stage: World) -> None:
    result = run("approve", "stock/7")
    assert result.exit_code == 1
    assert result.stderr.strip() == "stock/7: nothing of that name is held back, see `wbsync breakers`"


def test_sales_are_stopped_at_once_and_resumed(stage: World, clock: Clock) -> None:
    stage.told.claim(WAREHOUSE, clock.at, 0, {ChrtId(1): 5, ChrtId(2): 0})
    stopped = run("stop-sales", str(MINSK), "--reason", "переезд")
    assert f"{MINSK}: 1 row(s) are being set to 0" in stopped.stdout
    [message] = stage.aws.messages("StockBatchesQueue")
    assert json.loads(message["Body"])["rows"] == {"1": 0}
    assert told("breakers")["stopped"][0]["reason"] == "переезд"
    assert run("resume-sales", str(MINSK)).exit_code == 0
    assert told("breakers")["stopped"] == []
    assert "not stopped" in run("resume-sales", str(MINSK)).stderr


def test_a_warehouse_that_is_not_ours_is_refused_with_those_that_are(stage: World) -> None:
    result = run("stop-sales", "7")
    assert (result.exit_code, result.stderr.strip()) == (1, f"7 is no warehouse of the configuration: {MINSK}")
