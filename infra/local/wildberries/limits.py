"""How often one may ask (facts §1, "429, limits, penalties").

One bucket serves a group of operations, for one seller and one kind of token. It holds at most `burst` requests and
gets one back every `interval` seconds. An answer 4XX costs `cost_of_4xx` in all, which may leave a debt to wait for.
Two points that WB does not state, chosen here: a 429 itself costs nothing, and 401 or an unknown path, where no seller
or group is known, is charged to nobody.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

_ROUNDING = 1e-4  # of a request: sums of Unix seconds are not exact


@dataclass(frozen=True, slots=True)
class Bucket:
    interval: float
    burst: int
    cost_of_4xx: int = 1


BUCKETS: Mapping[str, Bucket] = {
    "ping": Bucket(10, 3),  # of each host
    "seller info": Bucket(60, 10),
    "content": Bucket(0.6, 5),
    "content directories": Bucket(0.6, 5),  # colours, kinds, seasons, vat
    "content limits": Bucket(0.6, 5),
    "content media": Bucket(0.6, 5),
    "cards upload": Bucket(6, 5),
    "cards add": Bucket(6, 5),
    "cards update": Bucket(6, 5),
    "cards errors": Bucket(6, 5),
    "brands": Bucket(1, 5),
    "prices": Bucket(0.6, 5),
    "stocks": Bucket(0.2, 20, cost_of_4xx=10),  # writing and reading stocks, warehouses, offices
    "stocks delete": Bucket(6, 2, cost_of_4xx=10),
    "fbs": Bucket(0.2, 20, cost_of_4xx=10),  # orders, supplies, stickers, boxes, SPOT
    "fbs cancel": Bucket(0.6, 20, cost_of_4xx=10),
    "meta": Bucket(0.2, 20, cost_of_4xx=10),  # reading and deleting marking
    "meta write": Bucket(0.06, 20, cost_of_4xx=10),
    "wb stock": Bucket(20, 1),
}
# Rows of the table that differ for Base tokens.
BASE_BUCKETS: Mapping[str, Bucket] = {
    "seller info": Bucket(86_400, 1),
    "content directories": Bucket(1_800, 1),
    "content limits": Bucket(1_800, 1),
    "content media": Bucket(1_800, 1),
    "cards add": Bucket(7_200, 1),
    "brands": Bucket(3_600, 1),
    "prices": Bucket(900, 1),
}


@dataclass(slots=True)
class _Level:
    tokens: float
    at: float


@dataclass(slots=True)
class Limits:
    """`pace` > 1 makes every bucket that many times larger and faster: for tests which are about something else."""

    pace: float = 1.0
    _levels: dict[tuple[str, ...], _Level] = field(default_factory=dict)

    def take(self, who: tuple[str, ...], bucket: Bucket, *, now: float) -> Mapping[str, str] | None:
        """Take one request; None when there was one, else the headers of a 429."""
        level = self._refilled(who, bucket, now)
        if level.tokens >= 1 - _ROUNDING:
            level.tokens -= 1
            return None
        return {
            "X-Ratelimit-Retry": str(math.ceil(self._wait(bucket, 1 - level.tokens))),
            "X-Ratelimit-Limit": str(int(bucket.burst * self.pace)),
            "X-Ratelimit-Reset": str(math.ceil(self._wait(bucket, bucket.burst * self.pace - level.tokens))),
        }

    def settle(self, who: tuple[str, ...], bucket: Bucket, status: int, *, now: float) -> Mapping[str, str]:
        """Charge what the answer costs beyond the one that was taken; the header of every answer that is no 429."""
        level = self._refilled(who, bucket, now)
        if 400 <= status < 500:
            level.tokens -= bucket.cost_of_4xx - 1
        return {"X-Ratelimit-Remaining": str(max(0, math.floor(level.tokens + _ROUNDING)))}

    def _refilled(self, who: tuple[str, ...], bucket: Bucket, now: float) -> _Level:
        full = bucket.burst * self.pace
        level = self._levels.setdefault(who, _Level(full, now))
        level.tokens = min(full, level.tokens + max(0.0, now - level.at) * self.pace / bucket.interval)
        level.at = max(level.at, now)
        return level

    def _wait(self, bucket: Bucket, missing: float) -> float:
        return missing * bucket.interval / self.pace
