"""An id answered as a resource with a similar id is an alias."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.http.exchange import Failure, Response
from contracts.judge.history import History
from contracts.judge.validation import LARGE
from contracts.judge.violation import Violation
from contracts.openapi import Operation
from tests.support.tiny import JSON, answer, document_of, exchange_of

ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"x-equals": "$request.path.thing"}, "born": {"x-immutable": True}},
}


def mistaken(*asked: tuple[str, Any, bool | None]) -> list[list[str]]:
    """Return the kinds of alias found for these resources, bodies and existences, in turn."""
    operation, known = document_of(ASKED, refuses=True).operations[0], History()
    return [[each.variant for each in reported(known, operation, *each)] for each in asked]


def reported(known: History, operation: Operation, thing: str, body: Any, exists: bool | None) -> list[Violation]:
    outcome = body if isinstance(body, (Response, Failure)) else answer(200, body)
    return list(known.aliases(exchange_of(operation, outcome, thing, exists=exists)))


def test_an_id_answered_as_a_resource_with_a_similar_id_is_an_alias() -> None:
    one = ("job-a", {"name": "job-a", "born": 1}, True)
    assert mistaken(one, ("JOB-A", {"name": "JOB-A", "born": 1}, None)) == [[], ["case"]]
    assert mistaken(one, ("job-a ", {"name": "job-a ", "born": 1}, False)) == [[], ["blanks"]]
    assert mistaken(one, ("job-ab", {"name": "job-ab", "born": 1}, None)) == [[], ["suffix"]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("JOB-A", {"name": "JOB-A", "born": 2}, None), id="says something else"),
        pytest.param(("JOB-A", {"name": "JOB-A", "born": 1, "more": 1}, None), id="says more"),
        pytest.param(("JOB-A", {"name": "JOB-A", "born": 1}, True), id="is known to exist"),
        pytest.param(("other", {"name": "other", "born": 1}, None), id="is named otherwise"),
    ],
)
def test_a_resource_with_content_of_its_own_is_no_alias(other: tuple[str, Any, bool | None]) -> None:
    assert mistaken(("job-a", {"name": "job-a", "born": 1}, True), other) == [[], []]


def test_a_response_without_an_immutable_value_is_no_alias() -> None:
    assert mistaken(("job-a", {"name": "job-a"}, True), ("JOB-A", {"name": "JOB-A"}, None)) == [[], []]


def test_content_that_unlike_ids_share_is_no_alias() -> None:
    answers = [(thing, {"name": thing, "born": 1}, thing == "job-a" or None) for thing in ("job-a", "other", "JOB-A")]
    assert mistaken(*answers) == [[], [], []]


def test_an_alias_is_reported_in_full() -> None:
    refusals = {"404": {"description": ""}, "default": {"description": ""}}
    granted = {"description": "", "content": {JSON: {"schema": ASKED}}}
    operation = document_of(responses={"200": granted, "201": granted, **refusals}, refuses=True).operations[0]
    known = History()
    assert reported(known, operation, "job/a", {"name": "job/a", "born": 1}, True) == []
    (found,) = reported(known, operation, "JOB/a", answer(201, {"name": "JOB/a", "born": 1}), None)
    place = "#/paths/~1things~1{thing}/get/x-refuses-unknown"
    expected = Violation("overlay.alias", 201, "status", place, '["404", "default"]', '"job/a"', variant="case")
    assert found == expected
    assert operation.document.schema(place) is True


@pytest.mark.parametrize("schema", [ASKED, {"x-immutable": True}], ids=["in the value", "the value"])
def test_only_readable_success_responses_can_be_aliases(schema: dict[str, Any]) -> None:
    promised = {"default": {"description": "", "content": {JSON: {"schema": schema}}}}
    operation, other = document_of(responses=promised, refuses=True).operations[0], {"born": 1}

    def causes(known_as: Response | Failure, asked_as: Response | Failure) -> list[str]:
        known = History()
        assert reported(known, operation, "job-a", known_as, True) == []
        return [each.variant for each in reported(known, operation, "JOB-A", asked_as, None)]

    for status in (200, 299):
        assert causes(answer(status, other), answer(200, other)) == ["case"]
        assert causes(answer(200, other), answer(status, other)) == ["case"]
    for outcome in (answer(199, other), answer(300, other), answer(200, b"{"), answer(200), Failure("timeout", "")):
        assert causes(outcome, answer(200, other)) == causes(answer(200, other), outcome) == []
        assert causes(outcome, outcome) == []


def test_an_operation_that_may_answer_any_id_has_no_aliases() -> None:
    operation, known = document_of(ASKED).operations[0], History()
    for thing, exists in (("job-a", True), ("JOB-A", None)):
        assert reported(known, operation, thing, {"name": thing, "born": 1}, exists) == []


def test_large_bodies_are_not_compared_for_aliases() -> None:
    for size, kinds in ((LARGE - 1, ["case"]), (LARGE, [])):
        large = {"born": "x" * (size - len('{"born": ""}'))}
        assert mistaken(("job-a", large, True), ("JOB-A", large, None)) == [[], kinds]


def test_a_known_resource_is_compared_by_its_last_content() -> None:
    early, late = {"born": 1, "state": "on"}, {"born": 1, "state": "off"}
    assert mistaken(("a", early, True), ("a", late, True), ("A", early, None), ("A", late, None)) == [
        [],
        [],
        [],
        ["case"],
    ]


def test_a_known_resource_requested_in_another_way_is_no_alias() -> None:
    # Whoever prefers an answer does not say whether the resource exists.
    one = {"name": "job-a", "born": 1}
    assert mistaken(("job-a", one, True), ("job-a", one, None), ("JOB-A", {**one, "name": "JOB-A"}, None)) == [
        [],
        [],
        ["case"],
    ]


def test_values_that_repeat_the_request_are_left_out_of_the_content() -> None:
    echo = {"x-equals": "$request.path.thing"}
    inner = {"properties": {"name": echo, "more": True}}
    schema = {
        "properties": {
            "name": echo,
            "inner": inner,
            "deep": {"properties": {"inner": inner}},
            "born": {"x-immutable": True},
        }
    }
    operation, known = document_of(schema, refuses=True).operations[0], History()

    def body(name: str, more: int = 1) -> dict[str, Any]:
        inner = {"name": name, "more": more}
        return {"name": name, "inner": inner, "deep": {"inner": inner, "more": more}, "born": 1}

    assert reported(known, operation, "a", body("a"), True) == []
    assert reported(known, operation, "A", body("A", 2), None) == []
    assert reported(known, operation, "A", {**body("A"), "inner": []}, None) == []
    assert [each.variant for each in reported(known, operation, "A", body("A"), None)] == ["case"]
    for thing in ("b", "c"):  # Whatever stands where a part of it might be.
        odd = {"name": thing, "born": 1, **({} if thing == "b" else {"inner": "the name", "deep": {"inner": ["name"]}})}
        assert reported(known, operation, thing, odd, True) == []
        (found,) = reported(known, operation, thing.upper(), {**odd, "name": thing.upper()}, None)
        assert (found.actual, found.variant) == (f'"{thing}"', "case")


def test_resources_of_two_operations_are_never_aliases() -> None:
    known = History()
    one, other = (document_of(ASKED, refuses=True, path=path).operations[0] for path in ("/a/{thing}", "/b/{thing}"))
    assert reported(known, one, "job-a", {"born": 1}, True) == []
    assert reported(known, other, "JOB-A", {"born": 1}, None) == []
    assert reported(known, other, "job-b", {"born": 1}, None) == []
    (found,) = reported(known, one, "JOB-A", {"born": 1}, None)
    assert found.actual == '"job-a"'
    assert reported(known, other, "job-b", {"born": 1}, True) == []
    (found,) = reported(known, other, "JOB-B", {"born": 1}, None)
    assert found.actual == '"job-b"'


def test_a_resource_with_several_parameters_is_reported_by_all_of_them() -> None:
    schema = {"properties": {"born": {"x-immutable": True}}}
    known, operation = History(), document_of(schema, path="/a/{x}/b/{y}", refuses=True).operations[0]
    outcome = answer(200, {"born": 1})
    assert list(known.aliases(exchange_of(operation, outcome, "one", "two", exists=True))) == []
    (found,) = known.aliases(exchange_of(operation, outcome, "one", "TWO"))
    assert found.actual == '"one/two"'


def test_aliases_do_not_depend_on_the_order_of_properties() -> None:
    same = {"born": 1}
    for other in ("abc", "zzz"):
        assert mistaken(("job-a", same, True), (other, same, True), ("JOB-A", same, None)) == [[], [], []]
    assert mistaken(("job-a", same, True), ("Job-a", same, True), ("JOB-A", same, None)) == [[], [], ["case"]]


def sunk(frames: int, call: Callable[[], Any]) -> Any:
    """Return the result of the call with that many more frames on the stack."""
    return sunk(frames - 1, call) if frames else call()


@pytest.mark.parametrize("depth", [10, 200, 300, 400, 450])
def test_a_value_nested_too_deeply_to_be_compared_is_never_a_change(depth: int) -> None:
    known, operation = History(), document_of(ASKED, refuses=True).operations[0]
    name = {"name": "one", "born": None, "more": None}

    def body(born: str) -> bytes:
        deep = f'{"[" * depth}{{"b": 1.0, "a": {born}}}{"]" * depth}'
        return json.dumps(name).replace('"born": null', f'"born": {deep}').encode()

    def reported() -> list[Violation]:
        exchange = exchange_of(operation, answer(200, body("1")))
        return [*known.changes(exchange), *known.aliases(exchange)]

    for frames in (0, 300, 0):  # How deep is too deep depends on how deep Python is already.
        assert sunk(frames, reported) == []
    changes = [*known.changes(exchange_of(operation, answer(200, body("2"))))]
    assert len(changes) == 1 or depth > 200


def test_processes_that_share_a_file_know_each_others_resources(tmp_path: Path) -> None:
    operation = document_of(ASKED, refuses=True).operations[0]
    one, other = History(tmp_path / "history"), History(tmp_path / "history")
    assert reported(one, operation, "job-a", {"name": "job-a", "born": 1}, True) == []
    assert [each.variant for each in reported(other, operation, "JOB-A", {"name": "JOB-A", "born": 1}, None)] == [
        "case"
    ]
    assert reported(one, operation, "unlike", {"name": "unlike", "born": 1}, None) == []
    assert reported(other, operation, "JOB-A", {"name": "JOB-A", "born": 1}, None) == []
    one.close()
    other.close()
