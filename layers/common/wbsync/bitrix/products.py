"""The shop's products as cards are made of them: heads with their offers, properties, prices, pictures, sections.

Offers live in an information block of their own, which names that of their heads; a simple product is its own head.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import batched, chain, islice
from typing import Any

from wbsync.bitrix.catalog import read_property, write_property
from wbsync.bitrix.client import BATCH, PAGE, BitrixClient, Command
from wbsync.bitrix.methods import METHODS
from wbsync.bitrix.wire import (
    CatalogRow,
    EnumRow,
    GoodRow,
    ImageRow,
    Param,
    PriceRow,
    PriceTypeRow,
    PurchasingRow,
    Row,
    SectionRow,
    ShopPropertyRow,
    listed,
    mapped,
    read,
    rows,
)
from wbsync.domain.ids import Barcode, OfferId, PriceTypeId, ProductId, SectionId
from wbsync.domain.products import GOOD_FIELDS, Good, GoodField, Price, Product, ShopProperty
from wbsync.domain.shop import Catalog
from wbsync.errors import Rejected, SyncError, Unavailable

_PRODUCTS = "catalog.product.list"
_OFFERS = "catalog.product.offer.list"
_PROPERTIES = "catalog.productProperty.list"
_ENUMS = "catalog.productPropertyEnum.list"
_IMAGES = "catalog.productImage.list"
_CATALOGS = "catalog.catalog.list"
_SECTIONS = "catalog.section.list"
_PRICES = "catalog.price.list"
_PRICE_TYPES = "catalog.priceType.list"

_FEW = PAGE - 1  # rows that a command expects at most, so that a full page tells that there are more
_FAMILIES = 10 * _FEW  # read by id at once: with their offers just about a request
_HEADS_PER_COMMAND = 15  # of which the offers are asked; three each fill a page
_SOLD_AT_ONCE = _FEW * BATCH  # of which prices and pictures are asked together

_ALWAYS = ["id", "iblockId"]  # Bitrix wants them selected
_SELECTED = [
    *(name for name in GOOD_FIELDS if name != "id"), "id", "iblockId", "active", "timestampX", "type",
    "iblockSectionId", "previewPicture", "detailPicture", "property*",
]  # fmt: skip
_OF_OFFERS = [*_SELECTED, "parentId"]
_MORE_PHOTO = "MORE_PHOTO"
_PICTURE_ORDER = {"DETAIL_PICTURE": 0, _MORE_PHOTO: 1}
_HEAD_OF_OFFERS = frozenset({3, 6})  # types that are sold by their offers only


@dataclass(frozen=True, slots=True)
class Section:
    """`parent` is None at the top."""

    id: SectionId
    iblock_id: int
    name: str
    parent: SectionId | None


@dataclass(frozen=True, slots=True)
class PriceType:
    id: PriceTypeId
    name: str
    base: bool


@dataclass(frozen=True, slots=True)
class _Shelf:
    """An information block of heads or simple products, with that of their offers."""

    heads: int
    offers: int | None
    simple: bool  # what has no offers is sold by itself


@dataclass(frozen=True, slots=True)
class _Keys:
    """How an information block's properties are called in a row."""

    codes: Mapping[str, str]  # propertyN → code
    seen: dict[tuple[str, ...], tuple[str, ...]]  # values, each kept once: goods have most of theirs in common
    lists: frozenset[str]  # those whose value is a choice
    choices: Callable[[], Mapping[str, str]]  # id → text; asked for only where a row does not say it
    barcodes: str
    photos: str


@dataclass(frozen=True, slots=True)
class _Element:
    good: Good
    type: int
    section: SectionId
    parent: ProductId | None
    pictured: bool


@dataclass(frozen=True, slots=True)
class _Family:
    head: _Element
    offers: tuple[_Element, ...]

    @property
    def sold(self) -> tuple[_Element, ...]:
        return self.offers or (self.head,)

    @property
    def all(self) -> tuple[_Element, ...]:
        return self.head, *self.offers


# Products


def read_products(
    bitrix: BitrixClient,
    catalog: Catalog,
    *,
    price_types: Collection[PriceTypeId] = (),
    pictures: bool = False,
    ids: Collection[ProductId] | None = None,
    changed_since: datetime | None = None,
) -> Iterator[Product]:
    """The products of the configured information blocks, or those of `ids` that the shop has; by id in each block.

    Heads without offers are left out, unless their block is configured and they are simple products. `changed_since`:
    the head or any of its offers changed then or later; a new price, section's name or picture's file is no change of
    the element. With `pictures` as links: the detail picture, then the more of them; the preview where it is alone.
    Values of directories come as their codes. Raises Rejected when what is sold has no property for barcodes.
    See https://apidocs.bitrix24.ru/api-reference/catalog/product/catalog-product-list.html
    """
    if ids is not None and not ids:
        return
    for shelf in _shelves(bitrix, catalog):
        wanted = None if ids is None else set(ids)
        if changed_since is not None:
            changed = _changed(bitrix, shelf, changed_since)
            wanted = changed if wanted is None else wanted & changed
        paths = _paths(bitrix, shelf.heads) if wanted != set() else {}
        for families in _together(_families(bitrix, catalog, shelf, wanted)):
            yield from _completed(bitrix, families, paths, price_types=price_types, pictures=pictures)


def _shelves(bitrix: BitrixClient, catalog: Catalog) -> list[_Shelf]:
    known = {row.iblock_id: row for row in _listed(bitrix, CatalogRow, _CATALOGS, "iblockId", "productIblockId")}
    for iblock in catalog.iblocks:
        if iblock not in known:
            raise Rejected(f"information block {iblock} is no catalog of the shop, see catalog.iblocks")
    with_offers = {
        row.product_iblock_id: _Shelf(row.product_iblock_id, iblock, simple=row.product_iblock_id in catalog.iblocks)
        for iblock, row in known.items()
        if iblock in catalog.iblocks and row.product_iblock_id
    }
    alone = {
        iblock: _Shelf(iblock, None, simple=True)
        for iblock in catalog.iblocks
        if not known[iblock].product_iblock_id and iblock not in with_offers
    }
    return sorted((with_offers | alone).values(), key=lambda shelf: shelf.heads)


def _changed(bitrix: BitrixClient, shelf: _Shelf, since: datetime) -> set[ProductId]:
    """Heads that changed, or whose offers did."""

    def changed(method: str, iblock: int, *named: str) -> Iterator[Row]:
        narrowed: Mapping[str, Param] = {"iblockId": iblock, ">=timestampX": since.isoformat(timespec="seconds")}
        return chain.from_iterable(bitrix.pages(method, {"select": [*_ALWAYS, *named], "filter": narrowed}))

    heads = {ProductId(int(str(row["id"]))) for row in changed(_PRODUCTS, shelf.heads)}
    offers = changed(_OFFERS, shelf.offers, "parentId") if shelf.offers else ()
    return heads | {parent for row in offers if (parent := _parent(row))}


def _families(
    bitrix: BitrixClient, catalog: Catalog, shelf: _Shelf, wanted: Collection[ProductId] | None
) -> Iterator[_Family]:
    if wanted is not None and not wanted:
        return
    keys = _keys(bitrix, catalog, shelf)
    if wanted is None:
        yield from _all_families(bitrix, shelf, keys)
        return
    for some in batched(sorted(wanted), _FAMILIES, strict=False):
        elements = [_element(row, keys) for row in chain.from_iterable(_run(bitrix, _family_commands(shelf, some)))]
        heads = [each for each in elements if each.good.iblock_id == shelf.heads]
        yield from _joined(heads, _by_parent(each for each in elements if each.good.iblock_id != shelf.heads), shelf)


def _all_families(bitrix: BitrixClient, shelf: _Shelf, keys: Mapping[int, _Keys]) -> Iterator[_Family]:
    """All offers are held until their heads come: no order of rows brings families together."""

    def elements(method: str, select: Sequence[str], iblock: int) -> Iterator[_Element]:
        asked: Mapping[str, Param] = {"select": select, "filter": {"iblockId": iblock}}
        return (_element(row, keys) for page in bitrix.pages(method, asked) for row in page)

    offers = _by_parent(elements(_OFFERS, _OF_OFFERS, shelf.offers)) if shelf.offers else {}
    yield from _joined(elements(_PRODUCTS, _SELECTED, shelf.heads), offers, shelf)


def _family_commands(shelf: _Shelf, heads: Sequence[ProductId]) -> Iterator[Command]:
    for some in batched(heads, _FEW, strict=False):
        yield _page(_PRODUCTS, _SELECTED, {"iblockId": shelf.heads, "id": some})
    for some in batched(heads, _HEADS_PER_COMMAND, strict=False) if shelf.offers else ():
        yield _page(_OFFERS, _OF_OFFERS, {"iblockId": shelf.offers, "parentId": some})


def _by_parent(offers: Iterable[_Element]) -> dict[ProductId, list[_Element]]:
    found: defaultdict[ProductId, list[_Element]] = defaultdict(list)
    for offer in offers:
        if offer.parent:
            found[offer.parent].append(offer)
    return found


def _joined(
    heads: Iterable[_Element], offers: Mapping[ProductId, Sequence[_Element]], shelf: _Shelf
) -> Iterator[_Family]:
    for head in heads:
        own = offers.get(ProductId(head.good.id), ())
        if own or (shelf.simple and head.type not in _HEAD_OF_OFFERS):
            yield _Family(head, tuple(sorted(own, key=lambda each: each.good.id)))


def _together(families: Iterable[_Family]) -> Iterator[list[_Family]]:
    """As many as fill a request for their prices."""
    some: list[_Family] = []
    sold = 0
    for family in families:
        if some and sold + len(family.sold) > _SOLD_AT_ONCE:
            yield some
            some, sold = [], 0
        some.append(family)
        sold += len(family.sold)
    if some:
        yield some


def _completed(
    bitrix: BitrixClient,
    families: Sequence[_Family],
    paths: Mapping[SectionId, frozenset[SectionId]],
    *,
    price_types: Collection[PriceTypeId],
    pictures: bool,
) -> Iterator[Product]:
    """With what other methods tell."""
    prices = read_prices(bitrix, [each.good.id for family in families for each in family.sold], price_types)
    pictured = [each.good.id for family in families for each in family.all if pictures and each.pictured]
    links = _picture_links(bitrix, pictured)

    def whole(element: _Element) -> Good:
        offer = element.good.id
        return replace(element.good, prices=prices.get(offer, {}), pictures=links.get(offer, ()))

    for family in families:
        yield Product(
            id=ProductId(family.head.good.id),
            head=whole(family.head),
            sections=paths.get(family.head.section, frozenset()),
            offers=tuple(map(whole, family.offers)),
        )


# Properties of a row


def _keys(bitrix: BitrixClient, catalog: Catalog, shelf: _Shelf) -> dict[int, _Keys]:
    blocks = [shelf.heads, *([shelf.offers] if shelf.offers else [])]
    found = {iblock: _keys_of(bitrix, catalog, iblock) for iblock in blocks}
    for iblock, keys in found.items():
        if iblock in catalog.iblocks and not keys.barcodes:
            code = catalog.barcode_property
            raise Rejected(f"information block {iblock} has no property with the code {code}, which holds barcodes")
    return found


def _keys_of(bitrix: BitrixClient, catalog: Catalog, iblock: int) -> _Keys:
    properties = _shop_properties(bitrix, iblock)
    ids = {code: row.id for code, row in properties.items()}
    lists = [row.id for row in properties.values() if row.property_type == "L"]
    return _Keys(
        codes={f"property{number}": code for code, number in ids.items()},
        seen={},
        lists=frozenset(f"property{number}" for number in lists),
        choices=cache(lambda: {str(choice.id): choice.value for choice in _choices(bitrix, lists)}),
        barcodes=f"property{ids[catalog.barcode_property]}" if catalog.barcode_property in ids else "",
        photos=f"property{ids[_MORE_PHOTO]}" if _MORE_PHOTO in ids else "",
    )


def _shop_properties(bitrix: BitrixClient, iblock: int) -> dict[str, ShopPropertyRow]:
    """By code, which a property without one gets from its id. Of doubles, the first."""
    select = ("iblockId", "code", "name", "propertyType", "userType", "multiple")
    found: dict[str, ShopPropertyRow] = {}
    for row in _listed(bitrix, ShopPropertyRow, _PROPERTIES, *select, iblock=iblock):
        found.setdefault(row.code or f"PROPERTY_{row.id}", row)
    return found


def _element(row: Row, keys: Mapping[int, _Keys]) -> _Element:
    element = read(GoodRow, row, _PRODUCTS)
    named = keys[element.iblock_id]
    found = ((code, _told(row.get(key), key, named)) for key, code in named.codes.items())
    texts = {code: named.seen.setdefault(held, held) for code, held in found if held}
    good = Good(
        id=element.id,
        iblock_id=element.iblock_id,
        active=element.active,
        changed_at=element.timestamp_x,
        fields={name: text for name, attribute in _FIELDS.items() if (text := str(getattr(element, attribute)))},
        properties=texts,
        barcodes=tuple(dict.fromkeys(map(Barcode, _texts(row.get(named.barcodes))))),
    )
    return _Element(
        good=good,
        type=element.type,
        section=SectionId(element.iblock_section_id),
        parent=_parent(row),
        pictured=any(map(row.get, ("previewPicture", "detailPicture"))) or bool(_texts(row.get(named.photos))),
    )


_ATTRIBUTES = {field.alias or name: name for name, field in GoodRow.model_fields.items()}
_FIELDS: Mapping[GoodField, str] = {name: _ATTRIBUTES[name] for name in GOOD_FIELDS}


def _parent(row: Row) -> ProductId | None:
    """The id of an offer's head."""
    text = next(iter(_texts(row.get("parentId"))), "")
    return ProductId(int(text)) if text.isdecimal() and int(text) else None


def _told(value: Any, key: str, named: _Keys) -> tuple[str, ...]:  # noqa: ANN401 as in _texts
    """With the names of choices that the row tells by their ids alone."""
    if not value or key not in named.lists or "valueEnum" in _first(value):
        return _texts(value)
    choices = named.choices()
    return tuple(choices.get(text, text) for text in _texts(value))


def _first(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 as in _texts
    entry = value if isinstance(value, Mapping) and "value" in value else next(iter(listed(value)), None)
    return entry if isinstance(entry, Mapping) else {}


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 a property holds what the shop's developer chose
    """As people read them: of a choice its name, of formatted text the text; no empty ones."""
    if not value:
        return ()
    one = not isinstance(value, list | Mapping) or "value" in value
    return tuple(text for entry in ([value] if one else listed(value)) if (text := _text(entry)))


def _text(entry: Any) -> str:  # noqa: ANN401 a property holds what the shop's developer chose
    held = (entry.get("valueEnum") or entry.get("value")) if isinstance(entry, Mapping) else entry
    if isinstance(held, Mapping):
        held = held.get("TEXT") or held.get("text")
    if isinstance(held, float) and held.is_integer():
        held = int(held)
    return str(held).strip() if isinstance(held, str | int | float) and not isinstance(held, bool) else ""


# Prices, pictures, sections


def read_prices(
    bitrix: BitrixClient, offers: Collection[OfferId], price_types: Collection[PriceTypeId]
) -> dict[OfferId, dict[PriceTypeId, Price]]:
    """What one unit costs by type of price; offers without any are absent.

    See https://apidocs.bitrix24.ru/api-reference/catalog/price/catalog-price-list.html
    """
    types = sorted(set(price_types))
    if not types:
        return {}
    of_type: Mapping[str, Param] = {"@catalogGroupId": types} if len(types) > 1 else {"catalogGroupId": types[0]}
    select = ["id", "productId", "catalogGroupId", "price", "currency", "quantityFrom"]
    some_at_a_time = batched(offers, max(1, _FEW // len(types)), strict=False)
    found: defaultdict[OfferId, dict[PriceTypeId, Price]] = defaultdict(dict)
    commands = (_page(_PRICES, select, {"@productId": some, **of_type}) for some in some_at_a_time)
    for row in chain.from_iterable(_run(bitrix, commands)):
        told = read(PriceRow, row, _PRICES)
        if told.quantity_from <= 1 and told.catalog_group_id in types:
            found[told.product_id].setdefault(told.catalog_group_id, Price(told.price, told.currency))
    return dict(found)


def read_purchasing_prices(bitrix: BitrixClient, offers: Mapping[OfferId, int]) -> dict[OfferId, Price]:
    """What the shop paid for these offers (id → information block's id); those without a price are absent."""
    select = [*_ALWAYS, "purchasingPrice", "purchasingCurrency"]
    commands = (
        _page(_PRODUCTS, select, {"iblockId": iblock, "id": ids})
        for iblock in sorted(set(offers.values()))
        for ids in batched((offer for offer, of in offers.items() if of == iblock), _FEW, strict=False)
    )
    found = (read(PurchasingRow, row, _PRODUCTS) for page in _run(bitrix, commands) for row in page)
    return {row.id: Price(row.purchasing_price, row.purchasing_currency) for row in found if row.purchasing_price > 0}


def _picture_links(bitrix: BitrixClient, offers: Iterable[OfferId]) -> dict[OfferId, tuple[str, ...]]:
    """A command for each. Not `downloadUrl`: to sign it, the shop asks Bitrix's cloud."""
    select = ["id", "productId", "type", "detailUrl"]
    images: defaultdict[OfferId, list[ImageRow]] = defaultdict(list)
    commands = (Command(_IMAGES, {"productId": offer, "select": select}) for offer in offers)
    for row in chain.from_iterable(_run(bitrix, commands)):
        image = read(ImageRow, row, _IMAGES)
        if image.detail_url:
            images[image.product_id].append(image)
    return {offer: tuple(map(bitrix.link, _chosen(some))) for offer, some in images.items()}


def _chosen(images: Sequence[ImageRow]) -> list[str]:
    large = [image for image in images if image.type in _PICTURE_ORDER]
    ordered = sorted(large or images, key=lambda image: _PICTURE_ORDER.get(image.type, 0))
    return list(dict.fromkeys(image.detail_url for image in ordered))


def read_sections(bitrix: BitrixClient, catalog: Catalog) -> list[Section]:
    """The sections that products of the configured information blocks are in, by id in each block.

    See https://apidocs.bitrix24.ru/api-reference/catalog/section/catalog-section-list.html
    """
    return [section for shelf in _shelves(bitrix, catalog) for section in _sections(bitrix, shelf.heads)]


def _sections(bitrix: BitrixClient, iblock: int) -> Iterator[Section]:
    for row in _listed(bitrix, SectionRow, _SECTIONS, "iblockId", "iblockSectionId", "name", iblock=iblock):
        yield Section(row.id, iblock, row.name, SectionId(row.iblock_section_id) or None)


def _paths(bitrix: BitrixClient, iblock: int) -> dict[SectionId, frozenset[SectionId]]:
    """Each section with all those above it."""
    parents = {section.id: section.parent for section in _sections(bitrix, iblock)}

    def upwards(section: SectionId | None) -> frozenset[SectionId]:
        seen: set[SectionId] = set()
        while section and section not in seen:
            seen.add(section)
            section = parents.get(section)
        return frozenset(seen)

    return {section: upwards(section) for section in parents}


def read_price_types(bitrix: BitrixClient) -> list[PriceType]:
    """See https://apidocs.bitrix24.ru/api-reference/catalog/price-type/catalog-price-type-list.html"""
    found = _listed(bitrix, PriceTypeRow, _PRICE_TYPES, "name", "base")
    return [PriceType(row.id, row.name, row.base) for row in found]


# Properties as a mapping is proposed from them


def read_property_names(bitrix: BitrixClient, catalog: Catalog) -> dict[str, str]:
    """What people call the properties of heads and of offers, by code; a head's own name counts.

    See https://apidocs.bitrix24.ru/api-reference/catalog/product-property/catalog-product-property-list.html
    """
    shelves = _shelves(bitrix, catalog)
    blocks = [*(shelf.heads for shelf in shelves), *(shelf.offers for shelf in shelves if shelf.offers)]
    names: dict[str, str] = {}
    for iblock in dict.fromkeys(blocks):
        for code, row in _shop_properties(bitrix, iblock).items():
            names.setdefault(code, row.name)
    return names


def read_properties(bitrix: BitrixClient, catalog: Catalog, *, samples: int) -> list[ShopProperty]:
    """All properties of heads and of offers, with what stands in them in up to `samples` products.

    A code that several information blocks of a kind use is one property: the first one's name and type, all values.
    See https://apidocs.bitrix24.ru/api-reference/catalog/product-property/catalog-product-property-list.html
    """
    shelves = _shelves(bitrix, catalog)
    blocks = [(shelf.heads, False) for shelf in shelves]
    blocks += [(shelf.offers, True) for shelf in shelves if shelf.offers]
    found = [
        (code, of_offers, row) for iblock, of_offers in blocks for code, row in _shop_properties(bitrix, iblock).items()
    ]
    choices: defaultdict[int, list[str]] = defaultdict(list)
    for choice in _choices(bitrix, [row.id for _, _, row in found if row.property_type == "L"]):
        choices[choice.property_id].append(choice.value)
    values = _values(
        chain.from_iterable(_sampled(bitrix, catalog, shelf, samples // len(shelves)) for shelf in shelves)
    )
    merged: dict[tuple[str, bool], ShopProperty] = {}
    for code, of_offers, row in found:
        known = merged.get((code, of_offers)) or ShopProperty(
            code=code,
            name=row.name,
            type=f"{row.property_type}:{row.user_type}" if row.user_type else row.property_type,
            multiple=row.multiple,
            of_offers=of_offers,
            samples=tuple(text for text, _ in values[code, of_offers].most_common()),
        )
        merged[code, of_offers] = replace(known, enum=tuple(dict.fromkeys((*known.enum, *choices[row.id]))))
    return list(merged.values())


def _choices(bitrix: BitrixClient, properties: Iterable[int]) -> Iterator[EnumRow]:
    commands = (_page(_ENUMS, ["id", "propertyId", "value"], {"propertyId": number}) for number in properties)
    return (read(EnumRow, row, _ENUMS) for row in chain.from_iterable(_run(bitrix, commands)))


def _sampled(bitrix: BitrixClient, catalog: Catalog, shelf: _Shelf, most: int) -> Iterator[_Family]:
    pages = bitrix.pages(_PRODUCTS, {"select": _ALWAYS, "filter": {"iblockId": shelf.heads}})
    heads = islice((ProductId(int(str(row["id"]))) for page in pages for row in page), most)
    return _families(bitrix, catalog, shelf, list(heads))


def _values(families: Iterable[_Family]) -> defaultdict[tuple[str, bool], Counter[str]]:
    """How often each value occurs, by code and whether in offers."""
    found: defaultdict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
    for family in families:
        for element in family.all:
            for code, texts in element.good.properties.items():
                found[code, element is not family.head].update(texts)
    return found


# Barcodes


def write_barcodes(
    bitrix: BitrixClient, catalog: Catalog, barcodes: Mapping[OfferId, tuple[int, Barcode]]
) -> dict[OfferId, SyncError | None]:
    """Write barcodes where none stands: offer → (information block's id, barcode). What became of each.

    What has been written already is as good as written now, so it may be repeated; another barcode is never replaced.
    """
    if not barcodes:
        return {}
    blocks = {offer: iblock for offer, (iblock, _) in barcodes.items()}
    standing = read_property(bitrix, catalog, catalog.barcode_property, blocks)
    outcome: dict[OfferId, SyncError | None] = {}
    empty: dict[OfferId, tuple[int, str]] = {}
    for offer, (iblock, barcode) in barcodes.items():
        held = standing.get(offer)
        if held is None:
            outcome[offer] = Rejected(f"the shop has no offer {offer}, or no {catalog.barcode_property} for it")
        elif held and held != barcode:
            outcome[offer] = Rejected(f"offer {offer} has another barcode already")
        elif held:
            outcome[offer] = None
        else:
            empty[offer] = iblock, barcode
    return outcome | write_property(bitrix, catalog, catalog.barcode_property, empty)


# Asking


def _listed[M: (CatalogRow, SectionRow, PriceTypeRow, ShopPropertyRow)](
    bitrix: BitrixClient, model: type[M], method: str, *select: str, iblock: int | None = None
) -> Iterator[M]:
    """All rows of a list method, by id."""
    narrowed = {} if iblock is None else {"iblockId": iblock}
    pages = bitrix.pages(method, {"select": ["id", *select], "filter": narrowed})
    return (read(model, row, method) for page in pages for row in page)


def _page(method: str, select: Sequence[str], narrowed: Mapping[str, Param]) -> Command:
    return Command(method, {"select": select, "filter": narrowed, "order": {"id": "asc"}, "start": -1})


def _run(bitrix: BitrixClient, commands: Iterable[Command]) -> Iterator[list[Row]]:
    """Each command's rows, 50 commands to a request; what a full page leaves behind is asked for with the next ones.

    The first failure is raised.
    """
    left: list[Command] = []
    coming = iter(commands)
    while some := [*left, *islice(coming, BATCH - len(left))]:
        answer = bitrix.batch({f"c{number}": command for number, command in enumerate(some)})
        left = []
        for number, command in enumerate(some):
            found = rows(answer.take(f"c{number}"), METHODS[command.method].rows, command.method)
            yield found
            if len(found) >= PAGE and "start" in command.params:
                left.append(_following(command, found))


def _following(command: Command, page: Sequence[Row]) -> Command:
    narrowed = mapped(command.params["filter"])
    last = int(str(page[-1]["id"]))
    if last <= int(narrowed.get(">id", 0)):
        raise Unavailable(f"Bitrix {command.method} does not page by id", maybe_done=False)
    return Command(command.method, {**command.params, "filter": {**narrowed, ">id": last}})
