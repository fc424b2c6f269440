"""A mapping table that contradicts WB's schema is told where, why, and what was probably meant."""

from dataclasses import replace
from typing import Any

import pytest

from wbsync.domain.contradictions import Contradiction, ContradictionKind, Path
from wbsync.domain.ids import CharcId, SubjectId
from wbsync.domain.mapping import CommonTable, SubjectTable, table_of
from wbsync.domain.mapping_check import contradictions, rows_of, same_products
from wbsync.domain.schema import Characteristic, Entry, Kind, Named, Schema, SubjectSchema
from wbsync.texts import MAPPING_CONTRADICTIONS, mapping_contradiction

SKIRTS, COATS = SubjectId(38), SubjectId(168)
COLOUR, SEASON, LENGTH, SET, SIZE, BRAND, VAT, PARTS = (CharcId(n) for n in range(1, 9))
K = ContradictionKind

CHARACTERISTICS = (
    Characteristic(COLOUR, "Цвет", max_count=2),
    Characteristic(SEASON, "Сезон", max_count=1),
    Characteristic(LENGTH, "Длина юбки", unit="см", kind=Kind.NUMBER),
    Characteristic(SET, "Комплектация", max_count=3),
    Characteristic(SIZE, "Размер", kind=Kind.UNUSED),
    Characteristic(BRAND, "Бренд", named_field=True),
    Characteristic(VAT, "Ставка НДС", max_count=1),
    Characteristic(PARTS, "Количество предметов", unit="", kind=Kind.NUMBER),
)
COLOURS = tuple(map(Entry, ("белый", "голубой", "бежевый", "зелёный", "белый, чёрный")))


def schema(*more: Characteristic, brands: tuple[str, ...] = ()) -> Schema:
    own = {Named.BRANDS: tuple(map(Entry, brands))} if brands else {}
    return Schema(
        {
            SKIRTS: SubjectSchema(SKIRTS, "Юбки", (*CHARACTERISTICS, *more), own),
            COATS: SubjectSchema(COATS, "Пальто", CHARACTERISTICS[:2]),
        },
        {Named.COLORS: COLOURS, Named.VAT: (Entry("20"), Entry("Без НДС"))},
    )


def row(to: int | str, *, name: str = "", value: dict[str, Any] | None = None, **source: Any) -> dict[str, Any]:
    """A row with a source of its own or, without one, with the property X."""
    default = source.pop("default", None)
    told = {"to": to, "name": name, "from": source or {"property": "X"}} | ({"value": value} if value else {})
    return told | ({"when_empty": "default", "default": default} if default else {})


CODE = row("vendorCode")


def table(*rows: dict[str, Any], **more: Any) -> SubjectTable:
    made = table_of({"subject": 38, "products": {"sections": [5]}, "rows": [CODE, *rows]} | more)
    assert isinstance(made, SubjectTable)
    return made


def common(*rows: dict[str, Any]) -> CommonTable:
    made = table_of({"subject": "common", "rows": list(rows)})
    assert isinstance(made, CommonTable)
    return made


def found(*rows: dict[str, Any], known: Schema | None = None, **more: Any) -> list[Contradiction]:
    return contradictions(table(*rows, **more), known or schema(), None)


DICTIONARY = {"rule": "dictionary"}
NUMBER = {"rule": "number"}


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(row(COLOUR, name="Цвет", value=DICTIONARY), id="a dictionary by the name"),
        pytest.param(row(COLOUR, name=" цвет ", value=DICTIONARY), id="a name in other letters"),
        pytest.param(row(COLOUR, value=DICTIONARY, constant="Белый, зеленый"), id="two words of the dictionary"),
        pytest.param(row(COLOUR, value=DICTIONARY, constant="белый, чёрный"), id="a word with a comma"),
        pytest.param(
            row(COLOUR, value=DICTIONARY | {"words": {"молоко": ["белый", "бежевый"], "?": []}}, constant="Молоко"),
            id="words, and a constant that is one",
        ),
        pytest.param(row(SEASON, constant="зимний"), id="a dictionary that was never read"),
        pytest.param(row(SET, value=DICTIONARY | {"values": ["пояс", "юбка"]}, default="пояс"), id="the shop's list"),
        pytest.param(row(LENGTH, value=NUMBER | {"unit": "мм"}), id="millimetres for centimetres"),
        pytest.param(row(LENGTH, value=NUMBER, constant="12,5 см"), id="a number as a constant"),
        pytest.param(row(PARTS, value=NUMBER | {"unit": "шт"}), id="a unit where WB has none"),
        pytest.param(row("weight", field="weight"), id="a field that is a number"),
        pytest.param(row("length", value=NUMBER | {"unit": "мм"}, field="length"), id="a field in another unit"),
        pytest.param(row("title", template="{NAME}, {CML2_ARTICLE} (новинка)"), id="a template"),
        pytest.param(row("brand", name="Бренд", constant="Берёзка"), id="brands that were never read"),
    ],
)
def test_a_row_that_fits_is_not_spoken_of(good: dict[str, Any]) -> None:
    assert found(good) == []


@pytest.mark.parametrize(
    ("bad", "path", "kind", "detail", "nearest"),
    [
        (row(99, name="Цвета"), ("to",), K.CHARC_UNKNOWN, "99 Цвета", ("1 Цвет",)),
        (row(99), ("to",), K.CHARC_UNKNOWN, "99", ()),
        (row(SEASON, name="Цвет"), ("name",), K.CHARC_NAME, "Цвет", ("Сезон",)),
        (row("title", name="Бренд"), ("name",), K.CHARC_NAME, "Бренд", ("brand",)),
        (row(SIZE), ("to",), K.UNUSED, "Размер", ("techSize",)),
        (row(BRAND), ("to",), K.NAMED_FIELD, "Бренд", ("brand",)),
        (row(SET, value=NUMBER), ("value", "rule"), K.TEXT_WANTED, "number", ()),
        (row("title", value=NUMBER), ("value", "rule"), K.TEXT_WANTED, "number", ()),
        (row(LENGTH), ("value", "rule"), K.NUMBER_WANTED, "as_is", ()),
        (row(LENGTH, value={"rule": "split"}), ("value", "rule"), K.NUMBER_WANTED, "split", ()),
        (row("weight", value={"rule": "joined"}), ("value", "rule"), K.NUMBER_WANTED, "joined", ()),
        (row(LENGTH, value=NUMBER | {"unit": "кг"}), ("value", "unit"), K.UNIT, "кг", ("см",)),
        (row(LENGTH, value=NUMBER | {"unit": "локоть"}), ("value", "unit"), K.UNIT, "локоть", ("см",)),
        (row("weight", value=NUMBER | {"unit": "мм"}), ("value", "unit"), K.UNIT, "мм", ("кг",)),
        (row(LENGTH, value=NUMBER, constant="длинная"), ("from", "constant"), K.NOT_A_NUMBER, "длинная", ()),
        (row(LENGTH, value=NUMBER, default="?"), ("default",), K.NOT_A_NUMBER, "?", ()),
        (row(SET, value=DICTIONARY), ("value", "rule"), K.NO_DICTIONARY, "", ()),
        (row(VAT, constant="18"), ("from", "constant"), K.NOT_IN_DICTIONARY, "18", ()),
        (row(COLOUR, value=DICTIONARY, default="белы"), ("default",), K.NOT_IN_DICTIONARY, "белы", ...),
        (
            row(COLOUR, value=DICTIONARY | {"words": {"море": ["голубой", "зеленоватый"]}}),
            ("value", "words", "море", 1), K.NOT_IN_DICTIONARY, "зеленоватый", ...,
        ),
        (
            row(SET, value=DICTIONARY | {"values": ["пояс", "юбка"]}, constant="поясок"),
            ("from", "constant"), K.NOT_IN_DICTIONARY, "поясок", ("пояс",),
        ),
        (
            row(COLOUR, value=DICTIONARY | {"values": ["белый", "белёный"]}),
            ("value", "values", 1), K.NOT_IN_DICTIONARY, "белёный", ...,
        ),
        (
            row(COLOUR, value=DICTIONARY, constant="белый; голубой; бежевый"),
            ("from", "constant"), K.TOO_MANY_VALUES, "3 > 2", (),
        ),
        (
            row(SET, value={"rule": "split", "by": "+"}, constant="юбка+пояс+чехол+бирка"),
            ("from", "constant"), K.TOO_MANY_VALUES, "4 > 3", (),
        ),
        (
            row(COLOUR, value=DICTIONARY | {"words": {"пёстрый": ["белый", "голубой", "бежевый"]}}),
            ("value", "words", "пёстрый"), K.TOO_MANY_VALUES, "3 > 2", (),
        ),
        (row("title", template="{NAME} {CML2"), ("from", "template"), K.BRACES, "{NAME} {CML2", ()),
        (row("title", template="{NAME}} {}"), ("from", "template"), K.BRACES, "{NAME}} {}", ()),
        (CODE, ("to",), K.TWICE, "vendorCode", ()),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_told_with_its_place_and_what_was_meant(  # noqa: PLR0917 each is a column
    bad: dict[str, Any], path: Path, kind: ContradictionKind, detail: str, nearest: Any
) -> None:
    [told] = found(bad)
    assert (told.path, told.kind, told.detail) == (("rows", 1, *path), kind, detail)
    assert told.refuses
    if nearest is ...:
        assert 1 <= len(told.nearest) <= 3
        assert set(told.nearest) <= {entry.name for entry in COLOURS}
    else:
        assert told.nearest == nearest


def test_brands_are_held_against_the_subjects_own_once_they_are_known() -> None:
    known = schema(brands=("Берёзка", "Ромашка"))
    assert found(row("brand", constant="березка"), known=known) == []
    [told] = found(row("brand", constant="Березк"), known=known)
    assert (told.kind, told.nearest[0]) == (K.NOT_IN_DICTIONARY, "Берёзка")


def test_a_subject_that_wb_has_not_is_all_that_is_said() -> None:
    assert found(row(99), subject=77) == [Contradiction(("subject",), K.SUBJECT_UNKNOWN, "77")]


def test_a_subjects_name_that_is_anothers_is_refused() -> None:
    assert found(name="Пальто") == [Contradiction(("name",), K.SUBJECT_NAME, "Пальто", ("Юбки",))]


def test_a_table_without_a_vendor_code_is_refused_unless_the_common_one_has_it() -> None:
    bare = replace_rows(table(), [])
    assert [one.kind for one in contradictions(bare, schema(), None)] == [K.NO_VENDOR_CODE]
    assert contradictions(bare, schema(), common(CODE)) == []


def replace_rows(made: SubjectTable, rows: list[dict[str, Any]]) -> SubjectTable:
    remade = table_of(made.model_dump(by_alias=True, exclude_unset=True) | {"rows": rows})
    assert isinstance(remade, SubjectTable)
    return remade


def test_required_characteristics_that_nobody_fills_are_warned_of_and_not_refused() -> None:
    needed = (
        Characteristic(CharcId(50), "Уход за вещами", required=True),
        Characteristic(CharcId(51), "Наименование", required=True, named_field=True),
        replace(CHARACTERISTICS[3], charc_id=CharcId(52), required=True),
    )
    told = found(row("title", field="name"), row(52), known=schema(*needed))
    assert [(one.kind, one.detail, one.refuses) for one in told] == [(K.REQUIRED_UNMAPPED, "50 Уход за вещами", False)]


def test_a_subjects_row_stands_in_place_of_the_common_one_and_rows_for_other_subjects_are_left_out() -> None:
    shared = common(CODE, row(COLOUR, property="COLOUR"), row(LENGTH, value=NUMBER), row("title", field="name"))
    own = replace_rows(table(), [row(COLOUR, property="TSVET")])
    assert [(one.to, one.from_.property) for one in rows_of(own, shared, schema().subjects[SKIRTS])] == [
        (COLOUR, "TSVET"), ("vendorCode", "X"), (LENGTH, "X"), ("title", None),
    ]  # fmt: skip
    coats = rows_of(own, shared, schema().subjects[COATS])
    assert [one.to for one in coats] == [COLOUR, "vendorCode", "title"]
    assert rows_of(own, None, schema().subjects[SKIRTS]) == own.rows


def test_a_common_row_that_does_not_fit_a_subject_is_told_by_its_place_in_the_common_table() -> None:
    shared = common(CODE, row(99), row(LENGTH))
    [told] = contradictions(table(), schema(), shared)
    assert (told.in_common, told.path, told.kind) == (True, ("rows", 2, "value", "rule"), K.NUMBER_WANTED)
    assert contradictions(table(row(LENGTH, value=NUMBER)), schema(), shared) == []


def test_the_common_table_itself_is_told_of_rows_that_stand_twice_and_of_those_nobody_needs() -> None:
    told = contradictions(common(CODE, CODE, row(99, name="Хлястик")), schema(), None)
    assert [(one.path, one.kind, one.refuses) for one in told] == [
        (("rows", 1, "to"), K.TWICE, True),
        (("rows", 2, "to"), K.NEVER_USED, False),
    ]


def chosen(subject: int, **products: Any) -> SubjectTable:
    return table(subject=subject, products=products)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({"sections": [5, 7]}, {"sections": [7, 9]}, "sections: 7"),
        ({"sections": [5]}, {"sections": [7]}, ""),
        ({"property": "TYPE", "values": ["юбка", "?"]}, {"property": "TYPE", "values": ["юбка"]}, "TYPE: юбка"),
        ({"property": "TYPE", "values": ["юбка"]}, {"property": "TYPE", "values": ["пальто"]}, ""),
        ({"property": "TYPE", "values": ["юбка"]}, {"property": "VID", "values": ["юбка"]}, ""),
        (
            {"sections": [5], "property": "TYPE", "values": ["юбка"]},
            {"sections": [5], "property": "TYPE", "values": ["пальто"]},
            "",
        ),
        ({"sections": [5], "property": "TYPE", "values": ["юбка"]}, {"sections": [5]}, "sections: 5"),
    ],
)
def test_two_tables_that_choose_the_same_products_are_both_told(
    one: dict[str, Any], other: dict[str, Any], shared: str
) -> None:
    told = same_products([chosen(168, **other), chosen(38, **one)])
    expected = {38: f"{shared} → 168", 168: f"{shared} → 38"} if shared else {}
    assert {subject: [c.detail for c in found] for subject, found in told.items()} == {
        subject: [detail] for subject, detail in expected.items()
    }


def test_every_kind_of_contradiction_has_its_words() -> None:
    assert MAPPING_CONTRADICTIONS.keys() == set(ContradictionKind)
    told = mapping_contradiction(K.NOT_IN_DICTIONARY, "белы", ("белый", "бежевый"))
    assert told == "Значения «белы» нет в справочнике. Подходит: «белый», «бежевый»."
    assert "{КОД}" in mapping_contradiction(K.BRACES, "{", ())
