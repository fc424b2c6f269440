"""What goes wrong inside of the process of a function: it dies, AWS throttles it, SQS delivers twice and late.

The hooks stand between botocore or httpx and the network, so that the product's own code runs unchanged.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

LONGEST_DELAY = 900
"""Seconds for which SQS holds a copy back at most."""

ALONE = 40, 115
"""Seconds for which PHP goes on after its client is gone."""

AGAIN = 60, 2400
"""Seconds after which SQS hands out again what was deleted: perhaps after the next reading of the shop."""

_MOST_AT_ONCE = 10
_THROTTLED = {"dynamodb": "ProvisionedThroughputExceededException", "sqs": "RequestThrottled"}


class Killed(BaseException):
    """The process is gone: no `except Exception` of the product may see it."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Chances: of each outgoing call that the process dies right before or right after it; of each call to DynamoDB or
    SQS that AWS throttles it; of each message that it comes twice: a copy up to 15 minutes later, or itself again;
    of each call that makes something in the shop, that the line breaks while the shop goes on.
    """

    kill: float = 0.0
    throttle: float = 0.0
    double: float = 0.0
    late: float = 0.0


@dataclass(slots=True)
class Saboteur:
    dice: random.Random
    orders: Sabotage = field(default_factory=Sabotage)
    seen_again: set[str] = field(default_factory=set)
    going_on: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def obey(self, orders: Sabotage) -> None:
        self.orders = orders
        self.seen_again.clear()

    def watch(self, client: Any) -> None:
        """Meet every call of a boto3 client."""
        service = client.meta.service_model.service_name
        client.meta.events.register("before-call", self._before, unique_id=f"storm-before-{service}")
        client.meta.events.register("after-call", self._after, unique_id=f"storm-after-{service}")
        if service == "sqs":
            client.meta.events.register("provide-client-params.sqs.SendMessageBatch", self._doubled)

    def _before(self, model: Any, **_: object) -> tuple[Any, dict[str, Any]] | None:
        self.perhaps_die(1 / 2)
        code = _THROTTLED.get(model.service_model.service_name)
        if code is None or self.dice.random() >= self.orders.throttle:
            return None
        refusal = {"Error": {"Code": code, "Message": "too fast"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return _Answer(400), refusal

    def _after(self, **_: object) -> None:
        self.perhaps_die(1 / 2)

    def perhaps_die(self, share: float) -> None:
        """Half of the deaths are before the call, half after it."""
        if self.orders.kill and self.dice.random() < self.orders.kill * share:
            raise Killed

    def comes_again(self, body: str) -> int | None:
        """After how many seconds SQS hands out this message once more although it was deleted, if it does.

        Of those alike one at most: one that is put off is a new one each time, and copies would have copies.
        """
        if body in self.seen_again or self.dice.random() >= self.orders.double:
            return None
        self.seen_again.add(body)
        return self.dice.randint(*AGAIN)

    def goes_on_alone(self, work: Callable[[], object], at: float) -> bool:
        """Whether the line breaks now and the work is done later."""
        alone = bool(self.orders.late) and self.dice.random() < self.orders.late
        if alone:
            self.going_on.append((at + self.dice.uniform(*ALONE), work))
        return alone

    def next_alone(self, until: float) -> tuple[float, Callable[[], object]] | None:
        """The first work of those that is to be done by then; it is taken off."""
        due = min((each for each in self.going_on if each[0] <= until), key=lambda each: each[0], default=None)
        if due:
            self.going_on.remove(due)
        return due

    def _doubled(self, params: dict[str, Any], **_: object) -> dict[str, Any] | None:
        if not self.orders.double:
            return None
        copies = [
            {
                **entry,
                "Id": f"again-{entry['Id']}",
                "DelaySeconds": self.dice.choice((self.dice.randint(0, LONGEST_DELAY), LONGEST_DELAY)),
            }
            for entry in params["Entries"]
            if self.dice.random() < self.orders.double
        ]
        entries = [*params["Entries"], *copies][:_MOST_AT_ONCE]
        self.dice.shuffle(entries)
        return {**params, "Entries": entries}


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int


def _makes(request: httpx.Request) -> bool:
    return b".add" in request.content or ".add" in request.url.path


class Wire(httpx.BaseTransport):
    """The way to WB or the shop, on which a process may die; only PHP goes on when its client is gone."""

    def __init__(self, wsgi: Callable[..., Any], saboteur: Saboteur, *, php: bool) -> None:
        self._transport = httpx.WSGITransport(app=wsgi)
        self._saboteur = saboteur
        self._php = php

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._saboteur.perhaps_die(1 / 2)
        if self._php and _makes(request) and self._saboteur.goes_on_alone(lambda: self._alone(request), time.time()):
            raise httpx.ReadTimeout("the line broke", request=request)
        answer = self._transport.handle_request(request)
        answer.read()
        self._saboteur.perhaps_die(1 / 2)
        return answer

    def _alone(self, request: httpx.Request) -> None:
        with suppress(httpx.TransportError):  # another trouble of the simulator
            self._transport.handle_request(request).read()
