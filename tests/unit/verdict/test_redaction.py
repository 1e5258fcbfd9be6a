"""Redaction: a response is judged as it came, and its redacted values are in nothing that is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.http.exchange import Response
from contracts.run.observer import Observer
from contracts.verdict.redaction import MASK, Redaction
from tests.support.tiny import answer, document_of, exchange_of

OPERATION = document_of(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "maxLength": 3, "x-immutable": True},
            "kind": {"enum": ["a", "b"]},
            "rows": {"type": "array", "items": {"type": "object", "properties": {"cell": {"type": "integer"}}}},
            "open": {"type": "object", "maxProperties": 2},
        },
    }
).operations[0]
SECRET = "geheim"


def kept(body: Any, *pointers: str) -> str:
    redaction = Redaction.at(pointers)
    exchange = redaction.exchange(exchange_of(OPERATION, answer(200, body)))
    assert isinstance(exchange.outcome, Response)
    return exchange.outcome.body.decode()


@pytest.mark.parametrize(
    ("pointers", "body", "left"),
    [
        (["/name"], {"name": SECRET, "kind": "a"}, {"name": MASK, "kind": "a"}),
        (["/rows/*/cell"], {"rows": [{"cell": 1}, {"dell": 2}, 3]}, {"rows": [{"cell": MASK}, {"dell": 2}, 3]}),
        (["/rows/1"], {"rows": [1, 2, 3]}, {"rows": [1, MASK, 3]}),
        (["/*/cell"], {"a": {"cell": 1}, "b": {"cell": [2]}}, {"a": {"cell": MASK}, "b": {"cell": MASK}}),
        (["/a~1b"], {"a/b": 1}, {"a/b": MASK}),
        ([""], {"name": SECRET}, MASK),
        (["/name", "/kind"], {"name": 1, "kind": 2}, {"name": MASK, "kind": MASK}),
    ],
)
def test_values_at_the_places_are_replaced_and_no_others(pointers: list[str], body: Any, left: Any) -> None:
    assert json.loads(kept(body, *pointers)) == left


def test_a_body_without_such_a_place_is_kept_to_the_byte() -> None:
    body = b'{ "kind" : "\\u0061" }'
    assert kept(body, "/name").encode() == body
    assert kept(b"") == kept(b"", "/name") == ""


@pytest.mark.parametrize("body", [b'{"name": "geheim"', b"\xff geheim", b"geheim", b'{"name": "geheim", "name": "x"}'])
def test_a_body_that_cannot_be_redacted_is_not_kept(body: bytes) -> None:
    assert SECRET not in kept(body, "/name")
    assert SECRET not in kept(body, "/name/inner")


@pytest.mark.parametrize("pointer", ["name", "#/name", "$.name", "*"])
def test_a_text_that_is_no_pointer_is_refused(pointer: str) -> None:
    with pytest.raises(ConfigurationError, match="write it as"):
        Redaction.at([pointer])


BROKEN: list[tuple[str, Any]] = [
    ("/name", {"name": SECRET}),
    ("/name", {"name": [SECRET]}),
    ("/kind", {"kind": SECRET}),
    ("/rows/*/cell", {"rows": [{"cell": SECRET}]}),
    ("/rows/*/cell", {"rows": {"x": {"cell": SECRET}}}),
    ("/open/*", {"open": {"a": SECRET, "b": 1, "c": 2}}),
    ("/open", {"open": [SECRET]}),
    ("/extra", {"extra": SECRET}),
    ("/name", [{"name": SECRET}]),
    ("", {"name": SECRET, "kind": SECRET}),
    ("/name", b'{"name": "geheim", }'),
    ("/name", b'{"name": "geheim", "name": 5}'),
    ("/name", b'{"name": "geheim", "rows": [NaN], "kind": "c"}'),
]


@pytest.mark.parametrize(("pointer", "body"), BROKEN)
def test_a_violation_is_found_and_its_value_kept_nowhere(pointer: str, body: Any) -> None:
    def kept_of(*pointers: str) -> tuple[list[tuple[str, str]], str]:
        judge = Observer(lambda exchange: ["they differ"], redaction=Redaction.at(pointers))
        judge(exchange_of(OPERATION, answer(200, body)))
        tally = judge.take()
        return [(each.violation.rule, each.violation.place) for each in tally.found], json.dumps(tally.to_json())

    found, everything = kept_of(pointer)
    assert found
    assert found == kept_of()[0]
    if pointer != "/name" or not isinstance(body, list):
        assert SECRET not in everything


def test_the_value_of_an_earlier_response_is_not_kept_either() -> None:
    judge = Observer(redaction=Redaction.at(["/name"]))
    for name in (SECRET[:3], "abc"):
        judge(exchange_of(OPERATION, answer(200, {"name": name})))
    (found,) = judge.tally.found
    assert found.violation.rule == "overlay.immutable"
    assert SECRET[:3] not in json.dumps(judge.tally.to_json())


def test_undeclared_names_inside_a_redacted_place_are_not_listed() -> None:
    judge = Observer(redaction=Redaction.at(["/open"]))
    judge(exchange_of(OPERATION, answer(200, {"open": {SECRET: 1}})))
    assert judge.tally.requests == 1
    assert SECRET not in json.dumps(judge.tally.to_json())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@given(json_values, st.lists(st.sampled_from("abc*012"), min_size=1, max_size=3))
def test_redacting_twice_is_redacting_once(value: Any, steps: list[str]) -> None:
    pointer = "".join(f"/{step}" for step in steps)
    once = kept(value, pointer)
    assert kept(once.encode(), pointer) == once
