"""A value that must repeat the request, and an id that must be refused."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import DocumentError
from tests.support.checking import found, refusing, reported
from tests.support.tiny import answer, document_of

ECHO = {"type": "object", "properties": {"ref": {"x-equals": "$request.path.thing"}}}


@pytest.mark.parametrize(
    ("kind", "asked", "body", "rules"),
    [
        ("string", "a", {"ref": "a"}, []),
        ("string", "a", {"ref": "A"}, ["overlay.equals"]),
        ("string", "é🦊", {"ref": "é🦊"}, []),
        ("string", "é", {"ref": "e\u0301"}, ["overlay.equals"]),
        ("string", "7", {"ref": 7}, []),
        ("string", "a", {}, []),
        ("string", "a", [], ["schema.type"]),
        ("string", "a", {"ref": None}, ["overlay.equals"]),
        ("integer", "7", {"ref": 7}, []),
        ("integer", "7", {"ref": 7.0}, []),
        ("integer", "7", {"ref": "7"}, []),
        ("integer", "7", {"ref": 8}, ["overlay.equals"]),
        ("integer", "1", {"ref": True}, ["overlay.equals"]),
        ("string", "\udcff", {"ref": "\ufffd"}, ["overlay.equals"]),
        ("string", "\udcff", {"ref": 5}, ["overlay.equals"]),
        ("string", "[1]", {"ref": [1]}, ["overlay.equals"]),
    ],
)
def test_a_value_that_must_repeat_the_request_is_compared_with_it(
    kind: str, asked: str, body: Any, rules: list[str]
) -> None:
    document = document_of(ECHO, kind=kind)
    assert [rule for rule, _ in reported(document, answer(200, body), asked)] == rules


def test_an_echo_is_found_through_references_and_all_of() -> None:
    schema = {"allOf": [{"properties": {"in": {"$ref": "#/components/schemas/Inner"}}}]}
    inner = {"Inner": {"properties": {"ref": {"x-equals": "$request.path.thing"}}}}
    document = document_of(schema, inner)
    (violation,) = found(document, answer(200, {"in": {"ref": "b"}}), "a")
    assert (violation.place, violation.pointer) == ("body/in/ref", "#/components/schemas/Inner/properties/ref/x-equals")


@pytest.mark.parametrize("expression", ["$request.path.other", "$request.query.thing", "thing", 5])
def test_an_expression_that_names_no_parameter_is_an_error_of_the_document(expression: Any) -> None:
    document = document_of({"properties": {"ref": {"x-equals": expression}}})
    with pytest.raises(DocumentError, match="x-equals"):
        found(document, answer(200, {}))


@pytest.mark.parametrize(
    ("exists", "rules"), [(False, ["overlay.unknown-resource"]), (None, []), (True, [])], ids=["made up", "?", "known"]
)
def test_a_resource_that_does_not_exist_must_be_refused(exists: bool | None, rules: list[str]) -> None:
    assert [rule for rule, _ in reported(refusing(echo=True), answer(200, {"name": "x"}), "x", exists=exists)] == rules


@pytest.mark.parametrize(("status", "told_of"), [(199, 0), (200, 1), (299, 1), (300, 0)])
def test_any_status_but_success_refuses_a_resource_that_does_not_exist(status: int, told_of: int) -> None:
    document = document_of(responses={"default": {"description": ""}})
    document.schema(document.operations[0].pointer)["x-refuses-unknown"] = True
    assert len(found(document, answer(status, media_type=None), exists=False)) == told_of


def test_an_absent_value_hides_no_other_one_that_must_repeat_the_request() -> None:
    equal = {"x-equals": "$request.path.thing"}
    document = document_of({"properties": {"a": equal, "b": equal, "c": equal}})
    assert {place for _, place in reported(document, answer(200, {"a": "x", "c": "x"}))} == {"body/a", "body/c"}
    assert reported(document, answer(200, {"b": "x"})) == [("overlay.equals", "body/b")]


@pytest.mark.parametrize("rule", [{"type": "string"}, {"enum": ["one"]}, {"maximum": 3}], ids=str)
def test_a_value_that_its_schema_forbids_is_not_compared_with_the_request(rule: dict[str, Any]) -> None:
    document = document_of({"properties": {"ref": {**rule, "x-equals": "$request.path.thing"}}})
    assert [each for each, _ in reported(document, answer(200, {"ref": 5}))] == [f"schema.{next(iter(rule))}"]


def test_a_resource_answered_as_another_is_reported_as_that_alone() -> None:
    assert [rule for rule, _ in reported(refusing(echo=True), answer(200, {"name": "X"}), "x", exists=False)] == [
        "overlay.equals"
    ]
