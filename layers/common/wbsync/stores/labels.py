"""The Labels bucket: one PDF per order under a fixed key."""

from typing import TYPE_CHECKING

from wbsync.domain.ids import OrderId
from wbsync.domain.labels import label_key
from wbsync.stores.aws import aws_errors, s3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PDF = "application/pdf"


class LabelsStore:
    """Methods raise Unavailable or NotAuthorised when S3 does not obey."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or s3()

    def put(self, order_id: OrderId, pdf: bytes) -> None:
        """Keep the order's label; one that is there already is replaced."""
        with aws_errors("storing a label"):
            self._client.put_object(Bucket=self._bucket, Key=label_key(order_id), Body=pdf, ContentType=_PDF)

    def open(self, order_id: OrderId, *, seconds: int) -> str:
        """A link that shows the label in the browser for `seconds`, or less if the role's session ends sooner.

        Made without asking S3: the link to a label that is not there leads to S3's own error.
        """
        with aws_errors("making a link to a label"):
            return self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": label_key(order_id),
                    "ResponseContentType": _PDF,
                    "ResponseContentDisposition": f'inline; filename="WB-{order_id}.pdf"',
                    "ResponseCacheControl": "private, no-store",
                },
                ExpiresIn=seconds,
            )
