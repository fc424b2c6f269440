"""The arithmetic of WB's token buckets, against a bucket that plays WB's part."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbsync.domain.pacing import (
    LATENESS,
    PATIENCE,
    Bucket,
    LedgerInMemory,
    Lesson,
    Slot,
    corrected,
    limited_lesson,
    refusal_lesson,
    remaining_lesson,
    reserve,
)
from wbsync.errors import RateLimited

NOW = 1_764_000_000.0
STOCKS = Bucket("stocks", 0.2, 20, refusal_cost=10)
ONE_AT_A_TIME = Bucket("report", 20.0, 1)
BUCKETS = (
    STOCKS,
    ONE_AT_A_TIME,
    Bucket("meta", 0.06, 20),
    Bucket("content", 0.6, 5),
    Bucket("delete", 6.0, 2),
    Bucket("narrow", 0.2, 2),  # lateness eats all of its burst
    Bucket("sandbox", 1.0, 1),
)


@dataclass
class WbBucket:
    """The other side: refuses a call that finds less than one token."""

    bucket: Bucket
    tokens: float
    at: float

    def takes(self, moment: float) -> bool:
        won = (moment - self.at) / self.bucket.interval
        self.tokens, self.at = min(float(self.bucket.burst), self.tokens + won), moment
        if self.tokens < 1 - 1e-4:  # a moment of 2026 is known to 0.0000003 s
            return False
        self.tokens -= 1
        return True


def all_slots(bucket: Bucket, calls: int) -> list[Slot]:
    """Slots of one patient caller who begins with a full bucket and asks again when told to wait."""
    slots: list[Slot] = []
    now, full_at = NOW, 0.0
    while len(slots) < calls:
        try:
            slots += reserve(bucket, full_at, now, calls - len(slots))
            full_at = slots[-1].full_at
        except RateLimited as refused:
            now += refused.wait
    return slots


# Rounds of (seconds since the round before, calls wanted, for each call: how late it is sent, how long it travels).
lateness = st.tuples(st.floats(0, 1), st.floats(0, 1))
rounds = st.lists(st.tuples(st.floats(0, 5), st.lists(lateness, min_size=1, max_size=30)), min_size=1, max_size=30)


@given(bucket=st.sampled_from(BUCKETS), rounds=rounds)
def test_a_call_sent_in_its_time_is_never_refused_however_late_it_arrives(
    bucket: Bucket, rounds: list[tuple[float, list[tuple[float, float]]]]
) -> None:
    now, full_at, arrivals = NOW, 0.0, []
    for pause, calls in rounds:
        now += pause * bucket.interval
        try:
            slots = reserve(bucket, full_at, now, len(calls))
        except RateLimited:
            continue
        full_at = slots[-1].full_at
        for slot, (sent_late, travel) in zip(slots, calls, strict=False):
            sent = slot.earliest + sent_late * (slot.latest - slot.earliest)
            arrivals.append(sent + travel * LATENESS / 2)
    wb = WbBucket(bucket, float(bucket.burst), NOW)
    assert all(wb.takes(moment) for moment in sorted(arrivals))


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.name)
@pytest.mark.parametrize("late", range(1, 40))
def test_the_worst_case_is_taken_when_late_calls_meet_prompt_ones(bucket: Bucket, late: int) -> None:
    slots = all_slots(bucket, 40)
    arrivals = [slot.latest + LATENESS / 2 for slot in slots[:late]] + [slot.earliest for slot in slots[late:]]
    wb = WbBucket(bucket, float(bucket.burst), NOW)
    assert all(wb.takes(moment) for moment in sorted(arrivals))


def test_ninety_five_in_a_hundred_of_what_the_bucket_allows_are_used() -> None:
    fastest = (110 - STOCKS.burst) * STOCKS.interval
    took = all_slots(STOCKS, 110)[-1].earliest - NOW
    assert fastest / took >= 0.95


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.name)
def test_every_bucket_lets_calls_through_at_nearly_its_pace(bucket: Bucket) -> None:
    took = all_slots(bucket, 50)[-1].earliest - NOW
    assert took <= 50 * (bucket.interval + LATENESS / bucket.burst)


def test_a_full_bucket_gives_its_burst_at_once_but_for_the_headroom() -> None:
    def at_once(bucket: Bucket) -> int:
        return sum(slot.earliest - NOW < 0.001 for slot in reserve(bucket, 0.0, NOW, 30))

    assert at_once(STOCKS) == STOCKS.burst - 2
    assert at_once(Bucket("content", 0.6, 5)) == 4
    assert at_once(Bucket("delete", 6.0, 2)) == 1
    assert reserve(ONE_AT_A_TIME, 0.0, NOW)[0].earliest == NOW


def test_no_slot_is_given_that_lies_further_off_than_patience() -> None:
    slots = reserve(STOCKS, 0.0, NOW, 1000)
    assert PATIENCE - STOCKS.interval < slots[-1].earliest - NOW <= PATIENCE


def test_a_wait_longer_than_patience_is_refused_with_its_length() -> None:
    with pytest.raises(RateLimited, match="'report' is spent for") as refused:
        reserve(ONE_AT_A_TIME, NOW + 12.0, NOW)
    assert refused.value.wait == pytest.approx(12.0 + LATENESS)
    assert reserve(ONE_AT_A_TIME, NOW + 12.0, NOW + refused.value.wait)


def test_a_slot_kept_too_long_is_void() -> None:
    slots = reserve(STOCKS, 0.0, NOW, 18)
    assert slots[0].latest - NOW == pytest.approx(LATENESS / 2, abs=0.001)
    assert slots[17].latest - NOW == pytest.approx(17 * STOCKS.interval + LATENESS / 2, abs=0.001)


def test_wbs_own_example_of_a_429_is_read_as_wb_means_it() -> None:
    bucket = Bucket("example", 3.0, 10)  # Limit 10, Retry 2, Reset 29: 27 s for the nine calls after the next one
    learnt = limited_lesson(bucket, retry=2.0, reset=29.0)
    assert learnt == Lesson(full_in=29.0)
    assert limited_lesson(bucket, retry=2.0, reset=None) == learnt
    assert limited_lesson(bucket, retry=None, reset=None) == Lesson(full_in=30.0)


def test_what_remains_at_wb_only_ever_tightens() -> None:
    ours = corrected(STOCKS, 0.0, NOW, remaining_lesson(STOCKS, 3))
    assert ours - NOW == pytest.approx(16 * STOCKS.interval - LATENESS, abs=0.001)
    assert corrected(STOCKS, ours, NOW, remaining_lesson(STOCKS, 19)) == ours


def test_a_caller_alone_learns_nothing_from_what_remains() -> None:
    wb = WbBucket(STOCKS, float(STOCKS.burst), NOW)
    for slot in all_slots(STOCKS, 60):
        assert wb.takes(slot.earliest + 0.1)
        learnt = remaining_lesson(STOCKS, int(wb.tokens))
        assert corrected(STOCKS, slot.full_at, slot.earliest + 0.2, learnt) == slot.full_at


def test_a_4xx_on_marketplace_costs_ten_calls_and_elsewhere_one() -> None:
    full_at = reserve(STOCKS, 0.0, NOW)[-1].full_at
    charged = corrected(STOCKS, full_at, NOW, refusal_lesson(STOCKS))
    assert charged - NOW == pytest.approx(10 * STOCKS.interval)
    assert refusal_lesson(ONE_AT_A_TIME) == Lesson()


def test_the_ledger_in_memory_keeps_buckets_apart_and_remembers() -> None:
    ledger = LedgerInMemory(lambda: datetime.fromtimestamp(NOW, UTC))
    assert ledger.reserve(STOCKS, 18)[-1].earliest == pytest.approx(NOW, abs=0.001)
    assert ledger.reserve(STOCKS, 1)[0].earliest == pytest.approx(NOW + 0.2, abs=0.001)
    ledger.learn(STOCKS, limited_lesson(STOCKS, retry=None, reset=60.0))
    with pytest.raises(RateLimited):
        ledger.reserve(STOCKS, 1)
    assert ledger.reserve(ONE_AT_A_TIME, 1)[0].earliest == NOW
