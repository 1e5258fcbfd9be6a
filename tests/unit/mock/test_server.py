"""The mock server answers in strict HTTP over real sockets."""

from __future__ import annotations

import http.client
import io
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest
import requests

from contracts.http.exchange import Response
from contracts.openapi import Operation, load
from contracts.openapi.errors import ConfigurationError
from strategies.mock.server import Asked, Catalogue, MockServer, answer

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orchard", "version": "1"},
    "paths": {
        "/trees/{tree}": {"get": {"parameters": [{"name": "tree", "in": "path", "schema": {"type": "string"}}]}},
        "/trees/oldest": {"get": {}},
        "/rows/{row}/trees/{tree}": {
            "parameters": [{"name": name, "in": "path", "schema": {"type": "string"}} for name in ("row", "tree")],
            "get": {},
        },
    },
}
for item in DOCUMENT["paths"].values():
    item["get"]["responses"] = {"200": {"description": "a tree"}, "410": {"description": "felled"}}

HOSTILE = [
    "/",
    "a/b",
    "//",
    "%",
    "%2F",
    "a b",
    "?",
    "#",
    "\x00",
    "\r\n",
    "é",
    "木",
    "\U0001f333",
    "..;",
    "~",
    "a" * 8000,
]


def json_response(status: int, value: object) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


def any_tree(parameters: Mapping[str, str]) -> Response:
    return json_response(200, dict(parameters))


def unknown(parameters: object) -> Response:
    return json_response(410, {"felled": parameters})


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> dict[Operation, Catalogue]:
    path = tmp_path_factory.mktemp("orchard") / "orchard.json"
    path.write_text(json.dumps(DOCUMENT))
    by_path = {operation.path: operation for operation in load(path).operations}
    trees: dict[tuple[str, ...], Response] = {(name,): json_response(200, {"tree": name}) for name in ["oak", *HOSTILE]}

    def felled(_: object) -> Response:
        return json_response(410, {"felled": "on request"})

    return {
        by_path["/trees/{tree}"]: Catalogue(trees, unknown, {"410": felled, "200": any_tree}),
        by_path["/trees/oldest"]: Catalogue({(): json_response(200, {"tree": "yew"})}, unknown, {}),
        by_path["/rows/{row}/trees/{tree}"]: Catalogue({("1", "oak"): json_response(200, {"row": "1"})}, unknown, {}),
    }


@pytest.fixture(scope="module")
def server(operations: dict[Operation, Catalogue]) -> Iterator[MockServer]:
    with MockServer(operations) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


def connect(server: MockServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def converse(server: MockServer, *sent: bytes) -> bytes:
    """Return everything that comes back until the server closes the connection."""
    with connect(server) as connection:
        connection.sendall(b"".join(sent))
        return b"".join(iter(lambda: connection.recv(65536), b""))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


class Recorded(socket.socket):
    """A socket from which recorded bytes are read."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.close()
        self.raw = raw

    def makefile(self, *_: object, **__: object) -> io.BytesIO:  # type: ignore[override]
        return io.BytesIO(self.raw)


def parse(raw: bytes, method: str = "GET") -> Answer:
    """Return the first answer as the standard library's client reads it."""
    response = http.client.HTTPResponse(Recorded(raw), method=method)
    response.begin()
    return Answer(response.status, response.headers, response.read().decode())


def get(target: str, *fields: str, version: str = "HTTP/1.1", method: str = "GET") -> bytes:
    lines = [f"{method} {target} {version}", "Host: orchard", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def test_a_known_resource_gets_its_own_answer(server: MockServer, session: requests.Session) -> None:
    response = session.get(server.url + "/trees/oak")
    assert (response.status_code, response.json()) == (200, {"tree": "oak"})
    assert response.headers["Content-Type"] == "application/json"


def test_an_unknown_resource_gets_the_answer_made_of_its_parameters(
    server: MockServer, session: requests.Session
) -> None:
    response = session.get(server.url + "/rows/2/trees/elm")
    assert (response.status_code, response.json()) == (410, {"felled": {"row": "2", "tree": "elm"}})


def test_every_parameter_counts(server: MockServer, session: requests.Session) -> None:
    assert session.get(server.url + "/rows/1/trees/oak").status_code == 200
    assert session.get(server.url + "/rows/oak/trees/1").status_code == 410


def test_a_concrete_path_is_matched_before_a_template(server: MockServer, session: requests.Session) -> None:
    assert session.get(server.url + "/trees/oldest").json() == {"tree": "yew"}


def test_the_query_is_ignored(server: MockServer, session: requests.Session) -> None:
    assert session.get(server.url + "/trees/oak?leaves=1/2").json() == {"tree": "oak"}


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_every_name_survives_the_trip(server: MockServer, name: str) -> None:
    response = parse(converse(server, get("/trees/" + quote(name, safe=""), "Connection: close")))
    assert (response.status, json.loads(response.text)) == (200, {"tree": name})


@pytest.mark.parametrize("raw", ["%FF", "%C3", "%ED%A0%80", "a%80b", "%C0%AF"])
def test_a_name_that_is_not_utf_8_is_unknown_and_its_answer_is_still_utf_8(server: MockServer, raw: str) -> None:
    response = parse(converse(server, get("/trees/" + raw, "Connection: close")))
    assert response.status == 410
    felled = json.loads(response.text)["felled"]["tree"]
    assert "\ufffd" in felled
    assert felled.encode("utf-8")


@pytest.mark.parametrize(
    "target", ["/", "/trees", "/trees/", "//trees/oak", "/trees/oak/", "/trees/a/b", "/Trees/oak", "/./trees/oak", "*"]
)
def test_an_undocumented_path_is_answered_with_404_and_a_problem(server: MockServer, target: str) -> None:
    response = parse(converse(server, get(target, "Connection: close")))
    assert (response.status, response.headers["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(response.text) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "no documented path matches",
    }


def test_the_absolute_form_of_a_target_is_understood(server: MockServer) -> None:
    response = parse(converse(server, get("http://orchard:80/trees/oak", "Connection: close")))
    assert response.status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_an_undocumented_method_is_a_405_that_says_what_is_allowed(
    server: MockServer, session: requests.Session, method: str
) -> None:
    response = session.request(method, server.url + "/trees/oak", data=None if method == "TRACE" else b"x" * 300_000)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.json()["status"] == 405


def test_an_unknown_method_is_answered_with_501(server: MockServer, session: requests.Session) -> None:
    response = session.request("PLANT", server.url + "/trees/oak")
    assert (response.status_code, response.headers["Content-Type"]) == (501, "application/problem+json")


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


@pytest.mark.parametrize(
    "prefer",
    [
        "code=410",
        'code="410"',
        "Code=410; dynamic=true",
        "respond-async, code=410",
        'wait="1, 2", code=410',
        "code=410, code=200",
        " code = 410 ",
    ],
)
def test_a_documented_status_can_be_preferred(server: MockServer, session: requests.Session, prefer: str) -> None:
    response = session.get(server.url + "/trees/oak", headers={"Prefer": prefer.strip()})
    assert (response.status_code, response.json()) == (410, {"felled": "on request"})
    assert response.headers["Preference-Applied"] == "code=410"


@pytest.mark.parametrize(
    "prefer", ["code=418", "code", "code=", "code=²", "return=minimal", "codes=410", 'wait="', ",;="]
)
def test_a_preference_that_cannot_be_followed_is_ignored(server: MockServer, prefer: str) -> None:
    response = parse(converse(server, get("/trees/oak", "Prefer: " + prefer, "Connection: close")))
    assert (response.status, response.headers["Preference-Applied"]) == (200, None)


def test_a_resource_of_the_preferred_status_keeps_its_own_answer(server: MockServer, session: requests.Session) -> None:
    preferred = {"Prefer": "code=200"}
    assert session.get(server.url + "/trees/oak", headers=preferred).json() == {"tree": "oak"}
    assert session.get(server.url + "/trees/elm", headers=preferred).json() == {"tree": "elm"}


def test_several_prefer_fields_count_as_one(server: MockServer) -> None:
    raw = converse(server, get("/trees/oak", "Prefer: respond-async", "prefer: code=410", "Connection: close"))
    assert parse(raw).status == 410


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


def test_every_answer_has_one_date(server: MockServer, session: requests.Session) -> None:
    for path in ("/trees/oak", "/"):
        assert session.get(server.url + path).headers["Date"].endswith(" GMT")


def test_requests_are_counted_by_method(operations: dict[Operation, Catalogue], session: requests.Session) -> None:
    with MockServer(operations) as server:
        for method in ("GET", "HEAD", "DELETE", "GET", "PLANT"):
            session.request(method, server.url + "/trees/oak")
    assert server.seen == Counter(GET=2, HEAD=1, DELETE=1, PLANT=1)


def test_many_clients_are_answered_at_once_and_all_are_counted(operations: dict[Operation, Catalogue]) -> None:
    def read(server: MockServer) -> list[int]:
        with requests.Session() as session:
            session.trust_env = False
            return [session.get(server.url + "/trees/oak").status_code for _ in range(20)]

    with MockServer(operations) as server, ThreadPoolExecutor(16) as pool:
        assert [*pool.map(read, [server] * 16)] == [[200] * 20] * 16
        assert server.seen == Counter(GET=320)


def test_changes_apply_in_their_order_and_see_the_request(operations: dict[Operation, Catalogue]) -> None:
    def append(text: bytes) -> Callable[[Asked, Response], Response]:
        return lambda asked, response: replace(response, body=response.body + text + asked.method.encode())

    server = MockServer(operations, changes=[append(b"1"), append(b"2")])
    answer = server.answer(Asked("GET", "/trees/oak"))
    assert isinstance(answer, Response)
    assert answer.body == b'{"tree": "oak"}1GET2GET'


def test_an_answer_can_be_chosen_without_a_socket(operations: dict[Operation, Catalogue]) -> None:
    assert answer(operations, Asked("GET", "/trees/elm", (("PREFER", "code=200"),))).status == 200
    assert answer(operations, Asked("GET", "/trees/elm")).status == 410
    assert answer(operations, Asked("PUT", "/trees/elm")).status == 405


def test_a_client_that_leaves_early_causes_no_output(
    operations: dict[Operation, Catalogue], capfd: pytest.CaptureFixture[str], session: requests.Session
) -> None:
    large = replace(json_response(200, {}), body=b" " * 5_000_000)
    with MockServer(operations, changes=[lambda asked, response: large]) as server:
        for sent in (b"", b"GET /tr", get("/trees/oak"), get("/trees/oak") * 3):
            with connect(server) as connection:
                # With a linger time of 0, closing resets the connection.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.sendall(sent)
        assert len(session.get(server.url + "/trees/oak").content) == 5_000_000
    assert capfd.readouterr() == ("", "")


def test_a_stopped_server_closes_its_port_and_connections(operations: dict[Operation, Catalogue]) -> None:
    server = MockServer(operations).start()
    with connect(server) as connection:
        connection.sendall(get("/trees/oak"))
        assert connection.recv(65536)
        server.stop()
        server.stop()
        assert connection.recv(65536) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_it_listens_on_loopback_only_and_each_server_has_its_own_port(operations: dict[Operation, Catalogue]) -> None:
    with MockServer(operations) as one, MockServer(operations) as other:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.url != other.url


def test_a_port_can_be_chosen(operations: dict[Operation, Catalogue]) -> None:
    with MockServer(operations) as server:
        port = int(server.url.rsplit(":", 1)[1])
    with MockServer(operations, port) as again:
        assert again.url == server.url


@pytest.mark.parametrize("port", [70_000, -1])
def test_an_impossible_port_is_refused_in_one_line(operations: dict[Operation, Catalogue], port: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"^port {port} cannot be opened .*; choose another, or 0$"):
        MockServer(operations, port).start()


def test_a_port_in_use_is_refused_in_one_line(operations: dict[Operation, Catalogue]) -> None:
    with MockServer(operations) as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(ConfigurationError, match=rf"^port {port} cannot be opened .*; choose another, or 0$"):
            MockServer(operations, port).start()
