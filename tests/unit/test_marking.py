"""Marking codes: what is sent to WB, what is not and why, and what its decisions mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbsync import texts
from wbsync.domain.marking import GS, PASSES, Fault, Mark, by_key, checked, marks
from wbsync.wb.wire import PutMark

TODAY = date(2026, 11, 23)

IDENTITY = "0104810000000017215Qr%t-Xy7Ab_Z"  # 01, GTIN, 21, serial of 13
KEY, SIGNATURE = "91EE07", "92" + "kQ4/7b+Zt9Jw2mXr5sVn8cLpGd3fHy6aEuTiOoWqB1M="
CODE = GS.join([IDENTITY, KEY, SIGNATURE])
SHOES = GS.join([IDENTITY, KEY, "92" + "aB3/" * 22])
WATER = GS.join([IDENTITY, "93dGVz"])
MILK = GS.join([IDENTITY[:-7], "93dGVz"])
GIVEN_BY_WB = "0104630568317423215EirD_orEif7X\x1d91EE12\x1d92" + "V" * 44  # WB's own kind of code, other signature

RUSSIAN_KEYBOARD = str.maketrans(
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>`~#@$^&|/?",
    'йцукенгшщзхъфывапролджэячсмитьбюЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮёЁ№";:?/.,',
)


@pytest.mark.parametrize("code", [CODE, SHOES, WATER, MILK, GIVEN_BY_WB])
def test_a_good_code_is_sent_as_it_is(code: str) -> None:
    assert checked("sgtin", code, TODAY) == code


@pytest.mark.parametrize(
    "spelling",
    [
        *(r"\u001D", r"\u001d", r"\\u001D", r"\x1d", r"\\x1d", "<GS>", "<gs>", "^]", "{GS}", "[GS]", "(GS)", "_x001D_"),
        *("␝", "%1d", "&#29;", "<FNC1>", " ", "\u00a0", ""),
    ],
)
@pytest.mark.parametrize("code", [CODE, SHOES, WATER, MILK])
def test_gs_is_understood_however_it_is_spelt(code: str, spelling: str) -> None:
    assert checked("sgtin", code.replace(GS, spelling), TODAY) == code


@pytest.mark.parametrize("lost", [IDENTITY + KEY + GS + SIGNATURE, IDENTITY + GS + KEY + SIGNATURE])
def test_one_lost_gs_is_put_back_beside_the_other(lost: str) -> None:
    assert checked("sgtin", lost, TODAY) == CODE


@pytest.mark.parametrize("prefix", ["]d2", "]C1", GS, "]d2" + GS, r"\u001d", "è", " \t", "\ufeff"])
def test_what_scanners_put_around_a_code_is_taken_off(prefix: str) -> None:
    assert checked("sgtin", f"{prefix}{CODE}{GS}\r\n", TODAY) == CODE


def test_a_code_written_with_brackets_is_understood() -> None:
    assert checked("sgtin", f"(01){CODE[2:16]}(21){IDENTITY[18:]}(91)EE07(92){SIGNATURE[2:]}", TODAY) == CODE


@pytest.mark.parametrize("separator", [GS, r"\u001d", "^]", "<GS>"])
@pytest.mark.parametrize("code", [CODE, WATER])
def test_a_code_scanned_in_the_russian_layout_is_typed_anew(code: str, separator: str) -> None:
    typed = ("]d2" + code.replace(GS, separator)).translate(RUSSIAN_KEYBOARD)
    assert checked("sgtin", typed, TODAY) == code


def test_codes_of_a_set_stand_in_lines_of_their_own() -> None:
    assert checked("sgtin", f"{CODE}\r\n\r\n {WATER}\n", TODAY) == f"{CODE}\n{WATER}"
    assert checked("sgtin", f"{CODE}\n4810000000017", TODAY) is Fault.STRUCTURE


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("4810000000017", Fault.STRUCTURE),  # the bar code beside it
        (CODE.replace("X", "Х"), Fault.CYRILLIC),  # one letter of the other alphabet
        (CODE.replace("%", "$"), Fault.SYMBOLS),
        (IDENTITY, Fault.NO_GS),  # without its signature there is nothing to part
        (IDENTITY + KEY + SIGNATURE[:-3], Fault.NO_GS),  # read halfway
        (CODE[:12] + "A" + CODE[13:], Fault.STRUCTURE),
        (IDENTITY + "AbCdEfGh" + GS + KEY, Fault.STRUCTURE),  # no serial number has 21 characters
        (IDENTITY + GS + KEY + GS + "92" + "a" * 100, Fault.LENGTH),
    ],
)
def test_a_code_that_cannot_be_right_is_not_sent(code: str, fault: Fault) -> None:
    assert checked("sgtin", code, TODAY) is fault


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=140) | st.text(max_size=60))
def test_whatever_is_sent_is_of_the_form_that_wb_takes(code: str) -> None:
    sent = checked("sgtin", code, TODAY)
    for one in [] if isinstance(sent, Fault) else sent.split("\n"):
        assert not one or (16 <= len(one) <= 135 and GS in one and one.isascii() and " " not in one)


@pytest.mark.parametrize("code", [CODE, SHOES, WATER, MILK, GIVEN_BY_WB])
def test_checking_twice_changes_nothing(code: str) -> None:
    once = checked("sgtin", "]d2" + code, TODAY)
    assert not isinstance(once, Fault)
    assert checked("sgtin", once, TODAY) == once


def test_what_looks_like_a_spelt_gs_inside_of_a_serial_stays() -> None:
    code = CODE.replace("Qr%t-Xy7Ab_Z", "Qr%1D7Xy7Ab_")
    assert checked("sgtin", code, TODAY) == code


def test_gs_goes_out_escaped() -> None:
    assert rb"\u001d91EE07" in PutMark(sgtins=(CODE,)).model_dump_json(by_alias=True, exclude_none=True).encode()


def test_a_code_scanned_twice_is_sent_once() -> None:
    assert checked("sgtin", f"{CODE}\n]d2{CODE}", TODAY) == CODE


def test_more_codes_than_wb_takes_at_once_are_not_sent() -> None:
    """The client would take so large a body for a bug, and the whole run would end."""
    codes = [CODE.replace("5Qr%", f"5{n:03}") for n in range(101)]
    assert checked("sgtin", "\n".join(codes[:100]), TODAY) == "\n".join(codes[:100])
    assert checked("sgtin", "\n".join(codes), TODAY) is Fault.LENGTH


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff", "\u2060\r\n\u200b"])
def test_what_holds_no_visible_sign_is_no_code(blank: str) -> None:
    assert isinstance(checked("sgtin", blank, TODAY), Fault)


@pytest.mark.parametrize(
    ("key", "code", "sent"),
    [
        ("uin", "1234 5678 9012 3456", "1234567890123456"),
        ("uin", "123456789012345", Fault.LENGTH),
        ("uin", "123456789012345X", Fault.NOT_DIGITS),
        ("imei", "49-015420-323751-8", "490154203237518"),
        ("imei", "490154203237519", Fault.CHECK_DIGIT),
        ("imei", "4901542032375180", Fault.LENGTH),
        ("gtin", "4810000000017", "4810000000017"),
        ("gtin", "04810000000017", "4810000000017"),
        ("gtin", "14810000000017", Fault.LENGTH),
        ("gtin", "481000000001", Fault.LENGTH),
        ("gtin", "481000000001٧", Fault.NOT_DIGITS),
        ("expiration", "23.12.2026", "23.12.2026"),  # the thirtieth day
        ("expiration", "22.12.2026", Fault.TOO_SOON),
        ("expiration", "2027-05-09", "09.05.2027"),
        ("expiration", "09.05.2027 00:00:00", "09.05.2027"),
        ("expiration", "31.02.2027", Fault.NO_DATE),
        ("expiration", "до мая", Fault.NO_DATE),
        ("customsDeclaration", " 11216101/010626/0000302", "11216101/010626/0000302"),
        ("customsDeclaration", "11216101/01062", Fault.LENGTH),
        ("customsDeclaration", "11216101/010626/0000302/0000001", Fault.LENGTH),
        ("customsDeclaration", "11216101;010626;0000302", Fault.SYMBOLS),
        ("tomorrow", " as it is ", " as it is "),
    ],
)
def test_each_key_has_its_rule(key: str, code: str, sent: str | Fault) -> None:
    assert checked(key, code, TODAY) == sent


# Decisions

BLOCKING = (
    *("required", "pending", "imeiInvalidFormat", "imeiAlreadySold"),
    *("uinBadStatus", "uinBadProcess", "uinBadStatusAndBadProcess", "uinInvalidFormat", "uinNotFound"),
    *("sgtinInvalidFormat", "sgtinNoGS", "sgtinHasInvalidSymbols", "sgtinHasNonLatinSymbols", "sgtinInvalidPattern"),
    *("sgtinNotFound", "sgtinEmitted", "sgtinApplied", "sgtinWrittenOff", "sgtinWithdrawn", "sgtinRetired"),
    *("sgtinDisaggregated", "sgtinDisaggregation", "sgtinAppliedNotPaid"),
)


@pytest.mark.parametrize("decision", [*BLOCKING, "invented"])
def test_a_decision_that_blocks_delivery_is_told_in_plain_words(decision: str) -> None:
    text = texts.marking_blocked(70, [Mark("sgtin", CODE, decision)])
    assert Mark("sgtin", CODE, decision).blocks
    assert text.startswith("Заказ 70, код «Честный знак» …")
    assert (decision in text) is (decision == "invented")
    assert GS not in text


def test_every_decision_has_its_words_and_no_other_has() -> None:
    assert texts.MARKING_DECISIONS.keys() == PASSES | set(BLOCKING)
    assert texts.MARKING_FAULTS.keys() == set(Fault)


@pytest.mark.parametrize("decision", sorted(PASSES))
def test_the_other_decisions_let_a_supply_go(decision: str) -> None:
    assert not Mark("sgtin", CODE, decision).blocks


def test_keys_that_wb_left_out_of_its_answer_are_wanted_all_the_same() -> None:
    wanted = marks([Mark("sgtin", "", "required")], required=("sgtin", "gtin"), optional=("expiration",))
    assert wanted == [
        Mark("sgtin", "", "required"),
        Mark("gtin", "", "required"),
        Mark("expiration", "", "optional"),
    ]


def test_the_codes_of_a_set_are_one_code_of_the_worst_decision() -> None:
    rows = [Mark("sgtin", "a", "sgtinIntroduced"), Mark("sgtin", "b", "sgtinRetired"), Mark("sgtin", "c", "pending")]
    assert by_key(rows) == {"sgtin": Mark("sgtin", "a\nb\nc", "sgtinRetired")}


def test_a_bad_code_may_be_replaced_and_one_under_examination_may_not() -> None:
    assert Mark("uin", "", "uinNotFound").may_be_replaced
    assert not Mark("uin", "", "uinNotFound").missing
    assert not Mark("uin", "1", "pending").may_be_replaced
    assert not Mark("uin", "1", "uinMaySell").may_be_replaced


def test_what_is_owed_tells_required_and_optional_apart() -> None:
    text = texts.marking_owed(["sgtin", "gtin"], ["expiration"])
    required, optional = text.split(". ")
    assert "«Честный знак», код товара в Беларуси" in required
    assert "срок годности" in optional
    assert texts.marking_owed([], []) == ""
