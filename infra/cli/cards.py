"""`wbsync cards`: what has to be done about the cards on WB, doing just that, and what became of it."""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from infra.cli.account import deployed
from infra.cli.card_report import document, html, needed, told_once
from infra.cli.console import print_json, print_table
from infra.cli.installation import Installation
from infra.cli.options import JsonOption, StageOption, WbHostsOption
from wbsync.bitrix.products import read_property_names
from wbsync.domain.card_requests import requests
from wbsync.domain.cards import WITH_WB, Plan, PlannedCard, Step
from wbsync.domain.ids import ProductId
from wbsync.errors import RateLimited, Rejected, TryLater
from wbsync.flows import plan_cards, upload_cards
from wbsync.stores.cards import CardRecord, CardsStore
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.schemas import SchemasStore
from wbsync.telemetry import utcnow
from wbsync.texts import CARD_STATES, CARD_STEPS, card_problem
from wbsync.wb import cards as wb_cards

app = typer.Typer(help="Cards on WB, made of the shop's products.", no_args_is_help=True)

_OLD = timedelta(days=1)
_WAITS = timedelta(minutes=40)
_TRIES = 5

PlanFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The plan, as `cards plan` wrote it.")]


@app.command()
def plan(
    stage: StageOption,
    wb_hosts: WbHostsOption = "",
    products: Annotated[
        list[int] | None, typer.Option("--product", help="Only this product of the shop (its id); repeatable.")
    ] = None,
    *,
    file: Annotated[Path, typer.Option("--out", dir_okay=False, help="Where the plan is written.")] = Path("plan.json"),
    report: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, help="Write a report for people there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the shop with WB, and write down what is to be done about each card. Nothing is sent."""
    with Installation(stage, wb_hosts) as there:
        made = _planned(there, {ProductId(number) for number in products or ()})
    file.write_bytes(_plan_type().dump_json(made))
    if report:
        report.write_text(html(made), encoding="utf-8")
    if as_json:
        print_json(document(made))
        return
    _print(made)
    typer.echo(f"The plan is in {file}" + (f", the report in {report}" if report else "") + ". Nothing was sent.")
    typer.echo(f"Send it with `wbsync cards apply {file} --stage {stage}`")


@app.command()
def apply(
    file: PlanFile,
    stage: StageOption,
    wb_hosts: WbHostsOption = "",
    *,
    old: Annotated[bool, typer.Option("--old", help="Send a plan that is older than a day.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until WB has answered for every card.")] = False,
) -> None:
    """Send exactly what a plan says, each card once; to be called again after an interruption."""
    made = _read(file)
    if utcnow() - made.made_at > _OLD and not old:
        raise Rejected(f"{file} was made {made.made_at:%d.%m.%Y %H:%M} UTC: make a new plan, or say --old")
    with Installation(stage, wb_hosts) as there:
        stack = deployed(stage)
        cards = CardsStore(stack.output("CardsTable"))
        plan_cards.keep(made, cards, cards.told_of(card.vendor_code for card in made.cards))
        sent = send(there, cards, made, sleep=time.sleep, now=utcnow)
        typer.echo(
            f"sent {sent.sent}, refused {sent.refused}, answer lost {sent.doubtful}, sent or planned anew before "
            f"{sent.overtaken}"
        )
        if wait:
            _await(cards, [card.vendor_code for card in plan_cards.sendable(made)])
    typer.echo(f"`wbsync cards show --stage {stage}` tells what became of them")


@app.command()
def show(
    stage: StageOption,
    *,
    problems: Annotated[bool, typer.Option("--problems", help="Only cards that have some.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Every card that was planned or sent, with its state and what is wrong with it."""
    stored = CardsStore(deployed(stage).output("CardsTable")).all()
    records = sorted((r for r in stored if r.problems or not problems), key=lambda record: record.vendor_code)
    if as_json:
        print_json([_facts(record) for record in records])
        return
    print_table(
        ("Артикул", "Товар", "Карточка (nmID)", "Состояние", "Что не так"),
        [
            (
                record.vendor_code,
                f"{record.card.product_id} {record.card.name}",
                record.nm_id or "",
                CARD_STATES[record.state],
                "\n".join(told_once(record.problems)),
            )
            for record in records
        ],
    )
    counted = Counter(CARD_STATES[record.state] for record in records)
    typer.echo("; ".join(f"{state}: {number}" for state, number in sorted(counted.items())) or "no cards")


def _planned(there: Installation, only: set[ProductId]) -> Plan:
    stack, shop = deployed(there.stage), there.shop
    tables = MappingsStore(stack.output("MappingsTable")).all()
    if not tables:
        raise Rejected(f"there are no mapping tables: `wbsync mapping push --stage {there.stage}`")
    found = list(plan_cards.read(there.bitrix, shop, tables))
    if missing := only - {product.id for product in found}:
        raise Rejected(f"the shop has no product {', '.join(map(str, sorted(missing)))} in its configured catalog")
    made = plan_cards.planned(
        found,
        tables,
        SchemasStore(stack.output("SchemasTable")).schema(),
        on_wb=plan_cards.OnWb(
            patiently(lambda: list(wb_cards.read_whole(there.wb)), sleep=time.sleep),
            most=lambda: patiently(lambda: wb_cards.most_cards(there.wb), sleep=time.sleep),
        ),
        told=CardsStore(stack.output("CardsTable")).told(),
        shop=shop,
        made_at=utcnow(),
        names=read_property_names(there.bitrix, shop.catalog),
    )
    # All are planned, so that what is twice shows; few are kept.
    return replace(made, cards=tuple(card for card in made.cards if card.product_id in only)) if only else made


def send(
    there: Installation,
    cards: CardsStore,
    made: Plan,
    *,
    sleep: Callable[[float], None],
    now: Callable[[], datetime],
) -> upload_cards.Sent:
    """Send all that a plan has to send, as slowly as WB's limits want it."""
    left = deque(request.cards for request in requests(plan_cards.sendable(made)))
    total = upload_cards.Sent()
    while left:
        piece = left.popleft()
        sent = patiently(
            partial(upload_cards.send, piece, made.made_at, wb=there.wb, cards=cards, now=now), sleep=sleep
        )
        left.extend(sent.again)
        total += sent
    return total


def patiently[A](ask: Callable[[], A], *, sleep: Callable[[float], None]) -> A:
    """Wait for the seller's limit as long as it takes, and for a side that does not answer a few times."""
    failed = 0
    while True:
        try:
            return ask()
        except RateLimited as error:
            sleep(error.wait)
        except TryLater as error:
            failed += 1
            if failed >= _TRIES:
                raise
            sleep(error.wait)


def _await(cards: CardsStore, vendor_codes: Sequence[str]) -> None:
    until = utcnow() + _WAITS
    while utcnow() < until:
        waiting = sum(record.state in WITH_WB for record in cards.get(vendor_codes).values())
        if not waiting:
            return
        typer.echo(f"WB works on {waiting} card(s)")
        time.sleep(10)
    typer.echo("WB has not answered for every card: confirm_cards goes on looking")


def _read(file: Path) -> Plan:
    try:
        return _plan_type().validate_json(file.read_bytes())
    except ValidationError as error:
        raise Rejected(f"{file} is no plan of `wbsync cards plan` ({error.error_count()} mistakes)") from None


def _plan_type() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def _print(made: Plan) -> None:
    counted = Counter(card.step for card in made.cards)
    print_table(("Что сделать", "Карточек"), [(CARD_STEPS[step], counted[step]) for step in Step if counted[step]])
    told = [card for card in made.cards if card.problems]
    if told:
        print_table(("Артикул", "Товар", "Что не так"), map(_problem_row, told))
    print_table(("Запросы к WB", "Сколько", "Не меньше, с"), needed(made))


def _problem_row(card: PlannedCard) -> tuple[str, str, str]:
    return card.vendor_code, f"{card.product_id} {card.name}", "\n".join(told_once(card.problems))


def _facts(record: CardRecord) -> dict[str, object]:
    return {
        "vendor_code": record.vendor_code,
        "product_id": record.card.product_id,
        "name": record.card.name,
        "state": record.state,
        "nm_id": record.nm_id,
        "imt_id": record.imt_id,
        "sent_at": record.sent_at.isoformat(timespec="seconds") if record.sent_at else None,
        "problems": [
            {
                "kind": problem.kind,
                "target": problem.target,
                "source": problem.source,
                "value": problem.value,
                "nearest": problem.nearest,
                "detail": problem.detail,
                "text": card_problem(problem),
            }
            for problem in record.problems
        ],
    }
