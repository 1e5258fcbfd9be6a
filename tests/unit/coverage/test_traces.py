"""Equal traces stand for equal features."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.coverage import features as features_module
from contracts.coverage import features_of, trace_of
from contracts.judge import parse_response
from tests.support.damaged import half_damaged
from tests.support.damaged_documents import DOCUMENTS
from tests.support.tiny import answer, document_of

SCHEMAS: dict[str, dict[str, Any]] = {
    "object": {"type": "object", "properties": {"a": {"enum": ["x", 1, None]}, "b": {}}, "required": ["b"]},
    "closed": {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
    "conditions": {
        "properties": {"a": {"type": ["string", "integer", "null"]}},
        "if": {"properties": {"a": {"type": "string"}}},
        "then": {"properties": {"b": {"minimum": 0}}},
        "else": {"properties": {"b": {"enum": [1, 2]}}},
    },
    "members": {
        "patternProperties": {"^a": {"type": "array", "items": {"enum": [1, "x"]}}},
        "additionalProperties": {"type": ["string", "null"]},
    },
    "arrays": {"prefixItems": [{"enum": ["x", 1]}, {"format": "date-time"}], "items": {"properties": {"a": {}}}},
    "alternatives": {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "object", "properties": {"a": {}}}]},
    "itself": {"$ref": "#/components/schemas/Itself"},
}
ITSELF = {
    "Itself": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Itself"}, "b": {"enum": [1, "x"]}}}
}
DOCUMENTS_BY_SCHEMA = {name: document_of(schema, ITSELF) for name, schema in SCHEMAS.items()}

LEAVES = st.sampled_from([None, True, False, 0, 1, 2, 1.0, "", "x", "xx", "2026-01-01T00:00:00Z"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "ab", "c"]), inner),
    max_leaves=8,
)


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", SCHEMAS)
@given(data=st.data())
def test_values_with_equal_traces_show_the_same_features(name: str, data: st.DataObject) -> None:
    operation = DOCUMENTS_BY_SCHEMA[name].operations[0]
    pointer = operation.responses[0].content["application/json"]
    assert pointer
    values = data.draw(st.lists(VALUES, min_size=2, max_size=6))
    shown: dict[Any, Any] = {}
    for value in values:
        features_module._tree.cache_clear()
        parsed = parse_response(operation, answer(200, value))
        features_module._OBSERVED.pop(parsed, None)
        observed = features_of(operation, parsed, 200)
        assert shown.setdefault(trace_of(operation.document, pointer, parsed.value), observed) == observed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_features_of_an_answer_are_the_same_whatever_was_answered_before(name: str) -> None:
    document = DOCUMENTS[name]
    seen = []
    for exchange in half_damaged(document, 1, 300):
        parsed = parse_response(exchange.operation, exchange.outcome)  # type: ignore[arg-type]
        status = exchange.outcome.status  # type: ignore[union-attr]
        seen.append((exchange, features_of(exchange.operation, parsed, status)))
    for exchange, observed in reversed(seen):
        features_module._tree.cache_clear()
        parsed = parse_response(exchange.operation, exchange.outcome)  # type: ignore[arg-type]
        features_module._OBSERVED.pop(parsed, None)
        assert features_of(exchange.operation, parsed, exchange.outcome.status) == observed  # type: ignore[union-attr]


def test_a_trace_tells_a_name_apart_that_is_not_declared() -> None:
    document = DOCUMENTS_BY_SCHEMA["object"]
    pointer = document.operations[0].responses[0].content["application/json"]
    assert pointer
    one, other, same = (
        trace_of(document, pointer, {"b": 1, name: value}) for name, value in (("p", 1), ("q", 1), ("p", 2))
    )
    assert one != other
    assert one == same
