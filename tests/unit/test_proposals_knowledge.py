"""Every row of what the matching knows is told for by an example, and matters: without it the example fails."""

from dataclasses import replace

import pytest

from infra.proposals.knowledge import (
    CODE_WORDS,
    NEAR_NAMES,
    NO_SOURCE,
    OF_TEXT,
    SAME_NAMES,
    SERVICE_CODES,
    SERVICE_NAMES,
    VALUES,
    Knowledge,
)
from infra.proposals.match import match
from infra.proposals.names import Language, Weights
from tests.samples.knowledge_examples import EXAMPLES
from wbsync.domain.ids import CharcId
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic

KNOWN = Knowledge()
LANGUAGE = Language(KNOWN)


def prop(name: str = "", code: str = "", kind: str = "S", values: tuple[str, ...] = ()) -> ShopProperty:
    return ShopProperty(code, name, kind, multiple=False, of_offers=False, enum=values)


def likeness(shop: str, wb: str, language: Language = LANGUAGE) -> float:
    theirs = language.name(wb)
    return language.likeness(language.name(shop), theirs, Weights([theirs], language)).score


@pytest.mark.parametrize(("shop", "wb"), [pytest.param(*pair, id=f"{pair[0]}={pair[1]}") for pair in EXAMPLES])
def test_a_known_name_means_its_characteristic(shop: str, wb: str) -> None:
    assert likeness(shop, wb) >= 0.95


def test_every_row_of_names_has_an_example() -> None:
    told = {LANGUAGE.name(wb).phrase for _, wb in EXAMPLES}
    assert [row[0] for row in SAME_NAMES if LANGUAGE.name(row[0]).phrase not in told] == []


@pytest.mark.parametrize("row", SAME_NAMES, ids=lambda row: row[0])
def test_every_phrase_of_a_row_means_its_characteristic(row: tuple[str, ...]) -> None:
    assert [phrase for phrase in row if likeness(phrase, row[0]) < 0.95] == []


@pytest.mark.parametrize("row", SAME_NAMES, ids=lambda row: row[0])
def test_without_its_row_some_phrase_is_not_understood(row: tuple[str, ...]) -> None:
    without = Language(replace(KNOWN, same_names=tuple(one for one in SAME_NAMES if one is not row)))
    assert any(likeness(phrase, row[0], without) < likeness(phrase, row[0]) for phrase in row)


@pytest.mark.parametrize("row", KNOWN.same_words, ids=lambda row: row[0])
def test_words_of_a_row_are_read_as_one_word_and_only_because_of_it(row: tuple[str, ...]) -> None:
    without = Language(replace(KNOWN, same_words=tuple(one for one in KNOWN.same_words if one is not row)))
    assert len({LANGUAGE.key(word) for word in row}) == 1
    assert len({without.key(word) for word in row}) > 1


@pytest.mark.parametrize(("shop", "wb", "sure"), NEAR_NAMES)
def test_what_is_usually_meant_is_proposed_as_sure_as_the_row_says(shop: str, wb: str, sure: float) -> None:
    without = Language(replace(KNOWN, near_names=tuple(row for row in NEAR_NAMES if row[:2] != (shop, wb))))
    assert likeness(shop, wb) >= sure
    assert likeness(shop, wb, without) != likeness(shop, wb)


@pytest.mark.parametrize(("short", "whole"), KNOWN.short_words.items())
def test_a_shortened_word_is_the_whole_one(short: str, whole: str) -> None:
    assert LANGUAGE.key(short) == LANGUAGE.key(whole)


@pytest.mark.parametrize("row", KNOWN.opposites, ids=lambda row: row[0])
def test_names_with_words_of_one_row_of_opposites_are_less_alike(row: tuple[str, ...]) -> None:
    without = Language(replace(KNOWN, opposites=tuple(one for one in KNOWN.opposites if one is not row)))
    first, *others = row
    pairs = [(f"Узкая синяя {first}", f"Узкая синяя {other}") for other in others]
    assert any(likeness(one, other) < likeness(one, other, without) for one, other in pairs)


@pytest.mark.parametrize(("latin", "russian"), CODE_WORDS.items())
def test_a_word_of_a_code_is_read_in_russian(latin: str, russian: str) -> None:
    wanted = set(LANGUAGE.name(russian).keys)
    assert wanted <= set(LANGUAGE.codes(latin.upper())[0].keys)


@pytest.mark.parametrize(("pattern", "example"), SERVICE_NAMES)
def test_a_shops_own_property_is_no_source(pattern: str, example: str) -> None:
    without = Language(replace(KNOWN, service_names=tuple(row for row in SERVICE_NAMES if row[0] != pattern)))
    assert LANGUAGE.is_service(example, "")
    assert not without.is_service(example, "")


@pytest.mark.parametrize(("pattern", "example"), SERVICE_CODES)
def test_a_shops_own_code_without_a_name_is_no_source(pattern: str, example: str) -> None:
    without = Language(replace(KNOWN, service_codes=tuple(row for row in SERVICE_CODES if row[0] != pattern)))
    assert LANGUAGE.is_service("", example)
    assert not without.is_service("", example)


@pytest.mark.parametrize("row", KNOWN.unit_words, ids=lambda row: row[0])
def test_spellings_of_a_unit_are_one_unit(row: tuple[str, ...]) -> None:
    assert {LANGUAGE.name(f"Показатель, {unit}").unit for unit in row} == {LANGUAGE.unit(row[0])}


@pytest.mark.parametrize("name", KNOWN.common_names)
def test_a_common_name_says_enough_by_itself(name: str) -> None:
    assert LANGUAGE.name(name).common


@pytest.mark.parametrize("wb", VALUES)
def test_values_tell_their_characteristic_under_a_name_that_tells_nothing(wb: str) -> None:
    [found] = match([prop("Свойство 5", "PROP_2033", values=VALUES[wb])], [Characteristic(CharcId(1), wb)])
    assert [one.name for one in found] == [wb]


@pytest.mark.parametrize("kind", sorted(NO_SOURCE))
def test_files_and_links_are_no_sources(kind: str) -> None:
    assert match([prop("Цвет", kind=kind)], [Characteristic(CharcId(1), "Цвет")]) == [[]]


@pytest.mark.parametrize("name", sorted(OF_TEXT))
def test_formatted_text_is_a_source_of_texts_alone(name: str) -> None:
    charcs = [Characteristic(CharcId(1), name.capitalize()), Characteristic(CharcId(2), "Цвет")]
    texts, colour = match([prop(name, kind="S:HTML"), prop("Цвет", kind="S:HTML")], charcs)
    assert [one.charc_id for one in texts] == [1]
    assert colour == []


REWRITTEN = (
    "К-во ножек", "Штрих код", "Код ТН ВЭД", "Парт-номер", "Длина сп. места", "Количество сим-карт", "Run-Flat",
    "EAN-13",
    "ДхШхВ", "В разобранном виде", "Вес без тары", "Вес с упаковкой", "Длина брутто",
)  # fmt: skip


@pytest.mark.parametrize(("row", "example"), list(zip(KNOWN.rewrites, REWRITTEN, strict=True)))
def test_a_way_of_writing_is_read_as_another(row: tuple[str, str, str], example: str) -> None:
    without = Language(replace(KNOWN, rewrites=tuple(one for one in KNOWN.rewrites if one is not row)))
    assert LANGUAGE.name(example).keys != without.name(example).keys


@pytest.mark.parametrize(("word", "weight"), KNOWN.weights.items())
def test_a_word_that_tells_little_weighs_less(word: str, weight: float) -> None:
    without = Language(replace(KNOWN, weights={one: told for one, told in KNOWN.weights.items() if one != word}))
    assert LANGUAGE.weight(LANGUAGE.key(word)) <= weight < 1
    assert without.weight(without.key(word)) >= weight
