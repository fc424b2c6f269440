"""Prices by the configured rule are told to WB; a large drop waits for approval.

What the shop wants is compared with what WB has now, never with memory, so that a lost answer, a killed run and a hand
in the cabinet all come to light in the next run. One run at a time tells prices. A task's rows are written down before
they are sent, and their cards are left alone until WB is done with them.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from wbsync.bitrix import catalog, products
from wbsync.bitrix.client import BitrixClient
from wbsync.domain import prices as rules
from wbsync.domain.ids import NmId, OfferId, SubjectId
from wbsync.domain.prices import (
    Change,
    LinkedCard,
    Memory,
    OnWb,
    Plan,
    PricedCard,
    Quote,
    Refusal,
    RefusalKind,
    Source,
    Task,
)
from wbsync.domain.shop import Prices, Shop
from wbsync.errors import NotAuthorised, Rejected, TryLater, Unavailable
from wbsync.stores.links import LinksStore
from wbsync.stores.prices import PricesStore
from wbsync.telemetry import logger
from wbsync.wb import cards as wb_cards
from wbsync.wb import prices as wb_prices
from wbsync.wb.client import WbClient
from wbsync.wb.price_wire import TaskState, TaskStatus, already_set, currency_switching

MOST_REQUESTS = 40
"""Tasks begun in a run: a row that WB refuses is found by halving, 20 requests in a thousand rows."""

GIVEN_UP_AFTER = timedelta(hours=24)
"""A task that has not ended by then is left to itself; WB's prices tell what became of it."""

CURRENCY_TAKES = 1800.0
"""Seconds until the cabinet's currency may have been switched."""

_STANDS_BEYOND_ITS_TURN = timedelta(minutes=1)
_CHANGES_COME_LATE = timedelta(hours=1)
_SUBJECTS_KEPT_FOR = timedelta(days=1)
_LOGGED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPrices:
    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    links: LinksStore
    prices: PricesStore
    now: Callable[[], datetime]

    def run(self, *, deadline: datetime) -> dict[str, int]:
        """Poll open tasks, compare, hold, send. Nothing without `prices` in the configuration.

        Raises TryLater when WB or the shop cannot be read, another run is at it, or the cabinet's currency is being
        switched; NotAuthorised for a token without the category Prices.
        """
        if self.shop.prices is None:
            return {}
        with self.prices.turn(at=self.now(), until=deadline + _STANDS_BEYOND_ITS_TURN):
            return self._run(self.shop.prices, deadline)

    def plan(self) -> Plan:
        """What a run would do now; nothing is sent or written. Raises as `run`, and Rejected without `prices`."""
        if self.shop.prices is None:
            raise Rejected("the configuration has no `prices`: see infra/config/prod.example.yaml")
        cards = rules.linked_cards(self.links.all(), self.shop.prices)
        return self._planned(self.shop.prices, cards, self.prices.read(), wb_prices.read(self.wb, cards), keep=False)

    def _run(self, prices: Prices, deadline: datetime) -> dict[str, int]:
        cards = rules.linked_cards(self.links.all(), prices)
        self._poll(self.prices.read().tasks, cards)
        on_wb = wb_prices.read(self.wb, cards)
        self._settle(self.prices.read().tasks, cards, on_wb)
        memory = self.prices.read()
        plan = self._planned(prices, cards, memory, on_wb, keep=True)
        self._remember(plan, memory, cards)
        sent = self._send(plan.changes, deadline)
        return {
            "PricesRead": len(on_wb),
            "PricesStanding": len(plan.standing),
            "PricesByHand": plan.by_hand,
            "PricesHeld": len(plan.held),
            "PricesWithoutSource": len(plan.unpriced),
            "PricesChanged": sent["changed"],
            "PricesRefused": len(plan.refused) + sent["refused"],
            "PricesDoubtful": sent["doubtful"],
            "PricesPutOff": len(plan.changes) - sent.total(),
            **self._open_tasks(),
        }

    # What became of earlier tasks

    def _poll(self, tasks: Iterable[Task], cards: Mapping[NmId, LinkedCard]) -> None:
        """Ask for every task that WB works on."""
        for task in tasks:
            if task.lost(self.now()):
                logger.warning("a price task's answer got lost: WB's prices tell", rows=len(task.rows))
                self.prices.drop([task])
            elif task.upload_id is not None and task.ended_at is None:
                self._poll_one(task, task.upload_id, cards)

    def _poll_one(self, task: Task, upload_id: int, cards: Mapping[NmId, LinkedCard]) -> None:
        try:
            state = wb_prices.task_state(self.wb, upload_id)
            if state.ended:
                self._end(task, upload_id, state, cards)
                return
        except NotAuthorised:
            raise
        except Rejected as error:
            logger.warning("WB does not tell of a price task", upload_id=upload_id, reason=error.reason)
        if self.now() - task.begun_at >= GIVEN_UP_AFTER:
            logger.error("a price task did not end", upload_id=upload_id, rows=len(task.rows))
            self.prices.drop([task])

    def _end(self, task: Task, upload_id: int, state: TaskState, cards: Mapping[NmId, LinkedCard]) -> None:
        """Keep the rows that WB refused with its reasons; the others are looked at when prices are read."""
        said = self._said(task, upload_id, state)
        if said:
            self._refuse({nm_id: (task.rows[nm_id], *reason) for nm_id, reason in said.items()}, cards)
        left = {nm_id: quote for nm_id, quote in task.rows.items() if nm_id not in said}
        self.prices.end(task, left, at=self.now())

    def _said(self, task: Task, upload_id: int, state: TaskState) -> dict[NmId, tuple[RefusalKind, str]]:
        if state.status == TaskStatus.DONE:
            return {}
        if state.status == TaskStatus.CANCELLED:
            return dict.fromkeys(task.rows, (RefusalKind.CANCELLED, ""))
        said = {
            good.nm_id: (RefusalKind.QUARANTINE if good.quarantined else RefusalKind.REFUSED, good.error_text)
            for good in wb_prices.refused_goods(self.wb, upload_id)
            if good.nm_id in task.rows
        }
        if state.status == TaskStatus.FAILED:
            return dict.fromkeys(task.rows, (RefusalKind.REFUSED, "")) | said
        return said

    def _settle(self, tasks: Iterable[Task], cards: Mapping[NmId, LinkedCard], on_wb: Mapping[NmId, OnWb]) -> None:
        """Let go of ended tasks whose prices stand; what does not move after a while is kept as such."""
        for task in tasks:
            if task.ended_at is None:
                continue
            left = task.unsettled(on_wb)
            if left and self.now() - task.ended_at < rules.SETTLES_IN:
                continue
            if left:
                self._refuse({nm_id: (quote, RefusalKind.NOT_MOVED, "") for nm_id, quote in left.items()}, cards)
            self.prices.drop([task])

    def _refuse(self, refused: Mapping[NmId, tuple[Quote, RefusalKind, str]], cards: Mapping[NmId, LinkedCard]) -> None:
        held_back = wb_prices.quarantined(self.wb)
        at = self.now()
        self.prices.refuse(
            _logged(
                Refusal(
                    nm_id,
                    cards[nm_id].vendor_code if nm_id in cards else "",
                    quote,
                    RefusalKind.QUARANTINE if nm_id in held_back else kind,
                    at,
                    words,
                )
            )
            for nm_id, (quote, kind, words) in refused.items()
        )

    # What is wanted

    def _planned(
        self,
        prices: Prices,
        cards: Mapping[NmId, LinkedCard],
        memory: Memory,
        on_wb: Mapping[NmId, OnWb],
        *,
        keep: bool,
    ) -> Plan:
        """`keep`: write down what was learnt of subjects."""
        subjects = self._subjects(memory, keep=keep) if prices.subjects else {}
        sources = self._sources(prices, {offer for card in cards.values() for offer in card.offers})
        priced = (
            PricedCard(
                card.nm_id,
                card.vendor_code,
                tuple(sources[offer_id] for offer_id, _ in card.offers),
                subjects.get(card.nm_id),
            )
            for card in cards.values()
        )
        return rules.plan(priced, on_wb, memory, prices, now=self.now())

    def _subjects(self, memory: Memory, *, keep: bool) -> Mapping[NmId, SubjectId]:
        """Of all cards: links do not tell them, and they change with nothing but the card."""
        at, read_at = self.now(), memory.subjects_read_at
        changed = wb_cards.read_changed(self.wb, since=read_at - _CHANGES_COME_LATE) if read_at else None
        read = {card.nm_id: card.subject_id for card in changed or wb_cards.read_all(self.wb)}
        subjects = {**memory.subjects, **read}
        if keep and (subjects != memory.subjects or read_at is None or at - read_at >= _SUBJECTS_KEPT_FOR):
            self.prices.save_subjects(subjects, read_at=at)
        return subjects

    def _sources(self, prices: Prices, offers: Collection[tuple[OfferId, int]]) -> dict[OfferId, Source]:
        """What the shop says; purchasing prices and properties only where a rule wants them."""
        iblocks = dict(offers)
        told = products.read_prices(self.bitrix, list(iblocks), [prices.price_type])
        with_margin = any(rule.minimum_margin_percent is not None for rule in prices.rules)
        bought = products.read_purchasing_prices(self.bitrix, iblocks) if with_margin else {}
        discounts = {
            code: catalog.read_property(self.bitrix, self.shop.catalog, code, iblocks)
            for code in sorted({rule.discount_property for rule in prices.rules if rule.discount_property})
        }
        return {
            offer: Source(
                offer,
                told.get(offer, {}).get(prices.price_type),
                bought.get(offer),
                {code: texts[offer] for code, texts in discounts.items() if texts.get(offer)},
            )
            for offer in iblocks
        }

    def _remember(self, plan: Plan, memory: Memory, cards: Mapping[NmId, LinkedCard]) -> None:
        """Write down what is held and what stands; forget what is settled."""
        self.prices.forget(holds=rules.ended_holds(plan, memory), refusals=rules.ended_refusals(plan, memory))
        self.prices.hold(rules.new_holds(plan, memory, self.now()))
        told = rules.now_told(plan, memory, cards)
        if told != memory.told:
            self.prices.save_told(told)
        if plan.unpriced:
            logger.warning(
                "cards are told no price",
                count=len(plan.unpriced),
                first={str(one.nm_id): str(one.flaw.problem) for one in plan.unpriced[:_LOGGED]},
            )

    # Sending

    def _send(self, changes: Sequence[Change], deadline: datetime) -> Counter[str]:
        """Rows by what became of them: changed (WB works on them), refused, doubtful, same (WB has them already)."""
        counts: Counter[str] = Counter()
        pieces = deque(batched(changes, wb_prices.ROWS, strict=False))
        for _ in range(MOST_REQUESTS):
            if not pieces or self.now() >= deadline:
                break
            piece = pieces.popleft()
            try:
                counts[self._tell(piece)] += len(piece)
            except _BadRowAmong:
                middle = len(piece) // 2
                pieces.extendleft((piece[middle:], piece[:middle]))
            except Unavailable as error:
                counts["doubtful"] += len(piece)
                logger.warning("WB's answer to prices is owed", reason=str(error))
                break
            except _CurrencyIsSwitched:
                raise
            except TryLater as error:
                logger.warning("prices are put off", reason=str(error), wait=error.wait)
                break
        return counts

    def _tell(self, piece: Sequence[Change]) -> str:
        """Send one task, written down before. Its rows' fate."""
        task = self.prices.begin({change.nm_id: change.after for change in piece}, at=self.now())
        try:
            upload_id = wb_prices.tell(self.wb, task.rows)
        except Unavailable:
            raise  # WB may have obeyed: what was written down says so
        except (TryLater, NotAuthorised):
            self.prices.drop([task])
            raise
        except Rejected as error:
            return self._rejected(piece, task, error)
        self.prices.sent(task, upload_id)
        return "changed"

    def _rejected(self, piece: Sequence[Change], task: Task, error: Rejected) -> str:
        if currency_switching(error):
            self.prices.drop([task])
            raise _CurrencyIsSwitched(
                "WB switches the currency of the cabinet: prices are told when that is done", wait=CURRENCY_TAKES
            ) from None
        if already_set(error):
            self.prices.drop([task])
            return "same"
        if not wb_prices.took_nothing(error):
            logger.error("WB's answer to prices is unclear: they are compared again", reason=error.reason)
            return "doubtful"
        self.prices.drop([task])
        if len(piece) > 1:
            raise _BadRowAmong
        [change] = piece
        refusal = Refusal(
            change.nm_id,
            change.before.vendor_code,
            change.after,
            RefusalKind.REFUSED,
            self.now(),
            error.reason,
        )
        self.prices.refuse([_logged(refusal)])
        return "refused"

    def _open_tasks(self) -> dict[str, int]:
        tasks, now = self.prices.read().tasks, self.now()
        oldest = max((now - task.begun_at for task in tasks), default=timedelta())
        return {"PriceTasksOpen": len(tasks), "OldestPriceTaskMinutes": int(oldest.total_seconds() // 60)}


class _BadRowAmong(Exception):
    """WB refuses the piece for some row of it."""


class _CurrencyIsSwitched(TryLater):
    """No price can be told for a while."""


def _logged(refusal: Refusal) -> Refusal:
    logger.warning(
        "WB refused a price",
        nm_id=refusal.nm_id,
        price=refusal.quote.price,
        discount=refusal.quote.discount,
        kind=str(refusal.kind),
        words=refusal.words,
    )
    return refusal
