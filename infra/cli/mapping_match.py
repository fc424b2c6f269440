"""`wbsync mapping match`: candidates for each property out of two files, without a shop or WB."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import print_json, print_table
from infra.cli.mapping_measure import read_list
from infra.cli.options import JsonOption
from infra.proposals.match import Candidate
from infra.proposals.match import match as matched
from wbsync.domain.ids import CharcId
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Kind
from wbsync.errors import Rejected
from wbsync.texts import MAPPING_NO_SOURCE

_COLUMNS = ("Свойство", "Название", "Характеристика", "charcID", "Уверенность", "Почему")


def match(
    characteristics: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="WB's answer to /content/v2/object/charcs, or its list.")
    ],
    properties: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="[{code, name, type?, enum?, samples?}]")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Which characteristics each of the shop's properties may be a source of, the likeliest first."""
    asked = _rows(properties, "properties")
    props = [_property(row, properties) for row in asked]
    charcs = [_characteristic(row, characteristics) for row in _rows(characteristics, "characteristics")]
    found = list(zip(props, matched(props, charcs), strict=True))
    if as_json:
        told = [
            {"code": row.get("code"), "candidates": [*map(_document, got)]}
            for row, (_, got) in zip(asked, found, strict=True)
        ]
        print_json({"properties": told})
        return
    print_table(_COLUMNS, [row for one, got in found for row in _lines(one, got)])


def _rows(path: Path, key: str) -> list[Mapping[str, Any]]:
    """The objects of a list, by itself or under `data` or `key`."""
    rows = read_list(path, key)
    for n, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Rejected(f"{path}: entry {n} is no object")
    return list(rows)


def _characteristic(row: Mapping[str, Any], path: Path) -> Characteristic:
    charc_id, name = row.get("charcID"), row.get("name")
    if not isinstance(charc_id, int) or not isinstance(name, str) or not name.strip():
        raise Rejected(f"{path}: charcID (a number) and name are needed, here is {json.dumps(row, ensure_ascii=False)}")
    unit = row.get("unitName")
    kind = Kind.NUMBER if row.get("charcType") == Kind.NUMBER else Kind.STRINGS
    return Characteristic(CharcId(charc_id), name, unit=unit if isinstance(unit, str) else "", kind=kind)


def _property(row: Mapping[str, Any], path: Path) -> ShopProperty:
    code, name, kind = (_text(row.get(key), key, path) for key in ("code", "name", "type"))
    enum, samples = (_values(row.get(key), key, path) for key in ("enum", "samples"))
    return ShopProperty(code, name, kind or "S", multiple=False, of_offers=False, enum=enum, samples=samples)


def _text(told: object, key: str, path: Path) -> str:
    if told is None:
        return ""
    if isinstance(told, bool | list | dict):
        raise Rejected(f"{path}: {key} is a text, here is {json.dumps(told, ensure_ascii=False)}")
    return str(told)


def _values(told: object, key: str, path: Path) -> tuple[str, ...]:
    """Texts, or objects with one under `value`."""
    if told is None:
        return ()
    if not isinstance(told, list):
        raise Rejected(f"{path}: {key} is a list, here is {json.dumps(told, ensure_ascii=False)}")
    values = [one.get("value") if isinstance(one, dict) else one for one in told]
    return tuple(_value(one) for one in values if one is not None)


def _value(one: object) -> str:
    return ("нет", "да")[one] if isinstance(one, bool) else str(one)


def _document(one: Candidate) -> dict[str, object]:
    return {"charcID": one.charc_id, "name": one.name, "confidence": one.confidence, "reason": one.reason}


def _lines(prop: ShopProperty, found: list[Candidate]) -> list[tuple[object, ...]]:
    if not found:
        return [(prop.code, prop.name, MAPPING_NO_SOURCE, "", "", "")]
    return [
        (prop.code if first else "", prop.name if first else "", one.name, one.charc_id, one.confidence, one.reason)
        for first, one in zip([True] + [False] * len(found), found, strict=False)
    ]
