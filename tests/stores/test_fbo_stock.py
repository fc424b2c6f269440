"""The FboStock table keeps what WB holds, size by size."""

from datetime import UTC, datetime

from tests.fixtures.aws import Aws
from wbsync.domain.ids import ChrtId, NmId
from wbsync.stores.fbo_stock import FboStock, FboStockStore

READ_AT = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)


def test_stock_comes_back_as_it_was_saved_and_is_replaced(aws: Aws) -> None:
    store = FboStockStore(aws.tables["FboStockTable"])
    many = [FboStock(ChrtId(n), NmId(7), READ_AT, {"Склад WB": n, "Коледино": 1}, 2, 3) for n in range(1, 61)]
    store.save(many)
    assert sorted(store.all(), key=lambda one: one.chrt_id) == many
    assert many[0].total == 2
    store.save([FboStock(ChrtId(1), NmId(7), READ_AT)])
    assert next(one for one in store.all() if one.chrt_id == 1).total == 0
