"""The product at home for a benchmark: the local cloud with the template's stores, both simulators, real HTTP between.

Simulators and cloud are processes of their own, so what this process spends is what the functions spend.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from importlib import import_module
from typing import Any

import httpx

from infra.local import bitrix, wildberries
from infra.local.cloud import environment
from infra.local.ministack import LOG, ROOT, ministack
from tests.fixtures import aws
from tests.fixtures.functions import Context, sqs_event
from tests.fixtures.template import template
from tests.fixtures.world import LABEL_KEY, shop
from wbsync.domain.shop import Shop
from wbsync.stores.aws import sqs, ssm

QUEUES = {"push_stock": "StockBatchesQueue", "place_orders": "NewOrdersQueue", "fetch_labels": "LabelsWantedQueue"}
"""The queue that starts each of these functions."""

_PARAMETERS = "/wbsync/local/"


@dataclass(frozen=True)
class Simulator:
    """A simulated server and the way behind its counter."""

    url: str

    @cached_property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=120)

    def sim(self, verb: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(verb, f"/_sim/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def state(self) -> Any:
        return self.sim("GET", "state")


@dataclass(frozen=True)
class Running(Context):
    """A run that has the time which the template gives its function."""

    def get_remaining_time_in_millis(self) -> int:
        return 1000 * int(template()["Resources"][logical_id(self.function_name)]["Properties"]["Timeout"])


@dataclass(frozen=True)
class House:
    cloud: str
    stores: aws.Aws
    wb: Simulator
    shop: Simulator
    webhook: str
    token: str
    rules: Shop
    variables: Mapping[str, str]  # of the functions

    def invoke(self, name: str, event: Mapping[str, Any] | None = None) -> Any:
        return import_module(f"functions.{name}.app").handler(dict(event or {}), Running(function_name=name))

    def drain(self, name: str) -> int:
        """Start the function from its queue, in the template's batches, until nothing waits; how many runs."""
        return sum(1 for _ in served(name, self.stores.queues[QUEUES[name]]))

    def ask_wb(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """As the seller's staff does, with no client of ours in between; as patiently as WB wants it."""
        token = {"Authorization": self.token}
        while True:
            answer = self.wb.http.request(verb, f"/marketplace-api{path}", json=body, params=query, headers=token)
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                break
            time.sleep(float(answer.headers["X-Ratelimit-Retry"]))
        if answer.is_error:
            raise RuntimeError(f"WB refused {verb} {path}: {answer.text[:300]}")  # httpx's own cannot be sent home
        return answer.json() if answer.content else None


def served(name: str, queue: str) -> Iterator[dict[str, Any]]:
    """Do what Lambda does for a function with a queue; yields each run's answer. Ends when nothing waits."""
    handler = import_module(f"functions.{name}.app").handler
    asked = {"MaxNumberOfMessages": batch_size(name), "WaitTimeSeconds": 1}
    while left(queue):
        messages = (
            sqs()
            .receive_message(QueueUrl=queue, AttributeNames=["All"], MessageAttributeNames=["All"], **asked)  # type: ignore[arg-type]  # **asked
            .get("Messages", [])
        )
        if not messages:
            continue
        answer = handler(sqs_event(*map(dict, messages)), Context(function_name=name))
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        done = [message["ReceiptHandle"] for message in messages if message["MessageId"] not in failed]
        sqs().delete_message_batch(
            QueueUrl=queue, Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(done)]
        )
        if failed:
            raise RuntimeError(f"{name} failed {len(failed)} messages")
        yield answer


def left(queue: str) -> int:
    """Messages that wait, are put off or are being worked on."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    counted = sqs().get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]  # type: ignore[arg-type]  # wants literals
    return sum(int(number) for number in counted.values())


def batch_size(name: str) -> int:
    """The most messages of one run, as the template has it."""
    events = template()["Resources"][logical_id(name)]["Properties"]["Events"].values()
    [queue] = [event["Properties"] for event in events if event["Type"] == "SQS"]
    return int(queue["BatchSize"])


def logical_id(name: str) -> str:
    """The function's name in the template."""
    return "".join(part.capitalize() for part in name.split("_"))


@contextmanager
def house(*, goods: int, rules: Shop | None = None) -> Iterator[House]:
    """A shop with so many offers, all of which WB has too. Call it in a process of its own: AWS clients are kept."""
    rules = rules or shop()
    with ExitStack() as stack:
        cloud = stack.enter_context(ministack(LOG.with_name("ministack-bench.log")))
        os.environ.update(environment(cloud))  # noqa: TID251 before the first client is made
        wb = Simulator(stack.enter_context(_running("infra.local.wildberries", "--goods", str(goods))))
        bitrix_shop = Simulator(stack.enter_context(_running("infra.local.bitrix", "--offers", str(goods))))
        category = wildberries.Category
        token = wildberries.make_token(
            categories=(category.CONTENT, category.MARKETPLACE, category.ANALYTICS),
            expires=datetime.now(UTC) + timedelta(days=9),  # noqa: TID251 the simulator runs on the real clock
        )
        stores = aws.make("bench-")
        webhook = bitrix.Bitrix().webhook(bitrix_shop.url)
        variables = _furnish(stores, rules, wb=wb.url, webhook=webhook, token=token)
        os.environ.update(variables)  # noqa: TID251 the functions' own
        yield House(cloud, stores, wb, bitrix_shop, webhook, token, rules, variables)


def _furnish(stores: aws.Aws, rules: Shop, *, wb: str, webhook: str, token: str) -> dict[str, str]:
    """Put the owner's parameters; the variables that the template would give the functions."""
    secrets = {"wb-token": token, "bitrix-webhook": webhook, "label-key": LABEL_KEY.decode()}
    ssm().put_parameter(Name=f"{_PARAMETERS}config", Value=rules.model_dump_json(), Type="String", Overwrite=True)
    for name, value in secrets.items():
        ssm().put_parameter(Name=_PARAMETERS + name, Value=value, Type="SecureString", Overwrite=True)
    named = {f"{name.replace('-', '_').upper()}_PARAMETER": _PARAMETERS + name for name in ("config", *secrets)}
    logical = {_variable(logical_id): name for logical_id, name in (stores.tables | stores.queues).items()}
    return {
        **named,
        **logical,
        "WB_HOST_TEMPLATE": wb + "/{api}",
        "LABEL_BASE_URL": "https://labels.test/",
        "LABELS_BUCKET": stores.bucket,
        "POWERTOOLS_METRICS_NAMESPACE": "wbsync",
    }


def _variable(logical_id: str) -> str:
    return "".join(f"_{c}" if c.isupper() else c.upper() for c in logical_id).lstrip("_")


@contextmanager
def _running(module: str, *options: str) -> Iterator[str]:
    """A simulator in a process of its own; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--port", "0", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{module} does not start: exit code {process.wait()}")
        yield line.split()[1]
    finally:
        process.terminate()
        process.wait()


def utcnow() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the house runs on the real clock


def clock() -> float:
    """Seconds of a clock that all processes of this machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
