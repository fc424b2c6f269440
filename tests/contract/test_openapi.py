"""WB's own specification listens to a working day: what our client asks and what our simulator answers.

A row of KNOWN is a place where the specification contradicts itself or the facts; nothing else may deviate.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters

SPECIFICATION = Path(__file__).parents[3] / "shared" / "wb-openapi" / "merged-2026-10-24"
FILES = ("01-general", "02-items", "03-orders-fbs")


class Heard:
    """An exchange as openapi-core wants to see both its halves; `/marketplace-api/…` is again the api's own host."""

    def __init__(self, answer: httpx.Response) -> None:
        asked = answer.request
        _, api, path = asked.url.path.split("/", 2)
        self.host_url, self.path = f"https://{api}.wildberries.ru", f"/{path}"
        self.method = asked.method.lower()
        self.parameters = RequestParameters(query=dict(asked.url.params), header=dict(asked.headers))
        self.body = asked.content or None
        self.status_code, self.headers, self.data = answer.status_code, answer.headers, answer.content or None
        self.content_type = answer.headers.get("Content-Type", "")
