"""Pictures that the shop shows to anybody by a link: how large they are, told by their first bytes."""

from io import BytesIO

from wbsync.bitrix.client import BitrixClient
from wbsync.errors import Rejected

_ENOUGH = 262_144  # a JPEG may have its camera's thumbnail and colour profile before its size
_SECONDS = 10.0
_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"GIF8", b"RIFF")  # of the formats that WB takes


def read_size(bitrix: BitrixClient, link: str) -> tuple[int, int]:
    """Width and height in pixels, as people see the picture.

    Raises Rejected for what is no picture, is not there or lies on another host; Unavailable for a silent shop.
    """
    from imagesize import get  # noqa: PLC0415 only one function looks at pictures

    beginning = bitrix.beginning(link, most=_ENOUGH, seconds=_SECONDS)
    if not beginning.startswith(_STARTS) or (beginning.startswith(b"RIFF") and beginning[8:12] != b"WEBP"):
        raise Rejected("the link does not lead to a JPG, PNG, BMP, GIF or WebP")
    try:
        width, height = get(BytesIO(beginning))
    except Exception as error:  # noqa: BLE001 a file that is cut short ends the reader in one of many ways
        raise Rejected(f"the picture is broken ({type(error).__name__})") from None
    if width <= 0 or height <= 0:
        raise Rejected("the link does not lead to a picture")
    return int(width), int(height)
