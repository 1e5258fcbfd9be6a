"""The product: asks a server for every kind of answer and holds each against the contract.

Answers are judged as they come and nothing stops at the first violation: a test fails when it has asked everything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given, seed, settings

from contracts.document import Operation
from contracts.probing import ProbingSession
from contracts.session import GuardedSession
from contracts.tally import Judge
from strategies.job_ids import covering_path_values, path_values
from strategies.self_test import self_test
from tests.api.plan import SETTINGS, part_examples, part_seed

Conclude = Callable[[], None]
Resources = tuple[tuple[str, ...], ...]


def sweep(session: GuardedSession, judge: Judge, operation: Operation, resources: Resources, *, rounds: int) -> None:
    """Reads every resource once in each round, so that what must not change is seen to last."""
    names = [parameter.name for parameter in operation.parameters]
    for _ in range(rounds):
        for values in resources:
            if not judge.passes_over(operation, values):
                session.ask(operation, dict(zip(names, values, strict=True)))


def test_what_broke_a_promise_before_keeps_it_now(
    session: GuardedSession, judge: Judge, operation: Operation, remembered: Resources, conclude: Conclude
) -> None:
    sweep(session, judge, operation, remembered, rounds=2)
    conclude()


def test_every_known_resource_is_answered_as_promised(
    session: GuardedSession, judge: Judge, operation: Operation, resources: Resources, rounds: int, conclude: Conclude
) -> None:
    sweep(session, judge, operation, resources, rounds=rounds)
    conclude()


def test_every_documented_status_is_answered_as_promised_when_preferred(
    session: GuardedSession,
    operation: Operation,
    known: Resources,
    status: str,
    conclude: Conclude,
) -> None:
    # RFC 7240: mocks take it, real servers may ignore it.
    values = next(iter(known), ("0",) * len(operation.parameters))
    names = [parameter.name for parameter in operation.parameters]
    session.ask(operation, dict(zip(names, values, strict=True)), {"Prefer": f"code={status}"})
    conclude()


def test_the_harness_would_have_noticed(operation: Operation, judge: Judge) -> None:
    result = self_test(operation)
    judge.tally.faults.update(caught=result.caught, all=result.caught + len(result.survivors), idle=len(result.idle))
    assert not result.survivors, "\n".join(map(str, result.survivors))


def test_every_class_of_id_is_answered_as_promised(
    pytestconfig: pytest.Config,
    session: GuardedSession,
    operation: Operation,
    part: int,
    known: Resources,
    conclude: Conclude,
) -> None:
    classes = tuple(covering_path_values(operation, known, undecodable=not pytestconfig.option.utf8_ids))
    for values in classes[part - 1 :: pytestconfig.stash[SETTINGS].profile.parts]:
        session.ask(operation, values)
    conclude()


# Hypothesis draws from the constants of all modules of ours that it finds. So that every worker draws the same,
# whatever else it does, each has all of them before it draws.
@pytest.mark.usefixtures("second_opinion")
def test_any_id_is_answered_as_promised(
    pytestconfig: pytest.Config,
    session: GuardedSession,
    operation: Operation,
    part: int,
    known: Resources,
    conclude: Conclude,
) -> None:
    @seed(part_seed(pytestconfig, part))
    @settings(max_examples=part_examples(pytestconfig))
    @given(path_values(operation, known, undecodable=not pytestconfig.option.utf8_ids))
    def ask(values: dict[str, str]) -> None:
        session.ask(operation, values)

    ask()
    conclude()


def test_cases_of_schemathesis_are_answered_as_promised(
    pytestconfig: pytest.Config,
    session: GuardedSession,
    operation: Operation,
    part: int,
    second_opinion: Any,
    conclude: Conclude,
) -> None:
    @seed(part_seed(pytestconfig, -part))
    @settings(max_examples=part_examples(pytestconfig))
    @given(second_opinion.operation(operation).as_strategy())
    def call(case: Any) -> None:
        # What came in place of an answer has been judged already, as everything that passes the session.
        with contextlib.suppress(requests.RequestException):
            case.call(base_url=session.base_url, session=session)

    call()
    conclude()


def test_every_known_resource_is_still_answered_as_promised_after_all_that(
    session: GuardedSession, judge: Judge, operation: Operation, resources: Resources, conclude: Conclude
) -> None:
    sweep(session, judge, operation, resources, rounds=1)
    conclude()


def test_a_method_that_the_document_does_not_have_is_refused(
    probing: ProbingSession, operation: Operation, method: str, known: Resources, conclude: Conclude
) -> None:
    # Last of all, and of the last resource: what is left of it then, nobody knows.
    values = next(reversed(known), ("0",) * len(operation.parameters))
    names = [parameter.name for parameter in operation.parameters]
    probing.try_method(method, operation, dict(zip(names, values, strict=True)))
    conclude()
