"""Prices: what WB says of them and of its tasks, and what it takes."""

import json
from decimal import Decimal

import pytest

from wbsync.domain.ids import ChrtId, NmId
from wbsync.errors import Rejected
from wbsync.wb import operations as op
from wbsync.wb import price_wire
from wbsync.wb.client import decipher


def told(data: object) -> bytes:
    return json.dumps({"data": data, "error": False, "errorText": ""}).encode()


def test_prices_go_out_under_the_very_names_that_wb_reads() -> None:
    rows = (price_wire.NewPrice(nm_id=NmId(70), price=90, discount=0), price_wire.NewPrice(nm_id=NmId(71), price=80))
    body = price_wire.SetPrices(data=rows).model_dump(mode="json", exclude_none=True)
    assert body == {"data": [{"nmID": 70, "price": 90, "discount": 0}, {"nmID": 71, "price": 80}]}
    of_size = price_wire.SetSizePrices(data=(price_wire.NewSizePrice(nm_id=NmId(70), size_id=ChrtId(700), price=90),))
    assert of_size.model_dump(mode="json") == {"data": [{"nmID": 70, "sizeID": 700, "price": 90}]}
    assert price_wire.NmList(nm_list=(NmId(70),)).model_dump(mode="json") == {"nmList": [70]}


def test_a_task_is_told_whether_it_is_new_or_known() -> None:
    made = decipher(op.SET_PRICES, 200, {}, told({"id": 5, "alreadyExists": False}))
    known = decipher(op.SET_PRICES, 208, {}, told({"id": 5, "alreadyExists": True}))
    assert (made.upload_id, made.already_exists, known.upload_id, known.already_exists) == (5, False, 5, True)


@pytest.mark.parametrize(("status", "ended"), [(1, False), (2, False), (3, True), (4, True), (5, True), (6, True)])
def test_a_task_has_ended_in_the_documented_states_only(status: int, ended: bool) -> None:
    state = {
        "uploadID": 5, "status": status, "uploadDate": "2022-08-21T22:00:13+02:00", "activationDate": None,
        "overAllGoodsNumber": 3, "successGoodsNumber": 2,
    }  # fmt: skip
    task = decipher(op.PRICE_TASK, 200, {}, told(state)).data
    assert (task.ended, task.over_all_goods_number, task.success_goods_number) == (ended, 3, 2)


@pytest.mark.parametrize("data", [None, {}])
def test_a_task_of_which_nothing_is_told_yet_has_not_ended(data: object) -> None:
    assert not decipher(op.PRICE_TASK, 200, {}, told(data)).data.ended


def test_goods_of_a_task_tell_why_they_were_refused_and_which_are_quarantined() -> None:
    words = "New price is several times lower than the current price. Item has been moved to Price Quarantine"
    rows = [
        {"nmID": 70, "sizeID": 700, "price": 90, "currencyIsoCode4217": "BYN", "discount": 5, "status": 2},
        {"nmID": 71, "status": 3, "errorText": words},
        {"nmID": 72, "status": 3, "errorText": "No such item"},
    ]
    taken, quarantined, refused = decipher(
        op.PRICE_TASK_GOODS, 200, {}, told({"uploadID": 5, "historyGoods": rows})
    ).goods
    assert (taken.price, taken.currency, taken.status) == (Decimal(90), "BYN", price_wire.GOOD_TAKEN)
    assert (taken.quarantined, quarantined.quarantined, refused.quarantined) == (False, True, False)
    assert refused.error_text == "No such item"
    assert decipher(op.PENDING_PRICE_TASK_GOODS, 200, {}, told({"bufferGoods": rows})).goods[0].nm_id == 70


def test_prices_are_read_with_their_sizes_and_currency() -> None:
    size = {"sizeID": 700, "price": 90, "discountedPrice": 85.5, "clubDiscountedPrice": 80.1, "techSizeName": "M"}
    good = {"nmID": 70, "vendorCode": "sv-1", "sizes": [size], "currencyIsoCode4217": "BYN", "discount": 5}
    [read] = decipher(op.PRICE_LIST, 200, {}, told({"listGoods": [good | {"editableSizePrice": True}]})).goods
    assert (read.nm_id, read.currency, read.discount, read.editable_size_price) == (70, "BYN", 5, True)
    [size_read] = read.sizes
    assert (size_read.size_id, size_read.price, size_read.discounted_price) == (700, Decimal(90), Decimal("85.5"))


def test_a_list_of_prices_without_data_is_refused_and_not_read_as_the_end() -> None:
    with pytest.raises(Rejected, match="not as documented: data"):
        decipher(op.PRICES_OF, 200, {}, told(None))


def test_the_quarantine_tells_the_old_price_and_the_new() -> None:
    row = {
        "nmID": 70, "sizeID": None, "currencyIsoCode4217": "BYN", "newPrice": 13, "oldPrice": 40.0, "newDiscount": 25,
        "oldDiscount": 25, "priceDiff": -20.25,
    }  # fmt: skip
    [kept] = decipher(op.PRICE_QUARANTINE, 200, {}, told({"quarantineGoods": [row]})).goods
    assert (kept.nm_id, kept.new_price, kept.old_price, kept.new_discount) == (70, Decimal(13), Decimal(40), 25)


def refused(status: int, text: str) -> Rejected:
    return Rejected("set_prices", status=status, body={"data": None, "error": True, "errorText": text})


def test_prices_that_wb_has_already_are_told_from_other_refusals() -> None:
    assert price_wire.already_set(refused(400, "The specified prices and discounts are already set"))
    either = "All item Nos. are specified incorrectly, or the specified prices and discounts are already set"
    assert not price_wire.already_set(refused(400, either))
    assert not price_wire.already_set(Rejected("x", status=400))


def test_a_cabinet_that_changes_its_currency_is_told_from_other_refusals() -> None:
    words = "You can't change prices and discounts while switching to another currency"
    assert price_wire.currency_switching(refused(409, words))
    assert not price_wire.currency_switching(refused(409, "Something else"))
    assert not price_wire.currency_switching(refused(400, words))
