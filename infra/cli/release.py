"""`wbsync release`: whether what was just deployed does well, and which release did well before it.

What proved good stands in the parameter /wbsync/<stage>/release, and replaces a bad one: docs/deploying.md.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import boto3
import typer
from botocore.config import Config

from infra.cli.account import Stage, read_parameter
from infra.cli.options import StageOption
from wbsync.errors import Rejected
from wbsync.stores.aws import ssm
from wbsync.telemetry import utcnow

app = typer.Typer(help="Is a new release good; which one was.", no_args_is_help=True)

LOOKS_EVERY = 30.0
"""Seconds; CloudWatch judges once a minute."""

_PARAMETER = "release"
_CONFIG = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})

Commit = Annotated[str, typer.Argument(help="The commit it was built from.", metavar="COMMIT")]


@app.command()
def watch(
    stage: StageOption,
    *,
    minutes: Annotated[float, typer.Option(help="For how long.", min=0, max=120)] = 10,
    since: Annotated[datetime | None, typer.Option(help="When its deployment began (UTC); now, when left out.")] = None,
) -> None:
    """Look at the stage's alarms for some minutes; exit code 1 as soon as one goes red that was not."""
    began = since.replace(tzinfo=UTC) if since else utcnow()
    known = {name for name, at in red(stage).items() if at < began}
    if known:
        typer.echo(f"red already, and no sign of this release: {', '.join(sorted(known))}")
    watched(lambda: red(stage).keys() - known, until=utcnow() + timedelta(minutes=minutes))
    typer.echo("no alarm has gone red")


def watched(new: Callable[[], set[str]], *, until: datetime, sleep: Callable[[float], None] = time.sleep) -> None:
    """Raises Rejected with the names of alarms that `new` finds before `until`; it is asked at least once."""
    while True:
        if found := new():
            raise Rejected(f"gone red since the release: {', '.join(sorted(found))}")
        left = (until - utcnow()).total_seconds()
        if left <= 0:
            return
        sleep(min(LOOKS_EVERY, left))


def red(stage: Stage) -> dict[str, datetime]:
    """The stage's alarms, those of alarms too, that are red now, and since when."""
    pages = boto3.client("cloudwatch", config=_CONFIG).get_paginator("describe_alarms")
    found = pages.paginate(AlarmNamePrefix=f"{stage.stack_name}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    alarms = [*found.search("MetricAlarms[]"), *found.search("CompositeAlarms[]")]
    return {each["AlarmName"]: _since(each) for each in alarms if each and each["StateValue"] == "ALARM"}


def _since(alarm: dict[str, Any]) -> datetime:
    since: datetime = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
    return since


@app.command()
def keep(commit: Commit, stage: StageOption) -> None:
    """Remember a release as good: it is what a bad one after it is replaced by."""
    ssm().put_parameter(Name=stage.parameter(_PARAMETER), Value=commit, Type="String", Overwrite=True)
    typer.echo(f"{commit} is good on {stage}")


@app.command()
def good(stage: StageOption) -> None:
    """The commit of the last release that was kept as good; exit code 1 when there is none."""
    commit = read_parameter(stage, _PARAMETER)
    if not commit:
        raise Rejected(f"no release has been kept as good on {stage}: there is nothing to go back to")
    typer.echo(commit)
