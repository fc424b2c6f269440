"""Links to labels that a Bitrix order can keep: short, expiring, and nobody else can make one.

An S3 link cannot be kept: it is longer than a Bitrix property holds and dies with the session of the role that made it.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from wbsync.domain.ids import OrderId, SupplyId
from wbsync.errors import Rejected

_SHORTEST_KEY = 32
_MONTH = 30 * 24 * 3600
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")  # what fits WB's int64, written in the one way that we write it
_SUPPLY = re.compile(r"[A-Za-z0-9-]{1,64}")
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


def signed_supply_path(supply_id: SupplyId, *, key: bytes, expires: datetime) -> str:
    """The path and query of a link to the supply's papers, good until `expires` rounded up to whole 30 days.

    So the link of a supply stays the same for as long, and the orders that show it need no change.
    """
    epoch = -(int(expires.timestamp()) // -_MONTH) * _MONTH
    return f"/supplies/{supply_id}?e={epoch}&s={_supply_signature(supply_id, str(epoch), key)}"


def verified(order: str, query: Mapping[str, str], *, keys: Sequence[bytes], now: datetime) -> OrderId | None:
    """The order whose label the link may open, or None for any link that `signed_path` did not make or that is old.

    Takes the link's texts as they arrive from anyone and never raises.
    """
    if not _NUMBER.fullmatch(order):
        return None
    is_ours = _holds(query, lambda expires, key: _signature(order, expires, key), keys, now)
    return OrderId(int(order)) if is_ours else None


def verified_supply(supply: str, query: Mapping[str, str], *, keys: Sequence[bytes], now: datetime) -> SupplyId | None:
    """The supply whose papers the link may open, as `verified` tells it of an order.

    Which of the papers is not signed: whoever may open one may open all.
    """
    if not _SUPPLY.fullmatch(supply):
        return None
    is_ours = _holds(query, lambda expires, key: _supply_signature(supply, expires, key), keys, now)
    return SupplyId(supply) if is_ours else None


def is_supply_id(text: str) -> bool:
    """Whether it may be asked for: a refusal of WB is expensive."""
    return _SUPPLY.fullmatch(text) is not None


def _holds(query: Mapping[str, str], sign: Callable[[str, bytes], str], keys: Sequence[bytes], now: datetime) -> bool:
    """Whether one of the keys made the query's signature, and it is not old."""
    expires, signature = query.get("e", ""), query.get("s", "")
    if not (_NUMBER.fullmatch(expires) and _SIGNATURE.fullmatch(signature)):
        return False
    ours = [hmac.compare_digest(sign(expires, key), signature) for key in keys]
    return any(ours) and int(expires) > now.timestamp()


def _signature(order: str, expires: str, key: bytes) -> str:
    # The prefix keeps a signature made with this key for anything else from opening a label.
    return _signed(f"wbsync label {order} {expires}", key)


def _supply_signature(supply: str, expires: str, key: bytes) -> str:
    return _signed(f"wbsync supply {supply} {expires}", key)


def _signed(text: str, key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=").decode()
