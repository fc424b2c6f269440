"""Photos of offers for a pick list: they only help, so what fails or takes too long is left out."""

from collections.abc import Callable, Collection, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from wbsync.bitrix.catalog import Picture, download_picture
from wbsync.bitrix.client import BitrixClient
from wbsync.errors import NotAuthorised, Rejected, TryLater

MOST_PHOTOS = 300
MOST_BYTES = 100_000
MOST_KEPT = 400
TOGETHER = 4
TAKES = timedelta(seconds=20)
MOST_FAILURES = 3
"""A shop that is busy is asked no more."""

_SECONDS = 5.0


def read_photos(
    bitrix: BitrixClient,
    pictures: Collection[Picture],
    *,
    kept: MutableMapping[Picture, bytes],
    now: Callable[[], datetime],
) -> dict[Picture, bytes]:
    """The files of these pictures, as far as they come in time; `kept` holds those read before.

    At most MOST_PHOTOS are asked for, within TAKES. One that the shop refuses, or that is too large, is kept as empty.
    """
    if len(kept) > MOST_KEPT:
        kept.clear()
    until, failures = now() + TAKES, list[Exception]()

    def read(picture: Picture) -> None:
        if len(failures) >= MOST_FAILURES or now() >= until:
            return
        try:
            kept[picture] = download_picture(bitrix, picture, most=MOST_BYTES, seconds=_SECONDS)
        except (TryLater, NotAuthorised) as error:
            failures.append(error)
        except Rejected:
            kept[picture] = b""

    wanted = [picture for picture in dict.fromkeys(pictures) if picture not in kept]
    with ThreadPoolExecutor(TOGETHER) as together:
        list(together.map(read, wanted[:MOST_PHOTOS]))
    return {picture: kept[picture] for picture in pictures if kept.get(picture)}
