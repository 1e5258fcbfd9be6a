"""Answers to requests in flight at the same time that were mixed up are one violation."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.http.exchange import Exchange
from contracts.judge.checks import judge
from contracts.judge.history import History
from contracts.judge.violation import Violation
from contracts.openapi import Operation
from tests.support.tiny import answer, document_of, exchange_of

ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"x-equals": "$request.path.thing"}, "born": {"x-immutable": True}},
}


@pytest.mark.parametrize(
    ("kind", "own", "came", "together", "rules"),
    [
        ("string", "a", "b", ["c", "b"], ["overlay.swapped"]),
        ("integer", "1", 2, ["2"], ["overlay.swapped"]),
        ("string", "a", "b", [], ["overlay.equals"]),
        ("string", "a", "b", ["c"], ["overlay.equals"]),
        ("string", "a", "a", ["a", "b"], []),
    ],
)
def test_the_answer_of_a_resource_asked_for_at_the_same_time_is_told_as_that(
    kind: str, own: str, came: Any, together: list[str], rules: list[str]
) -> None:
    document = document_of({"properties": {"ref": {"type": kind, "x-equals": "$request.path.thing"}}}, kind=kind)
    (operation,) = document.operations
    exchange = exchange_of(operation, answer(200, {"ref": came}), own, exists=True)
    request = replace(exchange.request, together=tuple((each,) for each in together))
    violations = judge(operation, replace(exchange, request=request))
    assert [each.rule for each in violations] == rules
    for each in violations if rules == ["overlay.swapped"] else ():
        assert (each.place, each.pointer, each.expected) == ("body", operation.pointer, json.dumps(own))


def test_an_answer_without_the_repeated_value_is_not_told_as_mixed_up() -> None:
    (operation,) = document_of({"properties": {"ref": {"x-equals": "$request.path.thing"}}}).operations
    bodies: list[Any] = [{}, b"{", []]
    for body in bodies:
        exchange = exchange_of(operation, answer(200, body), "a", exists=True)
        request = replace(exchange.request, together=(("b",),))
        rules = {each.rule for each in judge(operation, replace(exchange, request=request))}
        assert "overlay.swapped" not in rules


def in_flight(operation: Operation, thing: str, body: Any, *together: str) -> Exchange:
    exchange = exchange_of(operation, answer(200, body), thing, exists=True)
    return replace(exchange, request=replace(exchange.request, together=tuple((each,) for each in together)))


def test_the_content_of_a_resource_asked_for_at_the_same_time_was_mixed_up() -> None:
    operation, known = document_of(ASKED, refuses=True).operations[0], History()
    for thing in ("a", "b", "c"):
        assert not list(known.compare(in_flight(operation, thing, {"name": thing, "born": f"of {thing}"})))
    # The name is the one that was asked for, and all else is the other's.
    mixed_up = {"name": "a", "born": "of b"}
    (found,) = known.compare(in_flight(operation, "a", mixed_up, "c", "b"))
    assert found == Violation("overlay.swapped", 200, "body", operation.pointer, '"a"', '"b"')
    for together in ((), ("c",)):
        (found,) = known.compare(in_flight(operation, "a", mixed_up, *together))
        assert found.rule == "overlay.immutable"
    assert not list(known.compare(in_flight(operation, "a", {"name": "a", "born": "of a"}, "b", "c")))


def test_a_change_that_makes_two_resources_equal_is_not_mixed_up() -> None:
    operation, known = document_of(ASKED, refuses=True).operations[0], History()
    for thing in ("a", "b"):
        assert not list(known.compare(in_flight(operation, thing, {"name": thing, "born": 1, "state": thing})))
    assert not list(known.compare(in_flight(operation, "a", {"name": "a", "born": 1, "state": "b"}, "b")))
