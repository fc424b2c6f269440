"""`wbsync mapping values`: a shop's values in the words of a WB dictionary, without asking anybody: for measuring."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import print_json, print_table
from infra.cli.options import JsonOption
from wbsync.domain.values.dictionaries import Normalised, measured_values
from wbsync.errors import Rejected
from wbsync.texts import value_reason

_COLUMNS = ("Значение магазина", "Значения WB", "Уверенность", "Само", "Почему")

_DictionaryFile = Annotated[
    Path, typer.Option("--dictionary", exists=True, dir_okay=False, help="WB's values: a JSON list of texts.")
]
_ValuesFile = Annotated[
    Path, typer.Option("--values", exists=True, dir_okay=False, help="The shop's values: a JSON list of texts.")
]


def values(dictionary: _DictionaryFile, shop_values: _ValuesFile, *, as_json: JsonOption = False) -> None:
    """What each of the shop's values is in the words of a dictionary, how sure that is, and why."""
    asked = read_texts(shop_values)
    found = list(zip(asked, measured_values(read_texts(dictionary), asked), strict=True))
    if as_json:
        print_json({"values": [_document(value, one) for value, one in found]})
        return
    print_table(_COLUMNS, [_row(value, one) for value, one in found])
    applied = sum(one.apply for _, one in found)
    typer.echo(f"{applied} of {len(found)} are taken without asking")


def read_texts(file: Path) -> list[str]:
    """A list of texts, or of objects with a `name`; WB's envelope around it is taken off. Raises Rejected."""
    told = read_list(file)
    texts = [row.get("name") if isinstance(row, dict) else row for row in told]
    wrong = next((at for at, text in enumerate(texts, start=1) if not isinstance(text, str | int | float)), None)
    if wrong:
        raise Rejected(f"{file}: entry {wrong} is neither a text nor an object with a `name`")
    return [str(text) for text in texts]


def read_list(file: Path, *keys: str) -> Sequence[Any]:
    """A JSON list, by itself or under `data` or one of `keys`. Raises Rejected."""
    try:
        told = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise Rejected(f"{file} is no JSON: {error}") from None
    if isinstance(told, dict):
        told = next((told[key] for key in ("data", *keys) if isinstance(told.get(key), list)), None)
    if not isinstance(told, list):
        raise Rejected(f"{file}: a list is expected")
    return told


def _document(value: str, found: Normalised) -> dict[str, object]:
    return {
        "value": value,
        "matches": list(found.matches),
        "confidence": found.confidence,
        "apply": found.apply,
        "reason": value_reason(found.reason, found.detail, found.nearest),
    }


def _row(value: str, found: Normalised) -> tuple[object, ...]:
    told = value_reason(found.reason, found.detail, found.nearest)
    return value, ", ".join(found.matches), f"{found.confidence:.2f}", "да" if found.apply else "", told
