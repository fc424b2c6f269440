"""How the shop looks when it opens; the body of `POST /_sim/seed`."""

from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scope = Literal["sale", "catalog", "iblock", "pay_system", "delivery"]
Right = Literal[
    "sale_read",
    "sale_write",
    "catalog_read",
    "catalog_write",
    "catalog_store",
    "catalog_price",
    "catalog_settings",
    "pay_system",
    "delivery",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
RIGHTS: tuple[Right, ...] = get_args(Right)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSeed(_Part):
    """A store and its part of every offer's quantity; the parts are weighed against each other."""

    id: int = Field(ge=1)
    title: str
    share: float = Field(1, ge=0)


class Seed(_Part):
    """Counts of odd barcodes are offers, all different ones: a duplicate takes the barcode of an ordinary neighbour."""

    seed: int = 1
    offers: int = Field(50, ge=0)
    duplicate_barcodes: int = Field(0, ge=0)
    empty_barcodes: int = Field(0, ge=0)
    multiple_barcodes: int = Field(0, ge=0, description="more than 0 makes the property a multiple one for all offers")
    inactive_offers: int = Field(0, ge=0)
    products: int = Field(0, ge=0, le=20_000, description="of `infra.local.products`, in blocks of their own")
    fbo_offers: int = Field(0, ge=0, description="offers whose property WB_FBO says Y, whatever their barcodes")
    stores: tuple[StoreSeed, ...] = (
        StoreSeed(id=1, title="Основной склад", share=0.7),
        StoreSeed(id=2, title="Магазин", share=0.3),
    )
    site_id: str = "s1"
    currency: str = "BYN"
    store_control: bool = True
    can_buy_zero: bool = False
    with_wb_properties: bool = True
    value_enums: bool = Field(default=True, description="the value of a list property tells its word, not only its id")
    open_pictures: bool = Field(default=True, description="the `url` of a picture opens without the webhook's secret")
    scopes: frozenset[Scope] = frozenset(SCOPES)
    rights: frozenset[Right] = frozenset(RIGHTS)

    @model_validator(mode="after")
    def _enough_offers(self) -> Self:
        odd = 2 * self.duplicate_barcodes + self.empty_barcodes + self.multiple_barcodes + self.inactive_offers
        if odd > self.offers:
            raise ValueError(f"{odd} offers with odd barcodes do not fit into {self.offers}")
        if self.fbo_offers > self.offers:
            raise ValueError(f"{self.fbo_offers} offers of WB's own warehouses do not fit into {self.offers}")
        if not self.stores or sum(store.share for store in self.stores) <= 0:
            raise ValueError("at least one store must have a share above 0")
        return self
