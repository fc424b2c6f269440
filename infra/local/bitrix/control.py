"""`/_sim/`: what stands outside of the shop's REST: look into it, open it anew, let people work in it, order bad days.

JSON in, JSON out, no secret. Times are the shop's clock; what staff does moves `dateUpdate` as in the real shop.

| request | body → answer |
|---|---|
| GET /_sim/state | → {orders, products, stores, statuses, requests}; an order with its lines (their `properties` and |
|  | `reservations`), payments, shipments, and `properties` {code: value} |
| POST /_sim/seed | fields of `seed.Seed`: a new shop in the place of the old one; faults stay |
| POST /_sim/sales | {offer_id, quantity?}: a buyer's own order → {order_id, left}; 409 when there are too few |
| POST /_sim/stock | {offer_id, store_id, amount}: goods were counted → the product |
| POST /_sim/products | {id (or offer_id), name?, active?, barcodes?, properties? {code: value, "" empties},
|  | price? ("" removes it), weight? (g), length?, width?, height? (mm), detail_text?, section_id?,
|  | pictures? [{width?, height?, colour?, shape?}]}: somebody saved the form of the product → the product |
| POST /_sim/prices | {id, price, price_type? = 1}: the exchange with 1C, which moves no timestampX of the product |
| GET /_sim/catalog | → {products}: of `infra.local.products`, heads, offers and simple ones, with what staff sees |
| POST /_sim/faults | fields of `faults.Fault`, one or a list |
| DELETE /_sim/faults | no more bad days |

Staff in the order's form. Every answer is the order as in the state; a refusal is a 400 with Bitrix's own code.

| request | body |
|---|---|
| POST /_sim/orders | {offer_id, quantity?, price?, xml_id?, properties? {code: value}}: an order as another module |
|  | makes it, with a shipment and an unpaid payment; order properties that the shop has not are made for it |
| POST /_sim/orders/status | {order_id, status} |
| POST /_sim/orders/cancel | {order_id, reason?}: refused while it is paid or shipped |
| POST /_sim/orders/restore | {order_id}: the cancelling is taken back, the goods are held again |
| POST /_sim/orders/pay | {order_id, paid? = true}: all its payments |
| POST /_sim/orders/ship | {order_id, shipped? = true}: all its shipments |
| POST /_sim/orders/property | {order_id, code, value}: one property of the order, the others stay |
| POST /_sim/orders/line-property | {order_id, code, value, line? = 0}: a property of a basket line (a marking code) |
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from infra.local.bitrix import (
    basket_properties,
    baskets,
    catalog,
    dictionaries,
    elements,
    orders,
    payments,
    pictures,
    property_values,
    shipments,
    stock,
)
from infra.local.bitrix.answers import Refused, Row
from infra.local.bitrix.faults import Fault
from infra.local.bitrix.opening import barcode_cell
from infra.local.bitrix.property_cells import said, words
from infra.local.bitrix.seed import Seed
from infra.local.bitrix.shop import (
    BARCODE_PROPERTY,
    FBO_PROPERTY,
    FBO_STOCK_PROPERTY,
    OFFERS_IBLOCK,
    PLACE_PROPERTY,
    PRODUCTS_IBLOCK,
    Shop,
)
from infra.local.products import Picture, Shape

if TYPE_CHECKING:
    from infra.local.bitrix.app import Bitrix

BUYER = 15
BARCODE_CODE = "CML2_BAR_CODE"
_OF_GOODS = frozenset({PRODUCTS_IBLOCK, OFFERS_IBLOCK})
_HEAD = 3
_FIELDS = {
    "name": "name",
    "detail_text": "detailText",
    "section_id": "iblockSectionId",
    **{name: name for name in ("weight", "length", "width", "height")},
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sale(_Body):
    offer_id: int
    quantity: int = Field(1, ge=1)


class StockChange(_Body):
    offer_id: int
    store_id: int
    amount: int


class PictureChange(_Body):
    width: int = 900
    height: int = 1200
    colour: str = "серый"
    shape: Shape = "shirt"


class ProductChange(_Body):
    id: int = Field(validation_alias=AliasChoices("id", "offer_id"))
    name: str | None = None
    active: bool | None = None
    barcodes: list[str] | None = None
    properties: dict[str, str | list[str]] = {}
    price: Decimal | Literal[""] | None = None
    weight: Decimal | None = None
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    detail_text: str | None = None
    section_id: int | None = None
    pictures: list[PictureChange] | None = None


class PriceChange(_Body):
    id: int
    price: Decimal
    price_type: int = 1


class ForeignOrder(_Body):
    offer_id: int
    quantity: int = Field(1, ge=1)
    price: Decimal | None = None
    xml_id: str | None = None
    properties: dict[str, str] = {}


class OfOrder(_Body):
    order_id: int


class StatusChange(OfOrder):
    status: str


class Cancelling(OfOrder):
    reason: str = ""


class Paying(OfOrder):
    paid: bool = True


class Shipping(OfOrder):
    shipped: bool = True


class PropertyChange(OfOrder):
    code: str
    value: str


class LinePropertyChange(PropertyChange):
    line: int = Field(0, ge=0)


_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(
    Annotated[list[Fault], BeforeValidator(lambda given: given if isinstance(given, list) else [given])]
)


def state(bitrix: "Bitrix", _body: bytes) -> object:
    shop = bitrix.shop
    with shop.lock:
        return {
            "orders": [_order(shop, order) for order in shop.orders],
            "products": [_product(shop, row) for row in shop.elements[OFFERS_IBLOCK]],
            "statuses": list(shop.statuses.values()),
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
    return {"offers": bitrix.shop.seed.offers, "products": bitrix.shop.seed.products}


def sell(bitrix: "Bitrix", body: bytes) -> object:
    """The shop's own sale: a buyer's ordinary order, which holds the goods. 409 when there are too few."""
    sale = Sale.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        product = _offer(shop, sale.offer_id)
        if product["active"] != "Y" or (product["quantity"] < sale.quantity and not shop.seed.can_buy_zero):
            raise Refused("sold_out", f"{product['quantity']} left to sell", 409)
        order = _ordered(shop, {"userId": BUYER}, {"productId": product["id"], "quantity": sale.quantity})
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
        product = _element(shop, change.id)
        values = dict(_cells(shop, product, change))
        fields = {name: value for name in _FIELDS if (value := getattr(change, name)) is not None}
        product |= {_FIELDS[name]: value for name, value in fields.items()} | values
        if change.active is not None:
            product["active"] = "Y" if change.active else "N"
        if change.pictures is not None:
            pictures.put(shop, product, [Picture(**one.model_dump()) for one in change.pictures])
        if change.price is not None:
            _put_price(shop, change.id, change.price or None)
        product["timestampX"] = shop.now()
        return _product(shop, product)


def set_price(bitrix: "Bitrix", body: bytes) -> object:
    """A price came from 1C: the row of the price says when, the product does not."""
    change = PriceChange.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        product = _element(shop, change.id)
        _put_price(shop, change.id, change.price, change.price_type)
        return _product(shop, product)


def catalog_state(bitrix: "Bitrix", _body: bytes) -> object:
    shop = bitrix.shop
    with shop.lock:
        own = [table for iblock, table in shop.elements.items() if iblock not in _OF_GOODS]
        return {"products": [_product(shop, row) for table in own for row in table]}


def make_order(bitrix: "Bitrix", body: bytes) -> object:
    wanted = ForeignOrder.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        product = _offer(shop, wanted.offer_id)
        named = {} if wanted.xml_id is None else {"xmlId": wanted.xml_id}
        priced = {} if wanted.price is None else {"price": wanted.price}
        order = _ordered(shop, named, {"productId": product["id"], "quantity": wanted.quantity} | priced)
        for code, value in wanted.properties.items():
            _make_property(shop, code)
            property_values.set_one(shop, order, code, value)
        return _order(shop, order)


def set_status(bitrix: "Bitrix", body: bytes) -> object:
    change = StatusChange.model_validate_json(body)
    return _updated(bitrix.shop, change, {"statusId": change.status})


def cancel(bitrix: "Bitrix", body: bytes) -> object:
    change = Cancelling.model_validate_json(body)
    return _updated(bitrix.shop, change, {"canceled": "Y", "reasonCanceled": change.reason})


def restore(bitrix: "Bitrix", body: bytes) -> object:
    return _updated(bitrix.shop, OfOrder.model_validate_json(body), {"canceled": "N"})


def pay(bitrix: "Bitrix", body: bytes) -> object:
    change = Paying.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        order = orders.order_of(shop, change.order_id)
        for row in shop.payments.of(order["id"]):
            fields = {"paySystemId": row["paySystemId"], "paid": "Y" if change.paid else "N"}
            payments.update(shop, {"id": row["id"], "fields": fields})
        return _order(shop, order)


def ship(bitrix: "Bitrix", body: bytes) -> object:
    change = Shipping.model_validate_json(body)
    shop = bitrix.shop
    same = ("allowDelivery", "deliveryId", "statusId", "basePriceDelivery")
    with shop.lock:
        order = orders.order_of(shop, change.order_id)
        for row in shop.shipments.of(order["id"]):
            fields = {name: row[name] for name in same} | {"deducted": "Y" if change.shipped else "N"}
            shipments.update(shop, {"id": row["id"], "fields": fields})
        return _order(shop, order)


def set_property(bitrix: "Bitrix", body: bytes) -> object:
    change = PropertyChange.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        order = orders.order_of(shop, change.order_id)
        property_values.set_one(shop, order, change.code, change.value)
        return _order(shop, order)


def set_line_property(bitrix: "Bitrix", body: bytes) -> object:
    change = LinePropertyChange.model_validate_json(body)
    shop = bitrix.shop
    with shop.lock:
        order = orders.order_of(shop, change.order_id)
        lines = shop.basket.of(order["id"])
        if change.line >= len(lines):
            raise Refused("unknown_line", f"order {change.order_id} has {len(lines)} lines", 404)
        basket_properties.set_one(shop, lines[change.line], change.code, change.value)
        return _order(shop, order)


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
    ("POST", "/_sim/prices"): set_price,
    ("GET", "/_sim/catalog"): catalog_state,
    ("POST", "/_sim/orders"): make_order,
    ("POST", "/_sim/orders/status"): set_status,
    ("POST", "/_sim/orders/cancel"): cancel,
    ("POST", "/_sim/orders/restore"): restore,
    ("POST", "/_sim/orders/pay"): pay,
    ("POST", "/_sim/orders/ship"): ship,
    ("POST", "/_sim/orders/property"): set_property,
    ("POST", "/_sim/orders/line-property"): set_line_property,
    ("POST", "/_sim/faults"): add_faults,
    ("DELETE", "/_sim/faults"): clear_faults,
}


def _made(result: object, key: str) -> Any:  # noqa: ANN401 (a row of the answer)
    assert isinstance(result, dict)
    return result[key]


def _ordered(shop: Shop, named: Row, line: Row) -> Row:
    """An order of one line, to be paid in cash and collected; it holds the goods."""
    where = {"lid": shop.seed.site_id, "personTypeId": 1, "currency": shop.seed.currency}
    order = _made(orders.add(shop, {"fields": where | named}).result, "order")["id"]
    baskets.add_catalog_product(shop, {"fields": line | {"orderId": order, "currency": shop.seed.currency}})
    payments.add(shop, {"fields": {"orderId": order, "paySystemId": 1}})
    shipment = {"orderId": order, "deliveryId": 3, "allowDelivery": "N", "deducted": "N"}
    shipments.add(shop, {"fields": shipment})
    return orders.order_of(shop, order)


def _updated(shop: Shop, change: OfOrder, fields: Row) -> Row:
    with shop.lock:
        orders.update(shop, {"id": change.order_id, "fields": fields})
        return _order(shop, orders.order_of(shop, change.order_id))


def _make_property(shop: Shop, code: str) -> None:
    if any(kind["code"] == code and kind["personTypeId"] == 1 for kind in shop.order_properties):
        return
    own = {"personTypeId": 1, "propsGroupId": 1, "name": code, "code": code, "type": "STRING"}
    dictionaries.add_property(shop, {"fields": own | {"util": "Y", "isFiltered": "Y"}})


def _cells(shop: Shop, product: Row, change: ProductChange) -> Iterator[tuple[str, object]]:
    for code, value in change.properties.items():
        yield _cell_of(shop, product, code, value)
    if change.barcodes is None:
        return
    if product["iblockId"] == OFFERS_IBLOCK:
        yield f"property{BARCODE_PROPERTY}", barcode_cell(shop, change.id, change.barcodes)
    else:
        yield _cell_of(shop, product, BARCODE_CODE, next(iter(change.barcodes), ""))


def _cell_of(shop: Shop, product: Row, code: str, value: str | list[str]) -> tuple[str, object]:
    kind = catalog.property_by_code(shop, product["iblockId"], code)
    if kind is None or (kind["multiple"] == "Y") is not isinstance(value, list):
        raise Refused("unknown_property", f"the product has no such property {code}, single or multiple as sent", 404)
    if isinstance(value, list):
        return f"property{kind['id']}", [said(shop, kind, one, shop.fresh_value_id()) for one in value] or None
    return f"property{kind['id']}", said(shop, kind, value, shop.fresh_value_id()) if value else None


def _put_price(shop: Shop, product: int, amount: Decimal | None, group: int = 1) -> None:
    for row in shop.prices.of(product):
        if row["catalogGroupId"] == group:
            shop.prices.remove(row)
    if amount is not None:
        elements.price(shop, product, amount, group)
        shop.prices.of(product)[-1]["timestampX"] = shop.now()


def _element(shop: Shop, product_id: int) -> Row:
    row = shop.product(product_id)
    if row is None:
        raise Refused("unknown_offer", f"no product or offer {product_id}", 404)
    return row


def _offer(shop: Shop, offer_id: int) -> Row:
    row = _element(shop, offer_id)
    if row["type"] == _HEAD:
        raise Refused("unknown_offer", f"{offer_id} is a head, which is not sold itself", 404)
    return row


def _order(shop: Shop, order: Row) -> Row:
    values = shop.property_values.of(order["id"])
    return order | {
        "lines": [orders.line_tree(shop, line) for line in shop.basket.of(order["id"])],
        "payments": shop.payments.of(order["id"]),
        "shipments": [orders.shipment_tree(shop, one) for one in shop.shipments.of(order["id"])],
        "properties": {row["code"]: row["value"] for row in values},
    }


def _product_properties(row: Row) -> Row:
    kinds = {"PLACE": PLACE_PROPERTY, "WB_FBO": FBO_PROPERTY, "WB_FBO_STOCK": FBO_STOCK_PROPERTY}
    cells = {code: row[f"property{number}"] for code, number in kinds.items()}
    return {code: cell["value"] if cell else "" for code, cell in cells.items()}


def _product(shop: Shop, row: Row) -> Row:
    shown = {name: row[name] for name in ("id", "name", "active", "quantity", "quantityReserved")}
    shown |= _of_goods(row) if row["iblockId"] == OFFERS_IBLOCK else _of_products(shop, row)
    return shown | {
        "stores": {
            one["storeId"]: {"amount": one["amount"], "quantityReserved": one["quantityReserved"]}
            for one in shop.store_products.of(row["id"])
        },
    }


def _of_goods(row: Row) -> Row:
    cell = row[f"property{BARCODE_PROPERTY}"]
    values = cell if isinstance(cell, list) else [cell] if cell else []
    return {"barcodes": [value["value"] for value in values], "properties": _product_properties(row)}


def _of_products(shop: Shop, row: Row) -> Row:
    kinds = (kind for kind in shop.product_properties if kind["iblockId"] == row["iblockId"])
    shown = {kind["code"]: words(shop, kind, row.get(f"property{kind['id']}")) for kind in kinds}
    parent = row.get("parentId")
    return {
        "iblockId": row["iblockId"],
        "parentId": int(parent["value"]) if parent else None,
        "timestampX": row["timestampX"],
        "barcodes": [shown[BARCODE_CODE]] if shown[BARCODE_CODE] else [],
        "properties": {code: value for code, value in shown.items() if value},
        "prices": {one["catalogGroupId"]: one["price"] for one in shop.prices.of(row["id"])},
    }
