"""Orders from one supply into another, as staff asks for it: between open ones, and back from a delivered one.

What WB would refuse is found out first: a refusal costs ten calls and names nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from wbsync import texts
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.orders import OrderState
from wbsync.domain.statuses import WbStatus
from wbsync.domain.supplies import Kind
from wbsync.errors import Rejected, Unavailable
from wbsync.flows.deliver_supply import id_of, learn, read_supply
from wbsync.flows.order_statuses import read_statuses
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.supplies import SupplyRecord
from wbsync.wb.client import WbClient
from wbsync.wb.operations import ADD_ORDERS_TO_SUPPLY, RESHIPMENT_ORDERS, TRANSFER_ORDERS
from wbsync.wb.wire import OrderIds, OrderStatus, Transfer

ORDERS_PER_ASK = 100

_ON_ASSEMBLY = frozenset({"new", "confirm"})


@dataclass(frozen=True, slots=True)
class Reshipment:
    """An order that WB did not find in its delivered supply."""

    order_id: OrderId
    supply_id: SupplyId
    transferable: bool  # WB may put it onto assembly again, once


def to_be_sent_again(wb: WbClient) -> list[Reshipment]:
    """All orders that WB missed, and whether it lets them be transferred."""
    rows = wb.call(RESHIPMENT_ORDERS).orders
    statuses = read_statuses(wb, [OrderId(row.order_id) for row in rows])
    return [
        Reshipment(OrderId(r.order_id), SupplyId(r.supply_id), _is_transferable(statuses, OrderId(r.order_id)))
        for r in rows
    ]


def move(
    order_ids: Sequence[OrderId], to: SupplyRecord, *, wb: WbClient, orders: OrdersStore, now: datetime
) -> Mapping[OrderId, str]:
    """Put orders on assembly into an open supply; why each was left where it is, or nothing.

    Raises Rejected when the supply takes no orders any more.
    """
    check_open(wb, to)
    records = orders.get(order_ids)
    statuses = read_statuses(wb, order_ids)
    reasons = {each: _why_not(records.get(each), statuses.get(each), to) for each in order_ids}
    for piece in batched([each for each, reason in reasons.items() if not reason], ORDERS_PER_ASK, strict=False):
        wb.call(ADD_ORDERS_TO_SUPPLY, path={"supply_id": id_of(to)}, body=OrderIds(orders=piece))
        learn(wb, orders, id_of(to), piece, now=now)
    return reasons


def send_again(
    missed: Collection[Reshipment], to: SupplyRecord, *, wb: WbClient, orders: OrdersStore, now: datetime
) -> Mapping[OrderId, str]:
    """Put missed orders into an open supply; why each was left where it is, or nothing.

    WB transfers an order once, and gives it a new sticker then: the order is placed once more, so that its new label
    is fetched. One that was transferred before is added like any other.
    Raises Rejected when the supply takes no orders any more.
    """
    check_open(wb, to)
    records = orders.get([row.order_id for row in missed])
    reasons = {row.order_id: _unlike(records.get(row.order_id), to) for row in missed}
    left = [row for row in missed if not reasons[row.order_id]]
    by_supply: defaultdict[SupplyId, list[OrderId]] = defaultdict(list)
    for row in left:
        if row.transferable:
            by_supply[row.supply_id].append(row.order_id)
    for source, order_ids in by_supply.items():
        for piece in batched(order_ids, ORDERS_PER_ASK, strict=False):
            reasons |= _transfer(source, piece, to, wb=wb, orders=orders, now=now)
    for piece in batched([r.order_id for r in left if not r.transferable], ORDERS_PER_ASK, strict=False):
        wb.call(ADD_ORDERS_TO_SUPPLY, path={"supply_id": id_of(to)}, body=OrderIds(orders=piece))
        learn(wb, orders, id_of(to), piece, now=now)
    return reasons


def check_open(wb: WbClient, supply: SupplyRecord) -> None:
    """Raises Rejected when the supply takes no orders any more."""
    row = read_supply(wb, supply.supply_id) if supply.supply_id else None
    if row is None or row.done:
        raise Rejected(f"supply {supply.supply_id or supply.name} is not open on WB")


def _transfer(
    source: SupplyId,
    order_ids: Sequence[OrderId],
    to: SupplyRecord,
    *,
    wb: WbClient,
    orders: OrdersStore,
    now: datetime,
) -> dict[OrderId, str]:
    """A second try would be refused, so after a lost answer WB's statuses tell what it did."""
    body = Transfer(order_ids=tuple(order_ids), new_supply_id=id_of(to))
    try:
        answer = wb.call(TRANSFER_ORDERS, path={"supply_id": source}, body=body)
    except Unavailable as error:
        statuses = read_statuses(wb, order_ids) if error.maybe_done else {}
        moved = {each for each, status in statuses.items() if status.supplier_status == "confirm"}
        reasons = {each: "" if each in moved else str(error) for each in order_ids}
    else:
        told = {OrderId(row.order_id): row for row in answer.transferred_orders}
        reasons = {
            each: "" if each in told and told[each].success else _told_why(told[each].error if each in told else None)
            for each in order_ids
        }
    moved = {each for each, reason in reasons.items() if not reason}
    for order_id in moved:
        orders.move(order_id, OrderState.PLACED, at=now)
    learn(wb, orders, id_of(to), moved, now=now)
    return reasons


def _told_why(error: object) -> str:
    return str(getattr(error, "detail", "")) or "WB did not say why"


def _why_not(record: OrderRecord | None, status: OrderStatus | None, to: SupplyRecord) -> str:
    if status is None:
        return "WB does not know it"
    told = WbStatus(status.supplier_status, status.wb_status, to.opened_at)
    if told.supplier not in _ON_ASSEMBLY or told.cancelled:
        return f"it is {told.text}, not on assembly"
    return _unlike(record, to)


def _unlike(record: OrderRecord | None, to: SupplyRecord) -> str:
    if record is None:
        return "it is not in our table"
    return "" if Kind.of(record.order) == to.kind else texts.SUPPLY_OF_OTHER_KIND


def _is_transferable(statuses: Mapping[OrderId, OrderStatus], order_id: OrderId) -> bool:
    return order_id in statuses and statuses[order_id].is_transferable
