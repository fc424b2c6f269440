"""A product of the shop with all that a WB card is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from wbsync.domain.ids import Barcode, OfferId, PriceTypeId, ProductId, SectionId

GoodField = Literal[
    "id", "name", "code", "xmlId", "previewText", "detailText", "weight", "length", "width", "height"
]  # fmt: skip
"""What Bitrix keeps of a catalog product outside of its properties: weight in grams, the sides in millimetres."""

GOOD_FIELDS: tuple[GoodField, ...] = get_args(GoodField)


@dataclass(frozen=True, slots=True)
class Price:
    amount: Decimal
    currency: str  # as Bitrix writes it: BYN, RUB


@dataclass(frozen=True, slots=True)
class Good:
    """One catalog product of Bitrix: a head, an offer of it, or a simple product."""

    id: OfferId
    iblock_id: int
    active: bool
    changed_at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)  # by GoodField; what is empty is absent
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by code, as people read the values
    prices: Mapping[PriceTypeId, Price] = field(default_factory=dict)
    barcodes: tuple[Barcode, ...] = ()
    pictures: tuple[str, ...] = ()  # links that anyone can open, in the order of the shop


@dataclass(frozen=True, slots=True)
class Product:
    """What people see as one thing."""

    id: ProductId
    head: Good
    sections: frozenset[SectionId] = frozenset()  # its own and all above
    offers: tuple[Good, ...] = ()

    @property
    def sold(self) -> tuple[Good, ...]:
        """What can be bought: the offers, or the product itself when it has none."""
        return self.offers or (self.head,)

    @property
    def changed_at(self) -> datetime:
        return max(good.changed_at for good in (self.head, *self.offers))


@dataclass(frozen=True, slots=True)
class ShopProperty:
    """A property of an information block, as `mapping propose` looks at it."""

    code: str
    name: str
    type: str  # Bitrix's letter, with the user type behind a colon: S, N, L, E, F, S:directory, S:HTML
    multiple: bool
    of_offers: bool
    enum: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()  # distinct values that occur, the most frequent first
