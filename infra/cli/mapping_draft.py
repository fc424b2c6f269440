"""A first mapping table for a subject: sure rows stand in it, others as comments for a person to choose from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import yaml

from wbsync.domain.ids import CharcId, SectionId
from wbsync.domain.mapping import NAMED_FIELDS, CardField, Source, ValueRule, WhenEmpty
from wbsync.domain.schema import Characteristic, Kind, SubjectSchema
from wbsync.texts import MAPPING_NO_SOURCE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source for a characteristic, as likely as `confidence` (0 to 1) says, for a reason in words."""

    source: Source
    rule: ValueRule
    confidence: float
    reason: str
    name: str = ""  # what the shop calls the source

    @property
    def told(self) -> str:
        [(kind, value)] = self.source.model_dump(exclude_unset=True).items()
        return f"{kind} {value}" + (f" «{self.name}»" if self.name else "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A characteristic and its sources, the likeliest first. `stands` says where it is mapped already."""

    characteristic: Characteristic
    candidates: tuple[Candidate, ...] = ()
    stands: str = ""

    @property
    def target(self) -> CharcId | CardField:
        return target(self.characteristic)

    def is_sure(self, accept: float) -> bool:
        return not self.stands and bool(self.candidates) and self.candidates[0].confidence >= accept


def target(characteristic: Characteristic) -> CharcId | CardField:
    """What a row is to name: WB takes some characteristics in a field of the card."""
    into = NAMED_FIELDS.get(characteristic.name)
    takes_field = characteristic.named_field or characteristic.kind is Kind.UNUSED
    return into if takes_field and into else characteristic.charc_id


def is_mappable(characteristic: Characteristic) -> bool:
    """Not what WB takes nowhere."""
    return isinstance(target(characteristic), str) or not (
        characteristic.named_field or characteristic.kind is Kind.UNUSED
    )


def draft(
    subject: SubjectSchema, wanted: Sequence[Wanted], *, accept: float, sections: Iterable[SectionId], at: datetime
) -> str:
    """The YAML: rows at and above `accept`, then what a person has to choose, then what has no source."""
    sure = _firsts([one for one in wanted if one.is_sure(accept)])
    taken = {one.target for one in sure}
    open_ones = [one for one in wanted if one.target not in taken and not one.stands]
    parts = [
        f"# Предложено wbsync {at:%d.%m.%Y}; строки с уверенностью от {accept:.2f}. Проверьте и `wbsync mapping push`.",
        f"subject: {subject.subject_id}",
        f"name: {_scalar(subject.name)}",
        "products:",
        f"  sections: [{', '.join(map(str, sections))}]  # разделы магазина, товары которых — этот предмет",
        *(["rows:"] if sure else ["rows: []"]),
        *(line for one in sure for line in _row(one)),
        *(line for one in open_ones if one.candidates for line in _choice(one)),
        *(f"  # {_named(one)}: {MAPPING_NO_SOURCE}" for one in open_ones if not one.candidates),
        *(f"  # {_named(one)}: {one.stands}" for one in wanted if one.stands),
    ]
    return "\n".join(parts) + "\n"


def _firsts(sure: Iterable[Wanted]) -> list[Wanted]:
    """Two characteristics may be one field of the card: a table names it once."""
    found: dict[CharcId | CardField, Wanted] = {}
    for one in sure:
        found.setdefault(one.target, one)
    return list(found.values())


def _row(one: Wanted) -> Iterator[str]:
    best = one.candidates[0]
    yield f"  # {best.confidence:.2f} {_named(one)}: {_line(best.reason)}"
    yield from _yaml(one, best, indent="  ")


def _choice(one: Wanted) -> Iterator[str]:
    yield f"  # {_named(one)}: выберите источник"
    for candidate in one.candidates[:3]:
        yield f"  #   {candidate.confidence:.2f} {_line(candidate.told)}: {_line(candidate.reason)}"
    yield from _yaml(one, one.candidates[0], indent="  # ")


def _yaml(one: Wanted, candidate: Candidate, *, indent: str) -> Iterator[str]:
    rule = candidate.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    row: dict[str, object] = {
        "to": one.target,
        "name": one.characteristic.name,
        "from": candidate.source.model_dump(exclude_unset=True),
    }
    if candidate.rule.rule != "as_is":
        row["value"] = {"rule": candidate.rule.rule} | rule
    if one.characteristic.required or one.target == "vendorCode":
        row["when_empty"] = str(WhenEmpty.STOP)
    text = yaml.safe_dump([row], allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
    for line in text.splitlines():
        yield indent + line


def _named(one: Wanted) -> str:
    needed = ", обязательная" if one.characteristic.required else ""
    return f"{_line(one.characteristic.name)} ({one.target}{needed})"


def _scalar(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("\n").removesuffix("\n...")


def _line(text: str) -> str:
    """What the shop wrote must not end the comment."""
    return " ".join(text.split())
