"""Products with all that cards are made of, out of the shop's many lists, and in few requests."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.samples.bitrix import Played, Refused, page_of
from wbsync.bitrix import products
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.products import PriceType, Section, read_products
from wbsync.domain.ids import Barcode, OfferId, PriceTypeId, ProductId, SectionId
from wbsync.domain.products import Price, Product, ShopProperty
from wbsync.domain.shop import Catalog
from wbsync.errors import NotAuthorised, Rejected, Unavailable

HEADS, OFFERS, SIMPLE = 23, 24, 30
CATALOG = Catalog(iblocks=(OFFERS, SIMPLE))
LONG_AGO = "2026-01-01T12:00:00+03:00"
LATELY = "2026-03-01T12:00:00+03:00"

PROPERTIES: list[dict[str, Any]] = [
    {"id": 115, "iblockId": HEADS, "code": "COLOR", "name": "Цвет", "propertyType": "L", "multiple": "Y"},
    {"id": 116, "iblockId": HEADS, "code": "NOTE", "name": "Заметка", "propertyType": "S", "userType": "HTML"},
    {"id": 117, "iblockId": HEADS, "code": None, "name": "Без кода", "propertyType": "N", "multiple": "N"},
    {"id": 118, "iblockId": HEADS, "code": "COLOR", "name": "Второй", "propertyType": "S", "multiple": "N"},
    {"id": 119, "iblockId": HEADS, "code": "MORE_PHOTO", "name": "Картинки", "propertyType": "F", "multiple": "Y"},
    {"id": 97, "iblockId": OFFERS, "code": "CML2_LINK", "name": "Товар", "propertyType": "E", "userType": "SKU"},
    {"id": 259, "iblockId": OFFERS, "code": "CML2_BAR_CODE", "name": "Штрихкод", "propertyType": "S"},
    {"id": 260, "iblockId": OFFERS, "code": "SIZE", "name": "Размер", "propertyType": "S", "userType": "directory"},
    {"id": 301, "iblockId": SIMPLE, "code": "CML2_BAR_CODE", "name": "Штрихкод", "propertyType": "S"},
    {"id": 302, "iblockId": SIMPLE, "code": "COLOR", "name": "Цвет", "propertyType": "L", "multiple": "N"},
]
ENUMS = [
    {"id": 57, "propertyId": 115, "value": "Красный", "xmlId": "r"},
    {"id": 58, "propertyId": 115, "value": "Синий", "xmlId": "b"},
    {"id": 59, "propertyId": 302, "value": "Синий", "xmlId": "b"},
    {"id": 60, "propertyId": 302, "value": "Серый", "xmlId": "g"},
]
SECTIONS: list[dict[str, Any]] = [
    {"id": 1, "iblockId": HEADS, "iblockSectionId": None, "name": "Одежда"},
    {"id": 2, "iblockId": HEADS, "iblockSectionId": "1", "name": "Верхняя"},
    {"id": 3, "iblockId": HEADS, "iblockSectionId": "2", "name": "Куртки"},
    {"id": 4, "iblockId": SIMPLE, "iblockSectionId": None, "name": "Посуда"},
]
CATALOGS: list[dict[str, Any]] = [
    {"iblockId": HEADS, "id": HEADS, "productIblockId": None, "skuPropertyId": None},
    {"iblockId": OFFERS, "id": OFFERS, "productIblockId": HEADS, "skuPropertyId": 97},
    {"iblockId": SIMPLE, "id": SIMPLE, "productIblockId": None, "skuPropertyId": None},
]


def held(value: object, **more: object) -> dict[str, object]:
    return {"value": value, "valueId": "9735", **more}


def element(number: int, iblock: int, **fields: object) -> dict[str, Any]:
    return {
        "id": number, "iblockId": iblock, "name": f"Вещь {number}", "active": "Y", "timestampX": LONG_AGO, "type": 1,
        "code": None, "xmlId": str(number), "previewText": None, "detailText": "", "weight": None, "length": 0,
        "width": None, "height": None, "iblockSectionId": None, "previewPicture": None, "detailPicture": None,
        **fields,
    }  # fmt: skip


def head(number: int, **fields: object) -> dict[str, Any]:
    return element(number, HEADS, **{"type": 3, **fields})


def offer(number: int, parent: int, **fields: object) -> dict[str, Any]:
    linked = {"parentId": held(str(parent)), "property97": held(str(parent))}
    return element(number, OFFERS, **{"type": 4, **linked, "property259": held(f"2{number:012}"), **fields})


class Shop:
    """Lists of a shop that are filtered as Bitrix documents it, and no otherwise."""

    def __init__(
        self,
        elements: Sequence[dict[str, Any]],
        *,
        prices: Sequence[dict[str, Any]] = (),
        images: Sequence[dict[str, Any]] = (),
        catalogs: Sequence[dict[str, Any]] = CATALOGS,
        properties: Sequence[dict[str, Any]] = PROPERTIES,
        enums: Sequence[dict[str, Any]] = ENUMS,
    ) -> None:
        self.elements = list(elements)
        self.lists: dict[str, tuple[str, Sequence[dict[str, Any]]]] = {
            "catalog.catalog.list": ("catalogs", catalogs),
            "catalog.product.list": ("products", self.elements),
            "catalog.product.offer.list": ("offers", self.elements),
            "catalog.productProperty.list": ("productProperties", properties),
            "catalog.productPropertyEnum.list": ("productPropertyEnums", enums),
            "catalog.section.list": ("sections", SECTIONS),
            "catalog.price.list": ("prices", prices),
            "catalog.priceType.list": ("priceTypes", [{"id": 1, "name": "BASE", "base": "Y"}]),
        }
        self.images = images
        self.by_iblock: dict[str, list[dict[str, Any]]] = {}
        for each in elements:
            self.by_iblock.setdefault(str(each["iblockId"]), []).append(each)
        self.played = Played(self._answer)

    def _answer(self, method: str, params: dict[str, Any]) -> object:
        if method == "catalog.productImage.list":
            return {"productImages": [image for image in self.images if str(image["productId"]) == params["productId"]]}
        if method == "catalog.product.update":
            return self._update(params)
        key, known = self.lists[method]
        narrowed = params.get("filter", {})
        if method in {"catalog.product.list", "catalog.product.offer.list"}:
            assert {"id", "iblockId"} <= set(params["select"])
            known = self.by_iblock.get(narrowed["iblockId"], [])
        found = [row for row in known if all(_fits(row, name, value) for name, value in narrowed.items())]
        return page_of(found, key, params)

    def _update(self, params: dict[str, Any]) -> object:
        [row] = [each for each in self.elements if str(each["id"]) == params["id"]]
        if params["id"] == "66":
            raise Refused("ERROR_CORE", "no")
        row.update({key: held(value["value"]) for key, value in params["fields"].items() if key != "iblockId"})
        return {"element": {}}

    def read(self, catalog: Catalog = CATALOG, **asked: Any) -> list[Product]:
        return list(read_products(self.played.client, catalog, **asked))


def _fits(row: Mapping[str, Any], name: str, value: Any) -> bool:
    if name == ">id":
        return True  # page_of sees to it
    if name.startswith(">="):
        return datetime.fromisoformat(row[name[2:]]) >= datetime.fromisoformat(value)
    told = row.get(name.removeprefix("@"))
    told = told["value"] if isinstance(told, dict) else told
    return str(told) in (value if isinstance(value, list) else [value])


def only(found: Iterable[Product]) -> Product:
    [product] = found
    return product


# Families


def test_a_head_comes_with_its_offers_and_a_simple_product_by_itself() -> None:
    shop = Shop([head(10), offer(101, 10), head(11), offer(102, 11), offer(103, 10), element(50, SIMPLE)])
    found = shop.read()
    assert [(p.id, [o.id for o in p.offers], [s.id for s in p.sold]) for p in found] == [
        (10, [101, 103], [101, 103]),
        (11, [102], [102]),
        (50, [], [50]),
    ]
    assert found[0].offers[0].barcodes == ("2000000000101",)
    assert found[0].changed_at == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_a_head_that_lost_its_offers_is_not_sold() -> None:
    assert Shop([head(10, type=6), head(11, type=3), head(12, type=1)]).read() == []


def test_a_configured_block_may_hold_heads_and_simple_products_together() -> None:
    elements = [head(10), offer(101, 10), head(11, type=1, property120=held("20")), head(12, type=6)]
    barcode = {"id": 120, "iblockId": HEADS, "code": "CML2_BAR_CODE", "name": "Штрихкод", "propertyType": "S"}
    shop = Shop(elements, properties=[*PROPERTIES, barcode])
    found = shop.read(Catalog(iblocks=(HEADS, OFFERS)))
    assert [(p.id, [s.id for s in p.sold], p.sold[0].barcodes) for p in found] == [
        (10, [101], ("2000000000101",)),
        (11, [11], ("20",)),
    ]


def test_an_offer_without_a_head_is_no_product() -> None:
    assert Shop([offer(101, 10), offer(102, 0, parentId=None)]).read() == []


def test_a_block_that_is_no_catalog_is_refused_by_its_id() -> None:
    with pytest.raises(Rejected, match="information block 77 is no catalog"):
        Shop([]).read(Catalog(iblocks=(77,)))


def test_a_block_that_sells_without_a_property_for_barcodes_is_refused() -> None:
    shop = Shop([], properties=[row for row in PROPERTIES if row["id"] != 259])
    with pytest.raises(Rejected, match="information block 24 has no property with the code CML2_BAR_CODE"):
        shop.read()


# What is told of each


def test_fields_are_told_as_people_write_them_and_empty_ones_are_absent() -> None:
    shop = Shop([element(50, SIMPLE, weight="350.0000", length=12.5, width=300, height=0, detailText="<b>Да</b>")])
    assert only(shop.read()).head.fields == {
        "id": "50", "name": "Вещь 50", "xmlId": "50", "detailText": "<b>Да</b>", "weight": "350", "length": "12.5",
        "width": "300",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (held("лён"), ("лён",)),
        (held(57, valueEnum="Красный"), ("Красный",)),
        ([held(57, valueEnum="Красный"), held(58, valueEnum="Синий")], ("Красный", "Синий")),
        ({"1": held("лён"), "3": held("лавсан")}, ("лён", "лавсан")),
        (held({"TEXT": "<p>Мыть</p>", "TYPE": "HTML"}), ("<p>Мыть</p>",)),
        (held(12.0), ("12",)),
        (held(12.5), ("12.5",)),
        ([held(" лён "), held(""), held(None)], ("лён",)),
        (held("uf_xml_17"), ("uf_xml_17",)),
        ([], ()),
        (None, ()),
        (False, ()),
    ],
)
def test_a_property_is_told_by_its_code_as_people_read_it(value: object, texts: tuple[str, ...]) -> None:
    shop = Shop([head(10, property115=value), offer(101, 10)])
    assert only(shop.read()).head.properties == ({"COLOR": texts} if texts else {})


def test_a_property_without_a_code_is_known_by_its_id_and_of_doubles_the_first_counts() -> None:
    shop = Shop([head(10, property117=held(5), property118=held("не тот")), offer(101, 10, property260=held("m-48"))])
    product = only(shop.read())
    assert product.head.properties == {"PROPERTY_117": ("5",)}
    assert product.offers[0].properties == {
        "SIZE": ("m-48",),
        "CML2_BAR_CODE": ("2000000000101",),
        "CML2_LINK": ("10",),
    }


def test_a_choice_that_is_told_by_its_id_alone_is_looked_up_once() -> None:
    red, blue = held("57"), held(58)
    shop = Shop([head(10, property115=[red, blue]), offer(101, 10), head(11, property115=[held(99)]), offer(102, 11)])
    assert [p.head.properties["COLOR"] for p in shop.read()] == [("Красный", "Синий"), ("99",)]
    assert len(shop.played.asked("catalog.productPropertyEnum.list")) == 1


def test_choices_that_are_told_by_name_are_not_looked_up() -> None:
    shop = Shop([head(10, property115=[held(57, valueEnum="Красный")]), offer(101, 10)])
    shop.read()
    assert shop.played.asked("catalog.productPropertyEnum.list") == []


def test_a_product_is_in_its_section_and_in_all_above() -> None:
    shop = Shop([head(10, iblockSectionId=3), offer(101, 10), element(50, SIMPLE, iblockSectionId="4")])
    assert [product.sections for product in shop.read()] == [{1, 2, 3}, {4}]


def price(number: int, offer_id: int, amount: object, *, of_type: int = 1, **more: object) -> dict[str, Any]:
    return {"id": number, "productId": offer_id, "catalogGroupId": of_type, "price": amount, "currency": "BYN", **more}


def test_what_is_sold_comes_with_the_price_of_one_unit_in_each_type() -> None:
    prices = [
        price(1, 101, 50),
        price(2, 101, 45, quantityFrom=10, quantityTo=None),
        price(3, 101, "40.5", of_type=2, quantityFrom=1, quantityTo=9),
        price(4, 101, 1, of_type=3),
    ]
    shop = Shop([head(10), offer(101, 10), offer(102, 10)], prices=prices)
    types = [PriceTypeId(1), PriceTypeId(2)]
    first, second = only(shop.read(price_types=types)).offers
    assert first.prices == {1: Price(Decimal(50), "BYN"), 2: Price(Decimal("40.5"), "BYN")}
    assert second.prices == {}


def test_prices_that_fill_a_page_are_read_to_the_end() -> None:
    prices = [price(n, 101 + n % 40, n, quantityFrom=None if n >= 120 else 5) for n in range(1, 161)]
    found = products.read_prices(
        Shop([], prices=prices).played.client, [OfferId(101 + n) for n in range(40)], [PriceTypeId(1)]
    )
    assert len(found) == 40
    assert found[OfferId(101)][PriceTypeId(1)].amount == 120


def image(offer_id: int, kind: str, url: str) -> dict[str, Any]:
    return {"id": 1, "productId": offer_id, "type": kind, "detailUrl": url, "name": "x"}


def test_pictures_are_links_of_the_shop_the_main_one_first_and_a_preview_only_alone() -> None:
    images = [
        image(10, "PREVIEW_PICTURE", "/upload/p.jpg"),
        image(10, "MORE_PHOTO", "/upload/один 2.jpg"),
        image(10, "MORE_PHOTO", "https://cdn.example/3.jpg"),
        image(10, "DETAIL_PICTURE", "/upload/1.jpg"),
        image(101, "PREVIEW_PICTURE", "/upload/small.jpg"),
    ]
    file = {"id": "6438", "url": "/rest/…"}
    elements = [head(10, property119=[held("6500")]), offer(101, 10, previewPicture=file), offer(102, 10)]
    shop = Shop(elements, images=images)
    product = only(shop.read(pictures=True))
    assert product.head.pictures == (
        "https://shop.example/upload/1.jpg",
        "https://shop.example/upload/%D0%BE%D0%B4%D0%B8%D0%BD%202.jpg",
        "https://cdn.example/3.jpg",
    )
    assert [offer.pictures for offer in product.offers] == [("https://shop.example/upload/small.jpg",), ()]
    assert [asked["productId"] for asked in shop.played.asked("catalog.productImage.list")] == ["10", "101"]
    assert all("downloadUrl" not in asked["select"] for asked in shop.played.asked("catalog.productImage.list"))


def test_pictures_are_asked_for_only_when_wanted() -> None:
    shop = Shop([element(50, SIMPLE, detailPicture={"id": 1})], images=[image(50, "DETAIL_PICTURE", "/upload/1.jpg")])
    assert only(shop.read()).head.pictures == ()
    assert shop.played.asked("catalog.productImage.list") == []


# Some of them only


def test_products_are_read_by_id_with_all_their_offers() -> None:
    elements = [head(10), head(11), *(offer(100 + n, 10) for n in range(60)), offer(200, 11), element(50, SIMPLE)]
    found = Shop(elements).read(ids=[ProductId(10), ProductId(50), ProductId(999)])
    assert [(p.id, len(p.offers)) for p in found] == [(10, 60), (50, 0)]


def test_without_ids_to_read_nothing_is_asked() -> None:
    shop = Shop([head(10), offer(101, 10)])
    assert shop.read(ids=[]) == []
    assert shop.played.requests == []


def test_a_product_has_changed_when_it_or_any_of_its_offers_has() -> None:
    elements = [
        head(10), offer(101, 10), offer(102, 10, timestampX=LATELY),
        head(11, timestampX=LATELY), offer(103, 11),
        head(12), offer(104, 12),
        element(50, SIMPLE), element(51, SIMPLE, timestampX=LATELY),
    ]  # fmt: skip
    since = datetime(2026, 2, 1, tzinfo=UTC)
    found = Shop(elements).read(changed_since=since)
    assert [(p.id, len(p.offers)) for p in found] == [(10, 2), (11, 1), (51, 0)]
    assert [p.id for p in Shop(elements).read(changed_since=since, ids=[ProductId(10), ProductId(12)])] == [10]


# How many requests


def big_shop(heads: int, offers_each: int) -> Shop:
    elements = [head(n, property115=[held(57, valueEnum="Красный")]) for n in range(1, heads + 1)]
    elements += [
        offer(heads * (1 + k) + n, n, property260=held(f"s{k}"))
        for k in range(offers_each)
        for n in range(1, heads + 1)
    ]
    prices = [price(n, int(each["id"]), 50) for n, each in enumerate(elements[heads:], 1)]
    return Shop(elements, prices=prices)


def test_all_products_are_read_fifty_pages_at_a_time() -> None:
    shop = big_shop(1_000, 3)
    found = shop.read()
    assert (len(found), sum(len(p.offers) for p in found)) == (1_000, 3_000)
    # catalogs 1, sections 2, properties 3; simple products 1; a first page and 19, and a first page and 60 by fifties
    assert len(shop.played.requests) == 7 + (1 + 1) + (1 + 2)


def test_prices_take_one_command_for_every_forty_nine_offers() -> None:
    shop = big_shop(1_000, 3)
    before = len(shop.played.requests)
    found = shop.read(price_types=[PriceTypeId(1)])
    assert all(o.prices[PriceTypeId(1)].amount == 50 for p in found for o in p.offers)
    asked = [request for request in shop.played.requests[before:] if request[0][0] == "catalog.price.list"]
    assert len(asked) == 2
    assert sum(map(len, asked)) <= 3_000 // 49 + 2


def test_by_id_a_request_reads_four_hundred_and_ninety_products_with_their_offers() -> None:
    shop = big_shop(1_000, 3)
    found = shop.read(Catalog(iblocks=(OFFERS,)), ids=[ProductId(n) for n in range(1, 981)])
    assert sum(len(p.offers) for p in found) == 980 * 3
    read = [request for request in shop.played.requests if "catalog.product.offer.list" in dict(request)]
    assert [len(request) for request in read] == [43, 43]


def test_an_answer_that_does_not_go_on_is_not_read_for_ever() -> None:
    rows = [price(n, 101, 1) for n in range(1, 51)]
    played = Played(lambda method, params: {"prices": rows})
    with pytest.raises(Unavailable, match="does not page by id"):
        products.read_prices(played.client, [OfferId(101)], [PriceTypeId(1)])


# Properties to propose a mapping from


def test_properties_are_told_with_their_choices_and_the_most_frequent_values() -> None:
    red, blue = held(57, valueEnum="Красный"), held(58, valueEnum="Синий")
    elements = [
        head(10, property115=[red]), head(11, property115=[blue, red]), offer(101, 10, property260=held("m")),
        offer(102, 11, property260=held("l")), offer(103, 11, property260=held("l")),
        element(50, SIMPLE, property302=held(60, valueEnum="Серый")), element(51, SIMPLE),
    ]  # fmt: skip
    found = products.read_properties(Shop(elements).played.client, CATALOG, samples=100)
    by_code = {(each.code, each.of_offers): each for each in found}
    assert by_code["COLOR", False] == ShopProperty(
        "COLOR", "Цвет", "L", multiple=True, of_offers=False,
        enum=("Красный", "Синий", "Серый"), samples=("Красный", "Синий", "Серый"),
    )  # fmt: skip
    size = by_code["SIZE", True]
    assert (size.type, size.multiple, size.samples) == ("S:directory", False, ("l", "m"))
    assert by_code["NOTE", False].type == "S:HTML"
    assert by_code["PROPERTY_117", False].name == "Без кода"


def test_no_more_products_are_sampled_than_asked_for() -> None:
    shop = Shop([each for n in range(1, 201) for each in (head(n, property117=held(n)), offer(1000 + n, n))])
    found = products.read_properties(shop.played.client, Catalog(iblocks=(OFFERS,)), samples=120)
    assert [len(each.samples) for each in found if each.code == "PROPERTY_117"] == [120]


def test_choices_that_fill_a_page_are_read_to_the_end() -> None:
    enums = [{"id": n, "propertyId": 115, "value": f"цвет {n}"} for n in range(1, 131)]
    found = products.read_properties(Shop([], enums=enums).played.client, CATALOG, samples=10)
    assert [len(each.enum) for each in found if each.code == "COLOR"] == [130]


# Sections, types of price, purchasing prices


def test_sections_and_types_of_price_are_told_for_people() -> None:
    client = Shop([]).played.client
    assert products.read_sections(client, CATALOG)[1:] == [
        Section(SectionId(2), HEADS, "Верхняя", SectionId(1)),
        Section(SectionId(3), HEADS, "Куртки", SectionId(2)),
        Section(SectionId(4), SIMPLE, "Посуда", None),
    ]
    assert products.read_price_types(client) == [PriceType(PriceTypeId(1), "BASE", base=True)]


def test_what_the_shop_paid_is_told_where_it_is_known() -> None:
    elements = [
        offer(101, 10, purchasingPrice="1000.000000", purchasingCurrency="RUB"),
        offer(102, 10, purchasingPrice=None, purchasingCurrency=None),
        element(50, SIMPLE, purchasingPrice=0, purchasingCurrency="BYN"),
    ]
    offers = {OfferId(101): OFFERS, OfferId(102): OFFERS, OfferId(50): SIMPLE}
    found = products.read_purchasing_prices(Shop(elements).played.client, offers)
    assert found == {101: Price(Decimal(1000), "RUB")}


# Barcodes


def test_barcodes_are_written_where_none_stands_and_replace_no_other() -> None:
    elements = [
        offer(101, 10, property259=None),
        offer(102, 10, property259=held("20")),
        offer(103, 10, property259=held("23")),
        element(50, SIMPLE, property301=held(None)),
        offer(66, 10, property259=None),
    ]
    shop = Shop(elements)
    new = {number: (OFFERS, Barcode("23")) for number in (101, 102, 103, 66, 999)} | {50: (SIMPLE, Barcode("24"))}
    outcome = products.write_barcodes(shop.played.client, CATALOG, {OfferId(n): told for n, told in new.items()})
    assert {offer for offer, error in outcome.items() if error is None} == {101, 103, 50}
    assert "another barcode" in str(outcome[OfferId(102)])
    assert "no offer 999" in str(outcome[OfferId(999)])
    assert isinstance(outcome[OfferId(66)], Rejected)
    written = [asked["id"] for asked in shop.played.asked("catalog.product.update")]
    assert sorted(written) == ["101", "50", "66"]
    assert shop.elements[0]["property259"]["value"] == "23"


def test_without_barcodes_nothing_is_asked() -> None:
    shop = Shop([])
    assert products.write_barcodes(shop.played.client, CATALOG, {}) == {}
    assert shop.played.requests == []


# The public link


def test_a_link_is_of_the_webhooks_host_and_holds_none_of_its_secret() -> None:
    client = Shop([]).played.client
    assert client.link("/upload/a%20b.jpg") == "https://shop.example/upload/a%20b.jpg"
    assert client.link("upload/a.jpg") == "https://shop.example/upload/a.jpg"


def test_without_a_proper_webhook_there_is_no_link() -> None:
    client = BitrixClient(httpx.Client(), webhook=lambda: "https://shop.example/nothing")
    with pytest.raises(NotAuthorised):
        client.link("/upload/a.jpg")
