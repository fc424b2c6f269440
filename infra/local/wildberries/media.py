"""Photos of cards, taken from links (facts §2, "Media").

Each link is really asked for. A link that is no direct link to a file, or that fails, makes 409; a file that is no fit
picture makes 200 like a good one. In both cases none is taken, which of the 409 WB does not state. Videos are not
served here. What was asked for is kept in `State.fetched`.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from urllib.parse import urlsplit

import httpx
from PIL import Image, UnidentifiedImageError

from infra.local.wildberries.answers import Answer, Refusal, Request, body_of, is_integer
from infra.local.wildberries.content import photos
from infra.local.wildberries.schema import enveloped
from infra.local.wildberries.state import Card, State

_MOST, _MOST_BYTES = 30, 32 * 1024 * 1024
_LEAST_WIDTH, _LEAST_HEIGHT = 700, 900
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
_SECONDS = 10.0
_FILE_NAME = re.compile(r"[^/?#]+\.\w+")
GOOD, FAILED, UNFIT = "good", "failed", "unfit"  # what became of a link


def fetched(link: str) -> bytes:
    """Raises httpx.HTTPError or httpx.InvalidURL when there is nothing to be had."""
    return httpx.get(link, timeout=_SECONDS, follow_redirects=True).raise_for_status().content


def save(state: State, request: Request) -> Answer:
    """POST /content/v3/media/save: these, in this order, instead of all there were."""
    body = body_of(request)
    nm_id, links = body.get("nmId"), body.get("data")
    if not isinstance(links, list) or not links or not all(isinstance(link, str) for link in links):
        raise _refusal(400, "Invalid request format")
    card = state.cards.get(nm_id) if isinstance(nm_id, int) and is_integer(nm_id) else None
    if card is None:
        raise _refusal(422, "nmId is not specified or does not exist")
    found = {link: _looked_at(state, link) for link in links if _own(card, link) is None}
    state.fetched += [{"nmID": card.nm_id, "link": link, "found": what} for link, what in found.items()]
    failed = [link for link, what in found.items() if what == FAILED]
    if failed:
        raise _refusal(409, "Some links could not be processed", failed)
    if UNFIT not in found.values() and len(links) <= _MOST:
        _take(state, card, links)
    return enveloped({}, more={})


def forbidden() -> Refusal:
    return _refusal(403, "Доступ запрещён")


def _looked_at(state: State, link: str) -> str:
    if not _leads_to_a_file(link):
        return FAILED
    try:
        file = (state.fetch or fetched)(link)
    except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL):
        return FAILED
    return FAILED if _is_page(file) else GOOD if _fits(file) else UNFIT


def _leads_to_a_file(link: str) -> bool:
    """It ends in the name of a file with its extension: nothing behind it, no sign-in before it."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    name = link.rpartition("/")[2]
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and bool(_FILE_NAME.fullmatch(name))


def _is_page(file: bytes) -> bool:
    """Text or HTML: a page that asks to sign in, or one around the picture."""
    try:
        file.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in file


def _fits(picture: bytes) -> bool:
    try:
        with Image.open(BytesIO(picture), formats=_FORMATS) as opened:
            width, height = opened.size
            still = getattr(opened, "n_frames", 1) == 1
            opened.load()
    except (UnidentifiedImageError, OSError):
        return False
    return still and width >= _LEAST_WIDTH and height >= _LEAST_HEIGHT and len(picture) <= _MOST_BYTES


def _take(state: State, card: Card, links: Sequence[str]) -> None:
    taken: dict[str, str] = {}
    for at, link in enumerate(links, start=1):
        own = _own(card, link)
        state.photos_taken += own is None
        photo = own or f"https://basket.invalid/{card.nm_id}/{state.photos_taken}-{at}"
        taken[photo] = card.sources.get(photo, link)
    card.photos, card.sources = list(taken), taken
    card.updated_at = state.moment()


def _own(card: Card, link: str) -> str | None:
    """The photo that the link is one of the sizes of."""
    return next((photo for photo in photos(card) if link.startswith(f"{photo}/")), None)


def _refusal(status: int, text: str, links: Sequence[str] = ()) -> Refusal:
    more = {"links": ", ".join(links)} if links else {}
    return Refusal(Answer(status, {"data": None, "error": True, "errorText": text, "additionalErrors": more}))
