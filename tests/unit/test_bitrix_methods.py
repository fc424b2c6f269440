import ast
from pathlib import Path

import pytest

from wbsync.bitrix import catalog, orders, products
from wbsync.bitrix.methods import METHODS, Method


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.name)
def test_every_method_names_its_right_and_its_page_in_the_documentation(method: Method) -> None:
    assert method.right
    assert method.doc.startswith("https://apidocs.bitrix24.ru/")
    assert method.doc.endswith(".html")


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.name)
def test_what_adds_is_marked_as_creating_and_what_lists_names_its_rows(method: Method) -> None:
    assert method.creates == (".add" in method.name)
    assert bool(method.rows) == method.name.endswith(".list")


def test_the_functions_methods_have_the_scope_that_their_name_begins_with() -> None:
    assert {(m.scope, m.name.split(".")[0]) for m in METHODS.values() if m.scope} == {
        ("catalog", "catalog"),
        ("sale", "sale"),
        ("pay_system", "sale"),  # of the CLI alone
        ("delivery", "sale"),
    }


def test_every_method_that_the_product_calls_is_in_the_table() -> None:
    called = {
        node.value
        for module in (catalog, orders, products)
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("sale.", "catalog."))
    }
    assert len(called) > 10
    assert called <= METHODS.keys()
