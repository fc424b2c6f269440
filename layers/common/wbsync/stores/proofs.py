"""The Proofs table: what the last reading of a day's orders showed, one item per day."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from wbsync.domain.proof import Proof
from wbsync.stores.aws import conditionally, dynamodb
from wbsync.stores.batches import read_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ProofsStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def put(self, proof: Proof) -> bool:
        """Keep a day's proof in the place of an older one; False when a newer one is kept already."""
        read_at = {"S": proof.read_at.isoformat(timespec="microseconds")}
        item = {"day": {"S": proof.day.isoformat()}, "body": {"S": proof.model_dump_json()}, "read_at": read_at}
        return conditionally(
            "writing a proof",
            lambda: self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#day) OR read_at <= :at",
                ExpressionAttributeNames={"#day": "day"},
                ExpressionAttributeValues={":at": read_at},
            ),
        )

    def get(self, days: Iterable[date]) -> list[Proof]:
        """Proofs of these days, oldest first; days without one are left out."""
        keys = [{"day": {"S": day.isoformat()}} for day in dict.fromkeys(days)]
        items = read_items(self._client, self._table, keys)
        return sorted((Proof.model_validate_json(item["body"]["S"]) for item in items), key=lambda proof: proof.day)
