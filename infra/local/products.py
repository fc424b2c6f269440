"""Products of the pretended shop that WB has no cards of yet, with the mistakes and the habits of a real shop.

They stand in information blocks of their own, so that `infra.local.goods` stays as it is. Each is one of three kinds:
T-shirts (WB's subject 192) and trainers (105), which are heads with offers by colour and size, and mugs (812), which
are simple products. Every fifth product is planted with one mistake; the others have habits that must be healed.

Shops, brands, models, articles and barcodes are invented.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum, StrEnum
from itertools import count as counted
from itertools import product as pairs
from typing import Literal

from infra.local.goods import ean13

PRODUCTS_IBLOCK, OFFERS_IBLOCK = 33, 34
SKU_PROPERTY = 301
BRAND, REFUSED_BRAND = "Небывалое", "Запрещённый Бренд"
UNKNOWN_COUNTRY, UNKNOWN_COLOUR, UNREADABLE_VOLUME = "Атлантида", "цвет не указан", "около ста"
LONGEST_TITLE, LONGEST_DESCRIPTION, MOST_COLOURS = 60, 5000, 5
"""Of WB; the description of the most generous subject."""

type Shape = Literal["shirt", "shoe", "mug"]
type Value = str | tuple[str, ...]
"""A property's value in the words of staff; several when it is a multiple one."""


class Subject(IntEnum):
    """WB's ids of the three kinds."""

    SHIRTS = 192
    TRAINERS = 105
    MUGS = 812


class Mistake(StrEnum):
    """What is wrong with a product, so that its card must be refused or told about; of a product at most one."""

    NO_COMPOSITION = "no_composition"  # WB requires it
    NO_COLOUR = "no_colour"  # "цвет не указан"
    LONG_TITLE = "long_title"
    LONG_DESCRIPTION = "long_description"
    NO_DIMENSIONS = "no_dimensions"  # weight 0, no sides
    MANY_COLOURS = "many_colours"  # more than WB's maxCount in one value
    SAME_ARTICLE = "same_article"  # two products have it, and both bear this mark
    SAME_BARCODE = "same_barcode"  # two sizes of the product have it
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    SMALL_PICTURE = "small_picture"  # 400×300, all of them
    UNKNOWN_COUNTRY = "unknown_country"
    UNREADABLE_NUMBER = "unreadable_number"  # "около ста" millilitres
    REFUSED_BRAND = "refused_brand"  # nothing is wrong with it in the shop: only WB says so
    NO_PRICE = "no_price"


class Quirk(StrEnum):
    """A habit of shops that must be healed and never refused."""

    NO_BARCODE = "no_barcode"
    HTML = "html"
    DECIMAL_COMMA = "decimal_comma"
    HOMOGLYPH = "homoglyph"  # a Latin letter in a Russian word
    YO = "yo"
    UNIT_IN_TEXT = "unit_in_text"
    TWO_COLOURS = "two_colours"  # "белый с голубым"


@dataclass(frozen=True, slots=True)
class Kind:
    """A property of an information block."""

    id: int
    code: str
    name: str
    type: str = "S"  # Bitrix's letter, with the user type behind a colon
    multiple: bool = False
    words: tuple[str, ...] = ()  # of a list, in the order of the shop


@dataclass(frozen=True, slots=True)
class Section:
    id: int
    parent_id: int | None
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    shape: Shape
    colour: str  # as the shop writes it; the first word that is known decides how it looks
    width: int = 900
    height: int = 1200


@dataclass(frozen=True, slots=True)
class Offer:
    id: int
    properties: Mapping[str, Value]  # by code; what is empty is absent
    barcode: str | None
    price: Decimal | None  # BYN
    quantity: int
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A head with offers, or a simple product, whose barcode, price and quantity are its own."""

    id: int
    iblock_id: int
    section_id: int
    subject: Subject
    article: str
    name: str
    description_html: str
    properties: Mapping[str, Value]  # by code; what is empty is absent
    weight_g: int  # 0: nobody has weighed it
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    pictures: tuple[Picture, ...] = ()
    offers: tuple[Offer, ...] = ()
    barcode: str | None = None
    price: Decimal | None = None  # BYN
    quantity: int = 0
    mistake: Mistake | None = None
    quirks: frozenset[Quirk] = frozenset()

    @property
    def vendor_codes(self) -> tuple[str, ...]:
        """Articles of its cards, one for each colour."""
        codes = (str(offer.properties["CML2_ARTICLE"]) for offer in self.offers)
        return tuple(dict.fromkeys(codes)) or (self.article,)


SECTIONS = (
    Section(401, None, "odezhda", "Одежда"),
    Section(402, 401, "futbolki", "Футболки"),
    Section(403, 402, "futbolki-bazovye", "Базовые футболки"),
    Section(404, None, "obuv", "Обувь"),
    Section(405, 404, "krossovki", "Кроссовки"),
    Section(406, None, "posuda", "Посуда"),
    Section(407, 406, "kruzhki", "Кружки"),
)

_COUNTRIES = ("Китай", "РБ", "Россия", "Турция", "Узбекистан")
# A list of a real shop is longer than a page of productPropertyEnum.list.
_OTHER_COUNTRIES = (
    *("Австрия", "Армения", "Бангладеш", "Болгария", "Венгрия", "Вьетнам", "Германия", "Грузия", "Дания", "Египет"),
    *("Индия", "Индонезия", "Иран", "Испания", "Италия", "Казахстан", "Киргизия", "Латвия", "Литва", "Молдова"),
    *("Пакистан", "Польша", "Португалия", "Румыния", "Сербия", "Словакия", "Словения", "Таиланд", "Финляндия"),
    *("Франция", "Чехия", "Швеция", "Эстония", "Япония", "Бельгия", "Греция", "Израиль", "Ирландия", "Канада"),
    *("Китай (Тайвань)", "Марокко", "Мексика", "Нидерланды", "Норвегия", "Тунис", "Хорватия", "Черногория"),
)
_SHIRT_SIZES, _SHOE_SIZES = ("44", "46", "48", "50"), ("37", "38", "38,5", "39", "40", "41")

# A shop keeps one information block for everything, so most of its properties mean nothing to a T-shirt.
_STRANGERS = (
    ("MOSHCHNOST", "Мощность"),
    ("DIAGONAL", "Диагональ экрана"),
    ("OBEM_PAMYATI", "Объем памяти"),
    ("TIP_MATRASA", "Тип матраса"),
    ("ZHESTKOST", "Жесткость"),
    ("KOLICHESTVO_KONFOROK", "Количество конфорок"),
    ("UROVEN_SHUMA", "Уровень шума"),
    ("EMKOST_AKKUMULYATORA", "Емкость аккумулятора"),
    ("TIP_TSOKOLYA", "Тип цоколя"),
    ("CHASTOTA_OBNOVLENIYA", "Частота обновления"),
    ("RAZMER_SPALNOGO_MESTA", "Размер спального места"),
    ("KLASS_ENERGO", "Класс энергопотребления"),
    ("TIP_DUHOVKI", "Тип духовки"),
    ("CHISLO_OBOROTOV", "Число оборотов"),
    ("DLINA_SHNURA", "Длина шнура"),
    ("TIP_KREPLENIYA", "Тип крепления"),
    ("GLUBINA_SHKAFA", "Глубина шкафа"),
    ("RAZRESHENIE", "Разрешение камеры"),
    ("OPERATSIONNAYA", "Операционная система"),
    ("KOLICHESTVO_YADER", "Количество ядер"),
    ("DIAMETR_KOLESA", "Диаметр колеса"),
    ("MAKS_NAGRUZKA", "Максимальная нагрузка"),
    ("TIP_POMOLA", "Тип помола"),
    ("KREPOST", "Крепость"),
    ("VYDERZHKA", "Выдержка"),
    ("SROK_GODNOSTI", "Срок годности"),
    ("PORODA", "Порода животного"),
    ("VID_KORMA", "Вид корма"),
)
_SERVICE = (
    ("NOVINKA", "Новинка", "L", False, ("да",)),
    ("HIT", "Хит продаж", "L", False, ("да",)),
    ("FILES", "Файлы", "F", True, ()),
    ("RATING", "Рейтинг", "N", False, ()),
    ("VOTE_COUNT", "Количество проголосовавших", "N", False, ()),
    ("MINIMUM_PRICE", "Минимальная цена", "N", False, ()),
    ("SKIDKA", "Скидка, %", "N", False, ()),
    ("VIDEO", "Видео", "S:video", False, ()),
    ("FORUM_TOPIC_ID", "Тема форума для комментариев", "S", False, ()),
    ("RECOMMEND", "С этим товаром покупают", "E", True, ()),
)
_PRODUCT_KINDS = (
    Kind(201, "CML2_ARTICLE", "Артикул"),
    Kind(202, "CML2_BAR_CODE", "Штрихкод"),
    Kind(203, "BREND", "Бренд"),
    Kind(204, "TSVET", "Цвет"),
    Kind(205, "SOSTAV", "Состав"),
    Kind(206, "SEZON", "Cезон", "L", words=("Лето", "Демисезон", "Круглогодичный")),  # a Latin C in the name
    Kind(207, "UPPERMATERIAL", "Материал верха"),
    Kind(208, "PODKLADKA", "Материал подкладки", "L", words=("текстиль", "искусственная кожа")),
    Kind(209, "PODOSHVA", "Подошва"),
    Kind(210, "STRANA", "Страна", "L", words=(*_COUNTRIES, *_OTHER_COUNTRIES, UNKNOWN_COUNTRY)),
    Kind(211, "RHODEPRODUCT", "Пол", "L", words=("муж.", "жен.", "унисекс")),
    Kind(212, "OBEM", "Объём, мл"),
    Kind(213, "MATERIAL", "Материал"),
    Kind(214, "VYREZ", "Вырез горловины", "L", words=("круглый", "V-образный")),
    Kind(215, "RISUNOK", "Рисунок", "S:directory"),
    Kind(216, "PLOTNOST", "Плотность, г/м2", "N"),
    Kind(217, "OPISANIE", "Описание для маркетплейсов", "S:HTML"),
    Kind(218, "KOMPLEKT", "Комплектация", multiple=True),
    Kind(219, "UHOD", "Уход"),
    Kind(220, "TNVED", "Код ТН ВЭД"),
    Kind(221, "MORE_PHOTO", "Картинки", "F", multiple=True),
    *(Kind(number, *own) for number, own in zip(counted(230), _SERVICE, strict=False)),
    *(Kind(number, *own) for number, own in zip(counted(250), _STRANGERS, strict=False)),
)
_OFFER_KINDS = (
    Kind(SKU_PROPERTY, "CML2_LINK", "Элемент каталога", "E"),
    Kind(302, "CML2_ARTICLE", "Артикул"),
    Kind(303, "CML2_BAR_CODE", "Штрихкод"),
    Kind(304, "TSVET", "Цвет"),
    Kind(305, "RAZMER", "Размер", "L", words=(*_SHIRT_SIZES, *_SHOE_SIZES)),
    Kind(306, "TSVET_REF", "Цвет (справочник)", "S:directory"),
    Kind(307, "MORE_PHOTO", "Картинки", "F", multiple=True),
)
KINDS: Mapping[int, tuple[Kind, ...]] = {PRODUCTS_IBLOCK: _PRODUCT_KINDS, OFFERS_IBLOCK: _OFFER_KINDS}
"""The properties by information block."""

_FIRST_PRODUCT, _FIRST_OFFER = 6_000_001, 6_100_001
_MOST_OFFERS = 3 * len(_SHOE_SIZES)
_SUBJECTS = (Subject.SHIRTS, Subject.TRAINERS, Subject.MUGS)
_EVERY = 5  # products, one of which has a mistake
_TURN = _EVERY * len(_SUBJECTS)  # products, after which the same subject has its next mistake

_FOR_ALL = (
    Mistake.LONG_TITLE,
    Mistake.NO_COLOUR,
    Mistake.NO_DIMENSIONS,
    Mistake.MANY_COLOURS,
    Mistake.UNKNOWN_COUNTRY,
    Mistake.SMALL_PICTURE,
    Mistake.REFUSED_BRAND,
    Mistake.NO_PRICE,
    Mistake.LONG_DESCRIPTION,
    Mistake.WRONG_CHECK_DIGIT,
)
_PLANTED: Mapping[Subject, tuple[Mistake, ...]] = {
    Subject.SHIRTS: (
        Mistake.NO_COMPOSITION,
        Mistake.SAME_ARTICLE,
        Mistake.SAME_ARTICLE,
        Mistake.SAME_BARCODE,
        Mistake.NO_COMPOSITION,
        *_FOR_ALL,
    ),
    Subject.TRAINERS: (Mistake.SAME_BARCODE, Mistake.SAME_ARTICLE, Mistake.SAME_ARTICLE, *_FOR_ALL),
    Subject.MUGS: (Mistake.UNREADABLE_NUMBER, *_FOR_ALL, Mistake.UNREADABLE_NUMBER, Mistake.NO_DIMENSIONS),
}

_MODELS = ("Ветер", "Берёза", "Север", "Прибой", "Зубр", "Василёк", "Роса", "Янтарь", "Полесье", "Облако")
_COLOURS = (
    "белый",
    "чёрный",
    "синий",
    "зелёный",
    "красный",
    "серый",
    "бежевый",
    "розовый",
    "желтый",
    "коричневый",
    "белый с голубым",
    "синий с белым",
    "cерый",  # a Latin c
)
_MANY_COLOURS = "белый, красный, синий, зеленый, желтый, черный, розовый"
_XML_IDS = {colour: f"tsvet{at:02}" for at, colour in enumerate((*_COLOURS, _MANY_COLOURS, UNKNOWN_COLOUR))}
_COMPOSITIONS = (
    "Хлопок 95% эластан 5%",
    "хлопок 92,5%, эластан 7,5%",
    "Xлопок - 100 %",  # a Latin X
    "100% лён",
    "хлопок 60% / полиэстер 40%",
)
_VOLUMES = ("330", "0,33 л", "350 мл", "0,5 л", "400мл")
_WHO = {"муж.": "мужская", "жен.": "женская", "унисекс": "унисекс"}
_LATIN = frozenset("Xc")


@dataclass(frozen=True, slots=True)
class _Look:
    """What the three kinds have of their own."""

    stem: str
    sections: tuple[int, ...]
    shape: Shape
    sizes: tuple[str, ...]
    prices: tuple[int, int]  # BYN
    box: tuple[int, int, int, int]  # grams; millimetres: length, width, height
    name: Callable[[random.Random, int], tuple[str, dict[str, Value]]]


def products(seed: int, count: int = 200) -> list[Product]:
    """The first `count` products of the world `seed`; a longer list begins with the shorter one.

    Only the mark of a product changes whose article a later one has too.
    """
    made = [_product(seed, index, _mistake(index, count)) for index in range(count)]
    return [_with_the_article_of(made[at - _TURN], one) if _is_second(at) else one for at, one in enumerate(made)]


def mistake_of(vendor_code: str, made: list[Product]) -> Mistake | None:
    """Why the card of this article cannot be as it should; None for a good one."""
    return next((one.mistake for one in made if vendor_code in one.vendor_codes and one.mistake), None)


def _planted(index: int) -> Mistake | None:
    if index % _EVERY != _EVERY - 1:
        return None
    mistakes = _PLANTED[_SUBJECTS[index % len(_SUBJECTS)]]
    return mistakes[index // _TURN % len(mistakes)]


def _is_second(index: int) -> bool:
    return index >= _TURN and {_planted(index), _planted(index - _TURN)} == {Mistake.SAME_ARTICLE}


def _mistake(index: int, count: int) -> Mistake | None:
    """The planted one; an article that nobody else has, since the list ends before, is none."""
    mistake = _planted(index)
    alone = mistake is Mistake.SAME_ARTICLE and not _is_second(index) and index + _TURN >= count
    return None if alone else mistake


def _product(seed: int, index: int, mistake: Mistake | None) -> Product:
    dice = random.Random(f"{seed}/product/{index}")  # nosec B311 # dice of a simulation, no secret
    subject = _SUBJECTS[index % len(_SUBJECTS)]
    look = _LOOKS[subject]
    article = f"{look.stem}-{index + 1:04}"
    name, properties = look.name(dice, index)
    properties |= {"CML2_ARTICLE": article, "BREND": BRAND, "STRANA": dice.choice(_COUNTRIES), **_service(dice)}
    weight, *sides = (size + dice.randrange(0, 40, 5) for size in look.box)
    made = Product(
        id=_FIRST_PRODUCT + index,
        iblock_id=PRODUCTS_IBLOCK,
        section_id=dice.choice(look.sections),
        subject=subject,
        article=article,
        name=name,
        description_html=_description(name, dice),
        properties=properties,
        weight_g=weight,
        length_mm=sides[0],
        width_mm=sides[1],
        height_mm=sides[2],
    )
    price = Decimal(dice.randrange(look.prices[0] * 100, look.prices[1] * 100, 10)).scaleb(-2)
    colours = dice.sample(_COLOURS, 1 if _planted(index) else dice.randint(1, 3))
    codes = (f"22{seed % 10_000:04}", index * _MOST_OFFERS)
    made = _sold(made, look, _offers(made, look, codes=codes, colours=colours, price=price, dice=dice))
    made = _SPOIL[mistake](made) if mistake else made
    return replace(made, mistake=mistake, quirks=_quirks(made))


def _offers(
    made: Product,
    look: _Look,
    *,
    codes: tuple[str, int],
    colours: list[str],
    price: Decimal,
    dice: random.Random,
) -> tuple[Offer, ...]:
    """A good by colour and size; `codes` are the beginning of their barcodes, and the number of the first of them."""
    coded = dice.random() > 0.125
    start, first = codes
    return tuple(
        Offer(
            id=_FIRST_OFFER + first + at,
            properties={
                "CML2_ARTICLE": f"{made.article}-{colours.index(colour) + 1}",
                "TSVET": colour,
                "TSVET_REF": _XML_IDS[colour],
                "RAZMER": size,
            },
            barcode=ean13(f"{start}{first + at:06}") if coded else None,
            price=price,
            quantity=dice.randint(1, 60),
            pictures=(Picture(look.shape, colour),) if size == look.sizes[0] else (),
        )
        for at, (colour, size) in enumerate(pairs(colours, look.sizes))
    )


def _sold(made: Product, look: _Look, offers: tuple[Offer, ...]) -> Product:
    """The product with its offers; a mug becomes the only one that it would have."""
    first = offers[0]
    colour = str(first.properties["TSVET"])
    pictures = (Picture(look.shape, colour), Picture(look.shape, colour, 1200, 1600))
    if made.subject is not Subject.MUGS:
        return replace(made, offers=offers, pictures=pictures)
    mug = replace(_with(made, TSVET=colour), pictures=pictures)
    return replace(mug, barcode=first.barcode, price=first.price, quantity=first.quantity)


def _shirt(dice: random.Random, index: int) -> tuple[str, dict[str, Value]]:
    who = dice.choice(tuple(_WHO))
    composition = dice.choice(_COMPOSITIONS)
    return f"Футболка {_WHO[who]} «{dice.choice(_MODELS)}-{index + 1}»", {
        "RHODEPRODUCT": who,
        "SOSTAV": composition,
        "SEZON": dice.choice(("Лето", "Круглогодичный")),
        "VYREZ": dice.choice(("круглый", "V-образный")),
        "RISUNOK": dice.choice(("bez-risunka", "polosa", "nadpis")),
        "PLOTNOST": str(dice.randrange(140, 220, 5)),
        "KOMPLEKT": ("футболка",),
        "UHOD": "стирка при 30°",
        "TNVED": "6109100000",
    }


def _trainers(dice: random.Random, index: int) -> tuple[str, dict[str, Value]]:
    who = dice.choice(("муж.", "жен."))
    named = {"муж.": "мужские", "жен.": "женские"}[who]
    return f"Кроссовки {named} «{dice.choice(_MODELS)}-{index + 1}»", {
        "RHODEPRODUCT": who,
        "UPPERMATERIAL": dice.choice(("натуральная кожа", "текстиль", "искусственная кожа")),
        "PODKLADKA": dice.choice(("текстиль", "искусственная кожа")),
        "PODOSHVA": dice.choice(("ЭВА", "резина")),
        "SEZON": dice.choice(("Лето", "Демисезон")),
        "KOMPLEKT": ("кроссовки", "запасные шнурки"),
        "TNVED": "6404110000",
    }


def _mug(dice: random.Random, index: int) -> tuple[str, dict[str, Value]]:
    material = dice.choice(("керамика", "фарфор", "стекло"))
    return f"Кружка «{dice.choice(_MODELS)}-{index + 1}», {material}", {
        "OBEM": dice.choice(_VOLUMES),
        "MATERIAL": material,
        "KOMPLEKT": ("кружка",),
        "OPISANIE": f"<p>Кружка для чая и&nbsp;кофе, {material}.</p>",
        "TNVED": "6912002300",
    }


_LOOKS: Mapping[Subject, _Look] = {
    Subject.SHIRTS: _Look("FT", (402, 403), "shirt", _SHIRT_SIZES, (19, 80), (160, 250, 200, 20), _shirt),
    Subject.TRAINERS: _Look("KR", (405,), "shoe", _SHOE_SIZES, (90, 320), (820, 320, 210, 120), _trainers),
    Subject.MUGS: _Look("MG", (407,), "mug", ("0",), (9, 45), (340, 130, 100, 105), _mug),
}


def _service(dice: random.Random) -> dict[str, Value]:
    shown: dict[str, Value] = {"RATING": f"{dice.randint(30, 50) / 10}", "VOTE_COUNT": str(dice.randint(0, 90))}
    if dice.random() < 0.2:
        shown["NOVINKA"] = "да"
    return shown


def _description(name: str, dice: random.Random) -> str:
    points = dice.sample(("Приятно держать в руках", "Сделано с душой", "Хорошо в подарок", "Служит долго"), 2)
    items = "".join(f"<li>{point}</li>" for point in points)
    return f"<p><b>{name}</b>&nbsp;&mdash; выдумано для показа.</p>\r\n<ul>{items}</ul>"


def _with(made: Product, **properties: Value) -> Product:
    return replace(made, properties={**made.properties, **properties})


def _without(made: Product, code: str) -> Product:
    return replace(made, properties={name: value for name, value in made.properties.items() if name != code})


def _coloured(made: Product, colour: str) -> Product:
    if not made.offers:
        return _with(made, TSVET=colour)
    own = {"TSVET": colour, "TSVET_REF": _XML_IDS[colour]}
    return replace(made, offers=tuple(replace(one, properties={**one.properties, **own}) for one in made.offers))


def _without_price(made: Product) -> Product:
    return replace(made, price=None, offers=tuple(replace(one, price=None) for one in made.offers))


def _without_dimensions(made: Product) -> Product:
    return replace(made, weight_g=0, length_mm=None, width_mm=None, height_mm=None)


def _with_small_pictures(made: Product) -> Product:
    def small(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        return tuple(replace(one, width=400, height=300) for one in pictures)

    offers = tuple(replace(one, pictures=small(one.pictures)) for one in made.offers)
    return replace(made, pictures=small(made.pictures), offers=offers)


def _with_one_barcode(made: Product) -> Product:
    first, second, *others = made.offers
    code = first.barcode or _own_code(made)
    return replace(made, offers=(replace(first, barcode=code), replace(second, barcode=code), *others))


def _with_a_wrong_digit(made: Product) -> Product:
    code = (made.offers[0].barcode if made.offers else made.barcode) or _own_code(made)
    wrong = f"{code[:-1]}{(int(code[-1]) + 1) % 10}"
    if not made.offers:
        return replace(made, barcode=wrong)
    return replace(made, offers=(replace(made.offers[0], barcode=wrong), *made.offers[1:]))


def _own_code(made: Product) -> str:
    return ean13(f"23{made.id:010}")


def _with_a_long_title(made: Product) -> Product:
    return replace(made, name=f"{made.name} для дома, отдыха и прогулок, в подарок другу и подруге, новинка сезона")


def _with_a_long_description(made: Product) -> Product:
    once = "<p>Очень подробный рассказ о том, как эта вещь появилась на свет и кому пригодится.</p>"
    return replace(made, description_html=made.description_html + once * (LONGEST_DESCRIPTION // 60))


def _with_the_article_of(first: Product, second: Product) -> Product:
    offers = tuple(
        replace(one, properties={**one.properties, "CML2_ARTICLE": f"{first.article}-1"}) for one in second.offers
    )
    return replace(_with(second, CML2_ARTICLE=first.article), article=first.article, offers=offers)


_SPOIL: Mapping[Mistake, Callable[[Product], Product]] = {
    Mistake.NO_COMPOSITION: lambda made: _without(made, "SOSTAV"),
    Mistake.NO_COLOUR: lambda made: _coloured(made, UNKNOWN_COLOUR),
    Mistake.LONG_TITLE: _with_a_long_title,
    Mistake.LONG_DESCRIPTION: _with_a_long_description,
    Mistake.NO_DIMENSIONS: _without_dimensions,
    Mistake.MANY_COLOURS: lambda made: _coloured(made, _MANY_COLOURS),
    Mistake.SAME_ARTICLE: lambda made: made,  # the second of a pair takes the article of the first
    Mistake.SAME_BARCODE: _with_one_barcode,
    Mistake.WRONG_CHECK_DIGIT: _with_a_wrong_digit,
    Mistake.SMALL_PICTURE: _with_small_pictures,
    Mistake.UNKNOWN_COUNTRY: lambda made: _with(made, STRANA=UNKNOWN_COUNTRY),
    Mistake.UNREADABLE_NUMBER: lambda made: _with(made, OBEM=UNREADABLE_VOLUME),
    Mistake.REFUSED_BRAND: lambda made: _with(made, BREND=REFUSED_BRAND),
    Mistake.NO_PRICE: _without_price,
}


def _quirks(made: Product) -> frozenset[Quirk]:
    """Read off what was made, so that the mark and the value never differ."""
    held = [made.properties, *(offer.properties for offer in made.offers)]
    words = [str(value) for properties in held for value in properties.values()]
    colours = [str(properties["TSVET"]) for properties in held if "TSVET" in properties]
    composition, volume = str(made.properties.get("SOSTAV", "")), str(made.properties.get("OBEM", ""))
    barcodes = [offer.barcode for offer in made.offers] or [made.barcode]
    found = {
        Quirk.NO_BARCODE: None in barcodes,
        Quirk.HTML: "<" in made.description_html,
        Quirk.DECIMAL_COMMA: any("," in word and word.replace(",", "").isdigit() for word in words)
        or any(part in composition + volume for part in (",5", ",3")),
        Quirk.HOMOGLYPH: any(text[:1] in _LATIN for text in (composition, *colours)),
        Quirk.YO: any("ё" in text.lower() for text in (made.name, composition, *colours)),
        Quirk.UNIT_IN_TEXT: volume.endswith("л"),
        Quirk.TWO_COLOURS: any(" с " in colour for colour in colours),
    }
    return frozenset(quirk for quirk, has in found.items() if has)
