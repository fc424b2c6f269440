"""What most would write: everything imported at the top, three clients made at once. It answers without any call."""

import boto3
import httpx
import pydantic
from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()
clients = [boto3.client(service) for service in ("dynamodb", "s3", "sqs")]


class Answer(pydantic.BaseModel):
    httpx: str = httpx.__version__


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: object) -> dict[str, object]:
    metrics.add_metric("Finished", "Count", 1)
    logger.info("finished")
    return Answer().model_dump()
