"""Buyers' orders, supplies and stickers at the simulated WB (wildberries facts §4, §5)."""

import base64
from collections import Counter
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from tests.fixtures.wildberries import BEGAN, FIRST, MINSK, Seller

NEW = "GET /marketplace-api/api/v3/orders/new"
LIST = "GET /marketplace-api/api/v3/orders"
STICKERS = "POST /marketplace-api/api/v3/orders/stickers"
CROSS_BORDER = f"{STICKERS}/cross-border"
SUPPLIES = "/marketplace-api/api/v3/supplies"
DAY = 86_400


@pytest.fixture
def seller() -> Seller:
    return Seller(goods=60, stocked=True, pace=100)


def add(seller: Seller, supply: str, *order_ids: int) -> Any:
    return seller.ask(
        f"PATCH /marketplace-api/api/marketplace/v3/supplies/{supply}/orders", {"orders": list(order_ids)}
    )


def cancel(seller: Seller, order_id: int) -> Any:
    return seller.ask(f"PATCH /marketplace-api/api/v3/orders/{order_id}/cancel")


def stickers(seller: Seller, *order_ids: int, **query: Any) -> list[dict[str, Any]]:
    asked: dict[str, Any] = {"type": "png", "width": 58, "height": 40} | query
    told: list[dict[str, Any]] = seller.ask(STICKERS, {"orders": list(order_ids)}, **asked).json()["stickers"]
    return told


def picture(sticker: dict[str, Any]) -> Image.Image:
    """On white paper, as a printer would show it."""
    drawn = Image.open(BytesIO(base64.b64decode(sticker["file"])))
    paper = Image.new("RGB", drawn.size, "white")
    ink = drawn.convert("RGBA")
    paper.paste(ink, mask=ink.getchannel("A"))
    return paper


def test_a_buyer_takes_one_unit_of_what_wb_shows_and_the_order_is_new(seller: Seller) -> None:
    seller.put({"chrtId": FIRST, "amount": 2})
    [order] = seller.buy(chrt_ids=[FIRST])
    assert seller.stock(FIRST) == {FIRST: 1}
    told = seller.ask(NEW).json()["orders"]
    assert [each["id"] for each in told] == [order["id"]]
    assert seller.status(order["id"]) == {
        "id": order["id"],
        "supplierStatus": "new",
        "wbStatus": "waiting",
        "isCancellable": True,
        "isTransferable": False,
    }


def test_nobody_can_buy_what_wb_shows_as_zero(seller: Seller) -> None:
    seller.put({"chrtId": FIRST, "amount": 2})
    assert len(seller.buy(5, chrt_ids=[FIRST])) == 2
    assert seller.stock(FIRST) == {FIRST: 0}
    assert seller.sim("GET state")["counts"]["buyers_refused"] == 3


def test_a_new_order_tells_money_times_a_hundred_with_iso_numbers_of_both_currencies(seller: Seller) -> None:
    home, abroad = sorted(seller.buy(2, cross_border_share=0.5), key=lambda order: order["crossBorderType"])
    assert (home["currencyCode"], home["convertedCurrencyCode"], home["price"]) == (933, 933, home["convertedPrice"])
    assert (abroad["currencyCode"], abroad["convertedCurrencyCode"]) == (643, 933)
    assert abroad["price"] == round(abroad["convertedPrice"] * 27.5)
    assert home["finalPrice"] < home["price"] < home["salePrice"]
    assert home["convertedPrice"] == seller.wb.state.sizes[home["chrtId"]].price


def test_some_orders_carry_a_buyer_s_address_and_some_carry_none(seller: Seller) -> None:
    seller.buy(60)
    orders = seller.ask(NEW).json()["orders"]
    assert {order["address"] is None for order in orders} == {True, False}
    assert any("+375" in order["comment"] for order in orders)
    assert len({order["orderUid"] for order in orders}) < len(orders)
    assert len({order["rid"] for order in orders}) == len(orders)


def test_an_order_of_a_foreign_card_has_a_barcode_that_no_shop_knows(seller: Seller) -> None:
    orders = seller.buy(10, unknown_barcode_share=0.2)
    assert Counter(order["unknownBarcode"] for order in orders) == {True: 2, False: 8}
    assert all(order["skus"][0].startswith("29") for order in orders if order["unknownBarcode"])


def test_the_same_seed_in_the_same_world_buys_the_same() -> None:
    first, second = ([order["chrtId"] for order in Seller(stocked=True).buy(9, seed=4)] for _ in range(2))
    assert first == second


def test_the_list_of_orders_is_paged_by_next_and_tells_no_status(seller: Seller) -> None:
    ids = [order["id"] for order in seller.buy(5)]
    supply = seller.supply(ids[0])
    first = seller.ask(LIST, limit=2, next=0).json()
    second = seller.ask(LIST, limit=1000, next=first["next"]).json()
    assert [order["id"] for order in first["orders"] + second["orders"]] == ids
    assert [order.get("supplyId") for order in first["orders"]] == [supply, None]
    assert not {"supplierStatus", "salePrice", "requiredMeta"} & set(first["orders"][0])
    assert seller.ask(LIST, limit=2, next=second["next"]).json() == {"next": 0, "orders": []}


def test_the_list_of_orders_reaches_30_days_at_once_and_90_in_all(seller: Seller) -> None:
    seller.buy()
    made = int(BEGAN.timestamp())
    seller.wait(31 * DAY)
    assert seller.ask(LIST, limit=10, next=0).json()["orders"] == []
    window: dict[str, Any] = {"dateFrom": made - 10, "dateTo": made + 10}
    assert len(seller.ask(LIST, limit=10, next=0, **window).json()["orders"]) == 1
    seller.wait(60 * DAY)
    assert seller.ask(LIST, limit=10, next=0, **window).json()["orders"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 10},
        {"next": 0},
        {"limit": 0, "next": 0},
        {"limit": 1001, "next": 0},
        {"limit": 10, "next": 0, "dateFrom": "2026-11-01"},
        {"limit": 10, "next": 0, "dateFrom": 1_700_000_000, "dateTo": 1_700_000_000 + 31 * DAY},
    ],
)
def test_a_list_of_orders_asked_wrongly_is_400(seller: Seller, query: dict[str, Any]) -> None:
    answer = seller.ask(LIST, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "IncorrectParameter")


@pytest.mark.parametrize("body", [{}, {"orders": []}, {"orders": ["1"]}, {"orders": list(range(1, 1002))}, []])
def test_statuses_take_1_to_1000_ids(seller: Seller, body: object) -> None:
    assert seller.ask("POST /marketplace-api/api/v3/orders/status", body).status_code == 400


def test_ids_that_are_not_the_seller_s_are_left_out_of_the_statuses(seller: Seller) -> None:
    answer = seller.ask("POST /marketplace-api/api/v3/orders/status", {"orders": [1]})
    assert answer.json() == {"orders": []}


def test_a_supply_takes_new_orders_to_confirm_and_its_delivery_to_complete(seller: Seller) -> None:
    ids = [order["id"] for order in seller.buy(3)]
    supply = seller.supply(*ids[:2])
    assert [seller.status(each)["supplierStatus"] for each in ids] == ["confirm", "confirm", "new"]
    assert [order["id"] for order in seller.ask(NEW).json()["orders"]] == ids[2:]
    assert seller.ask(f"PATCH {SUPPLIES}/{supply}/deliver").status_code == 204
    assert [seller.status(each)["supplierStatus"] for each in ids] == ["complete", "complete", "new"]
    order_ids = seller.ask(f"GET /marketplace-api/api/marketplace/v3/supplies/{supply}/order-ids").json()
    assert order_ids == {"orderIds": ids[:2]}
    told = seller.ask(f"GET {SUPPLIES}/{supply}").json()
    assert (told["done"], told["closedAt"], told["spotAvailable"]) == (True, "2026-11-23T08:00:00Z", False)
    assert add(seller, supply, ids[2]).json()["code"] == "FailedToAddSupplyOrder"


def test_a_supply_does_not_mix_warehouses_or_borders_and_takes_all_or_none() -> None:
    seller = Seller(stocked=True, pace=100, warehouses=[{"id": MINSK, "name": "А"}, {"id": 502_002, "name": "Б"}])
    seller.put({"chrtId": FIRST, "amount": 5}, warehouse=502_002)
    [here] = seller.buy(warehouse_id=MINSK)
    [there] = seller.buy(warehouse_id=502_002)
    [across] = seller.buy(warehouse_id=MINSK, cross_border_share=1)
    supply = seller.supply(here["id"])
    for other in (there, across):
        answer = add(seller, supply, other["id"])
        assert (answer.status_code, answer.json()["code"]) == (409, "FailedToAddSupplyOrder")
    empty = seller.ask(f"POST {SUPPLIES}", {"name": "Вторник"}).json()["id"]
    assert add(seller, empty, across["id"], there["id"]).status_code == 409
    assert seller.status(across["id"])["supplierStatus"] == "new"


def test_an_order_moves_between_open_supplies(seller: Seller) -> None:
    [order] = seller.buy()
    first, second = seller.supply(order["id"]), seller.supply(order["id"])
    assert seller.wb.state.supplies[first].order_ids == []
    assert seller.wb.state.supplies[second].order_ids == [order["id"]]


def test_an_empty_supply_is_not_delivered_and_only_an_empty_one_is_deleted(seller: Seller) -> None:
    empty = seller.ask(f"POST {SUPPLIES}", {"name": "Пустая"}).json()["id"]
    full = seller.supply(seller.buy()[0]["id"])
    assert seller.ask(f"PATCH {SUPPLIES}/{empty}/deliver").json()["code"] == "SupplyHasZeroOrders"
    assert seller.ask(f"DELETE {SUPPLIES}/{full}").json()["code"] == "SupplyHasOrders"
    assert seller.ask(f"DELETE {SUPPLIES}/{empty}").status_code == 204
    assert [each["id"] for each in seller.ask(f"GET {SUPPLIES}", limit=10, next=0).json()["supplies"]] == [full]
    assert seller.ask(f"GET {SUPPLIES}/{empty}").json()["code"] == "NotFound"


def test_at_most_100_orders_are_added_at_once_and_unknown_ones_are_404(seller: Seller) -> None:
    supply = seller.supply(seller.buy()[0]["id"])
    assert add(seller, supply, *range(1, 102)).status_code == 400
    assert add(seller, supply, 1).status_code == 404


def test_the_barcode_of_a_supply_is_shown_only_after_delivery(seller: Seller) -> None:
    supply = seller.supply(seller.buy()[0]["id"])
    asked = f"GET {SUPPLIES}/{supply}/barcode"
    assert seller.ask(asked, type="png").json()["code"] == "SupplyNotClosed"
    seller.ask(f"PATCH {SUPPLIES}/{supply}/deliver")
    told = seller.ask(asked, type="png").json()
    assert zxingcpp.read_barcodes(picture(told))[0].text == told["barcode"] == supply
    assert seller.ask(asked).status_code == 400


def test_the_seller_s_cancel_leaves_the_supply_and_puts_the_unit_back(seller: Seller) -> None:
    seller.put({"chrtId": FIRST, "amount": 1})
    [order] = seller.buy(chrt_ids=[FIRST])
    supply = seller.supply(order["id"])
    assert cancel(seller, order["id"]).status_code == 204
    status = seller.status(order["id"])
    assert (status["supplierStatus"], status["wbStatus"], status["isCancellable"]) == ("cancel", "canceled", False)
    assert seller.stock(FIRST) == {FIRST: 1}
    assert seller.wb.state.supplies[supply].order_ids == []
    assert cancel(seller, order["id"]).json()["code"] == "StatusMismatch"


def test_what_is_delivered_or_unknown_is_not_cancelled(seller: Seller) -> None:
    [order] = seller.buy()
    seller.supply(order["id"], deliver=True)
    assert cancel(seller, order["id"]).json()["code"] == "StatusChangeNotAllowed"
    assert cancel(seller, 1).status_code == 404


def test_a_buyer_changes_his_mind_before_assembly_or_refuses_at_the_pickup_point(seller: Seller) -> None:
    early, late = (order["id"] for order in seller.buy(2))
    seller.sim(f"POST orders/{early}/cancel_by_client")
    assert seller.status(early)["wbStatus"] == "declined_by_client"
    assert early not in {order["id"] for order in seller.ask(NEW).json()["orders"]}
    assert seller.http.post(f"/_sim/orders/{late}/sold").status_code == 409
    seller.supply(late, deliver=True)
    for event in ("sorted", "ready_for_pickup", "cancel_by_client"):
        seller.sim(f"POST orders/{late}/{event}")
    status = seller.status(late)
    assert (status["supplierStatus"], status["wbStatus"]) == ("complete", "canceled_by_client")


def test_a_carrier_s_cancel_has_the_statuses_that_the_documented_lists_forgot(seller: Seller) -> None:
    [order] = seller.buy(cross_border_share=1)
    seller.supply(order["id"], deliver=True)
    seller.sim(f"POST orders/{order['id']}/cancel_by_carrier")
    status = seller.status(order["id"])
    assert (status["supplierStatus"], status["wbStatus"]) == ("cancel_carrier", "canceled_by_carrier")


@pytest.mark.parametrize(("width", "height"), [(58, 40), (40, 30)])
def test_a_png_sticker_has_ten_pixels_a_millimetre_and_scans(seller: Seller, width: int, height: int) -> None:
    ids = [order["id"] for order in seller.buy(30)]
    seller.supply(*ids)
    made = stickers(seller, *ids, width=width, height=height)
    assert [sticker["orderId"] for sticker in made] == ids
    assert {picture(sticker).size for sticker in made} == {(width * 10, height * 10)}
    read = [zxingcpp.read_barcodes(picture(sticker)) for sticker in made]
    assert [[code.text for code in codes] for codes in read] == [[sticker["barcode"]] for sticker in made]
    assert all(len(sticker["partA"]) == 7 and len(sticker["partB"]) == 4 for sticker in made)


def test_stickers_come_in_several_colour_modes_and_are_always_the_same_for_an_order(seller: Seller) -> None:
    ids = [order["id"] for order in seller.buy(60)]
    seller.supply(*ids)
    made = stickers(seller, *ids)
    modes = Counter(Image.open(BytesIO(base64.b64decode(sticker["file"]))).mode for sticker in made)
    assert set(modes) == {"RGB", "RGBA", "P", "L", "1"}
    assert modes.most_common(1)[0][0] == "RGB"
    assert stickers(seller, *ids) == made


def test_stickers_come_as_svg_and_zpl_too(seller: Seller) -> None:
    [order] = seller.buy()
    seller.supply(order["id"])
    files = [base64.b64decode(stickers(seller, order["id"], type=each)[0]["file"]) for each in ("svg", "zplv", "zplh")]
    assert [file[:4] for file in files] == [b"<svg", b"^XA^", b"^XA^"]


def test_orders_that_are_new_cancelled_unknown_or_cross_border_are_silently_missing(seller: Seller) -> None:
    kept, fresh, gone = (order["id"] for order in seller.buy(3))
    [abroad] = seller.buy(cross_border_share=1)
    seller.supply(kept, gone)
    seller.supply(abroad["id"])
    cancel(seller, gone)
    assert [each["orderId"] for each in stickers(seller, kept, fresh, gone, abroad["id"], 1)] == [kept]


@pytest.mark.parametrize("query", [{"type": "pdf"}, {"width": 40}, {"height": ""}, {"width": 58.0}])
def test_there_is_no_pdf_sticker_and_no_other_size(seller: Seller, query: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"type": "png", "width": 58, "height": 40} | query
    assert seller.ask(STICKERS, {"orders": [1]}, **asked).status_code == 400


def test_at_most_100_stickers_are_given_at_once(seller: Seller) -> None:
    answer = seller.ask(STICKERS, {"orders": list(range(1, 102))}, type="png", width=58, height=40)
    assert answer.json()["code"] == "IncorrectRequest"


def test_a_cross_border_sticker_is_awaited_first_and_then_is_a_pdf_of_another_size_that_scans() -> None:
    seller = Seller(stocked=True, awaiting_asks=2, pace=100)
    [abroad] = seller.buy(cross_border_share=1)
    [home] = seller.buy()
    asked = {"orders": [abroad["id"], home["id"]]}
    assert seller.ask(CROSS_BORDER, asked).json() == {"stickers": []}
    seller.supply(abroad["id"])
    seller.supply(home["id"])
    answers = [seller.ask(CROSS_BORDER, asked).json()["stickers"] for _ in range(3)]
    assert [[each["status"] for each in answer] for answer in answers] == [
        ["awaitingTrackNumber"],
        ["awaitingTrackNumber"],
        ["ready"],
    ]
    assert answers[0][0]["file"] == ""
    [ready] = answers[2]
    document = pypdfium2.PdfDocument(base64.b64decode(ready["file"]))
    assert len(document) == 1
    assert [round(side * 25.4 / 72) for side in document[0].get_size()] == [75, 120]
    assert zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())[0].text == ready["barcode"]
    document.close()
