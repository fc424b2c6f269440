"""Handlers with Lambda's own events: a whole day, partial batches, and failures told by what to do about them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.wildberries import Category, make_token
from tests.fixtures.functions import FUNCTIONS, Functions, sqs_event
from wbsync.domain.ids import OrderId
from wbsync.errors import NotAuthorised
from wbsync.messages import NewOrder
from wbsync.stores.queues import Queue
from wbsync.telemetry import GIVES_UP, utcnow


def message(body: str, *, sent: datetime | None = None, first_sent: datetime | None = None) -> dict[str, Any]:
    at = sent or utcnow()
    told = {"first_sent": {"DataType": "String", "StringValue": first_sent.isoformat()}} if first_sent else {}
    return {
        "MessageId": f"id-{body[:40]}",
        "Body": body,
        "Attributes": {"SentTimestamp": str(int(at.timestamp() * 1000)), "ApproximateReceiveCount": "1"},
        "MessageAttributes": told,
    }


def metrics_of(printed: str) -> dict[str, float]:
    """The counts that a handler's EMF lines carry."""
    found: dict[str, float] = {}
    for line in printed.splitlines():
        if '"_aws"' in line:
            emf = json.loads(line)
            for definition in emf["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found[definition["Name"]] = sum(emf[definition["Name"]])
    return found


def test_a_day_runs_through_the_real_handlers(functions: Functions) -> None:
    assert functions.invoke("link_cards")["SizesLinked"] == 20
    functions.invoke("collect_stock", {"full": True})
    assert functions.drain("push_stock", "StockBatchesQueue") == []
    with functions.wildberries.state.lock:
        assert sum(functions.wildberries.state.stocks[501_001].values()) > 1000
    functions.buy(3)
    assert functions.invoke("poll_orders")["OrdersStored"] == 3
    assert functions.drain("place_orders", "NewOrdersQueue") == []
    assert len([o for o in functions.bitrix.shop.orders if str(o["xmlId"]).startswith("WB_")]) == 3
    assert functions.invoke("fetch_labels")["LabelsOwed"] == 3
    assert functions.drain("fetch_labels", "LabelsWantedQueue") == []
    assert functions.invoke("sweep")["OrdersStuck"] == 0


LIFE = ("sync_statuses", "build_supplies", "send_marking", "print_supplies", "reconcile_orders", "read_fbo_stock")


@pytest.mark.parametrize("name", [name for name in LIFE if (FUNCTIONS / name / "app.py").exists()])
def test_each_function_of_an_orders_life_runs_to_its_end_over_orders_that_are_placed(
    functions: Functions, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    functions.invoke("link_cards")
    functions.invoke("collect_stock", {"full": True})
    functions.drain("push_stock", "StockBatchesQueue")
    functions.buy(2)
    functions.invoke("poll_orders")
    functions.drain("place_orders", "NewOrdersQueue")
    capsys.readouterr()
    functions.invoke(name)
    assert metrics_of(capsys.readouterr().out)["Finished"] == 1


def test_a_malformed_message_fails_alone(functions: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    functions.invoke("link_cards")
    functions.invoke("collect_stock", {"full": True})
    functions.drain("push_stock", "StockBatchesQueue")
    functions.buy(2)
    functions.invoke("poll_orders")
    good = functions.aws.messages("NewOrdersQueue")
    secret = "Аграфена Небывалая"
    bad = message(json.dumps({"order_id": secret}))
    capsys.readouterr()
    assert functions.invoke_with("place_orders", *good, bad) == [bad["MessageId"]]
    assert len([o for o in functions.bitrix.shop.orders if str(o["xmlId"]).startswith("WB_")]) == 2
    printed = capsys.readouterr().out
    assert secret not in printed
    assert metrics_of(printed) == {"OrdersPlaced": 2, "OrdersParked": 0, "Failed": 1}


def test_an_order_that_was_never_stored_is_left_to_the_dead_letters(functions: Functions) -> None:
    stray = message('{"order_id":404}')
    assert functions.invoke_with("place_orders", stray) == [stray["MessageId"]]


def test_what_may_succeed_later_goes_back_to_its_queue_acknowledged(functions: Functions) -> None:
    functions.invoke("link_cards")
    functions.invoke("collect_stock", {"full": True})
    functions.fail_wb("PUT /api/v3/stocks/*", "500")
    taken = functions.aws.messages("StockBatchesQueue")
    assert functions.invoke_with("push_stock", *taken) == []
    assert functions.waiting("StockBatchesQueue") == 1


def test_what_was_put_off_for_too_long_ends_in_the_dead_letters(functions: Functions) -> None:
    functions.invoke("link_cards")
    functions.invoke("collect_stock", {"full": True})
    functions.fail_wb("PUT /api/v3/stocks/*", "500")
    [taken] = functions.aws.messages("StockBatchesQueue")
    old = message(taken["Body"], first_sent=utcnow() - GIVES_UP - timedelta(minutes=1))
    assert functions.invoke_with("push_stock", old) == [old["MessageId"]]
    assert functions.waiting("StockBatchesQueue") == 0


def test_a_postponed_message_keeps_the_time_of_its_first_sending(functions: Functions) -> None:
    first = datetime(2026, 11, 23, 8, tzinfo=UTC)
    queue = Queue[NewOrder](functions.aws.queues["NewOrdersQueue"])
    queue.send_later(NewOrder(order_id=OrderId(1)).model_dump_json(), wait=0.5, first_sent=first)
    [record] = sqs_event(message('{"order_id":1}', first_sent=first))["Records"]
    assert record["messageAttributes"]["first_sent"]["stringValue"] == first.isoformat()


def test_an_outage_puts_a_scheduled_run_off_to_the_next_tick(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    functions.fail_wb("GET /api/v3/orders/new", "html500")
    assert functions.invoke("poll_orders") == {"Postponed": 1}
    told = metrics_of(capsys.readouterr().out)
    assert told == {"Postponed": 1}, "no Finished: the freshness alarm sees it"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "token"),
        ("not-a-token", "malformed"),
        ("expired", "expired"),
        ("wrong category", "Marketplace"),
        ("sandbox", "test token"),
    ],
)
def test_a_bad_token_alarms_and_says_which(
    functions: Functions, capsys: pytest.CaptureFixture[str], token: str, said: str
) -> None:
    functions.put_token(_token(token))
    with pytest.raises(NotAuthorised, match=rf"(?i){said}") as refused:
        functions.invoke("poll_orders")
    assert "\n" not in str(refused.value)
    assert metrics_of(capsys.readouterr().out)["NotAuthorised"] == 1


def _token(kind: str) -> str:
    now = utcnow()
    return {
        "": " ",
        "expired": make_token(categories=(Category.MARKETPLACE,), expires=now - timedelta(days=1)),
        "wrong category": make_token(categories=(Category.CONTENT,), expires=now + timedelta(days=9)),
        "sandbox": make_token(categories=(Category.MARKETPLACE,), expires=now + timedelta(days=9), sandbox=True),
    }.get(kind, kind)
