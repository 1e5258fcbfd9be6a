"""What a page in a browser, and a person who looks around, get from the mock server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from contracts.http.exchange import Response
from strategies.answers import catalogue
from strategies.faults import faults
from strategies.mock.answering import Asked
from strategies.mock.cross_origin import cross_origin
from strategies.mock.faulty import breaking
from strategies.mock.listing import listing
from strategies.mock.mocking import mock_server
from strategies.mock.server import MockServer
from tests.support.tiny import JSON, document_of

PAGE = {"Origin": "https://page.test"}
DOCUMENT = document_of(
    responses={
        "200": {
            "description": "",
            "content": {JSON: {"schema": {"enum": ["a", "b"]}, "examples": {"first": {"value": "a"}}}},
        },
        "404": {"description": ""},
    }
)
OPERATION = DOCUMENT.operations[0]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    changes = [breaking(DOCUMENT), listing(DOCUMENT, catalogue), cross_origin]
    with mock_server(DOCUMENT, changes=changes) as running:
        yield running


@pytest.mark.parametrize("path", ["/things/thing-001", "/things/unheard-of", "/nothing", "/"])
def test_a_page_of_any_origin_may_read_every_answer_and_its_fields(server: MockServer, path: str) -> None:
    response = requests.get(server.url + path, headers=PAGE, timeout=10)
    assert response.headers["Access-Control-Allow-Origin"] == "https://page.test"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Vary"] == "Origin"
    exposed = {name.lower() for name in response.headers["Access-Control-Expose-Headers"].split(", ")}
    assert {name.lower() for name in response.headers if not name.startswith("Access-")} - {"vary"} <= exposed


def test_what_was_followed_of_a_preference_is_exposed(server: MockServer) -> None:
    response = requests.get(server.url + "/things/thing-001", headers={**PAGE, "Prefer": "code=404"}, timeout=10)
    assert "Preference-Applied" in response.headers["Access-Control-Expose-Headers"]


def test_a_client_that_is_no_page_may_read_it_too(server: MockServer) -> None:
    response = requests.get(server.url + "/things/thing-001", timeout=10)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", ["/things/thing-001", "/nothing", "/"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_preflight_is_answered_so_that_the_page_sees_the_answer_itself(
    server: MockServer, path: str, method: str
) -> None:
    asked = {**PAGE, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "prefer,x-api-key"}
    response = requests.options(server.url + path, headers=asked, timeout=10)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "https://page.test"
    assert response.headers["Access-Control-Allow-Methods"] == method
    assert response.headers["Access-Control-Allow-Headers"] == "prefer,x-api-key"


def test_options_that_is_no_preflight_is_an_undocumented_method(server: MockServer) -> None:
    response = requests.options(server.url + "/things/thing-001", timeout=10)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_the_root_lists_what_can_be_asked_for(server: MockServer) -> None:
    listed = requests.get(server.url, timeout=10).json()
    (operation,) = listed["operations"]
    assert operation == {
        "operation": "GET /things/{thing}",
        "statuses": ["200", "404"],
        "examples": ["first"],
        "urls": [f"{server.url}/things/{name}" for (name,) in catalogue(OPERATION)],
    }
    for url in operation["urls"]:
        assert requests.get(url, timeout=10).status_code == 200
    assert {each.partition("=")[0] for each in listed["prefer"]} == {"code", "example", "seed", "fault"}
    assert requests.get(listed["faults"], timeout=10).json() == {"faults": [each.name for each in faults(OPERATION)]}


def test_the_root_is_only_read(server: MockServer) -> None:
    response = requests.delete(server.url, timeout=10)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_documented_root_is_answered_by_the_document() -> None:
    document = document_of({"const": "the root"}, path="/")
    with mock_server(document, changes=[listing(document, catalogue)]) as server:
        assert requests.get(server.url, timeout=10).json() == "the root"


def test_every_preference_can_be_combined_and_is_told_of(server: MockServer) -> None:
    name = next(each.name for each in faults(OPERATION) if each.rule == "content-type.malformed")
    prefer = {"Prefer": f'seed=1, fault="{name}", code=200'}
    response = requests.get(server.url + "/things/thing-001", headers=prefer, timeout=10)
    assert response.headers["Preference-Applied"] == f'code=200, seed=1, fault="{name}"'
    assert response.json() == "b"
    assert response.headers["Content-Type"] != JSON


def test_a_large_answer_is_shared_with_pages_too() -> None:
    large = Response(200, (), b"x" * 100_000)
    assert cross_origin(Asked("GET", "/", (("Origin", "https://page.test"),)), large).body == large.body
