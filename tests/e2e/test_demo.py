"""`make demo`, small: the whole product in the real template, as one runs it from a shell."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
import zxingcpp

from infra.local.demo.outcome import MUST_BE_ZERO
from infra.local.ministack import ROOT
from infra.local.wildberries import stickers

pytestmark = pytest.mark.xdist_group("cloud")

OFFERS, ORDERS, FICKLE = 60, 12, 5
PRODUCTS = 15  # each card's pictures cost WB's limit more than half a second
SUPPLIES = 4  # usual, across the border, for companies, to Russia
A_MM = 72 / 25.4  # PDF points
LONG_ENOUGH = 240  # seconds


def start(folder: Path, **variables: str) -> subprocess.Popen[str]:
    """The demo with a folder of its own for what it writes, and another for what it may leave behind."""
    scratch = folder / "scratch"
    scratch.mkdir()
    size = {"DEMO_OFFERS": str(OFFERS), "DEMO_ORDERS": str(ORDERS), "DEMO_PRODUCTS": str(PRODUCTS)}
    own = size | {"DEMO_OUT": str(folder), "TMPDIR": str(scratch)}
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local.demo"],
        cwd=ROOT,
        env=dict(os.environ) | own | variables,  # noqa: TID251 it needs the machine's settings
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def listens(address: str) -> bool:
    try:
        httpx.get(address).close()
    except httpx.ConnectError:
        return False
    return True


def scanned(pdf: bytes) -> str:
    """What a scanner reads off the one page, which has the size of the paper."""
    document = pypdfium2.PdfDocument(pdf)
    [page] = document
    assert [round(side / A_MM, 2) for side in page.get_size()] == [58, 40]
    [code] = zxingcpp.read_barcodes(page.render(scale=4).to_pil())
    text: str = code.text
    return text


def test_a_small_day_of_orders_lives_to_its_end_and_is_counted(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        said, _ = demo.communicate(timeout=LONG_ENOUGH)
    assert demo.returncode == 0, said
    report: Mapping[str, Any] = json.loads((tmp_path / "report.json").read_text())

    assert {name: report[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0)
    assert report["orders_by_buyers"] == ORDERS
    ends = report["orders_sold"], report["orders_cancelled"], report["orders_returned"], len(report["orders_waiting"])
    assert sum(ends) == ORDERS
    assert ends[1] == FICKLE
    assert min(ends[0], ends[2]) >= 1
    assert report["labels_owed"] + len(report["orders_waiting"]) + FICKLE == ORDERS
    fbo = report["fbo_rows"]
    assert (fbo, report["stock_rows_on_wb"]) == (2, OFFERS - 2 + 1), "and the one whose barcode was written later"
    assert report["wb_requests"]["POST /api/v3/orders/stickers/cross-border"] >= 2
    told = report["wb_answers"]["PUT /api/v3/stocks/{warehouseId}"]
    assert (told["409"], told["500"]) == (1, 1), "the day had its troubles"
    assert report["supplies_made"] == report["supplies_delivered"] == SUPPLIES
    assert (report["spot_wanted"], report["spot_completed"]) == (1, 1)
    assert (report["codes_sent"], report["codes_corrected"]) == (2, 2)
    assert report["wb_answers"]["PUT /api/v3/orders/{orderId}/meta/sgtin"] == {"204": 3}, "a wrong code is not sent"
    today = [proof for proof in report["proofs"] if proof["wb"]]
    assert sum(proof["wb"] for proof in today) == ORDERS
    assert set(report["seconds"]) > {"sam deploy the real template", "total"}

    labels = {int(file.stem): scanned(file.read_bytes()) for file in (tmp_path / "labels").glob("*.pdf")}
    assert len(labels) == report["labels_stored"] == report["labels_opened"] == report["labels_owed"]
    assert labels == {order_id: stickers.of_order(order_id).code for order_id in labels}
    papers = {file.name: pypdfium2.PdfDocument(file.read_bytes()) for file in (tmp_path / "supplies").glob("*.pdf")}
    assert len(papers) == report["print_files"] == 2 * SUPPLIES
    paper_of = {name: {tuple(round(s / A_MM) for s in page.get_size()) for page in pdf} for name, pdf in papers.items()}
    assert paper_of == {name: {(58, 40)} if "thermal" in name else {(210, 297)} for name in papers}
    assert report["print_stickers"] == 2 * len(labels)

    assert not list((tmp_path / "scratch").iterdir()), "a folder is left behind"
    assert not [address for address in report["addresses"].values() if listens(address)]


def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    wildberries = f"http://127.0.0.1:{port}"
    with start(tmp_path, DEMO_WB_PORT=str(port)) as demo:
        give_up = time.monotonic() + LONG_ENOUGH
        while demo.poll() is None and not listens(wildberries) and time.monotonic() < give_up:
            time.sleep(0.1)  # another process starts: there is no clock to pass in
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=LONG_ENOUGH)
    assert demo.returncode == 130, said
    assert "everything is stopped" in said
    assert not listens(wildberries)
    assert not list((tmp_path / "scratch").iterdir()), "a folder is left behind"
    assert not (tmp_path / "report.json").exists()
