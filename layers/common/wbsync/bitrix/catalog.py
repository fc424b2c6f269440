"""The shop's catalog as wbsync sees it: offers with their barcodes, what is in stock, the stores."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from math import floor
from typing import Any

from wbsync.bitrix.client import BATCH, PAGE, BitrixClient, Command
from wbsync.bitrix.methods import METHODS
from wbsync.bitrix.wire import (
    Param,
    ProductRow,
    PropertyRow,
    QuantityRow,
    Row,
    ShownRow,
    StoreRow,
    StoreStockRow,
    read,
    rows,
)
from wbsync.domain.ids import Barcode, OfferId, StoreId
from wbsync.domain.shop import Catalog, Fbo
from wbsync.domain.stock import Available
from wbsync.errors import Rejected, SyncError

_PRODUCTS = "catalog.product.list"
_UPDATE = "catalog.product.update"
_PROPERTIES = "catalog.productProperty.list"
_STORES = "catalog.store.list"
_STORE_STOCK = "catalog.storeproduct.list"
_DOWNLOAD = "catalog.product.download"

_NO_FBO = Fbo()


@dataclass(frozen=True, slots=True)
class Offer:
    """A thing the shop sells: an offer, or a product that has none. `barcodes` may be none or several."""

    id: OfferId
    iblock_id: int
    name: str
    active: bool
    barcodes: tuple[Barcode, ...]
    changed_at: datetime
    fbo: bool = False  # its property says that it is sold from WB's own warehouses


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an offer. Another picture in its place has another `file_id`."""

    offer_id: OfferId
    field: str  # which of the offer's pictures
    file_id: int


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer as people look for it."""

    name: str
    place: str  # on the shelf; empty: not known
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Store:
    id: StoreId
    title: str
    active: bool


def read_offers(
    bitrix: BitrixClient,
    catalog: Catalog,
    *,
    fbo: Fbo = _NO_FBO,
    changed_since: datetime | None,
    after: int = 0,
) -> Iterator[Offer]:
    """The offers of all configured information blocks with id > `after`, by id over all of them, so that the id of
    the last one seen is a place to go on from.

    Raises Rejected when an information block has no property of the barcode's code, or none has that of `fbo`.
    See https://apidocs.bitrix24.ru/api-reference/catalog/product/catalog-product-list.html
    """
    codes = [catalog.barcode_property, *([fbo.marked_by] if fbo.marked_by else [])]
    properties = _properties(bitrix, catalog, codes)
    barcodes = _barcode_properties(catalog, properties)
    marks = _some_properties(catalog, properties, fbo.marked_by) if fbo.marked_by else {}
    streams = (
        _read_iblock(
            bitrix,
            iblock,
            barcodes[iblock],
            marks.get(iblock),
            yes=fbo.values,
            changed_since=changed_since,
            after=after,
        )
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


def read_property(
    bitrix: BitrixClient, catalog: Catalog, code: str, offers: Mapping[OfferId, int]
) -> dict[OfferId, str]:
    """What stands in a product property of these offers (id → information block's id), "" for nothing.

    Offers that the shop has not, or whose information block has no such property, are absent.
    Raises Rejected when no information block has the property.
    """
    numbers = _some_properties(catalog, _properties(bitrix, catalog, [code]), code)
    asked = [
        Command(
            _PRODUCTS,
            {
                "select": ["id", "iblockId", f"property{numbers[iblock]}"],
                "filter": {"iblockId": iblock, "id": ids},
                "order": {"id": "asc"},
                "start": -1,
            },
        )
        for iblock in sorted(set(offers.values()) & numbers.keys())
        for ids in batched((offer for offer, of in offers.items() if of == iblock), PAGE, strict=False)
    ]
    standing: dict[OfferId, str] = {}
    for _, answer in _run(bitrix, asked):
        for row in rows(answer, METHODS[_PRODUCTS].rows, _PRODUCTS):
            offer = OfferId(int(str(row["id"])))
            standing[offer] = next(iter(_values(row.get(f"property{numbers[offers[offer]]}"))), "")
    return standing


def write_property(
    bitrix: BitrixClient, catalog: Catalog, code: str, values: Mapping[OfferId, tuple[int, str]]
) -> dict[OfferId, SyncError | None]:
    """Write a product property: offer → (information block's id, text); 50 in a request. What became of each.

    Bitrix changes properties only when the information block is named with them.
    See https://apidocs.bitrix24.ru/api-reference/catalog/product/catalog-product-update.html
    """
    numbers = _some_properties(catalog, _properties(bitrix, catalog, [code]), code) if values else {}
    outcome: dict[OfferId, SyncError | None] = {}
    for some in batched(((o, i, text) for o, (i, text) in values.items() if i in numbers), BATCH, strict=False):
        answer = bitrix.batch(
            {
                f"w{offer}": Command(
                    _UPDATE,
                    {"id": offer, "fields": {"iblockId": iblock, f"property{numbers[iblock]}": {"value": text}}},
                )
                for offer, iblock, text in some
            }
        )
        outcome |= {offer: answer.failure(f"w{offer}") for offer, _, _ in some}
    return outcome


def read_shown(
    bitrix: BitrixClient, catalog: Catalog, offers: Mapping[OfferId, int], *, place_property: str | None
) -> dict[OfferId, ShownOffer]:
    """How people know these offers (id → information block's id). Offers that the shop has not are absent.

    Of the pictures the small one; an information block without `place_property` tells no places.
    """
    codes = [place_property] if place_property and offers else []
    properties = _properties(bitrix, catalog, codes)
    places = {iblock: f"property{number}" for (iblock, _), number in properties.items()}
    asked = [
        Command(
            _PRODUCTS,
            {
                "select": ["id", "iblockId", "name", "previewPicture", "detailPicture"]
                + ([places[iblock]] if iblock in places else []),
                "filter": {"iblockId": iblock, "id": ids},
                "order": {"id": "asc"},
                "start": -1,
            },
        )
        for iblock in sorted(set(offers.values()))
        for ids in batched((offer for offer, of in offers.items() if of == iblock), PAGE, strict=False)
    ]
    found = [row for _, answer in _run(bitrix, asked) for row in rows(answer, METHODS[_PRODUCTS].rows, _PRODUCTS)]
    return {row.id: shown for row, shown in (_shown(row, places) for row in found)}


def download_picture(bitrix: BitrixClient, picture: Picture, *, most: int, seconds: float) -> bytes:
    """The file, of up to `most` bytes, from the webhook's host. Raises as BitrixClient.download does.

    See https://apidocs.bitrix24.ru/api-reference/catalog/product/catalog-product-download.html
    """
    fields: Mapping[str, Param] = {"fileId": picture.file_id, "productId": picture.offer_id, "fieldName": picture.field}
    return bitrix.download(_DOWNLOAD, {"fields": fields}, most=most, seconds=seconds)


def _shown(row: Row, places: Mapping[int, str]) -> tuple[ShownRow, ShownOffer]:
    offer = read(ShownRow, row, _PRODUCTS)
    pictures = (("previewPicture", offer.preview_picture), ("detailPicture", offer.detail_picture))
    picture = next((Picture(offer.id, field, file.id) for field, file in pictures if file), None)
    place = _chosen(row.get(places.get(offer.iblock_id, "")))
    return offer, ShownOffer(offer.name, place, picture)


def _chosen(value: Any) -> str:  # noqa: ANN401 - a property holds what the shop's developer chose
    """A property's texts as people read them: of a choice its name, not its id."""
    entries = value if isinstance(value, list) else [value]
    held = (entry.get("valueEnum") or entry.get("value") for entry in entries if isinstance(entry, Mapping))
    return ", ".join(text for one in held if isinstance(one, str | int) if (text := str(one).strip()))


def _properties(bitrix: BitrixClient, catalog: Catalog, codes: Sequence[str]) -> dict[tuple[int, str], int]:
    """Ids of properties by information block and code; an id names the field `propertyN`. Of doubles, the first."""
    select: Param = ["id", "iblockId", "code"]
    wanted = [(iblock, code) for iblock in catalog.iblocks for code in codes]
    asked = [
        Command(_PROPERTIES, {"select": select, "filter": {"iblockId": iblock, "code": code}})
        for iblock, code in wanted
    ]
    properties: dict[tuple[int, str], int] = {}
    for (iblock, code), (_, answer) in zip(wanted, _run(bitrix, asked), strict=True):
        found = [read(PropertyRow, row, _PROPERTIES) for row in rows(answer, "productProperties", _PROPERTIES)]
        if ids := [row.id for row in found if row.code == code]:
            properties[iblock, code] = min(ids)
    return properties


def _barcode_properties(catalog: Catalog, properties: Mapping[tuple[int, str], int]) -> dict[int, int]:
    code = catalog.barcode_property
    for iblock in catalog.iblocks:
        if (iblock, code) not in properties:
            raise Rejected(f"information block {iblock} has no property with the code {code}, which holds barcodes")
    return {iblock: properties[iblock, code] for iblock in catalog.iblocks}


def _some_properties(catalog: Catalog, properties: Mapping[tuple[int, str], int], code: str) -> dict[int, int]:
    """The property's id in each information block that has it: at least one must."""
    found = {iblock: properties[iblock, code] for iblock in catalog.iblocks if (iblock, code) in properties}
    if not found:
        raise Rejected(f"no information block has a property with the code {code}, see stock.fbo")
    return found


def _read_iblock(
    bitrix: BitrixClient,
    iblock: int,
    barcode_property: int,
    mark_property: int | None,
    *,
    yes: Collection[str],
    changed_since: datetime | None,
    after: int,
) -> Iterator[Offer]:
    barcodes, mark = f"property{barcode_property}", f"property{mark_property}" if mark_property else ""
    narrowed: dict[str, Param] = {"iblockId": iblock}
    if changed_since:
        narrowed[">=timestampX"] = changed_since.isoformat(timespec="seconds")
    select = ["id", "iblockId", "name", "active", "timestampX", barcodes, *([mark] if mark else [])]
    for page in bitrix.pages(_PRODUCTS, {"select": select, "filter": narrowed}, after=after):
        for row in page:
            yield _offer(row, barcodes, fbo=bool(mark) and not set(yes).isdisjoint(_values(row.get(mark))))


def _offer(row: Row, barcodes: str, *, fbo: bool) -> Offer:
    product = read(ProductRow, row, _PRODUCTS)
    return Offer(
        id=product.id,
        iblock_id=product.iblock_id,
        name=product.name,
        active=product.active,
        barcodes=tuple(dict.fromkeys(map(Barcode, _values(row.get(barcodes))))),
        changed_at=product.timestamp_x,
        fbo=fbo,
    )


def _values(value: Any) -> Iterator[str]:  # noqa: ANN401 - a property holds what the shop's developer chose
    """Texts of `{value, valueId}`, of a list of those when the property is multiple, or of null; no empty ones.

    A property with a list of choices tells the choice's id as its value, and its name as `valueEnum`.
    """
    entries = value if isinstance(value, list) else [value]
    held = (entry.get(key) for entry in entries if isinstance(entry, Mapping) for key in ("value", "valueEnum"))
    return (text for one in held if isinstance(one, str | int) if (text := str(one).strip()))


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
