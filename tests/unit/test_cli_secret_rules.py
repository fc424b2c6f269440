from datetime import UTC, datetime, timedelta

import pytest

from infra.cli import secret_rules
from tests.samples.wb_tokens import jwt, token
from wbsync.errors import NotAuthorised, Rejected
from wbsync.wb.token import Category

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REAL, SANDBOX = "https://{api}.wildberries.ru", "https://{api}-sandbox.wildberries.ru"
BOTH = (Category.CONTENT, Category.MARKETPLACE)


def test_a_good_token_tells_its_kind_its_categories_and_its_days() -> None:
    told = secret_rules.token(token(NOW, categories=BOTH), hosts=REAL, now=NOW)
    assert told == "Personal token for Content, Marketplace, 90 days left"


def test_a_token_that_ends_soon_is_told_to_be_replaced() -> None:
    assert "make a new one" in secret_rules.token(token(NOW, categories=BOTH, days=3), hosts=REAL, now=NOW)


def test_a_token_of_the_sandbox_is_good_for_the_sandbox() -> None:
    told = secret_rules.token(token(NOW, categories=BOTH, test=True), hosts=SANDBOX, now=NOW)
    assert told.startswith("Test token")


def test_a_base_token_is_told_to_be_slow() -> None:
    claims = {"s": 1 << 1 | 1 << 4, "acc": 1, "t": False, "exp": int((NOW + timedelta(days=60)).timestamp())}
    assert "far fewer calls" in secret_rules.token(jwt(claims), hosts=REAL, now=NOW)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "is missing"),
        ("eyJhbGciOiJub25lIn0.nonsense", "is malformed"),
        (token(NOW, categories=BOTH, days=-1), "expired on 2026-11-22"),
        (token(NOW, categories=[Category.PRICES]), "lacks the category Content, Marketplace"),
        (token(NOW, categories=[Category.CONTENT]), "lacks the category Marketplace:"),
        (token(NOW, categories=BOTH, test=True), "is for the sandbox"),
        (token(NOW, categories=[*BOTH, 30]), "is read-only"),
    ],
)
def test_a_token_that_will_not_do_is_refused_with_the_reason_and_the_cure(given: str, told: str) -> None:
    with pytest.raises(NotAuthorised) as refusal:
        secret_rules.token(given, hosts=REAL, now=NOW)
    assert told in refusal.value.reason
    assert "make a Personal token" in refusal.value.reason
    assert not given or given not in refusal.value.reason


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("https://shop.example/rest/1/k3yk3yk3yk3yk3yk/", "shop.example"),
        ("https://shop.example:8443/de/rest/admin/k3yk3yk3yk3yk3yk", "shop.example:8443"),
        ("http://127.0.0.1:8081/rest/1/k3yk3yk3yk3yk3yk/", "127.0.0.1:8081"),
    ],
)
def test_a_webhook_is_named_by_its_shop(given: str, host: str) -> None:
    assert secret_rules.webhook(given) == f"webhook of {host}"


@pytest.mark.parametrize(
    "given",
    [
        "http://shop.example/rest/1/k3yk3yk3yk3yk3yk/",
        "http://127.0.0.1.shop.example/rest/1/k3yk3yk3yk3yk3yk/",
        "http://127.0.0.1@shop.example/rest/1/k3yk3yk3yk3yk3yk/",
        "https://shop.example/rest/1/k3yk3yk3yk3yk3yk/profile.json",
        "https://shop.example/rest/1/k3yk3yk3yk3yk3yk/?a=b",
        "https://shop.example/rest/k3yk3yk3yk3yk3yk/",
        "https://shop.example:port/rest/1/k3yk3yk3yk3yk3yk/",
        "https://[shop/rest/1/k3yk3yk3yk3yk3yk/",
        "https:///rest/1/k3yk3yk3yk3yk3yk/",
        "shop.example/rest/1/k3yk3yk3yk3yk3yk/",
        "k3yk3yk3yk3yk3yk",
        "https://shop.example/rest/1/k3yk3yk3yk3yk3yk/\nhttps://shop.example/rest/1/k3yk3yk3yk3yk3yk/",
    ],
)
def test_any_other_address_is_refused_without_its_secret(given: str) -> None:
    with pytest.raises(NotAuthorised) as refusal:
        secret_rules.webhook(given)
    assert "https://" in refusal.value.reason
    assert "k3y" not in refusal.value.reason


def test_a_label_key_that_is_short_is_refused_with_the_cure() -> None:
    with pytest.raises(Rejected, match=r"at least 32 characters: `wbsync secret put label-key --generate`"):
        secret_rules.label_key("short")


INVENTED_BOT = "123456789:AAE-invented_bot_token_of_the_tests_000"


@pytest.mark.parametrize("chat", ["-1001234567890", "@wbsync_alarms"])
def test_a_bot_and_its_chat_are_told_without_the_bots_token(chat: str) -> None:
    told = secret_rules.telegram(f"{INVENTED_BOT} {chat}\n")
    assert chat in told
    assert INVENTED_BOT.partition(":")[2] not in told


@pytest.mark.parametrize("given", ["", INVENTED_BOT, "-1001234567890", f"{INVENTED_BOT} me", f"x{INVENTED_BOT} 12345"])
def test_what_is_no_bots_token_and_chat_is_refused_without_being_quoted(given: str) -> None:
    with pytest.raises(NotAuthorised, match="no `<bot token> <chat id>`") as raised:
        secret_rules.telegram(given)
    assert not given or given not in str(raised.value)


@pytest.mark.parametrize("host", ["10.0.0.5", "192.168.1.2", "169.254.169.254", "[::1]"])
def test_a_webhook_of_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(NotAuthorised, match="is an address of a private network"):
        secret_rules.webhook(f"https://{host}/rest/1/abc/")
