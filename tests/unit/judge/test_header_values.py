"""The text of a header field is read as its schema describes it: a scalar, a list or an object (style simple)."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.http.exchange import Response
from contracts.judge.checks import judge
from contracts.judge.header_values import is_legal
from contracts.openapi import Document
from strategies.answers import covering_answers
from strategies.faults.self_test import self_test
from strategies.second_opinion import SecondOpinion
from tests.support.tiny import JSON, document_of, exchange_of

WORDS = {"type": "array", "items": {"enum": ["p", "q"]}}
SIZES = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 3}
FLAGS = {"type": "array", "items": {"type": "boolean"}}
MIXED = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}
FIRST_TEXT = {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}}
OTHERS = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
    "additionalProperties": {"type": "integer"},
}
COLOUR = {
    "type": "object",
    "required": ["R", "G"],
    "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}, "name": {"type": "string"}},
}


def document_with(schema: Any, *, explode: bool = False) -> Document:
    header = {"schema": schema, "explode": explode}
    content = {JSON: {"schema": {"type": "object"}}}
    return document_of(
        schemas={"Words": WORDS},
        responses={"200": {"description": "", "headers": {"X-Value": header}, "content": content}},
    )


TEXTS: list[tuple[Any, bool, list[str], list[str]]] = [
    (WORDS, False, ["p", "p,q", "p, q", "p ,\tq", " p , q ", "p,,q", ",p", "", ", ,"], ["x", "p;q", "p q", "p,x"]),
    ({"$ref": "#/components/schemas/Words"}, False, ["p, q"], ["p, x"]),
    ({"allOf": [WORDS, {"minItems": 2}]}, False, ["p , q"], ["p", "p,x"]),
    (SIZES, False, ["1,2", "1 , 22,\t3"], ["1", "1,2,3,4", "1,0", "1,x", "1,1.5"]),
    (FLAGS, False, ["true, false"], ["true, yes", "True"]),
    (MIXED, False, ["5, 5", "a,5"], ["5, a"]),
    (COLOUR, True, ["R=1,G=2", "G=2 , R=1,name=5", "R=1,G=2,,other=x"], ["R,1,G,2", "R=1", "R=1,G=x", "R=1,G"]),
    (
        COLOUR,
        False,
        ["R,1,G,2", "R , 1,\tG,2", "R,1,G,2,name,5"],
        ["R=1,G=2", "R,1", "R,1,G,x", "R,1,G", "R,\xa01,G,2"],
    ),
    (FIRST_TEXT, False, ["5, 6", "5"], ["5, x"]),
    (OTHERS, False, ["name,5,R,1"], ["name,5,R,x"]),
    (OTHERS, True, ["name=5, R=1"], ["name=5, R=x"]),
    (
        {"type": "object", "required": ["name"], "properties": {"name": {"const": "a=b"}}},
        True,
        ["name=a=b"],
        ["name=a"],
    ),
    ({"type": "object", "required": ["R"]}, True, ["R=1", "R="], ["R=1,G"]),
    ({"type": "object", "required": ["X"]}, False, ["X,1"], ["x,1"]),
    ({"type": "object"}, False, ["", "R,1"], ["R"]),
]


@pytest.mark.parametrize(("schema", "explode", "legal", "illegal"), TEXTS)
def test_a_field_is_legal_if_a_reading_of_its_text_fits(
    schema: Any, explode: bool, legal: list[str], illegal: list[str]
) -> None:
    document = document_with(schema, explode=explode)
    operation, opinion = document.operations[0], SecondOpinion(document)

    def rules(*fields: str) -> list[str]:
        sent = Response(200, (("Content-Type", JSON), *(("X-Value", field) for field in fields)), b"{}")
        exchange = exchange_of(operation, sent)
        assert opinion(exchange) == ()
        return [violation.rule for violation in judge(operation, exchange)]

    assert {text: rules(text) for text in legal} == {text: [] for text in legal}
    assert {text: rules(text) for text in illegal} == {text: ["header.schema"] for text in illegal}
    if schema in (WORDS, SIZES):
        assert rules("1, 2" if schema is SIZES else "p", "3" if schema is SIZES else "q") == []


@pytest.mark.parametrize(("schema", "explode", "legal", "illegal"), TEXTS)
def test_answers_have_such_fields_and_faults_break_them(
    schema: Any, explode: bool, legal: list[str], illegal: list[str]
) -> None:
    document = document_with(schema, explode=explode)
    (operation,), opinion = document.operations, SecondOpinion(document)
    for response in covering_answers(operation, 200):
        assert judge(operation, exchange_of(operation, response)) == ()
        assert opinion(exchange_of(operation, response)) == ()
    assert self_test(operation).survivors == ()


@pytest.mark.parametrize("text", ["", "a", "a,b", "a=b"])
def test_a_field_that_the_document_forbids_is_legal_in_no_reading(text: str) -> None:
    document = document_with(False)
    (header,) = document.operations[0].responses[0].headers
    assert not is_legal(document, header, text)


def test_a_described_content_type_is_ignored() -> None:
    content = {JSON: {"schema": {"type": "object"}}}
    described = {"content-TYPE": {"schema": {"const": "text/nonsense"}}}
    document = document_of(responses={"200": {"description": "", "headers": described, "content": content}})
    (operation,) = document.operations
    exchange = exchange_of(operation, Response(200, (("Content-Type", JSON),), b"{}"))
    assert judge(operation, exchange) == ()
    assert SecondOpinion(document)(exchange) == ()
