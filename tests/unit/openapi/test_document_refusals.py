"""A document that cannot be read is refused in one line, with the place and the fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import DocumentError
from contracts.openapi import Document, load, source
from contracts.openapi.json_text import walk_json
from tests.support.orchard import ANSWER, GET, PARAMETER, SCHEMA, TREE, Contents, changed, orchard, put, refused

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
    ("OpenAPI 3.3", "openapi: 3.3.0\npaths: {}", "#/openapi is version 3.3.0", "convert it to OpenAPI 3.1"),
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
    (PARAMETER, {"$ref": "other.yaml#/Tree"}, "", "refers to another file: other.yaml#/Tree, which", "correct"),
    (PARAMETER + "/name", "bush", GET, "declares no path parameter 'tree'", "add it"),
    (PARAMETER + "/in", "query", GET, "declares no path parameter 'tree'", "add it"),
    (PARAMETER + "/in", "querystring", PARAMETER, "required querystring parameter that cannot be sent", "describe it"),
    (PARAMETER + "/style", "form", PARAMETER + "/style", "is no style of a path parameter: form", "label"),
    (PARAMETER, {"name": "tree", "in": "path", "content": {}}, "", "path parameter without a schema", "give it"),
    (GET + "/requestBody", {"required": True}, "", "is a required body of a GET", "make it optional"),
    (PARAMETER + "/schema", {"$ref": "#/nowhere"}, PARAMETER + "/schema/$ref", "dangles", "that exists"),
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
    (ANSWER, {"$ref": "other.yaml"}, "", "which cannot be read: No such file", "correct the reference"),
    (ANSWER, {"$ref": "#/components", "content": {}}, "", "other fields beside its $ref", "refers to"),
    (ANSWER + "/content", [], "", "is no object", "OpenAPI 3.1.0"),
    (ANSWER + "/content/application~1json", 5, "", "is no media type", "make it an object"),
    (ANSWER + "/headers", [], "", "is no object", "OpenAPI 3.1.0"),
    (ANSWER + "/headers/X-Bark", 5, "", "is no header", "make it an object"),
    (SCHEMA, 5, "", "is no schema", "an object or a boolean"),
    (SCHEMA, None, "", "is no schema", "an object or a boolean"),
    (SCHEMA + "/$ref", "#/components/schemas/Bush", "", "dangles: nothing stands at", "that exists"),
    (SCHEMA + "/$ref", "#Tree", "", "refers to an anchor: #Tree", "write the JSON pointer"),
    (SCHEMA + "/$ref", "trees.yaml#/Tree", "", "refers to another file", "into one file"),
    (SCHEMA + "/$ref", "https://orchard.example/tree.json", "", "is not fetched", "save it beside"),
    (SCHEMA + "/$ref", 5, "", "is no reference: 5", "a place in this document"),
    (SCHEMA + "/$ref", SCHEMA, SCHEMA, "refers back to itself endlessly", "a part of the instance"),
    (TREE, {"$ref": SCHEMA}, SCHEMA, "refers back to itself endlessly", "a part of the instance"),
    (TREE + "/allOf", [{"$ref": TREE}], TREE + "/allOf/0", "refers back to itself endlessly", "a part of the instance"),
    (
        TREE + "/anyOf",
        [{"not": {"$ref": TREE}}],
        TREE + "/anyOf/0/not",
        "refers back to itself endlessly",
        "a part of the instance",
    ),
    (TREE + "/if", {"$ref": TREE}, TREE + "/if", "refers back to itself endlessly", "a part of the instance"),
    (
        TREE + "/dependentSchemas",
        {"a": {"$ref": TREE}},
        TREE + "/dependentSchemas/a",
        "refers back to itself",
        "a part of the instance",
    ),
    (TREE + "/properties/rings", {"$ref": "#/nowhere"}, TREE + "/properties/rings/$ref", "dangles", "that exists"),
    (TREE + "/format", ["date"], "", "no value for this keyword", MEND),
    (TREE + "/type", "tree", "", "no value for this keyword: 'tree'", MEND),
    (TREE + "/type", None, "", "no value for this keyword", MEND),
    (TREE + "/minimum", "3", "", "no value for this keyword: '3' is not of type 'number'", MEND),
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


def test_what_cannot_be_judged_of_a_header_leaves_the_operation(read: Callable[..., Document]) -> None:
    document = read(changed(ANSWER + "/headers/X-Bark", {"schema": 5}))
    assert [(each.path, each.part) for each in document.left_out] == [("/trees/{tree}", "200 header X-Bark")]


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
