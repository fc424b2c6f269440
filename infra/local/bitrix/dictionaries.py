"""What a shop has one list of: statuses, person types, order properties, pay systems, deliveries."""

from collections.abc import Callable

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import ORDER_PROPERTY, STATUS, fields_of, new_row
from infra.local.bitrix.lists import chosen, filtered, ordered, page
from infra.local.bitrix.php import as_int, as_text
from infra.local.bitrix.shop import Shop


def statuses(shop: Shop, params: Params) -> Answer:
    return page(list(shop.statuses.values()), params, "statuses")


def add_status(shop: Shop, params: Params) -> Answer:
    fields = fields_of(params)
    code, kind = as_text(fields.get("id")), fields.get("type")
    if not code:
        raise Refused("201350000004", "The identifier of the status is empty")
    if len(code) > 2:
        raise Refused("201350000005", "The identifier of the status is longer than 2 characters")
    if kind not in {"O", "D"}:
        raise Refused("201350000003", "The type of the status must be O or D")
    if code in shop.statuses:
        raise Refused("201350000001", "The status already exists")
    shop.statuses[code] = new_row(STATUS, fields)
    return Answer({"status": shop.statuses[code]})


def add_property(shop: Shop, params: Params) -> Answer:
    fields = fields_of(params)
    person = as_int(fields.get("personTypeId"))
    if shop.person_types.get(person) is None:
        raise Refused("200850000005", "The person type is empty or does not exist")
    if fields.get("multiple") == "Y" and "isFiltered" not in fields:
        raise Refused("200850000009", "isFiltered is required for a multiple property")
    if fields.get("multiple") == "Y" and fields["isFiltered"] != "N":
        raise Refused("200850000010", "isFiltered must be N for a multiple property")
    row = new_row(ORDER_PROPERTY, fields) | {"settings": fields.get("settings") or {}}
    group = shop.property_groups.get(row["propsGroupId"])
    if group is None or group["personTypeId"] != person:
        raise bad("The property group does not exist for this person type")
    return Answer({"property": shop.order_properties.add(row)})


def shouting(name: str) -> Callable[[Shop, Params], Answer]:
    """sale.delivery.getlist and sale.paysystem.list: parameters and fields in capitals, no pages, a bare list."""

    def listed(shop: Shop, params: Params) -> Answer:
        rows: list[Row] = getattr(shop, name)
        upper = {key.upper(): value for key, value in params.items()}
        select = chosen(upper.get("SELECT"))
        if unknown := sorted(set(select) - rows[0].keys()):
            raise Refused("ERROR_CHECK_FAILURE", f"Unknown field in SELECT: {', '.join(unknown)}")
        found = ordered(filtered(rows, upper.get("FILTER") or {}), upper.get("ORDER") or {})
        return Answer([{field: row[field] for field in select or row} for row in found])

    return listed
