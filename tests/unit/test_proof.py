"""Every difference between WB, our table and the shop has a reason, and what has none calls for a human."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from wbsync.domain.ids import OrderId, ShopOrderId
from wbsync.domain.orders import OrderState
from wbsync.domain.proof import (
    ALARMING,
    LISTED_DIFFERENCES,
    AtWb,
    Difference,
    InShop,
    Reason,
    Side,
    Sighting,
    by_day,
    compare,
    prove,
)
from wbsync.domain.statuses import WbStatus
from wbsync.texts import PROOF_REASONS, PROOF_SIDES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORNING = NOW - timedelta(hours=4)
BEGAN = NOW - timedelta(days=10)
S = OrderState


def order(**more: Any) -> Sighting:
    """An order of this morning that stands on all three sides."""
    whole: dict[str, Any] = {
        "order_id": OrderId(1),
        "created_at": MORNING,
        "state": S.DONE,
        "stored_at": MORNING,
        "shop_order_id": ShopOrderId(77),
        "in_shop": InShop.STANDS,
    }
    return Sighting(**whole | more)


def unstored(**more: Any) -> Sighting:
    return order(**{"state": None, "stored_at": None, "shop_order_id": None, "in_shop": InShop.ABSENT} | more)


def unplaced(state: OrderState, **more: Any) -> Sighting:
    return order(**{"state": state, "shop_order_id": None, "in_shop": InShop.ABSENT} | more)


def status(supplier: str, wb: str) -> WbStatus:
    return WbStatus(supplier, wb, NOW)


LONG_AGO, JUST_NOW = NOW - timedelta(days=20), NOW - timedelta(minutes=5)
REASONS: list[tuple[Sighting, Side, Reason, str]] = [
    (unstored(), Side.TABLE, Reason.UNEXPLAINED, ""),
    (unstored(created_at=JUST_NOW), Side.TABLE, Reason.FRESH, ""),
    (unstored(created_at=LONG_AGO), Side.TABLE, Reason.BEFORE_WBSYNC, ""),
    (unstored(at_wb=AtWb.UNREADABLE), Side.TABLE, Reason.UNREADABLE, ""),
    (unstored(at_wb=AtWb.ARCHIVED), Side.TABLE, Reason.ARCHIVED, ""),
    (unstored(status=status("complete", "sold")), Side.TABLE, Reason.OVER_UNSEEN, "complete/sold"),
    (unstored(status=status("cancel", "canceled")), Side.TABLE, Reason.CANCELLED_UNPLACED, "cancel/canceled"),
    (order(doubles=(ShopOrderId(78), ShopOrderId(90))), Side.SHOP, Reason.DOUBLED, "77, 78, 90"),
    (unplaced(S.STORED), Side.SHOP, Reason.UNEXPLAINED, "stored"),
    (unplaced(S.STORED, stored_at=JUST_NOW), Side.SHOP, Reason.FRESH, "stored"),
    (unplaced(S.WAITING, why="Штрихкод 46001 не найден"), Side.SHOP, Reason.WAITING, "Штрихкод 46001 не найден"),
    (unplaced(S.PARKED, why="Не та валюта"), Side.SHOP, Reason.PARKED, "Не та валюта"),
    (unplaced(S.CLOSED), Side.SHOP, Reason.CANCELLED_UNPLACED, "closed"),
    (order(in_shop=InShop.CANCELLED), Side.SHOP, Reason.CANCELLED_BY_STAFF, "77"),
    (order(in_shop=InShop.ABSENT), Side.SHOP, Reason.LOST, "77"),
    (order(in_shop=InShop.ABSENT, state=S.FINISHED), Side.SHOP, Reason.DELETED, "77"),
    (order(in_shop=InShop.ABSENT, status=status("complete", "sold")), Side.SHOP, Reason.DELETED, "77"),
    (order(in_shop=InShop.FOREIGN), Side.SHOP, Reason.ADOPTED, "77"),
    (order(at_wb=AtWb.ABSENT), Side.WB, Reason.UNEXPLAINED, "done"),
    (order(at_wb=AtWb.ABSENT, created_at=JUST_NOW), Side.WB, Reason.FRESH, "done"),
    (order(at_wb=AtWb.ABSENT, created_at=NOW - timedelta(days=91)), Side.WB, Reason.UNLISTED, "done"),
]


@pytest.mark.parametrize(("seen", "side", "reason", "detail"), REASONS, ids=[f"{row[1]}-{row[2]}" for row in REASONS])
def test_a_difference_has_its_side_and_its_reason(seen: Sighting, side: Side, reason: Reason, detail: str) -> None:
    told = Difference(order_id=OrderId(1), side=side, reason=reason, detail=detail)
    assert compare(seen, began=BEGAN, at=NOW) == told


def test_each_reason_and_side_is_reached_and_has_its_words() -> None:
    assert {reason for _, _, reason, _ in REASONS} == set(Reason) == set(PROOF_REASONS)
    assert {side for _, side, _, _ in REASONS} == set(Side) == set(PROOF_SIDES)


@pytest.mark.parametrize(
    "seen",
    [
        order(),
        order(at_wb=AtWb.ARCHIVED),
        order(at_wb=AtWb.UNREADABLE),
        order(state=S.PARKED),  # for its label
        order(state=S.CLOSED, in_shop=InShop.CANCELLED),
        order(status=status("cancel", "canceled"), in_shop=InShop.CANCELLED),
        unplaced(S.STORED, in_shop=InShop.STANDS),  # an error hid that it was made
    ],
)
def test_an_order_that_stands_everywhere_or_is_cancelled_everywhere_is_no_difference(seen: Sighting) -> None:
    assert compare(seen, began=BEGAN, at=NOW) is None


def test_what_the_buyer_has_while_the_shop_cancelled_it_is_a_difference() -> None:
    """The shop put the unit on sale again, and it is gone."""
    sold = order(state=S.FINISHED, status=status("complete", "sold"), in_shop=InShop.CANCELLED)
    found = compare(sold, began=BEGAN, at=NOW)
    assert found
    assert (found.side, found.reason) == (Side.SHOP, Reason.CANCELLED_BY_STAFF)
    assert prove(NOW.date(), [sold], began=BEGAN, at=NOW).shop == 0


def test_a_day_with_every_difference_counts_each_side() -> None:
    seen = [order(order_id=OrderId(100 + n)) for n in range(50)]
    seen += [
        Sighting(**{name: getattr(s, name) for name in s.__slots__} | {"order_id": OrderId(n)})
        for n, (s, *_) in enumerate(REASONS)
    ]
    proof = prove(NOW.date(), seen, began=BEGAN, at=NOW)
    lacking = {side: sum(row[1] is side for row in REASONS) for side in Side}
    assert proof.wb == 50 + len(REASONS) - lacking[Side.WB]
    assert proof.ours == 50 + len(REASONS) - lacking[Side.TABLE]
    assert proof.shop == 50 + len(REASONS) - lacking[Side.TABLE] - lacking[Side.SHOP] + 2  # adopted, doubled
    assert sum(proof.reasons.values()) == len(proof.differences) == len(REASONS)
    assert proof.unexplained == 5  # three without a reason, one doubled, one lost
    assert {one.reason for one in proof.differences[:5]} == ALARMING, "what calls for a human comes first"


def test_a_bad_day_fits_into_an_item_and_hides_no_alarm() -> None:
    long = "Ж" * 1000
    seen = [unplaced(S.PARKED, order_id=OrderId(10**10 + n), why=long) for n in range(2000)]
    seen += [unstored(order_id=OrderId(n)) for n in range(600)]
    proof = prove(NOW.date(), seen, began=BEGAN, at=NOW)
    assert (len(proof.differences), proof.more) == (LISTED_DIFFERENCES, 2600 - LISTED_DIFFERENCES)
    assert proof.reasons == {Reason.PARKED: 2000, Reason.UNEXPLAINED: 600}
    assert proof.unexplained == 600
    worst = prove(NOW.date(), seen[:2000], began=BEGAN, at=NOW)
    assert len(worst.model_dump_json().encode()) < 400_000


def test_days_are_those_of_utc_and_an_empty_day_is_proven_too() -> None:
    late = order(created_at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC))
    days = [date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)]
    found = by_day([late, order()], days)
    assert {day.day: len(same) for day, same in found.items()} == {21: 0, 22: 1, 23: 1}
    assert prove(days[0], found[days[0]], began=BEGAN, at=NOW).wb == 0
