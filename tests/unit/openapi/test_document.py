"""Reading a document: the pinned one, and the parts of any that are understood."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.judge.validation import compiled
from contracts.openapi import PINNED, Document, Parameter, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.openapi.pointer import from_pointer, resolve_pointer
from contracts.openapi.schema_check import SchemaCheck
from tests.support.orchard import ANSWER, GET, PARAMETER, SCHEMA, TREE, changed, orchard, refused
from tests.support.tiny import body_schema, document_of

SHA256 = "43827f1952bd1b059b3be62bb649f43b998d582c93417b6289807abd35c9308b"


# The pinned document


def test_the_pinned_document_is_the_one_that_was_published() -> None:
    assert hashlib.sha256(PINNED.read_bytes()).hexdigest() == SHA256
    assert load().sha256 == SHA256


def test_the_pinned_document_is_judged_by_default_and_its_mapping_is_noted() -> None:
    read = load()
    assert [len(operation.responses) for operation in read.operations] == [2]
    assert len(read.unions) == 1
    assert any("mapping holds objects" in note for note in read.notes)
    assert any("do not require the tag" in note for note in read.notes)


def test_the_pinned_overlay_corrects_the_mapping_and_every_action_finds_its_target() -> None:
    read = load(overlays=[PINNED_OVERLAY])
    assert read.overlays == (PINNED_OVERLAY.name,)
    assert not [note for note in read.notes if "mapping" in note or "finds nothing" in note]
    assert [union.tags for union in read.unions.values()] == [union.tags for union in load().unions.values()]


# Legal documents


def test_an_operation_has_the_parameters_and_responses_of_its_document(read: Callable[..., Document]) -> None:
    found = read(orchard())
    (operation,) = found.operations
    (spec,) = operation.responses
    assert (found.title, found.version, str(operation)) == ("Orchard", "7", "GET /trees/{tree}")
    assert operation.document is found
    assert operation.parameters == (Parameter("tree", PARAMETER + "/schema", pointer=PARAMETER),)
    assert (spec.status, spec.pointer, spec.is_success) == ("200", ANSWER, True)
    assert spec.content == {"application/json": SCHEMA}
    assert [(header.name, header.required, header.schema) for header in spec.headers] == [
        ("X-Rings", True, ANSWER + "/headers/X-Rings/schema"),
        ("X-Bark", False, None),
    ]
    assert found.resolve(SCHEMA) == (TREE, found.schema(TREE))


@pytest.mark.parametrize("version", ["3.1.0", "3.1.1", "3.1"])
def test_every_patch_version_of_openapi_3_1_is_read(read: Callable[..., Document], version: str) -> None:
    assert read(changed("#/openapi", version)).operations


def test_a_version_may_stand_without_quotes(read: Callable[..., Document]) -> None:
    assert read("openapi: 3.1\npaths: {/a: {get: {responses: {200: {}}}}}").operations


@pytest.mark.parametrize(
    "schema",
    [
        True,
        False,
        {},
        {"properties": {"shoots": {"type": "array", "items": {"$ref": SCHEMA}}}},
        {"additionalProperties": {"$ref": SCHEMA}},
        {"x-note": {"minimum": "3"}},
        {"const": {"$ref": "#/nowhere", "maxLenght": 1}},
        {"enum": [{"$id": "a"}], "default": {"nullable": 1}, "example": {"$ref": 5}, "examples": [{"type": 1}]},
        {"properties": {"$ref": {"type": "string"}, "$id": {}, "nullable": {}}},
        {"type": ["object", "null"], "format": "password"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$ref": TREE, "title": "with a sibling", "required": ["rings"]},
        {"minimum": 1e3, "maximum": 10**20},
    ],
    ids=str,
)
def test_a_schema_that_can_be_judged_is_read(read: Callable[..., Document], schema: Any) -> None:
    assert read(orchard(schema)).operations[0].responses[0].content == {"application/json": SCHEMA}


def test_components_that_no_response_reaches_are_not_checked(read: Callable[..., Document]) -> None:
    assert read(orchard(Bush={"maxLenght": 1})).operations


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("Old Tree", "Old%20Tree"),
        ("Old/Tree", "Old~1Tree"),
        ("Old~Tree", "Old~0Tree"),
        ("Old~1Tree", "Old~01Tree"),
        ("50%", "50%25"),
        ("\u6728", "%E6%9C%A8"),
        ("\u6728", "\u6728"),
    ],
)
def test_a_reference_is_a_percent_encoded_fragment(read: Callable[..., Document], name: str, fragment: str) -> None:
    found = read(orchard({"$ref": "#/components/schemas/" + fragment}, **{name: {"title": "found"}}))
    assert found.resolve(SCHEMA)[1] == {"title": "found"}


def test_a_reference_may_be_a_chain(read: Callable[..., Document]) -> None:
    found = read(orchard({"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/B"}, B={"$ref": TREE}))
    assert found.resolve(SCHEMA)[0] == TREE


def test_responses_parameters_headers_and_path_items_may_be_references(read: Callable[..., Document]) -> None:
    contents = orchard()
    item = contents["paths"].pop("/trees/{tree}")
    parts = contents["components"]
    parts["pathItems"] = {"Trees": item}
    parts["responses"] = {"Tree": item["get"]["responses"].pop("200")}
    parts["parameters"] = {"Tree": item["get"]["parameters"].pop()}
    parts["headers"] = {"Rings": parts["responses"]["Tree"]["headers"].pop("X-Rings")}
    contents["paths"]["/trees/{tree}"] = {"$ref": "#/components/pathItems/Trees", "summary": "trees"}
    item["get"]["responses"]["200"] = {"$ref": "#/components/responses/Tree", "description": "as OpenAPI 3.1 allows"}
    item["get"]["parameters"].append({"$ref": "#/components/parameters/Tree"})
    parts["responses"]["Tree"]["headers"]["X-Rings"] = {"$ref": "#/components/headers/Rings"}
    (operation,) = read(contents).operations
    (spec,) = operation.responses
    assert operation.pointer == "#/components/pathItems/Trees/get"
    assert operation.parameters[0].schema == "#/components/parameters/Tree/schema"
    assert spec.content == {"application/json": "#/components/responses/Tree/content/application~1json/schema"}
    assert spec.headers[-1].required


def test_parameters_of_the_path_item_count_unless_the_operation_overrides_them(read: Callable[..., Document]) -> None:
    contents = changed(GET + "/parameters", [])
    item = contents["paths"]["/trees/{tree}"]
    item["parameters"] = [{"name": "tree", "in": "path", "schema": {"type": "string"}}]
    assert read(contents).operations[0].parameters[0].schema == "#/paths/~1trees~1{tree}/parameters/0/schema"
    item["get"]["parameters"] = [{"name": "tree", "in": "path", "schema": {"type": "integer"}}]
    assert read(contents).operations[0].parameters[0].schema == PARAMETER + "/schema"


def test_parameters_are_in_the_order_of_the_path(read: Callable[..., Document]) -> None:
    contents = orchard()
    item = contents["paths"].pop("/trees/{tree}")
    item["get"]["parameters"].append({"name": "row", "in": "path", "schema": True})
    contents["paths"]["/rows/{row}/trees/{tree}"] = item
    assert [parameter.name for parameter in read(contents).operations[0].parameters] == ["row", "tree"]


def test_an_optional_parameter_that_cannot_be_judged_is_left_out_of_requests(read: Callable[..., Document]) -> None:
    contents = orchard()
    optional = [
        {"name": "tree", "in": "query", "schema": {"maxLength": "one"}},
        {"name": "b", "in": "query", "schema": {"$ref": "#/nowhere"}},
        {"name": "c", "in": "query", "style": "matrix", "schema": {}},
        {"name": "d", "in": "querystring", "content": {"text/plain": {}}},
        {"name": "a", "in": "cookie"},
    ]
    contents["paths"]["/trees/{tree}"]["get"]["parameters"] += optional
    (operation,) = read(contents).operations
    assert len(operation.parameters) == 1
    assert [each.name for each in operation.other_parameters] == ["a"]


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION"])
def test_header_parameters_of_reserved_names_are_ignored(read: Callable[..., Document], name: str) -> None:
    contents = orchard()
    reserved = {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    contents["paths"]["/trees/{tree}"]["get"]["parameters"].append(reserved)
    assert read(contents).operations[0].other_parameters == ()


@pytest.mark.parametrize(
    ("described", "candidates"),
    [
        ({"example": 5, "schema": {"default": 6}}, (5, 6)),
        ({"examples": {"a": {"value": 1}, "b": {"externalValue": "http://x"}}, "schema": {}}, (1,)),
        ({"schema": {"examples": [3], "default": 2, "enum": [1, 2]}}, (3, 2, 1, 2)),
        ({"content": {"application/json": {"example": {"a": 1}, "schema": {"type": "object"}}}}, ({"a": 1},)),
        ({"schema": {"type": "string"}}, ()),
    ],
)
def test_a_parameter_has_the_values_that_the_document_gives(
    read: Callable[..., Document], described: Any, candidates: tuple[Any, ...]
) -> None:
    contents = orchard()
    parameter = {"name": "age", "in": "query", "required": True, **described}
    contents["paths"]["/trees/{tree}"]["get"]["parameters"].append(parameter)
    (found,) = read(contents).operations[0].other_parameters
    assert (found.name, found.place, found.required, found.candidates) == ("age", "query", True, candidates)
    assert found.is_json is ("content" in described)


def test_every_get_operation_is_read_and_no_other(read: Callable[..., Document]) -> None:
    contents = orchard()
    contents["paths"]["/trees"] = {"get": {"responses": {"default": {}}}, "post": {"responses": 5}}
    contents["paths"]["x-note"] = 5
    assert [str(operation) for operation in read(contents).operations] == ["GET /trees/{tree}", "GET /trees"]


@pytest.mark.parametrize(
    ("status", "promised"), [(200, "200"), (204, "2XX"), (404, "404"), (410, "default"), (500, "default")]
)
def test_a_status_is_described_by_its_code_else_its_class_else_default(
    read: Callable[..., Document], status: int, promised: str
) -> None:
    contents = changed(GET + "/responses", {"default": {}, "2XX": {}, "404": {}, "200": {}, "x-note": 5})
    spec = read(contents).operations[0].response_for(status)
    assert spec
    assert spec.status == promised


def test_an_undocumented_status_has_no_response_spec(read: Callable[..., Document]) -> None:
    assert read(orchard()).operations[0].response_for(404) is None


def test_a_content_type_header_is_ignored(read: Callable[..., Document]) -> None:
    contents = changed(ANSWER + "/headers", {"content-TYPE": {"schema": 5}})
    assert read(contents).operations[0].responses[0].headers == ()


def test_a_keyword_that_is_vouched_for_is_not_noted(read: Callable[..., Document]) -> None:
    contents = changed(TREE + "/ripens", {"in": "autumn"})
    assert [note for note in read(contents).notes if TREE + "/ripens" in note]
    assert not [note for note in read(contents, annotations=["ripens"]).notes if TREE + "/ripens" in note]


# Properties that no response may hold


def test_a_write_only_property_is_allowed_in_no_response_and_required_in_none() -> None:
    account = {
        "type": "object",
        "required": ["name", "secret"],
        "properties": {"name": {"type": "string"}, "secret": {"$ref": "#/components/schemas/Secret"}},
    }
    document = document_of(account, {"Secret": {"type": "string", "writeOnly": True}})
    schema = body_schema(document)
    assert compiled(document).violations(schema, {"name": "a"}) == []
    (violation,) = compiled(document).violations(schema, {"name": "a", "secret": "b"})
    assert (violation.rule, violation.place) == ("schema.false", "body/secret")
    assert document.notes == (f"{schema}/properties/secret is writeOnly: no response may hold it",)


def test_reading_a_document_changes_nothing_in_it() -> None:
    secret = {"type": "string", "writeOnly": True}
    schema = {"type": "object", "required": ["secret"], "properties": {"secret": secret, "name": {"type": "string"}}}
    contents = orchard(schema, Tree={"allOf": [schema]})
    before = json.dumps(contents)
    check = SchemaCheck(Path("orchard.yaml"), contents, frozenset())
    check.check(SCHEMA)
    closed = resolve_pointer(check.conclude()[0], from_pointer(SCHEMA))
    assert json.dumps(contents) == before
    assert closed == {**schema, "required": [], "properties": {"secret": False, "name": {"type": "string"}}}


def test_a_reference_into_a_write_only_property_is_refused(read: Callable[..., Document]) -> None:
    secret = {"type": "object", "writeOnly": True, "properties": {"a": {"type": "string"}}}
    tree = {"properties": {"secret": secret, "twin": {"$ref": TREE + "/properties/secret/properties/a"}}}
    error = refused(read, changed(TREE, tree))
    assert error.pointer == TREE + "/properties/secret/properties/a"
    assert "stands inside a writeOnly property" in error.problem


def test_the_reached_schemas_are_known(read: Callable[..., Document]) -> None:
    document = read(orchard(Bush={"type": "string"}))
    rings = TREE + "/properties/rings"
    header = ANSWER + "/headers/X-Rings/schema"
    assert document.schemas == {PARAMETER + "/schema", SCHEMA, TREE, rings, header}
