"""In Schemathesis a response is judged as anywhere else, each violation is a failure, and known ids are asked for."""

from __future__ import annotations

import copy
import importlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis

from contracts.openapi import PINNED
from contracts.openapi.document import TEMPLATE
from tests.support.pinned import CATALOGUE, KNOWN, OPERATION

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
JAR = {"type": "object", "required": ["label"], "properties": {"label": STRING, "grams": INTEGER}}
ANSWERS = {
    "200": {
        "description": "a jar",
        "headers": {"X-Shelf": {"required": True, "schema": INTEGER}},
        "content": {"application/json": {"schema": JAR}},
    }
}


def get(*parameters: tuple[str, str, Any, bool]) -> dict[str, Any]:
    found = [dict(zip(("name", "in", "schema", "required"), each, strict=True)) for each in parameters]
    return {"get": {"parameters": found, "responses": ANSWERS}}


LIMIT = ("limit", "query", INTEGER, False)
CONTENTS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pantry", "version": "1"},
    "paths": {
        "/jars/{jar}": {**get(("jar", "path", STRING, True), LIMIT), "delete": {"responses": {"204": {}}}},
        "/racks/{rack}": get(("rack", "path", INTEGER, True)),
        "/lids/{lid}": get(("lid", "path", STRING, True), ("size", "query", INTEGER, True)),
        "/jars": {"get": {"responses": ANSWERS}, "post": {"responses": {"201": {"description": "made"}}}},
    },
}
RIGHT = {"label": "plum"}
FIELDS = {"content-type": ["application/json"], "x-shelf": ["3"]}


@pytest.fixture(scope="module")
def hooks() -> Iterator[ModuleType]:
    """The module of hooks, of which Schemathesis knows nothing before and after these tests."""
    module = importlib.import_module("contracts.schemathesis_hooks")
    yield module
    for name in ("after_load_schema", "before_add_examples", "flatmap_path_parameters", "filter_case"):
        schemathesis.hooks.unregister(getattr(module, name))
    schemathesis.checks.CHECKS.unregister("contract")
    del sys.modules[module.__name__]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCUMENT", "OVERLAY", "JOB_IDS", "JOB_IDS_FILE", "STRICT_REFUSALS"):
        monkeypatch.delenv(f"CONTRACT_{name}", raising=False)


def pantry(**changes: Any) -> Any:
    """Load the document as Schemathesis does, with other members."""
    return schemathesis.openapi.from_dict({**copy.deepcopy(CONTENTS), **changes})


def response(
    url: str, body: Any = RIGHT, status: int = 200, fields: dict[str, list[str]] = FIELDS, **more: Any
) -> schemathesis.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = requests.Request("GET", f"http://pantry.invalid{url}", {"Accept-Encoding": "gzip, br"}).prepare()
    return schemathesis.Response(status, fields, content, request, 0.1, True, **more)


def judged(
    hooks: ModuleType, answer: schemathesis.Response, schema: Any = None, path: str = "/jars/{jar}", **case: Any
) -> list[str] | None:
    """Return the messages by which the check fails, sorted; None if it says that it does not apply."""
    made = (schema or pantry())[path]["GET"].Case(path_parameters=dict.fromkeys(TEMPLATE.findall(path), "7"), **case)
    try:
        return None if hooks.contract(None, answer, made) else []
    except schemathesis.errors.FailureGroup as group:
        return sorted(failure.message for failure in group.exceptions)


def test_an_answer_that_keeps_every_promise_passes(hooks: ModuleType) -> None:
    assert judged(hooks, response("/jars/7")) == []


def test_each_violation_of_an_answer_is_a_failure_of_its_own_in_the_words_of_a_verdict(hooks: ModuleType) -> None:
    fields = {"content-type": ["application/json"]}
    assert judged(hooks, response("/jars/7", {"grams": "5"}, fields=fields)) == [
        "header.missing at header X-Shelf of 200: expected the header, got nothing",
        "schema.required at /label of 200: expected the property, got nothing",
        'schema.type at /grams of 200: expected integer, got string "5"',
    ]


def failures(hooks: ModuleType, *bodies: Any) -> set[Any]:
    found: set[Any] = set()
    for body in bodies:
        with pytest.raises(schemathesis.errors.FailureGroup) as raised:
            hooks.contract(
                None, response("/jars/7", body), pantry()["/jars/{jar}"]["GET"].Case(path_parameters={"jar": "7"})
            )
        found.update(raised.value.exceptions)
    return found


def test_one_violation_with_other_values_is_the_same_failure_to_schemathesis(hooks: ModuleType) -> None:
    assert len(failures(hooks, {**RIGHT, "grams": "5"}, {**RIGHT, "grams": "6"})) == 1


def test_other_violations_are_other_failures_to_schemathesis(hooks: ModuleType) -> None:
    assert len(failures(hooks, {**RIGHT, "grams": "5"}, {"label": 5}, {}, [])) == 4


def test_every_failure_has_the_name_of_the_check(hooks: ModuleType) -> None:
    assert {failure.title for failure in failures(hooks, {}, [])} == {"Custom check failed: `contract`"}


@pytest.mark.parametrize("url", ["/jars/7", "/base/jars/7", "/a/b/jars/%2F%20%C3%BC", "/jars/jars"])
def test_what_stands_before_the_documents_paths_does_not_matter(hooks: ModuleType, url: str) -> None:
    assert judged(hooks, response(url, {})) == ["schema.required at /label of 200: expected the property, got nothing"]


@pytest.mark.parametrize(
    "answer",
    [
        response("/elsewhere", {}),
        response("/jars", {}, status=404),
        response("/jars/7", {}, content_size=9_000),
        response("/jars/7", {}, stream_cut_short=True),
    ],
    ids=["redirected", "a shorter path", "a part of a body", "a part of a stream"],
)
def test_the_check_does_not_apply_to_what_cannot_be_judged(hooks: ModuleType, answer: schemathesis.Response) -> None:
    assert judged(hooks, answer) is None


def test_the_check_does_not_apply_to_other_methods(hooks: ModuleType) -> None:
    case = pantry()["/jars"]["POST"].Case()
    assert hooks.contract(None, response("/jars", {}), case) is True


def test_an_id_of_the_file_has_to_be_answered_with_success(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    responses = {**ANSWERS, "404": {"description": "none"}}
    paths = {"/jars/{jar}": {"get": {**get(("jar", "path", STRING, True))["get"], "responses": responses}}}
    file = tmp_path / "ids.txt"
    file.write_text("plum/jam\n\nü 7\n", "utf-8")
    monkeypatch.setenv("CONTRACT_JOB_IDS_FILE", str(file))
    schema = pantry(paths=paths)
    refused = ["status.known-resource at status: expected 200 for a resource that exists, got 404"]
    for url, found in [("/jars/plum%2Fjam", refused), ("/jars/%C3%BC%207", refused), ("/jars/plum", [])]:
        assert judged(hooks, response(url, b"", 404, {}), schema) == found


def test_a_known_id_may_be_refused_for_a_value_beside_it(hooks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "plum")
    assert judged(hooks, response("/jars/plum?limit=x", b"", 400, {}), query={"limit": "x"}) == []
    assert len(judged(hooks, response("/jars/plum", b"", 400, {})) or ()) == 1


def test_a_known_id_may_be_refused_where_schemathesis_may_have_left_the_credentials_out(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "plum")
    responses = {**ANSWERS, "401": {"description": "who is it?"}, "404": {"description": "none"}}
    paths = {"/jars/{jar}": {"get": {**get(("jar", "path", STRING, True))["get"], "responses": responses}}}
    scheme = {"type": "apiKey", "in": "header", "name": "x-pantry"}
    for components, status, found in [
        ({}, 401, 1),
        ({"securitySchemes": {"key": scheme}}, 401, 0),
        ({"securitySchemes": {"key": scheme}}, 404, 1),
    ]:
        schema = pantry(paths=paths, components=components)
        assert len(judged(hooks, response("/jars/plum", b"", status, {}), schema) or ()) == found


REFUSED = response("/jars/%00", b"<html>", 400, {"content-type": ["text/html"]})


def test_a_refusal_of_a_strange_id_is_no_failure_unless_that_is_asked_for(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judged(hooks, REFUSED) == []
    monkeypatch.setenv("CONTRACT_STRICT_REFUSALS", "1")
    assert judged(hooks, REFUSED) == ["status.undocumented at status: expected 200, got 400"]


def test_a_refusal_of_a_path_value_that_the_document_does_not_allow_is_no_failure(hooks: ModuleType) -> None:
    schema, path = pantry(), "/racks/{rack}"
    assert judged(hooks, response("/racks/top", b"", 404, {}), schema, path) == []
    assert judged(hooks, response("/racks/7", b"", 404, {}), schema, path) == [
        "status.undocumented at status: expected 200, got 404"
    ]


def test_a_refusal_without_a_required_value_is_no_failure(hooks: ModuleType) -> None:
    assert judged(hooks, response("/lids/7", b"", 422, {}), path="/lids/{lid}") == []


def test_a_content_coding_that_schemathesis_asked_for_is_undone_already(hooks: ModuleType) -> None:
    for coding, found in [("gzip", 0), ("br", 0), ("gzip, br", 0), ("zstd", 1)]:
        answer = response("/jars/7", fields={**FIELDS, "content-encoding": [coding]})
        assert len(judged(hooks, answer) or ()) == found, coding


def test_header_fields_of_one_name_stay_apart(hooks: ModuleType) -> None:
    words = judged(hooks, response("/jars/7", fields={**FIELDS, "content-type": ["application/json"] * 2}))
    assert words is not None
    assert "content-type.malformed" in words[0]


def examples(hooks: ModuleType, path: str, method: str = "GET", schema: Any = None) -> list[Any]:
    found: list[Any] = []
    hooks.before_add_examples(schemathesis.HookContext(operation=(schema or pantry())[path][method]), found)
    return [case.path_parameters for case in found]


def test_every_known_id_is_an_example_encoded_as_a_url_has_it(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "plum/jam,ü%,/racks/7")
    assert examples(hooks, "/jars/{jar}") == [{"jar": "plum%2Fjam"}, {"jar": "%C3%BC%25"}]
    assert examples(hooks, "/racks/{rack}") == [{"rack": "7"}]


@pytest.mark.parametrize(
    ("path", "method"), [("/jars/{jar}", "DELETE"), ("/jars", "GET"), ("/jars", "POST"), ("/lids/{lid}", "GET")]
)
def test_no_id_is_an_example_of_another_method_or_of_what_needs_more_than_an_id(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch, path: str, method: str
) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "plum")
    assert examples(hooks, path, method) == []


def drawn(hooks: ModuleType, path: str, method: str = "GET") -> Callable[[dict[str, str]], bool]:
    context = schemathesis.HookContext(operation=pantry()[path][method])
    strategy = hooks.flatmap_path_parameters(context, {"it": "drawn"})

    def can_draw(wanted: dict[str, str]) -> bool:
        try:
            hypothesis.find(strategy, lambda value: value == wanted, settings=hypothesis.settings(database=None))
        except hypothesis.errors.NoSuchExample:
            return False
        return True

    return can_draw


def test_known_ids_take_turns_with_what_schemathesis_draws(hooks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "ü/7,plum")
    can_draw = drawn(hooks, "/jars/{jar}")
    assert all(map(can_draw, [{"it": "drawn"}, {"jar": "ü/7"}, {"jar": "plum"}]))


def test_no_known_id_is_drawn_for_another_method(hooks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "plum")
    can_draw = drawn(hooks, "/jars/{jar}", "DELETE")
    assert can_draw({"it": "drawn"})
    assert not can_draw({"jar": "plum"})


@pytest.mark.parametrize("value", ["plum/jam", "plum%2Fjam"])
def test_no_other_method_than_get_is_sent_to_a_known_id(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CONTRACT_JOB_IDS", "plum/jam")
    operation = pantry()["/jars/{jar}"]["GET"]
    context = schemathesis.HookContext(operation=operation)
    for method, jar, sent in [("GET", value, True), ("DELETE", value, False), ("DELETE", "plum", True)]:
        case = operation.Case(method=method, path_parameters={"jar": jar})
        assert hooks.filter_case(context, case) is sent


(RESOURCE, *_) = CATALOGUE
OTHER = OPERATION.url_path(OPERATION.bind((KNOWN[1],)))


def pinned_answer() -> schemathesis.Response:
    came = CATALOGUE[RESOURCE]
    return response(OTHER, came.body, came.status, {"content-type": ["application/json"]})


def test_the_pinned_document_brings_its_overlay(hooks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(hooks, pinned_answer(), schemathesis.openapi.from_path(PINNED), OPERATION.path)
    assert found == [f'overlay.equals at /id of 200: expected "{KNOWN[1]}" as asked for, got "{KNOWN[0]}"']


def test_a_document_that_is_named_is_judged_by_in_place_of_the_loaded_one(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACT_DOCUMENT", str(PINNED))
    loaded = {f"/{OPERATION.path.rpartition('/')[2]}": {"get": {"responses": {"200": {"description": ""}}}}}
    (path,) = loaded
    assert judged(hooks, pinned_answer(), pantry(paths=loaded), path) == [
        f'overlay.equals at /id of 200: expected "{KNOWN[1]}" as asked for, got "{KNOWN[0]}"'
    ]


def test_overlays_that_are_named_are_applied(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    overlay = tmp_path / "pantry.overlay.json"
    action = {"target": "$.paths['/jars/{jar}'].get.responses['200'].content", "update": {"text/plain": {}}}
    overlay.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "", "version": ""}, "actions": [action]}))
    plain = response("/jars/7", b"plum", fields={**FIELDS, "content-type": ["text/plain"]})
    assert judged(hooks, plain) != []
    monkeypatch.setenv("CONTRACT_OVERLAY", f"{overlay}, not-found")
    assert judged(hooks, plain) == []


def test_files_beside_the_document_are_read(hooks: ModuleType, tmp_path: Path) -> None:
    contents = copy.deepcopy(CONTENTS)
    answers = contents["paths"]["/racks/{rack}"]["get"]["responses"]
    answers["200"]["content"]["application/json"]["schema"] = {"$ref": "jar.json"}
    (tmp_path / "pantry.json").write_text(json.dumps(contents))
    (tmp_path / "jar.json").write_text(json.dumps(JAR))
    schema = schemathesis.openapi.from_path(tmp_path / "pantry.json")
    assert judged(hooks, response("/racks/7", {}), schema, "/racks/{rack}") == [
        "schema.required at /label of 200: expected the property, got nothing"
    ]


def test_what_of_a_document_cannot_be_judged_is_named_and_does_not_apply(
    hooks: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    paths = copy.deepcopy(CONTENTS["paths"])
    paths["/jars/{jar}"]["get"]["parameters"][0]["in"] = "shelf"
    with caplog.at_level(logging.WARNING):
        schema = pantry(paths=paths)
    (line,) = caplog.messages
    assert line.startswith("not judged by the check contract: GET /jars/{jar}: ")
    assert judged(hooks, response("/racks/7", {}), schema, "/racks/{rack}") != []
    assert judged(hooks, response("/jars/7", {}), schema) is None


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        (
            "JOB_IDS_FILE",
            "no/such/file",
            "CONTRACT_JOB_IDS_FILE no/such/file cannot be read: No such file or directory",
        ),
        ("JOB_IDS_FILE", "/dev/null", "CONTRACT_JOB_IDS_FILE /dev/null holds no id; write one id a line"),
        ("JOB_IDS", "..", "the job id '..' cannot be sent"),
        ("DOCUMENT", "no/such/file", "no/such/file: cannot be read: No such file or directory; name a readable file"),
        ("OVERLAY", "tolerant", "CONTRACT_OVERLAY tolerant is no file, and no overlay of that name comes along: "),
        ("STRICT_REFUSALS", "perhaps", "CONTRACT_STRICT_REFUSALS is 'perhaps'; set it to 1 or 0, or leave it out"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_before_anything_is_asked(
    hooks: ModuleType, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"CONTRACT_{variable}", value)
    with pytest.raises(schemathesis.errors.HookExecutionError) as raised:
        pantry()
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_document_that_is_refused_is_one_line_before_anything_is_asked(hooks: ModuleType) -> None:
    with pytest.raises(schemathesis.errors.HookExecutionError) as raised:
        pantry(openapi="3.0.3")
    words = "DocumentError: the document: #/openapi is version 3.0.3; convert it to OpenAPI 3.1"
    assert words in str(raised.value)
