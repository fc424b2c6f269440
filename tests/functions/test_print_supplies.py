"""The function that prints, from its environment to its report."""

from collections.abc import Iterator

import pytest

from functions.print_supplies import app
from tests.fixtures.functions import Functions
from tests.fixtures.world import shop
from wbsync.stores import parameters
from wbsync.stores.aws import ssm


@pytest.fixture
def printing(functions: Functions) -> Iterator[Functions]:
    name, text = f"/{functions.aws.bucket}/config", shop(supplies={"assembled": ["P"]}).model_dump_json()
    ssm().put_parameter(Name=name, Value=text, Type="String", Overwrite=True)
    parameters.provider.cache_clear()
    app.settings.cache_clear()
    app.photos.cache_clear()
    yield functions
    app.settings.cache_clear()


def test_a_tick_without_supplies_has_nothing_to_do(printing: Functions) -> None:
    report = printing.invoke("print_supplies")
    assert report == {"SuppliesPrinted": 0, "PrintsRefused": 0, "StickersMissing": 0, "PrintsPutOff": 0}


def test_photos_are_kept_between_invocations() -> None:
    assert app.photos() is app.photos()
