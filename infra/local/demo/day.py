"""A working day: the outside world acts, the deployed functions are started as the clock would start them.

Queues are polled by the local cloud itself. Every wait is bounded and says what was awaited.

What goes wrong on the way, each time once: WB refuses a row of stock; WB answers 500 when asked for orders, and again
when told stock; the shop's connection breaks while its stock is read; the shop is overloaded when an order is placed,
and when a label's link is written; messages are delivered twice; buyers cancel before anybody saw their order, and
after it was placed.

No connection breaks while something is written to the shop: what was written is looked at again only after half a
minute, an order after two. tests/flows has these without the waiting.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any, Literal

import httpx

from infra.local import cloud
from infra.local.demo import counting
from infra.local.demo.counting import World
from infra.local.demo.people import People
from infra.local.ministack import CloudError
from infra.local.stage import WAREHOUSE, Size, Stage, shop

type Json = dict[str, Any]
type Queue = Literal["StockBatchesQueue", "NewOrdersQueue", "LabelsWantedQueue"]

WAVES = 3
CROSS_BORDER, UNKNOWN, CANCELLED = 0.10, 0.03, 0.02  # shares of the buyers' orders
PATIENCE = 60.0  # seconds for one thing to happen
TICK_AGAIN = 2.0  # seconds until a function that put its work off is started again
LOOKS_EVERY = 0.5


@dataclass(slots=True)
class Day:
    """`say` shows what is going on; `pdfs` is the folder for the opened labels."""

    stage: Stage
    people: People
    size: Size
    say: Callable[[str], None]
    forgotten: int = 0  # the offer whose barcode nobody wrote
    refused: int = 0  # the offer that WB refuses to sell
    opened: list[int] = field(default_factory=list)

    def hours(self) -> Mapping[str, Callable[[], str]]:
        """The day in its order, by names for people; each says in a few words what came of it."""
        return {
            "link cards and offers": self.link,
            "tell WB all stock": self.tell_all_stock,
            "the shop sells and restocks": self.trade_in_shop,
            "buyers order in waves": self.serve_buyers,
            "an unknown barcode becomes known": self.write_forgotten_barcode,
            "supplies are assembled": self.assemble,
            "labels are fetched": self.fetch_labels,
            "every label link is opened": self.open_labels,
            "last comparison of stock": self.close,
        }

    # The hours

    def link(self) -> str:
        self.forgotten = self.people.open_shop(offers=self.size.offers, seed=self.size.seed)
        linked = self._tick("LinkCards")["SizesLinked"]
        if linked != self.size.offers:
            raise CloudError(f"{linked} of {self.size.offers} offers were linked")
        return f"{linked} sizes are linked"

    def tell_all_stock(self) -> str:
        """WB refuses one row: the others must arrive, and it must not be sent again at once."""
        world = self.world()
        chrt, self.refused = next(
            (chrt, offer) for chrt, offer in world.linked.items() if chrt in counting.wrong_rows(world)
        )
        self.people.trouble_on_wb("PUT /api/v3/stocks/*", "refuse_rows", chrt_ids=[chrt])
        self._settle_stock(full=True, but=chrt)
        return "all but the row that WB refuses"

    def trade_in_shop(self) -> str:
        """The offer that WB refuses sells in the shop to its last unit, so that WB's nothing becomes right."""
        product = next(each for each in self.people.shop()["products"] if each["id"] == self.refused)
        self.people.sell_in_shop(self.refused, int(product["quantity"]))
        some = max(5, self.size.offers // 50)
        self.people.trade(some, some, most=4, but=self.refused)
        self.people.trouble_in_shop("batch", "cut_after")
        self._settle_stock()
        return f"about {2 * some} offers"

    def serve_buyers(self) -> str:
        """Three waves, and trouble in each; the second comes while amounts are on their way to WB."""
        across, unknown = (max(1, round(self.size.orders * share)) for share in (CROSS_BORDER, UNKNOWN))
        for wave in range(WAVES):
            self._trade_a_little()
            if wave == 0:
                self.people.trouble_on_wb("GET /api/v3/orders/new", "500")
            if wave == 1:
                self._tick("CollectStock")
            bought = self.people.buy(
                _part(self.size.orders, wave), cross_border=_part(across, wave), unknown=_part(unknown, wave)
            )
            if wave == 0:
                self.people.change_mind(self._fickle(bought))
            if wave == 2:
                self.people.trouble_in_shop("batch", "503")
            self._place(bought)
            if wave == 1:
                self._deliver_again(bought)
            if wave == 2:
                self.people.trouble_on_wb("PUT /api/v3/stocks/*", "500")
            self._settle_stock()
        return f"{len(self.people.wb()['orders'])} ordered"

    def write_forgotten_barcode(self) -> str:
        world = self.world()
        ordered = next(order for order in world.bought if order["unknownBarcode"])
        self.people.write_barcodes(self.forgotten, ordered["skus"])
        self._tick("LinkCards")
        self._tick("Sweep")
        self._until_placed()
        self._settle_stock()
        return f"order {ordered['id']} is placed"

    def assemble(self) -> str:
        """A few buyers change their minds; what else stands in the shop is put into supplies."""
        world = self.world()
        placed = [order for order in world.bought if order["id"] in world.placed]
        fickle = self._fickle(placed)
        self.people.change_mind(fickle)
        gone = {order["id"] for order in fickle}
        made = self.people.assemble(order for order in placed if order["id"] not in gone)
        return f"{made} supplies"

    def fetch_labels(self) -> str:
        """Cross-border ones have to be asked for twice, and the shop does not take one of the links at once."""
        self.people.trouble_in_shop("sale.propertyvalue.modify", "503")

        def ticked() -> str:
            self._tick("FetchLabels")
            self._until_done("LabelsWantedQueue")
            world = self.world()
            missing = set(counting.labels_owed(world)) - counting.label_links(world).keys()
            return f"{len(missing)} links are missing" if missing else ""

        self._until("label links in all orders on assembly", ticked, self.size.orders / 2)
        return f"{len(self.labels_stored())} are stored"

    def open_labels(self) -> str:
        folder: Path = self.size.out / "labels"
        folder.mkdir(parents=True, exist_ok=True)
        links = counting.label_links(self.world())
        with httpx.Client(timeout=PATIENCE) as browser, ThreadPoolExecutor(2) as clicks:

            def click(order_id: int, link: str) -> None:
                pdf = opened(browser, cloud.reachable(self.stage.ministack, link))
                if pdf is not None:
                    (folder / f"{order_id}.pdf").write_bytes(pdf)
                    self.opened.append(order_id)

            list(clicks.map(click, links.keys(), links.values()))
        return f"{len(self.opened)} of {len(links)} show their PDF"

    def close(self) -> str:
        """The day's full comparison with WB's own numbers, which also sees the units of cancelled orders."""
        self._settle_stock(full=True)
        return ""

    # What can be seen

    def world(self) -> World:
        return World(self.people.wb(), self.people.shop(), shop().stock, WAREHOUSE)

    def reasons(self) -> dict[int, str]:
        """Why orders wait, as the owner is shown it: from the product's own table."""
        pages = (
            self.stage.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.stage.outputs["OrdersTable"], ConsistentRead=True)
        )
        rows = [row for page in pages for row in page["Items"]]
        return {int(row["order_id"]["N"]): row.get("reason", {}).get("S", "") for row in rows}

    def labels_stored(self) -> set[int]:
        """Orders whose label lies in the bucket."""
        pages = (
            self.stage.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.stage.outputs["LabelsBucket"], Prefix="labels/")
        )
        return {int(Path(each["Key"]).stem) for page in pages for each in page.get("Contents", [])}

    # What an hour is made of

    def _trade_a_little(self) -> None:
        some = max(2, self.size.offers // 200)
        # One unit each: it is in the safety stock, so a buyer on WB who is quicker than the amount takes nothing away.
        self.people.trade(some, some, most=1, but=self.refused)

    def _place(self, bought: list[Json]) -> None:
        self.say(f"{len(bought)} ordered")
        self._tick("PollOrders")
        self._until_placed()

    def _until_placed(self) -> None:
        def open_orders() -> str:
            world = self.world()
            lost, half = counting.lost(world, self.reasons()), counting.incomplete(world)
            return f"{len(lost)} are not there, {len(half)} are not whole" if lost or half else ""

        self._until("all orders in the shop, or waiting with their reason", open_orders, self.size.orders / 2)

    def _settle_stock(self, *, full: bool = False, but: int | None = None) -> None:
        """Tell WB what changed until WB shows what the shop can sell; a row may be left out."""

        def told() -> str:
            self._tick("CollectStock", {"full": full})
            self._until_done("StockBatchesQueue")
            wrong = counting.wrong_rows(self.world()).keys() - {but}
            return f"{len(wrong)} rows differ" if wrong else ""

        self._until("WB's stock to be what the shop can sell", told, self.size.offers / 500)

    def _fickle(self, orders: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Buyers who will change their minds: of known goods, from the seller's own country."""
        usual = [order for order in orders if not order["unknownBarcode"] and not order["crossBorderType"]]
        return usual[: max(1, round(self.size.orders * CANCELLED))]

    def _deliver_again(self, bought: list[Json]) -> None:
        """SQS promises to deliver at least once, and sometimes does it twice."""
        sqs, url = self.stage.client("sqs"), self.stage.outputs["NewOrdersQueue"]
        for some in batched(bought, 10, strict=False):
            entries = [{"Id": str(o["id"]), "MessageBody": f'{{"order_id": {o["id"]}}}'} for o in some]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self._until_done("NewOrdersQueue")

    def _tick(self, function: str, event: Mapping[str, object] | None = None) -> dict[str, int]:
        """Start a function as its schedule does; what it put off is left to the next tick, which comes soon."""
        give_up = time.monotonic() + PATIENCE
        while True:
            report = self.stage.invoke(function, event)
            if "Postponed" not in report:
                return report
            if time.monotonic() > give_up:
                raise CloudError(f"{function} puts its work off again and again")
            self.say(f"{function} waits for its next tick")
            time.sleep(TICK_AGAIN)

    def _until_done(self, queue: Queue) -> None:
        """Until no message is left but those that wait for their time."""
        sqs, url = self.stage.client("sqs"), self.stage.outputs[queue]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def left() -> str:
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            here, taken = (int(counts[name]) for name in names)
            return f"{here + taken} are left" if here or taken else ""

        self._until(f"{queue} to be empty", left, (self.size.offers + self.size.orders) / 100)

    def _until(self, what: str, missing: Callable[[], str], more: float = 0) -> None:
        """Wait until nothing is missing, for PATIENCE and `more` seconds. Raises CloudError that says what was."""
        give_up = time.monotonic() + PATIENCE + more
        while still := missing():
            if time.monotonic() > give_up:
                raise CloudError(f"waited {PATIENCE + more:.0f} s for {what}: {still}")
            self.say(still)
            time.sleep(LOOKS_EVERY)


def opened(browser: httpx.Client, link: str) -> bytes | None:
    """The PDF behind a label link: a redirect to S3 and no other way; None when there is none."""
    redirect = browser.get(link)
    if redirect.status_code != httpx.codes.FOUND:
        return None
    answer = browser.get(redirect.headers["Location"])
    return answer.content if answer.is_success and answer.content.startswith(b"%PDF-") else None


def _part(total: int, wave: int) -> int:
    """A wave's part of the whole, so that the parts make the whole."""
    return total * (wave + 1) // WAVES - total * wave // WAVES
