"""What every function does around its flow: logs, metrics, and the one way in for schedules and for queues.

Metrics go to the namespace POWERTOOLS_METRICS_NAMESPACE with the dimension `service`, the function's name:
`Finished` (freshness: one for each scheduled run that reached its end), `Failed` (messages left to their queue),
`Postponed`, `NotAuthorised`, and those counts of the flows' reports that MEASURED names. Logs carry an event's name as
their message and facts as keys; never a token or a buyer.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ValidationError

from wbsync.errors import NotAuthorised, SyncError, TryLater
from wbsync.stores.queues import Queue

logger = Logger()
metrics = Metrics()

# A line per request would be paid for and tells nothing that the report does not.
logging.getLogger("httpx").setLevel(logging.WARNING)

MEASURED = frozenset(
    {
        # what alarms read
        *("Finished", "Failed", "Postponed", "NotAuthorised", "FullComparisons", "OldestOrderMinutes", "OrdersWaiting"),
        *("OrdersParked", "OrdersUnreadable", "StockRowsWrong", "OldestReadingMinutes", "LabelsParked"),
        *("BreakersTripped",),
        *("SuppliesBlocked", "SpotMissing", "SpotFailed"),
        *("OrdersImported", "OrdersUnexplained"),
        *("StatusesUnknown", "CancelsRefused", "MarkingBlocked"),
        *("CardsRefused", "CardsOverdue"),
        *("SchemaBreaking", "CardsBroken"),
        *("PricesHeld", "PricesRefused"),
        *("TokenDaysLeft", "ApiDrift", "DeprecationsNear", "StockMismatchPercent"),
        # what the business is judged by
        *("OrdersStored", "OrdersPlaced", "LabelsStored", "SuppliesDelivered", "StockRowsTold", "StockRowsRefused"),
        *("CardsSent", "CardsAccepted", "PricesChanged"),
        # what `watch` reads back, and the dashboards show
        *("LinkProblems", "FlowsStale"),
    }
)
"""Counts that become metrics, each of which is paid for; all others stand in the line `finished` of the log."""

type Report = Mapping[str, int]
"""What a run did, as counts by metric name."""

type Outcome = Sequence[SyncError | None]
"""What became of each message of a batch, in its order; None is done."""

LAST_MOMENTS = timedelta(seconds=15)
"""Before the function's time-out no new work is begun."""

GIVES_UP = timedelta(hours=12)
"""A message that was postponed for this long is failed, so that it ends in the dead letter queue and alarms."""


def utcnow() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the one clock; everything else gets it passed in


def deadline(context: Any) -> datetime:  # noqa: ANN401 Lambda's context has no importable type
    """When a flow has to stop beginning new work."""
    return utcnow() + timedelta(milliseconds=context.get_remaining_time_in_millis()) - LAST_MOMENTS


def count(report: Report) -> None:
    for name, number in report.items():
        if name in MEASURED:
            metrics.add_metric(name, MetricUnit.Count, number)


def scheduled(run: Callable[[dict[str, Any], datetime], Report]) -> Callable[[dict[str, Any], Any], dict[str, int]]:
    """A handler for a schedule: `run(event, deadline) -> report`. The next tick is the retry.

    TryLater is told and waits for the next tick; everything else goes red.
    """

    @logger.inject_lambda_context
    @metrics.log_metrics
    @wraps(run)
    def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ANN401 Lambda's context
        try:
            report = run(event, deadline(context))
        except TryLater as error:
            logger.warning("put off to the next tick", reason=str(error), wait=error.wait)
            count({"Postponed": 1})
            return {"Postponed": 1}
        except NotAuthorised as error:
            logger.error("not authorised", reason=error.reason)  # noqa: TRY400 Lambda logs the trace itself
            count({"NotAuthorised": 1})
            raise
        logger.info("finished", report=report)
        count({"Finished": 1, **report})
        return dict(report)

    return handler


def either(
    on_queue: Callable[[dict[str, Any], Any], dict[str, Any]],
    on_schedule: Callable[[dict[str, Any], Any], dict[str, int]],
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A handler for a function that both a queue and a schedule start."""
    return lambda event, context: on_queue(event, context) if "Records" in event else on_schedule(event, context)


def notified(run: Callable[[str], Report]) -> Callable[[dict[str, Any], Any], dict[str, int]]:
    """A handler for a topic: `run(message) -> report`. Failures go red, and Lambda tries again as often as it may.

    Its counts stand in the log only: that nobody was told is an error of the function, which AWS counts itself.
    """

    @logger.inject_lambda_context
    @wraps(run)
    def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:  # noqa: ANN401 Lambda's context
        report: Counter[str] = Counter()
        for record in event["Records"]:
            try:
                report.update(run(record["Sns"]["Message"]))
            except SyncError as error:
                logger.error("not told", reason=str(error), kind=type(error).__name__)  # noqa: TRY400 Lambda logs the trace itself
                raise
        logger.info("finished", report=report)
        return dict(report)

    return handler


@dataclass(frozen=True, slots=True)
class _Received[M]:
    record: Mapping[str, Any]
    message: M


def queued[M: BaseModel](
    message_type: type[M], queue: Callable[[], Queue[M]]
) -> Callable[
    [Callable[[Sequence[M], datetime], tuple[Outcome, Report]]], Callable[[dict[str, Any], Any], dict[str, Any]]
]:
    """A handler for a queue: `run(messages, deadline) -> (outcome of each, report)`.

    A malformed message fails alone. TryLater sends the message again with a delay and acknowledges it, so that
    waiting does not use up the queue's maxReceiveCount. Any other failure leaves the message to the queue.
    """

    def decorate(
        run: Callable[[Sequence[M], datetime], tuple[Outcome, Report]],
    ) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
        @logger.inject_lambda_context
        @metrics.log_metrics
        @wraps(run)
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 Lambda's context
            received, failed = _parsed(message_type, event["Records"])
            outcome, report = run([r.message for r in received], deadline(context)) if received else ([], {})
            failed += [
                r.record["messageId"]
                for r, error in zip(received, outcome, strict=True)
                if error is not None and not _postponed(error, r.record, queue)
            ]
            done = sum(error is None for error in outcome)
            logger.info("finished", report={**report, "Handled": done, "Failed": len(failed)})
            count({**report, "Failed": len(failed)})
            return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

        return handler

    return decorate


def _parsed[M: BaseModel](
    message_type: type[M], records: Sequence[Mapping[str, Any]]
) -> tuple[list[_Received[M]], list[str]]:
    received: list[_Received[M]] = []
    failed: list[str] = []
    for record in records:
        try:
            received.append(_Received(record, message_type.model_validate_json(record["body"])))
        except ValidationError as error:
            logger.error("malformed message", message_id=record["messageId"], problems=error.error_count())  # noqa: TRY400 a trace would show the body
            failed.append(record["messageId"])
    return received, failed


def _postponed[M: BaseModel](error: SyncError, record: Mapping[str, Any], queue: Callable[[], Queue[M]]) -> bool:
    """Whether the message went back to its queue to wait."""
    first_sent = _first_sent(record)
    if isinstance(error, TryLater) and utcnow() - first_sent < GIVES_UP:
        logger.warning("put off", reason=str(error), wait=error.wait, message_id=record["messageId"])
        queue().send_later(record["body"], wait=error.wait, first_sent=first_sent)
        count({"Postponed": 1})
        return True
    logger.error("failed", reason=str(error), kind=type(error).__name__, message_id=record["messageId"])
    if isinstance(error, NotAuthorised):
        count({"NotAuthorised": 1})
    return False


def _first_sent(record: Mapping[str, Any]) -> datetime:
    told = record.get("messageAttributes", {}).get("first_sent", {}).get("stringValue")
    if told:
        return datetime.fromisoformat(told)
    return datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
