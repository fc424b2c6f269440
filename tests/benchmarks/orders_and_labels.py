"""A thousand orders placed in the shop and labelled, by the real handlers fed from their queues."""

import base64
import time
from itertools import batched
from typing import Any

from tests.benchmarks.house import House, house
from tests.benchmarks.report import Number
from wbsync.domain.labels import sticker_pdf
from wbsync.domain.orders import OrderState
from wbsync.stores.orders import OrdersStore

ORDERS, GOODS = 1_000, 500
MOST_BITRIX_REQUESTS, STICKER_ASKS, MOST_PDF_CPU = 250, 10, 2.0
STICKERS, STATUSES = "POST /api/v3/orders/stickers", "POST /api/v3/orders/status"
AT_ONCE = 100  # what WB takes in a supply, and in an ask for stickers


def measure() -> list[Number]:
    with house(goods=GOODS) as home:
        home.invoke("link_cards")
        home.invoke("collect_stock")
        home.drain("push_stock")
        order_ids = _bought(home)
        home.invoke("poll_orders")
        placed = _placed(home)
        _confirm(home, order_ids)
        return [placed, *_labelled(home, order_ids)]


def _bought(home: House) -> list[int]:
    made = home.wb.sim("POST", "orders", {"count": ORDERS, "seed": 1})["orders"]
    assert len(made) == ORDERS
    return [order["id"] for order in made]


def _placed(home: House) -> Number:
    before = home.shop.state()["requests"]
    home.drain("place_orders")
    after = home.shop.state()
    requests = after["requests"]["http"] - before["http"]
    xml_ids = [order["xmlId"] for order in after["orders"]]
    assert len(set(xml_ids)) == len(xml_ids) == ORDERS
    by_method = _less(after["requests"]["by_method"], before["by_method"])
    return Number(
        what="Bitrix HTTP requests to place 1,000 orders",
        measured=str(requests),
        target=f"≤ {MOST_BITRIX_REQUESTS}",
        reached=requests <= MOST_BITRIX_REQUESTS,
        details={"http": requests, "calls_in_them": by_method},
    )


def _confirm(home: House, order_ids: list[int]) -> None:
    supply = home.ask_wb("POST", "/api/v3/supplies", {"name": "Поставка"})["id"]
    for piece in batched(order_ids, AT_ONCE, strict=False):
        home.ask_wb("PATCH", f"/api/marketplace/v3/supplies/{supply}/orders", {"orders": piece})


def _labelled(home: House, order_ids: list[int]) -> list[Number]:
    before = home.wb.state()["requests"]
    home.invoke("fetch_labels")
    began = time.process_time()
    home.drain("fetch_labels")
    whole = time.process_time() - began
    asked = _less(home.wb.state()["requests"], before)
    asks, statuses = asked.pop(STICKERS), asked.pop(STATUSES)
    assert not asked, asked
    done = sum(1 for _ in OrdersStore(home.stores.tables["OrdersTable"]).in_state(OrderState.DONE))
    assert done == ORDERS, done
    pdfs = _pdf_seconds(home, order_ids)
    return [
        Number(
            what="WB requests to fetch 1,000 labels",
            measured=f"{asks} sticker asks, and {statuses} ask for all statuses by the tick",
            target=str(STICKER_ASKS),
            reached=asks == STICKER_ASKS,
            details={"sticker_asks": asks, "status_asks": statuses},
        ),
        Number(
            what="the same: CPU for the 1,000 PDFs",
            measured=f"{pdfs:.2f} s (all of fetch_labels with AWS, WB and Bitrix: {whole:.1f} s)",
            target=f"≤ {MOST_PDF_CPU:.0f} s",
            reached=pdfs <= MOST_PDF_CPU,
            details={"pdf_cpu_s": pdfs, "fetch_labels_cpu_s": whole},
        ),
    ]


def _pdf_seconds(home: House, order_ids: list[int]) -> float:
    stickers: list[dict[str, Any]] = []
    for piece in batched(order_ids, AT_ONCE, strict=False):
        answer = home.ask_wb("POST", "/api/v3/orders/stickers", {"orders": piece}, type="png", width=58, height=40)
        stickers += answer["stickers"]
    files = [base64.b64decode(sticker["file"]) for sticker in stickers]
    began = time.process_time()
    pdfs = [sticker_pdf(png, "58x40") for png in files]
    seconds = time.process_time() - began
    assert len(pdfs) == ORDERS
    return seconds


def _less(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {name: more for name, count in after.items() if (more := count - before.get(name, 0))}
