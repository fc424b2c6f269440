"""One stage as the CLI meets it: its stack, its secrets, and the two worlds behind them, each looked up once."""

import time
import tomllib
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from pydantic_core import from_json

from infra.cli import shop_file
from infra.cli.account import Secret, Stack, Stage, find_stack, read_parameter
from wbsync.bitrix import client as bitrix_client
from wbsync.bitrix.client import BitrixClient
from wbsync.domain.pacing import CallBudget, LedgerInMemory
from wbsync.domain.shop import Shop
from wbsync.errors import Rejected
from wbsync.stores.call_budget import CallBudgetStore
from wbsync.telemetry import utcnow
from wbsync.wb import client as wb_client
from wbsync.wb.client import WbClient
from wbsync.wb.operations import WAREHOUSES
from wbsync.wb.wire import WarehouseRow

_SAMCONFIG = Path(__file__).parents[2] / "samconfig.toml"
_HOSTS = "WbHostTemplate"


class Installation:
    """Everything is asked for when it is first wanted; what is not there raises Rejected with the command to type.

    A context: on leaving, the connections to the two worlds are closed.
    """

    def __init__(self, stage: Stage, wb_hosts: str = "") -> None:
        self.stage = stage
        self._wb_hosts = wb_hosts
        self._connections = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.close()

    @cached_property
    def stack(self) -> Stack | None:
        return find_stack(self.stage)

    def secret(self, name: Secret) -> str:
        value = read_parameter(self.stage, name)
        if not value:
            make = " --generate" if name is Secret.LABEL_KEY else ""
            raise Rejected(f"{name} is missing: store it with `wbsync secret put {name}{make} --stage {self.stage}`")
        return value

    @cached_property
    def shop(self) -> Shop:
        """The configuration that is stored."""
        stored = read_parameter(self.stage, "config")
        if stored is None:
            raise Rejected(f"missing: store it with `wbsync config put FILE --stage {self.stage}`")
        try:
            return Shop.model_validate_json(stored)
        except ValidationError as error:
            problems = "; ".join(map(str, shop_file.explained(error, _read_json(stored))))
            raise Rejected(f"{problems}: correct the file and `wbsync config put` it") from None

    @cached_property
    def wb_hosts(self) -> str:
        """What the caller says, else what is deployed, else what `make deploy` would deploy, else the real hosts."""
        deployed = self.stack.parameters.get(_HOSTS, "") if self.stack else ""
        hosts = self._wb_hosts or deployed or _planned_hosts(self.stage) or wb_client.HOST_TEMPLATE
        if "{api}" not in hosts:
            raise Rejected(f"the WB hosts need {{api}} in their template, as in {wb_client.HOST_TEMPLATE}")
        return hosts

    @cached_property
    def wb(self) -> WbClient:
        return WbClient(
            self._connections.enter_context(wb_client.default_http()),
            token=lambda: self.secret(Secret.WB_TOKEN),
            host_template=self.wb_hosts,
            budget=self._budget(),
            now=utcnow,
            sleep=time.sleep,
        )

    def _budget(self) -> CallBudget:
        """The seller's limit is shared with the functions, where there are any."""
        if self.stack is None:
            return LedgerInMemory(utcnow)
        return CallBudgetStore(self.stack.output("CallBudgetTable"), now=utcnow)

    @cached_property
    def warehouses(self) -> Sequence[WarehouseRow]:
        """The seller's warehouses: the cheapest question that WB answers to a token of Marketplace only."""
        return self.wb.call(WAREHOUSES)

    @cached_property
    def bitrix(self) -> BitrixClient:
        webhook = self.secret(Secret.BITRIX_WEBHOOK)
        http = self._connections.enter_context(bitrix_client.default_http())
        return BitrixClient(http, webhook=lambda: webhook)


def _read_json(text: str) -> object:
    try:
        return from_json(text)
    except ValueError:
        return None


def _planned_hosts(stage: Stage) -> str:
    if not _SAMCONFIG.exists():
        return ""
    planned = tomllib.loads(_SAMCONFIG.read_text()).get(stage, {})
    overrides: Sequence[str] = planned.get("deploy", {}).get("parameters", {}).get("parameter_overrides", ())
    return next((row.partition("=")[2] for row in overrides if row.startswith(f"{_HOSTS}=")), "")
