"""What WB wants to know about a card of a subject, and what has changed in that since it was last read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from wbsync.domain.ids import CharcId, SubjectId


class Kind(IntEnum):
    """WB's `charcType` (WB facts §2)."""

    UNUSED = 0
    STRINGS = 1
    NUMBER = 4


class Named(StrEnum):
    """WB's dictionaries. The last two are told by subject; all others are the same for every card."""

    COLORS = "colors"
    KINDS = "kinds"
    COUNTRIES = "countries"
    SEASONS = "seasons"
    VAT = "vat"
    TNVED = "tnved"
    BRANDS = "brands"


BY_SUBJECT = frozenset({Named.TNVED, Named.BRANDS})

# WB does not tell which dictionary a characteristic takes its values from: its name does.
DICTIONARIES: Mapping[str, Named] = {
    "Цвет": Named.COLORS,
    "Пол": Named.KINDS,
    "Страна производства": Named.COUNTRIES,
    "Сезон": Named.SEASONS,
    "Ставка НДС": Named.VAT,
    "ТНВЭД": Named.TNVED,
    "Бренд": Named.BRANDS,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a dictionary: a colour with the colour it belongs to, a TNVED code with its need for marking codes."""

    name: str
    parent: str = ""
    marked: bool = False  # TNVED only: goods of this code need "Честный знак"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A row of `GET /content/v2/object/charcs/{subjectId}` (WB facts §2)."""

    charc_id: CharcId
    name: str
    required: bool = False
    unit: str = ""
    max_count: int = 0  # 0: as many as one likes
    kind: Kind = Kind.STRINGS
    named_field: bool = False  # the value goes into a field of the card, not among its characteristics
    key: bool = False  # buyers filter by it
    variable: bool = False  # cards of one group may differ in it

    @property
    def dictionary(self) -> Named | None:
        return DICTIONARIES.get(self.name)


@dataclass(frozen=True, slots=True)
class SubjectSchema:
    subject_id: SubjectId
    name: str
    characteristics: tuple[Characteristic, ...]
    dictionaries: Mapping[Named, tuple[Entry, ...]] = field(default_factory=dict)  # those of BY_SUBJECT

    @property
    def by_id(self) -> dict[CharcId, Characteristic]:
        return {c.charc_id: c for c in self.characteristics}


@dataclass(frozen=True, slots=True)
class Schema:
    """All that is known of what WB takes."""

    subjects: Mapping[SubjectId, SubjectSchema] = field(default_factory=dict)
    dictionaries: Mapping[Named, tuple[Entry, ...]] = field(default_factory=dict)  # those that are not of BY_SUBJECT

    def values(self, name: Named, subject: SubjectId) -> tuple[Entry, ...]:
        known = self.subjects[subject].dictionaries if name in BY_SUBJECT else self.dictionaries
        return known.get(name, ())


class ChangeKind(StrEnum):
    """What WB changed; texts.py says it in Russian, BREAKING names those that existing cards may not survive."""

    ADDED = "added"
    REQUIRED_ADDED = "required_added"  # a new characteristic that must be filled in, or an old one that must be now
    NO_LONGER_REQUIRED = "no_longer_required"
    REMOVED = "removed"
    RENAMED = "renamed"
    KIND = "kind"
    UNIT = "unit"
    FEWER_VALUES = "fewer_values"  # maxCount fell
    MORE_VALUES = "more_values"
    NAMED_FIELD = "named_field"
    VALUE_ADDED = "value_added"
    VALUE_REMOVED = "value_removed"


BREAKING = frozenset(
    {
        ChangeKind.REQUIRED_ADDED,
        ChangeKind.REMOVED,
        ChangeKind.KIND,
        ChangeKind.UNIT,
        ChangeKind.FEWER_VALUES,
        ChangeKind.NAMED_FIELD,
        ChangeKind.VALUE_REMOVED,
    }
)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One thing that is not as it was. `subject_id` is None for a dictionary that all subjects share."""

    kind: ChangeKind
    subject_id: SubjectId | None
    name: str  # the characteristic's name, or the dictionary's
    charc_id: CharcId | None = None
    before: str = ""
    after: str = ""

    @property
    def breaking(self) -> bool:
        return self.kind in BREAKING


def changes(old: SubjectSchema, new: SubjectSchema) -> Iterator[SchemaChange]:
    """What WB changed in a subject, in the order of its characteristics; then in its own dictionaries."""
    before, after = old.by_id, new.by_id
    for charc_id in dict.fromkeys((*before, *after)):
        yield from _changed(new.subject_id, before.get(charc_id), after.get(charc_id))
    for name in sorted(BY_SUBJECT):
        yield from dictionary_changes(
            name, old.dictionaries.get(name, ()), new.dictionaries.get(name, ()), subject=new.subject_id
        )


def dictionary_changes(
    name: Named, old: tuple[Entry, ...], new: tuple[Entry, ...], *, subject: SubjectId | None = None
) -> Iterator[SchemaChange]:
    """Values that came and went. A dictionary that was not read before has not changed."""
    before, after = {e.name for e in old}, {e.name for e in new}
    if not before:
        return
    for value in sorted(before - after):
        yield SchemaChange(ChangeKind.VALUE_REMOVED, subject, name, before=value)
    for value in sorted(after - before):
        yield SchemaChange(ChangeKind.VALUE_ADDED, subject, name, after=value)


def _changed(subject: SubjectId, old: Characteristic | None, new: Characteristic | None) -> Iterator[SchemaChange]:
    if old is None and new is not None:
        kind = ChangeKind.REQUIRED_ADDED if new.required else ChangeKind.ADDED
        yield SchemaChange(kind, subject, new.name, new.charc_id)
    elif new is None and old is not None:
        yield SchemaChange(ChangeKind.REMOVED, subject, old.name, old.charc_id)
    elif old is not None and new is not None:
        for kind, before, after in _differences(old, new):
            yield SchemaChange(kind, subject, new.name, new.charc_id, before, after)


def _differences(old: Characteristic, new: Characteristic) -> Iterator[tuple[ChangeKind, str, str]]:
    if old.required is not new.required:
        yield (ChangeKind.REQUIRED_ADDED if new.required else ChangeKind.NO_LONGER_REQUIRED), "", ""
    if old.name != new.name:
        yield ChangeKind.RENAMED, old.name, new.name
    if old.kind != new.kind:
        yield ChangeKind.KIND, old.kind.name, new.kind.name
    if old.unit != new.unit:
        yield ChangeKind.UNIT, old.unit, new.unit
    if old.max_count != new.max_count:
        fewer = _room(new) < _room(old)
        kind = ChangeKind.FEWER_VALUES if fewer else ChangeKind.MORE_VALUES
        yield kind, str(old.max_count), str(new.max_count)
    if old.named_field is not new.named_field:
        yield ChangeKind.NAMED_FIELD, "", ""


def _room(characteristic: Characteristic) -> float:
    return characteristic.max_count or float("inf")
