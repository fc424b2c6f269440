"""The black and white of EAN-13 and Code 128 (ISO/IEC 15420 and 15417), as people scan goods with."""

import re

QUIET = 10
"""Modules of white that both sides of a code need; EAN-13's left side asks for one more."""

_LEFT_ODD = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
_RIGHT = tuple("".join("10"[int(module)] for module in digit) for digit in _LEFT_ODD)
_LEFT_EVEN = tuple(digit[::-1] for digit in _RIGHT)
_EVEN_PLACES = ("", "245", "235", "234", "145", "125", "123", "135", "134", "124")
"""Which of the six left digits, counted from 0, are drawn even: so the first digit is told without being drawn."""

# Widths of bar, space, bar, space, bar, space by value.
_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232"
)
_TO_B, _START_B, _START_C, _STOP = 100, 104, 105, "2331112"


def modules(barcode: str) -> str:
    """The code's modules from left to right, 1 for black, without the quiet zones: EAN-13 where `barcode` is one, else
    Code 128. Empty when it has characters that are not printable ASCII, or none.
    """
    if re.fullmatch("[0-9]{13}", barcode) and _check_digit(barcode[:12]) == barcode[12]:
        return _ean13(barcode)
    if re.fullmatch("[ -~]+", barcode):
        return _code128(barcode)
    return ""


def _check_digit(digits: str) -> str:
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-weighed % 10)


def _ean13(digits: str) -> str:
    even = _EVEN_PLACES[int(digits[0])]
    left = ((_LEFT_EVEN if str(place) in even else _LEFT_ODD)[int(digit)] for place, digit in enumerate(digits[1:7]))
    right = (_RIGHT[int(digit)] for digit in digits[7:])
    return "".join(("101", *left, "01010", *right, "101"))


def _code128(text: str) -> str:
    values = _values(text)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    widths = "".join(_WIDTHS[7 * value : 7 * value + 6] for value in (*values, check)) + _STOP
    return "".join("10"[place % 2] * int(width) for place, width in enumerate(widths))


def _values(text: str) -> list[int]:
    """Digits two to a symbol (set C), the odd last one and everything else by its character (set B)."""
    if not re.fullmatch("[0-9]{2,}", text):
        return [_START_B, *map(_in_b, text)]
    pairs = [int(text[at : at + 2]) for at in range(0, len(text) - 1, 2)]
    odd = [_TO_B, _in_b(text[-1])] if len(text) % 2 else []
    return [_START_C, *pairs, *odd]


def _in_b(char: str) -> int:
    return ord(char) - ord(" ")
