"""What follows from a card that WB has accepted: links, barcodes in the shop, pictures on WB."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.products import write_barcodes
from wbsync.domain.card_difference import pictures_hashed
from wbsync.domain.cards import CardProblem, PlannedCard, ProblemKind, Standing
from wbsync.domain.ids import Barcode, OfferId
from wbsync.domain.links import CardSize, Link, Seen, ShopOffer, merged
from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, Rejected, TryLater
from wbsync.flows.card_pictures import checked
from wbsync.stores.cards import CardRecord, CardsStore
from wbsync.stores.links import LinksStore
from wbsync.telemetry import logger
from wbsync.wb import cards as wb_cards
from wbsync.wb.client import WbClient


@dataclass(frozen=True, slots=True)
class Accepted:
    """A card as it was sent and as it stands."""

    record: CardRecord
    standing: Standing


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Where the consequences of accepted cards go."""

    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    cards: CardsStore
    links: LinksStore

    def follow(self, accepted: Sequence[Accepted], *, now: Callable[[], datetime], deadline: datetime) -> Counter[str]:
        """Settle what accepted cards bring with them; what fails is tried again by the next run."""
        counts: Counter[str] = Counter()
        learn(accepted, self.links)
        for one in accepted:
            self.cards.accept(one.record.card, one.standing.nm_id, one.standing.imt_id)
        owing = self._write_barcodes([one.record for one in accepted], counts)
        for one in accepted:
            if now() >= deadline:
                break
            if self._pictures_done(one, counts) and one.record.vendor_code not in owing:
                self.cards.close(one.record.card)
        return counts

    def _write_barcodes(self, records: Sequence[CardRecord], counts: Counter[str]) -> set[str]:
        """Write the barcodes that WB made into the shop; the vendorCodes of cards that still owe some."""
        owing = [record for record in records if record.barcodes_due]
        due = {offer: owed for record in owing for offer, owed in record.barcodes_due.items()}
        try:
            outcome = write_barcodes(self.bitrix, self.shop.catalog, due) if due else {}
        except TryLater as error:
            logger.warning("barcodes are not in the shop yet", reason=str(error))
            return {record.vendor_code for record in owing}
        left_over: set[str] = set()
        for record in owing:
            left = {offer: owed for offer, owed in record.barcodes_due.items() if outcome.get(offer) is not None}
            for offer in left:
                logger.warning("the shop did not take a barcode", offer=offer, reason=str(outcome[offer]))
            counts["BarcodesWritten"] += len(record.barcodes_due) - len(left)
            self.cards.barcodes_written(record.card, left=left)
            left_over |= {record.vendor_code} if left else set()
        return left_over

    def _pictures_done(self, one: Accepted, counts: Counter[str]) -> bool:
        """Tell WB the pictures that are fit for it, unless it has them; False when that has to be tried again."""
        if not self._pictures_wanted(one):
            return True
        try:
            found = checked(self.bitrix, one.record.card.pictures)
            if found.fit:
                wb_cards.save_media(self.wb, one.standing.nm_id, found.fit)
                counts["PicturesTold"] += len(found.fit)
        except TryLater as error:
            logger.warning("pictures are told later", vendor_code=one.record.vendor_code, reason=str(error))
            return False
        except NotAuthorised:
            raise
        except Rejected as error:
            refused = CardProblem(
                ProblemKind.PICTURE_UNREADABLE, "pictures", "pictures", detail=error.reason, blocks=False
            )
            found = replace(found, problems=(*found.problems, refused))
        kept = tuple(problem for problem in one.record.card.problems if not problem.blocks)
        self.cards.pictures_told(one.record.card, pictures_hashed(one.record.card.pictures), (*kept, *found.problems))
        return True

    def _pictures_wanted(self, one: Accepted) -> bool:
        """Pictures that staff put on a card in WB's cabinet are theirs, unless the configuration says otherwise."""
        settings, record = self.shop.cards, one.record
        theirs = one.standing.photos and not record.pictures_hash and not settings.replace_pictures
        known = one.standing.photos and record.pictures_hash == pictures_hashed(record.card.pictures)
        return bool(record.pictures_due and settings.pictures and not theirs and not known)


def learn(accepted: Sequence[Accepted], links: LinksStore) -> None:
    """Add the sizes of accepted cards to the links."""
    sizes = {key: barcodes for one in accepted for key, barcodes in _card_sizes(one.standing)}
    offers = {offer: barcodes for one in accepted for offer, barcodes in _offers(one.record.card)}
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


def _offers(card: PlannedCard) -> Iterator[tuple[OfferId, tuple[int, tuple[Barcode, ...]]]]:
    for size in card.content.sizes:
        if size.offer_id:
            yield size.offer_id, (size.iblock_id, size.barcodes)
