"""The release before this one leaves tables and messages behind, in the middle of a day; this one finishes its work.

Twice: from what that release wrote, recorded in tests/data/previous, in process; and deployed over it in MiniStack,
built from the repository's history where there is one.
"""

import base64
import io
import json
import shutil
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from infra.local import cloud
from infra.local.demo.counting import World as Sides
from infra.local.demo.counting import wrong_rows
from infra.local.ministack import LOG, ROOT, ministack
from infra.local.stage import Stage, let_roles_send_in_batches, opening, simulator, stage_secrets
from infra.local.stage import shop as demo_shop
from tests.fixtures.template import template
from tests.fixtures.world import Clock, World
from wbsync.domain.ids import OrderId
from wbsync.domain.orders import OrderState
from wbsync.domain.shop import Shop
from wbsync.domain.stock import UNKNOWN
from wbsync.domain.supplies import SupplyState
from wbsync.messages import CardChanges, LabelsWanted, NewOrder, StockBatch
from wbsync.stores.aws import dynamodb, sqs

PREVIOUS = "ea51257ea2ca73d6ed447a303fafcb45c30474b4"
"""The release that is in use; tests/data/previous was recorded from it. Both move on when this one is released."""

RECORDED = Path(__file__).parents[1] / "data" / "previous" / "morning.json"
HOLDS = {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SNS::Topic"}
MESSAGES: Mapping[str, type[BaseModel]] = {
    "StockBatchesQueue": StockBatch,
    "NewOrdersQueue": NewOrder,
    "LabelsWantedQueue": LabelsWanted,
    "CardChangesQueue": CardChanges,
}
PATIENCE = 60.0  # seconds for one thing to happen in the local cloud


@cache
def morning() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return loaded


# What CloudFormation would do


def replaced(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Resources that hold something and that this template would make anew, empty, or delete."""
    return [
        name
        for name, old in before.items()
        if old["Type"] in HOLDS
        and (name not in now or {k: v for k, v in old.items() if k != "Type"} != _kept(now[name], old))
    ]


def _kept(resource: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    named = {key for key in ("BucketName", "QueueName", "FifoQueue") if key in properties}
    return {key: properties.get(key) for key in {*old, *named} - {"Type"}}


def test_nothing_that_holds_something_is_replaced() -> None:
    assert replaced(morning()["resources"], template()["Resources"]) == []


def test_a_replaced_table_is_noticed() -> None:
    now = template()["Resources"]
    rekeyed = {"Type": "AWS::DynamoDB::Table", "Properties": now["OrdersTable"]["Properties"] | {"KeySchema": []}}
    named = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "new-orders"}}
    without = {name: each for name, each in now.items() if name != "LinksTable"}
    changed = without | {"OrdersTable": rekeyed, "NewOrdersQueue": named}
    assert set(replaced(morning()["resources"], changed)) == {"LinksTable", "OrdersTable", "NewOrdersQueue"}


def test_new_parameters_have_defaults_and_old_ones_are_still_understood() -> None:
    parameters = template()["Parameters"]
    new = parameters.keys() - set(morning()["parameters"])
    assert [name for name in new if "Default" not in parameters[name]] == []
    assert set(morning()["parameters"]) <= parameters.keys()


def test_the_configuration_that_is_stored_is_still_valid() -> None:
    assert Shop.model_validate(morning()["config"]).warehouses


def test_every_message_that_may_be_on_its_way_is_understood() -> None:
    told = {queue: bodies for queue, bodies in morning()["messages"].items() if bodies}
    assert told.keys() == MESSAGES.keys()
    assert all(MESSAGES[queue].model_validate_json(body) for queue, bodies in told.items() for body in bodies)


# What this release makes of what it finds


@pytest.fixture
def taken_over(world: World, clock: Clock) -> World:
    """Both sides as that morning left them, and its tables and queues, three minutes later."""
    world.shop = Shop.model_validate(morning()["config"])
    for call in morning()["calls"]:
        clock.at = datetime.fromisoformat(call["at"])
        repeat(world, call)
    for name, items in morning()["items"].items():
        for item in items:
            stored = {key: _binary(value) for key, value in item.items()}
            dynamodb().put_item(TableName=world.aws.tables[name], Item=stored)
    for name, bodies in morning()["messages"].items():
        for body in bodies:
            sqs().send_message(QueueUrl=world.aws.queues[name], MessageBody=body)
    clock.at = datetime.fromisoformat(morning()["at"]) + timedelta(minutes=3)
    return world


def repeat(world: World, call: Mapping[str, str]) -> None:
    """Ask a side what the previous release asked it."""
    app = world.wildberries.wsgi if call["side"] == "wb" else world.bitrix_shop.wsgi
    headers = {"Authorization": world.token, "Content-Type": call["type"]}
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://side.test") as http:
        address = f"{call['path']}?{call['query']}".rstrip("?")
        http.request(call["verb"], address, content=call["body"].encode(), headers=headers)


def _binary(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if "B" in value else value


def in_shop(orders: list[dict[str, Any]]) -> Counter[str]:
    return Counter(order["xmlId"] for order in orders if order["xmlId"].startswith("WB_") and order["canceled"] != "Y")


def test_the_recorded_morning_is_the_one_both_sides_lived_through(taken_over: World) -> None:
    """Else tests/data/previous has to be recorded again: the simulators have changed."""
    on_wb = {order["id"] for order in taken_over.sim("wb", "GET", "/_sim/state")["orders"]}
    assert on_wb == {int(item["order_id"]["N"]) for item in morning()["items"]["OrdersTable"]}
    told = {item["shop_order_id"]["N"] for item in morning()["items"]["OrdersTable"] if "shop_order_id" in item}
    assert told == {str(order["id"]) for order in taken_over.shop_state()["orders"] if order["xmlId"][:3] == "WB_"}


def test_orders_in_flight_are_placed_once_and_none_is_lost(taken_over: World, clock: Clock) -> None:
    assert not any(taken_over.place_orders())
    clock.forward(minutes=15)
    taken_over.sweep()
    taken_over.poll_orders()
    assert not any(taken_over.place_orders())
    [unknown] = taken_over.state(OrderState.WAITING)
    bought = {order["id"] for order in taken_over.sim("wb", "GET", "/_sim/state")["orders"]}
    assert in_shop(taken_over.shop_state()["orders"]) == Counter(f"WB_{order}" for order in bought - {unknown})
    assert taken_over.state(OrderState.STORED) == taken_over.state(OrderState.PARKED) == []


def test_labels_that_were_owed_come(taken_over: World) -> None:
    owed = json.loads(morning()["messages"]["LabelsWantedQueue"][0])["order_ids"]
    assert not any(taken_over.fetch_labels())
    assert set(owed) <= set(taken_over.state(OrderState.DONE))
    assert all(taken_over.label(order).startswith(b"%PDF") for order in owed)


def test_a_batch_that_was_queued_is_told_and_the_next_reading_goes_on_from_it(taken_over: World, clock: Clock) -> None:
    batch = StockBatch.model_validate_json(morning()["messages"]["StockBatchesQueue"][0])
    assert taken_over.push_stock() == [None]
    told = taken_over.told.told(batch.warehouse)
    assert {chrt for chrt, amount in batch.rows.items() if told[chrt] != amount} == {
        chrt for chrt in batch.rows if told[chrt] == UNKNOWN
    }, "but for sizes that were ordered meanwhile"
    assert not any(taken_over.place_orders())
    clock.forward(minutes=15)
    taken_over.sync_stock()
    wb, shop = taken_over.sim("wb", "GET", "/_sim/state"), taken_over.shop_state()
    assert wrong_rows(Sides(wb, shop, taken_over.shop.stock, taken_over.shop.warehouses)) == {}
    assert taken_over.breakers.read().tripped == {}, "a table that has just been made holds nothing back"


def test_an_open_wave_is_filled_on(taken_over: World, clock: Clock) -> None:
    [wave] = morning()["items"]["SuppliesTable"]
    records = taken_over.orders.get(OrderId(int(i["order_id"]["N"])) for i in morning()["items"]["OrdersTable"])
    ready = next(r for r in records.values() if r.status and r.status.supplier == "new" and r.shop_order_id)
    body = {"order_id": ready.shop_order_id, "status": "WA"}
    taken_over.sim("shop", "POST", "/_sim/orders/status", body)
    clock.forward(minutes=5)
    taken_over.build_supplies()
    [now] = taken_over.supplies.in_state(SupplyState.OPEN)
    assert now.supply_id == wave["supply_id"]["S"]
    assert taken_over.orders.get([ready.order_id])[ready.order_id].supply_id == now.supply_id


# Deployed over it


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """The files of the previous release."""
    git = shutil.which("git") or pytest.skip("git is not installed")
    asked = [git, "archive", PREVIOUS, "template.yaml", "functions", "layers"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip(f"the history does not reach back to {PREVIOUS}: a shallow clone has only this release")
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as files:
        files.extractall(tmp_path / "previous", filter="data")
    return tmp_path / "previous"


@pytest.fixture
def world_of_processes() -> Iterator[tuple[str, str, str]]:
    """WB, the shop and an empty local cloud."""
    with ExitStack() as running:
        wildberries = running.enter_context(simulator("wildberries", "--goods", "30", "--seed", "1"))
        bitrix = running.enter_context(simulator("bitrix", "--offers", "30", "--seed", "1"))
        for address, seed in zip((wildberries, bitrix), opening(30, 1, 15), strict=True):
            httpx.post(f"{address}/_sim/seed", json=seed, timeout=PATIENCE).raise_for_status()
        yield wildberries, bitrix, running.enter_context(ministack(LOG.with_name("ministack-upgrade.log")))


def deployed(world: tuple[str, str, str], built: Path) -> Stage:
    wildberries, bitrix, aws = world
    parameters = {"WbHostTemplate": f"{wildberries}/{{api}}", "SchedulesState": "DISABLED"}
    outputs = cloud.deploy(aws, parameters=parameters, template=built)
    let_roles_send_in_batches(aws)
    return Stage(wildberries, bitrix, aws, outputs)


def listen(stage: Stage, *, enabled: bool) -> None:
    """Let the queues start their functions, or not."""
    client = stage.client("lambda")
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


def rows(stage: Stage, table: str) -> list[dict[str, Any]]:
    found = stage.client("dynamodb").scan(TableName=stage.outputs[table], ConsistentRead=True)["Items"]
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]


def waiting(stage: Stage, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = stage.client("sqs").get_queue_attributes(QueueUrl=stage.outputs[queue], AttributeNames=names)
    return sum(int(found["Attributes"][name]) for name in names)


def until(what: str, done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < give_up, f"waited too long for {what}"
        time.sleep(0.25)  # another process works: there is no clock to pass in


@pytest.mark.xdist_group("cloud")
def test_this_release_deployed_over_the_previous_one_finishes_its_work(
    previous: Path, world_of_processes: tuple[str, str, str]
) -> None:
    wb, shop, aws = world_of_processes
    before = deployed(world_of_processes, cloud.build_release(previous))
    cloud.put_parameters(aws, config=demo_shop().model_dump_json(exclude={"breakers"}), secrets=stage_secrets(shop))
    before.invoke("LinkCards")
    before.invoke("CollectStock")
    until("stock to be told", lambda: waiting(before, "StockBatchesQueue") == 0)
    listen(before, enabled=False)
    bought = httpx.post(f"{wb}/_sim/orders", json={"count": 5}, timeout=PATIENCE).json()["orders"]
    before.invoke("PollOrders")
    before.invoke("CollectStock")
    in_flight = {queue: waiting(before, queue) for queue in MESSAGES}
    links = rows(before, "LinksTable")
    assert in_flight["NewOrdersQueue"] == len(bought)
    assert in_flight["StockBatchesQueue"]
    assert "BreakersTable" not in before.outputs

    now = deployed(world_of_processes, cloud.build())
    holds = [name for name in before.outputs if name.endswith(("Table", "Queue", "DeadLetters", "Bucket"))]
    assert {name: now.outputs[name] for name in holds} == {name: before.outputs[name] for name in holds}
    assert {queue: waiting(now, queue) for queue in MESSAGES} == in_flight
    assert rows(now, "LinksTable") == links
    assert "BreakersTable" in now.outputs

    listen(now, enabled=True)
    until("orders to be placed", lambda: {row["state"] for row in rows(now, "OrdersTable")} == {"placed"})
    until("stock to be told", lambda: waiting(now, "StockBatchesQueue") == 0)
    now.invoke("CollectStock")
    until("stock to be told again", lambda: waiting(now, "StockBatchesQueue") == 0)
    on_wb, in_the_shop = (httpx.get(f"{side}/_sim/state", timeout=PATIENCE).json() for side in (wb, shop))
    assert in_shop(in_the_shop["orders"]) == Counter(f"WB_{order['id']}" for order in bought)
    assert wrong_rows(Sides(on_wb, in_the_shop, demo_shop().stock, demo_shop().warehouses)) == {}
    assert [queue for queue in now.outputs if queue.endswith("DeadLetters") and waiting(now, queue)] == []
