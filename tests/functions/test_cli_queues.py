"""`wbsync queues`: what was given up is counted, looked at, sent back and deleted."""

import json
from collections.abc import Iterator

import boto3
import pytest
from typer.testing import CliRunner, Result

from infra.cli.__main__ import app
from tests.fixtures.aws import Aws
from tests.fixtures.stack import deploy
from wbsync.domain.ids import OrderId
from wbsync.errors import Unavailable
from wbsync.messages import NewOrder
from wbsync.stores.aws import sqs
from wbsync.stores.queues import DeadLetters, Queue

STAGE = "dev"


@pytest.fixture
def stage(aws: Aws) -> Iterator[Aws]:
    deploy(STAGE, {**aws.tables, **aws.queues}, "http://wb.test/{api}")
    yield aws
    boto3.client("cloudformation").delete_stack(StackName=f"wbsync-{STAGE}")


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ("queues", *args), env={"WBSYNC_STAGE": STAGE})


def give_up(aws: Aws, orders: int) -> None:
    letters = Queue[NewOrder](aws.queues["NewOrdersDeadLetters"])
    letters.send(NewOrder(order_id=OrderId(n)) for n in range(1, orders + 1))


def counts() -> dict[str, tuple[int, int]]:
    rows = json.loads(run("list", "--json").stdout)
    return {row["queue"]: (row["waiting"], row["given_up"]) for row in rows}


def test_every_queue_is_counted(stage: Aws) -> None:
    give_up(stage, 12)
    Queue[NewOrder](stage.queues["NewOrdersQueue"]).send([NewOrder(order_id=OrderId(99))])
    none = (0, 0)
    assert counts() == {
        "stock-batches": none,
        "new-orders": (1, 12),
        "labels-wanted": none,
        "card-changes": none,
    }
    assert "given up" in run("list").stdout


def test_looking_takes_nothing_away(stage: Aws) -> None:
    give_up(stage, 12)
    shown = json.loads(run("look", "new-orders", "--json").stdout)
    assert len({row["id"] for row in shown}) == 10
    assert counts()["new-orders"] == (0, 12)
    assert '{"order_id":' in run("look", "new-orders", "--most", "2").stdout
    assert run("look", "stock-batches").exit_code == 0


def test_everything_is_sent_back_once_and_begins_anew(stage: Aws) -> None:
    give_up(stage, 23)
    sqs().send_message(
        QueueUrl=stage.queues["NewOrdersDeadLetters"],
        MessageBody='{"order_id":24}',
        MessageAttributes={"first_sent": {"DataType": "String", "StringValue": "2026-11-20T00:00:00+00:00"}},
    )
    assert "new-orders: 24 message(s) sent back" in run("redrive", "new-orders").stdout
    assert counts()["new-orders"] == (24, 0)
    back = stage.messages("NewOrdersQueue")
    assert sorted(json.loads(message["Body"])["order_id"] for message in back) == list(range(1, 25))
    assert not [message for message in back if "MessageAttributes" in message], "else it would be given up at once"


def test_what_somebody_looked_at_a_moment_ago_is_sent_back_too(stage: Aws) -> None:
    give_up(stage, 3)
    assert run("look", "new-orders").exit_code == 0
    assert "new-orders: 3 message(s) sent back" in run("redrive", "new-orders").stdout


def test_nothing_is_deleted_that_was_not_sent_back(stage: Aws) -> None:
    give_up(stage, 3)
    result = run("redrive", "new-orders")
    assert result.exit_code == 0
    give_up(stage, 3)
    with pytest.raises(Unavailable, match="sending dead letters back"):
        DeadLetters(stage.queues["NewOrdersDeadLetters"]).redrive(stage.queues["NewOrdersQueue"] + "-gone")
    assert counts()["new-orders"][1] == 3


def test_deleting_wants_a_word_more(stage: Aws) -> None:
    give_up(stage, 3)
    refused = run("purge", "new-orders")
    assert (refused.exit_code, counts()["new-orders"][1]) == (1, 3)
    assert "--yes" in refused.stderr
    assert run("purge", "new-orders", "--yes").exit_code == 0
    assert counts()["new-orders"][1] == 0


def test_an_unknown_queue_is_refused_with_those_that_are_there(stage: Aws) -> None:
    result = run("look", "orders")
    assert result.exit_code == 2
    assert "new-orders" in result.stderr
