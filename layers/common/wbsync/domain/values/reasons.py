"""How a value of the shop was found in a dictionary; apart, so that telling it costs no rules."""

from enum import StrEnum


class ValueReason(StrEnum):
    """How a value was found; texts.py says it in Russian."""

    EXACT = "exact"
    SPELLING = "spelling"  # another ending, hyphen, alphabet
    SYNONYM = "synonym"
    SEVERAL = "several"  # each part was found
    SHADE = "shade"  # the colour without its shade
    PART = "part"  # only a part of it is known
    SIMILAR = "similar"  # letters alone
    EMPTY = "empty"  # it says that there is no value
    UNKNOWN = "unknown"
