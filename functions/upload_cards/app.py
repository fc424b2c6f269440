"""A planned change of cards comes in: it is sent to WB, once."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from wbsync.connections.wildberries import wildberries
from wbsync.flows import upload_cards
from wbsync.messages import CardChanges
from wbsync.settings import UploadCards
from wbsync.stores.cards import CardsStore
from wbsync.stores.queues import Queue
from wbsync.telemetry import Outcome, Report, queued, utcnow

settings = cache(UploadCards.from_env)


def queue() -> Queue[CardChanges]:
    return Queue(settings().card_changes_queue)


@queued(CardChanges, queue)
def handler(messages: Sequence[CardChanges], deadline: datetime) -> tuple[Outcome, Report]:
    s = settings()
    return upload_cards.run(
        messages, wb=wildberries(s), cards=CardsStore(s.cards_table), queue=queue(), now=utcnow, deadline=deadline
    )
