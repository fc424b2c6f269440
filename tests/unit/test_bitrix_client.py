import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.samples.bitrix import SECRET, WEBHOOK, Played, Refused, page_of, php_parse
from wbsync.bitrix import wire
from wbsync.bitrix.client import BitrixClient, Command, decipher, default_http, failure, read_batch
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, TryLater, Unavailable

ORDER_ADD = WEBHOOK + "sale.order.add.json"


def client() -> BitrixClient:
    return BitrixClient(default_http(), webhook=lambda: WEBHOOK)


def met(call: Callable[[], object]) -> SyncError:
    with pytest.raises(SyncError) as caught:
        call()
    return caught.value


def deciphered(status: int, body: str | bytes, headers: dict[str, str] | None = None) -> SyncError:
    content = body.encode() if isinstance(body, str) else body
    return met(lambda: decipher("sale.order.add", status, httpx.Headers(headers), content))


def error(code: object, description: str = "") -> str:
    return json.dumps({"error": code, "error_description": description})


# ---- one request, one answer


@respx.mock
def test_a_call_posts_json_to_the_webhook_and_gives_the_result() -> None:
    route = respx.post(WEBHOOK + "sale.order.get.json").respond(json={"result": {"order": {"id": 6}}, "time": {}})
    assert client().call("sale.order.get", {"id": 6}) == {"order": {"id": 6}}
    assert json.loads(route.calls.last.request.content) == {"id": 6}


@respx.mock
@pytest.mark.parametrize("stored", [WEBHOOK, WEBHOOK.rstrip("/"), f"  {WEBHOOK}\n"])
def test_a_webhook_is_taken_with_or_without_its_last_slash(stored: str) -> None:
    respx.post(WEBHOOK + "methods.json").respond(json={"result": []})
    assert BitrixClient(default_http(), webhook=lambda: stored).call("methods", {}) == []


@respx.mock
def test_a_renewed_webhook_is_taken_up_by_the_next_request() -> None:
    old, new = respx.post(WEBHOOK + "scope.json"), respx.post("https://shop.example/rest/7/n3wn3w/scope.json")
    old.respond(json={"result": ["sale"]})
    new.respond(json={"result": ["sale", "catalog"]})
    webhooks = iter([WEBHOOK, "https://shop.example/rest/7/n3wn3w/"])
    bitrix = BitrixClient(default_http(), webhook=lambda: next(webhooks))
    assert [bitrix.call("scope", {}), bitrix.call("scope", {})] == [["sale"], ["sale", "catalog"]]


@pytest.mark.parametrize(
    "bad", ["", "shop.example/rest/7/abc/", "https://shop.example/", "https://shop.example/rest/7/"]
)
def test_a_malformed_webhook_is_told_without_sending_anything(bad: str) -> None:
    caught = met(lambda: BitrixClient(default_http(), webhook=lambda: bad).call("scope", {}))
    assert isinstance(caught, NotAuthorised)
    assert "https://<shop>/rest/<user>/<secret>/" in caught.reason


@respx.mock
def test_nothing_is_repeated_and_no_redirect_is_followed() -> None:
    route = respx.post(ORDER_ADD).respond(302, headers={"location": "https://elsewhere.example/"})
    assert isinstance(met(lambda: client().call("sale.order.add", {})), Unavailable)
    assert route.call_count == 1


def test_a_method_that_is_not_in_the_table_is_a_bug() -> None:
    with pytest.raises(KeyError):
        client().call("crm.lead.add", {})


# ---- failures


@respx.mock
@pytest.mark.parametrize(
    ("broken", "maybe_done"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.ReadTimeout, True),
        (httpx.WriteTimeout, True),
        (httpx.ReadError, True),
        (httpx.RemoteProtocolError, True),
    ],
)
def test_a_broken_connection_tells_whether_bitrix_may_have_obeyed(
    broken: type[httpx.HTTPError], *, maybe_done: bool
) -> None:
    respx.post(ORDER_ADD).mock(side_effect=broken)
    caught = met(lambda: client().call("sale.order.add", {}))
    assert isinstance(caught, Unavailable)
    assert caught.maybe_done == maybe_done
    assert "sale.order.add" in str(caught)


@pytest.mark.parametrize("status", [200, 403, 404, 500, 502, 504])
@pytest.mark.parametrize("body", ["", "<html>Fatal error</html>", "null", "[]", '{"time": {}}', b"\xff\xfe"])
def test_html_or_nothing_is_unavailable_and_maybe_done_whatever_the_status(status: int, body: str | bytes) -> None:
    caught = deciphered(status, body)
    assert isinstance(caught, Unavailable)
    assert caught.maybe_done


@pytest.mark.parametrize("code", [0, "0", 100, "200140400011", ""])
def test_an_error_is_told_by_its_key_even_when_its_code_is_falsy_and_the_status_200(code: object) -> None:
    caught = deciphered(200, error(code, "Required fields: lid"))
    assert type(caught) is Rejected
    assert caught.code == str(code)
    assert "Required fields: lid" in caught.reason


@pytest.mark.parametrize(
    ("status", "code", "wait"),
    [
        (503, "QUERY_LIMIT_EXCEEDED", 2),
        (503, "OVERLOAD_LIMIT", 60),
        (401, "OVERLOAD_LIMIT", 60),
        (429, "OPERATION_TIME_LIMIT", 600),
        (429, "SOMETHING_NEW", 60),
    ],
)
def test_a_limit_is_waited_out_as_long_as_it_lasts(status: int, code: str, wait: float) -> None:
    caught = deciphered(status, error(code))
    assert isinstance(caught, RateLimited)
    assert caught.wait == wait


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(503, error("QUERY_LIMIT_EXCEEDED"), RateLimited), (429, "", RateLimited), (503, "<html>", Unavailable)],
)
def test_retry_after_is_believed(status: int, body: str, kind: type[TryLater]) -> None:
    caught = deciphered(status, body, {"Retry-After": "17"})
    assert type(caught) is kind
    assert isinstance(caught, TryLater)
    assert caught.wait == 17


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        (401, "NO_AUTH_FOUND", "unknown to the shop"),
        (401, "INVALID_CREDENTIALS", "unknown to the shop"),
        (403, "insufficient_scope", "scope `sale`"),
        (404, "ERROR_METHOD_NOT_FOUND", "scope `sale`"),
        (401, "ACCESS_DENIED", "group right W on module `sale`"),
        (400, "200040300020", "group right W on module `sale`"),
        (403, "SOMETHING_NEW", "group right W on module `sale`"),
        (400, "INVALID_REQUEST", "HTTPS"),
    ],
)
def test_a_missing_right_is_named_in_one_line(status: int, code: str, named: str) -> None:
    caught = deciphered(status, error(code, "no\nway"))
    assert isinstance(caught, NotAuthorised)
    assert named in caught.reason
    assert "\n" not in caught.reason


def test_an_unknown_information_block_is_no_matter_of_rights() -> None:
    assert type(failure("catalog.product.list", "200040300000", "Iblock not found")) is Rejected


@pytest.mark.parametrize(
    ("status", "code", "description", "maybe_done"),
    [
        (500, "INTERNAL_SERVER_ERROR", "", True),
        (0, "ERROR_UNEXPECTED_ANSWER", "", True),
        (0, "ERROR_CORE", "SQL query error!", True),
        (500, "SOMETHING_NEW", "", True),
        (403, "PORTAL_DELETED", "", False),
    ],
)
def test_a_failing_server_is_unavailable(status: int, code: str, description: str, *, maybe_done: bool) -> None:
    caught = failure("sale.order.add", code, description, status=status)
    assert isinstance(caught, Unavailable)
    assert caught.maybe_done == maybe_done


# ---- the secret


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        {"side_effect": httpx.ConnectError(f"cannot reach {WEBHOOK}")},
        {"side_effect": httpx.ReadTimeout(f"timed out: {WEBHOOK}")},
        {"return_value": httpx.Response(500, text=f"<html>{WEBHOOK}</html>")},
        {"return_value": httpx.Response(403, json={"error": "BLOCKED", "error_description": f"POST {ORDER_ADD}"})},
        {"return_value": httpx.Response(400, json={"error": "0", "error_description": f"bad {WEBHOOK}x?y=1"})},
    ],
)
def test_the_webhook_stands_in_no_error_with_all_its_causes(answer: dict[str, Any]) -> None:
    respx.post(ORDER_ADD).mock(**answer)
    caught = met(lambda: client().call("sale.order.add", {}))
    assert SECRET not in "".join(traceback.format_exception(caught))
    assert SECRET not in repr(caught)
    assert SECRET not in repr(vars(caught))
    assert caught.__context__ is None


@respx.mock
def test_the_webhook_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    respx.post(ORDER_ADD).respond(json={"result": {}})
    respx.get("https://elsewhere.example/").respond()
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="httpx"):
        client().call("sale.order.add", {})
        httpx.get("https://elsewhere.example/")
    assert "elsewhere.example" in caplog.text
    assert SECRET not in caplog.text


def test_the_webhook_stands_in_no_repr() -> None:
    assert SECRET not in repr(client())


# ---- batches

SCOPE = Command("scope", {})


def test_a_batch_gives_results_and_failures_by_key() -> None:
    def answer(method: str, params: dict[str, Any]) -> object:
        if params["id"] == "2":
            raise Refused("200540400001", "order is not exists")
        return {"order": {"id": int(params["id"])}}

    played = Played(answer)
    got = played.client.batch({f"o{number}": Command("sale.order.get", {"id": number}) for number in (1, 2, 3)})
    assert got.take("o1") == {"order": {"id": 1}}
    assert got.failure("o1") is None
    assert isinstance(got.failure("o2"), Rejected)
    assert isinstance(met(lambda: got.take("o2")), Rejected)
    assert got.take("o3") == {"order": {"id": 3}}
    assert len(played.requests) == 1


def test_a_command_refers_to_the_answer_of_an_earlier_one() -> None:
    played = Played(lambda method, params: {"order": {"id": 41}})
    reference = wire.reference("o1", "order", "id")
    commands = {
        "o1": Command("sale.order.add", {}),
        "p1": Command("sale.payment.add", {"fields": {"orderId": reference}}),
    }
    played.client.batch(commands)
    assert played.asked("sale.payment.add") == [{"fields": {"orderId": "41"}}]


def test_php_empty_maps_and_lists_are_understood() -> None:
    got = read_batch({"a": SCOPE}, {"result": [], "result_error": [], "result_total": [], "result_next": []})
    assert (got.results, got.errors, got.totals) == ({}, {}, {})


def test_commands_after_a_halt_are_unavailable_not_silent() -> None:
    result = {"result": [], "result_error": {"a": {"error": "0", "error_description": "no"}}}
    got = read_batch({"a": SCOPE, "b": SCOPE}, result)
    assert isinstance(got.failure("a"), Rejected)
    assert isinstance(got.failure("b"), Unavailable)


def test_a_limit_inside_a_batch_is_the_failure_of_its_command() -> None:
    result = {"result": [], "result_error": {"a": {"error": "OPERATION_TIME_LIMIT", "error_description": ""}}}
    assert isinstance(read_batch({"a": SCOPE}, result).failure("a"), RateLimited)


@pytest.mark.parametrize("result", [None, [], "x"])
def test_a_batch_answer_of_another_shape_is_unavailable(result: object) -> None:
    assert isinstance(met(lambda: read_batch({"a": SCOPE}, result)), Unavailable)


@respx.mock
def test_a_refused_batch_is_raised_as_a_whole() -> None:
    respx.post(WEBHOOK + "batch.json").respond(401, json={"error": "NO_AUTH_FOUND", "error_description": "Wrong"})
    assert isinstance(met(lambda: client().batch({"a": SCOPE})), NotAuthorised)


@pytest.mark.parametrize("count", [0, 51])
def test_a_batch_of_none_or_more_than_fifty_is_a_bug(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 50"):
        client().batch({f"c{number}": SCOPE for number in range(count)})


# ---- pages


@pytest.mark.parametrize(
    ("count", "requests", "commands"),
    [(0, 1, 1), (49, 1, 1), (50, 2, 2), (51, 2, 2), (120, 2, 3), (2500, 2, 51), (2549, 2, 51), (2551, 3, 52)],
)
def test_all_rows_come_once_by_id_in_as_few_requests_as_can_be(count: int, requests: int, commands: int) -> None:
    stores = [{"id": 3 * number + 1, "title": "s", "active": "Y"} for number in range(count)]
    played = Played(lambda method, params: page_of(stores, "stores", params))
    pages = list(played.client.pages("catalog.store.list", {"select": ["id"], "filter": {"active": "Y"}}))
    assert [row["id"] for page in pages for row in page] == [store["id"] for store in stores]
    assert len(played.requests) == requests
    assert len(played.commands) == commands


def test_pages_are_asked_by_id_without_a_count_after_the_first() -> None:
    stores = [{"id": number} for number in range(1, 121)]
    played = Played(lambda method, params: page_of(stores, "stores", params))
    list(played.client.pages("catalog.store.list", {"filter": {"active": "Y"}}, after=7))
    assert [params["start"] for _, params in played.commands] == ["0", "-1", "-1"]
    assert [params["filter"] for _, params in played.commands] == [
        {"active": "Y", ">id": last} for last in ("7", "57", "107")
    ]
    assert all(params["order"] == {"id": "asc"} for _, params in played.commands)


def test_rows_added_while_reading_are_read_too() -> None:
    stores = [{"id": number} for number in range(1, 101)]

    def answer(method: str, params: dict[str, Any]) -> object:
        page = page_of(stores, "stores", params)
        if len(stores) == 100:
            stores.extend({"id": number} for number in range(101, 161))
        return page

    pages = Played(answer).client.pages("catalog.store.list", {})
    assert [row["id"] for page in pages for row in page] == list(range(1, 161))


def test_a_page_that_fails_is_raised_after_the_pages_before_it() -> None:
    stores = [{"id": number} for number in range(1, 301)]

    def answer(method: str, params: dict[str, Any]) -> object:
        if params["filter"][">id"] == "150":
            raise Refused("OPERATION_TIME_LIMIT")
        return page_of(stores, "stores", params)

    played = Played(answer)
    pages = played.client.pages("catalog.store.list", {})
    assert [len(next(pages)) for _ in range(3)] == [50, 50, 50]
    with pytest.raises(RateLimited):
        next(pages)
    assert len(played.commands) == 4


def test_a_shop_that_does_not_page_by_id_is_not_read_for_ever() -> None:
    same = [{"id": number} for number in range(1, 51)]
    pages = Played(lambda method, params: {"stores": same, "_total": 100}).client.pages("catalog.store.list", {})
    next(pages)
    assert isinstance(met(lambda: next(pages)), Unavailable)


@pytest.mark.parametrize("answered", [[], {"stores": ["x"]}, {"units": []}])
def test_a_list_without_its_rows_is_unavailable_not_empty(answered: Any) -> None:
    assert isinstance(met(lambda: wire.rows(answered, "stores", "catalog.store.list")), Unavailable)


def test_rows_whose_keys_have_a_gap_arrive_as_an_object_and_are_read() -> None:
    assert wire.rows({"stores": {"1": {"id": 5}, "4": {"id": 9}}}, "stores", "catalog.store.list") == [
        {"id": 5},
        {"id": 9},
    ]


# ---- the wire

key = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1, max_size=8)
leaf = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
nested = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(key.filter(lambda k: not k.isdecimal()), inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(key, nested, max_size=4))
def test_whatever_is_encoded_php_reads_back(params: dict[str, Any]) -> None:
    assert php_parse(wire.encode(params)) == params


def test_nothing_and_empty_things_vanish_as_in_php() -> None:
    assert wire.encode({"a": None, "b": [], "c": {}, "d": "", "e": 0, "f": True}) == "d=&e=0&f=1"


def test_brackets_and_references_are_percent_encoded() -> None:
    assert wire.encode({"filter": {">id": wire.reference("p0", "products", 49, "id")}}) == (
        "filter%5B%3Eid%5D=%24result%5Bp0%5D%5Bproducts%5D%5B49%5D%5Bid%5D"
    )


def test_an_answer_of_another_shape_names_fields_and_never_values() -> None:
    class Buyer(BaseModel):
        age: int

    name = "ivanova".title()  # not in the source lines that a traceback quotes
    answer = {"age": name}

    caught = met(lambda: wire.read(Buyer, answer, "sale.order.get"))
    assert isinstance(caught, Unavailable)
    assert "age" in str(caught)
    assert name not in "".join(traceback.format_exception(caught))
    assert caught.__context__ is None
