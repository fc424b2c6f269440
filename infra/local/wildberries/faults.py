"""Trouble on demand: `POST /_sim/faults`.

`match` is a glob over "VERB /path" (the real path, or the template with its {placeholders}; without the api's name).
`times` bounds how often it strikes (default: always), `probability` makes it strike now and then.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

# kind → when: before the work (which then is not done, except for "slow"), or after it was done.
KINDS = {
    "429": "before",
    "406": "before",
    "500": "before",
    "html500": "before",
    "ignored": "before",  # 204, as if it were done
    "cut_before": "before",
    "slow": "before",  # seconds, then goes on
    "refuse_rows": "before",  # the rows of `chrt_ids` get `code` in the 409 array of PUT stocks
    "500_after": "after",
    "cut_after": "after",
    "malformed_sticker": "after",  # the first sticker of the answer is no picture
}


@dataclass(slots=True)
class Fault:
    match: str
    kind: str
    times: int | None = None
    probability: float = 1.0
    seconds: float = 1.0
    chrt_ids: Sequence[int] = ()
    code: str = "DeliveryTypeRestriction"
    named: bool = True  # whether the 409 names the rows that it refuses
    struck: int = field(default=0)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")


def striking(faults: Sequence[Fault], names: Sequence[str], dice: random.Random) -> list[Fault]:
    """The faults that strike a request known by these names; each is counted."""
    hit = [
        fault
        for fault in faults
        if (fault.times is None or fault.struck < fault.times)
        and any(fnmatchcase(name, fault.match) for name in names)
        and dice.random() < fault.probability
    ]
    for fault in hit:
        fault.struck += 1
    return hit
