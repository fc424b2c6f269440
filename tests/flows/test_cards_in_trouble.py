"""Cards when answers get lost, WB is late, the shop is down or staff works on them too: none twice, none lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fixtures.aws import Aws
from tests.fixtures.catalog import in_state, opened, settle, wb_cards
from tests.fixtures.world import Clock, World, shop
from wbsync.domain.cards import WITH_WB, CardState, PlannedCard, ProblemKind, Standing, Step
from wbsync.domain.ids import Barcode
from wbsync.flows import confirm_cards, upload_cards
from wbsync.flows.accepted_cards import Accepted, Aftermath
from wbsync.messages import CardChanges
from wbsync.stores.cards import CardRecord
from wbsync.wb import cards as wb

PRODUCTS = 14


@pytest.fixture
def catalog(aws: Aws, clock: Clock) -> World:
    return opened(aws, clock, PRODUCTS)


def planned(world: World) -> list[PlannedCard]:
    """What the queue holds, which keeps it."""
    found: list[PlannedCard] = []
    for message in world.aws.messages("CardChangesQueue"):
        found += CardChanges.model_validate_json(message["Body"]).cards
        world.put_off["CardChangesQueue"].append((world.clock.at, message["Body"]))
    return found


def kinds(record: CardRecord) -> set[ProblemKind]:
    return {problem.kind for problem in record.problems}


def tomorrow(world: World) -> dict[str, int]:
    world.clock.forward(days=1)
    return world.plan_cards()


def with_made_barcodes(world: World) -> list[CardRecord]:
    return [record for record in world.cards.all() if record.barcodes_due]


# WB is late or silent


@pytest.mark.parametrize("delay", [29, 40])
def test_a_card_that_comes_late_is_accepted_and_is_there_once(catalog: World, delay: int) -> None:
    catalog.sim("wb", "POST", "/_sim/cards", {"delay": delay * 60})
    catalog.plan_cards()
    settle(catalog, minutes=35)
    assert bool(in_state(catalog, CardState.SILENT)) is (delay > 30)
    tomorrow(catalog)
    settle(catalog, minutes=6)
    assert wb_cards(catalog)
    assert not in_state(catalog, CardState.SILENT, *WITH_WB)
    assert not list(catalog.cards.open())


def test_a_card_that_was_sent_again_while_wb_still_made_the_first_is_accepted_and_is_there_once(
    catalog: World,
) -> None:
    catalog.sim("wb", "POST", "/_sim/cards", {"delay": 40 * 60})
    catalog.plan_cards()
    settle(catalog, minutes=33)
    silent = in_state(catalog, CardState.SILENT)
    assert silent
    table = catalog.mappings.all()["common"]
    catalog.mappings.push("common", table.text, table.table, base_version=table.version, at=catalog.clock.at)
    assert catalog.plan_cards()["CardsPlanned"] == len(silent), "a new table has everything planned again"
    settle(catalog, minutes=60)
    assert wb_cards(catalog)
    assert {catalog.cards.get([one.vendor_code])[one.vendor_code].state for one in silent} == {CardState.ACCEPTED}


def test_a_worker_that_died_before_it_sent_leaves_cards_that_a_later_plan_sends(catalog: World) -> None:
    catalog.plan_cards()
    begun = planned(catalog)
    for card in begun:
        catalog.cards.begin(card, catalog.clock.at, at=catalog.clock.at, barcodes_due={})
    settle(catalog, minutes=32)
    assert {record.state for record in catalog.cards.get(c.vendor_code for c in begun).values()} == {CardState.SILENT}
    tomorrow(catalog)
    settle(catalog)
    assert not in_state(catalog, CardState.SILENT, *WITH_WB)
    assert wb_cards(catalog).keys() >= {record.vendor_code for record in in_state(catalog, CardState.ACCEPTED)}


def test_cards_that_wb_cannot_be_asked_about_are_told_after_an_hour(catalog: World) -> None:
    catalog.plan_cards()
    catalog.upload_cards()
    catalog.wb_fault("POST /content/v2/cards/error/list", "500", times=None)
    catalog.wb_fault("POST /content/v2/get/cards/list", "500", times=None)
    catalog.clock.forward(minutes=59)
    assert catalog.confirm_cards()["CardsOverdue"] == 0
    catalog.clock.forward(minutes=2)
    report = catalog.confirm_cards()
    assert report["CardsOverdue"] == report["CardsWaiting"] == len(list(catalog.cards.open())) > 0


# Refusals


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wb, "PAGE", 2)


@pytest.mark.usefixtures("small_pages")
def test_errors_on_more_pages_than_a_run_may_ask_for_are_all_read(catalog: World) -> None:
    catalog.plan_cards()
    catalog.upload_cards()
    catalog.sim("wb", "POST", "/_sim/cards", {"free": 0})
    catalog.clock.forward(minutes=1)
    catalog.confirm_cards()
    assert not in_state(catalog, *WITH_WB)
    refused = in_state(catalog, CardState.REFUSED)
    assert refused
    assert all("Превышен лимит" in record.problems[0].detail for record in refused)


@pytest.mark.usefixtures("small_pages")
def test_runs_that_may_not_wait_read_the_errors_bit_by_bit(catalog: World) -> None:
    catalog.plan_cards()
    for message in catalog.aws.messages("CardChangesQueue"):
        told = CardChanges.model_validate_json(message["Body"])
        for product in {card.product_id for card in told.cards}:
            cards = [card for card in told.cards if card.product_id == product]
            upload_cards.send(cards, told.planned_at, wb=catalog.wb, cards=catalog.cards, now=catalog.clock.now)
            catalog.clock.forward(minutes=2)  # each is a batch of its own, at a time of its own
    catalog.sim("wb", "POST", "/_sim/cards", {"free": 0})
    for _ in range(4):
        left = len(in_state(catalog, *WITH_WB))
        catalog.clock.forward(seconds=20)
        confirm_cards.run(
            wb=catalog.wb,
            bitrix=catalog.bitrix,
            shop=catalog.shop,
            cards=catalog.cards,
            links=catalog.links,
            now=catalog.clock.now,
            deadline=catalog.clock.at + timedelta(minutes=4),
        )
        assert not left or len(in_state(catalog, *WITH_WB)) < left
    assert not in_state(catalog, *WITH_WB)


def test_no_more_cards_are_sent_than_the_seller_may_have_and_that_is_told(catalog: World) -> None:
    there = len(wb_cards(catalog))
    catalog.sim("wb", "POST", "/_sim/cards", {"free": there - 10 + 5})  # 10 are paid for
    assert 0 < catalog.plan_cards()["CardsPlanned"] <= 5
    settle(catalog, minutes=10)
    assert there < len(wb_cards(catalog)) <= there + 5
    held = [record for record in in_state(catalog, CardState.BLOCKED) if ProblemKind.CARD_LIMIT in kinds(record)]
    assert held
    catalog.sim("wb", "POST", "/_sim/cards", {"free": 1000})
    assert tomorrow(catalog)["CardsPlanned"] >= len(held)


def test_a_card_that_cannot_be_read_is_not_made_again(catalog: World) -> None:
    catalog.plan_cards()
    settle(catalog, minutes=10)
    code = in_state(catalog, CardState.ACCEPTED)[0].vendor_code
    before = len(wb_cards(catalog))
    with catalog.wildberries.state.lock:
        [card] = [card for card in catalog.wildberries.state.cards.values() if card.vendor_code == code]
        card.brand = ["Небывалое"]  # type: ignore[assignment]  # what WB's documentation says cannot be
    tomorrow(catalog)
    settle(catalog, minutes=5)
    record = catalog.cards.get([code])[code]
    assert (record.state, ProblemKind.UNREADABLE_ON_WB in kinds(record)) == (CardState.BLOCKED, True)
    assert len(wb_cards(catalog)) == before


# What follows from an accepted card


def test_a_barcode_that_wb_made_gets_into_the_shop_even_if_the_card_is_sent_again_before(catalog: World) -> None:
    catalog.plan_cards()
    catalog.upload_cards()
    owing = with_made_barcodes(catalog)
    assert owing
    catalog.shop_fault("*", "500", times=None)
    for _ in range(3):
        catalog.clock.forward(minutes=1)
        catalog.confirm_cards()
    catalog.sim("shop", "DELETE", "/_sim/faults")
    for record in owing:
        catalog.sim("shop", "POST", "/_sim/products", {"id": record.card.product_id, "name": "Другое название"})
    catalog.clock.forward(minutes=1)
    assert catalog.plan_cards()["CardsPlanned"] > 0
    settle(catalog)
    due = {offer: barcode for record in owing for offer, (_, barcode) in record.barcodes_due.items()}
    there = {good["id"]: good["barcodes"] for good in shop_goods(catalog)}
    assert {offer: there[offer] for offer in due} == {offer: [barcode] for offer, barcode in due.items()}
    assert not with_made_barcodes(catalog)


def shop_goods(world: World) -> Iterator[dict[str, object]]:
    for product in world.sim("shop", "GET", "/_sim/catalog")["products"]:
        yield product
        yield from product.get("offers", ())


def test_a_barcode_that_the_shop_has_in_its_place_is_left_alone_and_told(catalog: World) -> None:
    catalog.plan_cards()
    catalog.upload_cards()
    [record, *_] = with_made_barcodes(catalog)
    offer = next(iter(record.barcodes_due))
    catalog.sim("shop", "POST", "/_sim/products", {"id": offer, "barcodes": ["4810000000012"]})
    settle(catalog, minutes=6)
    after = catalog.cards.get([record.vendor_code])[record.vendor_code]
    assert [problem.offer_id for problem in after.problems if problem.kind is ProblemKind.BARCODE_NOT_WRITTEN] == [
        offer
    ]
    assert not list(catalog.cards.open()), "it is not tried for ever"
    assert {good["id"]: good["barcodes"] for good in shop_goods(catalog)}[offer] == ["4810000000012"]


def test_links_of_new_cards_outlive_the_next_whole_comparison(catalog: World) -> None:
    catalog.link_cards()
    catalog.plan_cards()
    settle(catalog)
    barcodes = [
        barcode
        for record in in_state(catalog, CardState.ACCEPTED)
        for size in record.card.content.sizes
        for barcode in size.barcodes
    ]
    learnt = catalog.links.get(barcodes)
    catalog.clock.forward(days=1)
    catalog.link_cards()
    assert catalog.links.get(barcodes).keys() == learnt.keys()
    assert all(link.sizes and link.offers and link.offers[0].name for link in catalog.links.get(barcodes).values())
    offers = {size.offer_id for record in in_state(catalog, CardState.ACCEPTED) for size in record.card.content.sizes}
    assert not catalog.links.get(Barcode(f"?offer:{offer}") for offer in offers)


def test_pictures_that_wb_says_to_have_taken_and_does_not_show_are_told(catalog: World) -> None:
    catalog.wildberries.state.fetch = lambda _link: b"\xff\xd8\xff, and no more of it"
    catalog.plan_cards()
    settle(catalog, minutes=40)
    accepted = in_state(catalog, CardState.ACCEPTED)
    told = [record for record in accepted if ProblemKind.PICTURES_NOT_TAKEN in kinds(record)]
    assert told
    assert not list(catalog.cards.open())


def test_a_card_with_a_video_keeps_it_and_its_pictures(catalog: World) -> None:
    record, standing = a_card_that_owes_pictures(catalog)
    aftermath(catalog).follow([Accepted(record, replace(standing, video=True))])
    after = catalog.cards.get([record.vendor_code])[record.vendor_code]
    assert ProblemKind.VIDEO_KEPT in kinds(after)
    assert record not in catalog.cards.open()
    assert not wb_cards(catalog)[record.vendor_code]["photos"]


def a_card_that_owes_pictures(world: World) -> tuple[CardRecord, Standing]:
    world.plan_cards()
    world.upload_cards()
    world.clock.forward(minutes=1)
    record = next(r for r in world.cards.open() if r.card.pictures and not r.barcodes_due)
    [standing] = wb.search(world.wb, record.vendor_code)
    return record, standing


def aftermath(world: World) -> Aftermath:
    until = world.clock.at + timedelta(minutes=3)
    return Aftermath(world.wb, world.bitrix, world.shop, world.cards, world.links, world.clock.now, until)


def test_a_card_that_is_planned_anew_while_its_acceptance_is_worked_on_is_not_taken_for_accepted(
    catalog: World,
) -> None:
    record, standing = a_card_that_owes_pictures(catalog)
    catalog.cards.refuse(record.card, record.planned_at, [], state=CardState.REFUSED)
    later = catalog.clock.at
    assert catalog.cards.begin(record.card, later, at=later, barcodes_due={})
    aftermath(catalog).follow([Accepted(record, standing)])
    assert catalog.cards.get([record.vendor_code])[record.vendor_code].state is CardState.BEGUN
    assert record.vendor_code in {one.vendor_code for one in catalog.cards.open()}


def test_a_card_that_staff_changed_at_once_is_linked_and_told(catalog: World) -> None:
    catalog.plan_cards()
    catalog.upload_cards()
    catalog.clock.forward(seconds=30)
    sent = [record for record in catalog.cards.open() if record.card.step is Step.CREATE]
    wb_cards(catalog)  # WB makes them
    code = sent[0].vendor_code
    with catalog.wildberries.state.lock:
        [card] = [card for card in catalog.wildberries.state.cards.values() if card.vendor_code == code]
        card.title = "Название, которое дал менеджер"
    settle(catalog, minutes=40)
    after = catalog.cards.get([code])[code]
    assert (after.state, kinds(after) & {ProblemKind.NOT_ACCEPTED}) == (CardState.ACCEPTED, {ProblemKind.NOT_ACCEPTED})
    assert "title" in next(p.detail for p in after.problems if p.kind is ProblemKind.NOT_ACCEPTED)
    barcodes = [barcode for size in after.card.content.sizes for barcode in size.barcodes]
    assert catalog.links.get(barcodes).keys() == set(barcodes)


def test_a_card_that_left_wb_owes_nothing_more(catalog: World) -> None:
    record, standing = a_card_that_owes_pictures(catalog)
    catalog.cards.accept(record.card, record.planned_at, (standing.nm_id, standing.imt_id))
    with catalog.wildberries.state.lock:
        del catalog.wildberries.state.cards[standing.nm_id]
    settle(catalog, minutes=6)
    assert not list(catalog.cards.open())


def test_pictures_are_left_to_staff_when_the_configuration_says_so(aws: Aws, clock: Clock) -> None:
    world = opened(aws, clock, 5)
    world.shop = shop(catalog=world.shop.catalog.model_dump(), cards={"automatic": True, "pictures": False})
    world.plan_cards()
    settle(world, minutes=5)
    made = {record.vendor_code for record in in_state(world, CardState.ACCEPTED)}
    assert made
    assert not any(wb_cards(world)[code]["photos"] for code in made)


def test_a_plan_that_was_interrupted_and_applied_again_sends_each_card_once(catalog: World) -> None:
    catalog.plan_cards()
    cards = planned(catalog)
    at = catalog.clock.at
    half = [card for card in cards if card.product_id <= cards[len(cards) // 2].product_id]
    upload_cards.send(half, at, wb=catalog.wb, cards=catalog.cards, now=catalog.clock.now)
    again = upload_cards.send(cards, at, wb=catalog.wb, cards=catalog.cards, now=catalog.clock.now)
    assert (again.sent, again.overtaken) == (len(cards) - len(half), len(half))
    settle(catalog, minutes=10)
    assert not in_state(catalog, *WITH_WB, CardState.READY)
    assert wb_cards(catalog)
