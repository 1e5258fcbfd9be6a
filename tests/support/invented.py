"""Documents and schemas to derive strategies from, and the two validators that all their values have to satisfy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, settings

from contracts.judge.json_schema import ASSERTIONS
from contracts.openapi import Document, load
from contracts.openapi.formats import format_checker
from tests.support.pinned import DOCUMENT as PINNED_DOCUMENT

DOCUMENTS = Path(__file__).parents[1] / "documents"
UNIONS = load(DOCUMENTS / "unions.openapi.yaml")
SHOP = load(DOCUMENTS / "shop.openapi.yaml")


def answer_schemas(document: Document) -> list[str]:
    return [
        pointer
        for operation in document.operations
        for spec in operation.responses
        for pointer in spec.content.values()
        if pointer
    ]


@cache
def both_validators(document: Document, pointer: str) -> Callable[[Any], bool]:
    schema = {**document.contents, "$ref": "#" + quote(pointer[1:])}
    # jsonschema divides binary fractions: by its own keyword -0.3 were no multiple of 0.1.
    changed = {"multipleOf": ASSERTIONS["multipleOf"]}
    decimal = jsonschema.validators.extend(jsonschema.Draft202012Validator, changed)  # type: ignore[no-untyped-call]
    slow = decimal(schema, format_checker=format_checker())
    fast = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return lambda value: slow.is_valid(value) and fast.is_valid(value)


def with_schema(schema: Any) -> Document:
    """Return a document with the schema, unchecked, at `#/components/schemas/It`."""
    contents = {**SHOP.contents, "components": {"schemas": {"It": schema}}}
    return dataclasses.replace(SHOP, contents=contents, unions={})


IT = "#/components/schemas/It"

EVERY_ANSWER = [
    pytest.param(document, pointer, id=f"{document.path.stem}-{index}")
    for document in (PINNED_DOCUMENT, UNIONS, SHOP)
    for index, pointer in enumerate(answer_schemas(document))
]


SCHEMAS = {
    "no constraint": {},
    "a type among several": {"type": ["integer", "string", "null"], "minLength": 2, "minimum": 4},
    "allOf narrows": {"allOf": [{"type": "integer", "minimum": 3}, {"type": "number", "maximum": 4}]},
    "allOf with a closed member": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}, "b": True}},
            {"properties": {"a": {"minimum": 5}}, "additionalProperties": False},
        ]
    },
    "not a type": {"not": {"type": ["string", "array", "object"]}},
    "not a value": {"type": "integer", "minimum": 0, "maximum": 3, "not": {"enum": [0, 1]}},
    "if with then and else": {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "boolean"}, "b": {"type": "string"}},
        "if": {"properties": {"a": {"const": True}}},
        "then": {"required": ["b"]},
        "else": {"properties": {"b": False}},
    },
    "dependentRequired": {
        "type": "object",
        "properties": {"a": {"type": "null"}, "b": {"type": "null"}},
        "dependentRequired": {"a": ["b"], "b": ["c"]},
    },
    "dependentSchemas": {
        "type": "object",
        "properties": {"a": {"type": "null"}},
        "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": {"type": "integer"}}}},
    },
    "oneOf that overlap": {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 9}]},
    "anyOf beside a type": {"type": "string", "anyOf": [{"minLength": 5}, {"maxLength": 1}, {"type": "integer"}]},
    "$ref with siblings": {
        "$ref": "#/components/schemas/It/$defs/n",
        "maximum": 5,
        "$defs": {"n": {"type": "integer"}},
    },
    "unevaluatedProperties": {
        "allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}],
        "properties": {"b": {"type": "string"}},
        "unevaluatedProperties": False,
    },
    "patternProperties": {
        "type": "object",
        "patternProperties": {"^n": {"type": "integer"}, "s$": {"minimum": 3}},
        "properties": {"name": {"maximum": 9}},
        "additionalProperties": {"type": "boolean"},
        "minProperties": 1,
    },
    "propertyNames": {"type": "object", "propertyNames": {"enum": ["a", "b"]}, "minProperties": 1},
    "maxProperties": {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 1},
    "minProperties closed": {
        "type": "object",
        "properties": {"a": {"type": "null"}, "b": {"type": "null"}, "c": {"type": "null"}},
        "minProperties": 2,
        "additionalProperties": False,
    },
    "uniqueItems of few": {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True},
    "contains": {"type": "array", "contains": {"const": 1}, "minContains": 2, "maxContains": 3},
    "prefixItems": {
        "type": "array",
        "prefixItems": [{"type": "null"}, {"type": "boolean"}],
        "items": {"type": "integer"},
    },
    "multipleOf": {"type": "number", "multipleOf": 0.1, "minimum": -1, "maximum": 1},
    "multipleOf twice": {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "type": "integer"},
    "exclusive bounds": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "int32": {"type": "integer", "format": "int32"},
    "pattern with lengths": {"type": "string", "pattern": "^[a-c]+$", "minLength": 3, "maxLength": 6},
    "pattern and its opposite": {"type": "string", "pattern": "^a", "not": {"pattern": "b$"}, "maxLength": 5},
    "const null": {"const": None},
    "enum of any type": {"enum": [1, "1", None, [1], {"a": 1}]},
    "enum narrowed": {"enum": [1, "1", None], "type": "string"},
    "a tree": {
        "type": "object",
        "properties": {"left": {"$ref": IT}, "right": {"$ref": IT}, "leaves": {"type": "array", "items": {"$ref": IT}}},
    },
    "a chain that must end in null": {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"anyOf": [{"$ref": IT}, {"type": "null"}]}},
    },
    "a tree folded": {
        "type": "object",
        "properties": {"next": {"allOf": [{"$ref": IT}, {"not": {"required": ["last"]}}]}, "last": {"type": "null"}},
    },
}


CALM = settings(
    derandomize=True,
    database=None,
    max_examples=3_000,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
"""Settings for measurements: the same draws each time, in every profile."""
