"""WB's own specification reads our models: each field that we hope for is there, each body that we send fits.

A field that we misname would never be filled in, and one that WB does not know is a change that does not happen.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from pydantic import BaseModel

from wbsync.domain.cards import Content, Dimensions, Size
from wbsync.domain.ids import Barcode, CharcId, ChrtId, ImtId, NmId, SubjectId
from wbsync.wb import card_wire, price_wire, wire
from wbsync.wb import operations as op
from wbsync.wb.client import _json
from wbsync.wb.operations import OPERATIONS, Operation

SPECIFICATION = Path(__file__).parents[3] / "shared" / "wb-openapi" / "merged-2026-10-24"

pytestmark = pytest.mark.skipif(
    not SPECIFICATION.is_dir(), reason="WB's specification (../shared/wb-openapi) is absent"
)

type Schema = Mapping[str, Any]

OURS = {"strange", "unreadable"}  # what our models count of what they could not read

CONTENT = Content(
    vendor_code="sv-1",
    title="Свитер",
    description="Тёплый",
    brand="Небылица",
    dimensions=Dimensions(30, 20, 5, Decimal("0.345")),
    characteristics={CharcId(1): ("белый", "голубой"), CharcId(2): Decimal("12.5"), CharcId(3): Decimal(3)},
    sizes=(
        Size("M", "46", (Barcode("2000000000015"),), chrt_id=ChrtId(700)),
        Size("L", barcodes=(Barcode("2000000000022"),), price=90),
    ),
    kiz_marked=True,
    documents={"items": [{"id": "d", "type": 5, "number": "1", "isEndless": True}], "excludeDocuments": False},
    wholesale={"enabled": True, "quantum": 10},
)
NEW_DOCUMENT = {"items": [{"type": 5, "number": "1", "startDate": "2026-01-01T00:00:00Z"}]}
NEW_CARD = card_wire.NewCard.of(
    Content("sv-2", "Свитер", sizes=CONTENT.sizes, documents=NEW_DOCUMENT, wholesale=CONTENT.wholesale)
)
MOMENT = "2026-11-24T07:56:29Z"
ERRORS_SEEN = card_wire.ErrorsCursor(next=True, updated_at=MOMENT, batch_uuid="b")
CARDS_SEEN = wire.CardsCursor(updated_at=MOMENT, nm_id=NmId(70))
SIZE_PRICE = price_wire.NewSizePrice(nm_id=NmId(70), size_id=ChrtId(700), price=90)

BODIES: list[tuple[Operation[Any], BaseModel | Sequence[BaseModel]]] = [
    (op.BARCODES, card_wire.BarcodesAsk(count=1)),
    (op.CARDS_UPLOAD, [card_wire.NewGroup(subject_id=SubjectId(105), variants=(NEW_CARD,))]),
    (op.CARDS_UPLOAD_ADD, card_wire.AddedCards(imt_id=ImtId(7), cards_to_add=(NEW_CARD,))),
    (op.CARDS_UPDATE, [card_wire.CardUpdate.of(NmId(70), CONTENT)]),
    (op.CARDS_ERRORS, card_wire.CardErrorsAsk.after()),
    (op.CARDS_ERRORS, card_wire.CardErrorsAsk.after(ERRORS_SEEN, ascending=False)),
    (op.CARDS_READ, wire.CardsAsk.after(CARDS_SEEN, search="sv-1", imt_id=ImtId(7), subjects=[SubjectId(105)])),
    (op.MEDIA_BY_LINKS, card_wire.MediaLinks(nm_id=NmId(70), data=("https://shop.test/1.jpg",))),
    (op.SET_PRICES, price_wire.SetPrices(data=(price_wire.NewPrice(nm_id=NmId(70), price=90, discount=5),))),
    (op.SET_SIZE_PRICES, price_wire.SetSizePrices(data=(SIZE_PRICE,))),
    (op.PRICES_OF, price_wire.NmList(nm_list=(NmId(70),))),
]


@cache
def specified() -> dict[str, tuple[Schema, OpenAPI, str]]:
    """By "VERB host /path/{}": the operation, the specification that has it, and its path there."""
    config = Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
    found: dict[str, tuple[Schema, OpenAPI, str]] = {}
    for file in sorted(SPECIFICATION.glob("*.json")):
        text = json.loads(file.read_text())
        api = OpenAPI.from_dict(text, config=config)
        for path, verbs in text["paths"].items():
            for verb, told in verbs.items():
                found[_call(verb.upper(), path)] = told | {"components": text["components"]}, api, path
    return found


def _call(verb: str, path: str) -> str:
    return f"{verb} {re.sub(r'{.*?}', '{}', path)}"


# What we read


def read_fields(operation: Operation[Any]) -> Iterator[tuple[type[BaseModel], str, Schema]]:
    """Every field of the answer's models, and the specification's object that should have it."""
    told, _, _ = specified()[_call(operation.verb, operation.path)]
    for status, answer in told["responses"].items():
        for content in answer.get("content", {}).values() if status in ("200", "201", "208") else ():
            yield from _fields(operation.answer, content["schema"], told["components"]["schemas"])


def _fields(kind: Any, schema: Schema, known: Mapping[str, Schema]) -> Iterator[tuple[type[BaseModel], str, Schema]]:
    schema = _resolved(schema, known)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if name in OURS:
                continue
            alias = field.alias or name
            yield kind, alias, schema
            yield from _fields(field.annotation, schema.get("properties", {}).get(alias, {}), known)
        return
    inner = schema.get("items") or schema.get("additionalProperties") or schema
    for part in get_args(kind):
        yield from _fields(part, inner if isinstance(inner, Mapping) else {}, known)


def _resolved(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """An object with all properties that any of its alternatives has."""
    if "$ref" in schema:
        return _resolved(known[schema["$ref"].rsplit("/", 1)[1]], known)
    parts = [_resolved(part, known) for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]
    properties = {name: told for part in (*parts, schema) for name, told in part.get("properties", {}).items()}
    return {**schema, "properties": properties} if parts else schema


with_models = [each for each in OPERATIONS if each.answer not in (object, type(None))]


@pytest.mark.parametrize("operation", with_models, ids=lambda operation: operation.name)
def test_every_field_that_we_read_is_one_that_wb_sends(operation: Operation[Any]) -> None:
    unknown = {
        (model.__name__, alias) for model, alias, schema in read_fields(operation) if alias not in schema["properties"]
    }
    assert unknown == set()


def test_a_misnamed_field_would_be_found() -> None:
    class Misnamed(wire.Answer):
        nm_id: int = 0

    class Answer(wire.Answer):
        cards: tuple[Misnamed, ...] = ()

    told, _, _ = specified()[_call("POST", "/content/v2/get/cards/list")]
    schema = told["responses"]["200"]["content"]["application/json"]["schema"]
    found = list(_fields(Answer, schema, told["components"]["schemas"]))
    assert [alias for _, alias, schema in found if alias not in schema["properties"]] == ["nmId"]


# What we send


def faults(operation: Operation[Any], body: bytes) -> list[str]:
    _, api, path = specified()[_call(operation.verb, operation.path)]
    host = f"https://{operation.api}.wildberries.ru"
    headers = {"Authorization": "x", "Content-Type": "application/json"}
    asked = MockRequest(host, operation.verb.lower(), path, headers=headers, data=body)
    return [complaint for error in api.iter_request_errors(asked) for complaint in _told(error)]


def _told(error: Exception) -> list[str]:
    cause = error.__cause__
    return [e.message for e in cause.schema_errors] if isinstance(cause, InvalidSchemaValue) else [repr(error)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("operation", "body"), BODIES, ids=[each.name for each, _ in BODIES])
def test_every_body_that_we_send_fits(operation: Operation[Any], body: BaseModel | Sequence[BaseModel]) -> None:
    assert faults(operation, _json(body)) == []


def test_a_body_that_does_not_fit_would_be_found() -> None:
    assert "'nmId' was unexpected" in str(faults(op.SET_PRICES, b'{"data": [{"nmId": 70, "nmID": 70}]}'))
    assert "'wholesale' was unexpected" in str(
        faults(op.CARDS_UPDATE, b'[{"nmID": 1, "vendorCode": "v", "sizes": [], "wholesale": {}}]')
    )
