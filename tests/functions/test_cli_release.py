"""`wbsync release`: a release is kept as good when no alarm has gone red after it, and can be named again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.cloudwatch.models import cloudwatch_backends
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.cli.account import Stage
from infra.cli.release import LOOKS_EVERY, red, watched
from tests.fixtures.aws import Aws
from wbsync.errors import Rejected
from wbsync.stores import parameters
from wbsync.telemetry import utcnow


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["release", *args, "--stage", "stage"])


@pytest.fixture
def cloudwatch(aws: Aws) -> Iterator[Any]:
    cloudwatch_backends["123456789012"]["eu-central-1"].reset()
    parameters.provider.cache_clear()
    client = boto3.client("cloudwatch")
    for name in (
        "wbsync-stage-DeadLettersAlarm-1A",
        "wbsync-stage-TokenDaysLeftAlarm-1B",
        "wbsync-prod-DeadLetters-1C",
    ):
        client.put_metric_alarm(
            AlarmName=name,
            Namespace="wbsync/stage",
            MetricName="Failed",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Statistic="Sum",
        )
    yield client
    cloudwatch_backends["123456789012"]["eu-central-1"].reset()


def turn_red(client: Any, name: str) -> None:
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")


def test_a_release_after_which_nothing_goes_red_is_good(cloudwatch: Any) -> None:
    ended = run("watch", "--minutes", "0")
    assert (ended.exit_code, ended.stdout) == (0, "no alarm has gone red\n")


def test_alarms_of_other_stages_do_not_count(cloudwatch: Any) -> None:
    turn_red(cloudwatch, "wbsync-prod-DeadLetters-1C")
    assert red(Stage.STAGE) == {}


def test_what_was_red_before_is_told_and_blames_no_release(cloudwatch: Any) -> None:
    turn_red(cloudwatch, "wbsync-stage-TokenDaysLeftAlarm-1B")
    ended = run("watch", "--minutes", "0")
    assert ended.exit_code == 0
    assert "wbsync-stage-TokenDaysLeftAlarm-1B" in ended.stdout


def test_what_went_red_while_it_was_deployed_ends_the_watch(cloudwatch: Any) -> None:
    turn_red(cloudwatch, "wbsync-stage-DeadLettersAlarm-1A")
    ended = run("watch", "--minutes", "0", "--since", f"{utcnow() - timedelta(minutes=9):%Y-%m-%dT%H:%M:%S}")
    assert ended.exit_code == 1
    assert "gone red since the release: wbsync-stage-DeadLettersAlarm-1A" in ended.output


def test_an_alarm_that_goes_red_meanwhile_ends_the_watch_at_once(cloudwatch: Any) -> None:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        turn_red(cloudwatch, "wbsync-stage-DeadLettersAlarm-1A")

    with pytest.raises(Rejected, match="gone red since the release: wbsync-stage-DeadLettersAlarm-1A"):
        watched(lambda: set(red(Stage.STAGE)), until=utcnow() + timedelta(minutes=10), sleep=sleep)
    assert naps == [LOOKS_EVERY]


def test_the_good_release_can_be_named_again(cloudwatch: Any) -> None:
    nothing = run("good")
    assert nothing.exit_code == 1
    assert "nothing to go back to" in nothing.output
    assert run("keep", "0123abc").exit_code == 0
    assert run("keep", "4567def").exit_code == 0
    assert run("good").stdout == "4567def\n"
    boto3.client("ssm").delete_parameter(Name="/wbsync/stage/release")
