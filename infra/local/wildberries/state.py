"""What there is at WB: the seller's warehouses, cards and stock, buyers' orders, supplies, and what was asked."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.wildberries.faults import Fault
from infra.local.wildberries.subjects import SHIRTS, Schema, standard

MAX_AMOUNT = 100_000  # of one size in one warehouse
_DELIVERED = ("complete", "waiting")  # handed over by the seller, not seen by WB yet
OVER = {"sold", "canceled", "canceled_by_client", "canceled_by_carrier", "declined_by_client", "defect"}


@dataclass(frozen=True, slots=True)
class Step:
    """An order at `stage` comes to `event` with the chance `share`, `least` to `most` hours after it came there.

    `stage` is new, confirm or, after delivery, the order's wbStatus; `cross_border_type` is WB's, None: whatever it is.
    """

    stage: str
    cross_border_type: int | None
    event: str
    share: float
    least: float
    most: float


@dataclass(slots=True)
class Warehouse:
    id: int
    name: str
    office_id: int = 501
    cargo_type: int = 1  # 1 МГТ, 2 СГТ, 3 КГТ+
    delivery_type: int = 1  # 1 FBS, 2 DBS, 3 DBW, 5 C&C, 6 EDBS
    is_deleting: bool = False
    is_processing: bool = False

    def wire(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "officeId": self.office_id,
            "cargoType": self.cargo_type,
            "deliveryType": self.delivery_type,
            "isDeleting": self.is_deleting,
            "isProcessing": self.is_processing,
        }


@dataclass(slots=True)
class Size:
    chrt_id: int
    nm_id: int
    tech_size: str
    skus: list[str]
    price: int  # × 100, in the seller's currency
    cargo_type: int = 1
    wb_size: str | None = None  # None: the same as tech_size
    synced_at: float = 0.0  # unix seconds; neither stock nor price can be set before


@dataclass(slots=True)
class Card:
    nm_id: int
    vendor_code: str
    title: str
    colour: str  # the first, when there are several
    sizes: list[Size]
    created_at: datetime
    updated_at: datetime
    foreign: bool = False  # sold on WB, unknown to the shop
    required_meta: list[str] = field(default_factory=list)  # marking that every order of it must have
    optional_meta: list[str] = field(default_factory=list)  # and may have
    subject_id: int = SHIRTS
    imt_id: int = 0  # of its group; 0: its own nm_id
    brand: str = "Небывалое"
    description: str | None = None  # None: the title and the colour
    need_kiz: bool = False  # by its subject; `required_meta` may say so too
    kiz_marked: bool = False
    wholesale: Mapping[str, object] = field(default_factory=lambda: {"enabled": False, "quantum": 0})
    dimensions: Mapping[str, object] = field(
        default_factory=lambda: {"length": 30, "width": 20, "height": 5, "weightBrutto": 0.4, "isValid": True}
    )
    characteristics: list[dict[str, object]] | None = None  # {"id", "value"}; None: the colour alone
    documents: Mapping[str, object] | None = None
    photos: list[str] | None = None  # addresses without the size's name; None: one, of the seller's cabinet
    sources: dict[str, str] = field(default_factory=dict)  # photo → the link that it was taken from
    discount: int = 0  # %
    sizes_have_prices: bool = False  # editableSizePrice
    quarantine: tuple[int, int] | None = None  # price and discount that were too low

    @property
    def group(self) -> int:
        """Its imtID."""
        return self.imt_id or self.nm_id

    @property
    def values(self) -> dict[int, object]:
        """Of the characteristics that it was told."""
        return {int(str(each["id"])): each["value"] for each in self.characteristics or ()}

    @property
    def barcodes(self) -> set[str]:
        return {sku for size in self.sizes for sku in size.skus}

    @property
    def documents_by_id(self) -> dict[str, Mapping[str, object]]:
        items = (self.documents or {}).get("items")
        return {str(item["id"]): item for item in items} if isinstance(items, list) else {}


@dataclass(slots=True)
class Draft:
    """What was sent of cards in one go: WB tells of it as one batch, first that it is there (see cards.py)."""

    id: str
    due: float  # unix seconds
    create: bool  # or change
    variants: list[dict[str, Any]]
    subject_id: int = 0  # when it creates
    imt_id: int = 0  # the group that it joins; 0: a new one
    errors: dict[str, list[str]] = field(default_factory=dict)  # by vendorCode, when it is done
    updated_at: datetime | None = None  # when it was done


@dataclass(slots=True)
class PriceTask:
    """One upload of prices (see prices.py); `results` has a text for each row when it is done, "" for a good one."""

    id: int
    rows: list[dict[str, int]]
    by_size: bool
    sent_at: datetime
    due: float  # unix seconds
    status: int = 1
    results: list[str] = field(default_factory=list)
    prices: list[tuple[int, int]] = field(default_factory=list)  # price and discount that each row came to


@dataclass(slots=True)
class Mark:
    """What the seller put for one key of an order's marking; only `sgtin` may have several values."""

    values: list[str]
    put_at: float  # unix seconds


@dataclass(slots=True)
class Order:
    """One unit of one size that a buyer ordered; `facts` is what WB shows of it and what never changes."""

    id: int
    warehouse_id: int
    chrt_id: int
    created_at: datetime
    cross_border: bool
    cargo_type: int
    unknown_barcode: bool
    facts: dict[str, object] = field(default_factory=dict)
    supplier_status: str = "new"
    wb_status: str = "waiting"
    supply_id: str | None = None
    cross_border_asks: int = 0  # how often its PDF was asked for while the carrier's number was awaited
    b2b: bool = False
    pickup_point: bool = True  # may be handed in at a pick-up point
    required_meta: list[str] = field(default_factory=list)
    optional_meta: list[str] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)  # by key
    decisions: dict[str, str] = field(default_factory=dict)  # ordered through /_sim: the outcome of a key's check
    transferred: bool = False  # taken back from delivery once, which cannot be done again
    sticker: int = 0  # a transferred order gets another one
    scan_price: int | None = None  # × 100, since WB took it in
    steps: int = 0  # of its life so far, see life.py

    @property
    def kind(self) -> tuple[int, bool, int, bool]:
        """What all orders of a supply have in common."""
        return self.warehouse_id, self.cross_border, self.cargo_type, self.b2b


@dataclass(slots=True)
class Spot:
    """The form about the carrier, as the seller sent it."""

    form: dict[str, str]
    put_at: float  # unix seconds
    outcome: str  # completed or failed; "pending" for as long as it is so


@dataclass(slots=True)
class Supply:
    id: str
    number: int
    name: str
    created_at: datetime
    closed_at: datetime | None = None
    order_ids: list[int] = field(default_factory=list)
    scanned_at: datetime | None = None  # WB took in the first of its orders
    boxes: list[str] = field(default_factory=list)
    shipping: dict[str, object] = field(default_factory=dict)  # shippingDt and the like, when somebody set them
    spot: Spot | None = None
    spot_outcome: str = "completed"  # of the next form


@dataclass(slots=True)
class State:
    """Every access happens under `lock`, which app.py holds for the length of one request's work."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # nosec B311 # dice of a simulation, no secret
    now: float = 0.0  # unix seconds; set by app.py before each request's work
    seller_currency: int = 933
    awaiting_asks: int = 1
    warehouses: dict[int, Warehouse] = field(default_factory=dict)
    cards: dict[int, Card] = field(default_factory=dict)
    sizes: dict[int, Size] = field(default_factory=dict)
    stocks: dict[int, dict[int, int]] = field(default_factory=dict)  # warehouse → chrtId → amount; absent ≠ 0
    orders: dict[int, Order] = field(default_factory=dict)
    supplies: dict[str, Supply] = field(default_factory=dict)
    next_order: int = 3_000_000_017  # real ids left 32 bits behind
    next_supply: int = 92_937_001
    next_box: int = 7_104_001
    seed: int = 1
    life: tuple[Step, ...] = ()  # empty: orders move only when they are told to
    agenda: list[tuple[float, int, int, str]] = field(default_factory=list)  # a heap, see life.py
    pending_minutes: float = 10.0  # so long a mark is looked at
    spot_minutes: float = 60.0  # so long the form about a carrier is worked on
    reshipment_hours: float = 24.0  # so long after the scanning of its supply a missing order is to be sent again
    schema: Schema = field(default_factory=standard)
    fetch: Callable[[str], bytes] | None = None  # the bytes behind a link; None: by HTTP, see media.py
    drafts: list[Draft] = field(default_factory=list)
    photos_taken: int = 0
    fetched: list[dict[str, object]] = field(default_factory=list)  # links that were asked for, see media.py
    cards_delay: float = 2.0  # seconds until a card or its error shows
    sync_delay: float = 0.0  # seconds from then until its new sizes take stock and prices
    free_cards: int = 10_000  # that may be made
    limited: int = 0  # requests that the buckets refused, besides 429s that a fault ordered
    revoked: set[str] = field(default_factory=set)  # tokens that the seller has deleted
    next_nm: int = 600_000_001
    next_imt: int = 500_000_001
    next_chrt: int = 800_000_001
    next_barcode: int = 1
    next_document: int = 1
    price_tasks: dict[int, PriceTask] = field(default_factory=dict)
    prices_delay: float = 2.0  # seconds until an upload of prices is done
    next_price_task: int = 146_567
    currency_switching: bool = False
    prices_cancelled: bool = False  # uploads end in status 4
    quarantine_drop: float = 3.0  # a price that many times lower than the old one goes to quarantine
    wb_stock: list[dict[str, int]] = field(default_factory=list)  # what WB's own warehouses hold, as WB tells it
    buyers_refused: int = 0  # wanted something that WB shows as 0
    requests: Counter[str] = field(default_factory=Counter)  # by operation
    answers: dict[str, Counter[int]] = field(default_factory=dict)  # by operation and status
    faults: list[Fault] = field(default_factory=list)
    row_refusals: dict[int, str] = field(default_factory=dict)  # of this request, set by the fault refuse_rows
    names_refused_rows: bool = True  # likewise

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def synced(self, chrt_id: int) -> Size | None:
        """The size, once WB's other services know it."""
        size = self.sizes.get(chrt_id)
        return size if size is not None and size.synced_at <= self.now else None

    def synced_card(self, nm_id: int) -> Card | None:
        card = self.cards.get(nm_id)
        return card if card and all(size.synced_at <= self.now for size in card.sizes) else None

    def add_card(self, card: Card) -> None:
        self.cards[card.nm_id] = card
        self.sizes |= {size.chrt_id: size for size in card.sizes}

    def add_warehouse(self, warehouse: Warehouse) -> None:
        self.warehouses[warehouse.id] = warehouse
        self.stocks[warehouse.id] = {}

    def take_unit(self, warehouse_id: int, chrt_id: int) -> bool:
        """A buyer takes one; False when WB shows none."""
        stock = self.stocks[warehouse_id]
        if stock.get(chrt_id, 0) < 1:
            return False
        stock[chrt_id] -= 1
        return True

    def return_unit(self, warehouse_id: int, chrt_id: int) -> None:
        stock = self.stocks[warehouse_id]
        stock[chrt_id] = stock.get(chrt_id, 0) + 1

    def to_be_sent_again(self, order: Order) -> bool:
        """WB scanned its supply and did not find it there."""
        supply = self.supplies.get(order.supply_id or "")
        if supply is None or supply.scanned_at is None or (order.supplier_status, order.wb_status) != _DELIVERED:
            return False
        return self.moment() >= supply.scanned_at + timedelta(hours=self.reshipment_hours)

    def leave_supply(self, order: Order) -> None:
        if order.supply_id is not None:
            self.supplies[order.supply_id].order_ids.remove(order.id)
            order.supply_id = None


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, as WB writes moments: 2026-11-23T08:09:10Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
