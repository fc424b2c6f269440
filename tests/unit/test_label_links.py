import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.label_links import (
    is_supply_id,
    label_keys,
    signed_path,
    signed_supply_path,
    verified,
    verified_supply,
)
from wbsync.errors import Rejected

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
KEY, NEXT_KEY = b"first-key-of-thirty-two-letters!", b"second-key-of-thirty-two-letters"
ORDER = OrderId(5_123_456_789)


def parts(path: str) -> tuple[str, dict[str, str]]:
    link = urlsplit(path)
    assert link.path.startswith("/labels/")
    return link.path.removeprefix("/labels/"), dict(parse_qsl(link.query, strict_parsing=True))


GOOD_ORDER, GOOD_QUERY = parts(signed_path(ORDER, key=KEY, expires=NOW + DAY))


@given(order_id=st.integers(1, 2**63 - 1), lives=st.timedeltas(timedelta(seconds=1), timedelta(days=365)))
def test_a_signed_link_opens_its_order_until_it_expires(order_id: int, lives: timedelta) -> None:
    order, query = parts(signed_path(OrderId(order_id), key=KEY, expires=NOW + lives))
    assert verified(order, query, keys=[KEY], now=NOW) == order_id
    assert verified(order, query, keys=[KEY], now=NOW + lives) is None


def test_the_moment_of_expiry_is_the_same_in_every_time_zone() -> None:
    minsk = timezone(timedelta(hours=3))
    assert signed_path(ORDER, key=KEY, expires=NOW.astimezone(minsk)) == signed_path(ORDER, key=KEY, expires=NOW)


def test_a_link_is_short_and_needs_no_escaping() -> None:
    base = "https://" + "x" * 32 + ".lambda-url.ap-southeast-1.on.aws"
    path = signed_path(OrderId(2**63 - 1), key=KEY, expires=NOW + DAY)
    assert len(base + path) <= 200
    assert re.fullmatch(r"/labels/\d+\?e=\d+&s=[A-Za-z0-9_-]{43}", path)


def test_links_of_the_old_key_stay_good_while_it_is_listed() -> None:
    assert verified(GOOD_ORDER, GOOD_QUERY, keys=[NEXT_KEY, KEY], now=NOW) == ORDER
    assert verified(GOOD_ORDER, GOOD_QUERY, keys=[NEXT_KEY], now=NOW) is None
    assert verified(GOOD_ORDER, GOOD_QUERY, keys=[], now=NOW) is None


@pytest.mark.parametrize(
    ("order", "changes"),
    [
        ("5123456780", {}),
        ("05123456789", {}),
        ("+5123456789", {}),
        ("５１２３４５６７８９", {}),
        ("5123456789\n", {}),
        ("", {}),
        ("0", {}),
        ("-1", {}),
        ("9" * 5000, {}),
        (GOOD_ORDER, {"e": str(int(GOOD_QUERY["e"]) + 1)}),
        (GOOD_ORDER, {"e": "0" + GOOD_QUERY["e"]}),
        (GOOD_ORDER, {"e": GOOD_QUERY["e"] + " "}),
        (GOOD_ORDER, {"e": ""}),
        (GOOD_ORDER, {"e": "9" * 5000}),
        (GOOD_ORDER, {"s": ""}),
        (GOOD_ORDER, {"s": GOOD_QUERY["s"] + "="}),
        (GOOD_ORDER, {"s": GOOD_QUERY["s"][:-1]}),
        (GOOD_ORDER, {"s": GOOD_QUERY["s"].swapcase()}),
        (GOOD_ORDER, {"s": "ё" * 43}),
        (GOOD_ORDER, {"s": "\ud800" * 43}),
    ],
)
def test_a_link_changed_in_any_part_opens_nothing(order: str, changes: dict[str, str]) -> None:
    assert verified(order, GOOD_QUERY | changes, keys=[KEY], now=NOW) is None


@pytest.mark.parametrize("at", range(43))
def test_no_letter_of_the_signature_can_be_replaced(at: int) -> None:
    signature = GOOD_QUERY["s"]
    for letter in {"A", "B", "-", "_"} - {signature[at]}:
        changed = signature[:at] + letter + signature[at + 1 :]
        assert verified(GOOD_ORDER, GOOD_QUERY | {"s": changed}, keys=[KEY], now=NOW) is None


ANYTHING = st.text(st.characters(), max_size=60)  # lone surrogates included: JSON can carry them
ANY_QUERY = st.dictionaries(st.sampled_from(["e", "s", "x"]) | ANYTHING, ANYTHING, max_size=4)


@given(order=ANYTHING | st.just(GOOD_ORDER), query=ANY_QUERY)
@example(order=GOOD_ORDER, query={})
@example(order="\ud800", query=GOOD_QUERY)
def test_junk_opens_nothing_and_breaks_nothing(order: str, query: dict[str, str]) -> None:
    assert verified(order, query, keys=[KEY], now=NOW) is None


def test_other_parameters_that_a_messenger_adds_do_no_harm() -> None:
    assert verified(GOOD_ORDER, GOOD_QUERY | {"utm_source": "chat"}, keys=[KEY], now=NOW) == ORDER


@pytest.mark.parametrize("between", [",", "\n", ", \r\n", " "])
def test_keys_are_listed_one_after_another_and_the_first_signs(between: str) -> None:
    keys = label_keys(f"{NEXT_KEY.decode()}{between}{KEY.decode()}\n")
    assert keys == (NEXT_KEY, KEY)


@pytest.mark.parametrize("text", ["", " \n,", "short", f"{KEY.decode()},short"])
def test_keys_that_could_be_guessed_are_refused_without_being_shown(text: str) -> None:
    with pytest.raises(Rejected, match="keys of at least 32 characters") as refusal:
        label_keys(text)
    assert "short" not in str(refusal.value)


# ---- supplies

SUPPLY = SupplyId("WB-GI-1234567")
MONTH = timedelta(days=30)


def supply_parts(path: str) -> tuple[str, dict[str, str]]:
    link = urlsplit(path)
    assert link.path.startswith("/supplies/")
    return link.path.removeprefix("/supplies/"), dict(parse_qsl(link.query, strict_parsing=True))


GOOD_SUPPLY, GOOD_SUPPLY_QUERY = supply_parts(signed_supply_path(SUPPLY, key=KEY, expires=NOW + DAY))


@given(
    supply=st.from_regex(r"WB-[A-Z]{1,4}-[0-9]{1,18}", fullmatch=True),
    lives=st.timedeltas(timedelta(seconds=1), timedelta(days=365)),
)
def test_a_signed_link_opens_its_supply_at_least_until_it_expires(supply: str, lives: timedelta) -> None:
    told, query = supply_parts(signed_supply_path(SupplyId(supply), key=KEY, expires=NOW + lives))
    last = NOW + lives - timedelta(seconds=1)
    assert verified_supply(told, query, keys=[NEXT_KEY, KEY], now=last) == supply
    assert verified_supply(told, query, keys=[NEXT_KEY], now=last) is None
    assert verified_supply(told, query, keys=[KEY], now=NOW + lives + MONTH) is None


def test_the_paper_may_be_chosen_and_nothing_else_changed() -> None:
    assert verified_supply(GOOD_SUPPLY, GOOD_SUPPLY_QUERY | {"paper": "a4"}, keys=[KEY], now=NOW) == SUPPLY


@pytest.mark.parametrize(
    ("supply", "changes"),
    [
        ("WB-GI-1234568", {}),
        ("wb-gi-1234567", {}),
        ("WB-GI-1234567\n", {}),
        ("../labels/1", {}),
        ("", {}),
        ("9" * 5000, {}),
        (GOOD_SUPPLY, {"e": str(int(GOOD_SUPPLY_QUERY["e"]) + 1)}),
        (GOOD_SUPPLY, {"e": "9" * 5000}),
        (GOOD_SUPPLY, {"s": ""}),
        (GOOD_SUPPLY, {"s": "ё" * 43}),
        (GOOD_SUPPLY, {"s": GOOD_SUPPLY_QUERY["s"].swapcase()}),
    ],
)
def test_a_supplys_link_changed_in_any_part_opens_nothing(supply: str, changes: dict[str, str]) -> None:
    assert verified_supply(supply, GOOD_SUPPLY_QUERY | changes, keys=[KEY], now=NOW) is None


def test_a_link_to_a_label_opens_no_supply_and_a_supplys_no_label() -> None:
    as_supply = signed_supply_path(SupplyId(str(ORDER)), key=KEY, expires=NOW + DAY)
    assert verified(*supply_parts(as_supply), keys=[KEY], now=NOW) is None
    assert verified_supply(GOOD_ORDER, GOOD_QUERY, keys=[KEY], now=NOW) is None


@given(supply=ANYTHING | st.just(GOOD_SUPPLY), query=ANY_QUERY)
@example(supply="\ud800", query=GOOD_SUPPLY_QUERY)
def test_junk_opens_no_supply_and_breaks_nothing(supply: str, query: dict[str, str]) -> None:
    assert verified_supply(supply, query, keys=[KEY], now=NOW) is None


@pytest.mark.parametrize(
    ("text", "is_one"), [("WB-GI-1", True), ("", False), ("WB-GI-1/deliver", False), ("№1", False)]
)
def test_only_what_can_be_a_supply_is_asked_for(text: str, is_one: bool) -> None:
    assert is_supply_id(text) is is_one
