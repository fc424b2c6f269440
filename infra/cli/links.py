"""`wbsync links report`: which barcodes are linked, and why the others are not."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.account import deployed
from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption, StageOption
from wbsync.domain.links import Link, Problem, link_problems, stock_links
from wbsync.stores.links import LinksStore
from wbsync.texts import LINK_PROBLEMS

app = typer.Typer(help="Barcodes of the shop and of WB.", no_args_is_help=True)

_COLUMNS = ("Штрихкод", "Почему", "Товары магазина", "Карточки WB")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@app.command()
def report(
    stage: StageOption,
    file: Annotated[
        Path | None, typer.Option("--csv", dir_okay=False, help="Write the list there, for Excel (`;`, UTF-8).")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Counts, and every duplicate, empty and unmatched barcode with its reason."""
    links = list(LinksStore(deployed(stage).output("LinksTable")).all())
    linked, problems = stock_links(links), link_problems(links)
    rows = _rows(problems)
    if file:
        _write_csv(file, rows)
    if as_json:
        print_json(_document(len(linked), problems))
        return
    counts = [(LINK_PROBLEMS[reason], len(found)) for reason, found in _sorted(problems)]
    print_table(("Штрихкоды", ""), [("Связано размеров", len(linked)), *counts])
    if file:
        typer.echo(f"{len(rows)} row(s) in {file}")
    else:
        print_table(_COLUMNS, rows)


def _sorted(problems: Mapping[Problem, Sequence[Link]]) -> list[tuple[Problem, list[Link]]]:
    return [
        (reason, sorted(problems[reason], key=lambda link: link.barcode)) for reason in Problem if reason in problems
    ]


def _rows(problems: Mapping[Problem, Sequence[Link]]) -> list[tuple[str, str, str, str]]:
    return [
        (
            _barcode(link),
            LINK_PROBLEMS[reason],
            "; ".join(f"{offer.offer_id} {offer.name}".strip() for offer in link.offers),
            "; ".join(f"{size.nm_id} {size.vendor_code} {size.size}".strip() for size in link.sizes),
        )
        for reason, found in _sorted(problems)
        for link in found
    ]


def _document(linked: int, problems: Mapping[Problem, Sequence[Link]]) -> dict[str, object]:
    return {
        "linked": linked,
        "problems": {str(reason): len(found) for reason, found in _sorted(problems)},
        "barcodes": [
            {
                "barcode": _barcode(link),
                "problem": str(reason),
                "reason": LINK_PROBLEMS[reason],
                "offers": [{"offer_id": o.offer_id, "iblock_id": o.iblock_id, "name": o.name} for o in link.offers],
                "sizes": [
                    {"chrt_id": s.chrt_id, "nm_id": s.nm_id, "vendor_code": s.vendor_code, "size": s.size}
                    for s in link.sizes
                ],
            }
            for reason, found in _sorted(problems)
            for link in found
        ],
    }


def _barcode(link: Link) -> str:
    """Things without a barcode are kept under a key of ours."""
    return "" if link.barcode.startswith("?") else link.barcode


def _write_csv(file: Path, rows: Iterable[Sequence[str]]) -> None:
    """The byte order mark and the semicolon are what Excel wants in Russian."""
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(_COLUMNS)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: str) -> str:
    """Names come from the shop: a spreadsheet must not take one for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
