"""`make demo`; the variables are those of `infra.local.stage.Size`, each after DEMO_."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from infra.local.demo import counting, outcome
from infra.local.demo.catalog import Catalog
from infra.local.demo.counting import World
from infra.local.demo.day import Day
from infra.local.demo.handover import Handover
from infra.local.demo.people import People
from infra.local.demo.running import Running
from infra.local.ministack import CloudError
from infra.local.stage import Size, Stage, stage

_FAILURES = (CloudError, httpx.HTTPError, ClientError, BotoCoreError, OSError)
_INTERRUPTED = 130


class Phases:
    """Shows each phase while it runs, and remembers how long it took."""

    def __init__(self, console: Console) -> None:
        self.seconds: dict[str, float] = {}
        self.progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            TextColumn("[dim]{task.fields[said]}"),
            console=console,
        )
        self._task = TaskID(0)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        self._task = self.progress.add_task(name, total=1, said="")
        yield
        self.seconds[name] = round(time.monotonic() - began, 2)
        self.progress.update(self._task, completed=1)

    def say(self, text: str) -> None:
        self.progress.update(self._task, said=text)


def main() -> int:
    """0 after a good day, 1 with one line that says what was not, 130 when it was interrupted."""
    console = Console()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts its background jobs deaf to Ctrl-C
        signal.signal(number, signal.default_int_handler)
    try:
        size = Size.from_env()
        report = _run(size, console)
    except _FAILURES as error:
        console.print(f"[red]demo failed:[/] {error}", soft_wrap=True, highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("demo interrupted, everything is stopped")
        return _INTERRUPTED
    console.print(_table(report))
    console.print(f"{size.out}/report.json, {size.out}/labels/, {size.out}/supplies/", soft_wrap=True, highlight=False)
    faults = outcome.faults(report)
    if faults:
        console.print(f"[red]demo failed:[/] {'; '.join(faults)}", soft_wrap=True, highlight=False)
    return 1 if faults else 0


def _run(size: Size, console: Console) -> dict[str, Any]:
    file = size.out / "report.json"
    file.unlink(missing_ok=True)
    for folder in ("labels", "supplies"):
        shutil.rmtree(size.out / folder, ignore_errors=True)
    size.out.mkdir(parents=True, exist_ok=True)
    began, phases = time.monotonic(), Phases(console)
    with phases.progress, stage(size, schedules="DISABLED", step=phases) as world:
        counted = _life_of_orders(size, world, phases)
        if size.then:
            phases.progress.stop()
            world.run_command(size.then)
    counted["seconds"] = phases.seconds | {"total": round(time.monotonic() - began, 2)}
    file.write_text(json.dumps(counted, ensure_ascii=False, indent=2) + "\n")
    return counted


def _life_of_orders(size: Size, world: Stage, phases: Phases) -> dict[str, Any]:
    """The report without its times. After a failure the functions' logs are kept: they end with the local cloud."""
    people = People(wildberries=world.wildberries, bitrix=world.bitrix, seed=size.seed)
    running = Running(world, people, size, phases.say)
    day, handover = Day(running), Handover(running)
    try:
        with ThreadPoolExecutor(1) as background:
            catalog = Catalog(running, background)
            # WB needs minutes for the cards' pictures, in which the day goes on.
            early, late = catalog.hours_before_the_handover(), catalog.hours_after_it()
            with ExitStack() as ending:
                ending.callback(catalog.given_up.set)
                for name, hour in {**day.hours(), **early, **handover.hours(), **late}.items():
                    with phases(name):
                        phases.say(hour())
        with phases("count what came of it"):
            return report(running, handover, catalog)
    except _FAILURES as error:
        raise CloudError(f"{error} (see {world.keep_logs()})") from error


def report(run: Running, handover: Handover, catalog: Catalog) -> dict[str, Any]:
    """All but `seconds` of report.json."""
    world, reasons, stage = run.world(), run.reasons(), run.stage
    return {
        **_of_orders(world, reasons, handover),
        **_of_labels(world, handover),
        **_of_supplies(world, run.files("supplies/"), handover),
        **_of_proof(world, reasons, handover.proofs()),
        **_of_stock(world, handover.fbo_kept()),
        **catalog.counted(),
        "wb_requests": world.wb["requests"],
        "wb_answers": world.wb["answers"],
        "wb_429": world.wb["answers_429"],
        "bitrix_requests": world.shop["requests"]["http_by_method"],
        "bitrix_methods": world.shop["requests"]["by_method"],
        "wrong": {
            "lost": counting.lost(world, reasons),
            "oversold": counting.oversold(world),
            "wrong_rows": {f"{w} {chrt}": row for (w, chrt), row in counting.wrong_rows(world).items()},
            "sides": outcome.sides_differing(world, handover.kept()),
            "prints": outcome.prints_missing(world, handover.papers),
        },
        "addresses": {
            "wildberries": stage.wildberries,
            "bitrix": stage.bitrix,
            "ministack": stage.ministack,
            "labels": stage.labels,
        },
        "sizes": run.size.model_dump(include={"offers", "orders", "products", "seed"}),
    }


def _of_orders(world: World, reasons: Mapping[int, str], handover: Handover) -> dict[str, Any]:
    waiting, ends = counting.waiting(world, reasons), counting.ends(world)
    came = [order for order in world.wb["orders"] if counting.is_returned(order)]
    return {
        "orders_by_buyers": len(world.wb["orders"]),
        "orders_in_bitrix": counting.in_shop(world),
        "orders_waiting": [{"order": order_id, "reason": reason} for order_id, reason in waiting.items()],
        "orders_sold": ends["sold"],
        "orders_cancelled": ends["cancelled"],
        "orders_returned": ends["returned"],
        "orders_under_way": ends["under_way"] - len(waiting),
        "orders_left_behind": len(outcome.left_behind(world)),
        "returns_not_taken": sum(not world.taken_back(order) for order in came),
        "orders_lost": len(counting.lost(world, reasons)),
        "orders_doubled": len(counting.doubled(world)),
        "orders_incomplete": len(counting.incomplete(world)),
        "sides_differing": len(outcome.sides_differing(world, handover.kept())),
        "oversold_units": sum(counting.oversold(world).values()),
    }


def _of_labels(world: World, handover: Handover) -> dict[str, int]:
    owed, stored, opened = set(counting.labels_owed(world)), handover.labels_stored(), set(handover.opened)
    return {
        "labels_owed": len(owed),
        "labels_stored": len(stored),
        "labels_opened": len(opened),
        "labels_missing": len(owed - (stored & opened)),
    }


def _of_supplies(world: World, files: Collection[str], handover: Handover) -> dict[str, int]:
    made, delivered, spot = world.wb["supplies"], outcome.supplies_delivered(world), outcome.spot(world)
    return {
        "supplies_made": len(made),
        "supplies_delivered": len(delivered),
        "supplies_not_delivered": len(made) - len(delivered),
        "supplies_mixed": len(outcome.supplies_mixed(world)),
        "supplies_doubled": len(outcome.supplies_doubled(world)),
        "supply_codes_missing": len(outcome.codes_missing(world, files)),
        "spot_wanted": sum(spot.values()),
        "spot_completed": spot.get("completed", 0),
        "spot_missing": len(outcome.spot_missing(world, files)),
        "codes_sent": outcome.codes_sent(world),
        "codes_blocking": len(outcome.codes_blocking(world)),
        "codes_corrected": handover.corrected,
        "codes_unexplained": handover.unexplained,
        "print_files": len(handover.papers),
        "print_pages": sum(paper.pages for paper in handover.papers),
        "print_stickers": outcome.stickers_read(world, handover.papers),
        "prints_missing": len(outcome.prints_missing(world, handover.papers)),
    }


def _of_proof(world: World, reasons: Mapping[int, str], proofs: Sequence[counting.Json]) -> dict[str, Any]:
    told = ("day", "wb", "ours", "shop", "reasons")
    return {
        "proofs": [{name: proof[name] for name in told} for proof in sorted(proofs, key=lambda proof: proof["day"])],
        "proofs_wrong": len(outcome.proofs_wrong(world, reasons.keys(), proofs)),
        "orders_unexplained": outcome.unexplained(proofs),
    }


def _of_stock(world: World, fbo_kept: Mapping[int, int]) -> dict[str, int]:
    told, wrong = counting.told_of_wbs_own(world), counting.wrong_wbs_own(world, fbo_kept)
    return {
        "stock_rows_on_wb": sum(offer not in world.sold_by_wb for offer in world.linked.values()),
        "stock_rows_wrong_on_wb": len(counting.wrong_rows(world)),
        "fbo_rows": len(fbo_kept),
        "fbo_rows_wrong": len({*told, *wrong}),
    }


_SHOWN: Mapping[str, str] = {
    "stock_rows_on_wb": "sizes linked",
    "stock_rows_wrong_on_wb": "… whose stock on WB is wrong",
    "fbo_rows": "sizes in WB's own warehouses",
    "fbo_rows_wrong": "… told, or kept wrongly",
    "oversold_units": "units oversold",
    "orders_by_buyers": "orders by buyers",
    "orders_in_bitrix": "orders in Bitrix",
    "orders_waiting": "orders waiting for a barcode",
    "orders_sold": "orders sold",
    "orders_cancelled": "orders cancelled",
    "orders_returned": "orders returned",
    "returns_not_taken": "… not taken back",
    "orders_under_way": "orders without an end",
    "orders_lost": "orders lost",
    "orders_doubled": "orders doubled",
    "orders_incomplete": "orders incomplete",
    "sides_differing": "orders differing on WB, here, in Bitrix",
    "labels_owed": "orders with a label",
    "labels_stored": "labels stored",
    "labels_opened": "labels opened",
    "supplies_made": "supplies made",
    "supplies_delivered": "… handed over",
    "supplies_mixed": "… mixed",
    "supplies_doubled": "… doubled",
    "supply_codes_missing": "… without their QR code",
    "spot_wanted": "supplies to Russia",
    "spot_completed": "… with SPOT completed",
    "spot_missing": "… without it or its QR code",
    "codes_sent": "marking codes sent",
    "codes_corrected": "… corrected by staff",
    "codes_unexplained": "… wrong without a word",
    "codes_blocking": "… holding back their order",
    "print_files": "print files opened",
    "print_pages": "… pages",
    "print_stickers": "… stickers read by a scanner",
    "prints_missing": "… stickers and QR codes missing",
    "products": "products without cards",
    "cards_accepted": "cards made and accepted",
    "cards_good_missing": "… good ones missing",
    "cards_doubled": "… made twice",
    "cards_unlinked": "… barcodes not linked",
    "cards_blocked": "cards held back, with their reason",
    "cards_refused": "cards that WB refused, with its reason",
    "cards_bad_unexplained": "mistakes not explained",
    "wb_requests": "requests to WB",
    "wb_429": "… refused by its limit",
    "bitrix_requests": "requests to Bitrix",
}


def _table(report: Mapping[str, Any]) -> Table:
    table = Table(title="The catalog, and the whole life of a day's orders")
    table.add_column("counted by the outside world")
    table.add_column("", justify="right")
    for name, words in _SHOWN.items():
        bad = name in outcome.MUST_BE_ZERO and report[name]
        table.add_row(words, f"[red]{_number(report[name])}" if bad else str(_number(report[name])))
    for proof in report["proofs"]:
        counts = f"{proof['wb']} WB, {proof['ours']} here, {proof['shop']} Bitrix"
        table.add_row(f"proof of {proof['day']}", counts)
    table.add_row("… differences explained", str(sum(sum(p["reasons"].values()) for p in report["proofs"])))
    table.add_row("… unexplained", str(report["orders_unexplained"]))
    table.add_row("seconds", f"{report['seconds']['total']:.0f}")
    return table


def _number(value: Any) -> int:  # noqa: ANN401 what a report holds
    match value:
        case dict():
            return sum(value.values())
        case list():
            return len(value)
        case _:
            return int(value)


if __name__ == "__main__":
    sys.exit(main())
