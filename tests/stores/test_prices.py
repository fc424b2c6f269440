"""The Prices table: tasks on their way, held drops, refusals, and whose turn it is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.ids import NmId, SubjectId
from wbsync.domain.prices import Hold, Memory, Quote, Refusal, RefusalKind
from wbsync.errors import TryLater
from wbsync.stores.prices import ROWS_PER_ITEM, PricesStore

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CARD = NmId(7)


@pytest.fixture
def store(aws: Aws) -> PricesStore:
    return PricesStore(aws.tables["PricesTable"])


def rows(count: int) -> dict[NmId, Quote]:
    return {NmId(5_000_000_000 + n): Quote(3_000_000_000 + n, n % 100) for n in range(count)}


def hold(price: int = 100) -> Hold:
    return Hold(CARD, "A-7", Decimal("200.5"), 10, Quote(price, 5), NOW)


def refusal(price: int = 100) -> Refusal:
    return Refusal(CARD, "A-7", Quote(price, 5), RefusalKind.REFUSED, NOW, "Invalid price value")


def test_an_empty_table_is_an_empty_memory(store: PricesStore) -> None:
    assert store.read() == Memory()


def test_a_task_is_kept_with_all_its_rows_through_its_life(store: PricesStore) -> None:
    later = NOW + timedelta(minutes=30)
    task = store.begin(rows(1000), at=NOW)
    assert store.read().tasks == (task,)
    store.sent(task, 123)
    [known] = store.read().tasks
    assert (known.upload_id, known.rows, known.begun_at) == (123, rows(1000), NOW)
    store.end(task, rows(3), at=later)
    [known] = store.read().tasks
    assert (known.rows, known.ended_at, known.upload_id) == (rows(3), later, 123)
    store.drop([task])
    assert store.read() == Memory()


def test_a_task_that_was_given_up_does_not_come_back(store: PricesStore) -> None:
    task = store.begin(rows(2), at=NOW)
    store.drop([task])
    store.sent(task, 123)
    store.end(task, rows(1), at=NOW)
    assert store.read() == Memory()


def test_tasks_come_oldest_first(store: PricesStore) -> None:
    moments = [NOW + timedelta(minutes=n) for n in (5, 1, 3)]
    for moment in moments:
        store.begin(rows(1), at=moment)
    assert [task.begun_at for task in store.read().tasks] == sorted(moments)


def test_an_approval_survives_another_hold_of_the_same_price_and_no_other(store: PricesStore) -> None:
    store.hold([hold()])
    assert store.read().holds == {CARD: hold()}
    assert store.approve(hold(), at=NOW)
    store.hold([hold()])
    assert store.read().holds[CARD].approved(NOW)
    store.hold([hold(99)])
    assert store.read().holds == {CARD: hold(99)}


def test_only_the_price_that_is_held_can_be_approved(store: PricesStore) -> None:
    assert not store.approve(hold(), at=NOW)
    store.hold([hold(99)])
    assert not store.approve(hold(100), at=NOW)
    assert store.read().holds[CARD].approved_at is None


def test_refusals_and_holds_are_kept_and_forgotten(store: PricesStore) -> None:
    others = [Refusal(NmId(n), "", Quote(1, 0), RefusalKind.CANCELLED, NOW) for n in range(100, 160)]
    store.refuse([refusal(90), *others])
    store.refuse([refusal()])
    store.hold([hold()])
    memory = store.read()
    assert memory.refusals[CARD] == refusal()
    assert len(memory.refusals) == 61
    store.forget(holds=[CARD], refusals=[CARD, *(other.nm_id for other in others)])
    assert store.read() == Memory()


def test_what_stood_and_subjects_are_replaced_whole_however_many(store: PricesStore) -> None:
    many = rows(ROWS_PER_ITEM + 5)
    store.save_told(many)
    assert store.read().told == many
    store.save_told(rows(3))
    subjects = {NmId(n): SubjectId(n % 7 + 1) for n in range(ROWS_PER_ITEM + 5)}
    store.save_subjects(subjects, read_at=NOW)
    memory = store.read()
    assert (memory.told, memory.subjects, memory.subjects_read_at) == (rows(3), subjects, NOW)


def test_one_run_at_a_time_has_its_turn(store: PricesStore) -> None:
    until = NOW + timedelta(minutes=5)
    with store.turn(at=NOW, until=until):
        with pytest.raises(TryLater, match="another run"), store.turn(at=NOW + timedelta(minutes=1), until=until):
            pytest.fail("two had their turn")
        assert store.read() == Memory()
    with store.turn(at=NOW + timedelta(minutes=2), until=until):
        pass


def test_the_turn_of_a_killed_run_ends_by_itself_and_is_not_ended_by_it_later(store: PricesStore) -> None:
    killed = store.turn(at=NOW, until=NOW + timedelta(minutes=5))
    killed.__enter__()
    after = NOW + timedelta(minutes=6)
    with store.turn(at=after, until=after + timedelta(minutes=5)):
        killed.__exit__(None, None, None)
        with pytest.raises(TryLater), store.turn(at=after, until=after):
            pytest.fail("two had their turn")
