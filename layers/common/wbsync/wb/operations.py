"""Every call that wbsync knows how to make to WB: one row each, and the only list of them.

A row ties together what WB's documentation spreads over pages: verb and path, the host and the token category of its
section, the limit it draws from, the largest batch, whether it may be repeated blindly, and what it answers
(a model of wb.wire, card_wire or price_wire, NOTHING for 204, or JSON as it is while no flow uses the call yet).

Limits are those of Personal and Service tokens, state of 2026-10-24 (WB facts §1, the table of groups).
Left out on purpose: POST /api/v3/orders/client, which brings buyers' names and phones (and serves Turkey only).
"""

from dataclasses import dataclass, replace
from types import NoneType

from wbsync.domain.pacing import Bucket
from wbsync.wb.card_wire import (
    Barcodes,
    Brands,
    CardErrors,
    CardLimits,
    CardsTaken,
    CharacteristicRows,
    Colors,
    Countries,
    FullCards,
    MediaTaken,
    Subjects,
    TnvedCodes,
    Words,
)
from wbsync.wb.price_wire import (
    GoodPrices,
    PendingPriceTaskGoods,
    PriceTask,
    PriceTaskGoods,
    Quarantine,
    TaskTaken,
)
from wbsync.wb.token import Category
from wbsync.wb.wire import (
    ArchivePage,
    Boxes,
    BoxIds,
    BoxStickers,
    Cards,
    CreatedSupply,
    CrossBorderStickers,
    NewOrders,
    OrdersMarks,
    OrdersPage,
    OrderStatuses,
    ReshipmentOrders,
    SellerInfo,
    SpotList,
    SpotSticker,
    Stickers,
    Stocks,
    SuppliesPage,
    SupplyBarcode,
    SupplyOrderIds,
    SupplyRow,
    TransferredOrders,
    Warehouses,
    WbStock,
)

JSON = object
NOTHING: type[None] = NoneType


@dataclass(frozen=True, slots=True)
class Section:
    """A part of WB's documentation: the host that serves it (without `.wildberries.ru`) and the token it wants."""

    api: str
    category: Category | None
    doc: str


@dataclass(frozen=True, slots=True)
class Operation[A]:
    """One call. `path` has its parameters in braces.

    `batch_max`: rows in the body, at most; None where WB names no maximum.
    `repeatable`: a second time changes nothing more, so after a time-out it may be sent again without looking.
    """

    name: str
    verb: str
    path: str
    section: Section
    bucket: Bucket
    answer: type[A]
    batch_max: int | None = None
    repeatable: bool = True

    @property
    def api(self) -> str:
        return self.section.api

    @property
    def category(self) -> Category | None:
        return self.section.category

    @property
    def doc(self) -> str:
        return self.section.doc


_DOCS = "https://dev.wildberries.ru/openapi/"

# Sections

CONNECTION = _DOCS + "api-information#tag/connectionCheck"
COMMON_PING = Section("common-api", None, CONNECTION)
CONTENT_PING = Section("content-api", Category.CONTENT, CONNECTION)
PRICES_PING = Section("discounts-prices-api", Category.PRICES, CONNECTION)
MARKETPLACE_PING = Section("marketplace-api", Category.MARKETPLACE, CONNECTION)
SELLER = Section("common-api", None, _DOCS + "api-information#tag/sellerInformation")

SUBJECTS = Section(
    "content-api", Category.CONTENT, _DOCS + "item-management#tag/categoriesSubcategoriesAndCharacteristics"
)
CREATION = Section("content-api", Category.CONTENT, _DOCS + "item-management#tag/listingItems")
LISTINGS = Section("content-api", Category.CONTENT, _DOCS + "item-management#tag/listings")
TAGS = Section("content-api", Category.CONTENT, _DOCS + "item-management#tag/labels")
MEDIA = Section("content-api", Category.CONTENT, _DOCS + "item-management#tag/mediaFiles")
PRICING = Section("discounts-prices-api", Category.PRICES, _DOCS + "item-management#tag/pricesAndDiscounts")
INVENTORY = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "item-management#tag/sellerWarehousesInventory")
SELLER_WAREHOUSES = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "item-management#tag/sellerWarehouses")

FBS_ORDERS = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "orders-fbs#tag/fbsAssemblyOrders")
FBS_META = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "orders-fbs#tag/fbsLabelIdentifiers")
FBS_SUPPLIES = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "orders-fbs#tag/fbsSupplies")
FBS_PASSES = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "orders-fbs#tag/fbsPasses")
FBS_AUTORETURNS = Section("marketplace-api", Category.MARKETPLACE, _DOCS + "orders-fbs#tag/autoreturnSettings")
STOCK_REPORTS = Section("seller-analytics-api", Category.ANALYTICS, _DOCS + "analytics#tag/stocksReport")

# Buckets. Marketplace charges a 4XX answer as ten calls.

# WB prints a burst of 99 here, but also "3 requests in 30 s, not for monitoring, or you are blocked for a time".
_PING = Bucket("ping", 10.0, 3)
SELLER_INFO_BUCKET = Bucket("seller_info", 60.0, 10)

# "All methods of Content" but those with a table of their own. cards/list does not say so in its own words; if it
# has a bucket to itself, sharing costs us a little speed, and the other mistake would cost 429s.
CONTENT = Bucket("content", 0.6, 5)
CONTENT_CHARACTERISTICS = Bucket("content_characteristics", 0.6, 5)
CONTENT_TAGS = Bucket("content_tags", 0.6, 5)
CONTENT_MEDIA = Bucket("content_media", 0.6, 5)
CONTENT_LIMITS = Bucket("content_limits", 0.6, 5)
CONTENT_TRASH = Bucket("content_trash", 0.6, 5)
CONTENT_BRANDS = Bucket("content_brands", 1.0, 5)
CONTENT_UPLOAD = Bucket("content_upload", 6.0, 5)
CONTENT_UPLOAD_ADD = Bucket("content_upload_add", 6.0, 5)
CONTENT_UPDATE = Bucket("content_update", 6.0, 5)
CONTENT_ERRORS = Bucket("content_errors", 6.0, 5)
CONTENT_RECOVER = Bucket("content_recover", 20.0, 5)

PRICES = Bucket("prices", 0.6, 5)

# Two sentences of the documentation ("all methods of seller warehouses' stock" and "of seller warehouses") may mean
# one bucket or two; warehouses are read a few times a day, so taking them from the stock's costs nothing.
STOCKS = Bucket("stocks", 0.2, 20, refusal_cost=10)
STOCKS_DELETE = Bucket("stocks_delete", 6.0, 2, refusal_cost=10)

# Assembly orders, supplies, passes and autoreturns together.
FBS = Bucket("fbs", 0.2, 20, refusal_cost=10)
FBS_CANCEL = Bucket("fbs_cancel", 0.6, 20, refusal_cost=10)
FBS_META_READ = Bucket("fbs_meta_read", 0.2, 20, refusal_cost=10)
FBS_META_WRITE = Bucket("fbs_meta_write", 0.06, 20, refusal_cost=10)
FBS_NEW_PASS = Bucket("fbs_new_pass", 600.0, 1, refusal_cost=10)

WB_WAREHOUSES_REPORT = Bucket("wb_warehouses_report", 20.0, 1)


def sandbox_bucket(operation: Operation[object]) -> Bucket:
    """The sandbox has one limit per category, a call a second for all methods together (WB facts §1)."""
    return Bucket(f"sandbox {operation.api}", 1.0, 1, operation.bucket.refusal_cost)


# fmt: off

# General (§1)
PING_COMMON = Operation("ping_common", "GET", "/ping", COMMON_PING, replace(_PING, name="ping_common"), JSON)
PING_CONTENT = Operation("ping_content", "GET", "/ping", CONTENT_PING, replace(_PING, name="ping_content"), JSON)
PING_PRICES = Operation("ping_prices", "GET", "/ping", PRICES_PING, replace(_PING, name="ping_prices"), JSON)
PING_MARKETPLACE = Operation(
    "ping_marketplace", "GET", "/ping", MARKETPLACE_PING, replace(_PING, name="ping_marketplace"), JSON
)
SELLER_INFO = Operation("seller_info", "GET", "/api/v1/seller-info", SELLER, SELLER_INFO_BUCKET, SellerInfo)

# Content: what may be sold and how it is described (§2)
PARENT_SUBJECTS = Operation("parent_subjects", "GET", "/content/v2/object/parent/all", SUBJECTS, CONTENT, JSON)
SUBJECT_LIST = Operation("subject_list", "GET", "/content/v2/object/all", SUBJECTS, CONTENT, Subjects)
CHARACTERISTICS = Operation(
    "characteristics", "GET", "/content/v2/object/charcs/{subject_id}", SUBJECTS, CONTENT, CharacteristicRows
)
COLORS = Operation("colors", "GET", "/content/v2/directory/colors", SUBJECTS, CONTENT_CHARACTERISTICS, Colors)
KINDS = Operation("kinds", "GET", "/content/v2/directory/kinds", SUBJECTS, CONTENT_CHARACTERISTICS, Words)
SEASONS = Operation("seasons", "GET", "/content/v2/directory/seasons", SUBJECTS, CONTENT_CHARACTERISTICS, Words)
VAT = Operation("vat", "GET", "/content/v2/directory/vat", SUBJECTS, CONTENT_CHARACTERISTICS, Words)
COUNTRIES = Operation("countries", "GET", "/content/v2/directory/countries", SUBJECTS, CONTENT, Countries)
TNVED = Operation("tnved", "GET", "/content/v2/directory/tnved", SUBJECTS, CONTENT, TnvedCodes)
TNVED_ALL = Operation("tnved_all", "GET", "/api/content/v2/directory/tnved/all", SUBJECTS, CONTENT, JSON)
OKPD = Operation("okpd", "GET", "/api/content/v2/directory/okpd", SUBJECTS, CONTENT, JSON)
OKPD_ALL = Operation("okpd_all", "GET", "/api/content/v2/directory/okpd/all", SUBJECTS, CONTENT, JSON)
BRANDS = Operation("brands", "GET", "/api/content/v1/brands", SUBJECTS, CONTENT_BRANDS, Brands)

# Content: cards (§2)
BARCODES = Operation("barcodes", "POST", "/content/v2/barcodes", LISTINGS, CONTENT, Barcodes, repeatable=False)
CARDS_LIMITS = Operation("cards_limits", "GET", "/content/v2/cards/limits", CREATION, CONTENT_LIMITS, CardLimits)
CARDS_UPLOAD = Operation(
    "cards_upload", "POST", "/content/v2/cards/upload", CREATION, CONTENT_UPLOAD, CardsTaken, 100, repeatable=False
)
CARDS_UPLOAD_ADD = Operation(
    "cards_upload_add", "POST", "/content/v2/cards/upload/add", CREATION, CONTENT_UPLOAD_ADD, CardsTaken, 29,
    repeatable=False,
)
# An update overwrites, so a second one changes nothing more.
CARDS_UPDATE = Operation(
    "cards_update", "POST", "/content/v2/cards/update", LISTINGS, CONTENT_UPDATE, CardsTaken, 3000
)
CARDS_ERRORS = Operation("cards_errors", "POST", "/content/v2/cards/error/list", LISTINGS, CONTENT_ERRORS, CardErrors)
CARDS_LIST = Operation("cards_list", "POST", "/content/v2/get/cards/list", LISTINGS, CONTENT, Cards)
# The same call, read whole: links read all cards, and need little of each.
CARDS_READ = Operation("cards_read", "POST", "/content/v2/get/cards/list", LISTINGS, CONTENT, FullCards)
CARDS_REGROUP = Operation("cards_regroup", "POST", "/content/v2/cards/moveNm", LISTINGS, CONTENT, JSON, 30)
CARDS_TO_TRASH = Operation(
    "cards_to_trash", "POST", "/content/v2/cards/delete/trash", LISTINGS, CONTENT_TRASH, JSON, 1000
)
CARDS_RECOVER = Operation("cards_recover", "POST", "/content/v2/cards/recover", LISTINGS, CONTENT_RECOVER, JSON, 1000)
CARDS_IN_TRASH = Operation("cards_in_trash", "POST", "/content/v2/get/cards/trash", LISTINGS, CONTENT, JSON)
TAG_LIST = Operation("tag_list", "GET", "/content/v2/tags", TAGS, CONTENT_TAGS, JSON)
CREATE_TAG = Operation("create_tag", "POST", "/content/v2/tag", TAGS, CONTENT_TAGS, JSON, repeatable=False)
CHANGE_TAG = Operation("change_tag", "PATCH", "/content/v2/tag/{tag_id}", TAGS, CONTENT_TAGS, JSON)
DELETE_TAG = Operation("delete_tag", "DELETE", "/content/v2/tag/{tag_id}", TAGS, CONTENT_TAGS, JSON)
TAG_CARD = Operation("tag_card", "POST", "/content/v2/tag/nomenclature/link", TAGS, CONTENT_TAGS, JSON, 15)
MEDIA_BY_LINKS = Operation("media_by_links", "POST", "/content/v3/media/save", MEDIA, CONTENT_MEDIA, MediaTaken, 31)
MEDIA_FILE = Operation("media_file", "POST", "/content/v3/media/file", MEDIA, CONTENT_MEDIA, JSON, repeatable=False)

# Stock and the seller's warehouses (§3)
PUT_STOCKS = Operation("put_stocks", "PUT", "/api/v3/stocks/{warehouse_id}", INVENTORY, STOCKS, NOTHING, 1000)
READ_STOCKS = Operation("read_stocks", "POST", "/api/v3/stocks/{warehouse_id}", INVENTORY, STOCKS, Stocks, 1000)
DELETE_STOCKS = Operation(
    "delete_stocks", "DELETE", "/api/v3/stocks/{warehouse_id}", INVENTORY, STOCKS_DELETE, NOTHING, 1000
)
WAREHOUSES = Operation("warehouses", "GET", "/api/v3/warehouses", SELLER_WAREHOUSES, STOCKS, Warehouses)
CREATE_WAREHOUSE = Operation(
    "create_warehouse", "POST", "/api/v3/warehouses", SELLER_WAREHOUSES, STOCKS, JSON, repeatable=False
)
CHANGE_WAREHOUSE = Operation(
    "change_warehouse", "PUT", "/api/v3/warehouses/{warehouse_id}", SELLER_WAREHOUSES, STOCKS, NOTHING
)
DELETE_WAREHOUSE = Operation(
    "delete_warehouse", "DELETE", "/api/v3/warehouses/{warehouse_id}", SELLER_WAREHOUSES, STOCKS, NOTHING
)
OFFICES = Operation("offices", "GET", "/api/v3/offices", SELLER_WAREHOUSES, STOCKS, JSON)

# FBS assembly orders (§4)
NEW_ORDERS = Operation("new_orders", "GET", "/api/v3/orders/new", FBS_ORDERS, FBS, NewOrders)
ORDERS = Operation("orders", "GET", "/api/v3/orders", FBS_ORDERS, FBS, OrdersPage)
ORDERS_ARCHIVE = Operation(
    "orders_archive", "GET", "/api/marketplace/v3/fbs/orders/archive", FBS_ORDERS, FBS, ArchivePage
)
ORDER_STATUSES = Operation("order_statuses", "POST", "/api/v3/orders/status", FBS_ORDERS, FBS, OrderStatuses, 1000)
CANCEL_ORDER = Operation(
    "cancel_order", "PATCH", "/api/v3/orders/{order_id}/cancel", FBS_ORDERS, FBS_CANCEL, NOTHING, repeatable=False
)
STICKERS = Operation("stickers", "POST", "/api/v3/orders/stickers", FBS_ORDERS, FBS, Stickers, 100)
CROSS_BORDER_STICKERS = Operation(
    "cross_border_stickers", "POST", "/api/v3/orders/stickers/cross-border", FBS_ORDERS, FBS, CrossBorderStickers, 100
)
CROSS_BORDER_HISTORY = Operation(
    "cross_border_history", "POST", "/api/v3/orders/status/history", FBS_ORDERS, FBS, JSON, 100
)

# Marking codes of FBS orders (§4)
ORDERS_META = Operation(
    "orders_meta", "POST", "/api/marketplace/v3/orders/meta", FBS_META, FBS_META_READ, OrdersMarks, 100
)
DELETE_META = Operation("delete_meta", "DELETE", "/api/v3/orders/{order_id}/meta", FBS_META, FBS_META_READ, NOTHING)
PUT_SGTIN = Operation(
    "put_sgtin", "PUT", "/api/v3/orders/{order_id}/meta/sgtin", FBS_META, FBS_META_WRITE, NOTHING, 100
)
PUT_UIN = Operation("put_uin", "PUT", "/api/v3/orders/{order_id}/meta/uin", FBS_META, FBS_META_WRITE, NOTHING)
PUT_IMEI = Operation("put_imei", "PUT", "/api/v3/orders/{order_id}/meta/imei", FBS_META, FBS_META_WRITE, NOTHING)
PUT_GTIN = Operation("put_gtin", "PUT", "/api/v3/orders/{order_id}/meta/gtin", FBS_META, FBS_META_WRITE, NOTHING)
PUT_EXPIRATION = Operation(
    "put_expiration", "PUT", "/api/v3/orders/{order_id}/meta/expiration", FBS_META, FBS_META_WRITE, NOTHING
)
PUT_CUSTOMS_DECLARATION = Operation(
    "put_customs_declaration", "PUT", "/api/marketplace/v3/orders/{order_id}/meta/customs-declaration",
    FBS_META, FBS_META_WRITE, NOTHING,
)

# FBS supplies and their boxes (§5)
CREATE_SUPPLY = Operation(
    "create_supply", "POST", "/api/v3/supplies", FBS_SUPPLIES, FBS, CreatedSupply, repeatable=False
)
SUPPLIES = Operation("supplies", "GET", "/api/v3/supplies", FBS_SUPPLIES, FBS, SuppliesPage)
SUPPLY = Operation("supply", "GET", "/api/v3/supplies/{supply_id}", FBS_SUPPLIES, FBS, SupplyRow)
DELETE_SUPPLY = Operation("delete_supply", "DELETE", "/api/v3/supplies/{supply_id}", FBS_SUPPLIES, FBS, NOTHING)
ADD_ORDERS_TO_SUPPLY = Operation(
    "add_orders_to_supply", "PATCH", "/api/marketplace/v3/supplies/{supply_id}/orders", FBS_SUPPLIES, FBS, NOTHING, 100
)
SUPPLY_ORDER_IDS = Operation(
    "supply_order_ids", "GET", "/api/marketplace/v3/supplies/{supply_id}/order-ids", FBS_SUPPLIES, FBS,
    SupplyOrderIds,
)
DELIVER_SUPPLY = Operation(
    "deliver_supply", "PATCH", "/api/v3/supplies/{supply_id}/deliver", FBS_SUPPLIES, FBS, NOTHING, repeatable=False
)
SUPPLY_BARCODE = Operation(
    "supply_barcode", "GET", "/api/v3/supplies/{supply_id}/barcode", FBS_SUPPLIES, FBS, SupplyBarcode
)
BOXES = Operation("boxes", "GET", "/api/v3/supplies/{supply_id}/trbx", FBS_SUPPLIES, FBS, Boxes)
ADD_BOXES = Operation(
    "add_boxes", "POST", "/api/v3/supplies/{supply_id}/trbx", FBS_SUPPLIES, FBS, BoxIds, repeatable=False
)
DELETE_BOXES = Operation("delete_boxes", "DELETE", "/api/v3/supplies/{supply_id}/trbx", FBS_SUPPLIES, FBS, NOTHING)
BOX_STICKERS = Operation(
    "box_stickers", "POST", "/api/v3/supplies/{supply_id}/trbx/stickers", FBS_SUPPLIES, FBS, BoxStickers
)
RESHIPMENT_ORDERS = Operation(
    "reshipment_orders", "GET", "/api/v3/supplies/orders/reshipment", FBS_SUPPLIES, FBS, ReshipmentOrders
)
# WB prints no limit for it; once per order, so a repetition is an error.
TRANSFER_ORDERS = Operation(
    "transfer_orders", "PATCH", "/api/marketplace/v3/fbs/supplies/{supply_id}/orders/transfer", FBS_SUPPLIES, FBS,
    TransferredOrders, repeatable=False,
)

# How FBS supplies travel; SPOT is for supplies from other countries of the EAEU into Russia (§5)
SHIPPING_METHOD = Operation(
    "shipping_method", "PATCH", "/api/marketplace/v3/fbs/supplies/shipping-method", FBS_SUPPLIES, FBS, JSON, 100
)
SHIPPING_POINTS = Operation(
    "shipping_points", "GET", "/api/marketplace/v3/fbs/supplies/{supply_id}/shipping-points", FBS_SUPPLIES, FBS, JSON
)
SPOT_COUNTRIES = Operation(
    "spot_countries", "GET", "/api/marketplace/v3/fbs/dictionaries/countries/oksm", FBS_SUPPLIES, FBS, JSON
)
PUT_SPOT = Operation(
    "put_spot", "PUT", "/api/marketplace/v3/fbs/supplies/{supply_id}/spot", FBS_SUPPLIES, FBS, NOTHING
)
SPOT_LIST = Operation(
    "spot_list", "POST", "/api/marketplace/v3/fbs/supplies/spot/list", FBS_SUPPLIES, FBS, SpotList, 100
)
SPOT_STICKER = Operation(
    "spot_sticker", "GET", "/api/marketplace/v3/fbs/supplies/{supply_id}/stickers/spot", FBS_SUPPLIES, FBS, SpotSticker
)

# Passes to WB's warehouses (§5)
PASSES = Operation("passes", "GET", "/api/v3/passes", FBS_PASSES, FBS, JSON)
PASS_OFFICES = Operation("pass_offices", "GET", "/api/v3/passes/offices", FBS_PASSES, FBS, JSON)
CREATE_PASS = Operation("create_pass", "POST", "/api/v3/passes", FBS_PASSES, FBS_NEW_PASS, JSON, repeatable=False)
CHANGE_PASS = Operation("change_pass", "PUT", "/api/v3/passes/{pass_id}", FBS_PASSES, FBS, NOTHING)
DELETE_PASS = Operation("delete_pass", "DELETE", "/api/v3/passes/{pass_id}", FBS_PASSES, FBS, NOTHING)

# Automatic returns (§5)
AUTORETURNS = Operation(
    "autoreturns", "GET", "/api/marketplace/v3/fbs/settings/autoreturns", FBS_AUTORETURNS, FBS, JSON
)
CHANGE_AUTORETURNS = Operation(
    "change_autoreturns", "PATCH", "/api/marketplace/v3/fbs/settings/autoreturns", FBS_AUTORETURNS, FBS, NOTHING
)
AUTORETURN_ITEMS = Operation(
    "autoreturn_items", "POST", "/api/marketplace/v3/fbs/settings/autoreturns/items", FBS_AUTORETURNS, FBS, JSON, 1000
)
CHANGE_AUTORETURN_ITEMS = Operation(
    "change_autoreturn_items", "PATCH", "/api/marketplace/v3/fbs/settings/autoreturns/items",
    FBS_AUTORETURNS, FBS, JSON, 1000,
)
AUTORETURN_RESTRICTED = Operation(
    "autoreturn_restricted", "GET", "/api/marketplace/v3/fbs/settings/autoreturns/subcategories/restricted",
    FBS_AUTORETURNS, FBS, JSON,
)

# Prices (§7). A price task sent twice answers 208 with the first one's id.
SET_PRICES = Operation("set_prices", "POST", "/api/v2/upload/task", PRICING, PRICES, TaskTaken, 1000)
SET_SIZE_PRICES = Operation(
    "set_size_prices", "POST", "/api/v2/upload/task/size", PRICING, PRICES, TaskTaken, 1000
)
SET_CLUB_DISCOUNTS = Operation(
    "set_club_discounts", "POST", "/api/v2/upload/task/club-discount", PRICING, PRICES, JSON, 1000
)
SET_WHOLESALE_DISCOUNTS = Operation(
    "set_wholesale_discounts", "POST", "/api/discounts-prices/v1/upload/task/b2b/wholesale", PRICING, PRICES, JSON, 1000
)
PRICE_TASK = Operation("price_task", "GET", "/api/v2/history/tasks", PRICING, PRICES, PriceTask)
PRICE_TASK_GOODS = Operation(
    "price_task_goods", "GET", "/api/v2/history/goods/task", PRICING, PRICES, PriceTaskGoods
)
PENDING_PRICE_TASK = Operation("pending_price_task", "GET", "/api/v2/buffer/tasks", PRICING, PRICES, PriceTask)
PENDING_PRICE_TASK_GOODS = Operation(
    "pending_price_task_goods", "GET", "/api/v2/buffer/goods/task", PRICING, PRICES, PendingPriceTaskGoods
)
PRICE_LIST = Operation("price_list", "GET", "/api/v2/list/goods/filter", PRICING, PRICES, GoodPrices)
PRICES_OF = Operation("prices_of", "POST", "/api/v2/list/goods/filter", PRICING, PRICES, GoodPrices, 1000)
SIZE_PRICES = Operation("size_prices", "GET", "/api/v2/list/goods/size/nm", PRICING, PRICES, JSON)
PRICE_QUARANTINE = Operation("price_quarantine", "GET", "/api/v2/quarantine/goods", PRICING, PRICES, Quarantine)

# WB's own warehouses (§8); 204 when they hold nothing
WB_WAREHOUSES_STOCK = Operation(
    "wb_warehouses_stock", "POST", "/api/analytics/v1/stocks-report/wb-warehouses",
    STOCK_REPORTS, WB_WAREHOUSES_REPORT, WbStock, 1000,
)

# fmt: on

OPERATIONS: tuple[Operation[object], ...] = tuple(row for row in list(globals().values()) if isinstance(row, Operation))
"""All rows, for doctor, tests and reports."""
