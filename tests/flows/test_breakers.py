"""A reading that is too bad to be believed is not told, and what people stopped stays stopped."""

import pytest

from tests.fixtures.world import MINSK, Clock, World
from wbsync.domain.breakers import LINKS, Reading, stock_of
from wbsync.domain.ids import WarehouseId
from wbsync.domain.links import stock_links
from wbsync.errors import Unavailable
from wbsync.flows import stop_sales

WAREHOUSE = WarehouseId(MINSK)
STOCK = stock_of(WAREHOUSE)


@pytest.fixture
def selling(world: World) -> World:
    """Forty goods, all of them in stock."""
    world.link_cards()
    refill(world)
    world.sync_stock(full=True)
    return world


def empty(world: World, offers: int) -> None:
    """Stores of so many offers are counted as empty."""
    for product in world.shop_state()["products"][:offers]:
        for store in product["stores"]:
            world.sim("shop", "POST", "/_sim/stock", {"offer_id": product["id"], "store_id": int(store), "amount": 0})


def refill(world: World, units: int = 9) -> None:
    for product in world.shop_state()["products"]:
        world.sim("shop", "POST", "/_sim/stock", {"offer_id": product["id"], "store_id": 1, "amount": units})


def shown(world: World) -> int:
    """Rows of ours with stock; WB has cards of others besides."""
    linked = stock_links(world.links.all())
    return sum(amount > 0 for chrt_id, amount in world.wb_stock().items() if chrt_id in linked)


def test_a_reading_that_zeroes_most_of_the_stock_is_not_told(selling: World, clock: Clock) -> None:
    before = selling.wb_stock()
    empty(selling, 25)
    clock.forward(minutes=15)
    report = selling.sync_stock()
    assert (report["BreakersTripped"], report["StockRowsQueued"]) == (1, 0)
    assert report["StockRowsHeld"] >= 25
    assert selling.wb_stock() == before
    tripped = selling.breakers.read().tripped[STOCK]
    assert tripped.reading.gone == 25
    assert (tripped.at, tripped.approved_until) == (clock.at, None)


def test_the_daily_comparison_obeys_it_too(selling: World, clock: Clock) -> None:
    before = selling.wb_stock()
    empty(selling, 40)
    clock.forward(minutes=15)
    assert selling.sync_stock(full=True)["BreakersTripped"] == 1
    assert selling.wb_stock() == before


def test_what_usually_sells_out_is_told(selling: World, clock: Clock) -> None:
    before = shown(selling)
    empty(selling, 6)
    clock.forward(minutes=15)
    assert selling.sync_stock()["BreakersTripped"] == 0
    assert shown(selling) == before - 6


def test_a_usual_reading_ends_it_by_itself(selling: World, clock: Clock) -> None:
    empty(selling, 25)
    clock.forward(minutes=15)
    selling.sync_stock()
    refill(selling)
    clock.forward(minutes=15)
    assert selling.sync_stock()["BreakersTripped"] == 0
    assert selling.breakers.read().tripped == {}
    assert shown(selling) == 40


def test_what_people_approved_is_told_and_a_worse_reading_is_not(selling: World, clock: Clock) -> None:
    empty(selling, 25)
    clock.forward(minutes=15)
    selling.sync_stock()
    assert selling.breakers.approve(selling.breakers.read().tripped[STOCK], clock.at)
    empty(selling, 35)
    clock.forward(minutes=15)
    assert selling.sync_stock()["BreakersTripped"] == 1
    assert selling.breakers.approve(selling.breakers.read().tripped[STOCK], clock.at)
    clock.forward(minutes=15)
    assert selling.sync_stock()["BreakersTripped"] == 0
    assert shown(selling) <= 5
    clock.forward(minutes=15)
    selling.sync_stock()
    assert selling.breakers.read().tripped == {}


def test_an_approval_is_over_after_a_day(selling: World, clock: Clock) -> None:
    empty(selling, 25)
    clock.forward(minutes=15)
    selling.sync_stock()
    selling.breakers.approve(selling.breakers.read().tripped[STOCK], clock.at)
    clock.forward(hours=25)
    assert selling.sync_stock()["BreakersTripped"] == 1


def test_an_approval_of_other_numbers_than_stand_there_is_refused(selling: World, clock: Clock) -> None:
    selling.breakers.trip(STOCK, Reading(40, 25), clock.at)
    seen = selling.breakers.read().tripped[STOCK]
    selling.breakers.trip(STOCK, Reading(40, 39), clock.at)
    assert not selling.breakers.approve(seen, clock.at)


def test_links_are_kept_when_the_shop_suddenly_has_no_offers(selling: World, clock: Clock) -> None:
    clock.forward(hours=25)  # everything is read again
    products = selling.bitrix_shop.shop
    selling.bitrix_shop.open(products.seed.model_copy(update={"offers": 3}))
    assert selling.link_cards()["BreakersTripped"] == 1
    assert sum(bool(link.offers and link.sizes) for link in selling.links.all()) == 40
    selling.breakers.approve(selling.breakers.read().tripped[LINKS], clock.at)
    assert selling.link_cards()["BreakersTripped"] == 0
    assert sum(bool(link.offers and link.sizes) for link in selling.links.all()) == 3


def test_without_the_breakers_nothing_is_told(selling: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(selling, 1)
    before = selling.wb_stock()
    clock.forward(minutes=15)
    monkeypatch.setattr(selling.breakers, "_table", "no-such-table")
    with pytest.raises(Unavailable):
        selling.collect_stock()
    assert selling.wb_stock() == before


def stop(world: World, clock: Clock) -> int:
    return stop_sales.run(
        WAREHOUSE,
        "пожар",
        breakers=world.breakers,
        told=world.told,
        stock_batches=world.stock_batches,
        now=clock.at,
    )


def test_stopped_sales_are_zero_at_once_and_stay_so(selling: World, clock: Clock) -> None:
    rows = stop(selling, clock)
    assert rows == shown(selling) > 30
    selling.push_stock()
    assert shown(selling) == 0
    refill(selling, 50)
    for full in (False, True):
        clock.forward(minutes=15)
        assert selling.sync_stock(full=full)["BreakersTripped"] == 0
        assert shown(selling) == 0
    assert selling.breakers.read().stopped[WAREHOUSE].reason == "пожар"


def test_a_batch_that_was_on_its_way_sells_nothing_of_a_stopped_warehouse(selling: World, clock: Clock) -> None:
    refill(selling, 50)
    clock.forward(minutes=15)
    assert selling.collect_stock()["StockRowsQueued"] > 30
    late = [message["Body"] for message in selling.aws.messages("StockBatchesQueue")]
    clock.forward(seconds=1)
    stop(selling, clock)
    selling.push_stock()
    selling.put_off["StockBatchesQueue"] = [(clock.at, body) for body in late]
    selling.push_stock()
    assert shown(selling) == 0


def test_after_sales_are_resumed_the_shops_numbers_are_told(selling: World, clock: Clock) -> None:
    before = selling.wb_stock()
    stop(selling, clock)
    selling.push_stock()
    selling.breakers.resume(WAREHOUSE)
    clock.forward(minutes=15)
    assert selling.sync_stock()["BreakersTripped"] == 0
    assert selling.wb_stock() == before
