"""A proposed table: what is sure is written, what stands is left out, and the shop and WB are asked as they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from infra.cli.account import Stage
from infra.cli.installation import Installation
from infra.cli.mapping_draft import Candidate
from infra.cli.mapping_file import read
from infra.cli.mapping_propose import propose_table
from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.serving import serve
from tests.fixtures.aws import Aws
from tests.fixtures.stack import deploy
from tests.fixtures.world import shop
from wbsync.domain.ids import CharcId, SectionId, SubjectId
from wbsync.domain.mapping import AsIs, Row, Source, SubjectTable, table_of
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Schema, SubjectSchema
from wbsync.errors import Rejected
from wbsync.stores.aws import ssm
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.schemas import SchemasStore
from wbsync.telemetry import utcnow

SKIRTS, COATS = SubjectId(38), SubjectId(168)
CARE, SEASON = Characteristic(CharcId(1), "Уход", required=True), Characteristic(CharcId(2), "Сезон")


@dataclass
class Desk:
    mappings: MappingsStore
    heard: dict[str, object]

    def suggest(
        self,
        properties: Sequence[ShopProperty],
        characteristics: Sequence[Characteristic],
        schema: Schema,
        accepted: Sequence[tuple[Characteristic, Row]],
    ) -> Mapping[CharcId, Sequence[Candidate]]:
        """A person who knows one source."""
        self.heard = {
            "codes": {one.code for one in properties},
            "names": {one.name for one in characteristics},
            "subjects": set(schema.subjects),
            "accepted": [(charc.name, row.from_.property) for charc, row in accepted],
        }
        return {CARE.charc_id: [Candidate(Source(property="CARE"), AsIs(), 0.95, "знаю сам")]}

    def propose(self, subject: SubjectId, write: Path | None) -> None:
        with Installation(Stage.DEV) as there:
            propose_table(there, subject, suggest=self.suggest, accept=0.9, sections=[SectionId(5)], write=write)


@pytest.fixture
def desk(aws: Aws) -> Iterator[Desk]:
    schemas = SchemasStore(aws.tables["SchemasTable"])
    for subject in (SKIRTS, COATS):
        schemas.save(SubjectSchema(subject, "Предмет", (CARE, SEASON)))
    bitrix = Bitrix(Seed(offers=8))
    with serve(bitrix.wsgi) as url:
        stored = {"config": shop().model_dump_json(), "bitrix-webhook": bitrix.webhook(url)}
        for name, value in stored.items():
            ssm().put_parameter(Name=f"/wbsync/dev/{name}", Value=value, Type="SecureString", Overwrite=True)
        deploy("dev", aws.tables, "http://127.0.0.1:1/{api}")
        yield Desk(MappingsStore(aws.tables["MappingsTable"]), {})
    ssm().delete_parameters(Names=[f"/wbsync/dev/{name}" for name in stored])
    boto3.client("cloudformation").delete_stack(StackName="wbsync-dev")


def test_what_is_sure_is_written_with_what_bitrix_keeps_in_fields(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "38.yaml"
    desk.propose(SKIRTS, file)
    table = read(file).table
    assert isinstance(table, SubjectTable)
    assert {row.to for row in table.rows} == {1, "title", "description", "length", "width", "height", "weight"}
    assert "# Сезон (2): нет источника" in file.read_text()
    assert "# Артикул продавца (vendorCode, обязательная): нет источника" in file.read_text()
    shown = capsys.readouterr().out
    assert "знаю сам" in shown
    assert "7 row(s) at and above 0.90" in shown
    assert "CML2_BAR_CODE" in str(desk.heard["codes"])
    assert desk.heard["subjects"] == {SKIRTS, COATS}


def test_rows_of_other_subjects_are_shown_to_the_proposer_and_common_ones_are_not_proposed_again(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [{"to": 2, "from": {"property": "SEZON"}}]
    coats = table_of({"subject": 168, "products": {"sections": [6]}, "rows": rows})
    desk.mappings.push("168", "", coats, base_version=0, at=utcnow())
    desk.mappings.push("common", "", table_of({"subject": "common", "rows": rows}), base_version=0, at=utcnow())
    desk.propose(SKIRTS, tmp_path / "38.yaml")
    assert desk.heard["accepted"] == [("Сезон", "SEZON"), ("Сезон", "SEZON")]
    assert "# Сезон (2): есть в common.yaml" in (tmp_path / "38.yaml").read_text()


def test_a_file_that_is_there_is_not_overwritten(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "38.yaml"
    file.write_text("# моё\n")
    with pytest.raises(Rejected, match="is there already"):
        desk.propose(SKIRTS, file)
    assert file.read_text() == "# моё\n"
