"""What a REST method comes to: an answer, a refusal, or no HTTP answer at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Params = Mapping[str, Any]

PAGE = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """`total` and `next_start` stand beside `result` in the envelope and are left out when None."""

    result: object
    total: int | None = None
    next_start: int | None = None


class Refused(Exception):
    """`{"error": code, "error_description": description}` with an HTTP status.

    The code is always a string, "200040300020" too (bitrix facts §2.1), though the documentation prints numbers.
    """

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status

    @property
    def body(self) -> Row:
        return {"error": self.code, "error_description": self.description}


class Broken(Exception):
    """PHP died or the connection did: the whole HTTP request, batch or not, ends here.

    `page` is the body of a 500; None closes the connection without an answer.
    """

    def __init__(self, page: str | None) -> None:
        super().__init__()
        self.page = page


def missing_parameter(name: str) -> Refused:
    return Refused("100", f"Could not find value for parameter {{{name}}}")


def bad(description: str) -> Refused:
    """The code of everything that Bitrix gave no code of its own."""
    return Refused("0", description)
