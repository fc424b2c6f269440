"""What WB's words mean: which reading counts, which row of the configuration fits, what is cancelled at once."""

from datetime import UTC, datetime, timedelta

import pytest

from wbsync.domain.shop import Statuses
from wbsync.domain.statuses import WbStatus, cancels_in_shop, follows, rule_for

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def said(words: str, minutes: int = 0) -> WbStatus:
    supplier, _, wb = words.partition("/")
    return WbStatus(supplier, wb, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("last", "new"),
    [
        ("new/waiting", "confirm/waiting"),
        ("confirm/waiting", "complete/waiting"),
        ("complete/sorted", "complete/sold"),
        ("complete/sorted", "complete/canceled_by_client"),
        ("confirm/waiting", "cancel/canceled"),
        ("complete/sent_to_carrier", "cancel_carrier/canceled_by_carrier"),
        ("complete/waiting", "confirm/waiting"),  # WB's transfer
        ("complete/sorted", "complete/on_the_moon"),  # unknown words have no place in the order
        ("complete/on_the_moon", "complete/sorted"),
    ],
)
def test_a_newer_reading_that_goes_forward_counts(last: str, new: str) -> None:
    assert follows(said(new, 1), said(last))


@pytest.mark.parametrize(
    ("last", "new"),
    [
        ("complete/sorted", "complete/waiting"),
        ("confirm/waiting", "new/waiting"),
        ("complete/sold", "confirm/waiting"),
        ("complete/sold", "complete/on_the_moon"),
        ("cancel/canceled", "confirm/waiting"),
    ],
)
def test_no_reading_leads_back(last: str, new: str) -> None:
    assert not follows(said(new, 1), said(last))


@pytest.mark.parametrize("minutes", [0, -1])
def test_an_older_reading_is_ignored(minutes: int) -> None:
    assert not follows(said("complete/sold", minutes), said("confirm/waiting"))


def test_the_first_row_that_fits_counts_and_an_unknown_word_fits_none() -> None:
    rules = Statuses.model_validate(
        {"to_shop": [{"wb": "sold", "status": "F"}, {"supplier": "complete", "status": "WD"}]}
    )
    assert [rule.status if (rule := rule_for(said(words), rules)) else None for words in (
        "complete/sold", "complete/sorted", "complete/on_the_moon", "new/waiting",
    )] == ["F", "WD", None, None]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "at_once"),
    [
        ("cancel/canceled", True),
        ("cancel/declined_by_client", True),
        ("confirm/canceled", True),
        ("complete/canceled", False),
        ("complete/canceled_by_client", False),
        ("complete/defect", False),
        ("cancel_carrier/canceled_by_carrier", False),
        ("confirm/canceled_by_carrier", False),
        ("complete/sold", False),
        ("new/waiting", False),
    ],
)
def test_only_goods_that_never_left_are_on_sale_again_at_once(words: str, at_once: bool) -> None:
    assert cancels_in_shop(said(words), Statuses()) is at_once


def test_a_row_of_the_configuration_puts_returned_goods_on_sale_at_once() -> None:
    rules = Statuses.model_validate({"to_shop": [{"wb": "canceled_by_client", "cancelled": True}]})
    assert cancels_in_shop(said("complete/canceled_by_client"), rules)


def test_a_row_does_not_cancel_what_wb_still_delivers() -> None:
    rules = Statuses.model_validate({"to_shop": [{"wb": "sorted", "cancelled": True}]})
    assert not cancels_in_shop(said("complete/sorted"), rules)
