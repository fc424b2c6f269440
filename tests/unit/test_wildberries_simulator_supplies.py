"""Supplies, boxes, second deliveries and SPOT at the simulated WB (wildberries facts §5)."""

import base64
from io import BytesIO
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests.fixtures.wildberries import FIRST, MINSK, Seller

SUPPLIES = "/marketplace-api/api/v3/supplies"
FBS = "/marketplace-api/api/marketplace/v3/fbs/supplies"
ORDERS = "/marketplace-api/api/marketplace/v3/supplies/{}/orders"
RUSSIA = 601_001
HOUR, DAY = 3_600, 86_400
FORM = {
    "carrierName": "ЧТУП «Небылица»",
    "carrierTaxNumber": "190000001",
    "carrierCountryCode": "112",
    "vehicleRegistrationNumber": "AA 0000-7",
}


@pytest.fixture
def seller() -> Seller:
    warehouses = [{"id": MINSK, "name": "Минск"}, {"id": RUSSIA, "name": "На Россию", "office_id": 601}]
    seller = Seller(goods=60, stocked=True, pace=1_000, warehouses=warehouses)
    seller.put({"chrtId": FIRST, "amount": 20}, warehouse=RUSSIA)
    return seller


def bought(seller: Seller, count: int = 1, **wishes: Any) -> list[int]:
    return [order["id"] for order in seller.buy(count, **{"warehouse_id": MINSK} | wishes)]


def add(seller: Seller, supply: str, *orders: int) -> httpx.Response:
    return seller.ask(f"PATCH {ORDERS.format(supply)}", {"orders": list(orders)})


def told(seller: Seller, supply: str) -> dict[str, Any]:
    answer: dict[str, Any] = seller.ask(f"GET {SUPPLIES}/{supply}").json()
    return answer


def deliver(seller: Seller, supply: str) -> httpx.Response:
    return seller.ask(f"PATCH {SUPPLIES}/{supply}/deliver")


def why(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code") or answer.json()["title"]


# Kinds


@pytest.mark.parametrize(
    "other", [{"b2b_share": 1}, {"cross_border_share": 1}, {"warehouse_id": RUSSIA}], ids=["b2b", "border", "warehouse"]
)
def test_a_supply_takes_orders_of_one_kind_only(seller: Seller, other: dict[str, Any]) -> None:
    [plain], [strange] = bought(seller), bought(seller, **other)
    assert why(add(seller, seller.supply(plain), strange)) == (409, "FailedToAddSupplyOrder")
    assert why(add(seller, seller.supply(strange), plain)) == (409, "FailedToAddSupplyOrder")


def test_goods_of_another_size_class_need_a_supply_of_their_own() -> None:
    seller = Seller(goods=60, pace=1_000, heavy_every=2, warehouses=[{"id": MINSK, "name": "Минск"}])
    stock = seller.wb.state.stocks[MINSK]
    stock |= dict.fromkeys(seller.wb.state.sizes, 1)
    orders = seller.buy(20)
    light, heavy = (next(order["id"] for order in orders if order["cargoType"] == cargo) for cargo in (1, 3))
    assert why(add(seller, seller.supply(light), heavy)) == (409, "FailedToAddSupplyOrder")


def test_an_empty_supply_has_no_kind_and_takes_that_of_its_first_order(seller: Seller) -> None:
    empty = seller.ask(f"POST {SUPPLIES}", {"name": "Пустая"}).json()["id"]
    before = told(seller, empty)
    assert (before["crossBorderType"], before["isB2b"], before["destinationOfficeId"]) == (None, None, None)
    add(seller, empty, *bought(seller, b2b_share=1))
    after = told(seller, empty)
    assert (after["crossBorderType"], after["isB2b"], after["destinationOfficeId"]) == (0, True, 501)
    assert (after["cargoType"], after["done"], after["scanDt"]) == (1, False, None)


def test_an_exact_share_of_the_orders_is_b2b_and_the_goods_are_the_same_with_and_without_it() -> None:
    plain, shared = Seller(stocked=True), Seller(stocked=True)
    first, second = plain.buy(20, seed=3), shared.buy(20, seed=3, b2b_share=0.25, required_meta={"sgtin": 0.5})
    assert sum(order["options"]["isB2B"] for order in second) == 5
    assert sum(order["requiredMeta"] == ["sgtin"] for order in second) == 10
    assert [order["chrtId"] for order in first] == [order["chrtId"] for order in second]
    assert [order["rid"] for order in first] == [order["rid"] for order in second]


def test_a_supply_goes_to_a_pick_up_point_when_all_of_its_orders_may(seller: Seller) -> None:
    yes, no = bought(seller), bought(seller, pickup_point_share=0)
    supply = seller.supply(*yes)
    assert told(seller, supply)["isPickupPointShipmentAllowed"] is True
    add(seller, supply, *no)
    assert told(seller, supply)["isPickupPointShipmentAllowed"] is False


def test_supplies_are_listed_by_pages(seller: Seller) -> None:
    made = [seller.ask(f"POST {SUPPLIES}", {"name": str(at)}).json()["id"] for at in range(3)]
    first = seller.ask(f"GET {SUPPLIES}", limit=2, next=0).json()
    second = seller.ask(f"GET {SUPPLIES}", limit=2, next=first["next"]).json()
    assert [each["id"] for each in first["supplies"] + second["supplies"]] == made
    assert seller.ask(f"GET {SUPPLIES}", limit=2, next=second["next"]).json() == {"next": 0, "supplies": []}


def test_the_number_of_a_deleted_supply_is_not_given_again(seller: Seller) -> None:
    first = seller.ask(f"POST {SUPPLIES}", {"name": "А"}).json()["id"]
    seller.ask(f"DELETE {SUPPLIES}/{first}")
    assert seller.ask(f"POST {SUPPLIES}", {"name": "Б"}).json()["id"] != first


@pytest.mark.parametrize("name", ["", "я" * 129, None, 7])
def test_a_supply_has_a_name_of_1_to_128_characters(seller: Seller, name: object) -> None:
    assert why(seller.ask(f"POST {SUPPLIES}", {"name": name})) == (400, "IncorrectRequestBody")


def test_a_supply_that_was_made_while_the_connection_broke_is_there(seller: Seller) -> None:
    seller.sim("POST faults", [{"match": "POST /api/v3/supplies", "kind": "cut_after", "times": 1}])
    with pytest.raises(httpx.RemoteProtocolError):
        seller.ask(f"POST {SUPPLIES}", {"name": "Волна 1"})
    assert [each["name"] for each in seller.ask(f"GET {SUPPLIES}", limit=10, next=0).json()["supplies"]] == ["Волна 1"]


def test_every_new_write_is_done_though_the_connection_breaks(seller: Seller) -> None:
    seller.sim("POST faults", [{"match": "P* /*", "kind": "cut_after"}, {"match": "DELETE *", "kind": "cut_after"}])

    def cut(operation: str, body: object = None) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            seller.ask(operation, body)

    first, second = bought(seller, 2, warehouse_id=RUSSIA, required_meta={"gtin": 1})
    for name in ("Первая", "Вторая"):
        cut(f"POST {SUPPLIES}", {"name": name})
    supply, other = seller.wb.state.supplies.values()
    cut(f"PATCH {ORDERS.format(supply.id)}", {"orders": [first, second]})
    cut(f"POST {SUPPLIES}/{supply.id}/trbx", {"amount": 1})
    cut(f"DELETE {SUPPLIES}/{supply.id}/trbx", {"trbxIds": supply.boxes})
    for order in (first, second):
        cut(f"PUT /marketplace-api/api/v3/orders/{order}/meta/gtin", {"gtin": "4810000000012"})
    cut(f"PATCH {SUPPLIES}/{supply.id}/deliver")
    cut(f"PUT {FBS}/{supply.id}/spot", FORM)
    cut(f"PATCH {FBS}/{supply.id}/orders/transfer", {"orderIds": [second], "newSupplyId": other.id})
    assert (supply.order_ids, other.order_ids, supply.boxes) == ([first], [second], [])
    assert supply.spot is not None


# Delivery


def test_a_delivered_supply_takes_no_more_orders_and_gives_none_away(seller: Seller) -> None:
    inside, outside = bought(seller, 2)
    closed, fresh = seller.supply(inside, deliver=True), seller.supply(outside)
    assert why(add(seller, closed, outside)) == (409, "FailedToAddSupplyOrder")
    assert why(add(seller, fresh, inside)) == (409, "FailedToAddSupplyOrder")
    assert why(deliver(seller, closed)) == (409, "SupplyHasZeroOrders")
    assert seller.ask(f"GET {ORDERS.format(closed)[:-7]}/order-ids").json() == {"orderIds": [inside]}


def test_wb_closes_an_open_supply_when_it_takes_in_its_first_order(seller: Seller) -> None:
    orders = bought(seller, 2)
    supply = seller.supply(*orders)
    seller.wait(HOUR)
    seller.sim(f"POST supplies/{supply}/scan", {"orders": orders[:1]})
    assert [seller.status(each)["wbStatus"] for each in orders] == ["sorted", "waiting"]
    assert (told(seller, supply)["done"], told(seller, supply)["scanDt"]) == (True, "2026-11-23T09:00:00Z")


def test_planned_shipping_is_told_once_it_is_set(seller: Seller) -> None:
    supply = seller.supply(*bought(seller))
    assert "shippingDt" not in told(seller, supply)
    plan = {"shippingDt": "2026-11-25", "shippingPointId": 100, "shippingType": "selfShipping", "waybillUuid": "a-b"}
    seller.sim(f"POST supplies/{supply}", plan)
    assert told(seller, supply).items() >= plan.items()
    assert seller.http.post(f"/_sim/supplies/{supply}", json={"shipping": 1}).status_code == 400


# Second deliveries


def test_what_wb_missed_for_a_day_is_told_for_reshipment_and_goes_into_another_supply(seller: Seller) -> None:
    found, missed = bought(seller, 2)
    first = seller.supply(found, missed, deliver=True)
    asked = f"GET {SUPPLIES}/orders/reshipment"
    seller.wait(3 * DAY)
    assert seller.ask(asked).json() == {"orders": []}
    seller.sim(f"POST supplies/{first}/scan", {"orders": [found]})
    assert seller.ask(asked).json() == {"orders": []}
    seller.wait(DAY)
    assert seller.ask(asked).json() == {"orders": [{"supplyID": first, "orderID": missed}]}
    second = seller.supply(missed)
    assert seller.ask(asked).json() == {"orders": []}
    assert seller.status(missed)["supplierStatus"] == "confirm"
    assert [seller.wb.state.supplies[each].order_ids for each in (first, second)] == [[found], [missed]]


def transfer(seller: Seller, source: str, target: str, *orders: int) -> httpx.Response:
    asked = {"orderIds": list(orders), "newSupplyId": target}
    return seller.ask(f"PATCH {FBS}/{source}/orders/transfer", asked)


def test_a_delivered_order_is_taken_back_once_and_gets_a_new_sticker(seller: Seller) -> None:
    order, other = bought(seller, 2)
    first, second = seller.supply(order, deliver=True), seller.supply(other)
    assert seller.status(order)["isTransferable"] is True
    before = sticker(seller, order)
    [row] = transfer(seller, first, second, order).json()["transferredOrders"]
    after = sticker(seller, order)
    assert row == {"orderId": order, "success": True, "oldStickerId": number(before), "newStickerId": number(after)}
    assert before["barcode"] != after["barcode"]
    assert seller.status(order)["supplierStatus"] == "confirm"
    deliver(seller, second)
    assert seller.status(order)["isTransferable"] is False
    third = seller.supply(*bought(seller))
    [row] = transfer(seller, second, third, order).json()["transferredOrders"]
    assert row["error"]["detail"]
    assert "success" not in row
    assert row["newStickerId"] == row["oldStickerId"] == number(after)


def sticker(seller: Seller, order: int) -> dict[str, Any]:
    asked: dict[str, Any] = {"type": "svg", "width": 58, "height": 40}
    answer = seller.ask("POST /marketplace-api/api/v3/orders/stickers", {"orders": [order]}, **asked)
    made: dict[str, Any] = answer.json()["stickers"][0]
    return made


def number(made: dict[str, Any]) -> int:
    return int(made["partA"] + made["partB"])


def test_each_order_that_can_not_be_taken_back_has_its_own_error_and_the_others_go(seller: Seller) -> None:
    good, seen, across = *bought(seller, 2), *bought(seller, cross_border_share=1)
    source, target = seller.supply(good, seen, deliver=True), seller.supply(*bought(seller))
    elsewhere = seller.supply(across, deliver=True)
    seller.sim(f"POST orders/{seen}/sorted")
    rows = transfer(seller, source, target, good, seen, across, 1).json()["transferredOrders"]
    assert [row.get("success", False) for row in rows] == [True, False, False, False]
    [strange] = transfer(seller, elsewhere, target, across).json()["transferredOrders"]
    assert "suit" in strange["error"]["detail"]
    deliver(seller, target)
    [closed] = transfer(seller, elsewhere, target, across).json()["transferredOrders"]
    assert closed["error"]["code"] == 409


def test_a_transfer_between_supplies_that_are_not_there_is_400(seller: Seller) -> None:
    [order] = bought(seller)
    supply = seller.supply(order, deliver=True)
    assert why(transfer(seller, "WB-GI-1", supply, order)) == (400, "IncorrectParameter")
    assert why(transfer(seller, supply, "WB-GI-1", order)) == (400, "IncorrectParameter")
    assert transfer(seller, supply, supply).status_code == 400


# Boxes


def test_a_supply_has_at_most_half_as_many_boxes_as_orders(seller: Seller) -> None:
    supply = seller.supply(*bought(seller, 10))
    boxes = f"{SUPPLIES}/{supply}/trbx"
    assert why(seller.ask(f"POST {boxes}", {"amount": 6})) == (400, "IncorrectParameter")
    first = seller.ask(f"POST {boxes}", {"amount": 3})
    second = seller.ask(f"POST {boxes}", {"amount": 2}).json()["trbxIds"]
    assert first.status_code == 201
    assert seller.ask(f"POST {boxes}", {"amount": 1}).status_code == 400
    made = first.json()["trbxIds"] + second
    assert len(set(made)) == 5
    assert seller.ask(f"GET {boxes}").json() == {"trbxes": [{"id": each} for each in made]}
    assert seller.ask(f"DELETE {boxes}", {"trbxIds": made[:1]}).status_code == 204
    assert seller.sim("GET state")["supplies"][-1]["trbxIds"] == made[1:]


@pytest.mark.parametrize("amount", [0, 1_001, "1", None, True])
def test_boxes_are_added_by_1_to_1000(seller: Seller, amount: object) -> None:
    supply = seller.supply(*bought(seller, 4))
    assert seller.ask(f"POST {SUPPLIES}/{supply}/trbx", {"amount": amount}).status_code == 400


def test_boxes_are_for_open_supplies_to_pick_up_points_only(seller: Seller) -> None:
    closed = seller.supply(*bought(seller, 2))
    [box] = seller.ask(f"POST {SUPPLIES}/{closed}/trbx", {"amount": 1}).json()["trbxIds"]
    deliver(seller, closed)
    elsewhere = seller.supply(*bought(seller, 2, pickup_point_share=0.5))
    for supply in (closed, elsewhere):
        assert why(seller.ask(f"POST {SUPPLIES}/{supply}/trbx", {"amount": 1})) == (400, "IncorrectParameter")
    assert why(seller.ask(f"DELETE {SUPPLIES}/{closed}/trbx", {"trbxIds": [box]})) == (400, "IncorrectParameter")


def test_boxes_that_are_not_in_the_supply_are_404(seller: Seller) -> None:
    supply = seller.supply(*bought(seller, 2))
    boxes, strange = f"{SUPPLIES}/{supply}/trbx", {"trbxIds": ["WB-TRBX-1"]}
    assert why(seller.ask(f"DELETE {boxes}", strange)) == (404, "NotFound")
    assert why(seller.ask(f"POST {boxes}/stickers", strange, type="png")) == (404, "NotFound")
    assert seller.ask(f"GET {SUPPLIES}/WB-GI-1/trbx").status_code == 404


def test_the_sticker_of_a_box_scans_as_what_is_told(seller: Seller) -> None:
    supply = seller.supply(*bought(seller, 4))
    made = seller.ask(f"POST {SUPPLIES}/{supply}/trbx", {"amount": 2}).json()
    asked = f"POST {SUPPLIES}/{supply}/trbx/stickers"
    labels = seller.ask(asked, made, type="png").json()["stickers"]
    pictures = [Image.open(BytesIO(base64.b64decode(label["file"]))).convert("L") for label in labels]
    assert [picture.size for picture in pictures] == [(580, 400)] * 2
    assert [zxingcpp.read_barcodes(each)[0].text for each in pictures] == [label["barcode"] for label in labels]
    assert seller.ask(asked, made).status_code == 400


# SPOT


@pytest.fixture
def sent(seller: Seller) -> str:
    """A supply on its way to Russia."""
    return seller.supply(*bought(seller, 2, warehouse_id=RUSSIA), deliver=True)


def spot(seller: Seller, supply: str, **changes: object) -> httpx.Response:
    return seller.ask(f"PUT {FBS}/{supply}/spot", FORM | changes)


def spots(seller: Seller, *supplies: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = seller.ask(f"POST {FBS}/spot/list", {"supplyIds": supplies}).json()["supplies"]
    return rows


def test_spot_is_for_delivered_supplies_to_russia_only(seller: Seller, sent: str) -> None:
    waiting, home = seller.supply(*bought(seller, warehouse_id=RUSSIA)), seller.supply(*bought(seller), deliver=True)
    assert [told(seller, each)["spotAvailable"] for each in (sent, waiting, home)] == [True, False, False]
    for each in (waiting, home):
        answer = spot(seller, each)
        assert (answer.status_code, set(answer.json())) == (409, {"title", "detail"})
        assert spots(seller, each)[0]["error"]["title"]


def test_a_form_is_pending_and_then_completed_with_a_qr_code(seller: Seller, sent: str) -> None:
    assert spots(seller, sent) == [{"id": sent}]
    assert spot(seller, sent, trailerRegistrationNumber="A 0000 A-7").status_code == 204
    qr = f"GET {FBS}/{sent}/stickers/spot"
    assert spots(seller, sent)[0]["spot"]["status"] == "pending"
    assert (seller.ask(qr).status_code, set(seller.ask(qr).json())) == (404, {"title", "detail"})
    seller.wait(HOUR)
    assert spots(seller, sent)[0]["spot"] == FORM | {"status": "completed", "trailerRegistrationNumber": "A 0000 A-7"}
    picture = Image.open(BytesIO(base64.b64decode(seller.ask(qr).json()["qrCode"])))
    assert picture.format == "PNG"
    assert sent in zxingcpp.read_barcodes(picture.convert("L"))[0].text


def test_a_failed_form_tells_its_reason_and_may_be_sent_again(seller: Seller, sent: str) -> None:
    seller.sim(f"POST supplies/{sent}", {"spot_outcome": "failed"})
    spot(seller, sent)
    assert spot(seller, sent).status_code == 409
    seller.wait(HOUR)
    assert spots(seller, sent)[0]["spot"].items() >= {"status": "failed", "errorCode": "doppFailed"}.items()
    assert seller.ask(f"GET {FBS}/{sent}/stickers/spot").status_code == 404
    seller.sim(f"POST supplies/{sent}", {"spot_outcome": "completed"})
    assert spots(seller, sent)[0]["spot"]["status"] == "failed"
    assert spot(seller, sent).status_code == 204
    seller.wait(HOUR)
    assert spots(seller, sent)[0]["spot"]["status"] == "completed"
    assert spot(seller, sent).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"carrierName": ""},
        {"carrierName": "я" * 1_001},
        {"carrierTaxNumber": 190_000_001},
        {"carrierTaxNumber": "1" * 51},
        {"carrierCountryCode": "BY"},
        {"carrierCountryCode": "BLR"},
        {"vehicleRegistrationNumber": None},
        {"vehicleRegistrationNumber": "A" * 31},
        {"trailerRegistrationNumber": ""},
    ],
)
def test_a_form_that_is_filled_in_wrongly_is_400_with_title_and_detail(
    seller: Seller, sent: str, changes: dict[str, object]
) -> None:
    answer = spot(seller, sent, **changes)
    assert (answer.status_code, set(answer.json())) == (400, {"title", "detail"})
    assert seller.wb.state.supplies[sent].spot is None


def test_forms_are_listed_for_1_to_100_supplies_and_unknown_ones_have_an_error(seller: Seller) -> None:
    assert spots(seller, "WB-GI-1")[0]["error"]["title"] == "NotFound"
    for asked in ([], ["WB-GI-1"] * 101, [1], None):
        assert seller.ask(f"POST {FBS}/spot/list", {"supplyIds": asked}).status_code == 400
    assert spot(seller, "WB-GI-1").status_code == 404
    assert seller.http.post("/_sim/supplies/WB-GI-1", json={}).status_code == 404
