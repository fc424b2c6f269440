"""What each kind of run of the functions takes of AWS, measured through the real handlers.

Most are measured twice, at two sizes: what a run takes at all, and what each linked size, row or order adds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.benchmarks.clicks import click
from tests.benchmarks.house import House, utcnow
from tests.benchmarks.life_runs import Life, lived
from tests.benchmarks.meter import Line, Meter, Usage
from tests.fixtures.functions import sqs_event
from tests.fixtures.world import LABEL_KEY, MINSK
from wbsync.domain.ids import ChrtId, OrderId, WarehouseId
from wbsync.domain.label_links import signed_path
from wbsync.domain.stock import ROWS_PER_BATCH
from wbsync.flows.fetch_labels import ORDERS_PER_ASK
from wbsync.messages import LabelsWanted, NewOrder, StockBatch
from wbsync.stores.cursors import CursorsStore

FEW, MANY = 1_250, 5_000  # linked sizes: one and four pieces of collect_stock
ORDERS = ORDERS_PER_ASK
FIRST_OFFER = 2_001
_BEYOND_ALL = {"after": 10**12}


@dataclass(frozen=True)
class Runs:
    """Lines over the number of linked sizes, of rows or of orders."""

    link_cards: Line  # sizes; nothing has changed
    link_cards_full: Line  # sizes
    collect_stock: Line  # sizes; before the first offer is read
    read_offers: Line  # sizes; beyond `collect_stock`
    compare_with_wb: Line  # sizes; the daily comparison, before the first offer is read
    push_stock: Line  # rows
    read_back: Usage
    poll_orders: Line  # orders that WB still calls new
    store_order: Usage
    place_orders: Line  # orders
    labels_tick: Line  # orders whose label is owed
    fetch_labels: Line  # orders
    open_label: Usage
    sweep: Usage
    life: Life
    metrics: int  # distinct ones: function and name
    order_bytes: float  # of an item


def measured(home: House) -> Runs:
    """In a house of FEW goods, which becomes one of MANY."""
    home.invoke("link_cards")  # the first run of a process also reads the secrets
    home.invoke("collect_stock")
    home.drain("push_stock")
    meter = Meter()
    few = _by_sizes(home, meter)
    _grow(home)
    many = _by_sizes(home, meter)
    lines: dict[str, Any] = {name: Line.through((FEW, few[name]), (MANY, many[name])) for name in few}
    stock, orders = _of_stock(home, meter), _of_orders(home, meter)
    life = lived(home, meter)
    return Runs(**lines, **stock, **orders, life=life, metrics=len(meter.metrics), order_bytes=meter.order_bytes)


def _grow(home: House) -> None:
    home.wb.sim("POST", "seed", {"goods": MANY, "pending_minutes": 0})
    home.shop.sim("POST", "seed", {"offers": MANY, "can_buy_zero": True})
    _forget_cards(home)
    home.invoke("link_cards")
    for _ in range(2):  # WB began anew: what was told is told once more by the comparison
        home.invoke("collect_stock", {"full": True})
        home.drain("push_stock")


def _by_sizes(home: House, meter: Meter) -> dict[str, Usage]:
    # Each run of link_cards reads the offers of the last change again, and in a new shop all have changed at once.
    home.shop.sim("POST", "products", {"offer_id": FIRST_OFFER, "name": "Футболка хлопковая, новая"})
    home.invoke("link_cards")
    idle = meter.measure("link_cards", lambda: home.invoke("link_cards"))
    _forget_cards(home)
    full = meter.measure("link_cards", lambda: home.invoke("link_cards"))
    _skip_offers(home)
    nothing_read = meter.measure("collect_stock", lambda: home.invoke("collect_stock"))
    all_read = meter.measure("collect_stock", lambda: home.invoke("collect_stock"))
    _skip_offers(home)
    compared = meter.measure("collect_stock", lambda: home.invoke("collect_stock", {"full": True}))
    return {
        "link_cards": idle,
        "link_cards_full": full,
        "collect_stock": nothing_read,
        "read_offers": all_read + nothing_read * -1,
        "compare_with_wb": compared,
    }


def _of_stock(home: House, meter: Meter) -> dict[str, Any]:
    def push(rows: int, number: int) -> Usage:
        batch = StockBatch(
            warehouse=WarehouseId(MINSK),
            observed_at=utcnow(),
            batch=number,
            rows={ChrtId(310_000_001 + n): 0 for n in range(rows)},  # nobody shall buy what the shop has not
        )
        return _from_queue(home, meter, "push_stock", batch.model_dump_json())

    one, all_, read_back = push(1, 1), push(ROWS_PER_BATCH, 1), push(ROWS_PER_BATCH, 0)
    return {"push_stock": Line.through((1, one), (ROWS_PER_BATCH, all_)), "read_back": read_back + all_ * -1}


def _of_orders(home: House, meter: Meter) -> dict[str, Any]:
    """Points where the steps of a hundred orders to a call lie."""
    some = _buy(home)
    stored = meter.measure("poll_orders", lambda: home.invoke("poll_orders"))
    some_new = meter.measure("poll_orders", lambda: home.invoke("poll_orders"))
    _from_queue(home, meter, "place_orders", _new(some[0]))  # the first run of a process asks more
    one = _from_queue(home, meter, "place_orders", _new(some[1]))
    ten = _from_queue(home, meter, "place_orders", *map(_new, some[2:12]))
    home.drain("place_orders")
    some_owed = meter.measure("fetch_labels", lambda: home.invoke("fetch_labels"))
    more = _buy(home)
    home.invoke("poll_orders")
    all_new = meter.measure("poll_orders", lambda: home.invoke("poll_orders"))
    home.drain("place_orders")
    all_owed = meter.measure("fetch_labels", lambda: home.invoke("fetch_labels"))
    _confirm(home, some)
    _confirm(home, more)
    _from_queue(home, meter, "fetch_labels", _wanted(some[:1]))
    label = _from_queue(home, meter, "fetch_labels", _wanted(some[1:2]))
    labels = _from_queue(home, meter, "fetch_labels", _wanted(more))
    _click(home, some[0])
    assert (label["s3_puts"], labels["s3_puts"]) == (1, ORDERS)
    return {
        "poll_orders": Line.through((ORDERS, some_new), (2 * ORDERS, all_new)),
        "store_order": (stored + some_new * -1) * (1 / ORDERS),
        "place_orders": Line.through((1, one), (10, ten)),
        "labels_tick": Line.through((ORDERS, some_owed), (2 * ORDERS, all_owed)),
        "fetch_labels": Line.through((1, label), (ORDERS, labels)),
        "open_label": meter.measure("open_label", lambda: _click(home, some[0])),
        "sweep": meter.measure("sweep", lambda: home.invoke("sweep")),
    }


def _buy(home: House) -> list[int]:
    made = home.wb.sim("POST", "orders", {"count": ORDERS})["orders"]
    assert len(made) == ORDERS
    return [order["id"] for order in made]


def _new(order_id: int) -> str:
    return NewOrder(order_id=OrderId(order_id)).model_dump_json()


def _wanted(order_ids: list[int]) -> str:
    return LabelsWanted(order_ids=tuple(map(OrderId, order_ids))).model_dump_json()


def _from_queue(home: House, meter: Meter, function: str, *bodies: str) -> Usage:
    sent = {"SentTimestamp": str(int(utcnow().timestamp() * 1000))}
    messages = [{"MessageId": str(n), "Body": body, "Attributes": sent} for n, body in enumerate(bodies)]

    def run() -> None:
        answer = home.invoke(function, sqs_event(*messages))
        assert not answer["batchItemFailures"], answer

    return meter.measure(function, run)


def _click(home: House, order_id: int) -> None:
    answer = home.invoke("open_label", click(signed_path(OrderId(order_id), key=LABEL_KEY, expires=_tomorrow())))
    assert answer["statusCode"] == 302, answer


def _tomorrow() -> datetime:
    return utcnow() + timedelta(days=1)


def _confirm(home: House, order_ids: list[int]) -> None:
    supply = home.ask_wb("POST", "/api/v3/supplies", {"name": "Поставка"})["id"]
    home.ask_wb("PATCH", f"/api/marketplace/v3/supplies/{supply}/orders", {"orders": order_ids})


def _forget_cards(home: House) -> None:
    """The next run of link_cards reads everything."""
    CursorsStore(home.stores.tables["CursorsTable"]).put("link_cards", {})


def _skip_offers(home: House) -> None:
    """The next run of collect_stock goes on behind the last offer."""
    CursorsStore(home.stores.tables["CursorsTable"]).put("collect_stock", _BEYOND_ALL)
