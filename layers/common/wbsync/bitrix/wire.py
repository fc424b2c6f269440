"""What Bitrix sends and takes: its rows as models, its parameters as a PHP query. Pure.

Bitrix is PHP: an empty map arrives as `[]`, a list whose keys have a gap as an object, ids now as numbers and now as
text, flags as "Y" and "N" (bitrix facts §2). Fields that we do not read are ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from wbsync.domain.ids import OfferId, PriceTypeId, SectionId, ShopOrderId, StoreId
from wbsync.errors import Unavailable

type Param = str | int | Sequence[Param] | Mapping[str, Param] | None
type Params = Mapping[str, Param]
type Row = Mapping[str, object]


# ---- what it takes


def encode(params: Params) -> str:
    """Parameters as PHP's `http_build_query` writes them: `a[b][0]=c`, percent-encoded; None and empty ones vanish."""
    return urlencode([(name, text) for key, value in params.items() for name, text in _leaves(key, value)])


def _leaves(name: str, value: Param) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case bool():
            yield name, str(int(value))
        case str() | int():
            yield name, str(value)
        case Mapping():
            for key, inner in value.items():
                yield from _leaves(f"{name}[{key}]", inner)
        case _:
            for index, inner in enumerate(value):
                yield from _leaves(f"{name}[{index}]", inner)


def reference(command: str, *path: str | int) -> str:
    """What an earlier command of the same batch answered, e.g. `$result[o1][order][id]`.

    See https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/batch.html
    """
    return "$result" + "".join(f"[{step}]" for step in (command, *path))


def flag(on: bool) -> str:
    return "Y" if on else "N"


# ---- what it sends


def listed(value: object) -> list[object]:
    """A PHP list, which arrives as an object when its keys have a gap and as null when there is none."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def mapped(value: object) -> dict[str, Any]:
    """A PHP map, which arrives as `[]` when empty and as a list when its keys happen to be 0, 1, 2…"""
    if isinstance(value, Mapping):
        return dict(value)
    return {str(index): inner for index, inner in enumerate(listed(value))}


def rows(answer: object, key: str, method: str) -> list[Row]:
    """The rows of a list method's answer; a shape without them is `Unavailable`, never an empty list."""
    if not isinstance(answer, Mapping) or key not in answer:
        raise Unavailable(f"Bitrix {method} answered without `{key}`")
    found = [row for row in listed(answer[key]) if isinstance(row, Mapping)]
    if len(found) != len(listed(answer[key])):
        raise Unavailable(f"Bitrix {method} answered `{key}` that are no rows")
    return found


def read[M: BaseModel](model: type[M], answer: object, method: str) -> M:
    """`answer` as `model`; raises Unavailable naming the fields (never their values: they may be a buyer's)."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors(include_input=False)}))
    raise Unavailable(f"Bitrix {method} answered a shape that we do not know: {fields}")


Flag = Annotated[bool, BeforeValidator(lambda v: v == "Y")]
Text = Annotated[str, BeforeValidator(lambda v: "" if v is None else str(v))]
Number = Annotated[Decimal, BeforeValidator(lambda v: 0 if v in (None, "") else v)]
type Many[T] = Annotated[list[T], BeforeValidator(listed)]


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Answer(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, hide_input_in_errors=True, defer_build=True
    )


class ProductRow(_Answer):
    """A row of catalog.product.list; the barcode's `propertyN` is read apart, since N is the shop's own."""

    id: OfferId
    iblock_id: int
    name: Text = ""
    active: Flag
    timestamp_x: Moment


class FileRow(_Answer):
    """A file of a product by which catalog.product.download finds it."""

    id: int


_File = Annotated[FileRow | None, BeforeValidator(lambda v: v if isinstance(v, Mapping) and v.get("id") else None)]


class ShownRow(_Answer):
    """The same row when it is to be shown to people."""

    id: OfferId
    iblock_id: int
    name: Text = ""
    preview_picture: _File = None
    detail_picture: _File = None


class QuantityRow(_Answer):
    """The same row when stock is asked: `quantity` is what may be sold, reserves already taken off.

    `quantity_trace` is N where the shop does not count the product, D where the module's default decides.
    """

    id: OfferId
    active: Flag
    quantity: Number = Decimal()
    quantity_trace: Text = "D"

    @property
    def counted(self) -> bool:
        return self.quantity_trace != "N"


class StoreStockRow(_Answer):
    """A row of catalog.storeproduct.list: `amount` lies there, `quantity_reserved` of it is promised."""

    product_id: OfferId
    store_id: StoreId
    amount: Number = Decimal()
    quantity_reserved: Number = Decimal()


class StoreRow(_Answer):
    id: StoreId
    title: Text = ""
    active: Flag


class PropertyRow(_Answer):
    """A product's property or an order's: only what finds it."""

    id: int
    code: Text = ""


def _measured(value: Any) -> str:  # noqa: ANN401 a number, text or null
    """Digits as people write them; Bitrix keeps 0 where nothing was filled in."""
    number = Decimal(str(value or 0))
    return f"{number.normalize():f}" if number else ""


Measure = Annotated[str, BeforeValidator(_measured)]
_Whole = Annotated[int, BeforeValidator(lambda v: v or 0)]  # 0: there is none


class CatalogRow(_Answer):
    """A row of catalog.catalog.list. An information block with offers names that of their heads."""

    iblock_id: int
    product_iblock_id: _Whole = 0


class GoodRow(_Answer):
    """A row of catalog.product.list or catalog.product.offer.list, but for its `propertyN` and its head.

    Weight in g, sides in mm. `type`: 1 simple, 3 head of offers, 4 offer, 6 head that lost its offers.
    """

    id: OfferId
    iblock_id: int
    active: Flag
    timestamp_x: Moment
    type: _Whole = 0
    iblock_section_id: _Whole = 0
    name: Text = ""
    code: Text = ""
    xml_id: Text = ""
    preview_text: Text = ""
    detail_text: Text = ""
    weight: Measure = ""
    length: Measure = ""
    width: Measure = ""
    height: Measure = ""


class PurchasingRow(_Answer):
    id: OfferId
    purchasing_price: Number = Decimal()
    purchasing_currency: Text = ""


class ShopPropertyRow(_Answer):
    """A row of catalog.productProperty.list as people look for what a property holds."""

    id: int
    iblock_id: int
    code: Text = ""
    name: Text = ""
    property_type: Text = "S"
    user_type: Text = ""
    multiple: Flag = False


class EnumRow(_Answer):
    """A choice of a property with a list."""

    id: int
    property_id: int
    value: Text = ""


class ImageRow(_Answer):
    """`type`: DETAIL_PICTURE, PREVIEW_PICTURE or MORE_PHOTO."""

    product_id: OfferId
    type: Text = ""
    detail_url: Text = ""


class SectionRow(_Answer):
    id: SectionId
    iblock_section_id: _Whole = 0
    name: Text = ""


class PriceTypeRow(_Answer):
    id: PriceTypeId
    name: Text = ""
    base: Flag = False


class PriceRow(_Answer):
    """A row of catalog.price.list; `quantity_from`: of how many units on it is the price."""

    product_id: OfferId
    catalog_group_id: PriceTypeId
    price: Decimal
    currency: Text = ""
    quantity_from: _Whole = 0


class OrderRow(_Answer):
    """A row of sale.order.list."""

    id: ShopOrderId
    xml_id: Text = ""
    canceled: Flag = False


class ShopState(_Answer):
    """A row of sale.order.list, as far as staff's decisions go; `reason` is why it was cancelled."""

    status: Text = Field("", alias="statusId")
    canceled: Flag = False
    reason: Text = Field("", alias="reasonCanceled")


class PropertyValue(_Answer):
    """What an order's property holds: text, a list of texts, or files as objects with their `id`."""

    order_props_id: int
    value: Any = None


class WrittenProperty(_Answer):
    """A row of sale.propertyvalue.list when orders are looked for by what is written into a property of theirs."""

    order_id: ShopOrderId
    code: Text = ""
    value: Any = None


class BasketProperty(_Answer):
    """What the shop noted on a basket line, a marking code for instance."""

    code: Text = ""
    value: Text = ""


class BasketItem(_Answer):
    id: int
    product_id: Annotated[int, BeforeValidator(lambda v: v or 0)] = 0
    xml_id: Text = ""
    properties: Many[BasketProperty] = []


class Payment(_Answer):
    id: int
    pay_system_id: int
    paid: Flag = False
    xml_id: Text = ""


class ShipmentItem(_Answer):
    basket_id: int


class Shipment(_Answer):
    """`system`: Bitrix's own invisible shipment, where the unassigned lines stand."""

    id: int
    delivery_id: Annotated[int, BeforeValidator(lambda v: v or 0)] = 0
    deducted: Flag = False
    system: Flag = False
    xml_id: Text = ""
    shipment_items: Many[ShipmentItem] = []


class OrderTree(_Answer):
    """An order with everything that hangs on it, as sale.order.get answers."""

    id: ShopOrderId
    status_id: Text = ""
    canceled: Flag = False
    payed: Flag = False
    basket_items: Many[BasketItem] = []
    payments: Many[Payment] = []
    shipments: Many[Shipment] = []
    property_values: Many[PropertyValue] = []


class OrderAnswer(_Answer):
    """The answer of sale.order.get."""

    order: OrderTree


class NewOrder(_Answer):
    id: ShopOrderId


class NewOrderAnswer(_Answer):
    """The answer of sale.order.add, of which we need the id."""

    order: NewOrder
