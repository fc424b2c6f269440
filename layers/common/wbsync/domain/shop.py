"""What a shop's developer decides: one YAML per environment, kept in SSM, the same for every function.

Every message names the setting in the words of the YAML, so that it can be shown as it is.
"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wbsync.domain.ids import OfferId, StoreId, WarehouseId

Code = Annotated[str, Field(min_length=1, max_length=50)]
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


class StockRules(_Section):
    """The rule for everything, the exceptions by offer, and what is not sold on WB at all."""

    default: StockRule = StockRule()
    offers: dict[OfferId, StockRule] = {}
    excluded_offers: frozenset[OfferId] = frozenset()

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
