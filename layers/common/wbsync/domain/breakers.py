"""When a reading is too bad to be believed: far more of it is gone than goes in the time between two readings.

An import that failed halfway, a price list without its stock or a webhook that lost a right look like a shop that sold
everything. Nothing of such a reading is told, until people approve it or the next reading is as usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wbsync.domain.ids import WarehouseId

APPROVED_FOR = timedelta(days=1)
_GROWTH = 1.1
"""How much worse than what was approved a reading may be: goods go on being sold."""

LINKS = "links"


def stock_of(warehouse: WarehouseId) -> str:
    """The name of the breaker of a WB warehouse's stock."""
    return f"stock/{warehouse}"


@dataclass(frozen=True, slots=True)
class Reading:
    """`gone` of `there`: rows of positive stock that shall be 0, or linked sizes that are linked no more."""

    there: int
    gone: int

    @property
    def percent(self) -> float:
        return 100 * self.gone / self.there if self.there else 0.0

    def exceeds(self, largest_percent: int | None, fewest: int) -> bool:
        """Whether more than `largest_percent` is gone; None switches the breaker off, `fewest` are always let go."""
        return largest_percent is not None and self.gone >= fewest and self.percent > largest_percent


@dataclass(frozen=True, slots=True)
class Tripped:
    """A breaker that stopped its flow at `at`, with the numbers of the last bad reading."""

    name: str
    at: datetime
    reading: Reading
    approved_until: datetime | None = None

    def allows(self, reading: Reading, now: datetime) -> bool:
        """Whether people approved a reading as bad as this."""
        approved = self.approved_until is not None and now < self.approved_until
        return approved and reading.gone <= self.reading.gone * _GROWTH


@dataclass(frozen=True, slots=True)
class Stopped:
    """A WB warehouse from which nothing is sold until people say so."""

    warehouse: WarehouseId
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Switches:
    """All breakers that tripped, by name, and all warehouses that are stopped."""

    tripped: Mapping[str, Tripped]
    stopped: Mapping[WarehouseId, Stopped]
