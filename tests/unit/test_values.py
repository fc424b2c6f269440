"""Numbers, compositions, sizes and descriptions of shops, as WB takes them."""

from decimal import Decimal

import pytest

from wbsync.domain.values.compositions import MATERIALS, read_composition
from wbsync.domain.values.descriptions import plain_text, split_values
from wbsync.domain.values.numbers import UNITS, OfRange, Unread, converted, read_number, same_kind
from wbsync.domain.values.sizes import (
    FROM_EUROPEAN,
    HEIGHTS,
    LETTERS,
    NO_SIZE,
    ONE_SIZE,
    Chart,
    russian_size,
    tech_size,
)
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
        ("4000K", "", "К", "4000"),  # not 400 and a rest
        ("2000мАч", "", "мАч", "2000"),
        ("2 А·ч", "", "мАч", "2000"),
        (".5 л", "", "мл", "500"),
        ("-20 °C", "", "°C", "-20"),
        ("15.6″", "", "см", "39.624"),
        ("3 года", "", "мес", "36"),
        ("5 л.с.", "", "л.с.", "5"),
        ("150 кг/м3", "", "кг/м3", "150"),
        ("5 м²", "", "кв. м", "5"),
        ("1 ТБ", "", "ГБ", "1024"),
        ("24 предмета", "", "шт", "24"),
        ("10 килограммов", "", "г", "10000"),
        ("160 (см)", "", "см", "160"),
        ("рост 170", "", "см", "170"),
        ("не более 0,5 мм", "", "мкм", "500"),
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
        ("5 попугаев", "см", Unread.OTHER_UNIT),
        ("2 пары", "шт", Unread.OTHER_UNIT),
        ("2 месяца", "дней", Unread.OTHER_UNIT),
        ("-20…+40 °C", "°C", Unread.RANGE),
        ("1 кг 200 г", "кг", Unread.SEVERAL),
        ("1/2", "см", Unread.SEVERAL),
        ("1.200,50", "г", Unread.NO_NUMBER),
        ("IP65", "", Unread.NO_NUMBER),
        ("1e3", "", Unread.NO_NUMBER),
        ("5'", "см", Unread.NO_NUMBER),
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
        ("хлопок (95%), эластан (5%)", ("95% хлопок", "5% эластан")),
        ("(95% хлопок, 5% эластан)", ("95% хлопок", "5% эластан")),
        ("65%ПЭ/35%ХБ", ("65% полиэстер", "35% хлопок")),
        ("хлопок95%эластан5%", ("95% хлопок", "5% эластан")),
        ("шерсть 70%, п/а 30%", ("70% шерсть", "30% полиамид")),
        ("хлопок 60/полиэстер 40", ("60% хлопок", "40% полиэстер")),
        ("хлопок 80% (органический), пэ 20%", ("80% хлопок", "20% полиэстер")),
        ("Нат. кожа/текстиль", ("натуральная кожа", "текстиль")),
        ("никель 100%", ("100% никель",)),  # the colour of this name is another rule's
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


@pytest.mark.parametrize("text", ["100%", "60/40 хлопок/полиэстер", "95хлопок/5эластан"])
def test_a_composition_that_was_not_understood_is_not_sent(text: str) -> None:
    assert read_composition(text).problem == text


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
        ("38 1/2", "38.5"),
        ("38⅔", "38 2/3"),
        ("р.46", "46"),
        ("48р", "48"),
        ("46 RUS", "46"),
        ("5хл", "5XL"),
        ("м", "M"),
        ("S / M", "S/M"),
        ("75В", "75B"),  # a Cyrillic В
        ("6-12 мес", "6-12 мес"),
    ],
)
def test_a_size_is_written_as_wb_writes_it(text: str, size: str) -> None:
    assert tech_size(text) == size


@pytest.mark.parametrize(
    ("text", "chart", "size"),
    [
        ("46", Chart.WOMEN, "46"),
        ("44-46", Chart.WOMEN, "44-46"),
        ("46 (M)", Chart.WOMEN, "46"),
        ("XXL", Chart.WOMEN, "52"),
        ("S/M", Chart.WOMEN, "44-46"),
        ("L", Chart.MEN, "50"),
        ("EU 38", Chart.WOMEN, "44"),
        ("50 EU", Chart.MEN, "50"),
        ("EUR 38.5", Chart.SHOES, "37.5"),
        ("39", Chart.SHOES, "39"),
        ("4 года", Chart.KIDS, "104"),
        ("104-110", Chart.KIDS, "104-110"),
        ("XL", Chart.SHOES, ""),
        ("EU 104", Chart.KIDS, ""),
        ("UK 8", Chart.WOMEN, ""),
        ("one size", Chart.MEN, ""),
    ],
)
def test_a_size_is_told_as_russia_numbers_it(text: str, chart: Chart, size: str) -> None:
    assert russian_size(text, chart) == size


@pytest.mark.parametrize("chart", sorted(LETTERS))
def test_larger_letters_are_larger_numbers(chart: Chart) -> None:
    sizes = [int(russian_size(letters, chart)) for letters in LETTERS[chart]]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("chart", sorted(FROM_EUROPEAN))
def test_a_european_size_is_counted_over(chart: Chart) -> None:
    assert int(russian_size("EU 42", chart)) == 42 + FROM_EUROPEAN[chart]


@pytest.mark.parametrize("age", HEIGHTS)
def test_an_age_is_a_height(age: str) -> None:
    assert russian_size(age, Chart.KIDS) == HEIGHTS[age]


def test_a_description_loses_its_markup_and_keeps_its_lines() -> None:
    html = "<p>Привет,&nbsp;<b>мир</b> &amp; все</p><ul><li>раз<li>два</ul><script>alert(1)</script><style>p{}</style>"
    assert plain_text(html) == "Привет, мир & все\n— раз\n— два"


@pytest.mark.parametrize("text", ["5 < 6", "a & b", "просто текст", "<b>не закрыт"])
def test_what_is_hardly_html_is_no_trouble(text: str) -> None:
    assert plain_text(text).replace("<b>", "") == text.replace("<b>", "")


def test_several_values_of_one_text_are_told_once_each() -> None:
    assert split_values("<p>чашка; блюдце,\nчашка</p>") == ("чашка", "блюдце")
    assert split_values("a/b", "/") == ("a", "b")
    assert split_values("1,5 м, 2 м") == ("1,5 м", "2 м")  # a decimal comma
    assert split_values("<ul><li>раз</li><li>- два</li></ul>; -5 °C") == ("раз", "два", "-5 °C")


def test_cells_of_a_table_stay_apart() -> None:
    assert plain_text("<table><tr><td>Вес</td><td>5 кг</td></tr></table>") == "Вес 5 кг"


def test_words_are_brought_to_one_spelling() -> None:
    assert folded("Cезон «Ёлка» —\u00a0тёмно‑синий") == 'сезон "елка" - темно-синий'
    assert folded("XL") == "xl"
    assert folded("Материал верxа") == "материал верха"
    assert words("Вес, г (нетто)") == ("вес", "г", "нетто")
    assert stem("голубым") == stem("голубой")


@pytest.mark.parametrize(
    ("code", "russian"),
    [
        ("TSVET_OBUVI", "цвет обуви"),
        ("SOSTAV", "состав"),
        ("RAZMER", "размер"),
        ("Cvet", "цвет"),
        ("KOLLEKCIYA", "коллекция"),
    ],
)
def test_a_code_in_latin_letters_is_read_as_russian(code: str, russian: str) -> None:
    assert spelled(code) == russian


def test_a_code_falls_into_its_words() -> None:
    assert code_parts("UPPER_MATERIAL") == code_parts("upperMaterial") == ("upper", "material")
