"""A shop's value becomes values of WB's dictionary, or a question to a person; a wrong one is never taken."""

import json
from pathlib import Path

import pytest

from wbsync.domain.values import rules
from wbsync.domain.values.dictionaries import APPLIED_ABOVE, Dictionary, measured_values
from wbsync.domain.values.reasons import ValueReason
from wbsync.domain.wording import folded, stem

_COLOURS = (
    "белый чёрный серый синий голубой бирюзовый зелёный красный розовый фиолетовый жёлтый оранжевый "
    "коричневый бежевый бордовый серебристый золотистый темно-синий темно-зеленый светло-серый хаки "
    "молочный лимонный медь лен льняной камуфляж меланж черно-белый капучино прозрачный мятный"
)
COLOURS = Dictionary(_COLOURS.split())
COUNTRIES = Dictionary(["Беларусь", "Россия", "Китай", "Турция", "США", "Босния и Герцеговина", "Корея", "Польша"])
KINDS = Dictionary(["Мужской", "Женский", "Унисекс", "Детский", "Мальчики", "Девочки"])
SEASONS = Dictionary(["лето", "зима", "демисезон", "круглогодичный"])
RATES = Dictionary(["0", "10", "20", "Без НДС"])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        # the same word
        ("белый", "белый"),
        ("Белая", "белый"),
        ("БЕЛОЕ", "белый"),
        ("черные", "чёрный"),
        ("чёрн.", "чёрный"),
        ("Cиний", "синий"),  # a Latin C
        ("тёмно синяя", "темно-синий"),
        ("тёмносиний", "темно-синий"),
        ("т.-синий", "темно-синий"),
        ("св. серый", "светло-серый"),
        ("темный зеленый", "темно-зеленый"),
        ("цвет: красный", "красный"),
        ("красный 12", "красный"),
        ("RAL 5005 синий", "синий"),
        ("чёрный (матовый)", "чёрный"),
        # other words for it
        ("беж", "бежевый"),
        ("white", "белый"),
        ("Black Matt", "чёрный"),
        ("navy", "темно-синий"),
        ("бирюза", "бирюзовый"),
        ("кофе с молоком", "капучино"),
        ("зебра", "чёрный|белый"),
        # several of them
        ("белый с голубым", "белый|голубой"),
        ("зеленый с желтым", "зелёный|жёлтый"),
        ("белые с синим", "белый|синий"),
        ("чёрный/красный", "чёрный|красный"),
        ("белый, чёрный", "белый|чёрный"),  # in a list they are two, whatever else there is
        ("черно-белый", "черно-белый"),
        ("бело-сине-красный", "белый|синий|красный"),
        ("чёрный, красный и белый", "чёрный|красный|белый"),
        ("бежевый/капучино/молочный", "бежевый|капучино|молочный"),
        ("белый черный", "белый|чёрный"),
        ("темно-синий с белым", "темно-синий|белый"),
        # a print beside the colour
        ("серый камуфляж", "серый|камуфляж"),
        ("красная клетка", "красный"),
        ("синий с принтом", "синий"),
        ("серый леопард", "серый"),  # no such value here: it is left out
        # a shade that the dictionary lacks
        ("грязно-розовый", "розовый"),
        ("ярко красный", "красный"),
    ],
)
def test_a_colour_is_taken_without_asking(value: str, wanted: str) -> None:
    found = COLOURS.normalised(value)
    assert "|".join(found.matches) == wanted
    assert found.apply


@pytest.mark.parametrize(
    "value",
    [
        *("мёд", "белка", "синтетика", "красивый", "розмарин", "морской", "не бежевый", "синяя птица", "чёрное дерево"),
        *(
            "белый дуб",
            "золотая осень",
            "розовое золото",
            "серо-буро-малиновый",
            "красный, XL",
            "дерево",
            "#FFFFFF",
            "1",
        ),
        *("корчиневый", "в полоску", "тёмный", "яркий", "зелёный чай", "серый космос", "хвоя", "rose"),
    ],
)
def test_what_may_be_something_else_is_never_taken_without_asking(value: str) -> None:
    assert not COLOURS.normalised(value).apply


@pytest.mark.parametrize("value", sorted(rules.NOTHING))
def test_a_value_that_says_that_there_is_none_is_none(value: str) -> None:
    found = COLOURS.normalised(value.upper())
    assert (found.matches, found.reason, found.apply) == ((), ValueReason.EMPTY, False)


@pytest.mark.parametrize(
    ("dictionary", "value", "wanted"),
    [
        (COUNTRIES, "РБ", "Беларусь"),
        (COUNTRIES, "Республика Беларусь", "Беларусь"),
        (COUNTRIES, "Made in China", "Китай"),
        (COUNTRIES, "КНР (Китай)", "Китай"),
        (COUNTRIES, "Страна: Турция", "Турция"),
        (COUNTRIES, "Беларусь, Россия", "Беларусь|Россия"),
        (COUNTRIES, "Босния и Герцеговина", "Босния и Герцеговина"),
        (COUNTRIES, "Южная Корея", "Корея"),
        (KINDS, "муж.", "Мужской"),
        (KINDS, "мужская", "Мужской"),
        (KINDS, "М", "Мужской"),
        (KINDS, "Для девочек", "Девочки"),
        (KINDS, "муж/жен", "Унисекс"),
        (KINDS, "мужской, женский", "Мужской|Женский"),
        (KINDS, "Мужчины и женщины", "Мужской|Женский"),
        (SEASONS, "Зимний", "зима"),
        (SEASONS, "весна-осень", "демисезон"),
        (SEASONS, "зима 2026", "зима"),
        (SEASONS, "всесезон", "круглогодичный"),
        (RATES, "20%", "20"),
        (RATES, "НДС 20%", "20"),
        (RATES, "не облагается", "Без НДС"),
    ],
)
def test_other_dictionaries_are_read_by_the_same_rules(dictionary: Dictionary, value: str, wanted: str) -> None:
    found = dictionary.normalised(value)
    assert "|".join(found.matches) == wanted
    assert found.apply


@pytest.mark.parametrize(("dictionary", "value"), [(COUNTRIES, "Атлантида"), (COUNTRIES, "Росия"), (SEASONS, "лыжи")])
def test_what_a_dictionary_has_not_is_not_taken(dictionary: Dictionary, value: str) -> None:
    assert not dictionary.normalised(value).apply


def test_what_is_not_understood_comes_with_the_nearest_three() -> None:
    found = COLOURS.normalised("корчиневый")
    assert found.nearest[0] == "коричневый"
    assert len(found.nearest) <= 3


def test_the_threshold_tells_apart_what_is_taken_from_what_is_asked() -> None:
    values = ["белый", "белый с голубым", "грязно-розовый", "синяя птица", "корчиневый", "?"]
    for found in measured_values(list(COLOURS.values), values):
        assert found.apply is (bool(found.matches) and found.confidence >= APPLIED_ABOVE)


# Every row of the rules


@pytest.mark.parametrize("spelling", sorted(rules.SYNONYMS))
def test_a_synonym_is_what_its_row_says_where_the_dictionary_has_that(spelling: str) -> None:
    for wanted in rules.SYNONYMS[spelling]:
        found = Dictionary([*wanted, "совсем другое"]).normalised(spelling)
        assert (found.matches, found.apply) == (wanted, True)
    assert not Dictionary(["совсем другое"]).normalised(spelling).apply


@pytest.mark.parametrize("shade", rules.SHADES)
def test_a_shade_that_is_not_there_leaves_the_colour(shade: str) -> None:
    found = Dictionary(["красный", "лен"]).normalised(f"{shade}-красный")
    assert (found.matches, found.reason, found.apply) == (("красный",), ValueReason.SHADE, True)


@pytest.mark.parametrize(
    ("word", "shade"), [("тёмный", "темно"), ("светлая", "светло"), ("яркие", "ярко"), ("dark", "темно")]
)
def test_a_shade_may_be_a_word_of_its_own(word: str, shade: str) -> None:
    assert rules.SHADE_STEMS[stem(folded(word))] == shade
    assert Dictionary([f"{shade}-красный", "красный"]).normalised(f"{word} красный").matches == (f"{shade}-красный",)


@pytest.mark.parametrize("noise", sorted(rules.NOISE))
def test_a_word_that_tells_nothing_hides_no_value(noise: str) -> None:
    assert Dictionary(["красный"]).normalised(f"красный {noise}").matches == ("красный",)


@pytest.mark.parametrize(("word", "name"), sorted(rules.PRINTS.items()))
def test_a_print_is_told_beside_its_colour_where_the_dictionary_has_it(word: str, name: str) -> None:
    assert Dictionary(["красный", name]).normalised(f"красный {word}").matches == ("красный", name)
    assert Dictionary(["красный"]).normalised(f"красный {word}").matches == ("красный",)


@pytest.mark.parametrize("separator", [", ", ";", "\n", " | ", "/", "+", " & ", " и ", " с ", " на ", " and ", "-"])
def test_what_separates_two_values(separator: str) -> None:
    assert COLOURS.normalised(f"красный{separator}бежевый").matches == ("красный", "бежевый")


@pytest.mark.parametrize("separator", [" \\ ", "\\"])
def test_a_backslash_separates_too(separator: str) -> None:
    assert COLOURS.normalised(f"красный{separator}бежевый").matches == ("красный", "бежевый")


@pytest.mark.parametrize("colour", rules.BASE_COLOURS)
def test_what_stands_before_a_plain_colour_is_its_shade(colour: str) -> None:
    index = Dictionary([colour, "лен"])
    for value in (f"лунно-{colour}", f"лунный {colour}", f"{colour} лунный"):
        found = index.normalised(value)
        assert (found.matches, found.reason, found.apply) == ((colour,), ValueReason.SHADE, True)
    assert not index.normalised(f"не {colour}").apply
    assert not index.normalised(f"{colour} камень").apply


@pytest.mark.parametrize("colour", rules.OTHER_COLOURS)
def test_another_colour_before_a_plain_one_is_not_lost(colour: str) -> None:
    assert not Dictionary(["серый", "лен"]).normalised(f"{colour} серый").apply


@pytest.mark.parametrize("colour", sorted(rules.UNDECLINED))
def test_a_colour_without_endings_stands_beside_another(colour: str) -> None:
    assert Dictionary([colour, "красный"]).normalised(f"красный {colour}").matches == ("красный", colour)


@pytest.mark.parametrize(("short", "long"), sorted(rules.EXPANDED.items()))
def test_a_shortened_word_is_written_out(short: str, long: str) -> None:
    assert Dictionary([f"{long} основа", "лен"]).normalised(f"{short} основа").matches == (f"{long} основа",)


@pytest.mark.parametrize(
    ("spelling", "other"), [(spelling, other) for spelling, others in rules.DOUBTFUL.items() for other in others]
)
def test_a_spelling_of_two_meanings_is_asked_about(spelling: str, other: str) -> None:
    [meant] = rules.SYNONYMS[spelling][0]
    assert Dictionary([meant, "лен"]).normalised(spelling).matches == (meant,)
    assert not Dictionary([meant, other]).normalised(spelling).apply


@pytest.mark.parametrize(
    "value",
    ["сделано в турции", "made in турция", "пр-во турция", "производство турция", "из турции", "в турции", "на турцию"],
)
def test_what_links_a_value_to_the_thing_is_left_out(value: str) -> None:
    assert COUNTRIES.normalised(value).matches == ("Турция",)


@pytest.mark.parametrize("link", sorted(rules.LINKS))
def test_what_links_a_value_to_noise_is_left_out(link: str) -> None:
    assert COLOURS.normalised(f"красный {link} полоску").matches == ("красный",)


@pytest.mark.parametrize("value", ["ral 3020 красный", "красный RAL3020", "№5 красный", "тон 5 красный", "красный №5"])
def test_a_shops_number_of_a_value_is_left_out(value: str) -> None:
    assert COLOURS.normalised(value).matches == ("красный",)


def test_a_number_that_the_dictionary_tells_values_apart_by_is_kept() -> None:
    assert not Dictionary(["класс 31", "класс 32", "класс"]).normalised("класс 33").apply


@pytest.mark.parametrize("suffix", rules.DERIVED)
def test_a_noun_and_its_adjective_are_the_same_value(suffix: str) -> None:
    assert Dictionary(["мрамор", "лен"]).normalised(f"мрамор{suffix}ый").matches == ("мрамор",)
    assert Dictionary([f"мрамор{suffix}ый", "лен"]).normalised("мрамор").matches == (f"мрамор{suffix}ый",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Нигер", "Нигерия"), ("голубой", "голубь"), ("черный", "чернила"), ("сталь", "стала"), ("синий", "день")],
)
def test_another_word_of_the_same_stem_is_not_taken(name: str, value: str) -> None:
    assert not Dictionary([name, "лен"]).normalised(value).apply


@pytest.mark.parametrize(
    ("value", "wanted", "applied"),
    [
        ("синий (тёмный)", "темно-синий", True),
        ("синий (navy)", "синий", True),
        ("хаки (полоска)", "хаки", True),
        ("хаки (Турция)", "хаки", False),
    ],
)
def test_a_remark_says_more_or_asks(value: str, wanted: str, applied: bool) -> None:
    found = COLOURS.normalised(value)
    assert (found.matches, found.apply) == ((wanted,), applied)


# Other people's data, where it lies beside the project


@pytest.mark.parametrize("value", ["белый с голубым", "зеленый с желтым", "черный с коралловым"])
def test_wbs_own_colours_are_found(value: str) -> None:
    file = Path(__file__).parents[3] / "shared" / "data" / "mapping" / "wb_colors.json"
    if not file.exists():
        pytest.skip("no ../shared/data/mapping beside the project: WB's colours are not there")
    dictionary = Dictionary([row["name"] for row in json.loads(file.read_text())["data"]])
    found = dictionary.normalised(value)
    assert found.apply
    assert len(found.matches) == 2
