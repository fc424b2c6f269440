"""`make demo`; the variables are those of `infra.local.stage.Size`, each after DEMO_."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from infra.local.demo import counting
from infra.local.demo.day import Day
from infra.local.demo.people import People
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
    console.print(f"{size.out}/report.json, {size.out}/labels/", soft_wrap=True, highlight=False)
    faults = counting.faults(report)
    if faults:
        console.print(f"[red]demo failed:[/] {'; '.join(faults)}", soft_wrap=True, highlight=False)
    return 1 if faults else 0


def _run(size: Size, console: Console) -> dict[str, Any]:
    file = size.out / "report.json"
    file.unlink(missing_ok=True)
    shutil.rmtree(size.out / "labels", ignore_errors=True)
    size.out.mkdir(parents=True, exist_ok=True)
    began, phases = time.monotonic(), Phases(console)
    with phases.progress, stage(size, schedules="DISABLED", step=phases) as world:
        counted = _day(size, world, phases)
    counted["seconds"] = phases.seconds | {"total": round(time.monotonic() - began, 2)}
    file.write_text(json.dumps(counted, ensure_ascii=False, indent=2) + "\n")
    return counted


def _day(size: Size, world: Stage, phases: Phases) -> dict[str, Any]:
    """The report without its times. After a failure the functions' logs are kept: they end with the local cloud."""
    people = People(wildberries=world.wildberries, bitrix=world.bitrix, seed=size.seed)
    day = Day(world, people, size, phases.say)
    try:
        for name, hour in day.hours().items():
            with phases(name):
                phases.say(hour())
        with phases("count what came of it"):
            return report(day, world)
    except _FAILURES as error:
        raise CloudError(f"{error} (see {world.keep_logs()})") from error


def report(day: Day, stage: Stage) -> dict[str, Any]:
    """All but `seconds` of report.json."""
    world, reasons, stored = day.world(), day.reasons(), day.labels_stored()
    owed = set(counting.labels_owed(world))
    lost, waiting = counting.lost(world, reasons), counting.waiting(world, reasons)
    wrong, oversold = counting.wrong_rows(world), counting.oversold(world)
    return {
        "orders_by_buyers": len(world.wb["orders"]),
        "orders_cancelled_by_buyers": counting.cancelled(world),
        "orders_in_bitrix": counting.in_shop(world),
        "orders_waiting": [{"order": order_id, "reason": reason} for order_id, reason in waiting.items()],
        "orders_lost": len(lost),
        "orders_doubled": len(counting.doubled(world)),
        "orders_incomplete": len(counting.incomplete(world)),
        "oversold_units": sum(oversold.values()),
        "labels_owed": len(owed),
        "labels_stored": len(stored),
        "labels_opened": len(day.opened),
        "labels_missing": len(owed - (stored & set(day.opened))),
        "stock_rows_on_wb": len(world.linked),
        "stock_rows_wrong_on_wb": len(wrong),
        "wb_requests": world.wb["requests"],
        "wb_answers": world.wb["answers"],
        "wb_429": world.wb["answers_429"],
        "bitrix_requests": world.shop["requests"]["http_by_method"],
        "bitrix_methods": world.shop["requests"]["by_method"],
        "wrong": {"lost": lost, "oversold": oversold, "wrong_rows": wrong},
        "addresses": {
            "wildberries": stage.wildberries,
            "bitrix": stage.bitrix,
            "ministack": stage.ministack,
            "labels": stage.labels,
        },
        "sizes": day.size.model_dump(include={"offers", "orders", "seed"}),
    }


_SHOWN: Mapping[str, str] = {
    "stock_rows_on_wb": "sizes linked",
    "stock_rows_wrong_on_wb": "… whose stock on WB is wrong",
    "oversold_units": "units oversold",
    "orders_by_buyers": "orders by buyers",
    "orders_cancelled_by_buyers": "… cancelled by them",
    "orders_in_bitrix": "orders in Bitrix",
    "orders_waiting": "orders waiting for a barcode",
    "orders_lost": "orders lost",
    "orders_doubled": "orders doubled",
    "orders_incomplete": "orders incomplete",
    "labels_owed": "orders on assembly",
    "labels_stored": "labels stored",
    "labels_opened": "labels opened",
    "wb_requests": "requests to WB",
    "wb_429": "… refused by its limit",
    "bitrix_requests": "requests to Bitrix",
}


def _table(report: Mapping[str, Any]) -> Table:
    table = Table(title="A working day")
    table.add_column("counted by the outside world")
    table.add_column("", justify="right")
    for name, words in _SHOWN.items():
        bad = name in counting.MUST_BE_ZERO and report[name]
        table.add_row(words, f"[red]{_number(report[name])}" if bad else str(_number(report[name])))
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
