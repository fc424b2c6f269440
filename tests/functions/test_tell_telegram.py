"""Alarms as SNS hands them to Lambda become messages in Russian; what Telegram refuses is told, its token never."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from tests.fixtures.functions import Functions
from wbsync import telegram
from wbsync.errors import NotAuthorised, RateLimited, Rejected, Unavailable
from wbsync.stores import parameters
from wbsync.stores.aws import ssm

TOKEN = "123456789:AAE-invented_bot_token_of_the_tests_000"
CHAT = "-1001234567890"
SEND = f"https://api.telegram.org/bot{TOKEN}/sendMessage"


def alarm(**changes: Any) -> dict[str, Any]:
    """As CloudWatch tells a topic."""
    return {
        "AlarmName": "wbsync-dev-CollectStockFreshnessAlarm-1ABC",
        "AlarmDescription": "collect_stock has not … docs/runbook.md#collect_stock-is-not-running",
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: no datapoints were received for 4 periods",
        "StateChangeTime": "2026-11-24T09:05:00.123+0000",
        "Region": "EU (Frankfurt)",
        "OldStateValue": "OK",
        "Trigger": {"MetricName": "Finished", "Dimensions": [{"name": "service", "value": "collect_stock"}]},
    } | changes


def event(message: object) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Subject": "ALARM", "Message": text}}]}


@pytest.fixture
def chat(functions: Functions) -> Iterator[respx.Route]:
    ssm().put_parameter(Name=f"/{functions.aws.bucket}/telegram", Value=f"{TOKEN} {CHAT}", Type="SecureString")
    parameters.provider.cache_clear()
    with respx.mock(assert_all_called=False) as router:
        yield router.post(SEND).mock(return_value=httpx.Response(200, json={"ok": True}))


def told(chat: respx.Route) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(chat.calls.last.request.content)
    return found


def test_an_alarm_is_told_with_what_it_means_since_when_and_what_to_do(functions: Functions, chat: respx.Route) -> None:
    assert functions.invoke("tell_telegram", event(alarm())) == {"AlarmsTold": 1}
    assert told(chat)["chat_id"] == CHAT
    assert told(chat)["text"].splitlines() == [
        "🔴 Внимание (dev)",
        "Остатки магазина не читаются: WB может продать то, чего нет.",
        "С 24.11.2026 09:05 (UTC)",
        "Что делать: https://docs.test/runbook.md#collect_stock-is-not-running",
    ]


def test_its_end_is_told_too(functions: Functions, chat: respx.Route) -> None:
    functions.invoke("tell_telegram", event(alarm(NewStateValue="OK")))
    assert told(chat)["text"].splitlines()[0] == "✅ Прошло (dev)"
    assert "Что делать" not in told(chat)["text"]


def test_an_alarm_of_alarms_has_no_metric(functions: Functions, chat: respx.Route) -> None:
    composite = alarm(AlarmDescription="… docs/runbook.md#not-authorised", AlarmRule="ALARM(x)")
    del composite["Trigger"]
    functions.invoke("tell_telegram", event(composite))
    assert "Нет доступа: токен WB, вебхук магазина или права в AWS." in told(chat)["text"].splitlines()


def test_a_heading_that_several_functions_share_is_told_with_the_function(
    functions: Functions, chat: respx.Route
) -> None:
    functions.invoke("tell_telegram", event(alarm(AlarmDescription="docs/runbook.md#stock-is-held-back")))
    assert told(chat)["text"].splitlines()[1].endswith("Нужна проверка. (collect_stock)")


def test_an_alarm_that_nobody_knows_is_told_by_its_name(functions: Functions, chat: respx.Route) -> None:
    functions.invoke("tell_telegram", event(alarm(AlarmDescription=None, AlarmName="Somebody's own", Trigger={})))
    assert "Сработало: Somebody's own" in told(chat)["text"]


@pytest.mark.parametrize("message", ["hello", "[]", '{"AlarmName": "x"}'])
def test_what_is_no_alarm_goes_red_and_is_not_told(functions: Functions, chat: respx.Route, message: str) -> None:
    with pytest.raises(Rejected, match="no alarm of CloudWatch"):
        functions.invoke("tell_telegram", event(message))
    assert not chat.called


REFUSALS = [
    (httpx.Response(400, json={"ok": False, "description": "Bad Request: chat not found"}), Rejected, "chat not found"),
    (httpx.Response(403, json={"ok": False, "description": "bot was blocked"}), Rejected, "bot was blocked"),
    (httpx.Response(401, json={"ok": False, "description": "Unauthorized"}), NotAuthorised, "secret put"),
    (httpx.Response(404, json={"ok": False, "description": "Not Found"}), NotAuthorised, "secret put"),
    (httpx.Response(429, json={"ok": False, "parameters": {"retry_after": 17}}), RateLimited, "in 17 s"),
    (httpx.Response(502, text="<html>Bad Gateway"), Unavailable, "502"),
    (httpx.Response(302, headers={"Location": "https://example.com/"}), Unavailable, "302"),
    (httpx.Response(400, json=["odd"]), Rejected, "400"),
    (httpx.Response(400, json={"description": f"no {TOKEN} here"}), Rejected, "no … here"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=[str(n) for n in range(len(REFUSALS))])
def test_a_message_that_is_refused_goes_red_and_stands_in_the_log_with_telegrams_word(
    functions: Functions,
    chat: respx.Route,
    caplog: pytest.LogCaptureFixture,
    refusal: tuple[httpx.Response, type[Exception], str],
) -> None:
    answer, error, said = refusal
    chat.mock(return_value=answer)
    with pytest.raises(error) as raised:
        functions.invoke("tell_telegram", event(alarm()))
    logged = str([vars(record) for record in caplog.records])
    assert "'not told'" in logged
    assert said in logged
    assert TOKEN not in logged + repr(raised.value) + str(raised.value)


def test_a_broken_connection_goes_red_without_the_token(
    functions: Functions, chat: respx.Route, caplog: pytest.LogCaptureFixture
) -> None:
    chat.mock(side_effect=httpx.ConnectError(f"cannot reach {SEND}"))
    with pytest.raises(Unavailable) as raised:
        functions.invoke("tell_telegram", event(alarm()))
    assert "ConnectError" in str(raised.value)
    assert raised.value.__cause__ is None
    assert TOKEN not in str([vars(record) for record in caplog.records]) + repr(raised.value)


def test_without_a_secret_that_can_be_used_it_says_how_to_put_one(functions: Functions) -> None:
    with pytest.raises(NotAuthorised, match="put it with `wbsync`"):
        functions.invoke("tell_telegram", event(alarm()))
    with httpx.Client() as http, pytest.raises(NotAuthorised, match="<bot token> <chat id>"):
        telegram.send(http, "only-one-word", "text")


def test_a_message_is_cut_to_what_telegram_takes_and_waits_no_longer_than_its_function() -> None:
    sent: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["text"])
        return httpx.Response(200, json={"ok": True})

    with httpx.Client(transport=httpx.MockTransport(take)) as http:
        telegram.send(http, f"{TOKEN} {CHAT}", "я" * 5000)
    assert [len(text) for text in sent] == [4096]
    with telegram.default_http() as http:
        assert sum(filter(None, (http.timeout.connect, http.timeout.read, http.timeout.write))) < 30
