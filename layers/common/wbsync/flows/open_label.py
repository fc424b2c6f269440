"""A click on a link to a label or to a supply's papers: whoever holds a link that we signed gets the file, everyone
else learns nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from wbsync.domain.label_links import verified, verified_supply
from wbsync.domain.supplies import SupplyFile
from wbsync.errors import TryLater
from wbsync.stores.labels import LabelsStore

_SECONDS = 300
"""Long enough for a slow connection, too short to be passed on."""

PAPERS: Mapping[str, SupplyFile] = {
    "thermal": SupplyFile.THERMAL,
    "a4": SupplyFile.A4,
    "code": SupplyFile.CODE,
    "spot": SupplyFile.SPOT,
}
"""Which file of a supply `paper` in the link's query names."""

_USUAL = "thermal"


class NotMade(TryLater):
    """The link is good, and its file is not there yet."""


def run(
    order: str, query: Mapping[str, str], *, labels: LabelsStore, keys: Sequence[bytes], now: datetime
) -> str | None:
    """A fresh link to the label of `/labels/<order>?<query>`, or None if the link is not ours or has expired."""
    order_id = verified(order, query, keys=keys, now=now)
    return None if order_id is None else labels.open(order_id, seconds=_SECONDS)


def run_supply(
    supply: str, query: Mapping[str, str], *, labels: LabelsStore, keys: Sequence[bytes], now: datetime
) -> str | None:
    """The same for `/supplies/<supply>?<query>` with `&paper=` one of PAPERS, "thermal" when it is left out.

    Raises NotMade for a file that is not there; an unknown paper is none of our links.
    """
    supply_id, file = verified_supply(supply, query, keys=keys, now=now), PAPERS.get(query.get("paper", _USUAL))
    if supply_id is None or file is None:
        return None
    if not labels.has_supply_file(supply_id, file):
        raise NotMade(f"{supply_id} has no {file}", wait=_SECONDS)
    return labels.open_supply_file(supply_id, file, seconds=_SECONDS)
