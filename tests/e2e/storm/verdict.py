"""What a storm came to, read off the two simulators' states: nothing that the product says of itself is believed.

Its own tables and files are read only to be held against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.demo import counting
from tests.e2e.storm.place import Place

STICKERS = "labels/"
STALE = 3  # cycles


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of one storm. `refusals_of_ours`: 429s that no fault ordered; `rows_stale`: chrtIDs that were wrong on WB
    for longer than STALE cycles while nothing kept their stock from being told.
    """

    bought: int
    in_our_table: int
    in_shop: int
    lost: tuple[int, ...]
    doubled: tuple[int, ...]
    incomplete: tuple[int, ...]
    oversold: Mapping[int, int]
    labels_owed: int
    labels_missing: tuple[int, ...]
    rows: int
    rows_wrong: Mapping[str, tuple[int, int]]
    rows_set_aside: int
    dead_letters: int
    refusals_of_ours: int
    requests: int = 0
    share_of_limit: float = 0.0
    cycles_to_heal: int | None = None
    rows_stale: tuple[int, ...] = ()
    oversold_meanwhile: Mapping[int, int] = field(default_factory=dict)
    bugs: tuple[str, ...] = ()
    deaths: int = 0
    spells: tuple[str, ...] = field(default=(), repr=False)

    @property
    def faults(self) -> dict[str, object]:
        """What must not be; empty after a storm that did no harm."""
        found = {
            "orders lost": self.lost,
            "orders doubled": self.doubled,
            "orders incomplete": self.incomplete,
            "orders missing in our table": self.bought - self.in_our_table,
            "units oversold": dict(self.oversold),
            "units oversold meanwhile": dict(self.oversold_meanwhile),
            "labels missing": self.labels_missing,
            "rows wrong on WB": dict(self.rows_wrong),
            "rows wrong for long": self.rows_stale,
            "dead letters left": self.dead_letters,
            "429s of our own": self.refusals_of_ours,
            "bugs": self.bugs,
        }
        return {name: what for name, what in found.items() if what}


def judge(place: Place) -> Verdict:
    """As things stand now."""
    wb, shop = place.sim("wb", "GET", "/_sim/state"), place.sim("shop", "GET", "/_sim/state")
    world = counting.World(wb, shop, place.shop.stock, place.shop.warehouses)
    records = {int(row["order_id"]): str(row.get("reason", "")) for row in place.table("OrdersTable")}
    aside = _set_aside(place)
    wrong = {row: both for row, both in counting.wrong_rows(world).items() if row not in aside}
    owed, stored = counting.labels_owed(world), place.files(STICKERS)
    return Verdict(
        bought=len(wb["orders"]),
        in_our_table=len(records.keys() & {order["id"] for order in wb["orders"]}),
        in_shop=counting.in_shop(world),
        lost=tuple(counting.lost(world, records)),
        doubled=tuple(counting.doubled(world)),
        incomplete=tuple(counting.incomplete(world)),
        oversold=counting.oversold(world),
        labels_owed=len(owed),
        labels_missing=tuple(order for order in owed if f"{order}.pdf" not in stored),
        rows=len(world.linked) * len(place.shop.warehouses),
        rows_wrong={f"{warehouse}/{chrt}": both for (warehouse, chrt), both in wrong.items()},
        rows_set_aside=len(aside),
        dead_letters=sum(place.dead_letters().values()),
        refusals_of_ours=wb["limited"],
        bugs=tuple(sorted(place.bugs)),
        requests=sum(wb["requests"].values()),
    )


def oversold_now(place: Place, wb: Mapping[str, Any], shop: Mapping[str, Any]) -> Mapping[int, int]:
    """Offer → units promised beyond what the shop has, at a moment at which not everything has come through yet: what
    staff cancelled, WB need not know.
    """
    standing = counting.World(wb, shop, place.shop.stock, place.shop.warehouses)
    given_up = standing.in_shop.keys() - standing.placed.keys()
    orders = [order for order in wb["orders"] if order["id"] not in given_up]
    return counting.oversold(counting.World({**wb, "orders": orders}, shop, place.shop.stock, place.shop.warehouses))


def wrong_rows(place: Place, wb: Mapping[str, Any], shop: Mapping[str, Any]) -> set[int]:
    """chrtIDs of which WB shows something else than it should, those aside that it refused."""
    world = counting.World(wb, shop, place.shop.stock, place.shop.warehouses)
    wrong = counting.wrong_rows(world)
    return {row[1] for row in wrong.keys() - _set_aside(place)} if wrong else set()


def _set_aside(place: Place) -> set[tuple[int, int]]:
    """Rows that WB refused, until they are due again: WB shows what it wants of them."""
    now = place.now().isoformat()
    return {
        (int(row["warehouse"]), int(row["batch"].removeprefix("refused#")))
        for row in place.table("StockToldTable")
        if row["batch"].startswith("refused#") and row["until"] > now
    }
