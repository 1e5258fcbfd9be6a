"""Instances judged against schemas: the rule, the place in the instance and the place in the document."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.judge.validation import LARGE, compiled
from contracts.judge.violation import Violation
from contracts.openapi import Document
from contracts.openapi.pointer import to_pointer
from tests.support.judging import judged, reported
from tests.support.tiny import body_schema, document_of

KEYWORDS = [
    ({"type": "string"}, 5, ("schema.type", "", "/type")),
    ({"type": ["string", "null"]}, 5, ("schema.type", "", "/type")),
    ({"type": "integer"}, True, ("schema.type", "", "/type")),
    ({"type": "integer"}, 1.5, ("schema.type", "", "/type")),
    ({"type": "number"}, "1", ("schema.type", "", "/type")),
    ({"type": "number"}, True, ("schema.type", "", "/type")),
    ({"type": "number"}, 1, None),
    ({"type": "number"}, 1.5, None),
    ({"type": "integer"}, 1.0, None),
    ({"type": ["string", "null"]}, "x", None),
    ({"type": ["string", "null"]}, None, None),
    ({"type": ["number", "null"]}, 1, None),
    ({"type": ["integer", "null"]}, 1.5, ("schema.type", "", "/type")),
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
        ("schema.unevaluatedProperties", "/b", "/unevaluatedProperties"),
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
def test_each_keyword_is_reported_once_by_its_rule_at_its_place(schema: Any, instance: Any, expected: Any) -> None:
    assert reported(schema, instance) == ([expected] if expected else [])


@pytest.mark.parametrize(("schema", "instance", "expected"), KEYWORDS)
def test_a_keyword_is_reported_alike_deep_inside_a_response_of_any_size(
    schema: Any, instance: Any, expected: Any
) -> None:
    wrapped = {"items": {"properties": {"in": {"$ref": "#/components/schemas/It"}}}}
    document, found = judged(wrapped, [{}, {"in": instance}], {"It": schema})
    rule, place, pointer = expected or ("", "", "")
    at = "/in" if expected else ""
    assert [(each.rule, each.place, each.pointer) for each in found] == (
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
        ({"unevaluatedProperties": False}, {"b": [1]}, "", "[1]"),
        ({"properties": {"a": False}}, {"a": [1]}, "", "[1]"),
        ({"multipleOf": 3}, 4, "3", "4"),
        ({"pattern": "^é$"}, "ü", '"^é$"', '"ü"'),
        ({"anyOf": [{"type": "null"}, {"const": 1}]}, 5, '["null", 1]', "5"),
    ],
)
def test_the_expected_and_actual_values_are_reported(schema: Any, instance: Any, expected: str, actual: str) -> None:
    assert [(each.expected, each.actual) for each in judged(schema, instance)[1]] == [(expected, actual)]


def test_properties_behind_a_reference_count_as_evaluated() -> None:
    schemas = {"Base": {"properties": {"a": {"type": "integer"}}}, "Pair": {"prefixItems": [True]}}
    closed = {"$ref": "#/components/schemas/Base", "unevaluatedProperties": False}
    assert reported(closed, {"a": 1}, schemas) == []
    assert [each[0] for each in reported(closed, {"a": 1, "b": 1}, schemas)] == ["schema.unevaluatedProperties"]
    through_all = {"allOf": [{"$ref": "#/components/schemas/Base"}], "unevaluatedProperties": False}
    assert reported(through_all, {"a": 1}, schemas) == []
    items = {"$ref": "#/components/schemas/Pair", "unevaluatedItems": False}
    assert reported(items, [1], schemas) == []
    assert [each[0] for each in reported(items, [1, 2], schemas)] == ["schema.unevaluatedItems"]


def test_a_reference_may_stand_beside_other_keywords() -> None:
    schema = {"properties": {"a": {"$ref": "#/components/schemas/Word", "maxLength": 2}}}
    schemas = {"Word": {"type": "string", "minLength": 1}}
    assert reported(schema, {"a": "abc"}, schemas) == [("schema.maxLength", "/a", "/properties/a/maxLength")]
    assert reported(schema, {"a": ""}, schemas) == [("schema.minLength", "/a", "/Word/minLength")]


def test_every_violation_of_one_instance_is_reported() -> None:
    schema = {"type": "object", "required": ["a", "b"], "properties": {"c": {"type": "string", "enum": ["x"]}}}
    assert [(rule, place) for rule, place, _ in reported(schema, {"c": 5})] == [
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
def test_of_alternatives_without_a_tag_the_closest_one_is_reported(
    schema: Any, instance: Any, expected: Any, wanted: str
) -> None:
    assert reported(schema, instance) == expected
    assert [each.expected for each in judged(schema, instance)[1]] == [wanted] * len(expected)


@pytest.mark.parametrize(("keyword", "listed"), [("enum", ["a", "b"]), ("const", "a")])
def test_short_unlisted_values_are_distinct_violations(keyword: str, listed: Any) -> None:
    values: list[Any] = ["c", 5, None, [], {}, "x" * 100]
    causes = [each.variant for value in values for each in judged({keyword: listed}, value)[1]]
    assert causes == ["c", "5", "None", "", "", "x" * 80]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_failed_alternatives_are_distinguished_by_the_actual_type(keyword: str) -> None:
    schema = {keyword: [{"type": "string"}, {"type": "null"}]}
    values: list[Any] = [5, []]
    assert [each.variant for value in values for each in judged(schema, value)[1]] == ["integer", "array"]


def test_the_closest_alternative_is_reported_in_full_if_it_fails_deep_inside() -> None:
    schema = {
        "anyOf": [{"type": "null"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}]
    }
    assert reported(schema, ["a", None, 1, 1.5]) == [
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


def test_a_recursive_schema_is_followed_as_far_as_the_instance_goes() -> None:
    tree = {"$ref": "#/components/schemas/Tree"}
    deep: Any = {"leaf": "x"}
    for _ in range(20):
        deep = {"leaf": 1, "sub": [{}, deep]}
    assert reported(tree, deep, TREE) == [("schema.type", "/sub/1" * 20 + "/leaf", "/Tree/properties/leaf/type")]
    for _ in range(2000):
        deep = {"sub": [deep]}
    document = document_of(tree, TREE)
    told_of = '"nested too deeply to be judged"'
    expected = [Violation("json.depth", 200, "header X", body_schema(document), actual=told_of)]
    for frames in range(12):  # So that each function on the way down is once the one that goes too deep.
        assert sunk(frames, document, deep) == expected
    assert compiled(document).violations(body_schema(document), {"leaf": "x"})[0].status == 0


def sunk(frames: int, document: Document, instance: Any) -> list[Violation]:
    """Return the violations, found with that many more frames on the stack."""
    if frames:
        return sunk(frames - 1, document, instance)
    return compiled(document).violations(body_schema(document), instance, status=200, place="header X")


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 10**400, -(10**400), 1e308])
@pytest.mark.parametrize(
    "schema", [{"type": "integer"}, {"multipleOf": 0.01}, {"minimum": 5}, {"format": "int64"}, {"enum": [1]}]
)
def test_every_number_can_be_judged(schema: dict[str, Any], number: float) -> None:
    judged(schema, number)
    judged(schema, number, size=10**6)


def test_places_are_json_pointers_of_the_document() -> None:
    assert to_pointer("a/b", "c~d", 0) == "/a~1b/c~0d/0"
