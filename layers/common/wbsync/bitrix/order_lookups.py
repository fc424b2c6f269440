"""Orders of the shop looked up in bulk, and those that another module made of WB orders."""

import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import batched

from wbsync.bitrix.client import BATCH, PAGE, BitrixClient, Command
from wbsync.bitrix.orders import xml_id
from wbsync.bitrix.wire import OrderRow, Param, WrittenProperty, read, rows
from wbsync.domain.ids import OrderId, ShopOrderId

IDS_PER_COMMAND = PAGE - 1
"""One fewer than a page: a full page would have to be asked on."""

_OURS = re.compile(r"WB_[0-9]+")
"""As `xml_id` writes it; another module's external id may begin alike."""


def by_number(bitrix: BitrixClient, ids: Iterable[ShopOrderId]) -> dict[ShopOrderId, OrderRow]:
    """Those of the shop's orders that are there, 2,450 asked for in a request; what was deleted is absent.

    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-list.html
    """
    return {order.id: order for order in _orders(bitrix, "@id", list(ids))}


def by_xml_id(bitrix: BitrixClient, order_ids: Iterable[OrderId]) -> dict[OrderId, OrderRow]:
    """The shop's orders of these WB orders, 2,450 asked for in a request; of several the one that stands, then the
    first.
    """
    wanted = {xml_id(order_id): order_id for order_id in order_ids}
    found: dict[OrderId, OrderRow] = {}
    for order in _orders(bitrix, "@xmlId", list(wanted)):
        order_id = wanted.get(order.xml_id)
        if order_id is not None and (order_id not in found or (found[order_id].canceled and not order.canceled)):
            found[order_id] = order
    return found


def made_elsewhere(
    bitrix: BitrixClient, order_ids: Collection[OrderId], codes: Sequence[str]
) -> dict[OrderId, list[ShopOrderId]]:
    """The shop's orders that hold a WB order's number in one of these properties, ids ascending, cancelled ones only
    where no other stands; a WB order without one is absent.

    The value has to be the number and nothing else. Orders of wbsync's own are left out, and so is an order that holds
    the numbers of several of these WB orders. One request for up to 50 WB orders, a second one when some are found.
    See https://apidocs.bitrix24.ru/api-reference/sale/property-value/sale-property-value-list.html
    """
    if not order_ids or not codes:
        return {}
    asked: dict[str, Command] = {f"c{n}": _holding(code, order_ids) for n, code in enumerate(codes)}
    answer = bitrix.batch(asked)
    numbers = {str(order_id): order_id for order_id in order_ids}
    holders: defaultdict[ShopOrderId, set[OrderId]] = defaultdict(set)
    for key, code in zip(asked, codes, strict=True):
        for row in rows(answer.take(key), "propertyValues", "sale.propertyvalue.list"):
            written = read(WrittenProperty, row, "sale.propertyvalue.list")
            if written.code == code and str(written.value) in numbers:
                holders[written.order_id].add(numbers[str(written.value)])
    return _adoptable(bitrix, {shop_id: held for shop_id, held in holders.items() if len(held) == 1})


def _holding(code: str, order_ids: Collection[OrderId]) -> Command:
    select: Param = ["id", "orderId", "code", "value"]
    narrowed: Param = {"=code": code, "@value": [str(order_id) for order_id in order_ids]}
    return Command(
        "sale.propertyvalue.list", {"select": select, "filter": narrowed, "order": {"id": "asc"}, "start": -1}
    )


def _adoptable(bitrix: BitrixClient, holders: dict[ShopOrderId, set[OrderId]]) -> dict[OrderId, list[ShopOrderId]]:
    found: defaultdict[OrderId, list[OrderRow]] = defaultdict(list)
    for shop_id, order in sorted(by_number(bitrix, holders).items()):
        if not _OURS.fullmatch(order.xml_id):
            for order_id in holders[shop_id]:
                found[order_id].append(order)
    return {
        order_id: [order.id for order in same if not order.canceled] or [same[0].id] for order_id, same in found.items()
    }


def _orders(bitrix: BitrixClient, field: str, values: Sequence[str | int]) -> Iterator[OrderRow]:
    """All orders that have one of the values, 50 commands in a request."""
    asks = deque((some, 0) for some in batched(values, IDS_PER_COMMAND, strict=False))
    while asks:
        sent = [asks.popleft() for _ in range(min(BATCH, len(asks)))]
        answer = bitrix.batch({f"p{n}": _listing(field, some, after) for n, (some, after) in enumerate(sent)})
        for n, (some, after) in enumerate(sent):
            page = [
                read(OrderRow, row, "sale.order.list")
                for row in rows(answer.take(f"p{n}"), "orders", "sale.order.list")
            ]
            yield from page
            if len(page) >= PAGE and page[-1].id > after:
                asks.append((some, page[-1].id))


def _listing(field: str, values: Sequence[str | int], after: int) -> Command:
    narrowed: Param = {field: list(values), ">id": after}
    select: Param = ["id", "xmlId", "canceled"]
    return Command("sale.order.list", {"select": select, "filter": narrowed, "order": {"id": "asc"}, "start": -1})
