"""The environment of each function as one frozen model: the only code that reads it.

A model's name is the function's logical id in template.yaml, its fields are the variables' names in lower case.
Secrets and the shop's configuration are named here by their SSM parameter, never held.
"""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_min_length=1, defer_build=True)

    @classmethod
    def from_env(cls) -> Self:
        return cls.model_validate({name: os.environ.get(name.upper()) for name in cls.model_fields})  # noqa: TID251 the one place


class Wildberries(_Settings):
    wb_host_template: str
    wb_token_parameter: str
    call_budget_table: str


class Bitrix(_Settings):
    config_parameter: str
    bitrix_webhook_parameter: str


class LinkCards(Wildberries, Bitrix):
    links_table: str
    cursors_table: str
    breakers_table: str


class PollOrders(Wildberries):
    orders_table: str
    stock_told_table: str
    new_orders_queue: str


class CollectStock(PollOrders, Bitrix):
    """Polls orders before it reads stock, hence PollOrders."""

    links_table: str
    cursors_table: str
    breakers_table: str
    stock_batches_queue: str


class PushStock(Wildberries):
    links_table: str
    stock_told_table: str
    orders_table: str
    breakers_table: str
    stock_batches_queue: str


class PlaceOrders(Bitrix):
    orders_table: str
    links_table: str
    new_orders_queue: str


class FetchLabels(Wildberries, Bitrix):
    label_key_parameter: str
    label_base_url: str
    orders_table: str
    stock_told_table: str
    labels_bucket: str
    labels_wanted_queue: str


class OpenLabel(_Settings):
    label_key_parameter: str
    labels_bucket: str


class Sweep(Wildberries):
    cursors_table: str
    orders_table: str
    stock_told_table: str
    new_orders_queue: str
    labels_wanted_queue: str


class Watch(Wildberries):
    config_parameter: str
    metrics_namespace: str
    orders_table: str
    stock_told_table: str
    cursors_table: str
    stock_batches_dead_letters: str
    new_orders_dead_letters: str
    labels_wanted_dead_letters: str
    card_changes_dead_letters: str

    @property
    def dead_letters(self) -> dict[str, str]:
        """Addresses by the queue's name, as `wbsync queues` has it."""
        told = self.model_dump()
        suffix = "_dead_letters"
        return {n.removesuffix(suffix).replace("_", "-"): url for n, url in told.items() if n.endswith(suffix)}


class TellTelegram(_Settings):
    stage: str
    runbook_url: str
    telegram_parameter: str


class SyncStatuses(Wildberries, Bitrix):
    label_key_parameter: str
    label_base_url: str
    orders_table: str
    stock_told_table: str


class BuildSupplies(Wildberries, Bitrix):
    orders_table: str
    supplies_table: str
    labels_bucket: str


class SendMarking(Wildberries, Bitrix):
    orders_table: str


class PrintSupplies(Wildberries, Bitrix):
    orders_table: str
    supplies_table: str
    links_table: str
    labels_bucket: str


class ReconcileOrders(Wildberries, Bitrix):
    orders_table: str
    stock_told_table: str
    cursors_table: str
    proofs_table: str
    new_orders_queue: str


class ReadFboStock(Wildberries, Bitrix):
    links_table: str
    fbo_stock_table: str


class RefreshSchema(Wildberries):
    mappings_table: str
    schemas_table: str


class PlanCards(Wildberries, Bitrix):
    mappings_table: str
    schemas_table: str
    cards_table: str
    cursors_table: str
    card_changes_queue: str


class UploadCards(Wildberries):
    cards_table: str
    card_changes_queue: str


class ConfirmCards(Wildberries, Bitrix):
    cards_table: str
    links_table: str


class PushPrices(Wildberries, Bitrix):
    links_table: str
    prices_table: str
