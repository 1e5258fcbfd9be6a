"""The mock server chooses the answer that the request deserves, for as long as it runs."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote

import pytest
import requests

from contracts.errors import ConfigurationError
from contracts.http.exchange import Response
from contracts.openapi import Operation
from strategies.mock.answering import Asked, Catalogue, answer
from strategies.mock.server import MockServer
from tests.support.trees import HOSTILE, connect, converse, get, json_response, parse


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
