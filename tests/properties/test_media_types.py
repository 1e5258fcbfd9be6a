"""Operations that answer in several media types: each is judged, answered and broken by what it promises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from contracts.coverage.features import promised_features
from contracts.http.exchange import Response
from contracts.judge.checks import judge
from contracts.openapi import Operation
from contracts.verdict.tally import Tally
from strategies.answers import answers, catalogue, covering_answers
from strategies.faults.self_test import faulty_answers, self_test
from strategies.second_opinion import SecondOpinion
from tests.support.tiny import answer, document_of, exchange_of

N = {"schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}
LINKS = {"schema": {"type": "object", "required": ["_links"]}}
WORD = {"schema": {"type": "string", "enum": ["ok", "warten", "größer"]}}
BINARY = {"schema": {"type": "string", "format": "binary", "minLength": 5}}

CONTENTS: dict[str, dict[str, Any]] = {
    "two JSON types": {"application/json": N, "application/hal+json": LINKS},
    "two versions": {"application/vnd.x+json;v=1": N, "application/vnd.x+json;v=2": LINKS},
    "a version beside the plain type": {"application/vnd.x+json": N, "application/vnd.x+json;v=2": LINKS},
    "a charset in the key": {"application/json; charset=utf-8": N},
    "a range beside a type": {"*/*": {"schema": {"type": "string"}}, "application/json": N},
    "a range of JSON beside JSON": {"application/*": {"schema": {"type": "array"}}, "application/json": N},
    "any JSON beside JSON": {"application/json": {}, "application/hal+json": LINKS},
    "words": {"text/plain": WORD},
    "words beside JSON": {"text/plain": WORD, "application/json": N},
    "a pattern": {"text/*": {"schema": {"type": "string", "pattern": "^[a-z]+$"}}},
    "short words": {"text/markdown": {"schema": {"type": "string", "maxLength": 9}}},
    "CSV": {"text/csv": {"schema": {"type": "string"}}},
    "events": {"text/event-stream": {"schema": {"type": "object"}}},
    "an image": {"image/png": BINARY},
    "a PDF beside problems": {"application/pdf": {}, "application/problem+json": N},
    "HTML without a schema": {"text/html": {}},
}


def operation_of(content: dict[str, Any]) -> Operation:
    return document_of(
        responses={"200": {"description": "", "content": content}, "404": {"description": ""}}
    ).operations[0]


OPERATIONS = [pytest.param(operation_of(content), id=name) for name, content in CONTENTS.items()]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_drawn_and_covering_answers_keep_every_promise_by_every_validator(operation: Operation) -> None:
    opinion = SecondOpinion(operation.document)

    def check(response: Response) -> None:
        exchange = exchange_of(operation, response)
        assert judge(operation, exchange) == ()
        assert opinion(exchange) == ()
        tally = Tally()
        tally.note(exchange, ())
        assert tally.successes[operation.path] == 1

    for response in covering_answers(operation, 200):
        check(response)
    settings(max_examples=10)(given(answers(operation, 200))(check))()
    assert catalogue(operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_of_any_media_type_is_noticed_and_no_validator_differs(operation: Operation) -> None:
    assert self_test(operation).survivors == ()
    opinion = SecondOpinion(operation.document)
    for fault, broken in faulty_answers(operation):
        for outcome in list(broken)[:2]:
            assert (fault.name, opinion(exchange_of(operation, outcome))) == (fault.name, ())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_promised_feature_can_be_seen(operation: Operation) -> None:
    tally = Tally()
    for response in (*covering_answers(operation, 200), *covering_answers(operation, 404)):
        tally.note(exchange_of(operation, response), ())
    assert {*promised_features(operation)} <= {*tally.features}


@pytest.mark.parametrize(
    ("name", "media_type", "body", "rules"),
    [
        ("two versions", "application/vnd.x+json;v=1", {"n": 1}, []),
        ("two versions", "application/vnd.x+json;v=2", {"n": 1}, ["schema.required"]),
        ("two versions", "application/vnd.x+json;v=3", {}, ["content-type.undocumented"]),
        ("two versions", "application/vnd.x+json", {}, ["content-type.undocumented"]),
        ("a charset in the key", "application/json", {}, ["schema.required"]),
        ("a range beside a type", "application/json", {"n": 1}, []),
        ("a range beside a type", "text/plain", b"{}", []),
        ("a range beside a type", "image/png", b"\x89PNG", []),
        ("a range of JSON beside JSON", "application/problem+json", {}, ["schema.type"]),
        ("words", "text/plain", b"ok", []),
        ("words", "text/plain; charset=utf-8", b"database is down", ["schema.enum"]),
        ("words", "text/plain", "größer".encode(), []),
        ("words", "text/plain", "größer".encode("latin-1"), []),
        ("words", "text/plain; charset=ISO-8859-1", "größer".encode("latin-1"), []),
        ("words", "text/plain; charset=utf-8", "größer".encode("latin-1"), ["content-type.charset"]),
        ("words", "text/plain; charset=nonsense", b"ok", ["content-type.charset"]),
        ("words", "text/plain", b"", ["body.missing"]),
        ("words", "text/html", b"ok", ["content-type.undocumented"]),
        ("words beside JSON", "application/json", {}, ["schema.required"]),
        ("words beside JSON", None, b"ok", ["content-type.missing"]),
        ("a pattern", "text/markdown", b"ABC", ["schema.pattern"]),
        ("short words", "text/markdown", b"abcdefghij", ["schema.maxLength"]),
        ("a pattern", "text/event-stream", b"data: ABC", []),
        ("CSV", "text/csv; header=present", b"a,b\r\n", []),
        ("CSV", "application/json", {"m": 1}, ["content-type.undocumented"]),
        ("events", "text/event-stream", b"data: 1\n\n", []),
        ("an image", "image/png", b"x", []),
        ("an image", "image/png", b"", ["body.missing"]),
        ("a PDF beside problems", "application/pdf", b"%PDF", []),
        ("HTML without a schema", "text/html;charset=utf-8", b"\xff", ["content-type.charset"]),
    ],
)
def test_a_body_is_held_against_what_its_own_media_type_promises(
    name: str, media_type: str | None, body: Any, rules: list[str]
) -> None:
    operation = operation_of(CONTENTS[name])
    exchange = exchange_of(operation, answer(200, body, media_type=media_type))
    assert [each.rule for each in judge(operation, exchange)] == rules
    assert SecondOpinion(operation.document)(exchange) == ()
    tally = Tally()
    tally.note(exchange, ())
    lost = {"content-type.undocumented", "content-type.missing", "content-type.charset", "body.missing"}
    assert bool(tally.successes) is (not lost.intersection(rules))
