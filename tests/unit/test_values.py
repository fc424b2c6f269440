"""Numbers, compositions, sizes and descriptions of shops, as WB takes them."""

from decimal import Decimal

import pytest

from wbsync.domain.values.compositions import MATERIALS, read_composition
from wbsync.domain.values.descriptions import plain_text, split_values
from wbsync.domain.values.numbers import UNITS, OfRange, Unread, converted, read_number, same_kind
from wbsync.domain.values.sizes import NO_SIZE, ONE_SIZE, tech_size
from wbsync.domain.wording import code_parts, folded, spelled, stem, words


@pytest.mark.parametrize(
    ("text", "unit", "wanted", "number"),
    [
        ("350", "", "мл", "350"),
        ("350 мл", "", "мл", "350"),
        ("350мл", "", "мл", "350"),
        ("0,33 л", "", "мл", "330"),
        ("1 200,5 г", "", "кг", "1.2005"),
        ("1.2 кг", "", "г", "1200"),
        ("250", "мм", "см", "25"),
        ("16 дюймов", "", "см", "40.64"),
        ("≈5", "", "", "5"),
        ("около 100 мл", "", "мл", "100"),
        ("12 мес.", "", "мес", "12"),
        ("180 г/м2", "", "г/м2", "180"),
        ("5", "", "шт", "5"),
    ],
)
def test_a_number_is_told_in_the_wanted_unit(text: str, unit: str, wanted: str, number: str) -> None:
    assert read_number(text, unit=unit, wanted=wanted).number == Decimal(number)


@pytest.mark.parametrize(
    ("text", "wanted", "why"),
    [
        ("около ста", "мл", Unread.NO_NUMBER),
        ("", "мл", Unread.NO_NUMBER),
        ("10x20x30 см", "см", Unread.SEVERAL),
        ("от 10 до 15 см", "см", Unread.RANGE),
        ("10–15", "см", Unread.RANGE),
        ("5 кг", "см", Unread.OTHER_UNIT),
    ],
)
def test_a_number_that_is_not_sure_is_not_told(text: str, wanted: str, why: Unread) -> None:
    read = read_number(text, wanted=wanted)
    assert (read.number, read.unread) == (None, why)


@pytest.mark.parametrize(("of_range", "number"), [("low", "10"), ("high", "15"), ("middle", "12.5")])
def test_of_a_range_the_table_says_which_end_counts(of_range: OfRange, number: str) -> None:
    assert read_number("от 10 до 15 см", wanted="см", of_range=of_range).number == Decimal(number)


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_unit_is_read_behind_a_number(unit: str) -> None:
    assert read_number(f"7 {unit}", wanted=unit).number == 7
    assert same_kind(unit, unit.upper())


def test_units_of_different_things_are_not_converted() -> None:
    assert converted(Decimal(1), "кг", "см") is None
    assert converted(Decimal(1), "м", "см") == 100


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("хлопок 95% эластан 5%", ("95% хлопок", "5% эластан")),
        ("95% хлопок, 5% эластан", ("95% хлопок", "5% эластан")),
        ("5% эластан; 95% хлопок", ("95% хлопок", "5% эластан")),
        ("Хлопок-95, эластан-5", ("95% хлопок", "5% эластан")),
        ("100 % п/э", ("100% полиэстер",)),
        ("100% х/б", ("100% хлопок",)),
        ("Состав: 92,5% вискоза, 7,5% лайкра", ("92.5% вискоза", "7.5% эластан")),
        ("Хлопк 100%", ("100% хлопок",)),
        ("Верх: 80% шерсть, 20% акрил", ("80% шерсть", "20% акрил")),
        ("хлопок", ("хлопок",)),
        ("хлопок, лён", ("хлопок", "лен")),
    ],
)
def test_a_composition_is_its_materials_with_their_shares(text: str, told: tuple[str, ...]) -> None:
    read = read_composition(text)
    assert (read.texts, read.problem) == (told, "")


@pytest.mark.parametrize(
    ("text", "problem"), [("хлопок 90% эластан 5%", "95 %"), ("60% лён, 60% хлопок", "120 %"), ("", "")]
)
def test_shares_that_do_not_make_a_hundred_are_noticed(text: str, problem: str) -> None:
    assert read_composition(text).problem == problem


@pytest.mark.parametrize("material", MATERIALS)
def test_a_material_stays_what_it_is(material: str) -> None:
    assert read_composition(f"100% {material}").texts == (f"100% {material}",)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *((text, NO_SIZE) for text in sorted(ONE_SIZE)),
        ("xl", "XL"),
        ("ХL", "XL"),  # a Cyrillic Х
        ("2xl", "2XL"),
        ("размер 46", "46"),
        ("44 - 46", "44-46"),
        ("42/170", "42/170"),
        ("38,5", "38.5"),
    ],
)
def test_a_size_is_written_as_wb_writes_it(text: str, size: str) -> None:
    assert tech_size(text) == size


def test_a_description_loses_its_markup_and_keeps_its_lines() -> None:
    html = "<p>Привет,&nbsp;<b>мир</b> &amp; все</p><ul><li>раз<li>два</ul><script>alert(1)</script><style>p{}</style>"
    assert plain_text(html) == "Привет, мир & все\n— раз\n— два"


@pytest.mark.parametrize("text", ["5 < 6", "a & b", "просто текст", "<b>не закрыт"])
def test_what_is_hardly_html_is_no_trouble(text: str) -> None:
    assert plain_text(text).replace("<b>", "") == text.replace("<b>", "")


def test_several_values_of_one_text_are_told_once_each() -> None:
    assert split_values("<p>чашка; блюдце,\nчашка</p>") == ("чашка", "блюдце")
    assert split_values("a/b", "/") == ("a", "b")


def test_words_are_brought_to_one_spelling() -> None:
    assert folded("Cезон «Ёлка» —\u00a0тёмно‑синий") == 'сезон "елка" - темно-синий'
    assert folded("XL") == "xl"
    assert folded("Материал верxа") == "материал верха"
    assert words("Вес, г (нетто)") == ("вес", "г", "нетто")
    assert stem("голубым") == stem("голубой")


@pytest.mark.parametrize(
    ("code", "russian"), [("TSVET_OBUVI", "цвет обуви"), ("SOSTAV", "состав"), ("RAZMER", "размер"), ("Cvet", "цвет")]
)
def test_a_code_in_latin_letters_is_read_as_russian(code: str, russian: str) -> None:
    assert spelled(code) == russian


def test_a_code_falls_into_its_words() -> None:
    assert code_parts("UPPER_MATERIAL") == code_parts("upperMaterial") == ("upper", "material")
