"""Options that several commands share."""

from typing import Annotated

import typer

from infra.cli.account import Stage

StageOption = Annotated[Stage, typer.Option(envvar="WBSYNC_STAGE", help="The environment.")]
WbHostsOption = Annotated[
    str,
    typer.Option(
        envvar="WB_HOST_TEMPLATE",
        help="Where WB lives, with {api} in it. As deployed, or as samconfig.toml will have it, when left out.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
