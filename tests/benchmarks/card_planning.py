"""10,000 cards planned: a shop of 5,000 products in two colours and four sizes each, against the cards that stand.

Of the cards a half stands as it should, a quarter has another description in the shop, a quarter is new; one in twenty
has a colour that nobody knows. The subject has 40 characteristics, as many as WB's larger ones, a dictionary of 900
colours and one of 20,000 brands. Products and cards come one by one, as they are read. All of it is invented.
CPU seconds and peak memory of this process alone, the making of products and cards included in the latter.
"""

import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.benchmarks.report import Number
from wbsync.domain.card_content import CardBuilder, Dictionaries
from wbsync.domain.card_plan import Tables, plan
from wbsync.domain.card_requests import requests, seconds
from wbsync.domain.cards import CardState, Content, Plan, Standing, Step, Told
from wbsync.domain.ids import (
    Barcode,
    CharcId,
    ChrtId,
    ImtId,
    NmId,
    OfferId,
    PriceTypeId,
    ProductId,
    SectionId,
    SubjectId,
)
from wbsync.domain.mapping import SubjectTable
from wbsync.domain.products import Good, Price, Product
from wbsync.domain.schema import Characteristic, Entry, Kind, Named, Schema, SubjectSchema
from wbsync.domain.shop import Cards

PRODUCTS, COLOURS_EACH, SIZES = 5_000, 2, ("44", "46", "48", "50")
CARDS = PRODUCTS * COLOURS_EACH
MOST_SECONDS, MOST_MB = 30, 512
AT = datetime(2026, 11, 24, tzinfo=UTC)
SUBJECT, SECTION, PRICE = SubjectId(192), SectionId(7), PriceTypeId(1)
CHARCS = 40

_SHADES = ("", "светло-", "тёмно-", "ярко-", "нежно-", "бледно-", "грязно-", "пыльно-", "глубоко-")
_STEMS = ("бел", "син", "красн", "зелён", "жёлт", "сер", "розов", "коричнев", "бежев", "голуб")
_COLOURS = [f"{shade}{stem}{ending}" for ending in ("ый", "оватый") for shade in _SHADES for stem in _STEMS]
_WORDS = (
    *("мягкая", "лёгкая", "плотная", "ткань", "хорошо", "сидит", "тянется", "стирается"),
    *("дышит", "греет", "держит", "форму", "цвет", "на", "каждый", "день"),
)


def measure() -> list[Number]:
    schema, table = _schema(), _table()
    changed_at = {n: n % 4 for n in range(PRODUCTS)}
    began = time.process_time()
    standing = list(_standing(schema, table, changed_at))
    made_inputs = time.process_time() - began
    told = {
        card.content.vendor_code: Told(ProductId(card.imt_id), CardState.ACCEPTED, pictures_hash="")
        for card in standing
    }
    began = time.process_time()
    made = plan(
        _products(changed_at, of_shop=True),
        Tables([table]),
        schema,
        standing=iter(standing),
        told=told,
        settings=Cards(pictures=False),
        made_at=AT,
    )
    planned = time.process_time() - began
    asked = requests(made.cards)
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    steps = _steps(made)
    details = {
        "cpu_s": took,
        "plan_cpu_s": planned,
        "making_inputs_cpu_s": made_inputs,
        "peak_mb": peak,
        "cards": CARDS,
        "steps": steps,
        "requests": len(asked),
        "seconds_under_limits": seconds(len(asked), interval=6, burst=5),
    }
    return [
        Number(
            what="10,000 cards planned against 7,500 that stand: CPU",
            measured=f"{took:.1f} s, {CARDS / took:,.0f} cards a second; {len(asked)} requests",
            target=f"≤ {MOST_SECONDS} s",
            reached=took <= MOST_SECONDS,
            details=details,
        ),
        Number(
            what="the same: peak memory of the process",
            measured=f"{peak} MB",
            target=f"≤ {MOST_MB} MB",
            reached=peak <= MOST_MB,
        ),
    ]


def _steps(made: Plan) -> dict[str, int]:
    """Says also that what was measured is what was meant."""
    steps = Counter(str(card.step) for card in made.cards)
    assert len(made.cards) == CARDS
    assert all(steps[step] > CARDS // 10 for step in (Step.CREATE, Step.UPDATE, Step.NOTHING)), steps
    assert 0 < steps[Step.BLOCKED] < CARDS // 10, steps
    return dict(steps)


def _schema() -> Schema:
    characteristics = [
        Characteristic(CharcId(1), "Цвет", required=True, max_count=5),
        Characteristic(CharcId(2), "Страна производства", max_count=1),
        Characteristic(CharcId(3), "Состав"),
        *(Characteristic(CharcId(n), f"Размер {n}", unit="см", kind=Kind.NUMBER) for n in range(4, 14)),
        *(Characteristic(CharcId(n), f"Особенность {n}", max_count=3) for n in range(14, CHARCS + 1)),
    ]
    brands = tuple(Entry(f"Марка {n}") for n in range(20_000))
    colours = tuple(Entry(f"{colour}{n or ''}") for n in range(5) for colour in _COLOURS)
    countries = tuple(map(Entry, ("Беларусь", "Россия", "Китай", "Турция")))
    return Schema(
        {SUBJECT: SubjectSchema(SUBJECT, "Футболки", tuple(characteristics), {Named.BRANDS: brands})},
        {Named.COLORS: colours, Named.COUNTRIES: countries},
    )


def _table() -> SubjectTable:
    rows: list[dict[str, Any]] = [
        {"to": "vendorCode", "from": {"template": "{ARTICLE}-{COLOUR}"}},
        {"to": "title", "from": {"field": "name"}},
        {"to": "description", "from": {"field": "detailText"}},
        {"to": "brand", "from": {"property": "BRAND"}, "value": {"rule": "dictionary"}},
        {"to": "techSize", "from": {"property": "SIZE"}, "value": {"rule": "size"}},
        {"to": "price", "from": {"price": PRICE}},
        *({"to": side, "from": {"field": side}} for side in ("length", "width", "height", "weight")),
        {"to": 1, "from": {"property": "COLOUR"}, "value": {"rule": "dictionary"}},
        {"to": 2, "from": {"property": "COUNTRY"}, "value": {"rule": "dictionary"}},
        {"to": 3, "from": {"property": "MATERIAL"}, "value": {"rule": "composition"}},
        *({"to": n, "from": {"property": f"P{n}"}, "value": {"rule": "number"}} for n in range(4, 14)),
        *({"to": n, "from": {"property": f"P{n}"}, "value": {"rule": "split"}} for n in range(14, CHARCS + 1)),
    ]
    told = {"subject": SUBJECT, "products": {"sections": [SECTION]}, "variants_by": ["COLOUR"], "rows": rows}
    return SubjectTable.model_validate(told)


def _products(changes: dict[int, int], *, of_shop: bool) -> Iterator[Product]:
    """As the shop has them, or as they were when their cards were made."""
    for n in range(PRODUCTS):
        yield _product(n, newer=of_shop and changes[n] == 1)


def _product(n: int, *, newer: bool) -> Product:
    dice = random.Random(n)
    text = " ".join(dice.choices(_WORDS, k=200))
    properties = {
        "ARTICLE": (f"ART-{n}",),
        "BRAND": (f"марка {dice.randrange(300)}",),
        "COUNTRY": (dice.choice(("РБ", "Россия", "китай", "Made in China")),),
        "MATERIAL": (dice.choice(("хлопок 95% эластан 5%", "100% хлопок", "Хлопок 60%, полиэстер 40%")),),
        **{f"P{at}": (f"{dice.randrange(1, 400)},5 см",) for at in range(4, 14)},
        **{f"P{at}": (", ".join(dice.sample(_WORDS, 2)),) for at in range(14, CHARCS + 1)},
    }
    fields = {
        "name": f"Футболка {n}",
        "detailText": f"<p>{text}{' и новая' if newer else ''}</p>",
        **{side: str(dice.randrange(10, 400)) for side in ("length", "width", "height", "weight")},
    }
    head = Good(OfferId(n + 1), 33, active=True, changed_at=AT, fields=fields, properties=properties)
    colours = dice.sample(_COLOURS[:90], COLOURS_EACH)
    if n % 10 == 0:
        colours[0] = f"расцветка {n}"
    goods = (_offer(n, at, size, colour) for at, (colour, size) in enumerate((c, s) for c in colours for s in SIZES))
    return Product(ProductId(n + 1), head, frozenset({SECTION}), tuple(goods))


def _offer(n: int, at: int, size: str, colour: str) -> Good:
    return Good(
        OfferId(100_000 + n * 10 + at),
        34,
        active=True,
        changed_at=AT,
        properties={"COLOUR": (colour,), "SIZE": (size,)},
        prices={PRICE: Price(Decimal("25.50"), "BYN")},
        barcodes=(Barcode(f"SHOP{n * 10 + at:09}"),),
    )


def _standing(schema: Schema, table: SubjectTable, changes: dict[int, int]) -> Iterator[Standing]:
    """Three of four products have their cards."""
    builder = CardBuilder(table, table.rows, schema, Dictionaries(schema))
    for n, product in enumerate(_products(changes, of_shop=False)):
        for at, wanted in enumerate(builder.cards(product) if changes[n] != 2 else ()):
            nm_id = NmId(1_000_000 + n * 10 + at)
            content = _as_wb_tells(wanted.content, nm_id)
            yield Standing(nm_id, ImtId(product.id), SUBJECT, content, photos=1)


def _as_wb_tells(content: Content, nm_id: NmId) -> Content:
    sizes = (replace(size, chrt_id=ChrtId(nm_id * 10 + at), price=None) for at, size in enumerate(content.sizes))
    return replace(content, sizes=tuple(sizes))
