"""Records what a release leaves behind in the middle of a day, for tests/e2e/test_upgrade.py of the next one.

Runs inside that release, whose own code writes everything. After a release, from its checkout:

    git archive <its commit> | tar -x -C <folder>
    cp tests/data/previous/record.py <folder>/tests/flows/test_record.py
    cd <folder>
    WBSYNC_RECORD=<project>/tests/data/previous <project>/.venv/bin/python -m pytest -q tests/flows/test_record.py
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.wildberries import Wildberries
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures import card_world
from tests.fixtures.aws import Aws
from tests.fixtures.template import template
from tests.fixtures.world import Clock, World, shop
from wbsync.messages import CardChanges
from wbsync.stores.aws import dynamodb, sqs

INTO = Path(os.environ["WBSYNC_RECORD"])  # noqa: TID251 it is no function
CHANGES = (b".add", b".update", b".delete", b".cancel", b".set")  # methods of Bitrix that change the shop
KEPT = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "FifoQueue", "BucketName", "QueueName")

type App = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


def test_record(aws: Aws, clock: Clock) -> None:
    wildberries = Wildberries(WbSeed(goods=40, foreign_cards=2), clock=clock.seconds, sleep=clock.sleep)
    bitrix = Bitrix(Seed(offers=40), clock=clock.seconds, sleep=clock.sleep)
    calls: list[dict[str, Any]] = []
    vars(wildberries)["wsgi"] = heard("wb", wildberries.wsgi, clock, calls)
    vars(bitrix)["wsgi"] = heard("shop", bitrix.wsgi, clock, calls)
    world = World(aws, clock, wildberries, bitrix, shop(supplies={"assembled": ["WA"]}))
    a_morning(world, clock)
    changes = card_world.planned(card_world.product()).cards
    world.card_changes.send([CardChanges(planned_at=clock.at, cards=tuple(changes))])
    kept = {
        "at": clock.at.isoformat(),
        "config": json.loads(world.shop.model_dump_json()),
        "calls": calls,
        "items": {name: items(table) for name, table in aws.tables.items()},
        "messages": {name: messages(world, name) for name in aws.queues},
        "resources": {name: outline(resource) for name, resource in template()["Resources"].items()},
        "parameters": sorted(template()["Parameters"]),
    }
    (INTO / "morning.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def a_morning(world: World, clock: Clock) -> None:
    """It ends with orders in every state and work in every queue, in the middle of which the next release comes."""
    world.link_cards()
    world.sync_stock()
    world.buy(6)
    world.place_all()
    first, second, third, fourth, *_ = orders_on_wb(world)
    world.confirm([first])
    world.labels_tick()
    world.fetch_labels()  # done
    clock.forward(minutes=5)
    world.confirm([second, third])
    world.labels_tick()  # its message stays
    numbers = {o["xmlId"]: o["id"] for o in world.shop_state()["orders"]}
    world.sim("shop", "POST", "/_sim/orders/status", {"order_id": numbers[f"WB_{fourth['id']}"], "status": "WA"})
    world.build_supplies()  # a wave is open
    world.buy(1, unknown_barcode_share=1)
    world.place_all()  # waits for its barcode
    clock.forward(minutes=5)
    world.buy(1, seed=2)
    world.poll_orders()
    world.shop_fault("*", "html500", times=20)  # the shop is down: put off
    world.place_orders()
    world.sim("shop", "DELETE", "/_sim/faults")
    clock.forward(minutes=1)
    world.buy(3, seed=3)
    world.poll_orders()  # three messages stay, and a worker died over one of them
    last = orders_on_wb(world)[-1]
    assert world.orders.lease(last["id"], now=clock.at, seconds=90)
    for offer, amount in ((2001, 3), (2002, 41)):
        world.sim("shop", "POST", "/_sim/stock", {"offer_id": offer, "store_id": 1, "amount": amount})
    assert world.collect_stock()["StockRowsQueued"]  # a batch stays


def orders_on_wb(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.sim("wb", "GET", "/_sim/state")["orders"]
    return found


def heard(side: str, app: App, clock: Clock, calls: list[dict[str, Any]]) -> App:
    """Keeps what changes the world on that side, with its time."""

    def wsgi(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        verb, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        is_rest = side == "shop" and not path.startswith("/_sim/")
        if verb != "GET" and (not is_rest or any(word in body or word.decode() in path for word in CHANGES)):
            told = {"at": clock.at.isoformat(), "side": side, "verb": verb, "path": path, "query": query}
            calls.append(told | {"type": environ.get("CONTENT_TYPE", ""), "body": body.decode()})
        return app(environ, start_response)

    return wsgi


def items(table: str) -> list[dict[str, Any]]:
    pages = dynamodb().get_paginator("scan").paginate(TableName=table)
    return [{name: readable(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def readable(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64encode(value["B"]).decode()} if "B" in value else dict(value)


def messages(world: World, queue: str) -> list[str]:
    """Those that wait for their time too."""
    bodies = [body for _, body in world.put_off[queue]]
    answer = sqs().receive_message(QueueUrl=world.aws.queues[queue], MaxNumberOfMessages=10)
    return bodies + [message["Body"] for message in answer.get("Messages", [])]


def outline(resource: dict[str, Any]) -> dict[str, Any]:
    """What must not change of a resource that holds something."""
    properties = resource.get("Properties", {})
    return {"Type": resource["Type"], **{name: properties[name] for name in KEPT if name in properties}}
