"""Buyers: they order what WB shows in stock. What becomes of their orders is in life.py.

Money of an order: a buyer in the seller's country pays in the seller's currency; across the border he pays in the other
one of BYN and RUB, at a rate of 27.50. `converted…` is always in the seller's currency.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infra.local.wildberries.life import await_next
from infra.local.wildberries.state import Card, Order, Size, State, Warehouse, stamp
from infra.local.wildberries.stocks import OFFICES

_BYN, _RUB = 933, 643
_RUB_A_BYN = 27.5
_ADDRESSED, _COMMENTED, _SAME_BASKET = 0.3, 0.1, 0.15  # shares of the orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Also the body of `POST /_sim/orders`. Shares are exact: 0.2 of 10 orders are 2."""

    count: int
    seed: int | None = None  # the same seed in the same world chooses the same goods
    chrt_ids: Sequence[int] = ()  # only of these; empty: of anything the shop has on WB
    warehouse_id: int | None = None  # only there
    cross_border_share: float = 0.0
    unknown_barcode_share: float = 0.0  # of the foreign cards of the world
    sale_currency: int | None = None  # of all these orders, whatever the border
    b2b_share: float = 0.0
    pickup_point_share: float = 1.0  # may be handed in at a pick-up point
    required_meta: Mapping[str, float] = field(default_factory=dict)  # {"sgtin": 0.5}: besides what their cards demand
    optional_meta: Mapping[str, float] = field(default_factory=dict)


def order(state: State, wishes: Wishes) -> list[Order]:
    """The orders made; a buyer who finds nothing in stock goes away and is counted in `buyers_refused`."""
    dice = state.dice if wishes.seed is None else random.Random(wishes.seed)  # nosec B311 # dice of a simulation, no secret
    across = _exactly(wishes.count, wishes.cross_border_share, dice)
    unknown = _exactly(wishes.count, wishes.unknown_barcode_share, dice)
    shelves = {foreign: _shelves(state, wishes, foreign=foreign) for foreign in (False, True)}
    marked = _marked(state, wishes)
    made: list[Order] = []
    for cross_border, foreign, marks in zip(across, unknown, marked, strict=True):
        taken = _take(state, shelves[foreign], dice)
        if taken is None:
            state.buyers_refused += 1
            continue
        warehouse, size = taken
        same = made and dice.random() < _SAME_BASKET
        basket = made[-1].facts["orderUid"] if same else f"{dice.randrange(10**8, 10**9)}_{dice.randbytes(16).hex()}"
        placed = _assembly_order(state, warehouse, size, cross_border=cross_border)
        _mark(placed, state.cards[size.nm_id], marks)
        placed.facts = (
            _goods(state.cards[size.nm_id], size)
            | _place(warehouse)
            | _buyer(dice)
            | _money(state, size, placed, wishes)
            | _particulars(placed, basket)
            | {"rid": dice.randbytes(16).hex()}
        )
        state.next_order += dice.randint(1, 40)
        await_next(state, placed, state.now)
        made.append(placed)
    return made


type _Shelf = tuple[Warehouse, Size]


def _shelves(state: State, wishes: Wishes, *, foreign: bool) -> list[_Shelf]:
    return [
        (state.warehouses[warehouse_id], state.sizes[chrt_id])
        for warehouse_id, stock in state.stocks.items()
        if wishes.warehouse_id in {None, warehouse_id}
        for chrt_id in stock
        if state.cards[state.sizes[chrt_id].nm_id].foreign is foreign
        and (foreign or not wishes.chrt_ids or chrt_id in wishes.chrt_ids)
    ]


def _take(state: State, shelves: list[_Shelf], dice: random.Random) -> _Shelf | None:
    while shelves:
        at = dice.randrange(len(shelves))
        warehouse, size = shelves[at]
        if state.take_unit(warehouse.id, size.chrt_id):
            return shelves[at]
        shelves[at] = shelves[-1]
        shelves.pop()
    return None


def _assembly_order(state: State, warehouse: Warehouse, size: Size, *, cross_border: bool) -> Order:
    made = Order(
        id=state.next_order,
        warehouse_id=warehouse.id,
        chrt_id=size.chrt_id,
        created_at=state.moment().replace(microsecond=0),
        cross_border=cross_border,
        cargo_type=size.cargo_type,
        unknown_barcode=state.cards[size.nm_id].foreign,
    )
    state.orders[made.id] = made
    return made


@dataclass(frozen=True, slots=True)
class _Marks:
    b2b: bool
    pickup_point: bool
    required: list[str]
    optional: list[str]


def _marked(state: State, wishes: Wishes) -> list[_Marks]:
    """Drawn with dice of their own: the same goods are chosen with and without these wishes."""
    dice = random.Random(f"{wishes.seed}/{state.next_order}")  # nosec B311 # dice of a simulation, no secret
    b2b, pickup = (_exactly(wishes.count, share, dice) for share in (wishes.b2b_share, wishes.pickup_point_share))
    keys = [
        {key: _exactly(wishes.count, share, dice) for key, share in shares.items()}
        for shares in (wishes.required_meta, wishes.optional_meta)
    ]
    return [
        _Marks(b2b[at], pickup[at], *([key for key, flags in shares.items() if flags[at]] for shares in keys))
        for at in range(wishes.count)
    ]


def _mark(placed: Order, card: Card, marks: _Marks) -> None:
    placed.b2b, placed.pickup_point = marks.b2b, marks.pickup_point
    placed.required_meta = list(dict.fromkeys((*card.required_meta, *marks.required)))
    optional = dict.fromkeys((*card.optional_meta, *marks.optional))
    placed.optional_meta = [key for key in optional if key not in placed.required_meta]


def _goods(card: Card, size: Size) -> dict[str, object]:
    return {
        "article": card.vendor_code,
        "nmId": card.nm_id,
        "chrtId": size.chrt_id,
        "skus": list(size.skus),
        "colorCode": "",
        "cargoType": size.cargo_type,
    }


def _place(warehouse: Warehouse) -> dict[str, object]:
    office = OFFICES.get(warehouse.office_id)
    return {
        "warehouseId": warehouse.id,
        "officeId": warehouse.office_id,
        "offices": [office[0]] if office else [],
        "deliveryType": "fbs",
    }


def _buyer(dice: random.Random) -> dict[str, object]:
    """Invented people; what the product must neither log nor store stands here."""
    street = f"г. Выдуманск, ул. Несуществующая, д. {dice.randint(1, 99)}, кв. {dice.randint(1, 200)}"
    comment = f"Позвоните мне: +375 00 {dice.randrange(10**7):07}, Аграфена Небывалая"
    address = {"fullAddress": street, "longitude": 27.56, "latitude": 53.9}
    return {
        "address": address if dice.random() < _ADDRESSED else None,
        "comment": comment if dice.random() < _COMMENTED else "",
    }


def _money(state: State, size: Size, made: Order, wishes: Wishes) -> dict[str, object]:
    home = state.seller_currency
    abroad = _RUB if home == _BYN else _BYN
    sale = wishes.sale_currency or (abroad if made.cross_border else home)
    rate = {(_BYN, _RUB): _RUB_A_BYN, (_RUB, _BYN): 1 / _RUB_A_BYN}.get((home, sale), 1.0)
    paid = size.price * 95 // 100  # the buyer's own discount
    return {
        "price": round(size.price * rate),
        "salePrice": round(size.price * 1.2 * rate),
        "finalPrice": round(paid * rate),
        "convertedPrice": size.price,
        "convertedFinalPrice": paid,
        "currencyCode": sale,
        "convertedCurrencyCode": home,
        "scanPrice": None,
    }


def _particulars(made: Order, basket: object) -> dict[str, object]:
    bulky = made.cargo_type == 2
    dates = dict.fromkeys(("ddate", "sellerDate"), made.created_at.strftime("%d.%m.%Y")) if bulky else {}
    return dates | {
        "id": made.id,
        "orderUid": basket,
        "createdAt": stamp(made.created_at),
        "crossBorderType": int(made.cross_border),
        "isZeroOrder": False,
        "isPickupPointShipmentAllowed": made.pickup_point,
        "requiredMeta": made.required_meta,
        "optionalMeta": made.optional_meta,
        "options": {"isB2B": made.b2b},
    }


def _exactly(count: int, share: float, dice: random.Random) -> list[bool]:
    yes = round(count * share)
    flags = [True] * yes + [False] * (count - yes)
    dice.shuffle(flags)
    return flags
