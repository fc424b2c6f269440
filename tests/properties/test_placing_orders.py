"""Whatever breaks while orders are placed, and in whatever order messages come: each is in the shop once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.fixtures.world import World
from wbsync.domain.orders import OrderState
from wbsync.errors import TryLater
from wbsync.messages import NewOrder

METHODS = ("batch", "sale.order.add", "sale.basketitem.add", "sale.payment.add", "sale.shipment.*", "sale.order.list")
KINDS = ("500", "html500", "503", "cut_before", "cut_after", "error_after_save", "command_error", "slow")
WB_KINDS = ("500", "html500", "cut_before", "cut_after", "429")
QUIET = 12  # rounds of ten minutes


class PlacingOrders(RuleBasedStateMachine):
    new_world: Callable[[], World]

    def __init__(self) -> None:
        super().__init__()
        self.world = self.new_world()
        self.seed = 0

    @rule(count=st.integers(1, 3))
    def buyers_order(self, count: int) -> None:
        self.seed += 1
        self.world.sim("wb", "POST", "/_sim/orders", {"count": count, "seed": self.seed})

    @rule()
    def orders_are_polled(self) -> None:
        self._unless_put_off(self.world.poll_orders)

    @rule()
    def messages_are_handled(self) -> None:
        self.world.place_orders()

    @rule()
    def a_message_comes_again(self) -> None:
        for record in self.world.orders.in_state(OrderState.STORED):
            self.world.new_orders.send([NewOrder(order_id=record.order_id)])

    @rule(method=st.sampled_from(METHODS), kind=st.sampled_from(KINDS), times=st.integers(1, 3))
    def the_shop_fails(self, method: str, kind: str, times: int) -> None:
        self.world.shop_fault(method, kind, times=times, seconds=20)

    @rule(kind=st.sampled_from(["cut_after", "html500"]), times=st.integers(2, 3))
    def the_shop_obeys_without_a_word(self, kind: str, times: int) -> None:
        """The answers to looking the orders up and to making them get lost."""
        self.buyers_order(1)
        self.orders_are_polled()
        self.world.shop_fault("batch", kind, times=times - 1)
        for _ in range(times):
            self.messages_are_handled()
            self.world.clock.forward(seconds=125)

    @rule(kind=st.sampled_from(WB_KINDS))
    def wb_fails(self, kind: str) -> None:
        self.world.wb_fault("GET /api/v3/orders/new", kind)

    @rule(minutes=st.sampled_from([0.5, 2.5, 6.0, 61.0]))
    def time_passes(self, minutes: float) -> None:
        self.world.clock.forward(minutes=minutes)

    @rule()
    def what_got_stuck_is_queued_again(self) -> None:
        self._unless_put_off(self.world.sweep)

    @invariant()
    def the_shop_never_has_an_order_twice_nor_one_that_nobody_bought(self) -> None:
        """Not even for a moment, cancelled or not: no answer comes late here."""
        orders = Counter(int(str(order["xmlId"]).removeprefix("WB_")) for order in self._shop_orders())
        assert set(orders) <= self._bought()
        assert set(orders.values()) <= {1}

    def teardown(self) -> None:
        """Trouble ends; after a while everything is as it should be."""
        self.world.sim("shop", "DELETE", "/_sim/faults")
        self.world.sim("wb", "DELETE", "/_sim/faults")
        for _ in range(QUIET):
            self.world.clock.forward(minutes=10)
            self.world.poll_orders()
            self.world.sweep()
            self.world.place_orders()
        assert {order["canceled"] for order in self._shop_orders()} <= {"N"}
        assert len(self._shop_orders()) == len(self._bought())
        assert set(self.world.state(OrderState.PLACED)) == self._bought()
        assert all(len(order["lines"]) == 1 for order in self._shop_orders())

    def _unless_put_off(self, run: Callable[[], object]) -> None:
        try:
            run()
        except TryLater:  # the next tick is the retry
            self.world.clock.forward(seconds=30)

    def _bought(self) -> set[int]:
        with self.world.wildberries.state.lock:
            return set(self.world.wildberries.state.orders)

    def _shop_orders(self) -> list[dict[str, Any]]:
        orders: list[dict[str, Any]] = self.world.shop_state()["orders"]
        return [order for order in orders if str(order["xmlId"]).startswith("WB_")]


def test_each_order_is_placed_once(new_world: Callable[[], World]) -> None:
    machine = type("PlacingOrdersHere", (PlacingOrders,), {"new_world": staticmethod(new_world)})
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=15, deadline=None))
