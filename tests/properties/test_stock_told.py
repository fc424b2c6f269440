"""In whatever order batches reach WB, twice or cut off: in the end WB shows what the shop has, and never sells more."""

from collections import Counter
from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.fixtures.world import World
from wbsync.domain.ids import ChrtId
from wbsync.domain.links import stock_links
from wbsync.domain.orders import OrderState
from wbsync.errors import SyncError, TryLater
from wbsync.messages import StockBatch

FAULTS = ("500", "html500", "429", "cut_before", "cut_after", "500_after")
LONGER_THAN_REFUSED = 25  # hours


class StockTold(RuleBasedStateMachine):
    """The queue is played by a list whose messages are delivered as the example says."""

    new_world: Callable[[], World]

    def __init__(self) -> None:
        super().__init__()
        self.world = self.new_world()
        self.seed = 0
        self.queue: list[str] = []

    @rule(offer=st.integers(0, 3), store=st.sampled_from([1, 2]), amount=st.integers(0, 6))
    def goods_are_counted(self, offer: int, store: int, amount: int) -> None:
        product = self.world.shop_state()["products"][offer]
        reserved = int(product["stores"][str(store)]["quantityReserved"])
        body = {"offer_id": product["id"], "store_id": store, "amount": amount + reserved}
        self.world.sim("shop", "POST", "/_sim/stock", body)

    @rule(count=st.integers(1, 2))
    def buyers_order(self, count: int) -> None:
        self.seed += 1
        self.world.sim("wb", "POST", "/_sim/orders", {"count": count, "seed": self.seed})

    @rule()
    def orders_are_placed(self) -> None:
        self._unless_put_off(self.world.poll_orders)
        self.world.place_orders()

    @rule(full=st.booleans())
    def stock_is_collected(self, full: bool) -> None:
        self._unless_put_off(lambda: self.world.collect_stock(full=full))
        self.queue += [message["Body"] for message in self.world.aws.messages("StockBatchesQueue")]

    @rule(data=st.data(), keeps=st.booleans())
    def a_batch_is_delivered(self, data: st.DataObject, keeps: bool) -> None:
        """Any of those that wait; kept, it comes again."""
        if self.queue:
            self._deliver(data.draw(st.integers(0, len(self.queue) - 1)), keeps=keeps)

    @rule(offer=st.integers(0, 3), amounts=st.lists(st.integers(1, 6), min_size=2, max_size=2, unique=True))
    def readings_cross(self, offer: int, amounts: list[int]) -> None:
        """The batch of the older reading comes last, and once more."""
        before = len(self.queue)
        for amount in amounts:
            self.goods_are_counted(offer, 1, amount)
            self.world.clock.forward(minutes=5)
            self.stock_is_collected(full=False)
        for _ in self.queue[before:]:
            self._deliver(len(self.queue) - 1, keeps=False)

    @rule(kind=st.sampled_from(FAULTS), verb=st.sampled_from(["PUT", "POST"]))
    def wb_fails(self, kind: str, verb: str) -> None:
        self.world.wb_fault(f"{verb} /api/v3/stocks/*", kind)

    @rule(offer=st.integers(0, 3))
    def wb_refuses_a_row(self, offer: int) -> None:
        chrt_id = sorted(self.world.wb_stock())[offer % len(self.world.wb_stock())] if self.world.wb_stock() else 0
        self.world.wb_fault("PUT /api/v3/stocks/*", "refuse_rows", chrt_ids=[chrt_id])

    @rule(minutes=st.sampled_from([0.2, 5.0, 15.0, 70.0]))
    def time_passes(self, minutes: float) -> None:
        self.world.clock.forward(minutes=minutes)

    def teardown(self) -> None:
        """Trouble ends: late batches come, then two usual cycles and WB shows what the shop has."""
        self.world.sim("shop", "DELETE", "/_sim/faults")
        self.world.sim("wb", "DELETE", "/_sim/faults")
        self.world.clock.forward(hours=LONGER_THAN_REFUSED)
        while self.queue:
            self._deliver(0, keeps=False)
        self.world.clock.forward(minutes=15)
        self.world.sync_stock()
        self._nothing_is_shown_that_is_sold()
        for _ in range(2):
            self.world.clock.forward(minutes=15)
            self.world.poll_orders()
            self.world.place_orders()
            self.world.sync_stock()
        assert {chrt: n for chrt, n in self.world.wb_stock().items() if n} == self._free_in_shop()

    def _nothing_is_shown_that_is_sold(self) -> None:
        """Polled before the shop is read: also what the shop does not know yet."""
        states = (OrderState.STORED, OrderState.WAITING)
        sold = Counter(record.order.chrt_id for state in states for record in self.world.orders.in_state(state))
        free = self._free_in_shop()
        assert all(n <= max(0, free.get(c, 0) - sold[ChrtId(c)]) for c, n in self.world.wb_stock().items())

    def _deliver(self, index: int, *, keeps: bool) -> None:
        body = self.queue[index] if keeps else self.queue.pop(index)
        [result] = self.world.push([StockBatch.model_validate_json(body)])
        if isinstance(result, SyncError) and not keeps:
            self.queue.append(body)
            self.world.clock.forward(seconds=max(1.0, getattr(result, "wait", 60.0)))
        self.queue += [message["Body"] for message in self.world.aws.messages("StockBatchesQueue")]

    def _unless_put_off(self, run: Callable[[], object]) -> None:
        try:
            run()
        except TryLater:
            self.world.clock.forward(seconds=30)

    def _free_in_shop(self) -> dict[int, int]:
        """By chrtID, what lies in the two stores unreserved, and no more than the shop's own total."""
        free = {}
        products = {product["id"]: product for product in self.world.shop_state()["products"]}
        for chrt_id, offer in stock_links(self.world.links.all()).items():
            product = products[offer.offer_id]
            stores = (product["stores"].get(store) for store in ("1", "2"))
            units = min(sum(max(0, s["amount"] - s["quantityReserved"]) for s in stores if s), product["quantity"])
            if units > 0 and product["active"] == "Y":
                free[int(chrt_id)] = int(units)
        return free


def test_wb_shows_in_the_end_what_the_shop_has(new_world: Callable[[], World]) -> None:
    machine = type("StockToldHere", (StockTold,), {"new_world": staticmethod(new_world)})
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=20, deadline=None))
