"""Everything the pretended shop remembers. One lock guards it: a method runs whole, a batch does not."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock

from infra.local.bitrix.answers import Row
from infra.local.bitrix.seed import Seed

PRODUCTS_IBLOCK, OFFERS_IBLOCK = 23, 24
SKU_PROPERTY, BARCODE_PROPERTY, SIZE_PROPERTY, ARTICLE_PROPERTY, COLOUR_PROPERTY = 97, 98, 99, 100, 101
PLACE_PROPERTY, FBO_PROPERTY, FBO_STOCK_PROPERTY = 102, 103, 104


class Table:
    """Rows under growing ids; `owner` names the field of the parent whose rows are asked for together."""

    def __init__(self, owner: str = "", first_id: int = 1) -> None:
        self._rows: dict[int, Row] = {}
        self._owner = owner
        self._owned: dict[object, dict[int, Row]] = {}
        self._ids = itertools.count(first_id)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> Row:
        row["id"] = row.get("id") or next(self._ids)
        self._rows[row["id"]] = row
        if self._owner:
            self._owned.setdefault(row[self._owner], {})[row["id"]] = row
        return row

    def get(self, key: int) -> Row | None:
        return self._rows.get(key)

    def of(self, owner: int) -> list[Row]:
        return list(self._owned.get(owner, {}).values())

    def remove(self, row: Row) -> None:
        del self._rows[row["id"]]
        if self._owner:
            del self._owned[row[self._owner]][row["id"]]


@dataclass(slots=True)
class Requests:
    """What came over the wire: HTTP requests by method, and methods counted inside batches too."""

    http: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Shop:
    seed: Seed
    clock: Callable[[], float]
    lock: RLock = field(default_factory=RLock)
    requests: Requests = field(default_factory=Requests)

    catalogs: Table = field(default_factory=Table)
    elements: dict[int, Table] = field(default_factory=dict)  # by information block
    product_properties: Table = field(default_factory=Table)
    property_enums: Table = field(default_factory=lambda: Table("propertyId", 1_101))
    sections: Table = field(default_factory=Table)
    files: Table = field(default_factory=lambda: Table("productId", 50_000_001))
    stores: Table = field(default_factory=Table)
    store_products: Table = field(default_factory=lambda: Table("productId", 700_001))
    price_types: Table = field(default_factory=Table)
    prices: Table = field(default_factory=lambda: Table("productId", 800_001))
    measures: Table = field(default_factory=Table)

    person_types: Table = field(default_factory=Table)
    property_groups: Table = field(default_factory=Table)
    order_properties: Table = field(default_factory=lambda: Table(first_id=20))
    statuses: dict[str, Row] = field(default_factory=dict)
    pay_systems: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)

    # Ids of different kinds never look alike, so that a client which takes one for another is found out.
    orders: Table = field(default_factory=lambda: Table(first_id=100_001))
    basket: Table = field(default_factory=lambda: Table("orderId", 200_001))
    payments: Table = field(default_factory=lambda: Table("orderId", 300_001))
    shipments: Table = field(default_factory=lambda: Table("orderId", 400_001))
    shipment_items: Table = field(default_factory=lambda: Table("orderDeliveryId", 500_001))
    property_values: Table = field(default_factory=lambda: Table("orderId", 600_001))
    basket_properties: Table = field(default_factory=lambda: Table("basketId", 900_001))
    reserved_in: dict[int, int] = field(default_factory=dict)  # shipment item → row of store_products
    shipped_from: dict[int, int] = field(default_factory=dict)  # the same of items that have left the shop
    _marks: Iterator[int] = field(default_factory=lambda: itertools.count(0x6A000000))
    _value_ids: Iterator[int] = field(default_factory=lambda: itertools.count(9_000_001))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC).replace(microsecond=0)

    def fresh_xml_id(self) -> str:
        """What the shop invents for a row that came without an xmlId."""
        return f"bx_{next(self._marks):013x}"

    def fresh_value_id(self) -> str:
        """The id of a product property's value that did not come with the opening."""
        return str(next(self._value_ids))

    def product(self, product_id: int) -> Row | None:
        return next((row for table in self.elements.values() if (row := table.get(product_id)) is not None), None)
