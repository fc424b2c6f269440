"""Mechanisms of the product taken out one by one: a storm that does not notice one of these proves nothing.

Each row names what is taken out, how, and the weather that has to bring it to light.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from wbsync.bitrix import orders as bitrix_orders
from wbsync.connections import bitrix as bitrix_connection
from wbsync.connections import wildberries as wb_connection
from wbsync.domain.pacing import Slot
from wbsync.flows import collect_stock, place_orders
from wbsync.flows.place_orders import PlaceOrders
from wbsync.flows.push_stock import PushStock
from wbsync.flows.sync_statuses import SyncStatuses
from wbsync.stores import parameters
from wbsync.stores.call_budget import CallBudgetStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.stock_told import StockToldStore

_YEAR_2100 = 4_102_444_800.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """`patches`: object, attribute, what stands there instead."""

    patches: Callable[[], Sequence[tuple[Any, str, Any]]]
    weather: Sequence[str]
    hours: float = 5
    seed: int = 1


def _never_finds(*_: object) -> dict[object, object]:
    return {}


def _is_whole(_bitrix: object, orders: Mapping[Any, object], *_: object) -> dict[Any, None]:
    return dict.fromkeys(orders)


def _at_once(_store: object, _bucket: object, calls: int) -> tuple[Slot, ...]:
    return (Slot(earliest=0.0, latest=_YEAR_2100, full_at=0.0),) * calls


def _nothing(*_: object, **__: object) -> None:
    return None


def _raises(_push: object, _batch: object, _rows: object, error: Exception) -> None:
    raise error


def _believes_all_queued(_store: OrdersStore, _state: object, **_: object) -> Iterator[object]:
    return iter(())


def _read_once() -> Callable[[str], str]:
    return cache(parameters.secret)


def _reading_once() -> Sequence[tuple[Any, str, Any]]:
    secret = _read_once()
    return [(wb_connection, "secret", secret), (bitrix_connection, "secret", secret)]


MUTANTS: Mapping[str, Mutant] = {
    "orders are made without looking them up": Mutant(
        lambda: [(bitrix_orders, "find", _never_finds)], ["the shop's line is cut after"]
    ),
    "a half-made order counts as placed": Mutant(
        lambda: [(bitrix_orders, "complete", _is_whole)],
        ["the shop answers 500 in HTML", "the shop's line is cut after"],
    ),
    "an order that the shop saved with a warning is parked": Mutant(
        lambda: [(PlaceOrders, "_kept_all_the_same", _never_finds)], ["the shop saves and says it did not"]
    ),
    "an order that was stored and not queued is forgotten": Mutant(
        lambda: [(OrdersStore, "in_state", _believes_all_queued)], ["workers are killed", "DynamoDB and SQS throttle"]
    ),
    "the older reading overwrites the newer": Mutant(
        lambda: [(StockToldStore, "newer", _never_finds)], ["messages come twice and late"], hours=8, seed=1
    ),
    "units that WB sold are not taken off": Mutant(
        lambda: [(collect_stock, "sold_unknown_to_shop", lambda _: Counter())],
        ["the shop takes no orders"],
        hours=8,
    ),
    "a refusal that names no row holds back the others": Mutant(
        lambda: [(PushStock, "_put_halves", _raises)], ["WB refuses rows and does not say which"], seed=3
    ),
    "everybody calls WB as fast as he likes": Mutant(
        lambda: [(CallBudgetStore, "reserve", _at_once), (CallBudgetStore, "learn", _nothing)],
        ["WB refuses rows and does not say which"],
        seed=3,
    ),
    "what WB shows is not looked at": Mutant(
        lambda: [(PushStock, "_wrong_on_wb", lambda *_: [])], ["WB nods and does nothing"], hours=6
    ),
    "what staff cancels stays on WB": Mutant(
        lambda: [(SyncStatuses, "_cancel_on_wb", lambda *_: ([], {}))], ["the shop answers 500"], hours=9, seed=2
    ),
    "an order is made again while the shop is still at it": Mutant(
        lambda: [(place_orders, "SETTLED", 0.0), (PlaceOrders, "_take_back_doubles", _nothing)],
        ["the shop goes on behind a broken line"],
        seed=2,
    ),
    "a replaced token is not read": Mutant(_reading_once, ["the token is revoked, then replaced"]),
}


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """The product without one of its mechanisms."""
    with ExitStack() as patched:
        for where, name, instead in mutant.patches():
            patched.enter_context(patch.object(where, name, instead))
        yield
