"""WB's own lists of orders, page by page: the last three months by the time of their making, older ones by month."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from wbsync.errors import Unavailable
from wbsync.wb.client import WbClient
from wbsync.wb.operations import ORDERS, ORDERS_ARCHIVE
from wbsync.wb.wire import ArchivePage, OrdersPage

LONGEST_PERIOD = timedelta(days=29)
ORDERS_PER_PAGE = 1000
"""How WB lists orders: by the time of their making, of 30 days at most, 1000 to a page (WB facts §4)."""


def pages(wb: WbClient, since: datetime, until: datetime | None = None) -> Iterator[OrdersPage]:
    """Orders of any status made between two moments, both included, in periods that WB takes.

    Without `until`: of one period that begins at `since`. Raises what WbClient.call raises.
    """
    begin = since
    while until is None or begin < until:
        end = None if until is None else min(until, begin + LONGEST_PERIOD)
        ends = {} if end is None else {"dateTo": int(end.timestamp())}
        yield from _period(wb, {"dateFrom": int(begin.timestamp())} | ends)
        if end is None:
            return
        begin = end


def _period(wb: WbClient, period: dict[str, int]) -> Iterator[OrdersPage]:
    page: int | None = 0
    while page is not None:
        answer = wb.call(ORDERS, query={"limit": ORDERS_PER_PAGE, "next": page, **period})
        yield answer
        page = _next(page, answer)


def archived(wb: WbClient, year: int, month: int) -> Iterator[ArchivePage]:
    """Orders of a month that WB keeps in its archive. WB's sandbox has none. Raises what WbClient.call raises."""
    page: int | None = 0
    while page is not None:
        query = {"year": year, "month": month, "next": page, "limit": ORDERS_PER_PAGE}
        answer = wb.call(ORDERS_ARCHIVE, query=query)
        yield answer
        page = _next(page, answer)


def _next(page: int, answer: OrdersPage | ArchivePage) -> int | None:
    """Where to read on; None after the last page, which may be a full one."""
    if len(answer.orders) + answer.unreadable < ORDERS_PER_PAGE or answer.next == 0:
        return None
    if answer.next == page:
        raise Unavailable("WB's list of orders does not go on", maybe_done=False)
    return answer.next
