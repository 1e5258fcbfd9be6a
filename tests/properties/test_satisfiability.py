"""What is plain of a schema's keywords agrees with the schema algebra, and with a value that both validators accept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.values.definitions import definitions_of
from strategies.values.schemas import Schemas
from tests.support.invented import CALM, IT, SCHEMAS, with_schema
from tests.support.tiny import document_of

NAMES = ("a", "b", "c")


def children(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for schemas that hold others."""
    several = st.lists(inner, min_size=1, max_size=3)
    types = st.sampled_from(["object", "array", "string", "integer", "null", ["object", "null"]])
    optional = {
        "type": types,
        "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        "required": st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
        "additionalProperties": st.one_of(st.booleans(), inner),
        "propertyNames": st.just({"enum": ["a", "b"]}),
        "minProperties": st.integers(0, 3),
        "maxProperties": st.integers(0, 3),
        "items": inner,
        "prefixItems": several,
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "contains": inner,
        "anyOf": several,
        "oneOf": several,
        "allOf": several,
        "not": inner,
    }
    return st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: optional[name] for name in names})
    )


LEAVES = st.one_of(
    st.booleans(),
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "minLength": 3, "maxLength": 2},
            {"type": "string", "pattern": "^a+$", "maxLength": 2},
            {"type": "string", "format": "date-time"},
            {"type": "integer", "format": "int8", "minimum": 200},
            {"type": "integer", "minimum": 2, "maximum": 2},
            {"type": "number", "exclusiveMinimum": 2, "maximum": 2},
            {"enum": ["x", 1, None]},
            {"const": "x"},
            {"enum": ["x", "y"], "type": "integer"},
            {"minLength": 2},
        ]
    ),
)
ANY_SCHEMA = st.recursive(LEAVES, children, max_leaves=8)


def verdicts(schema: Any) -> tuple[bool | None, bool | None]:
    """Return the plain verdict on a schema, and that of the algebra."""
    schemas = Schemas(with_schema(schema))
    node = schemas.flat((schemas.at(IT),))
    return schemas.plain.of(node), schemas.by_algebra(node)


@CALM
@given(ANY_SCHEMA)
def test_a_plain_verdict_never_contradicts_the_algebra(schema: Any) -> None:
    plain, exact = verdicts({"allOf": [schema]})
    assert None in (plain, exact) or plain is exact


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_with_values_is_never_plainly_without(schema: Any) -> None:
    assert verdicts(schema)[0] is not False


@pytest.mark.parametrize(
    ("schema", "verdict"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"const": 1, "type": "string"}}}, False),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, False),
        ({"type": ["object", "null"], "required": ["a"], "additionalProperties": False}, True),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, True),
        ({"oneOf": [{"type": "null"}, {"type": "object"}]}, True),
        ({"oneOf": [{"type": "object"}, {"type": "object"}]}, None),
        ({"oneOf": [{"type": "object"}, False]}, True),
        ({"anyOf": [{"type": "string", "minLength": 2, "maxLength": 1}, False]}, False),
        ({"type": "array", "minItems": 1, "items": False}, False),
        ({"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "null"}}, None),
        ({"allOf": [{"enum": [1, 2]}, {"enum": [3]}]}, False),
        ({"not": {"type": "null"}}, None),
    ],
)
def test_what_is_plain(schema: Any, verdict: bool | None) -> None:
    assert verdicts(schema)[0] is verdict


def test_a_schema_that_has_to_hold_itself_is_left_to_the_algebra() -> None:
    again = {"$ref": "#/components/schemas/It"}
    schemas = Schemas(with_schema({"type": "object", "required": ["it"], "properties": {"it": again}}))
    assert schemas.plain.of((schemas.at(IT),)) is None


def test_only_the_definitions_that_a_schema_needs_are_taken_with_those_that_these_need() -> None:
    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    schemas = {"A": {"items": ref("B")}, "B": {"properties": {"c": {"$ref": "#/components/schemas/C/not"}}}}
    document = document_of(ref("D"), {**schemas, "C": {"not": ref("A")}, "D": True})
    needed = definitions_of(document).needed_by({"allOf": [ref("A")]})
    assert needed == {
        "components": {"schemas": {name: document.schema(f"#/components/schemas/{name}") for name in "ABC"}}
    }


def test_a_definition_is_found_behind_an_array() -> None:
    holder = {"$ref": "#/paths/~1things~1{thing}/get/parameters/0/schema"}
    document = document_of(holder)
    needed = definitions_of(document).needed_by(holder)
    assert needed["paths"]["/things/{thing}"]["get"]["parameters"][0]["schema"] == {"type": "string"}
