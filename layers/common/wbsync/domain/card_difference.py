"""What a card that stands on WB lacks of the one that is wanted, by meaning and not by spelling."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from types import NoneType
from typing import Any

from wbsync.domain.card_documents import documents_over, documents_stand
from wbsync.domain.cards import Content, Dimensions, Size, Value
from wbsync.domain.ids import CharcId
from wbsync.domain.values.sizes import NO_SIZE

_TEXTS = ("title", "description", "brand")
_NONE = frozenset({"", NO_SIZE})
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def unlike(standing: Content, wanted: Content) -> tuple[str, ...]:
    """Fields, and characteristics as `charc 123`, in which what stands is not what is wanted.

    What is not wanted in so many words (an empty text, a characteristic that is not there) may be as it is.
    """
    return tuple(_unlike(standing, wanted))


def laid_over(standing: Content, wanted: Content) -> Content:
    """The card to send: all that stands, with what is wanted in its place. WB forgets whatever is not sent again.

    The vendorCode stays WB's; barcodes are only ever added.
    """
    return replace(
        standing,
        **{name: getattr(wanted, name) for name in _TEXTS if getattr(wanted, name)},
        dimensions=wanted.dimensions or standing.dimensions,
        characteristics={**standing.characteristics, **wanted.characteristics},
        sizes=_sizes(standing.sizes, wanted.sizes),
        kiz_marked=standing.kiz_marked if wanted.kiz_marked is None else wanted.kiz_marked,
        documents=documents_over(standing.documents, wanted.documents),
    )


def differences(
    before: Content, after: Content, names: Mapping[CharcId, str] | None = None
) -> Iterator[tuple[str, str, str]]:
    """(field or characteristic, as it stands, as it will be) of all that changes."""
    for name in _unlike(before, after):
        charc_id = _charc_id(name)
        if charc_id is None:
            yield name, _text(getattr(before, name)), _text(getattr(after, name))
        else:
            told = (names or {}).get(charc_id, name)
            yield told, _text(before.characteristics.get(charc_id)), _text(after.characteristics.get(charc_id))


def hashed(content: Content, *, priced: bool = True) -> str:
    """The same for two cards that are the same to WB. `priced`: with prices, which WB takes of a new card only."""
    facts = {
        "texts": [content.vendor_code, *(_plain(getattr(content, name)) for name in _TEXTS)],
        "dimensions": _text(content.dimensions),
        "characteristics": sorted((charc, _canonical(value)) for charc, value in content.characteristics.items()),
        "sizes": sorted(
            [size.tech_size, size.wb_size, sorted(size.barcodes), (priced and size.price) or 0]
            for size in content.sizes
        ),
        "kiz": content.kiz_marked,
        "documents": content.documents,
    }
    return sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def pictures_hashed(links: Sequence[str]) -> str:
    """Empty for no pictures."""
    return sha256("\n".join(links).encode()).hexdigest()[:32] if links else ""


def _unlike(standing: Content, wanted: Content) -> Iterator[str]:
    for name in _TEXTS:
        text = getattr(wanted, name)
        if text and _plain(text) != _plain(getattr(standing, name)):
            yield name
    if wanted.dimensions not in {None, standing.dimensions}:
        yield "dimensions"
    yield from (
        f"charc {charc_id}"
        for charc_id, value in wanted.characteristics.items()
        if _canonical(value) != _canonical(standing.characteristics.get(charc_id, ()))
    )
    if not all(_stands(size, there) for size, there in paired(standing.sizes, wanted.sizes)):
        yield "sizes"
    if wanted.kiz_marked not in {None, standing.kiz_marked}:
        yield "kiz_marked"
    if not documents_stand(wanted.documents, standing.documents):
        yield "documents"


def _stands(wanted: Size, there: Size | None) -> bool:
    return (
        there is not None
        and set(wanted.barcodes) <= set(there.barcodes)
        and (not wanted.wb_size or wanted.wb_size == there.wb_size)
    )


def paired(standing: Sequence[Size], wanted: Sequence[Size]) -> list[tuple[Size, Size | None]]:
    """Each wanted size with the one that it is on WB: by a barcode, else by name.

    A size that is somebody's by barcode is nobody else's by name. A thing without sizes has one only, however it is
    called.
    """
    if len(standing) == len(wanted) == 1 and _NONE & {standing[0].tech_size, wanted[0].tech_size}:
        return [(wanted[0], standing[0])]
    holding = {barcode: size for size in standing for barcode in size.barcodes}
    by_barcode = [next((holding[code] for code in size.barcodes if code in holding), None) for size in wanted]
    taken = {size.tech_size for size in by_barcode if size}
    by_name = {size.tech_size: size for size in standing if size.tech_size not in taken}
    return [(size, there or by_name.get(size.tech_size)) for size, there in zip(wanted, by_barcode, strict=True)]


def names_taken(standing: Content, wanted: Content) -> tuple[tuple[Size, Size], ...]:
    """Sizes that WB lacks, each with the one on WB that has its name and is another one by its barcodes."""
    by_name = {size.tech_size: size for size in standing.sizes}
    return tuple(
        (size, by_name[size.tech_size])
        for size, there in paired(standing.sizes, wanted.sizes)
        if there is None and size.tech_size in by_name
    )


def _sizes(standing: Sequence[Size], wanted: Sequence[Size]) -> tuple[Size, ...]:
    """WB's sizes in their order, with what the shop knows of them, and then the new ones."""
    sizes = {size: size for size in standing}
    new: list[Size] = []
    for size, there in paired(standing, wanted):
        if there is None:
            new.append(size)
            continue
        found = sizes[there]
        more = tuple(barcode for barcode in size.barcodes if barcode not in found.barcodes)
        sizes[there] = replace(
            found,
            barcodes=found.barcodes + more,
            wb_size=size.wb_size or found.wb_size,
            offer_id=size.offer_id,
            iblock_id=size.iblock_id,
        )
    return (*sizes.values(), *new)


def _canonical(value: Value) -> list[str]:
    """Texts in order, since WB keeps none; a number is the same as its text, and case says nothing."""
    if isinstance(value, Decimal):
        return [_number(value)]
    return sorted({_word(text) for text in value})


def _word(text: str) -> str:
    plain = _plain(text).casefold()
    return _number(Decimal(plain.replace(",", "."))) if _NUMBER.fullmatch(plain) else plain


def _number(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(value: object) -> str:
    """A field or a value for people."""
    return next((shown(value) for kind, shown in _SHOWN if isinstance(value, kind)), str(value))


def _packed(told: Dimensions) -> str:
    return f"{told.length}×{told.width}×{told.height} см, {_number(told.weight)} кг"


def _size(size: Size) -> str:
    name = " / ".join(filter(None, (size.tech_size or "0", size.wb_size)))
    return f"{name}: {' '.join(size.barcodes)}"


def _document(item: Mapping[str, Any]) -> str:
    days = "–".join(str(item[key])[:10] for key in ("startDate", "endDate") if item.get(key))
    return " ".join(filter(None, (str(item.get("number") or ""), days)))


_SHOWN: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (NoneType, lambda _: ""),
    (bool, lambda yes: "да" if yes else "нет"),
    (Decimal, _number),
    (Dimensions, _packed),
    (Size, _size),
    (tuple, lambda values: ", ".join(map(_text, values))),
    (Mapping, lambda told: ", ".join(map(_document, told.get("items") or ()))),
)


def _charc_id(name: str) -> CharcId | None:
    return CharcId(int(name.removeprefix("charc "))) if name.startswith("charc ") else None
