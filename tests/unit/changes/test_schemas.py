"""What a change of a schema means to those who read answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.differing import REF, assert_proved, changes, compared, thing, told
from tests.support.tiny import document_of

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}

EDITS: dict[str, tuple[Any, Any, set[tuple[str, str, str]]]] = {
    "a type more": (thing(a=TEXT), thing(a={"type": ["string", "null"]}), {("breaking", "type", "body/a")}),
    "a type less": (thing(a={"type": ["string", "null"]}), thing(a=TEXT), {("narrowing", "type", "body/a")}),
    "null as an alternative": (
        thing(a=TEXT),
        thing(a={"anyOf": [TEXT, {"type": "null"}]}),
        {("breaking", "alternative-added", "body/a")},
    ),
    "an alternative less": (
        {"anyOf": [TEXT, NUMBER]},
        {"anyOf": [NUMBER]},
        {("narrowing", "alternative-removed", "body")},
    ),
    "an alternative that differs": (
        {"oneOf": [TEXT, NUMBER]},
        {"oneOf": [NUMBER, {**TEXT, "maxLength": 3}]},
        {("narrowing", "length", "body")},
    ),
    "other values": (
        {"enum": ["a", "b"]},
        {"enum": ["b", "c"]},
        {("breaking", "value-added", "body"), ("narrowing", "value-removed", "body")},
    ),
    "values listed": (TEXT, {"type": "string", "enum": ["a"]}, {("narrowing", "values", "body")}),
    "values no longer listed": ({"type": "string", "enum": ["a"]}, TEXT, {("breaking", "values", "body")}),
    "optional": ({**thing(a=TEXT), "required": ["a"]}, thing(a=TEXT), {("breaking", "optional", "body")}),
    "required": (thing(a=TEXT), {**thing(a=TEXT), "required": ["a"]}, {("narrowing", "required", "body")}),
    "a property more": (thing(), thing(a=TEXT), {("narrowing", "property-added", "body/a")}),
    "a property less": (thing(a=TEXT), thing(), {("widening", "property-removed", "body/a")}),
    "a property in a closed object": (
        {**thing(), "additionalProperties": False},
        {**thing(a=TEXT), "additionalProperties": False},
        {("breaking", "property-added", "body/a")},
    ),
    "opened": ({**thing(), "additionalProperties": False}, thing(), {("breaking", "opened", "body/*")}),
    "closed": (thing(), {**thing(), "additionalProperties": False}, {("narrowing", "closed", "body/*")}),
    "other properties": (
        {**thing(), "additionalProperties": TEXT},
        {**thing(), "additionalProperties": NUMBER},
        {("breaking", "type", "body/*")},
    ),
    "named properties": (
        {**thing(), "patternProperties": {"^x": TEXT}},
        {**thing(), "patternProperties": {"^x": {**TEXT, "minLength": 1}}},
        {("narrowing", "length", "body/*")},
    ),
    "properties named by a new pattern": (
        thing(),
        {**thing(), "patternProperties": {"^x": TEXT}},
        {("narrowing", "named-properties", "body/*")},
    ),
    "items": (
        {"type": "array", "items": thing(a=NUMBER)},
        {"type": "array", "items": thing(a={"type": "number"})},
        {("breaking", "type", "body/*/a")},
    ),
    "an item by its position": (
        {"type": "array", "prefixItems": [TEXT, TEXT]},
        {"type": "array", "prefixItems": [TEXT, NUMBER]},
        {("breaking", "type", "body/1")},
    ),
    "more items": (
        {"type": "array", "maxItems": 3},
        {"type": "array", "maxItems": 4},
        {("breaking", "item-count", "body")},
    ),
    "repeated items": (
        {"type": "array", "uniqueItems": True},
        {"type": "array"},
        {("breaking", "unique-items", "body")},
    ),
    "other limits": ({**NUMBER, "minimum": 3}, {**NUMBER, "minimum": 2}, {("breaking", "range", "body")}),
    "multiples": ({**NUMBER, "multipleOf": 4}, {**NUMBER, "multipleOf": 2}, {("breaking", "multiple", "body")}),
    "wider integers": ({**NUMBER, "format": "int32"}, {**NUMBER, "format": "int64"}, {("breaking", "format", "body")}),
    "no format": ({**TEXT, "format": "date-time"}, TEXT, {("breaking", "format", "body")}),
    "another pattern": (
        {**TEXT, "pattern": "^[a-c]+$"},
        {**TEXT, "pattern": "^[a-d]+$"},
        {("breaking", "pattern", "body")},
    ),
    "longer texts": ({**TEXT, "maxLength": 3}, TEXT, {("breaking", "length", "body")}),
    "a condition": (
        {"if": thing(a={"const": 1}), "then": {"required": ["b"]}},
        {},
        {("breaking", "condition", "body")},
    ),
    "dependent properties": (
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"type": "object"},
        {("breaking", "dependent", "body")},
    ),
    "fewer properties": (
        {"type": "object", "maxProperties": 3},
        {"type": "object", "maxProperties": 2},
        {("narrowing", "property-count", "body")},
    ),
    "names": (
        {"type": "object", "propertyNames": {"maxLength": 3}},
        {"type": "object", "propertyNames": {"maxLength": 2}},
        {("narrowing", "property-names", "body")},
    ),
    "what is ruled out": ({"not": {"const": 1}}, {"not": {"enum": [1, 2]}}, {("narrowing", "not", "body")}),
    "what an array contains": (
        {"type": "array", "contains": {"const": 1}},
        {"type": "array"},
        {("breaking", "contains", "body")},
    ),
    "unevaluated properties": (
        {**thing(a=TEXT), "unevaluatedProperties": False},
        thing(a=TEXT),
        {("breaking", "schema", "body")},
    ),
    "both": (TEXT, NUMBER, {("breaking", "type", "body")}),
}


@pytest.mark.parametrize(("old", "new", "expected"), EDITS.values(), ids=EDITS)
def test_an_edit_is_told_at_its_place_and_proved(old: Any, new: Any, expected: set[tuple[str, str, str]]) -> None:
    before, after = document_of(old), document_of(new)
    found = compared(before, after)
    assert told(found) == expected
    assert all(each.witness for each in found)
    assert_proved(before, after, found)


EQUIVALENT: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    "a component is renamed": (
        {"$ref": REF + "A"},
        {"$ref": REF + "B"},
        {"A": thing(next={"$ref": REF + "A"})},
        {"B": thing(next={"$ref": REF + "B"})},
    ),
    "a component is inlined": ({"$ref": REF + "A"}, thing(a=TEXT), {"A": thing(a=TEXT)}, {}),
    "allOf is folded": ({"allOf": [thing(a=TEXT), {"required": ["a"]}]}, {**thing(a=TEXT), "required": ["a"]}, {}, {}),
    "members are reordered": (
        {**thing(a=TEXT, b=NUMBER), "required": ["a", "b"]},
        {"required": ["b", "a"], **thing(b=NUMBER, a=TEXT)},
        {},
        {},
    ),
    "values are reordered": ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}, {}, {}),
    "annotations": ({**TEXT, "description": "x", "default": "a"}, {**TEXT, "deprecated": True}, {}, {}),
    "a limit is written otherwise": ({**NUMBER, "minimum": 3}, {**NUMBER, "exclusiveMinimum": 2}, {}, {}),
    "a type is said twice": ({"enum": ["a"]}, {"enum": ["a"], "type": "string"}, {}, {}),
    "alternatives are reordered": ({"anyOf": [TEXT, NUMBER]}, {"anyOf": [NUMBER, TEXT]}, {}, {}),
}


@pytest.mark.parametrize("edit", EQUIVALENT.values(), ids=EQUIVALENT)
def test_what_is_said_in_other_words_is_equivalent(edit: tuple[Any, Any, dict[str, Any], dict[str, Any]]) -> None:
    assert {str(each.classification) for each in changes(*edit)} == {"equivalent"}


def test_a_renamed_component_is_named() -> None:
    found = changes({"$ref": REF + "A"}, {"$ref": REF + "B"}, {"A": TEXT}, {"B": TEXT})
    assert [(each.kind, each.before, each.after) for each in found] == [("renamed", '"A"', '"B"')]


def test_a_document_has_no_changes_from_itself() -> None:
    document = document_of(thing(a=TEXT))
    assert compared(document, document) == ()


def test_a_change_inside_a_schema_that_holds_itself_is_told_once_and_ends() -> None:
    old = {"T": thing(next={"$ref": REF + "T"}, value=TEXT)}
    new = {"T": thing(next={"$ref": REF + "T"}, value={"type": ["string", "null"]})}
    assert told(changes({"$ref": REF + "T"}, {"$ref": REF + "T"}, old, new)) == {("breaking", "type", "body/value")}


def test_a_change_that_another_keyword_rules_out_is_no_change() -> None:
    old, new = ({"allOf": [{"enum": values}, {"const": "a"}]} for values in (["a", "b"], ["a", "c"]))
    assert told(changes(old, new)) == set()


def test_what_the_algebra_does_not_decide_and_drawing_does_not_show_is_unknown_with_the_reason() -> None:
    # No text of the second pattern misses the first, but only a reader of both knows that.
    old, new = {**TEXT, "pattern": "^(a|b)+$"}, {**TEXT, "pattern": "^[ab]+$"}
    (change,) = changes(old, new)
    assert (change.classification, change.may_break) == ("unknown", True)
    assert change.reason == (
        "the schema algebra does not decide it; no value was found that one document admits and the other refuses"
    )


def test_a_witness_is_as_small_as_its_place_allows() -> None:
    old = thing(a=TEXT, b=thing(c=TEXT, d=TEXT), e=TEXT)
    new = thing(a=TEXT, b=thing(c=NUMBER, d=TEXT), e=TEXT)
    (change,) = changes(old, new)
    assert change.witness
    assert change.witness.response
    assert change.witness.response.body == b'{"b": {"c": 0}}'


def test_several_changes_of_one_answer_are_each_proved_by_a_witness_of_their_own() -> None:
    old = {**thing(a=TEXT, b={"enum": [1]}, c=NUMBER), "required": ["a", "c"]}
    new = {**thing(a=NUMBER, b={"enum": [1, 2]}, c={"type": ["integer", "null"]}), "required": ["a"]}
    before, after = document_of(old), document_of(new)
    found = compared(before, after)
    assert told(found) == {
        ("breaking", "type", "body/a"),
        ("breaking", "type", "body/c"),
        ("breaking", "value-added", "body/b"),
        ("breaking", "optional", "body"),
    }
    assert_proved(before, after, found)


def test_a_fingerprint_stays_the_same_where_lines_move_and_tells_values_apart() -> None:
    prints = [
        [each.fingerprint for each in changes({"enum": [1]}, {"enum": values})] for values in ([1, 2, 3], [3, 2, 1])
    ]
    assert prints[0] == prints[1]
    assert len({*prints[0]}) == 2
