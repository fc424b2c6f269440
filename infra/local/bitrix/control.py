"""`/_sim/`: what stands outside of the shop's REST: look into it, open it anew, let buyers come, order bad days."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from infra.local.bitrix import baskets, orders, payments, shipments, stock
from infra.local.bitrix.answers import Refused, Row
from infra.local.bitrix.faults import Fault
from infra.local.bitrix.opening import barcode_cell
from infra.local.bitrix.seed import Seed
from infra.local.bitrix.shop import BARCODE_PROPERTY, OFFERS_IBLOCK, Shop

if TYPE_CHECKING:
    from infra.local.bitrix.app import Bitrix

BUYER = 15


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sale(_Body):
    offer_id: int
    quantity: int = Field(1, ge=1)


class StockChange(_Body):
    offer_id: int
    store_id: int
    amount: int


class ProductChange(_Body):
    offer_id: int
    name: str | None = None
    active: bool | None = None
    barcodes: list[str] | None = None


_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(
    Annotated[list[Fault], BeforeValidator(lambda given: given if isinstance(given, list) else [given])]
)


def state(bitrix: "Bitrix", _body: bytes) -> object:
    shop = bitrix.shop
    with shop.lock:
        return {
            "orders": [_order(shop, order) for order in shop.orders],
            "products": [_product(shop, row) for row in shop.elements[OFFERS_IBLOCK]],
            "stores": [{"id": row["id"], "title": row["title"], "active": row["active"]} for row in shop.stores],
            "requests": {
                "http": shop.requests.http.total(),
                "http_by_method": dict(shop.requests.http),
                "by_method": dict(shop.requests.methods),
            },
        }


def seed(bitrix: "Bitrix", body: bytes) -> object:
    """A new shop in the place of the old one; faults stay."""
    bitrix.open(Seed.model_validate_json(body or b"{}"))
    return {"offers": bitrix.shop.seed.offers}


def sell(bitrix: "Bitrix", body: bytes) -> object:
    """The shop's own sale: a buyer's ordinary order, which holds the goods. 409 when there are too few."""
    sale = Sale.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        product = _offer(shop, sale.offer_id)
        if product["active"] != "Y" or (product["quantity"] < sale.quantity and not shop.seed.can_buy_zero):
            raise Refused("sold_out", f"{product['quantity']} left to sell", 409)
        where = {"lid": shop.seed.site_id, "personTypeId": 1, "currency": shop.seed.currency, "userId": BUYER}
        order = _made(orders.add(shop, {"fields": where}).result, "order")
        line = {"orderId": order["id"], "productId": sale.offer_id, "quantity": sale.quantity}
        baskets.add_catalog_product(shop, {"fields": line | {"currency": shop.seed.currency}})
        payments.add(shop, {"fields": {"orderId": order["id"], "paySystemId": 1}})
        shipment = {"orderId": order["id"], "deliveryId": 3, "allowDelivery": "N", "deducted": "N"}
        shipments.add(shop, {"fields": shipment})
        return {"order_id": order["id"], "left": product["quantity"]}


def set_stock(bitrix: "Bitrix", body: bytes) -> object:
    """Goods came to a store or were counted there: its physical amount, and with it what can be sold."""
    change = StockChange.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        product = _offer(shop, change.offer_id)
        rows = shop.store_products.of(change.offer_id)
        row = next((one for one in rows if one["storeId"] == change.store_id), None)
        if row is None:
            raise Refused("unknown_store", f"no store {change.store_id}", 404)
        row["amount"] = Decimal(change.amount)
        stock.recount(shop, product)
        return _product(shop, product)


def set_product(bitrix: "Bitrix", body: bytes) -> object:
    """Someone edits the element: this, unlike stock, moves its timestampX."""
    change = ProductChange.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        product = _offer(shop, change.offer_id)
        if change.name is not None:
            product["name"] = change.name
        if change.active is not None:
            product["active"] = "Y" if change.active else "N"
        if change.barcodes is not None:
            product[f"property{BARCODE_PROPERTY}"] = barcode_cell(shop, change.offer_id, change.barcodes)
        product["timestampX"] = shop.now()
        return _product(shop, product)


def add_faults(bitrix: "Bitrix", body: bytes) -> object:
    bitrix.faults.add(_FAULTS.validate_json(body))
    return {"faults": [fault.model_dump() for fault in bitrix.faults.standing()]}


def clear_faults(bitrix: "Bitrix", _body: bytes) -> object:
    bitrix.faults.clear()
    return {"faults": []}


ROUTES: dict[tuple[str, str], Callable[["Bitrix", bytes], object]] = {
    ("GET", "/_sim/state"): state,
    ("POST", "/_sim/seed"): seed,
    ("POST", "/_sim/sales"): sell,
    ("POST", "/_sim/stock"): set_stock,
    ("POST", "/_sim/products"): set_product,
    ("POST", "/_sim/faults"): add_faults,
    ("DELETE", "/_sim/faults"): clear_faults,
}


def _made(result: object, key: str) -> Any:  # noqa: ANN401 (a row of the answer)
    assert isinstance(result, dict)
    return result[key]


def _offer(shop: Shop, offer_id: int) -> Row:
    row = shop.elements[OFFERS_IBLOCK].get(offer_id)
    if row is None:
        raise Refused("unknown_offer", f"no offer {offer_id}", 404)
    return row


def _order(shop: Shop, order: Row) -> Row:
    values = shop.property_values.of(order["id"])
    return order | {
        "lines": [orders.line_tree(shop, line) for line in shop.basket.of(order["id"])],
        "payments": shop.payments.of(order["id"]),
        "shipments": [orders.shipment_tree(shop, one) for one in shop.shipments.of(order["id"])],
        "properties": {row["code"]: row["value"] for row in values},
    }


def _product(shop: Shop, row: Row) -> Row:
    cell = row[f"property{BARCODE_PROPERTY}"]
    values = cell if isinstance(cell, list) else [cell] if cell else []
    return {
        "id": row["id"],
        "name": row["name"],
        "active": row["active"],
        "barcodes": [value["value"] for value in values],
        "quantity": row["quantity"],
        "quantityReserved": row["quantityReserved"],
        "stores": {
            one["storeId"]: {"amount": one["amount"], "quantityReserved": one["quantityReserved"]}
            for one in shop.store_products.of(row["id"])
        },
    }
