"""`wbsync prices`: what would be told to WB, what waits for approval, and what WB did not take."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer

from infra.cli.account import Stage, deployed
from infra.cli.console import print_json, print_table
from infra.cli.installation import Installation
from infra.cli.options import JsonOption, StageOption
from wbsync.domain.ids import NmId
from wbsync.domain.prices import Change, Hold, Plan, Quote, Refusal, Task, Unpriced, drop_percent
from wbsync.errors import Rejected
from wbsync.flows.push_prices import PushPrices
from wbsync.stores import parameters
from wbsync.stores.links import LinksStore
from wbsync.stores.prices import PricesStore
from wbsync.telemetry import utcnow
from wbsync.texts import PRICE_KEPT, PRICE_PROBLEMS, PRICE_REFUSALS

app = typer.Typer(help="Prices told to WB.", no_args_is_help=True)

_PLAN = ("Карточка (nmID)", "Артикул", "Сейчас на WB", "Станет", "Покупатель платит", "Изменение", "Что будет")
_PROBLEMS = ("Карточка (nmID)", "Артикул", "Товар магазина", "Почему цена не передаётся")
_HELD = ("Карточка (nmID)", "Артикул", "Сейчас на WB", "Станет", "Изменение", "Ждёт с (UTC)", "Одобрено до (UTC)")
_REFUSED = ("Карточка (nmID)", "Артикул", "Цена", "Когда (UTC)", "Почему")
_TASKS = ("Загрузка WB", "Цен", "Начата (UTC)")

_SENT, _HOLDS, _WAITS = "передать", "ждёт одобрения", "WB уже отказал, повтор через сутки"

NmIds = Annotated[list[int] | None, typer.Argument(metavar="NM…", help="Cards, by nmID.")]
AllOption = Annotated[bool, typer.Option("--all", help="All that wait now.")]


@contextmanager
def _flow(stage: Stage) -> Iterator[PushPrices]:
    stack = deployed(stage)
    with Installation(stage) as installation:
        yield PushPrices(
            wb=installation.wb,
            bitrix=installation.bitrix,
            shop=parameters.shop(stage.parameter("config")),
            links=LinksStore(stack.output("LinksTable")),
            prices=PricesStore(stack.output("PricesTable")),
            now=utcnow,
        )


@app.command()
def plan(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """What the next run would tell WB, and what it would not and why; nothing is sent."""
    with _flow(stage) as flow:
        found = flow.plan()
    if as_json:
        print_json(_document(found))
        return
    print_table(_PLAN, [_row(change, what) for change, what in _changes(found)])
    if found.unpriced:
        print_table(_PROBLEMS, [_problem_row(one) for one in found.unpriced])
    typer.echo(
        f"{len(found.changes)} to send, {len(found.held)} held, {len(found.refused)} refused lately,"
        f" {len(found.unpriced)} without a price, {len(found.busy)} with WB, {len(found.standing)} stand"
    )


@app.command()
def approve(stage: StageOption, nm_ids: NmIds = None, *, everything: AllOption = False) -> None:
    """Let held prices go to WB in the next run: just the price that `show` tells, for a week."""
    if bool(nm_ids) == everything:
        raise Rejected("name the cards, or --all: see `wbsync prices show`")
    store = PricesStore(deployed(stage).output("PricesTable"))
    holds = store.read().holds
    missing = False
    for nm_id in sorted(holds) if everything else [NmId(number) for number in dict.fromkeys(nm_ids or ())]:
        hold = holds.get(nm_id)
        approved = hold is not None and store.approve(hold, at=utcnow())
        missing |= not approved
        typer.echo(f"{nm_id}: {_text(hold.quote) if hold and approved else 'no such price is held any more'}")
    if missing:
        raise typer.Exit(1)


@app.command()
def show(stage: StageOption, *, as_json: JsonOption = False) -> None:
    """Prices that wait for approval, that WB did not take, and those that WB works on."""
    memory = PricesStore(deployed(stage).output("PricesTable")).read()
    holds = [memory.holds[nm_id] for nm_id in sorted(memory.holds)]
    refusals = [memory.refusals[nm_id] for nm_id in sorted(memory.refusals)]
    if as_json:
        print_json(
            {
                "held": [_hold_facts(hold) for hold in holds],
                "refused": [_refusal_facts(refusal) for refusal in refusals],
                "tasks": [_task_facts(task) for task in memory.tasks],
            }
        )
        return
    print_table(_HELD, [_hold_row(hold) for hold in holds])
    print_table(_REFUSED, [_refusal_row(refusal) for refusal in refusals])
    if memory.tasks:
        print_table(_TASKS, [(t.upload_id or "ответа WB нет", len(t.rows), _minute(t.begun_at)) for t in memory.tasks])
    typer.echo(f"{len(holds)} held, {len(refusals)} refused, {len(memory.tasks)} task(s) with WB")


def _changes(plan: Plan) -> Iterator[tuple[Change, str]]:
    """What needs people first."""
    for found, what in ((plan.held, _HOLDS), (plan.refused, _WAITS), (plan.changes, _SENT)):
        yield from ((change, what) for change in found)


def _row(change: Change, what: str) -> Sequence[object]:
    before = change.before
    notes = [
        what,
        PRICE_KEPT[change.after.kept] if change.after.kept else "",
        "изменено вручную" if change.by_hand else "",
    ]
    return (
        change.nm_id,
        before.vendor_code,
        _standing(before.price, before.discount),
        _text(change.after),
        _money(change.after.paid),
        "первая цена" if before.paid is None else _percent(change.drop),
        "; ".join(filter(None, notes)),
    )


def _problem_row(one: Unpriced) -> Sequence[object]:
    why = f"{PRICE_PROBLEMS[one.flaw.problem]} {one.flaw.detail}".strip()
    return (one.nm_id, one.vendor_code, one.flaw.offer_id or "", why)


def _hold_row(hold: Hold) -> Sequence[object]:
    return (
        hold.nm_id,
        hold.vendor_code,
        _standing(hold.price_before, hold.discount_before),
        _text(hold.quote),
        _percent(_drop(hold)),
        _minute(hold.since),
        _minute(hold.approved_until) if hold.approved_until else "",
    )


def _refusal_row(refusal: Refusal) -> Sequence[object]:
    return (
        refusal.nm_id,
        refusal.vendor_code,
        _text(refusal.quote),
        _minute(refusal.at),
        f"{PRICE_REFUSALS[refusal.kind]} {refusal.words}".strip(),
    )


def _document(plan: Plan) -> dict[str, object]:
    states = {_SENT: "send", _HOLDS: "held", _WAITS: "refused"}
    return {
        "changes": [
            {
                "nm_id": change.nm_id,
                "vendor_code": change.before.vendor_code,
                "before": _before(change.before.price, change.before.discount),
                "after": _facts(change.after),
                "change_percent": None if change.before.paid is None else _rounded(-change.drop),
                "state": states[what],
                "kept_margin_by": change.after.kept,
                "by_hand": change.by_hand,
            }
            for change, what in _changes(plan)
        ],
        "problems": [
            {
                "nm_id": one.nm_id,
                "vendor_code": one.vendor_code,
                "problem": str(one.flaw.problem),
                "reason": PRICE_PROBLEMS[one.flaw.problem],
                "offer_id": one.flaw.offer_id,
                "detail": one.flaw.detail,
            }
            for one in plan.unpriced
        ],
        "standing": len(plan.standing),
        "with_wb": len(plan.busy),
    }


def _hold_facts(hold: Hold) -> dict[str, object]:
    return {
        "nm_id": hold.nm_id,
        "vendor_code": hold.vendor_code,
        "before": _before(hold.price_before, hold.discount_before),
        "after": _facts(hold.quote),
        "change_percent": _rounded(-_drop(hold)),
        "since": _iso(hold.since),
        "approved_until": _iso(hold.approved_until) if hold.approved_until else None,
    }


def _refusal_facts(refusal: Refusal) -> dict[str, object]:
    return {
        "nm_id": refusal.nm_id,
        "vendor_code": refusal.vendor_code,
        "after": _facts(refusal.quote),
        "at": _iso(refusal.at),
        "kind": str(refusal.kind),
        "reason": f"{PRICE_REFUSALS[refusal.kind]} {refusal.words}".strip(),
    }


def _task_facts(task: Task) -> dict[str, object]:
    return {"upload_id": task.upload_id, "rows": len(task.rows), "begun_at": _iso(task.begun_at)}


def _facts(quote: Quote) -> dict[str, object]:
    return {"price": quote.price, "discount": quote.discount, "paid": _money(quote.paid)}


def _before(price: Decimal | None, discount: int) -> dict[str, object] | None:
    return None if price is None else {"price": _money(price), "discount": discount}


def _drop(hold: Hold) -> Decimal:
    return drop_percent(hold.price_before * (100 - hold.discount_before) / 100, hold.quote.paid)


def _standing(price: Decimal | None, discount: int) -> str:
    return "нет" if price is None else f"{_money(price)} −{discount} %" if discount else _money(price)


def _text(quote: Quote) -> str:
    return _standing(Decimal(quote.price), quote.discount)


def _money(amount: Decimal) -> str:
    return f"{amount:f}".rstrip("0").rstrip(".") if "." in f"{amount:f}" else f"{amount:f}"


def _percent(drop: Decimal) -> str:
    return f"{-drop:+.1f} %"


def _rounded(percent: Decimal) -> float:
    return round(float(percent), 1)


def _minute(at: datetime) -> str:
    return f"{at:%d.%m.%Y %H:%M}"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
