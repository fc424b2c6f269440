"""The Labels bucket: one PDF per order under a fixed key."""

from typing import TYPE_CHECKING

from wbsync.domain.ids import OrderId
from wbsync.domain.labels import label_key
from wbsync.stores.aws import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PDF = "application/pdf"


class Labels:
    """Labels in `bucket`. Methods raise Unavailable or NotAuthorised when S3 does not obey."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, order_id: OrderId, pdf: bytes) -> None:
        """Keep the order's label; one that is there already is replaced."""
        with aws_errors("storing a label"):
            self._s3.put_object(Bucket=self._bucket, Key=label_key(order_id), Body=pdf, ContentType=_PDF)

    def open(self, order_id: OrderId, *, seconds: int) -> str:
        """A link that shows the label in the browser for `seconds`, or less if the role's session ends sooner.

        Made without asking S3: the link to a label that is not there leads to S3's own error.
        """
        with aws_errors("making a link to a label"):
            return self._s3.generate_presigned_url(
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
