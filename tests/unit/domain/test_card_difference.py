"""Two cards compared by meaning."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from wbsync.domain.card_difference import differences, hashed, laid_over, unlike
from wbsync.domain.cards import Content, Dimensions, Size
from wbsync.domain.ids import Barcode, CharcId, ChrtId

COLOUR, HEIGHT = CharcId(1), CharcId(2)
STANDING = Content(
    "A-1",
    "Футболка",
    "Мягкая\nи лёгкая",
    "Небывалое",
    Dimensions(30, 25, 2, Decimal("0.180")),
    {COLOUR: ("белый", "синий"), HEIGHT: Decimal(5)},
    (Size("46", "44-46", (Barcode("111"), Barcode("222")), ChrtId(7)),),
    kiz_marked=False,
    documents={"items": [{"id": "d", "type": 5, "number": "BY 1", "endDate": "2030-01-01T00:00:00Z", "verdict": {}}]},
)


@pytest.mark.parametrize(
    "same",
    [
        {"characteristics": {COLOUR: ("Синий", " белый")}},
        {"characteristics": {HEIGHT: Decimal("5.0")}},
        {"characteristics": {HEIGHT: ("5,0",)}},
        {"characteristics": {}},
        {"title": " Футболка  "},
        {"title": ""},
        {"description": "Мягкая и  лёгкая"},
        {"dimensions": Dimensions(30, 25, 2, Decimal("0.18"))},
        {"dimensions": None},
        {"sizes": (Size("46", "", (Barcode("222"),)),)},
        {"sizes": (Size("M", "", (Barcode("111"),)),)},
        {"sizes": ()},
        {"kiz_marked": None},
        {"documents": None},
        {"documents": {"items": [{"type": 5, "number": "BY 1", "endDate": "2030-01-01"}]}},
        {"vendor_code": "B-2"},
    ],
    ids=lambda told: " ".join(f"{name}={value!r}" for name, value in told.items())[:60],
)
def test_what_means_the_same_is_the_same(same: dict[str, Any]) -> None:
    wanted = replace(STANDING, **same)
    assert unlike(STANDING, wanted) == ()


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"characteristics": {COLOUR: ("белый",)}}, "charc 1"),
        ({"characteristics": {HEIGHT: Decimal("5.5")}}, "charc 2"),
        ({"characteristics": {CharcId(3): ("новое",)}}, "charc 3"),
        ({"title": "футболка"}, "title"),
        ({"dimensions": Dimensions(31, 25, 2, Decimal("0.18"))}, "dimensions"),
        ({"sizes": (Size("46", "", (Barcode("333"),)),)}, "sizes"),
        ({"sizes": (Size("48", ""),)}, "sizes"),
        ({"sizes": (Size("46", "46"),)}, "sizes"),
        ({"kiz_marked": True}, "kiz_marked"),
        ({"documents": {"items": [{"type": 5, "number": "BY 2"}]}}, "documents"),
        ({"documents": {"items": [{"type": 5, "number": "BY 1", "isEndless": True}]}}, "documents"),
        ({"documents": {"items": [{"type": 5, "number": "BY 1", "tradeName": "Имя"}]}}, "documents"),
    ],
    ids=lambda told: told if isinstance(told, str) else "wanted",
)
def test_what_differs_is_named_and_laid_over(other: dict[str, Any], name: str) -> None:
    wanted = replace(STANDING, **other)
    assert unlike(STANDING, wanted) == (name,)
    after = laid_over(STANDING, wanted)
    assert unlike(after, wanted) == ()
    assert hashed(STANDING) != hashed(after)


def test_a_permit_that_is_renewed_keeps_its_id_and_others_stay() -> None:
    theirs = {"type": 2, "number": "ЕАЭС 7", "id": "x"}
    there = replace(STANDING, documents={"items": [theirs, *(STANDING.documents or {})["items"]]})
    wanted = replace(STANDING, documents={"items": [{"type": 5, "number": "BY 2", "isEndless": True}]})
    assert laid_over(there, wanted).documents == {
        "items": [theirs, {"id": "d", "type": 5, "number": "BY 2", "isEndless": True}]
    }


def test_differences_are_told_before_and_after_in_words() -> None:
    wanted = replace(
        STANDING,
        title="Майка",
        characteristics={COLOUR: ("красный",), HEIGHT: Decimal("7.50"), CharcId(3): ("новое",)},
        dimensions=Dimensions(31, 25, 2, Decimal("0.200")),
        sizes=(Size("48", "", (Barcode("333"),)),),
        kiz_marked=True,
        documents={"items": [{"type": 5, "number": "BY 2", "isEndless": True}]},
    )
    told = list(differences(STANDING, laid_over(STANDING, wanted), {COLOUR: "Цвет", HEIGHT: "Высота"}))
    assert told == [
        ("title", "Футболка", "Майка"),
        ("dimensions", "30×25×2 см, 0.18 кг", "31×25×2 см, 0.2 кг"),
        ("Цвет", "белый, синий", "красный"),
        ("Высота", "5", "7.5"),
        ("charc 3", "", "новое"),
        ("sizes", "46 / 44-46: 111 222", "46 / 44-46: 111 222, 48: 333"),
        ("kiz_marked", "нет", "да"),
        ("documents", "BY 1 2030-01-01", "BY 2"),
    ]


def test_a_hash_knows_prices_only_where_wb_takes_them() -> None:
    [size] = STANDING.sizes
    dearer = replace(STANDING, sizes=(replace(size, price=100),))
    assert hashed(STANDING) != hashed(dearer)
    assert hashed(STANDING, priced=False) == hashed(dearer, priced=False)
