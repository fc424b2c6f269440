"""WB's own specification listens: to what our client asks on a working day, and to every answer of our simulator.

The specification of October 2026 has every operation of ours, so the older one is not needed. Fields that it does not
know are faults on both sides, since WB answers 204 to misnamed ones.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue

from infra.local.wildberries import make_token
from infra.local.wildberries.life import EVENTS
from infra.local.wildberries.routes import ROUTES, Route, find
from tests.fixtures.wildberries import BEGAN, FAR, FIRST, MINSK, Seller
from tests.fixtures.world import Clock, World
from wbsync.domain.ids import ChrtId
from wbsync.domain.orders import OrderState
from wbsync.errors import SyncError
from wbsync.wb.operations import (
    ADD_ORDERS_TO_SUPPLY,
    CREATE_SUPPLY,
    DELETE_STOCKS,
    DELIVER_SUPPLY,
    ORDERS,
    SELLER_INFO,
    SUPPLY_BARCODE,
)
from wbsync.wb.wire import ChrtIds, NewSupply, OrderIds

SPECIFICATION = Path(__file__).parents[3] / "shared" / "wb-openapi" / "merged-2026-10-24"
FILES = ("01-general", "02-items", "03-orders-fbs", "11-analytics")
V3 = "/marketplace-api/api/v3"
NEW_V3 = "/marketplace-api/api/marketplace/v3"
RUSSIA = 601_001  # a warehouse of the seller whose supplies go there

pytestmark = pytest.mark.skipif(
    not SPECIFICATION.is_dir(), reason="WB's specification (../shared/wb-openapi) is absent"
)

NULLABLE = "the file of August calls it nullable; the newer one was rebuilt by a tool that drops the word"
CARRIERS = "the field's own description names it, its enum forgot it"
GATEWAY = "the gateway limits every operation; the file tells no limit of this new one"
REFUSED = "the examples beside the schema have null where there is nothing to tell"
UNTOLD = "the file tells no refusal of a wrong count, but its limit of 5 000"
EXAMPLE = "WB's own example has it, the schema beside it forgot it"

# Where the specification is wrong: "VERB /path status field: complaint" as a glob, and how we know.
KNOWN = {
    "GET /api/v3/orders* 200 orders.address: None is not *": NULLABLE,
    "GET /api/v3/orders* 200 orders.scanPrice: None is not *": NULLABLE,
    "GET /api/v3/offices 200 federalDistrict: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *closedAt: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *scanDt: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *crossBorderType: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *isB2b: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *destinationOfficeId: None is not *": NULLABLE,
    "* /content/* 4?? data: None is not *": REFUSED,
    "* /api/v2/* 4?? data: None is not *": REFUSED,
    "POST /content/v2/cards/up* 200 data: None is not *": REFUSED,
    "POST /content/v2/barcodes 400 ResponseNotFound*": UNTOLD,
    "POST /api/marketplace/v3/orders/meta 200 orders.metaDetails.value: None is not *": NULLABLE,
    "PATCH /api/marketplace/v3/fbs/supplies/{supplyId}/orders/transfer 429 ResponseNotFound*": GATEWAY,
    "POST /api/v3/orders/status 200 orders.supplierStatus: 'cancel_carrier' is not one of *": CARRIERS,
    "POST /api/v3/orders/status 200 orders.wbStatus: 'canceled_by_carrier' is not one of *": CARRIERS,
    "DELETE /api/v3/stocks/{warehouseId} 404 : Additional properties * ('data' was unexpected)": EXAMPLE,
}


@cache
def specified() -> dict[str, OpenAPI]:
    """The specification that has an operation, by "VERB /path/{placeholder}"."""
    config = Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
    found: dict[str, OpenAPI] = {}
    for file in FILES:
        text = json.loads((SPECIFICATION / f"{file}.json").read_text())
        api = OpenAPI.from_dict(text, config=config)
        found |= {f"{verb.upper()} {path}": api for path, verbs in text["paths"].items() for verb in verbs}
    return found


class Heard:
    """One exchange, and what the specification has against its halves."""

    def __init__(self, answer: httpx.Response) -> None:
        asked = answer.request
        route = find(asked.method, asked.url.path)
        assert route is not None, f"nobody serves {asked.method} {asked.url.path}"
        self.route: Route = route[0]
        self.status = answer.status_code
        self.api = specified()[self.route.operation]
        self.query = dict(asked.url.params)
        self.asked = MockRequest(
            f"https://{self.route.api}.wildberries.ru",
            asked.method,
            asked.url.path.removeprefix(f"/{self.route.api}"),
            args=self.query,
            headers=dict(asked.headers),
            data=asked.content,
        )
        # The gateway's application/problem+json is JSON; the file of FBS orders calls it application/json.
        media_type = answer.headers.get("Content-Type", "").replace("problem+json", "json")
        self.answered = MockResponse(answer.content, self.status, content_type=media_type)

    def faults(self) -> Iterator[str]:
        """In the request and in the answer."""
        spec = self.api.spec / "paths" / self.route.path / self.route.verb.lower()
        parameters: Iterable[Any] = spec.get("parameters", default=[])
        known = {(parameter / "name").read_str() for parameter in parameters}
        yield from (f"{self.route.operation} asks for unknown {name}" for name in self.query.keys() - known)
        for error in self.api.iter_request_errors(self.asked):
            yield from (f"{self.route.operation} asks {told}" for told in _told(error))
        yield from self.faults_of_answer()

    def faults_of_answer(self) -> Iterator[str]:
        for error in self.api.iter_response_errors(self.asked, self.answered):
            yield from (f"{self.route.operation} {self.status} {told}" for told in _told(error))


def _told(error: Exception) -> list[str]:
    """Each complaint with its place, without the rows' numbers."""
    cause = error.__cause__
    if not isinstance(cause, InvalidSchemaValue):
        return [f"{error!r} {cause!r}"]
    complaints: Iterable[Any] = cause.schema_errors
    return [f"{'.'.join(p for p in e.path if isinstance(p, str))}: {e.message}" for e in complaints]


def unexcused(faults: Iterable[str]) -> set[str]:
    return {fault for fault in faults if not any(fnmatchcase(fault, known) for known in KNOWN)}


def listen(http: httpx.Client) -> list[Heard]:
    """What this client exchanges from now on, errors of the server (which no specification tells) left out."""
    heard: list[Heard] = []

    def hear(answer: httpx.Response) -> None:
        if answer.status_code < 500 and not answer.request.url.path.startswith("/_sim/"):
            answer.read()
            heard.append(Heard(answer))

    http.event_hooks = {"response": [hear]}
    return heard


# Our client


def test_a_working_day_asks_and_is_answered_as_specified(world: World, clock: Clock) -> None:
    heard = listen(world.wb._http)
    world.link_cards()
    world.sync_stock()
    bought = world.buy(8, cross_border_share=0.25, unknown_barcode_share=0.25)
    world.place_all()
    for across in (0, 1):
        world.confirm([order for order in bought if order["crossBorderType"] == across])
    for _ in range(3):
        clock.forward(minutes=15)
        world.labels_tick()
        world.fetch_labels()
        world.sweep()
    clock.forward(days=1)
    world.link_cards()
    world.sync_stock(full=True)

    assert len(world.state(OrderState.DONE)) == 6
    assert _operations(heard) == {
        "POST /content/v2/get/cards/list",
        "GET /api/v3/warehouses",
        "PUT /api/v3/stocks/{warehouseId}",
        "POST /api/v3/stocks/{warehouseId}",
        "GET /api/v3/orders/new",
        "GET /api/v3/orders",
        "POST /api/v3/orders/status",
        "POST /api/v3/orders/stickers",
        "POST /api/v3/orders/stickers/cross-border",
    }
    assert unexcused(fault for each in heard for fault in each.faults()) == set()


def test_what_no_flow_asks_yet_is_asked_as_specified_too(world: World) -> None:
    heard = listen(world.wb._http)
    world.link_cards()
    world.sync_stock()
    [order] = world.buy()
    call = world.wb.call
    call(SELLER_INFO)
    call(ORDERS, query={"limit": 1000, "next": 0, "dateFrom": int(world.clock.seconds()) - 3600})
    supply = call(CREATE_SUPPLY, body=NewSupply(name="Понедельник")).id
    call(ADD_ORDERS_TO_SUPPLY, path={"supply_id": supply}, body=OrderIds(orders=(order["id"],)))
    call(DELIVER_SUPPLY, path={"supply_id": supply})
    call(SUPPLY_BARCODE, path={"supply_id": supply}, query={"type": "png"})
    call(DELETE_STOCKS, path={"warehouse_id": MINSK}, body=ChrtIds(chrt_ids=(ChrtId(FIRST),)))
    assert unexcused(fault for each in heard for fault in each.faults()) == set()


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (409, lambda world: world.wb_fault("PUT *", "refuse_rows", chrt_ids=[FIRST, FIRST + 1])),
        (409, lambda world: world.sim("wb", "POST", f"/_sim/warehouses/{MINSK}", {"is_processing": True})),
        (406, lambda world: world.wb_fault("PUT *", "406")),
        (404, lambda world: world.wildberries.state.warehouses.clear()),
        (401, lambda world: world.sim("wb", "POST", "/_sim/clock", {"advance": 200 * 86_400})),
        (429, lambda world: world.wb_fault("PUT *", "429")),
    ],
    ids=["rows", "processing", "blocked", "no warehouse", "expired", "too many"],
)
def test_stock_that_wb_refuses_was_asked_and_is_refused_as_specified(
    world: World, status: int, trouble: Callable[[World], object]
) -> None:
    world.link_cards()
    world.collect_stock()
    heard = listen(world.wb._http)
    trouble(world)
    with suppress(SyncError):
        world.push_stock()
    assert status in {each.status for each in heard}
    assert unexcused(fault for each in heard for fault in each.faults()) == set()


# Our simulator


@pytest.fixture(scope="module")
def answers() -> list[Heard]:
    """Everything that the simulator can say, asked by hand and not always as it should be."""
    warehouses = [{"id": MINSK, "name": "Минск"}, {"id": RUSSIA, "name": "На Россию", "office_id": 601}]
    seller = Seller(goods=20, stocked=True, pace=10_000, warehouses=warehouses)
    heard = listen(seller.http)
    ids = _whole_life(seller)
    _marking(seller)
    _boxes(seller)
    _into_russia(seller)
    _second_delivery(seller)
    _wb_stock(seller)
    _catalog(seller)
    _prices(seller)
    _troubles_of_stock(seller)
    for route in ROUTES:
        _refusals(seller, route, ids)
    return heard


def _whole_life(seller: Seller) -> dict[str, object]:
    """From cards to delivered supplies; ids of an order and its supply for what follows."""
    for api in {route.api for route in ROUTES}:
        seller.ask(f"GET /{api}/ping")
    seller.ask("GET /common-api/api/v1/seller-info")
    seller.ask("POST /content-api/content/v2/get/cards/list", {"settings": {"cursor": {"limit": 5}}})
    seller.ask(f"GET {V3}/warehouses")
    seller.ask(f"GET {V3}/offices")
    seller.put({"chrtId": FIRST, "amount": 7}, {"chrtId": FIRST + 1, "amount": 7})
    seller.stock(FIRST)
    seller.ask(f"DELETE {V3}/stocks/{MINSK}", {"chrtIds": [FIRST + 1]})
    here, across = ([order["id"] for order in seller.buy(9, cross_border_share=share)] for share in (0, 1))
    seller.ask(f"PATCH {V3}/orders/{across.pop()}/cancel")
    seller.ask(f"GET {V3}/orders/new")
    empty, *supplies = seller.supply(here[0]), seller.supply(*here), seller.supply(*across)
    for supply in supplies:
        seller.ask(f"GET {V3}/supplies", limit=10, next=0)
        seller.ask(f"PATCH {V3}/supplies/{supply}/deliver")
        seller.ask(f"GET {V3}/supplies/{supply}/barcode", type="svg")
        seller.ask(f"GET /marketplace-api/api/marketplace/v3/supplies/{supply}/order-ids")
    seller.ask(f"GET {V3}/supplies/{empty}")
    seller.ask(f"DELETE {V3}/supplies/{empty}")
    seller.ask(f"POST {V3}/orders/stickers", {"orders": here}, type="png", width=58, height=40)
    for _ in ("awaited", "ready"):
        seller.ask(f"POST {V3}/orders/stickers/cross-border", {"orders": across})
    for order, event in zip(across, EVENTS, strict=False):
        seller.http.post(f"/_sim/orders/{order}/{event}")
    seller.ask(f"POST {V3}/orders/status", {"orders": here + across})
    seller.ask(f"GET {V3}/orders", limit=100, next=0)
    seller.wait(91 * 86_400)
    year, month = BEGAN.year, BEGAN.month
    for order in here:
        seller.sim(f"POST orders/{order}/sold")
    seller.ask(f"GET {NEW_V3}/fbs/orders/archive", year=year, month=month, next=0, limit=100)
    return {"warehouseId": MINSK, "orderId": here[0], "supplyId": supplies[0], "subjectId": 192}


def _marking(seller: Seller) -> None:
    """Every key put, read, deleted, refused, and in the way of a delivery."""
    keys = {
        "sgtin": ("sgtins", ["0104810000000012215EirD_orEif7X\x1d91EE12\x1d92Vyg"]),
        "uin": ("uin", "1234567890123456"),
        "imei": ("imei", "123456789012345"),
        "gtin": ("gtin", "4810000000012"),
        "expiration": ("expiration", "12.09.2030"),
        "customsDeclaration": ("customsDeclaration", "10704010/010624/0000302"),
    }
    [marked], [plain] = seller.buy(required_meta=dict.fromkeys(keys, 1)), seller.buy()
    supply = seller.supply(marked["id"], plain["id"])
    asked = {"orders": [marked["id"], plain["id"]]}
    seller.ask(f"POST {V3}/orders/stickers", asked, type="png", width=58, height=40)
    seller.ask(f"PATCH {V3}/supplies/{supply}/deliver")
    seller.ask(f"POST {NEW_V3}/orders/meta", asked)
    for key, (field, value) in keys.items():
        path = f"{NEW_V3 if key == 'customsDeclaration' else V3}/orders/{{}}/meta/"
        path += "customs-declaration" if key == "customsDeclaration" else key
        for order in (marked["id"], plain["id"], 1):
            seller.ask(f"PUT {path.format(order)}", {field: value})
        seller.ask(f"PUT {path.format(marked['id'])}", {field: "x"})
    seller.ask(f"PUT {V3}/orders/{marked['id']}/meta/expiration", {"expiration": "01.12.2026"})
    seller.ask(f"PATCH {V3}/supplies/{supply}/deliver")
    seller.ask(f"POST {NEW_V3}/orders/meta", asked)
    seller.ask(f"POST {NEW_V3}/orders/meta", {"orders": [1]})
    for key in ("imei", "expiration", ""):
        seller.ask(f"DELETE {V3}/orders/{marked['id']}/meta", key=key)
    seller.ask(f"DELETE {V3}/orders/{plain['id']}/meta", key="imei")


def _boxes(seller: Seller) -> None:
    supply = seller.supply(*(order["id"] for order in seller.buy(4, chrt_ids=[FIRST + 2])))
    boxes = f"{V3}/supplies/{supply}/trbx"
    for amount in (2, 1, 0):
        seller.ask(f"POST {boxes}", {"amount": amount})
    made = [box["id"] for box in seller.ask(f"GET {boxes}").json()["trbxes"]]
    seller.ask(f"POST {boxes}/stickers", {"trbxIds": made}, type="svg")
    seller.ask(f"POST {boxes}/stickers", {"trbxIds": made})
    seller.ask(f"DELETE {boxes}", {"trbxIds": ["WB-TRBX-1"]})
    seller.ask(f"DELETE {boxes}", {"trbxIds": made})


def _into_russia(seller: Seller) -> None:
    """SPOT: failed, sent again, completed."""
    seller.put({"chrtId": FIRST, "amount": 5}, warehouse=RUSSIA)
    supply = seller.supply(seller.buy(warehouse_id=RUSSIA)[0]["id"], deliver=True)
    seller.sim(f"POST supplies/{supply}", {"shippingDt": "2027-03-01", "shippingPointId": 100})
    spot, form = f"{NEW_V3}/fbs/supplies/{supply}", {"carrierName": "ЧТУП «Небылица»", "carrierTaxNumber": "190000001"}
    form |= {"carrierCountryCode": "112", "vehicleRegistrationNumber": "AA 0000-7"}
    listed = f"POST {NEW_V3}/fbs/supplies/spot/list", {"supplyIds": [supply, "WB-GI-1"]}
    seller.ask(f"GET {V3}/supplies/{supply}")
    for outcome in ("failed", "completed"):
        seller.sim(f"POST supplies/{supply}", {"spot_outcome": outcome})
        seller.ask(*listed)
        seller.ask(f"PUT {spot}/spot", form | {"trailerRegistrationNumber": "A 0000 A-7"})
        seller.ask(*listed)
        seller.ask(f"GET {spot}/stickers/spot")
        seller.wait(7_200)
        seller.ask(*listed)
    seller.ask(f"GET {spot}/stickers/spot")
    seller.ask(f"PUT {spot}/spot", form)


def _second_delivery(seller: Seller) -> None:
    """Taken back by the seller, and missed by WB."""
    ids = [order["id"] for order in seller.buy(3, warehouse_id=RUSSIA)]
    delivered, fresh = seller.supply(*ids, deliver=True), seller.supply(seller.buy(warehouse_id=RUSSIA)[0]["id"])
    asked: dict[str, object] = {"orderIds": [ids[0], 1], "newSupplyId": fresh}
    seller.ask(f"PATCH {NEW_V3}/fbs/supplies/{delivered}/orders/transfer", asked)
    seller.sim(f"POST supplies/{delivered}/scan", {"orders": ids[1:2]})
    seller.wait(2 * 86_400)
    seller.ask(f"GET {V3}/supplies/{delivered}")
    seller.ask(f"GET {V3}/supplies/orders/reshipment")


def _wb_stock(seller: Seller) -> None:
    asked = "POST /seller-analytics-api/api/analytics/v1/stocks-report/wb-warehouses"
    seller.ask(asked, {})
    seller.sim("POST wb-stock", [{"chrtId": FIRST, "quantity": 3, "inWayToClient": 1}])
    seller.ask(asked, {"nmIds": [], "limit": 10, "offset": 0})


def _catalog(seller: Seller) -> None:
    v2 = "/content-api/content/v2"
    for place in ("object/parent/all", "object/all", "object/charcs/192", "cards/limits"):
        seller.ask(f"GET {v2}/{place}")
    for directory in ("colors", "kinds", "countries", "seasons", "vat"):
        seller.ask(f"GET {v2}/directory/{directory}")
    seller.ask(f"GET {v2}/directory/tnved", subjectID=192, search="6109")
    seller.ask("GET /content-api/api/content/v1/brands", subjectId=192)
    seller.ask("GET /content-api/api/content/v1/brands", subjectId=77)
    [barcode] = seller.ask(f"POST {v2}/barcodes", {"count": 1}).json()["data"]
    size = {"techSize": "44", "wbSize": "44", "price": 40, "skus": [barcode]}
    look = [{"id": 14_177_449, "value": ["белый"]}, {"id": 15_000_011, "value": ["хлопок"]}]
    card = {"vendorCode": "Ф-1", "brand": "Небывалое", "title": "Футболка", "sizes": [size], "characteristics": look}
    batches: tuple[list[dict[str, Any]], ...] = (
        [card],
        [card | {"vendorCode": "Ф-2"}] * 2,
        [{}],
        [card | {"vendorCode": "Ф-3", "title": ""}],
    )
    for variants in batches:
        seller.ask(f"POST {v2}/cards/upload", [{"subjectID": 192, "variants": variants}])
    seller.ask(f"POST {v2}/cards/upload", [{"subjectID": 5, "variants": [card]}])
    seller.wait(2)
    seller.ask(f"POST {v2}/cards/error/list", {"cursor": {"limit": 1}, "order": {"ascending": True}})
    wanted = {"settings": {"filter": {"textSearch": "Ф-1"}}}
    [made] = seller.ask(f"POST {v2}/get/cards/list", wanted).json()["cards"]
    more = card | {"vendorCode": "Ф-4", "characteristics": [{"id": 14_177_449, "value": ["синий"]}]}
    for variant in (more, card | {"vendorCode": "Ф-5"}):
        seller.ask(f"POST {v2}/cards/upload/add", {"imtID": made["imtID"], "cardsToAdd": [variant]})
    names = ("nmID", "vendorCode", "title", "sizes", "dimensions")
    seller.ask(f"POST {v2}/cards/update", [{name: made[name] for name in names}])
    for nm_id in (made["nmID"], 5):
        seller.ask("POST /content-api/content/v3/media/save", {"nmId": nm_id, "data": ["no address"]})
    oldest = {"settings": {"cursor": {"limit": 1}, "sort": {"ascending": True}}}
    [standing] = seller.ask(f"POST {v2}/get/cards/list", oldest).json()["cards"]
    own = [photo["big"] for photo in standing["photos"]]
    seller.ask("POST /content-api/content/v3/media/save", {"nmId": standing["nmID"], "data": own})


def _prices(seller: Seller) -> None:
    v2 = "/discounts-prices-api/api/v2"
    nm_id, other = list(seller.wb.state.cards)[:2]
    size = seller.wb.state.cards[nm_id].sizes[0].chrt_id
    body = {"data": [{"nmID": nm_id, "price": 900}, {"nmID": other, "price": 1}]}
    for _ in ("new", "known"):
        number = seller.ask(f"POST {v2}/upload/task", body).json()["data"]["id"]
    seller.sim("POST prices", {"by_size": [nm_id]})
    seller.wait(2)
    sizes = {"data": [{"nmID": nm_id, "sizeID": size, "price": 800}]}
    seller.ask(f"POST {v2}/upload/task/size", sizes)
    for place in ("history/tasks", "buffer/tasks"):
        seller.ask(f"GET {v2}/{place}", uploadID=number)
    for place in ("history/goods/task", "buffer/goods/task"):
        seller.ask(f"GET {v2}/{place}", uploadID=number, limit=10)
    seller.ask(f"GET {v2}/list/goods/filter", limit=10)
    seller.ask(f"POST {v2}/list/goods/filter", {"nmList": [nm_id]})
    seller.ask(f"GET {v2}/list/goods/size/nm", limit=10, nmID=nm_id)
    seller.ask(f"GET {v2}/quarantine/goods", limit=10)
    for switching in (True, False):
        seller.sim("POST prices", {"switching": switching})
        seller.ask(f"POST {v2}/upload/task", {"data": [{"nmID": nm_id, "discount": 5}]})


def _troubles_of_stock(seller: Seller) -> None:
    seller.put({"chrtId": 1, "amount": 1}, {"chrtId": FIRST, "amount": 100_001})
    seller.put({"sku": "2000000000017", "amount": 1})
    seller.ask(f"DELETE {V3}/stocks/{MINSK}", {"chrtIds": [1]})
    for processing in (True, False):
        seller.sim(f"POST warehouses/{MINSK}", {"is_processing": processing})
        seller.put({"chrtId": FIRST, "amount": 1})
        seller.ask(f"DELETE {V3}/stocks/{MINSK}", {"chrtIds": [FIRST]})


def _refusals(seller: Seller, route: Route, ids: dict[str, object]) -> None:
    """401, 403, 429, 404 and, since it comes without a body or a query, 400."""
    path = f"{route.verb} /{route.api}{route.path}"
    ours, strange = path.format_map(ids), path.format_map(dict.fromkeys(ids, 77))
    seller.ask(ours, token="not.a.token")
    seller.ask(ours, token=make_token(categories=(), expires=FAR))
    seller.ask(strange)
    seller.ask(ours, {"settings": {"cursor": {"limit": -1}}})
    seller.sim("POST faults", [{"match": "*", "kind": "429", "times": 1}])
    seller.ask(ours)


def test_every_route_is_specified_and_has_answered_as_it_should(answers: list[Heard]) -> None:
    served = {route.operation for route in ROUTES}
    assert served <= specified().keys()
    assert _operations(each for each in answers if each.status < 300) == served


def test_every_refusal_was_provoked(answers: list[Heard]) -> None:
    assert {each.status for each in answers} >= {400, 401, 403, 404, 409, 429}


def test_every_answer_is_as_specified(answers: list[Heard]) -> None:
    assert unexcused(fault for each in answers for fault in each.faults_of_answer()) == set()


def test_no_known_fault_of_the_specification_is_out_of_date(answers: list[Heard]) -> None:
    faults = {fault for each in answers for fault in each.faults_of_answer()}
    assert [known for known in KNOWN if not any(fnmatchcase(fault, known) for fault in faults)] == []


# The check itself


@pytest.mark.parametrize(
    ("operation", "query", "body", "complaint"),
    [
        (f"PUT {V3}/stocks/{MINSK}", {}, {"stocks": [{"chrtID": FIRST, "amount": 1}]}, "*'chrtID' was unexpected*"),
        (f"PUT {V3}/stocks/{MINSK}", {}, {"stock": []}, "*'stock' was unexpected*"),
        (
            f"PUT {V3}/stocks/{MINSK}",
            {},
            {"stocks": [{"chrtId": str(FIRST), "amount": 1}]},
            "*is not of type 'integer'*",
        ),
        (f"GET {V3}/orders", {"limit": 1, "next": 0, "datefrom": 1}, None, "*unknown datefrom"),
        (f"GET {V3}/orders", {"limit": 1001, "next": 0}, None, "*greater than the maximum*"),
        (f"GET {V3}/orders", {"limit": 1}, None, "*'next'*"),
    ],
)
def test_a_wrong_request_is_caught(operation: str, query: Any, body: Any, complaint: str) -> None:
    seller = Seller()
    heard = listen(seller.http)
    seller.ask(operation, body, **query)
    assert any(fnmatchcase(fault, complaint) for fault in heard[0].faults())


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (200, {"orders": [{"id": "1"}]}, "*orders.id: '1' is not of type 'integer'"),
        (200, {"orders": [{"supply": "WB-GI-1"}]}, "*'supply' was unexpected*"),
        (418, {}, "*ResponseNotFound*"),
    ],
)
def test_a_wrong_answer_is_caught(status: int, body: Any, complaint: str) -> None:
    asked = httpx.Request("GET", f"http://wb.test{V3}/orders/new", headers={"Authorization": "x"})
    faults = list(Heard(httpx.Response(status, json=body, request=asked)).faults())
    assert any(fnmatchcase(fault, complaint) for fault in faults), faults


def _operations(heard: Iterable[Heard]) -> set[str]:
    return {each.route.operation for each in heard}
