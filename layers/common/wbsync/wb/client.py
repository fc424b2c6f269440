"""The only code that talks to Wildberries: one request, one answer or one SyncError. It never repeats a call.

What an answer means is decided by two functions without I/O: `decipher` (the answer, or whose fault it is) and
`lesson` (what it tells about the seller's limit).
"""

import re
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from http import HTTPStatus
from types import NoneType
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from wbsync.domain.pacing import (
    PATIENCE,
    Bucket,
    CallBudget,
    Lesson,
    Slot,
    corrected,
    limited_lesson,
    refusal_lesson,
    remaining_lesson,
)
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, TryLater, Unavailable
from wbsync.exchange import Answer, exchanged
from wbsync.wb import token as wb_token
from wbsync.wb.operations import Operation, sandbox_bucket
from wbsync.wb.wire import LATER

HOST_TEMPLATE = "https://{api}.wildberries.ru"

_OK = range(200, 300)
_REFUSED = range(400, 500)
_NOT_AUTHORISED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_TOKEN = re.compile(r"eyJ[\w-]*\.[\w-]*(\.[\w-]*)?")
_LONGEST_REASON = 300


def default_http(verify: ssl.SSLContext | bool = True) -> httpx.Client:
    """An HTTP client with time-outs for WB: a hundred stickers take it seconds, a silent server is left after 20.

    No redirects: WB has none, and a token must not follow one.
    """
    return httpx.Client(timeout=httpx.Timeout(20.0, connect=5.0), follow_redirects=False, verify=verify)


class WbClient:
    """Calls of one seller. `host_template` names the hosts, e.g. `https://{api}.wildberries.ru`; not for many threads.

    `token` is asked before every call, so a replaced token is taken up by a running function.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        token: Callable[[], str],
        budget: CallBudget,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        host_template: str = HOST_TEMPLATE,
    ) -> None:
        self._http = http
        self._token = token
        self._budget = budget
        self._now = now
        self._sleep = sleep
        self._host_template = host_template
        self._sandbox = wb_token.is_sandbox(host_template)
        self._slots: defaultdict[str, deque[Slot]] = defaultdict(deque)
        self._known_full_at: dict[str, float] = {}

    def expect(self, operation: Operation[object], calls: int) -> None:
        """Have `calls` calls reserved, in one step; calls of this operation's bucket that follow use them up.

        As many are reserved as may be made soon, at least one. Those not made in time are void, so this is for calls
        that follow each other. Raises RateLimited and Unavailable.
        """
        bucket = self._bucket(operation)
        slots = self._slots[bucket.name]
        while slots and slots[0].latest < self._now().timestamp():
            slots.popleft()
        if len(slots) < calls:
            slots.extend(self._budget.reserve(bucket, calls - len(slots)))
            self._known_full_at[bucket.name] = slots[-1].full_at

    def call[A](
        self,
        operation: Operation[A],
        *,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, str | int | bool] | None = None,
        body: BaseModel | Sequence[BaseModel] | None = None,
    ) -> A:
        """Make one call, after waiting for its turn for up to PATIENCE seconds, and read its answer.

        Raises RateLimited, Unavailable, TryLater (a refusal that passes by itself, see wire.LATER), Rejected and
        NotAuthorised, in one line that names the operation or the limit; ValueError for too large a batch, a bug.
        """
        _check_batch(operation, body)
        token = self._checked_token(operation)
        url = self._host_template.format(api=operation.api) + _filled(operation.path, path or {})
        self._wait_for_turn(operation)
        request = self._http.build_request(
            operation.verb,
            url,
            params=query,
            content=None if body is None else _json(body),
            headers={"Authorization": token, "Accept": "application/json"}
            | ({} if body is None else {"Content-Type": "application/json"}),
        )
        answer = self._send(operation, request)
        self._learn(operation, answer)
        return decipher(operation, answer.status_code, answer.headers, answer.content)

    def _checked_token(self, operation: Operation[object]) -> str:
        token = self._token().strip()
        try:
            wb_token.check(token, category=operation.category, host_template=self._host_template, now=self._now())
        except NotAuthorised as error:
            raise NotAuthorised(f"{operation.name}: {error.reason}") from error
        return token

    def _bucket(self, operation: Operation[object]) -> Bucket:
        return sandbox_bucket(operation) if self._sandbox else operation.bucket

    def _wait_for_turn(self, operation: Operation[object]) -> None:
        self.expect(operation, 1)
        slots = self._slots[self._bucket(operation).name]
        wait = slots[0].earliest - self._now().timestamp()
        if wait > PATIENCE:
            raise RateLimited(f"{operation.name}: its turn is in {wait:.1f} s", wait=wait)
        slots.popleft()
        if wait > 0:
            self._sleep(wait)

    def _send(self, operation: Operation[object], request: httpx.Request) -> Answer:
        try:
            answer = exchanged(self._http, request)
        except httpx.RequestError as error:
            # Without the cause: it holds the request, and with it the token.
            raise Unavailable(
                f"{operation.name}: {type(error).__name__}",
                maybe_done=not operation.repeatable and not isinstance(error, _NOT_SENT),
            ) from None
        if not answer.whole:
            raise Unavailable(f"{operation.name}: an answer without end", maybe_done=not operation.repeatable)
        return answer

    def _learn(self, operation: Operation[object], answer: Answer) -> None:
        bucket = self._bucket(operation)
        learnt = lesson(bucket, answer.status_code, answer.headers)
        if learnt.extra_calls or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            # What was reserved counted on calls that are not there any more.
            self._slots[bucket.name].clear()
        known = self._known_full_at[bucket.name]
        if corrected(bucket, known, self._now().timestamp(), learnt) > known:
            # WB has answered: that must not be lost because the ledger is out of reach.
            with suppress(Unavailable):
                self._budget.learn(bucket, learnt)


def lesson(bucket: Bucket, status: int, headers: Mapping[str, str]) -> Lesson:
    """What an answer tells about its bucket (WB facts §1: `X-Ratelimit-*`; WB sends no Retry-After)."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return limited_lesson(bucket, _number(headers, "X-Ratelimit-Retry"), _number(headers, "X-Ratelimit-Reset"))
    remaining = _number(headers, "X-Ratelimit-Remaining")
    told = Lesson() if remaining is None else remaining_lesson(bucket, int(remaining))
    charged = refusal_lesson(bucket) if status in _REFUSED else Lesson()
    return Lesson(extra_calls=charged.extra_calls, full_in=told.full_in)


def decipher[A](operation: Operation[A], status: int, headers: Mapping[str, str], body: bytes) -> A:
    """The answer itself; or the SyncError that it amounts to. Content-Type is not asked: WB's is not dependable."""
    if status not in _OK:
        raise _failure(operation, status, headers, _parsed(body))
    if operation.answer is NoneType:
        return operation.answer()
    payload = _payload(operation, status, body)
    if isinstance(payload, dict) and payload.get("error") is True:
        raise Rejected(f"{operation.name}: {_reason(payload)}", status=status, body=payload)
    try:
        answer: A = _adapter(operation).validate_python(payload)
    except ValidationError as error:
        where = misread(error)
        raise Rejected(f"{operation.name}: WB's answer is not as documented: {where}", status=status) from None
    return answer


def misread(error: ValidationError) -> str:
    """The fields that did not read, in one line; without their values, for there may be a buyer among them."""
    places = {".".join(str(part) for part in e["loc"] if not isinstance(part, int)) for e in error.errors()}
    return ", ".join(sorted(places)) or "the whole"


def _payload(operation: Operation[object], status: int, body: bytes) -> Any:  # noqa: ANN401 any JSON
    if status == HTTPStatus.NO_CONTENT:
        return None
    try:
        return from_json(body)
    except ValueError:
        raise Unavailable(
            f"{operation.name}: {status} with something that is no JSON", maybe_done=not operation.repeatable
        ) from None


def _failure(operation: Operation[object], status: int, headers: Mapping[str, str], payload: object) -> SyncError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _number(headers, "X-Ratelimit-Retry") or operation.bucket.interval
        return RateLimited(f"{operation.name}: 429, next call in {wait:g} s", wait=wait)
    if status not in _REFUSED or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unavailable(f"{operation.name}: {status}", maybe_done=not operation.repeatable)
    reason = f"{operation.name}: {status} {_reason(payload)}".strip()
    if status in _NOT_AUTHORISED:
        return NotAuthorised(reason, status=status, code=_code(payload), body=payload)
    codes = {_code(entry) for entry in (payload if isinstance(payload, list) else [payload])}
    if codes and codes <= LATER.keys():
        return TryLater(reason, wait=max(LATER[code] for code in codes))
    return Rejected(reason, status=status, code=_code(payload), body=payload)


def _reason(payload: object) -> str:
    """One line out of any of WB's shapes: `{code, message}`, a list of them, problem+json, Content's envelope."""
    if isinstance(payload, list):
        return _line(dict.fromkeys(_reason(entry) for entry in payload), separator="; ")
    if not isinstance(payload, dict):
        return ""
    parts = (payload.get(key) for key in ("code", "title", "message", "detail", "errorText", "additionalErrors"))
    return _line(dict.fromkeys(_text(part) for part in parts if part), separator=": ")


def _text(part: object) -> str:
    return part if isinstance(part, str) else to_json(part).decode()


def _line(parts: Iterable[str], *, separator: str) -> str:
    line = " ".join(separator.join(part for part in parts if part).split())
    return _TOKEN.sub("…", line)[:_LONGEST_REASON]


def _code(payload: object) -> str:
    """WB's own word for the refusal; of a list, the first."""
    if isinstance(payload, list):
        return _code(payload[0]) if payload else ""
    return str(payload.get("code", "")) if isinstance(payload, dict) else ""


def _parsed(body: bytes) -> object:
    try:
        return from_json(body)
    except ValueError:
        return None


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        return max(0.0, float(headers[name]))
    except (KeyError, ValueError):
        return None


@cache
def _adapter(operation: Operation[object]) -> TypeAdapter[Any]:
    return TypeAdapter(operation.answer)


def _json(body: BaseModel | Sequence[BaseModel]) -> bytes:
    models = [body] if isinstance(body, BaseModel) else body
    dumped = [m.model_dump(mode="json", by_alias=True, exclude_none=True) for m in models]
    return to_json(dumped[0] if isinstance(body, BaseModel) else dumped)


def _filled(template: str, values: Mapping[str, object]) -> str:
    return template.format_map({name: quote(str(value), safe="") for name, value in values.items()})


def _check_batch(operation: Operation[object], body: BaseModel | Sequence[BaseModel] | None) -> None:
    if body is None or operation.batch_max is None:
        return
    lists = [value for _, value in body if isinstance(value, list | tuple)] if isinstance(body, BaseModel) else [body]
    rows = max((len(rows) for rows in lists), default=0)
    if rows > operation.batch_max:
        raise ValueError(f"{operation.name} takes {operation.batch_max} rows at most, not {rows}")
