"""Reservation and shipping (bitrix facts §3.3): when a shop order holds goods, and what is left to sell.

`quantity` of a product is what can still be sold; `quantityReserved` is held by orders. The `amount` of a store stays
physical until the goods are shipped; with store control on, the store counts what it holds back as well.
"""

from decimal import Decimal

from infra.local.bitrix.answers import Refused, Row
from infra.local.bitrix.shop import Shop

PROVIDER = "Bitrix\\Catalog\\Product\\CatalogProvider"


def tracked(line: Row) -> bool:
    """Whether the basket line knows the catalog: without its provider nothing is checked or reserved."""
    provider: str = line["productProviderClass"]
    return provider.lstrip("\\") == PROVIDER and str(line["module"]) == "catalog"


def reserve(shop: Shop, item: Row) -> bool:
    """Hold the goods of a shipment's item; False when the shop has too few (it holds what there is)."""
    line = shop.basket.get(item["basketId"])
    product = shop.product(line["productId"]) if line is not None and tracked(line) else None
    if product is None:
        return True
    wanted = item["quantity"] - item["reservedQuantity"]
    held = wanted if shop.seed.can_buy_zero else min(wanted, max(product["quantity"], Decimal(0)))
    item["reservedQuantity"] += held
    product["quantity"] -= held
    product["quantityReserved"] += held
    if shop.seed.store_control and held:
        place = shop.store_products.get(shop.reserved_in.get(item["id"], 0)) or _place(shop, product["id"], held)
        place["quantityReserved"] += held
        shop.reserved_in[item["id"]] = place["id"]
    return bool(held == wanted)


def release(shop: Shop, item: Row) -> None:
    """Give the held goods back to the sellable quantity."""
    held, _ = _let_go(shop, item)
    if held:
        _product(shop, item)["quantity"] += held


def check_shippable(shop: Shop, item: Row) -> None:
    """What is neither held for the item nor left to sell cannot leave the shop, unless it sells below zero."""
    line = shop.basket.get(item["basketId"])
    if shop.seed.can_buy_zero or line is None or not tracked(line):
        return
    if _product(shop, item)["quantity"] < item["quantity"] - item["reservedQuantity"]:
        raise Refused("DDCT_DEDUCTION_QUANTITY_ERROR", f"Недостаточно товара для отгрузки: {line['name']}")


def ship(shop: Shop, item: Row) -> None:
    """Goods leave the shop: the reservation is spent and the store's amount falls."""
    line = shop.basket.get(item["basketId"])
    if line is None or not tracked(line):
        return
    held, place = _let_go(shop, item)
    product = _product(shop, item)
    product["quantity"] -= item["quantity"] - held
    if shop.seed.store_control:
        place = place or _place(shop, product["id"], item["quantity"])
        place["amount"] -= item["quantity"]
        shop.shipped_from[item["id"]] = place["id"]


def take_back(shop: Shop, item: Row) -> None:
    """Undo `ship`: the goods are in the store they left, and held for the order as before."""
    line = shop.basket.get(item["basketId"])
    if line is None or not tracked(line):
        return
    product = _product(shop, item)
    product["quantity"] += item["quantity"]
    if shop.seed.store_control:
        place = shop.store_products.get(shop.shipped_from.pop(item["id"], 0)) or _place(shop, product["id"], Decimal(0))
        place["amount"] += item["quantity"]
    reserve(shop, item)


def recount(shop: Shop, product: Row) -> None:
    """Sellable = what the stores have less what orders hold. An information block's timestampX does not notice."""
    stored = sum((row["amount"] for row in shop.store_products.of(product["id"])), start=Decimal(0))
    product["quantity"] = stored - product["quantityReserved"]


def _let_go(shop: Shop, item: Row) -> tuple[Decimal, Row | None]:
    held: Decimal = item["reservedQuantity"]
    item["reservedQuantity"] = Decimal(0)
    if held:
        _product(shop, item)["quantityReserved"] -= held
    place = shop.store_products.get(shop.reserved_in.pop(item["id"], 0))
    if place is not None:
        place["quantityReserved"] -= held
    return held, place


def _product(shop: Shop, item: Row) -> Row:
    line = shop.basket.get(item["basketId"])
    product = shop.product(line["productId"]) if line is not None else None
    if product is None:
        raise LookupError(f"shipment item {item['id']} has no product")
    return product


def _place(shop: Shop, product: int, quantity: Decimal) -> Row:
    """The first store that has enough unheld goods, or else the one that has most."""
    rows = shop.store_products.of(product)
    free = [row["amount"] - row["quantityReserved"] for row in rows]
    enough = (row for row, left in zip(rows, free, strict=True) if left >= quantity)
    return next(enough, None) or rows[free.index(max(free))]
