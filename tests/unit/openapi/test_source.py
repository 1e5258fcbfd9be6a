"""YAML and JSON of the same contents are one document."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.openapi import Document, DocumentError, load_contents
from tests.support.orchard import changed, orchard


def test_yaml_and_json_of_the_same_contents_are_one_document(read: Callable[..., Document]) -> None:
    yaml = """
        openapi: 3.1.0
        info: {title: Orchard, version: '7'}
        paths:
          /trees:
            get:
              responses:
                200:
                  description: a tree
                  content: {application/json: {schema: {type: integer, minimum: 1}}}
    """
    contents = read(yaml).contents
    assert "200" in contents["paths"]["/trees"]["get"]["responses"]
    assert read(json.dumps(contents)).contents == read(json.dumps(contents, indent="\t")).contents == contents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("2024-02-29", "2024-02-29"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("-7", -7),
        ("1e3", 1000.0),
        ("1.5E-1", 0.15),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ('"\\u00e9"', "\u00e9"),
        ("<<", "<<"),
    ],
)
def test_a_plain_scalar_of_yaml_has_the_type_of_yaml_1_2(read: Callable[..., Document], text: str, value: Any) -> None:
    yaml = f"openapi: 3.1.0\nx-value: {text}\npaths: {{/a: {{get: {{responses: {{200: {{}}}}}}}}}}"
    if text == "<<":
        yaml = yaml.replace("<<", "'<<'")
    found = read(yaml).contents["x-value"]
    assert (found, type(found)) == (value, type(value))


def test_a_name_is_text_whatever_it_looks_like(read: Callable[..., Document]) -> None:
    yaml = "openapi: 3.1.0\nx-a: {200: a, on: b, null: c, 1e3: d, 2024-02-29: e}\n"
    contents = read(yaml + "paths: {/a: {get: {responses: {200: {}}}}}").contents
    assert [*contents["x-a"]] == ["200", "on", "null", "1e3", "2024-02-29"]


def test_a_merged_value_may_be_overridden(read: Callable[..., Document]) -> None:
    yaml = "openapi: 3.1.0\nx-a: &a {b: 1, c: 2}\nx-d: {<<: *a, c: 3}\n"
    contents = read(yaml + "paths: {/a: {get: {responses: {200: {}}}}}").contents
    assert contents["x-d"] == {"b": 1, "c": 3}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_may_hold_pairs_of_surrogate_escapes_and_a_byte_order_mark(
    read: Callable[..., Document], mark: str
) -> None:
    contents = changed("#/info/title", "\U0001f333")
    assert read(mark + json.dumps(contents)).title == "\U0001f333"


def test_yaml_in_braces_is_yaml(read: Callable[..., Document]) -> None:
    assert read("{openapi: 3.1.0, paths: {/a: {get: {responses: {200: {}}}}}}").operations


def test_contents_that_something_else_has_parsed_are_the_document_of_their_file(read: Callable[..., Document]) -> None:
    contents = orchard()
    before = copy.deepcopy(contents)
    parsed, named = load_contents(contents, Path("orchard.json")), read(json.dumps(contents))
    assert contents == before
    assert parsed.contents == named.contents
    assert [str(each) for each in parsed.operations] == [str(each) for each in named.operations]


def test_a_date_that_another_parser_made_of_a_text_is_a_text_again() -> None:
    contents = orchard({"const": datetime.date(2024, 2, 29)})
    pointer = load_contents(contents, Path("it")).operations[0].responses[0].content["application/json"]
    assert pointer is not None
    assert load_contents(contents, Path("it")).schema(pointer) == {"const": "2024-02-29"}


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (orchard({"const": float("nan")}), "is flawed: json.not-finite"),
        (["a list"], "is not an OpenAPI document"),
        ({**orchard(), "openapi": "3.0.3"}, "#/openapi is version 3.0.3; convert it"),
    ],
)
def test_parsed_contents_are_refused_as_a_file_is(contents: Any, words: str) -> None:
    with pytest.raises(DocumentError) as raised:
        load_contents(contents, Path("the document"))
    assert str(raised.value).startswith("the document: ")
    assert words in str(raised.value)
