"""The overlay `closed` forbids undeclared properties in responses, wherever the document's schemas let them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from contracts.judge import compiled
from contracts.openapi import Document, load, open_objects, overlay_files
from strategies import covering_set
from tests.support.contents import CLEAN, Contents, answering, operation, read, response
from tests.support.invented import SHOP, UNIONS, answer_schemas
from tests.support.pinned import DOCUMENT
from tests.support.tiny import body_schema

UNDECLARED = "nobody-declares-this"


def closed(contents: Contents) -> Document:
    """The document, closed as by the overlay: its keyword stands at the top."""
    return read({**contents, "x-closed": True})


def accepts(schema: Any, value: Any, **schemas: Any) -> bool:
    document = closed(answering(schema, schemas))
    return compiled(document).is_valid(body_schema(document), value)


A = {"type": "object", "properties": {"a": {"type": "integer"}}}
B = {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}}
REF_A, REF_B = {"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}

CASES = {
    "an object": (A, {"a": 1}),
    "a referenced object": (REF_A, {"a": 1}),
    "a reference with a description": ({**REF_A, "description": "it"}, {"a": 1}),
    "allOf": ({"allOf": [REF_A, REF_B]}, {"a": 1, "b": 2}),
    "allOf beside properties": ({"allOf": [REF_A], **B}, {"a": 1, "b": 2}),
    "a reference beside properties": ({**REF_A, "properties": {"c": True}}, {"a": 1, "c": 2}),
    "a union": ({"oneOf": [B, {"type": "integer"}]}, {"b": 1}),
    "a union of references": ({"anyOf": [REF_B, REF_A]}, {"b": 1}),
    "a union beside properties": ({"anyOf": [REF_B, REF_A], "properties": {"c": True}}, {"b": 1, "a": 1, "c": 1}),
    "allOf of unions": ({"allOf": [{"oneOf": [REF_B, {"type": "integer"}]}, REF_A]}, {"a": 1, "b": 1}),
    "a condition": ({**A, "if": {"required": ["a"]}, "then": {"properties": {"c": True}}}, {"a": 1, "c": 1}),
    "names by pattern": ({"type": "object", "patternProperties": {"^a": True}}, {"apple": 1}),
}


@pytest.mark.parametrize(("schema", "value"), CASES.values(), ids=CASES)
def test_declared_properties_are_accepted_and_others_are_not(schema: Any, value: Any) -> None:
    assert accepts(schema, value, A=A, B=B)
    assert not accepts(schema, {**value, UNDECLARED: 1}, A=A, B=B)


@pytest.mark.parametrize(("schema", "value"), CASES.values(), ids=CASES)
def test_objects_inside_objects_and_lists_are_closed_too(schema: Any, value: Any) -> None:
    whole = {"type": "object", "properties": {"all": {"type": "array", "items": schema}}}
    assert accepts(whole, {"all": [value]}, A=A, B=B)
    assert not accepts(whole, {"all": [{**value, UNDECLARED: 1}]}, A=A, B=B)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {**A, "additionalProperties": True},
        {**A, "additionalProperties": {"type": "integer"}},
        {**A, "unevaluatedProperties": {"type": "integer"}},
        {"anyOf": [A, {"type": "object"}]},
        {"allOf": [A, {"type": "object", "additionalProperties": True}]},
        True,
    ],
    ids=str,
)
def test_what_says_itself_that_others_may_be_stays_open(schema: Any) -> None:
    assert accepts(schema, {UNDECLARED: 1})


def test_a_schema_that_stands_alone_and_in_an_all_of_is_closed_where_it_stands_alone() -> None:
    both = {"type": "object", "properties": {"one": REF_A, "two": {"allOf": [REF_A, REF_B]}}}
    assert accepts(both, {"one": {"a": 1}, "two": {"a": 1, "b": 1}}, A=A, B=B)
    assert not accepts(both, {"one": {"a": 1, "b": 1}}, A=A, B=B)
    assert not accepts(both, {"two": {"a": 1, "b": 1, UNDECLARED: 1}}, A=A, B=B)


def test_parameters_are_left_as_they_are() -> None:
    contents = operation({"200": response(CLEAN)}, path="/{thing}", parameter=A)
    assert open_objects(read(contents)) == ()


CLOSED = {
    document.path.stem: (document, load(document.path, overlay_files(["closed"], pinned=document is DOCUMENT)))
    for document in (DOCUMENT, SHOP, UNIONS)
}


@pytest.mark.parametrize(("bare", "shut"), CLOSED.values(), ids=CLOSED)
def test_a_closed_document_accepts_every_covering_value_that_has_only_declared_properties(
    bare: Document, shut: Document
) -> None:
    assert open_objects(bare)
    assert open_objects(shut) == ()
    for place in answer_schemas(shut):
        for value in covering_set(shut, place):
            assert compiled(bare).is_valid(place, value)
            assert compiled(shut).is_valid(place, value)


@pytest.mark.parametrize(("bare", "shut"), CLOSED.values(), ids=CLOSED)
def test_an_undeclared_property_anywhere_in_a_covering_value_breaks_a_closed_document_or_is_declared_free(
    bare: Document, shut: Document
) -> None:
    refused = 0
    for place in answer_schemas(shut):
        for value in covering_set(shut, place):
            for wider in widened(value):
                if not compiled(shut).is_valid(place, wider):
                    refused += compiled(bare).is_valid(place, wider)
    assert refused > 10


def widened(value: Any) -> Iterator[Any]:
    """The value with an undeclared property in one of its objects, for each of them."""
    if isinstance(value, dict):
        yield {**value, UNDECLARED: 1}
        yield from ({**value, name: wider} for name, item in value.items() for wider in widened(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], wider, *value[index + 1 :]] for wider in widened(item))


def test_closing_changes_nothing_of_what_is_judged_but_undeclared_properties() -> None:
    for bare, shut in CLOSED.values():
        assert shut.schemas == bare.schemas
        assert shut.unions.keys() == bare.unions.keys()
        assert replace(shut, contents={}).written != shut.contents
