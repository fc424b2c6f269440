"""What the simulated WB tells about subjects, characteristics and dictionaries (wildberries facts §2)."""

from typing import Any

import pytest

from infra.local.wildberries import Category
from infra.local.wildberries.subjects import COLOUR, MUGS, SHIRTS, TRAINERS
from tests.fixtures.wildberries import Seller

V2 = "GET /content-api/content/v2"
BRANDS = "GET /content-api/api/content/v1/brands"


def data(seller: Seller, path: str, **query: Any) -> Any:
    answer = seller.ask(f"{V2}/{path}", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def charcs(seller: Seller, subject: int) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in data(seller, f"object/charcs/{subject}")}


def test_subjects_are_found_by_a_part_of_their_name_and_by_their_parent() -> None:
    seller = Seller(pace=100)
    assert {row["subjectID"] for row in data(seller, "object/all")} == {SHIRTS, TRAINERS, MUGS}
    [mug] = data(seller, "object/all", name="круж")
    assert mug["subjectID"] == MUGS
    assert data(seller, "object/all", parentID=mug["parentID"]) == [mug]
    assert mug["parentID"] in {row["id"] for row in data(seller, "object/parent/all")}
    assert len(data(seller, "object/all", limit=2)) == 2
    assert seller.ask(f"{V2}/object/all", limit=1001).status_code == 400


def test_characteristics_are_told_with_their_kinds_and_shared_ones_have_one_id() -> None:
    seller = Seller(pace=100)
    shirt, mug = charcs(seller, SHIRTS), charcs(seller, MUGS)
    assert shirt["Цвет"]["charcID"] == mug["Цвет"]["charcID"] == COLOUR
    assert (shirt["Цвет"]["charcType"], shirt["Цвет"]["maxCount"], shirt["Цвет"]["isVariable"]) == (1, 5, True)
    assert shirt["Состав"]["required"]
    assert "Состав" not in mug
    assert (mug["Объем (мл)"]["charcType"], mug["Объем (мл)"]["unitName"]) == (4, "мл")
    assert shirt["Наименование"]["existNamedField"]
    assert not shirt["Цвет"]["existNamedField"]
    assert {row["charcType"] for row in shirt.values()} == {0, 1, 4}
    assert data(seller, "object/charcs/999") == []


def test_dictionaries_hold_what_shops_need() -> None:
    seller = Seller(pace=100)
    colours = {row["name"]: row["parentName"] for row in data(seller, "directory/colors")}
    assert colours["белый"] == "белый"
    assert colours["небесный"] == "голубой"
    countries = {row["name"] for row in data(seller, "directory/countries")}
    assert {"Беларусь", "Россия", "Китай", "Турция", "Узбекистан"} <= countries
    assert "Мужской" in data(seller, "directory/kinds")
    assert "лето" in data(seller, "directory/seasons")
    assert "Без НДС" in data(seller, "directory/vat")


def test_codes_are_told_by_subject_and_say_whether_goods_are_marked() -> None:
    seller = Seller()
    assert all(row["isKiz"] for row in data(seller, "directory/tnved", subjectID=SHIRTS))
    assert not any(row["isKiz"] for row in data(seller, "directory/tnved", subjectID=MUGS))
    assert len(data(seller, "directory/tnved", subjectID=SHIRTS, search="610910")) == 1


def test_brands_are_told_page_by_page_each_once() -> None:
    seller = Seller(pace=100)
    pages = [seller.ask(BRANDS, subjectId=SHIRTS).json()]
    while "next" in pages[-1]:
        pages.append(seller.ask(BRANDS, subjectId=SHIRTS, next=pages[-1]["next"]).json())
    names = [brand["name"] for page in pages for brand in page["brands"]]
    assert len(pages) > 2
    assert len(names) == len(set(names)) == pages[0]["total"]
    assert "Небывалое" in names
    assert "Запрещённый Бренд" not in names


@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"subjectId": -1}, 400), ({"subjectId": 5}, 404)])
def test_brands_of_no_subject_are_refused_as_a_problem(query: dict[str, Any], status: int) -> None:
    answer = Seller().ask(BRANDS, **query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["origin"] == "brands-api"


def test_a_token_without_content_is_refused_in_the_envelope_and_by_the_gateway_for_brands() -> None:
    seller = Seller(categories=[Category.MARKETPLACE])
    assert set(seller.ask(f"{V2}/directory/colors").json()) == {"data", "error", "errorText", "additionalErrors"}
    assert seller.ask(BRANDS, subjectId=SHIRTS).json()["statusText"] == "Forbidden"


def test_directories_have_a_bucket_of_their_own_and_five_requests_in_it() -> None:
    seller = Seller()
    assert [seller.ask(f"{V2}/directory/colors").status_code for _ in range(6)] == [200] * 5 + [429]
    assert seller.ask(f"{V2}/directory/countries").status_code == 200


def test_the_schema_changes_while_the_seller_looks() -> None:
    seller = Seller(pace=100)
    seller.sim(
        "POST schema",
        {
            "add_charc": {"subjectID": MUGS, "charcID": 77, "name": "Диаметр дна", "required": True, "charcType": 4},
            "change_charc": {"charcID": COLOUR, "maxCount": 2},
            "remove_charc": {"subjectID": SHIRTS, "charcID": charcs(seller, SHIRTS)["Пол"]["charcID"]},
            "remove_value": [{"directory": "colors", "value": "алый"}, {"directory": "seasons", "value": "лето"}],
            "add_value": {"directory": "countries", "value": "Атлантида"},
        },
    )
    mug = charcs(seller, MUGS)
    assert (mug["Диаметр дна"]["required"], mug["Диаметр дна"]["charcType"]) == (True, 4)
    assert mug["Цвет"]["maxCount"] == charcs(seller, SHIRTS)["Цвет"]["maxCount"] == 2
    assert "Пол" not in charcs(seller, SHIRTS)
    assert "Пол" in charcs(seller, TRAINERS)
    assert "алый" not in {row["name"] for row in data(seller, "directory/colors")}
    assert "лето" not in data(seller, "directory/seasons")
    assert "Атлантида" in {row["name"] for row in data(seller, "directory/countries")}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"remove_charc": {"subjectID": MUGS, "charcID": 1}}, 404),
        ({"change_charc": {"charcID": COLOUR, "charcType": 9}}, 400),
        ({"forget": 1}, 400),
    ],
)
def test_a_change_of_the_schema_that_does_not_fit_is_refused(change: object, status: int) -> None:
    assert Seller().http.post("/_sim/schema", json=change).status_code == status


def test_the_whole_schema_can_be_looked_at_from_outside() -> None:
    seller = Seller(pace=100)
    told = seller.sim("GET schema")
    assert {row["subjectID"] for row in told["subjects"]} == {SHIRTS, TRAINERS, MUGS}
    assert told["charcs"][str(MUGS)] == data(seller, f"object/charcs/{MUGS}")
    assert len(told["colors"]) >= 80
    assert len(told["brands"][str(SHIRTS)]) == seller.ask(BRANDS, subjectId=SHIRTS).json()["total"]
    seller.sim("POST schema", {"remove_value": {"directory": "colors", "value": "алый"}})
    assert "алый" not in seller.sim("GET schema")["colors"]
