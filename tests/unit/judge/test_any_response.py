"""Whatever a server sends: judging it raises nothing, and comes to the same each time."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.http.exchange import Response
from contracts.judge import parsed_response
from contracts.judge.checks import judge
from contracts.judge.validation import LARGE
from contracts.openapi import PINNED, Document, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.reports.messages import violation_line
from contracts.rules import RULES
from contracts.verdict.tally import Tally
from tests.support.checking import HEADERS, THING, response
from tests.support.tiny import JSON, PETS, document_of, exchange_of


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """Clear the cache, so that no test depends on the responses of another."""
    parsed_response._parse_small.cache_clear()


@cache
def hostile() -> Document:
    schema = {
        "type": "object",
        "properties": {
            "pet": {"$ref": "#/components/schemas/Pet"},
            "ref": {"x-equals": "$request.path.thing", "pattern": "^a"},
            "more": {"$ref": "#/components/schemas/More"},
            "when": {"format": "date-time", "multipleOf": 0.1},
            "list": {"uniqueItems": True, "contains": {"type": "integer"}},
        },
        "patternProperties": {"^x": {"anyOf": [{"type": "string"}, False]}},
        "unevaluatedProperties": {"not": {"const": 1}},
    }
    more = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/More"}}, {"type": "integer"}]}
    responses = {
        "200": {**response(JSON, headers=HEADERS), "content": {JSON: {"schema": schema}}},
        "4XX": response("*/*"),
    }
    return document_of(schemas={**PETS, "More": more, "Thing": THING}, responses=responses)


@cache
def pinned() -> Document:
    return load(PINNED, [PINNED_OVERLAY])


names = st.sampled_from(
    ["pet", "ref", "more", "when", "list", "x", "kind", "detail", "loc", "id", "\\ud800", "vendor_configuration"]
)
scalars = st.sampled_from(
    ["1", "-0", "1e999", "9" * 5_000, "NaN", '"a"', '"\\ud800"', '"\x00"', "null", "true", "[]", "{}", '"CAT"', "0.1"]
)
texts = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(names, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f'"{k}":{v}' for k, v in pairs) + "}"
        )
    ),
    max_leaves=12,
).map(str.encode)
deep = st.integers(1, 3_000).map(lambda depth: b'{"more":' + b"[" * depth + b"]" * depth + b"}")
bodies = st.binary() | texts | deep | texts.map(lambda body: b'{"pad": "' + b"p" * LARGE + b'", "more": ' + body + b"}")
fields = st.tuples(
    st.sampled_from(["Content-Type", "X-Count", "X-Word", "x-list"]) | st.text(),
    st.sampled_from([JSON, "1", "a/b"]) | st.text(st.characters()),
)


@given(
    st.sampled_from([hostile, pinned]),
    st.sampled_from([200, 422]) | st.integers(100, 599),
    st.lists(fields, max_size=4).map(tuple),
    bodies,
    st.sampled_from([True, False, None]),
    st.text(st.characters(), min_size=1),
)
@example(
    hostile,
    200,
    (("Content-Type", JSON), ("X-Word", "\ud800")),
    b'{"when": "\\ud800", "ref": "\\ud800"}',
    True,
    "\udcff",
)
@example(hostile, 200, (("Content-Type", JSON),), b'{"more":' + b"[" * 300 + b"]" * 300 + b"}", None, "a")
@example(pinned, 422, (("Content-Type", JSON),), b'{"detail": [{"loc": ["\\ud800"]}]}', None, "a")
def test_no_response_raises_and_equal_ones_have_equal_violations(
    document: Any, status: int, headers: tuple[tuple[str, str], ...], body: bytes, exists: bool | None, asked: str
) -> None:
    operation = document().operations[0]
    outcome = Response(status, headers, body)
    exchange = exchange_of(operation, outcome, exists=exists)
    once = judge(operation, exchange)
    assert judge(operation, exchange) == once
    assert list(once) == sorted(set(once))
    tally = Tally()
    tally.note(exchange, once)
    for violation in once:
        assert violation.rule in RULES
        document().schema(violation.pointer or "#")
        line = violation_line(violation)
        assert line.splitlines() == [line]
        assert line.encode("utf-8")
