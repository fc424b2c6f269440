"""`wbsync stock fbo`: what WB holds in its own warehouses, as it was last read."""

from collections.abc import Sequence

import typer

from infra.cli.account import deployed
from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption, StageOption
from wbsync.stores.fbo_stock import FboStock, FboStockStore

app = typer.Typer(help="Stock on WB.", no_args_is_help=True)

_COLUMNS = ("Карточка (nmID)", "Размер (chrtID)", "На складах WB", "К покупателям", "От покупателей", "Прочитано (UTC)")


@app.callback()
def stock() -> None:
    """Keep `fbo` a command of its own: typer would take a lone one for the group."""


@app.command()
def fbo(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """Sizes in WB's own warehouses, by card; those that WB holds no more are left out."""
    stored = FboStockStore(deployed(stage).output("FboStockTable")).all()
    held = sorted((one for one in stored if _is_there(one)), key=lambda one: (one.nm_id, one.chrt_id))
    if as_json:
        print_json([_facts(one) for one in held])
        return
    print_table(_COLUMNS, [_row(one) for one in held])
    typer.echo(f"{len(held)} size(s), {sum(one.total for one in held)} unit(s)")


def _is_there(stock: FboStock) -> bool:
    return bool(stock.total or stock.to_buyers or stock.from_buyers)


def _row(stock: FboStock) -> Sequence[object]:
    where = "; ".join(f"{name}: {amount}" for name, amount in stock.amounts.items())
    read_at = f"{stock.read_at:%d.%m.%Y %H:%M}"
    return (stock.nm_id, stock.chrt_id, where, stock.to_buyers, stock.from_buyers, read_at)


def _facts(stock: FboStock) -> dict[str, object]:
    return {
        "nm_id": stock.nm_id,
        "chrt_id": stock.chrt_id,
        "amounts": dict(stock.amounts),
        "total": stock.total,
        "to_buyers": stock.to_buyers,
        "from_buyers": stock.from_buyers,
        "read_at": stock.read_at.isoformat(timespec="seconds"),
    }
