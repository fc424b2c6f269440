"""Telegram's bots, as far as an alarm needs them: one message to one chat (https://core.telegram.org/bots/api#sendmessage).

The bot's token stands in the address, so nothing here lets an address, or an exception that holds one, out.
"""

import json
from typing import Any

import httpx

from wbsync.errors import NotAuthorised, RateLimited, Rejected, Unavailable
from wbsync.exchange import exchanged

_HOST = "https://api.telegram.org"
_LONGEST = 4096
_REFUSED = range(400, 500)
_NOT_AUTHORISED = (401, 404)  # Telegram answers 404 to a token that it does not know
_TOO_MANY = 429
_CURE = "store it with `wbsync secret put telegram`"


def default_http() -> httpx.Client:
    return httpx.Client(timeout=httpx.Timeout(8.0, connect=4.0))


def send(http: httpx.Client, secret: str, text: str) -> None:
    """Send `text` as it is. `secret` is "<bot token> <chat id>".

    Raises NotAuthorised for a token that Telegram does not take, Rejected when the chat does not, RateLimited,
    Unavailable.
    """
    token, _, chat = secret.strip().partition(" ")
    if not token or not chat:
        raise NotAuthorised(f"the secret telegram is no `<bot token> <chat id>`: {_CURE}")
    message = {"chat_id": chat.strip(), "text": text[:_LONGEST], "link_preview_options": {"is_disabled": True}}
    try:
        answer = exchanged(http, http.build_request("POST", f"{_HOST}/bot{token}/sendMessage", json=message))
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise Unavailable(f"Telegram: {type(error).__name__}") from None  # the cause holds the token
    if not httpx.codes.is_success(answer.status_code):
        raise _failure(answer.status_code, _body(answer.content), token)


def _failure(status: int, body: dict[str, Any], token: str) -> Exception:
    said = str(body.get("description", "")).replace(token, "…")[:200]
    if status == _TOO_MANY:
        wait = body.get("parameters", {}).get("retry_after", 30)
        return RateLimited(f"Telegram: 429, next message in {wait} s", wait=float(wait))
    if status in _NOT_AUTHORISED:
        return NotAuthorised(f"Telegram does not know the bot's token ({status}): {_CURE}")
    if status in _REFUSED:
        return Rejected(f"Telegram refused the message: {status} {said}".strip(), status=status)
    return Unavailable(f"Telegram: {status}")


def _body(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
