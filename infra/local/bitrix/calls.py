"""One REST method is called, alone or in a batch (bitrix facts §2.1, §2.5)."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from infra.local.bitrix.answers import Answer, Params, Refused, Row
from infra.local.bitrix.faults import Faults
from infra.local.bitrix.methods import METHODS, check_allowed, method_of
from infra.local.bitrix.php import as_text, is_true, parse_query, resolve, to_wire
from infra.local.bitrix.shop import Shop

LONGEST_BATCH = 50
_NOT_IN_BATCH = {"batch", "catalog.product.download"}


class Calls:
    def __init__(self, shop: Shop, faults: Faults, sleep: Callable[[float], None] = time.sleep) -> None:
        self.shop = shop
        self._faults = faults
        self._sleep = sleep

    def envelope(self, name: str, params: Params) -> Row:
        """The body of a 200; raises Refused for an error body and Broken when no answer comes at all."""
        started = self.shop.clock()
        name = "batch" if name.lower() == "batch" else _canonical(name)
        with self.shop.lock:
            self.shop.requests.http[name] += 1
        return _envelope(self._batch(params) if name == "batch" else self._call(name, params), self._time(started))

    def _call(self, name: str, params: Params, *, in_batch: bool = False) -> Answer:
        with self.shop.lock:
            self.shop.requests.methods[_canonical(name)] += 1
        method = method_of(name)
        check_allowed(self.shop, method)

        def work() -> Answer:
            with self.shop.lock:
                answer = method.work(self.shop, params)
                # Rendered under the lock: rows go on changing in other threads.
                return Answer(to_wire(answer.result), answer.total, answer.next_start)

        return self._through_faults(name, work, in_batch=in_batch)

    def _batch(self, params: Params) -> Answer:
        with self.shop.lock:
            self.shop.requests.methods["batch"] += 1
        return self._through_faults("batch", lambda: Answer(to_wire(self._commands(params))))

    def _commands(self, params: Params) -> Row:
        """Commands run one after the other and are no transaction; the lock is free between them."""
        done: dict[str, Row] = {f"result{part}": {} for part in ("", "_error", "_total", "_next", "_time")}
        halt = is_true(params.get("halt"))
        for at, (key, command) in enumerate(_listed(params.get("cmd"))):
            started = self.shop.clock()
            try:
                answer = self._command(as_text(command), done["result"], place=at)
            except Refused as refused:
                done["result_error"][key] = refused.body
                if halt:
                    break
                continue
            done["result"][key] = answer.result
            done["result_time"][key] = self._time(started)
            for part, value in (("result_total", answer.total), ("result_next", answer.next_start)):
                if value is not None:
                    done[part][key] = value
        return done

    def _command(self, command: str, results: Mapping[str, object], *, place: int) -> Answer:
        if place >= LONGEST_BATCH:
            raise Refused("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
        name, _, query = command.partition("?")
        if name.lower() in _NOT_IN_BATCH:
            raise Refused("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
        params = {key: resolve(value, results) for key, value in parse_query(query).items()}
        return self._call(name, params, in_batch=True)

    def _through_faults(self, name: str, work: Callable[[], Answer], *, in_batch: bool = False) -> Answer:
        fault = self._faults.take(name, in_batch=in_batch)
        if fault is None:
            return work()
        self._sleep(fault.seconds)
        fault.before()
        answer = work()
        fault.after()
        return answer

    def _time(self, started: float) -> Row:
        finished = self.shop.clock()
        return {
            "start": started,
            "finish": finished,
            "duration": finished - started,
            "processing": finished - started,
            "date_start": to_wire(datetime.fromtimestamp(started, UTC)),
            "date_finish": to_wire(datetime.fromtimestamp(finished, UTC)),
        }


def _canonical(name: str) -> str:
    """The name as the documentation writes it, so that requests are counted under one."""
    method = METHODS.get(name.lower())
    return method.name if method is not None else name


def _listed(commands: object) -> list[tuple[str, object]]:
    if isinstance(commands, dict):
        return list(commands.items())
    return [(str(at), one) for at, one in enumerate(commands)] if isinstance(commands, list) else []


def _envelope(answer: Answer, spent: Row) -> dict[str, Any]:
    beside = {"next": answer.next_start, "total": answer.total}
    return {"result": answer.result, **{k: v for k, v in beside.items() if v is not None}, "time": spent}
