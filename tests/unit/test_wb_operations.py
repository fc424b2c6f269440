"""The list of calls: sound in itself, and the same as WB's specification where that is at hand."""

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from wbsync.domain.pacing import Bucket
from wbsync.wb.operations import OPERATIONS, Operation, sandbox_bucket

SPECIFICATION = Path(__file__).parents[3] / "shared" / "wb-openapi"
UNITS = {"мс": 0.001, "сек": 1.0, "мин": 60.0, "ч": 3600.0}
TOKENS_OF_OURS = (None, "", "Персональный")

specified = pytest.mark.skipif(not SPECIFICATION.is_dir(), reason="WB's specification (../shared/wb-openapi) is absent")
each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_no_two_calls_have_one_name() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS) > 100


def test_a_call_is_listed_twice_only_to_read_more_of_the_same_answer() -> None:
    by_call: defaultdict[tuple[str, str, str], list[Operation[object]]] = defaultdict(list)
    for operation in OPERATIONS:
        by_call[operation.verb, operation.api, operation.path].append(operation)
    twice = [rows for rows in by_call.values() if len(rows) > 1]
    assert [[row.name for row in rows] for rows in twice] == [["cards_list", "cards_read"]]
    assert [len({(row.bucket, row.batch_max, row.repeatable) for row in rows}) for rows in twice] == [1]


def test_a_buckets_name_stands_for_one_bucket() -> None:
    by_name: defaultdict[str, set[Bucket]] = defaultdict(set)
    for operation in OPERATIONS:
        by_name[operation.bucket.name].add(operation.bucket)
    assert [name for name, buckets in by_name.items() if len(buckets) > 1] == []


def test_a_bucket_serves_one_host_only() -> None:
    hosts: defaultdict[str, set[str]] = defaultdict(set)
    for operation in OPERATIONS:
        hosts[operation.bucket.name].add(operation.api)
    assert [name for name, apis in hosts.items() if len(apis) > 1] == []


@each
def test_paths_are_filled_by_plain_names(operation: Operation[object]) -> None:
    names = [name for _, name, _, _ in Formatter().parse(operation.path) if name is not None]
    assert all(re.fullmatch("[a-z]+_id", name) for name in names)
    assert len(set(names)) == len(names)
    assert operation.path.startswith("/")


@each
def test_every_row_leads_to_wbs_own_page(operation: Operation[object]) -> None:
    assert re.fullmatch(r"https://dev\.wildberries\.ru/openapi/[a-z-]+#tag/\w+", operation.doc)


@each
def test_what_only_reads_or_replaces_may_be_repeated(operation: Operation[object]) -> None:
    assert operation.repeatable or operation.verb in {"POST", "PATCH"}


@each
def test_four_hundreds_cost_ten_calls_on_marketplace_alone(operation: Operation[object]) -> None:
    charged = operation.api == "marketplace-api" and operation.path != "/ping"
    assert operation.bucket.refusal_cost == (10 if charged else 1)


def test_the_sandbox_has_one_bucket_for_each_host() -> None:
    buckets = {sandbox_bucket(operation).name for operation in OPERATIONS}
    assert buckets == {f"sandbox {operation.api}" for operation in OPERATIONS}


@cache
def specification() -> dict[str, dict[str, Any]]:
    """Operations by "VERB /path/{}"."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((SPECIFICATION / "merged-2026-10-24").glob("*.json")):
        for path, verbs in json.loads(file.read_text())["paths"].items():
            for verb, told in verbs.items():
                found[_key(verb.upper(), path)] = told
    return found


@cache
def limits() -> dict[str, dict[str, Any]]:
    told = json.loads((SPECIFICATION / "rate_limits-2026-10-24.json").read_text())
    return {_key(*call.split(" ", 1)): limit for call, limit in told.items()}


def _key(verb: str, path: str) -> str:
    return f"{verb} {re.sub(r'{.*?}', '{}', path)}"


def _of(operation: Operation[object]) -> str:
    return _key(operation.verb, operation.path)


@specified
@each
def test_wb_specifies_the_call_at_this_host(operation: Operation[object]) -> None:
    assert _of(operation) in specification()
    assert f"https://{operation.api}.wildberries.ru" in limits()[_of(operation)]["hosts"]


@specified
@each
def test_wb_answers_with_nothing_just_where_we_expect_nothing(operation: Operation[object]) -> None:
    ok = {status for status in specification()[_of(operation)]["responses"] if status.startswith("2")}
    expected_nothing = operation.answer is type(None)
    assert expected_nothing == (ok == {"204"})


@specified
@each
def test_a_batch_is_as_large_as_wb_takes(operation: Operation[object]) -> None:
    """Some maxima stand in prose only (prices, cards, SPOT): those the schema names must agree."""
    body = specification()[_of(operation)].get("requestBody", {}).get("content", {})
    named = set(re.findall(r'"maxItems": (\d+)', json.dumps(body)))
    assert not named or str(operation.batch_max) in named


@specified
@each
def test_the_bucket_is_as_wb_prints_it(operation: Operation[object]) -> None:
    told = limits()[_of(operation)]
    table = [row for row in told["limits"] if row.get("type") in TOKENS_OF_OURS]
    if operation.name == "create_pass":
        assert "1 запрос в 10 минут" in told["max_note"]
        assert (operation.bucket.interval, operation.bucket.burst) == (600, 1)
        return
    if operation.name == "transfer_orders":
        assert table == []  # WB prints none: it draws from the bucket of all supplies
        return
    number, unit = table[0]["interval"].split()
    assert operation.bucket.interval == pytest.approx(float(number) * UNITS[unit])
    burst = int(table[0]["burst"].split()[0])
    assert operation.bucket.burst == (3 if operation.path == "/ping" else burst)
    assert operation.bucket.refusal_cost == (told["cost_4xx"] or 1)
