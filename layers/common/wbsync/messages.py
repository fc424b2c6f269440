"""What travels in our own queues. Small, versionless, and readable in the console."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from wbsync.domain.cards import PlannedCard
from wbsync.domain.ids import ChrtId, OrderId, WarehouseId


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class StockBatch(_Message):
    """Rows of one WB warehouse to be told to WB, all from one reading of the shop.

    `batch` tells apart the batches of one reading; (`observed_at`, `batch`) is the batch's identity.
    `counted` are the orders stored shortly before the reading that its amounts already allow for.
    """

    warehouse: WarehouseId
    observed_at: datetime
    batch: int = Field(ge=0)
    counted: frozenset[OrderId] = frozenset()
    rows: dict[ChrtId, int] = Field(min_length=1, max_length=1000, description="chrtID → amount")


class NewOrder(_Message):
    """An order that is stored and should be placed in Bitrix."""

    order_id: OrderId


class LabelsWanted(_Message):
    """Orders that WB has in `confirm` or `complete` and whose label we owe."""

    order_ids: tuple[OrderId, ...] = Field(min_length=1, max_length=100)


class CardChanges(_Message):
    """Cards of one plan that are to be sent to WB. A later plan replaces an earlier one, never the other way round."""

    planned_at: datetime
    cards: tuple[PlannedCard, ...] = Field(min_length=1)
