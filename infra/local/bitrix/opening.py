"""Fills a new shop: dictionaries that every Site Management has, and the goods that both simulators share."""

import random
from collections.abc import Callable
from decimal import Decimal
from itertools import groupby

from infra.local.bitrix import elements, entities
from infra.local.bitrix.answers import Row
from infra.local.bitrix.elements import DAY, element, value
from infra.local.bitrix.entities import ORDER_PROPERTY, new_row
from infra.local.bitrix.product_opening import add_products
from infra.local.bitrix.seed import Seed
from infra.local.bitrix.shop import (
    ARTICLE_PROPERTY,
    BARCODE_PROPERTY,
    COLOUR_PROPERTY,
    FBO_PROPERTY,
    FBO_STOCK_PROPERTY,
    OFFERS_IBLOCK,
    PLACE_PROPERTY,
    PRODUCTS_IBLOCK,
    SIZE_PROPERTY,
    SKU_PROPERTY,
    Shop,
    Table,
)
from infra.local.goods import Good, ean13, goods
from infra.local.products import Kind

_FIRST_PARENT = 5_000_001

_PRODUCT_PROPERTIES = (
    # id, iblock, code, name, type
    (SKU_PROPERTY, OFFERS_IBLOCK, "CML2_LINK", "Элемент каталога", "E"),
    (BARCODE_PROPERTY, OFFERS_IBLOCK, "CML2_BAR_CODE", "Штрихкод", "S"),
    (SIZE_PROPERTY, OFFERS_IBLOCK, "SIZE", "Размер", "S"),
    (PLACE_PROPERTY, OFFERS_IBLOCK, "PLACE", "Место хранения", "S"),
    (FBO_PROPERTY, OFFERS_IBLOCK, "WB_FBO", "Продаётся со складов Wildberries", "S"),
    (FBO_STOCK_PROPERTY, OFFERS_IBLOCK, "WB_FBO_STOCK", "Остаток на складах Wildberries", "S"),
    (ARTICLE_PROPERTY, PRODUCTS_IBLOCK, "CML2_ARTICLE", "Артикул", "S"),
    (COLOUR_PROPERTY, PRODUCTS_IBLOCK, "COLOR", "Цвет", "S"),
)
_STATUSES = (
    # id, type, notify, colour, sort
    ("N", "O", "Y", "#BEEDF1", 10),
    ("P", "O", "Y", "#C8E6C9", 20),
    ("WC", "O", "N", "#FFE3A3", 30),  # a seller's own: on assembly
    ("WA", "O", "N", "#F5C542", 40),  # assembled
    ("WD", "O", "N", "#A7C7FF", 50),  # in delivery
    ("WR", "O", "N", "#F2A6A6", 60),  # returned
    ("F", "O", "Y", "#DDDDDD", 200),
    ("DN", "D", "N", "#FFFFFF", 10),
    ("DF", "D", "N", "#DDDDDD", 200),
)
_WB_PROPERTIES = (
    "WB_ORDER_ID",
    "WB_ORDER_UID",
    "WB_RID",
    "WB_SUPPLY_ID",
    "WB_DELIVERY_DATE",
    "WB_STATUS",
    "WB_STICKER",
    "WB_LABEL_URL",
    "WB_ACCOUNT",
    "WB_PROBLEM",
    "WB_MARKING",
    "WB_SUPPLY_URL",
)


def open_shop(seed: Seed, clock: Callable[[], float]) -> Shop:
    shop = Shop(seed, clock)
    _dictionaries(shop)
    _order_properties(shop)
    _catalog(shop)
    if seed.products:
        add_products(shop)
    return shop


def _dictionaries(shop: Shop) -> None:
    for number, (name, code) in enumerate((("Физическое лицо", "FIZ"), ("Юридическое лицо", "YUR")), start=1):
        # The sort of a person type is text on the wire, unlike every other sort.
        person = {"id": number, "active": "Y", "code": code, "name": name, "sort": f"{number}00"}
        shop.person_types.add(person | {"xmlId": f"person_{number}"})
        shop.property_groups.add({"id": number, "name": "Личные данные", "personTypeId": number, "sort": 100})
    for status, kind, notify, colour, sort in _STATUSES:
        row = {"id": status, "type": kind, "notify": notify, "color": colour, "sort": sort, "xmlId": None}
        shop.statuses[status] = {name: row[name] for name in entities.STATUS}
    shop.pay_systems += [_pay_system(1, "Наличные", "Y"), _pay_system(2, "Оплата Wildberries", "N")]
    shop.deliveries += [
        {
            "ID": number,
            "PARENT_ID": None,
            "NAME": name,
            "ACTIVE": "Y",
            "DESCRIPTION": "",
            "SORT": 100 * number,
            "CURRENCY": shop.seed.currency,
        }
        for number, name in enumerate(("Без доставки", "Доставка Wildberries", "Самовывоз"), start=1)
    ]
    shop.price_types.add({"id": 1, "base": "Y", "name": "BASE", "sort": 100, "xmlId": "BASE"})
    shop.measures.add(
        {"id": 5, "code": 796, "isDefault": "Y", "measureTitle": "Штука", "symbol": "шт", "symbolIntl": "pce. NMB"}
    )
    for store in shop.seed.stores:
        shop.stores.add(_store(store.id, store.title, shop))


def _pay_system(number: int, name: str, cash: str) -> Row:
    return {
        "ID": number,
        "NAME": name,
        "PSA_NAME": name,
        "DESCRIPTION": "",
        "ACTION_FILE": "cash",
        "NEW_WINDOW": "N",
        "ACTIVE": "Y",
        "IS_CASH": cash,
        "ENTITY_REGISTRY_TYPE": "ORDER",
        "XML_ID": f"pay_{number}",
        "PERSON_TYPE_ID": 0,
        "SORT": 100,
        "TARIFF": None,
    }


def _store(number: int, title: str, shop: Shop) -> Row:
    opened = shop.now() - 100 * DAY
    return {
        "id": number,
        "active": "Y",
        "address": "г. Минск",
        "code": f"store_{number}",
        "dateCreate": opened,
        "dateModify": opened,
        "description": None,
        "email": None,
        "gpsN": None,
        "gpsS": None,
        "imageId": None,
        "issuingCenter": "N",
        "modifiedBy": 1,
        "phone": None,
        "schedule": None,
        "sort": 100,
        "title": title,
        "userId": 1,
        "xmlId": f"store_{number}",
    }


def _order_properties(shop: Shop) -> None:
    for person in (1, 2):
        common = {"personTypeId": person, "propsGroupId": person, "type": "STRING"}
        shop.order_properties.add(_property(common, code="FIO", name="Ф.И.О.", isPayer="Y", sort=100))
        shop.order_properties.add(_property(common, code="PHONE", name="Телефон", isPhone="Y", sort=110))
        # The only one with a default: every new order carries it, and a modify that leaves it out deletes it.
        channel = _property(common, code="SALES_CHANNEL", name="Канал продаж", defaultValue="Сайт", sort=120)
        shop.order_properties.add(channel)
    for code in _WB_PROPERTIES if shop.seed.with_wb_properties else ():
        own = {"personTypeId": 1, "propsGroupId": 1, "type": "STRING", "util": "Y", "isFiltered": "Y", "sort": 500}
        shop.order_properties.add(_property(own, code=code, name=code))


def _property(common: Row, **fields: object) -> Row:
    return new_row(ORDER_PROPERTY, common | fields) | {"settings": {}}


def _catalog(shop: Shop) -> None:
    elements.catalog(shop, PRODUCTS_IBLOCK, "Каталог")
    elements.catalog(shop, OFFERS_IBLOCK, "Каталог (предложения)", parent=PRODUCTS_IBLOCK, sku=SKU_PROPERTY)
    shop.elements |= {PRODUCTS_IBLOCK: Table(), OFFERS_IBLOCK: Table()}
    for number, iblock, code, name, kind in _PRODUCT_PROPERTIES:
        multiple = number == BARCODE_PROPERTY and shop.seed.multiple_barcodes > 0
        elements.property_kind(shop, iblock, Kind(number, code, name, kind, multiple))
    made = goods(shop.seed.seed, shop.seed.offers)
    codes, inactive = _barcodes(shop.seed, made)
    fbo = {good.offer_id for good in random.Random(f"{shop.seed.seed}/fbo").sample(made, shop.seed.fbo_offers)}
    for parent, (_, sizes) in enumerate(groupby(made, key=lambda good: good.nm_id), start=_FIRST_PARENT):
        offers = list(sizes)
        _parent(shop, parent, offers[0])
        for good in offers:
            row = _offer(shop, good, parent, codes[good.offer_id])
            row["active"] = "N" if good.offer_id in inactive else "Y"
            if good.offer_id in fbo:
                row[f"property{FBO_PROPERTY}"] = value(good.offer_id, FBO_PROPERTY, "Y")


def _barcodes(seed: Seed, made: list[Good]) -> tuple[dict[int, list[str]], set[int]]:
    """Barcodes by offer id, and the offers that are switched off; the odd ones are drawn, none twice."""
    drawn = iter(random.Random(f"{seed.seed}/odd").sample(made, len(made)))
    codes = {good.offer_id: [good.barcode] for good in made}
    for _ in range(seed.duplicate_barcodes):
        codes[next(drawn).offer_id] = [next(drawn).barcode]
    for _ in range(seed.empty_barcodes):
        codes[next(drawn).offer_id] = []
    for _ in range(seed.multiple_barcodes):
        good = next(drawn)
        codes[good.offer_id].append(ean13(f"21{good.barcode[2:12]}"))
    return codes, {next(drawn).offer_id for _ in range(seed.inactive_offers)}


def _parent(shop: Shop, number: int, good: Good) -> None:
    row = element(shop, number, PRODUCTS_IBLOCK, good.name, kind=3) | elements.HEAD
    row[f"property{ARTICLE_PROPERTY}"] = value(number, ARTICLE_PROPERTY, good.article)
    row[f"property{COLOUR_PROPERTY}"] = value(number, COLOUR_PROPERTY, good.colour)
    shop.elements[PRODUCTS_IBLOCK].add(row)


def _offer(shop: Shop, good: Good, parent: int, barcodes: list[str]) -> Row:
    row = element(shop, good.offer_id, OFFERS_IBLOCK, f"{good.name} ({good.size})", kind=4)
    row["quantity"] = Decimal(good.quantity)
    row["parentId"] = value(good.offer_id, SKU_PROPERTY, str(parent))
    row[f"property{SIZE_PROPERTY}"] = value(good.offer_id, SIZE_PROPERTY, good.size)
    row[f"property{BARCODE_PROPERTY}"] = barcode_cell(shop, good.offer_id, barcodes)
    row[f"property{PLACE_PROPERTY}"] = _place(good.offer_id)
    row |= {f"property{FBO_PROPERTY}": None, f"property{FBO_STOCK_PROPERTY}": None}
    shop.elements[OFFERS_IBLOCK].add(row)
    elements.price(shop, good.offer_id, good.price)
    elements.stock(shop, good.offer_id, good.quantity)
    return row


def barcode_cell(shop: Shop, offer: int, barcodes: list[str]) -> list[Row] | Row | None:
    """A multiple property is a list of values even when it has one or none; a single one without a value is null."""
    values = [value(offer, BARCODE_PROPERTY + 1000 * at, code) for at, code in enumerate(barcodes)]
    return values if shop.seed.multiple_barcodes else next(iter(values), None)


def _place(offer: int) -> Row | None:
    """Row, rack and shelf; every fourth offer has not been given a place."""
    if offer % 4 == 0:
        return None
    return value(offer, PLACE_PROPERTY, f"{'АБВ'[offer % 4 - 1]}-{offer // 4 % 30 + 1:02}-{offer % 5 + 1}")
