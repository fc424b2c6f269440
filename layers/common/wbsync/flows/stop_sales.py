"""Everything of a WB warehouse is sold out at once, and stays so until people resume its sales."""

from datetime import datetime

from wbsync.domain import stock
from wbsync.domain.ids import WarehouseId
from wbsync.messages import StockBatch
from wbsync.stores.breakers import BreakersStore
from wbsync.stores.queues import Queue
from wbsync.stores.stock_told import StockToldStore


def run(
    warehouse: WarehouseId,
    reason: str,
    *,
    breakers: BreakersStore,
    told: StockToldStore,
    stock_batches: Queue[StockBatch],
    now: datetime,
) -> int:
    """How many rows WB is told 0. The switch comes first: from then on no batch tells more, however late it comes."""
    breakers.stop(warehouse, now, reason)
    rows: stock.Amounts = {chrt_id: 0 for chrt_id, amount in told.told(warehouse).items() if amount != 0}
    batches = [
        StockBatch(warehouse=warehouse, observed_at=now, batch=number, rows=piece)
        for number, piece in enumerate(stock.batches(rows))
    ]
    for batch in batches:
        told.doubt(warehouse, now, batch.batch, batch.rows)
    stock_batches.send(batches)
    return len(rows)
