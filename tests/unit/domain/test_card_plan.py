"""What is to be done about each card: found on WB, compared, blocked with its reason, or left alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fixtures.card_world import (
    COLOUR,
    FEATURES,
    MATERIAL,
    SECTION,
    card,
    ean13,
    offer,
    planned,
    problems,
    product,
    stands,
    table,
    taken,
)
from wbsync.domain.card_difference import hashed, pictures_hashed
from wbsync.domain.cards import CardProblem, CardState, Plan, PlannedCard, ProblemKind, Standing, Step, Told
from wbsync.domain.ids import Barcode, OfferId, ProductId
from wbsync.domain.products import Product


def only(made: Plan) -> PlannedCard:
    [one] = made.cards
    return one


def steps(made: Plan) -> list[Step]:
    return [one.step for one in made.cards]


def kinds(one: PlannedCard) -> list[ProblemKind]:
    return [problem.kind for problem in one.problems if problem.blocks]


def standing(of: Product, **more: Any) -> Standing:
    return stands(card(of).content, **more)


SHIRT = product(100)
TWO = product(100, offer(1), offer(2, COLOUR="красный"))


def test_a_product_that_wb_does_not_know_is_a_new_group() -> None:
    made = planned(TWO)
    assert steps(made) == [Step.CREATE, Step.CREATE]
    assert [one.vendor_code for one in made.cards] == ["ART100-белый", "ART100-красный"]
    assert {one.product_id for one in made.cards} == {100}


def test_a_product_that_no_table_claims_is_no_card() -> None:
    assert planned(replace(SHIRT, sections=frozenset())).cards == ()


def test_a_table_may_choose_by_a_propertys_value() -> None:
    by = table(products={"property": "KIND", "values": ["футболка"]})
    assert steps(planned(product(100, KIND="футболка"), product(101, KIND="кружка"), tables=[by])) == [Step.CREATE]


def test_a_product_that_two_tables_claim_is_stopped() -> None:
    made = planned(SHIRT, tables=[table(), table(products={"sections": [SECTION, 8]})])
    assert only(made).step is Step.BLOCKED
    assert kinds(only(made)) == [ProblemKind.SEVERAL_TABLES]


def test_another_variant_joins_the_group_that_stands() -> None:
    white = planned(TWO).cards[0].content
    made = planned(TWO, standing=[stands(white, imt_id=77)])
    assert steps(made) == [Step.NOTHING, Step.ADD_VARIANT]
    assert made.cards[1].imt_id == 77


def test_a_card_is_found_by_its_barcode_first_and_keeps_the_vendor_code_that_wb_knows() -> None:
    there = standing(SHIRT)
    there = replace(there, content=replace(there.content, vendor_code="OLD-1"))
    decoy = replace(standing(product(100, offer(5)), nm_id=6000), content=replace(card(product(100, offer(5))).content))
    made = only(planned(SHIRT, standing=[decoy, there]))
    assert (made.step, made.vendor_code) == (Step.NOTHING, "OLD-1")
    [kept] = problems(made, ProblemKind.VENDOR_CODE_KEPT)
    assert (kept.value, kept.detail, kept.blocks) == ("ART100-белый", "OLD-1", False)


def test_a_card_without_a_known_barcode_is_found_by_its_vendor_code() -> None:
    there = standing(product(100, offer(5, barcode=None)))
    made = only(planned(SHIRT, standing=[there]))
    assert made.step is Step.UPDATE
    assert made.content.sizes[0].barcodes == (*there.content.sizes[0].barcodes, ean13(1000))


def test_an_update_lays_what_is_mapped_over_all_that_stands() -> None:
    content = card(SHIRT).content
    theirs = replace(
        stands(content).content,
        title="Старое название",
        characteristics={**content.characteristics, FEATURES: ("оверсайз",)},
        documents={"items": [{"id": "d1", "type": 2, "number": "ЕАЭС 7"}]},
        wholesale={"enabled": True, "quantum": 5},
        kiz_marked=True,
    )
    size = theirs.sizes[0]
    other = replace(size, tech_size="52", barcodes=(Barcode("999"),), chrt_id=None)
    theirs = replace(theirs, sizes=(replace(size, barcodes=(*size.barcodes, Barcode("888"))), other))
    there = replace(stands(content), content=theirs)
    made = only(planned(SHIRT, standing=[there]))
    assert made.step is Step.UPDATE
    assert made.before == there
    assert made.content.title == "Футболка 100"
    assert made.content.characteristics == {**content.characteristics, FEATURES: ("оверсайз",)}
    assert (made.content.documents, made.content.wholesale) == (theirs.documents, theirs.wholesale)
    assert made.content.kiz_marked is True
    assert [(s.tech_size, s.barcodes, s.chrt_id) for s in made.content.sizes] == [
        (s.tech_size, s.barcodes, s.chrt_id) for s in theirs.sizes
    ]


def test_a_thing_without_sizes_has_one_whatever_wb_calls_it() -> None:
    shirt = product(100, offer(1, barcode=None, SIZE=""))
    there = standing(shirt)
    theirs = replace(there.content, sizes=(replace(there.content.sizes[0], tech_size="ONE SIZE"),))
    assert only(planned(shirt, standing=[replace(there, content=theirs)])).step is Step.NOTHING


def test_a_size_that_wb_lacks_is_added_beside_those_that_stand() -> None:
    there = standing(product(100, offer(1, SIZE="46")))
    made = only(planned(product(100, offer(1, SIZE="46"), offer(2, SIZE="48")), standing=[there]))
    assert [(size.tech_size, size.chrt_id) for size in made.content.sizes] == [("46", 500100), ("48", None)]


def test_a_card_that_stands_as_it_should_is_left_alone_and_held_lightly() -> None:
    there = standing(SHIRT)
    content = there.content
    shuffled = replace(
        content,
        title=f" {content.title} ",
        characteristics={key: content.characteristics[key] for key in reversed([*content.characteristics])},
    )
    made = only(planned(SHIRT, standing=[replace(there, content=shuffled)]))
    assert (made.step, made.before) == (Step.NOTHING, None)


def test_a_vendor_code_that_two_products_have_stops_both() -> None:
    made = planned(product(100, ARTICLE="SAME"), product(200, ARTICLE="SAME"))
    assert [kinds(one) for one in made.cards] == [[ProblemKind.VENDOR_CODE_TWICE]] * 2
    assert made.cards[0].problems[0].source == "шаблон {ARTICLE}-{COLOUR}"


def test_a_barcode_that_two_offers_have_stops_both_and_names_them() -> None:
    made = planned(product(100, offer(1)), product(200, offer(2, barcode=ean13(1))))
    assert [kinds(one) for one in made.cards] == [[ProblemKind.BARCODE_TWICE]] * 2
    assert [problems(one, ProblemKind.BARCODE_TWICE)[0].offer_id for one in made.cards] == [1, 2]


def test_a_barcode_is_free_again_when_its_other_offer_is_switched_off() -> None:
    off = replace(offer(2, barcode=ean13(1)), active=False)
    assert steps(planned(product(100, offer(1)), product(200, offer(3), off))) == [Step.CREATE, Step.CREATE]


def test_a_card_whose_barcodes_stand_on_two_cards_is_stopped() -> None:
    shirt = product(100, offer(1), offer(2, SIZE="48"))
    one, other = standing(product(7, offer(1)), nm_id=11), standing(product(8, offer(2)), nm_id=12)
    made = only(planned(shirt, standing=[one, other]))
    assert kinds(made) == [ProblemKind.BARCODE_TAKEN]
    assert made.problems[-1].detail == "nmID 11, nmID 12"


def test_a_card_of_wb_is_one_card_of_the_shop_only() -> None:
    shirt, thief = product(100, offer(1), offer(2, SIZE="48")), product(200, offer(3))
    there = stands(planned(shirt).cards[0].content)
    sizes = (*there.content.sizes, replace(there.content.sizes[0], tech_size="50", barcodes=(Barcode(ean13(3)),)))
    there = replace(there, content=replace(there.content, sizes=sizes))
    made = planned(shirt, thief, standing=[there])
    assert steps(made) == [Step.NOTHING, Step.BLOCKED]
    assert kinds(made.cards[1]) == [ProblemKind.BARCODE_TAKEN]
    foreign = replace(there, content=replace(there.content, vendor_code="OTHER"))
    assert steps(planned(shirt, thief, standing=[foreign])) == [Step.BLOCKED, Step.BLOCKED]


def test_a_barcode_on_a_card_that_was_made_of_another_product_is_taken() -> None:
    there = replace(standing(SHIRT), content=replace(standing(SHIRT).content, vendor_code="OF-200"))
    told = {"OF-200": Told(ProductId(200), CardState.ACCEPTED)}
    assert kinds(only(planned(SHIRT, standing=[there], told=told))) == [ProblemKind.BARCODE_TAKEN]


def test_a_vendor_code_on_another_products_card_is_taken() -> None:
    there = standing(product(100, offer(5)))
    told = {"ART100-белый": Told(ProductId(200), CardState.ACCEPTED)}
    made = only(planned(SHIRT, standing=[there], told=told))
    assert kinds(made) == [ProblemKind.VENDOR_CODE_TAKEN]
    assert made.problems[-1].detail == "nmID 5001"


def test_a_card_of_another_subject_is_not_changed() -> None:
    made = only(planned(SHIRT, standing=[standing(SHIRT, subject=105)]))
    assert kinds(made) == [ProblemKind.OTHER_SUBJECT]


def test_no_variant_joins_a_group_of_another_subject() -> None:
    made = planned(TWO, standing=[stands(planned(TWO).cards[0].content, subject=105)])
    assert steps(made) == [Step.BLOCKED, Step.CREATE]


def test_a_group_has_thirty_variants_at_most() -> None:
    offers = [offer(n, CODE=str(n)) for n in range(1, 32)]
    rows = ({"to": "vendorCode", "from": {"template": "{ARTICLE}-{CODE}"}},)
    by = table(*rows, variants_by=("CODE",))
    assert set(steps(planned(product(100, *offers), tables=[by]))) == {Step.BLOCKED}
    thirty = planned(product(100, *offers[:30]), tables=[by])
    assert set(steps(thirty)) == {Step.CREATE}
    *there, _ = taken(thirty)
    there.append(replace(standing(product(7)), imt_id=there[0].imt_id))  # somebody else's card is in the group
    last = planned(product(100, *offers[:30]), tables=[by], standing=there).cards[-1]
    assert kinds(last) == [ProblemKind.TOO_MANY_VARIANTS]


def test_what_wb_refused_is_not_sent_again_until_it_changes() -> None:
    refusal = CardProblem(ProblemKind.REFUSED_BY_WB, "title", detail="Нельзя так")
    first = only(planned(SHIRT))
    told = Told(ProductId(100), CardState.REFUSED, first.content_hash, problems=(refusal,))
    again = only(planned(SHIRT, told={first.vendor_code: told}))
    assert again.step is Step.BLOCKED
    assert refusal in again.problems
    kept = replace(told, state=CardState.BLOCKED, problems=again.problems)  # as a flow keeps what is blocked
    third = only(planned(SHIRT, told={first.vendor_code: kept}))
    assert (third.step, third.problems) == (Step.BLOCKED, again.problems)
    mended = product(100, fields={"name": "Футболка"})
    assert only(planned(mended, told={first.vendor_code: told})).step is Step.CREATE
    dearer = product(100, offer(1000, price="99"))
    assert only(planned(dearer, told={first.vendor_code: told})).step is Step.CREATE


def test_a_refused_change_that_staff_made_in_wbs_cabinet_is_done() -> None:
    there = standing(SHIRT)
    told = Told(ProductId(100), CardState.REFUSED, hashed(there.content, priced=False), problems=())
    assert only(planned(SHIRT, standing=[there], told={"ART100-белый": told})).step is Step.NOTHING


@pytest.mark.parametrize("state", [CardState.BEGUN, CardState.SENT])
def test_nothing_is_sent_of_a_card_that_wb_works_on(state: CardState) -> None:
    told = {"ART100-белый": Told(ProductId(100), state, "some hash")}
    assert only(planned(SHIRT, told=told)).step is Step.NOTHING
    assert steps(planned(TWO, told=told)) == [Step.NOTHING, Step.NOTHING]


def test_a_card_on_its_way_is_not_made_twice_when_its_vendor_code_changes() -> None:
    told = {"ART100-белый": Told(ProductId(100), CardState.SENT)}
    assert only(planned(product(100, ARTICLE="NEW"), told=told)).step is Step.NOTHING


@pytest.mark.parametrize("state", [CardState.READY, CardState.SILENT])
def test_what_certainly_is_not_with_wb_may_be_sent_again(state: CardState) -> None:
    first = only(planned(SHIRT))
    told = {first.vendor_code: Told(ProductId(100), state, first.content_hash)}
    assert only(planned(SHIRT, told=told)).step is Step.CREATE


def test_an_old_mistake_of_a_barcode_does_not_hold_back_a_card_that_has_it() -> None:
    shirt = product(100, offer(1, barcode="2900000000001", price="0"))
    assert only(planned(shirt)).step is Step.BLOCKED
    assert only(planned(shirt, standing=[standing(shirt)])).step is Step.NOTHING


OURS = pictures_hashed(("https://shop.invalid/100.jpg",))
SMALL = CardProblem(ProblemKind.PICTURE_TOO_SMALL, "pictures", blocks=False)


@pytest.mark.parametrize(
    ("photos", "told", "replaces", "step"),
    [
        (0, "", False, Step.PICTURES),
        (3, "", False, Step.NOTHING),
        (3, "", True, Step.PICTURES),
        (3, OURS, False, Step.NOTHING),
        (3, "older", False, Step.PICTURES),
        (0, OURS, False, Step.PICTURES),
    ],
    ids=["none there", "staff's", "staff's are replaced", "ours", "ours have changed", "ours got lost"],
)
def test_pictures_are_told_when_ours_differ_and_staffs_are_left_alone(
    photos: int, told: str, replaces: bool, step: Step
) -> None:
    known = {"ART100-белый": Told(ProductId(100), CardState.ACCEPTED, pictures_hash=told)}
    there = [standing(SHIRT, photos=photos)]
    assert only(planned(SHIRT, standing=there, told=known, replace_pictures=replaces)).step is step
    assert only(planned(SHIRT, standing=there, told=known, pictures=False)).step is Step.NOTHING


def test_pictures_that_are_too_small_are_not_told_over_and_over() -> None:
    told = Told(ProductId(100), CardState.ACCEPTED, pictures_hash=OURS, problems=(SMALL,))
    there = [standing(SHIRT, photos=0)]
    assert only(planned(SHIRT, standing=there, told={"ART100-белый": told})).step is Step.NOTHING


def test_one_bad_card_holds_back_no_other() -> None:
    bad = offer(2, COLOUR="неведомый")
    assert sorted(steps(planned(product(100, offer(1), bad)))) == [Step.BLOCKED, Step.CREATE]


def test_a_plan_names_what_it_speaks_of() -> None:
    made = planned(SHIRT)
    assert made.subjects == {192: "Футболки"}
    assert made.characteristics[COLOUR] == "Цвет"


colours = st.sampled_from(["белый", "синий", "красный", "белый с голубым", "ТЁМНО-СИНИЙ", "никакой", ""])
sizes = st.sampled_from(["46", "48", "xl", "38,5", ""])
materials = st.sampled_from(["хлопок 95% эластан 5%", "100% ЛЕН", "хлопок", "хлопок 10%", ""])
heights = st.sampled_from(["125", "12,50 см", "1/2", "333", ""])


@st.composite
def shops(draw: st.DrawFn) -> list[Product]:
    made: list[Product] = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        offers = [
            replace(
                offer(
                    number * 100 + n,
                    barcode=draw(st.sampled_from(["", None])),
                    COLOUR=draw(colours),
                    SIZE=draw(sizes),
                    MATERIAL=draw(materials),
                ),
                active=draw(st.booleans()),
            )
            for n in range(draw(st.integers(0, 4)))
        ]
        one = product(number, *offers, HEIGHT=draw(heights), MATERIAL=draw(materials))
        made.append(one if offers else replace(one, offers=()))
    return made


def told_of(made: Plan) -> dict[str, Told]:
    return {
        one.vendor_code: Told(
            one.product_id, CardState.ACCEPTED, one.content_hash, pictures_hashed(one.pictures), one.problems
        )
        for one in made.cards
        if one.step is not Step.BLOCKED
    }


@settings(max_examples=60, deadline=None)
@given(before=shops(), after=shops())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(before: Sequence[Product], after: Sequence[Product]) -> None:
    first = planned(*before)
    there = taken(first)
    second = planned(*before, standing=there, told=told_of(first))
    assert set(steps(second)) <= {Step.NOTHING, Step.BLOCKED}
    changed = planned(*after, standing=there, told=told_of(first))
    done = taken(changed, there)
    third = planned(*after, standing=done, told=told_of(first) | told_of(changed))
    assert set(steps(third)) <= {Step.NOTHING, Step.BLOCKED, Step.PICTURES}


@settings(max_examples=60, deadline=None)
@given(before=shops(), after=shops())
def test_no_barcode_size_or_characteristic_that_stands_is_ever_lost(
    before: Sequence[Product], after: Sequence[Product]
) -> None:
    there = taken(planned(*before))
    for one in planned(*after, standing=there).cards:
        if one.step is Step.UPDATE and one.before:
            kept = {size.chrt_id: set(size.barcodes) for size in one.content.sizes}
            assert all(set(size.barcodes) <= kept[size.chrt_id] for size in one.before.content.sizes)
            assert one.before.content.characteristics.keys() <= one.content.characteristics.keys()
            assert one.vendor_code == one.before.content.vendor_code


def test_an_unreadable_value_leaves_what_stands_on_wb() -> None:
    there = standing(product(100, MATERIAL="хлопок"))
    made = only(planned(product(100, MATERIAL="хлопок 10%"), standing=[there]))
    assert made.step is Step.NOTHING
    assert [one.target for one in made.problems] == ["Состав"]
    renamed = product(100, MATERIAL="хлопок 10%", fields={"name": "Новая"})
    assert only(planned(renamed, standing=[there])).content.characteristics[MATERIAL] == ("хлопок",)


def test_the_offers_of_a_card_are_known_to_its_plan() -> None:
    made = only(planned(product(100, offer(1), offer(2, SIZE="48")), standing=[standing(product(100, offer(1)))]))
    assert [size.offer_id for size in made.content.sizes] == [OfferId(1), OfferId(2)]
