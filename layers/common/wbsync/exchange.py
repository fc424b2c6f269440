"""One HTTP exchange that cannot be led astray: no redirects, no way into the own network, a bounded answer and time.

What a server may do at worst is make a call fail; the errors are httpx's, so that callers need to know no others.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes, unpacked. A hundred stickers of WB or a batch of fifty pages of Bitrix are a tenth of it."""

LONGEST = 60.0
"""Seconds of a whole exchange. httpx bounds each wait by itself: a byte now and then would hold a worker for ever."""


class LeadsIntoOwnNetwork(httpx.ConnectError):
    """A host's name stands for an address that is not a public one; nothing was sent."""


class TakesTooLong(httpx.ReadTimeout):
    """The answer came, but not to its end in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`whole` is False when the content was cut at the most that was wanted."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    whole: bool


def exchanged(
    http: httpx.Client,
    request: httpx.Request,
    *,
    most: int = LARGEST_ANSWER,
    longest: float = LONGEST,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """Send a request and read its answer, up to `most` bytes of it. Raises httpx.RequestError.

    The address is looked at when the connection stands and before a byte is written, TLS's or ours: what a name stood
    for when it was configured says nothing about now. See https://www.python-httpx.org/advanced/extensions/#trace
    """
    until = clock() + longest
    request.extensions["trace"] = _looking_at_address(request)
    answer = http.send(request, stream=True, follow_redirects=False)
    try:
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) >= most:
                break
            if clock() > until:
                raise TakesTooLong(f"no end after {longest:g} s", request=request)
    finally:
        answer.close()
    return Answer(answer.status_code, answer.headers, bytes(content[:most]), whole=len(content) < most)


def is_own_network(address: str) -> bool:
    """Whether this is an IP address of a private network, this machine, or a cloud's metadata service."""
    try:
        return not ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


def _looking_at_address(request: httpx.Request) -> Callable[[str, Mapping[str, Any]], None]:
    host = request.url.raw_host.decode("ascii")  # as it is connected to: a Cyrillic name in its ASCII form
    connects_to = ""

    def look(event: str, info: Mapping[str, Any]) -> None:
        nonlocal connects_to
        if event == "connection.connect_tcp.started":
            connects_to = info["host"]
        # A proxy of the machine stands in its own network by right; and an address that stands in the configuration
        # itself was judged when it was put there, see `wbsync secret put`.
        if event != "connection.connect_tcp.complete" or connects_to != host or is_own_network(host):
            return
        if is_own_network(str(info["return_value"].get_extra_info("server_addr")[0])):
            info["return_value"].close()
            raise LeadsIntoOwnNetwork(f"{host} stands for an address of a private network", request=request)

    return look
