"""A hundred thousand changed rows pushed by four workers through the simulated WB's real limits.

The workers are the real handler of push_stock, fed from one SQS queue as Lambda would, and share the seller's budget
in DynamoDB. Time runs from the moment when all are warm and WB's bucket is full to the end of the last worker's run.
"""

import multiprocessing
import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from importlib import import_module
from multiprocessing.synchronize import Barrier
from typing import Any

from tests.benchmarks.house import House, clock, house, served, utcnow
from tests.benchmarks.report import Number
from tests.fixtures.functions import Context, sqs_event
from tests.fixtures.world import MINSK
from wbsync.domain import stock
from wbsync.domain.ids import ChrtId, WarehouseId
from wbsync.messages import StockBatch
from wbsync.stores.queues import Queue
from wbsync.wb.operations import PUT_STOCKS

ROWS, WORKERS = 100_000, 4
FIRST_CHRT = 310_000_001
MOST_TIMES = 1.05
FULL_AGAIN = 2.0  # seconds in which WB's bucket forgets the warm-up
PUSH, READ_BACK = "PUT /api/v3/stocks/{warehouseId}", "POST /api/v3/stocks/{warehouseId}"

_barriers: list[Barrier] = []


def measure() -> list[Number]:
    with house(goods=ROWS) as home:
        rows = _rows()
        queue = home.stores.queues["StockBatchesQueue"]
        _queue(queue, rows)
        seconds, runs = _pushed(queue)
        return _told(home, rows, seconds, runs)


def _rows() -> stock.Amounts:
    dice = random.Random(1)
    return {ChrtId(FIRST_CHRT + n): dice.randrange(1, 60) for n in range(ROWS)}


def _queue(queue: str, rows: stock.Amounts) -> None:
    at = utcnow()
    Queue[StockBatch](queue).send(
        StockBatch(warehouse=WarehouseId(MINSK), observed_at=at, batch=n, rows=batch)
        for n, batch in enumerate(stock.batches(rows))
    )


def _pushed(queue: str) -> tuple[float, int]:
    """Wall seconds from the common start to the last run's end, and how many runs there were."""
    fresh = multiprocessing.get_context("spawn")
    start = fresh.Barrier(WORKERS)
    with ProcessPoolExecutor(WORKERS, mp_context=fresh, initializer=_arrive, initargs=(start,)) as workers:
        ends = list(workers.map(_work, [queue] * WORKERS))
    return max(end for _, end, _ in ends) - min(begin for begin, _, _ in ends), sum(runs for _, _, runs in ends)


def _arrive(start: Barrier) -> None:
    _barriers.append(start)


def _work(queue: str) -> tuple[float, float, int]:
    """One worker's beginning, the end of its last run, and its runs."""
    _warm_up()
    _barriers[0].wait()
    time.sleep(FULL_AGAIN)
    begin = end = clock()
    runs = 0
    for _ in served("push_stock", queue):
        end, runs = clock(), runs + 1
    return begin, end, runs


def _warm_up() -> None:
    """One row of an older reading, so that clients, connections and secrets are there, as in a Lambda that has run."""
    rows = {ChrtId(FIRST_CHRT + os.getpid() % ROWS): 1}  # a row of its own: nobody gives way
    batch = StockBatch(
        warehouse=WarehouseId(MINSK), observed_at=utcnow() - timedelta(hours=2), batch=os.getpid() * 10 + 1, rows=rows
    )
    attributes = {"SentTimestamp": str(int(time.time() * 1000))}
    message = {"MessageId": "warm-up", "Body": batch.model_dump_json(), "Attributes": attributes}
    answer = import_module("functions.push_stock.app").handler(sqs_event(message), Context())
    assert not answer["batchItemFailures"], answer


def _told(home: House, rows: stock.Amounts, seconds: float, runs: int) -> list[Number]:
    state = home.wb.state()
    asked: dict[str, int] = state["requests"]
    pushes, read_backs, refused = asked[PUSH] - WORKERS, asked.get(READ_BACK, 0), state["answers_429"]
    requests = pushes + read_backs
    bucket = PUT_STOCKS.bucket
    least = (requests - bucket.burst) * bucket.interval
    on_wb: dict[str, int] = state["stocks"][str(MINSK)]
    wrong = sum(on_wb.get(str(chrt_id)) != amount for chrt_id, amount in rows.items())
    details: dict[str, Any] = {
        "seconds": seconds, "least_seconds": least, "pushes": pushes, "read_backs": read_backs, "answers_429": refused,
        "answers_4xx": state["answers_4xx"], "rows_wrong_on_wb": wrong, "worker_runs": runs, "requests": asked,
    }  # fmt: skip
    assert sum(asked.values()) == requests + WORKERS, asked
    return [
        Number(
            what=f"100,000 changed rows pushed by {WORKERS} workers through the real limits",
            measured=f"{seconds:.2f} s = {seconds / least:.3f} × {least:.1f} s, the least for {requests} requests",
            target=f"≤ {MOST_TIMES} ×",
            reached=seconds <= MOST_TIMES * least,
            details=details,
        ),
        Number(
            what="the same: read-backs for pushes, 429s, rows that are wrong on WB",
            measured=f"{read_backs} for {pushes}, {refused}, {wrong}",
            target="≤ 1 for ten, 0, 0",
            reached=read_backs * 10 <= pushes and not refused and not wrong,
        ),
    ]
