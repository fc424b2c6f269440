"""Bad days of the simulated shop: what was done and what the client learns of it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from infra.local.bitrix import Bitrix, Seed
from infra.local.serving import serve

PLACE = {"lid": "s1", "personTypeId": 1, "currency": "BYN"}
ADD = "sale.order.add?" + urlencode({f"fields[{name}]": value for name, value in PLACE.items()})
CUT = httpx.RemoteProtocolError


class Shop:
    def __init__(self) -> None:
        self.slept: list[float] = []
        self.bitrix = Bitrix(Seed(offers=10), sleep=self.slept.append)
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.bitrix.wsgi), base_url="https://shop.test")

    def fault(self, **fault: Any) -> None:
        self.http.post("/_sim/faults", json=[fault]).raise_for_status()

    def add(self) -> httpx.Response:
        return self.http.post(f"{self.bitrix.webhook('')}sale.order.add", json={"fields": PLACE})

    def batch(self, *commands: str) -> httpx.Response:
        return self.http.post(f"{self.bitrix.webhook('')}batch", json={"cmd": list(commands)})

    @property
    def orders(self) -> int:
        return len(self.bitrix.shop.orders)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("500", 500, "INTERNAL_SERVER_ERROR"),
        ("429", 429, "OPERATION_TIME_LIMIT"),
        ("503", 503, "QUERY_LIMIT_EXCEEDED"),
    ],
)
def test_a_refusal_of_the_server_does_nothing_and_passes(shop: Shop, kind: str, status: int, code: str) -> None:
    shop.fault(match="sale.order.*", kind=kind)
    answer = shop.add()
    assert (answer.status_code, answer.json()["error"], shop.orders) == (status, code, 0)
    assert (shop.add().status_code, shop.orders) == (200, 1)


@pytest.mark.parametrize(("kind", "starts"), [("html500", "<html>"), ("empty500", "")])
def test_php_dies_without_json(shop: Shop, kind: str, starts: str) -> None:
    shop.fault(kind=kind)
    answer = shop.add()
    assert (answer.status_code, answer.headers["content-type"][:9], answer.text[:6]) == (500, "text/html", starts)
    assert shop.orders == 0


def test_php_dies_in_the_middle_of_a_batch_and_what_went_before_is_done(shop: Shop) -> None:
    shop.fault(match="sale.order.list", kind="html500")
    answer = shop.batch(ADD, "sale.order.list", ADD)
    assert (answer.status_code, shop.orders) == (500, 1)


def test_a_connection_cut_before_the_work_leaves_nothing(shop: Shop) -> None:
    shop.fault(kind="cut_before")
    with pytest.raises(CUT):
        shop.add()
    assert shop.orders == 0


def test_a_connection_cut_after_the_work_leaves_the_order(shop: Shop) -> None:
    shop.fault(kind="cut_after")
    with pytest.raises(CUT):
        shop.add()
    assert shop.orders == 1


def test_a_whole_batch_is_done_although_its_answer_is_lost(shop: Shop) -> None:
    shop.fault(match="batch", kind="cut_after")
    with pytest.raises(CUT):
        shop.batch(ADD, ADD)
    assert shop.orders == 2


def test_work_may_go_on_after_the_connection_was_cut(shop: Shop) -> None:
    shop.fault(match="batch", kind="late", seconds=3)
    with pytest.raises(CUT):
        shop.batch(ADD, ADD)
    shop.bitrix.finish_late_work()
    assert (shop.orders, shop.slept) == (2, [3])


def test_an_error_may_come_after_the_save(shop: Shop) -> None:
    shop.fault(match="sale.order.add", kind="error_after_save")
    done = shop.batch(ADD).json()["result"]
    assert (done["result_error"]["0"]["error"], shop.orders) == ("0", 1)


def test_one_command_of_a_batch_may_fail_and_a_single_call_does_not_meet_that_fault(shop: Shop) -> None:
    shop.fault(match="sale.order.add", kind="command_error")
    assert shop.add().status_code == 200
    done = shop.batch(ADD, ADD).json()["result"]
    assert (list(done["result_error"]), list(done["result"]), shop.orders) == (["0"], ["1"], 2)


def test_a_slow_answer_is_a_good_one(shop: Shop) -> None:
    shop.fault(match="*.add", kind="slow", seconds=7, times=2)
    assert (shop.add().status_code, shop.slept) == (200, [7])


def test_a_fault_lasts_as_often_as_ordered_or_until_it_is_taken_back(shop: Shop) -> None:
    shop.fault(kind="503", times=2)
    assert [shop.add().status_code for _ in range(3)] == [503, 503, 200]
    shop.fault(kind="503", times=None)
    assert [shop.add().status_code for _ in range(3)] == [503, 503, 503]
    shop.http.delete("/_sim/faults")
    assert shop.add().status_code == 200


def test_a_fault_may_be_a_matter_of_chance(shop: Shop) -> None:
    shop.fault(kind="500", times=None, probability=0.5)
    good = sum(shop.add().status_code == 200 for _ in range(40))
    assert 5 < good < 35


def test_an_unknown_kind_of_fault_is_refused(shop: Shop) -> None:
    assert shop.http.post("/_sim/faults", json=[{"kind": "fire"}]).status_code == 400


def test_on_a_port_two_workers_make_their_orders_and_a_cut_breaks_one_connection() -> None:
    bitrix = Bitrix(Seed(offers=10))
    with serve(bitrix.wsgi) as url, httpx.Client(base_url=bitrix.webhook(url)) as client:
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda _: client.post("batch", json={"cmd": [ADD] * 5}), range(10)))
        ids = {row["order"]["id"] for answer in answers for row in answer.json()["result"]["result"].values()}
        assert len(ids) == 50
        httpx.post(f"{url}/_sim/faults", json={"match": "batch", "kind": "cut_after"}).raise_for_status()
        with pytest.raises(CUT):
            client.post("batch", json={"cmd": [ADD]})
        state = httpx.get(f"{url}/_sim/state").json()
    assert len(state["orders"]) == 51
