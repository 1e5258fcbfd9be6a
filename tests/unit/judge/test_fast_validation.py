"""jsonschema and jsonschema_rs agree, whatever the instance, and large instances are judged as small ones are."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any
from unittest.mock import Mock

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

from contracts.judge import json_schema
from contracts.judge.validation import LARGE, Validation, compiled
from contracts.openapi import Document, formats
from contracts.openapi.json_text import walk_json
from contracts.openapi.pointer import from_pointer, resolve_pointer
from contracts.reports.messages import violation_line
from contracts.rules import RULES
from tests.support.judging import PET_TABLE, judged, pinned, reported
from tests.support.tiny import JSON, PETS, body_schema, document_of

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
        places = [place for place, _ in walk_json(value) if place]
        place = from_pointer(draw(st.sampled_from(places))) if places else None
        if place is None:
            return draw(values)
        holder: Any = resolve_pointer(value, place[:-1])
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
    return Draft202012Validator(root, format_checker=formats.format_checker())


def untagged(value: Any) -> bool:
    """Return whether a union's instance in the value lacks a tag that names a branch, where the tag rule differs."""
    pets = (item["pet"] for _, item in walk_json(value) if isinstance(item, dict) and "pet" in item)
    return any(isinstance(pet, dict) and pet.get("kind") not in ("CAT", "DOG", "EEL") for pet in pets)


@given(values | mutated())
@example({"name": "a", "pet": {"home": 5}})
def test_the_verdict_is_that_of_plain_jsonschema_except_for_the_tag_rule(value: Any) -> None:
    document = kitchen()
    found = compiled(document).violations(body_schema(document), value)
    if untagged(value):
        assert found if not plain().is_valid(value) else True
    else:
        assert bool(found) == (not plain().is_valid(value))


@given(values | mutated())
def test_the_fast_verdict_equals_the_exact_one(value: Any) -> None:
    document = kitchen()
    validation, pointer = compiled(document), body_schema(document)
    assert validation.is_valid(pointer, value) == (not validation.violations(pointer, value))


@given(values | mutated())
def test_a_large_response_has_the_violations_of_a_small_one(value: Any) -> None:
    document = kitchen()
    validation, pointer = compiled(document), body_schema(document)
    assert set(validation.violations(pointer, value, size=10**6)) == set(validation.violations(pointer, value))


@given(values | mutated())
def test_every_violation_has_a_place_in_the_document_and_in_the_instance(value: Any) -> None:
    document = kitchen()
    for violation in compiled(document).violations(body_schema(document), value):
        assert violation.rule in RULES
        document.schema(violation.pointer)
        if violation.rule not in ("schema.required", "schema.dependentRequired", "union.tag-missing"):
            resolve_pointer(value, from_pointer(violation.place.removeprefix("body")))
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


def test_a_text_that_the_fast_validator_does_not_take_is_still_judged() -> None:
    document = document_of({"type": "string", "maxLength": 1})
    validation, pointer = compiled(document), body_schema(document)
    assert validation.is_valid(pointer, "\ud800")
    assert not validation.is_valid(pointer, "\ud800" * 2)


def test_the_fast_validator_judges_dates_as_the_exact_one_does() -> None:
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
def test_the_fast_validator_judges_widths_of_integers_as_the_exact_one_does(
    width: str, value: Any, valid: bool
) -> None:
    document = document_of({"format": width})
    assert compiled(document).opinion(body_schema(document), value) is valid
    assert (compiled(document).violations(body_schema(document), value) == []) is valid


def test_the_fast_validators_additions_keep_an_all_of_that_is_there() -> None:
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


def test_small_responses_are_judged_by_the_exact_validator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"properties": {"a": {"type": "integer"}, "b": {"allOf": [{"$ref": "#/components/schemas/B"}]}}}
    document = document_of({"items": row}, {"B": {"type": "string"}})
    monkeypatch.setattr(Validation, "opinion", lambda self, pointer, instance: True)
    found = compiled(document).violations(body_schema(document), [{"a": "x", "b": 5}])
    assert [each.place for each in found] == ["body/0/a", "body/0/b"]


ECMA_PATTERNS = [
    (r"^\p{L}+$", "Zoë", "Zo1"),
    (r"^(?<year>\d{4})$", "2026", "٢٠٢٦"),
    (r"^\u{61}$", "a", "u"),
    ("^[^]$", "\n", "ab"),
    (r"^(?<a>.)\k<a>$", "xx", "xy"),
    ("^x-$", "x-", "x-\n"),
]


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize(("pattern", "good", "bad"), ECMA_PATTERNS)
def test_a_pattern_of_ecma_262_is_judged_alike_in_small_and_large_responses(
    pattern: str, good: str, bad: str, size: int
) -> None:
    schema = {"items": {"pattern": pattern}}
    assert judged(schema, [good, 5], size=size)[1] == []
    (violation,) = judged(schema, [good, bad], size=size)[1]
    assert (violation.rule, violation.place) == ("schema.pattern", "body/1")


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize(("pattern", "good", "bad"), ECMA_PATTERNS)
def test_a_pattern_of_property_names_is_ecma_262s_in_every_keyword(
    pattern: str, good: str, bad: str, size: int
) -> None:
    for closing in ("additionalProperties", "unevaluatedProperties"):
        schema = {"patternProperties": {pattern: {"type": "integer"}}, closing: False}
        assert judged(schema, {good: 1}, size=size)[1] == []
        assert [each.rule for each in judged(schema, {bad: 1}, size=size)[1]] == [f"schema.{closing}"]
        assert "schema.type" in [each.rule for each in judged(schema, {good: "x"}, size=size)[1]]


@pytest.mark.parametrize(("pattern", "good", "bad"), ECMA_PATTERNS)
def test_the_opinion_of_jsonschema_rs_is_asked_only_where_it_reads_patterns_alike(
    pattern: str, good: str, bad: str
) -> None:
    document = document_of({"pattern": pattern})
    judge, pointer = compiled(document), body_schema(document)
    assert [judge.opinion(pointer, text) for text in (good, bad, 5)] == [True, False, True]
    names = document_of({"patternProperties": {pattern: False}})
    judge, pointer = compiled(names), body_schema(names)
    assert judge.opinion(pointer, {good: 1}) in (False, None)
    assert judge.opinion(pointer, {bad: 1}) in (True, None)
    assert [judge.is_valid(pointer, {name: 1}) for name in (good, bad)] == [False, True]


def test_property_names_that_another_keyword_evaluates_are_not_left_over() -> None:
    named = {r"^\p{Lu}": {"type": "integer"}}
    schema = {
        "if": {"required": ["a"]},
        "then": {"properties": {"a": True}},
        "else": {"properties": {"b": True}},
        "dependentSchemas": {"c": {"patternProperties": named}},
        "anyOf": [{"properties": {"c": {"const": 1}}, "required": ["c"]}, {"properties": {"d": True}}],
        "unevaluatedProperties": {"const": "left"},
    }
    for good in ({"a": 1}, {"b": 1}, {"c": 1, "Ä": 1}, {"d": 1}, {"x": "left"}):
        assert reported(schema, good) == [], good
    for bad in ({"a": 1, "b": 1}, {"Ä": 1}, {"x": "other"}, {"c": 2, "d": 1}):
        assert [each[0] for each in reported(schema, bad)] == ["schema.unevaluatedProperties"], bad


@pytest.mark.parametrize(
    ("part", "good"),
    [
        ({"allOf": [{"additionalProperties": {"type": "integer"}}]}, {"a": 1, "b": 2}),
        ({"allOf": [{"unevaluatedProperties": {"type": "integer"}}]}, {"a": 1, "b": 2}),
        ({"allOf": [{"properties": {"a": True}}]}, {"a": 1}),
        ({"anyOf": [{"properties": {"a": True}}, {"required": ["b"]}]}, {"a": 1}),
        ({"oneOf": [{"properties": {"a": True}}, {"required": ["b"]}]}, {"a": 1}),
    ],
    ids=str,
)
def test_a_property_that_a_part_of_the_schema_evaluates_is_not_left_over(part: Any, good: Any) -> None:
    closed = {**part, "unevaluatedProperties": False}
    assert reported(closed, good) == []
    (found,) = reported({"properties": {"o": {**closed, "properties": {}}}}, {"o": {"z": "left"}})[-1:]
    assert found == ("schema.unevaluatedProperties", "/o/z", "/properties/o/unevaluatedProperties")


@pytest.mark.parametrize(
    ("part", "rules"),
    [
        ({"allOf": [{"properties": {"a": {"type": "integer"}}}]}, ["schema.type"]),
        ({"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"type": "null"}]}, ["schema.type"]),
        ({"anyOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["b"]}]}, ["schema.type"]),
        (
            {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["c"]}]},
            ["schema.required", "schema.type"],
        ),
    ],
    ids=str,
)
def test_a_property_of_a_part_that_fails_is_reported_once_and_not_as_left_over(part: Any, rules: list[str]) -> None:
    closed = {**part, "unevaluatedProperties": False}
    assert sorted(each[0] for each in reported(closed, {"a": "text"})) == rules


@pytest.mark.parametrize("pattern", [row[0] for row in ECMA_PATTERNS[:2]], ids=["a class of letters", "a named group"])
def test_jsonschema_rs_has_no_opinion_where_property_names_have_patterns_of_ecma_262(pattern: str) -> None:
    document = document_of({"patternProperties": {pattern: False}, "additionalProperties": False})
    judge, pointer = compiled(document), body_schema(document)
    assert judge.fast(pointer, {}) is judge.fast(pointer, 5) is None


def test_jsonschema_rs_has_an_opinion_of_the_documents_schemas_alone() -> None:
    document = document_of({"patternProperties": {"^x": False}})
    judge, pointer = compiled(document), body_schema(document)
    assert [judge.fast(pointer, value) for value in ({}, {"x": 1}, {"y": 1})] == [True, False, True]
    assert judge.fast("#/info", {}) is judge.fast("#/nowhere", {}) is None


def test_jsonschema_rs_has_an_opinion_though_a_schema_was_left_out() -> None:
    schemas = {"200": {"type": "string"}, "500": {"minimum": "3"}}
    responses = {
        status: {"description": "", "content": {JSON: {"schema": schema}}} for status, schema in schemas.items()
    }
    document = document_of(responses=responses)
    assert [each.part for each in document.left_out] == ["500 application/json"]
    assert compiled(document).fast(body_schema(document), "x") is True
    assert compiled(document).fast(body_schema(document), 5) is False


def test_the_validator_of_a_schema_is_made_once() -> None:
    types = json_schema.Types(lambda reference: {}, lambda schema, instance: False)
    kind: Any = validators.extend(Draft202012Validator, {}, type_checker=types)  # type: ignore[no-untyped-call]
    one, other = {"type": "string"}, {"type": "string"}
    made = json_schema.evolved(kind({}), one)
    assert json_schema.evolved(kind({}), one) is made
    assert json_schema.evolved(kind({}), other) is not made
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


def test_a_schema_that_the_fast_validator_refuses_is_judged_by_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    document = document_of({"type": "integer"})
    monkeypatch.setattr(jsonschema_rs, "Draft202012Validator", Mock(side_effect=ValueError))
    assert compiled(document).fast(body_schema(document), 1) is None
    assert [compiled(document).is_valid(body_schema(document), value) for value in (1, "1")] == [True, False]
