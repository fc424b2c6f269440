"""What WB sends is taken leniently, what it takes is sent exactly."""

import json
from base64 import b64encode

import pytest
from pydantic import ValidationError

from wbsync import texts
from wbsync.domain.ids import Barcode, ChrtId, NmId, OrderId
from wbsync.errors import Rejected
from wbsync.wb import wire

# As facts §4 describe an order; the buyer is invented.
ORDER = {
    "id": 5_000_001, "rid": "r1", "orderUid": "u1", "createdAt": "2026-11-24T07:56:29Z", "article": "art-1",
    "nmId": 70, "chrtId": 700, "skus": ["4810000000017"], "warehouseId": 9, "officeId": 3, "offices": ["Гомель"],
    "price": 101_400, "salePrice": 110_000, "finalPrice": 99_900, "convertedPrice": 2_832_200,
    "convertedFinalPrice": 2_790_000, "currencyCode": 933, "convertedCurrencyCode": 643, "cargoType": 1,
    "crossBorderType": 0, "scanPrice": None, "requiredMeta": ["sgtin"], "optionalMeta": None, "isZeroOrder": False,
    "address": {"fullAddress": "ул. Выдуманная, 1", "longitude": 1.5, "latitude": 2.5}, "comment": "позвоните Ольге",
    "options": {"isB2B": False}, "aFieldOfTomorrow": {"x": 1},
}  # fmt: skip


def test_an_order_is_read_whole_and_without_its_buyer() -> None:
    order = wire.NewOrders.model_validate({"orders": [ORDER]}).orders[0]
    assert (order.id, order.nm_id, order.chrt_id, order.skus) == (5_000_001, 70, 700, ("4810000000017",))
    assert (order.price, order.currency_code, order.converted_price) == (101_400, 933, 2_832_200)
    assert (order.required_meta, order.optional_meta) == (("sgtin",), ())
    assert order.created_at.isoformat() == "2026-11-24T07:56:29+00:00"
    assert "Выдуманная" not in repr(order)
    assert "Ольге" not in repr(order)


def test_null_is_the_same_as_absent() -> None:
    sparse = {key: ORDER[key] for key in ("id", "createdAt", "nmId", "chrtId", "warehouseId", "price", "currencyCode")}
    nulls = dict.fromkeys(ORDER) | sparse
    assert wire.OrderNew.model_validate(nulls) == wire.OrderNew.model_validate(sparse)
    assert wire.NewOrders.model_validate({"orders": None}).orders == ()


def test_what_does_not_fit_is_named_without_its_value() -> None:
    with pytest.raises(ValidationError) as refused:
        wire.OrderNew.model_validate(ORDER | {"nmId": "Ольга Выдуманная"})
    assert "Выдуманная" not in str(refused.value)


def test_statuses_unknown_to_the_specification_are_kept_as_text() -> None:
    row = {"id": 1, "supplierStatus": "cancel_carrier", "wbStatus": "canceled_by_carrier", "isTransferable": True}
    status = wire.OrderStatuses.model_validate({"orders": [row]}).orders[0]
    assert (status.supplier_status, status.wb_status, status.is_cancellable) == (
        "cancel_carrier",
        "canceled_by_carrier",
        False,
    )


def test_a_broken_sticker_spoils_no_other() -> None:
    good = {"orderId": 1, "partA": 231648, "partB": "9753", "barcode": "!x", "file": b64encode(b"PNG").decode()}
    bad = ({"orderId": 2, "file": "ab*c"}, {"orderId": 3, "file": ""}, {"orderId": 4, "file": None})
    first, *others = wire.Stickers.model_validate({"stickers": [good, *bad]}).stickers
    assert (first.content(), first.part_a) == (b"PNG", "231648")
    for sticker in others:
        with pytest.raises(Rejected, match=f"sticker of order {sticker.order_id} is"):
            sticker.content()


def test_a_cross_border_sticker_tells_when_it_is_ready() -> None:
    rows = [
        {"orderId": 1, "status": "awaitingTrackNumber", "file": ""},
        {"orderId": 2, "status": "ready", "file": "QQ=="},
    ]
    waiting, ready = wire.CrossBorderStickers.model_validate({"stickers": rows}).stickers
    assert (waiting.ready, ready.ready, ready.content()) == (False, True, b"A")


def test_stock_goes_out_under_the_very_names_that_wb_reads() -> None:
    rows = (wire.StockRow(chrt_id=ChrtId(700), amount=0),)
    assert json.loads(wire.PutStocks(stocks=rows).model_dump_json()) == {"stocks": [{"chrtId": 700, "amount": 0}]}
    assert json.loads(wire.ChrtIds(chrt_ids=(ChrtId(700),)).model_dump_json()) == {"chrtIds": [700]}
    assert json.loads(wire.OrderIds(orders=(OrderId(1),)).model_dump_json()) == {"orders": [1]}


def test_cards_are_asked_for_from_the_beginning_or_from_a_kept_cursor() -> None:
    first = wire.CardsAsk.after().model_dump(mode="json", exclude_none=True)
    assert first == {"settings": {"sort": {"ascending": True}, "filter": {"withPhoto": -1}, "cursor": {"limit": 100}}}
    cursor = wire.CardsCursor(updated_at="2026-11-24T07:56:29.123456Z", nm_id=NmId(70))
    later = wire.CardsAsk.after(cursor).model_dump(mode="json", exclude_none=True)
    assert later["settings"]["cursor"] == {"limit": 100, "updatedAt": "2026-11-24T07:56:29.123456Z", "nmID": 70}
    assert wire.CardsAsk.after(wire.CardsCursor()) == wire.CardsAsk.after()


def test_cards_are_read_under_contents_own_spelling() -> None:
    answer = {
        "cards": [
            {"nmID": 70, "imtID": 7, "vendorCode": "a", "sizes": [{"chrtID": 700, "techSize": 42, "skus": ["1"]}]}
        ],
        "cursor": {"updatedAt": "2026-11-24T07:56:29Z", "nmID": 70, "total": 1},
    }
    cards = wire.Cards.model_validate(answer)
    assert (cards.cards[0].nm_id, cards.cards[0].sizes[0].chrt_id, cards.cards[0].sizes[0].tech_size) == (70, 700, "42")
    assert (cards.cursor.nm_id, cards.cursor.total) == (70, 1)


def refused(body: object, status: int = 409) -> Rejected:
    return Rejected("put_stocks: 409", status=status, body=body)


def test_refused_rows_are_named_by_size_or_by_barcode() -> None:
    body = [
        {
            "code": "UploadDataLimit",
            "message": "m",
            "data": [{"sku": "1", "amount": 100_001}, {"sku": "?", "amount": 1}],
        },
        {"code": "DeliveryTypeRestriction", "message": "m", "data": [{"sku": "", "chrtId": 702, "amount": 10}]},
        {"code": "CodeOfTomorrow", "message": "Because.", "data": [{"chrtId": 703}]},
        {"code": "StoreIsProcessing", "message": "m", "data": [{"chrtId": 704}]},
        {"code": "ProductPropertyConflict", "message": "m"},
        "nonsense",
    ]
    assert wire.refused_barcodes(refused(body)) == {"1", "?"}
    assert wire.refused_stock_rows(refused(body), {Barcode("1"): ChrtId(701)}) == {
        701: ("UploadDataLimit", texts.STOCK_REFUSALS["UploadDataLimit"]),
        702: ("DeliveryTypeRestriction", texts.STOCK_REFUSALS["DeliveryTypeRestriction"]),
        703: ("CodeOfTomorrow", "Because."),
    }


@pytest.mark.parametrize(
    "body", [None, {"code": "NotFound", "message": ""}, [], "text", [{"data": 5}], [{"data": [5]}]]
)
def test_no_row_is_named_by_anything_else(body: object) -> None:
    assert wire.refused_stock_rows(refused(body)) == {}
    assert wire.refused_barcodes(refused(body)) == set()


def test_no_row_is_named_by_an_answer_other_than_409() -> None:
    assert wire.refused_stock_rows(refused([{"code": "NotFound", "data": [{"chrtId": 1}]}], status=400)) == {}


def test_what_passes_by_itself_has_a_text_too() -> None:
    assert wire.LATER.keys() <= texts.STOCK_REFUSALS.keys()
