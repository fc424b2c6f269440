"""Every Bitrix REST method that wbsync calls, one row each. The client refuses a method that is not here.

The names, scopes and shapes are those of https://apidocs.bitrix24.ru; the rights are those of a self-hosted shop
without the `crm` module (bitrix facts §1.1), where the group rights of the modules decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_DOCS = "https://apidocs.bitrix24.ru/"
_ANYONE = "none: open to every webhook"
_SALE_READ = "read the online shop: group right on module `sale` above D"
_SALE_WRITE = "change the online shop: group right W on module `sale`"
_CATALOG_READ = "read the catalog: operation catalog_read or catalog_view, and reading the information block"
_CATALOG_WRITE = "change products: right W on the information block, and operation catalog_price on the catalog"
_CATALOGS_READ = "read which information blocks belong together: operation catalog_read, and view_other_settings"
_STORE_READ = "read the stores: operation catalog_read or catalog_store"


@dataclass(frozen=True, slots=True)
class Method:
    """One documented REST method.

    `rows`: for a list method, the key of its rows in the answer. `creates`: a second call makes a second thing,
    so it is never repeated blindly.
    """

    name: str
    scope: str
    right: str
    page: str
    rows: str = ""
    creates: bool = False

    @property
    def writes(self) -> bool:
        return self.name.endswith((".add", ".addCatalogProduct", ".update", ".modify"))

    @property
    def doc(self) -> str:
        return f"{_DOCS}{self.page}.html"


_ROWS = (
    Method("batch", "", _ANYONE, "settings/how-to-call-rest-api/batch"),
    Method("methods", "", _ANYONE, "api-reference/common/system/methods"),
    Method("scope", "", _ANYONE, "api-reference/common/system/scope"),
    # the catalog
    Method("catalog.product.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/product/catalog-product-list", rows="products"),
    Method("catalog.product.offer.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/product/offer/catalog-product-offer-list", rows="offers"),
    Method("catalog.product.update", "catalog", _CATALOG_WRITE,
           "api-reference/catalog/product/catalog-product-update"),
    Method("catalog.product.download", "catalog", _CATALOG_READ,
           "api-reference/catalog/product/catalog-product-download"),
    Method("catalog.productProperty.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/product-property/catalog-product-property-list", rows="productProperties"),
    Method("catalog.productPropertyEnum.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/product-property-enum/catalog-product-property-enum-list",
           rows="productPropertyEnums"),
    Method("catalog.productImage.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/product-image/catalog-product-image-list", rows="productImages"),
    Method("catalog.catalog.list", "catalog", _CATALOGS_READ,
           "api-reference/catalog/catalog/catalog-catalog-list", rows="catalogs"),
    Method("catalog.section.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/section/catalog-section-list", rows="sections"),
    Method("catalog.price.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/price/catalog-price-list", rows="prices"),
    Method("catalog.priceType.list", "catalog", _CATALOG_READ,
           "api-reference/catalog/price-type/catalog-price-type-list", rows="priceTypes"),
    Method("catalog.store.list", "catalog", _STORE_READ,
           "api-reference/catalog/store/catalog-store-list", rows="stores"),
    Method("catalog.storeproduct.list", "catalog", _STORE_READ,
           "api-reference/catalog/store-product/catalog-store-product-list", rows="storeProducts"),
    # the shop's dictionaries
    Method("sale.persontype.list", "sale", _SALE_READ,
           "api-reference/sale/person-type/sale-person-type-list", rows="personTypes"),
    Method("sale.status.list", "sale", _SALE_READ, "api-reference/sale/status/sale-status-list", rows="statuses"),
    Method("sale.property.list", "sale", _SALE_READ,
           "api-reference/sale/property/sale-property-list", rows="properties"),
    Method("sale.property.add", "sale", _SALE_WRITE, "api-reference/sale/property/sale-property-add", creates=True),
    Method("sale.propertygroup.list", "sale", _SALE_READ,
           "api-reference/sale/property-group/sale-property-group-list", rows="propertyGroups"),
    # Only `config put` and `doctor` ask these; a webhook without their scopes leaves two settings unchecked.
    Method("sale.paysystem.list", "pay_system", "read the pay systems: scope `pay_system`",
           "api-reference/pay-system/sale-pay-system-list", rows="paySystems"),
    Method("sale.delivery.getlist", "delivery", "read the deliveries: scope `delivery`",
           "api-reference/sale/delivery/delivery/sale-delivery-get-list"),
    # orders
    Method("sale.order.list", "sale", _SALE_READ, "api-reference/sale/order/sale-order-list", rows="orders"),
    Method("sale.order.get", "sale", _SALE_READ, "api-reference/sale/order/sale-order-get"),
    Method("sale.order.add", "sale", _SALE_WRITE, "api-reference/sale/order/sale-order-add", creates=True),
    Method("sale.order.update", "sale", _SALE_WRITE, "api-reference/sale/order/sale-order-update"),
    Method("sale.basketitem.addCatalogProduct", "sale", _SALE_WRITE,
           "api-reference/sale/basket-item/sale-basket-item-add-catalog-product", creates=True),
    Method("sale.payment.add", "sale", _SALE_WRITE, "api-reference/sale/payment/sale-payment-add", creates=True),
    Method("sale.payment.update", "sale", _SALE_WRITE, "api-reference/sale/payment/sale-payment-update"),
    Method("sale.shipment.add", "sale", _SALE_WRITE, "api-reference/sale/shipment/sale-shipment-add", creates=True),
    Method("sale.shipment.update", "sale", _SALE_WRITE, "api-reference/sale/shipment/sale-shipment-update"),
    Method("sale.shipmentitem.add", "sale", _SALE_WRITE,
           "api-reference/sale/shipment-item/sale-shipment-item-add", creates=True),
    Method("sale.propertyvalue.list", "sale", _SALE_READ,
           "api-reference/sale/property-value/sale-property-value-list", rows="propertyValues"),
    Method("sale.propertyvalue.modify", "sale", _SALE_WRITE,
           "api-reference/sale/property-value/sale-property-value-modify"),
)  # fmt: skip

METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}
