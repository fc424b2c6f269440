"""Marking codes of orders: what WB takes under each of its keys, and what its decisions mean (WB facts §4).

WB counts an answer 4XX as ten calls, and a code it took may still be found bad days later at its gate, so what cannot
be right is found here. Scanners and shops spell one code in many ways; it is brought to the one spelling that WB
takes: no blanks, Latin letters, parts of a «Честный знак» code ended by the character GS (U+001D).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import accumulate

GS = "\x1d"

PASSES = frozenset(
    {
        *("filled", "optional", "deadlineExceeded"),
        *("imeiMaySell", "imeiSoldB2B", "uinMaySell", "sgtinIntroduced", "sgtinSoldB2B"),
    }
)
"""WB's decisions about a code with which a supply is delivered; every other one, known or not, keeps it."""

REQUIRED = "required"
OPTIONAL = "optional"
"""Decisions about a code that WB has not got."""
PENDING = "pending"


class Fault(Enum):
    """Why a code is not sent; texts.py says it in Russian."""

    LENGTH = "length"
    NOT_DIGITS = "not_digits"
    CHECK_DIGIT = "check_digit"
    SYMBOLS = "symbols"
    CYRILLIC = "cyrillic"
    STRUCTURE = "structure"
    NO_GS = "no_gs"
    NO_DATE = "no_date"
    TOO_SOON = "too_soon"


@dataclass(frozen=True, slots=True)
class Mark:
    """What WB has under one key of an order, and what it thinks of it."""

    key: str
    value: str = ""
    decision: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the order's supply cannot be delivered."""
        return self.decision not in PASSES

    @property
    def missing(self) -> bool:
        """WB has no code. One that it found bad it may tell without its value."""
        return not self.value and self.decision in {"", REQUIRED, OPTIONAL}

    @property
    def may_be_replaced(self) -> bool:
        """WB has no code, or one that it found bad; a code under examination is left alone."""
        return self.missing or (self.blocks and self.decision != PENDING)


def marks(told: Iterable[Mark], required: Iterable[str] | None, optional: Iterable[str] | None) -> list[Mark]:
    """All that WB wants of an order: its own words, and the keys that it named with the order and left out here.

    An order of several pieces has several marks of one key.
    """
    named = dict.fromkeys((*(required or ()), *(optional or ())), OPTIONAL) | dict.fromkeys(required or (), REQUIRED)
    heard = [mark if mark.decision else replace(mark, decision=_undecided(mark, named)) for mark in told]
    left_out = named.keys() - {mark.key for mark in heard}
    return heard + [Mark(key, decision=decision) for key, decision in named.items() if key in left_out]


def _undecided(mark: Mark, named: Mapping[str, str]) -> str:
    return "filled" if mark.value else named.get(mark.key, OPTIONAL)


def by_key(marks: Iterable[Mark]) -> dict[str, Mark]:
    """One mark of each key: all its codes, each in a line of its own as `checked` writes them; the worst decision."""
    groups: dict[str, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.key, []).append(mark)
    return {
        key: replace(max(group, key=_badness), value="\n".join(mark.value for mark in group if mark.value))
        for key, group in groups.items()
    }


def _badness(mark: Mark) -> int:
    return int(mark.blocks) + int(mark.blocks and mark.may_be_replaced)


def checked(key: str, code: str, today: date) -> str | Fault:
    """The code as WB takes it under `key`, or why it cannot be right. `code` is not empty.

    Several «Честный знак» codes of one order (a set) stand in lines of their own. An unknown key takes any code.
    """
    rule = _RULES.get(key)
    return rule(_without_edges(code), today) if rule else code


# ---- «Честный знак»

_EDGES = " \t\r\n\u00a0\u2007\u202f\u200b\u2060\ufeff"  # not str.strip(): GS counts as a blank there
_BLANKS = re.compile(f"[{_EDGES}]")
_SPELLINGS = re.compile(
    r"\\+u001d | \\+x1d | _x001d_ | &\#29; | &\#x1d; | \u241d | \u00e8 | \^\] | \\F", re.IGNORECASE | re.VERBOSE
)
"""How the character GS is written where it cannot be kept, in signs that no code holds."""

_SPELLINGS_OF_LETTERS = re.compile(
    r"(?: <GS> | <FNC1> | \{GS\} | \[GS\] | \(GS\) | \{FNC1\} | %1D ) (?= \d | $ )", re.IGNORECASE | re.VERBOSE
)
"""Likewise, in signs that a code may hold too: they count only where a part can begin, and in a code without a GS."""

_SYMBOLOGY = re.compile(rf"^(?:\][dCQ][0-9]|{GS})+")  # what scanners put in front: AIM's ids, FNC1
_IN_BRACKETS = re.compile(r"\(01\)(\d{14})\(21\)(.+?)((?:\((?:91|92|93)\)[^()]+)+)")
_PART = re.compile(r"\((\d\d)\)([^()]+)")
_FORBIDDEN = re.compile(rf"[^!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z{GS}]")  # all others than GS1's 82 characters, and GS
_SHAPE = re.compile(rf"01\d{{14}}21[^{GS}]{{1,20}}(?:{GS}[^{GS}]+)*")
_CYRILLIC = re.compile("[А-Яа-яЁё№]")
_LATIN = re.compile("[A-Za-z]")

_RUSSIAN = 'йцукенгшщзхъфывапролджэячсмитьбюЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮёЁ№";:?/.,'
_ENGLISH = "qwertyuiop[]asdfghjkl;'zxcvbnm,.QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>`~#@$^&|/?"
_TO_ENGLISH = str.maketrans(_RUSSIAN, _ENGLISH)
"""The same keys of a keyboard: a scanner types, and the computer's layout decides what comes out."""

_SERIALS = (6, 8, 13, 20)  # lengths of serial numbers, by kind of goods
_KEY, _SIGNATURES, _SHORT_SIGNATURE = 4, (44, 88), 4
_KNOWN = tuple(
    re.compile(shape)
    for serial in _SERIALS
    for shape in (
        *(f"(01[0-9]{{14}}21.{{{serial}}})(91.{{{_KEY}}})(92.{{{signature}}})" for signature in _SIGNATURES),
        f"(01[0-9]{{14}}21.{{{serial}}})(93.{{{_SHORT_SIGNATURE}}})",
    )
)
"""Codes whose parts are of known lengths: no two of these fit the same code, so lost GS can be put back."""

_SGTIN_LENGTHS = range(16, 136)
_MOST_SGTINS = 100


def _sgtins(code: str, _today: date) -> str | Fault:
    lines = [line for line in map(_without_edges, re.split(r"[\r\n]+", code)) if line]
    read = list(dict.fromkeys(_sgtin(line) for line in lines))
    if not 0 < len(read) <= _MOST_SGTINS:
        return Fault.LENGTH if read else Fault.STRUCTURE
    return next((one for one in read if isinstance(one, Fault)), None) or "\n".join(map(str, read))


def _sgtin(code: str) -> str | Fault:
    code = _with_spelled_gs(code)
    if _CYRILLIC.search(code):
        if _LATIN.search(code):
            return Fault.CYRILLIC
        code = _with_spelled_gs(code.translate(_TO_ENGLISH))
    bare = _SYMBOLOGY.sub("", _BLANKS.sub(" ", code)).rstrip(GS)
    parted = _with_gs(_out_of_brackets(bare))
    return _fault_of(parted) or parted


def _with_spelled_gs(code: str) -> str:
    code = _SPELLINGS.sub(GS, code)
    return code if GS in code else _SPELLINGS_OF_LETTERS.sub(GS, code)


def _out_of_brackets(code: str) -> str:
    """As people read it, `(01)…(21)…(91)…(92)…`, without the brackets."""
    found = _IN_BRACKETS.fullmatch(code)
    if not found:
        return code
    return GS.join([f"01{found[1]}21{found[2]}", *(number + value for number, value in _PART.findall(found[3]))])


def _with_gs(code: str) -> str:
    """With every GS that was lost or became a blank, as far as the lengths of the parts tell."""
    solid = code.replace(GS, "").replace(" ", "")
    for known in _KNOWN:
        if (found := known.fullmatch(solid)) and _cuts(code.replace(" ", "")) <= set(
            accumulate(map(len, found.groups()))
        ):
            return GS.join(found.groups())
    return code.replace(" ", "")


def _cuts(code: str) -> set[int]:
    """Where GS stand, counted without them."""
    return set(accumulate(map(len, code.split(GS)[:-1])))


def _fault_of(code: str) -> Fault | None:
    if _FORBIDDEN.search(code):
        return Fault.SYMBOLS
    if not _SHAPE.fullmatch(code):
        return Fault.NO_GS if GS not in code and re.match(r"01\d{14}21", code) else Fault.STRUCTURE
    if GS not in code:
        return Fault.NO_GS
    return None if len(code) in _SGTIN_LENGTHS else Fault.LENGTH


# ---- the other keys

_SOONEST = timedelta(days=30)
_DATES = ("%d.%m.%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z")
_DECLARATION_LENGTHS = range(17, 30)
_UIN, _IMEI, _GTIN = 16, 15, 13


def _uin(code: str, _today: date) -> str | Fault:
    return _digits(code, _UIN)


def _imei(code: str, _today: date) -> str | Fault:
    number = _digits(code, _IMEI)
    return number if isinstance(number, Fault) or _luhn(number) else Fault.CHECK_DIGIT


def _gtin(code: str, _today: date) -> str | Fault:
    """13 digits; a GTIN-14 of a single unit is the same with a nought in front."""
    number = _digits(code, _GTIN + 1)
    return number[1:] if isinstance(number, str) and number.startswith("0") else _digits(code, _GTIN)


def _expiration(code: str, today: date) -> str | Fault:
    until = next((found for spelling in _DATES if (found := _date(code, spelling))), None)
    if until is None:
        return Fault.NO_DATE
    return f"{until:%d.%m.%Y}" if until - today >= _SOONEST else Fault.TOO_SOON


def _declaration(code: str, _today: date) -> str | Fault:
    number = _BLANKS.sub("", code)
    if len(number) not in _DECLARATION_LENGTHS:
        return Fault.LENGTH
    return number if re.fullmatch(r"[0-9A-Za-zА-Яа-яЁё/.\-]+", number) else Fault.SYMBOLS


def _digits(code: str, length: int) -> str | Fault:
    number = re.sub(f"[{_EDGES}/.-]", "", code)
    if not (number.isascii() and number.isdecimal()):
        return Fault.NOT_DIGITS
    return number if len(number) == length else Fault.LENGTH


def _luhn(number: str) -> bool:
    """Whether the last digit checks the others, as IMEI's does."""
    doubled: Sequence[int] = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(doubled[digit] for digit in digits[1::2])) % 10 == 0


def _date(text: str, spelling: str) -> date | None:
    try:
        return datetime.strptime(text, spelling).date()  # noqa: DTZ007 a day, not a moment
    except ValueError:
        return None


def _without_edges(code: str) -> str:
    return code.strip(_EDGES)


_RULES: Mapping[str, Callable[[str, date], str | Fault]] = {
    "sgtin": _sgtins,
    "uin": _uin,
    "imei": _imei,
    "gtin": _gtin,
    "expiration": _expiration,
    "customsDeclaration": _declaration,
}
