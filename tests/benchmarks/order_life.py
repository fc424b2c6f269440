"""What an order's life after its placing asks of WB and of Bitrix, against the least that would do it.

The real handlers over thousands of orders. Least: WB takes a thousand orders in an ask for statuses, a hundred in one
for marking codes or for a supply, and one code in a call; Bitrix takes 50 commands in a request, and a command that
lists gives 50 orders.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from tests.benchmarks.house import House, house
from tests.benchmarks.meter import Meter, Usage
from tests.benchmarks.report import Number
from tests.benchmarks.standing import AT_ONCE, Standing, confirm, open_wide, stand
from tests.fixtures.world import shop
from wbsync.domain.orders import OrderState
from wbsync.wb.operations import PUT_SGTIN

PLAIN, MARKED, OVER = 3_200, 1_000, 800
OPEN, ALL = PLAIN + MARKED, PLAIN + MARKED + OVER
CHANGED = 300
GOODS = 3_000
ASSEMBLED = "WA"
CODE_PROPERTY = "MARKING_CODE"
RULES = {
    "statuses": {"to_shop": [{"supplier": "confirm", "status": "WC"}, {"supplier": "complete", "status": "WD"}]},
    "supplies": {"assembled": [ASSEMBLED]},
    "marking": {"sources": {"sgtin": {"basket_property": CODE_PROPERTY}}},
}
STATUSES, CODES, LISTED = 1_000, 100, 1_000  # orders in an ask of WB
COMMANDS = 50  # in a request of Bitrix
ROWS = 50 * COMMANDS  # that a request of lists gives


@dataclass(frozen=True)
class Taken:
    """What one run took."""

    report: Mapping[str, int]
    usage: Usage
    wb: Mapping[str, int]  # by operation
    seconds: float


def measure() -> list[Number]:
    with house(goods=GOODS, rules=shop(**RULES)) as home:
        open_wide(home, goods=GOODS)
        plain = stand(home, PLAIN)
        # Half of them cross a border and half are for companies: four kinds of supplies.
        marked = stand(home, MARKED, cross_border_share=0.5, b2b_share=0.5, required_meta={"sgtin": 1.0})
        stand(home, OVER, state=OrderState.FINISHED)
        meter = Meter()
        home.invoke("sync_statuses")  # the first run of a process also reads the secrets and the shop's properties
        return [
            *_nothing_changed(home, meter),
            *_some_changed(home, meter, plain[:CHANGED]),
            *_assembled(home, meter, marked),
            *_marked(home, meter, marked),
            *_reconciled(home, meter),
        ]


def _nothing_changed(home: House, meter: Meter) -> list[Number]:
    taken = _run(home, meter, "sync_statuses")
    assert taken.report["OrdersOpen"] == OPEN, taken.report
    assert not taken.report["StatusesChanged"], taken.report
    least = ceil(OPEN / STATUSES), ceil(OPEN / ROWS)
    return [_number(f"sync_statuses, {OPEN:,} open orders, nothing changed", taken, *least)]


def _some_changed(home: House, meter: Meter, orders: Sequence[Standing]) -> list[Number]:
    """Staff puts them into a supply in WB's cabinet, and the shop is to show it: a status and properties each."""
    confirm(home, [order.order_id for order in orders])
    taken = _run(home, meter, "sync_statuses")
    assert taken.report["OrdersShown"] == CHANGED, taken.report
    shown = ceil(CHANGED / COMMANDS) + ceil(2 * CHANGED / COMMANDS)  # read, and written
    least = ceil(OPEN / STATUSES), ceil(OPEN / ROWS) + shown
    return [_number(f"sync_statuses, {CHANGED} of {OPEN:,} changed", taken, *least)]


def _assembled(home: House, meter: Meter, orders: Sequence[Standing]) -> list[Number]:
    in_shop(home, "orders/status", orders, {"status": ASSEMBLED})
    taken = _run(home, meter, "build_supplies")
    assert taken.report["OrdersIntoSupplies"] == len(orders), taken.report
    of_kinds = _kinds(home, orders)
    assert taken.report["SuppliesOpened"] == len(of_kinds) == 4, taken.report
    adds = sum(ceil(count / AT_ONCE) for count in of_kinds.values())
    waiting = OPEN - CHANGED
    least = ceil(len(orders) / STATUSES) + len(of_kinds) + adds, ceil(waiting / ROWS)
    what = f"build_supplies, {len(orders):,} assembled orders of {len(of_kinds)} kinds"
    again = _run(home, meter, "build_supplies")
    assert not again.report["OrdersIntoSupplies"], again.report
    idle = f"build_supplies, nothing new, {len(of_kinds)} supplies open"
    waiting -= len(orders)
    return [_number(what, taken, *least), _number(idle, again, 0, ceil(waiting / ROWS))]


def _marked(home: House, meter: Meter, orders: Sequence[Standing]) -> list[Number]:
    for number, order in enumerate(orders):
        in_shop(home, "orders/line-property", [order], {"code": CODE_PROPERTY, "value": code(number)})
    taken = _run(home, meter, "send_marking")
    assert taken.report["MarkingSent"] == len(orders), taken.report
    asks = ceil(len(orders) / STATUSES) + ceil(len(orders) / CODES)
    bucket = PUT_SGTIN.bucket
    fastest = (len(orders) - bucket.burst) * bucket.interval
    paced = f"{taken.seconds:.0f} s = {taken.seconds / fastest:.2f} × the least that WB's limit allows"
    home.invoke("send_marking")  # notes that WB looks at the codes
    again = _run(home, meter, "send_marking")
    assert not again.report["MarkingSent"], again.report
    return [
        _number(
            f"send_marking, {len(orders):,} marked orders",
            taken,
            asks + len(orders),
            ceil(len(orders) / COMMANDS),
            beside=paced,
        ),
        _number(f"send_marking, nothing new, {len(orders):,} orders on assembly", again, asks, 0),
    ]


def _reconciled(home: House, meter: Meter) -> list[Number]:
    home.invoke("reconcile_orders")  # the first run notes when wbsync began
    taken = _run(home, meter, "reconcile_orders")
    assert (taken.report["OrdersListed"], taken.report["OrdersUnexplained"]) == (ALL, 0), taken.report
    return [_number(f"reconcile_orders, {ALL:,} orders", taken, ceil(ALL / LISTED), ceil(ALL / ROWS))]


def _run(home: House, meter: Meter, function: str) -> Taken:
    began = time.monotonic()
    answers: list[Mapping[str, int]] = []
    usage = meter.measure(function, lambda: answers.append(home.invoke(function)))
    seconds = time.monotonic() - began
    return Taken(answers[0], usage, dict(meter.asked), seconds)


def _number(what: str, taken: Taken, wb: int, bitrix: int, *, beside: str = "") -> Number:
    asked = {"WB": (taken.usage["wb"], wb), "Bitrix": (taken.usage["bitrix"], bitrix)}
    sides = ", ".join(f"{side} {number:.0f} requests{_times(number, least)}" for side, (number, least) in asked.items())
    dynamodb = sum(number for name, number in taken.usage.calls.items() if name.startswith("dynamodb."))
    return Number(
        what=what,
        measured=f"{sides}; {taken.usage['cpu_s']:.1f} s of CPU, {dynamodb:.0f} calls of DynamoDB"
        + (f"\n{beside}" if beside else ""),
        details={
            **{f"{side.lower()}_requests": number for side, (number, _) in asked.items()},
            **{f"{side.lower()}_least": least for side, (_, least) in asked.items()},
            "wb_by_operation": taken.wb,
            "report": taken.report,
            "usage": taken.usage.of,
        },
    )


def _times(number: float, least: int) -> str:
    return f" = {number / least:.2f} × the least" if least else " (least: 0)"


def in_shop(home: House, what: str, orders: Sequence[Standing], body: Mapping[str, Any]) -> None:
    """Staff does this to each of the orders."""
    for order in orders:
        home.shop.sim("POST", what, {"order_id": order.shop_order_id, **body})


def _kinds(home: House, orders: Sequence[Standing]) -> Counter[tuple[int, bool]]:
    wanted = {order.order_id for order in orders}
    rows = [row for row in home.wb.state()["orders"] if row["id"] in wanted]
    return Counter((row["crossBorderType"], row["options"]["isB2B"]) for row in rows)


def code(number: int) -> str:
    """An invented code of «Честный знак», as a scanner writes it."""
    return f"0104810000000017215Qr{number:06d}\x1d91EE07\x1d92kQ4/7b+Zt9Jw2mXr5sVn8cLpGd3fHy6aEuTiOoWqB1M="
