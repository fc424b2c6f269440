"""Any number of callers on one budget: whatever they reserve, send, drop or are refused, WB never sees too many."""

import heapq
from datetime import UTC, datetime
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.local.wildberries import limits
from wbsync.domain.pacing import LATENESS, PATIENCE, Bucket, LedgerInMemory, refusal_lesson
from wbsync.errors import RateLimited

NOW = 1_764_000_000.0
BUCKETS = (
    Bucket("stocks", 0.2, 20, refusal_cost=10),
    Bucket("meta write", 0.06, 20, refusal_cost=10),
    Bucket("content", 0.6, 5),
    Bucket("stocks delete", 6.0, 2, refusal_cost=10),
    Bucket("wb stock", 20.0, 1),
)
REFUSED = 409


class SharedBudget(RuleBasedStateMachine):
    """WB is played by the simulator's own limits, which know nothing of our reckoning."""

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        self.budget = LedgerInMemory(lambda: datetime.fromtimestamp(self.at, UTC))
        self.on_the_way: list[tuple[float, int]] = []
        self.turn = count()
        self.sent = self.refused = 0
        self.hoarded = False

    @initialize(bucket=st.sampled_from(BUCKETS))
    def one_bucket(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.wb = limits.Limits()
        self.theirs = limits.Bucket(bucket.interval, bucket.burst, bucket.refusal_cost)

    @rule(calls=st.integers(1, 30), late=st.lists(st.floats(0, 1), min_size=1, max_size=5), used=st.floats(0, 1))
    def reserve(self, calls: int, late: list[float], used: float) -> None:
        """A caller takes slots, sends a part of them, and each call is late in its own way."""
        try:
            slots = self.budget.reserve(self.bucket, calls)
        except RateLimited as error:
            self.hoarded |= error.wait <= PATIENCE
            return
        for n, slot in enumerate(slots[: max(1, int(len(slots) * used))]):
            waits = (slot.latest + LATENESS / 2 - slot.earliest) * late[n % len(late)]
            heapq.heappush(self.on_the_way, (slot.earliest + waits, next(self.turn)))

    @rule(seconds=st.floats(0.01, 30))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds
        while self.on_the_way and self.on_the_way[0][0] <= self.at:
            self._arrives(heapq.heappop(self.on_the_way)[0], 200)

    @precondition(lambda self: not self.on_the_way)
    @rule()
    def a_lone_call_is_refused(self) -> None:
        """A 4XX costs ten; whoever made the call says so to all others."""
        try:
            [slot] = self.budget.reserve(self.bucket, 1)
        except RateLimited:
            return
        self.at = slot.earliest
        self._arrives(self.at, REFUSED)
        self.budget.learn(self.bucket, refusal_lesson(self.bucket))

    def _arrives(self, moment: float, status: int) -> None:
        self.sent += 1
        if self.wb.take(("seller",), self.theirs, now=moment) is None:
            self.wb.settle(("seller",), self.theirs, status, now=moment)
        else:
            self.refused += 1

    @invariant()
    def wb_refuses_nothing(self) -> None:
        assert self.refused == 0, f"{self.refused} of {self.sent} calls met a 429"

    @invariant()
    def nobody_is_sent_away_who_could_have_waited(self) -> None:
        assert not self.hoarded


def test_wb_refuses_no_call_however_many_share_the_budget() -> None:
    run_state_machine_as_test(SharedBudget, settings=settings(max_examples=150, stateful_step_count=40, deadline=None))
