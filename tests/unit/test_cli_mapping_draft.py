"""A drafted table holds what is sure, leaves the rest to a person, and can be pushed as it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.cli.mapping_draft import Candidate, Wanted, draft, is_mappable, target
from infra.cli.mapping_file import read
from wbsync.domain.ids import CharcId, SectionId, SubjectId
from wbsync.domain.mapping import AsIs, FromDictionary, Joined, Number, Source, SubjectTable, ValueRule
from wbsync.domain.mapping_check import contradictions
from wbsync.domain.schema import Characteristic, Kind, Schema, SubjectSchema
from wbsync.errors import Rejected

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
COLOUR = Characteristic(CharcId(1), "Цвет", max_count=2)
LENGTH = Characteristic(CharcId(2), "Длина: юбки #1", unit="см", kind=Kind.NUMBER)
SET = Characteristic(CharcId(3), "Комплектация")
CARE = Characteristic(CharcId(4), "Уход", required=True)
CODE = Characteristic(CharcId(5), "Артикул продавца", named_field=True)
TITLE = Characteristic(CharcId(6), "Наименование", kind=Kind.UNUSED)
ODD = Characteristic(CharcId(7), "Что-то", kind=Kind.UNUSED)
SKIRTS = SubjectSchema(SubjectId(38), "Юбки: все", (COLOUR, LENGTH, SET, CARE, CODE, TITLE))


def candidate(code: str, confidence: float, rule: ValueRule | None = None, reason: str = "похоже") -> Candidate:
    return Candidate(Source(property=code), rule or AsIs(), confidence, reason, f"Свойство {code}")


WANTED = (
    Wanted(COLOUR, (candidate("TSVET", 0.97, FromDictionary(rule="dictionary")), candidate("TON", 0.4))),
    Wanted(LENGTH, (candidate("DLINA", 0.92, Number(rule="number", unit="мм"), reason="число\nв мм"),)),
    Wanted(SET, (candidate("SET", 0.95, Joined.model_validate({"rule": "joined", "with": "; "})),)),
    Wanted(CARE, (candidate("UHOD", 0.6, reason="имя\nпохоже"), candidate("CARE", 0.5))),
    Wanted(CODE, (candidate("CML2_ARTICLE", 1.0),)),
    Wanted(TITLE),
)


def written(folder: Path, *, accept: float = 0.9, sections: tuple[int, ...] = (5,)) -> str:
    text = draft(SKIRTS, WANTED, accept=accept, sections=map(SectionId, sections), at=NOON)
    (folder / "38.yaml").write_text(text)
    return text


def test_sure_rows_make_a_table_that_goes_with_the_schema(tmp_path: Path) -> None:
    written(tmp_path)
    table = read(tmp_path / "38.yaml").table
    assert isinstance(table, SubjectTable)
    assert {row.to: row.from_.property for row in table.rows} == {
        1: "TSVET", 2: "DLINA", 3: "SET", "vendorCode": "CML2_ARTICLE",
    }  # fmt: skip
    assert table.rows[1].value == Number(rule="number", unit="мм")
    assert isinstance(table.rows[2].value, Joined)
    assert table.rows[2].value.with_ == "; "
    told = contradictions(table, Schema({SKIRTS.subject_id: SKIRTS}), None)
    assert [one.detail for one in told if one.refuses] == []


def test_what_is_not_sure_is_left_to_a_person_with_candidates_and_what_has_no_source_says_so(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert (
        "  # Уход (4, обязательная): выберите источник\n  #   0.60 property UHOD «Свойство UHOD»: имя похоже\n" in text
    )
    assert "  #   0.50 property CARE «Свойство CARE»: похоже\n  # - to: 4\n" in text
    assert "  # Наименование (title): нет источника\n" in text


def test_a_chosen_comment_becomes_a_row_by_taking_the_signs_away(tmp_path: Path) -> None:
    text = written(tmp_path)
    before, _, after = text.partition("  # - to: 4\n")
    chosen = after.partition("  # Наименование")[0].replace("  #   ", "    ")
    (tmp_path / "38.yaml").write_text(f"{before}  - to: 4\n{chosen}")
    table = read(tmp_path / "38.yaml").table
    assert [row.when_empty for row in table.rows if row.to == 4] == ["stop"]


def test_without_sections_the_push_names_the_line_to_fill_in(tmp_path: Path) -> None:
    written(tmp_path, sections=())
    with pytest.raises(Rejected, match=r"38\.yaml:4: products: `products` needs `sections`"):
        read(tmp_path / "38.yaml")


def test_when_nothing_is_sure_there_is_no_row(tmp_path: Path) -> None:
    written(tmp_path, accept=1.01)
    assert read(tmp_path / "38.yaml").table.rows == ()


def test_what_stands_elsewhere_is_not_repeated(tmp_path: Path) -> None:
    text = draft(SKIRTS, [Wanted(COLOUR, WANTED[0].candidates, "common.yaml")], accept=0.9, sections=[], at=NOON)
    assert "  # Цвет (1): common.yaml\n" in text
    assert "rows: []" in text


def test_two_characteristics_of_one_field_make_one_row(tmp_path: Path) -> None:
    names = ("Вес с упаковкой (кг)", "Вес товара с упаковкой (г)")
    both = [
        Wanted(Characteristic(CharcId(n), name, named_field=True), WANTED[1].candidates) for n, name in enumerate(names)
    ]
    text = draft(SKIRTS, both, accept=0.9, sections=[SectionId(5)], at=NOON)
    assert text.count("- to: weight") == 1


def test_a_characteristic_goes_where_wb_takes_it() -> None:
    assert [target(one) for one in (COLOUR, CODE, TITLE)] == [1, "vendorCode", "title"]
    assert [is_mappable(one) for one in (COLOUR, CODE, TITLE, ODD)] == [True, True, True, False]
