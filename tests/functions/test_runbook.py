"""The runbook is whole: each heading says what it means, what to look at and what mends it.

Its commands are typed, as they stand there, into the deployed template by tests/e2e/test_demo.py.
"""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from tests.fixtures.functions import FUNCTIONS, Functions
from tests.fixtures.stack import deploy
from tests.unit.test_docs import inline
from wbsync.settings import PollOrders

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
STAGE = "prod"


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
def stage(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    apps = {app.parent.name for app in FUNCTIONS.glob("*/app.py")}
    names = {"".join(word.capitalize() for word in name.split("_")): name for name in apps}
    deploy(STAGE, {**functions.aws.tables, **functions.aws.queues, **names}, PollOrders.from_env().wb_host_template)
    monkeypatch.setattr("infra.cli.run.boto3", SimpleNamespace(client=lambda *_args, **_more: Lambda(functions)))
    yield functions
    for name in (f"wbsync-{STAGE}-dashboards", f"wbsync-{STAGE}"):
        boto3.client("cloudformation").delete_stack(StackName=name)


def run(*args: str) -> Result:
    return CliRunner().invoke(app, args, env={"WBSYNC_STAGE": STAGE})


def headings() -> dict[str, str]:
    """What stands under each alarm's heading."""
    found = re.split(r"^#{2,3} (.+)\n", RUNBOOK, flags=re.MULTILINE)[1:]
    return {heading: text for heading, text in zip(found[::2], found[1::2], strict=True) if "**" in text}


each_heading = pytest.mark.parametrize("heading", headings())


@each_heading
def test_a_heading_says_what_it_means_what_to_look_at_and_what_mends_it(heading: str) -> None:
    parts = re.findall(r"^\*\*(\w+)\.\*\* *\n*(\S)", headings()[heading], re.MULTILINE)
    assert [name for name, _ in parts] == ["Means", "Look", "Mend"]


@each_heading
def test_where_a_command_mends_it_the_command_stands_there_or_where_the_link_leads(heading: str) -> None:
    mend = " ".join(headings()[heading].partition("**Mend.**")[2].split())
    told = re.search(r"`uv run wbsync |`wbsync |`make deploy|\]\(#", mend)
    assert bool(told) == (heading not in ONLY_PEOPLE_MEND), mend


ONLY_PEOPLE_MEND = {"Stock told late", "An order cannot be read", "poll_orders misses orders", "WB answers otherwise"}


def test_a_command_stands_there_whole_with_the_stage_it_is_for() -> None:
    meant = [code for code in map(" ".join, map(str.split, inline(RUNBOOK))) if code.startswith("uv run wbsync ")]
    assert len(meant) > 80
    assert [code for code in meant if "--stage prod" not in code] == []


def test_the_runbook_wants_no_tool_that_the_project_does_not_bring() -> None:
    """No AWS command line: what it did in earlier versions `wbsync queues` and `wbsync run` do."""
    assert "aws " not in RUNBOOK.replace("`aws configure`", "")
    fenced = [line for block in RUNBOOK.split("```sh\n")[1:] for line in block.split("```")[0].splitlines()]
    assert len(fenced) >= 8
    assert all(line.startswith(("uv run wbsync ", ".venv-sam/bin/sam logs ")) for line in fenced)
    assert "\ndeploy:" in (ROOT / "Makefile").read_text(encoding="utf-8")


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
