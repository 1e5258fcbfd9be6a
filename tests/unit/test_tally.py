"""Tallies of what a run saw: each violation once, the smallest witness, one verdict whoever saw what first."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import sqlite3
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.document import Operation
from contracts.exchange import Exchange, Failure, Response
from contracts.history import History
from contracts.scratch import ScratchError
from contracts.tally import Judge, Sighting, Tally
from contracts.violation import Violation
from tests.unit.tiny import answer, document_of, exchange_of

SCHEMA = {
    "type": "object",
    "properties": {
        "list": {"items": {"type": "string"}},
        "state": {"enum": ["on", "off"]},
        "born": {"x-immutable": True},
    },
}


@cache
def operation() -> Operation:
    return document_of(SCHEMA).operations[0]


def tally_of(*outcomes: Response | Failure, thing: str = "one") -> Tally:
    judge = Judge()
    for outcome in outcomes:
        judge(exchange_of(operation(), outcome, thing))
    return judge.take()


def told(tally: Tally) -> Any:
    """All that a tally holds, in an order of its own."""
    plain = tally.to_json()
    return {**plain, "violations": sorted(plain["violations"], key=json.dumps)}


def merged(*tallies: Tally) -> Tally:
    together = Tally()
    for tally in tallies:
        together.merge(copy.deepcopy(tally))
    return together


outcomes = st.sampled_from(
    [
        answer(200, {}),
        answer(200, {"state": "on"}),
        answer(200, {"state": "x"}),
        answer(200, {"state": "y", "pad": "ppp"}),
        answer(200, {"list": [1, "a", 2]}),
        answer(200, {"list": [None]}),
        answer(404, {}),
        answer(500, b"\xff"),
        answer(200, b'{"list": ["\\ud800", 5]}'),
        Failure("timeout", "too late"),
        Failure("reset", "gone"),
    ]
)
tallies = st.builds(
    lambda found, thing, differences: _with(tally_of(*found, thing=thing), differences),
    st.lists(outcomes, max_size=5),
    st.sampled_from(["one", "two", "\udcff", *"abcdefghijkl"]),
    st.lists(st.sampled_from(["x", "y"]), max_size=2),
)


def _with(tally: Tally, differences: list[str]) -> Tally:
    tally.differ(exchange_of(operation(), answer(200, {})), differences)
    return tally


@given(tallies, tallies)
def test_it_does_not_matter_who_is_merged_into_whom(one: Tally, two: Tally) -> None:
    assert told(merged(one, two)) == told(merged(two, one))


@given(tallies, tallies, tallies)
def test_it_does_not_matter_which_are_merged_first(one: Tally, two: Tally, three: Tally) -> None:
    assert told(merged(merged(one, two), three)) == told(merged(one, merged(two, three)))


@given(tallies)
def test_merging_nothing_changes_nothing(one: Tally) -> None:
    assert told(merged(one, Tally())) == told(merged(Tally(), one)) == told(one)


@given(tallies)
def test_a_tally_survives_the_way_between_processes(one: Tally) -> None:
    assert told(Tally.from_json(json.loads(json.dumps(one.to_json())))) == told(one)


@given(st.lists(outcomes, max_size=8))
def test_one_worker_and_several_come_to_the_same(found: list[Response | Failure]) -> None:
    apart = functools.reduce(lambda sofar, each: merged(sofar, tally_of(each)), found, Tally())
    assert told(apart) == told(tally_of(*found))


def test_each_distinct_violation_is_there_once_with_its_count() -> None:
    tally = tally_of(
        answer(200, {"list": [1]}),
        answer(200, {"list": ["a", 2, 3]}),
        answer(200, {"list": [None]}),
        answer(200, {"state": "x"}),
        answer(200, {"state": "x"}),
        answer(200, {"state": "y"}),
    )
    assert [(each.violation.place, each.violation.cause, each.count) for each in tally.found] == [
        ("body/state", "x", 2),
        ("body/state", "y", 1),
        ("body/list/0", "integer", 3),
        ("body/list/0", "null", 1),
    ]


def test_the_smallest_answer_is_the_witness() -> None:
    large, small = answer(200, {"state": "x", "pad": "p"}), answer(200, {"state": "x"})
    for order in ((large, small, large), (small, large)):
        (found,) = tally_of(*order).found
        assert found.witness.text == '{"state": "x"}'


def test_a_witness_can_be_shown_whatever_its_bytes() -> None:
    (found,) = tally_of(answer(200, b"\xff{")).found[:1]
    assert found.witness.text == "\\xff{"
    (found,) = tally_of(Failure("reset", "gone")).found
    assert found.witness.text == ""


def test_a_resource_that_exists_is_a_better_witness_than_a_smaller_answer() -> None:
    judge = Judge()
    judge(exchange_of(operation(), answer(200, {"state": "x"}), "a"))
    judge(exchange_of(operation(), answer(200, {"state": "x", "pad": "ppp"}), "known", exists=True))
    (found,) = judge.tally.found
    assert found.witness.url.endswith("/known")


def test_every_resource_that_a_violation_was_seen_on_is_kept() -> None:
    judge = Judge()
    for number in range(30):
        judge(exchange_of(operation(), answer(404, {}), f"{number:02}"))
    (found,) = judge.tally.found
    assert found.count == 30
    assert found.resources == {(f"{number:02}",) for number in range(30)}


def test_a_feature_is_told_by_its_first_sighting_whoever_saw_it() -> None:
    def seen_at(at: float, thing: str) -> Tally:
        judge = Judge()
        judge(dataclasses.replace(exchange_of(operation(), answer(200, {"state": "on"}), thing), at=at))
        return judge.take()

    for order in ((5.0, "late"), (3.0, "first")), ((3.0, "first"), (5.0, "late")):
        together = merged(*(seen_at(*each) for each in order))
        assert set(together.features.values()) == {Sighting(2, 3.0, ("first",))}


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"place": "body/a/0"}, {"place": "body/a/17"}, True),
        ({"place": "body/0/a/1/b"}, {"place": "body/5/a/5/b"}, True),
        ({"place": "body@5"}, {"place": "body@117"}, True),
        ({"actual": "1"}, {"actual": "2"}, True),
        ({"nearest": "a"}, {"nearest": "b"}, True),
        ({"place": "body/a"}, {"place": "body/b"}, False),
        ({"place": "body/a@5"}, {"place": "body/b@5"}, False),
        ({"place": "body/0"}, {"place": "body/a"}, False),
        ({"cause": "a"}, {"cause": "b"}, False),
        ({"branch": "A"}, {"branch": "B"}, False),
        ({"status": 200}, {"status": 201}, False),
        ({"document": "#/a"}, {"document": "#/b"}, False),
        ({"rule": "schema.enum"}, {"rule": "schema.const"}, False),
    ],
)
def test_violations_of_one_cause_are_one(one: dict[str, Any], two: dict[str, Any], same: bool) -> None:
    plain: dict[str, Any] = {"rule": "schema.type", "status": 200, "place": "body", "document": "#"}
    assert (Violation(**{**plain, **one}).identity == Violation(**{**plain, **two}).identity) is same


def test_a_text_cut_at_many_places_is_one_violation() -> None:
    whole = b'{"state": "on", "list": ["a", "b"]}'
    tally = tally_of(*(answer(200, whole[:end]) for end in range(1, len(whole))))
    assert [each.violation.rule for each in tally.found] == ["json.malformed"]


def test_a_judge_knows_what_was_said_before_even_after_its_tally_was_taken() -> None:
    judge = Judge()

    def ask(born: str) -> tuple[Violation, ...]:
        return judge(exchange_of(operation(), answer(200, {"born": born})))

    assert ask("x") == ()
    assert judge.take().requests == 1
    assert [each.rule for each in ask("y")] == ["overlay.immutable"]
    assert judge.take().requests == 1
    assert judge.take() == Tally()


def test_answers_are_counted_by_status_and_failures_by_kind() -> None:
    tally = tally_of(answer(200, {}), answer(200, {}), answer(404, {}), Failure("reset", ""))
    assert tally.answers == {"200": 2, "404": 1, "reset": 1}
    assert tally.requests == 4


def test_every_retry_is_counted_by_its_reason_and_shown_by_the_answer_that_was_none() -> None:
    judge = Judge()
    for earlier in ((answer(503, {"sorry": 1}), Failure("reset", "")), (answer(429),), (answer(503, {}),)):
        judge(dataclasses.replace(exchange_of(operation(), answer(200, {})), earlier=earlier))
    assert judge.tally.retries == {"503": 2, "reset": 1, "429": 1}
    assert judge.tally.requests == 3
    shown = {each.violation.rule: (each.witness.status, each.witness.text) for each in judge.tally.found}
    assert shown == {"flaky.status": (503, "{}"), "flaky.transport": (0, "")}


def test_an_exchange_that_is_only_counted_is_no_evidence() -> None:
    tally = Tally()
    came = exchange_of(operation(), answer(200, {"state": "x"}))
    tally.count(dataclasses.replace(came, earlier=(answer(503),)))
    assert (tally.answers, tally.retries) == ({"200": 1}, {"503": 1})
    assert (tally.granted, tally.shown, tally.violations) == ({}, {}, {})


LATE, BROKEN, CAME = Failure("timeout", "late"), Failure("reset", "gone"), answer(200, b"{}")


@given(st.lists(st.sampled_from([LATE, BROKEN, CAME])))
def test_a_resource_is_passed_over_once_its_last_three_requests_ran_out_of_time(
    outcomes: list[Response | Failure],
) -> None:
    judge = Judge()
    for outcome in outcomes:
        judge(exchange_of(operation(), outcome, "one"))
        judge(exchange_of(operation(), CAME, "two"))
    passed_over = judge.passes_over(operation(), ("one",))
    assert passed_over == (outcomes[-3:] == [LATE] * 3)
    assert not judge.passes_over(operation(), ("two",))
    assert judge.take().passed_over == ({(operation().path, ("one",))} if passed_over else set())


def test_what_is_wrong_with_an_answer_is_noted_though_there_is_no_room_to_remember_it() -> None:
    history = History()
    judge = Judge(history=history)
    history.note = full  # type: ignore[method-assign]
    with pytest.raises(ScratchError, match="disk is full; name a folder with room by TMPDIR"):
        judge(exchange_of(operation(), answer(200, {"state": "far", "born": 1}), "one"))
    tally = judge.take()
    assert [each.violation.rule for each in tally.found] == ["schema.enum"]
    assert tally.answers == {"200": 1}


def full(exchange: Exchange) -> Iterator[Violation]:
    raise ScratchError(None, sqlite3.OperationalError("the disk is full"))
