"""WB's words about a card, tied to what the shop can mend.

WB names neither the characteristic's id nor the field in `cards/error/list`, only a sentence (WB facts §2).
"""

import re
from collections.abc import Iterable, Mapping
from typing import get_args

from wbsync.domain.cards import CardProblem, PlannedCard, ProblemKind
from wbsync.domain.mapping import CardField
from wbsync.domain.wording import folded

# What WB calls the fields of a card in its sentences: whole words, folded. The longest that occurs counts.
FIELD_WORDS: Mapping[str, str] = {
    r"артикул\w*(?: продавца)?": "vendorCode",
    r"vendor ?codes?": "vendorCode",
    r"наименовани\w+": "title",
    r"названи\w+": "title",
    r"title": "title",
    r"описани\w+": "description",
    r"description": "description",
    r"бренд\w*": "brand",
    r"brand": "brand",
    r"габарит\w*": "length",
    r"размер\w* упаковки": "length",
    r"dimensions?": "length",
    r"вес(?:а|у|е|ом)?": "weight",
    r"weight(?:brutto)?": "weight",
    r"бар-?код\w*": "barcode",
    r"штрих-?код\w*": "barcode",
    r"barcodes?": "barcode",
    r"skus?": "barcode",
    r"размер\w*": "techSize",
    r"techsize": "techSize",
    r"фото\w*": "pictures",
    r"цен[аыуе]": "price",
}

_QUOTED = re.compile(r'"([^"]+)"')  # once folded, all quotation marks are these
_OWN = frozenset({*get_args(CardField), "barcode", "pictures"})


def explained(message: str, card: PlannedCard) -> CardProblem:
    """What WB said of a card, with the characteristic or field that it means and where the shop keeps that."""
    said = folded(message)
    target = _characteristic(said, card.sources.keys() - _OWN) or _field(said)
    return CardProblem(
        ProblemKind.REFUSED_BY_WB,
        target=target,
        source=card.sources.get(target, ""),
        detail=" ".join(message.split()),
    )


def _characteristic(said: str, names: Iterable[str]) -> str:
    """The first name in quotation marks, or the longest that stands in the sentence as whole words."""
    known = {folded(name): name for name in sorted(names)}
    for quoted in _QUOTED.findall(said):
        if quoted.strip() in known:
            return known[quoted.strip()]
    return known.get(max((name for name in known if _stands(re.escape(name), said)), key=len, default=""), "")


def _field(said: str) -> str:
    found = ((match[0], field) for words, field in FIELD_WORDS.items() if (match := _stands(words, said)))
    return max(found, key=lambda one: len(one[0]), default=("", ""))[1]


def _stands(words: str, said: str) -> re.Match[str] | None:
    return re.search(rf"(?<!\w)(?:{words})(?!\w)", said)
