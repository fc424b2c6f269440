"""Our own queues: messages go out in tens."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from wbsync.errors import Unavailable
from wbsync.stores.aws import aws_errors, sqs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

LONGEST_DELAY = 900
"""Seconds; SQS holds a message back no longer."""

MOST_AT_ONCE, MOST_BYTES = 10, 262_144
"""Messages, and bytes of all of them together, that SQS takes in one call."""


LOOKED_AT_FOR, SEEN_AGAIN, MOVED_WITHIN = 3, 4, 60
"""Seconds for which a dead letter is hidden while somebody looks at it, after which it is seen again for sure, and for
which it is hidden while it is sent back."""


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


class DeadLetters:
    """What a queue gave up, to be counted, looked at, and sent back."""

    def __init__(self, url: str, client: "SQSClient | None" = None) -> None:
        self._url = url
        self._client = client or sqs()

    def depth(self) -> int:
        """Messages, those that somebody looks at just now too; AWS counts them roughly."""
        names: list[QueueAttributeNameType] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with aws_errors("counting dead letters"):
            found = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def look(self, most: int) -> list["Letter"]:
        """Up to `most` messages; they stay, and are seen again by others after a few seconds."""
        found: dict[str, Letter] = {}
        while len(found) < most:
            piece = self._receive(min(MOST_AT_ONCE, most - len(found)), hidden_for=LOOKED_AT_FOR, patience=1)
            new = {letter.message_id: letter for letter in piece} | found
            if len(new) == len(found):
                break
            found = new
        return list(found.values())

    def redrive(self, queue_url: str) -> int:
        """Send those that lie here now back to their queue; how many there were.

        Each is sent before it is deleted, so that none is lost; one that is sent twice does no harm. They begin anew:
        AWS's own move would keep the time of their first sending, for which they were given up.
        """
        wanted, moved = self.depth(), 0
        while moved < wanted and (piece := self._receive(MOST_AT_ONCE, hidden_for=MOVED_WITHIN, patience=SEEN_AGAIN)):
            for letter in piece:
                with aws_errors("sending dead letters back"):
                    self._client.send_message(QueueUrl=queue_url, MessageBody=letter.body)
                    self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)
            moved += len(piece)
        return moved

    def purge(self) -> None:
        """Delete all of them. AWS takes up to a minute for it."""
        with aws_errors("purging dead letters"):
            self._client.purge_queue(QueueUrl=self._url)

    def _receive(self, most: int, *, hidden_for: int, patience: int) -> list["Letter"]:
        """Wait up to `patience` seconds for the first one; else SQS asks a part of its servers and may miss all."""
        with aws_errors("reading dead letters"):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=most,
                VisibilityTimeout=hidden_for,
                WaitTimeSeconds=patience,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        return [
            Letter(m["MessageId"], m["Body"], datetime.fromtimestamp(int(m["Attributes"]["SentTimestamp"]) / 1000, UTC),
                   m["ReceiptHandle"])
            for m in answer.get("Messages", ())
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: its body, and when it was last sent to its queue."""

    message_id: str
    body: str
    sent_at: datetime
    receipt: str = field(repr=False)


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
