"""The handler of watch with the template's own environment, and what `wbsync watch` shows of it."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto.cloudwatch.models import cloudwatch_backends
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from tests.fixtures.functions import Functions
from tests.fixtures.stack import deploy

STAGE = "dev"


@pytest.fixture
def deployed(functions: Functions) -> Iterator[Functions]:
    cloudwatch_backends["123456789012"]["eu-central-1"].reset()
    deploy(STAGE, {**functions.aws.tables, **functions.aws.queues}, "http://wb.test/{api}")
    yield functions
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def cli(*args: str) -> Result:
    return CliRunner().invoke(app, args, env={"WBSYNC_STAGE": STAGE})


def test_a_run_tells_each_finding_in_the_log_in_its_report_and_at_the_command_line(
    deployed: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    report = deployed.invoke("watch")
    assert report["TokenDaysLeft"] == 8, "the fixture's token has nine days, less a moment"
    [line] = [vars(record) for record in caplog.records if record.message == "watch"]
    assert line["said"].startswith("the WB token expires on")
    assert line["do"].startswith("make a Personal token")
    shown = cli("watch")
    assert (line["said"] in shown.stdout, line["do"] in shown.stdout) == (True, True)
    assert "1 finding(s)" in shown.stdout
    [finding] = json.loads(cli("watch", "--json").stdout)["findings"]
    assert finding["part"] == "token"


def test_before_the_first_look_the_command_says_how_to_look(deployed: Functions) -> None:
    result = cli("watch")
    assert result.exit_code == 1
    assert result.stderr.strip() == "nobody has looked yet: `wbsync run watch --stage dev` looks now"
