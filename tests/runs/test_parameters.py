"""Parameters beside the path in whole runs: what is sent, from where it comes, and what a server's no to it means."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from contracts.http import Response
from contracts.openapi import load
from strategies.mock import mock_server
from strategies.mock.server import Asked
from tests.support.suite import BRIEFLY, refused, run_suite

ANY = {"schema": {"type": "string"}}
ANSWER = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}


def written(folder: Path, parameters: Sequence[dict[str, Any]], path: str = "/usage", **more: Any) -> Path:
    """Write a document of one operation with these parameters."""
    file = folder / "usage.json"
    get = {"operationId": "usage", "parameters": list(parameters), "responses": ANSWER, **more}
    contents = {"openapi": "3.1.0", "info": {"title": "Usage", "version": "1"}, "paths": {path: {"get": get}}}
    file.write_text(json.dumps(contents), "utf-8")
    return file


def asked_of(
    file: Path, *options: str, change: Callable[[Asked, Response], Response] = lambda _, came: came
) -> tuple[list[Asked], Any]:
    """Run against a server that keeps the document, but for a change; return what it was asked, and the result."""
    seen: list[Asked] = []

    def record(asked: Asked, response: Response) -> Response:
        seen.append(asked)
        return change(asked, response)

    with mock_server(load(file), changes=[record]) as server:
        result = run_suite("--no-overlay", "--document", str(file), "--base-url", server.url, *options)
    return seen, result


def test_required_parameters_of_every_place_are_sent_with_every_request(tmp_path: Path) -> None:
    parameters = [
        {"name": "year", "in": "query", "required": True, "schema": {"type": "integer"}, "example": 2024},
        {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string", "default": "main"}},
        {"name": "session", "in": "cookie", "required": True, "schema": {"enum": ["a1"]}},
    ]
    seen, result = asked_of(written(tmp_path, parameters))
    assert result.code == 0, result.output
    for asked in seen:
        headers = dict(asked.headers)
        assert parse_qs(asked.target.partition("?")[2]) == {"year": ["2024"]}
        assert (headers["X-Tenant"], headers["Cookie"]) == ("main", "session=a1")


@pytest.mark.parametrize("name", ["year", "usage:year", "GET /usage:year", "/usage:year"])
def test_a_value_of_the_user_comes_before_the_documents(tmp_path: Path, name: str) -> None:
    parameters = [{"name": "year", "in": "query", "required": True, "schema": {"type": "integer"}, "example": 2024}]
    seen, result = asked_of(written(tmp_path, parameters), "--parameter", f"{name}=2025", *BRIEFLY)
    assert result.code == 0, result.output
    assert {asked.target for asked in seen} == {"/usage?year=2025"}


def test_values_of_a_file_are_sent_too(tmp_path: Path) -> None:
    rows = tmp_path / "values.csv"
    rows.write_text('year,tags\n2024,"a,b"\n2025,c\n', "utf-8")
    parameters: list[dict[str, Any]] = [
        {"name": "year", "in": "query", "required": True, "schema": {"type": "integer"}},
        {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
    ]
    seen, result = asked_of(written(tmp_path, parameters), "--parameters", str(rows))
    assert result.code == 0, result.output
    targets = {asked.target for asked in seen}
    assert {"/usage?year=2024&tags=a&tags=b", "/usage?year=2025&tags=a&tags=b", "/usage?year=2024&tags=c"} <= targets


def test_an_undocumented_refusal_of_made_up_values_is_a_note(tmp_path: Path) -> None:
    parameters = [{"name": "filter", "in": "query", **ANY}]

    def picky(asked: Asked, came: Response) -> Response:
        return Response(400, (("Content-Type", "text/plain"),), b"no") if "?" in asked.target else came

    seen, result = asked_of(written(tmp_path, parameters), change=picky)
    assert result.code == 0, result.output
    assert "with made-up values of parameters: 400 text/plain" in result.output
    assert any("filter=" in asked.target for asked in seen)


def test_a_wrong_answer_to_made_up_values_is_a_violation_whose_command_holds_them(tmp_path: Path) -> None:
    parameters: list[dict[str, Any]] = [
        {"name": "filter", "in": "query", **ANY},
        {"name": "X-Mode", "in": "header", **ANY},
    ]

    def broken(asked: Asked, came: Response) -> Response:
        is_moded = "X-Mode" in dict(asked.headers)
        return Response(200, (("Content-Type", "application/json"),), b"[]") if is_moded else came

    _, result = asked_of(written(tmp_path, parameters), "-k", "optional", change=broken)
    assert result.code == 1
    assert "schema.type" in result.output
    assert "always" in result.output
    assert "-H 'X-Mode: " in result.output


def test_a_required_value_that_is_made_up_is_noted_with_the_fix(tmp_path: Path) -> None:
    _, result = asked_of(written(tmp_path, [{"name": "q", "in": "query", "required": True, **ANY}]), *BRIEFLY)
    assert result.code == 0, result.output
    assert "GET /usage: a required parameter has a value made up by its schema" in result.output


def test_an_optional_body_of_a_get_is_not_sent(tmp_path: Path) -> None:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"q": {"type": "string"}}}}}}
    seen, result = asked_of(written(tmp_path, [], requestBody=body))
    assert result.code == 0, result.output
    assert not any(name.lower() in ("content-length", "content-type") for asked in seen for name, _ in asked.headers)


def test_the_mock_shows_an_operation_without_path_parameters_every_answer(tmp_path: Path) -> None:
    file = tmp_path / "lamps.json"
    schema = {"type": "object", "properties": {"state": {"enum": [*"abcdefg"]}, "next": {"type": ["string", "null"]}}}
    answers = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    info = {"title": "Lamps", "version": "1"}
    paths = {"/lamps": {"get": {"responses": answers}}}
    file.write_text(json.dumps({"openapi": "3.1.0", "info": info, "paths": paths}), "utf-8")
    result = run_suite("--no-overlay", "--document", str(file), "--require", "all")
    assert result.code == 0, result.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--parameter", "yaer=1"), "near are year"),
        (("--parameter", "year"), "write it as NAME=VALUE"),
        (("--parameter", "year=soon"), "breaks its schema at #/paths/~1usage/get/parameters/0/schema"),
        (("--parameters", "/nowhere.csv"), "name a readable file"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_the_fix(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    parameters = [{"name": "year", "in": "query", "schema": {"type": "integer"}}]
    file = written(tmp_path, parameters)
    assert words in refused(run_suite("--no-overlay", "--document", str(file), *options))


@pytest.mark.parametrize("text", ["", "year\n", "year,year\n1,2\n", "year\n1,2\n", "year,\n1,2\n", 'year\n"1\n'])
def test_a_malformed_file_of_parameters_is_refused(tmp_path: Path, text: str) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(text, "utf-8")
    file = written(tmp_path, [{"name": "year", "in": "query", "schema": {"type": "integer"}}])
    assert "rows.csv" in refused(run_suite("--no-overlay", "--document", str(file), "--parameters", str(rows)))


def test_a_required_parameter_without_a_value_is_named_with_the_fix(tmp_path: Path) -> None:
    parameters = [{"name": "tags", "in": "header", "required": True, "schema": {"const": [["a"]]}}]
    line = refused(run_suite("--no-overlay", "--document", str(written(tmp_path, parameters))))
    assert "required header parameter" in line
    assert "--parameter tags=VALUE" in line


def test_a_path_parameter_by_name_is_an_id_that_exists(tmp_path: Path) -> None:
    parameters = [{"name": "year", "in": "path", "required": True, "schema": {"type": "string"}}]
    file = written(tmp_path, parameters, "/usage/{year}")
    seen, result = asked_of(file, "--parameter", "year=usage-001", *BRIEFLY)
    assert result.code == 0, result.output
    assert [asked.target for asked in seen].count("/usage/usage-001") > 20
