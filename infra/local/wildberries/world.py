"""A world from a seed: the seller's cards as WB knows them.

The shop's goods come from `infra.local.goods`, so the Bitrix simulator has the same barcodes. On top of them stand
`foreign_cards`, which are sold on WB and which no shop knows: their orders are the ones with an unknown barcode. WB
holds stock of them from the beginning; of the shop's goods only when `stocked`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from infra.local.goods import Good, ean13, goods
from infra.local.wildberries.analytics import row_of
from infra.local.wildberries.life import USUAL, switch
from infra.local.wildberries.state import Card, Size, State, Step, Warehouse

_FIRST_FOREIGN_NM, _FIRST_FOREIGN_CHRT = 990_000_001, 995_000_001
_FOREIGN_STOCK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Also the body of `POST /_sim/seed`."""

    seed: int = 1
    goods: int = 100  # sizes that the shop has too; the same number makes the same goods in the Bitrix simulator
    foreign_cards: int = 3  # of one size each
    duplicate_barcodes: int = 0  # so many sizes carry the barcode of another size
    empty_barcodes: int = 0  # so many sizes have none
    second_barcode_every: int = 10  # every n-th size has one more barcode before the shop's; 0: none
    heavy_every: int = 0  # every n-th card is КГТ+, which the usual warehouse refuses; 0: none
    stocked: bool = False  # WB already holds the shop's quantities, in the first warehouse
    seller_currency: int = 933
    awaiting_asks: int = 1  # so many asks for a cross-border sticker are answered awaitingTrackNumber
    marked_every: int = 0  # every n-th card must have a code of «Честный знак» (sgtin) on every order; 0: none
    life: bool = False  # orders move by themselves, as `life.USUAL` says
    steps: Sequence[Mapping[str, object]] = ()  # fields of `state.Step`: another life than the usual one
    pending_minutes: float = 10.0  # so long a mark is looked at
    spot_minutes: float = 60.0  # so long the form about a carrier is worked on
    reshipment_hours: float = 24.0  # so long after a supply was scanned its missing orders are to be sent again
    wb_stock: Sequence[Mapping[str, int]] = ()  # in WB's own warehouses, see `analytics.row_of`
    # "office_id": 601 makes its supplies go to Russia, which is what SPOT is for.
    warehouses: Sequence[Mapping[str, object]] = field(
        default_factory=lambda: [{"id": 501_001, "name": "Минск, основной"}]
    )


def build(world: World, now: float) -> State:
    state = State(
        dice=random.Random(world.seed),  # nosec B311 # dice of a simulation, no secret
        now=now,
        seller_currency=world.seller_currency,
        awaiting_asks=world.awaiting_asks,
        seed=world.seed,
        pending_minutes=world.pending_minutes,
        spot_minutes=world.spot_minutes,
        reshipment_hours=world.reshipment_hours,
    )
    for row in world.warehouses:
        state.add_warehouse(Warehouse(**row))  # type: ignore[arg-type]  # JSON's word for it
    shop = goods(world.seed, world.goods)
    for index, (_, sizes) in enumerate(groupby(shop, key=lambda good: good.nm_id)):
        state.add_card(_card(world, index, list(sizes), state.moment()))
    _spoil_barcodes(world, [state.sizes[good.chrt_id] for good in shop])
    for index in range(world.foreign_cards):
        state.add_card(_foreign_card(world, index, state.moment()))
    _first_stock(world, state, shop)
    state.wb_stock = [row_of(state, dict(row)) for row in world.wb_stock]
    if world.life or world.steps:
        switch(state, steps_of(world.steps))
    return state


def steps_of(rows: Sequence[Mapping[str, object]]) -> Sequence[Step]:
    """The usual life when there are none."""
    return [Step(**row) for row in rows] or USUAL  # type: ignore[arg-type]  # JSON's word for it


def _card(world: World, index: int, sizes: list[Good], now: datetime) -> Card:
    first = sizes[0]
    heavy = world.heavy_every > 0 and (index + 1) % world.heavy_every == 0
    # Cards edited together carry one and the same updatedAt, so only (updatedAt, nmID) orders them.
    marked = world.marked_every > 0 and (index + 1) % world.marked_every == 0
    updated = now - timedelta(days=30) + timedelta(seconds=index // 3, microseconds=577_650)
    return Card(
        nm_id=first.nm_id,
        vendor_code=first.article,
        title=first.name,
        colour=first.colour,
        sizes=[
            Size(
                chrt_id=good.chrt_id,
                nm_id=good.nm_id,
                tech_size=good.size,
                skus=[good.barcode],
                price=int(good.price * 100),
                cargo_type=3 if heavy else 1,
            )
            for good in sizes
        ],
        created_at=now - timedelta(days=90),
        updated_at=updated,
        required_meta=["sgtin"] if marked else [],
    )


def _foreign_card(world: World, index: int, now: datetime) -> Card:
    nm_id = _FIRST_FOREIGN_NM + index
    barcode = ean13(f"29{world.seed % 10_000:04}{index:06}")
    size = Size(_FIRST_FOREIGN_CHRT + index, nm_id, "0", [barcode], price=4_990)
    article, title = f"FRN-{index + 1:05}", "Подарочный набор"
    return Card(
        nm_id, article, title, "красный", [size], now - timedelta(days=90), now - timedelta(days=3), foreign=True
    )


def _spoil_barcodes(world: World, sizes: list[Size]) -> None:
    """From the end of the list: first those that repeat a barcode of the beginning, then those without any."""
    if world.second_barcode_every:
        for index, size in enumerate(sizes[:: world.second_barcode_every]):
            size.skus.insert(0, ean13(f"28{world.seed % 10_000:04}{index:06}"))
    for size, other in zip(reversed(sizes), sizes[: world.duplicate_barcodes], strict=False):
        size.skus = other.skus[-1:]
    last = len(sizes) - world.duplicate_barcodes
    for size in sizes[max(0, last - world.empty_barcodes) : last]:
        size.skus = []


def _first_stock(world: World, state: State, shop: list[Good]) -> None:
    if not state.warehouses:
        return
    warehouse = next(iter(state.warehouses.values()))
    stock = state.stocks[warehouse.id]
    if world.stocked:
        fitting = (good for good in shop if state.sizes[good.chrt_id].cargo_type == warehouse.cargo_type)
        stock |= {good.chrt_id: good.quantity for good in fitting}
    stock |= {size.chrt_id: _FOREIGN_STOCK for card in state.cards.values() if card.foreign for size in card.sizes}
