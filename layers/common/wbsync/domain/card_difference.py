"""What a card that stands on WB lacks of the one that is wanted, by meaning and not by spelling."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from wbsync.domain.cards import Content, Dimensions, Size, Value
from wbsync.domain.ids import CharcId

_TEXTS = ("title", "description", "brand")


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
        documents=wanted.documents if wanted.documents is not None else standing.documents,
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


def hashed(content: Content) -> str:
    """The same for two cards that are the same to WB."""
    facts = {
        "texts": [content.vendor_code, *(_plain(getattr(content, name)) for name in _TEXTS)],
        "dimensions": _text(content.dimensions),
        "characteristics": sorted((charc, _canonical(value)) for charc, value in content.characteristics.items()),
        "sizes": sorted([size.tech_size, size.wb_size, sorted(size.barcodes)] for size in content.sizes),
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
    if not all(_stands(size, standing.sizes) for size in wanted.sizes):
        yield "sizes"
    if wanted.kiz_marked not in {None, standing.kiz_marked}:
        yield "kiz_marked"
    if wanted.documents is not None and _documents(wanted.documents) != _documents(standing.documents):
        yield "documents"


def _stands(wanted: Size, standing: Sequence[Size]) -> bool:
    found = _same_size(wanted, standing)
    return (
        found is not None
        and set(wanted.barcodes) <= set(found.barcodes)
        and (not wanted.wb_size or wanted.wb_size == found.wb_size)
    )


def _same_size(wanted: Size, standing: Sequence[Size]) -> Size | None:
    """By a barcode; a size without a known one by its name. A thing without sizes has one only, whatever its name."""
    by_barcode = (size for size in standing if set(size.barcodes) & set(wanted.barcodes))
    by_name = (size for size in standing if size.tech_size == wanted.tech_size)
    alone = standing[0] if len(standing) == 1 and wanted.tech_size in {"", "0"} else None
    return next(by_barcode, None) or next(by_name, None) or alone


def _sizes(standing: Sequence[Size], wanted: Sequence[Size]) -> tuple[Size, ...]:
    """WB's sizes in their order, with what the shop knows of them, and then the new ones."""
    sizes = list(standing)
    for size in wanted:
        found = _same_size(size, sizes)
        if found is None:
            sizes.append(size)
            continue
        more = tuple(barcode for barcode in size.barcodes if barcode not in found.barcodes)
        sizes[sizes.index(found)] = replace(
            found,
            barcodes=found.barcodes + more,
            wb_size=size.wb_size or found.wb_size,
            offer_id=size.offer_id,
            iblock_id=size.iblock_id,
        )
    return tuple(sizes)


def _documents(told: Mapping[str, Any] | None) -> list[tuple[str, ...]]:
    keys = ("type", "number", "startDate", "endDate")
    return sorted(tuple(str(item.get(key) or "") for key in keys) for item in (told or {}).get("items") or ())


def _canonical(value: Value) -> Any:  # noqa: ANN401 a number as text, texts as a list
    """WB keeps no order among the values of a characteristic."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return sorted(_plain(text) for text in value)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(value: Any) -> str:  # noqa: ANN401 any field of a card
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value.normalize():f}"
        case Dimensions():
            return f"{value.length}×{value.width}×{value.height} см, {value.weight.normalize():f} кг"
        case tuple():
            return ", ".join(map(_text, value))
        case Size():
            return f"{value.tech_size or '0'}: {' '.join(value.barcodes)}"
        case _:
            return str(value)


def _charc_id(name: str) -> CharcId | None:
    return CharcId(int(name.removeprefix("charc "))) if name.startswith("charc ") else None
