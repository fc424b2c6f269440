"""Whether WB's answers still have the form they had: what a cheap answer looks like is remembered from hour to hour."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from wbsync.domain import watching
from wbsync.domain.watching import Change, Drift, Field, Finding
from wbsync.stores.cursors import CursorsStore
from wbsync.wb import samples
from wbsync.wb.client import WbClient
from wbsync.wb.samples import Sample

_REPORT_IT = "look into WB's news for developers, and report it: it may want a new version of wbsync"


def look(sample: Sample, *, wb: WbClient, cursors: CursorsStore, now: datetime) -> Iterator[Finding]:
    """What our model cannot read of an answer, and how its form has changed of late.

    Raises what WbClient.call raises. Of the answer only paths and kinds of JSON are kept, never a value.
    """
    answer = samples.read(wb, sample)
    if places := samples.misread(sample, answer):
        yield Finding("API", f"WB's answer to {sample.name} cannot be read: {places}", _REPORT_IT)
    for change in _changes(f"watch/{sample.name}", answer, cursors, now):
        said = f"{sample.name}: {_told(change)}, first seen {change['at'][:16]}"
        yield Finding("API", said, _REPORT_IT)


def _changes(name: str, answer: object, cursors: CursorsStore, now: datetime) -> list[Mapping[str, Any]]:
    """Those of this answer and of others that are not long ago; the form is remembered with them."""
    kept = cursors.get(name)
    form, drifts = watching.compared(_known(kept.get("form", {})), watching.form_of(answer))
    recent = [row for row in kept.get("drifts", ()) if now - datetime.fromisoformat(row["at"]) < watching.CHANGES_KEPT]
    recent += [{"at": now.isoformat(), **to_jsonable_python(drift)} for drift in drifts]
    cursors.put(name, {"form": to_jsonable_python(form), "drifts": recent})
    return recent


def _known(form: Mapping[str, Any]) -> dict[str, Field]:
    return {path: Field(tuple(row["kinds"]), row["looks"], row["always"]) for path, row in form.items()}


def _told(row: Mapping[str, Any]) -> str:
    drift = Drift(row["path"], Change(row["change"]), row["was"], row["now"])
    match drift.change:
        case Change.APPEARED:
            return f"the field {drift.path} ({drift.now}) is new"
        case Change.VANISHED:
            return f"the field {drift.path} ({drift.was}) is gone"
        case Change.BECAME:
            return f"{drift.path or 'the answer'} was {drift.was} and is {drift.now} now"
