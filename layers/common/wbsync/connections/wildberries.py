"""WB under the seller's limit, which all functions share."""

import time
from functools import cache

import httpx

from wbsync.connections import tls
from wbsync.settings import Wildberries
from wbsync.stores.call_budget import CallBudgetStore
from wbsync.stores.parameters import secret
from wbsync.telemetry import utcnow
from wbsync.wb.client import WbClient, default_http


@cache
def http() -> httpx.Client:
    return default_http(verify=tls.context())


@cache
def wildberries(settings: Wildberries) -> WbClient:
    return WbClient(
        http(),
        token=lambda: secret(settings.wb_token_parameter),
        host_template=settings.wb_host_template,
        budget=CallBudgetStore(settings.call_budget_table, now=utcnow),
        now=utcnow,
        sleep=time.sleep,
    )
