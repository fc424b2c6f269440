"""The form of WB's answers is learnt, a change of it is told once, and nothing of what stands in it is kept."""

from itertools import repeat

import pytest

from wbsync.domain.watching import LEARNT_AFTER, Change, Drift, Field, compared, form_of, holder

ORDER = {"id": 7, "price": 12.5, "skus": ["4600000000017"], "address": None, "options": {"isB2B": False}}
ORDERS = {"orders": [ORDER]}


def learnt(answer: object, looks: int = LEARNT_AFTER) -> dict[str, Field]:
    known: dict[str, Field] = {}
    for each in repeat(answer, looks):
        known, drifts = compared(known, form_of(each))
        assert drifts == []
    return known


def orders(**changes: object) -> dict[str, object]:
    return {"orders": [{name: value for name, value in (ORDER | changes).items() if value != "absent"}]}


def test_a_form_is_paths_and_kinds() -> None:
    assert {path: [str(kind) for kind in kinds] for path, kinds in form_of(ORDERS).items()} == {
        "": ["object"],
        "orders": ["list"],
        "orders[]": ["object"],
        "orders[].id": ["number"],
        "orders[].price": ["number"],
        "orders[].skus": ["list"],
        "orders[].skus[]": ["text"],
        "orders[].options": ["object"],
        "orders[].options.isB2B": ["yes/no"],
    }


def test_no_value_is_kept_not_even_one_that_is_a_key() -> None:
    form = form_of({"by_name": {"Аграфена Небывалая": {"phone": "+375 29 000-00-00"}, "310000001": 5}})
    assert sorted(form) == ["", "by_name", "by_name.*", "by_name.*.phone"]


def test_an_answer_of_many_fields_is_kept_in_part() -> None:
    assert len(form_of({f"field_{n}": n for n in range(5000)})) == 600


@pytest.mark.parametrize(
    ("answer", "drift"),
    [
        (orders(express=True), Drift("orders[].express", Change.APPEARED, now="yes/no")),
        (orders(id="7"), Drift("orders[].id", Change.BECAME, was="number", now="text")),
        (orders(price="absent"), Drift("orders[].price", Change.VANISHED, was="number")),
        (orders(price=None), Drift("orders[].price", Change.VANISHED, was="number")),
        (orders(options="absent"), Drift("orders[].options", Change.VANISHED, was="object")),
        (orders(delivery={"at": {"hour": 5}}), Drift("orders[].delivery", Change.APPEARED, now="object")),
        ({"error": "x"}, Drift("error", Change.APPEARED, now="text")),
    ],
    ids=["new", "other kind", "gone", "null is gone", "a branch is gone", "a new branch", "another answer"],
)
def test_a_change_of_form_is_told(answer: object, drift: Drift) -> None:
    assert drift in compared(learnt(ORDERS), form_of(answer))[1]


def test_of_a_branch_only_the_root_is_told_and_only_once() -> None:
    known, drifts = compared(learnt(ORDERS), form_of(orders(delivery={"at": {"hour": 5}}, options="absent")))
    assert [drift.path for drift in drifts] == ["orders[].delivery", "orders[].options"]
    assert compared(known, form_of(orders(delivery={"at": {"hour": 6}}, options="absent")))[1] == []
    assert compared(known, form_of(ORDERS))[1] == [], "what comes back was known"


def test_an_empty_list_hides_its_fields_and_is_no_change() -> None:
    known, drifts = compared(learnt(ORDERS), form_of({"orders": []}))
    assert drifts == []
    assert compared(known, form_of(ORDERS))[1] == []


def test_a_list_that_was_always_empty_is_learnt_when_it_fills() -> None:
    assert compared(learnt({"orders": []}), form_of(ORDERS))[1] == []


def test_a_field_that_comes_and_goes_while_it_is_learnt_is_never_told() -> None:
    known = learnt(ORDERS, LEARNT_AFTER - 1)
    known, drifts = compared(known, form_of(orders(price="absent", comment="x")))
    assert drifts == []
    for _ in range(LEARNT_AFTER):
        known, drifts = compared(known, form_of(orders(comment="x")))
        assert drifts == []
    assert compared(known, form_of(orders(price="absent")))[1] == []


def test_a_path_stands_in_what_holds_it() -> None:
    assert [holder(path) for path in ("orders[].id", "orders[]", "orders", "[].id", "[]")] == [
        "orders[]",
        "orders",
        "",
        "[]",
        "",
    ]
