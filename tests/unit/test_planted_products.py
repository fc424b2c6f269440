"""Two hundred products of a shop with planted mistakes, mapped by the demo's tables: bad ones told, good ones sent."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path

import httpx
import pytest

from infra.cli.mapping_file import read_folder
from infra.local.bitrix import Bitrix, Seed
from infra.local.products import OFFERS_IBLOCK, Mistake, Quirk, Subject, mistake_of, products
from infra.local.products import Product as Made
from infra.local.wildberries import subjects as wb
from tests.fixtures.wildberries import Seller
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.products import read_products
from wbsync.domain.card_errors import explained
from wbsync.domain.card_plan import Tables, plan
from wbsync.domain.card_requests import requests
from wbsync.domain.cards import Plan, PlannedCard, ProblemKind, Standing, Step
from wbsync.domain.ids import CharcId, ImtId, NmId, SubjectId
from wbsync.domain.mapping import CommonTable, SubjectTable
from wbsync.domain.mapping_check import contradictions, same_products
from wbsync.domain.products import Product
from wbsync.domain.schema import Characteristic, Entry, Kind, Named, Schema, SubjectSchema
from wbsync.domain.shop import Cards, Catalog
from wbsync.wb.card_wire import NewCard, NewGroup

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MADE = products(1, 200)
GOOD = [one for one in MADE if one.mistake is None]
COLOUR, COMPOSITION, VOLUME = CharcId(wb.COLOUR), CharcId(15_000_011), CharcId(15_000_041)


@cache
def schema() -> Schema:
    """The simulated WB's, as `refresh_schema` would have read it."""
    told = wb.standard()
    names = (Named.COLORS, told.colours), (Named.KINDS, told.kinds), (Named.COUNTRIES, told.countries)
    shared = dict((*names, (Named.SEASONS, told.seasons), (Named.VAT, told.vat)))
    return Schema(
        {SubjectId(number): subject(told, number) for number in told.subjects},
        {name: tuple(map(Entry, values)) for name, values in shared.items()},
    )


def subject(told: wb.Schema, number: int) -> SubjectSchema:
    codes = tuple(Entry(code, marked=kiz) for code, kiz in told.tnved[number].items())
    return SubjectSchema(
        SubjectId(number),
        told.subjects[number].name,
        tuple(map(characteristic, told.charcs[number].values())),
        {Named.TNVED: codes, Named.BRANDS: tuple(map(Entry, told.brands[number].values()))},
    )


def characteristic(told: wb.Charc) -> Characteristic:
    return Characteristic(
        CharcId(told.id), told.name, told.required, told.unit, told.max_count, Kind(told.type), bool(told.field)
    )


@cache
def tables() -> Tables:
    every = [file.table for file in read_folder(Path("infra/local/demo/mapping"))]
    [common] = [table for table in every if isinstance(table, CommonTable)]
    return Tables([table for table in every if isinstance(table, SubjectTable)], common)


@cache
def in_shop() -> tuple[Product, ...]:
    shop = Bitrix(Seed(offers=12, products=len(MADE)), clock=NOW.timestamp)
    transport = httpx.WSGITransport(app=shop.wsgi)
    with httpx.Client(transport=transport, base_url="https://shop.test") as http:
        client = BitrixClient(http, webhook=lambda: shop.webhook("https://shop.test"))
        catalog = Catalog(iblocks=(OFFERS_IBLOCK,), barcode_property="CML2_BAR_CODE")
        heads = list(read_products(client, catalog, price_types=tables().price_types, pictures=True))
        simple = Catalog(iblocks=(33,), barcode_property="CML2_BAR_CODE")
        known = {product.id for product in heads}
        mugs = read_products(client, simple, price_types=tables().price_types, pictures=True)
        return (*heads, *(product for product in mugs if product.id not in known))


@cache
def planned() -> Plan:
    return plan(in_shop(), tables(), schema(), standing=[], told={}, settings=Cards(), made_at=NOW)


def cards_of(made: Made) -> list[PlannedCard]:
    return [card for card in planned().cards if card.product_id == made.id]


def test_the_demos_tables_hold_by_wbs_schema() -> None:
    every = [*tables().subjects, tables().common]
    assert [found for table in every if table for found in contradictions(table, schema(), tables().common)] == []
    assert same_products(tables().subjects) == {}


def test_every_product_of_the_shop_becomes_its_cards() -> None:
    assert sorted(product.id for product in in_shop()) == [one.id for one in MADE]
    assert all(len(cards_of(one)) == len(one.vendor_codes) for one in MADE)


def test_a_good_product_is_sent_as_it_is() -> None:
    cards = [card for one in GOOD for card in cards_of(one)]
    assert {card.step for card in cards} == {Step.CREATE}
    assert {problem.kind for card in cards for problem in card.problems} <= {ProblemKind.NO_BARCODE}
    assert {card.vendor_code for card in cards} == {code for one in GOOD for code in one.vendor_codes}


# Mistake → (kind, target, where the shop keeps it). A small picture and a refused brand are seen later only.
SEEN: dict[Mistake, tuple[ProblemKind, str, str]] = {
    Mistake.NO_COMPOSITION: (ProblemKind.EMPTY, "Состав", "SOSTAV"),
    Mistake.NO_COLOUR: (ProblemKind.EMPTY, "Цвет", "TSVET"),
    Mistake.LONG_TITLE: (ProblemKind.TOO_LONG, "title", "поле name"),
    Mistake.LONG_DESCRIPTION: (ProblemKind.TOO_LONG, "description", "поле detailText"),
    Mistake.NO_DIMENSIONS: (ProblemKind.NO_DIMENSIONS, "weight", "поле weight"),
    Mistake.MANY_COLOURS: (ProblemKind.TOO_MANY_VALUES, "Цвет", "TSVET"),
    Mistake.SAME_ARTICLE: (ProblemKind.VENDOR_CODE_TWICE, "vendorCode", "CML2_ARTICLE"),
    Mistake.SAME_BARCODE: (ProblemKind.BARCODE_TWICE, "barcode", "штрихкод товара"),
    Mistake.WRONG_CHECK_DIGIT: (ProblemKind.BARCODE_WRONG, "barcode", "штрихкод товара"),
    Mistake.UNKNOWN_COUNTRY: (ProblemKind.NOT_IN_DICTIONARY, "Страна производства", "STRANA"),
    Mistake.UNREADABLE_NUMBER: (ProblemKind.NOT_A_NUMBER, "Объем (мл)", "OBEM"),
    Mistake.NO_PRICE: (ProblemKind.NO_PRICE, "price", "цена 1"),
}
SENT_ALL_THE_SAME = {Mistake.UNREADABLE_NUMBER, Mistake.NO_PRICE, Mistake.SMALL_PICTURE, Mistake.REFUSED_BRAND}
"""Told, and what is wrong is left out; or nothing that the plan could see."""


@pytest.mark.parametrize("mistake", Mistake)
def test_a_planted_mistake_is_told_with_the_property_to_mend(mistake: Mistake) -> None:
    bad = [card for one in MADE if one.mistake is mistake for card in cards_of(one)]
    found = [{(each.kind, each.target, each.source) for each in card.problems} for card in bad]
    if mistake in SEEN:
        assert [SEEN[mistake] in each for each in found] == [True] * len(bad)
    else:
        assert {kind for each in found for kind, _, _ in each} <= {ProblemKind.NO_BARCODE}
    assert {card.step for card in bad} == {Step.CREATE if mistake in SENT_ALL_THE_SAME else Step.BLOCKED}


def test_a_mistake_is_told_of_no_other_card() -> None:
    kinds = {kind for kind, _, _ in SEEN.values()}
    told = {card.vendor_code for card in planned().cards if kinds & {problem.kind for problem in card.problems}}
    assert {mistake_of(code, MADE) for code in told} == set(SEEN)


def test_an_unreadable_number_is_not_sent() -> None:
    bad = [card for one in MADE if one.mistake is Mistake.UNREADABLE_NUMBER for card in cards_of(one)]
    assert all(VOLUME not in card.content.characteristics for card in bad)


def test_a_description_is_sent_without_its_markup() -> None:
    texts = [card.content.description for one in GOOD for card in cards_of(one)]
    assert [text for text in texts if "<" in text or "&" in text or not text] == []


def test_goods_without_a_barcode_are_told_and_sent() -> None:
    without = [card for one in GOOD if Quirk.NO_BARCODE in one.quirks for card in cards_of(one)]
    assert {problem.kind for card in without for problem in card.problems} == {ProblemKind.NO_BARCODE}
    assert all(size.barcodes == () and size.offer_id for card in without for size in card.content.sizes)


COLOURS = {
    "белый": ("белый",),
    "чёрный": ("черный",),
    "зелёный": ("зеленый",),
    "cерый": ("серый",),  # a Latin c
    "белый с голубым": ("белый", "голубой"),
    "синий с белым": ("синий", "белый"),
}


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_are_wbs_own_words(colour: str) -> None:
    codes = {
        str(offer.properties["CML2_ARTICLE"])
        for one in GOOD
        for offer in one.offers
        if offer.properties["TSVET"] == colour
    }
    sent = {card.content.characteristics[COLOUR] for card in planned().cards if card.vendor_code in codes}
    assert sent == {COLOURS[colour]}


COMPOSITIONS = {
    "Хлопок 95% эластан 5%": ("95% хлопок", "5% эластан"),
    "хлопок 92,5%, эластан 7,5%": ("92.5% хлопок", "7.5% эластан"),
    "Xлопок - 100 %": ("100% хлопок",),  # a Latin X
    "100% лён": ("100% лен",),
    "хлопок 60% / полиэстер 40%": ("60% хлопок", "40% полиэстер"),
}


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_compositions_are_read_in_every_spelling(composition: str) -> None:
    shirts = [one for one in GOOD if one.properties.get("SOSTAV") == composition]
    sent = {card.content.characteristics[COMPOSITION] for one in shirts for card in cards_of(one)}
    assert sent == {COMPOSITIONS[composition]}


VOLUMES = {"330": 330, "0,33 л": 330, "350 мл": 350, "0,5 л": 500, "400мл": 400}


@pytest.mark.parametrize("volume", VOLUMES)
def test_volumes_are_told_in_millilitres(volume: str) -> None:
    mugs = [one for one in GOOD if one.properties.get("OBEM") == volume]
    assert {card.content.characteristics[VOLUME] for one in mugs for card in cards_of(one)} == {VOLUMES[volume]}


def test_sides_are_centimetres_rounded_up_and_weights_kilograms() -> None:
    mug = next(one for one in GOOD if one.subject is Subject.MUGS and (one.length_mm or 0) % 10)
    [card] = cards_of(mug)
    packed = card.content.dimensions
    assert packed
    assert packed.length == (mug.length_mm or 0) // 10 + 1
    assert packed.weight == Decimal(mug.weight_g) / 1000


def test_a_half_size_has_a_point_and_a_mug_has_no_size() -> None:
    sizes = {(int(card.subject_id), size.tech_size) for card in planned().cards for size in card.content.sizes}
    assert (Subject.TRAINERS, "38.5") in sizes
    assert {size for subject_id, size in sizes if subject_id == Subject.MUGS} == {"0"}


def test_each_colour_shows_its_own_pictures_and_the_products_where_it_has_none() -> None:
    several = [one for one in GOOD if len(one.vendor_codes) > 1]
    assert several
    for one in several:
        found = [card.pictures for card in cards_of(one)]
        assert all(found)
        assert len(set(found)) == len(found)
    head = next(product for product in in_shop() if product.id == several[0].id)
    bare = replace(head, offers=tuple(replace(offer, pictures=()) for offer in head.offers))
    made = plan([bare], tables(), schema(), standing=[], told={}, settings=Cards(), made_at=NOW)
    assert {card.pictures for card in made.cards} == {head.head.pictures}


def test_once_wb_has_all_that_was_sent_nothing_is_left_to_do() -> None:
    sent = [card for card in planned().cards if card.step is Step.CREATE]
    there = [
        Standing(NmId(at), ImtId(int(card.product_id)), card.subject_id, card.content, photos=1)
        for at, card in enumerate(sent, 1)
    ]
    again = plan(in_shop(), tables(), schema(), standing=there, told={}, settings=Cards(), made_at=NOW)
    assert {card.step for card in again.cards} == {Step.NOTHING, Step.BLOCKED}
    assert sum(card.step is Step.NOTHING for card in again.cards) == len(sent)


def test_wb_takes_every_card_that_is_sent_but_those_of_a_refused_brand() -> None:
    seller = Seller(pace=100)
    sent = [card for card in planned().cards if card.step is Step.CREATE]
    for request in requests(sent):
        groups = [
            NewGroup(subject_id=subject_id, variants=tuple(NewCard.of(card.content) for card in cards))
            for (_, subject_id), cards in groupby(request.cards, key=lambda card: (card.product_id, card.subject_id))
        ]
        told = [group.model_dump(mode="json", by_alias=True, exclude_none=True) for group in groups]
        assert seller.ask("POST /content-api/content/v2/cards/upload", told).status_code == 200
        seller.wait(3600)
    errors = seller.ask("POST /content-api/content/v2/cards/error/list", {"cursor": {"limit": 100}}).json()["data"]
    refused = {code: texts for batch in errors["items"] for code, texts in batch["errors"].items()}
    assert {mistake_of(code, MADE) for code in refused} == {Mistake.REFUSED_BRAND}
    by_code = {card.vendor_code: card for card in sent}
    assert {explained(text, by_code[code]).source for code, texts in refused.items() for text in texts} == {"BREND"}
