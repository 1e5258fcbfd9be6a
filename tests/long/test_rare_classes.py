"""A defect in one of fifty answers of one class alone, by many seeds."""

import random

import pytest

from contracts.coverage import Feature
from strategies.faults.mutations import AnswerContext
from tests.support.pinned import CATALOGUE
from tests.support.sweeping import CLASSES, RARE, RUNS, Swept, classes_of, spread

CASES = [
    pytest.param(feature, count, id=f"{feature.which}-{count}")
    for feature in CLASSES
    for count in (10, 60)
    if any(feature in classes_of(CATALOGUE[each]) for each in spread(count))
]


@pytest.mark.parametrize(("feature", "count"), CASES)
def test_one_answer_in_fifty_of_a_class_is_found_in_nineteen_runs_of_twenty(feature: Feature, count: int) -> None:
    found = 0
    for number in range(RUNS):
        chance = random.Random(f"{feature}/{number}")

        def hit(turn: AnswerContext, chance: random.Random = chance) -> bool:
            return feature in classes_of(turn.response) and chance.random() < 0.02

        found += Swept(RARE[0], hit).sweep(spread(count)).read_rare_classes(spread(count)).found
    assert found >= RUNS * 19 / 20
