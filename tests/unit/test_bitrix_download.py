"""Files of the shop: bytes or one error, from the webhook's host and no other."""

from collections.abc import Iterator

import httpx
import pytest
import respx

from tests.samples.bitrix import SECRET, WEBHOOK, Played
from wbsync.bitrix.catalog import Picture, ShownOffer, download_picture, read_shown
from wbsync.bitrix.client import BitrixClient, default_http
from wbsync.domain.ids import OfferId
from wbsync.domain.shop import Catalog
from wbsync.errors import NotAuthorised, RateLimited, Rejected, SyncError, Unavailable

PICTURE = Picture(OfferId(1286), "previewPicture", 6437)
DOWNLOAD = WEBHOOK + "catalog.product.download.json"
JPEG = b"\xff\xd8\xff\xe0 a photo"
CATALOG = Catalog(iblocks=(23, 24))


def download(most: int = 100) -> bytes:
    client = BitrixClient(default_http(), webhook=lambda: WEBHOOK)
    return download_picture(client, PICTURE, most=most, seconds=1)


@respx.mock
def test_a_picture_is_asked_for_by_its_offer_and_comes_as_it_is() -> None:
    route = respx.post(DOWNLOAD).respond(content=JPEG, content_type="image/jpeg")
    assert download() == JPEG
    asked = b'{"fields":{"fileId":6437,"productId":1286,"fieldName":"previewPicture"}}'
    assert route.calls.last.request.content == asked


@respx.mock
def test_a_file_that_is_too_large_is_left_in_the_middle() -> None:
    read: list[int] = []

    def endless() -> Iterator[bytes]:
        for n in range(1000):
            read.append(n)
            yield b"x" * 60

    respx.post(DOWNLOAD).mock(side_effect=lambda _: httpx.Response(200, content=endless()))
    with pytest.raises(Rejected, match="more than 100 bytes"):
        download()
    assert len(read) < 5


@respx.mock
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(302, headers={"Location": "https://elsewhere.example/photo.jpg"}), Unavailable),
        (httpx.Response(200, html="<html>Авторизация</html>"), Unavailable),
        (httpx.Response(200, content=b""), Unavailable),
        (httpx.Response(502, content=JPEG), Unavailable),
        (httpx.Response(200, json={"result": "what"}), Unavailable),
        (httpx.Response(200, json={"error": 0, "error_description": "Required fields: fileId"}), Rejected),
        (httpx.Response(503, json={"error": "QUERY_LIMIT_EXCEEDED"}), RateLimited),
        (httpx.Response(403, json={"error": "insufficient_scope"}), NotAuthorised),
    ],
)
def test_what_is_no_file_is_an_error_and_nobody_else_is_asked(answer: httpx.Response, error: type[SyncError]) -> None:
    respx.post(DOWNLOAD).mock(return_value=answer)
    with pytest.raises(error) as caught:
        download()
    assert SECRET not in str(caught.value)
    assert len(respx.calls) == 1


@respx.mock
def test_a_connection_that_breaks_is_unavailable_without_the_address() -> None:
    respx.post(DOWNLOAD).mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable) as caught:
        download()
    assert SECRET not in repr(caught.value)


# ---- how people know an offer


def shown(rows: list[dict[str, object]], offers: dict[int, int]) -> tuple[dict[OfferId, ShownOffer], Played]:
    def answer(method: str, params: dict[str, object]) -> object:
        asked = params["filter"]
        assert isinstance(asked, dict)
        if method == "catalog.productProperty.list":
            found = [{"id": 102, "iblockId": 24, "code": "PLACE"}] if asked["iblockId"] == "24" else []
            return {"productProperties": found}
        of = [row for row in rows if str(row["iblockId"]) == asked["iblockId"] and str(row["id"]) in asked["id"]]
        return {"products": of}

    played = Played(answer)
    ids = {OfferId(offer): iblock for offer, iblock in offers.items()}
    return read_shown(played.client, CATALOG, ids, place_property="PLACE"), played


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        (None, ""),
        ({"value": " А-01 ", "valueId": "1"}, "А-01"),
        ({"value": "77", "valueId": "1", "valueEnum": "Ряд 3"}, "Ряд 3"),
        ([{"value": "А-01", "valueId": "1"}, {"value": "Б-02", "valueId": "2"}], "А-01, Б-02"),
    ],
)
def test_a_place_is_what_people_wrote(cell: object, place: str) -> None:
    rows: list[dict[str, object]] = [{"id": 1, "iblockId": 24, "name": "Кружка", "property102": cell}]
    assert shown(rows, {1: 24})[0] == {1: ShownOffer("Кружка", place, None)}


@pytest.mark.parametrize(
    ("pictures", "field"),
    [
        ({"previewPicture": {"id": "7"}, "detailPicture": {"id": "8"}}, ("previewPicture", 7)),
        ({"previewPicture": None, "detailPicture": {"id": "8"}}, ("detailPicture", 8)),
        ({"previewPicture": "", "detailPicture": []}, None),
    ],
)
def test_the_small_picture_is_taken_where_there_is_one(
    pictures: dict[str, object], field: tuple[str, int] | None
) -> None:
    found = shown([{"id": 1, "iblockId": 24, "name": "Кружка", **pictures}], {1: 24})[0][OfferId(1)].picture
    assert found == (Picture(OfferId(1), *field) if field else None)


def test_an_information_block_without_the_property_tells_no_places() -> None:
    rows: list[dict[str, object]] = [{"id": n, "iblockId": 23, "name": "Чай"} for n in range(1, 121)]
    found, played = shown(rows, dict.fromkeys(range(1, 121), 23))
    assert len(found) == 120
    assert {offer.place for offer in found.values()} == {""}
    assert all(len(asked["filter"]["id"]) <= 50 for asked in played.asked("catalog.product.list"))


def test_nothing_is_asked_when_there_are_no_offers() -> None:
    found, played = shown([], {})
    assert found == {}
    assert played.asked("catalog.product.list") == []
