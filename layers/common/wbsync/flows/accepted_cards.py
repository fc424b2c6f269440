"""What follows from a card that WB has accepted: links, barcodes in the shop, pictures on WB."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.products import write_barcodes
from wbsync.domain.card_difference import pictures_hashed
from wbsync.domain.cards import CardProblem, ProblemKind, Standing
from wbsync.domain.ids import Barcode, OfferId
from wbsync.domain.links import CardSize, Link, Seen, ShopOffer, merged
from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, Rejected, SyncError, TryLater
from wbsync.flows.card_pictures import checked
from wbsync.stores.cards import CardRecord, CardsStore, Owed
from wbsync.stores.links import LinksStore
from wbsync.telemetry import logger
from wbsync.wb import cards as wb_cards
from wbsync.wb.client import WbClient

WB_FETCHES = timedelta(minutes=30)
"""After so long without pictures WB has not taken them: it answers the same when it does not (WB facts §2, media)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A card as it was sent and as it stands, and what is to be told of it."""

    record: CardRecord
    standing: Standing
    problems: tuple[CardProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Where the consequences of accepted cards go."""

    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    cards: CardsStore
    links: LinksStore
    now: Callable[[], datetime]
    deadline: datetime

    def follow(self, accepted: Sequence[Accepted]) -> Counter[str]:
        """Settle what accepted cards bring with them; what fails is tried again by the next run."""
        counts: Counter[str] = Counter()
        learn(accepted, self.links)
        notes: dict[str, list[CardProblem]] = {}
        for one in accepted:
            record = one.record
            notes[record.vendor_code] = list(one.problems)
            self.cards.accept(record.card, record.planned_at, (one.standing.nm_id, one.standing.imt_id), one.problems)
        owing = self._write_barcodes([one.record for one in accepted], notes, counts)
        for one in accepted:
            if self.now() >= self.deadline:
                break
            record, told = one.record, notes[one.record.vendor_code]
            done = self._pictures_done(one, told, counts)
            if tuple(told) != one.problems:
                self.cards.explain(record.card, record.planned_at, tuple(dict.fromkeys(told)))
            if done and record.vendor_code not in owing:
                self.cards.close(record.card, record.planned_at)
        return counts

    # Barcodes

    def _write_barcodes(
        self, records: Sequence[CardRecord], notes: Mapping[str, list[CardProblem]], counts: Counter[str]
    ) -> set[str]:
        """Write the barcodes that WB made into the shop; the vendorCodes of cards that still owe some.

        What the shop will never take is told, and not tried again.
        """
        owing = [record for record in records if record.barcodes_due]
        try:
            outcome = self._written({offer: owed for record in owing for offer, owed in record.barcodes_due.items()})
        except TryLater as error:
            logger.warning("barcodes are not in the shop yet", reason=str(error))
            return {record.vendor_code for record in owing}
        left_over: set[str] = set()
        for record in owing:
            due = record.barcodes_due
            left = {offer: owed for offer, owed in due.items() if isinstance(outcome.get(offer), _MENDS_ITSELF)}
            refused = {o: e for o in due if isinstance(e := outcome.get(o), Rejected) and o not in left}
            notes[record.vendor_code] += [_not_written(o, due[o][1], error) for o, error in refused.items()]
            counts["BarcodesWritten"] += len(due) - len(left) - len(refused)
            self.cards.barcodes_written(record.card, record.planned_at, left=left)
            left_over |= {record.vendor_code} if left else set()
        return left_over

    def _written(self, due: Owed) -> Mapping[OfferId, SyncError | None]:
        try:
            return write_barcodes(self.bitrix, self.shop.catalog, due) if due else {}
        except NotAuthorised:
            raise
        except Rejected as error:
            return dict.fromkeys(due, error)

    # Pictures

    def _pictures_done(self, one: Accepted, notes: list[CardProblem], counts: Counter[str]) -> bool:
        """Tell WB the pictures that are fit for it, unless it has them; False when that has to be tried again."""
        if not self._pictures_wanted(one):
            return True
        record, pictures_hash = one.record, pictures_hashed(one.record.card.pictures)
        told = record.pictures_hash == pictures_hash
        if told and record.pictures_at:
            done = self._pictures_taken(one, record.pictures_at, notes)
        elif one.standing.video:
            notes.append(_pictures_problem(ProblemKind.VIDEO_KEPT))
            done = True
        else:
            done = bool(told and one.standing.photos) or self._tell_pictures(one, notes, counts)
        if done:
            self.cards.pictures_done(record.card, record.planned_at, pictures_hash)
        return done

    def _pictures_taken(self, one: Accepted, told_at: datetime, notes: list[CardProblem]) -> bool:
        """Whether WB shows what it was told, or has had its time."""
        seen, told = one.standing.photos, one.record.pictures_count
        if seen == told:
            return True
        if self.now() - told_at < WB_FETCHES:
            return False
        notes.append(_pictures_problem(ProblemKind.PICTURES_NOT_TAKEN, f"{seen} / {told}"))
        return True

    def _tell_pictures(self, one: Accepted, notes: list[CardProblem], counts: Counter[str]) -> bool:
        """True when none of them is for WB; else they have to be seen there, or told again."""
        record = one.record
        try:
            found = checked(self.bitrix, record.card.pictures, in_time=lambda: self.now() < self.deadline)
            if found.fit:
                wb_cards.save_media(self.wb, one.standing.nm_id, found.fit)
        except TryLater as error:
            logger.warning("pictures are told later", vendor_code=record.vendor_code, reason=str(error))
            return False
        except NotAuthorised:
            raise
        except Rejected as error:
            notes.append(_pictures_problem(ProblemKind.PICTURE_UNREADABLE, error.reason))
            return True
        notes += found.problems
        if not found.fit:
            return True
        counts["PicturesTold"] += len(found.fit)
        self.cards.pictures_told(
            record.card,
            record.planned_at,
            pictures_hashed(record.card.pictures),
            count=len(found.fit),
            at=self.now(),
        )
        return False

    def _pictures_wanted(self, one: Accepted) -> bool:
        """Pictures that staff put on a card in WB's cabinet are theirs, unless the configuration says otherwise."""
        settings, record = self.shop.cards, one.record
        theirs = one.standing.photos and not record.pictures_hash and not settings.replace_pictures
        return bool(record.pictures_due and record.card.pictures and settings.pictures and not theirs)


_MENDS_ITSELF = (TryLater, NotAuthorised)


def _not_written(offer: OfferId, barcode: Barcode, error: Rejected) -> CardProblem:
    logger.warning("the shop did not take a barcode", offer=offer, reason=error.reason)
    return CardProblem(
        ProblemKind.BARCODE_NOT_WRITTEN, "barcode", value=barcode, detail=error.reason, offer_id=offer, blocks=False
    )


def _pictures_problem(kind: ProblemKind, detail: str = "") -> CardProblem:
    return CardProblem(kind, "pictures", "pictures", detail=detail, blocks=False)


def learn(accepted: Sequence[Accepted], links: LinksStore) -> None:
    """Add the sizes of accepted cards to the links."""
    sizes = {key: barcodes for one in accepted for key, barcodes in _card_sizes(one.standing)}
    offers = {offer: barcodes for one in accepted for offer, barcodes in _offers(one.record)}
    if not sizes:
        return
    keys = {barcode for barcodes in sizes.values() for barcode in barcodes}
    keys |= {barcode for _, barcodes in offers.values() for barcode in barcodes}
    known = links.get([*sorted(keys), *(Barcode(f"?offer:{offer}") for offer in offers)])
    told = {offer.offer_id: offer for link in known.values() for offer in link.offers}
    # What link_cards knows of an offer (its name, whether WB's own warehouses sell it) is not told by a card.
    things = {
        told.get(offer_id, ShopOffer(offer_id, iblock)): barcodes for offer_id, (iblock, barcodes) in offers.items()
    }
    after = merged(
        known,
        Seen(sizes, frozenset(size.nm_id for size in sizes), complete=False),
        Seen(things, frozenset(offers), complete=False),
    )
    changed: list[Link] = [link for barcode, link in after.items() if known.get(barcode) != link]
    links.save(changed, delete=known.keys() - after.keys())


def _card_sizes(standing: Standing) -> Iterator[tuple[CardSize, tuple[Barcode, ...]]]:
    for size in standing.content.sizes:
        if size.chrt_id:
            key = CardSize(size.chrt_id, standing.nm_id, standing.content.vendor_code, size.tech_size)
            yield key, size.barcodes


def _offers(record: CardRecord) -> Iterator[tuple[OfferId, tuple[int, tuple[Barcode, ...]]]]:
    """With the barcodes that the shop is still to get."""
    for size in record.card.content.sizes:
        if size.offer_id:
            due = record.barcodes_due.get(size.offer_id)
            made = (due[1],) if due and due[1] not in size.barcodes else ()
            yield size.offer_id, (size.iblock_id, (*size.barcodes, *made))
