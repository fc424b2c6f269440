"""A million stock rows compared with what WB was told.

The log of what WB was told is written by the store itself and read back from the local cloud, so its folding includes
what boto3 takes to parse 16 MB of answers. CPU seconds and peak memory of this process alone.
"""

import os
import random
import resource
import time
from datetime import UTC, datetime

from infra.local.cloud import environment
from infra.local.ministack import LOG, ministack
from tests.benchmarks.report import Number
from wbsync.domain import stock
from wbsync.domain.ids import ChrtId, WarehouseId
from wbsync.stores.aws import dynamodb
from wbsync.stores.stock_told import StockToldStore

ROWS, CHANGED = 1_000_000, 10_000
MOST_CPU, MOST_MB = 2.0, 512
FIRST_CHRT = 310_000_001
WAREHOUSE = WarehouseId(501_001)


def measure() -> list[Number]:
    with ministack(LOG.with_name("ministack-bench.log")) as cloud:
        os.environ.update(environment(cloud))  # noqa: TID251 before the first client is made
        store = StockToldStore(_table())
        for n, batch in enumerate(stock.batches(_rows(changed=0))):
            store.claim(WAREHOUSE, datetime(2026, 11, 23, tzinfo=UTC), n, batch)
        before = _peak_mb()
        began = time.process_time()
        told = store.told(WAREHOUSE)
        folded = time.process_time() - began
    wanted = _rows(changed=CHANGED)
    began = time.process_time()
    due = stock.changed(wanted, told)
    compared = time.process_time() - began
    peak = _peak_mb()
    assert len(told) == ROWS
    assert len(due) == CHANGED
    details = {"fold_cpu_s": folded, "compare_cpu_s": compared, "peak_mb": peak, "peak_mb_before": before, "rows": ROWS}
    return [
        Number(
            what="1,000,000 stock rows compared with what WB was told, 1 % changed: CPU",
            measured=f"{folded + compared:.2f} s = {folded:.2f} reading and folding the log + {compared:.2f} comparing",
            target=f"≤ {MOST_CPU:.0f} s",
            reached=folded + compared <= MOST_CPU,
            details=details,
        ),
        Number(
            what="the same: peak memory of the process",
            measured=f"{peak:.0f} MB",
            target=f"≤ {MOST_MB} MB",
            reached=peak <= MOST_MB,
        ),
    ]


def _rows(*, changed: int) -> stock.Amounts:
    """Rows of a shop; the same but for `changed` of them."""
    dice = random.Random(1)
    rows = {ChrtId(FIRST_CHRT + n): dice.randrange(60) for n in range(ROWS)}
    for chrt_id in dice.sample(range(FIRST_CHRT, FIRST_CHRT + ROWS), changed):
        rows[ChrtId(chrt_id)] += 1
    return rows


def _table() -> str:
    dynamodb().create_table(
        TableName="told",
        AttributeDefinitions=[
            {"AttributeName": "warehouse", "AttributeType": "N"},
            {"AttributeName": "batch", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "warehouse", "KeyType": "HASH"},
            {"AttributeName": "batch", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "told"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
