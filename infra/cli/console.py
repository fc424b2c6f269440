"""How the CLI prints: plain lines, tables, JSON. What it prints comes from shops, so nothing in it is markup."""

import json
import sys
from collections.abc import Iterable, Sequence

import typer
from rich import box
from rich.console import Console
from rich.table import Table

_NO_TERMINAL = 1000
"""Columns, for a file or a pipe: cells are not to be wrapped there."""


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row))
    width = None if sys.stdout.isatty() else _NO_TERMINAL
    Console(markup=False, emoji=False, highlight=False, width=width).print(table)


def print_json(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
