"""What a shop's developer decides: one YAML per environment, kept in SSM, the same for every function.

Every message names the setting in the words of the YAML, so that it can be shown as it is.
"""

import re
from collections import Counter
from datetime import time
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from wbsync.domain.ids import OfferId, PriceTypeId, StoreId, SubjectId, WarehouseId

Code = Annotated[str, Field(min_length=1, max_length=50)]
StatusId = Annotated[str, Field(min_length=1, max_length=2)]
MetaKey = Literal["sgtin", "uin", "imei", "gtin", "expiration", "customsDeclaration"]
LabelSize = Literal["58x40", "40x30"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Catalog(_Section):
    """Where the sold things live in the shop."""

    iblocks: tuple[int, ...] = Field(min_length=1, description="information blocks with offers and simple products")
    barcode_property: Code = "CML2_BAR_CODE"


class Warehouse(_Section):
    """One of the seller's WB warehouses and the Bitrix stores whose stock it sells."""

    wb: WarehouseId
    name: str = ""
    stores: tuple[StoreId, ...] = Field(min_length=1)


class StockRule(_Section):
    """How an amount in the shop becomes an amount on WB; see `domain.stock.sellable`."""

    safety_stock: int = Field(0, ge=0, description="units kept back for the shop's own sales")
    cap: int | None = Field(None, ge=0, description="never show more than this")
    minimum: int = Field(0, ge=0, description="below this 0 is sent")
    units_per_pack: int = Field(1, ge=1, description="shop units in one WB unit")


class Fbo(_Section):
    """Offers that are sold from WB's own warehouses: their stock is WB's, and is never sent to it."""

    offers: frozenset[OfferId] = frozenset()
    marked_by: Code | None = Field(None, description="product property that marks them")
    values: frozenset[str] = Field(frozenset({"Y", "1", "да", "Да"}), description="values of it that mean yes")
    stock_property: Code | None = Field(None, description="product property that gets what WB holds")

    @property
    def used(self) -> bool:
        return bool(self.offers or self.marked_by)


class StockRules(_Section):
    """The rule for everything, the exceptions by offer, and what is not sold on WB at all."""

    default: StockRule = StockRule()
    offers: dict[OfferId, StockRule] = {}
    excluded_offers: frozenset[OfferId] = frozenset()
    fbo: Fbo = Fbo()

    def of(self, offer: OfferId) -> StockRule:
        return self.offers.get(offer, self.default)


class PropertyCodes(_Section):
    """Codes of the order properties that wbsync fills in."""

    order_id: Code = "WB_ORDER_ID"
    order_uid: Code = "WB_ORDER_UID"
    rid: Code = "WB_RID"
    supply_id: Code = "WB_SUPPLY_ID"
    delivery_date: Code = "WB_DELIVERY_DATE"
    status: Code = "WB_STATUS"
    sticker: Code = "WB_STICKER"
    label_url: Code = "WB_LABEL_URL"
    account: Code = "WB_ACCOUNT"
    supply_url: Code = "WB_SUPPLY_URL"
    problem: Code = "WB_PROBLEM"
    marking: Code = "WB_MARKING"

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self.model_dump().values())


class Orders(_Section):
    """What a WB order looks like in the shop."""

    site_id: Code
    person_type_id: int = Field(ge=1)
    pay_system_id: int = Field(ge=1)
    delivery_id: int = Field(ge=1)
    currency: str = Field(pattern="^[A-Z]{3}$", description="currency of the shop's WB orders, e.g. BYN")
    status_new: str = Field("N", min_length=1, max_length=2)
    user_id: int | None = Field(None, ge=1, description="the buyer WB orders belong to; absent = Bitrix's anonymous")
    paid: bool = False
    properties: PropertyCodes = PropertyCodes()
    constant_properties: dict[Code, str] = Field({}, description="values for the shop's own required properties")
    adopted_by: tuple[Code, ...] = Field(
        (), description="order properties in which another module kept the WB order's number, e.g. MAXYSS_WB_NUMBER"
    )


class StatusRule(_Section):
    """What the shop's order becomes when WB says so; a word left out fits every word."""

    supplier: str | None = Field(None, description="WB's supplierStatus: new, confirm, complete, cancel, …")
    wb: str | None = Field(None, description="WB's wbStatus: waiting, sorted, sold, …")
    status: StatusId | None = Field(None, description="order status in the shop")
    paid: bool = False
    shipped: bool = False
    cancelled: bool = Field(default=False, description="cancel the shop's order: its goods are on sale again")

    def fits(self, supplier: str, wb: str) -> bool:
        return self.supplier in {None, supplier} and self.wb in {None, wb}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.supplier is None and self.wb is None:
            raise ValueError("a row of statuses.to_shop needs `supplier` or `wb`: it would fit every order")
        if self.cancelled and (self.paid or self.shipped):
            raise ValueError("an order of the shop cannot be cancelled and paid or shipped")
        return self


class Statuses(_Section):
    """How WB's statuses and the shop's correspond. Without rows the shop keeps its own statuses."""

    to_shop: tuple[StatusRule, ...] = Field((), description="the first row that fits counts")
    protected: frozenset[StatusId] = Field(frozenset(), description="set by staff, never replaced by wbsync")
    cancels: frozenset[StatusId] = Field(
        frozenset(), description="staff sets one of these, or cancels the order: it is cancelled on WB"
    )


class CutOff(_Section):
    """When the open supplies of a day are handed over by themselves."""

    at: time
    timezone: str = "Europe/Minsk"
    days: frozenset[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = frozenset(
        {"mon", "tue", "wed", "thu", "fri"}
    )

    @field_validator("at", mode="before")
    @classmethod
    def _is_no_number(cls, at: object) -> object:
        if isinstance(at, int | float):
            raise ValueError("write the time of day as 17:30")  # noqa: TRY004 pydantic tells ValueError; 1730 means 00:28:50 to it
        return at

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name} is no time zone; write it as in Europe/Minsk") from None
        return name


class Spot(_Section):
    """Who drives supplies from Belarus (or another country of the EAEU) to WB's warehouses in Russia (WB facts §5)."""

    carrier_name: str = Field(min_length=1, max_length=1000)
    carrier_tax_number: str = Field(min_length=1, max_length=50)
    carrier_country: str = Field("112", pattern="^[0-9]{3}$", description="number of the country in OKSM; 112 Belarus")
    vehicle: str = Field(min_length=1, max_length=30, description="registration number of the vehicle")
    trailer: str | None = Field(None, min_length=1, max_length=30)


class Supplies(_Section):
    """Which orders are put into supplies, and when those are handed over."""

    assembled: frozenset[StatusId] = Field(min_length=1, description="staff's order statuses that mean: assembled")
    name: str = Field("{account} {warehouse} {date} №{number}", max_length=100, description="what people read on WB")
    cut_off: CutOff | None = Field(None, description="absent: only `wbsync supply deliver` hands over")
    place_property: Code | None = Field(None, description="product property that tells the place on the shelf")
    spot: Spot | None = None

    @field_validator("name")
    @classmethod
    def _names_what_is_known(cls, name: str) -> str:
        unknown = set(re.findall(r"\{.*?\}", name)) - {"{account}", "{warehouse}", "{date}", "{number}"}
        if unknown:
            raise ValueError(
                f"{', '.join(sorted(unknown))} is unknown: {{account}} {{warehouse}} {{date}} {{number}} are"
            )
        return name


class CodeSource(_Section):
    """Where the shop keeps a marking code of an order: in a property of its basket line, or of the order.

    The code that Bitrix keeps with a shipment's item is told by no documented REST method, so it cannot be read here.
    """

    basket_property: str | None = Field(None, min_length=1, description="code of the basket line's property")
    order_property: Code | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.basket_property is None) is (self.order_property is None):
            raise ValueError("name one of basket_property and order_property")
        return self


class Marking(_Section):
    """WB's key of a marking code → where it is in the shop."""

    sources: dict[MetaKey, CodeSource] = {}


class Cards(_Section):
    """How products become WB cards; what goes where is told by the mapping tables (`wbsync mapping`)."""

    automatic: bool = Field(default=False, description="changed products are sent by themselves")
    pictures: bool = Field(default=True, description="give WB the shop's pictures, as links")
    replace_pictures: bool = Field(default=False, description="also those that staff put on a card in WB's cabinet")


class PriceRule(_Section):
    """How the shop's price becomes the price on WB; see `domain.prices.told`."""

    markup_percent: Decimal = Field(Decimal(0), ge=-90, le=1000)
    markup_amount: Decimal = Field(Decimal(0), description="in the cabinet's currency, after the per cent")
    round_to: int = Field(1, ge=1, description="the price is a multiple of this")
    rounding: Literal["up", "nearest", "down"] = "up"
    minimum_margin_percent: Decimal | None = Field(
        None, ge=0, le=1000, description="what the buyer pays is at least the purchasing price and this"
    )
    discount_percent: int = Field(0, ge=0, le=99)
    discount_cap: int = Field(99, ge=0, le=99, description="a discount above it is lowered to it")
    discount_property: Code | None = Field(None, description="product property with a discount of its own, in per cent")


class Prices(_Section):
    """Which price of the shop is told to WB."""

    price_type: PriceTypeId
    currency: str = Field(pattern="^[A-Z]{3}$", description="of WB's cabinet; the shop's price must be in it")
    largest_drop_percent: Decimal = Field(Decimal(30), gt=0, le=100, description="a larger drop waits for approval")
    of_sizes: Literal["highest", "lowest", "refuse"] = Field(
        "highest", description="which price a card gets whose sizes differ in it"
    )
    default: PriceRule = PriceRule()
    subjects: dict[SubjectId, PriceRule] = {}
    offers: dict[OfferId, PriceRule] = {}
    excluded_offers: frozenset[OfferId] = frozenset()

    def of(self, offer: OfferId, subject: SubjectId | None) -> PriceRule:
        """The nearest rule: the offer's own, the subject's, the default."""
        of_subject = self.default if subject is None else self.subjects.get(subject, self.default)
        return self.offers.get(offer, of_subject)

    @property
    def rules(self) -> tuple[PriceRule, ...]:
        return (self.default, *self.subjects.values(), *self.offers.values())


class Breakers(_Section):
    """When a reading is not believed, see `domain.breakers`; null switches one off."""

    largest_zeroed_percent: int | None = Field(30, ge=1, le=100, description="of a warehouse's stock, in one reading")
    largest_shrink_percent: int | None = Field(20, ge=1, le=100, description="of linked sizes, in one reading")
    fewest_rows: int = Field(20, ge=1, description="so many may always go at once")


class Labels(_Section):
    """The paper and how long its links live."""

    size: LabelSize = "58x40"
    link_days: int = Field(60, ge=1, le=180, description="at most as long as the bucket keeps labels")


class Shop(_Section):
    """The whole configuration of one seller account in one environment."""

    account: str = Field(pattern="^[a-z0-9-]{1,20}$")
    catalog: Catalog
    warehouses: tuple[Warehouse, ...] = Field(min_length=1)
    stock: StockRules = StockRules()
    orders: Orders
    labels: Labels = Labels()
    statuses: Statuses = Statuses()
    supplies: Supplies | None = Field(None, description="absent: staff puts orders into supplies in WB's cabinet")
    marking: Marking = Marking()
    cards: Cards = Cards()
    breakers: Breakers = Breakers()
    prices: Prices | None = Field(None, description="absent: prices are kept in WB's cabinet")

    @model_validator(mode="after")
    def _nothing_is_named_twice(self) -> Self:
        for what, ids in (
            ("WB warehouse", [w.wb for w in self.warehouses]),
            ("Bitrix store", [s for w in self.warehouses for s in w.stores]),
        ):
            twice = sorted(i for i, n in Counter(ids).items() if n > 1)
            if twice:
                listed = ", ".join(map(str, twice))
                raise ValueError(f"{what} {listed} is used twice under `warehouses`: its stock would be sold twice")
        return self

    @property
    def stores(self) -> tuple[StoreId, ...]:
        return tuple(s for w in self.warehouses for s in w.stores)
