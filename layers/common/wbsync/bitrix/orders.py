"""WB orders as orders of the shop: found by their external id, made in one batch, completed instead of made again.

An order's `xmlId` is `WB_<order id>`; its basket line, payment and shipment are `…_b1`, `…_p1` and `…_s1`
(bitrix facts §5). Bitrix keeps external ids without making them unique and saves step by step, sometimes answering
with an error after it saved; so whoever calls `place` first calls `find`, and after any failure calls both again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from wbsync.bitrix.client import BATCH, PAGE, BatchAnswer, BitrixClient, Command
from wbsync.bitrix.wire import (
    NewOrderAnswer,
    OrderAnswer,
    OrderRow,
    OrderTree,
    Param,
    Payment,
    PropertyRow,
    PropertyValue,
    Shipment,
    ShopState,
    flag,
    read,
    reference,
    rows,
)
from wbsync.domain.ids import OrderId, ShopOrderId
from wbsync.domain.orders import ShopOrder
from wbsync.domain.shop import Orders
from wbsync.errors import Rejected, SyncError, TryLater, Unavailable

PLACED_AT_ONCE = 10
"""Orders in one batch: five commands each."""

_REASON_LENGTH = 255  # characters of reasonCanceled


def xml_id(order_id: OrderId, part: str = "") -> str:
    """The external id of a WB order in the shop, or of its part: `b1` basket line, `p1` payment, `s1` shipment."""
    return f"WB_{order_id}_{part}" if part else f"WB_{order_id}"


def find(bitrix: BitrixClient, order_ids: Collection[OrderId]) -> dict[OrderId, list[ShopOrderId]]:
    """The shop's orders of these WB orders, ids ascending; a WB order that the shop has not is absent.

    Two ids mean a doubled order: keep the first, `cancel` the others. Cancelled orders are told only where no other
    stands: an order that the shop's staff cancelled is there, a double that was taken back is not.
    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-list.html
    """
    if not order_ids:
        return {}
    wanted = {xml_id(order_id): order_id for order_id in order_ids}
    found: dict[OrderId, list[OrderRow]] = {}
    asked: dict[str, Param] = {"select": ["id", "xmlId", "canceled"], "filter": {"@xmlId": list(wanted)}}
    for page in bitrix.pages("sale.order.list", asked):
        for order in (read(OrderRow, row, "sale.order.list") for row in page):
            if order.xml_id in wanted:
                found.setdefault(wanted[order.xml_id], []).append(order)
    return {order_id: _standing(same) for order_id, same in found.items()}


def _standing(same: Sequence[OrderRow]) -> list[ShopOrderId]:
    ids = sorted(order.id for order in same if not order.canceled)
    return ids or [min(order.id for order in same)]


def property_ids(bitrix: BitrixClient, person_type_id: int) -> dict[str, int]:
    """Order property code → id, of the active properties of a person type.

    See https://apidocs.bitrix24.ru/api-reference/sale/property/sale-property-list.html
    """
    asked: dict[str, Param] = {
        "select": ["id", "code"],
        "filter": {"personTypeId": person_type_id, "active": "Y"},
    }
    ids: dict[str, int] = {}
    for page in bitrix.pages("sale.property.list", asked):
        for row in page:
            known = read(PropertyRow, row, "sale.property.list")
            ids.setdefault(known.code, known.id)
    ids.pop("", None)
    return ids


# ---- making


def place(
    bitrix: BitrixClient, orders: Sequence[ShopOrder], rules: Orders, property_ids: Mapping[str, int]
) -> dict[OrderId, ShopOrderId | SyncError]:
    """Makes up to ten orders in one request. Never repeat it blindly: `find` first.

    An order that Bitrix refused has its error. One that was made without all of its parts has
    Unavailable(maybe_done=True): `find` will show it, `complete` adds what is missing.
    Raises Rejected before anything is sent when the shop lacks one of the properties' codes.
    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-add.html
    """
    if len(orders) > PLACED_AT_ONCE:
        raise ValueError(f"at most {PLACED_AT_ONCE} orders at once, not {len(orders)}")
    commands: dict[str, Command] = {}
    for order in orders:
        values = _values(order, rules, property_ids)
        commands |= _making(order, rules, values)
    if not commands:
        return {}
    answer = bitrix.batch(commands)
    return {order.order_id: _made(order, commands, answer) for order in orders}


def _making(order: ShopOrder, rules: Orders, values: Mapping[int, str]) -> dict[str, Command]:
    made = reference(f"o{order.order_id}", "order", "id")
    commands = {
        f"o{order.order_id}": _order(order, rules),
        f"b{order.order_id}": _basket_line(made, order),
        f"p{order.order_id}": _payment(made, order, rules),
        f"s{order.order_id}": _shipment(made, order, rules),
    }
    if filled := {number: value for number, value in values.items() if value}:
        commands[f"v{order.order_id}"] = _properties(made, filled)
    return commands


def _order(order: ShopOrder, rules: Orders) -> Command:
    # No `price`: Bitrix sums it up from the basket and the shipment.
    fields: dict[str, Param] = {
        "lid": rules.site_id,
        "personTypeId": rules.person_type_id,
        "currency": order.currency,
        "userId": rules.user_id,
        "statusId": rules.status_new,
        "xmlId": order.xml_id,
        "externalOrder": "Y",
        "comments": order.comment,
    }
    return Command("sale.order.add", {"fields": fields})


def _basket_line(shop_order: Param, order: ShopOrder) -> Command:
    fields: dict[str, Param] = {
        "orderId": shop_order,
        "productId": order.offer_id,
        "quantity": order.units,
        "price": f"{order.unit_price:f}",
        "customPrice": "Y",
        "currency": order.currency,
        "xmlId": xml_id(order.order_id, "b1"),
    }
    return Command("sale.basketitem.addCatalogProduct", {"fields": fields})


def _payment(shop_order: Param, order: ShopOrder, rules: Orders) -> Command:
    fields: dict[str, Param] = {
        "orderId": shop_order,
        "paySystemId": rules.pay_system_id,
        "sum": f"{order.price:f}",
        "paid": flag(rules.paid),
        "xmlId": xml_id(order.order_id, "p1"),
    }
    return Command("sale.payment.add", {"fields": fields})


def _shipment(shop_order: Param, order: ShopOrder, rules: Orders) -> Command:
    """A new shipment takes all lines that are in none (bitrix facts §3.2)."""
    fields: dict[str, Param] = {
        "orderId": shop_order,
        "deliveryId": rules.delivery_id,
        "allowDelivery": "N",
        "deducted": "N",
        "basePriceDelivery": 0,
        "xmlId": xml_id(order.order_id, "s1"),
    }
    return Command("sale.shipment.add", {"fields": fields})


def _properties(shop_order: Param, values: Mapping[int, Param]) -> Command:
    """Replaces the whole set: what is left out is deleted."""
    listed: Param = [{"orderPropsId": number, "value": value} for number, value in values.items()]
    return Command("sale.propertyvalue.modify", {"fields": {"order": {"id": shop_order, "propertyValues": listed}}})


def _made(order: ShopOrder, commands: Mapping[str, Command], answer: BatchAnswer) -> ShopOrderId | SyncError:
    key = f"o{order.order_id}"
    if refused := answer.failure(key):
        return refused
    try:
        made = read(NewOrderAnswer, answer.take(key), "sale.order.add").order.id
    except Unavailable as unreadable:
        return unreadable
    for part in (f"{step}{order.order_id}" for step in "bpsv"):
        if part in commands and (missing := answer.failure(part)):
            wait = missing.wait if isinstance(missing, TryLater) else 0.0
            return Unavailable(f"shop order {made} of {order.xml_id} is half made: {missing}", wait=wait)
    return made


def _values(order: ShopOrder, rules: Orders, known: Mapping[str, int]) -> dict[int, str]:
    return _by_id({**rules.constant_properties, **order.properties}, known)


def _by_id(values: Mapping[str, str], known: Mapping[str, int]) -> dict[int, str]:
    if unknown := sorted(code for code in values if code not in known):
        raise Rejected(f"the shop has no active order property with the code {', '.join(unknown)}")
    return {known[code]: value for code, value in values.items()}


# ---- completing


def complete(
    bitrix: BitrixClient, orders: Mapping[ShopOrderId, ShopOrder], rules: Orders, property_ids: Mapping[str, int]
) -> dict[ShopOrderId, SyncError | None]:
    """Reads the orders and adds to each what it lacks; a whole order costs no request of change.

    None for an order that is whole now. Raises Rejected as `place` does.
    """
    values = {shop_id: _values(order, rules, property_ids) for shop_id, order in orders.items()}
    outcome: dict[ShopOrderId, SyncError | None] = {}
    steps: dict[ShopOrderId, dict[str, Command]] = {}
    for shop_id, tree in read_trees(bitrix, orders).items():
        if isinstance(tree, SyncError):
            outcome[shop_id] = tree
        else:
            steps[shop_id] = missing_steps(tree, orders[shop_id], rules, values[shop_id])
    return outcome | _send(bitrix, steps)


def missing_steps(tree: OrderTree, order: ShopOrder, rules: Orders, values: Mapping[int, str]) -> dict[str, Command]:
    """The commands that make a half-made order whole, by batch key. Pure.

    A part counts as there by its external id or by what it stands for: staff or a kernel that drops the id must not
    lead to a second line. `values` (property id → value) fill empty properties and overwrite nothing.
    A cancelled order stays as it is: Bitrix takes no payment for one, and nothing waits for its parts.
    """
    if tree.canceled:
        return {}
    line = next((i for i in tree.basket_items if _is(i.xml_id, order, "b1") or i.product_id == order.offer_id), None)
    shipment = next(
        (
            s
            for s in tree.shipments
            if not s.system and (_is(s.xml_id, order, "s1") or s.delivery_id == rules.delivery_id)
        ),
        None,
    )
    steps: dict[str, Command] = {}
    if line is None:
        steps[f"b{tree.id}"] = _basket_line(tree.id, order)
    if not any(_is(p.xml_id, order, "p1") or p.pay_system_id == rules.pay_system_id for p in tree.payments):
        steps[f"p{tree.id}"] = _payment(tree.id, order, rules)
    if shipment is None:
        steps[f"s{tree.id}"] = _shipment(tree.id, order, rules)
    elif line is None or not _is_shipped_in_some(line.id, tree):
        added = line.id if line else reference(f"b{tree.id}", "basketItem", "id")
        steps[f"i{tree.id}"] = _shipment_item(shipment.id, added, order.units)
    standing = _kept(tree.property_values)
    if absent := {number: value for number, value in values.items() if value and number not in standing}:
        steps[f"v{tree.id}"] = _properties(tree.id, {**standing, **absent})
    return steps


def _is(own: str, order: ShopOrder, part: str) -> bool:
    return own == xml_id(order.order_id, part)


def _is_shipped_in_some(line: int, tree: OrderTree) -> bool:
    return any(item.basket_id == line for s in tree.shipments if not s.system for item in s.shipment_items)


def _shipment_item(shipment: int, line: Param, units: int) -> Command:
    fields: dict[str, Param] = {"orderDeliveryId": shipment, "basketId": line, "quantity": units}
    return Command("sale.shipmentitem.add", {"fields": fields})


def read_trees(bitrix: BitrixClient, ids: Iterable[ShopOrderId]) -> dict[ShopOrderId, OrderTree | SyncError]:
    """Orders with all that hangs on them, 50 in a request.

    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-get.html
    """
    trees: dict[ShopOrderId, OrderTree | SyncError] = {}
    for some in batched(ids, BATCH, strict=False):
        answer = bitrix.batch({f"o{shop_id}": Command("sale.order.get", {"id": shop_id}) for shop_id in some})
        for shop_id in some:
            try:
                trees[shop_id] = read(OrderAnswer, answer.take(f"o{shop_id}"), "sale.order.get").order
            except SyncError as failure:
                trees[shop_id] = failure
    return trees


def read_states(bitrix: BitrixClient, ids: Iterable[ShopOrderId]) -> dict[ShopOrderId, ShopState]:
    """Status and cancellation of orders, 2,500 in a request; an order that the shop has not is absent.

    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-list.html
    """
    states: dict[ShopOrderId, ShopState] = {}
    pages = batched(dict.fromkeys(ids), PAGE, strict=False)
    for some in batched(pages, BATCH, strict=False):
        answer = bitrix.batch({f"l{number}": _states_of(page) for number, page in enumerate(some)})
        for number in range(len(some)):
            for row in rows(answer.take(f"l{number}"), "orders", "sale.order.list"):
                states[read(OrderRow, row, "sale.order.list").id] = read(ShopState, row, "sale.order.list")
    return states


def _states_of(ids: Sequence[ShopOrderId]) -> Command:
    select: Param = ["id", "statusId", "canceled", "reasonCanceled"]
    return Command(
        "sale.order.list", {"select": select, "filter": {"@id": list(ids)}, "order": {"id": "asc"}, "start": -1}
    )


# ---- changing


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an order is to become; what is left out stays as it is, and nothing is ever unset but by cancelling."""

    properties: Mapping[str, str] = field(default_factory=dict)  # property code → value
    status: str = ""
    paid: bool = False
    shipped: bool = False
    cancel: str = ""  # the reason that the order tells


def change(
    bitrix: BitrixClient,
    changes: Mapping[ShopOrderId, tuple[OrderTree, Change]],
    property_ids: Mapping[str, int],
) -> dict[ShopOrderId, SyncError | None]:
    """Sends what differs between the orders as they were read and as they are to be; safe to repeat.

    Raises Rejected before anything is sent when the shop lacks a property, and TryLater when a request failed as a
    whole: some of the changes may stand then.
    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-update.html
    """
    values = {shop_id: _by_id(wanted.properties, property_ids) for shop_id, (_, wanted) in changes.items()}
    steps = {shop_id: differences(tree, wanted, values[shop_id]) for shop_id, (tree, wanted) in changes.items()}
    return _send(bitrix, steps)


def differences(tree: OrderTree, wanted: Change, values: Mapping[int, str]) -> dict[str, Command]:
    """The commands that make an order what is wanted, by batch key. Pure. `values`: property id → value.

    Money and goods of a cancelled order stand still; its status and properties do not.
    """
    steps: dict[str, Command] = {}
    if wanted.cancel and not tree.canceled:
        steps |= _cancelling(tree, wanted.cancel)
    elif not tree.canceled:
        steps |= _paying(tree) if wanted.paid and not tree.payed else {}
        steps |= _shipping(tree) if wanted.shipped else {}
    if wanted.status not in {"", tree.status_id}:
        # A step of its own: a status that the shop refuses does not hold back the cancellation.
        fields: dict[str, Param] = {"statusId": wanted.status}
        steps[f"t{tree.id}"] = Command("sale.order.update", {"id": tree.id, "fields": fields})
    kept = _kept(tree.property_values)
    if any(kept.get(number, "") != value for number, value in values.items()):
        steps[f"v{tree.id}"] = _properties(tree.id, {**kept, **values})
    return steps


def _paying(tree: OrderTree) -> dict[str, Command]:
    return {f"p{payment.id}": _pay(payment, paid=True) for payment in tree.payments if not payment.paid}


def _shipping(tree: OrderTree) -> dict[str, Command]:
    return {f"s{s.id}": _ship(s, shipped=True) for s in tree.shipments if not (s.deducted or s.system)}


def _pay(payment: Payment, *, paid: bool) -> Command:
    fields: dict[str, Param] = {"paySystemId": payment.pay_system_id, "paid": flag(paid)}
    return Command("sale.payment.update", {"id": payment.id, "fields": fields})


def _ship(shipment: Shipment, *, shipped: bool) -> Command:
    on = flag(shipped)
    fields: dict[str, Param] = {"deliveryId": shipment.delivery_id, "allowDelivery": on, "deducted": on}
    return Command("sale.shipment.update", {"id": shipment.id, "fields": fields})


# ---- properties


def set_properties(
    bitrix: BitrixClient, values: Mapping[ShopOrderId, Mapping[str, str]], property_ids: Mapping[str, int]
) -> dict[ShopOrderId, SyncError | None]:
    """Writes property values (by code) onto orders, keeping all other values that stand on them.

    Bitrix replaces an order's properties as a whole, so they are read, merged and sent together; an order that holds
    the values already is not written. 100 orders cost at most four requests.
    Raises Rejected before anything is sent when the shop lacks one of the codes.
    See https://apidocs.bitrix24.ru/api-reference/sale/property-value/sale-property-value-modify.html
    """
    wanted = {shop_id: _by_id(some, property_ids) for shop_id, some in values.items()}
    outcome: dict[ShopOrderId, SyncError | None] = {}
    steps: dict[ShopOrderId, dict[str, Command]] = {}
    for shop_id, standing in _standing_values(bitrix, wanted).items():
        if isinstance(standing, SyncError):
            outcome[shop_id] = standing
            continue
        kept = _kept(standing)
        differs = any(kept.get(number, "") != value for number, value in wanted[shop_id].items())
        steps[shop_id] = {f"v{shop_id}": _properties(shop_id, {**kept, **wanted[shop_id]})} if differs else {}
    return outcome | _send(bitrix, steps)


def _standing_values(
    bitrix: BitrixClient, ids: Iterable[ShopOrderId]
) -> dict[ShopOrderId, list[PropertyValue] | SyncError]:
    """An order whose values fill a page may have more, and what we do not know of would be deleted: read it whole."""
    found: dict[ShopOrderId, list[PropertyValue] | SyncError] = {}
    for some in batched(ids, BATCH, strict=False):
        answer = bitrix.batch({f"v{shop_id}": _values_of(shop_id) for shop_id in some})
        for shop_id in some:
            try:
                found[shop_id] = _read_values(answer.take(f"v{shop_id}"))
            except SyncError as failure:
                found[shop_id] = failure
    full = [shop_id for shop_id, values in found.items() if isinstance(values, list) and len(values) >= PAGE]
    for shop_id, tree in read_trees(bitrix, full).items():
        found[shop_id] = tree.property_values if isinstance(tree, OrderTree) else tree
    return found


def _values_of(shop_id: ShopOrderId) -> Command:
    select: Param = ["id", "orderPropsId", "value"]
    return Command(
        "sale.propertyvalue.list",
        {"select": select, "filter": {"=orderId": shop_id}, "order": {"id": "asc"}, "start": -1},
    )


def _read_values(answer: object) -> list[PropertyValue]:
    found = rows(answer, "propertyValues", "sale.propertyvalue.list")
    return [read(PropertyValue, row, "sale.propertyvalue.list") for row in found]


def _kept(standing: Iterable[PropertyValue]) -> dict[int, Param]:
    """Values as they have to be sent to stay; empty ones are left out."""
    kept = {value.order_props_id: _sent_back(value.value) for value in standing}
    return {number: value for number, value in kept.items() if value not in ("", [])}


def _sent_back(value: object) -> Param:
    """Text as it is, a file by its id, several of either as a list."""
    match value:
        case None:
            return ""
        case {"id": file_id}:
            return str(file_id)
        case dict():
            return {str(key): _sent_back(one) for key, one in value.items()}
        case list():
            return [_sent_back(one) for one in value]
        case _:
            return str(value)


# ---- taking back


def cancel(bitrix: BitrixClient, ids: Collection[ShopOrderId], reason: str) -> dict[ShopOrderId, SyncError | None]:
    """Cancels orders, unsetting first the paid and shipped marks that forbid it; a cancelled one is left alone.

    `reason` is cut to Bitrix's 255 characters.
    See https://apidocs.bitrix24.ru/api-reference/sale/order/sale-order-update.html
    """
    outcome: dict[ShopOrderId, SyncError | None] = {}
    steps: dict[ShopOrderId, dict[str, Command]] = {}
    for shop_id, tree in read_trees(bitrix, ids).items():
        if isinstance(tree, SyncError):
            outcome[shop_id] = tree
        else:
            steps[shop_id] = {} if tree.canceled else _cancelling(tree, reason)
    return outcome | _send(bitrix, steps)


def _cancelling(tree: OrderTree, reason: str) -> dict[str, Command]:
    steps = {f"p{payment.id}": _pay(payment, paid=False) for payment in tree.payments if payment.paid}
    steps |= {f"s{s.id}": _ship(s, shipped=False) for s in tree.shipments if s.deducted and not s.system}
    fields: dict[str, Param] = {"canceled": "Y", "reasonCanceled": reason[:_REASON_LENGTH]}
    return steps | {f"o{tree.id}": Command("sale.order.update", {"id": tree.id, "fields": fields})}


# ---- sending


def _send(
    bitrix: BitrixClient, steps: Mapping[ShopOrderId, Mapping[str, Command]]
) -> dict[ShopOrderId, SyncError | None]:
    """Each order's steps, never split over two requests, and the first failure among them."""
    outcome: dict[ShopOrderId, SyncError | None] = dict.fromkeys(steps)
    for some in _packed(steps):
        answer = bitrix.batch({key: command for shop_id in some for key, command in steps[shop_id].items()})
        for shop_id in some:
            failures = (answer.failure(key) for key in steps[shop_id])
            outcome[shop_id] = next((failure for failure in failures if failure), None)
    return outcome


def _packed(steps: Mapping[ShopOrderId, Mapping[str, Command]]) -> Iterator[list[ShopOrderId]]:
    """Orders in as few batches as their steps fit into; those without a step are in none."""
    pack: list[ShopOrderId] = []
    room = BATCH
    for shop_id in (shop_id for shop_id in steps if steps[shop_id]):
        if len(steps[shop_id]) > room:
            yield pack
            pack, room = [], BATCH
        pack.append(shop_id)
        room -= len(steps[shop_id])
    if pack:
        yield pack
