"""The Schemas table keeps what WB takes, however long a dictionary is, and never an empty word in its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.broken_cards import BrokenCard
from wbsync.domain.ids import CharcId, NmId, SubjectId
from wbsync.domain.schema import ChangeKind, Characteristic, Entry, Kind, Named, Schema, SchemaChange, SubjectSchema
from wbsync.errors import Unavailable
from wbsync.stores.aws import dynamodb
from wbsync.stores.schemas import PART, Reading, Recorded, SchemasStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SKIRTS = SubjectId(38)
COATS = SubjectId(168)


def subject(subject_id: SubjectId = SKIRTS, *names: str) -> SubjectSchema:
    rows = (
        Characteristic(CharcId(n), name, required=n == 1, unit="см", max_count=n, kind=Kind.NUMBER, key=True)
        for n, name in enumerate(names or ("Длина юбки", "Рост"), start=1)
    )
    return SubjectSchema(subject_id, "Юбки", tuple(rows))


def brands(count: int, seed: str = "") -> tuple[Entry, ...]:
    """Names that no compression makes small."""
    return tuple(Entry(sha256(f"{seed}{n}".encode()).hexdigest()) for n in range(count))


def removed(name: str, value: str = "", subject_id: SubjectId | None = SKIRTS) -> SchemaChange:
    return SchemaChange(ChangeKind.VALUE_REMOVED, subject_id, name, before=value)


@pytest.fixture
def schemas(aws: Aws) -> SchemasStore:
    return SchemasStore(aws.tables["SchemasTable"])


def parts(aws: Aws) -> int:
    return dynamodb().scan(TableName=aws.tables["SchemasTable"], Select="COUNT")["Count"]


def test_nothing_kept_is_an_empty_schema(schemas: SchemasStore) -> None:
    assert schemas.schema() == Schema()


def test_subjects_and_dictionaries_come_back_as_they_were_kept(schemas: SchemasStore) -> None:
    colors = (Entry("белый мел", parent="белый"), Entry("алый", parent="красный"))
    tnved = (Entry("6104530000", marked=True), Entry("6104590000"))
    assert schemas.save(subject())
    assert schemas.save(subject(COATS, "Рост"))
    assert schemas.save_dictionary(Named.COLORS, colors)
    assert schemas.save_dictionary(Named.TNVED, tnved, subject=SKIRTS)
    assert schemas.schema() == Schema(
        {SKIRTS: replace(subject(), dictionaries={Named.TNVED: tnved}), COATS: subject(COATS, "Рост")},
        {Named.COLORS: colors},
    )
    assert schemas.schema().values(Named.TNVED, SKIRTS) == tnved
    assert schemas.schema().values(Named.COLORS, COATS) == colors


def test_an_empty_answer_never_replaces_what_is_known(schemas: SchemasStore) -> None:
    schemas.save(subject())
    schemas.save_dictionary(Named.SEASONS, [Entry("зима")])
    before = schemas.schema()
    assert not schemas.save(SubjectSchema(SKIRTS, "Юбки", ()))
    assert not schemas.save_dictionary(Named.SEASONS, [])
    assert schemas.schema() == before


def test_keeping_a_subject_again_leaves_its_dictionaries_alone(schemas: SchemasStore) -> None:
    schemas.save_dictionary(Named.BRANDS, [Entry("Берёзка")], subject=SKIRTS)
    schemas.save(subject())
    schemas.save(subject(SKIRTS, "Рост"))
    assert schemas.schema().subjects[SKIRTS].dictionaries == {Named.BRANDS: (Entry("Берёзка"),)}


def test_a_dictionary_of_any_length_is_kept_in_parts_that_are_replaced_as_one(schemas: SchemasStore, aws: Aws) -> None:
    schemas.save(subject())
    long, longer = brands(20_000), brands(30_000, "other")
    for kept in (long, longer, long):
        assert schemas.save_dictionary(Named.BRANDS, kept, subject=SKIRTS)
        assert schemas.schema().values(Named.BRANDS, SKIRTS) == kept
    items = dynamodb().scan(TableName=aws.tables["SchemasTable"])["Items"]
    assert len(items) > 3
    assert all(len(item["body"]["B"]) <= PART for item in items if "body" in item)
    schemas.save_dictionary(Named.BRANDS, [Entry("Берёзка")], subject=SKIRTS)
    assert schemas.schema().values(Named.BRANDS, SKIRTS) == (Entry("Берёзка"),)
    assert parts(aws) == 2


def test_parts_of_a_writing_that_was_cut_off_are_not_read_and_go_with_the_next(schemas: SchemasStore, aws: Aws) -> None:
    schemas.save_dictionary(Named.COLORS, brands(20_000))
    before = schemas.schema()
    name, whole = "dictionary/colors", parts(aws)
    table = aws.tables["SchemasTable"]
    dynamodb().put_item(TableName=table, Item={"name": {"S": name}, "part": {"N": "77"}, "body": {"B": b"half"}})
    assert schemas.schema() == before
    schemas.save_dictionary(Named.COLORS, brands(20_000))
    assert schemas.schema() == before
    assert parts(aws) == whole


def test_a_document_without_one_of_its_parts_is_told_and_not_read_as_a_short_one(
    schemas: SchemasStore, aws: Aws
) -> None:
    schemas.save_dictionary(Named.COLORS, brands(20_000))
    key = {"name": {"S": "dictionary/colors"}, "part": {"N": "2"}}
    dynamodb().delete_item(TableName=aws.tables["SchemasTable"], Key=key)
    with pytest.raises(Unavailable, match="dictionary/colors"):
        schemas.schema()


def test_a_reading_goes_on_where_it_stopped_and_is_no_dictionary_until_it_ends(schemas: SchemasStore, aws: Aws) -> None:
    schemas.save(subject())
    assert schemas.reading(Named.BRANDS, SKIRTS) is None
    reading = Reading(NOON, 500, brands(20_000))
    schemas.keep_reading(Named.BRANDS, SKIRTS, reading)
    assert schemas.reading(Named.BRANDS, SKIRTS) == reading
    assert schemas.reading(Named.BRANDS, COATS) is None
    assert schemas.schema().values(Named.BRANDS, SKIRTS) == ()
    schemas.end_reading(Named.BRANDS, SKIRTS)
    assert schemas.reading(Named.BRANDS, SKIRTS) is None
    assert parts(aws) == 1


def test_changes_are_told_from_a_moment_on_oldest_first_and_forgotten_in_the_end(schemas: SchemasStore) -> None:
    first = Recorded(
        NOON, SKIRTS, (removed("Сезон", "зима"),), (BrokenCard("A-1", NmId(7), "Сезон", removed("").kind, "зима"),)
    )
    same_moment = Recorded(NOON, None, (removed("colors", "алый", None),), cards_read=False)
    later = Recorded(NOON + timedelta(days=1), SKIRTS, (SchemaChange(ChangeKind.ADDED, SKIRTS, "Рост", CharcId(2)),))
    for one in (later, first, same_moment):
        schemas.record(one)
    assert schemas.changes(NOON) == [same_moment, first, later]
    assert schemas.changes(NOON + timedelta(hours=1)) == [later]
    assert schemas.schema() == Schema()
    schemas.forget(NOON + timedelta(hours=1))
    assert schemas.changes(NOON) == [later]


def test_very_many_changes_are_told_whole_each_with_the_cards_it_broke(schemas: SchemasStore) -> None:
    changes = tuple(removed("brands", f"{n} {name.name}") for n, name in enumerate(brands(2_500)))
    cards = tuple(BrokenCard(f"A-{n}", NmId(n), "brands", ChangeKind.VALUE_REMOVED, f"{n}") for n in range(2_500))
    schemas.record(Recorded(NOON, SKIRTS, changes, cards))
    told = schemas.changes(NOON)
    assert len(told) > 1
    assert [change for one in told for change in one.changes] == list(changes)
    assert {card for one in told for card in one.broken} == set(cards)
