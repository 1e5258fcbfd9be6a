"""Tallies: every violation once, the smallest witness, and one verdict however the work was divided."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.shared_state import SharedStateError
from contracts.judge.history import History
from contracts.judge.violation import Violation
from contracts.run.observer import Observer
from contracts.verdict.tally import FeatureObservation, Tally
from tests.support.tiny import answer, exchange_of
from tests.support.verdicts import contents, operation, tally_of, tally_on


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
def test_merging_is_commutative(one: Tally, two: Tally) -> None:
    assert contents(merged(one, two)) == contents(merged(two, one))


@given(tallies, tallies, tallies)
def test_merging_is_associative(one: Tally, two: Tally, three: Tally) -> None:
    assert contents(merged(merged(one, two), three)) == contents(merged(one, merged(two, three)))


@given(tallies)
def test_merging_an_empty_tally_changes_nothing(one: Tally) -> None:
    assert contents(merged(one, Tally())) == contents(merged(Tally(), one)) == contents(one)


@given(tallies)
def test_a_tally_is_read_back_from_its_json(one: Tally) -> None:
    assert contents(Tally.from_json(json.loads(json.dumps(one.to_json())))) == contents(one)


@given(st.lists(outcomes, max_size=8))
def test_several_workers_make_the_same_tally_as_one(found: list[Response | Failure]) -> None:
    apart = functools.reduce(lambda sofar, each: merged(sofar, tally_of(each)), found, Tally())
    assert contents(apart) == contents(tally_of(*found))


def test_every_distinct_violation_is_recorded_once_with_its_count() -> None:
    tally = tally_of(
        answer(200, {"list": [1]}),
        answer(200, {"list": ["a", 2, 3]}),
        answer(200, {"list": [None]}),
        answer(200, {"state": "x"}),
        answer(200, {"state": "x"}),
        answer(200, {"state": "y"}),
    )
    assert [(each.violation.place, each.violation.variant, each.count) for each in tally.found] == [
        ("body/state", "x", 2),
        ("body/state", "y", 1),
        ("body/list/0", "integer", 3),
        ("body/list/0", "null", 1),
    ]


def test_the_smallest_response_is_the_witness() -> None:
    large, small = answer(200, {"state": "x", "pad": "p"}), answer(200, {"state": "x"})
    for order in ((large, small, large), (small, large)):
        (record,) = tally_of(*order).found
        assert record.witness.outcome == small


def test_a_witness_keeps_neither_the_message_nor_earlier_attempts() -> None:
    outcome = dataclasses.replace(answer(404, {}), message=b"HTTP/1.1 404")
    exchange = exchange_of(operation(), outcome)
    records = tally_on([dataclasses.replace(exchange, previous_attempts=(answer(429),))]).found
    assert records
    for record in records:
        assert record.witness.outcome.message == b""
        assert record.witness.exchange(operation().document) == exchange


def test_a_resource_known_to_exist_is_a_better_witness_than_a_smaller_response() -> None:
    small = exchange_of(operation(), answer(200, {"state": "x"}), "a")
    large = exchange_of(operation(), answer(200, {"state": "x", "pad": "ppp"}), "known", exists=True)
    (record,) = tally_on([small, large]).found
    assert record.witness.request.parameter_values == ("known",)


def test_every_resource_that_a_violation_was_seen_on_is_kept() -> None:
    (record,) = tally_on(exchange_of(operation(), answer(404, {}), f"{number:02}") for number in range(30)).found
    assert record.count == 30
    assert [*record.resources] == [(f"{number:02}",) for number in range(30)]


def test_a_feature_is_reported_with_its_first_observation_by_any_worker() -> None:
    def seen_at(at: float, thing: str) -> Tally:
        return tally_on([dataclasses.replace(exchange_of(operation(), answer(200, {"state": "on"}), thing), at=at)])

    for order in ((5.0, "late"), (3.0, "first")), ((3.0, "first"), (5.0, "late")):
        together = merged(*(seen_at(*each) for each in order))
        assert set(together.features.values()) == {FeatureObservation(2, 3.0, ("first",))}


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"place": "body/a/0"}, {"place": "body/a/17"}, True),
        ({"place": "body/0/a/1/b"}, {"place": "body/5/a/5/b"}, True),
        ({"place": "body@5"}, {"place": "body@117"}, True),
        ({"actual": "1"}, {"actual": "2"}, True),
        ({"suggestion": "a"}, {"suggestion": "b"}, True),
        ({"place": "body/a"}, {"place": "body/b"}, False),
        ({"place": "body/a@5"}, {"place": "body/b@5"}, False),
        ({"place": "body/0"}, {"place": "body/a"}, False),
        ({"variant": "a"}, {"variant": "b"}, False),
        ({"branch": "A"}, {"branch": "B"}, False),
        ({"status": 200}, {"status": 201}, False),
        ({"pointer": "#/a"}, {"pointer": "#/b"}, False),
        ({"rule": "schema.enum"}, {"rule": "schema.const"}, False),
    ],
)
def test_violations_of_one_cause_have_one_identity(one: dict[str, Any], two: dict[str, Any], same: bool) -> None:
    plain: dict[str, Any] = {"rule": "schema.type", "status": 200, "place": "body", "pointer": "#"}
    assert (Violation(**{**plain, **one}).identity == Violation(**{**plain, **two}).identity) is same


def test_a_text_cut_at_many_places_is_one_violation() -> None:
    whole = b'{"state": "on", "list": ["a", "b"]}'
    tally = tally_of(*(answer(200, whole[:end]) for end in range(1, len(whole))))
    assert [each.violation.rule for each in tally.found] == ["json.malformed"]


def test_an_observer_remembers_earlier_responses_after_its_tally_was_taken() -> None:
    observer = Observer()

    def ask(born: str) -> tuple[Violation, ...]:
        return observer(exchange_of(operation(), answer(200, {"born": born})))

    assert ask("x") == ()
    assert observer.take().requests == 1
    assert [each.rule for each in ask("y")] == ["overlay.immutable"]
    assert observer.take().requests == 1
    assert observer.take() == Tally()


def test_answers_are_counted_by_status_and_failures_by_kind() -> None:
    tally = tally_of(answer(200, {}), answer(200, {}), answer(404, {}), Failure("reset", ""))
    assert tally.answers == {"200": 2, "404": 1, "reset": 1}
    assert tally.requests == 4


def test_every_retry_is_counted_by_its_reason_and_shown_by_the_failed_attempt() -> None:
    observer = Observer()
    for earlier in ((answer(503, {"sorry": 1}), Failure("reset", "")), (answer(429),), (answer(503, {}),)):
        observer(dataclasses.replace(exchange_of(operation(), answer(200, {})), previous_attempts=earlier))
    assert observer.tally.retries == {"503": 2, "reset": 1, "429": 1}
    assert observer.tally.requests == 3
    witnesses = {record.violation.rule: record.witness.outcome for record in observer.tally.found}
    assert witnesses == {"flaky.status": answer(503, {}), "flaky.transport": Failure("reset", "")}


def test_an_exchange_that_is_only_counted_is_no_evidence() -> None:
    tally = Tally()
    came = exchange_of(operation(), answer(200, {"state": "x"}))
    tally.count(dataclasses.replace(came, previous_attempts=(answer(503),)))
    assert (tally.answers, tally.retries) == ({"200": 1}, {"503": 1})
    assert (tally.successes, tally.observations, tally.found) == ({}, {}, ())


LATE, BROKEN, CAME = Failure("timeout", "late"), Failure("reset", "gone"), answer(200, b"{}")


@given(st.lists(st.sampled_from([LATE, BROKEN, CAME])))
def test_a_resource_is_skipped_once_its_last_three_requests_ran_out_of_time(outcomes: list[Response | Failure]) -> None:
    observer = Observer()
    for outcome in outcomes:
        observer(exchange_of(operation(), outcome, "one"))
        observer(exchange_of(operation(), CAME, "two"))
    skipped_hanging = observer.skips_hanging(operation(), ("one",))
    assert skipped_hanging == (outcomes[-3:] == [LATE] * 3)
    assert not observer.skips_hanging(operation(), ("two",))
    assert observer.take().skipped_hanging == ({(operation().path, ("one",))} if skipped_hanging else set())


def test_violations_are_counted_although_the_disk_is_too_full_to_remember_the_response() -> None:
    history = History()
    observer = Observer(history=history)
    history.changes = full  # type: ignore[method-assign]
    with pytest.raises(SharedStateError, match="disk is full; name a folder with room by TMPDIR"):
        observer(exchange_of(operation(), answer(200, {"state": "far", "born": 1}), "one"))
    tally = observer.take()
    assert [each.violation.rule for each in tally.found] == ["schema.enum"]
    assert tally.answers == {"200": 1}


def full(exchange: Exchange) -> Iterator[Violation]:
    raise SharedStateError(None, sqlite3.OperationalError("the disk is full"))
