"""Which shop offer is which WB size: joined by barcode and by nothing else.

A link is kept per barcode with everything both sides say about it, so that a duplicate is seen as one and listed,
never guessed. Things without a barcode get a key of their own (`?offer:7`, `?chrt:9`), so that they are listed too.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from wbsync.domain.ids import Barcode, ChrtId, NmId, OfferId
from wbsync.domain.shop import Fbo


@dataclass(frozen=True, slots=True, order=True)
class CardSize:
    """A size of a WB card."""

    chrt_id: ChrtId
    nm_id: NmId
    vendor_code: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True, order=True)
class ShopOffer:
    """An offer, or a simple product, of the shop."""

    offer_id: OfferId
    iblock_id: int
    name: str = ""
    fbo: bool = False  # marked in the shop as sold from WB's own warehouses


@dataclass(frozen=True, slots=True)
class Link:
    """All that both sides say about one barcode."""

    barcode: Barcode
    sizes: tuple[CardSize, ...] = ()
    offers: tuple[ShopOffer, ...] = ()


class Problem(StrEnum):
    """Why a barcode, an offer or a size is not linked; texts.py says it in Russian."""

    OFFER_WITHOUT_BARCODE = "offer_without_barcode"
    SIZE_WITHOUT_BARCODE = "size_without_barcode"
    SEVERAL_OFFERS = "several_offers"
    SEVERAL_SIZES = "several_sizes"
    NOT_ON_WB = "not_on_wb"
    NOT_IN_SHOP = "not_in_shop"
    # Linked, so orders are placed; but the amount cannot be split, so no stock is sent:
    OFFER_ON_SEVERAL_SIZES = "offer_on_several_sizes"
    SIZE_OF_SEVERAL_OFFERS = "size_of_several_offers"


def problem(link: Link) -> Problem | None:
    """The reason why this barcode alone does not tell which offer is which size, if there is one."""
    if link.barcode.startswith("?"):
        return Problem.OFFER_WITHOUT_BARCODE if link.offers else Problem.SIZE_WITHOUT_BARCODE
    if len(link.offers) > 1:
        return Problem.SEVERAL_OFFERS
    if len(link.sizes) > 1:
        return Problem.SEVERAL_SIZES
    if not link.sizes:
        return Problem.NOT_ON_WB
    return None if link.offers else Problem.NOT_IN_SHOP


def offer_of(barcodes: Iterable[Barcode], links: Mapping[Barcode, Link]) -> ShopOffer | None:
    """The one offer that an order's barcodes name; None when they name none or more than one."""
    named = {link.offers[0] for b in barcodes if (link := links.get(b)) and len(link.offers) == 1}
    return named.pop() if len(named) == 1 else None


@dataclass(slots=True)
class _Pairs:
    """Sizes with their offers, and those of either that stand in more than one pair."""

    offer_of: dict[ChrtId, ShopOffer] = field(default_factory=dict)
    size_of: dict[OfferId, ChrtId] = field(default_factory=dict)
    several_offers: set[ChrtId] = field(default_factory=set)
    several_sizes: set[OfferId] = field(default_factory=set)

    def add(self, size: CardSize, offer: ShopOffer) -> None:
        if self.offer_of.setdefault(size.chrt_id, offer).offer_id != offer.offer_id:
            self.several_offers.add(size.chrt_id)
        if self.size_of.setdefault(offer.offer_id, size.chrt_id) != size.chrt_id:
            self.several_sizes.add(offer.offer_id)

    def problem(self, link: Link) -> Problem | None:
        if link.sizes[0].chrt_id in self.several_offers:
            return Problem.SIZE_OF_SEVERAL_OFFERS
        return Problem.OFFER_ON_SEVERAL_SIZES if link.offers[0].offer_id in self.several_sizes else None


def stock_links(links: Iterable[Link]) -> dict[ChrtId, ShopOffer]:
    """Sizes whose stock can be told. Keeps none of the links, since a large shop has a million.

    One offer on two sizes would be sold twice, and one size of two offers has no one amount: both are left out.
    """
    pairs = _pairs(links)
    return {
        chrt_id: offer
        for chrt_id, offer in pairs.offer_of.items()
        if chrt_id not in pairs.several_offers and offer.offer_id not in pairs.several_sizes
    }


def sold_by_wb(links: Iterable[Link], fbo: Fbo) -> dict[ShopOffer, set[ChrtId]]:
    """Offers that are sold from WB's own warehouses, with all their sizes."""
    sizes: defaultdict[ShopOffer, set[ChrtId]] = defaultdict(set)
    for link in links:
        if problem(link) is None and is_fbo(link.offers[0], fbo):
            sizes[link.offers[0]].add(link.sizes[0].chrt_id)
    return dict(sizes)


def is_fbo(offer: ShopOffer, fbo: Fbo) -> bool:
    """Whether an offer's stock is WB's, so that nothing is to be told of it."""
    return offer.fbo or offer.offer_id in fbo.offers


def link_problems(links: Collection[Link]) -> dict[Problem, list[Link]]:
    """All links that `stock_links` leaves out, by reason."""
    pairs = _pairs(links)
    problems: defaultdict[Problem, list[Link]] = defaultdict(list)
    for link in links:
        if reason := problem(link) or pairs.problem(link):
            problems[reason].append(link)
    return dict(problems)


def _pairs(links: Iterable[Link]) -> _Pairs:
    pairs = _Pairs()
    for link in links:
        if problem(link) is None:
            pairs.add(link.sizes[0], link.offers[0])
    return pairs


@dataclass(frozen=True, slots=True)
class Seen[Thing]:
    """What one side said in this run: every changed thing with its barcodes.

    `complete` means that it was the whole side, so that what is missing is gone.
    """

    things: Mapping[Thing, tuple[Barcode, ...]]
    touched: frozenset[int]  # nmIDs or offer ids that were read, so that their old barcodes can be dropped
    complete: bool


def merged(known: Mapping[Barcode, Link], cards: Seen[CardSize], offers: Seen[ShopOffer]) -> dict[Barcode, Link]:
    """The links after this run; those that say nothing any more are left out."""
    sizes_by_barcode = _by_barcode(cards.things, lambda size: f"?chrt:{size.chrt_id}")
    offers_by_barcode = _by_barcode(offers.things, lambda offer: f"?offer:{offer.offer_id}")
    result: dict[Barcode, Link] = {}
    for barcode in known.keys() | sizes_by_barcode.keys() | offers_by_barcode.keys():
        old = known.get(barcode) or Link(barcode)
        kept_sizes = [] if cards.complete else [s for s in old.sizes if s.nm_id not in cards.touched]
        kept_offers = [] if offers.complete else [o for o in old.offers if o.offer_id not in offers.touched]
        new = replace(
            old,
            sizes=tuple(sorted({*kept_sizes, *sizes_by_barcode.get(barcode, ())})),
            offers=tuple(sorted({*kept_offers, *offers_by_barcode.get(barcode, ())})),
        )
        if new.sizes or new.offers:
            result[barcode] = new
    return result


def _by_barcode[Thing](
    things: Mapping[Thing, tuple[Barcode, ...]], own_key: Callable[[Thing], str]
) -> dict[Barcode, list[Thing]]:
    by_barcode: defaultdict[Barcode, list[Thing]] = defaultdict(list)
    for thing, barcodes in things.items():
        for barcode in barcodes or (Barcode(own_key(thing)),):
            by_barcode[barcode].append(thing)
    return dict(by_barcode)
