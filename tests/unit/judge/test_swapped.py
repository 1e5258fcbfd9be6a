"""Answers to requests in flight at the same time that were mixed up are one violation."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.http.exchange import Exchange
from contracts.judge.checks import judge
from contracts.judge.history import History
from contracts.judge.validation import LARGE
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
        assert (each.place, each.pointer) == ("body", operation.pointer)
        assert (each.expected, each.actual) == (json.dumps(own), json.dumps(came))


def test_an_answer_without_the_repeated_value_is_not_told_as_mixed_up() -> None:
    # Python makes no number of as many digits.
    names = {name: {"x-equals": "$request.path.thing"} for name in ("ref", "9" * 5_000)}
    (operation,) = document_of({"properties": names}).operations
    bodies: list[Any] = [{}, b"{", b"", []]
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


def test_an_undocumented_answer_is_not_told_as_mixed_up() -> None:
    (operation,) = document_of(ASKED, refuses=True).operations
    exchange = in_flight(operation, "a", {"name": "b"}, "b")
    violations = judge(operation, replace(exchange, outcome=answer(404, {"name": "b"})))
    assert [each.rule for each in violations] == ["status.known-resource"]


def test_resources_of_several_parameters_that_were_mixed_up_are_named_by_all_of_them() -> None:
    schema = {"properties": {"ref": {"x-equals": "$request.path.y"}, "born": {"x-immutable": True}}}
    (operation,) = document_of(schema, path="/a/{x}/b/{y}", refuses=True).operations
    known = History()

    def asked(*resource: str, body: Any) -> Exchange:
        exchange = exchange_of(operation, answer(200, body), *resource, exists=True)
        return replace(exchange, request=replace(exchange.request, together=(("1", "2"), ("3", "4"))))

    for resource, born in ((("1", "2"), "x"), (("3", "4"), "y")):
        assert not list(known.compare(asked(*resource, body={"ref": resource[1], "born": born})))
    (found,) = known.compare(asked("1", "2", body={"ref": "2", "born": "y"}))
    assert found == Violation("overlay.swapped", 200, "body", operation.pointer, '"1/2"', '"3/4"')
    (found,) = judge(operation, asked("1", "2", body={"ref": "4"}))
    assert found == Violation("overlay.swapped", 200, "body", operation.pointer, '"1/2"', '"4"')


@pytest.mark.parametrize(("size", "rule"), [(LARGE - 1, "overlay.swapped"), (LARGE, "overlay.immutable")])
def test_large_answers_are_not_told_apart_from_those_of_other_resources(size: int, rule: str) -> None:
    operation, known = document_of(ASKED, refuses=True).operations[0], History()
    long = "x" * (size - len('{"name": "aa", "born": ""}'))
    assert not list(known.compare(in_flight(operation, "aa", {"name": "aa", "born": "short"})))
    # The other's answer is shorter, for its name is.
    assert not list(known.compare(in_flight(operation, "b", {"name": "b", "born": long})))
    mixed_up = {"name": "aa", "born": long}
    assert len(json.dumps(mixed_up)) == size
    assert [each.rule for each in known.compare(in_flight(operation, "aa", mixed_up, "b"))] == [rule]
