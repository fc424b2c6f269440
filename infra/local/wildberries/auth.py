"""Tokens: who may ask what (facts §1, "Auth, tokens, hosts").

The token stands raw in `Authorization`; it is a JWT whose payload is read and whose signature is not checked. Whether
the live API also takes `Bearer <token>` is not known, so here it does not.
"""

import base64
import binascii
import json
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

SELLER = "5d2c7b1e-3f4a-4c8e-9a60-1f0b7c3d9e21"  # an invented seller
_READ_ONLY = 30
_ACCOUNT = {"base": 1, "test": 2, "personal": 3, "service": 4}


class Category(IntEnum):
    """Bits of `s`."""

    CONTENT = 1
    ANALYTICS = 2
    PRICES = 3
    MARKETPLACE = 4
    STATISTICS = 5
    PROMOTION = 6
    FEEDBACKS = 7
    CHAT = 9
    SUPPLIES = 10
    RETURNS = 11
    DOCUMENTS = 12
    FINANCE = 13
    USERS = 16


class TokenProblem(Exception):
    """401; the message is WB's `detail`."""


@dataclass(frozen=True, slots=True)
class Token:
    seller: str
    kind: str  # base, test, personal, service: limits are counted for each kind apart
    categories: int  # bit mask
    expires: float  # unix seconds
    sandbox: bool

    def allows(self, category: Category | None, *, writes: bool) -> bool:
        """None: any token will do."""
        if writes and self.categories >> _READ_ONLY & 1:
            return False
        return category is None or bool(self.categories >> category & 1)


def make_token(
    *,
    categories: Iterable[int],
    expires: datetime,
    kind: str = "personal",
    sandbox: bool = False,
    read_only: bool = False,
    seller: str = SELLER,
) -> str:
    """A well-formed token for tests and the demo: `kind` is base, test, personal or service; never valid at WB."""
    bits = sum(1 << category for category in set(categories)) | (read_only << _READ_ONLY)
    kind = "test" if sandbox else kind
    payload: dict[str, object] = {
        "id": "0b8e4c52-6f7d-4e1a-8c39-52a1d0f6b7e4",
        "sid": seller,
        "s": bits,
        "exp": int(expires.timestamp()),
        "acc": _ACCOUNT[kind],
        "t": sandbox,
    }
    purpose = {"personal": "self", "service": "asid:simulated"}.get(kind)
    if purpose:
        payload["for"] = purpose
    parts = (json.dumps({"alg": "ES256", "typ": "JWT"}).encode(), json.dumps(payload).encode(), bytes(64))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def read_token(header: str | None, *, now: float, revoked: Container[str] = ()) -> Token:
    """Raises TokenProblem when it is missing, malformed, deleted by the seller or expired."""
    if not header:
        raise TokenProblem("token problem; no token was given")
    if header in revoked:
        raise TokenProblem("token problem; token is withdrawn")
    parts = header.split(".")
    if len(parts) != 3 or not all(parts):
        raise TokenProblem("token problem; token is malformed: three parts are expected")
    try:
        token = _token(json.loads(_decoded(parts[1])))
        _decoded(parts[2])
        json.loads(_decoded(parts[0]))
    except (ValueError, KeyError, TypeError, StopIteration):
        raise TokenProblem("token problem; token is malformed: it can not be decoded") from None
    if token.expires <= now:
        raise TokenProblem("token problem; token is expired")
    return token


def _token(payload: dict[str, object]) -> Token:
    bits, expires = payload["s"], payload["exp"]
    if not isinstance(bits, int) or not isinstance(expires, int):
        raise TypeError
    kind = next(name for name, number in _ACCOUNT.items() if number == payload["acc"])
    return Token(str(payload["sid"]), kind, bits, expires, sandbox=payload.get("t") is True)


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as wrong:
        raise ValueError from wrong
