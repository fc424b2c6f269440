"""Prices and discounts at the simulated WB (wildberries facts §7)."""

from typing import Any

import pytest

from infra.local.wildberries import Category
from tests.fixtures.wildberries import Seller

API = "/discounts-prices-api/api/v2"
SET, SET_SIZES = f"POST {API}/upload/task", f"POST {API}/upload/task/size"
SHIRT, SHOE = 170_000_001, 170_000_002
OLD = 50
ALREADY_SET = "the specified prices and discounts are already set"
QUARANTINED = "New price is several times lower than the current price. Item has been moved to Price Quarantine"


@pytest.fixture
def seller() -> Seller:
    """Two cards of several sizes, at 50 roubles each."""
    seller = Seller(goods=9, foreign_cards=0, pace=100)
    for size in seller.wb.state.sizes.values():
        size.price = OLD * 100
    return seller


def put(seller: Seller, *rows: dict[str, Any]) -> int:
    """The upload's id; it is done."""
    answer = seller.ask(SET, {"data": list(rows)})
    assert answer.status_code == 200, answer.text
    seller.wait(2)
    number: int = answer.json()["data"]["id"]
    return number


def state(seller: Seller, number: int) -> Any:
    return seller.ask(f"GET {API}/history/tasks", uploadID=number).json()["data"]


def rows(seller: Seller, number: int) -> dict[int, Any]:
    answer = seller.ask(f"GET {API}/history/goods/task", uploadID=number, limit=10)
    return {row["nmID"]: row for row in answer.json()["data"]["historyGoods"]}


def price(seller: Seller, nm: int) -> tuple[set[int], int]:
    """Prices of its sizes, and the discount."""
    [good] = seller.ask(f"POST {API}/list/goods/filter", {"nmList": [nm]}).json()["data"]["listGoods"]
    return {size["price"] for size in good["sizes"]}, good["discount"]


def test_a_price_holds_for_all_sizes_when_the_upload_is_done_and_not_before(seller: Seller) -> None:
    number = seller.ask(SET, {"data": [{"nmID": SHIRT, "price": 60, "discount": 10}]}).json()["data"]["id"]
    seller.wait(1.9)
    assert state(seller, number) == {}
    assert price(seller, SHIRT) == ({OLD}, 0)
    seller.wait(0.1)
    done = state(seller, number)
    assert (done["status"], done["overAllGoodsNumber"], done["successGoodsNumber"]) == (3, 1, 1)
    assert price(seller, SHIRT) == ({60}, 10)
    assert price(seller, SHOE) == ({OLD}, 0)
    row = rows(seller, number)[SHIRT]
    assert (row["status"], row["errorText"], row["price"], row["currencyIsoCode4217"]) == (2, "", 60, "BYN")


def test_the_price_that_was_set_is_what_buyers_pay(seller: Seller) -> None:
    put(seller, {"nmID": SHIRT, "price": 60})
    chrt_id = seller.wb.state.cards[SHIRT].sizes[0].chrt_id
    seller.put({"chrtId": chrt_id, "amount": 1})
    [order] = seller.buy(chrt_ids=[chrt_id])
    assert order["convertedPrice"] == 6000


def test_a_discount_or_a_price_alone_leaves_the_other_as_it_was(seller: Seller) -> None:
    put(seller, {"nmID": SHIRT, "discount": 20})
    assert price(seller, SHIRT) == ({OLD}, 20)
    put(seller, {"nmID": SHIRT, "price": 55})
    assert price(seller, SHIRT) == ({55}, 20)


def test_a_drop_to_a_third_goes_to_quarantine_and_the_old_price_stays(seller: Seller) -> None:
    number = put(seller, {"nmID": SHIRT, "price": 16}, {"nmID": SHOE, "price": 17})
    assert state(seller, number)["status"] == 5
    assert rows(seller, number)[SHIRT]["errorText"] == QUARANTINED
    assert (price(seller, SHIRT), price(seller, SHOE)) == (({OLD}, 0), ({17}, 0))
    [held] = seller.ask(f"GET {API}/quarantine/goods", limit=10).json()["data"]["quarantineGoods"]
    assert (held["nmID"], held["newPrice"], held["oldPrice"], held["priceDiff"]) == (SHIRT, 16, OLD, -34)
    put(seller, {"nmID": SHIRT, "price": 40})
    assert seller.sim("GET prices")["quarantine"] == []


def test_a_discount_counts_for_quarantine_as_well(seller: Seller) -> None:
    number = put(seller, {"nmID": SHIRT, "discount": 70})
    assert state(seller, number)["status"] == 6
    assert price(seller, SHIRT) == ({OLD}, 0)


def test_how_low_is_too_low_can_be_set(seller: Seller) -> None:
    seller.sim("POST prices", {"quarantine": 1.5})
    put(seller, {"nmID": SHIRT, "price": 33}, {"nmID": SHOE, "price": 34})
    assert (price(seller, SHIRT), price(seller, SHOE)) == (({OLD}, 0), ({34}, 0))


def test_a_price_in_quarantine_holds_once_the_seller_says_so(seller: Seller) -> None:
    put(seller, {"nmID": SHIRT, "price": 20, "discount": 50})
    seller.sim("POST prices", {"release": [SHIRT]})
    assert price(seller, SHIRT) == ({20}, 50)
    assert seller.sim("GET prices")["quarantine"] == []


def test_an_unknown_good_fails_alone(seller: Seller) -> None:
    number = put(seller, {"nmID": SHIRT, "price": 60}, {"nmID": 5, "price": 60})
    done = state(seller, number)
    assert (done["status"], done["successGoodsNumber"]) == (5, 1)
    assert (rows(seller, number)[5]["status"], rows(seller, number)[SHIRT]["status"]) == (3, 2)


def test_a_cancelled_upload_changes_nothing(seller: Seller) -> None:
    seller.sim("POST prices", {"cancel": True})
    number = put(seller, {"nmID": SHIRT, "price": 60})
    assert state(seller, number)["status"] == 4
    assert price(seller, SHIRT) == ({OLD}, 0)


def test_the_same_upload_again_is_208_with_its_id_for_as_long_as_it_is_open(seller: Seller) -> None:
    seller.sim("POST prices", {"delay": 60})
    body = {"data": [{"nmID": SHIRT, "price": 60}]}
    first, again = seller.ask(SET, body), seller.ask(SET, body)
    assert (first.status_code, again.status_code) == (200, 208)
    assert again.json()["data"] == {"id": first.json()["data"]["id"], "alreadyExists": True}
    seller.wait(60)
    closed = seller.ask(SET, body)
    assert (closed.status_code, closed.json()["errorText"]) == (
        400,
        "The specified prices and discounts are already set",
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], "Empty data"),
        ({}, "Invalid data format"),
        ([1], "Invalid data format"),
        ([{"nmID": SHIRT, "price": 60}] * 2, "Duplicate item Nos."),
        (
            [{"nmID": at, "price": 60} for at in range(1, 1002)],
            "Upload limit exceeded: You can upload a maximum of 1 000 items",
        ),
        ([{"nmID": "x", "price": 60}], "Invalid item No."),
        ([{"nmID": SHIRT}], "Price and discount not specified"),
        ([{"nmID": SHIRT, "price": 60.5}], "Price should be a whole number"),
        ([{"nmID": SHIRT, "price": 0}], "Invalid price value"),
        ([{"nmID": SHIRT, "price": "60"}], "Invalid price value"),
        ([{"nmID": SHIRT, "price": -1}], "Invalid price value"),
        ([{"nmID": SHIRT, "price": 60, "discount": 100}], "Invalid discount value"),
        ([{"nmID": SHIRT, "price": 60, "discount": -1}], "Invalid discount value"),
        ([{"nmID": SHIRT, "price": 60, "discount": 9.5}], "Invalid discount value"),
        ([{"nmID": 5, "price": 60}], f"All item Nos. are specified incorrectly, or {ALREADY_SET}"),
        ([{"nmID": SHIRT, "price": OLD, "discount": 0}], "The specified prices and discounts are already set"),
        (
            [{"nmID": SHIRT, "price": OLD}, {"nmID": 5, "price": 60}],
            "All item Nos. are specified incorrectly, or the specified prices and discounts are already set",
        ),
    ],
)
def test_an_upload_that_does_not_fit_is_refused_as_a_whole_in_wb_s_words(
    seller: Seller, data: object, text: str
) -> None:
    answer = seller.ask(SET, {"data": data})
    assert answer.status_code == 400
    assert answer.json() == {"data": None, "error": True, "errorText": text}
    assert seller.sim("GET prices")["tasks"] == []


def test_prices_stand_while_the_currency_is_switched(seller: Seller) -> None:
    seller.sim("POST prices", {"switching": True})
    answer = seller.ask(SET, {"data": [{"nmID": SHIRT, "price": 60}]})
    assert answer.status_code == 409
    assert "switching to another currency" in answer.json()["errorText"]
    seller.sim("POST prices", {"switching": False})
    assert state(seller, put(seller, {"nmID": SHIRT, "price": 60}))["status"] == 3


def test_only_goods_that_are_priced_by_size_take_prices_of_sizes_and_know_no_quarantine(seller: Seller) -> None:
    seller.sim("POST prices", {"by_size": [SHOE]})
    sizes = [card.sizes[0].chrt_id for card in (seller.wb.state.cards[SHIRT], seller.wb.state.cards[SHOE])]
    data = [{"nmID": nm, "sizeID": size, "price": 10} for nm, size in zip((SHIRT, SHOE), sizes, strict=True)]
    number = seller.ask(SET_SIZES, {"data": data}).json()["data"]["id"]
    seller.wait(2)
    assert state(seller, number)["status"] == 5
    assert price(seller, SHOE) == ({10, OLD}, 0)
    assert price(seller, SHIRT) == ({OLD}, 0)
    told = seller.ask(f"GET {API}/list/goods/size/nm", nmID=SHOE, limit=10).json()["data"]["listGoods"]
    assert {row["sizeID"]: row["price"] for row in told}[sizes[1]] == 10
    twice = seller.ask(SET_SIZES, {"data": data[:1] * 2})
    assert twice.json()["errorText"] == "Duplicate size IDs"


def test_goods_are_listed_page_by_page_until_a_page_is_empty(seller: Seller) -> None:
    pages = [
        seller.ask(f"GET {API}/list/goods/filter", limit=1, offset=at).json()["data"]["listGoods"] for at in range(3)
    ]
    assert [[good["nmID"] for good in page] for page in pages] == [[SHIRT], [SHOE], []]
    one = seller.ask(f"GET {API}/list/goods/filter", limit=10, filterNmID=SHOE).json()["data"]["listGoods"]
    assert [good["nmID"] for good in one] == [SHOE]


@pytest.mark.parametrize(
    ("operation", "query"),
    [
        ("GET list/goods/filter", {}),
        ("GET list/goods/filter", {"limit": 1001}),
        ("GET history/tasks", {}),
        ("GET buffer/goods/task", {"limit": 10}),
        ("GET quarantine/goods", {"limit": "x"}),
    ],
)
def test_a_question_that_does_not_fit_is_refused(seller: Seller, operation: str, query: dict[str, Any]) -> None:
    verb, path = operation.split()
    answer = seller.ask(f"{verb} {API}/{path}", **query)
    assert (answer.status_code, answer.json()["errorText"]) == (400, "Invalid request parameters")


def test_the_currency_is_the_cabinet_s() -> None:
    seller = Seller(goods=4, foreign_cards=0, seller_currency=643)
    [good] = seller.ask(f"GET {API}/list/goods/filter", limit=10).json()["data"]["listGoods"]
    assert good["currencyIsoCode4217"] == "RUB"
    seller.sim("POST prices", {"currency": "BYN"})
    [good] = seller.ask(f"GET {API}/list/goods/filter", limit=10).json()["data"]["listGoods"]
    assert good["currencyIsoCode4217"] == "BYN"
    assert seller.http.post("/_sim/prices", json={"currency": "XXX"}).status_code == 400


def test_nothing_ever_waits_for_a_promotion(seller: Seller) -> None:
    number = put(seller, {"nmID": SHIRT, "price": 60})
    assert seller.ask(f"GET {API}/buffer/tasks", uploadID=number).json()["data"] == {}
    told = seller.ask(f"GET {API}/buffer/goods/task", uploadID=number, limit=10).json()["data"]
    assert told == {"uploadID": number, "bufferGoods": []}


def test_all_methods_share_a_bucket_of_five() -> None:
    seller = Seller(goods=4, foreign_cards=0)
    asked = [seller.ask(f"GET {API}/list/goods/filter", limit=1).status_code for _ in range(5)]
    assert asked == [200] * 5
    assert seller.ask(f"GET {API}/quarantine/goods", limit=1).status_code == 429
    seller.wait(0.6)
    assert seller.ask(f"GET {API}/quarantine/goods", limit=1).status_code == 200


def test_a_token_without_prices_is_refused_in_the_words_of_prices() -> None:
    answer = Seller(categories=[Category.CONTENT]).ask(SET, {"data": [{"nmID": SHIRT, "price": 60}]})
    assert answer.status_code == 403
    assert answer.json() == {"data": None, "error": True, "errorText": "Access denied"}


def test_a_read_only_token_asks_for_prices_and_does_not_set_them(seller: Seller) -> None:
    token = Seller(categories=[Category.PRICES, 30]).token
    assert seller.ask(f"GET {API}/list/goods/filter", limit=1, token=token).status_code == 200
    body = {"data": [{"nmID": SHIRT, "price": 60}]}
    assert seller.ask(SET, body, token=token).status_code == 403


def test_an_upload_whose_answer_was_lost_is_found_by_sending_it_again(seller: Seller) -> None:
    seller.sim("POST faults", [{"match": "POST /api/v2/upload/task", "kind": "500_after", "times": 1}])
    body = {"data": [{"nmID": SHIRT, "price": 60}]}
    assert seller.ask(SET, body).status_code == 500
    again = seller.ask(SET, body)
    assert (again.status_code, again.json()["data"]["alreadyExists"]) == (208, True)
    seller.wait(2)
    assert state(seller, again.json()["data"]["id"])["status"] == 3
