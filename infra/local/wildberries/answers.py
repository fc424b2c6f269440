"""What comes in, what goes out, and the shapes in which WB says no."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import uuid4

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Request:
    """One request on an operation of the table; `operation` is its verb and path template."""

    api: str
    operation: str
    path: Mapping[str, str] = field(default_factory=dict)  # placeholders of the path template
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seller: str = ""  # `sid` of the token


@dataclass(frozen=True, slots=True)
class Answer:
    """`body`: JSON-able, or ready bytes; None sends nothing (204)."""

    status: int
    body: object = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


NO_CONTENT = Answer(204)


class Refusal(Exception):
    """Ends the handling of a request with an answer other than the wished one."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def problem(status: int, title: str, detail: str, *, now: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The gateway's own answers: 401, some 403, 404 of an unknown path, 413, 429."""
    body = {
        "title": title,
        "detail": detail,
        "code": f"{uuid4().hex[:8]}-simulated",
        "requestId": uuid4().hex,
        "origin": "s2s-api-auth-catalog",
        "status": status,
        "statusText": HTTPStatus(status).phrase,
        "timestamp": now,
    }
    return Refusal(Answer(status, body, PROBLEM, headers or {}))


def refuse(request: Request, status: int, code: str, message: str, *, data: object = None) -> Refusal:
    """The service behind the gateway says no: Content in its envelope, all others as {code, message, data}."""
    if request.api == "content-api":
        more = (
            message if status == HTTPStatus.FORBIDDEN else {}
        )  # text there and an object elsewhere, in WB's own words
        return Refusal(Answer(status, {"data": None, "error": True, "errorText": message, "additionalErrors": more}))
    body: dict[str, object] = {"code": code, "message": message}
    return Refusal(Answer(status, body if data is None else body | {"data": data}))


def titled(
    status: int, title: str, detail: str, more: Mapping[str, object] | None = None, *, content_type: str = JSON
) -> Refusal:
    """The newest services say no with {title, detail} and sometimes `more`."""
    return Refusal(Answer(status, {"title": title, "detail": detail, **(more or {})}, content_type))


def wrong_body(request: Request) -> Refusal:
    return refuse(request, 400, "IncorrectRequestBody", "Некорректное тело запроса")


def wrong_parameter(request: Request) -> Refusal:
    return refuse(request, 400, "IncorrectParameter", "Передан некорректный параметр")


def not_found(request: Request) -> Refusal:
    return refuse(request, 404, "NotFound", "Не найдено")


def body_of(request: Request) -> dict[str, object]:
    """The JSON object of the body; anything else is 400."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise wrong_body(request) from None
    if not isinstance(body, dict):
        raise wrong_body(request)
    return body


def ids_of(request: Request, key: str, *, least: int = 1, most: int) -> list[int]:
    """`{key: [integers]}`: a missing key or another type is 400, so are too few and too many."""
    ids = body_of(request).get(key)
    if not isinstance(ids, list) or not all(is_integer(each) for each in ids):
        raise wrong_body(request)
    if not least <= len(ids) <= most:
        raise refuse(request, 400, "IncorrectRequest", "Переданы некорректные данные")
    return list(dict.fromkeys(ids))


def is_integer(value: object) -> bool:
    """JSON's true and false are no numbers, whatever Python thinks."""
    return isinstance(value, int) and not isinstance(value, bool)


def path_number(request: Request, name: str) -> int:
    return _number(request, request.path[name])


def query_number(request: Request, name: str, default: int | None = None) -> int:
    """An integer of the query; missing without a default, or no integer: 400."""
    if name not in request.query and default is not None:
        return default
    return _number(request, request.query.get(name, ""))


def _number(request: Request, text: str) -> int:
    if not text.isdecimal():
        raise wrong_parameter(request)
    return int(text)
