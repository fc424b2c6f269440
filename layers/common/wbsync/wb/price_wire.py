"""Prices and discounts as WB sends and takes them (WB facts §7). Prices are in the currency of the seller's cabinet.

As lenient and as strict as wb.wire. A card has one price, unless `editable_size_price` lets its sizes differ.
"""

from decimal import Decimal
from enum import IntEnum
from http import HTTPStatus

from pydantic import Field

from wbsync.domain.ids import ChrtId, NmId
from wbsync.errors import Rejected
from wbsync.wb.wire import Answer, Moment, Wire

# Telling prices


class NewPrice(Wire):
    """Of a card; one of both at least. `price` before the discount, `discount` in per cent."""

    nm_id: NmId = Field(alias="nmID")
    price: int | None = Field(None, ge=1)
    discount: int | None = Field(None, ge=0, le=99)


class SetPrices(Wire):
    """≤ 1000 rows, no card twice. WB works on it as a task."""

    data: tuple[NewPrice, ...] = Field(min_length=1)


class NewSizePrice(Wire):
    """`size_id` is the chrtID."""

    nm_id: NmId = Field(alias="nmID")
    size_id: ChrtId = Field(alias="sizeID")
    price: int = Field(ge=1)


class SetSizePrices(Wire):
    """≤ 1000 rows, of cards with `editable_size_price` only."""

    data: tuple[NewSizePrice, ...] = Field(min_length=1)


class _Task(Answer):
    id: int
    already_exists: bool = False


class TaskTaken(Answer):
    """The task that WB made of the rows; a 208 tells the same of one that it has already, so it is the same to us."""

    data: _Task

    @property
    def upload_id(self) -> int:
        return self.data.id

    @property
    def already_exists(self) -> bool:
        return self.data.already_exists


_ALREADY_SET = "The specified prices and discounts are already set"


def already_set(rejected: Rejected) -> bool:
    """A 400 to a task of which WB has every row already, as after a time-out of the first sending.

    WB's other 400 says "incorrectly, or … already set" in one: only reading the prices tells which.
    """
    return rejected.status == HTTPStatus.BAD_REQUEST and _words(rejected).strip(" .") == _ALREADY_SET


def currency_switching(rejected: Rejected) -> bool:
    """A 409 to a task: the cabinet changes its currency. It passes, but the prices have to be made anew."""
    return rejected.status == HTTPStatus.CONFLICT and "currency" in _words(rejected)


def _words(rejected: Rejected) -> str:
    return str(rejected.body.get("errorText", "")) if isinstance(rejected.body, dict) else ""


# What became of it


class TaskStatus(IntEnum):
    """Of those that are done. Others, or none, mean: not yet."""

    DONE = 3
    CANCELLED = 4
    PARTLY_FAILED = 5
    FAILED = 6


class TaskState(Answer):
    upload_id: int = Field(0, alias="uploadID")
    status: int = 0
    upload_date: Moment | None = None
    activation_date: Moment | None = None
    over_all_goods_number: int = 0
    success_goods_number: int = 0

    @property
    def ended(self) -> bool:
        return self.status in list(TaskStatus)


class PriceTask(Answer):
    """WB does not say what it answers while it works on a task; without `data` it has not ended."""

    data: TaskState = TaskState()


GOOD_TAKEN = 2
GOOD_REFUSED = 3


class TaskGood(Answer):
    """A card (or a size) of a task. `status`: GOOD_TAKEN, GOOD_REFUSED with its `error_text`."""

    nm_id: NmId = Field(alias="nmID")
    size_id: ChrtId = Field(ChrtId(0), alias="sizeID")
    vendor_code: str = ""
    price: Decimal | None = None
    discount: int | None = None
    currency: str = Field("", alias="currencyIsoCode4217")
    status: int = 0
    error_text: str = ""

    @property
    def quarantined(self) -> bool:
        """Sold at the old price until staff lets it out in the cabinet, or a milder price is sent."""
        return self.status == GOOD_REFUSED and "quarantine" in self.error_text.lower()


class _TaskGoods(Answer):
    history_goods: tuple[TaskGood, ...] = ()


class PriceTaskGoods(Answer):
    """A page by `limit` (≤ 1000) and `offset`; the last one has fewer."""

    data: _TaskGoods = _TaskGoods()

    @property
    def goods(self) -> tuple[TaskGood, ...]:
        return self.data.history_goods


class _BufferGoods(Answer):
    buffer_goods: tuple[TaskGood, ...] = ()


class PendingPriceTaskGoods(Answer):
    """Of a task that waits for the start of a promotion."""

    data: _BufferGoods = _BufferGoods()

    @property
    def goods(self) -> tuple[TaskGood, ...]:
        return self.data.buffer_goods


# Prices as they stand


class SizePrice(Answer):
    size_id: ChrtId = Field(ChrtId(0), alias="sizeID")
    price: Decimal
    discounted_price: Decimal | None = None


class GoodPrice(Answer):
    """`currency` is the cabinet's, by its letters, e.g. "RUB"."""

    nm_id: NmId = Field(alias="nmID")
    vendor_code: str = ""
    sizes: tuple[SizePrice, ...] = ()
    currency: str = Field("", alias="currencyIsoCode4217")
    discount: int = 0
    editable_size_price: bool = False


class _ListGoods(Answer):
    list_goods: tuple[GoodPrice, ...] = ()


class GoodPrices(Answer):
    """By `limit` (≤ 1000) and `offset`, until a page is empty; or those of an NmList that WB has."""

    data: _ListGoods

    @property
    def goods(self) -> tuple[GoodPrice, ...]:
        return self.data.list_goods


class NmList(Wire):
    """≤ 1000."""

    nm_list: tuple[NmId, ...] = Field(min_length=1)


class Quarantined(Answer):
    """A card whose new price is so much lower that WB sells it at the old one."""

    nm_id: NmId = Field(alias="nmID")
    currency: str = Field("", alias="currencyIsoCode4217")
    new_price: Decimal = Decimal()
    old_price: Decimal = Decimal()
    new_discount: int = 0
    old_discount: int = 0


class _QuarantineGoods(Answer):
    quarantine_goods: tuple[Quarantined, ...] = ()


class Quarantine(Answer):
    """A page by `limit` (≤ 1000) and `offset`; the last one has fewer."""

    data: _QuarantineGoods = _QuarantineGoods()

    @property
    def goods(self) -> tuple[Quarantined, ...]:
        return self.data.quarantine_goods
