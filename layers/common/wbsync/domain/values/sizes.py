"""Sizes as WB's cards write them, and as Russia numbers them."""

import re
from collections.abc import Mapping
from enum import StrEnum

from wbsync.domain.wording import folded

NO_SIZE = "0"
"""What WB shows of a thing without sizes (WB facts §2)."""

ONE_SIZE = frozenset(
    {
        "", "-", "0", "one size", "onesize", "os", "б/р", "без размера", "единый", "универсальный", "uni", "free size",
        "единый размер", "универсальный размер", "безразмерный", "безразмерная", "нет", "нет размера", "one", "u",
        "не указан", "one size fits all",
    }
)  # fmt: skip


class Chart(StrEnum):
    """Whose sizes a chart tells."""

    WOMEN = "women"
    MEN = "men"
    KIDS = "kids"
    SHOES = "shoes"


# A size in letters → the Russian one, as most makers of the CIS number them.
LETTERS: Mapping[Chart, Mapping[str, str]] = {
    Chart.WOMEN: {
        "XXS": "40", "XS": "42", "S": "44", "M": "46", "L": "48", "XL": "50", "2XL": "52", "3XL": "54", "4XL": "56",
        "5XL": "58", "6XL": "60",
    },
    Chart.MEN: {
        "XXS": "42", "XS": "44", "S": "46", "M": "48", "L": "50", "XL": "52", "2XL": "54", "3XL": "56", "4XL": "58",
        "5XL": "60", "6XL": "62",
    },
}  # fmt: skip

# What a European number differs from the Russian one by.
FROM_EUROPEAN: Mapping[Chart, int] = {Chart.WOMEN: 6, Chart.MEN: 0, Chart.SHOES: -1}

# A child's age → its height in cm, which is its Russian size.
HEIGHTS: Mapping[str, str] = {
    "0-1 мес": "56", "1-3 мес": "62", "0-3 мес": "62", "3-6 мес": "68", "6-9 мес": "74", "9-12 мес": "80",
    "12-18 мес": "86", "18-24 мес": "92", "1 год": "80", "2 года": "92", "3 года": "98", "4 года": "104",
    "5 лет": "110", "6 лет": "116", "7 лет": "122", "8 лет": "128", "9 лет": "134", "10 лет": "140", "11 лет": "146",
    "12 лет": "152", "13 лет": "158", "14 лет": "164",
}  # fmt: skip

_LETTER = r"(?:x{0,5}[sl]|m|\d{1,2}x[sl])"
_LETTERS = re.compile(rf"{_LETTER}(?:[-/]{_LETTER})?")
_CUPS = re.compile(r"\d{2,3} ?[a-h]{1,2}")
_TO_LATIN = str.maketrans("хлмсавед", "xlmcabed")
_SPACED = re.compile(r"\s*([-/])\s*")
_LABEL = re.compile(r"^(?:размер|р-р|разм|р|size)\b[\s.:№]*|\s*(?:размер|р-р|р)\.?$")
_RUSSIAN = re.compile(r"^(?:rus?|рос)\s*(?=\d)|(?<=\d)\s*(?:rus?|рос)$")
_EUROPEAN = re.compile(r"^(?:eur?|евро)\s*(\d+(?:\.5)?)$|^(\d+(?:\.5)?)\s*(?:eur?|евро)$")
_NUMBERS = re.compile(r"\d{2,3}(?:\.5)?(?:[-/]\d{2,3}(?:\.5)?)*")
_HALF = re.compile(r"\s*(?:½|1/2)$")
_THIRD = re.compile(r"\s*([⅓⅔])$")
_THIRDS = {"⅓": " 1/3", "⅔": " 2/3"}


def tech_size(text: str) -> str:
    """The name of a size: `XL`, `44-46`, `42/170`, `75B`, `38.5`; NO_SIZE for a thing that has none."""
    plain = _SPACED.sub(r"\1", _labelless(text))
    if plain in ONE_SIZE or folded(text).strip(" .:") in ONE_SIZE:
        return NO_SIZE
    latin = plain.translate(_TO_LATIN)
    lettered = latin.replace("c", "s")  # С is a letter of both alphabets: a cup, or a small size
    if _LETTERS.fullmatch(lettered):
        return lettered.upper()
    if _CUPS.fullmatch(latin):
        return latin.replace(" ", "").upper()
    plain = re.sub(r"(?<=\d),(?=\d)", ".", plain)
    return plain if re.search(r"[а-я]", plain) else plain.upper()


def russian_size(text: str, chart: Chart) -> str:
    """The Russian size (WB's `wbSize`) of a size; empty where the chart does not tell it.

    A number without a label is taken for Russian, one labelled EU is counted over, letters and ages are looked up.
    """
    size = tech_size(text)
    european = _EUROPEAN.match(folded(size))
    if european:
        return _moved(european[1] or european[2], chart)
    if chart is Chart.KIDS and size in HEIGHTS:
        return HEIGHTS[size]
    known = LETTERS.get(chart, {})
    letters = [known.get(_counted(each), "") for each in re.split(r"[-/]", size)]
    if all(letters):
        return "-".join(letters)
    numbered = re.sub(r"\s*\(?\b(?:x{0,5}[sl]|m|\d{1,2}x[sl])\b\)?\s*", "", size, flags=re.IGNORECASE)
    return numbered if _NUMBERS.fullmatch(numbered) else ""


def _labelless(text: str) -> str:
    halved = _THIRD.sub(lambda found: _THIRDS[found[1]], _HALF.sub(".5", text.strip()))
    plain = " ".join(_LABEL.sub("", folded(halved).strip(" .:")).split()).strip(" .:")
    return _RUSSIAN.sub("", plain)


def _counted(letters: str) -> str:
    """`XXL` and `2XL` are the same; `XXS` stays."""
    crosses = len(letters) - 1
    return f"{crosses}XL" if re.fullmatch(r"X{2,}L", letters) else letters


def _moved(number: str, chart: Chart) -> str:
    if chart not in FROM_EUROPEAN:
        return ""
    whole, _, half = number.partition(".")
    return f"{int(whole) + FROM_EUROPEAN[chart]}{'.5' if half else ''}"
