"""A supply of a thousand orders printed: CPU, and how much the process grows from import to file.

Stickers are what WB draws, made into pages before the clock starts: 900 from PNGs, 100 cross-border PDFs. Every
layout has a process of its own.
"""

import io
import multiprocessing
import re
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import segno
from PIL import Image

from tests.benchmarks.report import Number
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.labels import fit_pdf, sticker_pdf

if TYPE_CHECKING:
    from wbsync.domain.print_sheets import Layout, PrintLine

DOMESTIC, CROSS_BORDER = 900, 100
GOODS = 600  # some are sold more than once
MOST_CPU, MOST_MB = 5.0, 200


def measure() -> list[Number]:
    stickers = [sticker_pdf(_png(n), "58x40") for n in range(DOMESTIC)]
    stickers += [fit_pdf(_carriers_pdf(n), "58x40") for n in range(CROSS_BORDER)]
    photo, code = _photo(), _png(0)
    fresh = multiprocessing.get_context("spawn")
    numbers: list[Number] = []
    for layout in ("thermal", "a4"):
        with ProcessPoolExecutor(1, mp_context=fresh) as process:
            seconds, memory, details = process.submit(_printed, layout, stickers, photo, code).result()
        numbers += _told(layout, seconds, memory, details)
    return numbers


def _told(layout: str, seconds: float, memory: tuple[float, float], details: dict[str, int]) -> list[Number]:
    grown, peak = memory
    return [
        Number(
            what=f"{DOMESTIC + CROSS_BORDER:,} stickers printed as one PDF, {layout}: CPU",
            measured=f"{seconds:.2f} s for {details['pages']} pages",
            target=f"≤ {MOST_CPU:.0f} s",
            reached=seconds <= MOST_CPU,
            details={**details, "cpu_s": seconds},
        ),
        Number(
            what="the same: growth of the process at its peak",
            measured=f"{grown:.0f} MB",
            target=f"≤ {MOST_MB} MB",
            reached=grown <= MOST_MB,
            details={"grown_mb": grown, "peak_mb": peak},
        ),
    ]


def _printed(
    layout: "Layout", stickers: list[bytes], photo: bytes, code: bytes
) -> tuple[float, tuple[float, float], dict[str, int]]:
    """CPU seconds with the import, megabytes beyond the stickers themselves, megabytes of all, what the file has."""
    before, began = _peak_mb(), time.process_time()
    from wbsync.domain.print_sheets import Layout, SupplyHead, supply_pdf  # noqa: PLC0415 its time counts

    assert layout in get_args(Layout)
    head = SupplyHead(
        supply_id=SupplyId("WB-GI-7654321"),
        name="Минск 23.11 №1",
        warehouse="Минск",
        printed_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        count=len(stickers),
    )
    pdf = supply_pdf(head, _lines(stickers, photo), layout=layout, size="58x40", code=code)
    seconds, peak = time.process_time() - began, _peak_mb()
    from pypdf import PdfReader  # noqa: PLC0415 as above

    return seconds, (peak - before, peak), {"pages": len(PdfReader(io.BytesIO(pdf)).pages), "bytes": len(pdf)}


def _lines(stickers: list[bytes], photo: bytes) -> "list[PrintLine]":
    from wbsync.domain.print_sheets import PrintLine  # noqa: PLC0415 as above

    return [
        PrintLine(
            order_id=OrderId(9_000_001 + n),
            article=f"FUT-{n % GOODS}",
            name="Футболка хлопковая с длинным рукавом, белая",
            size=str(42 + n % GOODS % 7),
            barcode=f"20{n % GOODS:011d}",
            place=f"А-{n % GOODS // 20}",
            photo=photo + n.to_bytes(4),  # every order's own copy, as they come from a download
            sticker=sticker,
            sticker_number=f"{231_000 + n} {n:04d}",
        )
        for n, sticker in enumerate(stickers)
    ]


def _png(number: int) -> bytes:
    """What WB draws: RGB, 580x400."""
    code = io.BytesIO()
    segno.make_qr(f"!bench{number:06d}").save(code, kind="png", scale=10, border=4)
    paper = Image.new("RGB", (580, 400), "white")
    paper.paste(Image.open(code), (5, 5))
    file = io.BytesIO()
    paper.save(file, "PNG")
    return file.getvalue()


def _carriers_pdf(number: int) -> bytes:
    """A page of another size, which labels fit to the paper."""
    file = io.BytesIO()
    Image.open(io.BytesIO(_png(number))).convert("L").save(file, "PDF", resolution=150)
    return file.getvalue()


def _photo() -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize((246, 328)).save(file, "JPEG")
    return file.getvalue()


def _peak_mb() -> float:
    """Of this process alone: what getrusage tells begins with the peak of the one that started it."""
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1024
