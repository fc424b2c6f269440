"""The whole product in one process: real handlers, the template's stores and queues in moto, one clock that jumps.

Queues do what AWS does: messages are hidden for the template's time, counted, handed out in any order in batches of the
template's size, deleted when they were handled, and laid aside as dead letters after the template's number of tries.
"""

import json
import logging
import os
import random
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import httpx
import time_machine
from moto import mock_aws
from moto.sqs.models import SQSBackend, sqs_backends

from infra.local.bitrix import Bitrix, Seed
from infra.local.wildberries import Category, Wildberries, make_token
from infra.local.wildberries import World as WbSeed
from tests.e2e.storm.sabotage import Killed, Sabotage, Saboteur, Wire
from tests.fixtures.aws import Aws, make
from tests.fixtures.functions import FUNCTIONS, Context, sqs_event, variable
from tests.fixtures.template import resources
from tests.fixtures.world import LABEL_KEY
from wbsync.connections import bitrix as bitrix_connection
from wbsync.connections import wildberries as wb_connection
from wbsync.domain.shop import Shop
from wbsync.errors import SyncError
from wbsync.stores import parameters
from wbsync.stores.aws import dynamodb, s3, sqs, ssm

BEGAN = datetime(2026, 11, 23, 5, tzinfo=UTC)  # eight in the morning in Minsk
_ACCOUNT = "123456789012"  # moto's
_AT_ONCE = 10
_ROUNDS = 40  # of handing out; more would be messages that chase each other
_storms = count(1)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A queue that starts a function, as the template says."""

    queue: str
    function: str
    batch: int
    hidden: int  # seconds
    tries: int
    dead_letters: str


@cache
def triggers() -> tuple[Trigger, ...]:
    """By the order in which they stand in the template."""
    queues = resources("AWS::SQS::Queue")
    found = []
    for function, properties in resources("AWS::Serverless::Function").items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                name = event["Properties"]["Queue"]["GetAtt"].removesuffix(".Arn")
                redrive = queues[name]["RedrivePolicy"]
                found.append(
                    Trigger(
                        queue=name,
                        function=function,
                        batch=event["Properties"]["BatchSize"],
                        hidden=queues[name]["VisibilityTimeout"],
                        tries=redrive["maxReceiveCount"],
                        dead_letters=redrive["deadLetterTargetArn"]["GetAtt"].removesuffix(".Arn"),
                    )
                )
    return tuple(found)


@dataclass
class InProcess:
    """See place.Place."""

    shop: Shop
    aws: Aws
    wildberries: Wildberries
    bitrix: Bitrix
    clock: time_machine.Traveller
    saboteur: Saboteur
    deaths: int = 0
    bugs: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=count)

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 the storm's own clock is everybody's

    def advance(self, seconds: float) -> None:
        """What the shop does behind broken lines is done on the way, each at its time."""
        until = time.time() + seconds
        while due := self.saboteur.next_alone(until):
            at, work = due
            self.clock.shift(max(0.0, at - time.time()))
            work()
        self.clock.shift(max(0.0, until - time.time()))

    def invoke(self, function: str, event: Mapping[str, object] | None = None) -> Mapping[str, Any] | None:
        """A function that dies takes what it remembered with it."""
        app = import_module(f"functions.{_folder(function)}.app")
        try:
            answer: Mapping[str, Any] = app.handler(dict(event or {}), Context())
        except Killed:
            self.deaths += 1
            _forget()
            return None
        except SyncError:
            return None
        except Exception as bug:  # noqa: BLE001 as Lambda: whatever it was, the invocation failed
            self.bugs.add(f"{function}: {type(bug).__name__}: {bug}")
            return None
        return answer

    def settle(self) -> None:
        for _ in range(_ROUNDS):
            handed_out = [self._hand_out(trigger) for trigger in triggers()]
            if not any(handed_out):
                return
        raise AssertionError("the queues never become empty")

    def _hand_out(self, trigger: Trigger) -> bool:
        """Everything that can be seen in one queue; whether there was anything."""
        url = self.aws.queues[trigger.queue]
        seen: list[dict[str, Any]] = []
        while self._visible(trigger.queue):
            seen += self._receive(url)
        self.saboteur.dice.shuffle(seen)
        for start in range(0, len(seen), trigger.batch):
            self._handle(trigger, url, seen[start : start + trigger.batch])
        return bool(seen)

    def _visible(self, queue: str) -> int:
        """As moto itself knows it: asking it as AWS would be a third of a storm's time."""
        name = self.aws.queues[queue].rpartition("/")[2]
        count: int = sqs_backends[_ACCOUNT]["eu-central-1"].queues[name].approximate_number_of_messages
        return count

    def _receive(self, url: str) -> list[dict[str, Any]]:
        with self._in_peace():
            answer = sqs().receive_message(
                QueueUrl=url, MaxNumberOfMessages=_AT_ONCE, AttributeNames=["All"], MessageAttributeNames=["All"]
            )
        return [dict(message) for message in answer.get("Messages", [])]

    def _handle(self, trigger: Trigger, url: str, messages: list[dict[str, Any]]) -> None:
        answer = self.invoke(trigger.function, sqs_event(*messages))
        if answer is None:
            return
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            again = self.saboteur.comes_again(message["Body"])
            with self._in_peace():
                if again:
                    sqs().change_message_visibility(
                        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=again
                    )
                elif message["MessageId"] not in failed:
                    sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def sabotage(self, orders: Sabotage) -> None:
        self.saboteur.obey(orders)

    @contextmanager
    def _in_peace(self) -> Iterator[None]:
        """What AWS itself, or the storm, does is not sabotaged."""
        orders, self.saboteur.orders = self.saboteur.orders, Sabotage()
        try:
            yield
        finally:
            self.saboteur.orders = orders

    def sim(self, side: Literal["wb", "shop"], verb: str, path: str, body: object = None) -> Any:
        app = self.wildberries.wsgi if side == "wb" else self.bitrix.wsgi
        with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sim.test") as http:
            answer = http.request(verb, path, json=body)
        return json.loads(answer.content or b"null") if answer.is_success else None

    def put_secret(self, name: Literal["wb-token", "bitrix-webhook"], value: str) -> None:
        with self._in_peace():
            ssm().put_parameter(Name=f"/{self.aws.bucket}/{name}", Value=value, Type="SecureString", Overwrite=True)

    def table(self, name: str) -> list[Mapping[str, Any]]:
        with self._in_peace():
            pages = dynamodb().get_paginator("scan").paginate(TableName=self.aws.tables[name], ConsistentRead=True)
            return [{k: next(iter(v.values())) for k, v in item.items()} for page in pages for item in page["Items"]]

    def files(self, folder: str) -> set[str]:
        with self._in_peace():
            pages = s3().get_paginator("list_objects_v2").paginate(Bucket=self.aws.bucket, Prefix=folder)
            return {each["Key"].removeprefix(folder) for page in pages for each in page.get("Contents", [])}

    def dead_letters(self) -> Mapping[str, int]:
        with self._in_peace():
            return {t.dead_letters: self._waiting(t.dead_letters) for t in triggers()}

    def _waiting(self, queue: str) -> int:
        told = sqs().get_queue_attributes(
            QueueUrl=self.aws.queues[queue], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(told["Attributes"]["ApproximateNumberOfMessages"])

    def redrive(self) -> None:
        with self._in_peace():
            for trigger in triggers():
                source, target = self.aws.queues[trigger.dead_letters], self.aws.queues[trigger.queue]
                for message in self.aws.messages(trigger.dead_letters) if source else ():
                    sqs().send_message(QueueUrl=target, MessageBody=message["Body"])


@contextmanager
def in_process(shop: Shop, *, goods: int, seed: int) -> Iterator[InProcess]:
    """A small shop that nobody has linked yet."""
    with ExitStack() as entered:
        entered.enter_context(redirect_stdout(entered.enter_context(Path(os.devnull).open("w"))))  # metrics
        entered.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.CRITICAL)
        entered.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "No application metrics")  # of a handler that failed; no failure of its own
        clock = entered.enter_context(time_machine.travel(BEGAN, tick=False))
        entered.enter_context(patch.object(time, "sleep", clock.shift))
        entered.enter_context(mock_aws())
        # moto reads all attributes of a queue for each message it hands out; nothing here is four days old
        entered.enter_context(patch.object(SQSBackend, "is_message_valid_based_on_retention_period", _is_kept))
        for made in (dynamodb, s3, sqs, ssm):
            made.cache_clear()
            entered.callback(made.cache_clear)
        aws = make(f"S{next(_storms)}-")  # an account may be open already, with an earlier storm's tables in it
        _furnish(aws)
        wildberries = Wildberries(WbSeed(goods=goods, foreign_cards=1, seed=seed), sleep=clock.shift)
        bitrix = Bitrix(Seed(offers=goods, seed=seed), sleep=clock.shift)
        saboteur = Saboteur(random.Random(seed))
        for client in (dynamodb(), s3(), sqs(), ssm()):
            saboteur.watch(client)
        entered.enter_context(patch.dict(os.environ, _environment(aws, shop, bitrix)))  # noqa: TID251 the functions' own
        for connection, app, php in ((wb_connection, wildberries, False), (bitrix_connection, bitrix, True)):
            http = httpx.Client(transport=Wire(app.wsgi, saboteur, php=php))
            entered.enter_context(patch.object(connection, "http", lambda http=http: http))
        entered.callback(_forget)
        _forget()
        yield InProcess(shop, aws, wildberries, bitrix, clock, saboteur)


def _is_kept(*_: object) -> bool:
    return True


def _furnish(aws: Aws) -> None:
    """Queues behave as the template says."""
    for trigger in triggers():
        arn = sqs().get_queue_attributes(QueueUrl=aws.queues[trigger.dead_letters], AttributeNames=["QueueArn"])
        redrive = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": trigger.tries}
        sqs().set_queue_attributes(
            QueueUrl=aws.queues[trigger.queue],
            Attributes={"VisibilityTimeout": str(trigger.hidden), "RedrivePolicy": json.dumps(redrive)},
        )


def _environment(aws: Aws, shop: Shop, bitrix: Bitrix) -> dict[str, str]:
    prefix = f"/{aws.bucket}/"
    webhook = bitrix.webhook("http://shop.test")
    for name, value in {"wb-token": token(), "bitrix-webhook": webhook, "label-key": LABEL_KEY.decode()}.items():
        ssm().put_parameter(Name=prefix + name, Value=value, Type="SecureString")
    ssm().put_parameter(Name=prefix + "config", Value=shop.model_dump_json(), Type="String", Tier="Advanced")
    return {
        "CONFIG_PARAMETER": prefix + "config",
        "WB_TOKEN_PARAMETER": prefix + "wb-token",
        "BITRIX_WEBHOOK_PARAMETER": prefix + "bitrix-webhook",
        "LABEL_KEY_PARAMETER": prefix + "label-key",
        "WB_HOST_TEMPLATE": "http://wb.test/{api}",
        "LABEL_BASE_URL": "https://labels.test/",
        "LABELS_BUCKET": aws.bucket,
        **{variable(name): value for name, value in (aws.tables | aws.queues).items()},
    }


def token(generation: int = 0) -> str:
    """The seller's token, and those that replace it."""
    return make_token(
        categories=(Category.CONTENT, Category.MARKETPLACE), expires=BEGAN + timedelta(days=170 + generation)
    )


def _folder(function: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in function).lstrip("_")


def _forget() -> None:
    """A new process, as far as what is kept between invocations goes."""
    wb_connection.wildberries.cache_clear()
    bitrix_connection.bitrix.cache_clear()
    bitrix_connection.properties_in_period.cache_clear()
    parameters.provider.cache_clear()
    for app in FUNCTIONS.glob("*/app.py"):
        for kept in vars(import_module(f"functions.{app.parent.name}.app")).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()
