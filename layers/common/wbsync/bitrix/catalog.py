"""The shop's catalog as wbsync sees it: offers with their barcodes, what is in stock, the stores."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from math import floor
from typing import Any

from wbsync.bitrix.client import BATCH, PAGE, BitrixClient, Command
from wbsync.bitrix.methods import METHODS
from wbsync.bitrix.wire import Param, ProductRow, PropertyRow, QuantityRow, Row, StoreRow, StoreStockRow, read, rows
from wbsync.domain.ids import Barcode, OfferId, StoreId
from wbsync.domain.shop import Catalog
from wbsync.domain.stock import Available
from wbsync.errors import Rejected

_PRODUCTS = "catalog.product.list"
_PROPERTIES = "catalog.productProperty.list"
_STORES = "catalog.store.list"
_STORE_STOCK = "catalog.storeproduct.list"


@dataclass(frozen=True, slots=True)
class Offer:
    """A thing the shop sells: an offer, or a product that has none. `barcodes` may be none or several."""

    id: OfferId
    iblock_id: int
    name: str
    active: bool
    barcodes: tuple[Barcode, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Store:
    id: StoreId
    title: str
    active: bool


def read_offers(
    bitrix: BitrixClient, catalog: Catalog, *, changed_since: datetime | None, after: int = 0
) -> Iterator[Offer]:
    """The offers of all configured information blocks with id > `after`, by id over all of them, so that the id of
    the last one seen is a place to go on from.

    Raises Rejected when an information block has no property of the barcode's code.
    See https://apidocs.bitrix24.ru/api-reference/catalog/product/catalog-product-list.html
    """
    barcodes = _barcode_properties(bitrix, catalog)
    streams = (
        _read_iblock(bitrix, iblock, barcodes[iblock], changed_since=changed_since, after=after)
        for iblock in catalog.iblocks
    )
    return heapq.merge(*streams, key=lambda offer: offer.id)


def read_stock(
    bitrix: BitrixClient, offers: Iterable[tuple[OfferId, int]], *, stores: Sequence[StoreId]
) -> dict[OfferId, Available]:
    """What is in stock of `offers`, each told with its information block's id, which Bitrix wants to know.

    `by_store` is what lies unreserved in each of `stores`, 0 where Bitrix has no row; `total` is negative when the shop
    oversold. An offer that the shop no longer has is absent. A failed command raises its SyncError, never reads as 0.
    See https://apidocs.bitrix24.ru/api-reference/catalog/store-product/catalog-store-product-list.html
    """
    iblocks = dict(offers)
    found: list[QuantityRow] = []
    lying: dict[tuple[OfferId, StoreId], int] = {}
    for command, answer in _run(bitrix, [*_quantity_commands(iblocks), *_store_commands(list(iblocks), stores)]):
        for row in rows(answer, METHODS[command.method].rows, command.method):
            if command.method == _PRODUCTS:
                found.append(read(QuantityRow, row, _PRODUCTS))
            else:
                at = read(StoreStockRow, row, _STORE_STOCK)
                lying[at.product_id, at.store_id] = max(0, floor(at.amount - at.quantity_reserved))
    return {
        row.id: Available(
            by_store={store: lying.get((row.id, store), 0) for store in stores},
            total=floor(row.quantity) if row.counted else None,
            active=row.active,
        )
        for row in found
    }


def read_stores(bitrix: BitrixClient) -> list[Store]:
    """All stores, by id. See https://apidocs.bitrix24.ru/api-reference/catalog/store/catalog-store-list.html"""
    pages = bitrix.pages(_STORES, {"select": ["id", "title", "active"]})
    found = (read(StoreRow, row, _STORES) for page in pages for row in page)
    return [Store(row.id, row.title, row.active) for row in found]


def _barcode_properties(bitrix: BitrixClient, catalog: Catalog) -> dict[int, int]:
    """The barcode property's id in each information block, which names the field `propertyN`."""
    code = catalog.barcode_property
    select: Param = ["id", "iblockId", "code"]
    asked = [
        Command(_PROPERTIES, {"select": select, "filter": {"iblockId": iblock, "code": code}})
        for iblock in catalog.iblocks
    ]
    properties: dict[int, int] = {}
    for iblock, (_, answer) in zip(catalog.iblocks, _run(bitrix, asked), strict=True):
        found = [read(PropertyRow, row, _PROPERTIES) for row in rows(answer, "productProperties", _PROPERTIES)]
        ids = [row.id for row in found if row.code == code]
        if not ids:
            raise Rejected(f"information block {iblock} has no property with the code {code}, which holds barcodes")
        properties[iblock] = min(ids)
    return properties


def _read_iblock(
    bitrix: BitrixClient, iblock: int, barcode_property: int, *, changed_since: datetime | None, after: int
) -> Iterator[Offer]:
    field = f"property{barcode_property}"
    narrowed: dict[str, Param] = {"iblockId": iblock}
    if changed_since:
        narrowed[">=timestampX"] = changed_since.isoformat(timespec="seconds")
    select = ["id", "iblockId", "name", "active", "timestampX", field]
    for page in bitrix.pages(_PRODUCTS, {"select": select, "filter": narrowed}, after=after):
        for row in page:
            yield _offer(row, field)


def _offer(row: Row, field: str) -> Offer:
    product = read(ProductRow, row, _PRODUCTS)
    return Offer(
        id=product.id,
        iblock_id=product.iblock_id,
        name=product.name,
        active=product.active,
        barcodes=_barcodes(row.get(field)),
        changed_at=product.timestamp_x,
    )


def _barcodes(value: Any) -> tuple[Barcode, ...]:  # noqa: ANN401 - a property holds what the shop's developer chose
    """`{value, valueId}`, a list of those when the property is multiple, or null; each barcode once."""
    entries = value if isinstance(value, list) else [value]
    held = (entry.get("value") for entry in entries if isinstance(entry, Mapping))
    texts = (str(text).strip() for text in held if isinstance(text, str | int))
    return tuple(dict.fromkeys(Barcode(text) for text in texts if text))


def _quantity_commands(iblocks: Mapping[OfferId, int]) -> Iterator[Command]:
    for iblock in sorted(set(iblocks.values())):
        for ids in batched((offer for offer, of in iblocks.items() if of == iblock), PAGE, strict=False):
            yield Command(
                _PRODUCTS,
                {
                    "select": ["id", "iblockId", "active", "quantity", "quantityTrace"],
                    "filter": {"iblockId": iblock, "id": ids},
                    "order": {"id": "asc"},
                    "start": -1,
                },
            )


def _store_commands(offers: Sequence[OfferId], stores: Sequence[StoreId]) -> Iterator[Command]:
    """Each command's offers × stores fit one page of 50 rows, so that no row can be left behind."""
    for some in batched(stores, PAGE, strict=False):
        for ids in batched(offers, PAGE // len(some), strict=False):
            yield Command(
                _STORE_STOCK,
                {
                    "select": ["id", "productId", "storeId", "amount", "quantityReserved"],
                    "filter": {"@productId": ids, "@storeId": some},
                    "order": {"id": "asc"},
                    "start": -1,
                },
            )


def _run(bitrix: BitrixClient, commands: Iterable[Command]) -> Iterator[tuple[Command, object]]:
    """Each command with its result, 50 to a request; the first failure is raised."""
    for some in batched(commands, BATCH, strict=False):
        answer = bitrix.batch({f"c{number}": command for number, command in enumerate(some)})
        for number, command in enumerate(some):
            yield command, answer.take(f"c{number}")
