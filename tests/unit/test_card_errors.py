"""WB's sentence about a card is tied to the characteristic and to the property of the shop that is to be mended."""

import pytest

from wbsync.domain.card_errors import FIELD_WORDS, explained
from wbsync.domain.cards import CardProblem, Content, PlannedCard, ProblemKind, Step
from wbsync.domain.ids import ProductId, SubjectId
from wbsync.texts import CARD_FIELDS, card_problem

SOURCES = {
    "Состав": "SOSTAV",
    "Состав наполнителя": "NAPOLNITEL",
    "Пол": "RHODEPRODUCT",
    "Цвет": "TSVET",
    "Объём (мл)": "OBEM",
    "title": "поле name",
    "brand": "BREND",
    "vendorCode": "CML2_ARTICLE",
    "techSize": "RAZMER",
    "length": "поле length",
    "weight": "поле weight",
    "barcode": "штрихкод товара",
}
CARD = PlannedCard(ProductId(1), SubjectId(192), Step.CREATE, Content("A-1"), sources=SOURCES)


def about(message: str) -> tuple[str, str]:
    problem = explained(message, CARD)
    return problem.target, problem.source


@pytest.mark.parametrize(
    ("message", "target"),
    [
        ("Не заполнена обязательная характеристика «Состав»", "Состав"),
        ("Характеристика «Состав наполнителя»: значений не больше 3", "Состав наполнителя"),
        ("Характеристика «Цвет»: значения «малиновый лес» нет в справочнике", "Цвет"),
        ("характеристика объем (мл) должна быть числом", "Объём (мл)"),
        ("Недопустимое значение характеристики Пол: муж", "Пол"),
        ("Баркод 2000000000015 используется в другой карточке", "barcode"),
        ("Поле Наименование не должно быть длиннее 60 символов", "title"),
        ("Бренд «Небывалое» не найден для предмета", "brand"),
        ("Артикул продавца используется в другой карточке", "vendorCode"),
        ("bad request; Unexpected the specified card's vendor code is used in other cards", "vendorCode"),
        ("A card cannot be created without a vendorCode", "vendorCode"),
        ("Укажите габариты упаковки", "length"),
        ("Вес товара не заполнен", "weight"),
        ("Размер 12345 не найден в карточке", "techSize"),
    ],
)
def test_a_message_names_what_it_is_about_and_where_the_shop_keeps_it(message: str, target: str) -> None:
    assert about(message) == (target, SOURCES[target])


@pytest.mark.parametrize(
    "message",
    [
        "Превышен лимит на создание карточек",
        "Не заполнено",
        "Повторите позже",
        "Internal error",
        "Неполадки на сервере",
    ],
)
def test_a_message_about_nothing_that_the_shop_has_blames_no_property(message: str) -> None:
    assert about(message) == ("", "")


def test_what_stands_in_wbs_quotation_marks_counts_more_than_longer_words_around_it() -> None:
    assert about("Характеристика «Цвет» расходится с характеристикой состав наполнителя")[0] == "Цвет"
    assert about("Наименование характеристики «Пол» изменилось")[0] == "Пол"


def test_a_field_that_the_table_does_not_map_is_named_without_a_source() -> None:
    problem = explained("Поле Описание не должно быть длиннее 5000 символов", CARD)
    assert (problem.target, problem.source) == ("description", "")


def test_wbs_words_are_kept_and_stop_the_card() -> None:
    problem = explained(" Бренд  «Небывалое»\nне найден ", CARD)
    assert problem == CardProblem(
        ProblemKind.REFUSED_BY_WB, "brand", "BREND", detail="Бренд «Небывалое» не найден", blocks=True
    )
    assert "Где исправить: BREND" in card_problem(problem)


def test_every_field_that_is_found_in_a_message_has_a_name_for_people() -> None:
    assert set(FIELD_WORDS.values()) <= set(CARD_FIELDS)
