"""What a secret must be before it is stored, and what it says of itself. No message holds a part of it."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from wbsync.domain.label_links import label_keys
from wbsync.errors import NotAuthorised, Rejected
from wbsync.exchange import is_own_network
from wbsync.wb import token as wb_token
from wbsync.wb.token import Category, Kind

CATEGORIES = frozenset({Category.CONTENT, Category.MARKETPLACE})
"""What the flows ask WB for: cards, and everything about stock and orders."""

SOON = 14
"""Days: a token that lives no longer deserves a word."""

_WEBHOOK_PATH = re.compile(r"(/[\w.~-]+)*/rest/[^/]+/[^/]+/?")
_LOOPBACK = "127.0.0.1"
_TELEGRAM = re.compile(r"\d{6,12}:[\w-]{30,60} +(-?\d{4,20}|@\w{4,40})")


def token(text: str, *, hosts: str, now: datetime) -> str:
    """What the WB token is good for, in one line. Raises NotAuthorised, saying what is wrong with it and what to do."""
    wb_token.check(text, category=None, host_template=hosts, now=now)
    claims = wb_token.read(text)
    if lacking := ", ".join(category.name.capitalize() for category in sorted(CATEGORIES - claims.categories)):
        raise NotAuthorised(f"the WB token lacks the category {lacking}: {wb_token.CURE}, with that category")
    if claims.read_only:
        raise NotAuthorised(f"the WB token is read-only, and stock is to be written: {wb_token.CURE}")
    days = int(claims.days_left(now))
    categories = ", ".join(category.name.capitalize() for category in sorted(claims.categories))
    words = [f"{claims.kind} token for {categories}, {days} days left"]
    if days <= SOON:
        words.append("make a new one now, in the WB cabinet")
    if claims.kind is Kind.BASE:
        words.append("WB lets a Base token make far fewer calls than a Personal one")
    return "; ".join(words)


def webhook(text: str) -> str:
    """Where the webhook leads, without its secret. Raises NotAuthorised for any other address."""
    try:
        address = urlsplit(text)
        host, port = address.hostname, address.port
    except ValueError:
        raise _no_webhook() from None
    odd = address.username or address.password or address.query or address.fragment or not text.isprintable()
    if not host or odd or not _WEBHOOK_PATH.fullmatch(address.path):
        raise _no_webhook()
    if address.scheme != "https" and not (address.scheme == "http" and host == _LOOPBACK):
        raise NotAuthorised("the Bitrix webhook must begin with https:// (its secret stands in the address)")
    if address.scheme == "https" and is_own_network(host):
        raise NotAuthorised(f"{host} is an address of a private network: the webhook is called from outside, by name")
    return f"webhook of {host}:{port}" if port else f"webhook of {host}"


def _no_webhook() -> NotAuthorised:
    return NotAuthorised(
        "this is no Bitrix webhook: it has the form https://<shop>/rest/<user>/<secret>/ and ends after the secret"
    )


def label_key(text: str) -> str:
    """How many keys there are. Raises Rejected when one is too short."""
    try:
        return f"{len(label_keys(text))} key(s); the first signs new links"
    except Rejected as error:
        raise Rejected(f"{error.reason}: `wbsync secret put label-key --generate` makes one") from None


def telegram(text: str) -> str:
    """Which chat is told. Raises NotAuthorised for what is no bot's token and chat."""
    found = _TELEGRAM.fullmatch(text.strip())
    if not found:
        raise NotAuthorised(
            "this is no `<bot token> <chat id>`: the token as @BotFather gives it, a space, the chat's number or @name"
        )
    return f"a bot that writes to the chat {found[1]}; it has to be a member there"
