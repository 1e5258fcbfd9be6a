"""A covering set is valid, small, the same each time, and takes every choice that its schema leaves open."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations, product
from typing import Any

import pytest

from contracts.openapi import Document
from strategies.values.covering import CHOICES, covering, covering_set
from strategies.values.goals import FEW_VALUES, FULL, PAIRS
from strategies.values.schemas import Unsatisfiable
from tests.support.invented import (
    EVERY_ANSWER,
    IT,
    PINNED_DOCUMENT,
    SCHEMAS,
    UNIONS,
    answer_schemas,
    both_validators,
    with_schema,
)
from tests.support.tiny import body_schema, document_of

PINNED_ANSWER = answer_schemas(PINNED_DOCUMENT)[0]


@pytest.mark.parametrize(("document", "pointer"), EVERY_ANSWER)
def test_every_value_is_valid_by_both_validators(document: Document, pointer: str) -> None:
    valid = both_validators(document, pointer)
    values = covering_set(document, pointer)
    assert values
    assert all(map(valid, values))


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_keyword_is_honoured(schema: Any) -> None:
    document = with_schema(schema)
    valid = both_validators(document, IT)
    found = covering(document, IT)
    assert found.values
    assert all(map(valid, found.values))


@pytest.mark.parametrize(("document", "pointer"), EVERY_ANSWER)
def test_a_covering_set_is_the_same_each_time(document: Document, pointer: str) -> None:
    assert covering_set(document, pointer) == covering_set(document, pointer)


def test_every_goal_of_the_pinned_answers_is_reached_in_at_most_eighty() -> None:
    for pointer in answer_schemas(PINNED_DOCUMENT):
        found = covering(PINNED_DOCUMENT, pointer)
        assert found.goals
        assert not [str(goal) for goal in found.unreached]
        assert len(found.values) <= 80


def test_all_combinations_of_two_enums_and_the_union_are_covered() -> None:
    values = covering_set(PINNED_DOCUMENT, PINNED_ANSWER)
    (union,) = PINNED_DOCUMENT.unions.values()
    at, schema = PINNED_DOCUMENT.resolve(PINNED_ANSWER)
    resolved = {name: PINNED_DOCUMENT.resolve(f"{at}/properties/{name}") for name in schema["properties"]}
    enums = {name: part["enum"] for name, (_, part) in resolved.items() if "enum" in part}
    (holder,) = (name for name, (place, _) in resolved.items() if place in PINNED_DOCUMENT.unions)
    met = {(*(value[name] for name in enums), value.get(holder, {}).get(union.tag)) for value in values}
    assert met == set(product(*enums.values(), [*union.tags, None]))


def test_all_combinations_of_four_optional_properties_are_covered() -> None:
    values = covering_set(PINNED_DOCUMENT, PINNED_ANSWER)
    schema = PINNED_DOCUMENT.resolve(PINNED_ANSWER)[1]
    optional = set(schema["properties"]) - set(schema["required"])
    met = {frozenset(optional & value.keys()) for value in values}
    assert met == {frozenset(some) for size in range(len(optional) + 1) for some in combinations(optional, size)}


def test_every_branch_of_nested_unions_and_of_unions_in_arrays_is_covered() -> None:
    values = covering_set(UNIONS, answer_schemas(UNIONS)[0])
    tenants = [tenant for value in values for tenant in value["tenants"]]
    assert {tenant["kind"] for tenant in tenants} == {"bird", "fish", "lion", "tiger"}
    assert {tenant["water"]["taste"] for tenant in tenants if "water" in tenant} == {"salt", "fresh"}
    assert {"null", "bird", "fish"} == {
        "null" if value["guest"] is None else value["guest"]["kind"] for value in values if "guest" in value
    }


@pytest.mark.parametrize(
    ("schema", "edges"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 5}, {2, 5}),
        ({"type": "array", "items": {"type": "null"}}, {0, 1, 3}),
        ({"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 2}, {1, 2}),
        ({"type": "object", "additionalProperties": True}, {0, 1, 2}),
    ],
)
def test_the_edges_of_lengths_are_covered(schema: dict[str, Any], edges: set[int]) -> None:
    assert {len(value) for value in covering_set(with_schema(schema), IT)} >= edges


@pytest.mark.parametrize(
    ("schema", "edges"),
    [
        ({"type": "integer", "minimum": -3, "maximum": 7}, {-3, 7}),
        ({"type": "integer", "exclusiveMinimum": -3, "exclusiveMaximum": 7}, {-2, 6}),
        ({"type": "number", "minimum": 0.5, "maximum": 1.5}, {0.5, 1.5}),
        ({"type": "integer", "multipleOf": 5, "minimum": 3, "maximum": 21}, {5, 20}),
        ({"type": ["boolean", "null"]}, {True, False, None}),
    ],
)
def test_the_edges_of_values_are_covered(schema: dict[str, Any], edges: set[Any]) -> None:
    assert set(covering_set(with_schema(schema), IT)) >= edges


def test_every_form_of_a_date_time_is_covered() -> None:
    texts = covering_set(with_schema({"type": "string", "format": "date-time"}), IT)
    for form in (":60", "t", "z", ".", "+", "-00:00"):
        assert any(form in text for text in texts)


def test_a_limit_is_kept_and_the_goals_beyond_it_are_listed() -> None:
    found = covering(PINNED_DOCUMENT, PINNED_ANSWER, limit=5)
    assert len(found.values) <= 5
    assert found.unreached
    assert set(found.unreached) < set(found.goals)


def test_choices_that_exclude_each_other_are_no_goal() -> None:
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"anyOf": [{"enum": ["x", "y"]}, {"enum": [1, 2]}]}},
    }
    found = covering(with_schema(schema), IT)
    assert len(found.goals) == 6
    assert not found.unreached


def test_a_schema_that_no_value_satisfies_is_an_error() -> None:
    with pytest.raises(Unsatisfiable):
        covering_set(with_schema({"allOf": [{"type": "null"}, {"type": "array"}]}), IT)


def test_a_covering_set_needs_neither_hypothesis_nor_chance() -> None:
    program = f"""
import json, sys
from contracts.openapi import load
from strategies.values.covering import covering_set
values = covering_set(load(), {PINNED_ANSWER!r})
print(json.dumps(["hypothesis" in sys.modules, "random" in sys.modules and len(values), values]))
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (output,) = outputs
    assert json.loads(output)[0] is False


@pytest.mark.parametrize("inside", [{}, {"allOf": [{"properties": {"wide": {"type": "integer"}}}]}])
def test_what_a_reference_evaluates_counts_beside_it(inside: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Bar", "required": ["bar"], "unevaluatedProperties": False, **inside}
    document = document_of(schema, {"Bar": {"type": "object", "properties": {"bar": {"type": "integer"}}}})
    values = covering_set(document, body_schema(document))
    assert all(isinstance(value["bar"], int) and value.keys() <= {"bar", "wide"} for value in values)


def enums(count: int, length: int = 4) -> Document:
    """Return a document whose only answer has this many enums of this many values."""
    properties = {f"e{n}": {"enum": [f"{n}-{i}" for i in range(length)]} for n in range(count)}
    return with_schema({"type": "object", "required": list(properties), "properties": properties})


@pytest.mark.parametrize("count", [2, 10, 20])
def test_all_pairs_of_enums_are_covered_while_they_are_few(count: int) -> None:
    found = covering(enums(count), IT)
    assert found.left_out == 0
    met = {pair for value in found.values for pair in combinations(value.values(), 2)}
    assert len(met) == 16 * count * (count - 1) // 2


@pytest.mark.parametrize("count", [25, 100, 400])
def test_of_many_enums_every_value_and_every_pair_of_neighbours_is_covered(count: int) -> None:
    found = covering(enums(count), IT)
    assert not found.unreached
    for one, other in zip(range(count), range(1, count), strict=False):
        assert len({(value[f"e{one}"], value[f"e{other}"]) for value in found.values}) == 16


@pytest.mark.parametrize("count", [50, 100, 200, 400])
def test_the_goals_grow_no_faster_than_the_enums_and_what_is_left_out_is_counted(count: int) -> None:
    found = covering(enums(count), IT)
    assert len(found.goals) <= 4 * count + max(PAIRS + FULL, 16 * count)
    pairs = 16 * count * (count - 1) // 2
    assert found.left_out == pairs - (len(found.goals) - 4 * count)


def test_two_long_enums_are_combined_without_all_their_pairs() -> None:
    found = covering(enums(2, length=70), IT)
    assert found.left_out > 0
    assert all({value[f"e{n}"] for value in found.values} == {f"{n}-{i}" for i in range(70)} for n in range(2))


def test_the_share_of_an_operation_bounds_the_choices_of_its_answers() -> None:
    def answer(depth: int) -> dict[str, Any]:
        inside = answer(depth - 1) if depth else {"enum": ["a", "b", "c"]}
        return {"type": "object", "properties": {f"p{n}": inside for n in range(7)}}

    values = covering_set(with_schema(answer(4)), IT)
    assert len(values) >= FEW_VALUES
    leaves = [json.dumps(value).count('"a"') + json.dumps(value).count('"b"') for value in values]
    assert sum(leaves) <= CHOICES
