"""Why a characteristic is proposed; texts.py says it in Russian."""

from enum import StrEnum


class MatchReason(StrEnum):
    """What was compared, and what came of it. Sentences: texts.MATCH_REASONS."""

    SAME_NAME = "same_name"
    SAME_WORDS = "same_words"
    SAME_MEANING = "same_meaning"
    USUALLY = "usually"  # shops often mean it so
    PART = "part"  # a part of the name means it
    WORDS = "words"
    LETTERS = "letters"
    CODE = "code"
    VALUES = "values"  # most stand in the dictionary
    OTHER_VALUES = "other_values"  # none does
    FEW_VALUES = "few_values"
    UNITS = "units"  # the values' unit is all that is known
    SAME_UNIT = "same_unit"
    OTHER_UNIT = "other_unit"
    NO_UNIT = "no_unit"  # the shop tells one, WB none
    NUMBERS = "numbers"
    NO_NUMBERS = "no_numbers"
    YES_NO = "yes_no"
    DIRECTORY = "directory"
    ACCEPTED = "accepted"
    SHORT = "short"  # other characteristics hold the same words
    NOT_ALONE = "not_alone"  # another characteristic is as likely
