"""Rare defects: what the `ci` profile's reads of known resources alone are sure, or all but sure, to meet."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from contracts.coverage import CLASS_KINDS, ENOUGH_READS, Feature, features_of, promised_features
from contracts.http.exchange import Exchange, Failure, Request, Response
from contracts.judge import parse_response
from contracts.run.observer import Observer
from contracts.run.profiles import PROFILES
from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext
from strategies.plan import KnownResources
from strategies.rare_classes import SHARES, RareClasses
from tests.support.pinned import CATALOGUE, OPERATION
from tests.support.pinned import RESOURCES as KNOWN

FAULTS = {fault.name: fault for fault in faults(OPERATION)}
CI = PROFILES["ci"]
RUNS = 40

Known = tuple[tuple[str, ...], ...]

Hit = Callable[[AnswerContext], bool]


class Found(Exception):
    """Ends a sweep at its first violation."""


class Swept:
    """Stands for the run, the session and the server behind it: answers, broken where `hit` says so, are judged."""

    def __init__(self, fault: str, hit: Hit, seconds: float = 0) -> None:
        self._fault, self._hit, self._seconds = FAULTS[fault], hit, seconds
        self._judge, self._reads = Observer(), Counter[tuple[str, ...]]()
        self.class_reads, self.reads = self._judge.class_reads, 0
        self.requests_left: int | None = None

    @property
    def session(self) -> Swept:
        return self

    def skips_hanging(self, operation: Any, resource: tuple[str, ...]) -> bool:
        return self._judge.skips_hanging(operation, resource)

    def ask(self, operation: Any, values: Mapping[str, str]) -> None:
        resource = tuple(values.values())
        time.sleep(self._seconds)
        self.reads, self.requests_left = self.reads + 1, self.requests_left and self.requests_left - 1
        turn = AnswerContext(operation, resource, True, self._reads[resource], CATALOGUE[resource])
        self._reads[resource] += 1
        broken = self._fault.mutation(turn) if self._hit(turn) else None
        outcome: Response | Failure = broken or turn.response
        request = Request("http://h" + operation.url_path(values), tuple(values.items()), True)
        self._judge(Exchange(operation, request, outcome))
        if any(seen.violation.rule == self._fault.rule for seen in self._judge.tally.found):
            raise Found

    def sweep(self, known: Known) -> Swept:
        """Read each of the resources, in turns."""
        with suppress(Found):
            KnownResources(OPERATION, "", known, CI.rounds(len(known))).ask(self)  # type: ignore[arg-type]
        return self

    def read_rare_classes(self, known: Known, shares: range = range(1, SHARES + 1), most: int = 200) -> Swept:
        """Read the resources once more by their classes."""
        for share in shares:
            RareClasses(OPERATION, "", known, CI.rounds(len(known)), share, most).ask(self)  # type: ignore[arg-type]
        return self

    @property
    def found(self) -> bool:
        """Whether the fault's rule was reported."""
        return self._fault.rule in {seen.violation.rule for seen in self._judge.tally.found}


def spread(count: int) -> Known:
    """Return so many resources, spread over the catalogue."""
    return tuple(KNOWN[:: len(KNOWN) // count][:count])


def never(turn: AnswerContext) -> bool:
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
        found += Swept(fault, lambda turn, chance=chance: chance.random() < 0.02).sweep(spread(count)).found  # type: ignore[misc]
    assert found >= RUNS * 19 / 20


@pytest.mark.parametrize("count", [3, 10, 60])
def test_a_defect_in_one_job_is_always_found(count: int) -> None:
    for resource in KNOWN[:: len(KNOWN) // count][:count]:
        assert Swept(RARE[0], lambda turn, resource=resource: turn.resource == resource).sweep(spread(count)).found  # type: ignore[misc]


@pytest.mark.parametrize("count", [3, 10, 60])
def test_a_defect_in_the_second_read_alone_is_always_found(count: int) -> None:
    assert Swept(RARE[0], lambda turn: turn.reads == 1).sweep(spread(count)).found


def classes_of(response: Response) -> frozenset[Feature]:
    shown = features_of(OPERATION, parse_response(OPERATION, response), response.status).promised
    return frozenset(feature for feature in shown if feature.kind in CLASS_KINDS)


SHOWN = frozenset[Feature]().union(*map(classes_of, CATALOGUE.values()))
CLASSES = [feature for feature in promised_features(OPERATION) if feature in SHOWN]


@pytest.mark.parametrize("count", [3, 10, 60])
def test_every_class_of_known_resources_is_read_often_enough(count: int) -> None:
    run = Swept(RARE[0], never).sweep(spread(count)).read_rare_classes(spread(count))
    counts = run.class_reads.count(OPERATION)
    assert counts.keys() == frozenset().union(*(classes_of(CATALOGUE[each]) for each in spread(count)))
    assert min(counts.values()) >= ENOUGH_READS
    # The largest enum alone takes five times as many.
    assert run.reads < 8 * ENOUGH_READS


def test_a_class_that_is_one_job_of_sixty_is_read_often_enough() -> None:
    vendor = next(feature for feature in CLASSES if feature.kind == "branch")
    others = [each for each in KNOWN if vendor not in classes_of(CATALOGUE[each])]
    one = next(each for each in KNOWN if vendor in classes_of(CATALOGUE[each]))
    known = (*others[:30], one, *others[30:60])
    run = Swept(RARE[0], never).sweep(known).read_rare_classes(known)
    assert run.class_reads.count(OPERATION)[vendor] >= ENOUGH_READS


def test_workers_do_their_shares() -> None:
    known, workers = spread(10), [Swept(RARE[0], never) for _ in range(2)]
    workers[0].sweep(known)
    for number, worker in enumerate(workers):
        worker.read_rare_classes(known, range(1 + number, SHARES + 1, 2))
    counts = sum((worker.class_reads.count(OPERATION) for worker in workers), Counter[Feature]())
    assert min(counts.values()) >= ENOUGH_READS


@pytest.mark.parametrize(("left", "sent"), [(100, 0), (101, 1), (None, 10)])
def test_rare_classes_are_read_within_the_budget(left: int | None, sent: int) -> None:
    run = Swept(RARE[0], never)
    run.requests_left = left
    run.read_rare_classes(spread(10), range(1, 2), most=10)
    assert run.reads == sent


def test_a_class_of_a_slow_server_is_not_read_more() -> None:
    run = Swept(RARE[0], never, seconds=0.01)
    for share in (1, 2):
        RareClasses(OPERATION, "", spread(10), 20, share, slow=0.008).ask(run)  # type: ignore[arg-type]
    assert run.reads == 20
