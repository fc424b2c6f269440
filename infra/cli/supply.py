"""`wbsync supply`: supplies by hand. What it does by itself, `build_supplies` does too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from infra.cli.account import Stack, Stage, deployed
from infra.cli.console import print_json, print_table
from infra.cli.installation import Installation
from infra.cli.options import JsonOption, StageOption
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.labels import sticker_pdf
from wbsync.domain.shop import Shop, Spot
from wbsync.domain.supplies import SpotState, SupplyFile, SupplyState, most_boxes
from wbsync.errors import NotAuthorised, Rejected, SyncError
from wbsync.flows import move_orders
from wbsync.flows.build_supplies import BuildSupplies
from wbsync.flows.deliver_supply import DeliverSupply, id_of, read_order_ids, read_supply
from wbsync.stores import parameters
from wbsync.stores.labels import LabelsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.supplies import SuppliesStore, SupplyRecord
from wbsync.telemetry import utcnow
from wbsync.wb.operations import ADD_BOXES, BOX_STICKERS, BOXES, DELETE_BOXES, DELETE_SUPPLY
from wbsync.wb.wire import BoxIds, BoxSticker, NewBoxes

app = typer.Typer(help="Supplies: what WB takes over in one go.", no_args_is_help=True)

_UNDER_WAY = (SupplyState.OPENING, SupplyState.OPEN, SupplyState.DELIVERED)
_RUN_TAKES = timedelta(minutes=5)
_LINK_SECONDS = 3600

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As WB calls it: WB-GI-…")]
ToOption = Annotated[str, typer.Option("--to", metavar="SUPPLY", help="An open supply.")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that a supply needs, in one stage."""

    installation: Installation
    shop: Shop
    orders: OrdersStore
    supplies: SuppliesStore
    labels: LabelsStore

    def known(self, supply_id: str) -> SupplyRecord:
        """Raises Rejected when it is none of wbsync's."""
        record = self.supplies.find(SupplyId(supply_id))
        if record is None:
            raise Rejected(f"{supply_id} is no supply of wbsync: see `wbsync supply list`")
        return record

    def deliverer(self) -> DeliverSupply:
        return DeliverSupply(
            wb=self.installation.wb,
            bitrix=self.installation.bitrix,
            shop=self.shop,
            orders=self.orders,
            supplies=self.supplies,
            labels=self.labels,
            now=utcnow,
        )


@contextmanager
def _desk(stage: Stage) -> Iterator[_Desk]:
    stack = deployed(stage)
    with Installation(stage) as installation:
        yield _Desk(
            installation,
            parameters.shop(stage.parameter("config")),
            OrdersStore(stack.output("OrdersTable")),
            _supplies(stack),
            LabelsStore(stack.output("LabelsBucket")),
        )


def _supplies(stack: Stack) -> SuppliesStore:
    return SuppliesStore(stack.output("SuppliesTable"))


# ---- to look at


@app.command("list")
def list_supplies(
    stage: StageOption,
    state: Annotated[SupplyState | None, typer.Option(help="All but done and removed ones when left out.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Supplies by state, oldest first."""
    supplies = _supplies(deployed(stage))
    found = [record for wanted in ([state] if state else _UNDER_WAY) for record in supplies.in_state(wanted)]
    rows = [_facts(record) for record in found]
    if as_json:
        print_json(rows)
        return
    columns = ("supply_id", "state", "name", "opened_at", "delivered_at", "spot", "reason")
    print_table(columns, [[_cell(row[column]) for column in columns] for row in rows])
    typer.echo(f"{len(rows)} supply(ies)")


@app.command()
def show(supply_id: IdArgument, stage: StageOption, *, as_json: JsonOption = False) -> None:
    """All we keep of a supply, its orders, and links to its files for an hour."""
    with _desk(stage) as desk:
        record = desk.known(supply_id)
        orders = read_order_ids(desk.installation.wb, id_of(record))
        links = {
            file.value: desk.labels.open_supply_file(id_of(record), file, seconds=_LINK_SECONDS)
            for file in _files(record)
        }
    facts = _facts(record) | {"orders": list(orders)} | links
    if as_json:
        print_json(facts)
    else:
        print_table(("", ""), [(name, _cell(value)) for name, value in facts.items()])


def _files(record: SupplyRecord) -> list[SupplyFile]:
    """Those that are in S3."""
    there = {
        SupplyFile.CODE: record.code_at is not None,
        SupplyFile.SPOT: record.spot is SpotState.KEPT,
        SupplyFile.THERMAL: record.printed_at is not None,
        SupplyFile.A4: record.printed_at is not None,
    }
    return [file for file, is_there in there.items() if is_there]


# ---- to do


@app.command()
def build(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """Put assembled orders into supplies now, and hand over what is due."""
    with _desk(stage) as desk:
        if desk.shop.supplies is None:
            raise Rejected("the configuration has no `supplies`: see infra/config/prod.example.yaml")
        report = BuildSupplies(
            wb=desk.installation.wb,
            bitrix=desk.installation.bitrix,
            shop=desk.shop,
            orders=desk.orders,
            supplies=desk.supplies,
            labels=desk.labels,
            now=utcnow,
        ).run(deadline=utcnow() + _RUN_TAKES)
    _print_report(report, as_json=as_json)


@app.command()
def deliver(stage: StageOption, supply_ids: Annotated[list[str], typer.Argument(metavar="ID", help="WB-GI-…")]) -> None:
    """Hand open supplies over to WB; fetch their codes, send SPOT. Those that cannot be are named with the reason."""
    with _desk(stage) as desk:
        records = [desk.known(supply_id) for supply_id in dict.fromkeys(supply_ids)]
        flow = desk.deliverer()
        held = {record.supply_id: _delivered(flow, record) for record in records}
        now = filter(None, map(desk.supplies.get, records))
        flow.settle([record for record in now if record.state is SupplyState.DELIVERED])
    for supply_id, reason in held.items():
        typer.echo(f"{supply_id}: {reason or 'handed over'}")
    for error in flow.later:
        typer.echo(f"{error}: build_supplies tries again in a few minutes")
    if any(held.values()):
        raise typer.Exit(1)


def _delivered(flow: DeliverSupply, record: SupplyRecord) -> str:
    """Why it was not handed over; nothing too when it was before."""
    if record.state in (SupplyState.DELIVERED, SupplyState.DONE):
        return ""
    if record.state is not SupplyState.OPEN:
        return f"it is {record.state}"
    try:
        return flow.deliver(record)
    except NotAuthorised:
        raise
    except SyncError as error:
        return f"{error}: try again"  # it holds back no other


@app.command()
def remove(supply_id: IdArgument, stage: StageOption) -> None:
    """Remove an empty open supply from WB."""
    with _desk(stage) as desk:
        record, wb = desk.known(supply_id), desk.installation.wb
        move_orders.check_open(wb, record)
        if inside := read_order_ids(wb, id_of(record)):
            raise Rejected(f"{supply_id} has {len(inside)} order(s): move them first with `wbsync supply move`")
        wb.call(DELETE_SUPPLY, path={"supply_id": supply_id})
        desk.supplies.move(record, SupplyState.REMOVED)
    typer.echo(f"{supply_id}: removed")


@app.command()
def spot(
    supply_id: IdArgument,
    stage: StageOption,
    *,
    carrier: Annotated[str | None, typer.Option(help="Who drives: the company's name.")] = None,
    tax_number: Annotated[str | None, typer.Option(help="Its tax number (УНП, ИНН).")] = None,
    country: Annotated[str, typer.Option(help="Its country's number in OKSM; 112 is Belarus.")] = "112",
    vehicle: Annotated[str | None, typer.Option(help="Registration number of the vehicle.")] = None,
    trailer: Annotated[str | None, typer.Option(help="Registration number of the trailer.")] = None,
) -> None:
    """Send SPOT of a delivered supply (again), with this data or the configuration's, else with what is asked for."""
    given = _spot_data(carrier, tax_number, vehicle, country=country, trailer=trailer)
    with _desk(stage) as desk:
        record = desk.known(supply_id)
        if record.state is SupplyState.DONE:
            desk.supplies.move(record, SupplyState.DELIVERED)
        elif record.state is not SupplyState.DELIVERED:
            raise Rejected(f"{supply_id} is {record.state}: SPOT is sent after `wbsync supply deliver`")
        if given is None and not (desk.shop.supplies and desk.shop.supplies.spot):
            given = _asked_for(country)
        desk.supplies.ask_spot(record, given)
        flow = desk.deliverer()
        flow.settle([_still(desk.supplies, record)])
        now = _still(desk.supplies, record)
    if flow.later:
        raise flow.later[0]
    if now.spot is SpotState.FAILED:
        raise Rejected(now.spot_reason)
    typer.echo(f"{supply_id}: {now.spot}")


def _still(supplies: SuppliesStore, record: SupplyRecord) -> SupplyRecord:
    return supplies.get(record) or record


def _spot_data(
    carrier: str | None, tax_number: str | None, vehicle: str | None, *, country: str, trailer: str | None
) -> Spot | None:
    """None when the configuration's data is meant. Raises Rejected when only a part is given."""
    if not any((carrier, tax_number, vehicle, trailer)):
        return None
    told = {"carrier_name": carrier, "carrier_tax_number": tax_number, "carrier_country": country, "vehicle": vehicle}
    try:
        return Spot.model_validate(told | ({"trailer": trailer} if trailer else {}))
    except ValidationError as error:
        wrong = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False))
        raise Rejected(f"SPOT is not complete: {wrong}") from None


def _asked_for(country: str) -> Spot | None:
    """Ask whoever sits there. Raises Rejected when nobody does."""
    try:
        carrier, tax_number, vehicle = (
            typer.prompt(what) for what in ("Carrier", "Its tax number", "Vehicle's number")
        )
        trailer = typer.prompt("Trailer's number, if there is one", default="", show_default=False)
    except typer.Abort:
        raise Rejected("tell --carrier, --tax-number and --vehicle, or put them under supplies.spot") from None
    return _spot_data(carrier, tax_number, vehicle, country=country, trailer=trailer or None)


# ---- orders of supplies


@app.command()
def move(
    stage: StageOption,
    order_ids: Annotated[list[int], typer.Argument(metavar="ORDER")],
    to: ToOption,
) -> None:
    """Put orders on assembly into another open supply of their kind."""
    with _desk(stage) as desk:
        wanted = [OrderId(each) for each in dict.fromkeys(order_ids)]
        target = desk.known(to)
        reasons = move_orders.move(wanted, target, wb=desk.installation.wb, orders=desk.orders, now=utcnow())
    _tell_moved(reasons, to)


@app.command()
def reship(
    stage: StageOption,
    to: Annotated[str, typer.Option("--to", metavar="SUPPLY", help="Put them all into this open supply.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Orders that WB did not find in a delivered supply: list them, or send them again."""
    with _desk(stage) as desk:
        missed = move_orders.to_be_sent_again(desk.installation.wb)
        if to:
            target = desk.known(to)
            reasons = move_orders.send_again(missed, target, wb=desk.installation.wb, orders=desk.orders, now=utcnow())
            _tell_moved(reasons, to)
            return
    rows = [{"order_id": r.order_id, "supply_id": r.supply_id, "transferable": r.transferable} for r in missed]
    if as_json:
        print_json(rows)
        return
    print_table(("order_id", "supply_id", "transferable"), [[_cell(value) for value in row.values()] for row in rows])
    typer.echo(f"{len(rows)} order(s)")


def _tell_moved(reasons: Mapping[OrderId, str], to: str) -> None:
    for order_id, reason in reasons.items():
        typer.echo(f"{order_id}: {f'left where it is: {reason}' if reason else f'now in {to}'}")
    if any(reasons.values()):
        raise typer.Exit(1)


# ---- boxes


@app.command()
def boxes(
    supply_id: IdArgument,
    stage: StageOption,
    *,
    add: Annotated[int, typer.Option(help="So many more boxes.", min=0, max=1000)] = 0,
    remove_ids: Annotated[list[str] | None, typer.Option("--remove", metavar="BOX", help="Ids of boxes.")] = None,
    stickers: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write the stickers of all boxes into this folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Boxes of a supply that goes to a pick-up point: at most half as many as it has orders."""
    with _desk(stage) as desk:
        wb, path = desk.installation.wb, {"supply_id": id_of(desk.known(supply_id))}

        def there() -> tuple[str, ...]:
            return tuple(box.id for box in wb.call(BOXES, path=path).trbxes)

        if remove_ids:
            _check_boxes(remove_ids, there())
            wb.call(DELETE_BOXES, path=path, body=BoxIds(trbx_ids=tuple(remove_ids)))
        if add:
            _check_room(desk, supply_id, add, there)
            wb.call(ADD_BOXES, path=path, body=NewBoxes(amount=add))
        found = there()
        if stickers and found:
            answer = wb.call(BOX_STICKERS, path=path, query={"type": "png"}, body=BoxIds(trbx_ids=found))
            _write_stickers(stickers, found, answer.stickers)
    if as_json:
        print_json(list(found))
        return
    for box in found:
        typer.echo(box)
    typer.echo(f"{len(found)} box(es)" + (f", their stickers are in {stickers}" if stickers and found else ""))


def _check_boxes(wanted: Sequence[str], there: Sequence[str]) -> None:
    if unknown := [box for box in wanted if box not in there]:
        raise Rejected(f"no such box: {', '.join(unknown)}")


def _check_room(desk: _Desk, supply_id: str, add: int, there: Callable[[], Sequence[str]]) -> None:
    """WB's rules, asked for before WB refuses: a refusal costs ten calls."""
    row = read_supply(desk.installation.wb, SupplyId(supply_id))
    if row is None or row.done:
        raise Rejected(f"{supply_id} is not open on WB: boxes are added before it is handed over")
    if not row.is_pickup_point_shipment_allowed:
        raise Rejected(f"{supply_id} cannot be handed in at a pick-up point, and only there boxes are used")
    orders, present = len(read_order_ids(desk.installation.wb, SupplyId(supply_id))), len(there())
    if present + add > most_boxes(orders):
        most = most_boxes(orders)
        raise Rejected(f"{supply_id} has {orders} order(s), so {most} box(es) at most: {present} there, {add} wanted")


def _write_stickers(folder: Path, ids: Sequence[str], stickers: Sequence[BoxSticker]) -> None:
    """A picture for each and a page to print. WB does not name the boxes: their numbers end the codes."""
    boxes_by_number = {box.rpartition("-")[2]: box for box in ids}
    folder.mkdir(parents=True, exist_ok=True)
    for sticker in stickers:
        number = sticker.barcode.rpartition(":")[2]
        box, png = boxes_by_number.get(number, f"box-{number}"), sticker.content()
        (folder / f"{box}.png").write_bytes(png)
        (folder / f"{box}.pdf").write_bytes(sticker_pdf(png, "58x40"))


# ---- how it is told


def _facts(record: SupplyRecord) -> dict[str, object]:
    return {
        "supply_id": record.supply_id,
        "state": str(record.state),
        "name": record.name,
        "kind": str(record.kind),
        "number": record.number,
        "opened_at": _moment(record.opened_at),
        "delivered_at": _moment(record.delivered_at),
        "printed_at": _moment(record.printed_at),
        "spot": str(record.spot),
        "spot_reason": record.spot_reason,
        "reason": record.reason,
        "refused_orders": list(record.refused),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _print_report(report: Mapping[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json(dict(report))
    else:
        print_table(("", ""), [(name, count) for name, count in report.items() if count])
