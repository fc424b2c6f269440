"""Everybody outside of the product: buyers on WB, the shop's staff and its own buyers, the seller's staff, and trouble.

They act over HTTP, as the simulators' `/_sim/` lets them.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from infra.local.stage import ASSEMBLED, MARKING_CODE, opening

type Json = dict[str, Any]

_STORE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What kind of order buyers make, and from which of the seller's WB warehouses."""

    warehouse: int
    cross_border: bool = False
    unknown_barcode: bool = False
    company: bool = False
    marked: bool = False  # WB wants a code of «Честный знак»


class People:
    def __init__(self, *, wildberries: str, bitrix: str, seed: int) -> None:
        self._wb = httpx.Client(base_url=wildberries, timeout=60)
        self._shop = httpx.Client(base_url=bitrix, timeout=60)
        self._dice = random.Random(seed)  # nosec B311 (dice of a simulation, no secret)

    # What can be seen

    def wb(self) -> Json:
        return self._ask(self._wb, "GET", "/_sim/state")

    def shop(self) -> Json:
        return self._ask(self._shop, "GET", "/_sim/state")

    # The shop

    def open_shop(self, *, offers: int, seed: int, products: int = 0) -> int:
        """A fresh shop with one offer more than WB's cards: it lies there, but nobody wrote its barcode. Its id."""
        _, seeds = opening(offers + 1, seed, products)
        self._ask(self._shop, "POST", "/_sim/seed", seeds)
        forgotten: int = max(product["id"] for product in self.shop()["products"])
        self.write_barcodes(forgotten, [])
        self.count_stock(forgotten, 40)
        return forgotten

    def write_barcodes(self, offer: int, barcodes: list[str]) -> None:
        self._ask(self._shop, "POST", "/_sim/products", {"offer_id": offer, "barcodes": barcodes})

    def mark_as_sold_by_wb(self, offer: int) -> None:
        self._ask(self._shop, "POST", "/_sim/products", {"offer_id": offer, "properties": {"WB_FBO": "Y"}})

    def count_stock(self, offer: int, amount: int) -> None:
        """Goods came: so many lie in the first store now."""
        self._ask(self._shop, "POST", "/_sim/stock", {"offer_id": offer, "store_id": _STORE, "amount": amount})

    def sell_in_shop(self, offer: int, quantity: int) -> None:
        self._ask(self._shop, "POST", "/_sim/sales", {"offer_id": offer, "quantity": quantity})

    def trade(self, sales: int, restocks: int, *, most: int, but: int) -> None:
        """The shop's own business: so many offers are sold, up to `most` units each, and so many come in anew.

        The offer `but` is left alone.
        """
        products = [each for each in self.shop()["products"] if each["barcodes"] and each["id"] != but]
        sellable = [product for product in products if product["quantity"] > 0]
        for product in self._dice.sample(sellable, min(sales, len(sellable))):
            self.sell_in_shop(product["id"], min(int(product["quantity"]), self._dice.randint(1, most)))
        scarce = [product for product in products if product["quantity"] < 5]
        for product in self._dice.sample(scarce, min(restocks, len(scarce))):
            lies_there = int(product["stores"][str(_STORE)]["amount"])
            self.count_stock(product["id"], lies_there + self._dice.randint(3, 30))

    # Buyers on WB

    def buy(self, wish: Wish, count: int) -> list[Json]:
        """The orders made; a buyer who finds nothing goes away."""
        wishes = {
            "count": count,
            "seed": self._dice.randrange(10**9),
            "warehouse_id": wish.warehouse,
            "cross_border_share": float(wish.cross_border),
            "unknown_barcode_share": float(wish.unknown_barcode),
            "b2b_share": float(wish.company),
            "required_meta": {"sgtin": float(wish.marked)},
        }
        orders: list[Json] = self._ask(self._wb, "POST", "/_sim/orders", wishes)["orders"] if count else []
        return orders

    def change_mind(self, orders: Iterable[Mapping[str, Any]]) -> None:
        for order in orders:
            self.let_happen(order["id"], "cancel_by_client")

    # The seller's staff

    def assemble(self, shop_orders: Iterable[int]) -> None:
        """They stand on the table, packed."""
        for order in shop_orders:
            self._ask(self._shop, "POST", "/_sim/orders/status", {"order_id": order, "status": ASSEMBLED})

    def cancel_in_shop(self, shop_orders: Iterable[int], reason: str) -> None:
        for order in shop_orders:
            self._ask(self._shop, "POST", "/_sim/orders/cancel", {"order_id": order, "reason": reason})

    def take_back(self, shop_orders: Sequence[int]) -> None:
        """Goods that came back are on their shelf again: Bitrix cancels nothing that is paid or shipped."""
        for order in shop_orders:
            self._ask(self._shop, "POST", "/_sim/orders/pay", {"order_id": order, "paid": False})
            self._ask(self._shop, "POST", "/_sim/orders/ship", {"order_id": order, "shipped": False})
        self.cancel_in_shop(shop_orders, "Возврат принят")

    def scan_marking(self, shop_order: int, code: str) -> None:
        """Staff scans the code on the goods into the order's line."""
        told = {"order_id": shop_order, "code": MARKING_CODE, "value": code}
        self._ask(self._shop, "POST", "/_sim/orders/line-property", told)

    # WB

    def hold_at_wb(self, units: Mapping[int, int]) -> None:
        """What WB's own warehouses have, by chrtID."""
        rows = [{"chrtId": chrt, "quantity": amount} for chrt, amount in units.items()]
        self._ask(self._wb, "POST", "/_sim/wb-stock", rows)

    def let_happen(self, order: int, event: str) -> None:
        self._ask(self._wb, "POST", f"/_sim/orders/{order}/{event}")

    def judge_marking(self, order: int, decision: str | None) -> None:
        """What the check of the order's code ends in; None: in whatever the code deserves."""
        self._ask(self._wb, "POST", f"/_sim/orders/{order}/meta", {"sgtin": decision})

    def start_life(self, steps: Sequence[Mapping[str, object]]) -> None:
        self._ask(self._wb, "POST", "/_sim/life", {"steps": steps})

    def let_time_pass(self, *, hours: float) -> None:
        """At WB only: the product's clock, and the shop's, is the machine's."""
        self._ask(self._wb, "POST", "/_sim/clock", {"advance": hours * 3600})

    # Trouble, once each

    def trouble_on_wb(self, match: str, kind: str, **more: object) -> None:
        self._ask(self._wb, "POST", "/_sim/faults", [{"match": match, "kind": kind, "times": 1} | more])

    def trouble_in_shop(self, match: str, kind: str) -> None:
        self._ask(self._shop, "POST", "/_sim/faults", {"match": match, "kind": kind, "times": 1})

    def _ask(self, client: httpx.Client, verb: str, path: str, body: object = None) -> Json:
        answer = client.request(verb, path, json=body)
        answer.raise_for_status()
        told: Json = answer.json() if answer.content else {}
        return told
