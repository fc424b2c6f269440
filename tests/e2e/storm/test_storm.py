"""Hours of all kinds of trouble at once: nothing is lost, doubled, oversold or wrong; two cycles later all is well."""

import pytest

from tests.e2e.storm import mutants, story
from tests.e2e.storm.in_process import in_process

HOURS = 9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_does_no_harm(seed: int) -> None:
    verdict = story.alone(seed, HOURS)
    assert verdict.faults == {}, verdict.spells
    assert verdict.cycles_to_heal is not None
    assert verdict.cycles_to_heal <= story.HEALS_WITHIN, verdict.spells
    assert verdict.bought > 10
    assert verdict.labels_owed >= 3


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_storm_notices_a_mechanism_that_is_missing(name: str) -> None:
    mutant = mutants.MUTANTS[name]
    with in_process(story.shop(), goods=story.GOODS, seed=mutant.seed) as place, mutants.mutated(mutant):
        verdict = story.run(place, mutant.seed, hours=mutant.hours, kinds=mutant.weather)
    assert verdict.faults.keys() - {"bugs"}, verdict
