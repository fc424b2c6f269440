"""Our own queues: messages go out in tens."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from wbsync.errors import Unavailable
from wbsync.stores.aws import aws_errors, sqs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = 900
"""Seconds; SQS holds a message back no longer."""

MOST_AT_ONCE, MOST_BYTES = 10, 262_144
"""Messages, and bytes of all of them together, that SQS takes in one call."""


class Queue[Message: BaseModel]:
    def __init__(self, url: str, client: "SQSClient | None" = None) -> None:
        self._url = url
        self._client = client or sqs()

    def send(self, messages: Iterable[Message]) -> int:
        """Queue all messages; how many there were. Unavailable when AWS did not take one of them."""
        sent = 0
        for piece in _pieces(message.model_dump_json() for message in messages):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(piece)]
            with aws_errors("queueing"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]  # the stub wants its own TypedDict
            if answer.get("Failed"):
                raise Unavailable(f"queueing: AWS did not take {len(answer['Failed'])} messages", wait=5)
            sent += len(piece)
        return sent

    def send_later(self, body: str, *, wait: float, first_sent: datetime) -> None:
        """Queue a message's body again, to be seen after `wait` seconds; it remembers when it was first sent."""
        with aws_errors("queueing again"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                DelaySeconds=min(LONGEST_DELAY, max(1, math.ceil(wait))),
                MessageAttributes={"first_sent": {"DataType": "String", "StringValue": first_sent.isoformat()}},
            )


def _pieces(bodies: Iterable[str]) -> Iterator[list[str]]:
    piece: list[str] = []
    size = 0
    for body in bodies:
        grown = len(body.encode())
        if piece and (len(piece) >= MOST_AT_ONCE or size + grown > MOST_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(body)
        size += grown
    if piece:
        yield piece
