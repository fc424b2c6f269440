"""`wbsync orders`: what became of the WB orders, and sending those that stopped on their way again."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import Annotated

import typer

from infra.cli import order_proofs
from infra.cli.account import deployed
from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption, StageOption
from wbsync.domain.ids import OrderId
from wbsync.domain.orders import OrderState
from wbsync.errors import Rejected
from wbsync.messages import LabelsWanted, NewOrder
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.queues import Queue
from wbsync.telemetry import utcnow

app = typer.Typer(help="WB orders on their way into the shop.", no_args_is_help=True)
app.command()(order_proofs.reconcile)
app.command()(order_proofs.proof)

_UNDER_WAY = tuple(state for state in OrderState if state not in (OrderState.DONE, OrderState.CLOSED))
_TO_PLACE = frozenset({OrderState.STORED, OrderState.WAITING})
_TO_LABEL = frozenset({OrderState.PLACED, OrderState.LABELLED})
_LABELS_PER_MESSAGE = 100


@app.command("list")
def list_orders(
    stage: StageOption,
    state: Annotated[OrderState | None, typer.Option(help="All but done and closed ones when left out.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Orders by state, oldest first."""
    orders = OrdersStore(deployed(stage).output("OrdersTable"))
    rows = [_facts(record) for wanted in ([state] if state else _UNDER_WAY) for record in orders.in_state(wanted)]
    if as_json:
        print_json(rows)
        return
    columns = ("order_id", "state", "moved_at", "article", "barcodes", "shop_order_id", "reason")
    print_table(columns, [[_cell(row[column]) for column in columns] for row in rows])
    typer.echo(f"{len(rows)} order(s)")


@app.command()
def show(order_id: int, stage: StageOption, *, as_json: JsonOption = False) -> None:
    """All we keep of one order."""
    orders = OrdersStore(deployed(stage).output("OrdersTable"))
    facts = _facts(_known(orders, [order_id])[0])
    if as_json:
        print_json(facts)
    else:
        print_table(("", ""), [(name, _cell(value)) for name, value in facts.items()])


@app.command()
def retry(
    stage: StageOption,
    order_ids: Annotated[list[int] | None, typer.Argument(metavar="ID")] = None,
    *,
    parked: Annotated[bool, typer.Option("--parked", help="All parked orders.")] = False,
) -> None:
    """Send orders again: parked ones from where they stopped, others to the queue they are waiting for."""
    if bool(order_ids) is parked:
        raise typer.BadParameter("name the orders, or --parked")
    stack = deployed(stage)
    orders = OrdersStore(stack.output("OrdersTable"))
    records = list(orders.in_state(OrderState.PARKED)) if parked else _known(orders, order_ids or [])
    _refuse_finished(records)
    sent = {record.order_id: state for record in records if (state := _taken_up(orders, record))}
    place = [order_id for order_id, state in sent.items() if state in _TO_PLACE]
    label = [order_id for order_id, state in sent.items() if state in _TO_LABEL]
    Queue[NewOrder](stack.output("NewOrdersQueue")).send(NewOrder(order_id=order_id) for order_id in place)
    Queue[LabelsWanted](stack.output("LabelsWantedQueue")).send(
        LabelsWanted(order_ids=some) for some in batched(label, _LABELS_PER_MESSAGE, strict=False)
    )
    for told in _told(records, sent):
        typer.echo(told)


def _known(orders: OrdersStore, order_ids: Sequence[int]) -> list[OrderRecord]:
    """Raises Rejected, before anything is done, when one of them is unknown."""
    wanted = list(dict.fromkeys(map(OrderId, order_ids)))
    records = orders.get(wanted)
    if unknown := [str(order_id) for order_id in wanted if order_id not in records]:
        raise Rejected(f"no such order: {', '.join(unknown)}")
    return [records[order_id] for order_id in wanted]


def _refuse_finished(records: Sequence[OrderRecord]) -> None:
    if finished := [f"{r.order_id} is {r.state}" for r in records if r.state not in _UNDER_WAY]:
        raise Rejected(f"nothing is owed any more: {', '.join(finished)}")


def _taken_up(orders: OrdersStore, record: OrderRecord) -> OrderState | None:
    """The state an order goes on from: a parked one is moved, unless it is no longer parked by now."""
    if record.state is not OrderState.PARKED:
        return record.state
    to = OrderState.PLACED if record.shop_order_id else OrderState.STORED
    return to if orders.move(record.order_id, to, at=utcnow()) else None


def _told(records: Sequence[OrderRecord], sent: Mapping[OrderId, OrderState]) -> Iterator[str]:
    for record in records:
        state = sent.get(record.order_id)
        if state is None:
            yield f"{record.order_id}: left alone, it moved on meanwhile"
        else:
            purpose = "to be placed" if state in _TO_PLACE else "for its label"
            yield f"{record.order_id}: was {record.state}, queued {purpose}"
    yield f"{len(sent)} order(s) queued"


def _facts(record: OrderRecord) -> dict[str, object]:
    order = record.order
    return {
        "order_id": record.order_id,
        "state": str(record.state),
        "reason": record.reason,
        "shop_order_id": record.shop_order_id,
        "sticker": record.sticker,
        "created_at": order.created_at.isoformat(timespec="seconds"),
        "stored_at": record.stored_at.isoformat(timespec="seconds"),
        "moved_at": record.moved_at.isoformat(timespec="seconds"),
        "article": order.article,
        "barcodes": list(order.barcodes),
        "nm_id": order.nm_id,
        "chrt_id": order.chrt_id,
        "warehouse_id": order.warehouse_id,
        "price": f"{order.sale.amount:.2f} {order.sale.currency}",
        "cross_border": order.cross_border,
        "rid": order.rid,
    }


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
