"""What a month costs in AWS, for a small shop and a large one.

What each kind of run takes is measured (see runs.py); the template's schedules, memory and batch sizes say how often it
happens. What nobody can measure here stands in `Assumed` and is printed beside the result.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from tests.benchmarks.house import QUEUES, batch_size, house, logical_id
from tests.benchmarks.meter import Usage
from tests.benchmarks.order_life import RULES
from tests.benchmarks.prices import AS_OF, PRICES, REGION, dollars
from tests.benchmarks.report import Number
from tests.benchmarks.runs import FEW, FIRST_OFFER, Runs, measured
from tests.fixtures.template import template
from tests.fixtures.world import shop
from wbsync.flows.collect_stock import OFFERS_AT_ONCE
from wbsync.flows.fetch_labels import ORDERS_PER_ASK
from wbsync.flows.offer_photos import MOST_PHOTOS, TAKES, TOGETHER
from wbsync.flows.push_stock import READ_BACK_EVERY
from wbsync.flows.reconcile_orders import DAYS_BACK
from wbsync.stores.parameters import CACHED_SECONDS
from wbsync.telemetry import LAST_MOMENTS

SHOPS = ((10_000, 300), (1_000_000, 10_000))  # SKUs, orders a day
DAYS = 30.4
MINUTES = DAYS * 24 * 60
GB = 1e9
PAGE = 2**20  # bytes that DynamoDB gives in one answer
ROW_BYTES, BATCH_BYTES = 12, 60  # of an item of the Stock told table
FULL_VCPU_MB = 1_769  # a Lambda of this size has one vCPU, smaller ones their part of it
BASE_MB = 150
STATES_AT_ONCE = 2_500  # orders whose state Bitrix tells in a request
BYTES_OF_A_SIZE = {"link_cards": 2_200, "collect_stock": 1_500}
"""Of memory for each linked size, while the function runs; measured apart, with 300,000 and 1,000,000 of them."""


@dataclass(frozen=True)
class Assumed:
    """Beside these: orders come evenly, one WB warehouse, every label is opened once, no cold starts, no faults."""

    changed_share: float = 0.01  # of all rows, from one reading of the shop to the next
    hours_until_confirmed: float = 12  # so long an order stays new on WB, and its label is owed
    confirmations_a_day: float = 2  # times that the staff puts orders into supplies
    hours_on_assembly: float = 6  # from a supply's first order to its handing over
    days_until_over: float = 7  # from the order to sold or sent back; so long its status is read
    changes_of_an_order: float = 4  # words of WB that the shop is shown
    kinds_of_orders: float = 2  # each has supplies of its own
    prints_of_a_supply: float = 3  # it grew, its labels came, it was handed over
    marked_share: float = 0.2  # orders with a marking code
    fbo_share: float = 0.05  # sizes that WB's own warehouses hold
    seconds_of_an_aws_call: float = 0.008
    seconds_of_a_wb_call: float = 0.2
    seconds_of_a_bitrix_request: float = 1.5  # a batch of up to 50 commands
    log_bytes_of_lambda_itself: float = 900  # start, report and end of each run
    pollers_of_a_queue: float = 5  # Lambda asks an idle queue so many times every 20 s
    months_of_orders_kept: float = 12


ASSUMED = Assumed()


def measure() -> list[Number]:
    # One offer is sold from WB's own warehouses, so that their stock is read.
    with house(goods=FEW, rules=shop(**RULES, stock={"fbo": {"offers": [FIRST_OFFER + 1]}})) as home:
        runs = measured(home)
    prices = [f"{price.service}: ${price.dollars:g} for {price.per:,.0f} {price.what}" for price in PRICES.values()]
    return [
        *(_shop(skus, orders, runs) for skus, orders in SHOPS),
        Number(
            what=f"prices used for that: {REGION}, public list of {AS_OF}, to be checked; no free tier deducted",
            measured="\n".join(prices),
            details={name: asdict(price) for name, price in PRICES.items()},
        ),
        Number(
            what="assumed for that; all else is measured by real runs of the handlers, or stands in the template",
            measured="\n".join(f"{name.replace('_', ' ')}: {value:g}" for name, value in asdict(ASSUMED).items()),
            details={**asdict(ASSUMED), "measured_runs": asdict(runs)},
        ),
    ]


def _shop(skus: int, orders: int, runs: Runs) -> Number:
    month = Month(skus, orders, runs)
    used = month.used()
    bill = dollars(used.of)
    calls = sum(used.calls.values())
    services = ", ".join(f"{service} ${cost:.2f}" for service, cost in sorted(bill.items(), key=lambda x: -x[1]))
    total = f"${sum(bill.values()):.2f} and {calls / 1e6:.2f} million calls by the functions"
    return Number(
        what=f"AWS a month for {skus:,} SKUs and {orders:,} orders a day",
        measured=f"{total}\n{services}\n{month.words()}",
        details={
            "dollars": sum(bill.values()),
            "dollars_by_service": bill,
            "calls": used.calls,
            "billed": {name: amount for name, amount in used.of.items() if name in PRICES},
            "functions": {
                name: {
                    "runs": done.runs,
                    "seconds_each": month.seconds(done.usage, name) / done.runs,
                    "gb_seconds": month.seconds(done.usage, name) * month.memory_mb(name) / 1024,
                    "read_units": done.usage["dynamodb_reads"],
                    "write_units": done.usage["dynamodb_writes"],
                }
                for name, done in month.functions().items()
            },
        },
    )


@dataclass(frozen=True)
class Done:
    """A function's month."""

    runs: float
    usage: Usage


@dataclass(frozen=True)
class Month:
    skus: int
    orders_a_day: int
    runs: Runs

    @property
    def orders(self) -> float:
        return self.orders_a_day * DAYS

    @property
    def standing(self) -> float:
        """Orders that wait to be confirmed, at any time."""
        return self.orders_a_day * ASSUMED.hours_until_confirmed / 24

    @property
    def open(self) -> float:
        """Orders of which WB may still tell something new, at any time."""
        return self.orders_a_day * ASSUMED.days_until_over

    @property
    def on_assembly(self) -> float:
        """Orders in supplies that are not handed over, at any time."""
        return self.orders_a_day * ASSUMED.hours_on_assembly / 24

    @property
    def supplies(self) -> float:
        return ASSUMED.kinds_of_orders * ASSUMED.confirmations_a_day * DAYS

    @property
    def sizes_a_tick(self) -> float:
        """Sizes that collect_stock gets to before its deadline; it goes on where it stopped."""
        limit = float(_properties("collect_stock")["Timeout"]) - LAST_MOMENTS.total_seconds()
        orders = (self.runs.life.sync_statuses.each + self.runs.life.build_supplies.each) * self.open
        begun = self.seconds(self._links_read() + self.runs.collect_stock.at(self.skus) + orders, "collect_stock")
        fit = max(0.0, limit - begun) / self.seconds(self.runs.read_offers.each, "collect_stock")
        return min(self.skus, fit)

    @property
    def pieces_a_tick(self) -> float:
        """Each piece has its own reading of the shop, and with changed rows its own message."""
        return math.ceil(self.sizes_a_tick / OFFERS_AT_ONCE)

    def memory_mb(self, function: str) -> float:
        """The template's, or what so many sizes need: whoever has them must raise it."""
        return max(_memory_mb(function), BASE_MB + self.skus * BYTES_OF_A_SIZE.get(function, 0) / 1e6)

    def seconds(self, usage: Usage, function: str) -> float:
        """Of Lambda's time: CPU as far as the function has it, and waiting for others."""
        return (
            usage["cpu_s"] * max(1.0, FULL_VCPU_MB / self.memory_mb(function))
            + sum(usage.calls.values()) * ASSUMED.seconds_of_an_aws_call
            + usage["wb"] * ASSUMED.seconds_of_a_wb_call
            + usage["bitrix"] * ASSUMED.seconds_of_a_bitrix_request
            + usage["photos"] * ASSUMED.seconds_of_a_bitrix_request / TOGETHER
        )

    def words(self) -> str:
        ticks = _ticks("collect_stock") / DAYS
        tick = self.seconds(self._collect_tick(), "collect_stock")
        whole = self.skus / self.sizes_a_tick * 24 * 60 / ticks
        short = {name: self.memory_mb(name) for name in BYTES_OF_A_SIZE if self.memory_mb(name) > _memory_mb(name)}
        needs = "".join(
            f"\n{name} needs {mb:,.0f} MB, the template gives {_memory_mb(name):,.0f}" for name, mb in short.items()
        )
        return f"collect_stock runs {tick:.0f} s a tick; the whole shop is read every {whole:.0f} minutes{needs}"

    def functions(self) -> dict[str, Done]:
        return {
            "link_cards": self._link_cards(),
            "collect_stock": self._collect_stock(),
            "push_stock": self._push_stock(),
            "poll_orders": self._poll_orders(),
            "place_orders": self._place_orders(),
            "fetch_labels": self._fetch_labels(),
            "open_label": Done(self.orders, self.runs.open_label * self.orders),
            "sweep": Done(_ticks("sweep"), self.runs.sweep * _ticks("sweep")),
            "sync_statuses": self._sync_statuses(),
            "build_supplies": self._build_supplies(),
            "send_marking": self._send_marking(),
            "print_supplies": self._print_supplies(),
            "reconcile_orders": self._reconcile_orders(),
            "read_fbo_stock": Done(DAYS, self.runs.life.read_fbo_stock.at(self.skus * ASSUMED.fbo_share) * DAYS),
        }

    def used(self) -> Usage:
        """Everything that is billed, and every call."""
        functions = self.functions()
        total = sum((done.usage for done in functions.values()), Usage())
        runs = sum(done.runs for done in functions.values())
        reads = {name: _parameter_reads(name, done.runs) for name, done in functions.items()}
        logs = (total["log_bytes"] + runs * ASSUMED.log_bytes_of_lambda_itself) / GB
        around = {
            "lambda_gb_s": sum(
                self.seconds(d.usage, name) * self.memory_mb(name) / 1024 for name, d in functions.items()
            ),
            "lambda_requests": runs,
            "schedules": sum(map(_ticks, functions)),
            "sqs_requests": self._sqs_by_lambda(functions),
            "ssm.GetParameter": sum(sum(read.values()) for read in reads.values()),
            "ssm_reads": sum(sum(read.values()) for read in reads.values()),
            "kms_requests": sum(n for read in reads.values() for name, n in read.items() if name != "CONFIG_PARAMETER"),
            "log_gb": logs,
            "log_stored_gb": logs * _template()["Parameters"]["LogRetentionDays"]["Default"] / DAYS,
            "metrics": self.runs.metrics,
            "alarms": _alarms(),
            "traces": runs,
        }
        return total + Usage(around) + self._stored()

    def _stored(self) -> Usage:
        links = self.runs.collect_stock.each["links_bytes"] * self.skus
        orders = self.orders * ASSUMED.months_of_orders_kept * self.runs.order_bytes * 2  # the index holds them too
        dynamodb = (links + orders + self.skus * ROW_BYTES + self._log_of_a_day()) / GB
        labels = self.orders_a_day * _template()["Parameters"]["LabelDays"]["Default"]
        kept = self.runs.fetch_labels.each["s3_bytes"] + self.runs.life.print_supply.each["s3_bytes"]
        return Usage(
            {
                "dynamodb_gb": dynamodb,
                "dynamodb_pitr_gb": dynamodb,
                "s3_gb": labels * kept / GB,
                "s3_gets": self.orders,
            }
        )

    def _sqs_by_lambda(self, functions: Mapping[str, Done]) -> float:
        idle = len(QUEUES) * ASSUMED.pollers_of_a_queue * MINUTES * 3
        return idle + sum(2 * functions[name].runs for name in QUEUES)  # received and deleted

    def _link_cards(self) -> Done:
        ticks = _ticks("link_cards")
        full = self.runs.link_cards_full.at(self.skus) + self.runs.link_cards.at(self.skus) * -1
        return Done(ticks, self.runs.link_cards.at(self.skus) * ticks + full * DAYS + self._links_read() * ticks)

    def _collect_tick(self) -> Usage:
        """A usual tick: all links and all that WB was told, then as much of the shop as there is time for."""
        told_since_the_comparison = Usage({"dynamodb_reads": self._log_of_a_day() / 2 / 4096 * 0.5})
        return (
            self.runs.collect_stock.at(self.skus)
            + self._links_read()
            + told_since_the_comparison
            + self.runs.read_offers.each * self.sizes_a_tick
            + self.runs.poll_orders.each * self.standing
            # Cancellations both ways, and the open orders once more for what returned to the stock.
            + (self.runs.life.sync_statuses.each + self.runs.life.build_supplies.each) * self.open
        )

    def _collect_stock(self) -> Done:
        ticks = _ticks("collect_stock")
        comparison = self.runs.compare_with_wb.at(self.skus) + self.runs.collect_stock.at(self.skus) * -1
        items_a_day = self.pieces_a_tick * ticks / DAYS
        deleted = Usage({"dynamodb_writes": items_a_day, "dynamodb.BatchWriteItem": items_a_day / 25})
        return Done(ticks + DAYS, self._collect_tick() * ticks + (comparison + deleted) * DAYS)

    def _push_stock(self) -> Done:
        batches = self.pieces_a_tick * _ticks("collect_stock")
        rows = self.sizes_a_tick / self.pieces_a_tick * ASSUMED.changed_share
        return Done(
            batches, self.runs.push_stock.at(rows) * batches + self.runs.read_back * (batches / READ_BACK_EVERY)
        )

    def _poll_orders(self) -> Done:
        ticks = _ticks("poll_orders")
        return Done(ticks, self.runs.poll_orders.at(self.standing) * ticks + self.runs.store_order * self.orders)

    def _place_orders(self) -> Done:
        polls = _ticks("poll_orders")
        most = batch_size("place_orders")
        runs = polls * math.ceil(self.orders / polls / most) if self.orders > polls else self.orders
        return Done(runs, self.runs.place_orders.fixed * runs + self.runs.place_orders.each * self.orders)

    def _fetch_labels(self) -> Done:
        ticks = _ticks("fetch_labels")
        at_once = self.orders_a_day / ASSUMED.confirmations_a_day
        asks = math.ceil(at_once / ORDERS_PER_ASK) * ASSUMED.confirmations_a_day * DAYS
        fetched = self.runs.fetch_labels.fixed * asks + self.runs.fetch_labels.each * self.orders
        return Done(ticks + asks, self.runs.labels_tick.at(self.standing) * ticks + fetched)

    def _sync_statuses(self) -> Done:
        ticks, life = _ticks("sync_statuses"), self.runs.life
        shown = life.show_order * (self.orders * ASSUMED.changes_of_an_order)
        return Done(ticks, life.sync_statuses.at(self.open) * ticks + shown)

    def _build_supplies(self) -> Done:
        """Orders that wait are looked at in the shop, whether staff has assembled them."""
        ticks, life = _ticks("build_supplies"), self.runs.life
        tick = life.build_supplies.at(self.open) + Usage({"bitrix": math.ceil(self.standing / STATES_AT_ONCE)})
        supplies = (life.open_supply + life.fill_supply.fixed) * self.supplies
        return Done(ticks, tick * ticks + supplies + (life.fill_supply.each + life.hand_over) * self.orders)

    def _send_marking(self) -> Done:
        ticks, life = _ticks("send_marking"), self.runs.life
        awaited = life.await_code * (self.on_assembly * ASSUMED.marked_share)
        tick = life.send_marking.at(self.open) + awaited
        return Done(ticks, tick * ticks + life.send_code * (self.orders * ASSUMED.marked_share))

    def _print_supplies(self) -> Done:
        ticks, life = _ticks("print_supplies"), self.runs.life
        tick = life.print_supplies + life.watch_order * self.on_assembly
        prints = self.supplies * ASSUMED.prints_of_a_supply
        printed = life.print_supply.at(self.orders / self.supplies)
        in_time = TAKES.total_seconds() * TOGETHER / ASSUMED.seconds_of_a_bitrix_request
        photos = min(printed["photos"], MOST_PHOTOS, in_time)
        return Done(ticks, tick * ticks + Usage({**printed.of, "photos": photos}) * prints)

    def _reconcile_orders(self) -> Done:
        ticks = _ticks("reconcile_orders")
        read = self.orders_a_day * (DAYS_BACK + 0.5)  # the day that has begun is half over
        return Done(ticks, self.runs.life.reconcile_orders.at(read) * ticks)

    def _links_read(self) -> Usage:
        """Pages of the Links table beyond the one that a small shop has."""
        pages = self.runs.collect_stock.each["links_bytes"] * self.skus / PAGE
        return Usage({"dynamodb.Scan": max(0.0, pages - 1)})

    def _log_of_a_day(self) -> float:
        """Bytes that the log of what WB was told grows from one comparison to the next."""
        rows = self.sizes_a_tick * ASSUMED.changed_share
        return (rows * ROW_BYTES + self.pieces_a_tick * BATCH_BYTES) * _ticks("collect_stock") / DAYS


def _parameter_reads(function: str, runs: float) -> dict[str, float]:
    """Each process reads what it needs from SSM once in a while."""
    variables = _properties(function)["Environment"]["Variables"]
    names = [name for name in variables if name.endswith("_PARAMETER")]
    return dict.fromkeys(names, min(runs, MINUTES * 60 / CACHED_SECONDS))


def _ticks(function: str) -> float:
    """Runs a month by the template's `rate(…)`; what comes once a day is reckoned where it is done."""
    events = _properties(function).get("Events", {}).values()
    named = [e["Properties"]["ScheduleExpression"]["Ref"] for e in events if e["Type"] == "ScheduleV2"]
    rates = [re.fullmatch(r"rate\((\d+) (minute|hour)s?\)", _template()["Parameters"][n]["Default"]) for n in named]
    return sum(MINUTES / (int(rate[1]) * {"minute": 1, "hour": 60}[rate[2]]) for rate in rates if rate)


def _memory_mb(function: str) -> float:
    return float(_properties(function)["MemorySize"])


def _properties(function: str) -> dict[str, Any]:
    common = _template()["Globals"]["Function"]
    own = _template()["Resources"][logical_id(function)]["Properties"]
    return {**common, **own}


def _alarms() -> int:
    return sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in _template()["Resources"].values())


_template = cache(template)
