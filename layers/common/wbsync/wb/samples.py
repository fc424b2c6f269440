"""A few cheap answers of WB, read as they are: what models leave out is looked at here, and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, TypeAdapter, ValidationError

from wbsync.wb import client
from wbsync.wb.client import WbClient
from wbsync.wb.operations import CARDS_READ, JSON, NEW_ORDERS, PRICE_LIST, SUPPLIES, WAREHOUSES, Operation
from wbsync.wb.wire import CardsAsk

ROWS = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A call that changes nothing and takes no longer for a large shop."""

    operation: Operation[object]
    query: Mapping[str, str | int | bool] | None = None
    body: BaseModel | None = None

    @property
    def name(self) -> str:
        return self.operation.name


SAMPLES: Sequence[Sample] = (
    Sample(NEW_ORDERS),
    Sample(WAREHOUSES),
    Sample(SUPPLIES, query={"limit": ROWS, "next": 0}),
    Sample(CARDS_READ, body=CardsAsk.after(limit=ROWS)),
    Sample(PRICE_LIST, query={"limit": ROWS, "offset": 0}),
)


def read(wb: WbClient, sample: Sample) -> object:
    """The answer as JSON. Raises what WbClient.call raises."""
    return wb.call(replace(sample.operation, answer=JSON), query=sample.query, body=sample.body)


def misread(sample: Sample, answer: object) -> str:
    """The fields over which our model of this answer stumbles; empty when it reads."""
    try:
        TypeAdapter(sample.operation.answer).validate_python(answer)
    except ValidationError as error:
        return client.misread(error)
    return ""
