from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.samples.bitrix import Played, Refused, page_of
from wbsync.bitrix.catalog import Store, read_offers, read_stock, read_stores
from wbsync.domain.ids import OfferId, StoreId
from wbsync.domain.shop import Catalog
from wbsync.domain.stock import Available
from wbsync.errors import NotAuthorised, RateLimited, Rejected, Unavailable

CATALOG = Catalog(iblocks=(23, 24))
BARCODE_PROPERTY = {"23": 115, "24": 259}
CHANGED = "2026-03-01T12:00:00+03:00"


def product(offer_id: int, iblock: int, barcode: object, **fields: object) -> dict[str, Any]:
    number = BARCODE_PROPERTY[str(iblock)]
    return {
        "id": offer_id,
        "iblockId": iblock,
        "name": f"Offer {offer_id}",
        "active": "Y",
        "timestampX": CHANGED,
        "type": 4,
        f"property{number}": barcode,
        **fields,
    }


def single(barcode: object) -> dict[str, object]:
    return {"value": barcode, "valueId": "9735"}


def catalog_shop(products: Sequence[dict[str, Any]], properties: Sequence[dict[str, Any]] | None = None) -> Played:
    known = properties
    if known is None:
        known = [{"id": n, "iblockId": int(i), "code": "CML2_BAR_CODE"} for i, n in BARCODE_PROPERTY.items()]

    def answer(method: str, params: dict[str, Any]) -> object:
        iblock = params["filter"]["iblockId"]
        if method == "catalog.productProperty.list":
            return {"productProperties": [p for p in known if str(p["iblockId"]) == iblock]}
        return page_of([p for p in products if str(p["iblockId"]) == iblock], "products", params)

    return Played(answer)


def barcodes_of(value: object) -> tuple[str, ...]:
    (offer,) = read_offers(catalog_shop([product(1, 23, value)]).client, CATALOG, changed_since=None)
    return offer.barcodes


# ---- offers


def test_an_offer_is_read_with_its_barcode_and_its_time_in_utc() -> None:
    played = catalog_shop([product(1286, 24, single("2000000000017"), name="Shirt, M", active="N")])
    (offer,) = read_offers(played.client, CATALOG, changed_since=None)
    assert (offer.id, offer.iblock_id, offer.name, offer.active) == (1286, 24, "Shirt, M", False)
    assert offer.barcodes == ("2000000000017",)
    assert offer.changed_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert offer.changed_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "barcodes"),
    [
        (single(" 2000000000017\n"), ("2000000000017",)),
        (single(2000000000017), ("2000000000017",)),
        ([single("20"), single("21 "), single("20")], ("20", "21")),
        ([], ()),
        (None, ()),
        (False, ()),
        (single(None), ()),
        (single("  "), ()),
        ([single(""), single("22")], ("22",)),
        (single({"TEXT": "20", "TYPE": "HTML"}), ()),
    ],
)
def test_barcodes_are_stripped_and_may_be_none_or_several(value: object, barcodes: tuple[str, ...]) -> None:
    assert barcodes_of(value) == barcodes


def test_the_barcode_property_is_found_by_its_code_in_each_information_block() -> None:
    played = catalog_shop([product(1, 23, single("a")), product(2, 24, single("b"))])
    offers = list(read_offers(played.client, CATALOG, changed_since=None))
    assert [offer.barcodes for offer in offers] == [("a",), ("b",)]
    assert {p["filter"]["iblockId"]: p["select"][-1] for p in played.asked("catalog.product.list")} == {
        "23": "property115",
        "24": "property259",
    }
    assert all({"id", "iblockId"} <= set(p["select"]) for p in played.asked("catalog.product.list"))


def test_an_information_block_without_the_property_is_refused_by_code_and_block() -> None:
    properties = [
        {"id": 115, "iblockId": 23, "code": "CML2_BAR_CODE"},
        {"id": 260, "iblockId": 24, "code": "CML2_BAR_CODE_OLD"},
    ]
    played = catalog_shop([], properties)
    with pytest.raises(Rejected, match=r"information block 24 .* CML2_BAR_CODE"):
        list(read_offers(played.client, CATALOG, changed_since=None))
    assert played.asked("catalog.product.list") == []


def test_offers_of_all_information_blocks_come_by_id_so_that_one_can_go_on_after_any() -> None:
    products = [product(number, 23 + number % 2, None) for number in range(1, 241)]
    played = catalog_shop(products)
    assert [o.id for o in read_offers(played.client, CATALOG, changed_since=None)] == list(range(1, 241))
    rest = read_offers(played.client, CATALOG, changed_since=None, after=100)
    assert [o.id for o in rest] == list(range(101, 241))


def test_only_what_changed_since_is_asked_for() -> None:
    played = catalog_shop([])
    since = datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=3)))
    assert list(read_offers(played.client, CATALOG, changed_since=since)) == []
    assert {p["filter"][">=timestampX"] for p in played.asked("catalog.product.list")} == {"2026-03-01T12:30:00+03:00"}


def test_without_a_time_everything_is_asked_for() -> None:
    played = catalog_shop([])
    list(read_offers(played.client, CATALOG, changed_since=None))
    assert [set(p["filter"]) for p in played.asked("catalog.product.list")] == [{"iblockId", ">id"}] * 2


def test_an_offer_without_a_time_is_unavailable_not_guessed() -> None:
    played = catalog_shop([product(1, 23, None, timestampX=None)])
    with pytest.raises(Unavailable, match="timestampX"):
        list(read_offers(played.client, CATALOG, changed_since=None))


# ---- stock


def stock_shop(products: Sequence[dict[str, Any]], lying: Sequence[dict[str, Any]] = ()) -> Played:
    def answer(method: str, params: dict[str, Any]) -> object:
        asked = params["filter"]
        if method == "catalog.product.list":
            rows = [p for p in products if str(p["iblockId"]) == asked["iblockId"] and str(p["id"]) in asked["id"]]
            return {"products": rows[:50]}
        of = [row for row in lying if str(row["productId"]) in asked["@productId"]]
        return {"storeProducts": [row for row in of if str(row["storeId"]) in asked["@storeId"]][:50]}

    return Played(answer)


def quantity(offer_id: int, quantity: object, *, iblock: int = 24, **fields: object) -> dict[str, Any]:
    return {"id": offer_id, "iblockId": iblock, "active": "Y", "quantity": quantity, **fields}


def lying(offer_id: int, store: int, amount: object, reserved: object = 0) -> dict[str, Any]:
    row_id = offer_id * 1000 + store
    return {"id": row_id, "productId": offer_id, "storeId": store, "amount": amount, "quantityReserved": reserved}


def offers(*ids: int, iblock: int = 24) -> list[tuple[OfferId, int]]:
    return [(OfferId(i), iblock) for i in ids]


STORES = (StoreId(1), StoreId(11))


def test_stock_is_what_is_free_in_each_store_and_overall() -> None:
    played = stock_shop([quantity(5, 7)], [lying(5, 1, 10, 2), lying(5, 11, 1)])
    assert read_stock(played.client, offers(5), stores=STORES) == {
        5: Available(by_store={StoreId(1): 8, StoreId(11): 1}, total=7, active=True)
    }


@pytest.mark.parametrize(
    ("amount", "reserved", "free"),
    [(10.9, 0.5, 10), (3, 5, 0), ("4.0000", None, 4), (None, None, 0), (-2, 0, 0), (0.3, 0.1, 0), (1.1, 0.1, 1)],
)
def test_what_lies_free_in_a_store_is_whole_and_never_below_nothing(
    amount: object, reserved: object, free: int
) -> None:
    played = stock_shop([quantity(5, 99)], [lying(5, 1, amount, reserved)])
    assert read_stock(played.client, offers(5), stores=STORES)[OfferId(5)].by_store == {1: free, 11: 0}


@pytest.mark.parametrize(
    ("row", "total"),
    [
        (quantity(5, 7.9), 7),
        (quantity(5, "3"), 3),
        (quantity(5, None), 0),
        (quantity(5, -2), -2),
        (quantity(5, 7, quantityTrace="D"), 7),
        (quantity(5, 0, quantityTrace="N"), None),
    ],
)
def test_the_overall_number_is_whole_and_none_where_the_shop_does_not_count(
    row: dict[str, Any], total: int | None
) -> None:
    assert read_stock(stock_shop([row]).client, offers(5), stores=STORES)[OfferId(5)].total == total


def test_a_switched_off_offer_is_told_as_such_and_a_deleted_one_is_absent() -> None:
    played = stock_shop([quantity(5, 7, active="N")], [lying(6, 1, 3)])
    got = read_stock(played.client, offers(5, 6), stores=STORES)
    assert list(got) == [5]
    assert got[OfferId(5)].active is False


@pytest.mark.parametrize(
    ("count", "stores", "requests", "commands"),
    [
        (0, 1, 0, 0),
        (50, 1, 1, 2),
        (1250, 1, 1, 50),
        (1251, 1, 2, 52),
        (1000, 2, 2, 60),
        (10_000, 1, 8, 400),
        (10, 50, 1, 11),
        (10, 60, 1, 1 + 10 + 2),
    ],
)
def test_stock_costs_few_requests_whose_rows_all_fit_their_pages(
    count: int, stores: int, requests: int, commands: int
) -> None:
    played = stock_shop([])
    read_stock(played.client, offers(*range(count)), stores=[StoreId(n) for n in range(stores)])
    assert len(played.requests) == requests
    assert len(played.commands) == commands
    asked = [p["filter"] for p in played.asked("catalog.storeproduct.list")]
    assert all(len(a["@productId"]) * len(a["@storeId"]) <= 50 for a in asked)
    assert sum(len(a["@productId"]) * len(a["@storeId"]) for a in asked) == count * stores
    assert all(len(p["filter"]["id"]) <= 50 for p in played.asked("catalog.product.list"))


def test_each_information_block_is_asked_for_its_own_offers() -> None:
    played = stock_shop([quantity(5, 1, iblock=23), quantity(6, 2)])
    assert set(read_stock(played.client, [*offers(5, iblock=23), *offers(6)], stores=STORES)) == {5, 6}
    asked = [p["filter"] for p in played.asked("catalog.product.list")]
    assert asked == [{"iblockId": "23", "id": ["5"]}, {"iblockId": "24", "id": ["6"]}]


def test_an_offer_asked_for_twice_is_read_once() -> None:
    played = stock_shop([quantity(5, 1)])
    read_stock(played.client, offers(5, 5), stores=STORES)
    assert [p["filter"]["id"] for p in played.asked("catalog.product.list")] == [["5"]]


@pytest.mark.parametrize("failing", ["catalog.product.list", "catalog.storeproduct.list"])
def test_a_failed_command_is_raised_never_read_as_nothing_in_stock(failing: str) -> None:
    def answer(method: str, params: dict[str, Any]) -> object:
        if method == failing:
            raise Refused("OPERATION_TIME_LIMIT")
        return {"products": [], "storeProducts": []}

    with pytest.raises(RateLimited):
        read_stock(Played(answer).client, offers(5), stores=STORES)


# ---- stores


def test_all_stores_are_read() -> None:
    stores = [{"id": n, "title": f"Store {n}", "active": "N" if n == 2 else "Y"} for n in range(1, 61)]
    got = read_stores(Played(lambda method, params: page_of(stores, "stores", params)).client)
    assert got[1] == Store(StoreId(2), "Store 2", active=False)
    assert [store.id for store in got] == list(range(1, 61))


def test_a_webhook_that_may_not_read_stores_is_told_which_right_it_lacks() -> None:
    def answer(method: str, params: dict[str, Any]) -> object:
        raise Refused("200040300010", "Access Denied")

    with pytest.raises(NotAuthorised, match="catalog_store"):
        read_stores(Played(answer).client)
