"""`wbsync secret put`: a secret goes from a hidden prompt, or from stdin, into SSM, and is never shown."""

import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from infra.cli import secret_rules
from infra.cli.account import Secret, read_parameter, write_secret
from infra.cli.installation import Installation
from infra.cli.options import StageOption, WbHostsOption
from wbsync.domain.label_links import label_keys
from wbsync.errors import Rejected
from wbsync.telemetry import utcnow

app = typer.Typer(help="Secrets in SSM.", no_args_is_help=True)

_RULES: Mapping[Secret, Callable[[str, Installation], str]] = {
    Secret.WB_TOKEN: lambda text, there: secret_rules.token(text, hosts=there.wb_hosts, now=utcnow()),
    Secret.BITRIX_WEBHOOK: lambda text, _: secret_rules.webhook(text),
    Secret.LABEL_KEY: lambda text, _: secret_rules.label_key(text),
    Secret.TELEGRAM: lambda text, _: secret_rules.telegram(text),
}


# Extra words are taken, so that a secret typed behind the command is refused without being quoted.
@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def put(
    ctx: typer.Context,
    name: Secret,
    stage: StageOption,
    *,
    generate: Annotated[bool, typer.Option("--generate", help="Make a label-key.")] = False,
    wb_hosts: WbHostsOption = "",
) -> None:
    """Check a secret and store it; prompted for, or read from stdin: `wbsync secret put wb-token < file`."""
    if ctx.args:
        raise typer.BadParameter("a secret is never an argument: your shell has written it down, make a new one")
    if generate and name is not Secret.LABEL_KEY:
        raise typer.BadParameter("only label-key can be generated")
    there = Installation(stage, wb_hosts)
    value = _new_label_key(there) if generate else _given(name)
    told = _RULES[name](value, there)
    write_secret(stage, name, value)
    typer.echo(f"{name} stored for {stage}: {told}")


def _given(name: Secret) -> str:
    prompted = sys.stdin.isatty()
    text: str = typer.prompt(str(name), hide_input=True) if prompted else sys.stdin.read()
    if not text.strip():
        raise Rejected(f"{name} is missing: nothing was given")
    return text.strip()


def _new_label_key(there: Installation) -> str:
    """A new key in front of the one in use, which goes on opening the links that it signed."""
    stored = read_parameter(there.stage, Secret.LABEL_KEY)
    in_use = [label_keys(stored)[0].decode()] if stored else []
    return ",".join([secrets.token_urlsafe(32), *in_use])
