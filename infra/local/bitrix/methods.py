"""Every method the shop has: its scope, the right it needs, and who does it."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.local.bitrix import (
    basket_properties,
    baskets,
    catalog,
    dictionaries,
    orders,
    payments,
    pictures,
    property_values,
    shipments,
)
from infra.local.bitrix.answers import Answer, Params, Refused
from infra.local.bitrix.lists import page
from infra.local.bitrix.php import as_text, is_true
from infra.local.bitrix.seed import SCOPES, Right, Scope
from infra.local.bitrix.shop import Shop

Work = Callable[[Shop, Params], Answer]


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    scope: Scope | None  # None: for every webhook
    right: Right | None
    work: Work
    denied: str | None = None  # where the documentation knows another code than the right's own


def _scope(shop: Shop, params: Params) -> Answer:
    return Answer([scope for scope in SCOPES if scope in shop.seed.scopes or is_true(params.get("full"))])


def _methods(shop: Shop, params: Params) -> Answer:
    asked = as_text(params.get("scope"))
    wanted = {asked} if asked else set(SCOPES) if is_true(params.get("full")) else {None, *shop.seed.scopes}
    return Answer([name for name, method in METHODS.items() if method.scope in wanted])


def _method(shop: Shop, params: Params) -> Answer:
    """The name is compared as it stands: lower case, or the method "does not exist"."""
    method = METHODS.get(as_text(params.get("name")))
    available = method is not None and (method.scope is None or method.scope in shop.seed.scopes)
    return Answer({"isExisting": method is not None, "isAvailable": available})


def _rows(table: str, key: str) -> Work:
    """A plain list method over one table of the shop."""

    def listed(shop: Shop, params: Params) -> Answer:
        return page(list(getattr(shop, table)), params, key)

    return listed


_TABLE: tuple[Method, ...] = (
    Method("scope", None, None, _scope),
    Method("methods", None, None, _methods),
    Method("method.get", None, None, _method),
    Method("catalog.catalog.list", "catalog", "catalog_settings", _rows("catalogs", "catalogs")),
    Method("catalog.product.list", "catalog", "catalog_read", catalog.products),
    Method("catalog.product.sku.list", "catalog", "catalog_read", catalog.heads),
    Method("catalog.product.offer.list", "catalog", "catalog_read", catalog.offers),
    Method("catalog.product.get", "catalog", "catalog_read", catalog.product),
    Method("catalog.product.update", "catalog", "catalog_write", catalog.update),
    Method("catalog.product.download", "catalog", "catalog_read", pictures.download),
    Method("catalog.productImage.list", "catalog", "catalog_read", pictures.images),
    Method(
        "catalog.productProperty.list",
        "catalog",
        "catalog_read",
        _rows("product_properties", "productProperties"),
        denied="0",
    ),
    Method(
        "catalog.productPropertyEnum.list",
        "catalog",
        "catalog_read",
        _rows("property_enums", "productPropertyEnums"),
        denied="0",
    ),
    Method("catalog.section.list", "catalog", "catalog_read", catalog.sections, denied="200040300030"),
    Method("catalog.store.list", "catalog", "catalog_store", _rows("stores", "stores")),
    Method("catalog.storeproduct.list", "catalog", "catalog_store", catalog.store_products),
    Method("catalog.priceType.list", "catalog", "catalog_price", _rows("price_types", "priceTypes")),
    Method("catalog.price.list", "catalog", "catalog_price", catalog.prices),
    Method("catalog.measure.list", "catalog", "catalog_read", _rows("measures", "measures")),
    Method("sale.order.add", "sale", "sale_write", orders.add),
    Method("sale.order.update", "sale", "sale_write", orders.update),
    Method("sale.order.delete", "sale", "sale_write", orders.delete),
    Method("sale.order.get", "sale", "sale_read", orders.get),
    Method("sale.order.list", "sale", "sale_read", _rows("orders", "orders")),
    Method("sale.order.getFields", "sale", "sale_read", orders.fields),
    Method("sale.basketitem.add", "sale", "sale_write", baskets.add),
    Method("sale.basketitem.addCatalogProduct", "sale", "sale_write", baskets.add_catalog_product),
    Method("sale.basketitem.list", "sale", "sale_read", _rows("basket", "basketItems")),
    Method("sale.basketproperties.add", "sale", "sale_write", basket_properties.add),
    Method("sale.basketproperties.list", "sale", "sale_read", _rows("basket_properties", "basketProperties")),
    Method("sale.payment.add", "sale", "sale_write", payments.add),
    Method("sale.payment.update", "sale", "sale_write", payments.update),
    Method("sale.payment.list", "sale", "sale_read", _rows("payments", "payments")),
    Method("sale.shipment.add", "sale", "sale_write", shipments.add),
    Method("sale.shipment.update", "sale", "sale_write", shipments.update),
    Method("sale.shipment.list", "sale", "sale_read", _rows("shipments", "shipments")),
    Method("sale.shipmentitem.add", "sale", "sale_write", shipments.add_item),
    Method("sale.shipmentitem.list", "sale", "sale_read", _rows("shipment_items", "shipmentItems")),
    Method("sale.property.add", "sale", "sale_write", dictionaries.add_property),
    Method("sale.property.list", "sale", "sale_read", _rows("order_properties", "properties")),
    Method("sale.propertygroup.list", "sale", "sale_read", _rows("property_groups", "propertyGroups")),
    Method("sale.propertyvalue.modify", "sale", "sale_write", property_values.modify),
    Method("sale.propertyvalue.list", "sale", "sale_read", _rows("property_values", "propertyValues")),
    Method("sale.status.add", "sale", "sale_write", dictionaries.add_status),
    Method("sale.status.list", "sale", "sale_read", dictionaries.statuses),
    Method("sale.persontype.list", "sale", "sale_read", _rows("person_types", "personTypes")),
    Method("sale.paysystem.list", "pay_system", "pay_system", dictionaries.shouting("pay_systems")),
    Method("sale.delivery.getlist", "delivery", "delivery", dictionaries.shouting("deliveries")),
)

# The shop compares names in lower case.
METHODS: dict[str, Method] = {method.name.lower(): method for method in _TABLE}

_DENIED: dict[Right, Refused] = {
    "sale_read": Refused("200040300010", "Access Denied"),
    "sale_write": Refused("200040300020", "Access Denied"),
    "catalog_read": Refused("200040300010", "Access Denied"),
    "catalog_write": Refused("200040300040", "Access Denied"),
    "catalog_store": Refused("200040300010", "Access Denied"),
    "catalog_price": Refused("200040300010", "Access Denied"),
    "catalog_settings": Refused("200040300030", "Access Denied"),
    "pay_system": Refused("ACCESS_DENIED", "Access denied!", 403),
    "delivery": Refused("ACCESS_DENIED", "Access denied!", 403),
}


def method_of(name: str) -> Method:
    method = METHODS.get(name.lower())
    if method is None:
        raise Refused("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    return method


def check_allowed(shop: Shop, method: Method) -> None:
    if method.scope is not None and method.scope not in shop.seed.scopes:
        text = "The request requires higher privileges than provided by the webhook token"
        raise Refused("insufficient_scope", text, 401)
    if method.right is not None and method.right not in shop.seed.rights:
        denied = _DENIED[method.right]
        raise Refused(method.denied or denied.code, denied.description, denied.status)
