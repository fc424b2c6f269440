"""How often the first proposal for a shop's property is right, beside plain character n-grams in the same run.

Pairs of other people's shops stand in ../shared/data/mapping and are read from there alone; invented ones stand in
tests/samples/property_pairs.py, every third of them held out.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.proposals.match import match
from tests.benchmarks.report import Number
from tests.samples.property_pairs import CHARACTERISTICS, HELD_OUT, SHOWN, Pair
from wbsync.domain.ids import CharcId
from wbsync.domain.products import ShopProperty
from wbsync.domain.schema import Characteristic, Kind
from wbsync.domain.wording import folded

DATA = Path(__file__).parents[3] / "shared" / "data" / "mapping"
FIRST, THREE, DIFFERENT = 0.85, 0.95, 0.70
BANDS = ((0.9, 1.01), (0.7, 0.9), (0.45, 0.7))
_GRAM = 3


@dataclass(frozen=True)
class Asked:
    code: str
    name: str
    wanted: str

    @property
    def different(self) -> bool:
        return folded(self.name) != folded(self.wanted)


type Ranked = Sequence[tuple[str, float]]


def measure() -> list[Number]:
    own = [
        Characteristic(CharcId(n), name, unit=unit, kind=Kind.NUMBER if unit else Kind.STRINGS)
        for n, (name, unit) in enumerate(CHARACTERISTICS, start=1)
    ]
    numbers = (
        [*_gold()] if DATA.is_dir() else [Number(what="mapping pairs", measured="../shared/data/mapping is absent")]
    )
    numbers += _own("shown", SHOWN, own)
    numbers += _own("held out", HELD_OUT, own)
    return [*numbers, _speed(own)]


def _gold() -> list[Number]:
    pairs = json.loads((DATA / "gold_pairs.json").read_text())
    asked = [Asked(one.get("shop_code") or "", one["shop_name"], one["wb_name"]) for one in pairs]
    charcs = _all_characteristics([one.wanted for one in asked])
    got, plain = _matched(asked, charcs), [_by_grams(one.name, charcs) for one in asked]
    first, three, different = _shares(asked, got)
    base = _shares(asked, plain)
    what = f"{len(asked)} real pairs among {len(charcs)} characteristics, names only"
    return [
        _share(f"{what}: right first", first, FIRST, base[0]),
        _share(f"{what}: right among three", three, THREE, base[1]),
        _share("those with different names: right first", different, DIFFERENT, base[2]),
        _calibration("real pairs", asked, got),
    ]


def _all_characteristics(more: Sequence[str]) -> list[Characteristic]:
    found: dict[str, Characteristic] = {}
    for file in sorted((DATA / "charcs").glob("*.json")):
        for row in json.loads(file.read_text())["characteristics"]:
            kind = Kind(row["charcType"]) if row["charcType"] else Kind.STRINGS
            found.setdefault(
                folded(row["name"]), Characteristic(row["charcID"], row["name"], unit=row["unitName"], kind=kind)
            )
    names = [row["name"] for row in json.loads((DATA / "wb_characteristics_153.json").read_text())["params"]]
    for n, name in enumerate([*names, *more], start=1):
        found.setdefault(folded(name), Characteristic(CharcId(-n), name))
    return list(found.values())


def _own(label: str, pairs: Sequence[Pair], charcs: Sequence[Characteristic]) -> list[Number]:
    asked = [Asked(one.code, one.name, one.wanted) for one in pairs]
    got = _matched(asked, charcs)
    sourced = [(one, found) for one, found in zip(asked, got, strict=True) if one.wanted]
    silent = [not found for one, found in zip(asked, got, strict=True) if not one.wanted]
    ours, found = [one for one, _ in sourced], [ranked for _, ranked in sourced]
    first, three, _ = _shares(ours, found)
    base = _shares(ours, [_by_grams(one.name, charcs) for one in ours])
    return [
        _share(f"{len(ours)} invented pairs, {label}: right first", first, None, base[0]),
        _share(f"{len(ours)} invented pairs, {label}: right among three", three, None, base[1]),
        _share(f"{len(silent)} properties that are no source, {label}: nothing proposed", sum(silent) / len(silent)),
        _calibration(f"invented pairs, {label}", asked, got),
    ]


def _matched(asked: Sequence[Asked], charcs: Sequence[Characteristic]) -> list[Ranked]:
    found = match([_property(one) for one in asked], charcs)
    return [[(candidate.name, candidate.confidence) for candidate in each] for each in found]


def _property(one: Asked) -> ShopProperty:
    return ShopProperty(one.code, one.name, "S", multiple=False, of_offers=False)


def _by_grams(name: str, charcs: Sequence[Characteristic]) -> Ranked:
    """Dice's likeness of three letters each."""
    ours = _grams(name)
    scored = [
        (charc.name, 2 * (ours & (theirs := _grams(charc.name))).total() / (ours.total() + theirs.total()))
        for charc in charcs
    ]
    return sorted(scored, key=lambda one: -one[1])[:3]


def _grams(name: str) -> Counter[str]:
    text = f" {folded(name)} "
    return Counter(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))


def _shares(asked: Sequence[Asked], got: Sequence[Ranked]) -> tuple[float, float, float]:
    """Right first, right among three, right first of those with different names."""
    ranks = [[folded(name) for name, _ in found[:3]] for found in got]
    right = [found[:1] == [folded(one.wanted)] for one, found in zip(asked, ranks, strict=True)]
    among = [folded(one.wanted) in found for one, found in zip(asked, ranks, strict=True)]
    different = [is_right for one, is_right in zip(asked, right, strict=True) if one.different]
    return sum(right) / len(right), sum(among) / len(among), sum(different) / max(1, len(different))


def _share(what: str, share: float, least: float | None = None, base: float | None = None) -> Number:
    beside = f" (character n-grams: {base:.3f})" if base is not None else ""
    return Number(
        what=what,
        measured=f"{share:.3f}{beside}",
        target=f"≥ {least:.2f}" if least else "",
        reached=share >= least if least else None,
        details={"share": share, "n_grams": base},
    )


def _calibration(what: str, asked: Sequence[Asked], got: Sequence[Ranked]) -> Number:
    """The share of first proposals that are right, by how sure they are."""
    told = []
    for low, high in BANDS:
        right = [
            folded(found[0][0]) == folded(one.wanted)
            for one, found in zip(asked, got, strict=True)
            if found and low <= found[0][1] < high
        ]
        told.append(f"from {low}: {sum(right)} of {len(right)}")
    return Number(what=f"{what}: first proposals that are right, by confidence", measured="; ".join(told))


def _speed(charcs: Sequence[Characteristic]) -> Number:
    props = [
        ShopProperty(one.code, one.name, "L", multiple=False, of_offers=False, enum=("красный", "12 см"))
        for one in SHOWN[:100]
    ]
    many = [*charcs, *charcs][:300]
    began = time.process_time()
    match(props, many)
    seconds = time.process_time() - began
    return Number(
        what="100 properties against 300 characteristics: CPU",
        measured=f"{seconds:.2f} s",
        target="≤ 2 s",
        reached=seconds <= 2,
    )
