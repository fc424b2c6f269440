"""What becomes of drafts of cards: a card, a changed card, or a line in the list of errors (facts §2).

WB takes up to half an hour; here it is `State.cards_delay`, within which neither the card nor its error shows. Of a
batch only the faulty cards fail, which WB does not state. The words of the errors are invented.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from infra.local.wildberries.cards import PAID_CARDS, new_barcode, values_of
from infra.local.wildberries.state import Card, Draft, Size, State
from infra.local.wildberries.subjects import COLOUR, TNVED, Charc

type _Variant = dict[str, Any]

_LONGEST_TITLE, _LONGEST_DESCRIPTION = 60, 5000
_EAN_LENGTHS = {8, 12, 13, 14}
_NO_DIMENSIONS = {"length": 0, "width": 0, "height": 0, "weightBrutto": 0}


def play(state: State) -> None:
    """Work on every draft whose time has come."""
    due = [draft for draft in state.drafts if draft.updated_at is None and draft.due <= state.now]
    for draft in due:
        draft.updated_at = datetime.fromtimestamp(draft.due, UTC)
        for variant in draft.variants:
            _work(state, draft, variant)
    if due:
        state.drafts = [draft for draft in state.drafts if draft.errors or draft.updated_at is None]


def _work(state: State, draft: Draft, variant: _Variant) -> None:
    card = None if draft.create else state.cards.get(variant["nmID"])
    if card is None and not draft.create:
        draft.errors[variant["vendorCode"]] = [f"Карточка {variant['nmID']} не найдена"]
        return
    subject_id = card.subject_id if card else draft.subject_id
    texts = [text for check in _CHECKS for text in check(state, subject_id, variant, card)]
    if texts:
        draft.errors[variant["vendorCode"]] = texts
    elif card is None:
        _make(state, draft, variant)
    else:
        _change(state, card, variant)
        card.updated_at = _moment(draft)


def _make(state: State, draft: Draft, variant: _Variant) -> None:
    if not draft.imt_id:
        draft.imt_id, state.next_imt = state.next_imt, state.next_imt + 1
    nm_id, state.next_nm = state.next_nm, state.next_nm + 1
    code, now = variant["vendorCode"], _moment(draft)
    card = Card(nm_id, code, "", "", [], now, now, subject_id=draft.subject_id, imt_id=draft.imt_id, photos=[])
    _change(state, card, variant)
    codes = values_of(card).get(TNVED, [])
    card.need_kiz = state.schema.needs_kiz(card.subject_id, codes if isinstance(codes, list) else [])
    card.required_meta = ["sgtin"] if card.need_kiz and card.kiz_marked else []
    state.add_card(card)


def _change(state: State, card: Card, variant: _Variant) -> None:
    """All of it, omitted things are lost; photos, discount and prices of known sizes stay."""
    card.vendor_code = variant["vendorCode"]
    card.title, card.brand = variant.get("title", ""), variant.get("brand", "")
    card.description = variant.get("description", "")
    card.kiz_marked = variant.get("kizMarked", False)
    card.wholesale = variant.get("wholesale", {"enabled": False, "quantum": 0})
    dimensions = _NO_DIMENSIONS | (variant.get("dimensions") or {})
    card.dimensions = dimensions | {"isValid": all(side > 0 for side in dimensions.values())}
    card.documents = variant.get("documents")
    card.characteristics = [{"id": each["id"], "value": each["value"]} for each in variant.get("characteristics", [])]
    colours = values_of(card).get(COLOUR)
    card.colour = str(colours[0]) if isinstance(colours, list) and colours else ""
    if card.need_kiz:
        card.required_meta = ["sgtin"] if card.kiz_marked else []
    sized = state.schema.subjects[card.subject_id].sized
    usual = [{"techSize": "A", "wbSize": "1"} if sized else {"techSize": "0", "wbSize": ""}]
    known = {size.chrt_id: size for size in card.sizes}
    card.sizes = [_size(state, card, known, told) for told in variant.get("sizes") or usual]
    state.sizes |= {size.chrt_id: size for size in card.sizes}


def _size(state: State, card: Card, known: dict[int, Size], told: _Variant) -> Size:
    size = known.get(told.get("chrtID", 0))
    if size is None:
        size = Size(state.next_chrt, card.nm_id, "", [], price=told.get("price", 0) * 100)
        state.next_chrt += 1
    size.tech_size, size.wb_size = told.get("techSize") or "0", told.get("wbSize", "")
    size.skus = list(told.get("skus") or size.skus or [new_barcode(state)])
    return size


def _code(state: State, _subject_id: int, variant: _Variant, card: Card | None) -> Iterator[str]:
    others = (each for each in state.cards.values() if each is not card)
    if any(each.vendor_code == variant["vendorCode"] for each in others):
        yield "Артикул продавца используется в другой карточке"
    if card is None and len(state.cards) >= state.free_cards + PAID_CARDS:
        yield "Превышен лимит на создание карточек"


def _texts(_state: State, _subject_id: int, variant: _Variant, _card: Card | None) -> Iterator[str]:
    if len(variant.get("title", "")) > _LONGEST_TITLE:
        yield f"Поле Наименование не должно быть длиннее {_LONGEST_TITLE} символов"
    if len(variant.get("description", "")) > _LONGEST_DESCRIPTION:
        yield f"Поле Описание не должно быть длиннее {_LONGEST_DESCRIPTION} символов"


def _brand(state: State, subject_id: int, variant: _Variant, _card: Card | None) -> Iterator[str]:
    brand = variant.get("brand", "")
    if brand and brand not in state.schema.brands[subject_id].values():
        yield f"Бренд «{brand}» не найден для предмета"


def _required(state: State, subject_id: int, variant: _Variant, _card: Card | None) -> Iterator[str]:
    told = {each["id"] for each in variant.get("characteristics", []) if each["value"] not in ([], [""])}
    for charc in state.schema.charcs[subject_id].values():
        filled = variant.get(charc.field) if charc.field else charc.id in told
        if charc.required and not filled:
            yield f"Не заполнена обязательная характеристика «{charc.name}»"


def _characteristics(state: State, subject_id: int, variant: _Variant, _card: Card | None) -> Iterator[str]:
    known = state.schema.charcs[subject_id]
    told = variant.get("characteristics", [])
    for number, often in Counter(each["id"] for each in told).items():
        if often > 1:
            yield f"Характеристика {number} указана несколько раз"
    for each in told:
        charc = known.get(each["id"])
        if charc is None or charc.type == 0:
            yield f"Неизвестная характеристика {each['id']}"
        elif charc.field:
            yield f"Характеристика «{charc.name}» передаётся полем {charc.field}"
        elif isinstance(each["value"], list):
            yield from _values(state, charc, each["value"])


def _values(state: State, charc: Charc, values: list[str]) -> Iterator[str]:
    if charc.max_count and len(values) > charc.max_count:
        yield f"Характеристика «{charc.name}»: значений не больше {charc.max_count}"
    allowed = state.schema.values(charc)
    strangers = [] if allowed is None else [value for value in values if value not in allowed]
    yield from (f"Характеристика «{charc.name}»: значения «{value}» нет в справочнике" for value in strangers)


def _barcodes(state: State, _subject_id: int, variant: _Variant, card: Card | None) -> Iterator[str]:
    told = [sku for size in variant.get("sizes", []) for sku in size.get("skus", [])]
    own = {sku for size in card.sizes for sku in size.skus} if card else set()
    taken = {sku for size in state.sizes.values() if card is None or size.nm_id != card.nm_id for sku in size.skus}
    for sku, often in Counter(told).items():
        if often > 1:
            yield f"Баркод {sku} указан несколько раз"
        if sku in taken and sku not in own:
            yield f"Баркод {sku} используется в другой карточке"
        if sku.isdecimal() and len(sku) in _EAN_LENGTHS and not _checks(sku):
            yield f"Баркод {sku}: неверная контрольная цифра"


def _sizes(_state: State, _subject_id: int, variant: _Variant, card: Card | None) -> Iterator[str]:
    """Of a card that is there: sizes are known by chrtID, and neither they nor their barcodes can go."""
    known = {size.chrt_id: size for size in card.sizes} if card else {}
    told = {size["chrtID"]: size for size in variant.get("sizes", []) if size.get("chrtID")}
    for number in told.keys() - known.keys():
        yield f"Размер {number} не найден в карточке"
    for number, size in known.items():
        gone = set(size.skus) - set(told[number].get("skus", []) if number in told else ())
        for sku in sorted(gone):
            yield f"Баркод {sku} нельзя удалить из размера {number}"
        if number not in told:
            yield f"Размер {number} нельзя удалить"


_CHECKS: tuple[Callable[[State, int, _Variant, Card | None], Iterator[str]], ...] = (
    _code,
    _texts,
    _brand,
    _required,
    _characteristics,
    _barcodes,
    _sizes,
)


def _checks(sku: str) -> bool:
    """Digits weigh 3 and 1 by turns, from the one before the check digit backwards: GTIN-8, -12, -13 and -14."""
    total = sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(reversed(sku[:-1])))
    return str(-total % 10) == sku[-1]


def _moment(draft: Draft) -> datetime:
    return datetime.fromtimestamp(draft.due, UTC)
