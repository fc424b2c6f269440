"""Each function may do with each table what its flow does with it, and nothing else.

Derived from the code: a function's app.py says which stores it gives to which flow; the flow, and every flow that it
imports, which of their methods are called; a store's methods, which calls of DynamoDB they make.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.template import resources, template

ROOT = Path(__file__).parents[2]
WBSYNC = ROOT / "layers" / "common" / "wbsync"
FUNCTIONS = sorted(app.parent.name for app in ROOT.glob("functions/*/app.py"))

_CALLS = {
    "get_item": "GetItem",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "delete_item": "DeleteItem",
    "transact_write_items": "TransactWriteItems",
    "read_items": "BatchGetItem",  # stores.batches
    "write_items": "BatchWriteItem",
}
_PAGED = {"query": "Query", "scan": "Scan"}

type Actions = dict[str, set[str]]
"""By table, its name in the template."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.AST) -> str:
    """The last name of `orders`, `self.orders`, `OrdersStore | None`, `type[OrdersStore]`…"""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.BinOp(left=left):
            return name_of(left)
        case ast.Constant(value=str(text)):
            return re.split(r"\W", text)[0]
        case _:
            return ""


# ---- stores: method → calls


@cache
def stores() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Class → method → actions of DynamoDB, those of the methods that it calls itself included."""
    found: dict[str, Mapping[str, frozenset[str]]] = {}
    for path in (WBSYNC / "stores").glob("*.py"):
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef):
                methods = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
                found[node.name] = {name: frozenset(_actions(name, methods, set())) for name in methods}
    return found


def _actions(method: str, methods: Mapping[str, ast.FunctionDef], seen: set[str]) -> set[str]:
    if method in seen:
        return set()
    seen.add(method)
    actions: set[str] = set()
    for node in ast.walk(methods[method]):
        if isinstance(node, ast.Call):
            called = name_of(node.func)
            actions |= {_CALLS[called]} if called in _CALLS else set()
            if called == "get_paginator" and isinstance(node.args[0], ast.Constant):
                actions.add(_PAGED[str(node.args[0].value)])
        if isinstance(node, ast.Attribute) and name_of(node.value) == "self" and node.attr in methods:
            actions |= _actions(node.attr, methods, seen)
    return actions


# ---- flows: which methods of which store

type Unit = tuple[Path, str]
"""A function or class at the top of a module, or "" for all of the module."""


def units_of(function: str) -> set[Unit]:
    """What of the flows an app reaches."""
    found: set[Unit] = set()
    todo: set[Unit] = {(ROOT / "functions" / function / "app.py", "")}
    while todo:
        found |= todo
        todo = {named for unit in todo for named in _reached(unit)} - found
    return found


def _reached(unit: Unit) -> Iterator[Unit]:
    """Other units of its module that a unit names, and those of other flows."""
    path, _ = unit
    module, own = parsed(path), set(_defined(parsed(path)))
    flows, imported = dict(_flow_modules(module)), dict(_from_flows(module))
    for node in ast.walk(_tree(unit)):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in flows:
                yield flows[name], attribute
            case ast.Name(id=name) if name in imported:
                yield imported[name], name
            case ast.Name(id=name) if name in own:
                yield path, name
            case _:
                pass


def _defined(module: ast.Module) -> Iterator[str]:
    yield from (node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def _tree(unit: Unit) -> ast.AST:
    path, name = unit
    named = (n for n in parsed(path).body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name)
    return next(named, ast.Module([], [])) if name else parsed(path)


def _flow_modules(module: ast.Module) -> Iterator[tuple[str, Path]]:
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module == "wbsync.flows":
            yield from ((alias.asname or alias.name, WBSYNC / "flows" / f"{alias.name}.py") for alias in node.names)


def _from_flows(module: ast.Module) -> Iterator[tuple[str, Path]]:
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wbsync.flows."):
            path = WBSYNC / "flows" / f"{str(node.module).rpartition('.')[2]}.py"
            yield from ((alias.asname or alias.name, path) for alias in node.names)


def used(units: Iterable[Unit]) -> dict[str, set[str]]:
    """Store class → methods that these call, or hand on, on a name that is annotated as that store."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for unit in units:
        typed = dict(_annotations(parsed(unit[0])))
        for node in ast.walk(_tree(unit)):
            if isinstance(node, ast.Attribute) and (store := typed.get(_receiver(node.value))):
                found[store].add(node.attr)
    return found


def _receiver(node: ast.AST) -> str:
    """`orders` of `orders` and of `self.orders`, not of `shop.orders`, which are settings."""
    match node:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
        case _:
            return ""


def _annotations(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        match node:
            case ast.AnnAssign(target=target, annotation=kind) if name_of(kind) in stores():
                yield name_of(target), name_of(kind)
            case ast.arg(arg=name, annotation=ast.AST() as kind) if name_of(kind) in stores():
                yield name, name_of(kind)
            case _:
                pass


# ---- functions: which store is which table


def tables_of(function: str) -> dict[str, str]:
    """Store class → table: `LinksStore(s.links_table)` in the app, or in the connection to WB for the call budget."""
    module = parsed(ROOT / "functions" / function / "app.py")
    found = dict(_tables(module))
    if any(isinstance(n, ast.ImportFrom) and n.module == "wbsync.connections.wildberries" for n in module.body):
        found |= dict(_tables(parsed(WBSYNC / "connections" / "wildberries.py")))
    return found


def _tables(module: ast.Module) -> Iterator[tuple[str, str]]:
    kept = dict(_kept_stores(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and node.args:
            store, setting = kept.get(name_of(node.func), name_of(node.func)), name_of(node.args[0])
            if store in stores() and setting.endswith("_table"):
                yield store, "".join(word.capitalize() for word in setting.split("_"))


def _kept_stores(module: ast.Module) -> Iterator[tuple[str, str]]:
    """`orders_store = cache(OrdersStore)`."""
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and name_of(node.value.func) == "cache":
            yield name_of(node.targets[0]), name_of(node.value.args[0])


def wanted(function: str) -> Actions:
    """What the code does."""
    calls = used(units_of(function))
    calls["CallBudgetStore"] = {"reserve", "learn"}  # called by WbClient, through a Protocol
    actions: Actions = {}
    for store, table in tables_of(function).items():
        made = {action for method in calls.get(store, ()) for action in stores()[store].get(method, ())}
        if made:
            actions.setdefault(table, set()).update(made)
    return actions


def allowed(function: str, roles: Mapping[str, Any]) -> Actions:
    """What the role says."""
    found: Actions = {}
    logical = "".join(word.capitalize() for word in function.split("_"))
    for policy in roles[f"{logical}Role"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for resource in _resources(statement["Resource"]):
                if table := re.search(r"\b(\w+Table)\b", resource):
                    found.setdefault(table[1], set()).update(
                        action.removeprefix("dynamodb:") for action in actions if action.startswith("dynamodb:")
                    )
    return found


def _resources(resource: Any) -> list[str]:
    return [str(each) for each in (resource if isinstance(resource, list) else [resource])]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_with_each_table_just_what_the_function_does(function: str) -> None:
    assert allowed(function, resources("AWS::IAM::Role")) == wanted(function)


def test_the_derivation_sees_something() -> None:
    assert wanted("push_stock")["BreakersTable"] == {"GetItem"}
    assert "Query" in wanted("sweep")["OrdersTable"]


@pytest.mark.parametrize(("action", "there"), [("dynamodb:DeleteTable", True), ("dynamodb:PutItem", False)])
def test_a_wider_and_a_narrower_role_are_noticed(action: str, there: bool) -> None:
    roles = template()["Resources"]
    roles = {name: r["Properties"] for name, r in roles.items() if r["Type"] == "AWS::IAM::Role"}
    for statement in roles["PollOrdersRole"]["Policies"][0]["PolicyDocument"]["Statement"]:
        if "OrdersTable" in str(statement["Resource"]):
            told = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            statement["Action"] = [*told, action] if there else [each for each in told if each != action]
    assert allowed("poll_orders", roles) != wanted("poll_orders")
