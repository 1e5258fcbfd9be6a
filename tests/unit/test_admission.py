"""When a target that lets nobody in is asked no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.admission import ENOUGH, Admission, TurnedAway
from contracts.document import Operation
from contracts.exchange import Failure
from tests.unit.tiny import answer, document_of, exchange_of


def refused(
    admission: Admission, operation: Operation, thing: str, exists: bool | None = None, status: int = 401
) -> None:
    admission.check()
    admission.note(exchange_of(operation, answer(status), thing, exists=exists))


def stops(admission: Admission) -> bool:
    try:
        admission.check()
    except TurnedAway:
        return True
    return False


ONE, OTHER = (document_of(path=path).operations[0] for path in ("/a/{thing}", "/b/{thing}"))


@pytest.mark.parametrize("known", [1, 3, 19, 20, 60])
def test_it_is_asked_no_more_when_all_that_is_known_was_refused_so_many_times(known: int) -> None:
    admission = Admission({ONE.path: known, OTHER.path: 0})
    for number in range(ENOUGH):
        refused(admission, ONE, f"job-{number % known}", True)
    assert stops(admission)
    with pytest.raises(TurnedAway, match="20 requests were refused, and none was let in"):
        admission.check()


def test_what_is_not_known_to_exist_may_be_refused_for_ever() -> None:
    admission = Admission({ONE.path: 1})
    for number in range(3 * ENOUGH):
        refused(admission, ONE, f"job-{number}", None, 403)
    refused(admission, ONE, "known", True, 200)
    for _ in range(3 * ENOUGH):
        refused(admission, ONE, "known", True, 403)
    assert not stops(admission)


def test_an_operation_that_was_not_asked_yet_may_let_in() -> None:
    admission = Admission({ONE.path: 30, OTHER.path: 2})
    for number in range(30):
        refused(admission, ONE, f"job-{number}", True)
    refused(admission, OTHER, "x", True)
    assert not stops(admission)
    refused(admission, OTHER, "y", True)
    assert stops(admission)


def test_where_nothing_is_known_to_exist_many_different_resources_have_to_do() -> None:
    admission = Admission()
    for _ in range(3 * ENOUGH):
        refused(admission, ONE, "job", False)
    for number in range(ENOUGH - 1):
        assert not stops(admission)
        refused(admission, ONE, f"job-{number}", False)
    assert stops(admission)


def test_what_is_refused_for_another_reason_counts_for_nothing() -> None:
    admission = Admission()
    for number in range(3 * ENOUGH):
        admission.note(exchange_of(ONE, answer(401), f"a/{number}"))
        admission.note(exchange_of(ONE, Failure("reset", ""), f"job-{number}"))
    assert not stops(admission)


def test_what_turned_all_away_is_told_by_status_until_somebody_is_let_in() -> None:
    admission = Admission({ONE.path: 3})
    assert admission.denied() is None
    for status in (403, 401, 403):
        refused(admission, ONE, "job", None, status)
    told = admission.denied()
    assert told is not None
    assert told.statuses == ("401", "403")
    refused(admission, ONE, "known", True, 200)
    assert admission.denied() is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_resource_that_is_refused_in_two_ways_is_one(status: int) -> None:
    admission = Admission({ONE.path: 2})
    for number in range(2 * ENOUGH):
        refused(admission, ONE, "job-1", True, (401, 403)[number % 2])
    assert not stops(admission)
    refused(admission, ONE, "job-2", True, status)
    assert stops(admission)


def test_processes_that_share_a_file_count_together_and_are_let_in_together(tmp_path: Path) -> None:
    def both(name: str) -> list[Admission]:
        return [Admission({ONE.path: 1}, tmp_path / name) for _ in range(2)]

    counted, let_in = both("one"), both("other")
    for number in range(ENOUGH):
        for pair in (counted, let_in):
            refused(pair[number % 2], ONE, "known", number > 1)
    refused_by_both = [stops(each) and each.denied() is not None for each in counted]
    let_in[0].note(exchange_of(ONE, answer(200), "known"))
    assert (refused_by_both, [stops(each) for each in let_in]) == ([True, True], [False, False])
    for each in (*counted, *let_in):
        each.close()
