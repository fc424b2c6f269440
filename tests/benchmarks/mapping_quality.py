"""How well values and names of real shops are understood: other people's data, which lies beside the project or not.

It is measured against, never tuned to: the rules' own tests are of invented names and values.
"""

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Number
from wbsync.domain.values import rules
from wbsync.domain.values.compositions import read_composition
from wbsync.domain.values.dictionaries import Dictionary, Normalised
from wbsync.domain.wording import folded, stem, words

DATA = Path(__file__).parents[3] / "shared" / "data" / "mapping"
MOST_WRONG, LEAST_COLOURS = 0, 0.95
MANY, SECONDS = 10_000, 2.0


def measure() -> list[Number]:
    if not DATA.is_dir():
        absent = "no ../shared/data/mapping beside the project"
        return [Number(what="values and names of real shops", measured=f"not measured: {absent}")]
    return [*colours(), compositions(), speed()]


def colours() -> list[Number]:
    """The colours of a real shop in the words of WB's dictionary."""
    names = [row["name"] for row in _read("wb_colors.json")["data"]]
    values: Sequence[str] = _read("shop_colours.json")
    dictionary, exact = Dictionary(names), {folded(name) for name in names}
    found = {value: dictionary.normalised(value) for value in values}
    meant = [value for value in values if folded(value) not in rules.NOTHING]
    right = [value for value in meant if found[value].apply and _is_right(value, found[value], dictionary)]
    wrong = [value for value in values if found[value].apply and value not in right]
    alone = sum(folded(value) in exact for value in values) / len(values)
    share = (len(right) + len(values) - len(meant) - len([v for v in wrong if v not in meant])) / len(values)
    return [
        Number(
            what=f"{len(values)} colours of a shop in WB's {len(names)} words, right",
            measured=f"{share:.3f} (exact names alone {alone:.3f})",
            target=f"≥ {LEAST_COLOURS}",
            reached=share >= LEAST_COLOURS,
            details={"not_understood": [v for v in meant if not found[v].apply], "exact_alone": alone},
        ),
        Number(
            what="the same: wrong ones taken without asking",
            measured=str(len(wrong)),
            target=str(MOST_WRONG),
            reached=len(wrong) <= MOST_WRONG,
            details={"wrong": {value: found[value].matches for value in wrong}},
        ),
    ]


def compositions() -> Number:
    """Those of a real seller: each share has its material, and what does not make 100 is noticed."""
    texts = [row["value"] for row in _read("seller_values.json")["Состав"]]
    right = 0
    for text in texts:
        shares = [int(share) for share in re.findall(r"(\d+)%", text)]
        read = read_composition(text)
        told = [int(part.share) for part in read.parts if part.share is not None and part.material]
        right += told == shares and bool(read.problem) is (sum(shares) != 100)
    return Number(
        what=f"{len(texts)} compositions of a seller, read with all their shares", measured=f"{right / len(texts):.3f}"
    )


def speed() -> Number:
    """Values that differ, every other one of two colours, and none asked before."""
    names = [row["name"] for row in _read("wb_colors.json")["data"]]
    pairs = [f"{one} / {names[(at * 7 + at // len(names)) % len(names)]}" for at, one in enumerate(names * 6)]
    values = list(dict.fromkeys([*names, *pairs, *(f"{pair} матовый" for pair in pairs)]))[:MANY]
    dictionary = Dictionary(names)
    began = time.process_time()
    for value in values:
        dictionary.normalised(value)
    seconds = time.process_time() - began
    return Number(
        what=f"{len(values)} different values: CPU",
        measured=f"{seconds:.2f} s",
        target=f"≤ {SECONDS:.0f} s",
        reached=seconds <= SECONDS,
    )


def _is_right(value: str, found: Normalised, dictionary: Dictionary) -> bool:
    """Judged by words alone: each match shares its stem with a word of the value, or is what a rule says of one.

    And no word of the value that is a colour by itself is left out.
    """
    told = [stem(word) for word in words(value)]
    explained = all(any(_shares(match, one) or _says(one, match) for one in words(value)) for match in found.matches)
    stems = [stem(word) for match in found.matches for word in words(match)]
    alone = [word for word in words(value) if dictionary.normalised(word).apply]
    covered = all(stem(word) in stems or any(_says(word, match) for match in found.matches) for word in alone)
    return bool(told) and explained and covered


def _shares(match: str, word: str) -> bool:
    return stem(word) in {stem(each) for each in words(match)}


def _says(word: str, match: str) -> bool:
    alternatives = rules.SYNONYMS.get(word, ())
    printed = rules.PRINTS.get(word, "")
    return folded(match) == printed or any(folded(match) in alternative for alternative in alternatives)


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))
