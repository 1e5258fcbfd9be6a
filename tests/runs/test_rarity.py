"""Rare defects: what the `ci` profile's sweep of known resources alone is sure, or all but sure, to meet."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from contracts.http.exchange import Exchange, Failure, Request, Response
from contracts.run.observer import Observer
from contracts.run.profiles import PROFILES
from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext
from strategies.plan import KnownResources
from tests.support.pinned import CATALOGUE, OPERATION
from tests.support.pinned import RESOURCES as KNOWN

FAULTS = {fault.name: fault for fault in faults(OPERATION)}
RUNS = 40

Hit = Callable[[AnswerContext], bool]


class Found(Exception):
    """Ends a sweep at its first violation."""


class Swept:
    """Stands for the run, the session and the server behind it: answers, broken where `hit` says so, are judged."""

    def __init__(self, fault: str, hit: Hit) -> None:
        self._fault, self._hit = FAULTS[fault], hit
        self._judge, self._reads = Observer(), Counter[tuple[str, ...]]()

    @property
    def session(self) -> Swept:
        return self

    def skips_hanging(self, operation: Any, resource: tuple[str, ...]) -> bool:
        return self._judge.skips_hanging(operation, resource)

    def ask(self, operation: Any, values: Mapping[str, str]) -> None:
        resource = tuple(values.values())
        turn = AnswerContext(operation, resource, True, self._reads[resource], CATALOGUE[resource])
        self._reads[resource] += 1
        broken = self._fault.mutation(turn) if self._hit(turn) else None
        outcome: Response | Failure = broken or turn.response
        request = Request("http://h" + operation.url_path(values), tuple(values.items()), True)
        self._judge(Exchange(operation, request, outcome))
        if any(seen.violation.rule == self._fault.rule for seen in self._judge.tally.found):
            raise Found

    def finds(self, count: int) -> bool:
        """Whether a sweep of so many resources, spread over the catalogue, tells the fault's rule."""
        known = tuple(KNOWN[:: len(KNOWN) // count][:count])
        try:
            KnownResources(OPERATION, "", known, PROFILES["ci"].rounds(count)).ask(self)  # type: ignore[arg-type]
        except Found:
            return True
        return False


def the_first(rule: str, *words: str) -> str:
    return next(name for name, fault in FAULTS.items() if fault.rule == rule and all(word in name for word in words))


RARE = [the_first("schema.required", "200"), the_first("overlay.immutable"), "transport.cut", "status.server-error 500"]


@pytest.mark.parametrize("count", [3, 10, 60])
@pytest.mark.parametrize("fault", RARE)
def test_one_answer_in_fifty_is_found_in_nineteen_runs_of_twenty(fault: str, count: int) -> None:
    found = 0
    for number in range(RUNS):
        chance = random.Random(f"{fault}/{number}")
        found += Swept(fault, lambda turn, chance=chance: chance.random() < 0.02).finds(count)  # type: ignore[misc]
    assert found >= RUNS * 19 / 20


@pytest.mark.parametrize("count", [3, 10, 60])
def test_a_defect_in_one_job_is_always_found(count: int) -> None:
    for resource in KNOWN[:: len(KNOWN) // count][:count]:
        assert Swept(RARE[0], lambda turn, resource=resource: turn.resource == resource).finds(count)  # type: ignore[misc]


@pytest.mark.parametrize("count", [3, 10, 60])
def test_a_defect_in_the_second_read_alone_is_always_found(count: int) -> None:
    assert Swept(RARE[0], lambda turn: turn.reads == 1).finds(count)
