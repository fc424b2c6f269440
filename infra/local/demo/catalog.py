"""The catalog's hour: products without cards, mistakes planted in them, become cards on WB by the command line.

What the planted mistakes are is known to the pretended shop alone; the product has to find and explain them.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx

from infra.local.demo.running import PATIENCE, TICK_AGAIN, Json, Running
from infra.local.ministack import CloudError
from infra.local.products import Mistake, Product, mistake_of, products
from wbsync.domain.cards import ProblemKind

_TABLES = Path(__file__).parent / "mapping"

# What each planted mistake has to be called; the last ones are seen by WB alone.
EXPLAINED: Mapping[Mistake, frozenset[ProblemKind]] = {
    Mistake.NO_COMPOSITION: frozenset({ProblemKind.EMPTY}),
    Mistake.NO_COLOUR: frozenset({ProblemKind.EMPTY}),
    Mistake.LONG_TITLE: frozenset({ProblemKind.TOO_LONG}),
    Mistake.LONG_DESCRIPTION: frozenset({ProblemKind.TOO_LONG}),
    Mistake.NO_DIMENSIONS: frozenset({ProblemKind.NO_DIMENSIONS, ProblemKind.EMPTY}),
    Mistake.MANY_COLOURS: frozenset({ProblemKind.TOO_MANY_VALUES}),
    Mistake.SAME_ARTICLE: frozenset({ProblemKind.VENDOR_CODE_TWICE}),
    Mistake.SAME_BARCODE: frozenset({ProblemKind.BARCODE_TWICE}),
    Mistake.WRONG_CHECK_DIGIT: frozenset({ProblemKind.BARCODE_WRONG}),
    Mistake.SMALL_PICTURE: frozenset({ProblemKind.PICTURE_TOO_SMALL}),
    Mistake.UNKNOWN_COUNTRY: frozenset({ProblemKind.NOT_IN_DICTIONARY, ProblemKind.UNSURE}),
    Mistake.UNREADABLE_NUMBER: frozenset({ProblemKind.NOT_A_NUMBER}),
    Mistake.NO_PRICE: frozenset({ProblemKind.EMPTY, ProblemKind.NO_PRICE}),
    Mistake.REFUSED_BRAND: frozenset({ProblemKind.REFUSED_BY_WB}),
}

_BUSY = ("CardsWaiting", "CardsAccepted", "PicturesTold", "Postponed")
"""Counts of a run that had something to do."""

HARMLESS = frozenset({Mistake.SMALL_PICTURE, Mistake.UNREADABLE_NUMBER})
"""The card is made without what is wrong, and that is told."""


@dataclass(slots=True)
class Catalog:
    """Cards from mapping tables to links, as a developer and a manager of the shop do it."""

    run: Running
    background: Executor
    confirming: Future[None] | None = field(default=None)
    given_up: Event = field(default_factory=Event)  # the demo failed elsewhere

    def hours_before_the_handover(self) -> dict[str, Callable[[], str]]:
        return {
            "mapping tables are pushed": self.push,
            "cards are planned": self.plan,
            "the plan is applied": self.apply,
        }

    def hours_after_it(self) -> dict[str, Callable[[], str]]:
        return {"WB has made the cards": self.confirmed, "their stock is told": self.sell}

    def push(self) -> str:
        folder = self.run.size.out / "mapping"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(_TABLES, folder)
        self._type("mapping", "push", "--folder", str(folder))
        report = self.run.tick("RefreshSchema")
        return f"{len(list(folder.glob('*.yaml')))} tables, {report.get('SubjectsRead', 0)} subjects read"

    def plan(self) -> str:
        out = self.run.size.out
        said = self._type("cards", "plan", "--out", str(out / "plan.json"), "--html", str(out / "plan.html"))
        return next((line for line in said.splitlines() if line.startswith("The plan")), "")

    def apply(self) -> str:
        said = self._type("cards", "apply", str(self.run.size.out / "plan.json")).splitlines()[0]
        self.confirming = self.background.submit(self.confirm)
        return said

    def confirm(self) -> None:
        """Until nothing is left to be done about a card. WB takes a hundred cards' pictures a minute."""
        give_up = time.monotonic() + PATIENCE + 2 * self.run.size.products
        while not self.given_up.is_set() and any(self.run.stage.invoke("ConfirmCards").get(name, 0) for name in _BUSY):
            if time.monotonic() > give_up:
                raise CloudError("WB has not made all cards")
            time.sleep(TICK_AGAIN)

    def confirmed(self) -> str:
        if self.confirming:
            self.confirming.result()
        return f"{len(self.wb_cards())} cards on WB"

    def sell(self) -> str:
        self.run.settle_stock(full=True)
        return ""

    # What came of it

    def counted(self) -> Json:
        """Counts for the report; `cards_*` that have to be zero are those that MUST_BE_ZERO names."""
        made = products(self.run.size.seed, self.run.size.products)
        there, shown = self.wb_cards(), self._shown()
        return {
            "products": len(made),
            "cards_accepted": sum(card["state"] == "accepted" for card in shown.values()),
            "cards_refused": sum(card["state"] == "refused" for card in shown.values()),
            "cards_blocked": sum(card["state"] == "blocked" for card in shown.values()),
            "cards_good_missing": len(list(_missing(made, there, shown))),
            "cards_bad_unexplained": len(list(_unexplained(made, shown))),
            "cards_doubled": sum(len(codes) - len(set(codes)) for codes in [[card["vendorCode"] for card in there]]),
            "cards_unlinked": len(self._unlinked(there)),
            "cards": {
                "missing": list(_missing(made, there, shown)),
                "unexplained": list(_unexplained(made, shown)),
                "unlinked": self._unlinked(there),
            },
        }

    def wb_cards(self) -> list[Json]:
        answer = httpx.get(f"{self.run.stage.wildberries}/_sim/cards", timeout=60)
        cards: list[Json] = answer.raise_for_status().json()["cards"]
        return cards

    def _shown(self) -> dict[str, Json]:
        return {card["vendor_code"]: card for card in json.loads(self._type("cards", "show", "--json"))}

    def _unlinked(self, there: Iterable[Json]) -> list[str]:
        """Barcodes of new cards that our Links table does not know on both sides."""
        made = {code for one in products(self.run.size.seed, self.run.size.products) for code in one.vendor_codes}
        linked = {
            row["barcode"] for row in self.run.rows("LinksTable") if row["sizes"] != "[]" and row["offers"] != "[]"
        }
        wanted = (sku for card in there if card["vendorCode"] in made for size in card["sizes"] for sku in size["skus"])
        return sorted(set(wanted) - linked)

    def _type(self, *words: str) -> str:
        well, said = self.run.type_command(*words)
        if not well:
            raise CloudError(f"wbsync {' '.join(words[:2])}: {said}")
        return said


def _missing(made: Iterable[Product], there: Iterable[Json], shown: Mapping[str, Json]) -> list[str]:
    """Good cards that are not on WB, or not known to be."""
    on_wb = {card["vendorCode"] for card in there}
    return [
        code
        for product in made
        if product.mistake is None or product.mistake in HARMLESS
        for code in product.vendor_codes
        if code not in on_wb or shown.get(code, {}).get("state") != "accepted"
    ]


def _unexplained(made: list[Product], shown: Mapping[str, Json]) -> list[str]:
    """Bad cards that are not told, or told to be something else."""
    found = []
    for product in (one for one in made if one.mistake):
        for code in product.vendor_codes:
            mistake = mistake_of(code, made)
            kinds = {problem["kind"] for problem in shown.get(code, {}).get("problems", ())}
            if mistake and not kinds & EXPLAINED[mistake]:
                found.append(f"{code}: {mistake}, told {sorted(kinds)}")
    return found
