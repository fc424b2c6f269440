"""The command `wbsync`. Failures that are no bugs end in one line on stderr and exit code 1."""

from typing import Any, override

import typer
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from typer.core import TyperGroup

from infra.cli import (
    breakers,
    cards,
    config,
    dashboards,
    doctor,
    links,
    mapping,
    orders,
    prices,
    print,  # noqa: A004 the command's name
    queues,
    release,
    run,
    secret,
    stock,
    supply,
    watch,
)
from wbsync.errors import SyncError, TryLater

_FAILURES = (SyncError, BotoCoreError, ClientError, OSError)


class _TellsFailures(TyperGroup):
    @override
    def invoke(self, ctx: Any) -> Any:  # typer keeps a click of its own, whose types are private
        try:
            return super().invoke(ctx)
        except _FAILURES as error:
            typer.echo(_line(error), err=True)
            raise typer.Exit(1) from None


def _line(error: Exception) -> str:
    match error:
        case NoCredentialsError():
            return "AWS knows no credentials here: `aws configure`, or set AWS_PROFILE"
        case NoRegionError():
            return "AWS knows no region here: set AWS_REGION, e.g. eu-central-1"
        case ClientError():
            # Not its message: that of PutParameter could quote the value.
            return f"AWS refused {error.operation_name}: {error.response['Error']['Code']}"
        case BotoCoreError():
            return f"AWS: {error}"
        case TryLater():
            return f"{error}: try again in {max(1, round(error.wait))} s"
        case _:
            return str(error)


app = typer.Typer(
    cls=_TellsFailures,
    help="Sets up and looks after wbsync, stage by stage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(config.app, name="config")
app.add_typer(secret.app, name="secret")
app.command("doctor")(doctor.doctor)
app.add_typer(orders.app, name="orders")
app.add_typer(links.app, name="links")
app.add_typer(cards.app, name="cards")
app.add_typer(stock.app, name="stock")
app.add_typer(supply.app, name="supply")
app.add_typer(mapping.app, name="mapping")
app.add_typer(prices.app, name="prices")
app.command("breakers")(breakers.breakers)
app.command("approve")(breakers.approve)
app.command("stop-sales")(breakers.stop_sales)
app.command("resume-sales")(breakers.resume_sales)
app.command("print")(print.print_supply)
app.add_typer(queues.app, name="queues")
app.add_typer(release.app, name="release")
app.command("watch")(watch.watch)
app.command("run")(run.run)
app.command("dashboards")(dashboards.dashboards)

if __name__ == "__main__":
    app()
