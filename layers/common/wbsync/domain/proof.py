"""Whether every WB order stands where it should: one proof per day, with the reason of every difference.

A day is that of the order's making by UTC, from midnight to midnight. Three sides are counted: WB's list, our table,
the shop. An order that one of them lacks is a difference, told at the first side that lacks it: what we have not
stored cannot be in the shop either.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from wbsync.domain.ids import OrderId, ShopOrderId
from wbsync.domain.orders import OrderState
from wbsync.domain.statuses import WbStatus

FRESH_FOR = timedelta(minutes=30)
"""An order may be under way for this long before its absence needs another reason."""

LISTED_FOR = timedelta(days=89)
"""WB lists orders of the last three months, and older ones in its archive, some of them later (WB facts §4). Three
months have 89 days at least."""

LISTED_DIFFERENCES = 500
"""Differences that a proof names; the others are counted. With DETAIL_LENGTH they stay below DynamoDB's 400 KB."""

DETAIL_LENGTH = 200
"""Characters of a difference's detail."""


class Side(StrEnum):
    WB = "wb"
    TABLE = "table"
    SHOP = "shop"


class Reason(StrEnum):
    """Why an order is not the same on all sides; texts.PROOF_REASONS has the words. Proofs name them in this order."""

    UNEXPLAINED = "unexplained"
    DOUBLED = "doubled"  # several orders of the shop stand for it
    LOST = "lost"  # deleted in the shop while it lives on WB
    UNREADABLE = "unreadable"
    PARKED = "parked"
    WAITING = "waiting"  # its barcode is linked to no offer
    FRESH = "fresh"  # being stored or placed at this moment
    CANCELLED_BY_STAFF = "cancelled_by_staff"
    CANCELLED_UNPLACED = "cancelled_unplaced"
    DELETED = "deleted"  # in the shop, after its life on WB had ended
    OVER_UNSEEN = "over_unseen"  # sold or sent back before we came to see it
    UNLISTED = "unlisted"  # too old for WB's list, and not archived yet
    ARCHIVED = "archived"  # WB tells of it in its archive only
    ADOPTED = "adopted"  # it stands in the shop as another module's order
    BEFORE_WBSYNC = "before_wbsync"


ALARMING = frozenset({Reason.UNEXPLAINED, Reason.DOUBLED, Reason.LOST})
"""Reasons that call for a human."""


class AtWb(StrEnum):
    """How WB tells of an order."""

    LISTED = "listed"
    ARCHIVED = "archived"
    UNREADABLE = "unreadable"
    ABSENT = "absent"


class InShop(StrEnum):
    """How an order stands in the shop."""

    STANDS = "stands"
    FOREIGN = "foreign"  # under another module's external id
    CANCELLED = "cancelled"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What the three sides show of one order at one moment."""

    order_id: OrderId
    created_at: datetime
    at_wb: AtWb = AtWb.LISTED
    status: WbStatus | None = None
    state: OrderState | None = None  # None: it is not in our table
    stored_at: datetime | None = None
    why: str = ""  # the reason that our table keeps with the state
    shop_order_id: ShopOrderId | None = None
    in_shop: InShop = InShop.ABSENT
    doubles: tuple[ShopOrderId, ...] = ()  # other orders of the shop that stand for it

    @property
    def ended(self) -> bool:
        """Cancelled on WB, or sold, or sent back."""
        told = self.status is not None and (self.status.over or self.status.cancelled)
        return told or self.state in {OrderState.CANCELLED, OrderState.CLOSED, OrderState.FINISHED}

    @property
    def in_shop_as_on_wb(self) -> bool:
        """A cancelled order of the shop is there only if it is over on WB too, and no buyer has its unit."""
        sold = self.status is not None and self.status.wb == "sold"
        cancelled_too = self.in_shop is InShop.CANCELLED and self.ended and not sold
        return self.in_shop in {InShop.STANDS, InShop.FOREIGN} or cancelled_too


class Difference(BaseModel):
    """An order that `side` lacks or holds in another way."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    order_id: OrderId
    side: Side
    reason: Reason
    detail: str = ""


class Proof(BaseModel):
    """One day, told at `read_at`. `more`: differences that are counted in `reasons` and not named."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    day: date
    wb: int
    ours: int
    shop: int
    reasons: dict[Reason, int]
    differences: tuple[Difference, ...]
    more: int = 0
    read_at: datetime

    @property
    def unexplained(self) -> int:
        """Differences that call for a human."""
        return sum(self.reasons.get(reason, 0) for reason in ALARMING)


def prove(day: date, seen: Collection[Sighting], *, began: datetime, at: datetime) -> Proof:
    """The proof of a day from all its orders; `began`: when wbsync began to work for this account."""
    found = [difference for sighting in seen if (difference := compare(sighting, began=began, at=at))]
    found.sort(key=lambda one: (list(Reason).index(one.reason), one.order_id))
    return Proof(
        day=day,
        wb=sum(s.at_wb is not AtWb.ABSENT for s in seen),
        ours=sum(s.state is not None for s in seen),
        shop=sum(s.in_shop_as_on_wb for s in seen),
        reasons=dict(Counter(difference.reason for difference in found)),
        differences=tuple(found[:LISTED_DIFFERENCES]),
        more=max(0, len(found) - LISTED_DIFFERENCES),
        read_at=at,
    )


def compare(s: Sighting, *, began: datetime, at: datetime) -> Difference | None:
    """The difference of one order, or None where the three sides agree."""
    moments = _Moments(began, at)
    if s.state is None:
        return _told(s, Side.TABLE, _first(_NOT_STORED, s, moments))
    if s.at_wb is AtWb.ABSENT:
        return _told(s, Side.WB, _first(_NOT_LISTED, s, moments))
    if s.doubles:
        return _told(s, Side.SHOP, Reason.DOUBLED)
    if s.in_shop is InShop.FOREIGN:
        return _told(s, Side.SHOP, Reason.ADOPTED)
    if s.in_shop_as_on_wb:
        return None
    return _told(s, Side.SHOP, _first(_NOT_IN_SHOP, s, moments))


@dataclass(frozen=True, slots=True)
class _Moments:
    began: datetime
    at: datetime

    def fresh(self, since: datetime) -> bool:
        return self.at - since < FRESH_FOR


type _Rows = Sequence[tuple[Reason, Callable[[Sighting, _Moments], bool]]]

# The first row that fits counts.
_NOT_STORED: _Rows = (
    (Reason.UNREADABLE, lambda s, _: s.at_wb is AtWb.UNREADABLE),
    (Reason.CANCELLED_UNPLACED, lambda s, _: s.status is not None and s.status.cancelled),
    (Reason.BEFORE_WBSYNC, lambda s, m: s.created_at < m.began),
    (Reason.OVER_UNSEEN, lambda s, _: s.status is not None and s.status.over),
    (Reason.ARCHIVED, lambda s, _: s.at_wb is AtWb.ARCHIVED),
    (Reason.FRESH, lambda s, m: m.fresh(s.created_at)),
)
_NOT_LISTED: _Rows = (
    (Reason.UNLISTED, lambda s, m: s.created_at < m.at - LISTED_FOR),
    (Reason.FRESH, lambda s, m: m.fresh(s.created_at)),
)
_NOT_IN_SHOP: _Rows = (
    (Reason.CANCELLED_BY_STAFF, lambda s, _: s.in_shop is InShop.CANCELLED),
    (Reason.DELETED, lambda s, _: s.shop_order_id is not None and s.ended),
    (Reason.LOST, lambda s, _: s.shop_order_id is not None),
    (Reason.CANCELLED_UNPLACED, lambda s, _: s.state is OrderState.CLOSED),
    (Reason.WAITING, lambda s, _: s.state is OrderState.WAITING),
    (Reason.PARKED, lambda s, _: s.state is OrderState.PARKED),
    (Reason.FRESH, lambda s, m: s.stored_at is not None and m.fresh(s.stored_at)),
)


def _first(rows: _Rows, s: Sighting, moments: _Moments) -> Reason:
    return next((reason for reason, fits in rows if fits(s, moments)), Reason.UNEXPLAINED)


_OF_SHOP = frozenset({Reason.LOST, Reason.DELETED, Reason.CANCELLED_BY_STAFF, Reason.ADOPTED})
_OF_TABLE = frozenset({Reason.WAITING, Reason.PARKED})


def _told(s: Sighting, side: Side, reason: Reason) -> Difference:
    detail = ""
    if reason is Reason.DOUBLED:
        detail = ", ".join(map(str, (s.shop_order_id, *s.doubles)))
    elif reason in _OF_SHOP:
        detail = str(s.shop_order_id or "")
    elif reason in _OF_TABLE:
        detail = s.why
    elif s.state is not None:
        detail = str(s.state)
    elif s.status is not None:
        detail = s.status.text
    return Difference(order_id=s.order_id, side=side, reason=reason, detail=detail[:DETAIL_LENGTH])


def by_day(seen: Iterable[Sighting], days: Iterable[date]) -> Mapping[date, list[Sighting]]:
    """Orders by the day of their making; days without an order too, since an empty day is proven as well."""
    found: dict[date, list[Sighting]] = {day: [] for day in days}
    for sighting in seen:
        found.setdefault(sighting.created_at.date(), []).append(sighting)
    return found
