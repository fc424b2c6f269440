"""What becomes of drafts of cards: a card, a changed card, or lines in the list of errors (facts §2).

WB takes up to half an hour; here it is `State.cards_delay`, within which neither the card nor its error shows, and
`State.sync_delay` more until its sizes take stock and prices. Of a batch only the faulty cards fail, which WB does not
state. Documents are never checked: no verdict is ever told.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from infra.local.wildberries.card_form import DOCUMENT_TEXTS
from infra.local.wildberries.card_rules import Sent, wrong
from infra.local.wildberries.cards import exact, new_barcode
from infra.local.wildberries.state import Card, Draft, Size, State
from infra.local.wildberries.subjects import COLOUR, TNVED

type _Variant = dict[str, Any]

_NO_DIMENSIONS = {"length": 0, "width": 0, "height": 0, "weightBrutto": 0}
_OF_DOCUMENTS = ("type", *DOCUMENT_TEXTS, "isEndless")


def play(state: State) -> None:
    """Work on every draft whose time has come."""
    due = [draft for draft in state.drafts if draft.updated_at is None and draft.due <= state.now]
    for draft in due:
        draft.updated_at = _moment(draft)
        for variant in draft.variants:
            _work(state, draft, variant)
    if due:
        state.drafts = [draft for draft in state.drafts if draft.errors or draft.updated_at is None]


def _work(state: State, draft: Draft, variant: _Variant) -> None:
    card = None if draft.create else state.cards.get(variant["nmID"])
    if card is None and not draft.create:
        draft.errors[variant["vendorCode"]] = [f"Карточка {variant['nmID']} не найдена"]
        return
    texts = wrong(state, Sent(variant, card.subject_id if card else draft.subject_id, card))
    if texts:
        draft.errors[variant["vendorCode"]] = texts
    elif card is None:
        _make(state, draft, variant)
    else:
        _change(state, draft, card, variant)
        card.updated_at = _moment(draft)


def _make(state: State, draft: Draft, variant: _Variant) -> None:
    if not draft.imt_id:
        draft.imt_id, state.next_imt = state.next_imt, state.next_imt + 1
    nm_id, state.next_nm = state.next_nm, state.next_nm + 1
    code, now = variant["vendorCode"], _moment(draft)
    card = Card(nm_id, code, "", "", [], now, now, subject_id=draft.subject_id, imt_id=draft.imt_id, photos=[])
    _change(state, draft, card, variant)
    codes = card.values.get(TNVED, [])
    card.need_kiz = state.schema.needs_kiz(card.subject_id, codes if isinstance(codes, list) else [])
    card.required_meta = ["sgtin"] if card.need_kiz and card.kiz_marked else []
    state.add_card(card)


def _change(state: State, draft: Draft, card: Card, variant: _Variant) -> None:
    """All of it, omitted things are lost; photos, discount and prices of known sizes stay."""
    card.vendor_code = variant["vendorCode"]
    card.title, card.brand = variant.get("title", ""), variant.get("brand", "")
    card.description = variant.get("description", "")
    card.kiz_marked = variant.get("kizMarked", False)
    card.wholesale = variant.get("wholesale", {"enabled": False, "quantum": 0})
    dimensions = _NO_DIMENSIONS | {name: (variant.get("dimensions") or {}).get(name, 0) for name in _NO_DIMENSIONS}
    card.dimensions = dimensions | {"isValid": all(side > 0 for side in dimensions.values())}
    card.documents = _documents(state, draft, card, variant.get("documents"))
    card.characteristics = [{"id": each["id"], "value": each["value"]} for each in variant.get("characteristics", [])]
    colours = card.values.get(COLOUR)
    card.colour = str(colours[0]) if isinstance(colours, list) and colours else ""
    if card.need_kiz:
        card.required_meta = ["sgtin"] if card.kiz_marked else []
    sized = state.schema.subjects[card.subject_id].sized
    usual = [{"techSize": "A", "wbSize": "1"} if sized else {"techSize": "0", "wbSize": ""}]
    card.sizes = [_size(state, draft, card, told) for told in variant.get("sizes") or usual]
    state.sizes |= {size.chrt_id: size for size in card.sizes}


def _size(state: State, draft: Draft, card: Card, told: _Variant) -> Size:
    size = next((size for size in card.sizes if size.chrt_id == told.get("chrtID")), None)
    if size is None:
        price, synced_at = told.get("price", 0) * 100, draft.due + state.sync_delay
        size = Size(state.next_chrt, card.nm_id, "", [], price=price, synced_at=synced_at)
        state.next_chrt += 1
    size.tech_size, size.wb_size = told.get("techSize") or "0", told.get("wbSize", "")
    size.skus = list(told.get("skus") or size.skus or [new_barcode(state)])
    return size


def _documents(state: State, draft: Draft, card: Card, told: _Variant | None) -> dict[str, object] | None:
    """Each keeps the id that the request names it by, or gets one. None: the card has never been told of any."""
    if told is None:
        return None
    excluded = told.get("excludeDocuments", False)
    items = [] if excluded else [_document(state, draft, card, item) for item in told.get("items", [])]
    return {"items": items, "excludeDocuments": excluded}


def _document(state: State, draft: Draft, card: Card, told: _Variant) -> dict[str, object]:
    known = card.documents_by_id.get(told.get("id", ""))
    if known is None:
        number, state.next_document = str(UUID(int=state.next_document, version=4)), state.next_document + 1
        known = {"id": number, "createdAt": exact(_moment(draft))}
    named = {name: told[name] for name in _OF_DOCUMENTS if name in told}
    return {"id": known["id"]} | named | {"createdAt": known["createdAt"]}


def _moment(draft: Draft) -> datetime:
    return datetime.fromtimestamp(draft.due, UTC)
