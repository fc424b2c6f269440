"""WB's words about a card, tied to what the shop can mend.

WB names neither the characteristic's id nor the field in `cards/error/list`, only a sentence (WB facts §2).
"""

from collections.abc import Iterable, Mapping

from wbsync.domain.cards import CardProblem, PlannedCard, ProblemKind

# What WB calls the fields of a card in its sentences, in lower case; the longest that occurs counts.
FIELD_WORDS: Mapping[str, str] = {
    "артикул продавца": "vendorCode",
    "артикул": "vendorCode",
    "vendorcode": "vendorCode",
    "vendor code": "vendorCode",
    "наименовани": "title",
    "названи": "title",
    "title": "title",
    "описани": "description",
    "description": "description",
    "бренд": "brand",
    "brand": "brand",
    "габарит": "length",
    "dimension": "length",
    "вес": "weight",
    "weight": "weight",
    "баркод": "barcode",
    "штрихкод": "barcode",
    "barcode": "barcode",
    "размер": "techSize",
    "techsize": "techSize",
}


def explained(message: str, card: PlannedCard) -> CardProblem:
    """What WB said of a card, with the characteristic or field that it means and where the shop keeps that."""
    target = _named(message, card.sources) or _field(message)
    return CardProblem(
        ProblemKind.REFUSED_BY_WB,
        target=target,
        source=card.sources.get(target, ""),
        detail=" ".join(message.split()),
    )


def _named(message: str, targets: Iterable[str]) -> str:
    """The longest of the names that stands in the message."""
    said = message.casefold()
    return max((target for target in targets if target.casefold() in said), key=len, default="")


def _field(message: str) -> str:
    return FIELD_WORDS.get(_named(message, FIELD_WORDS), "")
