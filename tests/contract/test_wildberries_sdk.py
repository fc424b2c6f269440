"""A stranger reads our simulated WB: the SDK that is generated from WB's own specification drives it over HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wildberries_sdk import analytics, general, items, orders_fbs

from infra.local.serving import serve
from infra.local.wildberries import Category, Wildberries, World, make_token
from infra.local.wildberries.analytics import row_of
from infra.local.wildberries.buyers import Wishes, order
from infra.local.wildberries.faults import KINDS, Fault
from infra.local.wildberries.life import happen
from infra.local.wildberries.routes import ROUTES
from wbsync.wb.wire import OrderStatuses

MINSK = 501_001
RUSSIA = 601_001
FIRST = 310_000_001
SOON = datetime.now(UTC) + timedelta(days=120)  # noqa: TID251 (a server on a port lives by the real clock)
MARKS: dict[str, tuple[str, dict[str, object]]] = {
    "sgtin": ("sgtin", {"sgtins": ["0104810000000012215EirD_orEif7X\x1d91EE12\x1d92Vyg"]}),
    "uin": ("uin", {"uin": "1234567890123456"}),
    "imei": ("imei", {"imei": "123456789012345"}),
    "gtin": ("gtin", {"gtin": "4810000000012"}),
    "expiration": ("expiration", {"expiration": "12.09.2030"}),
    "customsDeclaration": ("customs_declaration", {"customsDeclaration": "10704010/010624/0000302"}),
}
FOREIGN = make_token(categories=[Category.CHAT], expires=SOON)
ERRORS = (general.ApiException, items.ApiException, orders_fbs.ApiException)


@dataclass
class Peer:
    """The parts of the SDK that have operations of ours, one for each host on the simulator's port."""

    wb: Wildberries
    url: str
    open: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.goods = self.api(items, "marketplace-api")
        self.content = self.api(items, "content-api")
        self.prices = self.api(items, "discounts-prices-api")
        self.fbs = self.api(orders_fbs, "marketplace-api")
        self.seller = self.api(general, "common-api")

    def api(self, part: Any, host: str, token: str | None = None) -> Any:
        """Every operation of the SDK names its own hosts: `ignore_operation_servers` makes it take the given one."""
        configuration = part.Configuration(
            host=f"{self.url}/{host}",
            api_key={"HeaderApiKey": token or make_token(categories=Category, expires=SOON)},
            ignore_operation_servers=True,
        )
        client = part.ApiClient(configuration)
        self.open.callback(client.rest_client.pool_manager.clear)  # the SDK itself leaves its connections open
        return part.DefaultApi(client)

    def buy(self, count: int = 1, *, across: bool = False, warehouse: int = MINSK, marked: bool = False) -> list[int]:
        with self.wb.state.lock:
            required = dict.fromkeys(MARKS, 1.0) if marked else {}
            shares = {"cross_border_share": float(across), "required_meta": required}
            wishes = Wishes(count=count, seed=1, warehouse_id=warehouse, **shares)  # type: ignore[arg-type]  # of one dict
            return [each.id for each in order(self.wb.state, wishes)]

    def supply(self, *orders: int) -> str:
        supply: str = self.fbs.post_v3_supplies({"name": "Понедельник"}).id
        self.fbs.patch_v3_supplies_supply_id_orders(supply, {"orders": list(orders)})
        return supply


@pytest.fixture
def peer() -> Iterator[Peer]:
    warehouses = [{"id": MINSK, "name": "Минск"}, {"id": RUSSIA, "name": "На Россию", "office_id": 601}]
    wb = Wildberries(World(goods=20, stocked=True, warehouses=warehouses), pace=1_000)
    wb.state.stocks[RUSSIA][FIRST + 2] = 5
    with serve(wb.wsgi) as url:
        peer = Peer(wb, url)
        with peer.open:
            yield peer


def understood(answer: Any) -> Any:
    """What the SDK's models made of an answer: all that was sent, without a field that they did not expect."""
    sent = json.loads(answer.raw_data) if answer.raw_data else None
    made = answer.data
    plain = [json.loads(each.to_json()) for each in made] if isinstance(made, list) else made and _plain(made)
    assert _without_nulls(plain) == _without_nulls(sent)
    return sent


def _plain(model: Any) -> Any:
    return json.loads(model.to_json())


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def test_the_sdk_understands_every_operation_from_stock_to_labels(peer: Peer) -> None:
    for api in sorted({route.api for route in ROUTES}):
        assert understood(peer.api(general, api).get_ping_with_http_info())["Status"] == "OK"
    assert understood(peer.seller.get_v1_seller_info_with_http_info())["country"] == "BY"
    ask = {"settings": {"sort": {"ascending": True}, "cursor": {"limit": 3}}}
    assert len(understood(peer.content.post_v2_get_cards_list_with_http_info(ask))["cards"]) == 3
    _stock(peer)
    _orders(peer)
    _marking(peer)
    _boxes(peer)
    _into_russia(peer)
    _wb_stock(peer)
    _archive(peer)
    _catalog(peer)
    _prices(peer)
    assert set(peer.wb.state.requests) == {route.operation for route in ROUTES}


def _catalog(peer: Peer) -> None:
    content = peer.content
    assert len(understood(content.get_v2_object_parent_all_with_http_info())["data"]) == 3
    assert len(understood(content.get_v2_object_all_with_http_info())["data"]) == 3
    names = {row["name"] for row in understood(content.get_v2_object_charcs_subject_id_with_http_info(192))["data"]}
    assert {"Цвет", "Состав", "Бренд"} <= names
    for directory in ("colors", "kinds", "countries", "seasons", "vat"):
        ask = getattr(content, f"get_v2_directory_{directory}_with_http_info")
        assert understood(ask())["data"]
    assert understood(content.get_v2_directory_tnved_with_http_info(192))["data"]
    assert len(understood(content.get_v1_brands_with_http_info(192))["brands"]) == 100
    assert understood(content.get_v2_cards_limits_with_http_info())["data"]["freeLimits"]
    [barcode] = understood(content.post_v2_barcodes_with_http_info({"count": 1}))["data"]
    look = [{"id": 14_177_449, "value": ["белый"]}, {"id": 15_000_011, "value": ["хлопок"]}]
    card = {"vendorCode": "Ф-1", "title": "Футболка", "sizes": [{"skus": [barcode]}], "characteristics": look}
    peer.wb.state.cards_delay = 0
    for variant in (card, card | {"vendorCode": "Ф-2"}):
        content.post_v2_cards_upload([{"subjectID": 192, "variants": [variant]}])
    [item] = understood(content.post_v2_cards_error_list_with_http_info({"cursor": {"limit": 1}}))["data"]["items"]
    assert item["vendorCodes"] == ["Ф-2"]  # the barcode is taken
    [made] = [each for each in peer.wb.state.cards.values() if each.vendor_code == "Ф-1"]
    more = {"vendorCode": "Ф-3", "title": "Футболка", "characteristics": [look[1], look[0] | {"value": ["синий"]}]}
    content.post_v2_cards_upload_add({"imtID": made.imt_id, "cardsToAdd": [more]})
    size = {"chrtID": made.sizes[0].chrt_id, "skus": [barcode]}
    content.post_v2_cards_update([card | {"nmID": made.nm_id, "title": "Другая", "sizes": [size]}])
    wanted = {"settings": {"filter": {"textSearch": "Ф-1"}}}
    [told] = understood(content.post_v2_get_cards_list_with_http_info(wanted))["cards"]
    assert told["title"] == "Другая"
    peer.wb.state.fetch = lambda _link: b"\xff\xd8, no picture"
    media = {"nmId": made.nm_id, "data": ["https://shop.test/1.jpg"]}
    assert not understood(content.post_v3_media_save_with_http_info(media))["error"]


def _prices(peer: Peer) -> None:
    prices, state = peer.prices, peer.wb.state
    state.prices_delay = 0
    card = next(iter(state.cards.values()))
    data = {"data": [{"nmID": card.nm_id, "price": 999}]}
    number = understood(prices.post_v2_upload_task_with_http_info(data))["data"]["id"]
    assert understood(prices.get_v2_history_tasks_with_http_info(number))["data"]["status"] == 3
    [row] = understood(prices.get_v2_history_goods_task_with_http_info(10, number))["data"]["historyGoods"]
    assert (row["price"], row["status"]) == (999, 2)
    assert understood(prices.get_v2_buffer_tasks_with_http_info(number))["data"] == {}
    assert understood(prices.get_v2_buffer_goods_task_with_http_info(10, number))["data"]["bufferGoods"] == []
    prices.post_v2_upload_task({"data": [{"nmID": card.nm_id, "price": 1}]})
    [held] = understood(prices.get_v2_quarantine_goods_with_http_info(10))["data"]["quarantineGoods"]
    assert held["newPrice"] == 1
    card.sizes_have_prices = True
    size = {"nmID": card.nm_id, "sizeID": card.sizes[0].chrt_id, "price": 888}
    understood(prices.post_v2_upload_task_size_with_http_info({"data": [size]}))
    sizes = understood(prices.get_v2_list_goods_size_nm_with_http_info(10, card.nm_id))["data"]["listGoods"]
    assert [row["price"] for row in sizes][:1] == [888]
    assert understood(prices.get_v2_list_goods_filter_with_http_info(10))["data"]["listGoods"]
    wanted = {"nmList": [card.nm_id]}
    assert understood(prices.post_v2_list_goods_filter_with_http_info(wanted))["data"]["listGoods"]


def _stock(peer: Peer) -> None:
    goods = peer.goods
    warehouses = understood(goods.get_v3_warehouses_with_http_info())
    assert [warehouse["id"] for warehouse in warehouses] == [MINSK, RUSSIA]
    assert [office["selected"] for office in understood(goods.get_v3_offices_with_http_info())] == [True, False, True]
    rows = [{"chrtId": FIRST, "amount": 7}, {"chrtId": FIRST + 1, "amount": 0}]
    ids = {"chrtIds": [FIRST, FIRST + 1]}
    assert understood(goods.put_v3_stocks_warehouse_id_with_http_info(MINSK, {"stocks": rows})) is None
    assert understood(goods.post_v3_stocks_warehouse_id_with_http_info(MINSK, ids)) == {"stocks": rows}
    assert understood(goods.delete_v3_stocks_warehouse_id_with_http_info(MINSK, ids)) is None
    assert understood(goods.post_v3_stocks_warehouse_id_with_http_info(MINSK, ids)) == {"stocks": []}


def _orders(peer: Peer) -> None:
    fbs = peer.fbs
    here, across = peer.buy(4), peer.buy(2, across=True)
    assert [each["id"] for each in understood(fbs.get_v3_orders_new_with_http_info())["orders"]] == here + across
    assert understood(fbs.patch_v3_orders_order_id_cancel_with_http_info(here.pop())) is None

    supply = understood(fbs.post_v3_supplies_with_http_info({"name": "Понедельник"}))["id"]
    assert understood(fbs.get_v3_supplies_supply_id_with_http_info(supply))["done"] is False
    assert understood(fbs.patch_v3_supplies_supply_id_orders_with_http_info(supply, {"orders": here})) is None
    assert understood(fbs.get_v3_supplies_supply_id_order_ids_with_http_info(supply)) == {"orderIds": here}
    peer.supply(*across)

    labels = understood(fbs.post_v3_orders_stickers_with_http_info("png", 58, 40, {"orders": here}))["stickers"]
    assert [label["orderId"] for label in labels] == here
    for status in ("awaitingTrackNumber", "ready"):
        answer = fbs.post_v3_orders_stickers_cross_border_with_http_info({"orders": across})
        assert {label["status"] for label in understood(answer)["stickers"]} == {status}

    assert understood(fbs.patch_v3_supplies_supply_id_deliver_with_http_info(supply)) is None
    assert understood(fbs.get_v3_supplies_supply_id_barcode_with_http_info(supply, "svg"))["barcode"] == supply
    assert [each["done"] for each in understood(fbs.get_v3_supplies_with_http_info(10, 0))["supplies"]] == [True, False]
    statuses = understood(fbs.post_v3_orders_status_with_http_info({"orders": here}))["orders"]
    assert {status["supplierStatus"] for status in statuses} == {"complete"}
    assert len(understood(fbs.get_v3_orders_with_http_info(1000, 0))["orders"]) == 6
    empty = fbs.post_v3_supplies({"name": "Вторник"}).id
    assert understood(fbs.delete_v3_supplies_supply_id_with_http_info(empty)) is None


def _marking(peer: Peer) -> None:
    fbs, [order] = peer.fbs, peer.buy(marked=True)
    peer.supply(order)
    for key, (put, values) in MARKS.items():
        assert understood(getattr(fbs, f"put_v3_orders_order_id_meta_{put}_with_http_info")(order, values)) is None, key
    [read] = understood(fbs.post_v3_orders_meta_with_http_info({"orders": [order]}))["orders"]
    decisions = {row["key"]: row["decision"] for row in read["metaDetails"]}
    assert decisions == dict.fromkeys(("sgtin", "uin", "imei"), "pending") | dict.fromkeys(
        ("gtin", "expiration", "customsDeclaration"), "filled"
    )
    assert understood(fbs.delete_v3_orders_order_id_meta_with_http_info(order, "imei")) is None


def _boxes(peer: Peer) -> None:
    fbs, supply = peer.fbs, peer.supply(*peer.buy(2))
    ids = understood(fbs.post_v3_supplies_supply_id_trbx_with_http_info(supply, {"amount": 1}))
    [box] = understood(fbs.get_v3_supplies_supply_id_trbx_with_http_info(supply))["trbxes"]
    assert [box["id"]] == ids["trbxIds"]
    assert understood(fbs.post_v3_supplies_supply_id_trbx_stickers_with_http_info(supply, "svg", ids))["stickers"]
    assert understood(fbs.delete_v3_supplies_supply_id_trbx_with_http_info(supply, ids)) is None


def _into_russia(peer: Peer) -> None:
    """Transferred, sent again, and over the border with its form."""
    fbs, orders = peer.fbs, peer.buy(2, warehouse=RUSSIA)
    supply, fresh = peer.supply(*orders), fbs.post_v3_supplies({"name": "Среда"}).id
    fbs.patch_v3_supplies_supply_id_deliver(supply)
    asked = {"orderIds": orders[:1], "newSupplyId": fresh}
    answer = fbs.patch_v3_fbs_supplies_supply_id_orders_transfer_with_http_info(supply, asked)
    assert understood(answer)["transferredOrders"][0]["success"] is True
    assert understood(fbs.get_v3_supplies_orders_reshipment_with_http_info()) == {"orders": []}
    form = {"carrierName": "ЧТУП «Небылица»", "carrierTaxNumber": "190000001", "carrierCountryCode": "112"}
    form |= {"vehicleRegistrationNumber": "AA 0000-7"}
    assert understood(fbs.put_v3_fbs_supplies_supply_id_spot_with_http_info(supply, form)) is None
    peer.wb.advance(7_200)
    [told] = understood(fbs.post_v3_fbs_supplies_spot_list_with_http_info({"supplyIds": [supply]}))["supplies"]
    assert told == {"id": supply, "spot": {"status": "completed"} | form}
    assert understood(fbs.get_v3_fbs_supplies_supply_id_stickers_spot_with_http_info(supply))["qrCode"]


def _wb_stock(peer: Peer) -> None:
    with peer.wb.state.lock:
        peer.wb.state.wb_stock.append(row_of(peer.wb.state, {"chrtId": FIRST, "quantity": 3}))
    reports = peer.api(analytics, "seller-analytics-api")
    answer = reports.post_v1_stocks_report_wb_warehouses_with_http_info({"nmIds": [], "limit": 10})
    assert [row["quantity"] for row in understood(answer)["data"]["items"]] == [3]


def _archive(peer: Peer) -> None:
    orders = list(peer.wb.state.orders.values())
    created = orders[0].created_at
    peer.wb.advance(100 * 86_400)
    for each in orders:
        happen(peer.wb.state, each, "sold")
    page = understood(peer.fbs.get_v3_fbs_orders_archive_with_http_info(created.year, created.month, 0, 100))
    assert {told["status"]["wbStatus"] for told in page["orders"]} >= {"sold", "canceled"}


REFUSALS: dict[int, Callable[[Peer], object]] = {
    400: lambda peer: peer.content.post_v2_get_cards_list({"settings": {"cursor": {"limit": 0}}}),
    401: lambda peer: peer.api(items, "marketplace-api", "not.a.token").get_v3_warehouses(),
    403: lambda peer: peer.api(items, "content-api", FOREIGN).post_v2_get_cards_list({"settings": {}}),
    404: lambda peer: peer.fbs.get_v3_supplies_supply_id("WB-GI-1"),
    406: lambda peer: peer.goods.put_v3_stocks_warehouse_id(MINSK, {"stocks": [{"chrtId": FIRST, "amount": 1}]}),
    409: lambda peer: peer.goods.put_v3_stocks_warehouse_id(MINSK, {"stocks": [{"chrtId": 1, "amount": 1}]}),
    429: lambda peer: peer.seller.get_ping(),
}


@pytest.mark.parametrize("status", REFUSALS)
def test_the_sdk_understands_why_it_was_refused(peer: Peer, status: int) -> None:
    if str(status) in KINDS:
        with peer.wb.state.lock:
            peer.wb.state.faults.append(Fault(match="*", kind=str(status)))
    with pytest.raises(ERRORS) as refused:
        REFUSALS[status](peer)
    failure: Any = refused.value
    assert failure.status == status
    made = failure.data if isinstance(failure.data, list) else [failure.data]
    sent = json.loads(failure.body)
    assert _without_nulls([_plain(each) for each in made]) == _without_nulls(sent if isinstance(sent, list) else [sent])


def test_a_status_missing_in_wbs_enum_stops_the_sdk_and_not_us(peer: Peer) -> None:
    """Why our models keep statuses as text: one cancelled parcel would hide a thousand orders."""
    across = peer.buy(2, across=True)
    peer.fbs.patch_v3_supplies_supply_id_deliver(peer.supply(*across))
    with peer.wb.state.lock:
        assert happen(peer.wb.state, peer.wb.state.orders[across[0]], "cancel_by_carrier")
    with pytest.raises(ValueError, match="must be one of enum values"):
        peer.fbs.post_v3_orders_status({"orders": across})
    raw = peer.fbs.post_v3_orders_status_without_preload_content({"orders": across}).data
    ours = OrderStatuses.model_validate_json(raw)
    assert [status.supplier_status for status in ours.orders] == ["cancel_carrier", "complete"]
