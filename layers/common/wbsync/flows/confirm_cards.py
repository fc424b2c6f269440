"""What became of the cards that were sent: each is read back, or WB's reason is kept.

A card counts as accepted when it stands on WB as it was sent; see `accepted_cards` for what follows from that. WB takes
up to half an hour to make one (WB facts §2).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from wbsync.bitrix.client import BitrixClient
from wbsync.domain.card_difference import unlike
from wbsync.domain.card_errors import explained
from wbsync.domain.cards import WITH_WB, CardProblem, CardState, ProblemKind, Standing
from wbsync.domain.shop import Shop
from wbsync.errors import RateLimited, Rejected, TryLater
from wbsync.flows.accepted_cards import Accepted, Aftermath
from wbsync.stores.cards import CardRecord, CardsStore
from wbsync.stores.links import LinksStore
from wbsync.telemetry import Report, logger
from wbsync.wb import cards as wb_cards
from wbsync.wb.card_wire import ErrorsCursor
from wbsync.wb.client import WbClient

WB_TAKES = timedelta(minutes=30)
"""After so long without a card and without an error WB has not taken it (WB facts §2)."""

OVERDUE = timedelta(hours=1)
"""A card that waits for longer is told of: WB could not be asked."""

GIVEN_UP = timedelta(hours=3)
"""A card without a trace is given up even if WB's errors could not be read to the end: they may be thousands."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""WB's stamps may be behind ours by so much; more would take an earlier sending's error for this one's."""

FEW = 20
"""So many cards are looked up one by one; more are read as all that changed since they were sent."""

MOST_LOOKED_UP = 100
"""In one run: those that have waited for too long come first."""

RECENT = timedelta(days=1)
"""Changes are read from no earlier on."""

_NEVER, _ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class _News:
    """What WB has told of the cards that wait, as far as the seller's limit let us ask."""

    standing: dict[str, Standing] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)  # by vendorCode
    errors_until: datetime = _NEVER  # up to then they were read
    looked_for: set[str] = field(default_factory=set)  # vendorCodes that were asked for by themselves


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of a card; no state: it still waits."""

    state: CardState | None = None
    standing: Standing | None = None
    problems: tuple[CardProblem, ...] = ()

    @property
    def metric(self) -> str:
        if self.state is None:
            return "CardsWaiting"
        unlike_sent = any(problem.kind is ProblemKind.NOT_ACCEPTED for problem in self.problems)
        return "CardsAccepted" if self.state is CardState.ACCEPTED and not unlike_sent else "CardsRefused"


@dataclass(frozen=True, slots=True)
class _Asking:
    """WB, and how long one may wait for its limits: without `sleep` not at all."""

    wb: WbClient
    now: Callable[[], datetime]
    deadline: datetime
    sleep: Callable[[float], None] | None

    def errors(self, cursor: ErrorsCursor) -> tuple[list[wb_cards.CardError], ErrorsCursor]:
        """A page of errors, when its turn comes. Raises as WbClient.call."""
        while True:
            try:
                return wb_cards.read_errors(self.wb, cursor)
            except RateLimited as error:
                if self.sleep is None or self.now() + timedelta(seconds=error.wait) >= self.deadline:
                    raise
                self.sleep(error.wait)


def run(
    *,
    wb: WbClient,
    bitrix: BitrixClient,
    shop: Shop,
    cards: CardsStore,
    links: LinksStore,
    now: Callable[[], datetime],
    deadline: datetime,
    sleep: Callable[[float], None] | None = None,
) -> Report:
    """Settle every card that WB has an answer for, and pay what accepted ones owe."""
    waiting = sorted(cards.open(), key=lambda record: (record.sent_at or record.planned_at, record.vendor_code))
    # Half of the time is for what follows from the answers.
    news = _ask(_Asking(wb, now, now() + (deadline - now()) / 2, sleep), waiting)
    accepted: list[Accepted] = []
    counts: Counter[str] = Counter(CardsAccepted=0, CardsRefused=0, CardsWaiting=0, CardsOverdue=0)
    for record in waiting:
        verdict = _verdict(record, news, at=now())
        if verdict.standing:
            accepted.append(Accepted(record, verdict.standing, verdict.problems))
        elif verdict.state is CardState.ACCEPTED:
            cards.close(record.card, record.planned_at)  # it is gone from WB, and all debts with it
        elif verdict.state:
            _refuse(record, verdict, cards)
        counts[verdict.metric] += record.state in WITH_WB
        counts["CardsOverdue"] += verdict.state is None and _waits_for(record, OVERDUE, now())
    after = Aftermath(wb, bitrix, shop, cards, links, now, deadline)
    return {**counts, **after.follow(accepted)}


def _ask(asking: _Asking, waiting: Sequence[CardRecord]) -> _News:
    """What could not be asked of one thing says nothing about the others, and is asked again by the next run."""
    news, at = _News(), asking.now()
    sent_at = {r.vendor_code: r.sent_at for r in waiting if r.state in WITH_WB and r.sent_at}
    codes = {record.vendor_code for record in waiting}
    recent = [sent for record in waiting if (sent := record.sent_at or record.planned_at) > at - RECENT]
    steps: tuple[tuple[object, Callable[[], None]], ...] = (
        (sent_at, lambda: _read_errors(asking, sent_at, news)),
        (recent and len(waiting) > FEW, lambda: _read_changed(asking.wb, codes, min(recent) - CLOCKS_DIFFER, news)),
        (waiting, lambda: _look_for(asking.wb, waiting, news, at=at)),
    )
    for wanted, step in steps:
        try:
            if wanted:
                step()
        except TryLater as error:
            logger.warning("WB was not read to the end", reason=str(error))
    return news


def _read_errors(asking: _Asking, sent_at: Mapping[str, datetime], news: _News) -> None:
    """The longest ago first: what is settled now need not be read by the next run, however much there is."""
    cursor = wb_cards.errors_since(min(sent_at.values()) - CLOCKS_DIFFER)
    while cursor.next:
        try:
            found, cursor = asking.errors(cursor)
        except Rejected as error:
            if not cursor.updated_at or cursor.batch_uuid:
                raise
            logger.warning("WB takes no moment to begin with", reason=error.reason)
            cursor = ErrorsCursor(next=True)
            continue
        for one in found:
            sent = sent_at.get(one.vendor_code)
            if sent and one.updated_at >= sent - CLOCKS_DIFFER:
                news.messages.setdefault(one.vendor_code, []).extend(one.messages)
        news.errors_until = max([news.errors_until, *(one.updated_at for one in found)])
    news.errors_until = _ALWAYS


def _read_changed(wb: WbClient, wanted: Collection[str], since: datetime, news: _News) -> None:
    for card in wb_cards.read_changed(wb, since=since):
        if card.content.vendor_code in wanted:
            news.standing[card.content.vendor_code] = card


def _look_for(wb: WbClient, waiting: Sequence[CardRecord], news: _News, *, at: datetime) -> None:
    """Ask for the cards themselves: all when there are few, else those that should have come long ago."""
    missing = [r for r in waiting if r.vendor_code not in news.standing and r.vendor_code not in news.messages]
    if len(waiting) > FEW:
        missing = [r for r in missing if _waits_for(r, WB_TAKES, at) or r.state not in WITH_WB]
    for record in sorted(missing, key=lambda record: record.state not in WITH_WB)[:MOST_LOOKED_UP]:
        for card in wb_cards.search(wb, record.vendor_code):
            news.standing[card.content.vendor_code] = card
        news.looked_for.add(record.vendor_code)


def _waits_for(record: CardRecord, how_long: timedelta, at: datetime) -> bool:
    return record.state in WITH_WB and record.sent_at is not None and at - record.sent_at >= how_long


def _verdict(record: CardRecord, news: _News, *, at: datetime) -> _Verdict:
    """Whether a card is accepted, refused, given up, or still waits."""
    found = news.standing.get(record.vendor_code)
    looked_for = record.vendor_code in news.looked_for
    if record.state not in WITH_WB:
        gone = looked_for and not found
        return _Verdict(CardState.ACCEPTED if found or gone else None, standing=found, problems=record.problems)
    notes = tuple(problem for problem in record.card.problems if not problem.blocks)
    lacks = unlike(found.content, record.card.content) if found else ()
    if found and not lacks:
        return _Verdict(CardState.ACCEPTED, found, notes)
    if said := news.messages.get(record.vendor_code):
        problems = (explained(message, record.card) for message in dict.fromkeys(said))
        return _Verdict(CardState.REFUSED, problems=tuple(problems))
    if not _is_given_up(record, news, at):
        return _Verdict()
    silent = CardProblem(ProblemKind.NOT_ACCEPTED, detail=", ".join(lacks), blocks=False)
    if found:  # WB made it otherwise, or staff has changed it since: it stands, and what it owes is to be paid
        return _Verdict(CardState.ACCEPTED, found, (silent, *notes))
    # Not refused either: a later plan may send it again.
    return _Verdict(CardState.SILENT, problems=(silent,)) if looked_for else _Verdict()


def _is_given_up(record: CardRecord, news: _News, at: datetime) -> bool:
    if not record.sent_at or not _waits_for(record, WB_TAKES, at):
        return False
    return news.errors_until >= record.sent_at + WB_TAKES or _waits_for(record, GIVEN_UP, at)


def _refuse(record: CardRecord, verdict: _Verdict, cards: CardsStore) -> None:
    cards.refuse(record.card, record.planned_at, verdict.problems, state=verdict.state or CardState.REFUSED)
    logger.warning(
        "WB did not take a card",
        vendor_code=record.vendor_code,
        product=record.card.product_id,
        reasons=[f"{problem.kind}: {problem.target} {problem.detail}" for problem in verdict.problems],
    )
