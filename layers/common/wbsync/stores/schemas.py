"""The Schemas table: what WB takes of each mapped subject, its dictionaries, and what changed in them.

A document has a `name` and stands, compressed, in part 0; or, since a subject may have hundreds of thousands of brands,
part 0 names the parts that it is made of. They are put before part 0 is, and those of an earlier writing are removed
after it, so that a reader finds the one document or the other. Only one run of refresh_schema writes at a time.
Changes have the name CHANGES, and a part that tells when they were seen and in which subject.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import batched, zip_longest
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from wbsync.domain.broken_cards import BrokenCard
from wbsync.domain.ids import SubjectId
from wbsync.domain.schema import BY_SUBJECT, Entry, Named, Schema, SchemaChange, SubjectSchema
from wbsync.errors import Unavailable
from wbsync.stores.aws import aws_errors, dynamodb
from wbsync.stores.batches import write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PART = 300_000
"""Bytes of a document in one item; DynamoDB takes 400 KB with all that stands beside them."""

KEPT = timedelta(days=90)
"""How long changes are kept."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What WB changed in one subject (None: in a dictionary of all subjects), and the cards that it broke."""

    at: datetime
    subject_id: SubjectId | None
    changes: tuple[SchemaChange, ...]
    broken: tuple[BrokenCard, ...] = ()
    cards_read: bool = True  # False: the cards could not be read, so `broken` says nothing


@dataclass(frozen=True, slots=True)
class Reading:
    """A dictionary that was not read to its end yet, and where to go on."""

    began_at: datetime
    next: int
    entries: tuple[Entry, ...] = ()


class SchemasStore:
    """All is strongly read. Methods raise Unavailable or NotAuthorised when AWS does not obey."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    # What WB takes

    def schema(self) -> Schema:
        """All that is known, each subject with its own dictionaries."""
        found = self._documents()
        subjects = [_subject().validate_json(body) for name, body in found.items() if name.startswith(_SUBJECT)]
        return Schema(
            {one.subject_id: replace(one, dictionaries=_own(one.subject_id, found)) for one in subjects},
            {name: _entries().validate_json(found[at]) for at, name in _SHARED.items() if at in found},
        )

    def save(self, subject: SubjectSchema) -> bool:
        """Keep a subject's characteristics; False, and nothing is kept, when there are none.

        Its dictionaries are left as they are: `save_dictionary` keeps each.
        """
        if subject.characteristics:
            self._put(f"{_SUBJECT}{subject.subject_id}", _subject().dump_json(replace(subject, dictionaries={})))
        return bool(subject.characteristics)

    def save_dictionary(self, name: Named, entries: Iterable[Entry], *, subject: SubjectId | None = None) -> bool:
        """Keep a dictionary, that of a subject where WB tells it so; False, and nothing is kept, when it is empty."""
        known = tuple(entries)
        if known:
            self._put(_dictionary(name, subject), _entries().dump_json(known))
        return bool(known)

    # A long dictionary, over several runs

    def reading(self, name: Named, subject: SubjectId) -> Reading | None:
        """What was read of a dictionary so far; None when its reading is to begin anew."""
        body = self._document(_READING + _dictionary(name, subject))
        return _reading().validate_json(body) if body else None

    def keep_reading(self, name: Named, subject: SubjectId, reading: Reading) -> None:
        self._put(_READING + _dictionary(name, subject), _reading().dump_json(reading))

    def end_reading(self, name: Named, subject: SubjectId) -> None:
        document = _READING + _dictionary(name, subject)
        self._remove(document, self._parts(document))

    # What changed

    def record(self, changed: Recorded) -> None:
        """Keep what changed; many changes are kept, and told again, as several."""
        changes = batched(changed.changes, _IN_ITEM, strict=False)
        broken = batched(changed.broken, _IN_ITEM, strict=False)
        for n, (some, cards) in enumerate(zip_longest(changes, broken)):
            part = _moment(changed.at + timedelta(microseconds=n), changed.subject_id or SubjectId(0))
            body = _recorded().dump_json(replace(changed, changes=some or (), broken=cards or ()))
            self._put_item(CHANGES, part, {"body": {"B": zlib.compress(body)}})

    def changes(self, since: datetime) -> list[Recorded]:
        """What changed at and after a moment, oldest first."""
        items = self._items(CHANGES, "#part >= :part", _moment(since))
        return [_recorded().validate_json(zlib.decompress(item["body"]["B"])) for item in items]

    def forget(self, before: datetime) -> None:
        """Remove the changes that were seen before a moment."""
        old = self._items(CHANGES, "#part < :part", _moment(before))
        self._remove(CHANGES, [int(item["part"]["N"]) for item in old])

    # Documents and their parts

    def _document(self, name: str) -> bytes | None:
        return _whole(name, {int(item["part"]["N"]): item for item in self._items(name)})

    def _documents(self) -> dict[str, bytes]:
        """Those of the schema by name. One that was rewritten between two pages of the answer is read again, alone."""
        parts: dict[str, dict[int, Mapping[str, Any]]] = {}
        with aws_errors(_READS):
            for page in self._client.get_paginator("scan").paginate(
                TableName=self._table,
                FilterExpression="begins_with(#name, :subject) OR begins_with(#name, :dictionary)",
                ExpressionAttributeNames={"#name": "name"},
                ExpressionAttributeValues={":subject": {"S": _SUBJECT}, ":dictionary": {"S": _DICTIONARY}},
                ConsistentRead=True,
            ):
                for item in page["Items"]:
                    parts.setdefault(item["name"]["S"], {})[int(item["part"]["N"])] = item
        found = {
            name: self._document(name) if _is_torn(of_it) else _whole(name, of_it) for name, of_it in parts.items()
        }
        return {name: body for name, body in found.items() if body is not None}

    def _items(self, name: str, condition: str = "", part: int = 0) -> Iterator[Mapping[str, Any]]:
        more = f" AND {condition}" if condition else ""
        values: dict[str, Any] = {":name": {"S": name}} | ({":part": {"N": str(part)}} if condition else {})
        with aws_errors(_READS):
            for page in self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=f"#name = :name{more}",
                ExpressionAttributeNames={"#name": "name"} | ({"#part": "part"} if condition else {}),
                ExpressionAttributeValues=values,
                ConsistentRead=True,
            ):
                yield from page["Items"]

    def _put(self, name: str, body: bytes) -> None:
        compressed = zlib.compress(body)
        earlier = [part for part in self._parts(name) if part]
        if len(compressed) <= PART:
            self._put_item(name, 0, {"body": {"B": compressed}})
        else:
            pieces = [compressed[at : at + PART] for at in range(0, len(compressed), PART)]
            parts = [max(earlier, default=0) + 1 + n for n in range(len(pieces))]
            for part, piece in zip(parts, pieces, strict=True):
                self._put_item(name, part, {"body": {"B": piece}})
            self._put_item(name, 0, {"parts": {"NS": list(map(str, parts))}})
        self._remove(name, earlier)

    def _put_item(self, name: str, part: int, values: Mapping[str, Any]) -> None:
        with aws_errors("writing WB's schema"):
            self._client.put_item(TableName=self._table, Item={**_key(name, part), **values})

    def _parts(self, name: str) -> list[int]:
        """Of all writings of a document."""
        return [int(item["part"]["N"]) for item in self._items(name)]

    def _remove(self, name: str, parts: Iterable[int]) -> None:
        for piece in batched(parts, 25, strict=False):
            requests = [{"DeleteRequest": {"Key": _key(name, part)}} for part in piece]
            write_items(self._client, self._table, requests)


CHANGES = "changes"
_SUBJECT, _DICTIONARY, _READING = "subject/", "dictionary/", "reading/"
_READS = "reading WB's schema"
_IN_ITEM = 1000  # changes, or cards


def _whole(name: str, parts: Mapping[int, Mapping[str, Any]]) -> bytes | None:
    """A document out of its parts; None when it is not there. Raises Unavailable when a part of it is gone."""
    if 0 not in parts:
        return None
    if _is_torn(parts):
        raise Unavailable(f"{name}: it is being rewritten just now", wait=5, maybe_done=False)
    if "body" in parts[0]:
        return zlib.decompress(parts[0]["body"]["B"])
    return zlib.decompress(b"".join(parts[part]["body"]["B"] for part in _named(parts[0])))


def _is_torn(parts: Mapping[int, Mapping[str, Any]]) -> bool:
    return 0 in parts and not set(_named(parts[0])) <= parts.keys()


def _named(head: Mapping[str, Any]) -> list[int]:
    return sorted(int(part) for part in head["parts"]["NS"]) if "parts" in head else []


def _own(subject: SubjectId, documents: Mapping[str, bytes]) -> dict[Named, tuple[Entry, ...]]:
    names = {named: _dictionary(named, subject) for named in sorted(BY_SUBJECT)}
    return {named: _entries().validate_json(documents[name]) for named, name in names.items() if name in documents}


def _dictionary(name: Named, subject: SubjectId | None = None) -> str:
    return f"{_DICTIONARY}{name}" if subject is None else f"{_DICTIONARY}{name}/{subject}"


_SHARED = {_dictionary(name): name for name in Named if name not in BY_SUBJECT}


def _moment(at: datetime, subject: SubjectId = SubjectId(0)) -> int:  # noqa: B008 a number
    """A part that sorts as time does, and differs by subject."""
    return int((at - _LONG_AGO) / timedelta(microseconds=1)) * _SUBJECTS + subject


_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SUBJECTS = 10**9  # WB's ids are smaller


def _key(name: str, part: int) -> dict[str, Any]:
    return {"name": {"S": name}, "part": {"N": str(part)}}


@cache
def _subject() -> TypeAdapter[SubjectSchema]:
    return TypeAdapter(SubjectSchema)


@cache
def _entries() -> TypeAdapter[tuple[Entry, ...]]:
    return TypeAdapter(tuple[Entry, ...])


@cache
def _reading() -> TypeAdapter[Reading]:
    return TypeAdapter(Reading)


@cache
def _recorded() -> TypeAdapter[Recorded]:
    return TypeAdapter(Recorded)
