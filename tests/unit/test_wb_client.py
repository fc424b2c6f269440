"""One request to WB, one answer or one SyncError; odd answers are played with respx."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from tests.samples.wb_tokens import token
from wbsync.domain.ids import ChrtId, OrderId
from wbsync.domain.pacing import Bucket, LedgerInMemory, Lesson, Slot
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, TryLater, Unavailable
from wbsync.wb import operations as op
from wbsync.wb.client import WbClient, decipher, default_http, lesson
from wbsync.wb.operations import Operation
from wbsync.wb.wire import CardsAsk, ChrtIds, NewSupply, OrderIds, PutStocks, StockRow

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOST = "https://marketplace-api.wildberries.ru"
STOCKS_URL = f"{HOST}/api/v3/stocks/9"
ROWS = PutStocks(stocks=(StockRow(chrt_id=ChrtId(700), amount=3),))


class Clock:
    """Time that passes only by sleeping, or when told to."""

    def __init__(self) -> None:
        self.time = NOW
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        if seconds > 0.001:  # a moment of 2026 is known to 0.0000003 s
            self.slept.append(round(seconds, 3))
        self.time += timedelta(seconds=seconds)


class CountingLedger(LedgerInMemory):
    """A true ledger that also tells what it was asked."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock.now)
        self.reserved: list[int] = []
        self.learnt: list[Lesson] = []
        self.reachable = True

    def reserve(self, bucket: Bucket, calls: int) -> tuple[Slot, ...]:
        self.reserved.append(calls)
        return super().reserve(bucket, calls)

    def learn(self, bucket: Bucket, lesson: Lesson) -> None:
        if not self.reachable:
            raise Unavailable("the ledger of calls")
        self.learnt.append(lesson)
        super().learn(bucket, lesson)


TOKEN = token(NOW, categories=(1, 3, 4))


class World:
    """A client with its clock and ledger."""

    def __init__(self, *, host_template: str = "https://{api}.wildberries.ru", value: str = TOKEN) -> None:
        self.clock = Clock()
        self.ledger = CountingLedger(self.clock)
        self.wb = WbClient(
            default_http(),
            token=lambda: value,
            budget=self.ledger,
            now=self.clock.now,
            sleep=self.clock.sleep,
            host_template=host_template,
        )


def push(wb: WbClient) -> None:
    wb.call(op.PUT_STOCKS, path={"warehouse_id": 9}, body=ROWS)


@pytest.fixture
def world() -> World:
    return World()


def told(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def failure(operation: Operation[Any], status: int, body: object) -> SyncError:
    with pytest.raises(SyncError) as met:
        decipher(operation, status, httpx.Headers(), told(body))
    return met.value


# What goes out


@respx.mock
def test_a_push_is_one_put_with_the_raw_token_and_exact_names(world: World) -> None:
    route = respx.put(STOCKS_URL).respond(204)
    push(world.wb)
    sent = route.calls.last.request
    assert sent.headers["Authorization"] == TOKEN
    assert sent.headers["Content-Type"] == "application/json"
    assert json.loads(sent.content) == {"stocks": [{"chrtId": 700, "amount": 3}]}
    assert route.call_count == 1


@respx.mock
def test_query_and_path_are_sent_and_the_answer_is_read(world: World) -> None:
    sticker = {"orderId": 1, "partA": "1", "partB": "2", "barcode": "!", "file": "QQ=="}
    route = respx.post(f"{HOST}/api/v3/orders/stickers", params={"type": "png", "width": "58", "height": "40"})
    route.respond(200, json={"stickers": [sticker]}, headers={"Content-Type": "text/plain"})
    asked = OrderIds(orders=(OrderId(1),))
    answer = world.wb.call(op.STICKERS, query={"type": "png", "width": 58, "height": 40}, body=asked)
    assert answer.stickers[0].content() == b"A"


@respx.mock
def test_a_path_cannot_be_escaped_by_an_id(world: World) -> None:
    route = respx.patch(url__startswith=f"{HOST}/api/v3/supplies/").respond(204)
    world.wb.call(op.DELIVER_SUPPLY, path={"supply_id": "../orders?x"})
    assert route.calls.last.request.url.raw_path == b"/api/v3/supplies/..%2Forders%3Fx/deliver"


@respx.mock
def test_a_list_of_models_is_sent_as_an_array(world: World) -> None:
    route = respx.post("https://content-api.wildberries.ru/content/v2/cards/upload").respond(200, json={"error": False})
    world.wb.call(op.CARDS_UPLOAD, body=[NewSupply(name="a"), NewSupply(name="b")])
    assert json.loads(route.calls.last.request.content) == [{"name": "a"}, {"name": "b"}]


@respx.mock
@pytest.mark.parametrize(
    ("host_template", "url"),
    [
        ("http://127.0.0.1:8080/{api}", "http://127.0.0.1:8080/marketplace-api/api/v3/warehouses"),
        ("https://{api}-sandbox.wildberries.ru", "https://marketplace-api-sandbox.wildberries.ru/api/v3/warehouses"),
    ],
)
def test_hosts_follow_the_template(host_template: str, url: str) -> None:
    respx.get(url).respond(200, json=[{"id": 9, "name": "Минск", "deliveryType": 1}])
    world = World(host_template=host_template, value=token(NOW, categories=(4,), test=True))
    assert [(row.id, row.delivery_type) for row in world.wb.call(op.WAREHOUSES)] == [(9, 1)]


def test_too_large_a_batch_is_a_bug(world: World) -> None:
    rows = ChrtIds(chrt_ids=tuple(ChrtId(n) for n in range(1001)))
    with pytest.raises(ValueError, match="read_stocks takes 1000 rows at most, not 1001"):
        world.wb.call(op.READ_STOCKS, path={"warehouse_id": 9}, body=rows)
    with pytest.raises(ValueError, match="cards_upload takes 100 rows"):
        world.wb.call(op.CARDS_UPLOAD, body=[NewSupply(name="a")] * 101)
    assert world.ledger.reserved == []


@respx.mock
def test_a_wrong_token_is_told_before_wb_is_asked() -> None:
    for value, why in (
        ("", "missing"),
        ("junk", "malformed"),
        (token(NOW, categories=(1,)), "lacks the category Marketplace"),
        (token(NOW, categories=(4,), days=0), "expired"),
        (token(NOW, categories=(4,), test=True), "sandbox"),
    ):
        world = World(value=value)
        with pytest.raises(NotAuthorised, match=f"^put_stocks: the WB token .*{why}") as refused:
            push(world.wb)
        assert value in {"", "junk"} or value not in str(refused.value)
        assert world.ledger.reserved == []
    assert respx.calls.call_count == 0


@respx.mock
def test_redirects_are_not_followed(world: World) -> None:
    respx.put(STOCKS_URL).respond(302, headers={"Location": "https://example.org/"})
    with pytest.raises(Unavailable, match="put_stocks: 302"):
        push(world.wb)
    assert respx.calls.call_count == 1


# Turns


@respx.mock
def test_expected_calls_are_reserved_in_one_step(world: World) -> None:
    respx.put(STOCKS_URL).respond(204)
    world.wb.expect(op.PUT_STOCKS, 10)
    for _ in range(10):
        push(world.wb)
    assert world.ledger.reserved == [10]
    push(world.wb)
    assert world.ledger.reserved == [10, 1]


@respx.mock
def test_calls_that_share_a_bucket_share_what_was_reserved(world: World) -> None:
    respx.put(STOCKS_URL).respond(204)
    respx.post(STOCKS_URL).respond(200, json={"stocks": []})
    world.wb.expect(op.PUT_STOCKS, 2)
    push(world.wb)
    world.wb.call(op.READ_STOCKS, path={"warehouse_id": 9}, body=ChrtIds(chrt_ids=()))
    assert world.ledger.reserved == [2]


@respx.mock
def test_a_short_wait_is_slept_and_a_long_one_goes_back_to_the_queue(world: World) -> None:
    respx.put(STOCKS_URL).respond(204)
    for _ in range(20):
        push(world.wb)
    assert world.clock.slept == [0.2, 0.2]
    world.ledger.learn(op.STOCKS, Lesson(full_in=60.0))
    with pytest.raises(RateLimited, match="'stocks' is spent") as limited:
        push(world.wb)
    assert limited.value.wait > 50
    assert world.clock.slept == [0.2, 0.2]


@respx.mock
def test_what_is_in_hand_already_is_not_reserved_again(world: World) -> None:
    respx.put(STOCKS_URL).respond(204)
    world.wb.expect(op.PUT_STOCKS, 3)
    push(world.wb)
    world.wb.expect(op.PUT_STOCKS, 2)
    world.wb.expect(op.PUT_STOCKS, 3)
    assert world.ledger.reserved == [3, 1]


@respx.mock
def test_turns_that_were_missed_are_not_used(world: World) -> None:
    respx.put(STOCKS_URL).respond(204)
    world.wb.expect(op.PUT_STOCKS, 3)
    world.clock.time += timedelta(seconds=30)
    push(world.wb)
    assert world.ledger.reserved == [3, 1]


@respx.mock
def test_an_expected_call_that_would_have_to_wait_long_is_not_slept_for() -> None:
    respx.get("https://common-api.wildberries.ru/api/v1/seller-info").respond(200, json={"name": "ИП", "extra": 1})
    world = World()
    for _ in range(9):
        assert world.wb.call(op.SELLER_INFO).name == "ИП"
    with pytest.raises(RateLimited) as limited:
        world.wb.call(op.SELLER_INFO)
    assert limited.value.wait == pytest.approx(60, abs=1)
    assert world.clock.slept == []


@respx.mock
def test_the_sandbox_is_called_once_a_second() -> None:
    respx.get("https://marketplace-api-sandbox.wildberries.ru/api/v3/warehouses").respond(200, json=[])
    world = World(host_template="https://{api}-sandbox.wildberries.ru", value=token(NOW, categories=(4,), test=True))
    world.wb.call(op.WAREHOUSES)
    world.wb.call(op.WAREHOUSES)
    assert world.clock.slept == [1.4]


@respx.mock
def test_a_4xx_is_charged_ten_times_and_voids_what_was_reserved(world: World) -> None:
    respx.put(STOCKS_URL).respond(400, json={"code": "IncorrectRequest", "message": "m"})
    world.wb.expect(op.PUT_STOCKS, 5)
    for _ in range(2):
        with pytest.raises(Rejected):
            push(world.wb)
    assert world.ledger.learnt == [Lesson(extra_calls=9)] * 2
    assert world.ledger.reserved == [5, 1]


@respx.mock
def test_a_429_teaches_the_ledger_and_tells_how_long_to_wait(world: World) -> None:
    headers = {"X-Ratelimit-Retry": "2", "X-Ratelimit-Limit": "20", "X-Ratelimit-Reset": "5.8"}
    respx.put(STOCKS_URL).respond(429, headers=headers, text="<html>")
    with pytest.raises(RateLimited, match="put_stocks: 429, next call in 2 s") as limited:
        push(world.wb)
    assert limited.value.wait == 2
    assert world.ledger.learnt == [Lesson(full_in=5.8)]
    with pytest.raises(RateLimited):
        push(world.wb)
    assert respx.calls.call_count == 1


@respx.mock
def test_others_calls_are_learnt_from_what_remains_and_our_own_are_no_news(world: World) -> None:
    respx.put(STOCKS_URL).respond(204, headers={"X-Ratelimit-Remaining": "19"})
    push(world.wb)
    assert world.ledger.learnt == []
    respx.put(STOCKS_URL).respond(204, headers={"X-Ratelimit-Remaining": "2"})
    push(world.wb)
    assert [round(told.full_in, 3) for told in world.ledger.learnt] == [3.0]


@respx.mock
def test_an_answer_is_not_lost_because_the_ledger_is_out_of_reach(world: World) -> None:
    world.ledger.reachable = False
    respx.post(f"{HOST}/api/v3/supplies").respond(201, json={"id": "WB-GI-1"}, headers={"X-Ratelimit-Remaining": "0"})
    assert world.wb.call(op.CREATE_SUPPLY, body=NewSupply(name="a")).id == "WB-GI-1"


# Broken lines


@respx.mock
@pytest.mark.parametrize(
    ("error", "maybe_done"),
    [
        (httpx.ReadTimeout, True),
        (httpx.ReadError, True),
        (httpx.RemoteProtocolError, True),
        (httpx.WriteError, True),
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
    ],
)
def test_a_broken_line_leaves_a_creating_call_in_doubt_only_if_it_was_sent(
    world: World, error: type[httpx.TransportError], maybe_done: bool
) -> None:
    respx.post(f"{HOST}/api/v3/supplies").mock(side_effect=error(f"while sending {TOKEN}"))
    with pytest.raises(Unavailable, match=f"^create_supply: {error.__name__}$") as broken:
        world.wb.call(op.CREATE_SUPPLY, body=NewSupply(name="a"))
    assert broken.value.maybe_done is maybe_done
    assert broken.value.__cause__ is None


@respx.mock
def test_a_broken_line_leaves_no_doubt_about_a_repeatable_call(world: World) -> None:
    respx.put(STOCKS_URL).mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable) as broken:
        push(world.wb)
    assert not broken.value.maybe_done


# Answers


def test_an_answer_of_nothing_is_none() -> None:
    assert decipher(op.PUT_STOCKS, 204, {}, b"") is None


def test_an_answer_is_read_whatever_it_says_its_type_is() -> None:
    answer = decipher(op.NEW_ORDERS, 200, {"Content-Type": "text/html"}, b'{"orders":[]}')
    assert answer.orders == ()


def test_no_content_where_json_may_come_is_none() -> None:
    assert decipher(op.TAG_LIST, 204, {}, b"") is None


def test_no_content_where_rows_may_come_is_no_rows() -> None:
    assert decipher(op.WB_WAREHOUSES_STOCK, 204, {}, b"").data.items == ()


def test_a_price_task_that_exists_already_is_an_answer() -> None:
    body = {"data": {"id": 5, "alreadyExists": True}, "error": False, "errorText": ""}
    task = decipher(op.SET_PRICES, 208, {}, told(body))
    assert (task.upload_id, task.already_exists) == (5, True)


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b'{"orders": ['])
def test_a_good_status_without_json_is_unavailable(body: bytes) -> None:
    assert isinstance(failure(op.NEW_ORDERS, 200, body), Unavailable)


@pytest.mark.parametrize("status", [301, 408, 500, 502, 503, 504])
def test_a_server_in_trouble_is_unavailable(status: int) -> None:
    met = failure(op.CREATE_SUPPLY, status, b"<html>")
    assert isinstance(met, Unavailable)
    assert met.maybe_done
    assert str(met) == f"create_supply: {status}"


def test_an_answer_of_another_shape_is_rejected_with_the_place_and_no_value() -> None:
    met = failure(op.ORDER_STATUSES, 200, {"orders": [{"id": "Ольга"}]})
    assert isinstance(met, Rejected)
    assert str(met) == "order_statuses: WB's answer is not as documented: orders.id, orders.supplierStatus"
    assert met.__cause__ is None


def test_contents_envelope_with_an_error_is_rejected_though_the_status_is_200() -> None:
    body = {"data": None, "error": True, "errorText": "Invalid request format", "additionalErrors": {"art-1": ["no"]}}
    met = failure(op.CARDS_LIST, 200, body)
    assert isinstance(met, Rejected)
    assert str(met) == 'cards_list: Invalid request format: {"art-1":["no"]}'


@pytest.mark.parametrize(
    ("status", "body", "reason", "code"),
    [
        (400, {"code": "IncorrectRequest", "message": "Плохо"}, "400 IncorrectRequest: Плохо", "IncorrectRequest"),
        (404, {"code": "NotFound", "message": ""}, "404 NotFound", "NotFound"),
        (404, {"title": "path not found", "detail": "Please consult …"}, "404 path not found: Please consult …", ""),
        (413, {"title": "request body too long", "status": 413}, "413 request body too long", ""),
        (409, [{"code": "NotFound", "message": "Not found"}] * 3, "409 NotFound: Not found", "NotFound"),
        (409, [{"code": "A", "message": "a"}, {"code": "B", "message": "b"}], "409 A: a; B: b", "A"),
        (409, [], "409", ""),
        (409, [None, 5], "409", ""),
        (400, b"Request body can not be decoded", "400", ""),
        (422, {"error": True, "errorText": "Unexpected result", "data": None}, "422 Unexpected result", ""),
    ],
)
def test_a_refusal_is_told_in_one_line_whatever_its_shape(status: int, body: object, reason: str, code: str) -> None:
    met = failure(op.PUT_STOCKS, status, body)
    assert type(met) is Rejected
    assert (met.reason, met.code, met.status) == (f"put_stocks: {reason}", code, status)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"title": "unauthorized", "detail": "token problem; token is expired"}, "unauthorized: token problem"),
        (402, {"title": "payment required", "detail": "top up"}, "payment required: top up"),
        (403, {"code": "AccessDenied", "message": "Доступ запрещён"}, "AccessDenied: Доступ запрещён"),
        (403, {"title": "forbidden", "detail": "base token is not allowed", "code": "for this path"}, "for this path"),
        (403, b"<html>", ""),
    ],
)
def test_a_missing_right_alarms(status: int, body: object, reason: str) -> None:
    met = failure(op.PUT_STOCKS, status, body)
    assert isinstance(met, NotAuthorised)
    assert met.reason.startswith(f"put_stocks: {status} {reason}".strip())


@pytest.mark.parametrize(
    ("status", "body", "wait"),
    [
        (409, [{"code": "StoreIsProcessing", "message": "m"}], 10),
        (409, {"code": "StoreIsProcessing", "message": "m"}, 10),
        (406, {"code": "WarehouseStocksUpdateBlock", "message": "m"}, 60),
    ],
)
def test_a_refusal_that_passes_by_itself_is_for_later(status: int, body: object, wait: float) -> None:
    met = failure(op.PUT_STOCKS, status, body)
    assert isinstance(met, TryLater)
    assert met.wait == wait


def test_a_refusal_of_rows_is_not_put_off_because_the_warehouse_is_busy_too() -> None:
    rows = [{"code": "StoreIsProcessing", "message": "m"}, {"code": "NotFound", "message": "", "data": [{"chrtId": 1}]}]
    assert type(failure(op.PUT_STOCKS, 409, rows)) is Rejected
    assert type(failure(op.PUT_STOCKS, 406, {"code": "StatusNotAcceptable", "message": "m"})) is Rejected


def test_no_token_and_no_long_text_gets_into_a_reason() -> None:
    met = failure(op.PUT_STOCKS, 400, {"message": f"bad token {TOKEN}\nline " + "x" * 5000})
    assert TOKEN not in str(met)
    assert "bad token …" in str(met)
    assert len(str(met)) < 400
    assert "\n" not in str(met)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Lesson()),
        (200, {"x-ratelimit-remaining": "nonsense"}, Lesson()),
        (200, {"x-ratelimit-remaining": "-3"}, Lesson(full_in=3.4)),
        (404, {"x-ratelimit-remaining": "5"}, Lesson(extra_calls=9, full_in=2.4)),
        (500, {}, Lesson()),
        (429, {}, Lesson(full_in=4.0)),
        (429, {"x-ratelimit-retry": "1.2"}, Lesson(full_in=5.0)),
    ],
)
def test_every_answer_is_read_for_its_limit(status: int, headers: dict[str, str], expected: Lesson) -> None:
    learnt = lesson(op.STOCKS, status, httpx.Headers(headers))
    assert (learnt.extra_calls, round(learnt.full_in, 3)) == (expected.extra_calls, expected.full_in)


def test_a_429_without_headers_still_waits() -> None:
    met = failure(op.CARDS_UPLOAD, 429, {"title": "too many requests"})
    assert isinstance(met, RateLimited)
    assert met.wait == 6


def test_a_cursor_ask_is_no_batch(world: World) -> None:
    with respx.mock:
        respx.post("https://content-api.wildberries.ru/content/v2/get/cards/list").respond(200, json={"cards": []})
        assert world.wb.call(op.CARDS_LIST, body=CardsAsk.after()).cards == ()
