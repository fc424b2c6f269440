"""The Links table: barcode ↔ offer ↔ chrtID ↔ nmID ↔ vendorCode, one item per barcode.

Both sides are kept as compact JSON text: the table is read whole by every stock cycle, and text parses far faster
than DynamoDB's nested types.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any

from wbsync.domain.ids import Barcode
from wbsync.domain.links import CardSize, Link, ShopOffer
from wbsync.stores.aws import aws_errors, dynamodb
from wbsync.stores.batches import read_items, write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LinksStore:
    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def all(self) -> Iterator[Link]:
        """Every link, in no order."""
        with aws_errors("reading links"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table):
                yield from map(_link, page["Items"])

    def get(self, barcodes: Iterable[Barcode]) -> dict[Barcode, Link]:
        """Links of these barcodes; unknown ones are left out."""
        keys = [{"barcode": {"S": barcode}} for barcode in dict.fromkeys(barcodes) if barcode]
        return {link.barcode: link for link in map(_link, read_items(self._client, self._table, keys))}

    def save(self, put: Iterable[Link], delete: Iterable[Barcode] = ()) -> None:
        """Only one run of link_cards writes at a time, so the last word wins."""
        puts = ({"PutRequest": {"Item": _item(link)}} for link in put)
        deletes = ({"DeleteRequest": {"Key": {"barcode": {"S": barcode}}}} for barcode in delete)
        for requests in (puts, deletes):
            for piece in batched(requests, 25, strict=False):
                write_items(self._client, self._table, piece)


def _item(link: Link) -> dict[str, Any]:
    sizes = [[s.chrt_id, s.nm_id, s.vendor_code, s.size] for s in link.sizes]
    offers = [[o.offer_id, o.iblock_id, o.name, *([True] if o.fbo else [])] for o in link.offers]
    return {"barcode": {"S": link.barcode}, "sizes": {"S": _text(sizes)}, "offers": {"S": _text(offers)}}


def _text(rows: object) -> str:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _link(item: Mapping[str, Any]) -> Link:
    return Link(
        barcode=Barcode(item["barcode"]["S"]),
        sizes=tuple(CardSize(*row) for row in json.loads(item["sizes"]["S"])),
        offers=tuple(ShopOffer(*row) for row in json.loads(item["offers"]["S"])),
    )
