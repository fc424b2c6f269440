"""Every command of the runbook is run, as it stands there, against both simulators and the template's stores."""

import io
import json
import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
from moto.cloudwatch.models import cloudwatch_backends
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.wildberries import Category, make_token
from tests.fixtures.functions import FUNCTIONS, Functions
from tests.fixtures.stack import deploy
from tests.fixtures.world import LABEL_KEY, MINSK, shop
from tests.unit.test_docs import commands
from wbsync.domain.breakers import Reading, stock_of
from wbsync.domain.ids import OrderId, WarehouseId
from wbsync.domain.orders import OrderState
from wbsync.messages import NewOrder
from wbsync.settings import PollOrders
from wbsync.stores import parameters
from wbsync.stores.aws import ssm
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import Queue
from wbsync.telemetry import utcnow

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "runbook.md"
STAGE = "prod"
TELEGRAM = "123456789:AAE-invented_bot_token_of_the_tests_000 -1001234567890"

# Named in passing, without what they want to know; they are run in full by tests of their own.
ONLY_NAMED = {"config put", "secret put", "supply deliver", "supply move", "supply show", "supply spot"}

# Refusals in one line that are right here: there is nothing to approve, and no mapping table.
REFUSED = {
    *("prices approve NMID … --stage prod", "approve links --stage prod"),
    *("cards plan", "cards plan --stage prod"),
}


class Lambda:
    """AWS Lambda, as far as one synchronous invocation goes."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 AWS's own names
        try:
            report = self._functions.invoke(FunctionName, json.loads(Payload))
        except Exception as error:  # noqa: BLE001 as Lambda: whatever it was
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"Payload": io.BytesIO(json.dumps(failure).encode()), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(report).encode())}


@pytest.fixture
def stage(functions: Functions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Functions]:
    """A stage as it is on a bad day: an order parked, dead letters, a reading that is not believed."""
    cloudwatch_backends["123456789012"]["eu-central-1"].reset()
    put = {
        "config": shop().model_dump_json(),
        "wb-token": token(),
        "telegram": TELEGRAM,
        "label-key": LABEL_KEY.decode(),
    }
    put["bitrix-webhook"] = parameters.secret(f"/{functions.aws.bucket}/bitrix-webhook")
    for name, value in put.items():
        ssm().put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type="String", Overwrite=True)
    apps = {app.parent.name for app in FUNCTIONS.glob("*/app.py")}
    names = {"".join(word.capitalize() for word in name.split("_")): name for name in apps}
    outputs = {**functions.aws.tables, **functions.aws.queues, **names, "LabelsBucket": functions.aws.bucket}
    deploy(STAGE, {**outputs, "OpenLabelUrl": "https://labels.test/"}, PollOrders.from_env().wb_host_template)
    monkeypatch.setattr("infra.cli.run.boto3", SimpleNamespace(client=lambda *_args, **_more: Lambda(functions)))
    monkeypatch.chdir(tmp_path)
    functions.invoke("link_cards")
    functions.invoke("collect_stock")
    functions.drain("push_stock", "StockBatchesQueue")
    functions.buy(2)
    functions.invoke("poll_orders")
    functions.drain("place_orders", "NewOrdersQueue")
    orders = OrdersStore(functions.aws.tables["OrdersTable"])
    [placed, parked] = orders.in_state(OrderState.PLACED)
    assert placed.order_id
    orders.move(parked.order_id, OrderState.PARKED, at=utcnow(), reason="a foreign currency")
    Queue[NewOrder](functions.aws.queues["NewOrdersDeadLetters"]).send([NewOrder(order_id=OrderId(1))])
    breakers = BreakersStore(functions.aws.tables["BreakersTable"])
    breakers.trip(stock_of(WarehouseId(MINSK)), Reading(40, 25), utcnow())
    assert run("doctor", "--fix").exit_code == 0
    yield functions
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}-dashboards")
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")
    for name in put:
        ssm().delete_parameter(Name=f"/wbsync/{STAGE}/{name}")
    parameters.provider.cache_clear()


def token() -> str:
    categories = (Category.CONTENT, Category.MARKETPLACE, Category.PRICES)
    return make_token(categories=categories, expires=utcnow() + timedelta(days=90))


def run(*args: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, args, input=given, env={"WBSYNC_STAGE": STAGE})


def words(command: str, filled: Mapping[str, str]) -> list[str]:
    """What would be typed: placeholders are replaced, dots for "and more of them" are left out."""
    for placeholder, value in filled.items():
        command = command.replace(placeholder, value)
    return [word for word in shlex.split(command) if word != "…" or '"…"' in command]


def test_every_command_of_the_runbook_runs(stage: Functions) -> None:
    orders = OrdersStore(stage.aws.tables["OrdersTable"])
    [parked] = [str(record.order_id) for record in orders.in_state(OrderState.PARKED)]
    supply = _supply(stage, [r.order_id for r in orders.in_state(OrderState.PLACED)])
    filled = {
        "<order>": parked,
        "<date>": f"{utcnow():%Y-%m-%d}",
        "<id>": supply,
        "WAREHOUSE": str(MINSK),
        "NMID": "170000001",
    }
    given = {"secret put wb-token --stage prod": token(), "secret put telegram --stage prod": TELEGRAM}
    todo = sorted(set(commands(RUNBOOK.read_text(encoding="utf-8"))) - ONLY_NAMED, key=in_turn)
    ended = {command: run(*words(command, filled), given=given.get(command)) for command in todo}
    wrong = {c: (r.exit_code, r.output[-300:], r.exception) for c, r in ended.items() if r.exit_code != (c in REFUSED)}
    assert wrong == {}
    assert len(ended) > 30


def in_turn(command: str) -> tuple[int, str]:
    """Runs come first, since others show what they found; sales are resumed after they were stopped."""
    verbs = {"run": 0, "resume-sales": 2}
    return verbs.get(command.split(maxsplit=1)[0], 1), command


def _supply(stage: Functions, orders: list[OrderId]) -> str:
    """Staff puts these orders into a supply, in the WB cabinet."""
    transport = httpx.WSGITransport(app=stage.wildberries.wsgi)
    with httpx.Client(
        transport=transport, base_url="http://wb.test/marketplace-api", headers={"Authorization": token()}
    ) as wb:
        supply: str = wb.post("/api/v3/supplies", json={"name": "Поставка"}).json()["id"]
        added = wb.patch(f"/api/marketplace/v3/supplies/{supply}/orders", json={"orders": orders})
        assert added.status_code == 204, added.text
    stage.invoke("build_supplies")
    return supply


def test_both_dashboards_are_made_and_brought_up_to_date(stage: Functions) -> None:
    for _ in range(2):
        made = run("dashboards")
        assert made.exit_code == 0, made.output
        assert [line.rpartition("name=")[2] for line in made.stdout.split()] == [
            "wbsync-prod-business",
            "wbsync-prod-machinery",
        ]
    shown = boto3.client("cloudwatch").get_dashboard(DashboardName="wbsync-prod-machinery")["DashboardBody"]
    queue = stage.aws.queues["NewOrdersDeadLetters"].rpartition("/")[2]
    assert f'"{queue}"' in shown
    assert "${" not in shown


def test_what_a_run_by_hand_fails_of_is_told_in_one_line(stage: Functions) -> None:
    stage.put_token("no-token")
    result = run("run", "poll_orders")
    assert result.exit_code == 1
    assert result.stderr.startswith("poll_orders failed: NotAuthorised: ")
    assert run("run", "poll_orders", "--full").exit_code == 2


@pytest.mark.parametrize("start", ["make deploy ENV=prod", ".venv-sam/bin/sam logs --stack-name wbsync-prod --tail"])
def test_what_is_not_ours_is_named_as_the_project_has_it(start: str) -> None:
    assert start in RUNBOOK.read_text(encoding="utf-8")
    assert "\ndeploy:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_runbook_wants_no_tool_that_the_project_does_not_bring() -> None:
    """No AWS command line: what it did in earlier versions `wbsync queues` and `wbsync run` do."""
    text = RUNBOOK.read_text(encoding="utf-8")
    assert "aws " not in text.replace("`aws configure`", "")
    fenced = [line for block in text.split("```sh\n")[1:] for line in block.split("```")[0].splitlines()]
    assert len(fenced) >= 8
    assert all(line.startswith(("uv run wbsync ", ".venv-sam/bin/sam logs ")) for line in fenced)
