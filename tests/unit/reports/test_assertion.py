"""`assert_conforms` takes a response of any library, in a test of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3

from contracts import assert_conforms
from contracts.openapi import ConfigurationError
from strategies.answers import catalogue
from strategies.mock import mock_server
from tests.support.pinned import DOCUMENT, OPERATION

RESOURCE, ANSWER = next(iter(catalogue(OPERATION).items()))
PATH = OPERATION.url_path(OPERATION.bind(RESOURCE))
RIGHT, WRONG = ANSWER.body, json.dumps({**json.loads(ANSWER.body), "status": "STARTED"}).encode()
TYPE = {"Content-Type": "application/json"}


class Headers(list[tuple[str, str]]):
    """Header fields as httpx has them."""

    def multi_items(self) -> list[tuple[str, str]]:
        return self


LIBRARIES: dict[str, Callable[[bytes], Any]] = {
    "httpx and Starlette": lambda body: SimpleNamespace(
        status_code=200,
        headers=Headers(TYPE.items()),
        content=body,
        request=SimpleNamespace(method="GET", url=f"https://a{PATH}"),
    ),
    "Flask": lambda body: SimpleNamespace(
        status_code=200,
        status="200 OK",
        headers=TYPE,
        data=body,
        request=SimpleNamespace(method="GET", url=f"http://localhost{PATH}"),
    ),
    "Schemathesis": lambda body: SimpleNamespace(
        status_code=200,
        headers={name: [value] for name, value in TYPE.items()},
        content=body,
        request=SimpleNamespace(method="GET", url=f"https://a{PATH}"),
    ),
    "Django": lambda body: SimpleNamespace(
        status_code=200,
        headers=TYPE,
        content=body,
        request={"REQUEST_METHOD": "GET", "PATH_INFO": PATH, "QUERY_STRING": "a=1"},
    ),
}


@pytest.mark.parametrize("made", LIBRARIES.values(), ids=LIBRARIES)
def test_a_response_that_says_what_was_asked_for_is_enough(made: Callable[[bytes], Any]) -> None:
    assert_conforms(made(RIGHT))
    with pytest.raises(AssertionError, match=r"schema\.enum at /status of 200: expected "):
        assert_conforms(made(WRONG))


def test_responses_of_requests_and_urllib3_are_taken_as_they_come() -> None:
    with mock_server(DOCUMENT) as server:
        assert_conforms(requests.get(server.url + PATH, timeout=10))
        assert_conforms(urllib3.request("GET", server.url + PATH), path=PATH)


def test_a_tuple_of_status_headers_and_body_is_a_response() -> None:
    assert_conforms((200, TYPE, RIGHT), method="GET", path=PATH)
    assert_conforms((200, list(TYPE.items()), RIGHT.decode()), path=f"/base{PATH}", server="https://a/base")
    with pytest.raises(AssertionError, match=r"overlay\.equals at /id of 200"):
        assert_conforms((200, TYPE, RIGHT), path=PATH + "0")


def test_a_body_that_is_awaited_is_given_beside_its_response() -> None:
    response = SimpleNamespace(status=200, headers=TYPE, url=f"https://a{PATH}", method="GET")
    assert_conforms(response, body=RIGHT)


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", PATH, "is no operation of sgp-v4.openapi.yaml, which has GET /v4/"),
        ("GET", "/other", "GET /other is no operation of"),
        ("GET", "", r"GET \(path not known\) is no operation of"),
    ],
)
def test_what_is_no_operation_of_the_document_is_an_error(method: str, path: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        assert_conforms((200, TYPE, RIGHT), method=method, path=path)


@pytest.mark.parametrize("response", [None, "text", SimpleNamespace(status_code=200), (200, TYPE)])
def test_what_is_no_response_is_an_error_that_says_so(response: Any) -> None:
    with pytest.raises(TypeError, match="is no response"):
        assert_conforms(response, path=PATH)
