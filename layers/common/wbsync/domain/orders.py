"""WB assembly orders, the states they go through with us, and what they become in the shop.

stored ──► placed ──► labelled ──► done ──► finished   (sold or sent back: WB will tell nothing more)
  │ ▲         └───────────┴─────────┴────► cancelled ──► closed
  ▼ │                                      (on WB; the shop's order is to be cancelled)
waiting ──────────────────────────────────────────────► closed   (cancelled before the shop had it)
parked                                                  (refused for good; a human decides, `wbsync orders retry`)
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
    DONE = "done"  # its label is linked; it lives on at WB
    CANCELLED = "cancelled"  # on WB; the cancellation is owed to the Bitrix order
    FINISHED = "finished"  # WB's life of it is over, and the shop was told
    CLOSED = "closed"  # cancelled, on both sides
    PARKED = "parked"


_S = OrderState
MOVES: Mapping[OrderState, frozenset[OrderState]] = {
    _S.STORED: frozenset({_S.WAITING, _S.PLACED, _S.PARKED, _S.CLOSED}),
    _S.WAITING: frozenset({_S.STORED, _S.PLACED, _S.PARKED, _S.CLOSED}),
    _S.PLACED: frozenset({_S.LABELLED, _S.PARKED, _S.CANCELLED, _S.FINISHED}),
    _S.LABELLED: frozenset({_S.DONE, _S.PLACED, _S.PARKED, _S.CANCELLED, _S.FINISHED}),
    _S.DONE: frozenset({_S.PLACED, _S.PARKED, _S.CANCELLED, _S.FINISHED}),
    _S.PARKED: frozenset({_S.STORED, _S.PLACED, _S.CANCELLED, _S.CLOSED}),
    _S.CANCELLED: frozenset({_S.CLOSED, _S.PARKED}),
    _S.FINISHED: frozenset(),
    _S.CLOSED: frozenset(),
}
"""Where an order may go from each state; never backwards, except that a human sends a parked one again, and that an
order which WB's transfer put into another supply needs its new label (labelled, done → placed)."""

UNKNOWN_TO_SHOP = (OrderState.STORED, OrderState.WAITING, OrderState.PARKED)
"""States in which a unit is sold on WB while Bitrix does not know of it: such units are taken off the stock."""

OPEN_IN_SHOP = (OrderState.PLACED, OrderState.LABELLED, OrderState.DONE)
"""States in which an order stands in the shop and WB may still tell something new of it."""


class Note(StrEnum):
    """What staff should know of an order, by what tells it; each replaces its former text, an empty text ends it."""

    CANCEL = "cancel"  # staff cancelled it and WB refused: the unit stays sold
    SUPPLY = "supply"  # WB did not take it into a supply
    MARKING_OWED = "marking_owed"  # codes that WB asks for and the shop has not
    MARKING_BLOCKED = "marking_blocked"  # codes that keep its supply from being delivered
    STATUS = "status"  # WB tells a status that wbsync does not know
    SHOP = "shop"  # the shop refused what WB's status means for its order


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
    cargo_type: int = 1  # 1 МГТ, 2 СГТ, 3 КГТ+
    b2b: bool = False
    delivery_date: str = ""
    supply_id: SupplyId = SupplyId("")  # as WB first told it; what holds now stands in the record
    required_meta: tuple[str, ...] | None = None  # marking codes that WB wants; None: WB did not say
    optional_meta: tuple[str, ...] | None = None


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
