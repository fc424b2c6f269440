"""Every hour: is all as it should be, and what is to be done where it is not.

Each part looks at one thing and tells lines for people. A part that fails is told as a line too and keeps none of the
others from being told. All lines stand in the log, and in the Cursors table for `wbsync watch`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from pydantic_core import to_jsonable_python

from wbsync.domain import stock, watching
from wbsync.domain.ids import ChrtId, WarehouseId
from wbsync.domain.orders import UNKNOWN_TO_SHOP
from wbsync.domain.shop import Shop
from wbsync.domain.watching import Finding
from wbsync.errors import NotAuthorised, SyncError, TryLater
from wbsync.flows import api_drift
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.metrics import MetricsStore, Point
from wbsync.stores.orders import OrdersStore
from wbsync.stores.queues import DeadLetters
from wbsync.stores.stock_told import StockToldStore
from wbsync.telemetry import logger
from wbsync.wb import deprecations, samples
from wbsync.wb import token as wb_token
from wbsync.wb.client import WbClient
from wbsync.wb.operations import OPERATIONS, READ_STOCKS, Operation
from wbsync.wb.token import Category, Kind
from wbsync.wb.wire import ChrtIds

CURSOR = "watch"

ROWS_COMPARED = 1000
"""Rows of each warehouse that are compared with WB's own numbers, in one call; others in the next hour."""

JUST_TOLD = timedelta(minutes=30)
"""What was told since may still be on its way."""

_LINK_PROBLEMS = ("link_cards", "LinkProblems")
_LONGEST = max(watching.FRESH_WITHIN.values()) + timedelta(hours=1)

type Part = Callable[["Watch"], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the flow works with. `token` and `shop` are asked for by the parts that need them; either may be missing."""

    wb: WbClient
    token: Callable[[], str]
    shop: Callable[[], Shop]
    orders: OrdersStore
    told: StockToldStore
    cursors: CursorsStore
    metrics: MetricsStore
    dead_letters: Mapping[str, DeadLetters]
    now: Callable[[], datetime]
    deadline: datetime
    deprecated: Sequence[deprecations.Deprecation] = deprecations.DEPRECATIONS
    operations: Sequence[Operation[object]] = OPERATIONS
    report: dict[str, int] = field(default_factory=dict)

    def run(self) -> dict[str, int]:
        """Look at everything; counts of what was found, of which a part that failed leaves its own out."""
        found = [finding for name, part in PARTS.items() for finding in self._looked(name, part)]
        for finding in found:
            logger.warning("watch", part=finding.part, said=finding.said, do=finding.do)
        lines = [to_jsonable_python(finding) for finding in found]
        first = self._first_look()
        self.cursors.put(CURSOR, {"first_run_at": first.isoformat(), "at": self.now().isoformat(), "findings": lines})
        return {"Findings": len(found), **self.report}

    def _looked(self, name: str, part: Part) -> list[Finding]:
        """What a part tells; that it could not look to its end is one line more."""
        found: list[Finding] = []
        try:
            if self.now() >= self.deadline:
                raise TryLater("no time was left for it", wait=0)
            found.extend(part(self))
        except NotAuthorised as error:
            self.report["NotAuthorised"] = self.report.get("NotAuthorised", 0) + 1
            found.append(
                Finding(name, f"could not be looked at: {error}", "`wbsync doctor` says which right is missing")
            )
        except SyncError as error:
            found.append(Finding(name, f"could not be looked at: {error}", "the next look is in an hour"))
        return found

    # ---- the parts

    def token_days(self) -> Iterator[Finding]:
        text = self.token()
        claims, now = wb_token.read(text), self.now()
        days = int(claims.days_left(now))
        self.report["TokenDaysLeft"] = max(0, days)
        if days < watching.TOKEN_WARNS:
            when = f"the WB token expires on {claims.expires:%Y-%m-%d}, in {max(0, days)} days"
            yield Finding("token", when, wb_token.CURE)
        if lacking := sorted(self._categories() - claims.categories):
            names = ", ".join(category.name.capitalize() for category in lacking)
            yield Finding("token", f"the WB token lacks the category {names}", f"{wb_token.CURE}, with that category")
        if claims.read_only:
            yield Finding("token", "the WB token is read-only, and stock is to be written", wb_token.CURE)
        if claims.kind is Kind.BASE:
            yield Finding("token", "the WB token is a Base one, which WB lets make a few calls an hour", wb_token.CURE)

    def _categories(self) -> set[Category]:
        """What the flows that the configuration uses ask WB for."""
        shop = self.shop()
        prices = {Category.PRICES} if shop.prices is not None else set()
        own_warehouses = {Category.ANALYTICS} if shop.stock.fbo.used else set()
        return {Category.CONTENT, Category.MARKETPLACE} | prices | own_warehouses

    def freshness(self) -> Iterator[Finding]:
        """Flows whose last end is too long ago. One that never ended is given its time from our first look on."""
        now, first = self.now(), self._first_look()
        wanted = [(flow, "Finished") for flow in watching.FRESH_WITHIN]
        ended = self.metrics.latest(wanted, since=now - _LONGEST, now=now)
        stale = []
        for flow, within in watching.FRESH_WITHIN.items():
            last = ended.get((flow, "Finished"))
            if now - (last.at if last else first) > within:
                stale.append(flow)
                yield Finding("freshness", f"{flow} {_last_ended(last)}", f"docs/runbook.md#{flow}-is-not-running")
        self.report["FlowsStale"] = len(stale)

    def unplaced_orders(self) -> Iterator[Finding]:
        unplaced = [r for state in UNKNOWN_TO_SHOP for r in self.orders.in_state(state) if r.shop_order_id is None]
        oldest = min(unplaced, key=lambda record: record.stored_at, default=None)
        if oldest and (age := self.now() - oldest.stored_at) > watching.ORDER_WAITS:
            said = f"{len(unplaced)} order(s) are not in the shop; {oldest.order_id} has waited for {_long(age)}"
            yield Finding("orders", said, "`wbsync orders list` tells their reasons")

    def unlinked_barcodes(self) -> Iterator[Finding]:
        """As link_cards counted them: counting anew would mean reading all links, a million perhaps."""
        now = self.now()
        point = self.metrics.latest([_LINK_PROBLEMS], since=now - _LONGEST, now=now).get(_LINK_PROBLEMS)
        if point and point.value:
            said = f"{point.value:.0f} barcode(s), offers or sizes are linked to nothing"
            yield Finding("barcodes", said, "`wbsync links report` names them with their reasons")

    def given_up(self) -> Iterator[Finding]:
        total = 0
        for name, letters in self.dead_letters.items():
            depth = letters.depth()
            total += depth
            if depth:
                do = f"`wbsync queues look {name}`; once the cause is mended, `wbsync queues redrive {name}`"
                yield Finding("dead letters", f"{depth} message(s) of {name} were given up", do)
        self.report["DeadLetters"] = total

    def api_drift(self) -> Iterator[Finding]:
        """Answers of other forms than usual, and answers that our models cannot read."""
        self.report["ApiDrift"] = 0
        opened = wb_token.read(self.token()).categories
        broken: SyncError | None = None
        for sample in samples.SAMPLES:
            if sample.operation.category in opened:
                try:
                    found = list(api_drift.look(sample, wb=self.wb, cursors=self.cursors, now=self.now()))
                except SyncError as error:  # the others are asked all the same
                    broken = error
                else:
                    self.report["ApiDrift"] += len(found)
                    yield from found
        if broken:
            raise broken

    def switched_off(self) -> Iterator[Finding]:
        near = list(deprecations.near(self.now().date(), rows=self.deprecated, operations=self.operations))
        self.report["DeprecationsNear"] = len(near)
        for row in near:
            said = f"WB switches {row.verb} {row.path} off on {row.off}; it wants {row.instead} instead"
            yield Finding("deprecations", said, "update wbsync before that day, or report it when there is no update")

    def stock_mismatch(self) -> Iterator[Finding]:
        """Rows that WB shows otherwise than it was told, of a part of each warehouse that changes from hour to hour."""
        compared = wrong = 0
        for warehouse in self.shop().warehouses:
            rows = self._rows_to_compare(warehouse.wb)
            if rows:
                shown = self._shown(warehouse.wb, rows)
                again = self.told.told(warehouse.wb)  # what was told, or sold, meanwhile proves nothing
                still = {c: amount for c, amount in rows.items() if again.get(c) == amount}
                compared += len(still)
                wrong += sum(shown.get(chrt_id, 0) != amount for chrt_id, amount in still.items())
        percent = round(100 * wrong / compared) if compared else 0
        self.report.update(StockMismatchPercent=percent, StockRowsCompared=compared)
        if percent >= watching.MISMATCH_PERCENT:
            said = f"WB shows {wrong} of {compared} rows of stock ({percent} %) otherwise than it was told"
            yield Finding("stock", said, "docs/runbook.md#stock-differs-on-wb")

    def _rows_to_compare(self, warehouse: WarehouseId) -> stock.Amounts:
        fresh = self.told.claimed(warehouse, since=self.now() - JUST_TOLD)
        told = {c: n for c, n in self.told.told(warehouse).items() if n != stock.UNKNOWN and c not in fresh}
        turns = max(1, -(-len(told) // ROWS_COMPARED))
        turn = int(self.now().timestamp() / 3600) % turns
        return {c: told[c] for c in islice(sorted(told), turn, None, turns)}

    def _shown(self, warehouse: WarehouseId, rows: stock.Amounts) -> stock.Amounts:
        answer = self.wb.call(READ_STOCKS, path={"warehouse_id": warehouse}, body=ChrtIds(chrt_ids=tuple(rows)))
        return {ChrtId(row.chrt_id): row.amount for row in answer.stocks}

    def _first_look(self) -> datetime:
        first = self.cursors.get(CURSOR).get("first_run_at")
        return datetime.fromisoformat(first) if first else self.now()


PARTS: Mapping[str, Part] = {
    "token": Watch.token_days,
    "freshness": Watch.freshness,
    "orders": Watch.unplaced_orders,
    "barcodes": Watch.unlinked_barcodes,
    "dead letters": Watch.given_up,
    "API": Watch.api_drift,
    "deprecations": Watch.switched_off,
    "stock": Watch.stock_mismatch,
}


def _last_ended(last: Point | None) -> str:
    return (
        f"last came to its end at {last.at:%d.%m. %H:%M} UTC" if last else "has not come to its end since it is watched"
    )


def _long(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours} h" if hours else f"{int(age.total_seconds() // 60)} min"
