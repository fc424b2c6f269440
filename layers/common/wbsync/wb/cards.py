"""Cards of the seller as wbsync asks for and sends them (WB facts §2)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched

from wbsync.domain.cards import PlannedCard, Standing
from wbsync.domain.ids import Barcode, NmId, SubjectId
from wbsync.errors import Rejected
from wbsync.wb.card_wire import (
    AddedCards,
    BarcodesAsk,
    CardErrorsAsk,
    CardUpdate,
    ErrorsCursor,
    MediaLinks,
    NewCard,
    NewGroup,
    StrangeCard,
    refused_cards,
    standing,
)
from wbsync.wb.client import WbClient
from wbsync.wb.operations import (
    BARCODES,
    CARDS_ERRORS,
    CARDS_LIMITS,
    CARDS_READ,
    CARDS_UPDATE,
    CARDS_UPLOAD,
    CARDS_UPLOAD_ADD,
    MEDIA_BY_LINKS,
)
from wbsync.wb.wire import CardsAsk, CardsCursor

PAGE = 100
BARCODES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class CardError:
    """WB's words about a card that it did not make or change."""

    vendor_code: str
    updated_at: datetime
    messages: tuple[str, ...]


# Sending. WB takes a whole request or refuses it; what becomes of its cards is told later.


def create(wb: WbClient, groups: Iterable[Sequence[PlannedCard]]) -> None:
    """Make new cards; those of a group become one with variants. Raises as WbClient.call."""
    body = [
        NewGroup(subject_id=group[0].subject_id, variants=tuple(NewCard.of(card.content) for card in group))
        for group in groups
    ]
    wb.call(CARDS_UPLOAD, body=body)


def add(wb: WbClient, cards: Sequence[PlannedCard]) -> None:
    """Make new cards in the group that the first one names. Raises as WbClient.call."""
    imt_id = cards[0].imt_id
    if imt_id is None or any(card.imt_id != imt_id for card in cards):
        raise ValueError("cards are added to one group")
    wb.call(
        CARDS_UPLOAD_ADD,
        body=AddedCards(imt_id=imt_id, cards_to_add=tuple(NewCard.of(card.content) for card in cards)),
    )


def update(wb: WbClient, cards: Sequence[PlannedCard]) -> None:
    """Overwrite cards that stand. Raises as WbClient.call."""
    wb.call(CARDS_UPDATE, body=[CardUpdate.of(card.before.nm_id, card.content) for card in cards if card.before])


def named_in(error: Rejected, cards: Sequence[PlannedCard]) -> dict[str, str]:
    """The cards that a refusal names: vendorCode → WB's words."""
    return refused_cards(error, [card.vendor_code for card in cards])


def new_barcodes(wb: WbClient, count: int) -> list[Barcode]:
    """Barcodes that no other thing has. Raises as WbClient.call."""
    pieces = [len(piece) for piece in batched(range(count), BARCODES_AT_ONCE, strict=False)]
    made = [barcode for piece in pieces for barcode in wb.call(BARCODES, body=BarcodesAsk(count=piece)).data]
    if len(made) < count:
        raise Rejected(f"barcodes: WB made {len(made)} of {count}", status=200)
    return made


def save_media(wb: WbClient, nm_id: NmId, links: Sequence[str]) -> None:
    """Replace all pictures and the video of a card. Raises as WbClient.call."""
    wb.call(MEDIA_BY_LINKS, body=MediaLinks(nm_id=nm_id, data=tuple(links)))


# Reading


def search(wb: WbClient, vendor_code: str) -> list[Standing]:
    """The cards of this vendorCode: WB's search finds more than that."""
    answer = wb.call(CARDS_READ, body=CardsAsk.after(limit=PAGE, search=vendor_code))
    return [standing(card) for card in answer.cards if card.vendor_code == vendor_code]


def read_changed(wb: WbClient, *, since: datetime) -> Iterator[Standing]:
    """All cards that changed since, the longest ago first."""
    return _readable(_pages(wb, CardsCursor(updated_at=_stamp(since), nm_id=0)))


def read_all(wb: WbClient, *, subjects: Collection[SubjectId] = ()) -> Iterator[Standing]:
    """All cards of these subjects; of all, without."""
    return _readable(_pages(wb, None, subjects=subjects))


def read_whole(wb: WbClient) -> Iterator[Standing | StrangeCard]:
    """All cards, those too that cannot be read: they stand, and have their vendorCodes."""
    return _pages(wb, None)


def most_cards(wb: WbClient) -> int:
    """How many cards the seller may have, those in the trash included. Raises as WbClient.call."""
    return wb.call(CARDS_LIMITS).most


def _readable(cards: Iterable[Standing | StrangeCard]) -> Iterator[Standing]:
    return (card for card in cards if isinstance(card, Standing))


def _pages(
    wb: WbClient, cursor: CardsCursor | None, *, subjects: Collection[SubjectId] = ()
) -> Iterator[Standing | StrangeCard]:
    total = PAGE
    while total >= PAGE:
        answer = wb.call(CARDS_READ, body=CardsAsk.after(cursor, limit=PAGE, subjects=sorted(subjects)))
        yield from map(standing, answer.cards)
        yield from answer.strange
        cursor, total = answer.cursor, answer.cursor.total


def errors_since(moment: datetime) -> ErrorsCursor:
    """Where to begin with `read_errors`: WB keeps an error until the card is sent again, so the list is long."""
    return ErrorsCursor(next=True, updated_at=_stamp(moment))


def read_errors(wb: WbClient, cursor: ErrorsCursor) -> tuple[list[CardError], ErrorsCursor]:
    """A page of cards that WB did not make or change, the longest ago first, and where the next one begins.

    Raises as WbClient.call.
    """
    answer = wb.call(CARDS_ERRORS, body=CardErrorsAsk.after(cursor, limit=PAGE))
    found = [
        CardError(code, batch.updated_at, messages)
        for batch in answer.batches
        for code, messages in batch.errors.items()
    ]
    return found, answer.cursor


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
