"""Products become cards: planned, sent once, confirmed, and what follows from that."""

from collections import Counter

import pytest

from infra.local.products import Mistake, mistake_of, products
from tests.fixtures.aws import Aws
from tests.fixtures.catalog import opened, settle, wb_cards
from tests.fixtures.world import Clock, World
from wbsync.domain.cards import CardState, ProblemKind

COUNT = 60
MADE = products(1, COUNT)
SHOWN_BY: dict[Mistake, set[ProblemKind]] = {
    Mistake.NO_COMPOSITION: {ProblemKind.EMPTY},
    Mistake.NO_COLOUR: {ProblemKind.EMPTY},
    Mistake.LONG_TITLE: {ProblemKind.TOO_LONG},
    Mistake.LONG_DESCRIPTION: {ProblemKind.TOO_LONG},
    Mistake.NO_DIMENSIONS: {ProblemKind.NO_DIMENSIONS, ProblemKind.EMPTY},
    Mistake.MANY_COLOURS: {ProblemKind.TOO_MANY_VALUES},
    Mistake.SAME_ARTICLE: {ProblemKind.VENDOR_CODE_TWICE},
    Mistake.SAME_BARCODE: {ProblemKind.BARCODE_TWICE},
    Mistake.WRONG_CHECK_DIGIT: {ProblemKind.BARCODE_WRONG},
    Mistake.SMALL_PICTURE: {ProblemKind.PICTURE_TOO_SMALL},
    Mistake.UNKNOWN_COUNTRY: {ProblemKind.NOT_IN_DICTIONARY},
    Mistake.UNREADABLE_NUMBER: {ProblemKind.NOT_A_NUMBER},
    Mistake.REFUSED_BRAND: {ProblemKind.REFUSED_BY_WB},
    Mistake.NO_PRICE: {ProblemKind.EMPTY, ProblemKind.NO_PRICE},
}

TOLD_ONLY = {Mistake.SMALL_PICTURE, Mistake.UNREADABLE_NUMBER}  # what is optional is left out, and told


@pytest.fixture
def catalog(aws: Aws, clock: Clock) -> World:
    return opened(aws, clock, COUNT)


def states(world: World) -> Counter[CardState]:
    return Counter(record.state for record in world.cards.all())


def test_every_good_card_is_accepted_and_every_bad_one_explained(catalog: World) -> None:
    catalog.plan_cards()
    settle(catalog)
    for record in catalog.cards.all():
        mistake = mistake_of(record.vendor_code, MADE)
        kinds = {problem.kind for problem in record.problems}
        if mistake is None or mistake in TOLD_ONLY:
            assert record.state is CardState.ACCEPTED, (record.vendor_code, record.problems)
        else:
            assert record.state in {CardState.BLOCKED, CardState.REFUSED}, (record.vendor_code, mistake)
        if mistake:
            assert kinds & SHOWN_BY[mistake], (record.vendor_code, mistake, record.problems)
    assert {record.vendor_code for record in catalog.cards.all()} >= {
        code for product in MADE if product.mistake is None for code in product.vendor_codes
    }


def test_accepted_cards_are_linked_and_their_barcodes_and_pictures_are_where_they_belong(catalog: World) -> None:
    catalog.plan_cards()
    settle(catalog)
    accepted = [record for record in catalog.cards.all() if record.state is CardState.ACCEPTED]
    barcodes = [barcode for record in accepted for size in record.card.content.sizes for barcode in size.barcodes]
    links = catalog.links.get(barcodes)
    assert set(links) == set(barcodes)
    assert all(len(link.sizes) == 1 and len(link.offers) == 1 for link in links.values())
    assert not list(catalog.cards.open())
    there = wb_cards(catalog)
    small = [record for record in accepted if mistake_of(record.vendor_code, MADE) is Mistake.SMALL_PICTURE]
    assert all(bool(there[record.vendor_code]["photos"]) is (record not in small) for record in accepted)


def test_a_second_plan_of_an_unchanged_shop_sends_nothing(catalog: World) -> None:
    catalog.plan_cards()
    settle(catalog)
    before = wb_cards(catalog)
    catalog.clock.forward(days=1)
    report = catalog.plan_cards()
    assert report["CardsPlanned"] == 0, [r for r in catalog.cards.all() if r.state is CardState.READY]
    assert wb_cards(catalog) == before


@pytest.mark.parametrize("fault", ["cut_after", "500_after", "cut_before", "html500", "429"])
def test_an_answer_that_got_lost_makes_no_card_twice(catalog: World, fault: str) -> None:
    catalog.wb_fault("POST /content/v2/cards/upload", fault)
    catalog.plan_cards()
    settle(catalog, minutes=45)
    catalog.clock.forward(hours=24)
    catalog.plan_cards()
    settle(catalog, minutes=45)
    cards = [card["vendorCode"] for card in catalog.sim("wb", "GET", "/_sim/cards")["cards"]]
    assert len(cards) == len(set(cards))
    assert states(catalog)[CardState.ACCEPTED] > COUNT
    assert not {CardState.BEGUN, CardState.SENT, CardState.SILENT} & set(states(catalog))


def test_the_queue_may_deliver_twice(catalog: World) -> None:
    catalog.plan_cards()
    bodies = [message["Body"] for message in catalog.aws.messages("CardChangesQueue")]
    for body in [*bodies, *bodies]:
        catalog.put_off["CardChangesQueue"].append((catalog.clock.at, body))
    settle(catalog)
    cards = [card["vendorCode"] for card in catalog.sim("wb", "GET", "/_sim/cards")["cards"]]
    assert len(cards) == len(set(cards))
