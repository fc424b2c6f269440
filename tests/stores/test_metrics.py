"""The last value of a metric and its time, against moto's CloudWatch."""

from datetime import UTC, datetime, timedelta

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from tests.fixtures.aws import Aws
from wbsync.stores.aws import cloudwatch
from wbsync.stores.metrics import PERIOD, MetricsStore

NOW = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_metrics_of_other_tests(aws: Aws) -> None:
    """moto forgets to look at a metric's namespace where dimensions are named."""
    cloudwatch_backends["123456789012"]["eu-central-1"].reset()


def put(namespace: str, service: str, metric: str, value: float, *, at: datetime) -> None:
    cloudwatch().put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "service", "Value": service}],
                "Value": value,
                "Timestamp": at,
            }
        ],
    )


def test_the_last_point_of_each_is_told_and_silence_is_left_out(aws: Aws) -> None:
    namespace = f"wbsync/{aws.bucket}"
    put(namespace, "sweep", "Finished", 1, at=NOW - timedelta(hours=5))
    put(namespace, "sweep", "Finished", 1, at=NOW - timedelta(minutes=40))
    put(namespace, "link_cards", "LinkProblems", 17, at=NOW - timedelta(minutes=70))
    put("wbsync/other", "poll_orders", "Finished", 1, at=NOW)
    wanted = [("sweep", "Finished"), ("link_cards", "LinkProblems"), ("poll_orders", "Finished")]
    found = MetricsStore(namespace).latest(wanted, since=NOW - timedelta(days=2), now=NOW)
    assert found.keys() == {("sweep", "Finished"), ("link_cards", "LinkProblems")}
    assert found["link_cards", "LinkProblems"].value == 17
    late = NOW - found["sweep", "Finished"].at
    assert timedelta(minutes=40) - PERIOD <= late <= timedelta(minutes=40)


def test_what_ended_before_the_time_asked_for_is_silence(aws: Aws) -> None:
    put(f"wbsync/{aws.bucket}", "sweep", "Finished", 1, at=NOW - timedelta(days=3))
    store = MetricsStore(f"wbsync/{aws.bucket}")
    assert store.latest([("sweep", "Finished")], since=NOW - timedelta(days=2), now=NOW) == {}
