"""`/_sim/`: what tests and the demo do to the simulated WB, and what they ask of it. JSON in, JSON out, no token.

| request | does |
|---|---|
| GET /_sim/state | everything, see `snapshot` |
| POST /_sim/seed | a new world from the fields of `world.World`; forgets orders, counts and faults, limits stay |
| POST /_sim/orders | buyers' orders from the fields of `buyers.Wishes` → {"orders": […]} |
| POST /_sim/orders/{id}/{event} | an event of `life.EVENTS` → the order; 409 when it cannot happen now |
| POST /_sim/orders/{id}/meta | {"sgtin": decision, …}: what the check of a key ends in (null: as usual) → the order |
| POST /_sim/life | {"on"?: bool, "steps"?: [fields of `state.Step`]}: from now on orders move by themselves, or stand |
| POST /_sim/supplies/{id} | {"spot_outcome"?: completed, failed or pending, fields of `_SHIPPING`} → the supply |
| POST /_sim/supplies/{id}/scan | {"orders"?: [ids]}: WB takes these in, or all; closes an open supply → the supply |
| POST /_sim/wb-stock | [rows of `analytics.row_of`]: all that WB's own warehouses hold from now on |
| GET /_sim/cards | cards as WB shows them, errors, who waits, photos, prices, how often which operation was asked |
| POST /_sim/cards | {"delay"?, "sync"?: seconds, "free"?: how many cards may be made}, see `_change_catalog` |
| GET /_sim/prices | prices of all goods, uploads, quarantine |
| POST /_sim/prices | {"delay"?: seconds, "switching"?, "cancel"?: bool, …}, see `_change_prices` |
| POST /_sim/cards/{nmID} | {"skus"?: {chrtID: [barcodes]}, "required_meta"?: [keys], "optional_meta"?}: changed now |
| GET /_sim/schema | subjects, characteristics, dictionaries |
| POST /_sim/schema | {"add_charc"?, "change_charc"?, "remove_charc"?, "add_value"?, "remove_value"?}, see schema.py |
| POST /_sim/warehouses/{id} | {"is_processing"?, "is_deleting"?, "cargo_type"?, "office_id"?} |
| POST /_sim/faults | [fields of `faults.Fault`, …] are added to those that stand |
| DELETE /_sim/faults | no more trouble |
| POST /_sim/revoked | [tokens]: the seller has deleted these in his cabinet |
| POST /_sim/clock | {"advance": seconds}: WB's clock goes ahead |
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.local.wildberries import analytics, buyers, cards, content, life, meta, prices, schema, spot, supplies
from infra.local.wildberries.answers import NO_CONTENT, Answer
from infra.local.wildberries.faults import Fault
from infra.local.wildberries.state import Order, State, Supply
from infra.local.wildberries.world import World, steps_of

if TYPE_CHECKING:
    from infra.local.wildberries.app import Wildberries

type _Json = Any
type _Act = Callable[["Wildberries", _Json, tuple[str, ...]], Answer]


def control(wb: "Wildberries", verb: str, path: str, body: bytes) -> Answer:
    """Runs under the lock. A body that does not fit is 400 with the reason, a thing that is not there 404."""
    for row_verb, pattern, act in _ACTS:
        found = re.fullmatch(pattern, path)
        if row_verb == verb and found:
            try:
                return act(wb, json.loads(body or b"{}"), found.groups())
            except KeyError as missing:
                return Answer(404, {"error": f"there is no {missing}"})
            except (TypeError, ValueError) as wrong:
                return Answer(400, {"error": str(wrong)})
    return Answer(404, {"error": f"no {verb} {path} here"})


def snapshot(state: State) -> dict[str, object]:
    """Counts first, then everything. `answers_4xx` holds the 429s too; `stocks` is by warehouse, then by chrtId."""
    answers = [(status, count) for counted in state.answers.values() for status, count in counted.items()]
    return {
        "counts": {
            "cards": len(state.cards),
            "sizes": len(state.sizes),
            "orders": len(state.orders),
            "orders_by_supplier_status": dict(Counter(order.supplier_status for order in state.orders.values())),
            "orders_by_wb_status": dict(Counter(order.wb_status for order in state.orders.values())),
            "supplies": len(state.supplies),
            "buyers_refused": state.buyers_refused,
        },
        "requests": dict(state.requests),
        "answers": {operation: {str(s): n for s, n in counted.items()} for operation, counted in state.answers.items()},
        "answers_429": sum(count for status, count in answers if status == 429),
        "limited": state.limited,
        "answers_4xx": sum(count for status, count in answers if 400 <= status < 500),
        "faults": [asdict(fault) for fault in state.faults],
        "warehouses": [warehouse.wire() for warehouse in state.warehouses.values()],
        "cards": [_card(state, nm_id) for nm_id in state.cards],
        "stocks": {
            str(each): {str(chrt): amount for chrt, amount in stock.items()} for each, stock in state.stocks.items()
        },
        "orders": [_order(state, order) for order in state.orders.values()],
        "supplies": [_supply(state, supply) for supply in state.supplies.values()],
        "wbStock": state.wb_stock,
    }


def _state(wb: "Wildberries", _body: _Json, _path: tuple[str, ...]) -> Answer:
    return Answer(200, snapshot(wb.state))


def _seed(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    wb.seed(World(**body))
    return Answer(200, snapshot(wb.state)["counts"])


def _orders(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    made = buyers.order(wb.state, buyers.Wishes(**body))
    return Answer(201, {"orders": [_order(wb.state, order) for order in made]})


def _event(wb: "Wildberries", _body: _Json, path: tuple[str, ...]) -> Answer:
    order, event = wb.state.orders[int(path[0])], path[1]
    if event not in life.EVENTS:
        raise ValueError(f"the event is one of {', '.join(life.EVENTS)}")
    return Answer(200 if life.happen(wb.state, order, event) else 409, _order(wb.state, order))


def _decide(wb: "Wildberries", body: _Json, path: tuple[str, ...]) -> Answer:
    order = wb.state.orders[int(path[0])]
    _known(body, set(meta.KEYS))
    for key, decision in body.items():
        order.decisions.pop(key, None)
        order.decisions |= {} if decision is None else {key: str(decision)}
    return Answer(200, _order(wb.state, order))


def _life(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    _known(body, {"on", "steps"})
    life.switch(wb.state, steps_of(body.get("steps", ())) if body.get("on", True) else ())
    return NO_CONTENT


def _change_supply(wb: "Wildberries", body: _Json, path: tuple[str, ...]) -> Answer:
    supply = wb.state.supplies[path[0]]
    _known(body, {"spot_outcome", *_SHIPPING})
    if "spot_outcome" in body:
        spot.order_outcome(wb.state, supply, _outcome(body["spot_outcome"]))
    supply.shipping |= {name: value for name, value in body.items() if name in _SHIPPING}
    return Answer(200, _supply(wb.state, supply))


def _scan(wb: "Wildberries", body: _Json, path: tuple[str, ...]) -> Answer:
    supply = wb.state.supplies[path[0]]
    life.scan(wb.state, supply, body.get("orders", list(supply.order_ids)))
    return Answer(200, _supply(wb.state, supply))


def _wb_stock(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    wb.state.wb_stock = [analytics.row_of(wb.state, row) for row in body]
    return NO_CONTENT


def _change_card(wb: "Wildberries", body: _Json, path: tuple[str, ...]) -> Answer:
    card = wb.state.cards[int(path[0])]
    sizes = {str(size.chrt_id): size for size in card.sizes}
    for chrt_id, skus in body.get("skus", {}).items():
        sizes[chrt_id].skus = [str(sku) for sku in skus]
    card.required_meta = _keys(body.get("required_meta", card.required_meta))
    card.optional_meta = _keys(body.get("optional_meta", card.optional_meta))
    card.updated_at = wb.state.moment()
    return Answer(200, _card(wb.state, card.nm_id))


def _catalog(wb: "Wildberries", _body: _Json, _path: tuple[str, ...]) -> Answer:
    state = wb.state
    return Answer(
        200,
        {
            "cards": [content.wire(state, card) for card in state.cards.values()],
            "drafts": sum(draft.updated_at is None for draft in state.drafts),
            "waiting": cards.waiting(state),
            "unsynced": [nm_id for nm_id in state.cards if state.synced_card(nm_id) is None],
            "errors": cards.errors_of(state),
            "photos": {card.nm_id: card.sources for card in state.cards.values() if card.sources},
            "fetched": state.fetched,
            "prices": {card.nm_id: prices.priced(state, card) for card in state.cards.values()},
            "quarantine": prices.quarantined(state),
            "requests": dict(state.requests),
        },
    )


def _change_catalog(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    """`delay`: until a card or its error shows; `sync`: from then on, until its sizes take stock and prices."""
    _known(body, {"delay", "sync", "free"})
    wb.state.cards_delay = float(body.get("delay", wb.state.cards_delay))
    wb.state.sync_delay = float(body.get("sync", wb.state.sync_delay))
    wb.state.free_cards = int(body.get("free", wb.state.free_cards))
    return NO_CONTENT


def _prices(wb: "Wildberries", _body: _Json, _path: tuple[str, ...]) -> Answer:
    state = wb.state
    return Answer(
        200,
        {
            "goods": [prices.priced(state, card) for card in state.cards.values()],
            "tasks": [
                {"id": task.id, "status": task.status, "rows": task.rows, "results": task.results}
                for task in state.price_tasks.values()
            ],
            "quarantine": prices.quarantined(state),
        },
    )


def _change_prices(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    """`currency`: of the cabinet, as "RUB"; `quarantine`: how many times lower a price must be to go there.

    `by_size`: nmIDs whose sizes have prices of their own from now on; `release`: nmIDs whose price in quarantine holds.
    """
    _known(body, {"delay", "switching", "cancel", "currency", "quarantine", "by_size", "release"})
    state = wb.state
    state.prices_delay = float(body.get("delay", state.prices_delay))
    state.currency_switching = bool(body.get("switching", state.currency_switching))
    state.prices_cancelled = bool(body.get("cancel", state.prices_cancelled))
    state.quarantine_drop = float(body.get("quarantine", state.quarantine_drop))
    if "currency" in body:
        state.seller_currency = prices.currency_code(body["currency"])
    for nm_id in body.get("by_size", ()):
        state.cards[nm_id].sizes_have_prices = True
    for nm_id in body.get("release", ()):
        prices.release(state.cards[nm_id])
    return NO_CONTENT


def _schema(wb: "Wildberries", _body: _Json, _path: tuple[str, ...]) -> Answer:
    return Answer(200, schema.shown(wb.state.schema))


def _change_schema(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    schema.change(wb.state.schema, body)
    return NO_CONTENT


def _change_warehouse(wb: "Wildberries", body: _Json, path: tuple[str, ...]) -> Answer:
    warehouse = wb.state.warehouses[int(path[0])]
    _known(body, {"is_processing", "is_deleting", "cargo_type", "office_id"})
    for name, value in body.items():
        setattr(warehouse, name, value)
    return Answer(200, warehouse.wire())


def _add_faults(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    wb.state.faults += [Fault(**row) for row in body]
    return NO_CONTENT


def _no_faults(wb: "Wildberries", _body: _Json, _path: tuple[str, ...]) -> Answer:
    wb.state.faults.clear()
    return NO_CONTENT


def _revoke(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    wb.state.revoked = set(map(str, body))
    return NO_CONTENT


def _clock(wb: "Wildberries", body: _Json, _path: tuple[str, ...]) -> Answer:
    wb.advance(float(body["advance"]))
    return Answer(200, {"now": wb.state.now})


_ACTS: tuple[tuple[str, str, _Act], ...] = (
    ("GET", "/_sim/state", _state),
    ("POST", "/_sim/seed", _seed),
    ("POST", "/_sim/orders", _orders),
    ("POST", r"/_sim/orders/(\d+)/meta", _decide),
    ("POST", r"/_sim/orders/(\d+)/(\w+)", _event),
    ("POST", "/_sim/life", _life),
    ("POST", r"/_sim/supplies/([\w-]+)", _change_supply),
    ("POST", r"/_sim/supplies/([\w-]+)/scan", _scan),
    ("POST", "/_sim/wb-stock", _wb_stock),
    ("GET", "/_sim/cards", _catalog),
    ("POST", "/_sim/cards", _change_catalog),
    ("GET", "/_sim/prices", _prices),
    ("POST", "/_sim/prices", _change_prices),
    ("POST", r"/_sim/cards/(\d+)", _change_card),
    ("GET", "/_sim/schema", _schema),
    ("POST", "/_sim/schema", _change_schema),
    ("POST", r"/_sim/warehouses/(\d+)", _change_warehouse),
    ("POST", "/_sim/faults", _add_faults),
    ("DELETE", "/_sim/faults", _no_faults),
    ("POST", "/_sim/revoked", _revoke),
    ("POST", "/_sim/clock", _clock),
)


_SHIPPING = {"shippingDt", "shippingPointId", "shippingType", "waybillUuid"}


def _known(body: _Json, names: set[str]) -> None:
    unknown = set(body) - names
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


def _keys(keys: _Json) -> list[str]:
    _known(keys, set(meta.KEYS))
    return list(keys)


def _outcome(outcome: _Json) -> str:
    if outcome not in {"completed", "failed", "pending"}:
        raise ValueError("spot_outcome is completed, failed or pending")
    return str(outcome)


def _supply(state: State, supply: Supply) -> dict[str, object]:
    return supplies.wire(state, supply) | {
        "orderIds": list(supply.order_ids),
        "trbxIds": list(supply.boxes),
        "spot": None if supply.spot is None else supply.spot.form | {"status": str(spot.status(state, supply))},
    }


def _order(state: State, order: Order) -> dict[str, object]:
    return order.facts | {
        "supplierStatus": order.supplier_status,
        "wbStatus": order.wb_status,
        "supplyId": order.supply_id,
        "unknownBarcode": order.unknown_barcode,
        "metaDetails": meta.details(state, order),
        "transferred": order.transferred,
    }


def _card(state: State, nm_id: int) -> dict[str, object]:
    card = state.cards[nm_id]
    return {
        "nmID": card.nm_id,
        "vendorCode": card.vendor_code,
        "foreign": card.foreign,
        "updatedAt": card.updated_at.isoformat(),
        "requiredMeta": card.required_meta,
        "optionalMeta": card.optional_meta,
        "sizes": [
            {"chrtID": size.chrt_id, "techSize": size.tech_size, "skus": size.skus, "cargoType": size.cargo_type}
            for size in card.sizes
        ],
    }
