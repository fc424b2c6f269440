"""Cards, warehouses and stock at the simulated WB (wildberries facts §2, §3)."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from infra.local.goods import ean13, goods
from tests.fixtures.wildberries import FIRST, MINSK, Seller

CARDS = "POST /content-api/content/v2/get/cards/list"
STOCKS = f"/marketplace-api/api/v3/stocks/{MINSK}"


def page(seller: Seller, cursor: dict[str, Any], **more: Any) -> Any:
    return seller.ask(CARDS, {"settings": {"sort": {"ascending": True}, "cursor": cursor} | more}).json()


def test_goods_are_the_same_for_a_seed_and_a_longer_list_begins_with_the_shorter() -> None:
    assert goods(5, 200)[:60] == goods(5, 60)
    assert len({good.barcode for good in goods(5, 200)} | {good.barcode for good in goods(6, 200)}) == 400
    assert len({good.chrt_id for good in goods(5, 200)}) == len({good.offer_id for good in goods(5, 200)}) == 200


def test_goods_have_valid_ean13_barcodes_several_sizes_a_card_and_prices_in_kopecks() -> None:
    made = goods(5, 200)
    assert all(good.barcode == ean13(good.barcode[:12]) and len(good.barcode) == 13 for good in made)
    assert len({good.nm_id for good in made}) < 100
    assert all(good.price == good.price.quantize(Decimal("0.01")) for good in made)


def test_the_cursor_walks_through_all_cards_once_though_many_share_a_moment() -> None:
    seller = Seller(goods=60, pace=100)
    cursor: dict[str, Any] = {"limit": 4}
    seen: list[dict[str, Any]] = []
    while True:
        answer = page(seller, cursor)
        seen += answer["cards"]
        if answer["cursor"]["total"] < 4:
            break
        cursor = {"limit": 4, "updatedAt": answer["cursor"]["updatedAt"], "nmID": answer["cursor"]["nmID"]}
    assert len(seen) == len({card["nmID"] for card in seen}) == len(seller.wb.state.cards)
    places = [(card["updatedAt"], card["nmID"]) for card in seen]
    assert all(before < after for before, after in pairwise(places))
    assert len({moment for moment, _ in places}) < len(places)


def test_a_kept_cursor_later_finds_only_the_card_that_changed_and_an_empty_page_has_no_cursor_to_keep() -> None:
    seller = Seller(goods=20, pace=100)
    last = page(seller, {"limit": 100})["cursor"]
    cursor = {"limit": 100, "updatedAt": last["updatedAt"], "nmID": last["nmID"]}
    assert page(seller, cursor) == {"cards": [], "cursor": {"total": 0}}
    card = next(iter(seller.wb.state.cards.values()))
    seller.sim(f"POST cards/{card.nm_id}", {"skus": {str(card.sizes[0].chrt_id): ["2000000000008"]}})
    found = page(seller, cursor)["cards"]
    assert [each["nmID"] for each in found] == [card.nm_id]
    assert found[0]["sizes"][0]["skus"] == ["2000000000008"]


def test_cards_carry_the_goods_their_sizes_and_barcodes() -> None:
    seller = Seller(seed=3, goods=30, second_barcode_every=0)
    cards = page(seller, {"limit": 100})["cards"]
    told = {
        (card["nmID"], card["vendorCode"], size["chrtID"], size["techSize"], *size["skus"])
        for card in cards
        for size in card["sizes"]
    }
    assert {(good.nm_id, good.article, good.chrt_id, good.size, good.barcode) for good in goods(3, 30)} <= told
    assert len(told) == 30 + 3


def test_a_world_can_have_duplicate_empty_and_second_barcodes() -> None:
    seller = Seller(goods=30, duplicate_barcodes=2, empty_barcodes=3, second_barcode_every=10, foreign_cards=0)
    barcodes = [size.skus for size in seller.wb.state.sizes.values()]
    assert barcodes[29] == barcodes[0][-1:]
    assert barcodes[28] == barcodes[1]
    assert barcodes[25:28] == [[], [], []]
    assert [len(each) for each in barcodes[:11]] == [2] + [1] * 9 + [2]


@pytest.mark.parametrize("settings", [{"cursor": {"limit": 101}}, {"cursor": {"updatedAt": "x"}}, [], {"sort": 1}])
def test_a_request_for_cards_that_does_not_fit_is_400_in_the_envelope(settings: object) -> None:
    answer = Seller().ask(CARDS, {"settings": settings})
    assert answer.status_code == 400
    assert set(answer.json()) == {"data", "error", "errorText", "additionalErrors"}


def test_cards_are_ten_to_a_page_newest_first_and_can_be_searched_by_barcode() -> None:
    seller = Seller(goods=60)
    cards = seller.ask(CARDS, {}).json()["cards"]
    assert len(cards) == 10
    assert [card["updatedAt"] for card in cards] == sorted((card["updatedAt"] for card in cards), reverse=True)
    wanted = cards[4]
    by_barcode = {"filter": {"textSearch": wanted["sizes"][0]["skus"][0]}}
    assert [card["nmID"] for card in page(seller, {"limit": 10}, **by_barcode)["cards"]] == [wanted["nmID"]]


def test_warehouses_and_offices_are_told_as_documented() -> None:
    seller = Seller(warehouses=[{"id": 7, "name": "А", "cargo_type": 3}, {"id": 8, "name": "Б", "delivery_type": 2}])
    first, second = seller.ask("GET /marketplace-api/api/v3/warehouses").json()
    assert (first["cargoType"], first["deliveryType"], second["deliveryType"]) == (3, 1, 2)
    offices = seller.ask("GET /marketplace-api/api/v3/offices").json()
    assert first["officeId"] in {office["id"] for office in offices if office["selected"]}


def test_what_was_put_is_read_back_and_what_was_never_put_is_left_out() -> None:
    seller = Seller()
    answer = seller.put({"chrtId": FIRST, "amount": 5}, {"chrtId": FIRST + 1, "amount": 0})
    assert (answer.status_code, answer.content) == (204, b"")
    assert seller.stock(FIRST, FIRST + 1, FIRST + 2, 1) == {FIRST: 5, FIRST + 1: 0}


@pytest.mark.parametrize(
    "body",
    [
        {"stock": [{"chrtId": FIRST, "amount": 9}]},
        {"stocks": [{"chrtID": FIRST, "amount": 9}]},
        {"stocks": [{"chrtId": FIRST, "quantity": 9}]},
    ],
)
def test_wrong_names_are_answered_204_and_change_nothing(body: object) -> None:
    seller = Seller()
    seller.put({"chrtId": FIRST, "amount": 5})
    assert seller.ask(f"PUT {STOCKS}", body).status_code == 204
    assert seller.stock(FIRST) == {FIRST: 5}


def test_a_rightly_named_row_beside_a_wrong_one_is_taken() -> None:
    seller = Seller()
    assert seller.put({"chrt_id": FIRST, "amount": 1}, {"chrtId": FIRST + 1, "amount": 2}).status_code == 204
    assert seller.stock(FIRST, FIRST + 1) == {FIRST + 1: 2}


def test_stock_by_sku_is_refused() -> None:
    seller = Seller()
    answers = [
        seller.put({"sku": "2000010000005", "amount": 1}),
        seller.ask(f"POST {STOCKS}", {"skus": ["2000010000005"]}),
        seller.ask(f"DELETE {STOCKS}", {"skus": ["2000010000005"]}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(400, "SKUUploadDisabled")] * 3


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"chrtId": FIRST, "amount": 1}] * 1_001,
        [{"chrtId": FIRST, "amount": -1}],
        [{"chrtId": str(FIRST), "amount": 1}],
        [{"chrtId": FIRST, "amount": 1.5}],
        [{"chrtId": FIRST, "amount": True}],
        "rows",
    ],
)
def test_too_many_rows_none_a_negative_amount_or_a_wrong_type_is_400(rows: object) -> None:
    answer = Seller().ask(f"PUT {STOCKS}", {"stocks": rows})
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}


def test_refused_rows_are_named_in_an_array_by_reason_and_nothing_of_the_batch_is_applied() -> None:
    seller = Seller(goods=30, heavy_every=2)
    heavy = next(size.chrt_id for size in seller.wb.state.sizes.values() if size.cargo_type == 3)
    answer = seller.put(
        {"chrtId": FIRST, "amount": 5},
        {"chrtId": 1, "amount": 5},
        {"chrtId": heavy, "amount": 5},
        {"chrtId": FIRST + 1, "amount": 100_001},
    )
    assert answer.status_code == 409
    assert {each["code"]: [row["chrtId"] for row in each["data"]] for each in answer.json()} == {
        "NotFound": [1],
        "CargoWarehouseRestrictionKGTPlus": [heavy],
        "UploadDataLimit": [FIRST + 1],
    }
    assert seller.stock(FIRST) == {}


def test_rows_can_be_refused_for_any_reason_that_wb_has() -> None:
    seller = Seller()
    fault = {
        "match": "PUT /api/v3/stocks/*",
        "kind": "refuse_rows",
        "chrt_ids": [FIRST],
        "code": "ProductPropertyConflict",
    }
    seller.sim("POST faults", [fault])
    answer = seller.put({"chrtId": FIRST, "amount": 5}, {"chrtId": FIRST + 1, "amount": 5})
    assert [(each["code"], each["data"][0]["chrtId"]) for each in answer.json()] == [("ProductPropertyConflict", FIRST)]


def test_a_warehouse_that_is_processing_refuses_the_batch_without_naming_rows() -> None:
    seller = Seller()
    seller.sim(f"POST warehouses/{MINSK}", {"is_processing": True})
    answer = seller.put({"chrtId": FIRST, "amount": 5})
    assert (answer.status_code, answer.json()[0]["code"], "data" in answer.json()[0]) == (
        409,
        "StoreIsProcessing",
        False,
    )


def test_an_unknown_warehouse_is_404() -> None:
    seller = Seller()
    assert seller.put({"chrtId": FIRST, "amount": 5}, warehouse=9).json()["code"] == "NotFound"
    assert seller.ask("POST /marketplace-api/api/v3/stocks/9", {"chrtIds": []}).status_code == 404


def test_deleted_stock_is_gone_and_an_unknown_size_is_404() -> None:
    seller = Seller()
    seller.put({"chrtId": FIRST, "amount": 5})
    assert seller.ask(f"DELETE {STOCKS}", {"chrtIds": [FIRST]}).status_code == 204
    assert seller.stock(FIRST) == {}
    assert seller.ask(f"DELETE {STOCKS}", {"chrtIds": [1]}).json()["data"] == {"1": ""}
