"""Our reading of products against the simulated shop, which was written from the same documentation by other hands."""

import httpx
import pytest

from infra.local.bitrix import Bitrix, Seed
from infra.local.products import products as made
from wbsync.bitrix import products
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.products import read_products
from wbsync.domain.ids import Barcode, OfferId, PriceTypeId
from wbsync.domain.shop import Catalog

CATALOG = Catalog(iblocks=(33, 34))
MADE = made(1, 200)
NOW = 1_790_000_000.0


def client_of(bitrix: Bitrix) -> BitrixClient:
    http = httpx.Client(transport=httpx.WSGITransport(app=bitrix.wsgi), base_url="https://shop.test")
    return BitrixClient(http, webhook=lambda: bitrix.webhook("https://shop.test"))


def shop(*, value_enums: bool = True) -> BitrixClient:
    return client_of(Bitrix(Seed(offers=12, products=len(MADE), value_enums=value_enums), clock=lambda: NOW))


@pytest.mark.parametrize("value_enums", [True, False])
def test_every_product_is_read_as_it_was_made(value_enums: bool) -> None:
    found = {product.id: product for product in read_products(shop(value_enums=value_enums), CATALOG)}
    assert sorted(found) == sorted(one.id for one in MADE)
    for one in MADE:
        read = found[one.id]  # type: ignore[index]  # the simulator's ids are plain numbers
        assert [offer.id for offer in read.offers] == [offer.id for offer in one.offers]
        countries = read.head.properties.get("STRANA", ())
        assert countries == ((one.properties["STRANA"],) if one.properties.get("STRANA") else ())


def test_by_id_the_same_is_read_as_with_all() -> None:
    client, types = shop(), [PriceTypeId(1), PriceTypeId(2)]
    everything = list(read_products(client, CATALOG, price_types=types, pictures=True))
    some = [product.id for product in everything[50:120]]
    assert list(read_products(client, CATALOG, price_types=types, pictures=True, ids=some)) == everything[50:120]
    assert any(offer.prices for product in everything for offer in product.sold)


def test_pictures_are_links_that_anyone_opens() -> None:
    bitrix = Bitrix(Seed(offers=12, products=3), clock=lambda: NOW)
    product = next(read_products(client_of(bitrix), CATALOG, pictures=True))
    http = httpx.Client(transport=httpx.WSGITransport(app=bitrix.wsgi))
    assert product.head.pictures
    assert {http.get(link).headers["content-type"] for link in product.head.pictures} == {"image/jpeg"}


def test_a_barcode_is_written_where_there_was_none_and_then_stands() -> None:
    client = shop()
    without = next(good for product in read_products(client, CATALOG) for good in product.sold if not good.barcodes)
    told = {OfferId(without.id): (without.iblock_id, Barcode("2099999999990"))}
    for _ in ("written", "stands already"):
        assert products.write_barcodes(client, CATALOG, told) == {without.id: None}
    other = {OfferId(without.id): (without.iblock_id, Barcode("2099999999991"))}
    assert products.write_barcodes(client, CATALOG, other)[OfferId(without.id)] is not None


def test_what_the_shop_paid_is_read() -> None:
    client = shop()
    sold = {OfferId(good.id): good.iblock_id for product in read_products(client, CATALOG) for good in product.sold}
    paid = products.read_purchasing_prices(client, sold)
    assert paid
    assert {price.currency for price in paid.values()} <= {"BYN", "RUB"}
