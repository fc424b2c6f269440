"""The handler of refresh_schema with the template's own environment."""

from tests.fixtures.functions import Functions


def test_without_mapped_subjects_the_handler_reaches_its_end_and_asks_nothing(functions: Functions) -> None:
    assert functions.invoke("refresh_schema") == {"SchemaChanges": 0, "SchemaBreaking": 0, "CardsBroken": 0}
