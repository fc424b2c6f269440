"""What becomes of the day's orders: assembled, marked, printed, handed over, sold or sent back, and proven.

WB's clock goes ahead in jumps, weeks in all, while everybody else's stands. What goes wrong on the way, each time once:
buyers and staff cancel before and after the assembly; WB's answer is lost after it put orders into a supply, and after
it took one over; the shop is overloaded when a label's link is written; one marking code is unreadable and one is
found bad by WB; a carrier loses a parcel, one is broken, and a buyer refuses his at the pick-up point.

No answer is lost after WB made a supply: whether it did is looked up only after three minutes, see docs/decisions/0007.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from infra.local import cloud
from infra.local.demo import counting, outcome, scanner
from infra.local.demo.counting import World
from infra.local.demo.day import fickle
from infra.local.demo.outcome import Kept, Paper
from infra.local.demo.people import People
from infra.local.demo.running import PATIENCE, Running
from infra.local.ministack import CloudError
from infra.local.stage import Size

type Json = dict[str, Any]

_MINUTES_OF_CHECKING, _HOURS_OF_SPOT = 11, 1.1
_JUMPS = (24, 48, 96, 170)  # hours: sorted, ready at the pick-up points, most are sold, all came to their end
_BAD_CODE = "sgtinRetired"


LIFE: tuple[tuple[str, int | None, str, float, int, int], ...] = (
    ("waiting", 0, "sorted", 1, 6, 20),
    ("waiting", 1, "accepted_by_carrier", 1, 4, 20),
    ("accepted_by_carrier", 1, "sent_to_carrier", 1, 6, 48),
    ("sent_to_carrier", 1, "sorted", 1, 24, 96),
    ("sorted", None, "ready_for_pickup", 1, 24, 48),
    ("ready_for_pickup", None, "sold", 0.88, 48, 120),
    ("ready_for_pickup", None, "cancel_by_client", 0.11, 48, 120),
    ("ready_for_pickup", None, "defect", 0.01, 48, 120),
)
"""Fields of the simulated WB's steps. As its usual life, but every order comes to an end, within the jumps."""


@dataclass(slots=True)
class Handover:
    run: Running
    opened: list[int] = field(default_factory=list)  # orders whose label was opened
    papers: list[Paper] = field(default_factory=list)
    unexplained: int = 0  # wrong marking codes that staff was not told of
    corrected: int = 0
    returns: int = 0

    @property
    def people(self) -> People:
        return self.run.people

    @property
    def size(self) -> Size:
        return self.run.size

    def hours(self) -> Mapping[str, Callable[[], str]]:
        """In their order, by names for people; each says in a few words what came of it."""
        return {
            "supplies are assembled": self.assemble,
            "labels are fetched": self.fetch_labels,
            "every label link is opened": self.open_labels,
            "marking codes are sent": self.send_marking,
            "supplies are handed over": self.deliver,
            "papers are printed and scanned": self.print_supplies,
            "parcels live at WB": self.let_parcels_live,
            "returns are taken back": self.take_returns,
            "orders are proven, stock is compared": self.close,
        }

    # The hours

    def assemble(self) -> str:
        """Buyers and staff change their minds before and after; what else stands in the shop is put into supplies."""
        placed = self._placed()
        self.people.change_mind(fickle(placed, self.size))
        self._cancel_in_shop(fickle(self._placed(), self.size), "Нет в наличии")
        self.until_sides_agree()
        placed = self._placed()
        self.people.assemble(self._in_shop(placed))
        self.people.trouble_on_wb("PATCH /api/marketplace/v3/supplies/*/orders", "cut_after")
        self.run.until("all assembled orders in supplies", self._put_into_supplies)
        packed = fickle(self._placed(), self.size)
        self._cancel_in_shop(packed, "Брак при сборке")
        self.people.change_mind(fickle([each for each in self._placed() if each not in packed], self.size))
        self.until_sides_agree()
        return f"{len(self.run.world().wb['supplies'])} supplies"

    def fetch_labels(self) -> str:
        """Cross-border ones have to be asked for twice, and the shop does not take one of the links at once."""
        self.people.trouble_in_shop("sale.propertyvalue.modify", "503")

        def ticked() -> str:
            self.run.tick("FetchLabels")
            self.run.until_done("LabelsWantedQueue")
            world = self.run.world()
            missing = set(counting.labels_owed(world)) - counting.label_links(world).keys()
            return f"{len(missing)} links are missing" if missing else ""

        self.run.until("label links in all orders on assembly", ticked, self.size.orders / 2)
        return f"{len(self.labels_stored())} are stored"

    def open_labels(self) -> str:
        folder: Path = self.size.out / "labels"
        folder.mkdir(parents=True, exist_ok=True)
        links = counting.label_links(self.run.world())
        with httpx.Client(timeout=PATIENCE) as browser, ThreadPoolExecutor(2) as clicks:

            def click(order_id: int, link: str) -> None:
                pdf = opened(browser, cloud.reachable(self.run.stage.ministack, link))
                if pdf is not None:
                    (folder / f"{order_id}.pdf").write_bytes(pdf)
                    self.opened.append(order_id)

            list(clicks.map(click, links.keys(), links.values()))
        return f"{len(self.opened)} of {len(links)} show their PDF"

    def send_marking(self) -> str:
        """Staff scans a code for each; one is typed in the wrong layout, and of one WB says that it is withdrawn."""
        marked = [order for order in self._placed() if order["metaDetails"]]
        unreadable, bad = marked[0], marked[1] if len(marked) > 1 else None
        for order in marked:
            self._scan(order, _code(order["id"], 1) if order is not unreadable else _unreadable(order["id"]))
        if bad:
            self.people.judge_marking(bad["id"], _BAD_CODE)
        self._send_codes()
        self._let_wb_check()
        self._see_explained(unreadable, "WB_MARKING", _unreadable(unreadable["id"]))
        if bad:
            self._see_explained(bad, "WB_PROBLEM", _code(bad["id"], 1))
        ended_well, said = self.run.type_command("supply", "deliver", unreadable["supplyId"])
        if ended_well:
            raise CloudError(f"a supply was handed over with wrong codes: {said}")
        for order in filter(None, (unreadable, bad)):
            self._scan(order, _code(order["id"], 2))
            self.corrected += 1
        self._send_codes()
        for order in filter(None, (unreadable, bad)):
            self.people.judge_marking(order["id"], None)  # the new one is good
        self._let_wb_check()
        return f"{outcome.codes_sent(self.run.world())} codes, {self.corrected} of them corrected"

    def deliver(self) -> str:
        """One supply by itself, whose answer is lost, then all others."""
        self.run.tick("PrintSupplies")  # the pick lists, before there is a supply's code
        first, *others = [supply["id"] for supply in self.run.world().wb["supplies"] if not supply["done"]]
        self.people.trouble_on_wb("PATCH /api/v3/supplies/*/deliver", "cut_after")
        for supplies in filter(None, ([first], others)):
            ended_well, said = self.run.type_command("supply", "deliver", *supplies)
            if not ended_well:
                raise CloudError(f"wbsync supply deliver: {said}")
        self.run.until("the code of every supply", self._codes_kept)
        self.people.let_time_pass(hours=_HOURS_OF_SPOT)
        self.run.until("SPOT of supplies to Russia", self._spot_kept)
        self.until_sides_agree()
        return f"{len(outcome.supplies_delivered(self.run.world()))} supplies"

    def print_supplies(self) -> str:
        """The link in any order of a supply opens its papers; out/ keeps them, and a scanner reads every page."""
        self.run.tick("PrintSupplies")
        folder: Path = self.size.out / "supplies"
        folder.mkdir(parents=True, exist_ok=True)
        world = self.run.world()
        with httpx.Client(timeout=PATIENCE) as browser:
            for supply in outcome.supplies_delivered(world):
                link = cloud.reachable(self.run.stage.ministack, outcome.supply_link(world, supply))
                for name in outcome.PAPERS:
                    pdf = opened(browser, f"{link}&paper={name}")
                    if pdf is not None:
                        (folder / f"{supply['id']}-{name}.pdf").write_bytes(pdf)
                        self.papers.append(Paper(supply["id"], name, *scanner.read(pdf)))
                        self.run.say(f"{supply['id']} {name}")
        stickers = outcome.stickers_read(world, self.papers)
        return f"{sum(paper.pages for paper in self.papers)} pages, {stickers} stickers"

    def let_parcels_live(self) -> str:
        names = ("stage", "cross_border_type", "event", "share", "least", "most")
        self.people.start_life([dict(zip(names, step, strict=True)) for step in LIFE])
        for jump in _JUMPS:
            self.people.let_time_pass(hours=jump)
            if jump == _JUMPS[0]:
                self._happens("cancel_by_carrier", self._at_wb("accepted_by_carrier", "sent_to_carrier"))
                self._happens("defect", self._at_wb("sorted"))
            if jump == _JUMPS[1]:
                self._happens("cancel_by_client", self._at_wb("ready_for_pickup"))
            self.until_sides_agree()
            self.run.settle_stock()
            self.run.say(", ".join(f"{count} {end}" for end, count in counting.ends(self.run.world()).items()))
        return self._ends()

    def take_returns(self) -> str:
        """Staff cancels the shop's order when the goods are there again, and their stock goes back on sale."""
        came = [each for each in self._placed() if counting.is_returned(each)]
        self.people.take_back(self._in_shop(came))
        self.until_sides_agree()
        self.run.settle_stock()
        self.returns = len(came)
        return f"{self.returns} are on their shelves again"

    def close(self) -> str:
        """The proof of all days, and the full comparison with WB's own numbers of stock."""
        self.run.tick("BuildSupplies")
        self.run.tick("ReconcileOrders")
        self.run.settle_stock(full=True)
        return f"{len(self.proofs())} days are proven"

    # What can be seen

    def kept(self) -> dict[int, Kept]:
        return {
            int(row["order_id"]): Kept(
                "/".join(filter(None, (row.get("wb_supplier"), row.get("wb_status")))), row.get("supply_id", "")
            )
            for row in self.run.rows("OrdersTable")
        }

    def proofs(self) -> list[Json]:
        return [json.loads(row["body"]) for row in self.run.rows("ProofsTable")]

    def fbo_kept(self) -> dict[int, int]:
        """Units in WB's own warehouses by chrtID, as our table has them."""
        return {int(row["chrt_id"]): sum(json.loads(row["amounts"]).values()) for row in self.run.rows("FboStockTable")}

    def labels_stored(self) -> set[int]:
        """Orders whose label lies in the bucket."""
        return {int(Path(name).stem) for name in self.run.files("labels/")}

    def _placed(self) -> list[Json]:
        """WB orders that stand in the shop, as WB has them."""
        world = self.run.world()
        return [dict(order) for order in world.bought if order["id"] in world.placed]

    def _at_wb(self, *statuses: str) -> list[Json]:
        return [order for order in self._placed() if order["wbStatus"] in statuses]

    def _in_shop(self, orders: Iterable[Mapping[str, Any]]) -> list[int]:
        placed = self.run.world().placed
        return [shop_order["id"] for order in orders for shop_order in placed[order["id"]]]

    def _ends(self) -> str:
        return ", ".join(f"{count} {end}" for end, count in counting.ends(self.run.world()).items())

    # What an hour is made of

    def until_sides_agree(self) -> None:
        """Until WB, our table and the shop tell the same of every order in the shop."""

        def differing() -> str:
            self.run.tick("SyncStatuses")
            world = self.run.world()
            found = outcome.sides_differing(world, self.kept())
            owed = [each for each in _cancelled_in_shop(world) if not counting.is_cancelled(each)]
            return f"{len(found)} orders differ: {next(iter(found.items()), owed)}" if found or owed else ""

        self.run.until("WB, our table and the shop to agree", differing)

    def _put_into_supplies(self) -> str:
        self.run.tick("BuildSupplies")
        left = [order for order in self._placed() if order["supplierStatus"] == "new"]
        return f"{len(left)} orders are in no supply" if left else ""

    def _codes_kept(self) -> str:
        self.run.tick("BuildSupplies")
        missing = outcome.codes_missing(self.run.world(), self.run.files("supplies/"))
        return f"{', '.join(missing)} lack theirs" if missing else ""

    def _spot_kept(self) -> str:
        self.run.tick("BuildSupplies")
        missing = outcome.spot_missing(self.run.world(), self.run.files("supplies/"))
        return f"{', '.join(missing)} lack it" if missing else ""

    def _send_codes(self) -> None:
        """What the shop has, and what WB says of it by now."""

        def sent() -> str:
            report = self.run.tick("SendMarking")
            return f"{report['MarkingPutOff']} codes wait" if report["MarkingPutOff"] else ""

        self.run.until("marking codes to be sent", sent)

    def _let_wb_check(self) -> None:
        self.people.let_time_pass(hours=_MINUTES_OF_CHECKING / 60)
        self._send_codes()
        self.run.tick("SyncStatuses")

    def _scan(self, order: Mapping[str, Any], code: str) -> None:
        [shop_order] = self._in_shop([order])
        self.people.scan_marking(shop_order, code)

    def _see_explained(self, order: Mapping[str, Any], where: str, code: str) -> None:
        """Whether staff reads on the order which code is wrong."""
        [shop_order] = self.run.world().placed[order["id"]]
        self.unexplained += int(not outcome.names_code(counting.properties(shop_order).get(where, ""), code))

    def _cancel_in_shop(self, orders: Collection[Mapping[str, Any]], reason: str) -> None:
        self.people.cancel_in_shop(self._in_shop(orders), reason)

    def _happens(self, event: str, orders: Sequence[Mapping[str, Any]]) -> None:
        for order in orders[:1]:
            self.people.let_happen(order["id"], event)


def _cancelled_in_shop(world: World) -> list[counting.Json]:
    """WB orders that staff cancelled and that never left."""
    return [
        order
        for order in world.wb["orders"]
        if order["id"] in world.in_shop and order["id"] not in world.placed and not counting.is_returned(order)
    ]


def _code(order_id: int, number: int) -> str:
    """An invented code of «Честный знак», as a scanner types it that drops the character GS."""
    digest = sha256(f"{order_id}/{number}".encode()).hexdigest()
    return f"010460000000000421{digest[:13]}91{digest[13:17]}92{digest[:44]}"


def _unreadable(order_id: int) -> str:
    """Some of its letters came out Cyrillic, and some did not."""
    code = _code(order_id, 1)
    return f"{code[:20]}ЖЫ{code[22:]}Q"


def opened(browser: httpx.Client, link: str) -> bytes | None:
    """The PDF behind a link of ours: a redirect to S3 and no other way; None when there is none."""
    redirect = browser.get(link)
    if redirect.status_code != httpx.codes.FOUND:
        return None
    answer = browser.get(redirect.headers["Location"])
    return answer.content if answer.is_success and answer.content.startswith(b"%PDF-") else None
