"""Cards as Content sends and takes them: the schema, the dictionaries, creating, changing, errors, media (WB facts §2).

As lenient and as strict as wb.wire. Content writes nmID, imtID, chrtID, subjectID, charcID; media alone writes nmId.
An answer with `error: true` never gets here: the client raises it as Rejected with the answer as `body`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from wbsync.domain.cards import Content, Dimensions, Size, Standing, Value
from wbsync.domain.ids import Barcode, CharcId, ChrtId, ImtId, NmId, SubjectId
from wbsync.domain.schema import Characteristic, Entry, Kind
from wbsync.errors import Rejected
from wbsync.wb.wire import Answer, CardsCursor, Moment, Wire, readable

# The schema


class SubjectRow(Answer):
    subject_id: SubjectId = Field(alias="subjectID")
    subject_name: str
    parent_id: int = Field(0, alias="parentID")
    parent_name: str = ""


class Subjects(Answer):
    """A page by `limit` and `offset`; the last one has fewer than `limit` (≤ 1000)."""

    data: tuple[SubjectRow, ...] = ()


class CharacteristicRow(Answer):
    charc_id: CharcId = Field(alias="charcID")
    name: str
    subject_name: str = ""
    required: bool = False
    unit_name: str = ""
    max_count: int = 0
    charc_type: int = Kind.STRINGS
    has_filter: bool = False
    is_variable: bool = False
    exist_named_field: bool = False


class CharacteristicRows(Answer):
    """All of a subject, not paged. An odd row refuses the whole, since a missing one would read as removed by WB."""

    data: tuple[CharacteristicRow, ...]

    @property
    def subject_name(self) -> str:
        return next((row.subject_name for row in self.data if row.subject_name), "")

    @property
    def characteristics(self) -> tuple[Characteristic, ...]:
        return tuple(map(_characteristic, self.data))


def _characteristic(row: CharacteristicRow) -> Characteristic:
    """A `charcType` that WB has not documented cannot be filled in, so it counts as unused."""
    return Characteristic(
        charc_id=row.charc_id,
        name=row.name,
        required=row.required,
        unit=row.unit_name,
        max_count=row.max_count,
        kind=Kind(row.charc_type) if row.charc_type in list(Kind) else Kind.UNUSED,
        named_field=row.exist_named_field,
        key=row.has_filter,
        variable=row.is_variable,
    )


# Dictionaries, each with its `entries`. Without `data` an answer is refused, or all values would read as removed by WB.


class ColorRow(Answer):
    name: str
    parent_name: str = ""


class Colors(Answer):
    data: tuple[ColorRow, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(Entry(row.name, parent=row.parent_name) for row in self.data)


class Words(Answer):
    """Kinds (whom a thing is for), seasons, rates of VAT."""

    data: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(map(Entry, self.data))


class CountryRow(Answer):
    name: str


class Countries(Answer):
    data: tuple[CountryRow, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(Entry(row.name) for row in self.data)


class TnvedRow(Answer):
    tnved: str
    is_kiz: bool = False


class TnvedCodes(Answer):
    """Of one subject, which may have none."""

    data: tuple[TnvedRow, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(Entry(row.tnved, marked=row.is_kiz) for row in self.data)


class BrandRow(Answer):
    id: int = 0
    name: str


class Brands(Answer):
    """Of one subject; not in Content's envelope. `next` goes into the next ask, absent behind the last page.

    A subject without brands is a 404 (Rejected) of title "Not Found".
    """

    brands: tuple[BrandRow, ...] = ()
    next: int | None = None
    total: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(Entry(row.name) for row in self.brands)


# Barcodes and limits


class BarcodesAsk(Wire):
    count: int = Field(ge=1, le=5000)


class Barcodes(Answer):
    """Fresh ones: WB makes others at the next ask."""

    data: tuple[Barcode, ...]


class _Limits(Answer):
    free_limits: int = 0
    paid_limits: int = 0


class CardLimits(Answer):
    """How many cards the seller may have, those in the trash included."""

    data: _Limits

    @property
    def most(self) -> int:
        return self.data.free_limits + self.data.paid_limits


# What is sent of a card. Empty texts are left out: WB keeps nothing of what an update leaves out.


class PackedSize(Wire):
    """cm and kg, with packaging; the weight has three decimals at most."""

    length: int = Field(ge=0)
    width: int = Field(ge=0)
    height: int = Field(ge=0)
    weight_brutto: float = Field(ge=0)


class Wholesale(Wire):
    """`quantum`: the least units in a basket of a B2B buyer."""

    enabled: bool = False
    quantum: int | float | None = None


class Document(Wire):
    """A permit. `type` 5 is the registration certificate of Belarus; with `id` it is one that the card has already."""

    id: str | None = None
    type: int | None = None
    number: str | None = None
    product_number: str | None = None
    trade_name: str | None = None
    applicant: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    is_endless: bool | None = None


class Documents(Wire):
    """All that the card is to have: WB overwrites the list. With `exclude_documents` none are needed, and none kept."""

    items: tuple[Document, ...] | None = None
    exclude_documents: bool | None = None


class CharacteristicValue(Wire):
    id: CharcId
    value: tuple[str, ...] | int | float


class NewSize(Wire):
    """Of a thing without sizes only `skus` is told. `price`: an integer in the cabinet's currency."""

    tech_size: str | None = None
    wb_size: str | None = None
    price: int | None = None
    skus: tuple[Barcode, ...] | None = None


class SizeUpdate(NewSize):
    """Without `chrt_id` the size is added; only then its `price` counts. Barcodes are added, never taken away."""

    chrt_id: ChrtId | None = Field(None, alias="chrtID")


class _CardTexts(Wire):
    vendor_code: str = Field(min_length=1, max_length=72)
    brand: str | None = None
    title: str | None = Field(None, max_length=60)
    description: str | None = None
    kiz_marked: bool | None = None
    dimensions: PackedSize | None = None
    characteristics: tuple[CharacteristicValue, ...] = ()
    documents: Documents | None = None


class NewCard(_CardTexts):
    wholesale: Wholesale | None = None
    sizes: tuple[NewSize, ...] | None = None

    @classmethod
    def of(cls, content: Content) -> Self:
        """Raises ValueError for what WB could not take at all, which the plan has to have seen."""
        sizes = tuple(NewSize(**_size(size), price=size.price) for size in content.sizes)
        return cls(
            **_texts(content),
            wholesale=None if content.wholesale is None else Wholesale.model_validate(content.wholesale),
            sizes=sizes or None,
        )


class NewGroup(Wire):
    """One element of the array that `cards/upload` takes: ≤ 100 of them and ≤ 10 MB."""

    subject_id: SubjectId = Field(alias="subjectID")
    variants: tuple[NewCard, ...] = Field(min_length=1, max_length=30)


class AddedCards(Wire):
    """The body of `cards/upload/add`. A group has 30 cards at most, those it has already among them."""

    imt_id: ImtId = Field(alias="imtID")
    cards_to_add: tuple[NewCard, ...] = Field(min_length=1, max_length=29)


class CardUpdate(_CardTexts):
    """One element of the array that `cards/update` takes: ≤ 3000 and ≤ 10 MB. It overwrites the card.

    Pictures, tags and `wholesale` are not part of it.
    """

    nm_id: NmId = Field(alias="nmID")
    sizes: tuple[SizeUpdate, ...]

    @classmethod
    def of(cls, nm_id: NmId, content: Content) -> Self:
        """Raises ValueError for what WB could not take at all, which the plan has to have seen."""
        sizes = (
            SizeUpdate(**_size(size), chrt_id=size.chrt_id, price=None if size.chrt_id else size.price)
            for size in content.sizes
        )
        return cls(**_texts(content), nm_id=nm_id, sizes=tuple(sizes))


def _texts(content: Content) -> dict[str, Any]:
    packed = content.dimensions
    return {
        "vendor_code": content.vendor_code,
        "brand": content.brand or None,
        "title": content.title or None,
        "description": content.description or None,
        "kiz_marked": content.kiz_marked,
        "dimensions": packed
        and PackedSize(
            length=packed.length, width=packed.width, height=packed.height, weight_brutto=float(packed.weight)
        ),
        "characteristics": tuple(
            CharacteristicValue(id=charc_id, value=_number(value) if isinstance(value, Decimal) else value)
            for charc_id, value in content.characteristics.items()
        ),
        "documents": None if content.documents is None else Documents.model_validate(content.documents),
    }


def _size(size: Size) -> dict[str, Any]:
    return {"tech_size": size.tech_size or None, "wb_size": size.wb_size or None, "skus": size.barcodes or None}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


class CardsTaken(Answer):
    """WB took the request. That is no word on the cards: see CardErrors, and read them back for up to half an hour."""


def refused_cards(rejected: Rejected, vendor_codes: Iterable[str]) -> dict[str, str]:
    """Which of these cards a refused upload or update names: vendorCode → WB's words. The whole request is refused."""
    body = rejected.body if isinstance(rejected.body, Mapping) else {}
    named = body.get("additionalErrors")
    told = named if isinstance(named, Mapping) else {}
    return {code: str(told[code]) for code in vendor_codes if told.get(code)}


# What became of it


class _ErrorsCursorAsk(Wire):
    limit: int = 100
    updated_at: str | None = None
    batch_uuid: str | None = Field(None, alias="batchUUID")


class _Order(Wire):
    ascending: bool = True


class ErrorsCursor(Answer):
    """Where the next ask goes on, as WB wrote it; `next`: there is more."""

    next: bool = False
    updated_at: str = ""
    batch_uuid: str = Field("", alias="batchUUID")


class CardErrorsAsk(Wire):
    cursor: _ErrorsCursorAsk = _ErrorsCursorAsk()
    order: _Order = _Order()

    @classmethod
    def after(cls, cursor: ErrorsCursor | None = None, *, limit: int = 100, ascending: bool = True) -> Self:
        """From `cursor` on, or from the beginning; `limit` ≤ 100 batches. By time, the newest first when not rising."""
        seen = cursor if cursor and cursor.updated_at else None
        batch = (seen and seen.batch_uuid) or None
        ask = _ErrorsCursorAsk(limit=limit, updated_at=seen and seen.updated_at, batch_uuid=batch)
        return cls(cursor=ask, order=_Order(ascending=ascending))


class ErrorSubject(Answer):
    id: SubjectId = SubjectId(0)
    name: str = ""


class ErrorBatch(Answer):
    """Cards that were not made or changed: of one array of `variants`, or of one whole request to add or update.

    By vendorCode; they stay in the list until they are sent again and taken.
    """

    batch_uuid: str = Field(alias="batchUUID")
    updated_at: Moment
    vendor_codes: tuple[str, ...] = ()
    errors: Mapping[str, tuple[str, ...]] = {}
    subjects: Mapping[str, ErrorSubject] = {}

    @field_validator("errors", "subjects", mode="before")
    @classmethod
    def _null_is_left_out(cls, told: Any) -> Any:  # noqa: ANN401 whatever WB sent
        return {code: each for code, each in told.items() if each is not None} if isinstance(told, dict) else told


class _ErrorsPage(Answer):
    items: tuple[ErrorBatch, ...] = ()
    cursor: ErrorsCursor = ErrorsCursor()


class CardErrors(Answer):
    data: _ErrorsPage

    @property
    def batches(self) -> tuple[ErrorBatch, ...]:
        return self.data.items

    @property
    def cursor(self) -> ErrorsCursor:
        return self.data.cursor


# Cards as they stand


class Photo(Answer):
    big: str = ""


class CharacteristicOfCard(Answer):
    """`value`: by its type a list of texts or a number."""

    id: CharcId
    name: str = ""
    value: Any = None

    @property
    def read(self) -> Value:
        """No texts where WB has none. A lone text is as good as a list of it."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return Decimal(str(self.value))
        several = self.value if isinstance(self.value, list) else [self.value]
        return tuple(str(each) for each in several if each not in (None, ""))


class DimensionsOfCard(Answer):
    """`is_valid` False: they differ much from what is usual in the subject, or are nought."""

    length: int = 0
    width: int = 0
    height: int = 0
    weight_brutto: Decimal = Decimal()
    is_valid: bool = True

    @property
    def read(self) -> Dimensions:
        return Dimensions(self.length, self.width, self.height, self.weight_brutto)


class SizeOfCard(Answer):
    chrt_id: ChrtId = Field(alias="chrtID")
    tech_size: str = ""
    wb_size: str = ""
    skus: tuple[Barcode, ...] = ()


class FullCard(Answer):
    """`documents` and `wholesale` as WB wrote them, verdicts among them.

    `need_kiz`: the subject wants marking codes; `kiz_marked`: the seller says that they are on the thing.
    """

    nm_id: NmId = Field(alias="nmID")
    imt_id: ImtId = Field(alias="imtID")
    subject_id: SubjectId = Field(alias="subjectID")
    vendor_code: str
    brand: str = ""
    title: str = ""
    description: str = ""
    need_kiz: bool = False
    kiz_marked: bool = False
    photos: tuple[Photo, ...] = ()
    video: str = ""
    wholesale: dict[str, Any] | None = None
    dimensions: DimensionsOfCard | None = None
    documents: dict[str, Any] | None = None
    characteristics: tuple[CharacteristicOfCard, ...] = ()
    sizes: tuple[SizeOfCard, ...] = ()
    updated_at: Moment | None = None


class StrangeCard(Answer):
    """What can still be told of a card that cannot be read; 0 and "" where even that cannot."""

    nm_id: NmId = Field(NmId(0), alias="nmID")
    vendor_code: str = ""


class FullCards(Answer):
    """A page; its end as with wire.CardsAsk.

    A card that cannot be read holds back no other, and is not as good as absent: it stands.
    """

    cards: tuple[FullCard, ...] = ()
    strange: tuple[StrangeCard, ...] = ()
    cursor: CardsCursor = CardsCursor()

    @model_validator(mode="before")
    @classmethod
    def _card_by_card(cls, data: Any) -> Any:  # noqa: ANN401 whatever WB sent
        rows = data.get("cards") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            return data
        read = [(readable(FullCard, row), row) for row in rows]
        return data | {
            "cards": [card for card, _ in read if card],
            "strange": [_strange(row) for card, row in read if card is None],
        }


def _strange(row: Any) -> StrangeCard:  # noqa: ANN401 whatever WB sent
    known = row if isinstance(row, dict) else {}
    parts = [readable(StrangeCard, {name: known.get(name)}) or StrangeCard() for name in ("nmID", "vendorCode")]
    return StrangeCard(nm_id=parts[0].nm_id, vendor_code=parts[1].vendor_code)


def standing(card: FullCard) -> Standing:
    """The card in our words; of its documents what an update takes, since WB's verdicts are not ours to send."""
    return Standing(
        nm_id=card.nm_id,
        imt_id=card.imt_id,
        subject_id=card.subject_id,
        content=Content(
            vendor_code=card.vendor_code,
            title=card.title,
            description=card.description,
            brand=card.brand,
            dimensions=card.dimensions.read if card.dimensions else None,
            characteristics={each.id: value for each in card.characteristics if (value := each.read) != ()},
            sizes=tuple(Size(each.tech_size, each.wb_size, each.skus, chrt_id=each.chrt_id) for each in card.sizes),
            kiz_marked=card.kiz_marked,
            documents=_sendable(Documents, card.documents),
            wholesale=_sendable(Wholesale, card.wholesale),
        ),
        photos=len(card.photos),
        video=bool(card.video),
        need_kiz=card.need_kiz,
        updated_at=card.updated_at,
    )


def _sendable(model: type[Wire], told: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not told:
        return None
    return model.model_validate(told).model_dump(mode="json", by_alias=True, exclude_none=True) or None


# Pictures


class MediaLinks(Wire):
    """Replaces all pictures and the video of a card: ≤ 30 pictures of ≥ 700 × 900, and a video; all of them or none.

    The links lead to the files themselves, without a log-in, and end in a file's name.
    """

    nm_id: NmId
    data: tuple[str, ...] = Field(min_length=1, max_length=31)


class MediaTaken(Answer):
    """WB will fetch them. A 409 (Rejected): some of the links could not be kept."""
