"""What asserts nothing in JSON Schema 2020-12 is read as an annotation: noted once, and seen by no validator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.judge import compiled
from contracts.openapi import Document, DocumentError
from tests.support.orchard import SCHEMA, TREE, changed, orchard

Read = Callable[..., Document]

SILENT: list[tuple[str, Any, str, str]] = [
    ("maxProperteis", 0, "the unknown keyword maxProperteis asserts nothing", "is maxProperties meant?"),
    ("ripens", {"$ref": "nowhere.yaml"}, "the unknown keyword ripens asserts nothing", "--annotation ripens"),
    ("nullable", True, "the keyword nullable asserts nothing", "[..., 'null']"),
    ("dependencies", {"rings": ["bark"]}, "the keyword dependencies asserts nothing", "dependentRequired"),
    ("additionalItems", False, "the keyword additionalItems asserts nothing", "prefixItems"),
    ("$schema", "http://json-schema.org/draft-07/schema#", "the dialect http", "JSON Schema 2020-12"),
    ("format", "ripe", "the format ripe asserts nothing", "add a pattern"),
    ("exclusiveMinimum", True, "a boolean exclusiveMinimum asserts nothing", "write the limit itself"),
    ("exclusiveMaximum", False, "a boolean exclusiveMaximum asserts nothing", "write the limit itself"),
]


@pytest.mark.parametrize(("keyword", "value", "words", "fix"), SILENT, ids=[case[0] for case in SILENT])
def test_what_asserts_nothing_is_noted_with_its_place(
    read: Read, keyword: str, value: Any, words: str, fix: str
) -> None:
    document = read(changed(f"{TREE}/{keyword}", value))
    (note,) = document.notes
    assert note.startswith(words)
    assert f"({TREE}/{keyword})" in note
    assert fix in note
    assert document.left_out == ()
    assert keyword not in document.schema(TREE)
    assert compiled(document).is_valid(SCHEMA, {"rings": 3})


@pytest.mark.parametrize(
    ("keyword", "value"), [("contentSchema", {"$ref": "#/nowhere"}), ("definitions", {"A": {"$ref": "#/nowhere"}})]
)
def test_an_annotation_of_the_dialect_is_not_noted(read: Read, keyword: str, value: Any) -> None:
    document = read(changed(f"{TREE}/{keyword}", value))
    assert document.notes == ()
    assert document.left_out == ()


def test_a_reference_into_definitions_is_followed(read: Read) -> None:
    tree = {"definitions": {"Ring": {"type": "integer"}}, "items": {"$ref": f"{TREE}/definitions/Ring"}}
    is_valid = compiled(read(orchard(Tree=tree))).is_valid
    assert is_valid(SCHEMA, [3])
    assert not is_valid(SCHEMA, ["three"])


def test_one_note_names_every_place_and_every_format(read: Read) -> None:
    ripe, green = {"type": "string", "format": "ripe"}, {"type": "string", "format": "green"}
    (note,) = read(orchard(Tree={"properties": {"a": ripe, "b": ripe, "c": green}})).notes
    assert "the format ripe asserts nothing" in note or "the format green asserts nothing" in note
    assert ", and so do " in note


def test_another_dialect_of_the_whole_document_is_noted(read: Read) -> None:
    document = read(changed("#/jsonSchemaDialect", "http://json-schema.org/draft-04/schema#"))
    (note,) = document.notes
    assert note.endswith("schemas are read as JSON Schema 2020-12")


# References by URIs and anchors

RING = {"type": "integer"}
NAMED: list[tuple[Any, dict[str, Any]]] = [
    ({"$ref": "#ring"}, {"Ring": {"$anchor": "ring", **RING}}),
    ({"$dynamicRef": "#ring"}, {"Ring": {"$dynamicAnchor": "ring", **RING}}),
    ({"$ref": "#ring"}, {"Ring": {"$dynamicAnchor": "ring", **RING}}),
    ({"$ref": "https://orchard.example/ring"}, {"Ring": {"$id": "https://orchard.example/ring", **RING}}),
    (
        {"$ref": "https://orchard.example/all#/$defs/Ring"},
        {"All": {"$id": "https://orchard.example/all", "$defs": {"Ring": RING}}},
    ),
    (
        {"$ref": "https://orchard.example/all#ring"},
        {"All": {"$id": "https://orchard.example/all", "$defs": {"Ring": {"$anchor": "ring", **RING}}}},
    ),
    (
        {"$ref": "#/components/schemas/All"},
        {"All": {"$id": "https://orchard.example/all", "$ref": "#/$defs/Ring", "$defs": {"Ring": RING}}},
    ),
    (
        {"$ref": "#/components/schemas/All"},
        {
            "All": {
                "$id": "https://orchard.example/all",
                "$ref": "ring",
                "$defs": {"Ring": {"$id": "https://orchard.example/ring", **RING}},
            }
        },
    ),
]


@pytest.mark.parametrize(
    ("schema", "schemas"), NAMED, ids=[str(case[0]) + str(index) for index, case in enumerate(NAMED)]
)
def test_a_schema_is_found_by_its_uri_or_anchor(read: Read, schema: Any, schemas: dict[str, Any]) -> None:
    document = read(orchard(schema, **schemas))
    is_valid = compiled(document).is_valid
    assert document.left_out == ()
    assert document.notes == ()
    assert is_valid(SCHEMA, 3)
    assert not is_valid(SCHEMA, "three")


def test_an_identifier_that_is_no_uri_names_nothing_and_a_reference_to_it_is_left_out(read: Read) -> None:
    document = read(orchard({"$ref": "#/components/schemas/Ring"}, Ring={"$id": "http://[x", **RING}))
    assert document.left_out == ()
    with pytest.raises(DocumentError, match="refers to a URL, which is not fetched"):
        read(orchard({"$ref": "http://[x#ring"}))


def test_a_reference_to_the_whole_document_is_refused(read: Read) -> None:
    with pytest.raises(DocumentError, match="refers to the whole document, which is no schema"):
        read(orchard({"$ref": "#"}))


def test_properties_and_examples_may_have_the_names_of_these_keywords(read: Read) -> None:
    tree = {
        "properties": {"$id": {"type": "string"}, "$anchor": {"type": "integer"}, "$ref": {"type": "string"}},
        "examples": [{"$ref": "#none", "$id": 5}],
    }
    document = read(orchard({"$ref": "#ring"}, Ring={"$anchor": "ring", **tree}))
    assert document.left_out == ()
    assert set(document.schema("#/components/schemas/Ring")["properties"]) == {"$id", "$anchor", "$ref"}
