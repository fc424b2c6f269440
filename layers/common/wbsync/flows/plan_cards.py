"""Changed products of the shop become changes of WB cards, when the configuration allows it.

What has to be sent goes to the queue, what cannot be sent is kept with its reason. `wbsync cards plan` plans the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.products import read_products, read_property_names
from wbsync.domain.card_holds import makes_cards, within_limit, without_unreadable
from wbsync.domain.card_plan import Tables, plan
from wbsync.domain.card_requests import requests
from wbsync.domain.cards import WITH_WB, CardState, Plan, PlannedCard, Standing, Step, Told
from wbsync.domain.ids import ProductId
from wbsync.domain.mapping import CommonTable, SubjectTable
from wbsync.domain.products import Product
from wbsync.domain.schema import Schema
from wbsync.domain.shop import Shop
from wbsync.errors import TryLater
from wbsync.messages import CardChanges
from wbsync.stores.cards import CardsStore
from wbsync.stores.cursors import CursorsStore
from wbsync.stores.mappings import MappingsStore, StoredTable
from wbsync.stores.queues import Queue
from wbsync.stores.schemas import SchemasStore
from wbsync.telemetry import Report, logger
from wbsync.wb import cards as wb_cards
from wbsync.wb.card_wire import StrangeCard
from wbsync.wb.client import WbClient

CURSOR = "plan_cards"
FULL_EVERY = timedelta(days=1)
"""A price or a section that changes moves no product's time, and WB's side may change too."""

_SHOWN = 20

MESSAGE_BYTES = 200_000
"""SQS takes 256 KB."""


class _Progress(BaseModel):
    changed: datetime = datetime.min.replace(tzinfo=UTC)
    full_at: datetime = datetime.min.replace(tzinfo=UTC)
    seen: frozenset[ProductId] = frozenset()  # the products that changed in that moment, which are asked for again
    versions: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class PlanCards:
    """Where products, their tables and what WB has of them are read, and where the changes go."""

    wb: WbClient
    bitrix: BitrixClient
    shop: Shop
    mappings: MappingsStore
    schemas: SchemasStore
    cards: CardsStore
    cursors: CursorsStore
    queue: Queue[CardChanges]

    def run(self, *, now: Callable[[], datetime], deadline: datetime) -> Report:
        """Plan what changed since the last run; the cursor moves only after the changes are queued."""
        tables = self.mappings.all() if self.shop.cards.automatic else {}
        if not tables:
            return {"ProductsRead": 0}
        began, progress = now(), _Progress.model_validate(self.cursors.get(CURSOR))
        versions = {name: stored.version for name, stored in tables.items()}
        full = began - progress.full_at >= FULL_EVERY or progress.versions != versions
        found = read(self.bitrix, self.shop, tables, changed_since=None if full else progress.changed)
        products = [p for p in _in_time(found, now=now, deadline=deadline) if full or _is_news(p, progress)]
        counts: dict[str, int] = {}
        if products:
            cards = list(_in_time(wb_cards.read_whole(self.wb), now=now, deadline=deadline))
            told = self.cards.told()
            made = planned(
                products, tables, self.schemas.schema(),
                on_wb=OnWb(cards, lambda: wb_cards.most_cards(self.wb)), told=told, shop=self.shop, made_at=began,
                names=read_property_names(self.bitrix, self.shop.catalog),
            )  # fmt: skip
            counts = self._hand_on(made, told)
        after = _after(progress, products, full_at=began if full else progress.full_at, versions=versions)
        self.cursors.put(CURSOR, after)
        return {"ProductsRead": len(products), **counts}

    def _hand_on(self, made: Plan, told: Mapping[str, Told]) -> dict[str, int]:
        keep(made, self.cards, told)
        asked = requests(sendable(made), most_bytes=MESSAGE_BYTES)
        self.queue.send(CardChanges(planned_at=made.made_at, cards=request.cards) for request in asked)
        steps = Counter(card.step for card in made.cards)
        return {
            "CardsPlanned": sum(len(request.cards) for request in asked),
            "CardsBlocked": steps[Step.BLOCKED],
            "CardsRight": steps[Step.NOTHING],
        }


def _is_news(product: Product, progress: _Progress) -> bool:
    return product.changed_at > progress.changed or product.id not in progress.seen


def _after(
    progress: _Progress, products: Sequence[Product], *, full_at: datetime, versions: dict[str, int]
) -> dict[str, Any]:
    changed = max([progress.changed, *(product.changed_at for product in products)])
    seen = {product.id for product in products if product.changed_at == changed}
    seen |= progress.seen if changed == progress.changed else frozenset()
    after = _Progress(changed=changed, seen=frozenset(seen), full_at=full_at, versions=versions)
    return after.model_dump(mode="json")


def read(
    bitrix: BitrixClient,
    shop: Shop,
    tables: Mapping[str, StoredTable],
    *,
    changed_since: datetime | None = None,
) -> Iterator[Product]:
    """The shop's products with all that their tables ask for."""
    return read_products(
        bitrix,
        shop.catalog,
        price_types=parsed(tables).price_types,
        pictures=shop.cards.pictures,
        changed_since=changed_since,
    )


@dataclass(frozen=True, slots=True)
class OnWb:
    """All cards that WB has, and how many the seller may have, which is asked when one is to be made."""

    cards: Collection[Standing | StrangeCard]
    most: Callable[[], int]


def planned(
    products: Iterable[Product],
    tables: Mapping[str, StoredTable],
    schema: Schema,
    *,
    on_wb: OnWb,
    told: Mapping[str, Told],
    shop: Shop,
    made_at: datetime,
    names: Mapping[str, str],
) -> Plan:
    """What is to be done about each card of these products. `names`: of the shop's properties, by code."""
    strange = {card.vendor_code: card.nm_id for card in on_wb.cards if isinstance(card, StrangeCard)}
    if strange:
        logger.warning("cards of WB cannot be read", vendor_codes=sorted(strange)[:_SHOWN], cards=len(strange))
    made = plan(
        products,
        parsed(tables),
        schema,
        standing=[card for card in on_wb.cards if isinstance(card, Standing)],
        told=told,
        settings=shop.cards,
        made_at=made_at,
        names=names,
    )
    made = without_unreadable(made, strange)
    if makes_cards(made):
        # Those in WB's trash count too, and are not read: WB says so itself of the few that are too many then.
        coming = sum(one.state in WITH_WB for one in told.values())
        made = within_limit(made, on_wb.most() - len(on_wb.cards) - coming)
    return replace(made, versions={name: stored.version for name, stored in tables.items()})


def parsed(tables: Mapping[str, StoredTable]) -> Tables:
    every = [stored.table for stored in tables.values()]
    return Tables(
        [table for table in every if isinstance(table, SubjectTable)],
        next((table for table in every if isinstance(table, CommonTable)), None),
    )


_CAME_AFTER_ALL = frozenset({CardState.READY, CardState.REFUSED, CardState.SILENT, CardState.BLOCKED})


def keep(made: Plan, cards: CardsStore, told: Mapping[str, Told]) -> None:
    """Keep what is not sent: cards that the shop has to mend, and those that lack nothing but pictures.

    A card that was given up and stands all the same, as it should, still owes what an accepted one does.
    """
    for card in made.cards:
        known = told.get(card.vendor_code)
        if card.step is Step.BLOCKED:
            cards.block(card, made.made_at)
        elif card.step is Step.PICTURES:
            cards.owe_pictures(card, made.made_at)
        elif card.step is Step.NOTHING and known and known.state in _CAME_AFTER_ALL:
            cards.find_standing(card, made.made_at)


def sendable(made: Plan) -> list[PlannedCard]:
    return [card for card in made.cards if card.step in (Step.CREATE, Step.ADD_VARIANT, Step.UPDATE)]


def _in_time[Thing](things: Iterable[Thing], *, now: Callable[[], datetime], deadline: datetime) -> Iterator[Thing]:
    """Raises TryLater when the time is over: half a reading would plan cards that stand as new ones."""
    for thing in things:
        if now() >= deadline:
            raise TryLater("plan_cards: the catalog does not fit into one run; use `wbsync cards plan`", wait=3600)
        yield thing
