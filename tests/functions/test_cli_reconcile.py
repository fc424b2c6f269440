"""`wbsync orders reconcile` and `orders proof`, and the function that does the same every hour."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from functions.reconcile_orders import app as function
from infra.cli.__main__ import app
from tests.fixtures.functions import Functions
from tests.fixtures.stack import deploy
from tests.fixtures.world import shop
from wbsync.settings import ReconcileOrders as Settings
from wbsync.stores.aws import ssm
from wbsync.telemetry import utcnow

STAGE = "local"
SECRETS = ("wb-token", "bitrix-webhook")


@pytest.fixture
def stage(functions: Functions) -> Iterator[Functions]:
    """A deployed stage over the stores and servers of the functions, in which WB has two old orders."""
    function.settings.cache_clear()
    s = Settings.from_env()
    for name, parameter in zip(SECRETS, (s.wb_token_parameter, s.bitrix_webhook_parameter), strict=True):
        value = ssm().get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        ssm().put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type="SecureString", Overwrite=True)
    ssm().put_parameter(Name=f"/wbsync/{STAGE}/config", Value=shop().model_dump_json(), Type="String", Overwrite=True)
    deploy(STAGE, functions.aws.tables | functions.aws.queues, s.wb_host_template)
    bought(functions, 2, utcnow() - timedelta(days=2))
    yield functions
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")
    ssm().delete_parameters(Names=[f"/wbsync/{STAGE}/{name}" for name in (*SECRETS, "config")])
    function.settings.cache_clear()


def bought(functions: Functions, count: int, at: datetime) -> None:
    """Orders that were made at `at` and that nobody has told us of."""
    state = functions.wildberries.state
    with state.lock:
        for stock in state.stocks.values():
            stock.update(dict.fromkeys(state.sizes, 5))
    functions.buy(count)
    with state.lock:
        for order in state.orders.values():
            order.created_at = at.replace(microsecond=0)
            order.facts["createdAt"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["orders", *args, "--stage", STAGE])


def today() -> date:
    return utcnow().date()


def told(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    document: list[dict[str, Any]] = json.loads(result.stdout)
    return document


def refused(*args: str) -> str:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def test_orders_are_fetched_and_proven_from_the_day_that_is_named(stage: Functions) -> None:
    since = str(today() - timedelta(days=2))
    proofs = told(run("reconcile", "--since", since, "--json"))
    assert [proof["day"] for proof in proofs] == [str(today() - timedelta(days=n)) for n in (2, 1, 0)]
    assert [(proof["wb"], proof["ours"], proof["shop"]) for proof in proofs] == [(2, 2, 0), (0, 0, 0), (0, 0, 0)]
    assert [one["reason"] for one in proofs[0]["differences"]] == ["fresh", "fresh"]
    assert proofs[0]["differences"][0]["why"] == "Поступил только что и сейчас передаётся."
    assert stage.waiting("NewOrdersQueue") == 2
    assert told(run("proof", "--since", since, "--json")) == proofs


@pytest.mark.usefixtures("stage")
def test_without_a_day_it_does_what_the_function_does_and_tells_it_as_a_table() -> None:
    result = run("reconcile")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("Оформлен до начала работы wbsync.") == 2
    assert "2 order(s) of WB, 0 fetched that were missed" in result.stdout
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        str(today() - timedelta(days=n)) for n in (3, 2, 1, 0)
    ]
    shown = run("proof").stdout
    assert shown.strip() in result.stdout


def test_the_function_proves_the_days_that_the_command_shows(stage: Functions) -> None:
    report = stage.invoke("reconcile_orders")
    assert (report["DaysProved"], report["OrdersListed"], report["OrdersUnexplained"]) == (4, 2, 0)
    assert len(told(run("proof", "--json"))) == 4


@pytest.mark.usefixtures("stage")
def test_a_day_that_cannot_be_is_refused_in_one_line() -> None:
    tomorrow, long_ago = today() + timedelta(days=1), today() - timedelta(days=4 * 365)
    for command in ("reconcile", "proof"):
        assert f"--since {tomorrow} has not come yet" in refused(command, "--since", str(tomorrow))
        assert f"--since {long_ago} is too long ago" in refused(command, "--since", str(long_ago))
        assert run(command, "--since", "1.10.2026").exit_code == 2


def test_the_sandbox_has_no_archive(functions: Functions) -> None:
    deploy(STAGE, functions.aws.tables | functions.aws.queues, "https://{api}-sandbox.wildberries.ru")
    try:
        assert "sandbox has no archive" in refused("reconcile", "--since", str(today() - timedelta(days=120)))
    finally:
        boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def test_wb_out_of_reach_is_one_line_and_keeps_no_proof(stage: Functions) -> None:
    stage.fail_wb("GET /api/v3/orders", "500")
    assert "orders: 500: try again in" in refused("reconcile")
    assert told(run("proof", "--json")) == []
