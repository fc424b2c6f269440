"""`make storm`: weeks of trouble, seed after seed, and a table of what they came to.

STORM_SEEDS ("1-10" or "3,7") and STORM_DAYS (7) say how many and how long. Leaves out/storm/report.json and table.md;
ends with 1 when anything was lost, doubled, oversold or wrong, or did not heal in time.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.e2e.storm import story
from tests.e2e.storm.verdict import Verdict

OUT = Path(__file__).parents[3] / "out" / "storm"
CONSOLE = Console(highlight=False, soft_wrap=True)
_WORKERS = 2

COLUMNS: Mapping[str, str] = {
    "bought": "bought",
    "in our table": "in_our_table",
    "in the shop": "in_shop",
    "lost": "lost",
    "doubled": "doubled",
    "oversold": "oversold",
    "labels owed": "labels_owed",
    "missing": "labels_missing",
    "rows": "rows",
    "wrong": "rows_wrong",
    "wrong for long": "rows_stale",
    "requests to WB": "requests",
    "of its limit": "share_of_limit",
    "429s of ours": "refusals_of_ours",
    "deaths": "deaths",
    "healed in cycles": "cycles_to_heal",
}


def main() -> int:
    seeds, days = _seeds(os.environ.get("STORM_SEEDS", "1-10")), float(os.environ.get("STORM_DAYS", "7"))  # noqa: TID251 settings of this program
    CONSOLE.print(f"{len(seeds)} storms of {days:g} days")
    verdicts: dict[int, Verdict] = {}
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(story.alone, seed, days * 24): seed for seed in seeds}
        for done in as_completed(running):
            verdicts[running[done]] = done.result()
            CONSOLE.print(_line(running[done], done.result()))
    _keep(dict(sorted(verdicts.items())), days)
    CONSOLE.print(_table(verdicts))
    return int(any(_bad(verdict) for verdict in verdicts.values()))


def _bad(verdict: Verdict) -> bool:
    return bool(verdict.faults) or verdict.cycles_to_heal is None or verdict.cycles_to_heal > story.HEALS_WITHIN


def _line(seed: int, verdict: Verdict) -> str:
    wrong = "; ".join(f"{name}: {what}" for name, what in verdict.faults.items())
    return f"[red]✗[/] seed {seed}: {wrong}" if _bad(verdict) else f"[green]✓[/] seed {seed}"


def _cells(verdict: Verdict) -> list[str]:
    told = asdict(verdict)
    cells = []
    for name in COLUMNS.values():
        value = told[name]
        share = isinstance(value, float)
        cells.append(f"{value:.1%}" if share else str(len(value) if isinstance(value, tuple | dict) else value))
    return cells


def _table(verdicts: Mapping[int, Verdict]) -> Table:
    table = Table("seed", *COLUMNS)
    for seed, verdict in sorted(verdicts.items()):
        table.add_row(str(seed), *_cells(verdict))
    return table


def _keep(verdicts: Mapping[int, Verdict], days: float) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    report = {"days": days, "seeds": {str(seed): asdict(verdict) for seed, verdict in verdicts.items()}}
    (OUT / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False))
    rows: list[Iterable[str]] = [("seed", *COLUMNS), ("---:",) * (len(COLUMNS) + 1)]
    rows += [(str(seed), *_cells(verdict)) for seed, verdict in verdicts.items()]
    (OUT / "table.md").write_text("".join(f"| {' | '.join(row)} |\n" for row in rows))


def _seeds(text: str) -> list[int]:
    """Of "1-3,7": 1, 2, 3, 7."""
    ranges = (part.partition("-") for part in text.split(","))
    return [seed for first, _, last in ranges for seed in range(int(first), int(last or first) + 1)]


if __name__ == "__main__":
    sys.exit(main())
