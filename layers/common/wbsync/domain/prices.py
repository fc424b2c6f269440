"""Which price a card gets on WB, and whether it may be told without asking (WB facts §7).

The rule makes the price before the discount out of the shop's price: per cent, amount, rounding. What the buyer pays is
that less the discount; the margin is guarded there. WB takes whole units of the cabinet's currency: an int.
Where prices are configured the shop is the truth: what stands otherwise on WB, also by hand, is set back.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from wbsync.domain.ids import NmId, OfferId, SubjectId
from wbsync.domain.links import Link, problem
from wbsync.domain.products import Price
from wbsync.domain.shop import PriceRule, Prices

APPROVED_FOR = timedelta(days=7)
"""So long an approval of a drop counts."""

REFUSED_FOR = timedelta(hours=24)
"""So long a price that WB refused is not sent again, unless it changes."""

DOUBTED_FOR = timedelta(minutes=10)
"""After so long a task whose answer got lost has been worked off, or never came to WB."""

SETTLES_IN = timedelta(minutes=10)
"""So long after a task's end WB may still show the prices from before."""

_HUNDRED = Decimal(100)
_ROUNDINGS = {"up": ROUND_CEILING, "nearest": ROUND_HALF_UP, "down": ROUND_FLOOR}
_DISCOUNT = re.compile(r"(\d{1,3})(?:[.,]\d+)?\s*%?")
_LARGEST_DISCOUNT = 99


# What a card is to cost


class Kept(StrEnum):
    """What had to give way so that the margin is kept."""

    DISCOUNT = "discount"  # lowered
    PRICE = "price"  # raised, and the discount is 0


@dataclass(frozen=True, slots=True)
class Quote:
    """`price` before the discount, in whole units of the cabinet's currency; `discount` in per cent."""

    price: int
    discount: int
    kept: Kept | None = field(default=None, compare=False)

    @property
    def paid(self) -> Decimal:
        """What the buyer pays."""
        return Decimal(self.price * (100 - self.discount)) / _HUNDRED


class PriceProblem(StrEnum):
    """Why a card is told no price; texts.py says it in Russian."""

    NO_PRICE = "no_price"
    PRICE_ZERO = "price_zero"
    OTHER_CURRENCY = "other_currency"
    NO_PURCHASING_PRICE = "no_purchasing_price"
    PURCHASING_CURRENCY = "purchasing_currency"
    BAD_DISCOUNT = "bad_discount"
    NOTHING_LEFT = "nothing_left"  # the rule makes 0 or less of the price
    SIZES_DIFFER = "sizes_differ"
    SUBJECT_UNKNOWN = "subject_unknown"  # the rule depends on the subject
    CABINET_CURRENCY = "cabinet_currency"
    PRICED_BY_SIZE = "priced_by_size"
    NOT_ON_WB = "not_on_wb"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A problem, with the offer that has it and what stands there; no offer: the card has it."""

    problem: PriceProblem
    offer_id: OfferId | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What the shop says of an offer. `discounts`: texts of the properties that rules name, by code."""

    offer_id: OfferId
    price: Price | None
    purchasing: Price | None = None
    discounts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PricedCard:
    """A card with the offers that its sizes are; `subject` is None while it is not known."""

    nm_id: NmId
    vendor_code: str
    sources: tuple[Source, ...]
    subject: SubjectId | None = None


@dataclass(frozen=True, slots=True)
class _Priced:
    quote: Quote
    floor: Decimal
    round_to: int


@dataclass(frozen=True, slots=True)
class LinkedCard:
    """A card and the offers that tell its price, each with its information block's id."""

    nm_id: NmId
    vendor_code: str
    offers: frozenset[tuple[OfferId, int]]


def linked_cards(links: Iterable[Link], prices: Prices) -> dict[NmId, LinkedCard]:
    """Cards whose price the shop tells."""
    vendor_codes: dict[NmId, str] = {}
    offers: defaultdict[NmId, set[tuple[OfferId, int]]] = defaultdict(set)
    for link in links:
        if problem(link) is None and link.offers[0].offer_id not in prices.excluded_offers:
            vendor_codes[link.sizes[0].nm_id] = link.sizes[0].vendor_code
            offers[link.sizes[0].nm_id].add((link.offers[0].offer_id, link.offers[0].iblock_id))
    return {nm_id: LinkedCard(nm_id, vendor_codes[nm_id], frozenset(of)) for nm_id, of in offers.items()}


def told(source: Source, rule: PriceRule, currency: str) -> Quote | Flaw:
    """What WB is told of one offer, or why nothing can be."""
    try:
        return _priced(source, rule, currency).quote
    except _FlawedError as error:
        return error.flaw


def card_price(card: PricedCard, prices: Prices) -> Quote | Flaw:
    """What WB is told of a card: one price for all sizes, at which none of them breaks its margin.

    A size without a price follows the others; any other flaw of one is the card's.
    """
    if prices.subjects and card.subject is None:
        return Flaw(PriceProblem.SUBJECT_UNKNOWN)
    sources = sorted((source for source in card.sources if source.price), key=lambda source: source.offer_id)
    if not sources:
        return Flaw(PriceProblem.NO_PRICE, card.sources[0].offer_id if len(card.sources) == 1 else None)
    try:
        of_sizes = [_priced(source, prices.of(source.offer_id, card.subject), prices.currency) for source in sources]
    except _FlawedError as error:
        return error.flaw
    if prices.of_sizes == "refuse" and len({one.quote for one in of_sizes}) > 1:
        return Flaw(PriceProblem.SIZES_DIFFER, detail=", ".join(map(str, sorted({one.quote.paid for one in of_sizes}))))
    chosen = (max if prices.of_sizes == "highest" else min)(of_sizes, key=lambda one: (one.quote.paid, one.quote.price))
    return _with_margin(chosen.quote, max(one.floor for one in of_sizes), chosen.round_to)


class _FlawedError(Exception):
    def __init__(self, problem: PriceProblem, source: Source, detail: str = "") -> None:
        super().__init__(problem)
        self.flaw = Flaw(problem, source.offer_id, detail)


def _priced(source: Source, rule: PriceRule, currency: str) -> _Priced:
    quote = Quote(_before_discount(source, rule, currency), _discount(source, rule))
    floor = _floor(source, rule, currency)
    return _Priced(_with_margin(quote, floor, rule.round_to), floor, rule.round_to)


def _before_discount(source: Source, rule: PriceRule, currency: str) -> int:
    if source.price is None:
        raise _FlawedError(PriceProblem.NO_PRICE, source)
    if source.price.amount <= 0:
        raise _FlawedError(PriceProblem.PRICE_ZERO, source)
    if source.price.currency != currency:
        raise _FlawedError(PriceProblem.OTHER_CURRENCY, source, source.price.currency)
    marked_up = source.price.amount * (1 + rule.markup_percent / _HUNDRED) + rule.markup_amount
    price = _multiple(marked_up, rule.round_to, _ROUNDINGS[rule.rounding])
    if price <= 0:
        raise _FlawedError(PriceProblem.NOTHING_LEFT, source)
    return price


def _floor(source: Source, rule: PriceRule, currency: str) -> Decimal:
    """What the buyer pays at least."""
    if rule.minimum_margin_percent is None:
        return Decimal(0)
    if source.purchasing is None or source.purchasing.amount <= 0:
        raise _FlawedError(PriceProblem.NO_PURCHASING_PRICE, source)
    if source.purchasing.currency != currency:
        raise _FlawedError(PriceProblem.PURCHASING_CURRENCY, source, source.purchasing.currency)
    return source.purchasing.amount * (1 + rule.minimum_margin_percent / _HUNDRED)


def _discount(source: Source, rule: PriceRule) -> int:
    """In whole per cent, a fraction left off."""
    own = source.discounts.get(rule.discount_property or "", "").strip()
    if not own:
        return min(rule.discount_percent, rule.discount_cap)
    found = _DISCOUNT.fullmatch(own)
    if found is None or int(found[1]) > _LARGEST_DISCOUNT:
        raise _FlawedError(PriceProblem.BAD_DISCOUNT, source, own)
    return min(int(found[1]), rule.discount_cap)


def _multiple(amount: Decimal, of: int, rounding: str) -> int:
    return int((amount / of).quantize(Decimal(1), rounding)) * of


def _with_margin(quote: Quote, floor: Decimal, round_to: int) -> Quote:
    """The same, unless the buyer would pay less than `floor`: then a lower discount, and if need be a higher price."""
    if quote.paid >= floor:
        return quote
    if quote.price >= floor:
        most = int((quote.price - floor) * _HUNDRED // quote.price)
        return Quote(quote.price, min(quote.discount, most), Kept.DISCOUNT)
    return Quote(_multiple(floor, round_to, ROUND_CEILING), 0, Kept.PRICE)


# What WB has, and what we know of it


@dataclass(frozen=True, slots=True)
class OnWb:
    """A card's price on WB, the highest of its sizes; None while it has none."""

    nm_id: NmId
    price: Decimal | None
    discount: int
    currency: str
    vendor_code: str = ""
    sizes_differ: bool = False
    priced_by_size: bool = False  # its category lets sizes differ, and WB takes prices for sizes only

    @property
    def paid(self) -> Decimal | None:
        return None if self.price is None else self.price * (100 - self.discount) / _HUNDRED

    def has(self, quote: Quote) -> bool:
        return self.price == quote.price and self.discount == quote.discount and not self.sizes_differ


@dataclass(frozen=True, slots=True)
class Hold:
    """A drop that waits for approval. The approval is for this `quote` alone, and lapses."""

    nm_id: NmId
    vendor_code: str
    price_before: Decimal
    discount_before: int
    quote: Quote
    since: datetime
    approved_at: datetime | None = None

    @property
    def approved_until(self) -> datetime | None:
        return self.approved_at and self.approved_at + APPROVED_FOR

    def approved(self, now: datetime) -> bool:
        return self.approved_until is not None and now < self.approved_until


class RefusalKind(StrEnum):
    """Why WB does not show a price that it was told; texts.py says it in Russian."""

    REFUSED = "refused"  # with WB's words
    QUARANTINE = "quarantine"
    CANCELLED = "cancelled"
    NOT_MOVED = "not_moved"  # its task went well, and WB shows another price


@dataclass(frozen=True, slots=True)
class Refusal:
    nm_id: NmId
    vendor_code: str
    quote: Quote
    kind: RefusalKind
    at: datetime
    words: str = ""  # WB's

    def holds(self, quote: Quote, now: datetime) -> bool:
        return self.quote == quote and now - self.at < REFUSED_FOR


@dataclass(frozen=True, slots=True)
class Task:
    """Rows that WB was told in one request. Without `upload_id` its answer is owed, or got lost."""

    key: str
    rows: Mapping[NmId, Quote]
    begun_at: datetime
    upload_id: int | None = None
    ended_at: datetime | None = None

    def lost(self, now: datetime) -> bool:
        """Nothing will be heard of it any more: WB's prices tell what became of it."""
        return self.upload_id is None and now - self.begun_at >= DOUBTED_FOR

    def unsettled(self, on_wb: Mapping[NmId, OnWb]) -> dict[NmId, Quote]:
        """Rows that WB does not show."""
        return {nm_id: quote for nm_id, quote in self.rows.items() if nm_id in on_wb and not on_wb[nm_id].has(quote)}


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs left. `told`: what stood on WB as the shop wants it, when it last did."""

    holds: Mapping[NmId, Hold] = field(default_factory=dict)
    refusals: Mapping[NmId, Refusal] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    told: Mapping[NmId, Quote] = field(default_factory=dict)
    subjects: Mapping[NmId, SubjectId] = field(default_factory=dict)
    subjects_read_at: datetime | None = None


# What is to be done


@dataclass(frozen=True, slots=True)
class Change:
    """`drop`: by how many per cent the buyer pays less than now; negative when more, 0 when there was no price."""

    before: OnWb
    after: Quote
    drop: Decimal
    by_hand: bool = False  # WB's price is another than the one that stood there by our doing

    @property
    def nm_id(self) -> NmId:
        return self.before.nm_id


@dataclass(frozen=True, slots=True)
class Unpriced:
    nm_id: NmId
    vendor_code: str
    flaw: Flaw


@dataclass(slots=True)
class Plan:
    """Every linked card stands in one of these."""

    changes: list[Change] = field(default_factory=list)  # to be sent
    held: list[Change] = field(default_factory=list)  # a drop that nobody approved
    refused: list[Change] = field(default_factory=list)  # WB did not take just this, not long ago
    unpriced: list[Unpriced] = field(default_factory=list)
    standing: dict[NmId, Quote] = field(default_factory=dict)  # WB has what it should
    busy: set[NmId] = field(default_factory=set)  # WB works on it

    @property
    def by_hand(self) -> int:
        return sum(change.by_hand for change in (*self.changes, *self.held, *self.refused))


def plan(
    cards: Iterable[PricedCard], on_wb: Mapping[NmId, OnWb], memory: Memory, prices: Prices, *, now: datetime
) -> Plan:
    """What the shop wants against what WB has."""
    result = Plan(busy=_busy(memory.tasks, on_wb, now))
    for card in sorted(cards, key=lambda card: card.nm_id):
        there = on_wb.get(card.nm_id)
        wanted = _flaw_on_wb(there, prices) or card_price(card, prices)
        if there is None or isinstance(wanted, Flaw):
            flaw = wanted if isinstance(wanted, Flaw) else Flaw(PriceProblem.NOT_ON_WB)
            result.unpriced.append(Unpriced(card.nm_id, card.vendor_code, flaw))
        elif card.nm_id in result.busy:
            continue
        elif there.has(wanted):
            result.standing[card.nm_id] = wanted
        else:
            change = _change(there, wanted, memory)
            if (refusal := memory.refusals.get(card.nm_id)) and refusal.holds(wanted, now):
                result.refused.append(change)
            elif change.drop > prices.largest_drop_percent and not _approved(change, memory, now):
                result.held.append(change)
            else:
                result.changes.append(change)
    return result


def _change(there: OnWb, wanted: Quote, memory: Memory) -> Change:
    stood = memory.told.get(there.nm_id)
    by_hand = stood is not None and not there.has(stood)
    return Change(there, wanted, drop_percent(there.paid, wanted.paid), by_hand)


def _busy(tasks: Iterable[Task], on_wb: Mapping[NmId, OnWb], now: datetime) -> set[NmId]:
    return {
        nm_id
        for task in tasks
        if not task.lost(now)
        for nm_id in (task.unsettled(on_wb) if task.ended_at else task.rows)
    }


def _flaw_on_wb(there: OnWb | None, prices: Prices) -> Flaw | None:
    if there is None:
        return Flaw(PriceProblem.NOT_ON_WB)
    if there.currency != prices.currency:
        return Flaw(PriceProblem.CABINET_CURRENCY, detail=there.currency)
    return Flaw(PriceProblem.PRICED_BY_SIZE) if there.priced_by_size else None


def _approved(change: Change, memory: Memory, now: datetime) -> bool:
    hold = memory.holds.get(change.nm_id)
    return hold is not None and hold.quote == change.after and hold.approved(now)


def drop_percent(before: Decimal | None, after: Decimal) -> Decimal:
    """By how many per cent `after` is less; 0 when there was no price."""
    return (before - after) * _HUNDRED / before if before else Decimal(0)


def new_holds(plan: Plan, memory: Memory, now: datetime) -> list[Hold]:
    """Holds that are not written down yet, or for another price."""
    return [
        Hold(change.nm_id, change.before.vendor_code, change.before.price, change.before.discount, change.after, now)
        for change in plan.held
        if change.before.price is not None
        and not ((known := memory.holds.get(change.nm_id)) and known.quote == change.after)
    ]


def ended_holds(plan: Plan, memory: Memory) -> set[NmId]:
    """Holds of what is no drop any more. One that was approved stays until WB has the price."""
    kept = {change.nm_id for change in (*plan.held, *plan.changes, *plan.refused) if _is_of(change, memory.holds)}
    return memory.holds.keys() - kept - plan.busy


def ended_refusals(plan: Plan, memory: Memory) -> set[NmId]:
    """Refusals of what is not wanted any more, or stands."""
    kept = {change.nm_id for change in (*plan.held, *plan.changes, *plan.refused) if _is_of(change, memory.refusals)}
    return memory.refusals.keys() - kept - plan.busy


def _is_of(change: Change, known: Mapping[NmId, Hold] | Mapping[NmId, Refusal]) -> bool:
    of_card = known.get(change.nm_id)
    return of_card is not None and of_card.quote == change.after


def now_told(plan: Plan, memory: Memory, linked: Iterable[NmId]) -> dict[NmId, Quote]:
    """`memory.told` after this plan's look at WB."""
    known = set(linked)
    return {nm_id: quote for nm_id, quote in memory.told.items() if nm_id in known} | plan.standing
