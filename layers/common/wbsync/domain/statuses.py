"""What WB says of an order, and what it means for the order in the shop (WB facts §4).

WB tells two words: `supplier`, what the seller did (new, confirm, complete, cancel, cancel_carrier), and `wb`, what WB
and the buyer did. Both are text: WB's own lists are short of some, and an unknown word is kept, shown and changes
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from wbsync.domain.shop import Statuses, StatusRule

CANCELLED_BY_SUPPLIER = frozenset({"cancel", "cancel_carrier"})
CANCELLED_BY_WB = frozenset({"canceled", "declined_by_client", "canceled_by_carrier"})
_LEFT_THE_SELLER = frozenset({"canceled_by_client", "defect", "canceled_by_carrier"})

_BEGUN: Mapping[str, int] = {"new": 0, "confirm": 1, "complete": 2, "cancel": 9, "cancel_carrier": 9}
_GONE: Mapping[str, int] = {
    "waiting": 0,
    "accepted_by_carrier": 3,
    "sent_to_carrier": 4,
    "postponed_delivery": 5,
    "sorted": 5,
    "ready_for_pickup": 6,
    "sold": 9,
    "canceled": 9,
    "canceled_by_client": 9,
    "declined_by_client": 9,
    "canceled_by_carrier": 9,
    "defect": 9,
}
_OVER = 9

REASSEMBLED = ("complete", "confirm")
"""The one way back that WB knows: an order transferred from a delivered supply onto assembly again."""


@dataclass(frozen=True, slots=True)
class WbStatus:
    """One reading of an order's status."""

    supplier: str
    wb: str
    read_at: datetime

    @property
    def text(self) -> str:
        """As staff sees it: "complete/sorted"."""
        return f"{self.supplier}/{self.wb}" if self.wb else self.supplier

    @property
    def known(self) -> bool:
        return self.supplier in _BEGUN and (self.wb in _GONE or not self.wb)

    @property
    def cancelled(self) -> bool:
        """Cancelled, by whomever; goods that the buyer sent back or refused are not."""
        return self.supplier in CANCELLED_BY_SUPPLIER or self.wb in CANCELLED_BY_WB

    @property
    def over(self) -> bool:
        """WB will tell nothing more of it."""
        return _rank(self) == _OVER

    @property
    def gone(self) -> bool:
        """The goods left the seller: cancelling it does not bring them back at once."""
        return self.supplier in {"complete", "cancel_carrier"} or self.wb in _LEFT_THE_SELLER

    @property
    def returns(self) -> bool:
        """The goods left the seller and were not sold: they are on their way back, or lost."""
        return self.over and self.gone and self.wb != "sold"


def follows(new: WbStatus, last: WbStatus | None) -> bool:
    """Whether a reading replaces the last one: newer, and not a step back other than REASSEMBLED.

    An unknown word is no step back: nobody knows where it stands.
    """
    if last is None:
        return True
    if new.read_at <= last.read_at:
        return False
    reassembled = (last.supplier, new.supplier) == REASSEMBLED and not last.over
    return reassembled or _rank(new) >= _rank(last) or not (new.known or last.over)


def rule_for(status: WbStatus, rules: Statuses) -> StatusRule | None:
    """The configured row for a status: the first that fits; None leaves the shop's order as it is."""
    if not status.known:
        return None
    return next((rule for rule in rules.to_shop if rule.fits(status.supplier, status.wb)), None)


def cancels_in_shop(status: WbStatus, rules: Statuses) -> bool:
    """Whether the shop's order is to be cancelled by what WB says, which puts its goods on sale again at once.

    Goods that left the seller are not there yet: their order waits until staff has them and cancels it, unless a row
    of the configuration says otherwise (decision 0006).
    """
    rule = rule_for(status, rules)
    if rule and rule.cancelled:
        return status.over
    return status.cancelled and not status.gone


def _rank(status: WbStatus) -> int:
    return max(_BEGUN.get(status.supplier, 0), _GONE.get(status.wb, 0))
