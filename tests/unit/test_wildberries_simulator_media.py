"""Photos of cards at the simulated WB (wildberries facts §2, media)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from infra.local.wildberries import Category, Wildberries, World
from tests.fixtures.wildberries import Seller

SAVE = "POST /content-api/content/v3/media/save"


def picture(width: int = 700, height: int = 900, kind: str = "JPEG", **more: Any) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), "white").save(made, kind, **more)
    return made.getvalue()


FILES = {
    "https://shop.test/good.jpg": picture(),
    "https://shop.test/better.png": picture(900, 1200, "PNG"),
    "https://shop.test/good.webp": picture(kind="WEBP"),
    "https://shop.test/low.jpg": picture(700, 899),
    "https://shop.test/narrow.jpg": picture(699, 900),
    "https://shop.test/old.tiff": picture(kind="TIFF"),
    "https://shop.test/moving.gif": picture(
        kind="GIF", save_all=True, append_images=[Image.new("RGB", (700, 900), "red")]
    ),
    "https://shop.test/page.jpg": b"<html>sign in</html>",
    "https://shop.test/half.jpg": picture()[:400],
}
LINKS_TO_PICTURES = (
    "https://shop.test/good.jpg?sign=1",
    "https://shop.test/show?name=good.jpg",
    "https://shop.test/download",
    "https://shop.test/",
    "https://name:word@shop.test/good.jpg",
    "ftp://shop.test/good.jpg",
)
FILES |= dict.fromkeys(LINKS_TO_PICTURES, picture())
GOOD, BETTER = "https://shop.test/good.jpg", "https://shop.test/better.png"


def shop(link: str) -> bytes:
    if link not in FILES:
        raise OSError(link)
    return FILES[link]


@pytest.fixture
def seller() -> Seller:
    seller = Seller(goods=4, foreign_cards=0)
    seller.wb = Wildberries(World(goods=4, foreign_cards=0), clock=lambda: seller.seconds, pace=100, fetch=shop)
    seller.http = httpx.Client(transport=httpx.WSGITransport(app=seller.wb.wsgi), base_url="http://wb.test")
    return seller


def nm(seller: Seller) -> int:
    return next(iter(seller.wb.state.cards))


def save(seller: Seller, *links: str) -> int:
    return seller.ask(SAVE, {"nmId": nm(seller), "data": list(links)}).status_code


def photos(seller: Seller) -> list[str]:
    answer = seller.ask("POST /content-api/content/v2/get/cards/list", {})
    return [photo["big"] for photo in answer.json()["cards"][0]["photos"]]


def test_photos_replace_all_that_were_there_and_keep_their_order(seller: Seller) -> None:
    before = photos(seller)
    assert save(seller, BETTER, GOOD) == 200
    assert len(photos(seller)) == 2
    assert not set(before) & set(photos(seller))
    assert list(seller.sim("GET cards")["photos"][str(nm(seller))].values()) == [BETTER, GOOD]
    assert save(seller, GOOD) == 200
    assert len(photos(seller)) == 1


def test_a_photo_of_the_card_stays_when_its_own_address_is_among_the_links(seller: Seller) -> None:
    save(seller, GOOD)
    [first] = photos(seller)
    assert save(seller, BETTER, first) == 200
    assert photos(seller)[1] == first
    assert list(seller.sim("GET cards")["photos"][str(nm(seller))].values()) == [BETTER, GOOD]


def test_all_formats_that_wb_names_are_taken(seller: Seller) -> None:
    assert save(seller, "https://shop.test/good.webp", BETTER, GOOD) == 200
    assert len(photos(seller)) == 3


@pytest.mark.parametrize("name", ["low.jpg", "narrow.jpg", "old.tiff", "moving.gif", "half.jpg"])
def test_one_unfit_picture_means_that_none_is_taken_though_the_answer_is_200(seller: Seller, name: str) -> None:
    before = photos(seller)
    assert save(seller, GOOD, f"https://shop.test/{name}") == 200
    assert photos(seller) == before


def test_more_than_thirty_pictures_are_not_taken(seller: Seller) -> None:
    before = photos(seller)
    assert save(seller, *[GOOD] * 31) == 200
    assert photos(seller) == before
    assert save(seller, *[GOOD] * 30) == 200
    assert len(photos(seller)) == 30


def test_a_link_that_fails_is_a_conflict_that_names_it_and_nothing_is_taken(seller: Seller) -> None:
    before = photos(seller)
    answer = seller.ask(SAVE, {"nmId": nm(seller), "data": [GOOD, "https://shop.test/gone.jpg"]})
    assert answer.status_code == 409
    assert "gone.jpg" in answer.text
    assert photos(seller) == before


@pytest.mark.parametrize("link", ["https://shop.test/page.jpg", *LINKS_TO_PICTURES])
def test_a_link_that_does_not_lead_straight_to_a_file_fails(seller: Seller, link: str) -> None:
    answer = seller.ask(SAVE, {"nmId": nm(seller), "data": [GOOD, link]})
    assert answer.status_code == 409
    assert answer.json()["additionalErrors"] == {"links": link}


def test_what_was_asked_for_can_be_looked_at_from_outside(seller: Seller) -> None:
    save(seller, GOOD, "https://shop.test/low.jpg")
    save(seller, "https://shop.test/gone.jpg")
    assert seller.sim("GET cards")["fetched"] == [
        {"nmID": nm(seller), "link": GOOD, "found": "good"},
        {"nmID": nm(seller), "link": "https://shop.test/low.jpg", "found": "unfit"},
        {"nmID": nm(seller), "link": "https://shop.test/gone.jpg", "found": "failed"},
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"data": [GOOD]}, 422), ({"nmId": 5, "data": [GOOD]}, 422), ({"nmId": 170_000_001, "data": "x"}, 400)],
)
def test_a_request_for_no_card_or_without_links_is_refused(seller: Seller, body: object, status: int) -> None:
    assert seller.ask(SAVE, body).status_code == status


def test_photos_are_saved_with_a_token_of_content_only(seller: Seller) -> None:
    other = Seller(categories=[Category.MARKETPLACE]).token
    assert seller.ask(SAVE, {"nmId": nm(seller), "data": [GOOD]}, token=other).status_code == 403


def test_new_worlds_ask_the_same_shop_for_pictures(seller: Seller) -> None:
    seller.sim("POST seed", {"goods": 4, "foreign_cards": 0})
    assert save(seller, GOOD) == 200
    assert len(photos(seller)) == 1


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server that has /good.jpg and nothing else."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/good.jpg" else 404)
            self.end_headers()
            self.wfile.write(FILES[GOOD])

        def log_message(self, *_: object) -> None:
            """Tests have nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_another_way_pictures_are_really_asked_for_by_http(address: str) -> None:
    seller = Seller(goods=4, foreign_cards=0, pace=100)
    assert save(seller, f"{address}/good.jpg") == 200
    assert len(photos(seller)) == 1
    assert save(seller, f"{address}/gone.jpg") == 409
    assert save(seller, "no address at all") == 409
