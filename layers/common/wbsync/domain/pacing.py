"""How fast WB may be called: its token buckets as arithmetic on one number.

A WB bucket holds `burst` calls and wins one back every `interval` seconds (WB facts §1, "429, limits, penalties").
What is left in it at any moment follows from one number, `full_at`: the moment it will be full again if nobody calls.
All processes of one seller share that number, so it is all that a ledger has to keep.

We stay under the limit instead of learning it from 429s. Between our reckoning and WB's lies the way to WB, so calls
that were spaced right can arrive closer together than they were sent. Therefore a part of the burst is never used
(`Bucket.headroom`), and a reserved call that was not sent in its time is void (`Slot.latest`): as long as both the
wait before sending and the way take no more than `LATENESS` together, no call can be refused.

Moments are seconds since the epoch, as the ledgers keep them; the clock is passed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol

from wbsync.errors import RateLimited

PATIENCE = 2.0
"""Seconds. Who would have to wait longer goes back to the queue instead: sleeping in a Lambda is paid for."""

LATENESS = 0.4
"""Seconds that a call may reach WB late, half of them before it is sent."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One of WB's limits: `burst` calls at once, then one every `interval` seconds.

    `refusal_cost`: how many calls one 4XX answer counts for (10 on Marketplace since 2026-06-04, WB facts §1).
    """

    name: str
    interval: float
    burst: int
    refusal_cost: int = 1

    @property
    def headroom(self) -> float:
        """Seconds' worth of calls that stay unused: what lateness can compress, and at least one call of several."""
        return LATENESS if self.burst == 1 else max(LATENESS, self.interval)

    @property
    def capacity(self) -> float:
        """Seconds that an empty bucket needs to be full."""
        return self.burst * self.interval


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to one call between `earliest` and `latest`; with it, the bucket is full at `full_at`."""

    earliest: float
    latest: float
    full_at: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an answer tells about the bucket: calls charged beyond the one made, and seconds until full, at least."""

    extra_calls: int = 0
    full_in: float = 0.0


def reserve(bucket: Bucket, full_at: float, now: float, calls: int = 1) -> tuple[Slot, ...]:
    """Slots for up to `calls` calls, in order: as many as may start within `PATIENCE`, so that no slot is hoarded.

    The ledger's new number is `full_at` of the last slot.
    Raises RateLimited when not even the first may start so soon; nothing is to be written then.
    """
    slots: list[Slot] = []
    while len(slots) < calls:
        slot = _next(bucket, full_at, now)
        if slot.earliest - now > PATIENCE:
            break
        slots.append(slot)
        full_at = slot.full_at
    if not slots:
        wait = _next(bucket, full_at, now).earliest - now
        raise RateLimited(f"the limit {bucket.name!r} is spent for {wait:.1f} s", wait=wait)
    return tuple(slots)


def _next(bucket: Bucket, full_at: float, now: float) -> Slot:
    room = bucket.capacity - bucket.interval - bucket.headroom
    earliest = max(now, full_at - room)
    # The even pace at which an empty bucket would let this call through. A burst sends earlier than that, and
    # nobody later, or calls saved up would meet the calls of others who were told that the bucket had room.
    pace = max(full_at, earliest)
    return Slot(earliest=earliest, latest=pace + LATENESS / 2, full_at=pace + bucket.interval)


def corrected(bucket: Bucket, full_at: float, now: float, lesson: Lesson) -> float:
    """The ledger's number after a lesson. Never smaller than it was: others' calls may still be on their way."""
    charged = max(full_at, now) + lesson.extra_calls * bucket.interval if lesson.extra_calls else full_at
    return max(charged, now + lesson.full_in) if lesson.full_in else charged


def remaining_lesson(bucket: Bucket, remaining: int) -> Lesson:
    """From `X-Ratelimit-Remaining`. WB rounds down and the answer was on its way: only what is certain is learnt."""
    spent = bucket.burst - remaining - 1
    return Lesson(full_in=max(0.0, spent * bucket.interval - LATENESS))


def refusal_lesson(bucket: Bucket) -> Lesson:
    """From a 4XX answer other than 429: the call itself is paid for, the rest of its price is not."""
    return Lesson(extra_calls=bucket.refusal_cost - 1)


def limited_lesson(bucket: Bucket, retry: float | None, reset: float | None) -> Lesson:
    """From a 429: `X-Ratelimit-Reset` is seconds until full, `-Retry` until the next call. With neither: empty."""
    if retry is None and reset is None:
        return Lesson(full_in=bucket.capacity)
    until_call = 0.0 if retry is None else retry + bucket.capacity - bucket.interval
    return Lesson(full_in=max(reset or 0.0, until_call))


class CallBudget(Protocol):
    """A ledger of the seller's buckets, shared by everyone who calls in the seller's name."""

    def reserve(self, bucket: Bucket, calls: int) -> Sequence[Slot]:
        """Between one and `calls` slots in one step. Raises RateLimited, and Unavailable without the ledger."""
        ...

    def learn(self, bucket: Bucket, lesson: Lesson) -> None:
        """Write down what an answer told. Raises Unavailable."""
        ...


class LedgerInMemory:
    """A CallBudget for one process: the CLI, and simulations."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._full_at: dict[str, float] = {}

    def reserve(self, bucket: Bucket, calls: int) -> tuple[Slot, ...]:
        """See CallBudget."""
        with self._lock:
            slots = reserve(bucket, self._full_at.get(bucket.name, 0.0), self._now().timestamp(), calls)
            self._full_at[bucket.name] = slots[-1].full_at
        return slots

    def learn(self, bucket: Bucket, lesson: Lesson) -> None:
        """See CallBudget."""
        with self._lock:
            full_at = self._full_at.get(bucket.name, 0.0)
            self._full_at[bucket.name] = corrected(bucket, full_at, self._now().timestamp(), lesson)
