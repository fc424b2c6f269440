"""Prices of the shop reach WB by the rule, a drop only after approval, and nothing that is wrong ever does."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from infra.local.wildberries import make_token
from infra.local.wildberries.auth import Category
from tests.fixtures.price_desk import PriceDesk
from tests.fixtures.world import BEGAN, World, shop
from wbsync.domain.ids import NmId
from wbsync.domain.pacing import LedgerInMemory
from wbsync.domain.prices import PriceProblem, Quote, RefusalKind
from wbsync.errors import NotAuthorised, Rejected, TryLater
from wbsync.wb.client import WbClient

TICK = timedelta(minutes=30)


@dataclass
class Selling:
    """A shop whose offers cost 100, and WB where their cards cost 90."""

    world: World
    desk: PriceDesk

    def __post_init__(self) -> None:
        world = self.world
        world.token = make_token(
            categories=(Category.CONTENT, Category.MARKETPLACE, Category.PRICES), expires=BEGAN + timedelta(days=100)
        )
        world.wb = WbClient(
            httpx.Client(transport=httpx.WSGITransport(app=self.desk, raise_app_exceptions=True)),
            token=lambda: world.token,
            host_template="http://wb.test/{api}",
            budget=LedgerInMemory(world.clock.now),
            now=world.clock.now,
            sleep=world.clock.sleep,
        )
        world.link_cards()
        self.offers: defaultdict[int, list[int]] = defaultdict(list)
        for link in world.links.all():
            if link.sizes and link.offers:
                self.offers[link.sizes[0].nm_id].append(link.offers[0].offer_id)
        self.cards = sorted(self.offers)
        self.rules()
        for card in self.cards:
            self.costs(card, 100)
            self.desk.show(card, 90)

    def rules(self, **fields: Any) -> None:
        self.world.shop = shop(prices={"price_type": 1, "currency": "BYN"} | fields)

    def costs(self, card: int, price: int | str) -> None:
        for offer in self.offers[card]:
            self.world.sim("shop", "POST", "/_sim/prices", {"id": offer, "price": str(price)})

    def tick(self) -> dict[str, int]:
        report = self.world.push_prices()
        self.world.clock.at += TICK
        return report

    def shown(self, card: int) -> tuple[int, int]:
        return self.desk.goods[card].price, self.desk.goods[card].discount

    def approve(self, card: int) -> bool:
        hold = self.world.prices.read().holds[NmId(card)]
        return self.world.prices.approve(hold, at=self.world.clock.at)

    def refusals(self) -> dict[int, RefusalKind]:
        return {int(nm): one.kind for nm, one in self.world.prices.read().refusals.items()}

    def rows_sent(self) -> list[int]:
        return [row["nmID"] for rows in self.desk.sent for row in rows]


@pytest.fixture
def selling(world: World) -> Selling:
    return Selling(world, PriceDesk(world.wildberries.wsgi))


def test_prices_reach_wb_once_and_then_nothing_is_sent(selling: Selling) -> None:
    selling.rules(default={"markup_percent": 10, "discount_percent": 5})
    first = selling.tick()
    assert first["PricesChanged"] == len(selling.cards)
    assert {selling.shown(card) for card in selling.cards} == {(110, 5)}
    assert len(selling.desk.sent) == 1
    second = selling.tick()
    assert (second["PricesChanged"], second["PricesStanding"], second["PriceTasksOpen"]) == (0, len(selling.cards), 0)
    assert len(selling.desk.sent) == 1


def test_without_prices_in_the_configuration_nobody_is_asked(selling: Selling) -> None:
    selling.world.shop = shop()
    assert selling.tick() == {}
    assert selling.desk.asked == []
    with pytest.raises(Rejected, match="no `prices`"):
        selling.world.pricer().plan()


def test_a_plan_sends_and_writes_nothing(selling: Selling) -> None:
    selling.costs(selling.cards[0], 10)
    plan = selling.world.pricer().plan()
    assert (len(plan.changes), len(plan.held)) == (len(selling.cards) - 1, 1)
    assert selling.desk.sent == []
    assert not selling.world.prices.read().holds


def test_only_what_changed_is_sent(selling: Selling) -> None:
    selling.tick()
    selling.costs(selling.cards[3], 120)
    selling.tick()
    assert selling.desk.sent[1:] == [[{"nmID": selling.cards[3], "price": 120, "discount": 0}]]


def test_what_staff_changed_in_the_cabinet_is_counted_and_set_back(selling: Selling) -> None:
    selling.tick()
    selling.tick()
    selling.desk.show(selling.cards[0], 110)
    assert selling.tick()["PricesByHand"] == 1
    assert selling.tick()["PricesByHand"] == 0
    assert selling.shown(selling.cards[0]) == (100, 0)


def test_ten_thousand_cards_would_be_asked_for_in_thousands(selling: Selling) -> None:
    selling.tick()
    assert selling.desk.asked == ["POST /api/v2/list/goods/filter", "POST /api/v2/upload/task"]


def test_wrong_prices_are_listed_and_never_sent(selling: Selling) -> None:
    bad, no_card, other = selling.cards[:3]
    selling.costs(bad, 0)
    del selling.desk.goods[no_card]
    selling.desk.goods[other].editable_size_price = True
    plan = selling.world.pricer().plan()
    assert {one.nm_id: one.flaw.problem for one in plan.unpriced} == {
        bad: PriceProblem.PRICE_ZERO,
        no_card: PriceProblem.NOT_ON_WB,
        other: PriceProblem.PRICED_BY_SIZE,
    }
    report = selling.tick()
    assert (report["PricesWithoutSource"], report["PricesChanged"]) == (3, len(selling.cards) - 3)
    assert {bad, no_card, other}.isdisjoint(selling.rows_sent())


def test_a_cabinet_in_another_currency_gets_nothing(selling: Selling) -> None:
    selling.desk.currency = "RUB"
    assert selling.tick()["PricesWithoutSource"] == len(selling.cards)
    assert selling.desk.sent == []


def test_the_products_own_discount_counts_up_to_the_cap(selling: Selling) -> None:
    card = selling.cards[0]
    code = "WB_FBO"  # a text property that every offer of this shop has
    for offer in selling.offers[card]:
        selling.world.sim("shop", "POST", "/_sim/products", {"id": offer, "properties": {code: "60"}})
    selling.rules(largest_drop_percent=100, default={"discount_property": code, "discount_cap": 25})
    selling.tick()
    assert (selling.shown(card), selling.shown(selling.cards[1])) == ((100, 25), (100, 0))


def test_rules_by_subject_need_no_second_reading_of_all_cards(selling: Selling) -> None:
    read = selling.world.prices.read
    selling.rules(subjects={192: {"markup_percent": 20}})
    selling.tick()
    assert {selling.shown(card) for card in selling.cards} == {(120, 0)}
    kept = read()
    assert kept.subjects.keys() >= set(map(NmId, selling.cards))
    assert selling.tick()["PricesStanding"] == len(selling.cards)
    assert read().subjects == kept.subjects


# Drops


def test_a_large_drop_waits_for_approval_and_then_goes(selling: Selling) -> None:
    selling.tick()
    card = selling.cards[0]
    selling.costs(card, 60)
    for _ in range(2):
        assert selling.tick()["PricesHeld"] == 1
    assert selling.shown(card) == (100, 0)
    hold = selling.world.prices.read().holds[NmId(card)]
    assert (hold.price_before, hold.quote, hold.since) == (Decimal(100), Quote(60, 0), BEGAN + TICK)
    assert selling.approve(card)
    report = selling.tick()
    assert (report["PricesHeld"], report["PricesChanged"]) == (0, 1)
    assert selling.shown(card) == (60, 0)
    selling.tick()
    assert not selling.world.prices.read().holds


def test_an_approval_does_not_let_another_price_through(selling: Selling) -> None:
    selling.tick()
    card = selling.cards[0]
    selling.costs(card, 60)
    selling.tick()
    assert selling.approve(card)
    selling.costs(card, 6)
    assert selling.tick()["PricesHeld"] == 1
    selling.costs(card, 60)
    assert selling.tick()["PricesHeld"] == 1
    assert selling.shown(card) == (100, 0)


def test_a_held_price_goes_by_itself_when_the_shop_mends_it(selling: Selling) -> None:
    selling.tick()
    selling.costs(selling.cards[0], 1)
    selling.tick()
    selling.costs(selling.cards[0], 101)
    assert selling.tick()["PricesHeld"] == 0
    assert not selling.world.prices.read().holds
    assert selling.shown(selling.cards[0]) == (101, 0)


def test_an_approval_lapses_after_a_week(selling: Selling) -> None:
    card = selling.cards[0]
    selling.costs(card, 10)
    selling.tick()
    assert selling.approve(card)
    selling.world.clock.forward(days=7)
    assert selling.tick()["PricesHeld"] == 1
    assert selling.shown(card) == (90, 0)


def test_the_first_price_of_a_card_is_no_drop(selling: Selling) -> None:
    selling.desk.show(selling.cards[0], 0)
    assert selling.tick()["PricesHeld"] == 0
    assert selling.shown(selling.cards[0]) == (100, 0)


# Tasks


def test_cards_are_left_alone_while_wb_works_on_them(selling: Selling) -> None:
    selling.desk.slow = True
    selling.tick()
    selling.costs(selling.cards[0], 105)
    report = selling.tick()
    assert (report["PricesChanged"], report["PriceTasksOpen"], report["OldestPriceTaskMinutes"]) == (0, 1, 30)
    selling.desk.work()
    selling.desk.slow = False
    assert selling.tick()["PricesChanged"] == 1
    assert selling.shown(selling.cards[0]) == (105, 0)
    assert len(selling.desk.sent) == 2


def test_a_lost_answer_is_healed_by_looking_and_nothing_is_sent_twice(selling: Selling) -> None:
    selling.desk.lost_answers = 1
    report = selling.tick()
    assert (report["PricesChanged"], report["PricesDoubtful"]) == (0, len(selling.cards))
    report = selling.tick()
    assert (report["PricesStanding"], report["PriceTasksOpen"]) == (len(selling.cards), 0)
    assert len(selling.desk.sent) == 1


def test_a_task_that_wb_has_already_is_followed_by_its_number(selling: Selling) -> None:
    selling.desk.slow, selling.desk.lost_answers = True, 1
    selling.tick()
    assert selling.tick()["PricesChanged"] == len(selling.cards)
    assert list(selling.desk.tasks) == [1000]
    assert [task.upload_id for task in selling.world.prices.read().tasks] == [1000]
    selling.desk.work()
    assert selling.tick()["PricesStanding"] == len(selling.cards)


def test_a_killed_worker_leaves_its_rows_written_and_the_next_run_looks(selling: Selling) -> None:
    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    selling.desk.meanwhile = kill
    with pytest.raises(KilledError):
        selling.world.push_prices()
    [task] = selling.world.prices.read().tasks
    assert (task.upload_id, len(task.rows)) == (None, len(selling.cards))
    selling.world.clock.at += TICK
    assert selling.tick()["PricesChanged"] == len(selling.cards)
    assert {selling.shown(card) for card in selling.cards} == {(100, 0)}


def test_two_workers_never_tell_at_once(selling: Selling) -> None:
    seen: list[str] = []

    def another() -> None:
        with pytest.raises(TryLater) as refused:
            selling.world.push_prices()
        seen.append(str(refused.value))

    selling.desk.meanwhile = another
    selling.tick()
    assert seen == ["prices are being told by another run"]
    assert len(selling.desk.sent) == 1


def test_a_refused_row_is_kept_with_wbs_words_and_holds_back_no_other(selling: Selling) -> None:
    bad = selling.cards[5]
    selling.desk.refusals[bad] = "Price is out of range"
    selling.tick()
    assert selling.tick()["PricesRefused"] == 1
    refusal = selling.world.prices.read().refusals[NmId(bad)]
    assert (refusal.kind, refusal.words) == (RefusalKind.REFUSED, "Price is out of range")
    assert [selling.shown(card) for card in selling.cards if card != bad] == [(100, 0)] * (len(selling.cards) - 1)
    sent = len(selling.desk.sent)
    selling.tick()
    assert len(selling.desk.sent) == sent
    selling.costs(bad, 101)
    selling.tick()
    assert selling.desk.sent[sent:] == [[{"nmID": bad, "price": 101, "discount": 0}]]


def test_a_refused_row_is_tried_again_after_a_day_and_forgotten_once_it_stands(selling: Selling) -> None:
    bad = selling.cards[5]
    selling.desk.refusals[bad] = "Price is out of range"
    selling.tick()
    selling.tick()
    selling.desk.refusals.clear()
    selling.world.clock.forward(hours=24)
    assert selling.tick()["PricesChanged"] == 1
    assert selling.tick()["PricesRefused"] == 0
    assert selling.refusals() == {}


def test_a_row_that_spoils_the_request_is_found_and_the_others_go(selling: Selling) -> None:
    bad = set(selling.cards[3:12:4])
    selling.desk.bad_rows = bad
    report = selling.tick()
    assert (report["PricesChanged"], report["PricesRefused"]) == (len(selling.cards) - len(bad), len(bad))
    assert {card for card in selling.cards if selling.shown(card) == (90, 0)} == bad
    assert selling.refusals() == dict.fromkeys(bad, RefusalKind.REFUSED)
    again = len(selling.desk.sent)
    selling.tick()
    assert len(selling.desk.sent) == again


def test_prices_that_wb_puts_into_quarantine_are_listed_as_such(selling: Selling) -> None:
    card = selling.cards[0]
    selling.rules(largest_drop_percent=100)
    selling.costs(card, 20)
    selling.tick()
    selling.tick()
    assert selling.refusals() == {card: RefusalKind.QUARANTINE}
    assert selling.shown(card) == (90, 0)


def test_a_price_that_does_not_move_although_its_task_went_well_is_told(selling: Selling) -> None:
    card = selling.cards[0]
    selling.desk.ignored = {card}
    selling.tick()
    assert selling.tick()["PricesRefused"] == 0  # WB's list may be behind for a moment
    assert selling.tick()["PricesRefused"] == 1
    assert selling.refusals() == {card: RefusalKind.NOT_MOVED}
    assert selling.rows_sent().count(card) == 1


def test_the_rows_of_a_cancelled_task_are_told(selling: Selling) -> None:
    selling.desk.cancels = True
    selling.tick()
    assert selling.tick()["PricesRefused"] == len(selling.cards)
    assert set(selling.refusals().values()) == {RefusalKind.CANCELLED}


def test_a_task_that_never_ends_is_given_up_after_a_day_and_prices_are_compared_again(selling: Selling) -> None:
    selling.desk.slow = True
    selling.tick()
    selling.world.clock.forward(hours=24)
    selling.desk.work()
    selling.desk.slow = False
    report = selling.tick()
    assert (report["PricesStanding"], report["PriceTasksOpen"]) == (len(selling.cards), 0)


def test_prices_wait_while_the_cabinet_switches_its_currency(selling: Selling) -> None:
    selling.desk.switching = True
    with pytest.raises(TryLater, match="currency of the cabinet"):
        selling.tick()
    assert not selling.world.prices.read().tasks
    selling.desk.switching = False
    assert selling.tick()["PricesChanged"] == len(selling.cards)


def test_prices_that_wb_got_meanwhile_are_no_error(selling: Selling) -> None:
    def by_hand() -> None:
        for card in selling.cards:
            selling.desk.show(card, 100)

    selling.desk.meanwhile = by_hand
    report = selling.tick()
    assert (report["PricesRefused"], report["PricesDoubtful"], report["PriceTasksOpen"]) == (0, 0, 0)


def test_no_time_left_sends_nothing_and_says_so(selling: Selling) -> None:
    report = selling.world.pricer().run(deadline=selling.world.clock.at)
    assert (report["PricesPutOff"], report["PricesChanged"]) == (len(selling.cards), 0)
    assert selling.desk.sent == []


def test_a_token_without_prices_goes_red(selling: Selling) -> None:
    selling.world.token = make_token(categories=(Category.CONTENT,), expires=BEGAN + timedelta(days=100))
    with pytest.raises(NotAuthorised):
        selling.tick()
