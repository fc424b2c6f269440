"""Pictures that the shop shows to anybody by a link: how large they are, told by their first bytes."""

from io import BytesIO

from wbsync.bitrix.client import BitrixClient
from wbsync.errors import Rejected

_ENOUGH = 262_144  # a JPEG may have its camera's thumbnail and colour profile before its size
_SECONDS = 10.0


def read_size(bitrix: BitrixClient, link: str) -> tuple[int, int]:
    """Width and height in pixels, as people see the picture.

    Raises Rejected for what is no picture, is not there or lies on another host; Unavailable for a silent shop.
    """
    from imagesize import get  # noqa: PLC0415 only one function looks at pictures

    width, height = get(BytesIO(bitrix.beginning(link, most=_ENOUGH, seconds=_SECONDS)))
    if width <= 0 or height <= 0:
        raise Rejected("the link does not lead to a picture")
    return int(width), int(height)
