"""An alarm of CloudWatch becomes a message to staff in Telegram: what, since when, what to do."""

import re
from collections.abc import Callable
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from wbsync import texts
from wbsync.errors import Rejected

_LINK = re.compile(r"docs/runbook\.md#([\w-]+)")


class _Dimension(BaseModel):
    name: str
    value: str


class _Trigger(BaseModel):
    """What an alarm of a metric reads; an alarm of alarms has none."""

    dimensions: tuple[_Dimension, ...] = Field((), alias="Dimensions")

    @property
    def service(self) -> str:
        """The function's name; empty where the metric is not of ours."""
        return next((each.value for each in self.dimensions if each.name == "service"), "")


class Alarm(BaseModel):
    """What CloudWatch tells a topic (CloudWatch User Guide, "Notifying users on alarm changes")."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    name: str = Field(alias="AlarmName")
    description: str | None = Field(None, alias="AlarmDescription")
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"] = Field(alias="NewStateValue")
    at: AwareDatetime = Field(alias="StateChangeTime")
    trigger: _Trigger = Field(_Trigger(), alias="Trigger")

    @property
    def heading(self) -> str:
        """The heading of docs/runbook.md as a link names it; empty when the description names none."""
        found = _LINK.search(self.description or "")
        return found[1] if found else ""


def run(message: str, *, send: Callable[[str], object], stage: str, runbook_url: str) -> dict[str, int]:
    """Tell one message of the topic. Raises what telegram.send raises, and Rejected for what is no alarm."""
    try:
        alarm = Alarm.model_validate_json(message)
    except ValidationError as error:
        raise Rejected(f"the topic's message is no alarm of CloudWatch: {error.error_count()} problem(s)") from None
    link = f"{runbook_url}#{alarm.heading}" if alarm.heading else ""
    what = texts.alarm(alarm.heading, alarm.name, alarm.trigger.service)
    send(texts.alarm_message(what, stage=stage, at=alarm.at, link=link, over=alarm.state == "OK"))
    return {"AlarmsTold": 1}
