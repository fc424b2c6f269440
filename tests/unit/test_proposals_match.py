"""Candidates come from names, codes, units and values; no source is better than a wrong one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.__main__ import app
from infra.proposals.match import LEAST, Candidate, Known, match
from infra.proposals.propose import propose
from infra.proposals.reasons import MatchReason
from tests.samples.property_pairs import CHARACTERISTICS, SHOWN
from wbsync.domain.ids import CharcId
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Kind
from wbsync.texts import MATCH_REASONS

CHARCS = [
    Characteristic(CharcId(n), name, unit=unit, kind=Kind.NUMBER if unit else Kind.STRINGS)
    for n, (name, unit) in enumerate(CHARACTERISTICS, start=1)
]


def prop(name: str = "", code: str = "", kind: str = "S", enum: tuple[str, ...] = ()) -> ShopProperty:
    return ShopProperty(code, name, kind, multiple=False, of_offers=False, enum=enum)


def candidates(*args: object, **told: object) -> list[Candidate]:
    [found] = match([prop(*args, **told)], CHARCS)  # type: ignore[arg-type]  # as prop takes them
    return found


@pytest.mark.parametrize("pair", [one for one in SHOWN if not one.wanted], ids=lambda one: f"{one.shop} {one.code}")
def test_what_a_shop_keeps_for_itself_has_no_candidate(pair: object) -> None:
    assert candidates(pair.name, pair.code) == []  # type: ignore[attr-defined]  # a Pair


def test_none_is_sure_and_wrong_among_the_shown_pairs() -> None:
    found = match([prop(one.name, one.code) for one in SHOWN], CHARCS)
    wrong = [
        (pair.name or pair.code, one[0].name)
        for pair, one in zip(SHOWN, found, strict=True)
        if one and one[0].confidence >= 0.9 and one[0].name != pair.wanted
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Cезон", "Сезон"),
        ("Матерал верха", "Материал верха"),
        ("Кол-во ящиков, шт.", "Количество ящиков"),
        ("Коллекция/линейка", "Коллекция"),
        ("Цвет товара*", "Цвет"),
        ("Масса брутто (кг)", "Вес товара с упаковкой (г)"),
    ],
)
def test_homoglyphs_typos_abbreviations_and_extra_words_do_not_hide_a_name(name: str, wanted: str) -> None:
    assert candidates(name)[0].name == wanted


@pytest.mark.parametrize(
    ("enum", "wanted"),
    [
        (("белый", "чёрный", "синий"), "Цвет"),
        (("Россия", "Китай"), "Страна производства"),
        (("мужской", "женский"), "Пол"),
        (("зима", "лето"), "Сезон"),
        (("хлопок 95%, эластан 5%",), "Состав"),
        (("18 Дж", "25 Дж"), "Энергия удара"),
    ],
)
@pytest.mark.parametrize(("name", "code"), [("Свойство 5", ""), ("", "PROP_2033")])
def test_values_tell_what_a_meaningless_name_does_not(name: str, code: str, enum: tuple[str, ...], wanted: str) -> None:
    found = candidates(name, code, enum=enum)
    assert found[0].name == wanted
    assert found[0].confidence <= 0.9


def test_values_that_are_no_colours_make_a_colour_unlikely() -> None:
    assert [one.confidence for one in candidates("Цвет", enum=("12", "48")) if one.name == "Цвет"] in ([], [0.45])


def test_words_are_no_heel_height() -> None:
    found = candidates("Высота каблука", "HEELHEIGHT_TYPE", enum=("низкий", "средний", "высокий"))
    assert "Высота каблука" not in [one.name for one in found]


def test_yes_and_no_are_no_source_of_a_dictionary() -> None:
    assert "Сезон" not in [one.name for one in candidates("Сезон", enum=("да", "нет"))]


def test_another_unit_speaks_against_a_characteristic() -> None:
    assert candidates("Высота предмета, кг") == []


def test_a_name_that_means_two_characteristics_is_the_sure_source_of_neither() -> None:
    assert all(one.confidence < 0.9 for one in candidates("Уход"))


@pytest.mark.parametrize("name", ["Цвет", "Застёжка", "Материал верха", "Ширина, мм", "Патрон (цоколь)"])
def test_one_property_is_the_sure_source_of_one_characteristic_at_most(name: str) -> None:
    assert sum(one.confidence >= 0.9 for one in candidates(name)) <= 1


def test_what_is_accepted_for_another_subject_comes_first() -> None:
    wanted = next(one for one in CHARCS if one.name == "Повод")
    [found] = match([prop("Цвет", "TSVET")], CHARCS, Known({}, {"TSVET": wanted.charc_id}))
    assert (found[0].charc_id, found[0].confidence) == (wanted.charc_id, 0.99)
    assert found[0].reason == MATCH_REASONS["accepted"]


def test_proposals_hold_sources_of_every_characteristic_and_leave_out_those_without() -> None:
    found = propose([prop("Расцветка", "TSVET"), prop("Рейтинг", "RATING")], CHARCS)
    colour = next(one for one in CHARCS if one.name == "Цвет")
    assert [one.source.code for one in found[colour.charc_id]] == ["TSVET"]
    assert all(one.confidence >= LEAST for sources in found.values() for one in sources)
    assert all(one.source.code != "RATING" for sources in found.values() for one in sources)


def test_every_reason_has_its_sentence() -> None:
    assert set(MATCH_REASONS) == set(MatchReason)


def test_reasons_say_what_was_compared() -> None:
    assert candidates("Силуэт")[0].reason == "значит то же: «силуэт» = «Покрой»"
    assert candidates("Расцветка")[0].reason.startswith("те же слова: «расцветка» = «Цвет»")
    assert "значения из справочника «Цвет»: 100%" in candidates("Свойство 5", enum=("белый",))[0].reason
    assert candidates("", "TSVET")[0].reason == "код читается как «цвет»"


def _match(tmp_path: Path, charcs: object, props: object, *options: str) -> tuple[int, str]:
    (tmp_path / "c.json").write_text(json.dumps(charcs))
    (tmp_path / "p.json").write_text(json.dumps(props))
    files = ["--characteristics", str(tmp_path / "c.json"), "--properties", str(tmp_path / "p.json")]
    told = CliRunner().invoke(app, ["mapping", "match", *files, *options])
    return told.exit_code, told.output


COLOUR = {"charcID": 7, "name": "Цвет", "charcType": 0, "existNamedField": True}


@pytest.mark.parametrize("charcs", [[COLOUR], {"data": [COLOUR]}, {"characteristics": [COLOUR]}])
def test_match_prints_candidates_in_the_order_of_the_properties(tmp_path: Path, charcs: object) -> None:
    props = [
        {"code": None, "name": "Рейтинг"},
        {"code": "X", "name": None, "enum": [{"value": "белый"}, {"value": "синий"}]},
        {"code": "TSVET", "name": "Расцветка"},
    ]
    code, told = _match(tmp_path, charcs, props, "--json")
    rows = json.loads(told)["properties"]
    assert code == 0
    assert [(row["code"], [one["charcID"] for one in row["candidates"]]) for row in rows] == [
        (None, []),
        ("X", [7]),
        ("TSVET", [7]),
    ]
    assert set(rows[2]["candidates"][0]) == {"charcID", "name", "confidence", "reason"}


def test_match_prints_a_table_for_people(tmp_path: Path) -> None:
    code, told = _match(tmp_path, [COLOUR], [{"name": "Расцветка"}, {"name": "Рейтинг"}])
    assert code == 0
    assert "те же слова" in told
    assert "нет источника" in told


@pytest.mark.parametrize(
    ("charcs", "props"),
    [({"rows": []}, []), ([1], []), ([{"name": "Цвет"}], []), ([COLOUR], [{"name": []}]), ([COLOUR], [{"enum": "а"}])],
)
def test_bad_input_is_one_line_and_exit_code_1(tmp_path: Path, charcs: object, props: object) -> None:
    code, told = _match(tmp_path, charcs, props)
    assert code == 1
    assert len(told.strip().splitlines()) == 1
