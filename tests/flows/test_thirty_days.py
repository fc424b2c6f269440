"""Thirty days of a shop: orders that end in every way there is, and two sides and a table that agree to the unit."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.bitrix.seed import Seed
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.world import World, shop
from wbsync.domain.links import stock_links
from wbsync.domain.orders import OrderState
from wbsync.errors import TryLater

type Json = dict[str, Any]

DAYS = 30
GOODS = 30
LATEST = timedelta(days=21)
"""After the last order: no parcel is longer on its way there and back."""

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ASSEMBLED, ON_ASSEMBLY, IN_DELIVERY, SOLD, RETURNING = "WA", "WC", "WD", "F", "WR"
RETURNED = ("canceled_by_client", "defect", "canceled_by_carrier")

HOME, ABROAD = 0, 1
# (stage, cross-border or not, what happens, share, after least and most hours): every road ends.
LIVES = [
    ("new", None, "cancel_by_client", 0.03, 0.1, 0.9),
    ("waiting", HOME, "sorted", 0.97, 6, 24),
    ("waiting", HOME, "defect", 0.03, 6, 24),
    ("waiting", ABROAD, "accepted_by_carrier", 0.9, 4, 24),
    ("waiting", ABROAD, "cancel_by_carrier", 0.1, 4, 24),
    ("accepted_by_carrier", ABROAD, "sent_to_carrier", 1.0, 6, 48),
    ("sent_to_carrier", ABROAD, "sorted", 0.9, 24, 96),
    ("sent_to_carrier", ABROAD, "cancel_by_carrier", 0.1, 24, 96),
    ("sorted", None, "ready_for_pickup", 1.0, 24, 96),
    ("ready_for_pickup", None, "sold", 0.8, 2, 72),
    ("ready_for_pickup", None, "cancel_by_client", 0.2, 2, 72),
]
STEP = ("stage", "cross_border_type", "event", "share", "least", "most")

CONFIGURED = {
    "statuses": {
        "to_shop": [
            {"supplier": "confirm", "status": ON_ASSEMBLY},
            {"wb": "sold", "status": SOLD, "paid": True, "shipped": True},
            *({"wb": word, "status": RETURNING} for word in RETURNED),
            {"supplier": "complete", "status": IN_DELIVERY, "shipped": True},
        ]
    },
    "supplies": {"assembled": [ASSEMBLED], "cut_off": {"at": "18:00", "days": EVERY_DAY}},
}


@dataclass
class Month:
    """What people do in it. `dice` decides who; `gained` are the units that came or went by other ways than WB."""

    world: World
    dice: random.Random
    gained: Counter[int] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)  # at which orders were cancelled, and by whom
    sent_back: dict[int, datetime] = field(default_factory=dict)

    def day(self, number: int) -> None:
        """From eleven in Minsk to eleven at night."""
        self.trade()
        self.world.sync_stock(full=number % 7 == 0)
        bought = self.world.buy(
            self.dice.randint(2, 5), seed=number, cross_border_share=self.dice.choice([0.0, 0.4]), b2b_share=0.2
        )
        if self.dice.random() < 0.5:
            self.buyer_cancels(self.dice.choice(bought), "unseen")
        if number == 11:
            self.unseen_for_a_day(bought)
        self.world.clock.forward(minutes=30)
        self.world.place_all()
        self.world.sync_stock()
        self.of_the_day(number)
        self.world.clock.forward(hours=2)
        self.cut_off(number)
        self.evening()

    def of_the_day(self, number: int) -> None:
        """Orders in the shop: some are cancelled, the others assembled and put into supplies."""
        self.cancel_some("new", chance=0.3)
        self.assemble()
        if number % 5 == 2:
            self.world.wb_fault("POST /api/v3/supplies", "cut_after")
        if number % 5 == 3:
            self.world.wb_fault("PATCH /api/marketplace/v3/supplies/*/orders", "cut_after")
        self.tick()
        if number % 5 in {2, 3}:  # the connection was cut: what is left is done by the next ticks
            self.world.clock.forward(minutes=10)
            self.tick()
        self.world.labels_tick()
        self.world.fetch_labels()
        self.cancel_some("confirm", chance=0.25)

    def cancel_some(self, stage: str, chance: float) -> None:
        """At most one by its buyer and one by staff."""
        there = [each for each in self.wb_orders() if each["supplierStatus"] == stage]
        people = (self.buyer_cancels, self.staff_cancels)
        for each, who in zip(self.dice.sample(there, k=len(there)), people, strict=False):
            if self.dice.random() < chance:
                who(each, stage)

    def assemble(self) -> None:
        """Nearly all that stand in the shop."""
        orders = self.shop_orders()
        for each in self.wb_orders():
            order = orders.get(each["id"])
            if each["supplierStatus"] == "new" and order and order["canceled"] == "N" and self.dice.random() < 0.9:
                self.world.sim("shop", "POST", "/_sim/orders/status", {"order_id": order["id"], "status": ASSEMBLED})

    def cut_off(self, number: int) -> None:
        """Seven in the evening in Minsk."""
        evening = self.world.clock.at.replace(hour=16, minute=0, second=0, microsecond=0)
        self.world.clock.at = max(self.world.clock.at, evening)
        if number % 6 == 4:
            self.world.wb_fault("PATCH /api/v3/supplies/*/deliver", "cut_after")
        self.world.sync_statuses()
        self.tick()
        if number % 6 == 4:
            self.world.clock.forward(minutes=10)
            self.tick()

    def evening(self) -> None:
        self.take_returns()
        self.tick()
        self.world.sync_stock()
        self.world.reconcile()
        self.world.place_orders()
        self.nothing_is_oversold()
        self.world.clock.at = (self.world.clock.at + timedelta(days=1)).replace(hour=8, minute=0)

    def tick(self) -> None:
        """What the schedules start every few minutes; what is put off is left to the next."""
        self.world.sweep()
        self.world.place_orders()
        with suppress(TryLater):
            self.world.build_supplies()
        self.world.sync_statuses()

    # ---- people

    def trade(self) -> None:
        """The shop's own buyers take some, suppliers bring some."""
        products = self.world.shop_state()["products"]
        for product in self.dice.sample(products, k=6):
            if product["quantity"] > 1:
                self.world.sim("shop", "POST", "/_sim/sales", {"offer_id": product["id"]})
                self.gained[product["id"]] -= 1
        for product in self.dice.sample(products, k=4):
            store, amounts = next(iter(product["stores"].items()))
            change = {"offer_id": product["id"], "store_id": int(store), "amount": int(amounts["amount"]) + 3}
            self.world.sim("shop", "POST", "/_sim/stock", change)
            self.gained[product["id"]] += 3

    def buyer_cancels(self, each: Json, stage: str) -> None:
        self.world.sim("wb", "POST", f"/_sim/orders/{each['id']}/cancel_by_client")
        self.stages[f"buyer, {stage}"] += 1

    def staff_cancels(self, each: Json, stage: str) -> None:
        order = self.shop_orders().get(each["id"])
        if order is None or order["canceled"] == "Y":
            return
        cancel = {"order_id": order["id"], "reason": "Брак при сборке"}
        self.world.sim("shop", "POST", "/_sim/orders/cancel", cancel)
        self.stages[f"staff, {stage}"] += 1

    def unseen_for_a_day(self, bought: Sequence[Json]) -> None:
        """Our polling stands still while staff puts the orders into a supply by hand: they never are `new` again."""
        alike = defaultdict(list)
        for each in self.wb_orders():
            if each["id"] in {one["id"] for one in bought} and each["supplierStatus"] == "new":
                alike[each["crossBorderType"], each["options"]["isB2B"]].append(each)
        for orders in alike.values():
            self.world.confirm(orders)
        self.stages["missed"] += sum(map(len, alike.values()))
        self.world.clock.forward(minutes=45)

    def take_returns(self) -> None:
        """Goods that buyers or carriers sent back come after three days: staff cancels the shop's order then."""
        orders = self.shop_orders()
        for each in self.wb_orders():
            order = orders.get(each["id"])
            if each["wbStatus"] in RETURNED and order and order["canceled"] == "N":
                since = self.sent_back.setdefault(each["id"], self.world.clock.at)
                if self.world.clock.at - since >= timedelta(days=3) and order["properties"]["WB_STATUS"].endswith(
                    each["wbStatus"]
                ):
                    self.take_return(order, each["wbStatus"])

    def take_return(self, order: Json, why: str) -> None:
        """Bitrix cancels nothing that is paid or shipped."""
        for step in ("pay", "ship"):
            undone = {"paid": False} if step == "pay" else {"shipped": False}
            self.world.sim("shop", "POST", f"/_sim/orders/{step}", {"order_id": order["id"]} | undone)
        self.world.sim("shop", "POST", "/_sim/orders/cancel", {"order_id": order["id"], "reason": "Возврат принят"})
        self.stages[f"returned, {why}"] += 1

    # ---- what can be seen

    def wb_orders(self) -> list[Json]:
        orders: list[Json] = self.world.sim("wb", "GET", "/_sim/state")["orders"]
        return orders

    def shop_orders(self) -> dict[int, Json]:
        """The shop's orders by WB's number; two for one number would be a double."""
        found = [o for o in self.world.shop_state()["orders"] if str(o["xmlId"]).startswith("WB_")]
        by_number = {int(order["xmlId"].removeprefix("WB_")): order for order in found}
        assert len(by_number) == len(found), "an order stands twice in the shop"
        return by_number

    def nothing_is_oversold(self) -> None:
        products = self.world.shop_state()["products"]
        assert [p["id"] for p in products if p["quantity"] < 0] == []
        held = [order for order in self.shop_orders().values() if order["marked"] == "Y"]
        assert [order["reasonMarked"] for order in held] == [], "the shop had not what WB sold"


@pytest.fixture
def month(world: World) -> Month:
    world.shop = shop(**CONFIGURED)
    world.wildberries.seed(
        WbSeed(goods=GOODS, foreign_cards=0, steps=[dict(zip(STEP, row, strict=True)) for row in LIVES])
    )
    world.bitrix_shop.open(Seed(offers=GOODS))
    world.link_cards()
    return Month(world, random.Random(30))


def test_after_thirty_days_wb_our_table_and_the_shop_agree_to_the_unit(month: Month) -> None:
    world = month.world
    had = {product["id"]: int(product["quantity"]) for product in world.shop_state()["products"]}
    for number in range(DAYS):
        month.day(number)
    ends = world.clock.at + LATEST
    while world.clock.at < ends and (_is_under_way(month) or _is_owed(month)):
        month.cut_off(0)
        month.evening()
    month.evening()  # what ended overnight

    wb, orders = {each["id"]: each for each in month.wb_orders()}, month.shop_orders()
    records = world.orders.get(wb)
    assert len(wb) > 3 * DAYS
    assert not _is_under_way(month)
    every_stage = {"unseen", "new", "confirm"}
    assert {stage.removeprefix("buyer, ") for stage in month.stages if stage.startswith("buyer")} == every_stage
    assert {"staff, new", "staff, confirm", "missed", "returned, canceled_by_client"} <= set(month.stages), month.stages

    assert records.keys() == wb.keys()
    assert {record.state for record in records.values()} == {OrderState.FINISHED, OrderState.CLOSED}
    for order_id, each in wb.items():
        record, order = records[order_id], orders.get(order_id)
        words = f"{each['supplierStatus']}/{each['wbStatus']}"
        if order is None:  # cancelled before it was placed
            assert (record.state, record.shop_order_id) == (OrderState.CLOSED, None), words
            assert each["supplierStatus"] == "cancel"
            continue
        assert record.shop_order_id == order["id"]
        assert order["properties"]["WB_STATUS"] == words
        assert order["properties"].get("WB_SUPPLY_ID", "") == (record.supply_id or "")
        sold = each["wbStatus"] == "sold"
        assert (order["canceled"] == "N") is sold, words
        assert (order["payed"], order["deducted"]) == (("Y", "Y") if sold else ("N", "N")), words

    sold_of = Counter(int(order["lines"][0]["productId"]) for order in orders.values() if order["canceled"] == "N")
    products = {product["id"]: product for product in world.shop_state()["products"]}
    for offer, product in products.items():
        assert product["quantity"] == had[offer] + month.gained[offer] - sold_of[offer]
        own = sum(int(line["quantity"]) for line in _own_lines(world, offer))
        assert product["quantityReserved"] == own
    report = world.sync_stock(full=True)
    assert report["StockRowsQueued"] == 0, "WB already had what the shop can sell"
    assert {c: n for c, n in world.wb_stock().items() if n} == _sellable(world, products)

    supplies = world.sim("wb", "GET", "/_sim/state")["supplies"]
    by_hand = [supply for supply in supplies if supply["name"] == "Поставка"]
    assert all(supply["done"] for supply in by_hand) or month.stages["missed"]
    ours = [supply for supply in supplies if supply["name"] != "Поставка"]
    assert len({supply["name"] for supply in ours}) == len(ours), "a wave has two supplies"
    for supply in ours:
        assert (
            len(
                {
                    (wb[i]["warehouseId"], wb[i]["crossBorderType"], wb[i]["options"]["isB2B"])
                    for i in supply["orderIds"]
                }
            )
            <= 1
        )


def _is_under_way(month: Month) -> bool:
    over = {"sold", "canceled", "declined_by_client", *RETURNED}
    return any(each["wbStatus"] not in over for each in month.wb_orders())


def _is_owed(month: Month) -> bool:
    """Whether a return is still to be taken."""
    wb = {each["id"]: each["wbStatus"] for each in month.wb_orders()}
    return any(order["canceled"] == "N" and wb[number] in RETURNED for number, order in month.shop_orders().items())


def _own_lines(world: World, offer: int) -> list[Json]:
    own = (order for order in world.shop_state()["orders"] if not str(order["xmlId"]).startswith("WB_"))
    return [line for order in own for line in order["lines"] if line["productId"] == offer]


def _sellable(world: World, products: Mapping[int, Json]) -> dict[int, int]:
    """What WB is to show of each size: whatever the shop has left in the two stores that feed Minsk."""
    sizes = {int(offer.offer_id): int(chrt) for chrt, offer in stock_links(world.links.all()).items()}
    return {sizes[offer]: int(p["quantity"]) for offer, p in products.items() if offer in sizes and p["quantity"] > 0}
