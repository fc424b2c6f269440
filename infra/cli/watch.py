"""`wbsync watch`: what the last hourly look found, and what to do about it."""

import typer

from infra.cli.account import deployed
from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption, StageOption
from wbsync.errors import Rejected
from wbsync.flows.watch import CURSOR
from wbsync.stores.cursors import CursorsStore


def watch(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """What the last hourly look found, with what to do."""
    last = CursorsStore(deployed(stage).output("CursorsTable")).get(CURSOR)
    if not last:
        raise Rejected(f"nobody has looked yet: `wbsync run watch --stage {stage}` looks now")
    if as_json:
        print_json({"at": last["at"], "findings": last["findings"]})
        return
    print_table(("part", "found", "what to do"), [(f["part"], f["said"], f["do"]) for f in last["findings"]])
    typer.echo(f"{len(last['findings'])} finding(s) at {last['at'][:16]} UTC")
