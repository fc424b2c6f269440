"""What tests of several folders share."""

from collections.abc import Iterator

import pytest

from infra.local.ministack import LOG, ministack

_OF_THE_CLOUD = {"ministack_url", "cloud"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the local cloud run in one process (`--dist loadgroup`), which starts it once."""
    for item in items:
        if _OF_THE_CLOUD & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("cloud"))


@pytest.fixture(scope="session")
def ministack_url() -> Iterator[str]:
    """An empty local cloud."""
    with ministack(LOG.with_name("ministack-tests.log")) as url:
        yield url
