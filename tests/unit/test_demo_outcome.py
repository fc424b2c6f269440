"""What becomes of orders after the shop has them: each fault is made here, and has to be counted."""

from typing import Any

import pytest

from infra.local.demo import outcome
from infra.local.demo.counting import World
from infra.local.demo.outcome import Kept, Paper
from infra.local.wildberries import stickers
from wbsync.domain.shop import StockRules

type Json = dict[str, Any]

ORDER, SUPPLY, RUSSIA, DAY = 3_000_000_017, "WB-GI-1", 601, "2026-11-23"


def at_wb(order: int = ORDER, supplier: str = "complete", wb: str = "sold", **changed: Any) -> Json:
    usual = {"warehouseId": 1, "crossBorderType": 0, "cargoType": 1, "options": {"isB2B": False}, "metaDetails": []}
    told = {"id": order, "supplierStatus": supplier, "wbStatus": wb, "supplyId": SUPPLY}
    return usual | told | {"createdAt": f"{DAY}T10:00:00Z", "skus": []} | changed


def in_shop(status: str = "complete/sold", order: int = ORDER, supply: str = SUPPLY, **changed: Any) -> Json:
    told = {"WB_STATUS": status, "WB_SUPPLY_ID": supply, "WB_SUPPLY_URL": "https://x/supplies/1"}
    whole = {
        "xmlId": f"WB_{order}",
        "canceled": "N",
        "payed": "Y",
        "deducted": "Y",
        "statusId": "F",
        "properties": told,
    }
    return whole | changed


def supply(*orders: int, number: int = 1, done: bool = True, **changed: Any) -> Json:
    told = {"id": f"WB-GI-{number}", "done": done, "orderIds": list(orders), "destinationOfficeId": 501, "spot": None}
    return told | changed


def world(orders: list[Json], shop_orders: list[Json] | None = None, *supplies: Json) -> World:
    rules = StockRules()
    return World({"orders": orders, "supplies": list(supplies)}, {"orders": shop_orders or []}, rules, ())


def differ(order: Json, kept: Kept, shop_order: Json) -> bool:
    return list(outcome.sides_differing(world([order], [shop_order]), {ORDER: kept})) == [ORDER]


# ---- the three sides


SOLD = Kept("complete/sold", SUPPLY)


def test_sides_that_tell_the_same_do_not_differ() -> None:
    assert not differ(at_wb(), SOLD, in_shop())


@pytest.mark.parametrize(
    ("kept", "shop_order"),
    [
        (Kept("complete/sorted", SUPPLY), in_shop()),
        (Kept(), in_shop()),
        (Kept("complete/sold", "WB-GI-2"), in_shop()),
        (SOLD, in_shop("complete/sorted")),
        (SOLD, in_shop(supply="")),
        (SOLD, in_shop(properties=[])),
        (SOLD, in_shop(payed="N")),
        (SOLD, in_shop(deducted="N")),
        (SOLD, in_shop(canceled="Y")),
    ],
)
def test_a_side_that_tells_anything_else_differs(kept: Kept, shop_order: Json) -> None:
    assert differ(at_wb(), kept, shop_order)


def test_an_order_cancelled_on_wb_is_to_be_cancelled_in_the_shop() -> None:
    cancelled, kept = at_wb(supplier="cancel", wb="canceled", supplyId=None), Kept("cancel/canceled", SUPPLY)
    assert differ(cancelled, kept, in_shop("cancel/canceled"))
    assert not differ(cancelled, kept, in_shop("cancel/canceled", canceled="Y"))


@pytest.mark.parametrize("canceled", ["Y", "N"])
def test_an_order_that_comes_back_stands_in_the_shop_until_staff_has_it(canceled: str) -> None:
    words = "complete/canceled_by_client"
    comes_back = at_wb(wb="canceled_by_client")
    assert not differ(comes_back, Kept(words, SUPPLY), in_shop(words, canceled=canceled))


# ---- supplies


def test_one_supply_of_each_kind_is_neither_mixed_nor_doubled() -> None:
    day = world([at_wb(1), at_wb(2), at_wb(3, crossBorderType=1)], None, supply(1, 2), supply(3, number=2))
    assert (outcome.supplies_mixed(day), outcome.supplies_doubled(day)) == ([], [])


@pytest.mark.parametrize(
    "other", [{"crossBorderType": 1}, {"warehouseId": 2}, {"cargoType": 3}, {"options": {"isB2B": True}}]
)
def test_orders_of_two_kinds_in_one_supply_are_a_mixture(other: Json) -> None:
    assert outcome.supplies_mixed(world([at_wb(1), at_wb(2, **other)], None, supply(1, 2))) == [SUPPLY]


def test_a_second_supply_of_a_kind_and_an_empty_one_are_too_many() -> None:
    assert outcome.supplies_doubled(world([at_wb(1), at_wb(2)], None, supply(1), supply(2, number=2))) == ["WB-GI-2"]
    assert outcome.supplies_doubled(world([at_wb(1)], None, supply(1), supply(number=2))) == ["WB-GI-2"]


def test_a_delivered_supply_without_its_code_is_told() -> None:
    day = world([at_wb()], None, supply(ORDER), supply(number=2, done=False))
    assert outcome.codes_missing(day, set()) == [SUPPLY]
    assert outcome.codes_missing(day, {f"{SUPPLY}/code.png"}) == []


@pytest.mark.parametrize(
    ("status", "files", "missing"),
    [
        ("completed", {f"{SUPPLY}/spot.png"}, []),
        ("completed", set(), [SUPPLY]),
        ("pending", {f"{SUPPLY}/spot.png"}, [SUPPLY]),
        (None, set(), [SUPPLY]),
    ],
)
def test_a_supply_to_russia_wants_spot_and_its_code(status: str | None, files: set[str], missing: list[str]) -> None:
    to_russia = supply(ORDER, destinationOfficeId=RUSSIA, spot={"status": status} if status else None)
    day = world([at_wb()], None, to_russia, supply(number=2))
    assert outcome.spot_missing(day, files) == missing
    assert outcome.spot(day) == {status or "none": 1}


def test_an_order_in_the_shop_that_nobody_handed_over_is_left_behind() -> None:
    waits = at_wb(supplier="confirm", wb="waiting")
    assert outcome.left_behind(world([waits], [in_shop()])) == [ORDER]
    assert outcome.left_behind(world([waits])) == outcome.left_behind(world([at_wb()], [in_shop()])) == []


# ---- marking


@pytest.mark.parametrize(
    ("decision", "value", "sent", "blocking"),
    [("sgtinIntroduced", "01…", 1, []), ("sgtinRetired", "01…", 1, [ORDER]), ("required", None, 0, [ORDER])],
)
def test_codes_are_counted_and_those_that_block_are_told(
    decision: str, value: str | None, sent: int, blocking: list[int]
) -> None:
    marked = at_wb(metaDetails=[{"key": "sgtin", "value": value, "decision": decision}])
    assert (outcome.codes_sent(world([marked])), outcome.codes_blocking(world([marked]))) == (sent, blocking)
    cancelled = marked | {"supplierStatus": "cancel"}
    assert outcome.codes_blocking(world([cancelled])) == []


def test_a_text_names_a_code_by_the_end_of_its_serial_or_of_all_of_it() -> None:
    code = "010460000000000421ABCDEFGHIJKLM91abcd92signature-of-it"
    assert outcome.names_code("Код …0421ABCDEFGHIJKLM: возьмите другой", code)
    assert outcome.names_code("Не отправлен …ture-of-it: не те буквы", code)
    assert not outcome.names_code("Нужен код «Честный знак».", code)
    assert not outcome.names_code("", code)


# ---- papers


def papers(*read: str) -> list[Paper]:
    return [Paper(SUPPLY, name, 3, frozenset(read)) for name in outcome.PAPERS]


def test_every_sticker_and_the_supplys_code_has_to_be_read_on_both_papers() -> None:
    day, sticker = world([at_wb()], None, supply(ORDER)), stickers.of_order(ORDER).code
    assert outcome.prints_missing(day, papers(sticker, SUPPLY, "4600000000000")) == []
    assert outcome.prints_missing(day, papers(SUPPLY)) == [f"{SUPPLY} thermal {ORDER}", f"{SUPPLY} a4 {ORDER}"]
    assert outcome.prints_missing(day, papers(sticker)) == [f"{SUPPLY} thermal code", f"{SUPPLY} a4 code"]
    assert len(outcome.prints_missing(day, papers(sticker, SUPPLY)[:1])) == 2
    assert outcome.stickers_read(day, papers(sticker, SUPPLY)) == 2


def test_the_link_to_a_supplys_papers_stands_in_its_orders() -> None:
    day = world([at_wb()], [in_shop()], supply(ORDER))
    assert outcome.supply_link(day, supply(ORDER)) == "https://x/supplies/1"
    assert outcome.supply_link(day, supply(1)) == ""


# ---- the proof


def proof(wb: int = 1, ours: int = 1, shop: int = 1, day: str = DAY, **reasons: int) -> Json:
    return {"day": day, "wb": wb, "ours": ours, "shop": shop, "reasons": reasons}


def test_a_proof_that_counts_what_is_there_holds() -> None:
    day = world([at_wb()], [in_shop()])
    assert outcome.proofs_wrong(day, {ORDER}, [proof(), proof(0, 0, 0, day="2026-11-22")]) == []


@pytest.mark.parametrize(
    "wrong",
    [[], [proof(wb=2)], [proof(ours=0)], [proof(shop=0)], [proof(shop=0, waiting=1)], [proof(waiting=1)]],
    ids=["none", "WB", "ours", "shop", "a reason for what is there", "a reason too many"],
)
def test_a_day_without_a_right_proof_is_not_proven(wrong: list[Json]) -> None:
    assert outcome.proofs_wrong(world([at_wb()], [in_shop()]), {ORDER}, wrong) == [DAY]


def test_a_proof_of_orders_on_a_day_without_any_is_wrong() -> None:
    assert outcome.proofs_wrong(world([]), set(), [proof()]) == [DAY]


def test_an_order_that_the_shop_lacks_needs_its_reason() -> None:
    day = world([at_wb(supplier="new", wb="waiting")])
    assert outcome.proofs_wrong(day, {ORDER}, [proof(shop=0)]) == [DAY]
    assert outcome.proofs_wrong(day, {ORDER}, [proof(shop=0, waiting=1)]) == []


def test_an_order_cancelled_in_the_shop_is_there_if_wb_has_ended_it_too() -> None:
    gone = [in_shop(canceled="Y")]
    assert outcome.proofs_wrong(world([at_wb(supplier="cancel", wb="canceled")], gone), {ORDER}, [proof()]) == []
    assert outcome.proofs_wrong(world([at_wb()], gone), {ORDER}, [proof()]) == [DAY]


def test_differences_that_call_for_a_human_are_unexplained() -> None:
    assert outcome.unexplained([proof(unexplained=1, waiting=3), proof(lost=1)]) == 2


# ---- the verdict


GOOD = dict.fromkeys(outcome.MUST_BE_ZERO, 0) | dict.fromkeys(outcome.MUST_BE_SOME, 1)


def test_a_good_day_has_no_faults() -> None:
    assert outcome.faults(GOOD) == []


@pytest.mark.parametrize("name", outcome.MUST_BE_ZERO)
def test_every_number_that_must_be_zero_is_told_when_it_is_not(name: str) -> None:
    [line] = outcome.faults(GOOD | {name: 3})
    assert line.startswith("3 ")


@pytest.mark.parametrize("name", outcome.MUST_BE_SOME)
def test_a_day_on_which_nothing_of_a_kind_happened_shows_nothing(name: str) -> None:
    [line] = outcome.faults(GOOD | {name: 0})
    assert line.startswith("no ")
