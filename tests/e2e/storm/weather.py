"""A storm as data: which trouble begins when and for how long, drawn from a seed and printed with it.

`forecast` draws all kinds of trouble that KINDS names; what a spell does is told by its row there.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.e2e.storm.sabotage import Sabotage

CYCLE = timedelta(minutes=15)
"""A cycle of the schedules; spells begin and end with one."""

PER_HOUR = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """`wb`, `shop`: fields of the simulators' faults; `inside`: in the functions' processes; `does`: see story.DEEDS.
    `lets_stock_pass`: WB's stock has to be right all the same. `lasts_long`: nothing at all gets through to a side.
    """

    least: int  # cycles
    most: int
    wb: Mapping[str, object] | None = None
    shop: Mapping[str, object] | None = None
    inside: Sabotage | None = None
    does: str = ""
    lets_stock_pass: bool = False
    lasts_long: bool = False


KINDS: Mapping[str, Kind] = {
    "WB answers 429": Kind(1, 4, wb={"match": "*", "kind": "429", "probability": 0.2}),
    "WB answers 500": Kind(1, 4, wb={"match": "*", "kind": "500", "probability": 0.2}),
    "WB answers 500 in HTML": Kind(1, 4, wb={"match": "*", "kind": "html500", "probability": 0.2}),
    "WB does it and answers 500": Kind(1, 4, wb={"match": "*", "kind": "500_after", "probability": 0.2}),
    "WB is slow": Kind(1, 4, wb={"match": "*", "kind": "slow", "probability": 0.2, "seconds": 15}),
    "WB's line is cut before": Kind(1, 4, wb={"match": "*", "kind": "cut_before", "probability": 0.2}),
    "WB's line is cut after": Kind(1, 4, wb={"match": "*", "kind": "cut_after", "probability": 0.3}),
    "WB refuses rows": Kind(2, 6, does="refuse rows", lets_stock_pass=True),
    "WB refuses rows and does not say which": Kind(6, 9, does="refuse rows without names", lets_stock_pass=True),
    "WB nods and does nothing": Kind(
        1, 4, wb={"match": "PUT /api/v3/stocks/*", "kind": "ignored", "probability": 0.5}, lets_stock_pass=True
    ),
    "WB is down for an hour": Kind(4, 4, wb={"match": "*", "kind": "cut_before"}, lasts_long=True),
    "the shop answers 500": Kind(1, 4, shop={"match": "*", "kind": "500", "probability": 0.2}),
    "the shop answers 500 in HTML": Kind(1, 4, shop={"match": "*", "kind": "html500", "probability": 0.2}),
    "the shop is too busy": Kind(1, 4, shop={"match": "*", "kind": "503", "probability": 0.2}),
    "the shop is slow": Kind(1, 4, shop={"match": "batch", "kind": "slow", "probability": 0.3, "seconds": 20}),
    "the shop's line is cut before": Kind(1, 4, shop={"match": "*", "kind": "cut_before", "probability": 0.2}),
    "the shop's line is cut after": Kind(2, 5, shop={"match": "*", "kind": "cut_after", "probability": 0.4}),
    "the shop goes on behind a broken line": Kind(4, 10, inside=Sabotage(late=0.6)),
    "the shop saves and says it did not": Kind(
        3, 8, shop={"match": "sale.*.add*", "kind": "error_after_save", "probability": 0.3}
    ),
    "the shop takes no orders": Kind(6, 12, shop={"match": "sale.order.add", "kind": "500"}, lets_stock_pass=True),
    "the shop is down for six hours": Kind(24, 24, shop={"match": "*", "kind": "html500"}, lasts_long=True),
    "workers are killed": Kind(2, 6, inside=Sabotage(kill=0.04)),
    "no worker comes to its end": Kind(7, 8, inside=Sabotage(kill=0.6)),
    "DynamoDB and SQS throttle": Kind(1, 4, inside=Sabotage(throttle=0.1)),
    "messages come twice and late": Kind(4, 12, inside=Sabotage(double=0.8), lets_stock_pass=True),
    "the token is revoked, then replaced": Kind(2, 6, does="revoke the token"),
    "WB's clock steps": Kind(1, 1, does="step the clock"),
}


@dataclass(frozen=True, slots=True)
class Spell:
    """From cycle `first` up to, not including, `end`."""

    kind: str
    first: int
    end: int

    def __str__(self) -> str:
        return f"{self.kind}: {self.first / PER_HOUR:g} h to {self.end / PER_HOUR:g} h"


def forecast(seed: int, cycles: int, kinds: Sequence[str] = tuple(KINDS)) -> list[Spell]:
    """Every kind once, or as often as 36 hours fit into the time; spells may overlap."""
    dice = random.Random(f"weather {seed}")
    spells = []
    for _ in range(max(1, cycles // (36 * PER_HOUR))):
        for name in kinds:
            kind = KINDS[name]
            length = min(dice.randint(kind.least, kind.most), cycles - 1)
            first = dice.randint(1, max(1, cycles - length))
            spells.append(Spell(name, first, first + length))
    return sorted(spells, key=lambda spell: (spell.first, spell.kind))


def inside(spells: Sequence[Spell], cycle: int) -> Sabotage:
    """All of the sabotage of one cycle."""
    now = [KINDS[s.kind].inside for s in spells if s.first <= cycle < s.end]
    orders = [each for each in now if each]
    return Sabotage(
        kill=max((o.kill for o in orders), default=0.0),
        throttle=max((o.throttle for o in orders), default=0.0),
        double=max((o.double for o in orders), default=0.0),
        late=max((o.late for o in orders), default=0.0),
    )


def ends(spells: Sequence[Spell]) -> int:
    """The first cycle without trouble."""
    return max((spell.end for spell in spells), default=0)
