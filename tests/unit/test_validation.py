"""Instances judged against schemas: the rule, the place, the place in the document, and never a wrong verdict."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

from contracts import assertions, formats, validation
from contracts.document import PINNED, PINNED_OVERLAY, Document, load
from contracts.json_text import walk
from contracts.pointer import find, join, split
from contracts.validation import LARGE, Validation, compiled
from contracts.violation import RULES, Violation
from contracts.wording import violation_line
from tests.unit.tiny import PETS, body_schema, document_of

ABSENT = object()


def judged(
    schema: Any, instance: Any, schemas: dict[str, Any] | None = None, *, size: int = 0
) -> tuple[Document, list[Violation]]:
    document = document_of(schema, schemas)
    found = compiled(document).violations(body_schema(document), instance, size=size)
    for violation in found:
        assert violation.rule in RULES
        document.schema(violation.document)
        assert "not valid under any" not in violation_line(violation)
    return document, found


def told(schema: Any, instance: Any, schemas: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """Rule, place in the instance and place under the schema of each violation, sorted."""
    document, found = judged(schema, instance, schemas)
    root = body_schema(document)
    places = [violation.document.removeprefix(root).removeprefix("#/components/schemas") for violation in found]
    return sorted(
        (each.rule, each.place.removeprefix("body"), place) for each, place in zip(found, places, strict=True)
    )


KEYWORDS = [
    ({"type": "string"}, 5, ("schema.type", "", "/type")),
    ({"type": ["string", "null"]}, 5, ("schema.type", "", "/type")),
    ({"type": "integer"}, True, ("schema.type", "", "/type")),
    ({"type": "integer"}, 1.5, ("schema.type", "", "/type")),
    ({"type": "number"}, "1", ("schema.type", "", "/type")),
    ({"enum": ["a", "b"]}, "c", ("schema.enum", "", "/enum")),
    ({"enum": [1]}, True, ("schema.enum", "", "/enum")),
    ({"const": None}, 0, ("schema.const", "", "/const")),
    ({"const": {"format": "int32"}}, {"format": "int64"}, ("schema.const", "", "/const")),
    ({"minimum": 3}, 2, ("schema.minimum", "", "/minimum")),
    ({"maximum": 3}, 3.5, ("schema.maximum", "", "/maximum")),
    ({"exclusiveMinimum": 3}, 3, ("schema.exclusiveMinimum", "", "/exclusiveMinimum")),
    ({"exclusiveMaximum": 3}, 3, ("schema.exclusiveMaximum", "", "/exclusiveMaximum")),
    ({"multipleOf": 3}, 4, ("schema.multipleOf", "", "/multipleOf")),
    ({"multipleOf": 0.1}, 1.15, ("schema.multipleOf", "", "/multipleOf")),
    ({"multipleOf": 0.5}, 10**400 + 0, None),
    ({"format": "int32"}, 2**31, ("schema.format", "", "/format")),
    ({"format": "int32"}, -(2**31) - 1, ("schema.format", "", "/format")),
    ({"format": "int64"}, 2**63, ("schema.format", "", "/format")),
    ({"format": "date-time"}, "2026-01-01T00:00:00", ("schema.format", "", "/format")),
    ({"format": "date-time"}, "\ud800", ("schema.format", "", "/format")),
    ({"format": "date-time"}, "-026-01-01T00:00:00Z", ("schema.format", "", "/format")),
    ({"format": "date"}, "+026-01-01", ("schema.format", "", "/format")),
    ({"format": "time"}, "0.:00:00Z", ("schema.format", "", "/format")),
    ({"minLength": 2}, "a", ("schema.minLength", "", "/minLength")),
    ({"maxLength": 1}, "🦊🦊", ("schema.maxLength", "", "/maxLength")),
    ({"pattern": "^a$"}, "b", ("schema.pattern", "", "/pattern")),
    ({"pattern": "^a$"}, "a\n", ("schema.pattern", "", "/pattern")),
    ({"pattern": r"^\d$"}, "٣", ("schema.pattern", "", "/pattern")),
    ({"pattern": "^a$"}, "\ud800", ("schema.pattern", "", "/pattern")),
    ({"minItems": 1}, [], ("schema.minItems", "", "/minItems")),
    ({"maxItems": 1}, [1, 2], ("schema.maxItems", "", "/maxItems")),
    ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], ("schema.uniqueItems", "", "/uniqueItems")),
    ({"uniqueItems": True}, [1, True, 1], ("schema.uniqueItems", "", "/uniqueItems")),
    ({"contains": {"type": "string"}}, [1], ("schema.contains", "", "/contains")),
    ({"contains": False}, [1], ("schema.contains", "", "/contains")),
    ({"contains": {"const": 1}, "minContains": 2}, [1], ("schema.contains", "", "/minContains")),
    ({"contains": {"const": 1}, "maxContains": 1}, [1, 1], ("schema.contains", "", "/maxContains")),
    ({"items": {"type": "string"}}, ["a", 1], ("schema.type", "/1", "/items/type")),
    ({"items": False}, [1], ("schema.false", "/0", "/items")),
    ({"prefixItems": [{"type": "string"}]}, [1, 2], ("schema.type", "/0", "/prefixItems/0/type")),
    ({"prefixItems": [True, False]}, [1, 2], ("schema.false", "/1", "/prefixItems/1")),
    ({"prefixItems": [True], "items": {"type": "null"}}, [1, 2], ("schema.type", "/1", "/items/type")),
    ({"prefixItems": [True], "items": False}, [1, 2], ("schema.false", "/1", "/items")),
    ({"prefixItems": [True], "unevaluatedItems": False}, [1, 2], ("schema.unevaluatedItems", "", "/unevaluatedItems")),
    ({"properties": {"a/b~": {"type": "null"}}}, {"a/b~": 1}, ("schema.type", "/a~1b~0", "/properties/a~1b~0/type")),
    ({"properties": {"a/b": False}}, {"a/b": 1}, ("schema.false", "/a~1b", "/properties/a~1b")),
    ({"required": ["a", "b"]}, {"a": 1}, ("schema.required", "/b", "/required")),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ("schema.dependentRequired", "/b", "/dependentRequired")),
    (
        {"dependentSchemas": {"a": {"required": ["b"]}}},
        {"a": 1},
        ("schema.required", "/b", "/dependentSchemas/a/required"),
    ),
    ({"dependentSchemas": {"a": False}}, {"a": 1}, ("schema.false", "", "/dependentSchemas/a")),
    ({"minProperties": 1}, {}, ("schema.minProperties", "", "/minProperties")),
    ({"maxProperties": 0}, {"a": 1}, ("schema.maxProperties", "", "/maxProperties")),
    ({"propertyNames": {"maxLength": 1}}, {"a": 1, "bb": 1}, ("schema.propertyNames", "/bb", "/propertyNames")),
    ({"propertyNames": False}, {"bb": 1}, ("schema.propertyNames", "/bb", "/propertyNames")),
    (
        {"patternProperties": {"^x$": {"type": "null"}}},
        {"x": 1, "y": 1},
        ("schema.type", "/x", "/patternProperties/^x$/type"),
    ),
    ({"patternProperties": {"^x": False}}, {"x": 1}, ("schema.false", "/x", "/patternProperties/^x")),
    (
        {"properties": {"a": True}, "additionalProperties": False},
        {"a": 1, "b": 1},
        ("schema.additionalProperties", "/b", "/additionalProperties"),
    ),
    (
        {"patternProperties": {"^x$": True}, "additionalProperties": False},
        {"x\n": 1},
        ("schema.additionalProperties", "/x\n", "/additionalProperties"),
    ),
    ({"additionalProperties": {"type": "null"}}, {"b": 1}, ("schema.type", "/b", "/additionalProperties/type")),
    ({"allOf": [True, {"type": "null"}]}, 1, ("schema.type", "", "/allOf/1/type")),
    ({"allOf": [False]}, 1, ("schema.false", "", "/allOf/0")),
    ({"not": {"type": "null"}}, None, ("schema.not", "", "/not")),
    ({"not": True}, None, ("schema.not", "", "/not")),
    ({"if": {"type": "string"}, "then": {"minLength": 1}}, "", ("schema.minLength", "", "/then/minLength")),
    ({"if": {"type": "string"}, "else": {"minimum": 1}}, 0, ("schema.minimum", "", "/else/minimum")),
    ({"if": True, "then": False}, 0, ("schema.false", "", "/then")),
    (
        {"properties": {"a": True}, "unevaluatedProperties": False},
        {"b": 1},
        ("schema.unevaluatedProperties", "", "/unevaluatedProperties"),
    ),
    (
        {"unevaluatedProperties": {"type": "null"}},
        {"b": 1},
        ("schema.unevaluatedProperties", "", "/unevaluatedProperties"),
    ),
    (False, 1, ("schema.false", "", "")),
    ({"const": "x", "pattern": "x"}, "x", None),
    ({"pattern": r"^\p{L}$"}, "é", None),
    ({"multipleOf": 0.1}, 1.1, None),
    ({"multipleOf": 0.01}, 0.07, None),
    ({"type": "integer"}, 1.0, None),
    ({"format": "int32"}, 2**31 - 1, None),
    ({"format": "int32"}, 2.5, None),
    ({"format": "password"}, 5, None),
    ({"uniqueItems": True}, [1, True, "1", [1], [True], 0, False, None], None),
    ({"minContains": 0, "contains": False}, [], None),
    ({"required": ["a"]}, "no object", None),
    ({"prefixItems": [{"type": "string"}]}, ["a"], None),
    ({"patternProperties": {"^x": True}, "additionalProperties": False}, {"x1": 1}, None),
    (True, {"any": ["thing"]}, None),
]


@pytest.mark.parametrize(("schema", "instance", "expected"), KEYWORDS)
def test_each_keyword_is_told_once_by_its_rule_at_its_place(schema: Any, instance: Any, expected: Any) -> None:
    assert told(schema, instance) == ([expected] if expected else [])


@pytest.mark.parametrize(("schema", "instance", "expected"), KEYWORDS)
def test_a_keyword_says_the_same_deep_inside_an_answer_of_any_size(schema: Any, instance: Any, expected: Any) -> None:
    wrapped = {"items": {"properties": {"in": {"$ref": "#/components/schemas/It"}}}}
    document, found = judged(wrapped, [{}, {"in": instance}], {"It": schema})
    rule, place, pointer = expected or ("", "", "")
    at = "/in" if expected else ""
    assert [(each.rule, each.place, each.document) for each in found] == (
        [(rule, f"body/1{at}{place}", "#/components/schemas/It" + pointer)]
        if expected and schema is not False
        else [("schema.false", "body/1/in", body_schema(document) + "/items/properties/in/$ref")]
        if expected
        else []
    )
    assert judged(wrapped, [{}, {"in": instance}], {"It": schema}, size=LARGE)[1] == found


@pytest.mark.parametrize(
    ("schema", "instance", "expected", "actual"),
    [
        ({"type": ["string", "null"]}, 5, '["string", "null"]', "5"),
        ({"required": ["a"]}, {}, "", ""),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "", ""),
        ({"propertyNames": {"maxLength": 1}}, {"bb": 1}, '{"maxLength": 1}', '"bb"'),
        ({"additionalProperties": False}, {"b": [1]}, "", "[1]"),
        ({"properties": {"a": False}}, {"a": [1]}, "", "[1]"),
        ({"multipleOf": 3}, 4, "3", "4"),
        ({"pattern": "^é$"}, "ü", '"^é$"', '"ü"'),
        ({"anyOf": [{"type": "null"}, {"const": 1}]}, 5, '["null", 1]', "5"),
    ],
)
def test_what_was_expected_and_what_came_are_told(schema: Any, instance: Any, expected: str, actual: str) -> None:
    assert [(each.expected, each.actual) for each in judged(schema, instance)[1]] == [(expected, actual)]


def test_what_a_reference_brings_counts_as_evaluated() -> None:
    schemas = {"Base": {"properties": {"a": {"type": "integer"}}}, "Pair": {"prefixItems": [True]}}
    closed = {"$ref": "#/components/schemas/Base", "unevaluatedProperties": False}
    assert told(closed, {"a": 1}, schemas) == []
    assert [each[0] for each in told(closed, {"a": 1, "b": 1}, schemas)] == ["schema.unevaluatedProperties"]
    through_all = {"allOf": [{"$ref": "#/components/schemas/Base"}], "unevaluatedProperties": False}
    assert told(through_all, {"a": 1}, schemas) == []
    items = {"$ref": "#/components/schemas/Pair", "unevaluatedItems": False}
    assert told(items, [1], schemas) == []
    assert [each[0] for each in told(items, [1, 2], schemas)] == ["schema.unevaluatedItems"]


def test_a_reference_may_stand_beside_other_keywords() -> None:
    schema = {"properties": {"a": {"$ref": "#/components/schemas/Word", "maxLength": 2}}}
    schemas = {"Word": {"type": "string", "minLength": 1}}
    assert told(schema, {"a": "abc"}, schemas) == [("schema.maxLength", "/a", "/properties/a/maxLength")]
    assert told(schema, {"a": ""}, schemas) == [("schema.minLength", "/a", "/Word/minLength")]


def test_every_violation_of_one_instance_is_told() -> None:
    schema = {"type": "object", "required": ["a", "b"], "properties": {"c": {"type": "string", "enum": ["x"]}}}
    assert [(rule, place) for rule, place, _ in told(schema, {"c": 5})] == [
        ("schema.enum", "/c"),
        ("schema.required", "/a"),
        ("schema.required", "/b"),
        ("schema.type", "/c"),
    ]


ALTERNATIVES = [
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        None,
        [("schema.anyOf", "", "/anyOf")],
        '["string", "integer"]',
    ),
    ({"oneOf": [{"type": "string"}, {"enum": [1, 2]}]}, 3, [("schema.oneOf", "", "/oneOf")], '["string", 1, 2]'),
    (
        {"anyOf": [{"const": [1]}, {"type": ["null", "boolean"]}]},
        3,
        [("schema.anyOf", "", "/anyOf")],
        '[[1], "null", "boolean"]',
    ),
    (
        {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]},
        "ab",
        [("schema.minLength", "", "/anyOf/0/minLength")],
        "3",
    ),
    (
        {"anyOf": [{"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["c"]}]},
        {},
        [("schema.required", "/c", "/anyOf/1/required")],
        "",
    ),
    (
        {
            "anyOf": [
                {"properties": {"k": {"const": "a"}}},
                {"properties": {"k": {"const": "b"}, "x": {"type": "null"}}, "required": ["x"]},
            ]
        },
        {"k": "b"},
        [("schema.required", "/x", "/anyOf/1/required")],
        "",
    ),
    (
        {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "object", "required": ["a"]}]},
        {},
        [("schema.required", "/a", "/anyOf/1/required")],
        "",
    ),
    (
        {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "object"}]},
        5,
        [("schema.anyOf", "", "/anyOf")],
        '["string", "null", "object"]',
    ),
    ({"anyOf": [False, {"type": "string"}]}, 5, [("schema.anyOf", "", "/anyOf")], '["string"]'),
    ({"anyOf": [False, False]}, 5, [("schema.anyOf", "", "/anyOf")], "[]"),
    ({"type": "string", "anyOf": [False]}, "x", [("schema.false", "", "/anyOf/0")], ""),
    (
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        "b",
        [("schema.enum", "", "/anyOf/0/enum")],
        '["a"]',
    ),
    ({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, "b", [("schema.anyOf", "", "/anyOf")], '["a", "null"]'),
    (
        {"anyOf": [{"oneOf": [{"type": "string"}, {"type": "null"}]}, {"type": "object"}]},
        5,
        [("schema.anyOf", "", "/anyOf")],
        '["string", "null", "object"]',
    ),
    (
        {"anyOf": [{"anyOf": [{"enum": ["abc"], "minLength": 3}, {"type": "null"}]}, {"type": "object"}]},
        "a",
        [("schema.anyOf", "", "/anyOf")],
        '["abc", "null", "object"]',
    ),
    (
        {"anyOf": [{"oneOf": [{"minimum": 1}, {"minimum": 2}]}, {"type": "string"}]},
        3,
        [("schema.oneOf", "", "/anyOf/0/oneOf")],
        '"a single alternative, not oneOf/0 and oneOf/1 alike"',
    ),
    (
        {"oneOf": [{"minimum": 1}, {"type": "string"}, {"minimum": 2}]},
        3,
        [("schema.oneOf", "", "/oneOf")],
        '"a single alternative, not oneOf/0 and oneOf/2 alike"',
    ),
    ({"oneOf": [{"minimum": 1}, {"type": "string"}, {"minimum": 2}]}, 1, [], ""),
    ({"anyOf": [{"minimum": 1}, {"minimum": 2}]}, 3, [], ""),
]


@pytest.mark.parametrize(("schema", "instance", "expected", "wanted"), ALTERNATIVES)
def test_alternatives_without_a_tag_are_told_by_the_nearest(
    schema: Any, instance: Any, expected: Any, wanted: str
) -> None:
    assert told(schema, instance) == expected
    assert [each.expected for each in judged(schema, instance)[1]] == [wanted] * len(expected)


@pytest.mark.parametrize(("keyword", "listed"), [("enum", ["a", "b"]), ("const", "a")])
def test_values_that_are_not_listed_are_told_apart_as_far_as_they_are_short(keyword: str, listed: Any) -> None:
    values: list[Any] = ["c", 5, None, [], {}, "x" * 100]
    causes = [each.cause for value in values for each in judged({keyword: listed}, value)[1]]
    assert causes == ["c", "5", "None", "", "", "x" * 80]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_alternatives_that_all_failed_are_told_apart_by_the_type_that_came(keyword: str) -> None:
    schema = {keyword: [{"type": "string"}, {"type": "null"}]}
    values: list[Any] = [5, []]
    assert [each.cause for value in values for each in judged(schema, value)[1]] == ["integer", "array"]


def test_the_nearest_alternative_is_told_in_full_where_it_is_broken_deep_inside() -> None:
    schema = {
        "anyOf": [{"type": "null"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}]
    }
    assert told(schema, ["a", None, 1, 1.5]) == [
        ("schema.anyOf", "/1", "/anyOf/1/items/anyOf"),
        ("schema.anyOf", "/3", "/anyOf/1/items/anyOf"),
    ]


TREE = {
    "Tree": {
        "type": "object",
        "properties": {
            "leaf": {"type": "integer"},
            "sub": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
    }
}


def test_a_schema_that_holds_itself_is_followed_as_far_as_the_instance_goes() -> None:
    tree = {"$ref": "#/components/schemas/Tree"}
    deep: Any = {"leaf": "x"}
    for _ in range(20):
        deep = {"leaf": 1, "sub": [{}, deep]}
    assert told(tree, deep, TREE) == [("schema.type", "/sub/1" * 20 + "/leaf", "/Tree/properties/leaf/type")]
    for _ in range(2000):
        deep = {"sub": [deep]}
    document = document_of(tree, TREE)
    told_of = '"nested too deeply to be judged"'
    expected = [Violation("json.depth", 200, "header X", body_schema(document), actual=told_of)]
    for frames in range(12):  # So that each function on the way down is once the one that goes too deep.
        assert sunk(frames, document, deep) == expected
    assert compiled(document).violations(body_schema(document), {"leaf": "x"})[0].status == 0


def sunk(frames: int, document: Document, instance: Any) -> list[Violation]:
    """The violations, found with so many frames more on the stack."""
    if frames:
        return sunk(frames - 1, document, instance)
    return compiled(document).violations(body_schema(document), instance, status=200, place="header X")


# What a union of three branches makes of an instance: tag, their values, what each holds.
def union_table(tag: str, closed: str, open_: str, part: str, text: str, only: str) -> list[tuple[Any, Any]]:
    """Instance and (rule, place, cause, branch, nearest), of a union whose `only` branch lacks the property `only`."""
    return [
        ({tag: closed, part: {}}, None),
        ({tag: closed, part: []}, ("schema.type", f"/{part}", "array", closed, "")),
        ({tag: open_, part: 5}, ("schema.type", f"/{part}", "integer", open_, "")),
        ({}, ("union.tag-missing", f"/{tag}", "", "", "")),
        ({text: "x"}, ("union.tag-missing", f"/{tag}", "", "", "")),
        ({tag: closed.lower()}, ("union.tag-unknown", f"/{tag}", closed.lower(), "", closed)),
        ({tag: "AZURE"}, ("union.tag-unknown", f"/{tag}", "AZURE", "", "")),
        ({tag: None}, ("union.tag-type", f"/{tag}", "", "", "")),
        ({tag: [closed]}, ("union.tag-type", f"/{tag}", "", "", "")),
        ({only: 5}, ("union.tag-missing", f"/{tag}", "", "", "")),
        ({tag: closed, "undeclared": {}}, None),
        ({tag: closed, only: 5}, None),
        (None, ("schema.type", "", "null", "", "")),
        (closed, ("schema.type", "", "string", "", "")),
        ([], ("schema.type", "", "array", "", "")),
    ]


PET_TABLE = union_table("kind", "EEL", "CAT", "toys", "home", "home")
JOB_TABLE = union_table("vendor", "OPENAI", "LAUNCH", "hyperparameters", "suffix", "output")
PET = {"$ref": "#/components/schemas/Pet"}
NESTED = {
    **PETS,
    "Beast": {"oneOf": [PET, {"$ref": "#/components/schemas/Rock"}], "discriminator": {"propertyName": "kind"}},
    "Rock": {"type": "object", "properties": {"kind": {"const": "ROCK"}}, "required": ["kind"]},
}
PLACES = [
    pytest.param(PET, PETS, "", lambda value: value, id="at the top"),
    pytest.param(PETS["Pet"], PETS, "", lambda value: value, id="written out"),
    pytest.param({"items": {"items": PET}}, PETS, "/0/1", lambda value: [[{"kind": "CAT"}, value]], id="in arrays"),
    pytest.param({"properties": {"pet": PET}}, PETS, "/pet", lambda value: {"pet": value}, id="in a property"),
    pytest.param({"additionalProperties": {"allOf": [PET]}}, PETS, "/a", lambda value: {"a": value}, id="in allOf"),
    pytest.param({"patternProperties": {"a": PET}}, PETS, "/a", lambda value: {"a": value}, id="in patternProperties"),
    pytest.param({"$ref": "#/components/schemas/Beast"}, NESTED, "", lambda value: value, id="in another union"),
]


def facts(violation: Violation) -> tuple[str, str, str, str, str]:
    return violation.rule, violation.place.removeprefix("body"), violation.cause, violation.branch, violation.nearest


@pytest.mark.parametrize(("schema", "schemas", "place", "wrap"), PLACES)
@pytest.mark.parametrize(("instance", "expected"), PET_TABLE)
@pytest.mark.parametrize("size", [0, LARGE])
def test_a_tagged_union_is_told_in_the_branch_that_the_tag_claims(
    schema: Any, schemas: Any, place: str, wrap: Any, instance: Any, expected: Any, size: int
) -> None:
    document, found = judged(schema, wrap(instance), schemas, size=size)
    wanted = [(expected[0], place + expected[1], *expected[2:])] if expected else []
    assert [facts(each) for each in found] == wanted
    assert compiled(document).opinion(body_schema(document), wrap(instance)) is (not wanted)


@cache
def pinned() -> Document:
    return load(PINNED, [PINNED_OVERLAY])


def job(**changes: Any) -> dict[str, Any]:
    made = {
        "id": "j",
        "status": "RUNNING",
        "account_id": "a",
        "created_at": "2026-01-01T00:00:00Z",
        "created_by_user_id": "u",
        "created_by_identity_type": "user",
        "training_dataset_id": "t",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ABSENT}


@pytest.mark.parametrize(("instance", "expected"), JOB_TABLE)
@pytest.mark.parametrize("size", [0, LARGE])
def test_the_pinned_union_is_told_in_the_branch_that_the_vendor_claims(instance: Any, expected: Any, size: int) -> None:
    document = pinned()
    found = compiled(document).violations(body_schema(document), job(vendor_configuration=instance), size=size)
    wanted = [(expected[0], "/vendor_configuration" + expected[1], *expected[2:])] if expected else []
    assert [facts(each) for each in found] == wanted
    for violation in found:
        document.schema(violation.document)


@pytest.mark.parametrize(
    ("pet", "document", "expected", "actual"),
    [
        (None, "/Pet/oneOf", '["object"]', "null"),
        ({}, "/Pet/discriminator", '["CAT", "DOG", "EEL"]', ""),
        ({"kind": 5}, "/Pet/discriminator", '["CAT", "DOG", "EEL"]', "5"),
        ({"kind": "COW"}, "/Pet/discriminator", '["CAT", "DOG", "EEL"]', '"COW"'),
        ({"kind": "CAT", "toys": 5}, "/Cat/properties/toys/type", '"object"', "5"),
    ],
)
def test_what_breaks_a_union_is_told_with_its_place_in_the_document(
    pet: Any, document: str, expected: str, actual: str
) -> None:
    _, found = judged({"properties": {"pet": PET}}, {"pet": pet}, PETS)
    assert [(each.document, each.expected, each.actual) for each in found] == [
        ("#/components/schemas" + document, expected, actual)
    ]


def test_a_violation_inside_two_unions_is_told_in_the_branch_of_the_inner_one() -> None:
    box = {"properties": {"kind": {"const": "BOX"}, "size": {"type": "integer"}, "pet": PET}}
    schema = {"oneOf": [{"$ref": "#/components/schemas/Box"}], "discriminator": {"propertyName": "kind"}}
    _, found = judged(schema, {"kind": "BOX", "size": "x", "pet": {"kind": "CAT", "toys": 5}}, {**PETS, "Box": box})
    assert {(each.place, each.branch) for each in found} == {("body/size", "BOX"), ("body/pet/toys", "CAT")}


def test_what_breaks_the_branch_it_claims_is_not_told_to_fit_another_one_as_well() -> None:
    _, found = judged(PETS["Pet"], {"kind": "CAT", "toys": 5}, {**PETS, "Eel": {"type": "object"}})
    assert [(each.rule, each.place) for each in found] == [("schema.type", "body/toys")]


def test_a_branch_that_allows_nothing_is_told_where_the_union_lists_it() -> None:
    schema = {"oneOf": [{"$ref": "#/components/schemas/No"}], "discriminator": {"propertyName": "kind"}}
    assert told(schema, {"kind": "No"}, {"No": False}) == [("schema.false", "", "/oneOf/0")]


def test_what_breaks_an_alternative_inside_a_branch_is_told_in_that_branch() -> None:
    toy = {"anyOf": [{"type": "null"}, {"type": "array", "items": {"anyOf": [{"type": "string", "minLength": 2}]}}]}
    schemas = {"Ape": {"properties": {"kind": {"const": "APE"}, "toys": toy}}}
    schema = {"anyOf": [{"$ref": "#/components/schemas/Ape"}], "discriminator": {"propertyName": "kind"}}
    _, found = judged(schema, {"kind": "APE", "toys": ["ab", "a"]}, schemas)
    assert [(each.rule, each.place, each.branch) for each in found] == [("schema.minLength", "body/toys/1", "APE")]


NULLABLE = [
    ("oneOf", None, []),
    ("anyOf", None, []),
    ("oneOf", 5, ["schema.type"]),
    ("anyOf", 5, ["schema.type"]),
    ("oneOf", {}, ["union.tag-missing"]),
    ("oneOf", {"kind": "DOG"}, []),
    ("anyOf", {"kind": "DOG", "toys": 1}, ["schema.type"]),
]


@pytest.mark.parametrize(("keyword", "instance", "rules"), NULLABLE)
def test_a_union_may_allow_null_beside_its_branches(keyword: str, instance: Any, rules: list[str]) -> None:
    branches = [*PETS["Pet"]["oneOf"], {"type": "null"}]
    schema = {keyword: branches, "discriminator": PETS["Pet"]["discriminator"]}
    document, found = judged(schema, instance, PETS)
    assert [each.rule for each in found] == rules
    assert compiled(document).is_valid(body_schema(document), instance) is not bool(rules)
    if rules and instance == 5:
        assert found[0].expected == '["object", "null"]'


def test_an_instance_that_fits_two_branches_of_one_of_is_ambiguous() -> None:
    schemas = {
        "A": {"type": "object", "properties": {"kind": {"enum": ["A"]}}},
        "B": {"type": "object"},
    }
    mapping = {name: f"#/components/schemas/{name}" for name in "AB"}
    branches = [{"$ref": place} for place in mapping.values()]
    discriminator = {"propertyName": "kind", "mapping": mapping}
    one = {"oneOf": branches, "discriminator": discriminator}
    assert told(one, {"kind": "A"}, schemas) == [("union.ambiguous", "", "/oneOf")]
    assert told(one, {"kind": "B"}, schemas) == []
    assert told({"anyOf": branches, "discriminator": discriminator}, {"kind": "A"}, schemas) == []


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_the_branch_that_is_claimed_decides_even_if_another_one_alone_fits(keyword: str, size: int) -> None:
    schemas = {
        "A": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}},
        "B": {"type": "object", "properties": {"y": {"type": "string"}}},
    }
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    schema = {"items": {keyword: branches, "discriminator": {"propertyName": "kind"}}}
    wrong = [{"kind": "A", "x": "s", "y": "s"}, {"kind": "B", "x": 1, "y": 1}]
    for instance, places in zip(wrong, (["/0/x", "/0/y"], ["/0/y"]), strict=True):
        document, found = judged(schema, [instance], schemas, size=size)
        assert [each.place.removeprefix("body") for each in found] == places
        assert not compiled(document).is_valid(body_schema(document), [instance])
    for instance in ({"kind": "B", "x": "s", "y": "s"}, {"kind": "A", "x": 1, "y": 1}):
        document, found = judged(schema, [instance], schemas, size=size)
        assert found == []
        assert compiled(document).is_valid(body_schema(document), [instance])


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize("null", [[], [{"type": "null"}]], ids=["no null", "null"])
@pytest.mark.parametrize(
    ("instance", "rule"),
    [
        ({}, "union.tag-missing"),
        ({"kind": "C"}, "union.tag-unknown"),
        ({"kind": 5}, "union.tag-type"),
        (5, "schema.type"),
        ([], "schema.type"),
    ],
)
def test_branches_that_allow_anything_still_want_their_tag(
    instance: Any, rule: str, null: list[Any], size: int
) -> None:
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in "AB"]
    schema = {"items": {"anyOf": [*branches, *null], "discriminator": {"propertyName": "kind"}}}
    document, found = judged(schema, [instance], {"A": {}, "B": {}}, size=size)
    assert [each.rule for each in found] == [rule]
    assert compiled(document).opinion(body_schema(document), [instance]) is False
    assert compiled(document).opinion(body_schema(document), [None]) is bool(null)


def test_a_scalar_that_fits_an_open_branch_too_is_ambiguous() -> None:
    schemas = {name: {"properties": {"kind": {"const": name}}} for name in "AB"}
    branches = [*({"$ref": f"#/components/schemas/{name}"} for name in schemas), {"type": "integer"}]
    union = {"oneOf": branches, "discriminator": {"propertyName": "kind"}}
    document, found = judged({"$ref": "#/components/schemas/Union"}, 5, {**schemas, "Union": union})
    assert [(each.rule, each.document, each.expected, each.actual) for each in found] == [
        (
            "union.ambiguous",
            "#/components/schemas/Union/oneOf",
            '"no branch but the claimed one, fits A, B too"',
            "5",
        )
    ]
    assert not compiled(document).is_valid(body_schema(document), 5)


@pytest.mark.parametrize(
    ("scalar", "kinds"),
    [
        ({"type": ["null", "boolean"]}, '["object", "null", "boolean"]'),
        ({"type": "null"}, '["object", "null"]'),
        ({"const": None}, '["object"]'),
    ],
)
def test_a_scalar_that_no_branch_of_a_union_allows_is_told_with_the_types_that_are(
    scalar: dict[str, Any], kinds: str
) -> None:
    _, found = judged({**PETS["Pet"], "oneOf": [*PETS["Pet"]["oneOf"], scalar]}, 5, PETS)
    assert [(each.rule, each.expected, each.actual) for each in found] == [("schema.type", kinds, "5")]


@pytest.mark.parametrize("rule", [("enum", ["RUNNING", "DONE"]), ("const", "RUNNING")])
def test_a_value_that_is_nearly_legal_is_told_with_the_legal_one(rule: tuple[str, Any]) -> None:
    _, found = judged({rule[0]: rule[1]}, "running ")
    assert [each.nearest for each in found] == ["RUNNING"]


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"format": "date-time"}, {"pattern": "^x+$"}])
def test_only_a_listed_value_can_be_near(schema: dict[str, Any]) -> None:
    _, found = judged(schema, next(iter(schema.values())))
    assert [each.nearest for each in found] == [""]


# Laws over arbitrary instances, mutated from valid ones.

KITCHEN = {
    **PETS,
    "Node": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 4, "pattern": "^[a-z]*$"},
            "state": {"enum": ["on", "off", None, 0]},
            "count": {"type": "integer", "minimum": 0, "exclusiveMaximum": 10, "multipleOf": 2},
            "when": {"type": "string", "format": "date-time"},
            "pet": {"$ref": "#/components/schemas/Pet"},
            "nodes": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}, "maxItems": 3},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"$ref": "#/components/schemas/Node"}]},
            "one": {"oneOf": [{"minimum": 1}, {"type": "string"}, {"type": "array"}]},
            "pair": {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "uniqueItems": True},
            "when_then": {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "null"}},
            "no": {"not": {"type": "boolean"}},
            "has": {"contains": {"type": "integer"}, "maxContains": 2},
        },
        "patternProperties": {"^x-": {"type": ["integer", "null"]}},
        "required": ["name"],
        "dependentRequired": {"count": ["state"]},
        "dependentSchemas": {"when": {"properties": {"name": {"minLength": 2}}}},
        "propertyNames": {"maxLength": 9},
        "additionalProperties": {"type": "string"},
    },
}
VALID: list[Any] = [
    {"name": "a"},
    {"name": "ab", "state": None, "count": 4, "when": "2026-01-01T00:00:00Z", "x-1": None, "other": "y"},
    {"name": "a", "pet": {"kind": "CAT", "toys": {}, "home": "x"}, "nodes": [{"name": "b", "nodes": []}]},
    {"name": "a", "either": {"name": "c"}, "one": "x", "pair": [1, "b"], "when_then": None, "no": 1, "has": [1, "x"]},
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.integers(-20, 20).map(lambda number: number / 4),
    st.sampled_from(["", "a", "on", "CAT", "DOG", "cat", "a\n", "2026-01-01T00:00:00Z", "é", "name"]),
)
values = st.recursive(
    scalars
    | st.sampled_from(VALID).map(copy.deepcopy)
    | st.sampled_from([row[0] for row in PET_TABLE]).map(copy.deepcopy),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*KITCHEN["Node"]["properties"], "x-1", "kind", "toys", "toolongname"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    value = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 3))):
        places = [place for place, _ in walk(value) if place]
        place = split(draw(st.sampled_from(places))) if places else None
        if place is None:
            return draw(values)
        holder: Any = find(value, place[:-1])
        key: Any = int(place[-1]) if isinstance(holder, list) else place[-1]
        if draw(st.booleans()):
            holder[key] = draw(values)
        elif isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(st.sampled_from([*KITCHEN["Node"]["properties"], "x-1"]))] = draw(values)
        else:
            del holder[key]
    return value


@cache
def kitchen() -> Document:
    return document_of({"$ref": "#/components/schemas/Node"}, KITCHEN)


@cache
def plain() -> Draft202012Validator:
    root = {"$ref": "#/components/schemas/Node", "components": {"schemas": KITCHEN}}
    return Draft202012Validator(root, format_checker=formats.checker())


def untagged(value: Any) -> bool:
    """Whether a union's instance anywhere in the value lacks a tag that names a branch: where the tag rule differs."""
    pets = (item["pet"] for _, item in walk(value) if isinstance(item, dict) and "pet" in item)
    return any(isinstance(pet, dict) and pet.get("kind") not in ("CAT", "DOG", "EEL") for pet in pets)


@given(values | mutated())
@example({"name": "a", "pet": {"home": 5}})
def test_the_verdict_is_that_of_plain_jsonschema_but_for_the_tag_rule(value: Any) -> None:
    document = kitchen()
    found = compiled(document).violations(body_schema(document), value)
    if untagged(value):
        assert found if not plain().is_valid(value) else True
    else:
        assert bool(found) == (not plain().is_valid(value))


@given(values | mutated())
def test_the_quick_verdict_is_the_exact_one(value: Any) -> None:
    document = kitchen()
    validation, pointer = compiled(document), body_schema(document)
    assert validation.is_valid(pointer, value) == (not validation.violations(pointer, value))


@given(values | mutated())
def test_a_large_answer_is_told_as_a_small_one_is(value: Any) -> None:
    document = kitchen()
    validation, pointer = compiled(document), body_schema(document)
    assert set(validation.violations(pointer, value, size=10**6)) == set(validation.violations(pointer, value))


@given(values | mutated())
def test_every_violation_has_a_place_in_the_document_and_in_the_instance(value: Any) -> None:
    document = kitchen()
    for violation in compiled(document).violations(body_schema(document), value):
        assert violation.rule in RULES
        document.schema(violation.document)
        if violation.rule not in ("schema.required", "schema.dependentRequired", "union.tag-missing"):
            find(value, split(violation.place.removeprefix("body")))
        line = violation_line(violation)
        assert line.splitlines() == [line]


def test_a_tag_that_only_one_branch_tolerates_by_chance_is_still_missing() -> None:
    document = kitchen()
    loophole = {"name": "a", "pet": {"home": 5}}
    assert plain().is_valid(loophole)
    found = compiled(document).violations(body_schema(document), loophole)
    assert [(each.rule, each.place) for each in found] == [("union.tag-missing", "body/pet/kind")]


@pytest.mark.parametrize("text", ["\ud800", {"\udfff": 1}, {"name": "\ud800", "pet": {"kind": "\ud800"}}])
def test_half_a_surrogate_pair_is_judged_like_any_text(text: Any) -> None:
    document = kitchen()
    validation, pointer = compiled(document), body_schema(document)
    found = validation.violations(pointer, text)
    assert found
    assert validation.is_valid(pointer, text) is False
    assert set(validation.violations(pointer, text, size=10**6)) == set(found)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 10**400, -(10**400), 1e308])
@pytest.mark.parametrize(
    "schema", [{"type": "integer"}, {"multipleOf": 0.01}, {"minimum": 5}, {"format": "int64"}, {"enum": [1]}]
)
def test_no_number_is_too_strange_to_be_judged(schema: dict[str, Any], number: float) -> None:
    judged(schema, number)
    judged(schema, number, size=10**6)


def test_text_that_the_quick_validator_does_not_take_is_judged_all_the_same() -> None:
    document = document_of({"type": "string", "maxLength": 1})
    validation, pointer = compiled(document), body_schema(document)
    assert validation.is_valid(pointer, "\ud800")
    assert not validation.is_valid(pointer, "\ud800" * 2)


def test_the_quick_validator_knows_dates_as_the_exact_one_does() -> None:
    # A leap second is one of UTC's; jsonschema_rs by itself takes it at any offset.
    document = document_of({"format": "date-time"})
    judge, pointer = compiled(document), body_schema(document)
    for text, valid in (("2026-01-01T22:59:60-01:00", False), ("2016-12-31T23:59:60Z", True), ("nonsense", False)):
        assert judge.opinion(pointer, text) is valid
        assert (judge.violations(pointer, text) == []) is valid


WIDTHS = [
    ("int32", 2**31 - 1, True),
    ("int32", 2**31, False),
    ("int32", -(2**31), True),
    ("int32", -(2**31) - 1, False),
    ("int32", 3e10, False),
    ("int32", 3e9 + 0.5, True),
    ("int32", "x", True),
    ("int64", 2**63 - 1, True),
    ("int64", 2**63, False),
    ("int64", -(2**63), True),
    ("int64", -(2**63) - 1, False),
    ("double", 10**30, True),
]


@pytest.mark.parametrize(("width", "value", "valid"), WIDTHS)
def test_the_quick_validator_knows_the_widths_of_integers_as_the_exact_one_does(
    width: str, value: Any, valid: bool
) -> None:
    document = document_of({"format": width})
    assert compiled(document).opinion(body_schema(document), value) is valid
    assert (compiled(document).violations(body_schema(document), value) == []) is valid


def test_what_the_quick_validator_is_told_leaves_what_stands_there() -> None:
    narrow: dict[str, Any] = {"format": "int32", "allOf": [{"minimum": 5}]}
    narrowed = {**PETS["Pet"], "allOf": [{"required": ["home"]}]}
    named = {"properties": {"const": narrow, "enum": narrow}, "$ref": "#/components/schemas/default"}
    schemas = {**PETS, "default": {"properties": {"example": narrow, "pet": narrowed}}}
    document = document_of(named, schemas)
    judge, pointer = compiled(document), body_schema(document)
    for name in ("const", "enum", "example"):
        assert [judge.opinion(pointer, {name: value}) for value in (4, 5, 2**31)] == [False, True, False]
    assert judge.opinion(pointer, {"pet": {"kind": "CAT"}}) is False
    assert judge.opinion(pointer, {"pet": {"kind": "CAT", "home": ""}}) is True
    assert judge.opinion(pointer, {"pet": {"kind": "COW", "home": ""}}) is False


@pytest.mark.parametrize("keyword", ["const", "default", "enum", "example", "examples"])
def test_a_value_in_a_document_is_no_schema(keyword: str) -> None:
    value = {"format": "int32", "allOf": 5}
    holds = {keyword: [value] if keyword in ("enum", "examples") else value}
    document = document_of({"properties": {"a": {"format": "int32"}, "b": holds, "c": {"format": "int32"}}})
    judge, pointer = compiled(document), body_schema(document)
    assert judge.opinion(pointer, {"b": value}) is True
    assert judge.opinion(pointer, {"a": 2**31}) is judge.opinion(pointer, {"c": 2**31}) is False


def test_of_a_small_answer_nothing_is_left_to_the_quick_validator(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"properties": {"a": {"type": "integer"}, "b": {"allOf": [{"$ref": "#/components/schemas/B"}]}}}
    document = document_of({"items": row}, {"B": {"type": "string"}})
    monkeypatch.setattr(Validation, "opinion", lambda self, pointer, instance: True)
    found = compiled(document).violations(body_schema(document), [{"a": "x", "b": 5}])
    assert [each.place for each in found] == ["body/0/a", "body/0/b"]


@pytest.fixture
def descents(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The instances that jsonschema was asked to go down into."""
    seen: list[Any] = []

    def counting(validator: Any, instance: Any, *rest: Any, **more: Any) -> Any:
        seen.append(instance)
        return assertions.descend(validator, instance, *rest, **more)

    monkeypatch.setattr(validation, "descend", counting)
    return seen


def test_of_a_large_answer_only_what_is_broken_is_read_again(descents: list[Any]) -> None:
    integer, reference = {"type": ["integer", "null"]}, {"$ref": "#/components/schemas/B"}
    row = {"properties": {"a": integer, "b": reference, "c": {"type": "boolean"}}}
    rows: list[Any] = [{"a": 1, "b": "x"} for _ in range(1_000)]
    rows[500] = {"a": "x", "b": 5, "c": True}
    _, found = judged({"items": row}, rows, {"B": {"type": "string"}}, size=LARGE)
    assert [each.place for each in found] == ["body/500/a", "body/500/b"]
    # The row, two of its properties, and what the second refers to; before them the answer itself.
    assert descents == [rows, rows[500], "x", 5, 5]


def test_what_a_reference_beyond_doubt_leads_to_is_not_read_again(descents: list[Any]) -> None:
    schemas = {"A": {"type": "array"}, "B": {"maxItems": 1}}
    _, found = judged(
        {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}, [1, 2], schemas, size=LARGE
    )
    assert [each.rule for each in found] == ["schema.maxItems"]
    # The answer, and what the second reference leads to; `allOf` goes down by itself.
    assert descents == [[1, 2], [1, 2]]


def test_a_large_answer_beyond_doubt_is_not_read_again(descents: list[Any]) -> None:
    assert judged({"items": {"type": "integer"}}, [1] * 1_000, size=LARGE)[1] == []
    assert descents == []


def test_whether_an_instance_is_valid_is_known_without_reading_it_again(descents: list[Any]) -> None:
    document = document_of({"items": {"type": "integer"}})
    judge, pointer = compiled(document), body_schema(document)
    assert judge.is_valid(pointer, [1])
    assert not judge.is_valid(pointer, ["x"])
    assert descents == []


def test_the_validator_of_a_schema_is_made_once() -> None:
    kind: Any = validators.extend(Draft202012Validator, {})  # type: ignore[no-untyped-call]
    kind.evolved = {}
    one, other = {"type": "string"}, {"type": "string"}
    made = assertions.evolved(kind({}), one)
    assert assertions.evolved(kind({}), one) is made
    assert assertions.evolved(kind({}), other) is not made
    assert not made.is_valid(5)


def test_two_bad_items_in_a_megabyte_are_found() -> None:
    document = pinned()
    item: dict[str, Any] = {"loc": ["body", 0], "msg": "m" * 60, "type": "value_error"}
    items = [dict(item) for _ in range(8_000)]
    items[17] = {**item, "msg": 5}
    items[7_777] = {**item, "loc": ["body", None]}
    answer = {"detail": items}
    found = compiled(document).violations(body_schema(document, "422"), answer, size=len(json.dumps(answer)))
    assert [(each.rule, each.place) for each in found] == [
        ("schema.type", "body/detail/17/msg"),
        ("schema.anyOf", "body/detail/7777/loc/1"),
    ]
    assert [each.expected for each in found] == ['"string"', '["string", "integer"]']


def test_places_are_json_pointers_of_the_document() -> None:
    assert join("a/b", "c~d", 0) == "/a~1b/c~0d/0"
