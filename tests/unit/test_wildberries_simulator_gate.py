"""Who is let in at the simulated WB, and how often (wildberries facts §1)."""

import base64
import json
from datetime import timedelta

import pytest

from infra.local.wildberries import Category, make_token
from infra.local.wildberries.auth import SELLER
from tests.fixtures.wildberries import BEGAN, FAR, FIRST, MINSK, Seller

ORDERS = "GET /marketplace-api/api/v3/orders/new"
CARDS = "POST /content-api/content/v2/get/cards/list"


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        (None, "no token was given"),
        ("two.parts", "malformed"),
        ("not.base64!.x", "malformed"),
        (f"x.{base64.urlsafe_b64encode(json.dumps({'s': 2}).encode()).decode()}.x", "malformed"),
        (make_token(categories=Category, expires=BEGAN), "expired"),
        (f"Bearer {make_token(categories=Category, expires=FAR)}", "malformed"),
    ],
)
def test_a_missing_malformed_or_expired_token_is_401_as_a_problem(token: str | None, detail: str) -> None:
    answer = Seller().ask(ORDERS, token=token)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "unauthorized"
    assert detail in answer.json()["detail"]


def test_a_token_without_the_category_of_the_api_is_403_in_that_api_s_shape() -> None:
    seller = Seller(categories=[Category.PRICES])
    assert seller.ask(ORDERS).json() == {"code": "AccessDenied", "message": "Доступ запрещён"}
    cards = seller.ask(CARDS, {})
    assert (cards.status_code, cards.json()["error"], cards.json()["data"]) == (403, True, None)
    statistics = seller.ask("GET /statistics-api/ping")
    assert (statistics.status_code, statistics.headers["content-type"]) == (403, "application/problem+json")


def test_a_sandbox_token_is_refused() -> None:
    token = make_token(categories=Category, expires=FAR, sandbox=True)
    answer = Seller().ask(ORDERS, token=token)
    assert (answer.status_code, answer.json()["detail"]) == (403, "test token is not allowed")


def test_a_read_only_token_reads_stock_but_does_not_write_it() -> None:
    seller = Seller()
    seller.token = make_token(categories=Category, expires=FAR, read_only=True)
    assert seller.ask(f"POST /marketplace-api/api/v3/stocks/{MINSK}", {"chrtIds": []}).status_code == 200
    assert seller.put({"chrtId": FIRST, "amount": 1}).status_code == 403


def test_a_token_carries_the_fields_that_wb_documents() -> None:
    payload = make_token(categories=[Category.CONTENT, Category.MARKETPLACE], expires=FAR).split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert {name: told[name] for name in ("s", "acc", "for", "t", "sid", "exp")} == {
        "s": 0b10010,
        "acc": 3,
        "for": "self",
        "t": False,
        "sid": SELLER,
        "exp": int(FAR.timestamp()),
    }


@pytest.mark.parametrize(
    "operation",
    [
        "GET /content-api/api/v3/orders/new",
        "GET /api/v3/orders/new",
        "POST /marketplace-api/api/v3/orders/new",
        "GET /marketplace-api/_sim/state",
        "POST /marketplace-api/api/v3/warehouses/1/stocks",
        "GET /marketplace-api/api/v3/orders/1/label",
        "GET /nonsense/ping",
    ],
)
def test_a_path_of_another_api_an_old_path_and_the_controls_are_not_found(operation: str) -> None:
    answer = Seller().ask(operation)
    assert (answer.status_code, answer.json()["title"]) == (404, "path not found")


def test_every_api_answers_ping_under_its_long_and_its_short_name() -> None:
    seller = Seller()
    for api in ("content-api", "discounts-prices-api", "marketplace", "statistics", "seller-analytics", "common"):
        assert seller.ask(f"GET /{api}/ping").json()["Status"] == "OK"


def test_seller_info_takes_any_token_and_names_the_seller_of_the_token() -> None:
    answer = Seller(categories=[Category.CHAT]).ask("GET /common-api/api/v1/seller-info")
    assert answer.json()["sid"] == SELLER


def test_twenty_requests_at_once_are_served_and_the_next_has_to_wait() -> None:
    seller = Seller()
    left = [seller.ask(ORDERS).headers["x-ratelimit-remaining"] for _ in range(20)]
    assert left == [str(number) for number in range(19, -1, -1)]
    refused = seller.ask(ORDERS)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert "x-ratelimit-remaining" not in refused.headers
    assert "retry-after" not in refused.headers
    assert {name: refused.headers[f"x-ratelimit-{name}"] for name in ("retry", "limit", "reset")} == {
        "retry": "1",
        "limit": "20",
        "reset": "4",
    }
    assert refused.json()["title"] == "too many requests"


def test_one_more_request_is_allowed_after_each_200_milliseconds() -> None:
    seller = Seller()
    for _ in range(20):
        seller.ask(ORDERS)
    answers = []
    for _ in range(4):
        seller.wait(0.1)
        answers.append(seller.ask(ORDERS).status_code)
    assert answers == [429, 200, 429, 200]


def test_a_4xx_on_marketplace_costs_ten_and_leaves_a_debt() -> None:
    seller = Seller()
    assert seller.ask(f"PUT /marketplace-api/api/v3/stocks/{MINSK}", []).headers["x-ratelimit-remaining"] == "10"
    assert seller.put({"chrtId": 1, "amount": 1}).headers["x-ratelimit-remaining"] == "0"
    assert seller.put({"chrtId": FIRST, "amount": 1}).status_code == 429
    seller.wait(0.21)
    assert seller.put({"chrtId": 1, "amount": 1}).status_code == 409
    seller.wait(1.9)
    assert seller.put({"chrtId": FIRST, "amount": 1}).status_code == 429
    seller.wait(0.1)
    assert seller.put({"chrtId": FIRST, "amount": 1}).status_code == 204


def test_a_4xx_on_content_costs_one() -> None:
    assert Seller().ask(CARDS, {"settings": []}).headers["x-ratelimit-remaining"] == "4"


def test_stocks_and_warehouses_share_a_bucket_and_orders_have_another() -> None:
    seller = Seller()
    seller.stock()
    assert seller.ask("GET /marketplace-api/api/v3/warehouses").headers["x-ratelimit-remaining"] == "18"
    assert seller.ask(ORDERS).headers["x-ratelimit-remaining"] == "19"
    assert seller.ask("GET /marketplace-api/api/v3/supplies", limit=1, next=0).headers["x-ratelimit-remaining"] == "18"


def test_all_tokens_of_one_kind_share_the_seller_s_buckets_and_a_base_token_has_its_own() -> None:
    seller = Seller()
    another = make_token(categories=[Category.MARKETPLACE], expires=FAR + timedelta(days=1))
    base = make_token(categories=Category, expires=FAR, kind="base")
    assert [seller.ask(ORDERS, token=each).headers["x-ratelimit-remaining"] for each in ("", another, base)] == [
        "19",
        "18",
        "19",
    ]
    info = "GET /common-api/api/v1/seller-info"
    assert [seller.ask(info, token=base).status_code for _ in range(2)] == [200, 429]


def test_state_counts_requests_by_operation_and_the_refused_ones() -> None:
    seller = Seller()
    for _ in range(22):
        seller.ask(ORDERS)
    seller.put({"chrtId": 1, "amount": 1})
    state = seller.sim("GET state")
    assert state["requests"] == {"GET /api/v3/orders/new": 22, "PUT /api/v3/stocks/{warehouseId}": 1}
    assert state["answers"]["GET /api/v3/orders/new"] == {"200": 20, "429": 2}
    assert (state["answers_429"], state["answers_4xx"]) == (2, 3)
