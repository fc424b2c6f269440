"""What people print of a supply follows what is in it, whatever of the shop or WB fails."""

import io
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import batched
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from pypdf import PdfReader

from infra.local.bitrix.seed import Seed
from tests.fixtures.world import World, shop
from tests.unit.test_print_sheets import sticker
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.orders import OrderState
from wbsync.domain.print_sheets import Layout
from wbsync.domain.statuses import WbStatus
from wbsync.domain.supplies import SupplyFile, SupplyState, supply_key
from wbsync.errors import NotAuthorised, Rejected, TryLater
from wbsync.flows import offer_photos
from wbsync.flows.print_supplies import FILES, LAYOUTS, fingerprint
from wbsync.stores.aws import dynamodb, s3
from wbsync.stores.supplies import SupplyRecord

ASSEMBLED = "P"
IDS = "GET /api/marketplace/v3/supplies/*/order-ids"


@pytest.fixture
def working(world: World) -> World:
    return opened(world)


def opened(world: World) -> World:
    world.shop = shop(
        warehouses=[{"wb": 501_001, "name": "Минск", "stores": [1, 2]}],
        supplies={"assembled": [ASSEMBLED], "place_property": "PLACE"},
    )
    world.link_cards()
    world.sync_stock()
    return world


def supplied(world: World, count: int = 3, **wishes: Any) -> tuple[SupplyId, list[OrderId]]:
    """Orders that staff assembled, in the open supply; their labels are not there yet."""
    ids = [OrderId(order["id"]) for order in world.buy(count, **wishes)]
    world.place_all()
    for record in world.orders.get(ids).values():
        world.sim("shop", "POST", "/_sim/orders/status", {"order_id": record.shop_order_id, "status": ASSEMBLED})
    world.build_supplies()
    [supply_id] = {record.supply_id for record in world.orders.get(ids).values()}
    assert supply_id
    return supply_id, ids


def labelled(world: World) -> None:
    world.labels_tick()
    assert not any(world.fetch_labels())


def delivered(world: World) -> None:
    [record] = world.supplies.in_state(SupplyState.OPEN)
    assert world.supply_builder()._deliverer().deliver(record) == ""
    world.build_supplies()


def wave(world: World, supply_id: SupplyId) -> SupplyRecord:
    record = world.supplies.find(supply_id)
    assert record
    return record


def file(world: World, supply_id: SupplyId, layout: Layout = "thermal") -> bytes:
    key = supply_key(supply_id, FILES[layout])
    return s3().get_object(Bucket=world.aws.bucket, Key=key)["Body"].read()


def pages(pdf: bytes) -> int:
    return len(PdfReader(io.BytesIO(pdf)).pages)


def text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def asked(world: World, part: str) -> int:
    """Requests of WB whose operation has `part` in it."""
    requests = world.sim("wb", "GET", "/_sim/state")["requests"]
    return sum(count for name, count in requests.items() if part in name)


def shop_asked(world: World) -> Counter[str]:
    return Counter(world.bitrix_shop.shop.requests.http)


# ---- what is printed, and when


def test_a_supply_is_printed_on_both_papers_with_all_that_is_known_of_its_goods(working: World) -> None:
    supply_id, ids = supplied(working)
    labelled(working)
    assert working.print_supplies() == {
        "SuppliesPrinted": 1, "PrintsRefused": 0, "StickersMissing": 0, "PrintsPutOff": 0,
    }  # fmt: skip
    records = working.orders.get(ids)
    for layout in LAYOUTS:
        told = text(file(working, supply_id, layout))
        assert supply_id in told
        assert "Минск" in told
        for record in records.values():
            assert record.order.article in told
            assert record.order.barcodes[0] in told
            assert record.sticker in told
    offers = {row["id"]: row for row in working.bitrix_shop.shop.elements[24]}
    sold = [link.offers[0].offer_id for r in records.values() for link in working.links.get(r.order.barcodes).values()]
    places = {offers[offer]["property102"]["value"] for offer in sold if offers[offer]["property102"]}
    assert places
    assert all(place in text(file(working, supply_id, "a4")) for place in places)


def test_an_unchanged_supply_costs_one_call_of_wb_and_none_of_the_shop(working: World) -> None:
    supplied(working)
    labelled(working)
    working.print_supplies()
    before, calls = shop_asked(working), asked(working, "/")
    assert working.print_supplies()["SuppliesPrinted"] == 0
    assert shop_asked(working) == before
    assert asked(working, "/") == calls + 1


def test_labels_that_come_and_orders_that_join_are_printed_at_the_next_tick(working: World) -> None:
    supply_id, ids = supplied(working)
    assert working.print_supplies()["StickersMissing"] == 3
    told = text(file(working, supply_id))
    assert all(f"заказ {order_id}: этикетки ещё нет" in told for order_id in ids)
    labelled(working)
    assert working.print_supplies()["StickersMissing"] == 0
    before = pages(file(working, supply_id))
    supplied(working, 2)
    labelled(working)
    assert working.print_supplies()["SuppliesPrinted"] == 1
    assert pages(file(working, supply_id)) >= before + 2


def test_a_delivered_supply_is_printed_with_its_code_and_then_settled(working: World) -> None:
    supply_id, _ = supplied(working)
    labelled(working)
    working.print_supplies()
    before = pages(file(working, supply_id))
    delivered(working)
    assert working.print_supplies()["SuppliesPrinted"] == 1
    assert pages(file(working, supply_id)) == before + 1
    working.clock.forward(minutes=40)
    working.build_supplies()
    assert wave(working, supply_id).state is SupplyState.DONE
    assert asked(working, "barcode") == 1


def test_a_code_that_is_kept_while_the_files_are_made_is_owed_in_the_next_ones(working: World) -> None:
    supply_id, _ = supplied(working)
    began = working.clock.at
    working.print_supplies()
    assert wave(working, supply_id).printed_at == began
    working.supplies.code_kept(wave(working, supply_id), began + timedelta(seconds=1))
    record = wave(working, supply_id)
    assert record.printed_at is not None
    assert record.code_at is not None
    assert record.printed_at < record.code_at


def test_a_supply_that_was_done_without_a_label_is_printed_when_it_comes_but_not_for_ever(working: World) -> None:
    supply_id, _ = supplied(working)
    delivered(working)
    working.print_supplies()
    record = wave(working, supply_id)
    assert working.supplies.move(record, SupplyState.DONE) or record.state is SupplyState.DONE
    labelled(working)
    assert working.print_supplies()["SuppliesPrinted"] == 1
    calls = asked(working, "order-ids")
    assert working.print_supplies()["SuppliesPrinted"] == 0
    assert asked(working, "order-ids") == calls


def test_an_empty_supply_is_not_printed(working: World) -> None:
    supply_id, ids = supplied(working, 1)
    working.sim("wb", "POST", f"/_sim/orders/{ids[0]}/cancel_by_client")
    with working.wildberries.state.lock:
        working.wildberries.state.leave_supply(working.wildberries.state.orders[ids[0]])
    assert working.print_supplies()["SuppliesPrinted"] == 0
    assert not working.labels.has_supply_file(supply_id, SupplyFile.THERMAL)


def test_an_order_that_was_cancelled_before_it_left_is_not_picked(working: World) -> None:
    supply_id, ids = supplied(working)
    labelled(working)
    working.print_supplies()
    working.orders.read_status(ids[0], WbStatus("cancel", "canceled", working.clock.at + timedelta(minutes=1)))
    assert working.print_supplies()["SuppliesPrinted"] == 1
    told = text(file(working, supply_id))
    assert working.orders.get(ids)[ids[0]].sticker not in told
    assert "в поставке 3, а в этом файле 2" in told


def test_the_old_label_of_an_order_that_wb_moved_into_another_supply_is_not_printed(working: World) -> None:
    supply_id, ids = supplied(working)
    labelled(working)
    working.print_supplies()
    assert working.orders.get(ids)[ids[0]].state is OrderState.DONE
    working.orders.move(ids[0], OrderState.PLACED, at=working.clock.at)
    assert working.print_supplies()["StickersMissing"] == 1
    assert f"заказ {ids[0]}: этикетки ещё нет" in text(file(working, supply_id))


def test_nothing_is_printed_by_itself_where_staff_makes_supplies_in_the_cabinet(world: World) -> None:
    world.link_cards()
    assert world.print_supplies() == {}


# ---- what fails


def test_a_supply_that_fails_holds_back_no_other(working: World) -> None:
    first, _ = supplied(working)
    delivered(working)
    second, _ = supplied(working)
    assert first != second
    working.wb_fault(IDS, "500")
    report = working.print_supplies()
    assert (report["SuppliesPrinted"], report["PrintsPutOff"]) == (1, 1)
    assert {bool(wave(working, each).printed) for each in (first, second)} == {True, False}
    assert working.print_supplies()["SuppliesPrinted"] == 1
    assert all(wave(working, each).printed for each in (first, second))


def test_when_wb_answers_nothing_the_whole_run_is_put_off(working: World) -> None:
    supplied(working)
    working.wb_fault(IDS, "500")
    with pytest.raises(TryLater):
        working.print_supplies()


def test_a_shop_that_is_down_costs_places_and_photos_and_is_asked_again(working: World) -> None:
    supply_id, _ = supplied(working)
    labelled(working)
    working.shop_fault("batch", "500", times=1)
    assert working.print_supplies()["SuppliesPrinted"] == 1
    first = text(file(working, supply_id))
    assert "Этикет" not in first.replace("Номера этикеток", "")
    assert wave(working, supply_id).printed == ""
    assert working.print_supplies()["SuppliesPrinted"] == 1
    assert wave(working, supply_id).printed


def test_a_webhook_without_the_right_prints_all_the_same_and_goes_red(working: World) -> None:
    supply_id, _ = supplied(working)
    labelled(working)
    working.bitrix_shop.shop.seed = working.bitrix_shop.shop.seed.model_copy(update={"scopes": frozenset({"sale"})})
    with pytest.raises(NotAuthorised):
        working.print_supplies()
    assert pages(file(working, supply_id)) >= 4


def test_a_code_that_wb_does_not_give_leaves_the_rest_to_be_printed(working: World) -> None:
    supply_id = by_hand_of(working, working.buy(1))
    working._wb_call("PATCH", f"/api/v3/supplies/{supply_id}/deliver", {})
    whole = working.wb._http

    def refusing(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/barcode"):
            return httpx.Response(409, json={"code": "SupplyNotClosed", "message": "not closed"})
        return whole.send(request)

    working.wb._http = httpx.Client(transport=httpx.MockTransport(refusing))
    assert not working.printer().print_supply(supply_id).has_code
    working.wb._http = whole
    working.clock.forward(seconds=10)
    assert working.printer().print_supply(supply_id).has_code


# ---- photos


def test_photos_come_once_for_each_offer_and_are_kept_between_runs(working: World) -> None:
    flow = working.printer()
    supplied(working, 12)
    flow.run(deadline=working.clock.at + timedelta(minutes=4))
    first = shop_asked(working)["catalog.product.download"]
    assert 0 < first == len(flow.photos)
    assert any(photo.startswith(b"\x89PNG") for photo in flow.photos.values())
    supplied(working, 1, seed=5)
    flow.run(deadline=working.clock.at + timedelta(minutes=4))
    assert shop_asked(working)["catalog.product.download"] - first <= 1


@pytest.mark.parametrize("kind", ["500", "html500", "503", "cut_before", "empty500"])
def test_a_photo_that_fails_is_left_out(working: World, kind: str) -> None:
    supply_id, _ = supplied(working, 12)
    labelled(working)
    working.shop_fault("catalog.product.download", kind, times=None)
    assert working.print_supplies()["SuppliesPrinted"] == 1
    assert wave(working, supply_id).printed
    assert shop_asked(working)["catalog.product.download"] <= offer_photos.MOST_FAILURES + offer_photos.TOGETHER - 1


def test_a_photo_that_is_too_large_is_left_out_and_not_asked_for_again(
    working: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offer_photos, "MOST_BYTES", 10)
    flow = working.printer()
    supplied(working, 12)
    flow.run(deadline=working.clock.at + timedelta(minutes=4))
    assert set(flow.photos.values()) == {b""}


# ---- by hand


def by_hand_of(world: World, orders: Sequence[dict[str, Any]]) -> SupplyId:
    return SupplyId(world.confirm(list(orders)))


def test_a_supply_of_wbs_cabinet_is_printed_with_its_code(working: World) -> None:
    bought = working.buy(2)
    working.place_all()
    supply_id = by_hand_of(working, bought)
    labelled(working)
    working._wb_call("PATCH", f"/api/v3/supplies/{supply_id}/deliver", {})
    calls = asked(working, "/")
    printed = working.printer().print_supply(supply_id)
    assert asked(working, "/") == calls + 3
    assert (printed.orders, printed.missing, printed.has_code) == (2, (), True)
    assert printed.files == {layout: file(working, supply_id, layout) for layout in LAYOUTS}
    assert working.labels.has_supply_file(supply_id, SupplyFile.CODE)


def test_orders_that_wbsync_never_saw_are_listed_and_their_labels_told_to_be_missing(working: World) -> None:
    bought = working.buy(2)
    supply_id = by_hand_of(working, bought)
    printed = working.printer().print_supply(supply_id, ["thermal"])
    assert set(printed.unknown) == set(printed.missing) == {order["id"] for order in bought}
    told = text(printed.files["thermal"])
    assert all(str(order["id"]) in told for order in bought)
    assert "которого wbsync не знает" in told


def test_a_supply_that_wb_has_not_is_refused(working: World) -> None:
    with pytest.raises(Rejected, match="no supply WB-GI-404"):
        working.printer().print_supply(SupplyId("WB-GI-404"))


def test_a_label_that_s3_lost_is_told_to_be_missing(working: World) -> None:
    supply_id, ids = supplied(working)
    labelled(working)
    s3().delete_object(Bucket=working.aws.bucket, Key=f"labels/{ids[0]}.pdf")
    assert working.printer().print_supply(supply_id).missing == (ids[0],)
    with pytest.raises(ClientError):
        working.label(ids[0])


# ---- the fingerprint


def test_the_fingerprint_tells_what_is_missing_and_nothing_of_the_order_in_which_wb_lists(working: World) -> None:
    _, ids = supplied(working)
    records = working.orders.get(ids)
    owed = fingerprint(ids, records, code=False)
    assert owed.startswith("3.")
    assert owed == fingerprint(ids[::-1], records, code=False)
    assert len({owed, fingerprint(ids, records, code=True), fingerprint(ids[1:], records, code=False)}) == 3
    assert fingerprint([*ids, OrderId(404)], records, code=False).startswith("4.")


# ---- a thousand


def test_a_thousand_orders_cost_three_calls_of_wb_and_a_bounded_number_of_the_shop(world: World) -> None:
    world.open(400)
    world.bitrix_shop.open(Seed(offers=400))
    opened(world)
    bought = [order for n in range(10) for order in world.buy(100, seed=n)]
    world.poll_orders()
    assert len(world.state(OrderState.STORED)) == len(bought) == 1000
    supply_id = SupplyId(world.confirm(bought[:100]))
    for n in range(100, 1000, 100):
        ids = [order["id"] for order in bought[n : n + 100]]
        world._wb_call("PATCH", f"/api/marketplace/v3/supplies/{supply_id}/orders", {"orders": ids})
    world._wb_call("PATCH", f"/api/v3/supplies/{supply_id}/deliver", {})
    label_all(world)
    world.clock.forward(minutes=5)
    calls, before = asked(world, "/"), shop_asked(world)
    printed = world.printer().print_supply(supply_id)
    assert (printed.orders, printed.missing) == (1000, ())
    assert asked(world, "/") == calls + 3
    spent = shop_asked(world) - before
    assert spent["batch"] == 2
    assert spent["catalog.product.download"] <= offer_photos.MOST_PHOTOS
    assert pages(printed.files["thermal"]) > 1000


def label_all(world: World) -> None:
    """As if all labels had come; written in batches, for one by one a thousand take long."""
    pdf, table = sticker(1), world.aws.tables["OrdersTable"]
    items = dynamodb().scan(TableName=table)["Items"]
    for some in batched(items, 25, strict=False):
        puts = [{**item, "state": {"S": "labelled"}, "sticker": {"S": "1 2"}} for item in some]
        dynamodb().batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in puts]})
    for item in items:
        world.labels.put(OrderId(int(item["order_id"]["N"])), pdf)
