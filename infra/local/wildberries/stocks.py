"""The seller's warehouses and what lies there (facts §3).

Chosen where WB says nothing: of a batch with refused rows (409) nothing is applied; a size whose stock was never set or
was deleted is left out of the reading, one set to 0 is shown as 0.
"""

from collections import defaultdict
from collections.abc import Iterable

from infra.local.wildberries.answers import (
    NO_CONTENT,
    Answer,
    Refusal,
    Request,
    body_of,
    ids_of,
    is_integer,
    not_found,
    path_number,
    refuse,
    wrong_body,
    wrong_parameter,
)
from infra.local.wildberries.state import MAX_AMOUNT, Size, State, Warehouse

_MAX_ROWS = 1_000
OFFICES = {
    501: ("Минск, сортировочный центр", "Минск", 27.4, 53.8),
    502: ("Гомель, сортировочный центр", "Гомель", 30.9, 52.4),
    601: ("Электросталь, склад", "Электросталь", 38.4, 55.8),
}
FEDERAL_DISTRICTS = {601: "Центральный федеральный округ"}  # of the offices in Russia
# Goods of this cargo type lie only in warehouses of the same one.
_CARGO_REFUSALS = {
    1: "CargoWarehouseRestrictionMGT",
    2: "CargoWarehouseRestrictionSGT",
    3: "CargoWarehouseRestrictionKGTPlus",
}
type _Row = tuple[int, int]  # chrtId, amount


def warehouses(state: State, _request: Request) -> Answer:
    return Answer(200, [warehouse.wire() for warehouse in state.warehouses.values()])


def offices(state: State, _request: Request) -> Answer:
    taken = {warehouse.office_id for warehouse in state.warehouses.values()}
    return Answer(
        200,
        [
            {
                "id": number,
                "name": name,
                "city": city,
                "address": f"{city}, Несуществующая ул., 1",
                "longitude": longitude,
                "latitude": latitude,
                "cargoType": 1,
                "deliveryType": 1,
                "federalDistrict": FEDERAL_DISTRICTS.get(number),
                "selected": number in taken,
            }
            for number, (name, city, longitude, latitude) in OFFICES.items()
        ],
    )


def read(state: State, request: Request) -> Answer:
    """POST /api/v3/stocks/{warehouseId} reads."""
    warehouse = _warehouse(state, request)
    _no_skus(request, [body_of(request)], names=("skus", "sku"))
    stock = state.stocks[warehouse.id]
    asked = ids_of(request, "chrtIds", least=0, most=_MAX_ROWS)
    return Answer(200, {"stocks": [{"chrtId": each, "amount": stock[each]} for each in asked if each in stock]})


def write(state: State, request: Request) -> Answer:
    """PUT: 204 whenever the names are wrong, without any effect; see `_rows`."""
    warehouse = _warehouse(state, request)
    rows = _rows(request)
    if warehouse.is_processing or warehouse.is_deleting:
        raise Refusal(Answer(409, [{"code": "StoreIsProcessing", "message": "The store is processing"}]))
    _refuse_rows(state, warehouse, rows)
    state.stocks[warehouse.id] |= dict(rows)
    return NO_CONTENT


def delete(state: State, request: Request) -> Answer:
    warehouse = _warehouse(state, request)
    _no_skus(request, [body_of(request)], names=("skus", "sku"))
    chrt_ids = ids_of(request, "chrtIds", most=_MAX_ROWS)
    if warehouse.is_processing or warehouse.is_deleting:
        raise refuse(request, 409, "StoreIsProcessing", "The store is processing")
    unknown = {str(each): "" for each in chrt_ids if state.synced(each) is None}
    if unknown:
        raise refuse(request, 404, "NotFound", "", data=unknown)
    for each in chrt_ids:
        state.stocks[warehouse.id].pop(each, None)
    return NO_CONTENT


def _warehouse(state: State, request: Request) -> Warehouse:
    warehouse = state.warehouses.get(path_number(request, "warehouseId"))
    if warehouse is None:
        raise not_found(request)
    return warehouse


def _rows(request: Request) -> list[_Row]:
    """The rows that are understood. Names are not checked: a body or a row with other names is passed over."""
    body = body_of(request)
    if "stocks" not in body:
        return []
    rows = body["stocks"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise wrong_body(request)
    if not 1 <= len(rows) <= _MAX_ROWS:
        raise refuse(request, 400, "IncorrectRequest", "Переданы некорректные данные")
    _no_skus(request, rows, names=("sku",))
    understood = [(row["chrtId"], row["amount"]) for row in rows if "chrtId" in row and "amount" in row]
    if not all(is_integer(chrt_id) and is_integer(amount) for chrt_id, amount in understood):
        raise wrong_body(request)
    if any(amount < 0 for _, amount in understood):
        raise wrong_parameter(request)
    return understood


def _no_skus(request: Request, rows: Iterable[dict[str, object]], *, names: tuple[str, ...]) -> None:
    if any(name in row for row in rows for name in names):
        text = "Stock by 'sku' is not taken any more: use 'chrtId'"
        raise refuse(request, 400, "SKUUploadDisabled", text)


def _refuse_rows(state: State, warehouse: Warehouse, rows: list[_Row]) -> None:
    """409 is an array with one element for each reason, which names its rows."""
    refused: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        code = _reason(state, warehouse, *row)
        if code:
            refused[code].append(row)
    if refused:
        raise Refusal(Answer(409, [_element(state, code, rows) for code, rows in refused.items()]))


def _reason(state: State, warehouse: Warehouse, chrt_id: int, amount: int) -> str | None:
    size = state.synced(chrt_id)
    if size is None:
        return "NotFound"
    if amount > MAX_AMOUNT:
        return "UploadDataLimit"
    if size.cargo_type != warehouse.cargo_type:
        return _CARGO_REFUSALS[size.cargo_type]
    return state.row_refusals.get(chrt_id)


def _element(state: State, code: str, rows: list[_Row]) -> dict[str, object]:
    data = [{"sku": _sku(state.sizes.get(each)), "chrtId": each, "amount": amount} for each, amount in rows]
    return {"code": code, "message": f"Refused: {code}", "data": data if state.names_refused_rows else []}


def _sku(size: Size | None) -> str:
    return size.skus[-1] if size and size.skus else ""
