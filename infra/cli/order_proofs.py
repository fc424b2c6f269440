"""`wbsync orders reconcile` and `orders proof`: whether every WB order stands where it should, day by day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from infra.cli.account import deployed
from infra.cli.console import print_json, print_table
from infra.cli.installation import Installation
from infra.cli.options import JsonOption, StageOption
from wbsync.domain.proof import LISTED_FOR, Difference, Proof
from wbsync.errors import Rejected
from wbsync.flows.reconcile_orders import DAYS_BACK, ReconcileOrders
from wbsync.stores import parameters
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.proofs import ProofsStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import utcnow
from wbsync.texts import PROOF_REASONS, PROOF_SIDES
from wbsync.wb.token import is_sandbox

_LONGEST = timedelta(days=3 * 365)
"""How far back one may ask. WB names no end of its archive."""

_PATIENCE = timedelta(hours=12)
"""For how long a reading by hand may go on."""

_DAY = timedelta(days=1)
_DAYS = ("День (UTC)", "WB", "wbsync", "Магазин", "Расхождений", "Без причины", "Прочитано (UTC)")
_ORDERS = ("День", "Заказ", "Не так", "Почему")

SinceOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help=f"The first day, by UTC. {DAYS_BACK} days ago when left out."),
]


def reconcile(stage: StageOption, since: SinceOption = None, *, as_json: JsonOption = False) -> None:
    """Hold WB's list against our table and the shop, fetch what was missed, and show each day's proof."""
    now = utcnow()
    first = _checked(since, now) if since else None
    with Installation(stage) as there:
        if first and first < (now - LISTED_FOR).date() and is_sandbox(there.wb_hosts):
            raise Rejected("WB's sandbox has no archive: --since may lie three months back there")
        stack = deployed(stage)
        proofs: list[Proof] = []
        flow = ReconcileOrders(
            wb=there.wb,
            bitrix=there.bitrix,
            orders=OrdersStore(stack.output("OrdersTable")),
            told=StockToldStore(stack.output("StockToldTable")),
            cursors=CursorsStore(stack.output("CursorsTable")),
            proofs=ProofsStore(stack.output("ProofsTable")),
            new_orders=Queue(stack.output("NewOrdersQueue")),
            now=utcnow,
            adopted_by=parameters.shop(stage.parameter("config")).orders.adopted_by,
        )
        report = flow.run(deadline=now + _PATIENCE, since=first, proved=lambda proof: _tell(proof, proofs))
    _print(proofs, as_json=as_json)
    if not as_json:
        typer.echo(f"{report['OrdersListed']} order(s) of WB, {report['OrdersImported']} fetched that were missed")


def proof(stage: StageOption, since: SinceOption = None, *, as_json: JsonOption = False) -> None:
    """Proofs as they were last kept; nobody is asked."""
    now = utcnow()
    first = _checked(since, now) if since else now.date() - DAYS_BACK * _DAY
    days = [first + n * _DAY for n in range((now.date() - first).days + 1)]
    _print(ProofsStore(deployed(stage).output("ProofsTable")).get(days), as_json=as_json)


def _checked(since: datetime, now: datetime) -> date:
    first = since.date()
    if first > now.date():
        raise Rejected(f"--since {first} has not come yet: today is {now.date()} by UTC")
    if first < (now - _LONGEST).date():
        raise Rejected(f"--since {first} is too long ago: {(now - _LONGEST).date()} is the earliest day")
    return first


def _tell(proof: Proof, proofs: list[Proof]) -> None:
    """Progress goes to stderr, so that stdout holds the result alone."""
    proofs.append(proof)
    typer.echo(f"{proof.day}: {proof.wb} order(s) of WB, {sum(proof.reasons.values())} difference(s)", err=True)


def _print(proofs: Sequence[Proof], *, as_json: bool) -> None:
    if as_json:
        print_json([_document(proof) for proof in proofs])
        return
    print_table(_DAYS, map(_row, proofs))
    if any(proof.differences for proof in proofs):
        print_table(_ORDERS, _differences(proofs))


def _row(proof: Proof) -> tuple[object, ...]:
    read_at = proof.read_at.strftime("%Y-%m-%d %H:%M")
    counts = (proof.wb, proof.ours, proof.shop, sum(proof.reasons.values()), proof.unexplained)
    return (proof.day, *counts, read_at)


def _differences(proofs: Iterable[Proof]) -> Iterator[tuple[object, ...]]:
    for proof in proofs:
        for one in proof.differences:
            yield proof.day, one.order_id, PROOF_SIDES[one.side], _why(one)
        if proof.more:
            yield proof.day, f"ещё {proof.more}", "", ""


def _why(difference: Difference) -> str:
    words = PROOF_REASONS[difference.reason]
    return f"{words} ({difference.detail})" if difference.detail else words


def _document(proof: Proof) -> dict[str, object]:
    told = proof.model_dump(mode="json") | {"unexplained": proof.unexplained}
    return told | {
        "differences": [one.model_dump(mode="json") | {"why": PROOF_REASONS[one.reason]} for one in proof.differences]
    }
