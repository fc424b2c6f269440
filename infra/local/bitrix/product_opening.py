"""Puts `infra.local.products` into a shop that opens: information blocks of their own, sections, values, pictures."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from infra.local.bitrix import elements, pictures
from infra.local.bitrix.answers import Row
from infra.local.bitrix.property_cells import UNTOLD, add_enum, said
from infra.local.bitrix.shop import Shop, Table
from infra.local.products import (
    KINDS,
    OFFERS_IBLOCK,
    PRODUCTS_IBLOCK,
    SECTIONS,
    SKU_PROPERTY,
    Offer,
    Product,
    Value,
    products,
)

WHOLESALE = 2
_WHOLESALE_SHARE, _PURCHASING_SHARE = Decimal("0.8"), Decimal("0.55")
_SIMPLE, _HEAD, _OFFER = 1, 3, 4
_CENT = Decimal("0.01")


def add_products(shop: Shop) -> None:
    elements.catalog(shop, PRODUCTS_IBLOCK, "Товары для маркетплейсов")
    elements.catalog(shop, OFFERS_IBLOCK, "Варианты товаров", parent=PRODUCTS_IBLOCK, sku=SKU_PROPERTY)
    shop.elements |= {PRODUCTS_IBLOCK: Table(), OFFERS_IBLOCK: Table()}
    shop.price_types.add({"id": WHOLESALE, "base": "N", "name": "WHOLESALE", "sort": 200, "xmlId": "WHOLESALE"})
    _kinds(shop)
    _sections(shop)
    for product in products(shop.seed.seed, shop.seed.products):
        _add(shop, product)


def _kinds(shop: Shop) -> None:
    for iblock, kinds in KINDS.items():
        for kind in kinds:
            row = elements.property_kind(shop, iblock, kind)
            for word in kind.words:
                add_enum(shop, row, word)


def _sections(shop: Shop) -> None:
    for section in SECTIONS:
        row: Row = {"id": section.id, "iblockId": PRODUCTS_IBLOCK, "iblockSectionId": section.parent_id}
        row |= {"name": section.name, "code": section.code, "xmlId": f"section-{section.id}", "sort": 500}
        shop.sections.add(row | {"active": "Y", "description": "", "descriptionType": "text"})


def _add(shop: Shop, product: Product) -> None:
    row = elements.element(shop, product.id, PRODUCTS_IBLOCK, product.name, kind=_HEAD if product.offers else _SIMPLE)
    row |= {"iblockSectionId": product.section_id, "code": product.article.lower()}
    row |= {"detailText": product.description_html, "detailTextType": "html", "previewText": product.name}
    own: dict[str, Value] = {**product.properties}
    if product.barcode is not None:
        own["CML2_BAR_CODE"] = product.barcode
    row |= _values(shop, product.id, PRODUCTS_IBLOCK, own)
    shop.elements[PRODUCTS_IBLOCK].add(row)
    pictures.put(shop, row, product.pictures)
    if product.offers:
        row |= elements.HEAD
    else:
        _make_sellable(shop, row, product, product)
    for offer in product.offers:
        _add_offer(shop, product, offer)


def _add_offer(shop: Shop, product: Product, offer: Offer) -> None:
    size, colour = offer.properties["RAZMER"], offer.properties["TSVET"]
    row = elements.element(shop, offer.id, OFFERS_IBLOCK, f"{product.name} ({colour}, {size})", kind=_OFFER)
    row |= {"parentId": elements.value(offer.id, SKU_PROPERTY, str(product.id))}
    row |= {"xmlId": f"goods-{product.id}#{offer.id}"}  # as the exchange with 1C writes it
    own: dict[str, Value] = {**offer.properties}
    if offer.barcode is not None:
        own["CML2_BAR_CODE"] = offer.barcode
    row |= _values(shop, offer.id, OFFERS_IBLOCK, own)
    shop.elements[OFFERS_IBLOCK].add(row)
    pictures.put(shop, row, offer.pictures)
    _make_sellable(shop, row, product, offer)


def _values(shop: Shop, element: int, iblock: int, values: Mapping[str, Value]) -> Row:
    """A cell for every property of the block that REST tells, null where there is nothing."""
    told = [kind for kind in KINDS[iblock] if kind.id != SKU_PROPERTY and kind.type.partition(":")[2] not in UNTOLD]
    return {f"property{kind.id}": _cell(shop, element, kind.id, values.get(kind.code)) for kind in told}


def _cell(shop: Shop, element: int, number: int, value: Value | None) -> Row | list[Row] | None:
    kind = shop.product_properties.get(number)
    assert kind is not None
    if value is None:
        return None
    if isinstance(value, str):
        return said(shop, kind, value, f"{element}{number}")
    return [said(shop, kind, one, f"{element}{number}{at}") for at, one in enumerate(value)]


def _make_sellable(shop: Shop, row: Row, product: Product, sold: Product | Offer) -> None:
    row |= {"quantity": Decimal(sold.quantity), "weight": product.weight_g}
    row |= {"length": product.length_mm, "width": product.width_mm, "height": product.height_mm}
    elements.stock(shop, row["id"], sold.quantity)
    if sold.price is not None:
        row |= {"purchasingPrice": _part(sold.price, _PURCHASING_SHARE), "purchasingCurrency": shop.seed.currency}
        elements.price(shop, row["id"], sold.price)
        elements.price(shop, row["id"], _part(sold.price, _WHOLESALE_SHARE), WHOLESALE)


def _part(price: Decimal, share: Decimal) -> Decimal:
    return (price * share).quantize(_CENT, ROUND_HALF_UP)
