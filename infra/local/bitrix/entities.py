"""The fields of what the shop keeps: name, type, and who may write them (bitrix facts §3.2, sale.order.getFields).

A table here drives three things: what `add` and `update` take, what a new row holds, and what `getFields` tells.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.local.bitrix.answers import Params, Row, bad, missing_parameter
from infra.local.bitrix.php import as_int, as_number, as_text, as_time

_CASTS: dict[str, Callable[[object], object]] = {
    "integer": as_int,
    "double": as_number,
    "char": as_text,
    "string": as_text,
    "datetime": as_time,
}


@dataclass(frozen=True, slots=True)
class Field:
    kind: str
    default: object = None
    required: bool = False
    immutable: bool = False
    read_only: bool = False
    limit: int | None = None  # characters of the column


Spec = Mapping[str, Field]


def _text(limit: int | None = 255) -> Field:
    return Field("string", "", limit=limit)


def _flag(default: str = "N") -> Field:
    return Field("char", default)


def _own(kind: str, default: object = None) -> Field:
    """Written by the shop itself; what a client sends is passed over."""
    return Field(kind, default, read_only=True)


_TIME, _NUMBER, _ID = Field("datetime"), Field("double"), Field("integer")
_OWN_TIME = _own("datetime")

ORDER: Spec = {
    "id": _own("integer"),
    "accountNumber": _own("string", ""),
    "additionalInfo": _text(),
    "affiliateId": _ID,
    "canceled": _flag(),
    "comments": _text(None),
    "companyId": _ID,
    "currency": Field("string", required=True, immutable=True),
    "dateCanceled": _OWN_TIME,
    "dateInsert": _TIME,
    "dateLock": _OWN_TIME,
    "dateMarked": _OWN_TIME,
    "dateStatus": _OWN_TIME,
    "dateUpdate": _OWN_TIME,
    "deducted": _own("char", "N"),
    "discountValue": Field("double", as_number(0)),
    "empCanceledId": _ID,
    "empMarkedId": _ID,
    "empStatusId": _ID,
    "externalOrder": _flag(),
    "id1c": _text(36),
    "lid": Field("string", required=True, immutable=True),
    "lockedBy": Field("char", ""),
    "marked": _flag(),
    "orderTopic": _text(),
    "payed": _own("char", "N"),
    "personTypeId": Field("integer", required=True, immutable=True),
    "personTypeXmlId": _own("string", ""),
    "price": Field("double", as_number(0)),
    "reasonCanceled": _text(),
    "reasonMarked": _text(),
    "recountFlag": _flag("Y"),
    "recurringId": Field("char", ""),
    "responsibleId": _ID,
    "statusId": Field("char", "N", limit=2),
    "statusXmlId": _own("string", ""),
    "taxValue": _own("double", as_number(0)),
    "updated1c": _flag(),
    "userDescription": _text(None),
    "userId": Field("integer", immutable=True),
    "version": _own("integer", 0),
    "version1c": _text(),
    "xmlId": _text(),
}

BASKET_ITEM: Spec = {
    "id": _own("integer"),
    "orderId": Field("integer", immutable=True),
    "barcodeMulti": _own("char", "N"),
    "basePrice": _NUMBER,
    "canBuy": _flag("Y"),
    "catalogXmlId": _text(),
    "currency": Field("string", required=True),
    "customPrice": _flag(),
    "dateInsert": _OWN_TIME,
    "dateRefresh": _OWN_TIME,
    "dateUpdate": _OWN_TIME,
    "detailPageUrl": _own("string", ""),
    "dimensions": Field("string", 'a:3:{s:5:"WIDTH";N;s:6:"HEIGHT";N;s:6:"LENGTH";N;}'),
    "discountPrice": Field("double", as_number(0)),
    "lid": _own("string", ""),
    "measureCode": Field("string", "796"),
    "measureName": Field("string", "шт"),
    "module": _text(),
    "name": _text(),
    "notes": _own("string", ""),
    "price": _NUMBER,
    "priceTypeId": _own("integer"),
    "productId": Field("integer", required=True),
    "productPriceId": _own("integer"),
    "productProviderClass": _text(),
    "productXmlId": _text(),
    "quantity": Field("double", required=True),
    "sort": Field("integer", 100),
    "vatIncluded": _flag("Y"),
    "vatRate": _NUMBER,
    "weight": Field("integer", 0),
    "xmlId": _text(),
}

PAYMENT: Spec = {
    "id": _own("integer"),
    "orderId": Field("integer", required=True, immutable=True),
    "paySystemId": Field("integer", required=True),
    "accountNumber": _own("string", ""),
    "comments": _text(None),
    "companyId": Field("integer", 0),
    "currency": _own("string"),
    "dateBill": _TIME,
    "dateMarked": _OWN_TIME,
    "datePaid": _TIME,
    "datePayBefore": _TIME,
    "dateResponsibleId": _OWN_TIME,
    "empMarkedId": _ID,
    "empPaidId": _ID,
    "empResponsibleId": _ID,
    "empReturnId": _ID,
    "externalPayment": _flag(),
    "id1c": _text(36),
    "isReturn": _flag(),
    "marked": _flag(),
    "paid": _flag(),
    "payReturnComment": _text(),
    "payReturnDate": _TIME,
    "payReturnNum": _text(),
    "paySystemIsCash": _own("char", "N"),
    "paySystemName": _own("string", ""),
    "paySystemXmlId": _own("string", ""),
    "payVoucherDate": _TIME,
    "payVoucherNum": _text(),
    "priceCod": Field("string", "0"),  # a number that the real shop writes as text
    "psCurrency": _text(3),
    "psInvoiceId": _ID,
    "psResponseDate": _TIME,
    "psStatus": _text(),
    "psStatusCode": _text(),
    "psStatusDescription": _text(),
    "psStatusMessage": _text(),
    "psSum": _NUMBER,
    "reasonMarked": _text(),
    "responsibleId": _ID,
    "sum": _NUMBER,
    "updated1c": _flag(),
    "version1c": _text(),
    "xmlId": _text(),
}

SHIPMENT: Spec = {
    "id": _own("integer"),
    "orderId": Field("integer", required=True, immutable=True),
    "allowDelivery": Field("char", "N", required=True),
    "deducted": Field("char", "N", required=True),
    "deliveryId": Field("integer", required=True),
    "accountNumber": _own("string", ""),
    "basePriceDelivery": Field("double", as_number(0)),
    "canceled": _own("char", "N"),
    "comments": _text(None),
    "companyId": Field("integer", 0),
    "currency": _own("string"),
    "customPriceDelivery": _own("char", "N"),
    "dateAllowDelivery": _OWN_TIME,
    "dateCanceled": _OWN_TIME,
    "dateDeducted": _OWN_TIME,
    "dateInsert": _OWN_TIME,
    "dateMarked": _OWN_TIME,
    "dateResponsibleId": _OWN_TIME,
    "deliveryDocDate": _TIME,
    "deliveryDocNum": _text(20),
    "deliveryName": _own("string", ""),
    "deliveryXmlId": _own("string", ""),
    "discountPrice": _own("double", as_number(0)),
    "empAllowDeliveryId": _own("integer"),
    "empCanceledId": _own("integer"),
    "empDeductedId": _own("integer"),
    "empMarkedId": _own("integer"),
    "empResponsibleId": _own("integer"),
    "externalDelivery": _own("char", "N"),
    "id1c": _own("string", ""),
    "marked": _own("char", "N"),
    "priceDelivery": _own("double", as_number(0)),
    "reasonMarked": _own("string", ""),
    "reasonUndoDeducted": _own("string", ""),
    "responsibleId": _ID,
    "statusId": Field("char", "DN", limit=2),
    "statusXmlId": _own("string", ""),
    "system": _own("char", "N"),
    "trackingDescription": _own("string", ""),
    "trackingLastCheck": _own("string", ""),
    "trackingNumber": _text(),
    "trackingStatus": _own("string", ""),
    "updated1c": _own("char", "N"),
    "version1c": _own("string", ""),
    "xmlId": _text(),
}

SHIPMENT_ITEM: Spec = {
    "id": _own("integer"),
    "orderDeliveryId": Field("integer", required=True, immutable=True),
    "basketId": Field("integer", required=True, immutable=True),
    "dateInsert": _OWN_TIME,
    "quantity": Field("double", required=True),
    "reservedQuantity": _own("double", as_number(0)),
    "xmlId": _text(),
}

BASKET_PROPERTY: Spec = {
    "id": _own("integer"),
    "basketId": Field("integer", required=True, immutable=True),
    "code": Field("string", required=True, limit=255),
    "name": Field("string", required=True, limit=255),
    "sort": Field("integer", 100),
    "value": Field("string", required=True, limit=255),
    "xmlId": _text(),
}

ORDER_PROPERTY: Spec = {
    "id": _own("integer"),
    "active": _flag("Y"),
    "code": _text(50),
    "defaultValue": _text(500),
    "description": _text(),
    "inputFieldLocation": Field("string", "0"),
    **{
        name: _flag()
        for name in (
            "isAddress",
            "isAddressFrom",
            "isAddressTo",
            "isEmail",
            "isFiltered",
            "isLocation",
            "isLocation4tax",
            "isPayer",
            "isPhone",
            "isProfileName",
            "isZip",
            "multiple",
        )
    },
    "name": Field("string", "", required=True, limit=255),
    "personTypeId": Field("integer", immutable=True),
    "propsGroupId": Field("integer", required=True),
    "required": _flag(),
    "sort": Field("integer", 100),
    "type": Field("string", "STRING", required=True),
    "userProps": _flag(),
    "util": _flag(),
    "xmlId": _text(),
}

STATUS: Spec = {
    "color": _text(10),
    "id": Field("string", "", limit=2),
    "notify": _flag("Y"),
    "sort": Field("integer", 100),
    "type": Field("string", ""),
    "xmlId": Field("string"),
}


def new_row(spec: Spec, given: Params) -> Row:
    """A row of its defaults and of what the client may set; refuses when a required field is missing."""
    absent = [name for name, field in spec.items() if field.required and given.get(name) in (None, "")]
    if absent:
        raise bad(f"Required fields: {', '.join(absent)}")
    writable = {name: value for name, value in given.items() if name in spec and not spec[name].read_only}
    return {name: field.default for name, field in spec.items()} | _cast(spec, writable)


def changes(spec: Spec, given: Params) -> Row:
    """What an update may change of it: read-only, immutable and unknown fields are passed over without a word.

    A required field that may change has to be sent again by every update (documentation of sale.payment.update and
    sale.shipment.update).
    """
    absent = [n for n, field in spec.items() if field.required and not field.immutable and n not in given]
    if absent:
        raise bad(f"Required fields: {', '.join(absent)}")
    allowed = {n: v for n, v in given.items() if n in spec and not (spec[n].read_only or spec[n].immutable)}
    return _cast(spec, allowed)


def described(spec: Spec) -> Row:
    return {
        name: {
            "isImmutable": field.immutable,
            "isReadOnly": field.read_only,
            "isRequired": field.required,
            "type": field.kind,
        }
        for name, field in spec.items()
    }


def fields_of(params: Params) -> Row:
    fields = params.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise missing_parameter("fields")
    return fields


def id_of(params: Params) -> int:
    if params.get("id") in (None, ""):
        raise missing_parameter("id")
    return as_int(params["id"])


def _cast(spec: Spec, given: Params) -> Row:
    for name, value in given.items():
        limit = spec[name].limit
        if limit is not None and len(as_text(value)) > limit:
            raise bad(f"The value of the field {name} is longer than {limit} characters")
    return {name: _CASTS[spec[name].kind](value) for name, value in given.items()}
