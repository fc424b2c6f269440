"""A WB card as we want it, as it stands, and the step from the one to the other.

A product of the shop is a group (imtID) of cards (nmID), one for each value of the table's `variants_by`; an offer is a
size (chrtID) of its card. See WB facts §2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from wbsync.domain.ids import Barcode, CharcId, ChrtId, ImtId, NmId, OfferId, ProductId, SubjectId

type Value = tuple[str, ...] | Decimal
"""Of a characteristic: several texts, or one number, by its kind."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Of the packed thing."""

    length: int  # cm
    width: int
    height: int
    weight: Decimal  # kg, three decimals


@dataclass(frozen=True, slots=True)
class Size:
    """`chrt_id` is known of what stands on WB; `offer_id` of what the shop has."""

    tech_size: str
    wb_size: str = ""
    barcodes: tuple[Barcode, ...] = ()
    chrt_id: ChrtId | None = None
    offer_id: OfferId | None = None
    iblock_id: int = 0  # of the offer
    price: int | None = None  # told when a card is made, in the cabinet's currency


@dataclass(frozen=True, slots=True)
class Content:
    """What `cards/upload` and `cards/update` take of one card."""

    vendor_code: str
    title: str = ""
    description: str = ""
    brand: str = ""
    dimensions: Dimensions | None = None
    characteristics: Mapping[CharcId, Value] = field(default_factory=dict)
    sizes: tuple[Size, ...] = ()
    kiz_marked: bool | None = None  # None: nothing is said about it
    documents: Mapping[str, Any] | None = None  # as WB writes them
    wholesale: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A card on WB."""

    nm_id: NmId
    imt_id: ImtId
    subject_id: SubjectId
    content: Content
    photos: int = 0
    video: bool = False
    need_kiz: bool = False
    updated_at: datetime | None = None


class Step(StrEnum):
    CREATE = "create"  # a new group
    ADD_VARIANT = "add_variant"  # a new card in a group that stands
    UPDATE = "update"
    PICTURES = "pictures"  # the content is right, the pictures are not
    NOTHING = "nothing"  # WB has it as it should be
    BLOCKED = "blocked"  # a problem that the shop has to mend first


class CardState(StrEnum):
    """How far the last sending of a card has come."""

    READY = "ready"  # certainly not with WB: may be sent
    BEGUN = "begun"  # being sent, or sent and WB's answer got lost
    SENT = "sent"  # WB took it and works on it, for up to half an hour
    ACCEPTED = "accepted"  # read back as it was sent
    REFUSED = "refused"  # WB said why
    SILENT = "silent"  # WB has neither the card nor an error: a later plan may send it again
    BLOCKED = "blocked"  # never sent: the shop has to mend it first


WITH_WB = frozenset({CardState.BEGUN, CardState.SENT})
"""WB may be making the card just now, so nothing is sent about it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was last told to WB of a card, by its vendorCode."""

    product_id: ProductId
    state: CardState
    content_hash: str = ""
    pictures_hash: str = ""  # empty: its pictures were never told by us
    problems: tuple["CardProblem", ...] = ()


class ProblemKind(StrEnum):
    """Why a card, or a value of it, cannot be sent as it is; texts.py says it in Russian."""

    EMPTY = "empty"  # the source holds nothing and the row says stop
    REQUIRED_UNMAPPED = "required_unmapped"
    NOT_IN_DICTIONARY = "not_in_dictionary"
    UNSURE = "unsure"  # likely the first of `nearest`, but a person has to say so
    NOT_A_NUMBER = "not_a_number"
    UNIT = "unit"
    RANGE = "range"
    COMPOSITION = "composition"
    TOO_MANY_VALUES = "too_many_values"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    NO_DIMENSIONS = "no_dimensions"
    NO_PRICE = "no_price"
    VENDOR_CODE_TWICE = "vendor_code_twice"
    VENDOR_CODE_TAKEN = "vendor_code_taken"  # by a card of WB that is another product's
    VENDOR_CODE_KEPT = "vendor_code_kept"  # WB knows the card by the code in `detail`, and keeps it
    BARCODE_TWICE = "barcode_twice"
    BARCODE_TAKEN = "barcode_taken"
    BARCODE_WRONG = "barcode_wrong"
    SIZE_TWICE = "size_twice"
    TOO_MANY_VARIANTS = "too_many_variants"
    OTHER_SUBJECT = "other_subject"  # the card that stands belongs to another subject
    PICTURE_TOO_SMALL = "picture_too_small"
    PICTURE_UNREADABLE = "picture_unreadable"
    NO_PICTURES = "no_pictures"
    DOCUMENT = "document"
    SEVERAL_TABLES = "several_tables"  # two subjects claim the product
    NO_BARCODE = "no_barcode"  # WB will make one: told, does not block
    REFUSED_BY_WB = "refused_by_wb"  # `detail` holds WB's words
    NOT_ACCEPTED = "not_accepted"  # WB said nothing and the card did not appear, or not as it was sent
    CARD_LIMIT = "card_limit"  # the seller may have no more cards
    UNREADABLE_ON_WB = "unreadable_on_wb"  # WB has the card, told in a way that nobody can read
    BARCODE_NOT_WRITTEN = "barcode_not_written"  # WB made `value`, and the shop does not take it
    PICTURES_NOT_TAKEN = "pictures_not_taken"  # WB was told links, and does not show the pictures
    VIDEO_KEPT = "video_kept"  # new pictures would cost the card its video


HARMLESS = frozenset(
    {
        ProblemKind.NO_BARCODE,
        ProblemKind.VENDOR_CODE_KEPT,
        ProblemKind.NO_PICTURES,
        ProblemKind.PICTURE_TOO_SMALL,
        ProblemKind.PICTURE_UNREADABLE,
        ProblemKind.BARCODE_NOT_WRITTEN,
        ProblemKind.PICTURES_NOT_TAKEN,
        ProblemKind.VIDEO_KEPT,
    }
)
"""Told, but the card is sent."""


@dataclass(frozen=True, slots=True)
class CardProblem:
    """What is wrong, where staff mends it, and what was probably meant."""

    kind: ProblemKind
    target: str = ""  # the characteristic's name or the card's field
    source: str = ""  # where the shop keeps it: the property's code, `field name`, …
    value: str = ""
    detail: str = ""
    nearest: tuple[str, ...] = ()
    offer_id: OfferId | None = None
    blocks: bool = True  # the whole card; otherwise the value alone is left out


@dataclass(frozen=True, slots=True)
class PlannedCard:
    """What is to be done about one card."""

    product_id: ProductId
    subject_id: SubjectId
    step: Step
    content: Content
    name: str = ""  # of the product in the shop, for people
    before: Standing | None = None
    imt_id: ImtId | None = None  # of the group that ADD_VARIANT adds to
    problems: tuple[CardProblem, ...] = ()
    pictures: tuple[str, ...] = ()
    content_hash: str = ""  # of `content`, see `hashed`
    sources: Mapping[str, str] = field(default_factory=dict)  # target → where the shop keeps it, as in CardProblem
    filled: int = 0  # of the subject's characteristics
    known: int = 0

    @property
    def vendor_code(self) -> str:
        return self.content.vendor_code


@dataclass(frozen=True, slots=True)
class Plan:
    """All cards of one reading of the shop and of WB."""

    made_at: datetime
    cards: tuple[PlannedCard, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)  # of the mapping tables it was made with
    subjects: Mapping[SubjectId, str] = field(default_factory=dict)  # their names
    characteristics: Mapping[CharcId, str] = field(default_factory=dict)  # their names
