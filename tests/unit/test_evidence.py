"""A run that was turned away is told in one line, and is no evidence for or against anybody."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.document import Operation
from contracts.evidence import DENIALS, ENOUGH, Admission, Denied, TurnedAway, denied, plain
from contracts.exchange import Failure, Request
from contracts.violation import RULES, Violation
from tests.unit.tiny import answer, document_of, exchange_of


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ({"401": 437}, "no evidence: whatever was asked for was answered 401; is SGP_API_KEY set, and right?"),
        (
            {"403": 1, "200": 0},
            "no evidence: whatever was asked for was answered 403; may this key read these resources?",
        ),
        ({"429": 3, "403": 0}, "no evidence: whatever was asked for was answered 429; ask less, or later"),
    ],
    ids=str,
)
def test_answers_that_all_turn_the_caller_away_are_told_in_one_line(answers: dict[str, int], line: str) -> None:
    assert str(denied(answers)) == line


def test_of_several_ways_to_turn_the_caller_away_each_is_told() -> None:
    assert "answered 401 or 429; is SGP_API_KEY set, and right?; ask less" in str(denied({"429": 3, "401": 9}))


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"401": 0},
        {"404": 300},
        {"422": 300},
        {"503": 300},
        {"timeout": 3},
        {"401": 299, "200": 1},
        {"401": 299, "422": 1},
        {"401": 299, "404": 1},
        {"401": 299, "500": 1},
        {"401": 299, "reset": 1},
    ],
    ids=str,
)
def test_one_answer_of_another_kind_is_evidence(answers: dict[str, int]) -> None:
    assert denied(answers) is None


STATUSES = st.dictionaries(st.integers(100, 599).map(str) | st.sampled_from([*DENIALS]), st.integers(0, 5))


@given(STATUSES, STATUSES)
def test_together_two_runs_were_turned_away_only_if_neither_was_let_in(
    one: dict[str, int], other: dict[str, int]
) -> None:
    both = denied(Counter(one) + Counter(other))
    seen = [run for run in (one, other) if any(run.values())]
    assert (both is not None) == (bool(seen) and all(denied(run) for run in seen))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_only_a_status_is_explained_by_it(rule: str) -> None:
    explained = Denied(("401",)).explains(Violation(rule, 401, "status", "", cause="401"))
    assert explained == (rule in ("status.undocumented", "status.known-resource", "method.not-refused"))


def test_a_method_that_is_let_in_where_reads_are_not_is_told() -> None:
    assert not Denied(("401",)).explains(Violation("method.not-refused", 200, "status", "", cause="PUT"))


@pytest.mark.parametrize(
    ("resource", "is_plain"),
    [
        ((), True),
        (("a-b_c.d~1",), True),
        (("x" * 255, "1"), True),
        (("x" * 256,), False),
        (("a/b",), False),
        (("a", "\x00"), False),
        (("é",), False),
        (("a\n",), False),
    ],
    ids=ascii,
)
def test_a_plain_request_is_one_that_every_router_lets_through(resource: tuple[str, ...], is_plain: bool) -> None:
    assert plain(Request("http://h/", tuple(("p", value) for value in resource), None)) is is_plain


# When a target that lets nobody in is asked no more.


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


def test_processes_that_share_a_file_count_together_and_are_let_in_together(tmp_path: Path) -> None:
    def both(name: str) -> list[Admission]:
        return [Admission({ONE.path: 1}, tmp_path / name) for _ in range(2)]

    counted, let_in = both("one"), both("other")
    for number in range(ENOUGH):
        for pair in (counted, let_in):
            refused(pair[number % 2], ONE, "known", number > 1)
    refused_by_both = [stops(each) for each in counted]
    let_in[0].note(exchange_of(ONE, answer(200), "known"))
    assert (refused_by_both, [stops(each) for each in let_in]) == ([True, True], [False, False])
    for each in (*counted, *let_in):
        each.close()
