"""One benchmark in a process of its own."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from tests.benchmarks.report import Number


def measured(name: str, log: Path) -> list[Number]:
    """What `measure()` of this module tells; whatever it prints goes to `log`. Raises what it raises."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, initializer=_quietly, initargs=(log,)) as process:
        return process.submit(_measure, name).result()


def _quietly(log: Path) -> None:
    """The functions log to standard output."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w+b") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)


def _measure(name: str) -> list[Number]:
    numbers: list[Number] = import_module(f"tests.benchmarks.{name}").measure()
    return numbers
