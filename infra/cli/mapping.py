"""`wbsync mapping`: where the characteristics of cards come from, as YAML files for people and review."""

import getpass
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.account import Stage, deployed
from infra.cli.console import print_json, print_table
from infra.cli.installation import Installation
from infra.cli.known_schema import known_schema
from infra.cli.mapping_file import MappingFile, read_folder, with_version
from infra.cli.mapping_match import match
from infra.cli.mapping_measure import values
from infra.cli.mapping_propose import propose_table
from infra.cli.options import JsonOption, StageOption, WbHostsOption
from wbsync.domain.broken_cards import broke
from wbsync.domain.contradictions import Contradiction
from wbsync.domain.ids import SectionId, SubjectId
from wbsync.domain.mapping import CommonTable, SubjectTable
from wbsync.domain.mapping_check import contradictions, same_products
from wbsync.domain.schema import Schema
from wbsync.errors import Rejected
from wbsync.stores.mappings import COMMON, MappingsStore, StoredTable, common_table, stale, subject_tables
from wbsync.stores.schemas import Recorded, SchemasStore
from wbsync.telemetry import utcnow
from wbsync.texts import BROKEN_CARDS, SCHEMA_CHANGES, mapping_contradiction

app = typer.Typer(help="Where the characteristics of cards come from.", no_args_is_help=True)
app.command()(match)

app.command("values")(values)

FolderOption = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="Where the files are. infra/config/STAGE-mapping when left out."),
]
OneTableOption = Annotated[
    str, typer.Option("--subject", help="Only the table of this subject (its id), or `common`.", show_default=False)
]

_CHANGES = ("Когда (UTC)", "Предмет", "Что", "Изменение", "Было", "Стало", "Карточек")
_BROKEN = ("Артикул", "Карточка (nmID)", "Характеристика", "Почему", "Значение")


def folder_of(stage: Stage, folder: Path | None) -> Path:
    return folder or Path("infra") / "config" / f"{stage}-mapping"


@app.command()
def pull(stage: StageOption, subject: OneTableOption = "", folder: FolderOption = None) -> None:
    """Write the stored tables into files. What you have changed and not pushed is not lost."""
    stored = _tables(stage).all()
    if subject and subject not in stored:
        raise Rejected(f"no mapping table is stored for {subject}: `wbsync mapping propose` writes a first one")
    into = folder_of(stage, folder)
    into.mkdir(parents=True, exist_ok=True)
    for key in [subject] if subject else sorted(stored):
        typer.echo(f"{key}: {_pulled(into / f'{key}.yaml', stored[key])}")
    if not stored:
        typer.echo(f"no mapping table is stored for {stage}")


def _pulled(path: Path, stored: StoredTable) -> str:
    content = with_version(stored.text, stored.version)
    there = path.read_bytes() if path.exists() else None
    if there == content:
        return f"version {stored.version}, unchanged"
    if there is not None and there.startswith(with_version("", stored.version)):
        return f"version {stored.version}; left alone, since {path} has changes that are not pushed"
    if there is not None:
        path.with_name(f"{path.name}.bak").write_bytes(there)
    path.write_bytes(content)
    return f"version {stored.version} in {path}" + (f"; what was there is in {path.name}.bak" if there else "")


@app.command()
def push(
    stage: StageOption, wb_hosts: WbHostsOption = "", subject: OneTableOption = "", folder: FolderOption = None
) -> None:
    """Check files against WB's schema, and store those that changed; nothing is stored when one is refused."""
    files = read_folder(folder_of(stage, folder), subject)
    store = _tables(stage)
    stored = store.all()
    changed = [file for file in files if file.key not in stored or stored[file.key].text != file.text]
    _refuse(_stale(changed, stored))
    if changed:
        with Installation(stage, wb_hosts) as there:
            _check(files, changed, stored, there)
    for file in files:
        typer.echo(f"{file.key}: {_pushed(store, file) if file in changed else _unchanged(file, stored[file.key])}")


def _stale(changed: Iterable[MappingFile], stored: Mapping[str, StoredTable]) -> Iterator[str]:
    for file in changed:
        there = stored.get(file.key)
        if file.version != (there.version if there else 0):
            yield f"{file.path}:1: {stale(file.key, file.version, there)}"


def _pushed(store: MappingsStore, file: MappingFile) -> str:
    version = store.push(
        file.key,
        file.text,
        file.table,
        base_version=file.version,
        at=utcnow(),
        by=f"{getpass.getuser()}@{platform.node()}",
    )
    file.path.write_bytes(with_version(file.text, version))
    return f"version {version} is stored"


def _unchanged(file: MappingFile, stored: StoredTable) -> str:
    """A file that lost its version, or has an old one, but says the same, is brought up to date."""
    if file.version != stored.version:
        file.path.write_bytes(with_version(file.text, stored.version))
    return f"version {stored.version}, unchanged"


def _check(
    files: Sequence[MappingFile],
    changed: Sequence[MappingFile],
    stored: Mapping[str, StoredTable],
    there: Installation,
) -> None:
    """Hold the changed tables against WB and against each other; raises Rejected with one line for each problem."""
    by_key = {file.key: file for file in files}
    new = {file.table.subject: file.table for file in changed if isinstance(file.table, SubjectTable)}
    tables = {**subject_tables(stored), **new}
    of_files = next((file.table for file in changed if isinstance(file.table, CommonTable)), None)
    common = of_files or common_table(stored)
    schema = known_schema(there, tables if of_files else new)
    found: list[tuple[str, Contradiction]] = []
    if of_files:
        found += [(COMMON, one) for one in contradictions(of_files, schema, None)]
    for subject, table in sorted(tables.items()):
        found += _of_subject(subject, table, common, schema, is_new=subject in new, common_is_new=bool(of_files))
    for subject, shared in same_products(tables.values()).items():
        found += [(str(subject), one) for one in shared if subject in new]
    told = [(_told(by_key.get(key), key, one), one.refuses) for key, one in found]
    for line in dict.fromkeys(line for line, refuses in told if not refuses):
        typer.echo(f"warning: {line}", err=True)
    _refuse(dict.fromkeys(line for line, refuses in told if refuses))


def _of_subject(
    subject: SubjectId,
    table: SubjectTable,
    common: CommonTable | None,
    schema: Schema,
    *,
    is_new: bool,
    common_is_new: bool,
) -> Iterator[tuple[str, Contradiction]]:
    """What is told of a subject: of its own rows when its table is new, of the common ones when either is.

    A stored table that WB has overtaken since must not hold back another one's push.
    """
    if not is_new and not common_is_new:
        return
    for one in contradictions(table, schema, common):
        if is_new or one.in_common:
            yield COMMON if one.in_common else str(subject), one


def _told(file: MappingFile | None, key: str, found: Contradiction) -> str:
    if file:
        return file.told(found)
    return f"{key} (stored): {mapping_contradiction(found.kind, found.detail, found.nearest)}"


def _refuse(problems: Iterable[str]) -> None:
    told = list(problems)
    if told:
        raise Rejected("\n".join(told))


@app.command()
def propose(
    stage: StageOption,
    subject: Annotated[int, typer.Option(help="WB's id of the subject.")],
    wb_hosts: WbHostsOption = "",
    *,
    accept: Annotated[float, typer.Option(min=0, max=1, help="From this confidence on a row is taken.")] = 0.9,
    sections: Annotated[
        list[int] | None, typer.Option("--section", help="The shop's section with such products; repeatable.")
    ] = None,
    write: Annotated[Path | None, typer.Option(dir_okay=False, help="Write a table to begin with there.")] = None,
) -> None:
    """A source and a rule for every characteristic of a subject, out of the shop's properties and their values."""
    with Installation(stage, wb_hosts) as there:
        propose_table(
            there, SubjectId(subject), accept=accept, sections=[SectionId(one) for one in sections or ()], write=write
        )


@app.command()
def changes(
    stage: StageOption,
    days: Annotated[int, typer.Option(min=1, max=90, help="How far back.")] = 7,
    *,
    as_json: JsonOption = False,
) -> None:
    """What WB changed in the mapped subjects, and which cards no longer fit."""
    store = SchemasStore(deployed(stage).output("SchemasTable"))
    recorded = store.changes(utcnow() - timedelta(days=days))
    if as_json:
        print_json([_document(one) for one in recorded])
        return
    names = {subject.subject_id: subject.name for subject in store.schema().subjects.values()}
    print_table(_CHANGES, [row for one in recorded for row in _rows(one, names)])
    if any(one.broken for one in recorded):
        print_table(_BROKEN, [row for one in recorded for row in _broken(one)])
    if any(not one.cards_read for one in recorded):
        typer.echo("not all cards could be read: more of them may not fit", err=True)


def _rows(recorded: Recorded, names: Mapping[SubjectId, str]) -> Iterator[tuple[object, ...]]:
    subject = recorded.subject_id
    where = "все" if subject is None else f"{subject} {names.get(subject, '')}".strip()
    for change in recorded.changes:
        unfit = {card.nm_id for card in recorded.broken if broke(change, card)}
        words = SCHEMA_CHANGES[change.kind]
        yield f"{recorded.at:%d.%m.%Y %H:%M}", where, change.name, words, change.before, change.after, len(unfit) or ""


def _broken(recorded: Recorded) -> Iterator[tuple[object, ...]]:
    for card in recorded.broken:
        yield card.vendor_code, card.nm_id, card.name, BROKEN_CARDS[card.why], card.value


def _document(recorded: Recorded) -> dict[str, object]:
    return {
        "at": recorded.at.isoformat(timespec="seconds"),
        "subject": recorded.subject_id,
        "cards_read": recorded.cards_read,
        "changes": [
            {
                "kind": str(change.kind),
                "breaking": change.breaking,
                "name": str(change.name),
                "charcID": change.charc_id,
                "before": change.before,
                "after": change.after,
                "reason": SCHEMA_CHANGES[change.kind],
            }
            for change in recorded.changes
        ],
        "broken": [
            {
                "vendor_code": card.vendor_code,
                "nm_id": card.nm_id,
                "name": card.name,
                "why": str(card.why),
                "value": card.value,
                "reason": BROKEN_CARDS[card.why],
            }
            for card in recorded.broken
        ],
    }


def _tables(stage: Stage) -> MappingsStore:
    return MappingsStore(deployed(stage).output("MappingsTable"))
