"""Planned cards are sent to WB, each once.

What is about to be sent is written down first. When WB's answer gets lost nothing is sent again: confirm_cards looks
whether WB has it. A card that WB refuses does not hold back the others of its request.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from wbsync.domain.card_errors import explained
from wbsync.domain.cards import CardState, PlannedCard, Size, Step
from wbsync.domain.ids import Barcode, OfferId
from wbsync.errors import NotAuthorised, Rejected, SyncError, TryLater
from wbsync.messages import CardChanges
from wbsync.stores.cards import CardRecord, CardsStore, Owed
from wbsync.stores.queues import Queue
from wbsync.telemetry import Outcome, Report, logger
from wbsync.wb import cards as wb_cards
from wbsync.wb.client import WbClient

_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one request's cards."""

    sent: int = 0
    refused: int = 0
    doubtful: int = 0  # WB's answer got lost
    overtaken: int = 0  # by a newer plan, or WB still works on the card
    again: tuple[tuple[PlannedCard, ...], ...] = ()  # certainly not with WB: each to be a request of its own

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(
            self.sent + other.sent,
            self.refused + other.refused,
            self.doubtful + other.doubtful,
            self.overtaken + other.overtaken,
            self.again + other.again,
        )


def run(
    messages: Sequence[CardChanges],
    *,
    wb: WbClient,
    cards: CardsStore,
    queue: Queue[CardChanges],
    now: Callable[[], datetime],
    deadline: datetime,
) -> tuple[Outcome, Report]:
    """Send each message's cards as one request."""
    outcome: list[SyncError | None] = []
    total = Sent()
    for message in messages:
        try:
            if now() >= deadline:
                raise TryLater("upload_cards: no time left in this run", wait=1)
            sent = send(message.cards, message.planned_at, wb=wb, cards=cards, now=now)
            queue.send(CardChanges(planned_at=message.planned_at, cards=piece) for piece in sent.again)
        except SyncError as error:
            outcome.append(error)
        else:
            outcome.append(None)
            total += sent
    return outcome, {
        "CardsSent": total.sent,
        "CardsRefused": total.refused,
        "CardsDoubtful": total.doubtful,
        "CardsOvertaken": total.overtaken,
    }


def send(
    planned: Sequence[PlannedCard],
    planned_at: datetime,
    *,
    wb: WbClient,
    cards: CardsStore,
    now: Callable[[], datetime],
) -> Sent:
    """Send the cards of one request, all of one step: CREATE, UPDATE, or ADD_VARIANT to one group.

    Raises TryLater and NotAuthorised when certainly nothing reached WB.
    """
    made = list(_with_barcodes(planned, cards.get(card.vendor_code for card in planned), wb=wb))
    at = now()
    begun = _begin(made, planned_at, cards=cards, at=at)
    overtaken = Sent(overtaken=len(planned) - len(begun))
    if not begun:
        return overtaken
    try:
        _ask(wb, begun)
    except NotAuthorised:
        cards.release(begun, at=at)
        raise
    except Rejected as error:
        if error.status in _OK and error.body is None:  # an answer that we cannot read is no refusal
            return overtaken + _doubtful(begun, error)
        return overtaken + _refused(begun, error, planned_at, cards=cards, at=at)
    except TryLater as error:
        if getattr(error, "maybe_done", False):
            return overtaken + _doubtful(begun, error)
        cards.release(begun, at=at)
        raise
    cards.sent(begun, at=at)
    return overtaken + Sent(sent=len(begun))


def _begin(
    made: Sequence[tuple[PlannedCard, Owed]], planned_at: datetime, *, cards: CardsStore, at: datetime
) -> list[PlannedCard]:
    """Those of the cards that are to be sent now. Raises Unavailable, and then none is begun, as far as AWS obeys."""
    begun: list[PlannedCard] = []
    try:
        for card, due in made:
            if cards.begin(card, planned_at, at=at, barcodes_due=due):
                begun.append(card)
    except SyncError:
        with suppress(SyncError):
            cards.release(begun, at=at)
        raise
    return begun


def _ask(wb: WbClient, begun: Sequence[PlannedCard]) -> None:
    match begun[0].step:
        case Step.CREATE:
            wb_cards.create(wb, _groups(begun))
        case Step.ADD_VARIANT:
            wb_cards.add(wb, begun)
        case Step.UPDATE:
            wb_cards.update(wb, begun)
        case step:
            raise ValueError(f"a card whose step is {step} is not to be sent")


def _groups(cards: Sequence[PlannedCard]) -> list[tuple[PlannedCard, ...]]:
    """The cards of each product together: they become one group on WB."""
    return [tuple(group) for _, group in groupby(cards, key=lambda card: (card.product_id, card.subject_id))]


def _doubtful(begun: Sequence[PlannedCard], error: SyncError) -> Sent:
    logger.warning("WB's answer about cards got lost", cards=len(begun), reason=str(error))
    return Sent(doubtful=len(begun))


def _refused(
    begun: Sequence[PlannedCard], error: Rejected, planned_at: datetime, *, cards: CardsStore, at: datetime
) -> Sent:
    """Set aside the cards that WB names; when it names none, find them by halving. A group is not torn apart."""
    named = wb_cards.named_in(error, begun)
    whole_groups = _groups(begun)
    if not named and (len(whole_groups) == 1 or begun[0].step is Step.ADD_VARIANT):
        named = {card.vendor_code: error.reason for card in begun}
    refused = [card for card in begun if card.vendor_code in named]
    for card in refused:
        cards.refuse(card, planned_at, [explained(named[card.vendor_code], card)], state=CardState.REFUSED)
        logger.warning(
            "WB refused a card",
            vendor_code=card.vendor_code,
            product=card.product_id,
            reason=named[card.vendor_code],
        )
    left = [card for card in begun if card.vendor_code not in named]
    cards.release(left, at=at)
    return Sent(refused=len(refused), again=tuple(_pieces(left, whole=bool(named))))


def _pieces(left: Sequence[PlannedCard], *, whole: bool) -> Iterator[tuple[PlannedCard, ...]]:
    if not left:
        return
    groups = _groups(left)
    half = len(groups) if whole else len(groups) // 2
    for piece in (groups[:half], groups[half:]):
        if piece:
            yield tuple(card for group in piece for card in group)


def _with_barcodes(
    planned: Sequence[PlannedCard], known: Mapping[str, CardRecord], *, wb: WbClient
) -> Iterator[tuple[PlannedCard, Owed]]:
    """Each card with a barcode for every size, and those of them that the shop does not know yet.

    Barcodes that were made for an earlier try are used again.
    """
    kept = {code: _offers_barcodes(record) for code, record in known.items()}
    lacking = [
        (card.vendor_code, size.offer_id)
        for card in planned
        for size in card.content.sizes
        if not size.barcodes and size.offer_id and size.offer_id not in kept.get(card.vendor_code, {})
    ]
    new = dict(zip(lacking, wb_cards.new_barcodes(wb, len(lacking)), strict=True)) if lacking else {}
    for card in planned:
        offers = [size.offer_id for size in card.content.sizes if size.offer_id]
        made = {offer: new[card.vendor_code, offer] for offer in offers if (card.vendor_code, offer) in new}
        yield _filled(card, kept.get(card.vendor_code, {}) | made)


def _offers_barcodes(record: CardRecord) -> dict[OfferId, Barcode]:
    """Barcodes that were made for the offers of a card."""
    return {offer: barcode for offer, (_, barcode) in record.barcodes_due.items()}


def _filled(card: PlannedCard, own: Mapping[OfferId, Barcode]) -> tuple[PlannedCard, Owed]:
    """`own`: by offer, the barcode that was made for it, which WB may have already and the shop not yet."""
    due: dict[OfferId, tuple[int, Barcode]] = {}
    sizes: list[Size] = []
    for size in card.content.sizes:
        made = own.get(size.offer_id) if size.offer_id else None
        if size.offer_id is None or made is None or (size.barcodes and made not in size.barcodes):
            sizes.append(size)
        else:
            due[size.offer_id] = (size.iblock_id, made)
            sizes.append(replace(size, barcodes=size.barcodes or (made,)))
    return replace(card, content=replace(card.content, sizes=tuple(sizes))), due
