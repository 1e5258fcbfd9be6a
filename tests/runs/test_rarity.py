"""Rare defects: what the `ci` profile's reads of known resources alone are sure, or all but sure, to meet."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from contracts.coverage import ENOUGH_READS, Feature
from strategies.rare_classes import SHARES, RareClasses
from tests.support.pinned import CATALOGUE, OPERATION
from tests.support.pinned import RESOURCES as KNOWN
from tests.support.sweeping import CLASSES, RARE, RUNS, Swept, classes_of, never, spread


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
