"""Permits of a card: told whole or not at all, laid beside those that stand, and the same in WB's spelling of them."""

from typing import Any

import pytest

from wbsync.domain.card_documents import BELARUS_CERTIFICATE, documents, documents_over, documents_stand
from wbsync.domain.cards import CardProblem, ProblemKind
from wbsync.wb.card_wire import Documents

SOURCES = {"documentNumber": "NOMER_RU", "documentStart": "DATA_RU", "documentEnd": "KONETS_RU", "documentType": "TIP"}


def item(told: dict[str, str]) -> dict[str, Any]:
    found, problems = documents(told, SOURCES)
    assert problems == ()
    assert found
    [only] = found["items"]
    return dict(only)


def test_a_card_that_names_no_document_says_nothing_of_documents() -> None:
    assert documents({}, SOURCES) == (None, ())
    assert documents({"documentNumber": " ", "documentStart": ""}, SOURCES) == (None, ())
    assert documents({"documentType": "5"}, SOURCES) == (None, ())


def test_a_bare_number_is_a_belarusian_certificate_without_an_end() -> None:
    assert item({"documentNumber": "BY/112 11.01"}) == {
        "type": BELARUS_CERTIFICATE,
        "number": "BY/112 11.01",
        "isEndless": True,
    }
    assert BELARUS_CERTIFICATE == 5


def test_everything_that_the_shop_knows_is_told_under_wbs_names() -> None:
    told = {
        "documentType": "2",
        "documentNumber": " Д-7 ",
        "documentProduct": "11",
        "documentTradeName": "Шарф",
        "documentApplicant": "ООО «Небывалое»",
        "documentStart": "01.02.2026",
        "documentEnd": "2027-02-01",
    }
    found = item(told)
    assert (found["type"], found["number"], found["productNumber"]) == (2, "Д-7", "11")
    assert (found["tradeName"], found["applicant"]) == ("Шарф", "ООО «Небывалое»")
    assert (found["startDate"][:10], found["endDate"][:10]) == ("2026-02-01", "2027-02-01")
    assert "isEndless" not in found
    assert Documents.model_validate({"items": [found]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("documentStart", "31.02.2026"),
        ("documentStart", "скоро"),
        ("documentEnd", "2026-13-01"),
        ("documentType", "сертификат"),
        ("documentType", "0"),
    ],
)
def test_a_part_that_is_not_understood_is_told_and_nothing_is_sent(field: str, value: str) -> None:
    told = {"documentNumber": "Д-7", field: value}
    assert documents(told, SOURCES) == (None, (CardProblem(ProblemKind.DOCUMENT, field, SOURCES[field], value),))


def test_a_document_without_its_number_is_told_where_the_number_belongs() -> None:
    _, problems = documents({"documentStart": "01.02.2026"}, SOURCES)
    assert problems == (CardProblem(ProblemKind.DOCUMENT, "documentNumber", "NOMER_RU"),)
    assert problems[0].blocks


WANTED = {"items": [{"type": 5, "number": "РУ-1", "startDate": "2026-02-01T00:00:00Z", "isEndless": True}]}


@pytest.mark.parametrize(
    "standing",
    [
        WANTED["items"][0],
        {"id": "d1", "number": "РУ-1", "type": 5, "startDate": "2026-02-01T00:00:00.000Z", "isEndless": True},
        {"id": "d1", "number": "РУ-1", "type": 5, "startDate": "2026-02-01"},
        {"number": " РУ-1", "type": 5, "startDate": "2026-02-01", "endDate": None, "applicant": "staff's own"},
    ],
    ids=["as sent", "with WB's id", "without a word of its end", "with more than we know"],
)
def test_a_document_stands_however_wb_writes_it(standing: dict[str, Any]) -> None:
    assert documents_stand(WANTED, {"items": [{"id": "d0", "type": 1, "number": "x"}, standing]})
    assert documents_stand(None, {"items": [standing]})


@pytest.mark.parametrize(
    "standing", [None, {"items": []}, {"items": [{**WANTED["items"][0], "number": "РУ-2"}]}, {"excludeDocuments": True}]
)
def test_a_document_that_wb_lacks_does_not_stand(standing: dict[str, Any] | None) -> None:
    assert not documents_stand(WANTED, standing)


def test_other_documents_stay_and_one_of_the_same_kind_becomes_the_new_one_with_its_id() -> None:
    other = {"id": "d0", "type": 1, "number": "x"}
    old = {"id": "d1", "type": 5, "number": "РУ-0", "startDate": "2020-01-01", "endDate": "2025-01-01"}
    sent = documents_over({"items": [other, old]}, WANTED)
    assert sent == {"items": [other, {"id": "d1", **WANTED["items"][0]}]}
    assert documents_stand(WANTED, sent)
    assert documents_over({"items": [other]}, None) == {"items": [other]}
    assert documents_over(None, WANTED) == WANTED


def test_what_is_laid_over_twice_is_as_it_was() -> None:
    once = documents_over({"items": [{"id": "d1", "type": 5, "number": "РУ-0"}]}, WANTED)
    assert documents_over(once, WANTED) == once


def test_of_two_documents_of_a_kind_the_one_that_is_wanted_stays_and_the_other_too() -> None:
    old = {"id": "d1", "type": 5, "number": "РУ-0"}
    same = {"id": "d2", **WANTED["items"][0]}
    sent = documents_over({"items": [old, same]}, WANTED)
    assert sent == {"items": [old, same]}
