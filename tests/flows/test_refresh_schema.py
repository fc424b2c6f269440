"""WB's schema is read every day; what breaks cards is told with them, and no failure spoils what is known."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.local.wildberries import make_token
from tests.fixtures.aws import Aws
from tests.fixtures.world import BEGAN, CATEGORIES, Clock
from wbsync.domain.ids import SubjectId
from wbsync.domain.mapping import table_of
from wbsync.domain.pacing import LedgerInMemory
from wbsync.domain.schema import ChangeKind, Entry, Named
from wbsync.errors import NotAuthorised
from wbsync.flows import refresh_schema
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.schemas import SchemasStore
from wbsync.wb.client import WbClient

SKIRTS, COATS = SubjectId(38), SubjectId(168)
COLOUR, CARE, LENGTH = 1, 2, 3


def charc(charc_id: int, name: str, **more: Any) -> dict[str, Any]:
    return {"charcID": charc_id, "subjectName": "Юбки", "name": name, "charcType": 1, "maxCount": 2} | more


def wb_card(vendor_code: str, subject: int = SKIRTS, brand: str = "Берёзка", **values: Any) -> dict[str, Any]:
    """`values` by charcID, written as c1, c2, …"""
    told = [{"id": int(name[1:]), "name": "?", "value": value} for name, value in values.items()]
    number = sum(map(ord, vendor_code))
    return {
        "nmID": number, "imtID": 1, "subjectID": subject, "vendorCode": vendor_code, "brand": brand,
        "characteristics": told, "sizes": [], "updatedAt": "2026-11-01T00:00:00Z",
    }  # fmt: skip


@dataclass
class Wb:
    """What WB tells; `broken` paths answer with a status, `asked` are the paths that were asked for."""

    charcs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    colors: list[str] = field(default_factory=lambda: ["белый", "алый"])
    tnved: dict[int, list[str]] = field(default_factory=dict)
    brands: dict[int, list[list[str]]] = field(default_factory=dict)  # pages
    cards: list[dict[str, Any]] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    each: Callable[[], object] = lambda: None  # what happens while WB answers

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/content-api")
        self.asked.append(path)
        self.each()
        for part, status in self.broken.items():
            if part in str(request.url):
                headers = {"X-Ratelimit-Retry": "20", "X-Ratelimit-Reset": "20"} if status == 429 else {}
                return httpx.Response(status, headers=headers, json={"title": "no"})
        return httpx.Response(200, json=self._told(path, request))

    def _told(self, path: str, request: httpx.Request) -> Any:
        query, last = request.url.params, path.rpartition("/")[2]
        if path.endswith("cards/list"):
            wanted = json.loads(request.content)["settings"]["filter"]["objectIDs"]
            found = [card for card in self.cards if card["subjectID"] in wanted]
            return {"cards": found, "cursor": {"total": len(found)}}
        if path.endswith("brands"):
            pages, at = self.brands.get(int(query["subjectId"]), [[]]), int(query.get("next", 0))
            more = {"next": at + 1} if at + 1 < len(pages) else {}
            return {"brands": [{"id": n, "name": name} for n, name in enumerate(pages[at])], "total": 9} | more
        if "charcs" in path:
            data: Any = self.charcs.get(int(last), [])
        elif last == "colors":
            data = [{"name": name, "parentName": name} for name in self.colors]
        elif last == "countries":
            data = [{"id": 1, "name": "Беларусь", "fullName": "Республика Беларусь"}]
        elif last == "tnved":
            data = [{"tnved": code, "isKiz": True} for code in self.tnved.get(int(query["subjectID"]), [])]
        else:
            data = ["зима", "лето"]
        return {"data": data, "error": False, "errorText": "", "additionalErrors": None}


@dataclass
class Day:
    wb: Wb
    clock: Clock
    mappings: MappingsStore
    schemas: SchemasStore
    patient: bool = True

    def map(self, *subjects: int) -> None:
        for subject in subjects:
            table = table_of({"subject": subject, "products": {"sections": [subject]}})
            self.mappings.push(str(subject), "", table, base_version=0, at=BEGAN)

    def run(self, *, seconds: float = 600) -> dict[str, int]:
        clock = self.clock
        token = make_token(categories=CATEGORIES, expires=BEGAN + timedelta(days=300))
        wb = WbClient(
            httpx.Client(transport=httpx.MockTransport(self.wb.answer)), token=lambda: token,
            host_template="http://wb.test/{api}", budget=LedgerInMemory(clock.now), now=clock.now, sleep=clock.sleep,
        )  # fmt: skip
        report = refresh_schema.run(
            wb=wb, mappings=self.mappings, schemas=self.schemas, now=clock.now,
            deadline=clock.at + timedelta(seconds=seconds), sleep=clock.sleep if self.patient else None,
        )  # fmt: skip
        clock.forward(days=1)
        return report

    def told(self) -> list[tuple[int | None, ChangeKind, str]]:
        """All changes that were ever recorded."""
        return [(c.subject_id, c.kind, c.name) for one in self.schemas.changes(BEGAN) for c in one.changes]

    def unfit(self) -> list[str]:
        return [card.vendor_code for one in self.schemas.changes(BEGAN) for card in one.broken]


def entries(*names: str) -> tuple[Entry, ...]:
    return tuple(map(Entry, names))


@pytest.fixture
def day(aws: Aws, clock: Clock) -> Day:
    """The second day: two subjects were read yesterday."""
    skirts = [charc(COLOUR, "Цвет"), charc(CARE, "Уход"), charc(LENGTH, "Длина", charcType=4, unitName="см")]
    wb = Wb({SKIRTS: skirts, COATS: [charc(COLOUR, "Цвет", subjectName="Пальто")]})
    made = Day(wb, clock, MappingsStore(aws.tables["MappingsTable"]), SchemasStore(aws.tables["SchemasTable"]))
    made.map(SKIRTS, COATS)
    wb.tnved, wb.brands = {SKIRTS: ["6104530000"]}, {SKIRTS: [["Берёзка", "Ромашка"], ["Василёк"]]}
    first = made.run()
    assert (first["SubjectsRead"], first["SchemaChanges"], made.told()) == (2, 0, [])
    wb.asked.clear()
    return made


def test_everything_that_wb_tells_is_kept(day: Day) -> None:
    schema = day.schemas.schema()
    assert schema.subjects.keys() == {SKIRTS, COATS}
    assert [c.name for c in schema.subjects[SKIRTS].characteristics] == ["Цвет", "Уход", "Длина"]
    assert schema.subjects[COATS].name == "Пальто"
    assert schema.values(Named.COLORS, COATS) == (Entry("белый", "белый"), Entry("алый", "алый"))
    assert schema.values(Named.COUNTRIES, COATS) == entries("Беларусь")
    assert schema.values(Named.TNVED, SKIRTS) == (Entry("6104530000", marked=True),)
    assert schema.values(Named.BRANDS, SKIRTS) == entries("Берёзка", "Ромашка", "Василёк")
    assert schema.dictionaries.keys() == {Named.COLORS, Named.KINDS, Named.COUNTRIES, Named.SEASONS, Named.VAT}


def test_a_day_on_which_nothing_changed_tells_nothing_and_reads_no_card(day: Day) -> None:
    report = day.run()
    assert (report["SchemaChanges"], report["SchemaBreaking"], report["CardsBroken"]) == (0, 0, 0)
    assert day.told() == []
    assert not [path for path in day.wb.asked if path.endswith("cards/list")]


def test_a_new_required_characteristic_lists_the_cards_that_lack_it(day: Day, caplog: pytest.LogCaptureFixture) -> None:
    day.wb.charcs[SKIRTS][1]["required"] = True
    day.wb.cards = [wb_card("A-1", c1=["белый"]), wb_card("A-2", c2=["руками"]), wb_card("B-1", COATS)]
    report = day.run()
    assert (report["SchemaChanges"], report["SchemaBreaking"], report["CardsBroken"]) == (1, 1, 1)
    assert day.told() == [(SKIRTS, ChangeKind.REQUIRED_ADDED, "Уход")]
    assert day.unfit() == ["A-1"]
    assert day.schemas.schema().subjects[SKIRTS].characteristics[1].required
    [line] = [vars(record) for record in caplog.records if "what it wants" in record.message]
    assert (line["levelname"], line["characteristic"], line["vendor_codes"]) == ("WARNING", "Уход", ["A-1"])
    assert day.run()["SchemaChanges"] == 0


def test_a_value_that_left_a_shared_dictionary_is_looked_for_in_the_cards_of_all_subjects(day: Day) -> None:
    day.wb.colors = ["белый", "синий"]
    day.wb.cards = [
        wb_card("A-1", c1=["Алый", "белый"]),
        wb_card("A-2", c1=["белый"]),
        wb_card("B-1", COATS, c1=["алый"]),
    ]
    report = day.run()
    assert (report["SchemaChanges"], report["SchemaBreaking"], report["CardsBroken"]) == (2, 1, 2)
    assert sorted(day.told()) == [(None, ChangeKind.VALUE_ADDED, "colors"), (None, ChangeKind.VALUE_REMOVED, "colors")]
    assert sorted(day.unfit()) == ["A-1", "B-1"]


def test_a_value_that_no_card_uses_may_go_without_an_alarm(day: Day) -> None:
    day.wb.brands[SKIRTS] = [["Берёзка", "Ромашка"]]
    day.wb.cards = [wb_card("A-1", brand="Берёзка")]
    report = day.run()
    assert (report["SchemaChanges"], report["SchemaBreaking"], report["CardsBroken"]) == (1, 0, 0)
    day.wb.brands[SKIRTS] = [["Ромашка"]]
    assert day.run()["SchemaBreaking"] == 1
    assert day.unfit() == ["A-1"]


def test_cards_that_cannot_be_read_leave_the_alarm_and_say_so(day: Day) -> None:
    day.wb.charcs[SKIRTS][0]["maxCount"] = 1
    day.wb.broken = {"cards/list": 503}
    report = day.run()
    assert (report["SchemaBreaking"], report["CardsBroken"]) == (1, 0)
    assert [one.cards_read for one in day.schemas.changes(BEGAN)] == [False]
    assert day.schemas.schema().subjects[SKIRTS].characteristics[0].max_count == 1


@pytest.mark.parametrize("trouble", ["503", "400", "nothing"])
def test_a_subject_that_fails_stays_as_it_was_and_holds_back_no_other(day: Day, trouble: str) -> None:
    before = day.schemas.schema().subjects[SKIRTS]
    day.wb.charcs[COATS].append(charc(CARE, "Уход"))
    if trouble == "nothing":
        day.wb.charcs[SKIRTS] = []
    else:
        day.wb.broken = {f"charcs/{SKIRTS}": int(trouble)}
    report = day.run()
    assert (report["SubjectsRead"], report["SubjectsFailed"]) == (1, 1)
    assert day.schemas.schema().subjects[SKIRTS] == before
    assert day.told() == [(COATS, ChangeKind.ADDED, "Уход")]


@pytest.mark.parametrize("trouble", ["503", "nothing"])
def test_a_dictionary_that_fails_or_is_told_empty_stays_as_it_was(day: Day, trouble: str) -> None:
    before = day.schemas.schema().dictionaries
    if trouble == "nothing":
        day.wb.colors = []
    else:
        day.wb.broken = {"colors": int(trouble)}
    report = day.run()
    assert (report["DictionariesRead"], report["DictionariesFailed"], report["SubjectsRead"]) == (4, 1, 2)
    assert day.schemas.schema().dictionaries == before
    assert day.told() == []


def test_a_subject_without_brands_is_no_failure(day: Day) -> None:
    day.wb.broken = {f"brands?subjectId={COATS}": 404}
    report = day.run()
    assert (report["BrandsRead"], report.get("BrandsFailed", 0)) == (2, 0)


def long_brands(day: Day) -> list[str]:
    names = [f"Марка {n}" for n in range(20)]
    day.wb.brands[SKIRTS] = [[name] for name in names]
    day.wb.each = lambda: day.clock.forward(seconds=1)
    return names


def brands(day: Day) -> Iterable[str]:
    return (entry.name for entry in day.schemas.schema().values(Named.BRANDS, SKIRTS))


def test_brands_that_need_more_than_a_run_are_read_on_in_the_next(day: Day) -> None:
    names, old = long_brands(day), ["Берёзка", "Ромашка", "Василёк"]
    for _ in range(2):
        day.run(seconds=18)
        assert list(brands(day)) == old
    day.run(seconds=60)
    assert list(brands(day)) == names
    assert day.schemas.reading(Named.BRANDS, SKIRTS) is None
    pages = sum(path.endswith("brands") for path in day.wb.asked)
    assert len(names) <= pages < 2 * len(names)


def test_brands_go_on_behind_the_page_at_which_wb_failed(day: Day) -> None:
    names = long_brands(day)
    day.wb.broken = {"next=7": 503}
    assert day.run()["BrandsFailed"] == 1
    day.wb.broken, day.wb.asked = {}, []
    day.run()
    assert list(brands(day)) == names
    assert sum(path.endswith("brands") for path in day.wb.asked) == len(names) - 7 + 1


def test_a_list_of_brands_that_was_begun_long_ago_is_begun_anew(day: Day) -> None:
    names = long_brands(day)
    day.run(seconds=18)
    day.clock.forward(days=20)
    day.wb.asked.clear()
    day.run()
    assert list(brands(day)) == names
    assert sum(path.endswith("brands") for path in day.wb.asked) == len(names) + 1


def test_the_sellers_limit_is_waited_for_in_a_run_that_has_the_time(day: Day) -> None:
    day.wb.broken = {"colors": 429}
    began = day.clock.at

    def passes() -> None:
        if day.clock.at - began >= timedelta(seconds=20):
            day.wb.broken = {}

    day.wb.each = passes
    assert day.run()["DictionariesRead"] == 5
    day.wb.broken, day.patient = {"colors": 429}, False
    began = day.clock.at
    assert day.run()["DictionariesFailed"] == 4  # those that share the limit


def test_without_time_nothing_is_asked_and_all_is_put_off(day: Day) -> None:
    report = day.run(seconds=0)
    assert day.wb.asked == []
    assert (report["DictionariesPutOff"], report["SubjectsPutOff"], report["BrandsPutOff"]) == (5, 2, 2)


def test_without_mapped_subjects_wb_is_not_asked(aws: Aws, clock: Clock) -> None:
    wb = Wb()
    day = Day(wb, clock, MappingsStore(aws.tables["MappingsTable"]), SchemasStore(aws.tables["SchemasTable"]))
    assert day.run() == {"SchemaChanges": 0, "SchemaBreaking": 0, "CardsBroken": 0}
    assert wb.asked == []


def test_changes_are_forgotten_after_ninety_days(day: Day) -> None:
    day.wb.charcs[COATS].append(charc(CARE, "Уход"))
    day.run()
    day.clock.forward(days=85)
    day.run()
    assert len(day.told()) == 1
    day.clock.forward(days=5)
    day.run()
    assert day.told() == []


def test_a_token_without_content_goes_red(day: Day) -> None:
    day.wb.broken = {"charcs": 401}
    with pytest.raises(NotAuthorised):
        day.run()
