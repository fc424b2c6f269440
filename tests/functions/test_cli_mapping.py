"""`wbsync mapping` with tables in files, the template's stores in moto and a simulated WB on a port of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from infra.local.serving import serve
from infra.local.wildberries import Category, Wildberries, make_token
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.aws import Aws
from tests.fixtures.stack import deploy
from wbsync.domain.broken_cards import BrokenCard
from wbsync.domain.ids import CharcId, NmId, SubjectId
from wbsync.domain.schema import ChangeKind, Characteristic, Entry, Kind, Named, SchemaChange, SubjectSchema
from wbsync.stores.aws import ssm
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.schemas import Recorded, SchemasStore
from wbsync.telemetry import utcnow

STAGE = "dev"
SKIRTS, COATS = SubjectId(38), SubjectId(168)
SHARED = (Named.COLORS, Named.KINDS, Named.COUNTRIES, Named.SEASONS, Named.VAT)

COMMON = """\
# Общее для всех предметов
subject: common
rows:
  - to: vendorCode
    from: {property: CML2_ARTICLE}
"""
TABLE = """\
# Юбки: размеры уточнить у Ольги
subject: 38
name: Юбки
products:
  sections: [5]
rows:
  - to: 1  # цвет
    name: Цвет
    from: {property: TSVET}
    value: {rule: dictionary, words: {молоко: [белый]}}
  - to: 2
    from: {property: DLINA}
    value: {rule: number, unit: мм}
"""


@dataclass
class Desk:
    """A stage in which two subjects are known, and somebody at its command line with a folder of tables."""

    folder: Path
    mappings: MappingsStore
    schemas: SchemasStore

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(app, ["mapping", *args], env={"WBSYNC_STAGE": STAGE})

    def done(self, *args: str) -> str:
        result = self.run(*args)
        assert result.exit_code == 0, result.output
        return result.stdout

    def push(self, **files: str) -> str:
        self.write(**files)
        return self.done("push", "--folder", str(self.folder))

    def refused(self, **files: str) -> list[str]:
        """Each line of a refusal, without the folder."""
        self.write(**files)
        result = self.run("push", "--folder", str(self.folder))
        assert result.exit_code == 1, result.output
        return [line.removeprefix(f"{self.folder}/") for line in result.stderr.splitlines()]

    def write(self, **files: str) -> None:
        for name, text in files.items():
            self.path(name).write_text(text)

    def path(self, name: str) -> Path:
        return self.folder / f"{name.removeprefix('_')}.yaml"

    def pull(self) -> str:
        return self.done("pull", "--folder", str(self.folder))


@pytest.fixture
def desk(aws: Aws, tmp_path: Path) -> Iterator[Desk]:
    schemas = SchemasStore(aws.tables["SchemasTable"])
    colour = Characteristic(CharcId(1), "Цвет", max_count=2)
    length = Characteristic(CharcId(2), "Длина юбки", unit="см", kind=Kind.NUMBER)
    schemas.save(SubjectSchema(SKIRTS, "Юбки", (colour, length)))
    schemas.save(SubjectSchema(COATS, "Пальто", (colour, Characteristic(CharcId(3), "Уход", required=True))))
    for shared in SHARED:
        schemas.save_dictionary(shared, [Entry("белый"), Entry("бежевый"), Entry("алый")])
    wildberries = Wildberries(WbSeed(goods=2))
    token = make_token(categories=tuple(Category), expires=utcnow() + timedelta(days=9))
    name = f"/wbsync/{STAGE}/wb-token"
    ssm().put_parameter(Name=name, Value=token, Type="SecureString", Overwrite=True)
    with serve(wildberries.wsgi) as wb_url:
        deploy(STAGE, aws.tables, f"{wb_url}/{{api}}")
        yield Desk(tmp_path, MappingsStore(aws.tables["MappingsTable"]), schemas)
    ssm().delete_parameter(Name=name)
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


# ---- push and pull


def test_tables_are_stored_as_they_were_written_and_come_back_so(desk: Desk) -> None:
    assert desk.push(common=COMMON, _38=TABLE) == "38: version 1 is stored\ncommon: version 1 is stored\n"
    stored = desk.mappings.all()
    assert {key: one.text for key, one in stored.items()} == {"38": TABLE, "common": COMMON}
    assert "@" in stored["38"].pushed_by
    assert desk.path("38").read_text() == "# version 1\n" + TABLE
    for file in desk.folder.glob("*.yaml"):
        file.unlink()
    desk.pull()
    assert desk.path("38").read_text() == "# version 1\n" + TABLE
    assert desk.path("common").read_text() == "# version 1\n" + COMMON


def test_files_that_did_not_change_are_said_to_be_unchanged(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    assert desk.push() == "38: version 1, unchanged\ncommon: version 1, unchanged\n"
    assert desk.pull() == "38: version 1, unchanged\ncommon: version 1, unchanged\n"
    changed = desk.push(_38="# version 1\n" + TABLE + "# и пояс\n")
    assert changed == "38: version 2 is stored\ncommon: version 1, unchanged\n"


def test_one_table_can_be_pushed_and_pulled_alone(desk: Desk) -> None:
    desk.push(common=COMMON)
    desk.write(_38=TABLE, _168="subject: 168\n")
    assert desk.done("push", "--subject", "38", "--folder", str(desk.folder)) == "38: version 1 is stored\n"
    desk.path("38").unlink()
    desk.done("pull", "--subject", "38", "--folder", str(desk.folder))
    assert desk.path("38").read_text().endswith(TABLE)
    assert "propose" in desk.run("pull", "--subject", "7").stderr
    assert "no such file" in desk.run("push", "--subject", "7", "--folder", str(desk.folder)).stderr


def test_a_push_from_an_old_version_is_refused_with_who_pushed_and_nothing_is_lost_by_pulling(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    theirs = TABLE + "# их правка\n"
    desk.mappings.push("38", theirs, desk.mappings.all()["38"].table, base_version=1, at=utcnow(), by="olga@shop")
    mine = "# version 1\n" + TABLE + "# моя правка\n"
    [line] = desk.refused(_38=mine)
    assert line.startswith("38.yaml:1: 38: this was begun from version 1, but version 2 was pushed by olga@shop at ")
    assert "38.yaml.bak" in desk.pull()
    assert desk.path("38").read_text() == "# version 2\n" + theirs
    assert (desk.folder / "38.yaml.bak").read_text() == mine


def test_pulling_leaves_changes_alone_that_are_not_pushed_yet(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    mine = "# version 1\n" + TABLE + "# моя правка\n"
    desk.write(_38=mine)
    assert "38: version 1; left alone" in desk.pull()
    assert desk.path("38").read_text() == mine


def test_a_table_that_looks_new_but_is_not_is_refused(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    [line] = desk.refused(_38=TABLE + "#\n")
    assert "begun as a new table, but version 1 was pushed" in line


# ---- what is refused


def test_each_contradiction_is_told_with_its_line_and_nothing_is_stored(desk: Desk) -> None:
    bad = TABLE.replace("[белый]", "[белыи]").replace("unit: мм", "unit: кг") + "  - {to: 99, from: {property: X}}\n"
    lines = desk.refused(common=COMMON, _38=bad)
    assert lines[0].startswith("38.yaml:10: Значения «белыи» нет в справочнике. Подходит: «белый»")
    assert lines[1:] == [
        "38.yaml:13: «кг» не переводится в единицу WB. Подходит: «см».",
        "38.yaml:14: У предмета нет характеристики 99.",
    ]
    assert desk.mappings.all() == {}


def test_lines_are_those_of_the_file_with_its_line_for_the_version(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    lines = desk.refused(_38="# version 1\n" + TABLE.replace("unit: мм", "unit: кг"))
    assert [line.partition(": ")[0] for line in lines] == ["38.yaml:14"]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("subject: 38\nrows: [\n", 3, "no valid YAML"),
        ("", 1, "the file is empty"),
        ("subject: 38\nsubject: 38\n", 2, "stands twice"),
        ("subject: 38\nproducts: {sections: [5]}\nrowz: []\n", 3, "did you mean `rows`"),
        ("subject: 38\n", 1, "products: is missing"),
        (TABLE + "  - to: цвет\n    from: {property: X}\n", 14, "must be a charcID (a number) or a field of the card"),
        (TABLE + "  - to: 3\n    from: {property: X, field: name}\n", 15, "needs exactly one of property"),
        (TABLE + "  - to: 3\n    from: {property: X}\n    value: {rule: number, unti: мм}\n", 16, "mean `unit`"),
        (TABLE + "  - to: 3\n    from: {property: X}\n    value: {rule: color}\n", 16, "rows[2].value"),
        (TABLE + "  - to: 3\n    from: {property: X}\n    when_empty: default\n", 14, "`default` belongs to"),
        (TABLE.replace("subject: 38", "subject: 39"), 2, "is to be called 39.yaml"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(desk: Desk, text: str, line: int, told: str) -> None:
    [problem] = desk.refused(common=COMMON, _38=text)
    assert problem.startswith(f"38.yaml:{line}: ")
    assert told in problem
    assert desk.mappings.all() == {}


def test_problems_of_all_files_are_told_at_once(desk: Desk) -> None:
    lines = desk.refused(common="subject: common\nrowz: 1\n", _38=TABLE.replace("name: Цвет", "nam: Цвет"))
    assert [line.partition(" ")[0] for line in lines] == ["38.yaml:8:", "common.yaml:2:"]


def test_a_common_row_that_does_not_fit_a_stored_subject_is_refused_at_its_own_line(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE.partition("  - to: 2")[0])
    grown = "# version 1\n" + COMMON + "  - {to: 2, from: {property: DLINA}}\n"
    assert [line.partition(" Здесь")[0] for line in desk.refused(common=grown)] == ["common.yaml:7:"]


def test_what_wb_changed_in_another_stored_table_holds_back_no_push(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    desk.schemas.save(SubjectSchema(SKIRTS, "Юбки", (Characteristic(CharcId(9), "Уход"),)))
    coats = "subject: 168\nproducts: {sections: [6]}\nrows:\n  - {to: 3, from: {property: UHOD}}\n"
    assert "168: version 1 is stored" in desk.push(_168=coats)


def test_a_required_characteristic_that_nobody_fills_is_warned_of_and_the_table_is_stored(desk: Desk) -> None:
    desk.write(common=COMMON, _168="subject: 168\nproducts: {sections: [6]}\nrows: []\n")
    result = desk.run("push", "--folder", str(desk.folder))
    assert result.exit_code == 0, result.output
    [line] = result.stderr.splitlines()
    assert line == f"warning: {desk.path('168')}:3: Обязательная характеристика не заполняется: 3 Уход."


def test_two_tables_for_one_section_are_refused(desk: Desk) -> None:
    desk.push(common=COMMON, _38=TABLE)
    line = desk.refused(_168="subject: 168\nproducts: {sections: [5, 6]}\n")[-1]
    assert line == "168.yaml:2: Эти товары выбирает и другая таблица: sections: 5 → 38."


def test_a_subject_that_wb_does_not_know_is_refused(desk: Desk) -> None:
    [line] = desk.refused(common=COMMON, _7="subject: 7\nproducts: {sections: [5]}\n")
    assert line == "7.yaml:1: Предмета 7 на WB нет."


# ---- changes


def test_what_wb_changed_is_listed_with_the_cards_that_it_broke(desk: Desk) -> None:
    now = utcnow()
    required = SchemaChange(ChangeKind.REQUIRED_ADDED, COATS, "Уход", CharcId(3))
    gone = SchemaChange(ChangeKind.VALUE_REMOVED, None, Named.COLORS, before="синий")
    cards = (BrokenCard("A-1", NmId(7), "Цвет", ChangeKind.VALUE_REMOVED, "Синий"),)
    desk.schemas.record(Recorded(now - timedelta(days=2), COATS, (required,), cards_read=False))
    desk.schemas.record(Recorded(now - timedelta(days=1), None, (gone,), cards))
    desk.schemas.record(Recorded(now - timedelta(days=20), COATS, (gone,)))
    told = desk.run("changes")
    lines = told.stdout.splitlines()
    assert [line for line in lines if "168 Пальто" in line and "Уход" in line and "обязательной" in line]
    assert [line for line in lines if "синий" in line and line.rstrip().endswith("1")]
    assert [line for line in lines if line.lstrip().startswith("A-1") and "справочнике больше нет" in line]
    assert "not all cards could be read" in told.stderr
    rows: list[dict[str, Any]] = json.loads(desk.done("changes", "--json"))
    assert [(row["subject"], row["changes"][0]["breaking"], row["cards_read"]) for row in rows] == [
        (COATS, True, False),
        (None, True, True),
    ]
    assert rows[1]["broken"][0]["vendor_code"] == "A-1"
    assert len(json.loads(desk.done("changes", "--days", "30", "--json"))) == 3
