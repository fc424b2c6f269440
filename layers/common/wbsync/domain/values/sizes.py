"""Sizes as WB's cards write them."""

import re

from wbsync.domain.wording import folded

NO_SIZE = "0"
"""What WB shows of a thing without sizes (WB facts §2)."""

ONE_SIZE = frozenset(
    {"", "-", "0", "one size", "onesize", "os", "б/р", "без размера", "единый", "универсальный", "uni", "free size"}
)
_LETTERS = re.compile(r"^\d?x{0,5}[sml]$|^x+l$|^\d+xl$")
_SPACED = re.compile(r"\s*([-/])\s*")


def tech_size(text: str) -> str:
    """The name of a size: `XL`, `44-46`, `42/170`; NO_SIZE for a thing that has none."""
    if folded(text).strip(" .:") in ONE_SIZE:
        return NO_SIZE
    plain = _SPACED.sub(r"\1", folded(text).replace("размер", "").strip(" .:"))
    if _LETTERS.match(plain.replace("х", "x")):
        return plain.replace("х", "x").upper()
    return plain.replace(",", ".") if re.fullmatch(r"\d+(,\d+)?", plain) else plain.upper()
