"""What came of the day, read off the two simulators' own `/_sim/state`, with nothing that the product says of itself.

Written anew and not with the product's own domain code: a mistake there must show here. The only thing taken from the
product are the reasons why orders wait, and a reason excuses only an order whose barcode the shop indeed does not know.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wbsync.domain.ids import OfferId
from wbsync.domain.shop import StockRules

type Json = Mapping[str, Any]

ON_ASSEMBLY = {"confirm", "complete"}  # supplier statuses of orders whose label is owed
_CANCELLED_ON_WB = {"cancel", "cancel_carrier"}


@dataclass(frozen=True)
class World:
    """Both simulators at one moment; `wb` and `shop` are their states, `warehouse` the WB warehouse that is fed."""

    wb: Json
    shop: Json
    rules: StockRules
    warehouse: int

    @cached_property
    def offers_of_barcode(self) -> dict[str, set[int]]:
        """Offers by each barcode that stands in the shop."""
        offers: defaultdict[str, set[int]] = defaultdict(set)
        for product in self.shop["products"]:
            for code in product["barcodes"]:
                offers[code].add(product["id"])
        return dict(offers)

    @cached_property
    def linked(self) -> dict[int, int]:
        """Offer ids by chrtID, where one barcode or several name exactly one offer, and that offer this size alone."""
        named = {size["chrtID"]: self.offers_named(size["skus"]) for card in self.wb["cards"] for size in card["sizes"]}
        sizes = Counter(offer for offers in named.values() for offer in offers)
        return {
            chrt: offer for chrt, offers in named.items() if len(offers) == 1 for offer in offers if sizes[offer] == 1
        }

    @cached_property
    def placed(self) -> dict[int, list[Json]]:
        """The shop's orders, but cancelled ones, by the WB order that their xmlId names."""
        orders: defaultdict[int, list[Json]] = defaultdict(list)
        for order in self.shop["orders"]:
            number = _wb_order_of(order)
            if number is not None and order["canceled"] != "Y":
                orders[number].append(order)
        return dict(orders)

    @property
    def bought(self) -> list[Json]:
        """Buyers' orders on WB that nobody cancelled."""
        return [order for order in self.wb["orders"] if order["supplierStatus"] not in _CANCELLED_ON_WB]

    def offers_named(self, barcodes: Iterable[str]) -> set[int]:
        return {offer for code in barcodes for offer in self.offers_of_barcode.get(code, ())}


def cancelled(world: World) -> int:
    """Buyers who changed their minds before assembly."""
    return len(world.wb["orders"]) - len(world.bought)


def in_shop(world: World) -> int:
    """WB orders that stand in the shop, whatever became of them on WB later."""
    return sum(order["id"] in world.placed for order in world.wb["orders"])


def waiting(world: World, reasons: Mapping[int, str]) -> dict[int, str]:
    """Orders that the shop cannot have yet, as it does not know their barcode, and the owner is told why."""
    return {
        order["id"]: reasons[order["id"]]
        for order in world.bought
        if order["id"] not in world.placed and reasons.get(order["id"]) and len(world.offers_named(order["skus"])) != 1
    }


def lost(world: World, reasons: Mapping[int, str]) -> list[int]:
    """Orders that neither stand in the shop nor wait for good reason."""
    excused = waiting(world, reasons)
    return [order["id"] for order in world.bought if order["id"] not in world.placed and order["id"] not in excused]


def doubled(world: World) -> list[int]:
    """WB orders that stand in the shop more than once."""
    return [order_id for order_id, orders in world.placed.items() if len(orders) > 1]


def incomplete(world: World) -> list[int]:
    """WB orders whose order in the shop lacks a part, or sells something else."""
    known = {order["id"]: order for order in world.wb["orders"]}
    return [
        order_id
        for order_id, orders in world.placed.items()
        if order_id not in known or not all(_is_whole(world, known[order_id], order) for order in orders)
    ]


def oversold(world: World) -> dict[int, int]:
    """Offer → units that buyers on WB and the shop's own were promised beyond what the shop physically had."""
    promised: Counter[int] = Counter()
    for order in world.shop["orders"]:
        if order["canceled"] != "Y" and _wb_order_of(order) is None:
            promised.update({line["productId"]: line["quantity"] for line in order["lines"]})
    for order in world.bought:
        for offer in world.offers_named(order["skus"]):
            promised[offer] += world.rules.of(OfferId(offer)).units_per_pack
    had = _physically_had(world.shop)
    return {offer: units - had[offer] for offer, units in promised.items() if units > had[offer]}


def wrong_rows(world: World) -> dict[int, tuple[int, int]]:
    """Linked size → what WB shows and what the shop can sell by its rules, where these differ."""
    shown = {int(chrt): amount for chrt, amount in world.wb["stocks"].get(str(world.warehouse), {}).items()}
    on_the_way = Counter(order["chrtId"] for order in world.bought if order["id"] not in world.placed)
    products = {product["id"]: product for product in world.shop["products"]}
    sells = {
        chrt: _sells(products[offer], on_the_way[chrt], offer, world.rules) for chrt, offer in world.linked.items()
    }
    return {chrt: (shown.get(chrt, 0), amount) for chrt, amount in sells.items() if shown.get(chrt, 0) != amount}


def labels_owed(world: World) -> list[int]:
    """Orders on assembly: each has to have a label."""
    return [order["id"] for order in world.wb["orders"] if order["supplierStatus"] in ON_ASSEMBLY]


def label_links(world: World) -> dict[int, str]:
    """The links to labels that stand in the shop's orders, by WB order."""
    return {
        order_id: link
        for order_id, orders in world.placed.items()
        for order in orders
        if (link := _properties(order).get("WB_LABEL_URL"))
    }


MUST_BE_ZERO: Mapping[str, str] = {
    "orders_lost": "orders are lost",
    "orders_doubled": "orders stand in the shop twice",
    "orders_incomplete": "orders in the shop lack a part",
    "oversold_units": "units are sold that the shop never had",
    "stock_rows_wrong_on_wb": "rows of stock are wrong on WB",
    "wb_429": "requests were refused by WB's limit",
    "labels_missing": "labels are not stored, or do not open",
}


def faults(report: Json) -> list[str]:
    """What must not be, in words; empty after a good day."""
    return [f"{report[name]} {words}" for name, words in MUST_BE_ZERO.items() if report[name]]


def _sells(product: Json, on_the_way: int, offer: int, rules: StockRules) -> int:
    if product["active"] != "Y" or offer in rules.excluded_offers:
        return 0
    rule = rules.of(OfferId(offer))
    units = product["quantity"] - on_the_way * rule.units_per_pack - rule.safety_stock
    packs = max(0, int(units // rule.units_per_pack))
    if rule.cap is not None:
        packs = min(packs, rule.cap)
    return packs if packs >= rule.minimum else 0


def _physically_had(shop: Json) -> dict[int, int]:
    """What lies in the stores, and what has left them with an order."""
    had = {product["id"]: sum(s["amount"] for s in product["stores"].values()) for product in shop["products"]}
    for order in shop["orders"]:
        product_of = {line["id"]: line["productId"] for line in order["lines"]}
        for shipment in order["shipments"]:
            for item in shipment["shipmentItems"] if shipment["deducted"] == "Y" else ():
                had[product_of[item["basketId"]]] += item["quantity"]
    return had


def _is_whole(world: World, bought: Json, order: Json) -> bool:
    """One line of the right offer, paid for by one payment, sent by one shipment, with the WB order's number."""
    lines, shipments = order["lines"], [one for one in order["shipments"] if one["system"] != "Y"]
    if len(lines) != 1 or len(order["payments"]) != 1 or len(shipments) != 1:
        return False
    units = world.rules.of(OfferId(lines[0]["productId"])).units_per_pack
    return (
        {lines[0]["productId"]} == world.offers_named(bought["skus"])
        and lines[0]["quantity"] == units
        and [item["basketId"] for item in shipments[0]["shipmentItems"]] == [lines[0]["id"]]
        and _properties(order).get("WB_ORDER_ID") == str(bought["id"])
    )


def _wb_order_of(order: Json) -> int | None:
    head, _, number = str(order["xmlId"]).partition("_")
    return int(number) if head == "WB" and number.isdecimal() else None


def _properties(order: Json) -> Mapping[str, str]:
    """PHP writes an empty map as a list."""
    found: Mapping[str, str] = order["properties"] or {}
    return found
