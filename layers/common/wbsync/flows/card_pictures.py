"""Which pictures of a product WB will take: one that is too small would make it take none (WB facts §2, media)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.picture_links import read_size
from wbsync.domain.cards import CardProblem, ProblemKind
from wbsync.errors import NotAuthorised, Rejected, TryLater

LEAST_WIDTH, LEAST_HEIGHT = 700, 900
MOST_PICTURES = 30


@dataclass(frozen=True, slots=True)
class Checked:
    """Links in their order, and what is wrong with the others."""

    fit: tuple[str, ...] = ()
    problems: tuple[CardProblem, ...] = ()


def checked(bitrix: BitrixClient, links: Sequence[str], *, in_time: Callable[[], bool] = lambda: True) -> Checked:
    """Look at the beginning of each file. Raises TryLater when the shop does not answer, or not in time."""
    fit: list[str] = []
    problems: list[CardProblem] = []
    for link in links[:MOST_PICTURES]:
        if not in_time():
            raise TryLater("the shop shows its pictures too slowly", wait=0)
        problem = _problem(bitrix, link)
        if problem:
            problems.append(problem)
        else:
            fit.append(link)
    return Checked(tuple(fit), tuple(problems))


def _problem(bitrix: BitrixClient, link: str) -> CardProblem | None:
    try:
        width, height = read_size(bitrix, link)
    except NotAuthorised:
        raise
    except Rejected as error:
        return CardProblem(
            ProblemKind.PICTURE_UNREADABLE, "pictures", "pictures", value=link, detail=error.reason, blocks=False
        )
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return CardProblem(
            ProblemKind.PICTURE_TOO_SMALL, "pictures", "pictures", value=link, detail=f"{width}×{height}", blocks=False
        )
    return None
