"""Every shipped overlay declares what it says, and weakens no check of the document."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given

from contracts.http.exchange import Exchange, Request, Response
from contracts.judge.checks import judge
from contracts.judge.validation import compiled
from contracts.openapi import PINNED, Document, Operation, load, overlay
from contracts.openapi.overlay import overlay_files
from strategies import answers
from strategies.answers import catalogue, covering_answers, granting
from strategies.faults.fault_table import faults
from strategies.faults.self_test import self_test
from strategies.second_opinion import SecondOpinion
from tests.support.invented import SHOP, UNIONS

SINGLE = [name for name, files in overlay.shipped_overlays().items() if len(files) == 1]
REFUSALS = {"unauthorized": 401, "forbidden": 403, "not-found": 404}
BARE = load(PINNED)


@cache
def with_overlays(*names: str, pinned: bool = True) -> Document:
    return load(overlays=overlay_files(names, no_overlay=not pinned))


def operation_of(document: Document) -> Operation:
    (operation,) = document.operations
    return operation


ONES = [pytest.param(operation_of(with_overlays(name)), id=name) for name in (*SINGLE, "fastapi")]
BARE_ONES = [
    pytest.param(operation_of(with_overlays(name, pinned=False)), id=f"{name} without the pinned one")
    for name in (*SINGLE, "fastapi")
]
SEVERAL = [
    pytest.param(operation_of(with_overlays(*names)), id="+".join(names))
    for count in range(2, len(SINGLE))
    for names in combinations(SINGLE, count)
]


def test_the_bundle_holds_every_overlay_that_tolerates_something() -> None:
    assert {*overlay_files(["fastapi"])} == {*overlay_files([name for name in SINGLE if name != "closed"])}


@pytest.mark.parametrize("operation", [*ONES, *BARE_ONES, *SEVERAL])
def test_every_fault_is_caught_and_finds_an_answer_to_break(operation: Operation) -> None:
    result = self_test(operation)
    assert not [str(survivor) for survivor in result.survivors]
    assert result.idle == ()
    assert result.caught == len(faults(operation))


@pytest.mark.parametrize("operation", [*ONES, *BARE_ONES])
def test_every_action_finds_its_place(operation: Operation) -> None:
    assert not [note for note in operation.document.notes if "finds nothing" in note]


@pytest.mark.parametrize("name", SINGLE)
def test_an_overlay_removes_only_the_faults_that_it_allows(name: str) -> None:
    # An overlay allows a null in place of a value, or a refusal.
    kept = {fault.name for fault in faults(operation_of(with_overlays(name)))}
    lost = {fault.name for fault in faults(operation_of(with_overlays()))} - kept
    allowed = f"status.undocumented {REFUSALS[name]}" if name in REFUSALS else " null"
    assert all(fault.endswith(allowed) for fault in lost), lost


@pytest.mark.parametrize("operation", [*ONES, *BARE_ONES])
def test_judge_and_second_opinion_accept_every_covering_answer(operation: Operation) -> None:
    second = SecondOpinion(operation.document)
    given_out = [(resource, True, response) for resource, response in catalogue(operation).items()]
    refused = [spec.status for spec in operation.responses if not spec.is_success]
    given_out += [(("zz",), False, answer) for status in refused for answer in covering_answers(operation, status)]
    for resource, exists, response in given_out:
        exchange = exchange_of(operation, resource[0], response, exists=exists)
        assert judge(operation, exchange) == ()
        assert not list(second(exchange))


def exchange_of(operation: Operation, job_id: str, response: Response, *, exists: bool) -> Exchange:
    values = {parameter.name: job_id for parameter in operation.parameters}
    url = "http://h" + operation.url_path(values)
    return Exchange(operation, Request(url, tuple(values.items()), exists), response)


NULLS = operation_of(with_overlays("nulls"))
FASTAPI = operation_of(with_overlays("fastapi"))


@pytest.mark.parametrize("status", [spec.status for spec in FASTAPI.responses])
def test_every_answer_drawn_for_a_status_satisfies_its_schema(status: str) -> None:
    @given(answers(FASTAPI, status=int(status)))
    def draw(response: Response) -> None:
        place = FASTAPI.response_for(response.status).content["application/json"]  # type: ignore[union-attr]
        assert compiled(FASTAPI.document).is_valid(place or "", json.loads(response.body))

    draw()


def optional_properties(document: Document) -> set[str]:
    """Return the places of all optional properties that have a type, except tags of unions."""
    tags = {union.tag for union in document.unions.values()}
    schemas = document.contents["components"]["schemas"]
    return {
        f"#/components/schemas/{name}/properties/{one}"
        for name, schema in schemas.items()
        for one, node in schema.get("properties", {}).items()
        if one not in schema.get("required", ()) and one not in tags and {"type", "$ref"} & node.keys()
    }


@pytest.mark.parametrize("place", sorted(optional_properties(BARE)))
def test_every_optional_property_may_be_null_only_with_the_overlay(place: str) -> None:
    assert compiled(NULLS.document).is_valid(place, None)
    assert not compiled(BARE).is_valid(place, None)


def test_no_other_property_may_be_null_with_the_overlay() -> None:
    schemas = BARE.contents["components"]["schemas"]
    every = {f"#/components/schemas/{name}/properties/{one}" for name in schemas for one in _typed(schemas[name])}
    others = every - optional_properties(BARE)
    assert others
    assert not [place for place in others if compiled(NULLS.document).is_valid(place, None)]


def _typed(schema: Any) -> list[str]:
    properties = schema.get("properties", {})
    return [name for name in properties if {"type", "$ref"} & properties[name].keys()]


def test_the_covering_set_shows_a_null_for_every_optional_property_of_a_success() -> None:
    bodies = [json.loads(response.body) for response in catalogue(NULLS).values()]
    top = {name for body in bodies for name, value in body.items() if value is None}
    inner = {
        (value.get(union.tag), name)
        for union in NULLS.document.unions.values()
        for body in bodies
        for value in body.values()
        if isinstance(value, dict)
        for name in value
        if value[name] is None
    }
    own = {place.rsplit("/", 1)[1] for place in optional_properties(BARE) if _is_success(place)}
    assert top == own
    assert len(inner) == len([place for place in optional_properties(BARE) if _is_branch(place)])


def _is_success(place: str) -> bool:
    success = granting(NULLS)
    assert success is not None
    return place.startswith(NULLS.document.resolve(success.content["application/json"] or "")[0] + "/")


def _is_branch(place: str) -> bool:
    targets = [branch.target for union in NULLS.document.unions.values() for branch in union.tagged]
    return any(place.startswith(target + "/") for target in targets)


@pytest.mark.parametrize(("name", "status"), REFUSALS.items())
@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"detail": "Not authenticated"}, []),
        ({"detail": "", "more": 1}, []),
        ({"detail": None}, ["schema.type"]),
        ({"detail": [{"loc": [], "msg": "", "type": ""}]}, ["schema.type"]),
        ({}, ["schema.required"]),
        ("no", ["schema.type"]),
    ],
    ids=str,
)
def test_a_refusal_needs_the_body_that_fastapi_sends(name: str, status: int, body: Any, rules: Any) -> None:
    response = Response(status, (("Content-Type", "application/json"),), json.dumps(body).encode())
    operation = operation_of(with_overlays(name))
    unknown = exchange_of(operation, "nobody", response, exists=False)
    assert [violation.rule for violation in judge(operation, unknown)] == rules
    bare = operation_of(with_overlays())
    assert [violation.rule for violation in judge(bare, exchange_of(bare, "nobody", response, exists=False))] == [
        "status.undocumented"
    ]


@pytest.mark.parametrize(("name", "status"), REFUSALS.items())
def test_a_refusal_of_a_resource_that_exists_is_a_violation(name: str, status: int) -> None:
    response = Response(status, (("Content-Type", "application/json"),), b'{"detail": "no"}')
    operation = operation_of(with_overlays(name))
    (found,) = judge(operation, exchange_of(operation, "job-1", response, exists=True))
    assert (found.rule, found.place, found.actual) == ("status.known-resource", "status", str(status))


@pytest.mark.parametrize("document", [SHOP, UNIONS], ids=["shop", "unions"])
@pytest.mark.parametrize(("name", "status"), REFUSALS.items())
def test_refusals_are_added_to_any_document_that_does_not_describe_them(
    document: Document, name: str, status: int
) -> None:
    bare = load(document.path)
    layered = load(document.path, overlay_files([name], pinned=False))
    for before, after in zip(bare.operations, layered.operations, strict=True):
        described = {spec.status for spec in before.responses}
        added = {str(status)} - described if "4XX" not in described else set()
        assert {spec.status for spec in after.responses} == described | added


@pytest.mark.parametrize("document", [SHOP, UNIONS], ids=["shop", "unions"])
def test_every_fault_of_any_document_is_caught_with_all_refusals_added(document: Document) -> None:
    for operation in load(document.path, overlay_files(list(REFUSALS), pinned=False)).operations:
        assert not self_test(operation).survivors
