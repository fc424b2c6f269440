"""Prices of the seller as wbsync asks for and sends them (WB facts §7)."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import batched

from wbsync.domain.ids import NmId
from wbsync.domain.prices import OnWb, Quote
from wbsync.errors import Rejected
from wbsync.wb.client import WbClient
from wbsync.wb.operations import PRICE_QUARANTINE, PRICE_TASK, PRICE_TASK_GOODS, PRICES_OF, SET_PRICES
from wbsync.wb.price_wire import GOOD_REFUSED, GoodPrice, NewPrice, NmList, SetPrices, TaskGood, TaskState

ROWS = 1000
"""The most that WB takes and gives at once."""


def read(wb: WbClient, nm_ids: Iterable[NmId]) -> dict[NmId, OnWb]:
    """What these cards cost; those that WB does not list are absent. Raises as WbClient.call.

    Asked by nmID: a list by pages shifts when a card comes or goes meanwhile.
    """
    pieces = batched(sorted(nm_ids), ROWS, strict=False)
    goods = (good for piece in pieces for good in wb.call(PRICES_OF, body=NmList(nm_list=piece)).goods)
    return {good.nm_id: _on_wb(good) for good in goods}


def tell(wb: WbClient, rows: Mapping[NmId, Quote]) -> int:
    """Ask WB to set up to ROWS prices; the number of its task, also of one that it had already.

    Raises as WbClient.call.
    """
    data = tuple(NewPrice(nm_id=nm_id, price=quote.price, discount=quote.discount) for nm_id, quote in rows.items())
    return wb.call(SET_PRICES, body=SetPrices(data=data)).upload_id


def took_nothing(rejected: Rejected) -> bool:
    """Whether WB has refused the rows for what they are; other refusals may have been obeyed all the same."""
    said_no = isinstance(rejected.body, dict) and rejected.body.get("error") is True
    return rejected.status == HTTPStatus.BAD_REQUEST or (rejected.status == HTTPStatus.OK and said_no)


def task_state(wb: WbClient, upload_id: int) -> TaskState:
    """How far a task is. Raises as WbClient.call."""
    return wb.call(PRICE_TASK, query={"uploadID": upload_id}).data


def refused_goods(wb: WbClient, upload_id: int) -> Iterator[TaskGood]:
    """The rows of an ended task that WB did not take, with its reasons. Raises as WbClient.call."""
    offset, count = 0, ROWS
    while count == ROWS:
        page = wb.call(PRICE_TASK_GOODS, query={"limit": ROWS, "offset": offset, "uploadID": upload_id}).goods
        yield from (good for good in page if good.status == GOOD_REFUSED)
        count = len(page)
        offset += count


def quarantined(wb: WbClient) -> frozenset[NmId]:
    """Cards whose new price WB holds back. Raises as WbClient.call."""
    found: set[NmId] = set()
    offset, count = 0, ROWS
    while count == ROWS:
        page = wb.call(PRICE_QUARANTINE, query={"limit": ROWS, "offset": offset}).goods
        found.update(good.nm_id for good in page)
        count = len(page)
        offset += count
    return frozenset(found)


def _on_wb(good: GoodPrice) -> OnWb:
    prices = {size.price for size in good.sizes}
    return OnWb(
        nm_id=good.nm_id,
        price=max((price for price in prices if price > 0), default=None),
        discount=good.discount,
        currency=good.currency,
        vendor_code=good.vendor_code,
        sizes_differ=len(prices) > 1,
        priced_by_size=good.editable_size_price,
    )
