"""`wbsync config`: the shop's configuration, from a YAML file into SSM."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from infra.cli import shop_facts, shop_file
from infra.cli.account import Secret, read_parameter, write_config
from infra.cli.installation import Installation
from infra.cli.options import StageOption, WbHostsOption
from infra.cli.shop_file import ShopFile
from wbsync.errors import Rejected

app = typer.Typer(help="The shop's configuration.", no_args_is_help=True)

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A YAML file, see infra/config/.")]


@app.command()
def check(file: _File) -> None:
    """Check a file without asking anybody."""
    shop = shop_file.read(file.read_bytes()).shop
    typer.echo(
        f"{file} holds: account {shop.account}, {len(shop.warehouses)} warehouse(s), {len(shop.stores)} store(s)"
    )


@app.command()
def put(file: _File, stage: StageOption, wb_hosts: WbHostsOption = "") -> None:
    """Check a file, hold it against WB and the shop, and store it; nothing is stored when something is unknown."""
    checked = shop_file.read(file.read_bytes())
    with Installation(stage, wb_hosts) as there:
        _hold_against_wb(checked, there)
        _hold_against_bitrix(checked, there)
    write_config(stage, checked.shop.model_dump_json(exclude_unset=True))
    typer.echo(f"config stored for {stage}; running functions take it up within 5 minutes")


@app.command()
def show(stage: StageOption) -> None:
    """Print what is stored, as YAML."""
    stored = read_parameter(stage, "config")
    if stored is None:
        raise Rejected(f"no configuration is stored for {stage}: `wbsync config put FILE --stage {stage}`")
    typer.echo(yaml.safe_dump(json.loads(stored), allow_unicode=True, sort_keys=False).rstrip())


def _hold_against_wb(checked: ShopFile, there: Installation) -> None:
    if not read_parameter(there.stage, Secret.WB_TOKEN):
        typer.echo("not checked: warehouses (no wb-token is stored)")
        return
    _refuse(checked, shop_facts.against_wb(checked.shop, there.warehouses))


def _hold_against_bitrix(checked: ShopFile, there: Installation) -> None:
    if not read_parameter(there.stage, Secret.BITRIX_WEBHOOK):
        typer.echo("not checked: stores, catalog, orders (no bitrix-webhook is stored)")
        return
    verdict = shop_facts.against_bitrix(there.bitrix, checked.shop)
    _refuse(checked, verdict.problems)
    for reason in verdict.unchecked:
        typer.echo(f"not checked: {reason}")


def _refuse(checked: ShopFile, problems: list[shop_file.Problem]) -> None:
    if problems:
        raise Rejected("\n".join(map(checked.told, problems)))
