"""What became of the cards that were sent: each is read back, or WB's reason is kept.

A card counts as accepted when it stands on WB as it was sent; see `accepted_cards` for what follows from that. WB takes
up to half an hour to make one (WB facts §2).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wbsync.bitrix.client import BitrixClient
from wbsync.domain.card_difference import unlike
from wbsync.domain.card_errors import explained
from wbsync.domain.cards import WITH_WB, CardProblem, CardState, ProblemKind, Standing
from wbsync.domain.shop import Shop
from wbsync.errors import TryLater
from wbsync.flows.accepted_cards import Accepted, Aftermath
from wbsync.stores.cards import CardRecord, CardsStore
from wbsync.stores.links import LinksStore
from wbsync.telemetry import Report, logger
from wbsync.wb import cards as wb_cards
from wbsync.wb.client import WbClient

WB_TAKES = timedelta(minutes=30)
"""After so long without a card and without an error WB has not taken it (WB facts §2)."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""WB's stamps may be behind ours by so much."""

FEW = 20
"""So many cards are looked up one by one; more are read as all that changed since they were sent."""


@dataclass(slots=True)
class _News:
    """What WB has told of the cards that wait, as far as the seller's limit let us ask."""

    standing: dict[str, Standing] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)  # by vendorCode
    errors_read: bool = False  # to the end
    looked_for: set[str] = field(default_factory=set)  # vendorCodes that were asked for by themselves


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of a card; no state: it still waits."""

    state: CardState | None = None
    standing: Standing | None = None
    problems: tuple[CardProblem, ...] = ()


_COUNTED = {
    None: "CardsWaiting",
    CardState.ACCEPTED: "CardsAccepted",
    CardState.REFUSED: "CardsRefused",
    CardState.SILENT: "CardsRefused",
}


def run(
    *,
    wb: WbClient,
    bitrix: BitrixClient,
    shop: Shop,
    cards: CardsStore,
    links: LinksStore,
    now: Callable[[], datetime],
    deadline: datetime,
) -> Report:
    """Settle every card that WB has an answer for, and pay what accepted ones owe."""
    waiting = sorted(cards.open(), key=lambda record: (record.sent_at or record.planned_at, record.vendor_code))
    news = _ask(wb, waiting, at=now())
    accepted: list[Accepted] = []
    counts: Counter[str] = Counter(CardsAccepted=0, CardsRefused=0, CardsWaiting=0)
    for record in waiting:
        verdict = _verdict(record, news, at=now())
        if verdict.standing:
            accepted.append(Accepted(record, verdict.standing))
        elif verdict.state:
            _refuse(record, verdict, cards)
        counts[_COUNTED[verdict.state]] += record.state in WITH_WB
    after = Aftermath(wb, bitrix, shop, cards, links)
    return dict(counts + after.follow(accepted, now=now, deadline=deadline)) | {"CardsWaiting": counts["CardsWaiting"]}


def _ask(wb: WbClient, waiting: Sequence[CardRecord], *, at: datetime) -> _News:
    news = _News()
    sent_at = {r.vendor_code: r.sent_at for r in waiting if r.state in WITH_WB and r.sent_at}
    try:
        if sent_at:
            _read_errors(wb, sent_at, news)
        if sent_at and len(waiting) > FEW:
            _read_changed(wb, {r.vendor_code for r in waiting}, min(sent_at.values()) - CLOCKS_DIFFER, news)
        _look_for(wb, waiting, news, at=at)
    except TryLater as error:
        logger.warning("WB was not read to the end", reason=str(error))
    return news


def _read_errors(wb: WbClient, sent_at: Mapping[str, datetime], news: _News) -> None:
    for error in wb_cards.read_errors(wb, since=min(sent_at.values()) - CLOCKS_DIFFER):
        sent = sent_at.get(error.vendor_code)
        if sent and error.updated_at >= sent - CLOCKS_DIFFER:
            news.messages.setdefault(error.vendor_code, []).extend(error.messages)
    news.errors_read = True


def _read_changed(wb: WbClient, wanted: Collection[str], since: datetime, news: _News) -> None:
    for card in wb_cards.read_changed(wb, since=since):
        if card.content.vendor_code in wanted:
            news.standing[card.content.vendor_code] = card


def _look_for(wb: WbClient, waiting: Sequence[CardRecord], news: _News, *, at: datetime) -> None:
    """Ask for the cards themselves: all when there are few, else those that should have come long ago."""
    missing = [r for r in waiting if r.vendor_code not in news.standing and r.vendor_code not in news.messages]
    if len(waiting) > FEW:
        missing = [r for r in missing if _overdue(r, at) or r.state not in WITH_WB]
    for record in missing[:FEW]:
        for card in wb_cards.search(wb, record.vendor_code):
            news.standing[card.content.vendor_code] = card
        news.looked_for.add(record.vendor_code)


def _overdue(record: CardRecord, at: datetime) -> bool:
    return record.sent_at is not None and at - record.sent_at >= WB_TAKES


def _verdict(record: CardRecord, news: _News, *, at: datetime) -> _Verdict:
    """Whether a card is accepted, refused, given up, or still waits."""
    found = news.standing.get(record.vendor_code)
    lacks = unlike(found.content, record.card.content) if found else ()
    if found and (not lacks or record.state is CardState.ACCEPTED):
        return _Verdict(CardState.ACCEPTED, standing=found)
    if record.state not in WITH_WB:
        return _Verdict()
    if said := news.messages.get(record.vendor_code):
        return _Verdict(CardState.REFUSED, problems=tuple(explained(message, record.card) for message in said))
    if news.errors_read and _overdue(record, at) and (found or record.vendor_code in news.looked_for):
        # Not accepted, but not refused either: a later plan may send it again.
        return _Verdict(CardState.SILENT, problems=(CardProblem(ProblemKind.NOT_ACCEPTED, detail=", ".join(lacks)),))
    return _Verdict()


def _refuse(record: CardRecord, verdict: _Verdict, cards: CardsStore) -> None:
    cards.refuse(record.card, verdict.problems, state=verdict.state or CardState.REFUSED)
    logger.warning(
        "WB did not take a card",
        vendor_code=record.vendor_code,
        product=record.card.product_id,
        reasons=[f"{problem.kind}: {problem.target} {problem.detail}" for problem in verdict.problems],
    )
