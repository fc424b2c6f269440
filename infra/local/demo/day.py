"""A working day up to the moment at which all orders stand in the shop.

What goes wrong on the way, each time once: WB refuses a row of stock; WB answers 500 when asked for orders, and again
when told stock; the shop's connection breaks while its stock is read; the shop is overloaded when an order is placed;
messages are delivered twice; buyers cancel before anybody saw their order.

No connection breaks while something is written to the shop: what was written is looked at again only after half a
minute, an order after two. tests/flows has these without the waiting.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from infra.local.demo import counting
from infra.local.demo.people import People, Wish
from infra.local.demo.running import Running
from infra.local.ministack import CloudError
from infra.local.stage import MINSK, RUSSIA, Size, shop

type Json = dict[str, Any]

WAVES = 3
CROSS_BORDER, UNKNOWN, COMPANIES, TO_RUSSIA, MARKED, CANCELLED = 0.10, 0.03, 0.05, 0.10, 0.10, 0.02
"""Shares of the buyers' orders."""

_HELD_BY_WB = (17, 4)  # units in WB's own warehouses: of the offer that is named, and of the one whose property says so


def wishes(orders: int) -> Mapping[Wish, int]:
    """How many orders of each kind buyers make; together `orders`. Two at least have to be marked."""

    def some(share: float, least: int = 1) -> int:
        return max(least, round(orders * share))

    special = {
        Wish(warehouse=MINSK, cross_border=True): some(CROSS_BORDER),
        Wish(warehouse=MINSK, unknown_barcode=True): some(UNKNOWN),
        Wish(warehouse=MINSK, company=True): some(COMPANIES),
        Wish(warehouse=RUSSIA): some(TO_RUSSIA),
        Wish(warehouse=MINSK, marked=True): some(MARKED, least=2),
    }
    return {Wish(warehouse=MINSK): orders - sum(special.values())} | special


def fickle(orders: Sequence[Mapping[str, Any]], size: Size) -> list[Mapping[str, Any]]:
    """Those of whom somebody changes his mind: of the most usual kind, so that no kind is without orders."""
    usual = [each for each in orders if counting.is_usual(each) and each["warehouseId"] == MINSK]
    return usual[: max(1, round(size.orders * CANCELLED))]


@dataclass(slots=True)
class Day:
    run: Running
    forgotten: int = 0  # the offer whose barcode nobody wrote
    refused: int = 0  # the offer that WB refuses to sell

    @property
    def people(self) -> People:
        return self.run.people

    @property
    def size(self) -> Size:
        return self.run.size

    def hours(self) -> Mapping[str, Callable[[], str]]:
        """The day in its order, by names for people; each says in a few words what came of it."""
        return {
            "link cards and offers": self.link,
            "read what WB's own warehouses hold": self.read_fbo_stock,
            "tell WB all stock": self.tell_all_stock,
            "the shop sells and restocks": self.trade_in_shop,
            "buyers order in waves": self.serve_buyers,
            "an unknown barcode becomes known": self.write_forgotten_barcode,
        }

    # The hours

    def link(self) -> str:
        self.forgotten = self.people.open_shop(
            offers=self.size.offers, seed=self.size.seed, products=self.size.products
        )
        [named] = shop().stock.fbo.offers
        marked = named - 1
        self.people.mark_as_sold_by_wb(marked)
        linked = self.run.tick("LinkCards")["SizesLinked"]
        if linked != self.size.offers:
            raise CloudError(f"{linked} of {self.size.offers} offers were linked")
        size_of = {offer: chrt for chrt, offer in self.run.world().linked.items()}
        for offer, units in zip((named, marked), _HELD_BY_WB, strict=True):
            self.people.count_stock(offer, 20 + units)  # it lies in the shop too, and still is not told
        self.people.hold_at_wb(dict(zip((size_of[named], size_of[marked]), _HELD_BY_WB, strict=True)))
        return f"{linked} sizes are linked"

    def read_fbo_stock(self) -> str:
        sizes = self.run.tick("ReadFboStock")["FboSizes"]
        return f"{sizes} sizes"

    def tell_all_stock(self) -> str:
        """WB refuses one row: the others must arrive, and it must not be sent again at once."""
        world = self.run.world()
        wrong = counting.wrong_rows(world)
        chrt, self.refused = next((chrt, offer) for chrt, offer in world.linked.items() if (MINSK, chrt) in wrong)
        self.people.trouble_on_wb(f"PUT /api/v3/stocks/{MINSK}", "refuse_rows", chrt_ids=[chrt])
        self.run.settle_stock(full=True, but=(MINSK, chrt))
        return "all but the row that WB refuses"

    def trade_in_shop(self) -> str:
        """The offer that WB refuses sells in the shop to its last unit, so that WB's nothing becomes right."""
        product = next(each for each in self.people.shop()["products"] if each["id"] == self.refused)
        self.people.sell_in_shop(self.refused, int(product["quantity"]))
        some = max(5, self.size.offers // 50)
        self.people.trade(some, some, most=4, but=self.refused)
        self.people.trouble_in_shop("batch", "cut_after")
        self.run.settle_stock()
        return f"about {2 * some} offers"

    def serve_buyers(self) -> str:
        """Three waves, and trouble in each; the second comes while amounts are on their way to WB."""
        for wave in range(WAVES):
            self._trade_a_little()
            if wave == 0:
                self.people.trouble_on_wb("GET /api/v3/orders/new", "500")
            if wave == 1:
                self.run.tick("CollectStock")
            wanted = {wish: _part(count, wave) for wish, count in wishes(self.size.orders).items()}
            bought = [order for wish, count in wanted.items() for order in self.people.buy(wish, count)]
            if wave == 0:
                self.people.change_mind(fickle(bought, self.size))
            if wave == 2:
                self.people.trouble_in_shop("batch", "503")
            self._place(bought)
            if wave == 1:
                self._deliver_again(bought)
            if wave == 2:
                self.people.trouble_on_wb("PUT /api/v3/stocks/*", "500")
            self.run.settle_stock()
        return f"{len(self.people.wb()['orders'])} ordered"

    def write_forgotten_barcode(self) -> str:
        ordered = next(order for order in self.run.world().bought if order["unknownBarcode"])
        self.people.write_barcodes(self.forgotten, ordered["skus"])
        self.run.tick("LinkCards")
        self.run.tick("Sweep")
        self._until_placed()
        self.run.settle_stock()
        return f"order {ordered['id']} is placed"

    # What an hour is made of

    def _trade_a_little(self) -> None:
        some = max(2, self.size.offers // 200)
        # One unit each: it is in the safety stock, so a buyer on WB who is quicker than the amount takes nothing away.
        self.people.trade(some, some, most=1, but=self.refused)

    def _place(self, bought: Sequence[Json]) -> None:
        self.run.say(f"{len(bought)} ordered")
        self.run.tick("PollOrders")
        self._until_placed()

    def _until_placed(self) -> None:
        def open_orders() -> str:
            world = self.run.world()
            lost, half = counting.lost(world, self.run.reasons()), counting.incomplete(world)
            return f"{len(lost)} are not there, {len(half)} are not whole" if lost or half else ""

        self.run.until("all orders in the shop, or waiting with their reason", open_orders, self.size.orders / 2)

    def _deliver_again(self, bought: Sequence[Json]) -> None:
        """SQS promises to deliver at least once, and sometimes does it twice."""
        stage = self.run.stage
        sqs, url = stage.client("sqs"), stage.outputs["NewOrdersQueue"]
        for some in batched(bought, 10, strict=False):
            entries = [{"Id": str(o["id"]), "MessageBody": f'{{"order_id": {o["id"]}}}'} for o in some]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.run.until_done("NewOrdersQueue")


def _part(total: int, wave: int) -> int:
    """A wave's part of the whole, so that the parts make the whole."""
    return total * (wave + 1) // WAVES - total * wave // WAVES
