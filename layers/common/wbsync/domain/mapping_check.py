"""What of a mapping table contradicts WB's schema, told by the way to it in the YAML.

Of what WB has not told (a dictionary that was never read), nothing is said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rapidfuzz import fuzz, process

from wbsync.domain.contradictions import Contradiction, ContradictionKind, Path
from wbsync.domain.ids import CharcId, SubjectId
from wbsync.domain.mapping import (
    NAMED_FIELDS,
    CardField,
    Chosen,
    CommonTable,
    FromDictionary,
    Number,
    Row,
    Split,
    SubjectTable,
    Table,
)
from wbsync.domain.schema import Characteristic, Kind, Named, Schema, SubjectSchema


def rows_of(table: SubjectTable, common: CommonTable | None, subject: SubjectSchema) -> tuple[Row, ...]:
    """The rows that count for a subject: its own, and those common ones whose target it has and does not map itself."""
    return (*table.rows, *(row for _, row in _inherited(table, common, subject)))


def contradictions(table: Table, schema: Schema, common: CommonTable | None) -> list[Contradiction]:
    """All of them, in the order of the YAML. `common` is the common table that will stand beside a subject's."""
    if isinstance(table, CommonTable):
        return [*_twice(table.rows), *_broken_templates(table.rows), *_never_used(table, schema)]
    subject = schema.subjects.get(table.subject)
    if subject is None:
        return [Contradiction(("subject",), ContradictionKind.SUBJECT_UNKNOWN, str(table.subject))]
    return [
        *_other_name(("name",), ContradictionKind.SUBJECT_NAME, table.name, subject.name),
        *_twice(table.rows),
        *_broken_templates(table.rows),
        *(found for at, row in enumerate(table.rows) for found in _of_row(at, row, subject, schema)),
        *(
            replace(found, in_common=True)
            for at, row in _inherited(table, common, subject)
            for found in _of_row(at, row, subject, schema)
        ),
        *_missing(rows_of(table, common, subject), subject),
    ]


def same_products(tables: Iterable[SubjectTable]) -> dict[SubjectId, list[Contradiction]]:
    """Tables that choose the same section, or the same value of a property, each with the subject it collides with."""
    found: dict[SubjectId, list[Contradiction]] = {}
    for one, other in combinations(sorted(tables, key=lambda table: table.subject), 2):
        shared = _shared(one.products, other.products)
        if shared:
            for table, rival in ((one, other), (other, one)):
                told = Contradiction(("products",), ContradictionKind.SAME_PRODUCTS, f"{shared} → {rival.subject}")
                found.setdefault(table.subject, []).append(told)
    return found


def _shared(one: Chosen, other: Chosen) -> str:
    """What both choose for certain; empty when a property tells them apart, or nothing is known."""
    same_property = one.property is not None and one.property == other.property
    values = one.values & other.values
    if same_property and not values:
        return ""
    sections = one.sections & other.sections
    if sections:
        return f"sections: {', '.join(map(str, sorted(sections)))}"
    alone = not one.sections and not other.sections
    return f"{one.property}: {', '.join(sorted(values))}" if same_property and alone else ""


# ---- a table as a whole


def _inherited(table: SubjectTable, common: CommonTable | None, subject: SubjectSchema) -> Iterator[tuple[int, Row]]:
    own, known = {row.to for row in table.rows}, subject.by_id
    for at, row in enumerate(common.rows if common else ()):
        if row.to not in own and (isinstance(row.to, str) or row.to in known):
            yield at, row


def _twice(rows: Sequence[Row]) -> Iterator[Contradiction]:
    seen: set[CharcId | CardField] = set()
    for at, row in enumerate(rows):
        if row.to in seen:
            yield Contradiction(("rows", at, "to"), ContradictionKind.TWICE, str(row.to))
        seen.add(row.to)


_PLACEHOLDER = re.compile(r"\{[A-Za-z]\w*\}")


def _broken_templates(rows: Sequence[Row]) -> Iterator[Contradiction]:
    for at, row in enumerate(rows):
        template = row.from_.template
        if template is not None and set("{}") & set(_PLACEHOLDER.sub("", template)):
            yield Contradiction(("rows", at, "from", "template"), ContradictionKind.BRACES, template)


def _never_used(table: CommonTable, schema: Schema) -> Iterator[Contradiction]:
    known = {charc_id for subject in schema.subjects.values() for charc_id in subject.by_id}
    for at, row in enumerate(table.rows):
        if isinstance(row.to, int) and row.to not in known:
            yield Contradiction(("rows", at, "to"), ContradictionKind.NEVER_USED, f"{row.to} {row.name}".strip())


def _missing(rows: Sequence[Row], subject: SubjectSchema) -> Iterator[Contradiction]:
    mapped = {row.to for row in rows}
    if "vendorCode" not in mapped:
        yield Contradiction(("rows",), ContradictionKind.NO_VENDOR_CODE)
    for charc in subject.characteristics:
        if charc.required and not mapped & {charc.charc_id, _field_of(charc)}:
            yield Contradiction(("rows",), ContradictionKind.REQUIRED_UNMAPPED, f"{charc.charc_id} {charc.name}")


def _field_of(charc: Characteristic) -> CardField | None:
    return NAMED_FIELDS.get(charc.name) if charc.named_field or charc.kind is Kind.UNUSED else None


# ---- one row


def _of_row(at: int, row: Row, subject: SubjectSchema, schema: Schema) -> Iterator[Contradiction]:
    found = _of_field(row) if isinstance(row.to, str) else _of_characteristic(row, row.to, subject)
    wanted = _wanted(row, subject)
    of_values = _of_values(row, wanted, subject, schema) if wanted else ()
    yield from (replace(one, path=("rows", at, *one.path)) for one in (*found, *of_values))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a target takes."""

    number: bool = False
    unit: str = ""
    room: int = 0  # values at most; 0: as many as one likes
    dictionary: Named | None = None
    free: bool = False  # a number may be told without the rule for it


_FIELDS: Mapping[str, _Wanted] = {
    **dict.fromkeys(("length", "width", "height"), _Wanted(number=True, unit="см", room=1, free=True)),
    "weight": _Wanted(number=True, unit="кг", room=1, free=True),
    "price": _Wanted(number=True, room=1, free=True),
    "brand": _Wanted(room=1, dictionary=Named.BRANDS),
}
_TEXT = _Wanted(room=1)


def _wanted(row: Row, subject: SubjectSchema) -> _Wanted | None:
    """None for a characteristic that takes nothing here."""
    if isinstance(row.to, str):
        return _FIELDS.get(row.to, _TEXT)
    charc = subject.by_id.get(row.to)
    if charc is None or charc.named_field or charc.kind is Kind.UNUSED:
        return None
    number = charc.kind is Kind.NUMBER
    return _Wanted(number, charc.unit, 1 if number else charc.max_count, charc.dictionary)


def _of_field(row: Row) -> Iterator[Contradiction]:
    """WB's names of the fields are known: another field's name is a row that was mixed up."""
    if row.name in NAMED_FIELDS and NAMED_FIELDS[row.name] != row.to:
        yield Contradiction(("name",), ContradictionKind.CHARC_NAME, row.name, (NAMED_FIELDS[row.name],))


def _of_characteristic(row: Row, charc_id: CharcId, subject: SubjectSchema) -> Iterator[Contradiction]:
    charc = subject.by_id.get(charc_id)
    if charc is None:
        known = {one.name: one for one in subject.characteristics}
        close = [f"{known[name].charc_id} {name}" for name in nearest(row.name, known)] if row.name else []
        yield Contradiction(("to",), ContradictionKind.CHARC_UNKNOWN, f"{charc_id} {row.name}".strip(), tuple(close))
        return
    yield from _other_name(("name",), ContradictionKind.CHARC_NAME, row.name, charc.name)
    if charc.named_field:
        into = NAMED_FIELDS.get(charc.name)
        yield Contradiction(("to",), ContradictionKind.NAMED_FIELD, charc.name, (into,) if into else ())
    elif charc.kind is Kind.UNUSED:
        into = NAMED_FIELDS.get(charc.name)
        yield Contradiction(("to",), ContradictionKind.UNUSED, charc.name, (into,) if into else ())


def _other_name(path: Path, kind: ContradictionKind, told: str, right: str) -> Iterator[Contradiction]:
    if told and right and _plain(told) != _plain(right):
        yield Contradiction(path, kind, told, (right,))


def _of_values(row: Row, wanted: _Wanted, subject: SubjectSchema, schema: Schema) -> Iterator[Contradiction]:
    yield from _of_rule(row, wanted)
    if wanted.number:
        yield from _numbers(row)
    else:
        yield from _texts(row, wanted, subject, schema)


def _of_rule(row: Row, wanted: _Wanted) -> Iterator[Contradiction]:
    rule = row.value
    if isinstance(rule, Number):
        if not wanted.number:
            yield Contradiction(("value", "rule"), ContradictionKind.TEXT_WANTED, rule.rule)
        elif not _same_dimension(rule.unit, wanted.unit):
            yield Contradiction(("value", "unit"), ContradictionKind.UNIT, rule.unit or "", (wanted.unit,))
    elif wanted.number and not (wanted.free and rule.rule == "as_is"):
        yield Contradiction(("value", "rule"), ContradictionKind.NUMBER_WANTED, rule.rule)
    elif isinstance(rule, FromDictionary) and not (rule.dictionary or wanted.dictionary or rule.values):
        yield Contradiction(("value", "rule"), ContradictionKind.NO_DICTIONARY)


_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")


def _numbers(row: Row) -> Iterator[Contradiction]:
    for path, text in _told_values(row):
        if not _NUMBER.match(text.replace(" ", "")):
            yield Contradiction(path, ContradictionKind.NOT_A_NUMBER, text)


def _told_values(row: Row) -> Iterator[tuple[Path, str]]:
    """Values that the table itself tells."""
    if row.from_.constant is not None:
        yield ("from", "constant"), row.from_.constant
    if row.default is not None:
        yield ("default",), row.default


def _texts(row: Row, wanted: _Wanted, subject: SubjectSchema, schema: Schema) -> Iterator[Contradiction]:
    rule = row.value
    words = rule.words if isinstance(rule, FromDictionary) else {}
    known = _dictionary(row, wanted, subject, schema)
    by_plain = {_plain(word): values for word, values in words.items()}
    for path, text in _told_values(row):
        values = by_plain[_plain(text)] if _plain(text) in by_plain else tuple(_separated(text, row, known))
        yield from _of_list(values, known, path, room=wanted.room)
    for word, values in words.items():
        yield from _of_list(values, known, ("value", "words", word), room=wanted.room, numbered=True)
    if isinstance(rule, FromDictionary) and rule.values:
        official = _official(rule, wanted, subject, schema)
        yield from _of_list(rule.values, official, ("value", "values"), numbered=True)


def _of_list(
    values: Sequence[str], known: "_Values | None", path: Path, *, room: int = 0, numbered: bool = False
) -> Iterator[Contradiction]:
    """`numbered`: the YAML has a list there, and not one text."""
    if room and len(values) > room:
        yield Contradiction(path, ContradictionKind.TOO_MANY_VALUES, f"{len(values)} > {room}")
    for n, value in enumerate(values):
        if known is not None and _plain(value) not in known:
            at = (*path, n) if numbered else path
            yield Contradiction(at, ContradictionKind.NOT_IN_DICTIONARY, value, tuple(nearest(value, known.values())))


type _Values = dict[str, str]
"""Values of a dictionary by what they are compared with."""


def _dictionary(row: Row, wanted: _Wanted, subject: SubjectSchema, schema: Schema) -> _Values | None:
    """What the values have to be among: WB's dictionary, else the shop's own list; None when nothing is known."""
    rule = row.value
    official = _official(rule if isinstance(rule, FromDictionary) else None, wanted, subject, schema)
    if official is None and isinstance(rule, FromDictionary) and rule.values:
        return {_plain(value): value for value in rule.values}
    return official


def _official(rule: FromDictionary | None, wanted: _Wanted, subject: SubjectSchema, schema: Schema) -> _Values | None:
    named = (rule and rule.dictionary) or wanted.dictionary
    entries = schema.values(named, subject.subject_id) if named else ()
    return {_plain(entry.name): entry.name for entry in entries} or None


_SEPARATORS = ",;\n"


def _separated(text: str, row: Row, known: _Values | None) -> Iterator[str]:
    """The values of a text that a table tells. A name of a dictionary may hold a comma itself."""
    rule = row.value
    if known is not None and _plain(text) in known:
        yield text
        return
    by = rule.by if isinstance(rule, Split) else _SEPARATORS if isinstance(rule, FromDictionary) else ""
    parts = re.split(f"[{re.escape(by)}]", text) if by else [text]
    yield from filter(None, (part.strip() for part in parts))


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split())


def nearest(value: str, known: Iterable[str]) -> list[str]:
    """At most three that look like it, the likest first."""
    found = process.extract(value, list(known), scorer=fuzz.WRatio, processor=_plain, limit=3, score_cutoff=_ALIKE)
    return [name for name, _, _ in found]


_ALIKE = 60  # of 100: below it a likeness is chance

_UNITS = {
    "length": "мм см дм м км дюйм",
    "area": "кв.мм кв.см кв.м мм² см² м²",
    "volume": "мл л куб.см куб.м см³ м³",
    "mass": "мг г гр кг т",
    "time": "мс с сек мин ч час дн день дней дн. мес месяц мес. лет год г.",
    "power": "мвт вт квт",
    "voltage": "мв в кв",
    "current": "ма а",
    "charge": "мач мa·ч ач",
    "memory": "кб мб гб тб",
    "frequency": "гц кгц мгц ггц",
    "share": "%",
    "count": "шт шт. штук",
}
_DIMENSIONS = {unit: dimension for dimension, units in _UNITS.items() for unit in units.split()}


def _same_dimension(told: str | None, wanted: str) -> bool:
    """Whether the one can be made of the other; a unit that nobody knows is its own dimension."""
    if not told or not wanted:
        return True
    one, other = (_plain(unit).replace(". ", ".") for unit in (told, wanted))
    return one == other or _DIMENSIONS.get(one, one) == _DIMENSIONS.get(other, other)
