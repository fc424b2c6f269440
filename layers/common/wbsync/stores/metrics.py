"""CloudWatch, read: what the functions' own metrics say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wbsync.stores.aws import aws_errors, cloudwatch

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

PERIOD = timedelta(minutes=15)
"""How exactly times are told: two days of it are 192 numbers for each metric, of the 100,000 that one answer holds."""


@dataclass(frozen=True, slots=True)
class Point:
    """The largest value in the PERIOD that ends at `at`."""

    at: datetime
    value: float


class MetricsStore:
    def __init__(self, namespace: str, client: "CloudWatchClient | None" = None) -> None:
        self._namespace = namespace
        self._client = client or cloudwatch()

    def latest(
        self, wanted: Iterable[tuple[str, str]], *, since: datetime, now: datetime
    ) -> dict[tuple[str, str], Point]:
        """The last point of each (service, metric) after `since`; those that have none are left out."""
        names = {f"m{number}": each for number, each in enumerate(dict.fromkeys(wanted))}
        queries = [self._query(name, *each) for name, each in names.items()]
        points: dict[tuple[str, str], Point] = {}
        with aws_errors("reading metrics"):
            answer = self._client.get_metric_data(MetricDataQueries=queries, StartTime=since, EndTime=now)
        for result in answer["MetricDataResults"]:
            found = list(_points(result["Timestamps"], result["Values"], now))
            if found:
                points[names[result["Id"]]] = max(found, key=lambda point: point.at)
        return points

    def _query(self, name: str, service: str, metric: str) -> "MetricDataQueryTypeDef":
        dimensions: list[Mapping[str, str]] = [{"Name": "service", "Value": service}]
        told = {"Namespace": self._namespace, "MetricName": metric, "Dimensions": dimensions}
        stat = {"Metric": told, "Period": int(PERIOD.total_seconds()), "Stat": "Maximum"}
        return {"Id": name, "MetricStat": stat}  # type: ignore[typeddict-item]  # the stub wants its own TypedDicts


def _points(starts: Iterable[datetime], values: Iterable[float], now: datetime) -> Iterator[Point]:
    yield from (Point(min(start + PERIOD, now), value) for start, value in zip(starts, values, strict=True))
