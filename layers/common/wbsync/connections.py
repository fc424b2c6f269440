"""The two other worlds as a function's environment describes them, connected once per process."""

import time
from collections.abc import Mapping
from functools import cache, lru_cache

from wbsync.bitrix import client as bitrix_client
from wbsync.bitrix.client import BitrixClient
from wbsync.bitrix.orders import property_ids
from wbsync.settings import Bitrix, Wildberries
from wbsync.stores.call_budget import CallBudgetStore
from wbsync.stores.parameters import CACHED_SECONDS, secret
from wbsync.telemetry import utcnow
from wbsync.wb import client as wb_client
from wbsync.wb.client import WbClient

wb_http = cache(wb_client.default_http)
bitrix_http = cache(bitrix_client.default_http)


@cache
def wildberries(settings: Wildberries) -> WbClient:
    """WB under the seller's limit, which all functions share."""
    return WbClient(
        wb_http(),
        token=lambda: secret(settings.wb_token_parameter),
        host_template=settings.wb_host_template,
        budget=CallBudgetStore(settings.call_budget_table, now=utcnow),
        now=utcnow,
        sleep=time.sleep,
    )


@cache
def bitrix(settings: Bitrix) -> BitrixClient:
    """The shop behind its webhook."""
    return BitrixClient(bitrix_http(), webhook=lambda: secret(settings.bitrix_webhook_parameter))


def order_properties(settings: Bitrix, person_type_id: int) -> Mapping[str, int]:
    """Ids of the shop's order properties by code, asked for as seldom as the parameters are."""
    return _order_properties(settings, person_type_id, int(time.monotonic() / CACHED_SECONDS))


@lru_cache(maxsize=1)
def _order_properties(settings: Bitrix, person_type_id: int, _period: int) -> Mapping[str, int]:
    return property_ids(bitrix(settings), person_type_id)
