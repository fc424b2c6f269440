"""A plan as people read it: a page with the coverage of each subject and every card that needs a hand, and as JSON."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from wbsync.domain.card_difference import differences
from wbsync.domain.card_requests import requests, seconds
from wbsync.domain.cards import CardProblem, Plan, PlannedCard, Step
from wbsync.domain.ids import CharcId, SubjectId
from wbsync.domain.pacing import Bucket
from wbsync.texts import CARD_PROBLEMS, CARD_STEPS, card_field, card_problem
from wbsync.wb.operations import CARDS_UPDATE, CARDS_UPLOAD, CARDS_UPLOAD_ADD, Operation

_MOST_CARDS = 500
"""On one page; a shop with more mistakes than that mends the first ones first."""

_OPERATIONS: Mapping[Step, Operation[object]] = {
    Step.CREATE: CARDS_UPLOAD,
    Step.ADD_VARIANT: CARDS_UPLOAD_ADD,
    Step.UPDATE: CARDS_UPDATE,
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the cards of a subject are filled in."""

    subject_id: SubjectId
    name: str
    cards: int
    good: int  # sent or right as they are
    filled: int
    known: int
    wanting: Sequence[tuple[str, int]]  # (what is wrong or missing, in how many cards), the most frequent first

    @property
    def percent(self) -> int:
        return round(100 * self.filled / self.known) if self.known else 0


def html(made: Plan) -> str:
    """One page without anything from elsewhere but the shop's own pictures."""
    return _page().render(
        made_at=made.made_at,
        steps=_steps(made),
        coverage=coverage(made),
        needed=needed(made),
        blocked=[_shown(card, made.characteristics) for card in made.cards if card.step is Step.BLOCKED][:_MOST_CARDS],
        told=[
            _shown(card, made.characteristics) for card in made.cards if card.step is not Step.BLOCKED and card.problems
        ][:_MOST_CARDS],
        created=[
            _shown(card, made.characteristics) for card in made.cards if card.step in {Step.CREATE, Step.ADD_VARIANT}
        ][:_MOST_CARDS],
        updated=[_shown(card, made.characteristics) for card in made.cards if card.step is Step.UPDATE][:_MOST_CARDS],
        most=_MOST_CARDS,
    )


def document(made: Plan) -> dict[str, object]:
    """The plan for programs: counts, requests, coverage, and each card with its problems and differences."""
    return {
        "made_at": made.made_at.isoformat(timespec="seconds"),
        "versions": dict(made.versions),
        "steps": dict(Counter(card.step for card in made.cards)),
        "requests": [{"call": name, "requests": number, "seconds": took} for name, number, took in needed(made)],
        "coverage": [
            {"subject": c.subject_id, "name": c.name, "cards": c.cards, "good": c.good, "percent": c.percent}
            for c in coverage(made)
        ],
        "cards": [_facts(card, made.characteristics) for card in made.cards],
    }


def needed(made: Plan) -> list[tuple[str, int, float]]:
    """(call, requests, least seconds under WB's limits) of all that the plan sends."""
    asked = requests([card for card in made.cards if card.step in _OPERATIONS])
    by_step = Counter(request.step for request in asked)
    return [
        (operation.name, by_step[step], _seconds(by_step[step], operation.bucket))
        for step, operation in _OPERATIONS.items()
        if by_step[step]
    ]


def _seconds(count: int, bucket: Bucket) -> float:
    return seconds(count, interval=bucket.interval, burst=bucket.burst)


def coverage(made: Plan) -> list[Coverage]:
    """Each subject's cards, by its number."""
    by_subject: defaultdict[SubjectId, list[PlannedCard]] = defaultdict(list)
    for card in made.cards:
        by_subject[card.subject_id].append(card)
    return [_coverage(subject, made, cards) for subject, cards in sorted(by_subject.items())]


def _coverage(subject: SubjectId, made: Plan, cards: Sequence[PlannedCard]) -> Coverage:
    wanting = Counter(_short(problem) for card in cards for problem in dict.fromkeys(card.problems) if problem.blocks)
    return Coverage(
        subject,
        made.subjects.get(subject, ""),
        cards=len(cards),
        good=sum(card.step is not Step.BLOCKED for card in cards),
        filled=sum(card.filled for card in cards),
        known=sum(card.known for card in cards),
        wanting=wanting.most_common(8),
    )


def _short(problem: CardProblem) -> str:
    return (
        f"{card_field(problem.target)}: {CARD_PROBLEMS[problem.kind]}"
        if problem.target
        else CARD_PROBLEMS[problem.kind]
    )


def _steps(made: Plan) -> list[tuple[str, int]]:
    counted = Counter(card.step for card in made.cards)
    return [(CARD_STEPS[step], counted[step]) for step in Step if counted[step]]


def _shown(card: PlannedCard, names: Mapping[CharcId, str]) -> dict[str, object]:
    return {
        "vendor_code": card.vendor_code,
        "name": card.name,
        "product_id": card.product_id,
        "nm_id": card.before.nm_id if card.before else "",
        "step": CARD_STEPS[card.step],
        "picture": card.pictures[0] if card.pictures else "",
        "problems": told_once(card.problems),
        "differences": list(_differences(card, names)),
        "percent": round(100 * card.filled / card.known) if card.known else 0,
    }


def told_once(problems: Iterable[CardProblem]) -> list[str]:
    """One line for each problem; the same one of several offers once, with how many have it."""
    counted = Counter(map(card_problem, problems))
    return [line if number == 1 else f"{line} (×{number})" for line, number in counted.items()]


def _differences(card: PlannedCard, names: Mapping[CharcId, str]) -> Iterable[tuple[str, str, str]]:
    if card.step is not Step.UPDATE or card.before is None:
        return []
    return [(card_field(name), old, new) for name, old, new in differences(card.before.content, card.content, names)]


def _facts(card: PlannedCard, names: Mapping[CharcId, str]) -> dict[str, object]:
    return {
        "vendor_code": card.vendor_code,
        "product_id": card.product_id,
        "name": card.name,
        "subject_id": card.subject_id,
        "step": card.step,
        "nm_id": card.before.nm_id if card.before else None,
        "problems": [
            {
                "kind": problem.kind,
                "target": problem.target,
                "source": problem.source,
                "value": problem.value,
                "nearest": list(problem.nearest),
                "detail": problem.detail,
                "blocks": problem.blocks,
                "text": card_problem(problem),
            }
            for problem in card.problems
        ],
        "differences": [{"field": name, "before": old, "after": new} for name, old, new in _differences(card, names)],
    }


@cache
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("infra.cli", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("plan.html")
