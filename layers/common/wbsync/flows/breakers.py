"""Whether a reading may be told, and what is remembered when it may not."""

from datetime import datetime

from wbsync.domain.breakers import Reading, Switches
from wbsync.stores.breakers import BreakersStore


def lets_pass(
    name: str,
    reading: Reading,
    *,
    largest_percent: int | None,
    fewest: int,
    switches: Switches,
    breakers: BreakersStore,
    now: datetime,
) -> bool:
    """Trips the breaker on a bad reading unless people approved it; a usual one resets it."""
    tripped = switches.tripped.get(name)
    if not reading.exceeds(largest_percent, fewest):
        if tripped:
            breakers.reset(name)
        return True
    if tripped and tripped.allows(reading, now):
        return True
    breakers.trip(name, reading, now)
    return False
