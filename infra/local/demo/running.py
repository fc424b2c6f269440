"""What an hour of the demo is made of: functions started as the clock would start them, and waits that end.

Queues are polled by the local cloud itself. Every wait is bounded and says what was awaited.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.local import cloud
from infra.local.demo import counting
from infra.local.demo.counting import World
from infra.local.demo.people import People
from infra.local.ministack import ROOT, CloudError
from infra.local.stage import Size, Stage, shop

type Json = dict[str, Any]
type Queue = Literal["StockBatchesQueue", "NewOrdersQueue", "LabelsWantedQueue"]

PATIENCE = 60.0  # seconds for one thing to happen
TICK_AGAIN = 2.0  # seconds until a function that put its work off is started again
LOOKS_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Running:
    """`say` shows what is going on."""

    stage: Stage
    people: People
    size: Size
    say: Callable[[str], None]

    # What can be seen

    def world(self) -> World:
        return World(self.people.wb(), self.people.shop(), shop().stock, shop().warehouses)

    def rows(self, table: str) -> Iterator[Mapping[str, Any]]:
        """Everything in a table of the product (its name in the template): attributes without DynamoDB's types."""
        found = self.stage.client("dynamodb").get_paginator("scan")
        for page in found.paginate(TableName=self.stage.outputs[table], ConsistentRead=True):
            for row in page["Items"]:
                yield {name: next(iter(value.values())) for name, value in row.items()}

    def files(self, folder: str) -> set[str]:
        """Keys in the Labels bucket that begin with `folder`, without it."""
        bucket, found = self.stage.outputs["LabelsBucket"], self.stage.client("s3").get_paginator("list_objects_v2")
        pages = found.paginate(Bucket=bucket, Prefix=folder)
        return {each["Key"].removeprefix(folder) for page in pages for each in page.get("Contents", [])}

    def reasons(self) -> dict[int, str]:
        """Why orders wait, as the owner is shown it: from the product's own table."""
        return {int(row["order_id"]): row.get("reason", "") for row in self.rows("OrdersTable")}

    # What can be done

    def tick(self, function: str, event: Mapping[str, object] | None = None) -> dict[str, int]:
        """Start a function as its schedule does; what it put off is left to the next tick, which comes soon."""
        give_up = time.monotonic() + PATIENCE
        while True:
            report = self.stage.invoke(function, event)
            if not report.get("Postponed"):
                return report
            if time.monotonic() > give_up:
                raise CloudError(f"{function} puts its work off again and again")
            self.say(f"{function} waits for its next tick")
            time.sleep(TICK_AGAIN)

    def type_command(self, *words: str) -> tuple[bool, str]:
        """`wbsync …` as a person types it; whether it ended well, and what it said."""
        own = os.environ | cloud.environment(self.stage.ministack)  # noqa: TID251 a person's shell has the machine's settings
        command = [sys.executable, "-m", "infra.cli", *words, "--stage", cloud.STAGE]
        done = subprocess.run(  # noqa: S603 our own program, no shell
            command, cwd=ROOT, env=own, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        return done.returncode == 0, (done.stdout + done.stderr).strip()

    def settle_stock(self, *, full: bool = False, but: tuple[int, int] | None = None) -> None:
        """Tell WB what changed until WB shows what the shop can sell; a row may be left out."""

        def told() -> str:
            self.tick("CollectStock", {"full": full})
            self.until_done("StockBatchesQueue")
            wrong = counting.wrong_rows(self.world()).keys() - {but}
            return f"{len(wrong)} rows differ" if wrong else ""

        self.until("WB's stock to be what the shop can sell", told, self.size.offers / 500)

    def until_done(self, queue: Queue) -> None:
        """Until no message is left but those that wait for their time."""
        sqs, url = self.stage.client("sqs"), self.stage.outputs[queue]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def left() -> str:
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            here, taken = (int(counts[name]) for name in names)
            return f"{here + taken} are left" if here or taken else ""

        self.until(f"{queue} to be empty", left, (self.size.offers + self.size.orders) / 100)

    def until(self, what: str, missing: Callable[[], str], more: float = 0) -> None:
        """Wait until nothing is missing, for PATIENCE and `more` seconds. Raises CloudError that says what was."""
        give_up = time.monotonic() + PATIENCE + more
        while still := missing():
            if time.monotonic() > give_up:
                raise CloudError(f"waited {PATIENCE + more:.0f} s for {what}: {still}")
            self.say(still)
            time.sleep(LOOKS_EVERY)
