"""Making and changing cards at the simulated WB (wildberries facts §2)."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.goods import ean13
from infra.local.wildberries import Category
from infra.local.wildberries.subjects import COLOUR, MUGS, SHIRTS, TNVED, TRAINERS
from tests.fixtures.wildberries import MINSK, Seller

V2 = "/content-api/content/v2"
PRICES = "/discounts-prices-api/api/v2"
PRICE, GOODS = f"POST {PRICES}/upload/task", f"POST {PRICES}/list/goods/filter"
UPLOAD, ADD, UPDATE = f"POST {V2}/cards/upload", f"POST {V2}/cards/upload/add", f"POST {V2}/cards/update"
COMPOSITION, COUNTRY, VOLUME, MATERIAL = 15_000_011, 15_000_002, 15_000_041, 15_000_042
UNUSED_CHARC = 15_000_007
FIRST_BARCODE, SECOND_BARCODE = ean13("250000000001"), ean13("250000000002")


def shirt(code: str = "Ф-1", *, colour: Any = ("белый",), **more: Any) -> dict[str, Any]:
    return {
        "vendorCode": code,
        "brand": "Небывалое",
        "title": "Футболка",
        "description": "Из хлопка",
        "dimensions": {"length": 30, "width": 20, "height": 3, "weightBrutto": 0.25},
        "sizes": [{"techSize": "44", "wbSize": "44", "price": 40, "skus": []}],
        "characteristics": [
            {"id": COLOUR, "value": list(colour)},
            {"id": COMPOSITION, "value": ["хлопок 100%"]},
        ],
    } | more


def mug(volume: object = 330) -> dict[str, Any]:
    return {
        "vendorCode": "К-1",
        "title": "Кружка",
        "characteristics": [{"id": VOLUME, "value": volume}, {"id": MATERIAL, "value": ["керамика"]}],
    }


def with_charc(number: int, value: object) -> dict[str, Any]:
    made = shirt()
    made["characteristics"] = [*(each for each in made["characteristics"] if each["id"] != number)]
    return made | {"characteristics": [*made["characteristics"], {"id": number, "value": value}]}


def without_charc(number: int) -> dict[str, Any]:
    made = shirt()
    return made | {"characteristics": [each for each in made["characteristics"] if each["id"] != number]}


def with_skus(*skus: str) -> dict[str, Any]:
    return shirt(sizes=[{"techSize": str(at), "skus": [sku]} for at, sku in enumerate(skus)])


def side(length: object) -> dict[str, Any]:
    return {"length": length, "width": 20, "height": 3}


def upload(seller: Seller, *variants: dict[str, Any], subject: int = SHIRTS) -> None:
    """Each a card of its own."""
    answer = seller.ask(UPLOAD, [{"subjectID": subject, "variants": [variant]} for variant in variants])
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"data": None, "error": False, "errorText": "", "additionalErrors": {}}


def listed(seller: Seller, **filters: Any) -> list[dict[str, Any]]:
    settings = {"cursor": {"limit": 100}, "filter": filters}
    cards: list[dict[str, Any]] = seller.ask(f"POST {V2}/get/cards/list", {"settings": settings}).json()["cards"]
    return cards


def errors(seller: Seller, **cursor: Any) -> Any:
    return seller.ask(f"POST {V2}/cards/error/list", {"cursor": cursor, "order": {"ascending": True}}).json()["data"]


def error_texts(seller: Seller) -> dict[str, list[str]]:
    return {code: texts for item in errors(seller)["items"] for code, texts in item["errors"].items()}


def empty(**world: Any) -> Seller:
    return Seller(goods=0, foreign_cards=0, pace=100, **world)


def made(seller: Seller, *variants: dict[str, Any]) -> dict[str, Any]:
    """The card of the last of them."""
    upload(seller, *variants)
    seller.wait(2)
    return listed(seller, textSearch=variants[-1]["vendorCode"])[0]


def as_update(card: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = ("nmID", "vendorCode", "brand", "title", "description", "dimensions", "characteristics", "sizes")
    return {name: card[name] for name in names} | more


def test_a_card_shows_two_seconds_after_it_was_sent_with_all_that_was_sent() -> None:
    seller = empty()
    upload(seller, shirt(documents={"items": [{"type": 2, "number": "Д-7"}]}, kizMarked=True))
    seller.wait(1.9)
    assert listed(seller) == []
    assert errors(seller)["items"] == []
    seller.wait(0.1)
    [card] = listed(seller)
    assert (card["vendorCode"], card["subjectID"], card["subjectName"]) == ("Ф-1", SHIRTS, "Футболки")
    assert (card["brand"], card["title"], card["description"]) == ("Небывалое", "Футболка", "Из хлопка")
    assert card["dimensions"] == {"length": 30, "width": 20, "height": 3, "weightBrutto": 0.25, "isValid": True}
    assert card["characteristics"][0] == {"id": COLOUR, "name": "Цвет", "value": ["белый"]}
    [document] = card["documents"]["items"]
    assert (document["type"], document["number"], document["createdAt"]) == (2, "Д-7", card["createdAt"])
    assert (card["needKiz"], card["kizMarked"], card["photos"]) == (True, True, [])
    [size] = card["sizes"]
    assert (size["techSize"], size["wbSize"], len(size["skus"])) == ("44", "44", 1)
    assert size["skus"][0] == ean13(size["skus"][0][:12])


def test_the_delay_can_be_set_and_a_card_takes_stock_only_after_it() -> None:
    seller = empty()
    seller.sim("POST cards", {"delay": 600})
    upload(seller, shirt())
    seller.wait(599)
    assert listed(seller) == []
    seller.sim("POST clock", {"advance": 1})
    [card] = listed(seller)
    chrt_id = card["sizes"][0]["chrtID"]
    assert seller.put({"chrtId": chrt_id, "amount": 3}).status_code == 204
    assert seller.wb.state.stocks[MINSK] == {chrt_id: 3}


def test_a_card_that_is_not_synced_yet_shows_but_takes_neither_stock_nor_price() -> None:
    seller = empty()
    seller.sim("POST cards", {"sync": 1800})
    card = made(seller, shirt())
    chrt_id, price = card["sizes"][0]["chrtID"], {"data": [{"nmID": card["nmID"], "price": 60}]}
    refused = seller.put({"chrtId": chrt_id, "amount": 3})
    assert (refused.status_code, refused.json()[0]["code"]) == (409, "NotFound")
    assert seller.ask(PRICE, price).json()["errorText"].startswith("All item Nos. are specified incorrectly")
    assert seller.ask(GOODS, {"nmList": [card["nmID"]]}).json()["data"]["listGoods"] == []
    assert seller.sim("GET cards")["unsynced"] == [card["nmID"]]
    seller.wait(1800)
    assert seller.put({"chrtId": chrt_id, "amount": 3}).status_code == 204
    assert seller.ask(PRICE, price).status_code == 200
    assert seller.sim("GET cards")["unsynced"] == []


def test_a_new_size_is_synced_by_itself_while_the_others_keep_selling() -> None:
    seller = empty()
    card = made(seller, shirt())
    seller.sim("POST cards", {"sync": 1800})
    seller.ask(UPDATE, [as_update(card, sizes=[*card["sizes"], {"techSize": "46"}])])
    seller.wait(2)
    old, new = (size["chrtID"] for size in listed(seller)[0]["sizes"])
    assert seller.put({"chrtId": old, "amount": 1}).status_code == 204
    assert seller.put({"chrtId": new, "amount": 1}).status_code == 409


def test_variants_of_one_array_are_one_group_and_a_group_can_be_joined() -> None:
    seller = empty()
    variants = [shirt("Ф-1"), shirt("Ф-2", colour=["черный"])]
    assert seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": variants}]).status_code == 200
    seller.wait(2)
    [group] = {card["imtID"] for card in listed(seller)}
    answer = seller.ask(ADD, {"imtID": group, "cardsToAdd": [shirt("Ф-3", colour=["синий"])]})
    assert answer.status_code == 200, answer.text
    seller.wait(2)
    assert {card["vendorCode"] for card in listed(seller, imtID=group)} == {"Ф-1", "Ф-2", "Ф-3"}
    same = seller.ask(ADD, {"imtID": group, "cardsToAdd": [shirt("Ф-4", colour=["синий"])]})
    assert same.json()["errorText"] == "non unique characteristics in one group"
    assert same.json()["additionalErrors"] == {
        "Ф-4": f"non unique characteristics in group id: {group} with characteristic ids: {COLOUR}"
    }
    assert seller.ask(ADD, {"imtID": 1, "cardsToAdd": [shirt("Ф-5")]}).status_code == 400


def test_cards_of_one_group_must_differ_by_their_colours_and_are_named_when_they_do_not() -> None:
    seller = empty()
    bare = without_charc(COLOUR) | {"vendorCode": "Ф-2"}
    lacking = seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt("Ф-1"), bare]}])
    assert lacking.status_code == 400
    assert lacking.json()["additionalErrors"] == {"Ф-2": f"missing required characteristics with ids: {COLOUR}"}
    same = seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt("Ф-1"), shirt("Ф-2")]}])
    assert set(same.json()["additionalErrors"]) == {"Ф-1", "Ф-2"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Invalid request format"),
        ([], "Invalid request format"),
        ([{"subjectID": SHIRTS, "variants": []}], "Invalid request format"),
        ([{"subjectID": SHIRTS, "variants": [shirt(str(at)) for at in range(31)]}], "Invalid request format"),
        ([{"subjectID": SHIRTS, "variants": [shirt(str(at))]} for at in range(101)], "Invalid request format"),
        ([{"subjectID": 5, "variants": [shirt()]}], "This category does not exist"),
        ([{"subjectID": SHIRTS, "variants": [shirt("")]}], "A card cannot be created without a vendorCode"),
        ([{"subjectID": SHIRTS, "variants": [shirt("Ф" * 73)]}], "Invalid request format"),
        ([{"subjectID": SHIRTS, "variants": [shirt(dimensions={"length": 1.5, "width": 1, "height": 1})]}], None),
        ([{"subjectID": SHIRTS, "variants": [shirt(dimensions=side("1"))]}], None),
        ([{"subjectID": SHIRTS, "variants": [shirt(dimensions=side(1) | {"weightBrutto": 0.1234})]}], None),
        ([{"subjectID": SHIRTS, "variants": [shirt(documents={"items": [{"number": "Д-7"}]})]}], None),
        ([{"subjectID": SHIRTS, "variants": [shirt(documents={"items": [{"type": 6}]})]}], None),
        ([{"subjectID": SHIRTS, "variants": [shirt(kizMarked="да")]}], None),
        ([{"subjectID": SHIRTS, "variants": [shirt(sizes=[{"skus": [4810000000012]}])]}], None),
        ([{"subjectID": str(SHIRTS), "variants": [shirt()]}], None),
        ([{"subjectID": SHIRTS, "variants": [with_charc(COLOUR, "белый")]}], None),
        ([{"subjectID": SHIRTS, "variants": [with_charc(COLOUR, 1)]}], None),
        ([{"subjectID": MUGS, "variants": [mug("330")]}], None),
        ([{"subjectID": MUGS, "variants": [mug([330])]}], None),
    ],
)
def test_a_request_that_does_not_fit_is_refused_at_once_and_nothing_of_it_is_taken(body: object, text: str) -> None:
    seller = empty()
    answer = seller.ask(UPLOAD, body)
    assert answer.status_code == 400
    assert (answer.json()["error"], answer.json()["errorText"]) == (True, text or "Invalid request format")
    seller.wait(2)
    assert seller.sim("GET cards")["drafts"] == 0
    assert (listed(seller), errors(seller)["items"]) == ([], [])


def test_a_vendor_code_that_repeats_or_that_another_card_has_is_refused_at_once() -> None:
    seller = empty()
    twice = seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt()]}] * 2)
    made(seller, shirt())
    used = seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt()]}])
    assert {twice.status_code, used.status_code} == {400}
    assert "vendor code is used in other cards" in twice.json()["errorText"]
    assert "vendor code is used in other cards" in used.json()["errorText"]


def test_more_than_ten_megabytes_are_too_long() -> None:
    body = [{"subjectID": SHIRTS, "variants": [shirt(description="о" * 6_000_000)]}]
    assert empty().ask(UPLOAD, body).status_code == 413


@pytest.mark.parametrize(
    ("variant", "word"),
    [
        (without_charc(COMPOSITION), "Состав"),
        (with_charc(COMPOSITION, []), "Состав"),
        (shirt(title=""), "Наименование"),
        (with_charc(COLOUR, ["чёрный"]), "чёрный"),
        (with_charc(COUNTRY, ["Атлантида"]), "Атлантида"),
        (with_charc(15_000_012, ["муж."]), "муж."),
        (with_charc(15_000_013, ["весной"]), "весной"),
        (with_charc(15_000_005, ["19"]), "19"),
        (with_charc(COLOUR, ["белый", "красный", "синий", "зеленый", "желтый", "черный"]), "не больше 5"),
        (shirt(title="Ф" * 61), "Наименование"),
        (shirt(title="Футболка 😈 и 😊"), "запрещенные символы: 😈 😊"),
        (shirt(description="о" * 2001), "длиннее 2000"),
        (shirt(dimensions=side(0)), "больше нуля"),
        (shirt(dimensions=side(-1)), "больше нуля"),
        (with_charc(TNVED, ["9999999999"]), "9999999999"),
        (with_charc(UNUSED_CHARC, ["что-то"]), f"Неизвестная характеристика {UNUSED_CHARC}"),
        (shirt(documents={"items": [{"type": 2, "id": "чужой"}]}), "чужой"),
        (shirt(brand="Запрещённый Бренд"), "Запрещённый Бренд"),
        (with_charc(404, ["что-то"]), "Неизвестная характеристика 404"),
        (with_charc(15_000_102, ["Футболка"]), "передаётся полем title"),
        (with_skus(FIRST_BARCODE[:-1] + str((int(FIRST_BARCODE[-1]) + 1) % 10)), "контрольная цифра"),
        (with_skus(FIRST_BARCODE, FIRST_BARCODE), "несколько раз"),
    ],
)
def test_a_faulty_card_is_told_in_the_list_of_errors_alone_and_later(variant: dict[str, Any], word: str) -> None:
    seller = empty()
    upload(seller, variant, shirt("Ф-2", colour=["синий"]))
    assert errors(seller)["items"] == []
    seller.wait(2)
    assert [card["vendorCode"] for card in listed(seller)] == ["Ф-2"]
    [item] = errors(seller)["items"]
    assert item["vendorCodes"] == ["Ф-1"]
    assert item["subjects"] == {"Ф-1": {"id": SHIRTS, "name": "Футболки"}}
    [text] = item["errors"]["Ф-1"]
    assert word in text


def test_a_good_card_of_a_mug_needs_neither_composition_nor_size_nor_mark() -> None:
    seller = empty()
    upload(seller, mug(330), subject=MUGS)
    seller.wait(2)
    [card] = listed(seller)
    assert [size["techSize"] for size in card["sizes"]] == ["0"]
    assert {each["name"]: each["value"] for each in card["characteristics"]}["Объем (мл)"] == 330
    assert (card["needKiz"], card["dimensions"]["isValid"]) == (False, False)


def test_of_a_group_only_the_faulty_card_fails() -> None:
    seller = empty()
    variants = [shirt("Ф-1"), shirt("Ф-2", colour=["чёрный"]), shirt("Ф-3", colour=["синий"])]
    seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": variants}])
    seller.wait(2)
    assert {card["vendorCode"] for card in listed(seller)} == {"Ф-1", "Ф-3"}
    assert set(error_texts(seller)) == {"Ф-2"}


def test_a_barcode_of_another_card_is_refused_though_that_card_came_in_the_same_request() -> None:
    seller = empty()
    upload(seller, with_skus(FIRST_BARCODE), with_skus(FIRST_BARCODE) | {"vendorCode": "Ф-2"})
    seller.wait(2)
    assert [card["vendorCode"] for card in listed(seller)] == ["Ф-1"]
    assert "используется в другой карточке" in error_texts(seller)["Ф-2"][0]


def test_an_error_goes_when_its_card_is_sent_again() -> None:
    seller = empty()
    upload(seller, without_charc(COMPOSITION))
    seller.wait(2)
    assert set(error_texts(seller)) == {"Ф-1"}
    upload(seller, shirt())
    assert error_texts(seller) == {}
    seller.wait(2)
    assert [card["vendorCode"] for card in listed(seller)] == ["Ф-1"]
    assert error_texts(seller) == {}


def test_a_request_that_was_sent_twice_makes_one_card_and_an_error() -> None:
    seller = empty()
    upload(seller, shirt())
    upload(seller, shirt())
    seller.wait(2)
    assert len(listed(seller)) == 1
    assert "другой карточке" in error_texts(seller)["Ф-1"][0]


def test_errors_are_told_page_by_page_and_each_batch_once() -> None:
    seller = empty()
    upload(seller, *(shirt(f"Ф-{at}", title="") for at in range(5)))
    seller.wait(2)
    seen: list[str] = []
    cursor: dict[str, Any] = {"limit": 2}
    while True:
        told = errors(seller, **cursor)
        seen += [code for item in told["items"] for code in item["vendorCodes"]]
        if not told["cursor"]["next"]:
            break
        cursor = {"limit": 2, "updatedAt": told["cursor"]["updatedAt"], "batchUUID": told["cursor"]["batchUUID"]}
    assert sorted(seen) == [f"Ф-{at}" for at in range(5)]
    assert seller.ask(f"POST {V2}/cards/error/list", {"cursor": {"limit": 101}}).status_code == 400


def test_an_update_overwrites_everything_and_what_it_omits_is_lost() -> None:
    seller = empty()
    card = made(seller, shirt(documents={"items": [{"type": 2, "number": "Д-7"}]}))
    change = as_update(card, title="Футболка белая")
    del change["description"], change["dimensions"]
    assert seller.ask(UPDATE, [change]).status_code == 200
    assert listed(seller)[0]["title"] == "Футболка"
    seller.wait(2)
    [changed] = listed(seller)
    assert (changed["title"], changed["description"]) == ("Футболка белая", "")
    assert not changed["dimensions"]["isValid"]
    assert "documents" not in changed
    assert (changed["nmID"], changed["createdAt"]) == (card["nmID"], card["createdAt"])
    assert changed["updatedAt"] > card["updatedAt"]


def test_sizes_and_barcodes_can_be_added_but_not_removed() -> None:
    seller = empty()
    card = made(seller, shirt())
    [size] = card["sizes"]
    more = [size | {"skus": [*size["skus"], FIRST_BARCODE]}, {"techSize": "46", "price": 41}]
    seller.ask(UPDATE, [as_update(card, sizes=more)])
    seller.wait(2)
    [changed] = listed(seller)
    assert [len(each["skus"]) for each in changed["sizes"]] == [2, 1]
    assert changed["sizes"][0]["chrtID"] == size["chrtID"]
    refused = seller.ask(UPDATE, [as_update(changed, sizes=[size])])
    gone = sorted([FIRST_BARCODE, *changed["sizes"][1]["skus"]])
    assert (refused.status_code, refused.json()["additionalErrors"]) == (400, {"Ф-1": ", ".join(gone)})
    seller.wait(2)
    assert listed(seller)[0]["sizes"] == changed["sizes"]


def test_a_barcode_can_not_move_to_another_size_of_its_card() -> None:
    seller = empty()
    card = made(seller, with_skus(FIRST_BARCODE, SECOND_BARCODE))
    one, other = card["sizes"]
    swapped = [one | {"skus": other["skus"]}, other | {"skus": one["skus"]}]
    assert seller.ask(UPDATE, [as_update(card, sizes=swapped)]).status_code == 200
    seller.wait(2)
    assert f"Баркод {FIRST_BARCODE} нельзя удалить" in " ".join(error_texts(seller)["Ф-1"])
    assert listed(seller)[0]["sizes"] == card["sizes"]


def test_a_size_without_a_barcode_can_not_go_either() -> None:
    seller = empty()
    card = made(seller, with_skus(FIRST_BARCODE, SECOND_BARCODE))
    number = card["sizes"][1]["chrtID"]
    seller.sim(f"POST cards/{card['nmID']}", {"skus": {str(number): []}})
    seller.ask(UPDATE, [as_update(card, sizes=card["sizes"][:1])])
    seller.wait(2)
    assert error_texts(seller)["Ф-1"] == [f"Размер {number} нельзя удалить"]


def test_an_update_that_makes_two_cards_of_a_group_alike_is_refused_at_once() -> None:
    seller = empty()
    seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt("Ф-1"), shirt("Ф-2", colour=["черный"])]}])
    seller.wait(2)
    first, second = sorted(listed(seller), key=lambda card: str(card["vendorCode"]))
    alike = as_update(second, characteristics=first["characteristics"])
    answer = seller.ask(UPDATE, [alike])
    assert answer.json()["errorText"] == "non unique characteristics in one group"
    assert set(answer.json()["additionalErrors"]) == {"Ф-2"}
    bare = as_update(second, characteristics=without_charc(COLOUR)["characteristics"])
    assert "missing required characteristics" in seller.ask(UPDATE, [bare]).json()["additionalErrors"]["Ф-2"]
    swapped = as_update(first, characteristics=second["characteristics"])
    assert seller.ask(UPDATE, [swapped, alike]).status_code == 200


def test_documents_keep_their_ids_and_go_when_they_are_not_sent_again() -> None:
    seller = empty()
    papers = [{"type": 2, "number": "Д-7"}, {"type": 5, "number": "РБ-1", "isEndless": True}]
    card = made(seller, shirt(documents={"items": papers}))
    kept, gone = card["documents"]["items"]
    sent = {"items": [kept | {"number": "Д-8"}, {"type": 1, "number": "С-1"}]}
    seller.wait(60)
    seller.ask(UPDATE, [as_update(card, documents=sent)])
    seller.wait(2)
    changed, added = listed(seller)[0]["documents"]["items"]
    assert changed == kept | {"number": "Д-8"}
    assert (added["type"], added["number"]) == (1, "С-1")
    assert added["id"] not in {kept["id"], gone["id"]}
    assert added["createdAt"] > kept["createdAt"]


def test_whoever_says_that_no_documents_are_needed_loses_them() -> None:
    seller = empty()
    card = made(seller, shirt(documents={"items": [{"type": 2, "number": "Д-7"}], "excludeDocuments": True}))
    assert card["documents"] == {"items": [], "excludeDocuments": True}


def test_the_longest_description_depends_on_the_subject() -> None:
    seller = empty()
    upload(seller, shirt(description="о" * 2000))
    upload(seller, mug() | {"description": "о" * 1001}, subject=MUGS)
    upload(seller, shirt("Б-1", description="о" * 5000), subject=TRAINERS)
    seller.wait(2)
    assert {card["vendorCode"] for card in listed(seller)} == {"Ф-1", "Б-1"}
    assert "длиннее 1000" in error_texts(seller)["К-1"][0]


def test_other_vendor_codes_do_not_make_a_second_card_of_the_same_barcodes() -> None:
    seller = empty()
    made(seller, with_skus(FIRST_BARCODE))
    upload(seller, with_skus(FIRST_BARCODE) | {"vendorCode": "Ф-2"})
    seller.wait(2)
    assert [card["vendorCode"] for card in listed(seller)] == ["Ф-1"]
    assert f"Баркод {FIRST_BARCODE} используется" in error_texts(seller)["Ф-2"][0]


@pytest.mark.parametrize(("kind", "obeyed"), [("500", False), ("html500", False), ("500_after", True)])
def test_an_upload_that_ends_in_trouble_may_have_been_obeyed(kind: str, *, obeyed: bool) -> None:
    seller = empty()
    seller.sim("POST faults", [{"match": "POST /content/v2/cards/upload", "kind": kind, "times": 1}])
    answer = seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt()]}])
    assert answer.status_code == 500
    seller.wait(2)
    assert [card["vendorCode"] for card in listed(seller)] == ["Ф-1"] * obeyed


def test_a_card_that_is_not_there_cannot_be_changed() -> None:
    seller = empty()
    assert seller.ask(UPDATE, [shirt() | {"nmID": 5}]).status_code == 200
    seller.wait(2)
    assert "не найдена" in error_texts(seller)["Ф-1"][0]
    assert seller.ask(UPDATE, [shirt()]).status_code == 400


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"objectIDs": [MUGS]}, set()),
        ({"objectIDs": [SHIRTS, MUGS]}, {"Ф-1", "Ф-2"}),
        ({"brands": ["Зубрёнок"]}, {"Ф-2"}),
        ({"textSearch": "Ф-1"}, {"Ф-1"}),
        ({"textSearch": "Ф"}, set()),
        ({"withPhoto": 1}, set()),
        ({"withPhoto": 2}, {"Ф-1", "Ф-2"}),
        ({"withPhoto": -1}, {"Ф-1", "Ф-2"}),
        ({"tagIDs": [1]}, set()),
    ],
)
def test_the_list_of_cards_keeps_to_its_filters(filters: dict[str, Any], found: set[str]) -> None:
    seller = empty()
    made(seller, shirt(), shirt("Ф-2", brand="Зубрёнок"))
    assert {card["vendorCode"] for card in listed(seller, **filters)} == found


def test_a_standing_card_can_be_found_by_its_group_and_changed() -> None:
    seller = Seller(goods=4, foreign_cards=0, pace=100)
    [card] = listed(seller)
    assert listed(seller, imtID=card["imtID"]) == [card]
    characteristics = [{"id": COLOUR, "value": ["белый"]}, {"id": COMPOSITION, "value": ["лен 100%"]}]
    seller.ask(UPDATE, [as_update(card, characteristics=characteristics)])
    seller.wait(2)
    [changed] = listed(seller)
    assert [each["value"] for each in changed["characteristics"]] == [["белый"], ["лен 100%"]]
    assert (changed["photos"], changed["sizes"]) == (card["photos"], card["sizes"])


def test_barcodes_are_made_new_and_right_each_time() -> None:
    seller = empty()
    asked = [seller.ask(f"POST {V2}/barcodes", {"count": 3}).json()["data"] for _ in range(2)]
    assert len({*asked[0], *asked[1]}) == 6
    assert all(code == ean13(code[:12]) for code in asked[0])
    assert seller.ask(f"POST {V2}/barcodes", {"count": 5001}).status_code == 400


def test_cards_beyond_the_limit_are_refused() -> None:
    seller = empty()
    seller.sim("POST cards", {"free": 0})
    told = seller.ask(f"GET {V2}/cards/limits").json()["data"]
    upload(seller, *(shirt(f"Ф-{at}") for at in range(told["freeLimits"] + told["paidLimits"] + 1)))
    seller.wait(2)
    assert len(listed(seller)) == told["paidLimits"]
    assert ["лимит" in text for texts in error_texts(seller).values() for text in texts] == [True]


def test_a_value_that_left_the_dictionary_is_refused_from_then_on() -> None:
    seller = empty()
    seller.sim("POST schema", {"remove_value": {"directory": "colors", "value": "белый"}})
    upload(seller, shirt())
    seller.wait(2)
    assert "белый" in error_texts(seller)["Ф-1"][0]


def test_five_uploads_go_at_once_and_the_next_waits_six_seconds() -> None:
    seller = Seller(goods=0, foreign_cards=0)

    def asked() -> int:
        return seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt()]}]).status_code

    assert [asked() for _ in range(6)] == [200] * 5 + [429]
    assert seller.ask(f"POST {V2}/cards/error/list", {}).status_code == 200
    seller.wait(6)
    assert asked() == 400


@pytest.mark.parametrize(
    "token",
    [
        lambda seller: Seller(categories=[Category.PRICES]).token,
        lambda seller: Seller(categories=[Category.CONTENT, 30]).token,
    ],
    ids=["another category", "read only"],
)
def test_cards_are_made_with_a_writing_token_of_content_only(token: Callable[[Seller], str]) -> None:
    seller = empty()
    answer = seller.ask(UPLOAD, [{"subjectID": SHIRTS, "variants": [shirt()]}], token=token(seller))
    assert answer.status_code == 403


def test_everything_about_cards_can_be_looked_at_from_outside() -> None:
    seller = empty()
    card = made(seller, shirt())
    upload(seller, shirt("Ф-2", title=""))
    assert seller.sim("GET cards")["waiting"] == ["Ф-2"]
    seller.wait(2)
    told = seller.sim("GET cards")
    assert (told["cards"], told["waiting"]) == ([card], [])
    assert set(told["errors"]) == {"Ф-2"}
    assert told["prices"][str(card["nmID"])]["sizes"][0]["price"] == 40
    assert told["requests"]["POST /content/v2/cards/upload"] == 2
