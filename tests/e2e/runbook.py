"""Types every command of docs/runbook.md into the world that AWS_ENDPOINT_URL points to, as it is on a bad day.

`python -m tests.e2e.runbook FILE`, run by the demo (DEMO_THEN). FILE then holds, as JSON, how each command ended and
what it said, the dashboards, and which metrics the functions have written since the world began.
"""

import json
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import httpx
import yaml

from infra.cli.__main__ import app
from infra.cli.account import Stack, Stage, deployed
from infra.local.demo.people import People, Wish
from infra.local.stage import MINSK, RUSSIA, shop
from tests.unit.test_docs import commands
from wbsync.domain.breakers import LINKS, Reading, stock_of
from wbsync.domain.ids import NmId, WarehouseId
from wbsync.domain.orders import OrderState
from wbsync.domain.prices import Hold, Quote
from wbsync.domain.shop import Shop
from wbsync.domain.supplies import SupplyState
from wbsync.stores import parameters
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.prices import PricesStore
from wbsync.stores.supplies import SuppliesStore
from wbsync.telemetry import utcnow

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
TELEGRAM = "123456789:AAE-invented_bot_token_of_the_tests_000 -1001234567890"
DROPPED = 170_000_001

_PATIENCE = 20.0
_LOOKS_EVERY = 0.2


def main(file: Path) -> None:
    code, said = forked(lambda: sys.stdout.write(json.dumps(bad_day())))
    assert code == 0, said
    day: dict[str, Any] = json.loads(said)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("shop.yaml").write_text(yaml.safe_dump(without_spot(shop())))
        runs, others = todo()
        ended = {command: typed(command, **day) for command in runs}
        code, said = forked(hold_back)
        assert code == 0, said
        ended |= {command: typed(command, **day) for command in others}
    told = {"commands": ended, "shown": shown(), "emitted": sorted(emitted())}
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1))


def without_spot(config: Shop) -> dict[str, Any]:
    """The configuration of somebody who has yet to say who drives the goods."""
    told: dict[str, Any] = config.model_dump(mode="json", exclude_unset=True)
    del told["supplies"]["spot"]
    return told


def todo() -> tuple[list[str], list[str]]:
    """The runbook's commands in its order: the runs by hand, whose findings others show, and all others."""
    found = list(dict.fromkeys(commands(RUNBOOK.read_text(encoding="utf-8"))))
    runs = [command for command in found if command.startswith("run ")]
    return runs, [command for command in found if command not in runs]


def typed(command: str, filled: Mapping[str, str], given: Mapping[str, str]) -> dict[str, Any]:
    """How a command ended; placeholders are replaced, and secrets come from stdin."""
    line = command.replace("--stage prod", f"--stage {Stage.LOCAL}")
    for placeholder, value in filled.items():
        line = line.replace(placeholder, value)
    words = [word for word in shlex.split(line) if word != "…" or '"…"' in line]
    began = time.monotonic()
    stdin = next((text for start, text in given.items() if command.startswith(start)), "")
    code, said = forked(lambda: app(args=words, prog_name="wbsync"), stdin)
    return {"code": code, "said": said, "seconds": round(time.monotonic() - began, 2)}


def forked(run: Callable[[], object], given: str = "") -> tuple[int, str]:
    """The exit code and the words of what runs in a process of its own, that has nothing of those before it."""
    with tempfile.TemporaryFile("w+") as stdin, tempfile.TemporaryFile("w+") as out:
        stdin.write(given)
        stdin.seek(0)
        process = os.fork()
        if process == 0:
            for number, stream in enumerate((stdin, out, out)):
                os.dup2(stream.fileno(), number)
            sys.stdin = open(0, closefd=False)  # noqa: SIM115 the one above has the old stream's position
            code = 1
            try:
                run()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            except BaseException as error:  # noqa: BLE001 this is the process's end, whatever it was
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(process, 0)
        out.seek(0)
        return os.waitstatus_to_exitcode(status), out.read()


# A bad day


def bad_day() -> dict[str, Any]:
    """Orders parked and on assembly, and dead letters; what the commands' placeholders and stdin stand for here."""
    stack = deployed(Stage.LOCAL)
    orders, supplies = OrdersStore(stack.output("OrdersTable")), SuppliesStore(stack.output("SuppliesTable"))
    token, webhook = (parameters.secret(Stage.LOCAL.parameter(name)) for name in ("wb-token", "bitrix-webhook"))
    wildberries = stack.parameters["WbHostTemplate"].removesuffix("/{api}")
    people = People(wildberries=wildberries, bitrix=webhook.partition("/rest/")[0], seed=7)
    late, parked, astray, assembled = bought(stack, orders, people)
    in_the_cabinet(f"{wildberries}/marketplace-api", token, astray.order_id)
    people.assemble(filter(None, [assembled.shop_order_id]))
    invoke(stack, "BuildSupplies")
    [supply] = [record.supply_id for record in supplies.in_state(SupplyState.OPEN)]
    orders.move(parked.order_id, OrderState.PARKED, at=utcnow(), reason="a foreign currency")
    for name in ("StockBatches", "NewOrders", "LabelsWanted", "CardChanges"):
        give_up(stack, name, '{"order_id": 1}')
    return {
        "filled": {
            "<order>": str(late.order_id),
            "<its order>": str(astray.order_id),
            "<other supply>": supply,
            "<supply>": supply,
            "<date>": f"{utcnow() - timedelta(days=1):%Y-%m-%d}",
            "WAREHOUSE": str(MINSK),
            "NMID": str(DROPPED),
            '--carrier "…"': "--carrier 'ООО «Выдумка-Транс»'",
            '--tax-number "…"': "--tax-number 190000000",
            '--vehicle "…"': "--vehicle AB12348",
        },
        "given": {
            "secret put wb-token": token,
            "secret put bitrix-webhook": webhook,
            "secret put telegram": TELEGRAM,
            "supply spot <supply> --stage": "ООО «Выдумка-Транс»\n190000000\nAB12348\n\n",
        },
    }


def hold_back() -> None:
    """Readings that are not believed, and a price that fell: what a run as usual would have put right."""
    stack, at = deployed(Stage.LOCAL), utcnow()
    breakers = BreakersStore(stack.output("BreakersTable"))
    for name in (stock_of(WarehouseId(MINSK)), LINKS):
        breakers.trip(name, Reading(40, 25), at)
    dropped = Hold(NmId(DROPPED), "KR-1", Decimal(100), 0, Quote(50, 0), at)
    PricesStore(stack.output("PricesTable")).hold([dropped])


def bought(stack: Stack, orders: OrdersStore, people: People) -> list[OrderRecord]:
    """Four orders that buyers have just made, in the shop; none wants a marking code."""
    made = people.buy(Wish(warehouse=RUSSIA), 20)
    wanted = [order["id"] for order in made if not order["requiredMeta"]][:4]
    invoke(stack, "PollOrders")
    give_up_at = time.monotonic() + _PATIENCE
    while True:
        records = orders.get(wanted)
        placed = [records[order] for order in wanted if records[order].state is OrderState.PLACED]
        if len(placed) == 4:
            return placed
        assert time.monotonic() < give_up_at, "the orders do not come into the shop"
        time.sleep(_LOOKS_EVERY)  # other processes are at work: there is no clock to pass in


def in_the_cabinet(wb: str, token: str, order: int) -> None:
    """Staff puts an order into a supply in WB's cabinet."""
    with httpx.Client(base_url=wb, headers={"Authorization": token}) as cabinet:
        made = cabinet.post("/api/v3/supplies", json={"name": "Поставка"}).raise_for_status().json()["id"]
        path = f"/api/marketplace/v3/supplies/{made}/orders"
        cabinet.patch(path, json={"orders": [order]}).raise_for_status()


def give_up(stack: Stack, queue: str, body: str) -> None:
    boto3.client("sqs").send_message(QueueUrl=stack.output(f"{queue}DeadLetters"), MessageBody=body)


def invoke(stack: Stack, function: str) -> None:
    answer = boto3.client("lambda").invoke(FunctionName=stack.output(function), Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


# What was measured


def emitted() -> Iterator[tuple[str, str]]:
    """(service, metric) of everything that any function's log tells CloudWatch to count."""
    logs = boto3.client("logs")
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in (each["logGroupName"] for each in groups["logGroups"]):
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                yield from {pair for event in page["events"] for pair in _measured(event["message"])}


def shown() -> list[list[Any]]:
    """The metrics of both dashboards, as CloudWatch has them."""
    client = boto3.client("cloudwatch")
    names = [row["DashboardName"] for row in client.list_dashboards()["DashboardEntries"]]
    bodies = [json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"]) for name in names]
    return [metric for body in bodies for widget in body["widgets"] for metric in widget["properties"]["metrics"]]


def _measured(line: str) -> Iterator[tuple[str, str]]:
    if '"_aws"' in line and (found := re.search(r"\{.*\}", line, re.DOTALL)):
        told = json.loads(found[0])
        for metrics in told["_aws"]["CloudWatchMetrics"]:
            assert metrics["Dimensions"] == [["service"]], metrics
            yield from ((told["service"], metric["Name"]) for metric in metrics["Metrics"])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
