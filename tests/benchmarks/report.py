"""What a benchmark tells: numbers with their targets, as a table for people and as JSON for machines."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Number:
    """One line of the table. `reached` is None for a number that has no target and is there to be known."""

    what: str
    measured: str
    target: str = ""
    reached: bool | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Broken:
    """A benchmark that could not be run to its end, and where to read on."""

    name: str
    why: str


_MARKS = {True: "[green]✔[/]", False: "[red]✘[/]", None: ""}


def table(numbers: Sequence[Number]) -> Table:
    shown = Table("what", "measured", "target", "", title="wbsync in numbers", title_justify="left", show_lines=True)
    for number in numbers:
        shown.add_row(number.what, number.measured, number.target, _MARKS[number.reached])
    return shown


def write(path: Path, numbers: Sequence[Number], broken: Sequence[Broken], *, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "measured_at": at.isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "numbers": [asdict(number) for number in numbers],
        "errors": [asdict(one) for one in broken],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
