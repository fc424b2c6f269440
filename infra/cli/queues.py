"""`wbsync queues`: what waits, what was given up, and how it is sent back."""

from enum import StrEnum
from typing import Annotated

import typer

from infra.cli.account import Stack, deployed
from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption, StageOption
from wbsync.errors import Rejected
from wbsync.stores.queues import DeadLetters

app = typer.Typer(help="Queues, and the messages that were given up.", no_args_is_help=True)

_SHOWN = 160  # characters of a body; --json shows all


class Name(StrEnum):
    """The queues by the beginning of their names in the template: new-orders is NewOrdersQueue."""

    STOCK_BATCHES = "stock-batches"
    NEW_ORDERS = "new-orders"
    LABELS_WANTED = "labels-wanted"
    CARD_CHANGES = "card-changes"

    def queue(self, stack: Stack) -> str:
        return stack.output(f"{self._logical}Queue")

    def dead_letters(self, stack: Stack) -> DeadLetters:
        return DeadLetters(stack.output(f"{self._logical}DeadLetters"))

    @property
    def _logical(self) -> str:
        return "".join(word.capitalize() for word in self.split("-"))


@app.command("list")
def list_(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """How many messages each queue holds, and how many of them were given up."""
    stack = deployed(stage)
    rows = [(str(name), DeadLetters(name.queue(stack)).depth(), name.dead_letters(stack).depth()) for name in Name]
    if as_json:
        print_json([{"queue": name, "waiting": waiting, "given_up": given_up} for name, waiting, given_up in rows])
    else:
        print_table(("queue", "waiting", "given up"), rows)


@app.command()
def look(
    name: Name,
    stage: StageOption,
    *,
    most: Annotated[int, typer.Option(help="How many, at most.", min=1, max=1000)] = 10,
    as_json: JsonOption = False,
) -> None:
    """Look at messages that were given up; they stay where they are."""
    letters = name.dead_letters(deployed(stage)).look(most)
    if as_json:
        print_json([{"id": one.message_id, "sent_at": one.sent_at.isoformat(), "body": one.body} for one in letters])
    else:
        print_table(
            ("sent (UTC)", "message"), [(f"{one.sent_at:%d.%m.%Y %H:%M}", one.body[:_SHOWN]) for one in letters]
        )


@app.command()
def redrive(name: Name, stage: StageOption) -> None:
    """Send what was given up back to its queue, to be tried anew; first mend what made it fail."""
    stack = deployed(stage)
    moved = name.dead_letters(stack).redrive(name.queue(stack))
    typer.echo(f"{name}: {moved} message(s) sent back")


@app.command()
def purge(
    name: Name,
    stage: StageOption,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="They are deleted for good.")] = False,
) -> None:
    """Delete what was given up."""
    letters = name.dead_letters(deployed(stage))
    if not yes:
        raise Rejected(f"{letters.depth()} message(s) of {name} would be deleted for good: say so with --yes")
    letters.purge()
    typer.echo(f"{name}: what was given up is deleted")
