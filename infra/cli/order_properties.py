"""The order properties that wbsync fills in: whether the shop has them, and making those that it lacks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from wbsync.bitrix.client import BitrixClient, Command
from wbsync.bitrix.wire import Flag, Param, Text, read, rows
from wbsync.domain.shop import Orders
from wbsync.errors import Rejected

_NAMES: Mapping[str, str] = {
    "order_id": "Wildberries: номер заказа",
    "order_uid": "Wildberries: корзина покупателя",
    "rid": "Wildberries: rid (srid)",
    "supply_id": "Wildberries: поставка",
    "delivery_date": "Wildberries: дата доставки",
    "status": "Wildberries: статус",
    "sticker": "Wildberries: номер на этикетке",
    "label_url": "Wildberries: этикетка",
    "account": "Wildberries: кабинет",
    "supply_url": "Wildberries: печать поставки",
    "problem": "Wildberries: что не так",
    "marking": "Wildberries: коды маркировки",
}
"""What shop staff reads in the order's card, by the setting under `orders.properties`."""

_FIRST_SORT = 5000  # behind the shop's own


class _PropertyRow(BaseModel):
    """A row of sale.property.list."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    code: Text = ""
    active: Flag = True
    type: Annotated[Text, BeforeValidator(lambda v: str(v).upper())] = "STRING"


class _GroupRow(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    sort: int = 100


def missing(bitrix: BitrixClient, orders: Orders) -> list[str]:
    """Codes that the shop's person type lacks. Raises Rejected for one that is there but cannot be used."""
    standing = {row.code: row for row in _standing(bitrix, orders.person_type_id)}
    unusable = [
        f"{code} {'has the type ' + row.type + ' and not STRING' if row.active else 'is switched off'}"
        for code in orders.properties.all
        if (row := standing.get(code)) and not (row.active and row.type == "STRING")
    ]
    if unusable:
        raise Rejected(f"order property {', '.join(unusable)}: change it in the shop, or its code in the configuration")
    return [code for code in dict.fromkeys(orders.properties.all) if code not in standing]


def make(bitrix: BitrixClient, orders: Orders, codes: Iterable[str]) -> None:
    """Adds properties of the person type: text, for the shop's staff only, and to be searched by.

    Raises the first SyncError met; asking `missing` again tells how far it came.
    See https://apidocs.bitrix24.ru/api-reference/sale/property/sale-property-add.html
    """
    group = _group(bitrix, orders.person_type_id)
    settings = {code: name for name, code in orders.properties.model_dump().items()}
    order = list(_NAMES)
    commands: dict[str, Command] = {}
    for number, code in enumerate(codes):
        fields: dict[str, Param] = {
            "personTypeId": orders.person_type_id,
            "propsGroupId": group,
            "name": _NAMES[settings[code]],
            "code": code,
            "type": "STRING",
            "active": "Y",
            "util": "Y",
            "userProps": "N",
            "isFiltered": "Y",
            "required": "N",
            "multiple": "N",
            "sort": _FIRST_SORT + 10 * order.index(settings[code]),
        }
        commands[f"p{number}"] = Command("sale.property.add", {"fields": fields})
    answer = bitrix.batch(commands)
    for key in commands:
        answer.take(key)


def _standing(bitrix: BitrixClient, person_type_id: int) -> Iterator[_PropertyRow]:
    asked: dict[str, Param] = {"select": ["id", "code", "active", "type"], "filter": {"personTypeId": person_type_id}}
    for page in bitrix.pages("sale.property.list", asked):
        for row in page:
            yield read(_PropertyRow, row, "sale.property.list")


def _group(bitrix: BitrixClient, person_type_id: int) -> int:
    """The person type's first group.

    See https://apidocs.bitrix24.ru/api-reference/sale/property-group/sale-property-group-list.html
    """
    asked: dict[str, Param] = {
        "select": ["id", "sort"],
        "filter": {"personTypeId": person_type_id},
        "order": {"sort": "asc", "id": "asc"},
    }
    answer = bitrix.call("sale.propertygroup.list", asked)
    found = rows(answer, "propertyGroups", "sale.propertygroup.list")
    groups = [read(_GroupRow, row, "sale.propertygroup.list") for row in found]
    if not groups:
        raise Rejected(
            f"person type {person_type_id} has no group of order properties: make one in the shop's settings"
        )
    return groups[0].id
