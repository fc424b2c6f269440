"""What people do and what the clock starts while it storms; from a seed, so that a storm can be had again."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from infra.local.wildberries.limits import BUCKETS
from tests.e2e.storm import weather
from tests.e2e.storm.in_process import in_process, token
from tests.e2e.storm.place import Place
from tests.e2e.storm.sabotage import Sabotage
from tests.e2e.storm.verdict import STALE, Verdict, judge, oversold_now, wrong_rows
from tests.e2e.storm.weather import CYCLE, KINDS, PER_HOUR, Spell
from tests.fixtures.world import shop as usual_shop
from wbsync.domain.shop import Shop

type Json = dict[str, Any]

GOODS = 24
ASSEMBLED = "WA"
HEALS_WITHIN = 2  # cycles
_GIVES_UP = 3
HOT = 4  # offers that change in nearly every cycle

# What the schedules start in a cycle of fifteen minutes, with the seconds that pass before each: no more often than the
# template says, and the minutely poll far less, to save time.
MINUTELY: Sequence[tuple[float, str]] = (
    (0, "PollOrders"),
    (60, "CollectStock"),
    (60, "FetchLabels"),
    (60, "BuildSupplies"),
    (180, "PollOrders"),
    (120, "FetchLabels"),
    (60, "Sweep"),
    (120, "SyncStatuses"),
)
HOURLY = ("LinkCards", "ReconcileOrders")
DAILY = 24 * PER_HOUR


def shop() -> Shop:
    """Two units are kept back: what the shop itself sells between two readings comes out of them."""
    configured: Shop = usual_shop(
        stock={"default": {"safety_stock": 2}},
        statuses={"to_shop": [{"supplier": "confirm", "status": "WC"}]},
        supplies={"assembled": [ASSEMBLED]},
    )
    return configured


@dataclass
class Story:
    place: Place
    seed: int
    spells: Sequence[Spell]
    dice: random.Random = field(init=False)
    cycle: int = 0
    bought: int = 0
    tokens: int = 0
    refused: set[int] = field(default_factory=set)  # sizes that WB does not take for now
    wrong_for: dict[int, int] = field(default_factory=dict)  # cycles in which it could have been put right
    stale: set[int] = field(default_factory=set)
    oversold: dict[int, int] = field(default_factory=dict)  # offer → most units at any time

    def __post_init__(self) -> None:
        self.dice = random.Random(f"story {self.seed}")

    def open(self) -> None:
        """Few of everything, so that goods run out; linked and told before the first cloud."""
        for product in self._shop()["products"]:
            for store in product["stores"]:
                few = {"offer_id": product["id"], "store_id": int(store), "amount": self.dice.randint(0, 4)}
                self.place.sim("shop", "POST", "/_sim/stock", few)
        for function, event in (("LinkCards", {}), ("CollectStock", {"full": True})):
            self.place.invoke(function, event)
        self.place.settle()

    def live(self, cycles: int) -> None:
        for _ in range(cycles):
            self._weather()
            self._people()
            self._clock()
            self._watch()
            self.cycle += 1

    def heal(self) -> Verdict:
        """Cycles without trouble and without people's doing, until nothing is wrong; the verdict and how many."""
        self._clear()
        verdict = self._judged()
        for healed in range(_GIVES_UP):
            if not verdict.faults:
                return replace(verdict, cycles_to_heal=healed)
            if verdict.dead_letters:
                self.place.redrive()
            self._clock()
            self.cycle += 1
            verdict = self._judged()
        return verdict

    def _judged(self) -> Verdict:
        return replace(judge(self.place), rows_stale=tuple(sorted(self.stale)), oversold_meanwhile=dict(self.oversold))

    def _watch(self) -> None:
        """A row may be wrong while its stock cannot be told, or for a cycle or two, but no longer.

        What is promised beyond what there is counts also when a buyer cancels it later.
        """
        wb, shop = self._wb(), self._shop()
        for offer, units in oversold_now(self.place, wb, shop).items():
            self.oversold[offer] = max(units, self.oversold.get(offer, 0))
        lasting = [spell for spell in self.spells if spell.first <= self.cycle < spell.end]
        wrong = wrong_rows(self.place, wb, shop) - self.refused
        told = all(KINDS[spell.kind].lets_stock_pass for spell in lasting)
        self.wrong_for = {c: self.wrong_for.get(c, 0) + told for c in wrong}
        self.stale |= {c for c, cycles in self.wrong_for.items() if cycles > STALE}

    # ---- the weather

    def _weather(self) -> None:
        begun = [spell for spell in self.spells if spell.first == self.cycle]
        ended = [spell for spell in self.spells if spell.end == self.cycle]
        self.place.sabotage(weather.inside(self.spells, self.cycle))
        for spell in ended:
            self._deed(spell, begins=False)
        if begun or ended:
            self._simulators()
        for spell in begun:
            self._deed(spell, begins=True)

    def _simulators(self) -> None:
        """Faults on the two sides are those of the spells that last."""
        lasting = [spell for spell in self.spells if spell.first <= self.cycle < spell.end]
        self._forget_faults()
        self.refused = set()
        for spell in lasting:
            kind = KINDS[spell.kind]
            if kind.wb:
                self.place.sim("wb", "POST", "/_sim/faults", [dict(kind.wb)])
            if kind.shop:
                self.place.sim("shop", "POST", "/_sim/faults", {"times": None, **kind.shop})
            if kind.does.startswith("refuse rows"):
                self._refuse_rows(spell, named=kind.does == "refuse rows")

    def _forget_faults(self) -> None:
        self.place.sim("wb", "DELETE", "/_sim/faults")
        self.place.sim("shop", "DELETE", "/_sim/faults")

    def _refuse_rows(self, spell: Spell, *, named: bool) -> None:
        """Always the same rows for the same spell."""
        chrts = [size["chrtID"] for card in self._wb()["cards"] for size in card["sizes"]]
        dice = random.Random(f"{self.seed} {spell}")
        fault: Json = {"match": "PUT /api/v3/stocks/*", "kind": "refuse_rows", "chrt_ids": dice.sample(chrts, 3)}
        fault["named"] = named
        self.refused |= set(fault["chrt_ids"])
        self.place.sim("wb", "POST", "/_sim/faults", [fault])

    def _deed(self, spell: Spell, *, begins: bool) -> None:
        deed = DEEDS.get((KINDS[spell.kind].does, begins))
        if deed:
            deed(self)

    def _clear(self) -> None:
        self.place.sabotage(Sabotage())
        self._forget_faults()
        self.place.put_secret("wb-token", token(self.tokens))
        self.place.redrive()

    # ---- people

    def _people(self) -> None:
        """By day more than by night."""
        busy = 1.0 if 5 <= self.place.now().hour < 20 else 0.2
        if self.dice.random() < 0.45 * busy:
            self._buy()
        if self.dice.random() < 0.5 * busy:
            self._shop_sells()
        for _ in range(self.dice.randint(0, 4)):
            self._goods_arrive()
        if self.dice.random() < 0.2 * busy:
            self._somebody_cancels()
        if self.dice.random() < 0.4 * busy:
            self._assemble()

    def _buy(self) -> None:
        wishes = {
            "count": self.dice.randint(1, 3),
            "seed": self.dice.randrange(10**6),
            "cross_border_share": self.dice.choice([0.0, 0.0, 0.5]),
        }
        made = self.place.sim("wb", "POST", "/_sim/orders", wishes)
        self.bought += len(made["orders"])

    def _shop_sells(self) -> None:
        """In the shop only what WB is not showing: else two buyers may want one unit in the same minutes, and which of
        them is late is nobody's fault. So whatever is oversold in a storm is ours.
        """
        spare = [offer for offer, units in self._spare(self._shop()).items() if units >= 1]
        if spare:
            self.place.sim("shop", "POST", "/_sim/sales", {"offer_id": self.dice.choice(spare)})

    def _goods_arrive(self) -> None:
        """A delivery, or a count that finds less; some offers come and go all day."""
        shop = self._shop()
        spare = sorted(self._spare(shop).items())
        offer, units = self.dice.choice(spare[:HOT] if self.dice.random() < 0.8 else spare)
        product = next(p for p in shop["products"] if p["id"] == offer)
        store, kept = next(iter(sorted(product["stores"].items())))
        change = self.dice.choice([1, 2, -1])
        if change > 0 or units >= -change <= kept["amount"] - kept["quantityReserved"]:
            body = {"offer_id": offer, "store_id": int(store), "amount": int(kept["amount"]) + change}
            self.place.sim("shop", "POST", "/_sim/stock", body)

    def _spare(self, shop: Json) -> Mapping[int, int]:
        """Units by offer that neither WB shows nor a WB order waits for, one that is half made too."""
        wb, products = self._wb(), shop["products"]
        placed = {o["xmlId"] for o in shop["orders"] if any(each["shipmentItems"] for each in o["shipments"])}
        offers = {code: p["id"] for p in products for code in p["barcodes"]}
        taken = dict.fromkeys((p["id"] for p in products), 0)
        for card in wb["cards"]:
            for size in card["sizes"]:
                shown = sum(rows.get(str(size["chrtID"]), 0) for rows in wb["stocks"].values())
                for offer in {offers[code] for code in size["skus"] if code in offers}:
                    taken[offer] += shown
        for order in wb["orders"]:
            if f"WB_{order['id']}" not in placed and order["supplierStatus"] != "cancel":
                for offer in {offers[code] for code in order["skus"] if code in offers}:
                    taken[offer] += 1
        return {p["id"]: int(p["quantity"]) - taken[p["id"]] for p in products if p["active"] == "Y"}

    def _somebody_cancels(self) -> None:
        new = [o for o in self._wb()["orders"] if o["supplierStatus"] == "new"]
        if not new:
            return
        order = self.dice.choice(new)
        in_shop = next((o for o in self._shop()["orders"] if o["xmlId"] == f"WB_{order['id']}"), None)
        if in_shop and self.dice.random() < 0.5:
            body = {"order_id": in_shop["id"], "reason": "Брак при сборке"}
            self.place.sim("shop", "POST", "/_sim/orders/cancel", body)
        else:
            self.place.sim("wb", "POST", f"/_sim/orders/{order['id']}/cancel_by_client")

    def _assemble(self) -> None:
        for order in self._shop()["orders"]:
            ours = str(order["xmlId"]).startswith("WB_") and order["canceled"] == "N" and order["statusId"] == "N"
            if ours and self.dice.random() < 0.7:
                self.place.sim("shop", "POST", "/_sim/orders/status", {"order_id": order["id"], "status": ASSEMBLED})

    def _wb(self) -> Json:
        state: Json = self.place.sim("wb", "GET", "/_sim/state")
        return state

    def _shop(self) -> Json:
        state: Json = self.place.sim("shop", "GET", "/_sim/state")
        return state

    # ---- the clock

    def _clock(self) -> None:
        ends = self.place.now() + CYCLE
        if self.cycle % PER_HOUR == 0:
            for function in HOURLY:
                self.place.invoke(function)
        if self.cycle % DAILY == DAILY - 1:
            self.place.invoke("CollectStock", {"full": True})
        down = any(KINDS[spell.kind].lasts_long for spell in self.spells if spell.first <= self.cycle < spell.end)
        for seconds, function in MINUTELY:
            self.place.advance(seconds)
            self.place.invoke(function)
            if not down:  # else every message fails each time: once in a cycle is enough of it
                self.place.settle()
        self.place.advance(max(0.0, (ends - self.place.now()).total_seconds()))
        self.place.settle()


def _revoke(story: Story) -> None:
    story.place.sim("wb", "POST", "/_sim/revoked", [token(n) for n in range(story.tokens + 1)])


def _replace(story: Story) -> None:
    story.tokens += 1
    story.place.put_secret("wb-token", token(story.tokens))


def _step(story: Story) -> None:
    story.place.sim("wb", "POST", "/_sim/clock", {"advance": 37})


DEEDS: Mapping[tuple[str, bool], Callable[[Story], None]] = {
    ("revoke the token", True): _revoke,
    ("revoke the token", False): _replace,
    ("step the clock", True): _step,
}


def run(place: Place, seed: int, *, hours: float, kinds: Sequence[str] = tuple(KINDS)) -> Verdict:
    """One storm from the first cloud to the verdict."""
    cycles = round(hours * PER_HOUR)
    spells = weather.forecast(seed, cycles, kinds)
    story = Story(place, seed, spells)
    began = place.now()
    story.open()
    story.live(max(cycles, weather.ends(spells)))
    verdict = story.heal()
    return replace(
        verdict,
        spells=tuple(map(str, spells)),
        deaths=place.deaths,
        share_of_limit=_share_of_limit(verdict, (place.now() - began).total_seconds()),
    )


def alone(seed: int, hours: float) -> Verdict:
    """The storm of one seed in this process."""
    with in_process(shop(), goods=GOODS, seed=seed) as place:
        return run(place, seed, hours=hours)


def _share_of_limit(verdict: Verdict, seconds: float) -> float:
    """Requests against what the bucket of assembly orders alone would have allowed in the time."""
    return verdict.requests * BUCKETS["fbs"].interval / seconds
