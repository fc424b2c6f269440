"""Every operation that is served, one row each. A later one is a row here and a handler in the file of its subject."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from infra.local.wildberries import (
    analytics,
    archive,
    boxes,
    cards,
    content,
    general,
    labels,
    media,
    meta,
    orders,
    prices,
    schema,
    spot,
    stocks,
    supplies,
    transfer,
)
from infra.local.wildberries.answers import Answer, Refusal, Request
from infra.local.wildberries.auth import Category
from infra.local.wildberries.state import State

type Handler = Callable[[State, Request], Answer]

# First label of the host name → category of the token that it wants; None: any token.
APIS: dict[str, Category | None] = {
    "content-api": Category.CONTENT,
    "discounts-prices-api": Category.PRICES,
    "dp-calendar-api": Category.PRICES,
    "marketplace-api": Category.MARKETPLACE,
    "supplies-api": Category.SUPPLIES,
    "statistics-api": Category.STATISTICS,
    "seller-analytics-api": Category.ANALYTICS,
    "advert-api": Category.PROMOTION,
    "feedbacks-api": Category.FEEDBACKS,
    "buyer-chat-api": Category.CHAT,
    "returns-api": Category.RETURNS,
    "documents-api": Category.DOCUMENTS,
    "finance-api": Category.FINANCE,
    "common-api": None,
    "user-management-api": Category.USERS,
}


@dataclass(frozen=True)
class Route:
    verb: str
    api: str
    path: str
    bucket: str  # a key of limits.BUCKETS
    handler: Handler
    writes: bool = False
    for_base: bool = True  # tokens too
    forbidden: Callable[[], Refusal] | None = None  # its own words for a token of another category
    by_gateway: bool = False  # the gateway says that, even where the others of the api have words of their own

    @property
    def operation(self) -> str:
        return f"{self.verb} {self.path}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path)))


_M, _C, _P = "marketplace-api", "content-api", "discounts-prices-api"
_FBS = "/api/marketplace/v3/fbs"
_META = {key: f"/api/v3/orders/{{orderId}}/meta/{key}" for key in ("sgtin", "uin", "imei", "gtin", "expiration")} | {
    "customsDeclaration": "/api/marketplace/v3/orders/{orderId}/meta/customs-declaration"
}
_PRICES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/api/v2/upload/task", prices.upload),
    ("POST", "/api/v2/upload/task/size", prices.upload_sizes),
    ("GET", "/api/v2/history/tasks", prices.history),
    ("GET", "/api/v2/history/goods/task", prices.history_goods),
    ("GET", "/api/v2/buffer/tasks", prices.buffer),
    ("GET", "/api/v2/buffer/goods/task", prices.buffer_goods),
    ("GET", "/api/v2/list/goods/filter", prices.goods),
    ("POST", "/api/v2/list/goods/filter", prices.goods_of),
    ("GET", "/api/v2/list/goods/size/nm", prices.sizes),
    ("GET", "/api/v2/quarantine/goods", prices.quarantine),
)
ROUTES = (
    # The calendar of promotions is the one api without a ping.
    *(Route("GET", api, "/ping", "ping", general.ping) for api in APIS if api != "dp-calendar-api"),
    Route("GET", "common-api", "/api/v1/seller-info", "seller info", general.seller_info),
    Route("POST", _C, "/content/v2/get/cards/list", "content", content.cards_list),
    Route("GET", _C, "/content/v2/object/parent/all", "content", schema.parents),
    Route("GET", _C, "/content/v2/object/all", "content", schema.subjects, by_gateway=True),
    Route("GET", _C, "/content/v2/object/charcs/{subjectId}", "content", schema.charcs),
    Route("GET", _C, "/content/v2/directory/colors", "content directories", schema.colours),
    Route("GET", _C, "/content/v2/directory/kinds", "content directories", schema.kinds),
    Route("GET", _C, "/content/v2/directory/countries", "content", schema.countries),
    Route("GET", _C, "/content/v2/directory/seasons", "content directories", schema.seasons),
    Route("GET", _C, "/content/v2/directory/vat", "content directories", schema.vat),
    Route("GET", _C, "/content/v2/directory/tnved", "content", schema.tnved),
    Route("POST", _C, "/content/v2/barcodes", "content", cards.barcodes),
    Route("GET", _C, "/content/v2/cards/limits", "content limits", cards.limits),
    Route("POST", _C, "/content/v2/cards/upload", "cards upload", cards.upload, writes=True, by_gateway=True),
    Route("POST", _C, "/content/v2/cards/upload/add", "cards add", cards.add, writes=True, by_gateway=True),
    Route("POST", _C, "/content/v2/cards/update", "cards update", cards.update, writes=True),
    Route("POST", _C, "/content/v2/cards/error/list", "cards errors", cards.error_list),
    Route("POST", _C, "/content/v3/media/save", "content media", media.save, writes=True, forbidden=media.forbidden),
    *(
        Route(verb, _P, path, "prices", handler, writes="upload" in path, forbidden=prices.forbidden)
        for verb, path, handler in _PRICES
    ),
    Route("GET", _C, "/api/content/v1/brands", "brands", schema.brands, by_gateway=True),
    Route("GET", _M, "/api/v3/warehouses", "stocks", stocks.warehouses),
    Route("GET", _M, "/api/v3/offices", "stocks", stocks.offices),
    Route("PUT", _M, "/api/v3/stocks/{warehouseId}", "stocks", stocks.write, writes=True),
    Route("POST", _M, "/api/v3/stocks/{warehouseId}", "stocks", stocks.read),
    Route("DELETE", _M, "/api/v3/stocks/{warehouseId}", "stocks delete", stocks.delete, writes=True),
    Route("GET", _M, "/api/v3/orders/new", "fbs", orders.new),
    Route("GET", _M, "/api/v3/orders", "fbs", orders.listed),
    Route("POST", _M, "/api/v3/orders/status", "fbs", orders.statuses),
    Route("PATCH", _M, "/api/v3/orders/{orderId}/cancel", "fbs cancel", orders.cancel, writes=True),
    Route("POST", _M, "/api/v3/orders/stickers", "fbs", labels.png_svg_zpl),
    Route("POST", _M, "/api/v3/orders/stickers/cross-border", "fbs", labels.cross_border),
    Route("POST", _M, "/api/v3/supplies", "fbs", supplies.create, writes=True),
    Route("GET", _M, "/api/v3/supplies", "fbs", supplies.listed),
    Route("GET", _M, "/api/v3/supplies/orders/reshipment", "fbs", supplies.to_be_sent_again),
    Route("GET", _M, "/api/v3/supplies/{supplyId}", "fbs", supplies.one),
    Route("DELETE", _M, "/api/v3/supplies/{supplyId}", "fbs", supplies.remove, writes=True),
    Route("GET", _M, "/api/marketplace/v3/supplies/{supplyId}/order-ids", "fbs", supplies.order_ids),
    Route("PATCH", _M, "/api/marketplace/v3/supplies/{supplyId}/orders", "fbs", supplies.add_orders, writes=True),
    Route("PATCH", _M, "/api/v3/supplies/{supplyId}/deliver", "fbs", supplies.deliver, writes=True),
    Route("GET", _M, "/api/v3/supplies/{supplyId}/barcode", "fbs", supplies.barcode),
    Route("PATCH", _M, f"{_FBS}/supplies/{{supplyId}}/orders/transfer", "fbs", transfer.transfer, writes=True),
    Route("GET", _M, "/api/v3/supplies/{supplyId}/trbx", "fbs", boxes.listed),
    Route("POST", _M, "/api/v3/supplies/{supplyId}/trbx", "fbs", boxes.add, writes=True),
    Route("DELETE", _M, "/api/v3/supplies/{supplyId}/trbx", "fbs", boxes.remove, writes=True),
    Route("POST", _M, "/api/v3/supplies/{supplyId}/trbx/stickers", "fbs", boxes.labels),
    Route("POST", _M, "/api/marketplace/v3/orders/meta", "meta", meta.read),
    Route("DELETE", _M, "/api/v3/orders/{orderId}/meta", "meta", meta.delete, writes=True),
    *(Route("PUT", _M, path, "meta write", meta.writer(key), writes=True) for key, path in _META.items()),
    Route("PUT", _M, f"{_FBS}/supplies/{{supplyId}}/spot", "fbs", spot.put, writes=True, by_gateway=True),
    Route("POST", _M, f"{_FBS}/supplies/spot/list", "fbs", spot.listed, by_gateway=True),
    Route("GET", _M, f"{_FBS}/supplies/{{supplyId}}/stickers/spot", "fbs", spot.qr, by_gateway=True),
    Route("GET", _M, f"{_FBS}/orders/archive", "fbs", archive.listed, forbidden=archive.forbidden),
    Route(
        "POST",
        "seller-analytics-api",
        "/api/analytics/v1/stocks-report/wb-warehouses",
        "wb stock",
        analytics.wb_warehouses,
        for_base=False,
        forbidden=analytics.forbidden,
    ),
)


def find(verb: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """`path` begins with the api's name, long or short: /marketplace-api/… or /marketplace/…"""
    name, slash, rest = path.removeprefix("/").partition("/")
    api = name if name in APIS else f"{name}-api"
    for route in ROUTES:
        if route.verb == verb and route.api == api and (found := route.pattern.fullmatch(slash + rest)):
            return route, found.groupdict()
    return None
