"""The only code that talks to Bitrix: one HTTP request, one answer or one SyncError.

The webhook's address holds its secret, so it stands in no error, no log record and no repr: messages name the method.
"""

import json
import logging
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from wbsync.bitrix.methods import METHODS
from wbsync.bitrix.wire import Param, Params, Row, encode, mapped, reference, rows
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, Unavailable
from wbsync.exchange import Answer, exchanged

PAGE = 50
"""Rows in a page of any list method; Bitrix has no other size."""
BATCH = 50
"""Commands in one batch."""

_ADDRESS = re.compile(r"https?://[^/\s]+(/[^?#\s]+)*/rest/[^/?#\s]+/[^/?#\s]+/?")
_SECRET = re.compile(r"/rest/[^/\s]+/[^/\s]+")  # in case a proxy in between quotes the address
_LONGEST_WAIT = 3600.0

# Error codes are text, whatever the docs print; see bitrix facts §2.1, §2.2.
_LIMITS = {"QUERY_LIMIT_EXCEEDED": 2.0, "OVERLOAD_LIMIT": 60.0, "OPERATION_TIME_LIMIT": 600.0}
_CLOSED = "PORTAL_DELETED"  # the public part of the site is closed for now
_PASSING = {_CLOSED: 300.0, "INTERNAL_SERVER_ERROR": 30.0, "ERROR_UNEXPECTED_ANSWER": 30.0}
_BAD_WEBHOOK = {"NO_AUTH_FOUND", "INVALID_CREDENTIALS", "EXPIRED_TOKEN", "AUTHORIZATION_ERROR"}
_NO_SCOPE = {"INSUFFICIENT_SCOPE", "ERROR_METHOD_NOT_FOUND"}
_NO_RIGHT = re.compile(r"ACCESS_DENIED|2000403(?!00000)\d{5}")  # 200040300000 is "no such information block"


@dataclass(frozen=True, slots=True)
class Command:
    """One call inside a batch."""

    method: str
    params: Params

    def __str__(self) -> str:
        return f"{METHODS[self.method].name}?{encode(self.params)}"


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What each command of a batch answered, by its key: a result, or the SyncError it met."""

    results: Mapping[str, object]
    errors: Mapping[str, SyncError]
    totals: Mapping[str, int]

    def failure(self, key: str) -> SyncError | None:
        if key in self.results or key in self.errors:
            return self.errors.get(key)
        return Unavailable(f"Bitrix batch left `{key}` unanswered")

    def take(self, key: str) -> object:
        if failure := self.failure(key):
            raise failure
        return self.results[key]


class BitrixClient:
    """A shop's REST interface by its incoming webhook, `https://<shop>/rest/<user>/<secret>/`.

    `webhook` is asked at every request, so that a renewed secret is taken up without a restart.
    Every method raises RateLimited, Unavailable, Rejected or NotAuthorised.
    """

    def __init__(self, http: httpx.Client, *, webhook: Callable[[], str]) -> None:
        self._http = http
        self._webhook = webhook
        logging.getLogger("httpx").addFilter(_names_no_webhook)

    def call(self, method: str, params: Params) -> object:
        """The `result` of one documented method."""
        return self._post(method, params, writes=METHODS[method].writes)

    def batch(self, commands: Mapping[str, Command], *, halt: bool = False) -> BatchAnswer:
        """Up to 50 commands in one request, run in order and not as a transaction.

        Keys begin with a letter and let later commands refer to earlier answers (`wire.reference`).
        `halt` stops at the first failing command. A command's failure is in the answer, not raised.
        See https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/batch.html
        """
        if not 0 < len(commands) <= BATCH:
            raise ValueError(f"a batch takes 1 to {BATCH} commands, not {len(commands)}")
        queries: dict[str, Param] = {key: str(command) for key, command in commands.items()}
        writes = any(METHODS[command.method].writes for command in commands.values())
        return read_batch(commands, self._post("batch", {"halt": int(halt), "cmd": queries}, writes=writes))

    def pages(self, method: str, params: Params, *, after: int = 0) -> Iterator[list[Row]]:
        """All rows of a list method with id > `after`, by id, page by page; up to 50 pages in a request.

        The first request reads one page and asks how many rows there are, the following ones chain exactly the pages
        that are left: a reference past the end of a short page would put a whole array into the filter.
        See https://apidocs.bitrix24.ru/settings/performance/huge-data.html
        """
        answer = self.batch({"p0": _page(method, params, after, start=0)})
        left, ahead = answer.totals.get("p0", 0), 1
        while True:
            for number in range(ahead):
                page = rows(answer.take(f"p{number}"), METHODS[method].rows, method)
                after = _last_id(page, after, method)
                if page:
                    yield page
                if len(page) < PAGE:
                    return
            left -= ahead * PAGE
            ahead = min(BATCH, max(0, left // PAGE) + 1)  # the last one is short: it tells the end
            answer = self.batch(_chain(method, params, after, ahead), halt=True)

    def download(self, method: str, params: Params, *, most: int, seconds: float) -> bytes:
        """The file that one documented method answers; its host is silent for at most `seconds` at a time.

        Raises as `call` does, and Rejected for one of more than `most` bytes.
        """
        answer = self._exchanged(
            method, lambda url: exchanged(self._http, self._request(url, params, timeout=seconds), most=most + 1)
        )
        if isinstance(answer, SyncError):
            raise answer
        if len(answer.content) > most:
            raise Rejected(f"Bitrix {method}: the file has more than {most} bytes")
        if answer.status_code != httpx.codes.OK or answer.content[:1] in (b"", b"{", b"<"):
            decipher(method, answer.status_code, answer.headers, answer.content)
            raise Unavailable(f"Bitrix {method}: HTTP {answer.status_code} without a file", maybe_done=False)
        return answer.content

    def beginning(self, link: str, *, most: int, seconds: float) -> bytes:
        """Up to `most` first bytes of a file that the webhook's host shows to anybody, without the webhook's secret.

        Raises Unavailable, and Rejected for another host and for what is not there.
        """
        host = httpx.URL(self._webhook().strip())
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL:
            raise Rejected("the link is no address") from None
        if (url.scheme, url.host, url.port) != (host.scheme, host.host, host.port):
            raise Rejected(f"the link leads to {url.host}, not to the shop")
        try:
            answer = exchanged(self._http, self._http.build_request("GET", url, timeout=seconds), most=most)
        except httpx.RequestError as error:
            raise Unavailable(f"a file of the shop: {type(error).__name__}", maybe_done=False) from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"a file of the shop: HTTP {answer.status_code}", maybe_done=False)
        if answer.status_code != httpx.codes.OK:
            raise Rejected(f"the shop answers HTTP {answer.status_code} to the link")
        return answer.content

    def link(self, path: str) -> str:
        """Where the webhook's host shows a file of its own, e.g. `/upload/a.jpg`, to anybody; full links as they are.

        Raises NotAuthorised when the webhook is no address.
        """
        if path.startswith(("https://", "http://")):
            return path
        address = self._webhook().strip()
        if not _ADDRESS.fullmatch(address):
            raise NotAuthorised("the Bitrix webhook is not of the form https://<shop>/rest/<user>/<secret>/")
        return "/".join(address.split("/", 3)[:3]) + quote(f"/{path.lstrip('/')}", safe="/%?=&")

    def _post(self, method: str, params: Params, *, writes: bool) -> object:
        answer = self._send(method, params)
        try:
            if isinstance(answer, SyncError):
                raise answer  # outside of the `except` there, so that httpx's exception with its request is not chained
            return decipher(method, answer.status_code, answer.headers, answer.content)
        except Unavailable as failed:
            if writes:
                raise
            # What only reads has changed nothing, however it ended.
            raise Unavailable(str(failed), wait=failed.wait, maybe_done=False) from None

    def _send(self, method: str, params: Params) -> Answer | SyncError:
        answer = self._exchanged(method, lambda url: exchanged(self._http, self._request(url, params)))
        if isinstance(answer, Answer) and not answer.whole:
            return Unavailable(f"Bitrix {method}: an answer without end")
        return answer

    def _request(self, url: str, params: Params, timeout: float | None = None) -> httpx.Request:
        return self._http.build_request("POST", url, json=params, timeout=timeout or httpx.USE_CLIENT_DEFAULT)

    def _exchanged(self, method: str, exchange: Callable[[str], Answer]) -> Answer | SyncError:
        address = self._webhook().strip()
        if not _ADDRESS.fullmatch(address):
            return NotAuthorised("the Bitrix webhook is not of the form https://<shop>/rest/<user>/<secret>/")
        try:
            return exchange(f"{address.rstrip('/')}/{method}.json")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Unavailable(f"Bitrix {method}: no connection ({type(error).__name__})", maybe_done=False)
        except httpx.HTTPError as error:
            return Unavailable(f"Bitrix {method}: the connection broke ({type(error).__name__})")
        except httpx.InvalidURL:
            return NotAuthorised("the Bitrix webhook is no valid address")


def default_http(read_timeout: float = 45.0, *, verify: ssl.SSLContext | bool = True) -> httpx.Client:
    """An HTTP client with explicit time-outs; `read_timeout` in seconds bounds a batch of 50 slow commands."""
    return httpx.Client(timeout=httpx.Timeout(connect=5.0, read=read_timeout, write=10.0, pool=5.0), verify=verify)


def decipher(method: str, status: int, headers: Mapping[str, str], body: bytes) -> object:
    """The `result` of an answer, or the SyncError it stands for. Pure.

    An error is told by `"error" in body`, not by the status; HTML, nothing, or JSON of another shape is Unavailable.
    """
    wait = _retry_after(headers)
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and "error" in answer:
        raise failure(method, str(answer["error"]), str(answer.get("error_description", "")), status=status, wait=wait)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise RateLimited(f"Bitrix {method}: too many requests", wait=wait or _LIMITS["OVERLOAD_LIMIT"])
    if not isinstance(answer, dict) or "result" not in answer or status >= httpx.codes.BAD_REQUEST:
        raise Unavailable(f"Bitrix {method}: HTTP {status} without an answer of its REST", wait=wait or 30.0)
    return answer["result"]


def failure(method: str, code: str, description: str, *, status: int = 0, wait: float | None = None) -> SyncError:
    """The SyncError that Bitrix's error code stands for; `status` is 0 inside a batch, which has none. Pure."""
    text = _SECRET.sub("/rest/***", " ".join(f"Bitrix {method}: {code} {description}".split()))[:300]
    named = code.upper()
    if named in _LIMITS or status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(text, wait=wait or _LIMITS.get(named, _LIMITS["OVERLOAD_LIMIT"]))
    if named in _PASSING:
        return Unavailable(text, wait=wait or _PASSING[named], maybe_done=named != _CLOSED)
    if reason := _missing_right(method, named, status):
        return NotAuthorised(f"{text}; {reason}", status=status, code=code)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or (named == "ERROR_CORE" and "SQL" in description.upper()):
        return Unavailable(text, wait=wait or 30.0)
    return Rejected(text, status=status, code=code)


def _missing_right(method: str, code: str, status: int) -> str:
    row = METHODS[method]
    if code in _BAD_WEBHOOK:
        return "the webhook is unknown to the shop, switched off or expired"
    if code == "INVALID_REQUEST":
        return "the shop takes webhooks by HTTPS only, and must see it behind its proxy"
    if code in _NO_SCOPE:
        return f"the webhook lacks the scope `{row.scope}`, or the shop the module of that name"
    if _NO_RIGHT.fullmatch(code) or status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return f"the webhook's user lacks the right to {row.right}"
    return ""


def read_batch(commands: Mapping[str, Command], result: object) -> BatchAnswer:
    """The answer of `batch`, by command; maps that PHP sends as `[]` are empty. Pure."""
    if not isinstance(result, Mapping):
        raise Unavailable("Bitrix batch answered no map of results")
    errors = {key: mapped(error) for key, error in mapped(result.get("result_error")).items()}
    return BatchAnswer(
        results={key: value for key, value in mapped(result.get("result")).items() if key not in errors},
        errors={
            key: failure(commands[key].method, str(error.get("error", "")), str(error.get("error_description", "")))
            for key, error in errors.items()
            if key in commands
        },
        totals={key: total for key, total in mapped(result.get("result_total")).items() if isinstance(total, int)},
    )


def _page(method: str, params: Params, after: int | str, *, start: int = -1) -> Command:
    """A page of rows with id > `after`; `start` -1 spares the count, 0 asks for it."""
    narrowed = {**mapped(params.get("filter")), ">id": after}
    return Command(method, {**params, "order": {"id": "asc"}, "filter": narrowed, "start": start})


def _chain(method: str, params: Params, after: int, pages: int) -> dict[str, Command]:
    last = [reference(f"p{number}", METHODS[method].rows, PAGE - 1, "id") for number in range(pages - 1)]
    starts: Sequence[int | str] = [after, *last]
    return {f"p{number}": _page(method, params, start) for number, start in enumerate(starts)}


def _last_id(page: list[Row], after: int, method: str) -> int:
    """The id to go on from; an answer that does not go on would be read for ever."""
    ids = [int(str(row.get("id"))) if str(row.get("id")).isdecimal() else -1 for row in page]
    if any(later <= earlier for earlier, later in zip([after, *ids], ids, strict=False)):
        raise Unavailable(f"Bitrix {method} does not page by id", maybe_done=False)
    return ids[-1] if ids else after


def _retry_after(headers: Mapping[str, str]) -> float | None:
    seconds = headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_WAIT) if seconds.isdecimal() else None


def _names_no_webhook(record: logging.LogRecord) -> bool:
    """At INFO httpx writes every request's address; those of the webhook are kept out of all logs."""
    args = record.args if isinstance(record.args, tuple) else ()
    return not any(isinstance(arg, httpx.URL) and "/rest/" in arg.path for arg in args)
