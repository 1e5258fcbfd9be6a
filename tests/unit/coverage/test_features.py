"""The features that a document promises, and those that one response shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.coverage.features import features_of, promised_features
from contracts.judge import parse_response
from contracts.openapi import Document
from tests.support.tiny import JSON, PETS, answer, document_of

PATH = "/things/{thing}"
SCHEMAS = {
    **PETS,
    "Thing": {
        "type": "object",
        "required": ["name", "state"],
        "properties": {
            "name": {"type": "string"},
            "state": {"enum": ["on", "off", 1, None]},
            "kind": {"type": "string"},
            "pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
            "sub": {"$ref": "#/components/schemas/Thing"},
            "loose": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Cat"}, {"minimum": 3}]},
        },
    },
}
THING = {"$ref": "#/components/schemas/Thing"}


def thing() -> Document:
    responses = {
        "200": {"description": "", "content": {JSON: {"schema": THING}}},
        "404": {"description": ""},
        "default": {"description": "", "content": {JSON: {"schema": {"properties": {"why": True}}}}},
    }
    return document_of(schemas=SCHEMAS, responses=responses)


PROMISED = {
    "status status": {"200", "404", "default"},
    "200/state value": {"on", "off", "1", "null"},
    "200/kind present": {""},
    "200/kind absent": {""},
    "200/pets present": {""},
    "200/pets absent": {""},
    "200/pets empty": {""},
    "200/pets several": {""},
    "200/pets/*/kind branch": {"CAT", "DOG", "EEL"},
    "200/sub present": {""},
    "200/sub absent": {""},
    "200/loose present": {""},
    "200/loose absent": {""},
    "200/loose alternative": {"string", "Cat", '{"minimum": 3}'},
    "200/loose bound": {"minimum 3"},
    # Behind an alternative that has no tag, a property called as one is a property.
    **{f"200/loose/{name} {side}": {""} for name in ("kind", "toys", "home") for side in ("present", "absent")},
    **{
        f"200/pets/*[{tag}]/{name} {side}": {""}
        for tag in ("CAT", "DOG", "EEL")
        for name in ("toys", "home")
        for side in ("present", "absent")
        if (tag, name) != ("EEL", "home")
    },
    "default/why present": {""},
    "default/why absent": {""},
}


def grouped(features: Any) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for feature in features:
        assert feature.operation == PATH
        groups.setdefault(f"{feature.location} {feature.kind}", set()).add(feature.which)
    return groups


def shown(document: Document, status: int, body: Any) -> dict[str, set[str]]:
    operation = document.operations[0]
    features = features_of(operation, parse_response(operation, answer(status, body)), status)
    assert features.promised <= set(promised_features(operation))
    return grouped(features.promised)


def undeclared(document: Document, status: int, body: Any) -> list[str]:
    operation = document.operations[0]
    found = features_of(operation, parse_response(operation, answer(status, body)), status).undeclared
    return [f"{feature.location} {feature.kind} {feature.which}".strip() for feature in found]


def test_the_promised_features_are_complete_and_finite_for_a_schema_inside_itself() -> None:
    assert grouped(promised_features(thing().operations[0])) == PROMISED


def test_every_feature_is_promised_once() -> None:
    features = promised_features(thing().operations[0])
    assert len(features) == len(set(features))


PLAIN = {"status status": {"200"}, **{f"200/{name} absent": {""} for name in ("kind", "pets", "sub", "loose")}}


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({}, {}),
        ({"state": "on", "name": "x", "more": 1}, {"200/state value": {"on"}}),
        ({"state": 1}, {"200/state value": {"1"}}),
        ({"state": True}, {}),
        ({"state": "unknown"}, {}),
        ({"kind": "x"}, {"200/kind present": {""}, "200/kind absent": None}),
        ({"pets": []}, {"200/pets present": {""}, "200/pets absent": None, "200/pets empty": {""}}),
        ({"pets": 5}, {"200/pets present": {""}, "200/pets absent": None}),
        (
            {"pets": [{"kind": "EEL", "home": "x"}, {"kind": "eel"}, {}, 5]},
            {
                "200/pets present": {""},
                "200/pets absent": None,
                "200/pets several": {""},
                "200/pets/*/kind branch": {"EEL"},
                "200/pets/*[EEL]/toys absent": {""},
            },
        ),
        (
            {"loose": 5},
            {"200/loose present": {""}, "200/loose absent": None, "200/loose alternative": {'{"minimum": 3}'}},
        ),
        ({"loose": 1}, {"200/loose present": {""}, "200/loose absent": None}),
        (
            {"loose": 3},
            {
                "200/loose present": {""},
                "200/loose absent": None,
                "200/loose alternative": {'{"minimum": 3}'},
                "200/loose bound": {"minimum 3"},
            },
        ),
        # A thing inside a thing shows what a thing can show.
        ({"sub": {"state": "off", "sub": {}}}, {"200/sub present": {""}, "200/state value": {"off"}}),
    ],
    ids=lambda each: json.dumps(each, default=sorted),
)
def test_a_response_shows_its_features_and_credits_only_the_branch_its_tag_claims(
    body: Any, changes: dict[str, Any]
) -> None:
    expected = {name: which for name, which in {**PLAIN, **changes}.items() if which is not None}
    assert shown(thing(), 200, body) == expected


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null"])
def test_a_body_that_is_not_an_object_shows_only_its_status(body: bytes) -> None:
    assert shown(thing(), 200, body) == {"status status": {"200"}}


def test_a_response_counts_for_the_described_status_that_covers_it() -> None:
    assert shown(thing(), 418, {"why": 1}) == {"status status": {"default"}, "default/why present": {""}}
    assert shown(thing(), 404, {"why": 1}) == {"status status": {"404"}}


def test_an_undocumented_status_shows_no_promised_feature() -> None:
    assert shown(document_of(THING, SCHEMAS), 500, {"state": "on"}) == {}


def test_a_branch_of_several_tags_is_seen_under_each_of_them() -> None:
    both = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}, "x": True}}
    other = {"type": "object", "properties": {"kind": {"const": "c"}}}
    union = {"oneOf": [{"$ref": "#/components/schemas/Both"}, {"$ref": "#/components/schemas/Other"}]}
    document = document_of({**union, "discriminator": {"propertyName": "kind"}}, {"Both": both, "Other": other})
    assert grouped(promised_features(document.operations[0])) == {
        "status status": {"200"},
        "200/kind branch": {"a", "b", "c"},
        **{f"200[{tag}]/x {side}": {""} for tag in "ab" for side in ("present", "absent")},
    }
    assert shown(document, 200, {"kind": "b", "x": 1}) == {
        "status status": {"200"},
        "200/kind branch": {"b"},
        "200[b]/x present": {""},
    }


UNIT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "count": {"type": "integer", "minimum": 1, "exclusiveMaximum": 9},
        "name": {"type": ["string", "null"], "maxLength": 3},
        "born": {"type": "string", "format": "date-time"},
        "width": {"type": "integer", "format": "int32"},
        "row": {"type": "array", "minItems": 1, "prefixItems": [{"enum": ["x"]}], "items": {"enum": ["y"]}},
        "map": {"type": "object", "patternProperties": {"^n": {"enum": [1]}}, "additionalProperties": {"enum": [2]}},
    },
    "if": {"required": ["count"]},
    "then": {"properties": {"name": {"enum": ["abc"]}}},
    "dependentSchemas": {"born": {"required": ["count"], "properties": {"count": {"enum": [8]}}}},
}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"count": 1}, {"200/count bound": {"minimum 1"}}),
        ({"count": 8}, {"200/count bound": {"exclusiveMaximum 9"}}),
        ({"count": True}, {}),
        ({"name": "abc"}, {"200/name alternative": {"string"}, "200/name bound": {"maxLength 3"}}),
        ({"name": None}, {"200/name alternative": {"null"}}),
        ({"count": 2, "name": "abc"}, {"200/name value": {"abc"}}),
        ({"born": "2024-02-29T12:00:00Z"}, {"200/born format": {"date-time"}}),
        ({"born": "yesterday"}, {}),
        ({"born": "", "count": 8}, {"200/count value": {"8"}}),
        ({"width": 5}, {"200/width format": {"int32"}}),
        ({"row": ["x"]}, {"200/row bound": {"minItems 1"}, "200/row/0 value": {"x"}}),
        ({"row": ["y", "y", "z"]}, {"200/row several": {""}, "200/row/* value": {"y"}}),
        ({"map": {"new": 1, "old": 2}}, {"200/map/* value": {"1", "2"}}),
        ({"map": {"new": 2, "old": 1}}, {}),
    ],
    ids=lambda each: json.dumps(each, default=sorted),
)
def test_every_keyword_that_leaves_a_choice_is_seen_in_the_values_that_make_it(
    body: Any, found: dict[str, set[str]]
) -> None:
    document = document_of(UNIT)
    groups = shown(document, 200, body)
    for place, which in found.items():
        assert which <= groups[place], groups
    named = {place for place in groups if place.rpartition(" ")[2] in ("bound", "value", "format", "several")}
    assert {place for place in found if "alternative" not in place} <= named
    if not found:
        assert not named


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ({"name": "x", "zz": 1, "state": "on"}, ["200/zz extra"]),
        ({"pets": [{"kind": "EEL", "home": 1}]}, ["200/pets/*[EEL]/home extra"]),
        ({"pets": [{"kind": "CAT", "home": 1}]}, []),
        ({"pets": [{"zz": 1}, {"zz": 2}]}, []),
        ({"sub": {"a/b": 1}}, ["200/a~1b extra"]),
    ],
)
def test_an_undeclared_property_is_an_extra_feature(body: Any, extra: list[str]) -> None:
    assert undeclared(thing(), 200, body) == extra


def test_no_property_is_undeclared_in_an_open_object() -> None:
    assert undeclared(document_of({"additionalProperties": True, "properties": {"a": True}}), 200, {"b": 1}) == []
    assert undeclared(document_of({"type": "object"}), 200, {"b": 1}) == []


def test_properties_declared_in_another_part_of_allof_are_declared() -> None:
    document = document_of({"allOf": [{"properties": {"a": True}}, {"properties": {"b": True}}]})
    assert undeclared(document, 200, {"a": 1, "b": 2, "c": 3}) == ["200/c extra"]


def test_an_undocumented_status_is_an_undeclared_feature() -> None:
    assert undeclared(document_of(), 418, {}) == ["status status 418"]


def test_every_branch_with_every_other_choice_is_a_pair() -> None:
    schema = {
        "required": ["pet", "state"],
        "properties": {
            "pet": {"$ref": "#/components/schemas/Pet"},
            "state": {"enum": ["on", "off"]},
            "n": {"enum": [1]},
        },
    }
    document = document_of(schema, PETS)
    pairs = {each.which for each in promised_features(document.operations[0]) if each.kind == "pair"}
    assert pairs == {f"{tag} x {state}" for tag in ("CAT", "DOG", "EEL") for state in ("on", "off", "1")}
    body = {"pet": {"kind": "DOG"}, "state": "off"}
    assert shown(document, 200, body)["200/pet/kind x 200/state pair"] == {"DOG x off"}


def test_half_a_surrogate_pair_shows_the_features_of_any_text() -> None:
    document = document_of({"anyOf": [{"type": "string"}, {"type": "integer"}]})
    assert shown(document, 200, "\ud800") == {"status status": {"200"}, "200 alternative": {"string"}}


@pytest.mark.parametrize(
    ("schema", "promised"),
    [
        ({"type": ["string", "null"], "enum": ["a"]}, {("value", "a")}),
        ({"type": "string", "enum": ["a", None]}, {("value", "a")}),
        (
            {"type": ["string", "null"], "enum": ["a", None]},
            {("value", "a"), ("value", "null"), ("alternative", "string"), ("alternative", "null")},
        ),
        (
            {"type": ["number", "null"], "enum": [1, None]},
            {("value", "1"), ("value", "null"), ("alternative", "number"), ("alternative", "null")},
        ),
        ({"enum": ["a", "bb"], "maxLength": 1}, {("value", "a"), ("bound", "maxLength 1")}),
    ],
)
def test_a_listed_value_or_type_that_nothing_can_show_is_not_promised(schema: Any, promised: set[Any]) -> None:
    (operation,) = document_of(schema).operations
    assert {(each.kind, each.which) for each in promised_features(operation)} - {("status", "200")} == promised


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"properties": {"a": True}}, {"required": ["a"]}]},
        {"$ref": "#/components/schemas/A", "required": ["a"]},
        {"required": ["a"], "anyOf": [{"$ref": "#/components/schemas/A"}]},
    ],
)
def test_a_property_that_another_schema_of_the_value_requires_is_never_absent(schema: Any) -> None:
    (operation,) = document_of(schema, {"A": {"properties": {"a": {"properties": {"a": True}}}}}).operations
    found = {(each.location, each.kind) for each in promised_features(operation)}
    assert not found & {("200/a", "absent"), ("200/a", "present")}
    assert ("200/a/a", "absent") in found or "allOf" in schema
