"""Orders by the thousand that stand at WB, in our table and in the shop, without having gone through the functions."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any

import httpx

from tests.benchmarks.house import House, utcnow
from tests.fixtures.world import LABEL_KEY
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import OfferId, ShopOrderId, SupplyId
from wbsync.domain.label_links import signed_supply_path
from wbsync.domain.orders import Money, Order, OrderState, ShopOrder
from wbsync.domain.statuses import WbStatus
from wbsync.flows.show_orders import picture_of
from wbsync.stores.aws import dynamodb
from wbsync.stores.batches import write_items
from wbsync.stores.orders import OrderRecord

FIRST_OFFER, FIRST_CHRT = 2_001, 310_000_001
AT_ONCE = 100  # what WB takes in a supply in one ask
_TOGETHER = 3
_PUTS = 25


@dataclass(frozen=True)
class Standing:
    order_id: int
    shop_order_id: int


def open_wide(home: House, *, goods: int) -> None:
    """Nobody goes away because something is sold out."""
    home.wb.sim("POST", "seed", {"goods": goods, "stocked": True})
    home.shop.sim("POST", "seed", {"offers": goods, "can_buy_zero": True})


def stand(
    home: House, count: int, *, state: OrderState = OrderState.DONE, handed_over: bool = False, **wishes: Any
) -> list[Standing]:
    """New orders, or such that are on their way to their buyers; the shop shows all that our table knows of them."""
    made = home.wb.sim("POST", "orders", {"count": count, "seed": 1, **wishes})["orders"]
    assert len(made) == count, (len(made), count)
    supply = SupplyId(_hand_over(home, [row["id"] for row in made])) if handed_over else None
    at = utcnow()
    told = WbStatus("complete" if handed_over else "new", "waiting", at)
    bitrix = BitrixClient(httpx.Client(timeout=120), webhook=lambda: home.webhook)
    ids = bitrix_orders.property_ids(bitrix, home.rules.orders.person_type_id)
    with ThreadPoolExecutor(_TOGETHER) as together:
        pieces = together.map(partial(_placed, home, bitrix, ids), batched(made, 10, strict=False))
        placed = {order_id: shop_id for piece in pieces for order_id, shop_id in piece.items()}
    records = [
        OrderRecord(_order(row), state, at, at, shop_order_id=placed[row["id"]], supply_id=supply, status=told)
        for row in made
    ]
    _keep(home, [_item(home, record) for record in records])
    return [Standing(order_id, shop_id) for order_id, shop_id in placed.items()]


def _hand_over(home: House, order_ids: Sequence[int]) -> str:
    supply: str = confirm(home, order_ids)
    home.ask_wb("PATCH", f"/api/v3/supplies/{supply}/deliver")
    return supply


def confirm(home: House, order_ids: Sequence[int]) -> str:
    """Put them into a supply as staff does in WB's cabinet."""
    supply: str = home.ask_wb("POST", "/api/v3/supplies", {"name": "Поставка"})["id"]
    for piece in batched(order_ids, AT_ONCE, strict=False):
        home.ask_wb("PATCH", f"/api/marketplace/v3/supplies/{supply}/orders", {"orders": piece})
    return supply


def _placed(
    home: House, bitrix: BitrixClient, ids: Mapping[str, int], rows: Sequence[Mapping[str, Any]]
) -> dict[int, ShopOrderId]:
    outcome = bitrix_orders.place(bitrix, [_shop_order(home, row) for row in rows], home.rules.orders, ids)
    made = {order_id: shop_id for order_id, shop_id in outcome.items() if isinstance(shop_id, int)}
    assert len(made) == len(rows), outcome
    return {int(order_id): shop_id for order_id, shop_id in made.items()}


def _shop_order(home: House, row: Mapping[str, Any]) -> ShopOrder:
    order = _order(row)
    return ShopOrder(
        order_id=order.order_id,
        offer_id=OfferId(FIRST_OFFER + order.chrt_id - FIRST_CHRT),
        price=order.sale.amount,
        currency=home.rules.orders.currency,
        comment="",
        properties={home.rules.orders.properties.order_id: str(order.order_id)},
    )


def _order(row: Mapping[str, Any]) -> Order:
    return Order(
        order_id=row["id"],
        rid=row["rid"],
        order_uid=row["orderUid"],
        created_at=datetime.fromisoformat(row["createdAt"]),
        article=row["article"],
        nm_id=row["nmId"],
        chrt_id=row["chrtId"],
        barcodes=tuple(row["skus"]),
        warehouse_id=row["warehouseId"],
        sale=Money.from_wb(row["finalPrice"], row["currencyCode"]),
        converted=Money.from_wb(row["convertedFinalPrice"], row["convertedCurrencyCode"]),
        cross_border=row["crossBorderType"] == 1,
        cargo_type=row["cargoType"],
        b2b=row["options"]["isB2B"],
        required_meta=tuple(row["requiredMeta"]),
        optional_meta=tuple(row["optionalMeta"]),
    )


def _item(home: House, record: OrderRecord) -> dict[str, Any]:
    """As stores.orders reads it."""
    order, told, at = record.order, record.status, record.stored_at.isoformat(timespec="microseconds")
    assert told
    texts = {
        "body": order.model_dump_json(),
        "state": record.state,
        "stored_at": at,
        "moved_at": at,
        "sticker": f"{order.order_id % 10**7} 0001",
        "wb_supplier": told.supplier,
        "wb_status": told.wb,
        "status_at": told.read_at.isoformat(timespec="microseconds"),
        "supply_id": record.supply_id,
        "shown": picture_of(record, home.rules, partial(_supply_url, home)).shown,
    }
    numbers = {"order_id": {"N": str(order.order_id)}, "shop_order_id": {"N": str(record.shop_order_id)}}
    return numbers | {name: {"S": str(text)} for name, text in texts.items() if text}


def _supply_url(home: House, supply_id: SupplyId) -> str:
    """The link that sync_statuses makes."""
    expires = utcnow() + timedelta(home.rules.labels.link_days)
    base = home.variables["LABEL_BASE_URL"].rstrip("/")
    return base + signed_supply_path(supply_id, key=LABEL_KEY, expires=expires)


def _keep(home: House, items: Sequence[Mapping[str, Any]]) -> None:
    for piece in _pieces(items):
        write_items(dynamodb(), home.stores.tables["OrdersTable"], piece)


def _pieces(items: Sequence[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return ([{"PutRequest": {"Item": item}} for item in piece] for piece in batched(items, _PUTS, strict=False))
