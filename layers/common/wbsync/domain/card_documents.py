"""Permits of a card (WB facts §2, `documents`)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from wbsync.domain.cards import CardProblem, ProblemKind

BELARUS_CERTIFICATE = 5
"""Type of the registration certificate of the Republic of Belarus."""

_FIELDS = {
    "documentType": "type",
    "documentNumber": "number",
    "documentProduct": "productNumber",
    "documentTradeName": "tradeName",
    "documentApplicant": "applicant",
    "documentStart": "startDate",
    "documentEnd": "endDate",
}
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def documents(told: Mapping[str, str]) -> tuple[Mapping[str, Any] | None, tuple[CardProblem, ...]]:
    """WB's `documents` of a card from its rows' texts, by field; None where the card names no document."""
    fields = {name: told[key] for key, name in _FIELDS.items() if told.get(key)}
    if "number" not in fields:
        return None, ()
    dates = {name: _date(fields[name]) for name in ("startDate", "endDate") if name in fields}
    wrong = [name for name, day in dates.items() if day is None]
    if wrong:
        key = next(key for key, name in _FIELDS.items() if name == wrong[0])
        return None, (CardProblem(ProblemKind.DOCUMENT, key, value=told[key]),)
    item: dict[str, Any] = dict(fields) | dates | {"type": int(fields.get("type", BELARUS_CERTIFICATE))}
    if "endDate" not in item:
        item["isEndless"] = True
    return {"items": [item]}, ()


def _date(text: str) -> str | None:
    """A day as WB writes it; None for what is none. Shops in Belarus write 31.12.2026."""
    plain = _DAY_FIRST.sub(lambda found: f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}", text.strip())[:10]
    try:
        return date.fromisoformat(plain).isoformat()
    except ValueError:
        return None
