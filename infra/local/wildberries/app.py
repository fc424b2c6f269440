"""The way of one request: fault, path, token, limit, category, work, charge."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from infra.local.serving import cut
from infra.local.wildberries import drafts, prices
from infra.local.wildberries.answers import NO_CONTENT, Answer, Refusal, Request, problem, refuse
from infra.local.wildberries.auth import Token, TokenProblem, read_token
from infra.local.wildberries.control import control
from infra.local.wildberries.faults import Fault, striking
from infra.local.wildberries.life import play
from infra.local.wildberries.limits import BASE_BUCKETS, BUCKETS, Bucket, Limits
from infra.local.wildberries.routes import APIS, Route, find
from infra.local.wildberries.state import stamp
from infra.local.wildberries.world import World, build

_MAX_BODY = 10 * 1024 * 1024


class Wildberries:
    """One simulated WB: `wsgi` is the app, `state` what it holds (read it under `state.lock`).

    `clock` gives Unix seconds, `sleep` is used by the fault "slow" alone, `pace` see `limits.Limits`.
    `fetch` gives the bytes behind a link to a photo and raises OSError or httpx.HTTPError; by default it asks by HTTP.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        pace: float = 1.0,
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._clock, self._sleep, self._ahead = clock, sleep, 0.0
        self._limits = Limits(pace)
        self._fetch = fetch
        self.state = build(world or World(), clock())
        self.state.fetch = fetch

    def seed(self, world: World) -> None:
        """Begin anew. The lock stays the same: other requests may be waiting at it."""
        with self.state.lock:
            fresh = build(world, self._now())
            fresh.lock, fresh.fetch = self.state.lock, self._fetch
            self.state = fresh

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        self._live()

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        verb, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if path.startswith("/_sim/"):
            with self.state.lock:
                self._live()
                answer = control(self, verb, path, body)
        else:
            answer = self._answer(environ, verb, path, body)
        content = answer.content()
        headers = {"Content-Type": answer.content_type} if content else {}
        headers |= dict(answer.headers) | {"Content-Length": str(len(content))}
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(headers.items()))
        return [content]

    def _answer(self, environ: WSGIEnvironment, verb: str, path: str, body: bytes) -> Answer:
        found = find(verb, path)
        operation = found[0].operation if found else f"{verb} {path}"
        with self.state.lock:
            self.state.now = self._now()
            self.state.requests[operation] += 1
            struck = {fault.kind: fault for fault in self._faults(operation, verb, path)}
        if "slow" in struck:
            self._sleep(struck["slow"].seconds)
        if "cut_before" in struck:
            cut(environ)
        with self.state.lock:
            self._live()
            answer = self._worked(found, environ, body, struck)
            self.state.answers.setdefault(operation, Counter())[answer.status] += 1
        if "cut_after" in struck:
            cut(environ)
        return answer

    def _faults(self, operation: str, verb: str, path: str) -> list[Fault]:
        real = f"{verb} /{path.removeprefix('/').partition('/')[2]}"
        return striking(self.state.faults, (operation, real), self.state.dice)

    def _worked(
        self,
        found: tuple[Route, dict[str, str]] | None,
        environ: WSGIEnvironment,
        body: bytes,
        struck: Mapping[str, Fault],
    ) -> Answer:
        try:
            if found is None:
                raise self._problem(404, "path not found", "Please consult the documentation of this API")
            route, placeholders = found
            token = self._token(environ)
            query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
            request = Request(route.api, route.operation, placeholders, query, body, token.seller)
            return self._limited(route, token, request, struck)
        except Refusal as refusal:
            return refusal.answer

    def _token(self, environ: WSGIEnvironment) -> Token:
        try:
            token = read_token(environ.get("HTTP_AUTHORIZATION"), now=self.state.now, revoked=self.state.revoked)
        except TokenProblem as wrong:
            raise self._problem(401, "unauthorized", str(wrong)) from None
        if token.sandbox:
            raise self._problem(403, "forbidden", "test token is not allowed")
        return token

    def _limited(self, route: Route, token: Token, request: Request, struck: Mapping[str, Fault]) -> Answer:
        bucket = _bucket(route, token)
        who = token.seller, token.kind, route.bucket, route.api if route.bucket == "ping" else ""
        too_many = self._limits.take(who, bucket, now=self.state.now)
        self.state.limited += too_many is not None
        if "429" in struck and too_many is None:
            too_many = {"X-Ratelimit-Retry": "1", "X-Ratelimit-Limit": str(bucket.burst), "X-Ratelimit-Reset": "4"}
        if too_many is not None:
            raise self._problem(429, "too many requests", "limited by the simulated bucket", headers=too_many)
        try:
            answer = self._permitted(route, token, request, struck)
        except Refusal as refusal:
            answer = refusal.answer
        remaining = self._limits.settle(who, bucket, answer.status, now=self.state.now)
        return replace(answer, headers={**answer.headers, **remaining})

    def _permitted(self, route: Route, token: Token, request: Request, struck: Mapping[str, Fault]) -> Answer:
        if not token.allows(APIS[route.api], writes=route.writes):
            raise self._forbidden(route, request)
        if token.kind == "base" and not route.for_base:
            raise self._problem(403, "forbidden", "base token is not allowed")
        if len(request.body) > _MAX_BODY:
            raise self._problem(413, "request body too long", "the body is longer than 10 MB")
        instead = next((answer for kind, answer in _INSTEAD.items() if kind in struck), None)
        if instead is not None:
            return instead
        refused = struck.get("refuse_rows")
        self.state.row_refusals = dict.fromkeys(refused.chrt_ids, refused.code) if refused else {}
        self.state.names_refused_rows = refused is None or refused.named
        answer = route.handler(self.state, request)
        if "malformed_sticker" in struck:
            answer = _spoiled(answer)
        return _ERROR if "500_after" in struck else answer

    def _forbidden(self, route: Route, request: Request) -> Refusal:
        if route.forbidden is not None:
            return route.forbidden()
        by_gateway = route.by_gateway or request.operation == "GET /ping"
        if request.api in {"marketplace-api", "content-api"} and not by_gateway:
            return refuse(request, 403, "AccessDenied", "Доступ запрещён")
        return self._problem(403, "forbidden", "token has no access to this category")

    def _problem(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Refusal:
        now = stamp(datetime.fromtimestamp(self.state.now, UTC))
        return problem(status, title, detail, now=now, headers=headers)

    def _live(self) -> None:
        """It is now, and what was to happen until now has happened."""
        self.state.now = self._now()
        play(self.state)
        drafts.play(self.state)
        prices.play(self.state)

    def _now(self) -> float:
        return self._clock() + self._ahead


_ERROR = Answer(500, {"code": "InternalServerError", "message": "Внутренняя ошибка сервиса"})
_INSTEAD = {
    "406": Answer(406, {"code": "WarehouseStocksUpdateBlock", "message": "The warehouse is processing"}),
    "500": _ERROR,
    "ignored": NO_CONTENT,
    "html500": Answer(500, b"<html><body><h1>500 Internal Server Error</h1></body></html>", "text/html"),
}


def _bucket(route: Route, token: Token) -> Bucket:
    return BASE_BUCKETS.get(route.bucket, BUCKETS[route.bucket]) if token.kind == "base" else BUCKETS[route.bucket]


def _spoiled(answer: Answer) -> Answer:
    """The first sticker's file still is base64, but of half a picture."""
    body = answer.body
    if not isinstance(body, dict) or not body.get("stickers"):
        return answer
    first, *others = body["stickers"]
    half = first["file"][: len(first["file"]) // 8 * 4]
    return replace(answer, body={"stickers": [first | {"file": half}, *others]})
