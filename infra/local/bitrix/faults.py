"""Bad days of the shop, ordered through `POST /_sim/faults`.

A fault meets a method wherever it is called, alone or inside a batch; `batch` is a method here too.

kind              what happens
----------------  ---------------------------------------------------------------------------------------------------
500               JSON error INTERNAL_SERVER_ERROR, nothing done
html500           PHP died: a 500 with an HTML page; in a batch what went before is done and the whole answer is lost
empty500          the same with an empty body
429, 503          OPERATION_TIME_LIMIT, QUERY_LIMIT_EXCEEDED
slow              `seconds` pass, then the work is done
cut_before        the connection closes and nothing was done (of this method)
cut_after         the work is done, then the connection closes without an answer
late              the connection closes at once, the work is done `seconds` later; not for methods inside a batch
error_after_save  the work is done, the answer is an error (save() warnings, bitrix facts §3.2)
command_error     inside a batch only: this method fails, nothing done
"""

import random
from fnmatch import fnmatchcase
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.local.bitrix.answers import Broken, Refused

Kind = Literal[
    "500",
    "html500",
    "empty500",
    "429",
    "503",
    "slow",
    "cut_before",
    "cut_after",
    "late",
    "error_after_save",
    "command_error",
]
_PAGE = "<html><body><h1>Fatal error</h1>Call to a member function getCurrency() on null (0)</body></html>"
_REFUSALS = {
    "500": ("INTERNAL_SERVER_ERROR", "Internal server error", 500),
    "429": ("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429),
    "503": ("QUERY_LIMIT_EXCEEDED", "Too many requests", 503),
    "command_error": ("0", "Ошибка сохранения", 400),
}
_BREAKS = {"html500": _PAGE, "empty500": "", "cut_before": None}


class Fault(BaseModel):
    """`match`: a glob on the method's name. `times`: None for ever. `probability`: of each call it fits."""

    model_config = ConfigDict(extra="forbid")

    match: str = "*"
    kind: Kind
    times: int | None = Field(1, ge=1)
    probability: float = Field(1, gt=0, le=1)
    seconds: float = Field(0, ge=0)

    def before(self) -> None:
        """What prevents the work."""
        if self.kind in _REFUSALS:
            raise Refused(*_REFUSALS[self.kind])
        if self.kind in _BREAKS:
            raise Broken(_BREAKS[self.kind])

    def after(self) -> None:
        """What becomes of the answer when the work is done."""
        if self.kind == "cut_after":
            raise Broken(None)
        if self.kind == "error_after_save":
            raise Refused("0", "Заказ сохранён с предупреждениями")


class Faults:
    def __init__(self) -> None:
        self._lock = Lock()
        self._standing: list[Fault] = []
        self._dice = random.Random(0)

    def add(self, faults: list[Fault]) -> None:
        with self._lock:
            self._standing += faults

    def clear(self) -> None:
        with self._lock:
            self._standing.clear()

    def standing(self) -> list[Fault]:
        with self._lock:
            return list(self._standing)

    def take(self, method: str, *, late: bool = False, in_batch: bool = False) -> Fault | None:
        """The first fault that meets this call; it is one time less from now on."""
        with self._lock:
            for fault in self._standing:
                fits = fnmatchcase(method.lower(), fault.match.lower()) and (fault.kind == "late") is late
                if fits and (in_batch or fault.kind != "command_error") and self._dice.random() < fault.probability:
                    self._spend(fault)
                    return fault
        return None

    def _spend(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._standing.remove(fault)
