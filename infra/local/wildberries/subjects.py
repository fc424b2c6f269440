"""What the simulated WB wants to know about cards: subjects, characteristics, dictionaries, brands.

Names are those that shops meet, all numbers but the one of «Цвет» and all brands are invented. Each simulated WB has a
schema of its own, so `/_sim/schema` may change it while the seller looks.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

CLOTHES, SHOES, KITCHEN = 629, 781, 306  # parents
SHIRTS, TRAINERS, MUGS = 192, 105, 812
COLOUR, TNVED = 14_177_449, 15_000_001
UNUSED, TEXT, NUMBER = 0, 1, 4  # charcType


@dataclass(frozen=True, slots=True)
class Subject:
    id: int
    name: str
    parent_id: int
    sized: bool = True
    longest_description: int = 2000  # WB's usual one; between 1000 and 5000


@dataclass(frozen=True, slots=True)
class Charc:
    """A characteristic of one subject; `field` is the field of a card that takes it instead of `characteristics`."""

    id: int
    name: str
    required: bool = False
    unit: str = ""
    max_count: int = 0  # 0: any number
    type: int = TEXT
    field: str = ""
    key: bool = False
    variable: bool = False

    def wire(self, subject: Subject) -> dict[str, object]:
        return {
            "charcID": self.id,
            "subjectName": subject.name,
            "subjectID": subject.id,
            "name": self.name,
            "required": self.required,
            "unitName": self.unit,
            "maxCount": self.max_count,
            "popular": self.key,
            "charcType": self.type,
            "hasFilter": self.key,
            "isVariable": self.variable,
            "existNamedField": bool(self.field),
        }


@dataclass(slots=True)
class Schema:
    subjects: dict[int, Subject]
    charcs: dict[int, dict[int, Charc]]  # by subject, then by id
    colours: dict[str, str]  # to the colour it belongs to
    kinds: list[str]
    countries: dict[str, str]  # to its full name
    seasons: list[str]
    vat: list[str]
    tnved: dict[int, dict[str, bool]]  # by subject: code → whether goods of it need «Честный знак»
    brands: dict[int, dict[int, str]] = field(default_factory=dict)  # by subject: id → name

    def values(self, subject_id: int, charc: Charc) -> Collection[str] | None:
        """Of the dictionary that the characteristic must take its values from; None when it takes any."""
        if charc.id == TNVED:
            return self.tnved.get(subject_id, {})
        return {
            "Цвет": self.colours,
            "Пол": self.kinds,
            "Страна производства": self.countries,
            "Сезон": self.seasons,
            "Ставка НДС": self.vat,
        }.get(charc.name)

    def needs_kiz(self, subject_id: int, codes: Iterable[str]) -> bool:
        """By the card's codes, or by all codes of the subject when the card has none."""
        known = self.tnved.get(subject_id, {})
        own = [known[code] for code in codes if code in known]
        return any(own) if own else bool(known) and all(known.values())

    def put(self, subject_id: int, charc: Charc) -> None:
        self.charcs[subject_id][charc.id] = charc


PARENTS = {CLOTHES: "Одежда", SHOES: "Обувь", KITCHEN: "Посуда и инвентарь"}
_SUBJECTS = (
    Subject(SHIRTS, "Футболки", CLOTHES),
    Subject(TRAINERS, "Кроссовки", SHOES, longest_description=5000),
    Subject(MUGS, "Кружки", KITCHEN, sized=False, longest_description=1000),
)

_NAMED = (
    Charc(15_000_101, "Артикул продавца", required=True, max_count=1, field="vendorCode"),
    Charc(15_000_102, "Наименование", required=True, max_count=1, field="title"),
    Charc(15_000_103, "Описание", max_count=1, field="description"),
    Charc(15_000_104, "Бренд", max_count=1, field="brand", key=True),
    Charc(15_000_105, "Длина упаковки", unit="см", type=NUMBER, field="dimensions"),
    Charc(15_000_106, "Ширина упаковки", unit="см", type=NUMBER, field="dimensions"),
    Charc(15_000_107, "Высота упаковки", unit="см", type=NUMBER, field="dimensions"),
    Charc(15_000_108, "Вес с упаковкой", unit="кг", type=NUMBER, field="dimensions"),
)
_SHARED = (
    Charc(COLOUR, "Цвет", max_count=5, key=True, variable=True),
    Charc(15_000_002, "Страна производства", max_count=1, key=True),
    Charc(15_000_003, "Комплектация", max_count=5),
    Charc(15_000_004, "Рисунок", max_count=3, key=True),
    Charc(15_000_005, "Ставка НДС", max_count=1),
    Charc(TNVED, "ТНВЭД", max_count=1),
    Charc(15_000_006, "Вес товара без упаковки", unit="г", type=NUMBER),
    Charc(15_000_007, "Код старого каталога", type=UNUSED),
)
_WORN = (
    Charc(15_000_011, "Состав", required=True, max_count=7, key=True),
    Charc(15_000_012, "Пол", max_count=1, key=True),
    Charc(15_000_013, "Сезон", max_count=1, key=True),
    Charc(15_000_014, "Уход за вещами", max_count=7),
    Charc(15_000_015, "Назначение", max_count=3),
)
_OWN: dict[int, tuple[Charc, ...]] = {
    SHIRTS: (
        *_WORN,
        Charc(15_000_021, "Вырез горловины", max_count=1, key=True),
        Charc(15_000_022, "Тип рукава", max_count=1),
        Charc(15_000_023, "Покрой", max_count=1),
        Charc(15_000_024, "Плотность ткани", unit="г/м2", type=NUMBER),
        Charc(15_000_025, "Рост модели на фото", unit="см", type=NUMBER),
    ),
    TRAINERS: (
        *_WORN,
        Charc(15_000_031, "Материал верха", max_count=3, key=True),
        Charc(15_000_032, "Материал подкладки", max_count=3),
        Charc(15_000_033, "Материал подошвы", max_count=3),
        Charc(15_000_034, "Вид застежки", max_count=2),
        Charc(15_000_035, "Высота подошвы", unit="см", type=NUMBER),
    ),
    MUGS: (
        Charc(15_000_041, "Объем (мл)", unit="мл", type=NUMBER, key=True),
        Charc(15_000_042, "Материал посуды", required=True, max_count=3, key=True),
        Charc(15_000_043, "Количество предметов в упаковке", unit="шт.", type=NUMBER),
        Charc(15_000_044, "Высота предмета", unit="см", type=NUMBER),
        Charc(15_000_045, "Диаметр предмета", unit="см", type=NUMBER),
        Charc(15_000_046, "Особенности кружки", max_count=5),
        Charc(15_000_047, "Можно мыть в посудомоечной машине", max_count=1),
    ),
}

_COLOURS = {
    "белый": "молочный|кремовый|айвори|белоснежный|жемчужный|сливочный|белый лед",
    "черный": "антрацит|графитовый|угольный|черный матовый|черничный",
    "серый": "светло-серый|темно-серый|серебристый|стальной|пепельный|дымчатый|серый меланж|мышиный",
    "синий": "темно-синий|васильковый|индиго|кобальтовый|сапфировый|джинсовый|ультрамарин|чернильный",
    "голубой": "небесный|лазурный|бледно-голубой|ледяной|незабудковый",
    "бирюзовый": "аквамарин|морская волна|тиффани|циан",
    "зеленый": "салатовый|изумрудный|оливковый|хаки|мятный|фисташковый|травяной|болотный|темно-зеленый|лайм",
    "красный": "алый|бордовый|вишневый|гранатовый|рубиновый|малиновый|кирпичный|винный",
    "розовый": "пудровый|фуксия|пыльная роза|светло-розовый|лососевый|коралловый|персиково-розовый",
    "фиолетовый": "сиреневый|лавандовый|баклажановый|сливовый|лиловый|пурпурный|аметистовый",
    "желтый": "лимонный|горчичный|золотистый|медовый|канареечный|шафрановый",
    "оранжевый": "персиковый|апельсиновый|абрикосовый|терракотовый|морковный|янтарный",
    "коричневый": "шоколадный|кофейный|каштановый|ореховый|табачный|карамельный|медный",
    "бежевый": "песочный|телесный|экрю|капучино|льняной|верблюжий",
    "разноцветный": "прозрачный|радужный|камуфляжный",
}
_KINDS = "Мужской|Женский|Унисекс|Детский|Мальчики|Девочки"
_SEASONS = "лето|зима|демисезон|круглогодичный"
_VAT = "0|5|7|10|20|22|Без НДС"
_FULL_NAMES = {
    "Беларусь": "Республика Беларусь",
    "Россия": "Российская Федерация",
    "Китай": "Китайская Народная Республика",
    "Турция": "Турецкая Республика",
    "Узбекистан": "Республика Узбекистан",
}
_COUNTRIES = (
    "Австралия|Австрия|Азербайджан|Албания|Алжир|Аргентина|Армения|Бангладеш|Бельгия|Болгария|Босния и Герцеговина|"
    "Бразилия|Великобритания|Венгрия|Вьетнам|Германия|Гонконг|Греция|Грузия|Дания|Египет|Израиль|Индия|Индонезия|"
    "Иордания|Иран|Ирландия|Испания|Италия|Казахстан|Камбоджа|Канада|Кипр|Киргизия|Колумбия|Корея|Латвия|Литва|"
    "Люксембург|Маврикий|Македония|Малайзия|Марокко|Мексика|Молдова|Монголия|Мьянма|Непал|Нидерланды|Новая Зеландия|"
    "Норвегия|Пакистан|Польша|Португалия|Румыния|Сербия|Сингапур|Словакия|Словения|США|Таджикистан|Таиланд|Тайвань|"
    "Тунис|Туркменистан|Украина|Филиппины|Финляндия|Франция|Хорватия|Черногория|Чехия|Швейцария|Швеция|Шри-Ланка|"
    "Эстония|Япония"
)
_CODES = {
    SHIRTS: {"6109100010": True, "6109902000": True, "6109909000": True},
    TRAINERS: {"6402999800": True, "6403999600": True, "6404110000": True},
    MUGS: {"6911100000": False, "6912002300": False, "7013379900": False},
}
_BRANDS = ("Небывалое", "Нет бренда", "Зубрёнок", "Полесская мануфактура", "Тихий Двор", "Северный Мох")
_MORE_BRANDS = 240  # so that the seller must turn pages


def standard() -> Schema:
    """The schema as it is before anybody changes it."""
    subjects = {subject.id: subject for subject in _SUBJECTS}
    names = [*_BRANDS, *(f"Выдуманная Марка {number}" for number in range(1, _MORE_BRANDS + 1))]
    return Schema(
        subjects=subjects,
        charcs={each: {charc.id: charc for charc in (*_NAMED, *_SHARED, *_OWN[each])} for each in subjects},
        colours={name: parent for parent, names in _COLOURS.items() for name in (parent, *names.split("|"))},
        kinds=_KINDS.split("|"),
        countries={name: _FULL_NAMES.get(name, name) for name in sorted([*_FULL_NAMES, *_COUNTRIES.split("|")])},
        seasons=_SEASONS.split("|"),
        vat=_VAT.split("|"),
        tnved={subject: dict(codes) for subject, codes in _CODES.items()},
        brands={each: {900_000 + at: name for at, name in enumerate(names, start=1)} for each in subjects},
    )
