"""Marking of orders at the simulated WB (wildberries facts §4)."""

from typing import Any

import httpx
import pytest

from tests.fixtures.wildberries import FIRST, Seller

META = "/marketplace-api/api/v3/orders/{}/meta"
NEW_META = "/marketplace-api/api/marketplace/v3/orders"
SUPPLIES = "/marketplace-api/api/v3/supplies"
CODE = "0104810000000012215EirD_orEif7X\x1d91EE12\x1d92VygELprJ87wrc"
VALUES: dict[str, Any] = {
    "sgtin": [CODE],
    "uin": "1234567890123456",
    "imei": "123456789012345",
    "gtin": "4810000000012",
    "expiration": "12.09.2030",
    "customsDeclaration": "10704010/010624/0000302",
}
CHECKED = {"sgtin": "sgtinIntroduced", "uin": "uinMaySell", "imei": "imeiMaySell"}


@pytest.fixture
def seller() -> Seller:
    return Seller(goods=60, stocked=True, pace=1_000)


def marked(seller: Seller, *required: str, optional: tuple[str, ...] = ()) -> int:
    """An order on assembly."""
    wishes: dict[str, Any] = {"required_meta": dict.fromkeys(required, 1), "optional_meta": dict.fromkeys(optional, 1)}
    order: int = seller.buy(**wishes)[0]["id"]
    seller.supply(order)
    return order


def put(seller: Seller, order: int, key: str, value: object) -> httpx.Response:
    path = f"{NEW_META}/{order}/meta/customs-declaration" if key == "customsDeclaration" else None
    return seller.ask(f"PUT {path or META.format(order) + '/' + key}", {"sgtins" if key == "sgtin" else key: value})


def decisions(seller: Seller, order: int) -> dict[str, str]:
    [told] = seller.ask(f"POST {NEW_META}/meta", {"orders": [order]}).json()["orders"]
    return {row["key"]: row["decision"] for row in told["metaDetails"]}


def deliver(seller: Seller, order: int) -> httpx.Response:
    return seller.ask(f"PATCH {SUPPLIES}/{seller.wb.state.orders[order].supply_id}/deliver")


def why(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_new_orders_tell_which_marking_they_must_and_may_have(seller: Seller) -> None:
    seller.buy(required_meta={"sgtin": 1}, optional_meta={"gtin": 1, "sgtin": 1})
    [order] = seller.ask("GET /marketplace-api/api/v3/orders/new").json()["orders"]
    assert (order["requiredMeta"], order["optionalMeta"]) == (["sgtin"], ["gtin"])


def test_a_card_demands_marking_of_all_of_its_orders(seller: Seller) -> None:
    card = seller.wb.state.cards[seller.wb.state.sizes[FIRST].nm_id]
    seller.sim(f"POST cards/{card.nm_id}", {"required_meta": ["sgtin"], "optional_meta": ["expiration"]})
    seller.put({"chrtId": FIRST, "amount": 1})
    [order] = seller.buy(chrt_ids=[FIRST])
    assert (order["requiredMeta"], order["optionalMeta"]) == (["sgtin"], ["expiration"])
    cards = "POST /content-api/content/v2/get/cards/list"
    by_article = {"settings": {"filter": {"textSearch": card.vendor_code, "withPhoto": -1}}}
    assert seller.ask(cards, by_article).json()["cards"][0]["needKiz"] is True
    assert seller.http.post(f"/_sim/cards/{card.nm_id}", json={"required_meta": ["kiz"]}).status_code == 400


def test_every_nth_card_of_a_world_can_be_marked() -> None:
    cards = Seller(goods=60, marked_every=3).sim("GET state")["cards"]
    own = [card["requiredMeta"] for card in cards if not card["foreign"]]
    assert own[:6] == [[], [], ["sgtin"], [], [], ["sgtin"]]


def test_without_a_value_marking_is_required_or_optional(seller: Seller) -> None:
    order = marked(seller, "sgtin", optional=("gtin",))
    [told] = seller.ask(f"POST {NEW_META}/meta", {"orders": [order]}).json()["orders"]
    assert told["metaDetails"] == [
        {"key": "sgtin", "value": None, "decision": "required"},
        {"key": "gtin", "value": None, "decision": "optional"},
    ]


@pytest.mark.parametrize("key", VALUES)
def test_a_right_value_is_taken_and_checked_for_a_while_where_it_is_checked_at_all(seller: Seller, key: str) -> None:
    order = marked(seller, key)
    assert put(seller, order, key, VALUES[key]).status_code == 204
    assert decisions(seller, order) == {key: "pending" if key in CHECKED else "filled"}
    seller.wait(600)
    assert decisions(seller, order) == {key: CHECKED.get(key, "filled")}
    assert deliver(seller, order).status_code == 204


@pytest.mark.parametrize("key", VALUES)
def test_marking_that_the_order_does_not_know_is_refused(seller: Seller, key: str) -> None:
    assert why(put(seller, marked(seller), key, VALUES[key])) == (409, "MetaKeyNotRequired")


@pytest.mark.parametrize("key", VALUES)
def test_marking_is_taken_on_assembly_only(seller: Seller, key: str) -> None:
    [new] = seller.buy(optional_meta={key: 1})
    assert why(put(seller, new["id"], key, VALUES[key])) == (409, "FailedToUpdateMeta")
    gone = marked(seller, optional=(key,))
    deliver(seller, gone)
    assert why(put(seller, gone, key, VALUES[key])) == (409, "FailedToUpdateMeta")


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("sgtin", [], "IncorrectRequest"),
        ("sgtin", [CODE] * 101, "IncorrectRequest"),
        ("sgtin", ["1" * 15], "IncorrectRequest"),
        ("sgtin", ["1" * 136], "IncorrectRequest"),
        ("sgtin", CODE, "IncorrectRequestBody"),
        ("sgtin", [1], "IncorrectRequestBody"),
        ("uin", "1" * 15, "IncorrectRequest"),
        ("imei", "1" * 16, "IncorrectRequest"),
        ("imei", 123_456_789_012_345, "IncorrectRequestBody"),
        ("gtin", "1" * 14, "IncorrectRequest"),
        ("gtin", None, "IncorrectRequestBody"),
        ("customsDeclaration", "1" * 16, "IncorrectRequest"),
        ("customsDeclaration", "1" * 30, "IncorrectRequest"),
        ("expiration", "2030-09-12", "IncorrectRequest"),
        ("expiration", "31.02.2030", "IncorrectRequest"),
        ("expiration", "22.12.2026", "LowExpirationDate"),
    ],
)
def test_a_value_of_the_wrong_shape_is_400(seller: Seller, key: str, value: object, code: str) -> None:
    order = marked(seller, key)
    assert why(put(seller, order, key, value)) == (400, code)
    assert decisions(seller, order) == {key: "required"}


def test_a_shelf_life_of_30_days_is_long_enough_and_can_be_changed_but_not_deleted(seller: Seller) -> None:
    order = marked(seller, "expiration")
    for date in ("23.12.2026", "24.12.2026"):
        assert put(seller, order, "expiration", date).status_code == 204
    assert seller.wb.state.orders[order].marks["expiration"].values == ["24.12.2026"]
    answer = seller.ask(f"DELETE {META.format(order)}", key="expiration")
    assert why(answer) == (400, "IncorrectParameter")


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        (CODE.replace("\x1d", ""), "sgtinNoGS"),
        (CODE.replace("\x1d", "\\u001D"), "sgtinNoGS"),
        (CODE.replace("5Eir", "5Eж"), "sgtinHasNonLatinSymbols"),
        (CODE.replace("5Eir", "5E r"), "sgtinHasInvalidSymbols"),
        (CODE.replace("01048", "02048"), "sgtinInvalidPattern"),
        (CODE[:32], "sgtinIntroduced"),  # short, without the proof of being genuine
    ],
)
def test_a_code_that_only_looks_wrong_is_taken_and_judged_later(seller: Seller, code: str, decision: str) -> None:
    order = marked(seller, "sgtin")
    assert put(seller, order, "sgtin", [code]).status_code == 204
    assert decisions(seller, order) == {"sgtin": "pending"}
    seller.wait(600)
    assert decisions(seller, order) == {"sgtin": decision}


@pytest.mark.parametrize(("key", "value"), [("uin", "x" * 16), ("imei", "x" * 15)])
def test_letters_in_a_number_are_judged_as_its_wrong_format(seller: Seller, key: str, value: str) -> None:
    order = marked(seller, key)
    put(seller, order, key, value)
    seller.wait(600)
    assert decisions(seller, order) == {key: f"{key}InvalidFormat"}


def test_any_outcome_of_a_check_can_be_ordered_and_called_off(seller: Seller) -> None:
    order = marked(seller, "sgtin")
    put(seller, order, "sgtin", [CODE])
    seller.sim(f"POST orders/{order}/meta", {"sgtin": "sgtinRetired"})
    assert decisions(seller, order) == {"sgtin": "pending"}
    seller.wait(600)
    assert decisions(seller, order) == {"sgtin": "sgtinRetired"}
    seller.sim(f"POST orders/{order}/meta", {"sgtin": None})
    assert decisions(seller, order) == {"sgtin": "sgtinIntroduced"}
    assert seller.http.post(f"/_sim/orders/{order}/meta", json={"kiz": "x"}).status_code == 400


@pytest.mark.parametrize("decision", ["deadlineExceeded", "sgtinSoldB2B"])
def test_some_decisions_are_not_final_or_good_and_let_the_supply_go_all_the_same(seller: Seller, decision: str) -> None:
    order = marked(seller, "sgtin")
    put(seller, order, "sgtin", [CODE])
    seller.sim(f"POST orders/{order}/meta", {"sgtin": decision})
    seller.wait(600)
    assert deliver(seller, order).status_code == 204


def test_a_delivery_names_every_order_and_code_that_hold_it_back(seller: Seller) -> None:
    good, bare, bad = (order["id"] for order in seller.buy(3, required_meta={"sgtin": 1}, optional_meta={"gtin": 1}))
    supply = seller.supply(good, bare, bad)
    for order in (good, bad):
        put(seller, order, "sgtin", [CODE])
    seller.sim(f"POST orders/{bad}/meta", {"sgtin": "sgtinNotFound"})
    seller.wait(600)
    answer = seller.ask(f"PATCH {SUPPLIES}/{supply}/deliver")
    assert why(answer) == (409, "MetaValidationFail")
    assert answer.json()["data"]["orders"] == [
        {"id": bare, "metaDetails": [{"key": "sgtin", "value": "null", "decision": "required"}]},
        {"id": bad, "metaDetails": [{"key": "sgtin", "value": CODE, "decision": "sgtinNotFound"}]},
    ]
    assert seller.status(good)["supplierStatus"] == "confirm"


def test_a_check_that_goes_on_holds_the_supply_back(seller: Seller) -> None:
    order = marked(seller, "imei")
    put(seller, order, "imei", VALUES["imei"])
    [held] = deliver(seller, order).json()["data"]["orders"]
    assert held["metaDetails"][0]["decision"] == "pending"
    seller.wait(600)
    assert deliver(seller, order).status_code == 204


def test_deleted_marking_is_owed_again(seller: Seller) -> None:
    order = marked(seller, "imei")
    put(seller, order, "imei", VALUES["imei"])
    assert seller.ask(f"DELETE {META.format(order)}", key="imei").status_code == 204
    assert decisions(seller, order) == {"imei": "required"}


def test_marking_is_deleted_on_assembly_and_by_a_key_that_the_order_has(seller: Seller) -> None:
    order = marked(seller, optional=("imei",))
    for key, answer in (("uin", (409, "FailedToUpdateMeta")), ("kiz", (400, "IncorrectParameter"))):
        assert why(seller.ask(f"DELETE {META.format(order)}", key=key)) == answer
    deliver(seller, order)
    assert why(seller.ask(f"DELETE {META.format(order)}", key="imei")) == (409, "FailedToUpdateMeta")


def test_an_unknown_order_is_404_where_the_specification_has_it_and_409_elsewhere(seller: Seller) -> None:
    codes = {key: put(seller, 1, key, value).status_code for key, value in VALUES.items()}
    assert codes == {"sgtin": 404, "uin": 409, "imei": 409, "gtin": 409, "expiration": 404, "customsDeclaration": 404}


def test_marking_is_read_for_at_most_100_orders_and_strangers_are_left_out(seller: Seller) -> None:
    order = marked(seller, "imei")
    asked = f"POST {NEW_META}/meta"
    assert [each["id"] for each in seller.ask(asked, {"orders": [1, order]}).json()["orders"]] == [order]
    assert seller.ask(asked, {"orders": [1]}).status_code == 404
    for orders in (list(range(101)), ["1"], None):
        assert why(seller.ask(asked, {"orders": orders})) == (400, "BadRequest")


def test_no_sticker_without_a_required_customs_declaration(seller: Seller) -> None:
    order = marked(seller, "customsDeclaration")
    asked: dict[str, Any] = {"type": "svg", "width": 58, "height": 40}

    def stickers() -> httpx.Response:
        return seller.ask("POST /marketplace-api/api/v3/orders/stickers", {"orders": [order]}, **asked)

    assert why(stickers()) == (409, "CustomsDeclarationIsRequired")
    put(seller, order, "customsDeclaration", VALUES["customsDeclaration"])
    assert len(stickers().json()["stickers"]) == 1


def test_marking_is_written_and_read_from_buckets_of_their_own() -> None:
    seller = Seller(stocked=True)
    [order] = seller.buy(optional_meta={"imei": 1})
    seller.supply(order["id"])
    written = [put(seller, order["id"], "imei", VALUES["imei"]).status_code for _ in range(21)]
    assert written == [204] * 20 + [429]
    seller.wait(0.06)
    assert put(seller, order["id"], "imei", VALUES["imei"]).status_code == 204
    asked = f"POST {NEW_META}/meta", {"orders": [order["id"]]}
    assert [seller.ask(*asked).status_code for _ in range(21)] == [200] * 20 + [429]
    seller.wait(0.19)
    assert seller.ask(*asked).status_code == 429
    seller.wait(0.01)
    assert seller.ask(f"DELETE {META.format(order['id'])}", key="imei").status_code == 204
    assert seller.ask(*asked).status_code == 429


def test_the_snapshot_shows_the_marking_of_each_order(seller: Seller) -> None:
    order = marked(seller, "imei")
    put(seller, order, "imei", VALUES["imei"])
    [shown] = seller.sim("GET state")["orders"]
    assert shown["metaDetails"] == [{"key": "imei", "value": VALUES["imei"], "decision": "pending"}]
