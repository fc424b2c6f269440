"""The Mappings table: the mapping tables by key, "common" or a subject's id.

Beside each stands the YAML as its author wrote it, comments included. A writing names the version that it was made
from, so nobody's work is overwritten unseen.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from wbsync.domain.ids import SubjectId
from wbsync.domain.mapping import CommonTable, SubjectTable, Table
from wbsync.errors import Rejected
from wbsync.stores.aws import aws_errors, conditionally, dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COMMON = "common"


@dataclass(frozen=True, slots=True)
class StoredTable:
    """`version` counts from 1."""

    text: str
    table: Table
    version: int
    pushed_at: datetime
    pushed_by: str = ""


class MappingsStore:
    """Methods raise Unavailable or NotAuthorised when AWS does not obey."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def all(self) -> dict[str, StoredTable]:
        """Every table by its key, strongly read. Raises Rejected for one that a later wbsync wrote."""
        return {item["name"]["S"]: _stored(item) for item in self._items()}

    def subjects(self) -> set[SubjectId]:
        """Those that have a table, strongly read."""
        return {SubjectId(int(key)) for item in self._items() if (key := item["name"]["S"]) != COMMON}

    def push(self, key: str, text: str, table: Table, *, base_version: int, at: datetime, by: str = "") -> int:
        """Keep a table in the place of version `base_version` (0: there is none), and say which version it is now.

        Raises Rejected when another version is kept, which tells who pushed it and when.
        """
        version = base_version + 1
        item: dict[str, Any] = {
            "name": {"S": key},
            "text": {"B": zlib.compress(text.encode())},
            "table": {"B": zlib.compress(table.model_dump_json(by_alias=True, exclude_unset=True).encode())},
            "version": {"N": str(version)},
            "pushed_at": {"S": at.isoformat(timespec="seconds")},
            "pushed_by": {"S": by},
        }
        held: dict[str, Any] = {
            "ConditionExpression": "version = :base" if base_version else "attribute_not_exists(version)",
            **({"ExpressionAttributeValues": {":base": {"N": str(base_version)}}} if base_version else {}),
        }
        if not conditionally(
            "writing a mapping table", lambda: self._client.put_item(TableName=self._table, Item=item, **held)
        ):
            raise Rejected(stale(key, base_version, self.all().get(key)))
        return version

    def _items(self) -> Iterator[Mapping[str, Any]]:
        with aws_errors("reading mapping tables"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                yield from page["Items"]


def key_of(table: Table) -> str:
    return COMMON if isinstance(table, CommonTable) else str(table.subject)


def subject_tables(stored: Mapping[str, StoredTable]) -> dict[SubjectId, SubjectTable]:
    """All but the common table."""
    tables = (one.table for one in stored.values())
    return {table.subject: table for table in tables if isinstance(table, SubjectTable)}


def common_table(stored: Mapping[str, StoredTable]) -> CommonTable | None:
    table = stored[COMMON].table if COMMON in stored else None
    return table if isinstance(table, CommonTable) else None


def stale(key: str, base_version: int, there: StoredTable | None) -> str:
    """Why a writing made from `base_version` is refused."""
    if there is None:
        return f"{key}: version {base_version} is not there any more: pull, and push it as a new table"
    by = f" by {there.pushed_by}" if there.pushed_by else ""
    began = f"from version {base_version}" if base_version else "as a new table"
    return (
        f"{key}: this was begun {began}, but version {there.version} was pushed{by}"
        f" at {there.pushed_at:%Y-%m-%d %H:%M} UTC: `wbsync mapping pull` it, and make your changes in it"
    )


def _stored(item: Mapping[str, Any]) -> StoredTable:
    try:
        table: Table = _table().validate_json(zlib.decompress(item["table"]["B"]))
    except ValidationError as error:
        key = item["name"]["S"]
        raise Rejected(
            f"mapping table {key} cannot be read ({error.error_count()} problem(s)): push it again"
        ) from None
    return StoredTable(
        text=zlib.decompress(item["text"]["B"]).decode(),
        table=table,
        version=int(item["version"]["N"]),
        pushed_at=datetime.fromisoformat(item["pushed_at"]["S"]),
        pushed_by=item.get("pushed_by", {}).get("S", ""),
    )


def _table() -> TypeAdapter[Table]:
    return TypeAdapter(Table)
