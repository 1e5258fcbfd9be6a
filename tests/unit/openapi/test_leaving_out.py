"""What cannot be judged is left out by name, with reasons and Overlay actions, and the rest is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.openapi import Document, DocumentError, NothingLeft, load, overlay_action

Read = Callable[[Any], Document]

FINE = {"type": "object", "properties": {"name": {"type": "string"}}}
DANGLING = {"$ref": "#/components/schemas/Nowhere"}
ENDLESS = {"$ref": "#/components/schemas/Endless"}
WRONG = {"minimum": "3"}
NONE: list[Any] = [5]


def answered(schema: Any, **others: Any) -> dict[str, Any]:
    responses = {"200": schema, **others}
    return {
        "operationId": "read",
        "responses": {
            status: {"description": "", "content": {"application/json": {"schema": each}}}
            for status, each in responses.items()
        },
    }


def described(**operations: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lamps", "version": "1"},
        "paths": {f"/{name}": {"get": operation} for name, operation in operations.items()},
        "components": {"schemas": {"Endless": {"allOf": [ENDLESS]}, "Deep": {"properties": {"a": {"items": WRONG}}}}},
    }


def left_out(document: Document) -> list[tuple[str, str]]:
    return [(each.path, each.part) for each in document.left_out]


@pytest.mark.parametrize("schema", [DANGLING, ENDLESS, WRONG, NONE, {"$ref": "#/components/schemas/Deep"}], ids=str)
def test_an_operation_whose_success_cannot_be_judged_is_left_out_alone(read: Read, schema: Any) -> None:
    document = read(described(lamps=answered(schema), rooms=answered(FINE)))
    assert [operation.path for operation in document.operations] == ["/rooms"]
    assert left_out(document) == [("/lamps", "")]
    assert document.described == 2


@pytest.mark.parametrize("schema", [DANGLING, ENDLESS, WRONG, NONE], ids=str)
def test_of_another_response_its_schema_alone_is_left_out(read: Read, schema: Any) -> None:
    document = read(described(lamps=answered(FINE, **{"500": schema})))
    (operation,) = document.operations
    assert left_out(document) == [("/lamps", "500 application/json")]
    error = operation.response_for(500)
    assert error is not None
    assert error.content == {"application/json": None}
    assert document.described == 1


def test_every_problem_is_listed_in_one_go(read: Read) -> None:
    several = {"properties": {"a": DANGLING, "b": WRONG, "c": {"required": "a"}}, "type": "lamp"}
    document = read(described(lamps=answered(several), rooms=answered(FINE), halls={"responses": {}}))
    problems = {each.path: {error.pointer.rpartition("/")[2] for error in each.reasons} for each in document.left_out}
    assert problems == {"/halls": {"responses"}, "/lamps": {"type", "$ref", "minimum", "required"}}


def test_a_document_of_which_nothing_is_left_is_refused_with_every_reason(read: Read) -> None:
    with pytest.raises(NothingLeft, match=r"dangles: .* · .*minimum is no value") as caught:
        read(described(lamps=answered(DANGLING), rooms=answered(WRONG)))
    assert len(str(caught.value).splitlines()) == 1


def test_an_optional_parameter_that_cannot_be_judged_is_not_sent(read: Read) -> None:
    parameter = {"name": "limit", "in": "query", "schema": WRONG}
    (operation,) = read(described(lamps={**answered(FINE), "parameters": [parameter]})).operations
    assert operation.other_parameters == ()


def test_a_required_parameter_that_cannot_be_judged_leaves_its_operation_out(read: Read) -> None:
    parameter = {"name": "limit", "in": "query", "required": True, "schema": WRONG}
    document = read(described(lamps={**answered(FINE), "parameters": [parameter]}, rooms=answered(FINE)))
    assert left_out(document) == [("/lamps", "")]


def test_nothing_that_is_refused_is_left_in_what_others_read(read: Read) -> None:
    contents = str(
        read(described(lamps=answered(FINE, **{"500": DANGLING}), rooms=answered({"maximum": "nought"}))).contents
    )
    assert "Nowhere" not in contents
    assert "nought" not in contents


@pytest.mark.parametrize("schema", [DANGLING, ENDLESS, WRONG, {"items": 5}], ids=str)
def test_the_overlay_actions_let_everything_be_judged(tmp_path: Path, schema: Any) -> None:
    file, overlay = tmp_path / "lamps.yaml", tmp_path / "fix.yaml"
    file.write_text(yaml.safe_dump(described(lamps=answered(schema, **{"500": WRONG}), rooms=answered(FINE))))
    reasons: list[DocumentError] = [error for each in load(file).left_out for error in each.reasons]
    actions = [overlay_action(error) for error in reasons]
    fix = {"overlay": "1.0.0", "info": {"title": "fix", "version": "1"}, "actions": actions}
    overlay.write_text(yaml.safe_dump(fix))
    document = load(file, [overlay])
    assert len(document.operations) == 2
    assert document.left_out == ()
