"""samconfig.toml and the example configurations: each environment says everything."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from tests.fixtures.template import template
from wbsync.domain.shop import CodeSource, PriceRule, Shop, StatusRule, StockRule, Warehouse

ROOT = Path(__file__).parents[2]
STAGES = ("dev", "stage", "prod")

each_stage = pytest.mark.parametrize("stage", STAGES)


def environment(stage: str) -> dict[str, dict[str, Any]]:
    """Settings of one environment by SAM command."""
    commands = tomllib.loads((ROOT / "samconfig.toml").read_text())[stage]
    return {command: section["parameters"] for command, section in commands.items()}


def overrides(stage: str) -> dict[str, str]:
    pairs = environment(stage)["deploy"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)


@each_stage
def test_an_environment_sets_what_the_others_set(stage: str) -> None:
    """SAM does not let one environment inherit from another."""
    settings = {command: set(section) for command, section in environment(stage).items()}
    assert settings == {command: set(section) for command, section in environment("prod").items()}
    assert overrides(stage).keys() == overrides("prod").keys()


@each_stage
def test_an_environments_parameters_are_the_templates(stage: str) -> None:
    parameters = template()["Parameters"]
    assert overrides(stage).keys() <= parameters.keys()
    assert {name for name, p in parameters.items() if "Default" not in p} <= overrides(stage).keys()
    for name, value in overrides(stage).items():
        allowed = [str(a) for a in parameters[name].get("AllowedValues", [value])]
        assert value in allowed, name


@each_stage
def test_environments_do_not_get_into_each_others_way(stage: str) -> None:
    assert overrides(stage)["Stage"] == stage
    assert environment(stage)["global"]["stack_name"] == f"wbsync-{stage}"
    assert environment(stage)["deploy"]["s3_prefix"] == f"wbsync-{stage}"


def test_only_prod_sells_and_only_prod_asks_before_it_changes() -> None:
    sandbox = {stage: "sandbox" in overrides(stage)["WbHostTemplate"] for stage in STAGES}
    asks = {stage: environment(stage)["deploy"]["confirm_changeset"] for stage in STAGES}
    assert sandbox == {"dev": True, "stage": True, "prod": False}
    assert asks == {"dev": False, "stage": False, "prod": True}


@each_stage
def test_an_example_configuration_is_accepted(stage: str) -> None:
    example = yaml.safe_load((ROOT / f"infra/config/{stage}.example.yaml").read_text())
    assert Shop.model_validate(example).warehouses


def test_the_example_of_prod_shows_every_setting() -> None:
    example = yaml.safe_load((ROOT / "infra/config/prod.example.yaml").read_text())
    shown = list(sections(Shop.model_validate(example)))
    assert all(section.model_fields_set == type(section).model_fields.keys() for section in shown if whole(section))
    said = {(type(section).__name__, field) for section in shown for field in section.model_fields_set}
    assert said == {(type(section).__name__, field) for section in shown for field in type(section).model_fields}


def sections(section: BaseModel) -> Iterator[BaseModel]:
    """A section and all that are in it."""
    yield section
    for value in dict(section).values():
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        for one in inner:
            if isinstance(one, BaseModel):
                yield from sections(one)


def whole(section: BaseModel) -> bool:
    """Whether one of a kind stands there; of rows and exceptions it is enough that together they show everything."""
    return not isinstance(section, (Warehouse, StockRule, StatusRule, CodeSource, PriceRule))
