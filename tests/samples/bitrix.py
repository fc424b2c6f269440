"""Answers of Bitrix's REST in their documented shapes, with invented values, and a transport that plays them."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx

from wbsync.bitrix.client import BitrixClient

SECRET = "k3yk3yk3yk3yk3yk"
WEBHOOK = f"https://shop.example/rest/7/{SECRET}/"


class Refused(Exception):
    """An error of one method: its code and its description."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code, description)
        self.body = {"error": code, "error_description": description}


type Answer = Callable[[str, dict[str, Any]], object]


class Played:
    """A shop that answers by `answer(method, params)`, and what it was asked: per request its commands in order."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[list[tuple[str, dict[str, Any]]]] = []
        self.client = BitrixClient(httpx.Client(transport=httpx.MockTransport(self._play)), webhook=lambda: WEBHOOK)

    @property
    def commands(self) -> list[tuple[str, dict[str, Any]]]:
        return [command for request in self.requests for command in request]

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [params for name, params in self.commands if name == method]

    def _play(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith(f"/rest/7/{SECRET}/")
        method = request.url.path.rsplit("/", 1)[1].removesuffix(".json")
        body = json.loads(request.content)
        self.requests.append([])
        if method == "batch":
            return httpx.Response(200, json={"result": self._play_batch(body), "time": {}})
        self.requests[-1].append((method, body))
        try:
            return httpx.Response(200, json={"result": self._answer(method, body), "time": {}})
        except Refused as refused:
            return httpx.Response(400, json=refused.body)

    def _play_batch(self, body: Mapping[str, Any]) -> dict[str, Any]:
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        totals: dict[str, int] = {}
        for key, text in body["cmd"].items():
            method, _, query = text.partition("?")
            params = resolve(php_parse(query), results)
            self.requests[-1].append((method, params))
            try:
                results[key] = self._answer(method, params)
            except Refused as refused:
                errors[key] = refused.body
                if body["halt"]:
                    break
                continue
            if params.get("start") == "0":
                totals[key] = results[key].pop("_total")
        empty: list[object] = []  # PHP has no empty maps
        return {
            "result": results or empty,
            "result_error": errors or empty,
            "result_total": totals or empty,
            "result_next": empty,
            "result_time": {},
        }


def php_parse(query: str) -> dict[str, Any]:
    """PHP's `parse_str`: `a[b][0]=c` as nested maps, those with the keys 0, 1, 2… as lists."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
        first, rest = re.fullmatch(r"([^\[]*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
        path = [first, *re.findall(r"\[([^\]]*)\]", rest)]
        node = tree
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node[path[-1]] = value
    return {key: _as_list(value) for key, value in tree.items()}


def _as_list(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _as_list(one) for key, one in value.items()}
    return list(inner.values()) if list(inner) == [str(n) for n in range(len(inner))] else inner


def resolve(value: Any, results: Mapping[str, Any]) -> Any:
    """`$result[key][…]` as Bitrix does: an unknown key stays text, a path past the end stops at what is there."""
    if isinstance(value, dict):
        return {key: resolve(one, results) for key, one in value.items()}
    if isinstance(value, list):
        return [resolve(one, results) for one in value]
    path = re.findall(r"\[([^\]]*)\]", value) if value.startswith("$result[") else []
    if not path or path[0] not in results:
        return value
    found: Any = results
    for step in path:
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return found
    return str(found) if isinstance(found, int) else found


def page_of(rows: list[dict[str, Any]], key: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The page that a list method answers: rows with an id after `>id`, 50 at most, counted when `start` asks so."""
    last = params.get("filter", {}).get(">id", "0")
    assert isinstance(last, str), "a reference past the end of a page puts an array into the filter"
    after = [row for row in sorted(rows, key=lambda row: int(row["id"])) if int(row["id"]) > int(last)]
    counted = {"_total": len(after)} if params.get("start") == "0" else {}
    return {key: after[:50], **counted}


def order_tree(
    shop_id: int,
    *,
    basket: list[dict[str, Any]] | None = None,
    payments: list[dict[str, Any]] | None = None,
    shipments: object = None,
    values: list[dict[str, Any]] | None = None,
    canceled: str = "N",
) -> dict[str, Any]:
    """The answer of sale.order.get, as far as it is read."""
    return {
        "order": {
            "id": shop_id,
            "accountNumber": str(shop_id),
            "canceled": canceled,
            "currency": "BYN",
            "basketItems": basket or [],
            "payments": payments or [],
            "shipments": shipments or [],
            "propertyValues": values or [],
            "requisiteLink": [],
            "clients": [],
        }
    }


def basket_item(
    item_id: int, product_id: int, xml_id: str, *, properties: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    fields = {"id": str(item_id), "productId": product_id, "xmlId": xml_id, "quantity": 1, "customPrice": "Y"}
    return fields | {"properties": properties or []}


def basket_property(number: int, item_id: int, code: str, value: str) -> dict[str, Any]:
    """Unlike the line it stands in, it has ids that are numbers."""
    named = {"id": number, "basketId": item_id, "name": code, "code": code, "value": value}
    return named | {"sort": 100, "xmlId": f"bx_{number}"}


def payment(payment_id: int, pay_system_id: int, xml_id: str, paid: str = "N") -> dict[str, Any]:
    return {"id": payment_id, "paySystemId": pay_system_id, "xmlId": xml_id, "paid": paid, "psSum": None}


def shipment(
    shipment_id: int, delivery_id: int, xml_id: str, *, lines: list[int], deducted: str = "N", system: str = "N"
) -> dict[str, Any]:
    items = [{"id": 900 + line, "basketId": line, "orderDeliveryId": shipment_id, "quantity": 1} for line in lines]
    return {
        "id": shipment_id,
        "deliveryId": delivery_id,
        "xmlId": xml_id,
        "deducted": deducted,
        "system": system,
        "shipmentItems": items,
    }


def property_value(number: int, value: object) -> dict[str, Any]:
    return {"id": 5000 + number, "code": f"P{number}", "orderPropsId": number, "orderPropsXmlId": None, "value": value}
