"""WB assembly orders, the states they go through with us, and what they become in the shop.

stored ──► placed ──► labelled ──► done
  │ ▲        │
  ▼ │        └──► closed   (cancelled on WB: nothing more is owed)
waiting ────────► closed
parked                     (refused for good; a human decides, `wbsync orders retry`)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from wbsync.domain.ids import Barcode, ChrtId, NmId, OfferId, OrderId, SupplyId, WarehouseId

# ISO 4217 numbers of the currencies WB sells in; WB facts §4 names 933 and 643.
CURRENCIES: Mapping[int, str] = {
    933: "BYN", 643: "RUB", 398: "KZT", 51: "AMD", 417: "KGS", 860: "UZS", 840: "USD", 978: "EUR",
    156: "CNY", 949: "TRY", 981: "GEL", 972: "TJS", 944: "AZN", 784: "AED",
}  # fmt: skip


class OrderState(StrEnum):
    """How far an order has come with us; see the picture above."""

    STORED = "stored"  # must be placed in Bitrix
    WAITING = "waiting"  # its barcode is linked to no offer yet
    PLACED = "placed"  # stands in Bitrix, its label is owed
    LABELLED = "labelled"  # label in S3, its link is owed to the Bitrix order
    DONE = "done"
    CLOSED = "closed"
    PARKED = "parked"


MOVES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.STORED: frozenset({OrderState.WAITING, OrderState.PLACED, OrderState.PARKED, OrderState.CLOSED}),
    OrderState.WAITING: frozenset({OrderState.STORED, OrderState.PLACED, OrderState.PARKED, OrderState.CLOSED}),
    OrderState.PLACED: frozenset({OrderState.LABELLED, OrderState.PARKED, OrderState.CLOSED}),
    OrderState.LABELLED: frozenset({OrderState.DONE, OrderState.PARKED, OrderState.CLOSED}),
    OrderState.PARKED: frozenset({OrderState.STORED, OrderState.PLACED, OrderState.CLOSED}),
    OrderState.DONE: frozenset(),
    OrderState.CLOSED: frozenset(),
}
"""Where an order may go from each state; never backwards, except that a human sends a parked one again."""

UNKNOWN_TO_SHOP = (OrderState.STORED, OrderState.WAITING, OrderState.PARKED)
"""States in which a unit is sold on WB while Bitrix does not know of it: such units are taken off the stock."""


class Money(BaseModel):
    """An amount with its ISO 4217 alphabetic currency."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    amount: Decimal
    currency: str

    @classmethod
    def from_wb(cls, hundredths: int, iso_number: int) -> "Money":
        """WB sends integers × 100 and ISO numbers; an unknown number is kept as text, e.g. "ISO-999"."""
        return cls(amount=Decimal(hundredths) / 100, currency=CURRENCIES.get(iso_number, f"ISO-{iso_number}"))


class Order(BaseModel):
    """What we keep of a WB assembly order (one unit of one size). No buyer data: WB's address is not taken."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    order_id: OrderId
    rid: str = ""
    order_uid: str = ""
    created_at: datetime
    article: str = ""
    nm_id: NmId
    chrt_id: ChrtId
    barcodes: tuple[Barcode, ...] = ()
    warehouse_id: WarehouseId
    sale: Money
    converted: Money | None = None
    cross_border: bool = False
    delivery_date: str = ""
    supply_id: SupplyId = SupplyId("")


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """The Bitrix order to be made of a WB order; its line, payment and shipment follow from it.

    `price` is of the whole order: WB sells one pack, which is `units` of the shop's offer.
    """

    order_id: OrderId
    offer_id: OfferId
    price: Decimal
    currency: str
    comment: str
    properties: Mapping[str, str]  # order property code → value
    units: int = 1

    @property
    def unit_price(self) -> Decimal:
        """To the four decimals that Bitrix keeps."""
        return self.price if self.units == 1 else (self.price / self.units).quantize(Decimal("0.0001"))

    @property
    def xml_id(self) -> str:
        return f"WB_{self.order_id}"
