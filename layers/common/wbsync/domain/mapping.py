"""Where a card's fields and characteristics come from: one table per subject, and one for all of them.

Tables are written as YAML by people (`wbsync mapping pull | push`). A row of a subject's table stands instead of the
row of the common table with the same target. Every message names the setting in the words of the YAML.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wbsync.domain.ids import CharcId, PriceTypeId, SectionId, SubjectId
from wbsync.domain.products import GoodField
from wbsync.domain.schema import Named

Code = Annotated[str, Field(min_length=1, max_length=50)]
Text = Annotated[str, Field(min_length=1)]

CardField = Literal[
    "vendorCode", "title", "description", "brand", "length", "width", "height", "weight",
    "techSize", "wbSize", "price", "kizMarked", "documentType", "documentNumber", "documentProduct",
    "documentTradeName", "documentApplicant", "documentStart", "documentEnd",
]  # fmt: skip
"""What a card holds outside of its characteristics. Sides in cm and weight in kg, as WB takes them."""

# Characteristics that WB takes in a field of the card (`existNamedField`), by their names in the schema.
NAMED_FIELDS: dict[str, CardField] = {
    "Артикул продавца": "vendorCode",
    "Наименование": "title",
    "Описание": "description",
    "Бренд": "brand",
    "Длина упаковки": "length",
    "Ширина упаковки": "width",
    "Высота упаковки": "height",
    "Вес с упаковкой (кг)": "weight",
    "Вес товара с упаковкой (кг)": "weight",
    "Вес товара с упаковкой (г)": "weight",
    "Размер": "techSize",
    "Рос. размер": "wbSize",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Source(_Part):
    """Where a value is read: exactly one of these. An offer's own value comes before its head's."""

    property: Code | None = Field(None, description="code of a property of the offer or of its head")
    field: GoodField | None = Field(None, description="what Bitrix keeps outside of properties: name, weight, …")
    price: PriceTypeId | None = Field(None, description="id of a price type")
    constant: Text | None = None
    template: Text | None = Field(None, description="text with codes and fields in braces: {CML2_ARTICLE}-{TSVET}")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("`from` needs exactly one of property, field, price, constant, template")
        return self


class AsIs(_Part):
    """The text as it stands, without HTML."""

    rule: Literal["as_is"] = "as_is"


class FromDictionary(_Part):
    """Values of a WB dictionary. `words` say what a shop's value means, before anything is guessed."""

    rule: Literal["dictionary"]
    dictionary: Named | None = Field(None, description="absent: the one that the characteristic has by its name")
    values: tuple[Text, ...] = Field((), description="the shop's own list where WB tells none")
    words: dict[Text, tuple[Text, ...]] = Field({}, description="shop's value: [WB's values]; [] = leave empty")


class Number(_Part):
    """A number in WB's unit. `unit` is the shop's, where the text does not tell it."""

    rule: Literal["number"]
    unit: str | None = None
    of_range: Literal["low", "high", "middle", "refuse"] = Field("refuse", description="what “10–15” becomes")


class Split(_Part):
    """Several values of one text, or of a property with several values."""

    rule: Literal["split"]
    by: Text = Field(",;\n", description="any of these characters separates")


class Joined(_Part):
    """One text of a property's several values."""

    rule: Literal["joined"]
    with_: Text = Field(", ", alias="with")


class Composition(_Part):
    """Materials with their shares: “хлопок 95% эластан 5%”."""

    rule: Literal["composition"]


class Size(_Part):
    """A size as WB writes it."""

    rule: Literal["size"]


ValueRule = Annotated[AsIs | FromDictionary | Number | Split | Joined | Composition | Size, Field(discriminator="rule")]


class WhenEmpty(StrEnum):
    STOP = "stop"  # the card is not sent, and stands in the report
    SKIP = "skip"  # the characteristic is left out
    DEFAULT = "default"


class Row(_Part):
    """One field or characteristic of the card."""

    to: CharcId | CardField = Field(description="charcID, or a field of the card")
    name: str = Field("", description="WB's name of the characteristic, for people; checked against the schema")
    from_: Source = Field(alias="from")
    value: ValueRule = AsIs()
    when_empty: WhenEmpty = WhenEmpty.SKIP
    default: Text | None = Field(None, description="for `when_empty: default`")

    @model_validator(mode="after")
    def _default_is_told(self) -> Self:
        if (self.when_empty is WhenEmpty.DEFAULT) is (self.default is None):
            raise ValueError("`default` belongs to `when_empty: default`, and to nothing else")
        return self


class Chosen(_Part):
    """The shop's products that are cards of this subject: by sections (with all below), or by a property's value."""

    sections: frozenset[SectionId] = frozenset()
    property: Code | None = None
    values: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if bool(self.values) is not (self.property is not None) or not (self.sections or self.property):
            raise ValueError("`products` needs `sections`, or `property` with `values`")
        return self


class CommonTable(_Part):
    """Rows for all subjects that have the characteristic."""

    subject: Literal["common"]
    rows: tuple[Row, ...] = ()


class SubjectTable(_Part):
    """The table of one subject."""

    subject: SubjectId
    name: str = Field("", description="WB's name of the subject, for people")
    products: Chosen
    variants_by: tuple[Code, ...] = Field((), description="offers that differ in these are cards of one group")
    rows: tuple[Row, ...] = ()


type Table = CommonTable | SubjectTable


def targets(table: CommonTable | SubjectTable) -> dict[CharcId | CardField, Row]:
    return {row.to: row for row in table.rows}


def table_of(data: Any) -> Table:  # noqa: ANN401 what a YAML file held
    """Raises pydantic.ValidationError."""
    common = isinstance(data, dict) and data.get("subject") == "common"
    return (CommonTable if common else SubjectTable).model_validate(data)
