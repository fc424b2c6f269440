"""How a mapping table can contradict WB's schema. Apart from the check, so that texts load without it."""

from dataclasses import dataclass
from enum import StrEnum

type Path = tuple[str | int, ...]
"""The way to a setting, e.g. ("rows", 0, "value", "unit")."""


class ContradictionKind(StrEnum):
    """Why a table does not go with WB's schema; texts.py says it in Russian."""

    SUBJECT_UNKNOWN = "subject_unknown"
    SUBJECT_NAME = "subject_name"
    CHARC_UNKNOWN = "charc_unknown"
    CHARC_NAME = "charc_name"  # the name is another characteristic's
    UNUSED = "unused"  # WB takes no value for it
    NAMED_FIELD = "named_field"  # the value belongs into a field of the card
    NUMBER_WANTED = "number_wanted"
    TEXT_WANTED = "text_wanted"
    NOT_A_NUMBER = "not_a_number"
    UNIT = "unit"
    NO_DICTIONARY = "no_dictionary"
    NOT_IN_DICTIONARY = "not_in_dictionary"
    TOO_MANY_VALUES = "too_many_values"
    TWICE = "twice"
    BRACES = "braces"
    NO_VENDOR_CODE = "no_vendor_code"
    SAME_PRODUCTS = "same_products"  # two tables choose them
    REQUIRED_UNMAPPED = "required_unmapped"
    NEVER_USED = "never_used"  # a common row whose characteristic no mapped subject has


WARNINGS = frozenset({ContradictionKind.REQUIRED_UNMAPPED, ContradictionKind.NEVER_USED})
"""Told, but the table is stored."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`detail` is the value, name or unit that does not fit; `nearest` what was probably meant."""

    path: Path
    kind: ContradictionKind
    detail: str = ""
    nearest: tuple[str, ...] = ()
    in_common: bool = False  # the path leads into the common table

    @property
    def refuses(self) -> bool:
        return self.kind not in WARNINGS
