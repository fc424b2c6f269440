"""Rows of an information block's elements, as a shop that opens fills them."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from infra.local.bitrix.answers import Row
from infra.local.bitrix.seed import Seed
from infra.local.bitrix.shop import Shop
from infra.local.products import Kind

DAY = timedelta(days=1)


def element(shop: Shop, number: int, iblock: int, name: str, *, kind: int) -> Row:
    return {
        "id": number,
        "iblockId": iblock,
        "name": name,
        "active": "Y",
        "quantity": Decimal(0),
        "quantityReserved": Decimal(0),
        "timestampX": shop.now() - DAY,
        "type": kind,
        "xmlId": f"goods-{number}",
        "measure": 5,
    }


HEAD: Row = {
    # A head is not sold itself: what the catalog keeps of it is empty (documentation of catalog.product.sku.list).
    "quantity": None,
    "quantityReserved": None,
    "measure": None,
    "vatId": None,
    "vatIncluded": "N",
    "weight": None,
}


def catalog(shop: Shop, iblock: int, name: str, *, parent: int | None = None, sku: int | None = None) -> None:
    row = {"id": iblock, "iblockId": iblock, "iblockTypeId": "catalog", "lid": shop.seed.site_id, "name": name}
    shop.catalogs.add(row | {"productIblockId": parent, "skuPropertyId": sku, "subscription": "N", "vatId": 1})


def property_kind(shop: Shop, iblock: int, kind: Kind) -> Row:
    letter, _, user_type = kind.type.partition(":")
    row = {"id": kind.id, "iblockId": iblock, "code": kind.code, "name": kind.name, "propertyType": letter}
    row |= {"active": "Y", "isRequired": "N", "multiple": "Y" if kind.multiple else "N", "sort": 500}
    return shop.product_properties.add(row | {"userType": user_type or None, "xmlId": kind.code})


def value(element_id: int, number: int, text: str) -> Row:
    return {"value": text, "valueId": f"{element_id}{number}"}


def price(shop: Shop, product: int, amount: Decimal, group: int = 1) -> None:
    row = {"productId": product, "catalogGroupId": group, "currency": shop.seed.currency, "price": amount}
    shop.prices.add(row | {"quantityFrom": None, "quantityTo": None, "timestampX": shop.now() - DAY})


def stock(shop: Shop, product: int, quantity: int) -> None:
    for store, amount in _shares(shop.seed, quantity):
        place = {"productId": product, "storeId": store, "amount": Decimal(amount)}
        shop.store_products.add(place | {"quantityReserved": Decimal(0)})


def _shares(seed: Seed, quantity: int) -> Iterator[tuple[int, int]]:
    """The quantity over the stores; what does not divide goes to the first."""
    whole = sum(store.share for store in seed.stores)
    parts = {store.id: int(quantity * store.share / whole) for store in seed.stores}
    parts[seed.stores[0].id] += quantity - sum(parts.values())
    yield from parts.items()
