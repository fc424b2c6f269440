"""`wbsync run`: one run of a scheduled function by hand, as after a mend."""

import json
from enum import StrEnum
from typing import Annotated

import boto3
import typer
from botocore.config import Config

from infra.cli.account import deployed
from infra.cli.console import print_json
from infra.cli.options import StageOption
from wbsync.domain.watching import FRESH_WITHIN
from wbsync.errors import Rejected

_CONFIG = Config(read_timeout=905, retries={"total_max_attempts": 1})  # no function runs longer; none is started twice

Flow = StrEnum("Flow", {name.upper(): name for name in (*FRESH_WITHIN, "watch")})  # type: ignore[misc]  # a table's keys


def run(
    name: Flow,
    stage: StageOption,
    *,
    full: Annotated[bool, typer.Option("--full", help="collect_stock: compare with WB's own numbers.")] = False,
) -> None:
    """Start a scheduled function now and wait for its report."""
    if full and name != "collect_stock":
        raise typer.BadParameter("only collect_stock can be run in full")
    function = deployed(stage).output("".join(word.capitalize() for word in name.split("_")))
    answer = boto3.client("lambda", config=_CONFIG).invoke(
        FunctionName=function, Payload=json.dumps({"full": True} if full else {}).encode()
    )
    report = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise Rejected(f"{name} failed: {report.get('errorType', '')}: {str(report.get('errorMessage', ''))[:300]}")
    print_json(report)
