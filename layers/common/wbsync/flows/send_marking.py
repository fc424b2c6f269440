"""Marking codes of orders on assembly: what WB wants is taken from the shop, checked, put; what is owed is noted.

A code goes to WB once. What WB refused is remembered with its reason and not sent again, since a refusal costs ten
calls; after a time-out nobody knows, and the next run's reading of WB's own words tells.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import batched

from wbsync import texts
from wbsync.bitrix import orders as bitrix_orders
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.wire import OrderTree
from wbsync.domain.ids import OrderId
from wbsync.domain.marking import PENDING, Fault, Mark, by_key, checked, marks
from wbsync.domain.orders import OPEN_IN_SHOP, Note
from wbsync.domain.shop import CodeSource, Shop
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, TryLater
from wbsync.flows.order_statuses import read_statuses
from wbsync.stores.orders import OrderRecord, OrdersStore
from wbsync.wb.client import WbClient
from wbsync.wb.operations import (
    DELETE_META,
    ORDERS_META,
    PUT_CUSTOMS_DECLARATION,
    PUT_EXPIRATION,
    PUT_GTIN,
    PUT_IMEI,
    PUT_SGTIN,
    PUT_UIN,
    Operation,
)
from wbsync.wb.wire import OrderIds, OrderMarks, OrdersMarks, PutMark

ON_ASSEMBLY = "confirm"
"""The one supplier status in which WB takes codes (WB facts §4)."""

MARKS_PER_ASK = 100

MOSCOW = timezone(timedelta(hours=3))
"""WB's days: the shortest time to an expiry date is counted by them."""

_PUTS: Mapping[str, tuple[Operation[None], Callable[[str], PutMark]]] = {
    "sgtin": (PUT_SGTIN, lambda code: PutMark(sgtins=tuple(code.split("\n")))),
    "uin": (PUT_UIN, lambda code: PutMark(uin=code)),
    "imei": (PUT_IMEI, lambda code: PutMark(imei=code)),
    "gtin": (PUT_GTIN, lambda code: PutMark(gtin=code)),
    "expiration": (PUT_EXPIRATION, lambda code: PutMark(expiration=code)),
    "customsDeclaration": (PUT_CUSTOMS_DECLARATION, lambda code: PutMark(customs_declaration=code)),
}

_DELETED_FIRST = frozenset({"uin"})
"""WB looks at another УИН only after the old one was taken away; every other PUT replaces (WB facts §4)."""

_OF_ONE_UNIT = frozenset({"sgtin", "uin", "imei"})
"""Codes that no two units have: in a second order one is a slip of the scanner."""

_REFUSED, _WHY = "refused_", "why_"
"""Beginnings of keys of a record's codes: the code that WB refused, and its word for that."""


def blocked(wb: WbClient, order_ids: Collection[OrderId]) -> dict[OrderId, list[Mark]]:
    """Orders whose marking keeps their supply from being delivered, with what blocks; the others are absent.

    One call for a hundred orders. Raises what WbClient.call does.
    """
    found = {order_id: [m for m in told if m.blocks] for order_id, told in _read_marks(wb, order_ids).items()}
    return {order_id: blocking for order_id, blocking in found.items() if blocking}


def deciphered(body: object) -> dict[OrderId, list[Mark]]:
    """The orders and codes that a 409 MetaValidationFail names (`Rejected.body`); empty for any other body. Pure."""
    data = body.get("data") if isinstance(body, dict) else None
    try:
        return _by_order(OrdersMarks.model_validate(data).orders)
    except ValueError:
        return {}


def _read_marks(wb: WbClient, order_ids: Collection[OrderId]) -> dict[OrderId, list[Mark]]:
    found: dict[OrderId, list[Mark]] = {}
    for piece in batched(order_ids, MARKS_PER_ASK, strict=False):
        found |= _by_order(wb.call(ORDERS_META, body=OrderIds(orders=piece)).orders)
    return found


def _by_order(rows: Iterable[OrderMarks]) -> dict[OrderId, list[Mark]]:
    return {OrderId(row.id): [Mark(m.key, m.value, m.decision) for m in row.meta_details if m.key] for row in rows}


@dataclass(frozen=True, slots=True)
class _Sent:
    """What became of the shop's codes of one order in this run."""

    keys: frozenset[str] = frozenset()  # WB has them now; what it thinks of them the next run tells
    hints: tuple[str, ...] = ()  # why others were not sent, or not taken


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMarking:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    orders: OrdersStore
    property_ids: Callable[[], Mapping[str, int]]
    now: Callable[[], datetime]
    report: Counter[str] = field(default_factory=Counter)
    holders: dict[tuple[str, str], OrderId] = field(default_factory=dict)  # key and code of one unit → its order

    def run(self, *, deadline: datetime) -> dict[str, int]:
        """Send the codes that the shop has and WB wants; note what is owed and what blocks."""
        records = [record for state in OPEN_IN_SHOP for record in self.orders.in_state(state)]
        statuses = self._statuses([record for record in records if _may_be_on_assembly(record)])
        on_assembly = {r.order_id: r for r in records if statuses.get(r.order_id) == ON_ASSEMBLY}
        told = self._told(on_assembly)
        self._learn_holders(records, told)
        codes = self._codes([on_assembly[order_id] for order_id, wanted in told.items() if self._has_source(wanted)])
        for order_id, wanted in told.items():
            if order_id in codes or not self._has_source(wanted):
                sent = self._send(on_assembly[order_id], wanted, codes.get(order_id, {}), deadline)
                self._note(on_assembly[order_id], wanted, sent)
        for record in records:
            if record.order_id not in on_assembly and _left_assembly(record, statuses):
                self._write(record, owed="", blocked="")
                self._forget_refusals(record)
        counted = ("MarkingSent", "MarkingRefused", "MarkingUnusable", "MarkingPutOff", "MarkingOwed", "MarkingBlocked")
        return {"OrdersWithMarking": len(told)} | {name: self.report[name] for name in counted}

    def _statuses(self, records: Sequence[OrderRecord]) -> dict[OrderId, str]:
        """Asked afresh: a code that is sent after the order left assembly costs ten calls."""
        statuses = read_statuses(self.wb, [record.order_id for record in records])
        return {order_id: status.supplier_status for order_id, status in statuses.items()}

    def _told(self, records: Mapping[OrderId, OrderRecord]) -> dict[OrderId, list[Mark]]:
        """What WB wants of each order; those that it leaves out of its answer are left alone."""
        found: dict[OrderId, list[Mark]] = {}
        for order_id, told in _read_marks(self.wb, records).items():
            if record := records.get(order_id):
                found[order_id] = marks(told, record.order.required_meta, record.order.optional_meta)
        return found

    # ---- the shop's codes

    def _has_source(self, wanted: Iterable[Mark]) -> bool:
        """Whether the shop may have a code that WB would take now."""
        return any(mark.may_be_replaced and mark.key in self.shop.marking.sources for mark in wanted)

    def _codes(self, records: Sequence[OrderRecord]) -> dict[OrderId, dict[str, str]]:
        """The shop's codes by WB's key, without empty ones; an order that cannot be read is absent."""
        sources = self.shop.marking.sources
        ids = self.property_ids() if records and any(source.order_property for source in sources.values()) else {}
        by_shop_id = {r.shop_order_id: r.order_id for r in records if r.shop_order_id}
        codes: dict[OrderId, dict[str, str]] = {}
        for shop_id, tree in bitrix_orders.read_trees(self.bitrix, by_shop_id).items():
            if isinstance(tree, NotAuthorised):
                raise tree
            if isinstance(tree, SyncError):
                self.report["MarkingPutOff"] += 1
                continue
            found = {key: _code(tree, source, ids) for key, source in sources.items()}
            codes[by_shop_id[shop_id]] = {key: code for key, code in found.items() if code}
        return codes

    # ---- to WB

    def _send(self, record: OrderRecord, wanted: Sequence[Mark], codes: Mapping[str, str], deadline: datetime) -> _Sent:
        keys: set[str] = set()
        hints: list[str] = []
        today = self.now().astimezone(MOSCOW).date()
        for mark in by_key(wanted).values():
            if mark.key not in codes or mark.key not in _PUTS:
                continue
            code = checked(mark.key, codes[mark.key], today)
            slip = self._slip(record, mark, codes[mark.key], code)
            if isinstance(code, Fault) or slip:
                if mark.may_be_replaced:
                    hints.append(slip)
                    self.report["MarkingUnusable"] += 1
            elif code == mark.value:
                self._keep(record, mark.key, code)
            elif self._is_due(record, mark, code) and self._has_time(deadline):
                refusal = self._put(record, mark, code)
                keys |= {mark.key} if refusal is None else set()
                hints += [refusal] if refusal else []
            elif code == record.codes.get(_REFUSED + mark.key):
                hints.append(texts.marking_refused(mark.key, code, record.codes.get(_WHY + mark.key, "")))
        return _Sent(frozenset(keys), tuple(hints))

    def _learn_holders(self, records: Iterable[OrderRecord], told: Mapping[OrderId, Iterable[Mark]]) -> None:
        """Which open order has which code, by what we sent and by WB's own words."""
        for record in records:
            if not (record.status and record.status.over):
                for key, code in record.codes.items():
                    self._hold(record.order_id, key, code)
        for order_id, wanted in told.items():
            for mark in wanted:
                self._hold(order_id, mark.key, mark.value)

    def _hold(self, order_id: OrderId, key: str, code: str) -> None:
        if key in _OF_ONE_UNIT:
            for one in filter(None, code.split("\n")):
                self.holders.setdefault((key, one), order_id)

    def _slip(self, record: OrderRecord, mark: Mark, scanned: str, code: str | Fault) -> str:
        """Why the shop's code cannot be that of the order's unit, in Russian; empty: it can."""
        if isinstance(code, Fault):
            return texts.marking_unusable(mark.key, scanned, code)
        holders = (self.holders.get((mark.key, one)) for one in code.split("\n"))
        other = next((holder for holder in holders if holder not in {None, record.order_id}), None)
        return texts.marking_of_another(mark.key, code, other) if other and code != mark.value else ""

    def _is_due(self, record: OrderRecord, mark: Mark, code: str) -> bool:
        """WB would take a code now, and this one was neither refused nor found bad before."""
        known = {record.codes.get(_REFUSED + mark.key), None if mark.missing else record.codes.get(mark.key)}
        return mark.may_be_replaced and code not in known

    def _has_time(self, deadline: datetime) -> bool:
        return self.now() < deadline and not self.report["MarkingLimited"]

    def _put(self, record: OrderRecord, mark: Mark, code: str) -> str | None:
        """None when WB has the code now; otherwise why not, in Russian, or nothing when the next run tries again."""
        put, body = _PUTS[mark.key]
        try:
            if mark.key in _DELETED_FIRST and not mark.missing:
                self.wb.call(DELETE_META, path={"order_id": record.order_id}, query={"key": mark.key})
            self.wb.call(put, path={"order_id": record.order_id}, body=body(code))
        except NotAuthorised:
            raise
        except TryLater as error:
            self.report.update(MarkingPutOff=1, MarkingLimited=int(isinstance(error, RateLimited)))
            return ""
        except Rejected as error:
            why = error.code or error.reason
            self.orders.keep_codes(record.order_id, {_REFUSED + mark.key: code, _WHY + mark.key: why})
            self.report["MarkingRefused"] += 1
            return texts.marking_refused(mark.key, code, why)
        self._keep(record, mark.key, code)
        self.report["MarkingSent"] += 1
        return None

    def _keep(self, record: OrderRecord, key: str, code: str) -> None:
        self._hold(record.order_id, key, code)
        if record.codes.get(key) != code or _REFUSED + key in record.codes:
            self.orders.keep_codes(record.order_id, {key: code, _REFUSED + key: "", _WHY + key: ""})

    def _forget_refusals(self, record: OrderRecord) -> None:
        """WB may have refused because the order was leaving assembly; it may come back by a transfer."""
        if known := [key for key in record.codes if key.startswith((_REFUSED, _WHY))]:
            self.orders.keep_codes(record.order_id, dict.fromkeys(known, ""))

    # ---- to people

    def _note(self, record: OrderRecord, wanted: Iterable[Mark], sent: _Sent) -> None:
        standing = [mark for mark in wanted if mark.key not in sent.keys]
        missing = [mark for mark in standing if mark.missing]
        required = [mark.key for mark in missing if mark.blocks]
        bad = [
            replace(mark, value=mark.value or record.codes.get(mark.key, ""))
            for mark in standing
            if mark.blocks and not mark.missing
        ]
        owed = [texts.marking_owed(required, [mark.key for mark in missing if not mark.blocks]), *sent.hints]
        self._write(record, owed=" ".join(filter(None, owed)), blocked=texts.marking_blocked(record.order_id, bad))
        # What WB is still examining passes, or is found bad, by itself.
        judged = any(mark.decision != PENDING for mark in bad)
        self.report.update(MarkingOwed=int(bool(required)), MarkingBlocked=int(judged))

    def _write(self, record: OrderRecord, *, owed: str, blocked: str) -> None:
        notes = {Note.MARKING_OWED: owed, Note.MARKING_BLOCKED: blocked}
        if changed := {note: text for note, text in notes.items() if record.notes.get(note, "") != text}:
            self.orders.note(record.order_id, changed)


def _may_be_on_assembly(record: OrderRecord) -> bool:
    """WB's last word does not exclude it, and WB wants codes of it or did not say."""
    order = record.order
    nothing_wanted = order.required_meta == () and order.optional_meta == ()
    return not nothing_wanted and (record.status is None or record.status.supplier in {"new", ON_ASSEMBLY})


def _left_assembly(record: OrderRecord, statuses: Mapping[OrderId, str]) -> bool:
    known = record.status.supplier if record.status else ""
    return statuses.get(record.order_id, known) not in {"", ON_ASSEMBLY}


def _code(tree: OrderTree, source: CodeSource, property_ids: Mapping[str, int]) -> str:
    """What stands there, several values (of a multiple property, or of several lines) one to a line."""
    if source.basket_property:
        found = [p.value for item in tree.basket_items for p in item.properties if p.code == source.basket_property]
    else:
        number = property_ids.get(source.order_property or "")
        found = [text for v in tree.property_values if v.order_props_id == number for text in _texts(v.value)]
    return "\n".join(text for text in found if text.strip())


def _texts(value: object) -> Iterator[str]:
    """A property's value: text, or a list of texts; a file is no code."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int):
            yield str(one)
