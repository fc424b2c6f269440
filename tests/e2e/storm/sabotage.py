"""What goes wrong inside of the process of a function: it dies, AWS throttles it, SQS delivers twice and late.

The hooks stand between botocore or httpx and the network, so that the product's own code runs unchanged.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

LONGEST_DELAY = 900
"""Seconds for which SQS holds a copy back at most."""

_MOST_AT_ONCE = 10
_THROTTLED = {"dynamodb": "ProvisionedThroughputExceededException", "sqs": "RequestThrottled"}


class Killed(BaseException):
    """The process is gone: no `except Exception` of the product may see it."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Chances: of each outgoing call that the process dies right before or right after it; of each call to DynamoDB or
    SQS that AWS throttles it; of each message that it comes twice: a copy up to 15 minutes later, or itself again.
    """

    kill: float = 0.0
    throttle: float = 0.0
    double: float = 0.0


@dataclass(slots=True)
class Saboteur:
    dice: random.Random
    orders: Sabotage = field(default_factory=Sabotage)

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

    def comes_again(self) -> bool:
        """SQS may hand out a message once more after it was deleted."""
        return self.dice.random() < self.orders.double

    def _doubled(self, params: dict[str, Any], **_: object) -> dict[str, Any] | None:
        if not self.orders.double:
            return None
        copies = [
            {**entry, "Id": f"again-{entry['Id']}", "DelaySeconds": self.dice.randint(0, LONGEST_DELAY)}
            for entry in params["Entries"]
            if self.dice.random() < self.orders.double
        ]
        entries = [*params["Entries"], *copies][:_MOST_AT_ONCE]
        self.dice.shuffle(entries)
        return {**params, "Entries": entries}


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int


class Wire(httpx.BaseTransport):
    """The way to WB or Bitrix, on which a process may die."""

    def __init__(self, wsgi: Callable[..., Any], saboteur: Saboteur) -> None:
        self._transport = httpx.WSGITransport(app=wsgi)
        self._saboteur = saboteur

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._saboteur.perhaps_die(1 / 2)
        answer = self._transport.handle_request(request)
        answer.read()
        self._saboteur.perhaps_die(1 / 2)
        return answer
