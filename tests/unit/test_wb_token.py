"""What is wrong with a token is told before WB is asked, and without the token."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.samples.wb_tokens import jwt
from wbsync.errors import NotAuthorised
from wbsync.wb.token import Category, Kind, check, read

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REAL = "https://{api}.wildberries.ru"
SANDBOX = "https://{api}-sandbox.wildberries.ru"
LOCAL = "http://127.0.0.1:8080/{api}"
CONTENT_AND_MARKETPLACE = 1 << 1 | 1 << 4


def token(**claims: object) -> str:
    told = {"s": CONTENT_AND_MARKETPLACE, "sid": "11111111-2222-4333-8444-555555555555", "acc": 3, "for": "self"}
    return jwt(told | {"t": False, "exp": int((NOW + timedelta(days=90)).timestamp())} | claims)


TEST_TOKEN = token(acc=2, t=True)


def complaint(value: str, *, category: Category | None = Category.MARKETPLACE, host_template: str = REAL) -> str:
    with pytest.raises(NotAuthorised) as refused:
        check(value, category=category, host_template=host_template, now=NOW)
    assert value.strip() == "" or value not in str(refused.value)
    assert "\n" not in refused.value.reason
    return refused.value.reason


def test_a_token_tells_its_kind_its_categories_and_its_days() -> None:
    told = read(token())
    assert told.kind is Kind.PERSONAL
    assert told.categories == {Category.CONTENT, Category.MARKETPLACE}
    assert told.days_left(NOW) == pytest.approx(90)
    assert (told.read_only, told.sandbox) == (False, False)
    assert told.seller == "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"acc": 1}, Kind.BASE),
        ({"acc": 2, "t": True}, Kind.TEST),
        ({"acc": 3}, Kind.PERSONAL),
        ({"acc": 4, "for": "asid:7"}, Kind.SERVICE),
        ({"acc": 9}, Kind.UNKNOWN),
        ({"acc": None}, Kind.UNKNOWN),
    ],
)
def test_every_kind_of_token_is_told_apart(claims: dict[str, object], kind: Kind) -> None:
    assert read(token(**claims)).kind is kind


def test_a_read_only_token_is_recognised() -> None:
    assert read(token(s=CONTENT_AND_MARKETPLACE | 1 << 30)).read_only


def test_a_good_token_passes_wherever_it_belongs() -> None:
    check(token(), category=Category.MARKETPLACE, host_template=REAL, now=NOW)
    check(token(), category=None, host_template=REAL, now=NOW)
    check(TEST_TOKEN, category=Category.CONTENT, host_template=SANDBOX, now=NOW)
    for either in (token(), TEST_TOKEN):
        check(either, category=Category.CONTENT, host_template=LOCAL, now=NOW)


@pytest.mark.parametrize("empty", ["", "  \n"])
def test_a_missing_token_is_called_missing(empty: str) -> None:
    assert "is missing" in complaint(empty)
    assert "wbsync secret put" in complaint(empty)


@pytest.mark.parametrize(
    "garbage",
    [
        "not-a-token",
        "a.b",
        "a.b.c.d",
        "a.%%%.c",
        "a.bnVsbA.c",  # null
        "a.W10.c",  # []
        "a.e30.c",  # {}
        token(s="many"),
        token(exp=10**30),
        "токен." + token().split(".", 1)[1],
    ],
)
def test_garbage_is_called_malformed_and_not_repeated(garbage: str) -> None:
    assert "is malformed" in complaint(garbage)


def test_an_expired_token_is_told_with_its_last_day() -> None:
    assert "expired on 2026-11-24" in complaint(token(exp=int(NOW.timestamp())))


def test_a_missing_category_is_named() -> None:
    assert "lacks the category Prices" in complaint(token(), category=Category.PRICES)


def test_a_sandbox_token_does_not_pass_at_the_real_hosts_nor_the_reverse() -> None:
    assert "is for the sandbox" in complaint(TEST_TOKEN)
    assert "is a real one" in complaint(token(), host_template=SANDBOX)
