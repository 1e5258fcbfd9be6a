"""Ids can be sent, are never known ones, are of every class, and satisfy the schema if it says anything."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import covering_job_ids, job_ids, parameter_values, path_values
from strategies.ids.hostile import HOSTILE
from strategies.ids.job_ids import TARGETS, covering_path_values, made_up
from strategies.ids.near_misses import NEAR
from strategies.ids.resources import sendable
from tests.support.invented import CALM, PINNED_DOCUMENT, SHOP, UNIONS

(PINNED_OPERATION,) = PINNED_DOCUMENT.operations
PLAIN = PINNED_OPERATION.parameters[0].schema
KNOWN = ("ft-0a1B2c", "ft-0a1B2d", "straße")
PARAMETERS = [
    pytest.param(operation.document, parameter.schema, id=parameter.name)
    for operation in (PINNED_OPERATION, *SHOP.operations, *UNIONS.operations)
    for parameter in operation.parameters
]


@pytest.mark.parametrize(("document", "pointer"), PARAMETERS)
@given(data=st.data())
def test_every_id_can_be_sent_and_comes_back_from_its_url(document, pointer, data) -> None:  # type: ignore[no-untyped-def]
    value = data.draw(parameter_values(document, pointer, KNOWN))
    assert sendable(value)
    assert value not in KNOWN
    name = PINNED_OPERATION.parameters[0].name
    assert PINNED_OPERATION.match(PINNED_OPERATION.url_path({name: value})) == {name: value}


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800", "x" * 8_001, "🙂" * 667])
def test_an_id_that_does_not_reach_the_server_is_not_sendable(value: str) -> None:
    assert not sendable(value)


@pytest.mark.parametrize("value", [*HOSTILE, "...", "x" * 8_000, "🙂" * 666, "a/../b"])
def test_a_strange_id_that_reaches_the_server_is_sendable(value: str) -> None:
    assert sendable(value)


@given(value=st.text(min_size=1, max_size=20), position=st.integers(0, 63))
def test_a_near_miss_of_any_id_is_text(value: str, position: int) -> None:
    for change in NEAR.values():
        change(value, position).encode()


@pytest.mark.parametrize("change", NEAR.values(), ids=NEAR)
def test_a_near_miss_differs_from_an_ordinary_id(change) -> None:  # type: ignore[no-untyped-def]
    assert change("ft-0a1B2c", 4) != "ft-0a1B2c"


def test_ordinary_ids_near_misses_and_hostile_ids_are_all_drawn_often() -> None:
    counted: Counter[str] = Counter()

    @settings(CALM, max_examples=1_000)
    @given(job_ids(PINNED_OPERATION, ["ft-0a1B2c"]))
    def count(value: str) -> None:
        near = any(change("ft-0a1B2c", position) == value for change in NEAR.values() for position in range(9))
        shaped = re.fullmatch(r"[a-z]{2}-\d[a-z]\d[A-Z]\d[a-z]|[\w-]{1,40}", value, re.ASCII)
        counted["near" if near else "ordinary" if shaped else "long" if len(value) > 900 else "hostile"] += 1

    count()
    assert counted["ordinary"] > 200, counted
    assert counted["near"] > 50
    assert counted["hostile"] > 100
    assert counted["long"] > 5


def test_without_hostile_ids_no_id_is_a_hostile_text_or_long() -> None:
    @settings(max_examples=300)
    @given(job_ids(PINNED_OPERATION, ["ft-0a1B2c"], hostile=False))
    def check(value: str) -> None:
        assert value not in HOSTILE or re.fullmatch(r"[\w.-]+", value)
        assert len(value) < 100

    check()


def test_a_parameter_with_a_schema_gets_valid_ids_as_well() -> None:
    shelf = SHOP.operations[0].parameters[1].schema
    parcel = SHOP.operations[1].parameters[0].schema
    whole: list[str] = []
    uuids: list[str] = []

    @settings(CALM, max_examples=200)
    @given(parameter_values(SHOP, shelf), parameter_values(SHOP, parcel))
    def collect(one: str, other: str) -> None:
        if re.fullmatch("[0-9]+", one, re.ASCII) and 1 <= int(one) <= 40:
            whole.append(one)
        if re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", other):
            uuids.append(str(UUID(other)))

    collect()
    assert len(set(whole)) > 10
    assert len(set(uuids)) > 20


def test_all_parameters_are_drawn_and_never_those_of_a_known_resource() -> None:
    operation = SHOP.operations[0]
    known = [("shop-001", "1"), ("shop-002", "2")]
    inside = []

    @settings(CALM, max_examples=300)
    @given(path_values(operation, known))
    def check(values: dict[str, str]) -> None:
        assert list(values) == ["shop", "shelf"]
        assert tuple(values.values()) not in known
        inside.append(values["shop"] in ("shop-001", "shop-002"))

    check()
    assert any(inside)
    assert not all(inside)


@given(path_values(SHOP.operations[2]))
def test_an_operation_without_parameters_is_asked_without_any(values: dict[str, str]) -> None:
    assert values == {}


def test_the_covering_ids_hold_every_class() -> None:
    ids = covering_job_ids(PINNED_DOCUMENT, PLAIN, KNOWN)
    assert ids == covering_job_ids(PINNED_DOCUMENT, PLAIN, KNOWN)
    assert len(ids) == len(set(ids))
    assert all(map(sendable, ids))
    assert not set(ids) & set(KNOWN)
    assert set(HOSTILE) <= set(ids)
    assert "FT-0A1b2C" in ids
    assert any(unicodedata.normalize("NFKC", value) == KNOWN[0] for value in ids)
    assert not set(covering_job_ids(PINNED_DOCUMENT, PLAIN, KNOWN, hostile=False)) & {"\0", "%2F"}


@pytest.mark.parametrize("count", [1, 3, 5, 6, 12, 200])
def test_every_near_miss_follows_its_resource(count: int) -> None:
    known = [(f"Ft-{number}a1B",) for number in range(count)]
    asked = [tuple(values.values()) for values in covering_path_values(PINNED_OPERATION, known)]
    targets = [resource for resource in asked if resource in known]
    assert min(count, 3) <= len(targets) <= TARGETS
    for ((target,), start), (_, end) in pairs([(each, asked.index(each)) for each in targets], len(asked)):
        near = {change(target, len(target) // 2) for change in NEAR.values()} - {value for (value,) in known}
        assert {value for (value,) in asked[start + 1 : end]} == {value for value in near if sendable(value)}
    assert {(text,) for text in HOSTILE} <= set(asked[: asked.index(targets[0])])


def pairs(found: list[tuple[tuple[str], int]], end: int) -> list[tuple[tuple[tuple[str], int], tuple[object, int]]]:
    return list(zip(found, [*found[1:], ((), end)], strict=True))


@pytest.mark.parametrize("operation", [*SHOP.operations, *UNIONS.operations], ids=str)
@pytest.mark.parametrize("known", [(), ("a1", "B2")])
def test_covering_resources_name_every_parameter_and_can_be_sent(operation, known) -> None:  # type: ignore[no-untyped-def]
    names = [parameter.name for parameter in operation.parameters]
    asked = list(covering_path_values(operation, [(value,) * len(names) for value in known], undecodable=True))
    assert all(list(values) == names and all(map(sendable, values.values())) for values in asked)
    assert bool(asked) == bool(names or known)


@pytest.mark.parametrize("value", ["null", "a b", "é", "x" * 201, "a/b", "undefined"])
def test_an_id_that_no_resource_has_by_chance_is_made_up(value: str) -> None:
    assert made_up(value)


@pytest.mark.parametrize("value", ["ft-1", "0", "A_b.c:d~e", "x" * 200])
def test_an_ordinary_id_is_not_made_up(value: str) -> None:
    assert not made_up(value)


@pytest.mark.parametrize("value", ["ft-été-1", "ft-e\u0301te\u0301-1"])
def test_an_id_without_its_marks_is_a_near_miss(value: str) -> None:
    assert "ft-ete-1" in {change(value, 0) for change in NEAR.values()}
