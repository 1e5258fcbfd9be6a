"""What jsonschema reads by itself: of a large answer the invalid parts, of a union the claimed branch."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.judge import json_schema, validation
from contracts.judge.validation import LARGE, compiled
from tests.support.judging import judged
from tests.support.tiny import body_schema, document_of


@pytest.fixture
def descents(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record the instances that jsonschema descends into."""
    seen: list[Any] = []
    descend = json_schema.descend

    def counting(validator: Any, instance: Any, *rest: Any, **more: Any) -> Any:
        seen.append(instance)
        return descend(validator, instance, *rest, **more)

    monkeypatch.setattr(validation, "descend", counting)
    monkeypatch.setattr(json_schema, "descend", counting)
    return seen


def test_only_the_invalid_parts_of_a_large_response_are_read_by_the_exact_validator(descents: list[Any]) -> None:
    integer, reference = {"type": ["integer", "null"]}, {"$ref": "#/components/schemas/B"}
    row = {"properties": {"a": integer, "b": reference, "c": {"type": "boolean"}}}
    rows: list[Any] = [{"a": 1, "b": "x"} for _ in range(1_000)]
    rows[500] = {"a": "x", "b": 5, "c": True}
    _, found = judged({"items": row}, rows, {"B": {"type": "string"}}, size=LARGE)
    assert [each.place for each in found] == ["body/500/a", "body/500/b"]
    # The row, two of its properties, and what the second refers to; before them the answer itself.
    assert descents == [rows, rows[500], "x", 5, 5]


def test_a_reference_to_a_valid_part_is_not_followed_by_the_exact_validator(descents: list[Any]) -> None:
    schemas = {"A": {"type": "array"}, "B": {"maxItems": 1}}
    _, found = judged(
        {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}, [1, 2], schemas, size=LARGE
    )
    assert [each.rule for each in found] == ["schema.maxItems"]
    # The answer, the two parts of `allOf`, and what the second reference leads to.
    assert descents == [[1, 2]] * 4


def test_a_valid_large_response_is_not_read_by_the_exact_validator(descents: list[Any]) -> None:
    assert judged({"items": {"type": "integer"}}, [1] * 1_000, size=LARGE)[1] == []
    assert descents == []


def test_is_valid_does_not_need_the_exact_validator(descents: list[Any]) -> None:
    document = document_of({"items": {"type": "integer"}})
    judge, pointer = compiled(document), body_schema(document)
    assert judge.is_valid(pointer, [1])
    assert not judge.is_valid(pointer, ["x"])
    assert descents == []


@pytest.mark.parametrize(("size", "read"), [(LARGE - 1, [1, "x", 2]), (LARGE, ["x"])])
def test_a_small_response_is_read_whole_by_the_exact_validator(descents: list[Any], size: int, read: list[Any]) -> None:
    answer = [1, "x", 2]
    assert [each.place for each in judged({"items": {"type": "integer"}}, answer, size=size)[1]] == ["body/1"]
    assert descents == [answer, *read]


def test_a_value_that_fits_its_branch_of_any_of_is_held_against_no_other(descents: list[Any]) -> None:
    schemas = {name: {"properties": {"size": {"type": "integer"}}} for name in "AB"}
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    schema = {"anyOf": branches, "discriminator": {"propertyName": "kind"}}
    good, bad = {"kind": "A", "size": 1}, {"kind": "A", "size": "x"}
    assert judged(schema, good, schemas)[1] == []
    # The answer and, in its branch, the answer and its size.
    assert descents == [good, good, 1]
    descents.clear()
    assert [each.place for each in judged(schema, bad, schemas)[1]] == ["body/size"]
    # And then its size in the other branch.
    assert descents == [bad, bad, "x", "x"]
