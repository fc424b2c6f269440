"""Both dashboards show what is there: metrics that are emitted, functions and queues of the template."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.fixtures.template import TEMPLATE, Loader, emits, template
from wbsync.telemetry import MEASURED

ROOT = TEMPLATE.parent
BOARDS = ("Business", "Machinery")

OF_AWS = {
    "AWS/Lambda": {"Duration", "Errors", "Throttles", "Invocations"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    "AWS/DynamoDB": {"ConsumedWriteCapacityUnits", "ConditionalCheckFailedRequests"},
}

each_board = pytest.mark.parametrize("board", BOARDS)


def stack() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "infra" / "observability.yaml").read_text(encoding="utf-8"), Loader)
    return loaded


def widgets(board: str) -> list[dict[str, Any]]:
    body = stack()["Resources"][board]["Properties"]["DashboardBody"]["Sub"]
    text = body if isinstance(body, str) else body[0]
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def metrics(board: str) -> list[list[Any]]:
    return [metric for widget in widgets(board) for metric in widget["properties"]["metrics"]]


def services() -> set[str]:
    return {app.parent.name for app in ROOT.glob("functions/*/app.py")}


@each_board
def test_every_metric_of_ours_is_emitted_by_the_function_it_is_shown_of(board: str) -> None:
    ours = [(metric[1], metric[3]) for metric in metrics(board) if metric[0] == "wbsync/${Stage}"]
    assert ours
    assert {name for name, _ in ours} <= MEASURED
    assert {service for _, service in ours} <= services()
    assert [(name, service) for name, service in ours if not emits(service, name)] == []


@each_board
def test_every_other_metric_is_one_of_aws_of_something_that_is_deployed(board: str) -> None:
    known = stack()["Parameters"].keys() | {"AWS::Region"}
    for metric in metrics(board):
        if metric[0] != "wbsync/${Stage}":
            assert metric[1] in OF_AWS[metric[0]], metric
            [variable] = re.findall(r"^\$\{(\w+)\}$", metric[3])
            assert variable.removesuffix("Name") in known, metric


def test_the_stack_is_told_outputs_of_the_main_stack() -> None:
    assert stack()["Parameters"].keys() - {"Stage"} <= template()["Outputs"].keys()


def test_the_machinery_shows_every_function_and_every_queue() -> None:
    shown = {metric[3] for metric in metrics("Machinery")}
    functions = {"".join(word.capitalize() for word in name.split("_")) for name in services()}
    queues = [name for name, r in template()["Resources"].items() if r["Type"] == "AWS::SQS::Queue"]
    assert {f"${{{name}}}" for name in functions} <= shown
    assert {f"${{{name}Name}}" for name in queues} <= shown


@each_board
def test_widgets_lie_side_by_side(board: str) -> None:
    places = [(w["x"], w["y"], w["width"], w["height"]) for w in widgets(board)]
    cells = [(x + i, y + j) for x, y, width, height in places for i in range(width) for j in range(height)]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_a_metric_that_nobody_emits_is_noticed() -> None:
    assert (emits("sweep", "OrdersStored"), emits("poll_orders", "OrdersStored")) == (False, True)
    assert (emits("push_stock", "Finished"), emits("sweep", "Finished")) == (False, True)
    assert (emits("sweep", "Failed"), emits("push_stock", "Failed")) == (False, True)
