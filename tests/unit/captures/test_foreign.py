"""`assert_conforms` takes the responses of real libraries and test clients, each as it comes."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import quote

import aiohttp
import fastapi.testclient
import httpx
import pytest
import requests
import schemathesis
import urllib3
from django.test import AsyncClient as DjangoAsyncClient
from django.test import Client as DjangoClient
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from contracts import assert_conforms
from contracts.captures import capture_of
from contracts.openapi import ConfigurationError
from tests.support.things import DOCUMENT, flask_app, served, set_up_django, starlette_app

Got = tuple[Any, bytes | None]
"""A response, and its body where that has to be awaited."""

NOTHING: Mapping[str, str] = {}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as url:
        yield url


def by_requests(base: str, path: str) -> Got:
    return requests.get(base + path, timeout=10), None


def by_requests_streamed(base: str, path: str) -> Got:
    return requests.get(base + path, timeout=10, stream=True), None


def by_urllib3(base: str, path: str) -> Got:
    return urllib3.request("GET", base + path), None


def by_urllib3_streamed(base: str, path: str) -> Got:
    return urllib3.request("GET", base + path, preload_content=False), None


def by_httpx(base: str, path: str) -> Got:
    return httpx.get(base + path, follow_redirects=True), None


def by_httpx_in_process(base: str, path: str) -> Got:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(starlette_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://things", follow_redirects=True) as client:
            return await client.get(path)

    return asyncio.run(ask()), None


def by_schemathesis(base: str, path: str) -> Got:
    return schemathesis.Response.from_requests(requests.get(base + path, timeout=10), verify=True), None


def by_aiohttp(base: str, path: str) -> Got:
    async def ask() -> Got:
        async with aiohttp.ClientSession() as client, client.get(base + path) as response:
            return response, await response.read()

    return asyncio.run(ask())


def by_starlette(base: str, path: str) -> Got:
    return TestClient(starlette_app).get(path), None


def by_fastapi(base: str, path: str) -> Got:
    app = fastapi.FastAPI()
    app.mount("/", starlette_app)
    return fastapi.testclient.TestClient(app).get(path), None


def by_flask(base: str, path: str) -> Got:
    return flask_app.test_client(use_cookies=False).get(path, follow_redirects=True), None


def by_django(base: str, path: str) -> Got:
    set_up_django()
    return DjangoClient().get(path, follow=True), None


def by_django_asynchronously(base: str, path: str) -> Got:
    set_up_django()
    return asyncio.run(DjangoAsyncClient().get(path, follow=True)), None


LIBRARIES: dict[str, Callable[[str, str], Got]] = {
    name.removeprefix("by_"): made for name, made in list(globals().items()) if name.startswith("by_")
}
NAMES = ("plain", "a b", "50%", "a%41", "ä-日本", "q?x#y", "semi;colon,+&=@:", "a/b")
LOST = {
    # Django's clients keep the path decoded alone, so that an encoded slash is as any other.
    **dict.fromkeys([("django", "a/b"), ("django_asynchronously", "a/b")], "the slash"),
    # Starlette's client decodes the path twice before its application sees it.
    **dict.fromkeys([("starlette", "a%41"), ("fastapi", "a%41")], "the percent sign"),
}
"""Library and name to what the library itself does not carry."""


@pytest.mark.parametrize("ask", LIBRARIES.values(), ids=LIBRARIES)
def test_a_response_is_judged_with_the_request_that_it_answers(base: str, ask: Callable[[str, str], Got]) -> None:
    response, body = ask(base, "/things/plain")
    assert_conforms(response, DOCUMENT, body=body)
    response, body = ask(base, "/things/plain?wrong=1")
    with pytest.raises(AssertionError, match=r"the answer to GET .*/things/plain\?wrong=1 breaks") as raised:
        assert_conforms(response, DOCUMENT, body=body)
    assert "\n  schema.type at /name of 200: expected string, got integer 5" in str(raised.value)


@pytest.mark.parametrize(("library", "name"), [pair for pair in product(LIBRARIES, NAMES) if pair not in LOST])
def test_a_path_means_the_same_however_the_library_keeps_it(base: str, library: str, name: str) -> None:
    response, body = LIBRARIES[library](base, f"/things/{quote(name, safe='')}")
    assert_conforms(response, DOCUMENT, body=body)


def test_a_path_that_the_library_lost_can_be_given() -> None:
    response, _ = by_django("", "/things/a%2Fb")
    with pytest.raises(ConfigurationError, match=r"tiny\.json has no operation for GET /things/a/b"):
        assert_conforms(response, DOCUMENT)
    assert_conforms(response, DOCUMENT, path="/things/a%2Fb")


@pytest.mark.parametrize("ask", LIBRARIES.values(), ids=LIBRARIES)
@pytest.mark.parametrize("way", ["coded=1", "streamed=1", "coded=1&streamed=1"])
def test_a_body_is_judged_plain_and_whole(base: str, ask: Callable[[str, str], Got], way: str) -> None:
    response, body = ask(base, f"/things/plain?{way}")
    assert_conforms(response, DOCUMENT, body=body)
    assert_conforms(response, DOCUMENT, body=body)  # It can be read again.


@pytest.mark.parametrize("ask", LIBRARIES.values(), ids=LIBRARIES)
def test_of_a_redirect_that_was_followed_the_last_request_counts(base: str, ask: Callable[[str, str], Got]) -> None:
    response, body = ask(base, "/moved/plain?a=1")
    assert_conforms(response, DOCUMENT, body=body)


MOUNTED: dict[str, Callable[[], Any]] = {
    "Flask": lambda: flask_app.test_client().get("/things/plain", base_url="http://localhost/api"),
    "Django": lambda: django_client().get("/things/plain", SCRIPT_NAME="/api"),
}


def django_client() -> DjangoClient:
    set_up_django()
    return DjangoClient()


@pytest.mark.parametrize("ask", MOUNTED.values(), ids=MOUNTED)
def test_the_path_at_which_an_application_is_mounted_stands_before_the_documents(ask: Callable[[], Any]) -> None:
    assert_conforms(ask(), DOCUMENT)
    assert_conforms(ask(), DOCUMENT, server="/api")
    with pytest.raises(ConfigurationError, match=r"no operation for GET (http://\w+)?/api/things/plain"):
        assert_conforms(ask(), DOCUMENT, server="/other")


def test_where_the_response_does_not_say_its_mount_the_server_does() -> None:
    client = TestClient(Starlette(routes=[Mount("/api", starlette_app)]))
    assert_conforms(client.get("/api/things/plain"), DOCUMENT, server="http://testserver/api")
    with pytest.raises(ConfigurationError, match="what stands before the document's paths as the server"):
        assert_conforms(client.get("/api/things/plain"), DOCUMENT)


async def aiohttp_unread(base: str) -> Any:
    async with aiohttp.ClientSession() as client, client.get(f"{base}/things/plain") as response:
        return response


async def httpx_unread() -> Any:
    transport = httpx.ASGITransport(starlette_app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://things") as client,
        client.stream("GET", "/things/plain") as response,
    ):
        return response


def requests_consumed(base: str) -> Any:
    response = requests.get(f"{base}/things/plain", timeout=10, stream=True)
    assert list(response.iter_content(1))
    return response


UNREAD: dict[str, Callable[[str], Any]] = {
    "aiohttp": lambda base: asyncio.run(aiohttp_unread(base)),
    "httpx": lambda base: asyncio.run(httpx_unread()),
    "requests": requests_consumed,
}


@pytest.mark.parametrize("ask", UNREAD.values(), ids=UNREAD)
def test_a_body_that_only_the_test_can_read_is_asked_for(base: str, ask: Callable[[str], Any]) -> None:
    with pytest.raises(TypeError, match=r"has to be read first, or was consumed; give it by body=, such as body=await"):
        assert_conforms(ask(base), DOCUMENT)


TAKEN: dict[str, Callable[[Any], Any]] = {
    "read": lambda stream: (stream.read(), stream.close()),
    "read in part": lambda stream: stream.read(3),
    "read piece by piece": lambda stream: list(stream.stream()),
    "closed": lambda stream: stream.close(),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("way", ["", "coded=1", "streamed=1"])
@pytest.mark.parametrize("ask", [by_requests_streamed, by_urllib3_streamed])
def test_a_body_that_the_test_took_from_the_connection_is_asked_for(
    base: str, ask: Callable[[str, str], Got], way: str, take: Callable[[Any], Any]
) -> None:
    response, _ = ask(base, f"/things/plain?{way}")
    take(response.raw if isinstance(response, requests.Response) else response)
    with pytest.raises(TypeError, match=r"has to be read first, or was consumed; give it by body="):
        assert_conforms(response, DOCUMENT)
    assert_conforms(response, DOCUMENT, body=b'{"name": "plain"}')


@pytest.mark.parametrize("ask", [by_requests_streamed, by_urllib3_streamed])
def test_an_empty_body_was_not_consumed(base: str, ask: Callable[[str, str], Got]) -> None:
    response, _ = ask(base, "/things/plain?empty=1")
    with pytest.raises(AssertionError, match=r"body\.missing at body of 200"):
        assert_conforms(response, DOCUMENT)


def test_a_streamed_response_of_httpx_is_read_where_that_needs_no_waiting(base: str) -> None:
    with httpx.Client() as client, client.stream("GET", f"{base}/things/plain") as response:
        assert_conforms(response, DOCUMENT)
        assert response.json() == {"name": "plain"}


def test_a_streamed_response_of_django_is_still_there_for_the_test() -> None:
    response = django_client().get("/things/plain?streamed=1")
    assert_conforms(response, DOCUMENT)
    assert response.getvalue() == b'{"name": "plain"}'


@pytest.mark.parametrize(
    "ask",
    [
        lambda base: requests.head(f"{base}/things/plain", timeout=10),
        lambda base: TestClient(starlette_app).head("/things/plain"),
        lambda base: flask_app.test_client().head("/things/plain"),
        lambda base: django_client().head("/things/plain"),
    ],
)
def test_an_answer_to_another_method_is_refused_in_a_line(base: str, ask: Callable[[str], Any]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"HEAD (http://[^ ]+)?/things/plain cannot be judged: only answers to GET"
    ):
        assert_conforms(ask(base), DOCUMENT)


@pytest.mark.parametrize(
    ("accepted", "is_right"), [("br", True), ("br;q=0.5, gzip", True), ("*", True), ("gzip", False)]
)
def test_a_coding_that_the_client_asked_for_is_no_violation(accepted: str, is_right: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        fields = [("Content-Type", "application/json"), ("Set-Cookie", "one=1"), ("Set-Cookie", "two=2")]
        response = httpx.Response(200, headers=fields, content=b'{"name": "plain"}')
        response.headers["Content-Encoding"] = "br"  # As if httpx had undone it.
        return response

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        response = client.get("http://things/things/plain", headers={"Accept-Encoding": accepted})
    if is_right:
        assert_conforms(response, DOCUMENT)
    else:
        with pytest.raises(AssertionError, match=r"content-encoding\.unasked"):
            assert_conforms(response, DOCUMENT)


def test_bytes_that_are_not_in_the_coding_they_claim_are_judged_as_they_are() -> None:
    damaged = gzip.compress(b'{"name": "plain"}')[:-9]
    fields = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    capture = capture_of((200, fields, damaged), "GET", "/things/plain")
    assert capture.response.body == damaged


@pytest.mark.parametrize("made", [zlib.compress, gzip.compress])
def test_codings_of_a_tuple_are_undone(made: Callable[[bytes], bytes]) -> None:
    coding = "deflate" if made is zlib.compress else "gzip"
    fields = [("Content-Type", "application/json"), ("Content-Encoding", coding)]
    cookies = [("Set-Cookie", "one=1"), ("Set-Cookie", "two=2")]
    assert_conforms((200, fields + cookies, made(b'{"name": "x"}')), DOCUMENT, path="/things/x")
