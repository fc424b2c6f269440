"""What is wrong with a card that was taken: lines for the list of errors (facts §2). Their words are invented.

Each rule looks at one card that shall be made, or at one that stands and shall be changed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.local.wildberries.state import Card, State
from infra.local.wildberries.subjects import UNUSED, Charc

type _Variant = dict[str, Any]

PAID_CARDS = 10
_LONGEST_TITLE = 60
_SIDES = ("length", "width", "height")
_EAN_LENGTHS = {8, 12, 13, 14}
_FORBIDDEN = re.compile("[\U0001f000-\U0001faff]")  # emoji are what WB's own example forbids


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent of one card; `card` is the one that it changes, None when it makes one."""

    variant: _Variant
    subject_id: int
    card: Card | None


def wrong(state: State, sent: Sent) -> list[str]:
    """All that is wrong with it; nothing when it is good."""
    return [text for rule in _RULES for text in rule(state, sent)]


def _code(state: State, sent: Sent) -> Iterator[str]:
    others = (each for each in state.cards.values() if each is not sent.card)
    if any(each.vendor_code == sent.variant["vendorCode"] for each in others):
        yield "Артикул продавца используется в другой карточке"
    if sent.card is None and len(state.cards) >= state.free_cards + PAID_CARDS:
        yield "Превышен лимит на создание карточек"


def _texts(state: State, sent: Sent) -> Iterator[str]:
    title, description = sent.variant.get("title", ""), sent.variant.get("description", "")
    longest = state.schema.subjects[sent.subject_id].longest_description
    if len(title) > _LONGEST_TITLE:
        yield f"Поле Наименование не должно быть длиннее {_LONGEST_TITLE} символов"
    if len(description) > longest:
        yield f"Поле Описание не должно быть длиннее {longest} символов"
    forbidden = dict.fromkeys(_FORBIDDEN.findall(title))
    if forbidden:
        yield f"Поле Наименование не должно содержать запрещенные символы: {' '.join(forbidden)}"


def _dimensions(_state: State, sent: Sent) -> Iterator[str]:
    """Zeros are what a card has that was made without any, so an update may send them back."""
    told, least = sent.variant.get("dimensions"), 1 if sent.card is None else 0
    if told and (any(told[side] < least for side in _SIDES) or told.get("weightBrutto", 0) < 0):
        yield "Габариты и вес упаковки должны быть больше нуля"


def _brand(state: State, sent: Sent) -> Iterator[str]:
    brand = sent.variant.get("brand", "")
    if brand and brand not in state.schema.brands[sent.subject_id].values():
        yield f"Бренд «{brand}» не найден для предмета"


def _required(state: State, sent: Sent) -> Iterator[str]:
    told = {each["id"] for each in sent.variant.get("characteristics", []) if each["value"] not in ([], [""])}
    for charc in state.schema.charcs[sent.subject_id].values():
        filled = sent.variant.get(charc.field) if charc.field else charc.id in told
        if charc.required and not filled:
            yield f"Не заполнена обязательная характеристика «{charc.name}»"


def _characteristics(state: State, sent: Sent) -> Iterator[str]:
    known = state.schema.charcs[sent.subject_id]
    told = sent.variant.get("characteristics", [])
    for number, often in Counter(each["id"] for each in told).items():
        if often > 1:
            yield f"Характеристика {number} указана несколько раз"
    for each in told:
        charc = known.get(each["id"])
        if charc is None or charc.type == UNUSED:
            yield f"Неизвестная характеристика {each['id']}"
        elif charc.field:
            yield f"Характеристика «{charc.name}» передаётся полем {charc.field}"
        elif isinstance(each["value"], list):
            yield from _values(state, sent.subject_id, charc, each["value"])


def _values(state: State, subject_id: int, charc: Charc, values: list[str]) -> Iterator[str]:
    if charc.max_count and len(values) > charc.max_count:
        yield f"Характеристика «{charc.name}»: значений не больше {charc.max_count}"
    allowed = state.schema.values(subject_id, charc)
    strangers = [] if allowed is None else [value for value in values if value not in allowed]
    yield from (f"Характеристика «{charc.name}»: значения «{value}» нет в справочнике" for value in strangers)


def _barcodes(state: State, sent: Sent) -> Iterator[str]:
    told = [sku for size in sent.variant.get("sizes", []) for sku in size.get("skus", [])]
    own = sent.card.barcodes if sent.card else set()
    others = (size for size in state.sizes.values() if sent.card is None or size.nm_id != sent.card.nm_id)
    taken = {sku for size in others for sku in size.skus}
    for sku, often in Counter(told).items():
        if often > 1:
            yield f"Баркод {sku} указан несколько раз"
        if sku in taken and sku not in own:
            yield f"Баркод {sku} используется в другой карточке"
        if sku.isdecimal() and len(sku) in _EAN_LENGTHS and not _checks(sku):
            yield f"Баркод {sku}: неверная контрольная цифра"


def _sizes(_state: State, sent: Sent) -> Iterator[str]:
    """Of a card that is there: sizes are known by chrtID, and neither they nor their barcodes can go."""
    known = {size.chrt_id: size for size in sent.card.sizes} if sent.card else {}
    told = {size["chrtID"]: size for size in sent.variant.get("sizes", []) if size.get("chrtID")}
    for number in told.keys() - known.keys():
        yield f"Размер {number} не найден в карточке"
    for number, size in known.items():
        gone = set(size.skus) - set(told[number].get("skus", []) if number in told else ())
        for sku in sorted(gone):
            yield f"Баркод {sku} нельзя удалить из размера {number}"
        if number not in told:
            yield f"Размер {number} нельзя удалить"


def _documents(_state: State, sent: Sent) -> Iterator[str]:
    told = (sent.variant.get("documents") or {}).get("items", [])
    known = sent.card.documents_by_id if sent.card else {}
    for number in (item["id"] for item in told if item.get("id")):
        if number not in known:
            yield f"Документ {number} не найден в карточке"


_RULES: tuple[Callable[[State, Sent], Iterator[str]], ...] = (
    _code,
    _texts,
    _dimensions,
    _brand,
    _required,
    _characteristics,
    _barcodes,
    _sizes,
    _documents,
)


def _checks(sku: str) -> bool:
    """Digits weigh 3 and 1 by turns, from the one before the check digit backwards: GTIN-8, -12, -13 and -14."""
    total = sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(reversed(sku[:-1])))
    return str(-total % 10) == sku[-1]
