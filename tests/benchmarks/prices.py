"""What AWS asks for in eu-central-1 (Frankfurt): public list prices in US dollars, before tax.

Written down from memory of the price pages on 2026-11-23, not fetched: check them before you promise anybody a bill.
Free tiers are not deducted, so a small shop's real bill is lower.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REGION, AS_OF = "eu-central-1", "2026-11-23"


@dataclass(frozen=True)
class Price:
    service: str
    what: str
    dollars: float
    per: float
    source: str


PRICES: Mapping[str, Price] = {
    "lambda_gb_s": Price("Lambda", "GB-second, arm64", 0.0000133334, 1, "lambda"),
    "lambda_requests": Price("Lambda", "requests", 0.20, 1e6, "lambda"),
    "dynamodb_reads": Price("DynamoDB", "read units, on demand", 0.1525, 1e6, "dynamodb"),
    "dynamodb_writes": Price("DynamoDB", "write units, on demand", 0.7625, 1e6, "dynamodb"),
    "dynamodb_gb": Price("DynamoDB", "GB-month stored", 0.306, 1, "dynamodb"),
    "dynamodb_pitr_gb": Price("DynamoDB", "GB-month of point-in-time recovery", 0.2448, 1, "dynamodb"),
    "sqs_requests": Price("SQS", "requests of 64 KB, standard queues", 0.40, 1e6, "sqs"),
    "s3_puts": Price("S3", "PUT requests", 0.0054, 1e3, "s3"),
    "s3_gets": Price("S3", "GET requests", 0.00043, 1e3, "s3"),
    "s3_gb": Price("S3", "GB-month stored", 0.0245, 1, "s3"),
    "schedules": Price("Scheduler", "invocations", 1.00, 1e6, "eventbridge"),
    "log_gb": Price("CloudWatch", "GB of logs taken in", 0.63, 1, "cloudwatch"),
    "log_stored_gb": Price("CloudWatch", "GB-month of logs stored", 0.0324, 1, "cloudwatch"),
    "metrics": Price("CloudWatch", "custom metrics, each a month", 0.30, 1, "cloudwatch"),
    "alarms": Price("CloudWatch", "alarms, each a month", 0.10, 1, "cloudwatch"),
    "kms_requests": Price("KMS", "decryptions of SecureStrings", 0.03, 1e4, "kms"),
    "ssm_reads": Price("SSM", "reads of standard parameters", 0.0, 1, "systems-manager"),
    "traces": Price("X-Ray", "traces recorded", 5.00, 1e6, "xray"),
}
"""By the name that the model counts them under; `source` is the page https://aws.amazon.com/<source>/pricing/."""


def dollars(used: Mapping[str, float]) -> dict[str, float]:
    """A bill by service."""
    bill: dict[str, float] = {}
    for name, price in PRICES.items():
        bill[price.service] = bill.get(price.service, 0.0) + used.get(name, 0.0) / price.per * price.dollars
    return bill
