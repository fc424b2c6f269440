"""The goods of the pretended shop: the one thing that both simulated servers must agree upon.

Each simulator calls `goods(seed, count)` by itself and gets the same list, so the barcodes of the Bitrix offers are the
barcodes of the WB sizes without the two servers knowing each other.
"""

import random
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice

_KINDS = (
    # article stem, name, sizes of one card
    ("FUT", "Футболка хлопковая", ("44", "46", "48", "50")),
    ("KRS", "Кроссовки беговые", ("38", "39", "40", "41", "42")),
    ("KRZ", "Кружка керамическая", ("0",)),
    ("PLT", "Платье летнее", ("S", "M", "L")),
    ("SHP", "Шапка вязаная", ("0",)),
    ("DZN", "Джинсы прямые", ("29", "30", "31", "32", "33", "34")),
    ("NSK", "Носки, 5 пар", ("23-25", "27-29")),
)
_COLOURS = ("белый", "чёрный", "синий", "зелёный", "бежевый", "бордовый")
_FIRST_NM, _FIRST_CHRT, _FIRST_OFFER = 170_000_001, 310_000_001, 2_001


@dataclass(frozen=True, slots=True)
class Good:
    """One size of one card: one offer of the shop, one `chrtID` of WB."""

    barcode: str  # EAN-13 of the range "20" (restricted circulation: belongs to no manufacturer)
    article: str  # vendorCode of the card, the same for all of its sizes
    name: str
    size: str  # "0" for goods without sizes, as WB writes it
    colour: str
    chrt_id: int
    nm_id: int
    offer_id: int  # catalog product id in Bitrix; goods of one card have neighbouring ids
    price: Decimal  # BYN
    quantity: int  # what the shop has in all stores together; about one in ten is sold out (0)


def goods(seed: int, count: int) -> list[Good]:
    """The first `count` goods of the world `seed`; a longer list begins with the shorter one."""
    made: list[Good] = []
    for card, (stem, name, sizes) in enumerate(cycle(_KINDS)):
        if len(made) >= count:
            return made
        made += islice(_card(seed, card, (stem, name, sizes), first=len(made)), count - len(made))
    raise AssertionError


def ean13(digits: str) -> str:
    """Twelve digits with their check digit."""
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _card(seed: int, card: int, kind: tuple[str, str, tuple[str, ...]], *, first: int) -> list[Good]:
    stem, name, sizes = kind
    dice = random.Random(f"{seed}/{card}")  # nosec B311 # dice of a simulation, no secret
    colour, price = dice.choice(_COLOURS), Decimal(dice.randrange(990, 19_990, 10)).scaleb(-2)
    return [
        Good(
            barcode=ean13(f"20{seed % 10_000:04}{index:06}"),
            article=f"{stem}-{card + 1:05}",
            name=name,
            size=size,
            colour=colour,
            chrt_id=_FIRST_CHRT + index,
            nm_id=_FIRST_NM + card,
            offer_id=_FIRST_OFFER + index,
            price=price,
            quantity=0 if dice.random() < 0.1 else dice.randint(1, 60),
        )
        for index, size in enumerate(sizes, start=first)
    ]
