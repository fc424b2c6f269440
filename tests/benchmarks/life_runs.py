"""What each kind of run takes that an order's life after its placing needs, measured as in runs.py."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.house import House
from tests.benchmarks.meter import Line, Meter, Usage
from tests.benchmarks.order_life import ASSEMBLED, CODE_PROPERTY, code, in_shop
from tests.benchmarks.standing import Standing, confirm, stand
from wbsync.domain.orders import OrderState

SUPPLIED, CHANGED = 101, 100
OPEN = (2_500, 5_000)  # orders: WB takes a thousand in an ask, Bitrix tells 2,500 in a request
HELD = (100, 1_000)  # sizes in WB's own warehouses
FIRST_CHRT = 310_000_001


@dataclass(frozen=True)
class Life:
    """Lines over orders or sizes; single usages are beyond what a run without them takes."""

    sync_statuses: Line  # open orders of which nothing changed
    build_supplies: Line  # open orders, most of them on their way
    send_marking: Line  # the same
    reconcile_orders: Line  # orders of the days that are read
    read_fbo_stock: Line  # sizes that WB holds
    print_supplies: Usage  # without a supply
    show_order: Usage  # that WB tells something new of
    open_supply: Usage
    fill_supply: Line  # orders that go into one supply in one run
    hand_over: Usage  # each order of a supply that was handed over
    print_supply: Line  # its orders
    watch_order: Usage  # in a supply that may have to be printed anew
    await_code: Usage  # of a marked order on assembly
    send_code: Usage


def lived(home: House, meter: Meter) -> Life:
    """In a house where orders stand already."""
    for function in ("sync_statuses", "build_supplies", "print_supplies", "send_marking"):
        home.invoke(function)  # the first run of a process asks more
    nothing = meter.measure("print_supplies", lambda: home.invoke("print_supplies"))
    show_order = _shown(home, meter)
    story = _Story(home, meter, stand(home, SUPPLIED, state=OrderState.PLACED, required_meta={"sgtin": 1.0}))
    build, printing, marking = story.told(nothing)
    sync, building, sending, reconciling = _by_orders(home, meter)
    return Life(
        sync_statuses=sync,
        build_supplies=building,
        send_marking=sending,
        reconcile_orders=reconciling,
        read_fbo_stock=_by_sizes(home, meter),
        print_supplies=nothing,
        show_order=show_order,
        open_supply=build[0],
        fill_supply=build[1],
        hand_over=build[2],
        print_supply=printing[0],
        watch_order=printing[1],
        await_code=marking[0],
        send_code=marking[1],
    )


def _shown(home: House, meter: Meter) -> Usage:
    fresh = stand(home, CHANGED)
    nothing = meter.measure("sync_statuses", lambda: home.invoke("sync_statuses"))
    confirm(home, [order.order_id for order in fresh])
    changed = meter.measure("sync_statuses", lambda: home.invoke("sync_statuses"))
    return _beyond(changed, nothing) * (1 / CHANGED)


@dataclass(frozen=True)
class _Story:
    """Marked orders from their assembly to their supply's handing over."""

    home: House
    meter: Meter
    orders: Sequence[Standing]

    def told(
        self, nothing_to_print: Usage
    ) -> tuple[tuple[Usage, Line, Usage], tuple[Line, Usage], tuple[Usage, Usage]]:
        no_codes = self._run("send_marking")
        first = self._assembled(self.orders[:1])
        printed_one = self._run("print_supplies")
        one, rest = self._assembled(self.orders[1:2]), self._assembled(self.orders[2:])
        idle = self._run("build_supplies")
        self.home.invoke("fetch_labels")
        self.home.drain("fetch_labels")
        printed_all = self._run("print_supplies")
        watched = self._run("print_supplies")
        marking = self._marking(no_codes)
        self._hand_over()
        handed_over = self._run("build_supplies")
        filled = Line.through((1, _beyond(one, idle)), (len(self.orders) - 2, _beyond(rest, idle)))
        each = 1 / len(self.orders)
        printed = Line.through(
            (1, _beyond(printed_one, nothing_to_print)), (len(self.orders), _beyond(printed_all, nothing_to_print))
        )
        building = _beyond(first, one), filled, _beyond(handed_over, idle) * each
        return building, (printed, _beyond(watched, nothing_to_print) * each), marking

    def _run(self, function: str) -> Usage:
        return self.meter.measure(function, lambda: self.home.invoke(function))

    def _assembled(self, orders: Sequence[Standing]) -> Usage:
        in_shop(self.home, "orders/status", orders, {"status": ASSEMBLED})
        return self._run("build_supplies")

    def _marking(self, no_codes: Usage) -> tuple[Usage, Usage]:
        each = 1 / len(self.orders)
        self.home.invoke("send_marking")  # notes what is owed
        owed = self._run("send_marking")
        for number, order in enumerate(self.orders):
            in_shop(self.home, "orders/line-property", [order], {"code": CODE_PROPERTY, "value": code(number)})
        sent, noted = self._run("send_marking"), self._run("send_marking")
        return _beyond(owed, no_codes) * each, (_beyond(sent, owed) + _beyond(noted, owed)) * each

    def _hand_over(self) -> None:
        wanted = self.orders[0].order_id
        [supply] = [row["id"] for row in self.home.wb.state()["supplies"] if wanted in row["orderIds"]]
        self.home.ask_wb("PATCH", f"/api/v3/supplies/{supply}/deliver")


def _by_orders(home: House, meter: Meter) -> list[Line]:
    """Most of the open orders are on their way to their buyers."""
    functions = ("sync_statuses", "build_supplies", "send_marking", "reconcile_orders")
    home.invoke("reconcile_orders")  # the first run notes when wbsync began
    points: dict[str, list[tuple[float, Usage]]] = {function: [] for function in functions}
    for wanted in OPEN:
        standing = home.invoke("sync_statuses")["OrdersOpen"]
        stand(home, wanted - standing, handed_over=True)
        for function in functions:
            used = meter.measure(function, lambda name=function: home.invoke(name))  # type: ignore[misc]  # a default
            points[function].append((wanted, used))
    return [Line.through(*two) for two in points.values()]


def _by_sizes(home: House, meter: Meter) -> Line:
    points: list[tuple[float, Usage]] = []
    for held in HELD:
        rows = [{"chrtId": FIRST_CHRT + n, "quantity": 1 + n % 9} for n in range(held)]
        home.wb.sim("POST", "wb-stock", rows)
        points.append((held, meter.measure("read_fbo_stock", lambda: home.invoke("read_fbo_stock"))))
    return Line.through(*points)


def _beyond(some: Usage, without: Usage) -> Usage:
    """What is noise must not become a gain."""
    return Usage({name: max(0.0, amount) for name, amount in (some + without * -1).of.items()})
