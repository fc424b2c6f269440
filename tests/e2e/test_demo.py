"""`make demo`, small: the whole product in the real template, as one runs it from a shell."""

import json
import os
import re
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

from infra.local import cloud
from infra.local.demo.outcome import MUST_BE_ZERO
from infra.local.ministack import ROOT
from infra.local.wildberries import stickers

pytestmark = pytest.mark.xdist_group("cloud")

OFFERS, ORDERS, FICKLE = 60, 12, 5
PRODUCTS = 15  # each card's pictures cost WB's limit more than half a second
SUPPLIES = 4  # usual, across the border, for companies, to Russia
A_MM = 72 / 25.4  # PDF points
LONG_ENOUGH = 240  # seconds

TOLD = {
    "run": r"^\{",
    "run watch": r'"TokenDaysLeft": 99',
    "run collect_stock --full": r'"FullComparisons": 1',
    "doctor": r"✔ +WB token",
    "watch": r"wbsync queues redrive new-orders.*\n[^✘]* finding\(s\) at ",
    "breakers": r"2 tripped, 0 stopped",
    "approve": r"stock/501001: approved",
    "approve links": r"^links: approved",
    "stop-sales": r"^501001: \d+ row\(s\) are being set to 0",
    "resume-sales": r"^501001: sells again",
    "dashboards": r"name=wbsync-local-business\n.*name=wbsync-local-machinery",
    "secret put wb-token": r"^wb-token stored for local: Personal token",
    "secret put bitrix-webhook": r"^bitrix-webhook stored for local",
    "secret put label-key --generate": r"^label-key stored for local: 2 key",
    "secret put telegram": r"^telegram stored for local",
    "config put": r"config stored for local",
    "links report": r"\d",
    "queues list": r"new-orders +0 +1",
    "queues look": r'\{"order_id": 1\}',
    "queues redrive": r": 1 message\(s\) sent back",
    "queues purge": r": what was given up is deleted",
    "orders list": r"a foreign currency",
    "orders show": r"\bstate +placed",
    "orders retry": r"1 order\(s\) queued",
    "orders retry --stage prod --parked": r"was parked",
    "orders reconcile": r"order\(s\) of WB, 0 fetched that were missed",
    "orders proof": r"\d{4}-\d\d-\d\d",
    "supply list": r"1 supply\(ies\)",
    "supply show": r"state +open",
    "supply move": r": now in WB-GI-",
    "supply deliver": r"^WB-GI-\d+: handed over",
    "supply spot": r"WB-GI-\d+: \w+$",
    "supply spot <supply> --carrier": r"SPOT data of this supply was already sent",
    "print": r"written to WB-GI-\d+-thermal.pdf",
    "mapping changes": r"Предмет",
    "mapping pull": r"common: version 1 in ",
    "mapping push": r"common: version 1, unchanged",
    "cards plan": r"The plan is in plan.json",
    "cards apply": r"^sent \d+, refused 0",
    "cards show": r"исправить в магазине: \d",
    "prices show": r"1 held, 0 refused",
    "prices approve": r"^170000001: 50",
}
"""A word of what each command of the runbook says, by its beginning."""

REFUSED = [TOLD["supply spot <supply> --carrier"]]
"""What is right to be refused on this day: that form has not failed."""

OF_TROUBLE = {"NotAuthorised", "Postponed"}
"""What every function may measure, and on a good day few do; that they can is pinned by tests/template."""

NOT_IN_THIS_DAY = {
    *(("push_prices", name) for name in ("PricesChanged", "PricesHeld", "PricesRefused")),  # the shop tells no prices
    *(("upload_cards", name) for name in ("CardsSent", "Failed")),  # cards are sent by the command line
    ("fetch_labels", "LabelsParked"),  # no sticker is broken
}


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


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that came to its end; before that every command of the runbook was typed in its world."""
    folder = tmp_path_factory.mktemp("day")
    with start(folder, DEMO_THEN=f"{sys.executable} -m tests.e2e.runbook {folder}/runbook.json") as demo:
        said, _ = demo.communicate(timeout=LONG_ENOUGH)
    assert demo.returncode == 0, said
    return folder


def test_a_small_day_of_orders_lives_to_its_end_and_is_counted(day: Path) -> None:
    report: Mapping[str, Any] = json.loads((day / "report.json").read_text())

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

    labels = {int(file.stem): scanned(file.read_bytes()) for file in (day / "labels").glob("*.pdf")}
    assert len(labels) == report["labels_stored"] == report["labels_opened"] == report["labels_owed"]
    assert labels == {order_id: stickers.of_order(order_id).code for order_id in labels}
    papers = {file.name: pypdfium2.PdfDocument(file.read_bytes()) for file in (day / "supplies").glob("*.pdf")}
    assert len(papers) == report["print_files"] == 2 * SUPPLIES
    paper_of = {name: {tuple(round(s / A_MM) for s in page.get_size()) for page in pdf} for name, pdf in papers.items()}
    assert paper_of == {name: {(58, 40)} if "thermal" in name else {(210, 297)} for name in papers}
    assert report["print_stickers"] == 2 * len(labels)

    assert not list((day / "scratch").iterdir()), "a folder is left behind"
    assert not [address for address in report["addresses"].values() if listens(address)]


def test_every_command_of_the_runbook_does_in_the_cloud_what_it_is_typed_for(day: Path) -> None:
    ended = typed(day)["commands"]
    assert len(ended) > 50
    unheard = {command: one for command, one in ended.items() if not re.search(word_of(command), one["said"])}
    assert unheard == {}
    assert [word_of(command) for command, one in ended.items() if one["code"]] == REFUSED
    assert {word_of(command) for command in ended} == set(TOLD.values()), "a word that no command is held to"


def typed(day: Path) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads((day / "runbook.json").read_text())
    return told


def word_of(command: str) -> str:
    """What the command has to say: that of the longest beginning in TOLD."""
    [*_, longest] = sorted((start for start in TOLD if f"{command} ".startswith(f"{start} ")), key=len)
    return TOLD[longest]


def test_both_dashboards_stand_in_the_cloud_and_what_they_show_is_measured_there(day: Path) -> None:
    emitted = {(service, metric) for service, metric in typed(day)["emitted"]}
    ours = {(row[3], row[1]) for row in typed(day)["shown"] if row[0] == f"wbsync/{cloud.STAGE}"}
    assert len(ours) > 80
    missing = {each for each in ours - emitted if each[1] not in OF_TROUBLE}
    assert missing <= NOT_IN_THIS_DAY
    assert len(emitted & ours) > 50


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
