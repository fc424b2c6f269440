"""Calls that WB switches off, or has switched off, as its news say (WB facts §10)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wbsync.wb.operations import OPERATIONS, Operation

NEAR = timedelta(days=30)
"""So long before a call is off it is told."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A call that is off from a day on, and what WB wants instead; `path` as WB writes it, parameters in braces."""

    verb: str
    path: str
    off: date
    instead: str


DEPRECATIONS: Sequence[Deprecation] = (
    Deprecation("GET", "/api/v3/supplies/{supplyId}/orders", date(2025, 12, 17),
                "GET /api/marketplace/v3/supplies/{supplyId}/order-ids"),
    Deprecation("PATCH", "/api/v3/supplies/{supplyId}/orders/{orderId}", date(2025, 12, 18),
                "PATCH /api/marketplace/v3/supplies/{supplyId}/orders"),
    Deprecation("GET", "/api/v3/orders/{orderId}/meta", date(2025, 12, 24), "POST /api/marketplace/v3/orders/meta"),
    Deprecation("GET", "/api/v1/supplier/stocks", date(2026, 6, 26),
                "POST /api/analytics/v1/stocks-report/wb-warehouses"),
    Deprecation("GET", "/api/v5/supplier/reportDetailByPeriod", date(2026, 7, 16),
                "POST /api/finance/v1/sales-reports/detailed"),
    Deprecation("GET", "/api/v1/analytics/goods-return", date(2026, 10, 26), "GET /api/analytics/v1/item-returns"),
    Deprecation("GET", "/api/marketplace/v3/fbs/shipping-points", date(2026, 11, 20),
                "GET /api/marketplace/v3/fbs/supplies/{supplyId}/shipping-points"),
)  # fmt: skip
"""A new date in WB's news is a new row here; WB tells about two months before."""


def near(
    today: date,
    *,
    rows: Sequence[Deprecation] = DEPRECATIONS,
    operations: Collection[Operation[object]] = OPERATIONS,
) -> Iterator[Deprecation]:
    """Calls of ours that are off within NEAR, or are off already."""
    ours = {(each.verb, _nameless(each.path)) for each in operations}
    for row in rows:
        if row.off - NEAR <= today and (row.verb, _nameless(row.path)) in ours:
            yield row


def _nameless(path: str) -> str:
    """WB and we name a path's parameters differently."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
