"""WB's own specification listens to a working day: what our client asks and what our simulator answers."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from werkzeug.datastructures import ImmutableMultiDict

SPECIFICATION = Path(__file__).parents[3] / "shared" / "wb-openapi" / "merged-2026-10-24"
FILES = ("01-general", "02-items", "03-orders-fbs")

class Heard:
    def __init__(self, answer: httpx.Response) -> None:
        asked = answer.request
        _, api, path = asked.url.path.split("/", 2)
        self.host_url, self.path = f"https://{api}.wildberries.ru", f"/{path}"
        self.method = asked.method.lower()
        self.parameters = RequestParameters(query=ImmutableMultiDict(asked.url.params), header=asked.headers)
        self.body = asked.content or None
        self.status_code, self.headers, self.data = answer.status_code, answer.headers, answer.content or None
        self.content_type = asked.headers.get("Content-Type", "")

class Answered(Heard):
    def __init__(self, answer):
        super().__init__(answer)
        self.content_type = "application/json" if answer.content else ""

@cache
def specifications():
    config = Config(spec_validator_cls=None, additional_properties_default_policy="forbid", extra_media_type_deserializers={"application/problem+json": json.loads})
    return [OpenAPI.from_dict(json.loads((SPECIFICATION/f"{f}.json").read_text()), config=config) for f in FILES]

def faults(answer):
    heard = Heard(answer)
    for api in specifications():
        errors = list(api.iter_request_errors(heard))
        if any(isinstance(e, PathError) for e in errors):
            continue
        errors += list(api.iter_response_errors(heard, Answered(answer)))
        return errors
    return ["unknown op"]

def reasons(e):
    c = e if isinstance(e, Exception) else None
    while c is not None:
        if hasattr(c, "schema_errors"):
            return [(list(x.absolute_path), x.message[:300]) for x in c.schema_errors]
        c = c.__cause__
    return [repr(e)+repr(getattr(e,"__cause__",None))]
