"""Tokens as WB makes them (facts §1), with an invented seller and no true signature."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta


def token(now: datetime, *, categories: Iterable[int], days: float = 90, test: bool = False) -> str:
    """A Personal token, or one for the sandbox; `categories` are bits of the payload's `s`."""
    claims = {
        "id": "00000000-0000-4000-8000-000000000001",
        "s": sum(1 << bit for bit in categories),
        "sid": "11111111-2222-4333-8444-555555555555",
        "acc": 2 if test else 3,
        "t": test,
        "exp": int((now + timedelta(days=days)).timestamp()),
    }
    return jwt(claims if test else claims | {"for": "self"})


def jwt(claims: object) -> str:
    parts = (json.dumps({"alg": "ES256", "typ": "JWT"}), json.dumps(claims), "signature")
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
