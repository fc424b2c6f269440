"""What becomes of an order: the events it can see, and a life of its own that the clock plays.

`happen` is one event. The life is a table of steps (`USUAL`, or the world's own): each order that comes to a stage
draws its next step at once, always the same one for the same seed, and `play` lets everything happen whose moment has
come, in the order of those moments. Orders that draw no step stay where they are: those at `waiting` were lost on the
way and are told by GET /api/v3/supplies/orders/reshipment after a day.

Chosen where WB says nothing: a cross-border order goes to the carrier first and is sorted by WB after that.
"""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from infra.local.wildberries.state import OVER, Order, State, Step, Supply

USUAL = (
    Step("new", None, "cancel_by_client", 0.03, 0.1, 0.9),
    Step("confirm", None, "cancel_by_client", 0.01, 1, 6),
    Step("waiting", 0, "sorted", 0.97, 6, 24),
    Step("waiting", 0, "defect", 0.01, 6, 24),
    Step("waiting", 1, "accepted_by_carrier", 0.96, 4, 24),
    Step("waiting", 1, "cancel_by_carrier", 0.02, 4, 24),
    Step("accepted_by_carrier", 1, "sent_to_carrier", 0.97, 6, 48),
    Step("accepted_by_carrier", 1, "cancel_by_carrier", 0.03, 6, 48),
    Step("sent_to_carrier", 1, "sorted", 0.97, 24, 96),
    Step("sent_to_carrier", 1, "cancel_by_carrier", 0.03, 24, 96),
    Step("sorted", None, "ready_for_pickup", 0.98, 24, 96),
    Step("sorted", None, "defect", 0.02, 24, 96),
    Step("ready_for_pickup", None, "sold", 0.86, 2, 72),
    Step("ready_for_pickup", None, "cancel_by_client", 0.13, 2, 168),
    Step("ready_for_pickup", None, "defect", 0.01, 2, 72),
)

# (what happens, supplierStatus before) → supplierStatus and wbStatus after, and whether the unit is on sale again.
_AFTER: dict[tuple[str, str], tuple[str, str, bool]] = {
    ("cancel_by_client", "new"): ("cancel", "canceled", True),  # in the first hour declined_by_client
    ("cancel_by_client", "confirm"): ("cancel", "canceled", True),
    ("cancel_by_client", "complete"): ("complete", "canceled_by_client", False),
    ("cancel_by_carrier", "complete"): ("cancel_carrier", "canceled_by_carrier", False),
    ("accepted_by_carrier", "complete"): ("complete", "accepted_by_carrier", False),
    ("sent_to_carrier", "complete"): ("complete", "sent_to_carrier", False),
    ("sorted", "complete"): ("complete", "sorted", False),
    ("postponed_delivery", "complete"): ("complete", "postponed_delivery", False),
    ("ready_for_pickup", "complete"): ("complete", "ready_for_pickup", False),
    ("sold", "complete"): ("complete", "sold", False),
    ("defect", "complete"): ("complete", "defect", False),
}
EVENTS = sorted({event for event, _ in _AFTER})
_OF_CARRIERS = {"cancel_by_carrier", "accepted_by_carrier", "sent_to_carrier"}
_REGRET = timedelta(hours=1)
_TAKEN_IN = {"sorted", "accepted_by_carrier", "sent_to_carrier", "ready_for_pickup", "sold"}


def happen(state: State, order: Order, event: str, at: float | None = None) -> bool:
    """At unix seconds `at`, or now. False when this cannot happen to the order as it stands."""
    after = _AFTER.get((event, order.supplier_status))
    if after is None or order.wb_status in OVER or (event in _OF_CARRIERS and not order.cross_border):
        return False
    moment = datetime.fromtimestamp(state.now if at is None else at, UTC)
    regretted = order.supplier_status == "new" and moment <= order.created_at + _REGRET
    order.supplier_status, order.wb_status, back = after
    if back and regretted:
        order.wb_status = "declined_by_client"
    if back:
        state.leave_supply(order)
        state.return_unit(order.warehouse_id, order.chrt_id)
    if order.wb_status in _TAKEN_IN:
        _take_in(state, order, moment)
    await_next(state, order, moment.timestamp())
    return True


def scan(state: State, supply: Supply, order_ids: Iterable[int]) -> None:
    """WB takes in these orders of a supply; an open one is closed by it, whatever its marking lacks."""
    if supply.closed_at is None:
        close(state, supply)
    for each in order_ids:
        order = state.orders[each]
        happen(state, order, "accepted_by_carrier" if order.cross_border else "sorted")


def close(state: State, supply: Supply) -> None:
    """Its orders go from confirm to complete."""
    supply.closed_at = state.moment()
    for each in supply.order_ids:
        state.orders[each].supplier_status = "complete"
        await_next(state, state.orders[each], state.now)


def await_next(state: State, order: Order, since: float) -> None:
    """The order came to another stage at `since`: what was to happen to it is off, something else is awaited."""
    order.steps += 1
    if order.wb_status in OVER:
        return
    stage = _stage(order)
    dice = random.Random(f"{state.seed}/{order.id}/{order.steps}/{stage}")  # nosec B311 # dice of a simulation, no secret
    drawn = dice.random()
    for step in state.life:
        if step.stage != stage or step.cross_border_type not in {None, int(order.cross_border)}:
            continue
        drawn -= step.share
        if drawn < 0:
            due = since + dice.uniform(step.least, step.most) * 3_600
            heappush(state.agenda, (due, order.id, order.steps, step.event))
            return


def play(state: State) -> None:
    """Everything up to now."""
    while state.agenda and state.agenda[0][0] <= state.now:
        due, order_id, steps, event = heappop(state.agenda)
        order = state.orders[order_id]
        if order.steps == steps:
            happen(state, order, event, due)


def switch(state: State, steps: Iterable[Step]) -> None:
    """From now on orders live so, those that are there already too; no steps: they stand still."""
    state.life = tuple(steps)
    state.agenda.clear()
    for order in state.orders.values():
        await_next(state, order, state.now)


def _stage(order: Order) -> str:
    return order.wb_status if order.supplier_status == "complete" else order.supplier_status


def _take_in(state: State, order: Order, moment: datetime) -> None:
    supply = state.supplies.get(order.supply_id or "")
    if supply is not None and supply.scanned_at is None:
        supply.scanned_at = moment
    if order.scan_price is None:
        order.scan_price = state.sizes[order.chrt_id].price
