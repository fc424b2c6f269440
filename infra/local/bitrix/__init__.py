"""A pretended 1C-Bitrix shop ("Управление сайтом") behind its incoming webhook, as strict as the known facts."""

from infra.local.bitrix.app import SECRET, USER_ID, Bitrix
from infra.local.bitrix.seed import Seed, StoreSeed

__all__ = ["SECRET", "USER_ID", "Bitrix", "Seed", "StoreSeed"]
