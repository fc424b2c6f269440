"""What came of orders and stock, read off the two simulators' own `/_sim/state`, with nothing that the product says.

Written anew and not with the product's own domain code: a mistake there must show here. The only thing taken from the
product are the reasons why orders wait, and a reason excuses only an order whose barcode the shop indeed does not know.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wbsync.domain.ids import OfferId
from wbsync.domain.shop import StockRules, Warehouse

type Json = Mapping[str, Any]
type Row = tuple[int, int]
"""The seller's WB warehouse, and the chrtID of a size."""

ON_ASSEMBLY = {"confirm", "complete", "cancel_carrier"}  # supplier statuses of orders whose label is owed
_LEFT_AND_CAME_BACK = {"canceled_by_client", "canceled_by_carrier", "defect"}  # WB statuses


@dataclass(frozen=True)
class World:
    """Both simulators at one moment; `wb` and `shop` are their states, `warehouses` the WB warehouses that are fed."""

    wb: Json
    shop: Json
    rules: StockRules
    warehouses: Sequence[Warehouse]

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
    def in_shop(self) -> dict[int, list[Json]]:
        """The shop's orders by the WB order that their xmlId names."""
        orders: defaultdict[int, list[Json]] = defaultdict(list)
        for order in self.shop["orders"]:
            number = _wb_order_of(order)
            if number is not None:
                orders[number].append(order)
        return dict(orders)

    @cached_property
    def placed(self) -> dict[int, list[Json]]:
        """The same without cancelled ones."""
        standing = {
            number: [order for order in orders if order["canceled"] != "Y"] for number, orders in self.in_shop.items()
        }
        return {number: orders for number, orders in standing.items() if orders}

    @property
    def bought(self) -> list[Json]:
        """Buyers' orders on WB that hold a unit: not cancelled, and not sent back and put on its shelf again."""
        return [order for order in self.wb["orders"] if not is_cancelled(order) and not self.taken_back(order)]

    def taken_back(self, order: Json) -> bool:
        """Whether a WB order was sent back, and staff has cancelled the shop's for that."""
        return is_returned(order) and order["id"] in self.in_shop and order["id"] not in self.placed

    @cached_property
    def sold_by_wb(self) -> set[int]:
        """Offers that lie in WB's own warehouses, by name or by their property."""
        fbo = self.rules.fbo
        marked = {p["id"] for p in self.shop["products"] if fbo.marked_by and _says(p, fbo.marked_by) in fbo.values}
        return marked | set(fbo.offers)

    def offers_named(self, barcodes: Iterable[str]) -> set[int]:
        return {offer for code in barcodes for offer in self.offers_of_barcode.get(code, ())}


def is_usual(order: Json) -> bool:
    """Of known goods for a person in the seller's own country, without marking."""
    odd = order["unknownBarcode"] or order["crossBorderType"] or order["options"]["isB2B"] or order["metaDetails"]
    return not odd


def is_cancelled(order: Json) -> bool:
    """Before it left the seller."""
    return bool(order["supplierStatus"] == "cancel")


def is_returned(order: Json) -> bool:
    """It left the seller and comes back."""
    return not is_cancelled(order) and order["wbStatus"] in _LEFT_AND_CAME_BACK


def ends(world: World) -> dict[str, int]:
    """How many orders WB has by what became of them."""

    def end(order: Json) -> str:
        if is_cancelled(order):
            return "cancelled"
        return "returned" if is_returned(order) else "sold" if order["wbStatus"] == "sold" else "under_way"

    counted = Counter(map(end, world.wb["orders"]))
    return {name: counted[name] for name in ("sold", "cancelled", "returned", "under_way")}


def in_shop(world: World) -> int:
    """WB orders that stand in the shop, or stood there, whatever became of them."""
    return sum(order["id"] in world.in_shop for order in world.wb["orders"])


def waiting(world: World, reasons: Mapping[int, str]) -> dict[int, str]:
    """Orders that the shop cannot have yet, as it does not know their barcode, and the owner is told why."""
    return {
        order["id"]: reasons[order["id"]]
        for order in world.bought
        if order["id"] not in world.in_shop and reasons.get(order["id"]) and len(world.offers_named(order["skus"])) != 1
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


def wrong_rows(world: World) -> dict[Row, tuple[int, int]]:
    """Row of stock → what WB shows and what the shop can sell by its rules, where these differ."""
    on_the_way = Counter((o["warehouseId"], o["chrtId"]) for o in world.bought if o["id"] not in world.placed)
    products = {product["id"]: product for product in world.shop["products"]}
    shown = {(int(w.wb), chrt): amount for w in world.warehouses for chrt, amount in _shown(world, w.wb).items()}
    sells = {
        (warehouse, chrt): amount
        for chrt, offer in world.linked.items()
        if offer not in world.sold_by_wb
        for warehouse, amount in _sells(world, products[offer], chrt, on_the_way).items()
    }
    return {row: (shown.get(row, 0), amount) for row, amount in sells.items() if shown.get(row, 0) != amount}


def told_of_wbs_own(world: World) -> list[int]:
    """Sizes sold from WB's own warehouses of which stock of the seller's was told all the same."""
    told = {chrt for w in world.warehouses for chrt in _shown(world, w.wb)}
    return [chrt for chrt, offer in world.linked.items() if offer in world.sold_by_wb and chrt in told]


def wrong_wbs_own(world: World, kept: Mapping[int, int]) -> list[int]:
    """Sizes of which WB holds something else than our table (`kept`, by chrtID) or the shop's property says."""
    held = {row["chrtId"]: row["quantity"] for row in world.wb["wbStock"]}
    named = world.rules.fbo.stock_property or ""
    products = {product["id"]: product for product in world.shop["products"]}
    said = {chrt: _says(products[world.linked[chrt]], named) for chrt in held if chrt in world.linked}
    return [chrt for chrt, units in held.items() if kept.get(chrt) != units or said.get(chrt) != str(units)]


def labels_owed(world: World) -> list[int]:
    """Orders on assembly: each has to have a label."""
    return [order["id"] for order in world.wb["orders"] if order["supplierStatus"] in ON_ASSEMBLY]


def label_links(world: World) -> dict[int, str]:
    """The links to labels that stand in the shop's orders, by WB order."""
    return {
        order_id: link
        for order_id, orders in world.placed.items()
        for order in orders
        if (link := properties(order).get("WB_LABEL_URL"))
    }


def _sells(world: World, product: Json, chrt: int, on_the_way: Mapping[Row, int]) -> dict[int, int]:
    """Packs by warehouse: of what lies in its own stores, and all together of no more than the shop has left."""
    rule = world.rules.of(OfferId(product["id"]))
    if product["active"] != "Y" or product["id"] in world.rules.excluded_offers:
        return {w.wb: 0 for w in world.warehouses}
    pack, sells = rule.units_per_pack, dict[int, int]()
    left = product["quantity"] - sum(on_the_way.get((w.wb, chrt), 0) for w in world.warehouses) * pack
    for w in world.warehouses:
        free = sum(_free(product["stores"].get(str(store))) for store in w.stores)
        units = min(left, free - on_the_way.get((w.wb, chrt), 0) * pack) - rule.safety_stock
        packs = max(0, int(units // pack))
        packs = packs if rule.cap is None else min(packs, rule.cap)
        sells[w.wb] = packs if packs >= rule.minimum else 0
        left -= sells[w.wb] * pack
    return sells


def _free(store: Json | None) -> int:
    return max(0, int(store["amount"] - store["quantityReserved"])) if store else 0


def _shown(world: World, warehouse: int) -> dict[int, int]:
    return {int(chrt): amount for chrt, amount in world.wb["stocks"].get(str(warehouse), {}).items()}


def _says(product: Json, code: str) -> str:
    return str(product.get("properties", {}).get(code, ""))


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
        and properties(order).get("WB_ORDER_ID") == str(bought["id"])
    )


def _wb_order_of(order: Json) -> int | None:
    head, _, number = str(order["xmlId"]).partition("_")
    return int(number) if head == "WB" and number.isdecimal() else None


def properties(order: Json) -> Mapping[str, str]:
    """PHP writes an empty map as a list."""
    found: Mapping[str, str] = order["properties"] or {}
    return found
