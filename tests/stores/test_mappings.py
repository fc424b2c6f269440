"""Mapping tables are kept as people wrote them, and nobody's work is overwritten unseen."""

import zlib
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.ids import SubjectId
from wbsync.domain.mapping import CommonTable, SubjectTable, table_of
from wbsync.errors import Rejected
from wbsync.stores.aws import dynamodb
from wbsync.stores.mappings import COMMON, MappingsStore, StoredTable, common_table, key_of, subject_tables

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = "# Юбки: ждём ответа поставщика\nsubject: 38\n"
ROWS = [
    {"to": "vendorCode", "from": {"property": "CML2_ARTICLE"}, "when_empty": "stop"},
    {
        "to": 14177449,
        "name": "Цвет",
        "from": {"property": "TSVET"},
        "value": {"rule": "dictionary", "words": {"морская волна": ["бирюзовый"], "?": []}},
    },
    {"to": 378533, "from": {"property": "SET"}, "value": {"rule": "joined", "with": "; "}},
    {"to": 90849, "from": {"field": "length"}, "value": {"rule": "number", "unit": "мм"}},
]


def skirts(rows: object = ROWS) -> SubjectTable:
    table = table_of({"subject": 38, "name": "Юбки", "products": {"sections": [5, 7]}, "rows": rows})
    assert isinstance(table, SubjectTable)
    return table


@pytest.fixture
def mappings(aws: Aws) -> MappingsStore:
    return MappingsStore(aws.tables["MappingsTable"])


def test_a_table_comes_back_with_its_text_and_its_version(mappings: MappingsStore) -> None:
    assert mappings.all() == {}
    assert mappings.push("38", TEXT, skirts(), base_version=0, at=NOON, by="olga@shop") == 1
    assert mappings.all() == {"38": StoredTable(TEXT, skirts(), 1, NOON, "olga@shop")}
    assert mappings.push("38", TEXT + "#\n", skirts([]), base_version=1, at=NOON) == 2
    assert mappings.all() == {"38": StoredTable(TEXT + "#\n", skirts([]), 2, NOON)}


def test_the_common_table_stands_beside_those_of_subjects(mappings: MappingsStore) -> None:
    common = table_of({"subject": "common", "rows": ROWS})
    for table in (common, skirts()):
        mappings.push(key_of(table), TEXT, table, base_version=0, at=NOON)
    stored = mappings.all()
    assert common_table(stored) == common
    assert isinstance(common, CommonTable)
    assert subject_tables(stored) == {SubjectId(38): skirts()}
    assert (common_table({}), COMMON in stored) == (None, True)


@pytest.mark.parametrize(("base", "begun"), [(0, "as a new table"), (1, "from version 1"), (3, "from version 3")])
def test_a_stale_writing_is_refused_with_who_and_when(mappings: MappingsStore, base: int, begun: str) -> None:
    mappings.push("38", TEXT, skirts(), base_version=0, at=NOON, by="ivan@pc")
    mappings.push("38", TEXT, skirts(), base_version=1, at=NOON, by="olga@pc")
    with pytest.raises(Rejected) as refused:
        mappings.push("38", "mine", skirts([]), base_version=base, at=NOON)
    assert begun in refused.value.reason
    assert "version 2 was pushed by olga@pc at 2026-11-23 12:00 UTC" in refused.value.reason
    assert mappings.all()["38"].text == TEXT


def test_a_version_of_a_table_that_is_gone_is_refused(mappings: MappingsStore) -> None:
    with pytest.raises(Rejected, match="version 4 is not there any more"):
        mappings.push("38", TEXT, skirts(), base_version=4, at=NOON)
    assert mappings.all() == {}


def test_of_many_who_push_at_once_one_succeeds(mappings: MappingsStore) -> None:
    barrier, outcome = Barrier(8), list[int | str]()

    def push() -> None:
        barrier.wait()
        try:
            outcome.append(mappings.push("38", TEXT, skirts(), base_version=0, at=NOON))
        except Rejected:
            outcome.append("refused")

    threads = [Thread(target=push) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcome)) == ["1", *["refused"] * 7]


def test_a_table_that_cannot_be_read_is_named(mappings: MappingsStore, aws: Aws) -> None:
    mappings.push("38", TEXT, skirts(), base_version=0, at=NOON)
    table = aws.tables["MappingsTable"]
    [item] = dynamodb().scan(TableName=table)["Items"]
    dynamodb().put_item(TableName=table, Item={**item, "table": {"B": zlib.compress(b'{"subject": 38}')}})
    with pytest.raises(Rejected, match="mapping table 38"):
        mappings.all()
