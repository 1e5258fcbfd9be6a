"""A run that was turned away is told in one line, and is no evidence for or against anybody."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.evidence import DENIALS, Denied, denied, plain
from contracts.exchange import Request
from contracts.violation import RULES, Violation


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ({"401": 437}, "no evidence: whatever was asked for was answered 401; is SGP_API_KEY set, and right?"),
        (
            {"403": 1, "200": 0},
            "no evidence: whatever was asked for was answered 403; may this key read these resources?",
        ),
        (
            {"401": 1, "403": 1, "407": 1, "429": 1},
            (
                "no evidence: whatever was asked for was answered 401 or 403 or 407 or 429; is SGP_API_KEY set, and"
                " right?; may this key read these resources?; a proxy wants to know who asks; ask less, or later"
            ),
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
        pytest.param((), True, id="nothing"),
        pytest.param(("a-b_c.d~1",), True, id="unreserved"),
        pytest.param(("x" * 255, "1"), True, id="two"),
        pytest.param(("x" * 256,), False, id="long"),
        pytest.param(("a/b",), False, id="slash"),
        pytest.param(("a", "\x00"), False, id="nul"),
        pytest.param(("é",), False, id="beyond ASCII"),
        pytest.param(("a\n",), False, id="newline"),
    ],
)
def test_a_plain_request_is_one_that_every_router_lets_through(resource: tuple[str, ...], is_plain: bool) -> None:
    assert plain(Request("http://h/", tuple(("p", value) for value in resource), None)) is is_plain
