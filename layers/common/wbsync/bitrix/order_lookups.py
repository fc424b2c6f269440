"""Orders of the shop looked up in bulk, and those that another module made of WB orders."""

import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import batched

from wbsync.bitrix.client import BATCH, PAGE, BitrixClient, Command
from wbsync.bitrix.orders import xml_id
from wbsync.bitrix.wire import OrderRow, Param, WrittenProperty, read, rows
from wbsync.domain.ids import OrderId, ShopOrderId

IDS_PER_COMMAND = PAGE - 1
"""One fewer than a page: a full page would have to be asked on."""

NUMBERS_PER_COMMAND = PAGE // 2
"""Twice as many rows would have to be there before a page hides one."""

_OURS = re.compile(r"WB_[0-9]+")
"""As `xml_id` writes it; another module's external id may begin alike."""


def by_number(bitrix: BitrixClient, ids: Iterable[ShopOrderId]) -> dict[ShopOrderId, OrderRow]:
    """Those of the shop's orders that are there, 2,450 asked for in a request; what was deleted is absent.

    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-list.html
    """
    return {order.id: order for order in _orders(bitrix, "@id", list(ids))}


def by_xml_id(bitrix: BitrixClient, order_ids: Iterable[OrderId]) -> dict[OrderId, list[OrderRow]]:
    """The shop's orders of these WB orders, 2,450 asked for in a request: of several those that stand come first."""
    wanted = {xml_id(order_id): order_id for order_id in order_ids}
    found: defaultdict[OrderId, list[OrderRow]] = defaultdict(list)
    for order in _orders(bitrix, "@xmlId", list(wanted)):
        if order.xml_id in wanted:
            found[wanted[order.xml_id]].append(order)
    return _standing_first(found)


def made_elsewhere(
    bitrix: BitrixClient, order_ids: Collection[OrderId], codes: Sequence[str]
) -> dict[OrderId, list[OrderRow]]:
    """The shop's orders that hold a WB order's number in one of these properties: those that stand come first; a WB
    order without one is absent.

    The value has to be the number and nothing else. Orders of wbsync's own are left out, and so is an order that holds
    the numbers of several of these WB orders. 25 WB orders and a code make a command, 50 commands a request; when some
    are found, their orders are read too.
    See https://apidocs.bitrix24.ru/api-reference/sale/property-value/sale-property-value-list.html
    """
    numbers = {str(order_id): order_id for order_id in order_ids}
    asked = [(code, some) for some in batched(numbers, NUMBERS_PER_COMMAND, strict=False) for code in codes]
    holders: defaultdict[ShopOrderId, set[OrderId]] = defaultdict(set)
    for commands in batched(asked, BATCH, strict=False):
        answer = bitrix.batch({f"c{n}": _holding(code, some) for n, (code, some) in enumerate(commands)})
        for n, (code, _) in enumerate(commands):
            for row in rows(answer.take(f"c{n}"), "propertyValues", "sale.propertyvalue.list"):
                written = read(WrittenProperty, row, "sale.propertyvalue.list")
                if written.code == code and str(written.value) in numbers:
                    holders[written.order_id].add(numbers[str(written.value)])
    return _foreign(bitrix, {shop_id: held for shop_id, held in holders.items() if len(held) == 1})


def _holding(code: str, numbers: Collection[str]) -> Command:
    select: Param = ["id", "orderId", "code", "value"]
    narrowed: Param = {"=code": code, "@value": list(numbers)}
    return Command(
        "sale.propertyvalue.list", {"select": select, "filter": narrowed, "order": {"id": "asc"}, "start": -1}
    )


def _foreign(bitrix: BitrixClient, holders: Mapping[ShopOrderId, set[OrderId]]) -> dict[OrderId, list[OrderRow]]:
    found: defaultdict[OrderId, list[OrderRow]] = defaultdict(list)
    for shop_id, order in by_number(bitrix, holders).items():
        if not _OURS.fullmatch(order.xml_id):
            for order_id in holders[shop_id]:
                found[order_id].append(order)
    return _standing_first(found)


def _standing_first(found: Mapping[OrderId, Sequence[OrderRow]]) -> dict[OrderId, list[OrderRow]]:
    return {order_id: sorted(same, key=lambda order: (order.canceled, order.id)) for order_id, same in found.items()}


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
