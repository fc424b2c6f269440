"""Which price a card gets on WB, which drops wait for approval, and what of it is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wbsync.domain import prices
from wbsync.domain.ids import Barcode, ChrtId, NmId, OfferId, SubjectId
from wbsync.domain.links import CardSize, Link, ShopOffer
from wbsync.domain.prices import (
    Flaw,
    Hold,
    Kept,
    Memory,
    OnWb,
    Plan,
    PricedCard,
    PriceProblem,
    Quote,
    Refusal,
    RefusalKind,
    Source,
    Task,
)
from wbsync.domain.products import Price
from wbsync.domain.shop import PriceRule, Prices

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CARD, OFFER = NmId(7), OfferId(1)


def byn(amount: str | int | Decimal, currency: str = "BYN") -> Price:
    return Price(Decimal(amount), currency)


def source(amount: int | Decimal | None, *, bought: int | Decimal | None = None, offer: int = 1) -> Source:
    return Source(OfferId(offer), None if amount is None else byn(amount), None if bought is None else byn(bought))


def rule(**fields: Any) -> PriceRule:
    return PriceRule.model_validate(fields)


def config(**fields: Any) -> Prices:
    return Prices.model_validate({"price_type": 1, "currency": "BYN"} | fields)


def told(amount: str | int | Decimal | None, *, bought: str | int | None = None, text: str = "", **fields: Any) -> Any:
    discounts = {"WB_DISCOUNT": text} if text else {}
    of = Source(OFFER, None if amount is None else byn(amount), None if bought is None else byn(bought), discounts)
    return prices.told(of, rule(**fields), "BYN")


# The rule


@pytest.mark.parametrize(
    ("amount", "fields", "price"),
    [
        ("100", {}, 100),
        ("100.01", {}, 101),
        ("100.49", {"rounding": "nearest"}, 100),
        ("100.50", {"rounding": "nearest"}, 101),
        ("100.99", {"rounding": "down"}, 100),
        ("100", {"markup_percent": "15"}, 115),
        ("100", {"markup_percent": "-10"}, 90),
        ("100", {"markup_percent": "10", "markup_amount": "3.5", "rounding": "down"}, 113),
        ("101", {"round_to": 10}, 110),
        ("101", {"round_to": 10, "rounding": "down"}, 100),
        ("105", {"round_to": 10, "rounding": "nearest"}, 110),
        ("0.1", {"markup_percent": "200", "rounding": "down", "markup_amount": "0.7"}, 1),
    ],
)
def test_a_rule_makes_the_price_before_the_discount(amount: str, fields: dict[str, Any], price: int) -> None:
    assert told(amount, **fields) == Quote(price, 0)


@pytest.mark.parametrize(
    ("text", "fields", "discount"),
    [
        ("", {"discount_percent": 20}, 20),
        ("", {"discount_percent": 20, "discount_cap": 15}, 15),
        ("30", {"discount_property": "WB_DISCOUNT", "discount_percent": 20}, 30),
        ("", {"discount_property": "WB_DISCOUNT", "discount_percent": 20}, 20),
        ("30 %", {"discount_property": "WB_DISCOUNT", "discount_cap": 25}, 25),
        ("12,9", {"discount_property": "WB_DISCOUNT"}, 12),
        ("0", {"discount_property": "WB_DISCOUNT", "discount_percent": 20}, 0),
        ("30", {"discount_percent": 5}, 5),
    ],
)
def test_the_discount_is_the_products_own_or_the_rules_and_capped(
    text: str, fields: dict[str, Any], discount: int
) -> None:
    assert told(100, text=text, **fields) == Quote(100, discount)


@pytest.mark.parametrize("text", ["-5", "100", "много", "10-20", "5 руб"])
def test_a_discount_that_cannot_be_read_is_a_problem_not_a_guess(text: str) -> None:
    assert told(100, text=text, discount_property="WB_DISCOUNT") == Flaw(PriceProblem.BAD_DISCOUNT, OFFER, text)


def test_a_thin_margin_lowers_the_discount_no_more_than_it_must() -> None:
    quote = told(100, bought=60, minimum_margin_percent=10, discount_percent=50)
    assert (quote, quote.kept) == (Quote(100, 34), Kept.DISCOUNT)
    assert quote.paid == 66


def test_where_no_discount_leaves_the_margin_the_price_is_raised_to_the_next_multiple() -> None:
    quote = told(100, bought=98, minimum_margin_percent=10, discount_percent=50, round_to=5, rounding="down")
    assert (quote, quote.kept) == (Quote(110, 0), Kept.PRICE)


def test_a_margin_that_is_kept_anyway_changes_nothing() -> None:
    quote = told(100, bought=40, minimum_margin_percent=10, discount_percent=50)
    assert (quote, quote.kept) == (Quote(100, 50), None)


@pytest.mark.parametrize(
    ("of", "fields", "problem"),
    [
        (Source(OFFER, None), {}, PriceProblem.NO_PRICE),
        (Source(OFFER, byn(0)), {}, PriceProblem.PRICE_ZERO),
        (Source(OFFER, byn(-3)), {}, PriceProblem.PRICE_ZERO),
        (Source(OFFER, byn(5, "RUB")), {}, PriceProblem.OTHER_CURRENCY),
        (Source(OFFER, byn(5)), {"minimum_margin_percent": 1}, PriceProblem.NO_PURCHASING_PRICE),
        (Source(OFFER, byn(5), byn(0)), {"minimum_margin_percent": 1}, PriceProblem.NO_PURCHASING_PRICE),
        (Source(OFFER, byn(5), byn(2, "USD")), {"minimum_margin_percent": 1}, PriceProblem.PURCHASING_CURRENCY),
        (Source(OFFER, byn("0.4")), {"rounding": "down"}, PriceProblem.NOTHING_LEFT),
        (Source(OFFER, byn(5)), {"markup_amount": "-5"}, PriceProblem.NOTHING_LEFT),
    ],
)
def test_what_cannot_be_priced_is_a_problem(of: Source, fields: dict[str, Any], problem: PriceProblem) -> None:
    found = prices.told(of, rule(**fields), "BYN")
    assert isinstance(found, Flaw)
    assert (found.problem, found.offer_id) == (problem, OFFER)


AMOUNTS = st.decimals("0.01", 1_000_000, places=2)
RULES = st.builds(
    PriceRule,
    markup_percent=st.decimals(-90, 1000, places=1),
    markup_amount=st.decimals(-50, 50, places=2),
    round_to=st.sampled_from([1, 5, 10, 50, 99, 100]),
    rounding=st.sampled_from(["up", "nearest", "down"]),
    minimum_margin_percent=st.none() | st.decimals(0, 1000, places=2),
    discount_percent=st.integers(0, 99),
    discount_cap=st.integers(0, 99),
)


def quote_or_nothing(amount: Decimal, bought: Decimal, by: PriceRule) -> Quote | None:
    found = prices.told(source(amount, bought=bought), by, "BYN")
    return found if isinstance(found, Quote) else None


@given(AMOUNTS, AMOUNTS, RULES)
def test_a_price_is_a_positive_multiple_with_a_capped_discount_and_never_breaks_the_margin(
    amount: Decimal, bought: Decimal, by: PriceRule
) -> None:
    quote = quote_or_nothing(amount, bought, by)
    assume(quote is not None)
    assert quote is not None
    assert quote.price > 0
    assert quote.price % by.round_to == 0
    assert 0 <= quote.discount <= min(by.discount_percent, by.discount_cap)
    assert by.minimum_margin_percent is None or quote.paid >= bought * (1 + by.minimum_margin_percent / 100)


@given(AMOUNTS, AMOUNTS, AMOUNTS, RULES)
def test_a_dearer_product_never_gets_a_lower_price(
    amount: Decimal, other: Decimal, bought: Decimal, by: PriceRule
) -> None:
    low, high = (quote_or_nothing(one, bought, by) for one in sorted((amount, other)))
    assume(low is not None)
    assert low is not None
    assert high is not None
    assert low.price <= high.price


@given(st.integers(1, 10**6), st.integers(1, 99), st.integers(1, 100))
def test_a_lowered_discount_could_not_be_one_per_cent_higher(price: int, discount: int, bought_for: int) -> None:
    bought = Decimal(price * bought_for) / 100
    by = rule(minimum_margin_percent=0, discount_percent=discount)
    quote = quote_or_nothing(Decimal(price), bought, by)
    assert quote is not None
    assert quote.paid >= bought
    assert quote.discount == discount or Quote(price, quote.discount + 1).paid < bought


# A card with its sizes


def card(*sources: Source, subject: int | None = None) -> PricedCard:
    return PricedCard(CARD, "A-7", sources, SubjectId(subject) if subject else None)


@pytest.mark.parametrize(("of_sizes", "price"), [("highest", 30), ("lowest", 10)])
def test_one_price_is_chosen_where_sizes_differ(of_sizes: str, price: int) -> None:
    sizes = card(source(10, offer=1), source(30, offer=2), source(20, offer=3))
    assert prices.card_price(sizes, config(of_sizes=of_sizes)) == Quote(price, 0)


def test_sizes_that_differ_are_refused_where_the_rule_says_so() -> None:
    found = prices.card_price(card(source(10, offer=1), source(30, offer=2)), config(of_sizes="refuse"))
    assert found == Flaw(PriceProblem.SIZES_DIFFER, detail="10, 30")
    assert prices.card_price(card(source(10, offer=1), source(10, offer=2)), config(of_sizes="refuse")) == Quote(10, 0)


def test_the_lowest_price_still_keeps_the_margin_of_the_dearest_size() -> None:
    sizes = card(source(100, bought=10, offer=1), source(200, bought=150, offer=2))
    found = prices.card_price(sizes, config(of_sizes="lowest", default={"minimum_margin_percent": 0}))
    assert found == Quote(150, 0)


def test_a_size_without_a_price_follows_the_others_but_a_wrong_one_stops_the_card() -> None:
    assert prices.card_price(card(source(None, offer=1), source(20, offer=2)), config()) == Quote(20, 0)
    assert prices.card_price(card(source(0, offer=1), source(20, offer=2)), config()) == Flaw(
        PriceProblem.PRICE_ZERO, OfferId(1)
    )
    assert prices.card_price(card(source(None, offer=1)), config()) == Flaw(PriceProblem.NO_PRICE, OfferId(1))


def test_the_nearest_rule_counts() -> None:
    by = config(default={"markup_amount": 1}, subjects={50: {"markup_amount": 2}}, offers={2: {"markup_amount": 3}})
    assert prices.card_price(card(source(10), subject=9), by) == Quote(11, 0)
    assert prices.card_price(card(source(10), subject=50), by) == Quote(12, 0)
    assert prices.card_price(card(source(10, offer=2), subject=50), by) == Quote(13, 0)


def test_a_card_of_unknown_subject_waits_where_rules_depend_on_it() -> None:
    found = prices.card_price(card(source(10)), config(subjects={50: {"markup_percent": 50}}))
    assert found == Flaw(PriceProblem.SUBJECT_UNKNOWN)


def test_cards_are_priced_by_the_offers_of_their_barcodes_but_for_excluded_ones() -> None:
    def link(barcode: str, chrt: int, nm: int, *offers: int) -> Link:
        sizes = (CardSize(ChrtId(chrt), NmId(nm), f"A-{nm}"),)
        return Link(Barcode(barcode), sizes, tuple(ShopOffer(OfferId(offer), 24) for offer in offers))

    links = [link("1", 11, 7, 1), link("2", 12, 7, 2), link("3", 21, 8, 3), link("4", 31, 9, 4, 5), link("5", 41, 10)]
    found = prices.linked_cards(links, config(excluded_offers=[3]))
    assert {nm: sorted(offer for offer, _ in one.offers) for nm, one in found.items()} == {7: [1, 2]}
    assert found[NmId(7)].vendor_code == "A-7"


# What is done about it


def there(price: int | str | None = 100, discount: int = 0, **more: Any) -> OnWb:
    return OnWb(CARD, None if price is None else Decimal(price), discount, **({"currency": "BYN"} | more))


def planned(
    on_wb: OnWb | None, shop_price: int | None = 100, memory: Memory | None = None, at: datetime = NOW, **fields: Any
) -> Plan:
    known = {CARD: on_wb} if on_wb else {}
    return prices.plan([card(source(shop_price))], known, memory or Memory(), config(**fields), now=at)


def sent(plan: Plan) -> list[Quote]:
    return [change.after for change in plan.changes]


def test_what_stands_is_not_sent() -> None:
    plan = planned(there(100))
    assert (sent(plan), plan.standing) == ([], {CARD: Quote(100, 0)})


@pytest.mark.parametrize(
    "on_wb", [there(90), there(100, 5), there("100.5"), there(100, sizes_differ=True), there(None), there(5)]
)
def test_what_stands_otherwise_is_sent(on_wb: OnWb) -> None:
    assert sent(planned(on_wb)) == [Quote(100, 0)]


@pytest.mark.parametrize(
    ("on_wb", "fields", "held"),
    [
        (there(142), {}, False),
        (there(143), {}, True),  # 30.07 %
        (there(200, 50), {}, False),  # the buyer paid 100 already
        (there(100), {"default": {"discount_percent": 30}}, False),
        (there(100), {"default": {"discount_percent": 31}}, True),
        (there(101), {"largest_drop_percent": "0.5"}, True),
        (there(10_000), {"largest_drop_percent": 100}, False),
        (there(None), {"largest_drop_percent": "0.1"}, False),  # the first price
    ],
)
def test_a_buyer_who_would_pay_much_less_makes_it_wait(on_wb: OnWb, fields: dict[str, Any], held: bool) -> None:
    plan = planned(on_wb, **fields)
    assert (len(plan.held), len(plan.changes)) == ((1, 0) if held else (0, 1))


@given(st.integers(1, 10**6), st.integers(0, 99), st.integers(1, 10**6), st.integers(0, 99))
def test_nothing_that_is_sent_is_a_larger_drop_than_configured(
    price: int, discount: int, shop_price: int, new_discount: int
) -> None:
    on_wb = there(price, discount)
    plan = planned(on_wb, shop_price, default={"discount_percent": new_discount})
    assert on_wb.paid is not None
    assert all(quote.paid >= on_wb.paid * Decimal("0.7") for quote in sent(plan))


def hold(price: int = 100, *, approved_at: datetime | None = None) -> Hold:
    return Hold(CARD, "A-7", Decimal(200), 0, Quote(price, 0), NOW, approved_at)


@pytest.mark.parametrize(
    ("known", "goes"),
    [
        (hold(approved_at=NOW - timedelta(days=6)), True),
        (hold(approved_at=NOW - timedelta(days=7)), False),
        (hold(), False),
        (hold(99, approved_at=NOW), False),
    ],
)
def test_an_approval_is_for_exactly_that_price_and_for_a_week(known: Hold, goes: bool) -> None:
    assert bool(planned(there(200), memory=Memory(holds={CARD: known})).changes) == goes


def test_a_hold_is_written_once_and_anew_for_another_price() -> None:
    plan = planned(there(200))
    [new] = prices.new_holds(plan, Memory(), NOW)
    assert (new.quote, new.price_before, new.since) == (Quote(100, 0), Decimal(200), NOW)
    assert prices.new_holds(plan, Memory(holds={CARD: hold()}), NOW) == []
    assert prices.new_holds(plan, Memory(holds={CARD: hold(90)}), NOW) == [new]


def test_a_hold_ends_when_it_is_no_drop_any_more_and_not_while_its_approved_price_is_on_its_way() -> None:
    memory = Memory(holds={CARD: hold(approved_at=NOW)})
    assert prices.ended_holds(planned(there(100), memory=memory), memory) == {CARD}
    assert prices.ended_holds(planned(there(200), 190, memory=memory), memory) == {CARD}
    assert prices.ended_holds(planned(there(200), memory=memory), memory) == set()
    with_wb = Memory(holds=memory.holds, tasks=(Task("t", {CARD: Quote(100, 0)}, NOW, 5),))
    assert prices.ended_holds(planned(there(200), memory=with_wb), with_wb) == set()


def refusal(price: int = 100) -> Memory:
    known = Refusal(CARD, "A-7", Quote(price, 0), RefusalKind.QUARANTINE, NOW)
    return Memory(refusals={CARD: known})


def test_a_refused_price_is_sent_again_after_a_day_or_when_it_changes() -> None:
    assert planned(there(90), memory=refusal()).refused
    assert sent(planned(there(90), memory=refusal(), at=NOW + timedelta(hours=24))) == [Quote(100, 0)]
    assert sent(planned(there(90), memory=refusal(95))) == [Quote(100, 0)]


def test_a_refusal_is_forgotten_once_it_stands_or_another_price_is_wanted() -> None:
    assert prices.ended_refusals(planned(there(90), memory=refusal()), refusal()) == set()
    assert prices.ended_refusals(planned(there(100), memory=refusal()), refusal()) == {CARD}
    assert prices.ended_refusals(planned(there(90), memory=refusal(95)), refusal(95)) == {CARD}


@pytest.mark.parametrize(
    ("task", "goes"),
    [
        (Task("t", {CARD: Quote(95, 0)}, NOW - timedelta(hours=5), 5), False),
        (Task("t", {CARD: Quote(95, 0)}, NOW - timedelta(minutes=9)), False),
        (Task("t", {CARD: Quote(95, 0)}, NOW - timedelta(minutes=10)), True),
        (Task("t", {CARD: Quote(95, 0)}, NOW, 5, ended_at=NOW), False),  # WB shows 90 still
        (Task("t", {CARD: Quote(90, 0)}, NOW, 5, ended_at=NOW), True),
        (Task("t", {NmId(8): Quote(95, 0)}, NOW, 5), True),
    ],
)
def test_a_card_is_left_alone_while_wb_works_on_it(task: Task, goes: bool) -> None:
    assert bool(planned(there(90), memory=Memory(tasks=(task,))).changes) == goes


def test_a_price_changed_by_hand_is_seen_and_set_back() -> None:
    memory = Memory(told={CARD: Quote(100, 0)})
    [change] = planned(there(110), memory=memory).changes
    assert change.by_hand
    [change] = planned(there(100), 110, memory=memory).changes
    assert not change.by_hand


def test_what_stood_is_remembered_of_linked_cards_only() -> None:
    memory = Memory(told={CARD: Quote(90, 0), NmId(8): Quote(5, 0), NmId(9): Quote(6, 0)})
    assert prices.now_told(planned(there(100)), memory, [CARD, NmId(8)]) == {CARD: Quote(100, 0), NmId(8): Quote(5, 0)}


@pytest.mark.parametrize(
    ("on_wb", "problem"),
    [
        (None, PriceProblem.NOT_ON_WB),
        (there(100, currency="RUB"), PriceProblem.CABINET_CURRENCY),
        (there(90, priced_by_size=True), PriceProblem.PRICED_BY_SIZE),
    ],
)
def test_cards_that_wb_would_take_wrongly_are_listed_and_not_sent(on_wb: OnWb | None, problem: PriceProblem) -> None:
    plan = planned(on_wb)
    assert [one.flaw.problem for one in plan.unpriced] == [problem]
    assert (plan.changes, plan.held) == ([], [])


def test_a_bad_card_holds_back_no_other() -> None:
    cards = [card(source(0)), PricedCard(NmId(8), "B-8", (source(10, offer=2),))]
    on_wb = {CARD: there(5), NmId(8): OnWb(NmId(8), Decimal(9), 0, "BYN")}
    plan = prices.plan(cards, on_wb, Memory(), config(), now=NOW)
    assert [one.nm_id for one in plan.unpriced] == [CARD]
    assert [change.nm_id for change in plan.changes] == [8]
