"""What `watch` knows: how old a flow's last run may be, when a token is to be renewed, which form WB's answers have.

A form is remembered as paths and kinds of JSON ("orders[].price" is a number), never as values: buyers stand in those.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

FRESH_WITHIN: Mapping[str, timedelta] = MappingProxyType(
    {
        "link_cards": timedelta(hours=3),
        "collect_stock": timedelta(hours=1),
        "poll_orders": timedelta(minutes=30),
        "fetch_labels": timedelta(hours=1),
        "sweep": timedelta(hours=1),
        "sync_statuses": timedelta(hours=1),
        "build_supplies": timedelta(hours=1),
        "send_marking": timedelta(hours=1),
        "print_supplies": timedelta(hours=1),
        "reconcile_orders": timedelta(hours=3),
        "read_fbo_stock": timedelta(days=2),
        "refresh_schema": timedelta(days=2),
        "plan_cards": timedelta(hours=3),
        "confirm_cards": timedelta(hours=1),
        "push_prices": timedelta(hours=2),
    }
)
"""How long ago a scheduled flow may have come to its end. `watch` looks once an hour; the alarms look more often."""

TOKEN_WARNS, TOKEN_ALARMS = 30, 14
"""Days that a WB token has left. WB makes them for 180; making a new one takes the owner, who may be on holiday."""

ORDER_WAITS = timedelta(minutes=30)
"""An order that is not in the shop for longer is told; so long the alarm of `sweep` waits too."""

MISMATCH_PERCENT = 5
"""Of the rows looked at. A sale in the very moment counts as one, a second writer of stock as most."""

LEARNT_AFTER = 24
"""Looks, one an hour: before that a field that comes or stays away is one that WB leaves out at times."""

CHANGES_KEPT = timedelta(days=3)
"""A change of form is told for so long; afterwards the new form is the usual one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for people: what was found, and what to do about it."""

    part: str
    said: str
    do: str


# ---- the form of an answer


class Kind(StrEnum):
    """Kinds of JSON. WB's `null` is the same as absent, and a whole number the same as any other."""

    OBJECT = "object"
    LIST = "list"
    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes/no"


class Change(StrEnum):
    APPEARED = "appeared"
    VANISHED = "vanished"
    BECAME = "became"


@dataclass(frozen=True, slots=True)
class Field:
    """Of a path: its kinds so far, in how many looks it was seen, and whether in each that could show it."""

    kinds: tuple[str, ...]
    looks: int = 1
    always: bool = True


@dataclass(frozen=True, slots=True)
class Drift:
    """A change of form: `was` and `now` are kinds, empty where there is none."""

    path: str
    change: Change
    was: str = ""
    now: str = ""


type Form = Mapping[str, frozenset[Kind]]
type Known = Mapping[str, Field]

_NAME = re.compile(r"[A-Za-z_]\w{0,39}")
_MOST_PATHS = 600


def form_of(answer: object) -> Form:
    """Kinds by path, e.g. {"": object, "orders": list, "orders[]": object, "orders[].id": number}."""
    found: dict[str, set[Kind]] = {}
    for path, kind in _walk("", answer):
        if path in found or len(found) < _MOST_PATHS:
            found.setdefault(path, set()).add(kind)
    return {path: frozenset(kinds) for path, kinds in found.items()}


def _walk(path: str, value: object) -> Iterator[tuple[str, Kind]]:
    match value:
        case None:
            return
        case dict():
            yield path, Kind.OBJECT
            for name, inner in value.items():
                # A key that is no name is data: an id, perhaps a buyer.
                own = name if _NAME.fullmatch(str(name)) else "*"
                yield from _walk(f"{path}.{own}" if path else own, inner)
        case list():
            yield path, Kind.LIST
            for inner in value:
                yield from _walk(f"{path}[]", inner)
        case bool():
            yield path, Kind.YES_NO
        case str():
            yield path, Kind.TEXT
        case _:
            yield path, Kind.NUMBER


def holder(path: str) -> str:
    """The path of the object or list that a path stands in; "" is the whole answer."""
    if path.endswith("[]"):
        return path.removesuffix("[]")
    return path.rpartition(".")[0]


def compared(known: Known, form: Form) -> tuple[dict[str, Field], list[Drift]]:
    """What is known after this answer, and how it differs from what was known well enough.

    Of a whole new, or lost, branch only its root is told. What stands in a list that was always empty is learnt.
    """
    drifts = [*_appeared(known, form), *_became(known, form), *_vanished(known, form)]
    after = {path: _learnt(path, known, form) for path in known.keys() | form.keys()}
    return after, sorted(drifts, key=lambda drift: drift.path)


def _appeared(known: Known, form: Form) -> Iterator[Drift]:
    for path in form.keys() - known.keys():
        if not path.endswith("[]") and path and _well_known(known, holder(path)):
            yield Drift(path, Change.APPEARED, now=_told(form[path]))


def _became(known: Known, form: Form) -> Iterator[Drift]:
    for path, kinds in form.items():
        if _well_known(known, path) and not kinds <= set(known[path].kinds):
            yield Drift(path, Change.BECAME, was=_told(known[path].kinds), now=_told(kinds))


def _vanished(known: Known, form: Form) -> Iterator[Drift]:
    for path in known.keys() - form.keys():
        if path and not path.endswith("[]") and known[path].always and _well_known(known, path) and _shows(form, path):
            yield Drift(path, Change.VANISHED, was=_told(known[path].kinds))


def _well_known(known: Known, path: str) -> bool:
    return path in known and known[path].looks >= LEARNT_AFTER


def _shows(form: Form, path: str) -> bool:
    """Whether the object in which a path stands is there, so that it could be seen."""
    return Kind.OBJECT in form.get(holder(path), ())


def _learnt(path: str, known: Known, form: Form) -> Field:
    was, kinds = known.get(path), form.get(path)
    if was is None:
        return Field(_sorted(form[path]), always=holder(path) not in known)
    if kinds is None:
        return Field(was.kinds, was.looks, always=was.always and not _shows(form, path))
    return Field(_sorted({*was.kinds, *kinds}), min(was.looks + 1, LEARNT_AFTER), was.always)


def _sorted(kinds: Sequence[str] | set[str] | frozenset[Kind]) -> tuple[str, ...]:
    return tuple(sorted(map(str, kinds)))


def _told(kinds: Sequence[str] | frozenset[Kind]) -> str:
    return " or ".join(_sorted(kinds))
