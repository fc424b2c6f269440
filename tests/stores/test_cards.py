"""The Cards table as moto keeps it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.cards import CardProblem, CardState, Content, PlannedCard, ProblemKind, Size, Step
from wbsync.domain.ids import Barcode, ImtId, NmId, OfferId, ProductId, SubjectId
from wbsync.stores.cards import CardsStore

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
CARD = PlannedCard(
    ProductId(7),
    SubjectId(192),
    Step.CREATE,
    Content("FUT-1", title="Футболка", sizes=(Size("44", barcodes=(Barcode("2000000000015"),), offer_id=OfferId(71)),)),
    content_hash="one",
    pictures=("https://shop.example/upload/1.jpg",),
)
DUE = {OfferId(71): (25, Barcode("2000000000015"))}
PROBLEM = CardProblem(ProblemKind.REFUSED_BY_WB, target="Цвет", source="TSVET", detail="Недопустимое значение")


@pytest.fixture
def cards(aws: Aws) -> CardsStore:
    return CardsStore(aws.tables["CardsTable"])


def begin(cards: CardsStore, planned_at: datetime = AT, card: PlannedCard = CARD) -> bool:
    return cards.begin(card, planned_at, at=planned_at, barcodes_due=DUE)


def test_a_card_that_is_begun_is_kept_whole_and_is_open(cards: CardsStore) -> None:
    assert begin(cards)
    [record] = cards.open()
    assert record == cards.get(["FUT-1"])["FUT-1"]
    assert (record.card, record.state, record.sent_at) == (CARD, CardState.BEGUN, AT)
    assert (record.barcodes_due, record.pictures_due) == (DUE, True)


def test_a_card_is_begun_once_by_one_plan_however_often_its_message_comes(cards: CardsStore) -> None:
    assert begin(cards)
    assert not begin(cards)
    cards.sent([CARD], at=AT)
    assert not begin(cards)
    cards.accept(CARD, AT, (NmId(1), ImtId(2)))
    assert not begin(cards)


def test_a_newer_plan_waits_while_wb_works_on_a_card(cards: CardsStore) -> None:
    begin(cards)
    assert not begin(cards, LATER)
    cards.sent([CARD], at=AT)
    assert not begin(cards, LATER)
    cards.refuse(CARD, AT, [PROBLEM], state=CardState.REFUSED)
    assert begin(cards, LATER)


def test_an_older_plan_never_comes_after_a_newer_one(cards: CardsStore) -> None:
    begin(cards, LATER)
    cards.accept(CARD, LATER, (NmId(1), ImtId(2)))
    assert not begin(cards)
    assert not cards.block(CARD, AT)


def test_what_certainly_did_not_reach_wb_may_be_sent_again(cards: CardsStore) -> None:
    begin(cards)
    cards.release([CARD], at=AT)
    assert cards.told()["FUT-1"].state is CardState.READY
    assert begin(cards)


def test_what_certainly_did_not_reach_wb_is_not_looked_for(cards: CardsStore) -> None:
    begin(cards)
    cards.release([CARD], at=AT)
    assert not list(cards.open())


def test_nothing_is_said_of_a_card_that_was_planned_anew_meanwhile(cards: CardsStore) -> None:
    begin(cards)
    cards.refuse(CARD, AT, [PROBLEM], state=CardState.REFUSED)
    begin(cards, LATER)
    assert not cards.accept(CARD, AT, (NmId(1), ImtId(2)))
    assert not cards.refuse(CARD, AT, [], state=CardState.SILENT)
    assert not cards.barcodes_written(CARD, AT, left={})
    assert not cards.close(CARD, AT)
    [record] = cards.open()
    assert (record.state, record.barcodes_due) == (CardState.BEGUN, DUE)


def test_pictures_that_are_told_stay_due_until_they_are_seen_and_a_new_plan_tells_them_anew(cards: CardsStore) -> None:
    begin(cards)
    cards.accept(CARD, AT, (NmId(1), ImtId(2)))
    cards.pictures_told(CARD, AT, "pictures", count=3, at=LATER)
    [record] = cards.open()
    assert (record.pictures_due, record.pictures_at, record.pictures_count) == (True, LATER, 3)
    assert cards.owe_pictures(CARD, LATER)
    [record] = cards.open()
    assert (record.pictures_hash, record.pictures_at) == ("pictures", None)


def test_a_card_that_was_given_up_and_stands_is_open_again_with_what_it_owes(cards: CardsStore) -> None:
    begin(cards)
    cards.refuse(CARD, AT, [PROBLEM], state=CardState.SILENT)
    assert cards.find_standing(CARD, LATER)
    [record] = cards.open()
    assert (record.state, record.barcodes_due, record.problems) == (CardState.ACCEPTED, DUE, ())


def test_only_whom_it_was_begun_by_releases_a_card_or_says_that_it_is_sent(cards: CardsStore) -> None:
    begin(cards)
    cards.release([CARD], at=LATER)
    cards.sent([CARD], at=LATER)
    assert cards.told()["FUT-1"].state is CardState.BEGUN


def test_a_refused_card_is_closed_and_keeps_its_reasons(cards: CardsStore) -> None:
    begin(cards)
    cards.refuse(CARD, AT, [PROBLEM], state=CardState.REFUSED)
    assert not list(cards.open())
    told = cards.told()["FUT-1"]
    assert (told.state, told.problems, told.content_hash, told.product_id) == (
        CardState.REFUSED, (PROBLEM,), "one", ProductId(7),
    )  # fmt: skip


def test_an_accepted_card_stays_open_until_barcodes_and_pictures_are_paid(cards: CardsStore) -> None:
    begin(cards)
    cards.accept(CARD, AT, (NmId(1), ImtId(2)))
    cards.barcodes_written(CARD, AT, left={})
    cards.pictures_told(CARD, AT, "pictures", count=1, at=AT)
    cards.pictures_done(CARD, AT, "pictures")
    [record] = cards.open()
    assert (record.nm_id, record.imt_id, record.barcodes_due, record.pictures_due) == (1, 2, {}, False)
    cards.close(CARD, AT)
    assert not list(cards.open())
    assert cards.told_of(["FUT-1", "unknown"])["FUT-1"].pictures_hash == "pictures"


def test_a_card_that_cannot_be_sent_is_kept_with_its_problems_and_may_be_sent_by_the_same_plan(
    cards: CardsStore,
) -> None:
    blocked = replace(CARD, step=Step.BLOCKED, problems=(PROBLEM,))
    assert cards.block(blocked, AT)
    assert (cards.told()["FUT-1"].state, list(cards.open())) == (CardState.BLOCKED, [])
    assert begin(cards)


def test_a_card_that_lacks_only_pictures_is_open(cards: CardsStore) -> None:
    assert cards.owe_pictures(CARD, AT)
    [record] = cards.open()
    assert (record.state, record.pictures_due) == (CardState.ACCEPTED, True)
