"""A day has one proof, the newest; two readings at once leave the later one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.fixtures.aws import Aws
from wbsync.domain.ids import OrderId
from wbsync.domain.proof import Difference, Proof, Reason, Side
from wbsync.stores.proofs import ProofsStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


def proof(day: date = MONDAY, *, wb: int = 5, read_at: datetime = NOON) -> Proof:
    told = Difference(order_id=OrderId(1001), side=Side.SHOP, reason=Reason.WAITING, detail="Штрихкод 46001 не найден")
    return Proof(
        day=day, wb=wb, ours=5, shop=4, reasons={Reason.WAITING: 1}, differences=(told,), more=2, read_at=read_at
    )


@pytest.fixture
def proofs(aws: Aws) -> ProofsStore:
    return ProofsStore(aws.tables["ProofsTable"])


def test_a_proof_is_read_as_it_was_kept(proofs: ProofsStore) -> None:
    assert proofs.put(proof())
    assert proofs.get([MONDAY]) == [proof()]


def test_the_same_proof_twice_is_one(proofs: ProofsStore) -> None:
    assert proofs.put(proof())
    assert proofs.put(proof())
    assert proofs.get([MONDAY, MONDAY]) == [proof()]


def test_a_newer_reading_replaces_an_older_one_and_not_the_other_way_round(proofs: ProofsStore) -> None:
    newer = proof(wb=6, read_at=NOON + timedelta(hours=1))
    assert proofs.put(proof())
    assert proofs.put(newer)
    assert not proofs.put(proof())
    assert proofs.get([MONDAY]) == [newer]


def test_days_come_oldest_first_and_those_without_a_proof_are_left_out(proofs: ProofsStore) -> None:
    days = [MONDAY - timedelta(days=n) for n in range(150)]
    for day in (days[0], days[120], days[7]):
        proofs.put(proof(day))
    assert [one.day for one in proofs.get(days)] == [days[120], days[7], days[0]]
    assert proofs.get([]) == []
