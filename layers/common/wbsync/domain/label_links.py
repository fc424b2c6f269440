"""Links to labels that a Bitrix order can keep: short, expiring, and nobody else can make one.

An S3 link cannot be kept: it is longer than a Bitrix property holds and dies with the session of the role that made it.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from wbsync.domain.ids import OrderId
from wbsync.errors import Rejected

_SHORTEST_KEY = 32
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")  # what fits WB's int64, written in the one way that we write it
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64 without its padding


def label_keys(text: str) -> tuple[bytes, ...]:
    """The keys of the secret parameter, separated by commas or white space: the first signs, all are accepted.

    To change the key, put a new one in front; drop the old one when its last link has expired.
    Raises Rejected when there is none, or one is too short to withstand guessing.
    """
    keys = tuple(key.encode() for key in text.replace(",", " ").split())
    if not keys or min(map(len, keys)) < _SHORTEST_KEY:
        raise Rejected(f"the label key must hold keys of at least {_SHORTEST_KEY} characters")
    return keys


def signed_path(order_id: OrderId, *, key: bytes, expires: datetime) -> str:
    """The path and query of a link to the order's label, good until `expires` (aware, to the second)."""
    epoch = int(expires.timestamp())
    return f"/labels/{order_id}?e={epoch}&s={_signature(str(order_id), str(epoch), key)}"


def verified(order: str, query: Mapping[str, str], *, keys: Sequence[bytes], now: datetime) -> OrderId | None:
    """The order whose label the link may open, or None for any link that `signed_path` did not make or that is old.

    Takes the link's texts as they arrive from anyone and never raises.
    """
    expires, signature = query.get("e", ""), query.get("s", "")
    if not (_NUMBER.fullmatch(order) and _NUMBER.fullmatch(expires) and _SIGNATURE.fullmatch(signature)):
        return None
    ours = [hmac.compare_digest(_signature(order, expires, key), signature) for key in keys]
    if not any(ours) or int(expires) <= now.timestamp():
        return None
    return OrderId(int(order))


def _signature(order: str, expires: str, key: bytes) -> str:
    # The prefix keeps a signature made with this key for anything else from opening a label.
    digest = hmac.digest(key, f"wbsync label {order} {expires}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
