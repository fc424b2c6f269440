"""WB's own specification listens: to what our client asks on a working day, and to every answer of our simulator.

The specification of October 2026 has every operation of ours, so the older one is not needed. Fields that it does not
know are faults on both sides, since WB answers 204 to misnamed ones.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue

from infra.local.wildberries import make_token
from infra.local.wildberries.buyers import EVENTS
from infra.local.wildberries.routes import ROUTES, Route, find
from tests.fixtures.wildberries import FAR, FIRST, MINSK, Seller
from tests.fixtures.world import BEGAN, CATEGORIES, Clock, World
from wbsync.domain.orders import OrderState
from wbsync.errors import NotAuthorised, SyncError
from wbsync.wb.wire import OrderListed

SPECIFICATION = Path(__file__).parents[3] / "shared" / "wb-openapi" / "merged-2026-10-24"
FILES = ("01-general", "02-items", "03-orders-fbs")

pytestmark = pytest.mark.skipif(
    not SPECIFICATION.is_dir(), reason="WB's specification (../shared/wb-openapi) is absent"
)

NULLABLE = "the file of August calls it nullable; the newer one was rebuilt by a tool that drops the word"
CARRIERS = "the field's own description names it, its enum forgot it"
EXAMPLE = "WB's own example has it, the schema beside it forgot it"

# Where the specification is wrong: "VERB /path status field: complaint" as a glob, and how we know.
KNOWN = {
    "GET /api/v3/orders* 200 orders.address: None is not *": NULLABLE,
    "GET /api/v3/orders* 200 orders.scanPrice: None is not *": NULLABLE,
    "GET /api/v3/offices 200 federalDistrict: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *closedAt: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *scanDt: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *crossBorderType: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *isB2b: None is not *": NULLABLE,
    "GET /api/v3/supplies* 200 *destinationOfficeId: None is not *": NULLABLE,
    "POST /content/v2/get/cards/list 40[03] data: None is not *": NULLABLE,
    "POST /api/v3/orders/status 200 orders.supplierStatus: 'cancel_carrier' is not one of *": CARRIERS,
    "POST /api/v3/orders/status 200 orders.wbStatus: 'canceled_by_carrier' is not one of *": CARRIERS,
    "DELETE /api/v3/stocks/{warehouseId} 404 : Additional properties * ('data' was unexpected)": EXAMPLE,
}


@cache
def specified() -> dict[str, OpenAPI]:
    """The specification that has an operation, by "VERB /path/{placeholder}"."""
    config = Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
    found: dict[str, OpenAPI] = {}
    for file in FILES:
        text = json.loads((SPECIFICATION / f"{file}.json").read_text())
        api = OpenAPI.from_dict(text, config=config)
        found |= {f"{verb.upper()} {path}": api for path, verbs in text["paths"].items() for verb in verbs}
    return found


class Heard:
    """One exchange, and what the specification has against its halves."""

    def __init__(self, answer: httpx.Response) -> None:
        asked = answer.request
        route = find(asked.method, asked.url.path)
        assert route is not None, f"nobody serves {asked.method} {asked.url.path}"
        self.route: Route = route[0]
        self.status = answer.status_code
        self.api = specified()[self.route.operation]
        self.asked = MockRequest(
            f"https://{self.route.api}.wildberries.ru",
            asked.method,
            asked.url.path.removeprefix(f"/{self.route.api}"),
            args=dict(asked.url.params),
            headers=dict(asked.headers),
            data=asked.content,
        )
        # The gateway's application/problem+json is JSON; the file of FBS orders calls it application/json.
        self.answered = MockResponse(answer.content, self.status, content_type="application/json")

    def faults(self) -> Iterator[str]:
        """In the request and in the answer."""
        spec = self.api.spec / "paths" / self.route.path / self.route.verb.lower()
        parameters = spec.get("parameters", default=[])
        known = {(parameter / "name").read_str() for parameter in parameters}
        yield from (f"{self.route.operation} asks for unknown {name}" for name in set(self.asked.args) - known)
        for error in self.api.iter_request_errors(self.asked):
            yield from (f"{self.route.operation} asks {told}" for told in _told(error))
        yield from self.faults_of_answer()

    def faults_of_answer(self) -> Iterator[str]:
        for error in self.api.iter_response_errors(self.asked, self.answered):
            yield from (f"{self.route.operation} {self.status} {told}" for told in _told(error))


def _told(error: Exception) -> list[str]:
    """Each complaint with its place, without the rows' numbers."""
    cause = error.__cause__
    if not isinstance(cause, InvalidSchemaValue):
        return [f"{error!r} {cause!r}"]
    return [f"{'.'.join(p for p in e.path if isinstance(p, str))}: {e.message}" for e in cause.schema_errors]


def unexcused(faults: Iterator[str]) -> set[str]:
    return {fault for fault in faults if not any(fnmatchcase(fault, known) for known in KNOWN)}


def listen(http: httpx.Client) -> list[Heard]:
    """What this client exchanges from now on, errors of the server (which no specification tells) left out."""
    heard: list[Heard] = []

    def hear(answer: httpx.Response) -> None:
        if answer.status_code < 500 and not answer.request.url.path.startswith("/_sim/"):
            answer.read()
            heard.append(Heard(answer))

    http.event_hooks = {"response": [hear]}
    return heard
