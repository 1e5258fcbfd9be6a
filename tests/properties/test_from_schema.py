"""Every drawn value is valid, every branch is drawn, and failures shrink to their cause."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, seed, settings
from hypothesis import strategies as st

from contracts.errors import DocumentError
from contracts.openapi import Document
from contracts.openapi.formats import FORMATS, HINTS, INTEGERS
from strategies import from_schema
from strategies.values.scalars import FORMAT_SAMPLES, Text
from strategies.values.schemas import Unsatisfiable
from tests.support.invented import (
    CALM,
    EVERY_ANSWER,
    IT,
    PINNED_DOCUMENT,
    SCHEMAS,
    UNIONS,
    answer_schemas,
    both_validators,
    with_schema,
)


@pytest.mark.parametrize(("document", "pointer"), EVERY_ANSWER)
def test_every_draw_is_valid_by_both_validators(document: Document, pointer: str) -> None:
    valid = both_validators(document, pointer)

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(from_schema(document, pointer))
    def check(value: Any) -> None:
        assert valid(value)
        # UTF-8 has no lone surrogates, JSON no NaN and no infinity.
        assert json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()) == value

    check()


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_keyword_is_honoured(schema: Any) -> None:
    document = with_schema(schema)
    valid = both_validators(document, IT)

    @given(from_schema(document, IT))
    def check(value: Any) -> None:
        assert valid(value)

    check()


@pytest.mark.parametrize("name", sorted(FORMATS - HINTS - set(INTEGERS)))
def test_every_format_is_drawn(name: str) -> None:
    document = with_schema({"type": "string", "format": name})
    valid = both_validators(document, IT)

    @given(from_schema(document, IT))
    def check(value: str) -> None:
        assert valid(value)

    check()


@pytest.mark.parametrize(("name", "sample"), [(name, text) for name in FORMAT_SAMPLES for text in FORMAT_SAMPLES[name]])
def test_every_sample_of_a_format_is_legal(name: str, sample: str) -> None:
    assert both_validators(with_schema({"format": name}), IT)(sample)


@pytest.mark.parametrize(
    "wanted",
    [
        lambda text: "t" in text,
        lambda text: text.endswith("-00:00"),
        lambda text: ":60" in text,
        lambda text: "." in text,
        lambda text: "+" in text,
        lambda text: text.endswith("z"),
    ],
    ids=["lower t", "unknown offset", "leap second", "fraction", "offset", "lower z"],
)
def test_every_form_of_a_date_time_is_drawn(wanted: Callable[[str], bool]) -> None:
    find(from_schema(with_schema({"type": "string", "format": "date-time"}), IT), wanted, settings=CALM)


def shares(
    strategy: st.SearchStrategy[Any], branch: Callable[[Any], Any], *, sequences: int = 10, values: int = 150
) -> Counter[Any]:
    """Return how often every branch is drawn, over several sequences of draws.

    Hypothesis varies one draw several times before it takes the next, so that a single sequence scatters.
    """
    counted: Counter[Any] = Counter()
    for number in range(sequences):

        @seed(number)
        @settings(CALM, max_examples=values, derandomize=False)
        @given(strategy)
        def count(value: Any) -> None:
            counted[branch(value)] += 1

        count()
    return counted


def test_the_branches_of_the_pinned_union_are_drawn_evenly() -> None:
    pointer = answer_schemas(PINNED_DOCUMENT)[0]
    (union,) = PINNED_DOCUMENT.unions.values()

    def branch(value: dict[str, Any]) -> Any:
        return next((held[union.tag] for held in value.values() if isinstance(held, dict) and union.tag in held), None)

    counted = shares(from_schema(PINNED_DOCUMENT, pointer), branch)
    del counted[None]
    assert set(counted) == set(union.tags)
    even = sum(counted.values()) / len(counted)
    assert all(0.8 * even <= count <= 1.2 * even for count in counted.values()), counted


def test_the_branches_of_a_union_drawn_by_itself_are_even_though_one_is_smaller() -> None:
    (union,) = PINNED_DOCUMENT.unions.values()
    counted = shares(from_schema(PINNED_DOCUMENT, union.pointer), lambda value: value[union.tag])
    assert set(counted) == set(union.tags)
    even = sum(counted.values()) / len(counted)
    assert all(0.8 * even <= count <= 1.2 * even for count in counted.values()), counted


def test_the_branches_of_a_nullable_union_are_all_drawn() -> None:
    pointer = "#/components/schemas/Enclosure/properties/guest"
    counted = shares(from_schema(UNIONS, pointer), lambda value: value and value["kind"], sequences=2)
    assert set(counted) == {"bird", "fish", None}


def test_a_tag_is_always_present_even_if_the_branch_does_not_require_it() -> None:
    @given(from_schema(UNIONS, "#/components/schemas/Animal"))
    def check(value: Any) -> None:
        assert value["kind"] in ("bird", "fish", "lion", "tiger")
        assert "neighbour" not in value or "kind" in value["neighbour"]

    check()


def test_a_failure_shrinks_to_the_branch_and_property_that_cause_it() -> None:
    pointer = answer_schemas(PINNED_DOCUMENT)[0]
    (union,) = PINNED_DOCUMENT.unions.values()
    last = union.tagged[-1]
    schema = PINNED_DOCUMENT.schema(last.target)
    free = next(name for name, part in schema["properties"].items() if part.get("additionalProperties") is True)

    def fails(value: dict[str, Any]) -> bool:
        return any(
            isinstance(held, dict) and held.get(union.tag) in last.tags and held.get(free) for held in value.values()
        )

    least = find(from_schema(PINNED_DOCUMENT, pointer), fails, settings=CALM)
    (holder,) = (name for name, held in least.items() if isinstance(held, dict))
    assert least.pop(holder) == {union.tag: last.tags[0], free: {"": None}}
    at, answer = PINNED_DOCUMENT.resolve(pointer)
    assert least.keys() == set(answer["required"])
    for name, value in least.items():
        part = PINNED_DOCUMENT.resolve(f"{at}/properties/{name}")[1]
        part = PINNED_DOCUMENT.resolve(part["$ref"])[1] if "$ref" in part else part
        assert value == (part["enum"][0] if "enum" in part else "2000-01-01T00:00:00Z" if "format" in part else "")


def test_an_open_object_sometimes_has_an_undeclared_property() -> None:
    document = with_schema({"type": "object", "properties": {"a": {"type": "null"}}})
    counted = shares(from_schema(document, IT), lambda value: bool(value.keys() - {"a"}), sequences=1)
    assert counted[True] > 0
    find(from_schema(document, IT), lambda value: not value, settings=CALM)


def test_a_closed_object_never_has_an_undeclared_property() -> None:
    document = with_schema({"type": "object", "properties": {"a": {}}, "additionalProperties": False})

    @given(from_schema(document, IT))
    def check(value: Any) -> None:
        assert value.keys() <= {"a"}

    check()


@pytest.mark.parametrize("schema", [{"maxLenght": 3}, {"properties": {"a": {"nulable": True}}, "required": ["a"]}])
def test_an_unknown_keyword_is_an_error(schema: dict[str, Any]) -> None:
    document = with_schema({"type": "object", **schema})
    with pytest.raises(DocumentError, match="is an unknown keyword"):
        find(from_schema(document, IT), lambda _: True, settings=CALM)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
        {"type": "string", "enum": [1, 2]},
    ],
)
def test_a_schema_that_no_value_satisfies_is_an_error_that_names_it(schema: Any) -> None:
    with pytest.raises(Unsatisfiable, match=IT):
        find(from_schema(with_schema(schema), IT), lambda _: True, settings=CALM)


def test_a_text_without_bounds_never_holds_half_a_surrogate_pair() -> None:
    from strategies.values.hypothesis_values import strategy

    @given(strategy(Text()))
    def check(text: str) -> None:
        text.encode()

    check()
