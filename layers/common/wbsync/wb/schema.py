"""WB's schema and dictionaries, asked for and told in our words (WB facts §2)."""

from collections.abc import Mapping

from wbsync.domain.ids import SubjectId
from wbsync.domain.schema import Entry, Named, SubjectSchema
from wbsync.wb.card_wire import Brands, Colors, Countries, Words
from wbsync.wb.client import WbClient
from wbsync.wb.operations import (
    BRANDS,
    CHARACTERISTICS,
    COLORS,
    COUNTRIES,
    KINDS,
    SEASONS,
    TNVED,
    VAT,
    Operation,
)

_RUSSIAN = {"locale": "ru"}

_SHARED: Mapping[Named, Operation[Colors | Countries | Words]] = {
    Named.COLORS: COLORS,
    Named.KINDS: KINDS,
    Named.COUNTRIES: COUNTRIES,
    Named.SEASONS: SEASONS,
    Named.VAT: VAT,
}
SHARED = tuple(_SHARED)
"""Dictionaries that are the same for every subject."""


def read_subject(wb: WbClient, subject: SubjectId) -> SubjectSchema:
    """Without its dictionaries; without characteristics when WB has no such subject. Raises SyncError."""
    rows = wb.call(CHARACTERISTICS, path={"subject_id": subject}, query=_RUSSIAN)
    return SubjectSchema(subject, rows.subject_name, rows.characteristics)


def read_dictionary(wb: WbClient, name: Named) -> tuple[Entry, ...]:
    """One of SHARED. Raises SyncError."""
    return wb.call(_SHARED[name], query=_RUSSIAN).entries


def read_tnved(wb: WbClient, subject: SubjectId) -> tuple[Entry, ...]:
    """Empty when the subject has none. Raises SyncError."""
    return wb.call(TNVED, query={"subjectID": subject, **_RUSSIAN}).entries


def read_brands(wb: WbClient, subject: SubjectId, after: int | None) -> Brands:
    """A page: the first one, or the one behind `after`, the `next` of the page before. Raises SyncError."""
    return wb.call(BRANDS, query={"subjectId": subject} | ({"next": after} if after else {}))
