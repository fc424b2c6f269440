"""What WB switches off is told before it happens, when it is a call of ours."""

from datetime import date

import pytest

from wbsync.wb.deprecations import DEPRECATIONS, Deprecation, near
from wbsync.wb.operations import OPERATIONS

OFF = date(2027, 3, 31)
ORDERS_OFF = Deprecation("GET", "/api/v3/orders/new", OFF, "GET /api/v4/orders/new")
SUPPLY_OFF = Deprecation("GET", "/api/v3/supplies/{supplyId}", OFF, "GET /api/v4/supplies/{supplyId}")
FOREIGN = Deprecation("GET", "/api/v1/feedbacks", OFF, "GET /api/v2/feedbacks")


@pytest.mark.parametrize(
    ("today", "told"),
    [(date(2027, 2, 28), False), (date(2027, 3, 1), True), (OFF, True), (date(2028, 1, 1), True)],
    ids=["31 days before", "30 days before", "on the day", "long after"],
)
def test_a_call_of_ours_is_told_thirty_days_before_and_from_then_on(today: date, told: bool) -> None:
    rows = [ORDERS_OFF, SUPPLY_OFF, FOREIGN]
    assert list(near(today, rows=rows)) == ([ORDERS_OFF, SUPPLY_OFF] if told else [])


def test_wbsync_makes_no_call_that_is_switched_off_by_what_is_known() -> None:
    assert list(near(max(row.off for row in DEPRECATIONS))) == []
    assert len({(row.verb, row.path) for row in DEPRECATIONS}) == len(DEPRECATIONS)
    assert OPERATIONS
