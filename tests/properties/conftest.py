"""A small world for each example: one account of moto serves all of them."""

from collections.abc import Callable
from itertools import count

import pytest

from infra.local.bitrix import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.wildberries import Wildberries
from infra.local.wildberries.world import World as WbSeed
from tests.fixtures.aws import make
from tests.fixtures.world import Clock, World

GOODS = 4
_numbers = count(1)


@pytest.fixture
def new_world(_account: None) -> Callable[[], World]:
    """Makes a linked shop whose stock WB knows."""

    def made() -> World:
        clock = Clock()
        wildberries = Wildberries(WbSeed(goods=GOODS, foreign_cards=0), clock=clock.seconds, sleep=clock.sleep)
        bitrix = Bitrix(Seed(offers=GOODS), clock=clock.seconds, sleep=clock.sleep)
        world = World(make(f"P{next(_numbers)}-"), clock, wildberries, bitrix)
        world.link_cards()
        world.sync_stock(full=True)
        return world

    return made
