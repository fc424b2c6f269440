"""AWS clients, made once per process, and AWS failures told as ours.

Nothing here names an endpoint: AWS_ENDPOINT_URL sends boto3 to a local cloud.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wbsync.errors import NotAuthorised, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
# Links are signed for the bucket's regional host: the global one redirects new buckets, which breaks the signature.
_S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))

_FORBIDDEN = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@cache
def dynamodb() -> "DynamoDBClient":
    client: DynamoDBClient = boto3.client("dynamodb", config=_CONFIG)
    return client


@cache
def cloudwatch() -> "CloudWatchClient":
    client: CloudWatchClient = boto3.client("cloudwatch", config=_CONFIG)
    return client


@cache
def s3() -> "S3Client":
    client: S3Client = boto3.client("s3", config=_S3_CONFIG)
    return client


@cache
def sqs() -> "SQSClient":
    client: SQSClient = boto3.client("sqs", config=_CONFIG)
    return client


@cache
def ssm() -> "SSMClient":
    client: SSMClient = boto3.client("ssm", config=_CONFIG)
    return client


def is_refused_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Tell AWS's failures in our words; a refused condition is an answer, not a failure, and passes."""
    try:
        yield
    except ClientError as error:
        if is_refused_condition(error):
            raise
        code = error.response["Error"]["Code"]
        if code in _FORBIDDEN:
            raise NotAuthorised(f"{what}: the function's role may not do this ({code})") from error
        raise Unavailable(f"{what}: AWS answered {code}", wait=5) from error
    except BotoCoreError as error:
        raise Unavailable(f"{what}: AWS did not answer ({type(error).__name__})", wait=5) from error


def conditionally(what: str, write: Callable[[], object]) -> bool:
    """Write under a condition; False when it does not hold."""
    try:
        with aws_errors(what):
            write()
    except ClientError as error:
        if not is_refused_condition(error):
            raise
        return False
    return True
