"""`wbsync mapping propose`: a first mapping table for a subject, out of what the shop keeps in its properties."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import typer

from infra.cli.account import deployed
from infra.cli.console import print_table
from infra.cli.installation import Installation
from infra.cli.known_schema import known_schema
from infra.cli.mapping_draft import Candidate, Wanted, draft, is_mappable, target
from infra.proposals.match import Known
from infra.proposals.propose import propose
from wbsync.bitrix.products import read_properties
from wbsync.domain.ids import CharcId, SectionId, SubjectId
from wbsync.domain.mapping import NAMED_FIELDS, AsIs, CardField, Number, Row, Source, ValueRule
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Schema, SubjectSchema
from wbsync.domain.values.dictionaries import Dictionary
from wbsync.errors import Rejected
from wbsync.stores.mappings import COMMON, MappingsStore, StoredTable
from wbsync.telemetry import utcnow
from wbsync.texts import MAPPING_NO_SOURCE

SAMPLES = 2000
"""Products whose values are looked at."""

type Suggest = Callable[
    [Sequence[ShopProperty], Sequence[Characteristic], Schema, Sequence[tuple[Characteristic, Row]]],
    Mapping[CharcId, Sequence[Candidate]],
]
"""Sources for characteristics out of the shop's properties, WB's dictionaries and rows accepted for other subjects."""

_COLUMNS = ("Характеристика", "Куда", "Источник", "Правило", "Уверенность", "Почему")
_OF_FIELDS = "поле товара в Битриксе"

FIELD_SOURCES: Mapping[CardField, Candidate] = {
    "title": Candidate(Source(field="name"), AsIs(), 0.9, _OF_FIELDS),
    "description": Candidate(Source(field="detailText"), AsIs(), 0.9, _OF_FIELDS),
    "length": Candidate(Source(field="length"), Number(rule="number", unit="мм"), 0.9, _OF_FIELDS),
    "width": Candidate(Source(field="width"), Number(rule="number", unit="мм"), 0.9, _OF_FIELDS),
    "height": Candidate(Source(field="height"), Number(rule="number", unit="мм"), 0.9, _OF_FIELDS),
    "weight": Candidate(Source(field="weight"), Number(rule="number", unit="г"), 0.9, _OF_FIELDS),
}
"""What Bitrix keeps outside of properties: millimetres and grams."""


def suggested(
    properties: Sequence[ShopProperty],
    characteristics: Sequence[Characteristic],
    schema: Schema,
    accepted: Sequence[tuple[Characteristic, Row]],
) -> dict[CharcId, list[Candidate]]:
    """What `infra.proposals` makes of it."""
    dictionaries = {name: Dictionary([e.name for e in entries]) for name, entries in schema.dictionaries.items()}
    taken = {row.from_.property: charc.charc_id for charc, row in accepted if row.from_.property}
    found = propose(properties, characteristics, Known(dictionaries, taken))
    return {
        charc: [
            Candidate(Source(property=one.source.code), one.rule, one.confidence, one.reason, one.source.name)
            for one in proposals
        ]
        for charc, proposals in found.items()
    }


def propose_table(
    there: Installation,
    subject: SubjectId,
    *,
    suggest: Suggest = suggested,
    accept: float,
    sections: Iterable[SectionId],
    write: Path | None,
) -> None:
    """Show a source for every characteristic, and write a table of those at and above `accept`.

    Raises Rejected for a subject that WB has not, and for a file that is there already.
    """
    if write and write.exists():
        raise Rejected(f"{write} is there already: name another file with --write")
    schema = known_schema(there, [subject])
    if subject not in schema.subjects:
        raise Rejected(f"WB has no subject {subject}")
    of_subject = schema.subjects[subject]
    stored = MappingsStore(deployed(there.stage).output("MappingsTable")).all()
    properties = read_properties(there.bitrix, there.shop.catalog, samples=SAMPLES)
    asked = [*_fields(of_subject), *filter(is_mappable, of_subject.characteristics)]
    found = suggest(properties, asked, schema, list(_accepted(stored, schema, subject)))
    standing = _standing(stored)
    wanted = [_wanted(charc, found.get(charc.charc_id, ()), standing) for charc in asked]
    print_table(_COLUMNS, map(_row, wanted))
    sure = sum(one.is_sure(accept) for one in wanted)
    if write:
        write.write_text(draft(of_subject, wanted, accept=accept, sections=sections, at=utcnow()), encoding="utf-8")
        typer.echo(f"{sure} row(s) at and above {accept:.2f} are in {write}: check them, and `wbsync mapping push`")
    else:
        typer.echo(f"{sure} of {len(wanted)} at and above {accept:.2f}: write them with --write FILE")


def _fields(subject: SubjectSchema) -> Iterator[Characteristic]:
    """Fields of the card that WB does not list among the subject's characteristics, under WB's name for them."""
    listed = {target(charc) for charc in subject.characteristics}
    missing = {into: name for name, into in reversed(NAMED_FIELDS.items()) if into not in listed}
    for n, (into, name) in enumerate(sorted(missing.items()), start=1):
        yield Characteristic(CharcId(-n), name, named_field=True, required=into == "vendorCode")


def _accepted(
    stored: Mapping[str, StoredTable], schema: Schema, subject: SubjectId
) -> Iterator[tuple[Characteristic, Row]]:
    """Rows that people have let stand, with their characteristics."""
    known = {charc.charc_id: charc for one in schema.subjects.values() for charc in one.characteristics}
    for key, one in stored.items():
        if key != str(subject):
            yield from ((known[row.to], row) for row in one.table.rows if isinstance(row.to, int) and row.to in known)


def _standing(stored: Mapping[str, StoredTable]) -> dict[CharcId | CardField, str]:
    rows = stored[COMMON].table.rows if COMMON in stored else ()
    return {row.to: "есть в common.yaml" for row in rows}


def _wanted(charc: Characteristic, found: Sequence[Candidate], standing: Mapping[CharcId | CardField, str]) -> Wanted:
    into = target(charc)
    of_field = [FIELD_SOURCES[into]] if isinstance(into, str) and into in FIELD_SOURCES else []
    candidates = sorted([*of_field, *found], key=lambda one: -one.confidence)
    return Wanted(charc, tuple(candidates), standing.get(into, ""))


def _row(one: Wanted) -> tuple[object, ...]:
    into = (one.characteristic.name + (" *" if one.characteristic.required else ""), one.target)
    if one.stands:
        return (*into, one.stands, "", "", "")
    if not one.candidates:
        return (*into, MAPPING_NO_SOURCE, "", "", "")
    best = one.candidates[0]
    return (*into, best.told, _rule(best.rule), f"{best.confidence:.2f}", best.reason)


def _rule(rule: ValueRule) -> str:
    told = rule.model_dump(exclude_unset=True, by_alias=True, exclude={"rule"})
    return " ".join([rule.rule, *(f"{name}={value}" for name, value in told.items())])
