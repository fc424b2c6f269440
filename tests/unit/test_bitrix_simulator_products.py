"""The catalog of the simulated shop as cards need it: heads, variations, values of every type, pictures, staff."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from PIL import Image

from infra.local.bitrix import Bitrix, Seed
from infra.local.products import KINDS, Mistake, Product, Subject, products

PRODUCTS, OFFERS = 33, 34
MANY = products(1, 200)
MADE = MANY[:60]
BARCODE, COLOUR, SIZE, DIRECTORY = "property303", "property304", "property305", "property306"
COUNTRY, SEASON, WEIGHT_OF_CLOTH, HTML, SETS, PHOTOS = (
    f"property{number}" for number in (210, 206, 216, 217, 218, 221)
)


class Shop:
    """The shop, its clock, a webhook (`result`, `error`, `rows`) and staff."""

    def __init__(self, **seed: Any) -> None:
        self.now = 1_790_000_000.0
        self.bitrix = Bitrix(Seed(**{"offers": 12, "products": 60} | seed), clock=lambda: self.now)
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.bitrix.wsgi), base_url="https://shop.test")

    def rest(self, method: str, **params: Any) -> Any:
        return self.http.post(f"{self.bitrix.webhook('')}{method}", json=params).json()

    def result(self, method: str, **params: Any) -> Any:
        body = self.rest(method, **params)
        assert "error" not in body, body
        return body["result"]

    def error(self, method: str, **params: Any) -> str:
        code = self.rest(method, **params)["error"]
        assert isinstance(code, str)
        return code

    def elements(self, method: str, block: int, *select: str, **wanted: Any) -> list[Any]:
        params = {"select": ["id", "iblockId", *select], "filter": {"iblockId": block} | wanted}
        [rows] = self.result(f"catalog.product.{method}", **params).values()
        return list(rows)

    def element(self, number: int, *select: str) -> Any:
        block = OFFERS if number > 6_100_000 else PRODUCTS
        [row] = self.elements("list", block, *select, id=number)
        return row

    def staff(self, deed: str, **body: Any) -> Any:
        return self.http.post(f"/_sim/{deed}", json=body).raise_for_status().json()

    def refused(self, deed: str, **body: Any) -> tuple[int, str]:
        answer = self.http.post(f"/_sim/{deed}", json=body)
        return answer.status_code, answer.json()["error"]

    def seen(self, number: int) -> Any:
        """What staff sees of a product."""
        rows = self.http.get("/_sim/catalog").json()["products"]
        return next(row for row in rows if row["id"] == number)

    def picture(self, url: str) -> tuple[str, tuple[int, int]]:
        answer = self.http.get(url)
        assert answer.status_code == 200, answer.text
        return answer.headers["content-type"], Image.open(BytesIO(answer.content)).size


@pytest.fixture
def shop() -> Shop:
    return Shop()


def first(subject: Subject) -> Product:
    return next(one for one in MADE if one.subject is subject and one.mistake is None)


SHIRT, MUG = first(Subject.SHIRTS), first(Subject.MUGS)
OFFER = SHIRT.offers[0]


# Heads, variations and simple products


def test_a_shop_has_these_products_only_when_it_was_asked_for_them() -> None:
    without = Shop(products=0)
    wanted = {"select": ["id", "iblockId"], "filter": {"iblockId": PRODUCTS}}
    assert without.error("catalog.product.list", **wanted) == "200040300000"
    assert [row["id"] for row in without.result("catalog.priceType.list")["priceTypes"]] == [1]
    assert without.http.get("/_sim/catalog").json() == {"products": []}


def test_goods_of_the_other_block_are_the_same_beside_them() -> None:
    kept = ("products", "stores", "statuses")
    with_them, without = (Shop(products=count).http.get("/_sim/state").json() for count in (60, 0))
    assert {name: with_them[name] for name in kept} == {name: without[name] for name in kept}


def test_the_catalog_of_variations_names_that_of_their_products(shop: Shop) -> None:
    [row] = shop.result("catalog.catalog.list", filter={"productIblockId": PRODUCTS})["catalogs"]
    assert (row["iblockId"], row["skuPropertyId"]) == (OFFERS, 301)


def test_the_list_gives_everything_and_the_list_of_heads_those_with_variations(shop: Shop) -> None:
    every = shop.rest("catalog.product.list", select=["id", "iblockId"], filter={"iblockId": PRODUCTS}, start=0)
    assert (every["total"], every["next"]) == (60, 50)
    types = {row["id"]: row["type"] for row in shop.elements("list", PRODUCTS, "type")}
    heads = shop.rest("catalog.product.sku.list", select=["id", "iblockId"], filter={"iblockId": PRODUCTS})
    assert (list(heads["result"]), heads["total"]) == (["units"], 40)
    assert {types[row["id"]] for row in heads["result"]["units"] if row["id"] in types} == {3}
    simple = shop.elements("list", PRODUCTS, type=1)
    assert [row["id"] for row in simple] == [one.id for one in MADE if one.subject is Subject.MUGS]


@pytest.mark.parametrize("method", ["catalog.product.sku.list", "catalog.product.list", "catalog.product.offer.list"])
def test_every_list_of_products_wants_its_fields_and_its_block(shop: Shop, method: str) -> None:
    block = {"iblockId": PRODUCTS}
    assert shop.error(method, select=["id"], filter=block) == "0"
    assert shop.error(method, select=["id", "iblockId"], filter={"id": 1}) == "0"
    assert shop.error(method, select=["id", "iblockId"], filter=block | {"@id": [1]}) == "0"


def test_a_head_has_nothing_of_what_only_its_variations_are_sold_by(shop: Shop) -> None:
    empty = ("quantity", "measure", "vatId", "weight", "length", "width", "height", "purchasingPrice")
    [row] = shop.elements("sku.list", PRODUCTS, "*", id=SHIRT.id)
    assert {row[name] for name in empty} == {None}
    assert not {"barcodeMulti", "quantityReserved", "quantityTrace", "withoutOrder"} & row.keys()
    assert (row["vatIncluded"], row["iblockSectionId"], row["iblockSection"]) == (
        "N",
        SHIRT.section_id,
        [SHIRT.section_id],
    )
    assert (row["detailText"], row["detailTextType"]) == (SHIRT.description_html, "html")


def test_variations_are_found_by_their_parent_and_weigh_in_grams_and_millimetres(shop: Shop) -> None:
    rows = shop.elements("offer.list", OFFERS, "parentId", "iblockSectionId", "weight", "length", parentId=SHIRT.id)
    assert [row["id"] for row in rows] == [offer.id for offer in SHIRT.offers]
    assert rows[0]["parentId"]["value"] == str(SHIRT.id)
    assert (rows[0]["iblockSectionId"], rows[0]["weight"], rows[0]["length"]) == (None, SHIRT.weight_g, SHIRT.length_mm)


def test_products_are_found_by_their_section(shop: Shop) -> None:
    rows = shop.elements("list", PRODUCTS, iblockSectionId=[402, 403])
    assert [row["id"] for row in rows] == [one.id for one in MADE if one.subject is Subject.SHIRTS]


def test_what_nobody_weighed_is_nought_and_has_no_sides(shop: Shop) -> None:
    unweighed = next(one for one in MADE if one.mistake is Mistake.NO_DIMENSIONS)
    sold = unweighed.offers[0].id if unweighed.offers else unweighed.id
    row = shop.element(sold, "weight", "length", "width", "height")
    assert [row[name] for name in ("weight", "length", "width", "height")] == [0, None, None, None]


def test_the_purchasing_price_is_a_number_in_a_list_and_text_in_one_product(shop: Shop) -> None:
    assert isinstance(shop.element(MUG.id, "purchasingPrice")["purchasingPrice"], int | float)
    told = shop.result("catalog.product.get", id=MUG.id)["product"]
    assert told["purchasingPrice"].partition(".")[2].isdigit()
    assert shop.result("catalog.product.get", id=SHIRT.id)["product"]["purchasingPrice"] is None


# Values of properties


def test_every_type_of_property_has_its_own_shape(shop: Shop) -> None:
    shirt, offer = shop.element(SHIRT.id, "property*"), shop.element(OFFER.id, "property*")
    mug = shop.element(MUG.id, "property*")
    assert shirt[WEIGHT_OF_CLOTH]["value"] == SHIRT.properties["PLOTNOST"]
    assert shirt[COUNTRY]["value"].isdigit()
    assert shirt[COUNTRY]["valueEnum"] == SHIRT.properties["STRANA"]
    assert offer[DIRECTORY]["value"].startswith("tsvet")
    assert mug[HTML]["value"] == {"TEXT": MUG.properties["OPISANIE"], "TYPE": "HTML"}
    assert [one["value"] for one in mug[SETS]] == ["кружка"]
    assert {type(one["valueId"]) for one in (shirt[COUNTRY], offer[BARCODE] or offer[COLOUR], *mug[SETS])} == {str}


def test_what_is_empty_is_null_for_single_and_for_multiple_properties(shop: Shop) -> None:
    row = shop.element(MUG.id, "property*")
    files = next(kind for kind in KINDS[PRODUCTS] if kind.code == "FILES")
    assert (row[SEASON], files.multiple, row[f"property{files.id}"]) == (None, True, None)


def test_a_property_of_a_type_that_rest_does_not_know_is_listed_and_never_told(shop: Shop) -> None:
    [video] = shop.result("catalog.productProperty.list", filter={"code": "VIDEO"})["productProperties"]
    assert (video["propertyType"], video["userType"]) == ("S", "video")
    assert f"property{video['id']}" not in shop.element(MUG.id, "property*")


def test_a_list_says_the_id_of_its_word_and_may_say_nothing_else() -> None:
    silent = Shop(value_enums=False)
    cell = silent.element(SHIRT.id, COUNTRY)[COUNTRY]
    assert set(cell) == {"value", "valueId"}
    wanted = {"propertyId": 210, "id": cell["value"]}
    [word] = silent.result("catalog.productPropertyEnum.list", filter=wanted)["productPropertyEnums"]
    assert word["value"] == SHIRT.properties["STRANA"]
    assert set(word) == {"id", "propertyId", "value", "def", "sort", "xmlId"}


def test_words_of_lists_are_told_by_pages(shop: Shop) -> None:
    of_country = shop.rest("catalog.productPropertyEnum.list", filter={"propertyId": 210}, select=["id", "value"])
    assert (len(of_country["result"]["productPropertyEnums"]), of_country["next"]) == (50, 50)
    assert of_country["total"] > 50
    assert shop.rest("catalog.productPropertyEnum.list", filter={"propertyId": 1})["total"] == 0


def test_properties_are_more_than_a_page_and_one_name_has_a_latin_letter(shop: Shop) -> None:
    assert shop.rest("catalog.productProperty.list")["next"] == 50
    [season] = shop.result("catalog.productProperty.list", filter={"iblockId": PRODUCTS, "code": "SEZON"})[
        "productProperties"
    ]
    assert season["name"].encode()[:1] == b"C"


def test_variations_are_found_by_the_id_of_a_word(shop: Shop) -> None:
    size = shop.element(OFFER.id, SIZE)[SIZE]
    rows = shop.elements("offer.list", OFFERS, parentId=SHIRT.id, **{SIZE: size["value"]})
    assert OFFER.id in [row["id"] for row in rows]
    assert len(rows) == len(SHIRT.vendor_codes)


# Sections, prices, who may read


def test_sections_are_told_of_one_block_and_name_the_section_above(shop: Shop) -> None:
    rows = shop.result("catalog.section.list", filter={"iblockId": PRODUCTS}, select=["id", "iblockSectionId"])
    assert {"id": 403, "iblockSectionId": 402} in rows["sections"]
    assert {"id": 401, "iblockSectionId": None} in rows["sections"]
    assert shop.error("catalog.section.list", select=["id"]) == "0"
    assert shop.result("catalog.section.list", filter={"iblockId": 23})["sections"] == []


def test_a_product_has_prices_of_several_types_or_none(shop: Shop) -> None:
    wanted = {"@productId": [MUG.id, OFFER.id]}
    rows = shop.result("catalog.price.list", filter=wanted, order={"id": "ASC"})["prices"]
    assert [(row["productId"], row["catalogGroupId"]) for row in rows] == [
        *((product, group) for product in (OFFER.id, MUG.id) for group in (1, 2))
    ]
    [base] = shop.result("catalog.price.list", filter=wanted | {"catalogGroupId": 1, "productId": MUG.id})["prices"]
    assert (base["price"], base["currency"]) == (float(MUG.price or 0), "BYN")
    unpriced = next(one for one in MANY if one.mistake is Mistake.NO_PRICE)
    sold = [offer.id for offer in unpriced.offers] or [unpriced.id]
    assert Shop(products=200).result("catalog.price.list", filter={"@productId": [*sold, SHIRT.id]})["prices"] == []


def test_the_right_to_read_is_missed_by_codes_of_each_methods_own() -> None:
    codes = {
        "catalog.product.sku.list": "200040300010",
        "catalog.section.list": "200040300030",
        "catalog.productProperty.list": "0",
        "catalog.productPropertyEnum.list": "0",
    }
    shop = Shop(rights=set())
    assert {method: shop.error(method) for method in codes} == codes


def test_a_batch_reads_variations_of_a_head_it_has_just_found(shop: Shop) -> None:
    select = {"select[0]": "id", "select[1]": "iblockId"}
    head = urlencode(select | {"filter[iblockId]": PRODUCTS, "filter[id]": SHIRT.id})
    of_it = urlencode(select | {"filter[iblockId]": OFFERS, "filter[parentId]": "$result[head][units][0][id]"})
    done = shop.result(
        "batch", cmd={"head": f"catalog.product.sku.list?{head}", "of_it": f"catalog.product.offer.list?{of_it}"}
    )
    assert [row["id"] for row in done["result"]["of_it"]["offers"]] == [offer.id for offer in SHIRT.offers]


# Pictures


def test_a_product_has_a_small_preview_and_large_pictures_that_anyone_opens() -> None:
    shop = Shop(open_pictures=False)
    rows = shop.result("catalog.productImage.list", productId=SHIRT.id)["productImages"]
    assert [row["type"] for row in rows] == ["PREVIEW_PICTURE", "DETAIL_PICTURE", "MORE_PHOTO"]
    assert [shop.picture(row["detailUrl"]) for row in rows] == [
        ("image/png", (150, 200)),
        ("image/jpeg", (900, 1200)),
        ("image/jpeg", (1200, 1600)),
    ]


def test_only_what_is_selected_is_told_of_pictures(shop: Shop) -> None:
    [row, *_] = shop.result("catalog.productImage.list", productId=MUG.id, select=["id", "detailUrl"])["productImages"]
    assert set(row) == {"id", "detailUrl"}


def test_nothing_lies_at_an_address_that_was_not_told(shop: Shop) -> None:
    url = shop.result("catalog.productImage.list", productId=MUG.id)["productImages"][1]["detailUrl"]
    folder, name = url.rsplit("/", 1)
    wrong = (f"/upload/iblock/{name}", f"{folder}/1.jpeg", url.replace(".jpeg", ".png"))
    assert [shop.http.get(one).status_code for one in wrong] == [404] * 3


def test_a_small_picture_is_really_small() -> None:
    shop, small = Shop(products=200), next(one for one in MANY if one.mistake is Mistake.SMALL_PICTURE)
    rows = shop.result("catalog.productImage.list", productId=small.id)["productImages"]
    assert [shop.picture(row["detailUrl"])[1] for row in rows[1:]] == [(400, 300)] * 2


def test_pictures_of_a_variation_are_those_of_its_colour(shop: Shop) -> None:
    with_and_without = [
        shop.result("catalog.productImage.list", productId=offer.id)["productImages"] for offer in SHIRT.offers[:2]
    ]
    assert [len(rows) for rows in with_and_without] == [2, 0]


def test_a_file_of_a_property_is_downloaded_by_any_of_its_names(shop: Shop) -> None:
    [photo] = shop.element(SHIRT.id, PHOTOS)[PHOTOS]
    assert set(photo["value"]) == {"id", "url", "urlMachine"}
    assert shop.picture(photo["value"]["url"])[1] == (1200, 1600)
    asked = {"fileId": photo["value"]["id"], "productId": SHIRT.id}
    url = f"{shop.bitrix.webhook('')}catalog.product.download"
    for name in ("property221", "PROPERTY_221", "PROPERTY_MORE_PHOTO"):
        answer = shop.http.post(url, json={"fields": asked | {"fieldName": name}})
        assert answer.headers["content-type"] == "image/jpeg", name
    assert shop.error("catalog.product.download", fields=asked | {"fieldName": "detailPicture"}) == "0"


# Staff, and what we write


def test_saving_a_variation_moves_its_time_and_not_that_of_its_head(shop: Shop) -> None:
    since = {">=timestampX": "2026-09-21T17:13:20+03:00"}
    assert shop.elements("list", OFFERS, **since) == []
    shop.staff("products", id=OFFER.id, properties={"TSVET": "синий"}, weight=250, height="30.5")
    assert [row["id"] for row in shop.elements("list", OFFERS, **since)] == [OFFER.id]
    assert shop.elements("list", PRODUCTS, **since) == []
    row = shop.element(OFFER.id, COLOUR, "weight", "height")
    assert (row[COLOUR]["value"], row["weight"], row["height"]) == ("синий", 250, 30.5)


def test_a_price_of_the_exchange_moves_its_own_time_only(shop: Shop) -> None:
    before = shop.element(MUG.id, "timestampX")
    shop.staff("prices", id=MUG.id, price="77.70")
    rows = shop.result("catalog.price.list", filter={"productId": MUG.id, "catalogGroupId": 1})["prices"]
    assert [(row["price"], row["timestampX"]) for row in rows] == [(77.7, "2026-09-21T17:13:20+03:00")]
    assert shop.element(MUG.id, "timestampX") == before
    shop.staff("products", id=MUG.id, price="")
    assert [*shop.seen(MUG.id)["prices"]] == ["2"]
    assert shop.element(MUG.id, "timestampX") != before


def test_staff_picks_a_word_of_a_list_or_adds_one(shop: Shop) -> None:
    words = {"STRANA": "Турция", "SEZON": "Зима", "KOMPLEKT": ["кружка", "ложка"], "OPISANIE": "<b>Новое</b>"}
    told = shop.staff("products", id=MUG.id, properties=words)["properties"]
    assert {code: told[code] for code in words} == words
    row = shop.element(MUG.id, "property*")
    assert (row[SEASON]["valueEnum"], [one["value"] for one in row[SETS]]) == ("Зима", ["кружка", "ложка"])
    assert "STRANA" not in shop.staff("products", id=MUG.id, properties={"STRANA": ""})["properties"]
    assert shop.refused("products", id=MUG.id, properties={"KOMPLEKT": "кружка"}) == (404, "unknown_property")


def test_a_new_picture_has_a_new_address_and_the_old_one_is_gone(shop: Shop) -> None:
    old = shop.result("catalog.productImage.list", productId=MUG.id)["productImages"][1]["detailUrl"]
    shop.staff("products", id=MUG.id, pictures=[{"width": 400, "height": 300, "shape": "mug"}])
    rows = shop.result("catalog.productImage.list", productId=MUG.id)["productImages"]
    assert [row["type"] for row in rows] == ["PREVIEW_PICTURE", "DETAIL_PICTURE"]
    assert shop.picture(rows[1]["detailUrl"]) == ("image/jpeg", (400, 300))
    assert shop.http.get(old).status_code == 404
    assert shop.element(MUG.id, PHOTOS)[PHOTOS] is None
    shop.staff("products", id=MUG.id, pictures=[])
    assert shop.result("catalog.productImage.list", productId=MUG.id)["productImages"] == []
    assert shop.element(MUG.id, "detailPicture")["detailPicture"] is None


def test_a_barcode_is_written_back_to_a_variation_and_to_a_simple_product(shop: Shop) -> None:
    for number, field in ((OFFER.id, BARCODE), (MUG.id, "property202")):
        cell = {"value": "2990000000014"}
        row = shop.result("catalog.product.update", id=number, fields={field: cell})["element"]
        assert row[field]["value"] == "2990000000014"
        assert shop.seen(number)["barcodes"] == ["2990000000014"]


@pytest.mark.parametrize(
    ("field", "value"), [(COUNTRY, "Китай"), (COUNTRY, "1"), (HTML, "текст"), (HTML, {"TEXT": "без типа"})]
)
def test_a_value_that_its_type_cannot_hold_is_refused(shop: Shop, field: str, value: Any) -> None:
    fields = {field: {"value": value}}
    assert shop.error("catalog.product.update", id=MUG.id, fields=fields) == "0"


def test_values_of_lists_and_of_html_are_written_in_their_shape(shop: Shop) -> None:
    enums = shop.result("catalog.productPropertyEnum.list", filter={"propertyId": 206, "value": "Лето"})
    [summer] = enums["productPropertyEnums"]
    fields = {SEASON: {"value": summer["id"]}, HTML: {"value": {"TEXT": "", "TYPE": "HTML"}}}
    row = shop.result("catalog.product.update", id=MUG.id, fields=fields)["element"]
    assert (row[SEASON]["valueEnum"], row[HTML]) == ("Лето", None)


def test_variations_and_simple_products_are_sold_and_counted_and_heads_are_not(shop: Shop) -> None:
    assert shop.staff("stock", offer_id=OFFER.id, store_id=1, amount=500)["quantity"] >= 500
    assert shop.staff("sales", offer_id=MUG.id)["left"] == MUG.quantity - 1
    assert shop.refused("sales", offer_id=SHIRT.id) == (404, "unknown_offer")
