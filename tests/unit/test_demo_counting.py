"""A report that cannot fail is worth nothing: each fault of a day is made here, and has to be counted."""

from typing import Any

import pytest

from infra.local.demo import counting
from infra.local.demo.counting import World
from wbsync.domain.shop import StockRules, Warehouse

type Json = dict[str, Any]

WAREHOUSE, OTHER, CHRT, OFFER, ORDER, CODE = 501_001, 501_002, 310, 2001, 3_000_000_017, "2000010000005"
WAREHOUSES = (
    Warehouse.model_validate({"wb": WAREHOUSE, "stores": [1, 2]}),
    Warehouse.model_validate({"wb": OTHER, "stores": [3]}),
)
RULES = StockRules.model_validate({"default": {"safety_stock": 1}})


def size(chrt: int = CHRT, *codes: str) -> Json:
    return {"sizes": [{"chrtID": chrt, "skus": list(codes) or [CODE]}]}


def bought(
    order: int = ORDER,
    *,
    status: str = "new",
    wb: str = "waiting",
    code: str = CODE,
    chrt: int = CHRT,
    warehouse: int = WAREHOUSE,
) -> Json:
    named = {"id": order, "supplierStatus": status, "wbStatus": wb, "skus": [code], "chrtId": chrt}
    return named | {"warehouseId": warehouse}


def product(offer: int = OFFER, *codes: str, lies: int = 10, quantity: int = 10, active: str = "Y") -> Json:
    stores = {"1": {"amount": lies, "quantityReserved": 0}}
    told = {"id": offer, "barcodes": list(codes) or [CODE], "stores": stores, "quantity": quantity, "active": active}
    return told | {"properties": {"WB_FBO": "", "WB_FBO_STOCK": ""}}


def shop_order(xml_id: str = f"WB_{ORDER}", *, quantity: int = 1, deducted: str = "N", **changed: Any) -> Json:
    item = {"basketId": 1, "quantity": quantity}
    whole = {
        "xmlId": xml_id,
        "canceled": "N",
        "lines": [{"id": 1, "productId": OFFER, "quantity": quantity}],
        "payments": [{"id": 3}],
        "shipments": [{"system": "N", "deducted": deducted, "shipmentItems": [item]}],
        "properties": {"WB_ORDER_ID": str(ORDER)},
    }
    return whole | changed


def world(
    *,
    cards: list[Json] | None = None,
    orders: list[Json] | None = None,
    shown: int | None = None,
    products: list[Json] | None = None,
    shop_orders: list[Json] | None = None,
    rules: StockRules = RULES,
) -> World:
    """One size of ten units, linked to one offer, of which WB shows nine: one is kept back."""
    stocks = {str(WAREHOUSE): {str(CHRT): 9 if shown is None else shown}}
    wb = {"cards": cards or [size()], "orders": orders or [], "stocks": stocks}
    return World(wb, {"products": products or [product()], "orders": shop_orders or []}, rules, WAREHOUSES)


def rules(**rule: int) -> StockRules:
    return StockRules.model_validate({"default": rule})


# Orders


def test_an_order_that_stands_in_the_shop_is_not_lost() -> None:
    day = world(orders=[bought()], shop_orders=[shop_order()])
    assert (counting.lost(day, {}), counting.in_shop(day)) == ([], 1)


def test_an_order_that_is_nowhere_is_lost() -> None:
    assert counting.lost(world(orders=[bought()]), {}) == [ORDER]


def test_a_reason_does_not_excuse_an_order_whose_barcode_the_shop_knows() -> None:
    assert counting.lost(world(orders=[bought()]), {ORDER: "not found"}) == [ORDER]


def test_an_order_of_an_unknown_barcode_waits_if_the_owner_is_told_why() -> None:
    day = world(orders=[bought(code="29")])
    assert counting.waiting(day, {ORDER: "not found"}) == {ORDER: "not found"}
    assert counting.lost(day, {ORDER: "not found"}) == []


@pytest.mark.parametrize("reasons", [{}, {ORDER: ""}])
def test_an_order_of_an_unknown_barcode_that_nobody_is_told_of_is_lost(reasons: dict[int, str]) -> None:
    day = world(orders=[bought(code="29")])
    assert (counting.lost(day, reasons), counting.waiting(day, reasons)) == ([ORDER], {})


def test_a_cancelled_order_is_counted_as_such_and_not_lost() -> None:
    day = world(orders=[bought(status="cancel"), bought(ORDER + 1)], shop_orders=[shop_order(f"WB_{ORDER + 1}")])
    assert (counting.ends(day)["cancelled"], counting.lost(day, {})) == (1, [])


def test_an_order_that_the_shop_cancelled_does_not_stand_there() -> None:
    assert counting.lost(world(orders=[bought()], shop_orders=[shop_order(canceled="Y")]), {}) == [ORDER]


@pytest.mark.parametrize(
    ("status", "wb"), [("complete", "canceled_by_client"), ("cancel_carrier", "canceled_by_carrier")]
)
def test_an_order_that_came_back_may_be_cancelled_in_the_shop_but_not_be_absent(status: str, wb: str) -> None:
    came_back = bought(status=status, wb=wb)
    taken = world(orders=[came_back], shop_orders=[shop_order(canceled="Y")])
    assert (counting.lost(taken, {}), taken.taken_back(came_back)) == ([], True)
    on_its_way = world(orders=[came_back], shop_orders=[shop_order()])
    assert (counting.lost(on_its_way, {}), on_its_way.taken_back(came_back)) == ([], False)
    assert counting.lost(world(orders=[came_back]), {}) == [ORDER]


def test_orders_are_counted_by_their_ends() -> None:
    ways = [
        ("complete", "sold"),
        ("cancel", "canceled"),
        ("complete", "defect"),
        ("complete", "sorted"),
        ("new", "waiting"),
    ]
    day = world(orders=[bought(ORDER + n, status=status, wb=wb) for n, (status, wb) in enumerate(ways)])
    assert counting.ends(day) == {"sold": 1, "cancelled": 1, "returned": 1, "under_way": 2}


@pytest.mark.parametrize(
    "odd",
    [
        {"unknownBarcode": True},
        {"crossBorderType": 1},
        {"options": {"isB2B": True}},
        {"metaDetails": [{"key": "sgtin"}]},
    ],
)
def test_what_is_odd_about_an_order_makes_it_unusual(odd: Json) -> None:
    usual = {"unknownBarcode": False, "crossBorderType": 0, "options": {"isB2B": False}, "metaDetails": []}
    assert counting.is_usual(bought() | usual)
    assert not counting.is_usual(bought() | usual | odd)


def test_an_order_that_stands_in_the_shop_twice_is_doubled() -> None:
    assert counting.doubled(world(orders=[bought()], shop_orders=[shop_order(), shop_order()])) == [ORDER]


def test_a_double_that_was_taken_back_is_none() -> None:
    assert counting.doubled(world(orders=[bought()], shop_orders=[shop_order(), shop_order(canceled="Y")])) == []


@pytest.mark.parametrize(
    "lacking",
    [
        {"lines": []},
        {"lines": [{"id": 1, "productId": OFFER + 1, "quantity": 1}]},
        {"payments": []},
        {"payments": [{"id": 3}, {"id": 4}]},
        {"shipments": []},
        {"shipments": [{"system": "N", "deducted": "N", "shipmentItems": []}]},
        {"properties": []},
        {"properties": {"WB_ORDER_ID": "1"}},
        {"quantity": 2},
        {"xml_id": "WB_5"},
    ],
)
def test_an_order_that_lacks_a_part_is_incomplete(lacking: Json) -> None:
    assert counting.incomplete(world(orders=[bought()], shop_orders=[shop_order()])) == []
    assert len(counting.incomplete(world(orders=[bought()], shop_orders=[shop_order(**lacking)]))) == 1


def test_an_order_of_a_pack_takes_its_units_in_the_shop() -> None:
    day = world(orders=[bought()], shop_orders=[shop_order()], rules=rules(units_per_pack=2))
    assert counting.incomplete(day) == [ORDER]


# Overselling


def test_units_promised_beyond_what_lay_there_are_oversold() -> None:
    orders = [bought(ORDER + n) for n in range(2)]
    own = shop_order("bx_1", quantity=1)
    assert counting.oversold(world(orders=orders, products=[product(lies=3)], shop_orders=[own])) == {}
    assert counting.oversold(world(orders=orders, products=[product(lies=2)], shop_orders=[own])) == {OFFER: 1}


def test_an_order_in_the_shop_is_not_counted_a_second_time() -> None:
    assert counting.oversold(world(orders=[bought()], products=[product(lies=1)], shop_orders=[shop_order()])) == {}


def test_cancelled_orders_promise_nothing() -> None:
    own = shop_order("bx_1", quantity=5, canceled="Y")
    assert (
        counting.oversold(world(orders=[bought(status="cancel")], products=[product(lies=0)], shop_orders=[own])) == {}
    )


def test_goods_that_came_back_and_were_taken_back_promise_nothing() -> None:
    came_back = [bought(status="complete", wb="canceled_by_client")]
    gone = world(orders=came_back, products=[product(lies=0)], shop_orders=[shop_order()])
    assert counting.oversold(gone) == {OFFER: 1}
    taken = world(orders=came_back, products=[product(lies=0)], shop_orders=[shop_order(canceled="Y")])
    assert counting.oversold(taken) == {}


def test_goods_that_were_sent_out_did_lie_there() -> None:
    sent = shop_order("bx_1", quantity=4, deducted="Y")
    assert counting.oversold(world(products=[product(lies=0)], shop_orders=[sent])) == {}


def test_a_pack_is_as_many_units_as_the_rule_says() -> None:
    day = world(orders=[bought()], products=[product(lies=2)], rules=rules(units_per_pack=3))
    assert counting.oversold(day) == {OFFER: 1}


# Stock


@pytest.mark.parametrize(
    ("shown", "rule", "has", "wrong"),
    [
        (9, {"safety_stock": 1}, {}, None),
        (10, {"safety_stock": 1}, {}, (10, 9)),
        (8, {"safety_stock": 1}, {}, (8, 9)),
        (5, {"cap": 5}, {}, None),
        (9, {"cap": 5}, {}, (9, 5)),
        (10, {"minimum": 11}, {}, (10, 0)),
        (3, {"units_per_pack": 3}, {}, None),
        (0, {"safety_stock": 20}, {}, None),
        (10, {}, {"active": "N"}, (10, 0)),
        (0, {}, {"quantity": -3}, None),
    ],
)
def test_a_row_is_wrong_when_wb_shows_anything_else_than_the_shop_can_sell(
    shown: int, rule: dict[str, int], has: Json, wrong: tuple[int, int] | None
) -> None:
    day = world(shown=shown, rules=rules(**rule), products=[product(**has)])
    assert counting.wrong_rows(day) == ({(WAREHOUSE, CHRT): wrong} if wrong else {})


def test_an_excluded_offer_is_not_for_sale() -> None:
    excluded = StockRules.model_validate({"excluded_offers": [OFFER]})
    assert counting.wrong_rows(world(shown=10, rules=excluded)) == {(WAREHOUSE, CHRT): (10, 0)}


def test_a_sale_on_wb_that_the_shop_does_not_know_yet_is_off_the_stock() -> None:
    assert counting.wrong_rows(world(shown=9, orders=[bought()])) == {(WAREHOUSE, CHRT): (9, 8)}
    assert counting.wrong_rows(world(shown=9, orders=[bought()], shop_orders=[shop_order()])) == {}


def test_a_row_that_wb_was_never_told_shows_nothing() -> None:
    day = world(cards=[size(), size(CHRT + 1, "21")], products=[product(), product(OFFER + 1, "21")])
    assert counting.wrong_rows(day) == {(WAREHOUSE, CHRT + 1): (0, 9)}


def test_each_warehouse_shows_what_lies_in_its_own_stores_and_all_no_more_than_the_shop_has() -> None:
    stores = {"1": {"amount": 6, "quantityReserved": 2}, "3": {"amount": 5, "quantityReserved": 0}}
    day = world(shown=3, products=[product(quantity=9) | {"stores": stores}])
    assert counting.wrong_rows(day) == {(OTHER, CHRT): (0, 4)}
    day = world(shown=3, products=[product(quantity=6) | {"stores": stores}])
    assert counting.wrong_rows(day) == {(OTHER, CHRT): (0, 2)}
    on_its_way = world(shown=3, orders=[bought(warehouse=OTHER)], products=[product(quantity=9) | {"stores": stores}])
    assert counting.wrong_rows(on_its_way) == {(OTHER, CHRT): (0, 3)}


@pytest.mark.parametrize(
    ("fbo", "properties"),
    [({"offers": [OFFER]}, {}), ({"marked_by": "WB_FBO"}, {"WB_FBO": "Y"})],
    ids=["by name", "by its property"],
)
def test_stock_in_wbs_own_warehouses_is_never_told_and_is_kept(fbo: Json, properties: Json) -> None:
    rules = StockRules.model_validate({"fbo": fbo | {"stock_property": "WB_FBO_STOCK"}})
    held = product() | {"properties": {"WB_FBO_STOCK": "7"} | properties}
    day = world(rules=rules, products=[held])
    assert counting.told_of_wbs_own(day) == [CHRT]
    assert counting.wrong_rows(day) == {}
    right = World({**day.wb, "stocks": {}, "wbStock": [{"chrtId": CHRT, "quantity": 7}]}, day.shop, rules, WAREHOUSES)
    assert (counting.told_of_wbs_own(right), counting.wrong_wbs_own(right, {CHRT: 7})) == ([], [])
    assert counting.wrong_wbs_own(right, {CHRT: 6}) == counting.wrong_wbs_own(right, {}) == [CHRT]
    unsaid = World(right.wb, {**day.shop, "products": [held | {"properties": properties}]}, rules, WAREHOUSES)
    assert counting.wrong_wbs_own(unsaid, {CHRT: 7}) == [CHRT]


@pytest.mark.parametrize(
    ("cards", "products"),
    [
        ([size(CHRT, "29")], [product()]),
        ([size()], [product(), product(OFFER + 1)]),
        ([size(), size(CHRT + 1)], [product()]),
        ([size(CHRT, CODE, "21")], [product(), product(OFFER + 1, "21")]),
    ],
    ids=["unknown", "two offers", "two sizes", "two barcodes of two offers"],
)
def test_what_is_not_linked_without_doubt_is_no_row(cards: list[Json], products: list[Json]) -> None:
    assert world(cards=cards, products=products).linked == {}


def test_one_known_barcode_among_several_links() -> None:
    assert world(cards=[size(CHRT, "28", CODE)]).linked == {CHRT: OFFER}


# Labels


def test_labels_are_owed_for_orders_on_assembly_and_their_links_stand_in_the_shop() -> None:
    linked = shop_order(properties={"WB_LABEL_URL": "https://x/labels/1"})
    day = world(orders=[bought(status="confirm"), bought(ORDER + 1)], shop_orders=[linked])
    assert counting.labels_owed(day) == [ORDER]
    assert counting.label_links(day) == {ORDER: "https://x/labels/1"}
    assert counting.label_links(world(orders=[bought()], shop_orders=[shop_order(properties=[])])) == {}
