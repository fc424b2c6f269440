"""Cards, the schema and the dictionaries: what Content sends is taken leniently, what it takes is sent exactly."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from wbsync.domain.cards import Content, Dimensions, Size
from wbsync.domain.ids import Barcode, CharcId, ChrtId, ImtId, NmId, SubjectId
from wbsync.domain.schema import Characteristic, Entry, Kind
from wbsync.errors import Rejected
from wbsync.wb import card_wire, wire
from wbsync.wb import operations as op
from wbsync.wb.client import decipher

DOCUMENT = {
    "id": "d-1", "type": 5, "number": "РУ 000/26", "startDate": "2026-01-01T00:00:00Z", "isEndless": True,
    "verdict": {"verified": True, "status": 1}, "createdAt": "2026-02-01T00:00:00Z",
}  # fmt: skip

# As facts §2 describe a card; the thing is invented.
CARD: dict[str, Any] = {
    "nmID": 70, "imtID": 7, "nmUUID": "u", "subjectID": 105, "subjectName": "Свитеры", "vendorCode": "sv-1",
    "brand": "Небылица", "title": "Свитер", "description": "Тёплый", "needKiz": True, "kizMarked": False,
    "photos": [{"big": "https://img.test/1.webp", "tm": "https://img.test/t.webp"}], "video": None,
    "wholesale": {"enabled": True, "quantum": 10},
    "dimensions": {"length": 30, "width": 20, "height": 5, "weightBrutto": 0.345, "isValid": True},
    "documents": {"items": [DOCUMENT], "overallVerdict": {"status": 2}, "excludeDocuments": False},
    "characteristics": [
        {"id": 1, "name": "Цвет", "value": ["белый", "голубой"]},
        {"id": 2, "name": "Вес", "value": 12.5},
        {"id": 3, "name": "Рисунок", "value": "полоска"},
        {"id": 4, "name": "Пусто", "value": None},
        {"id": 5, "name": "Ширина", "value": 3},
    ],
    "sizes": [{"chrtID": 700, "techSize": "M", "wbSize": "46-48", "skus": ["2000000000015"]}],
    "tags": [], "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-11-24T07:56:29.123456Z", "ofTomorrow": 1,
}  # fmt: skip


def sent(body: BaseModel) -> Any:
    return json.loads(body.model_dump_json(by_alias=True, exclude_none=True))


def told(data: object) -> bytes:
    return json.dumps({"data": data, "error": False, "errorText": "", "additionalErrors": None}).encode()


# The schema and the dictionaries


def test_a_characteristic_is_read_with_all_that_the_mapping_asks_about_it() -> None:
    row = {
        "charcID": 90_673, "subjectName": "Свитеры", "subjectID": 105, "name": "Вес товара", "required": True,
        "unitName": "г", "maxCount": 0, "popular": False, "charcType": 4, "hasFilter": True, "isVariable": True,
        "existNamedField": False,
    }  # fmt: skip
    read = decipher(op.CHARACTERISTICS, 200, {}, told([row]))
    expected = Characteristic(
        CharcId(90_673), "Вес товара", required=True, unit="г", kind=Kind.NUMBER, key=True, variable=True
    )
    assert read.characteristics == (expected,)
    assert read.subject_name == "Свитеры"


def test_a_type_of_tomorrow_is_a_characteristic_that_cannot_be_filled_in() -> None:
    [read] = decipher(op.CHARACTERISTICS, 200, {}, told([{"charcID": 1, "name": "x", "charcType": 9}])).characteristics
    assert read.kind is Kind.UNUSED


@pytest.mark.parametrize(
    ("operation", "row", "entry"),
    [
        (op.COLORS, {"name": "персиковый", "parentName": "оранжевый"}, Entry("персиковый", parent="оранжевый")),
        (op.KINDS, "Женский", Entry("Женский")),
        (op.SEASONS, "лето", Entry("лето")),
        (op.VAT, "Без НДС", Entry("Без НДС")),
        (op.COUNTRIES, {"id": 1, "name": "Беларусь", "fullName": "Республика Беларусь"}, Entry("Беларусь")),
        (op.TNVED, {"tnved": "6110209900", "isKiz": True}, Entry("6110209900", marked=True)),
    ],
    ids=lambda value: value.name if isinstance(value, op.Operation) else "",
)
def test_a_dictionary_is_read_as_its_entries(operation: op.Operation[Any], row: object, entry: Entry) -> None:
    assert decipher(operation, 200, {}, told([row])).entries == (entry,)


@pytest.mark.parametrize("operation", [op.CHARACTERISTICS, op.COLORS, op.KINDS, op.COUNTRIES], ids=lambda o: o.name)
def test_a_dictionary_without_data_is_refused_and_not_read_as_empty(operation: op.Operation[Any]) -> None:
    with pytest.raises(Rejected, match="not as documented: data"):
        decipher(operation, 200, {}, told(None))


def test_a_subject_may_have_no_tnved_codes() -> None:
    assert decipher(op.TNVED, 200, {}, told(None)).entries == ()


def test_brands_come_page_by_page_outside_of_the_envelope() -> None:
    page = {"brands": [{"id": 9, "logoUrl": "", "name": "Небылица"}], "next": 1212, "total": 2}
    first = decipher(op.BRANDS, 200, {}, json.dumps(page).encode())
    assert (first.entries, first.next) == ((Entry("Небылица"),), 1212)
    del page["next"]
    assert decipher(op.BRANDS, 200, {}, json.dumps(page).encode()).next is None


def test_subjects_barcodes_and_limits_are_read_out_of_the_envelope() -> None:
    subject = {"subjectID": 105, "parentID": 1, "subjectName": "Свитеры", "parentName": "Одежда"}
    [row] = decipher(op.SUBJECT_LIST, 200, {}, told([subject])).data
    assert (row.subject_id, row.subject_name, row.parent_name) == (105, "Свитеры", "Одежда")
    assert decipher(op.BARCODES, 200, {}, told(["2000000000015"])).data == ("2000000000015",)
    assert decipher(op.CARDS_LIMITS, 200, {}, told({"freeLimits": 1500, "paidLimits": 10})).most == 1510
    assert sent(card_wire.BarcodesAsk(count=5000)) == {"count": 5000}


def test_an_error_in_a_good_status_is_a_refusal_with_its_body() -> None:
    body = {"data": None, "error": True, "errorText": "Такого предмета нет", "additionalErrors": {"id": "1"}}
    with pytest.raises(Rejected, match="Такого предмета нет") as refused:
        decipher(op.CHARACTERISTICS, 200, {}, json.dumps(body).encode())
    assert refused.value.body == body


# Cards as they stand


def test_a_card_is_read_whole() -> None:
    answer = {"cards": [CARD], "cursor": {"updatedAt": "2026-11-24T07:56:29Z", "nmID": 70, "total": 1}}
    read = decipher(op.CARDS_READ, 200, {}, json.dumps(answer).encode())
    standing = card_wire.standing(read.cards[0])
    assert (read.cursor.total, read.cards[0].photos[0].big) == (1, "https://img.test/1.webp")
    assert (standing.nm_id, standing.imt_id, standing.subject_id, standing.photos) == (70, 7, 105, 1)
    assert (standing.need_kiz, standing.content.kiz_marked) == (True, False)
    assert standing.content.dimensions == Dimensions(30, 20, 5, Decimal("0.345"))
    assert standing.content.characteristics == {
        1: ("белый", "голубой"), 2: Decimal("12.5"), 3: ("полоска",), 5: Decimal(3)
    }  # fmt: skip
    assert standing.content.sizes == (Size("M", "46-48", (Barcode("2000000000015"),), chrt_id=ChrtId(700)),)
    assert standing.updated_at is not None
    assert standing.updated_at.isoformat() == "2026-11-24T07:56:29.123456+00:00"


def test_documents_are_kept_as_they_came_and_sent_back_without_wbs_verdicts() -> None:
    card = card_wire.FullCard.model_validate(CARD)
    assert card.documents == CARD["documents"]
    kept = {name: DOCUMENT[name] for name in ("id", "type", "number", "startDate", "isEndless")}
    assert card_wire.standing(card).content.documents == {"items": [kept], "excludeDocuments": False}


def test_a_card_of_bare_essentials_stands_too() -> None:
    bare = {name: CARD[name] for name in ("nmID", "imtID", "subjectID", "vendorCode")}
    for card in (bare, dict.fromkeys(CARD) | bare):
        content = card_wire.standing(card_wire.FullCard.model_validate(card)).content
        assert content == Content("sv-1", kiz_marked=False)


def test_a_card_that_cannot_be_read_holds_back_no_other() -> None:
    odd = CARD | {"nmID": 71, "vendorCode": "odd", "sizes": [{"techSize": "M"}]}
    read = card_wire.FullCards.model_validate({"cards": [odd, CARD, {"nmID": "?"}, 5]})
    assert [card.nm_id for card in read.cards] == [70]
    assert [(strange.nm_id, strange.vendor_code) for strange in read.strange] == [(71, "odd"), (0, ""), (0, "")]


def test_cards_are_asked_for_by_text_group_and_subject() -> None:
    ask = wire.CardsAsk.after(search="sv-1", imt_id=ImtId(7), subjects=[SubjectId(105)])
    assert sent(ask)["settings"]["filter"] == {"withPhoto": -1, "textSearch": "sv-1", "imtID": 7, "objectIDs": [105]}


# Cards to be made and changed

CONTENT = Content(
    vendor_code="sv-1",
    title="Свитер",
    brand="Небылица",
    dimensions=Dimensions(30, 20, 5, Decimal("0.345")),
    characteristics={CharcId(1): ("белый",), CharcId(2): Decimal("12.50"), CharcId(5): Decimal("3.000")},
    sizes=(Size("M", "46", (Barcode("2000000000015"),), price=90), Size("", price=90)),
    kiz_marked=True,
    documents={"items": [{"type": 5, "number": "РУ 000/26"}]},
    wholesale={"enabled": True, "quantum": 10},
)


def test_a_new_card_goes_out_under_the_very_names_that_wb_reads() -> None:
    card = card_wire.NewCard.of(CONTENT)
    body = sent(card_wire.NewGroup(subject_id=SubjectId(105), variants=(card,)))
    assert body == {
        "subjectID": 105,
        "variants": [
            {
                "vendorCode": "sv-1", "brand": "Небылица", "title": "Свитер", "kizMarked": True,
                "dimensions": {"length": 30, "width": 20, "height": 5, "weightBrutto": 0.345},
                "characteristics": [
                    {"id": 1, "value": ["белый"]}, {"id": 2, "value": 12.5}, {"id": 5, "value": 3},
                ],
                "documents": {"items": [{"type": 5, "number": "РУ 000/26"}]},
                "wholesale": {"enabled": True, "quantum": 10},
                "sizes": [{"techSize": "M", "wbSize": "46", "price": 90, "skus": ["2000000000015"]}, {"price": 90}],
            }
        ],
    }  # fmt: skip
    added = sent(card_wire.AddedCards(imt_id=ImtId(7), cards_to_add=(card,)))
    assert added == {"imtID": 7, "cardsToAdd": body["variants"]}


def test_an_update_names_known_sizes_and_prices_new_ones_only() -> None:
    sizes = (Size("M", barcodes=(Barcode("1"),), chrt_id=ChrtId(700), price=90), Size("L", price=95))
    body = sent(card_wire.CardUpdate.of(NmId(70), Content("sv-1", sizes=sizes)))
    assert body == {
        "nmID": 70,
        "vendorCode": "sv-1",
        "characteristics": [],
        "sizes": [{"chrtID": 700, "techSize": "M", "skus": ["1"]}, {"techSize": "L", "price": 95}],
    }


def test_what_stands_and_is_sent_back_unchanged_is_what_was_read() -> None:
    standing = card_wire.standing(card_wire.FullCard.model_validate(CARD))
    body = sent(card_wire.CardUpdate.of(standing.nm_id, standing.content))
    for name in ("vendorCode", "brand", "title", "description", "kizMarked", "sizes"):
        assert body[name] == CARD[name]
    values = {row["id"]: row["value"] for row in body["characteristics"]}
    assert values == {1: ["белый", "голубой"], 2: 12.5, 3: ["полоска"], 5: 3}


@pytest.mark.parametrize(
    "content",
    [Content("v" * 73), Content(""), Content("v", title="т" * 61)],
    ids=["long code", "no code", "long title"],
)
def test_what_wb_cannot_take_at_all_is_not_sent(content: Content) -> None:
    with pytest.raises(ValidationError):
        card_wire.NewCard.of(content)


def test_a_group_takes_thirty_cards_and_twenty_nine_more_at_a_time() -> None:
    cards = (card_wire.NewCard.of(CONTENT),) * 31
    assert card_wire.NewGroup(subject_id=SubjectId(1), variants=cards[:30])
    assert card_wire.AddedCards(imt_id=ImtId(1), cards_to_add=cards[:29])
    with pytest.raises(ValidationError):
        card_wire.NewGroup(subject_id=SubjectId(1), variants=cards)
    with pytest.raises(ValidationError):
        card_wire.AddedCards(imt_id=ImtId(1), cards_to_add=cards[:30])


# What became of them


def test_a_refused_request_names_the_cards_it_was_refused_for() -> None:
    body = {"error": True, "errorText": "x", "additionalErrors": {"sv-1": "missing … ids: 1, 2", "id": "342342"}}
    rejected = Rejected("cards_upload: 400", status=400, body=body)
    assert card_wire.refused_cards(rejected, ["sv-1", "sv-2"]) == {"sv-1": "missing … ids: 1, 2"}
    shapes: tuple[object, ...] = (None, [], {"additionalErrors": None}, {"additionalErrors": "text"})
    for shape in shapes:
        assert card_wire.refused_cards(Rejected("x", body=shape), ["sv-1"]) == {}


def test_errors_are_read_by_vendor_code_and_paged_by_their_cursor() -> None:
    batch = {
        "batchUUID": "b-1", "subjects": {"sv-1": {"id": 105, "name": "Свитеры"}, "sv-2": None}, "brands": {},
        "vendorCodes": ["sv-1"], "errors": {"sv-1": ["Нет баркода", "Нет цвета"], "sv-2": None},
        "updatedAt": "2026-11-24T07:56:29Z",
    }  # fmt: skip
    page = {"items": [batch], "cursor": {"next": True, "updatedAt": "2026-11-24T07:56:29Z", "batchUUID": "b-1"}}
    read = decipher(op.CARDS_ERRORS, 200, {}, told(page))
    assert read.batches[0].errors == {"sv-1": ("Нет баркода", "Нет цвета")}
    assert read.batches[0].subjects["sv-1"].id == 105
    assert read.cursor.next
    assert sent(card_wire.CardErrorsAsk.after()) == {"cursor": {"limit": 100}, "order": {"ascending": True}}
    assert sent(card_wire.CardErrorsAsk.after(read.cursor, ascending=False)) == {
        "cursor": {"limit": 100, "updatedAt": "2026-11-24T07:56:29Z", "batchUUID": "b-1"},
        "order": {"ascending": False},
    }


def test_an_error_list_without_data_is_refused_and_not_read_as_no_errors() -> None:
    with pytest.raises(Rejected, match="not as documented: data"):
        decipher(op.CARDS_ERRORS, 200, {}, told(None))


def test_pictures_are_told_under_medias_own_spelling() -> None:
    links = card_wire.MediaLinks(nm_id=NmId(70), data=("https://shop.test/upload/1.jpg",))
    assert sent(links) == {"nmId": 70, "data": ["https://shop.test/upload/1.jpg"]}
    assert decipher(op.MEDIA_BY_LINKS, 200, {}, told({}))
