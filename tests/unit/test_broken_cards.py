"""After WB changes its schema, the cards that no longer fit are known, each with what is wrong in it."""

from decimal import Decimal
from typing import Any

import pytest

from wbsync.domain.broken_cards import BrokenCard, broken
from wbsync.domain.cards import Content, Dimensions, Size, Standing, Value
from wbsync.domain.ids import CharcId, ImtId, NmId, SubjectId
from wbsync.domain.schema import (
    BREAKING,
    ChangeKind,
    Characteristic,
    Entry,
    Kind,
    Named,
    SubjectSchema,
    changes,
    dictionary_changes,
)
from wbsync.texts import BROKEN_CARDS, SCHEMA_CHANGES

SKIRTS = SubjectId(38)
COLOUR, LENGTH = CharcId(1), CharcId(2)
PACKED = Dimensions(30, 20, 5, Decimal("0.4"))


def card(characteristics: dict[CharcId, Value] | None = None, **content: Any) -> Standing:
    return Standing(NmId(7), ImtId(3), SKIRTS, Content("A-1", characteristics=characteristics or {}, **content))


def subject(*characteristics: Characteristic, **dictionaries: tuple[Entry, ...]) -> SubjectSchema:
    return SubjectSchema(SKIRTS, "Юбки", characteristics, {Named(name): told for name, told in dictionaries.items()})


def after(old: SubjectSchema, new: SubjectSchema, *cards: Standing) -> list[tuple[str, ChangeKind, str]]:
    return [(one.name, one.why, one.value) for one in broken(cards, new, changes(old, new))]


def colour(**more: Any) -> Characteristic:
    return Characteristic(COLOUR, "Цвет", max_count=2, **more)


def length(**more: Any) -> Characteristic:
    return Characteristic(LENGTH, "Длина юбки", **{"unit": "см", "kind": Kind.NUMBER, **more})


WHITE: dict[CharcId, Value] = {COLOUR: ("белый",)}
LONG: dict[CharcId, Value] = {LENGTH: Decimal("62.50")}


@pytest.mark.parametrize(
    ("old", "new", "unfit", "fit", "told"),
    [
        (colour(), colour(required=True), {}, WHITE, ("Цвет", ChangeKind.REQUIRED_ADDED, "")),
        (None, length(required=True), WHITE, LONG, ("Длина юбки", ChangeKind.REQUIRED_ADDED, "")),
        (colour(), None, {COLOUR: ("белый", "алый")}, LONG, ("Цвет", ChangeKind.REMOVED, "белый, алый")),
        (length(), length(kind=Kind.STRINGS), LONG, {LENGTH: ("62",)}, ("Длина юбки", ChangeKind.KIND, "62.50")),
        (colour(), colour(kind=Kind.UNUSED), WHITE, {}, ("Цвет", ChangeKind.KIND, "белый")),
        (length(), length(unit="мм"), LONG, {}, ("Длина юбки", ChangeKind.UNIT, "62.50")),
        (colour(), colour(named_field=True), WHITE, {}, ("Цвет", ChangeKind.NAMED_FIELD, "белый")),
    ],
)
def test_a_card_is_told_when_the_change_is_about_what_it_holds(  # noqa: PLR0917 each is a column
    old: Characteristic | None,
    new: Characteristic | None,
    unfit: dict[CharcId, Value],
    fit: dict[CharcId, Value],
    told: tuple[str, ChangeKind, str],
) -> None:
    before, now = subject(*filter(None, [old])), subject(*filter(None, [new]))
    assert after(before, now, card(unfit), card(fit)) == [told]


def test_a_card_with_more_values_than_may_be_now_is_told() -> None:
    fewer = Characteristic(COLOUR, "Цвет", max_count=1)
    two: dict[CharcId, Value] = {COLOUR: ("белый", "алый")}
    assert after(subject(colour()), subject(fewer), card(two), card(WHITE)) == [
        ("Цвет", ChangeKind.FEWER_VALUES, "белый, алый")
    ]


@pytest.mark.parametrize(
    ("name", "unfit", "fit"),
    [
        ("Наименование", {}, {"title": "Юбка"}),
        ("Описание", {}, {"description": "Длинная"}),
        ("Бренд", {}, {"brand": "Берёзка"}),
        ("Длина упаковки", {}, {"dimensions": PACKED}),
        ("Вес с упаковкой (кг)", {"dimensions": Dimensions(1, 1, 1, Decimal())}, {"dimensions": PACKED}),
        ("Рос. размер", {"sizes": (Size("S", "42"), Size("M"))}, {"sizes": (Size("S", "42"),)}),
    ],
)
def test_what_is_required_in_a_field_is_looked_for_there(name: str, unfit: Any, fit: Any) -> None:
    new = subject(Characteristic(CharcId(9), name, required=True, named_field=True))
    assert after(subject(), new, card(**unfit), card(**fit)) == [(name, ChangeKind.REQUIRED_ADDED, "")]


def test_a_value_that_left_its_dictionary_breaks_the_cards_that_hold_it() -> None:
    gone = list(dictionary_changes(Named.COLORS, (Entry("белый"), Entry("Алый")), (Entry("белый"),)))
    cards = [card({COLOUR: ("белый", "алый")}), card(WHITE), card({LENGTH: ("алый",)})]
    assert list(broken(cards, subject(colour(), length()), gone)) == [
        BrokenCard("A-1", NmId(7), "Цвет", ChangeKind.VALUE_REMOVED, "алый")
    ]


def test_a_brand_that_wb_dropped_breaks_its_cards_in_that_subject_only() -> None:
    old, new = subject(brands=(Entry("Берёзка"), Entry("Ромашка"))), subject(brands=(Entry("Ромашка"),))
    cards = [card(brand="Берёзка"), card(brand="Ромашка")]
    assert after(old, new, *cards) == [("Бренд", ChangeKind.VALUE_REMOVED, "Берёзка")]
    other = SubjectSchema(SubjectId(5), "Пальто", ())
    assert list(broken(cards, other, changes(old, new))) == []


def test_changes_that_break_nothing_break_no_card() -> None:
    old = subject(colour(required=True), brands=(Entry("Ромашка"),))
    new = subject(
        Characteristic(COLOUR, "Цвет товара", max_count=0), length(), brands=(Entry("Ромашка"), Entry("Берёзка"))
    )
    assert len(list(changes(old, new))) == 5
    assert after(old, new, card(), card(WHITE)) == []


def test_every_change_has_its_words() -> None:
    assert SCHEMA_CHANGES.keys() == set(ChangeKind)
    assert BROKEN_CARDS.keys() == BREAKING
