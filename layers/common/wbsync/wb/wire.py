"""What WB sends and takes, for the calls in use (WB facts §2 to §5).

Lenient with WB: unknown fields are ignored, `null` is the same as absent, statuses and codes are plain text (the
specification's own lists are short of some), and only what we cannot do without is required, since one odd row
would otherwise spoil an answer's other thousand. Strict with ourselves: WB takes a misnamed field for success.
Buyers' names, phones and addresses have no field here, so they are never taken in.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Self, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from wbsync.domain.ids import Barcode, ChrtId, ImtId, NmId, OrderId, SubjectId, SupplyId, WarehouseId
from wbsync.errors import Rejected
from wbsync.texts import STOCK_REFUSALS


class Wire(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
        defer_build=True,  # a function uses a few of these; its start need not pay for the rest
    )


class Answer(Wire):
    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:  # noqa: ANN401 whatever WB sent
        return {k: v for k, v in data.items() if v is not None} if isinstance(data, dict) else data


# Orders (§4)


class OrderOptions(Answer):
    b2b: bool = Field(default=False, alias="isB2B")


class OrderRow(Answer):
    """An assembly order: one unit of one size. Prices are integers × 100 with ISO 4217 numbers of their currencies.

    `rid` is `srid` in WB's reports. `order_uid` is the same for all orders of one basket.
    """

    id: OrderId
    rid: str = ""
    order_uid: str = ""
    created_at: AwareDatetime
    article: str = ""
    nm_id: NmId
    chrt_id: ChrtId
    skus: tuple[Barcode, ...] = ()
    warehouse_id: WarehouseId
    price: int
    converted_price: int | None = None
    currency_code: int
    converted_currency_code: int | None = None
    cross_border_type: int = 0
    cargo_type: int = 1
    options: OrderOptions = OrderOptions()


class OrderNew(OrderRow):
    """An order nobody has begun to assemble. `ddate` and `seller_date` (dd.mm.yyyy) come with oversized goods only."""

    sale_price: int | None = None
    final_price: int | None = None
    converted_final_price: int | None = None
    ddate: str = ""
    seller_date: str = ""
    required_meta: tuple[str, ...] = ()
    optional_meta: tuple[str, ...] = ()


class OrderListed(OrderRow):
    """An order of any status; `supply_id` is empty until it is put into a supply."""

    supply_id: SupplyId = SupplyId("")


class StrangeOrder(Answer):
    """What can still be told of an order that cannot be read; 0 and None where even that cannot."""

    id: OrderId = OrderId(0)
    created_at: AwareDatetime | None = None


class _OrderList[Row: Answer](Answer):
    """An order that cannot be read must not hold back the others: it is counted, and stays where it is at WB."""

    orders: tuple[Row, ...] = ()
    strange: tuple[StrangeOrder, ...] = ()

    @property
    def unreadable(self) -> int:
        return len(self.strange)

    @model_validator(mode="before")
    @classmethod
    def _row_by_row(cls, data: Any) -> Any:  # noqa: ANN401 whatever WB sent
        rows = data.get("orders") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            return data
        kind = get_args(cls.model_fields["orders"].annotation)[0]
        read = [(readable(kind, row), row) for row in rows]
        return data | {
            "orders": [order for order, _ in read if order],
            "strange": [_strange(row) for order, row in read if order is None],
        }


class NewOrders(_OrderList[OrderNew]):
    """All orders nobody has begun to assemble; not paged."""


class OrdersPage(_OrderList[OrderListed]):
    """`next` goes into the next ask; the last page has fewer orders than were asked for."""

    next: int = 0


def readable[Row: Answer](kind: type[Row], row: object) -> Row | None:
    """The row, or None where it cannot be read."""
    try:
        return kind.model_validate(row)
    except ValidationError:
        return None


def _strange(row: Any) -> StrangeOrder:  # noqa: ANN401 whatever WB sent
    known = row if isinstance(row, dict) else {}
    parts = [readable(StrangeOrder, {name: known.get(name)}) or StrangeOrder() for name in ("id", "createdAt")]
    return StrangeOrder(id=parts[0].id, created_at=parts[1].created_at)


class OrderIds(Wire):
    """The body of every ask about orders: statuses (≤ 1000), stickers (≤ 100), adding to a supply (≤ 100)."""

    orders: tuple[OrderId, ...]


class OrderStatus(Answer):
    """`supplier_status`: what the seller did; `wb_status`: what WB and the buyer did."""

    id: OrderId
    supplier_status: str
    wb_status: str = ""
    is_cancellable: bool = False
    is_transferable: bool = False


class OrderStatuses(Answer):
    orders: tuple[OrderStatus, ...] = ()


class Sticker(Answer):
    """A label. `part_a` and `part_b` are what people read on it."""

    order_id: OrderId
    part_a: str = ""
    part_b: str = ""
    barcode: str = ""
    file: str = Field("", repr=False)

    def content(self) -> bytes:
        """The file itself. Raises Rejected, naming the order, when it is absent or no base64."""
        return _decoded(self.file, f"the sticker of order {self.order_id}")


class Stickers(Answer):
    """Orders that are neither in `confirm` nor in `complete` are left out of the answer."""

    stickers: tuple[Sticker, ...] = ()


class CrossBorderSticker(Sticker):
    """A PDF once `status` is `ready`; until then the carrier has given no track number (`parcel_id`)."""

    status: str
    parcel_id: str = ""

    @property
    def ready(self) -> bool:
        return self.status == "ready"


class CrossBorderStickers(Answer):
    stickers: tuple[CrossBorderSticker, ...] = ()


# Archive (§4)


class ArchivedStatus(Answer):
    supplier_status: str = ""
    wb_status: str = ""


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time that WB may have told without its offset, or as a mere date: in UTC then."""


class ArchivedOrder(Answer):
    """An order that is older than three months; of its other fields we need none. `created_at` may be a mere date."""

    id: OrderId
    created_at: Moment
    supply_id: SupplyId = SupplyId("")
    status: ArchivedStatus = ArchivedStatus()


class ArchivePage(_OrderList[ArchivedOrder]):
    """`next` goes into the next ask; the last page has fewer orders than were asked for."""

    next: int = 0


# Marking (§4)


class MarkRow(Answer):
    """What WB has under one key of an order. Where it has nothing, `value` is absent, empty or the word "null"."""

    key: str = ""
    value: str = ""
    decision: str = ""

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> str:  # noqa: ANN401 text by the specification, but an order may have several codes
        return "\n".join(map(str, value)) if isinstance(value, list) else str(value).removeprefix("null")


class OrderMarks(Answer):
    id: OrderId
    meta_details: tuple[MarkRow, ...] = ()


class OrdersMarks(Answer):
    """Also the `data` of a 409 MetaValidationFail, which says why a supply is not delivered."""

    orders: tuple[OrderMarks, ...] = ()


class PutMark(Wire):
    """The body of each PUT of a marking code: the one field of its key is set."""

    sgtins: tuple[str, ...] | None = None
    uin: str | None = None
    imei: str | None = None
    gtin: str | None = None
    expiration: str | None = None
    customs_declaration: str | None = None


# Supplies (§5)


class NewSupply(Wire):
    name: str = Field(min_length=1, max_length=128)


class CreatedSupply(Answer):
    id: SupplyId


class SupplyBarcode(Answer):
    barcode: str = ""
    file: str = Field("", repr=False)

    def content(self) -> bytes:
        """The file itself. Raises Rejected when it is absent or no base64."""
        return _decoded(self.file, f"the code of supply {self.barcode}")


class SupplyRow(Answer):
    """A supply. `done`: closed; `scan_dt`: when WB took it over. An empty one is of no kind yet."""

    id: SupplyId
    name: str = ""
    done: bool = False
    created_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    scan_dt: AwareDatetime | None = None
    cargo_type: int | None = None
    cross_border_type: int | None = None
    is_b2b: bool | None = Field(None, alias="isB2b")  # of orders WB writes isB2B
    is_pickup_point_shipment_allowed: bool = False
    spot_available: bool = False


class SuppliesPage(Answer):
    """`next` goes into the next ask; the last page has fewer supplies than were asked for."""

    next: int = 0
    supplies: tuple[SupplyRow, ...] = ()


class SupplyOrderIds(Answer):
    order_ids: tuple[OrderId, ...] = ()


class ReshipmentOrder(Answer):
    """An order that WB did not find when it took its supply over; WB writes these ids with a capital D."""

    supply_id: SupplyId = Field(SupplyId(""), alias="supplyID")
    order_id: OrderId = Field(alias="orderID")


class ReshipmentOrders(Answer):
    orders: tuple[ReshipmentOrder, ...] = ()


class Transfer(Wire):
    """From a delivered supply onto assembly again, in an open one; once in an order's life."""

    order_ids: tuple[OrderId, ...]
    new_supply_id: SupplyId


class TransferError(Answer):
    code: str = ""
    detail: str = ""


class TransferredOrder(Answer):
    order_id: OrderId
    success: bool = False
    error: TransferError | None = None


class TransferredOrders(Answer):
    transferred_orders: tuple[TransferredOrder, ...] = ()


class Box(Answer):
    id: str


class Boxes(Answer):
    trbxes: tuple[Box, ...] = ()


class NewBoxes(Wire):
    amount: int = Field(ge=1, le=1000)


class BoxIds(Wire):
    """Both what is asked about boxes and what WB answers to NewBoxes."""

    trbx_ids: tuple[str, ...] = ()


class BoxSticker(SupplyBarcode):
    def content(self) -> bytes:
        """The file itself. Raises Rejected when it is absent or no base64."""
        return _decoded(self.file, f"the sticker of box {self.barcode}")


class BoxStickers(Answer):
    stickers: tuple[BoxSticker, ...] = ()


class PutSpot(Wire):
    """Who drives the supply into Russia. `carrier_country_code` is the country's number in OKSM; 112 is Belarus."""

    carrier_name: str
    carrier_tax_number: str
    carrier_country_code: str
    vehicle_registration_number: str
    trailer_registration_number: str | None = None


class SpotForm(Answer):
    """SPOT of a supply as WB keeps it. `status`: pending, completed or failed; the latter with its `error_code`."""

    status: str = ""
    carrier_name: str = ""
    carrier_tax_number: str = ""
    carrier_country_code: str = ""
    vehicle_registration_number: str = ""
    trailer_registration_number: str = ""
    error_code: str = ""


class SpotError(Answer):
    title: str = ""
    detail: str = ""


class SpotOfSupply(Answer):
    """Without `spot`, none was sent; with `error`, WB cannot tell."""

    id: SupplyId
    spot: SpotForm | None = None
    error: SpotError | None = None


class SpotList(Answer):
    supplies: tuple[SpotOfSupply, ...] = ()


class SupplyIds(Wire):
    supply_ids: tuple[SupplyId, ...]


class SpotSticker(Answer):
    """PNG."""

    qr_code: str = Field("", repr=False)

    def content(self) -> bytes:
        """The file itself. Raises Rejected when it is absent or no base64."""
        return _decoded(self.qr_code, "the code of SPOT")


def _decoded(file: str, what: str) -> bytes:
    try:
        content = b64decode(file, validate=True)
    except binascii.Error:
        raise Rejected(f"{what} is no base64") from None
    if not content:
        raise Rejected(f"{what} is empty")
    return content


# Stock and warehouses (§3)


class StockRow(Answer):
    chrt_id: ChrtId
    amount: int


class PutStocks(Wire):
    """≤ 1000 rows, ≤ 100,000 units each. WB answers 204 to misnamed fields too: read back what matters."""

    stocks: tuple[StockRow, ...]


class ChrtIds(Wire):
    chrt_ids: tuple[ChrtId, ...]


class Stocks(Answer):
    """Sizes that WB has no record of are left out."""

    stocks: tuple[StockRow, ...] = ()


class WarehouseRow(Answer):
    """A warehouse of the seller. `delivery_type`: 1 FBS, 2 DBS, 3 DBW, 5 click & collect, 6 EDBS."""

    id: WarehouseId
    name: str = ""
    office_id: int = 0
    cargo_type: int = 0
    delivery_type: int = 0
    is_deleting: bool = False
    is_processing: bool = False


Warehouses = list[WarehouseRow]


# Cards (§2). Content writes nmID and chrtID where Marketplace writes nmId and chrtId.


class CardsCursor(Answer):
    """Where the next ask goes on; kept as WB wrote it. `total`: cards in this answer."""

    updated_at: str = ""
    nm_id: NmId = Field(NmId(0), alias="nmID")
    total: int = 0


class _CursorAsk(Wire):
    limit: int
    updated_at: str | None = None
    nm_id: NmId | None = Field(None, alias="nmID")


class _Sort(Wire):
    ascending: bool = True


class _Filter(Wire):
    with_photo: int = -1
    text_search: str | None = None
    imt_id: ImtId | None = Field(None, alias="imtID")
    object_ids: tuple[SubjectId, ...] | None = Field(None, alias="objectIDs")


class _CardsSettings(Wire):
    sort: _Sort = _Sort()
    filter: _Filter = _Filter()
    cursor: _CursorAsk


class CardsAsk(Wire):
    """Cards with or without photos, those changed longest ago first, so that a kept cursor brings only changes."""

    settings: _CardsSettings

    @classmethod
    def after(
        cls,
        cursor: CardsCursor | None = None,
        *,
        limit: int = 100,
        search: str | None = None,
        imt_id: ImtId | None = None,
        subjects: Iterable[SubjectId] = (),
    ) -> Self:
        """From `cursor` on, or from the beginning; `limit` ≤ 100. The end: an answer with `cursor.total < limit`.

        `search` is looked for in vendorCodes, nmIDs and barcodes: what it finds is to be compared again. `imt_id` asks
        for the cards of one group, `subjects` for those of these subjects.
        """
        seen = cursor if cursor and cursor.updated_at else None
        ask = _CursorAsk(limit=limit, updated_at=seen and seen.updated_at, nm_id=seen and seen.nm_id)
        narrowed = _Filter(text_search=search, imt_id=imt_id, object_ids=tuple(subjects) or None)
        return cls(settings=_CardsSettings(cursor=ask, filter=narrowed))


class Size(Answer):
    chrt_id: ChrtId = Field(alias="chrtID")
    tech_size: str = ""
    skus: tuple[Barcode, ...] = ()


class Card(Answer):
    """As much of a card as links need, since all of them are read for that; the whole is card_wire.FullCard."""

    nm_id: NmId = Field(alias="nmID")
    imt_id: int = Field(0, alias="imtID")
    vendor_code: str = ""
    updated_at: str = ""
    sizes: tuple[Size, ...] = ()


class Cards(Answer):
    cards: tuple[Card, ...] = ()
    cursor: CardsCursor = CardsCursor()


# WB's own warehouses (§8)


class WbStockAsk(Wire):
    """All sizes of the seller: `limit` ≤ 250,000 rows from `offset` on."""

    limit: int
    offset: int = 0


class WbStockRow(Answer):
    """One size in one of WB's warehouses; at present WB tells all of them as one, −999999 «Склад WB»."""

    nm_id: NmId
    chrt_id: ChrtId
    warehouse_id: int = 0
    warehouse_name: str = ""
    quantity: int = 0
    in_way_to_client: int = 0
    in_way_from_client: int = 0


class WbStockRows(Answer):
    items: tuple[WbStockRow, ...] = ()


class WbStock(Answer):
    """204 is an empty answer: there is nothing, or nothing more."""

    data: WbStockRows = WbStockRows()

    @model_validator(mode="before")
    @classmethod
    def _none_is_empty(cls, data: Any) -> Any:  # noqa: ANN401 whatever WB sent
        return {} if data is None else data


# General (§1)


class SellerInfo(Answer):
    name: str = ""
    sid: str = ""
    trade_mark: str = ""


# Refusals

LATER: Mapping[str, float] = {"StoreIsProcessing": 10.0, "WarehouseStocksUpdateBlock": 60.0}
"""Codes of 4XX answers that pass by themselves, with seconds to wait; every other code is for a human."""


def refused_barcodes(rejected: Rejected) -> set[Barcode]:
    """Barcodes of the rows that a 409 to a push of stock names without a chrtID, as all of WB's examples do."""
    return {
        Barcode(str(row["sku"]))
        for _, _, row in _refused_rows(rejected)
        if row.get("sku") and not isinstance(row.get("chrtId"), int)
    }


def refused_stock_rows(
    rejected: Rejected, sizes: Mapping[Barcode, ChrtId] | None = None
) -> dict[ChrtId, tuple[str, str]]:
    """Which rows a 409 to a push of stock names: chrtID → (WB's code, why, in Russian).

    Entries that pass by themselves (LATER) name no row to set aside. Rows named by their barcode alone are found in
    `sizes` (see refused_barcodes), or left out. Empty for any other answer.
    """
    refused: dict[ChrtId, tuple[str, str]] = {}
    for code, message, row in _refused_rows(rejected):
        named = row["chrtId"] if isinstance(row.get("chrtId"), int) else (sizes or {}).get(Barcode(str(row.get("sku"))))
        if named is not None:
            refused[ChrtId(named)] = code, STOCK_REFUSALS.get(code, message)
    return refused


def _refused_rows(rejected: Rejected) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(code, message, row) of every row that a 409 refuses for good; whatever has another shape is passed over."""
    for entry in _dicts(rejected.body) if rejected.status == HTTPStatus.CONFLICT else ():
        code = str(entry.get("code", ""))
        for row in _dicts(entry.get("data")) if code not in LATER else ():
            yield code, str(entry.get("message", "")), row


def _dicts(rows: object) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
