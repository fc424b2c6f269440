"""Offers sold from WB's own warehouses: nothing is told of them, and what WB holds is kept and shown."""

from datetime import timedelta
from typing import Any

import pytest

from infra.local.bitrix.seed import Seed
from infra.local.wildberries import make_token
from infra.local.wildberries.auth import Category
from tests.fixtures.world import BEGAN, MINSK, Clock, World, shop
from wbsync.domain.ids import ChrtId, OfferId
from wbsync.errors import NotAuthorised
from wbsync.messages import StockBatch

FBO_OFFERS = 5
ANALYTICS = make_token(
    categories=(Category.CONTENT, Category.MARKETPLACE, Category.ANALYTICS), expires=BEGAN + timedelta(days=100)
)


def marked_shop(**more: Any) -> Any:
    return shop(stock={"fbo": {"marked_by": "WB_FBO"} | more})


@pytest.fixture
def fbo(world: World) -> World:
    world.bitrix_shop.open(Seed(offers=40, fbo_offers=FBO_OFFERS))
    world.token = ANALYTICS
    return world


def told_rows(world: World) -> dict[int, int]:
    """All rows that are on their way to WB."""
    bodies = [message["Body"] for message in world.aws.messages("StockBatchesQueue")]
    return {int(c): n for body in bodies for c, n in StockBatch.model_validate_json(body).rows.items()}


def fbo_sizes(world: World) -> dict[ChrtId, OfferId]:
    """Sizes of the marked offers → offer."""
    linked = [link for link in world.links.all() if link.offers and link.sizes]
    return {link.sizes[0].chrt_id: link.offers[0].offer_id for link in linked if link.offers[0].fbo}


def holds(world: World, *rows: dict[str, int]) -> None:
    world.sim("wb", "POST", "/_sim/wb-stock", list(rows))


def shown(world: World, offer: int) -> str:
    (product,) = [p for p in world.shop_state()["products"] if p["id"] == offer]
    value: str = product["properties"].get("WB_FBO_STOCK", "")
    return value


# What is not told


def test_a_marked_offer_never_told_of_gets_no_row_at_all(fbo: World) -> None:
    fbo.shop = marked_shop()
    fbo.link_cards()
    assert len(fbo_sizes(fbo)) == FBO_OFFERS
    fbo.collect_stock()
    rows = told_rows(fbo)
    assert len(rows) == 40 - FBO_OFFERS
    assert rows.keys().isdisjoint(fbo_sizes(fbo))


def test_the_same_marks_told_in_another_order_are_no_reason_to_read_everything_again(fbo: World, clock: Clock) -> None:
    """A set is told in another order by every process."""
    values = ["Y", *(f"value {n}" for n in range(200))]
    fbo.shop = marked_shop(values=values)
    assert fbo.link_cards()["CardSizesRead"] > 0
    clock.forward(hours=1)
    fbo.shop = marked_shop(values=values[::-1])
    assert fbo.link_cards()["CardSizesRead"] == 0


def test_an_offer_on_the_list_needs_no_property(world: World) -> None:
    world.link_cards()
    offers = sorted(link.offers[0].offer_id for link in world.links.all() if link.offers and link.sizes)[:2]
    world.shop = shop(stock={"fbo": {"offers": offers}})
    world.collect_stock()
    assert len(told_rows(world)) == 38


def test_what_wb_was_told_before_is_zeroed_once_and_then_left_alone(fbo: World, clock: Clock) -> None:
    fbo.link_cards()
    fbo.sync_stock()
    fbo.shop = marked_shop()
    clock.forward(minutes=15)
    fbo.link_cards()  # another way of marking: every offer is read again, without waiting for the daily reading
    sizes = fbo_sizes(fbo)
    had = {chrt_id for chrt_id in sizes if fbo.wb_stock().get(chrt_id)}
    assert had
    assert fbo.sync_stock()["StockRowsQueued"] == len(had)
    assert not any(fbo.wb_stock().get(chrt_id) for chrt_id in sizes)

    with fbo.wildberries.state.lock:
        fbo.wildberries.state.stocks[MINSK].update(dict.fromkeys(sizes, 9))  # staff's own doing, in WB's cabinet
    for full in (False, True, False):
        clock.forward(hours=2)
        assert fbo.sync_stock(full=full)["StockRowsQueued"] == 0
    assert {fbo.wb_stock()[chrt_id] for chrt_id in sizes} == {9}


def test_an_offer_that_staff_unmark_is_told_again(fbo: World, clock: Clock) -> None:
    fbo.shop = marked_shop()
    fbo.link_cards()
    fbo.sync_stock()
    chrt_id, offer = next(iter(fbo_sizes(fbo).items()))
    clock.forward(minutes=30)
    fbo.sim("shop", "POST", "/_sim/products", {"offer_id": offer, "properties": {"WB_FBO": ""}})
    fbo.link_cards()
    fbo.collect_stock()
    assert told_rows(fbo).keys() == {chrt_id}


# What WB holds


def test_what_wb_holds_is_kept_and_what_it_holds_no_more_is_nought(fbo: World, clock: Clock) -> None:
    fbo.shop = marked_shop()
    fbo.link_cards()
    first, second, *_ = fbo_sizes(fbo)
    holds(fbo, {"chrtId": first, "quantity": 7, "inWayToClient": 2}, {"chrtId": second, "quantity": 1})
    assert fbo.read_fbo_stock() == {"FboSizes": 2, "FboUnits": 8, "FboSizesGone": 0}
    clock.forward(days=1)
    holds(fbo, {"chrtId": second, "quantity": 4, "inWayFromClient": 3})
    assert fbo.read_fbo_stock() == {"FboSizes": 1, "FboUnits": 4, "FboSizesGone": 1}
    kept = {one.chrt_id: one for one in fbo.fbo_stock.all()}
    assert (kept[first].total, kept[first].to_buyers, kept[first].read_at) == (0, 0, clock.at)
    assert (dict(kept[second].amounts), kept[second].from_buyers) == ({"Склад WB": 4}, 3)
    clock.forward(days=1)
    holds(fbo)
    assert fbo.read_fbo_stock() == {"FboSizes": 0, "FboUnits": 0, "FboSizesGone": 1}


def test_more_than_a_page_is_read_to_its_end_at_wbs_pace(
    fbo: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbsync.flows.read_fbo_stock.ROWS_PER_ASK", 2)
    fbo.shop = marked_shop()
    fbo.link_cards()
    holds(fbo, *({"chrtId": chrt_id, "quantity": 1} for chrt_id in list(fbo_sizes(fbo))[:4]))
    assert fbo.read_fbo_stock()["FboSizes"] == 4
    assert clock.at - BEGAN >= timedelta(seconds=40)  # three asks, the last of which WB answers with nothing


def test_the_shop_shows_what_wb_holds_and_only_changes_are_written(fbo: World, clock: Clock) -> None:
    fbo.shop = marked_shop(stock_property="WB_FBO_STOCK")
    fbo.link_cards()
    (first, offer), (_, other), *_ = fbo_sizes(fbo).items()
    holds(fbo, {"chrtId": first, "quantity": 7})
    assert fbo.read_fbo_stock()["FboOffersShown"] == FBO_OFFERS
    assert (shown(fbo, offer), shown(fbo, other)) == ("7", "0")
    clock.forward(days=1)
    holds(fbo, {"chrtId": first, "quantity": 6})
    assert fbo.read_fbo_stock()["FboOffersShown"] == 1
    assert (shown(fbo, offer), shown(fbo, other)) == ("6", "0")


def test_a_shop_without_such_offers_asks_nothing(world: World) -> None:
    assert world.read_fbo_stock() == {}


def test_a_token_without_analytics_is_told_in_one_line(fbo: World) -> None:
    fbo.shop = marked_shop()
    fbo.token = make_token(categories=(Category.CONTENT, Category.MARKETPLACE), expires=BEGAN + timedelta(days=100))
    with pytest.raises(NotAuthorised, match="lacks the category Analytics") as refused:
        fbo.read_fbo_stock()
    assert "\n" not in refused.value.reason
