"""The Labels bucket hands out links that browsers open as a PDF."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from botocore.stub import Stubber

from tests.fixtures.aws import Aws
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.supplies import SupplyFile
from wbsync.errors import NotAuthorised, Unavailable
from wbsync.stores.aws import s3
from wbsync.stores.labels import LabelsStore

ORDER = OrderId(5_123_456_789)
PDF = b"%PDF-1.6 a label"


def get(link: str) -> Any:
    return requests.get(link, timeout=5)


def test_a_link_shows_the_stored_label_in_the_browser(aws: Aws) -> None:
    labels = LabelsStore(aws.bucket)
    labels.put(ORDER, PDF)

    answer = get(labels.open(ORDER, seconds=60))

    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="WB-5123456789.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_label_made_again_replaces_the_old_one(aws: Aws) -> None:
    labels = LabelsStore(aws.bucket)
    labels.put(ORDER, b"old")
    labels.put(ORDER, PDF)

    assert get(labels.open(ORDER, seconds=60)).content == PDF
    assert [item["Key"] for item in s3().list_objects_v2(Bucket=aws.bucket)["Contents"]] == ["labels/5123456789.pdf"]


def test_a_label_lies_in_s3_as_a_pdf(aws: Aws) -> None:
    LabelsStore(aws.bucket).put(ORDER, PDF)

    assert s3().head_object(Bucket=aws.bucket, Key="labels/5123456789.pdf")["ContentType"] == "application/pdf"


def test_a_link_lives_as_long_as_it_was_asked_for(aws: Aws) -> None:
    query = parse_qs(urlsplit(LabelsStore(aws.bucket).open(ORDER, seconds=90)).query)

    assert query["X-Amz-Expires"] == ["90"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_a_link_to_a_label_that_is_not_there_shows_nothing(aws: Aws) -> None:
    # S3 says 403 to those who may not list the bucket.
    assert get(LabelsStore(aws.bucket).open(ORDER, seconds=60)).status_code in {403, 404}


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [("AccessDenied", 403, NotAuthorised), ("SlowDown", 503, Unavailable), ("NoSuchBucket", 404, Unavailable)],
)
def test_what_s3_refuses_is_told_in_our_words(
    aws: Aws, code: str, status: int, failure: type[NotAuthorised | Unavailable]
) -> None:
    with Stubber(s3()) as stubbed:
        stubbed.add_client_error("put_object", code, http_status_code=status)
        with pytest.raises(failure, match=f"storing a label: .*{code}"):
            LabelsStore(aws.bucket).put(ORDER, PDF)


def test_a_link_names_the_buckets_regional_host(aws: Aws) -> None:
    """S3 redirects from its global host, and the signature does not survive that."""
    host = urlsplit(LabelsStore(aws.bucket).open(ORDER, seconds=60)).hostname
    assert host == f"{aws.bucket}.s3.eu-central-1.amazonaws.com"


# ---- reading

SUPPLY = SupplyId("WB-GI-1")


def test_labels_are_read_together_and_those_that_are_not_there_left_out(aws: Aws) -> None:
    labels = LabelsStore(aws.bucket)
    for number in range(1, 31):
        labels.put(OrderId(number), f"label {number}".encode())
    found = labels.read(map(OrderId, range(1, 41)))
    assert found == {number: f"label {number}".encode() for number in range(1, 31)}
    assert labels.read([]) == {}


def test_a_supplys_file_is_read_or_told_to_be_absent(aws: Aws) -> None:
    labels = LabelsStore(aws.bucket)
    assert labels.read_supply_file(SUPPLY, SupplyFile.CODE) is None
    assert not labels.has_supply_file(SUPPLY, SupplyFile.CODE)
    labels.put_supply_file(SUPPLY, SupplyFile.CODE, b"png")
    assert labels.read_supply_file(SUPPLY, SupplyFile.CODE) == b"png"
    assert labels.has_supply_file(SUPPLY, SupplyFile.CODE)


@pytest.mark.parametrize(
    ("code", "status", "error"), [("AccessDenied", 403, NotAuthorised), ("SlowDown", 503, Unavailable)]
)
def test_s3_that_does_not_obey_is_told_when_a_label_is_read(
    aws: Aws, code: str, status: int, error: type[Exception]
) -> None:
    with Stubber(s3()) as stubber:
        stubber.add_client_error("get_object", code, http_status_code=status)
        with pytest.raises(error):
            LabelsStore(aws.bucket).read([ORDER])


def test_who_may_not_list_the_bucket_hears_that_a_file_is_absent(aws: Aws) -> None:
    with Stubber(s3()) as stubber:
        stubber.add_client_error("head_object", "403", http_status_code=403)
        assert not LabelsStore(aws.bucket).has_supply_file(SUPPLY, SupplyFile.A4)
        stubber.add_client_error("head_object", "503", http_status_code=503)
        with pytest.raises(Unavailable):
            LabelsStore(aws.bucket).has_supply_file(SUPPLY, SupplyFile.A4)
