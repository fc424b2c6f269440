"""Trouble on demand, and the simulated WB on a real port."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from infra.local.serving import serve
from infra.local.wildberries import Category, Wildberries, World, make_token
from tests.fixtures.wildberries import FAR, FIRST, MINSK, Seller

PUT = "PUT /api/v3/stocks/*"
NEW = "GET /marketplace-api/api/v3/orders/new"


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("429", 429, "application/problem+json"),
        ("406", 406, "application/json"),
        ("500", 500, "application/json"),
        ("html500", 500, "text/html"),
    ],
)
def test_a_fault_strikes_as_often_as_asked_before_the_work_is_done(kind: str, status: int, content_type: str) -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": PUT, "kind": kind, "times": 1}])
    answers = [seller.put({"chrtId": FIRST, "amount": 3}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 204]
    assert answers[0].headers["content-type"] == content_type
    assert seller.ask(NEW).status_code == 200


def test_a_429_on_demand_has_the_headers_of_a_true_one() -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": "*orders/new", "kind": "429"}])
    answer = seller.ask(NEW)
    assert {"x-ratelimit-retry", "x-ratelimit-limit", "x-ratelimit-reset"} <= set(answer.headers)
    assert seller.sim("GET state")["answers_429"] == 1


@pytest.mark.parametrize(("kind", "amount"), [("cut_before", {}), ("cut_after", {FIRST: 3})])
def test_a_cut_connection_leaves_the_work_undone_or_done(kind: str, amount: dict[int, int]) -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": PUT, "kind": kind, "times": 1}])
    with pytest.raises(httpx.RemoteProtocolError):
        seller.put({"chrtId": FIRST, "amount": 3})
    assert seller.stock(FIRST) == amount


def test_a_500_can_come_after_the_work_was_done() -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": PUT, "kind": "500_after"}])
    assert seller.put({"chrtId": FIRST, "amount": 3}).status_code == 500
    assert seller.stock(FIRST) == {FIRST: 3}


def test_wb_can_nod_and_do_nothing() -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": PUT, "kind": "ignored", "times": 1}])
    assert [seller.put({"chrtId": FIRST, "amount": amount}).status_code for amount in (3, 4)] == [204, 204]
    assert seller.sim("GET state")["answers"]["PUT /api/v3/stocks/{warehouseId}"] == {"204": 2}
    assert seller.stock(FIRST) == {FIRST: 4}


def test_what_is_ignored_is_not_done() -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": PUT, "kind": "ignored"}])
    assert seller.put({"chrtId": FIRST, "amount": 3}).status_code == 204
    assert seller.stock(FIRST) == {}


def test_a_token_that_the_seller_deleted_is_refused_from_then_on() -> None:
    seller = Seller()
    assert seller.ask(NEW).status_code == 200
    seller.sim("POST revoked", [seller.token])
    assert seller.ask(NEW).status_code == 401
    seller.sim("POST revoked", [])
    assert seller.ask(NEW).status_code == 200


def test_a_slow_answer_takes_its_seconds_and_is_right() -> None:
    seller = Seller()
    seller.sim("POST faults", [{"match": "GET *", "kind": "slow", "seconds": 40}])
    assert seller.ask(NEW).json() == {"orders": []}
    assert seller.slept == [40]


def test_one_sticker_of_an_answer_can_be_no_picture() -> None:
    seller = Seller(stocked=True)
    ids = [order["id"] for order in seller.buy(3)]
    seller.supply(*ids)
    seller.sim("POST faults", [{"match": "*/stickers", "kind": "malformed_sticker"}])
    answer = seller.ask(
        "POST /marketplace-api/api/v3/orders/stickers", {"orders": ids}, type="png", width=58, height=40
    )
    ends = [base64.b64decode(sticker["file"])[-8:] for sticker in answer.json()["stickers"]]
    assert [b"IEND" in end for end in ends] == [False, True, True]


def test_a_fault_may_strike_now_and_then_only_and_be_called_off() -> None:
    seller = Seller(pace=100)
    seller.sim("POST faults", [{"match": "*", "kind": "500", "probability": 0.5}])
    statuses = {seller.ask(NEW).status_code for _ in range(40)}
    assert statuses == {200, 500}
    seller.sim("DELETE faults")
    assert {seller.ask(NEW).status_code for _ in range(40)} == {200}


def test_an_unknown_fault_or_field_is_refused() -> None:
    seller = Seller()
    for path, body in (("faults", [{"match": "*", "kind": "fire"}]), ("seed", {"goodz": 1}), ("orders", {})):
        assert seller.http.post(f"/_sim/{path}", json=body).status_code == 400
    assert seller.http.post("/_sim/orders/1/sold").status_code == 404
    assert seller.http.get("/_sim/nothing").status_code == 404


def test_a_new_world_forgets_the_old_one() -> None:
    seller = Seller(stocked=True)
    seller.buy(2)
    counts = seller.sim("POST seed", {"seed": 9, "goods": 12, "warehouses": [{"id": 4, "name": "Д"}]})
    assert (counts["orders"], counts["sizes"]) == (0, 15)
    state = seller.sim("GET state")
    assert list(state["stocks"]) == ["4"]
    assert state["requests"] == {}


def test_the_clock_can_be_put_ahead() -> None:
    seller = Seller()
    seller.sim("POST clock", {"advance": 300 * 86_400})
    assert "expired" in seller.ask(NEW).json()["detail"]


def test_on_a_port_connections_are_kept_and_a_cut_one_is_closed_without_an_answer() -> None:
    wb = Wildberries(World())
    headers = {"Authorization": make_token(categories=Category, expires=FAR)}
    stocks = f"/marketplace-api/api/v3/stocks/{MINSK}"
    rows = {"stocks": [{"chrtId": FIRST, "amount": 3}]}
    with serve(wb.wsgi) as url, httpx.Client(base_url=url, headers=headers) as http:
        answers = [http.put(stocks, json=rows), http.post(stocks, json={"chrtIds": [FIRST]})]
        ports = {answer.extensions["network_stream"].get_extra_info("client_addr") for answer in answers}
        assert [answer.status_code for answer in answers] == [204, 200]
        assert len(ports) == 1
        http.post("/_sim/faults", json=[{"match": "POST *", "kind": "cut_after", "times": 1}])
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(stocks, json={"chrtIds": [FIRST]})
        assert http.post(stocks, json={"chrtIds": [FIRST]}).json()["stocks"] == [{"chrtId": FIRST, "amount": 3}]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_many_buyers_at_once_never_take_more_than_there_is() -> None:
    seller = Seller()
    seller.put({"chrtId": FIRST, "amount": 30})

    def buy(_: int) -> list[dict[str, Any]]:
        return seller.buy(4, chrt_ids=[FIRST])

    with ThreadPoolExecutor(8) as buyers:
        orders = [order for made in buyers.map(buy, range(12)) for order in made]
    assert len(orders) == len({order["id"] for order in orders}) == 30
    assert seller.stock(FIRST) == {FIRST: 0}


@pytest.fixture
def started() -> Callable[[], subprocess.Popen[str]]:
    command = [sys.executable, "-m", "infra.local.wildberries", "--goods", "5"]
    return lambda: subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)  # noqa: TID251 (the child needs ours)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_prints_its_address_and_ends_cleanly(
    started: Callable[[], subprocess.Popen[str]], number: signal.Signals
) -> None:
    with started() as program:
        assert program.stdout is not None
        name, url = program.stdout.readline().split()
        assert name == "wildberries"
        assert httpx.get(f"{url}/_sim/state").json()["counts"]["sizes"] == 8
        program.send_signal(number)
        assert program.wait(10) == 0
