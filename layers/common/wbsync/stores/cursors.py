"""The Cursors table: how far a flow has read, as small JSON documents by flow name."""

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from wbsync.stores.aws import aws_errors, dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CursorsStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def get(self, name: str) -> dict[str, Any]:
        """The cursor's document; empty when the flow has never run."""
        with aws_errors("reading a cursor"):
            answer = self._client.get_item(TableName=self._table, Key={"name": {"S": name}}, ConsistentRead=True)
        item = answer.get("Item")
        return dict(from_json(item["cursor"]["S"])) if item else {}

    def put(self, name: str, cursor: dict[str, Any]) -> None:
        """Only after what was read up to here is stored."""
        with aws_errors("writing a cursor"):
            item = {"name": {"S": name}, "cursor": {"S": to_json(cursor).decode()}}
            self._client.put_item(TableName=self._table, Item=item)
