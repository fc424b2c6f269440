"""The Links table keeps what both sides say about a barcode."""

from tests.fixtures.aws import Aws
from wbsync.domain.ids import Barcode, ChrtId, NmId, OfferId
from wbsync.domain.links import CardSize, Link, ShopOffer
from wbsync.stores.links import LinksStore

LINK = Link(
    Barcode("4810000000017"),
    (CardSize(ChrtId(5_000_000_001), NmId(7), "art «1»", "42-44"),),
    (ShopOffer(OfferId(3), 4, "Платье, синее"),),
)
HALF = Link(Barcode("?offer:9"), (), (ShopOffer(OfferId(9), 4, "Без кода"),))


def test_links_come_back_as_they_were_saved(aws: Aws) -> None:
    links = LinksStore(aws.tables["LinksTable"])
    links.save([LINK, HALF])
    assert {link.barcode: link for link in links.all()} == {LINK.barcode: LINK, HALF.barcode: HALF}
    assert links.get([LINK.barcode, LINK.barcode, Barcode("unknown"), Barcode("")]) == {LINK.barcode: LINK}


def test_what_is_deleted_is_gone(aws: Aws) -> None:
    links = LinksStore(aws.tables["LinksTable"])
    links.save([LINK, HALF])
    links.save([], delete=[HALF.barcode])
    assert list(links.all()) == [LINK]


def test_many_links_are_saved_and_read(aws: Aws) -> None:
    links = LinksStore(aws.tables["LinksTable"])
    many = [Link(Barcode(f"{n:013d}"), LINK.sizes, LINK.offers) for n in range(260)]
    links.save(many)
    assert len(list(links.all())) == 260
    assert len(links.get(link.barcode for link in many)) == 260
