"""push_prices with the environment of the template."""

from tests.fixtures.functions import Functions


def test_a_run_without_prices_in_the_configuration_finishes(functions: Functions) -> None:
    assert functions.invoke("push_prices") == {}
