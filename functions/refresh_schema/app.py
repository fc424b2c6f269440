"""Every day: what WB wants to know about cards, and which cards no longer fit."""

import time
from datetime import datetime
from functools import cache

from wbsync.connections.wildberries import wildberries
from wbsync.flows import refresh_schema
from wbsync.settings import RefreshSchema
from wbsync.stores.mappings import MappingsStore
from wbsync.stores.schemas import SchemasStore
from wbsync.telemetry import Report, scheduled, utcnow

settings = cache(RefreshSchema.from_env)


@scheduled
def handler(_event: dict[str, object], deadline: datetime) -> Report:
    s = settings()
    return refresh_schema.run(
        wb=wildberries(s), mappings=MappingsStore(s.mappings_table), schemas=SchemasStore(s.schemas_table),
        now=utcnow, deadline=deadline, sleep=time.sleep,
    )  # fmt: skip
