"""A click on a label's link, from the event of a Function URL to the answer a browser gets."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from functions.open_label import app
from tests.fixtures.aws import Aws
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.label_links import signed_path, signed_supply_path
from wbsync.domain.supplies import SupplyFile
from wbsync.stores.aws import ssm
from wbsync.stores.labels import LabelsStore
from wbsync.telemetry import utcnow

KEY, OLD_KEY, FOREIGN_KEY = "key-of-the-shop-" * 2, "key-before-this-" * 2, "key-of-a-thief--" * 2
ORDER = OrderId(5_123_456_789)
PDF = b"%PDF-1.6 a label"
DAY = timedelta(days=1)
CONTEXT: Any = SimpleNamespace(
    function_name="OpenLabel",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:OpenLabel",
    aws_request_id="1",
)

type Answer = dict[str, Any]


@dataclass(frozen=True)
class Url:
    """The Function URL: events as Lambda makes them (payload format 2.0)."""

    def get(self, link: str, *, method: str = "GET") -> Answer:
        path, query = urlsplit(link).path, urlsplit(link).query
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": "abc.lambda-url.eu-central-1.on.aws"},
            "requestContext": {
                "accountId": "anonymous",
                "domainName": "abc.lambda-url.eu-central-1.on.aws",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "requestId": "1",
                "routeKey": "$default",
                "stage": "$default",
            },
            "isBase64Encoded": False,
        }
        # Lambda leaves the parameters out when there are none.
        event |= {"queryStringParameters": dict(parse_qsl(query, keep_blank_values=True))} if query else {}
        answer: Answer = app.handler(event, CONTEXT)
        return answer


@pytest.fixture
def url(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Url:
    """One label in its bucket, the shop's key and the one before it in SSM."""
    parameter = f"/wbsync/{aws.bucket}/label-key"
    ssm().put_parameter(Name=parameter, Type="SecureString", Value=f"{KEY},{OLD_KEY}")
    monkeypatch.setenv("LABEL_KEY_PARAMETER", parameter)
    monkeypatch.setenv("LABELS_BUCKET", aws.bucket)
    app.settings.cache_clear()
    LabelsStore(aws.bucket).put(ORDER, PDF)
    return Url()


def link(*, order: OrderId = ORDER, key: str = KEY, lives: timedelta = DAY) -> str:
    return signed_path(order, key=key.encode(), expires=utcnow() + lives)


@pytest.mark.parametrize("key", [KEY, OLD_KEY])
def test_a_click_leads_to_the_label(url: Url, key: str) -> None:
    answer = url.get(link(key=key))

    assert answer["statusCode"] == 302
    assert requests.get(answer["headers"]["Location"], timeout=5).content == PDF


def test_the_link_to_s3_lives_for_minutes(url: Url) -> None:
    location = url.get(link())["headers"]["Location"]

    assert 60 <= int(dict(parse_qsl(location))["X-Amz-Expires"]) <= 600


REFUSED = {
    "foreign key": link(key=FOREIGN_KEY),
    "expired": link(lives=-DAY),
    "order that is not there, foreign key": link(order=OrderId(404), key=FOREIGN_KEY),
    "another order": link().replace("5123456789", "5123456780"),
    "later expiry": link().replace("?e=1", "?e=2"),
    "no query": "/labels/5123456789",
    "no signature": link().split("&", maxsplit=1)[0],
    "empty signature": link().split("&", maxsplit=1)[0] + "&s=",
    "no number": link().replace("5123456789", "abc"),
    "junk": "/labels/%00..%2F?e=%F0%9F%92%A9&s='--",
    "very long": "/labels/" + "9" * 5000 + "?e=" + "9" * 5000,
}


@pytest.mark.parametrize("why", REFUSED)
def test_every_refusal_is_the_same_and_tells_nothing(url: Url, why: str) -> None:
    refusal = url.get(REFUSED[why])

    assert refusal == url.get("/labels/1")
    assert refusal["statusCode"] == 403
    assert refusal["body"].startswith("Ссылка недействительна")
    assert refusal["headers"]["Content-Type"] == "text/plain; charset=utf-8"


def test_a_good_link_to_a_label_that_was_deleted_is_answered_like_any_other(url: Url) -> None:
    assert url.get(link(order=OrderId(404)))["statusCode"] == 302


@pytest.mark.parametrize("path", ["/", "/labels", "/labels/", "/labels/1/2", "/favicon.ico", "/docs"])
def test_any_other_path_is_plainly_not_found(url: Url, path: str) -> None:
    answer = url.get(path)

    assert (answer["statusCode"], answer["body"]) == (404, "Not found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_links_can_only_be_opened(url: Url, method: str) -> None:
    assert url.get(link(), method=method)["statusCode"] == 404


@pytest.mark.parametrize("path", [link(), "/labels/1", "/"], ids=["a label", "refused", "nothing"])
def test_no_answer_is_kept_or_tells_the_next_site_where_it_came_from(url: Url, path: str) -> None:
    headers = url.get(path)["headers"]

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_signature_is_not_logged(url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    path = link()

    answer = url.get(path)

    printed = "".join(capsys.readouterr())
    assert path.partition("&s=")[2] not in printed
    assert answer["headers"]["Location"] not in printed


# ---- supplies

SUPPLY = SupplyId("WB-GI-1234567")
FILES = {
    "": SupplyFile.THERMAL,
    "&paper=thermal": SupplyFile.THERMAL,
    "&paper=a4": SupplyFile.A4,
    "&paper=code": SupplyFile.CODE,
    "&paper=spot": SupplyFile.SPOT,
}


def supply_link(supply: SupplyId = SUPPLY, *, key: str = KEY) -> str:
    return signed_supply_path(supply, key=key.encode(), expires=utcnow() + DAY)


@pytest.mark.parametrize("paper", FILES)
def test_a_supplys_link_leads_to_the_paper_it_names(url: Url, aws: Aws, paper: str) -> None:
    for file in SupplyFile:
        LabelsStore(aws.bucket).put_supply_file(SUPPLY, file, file.encode())

    answer = url.get(supply_link() + paper)

    assert answer["statusCode"] == 302
    shown = requests.get(answer["headers"]["Location"], timeout=5)
    assert shown.content == FILES[paper].encode()
    assert shown.headers["Content-Type"] == FILES[paper].content_type


def test_a_paper_that_is_not_made_yet_is_told_in_plain_words(url: Url) -> None:
    answer = url.get(supply_link())

    assert answer["statusCode"] == 404
    assert answer["body"].startswith("Файл ещё не готов")
    assert answer["headers"]["Cache-Control"] == "no-store"


REFUSED_SUPPLIES = {
    "foreign key": supply_link(key=FOREIGN_KEY),
    "another supply": supply_link().replace("1234567", "1234568"),
    "unknown paper": supply_link() + "&paper=secret",
    "no query": "/supplies/WB-GI-1234567",
    "another folder": "/supplies/%00..%2F?e=1&s=1",
    "a label's signature": link().replace("/labels/", "/supplies/"),
    "a supply's signature": supply_link().replace("/supplies/", "/labels/"),
}


@pytest.mark.parametrize("why", REFUSED_SUPPLIES)
def test_a_supplys_refusal_is_that_of_a_label(url: Url, why: str) -> None:
    assert url.get(REFUSED_SUPPLIES[why]) == url.get("/labels/1")
