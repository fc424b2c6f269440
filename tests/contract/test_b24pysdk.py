"""A stranger works in our simulated shop: Bitrix24's own Python SDK, over real TLS."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from b24pysdk import BitrixWebhook, Client, errors
from werkzeug.serving import WSGIRequestHandler, make_server, make_ssl_devcert

from infra.local.bitrix import SECRET, USER_ID, Bitrix, Seed
from infra.local.bitrix.faults import Fault
from wbsync.bitrix.methods import METHODS

OFFERS, FIRST = 24, 2001
ORDER = {"lid": "s1", "personTypeId": 1, "currency": "BYN", "xmlId": "WB_1", "externalOrder": "Y"}
LISTS = sorted(method.name for method in METHODS.values() if method.rows)


class _Connection(WSGIRequestHandler):
    """Werkzeug would keep the connection that the shop has cut."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        self.close_connection = True

    def log_request(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def bitrix() -> Bitrix:
    return Bitrix()


@pytest.fixture(scope="module")
def domain(bitrix: Bitrix, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shop at https://localhost:<port>, trusted by `requests` alone and only here.

    The SDK speaks https to a bare domain and takes neither a session nor another scheme, so the server has to speak it
    too. REQUESTS_CA_BUNDLE is how `requests` documents trust in a certificate of one's own: nothing of the SDK is
    patched, and its checks stay switched on.
    """
    certificate, key = make_ssl_devcert(str(tmp_path_factory.mktemp("tls") / "shop"), cn="localhost")
    server = make_server(
        "127.0.0.1", 0, bitrix.wsgi, threaded=True, request_handler=_Connection, ssl_context=(certificate, key)
    )
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REQUESTS_CA_BUNDLE", certificate)
        yield f"localhost:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def shop(bitrix: Bitrix) -> None:
    """Newly opened for every test."""
    bitrix.open(Seed(offers=180, can_buy_zero=True))
    bitrix.faults.clear()


@pytest.fixture
def token(domain: str) -> BitrixWebhook:
    return BitrixWebhook(domain=domain, webhook_token=f"{USER_ID}/{SECRET}")


@pytest.fixture
def client(token: BitrixWebhook) -> Any:
    return Client(token, max_retries=1)


def all_offers(client: Any) -> Any:
    return client.catalog.product.list(["id", "iblockId", "quantity"], {"iblockId": OFFERS})


def ids(rows: Any) -> list[int]:
    return [row["id"] for row in rows]


# Lists


def test_pages_are_followed_by_total_and_next(client: Any, bitrix: Bitrix) -> None:
    assert ids(all_offers(client).as_list().result) == list(range(FIRST, FIRST + 180))
    assert bitrix.shop.requests.http == {"catalog.product.list": 1, "batch": 1}


def test_pages_are_followed_by_references_to_the_last_id(client: Any) -> None:
    assert ids(all_offers(client).as_list_fast().result) == list(range(FIRST, FIRST + 180))


def test_a_list_of_ids_is_asked_in_chunks(client: Any) -> None:
    made = [client.sale.order.add(ORDER | {"xmlId": f"WB_{number}"}).result["order"]["id"] for number in range(3)]
    found = client.sale.order.list(select=["id", "xmlId"], filter={"@id": made}).as_list().result
    assert [row["xmlId"] for row in found] == ["WB_0", "WB_1", "WB_2"]


# What some lists are not given without; the products that cards are made of are in blocks of their own.
NEEDED: dict[str, dict[str, object]] = {
    "catalog.product.list": {"select": ["id", "iblockId"], "filter": {"iblockId": OFFERS}},
    "catalog.product.offer.list": {"select": ["id", "iblockId"], "filter": {"iblockId": 34}},
    "catalog.productImage.list": {"productId": 6_000_001},
    "catalog.section.list": {"filter": {"iblockId": 33}},
}


@pytest.mark.parametrize("method", LISTS)
def test_every_list_of_ours_is_a_list_to_the_sdk(
    token: BitrixWebhook, client: Any, bitrix: Bitrix, method: str
) -> None:
    bitrix.open(Seed(offers=180, products=9, can_buy_zero=True))
    _whole_order(client)
    rows = token.call_list(method, NEEDED.get(method, {}))["result"]
    assert rows
    assert all(isinstance(row, dict) for row in rows)


def test_an_answer_tells_when_it_was_given(client: Any) -> None:
    time = client.catalog.store.list().time
    assert time.date_start.utcoffset() is not None
    assert time.date_start <= time.date_finish


# Orders and batches


def _whole_order(client: Any) -> int:
    """In one batch, each part hung on the order by a reference."""
    sale, order = client.sale, "$result[o][order][id]"
    [property_id] = ids(sale.property.list(filter={"=code": "WB_RID"}).result["properties"])
    line = {"orderId": order, "productId": FIRST, "quantity": 1, "currency": "BYN", "price": 19, "customPrice": "Y"}
    shipment = {"orderId": order, "deliveryId": 2, "allowDelivery": "N", "deducted": "N"}
    values = {"id": order, "propertyValues": [{"orderPropsId": property_id, "value": "0a1b"}]}
    marking = {"basketId": "$result[b][basketItem][id]", "name": "Код", "code": "MARK_CODE", "value": "0104"}
    done = client.call_batch(
        {
            "o": sale.order.add(ORDER),
            "b": sale.basketitem.add_catalog_product(line),
            "m": sale.basketproperties.add(marking),
            "p": sale.payment.add({"orderId": order, "paySystemId": 2, "sum": 19}),
            "s": sale.shipment.add(shipment),
            "v": sale.propertyvalue.modify({"order": values}),
        }
    ).result
    assert not done.result_error, done.result_error
    assert set(done.result) == set(done.result_time) == {"o", "b", "m", "p", "s", "v"}
    return int(done.result["o"]["order"]["id"])


def test_an_order_is_made_in_one_batch_and_read_back_whole(client: Any, bitrix: Bitrix) -> None:
    made = _whole_order(client)
    assert bitrix.shop.requests.http["batch"] == 1
    order = client.sale.order.get(made).result["order"]
    assert (order["xmlId"], float(order["price"])) == ("WB_1", 19)
    [line], [payment] = order["basketItems"], order["payments"]
    assert (line["productId"], payment["paySystemId"]) == (FIRST, 2)
    [shipment] = [shipment for shipment in order["shipments"] if shipment["system"] != "Y"]
    assert [item["basketId"] for item in shipment["shipmentItems"]] == [int(line["id"])]
    assert {value["code"]: value["value"] for value in order["propertyValues"]}["WB_RID"] == "0a1b"
    assert [(note["code"], note["value"]) for note in line["properties"]] == [("MARK_CODE", "0104")]


def test_an_order_goes_through_its_life_and_is_cancelled(client: Any) -> None:
    sale, made = client.sale, _whole_order(client)
    order = sale.order.get(made).result["order"]
    [payment], [shipment] = order["payments"], order["shipments"]
    own = {"deliveryId": 2, "allowDelivery": "N"}
    for flag in ("Y", "N"):
        assert sale.payment.update(payment["id"], {"paySystemId": 2, "paid": flag}).result["payment"]["paid"] == flag
        assert sale.shipment.update(shipment["id"], own | {"deducted": flag}).result["shipment"]["deducted"] == flag
        seen = sale.order.get(made).result["order"]
        assert (seen["payed"], seen["deducted"]) == (flag, flag)
    told = {"canceled": "Y", "reasonCanceled": "отказ", "statusId": "WR"}
    cancelled = sale.order.update(made, told).result["order"]
    assert {name: cancelled[name] for name in told} == told
    with pytest.raises(errors.BitrixAPIBadRequest) as refused:
        _ = sale.payment.update(payment["id"], {"paySystemId": 2, "paid": "Y"}).result
    assert refused.value.error == "SALE_ORDER_PAID_ORDER_CANCELED"


def test_a_property_of_a_product_is_written(client: Any) -> None:
    told = client.catalog.product.update(FIRST, {"property104": {"value": "7"}}).result["element"]
    assert told["property104"]["value"] == "7"


def test_a_failed_command_is_told_beside_the_others(client: Any) -> None:
    commands = {"no": client.sale.order.get(404), "yes": client.catalog.store.list()}
    done = client.call_batch(commands).result
    assert set(done.result_error) == {"no"}
    assert isinstance(done.result_error["no"]["error"], str)
    assert len(done.result["yes"]["stores"]) == 2
    assert set(done.result_total) == {"yes"}
    halted = client.call_batch(commands, halt=True).result
    assert (set(halted.result_error), list(halted.result)) == ({"no"}, [])


def test_more_commands_than_fit_are_spread_over_batches(client: Any, bitrix: Bitrix) -> None:
    done = client.call_batches([client.catalog.product.get(FIRST + each) for each in range(60)]).result
    assert [one["product"]["id"] for one in done.result.values()] == list(range(FIRST, FIRST + 60))
    assert bitrix.shop.requests.http == {"batch": 2}


# Refusals and bad days


def test_an_unknown_method_is_not_found(token: BitrixWebhook) -> None:
    with pytest.raises(errors.BitrixAPINotFound) as refused:
        token.call_method("sale.order.import2")
    assert refused.value.error == "ERROR_METHOD_NOT_FOUND"


def test_a_wrong_secret_is_known_as_such(domain: str) -> None:
    with pytest.raises(errors.BitrixAPIInvalidCredentials):
        BitrixWebhook(domain=domain, webhook_token="1/wrong").call_method("scope")


def test_a_missing_scope_is_known_as_such(client: Any, bitrix: Bitrix) -> None:
    bitrix.open(Seed(scopes=frozenset({"catalog"})))
    with pytest.raises(errors.BitrixAPIInsufficientScope):
        _ = client.sale.order.list().result


def test_a_missing_right_is_a_refusal_with_its_code(client: Any, bitrix: Bitrix) -> None:
    bitrix.open(Seed(rights=frozenset({"sale_read"})))
    with pytest.raises(errors.BitrixAPIBadRequest) as refused:
        _ = client.sale.order.add(ORDER).result
    assert (refused.value.error, refused.value.error_description) == ("200040300020", "Access Denied")


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("500", errors.BitrixAPIInternalServerError),
        ("html500", errors.BitrixResponse500JSONDecodeError),
        ("empty500", errors.BitrixResponse500JSONDecodeError),
        ("429", errors.BitrixAPIOperationTimeLimit),
        ("503", errors.BitrixAPIQueryLimitExceeded),
        ("cut_before", errors.BitrixRequestError),
        ("cut_after", errors.BitrixRequestError),
    ],
)
def test_a_bad_day_of_the_shop_has_its_name(client: Any, bitrix: Bitrix, kind: Any, failure: type[Exception]) -> None:
    bitrix.faults.add([Fault(match="sale.order.add", kind=kind)])
    with pytest.raises(failure):
        _ = client.sale.order.add(ORDER).result
    assert len(client.sale.order.list(filter={"=xmlId": "WB_1"}).result["orders"]) == (kind == "cut_after")
