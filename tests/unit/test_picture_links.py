"""Sizes of the shop's pictures, told by their first bytes."""

from io import BytesIO

import httpx
import pytest
from PIL import Image

from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.picture_links import read_size
from wbsync.errors import Rejected, Unavailable

LINK = "https://shop.example/upload/a.jpg"


def picture(kind: str, size: tuple[int, int] = (900, 1200)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size).save(file, kind)
    return file.getvalue()


def shop(content: bytes, status: int = 200) -> BitrixClient:
    http = httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(status, content=content)))
    return BitrixClient(http, webhook=lambda: "https://shop.example/rest/1/invented/")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_width_and_height_of_every_format_that_wb_takes(kind: str) -> None:
    assert read_size(shop(picture(kind)), LINK) == (900, 1200)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="1200"/>'
WAVE = b"RIFF\x24\x00\x00\x00WAVEfmt "


BROKEN = {
    "nothing": b"",
    "page": b"<html>",
    "svg": SVG,
    "sound": WAVE,
    "tiff": picture("TIFF"),
    "zeros": b"\xff\xd8\xff" + bytes(99),
    **{f"jpeg cut at {at}": picture("JPEG")[:at] for at in (3, 40)},
    **{f"{kind} cut": picture(kind)[:at] for kind, at in (("PNG", 10), ("WEBP", 14), ("GIF", 7), ("BMP", 16))},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_wb_would_not_take_is_refused_and_breaks_nothing(content: bytes) -> None:
    with pytest.raises(Rejected):
        read_size(shop(content), LINK)


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/a.jpg", "http://shop.example/a.jpg", "https://shop.example/\x00"]
)
def test_a_link_that_does_not_lead_to_the_shop_is_not_followed(link: str) -> None:
    with pytest.raises(Rejected):
        read_size(shop(picture("JPEG")), link)


def test_a_picture_that_is_not_there_is_refused_and_a_silent_shop_is_asked_later() -> None:
    with pytest.raises(Rejected):
        read_size(shop(b"", 404), LINK)
    with pytest.raises(Unavailable):
        read_size(shop(b"", 503), LINK)
