"""`make bench`: every number in a process of its own, so that one's memory and time are not another's.

    python -m tests.benchmarks [name …]     names as in BENCHMARKS; all without any

Prints a table and writes out/bench.json. A missed target is told, not failed; an error is exit code 1.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.benchmarks.alone import measured
from tests.benchmarks.report import Broken, Number, table, write

OUT = Path(__file__).parents[2] / "out"

BENCHMARKS = (
    "stock_comparison",
    "stock_push",
    "orders_and_labels",
    "order_life",
    "print_supply",
    "mapping_quality",
    "mapping_matches",
    "card_planning",
    "handler_starts",
    "monthly_bill",
    "whole_runs",
)


def main(names: list[str]) -> int:
    console = Console()
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        console.print(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(BENCHMARKS)}")
        return 2
    numbers: list[Number] = []
    broken: list[Broken] = []
    for name in names or BENCHMARKS:
        began, log = time.monotonic(), OUT / "log" / f"bench-{name}.log"
        try:
            with console.status(f"measuring {name}"):
                numbers += measured(name, log)
        except Exception as error:  # noqa: BLE001 one broken benchmark does not keep the others from running
            broken.append(Broken(name, f"{type(error).__name__}: {error} (see {log})"))
        console.print(f"[dim]{name} took {time.monotonic() - began:.0f} s[/]")
    console.print(table(numbers))
    for one in broken:
        console.print(f"[red]{one.name} is broken:[/] {one.why}")
    write(OUT / "bench.json", numbers, broken, at=datetime.now(UTC))  # noqa: TID251 when these numbers were taken
    console.print(f"written to {OUT / 'bench.json'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
