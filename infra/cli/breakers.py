"""`wbsync breakers`, `approve`, `stop-sales`, `resume-sales`: what is held back, and people's word about it."""

from datetime import datetime
from typing import Annotated

import typer

from infra.cli.account import deployed
from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption, StageOption
from wbsync.domain.breakers import Stopped, Tripped
from wbsync.domain.ids import WarehouseId
from wbsync.errors import Rejected
from wbsync.flows import stop_sales as flow
from wbsync.messages import StockBatch
from wbsync.stores import parameters
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import utcnow

_TRIPPED = ("Что остановлено", "С (UTC)", "Было", "Пропадёт", "%", "Одобрено до (UTC)")
_STOPPED = ("Продажи остановлены: склад WB", "С (UTC)", "Почему")

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="As `wbsync breakers` names them; none: all.")]
Warehouse = Annotated[int, typer.Argument(metavar="WAREHOUSE", help="The seller's warehouse on WB, by its number.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever looks later.")]


def breakers(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """Readings that are not believed, with their numbers, and warehouses that sell nothing."""
    switches = BreakersStore(deployed(stage).output("BreakersTable")).read()
    if as_json:
        print_json(
            {
                "tripped": [_facts(one) for one in switches.tripped.values()],
                "stopped": [_stop_facts(one) for one in switches.stopped.values()],
            }
        )
        return
    print_table(_TRIPPED, [_row(one) for one in switches.tripped.values()])
    print_table(_STOPPED, [(one.warehouse, _minute(one.at), one.reason) for one in switches.stopped.values()])
    typer.echo(f"{len(switches.tripped)} tripped, {len(switches.stopped)} stopped")


def approve(stage: StageOption, names: Names = None) -> None:
    """Let readings pass that were not believed: just as bad as `wbsync breakers` tells, for a day."""
    store = BreakersStore(deployed(stage).output("BreakersTable"))
    tripped = store.read().tripped
    if unknown := [name for name in names or () if name not in tripped]:
        raise Rejected(f"{', '.join(unknown)}: nothing of that name is held back, see `wbsync breakers`")
    failed = False
    for name in names or sorted(tripped):
        approved = store.approve(tripped[name], utcnow())
        failed |= not approved
        typer.echo(f"{name}: {'approved' if approved else 'another reading stands there by now, look again'}")
    if failed:
        raise typer.Exit(1)


def stop_sales(stage: StageOption, warehouse: Warehouse, reason: Reason = "") -> None:
    """Tell WB 0 for everything in a warehouse, and keep it so until `resume-sales`."""
    stack, shop = deployed(stage), parameters.shop(stage.parameter("config"))
    if warehouse not in {w.wb for w in shop.warehouses}:
        known = ", ".join(str(w.wb) for w in shop.warehouses)
        raise Rejected(f"{warehouse} is no warehouse of the configuration: {known}")
    rows = flow.run(
        WarehouseId(warehouse),
        reason,
        breakers=BreakersStore(stack.output("BreakersTable")),
        told=StockToldStore(stack.output("StockToldTable")),
        stock_batches=Queue[StockBatch](stack.output("StockBatchesQueue")),
        now=utcnow(),
    )
    typer.echo(f"{warehouse}: {rows} row(s) are being set to 0; `wbsync resume-sales {warehouse}` ends it")


def resume_sales(stage: StageOption, warehouse: Warehouse) -> None:
    """Let a warehouse sell again; the next reading of the shop tells WB its numbers."""
    store = BreakersStore(deployed(stage).output("BreakersTable"))
    if not store.is_stopped(WarehouseId(warehouse)):
        raise Rejected(f"{warehouse}: its sales are not stopped")
    store.resume(WarehouseId(warehouse))
    typer.echo(f"{warehouse}: sells again from the next reading on")


def _row(one: Tripped) -> tuple[object, ...]:
    until = _minute(one.approved_until) if one.approved_until else ""
    return (one.name, _minute(one.at), one.reading.there, one.reading.gone, f"{one.reading.percent:.0f}", until)


def _minute(at: datetime) -> str:
    return f"{at:%d.%m.%Y %H:%M}"


def _facts(one: Tripped) -> dict[str, object]:
    return {
        "name": one.name,
        "at": one.at.isoformat(),
        "there": one.reading.there,
        "gone": one.reading.gone,
        "approved_until": one.approved_until.isoformat() if one.approved_until else None,
    }


def _stop_facts(one: Stopped) -> dict[str, object]:
    return {"warehouse": one.warehouse, "at": one.at.isoformat(), "reason": one.reason}
