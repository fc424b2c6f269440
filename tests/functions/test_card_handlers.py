"""The handlers of cards as Lambda starts them."""

from tests.fixtures.functions import Functions
from wbsync.domain.cards import Content, PlannedCard, Size, Step
from wbsync.domain.ids import Barcode, OfferId, ProductId, SubjectId
from wbsync.messages import CardChanges
from wbsync.stores.cards import CardsStore
from wbsync.stores.queues import Queue
from wbsync.telemetry import utcnow


def test_nothing_is_planned_unless_the_configuration_allows_it(functions: Functions) -> None:
    assert functions.invoke("plan_cards") == {"ProductsRead": 0}


def test_without_open_cards_nothing_is_confirmed(functions: Functions) -> None:
    report = functions.invoke("confirm_cards")
    assert report == {"CardsAccepted": 0, "CardsRefused": 0, "CardsWaiting": 0, "CardsOverdue": 0}


def test_a_card_that_wb_refuses_at_once_is_kept_with_its_reason_and_holds_back_nothing(functions: Functions) -> None:
    size = Size("46", barcodes=(Barcode("2900000000018"),), offer_id=OfferId(1), iblock_id=25)
    cards = [
        PlannedCard(ProductId(n), SubjectId(subject), Step.CREATE, Content(f"ART-{n}", title="Вещь", sizes=(size,)))
        for n, subject in ((1, 7777777), (2, 192))
    ]
    queue = Queue[CardChanges](functions.aws.queues["CardChangesQueue"])
    queue.send([CardChanges(planned_at=utcnow(), cards=tuple(cards))])
    for _ in range(2):
        assert functions.drain("upload_cards", "CardChangesQueue") == []
    told = CardsStore(functions.aws.tables["CardsTable"]).told()
    assert {code: one.state for code, one in told.items()} == {"ART-1": "refused", "ART-2": "sent"}
    assert "This category does not exist" in told["ART-1"].problems[0].detail


def test_a_message_that_cannot_be_read_fails_alone(functions: Functions) -> None:
    message = {
        "MessageId": "1",
        "Body": '{"cards": []}',
        "Attributes": {"SentTimestamp": "1800000000000"},
    }
    assert functions.invoke_with("upload_cards", message) == ["1"]
