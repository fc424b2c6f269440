"""A configuration held against what WB and the shop really have."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any

from infra.cli.shop_file import Problem, Where, setting
from wbsync.bitrix.catalog import read_stores
from wbsync.bitrix.client import BATCH, BatchAnswer, BitrixClient, Command
from wbsync.bitrix.orders import property_ids
from wbsync.bitrix.wire import Params, listed, rows
from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, Rejected
from wbsync.wb.wire import WarehouseRow

_FBS = 1
_DELIVERY_TYPES: Mapping[int, str] = {2: "DBS", 3: "DBW", 5: "click & collect", 6: "EDBS"}


def against_wb(shop: Shop, warehouses: Iterable[WarehouseRow]) -> list[Problem]:
    """Every warehouse must be the seller's, stay so, and be sold from by FBS (WB facts §3)."""
    known = {row.id: row for row in warehouses}
    problems = []
    for at, warehouse in enumerate(shop.warehouses):
        if wrong := _wrong(known.get(warehouse.wb)):
            problems.append(Problem(("warehouses", at, "wb"), f"warehouse {warehouse.wb} {wrong}"))
    return problems


def _wrong(row: WarehouseRow | None) -> str:
    if row is None:
        return "is unknown to WB for this seller: take the number from the WB cabinet (Marketplace → Warehouses)"
    if row.is_deleting:
        return "is being deleted at WB: name another one"
    if row.delivery_type != _FBS:
        kind = _DELIVERY_TYPES.get(row.delivery_type, f"of type {row.delivery_type}")
        return f"is {kind} and not FBS: name an FBS warehouse"
    return ""


@dataclass(frozen=True, slots=True)
class ShopVerdict:
    """What is wrong, and the settings that could not be checked, each with the reason."""

    problems: list[Problem]
    unchecked: list[str]


@dataclass(frozen=True, slots=True)
class _Question:
    """`known` reads the answer; `optional`: by a scope that the functions do without."""

    where: Where
    command: Command
    known: Callable[[object], bool]
    unknown: str
    optional: bool = False


def against_bitrix(bitrix: BitrixClient, shop: Shop) -> ShopVerdict:
    """Asks the shop whether it has what the configuration names, as far as documented methods tell.

    Raises NotAuthorised when a right is missing that the functions need too, and TryLater.
    """
    verdict = ShopVerdict([*_unknown_stores(bitrix, shop), *_unknown_properties(bitrix, shop)], [])
    for some in batched(_questions(shop), BATCH, strict=False):
        answer = bitrix.batch({f"q{number}": question.command for number, question in enumerate(some)})
        for number, question in enumerate(some):
            _judge(question, answer, f"q{number}", verdict)
    verdict.unchecked.extend(_unknowable(shop))
    return verdict


def _unknowable(shop: Shop) -> Iterator[str]:
    yield "orders.site_id (no documented method tells)"
    if shop.orders.user_id:
        yield "orders.user_id (no documented method of the shop tells)"
    for key, source in shop.marking.sources.items():
        if source.basket_property:
            yield f"marking.sources.{key}.basket_property (the shop keeps no list of such properties)"


def _judge(question: _Question, answer: BatchAnswer, key: str, verdict: ShopVerdict) -> None:
    try:
        known = question.known(answer.take(key))
    except NotAuthorised as error:
        if not question.optional:
            raise
        verdict.unchecked.append(f"{setting(question.where)} ({error.reason})")
        return
    except Rejected:
        known = False
    if not known:
        verdict.problems.append(Problem(question.where, question.unknown))


def _unknown_stores(bitrix: BitrixClient, shop: Shop) -> Iterator[Problem]:
    known = {store.id for store in read_stores(bitrix)}
    for at, warehouse in enumerate(shop.warehouses):
        for number, store in enumerate(warehouse.stores):
            if store not in known:
                yield Problem(("warehouses", at, "stores", number), f"the shop has no store {store}")


def _unknown_properties(bitrix: BitrixClient, shop: Shop) -> Iterator[Problem]:
    """The shop's own order properties; ours are made by `wbsync doctor --fix`."""
    orders = shop.orders
    named: dict[Where, str] = {("orders", "constant_properties", code): code for code in orders.constant_properties}
    for key, source in shop.marking.sources.items():
        if source.order_property:
            named["marking", "sources", key, "order_property"] = source.order_property
    if not named:
        return
    known = property_ids(bitrix, orders.person_type_id)
    lacking = f"person type {orders.person_type_id} of the shop has no active order property with the code"
    yield from (Problem(where, f"{lacking} {code}") for where, code in named.items() if code not in known)


def _questions(shop: Shop) -> Iterator[_Question]:
    catalog, orders = shop.catalog, shop.orders
    for at, iblock in enumerate(catalog.iblocks):
        yield _Question(
            ("catalog", "iblocks", at),
            Command("catalog.product.list", _one({"iblockId": iblock, "id": 0}, "id", "iblockId")),
            lambda _: True,  # an answer is enough: of an unknown information block there is none
            f"the shop has no information block {iblock}, or it is no catalog",
        )
        yield _Question(
            ("catalog", "barcode_property"),
            Command(
                "catalog.productProperty.list",
                _one({"iblockId": iblock, "code": catalog.barcode_property}, "id", "code"),
            ),
            _has("productProperties", "code", catalog.barcode_property),
            f"information block {iblock} has no property with the code {catalog.barcode_property}",
        )
    yield _Question(
        ("orders", "person_type_id"),
        Command("sale.persontype.list", _one({"id": orders.person_type_id}, "id")),
        _has("personTypes", "id", orders.person_type_id),
        f"the shop has no person type {orders.person_type_id}",
    )
    yield from _statuses(shop)
    yield from _product_properties(shop)
    for at, code in enumerate(orders.adopted_by):
        yield _Question(
            ("orders", "adopted_by", at),
            Command("sale.property.list", _one({"code": code}, "id", "code")),
            _has("properties", "code", code),
            f"the shop has no order property with the code {code}",
        )
    for name, number, method in (
        ("pay_system_id", orders.pay_system_id, "sale.paysystem.list"),
        ("delivery_id", orders.delivery_id, "sale.delivery.getlist"),
    ):
        yield _Question(
            ("orders", name),
            Command(method, {"SELECT": ["ID"], "FILTER": {"ID": number}}),
            _has_in_capitals(number),
            f"the shop has no {name.removesuffix('_id').replace('_', ' ')} {number}",
            optional=True,
        )


def _statuses(shop: Shop) -> Iterator[_Question]:
    """Each order status that is named, where it is named."""
    rules, assembled = shop.statuses, shop.supplies.assembled if shop.supplies else frozenset[str]()
    named: list[tuple[Where, str]] = [
        (("orders", "status_new"), shop.orders.status_new),
        *((("statuses", "to_shop", at, "status"), rule.status) for at, rule in enumerate(rules.to_shop) if rule.status),
        *((("statuses", "protected"), status) for status in sorted(rules.protected)),
        *((("statuses", "cancels"), status) for status in sorted(rules.cancels)),
        *((("supplies", "assembled"), status) for status in sorted(assembled)),
    ]
    for where, status in named:
        yield _Question(
            where,
            Command("sale.status.list", _one({"id": status, "type": "O"}, "id", "type")),
            _has("statuses", "id", status),
            f"the shop has no order status {status}",
        )


def _product_properties(shop: Shop) -> Iterator[_Question]:
    """Properties of products that one information block has and another may lack."""
    named: list[tuple[Where, str | None]] = [
        (("supplies", "place_property"), shop.supplies.place_property if shop.supplies else None),
        (("stock", "fbo", "marked_by"), shop.stock.fbo.marked_by),
        (("stock", "fbo", "stock_property"), shop.stock.fbo.stock_property),
    ]
    for where, code in named:
        if code:
            yield _Question(
                where,
                Command("catalog.productProperty.list", _one({"code": code}, "id", "code", "iblockId")),
                _has_one_of("productProperties", "iblockId", shop.catalog.iblocks),
                f"no information block of catalog.iblocks has a property with the code {code}",
            )


def _one(condition: Params, *select: str) -> Params:
    return {"select": list(select), "filter": condition, "start": -1}


def _has(key: str, field: str, value: object) -> Callable[[object], bool]:
    return lambda answer: _is_in(rows(answer, key, key), field, value)


def _has_one_of(key: str, field: str, values: Iterable[object]) -> Callable[[object], bool]:
    return lambda answer: any(_is_in(rows(answer, key, key), field, value) for value in values)


def _has_in_capitals(number: int) -> Callable[[object], bool]:
    """Two methods of the shop answer a bare list, its fields in capitals."""
    return lambda answer: _is_in((row for row in listed(answer) if isinstance(row, Mapping)), "ID", number)


def _is_in(found: Iterable[Any], field: str, value: object) -> bool:
    return any(str(row.get(field)) == str(value) for row in found)
