"""Cards on WB that no longer fit, because WB changed what it takes of their subject."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from wbsync.domain.cards import Content, Standing, Value
from wbsync.domain.ids import NmId
from wbsync.domain.mapping import NAMED_FIELDS, CardField
from wbsync.domain.schema import ChangeKind, Characteristic, Kind, Named, SchemaChange, SubjectSchema


@dataclass(frozen=True, slots=True)
class BrokenCard:
    """A card, the characteristic in which it does not fit, and the values that are wrong; none where one is missing."""

    vendor_code: str
    nm_id: NmId
    name: str
    why: ChangeKind
    value: str = ""


def broken(
    standing: Iterable[Standing], subject: SubjectSchema, changes: Iterable[SchemaChange]
) -> Iterator[BrokenCard]:
    """What each card of a subject has to be changed in; `subject` is the new schema, `changes` led to it.

    A change of a dictionary that all subjects share counts for every subject.
    """
    breaking = [change for change in changes if change.breaking and change.subject_id in {None, subject.subject_id}]
    gone = {(c.name, c.before.casefold()) for c in breaking if c.kind is ChangeKind.VALUE_REMOVED}
    of_characteristics = [change for change in breaking if change.charc_id is not None]
    for card in standing:
        for name, why, value in (
            *_unfit(card.content, subject, of_characteristics),
            *_removed(card.content, subject, gone),
        ):
            yield BrokenCard(card.content.vendor_code, card.nm_id, name, why, value)


def broke(change: SchemaChange, card: BrokenCard) -> bool:
    """Whether it is this change that the card does not survive."""
    if card.why is not change.kind:
        return False
    if change.kind is ChangeKind.VALUE_REMOVED:
        return card.value.casefold() == change.before.casefold()
    return card.name == change.name


type _Found = tuple[str, ChangeKind, str]


def _unfit(content: Content, subject: SubjectSchema, changes: Iterable[SchemaChange]) -> Iterator[_Found]:
    for change in changes:
        charc_id = change.charc_id
        if charc_id is not None:
            charc = subject.by_id.get(charc_id) or Characteristic(charc_id, change.name)
            value = content.characteristics.get(charc_id)
            if _BREAKS[change.kind](content, charc, value):
                yield change.name, change.kind, ", ".join(_shown(value))


def _removed(content: Content, subject: SubjectSchema, gone: set[tuple[str, str]]) -> Iterator[_Found]:
    if (Named.BRANDS, content.brand.casefold()) in gone:
        yield "Бренд", ChangeKind.VALUE_REMOVED, content.brand
    if not gone:
        return
    for charc in subject.characteristics:
        for text in _shown(content.characteristics.get(charc.charc_id)) if charc.dictionary else ():
            if (charc.dictionary, text.casefold()) in gone:
                yield charc.name, ChangeKind.VALUE_REMOVED, text


# ---- what each change breaks


def _is_missing(content: Content, charc: Characteristic, value: Value | None) -> bool:
    """Fields are held against what they are called in the schema; what WB takes nowhere cannot be missing."""
    field = NAMED_FIELDS.get(charc.name) if charc.named_field else None
    if field is not None:
        return not _in_field(content, field)
    return charc.kind is not Kind.UNUSED and not charc.named_field and value in {None, ()}


def _in_field(content: Content, field: CardField) -> bool:
    packed = content.dimensions
    told: Mapping[CardField, object] = {
        "vendorCode": content.vendor_code,
        "title": content.title,
        "description": content.description,
        "brand": content.brand,
        "length": packed and packed.length,
        "width": packed and packed.width,
        "height": packed and packed.height,
        "weight": packed and packed.weight,
        "techSize": all(size.tech_size for size in content.sizes),
        "wbSize": all(size.wb_size for size in content.sizes),
    }
    return bool(told.get(field, True))


def _is_of_other_kind(_content: Content, charc: Characteristic, value: Value | None) -> bool:
    if value in {None, ()}:
        return False
    return charc.kind is Kind.UNUSED or isinstance(value, Decimal) is not (charc.kind is Kind.NUMBER)


def _is_too_many(_content: Content, charc: Characteristic, value: Value | None) -> bool:
    return isinstance(value, tuple) and 0 < charc.max_count < len(value)


def _is_told(_content: Content, _charc: Characteristic, value: Value | None) -> bool:
    return value not in {None, ()}


_BREAKS: Mapping[ChangeKind, Callable[[Content, Characteristic, Value | None], bool]] = {
    ChangeKind.REQUIRED_ADDED: _is_missing,
    ChangeKind.REMOVED: _is_told,
    ChangeKind.KIND: _is_of_other_kind,
    ChangeKind.FEWER_VALUES: _is_too_many,
    ChangeKind.UNIT: _is_told,  # the number means something else now
    ChangeKind.NAMED_FIELD: _is_told,  # it has to move into a field, or out of one
}


def _shown(value: Value | None) -> Iterator[str]:
    if isinstance(value, tuple):
        yield from value
    elif value is not None:
        yield f"{value:f}"
