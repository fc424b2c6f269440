"""A click on a label's link: whoever holds a link that we signed gets the PDF, everyone else learns nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from wbsync.domain.label_links import verified
from wbsync.stores.labels import LabelsStore

_SECONDS = 300
"""Long enough for a slow connection, too short to be passed on."""


def run(
    order: str, query: Mapping[str, str], *, labels: LabelsStore, keys: Sequence[bytes], now: datetime
) -> str | None:
    """A fresh link to the label of `/labels/<order>?<query>`, or None if the link is not ours or has expired."""
    order_id = verified(order, query, keys=keys, now=now)
    return None if order_id is None else labels.open(order_id, seconds=_SECONDS)
