"""What a WB token says of itself: its kind, its categories, how long it lives (WB facts §1).

A token is a JWT. Its payload is read without checking the signature, which is WB's business; we only want to tell
the owner what is wrong before WB answers 401, which on Marketplace costs ten calls. No message holds the token.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from pydantic_core import from_json

from wbsync.errors import NotAuthorised

CURE = "make a Personal token in the WB cabinet (Settings → API access) and store it with `wbsync secret put wb-token`"

_READ_ONLY_BIT = 30


class Category(IntEnum):
    """What a token opens, by its bit in the payload's `s`."""

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


class Kind(StrEnum):
    """Who a token was made for; Base tokens get a few calls an hour where others get hundreds a minute."""

    BASE = "Base"
    TEST = "Test"
    PERSONAL = "Personal"
    SERVICE = "Service"
    UNKNOWN = "unknown"


_KINDS: Mapping[object, Kind] = {1: Kind.BASE, 2: Kind.TEST, 3: Kind.PERSONAL, 4: Kind.SERVICE}


@dataclass(frozen=True, slots=True)
class Token:
    """A token's own words; not the token."""

    kind: Kind
    categories: frozenset[Category]
    expires: datetime
    read_only: bool
    seller: str

    @property
    def sandbox(self) -> bool:
        return self.kind is Kind.TEST

    def days_left(self, now: datetime) -> float:
        """Days until the token expires; negative afterwards. WB makes tokens for 180 days."""
        return (self.expires - now).total_seconds() / 86_400


def read(token: str) -> Token:
    """Raises NotAuthorised for a missing or malformed token."""
    if not token.strip():
        raise NotAuthorised(f"the WB token is missing: {CURE}")
    try:
        return _token(from_json(_payload(token)))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        # Without the cause: its text can hold a part of the token.
        raise NotAuthorised(f"the WB token is malformed (not a JWT of WB): {CURE}") from None


def _payload(token: str) -> bytes:
    _, payload, _ = token.strip().encode("ascii").split(b".")
    return urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))


def _token(claims: Mapping[str, object]) -> Token:
    bits = int(str(claims["s"]))
    return Token(
        kind=Kind.TEST if claims.get("t") is True else _KINDS.get(claims.get("acc"), Kind.UNKNOWN),
        categories=frozenset(c for c in Category if bits >> c & 1),
        expires=datetime.fromtimestamp(int(str(claims["exp"])), UTC),
        read_only=bool(bits >> _READ_ONLY_BIT & 1),
        seller=str(claims.get("sid", "")),
    )


def check(token: str, *, category: Category | None, host_template: str, now: datetime) -> None:
    """Raises NotAuthorised, saying in one line why `token` cannot open `category` at these hosts and what to do.

    Hosts that are not WB's (a simulator, a checking proxy) take both sandbox and real tokens.
    """
    claims = read(token)
    if claims.expires <= now:
        raise NotAuthorised(f"the WB token expired on {claims.expires:%Y-%m-%d}: {CURE}")
    if category is not None and category not in claims.categories:
        raise NotAuthorised(f"the WB token lacks the category {category.name.capitalize()}: {CURE}, with that category")
    if claims.sandbox and is_production(host_template):
        raise NotAuthorised(f"the WB token is for the sandbox, the hosts are the real ones: {CURE}")
    if not claims.sandbox and is_sandbox(host_template):
        raise NotAuthorised(
            "the WB token is a real one, the hosts are the sandbox: store a Test token, or change the hosts"
        )


def is_sandbox(host_template: str) -> bool:
    return host_template.rstrip("/").endswith("-sandbox.wildberries.ru")


def is_production(host_template: str) -> bool:
    return host_template.rstrip("/").endswith(".wildberries.ru") and not is_sandbox(host_template)
