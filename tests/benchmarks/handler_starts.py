"""How soon each handler gives its first answer, from the built layer under the real `awslambdaric`.

Against a handler that plainly imports everything, with the same layer without byte code, which is what an ordinary
SAM layer comes to. Each start of ours follows one of the plain handler, and the median of their quotients counts.
"""

import shutil
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.local.cloud import BUILT, build, environment
from tests.benchmarks.clicks import click
from tests.benchmarks.house import House, house, logical_id, utcnow
from tests.benchmarks.order_life import RULES
from tests.benchmarks.report import Number
from tests.benchmarks.runtime_api import Start, first_answer, interpreter, runtime_client
from tests.fixtures.world import LABEL_KEY, shop
from wbsync.domain.ids import OrderId
from wbsync.domain.label_links import signed_path

ROUNDS = 5
MOST_TIMES = 0.5
GOODS = 20
PLAIN = "plain"
SCHEDULED = (
    *("poll_orders", "sweep", "link_cards", "collect_stock", "sync_statuses", "build_supplies", "send_marking"),
    *("print_supplies", "reconcile_orders", "read_fbo_stock"),
)

_LOG = Path(__file__).parents[2] / "out" / "log" / "bench-starts.log"
_NO_MESSAGES: dict[str, Any] = {"Records": []}


@dataclass(frozen=True)
class First:
    """A function's first event, and what its answer takes."""

    event: Mapping[str, Any]
    includes: str


@dataclass(frozen=True)
class Pair:
    """The plain handler and then one of ours, in the same moment of the machine."""

    plain: Start
    ours: Start


def measure() -> list[Number]:
    build()
    with (
        house(goods=GOODS, rules=shop(**RULES)) as home,
        tempfile.TemporaryDirectory(prefix="wbsync-bench-") as scratch,
    ):
        paths = _paths(Path(scratch))
        variables = _aws_variables(home)
        _LOG.unlink(missing_ok=True)
        firsts = _firsts()

        def start(name: str, event: Mapping[str, Any]) -> Start:
            given = {**variables, "POWERTOOLS_SERVICE_NAME": name}
            return first_answer(interpreter(), paths[name], event, given, log=_LOG)

        taken: defaultdict[str, list[Pair]] = defaultdict(list)
        for _ in range(1 + ROUNDS):
            for name, first in firsts.items():
                taken[name].append(Pair(start(PLAIN, {}), start(name, first.event)))
    _check(taken)
    pairs = {name: all_[1:] for name, all_ in taken.items()}  # the first round fills the file cache
    return [
        _plain([pair for all_ in pairs.values() for pair in all_]),
        *(_number(n, firsts[n], pairs[n]) for n in firsts),
    ]


def _firsts() -> dict[str, First]:
    nothing, cloud = "no message, no call", "SSM, DynamoDB"
    return {
        "push_stock": First(_NO_MESSAGES, nothing),
        "place_orders": First(_NO_MESSAGES, nothing),
        "fetch_labels": First(_NO_MESSAGES, nothing),
        "open_label": First(_click(), "SSM, and a 302 to a signed S3 link"),
        "poll_orders": First({}, f"a whole run: {cloud}, WB"),
        "sweep": First({}, f"a whole run: {cloud}, WB"),
        "link_cards": First({}, f"a whole run: {cloud}, WB, Bitrix"),
        "collect_stock": First({}, f"a whole run: {cloud}, SQS, WB, Bitrix"),
        "sync_statuses": First({}, f"a whole run without orders: {cloud}"),
        "build_supplies": First({}, f"a whole run without orders: {cloud}"),
        "send_marking": First({}, f"a whole run without orders: {cloud}"),
        "print_supplies": First({}, f"a whole run without supplies: {cloud}"),
        "reconcile_orders": First({}, f"a whole run without orders: {cloud}, WB"),
        # With such offers it would wait for WB's limit of one call in 20 s.
        "read_fbo_stock": First({}, "a whole run without such offers: SSM"),
    }


def _click() -> dict[str, Any]:
    return click(signed_path(OrderId(3_000_000_017), key=LABEL_KEY, expires=utcnow() + timedelta(days=1)))


def _paths(scratch: Path) -> dict[str, list[Path]]:
    """What each may import from, in Lambda's order: its own folder, the layer, the runtime client."""
    layer, bare = BUILT / "CommonLayer" / "python", scratch / "bare"
    shutil.copytree(layer, bare, ignore=shutil.ignore_patterns("__pycache__"))
    client = runtime_client(scratch / "client")
    paths = {name: [BUILT / logical_id(name), layer, client] for name in _firsts() if name != PLAIN}
    return {**paths, PLAIN: [Path(__file__).parent / "plain", bare, client]}


def _aws_variables(home: House) -> dict[str, str]:
    return {**environment(home.cloud), "AWS_REGION": "eu-central-1", **home.variables}


def _check(taken: Mapping[str, list[Pair]]) -> None:
    """Each has done what it says it did."""
    answers = {name: [pair.ours.answer for pair in pairs] for name, pairs in taken.items()}
    for name in ("push_stock", "place_orders", "fetch_labels"):
        assert all(answer == {"batchItemFailures": []} for answer in answers[name]), answers[name]
    assert all(answer["statusCode"] == 302 for answer in answers["open_label"]), answers["open_label"]
    for name in SCHEDULED:
        assert not any(answer.get("Postponed") for answer in answers[name]), name
    assert answers["link_cards"][0]["SizesLinked"] == GOODS


def _plain(pairs: Sequence[Pair]) -> Number:
    starts = [pair.plain for pair in pairs]
    return Number(
        what="start of a plain handler from the same layer without byte code (no call)",
        measured=_shown(starts),
        details=_medians(starts),
    )


def _number(name: str, first: First, pairs: Sequence[Pair]) -> Number:
    starts = [pair.ours for pair in pairs]
    share = statistics.median(pair.ours.seconds / pair.plain.seconds for pair in pairs)
    cpu_share = statistics.median(pair.ours.cpu_seconds / pair.plain.cpu_seconds for pair in pairs)
    return Number(
        what=f"start of {name} ({first.includes})",
        measured=f"{_shown(starts)} = {share:.2f} ×",
        target=f"≤ {MOST_TIMES} ×",
        reached=share <= MOST_TIMES,
        details={
            **_medians(starts),
            "of_plain": share,
            "of_plain_by_cpu": cpu_share,
            "first_answer_includes": first.includes,
        },
    )


def _shown(starts: Sequence[Start]) -> str:
    middle = _medians(starts)
    return f"{middle['seconds'] * 1000:.0f} ms, ready after {middle['ready'] * 1000:.0f}"


def _medians(starts: Sequence[Start]) -> dict[str, float]:
    names = ("seconds", "ready", "cpu_seconds")
    return {name: statistics.median(getattr(start, name) for start in starts) for name in names}
