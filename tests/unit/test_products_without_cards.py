"""The products that the demo makes cards of: each mistake is where the mark says, and nothing else is wrong."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from infra.local.goods import ean13
from infra.local.products import (
    KINDS,
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    MOST_COLOURS,
    OFFERS_IBLOCK,
    PRODUCTS_IBLOCK,
    REFUSED_BRAND,
    SECTIONS,
    UNKNOWN_COLOUR,
    UNKNOWN_COUNTRY,
    UNREADABLE_VOLUME,
    Mistake,
    Picture,
    Product,
    Quirk,
    Subject,
    mistake_of,
    products,
)

MADE = products(1, 200)
GOOD = [product for product in MADE if product.mistake is None]


def barcodes(product: Product) -> list[str]:
    codes = [offer.barcode for offer in product.offers] or [product.barcode]
    return [code for code in codes if code is not None]


def colours(product: Product) -> list[str]:
    held = [offer.properties for offer in product.offers] or [product.properties]
    return [str(properties["TSVET"]) for properties in held]


def pictures(product: Product) -> list[Picture]:
    return [*product.pictures, *(one for offer in product.offers for one in offer.pictures)]


def twice(values: list[str]) -> set[str]:
    return {value for value, times in Counter(values).items() if times > 1}


SHARED_ARTICLES = twice([product.article for product in MADE])

# The mistake as someone who knows nothing of the mark would find it.
FOUND: dict[Mistake, Callable[[Product], bool]] = {
    Mistake.NO_COMPOSITION: lambda one: one.subject is Subject.SHIRTS and "SOSTAV" not in one.properties,
    Mistake.NO_COLOUR: lambda one: UNKNOWN_COLOUR in colours(one),
    Mistake.LONG_TITLE: lambda one: len(one.name) > LONGEST_TITLE,
    Mistake.LONG_DESCRIPTION: lambda one: len(one.description_html) > LONGEST_DESCRIPTION,
    Mistake.NO_DIMENSIONS: lambda one: not (one.weight_g and one.length_mm and one.width_mm and one.height_mm),
    Mistake.MANY_COLOURS: lambda one: any(colour.count(",") >= MOST_COLOURS for colour in colours(one)),
    Mistake.SAME_ARTICLE: lambda one: one.article in SHARED_ARTICLES,
    Mistake.SAME_BARCODE: lambda one: bool(twice(barcodes(one))),
    Mistake.WRONG_CHECK_DIGIT: lambda one: any(ean13(code[:-1]) != code for code in barcodes(one)),
    Mistake.SMALL_PICTURE: lambda one: any(one.width < 700 or one.height < 900 for one in pictures(one)),
    Mistake.UNKNOWN_COUNTRY: lambda one: one.properties["STRANA"] == UNKNOWN_COUNTRY,
    Mistake.UNREADABLE_NUMBER: lambda one: one.properties.get("OBEM") == UNREADABLE_VOLUME,
    Mistake.REFUSED_BRAND: lambda one: one.properties["BREND"] == REFUSED_BRAND,
    Mistake.NO_PRICE: lambda one: None in ([offer.price for offer in one.offers] or [one.price]),
}


@pytest.mark.parametrize("mistake", Mistake)
def test_a_mistake_is_in_the_products_that_bear_its_mark_and_in_no_other(mistake: Mistake) -> None:
    found = [one.id for one in MADE if FOUND[mistake](one)]
    assert found == [one.id for one in MADE if one.mistake is mistake]
    assert len(found) >= 2


def test_a_fifth_of_the_products_has_a_mistake_and_makes_one_card() -> None:
    assert len(GOOD) == 160
    assert {len(one.vendor_codes) for one in MADE if one.mistake} == {1}
    assert {len(one.vendor_codes) for one in GOOD} == {1, 2, 3}


def test_a_card_is_explained_by_the_mistake_of_its_product() -> None:
    bad = next(one for one in MADE if one.mistake is Mistake.NO_PRICE)
    assert mistake_of(bad.vendor_codes[0], MADE) is Mistake.NO_PRICE
    assert mistake_of(GOOD[0].vendor_codes[0], MADE) is None


@pytest.mark.parametrize("quirk", Quirk)
def test_every_habit_is_found_among_the_good_products(quirk: Quirk) -> None:
    assert [one for one in GOOD if quirk in one.quirks]


HABITS: dict[Quirk, Callable[[Product], bool]] = {
    Quirk.NO_BARCODE: lambda one: not barcodes(one),
    Quirk.HTML: lambda one: "<li>" in one.description_html,
    Quirk.DECIMAL_COMMA: lambda one: (
        one.subject is Subject.TRAINERS
        or re.search(r"\d,\d", f"{one.properties.get('SOSTAV')}/{one.properties.get('OBEM')}") is not None
    ),
    Quirk.HOMOGLYPH: lambda one: (
        re.search(r"[A-Za-z][а-яё]", f"{one.properties.get('SOSTAV')}/{colours(one)}") is not None
    ),
    Quirk.UNIT_IN_TEXT: lambda one: str(one.properties.get("OBEM")).endswith("л"),
    Quirk.TWO_COLOURS: lambda one: " с " in "/".join(colours(one)),
}


@pytest.mark.parametrize("quirk", HABITS)
def test_the_mark_of_a_habit_stands_on_those_that_have_it(quirk: Quirk) -> None:
    assert [one.id for one in GOOD if quirk in one.quirks] == [one.id for one in GOOD if HABITS[quirk](one)]


def test_a_world_is_always_the_same_and_a_longer_one_begins_with_the_shorter() -> None:
    assert products(1, 200) == MADE
    assert [replace(one, mistake=None) for one in products(1, 20)] == [replace(one, mistake=None) for one in MADE[:20]]
    assert products(2, 20) != products(1, 20)


def test_an_article_that_only_one_product_of_a_short_list_has_is_no_mistake() -> None:
    first = next(at for at, one in enumerate(MADE) if one.mistake is Mistake.SAME_ARTICLE)
    assert products(1, first + 1)[first].mistake is None
    assert products(1, first + 16)[first].mistake is Mistake.SAME_ARTICLE


def test_all_ids_differ_and_so_do_the_barcodes_of_different_products() -> None:
    ids = [one.id for one in MADE] + [offer.id for one in MADE for offer in one.offers]
    assert len(ids) == len(set(ids))
    assert not twice([code for one in MADE for code in set(barcodes(one))])


def test_every_value_has_its_property_and_every_word_of_a_list_stands_in_it() -> None:
    kinds = {(block, kind.code): kind for block, own in KINDS.items() for kind in own}
    held = [(PRODUCTS_IBLOCK, one.properties) for one in MADE]
    held += [(OFFERS_IBLOCK, offer.properties) for one in MADE for offer in one.offers]
    for block, properties in held:
        for code, value in properties.items():
            kind = kinds[block, code]
            assert isinstance(value, tuple) is kind.multiple
            assert kind.type != "L" or value in kind.words


def test_kinds_stand_in_sections_of_their_own() -> None:
    known = {section.id for section in SECTIONS}
    by_subject = {subject: {one.section_id for one in MADE if one.subject is subject} for subject in Subject}
    assert set.union(*by_subject.values()) <= known
    assert sum(map(len, by_subject.values())) == len(set.union(*by_subject.values()))
    assert {bool(one.offers) for one in MADE if one.subject is Subject.MUGS} == {False}
