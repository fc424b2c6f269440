"""What became of placed orders: supplies, codes, papers, the three sides, the proof, and the verdict on the whole.

As in counting.py WB's and the shop's own states are the measure. What the product keeps for itself is read too, but
only to be held against them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.demo import counting
from infra.local.demo.counting import Json, World
from infra.local.wildberries import stickers

_LETS_GO = {"filled", "optional", "sgtinIntroduced"}  # of the decisions that the demo comes across
_RUSSIAN_OFFICES = {601}
PAPERS = ("thermal", "a4")


@dataclass(frozen=True, slots=True)
class Kept:
    """What our table holds of an order."""

    status: str = ""  # as WB's two words, "complete/sold"
    supply: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A print file that was opened: its pages, and what a scanner reads on them."""

    supply: str
    name: str  # one of PAPERS
    pages: int
    read: frozenset[str]


def sides_differing(world: World, kept: Mapping[int, Kept]) -> dict[int, str]:
    """Orders of which WB, our table and the shop do not tell the same; how they stand on the three sides."""
    return {
        order["id"]: f"WB {_words(order)}, table {kept.get(order['id'], Kept()).status}, shop {_in_words(shop_order)}"
        for order in world.wb["orders"]
        for shop_order in world.in_shop.get(order["id"], ())
        if not _alike(order, kept.get(order["id"], Kept()), shop_order)
    }


def _words(order: Json) -> str:
    return f"{order['supplierStatus']}/{order['wbStatus']}"


def _in_words(order: Json) -> str:
    flags = "".join(name[0] for name in ("canceled", "payed", "deducted") if order[name] == "Y")
    return f"{counting.properties(order).get('WB_STATUS', '')} {order['statusId']} {flags}".strip()


def _alike(order: Json, kept: Kept, shop_order: Json) -> bool:
    told = counting.properties(shop_order)
    if {kept.status, told.get("WB_STATUS")} != {_words(order)}:
        return False
    if not counting.is_cancelled(order) and {kept.supply, told.get("WB_SUPPLY_ID", "")} != {order["supplyId"] or ""}:
        return False
    if order["wbStatus"] == "sold" and (shop_order["payed"], shop_order["deducted"]) != ("Y", "Y"):
        return False
    may_be_cancelled = {"Y"} if counting.is_cancelled(order) else {"Y", "N"} if counting.is_returned(order) else {"N"}
    return shop_order["canceled"] in may_be_cancelled


# ---- supplies


def supplies_delivered(world: World) -> list[Json]:
    return [supply for supply in world.wb["supplies"] if supply["done"]]


def supplies_mixed(world: World) -> list[str]:
    """Supplies with orders of several kinds."""
    kinds = {order["id"]: _kind(order) for order in world.wb["orders"]}
    return [s["id"] for s in world.wb["supplies"] if len({kinds[order_id] for order_id in s["orderIds"]}) > 1]


def supplies_doubled(world: World) -> list[str]:
    """Supplies beyond the one of each kind that a single wave needs, and those that nothing was put into."""
    kinds = {order["id"]: _kind(order) for order in world.wb["orders"]}
    seen: set[object] = set()
    doubled = []
    for supply in world.wb["supplies"]:
        found = {kinds[order_id] for order_id in supply["orderIds"]}
        if not found or found & seen:
            doubled.append(supply["id"])
        seen |= found
    return doubled


def left_behind(world: World) -> list[int]:
    """Orders that stand in the shop and were not handed over."""
    waiting = {"new", "confirm"}
    return [o["id"] for o in world.wb["orders"] if o["supplierStatus"] in waiting and o["id"] in world.placed]


def codes_missing(world: World, files: Collection[str]) -> list[str]:
    """Delivered supplies whose QR code is not kept; `files`: what lies in the bucket under supplies/."""
    return [s["id"] for s in supplies_delivered(world) if f"{s['id']}/code.png" not in files]


def spot(world: World) -> dict[str, int]:
    """Delivered supplies that go to Russia, by what WB says of their SPOT."""
    wanted = [s for s in supplies_delivered(world) if s["destinationOfficeId"] in _RUSSIAN_OFFICES]
    return dict(Counter(str((s["spot"] or {}).get("status", "none")) for s in wanted))


def spot_missing(world: World, files: Collection[str]) -> list[str]:
    """Those whose SPOT is not completed, or whose QR code is not kept."""
    return [
        s["id"]
        for s in supplies_delivered(world)
        if s["destinationOfficeId"] in _RUSSIAN_OFFICES
        and not ((s["spot"] or {}).get("status") == "completed" and f"{s['id']}/spot.png" in files)
    ]


def _kind(order: Json) -> tuple[Any, ...]:
    return order["warehouseId"], order["crossBorderType"], order["cargoType"], order["options"]["isB2B"]


# ---- marking


def codes_sent(world: World) -> int:
    """Orders for which WB has a code."""
    return sum(any(row["value"] for row in order["metaDetails"]) for order in world.wb["orders"])


def codes_blocking(world: World) -> list[int]:
    """Orders whose code, or its lack, would hold back or has held back their supply."""
    return [
        order["id"]
        for order in world.wb["orders"]
        if not counting.is_cancelled(order) and any(row["decision"] not in _LETS_GO for row in order["metaDetails"])
    ]


def names_code(text: str, code: str) -> bool:
    """Whether staff can tell by a text which code is meant: by the end of its serial number, or of all of it."""
    return any(end in text for end in (code[23:31], code[-8:]))


# ---- papers


def supply_link(world: World, supply: Json) -> str:
    """The link to the papers that stands in the supply's orders; empty when there is none."""
    orders = (order for order_id in supply["orderIds"] for order in world.placed.get(order_id, ()))
    return next(filter(None, (counting.properties(order).get("WB_SUPPLY_URL", "") for order in orders)), "")


def prints_missing(world: World, papers: Iterable[Paper]) -> list[str]:
    """What cannot be read on the papers of delivered supplies: "<supply> <paper> <order, or code>"."""
    read = {(paper.supply, paper.name): paper.read for paper in papers}
    return [
        f"{supply['id']} {name} {what}"
        for supply in supplies_delivered(world)
        for name in PAPERS
        for what, code in _printed(supply)
        if code not in read.get((supply["id"], name), ())
    ]


def stickers_read(world: World, papers: Iterable[Paper]) -> int:
    """Orders' stickers on all these papers."""
    codes = {stickers.of_order(order["id"]).code for order in world.wb["orders"]}
    return sum(len(paper.read & codes) for paper in papers)


def _printed(supply: Json) -> Iterator[tuple[str, str]]:
    yield from ((str(order_id), stickers.of_order(order_id).code) for order_id in supply["orderIds"])
    yield "code", supply["id"]


# ---- the proof


def proofs_wrong(world: World, ours: Collection[int], proofs: Iterable[Json]) -> list[str]:
    """Days whose proof does not hold: a count is not what is there, or a difference is without its reason.

    `ours`: the orders of our table. A day with orders and no proof does not hold either.
    """
    by_day = {proof["day"]: proof for proof in proofs}
    days = {day: [o for o in world.wb["orders"] if o["createdAt"][:10] == day] for day in by_day}
    days |= {o["createdAt"][:10]: [] for o in world.wb["orders"] if o["createdAt"][:10] not in by_day}
    return [day for day, orders in days.items() if day not in by_day or not _holds(world, ours, orders, by_day[day])]


def _holds(world: World, ours: Collection[int], orders: Collection[Json], proof: Json) -> bool:
    there = sum(order["id"] in world.placed or _may_be_gone(order, world) for order in orders)
    counts = len(orders), sum(order["id"] in ours for order in orders), there
    return (proof["wb"], proof["ours"], proof["shop"]) == counts and proof["wb"] - proof["shop"] == sum(
        proof["reasons"].values()
    )


def _may_be_gone(order: Json, world: World) -> bool:
    """Cancelled in the shop as on WB."""
    over = counting.is_cancelled(order) or counting.is_returned(order)
    return over and order["id"] in world.in_shop


def unexplained(proofs: Iterable[Json]) -> int:
    return sum(proof["reasons"].get(reason, 0) for proof in proofs for reason in ("unexplained", "lost"))


# ---- the verdict


MUST_BE_ZERO: Mapping[str, str] = {
    "orders_lost": "orders are lost",
    "orders_doubled": "orders stand in the shop twice",
    "orders_incomplete": "orders in the shop lack a part",
    "orders_under_way": "orders have not come to their end",
    "orders_left_behind": "assembled orders were not handed over",
    "sides_differing": "orders differ between WB, our table and the shop",
    "oversold_units": "units are sold that the shop never had",
    "stock_rows_wrong_on_wb": "rows of stock are wrong on WB",
    "fbo_rows_wrong": "sizes in WB's own warehouses are told to it, or kept wrongly",
    "supplies_mixed": "supplies hold orders of several kinds",
    "supplies_doubled": "supplies were made twice, or for nothing",
    "supplies_not_delivered": "supplies were not handed over",
    "supply_codes_missing": "delivered supplies lack their QR code",
    "spot_missing": "supplies to Russia lack SPOT or its QR code",
    "codes_blocking": "marking codes hold back their orders",
    "codes_unexplained": "wrong marking codes were not explained to staff",
    "prints_missing": "stickers or QR codes cannot be read on the print files",
    "returns_not_taken": "orders that came back still stand in the shop",
    "proofs_wrong": "days are not proven",
    "orders_unexplained": "differences between WB, our table and the shop have no reason",
    "wb_429": "requests were refused by WB's limit",
    "labels_missing": "labels are not stored, or do not open",
    "cards_good_missing": "good cards are not on WB",
    "cards_bad_unexplained": "mistakes of products were not explained",
    "cards_doubled": "cards were made twice",
    "cards_unlinked": "barcodes of new cards are not linked",
}

MUST_BE_SOME: Mapping[str, str] = {
    "orders_sold": "no order was sold",
    "orders_returned": "no order came back",
    "supplies_delivered": "no supply was handed over",
    "codes_sent": "no marking code was sent",
    "print_stickers": "no sticker was read on a print file",
    "spot_completed": "no SPOT was completed",
    "proofs": "no day was proven",
    "cards_accepted": "no card was made",
}


def faults(report: Json) -> list[str]:
    """What must not be, in words; empty after a good day."""
    wrong = [f"{report[name]} {words}" for name, words in MUST_BE_ZERO.items() if report[name]]
    return wrong + [words for name, words in MUST_BE_SOME.items() if not report[name]]
