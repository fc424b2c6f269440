"""What a card should be, by the shop's product and its mapping table."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.card_world import (
    ARTICLE,
    CHARACTERISTICS,
    COLOUR,
    COUNTRY,
    FEATURES,
    MATERIAL,
    POCKETS,
    RETIRED,
    card,
    cards,
    ean13,
    offer,
    problems,
    product,
    schema,
    table,
)
from wbsync.domain.cards import Dimensions, ProblemKind
from wbsync.domain.ids import CharcId
from wbsync.domain.schema import Characteristic, Kind


def row(to: int | str, source: str, **more: Any) -> dict[str, Any]:
    return {"to": to, "from": {"property": source}, **more}


def test_a_product_is_one_card_for_each_variant_and_its_offers_are_the_sizes() -> None:
    made = cards(
        product(
            100,
            offer(1, COLOUR="белый", SIZE="46"),
            offer(2, COLOUR="красный", SIZE="46"),
            offer(3, COLOUR="Белый", SIZE="48"),
        )
    )
    assert [[size.tech_size for size in one.content.sizes] for one in made] == [["46", "48"], ["46"]]
    assert [one.content.characteristics[COLOUR] for one in made] == [("белый",), ("красный",)]
    assert [size.offer_id for size in made[0].content.sizes] == [1, 3]


def test_an_offer_that_is_not_sold_is_no_size() -> None:
    made = card(product(100, offer(1, SIZE="46"), replace(offer(2, SIZE="48"), active=False)))
    assert [size.tech_size for size in made.content.sizes] == ["46"]
    assert cards(product(100, replace(offer(1), active=False))) == []


def test_an_offers_own_value_comes_before_its_heads() -> None:
    made = cards(product(100, offer(1, COUNTRY="Китай"), offer(2, COLOUR="красный"), COUNTRY="РБ"))
    assert [one.content.characteristics[COUNTRY] for one in made] == [("Китай",), ("Беларусь",)]


def test_a_template_joins_its_parts_and_half_of_one_is_none() -> None:
    assert card(product(100)).content.vendor_code == "ART100-белый"
    [empty] = problems(card(product(100, ARTICLE="")), ProblemKind.EMPTY)
    assert (empty.target, empty.source, empty.blocks) == ("vendorCode", "шаблон {ARTICLE}-{COLOUR}", True)


def test_constants_prices_and_fields_are_sources_too() -> None:
    by = table({"to": FEATURES, "from": {"constant": "с принтом"}})
    made = card(product(100, offer(1, price="25.50")), by)
    assert made.content.characteristics[FEATURES] == ("с принтом",)
    assert made.content.sizes[0].price == 26
    assert made.content.title == "Футболка 100"


def test_html_is_stripped() -> None:
    assert card(product(100)).content.description == "Мягкая & лёгкая"


def test_a_title_that_differs_by_offer_is_the_heads() -> None:
    goods = [replace(offer(n, SIZE=str(n)), fields={"name": f"Футболка, размер {n}"}) for n in (46, 48)]
    assert card(product(100, *goods)).content.title == "Футболка 100"


def test_a_vendor_code_that_differs_by_size_is_told_and_not_chosen() -> None:
    by = table(row("vendorCode", "OWN"))
    made = card(product(100, offer(1, OWN="A-46"), offer(2, SIZE="48", OWN="A-48")), by)
    [problem] = problems(made, ProblemKind.TOO_MANY_VALUES)
    assert (problem.target, problem.value, problem.blocks) == ("vendorCode", "A-46, A-48", True)


def test_millimetres_become_centimetres_rounded_up_and_grams_kilograms() -> None:
    assert card(product(100)).content.dimensions == Dimensions(31, 25, 2, Decimal("0.180"))


@pytest.mark.parametrize(
    ("fields", "missing"),
    [({"length": ""}, ["length"]), ({"weight": "0"}, ["weight"]), ({"height": "", "weight": ""}, ["height", "weight"])],
    ids=["no length", "no weight", "two"],
)
def test_a_card_without_positive_dimensions_is_not_sent(fields: dict[str, str], missing: list[str]) -> None:
    made = card(product(100, fields=fields))
    found = problems(made, ProblemKind.NO_DIMENSIONS)
    assert [(one.target, one.source) for one in found] == [(name, f"поле {name}") for name in missing]
    assert made.content.dimensions is None


def test_a_side_that_is_no_number_stops_the_card_once() -> None:
    made = card(product(100, fields={"length": "длинная"}))
    assert [one.kind for one in made.problems if one.target == "length"] == [ProblemKind.NOT_A_NUMBER]


def test_of_offers_that_pack_differently_the_largest_side_counts() -> None:
    goods = [replace(offer(n, SIZE=str(n)), fields={"length": str(n * 10)}) for n in (46, 48)]
    dimensions = card(product(100, *goods)).content.dimensions
    assert dimensions is not None
    assert dimensions.length == 48


def test_a_things_own_weight_is_converted_from_the_grams_that_bitrix_keeps() -> None:
    charc = Characteristic(CharcId(50), "Вес товара без упаковки", unit="кг", kind=Kind.NUMBER)
    by = table({"to": 50, "from": {"field": "weight"}, "value": {"rule": "number"}})
    made = card(product(100), by, schema((*CHARACTERISTICS, charc)))
    assert made.content.characteristics[CharcId(50)] == Decimal("0.18")


def test_a_number_is_converted_from_the_shops_unit() -> None:
    assert card(product(100, HEIGHT="125")).content.characteristics[POCKETS] == Decimal("12.5")
    assert card(product(100, HEIGHT="1,2 м")).content.characteristics[POCKETS] == 120


@pytest.mark.parametrize(
    ("text", "kind"),
    [("высокая", ProblemKind.NOT_A_NUMBER), ("10-15", ProblemKind.RANGE), ("5 кг", ProblemKind.UNIT)],
)
def test_what_is_no_number_is_left_out_and_told(text: str, kind: ProblemKind) -> None:
    made = card(product(100, HEIGHT=text))
    [problem] = problems(made, kind)
    assert (problem.target, problem.source, problem.value) == ("Высота предмета", "HEIGHT", text)
    assert not problem.blocks
    assert POCKETS not in made.content.characteristics


def test_a_number_that_does_not_end_is_read_back_as_it_is_sent() -> None:
    charc = Characteristic(CharcId(50), "Срок службы", unit="лет", kind=Kind.NUMBER)
    by = table(row(50, "MONTHS", value={"rule": "number", "unit": "мес"}))
    made = card(product(100, MONTHS="1"), by, schema((*CHARACTERISTICS, charc)))
    number = made.content.characteristics[CharcId(50)]
    assert isinstance(number, Decimal)
    assert Decimal(str(float(number))) == number


def test_words_of_the_table_come_before_any_guess() -> None:
    rule = {"rule": "dictionary", "words": {"Белый с голубым": ["синий"], "ассорти": []}}
    by = table(row(COLOUR, "COLOUR", value=rule))
    assert card(product(100, offer(1, COLOUR="белый с голубым")), by).content.characteristics[COLOUR] == ("синий",)
    [empty] = problems(card(product(100, offer(1, COLOUR="Ассорти")), by), ProblemKind.EMPTY)
    assert (empty.target, empty.value, empty.blocks) == ("Цвет", "Ассорти", True)


def test_one_text_may_be_several_values() -> None:
    assert card(product(100, offer(1, COLOUR="белый с голубым"))).content.characteristics[COLOUR] == (
        "белый",
        "голубой",
    )


def test_an_unsure_value_of_a_required_characteristic_stops_the_card_with_the_nearest_three() -> None:
    made = card(product(100, offer(1, COLOUR="синийй")), COLOUR="Цвет ткани")
    [problem] = [one for one in made.problems if one.target == "Цвет"]
    assert problem.kind is ProblemKind.UNSURE
    assert problem.blocks
    assert problem.source == "COLOUR «Цвет ткани»"
    assert problem.value == "синийй"
    assert problem.nearest[0] == "синий"
    assert len(problem.nearest) == len(set(problem.nearest)) <= 3


def test_an_unknown_value_of_an_optional_characteristic_is_left_out_and_told() -> None:
    made = card(product(100, COUNTRY="Атлантида"))
    [problem] = [one for one in made.problems if one.target == "Страна производства"]
    assert not problem.blocks
    assert COUNTRY not in made.content.characteristics


def test_unless_the_row_says_stop() -> None:
    by = table(row(COUNTRY, "COUNTRY", value={"rule": "dictionary"}, when_empty="stop"))
    for country in ("Атлантида", ""):
        [problem] = [one for one in card(product(100, COUNTRY=country), by).problems if one.target[:6] == "Страна"]
        assert problem.blocks


def test_a_text_that_says_nothing_is_empty() -> None:
    made = card(product(100, offer(1, COLOUR="не указан")))
    assert [(one.kind, one.blocks) for one in made.problems if one.target == "Цвет"] == [(ProblemKind.EMPTY, True)]
    by = table(row(COUNTRY, "COUNTRY", value={"rule": "dictionary"}, when_empty="default", default="РБ"))
    assert card(product(100, COUNTRY="не указано"), by).content.characteristics[COUNTRY] == ("Беларусь",)
    assert card(product(100), by).content.characteristics[COUNTRY] == ("Беларусь",)


def test_more_values_than_wb_takes_are_never_cut() -> None:
    made = card(product(100, offer(1, COLOUR=["белый", "синий", "красный", "зеленый"])))
    [problem] = problems(made, ProblemKind.TOO_MANY_VALUES)
    assert (problem.target, problem.detail, problem.blocks) == ("Цвет", "4 > 3", True)
    assert COLOUR not in made.content.characteristics


@pytest.mark.parametrize(("field", "most"), [("title", 60), ("vendorCode", 72), ("description", 5000)])
def test_a_text_is_as_long_as_wb_takes_it_and_longer_ones_stop_the_card(field: str, most: int) -> None:
    by = table(row(field, "TEXT"))
    assert problems(card(product(100, TEXT="я" * most), by), ProblemKind.TOO_LONG) == []
    [problem] = problems(card(product(100, TEXT="я" * (most + 1)), by), ProblemKind.TOO_LONG)
    assert (problem.target, problem.source, problem.detail) == (field, "TEXT", f"{most + 1} > {most}")
    assert problem.blocks


def test_compositions_are_written_as_wb_writes_them() -> None:
    made = card(product(100, MATERIAL="хлопок 95% эластан 5%"))
    assert made.content.characteristics[MATERIAL] == ("95% хлопок", "5% эластан")
    [problem] = problems(card(product(100, MATERIAL="хлопок 95% эластан 15%")), ProblemKind.COMPOSITION)
    assert problem.value == "хлопок 95% эластан 15%"


def test_rules_split_and_join() -> None:
    split = table(row(FEATURES, "MORE", value={"rule": "split"}))
    assert card(product(100, MORE="с принтом; оверсайз"), split).content.characteristics[FEATURES] == (
        "с принтом",
        "оверсайз",
    )
    joined = table(row(FEATURES, "MORE", value={"rule": "joined", "with": " + "}))
    assert card(product(100, MORE=["а", "б"]), joined).content.characteristics[FEATURES] == ("а + б",)


def test_what_wb_does_not_use_is_never_sent() -> None:
    by = table(row(RETIRED, "MATERIAL"), row(ARTICLE, "MATERIAL"), row(777, "MATERIAL"))
    made = card(product(100, MATERIAL="хлопок"), by)
    assert made.content.characteristics.keys() == {COLOUR, MATERIAL}


def test_a_required_characteristic_without_a_row_stops_every_card() -> None:
    made = card(product(100), table({"to": COLOUR}, {"to": "title"}))
    assert [one.target for one in problems(made, ProblemKind.REQUIRED_UNMAPPED)] == ["Цвет", "Наименование"]
    assert all(one.blocks for one in made.problems if one.kind is ProblemKind.REQUIRED_UNMAPPED)


def test_no_card_goes_without_a_row_for_its_vendor_code() -> None:
    known = schema(one for one in CHARACTERISTICS if not one.named_field)
    made = card(product(100), table({"to": "vendorCode"}), known)
    assert [one.target for one in problems(made, ProblemKind.REQUIRED_UNMAPPED)] == ["vendorCode"]


def test_a_thing_without_sizes_has_the_size_0() -> None:
    assert [size.tech_size for size in card(product(100, offer(1, SIZE=""))).content.sizes] == ["0"]


def test_two_offers_of_one_size_are_told() -> None:
    [problem] = problems(card(product(100, offer(1), offer(2))), ProblemKind.SIZE_TWICE)
    assert (problem.value, problem.offer_id, problem.source) == ("46", 2, "SIZE")


def test_a_missing_barcode_is_told_and_does_no_harm() -> None:
    [problem] = problems(card(product(100, offer(1, barcode=None))), ProblemKind.NO_BARCODE)
    assert (problem.blocks, problem.offer_id) == (False, 1)


def test_a_wrong_check_digit_is_found_and_other_codes_are_left_alone() -> None:
    right = ean13(77)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    [problem] = problems(card(product(100, offer(1, barcode=wrong))), ProblemKind.BARCODE_WRONG)
    assert (problem.value, problem.blocks) == (wrong, True)
    for good in (right, "96385074", "036000291452", "SHOP-1", "12345"):
        assert problems(card(product(100, offer(1, barcode=good))), ProblemKind.BARCODE_WRONG) == []


def test_a_price_of_nought_is_a_mistake_and_a_missing_one_is_told_later() -> None:
    found = [problems(card(product(100, offer(1, price=p))), ProblemKind.NO_PRICE) for p in ("0", None, "1.20")]
    assert [[one.blocks for one in each] for each in found] == [[True], [False], []]


@pytest.mark.parametrize(("text", "marked"), [("Да", True), ("Y", True), ("нет", False), ("0", False), ("", None)])
def test_kiz_marked_is_yes_no_or_unsaid(text: str, marked: bool | None) -> None:
    assert card(product(100, KIZ=text), table(row("kizMarked", "KIZ"))).content.kiz_marked is marked


def test_kiz_marked_is_never_guessed() -> None:
    made = card(product(100, KIZ="наверное"), table(row("kizMarked", "KIZ")))
    [problem] = [one for one in made.problems if one.target == "kizMarked"]
    assert (problem.blocks, problem.source) == (True, "KIZ")


PAPERS = (row("documentNumber", "CERT"), row("documentStart", "SINCE"), row("documentEnd", "UNTIL"))


def test_a_registration_certificate_of_belarus_is_told_as_wb_takes_it() -> None:
    made = card(product(100, CERT="BY 1/2", SINCE="01.02.2026", UNTIL="2031-01-31"), table(*PAPERS))
    assert made.content.documents == {
        "items": [
            {
                "type": 5,
                "number": "BY 1/2",
                "startDate": "2026-02-01T00:00:00Z",
                "endDate": "2031-01-31T00:00:00Z",
            }
        ]
    }
    endless = card(product(100, CERT="BY 1/2"), table(*PAPERS))
    assert endless.content.documents == {"items": [{"type": 5, "number": "BY 1/2", "isEndless": True}]}
    assert card(product(100), table(*PAPERS)).content.documents is None


@pytest.mark.parametrize(
    ("told", "target", "value"),
    [
        ({"CERT": "BY 1", "UNTIL": "скоро"}, "documentEnd", "скоро"),
        ({"UNTIL": "2031-01-31"}, "documentNumber", ""),
        ({"CERT": "BY 1", "KIND": "свидетельство"}, "documentType", "свидетельство"),
        ({"CERT": "BY 1", "KIND": "12"}, "documentType", "12"),
    ],
    ids=["date", "number", "type in words", "unknown type"],
)
def test_half_a_document_stops_the_card(told: dict[str, Any], target: str, value: str) -> None:
    made = card(product(100, offer(1, **told)), table(*PAPERS, row("documentType", "KIND")))
    [problem] = problems(made, ProblemKind.DOCUMENT)
    assert (problem.target, problem.value, problem.blocks) == (target, value, True)
    assert problem.source
    assert made.content.documents is None


def test_a_brand_is_one_of_the_subjects() -> None:
    by = table(row("brand", "BRAND", value={"rule": "dictionary"}))
    assert card(product(100, BRAND="НЕБЫВАЛОЕ"), by).content.brand == "Небывалое"
    made = card(product(100, BRAND="Совсем другая марка"), by)
    assert made.content.brand == ""
    assert [one.blocks for one in made.problems if one.target == "brand"] == [False]


def test_coverage_counts_characteristics_and_the_fields_that_are_some() -> None:
    made = card(product(100, MATERIAL="хлопок"))
    assert (made.filled, made.known) == (4, 7)  # colour, composition, title, article; the retired one is none


def test_a_variant_shows_its_own_pictures_else_the_products() -> None:
    own = replace(offer(1), pictures=("https://shop.invalid/white.jpg",))
    white, red = cards(product(100, own, offer(2, COLOUR="красный")))
    assert white.pictures == ("https://shop.invalid/white.jpg",)
    assert red.pictures == ("https://shop.invalid/100.jpg",)


def test_every_problem_names_its_target_and_source() -> None:
    made = card(
        product(100, offer(1, COLOUR="никакой", price="0", barcode="4600000000001"), offer(2, barcode=None), HEIGHT="?",
                COUNTRY="Атлантида", MATERIAL="хлопок 10%", fields={"name": "я" * 61, "weight": ""}),
        table(variants_by=()),
    )  # fmt: skip
    assert len(made.problems) >= 8
    assert [one for one in made.problems if not (one.target and one.source)] == []
