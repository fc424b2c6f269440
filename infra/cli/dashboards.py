"""`wbsync dashboards`: infra/observability.yaml over a stage, as a stack of its own; `make deploy` ends with it."""

from pathlib import Path

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from infra.cli.account import Stack, deployed, find_stack_named
from infra.cli.options import StageOption
from wbsync.errors import Rejected

TEMPLATE = Path(__file__).parents[1] / "observability.yaml"

_CONFIG = Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 2})
_NOTHING_TO_DO = "No updates are to be performed"


def dashboards(stage: StageOption) -> None:
    """Make both dashboards, or bring them up to date, and tell where they are."""
    for address in _deploy(deployed(stage), str(stage)).outputs.values():
        typer.echo(address)


def _deploy(stack: Stack, stage: str) -> Stack:
    """The stack of the dashboards, which takes what it shows from the outputs of the main one."""
    client, name, body = (
        boto3.client("cloudformation", config=_CONFIG),
        f"{stack.name}-dashboards",
        TEMPLATE.read_text(),
    )
    wanted = [row["ParameterKey"] for row in client.get_template_summary(TemplateBody=body)["Parameters"]]
    values = [{"ParameterKey": key, "ParameterValue": stage if key == "Stage" else stack.output(key)} for key in wanted]
    try:
        if find_stack_named(name):
            client.update_stack(StackName=name, TemplateBody=body, Parameters=values)
            client.get_waiter("stack_update_complete").wait(StackName=name)
        else:
            client.create_stack(StackName=name, TemplateBody=body, Parameters=values)
            client.get_waiter("stack_create_complete").wait(StackName=name)
    except ClientError as error:
        if _NOTHING_TO_DO not in error.response["Error"].get("Message", ""):
            raise
    except WaiterError:
        raise Rejected(f"the stack {name} failed: its events in the CloudFormation console say why") from None
    made = find_stack_named(name)
    if made is None:
        raise Rejected(f"the stack {name} is not there")
    return made
