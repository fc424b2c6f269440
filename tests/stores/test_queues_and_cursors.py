"""Messages leave in tens and remember when they were first sent; cursors come back as they were put."""

from datetime import UTC, datetime

from tests.fixtures.aws import Aws
from wbsync.domain.cards import Content, PlannedCard, Step
from wbsync.domain.ids import OrderId, ProductId, SubjectId
from wbsync.messages import CardChanges, NewOrder
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.queues import Queue

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_all_messages_are_queued(aws: Aws) -> None:
    queue = Queue[NewOrder](aws.queues["NewOrdersQueue"])
    assert queue.send(NewOrder(order_id=OrderId(n)) for n in range(1, 26)) == 25
    bodies = [NewOrder.model_validate_json(m["Body"]).order_id for m in aws.messages("NewOrdersQueue")]
    assert sorted(bodies) == list(range(1, 26))
    assert queue.send([]) == 0


def test_messages_too_large_for_one_call_of_sqs_are_queued_in_several(aws: Aws) -> None:
    queue = Queue[CardChanges](aws.queues["CardChangesQueue"])
    card = PlannedCard(ProductId(1), SubjectId(192), Step.CREATE, Content("A", description="я" * 60_000))
    assert queue.send(CardChanges(planned_at=NOON, cards=(card,)) for _ in range(7)) == 7
    assert len(aws.messages("CardChangesQueue")) == 7


def test_a_postponed_message_is_delayed_and_remembers_its_first_sending(aws: Aws) -> None:
    queue = Queue[NewOrder](aws.queues["NewOrdersQueue"])
    queue.send_later('{"order_id":1}', wait=0.2, first_sent=NOON)
    assert aws.messages("NewOrdersQueue") == [], "it is held back"


def test_a_cursor_is_empty_before_the_first_run(aws: Aws) -> None:
    cursors = CursorsStore(aws.tables["CursorsTable"])
    assert cursors.get("link_cards") == {}
    cursors.put("link_cards", {"at": "2026-11-23", "nm": 7})
    assert cursors.get("link_cards") == {"at": "2026-11-23", "nm": 7}
    assert cursors.get("other") == {}
