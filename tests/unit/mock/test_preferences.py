"""What a request prefers (RFC 7240): read as the RFC has it, followed where possible, and named in the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contracts.openapi import Document
from strategies.answers import covering_answers
from strategies.mock.examples import named_examples
from strategies.mock.mocking import mock_server
from strategies.mock.preferences import Preference, preferences
from strategies.mock.server import MockServer
from tests.support.tiny import JSON, document_of

TREE = {
    "type": "object",
    "required": ["name", "kind"],
    "properties": {
        "name": {"type": "string", "x-equals": "$request.path.tree"},
        "kind": {"enum": ["oak", "elm", "yew"]},
    },
}


def responses() -> dict[str, Any]:
    examples = {
        "an elm": {"value": {"name": "any", "kind": "elm"}},
        "shared": {"$ref": "#/components/schemas/Shared"},
        "a weed": {"value": {"name": "any", "kind": "nettle"}},
        "elsewhere": {"externalValue": "https://example.org/tree.json"},
    }
    gone = {"type": "object", "properties": {"why": {"enum": ["felled", "burnt", "sold"]}}, "required": ["why"]}
    return {
        "200": {"description": "", "content": {JSON: {"schema": TREE, "examples": examples}}},
        "410": {
            "description": "",
            "content": {JSON: {"schema": gone, "examples": {"sold": {"value": {"why": "sold"}}}}},
        },
    }


@pytest.fixture(scope="module")
def document() -> Document:
    # An example may be anything that is referred to, though it seldom stands among the schemas.
    shared = {"value": {"name": "any", "kind": "yew"}}
    return document_of(responses=responses(), path="/trees/{tree}", schemas={"Shared": shared})


@pytest.fixture(scope="module")
def orchard(document: Document) -> Iterator[MockServer]:
    with mock_server(document) as server:
        yield server


def read(server: MockServer, prefer: str, tree: str = "tree-001") -> tuple[int, Any, str | None]:
    """The status, the body and what was followed of the preferences."""
    response = requests.get(f"{server.url}/trees/{tree}", headers={"Prefer": prefer}, timeout=10)
    return response.status_code, response.json(), response.headers.get("Preference-Applied")


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("code=410", [Preference("code", "410")]),
        ('Code = "410" ; a=b', [Preference("code", "410", "; a=b")]),
        ("respond-async, code=410", [Preference("respond-async"), Preference("code", "410")]),
        ('fault="a, b; c"; rate=0.5', [Preference("fault", "a, b; c", "; rate=0.5")]),
        ('wait="', []),
        (",;=", []),
    ],
)
def test_preferences_are_read_as_rfc_7240_has_them(field: str, found: list[Preference]) -> None:
    assert list(preferences([("Accept", "a"), ("PREFER", field)])) == found


def test_an_example_of_the_document_can_be_preferred_and_repeats_the_request(orchard: MockServer) -> None:
    assert read(orchard, 'example="an elm"') == (200, {"name": "tree-001", "kind": "elm"}, 'example="an elm"')
    assert read(orchard, "example=shared")[1]["kind"] == "yew"


def test_an_example_of_another_status_is_found_without_its_code(orchard: MockServer) -> None:
    assert read(orchard, "example=sold") == (410, {"why": "sold"}, 'example="sold"')
    assert read(orchard, "code=410, example=sold") == (410, {"why": "sold"}, 'code=410, example="sold"')


def test_an_example_that_the_preferred_status_does_not_have_is_ignored(orchard: MockServer) -> None:
    assert read(orchard, "code=200, example=sold")[::2] == (200, "code=200")


@pytest.mark.parametrize(
    "prefer", ["example=none", 'example="a weed"', "example=elsewhere", "seed=x", "seed=-1", "seed"]
)
def test_what_cannot_be_followed_is_ignored(orchard: MockServer, prefer: str) -> None:
    assert read(orchard, prefer) == read(orchard, "return=minimal")
    assert read(orchard, prefer)[2] is None


def test_an_example_that_breaks_the_contract_is_known_with_its_violation(document: Document) -> None:
    broken = {each.name: [str(one.rule) for one in each.violations] for each in named_examples(document.operations[0])}
    assert broken == {"an elm": [], "shared": [], "a weed": ["schema.enum"], "sold": []}


def test_seeds_show_every_answer_of_a_status_and_the_same_one_each_time(
    document: Document, orchard: MockServer
) -> None:
    operation = document.operations[0]
    for status in (200, 410):
        every = covering_answers(operation, status, {"tree": "tree-001"})
        seen = [read(orchard, f"code={status}, seed={seed}") for seed in range(2 * len(every))]
        assert [body for _, body, _ in seen] == [json.loads(answer.body) for answer in every] * 2
        assert seen[1][2] == f"code={status}, seed=1"


def test_a_seed_alone_chooses_among_the_answers_of_the_status_that_would_come(orchard: MockServer) -> None:
    assert {read(orchard, f"seed={seed}", "unheard-of")[0] for seed in range(3)} == {410}
    assert len({read(orchard, f"seed={seed}", "unheard-of")[1]["why"] for seed in range(9)}) == 3
    assert read(orchard, "seed=1")[1]["name"] == "tree-001"


def test_the_sample_of_a_class_of_statuses_can_be_preferred() -> None:
    with mock_server(document_of(responses={"200": {"description": ""}, "4XX": {"description": ""}})) as server:
        response = requests.get(f"{server.url}/things/thing-001", headers={"Prefer": "code=400"}, timeout=10)
    assert (response.status_code, response.headers["Preference-Applied"]) == (400, "code=400")
