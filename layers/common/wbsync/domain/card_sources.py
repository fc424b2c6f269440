"""Where a row's value is read in the shop."""

import re
from collections.abc import Mapping

from wbsync.domain.mapping import Source
from wbsync.domain.products import GOOD_FIELDS, Good
from wbsync.domain.values.descriptions import plain_text

_PLACES = re.compile(r"\{([^{}]+)\}")


def read_source(source: Source, good: Good, head: Good) -> tuple[str, ...]:
    """The texts that stand there. An offer's own come before its head's, but for its name, which tells its size."""
    if source.property is not None:
        return good.properties.get(source.property) or head.properties.get(source.property, ())
    if source.field is not None:
        return _some(_field(source.field, good, head))
    if source.price is not None:
        price = good.prices.get(source.price) or head.prices.get(source.price)
        return _some(str(price.amount) if price else "")
    if source.constant is not None:
        return (source.constant,)
    return _some(_filled(source.template or "", good, head))


def source_name(source: Source, names: Mapping[str, str] | None = None) -> str:
    """How staff finds it: the property's code with its name, as far as it is told in `names`; the field, …"""
    if source.property is not None:
        name = (names or {}).get(source.property)
        return f"{source.property} «{name}»" if name else source.property
    if source.field is not None:
        return f"поле {source.field}"
    if source.price is not None:
        return f"цена {source.price}"
    return f"шаблон {source.template}" if source.template is not None else "постоянное значение"


def _filled(template: str, good: Good, head: Good) -> str:
    """Empty when one of the places is: half a text is none."""
    parts = {place: _part(place, good, head) for place in _PLACES.findall(template)}
    if not all(parts.values()):
        return ""
    return _PLACES.sub(lambda found: parts[found[1]], template)


def _part(place: str, good: Good, head: Good) -> str:
    if place in GOOD_FIELDS:
        return plain_text(_field(place, good, head))
    return ", ".join(good.properties.get(place) or head.properties.get(place, ()))


def _field(name: str, good: Good, head: Good) -> str:
    first, second = (head, good) if name == "name" else (good, head)
    return first.fields.get(name) or second.fields.get(name, "")


def _some(text: str) -> tuple[str, ...]:
    return (text,) if text.strip() else ()
