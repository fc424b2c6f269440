"""Which offer is which size: joined by barcode, duplicates listed, never guessed."""

from wbsync.domain.ids import Barcode, ChrtId, NmId, OfferId
from wbsync.domain.links import (
    CardSize,
    Link,
    Problem,
    Seen,
    ShopOffer,
    link_problems,
    merged,
    offer_of,
    problem,
    stock_links,
)


def size(chrt: int, nm: int = 1) -> CardSize:
    return CardSize(ChrtId(chrt), NmId(nm), f"art-{nm}", "M")


def offer(number: int) -> ShopOffer:
    return ShopOffer(OfferId(number), 3, f"Товар {number}")


def codes(*texts: str) -> tuple[Barcode, ...]:
    return tuple(map(Barcode, texts))


def cards(things: dict[CardSize, tuple[Barcode, ...]], *, complete: bool = False) -> Seen[CardSize]:
    return Seen(things, frozenset(s.nm_id for s in things), complete=complete)


def offers(things: dict[ShopOffer, tuple[Barcode, ...]], *, complete: bool = False) -> Seen[ShopOffer]:
    return Seen(things, frozenset(o.offer_id for o in things), complete=complete)


def links_of(*args: Link) -> dict[Barcode, Link]:
    return {link.barcode: link for link in args}


def test_the_same_barcode_on_both_sides_links_them() -> None:
    links = merged({}, cards({size(10): codes("A")}), offers({offer(7): codes("A")}))
    assert links == links_of(Link(Barcode("A"), (size(10),), (offer(7),)))
    assert stock_links(links.values()) == {ChrtId(10): offer(7)}
    assert link_problems(links.values()) == {}


def test_every_reason_for_not_linking_is_told() -> None:
    links = merged(
        {},
        cards({size(10): codes("A"), size(11): codes("A"), size(12): (), size(13): codes("B"), size(14): codes("C")}),
        offers({offer(1): codes("A"), offer(2): (), offer(3): codes("C"), offer(4): codes("C"), offer(5): codes("D")}),
    )
    assert {barcode: problem(link) for barcode, link in links.items()} == {
        "A": Problem.SEVERAL_SIZES,
        "?chrt:12": Problem.SIZE_WITHOUT_BARCODE,
        "B": Problem.NOT_IN_SHOP,
        "C": Problem.SEVERAL_OFFERS,
        "?offer:2": Problem.OFFER_WITHOUT_BARCODE,
        "D": Problem.NOT_ON_WB,
    }
    linked, problems = stock_links(links.values()), link_problems(links.values())
    assert linked == {}
    assert sum(map(len, problems.values())) == len(links)


def test_one_offer_on_two_sizes_is_not_sold_twice() -> None:
    links = merged({}, cards({size(10): codes("A"), size(11): codes("B")}), offers({offer(7): codes("A", "B")}))
    linked, problems = stock_links(links.values()), link_problems(links.values())
    assert linked == {}
    assert len(problems[Problem.OFFER_ON_SEVERAL_SIZES]) == 2


def test_one_size_of_two_offers_has_no_amount() -> None:
    links = merged({}, cards({size(10): codes("A", "B")}), offers({offer(7): codes("A"), offer(8): codes("B")}))
    linked, problems = stock_links(links.values()), link_problems(links.values())
    assert linked == {}
    assert len(problems[Problem.SIZE_OF_SEVERAL_OFFERS]) == 2


def test_several_barcodes_of_one_pair_are_one_link() -> None:
    links = merged({}, cards({size(10): codes("A", "B")}), offers({offer(7): codes("A", "B", "C")}))
    assert stock_links(links.values()) == {ChrtId(10): offer(7)}


def test_a_changed_barcode_moves_the_link() -> None:
    known = merged({}, cards({size(10): codes("A")}), offers({offer(7): codes("A")}))
    links = merged(known, cards({}), offers({offer(7): codes("B")}))
    assert links[Barcode("A")].offers == ()
    assert links[Barcode("B")] == Link(Barcode("B"), (), (offer(7),))


def test_what_was_not_read_stays_unless_the_reading_was_complete() -> None:
    known = merged({}, cards({size(10): codes("A")}), offers({offer(7): codes("A")}))
    assert merged(known, cards({}), offers({})) == known
    assert merged(known, cards({}, complete=True), offers({})) == links_of(Link(Barcode("A"), (), (offer(7),)))
    assert merged(known, cards({}, complete=True), offers({}, complete=True)) == {}


def test_an_order_finds_its_offer_only_when_its_barcodes_agree() -> None:
    links = links_of(
        Link(Barcode("A"), (), (offer(7),)),
        Link(Barcode("B"), (), (offer(8),)),
        Link(Barcode("C"), (), (offer(7), offer(8))),
    )
    assert offer_of(codes("A", "X"), links) == offer(7)
    assert offer_of(codes("A", "B"), links) is None
    assert offer_of(codes("C"), links) is None
    assert offer_of(codes(), links) is None
