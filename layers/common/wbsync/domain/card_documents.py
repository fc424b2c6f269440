"""Permits of a card (WB facts §2, `documents`)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wbsync.domain.cards import CardProblem, ProblemKind

BELARUS_CERTIFICATE = 5
"""Type of the registration certificate of the Republic of Belarus."""

_TYPES = range(1, 10)
_FIELDS = {
    "documentType": "type",
    "documentNumber": "number",
    "documentProduct": "productNumber",
    "documentTradeName": "tradeName",
    "documentApplicant": "applicant",
    "documentStart": "startDate",
    "documentEnd": "endDate",
}
_DATES = ("startDate", "endDate")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_OF_WB = frozenset({"verdict"})  # WB tells it and takes none


def documents(
    told: Mapping[str, str], sources: Mapping[str, str]
) -> tuple[Mapping[str, Any] | None, tuple[CardProblem, ...]]:
    """WB's `documents` of a card from its rows' texts, by field; None where the card names no document.

    A document that is told by half stops the card: with none at all it could be sold without its permit.
    """
    fields = {key: told[key].strip() for key in _FIELDS if told.get(key, "").strip()}
    if fields.keys() <= {"documentType"}:
        return None, ()
    item: dict[str, Any] = {name: _said(name, fields[key]) for key, name in _FIELDS.items() if key in fields}
    wrong = [key for key, name in _FIELDS.items() if key in fields and item[name] is None]
    if "documentNumber" not in fields:
        wrong.append("documentNumber")
    if wrong:
        return None, tuple(
            CardProblem(ProblemKind.DOCUMENT, key, sources.get(key, ""), fields.get(key, "")) for key in wrong
        )
    item.setdefault("type", BELARUS_CERTIFICATE)
    if "endDate" not in item:
        item["isEndless"] = True
    return {"items": [item]}, ()


def documents_stand(wanted: Mapping[str, Any] | None, standing: Mapping[str, Any] | None) -> bool:
    """Whether every document that is wanted stands, in all that is wanted of it."""
    there = _items(standing)
    return all(any(_agrees(item, one) for one in there) for item in _items(wanted))


def documents_over(standing: Mapping[str, Any] | None, wanted: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What is to be sent: documents of other types stay; one of a wanted type becomes the wanted one, with its id."""
    if wanted is None:
        return standing
    left = list(_items(standing))
    items: list[Mapping[str, Any]] = []
    for item in _items(wanted):
        alike = [one for one in left if _type_of(one) == _type_of(item)]
        same = next((one for one in alike if _agrees(item, one)), alike[0] if alike else None)
        if same is not None:
            left.remove(same)
        ended = {"isEndless"} if "endDate" in item else {"endDate"}
        items.append({key: said for key, said in (same or {}).items() if key not in _OF_WB | ended} | dict(item))
    return {"items": [*left, *items]}


def _items(told: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return (told or {}).get("items") or ()


def _type_of(item: Mapping[str, Any]) -> str:
    return str(item.get("type", ""))


def _agrees(wanted: Mapping[str, Any], standing: Mapping[str, Any]) -> bool:
    endless = {"isEndless": not standing.get("endDate")}
    there = {**endless, **{key: said for key, said in standing.items() if said is not None}}
    return all(_plain(key, said) == _plain(key, there.get(key)) for key, said in wanted.items())


def _plain(key: str, said: object) -> str:
    """WB tells the moment of a day."""
    text = " ".join(str("" if said is None else said).split())
    return text[:10] if key in _DATES else text


def _said(name: str, text: str) -> int | str | None:
    """None for what WB would not take."""
    if name in _DATES:
        return _moment(text)
    if name == "type":
        return int(text) if text.isdecimal() and int(text) in _TYPES else None
    return text


def _moment(text: str) -> str | None:
    """A day as the moment that WB writes; None for what is none. Shops in Belarus write 31.12.2026."""
    plain = _DAY_FIRST.sub(lambda found: f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}", text)[:10]
    try:
        return f"{date.fromisoformat(plain).isoformat()}T00:00:00Z"
    except ValueError:
        return None
