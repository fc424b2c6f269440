"""Supplies: what WB takes over in one go. One kind of orders has one open supply at a time, a wave.

opening ──► open ──► delivered ──► done
   │         ├────► removed   (staff removed it in WB's cabinet)
   └─────────┴────► delivered (staff closed it there, or WB took its first order over)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from wbsync.domain.ids import SupplyId, WarehouseId
from wbsync.domain.orders import Order
from wbsync.domain.shop import CutOff, Shop


class SupplyState(StrEnum):
    """How far a supply has come; the text is what the table holds."""

    OPENING = "opening"  # WB was, or is to be, asked for it; its id is not known yet
    OPEN = "open"
    DELIVERED = "delivered"  # closed on WB; its code, SPOT or print files are owed
    DONE = "done"
    REMOVED = "removed"  # gone from WB


SUPPLY_MOVES: Mapping[SupplyState, frozenset[SupplyState]] = {
    SupplyState.OPENING: frozenset({SupplyState.OPEN}),
    SupplyState.OPEN: frozenset({SupplyState.DELIVERED, SupplyState.REMOVED}),
    SupplyState.DELIVERED: frozenset({SupplyState.DONE}),
    SupplyState.DONE: frozenset({SupplyState.DELIVERED}),
    SupplyState.REMOVED: frozenset(),
}
"""Where a supply may go from each state; back from done only when staff sends SPOT once more."""

TAKES_ORDERS = (SupplyState.OPENING, SupplyState.OPEN)


class SpotState(StrEnum):
    """What became of SPOT, the announcement of a supply's way into Russia (WB facts §5)."""

    UNKNOWN = "unknown"  # WB was not asked yet whether it wants it, or is to be sent it (again)
    NOT_WANTED = "not_wanted"
    MISSING = "missing"  # WB wants it, and nobody told us who drives
    SENDING = "sending"  # WB may have it or not: look before sending
    PENDING = "pending"
    FORMED = "formed"  # its QR code is owed
    KEPT = "kept"  # its QR code is in S3
    FAILED = "failed"


SPOT_SETTLED = frozenset({SpotState.NOT_WANTED, SpotState.KEPT})


class SupplyFile(StrEnum):
    """Files of a supply in the Labels bucket, by the last part of their keys."""

    CODE = "code.png"
    SPOT = "spot.png"
    THERMAL = "thermal.pdf"
    A4 = "a4.pdf"

    @property
    def content_type(self) -> str:
        return "image/png" if self.endswith(".png") else "application/pdf"


def supply_key(supply_id: SupplyId, file: SupplyFile) -> str:
    """The file's key in the Labels bucket."""
    return f"supplies/{supply_id}/{file}"


_CARGO = {1: "", 2: "СГТ", 3: "КГТ+"}


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What all orders of a supply have in common: WB refuses mixtures."""

    warehouse_id: WarehouseId
    cross_border: bool = False
    cargo_type: int = 1
    b2b: bool = False

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(order.warehouse_id, order.cross_border, order.cargo_type, order.b2b)

    @classmethod
    def parse(cls, text: str) -> Self:
        warehouse, cross_border, cargo, b2b = map(int, text.split("-"))
        return cls(WarehouseId(warehouse), bool(cross_border), cargo, bool(b2b))

    def __str__(self) -> str:
        """As the table's key: warehouse-crossBorderType-cargoType-b2b."""
        return f"{self.warehouse_id}-{self.cross_border:d}-{self.cargo_type}-{self.b2b:d}"

    @property
    def words(self) -> str:
        """What sets it apart from the ordinary kind of its warehouse, in Russian; empty for that one."""
        cargo = _CARGO.get(self.cargo_type, f"тип {self.cargo_type}")
        words = (cargo, "трансграничная" if self.cross_border else "", "B2B" if self.b2b else "")
        return " ".join(word for word in words if word)


LONGEST_NAME = 128

DEFAULT_ZONE = "Europe/Minsk"


def supply_name(shop: Shop, kind: Kind, number: int, opened_at: datetime) -> str:
    """A name that people can read and no other wave of the account has: it is how a supply is found again.

    What the configured pattern leaves out of warehouse and number is added, and so is the kind when it is not the
    ordinary one.
    """
    rules = shop.supplies
    assert rules, "supplies are built only when they are configured"  # nosec B101 # the caller's part
    zone = ZoneInfo(rules.cut_off.timezone if rules.cut_off else DEFAULT_ZONE)
    words = {
        "{account}": shop.account,
        "{warehouse}": _warehouse_name(shop, kind.warehouse_id),
        "{date}": opened_at.astimezone(zone).strftime("%d.%m.%Y"),
        "{number}": str(number),
    }
    told = rules.name
    for place, word in words.items():
        told = told.replace(place, word)
    unmistakable = all(place in rules.name for place in ("{warehouse}", "{number}"))
    fits = len(f"{told} {kind.words}") <= LONGEST_NAME
    tail = "" if unmistakable and fits else f"{kind.warehouse_id}-{number}"
    end = " ".join(part for part in (kind.words, tail) if part)
    return same_name(f"{told[: LONGEST_NAME - len(end) - 1]} {end}")


def same_name(name: str) -> str:
    """The name without its differences in white space."""
    return " ".join(name.split())


def _warehouse_name(shop: Shop, warehouse: WarehouseId) -> str:
    """Its name in the configuration, with its number when that is not its alone."""
    names = {each.wb: each.name for each in shop.warehouses}
    name = names.get(warehouse, "")
    alone = list(names.values()).count(name) == 1
    return name if name and alone else f"{name} {warehouse}".strip()


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_due(opened_at: datetime, cut_off: CutOff, now: datetime) -> bool:
    """Whether a cut-off has passed since the supply was opened, by the clock on the wall of the cut-off's zone."""
    last = _last_cut_off(cut_off, now)
    return last is not None and opened_at < last


def _last_cut_off(cut_off: CutOff, now: datetime) -> datetime | None:
    zone = ZoneInfo(cut_off.timezone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(len(_DAYS) + 1)]
    moments = [datetime.combine(day, cut_off.at, zone) for day in days if _DAYS[day.weekday()] in cut_off.days]
    return next((moment for moment in moments if moment <= now), None)


def most_boxes(orders: int) -> int:
    """How many boxes WB lets a supply for a pick-up point have (WB facts §5: 10 orders, 5 boxes)."""
    return orders // 2
