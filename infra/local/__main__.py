"""`make local`: the demo's world left running with the template's schedules until Ctrl-C, to try things by hand.

The variables are those of `infra.local.stage.Size`, each after DEMO_.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra.local import cloud
from infra.local.ministack import CloudError
from infra.local.stage import Size, Stage, stage

_CONSOLE = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """0 when it was stopped, 1 with one line when it could not start."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts its background jobs deaf to Ctrl-C
        signal.signal(number, signal.default_int_handler)
    try:
        with stage(Size.from_env(), schedules="ENABLED", step=_step) as world:
            with _step("link cards, tell WB all stock"):
                world.invoke("LinkCards")
                world.invoke("CollectStock", {"full": True})
            _CONSOLE.print(_addresses(world))
            while True:
                signal.pause()
    except (CloudError, ClientError, BotoCoreError, OSError) as error:
        _CONSOLE.print(f"[red]it does not start:[/] {error}")
        return 1
    except KeyboardInterrupt:
        _CONSOLE.print("everything is stopped")
        return 0


@contextmanager
def _step(name: str) -> Iterator[None]:
    with _CONSOLE.status(name):
        yield
    _CONSOLE.print(f"[green]✓[/] {name}")


def _addresses(world: Stage) -> str:
    variables = " ".join(f"{name}={value}" for name, value in cloud.environment(world.ministack).items())
    return f"""
Wildberries   {world.wildberries}/_sim/state
Bitrix        {world.bitrix}/_sim/state
AWS           {world.ministack}
labels        {world.labels}labels/<order>?e=…&s=… (the links in the shop's orders, on this machine)

Orders are polled every minute, stock is read every 15 minutes, labels are looked for every 5.

three buyers order on WB:
  curl -X POST {world.wildberries}/_sim/orders -d '{{"count": 3, "cross_border_share": 0.3}}'
the shop sells two of an offer:
  curl -X POST {world.bitrix}/_sim/sales -H 'Content-Type: application/json' -d '{{"offer_id": 2001, "quantity": 2}}'
ask the product:
  {variables} uv run wbsync doctor --stage {cloud.STAGE}
do not wait for the clock:
  {variables} .venv/bin/python -c \\
    "import boto3; print(boto3.client('lambda').invoke(FunctionName='{world.outputs["PollOrders"]}')['Payload'].read())"

Ctrl-C stops everything.
"""


if __name__ == "__main__":
    sys.exit(main())
