"""Orders that staff assembled go into the open supply of their kind; at its cut-off a supply is handed over.

One wave of a kind is one supply, whoever works at it and whatever breaks, see docs/decisions/0007. WB refuses a whole
ask for one order and names none: the one is found by halving, which is remembered with the wave.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched

from wbsync import texts
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.orders import OPEN_IN_SHOP, Note
from wbsync.domain.shop import Shop, Supplies
from wbsync.domain.statuses import WbStatus
from wbsync.domain.supplies import TAKES_ORDERS, Kind, SupplyState, is_due, same_name, supply_name
from wbsync.errors import NotAuthorised, Rejected, TryLater, Unavailable
from wbsync.flows.deliver_supply import (
    REFUSED_FOR,
    DeliverSupply,
    id_of,
    read_order_ids,
    read_supply,
)
from wbsync.flows.order_statuses import read_statuses
from wbsync.stores.labels import LabelsStore
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.stores.supplies import SuppliesStore, SupplyRecord
from wbsync.wb.client import WbClient
from wbsync.wb.operations import ADD_ORDERS_TO_SUPPLY, CREATE_SUPPLY, SUPPLIES
from wbsync.wb.wire import NewSupply, OrderIds, OrderStatus, SupplyRow

ORDERS_PER_ASK = 100
SUPPLIES_PER_PAGE = 1000

LEASE_SECONDS = 180
"""How long a wave is one worker's while WB is asked for its supply. After a failure that WB may have obeyed the lease
stands, so that whatever was cut has come to its end before anybody looks for its supply."""

LOOKING_TAKES = timedelta(seconds=30)
"""A look through WB's supplies that took longer leaves too little of the lease to ask for one."""

REFUSALS_PER_RUN = 16
"""Finding two bad orders among a hundred takes as many."""

CLOCKS_DIFFER = timedelta(hours=1)
"""A supply that WB made longer than this before its wave began is none of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSupplies:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    supplies: SuppliesStore
    labels: LabelsStore
    now: Callable[[], datetime]
    later: list[TryLater] = field(default_factory=list)  # what is to be tried again at the next tick
    report: Counter[str] = field(default_factory=Counter)

    def run(self, *, deadline: datetime) -> dict[str, int]:
        """One tick; what was done, by metric name. Nothing when the configuration has no `supplies`.

        Raises what keeps all of it from being done; what concerns one supply waits for the next tick.
        """
        rules = self.shop.supplies
        if rules is None:
            return {}
        records = [record for state in OPEN_IN_SHOP for record in self.orders.in_state(state)]
        gone = self._look_at_open(records)
        self._fill(rules, [r for r in records if not r.supply_id or r.supply_id in gone], deadline)
        self._hand_over(rules, deadline)
        self._deliverer().settle(list(self.supplies.in_state(SupplyState.DELIVERED)))
        if self.later and not self.report["Steps"]:
            raise self.later[0]
        counted = (
            *("SuppliesOpened", "OrdersIntoSupplies", "OrdersRefusedBySupplies", "SuppliesAwaited", "SuppliesEmpty"),
            *("SuppliesDelivered", "SuppliesBlocked", "SuppliesPutOff", "SuppliesRefused"),
            *("SupplyCodesKept", "SupplyCodesRefused"),
            *("SpotSent", "SpotKept", "SpotMissing", "SpotFailed"),
        )
        return {name: self.report[name] for name in counted} | {"Postponed": len(self.later)}

    # ---- what staff did in WB's cabinet

    def _look_at_open(self, records: Sequence[OrderRecord]) -> set[SupplyId]:
        """Take note of supplies that staff closed or removed; ids of the latter."""
        gone: set[SupplyId] = set()
        for wave in self.supplies.in_state(SupplyState.OPEN):
            self._tried(partial(self._look_at, wave, records, gone))
        return gone

    def _look_at(self, wave: SupplyRecord, records: Sequence[OrderRecord], gone: set[SupplyId]) -> None:
        supply_id = id_of(wave)
        row = read_supply(self.wb, supply_id)
        if row is None:
            for record in records:
                if record.supply_id == supply_id:
                    self.orders.put_into_supply(record.order_id, SupplyId(""))
            self.supplies.move(wave, SupplyState.REMOVED)
            gone.add(supply_id)
        elif row.done:
            order_ids = read_order_ids(self.wb, supply_id)
            self._deliverer().closed(wave, order_ids, row.closed_at or self.now())

    # ---- orders into supplies

    def _fill(self, rules: Supplies, records: Sequence[OrderRecord], deadline: datetime) -> None:
        assembled = self._assembled(rules, records)
        statuses = read_statuses(self.wb, [record.order_id for record in assembled])
        kinds: defaultdict[Kind, list[OrderRecord]] = defaultdict(list)
        for record in assembled:
            if record.order_id in statuses and _is(statuses[record.order_id], "new"):
                kinds[Kind.of(record.order)].append(record)
        for kind, new in sorted(kinds.items()):
            if self.now() < deadline:
                self._tried(partial(self._add, kind, new))
        confirmed = [r for r in assembled if r.order_id in statuses and _is(statuses[r.order_id], "confirm")]
        for kind in {Kind.of(record.order) for record in confirmed}:
            self._tried(partial(self._find_again, kind, confirmed))

    def _assembled(self, rules: Supplies, records: Sequence[OrderRecord]) -> list[OrderRecord]:
        """Those that staff marked as assembled, of the ones that WB may still put into a supply."""
        open_ones = {r.shop_order_id: r for r in records if r.shop_order_id and _may_be_new(r)}
        states = bitrix_orders.read_states(self.bitrix, open_ones)
        return [
            record
            for shop_id, record in open_ones.items()
            if (state := states.get(shop_id)) and state.status in rules.assembled and not state.canceled
        ]

    def _find_again(self, kind: Kind, confirmed: Sequence[OrderRecord]) -> None:
        """Orders that are in a supply without our knowing it: an answer of WB was lost."""
        wave = self.supplies.last(kind)
        if wave and wave.supply_id and wave.state is not SupplyState.REMOVED:
            inside = set(read_order_ids(self.wb, wave.supply_id))
            self._joined(wave, [record for record in confirmed if record.order_id in inside])

    def _add(self, kind: Kind, records: Sequence[OrderRecord]) -> None:
        wave = self._open_wave(kind)
        if wave is None:
            self.report["SuppliesAwaited"] += 1
            return
        asked = [r for r in records if self.now() - wave.refused.get(r.order_id, _NEVER) > REFUSED_FOR]
        self.report["OrdersRefusedBySupplies"] += len(records) - len(asked)
        alone = {r.order_id: 1 for r in asked if r.order_id in wave.refused or Note.SUPPLY in r.notes}
        for piece in _pieces(asked, {**wave.pieces, **alone}):
            if self.report["Refusals"] < REFUSALS_PER_RUN:
                self._put(wave, piece)

    def _put(self, wave: SupplyRecord, records: Sequence[OrderRecord]) -> None:
        ids = tuple(record.order_id for record in records)
        try:
            self.wb.call(ADD_ORDERS_TO_SUPPLY, path={"supply_id": id_of(wave)}, body=OrderIds(orders=ids))
        except NotAuthorised:
            raise
        except Rejected:
            self._refused(wave, records)
            return
        self._joined(wave, records)
        self.supplies.clear_orders(wave, dict.fromkeys(ids))

    def _refused(self, wave: SupplyRecord, records: Sequence[OrderRecord]) -> None:
        """Halve, as long as it is not the supply itself that takes nothing any more.

        The halving is written down before WB is asked anything: the refusal may have used up the limit.
        """
        self.report["Refusals"] += 1
        half = (len(records) + 1) // 2
        self.supplies.suspect(wave, {record.order_id: half for record in records})
        if self._is_closed(wave):
            return  # the next tick's first look takes note of it, and another wave is opened
        if len(records) == 1:
            self._refuse(wave, records[0].order_id)
            return
        for piece in batched(records, half, strict=False):
            if self.report["Refusals"] < REFUSALS_PER_RUN:
                self._put(wave, piece)

    def _is_closed(self, wave: SupplyRecord) -> bool:
        """Looked at when a run's first ask is refused; it was open when the run began."""
        if self.report["Refusals"] > 1:
            return False
        row = read_supply(self.wb, id_of(wave))
        return row is None or row.done

    def _refuse(self, wave: SupplyRecord, order_id: OrderId) -> None:
        self.supplies.refuse_order(wave, order_id, self.now())
        self.orders.note(order_id, {Note.SUPPLY: texts.order_refused_by_supply(id_of(wave))})
        self.report["OrdersRefusedBySupplies"] += 1

    def _joined(self, wave: SupplyRecord, records: Sequence[OrderRecord]) -> None:
        """Which supply they are in; what WB says of them now is sync_statuses' to ask, for all at once."""
        for record in records:
            if Note.SUPPLY in record.notes:
                self.orders.note(record.order_id, {Note.SUPPLY: ""})
            self.orders.put_into_supply(record.order_id, id_of(wave))
        self.report["OrdersIntoSupplies"] += len(records)

    # ---- one supply for one wave

    def _open_wave(self, kind: Kind) -> SupplyRecord | None:
        """The open wave of a kind, opened when there is none; None while another worker, or a lost answer, has it."""
        last = self.supplies.last(kind)
        if last and last.state is SupplyState.OPEN:
            return last
        if last is None or last.state not in TAKES_ORDERS:
            number = last.number + 1 if last else 1
            name = supply_name(self.shop, kind, number, self.now())
            if not self.supplies.begin(kind, number, name, at=self.now(), seconds=LEASE_SECONDS):
                return None
            begun = self.supplies.last(kind)
            return self._opened(begun, self._make) if begun else None
        if not self.supplies.lease(last, now=self.now(), seconds=LEASE_SECONDS):
            return None
        return self._opened(last, self._find_or_make)

    def _opened(self, wave: SupplyRecord, make: Callable[[SupplyRecord], SupplyId]) -> SupplyRecord | None:
        """Only the holder of the lease comes here. What WB surely did not obey ends the lease."""
        try:
            supply_id = make(wave)
        except Unavailable as error:
            if not error.maybe_done:
                self.supplies.release(wave)
            raise
        except (TryLater, Rejected):
            self.supplies.release(wave)
            raise
        self.supplies.opened(wave, supply_id)
        self.report["SuppliesOpened"] += 1
        return self.supplies.get(wave)

    def _make(self, wave: SupplyRecord) -> SupplyId:
        return SupplyId(self.wb.call(CREATE_SUPPLY, body=NewSupply(name=wave.name)).id)

    def _find_or_make(self, wave: SupplyRecord) -> SupplyId:
        began = self.now()
        if found := self._found(wave):
            return found
        if self.now() - began > LOOKING_TAKES:
            raise Unavailable("looking for a supply took too long to make one now", maybe_done=False)
        return self._make(wave)

    def _found(self, wave: SupplyRecord) -> SupplyId | None:
        """The supply with the wave's name, which was made by a try whose answer was lost."""
        since = wave.asked_at - CLOCKS_DIFFER
        for row in self._all_supplies():
            is_young = row.created_at is None or row.created_at >= since
            if same_name(row.name) == wave.name and is_young and self.supplies.find(row.id) is None:
                return SupplyId(row.id)
        return None

    def _all_supplies(self) -> Iterator[SupplyRow]:
        page, rows = 0, SUPPLIES_PER_PAGE
        while rows == SUPPLIES_PER_PAGE:
            answer = self.wb.call(SUPPLIES, query={"limit": SUPPLIES_PER_PAGE, "next": page})
            yield from answer.supplies
            rows = len(answer.supplies) if answer.next not in {0, page} else 0
            page = answer.next

    # ---- handing over

    def _hand_over(self, rules: Supplies, deadline: datetime) -> None:
        for wave in self.supplies.in_state(SupplyState.OPEN):
            if rules.cut_off and is_due(wave.opened_at, rules.cut_off, self.now()) and self.now() < deadline:
                self._tried(partial(self._deliver, wave))

    def _deliver(self, wave: SupplyRecord) -> None:
        flow = self._deliverer()
        if flow.was_refused(wave):
            self.report["SuppliesBlocked"] += 1
        else:
            flow.deliver(wave)

    def _deliverer(self) -> DeliverSupply:
        return DeliverSupply(
            wb=self.wb,
            bitrix=self.bitrix,
            shop=self.shop,
            orders=self.orders,
            supplies=self.supplies,
            labels=self.labels,
            now=self.now,
            later=self.later,
            report=self.report,
        )

    def _tried(self, step: Callable[[], None]) -> None:
        """What fails for one supply holds back no other."""
        try:
            step()
        except NotAuthorised:
            raise
        except TryLater as error:
            self.later.append(error)
        except Rejected:
            self.report["SuppliesRefused"] += 1
        else:
            self.report["Steps"] += 1


def _is(status: OrderStatus, supplier: str) -> bool:
    """Whether the seller's part stands there and nobody cancelled the order."""
    told = WbStatus(status.supplier_status, status.wb_status, _NEVER)
    return told.supplier == supplier and not told.cancelled


def _may_be_new(record: OrderRecord) -> bool:
    return record.status is None or record.status.supplier in {"new", "confirm"}


def _pieces(records: Iterable[OrderRecord], sizes: Mapping[OrderId, int]) -> Iterator[Sequence[OrderRecord]]:
    """Asks of up to a hundred; orders that were refused together are asked for in smaller ones, the largest first."""
    by_size: defaultdict[int, list[OrderRecord]] = defaultdict(list)
    for record in records:
        by_size[sizes.get(record.order_id, ORDERS_PER_ASK)].append(record)
    for size, group in sorted(by_size.items(), reverse=True):
        yield from batched(sorted(group, key=lambda record: record.order_id), size, strict=False)


_NEVER = datetime.min.replace(tzinfo=UTC)
