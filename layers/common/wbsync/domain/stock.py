"""How much of a thing may be shown on WB, and which rows WB has to be told.

An amount on WB is counted in packs (WB units); the shop counts units. One WB order is one pack.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from wbsync.domain.ids import ChrtId, OfferId, StoreId, WarehouseId
from wbsync.domain.shop import StockRule, StockRules, Warehouse

WB_MOST = 100_000
"""The largest amount WB takes in a row (WB facts §3)."""

ROWS_PER_BATCH = 1000
"""The most rows WB takes in one PUT (WB facts §3)."""

UNKNOWN = -1
"""An amount told to WB that we are no longer sure of; it equals no amount, so the row is told again."""

type Amounts = dict[ChrtId, int]
type Sold = Mapping[tuple[WarehouseId, ChrtId], int]
"""WB orders that Bitrix does not know yet, in packs."""


@dataclass(frozen=True, slots=True)
class Available:
    """What the shop can sell of one offer, in units, without what it has reserved.

    `total` is the shop's own overall number; None when the shop does not count this offer as a whole.
    """

    by_store: Mapping[StoreId, int]
    total: int | None
    active: bool = True


def sellable(units: int, rule: StockRule) -> int:
    """Packs to show for `units` in the shop under a rule, before WB's own ceiling."""
    packs = max(0, units - rule.safety_stock) // rule.units_per_pack
    shown = packs if rule.cap is None else min(packs, rule.cap)
    return shown if shown >= rule.minimum else 0


def wanted(
    linked: Mapping[ChrtId, OfferId],
    available: Mapping[OfferId, Available],
    *,
    warehouses: Sequence[Warehouse],
    rules: StockRules,
    sold: Sold,
) -> dict[WarehouseId, Amounts]:
    """What each WB warehouse should show for each linked size.

    An offer that the shop no longer has, has switched off or excludes shows 0. Stores are split among warehouses, and
    all warehouses together never show more than the shop's own total: what is missing is taken from the last ones.
    """
    amounts: dict[WarehouseId, Amounts] = {w.wb: {} for w in warehouses}
    sold_anywhere: Counter[ChrtId] = Counter()
    for (_, chrt_id), packs in sold.items():
        sold_anywhere[chrt_id] += packs
    for chrt_id, offer_id in linked.items():
        rule = rules.of(offer_id)
        has = available.get(offer_id)
        sells = has is not None and has.active and offer_id not in rules.excluded_offers
        sold_units = {w.wb: sold.get((w.wb, chrt_id), 0) * rule.units_per_pack for w in warehouses}
        left = WB_MOST * rule.units_per_pack
        if has is not None and has.total is not None:
            left = has.total - sold_anywhere[chrt_id] * rule.units_per_pack
        for w in warehouses:
            own = sum(has.by_store.get(store, 0) for store in w.stores) - sold_units[w.wb] if has and sells else 0
            packs = min(sellable(min(own, left), rule), WB_MOST)
            amounts[w.wb][chrt_id] = packs
            left -= packs * rule.units_per_pack
    return amounts


def changed(wanted: Amounts, told: Mapping[ChrtId, int]) -> Amounts:
    """Rows WB has to be told: those whose wanted amount is not what it was last told."""
    last = told.get
    return {chrt_id: amount for chrt_id, amount in wanted.items() if last(chrt_id, UNKNOWN) != amount}


def orphaned(told: Mapping[ChrtId, int], linked: Collection[ChrtId]) -> Amounts:
    """Sizes that we once showed and that are linked to no offer any more: WB has to show 0 for them."""
    return {chrt_id: 0 for chrt_id, amount in told.items() if amount != 0 and chrt_id not in linked}


def batches(rows: Amounts) -> Iterator[Amounts]:
    """Rows in pieces that WB takes in one request."""
    return (dict(piece) for piece in batched(rows.items(), ROWS_PER_BATCH, strict=False))


def less_sold(rows: Amounts, sold: Mapping[ChrtId, int]) -> Amounts:
    """Rows as they are to be sent when WB has sold `sold` packs since the shop was read."""
    return {chrt_id: max(0, amount - sold.get(chrt_id, 0)) for chrt_id, amount in rows.items()}


def without(rows: Amounts, others: Iterable[ChrtId]) -> Amounts:
    """`rows` less `others`."""
    gone = set(others)
    return {chrt_id: amount for chrt_id, amount in rows.items() if chrt_id not in gone}
