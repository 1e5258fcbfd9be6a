"""Reading a document: the parts that are understood, and that all others are refused in one line with the fix."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.judge.validation import compiled
from contracts.openapi import PINNED, Document, Parameter, load, source
from contracts.openapi.errors import DocumentError
from contracts.openapi.json_text import walk_json
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.openapi.pointer import from_pointer, resolve_pointer
from contracts.openapi.schema_check import SchemaCheck
from tests.support.tiny import body_schema, document_of

SHA256 = "43827f1952bd1b059b3be62bb649f43b998d582c93417b6289807abd35c9308b"

GET = "#/paths/~1trees~1{tree}/get"
PARAMETER = GET + "/parameters/0"
ANSWER = GET + "/responses/200"
SCHEMA = ANSWER + "/content/application~1json/schema"
TREE = "#/components/schemas/Tree"

Contents = dict[str, Any]


def orchard(schema: Any = None, **schemas: Any) -> Contents:
    """Return a document with one operation, answered by the schema (by default the component Tree)."""
    response = {
        "description": "a tree",
        "content": {"application/json": {"schema": {"$ref": TREE} if schema is None else schema}},
        "headers": {"X-Rings": {"required": True, "schema": {"type": "integer"}}, "X-Bark": {}},
    }
    parameter = {"name": "tree", "in": "path", "required": True, "schema": {"type": "string"}}
    tree = {"type": "object", "properties": {"rings": {"type": "integer", "format": "int32"}}, "required": ["rings"]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orchard", "version": "7"},
        "paths": {"/trees/{tree}": {"get": {"parameters": [parameter], "responses": {"200": response}}}},
        "components": {"schemas": {"Tree": tree, **schemas}},
    }


def put(contents: Contents, pointer: str, value: Any) -> Contents:
    """Return the contents with another value at the place."""
    *parents, name = from_pointer(pointer)
    holder: Any = resolve_pointer(contents, parents)
    holder[int(name) if isinstance(holder, list) else name] = value
    return contents


def changed(pointer: str, value: Any) -> Contents:
    return put(orchard(), pointer, value)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Document]:
    """Load contents, or text, as a file named orchard.yaml."""

    def load_from(contents: Any, **options: Any) -> Document:
        path = tmp_path / "orchard.yaml"
        data = contents if isinstance(contents, str | bytes) else json.dumps(contents)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return load(path, **options)

    return load_from


def refused(read: Callable[..., Document], contents: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(contents)
    assert str(caught.value).splitlines() == [str(caught.value)]
    assert caught.value.path.name in str(caught.value)
    return caught.value


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


# Files

FILES: list[tuple[str, str | bytes, str, str]] = [
    ("nothing", "", "is empty", "OpenAPI 3.1"),
    ("white space", " \n\n", "is empty", "OpenAPI 3.1"),
    ("a comment", "# soon\n", "is empty", "OpenAPI 3.1"),
    ("null", "null", "is empty", "OpenAPI 3.1"),
    ("a number", "5", "is not an OpenAPI document", "OpenAPI 3.1"),
    ("an array", "- openapi: 3.1.0", "is not an OpenAPI document", "OpenAPI 3.1"),
    ("other YAML", "trees: 3", "is not an OpenAPI document", "OpenAPI 3.1"),
    ("prose", "See: our: API", "is neither YAML nor JSON at line 1", "correct its syntax"),
    ("an open quote", "openapi: 3.1.0\ninfo: 'x", "is neither YAML nor JSON at line 2", "correct its syntax"),
    ("a tab for an indent", "openapi:\n\t- 1", "is neither YAML nor JSON at line 2", "correct its syntax"),
    ("two documents", "a: 1\n---\nb: 2", "is neither YAML nor JSON at line 2", "correct its syntax"),
    ("an open brace", '{"openapi": "3.1.0"', "is neither YAML nor JSON", "correct its syntax"),
    ("a NUL", "openapi: \x00", "is neither YAML nor JSON", "correct its syntax"),
    ("Latin-1", "title: Verg\u00e4nglich".encode("latin-1"), "is not UTF-8 at byte 11", "save it as UTF-8"),
    ("UTF-16", "openapi: 3.1.0".encode("utf-16"), "is not UTF-8 at byte 0", "save it as UTF-8"),
    ("a name twice", "openapi: 3.1.0\nopenapi: 3.0.0", "'openapi' stands twice", "correct its syntax"),
    ("a status twice", "responses:\n  200: {}\n  '200': {}", "'200' stands twice", "correct its syntax"),
    ("a name twice in JSON", '{"a": {"b": 1, "b": 2}}', "#/a is flawed: json.duplicate-name, b", "RFC 8259"),
    ("NaN in JSON", '{"a": NaN}', "#/a is flawed: json.not-finite, NaN", "RFC 8259"),
    ("half a surrogate pair in JSON", r'{"a": "\ud800"}', r"#/a is flawed: json.surrogate, \ud800", "RFC 8259"),
    ("an alias to nothing", "a: *b", "undefined alias", "correct its syntax"),
    ("an alias to itself", "a: &b [*b]", "recursive", "correct its syntax"),
    ("an array for a name", "? [1]\n: 2", "a name must be text", "correct its syntax"),
    ("a type of YAML's own", "a: !!set {b}", "tag:yaml.org,2002:set", "correct its syntax"),
    ("bytes", "a: !!binary aGk=", "tag:yaml.org,2002:binary", "correct its syntax"),
    ("code", "a: !!python/object/apply:os.getcwd []", "tag:yaml.org,2002:python/object", "correct its syntax"),
    ("a number that is none", "a: !!int x", "invalid literal", "correct its syntax"),
    ("a boolean that is none", "a: !!bool x", "is neither YAML nor JSON", "correct its syntax"),
    ("a map that is none", "a: !!map x", "names and values are needed", "correct its syntax"),
    ("deep JSON", '{"a":' * 5_000 + "1" + "}" * 5_000, "nested more than 100 deep", "components"),
    ("deeper than Python's stack", "{a: " * 5_000 + "1" + "}" * 5_000, "nested more than 100 deep", "components"),
    ("deeper than C's stack", "[" * 200_000, "nested more than 100 deep", "components"),
    ("OpenAPI 3.0", "openapi: 3.0.3\npaths: {}", "#/openapi is version 3.0.3", "convert it to OpenAPI 3.1"),
    ("OpenAPI 3.2", "openapi: 3.2.0\npaths: {}", "#/openapi is version 3.2.0", "convert it to OpenAPI 3.1"),
    ("OpenAPI 3.10", "openapi: 3.10.0\npaths: {}", "#/openapi is version 3.10.0", "convert it to OpenAPI 3.1"),
    ("no version", "openapi:\npaths: {}", "#/openapi is version None", "convert it to OpenAPI 3.1"),
    ("Swagger 2", "swagger: '2.0'\npaths: {}", "#/swagger is version 2.0", "convert it to OpenAPI 3.1"),
]


@pytest.mark.parametrize(("data", "problem", "fix"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_is_no_openapi_3_1_is_refused(
    read: Callable[..., Document], data: str | bytes, problem: str, fix: str
) -> None:
    error = refused(read, data)
    assert problem in str(error)
    assert fix in error.fix


@pytest.mark.parametrize(
    ("name", "reason"), [("none.yaml", "No such file"), (".", "Is a directory"), ("a\0b", "null byte")]
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=rf"cannot be read: .*{reason}.*; name a readable file$"):
        load(tmp_path / name)


# Place, its contents, the reported place, the problem, the fix

MEND = "see JSON Schema 2020-12"
REFUSALS: list[tuple[str, Any, str, str, str]] = [
    ("#/jsonSchemaDialect", "http://json-schema.org/draft-04/schema#", "", "is another dialect", "2020-12"),
    ("#/paths", None, "", "is missing", "at least one path"),
    ("#/paths", [], "", "is missing", "at least one path"),
    ("#/paths", {}, "", "has no get operation", "only reads are judged"),
    ("#/paths", {"/trees": {"post": {}}}, "", "has no get operation", "only reads are judged"),
    ("#/paths", {"x-trees": {"get": {}}}, "", "has no get operation", "only reads are judged"),
    ("#/paths", {"trees": {"get": {}}}, "#/paths/trees", "is no path", "begin it with a slash"),
    ("#/paths/~1trees~1{tree}", None, "", "is no path item", "make it an object"),
    ("#/paths/~1trees~1{tree}", {"$ref": "#/nowhere"}, "", "leads nowhere: #/nowhere", "in this file"),
    ("#/paths/~1trees~1{tree}", {"$ref": "#/paths/~1trees~1{tree}"}, "", "leads nowhere", "in this file"),
    ("#/paths/~1trees~1{tree}", {"$ref": "#/components", "parameters": []}, "", "other fields beside", "refers to"),
    (GET, 5, "", "is no operation", "make it an object"),
    (GET + "/parameters", {}, "", "is no array", "OpenAPI 3.1.0"),
    (GET + "/parameters", [], GET, "declares no path parameter 'tree'", "add it"),
    (PARAMETER, "tree", "", "is no parameter", "make it an object"),
    (PARAMETER, {"$ref": "#/components/parameters/Tree"}, "", "leads nowhere", "in this file"),
    (PARAMETER, {"$ref": "other.yaml#/Tree"}, "", "leads nowhere: other.yaml", "in this file"),
    (PARAMETER + "/name", "bush", GET, "declares no path parameter 'tree'", "add it"),
    (PARAMETER + "/in", "query", PARAMETER, "is a required query parameter", "only path parameters"),
    (PARAMETER + "/in", "header", PARAMETER, "is a required header parameter", "only path parameters"),
    (PARAMETER + "/style", "matrix", PARAMETER, "simple style", "style: simple"),
    (PARAMETER, {"name": "tree", "in": "path", "content": {}}, "", "simple style", "style: simple"),
    (PARAMETER + "/schema/type", "array", PARAMETER + "/schema", "is an array or an object", "single values"),
    (PARAMETER + "/schema", {"$ref": "#/nowhere"}, PARAMETER + "/schema/$ref", "dangles", "that exists"),
    (PARAMETER + "/schema", {"maxLenght": 3}, PARAMETER + "/schema/maxLenght", "unknown keyword", "correct it"),
    (GET + "/responses", None, "", "describes no response", "at least one status"),
    (GET + "/responses", {}, "", "describes no response", "at least one status"),
    (GET + "/responses", {"x-a": {}}, "", "describes no response", "at least one status"),
    (GET + "/responses/20X", {}, "", "is no status", "a class such as 4XX"),
    (GET + "/responses/4xx", {}, "", "is no status", "a class such as 4XX"),
    (GET + "/responses/600", {}, "", "is no status", "a class such as 4XX"),
    (GET + "/responses/2000", {}, "", "is no status", "a class such as 4XX"),
    (GET + "/responses/OK", {}, "", "is no status", "a class such as 4XX"),
    (ANSWER, None, "", "is no response", "make it an object"),
    (ANSWER, {"$ref": "#/components/responses/Tree"}, "", "leads nowhere", "in this file"),
    (ANSWER, {"$ref": "#Tree"}, "", "leads nowhere: #Tree", "in this file"),
    (ANSWER, {"$ref": "other.yaml"}, "", "leads nowhere", "in this file"),
    (ANSWER, {"$ref": "#/components", "content": {}}, "", "other fields beside its $ref", "refers to"),
    (ANSWER + "/content", [], "", "is no object", "OpenAPI 3.1.0"),
    (ANSWER + "/content/application~1json", 5, "", "is no media type", "make it an object"),
    (ANSWER + "/headers", [], "", "is no object", "OpenAPI 3.1.0"),
    (ANSWER + "/headers/X-Bark", 5, "", "is no header", "make it an object"),
    (ANSWER + "/headers/X-Bark", {"schema": 5}, ANSWER + "/headers/X-Bark/schema", "is no schema", "an object"),
    (SCHEMA, 5, "", "is no schema", "an object or a boolean"),
    (SCHEMA, None, "", "is no schema", "an object or a boolean"),
    (SCHEMA + "/$ref", "#/components/schemas/Bush", "", "dangles: nothing stands at", "that exists"),
    (SCHEMA + "/$ref", "#Tree", "", "dangles: nothing stands at #Tree", "that exists"),
    (SCHEMA + "/$ref", "trees.yaml#/Tree", "", "refers to another file", "into this file"),
    (SCHEMA + "/$ref", "https://orchard.example/tree.json", "", "refers to another file", "into this file"),
    (SCHEMA + "/$ref", 5, "", "refers to another file: 5", "into this file"),
    (SCHEMA + "/$ref", SCHEMA, SCHEMA, "refers back to itself endlessly", "a part of the instance"),
    (TREE, {"$ref": SCHEMA}, SCHEMA, "refers back to itself endlessly", "a part of the instance"),
    (TREE + "/allOf", [{"$ref": TREE}], TREE, "refers back to itself endlessly", "a part of the instance"),
    (TREE + "/anyOf", [{"not": {"$ref": TREE}}], TREE, "refers back to itself endlessly", "a part of the instance"),
    (TREE + "/if", {"$ref": TREE}, TREE, "refers back to itself endlessly", "a part of the instance"),
    (TREE + "/dependentSchemas", {"a": {"$ref": TREE}}, TREE, "refers back to itself", "a part of the instance"),
    (TREE + "/properties/rings", {"$ref": "#/nowhere"}, TREE + "/properties/rings/$ref", "dangles", "that exists"),
    (TREE + "/maxProperteis", 3, "", "is an unknown keyword: maxProperteis", "--annotation maxProperteis"),
    (TREE + "/nullable", True, "", "not judged: nullable", "[..., 'null']"),
    (TREE + "/definitions", {}, "", "not judged: definitions", "write $defs"),
    (TREE + "/dependencies", {}, "", "not judged: dependencies", "dependentRequired"),
    (TREE + "/additionalItems", False, "", "not judged: additionalItems", "prefixItems"),
    (TREE + "/$id", "https://orchard.example/tree", "", "not judged: $id", "under components"),
    (TREE + "/$anchor", "tree", "", "not judged: $anchor", "JSON pointer"),
    (TREE + "/$dynamicRef", "#tree", "", "not judged: $dynamicRef", "write $ref"),
    (TREE + "/$schema", "http://json-schema.org/draft-07/schema#", "", "is another dialect", "2020-12"),
    (TREE + "/format", "ripe", "", "cannot be asserted: ripe", "date-time"),
    (TREE + "/format", ["date"], "", "no value for this keyword", MEND),
    (TREE + "/type", "tree", "", "no value for this keyword: 'tree'", MEND),
    (TREE + "/type", None, "", "no value for this keyword", MEND),
    (TREE + "/minimum", "3", "", "no value for this keyword: '3' is not of type 'number'", MEND),
    (TREE + "/exclusiveMinimum", True, "", "no value for this keyword: True", MEND),
    (TREE + "/multipleOf", 0, "", "no value for this keyword: 0", MEND),
    (TREE + "/maxLength", -1, "", "no value for this keyword: -1", MEND),
    (TREE + "/required", "rings", "", "no value for this keyword: 'rings'", MEND),
    (TREE + "/required", ["a", "a"], "", "no value for this keyword", MEND),
    (TREE + "/required", [5], TREE + "/required/0", "no value for this keyword: 5", MEND),
    (TREE + "/enum", 5, "", "no value for this keyword: 5", MEND),
    (TREE + "/uniqueItems", 1, "", "no value for this keyword: 1", MEND),
    (TREE + "/dependentRequired", {"a": "b"}, TREE + "/dependentRequired/a", "no value for this keyword", MEND),
    (TREE + "/properties", [], "", "holds no schemas", MEND),
    (TREE + "/allOf", {}, "", "holds no schemas", MEND),
    (TREE + "/items", [{}], "", "is no schema", "an object or a boolean"),
    (TREE + "/pattern", "[", "", "holds no pattern: [", "ECMA-262"),
    (TREE + "/pattern", "(?P<ring>a)", "", "holds no pattern", "ECMA-262"),
    (TREE + "/pattern", 5, "", "no value for this keyword: 5", MEND),
    (TREE + "/patternProperties", {"(": True}, "", "holds no pattern: (", "ECMA-262"),
]


@pytest.mark.parametrize(
    ("place", "value", "reported", "problem", "fix"),
    REFUSALS,
    ids=[f"{case[0]} {case[1]!r}"[-60:] for case in REFUSALS],
)
def test_a_part_that_cannot_be_judged_is_refused_by_its_place(
    read: Callable[..., Document], place: str, value: Any, reported: str, problem: str, fix: str
) -> None:
    error = refused(read, changed(place, value))
    assert error.pointer == (reported or place)
    assert error.pointer in str(error)
    assert problem in error.problem
    assert fix in error.fix


def test_an_error_is_one_line_whatever_the_document_holds(read: Callable[..., Document]) -> None:
    error = refused(read, changed(TREE + "/$ref", "a\nb\r\n\u2028c"))
    assert error.pointer == TREE + "/$ref"


JUNK: list[Any] = [None, True, 0, -1, 1.5, "", "x", "#", "#/nowhere", [], [1], [None], {}, {"a": 1}]
JUNK += [{"$ref": ref} for ref in ("#", "#/paths", "#/nowhere", "other.yaml", 5, TREE, SCHEMA)]


def rich() -> Contents:
    """Return an orchard with one of everything that the reader checks."""
    branches = [{"$ref": TREE}, {"$ref": "#/components/schemas/Bush"}, {"type": "null"}]
    contents = orchard(
        {"oneOf": branches, "discriminator": {"propertyName": "kind", "mapping": {"tree": TREE}}, "x-ripe": True},
        Bush={
            "allOf": [{"properties": {"kind": {"enum": ["bush", "shrub"]}}}, {"pattern": "^a", "minLength": 1}],
            "$defs": {"a": True},
            "dependentRequired": {"a": ["b"]},
            "patternProperties": {"^a": {"not": {"const": 3}}},
            "if": {"minimum": 1},
            "prefixItems": [{}],
        },
    )
    contents["jsonSchemaDialect"] = "https://spec.openapis.org/oas/3.1/dialect/base"
    return contents


@pytest.mark.parametrize("place", [place for place, _ in walk_json(rich()) if place])
def test_junk_at_any_place_is_understood_or_refused_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def refusal() -> DocumentError | None:
        try:
            load(Path("orchard.yaml"))
        except DocumentError as error:
            return error
        return None

    for junk in JUNK:
        contents = put(rich(), place, junk)
        monkeypatch.setattr(source, "read_file", lambda path, contents=contents: (contents, ""))
        reported = refusal()
        assert reported is None or (reported.fix and len(str(reported).splitlines()) == 1)


# Legal documents


def test_an_operation_has_the_parameters_and_responses_of_its_document(read: Callable[..., Document]) -> None:
    found = read(orchard())
    (operation,) = found.operations
    (spec,) = operation.responses
    assert (found.title, found.version, str(operation)) == ("Orchard", "7", "GET /trees/{tree}")
    assert operation.document is found
    assert operation.parameters == (Parameter("tree", PARAMETER + "/schema"),)
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


def test_optional_parameters_outside_the_path_are_ignored(read: Callable[..., Document]) -> None:
    contents = orchard()
    optional = [{"name": "tree", "in": "query", "schema": {"nullable": 1}}, {"name": "a", "in": "cookie"}]
    contents["paths"]["/trees/{tree}"]["get"]["parameters"] += optional
    assert len(read(contents).operations[0].parameters) == 1


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


def test_a_keyword_that_is_vouched_for_asserts_nothing(read: Callable[..., Document]) -> None:
    contents = changed(TREE + "/ripens", {"in": "autumn"})
    assert refused(read, contents).pointer == TREE + "/ripens"
    assert read(contents, annotations=["ripens"]).operations


def test_an_array_behind_a_parameters_reference_is_refused(read: Callable[..., Document]) -> None:
    contents = changed(PARAMETER + "/schema", {"$ref": TREE})
    assert refused(read, contents).pointer == PARAMETER + "/schema"


# YAML and JSON


def test_yaml_and_json_of_the_same_contents_are_one_document(read: Callable[..., Document]) -> None:
    yaml = """
        openapi: 3.1.0
        info: {title: Orchard, version: '7'}
        paths:
          /trees:
            get:
              responses:
                200:
                  description: a tree
                  content: {application/json: {schema: {type: integer, minimum: 1}}}
    """
    contents = read(yaml).contents
    assert "200" in contents["paths"]["/trees"]["get"]["responses"]
    assert read(json.dumps(contents)).contents == read(json.dumps(contents, indent="\t")).contents == contents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("2024-02-29", "2024-02-29"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("-7", -7),
        ("1e3", 1000.0),
        ("1.5E-1", 0.15),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ('"\\u00e9"', "\u00e9"),
        ("<<", "<<"),
    ],
)
def test_a_plain_scalar_of_yaml_has_the_type_of_yaml_1_2(read: Callable[..., Document], text: str, value: Any) -> None:
    yaml = f"openapi: 3.1.0\nx-value: {text}\npaths: {{/a: {{get: {{responses: {{200: {{}}}}}}}}}}"
    if text == "<<":
        yaml = yaml.replace("<<", "'<<'")
    found = read(yaml).contents["x-value"]
    assert (found, type(found)) == (value, type(value))


def test_a_name_is_text_whatever_it_looks_like(read: Callable[..., Document]) -> None:
    yaml = "openapi: 3.1.0\nx-a: {200: a, on: b, null: c, 1e3: d, 2024-02-29: e}\n"
    contents = read(yaml + "paths: {/a: {get: {responses: {200: {}}}}}").contents
    assert [*contents["x-a"]] == ["200", "on", "null", "1e3", "2024-02-29"]


def test_a_merged_value_may_be_overridden(read: Callable[..., Document]) -> None:
    yaml = "openapi: 3.1.0\nx-a: &a {b: 1, c: 2}\nx-d: {<<: *a, c: 3}\n"
    contents = read(yaml + "paths: {/a: {get: {responses: {200: {}}}}}").contents
    assert contents["x-d"] == {"b": 1, "c": 3}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_may_hold_pairs_of_surrogate_escapes_and_a_byte_order_mark(
    read: Callable[..., Document], mark: str
) -> None:
    contents = changed("#/info/title", "\U0001f333")
    assert read(mark + json.dumps(contents)).title == "\U0001f333"


def test_yaml_in_braces_is_yaml(read: Callable[..., Document]) -> None:
    assert read("{openapi: 3.1.0, paths: {/a: {get: {responses: {200: {}}}}}}").operations


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
