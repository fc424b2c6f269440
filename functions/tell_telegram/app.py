"""The alarms' topic: staff is told in Telegram."""

from functools import cache

from wbsync import telegram
from wbsync.flows import tell_telegram
from wbsync.settings import TellTelegram
from wbsync.stores import parameters
from wbsync.telemetry import Report, notified

settings, http = cache(TellTelegram.from_env), cache(telegram.default_http)


@notified
def handler(message: str) -> Report:
    s = settings()
    return tell_telegram.run(
        message, send=lambda text: telegram.send(http(), parameters.secret(s.telegram_parameter), text),
        stage=s.stage, runbook_url=s.runbook_url,
    )  # fmt: skip
