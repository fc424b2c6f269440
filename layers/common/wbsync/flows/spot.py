"""SPOT: who drives a delivered supply into Russia: told to WB once, followed to its end, its QR code kept.

Only supplies that WB calls `spotAvailable` want it (WB facts §5). A try to send it that may have been obeyed is looked
up before the next one; what WB found wrong waits for staff.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from wbsync import texts
from wbsync.domain.ids import SupplyId
from wbsync.domain.shop import Shop, Spot
from wbsync.domain.supplies import SpotState, SupplyFile
from wbsync.errors import NotAuthorised, Rejected, TryLater
from wbsync.stores.labels import LabelsStore
from wbsync.stores.supplies import SuppliesStore, SupplyRecord
from wbsync.wb.client import WbClient
from wbsync.wb.operations import PUT_SPOT, SPOT_LIST, SPOT_STICKER, SUPPLY
from wbsync.wb.wire import PutSpot, SpotForm, SpotOfSupply, SupplyIds

SUPPLIES_PER_ASK = 100

LOOKED_FOR = timedelta(minutes=30)
"""WB may say only a while after the delivery that it wants SPOT."""

_SENT = (SpotState.SENDING, SpotState.PENDING)
_OPEN = (SpotState.UNKNOWN, SpotState.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSpot:
    wb: WbClient
    shop: Shop
    supplies: SuppliesStore
    labels: LabelsStore
    now: Callable[[], datetime]
    later: list[TryLater] = field(default_factory=list)  # what is to be tried again at the next tick
    report: Counter[str] = field(default_factory=Counter)

    def run(self, records: Sequence[SupplyRecord]) -> None:
        """One step for each of these delivered supplies; a supply that fails holds back no other."""
        sent = [record for record in records if record.spot in _SENT]
        for piece in batched(sent, SUPPLIES_PER_ASK, strict=False):
            self._tried(self._follow, piece)
        for record in records:
            if record.spot in _OPEN:
                self._tried(self._begin, record)
            elif record.spot is SpotState.FORMED:
                self._tried(self._keep, record)
            elif record.spot is SpotState.FAILED:
                self.report["SpotFailed"] += 1

    def _tried[R](self, step: Callable[[R], None], subject: R) -> None:
        try:
            step(subject)
        except NotAuthorised:
            raise
        except TryLater as error:
            self.later.append(error)
        except Rejected:
            self.report["SpotRefused"] += 1

    def _begin(self, record: SupplyRecord) -> None:
        """Send it as soon as WB wants it and we know who drives."""
        supply_id = _id(record)
        row = self.wb.call(SUPPLY, path={"supply_id": supply_id})
        data = self._data(record)
        if row.scan_dt or not row.spot_available:
            # Goods that WB has taken over need no announcement any more.
            if row.scan_dt or self.now() - (record.delivered_at or record.opened_at) > LOOKED_FOR:
                self.supplies.tell_spot(record, SpotState.NOT_WANTED)
        elif data is None:
            self.supplies.tell_spot(record, SpotState.MISSING, texts.SPOT_MISSING)
            self.report["SpotMissing"] += 1
        else:
            self._send(record, data)

    def _send(self, record: SupplyRecord, data: Spot) -> None:
        """SENDING is written first: whoever comes after a broken connection looks before sending."""
        self.supplies.begin_spot(record, data)
        try:
            self.wb.call(PUT_SPOT, path={"supply_id": _id(record)}, body=_wire(data))
        except NotAuthorised:
            raise
        except Rejected as error:
            self._fail(record, texts.spot_failed("", error.reason))
            return
        self.supplies.tell_spot(record, SpotState.PENDING)
        self.report["SpotSent"] += 1

    def _follow(self, records: Sequence[SupplyRecord]) -> None:
        asked = SupplyIds(supply_ids=tuple(map(_id, records)))
        rows = {SupplyId(row.id): row for row in self.wb.call(SPOT_LIST, body=asked).supplies}
        for record in records:
            if row := rows.get(_id(record)):
                self._tried(self._told, (record, row))

    def _told(self, known: tuple[SupplyRecord, SpotOfSupply]) -> None:
        """What WB says of it. Words about other data than ours are of an earlier try."""
        record, row = known
        data = self._data(record)
        is_there = row.spot is not None and data is not None and _is_of(row.spot, data)
        if row.spot is None and row.error:
            self.supplies.tell_spot(record, record.spot, texts.spot_failed("", f"{row.error.title} {row.error.detail}"))
            self.report["SpotFailed"] += 1
        elif data and not is_there and record.spot is SpotState.SENDING:
            self._send(record, data)
        elif row.spot is None or not is_there or row.spot.status == "pending":
            self.supplies.tell_spot(record, SpotState.PENDING)
        elif row.spot.status == "completed":
            self.supplies.tell_spot(record, SpotState.FORMED)
            self._keep(record)
        elif row.spot.status == "failed":
            self._fail(record, texts.spot_failed(row.spot.error_code))

    def _keep(self, record: SupplyRecord) -> None:
        """Its QR code into S3."""
        sticker = self.wb.call(SPOT_STICKER, path={"supply_id": _id(record)})
        self.labels.put_supply_file(_id(record), SupplyFile.SPOT, sticker.content())
        self.supplies.tell_spot(record, SpotState.KEPT)
        self.report["SpotKept"] += 1

    def _fail(self, record: SupplyRecord, reason: str) -> None:
        self.supplies.tell_spot(record, SpotState.FAILED, reason)
        self.report["SpotFailed"] += 1

    def _data(self, record: SupplyRecord) -> Spot | None:
        """What staff gave for this supply, else what holds for all."""
        return record.spot_data or (self.shop.supplies.spot if self.shop.supplies else None)


def _id(record: SupplyRecord) -> SupplyId:
    assert record.supply_id, "a delivered supply has its id"  # nosec B101 # see stores/supplies.py
    return record.supply_id


def _wire(data: Spot) -> PutSpot:
    return PutSpot(
        carrier_name=data.carrier_name,
        carrier_tax_number=data.carrier_tax_number,
        carrier_country_code=data.carrier_country,
        vehicle_registration_number=data.vehicle,
        trailer_registration_number=data.trailer,
    )


def _is_of(form: SpotForm, data: Spot) -> bool:
    ours = _wire(data)
    pairs = (
        (form.carrier_tax_number, ours.carrier_tax_number),
        (form.vehicle_registration_number, ours.vehicle_registration_number),
        (form.trailer_registration_number, ours.trailer_registration_number),
    )
    return all(_plain(theirs) == _plain(own) for theirs, own in pairs)


def _plain(number: str | None) -> str:
    """As it is read aloud: WB may write a plate without its blanks."""
    return "".join(filter(str.isalnum, number or "")).upper()
