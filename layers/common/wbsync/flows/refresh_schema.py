"""What WB wants to know about cards: read every day, kept, and held against what it was.

A change that breaks cards is told with the cards that no longer fit. A subject or dictionary that cannot be read, or
that WB tells empty, stays as it was known and holds back no other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from wbsync.domain.broken_cards import BrokenCard, broke, broken
from wbsync.domain.cards import Standing
from wbsync.domain.ids import SubjectId
from wbsync.domain.schema import (
    ChangeKind,
    Entry,
    Named,
    Schema,
    SchemaChange,
    SubjectSchema,
    changes,
    dictionary_changes,
)
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, TryLater
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.schemas import KEPT, Reading, Recorded, SchemasStore
from wbsync.telemetry import logger
from wbsync.wb import cards as wb_cards
from wbsync.wb import schema as wb_schema
from wbsync.wb.client import WbClient

TURN = timedelta(seconds=30)
"""A longer wait for the seller's limit is left to the next tick; that is a day away, so a shorter one is slept."""

STALE = timedelta(days=14)
"""A list of brands that was begun longer ago is begun anew."""

_SHOWN = 50  # vendorCodes in a line of the log; all of them are kept with the change


def run(
    *,
    wb: WbClient,
    mappings: MappingsStore,
    schemas: SchemasStore,
    now: Callable[[], datetime],
    deadline: datetime,
    sleep: Callable[[float], None] | None = None,
) -> dict[str, int]:
    """Read all dictionaries and mapped subjects; brands last, as far as the time allows.

    Raises NotAuthorised for a token without the category Content.
    """
    mapped = sorted(mappings.subjects())
    refresh = _Refresh(wb, schemas, schemas.schema(), now, deadline, sleep)
    if mapped:
        refresh.each(wb_schema.SHARED, refresh.dictionary, "Dictionaries")
        refresh.each(mapped, refresh.characteristics, "Subjects")
        refresh.each(mapped, refresh.tnved, "Tnved")
        refresh.each(refresh.by_turn(mapped), refresh.brands, "Brands")
    schemas.forget(now() - KEPT)
    return {"SchemaChanges": 0, "SchemaBreaking": 0, "CardsBroken": 0, **refresh.counts}


@dataclass(frozen=True, slots=True)
class _Refresh:
    wb: WbClient
    schemas: SchemasStore
    known: Schema
    now: Callable[[], datetime]
    deadline: datetime
    sleep: Callable[[float], None] | None
    counts: Counter[str] = field(default_factory=Counter)
    fresh: dict[SubjectId, SubjectSchema] = field(default_factory=dict)

    def each[T: (SubjectId, Named)](self, things: Iterable[T], read: Callable[[T], None], what: str) -> None:
        """Read one after the other; one that fails holds back no other. Raises NotAuthorised."""
        for thing in things:
            if self.now() >= self.deadline:
                self.counts[f"{what}PutOff"] += 1
                continue
            try:
                read(thing)
            except NotAuthorised:
                raise
            except SyncError as error:
                self.counts[f"{what}Failed"] += 1
                logger.warning("schema not read", what=what, which=str(thing), reason=str(error))
            else:
                self.counts[f"{what}Read"] += 1

    # What is read

    def dictionary(self, name: Named) -> None:
        entries = self._patiently(lambda: wb_schema.read_dictionary(self.wb, name))
        self._take(name, entries, self.known.dictionaries.get(name, ()))

    def characteristics(self, subject: SubjectId) -> None:
        read = self._patiently(lambda: wb_schema.read_subject(self.wb, subject))
        if not read.characteristics:
            raise Rejected(f"WB tells no characteristics of subject {subject}")
        old = self.known.subjects.get(subject)
        self.fresh[subject] = read = replace(read, dictionaries=old.dictionaries if old else {})
        if old:
            self._tell(subject, list(changes(old, read)))
        self.schemas.save(read)

    def tnved(self, subject: SubjectId) -> None:
        entries = self._patiently(lambda: wb_schema.read_tnved(self.wb, subject))
        self._take(Named.TNVED, entries, self._known(Named.TNVED, subject), subject)

    def brands(self, subject: SubjectId) -> None:
        """Page by page. What was read is kept when the time or the seller's limit ends it, for the next run."""
        kept = self.schemas.reading(Named.BRANDS, subject)
        reading = kept if kept and self.now() - kept.began_at < STALE else Reading(self.now(), 0)
        ended = False
        try:
            while not ended and self.now() < self.deadline:
                reading, ended = self._more_brands(subject, reading)
        finally:
            if not ended and reading.entries:
                self.schemas.keep_reading(Named.BRANDS, subject, reading)
        if ended:
            self._take(Named.BRANDS, reading.entries, self._known(Named.BRANDS, subject), subject)
            if kept:
                self.schemas.end_reading(Named.BRANDS, subject)

    def by_turn(self, mapped: Sequence[SubjectId]) -> list[SubjectId]:
        """Subjects whose brands are half read come first; the others by turns, another one first every day."""
        first = self.now().toordinal() % len(mapped)
        turns = [*mapped[first:], *mapped[:first]]
        return sorted(turns, key=lambda subject: self.schemas.reading(Named.BRANDS, subject) is None)

    def _more_brands(self, subject: SubjectId, reading: Reading) -> tuple[Reading, bool]:
        """What is read with one more page, and whether that was the last one."""
        try:
            page = self._patiently(lambda: wb_schema.read_brands(self.wb, subject, reading.next or None))
        except Rejected as error:
            if error.status == HTTPStatus.NOT_FOUND:  # WB's word for a subject without brands
                return reading, True
            raise
        if page.next == reading.next:
            raise Rejected(f"WB tells the page {page.next} of the brands of subject {subject} over and over")
        read = replace(reading, next=page.next or 0, entries=(*reading.entries, *page.entries))
        return read, not page.next

    def _known(self, name: Named, subject: SubjectId) -> tuple[Entry, ...]:
        known = self.known.subjects.get(subject)
        return known.dictionaries.get(name, ()) if known else ()

    def _take(
        self, name: Named, entries: Iterable[Entry], old: tuple[Entry, ...], subject: SubjectId | None = None
    ) -> None:
        read = tuple(dict.fromkeys(entries))
        if not read and old:
            raise Rejected(f"WB tells the dictionary {name} empty")
        self._tell(subject, list(dictionary_changes(name, old, read, subject=subject)))
        self.schemas.save_dictionary(name, read, subject=subject)

    def _patiently[A](self, ask: Callable[[], A]) -> A:
        while True:
            try:
                return ask()
            except RateLimited as error:
                wait = timedelta(seconds=error.wait)
                if self.sleep is None or wait > TURN or self.now() + wait >= self.deadline:
                    raise
                self.sleep(error.wait)

    # What became of cards

    def _tell(self, subject: SubjectId | None, found: Sequence[SchemaChange]) -> None:
        """Keep what changed before the new schema is kept: a run that dies in between tells it twice, not never."""
        if not found:
            return
        breaking = [change for change in found if change.breaking]
        cards, complete = self._broken(subject, breaking)
        self.schemas.record(Recorded(self.now(), subject, tuple(found), tuple(cards), complete))
        alarming = [change for change in breaking if _alarms(change, cards, complete=complete)]
        self.counts["SchemaChanges"] += len(found)
        self.counts["SchemaBreaking"] += len(alarming)
        self.counts["CardsBroken"] += len({card.nm_id for card in cards})
        for change in alarming:
            _warn(change, cards)

    def _broken(self, subject: SubjectId | None, breaking: Sequence[SchemaChange]) -> tuple[list[BrokenCard], bool]:
        """Cards that do not fit any more, and whether all cards were read. Raises NotAuthorised."""
        subjects = {s.subject_id: s for s in self._affected(subject, breaking)}
        found: list[BrokenCard] = []
        try:
            for card in self._cards(subjects):
                found += broken([card], subjects[card.subject_id], breaking)
        except NotAuthorised:
            raise
        except SyncError as error:
            logger.warning("cards not read", subject=subject, reason=str(error))
            return found, False
        return found, True

    def _affected(self, subject: SubjectId | None, breaking: Sequence[SchemaChange]) -> Iterator[SubjectSchema]:
        names = {change.name for change in breaking}
        for known in {**self.known.subjects, **self.fresh}.values():
            shared = subject is None and any(charc.dictionary in names for charc in known.characteristics)
            if breaking and (shared or known.subject_id == subject):
                yield known

    def _cards(self, subjects: Mapping[SubjectId, object]) -> Iterator[Standing]:
        """Cards of these subjects. Raises SyncError; TryLater when the time is up."""
        for card in wb_cards.read_all(self.wb, subjects=list(subjects)) if subjects else ():
            if self.now() >= self.deadline:
                raise TryLater("the time is up", wait=0)
            if card.subject_id in subjects:
                yield card


def _alarms(change: SchemaChange, cards: Iterable[BrokenCard], *, complete: bool) -> bool:
    """A value that no card uses may go: brands do so every day."""
    if change.kind is not ChangeKind.VALUE_REMOVED or not complete:
        return True
    return any(broke(change, card) for card in cards)


def _warn(change: SchemaChange, cards: Iterable[BrokenCard]) -> None:
    codes = sorted({card.vendor_code for card in cards if broke(change, card)})
    logger.warning(
        "WB changed what it wants",
        kind=str(change.kind),
        subject=change.subject_id,
        characteristic=change.name,
        charc_id=change.charc_id,
        before=change.before,
        after=change.after,
        cards=len(codes),
        vendor_codes=codes[:_SHOWN],
    )
