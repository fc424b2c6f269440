"""The shop behind its webhook."""

import time
from collections.abc import Mapping
from functools import cache, lru_cache

import httpx

from wbsync.bitrix.client import BitrixClient, default_http
from wbsync.bitrix.orders import property_ids
from wbsync.connections import tls
from wbsync.settings import Bitrix
from wbsync.stores.parameters import CACHED_SECONDS, secret


@cache
def http() -> httpx.Client:
    return default_http(verify=tls.context())


@cache
def bitrix(settings: Bitrix) -> BitrixClient:
    return BitrixClient(http(), webhook=lambda: secret(settings.bitrix_webhook_parameter))


def order_properties(settings: Bitrix, person_type_id: int) -> Mapping[str, int]:
    """Ids of the shop's order properties by code, asked for as seldom as the parameters are."""
    return properties_in_period(settings, person_type_id, int(time.monotonic() / CACHED_SECONDS))


@lru_cache(maxsize=1)
def properties_in_period(settings: Bitrix, person_type_id: int, _period: int) -> Mapping[str, int]:
    return property_ids(bitrix(settings), person_type_id)
