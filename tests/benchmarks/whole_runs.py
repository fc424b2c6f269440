"""How long `make demo` and `make test` took when they were run last: too long to be run from here."""

import json
from pathlib import Path

from tests.benchmarks.report import Number

OUT = Path(__file__).parents[2] / "out"
MOST_DEMO, MOST_TEST = 180, 240


def measure() -> list[Number]:
    return [
        _number("make demo, after the first install", _demo(), MOST_DEMO, "run make demo first"),
        _number("make test", _tests(), MOST_TEST, "write the seconds to out/test-seconds.txt first"),
    ]


def _number(what: str, seconds: float | None, most: int, otherwise: str) -> Number:
    return Number(
        what=what,
        measured=otherwise if seconds is None else f"{seconds:.0f} s, of its last run",
        target=f"≤ {most} s",
        reached=None if seconds is None else seconds <= most,
        details={"seconds": seconds},
    )


def _demo() -> float | None:
    """`seconds` of the report is by phase."""
    report = OUT / "demo" / "report.json"
    if not report.exists():
        return None
    phases: dict[str, float] = json.loads(report.read_text())["seconds"]
    return phases.get("total", sum(phases.values()))


def _tests() -> float | None:
    written = OUT / "test-seconds.txt"
    return float(written.read_text().split()[0]) if written.exists() else None
