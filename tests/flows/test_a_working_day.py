"""The main job as a story: stock out, orders in, labels to S3; and what holds when things go wrong in between."""

from collections import Counter
from typing import Any

import pytest

from tests.fixtures.world import MINSK, Clock, World, shop
from wbsync.domain.ids import OrderId
from wbsync.domain.orders import OrderState
from wbsync.errors import NotAuthorised, Rejected, TryLater
from wbsync.messages import LabelsWanted, NewOrder, StockBatch


def wb_orders_in_shop(world: World) -> list[dict[str, Any]]:
    return [o for o in world.shop_state()["orders"] if o["xmlId"].startswith("WB_") and o["canceled"] != "Y"]


def sellable_in_shop(world: World) -> dict[int, int]:
    """What WB should show of each linked size: the shop's available quantity."""
    quantities = {p["id"]: p["quantity"] for p in world.shop_state()["products"]}
    with world.wildberries.state.lock:
        by_barcode = {sku: s.chrt_id for s in world.wildberries.state.sizes.values() for sku in s.skus}
    barcodes = {p["id"]: p["barcodes"] for p in world.shop_state()["products"]}
    return {by_barcode[code]: quantities[i] for i, codes in barcodes.items() for code in codes if code in by_barcode}


@pytest.fixture
def linked(world: World) -> World:
    report = world.link_cards()
    assert report["SizesLinked"] == 40
    return world


# Stock


def test_the_shops_stock_arrives_on_wb_row_by_row(linked: World) -> None:
    linked.sync_stock()
    wanted = sellable_in_shop(linked)
    assert len(wanted) == 40
    assert {chrt: linked.wb_stock().get(chrt, 0) for chrt in wanted} == wanted


def test_only_changed_rows_are_told_again(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    clock.forward(minutes=15)
    assert linked.sync_stock()["StockRowsQueued"] == 0
    linked.sim("shop", "POST", "/_sim/stock", {"offer_id": 2001, "store_id": 1, "amount": 77})
    clock.forward(minutes=15)
    assert linked.sync_stock()["StockRowsQueued"] == 1
    assert sellable_in_shop(linked).items() <= linked.wb_stock().items()


def test_an_order_is_off_the_stock_before_and_after_the_shop_knows_it(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    size = linked.buy()[0]["chrtId"]
    had = sellable_in_shop(linked)[size]
    clock.forward(minutes=15)
    linked.sync_stock()  # polls the order, does not place it
    assert linked.wb_stock()[size] == had - 1
    linked.place_all()
    clock.forward(minutes=15)
    linked.sync_stock()
    assert linked.wb_stock()[size] == had - 1 == sellable_in_shop(linked)[size]


def test_an_order_stored_between_reading_and_telling_is_not_sold_twice(linked: World) -> None:
    linked.collect_stock()
    with linked.wildberries.state.lock:
        linked.wildberries.state.stocks[MINSK][310_000_001] = 1
    size = linked.buy(chrt_ids=[310_000_001])[0]["chrtId"]
    linked.poll_orders()
    linked.push_stock()
    assert linked.wb_stock()[size] == sellable_in_shop(linked)[size] - 1


def test_an_older_batch_never_overwrites_a_newer_one(linked: World, clock: Clock) -> None:
    linked.collect_stock()
    old = linked.aws.messages("StockBatchesQueue")
    linked.sim("shop", "POST", "/_sim/stock", {"offer_id": 2001, "store_id": 1, "amount": 3})
    clock.forward(minutes=15)
    linked.sync_stock()
    now = linked.wb_stock()
    for message in old:
        batch = linked.stock_batches
        batch.send_later(message["Body"], wait=0, first_sent=clock.at)
    linked.push_stock()
    assert linked.wb_stock() == now
    assert sellable_in_shop(linked).items() <= now.items()


def test_a_worker_that_was_overtaken_while_it_sent_gives_way(linked: World, clock: Clock) -> None:
    linked.collect_stock()
    old = [StockBatch.model_validate_json(m["Body"]) for m in linked.aws.messages("StockBatchesQueue")]
    linked.sim("shop", "POST", "/_sim/stock", {"offer_id": 2001, "store_id": 1, "amount": 3})
    clock.forward(minutes=15)

    def newer() -> None:
        linked.collect_stock()
        linked.push_stock()

    clock.meanwhile = newer
    linked.wb_fault("PUT /api/v3/stocks/*", "slow", seconds=1)  # the older one arrives after the newer one
    assert linked.push(old) == [None]
    assert sellable_in_shop(linked).items() <= linked.wb_stock().items()


def test_a_refused_row_is_set_aside_and_the_others_arrive(linked: World, clock: Clock) -> None:
    bad = next(chrt for chrt, amount in sellable_in_shop(linked).items() if amount)
    linked.wb_fault("PUT /api/v3/stocks/*", "refuse_rows", chrt_ids=[bad], times=5)
    linked.sync_stock()
    wanted = sellable_in_shop(linked)
    shown = {chrt: linked.wb_stock().get(chrt, 0) for chrt in wanted}
    assert shown == wanted | {bad: 0}
    refused = linked.told.refused(linked.shop.warehouses[0].wb)
    assert [(r.chrt_id, r.code) for r in refused] == [(bad, "DeliveryTypeRestriction")]

    clock.forward(minutes=15)
    assert linked.sync_stock()["StockRowsQueued"] == 0, "it is not sent again at once: every refusal costs ten calls"
    linked.sim("wb", "DELETE", "/_sim/faults")
    clock.forward(days=1)
    linked.sync_stock()
    assert linked.wb_stock()[bad] == wanted[bad]


def test_a_refused_row_that_wb_does_not_name_is_found_and_the_others_arrive(world: World, clock: Clock) -> None:
    world.open(goods=7)
    world.link_cards()
    bad = next(chrt for chrt, amount in sellable_in_shop(world).items() if amount)
    world.wb_fault("PUT /api/v3/stocks/*", "refuse_rows", chrt_ids=[bad], times=100, named=False)
    world.collect_stock()
    for _ in range(6):
        world.push_stock()
        clock.forward(seconds=30)
    wanted = sellable_in_shop(world)
    assert {chrt: world.wb_stock().get(chrt, 0) for chrt in wanted} == wanted | {bad: 0}
    [refused] = world.told.refused(world.shop.warehouses[0].wb)
    assert refused.chrt_id == bad


def test_what_was_cut_after_it_was_done_is_told_again(linked: World, clock: Clock) -> None:
    linked.collect_stock()
    linked.wb_fault("PUT /api/v3/stocks/*", "cut_after")
    assert [type(error) for error in linked.push_stock() if error]
    clock.forward(minutes=15)
    linked.sync_stock()
    assert sellable_in_shop(linked).items() <= linked.wb_stock().items() | {(c, 0) for c in sellable_in_shop(linked)}


def test_the_daily_comparison_heals_what_drifted(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    with linked.wildberries.state.lock:
        linked.wildberries.state.stocks[MINSK][310_000_001] = 99
    clock.forward(hours=2)
    assert linked.sync_stock()["StockRowsQueued"] == 0, "WB was told the right amount, as far as we know"
    clock.forward(minutes=1)
    assert linked.sync_stock(full=True)["StockRowsQueued"] == 1
    assert sellable_in_shop(linked).items() <= linked.wb_stock().items()


def test_an_offer_that_lost_its_barcode_is_shown_as_zero(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    size = next(chrt for chrt, amount in sellable_in_shop(linked).items() if amount)
    linked.sim("shop", "POST", "/_sim/products", {"offer_id": size - 310_000_001 + 2001, "barcodes": []})
    clock.forward(hours=1)
    linked.link_cards()
    linked.sync_stock()
    assert linked.wb_stock()[size] == 0


def test_an_unknown_warehouse_is_refused_before_anything_is_sent(linked: World) -> None:
    linked.shop = shop(warehouses=[{"wb": 999, "stores": [1]}])
    with pytest.raises(Rejected, match="999 is no FBS warehouse"):
        linked.collect_stock()
    assert linked.aws.messages("StockBatchesQueue") == []


def test_a_large_shop_goes_on_where_the_last_run_stopped(world: World, clock: Clock) -> None:
    world.open(goods=1300)
    world.link_cards()
    world.shop_fault("batch", "slow", seconds=15 * 60)
    first = world.collect_stock()
    assert 0 < first["OffersRead"] < 1300
    clock.forward(minutes=1)
    rest = world.collect_stock()
    assert first["OffersRead"] + rest["OffersRead"] == 1300
    clock.forward(minutes=15)
    assert world.collect_stock()["OffersRead"] == 1300, "and then from the beginning"


# Orders


def test_every_order_stands_in_the_shop_once_with_all_its_parts(linked: World) -> None:
    linked.sync_stock()
    bought = linked.buy(12, cross_border_share=0.25)
    linked.place_all()
    orders = {o["xmlId"]: o for o in wb_orders_in_shop(linked)}
    assert set(orders) == {f"WB_{o['id']}" for o in bought}
    for wb in bought:
        order = orders[f"WB_{wb['id']}"]
        price = wb["finalPrice" if wb["currencyCode"] == 933 else "convertedFinalPrice"] / 100
        assert order["externalOrder"] == "Y"
        assert (float(order["price"]), order["currency"]) == (price, "BYN")
        [line] = order["lines"]
        assert line["productId"] == wb["chrtId"] - 310_000_001 + 2001
        assert [float(p["sum"]) for p in order["payments"]] == [price]
        [shipment] = [s for s in order["shipments"] if s["system"] != "Y"]
        assert [item["basketId"] for item in shipment["shipmentItems"]] == [line["id"]]
        properties = order["properties"]
        assert properties["WB_ORDER_ID"] == str(wb["id"])
        assert properties["WB_RID"] == wb["rid"]
        assert properties["WB_ACCOUNT"] == "main"
    assert linked.state(OrderState.PLACED) == sorted(o["id"] for o in bought)


def test_an_order_of_a_pack_takes_all_its_units_from_the_shop(linked: World) -> None:
    linked.shop = shop(stock={"default": {"units_per_pack": 3}})
    linked.sync_stock()
    before = {p["id"]: p["quantity"] for p in linked.shop_state()["products"]}
    bought = linked.buy()[0]
    linked.place_all()
    [order] = wb_orders_in_shop(linked)
    [line] = order["lines"]
    assert float(line["quantity"]) == 3
    assert float(order["price"]) == pytest.approx(bought["finalPrice"] / 100, abs=0.001)
    [product] = [p for p in linked.shop_state()["products"] if p["id"] == line["productId"]]
    assert product["quantity"] == before[line["productId"]] - 3


def test_both_amounts_are_kept_for_people(linked: World) -> None:
    linked.sync_stock()
    linked.buy(cross_border_share=1.0)
    linked.place_all()
    comment = wb_orders_in_shop(linked)[0]["comments"]
    assert "RUB" in comment
    assert "BYN" in comment


def test_an_order_in_two_polls_and_two_messages_is_one_order(linked: World) -> None:
    linked.sync_stock()
    bought = linked.buy(3)
    linked.poll_orders()
    linked.poll_orders()
    linked.new_orders.send(NewOrder(order_id=OrderId(o["id"])) for o in bought for _ in range(2))
    linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 3


def test_two_workers_at_once_make_one_order(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.buy(2)
    linked.poll_orders()
    messages = [NewOrder.model_validate_json(m["Body"]) for m in linked.aws.messages("NewOrdersQueue")]
    other: list[Any] = []
    clock.meanwhile = lambda: other.extend(linked.placer().run(messages)[0])
    linked.shop_fault("batch", "slow", seconds=1)
    assert linked.placer().run(messages)[0] == [None, None]
    assert [type(error) for error in other] == [TryLater, TryLater]
    assert len(wb_orders_in_shop(linked)) == 2


@pytest.mark.parametrize(
    "method",
    ["sale.basketitem.addCatalogProduct", "sale.payment.add", "sale.shipment.add", "sale.propertyvalue.modify"],
)
def test_a_half_made_order_is_completed(linked: World, clock: Clock, method: str) -> None:
    linked.sync_stock()
    bought = linked.buy(2)
    linked.shop_fault(method, "command_error", times=2)
    linked.poll_orders()
    assert any(linked.place_orders())
    clock.forward(minutes=11)
    linked.sweep()
    linked.place_orders()
    orders = wb_orders_in_shop(linked)
    assert sorted(o["xmlId"] for o in orders) == sorted(f"WB_{o['id']}" for o in bought)
    for order in orders:
        [line] = order["lines"]
        [shipment] = [s for s in order["shipments"] if s["system"] != "Y"]
        assert [item["basketId"] for item in shipment["shipmentItems"]] == [line["id"]]
        assert len(order["payments"]) == 1
        assert order["properties"]["WB_ORDER_ID"] in order["xmlId"]


def test_an_order_with_an_unknown_barcode_waits_with_its_reason_and_is_placed_once_linked(
    linked: World, clock: Clock
) -> None:
    bought = linked.buy(1, unknown_barcode_share=1.0)[0]
    linked.place_all()
    assert linked.state(OrderState.WAITING) == [bought["id"]]
    assert bought["skus"][0] in linked.orders.get([bought["id"]])[bought["id"]].reason
    linked.sim("shop", "POST", "/_sim/products", {"offer_id": 2001, "barcodes": [bought["skus"][0]]})
    clock.forward(hours=1)
    linked.link_cards()
    linked.sweep()
    linked.place_orders()
    assert [o["xmlId"] for o in wb_orders_in_shop(linked)] == [f"WB_{bought['id']}"]


def test_a_waiting_order_that_was_cancelled_on_wb_is_closed_and_frees_nothing_it_did_not_hold(linked: World) -> None:
    bought = linked.buy(1, unknown_barcode_share=1.0)[0]
    linked.place_all()
    linked.sim("wb", "POST", f"/_sim/orders/{bought['id']}/cancel_by_client")
    assert linked.sweep()["OrdersWaiting"] == 0
    assert linked.state(OrderState.CLOSED) == [bought["id"]]
    assert wb_orders_in_shop(linked) == []


def test_an_order_that_cannot_be_read_holds_nobody_back(linked: World) -> None:
    linked.sync_stock()
    good, bad = linked.buy(2)
    with linked.wildberries.state.lock:
        del linked.wildberries.state.orders[bad["id"]].facts["price"]
    assert linked.poll_orders() == {"OrdersSeen": 1, "OrdersStored": 1, "OrdersUnreadable": 1}
    assert linked.state(OrderState.STORED) == [good["id"]]


def test_bitrix_that_was_never_reached_is_tried_again_at_once(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.buy()
    linked.shop_fault("sale.order.list", "503")
    linked.poll_orders()
    [error] = linked.place_orders()
    assert isinstance(error, TryLater)
    assert error.wait < 120
    clock.forward(seconds=error.wait)
    assert linked.place_orders() == [None]


def test_a_lost_message_is_found_by_the_sweep(linked: World, clock: Clock) -> None:
    linked.sync_stock()
    linked.buy()
    linked.poll_orders()
    linked.aws.messages("NewOrdersQueue")  # lost
    clock.forward(minutes=11)
    assert linked.sweep()["OrdersStuck"] == 1
    linked.place_orders()
    assert len(wb_orders_in_shop(linked)) == 1


def test_an_order_sold_in_a_foreign_currency_is_parked_until_it_is_cancelled(linked: World) -> None:
    linked.sync_stock()
    linked.shop = shop(orders=linked.shop.orders.model_dump() | {"currency": "KZT"})
    bought = linked.buy()[0]
    linked.place_all()
    assert linked.state(OrderState.PARKED) == [bought["id"]]
    assert "KZT" in linked.orders.get([bought["id"]])[bought["id"]].reason
    assert linked.sweep()["OrdersParked"] == 1
    linked.sim("wb", "POST", f"/_sim/orders/{bought['id']}/cancel_by_client")
    assert linked.sweep()["OrdersParked"] == 0
    assert linked.state(OrderState.CLOSED) == [bought["id"]]


def test_a_webhook_without_rights_holds_the_orders_and_names_the_right(linked: World) -> None:
    linked.sync_stock()
    bought = linked.buy()[0]
    linked.poll_orders()
    linked.bitrix_shop.shop.seed = linked.bitrix_shop.shop.seed.model_copy(update={"rights": frozenset({"sale_read"})})
    [error] = linked.place_orders()
    assert isinstance(error, NotAuthorised | TryLater)
    assert linked.state(OrderState.STORED) == [bought["id"]]


def test_a_buyers_address_is_nowhere_in_what_we_keep(linked: World) -> None:
    linked.sync_stock()
    linked.buy(20)
    linked.place_all()
    kept = " ".join(record.order.model_dump_json() for record in linked.orders.in_state(OrderState.PLACED))
    assert "Выдуманск" not in kept
    assert "+375" not in kept


# Labels


def placed(world: World, count: int, **wishes: Any) -> list[dict[str, Any]]:
    world.sync_stock()
    bought = world.buy(count, **wishes)
    world.place_all()
    return bought


def test_labels_of_confirmed_orders_are_stored_and_linked_in_the_shop(linked: World) -> None:
    bought = placed(linked, 5)
    assert linked.labels_tick()["LabelsReady"] == 0, "nobody has begun to assemble"
    linked.confirm(bought)
    assert linked.labels_tick()["LabelsReady"] == 5
    assert linked.fetch_labels() == [None]
    for order in bought:
        assert linked.label(order["id"]).startswith(b"%PDF-")
    for order in wb_orders_in_shop(linked):
        number = order["properties"]["WB_ORDER_ID"]
        assert order["properties"]["WB_LABEL_URL"].startswith(f"https://labels.test/labels/{number}?e=")
        assert order["properties"]["WB_STICKER"]
        assert order["properties"]["WB_RID"], "what stood on the order stays"
    assert linked.state(OrderState.DONE) == sorted(o["id"] for o in bought)


def test_a_cross_border_label_is_asked_for_until_it_is_ready(linked: World, clock: Clock) -> None:
    bought = placed(linked, 2, cross_border_share=1.0)
    linked.confirm(bought)
    linked.labels_tick()
    linked.fetch_labels()
    assert linked.state(OrderState.PLACED) == sorted(o["id"] for o in bought)
    for _ in range(3):
        clock.forward(minutes=5)
        linked.labels_tick()
        linked.fetch_labels()
    assert linked.state(OrderState.DONE) == sorted(o["id"] for o in bought)


def test_a_malformed_sticker_is_parked_and_the_others_are_stored(linked: World) -> None:
    bought = placed(linked, 8)
    linked.confirm(bought)
    linked.wb_fault("POST /api/v3/orders/stickers", "malformed_sticker")
    linked.labels_tick()
    linked.fetch_labels()
    [parked] = linked.state(OrderState.PARKED)
    assert len(linked.state(OrderState.DONE)) == 7
    assert linked.orders.get([OrderId(parked)])[OrderId(parked)].reason.startswith("Этикетка от Wildberries повреждена")


def test_an_order_that_wb_leaves_out_is_asked_for_again(linked: World, clock: Clock) -> None:
    bought = placed(linked, 3)
    linked.confirm(bought[:2])
    linked.labels_wanted.send([LabelsWanted(order_ids=tuple(OrderId(o["id"]) for o in bought))])
    linked.fetch_labels()
    assert linked.state(OrderState.PLACED) == [bought[2]["id"]]
    linked.confirm(bought[2:])
    clock.forward(minutes=5)
    linked.labels_tick()
    linked.fetch_labels()
    assert len(linked.state(OrderState.DONE)) == 3


def test_a_label_whose_link_did_not_reach_the_shop_is_linked_later(linked: World, clock: Clock) -> None:
    bought = placed(linked, 3)
    linked.confirm(bought)
    linked.shop_fault("batch", "500", times=1)
    linked.labels_tick()
    assert any(linked.fetch_labels())
    assert len(linked.state(OrderState.LABELLED)) == 3
    clock.forward(minutes=11)
    linked.sweep()
    linked.fetch_labels()
    assert len(linked.state(OrderState.DONE)) == 3
    assert Counter(linked.wildberries.state.requests)["POST /api/v3/orders/stickers"] == 1


def test_an_order_cancelled_before_its_label_owes_none(linked: World) -> None:
    bought = placed(linked, 2)
    linked.sim("wb", "POST", f"/_sim/orders/{bought[0]['id']}/cancel_by_client")
    assert linked.labels_tick() == {"LabelsOwed": 2, "LabelsReady": 0, "LabelAsks": 0}
    assert linked.state(OrderState.CANCELLED) == [bought[0]["id"]]
    assert len(linked.state(OrderState.PLACED)) == 1


def test_a_cancelled_unit_is_told_again(linked: World, clock: Clock) -> None:
    bought = placed(linked, 1)[0]
    clock.forward(minutes=15)
    linked.sync_stock()
    linked.sim("wb", "POST", f"/_sim/orders/{bought['id']}/cancel_by_client")
    linked.labels_tick()
    clock.forward(minutes=15)
    linked.sync_stock()
    assert linked.wb_stock()[bought["chrtId"]] == sellable_in_shop(linked)[bought["chrtId"]]
