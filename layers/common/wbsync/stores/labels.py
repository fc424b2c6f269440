"""The Labels bucket: one PDF per order, and the files of each supply, under fixed keys."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.labels import label_key
from wbsync.domain.supplies import SupplyFile, supply_key
from wbsync.errors import NotAuthorised, SyncError, Unavailable
from wbsync.stores.aws import aws_errors, s3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PDF = "application/pdf"
_TOGETHER = 8
"""Labels read at a time; the client keeps ten connections."""
_NOT_THERE = frozenset({"404", "NoSuchKey"})
_NOT_TOLD = frozenset({"403", "AccessDenied"})  # what S3 says of an absent file to whom may not list the bucket


class LabelsStore:
    """Methods raise Unavailable or NotAuthorised when S3 does not obey."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or s3()

    def put(self, order_id: OrderId, pdf: bytes) -> None:
        """Keep the order's label; one that is there already is replaced."""
        with aws_errors("storing a label"):
            self._client.put_object(Bucket=self._bucket, Key=label_key(order_id), Body=pdf, ContentType=_PDF)

    def read(self, order_ids: Iterable[OrderId]) -> dict[OrderId, bytes]:
        """The labels of these orders; those that are not there are left out."""
        wanted = tuple(dict.fromkeys(order_ids))
        with ThreadPoolExecutor(_TOGETHER) as together:
            found = together.map(self._read, map(label_key, wanted))
            return {order_id: pdf for order_id, pdf in zip(wanted, found, strict=True) if pdf is not None}

    def put_supply_file(self, supply_id: SupplyId, file: SupplyFile, content: bytes) -> None:
        """Keep a file of a supply; one that is there already is replaced."""
        with aws_errors("storing a supply's file"):
            self._client.put_object(
                Bucket=self._bucket, Key=supply_key(supply_id, file), Body=content, ContentType=file.content_type
            )

    def read_supply_file(self, supply_id: SupplyId, file: SupplyFile) -> bytes | None:
        """None when it is not there."""
        return self._read(supply_key(supply_id, file))

    def has_supply_file(self, supply_id: SupplyId, file: SupplyFile) -> bool:
        """Asked without the right to list the bucket, so a role that may not read the file hears no, too."""
        try:
            with aws_errors("looking for a supply's file"):
                self._client.head_object(Bucket=self._bucket, Key=supply_key(supply_id, file))
        except (Unavailable, NotAuthorised) as error:
            if _code(error) not in _NOT_THERE | _NOT_TOLD:
                raise
            return False
        return True

    def open_supply_file(self, supply_id: SupplyId, file: SupplyFile, *, seconds: int) -> str:
        """A link that shows the file in the browser, made as `open` makes them."""
        return self._link(supply_key(supply_id, file), f"{supply_id}-{file}", file.content_type, seconds)

    def open(self, order_id: OrderId, *, seconds: int) -> str:
        """A link that shows the label in the browser for `seconds`, or less if the role's session ends sooner.

        Made without asking S3: the link to a label that is not there leads to S3's own error.
        """
        return self._link(label_key(order_id), f"WB-{order_id}.pdf", _PDF, seconds)

    def _read(self, key: str) -> bytes | None:
        try:
            with aws_errors("reading a label"):
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except Unavailable as error:
            if _code(error) not in _NOT_THERE:
                raise
            return None

    def _link(self, key: str, name: str, content_type: str, seconds: int) -> str:
        with aws_errors("making a link to a label"):
            return self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "ResponseContentType": content_type,
                    "ResponseContentDisposition": f'inline; filename="{name}"',
                    "ResponseCacheControl": "private, no-store",
                },
                ExpiresIn=seconds,
            )


def _code(error: SyncError) -> str:
    """What S3 itself said."""
    cause = error.__cause__
    return str(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else ""
