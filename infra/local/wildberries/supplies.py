"""Supplies (facts §5): an order comes to `confirm` and `complete` only through one."""

from infra.local.wildberries import meta, stickers
from infra.local.wildberries.answers import (
    NO_CONTENT,
    Answer,
    Request,
    body_of,
    ids_of,
    not_found,
    query_number,
    refuse,
    wrong_body,
    wrong_parameter,
)
from infra.local.wildberries.life import await_next, close
from infra.local.wildberries.state import Order, State, Supply, stamp
from infra.local.wildberries.stocks import FEDERAL_DISTRICTS


def create(state: State, request: Request) -> Answer:
    name = body_of(request).get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 128:
        raise wrong_body(request)
    supply = Supply(f"WB-GI-{state.next_supply}", state.next_supply, name, state.moment())
    state.next_supply += 1
    state.supplies[supply.id] = supply
    return Answer(201, {"id": supply.id})


def listed(state: State, request: Request) -> Answer:
    limit, after = query_number(request, "limit"), query_number(request, "next")
    if not 1 <= limit <= 1_000:
        raise wrong_parameter(request)
    page = [supply for supply in state.supplies.values() if supply.number > after][:limit]
    return Answer(200, {"next": page[-1].number if page else 0, "supplies": [wire(state, each) for each in page]})


def one(state: State, request: Request) -> Answer:
    return Answer(200, wire(state, supply_of(state, request)))


def remove(state: State, request: Request) -> Answer:
    supply = supply_of(state, request)
    if supply.order_ids or supply.closed_at:
        raise refuse(request, 409, "SupplyHasOrders", "За поставкой закреплены сборочные задания или она закрыта")
    del state.supplies[supply.id]
    return NO_CONTENT


def order_ids(state: State, request: Request) -> Answer:
    return Answer(200, {"orderIds": list(supply_of(state, request).order_ids)})


def add_orders(state: State, request: Request) -> Answer:
    """All or none: new → confirm, from another open supply, or from a delivered one what is to be sent again."""
    supply = supply_of(state, request)
    asked = ids_of(request, "orders", most=100)
    if any(each not in state.orders for each in asked):
        raise not_found(request)
    added = [state.orders[each] for each in asked]
    here = [state.orders[each] for each in supply.order_ids]
    movable = all(_on_assembly(order) or state.to_be_sent_again(order) for order in added)
    if supply.closed_at or not movable or len({order.kind for order in here + added}) > 1:
        raise refuse(request, 409, "FailedToAddSupplyOrder", "Сборочное задание не подходит к поставке")
    for order in added:
        state.leave_supply(order)
        order.supply_id, order.supplier_status = supply.id, "confirm"
        supply.order_ids.append(order.id)
        await_next(state, order, state.now)
    return NO_CONTENT


def to_be_sent_again(state: State, _request: Request) -> Answer:
    """Orders that WB missed when it scanned their supply."""
    missed = [order for order in state.orders.values() if state.to_be_sent_again(order)]
    return Answer(200, {"orders": [{"supplyID": order.supply_id, "orderID": order.id} for order in missed]})


def deliver(state: State, request: Request) -> Answer:
    """Closes the supply: confirm → complete. A second time is refused as if it were empty."""
    supply = supply_of(state, request)
    if supply.closed_at or not supply.order_ids:
        raise refuse(request, 409, "SupplyHasZeroOrders", "В поставке нет сборочных заданий")
    held = {each: meta.blocking(state, state.orders[each]) for each in supply.order_ids}
    owed = [{"id": each, "metaDetails": rows} for each, rows in held.items() if rows]
    if owed:
        raise refuse(request, 409, "MetaValidationFail", "Fix them to dispatch items", data={"orders": owed})
    close(state, supply)
    return NO_CONTENT


def barcode(state: State, request: Request) -> Answer:
    supply = supply_of(state, request)
    if request.query.get("type") not in stickers.TYPES:
        raise wrong_parameter(request)
    if supply.closed_at is None:
        raise refuse(request, 409, "SupplyNotClosed", "Поставка не передана в доставку")
    file = stickers.sticker(
        stickers.Sticker(supply.id, supply.id[:-4], supply.id[-4:]), request.query["type"], (58, 40)
    )
    return Answer(200, {"barcode": supply.id, "file": file})


def wire(state: State, supply: Supply) -> dict[str, object]:
    """An empty supply has no properties of its own: it takes those of its first order."""
    told: dict[str, object] = {
        "id": supply.id,
        "name": supply.name,
        "done": supply.closed_at is not None,
        "createdAt": stamp(supply.created_at),
        "closedAt": stamp(supply.closed_at) if supply.closed_at else None,
        "scanDt": stamp(supply.scanned_at) if supply.scanned_at else None,
        "crossBorderType": None,
        "isB2b": None,
        "destinationOfficeId": None,
        "recommendedWhId": 0,
        "isPickupPointShipmentAllowed": to_pickup_point(state, supply),
        "spotAvailable": spot_available(state, supply),
    }
    return told | supply.shipping | (_taken_from(state, state.orders[supply.order_ids[0]]) if supply.order_ids else {})


def to_pickup_point(state: State, supply: Supply) -> bool:
    """When every order of it may go there."""
    return all(state.orders[each].pickup_point for each in supply.order_ids)


def spot_available(state: State, supply: Supply) -> bool:
    """In delivery to a warehouse in Russia: the seller of this world is in Belarus."""
    if supply.closed_at is None or not supply.order_ids:
        return False
    warehouse = state.warehouses[state.orders[supply.order_ids[0]].warehouse_id]
    return warehouse.office_id in FEDERAL_DISTRICTS


def _on_assembly(order: Order) -> bool:
    return order.supplier_status in {"new", "confirm"} and order.wb_status == "waiting"


def _taken_from(state: State, first: Order) -> dict[str, object]:
    return {
        "cargoType": first.cargo_type,
        "crossBorderType": int(first.cross_border),
        "isB2b": first.b2b,
        "destinationOfficeId": state.warehouses[first.warehouse_id].office_id,
    }


def supply_of(state: State, request: Request) -> Supply:
    supply = state.supplies.get(request.path["supplyId"])
    if supply is None:
        raise not_found(request)
    return supply
