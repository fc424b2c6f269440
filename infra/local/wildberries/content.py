"""Cards (facts §2). The cursor is the pair (updatedAt, nmID) of the last card that was seen."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

from infra.local.wildberries.answers import Answer, Request, body_of, is_integer, refuse
from infra.local.wildberries.cards import exact
from infra.local.wildberries.state import Card, State
from infra.local.wildberries.subjects import COLOUR

_DEFAULT_LIMIT, _MAX_LIMIT = 10, 100
_PHOTO_SIZES = ("big", "c246x328", "c516x688", "square", "tm")


def cards_list(state: State, request: Request) -> Answer:
    """POST /content/v2/get/cards/list. An empty page has a cursor of `total` alone: keep the one you had."""
    settings = _part(request, body_of(request), "settings")
    ascending = _part(request, settings, "sort").get("ascending", False) is True
    cursor = _part(request, settings, "cursor")
    limit = cursor.get("limit", _DEFAULT_LIMIT)
    if not isinstance(limit, int) or not is_integer(limit) or not 1 <= limit <= _MAX_LIMIT:
        raise _bad(request)
    cards = sorted(_wanted(state, request, _part(request, settings, "filter")), key=_place, reverse=not ascending)
    after = _after(request, cursor)
    if after is not None:
        cards = [card for card in cards if (_place(card) > after if ascending else _place(card) < after)]
    page = cards[:limit]
    told: dict[str, object] = {"total": len(page)}
    if page:
        told |= {"updatedAt": exact(page[-1].updated_at), "nmID": page[-1].nm_id}
    return Answer(200, {"cards": [wire(state, card) for card in page], "cursor": told})


_FILTERS: dict[str, Callable[[Card, object], bool]] = {
    "withPhoto": lambda card, wish: wish in (-1, 0) or bool(photos(card)) is (wish == 1),
    "textSearch": lambda card, wish: str(wish) in {card.vendor_code, str(card.nm_id), "", *card.barcodes},
    "objectIDs": lambda card, wish: not _list(wish) or card.subject_id in _list(wish),
    "brands": lambda card, wish: not _list(wish) or card.brand in _list(wish),
    "tagIDs": lambda _card, wish: not _list(wish),
    "imtID": lambda card, wish: wish in (0, card.group),
}


def _wanted(state: State, request: Request, filters: dict[str, object]) -> list[Card]:
    if filters.get("withPhoto", 0) not in (-1, 0, 1, 2):
        raise _bad(request)
    wishes = [(_FILTERS[name], wish) for name, wish in filters.items() if name in _FILTERS]
    return [card for card in state.cards.values() if all(fits(card, wish) for fits, wish in wishes)]


def _after(request: Request, cursor: dict[str, object]) -> tuple[datetime, int] | None:
    if not cursor.get("updatedAt"):
        return None
    nm_id = cursor.get("nmID", 0)
    try:
        moment = datetime.fromisoformat(str(cursor["updatedAt"])).astimezone(UTC)
    except ValueError:
        raise _bad(request) from None
    if not isinstance(nm_id, int) or not is_integer(nm_id):
        raise _bad(request)
    return moment, nm_id


def wire(state: State, card: Card) -> dict[str, object]:
    told: dict[str, object] = {
        "nmID": card.nm_id,
        "imtID": card.group,
        "nmUUID": str(uuid5(NAMESPACE_OID, str(card.nm_id))),
        "subjectID": card.subject_id,
        "subjectName": state.schema.subjects[card.subject_id].name,
        "vendorCode": card.vendor_code,
        "brand": card.brand,
        "title": card.title,
        "description": f"{card.title}, {card.colour}" if card.description is None else card.description,
        "needKiz": card.need_kiz or "sgtin" in card.required_meta + card.optional_meta,
        "kizMarked": card.kiz_marked,
        "photos": [{size: f"{photo}/{size}.webp" for size in _PHOTO_SIZES} for photo in photos(card)],
        "wholesale": card.wholesale,
        "dimensions": card.dimensions,
        "characteristics": _characteristics(state, card),
        "sizes": [
            {
                "chrtID": size.chrt_id,
                "techSize": size.tech_size,
                "wbSize": size.tech_size if size.wb_size is None else size.wb_size,
                "skus": size.skus,
            }
            for size in card.sizes
        ],
        "tags": [],
        "createdAt": exact(card.created_at),
        "updatedAt": exact(card.updated_at),
    }
    return told if card.documents is None else told | {"documents": card.documents}


def photos(card: Card) -> list[str]:
    return [f"https://basket.invalid/{card.nm_id}"] if card.photos is None else card.photos


def _characteristics(state: State, card: Card) -> list[dict[str, object]]:
    """Each with the name that it has now."""
    if card.characteristics is None:
        return [{"id": COLOUR, "name": "Цвет", "value": [card.colour]}]
    known = state.schema.charcs[card.subject_id]
    names = {each.id: each.name for each in known.values()}
    return [
        {"id": each["id"], "name": names.get(int(str(each["id"])), ""), "value": each["value"]}
        for each in card.characteristics
    ]


def _place(card: Card) -> tuple[datetime, int]:
    return card.updated_at, card.nm_id


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _part(request: Request, whole: dict[str, object], name: str) -> dict[str, object]:
    part = whole.get(name, {})
    if not isinstance(part, dict):
        raise _bad(request)
    return part


def _bad(request: Request) -> Exception:
    return refuse(request, 400, "BadRequest", "Invalid request format")
