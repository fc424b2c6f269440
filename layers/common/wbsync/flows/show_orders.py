"""The one painter: the shop's orders show what our table knows of them.

Only a change in the record is shown, so what staff changed afterwards stays. `record.shown` remembers two fingerprints,
`<effects>.<properties>`: what WB's status does to the order (status, paid, shipped, cancelled) and what its properties
tell. A new note rewrites properties and leaves alone an order status that staff has moved on since.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import batched

from wbsync import texts
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BATCH, BitrixClient
from wbsync.bitrix.orders import Change
from wbsync.bitrix.wire import OrderTree
from wbsync.domain.ids import ShopOrderId, SupplyId
from wbsync.domain.orders import OPEN_IN_SHOP, Note, OrderState
from wbsync.domain.shop import Shop, Statuses
from wbsync.domain.statuses import cancels_in_shop, rule_for
from wbsync.errors import NotAuthorised, SyncError, TryLater
from wbsync.stores.orders import OrderRecord, OrdersStore

SHOWN_IN = (*OPEN_IN_SHOP, OrderState.CANCELLED)
"""States of orders that have something to show."""

DOWN_AFTER = 3
"""Requests in a row that failed, after which the shop is down and not one order to blame."""

_PROPERTY_LENGTH = 500  # characters that an order property holds (bitrix facts §4)
_WITHHELD = "-"  # effects of an order that staff cancelled while WB has it open


@dataclass(frozen=True, slots=True)
class Picture:
    """What an order is to show."""

    change: Change
    effects: str
    texts: str

    @property
    def shown(self) -> str:
        return f"{self.effects}.{self.texts}"


def show(
    records: Collection[OrderRecord],
    *,
    bitrix: BitrixClient,
    shop: Shop,
    orders: OrdersStore,
    property_ids: Callable[[], Mapping[str, int]],
    now: Callable[[], datetime],
    deadline: datetime,
    supply_url: Callable[[SupplyId], str] | None = None,
) -> dict[str, int]:
    """Bring the shop's orders of these records in line with them; how many were, and how many were not.

    An order that shows its record already costs nothing. What fails stays owed: it is a comparison, so the next time
    repeats nothing that was obeyed. An order that the shop has not any more is parked.
    Without `supply_url` the link to the supply's papers is not shown.
    Raises NotAuthorised at the end when an order was refused for it, Rejected when the shop lacks a property.
    """
    painter = _Painter(bitrix, shop, orders, property_ids, now, supply_url)
    painter.paint(records, deadline)
    return dict(painter.report)


def is_shown(record: OrderRecord, shop: Shop, supply_url: Callable[[SupplyId], str] | None = None) -> bool:
    """Whether the shop's order shows what the record tells."""
    picture = picture_of(record, shop, supply_url)
    withheld = Note.CANCEL in record.notes and record.shown == f"{_WITHHELD}.{picture.texts}"
    return withheld or record.shown == picture.shown


def picture_of(record: OrderRecord, shop: Shop, supply_url: Callable[[SupplyId], str] | None = None) -> Picture:
    """What the shop's order of a record is to show."""
    change = _effects(record, shop.statuses)
    properties = _properties(record, shop, supply_url)
    return Picture(
        change=replace(change, properties=properties),
        effects=_effects_told(record, change),
        texts=_fingerprint(*(part for item in sorted(properties.items()) for part in item)),
    )


def is_cancelled_by(record: OrderRecord, shop: Shop) -> bool:
    """Whether what WB says cancels the shop's order, instead of leaving that to staff."""
    return record.status is not None and cancels_in_shop(record.status, shop.statuses)


def _effects(record: OrderRecord, rules: Statuses) -> Change:
    status = record.status
    rule = rule_for(status, rules) if status else None
    if status is None or (rule is None and not cancels_in_shop(status, rules)):
        return Change()
    cancelled = cancels_in_shop(status, rules)
    return Change(
        status=(rule.status if rule else None) or "",
        paid=bool(rule and rule.paid and not cancelled),
        shipped=bool(rule and rule.shipped and not cancelled),
        cancel=texts.cancelled_on_wb(status.supplier, status.wb) if cancelled else "",
    )


def _effects_told(record: OrderRecord, change: Change) -> str:
    """A word that nobody knows leaves the effects of the last one standing: the next must not repeat them."""
    if record.status and not record.status.known and not change.cancel:
        return record.shown.partition(".")[0]
    return _fingerprint(change.status, str(change.paid), str(change.shipped), str(bool(change.cancel)))


def _properties(record: OrderRecord, shop: Shop, supply_url: Callable[[SupplyId], str] | None) -> dict[str, str]:
    codes, is_open = shop.orders.properties, record.state in OPEN_IN_SHOP
    values = {
        codes.problem: " ".join(_problems(record, shop)),
        codes.marking: record.notes.get(Note.MARKING_OWED, "") if is_open else "",
    }
    if record.status:
        values[codes.status] = record.status.text
    if record.supply_id:
        values[codes.supply_id] = record.supply_id
    if record.supply_id and supply_url and is_open:
        values[codes.supply_url] = supply_url(record.supply_id)
    return {code: value[:_PROPERTY_LENGTH] for code, value in values.items()}


def _problems(record: OrderRecord, shop: Shop) -> Iterator[str]:
    """What staff has to know and to do; a cancelled order waits for no supply and no code."""
    is_open = record.state in OPEN_IN_SHOP
    lasting = (Note.STATUS, Note.SHOP)
    told = (Note.CANCEL, Note.SUPPLY, Note.MARKING_BLOCKED, *lasting) if is_open else lasting
    yield from (record.notes[note] for note in told if note in record.notes)
    if record.status and record.status.returns and not is_cancelled_by(record, shop):
        yield texts.returning(record.status.wb)


def _fingerprint(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Brush:
    """One order in the middle of being painted."""

    record: OrderRecord
    tree: OrderTree
    change: Change
    shown: str  # what the order shows when the shop takes the change
    shop_status: str  # the order status that is ours then


@dataclass(frozen=True, slots=True)
class _Painter:
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    property_ids: Callable[[], Mapping[str, int]]
    now: Callable[[], datetime]
    supply_url: Callable[[SupplyId], str] | None
    report: Counter[str] = field(default_factory=Counter)

    def paint(self, records: Collection[OrderRecord], deadline: datetime) -> None:
        """Fifty at a time. An order may break the request that it is in, so those of a failing one are halved, last."""
        owed = self._owed(records)
        failures: list[SyncError] = []
        pieces = deque(batched(owed, BATCH, strict=False))
        done = in_a_row = 0
        while pieces and in_a_row < DOWN_AFTER and self.now() < deadline:
            some = pieces.popleft()
            try:
                failures += self._paint_some(some)
            except TryLater:
                in_a_row += 1
                pieces.extend(batched(some, (len(some) + 1) // 2, strict=False) if len(some) > 1 else ())
            else:
                in_a_row = 0
                done += len(some)
        later = sum(isinstance(failure, TryLater) for failure in failures)
        self.report["OrdersPutOff"] = len(owed) - done + later
        self.report["OrdersShown"] = done - len(failures) - self.report["OrdersRefused"] - self.report["OrdersGone"]
        if unauthorised := next((failure for failure in failures if isinstance(failure, NotAuthorised)), None):
            raise unauthorised

    def _owed(self, records: Collection[OrderRecord]) -> list[OrderRecord]:
        """Looked at twice: others may have shown or moved them since the records were read."""
        changed = [record.order_id for record in records if self._owes(record)]
        return [record for record in self.orders.get(changed).values() if self._owes(record)]

    def _owes(self, record: OrderRecord) -> bool:
        stands = record.shop_order_id is not None and record.state in SHOWN_IN
        return stands and not is_shown(record, self.shop, self.supply_url)

    def _paint_some(self, records: Sequence[OrderRecord]) -> list[SyncError]:
        """Read the orders, send what differs, remember what they show; the failures that time or a right will mend."""
        of = {record.shop_order_id: record for record in records if record.shop_order_id}
        failures: list[SyncError] = []
        brushes: dict[ShopOrderId, _Brush] = {}
        for shop_id, tree in bitrix_orders.read_trees(self.bitrix, of).items():
            if isinstance(tree, OrderTree):
                brushes[shop_id] = self._brush(of[shop_id], tree)
            elif _is_passing(tree):
                failures.append(tree)
            else:
                self._let_go(of[shop_id], tree)
        changes = {shop_id: (brush.tree, brush.change) for shop_id, brush in brushes.items()}
        outcome = bitrix_orders.change(self.bitrix, changes, self.property_ids()) if changes else {}
        for shop_id, error in outcome.items():
            if error and _is_passing(error):
                failures.append(error)
            else:
                self._remember(brushes[shop_id], error)
        return failures

    def _brush(self, record: OrderRecord, tree: OrderTree) -> _Brush:
        """What of the picture is to be sent to an order as it stands, given what was shown before."""
        picture = picture_of(record, self.shop, self.supply_url)
        only_texts = Change(properties=picture.change.properties)
        if picture.effects == record.shown.partition(".")[0]:
            return _Brush(record, tree, only_texts, picture.shown, record.shop_status)
        if tree.canceled and (_lives_on(record) or Note.CANCEL in record.notes):
            return _Brush(record, tree, only_texts, f"{_WITHHELD}.{picture.texts}", record.shop_status)
        if self._is_protected(record, tree):
            return _Brush(record, tree, replace(picture.change, status=""), picture.shown, record.shop_status)
        return _Brush(record, tree, picture.change, picture.shown, picture.change.status or record.shop_status)

    def _is_protected(self, record: OrderRecord, tree: OrderTree) -> bool:
        """Whether the status stays: staff's own, or staff's word that the order be cancelled, which WB is yet to hear.

        When WB has cancelled it, that word is fulfilled and its status may go on.
        """
        rules = self.shop.statuses
        wish = tree.status_id in rules.cancels and tree.status_id != record.shop_status and _lives_on(record)
        return wish or tree.status_id in rules.protected

    def _remember(self, brush: _Brush, refused: SyncError | None) -> None:
        """Write down what the order shows now.

        A refused effect is told to staff and not tried again before the next one; a refused cancellation is.
        """
        record = brush.record
        if refused is None:
            self.orders.show(record.order_id, brush.shown, brush.shop_status)
            if Note.SHOP in record.notes and brush.shown.partition(".")[0] != record.shown.partition(".")[0]:
                self.orders.note(record.order_id, {Note.SHOP: ""})  # a new effect, which the shop took
            return
        self.report["OrdersRefused"] += 1
        self.orders.note(record.order_id, {Note.SHOP: texts.shop_refused(str(refused))})
        if not brush.change.cancel:
            self.orders.show(record.order_id, f"{brush.shown.partition('.')[0]}.", record.shop_status)

    def _let_go(self, record: OrderRecord, error: SyncError) -> None:
        """Somebody deleted the shop's order: a cancelled one owes it nothing more, any other is for a human."""
        to = OrderState.CLOSED if record.state is OrderState.CANCELLED else OrderState.PARKED
        self.orders.move(record.order_id, to, at=self.now(), reason=str(error))
        self.report["OrdersGone"] += 1


def _is_passing(error: SyncError) -> bool:
    """A missing right concerns all orders: they wait until it is given."""
    return isinstance(error, TryLater | NotAuthorised)


def _lives_on(record: OrderRecord) -> bool:
    return record.state in OPEN_IN_SHOP and not (record.status and record.status.over)
