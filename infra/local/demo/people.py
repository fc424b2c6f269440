"""Everybody outside of the product: buyers on WB, the shop's staff and its own buyers, the seller's staff, and trouble.

They act over HTTP, as the simulators' `/_sim/` and WB's own API let them.
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import batched
from typing import Any

import httpx

from infra.local.wildberries import Category, make_token
from wbsync.telemetry import utcnow

type Json = dict[str, Any]

_ORDERS_PER_SUPPLY_CALL = 100
_BETWEEN_CALLS = 0.2  # seconds; the pace of WB's limit, which the staff's program has to itself by its kind of token
_STORE = 1


class People:
    def __init__(self, *, wildberries: str, bitrix: str, seed: int) -> None:
        token = make_token(categories=[Category.MARKETPLACE], expires=utcnow() + timedelta(days=1), kind="service")
        self._wb = httpx.Client(base_url=wildberries, timeout=60)
        self._shop = httpx.Client(base_url=bitrix, timeout=60)
        self._staff = {"Authorization": token}
        self._dice = random.Random(seed)  # nosec B311 (dice of a simulation, no secret)

    # What can be seen

    def wb(self) -> Json:
        return self._ask(self._wb, "GET", "/_sim/state")

    def shop(self) -> Json:
        return self._ask(self._shop, "GET", "/_sim/state")

    # The shop

    def open_shop(self, *, offers: int, seed: int) -> int:
        """A fresh shop with one offer more than WB's cards: it lies there, but nobody wrote its barcode. Its id."""
        self._ask(self._shop, "POST", "/_sim/seed", {"offers": offers + 1, "seed": seed})
        forgotten: int = max(product["id"] for product in self.shop()["products"])
        self.write_barcodes(forgotten, [])
        self.count_stock(forgotten, 40)
        return forgotten

    def write_barcodes(self, offer: int, barcodes: list[str]) -> None:
        self._ask(self._shop, "POST", "/_sim/products", {"offer_id": offer, "barcodes": barcodes})

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

    def buy(self, count: int, *, cross_border: int, unknown: int) -> list[Json]:
        """The orders made; a buyer who finds nothing goes away."""
        wishes = {
            "count": count,
            "seed": self._dice.randrange(10**9),
            "cross_border_share": cross_border / count,
            "unknown_barcode_share": unknown / count,
        }
        orders: list[Json] = self._ask(self._wb, "POST", "/_sim/orders", wishes)["orders"]
        return orders

    def change_mind(self, orders: Iterable[Mapping[str, Any]]) -> None:
        for order in orders:
            self._ask(self._wb, "POST", f"/_sim/orders/{order['id']}/cancel_by_client")

    # The seller's staff

    def assemble(self, orders: Iterable[Mapping[str, Any]]) -> int:
        """Put orders into supplies, one for each kind, as mixtures are refused; the domestic ones are handed over.

        How many supplies were made.
        """
        kinds: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for order in orders:
            kinds[order["crossBorderType"], order["warehouseId"], order["cargoType"]].append(order["id"])
        for (cross_border, *_), order_ids in sorted(kinds.items()):
            supply: str = self._call("POST", "/api/v3/supplies", {"name": "Поставка дня"})["id"]
            for some in batched(order_ids, _ORDERS_PER_SUPPLY_CALL, strict=False):
                self._call("PATCH", f"/api/marketplace/v3/supplies/{supply}/orders", {"orders": some})
            if not cross_border:
                self._call("PATCH", f"/api/v3/supplies/{supply}/deliver")
        return len(kinds)

    # Trouble, once each

    def trouble_on_wb(self, match: str, kind: str, **more: object) -> None:
        self._ask(self._wb, "POST", "/_sim/faults", [{"match": match, "kind": kind, "times": 1} | more])

    def trouble_in_shop(self, match: str, kind: str) -> None:
        self._ask(self._shop, "POST", "/_sim/faults", {"match": match, "kind": kind, "times": 1})

    def _call(self, verb: str, path: str, body: object = None) -> Json:
        time.sleep(_BETWEEN_CALLS)
        return self._ask(self._wb, verb, f"/marketplace-api{path}", body, headers=self._staff)

    def _ask(
        self,
        client: httpx.Client,
        verb: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        answer = client.request(verb, path, json=body, headers=headers)
        answer.raise_for_status()
        told: Json = answer.json() if answer.content else {}
        return told
