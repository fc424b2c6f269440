"""Photos of cards, taken from links (facts §2, "Media").

Each link is really asked for. A link that fails makes 409; a file that is no fit picture makes 200 like a good one, and
in both cases none is taken. Videos are not served here.
"""

from collections.abc import Sequence
from io import BytesIO

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
    failed, unfit = _troubles(state, card, links)
    if failed:
        raise _refusal(409, "Some links could not be processed", failed)
    if not unfit and len(links) <= _MOST:
        _take(state, card, links)
    return enveloped({}, more={})


def forbidden() -> Refusal:
    return _refusal(403, "Доступ запрещён")


def _troubles(state: State, card: Card, links: Sequence[str]) -> tuple[list[str], list[str]]:
    """Links that failed, and those whose file is not fit; the card's own photos are known to be good."""
    failed, unfit = [], []
    for link in (each for each in links if _own(card, each) is None):
        try:
            picture = (state.fetch or fetched)(link)
        except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL):
            failed.append(link)
            continue
        if not _fits(picture):
            unfit.append(link)
    return failed, unfit


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
