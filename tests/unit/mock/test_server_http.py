"""The mock server speaks strict HTTP over real sockets."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import replace

import pytest
import requests

from contracts.http.exchange import Response
from contracts.openapi import Operation
from strategies.mock.answering import Asked, Catalogue
from strategies.mock.server import MockServer
from tests.support.trees import connect, converse, get, parse


def test_a_chunked_body_is_refused_without_losing_the_answer(server: MockServer, session: requests.Session) -> None:
    response = session.post(server.url + "/trees/oak", data=iter([b"leaf" * 20_000] * 20))
    assert response.status_code == 405


def test_a_body_is_never_taken_for_the_next_request(server: MockServer) -> None:
    smuggled = get("/trees/elm", "Connection: close")
    raw = converse(server, get("/trees/oak", f"Content-Length: {len(smuggled)}"), smuggled)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in raw


def test_head_has_the_fields_of_get_and_no_body(server: MockServer) -> None:
    asked = converse(server, get("/trees/oak", "Connection: close"))
    head = converse(server, get("/trees/oak", "Connection: close", method="HEAD"))
    responses = parse(asked), parse(head, "HEAD")
    assert head.endswith(b"\r\n\r\n")
    assert [{**response.headers, "Date": ""} for response in responses] == [{**responses[0].headers, "Date": ""}] * 2
    assert responses[0].headers["Content-Length"] == str(len(asked.partition(b"\r\n\r\n")[2]))


def test_head_of_an_undocumented_path_has_no_body(server: MockServer) -> None:
    raw = converse(server, get("/", "Connection: close", method="HEAD"))
    assert raw.startswith(b"HTTP/1.1 404 ")
    assert raw.endswith(b"\r\n\r\n")


def test_a_target_that_is_too_long_is_a_414(server: MockServer, session: requests.Session) -> None:
    response = session.get(server.url + "/trees/" + "a" * 200_000)
    assert (response.status_code, response.headers["Content-Type"]) == (414, "application/problem+json")


def test_one_connection_carries_many_answers(server: MockServer) -> None:
    # Connection: keep-alive is the default of HTTP/1.1; the last request ends it.
    raw = converse(server, get("/trees/oak") * 5, b"\r\n", get("/trees/oak", "Connection: close"))
    assert raw.count(b"HTTP/1.1 200 OK\r\n") == 6
    assert raw.count(b"Connection: ") == 1


def test_a_client_keeps_its_connection(server: MockServer) -> None:
    with closing(http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)) as client:
        client.connect()
        first = client.sock
        for method, target in [("GET", "/trees/oak"), ("HEAD", "/trees/elm"), ("GET", "/"), ("DELETE", "/trees/oak")]:
            client.request(method, target)
            client.getresponse().read()
        assert client.sock is first


def test_an_answer_arrives_in_one_piece(server: MockServer) -> None:
    with connect(server) as connection:
        connection.sendall(get("/trees/oak"))
        assert connection.recv(65536).endswith(b'{"tree": "oak"}')


@pytest.mark.parametrize("field", ["Connection: close", "Connection: TE, Close", "connection: CLOSE"])
def test_a_request_to_close_the_connection_is_confirmed_and_followed(server: MockServer, field: str) -> None:
    assert parse(converse(server, get("/trees/oak", field))).headers["Connection"] == "close"


def test_a_client_of_http_1_0_is_answered_once(server: MockServer) -> None:
    raw = converse(server, b"GET /trees/oak HTTP/1.0\r\n\r\n")
    assert parse(raw).headers["Connection"] == "close"
    assert raw.endswith(b'{"tree": "oak"}')


def test_a_client_of_http_1_0_may_keep_its_connection(server: MockServer) -> None:
    request = b"GET /trees/oak HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    raw = converse(server, request, b"GET /trees/oak HTTP/1.0\r\n\r\n")
    assert raw.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert parse(raw).headers["Connection"] == "keep-alive"


def test_a_client_that_expects_100_continue_gets_the_final_answer_at_once(server: MockServer) -> None:
    with connect(server) as connection:
        connection.sendall(get("/trees/oak", "Expect: 100-continue", "Content-Length: 1000", method="PUT"))
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    assert raw.startswith(b"HTTP/1.1 405 ")
    assert raw.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /trees/oak HTTP/1.1\r\n\r\n", 400),
        (b"GET /trees/oak HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /trees/\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /trees/\xa0oak HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /trees/oak FTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /trees/a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\r\n", 400),
        (b"GET /trees/oak HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /trees/oak HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 200 + b"\r\n", 431),
        (b"GET /trees/oak HTTP/1.1\r\nHost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431),
    ],
)
def test_a_message_that_is_not_http_is_refused_in_http(server: MockServer, sent: bytes, status: int) -> None:
    response = parse(converse(server, sent))
    assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")
    assert response.headers["Connection"] == "close"
    assert json.loads(response.text)["status"] == status


@pytest.mark.parametrize(("status", "length"), [(204, None), (304, None), (205, "0")])
def test_a_status_without_content_is_sent_without_a_body(
    operations: dict[Operation, Catalogue], status: int, length: str | None
) -> None:
    with MockServer(operations, changes=[lambda asked, response: replace(response, status=status)]) as server:
        raw = converse(server, get("/trees/oak", "Connection: close"))
    assert raw.endswith(b"\r\n\r\n")
    assert parse(raw).headers["Content-Length"] == length


def test_the_server_alone_sets_the_framing_fields(operations: dict[Operation, Catalogue]) -> None:
    def mislead(asked: Asked, response: Response) -> Response:
        fields = (("content-length", "3"), ("Transfer-Encoding", "chunked"), ("Connection", "upgrade"), ("X-Row", "1"))
        return replace(response, headers=(*response.headers, *fields))

    with MockServer(operations, changes=[mislead]) as server:
        response = parse(converse(server, get("/trees/oak", "Connection: close")))
    assert json.loads(response.text) == {"tree": "oak"}
    assert (response.headers.get_all("Connection"), response.headers["X-Row"]) == (["close"], "1")
