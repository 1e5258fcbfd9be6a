"""Only reads leave the machine, only to the target, whatever uses the session."""

from __future__ import annotations

import gzip
import socket
from typing import Any

import pytest
import requests

from contracts.errors import ConfigurationError, ContractError, TargetError
from contracts.http.exchange import PROBED_METHODS, Failure, Response
from contracts.http.session import MAX_SILENT, ForbiddenRequest
from contracts.http.session_options import check_base_url
from tests.support.talking import KEY, OPERATION, Peer, heard, http, once, peer, saying, session_to, talking
from tests.support.tiny import document_of


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "QUERY"])
def test_only_get_leaves_the_machine(method: str) -> None:
    with talking(saying(http())) as (observed, server):
        with pytest.raises(ForbiddenRequest):
            observed.session.request(method, server.url + "/things/one")
        prepared = requests.Request(method, server.url + "/things/one").prepare()
        with pytest.raises(ForbiddenRequest):
            observed.session.send(prepared)
        assert (server.connections, observed.exchanges) == (0, [])


def test_a_get_with_a_body_does_not_leave_the_machine() -> None:
    with talking(saying(http())) as (observed, server):
        bodies: list[dict[str, Any]] = [{"data": "x"}, {"json": {}}, {"files": {"a": b"b"}}]
        for more in bodies:
            with pytest.raises(ForbiddenRequest):
                observed.session.get(server.url + "/things/one", **more)
        assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://other.invalid/things/one",
        "https://127.0.0.1:{port}/things/one",
        "http://127.0.0.1:{port}@other.invalid/things/one",
        "http://127.0.0.1:{port}.other.invalid/things/one",
        "http://127.0.0.1:{port}0/things/one",
        "http://localhost:{port}/things/one",
        "http://127.0.0.1/things/one",
        "http://127.0.0.1:{port}/elsewhere",
        "http://127.0.0.1:{port}/things/one/two",
        "http://127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/things/one",
        "file:///etc/passwd",
        "http://user:pw@127.0.0.1:{port}/things/one",
    ],
)
def test_no_request_goes_to_another_host_or_path(url: str) -> None:
    with talking(saying(http())) as (observed, server):
        target = url.replace("{port}", server.url.rsplit(":", 1)[1])
        with pytest.raises((ForbiddenRequest, requests.RequestException)):
            observed.session.get(target)
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.headers = "GET", target, requests.structures.CaseInsensitiveDict()
        with pytest.raises(ForbiddenRequest):
            observed.session.send(prepared)
        assert (server.connections, observed.exchanges) == (0, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://other.invalid/v1/list",
        "https://127.0.0.1:{port}/v1/list",
        "http://127.0.0.1:{port}@other.invalid/v1/list",
        "http://127.0.0.1:{port}/list",
        "http://127.0.0.1:{port}/v11/list",
        "http://user:pw@127.0.0.1:{port}/v1/list",
        "file:///etc/passwd",
    ],
)
def test_a_url_of_no_operation_is_fetched_below_the_base_url_alone(url: str) -> None:
    with peer(saying(http())) as server, session_to(server.url + "/v1") as observed:
        with pytest.raises(ForbiddenRequest):
            observed.session.fetch(url.replace("{port}", server.url.rsplit(":", 1)[1]))
        assert server.connections == 0


def test_a_fetched_url_obeys_the_same_rules_and_is_not_observed() -> None:
    with peer(saying(http(KEY.encode(), "Location: /elsewhere", status="302 Found"))) as server:
        with session_to(server.url, api_key=KEY) as observed:
            outcome = observed.session.fetch(server.url + "/list?page=2")
        assert isinstance(outcome, Response)
        assert (outcome.status, KEY.encode() in outcome.body, observed.exchanges) == (302, False, [])
        assert server.paths == ["/list?page=2"]
        assert f"x-api-key: {KEY}".encode() in server.requests[0]


def test_nothing_more_is_fetched_from_a_target_that_answers_nothing() -> None:
    with talking(once(b"")) as (observed, server):
        assert all(isinstance(observed.session.fetch(server.url + "/list"), Failure) for _ in range(MAX_SILENT))
        with pytest.raises(TargetError):
            observed.session.fetch(server.url + "/list")


def test_a_path_is_asked_below_the_base_url_alone() -> None:
    with peer(saying(http())) as server, session_to(server.url + "/v1/") as observed:
        observed.ask("a")
        observed.session.get(server.url + "/v1/things/b")
        for elsewhere in ("/things/c", "/v11/things/c", "/v2/things/c"):
            with pytest.raises(ForbiddenRequest):
                observed.session.get(server.url + elsewhere)
        assert server.paths == ["/v1/things/a", "/v1/things/b"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_a_response_and_is_not_followed(status: str) -> None:
    with peer(saying(http())) as other:
        location = f"Location: {other.url}/things/one"
        with talking(saying(http(b"", location, "Refresh: 0; url=/", status=status)), api_key=KEY) as (
            observed,
            server,
        ):
            outcome = observed.ask()
            assert isinstance(outcome, Response)
            assert outcome.status == int(status[:3])
            answer = observed.session.get(server.url + "/things/one", allow_redirects=True)
            assert (answer.status_code, answer.history) == (int(status[:3]), [])
            assert len(server.requests) == 2
    assert other.requests == []


def test_cookies_are_not_kept() -> None:
    with talking(saying(http(b"", "Set-Cookie: a=b; Path=/"))) as (observed, server):
        observed.ask()
        observed.session.get(server.url + "/things/two")
        observed.ask()
        assert not any(b"cookie" in request.lower() for request in server.requests)
        assert len(observed.session.cookies) == 0


def test_proxies_netrc_and_certificates_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    with peer(saying(http())) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
        with talking(saying(http())) as (observed, server):
            assert isinstance(observed.ask(), Response)
            observed.session.get(server.url + "/things/two")
            assert server.paths == ["/things/one", "/things/two"]
            assert not any(b"authorization" in request.lower() for request in server.requests)
    assert proxy.connections == 0


HOSTILE = [
    "a", " ", "a b", "a/b", "%2F", "%", "?", "#", "a?b#c", ";", "&=+$,", ":", "@", "é", "🦊", "\0", "\n", "\r\nX: y",
    "\x7f", "...", "..a", "a..", "-", "~", "%00", "%FF", "\udcff", "\udc80\udcfe", "'\"<>", "\\", "{thing}", "{}",
    "\u202e", "\ufeff", "é" * 2_000, "x" * 8_000,
]  # fmt: skip


@pytest.mark.parametrize("thing", HOSTILE, ids=lambda thing: ascii(thing)[:30])
def test_any_id_reaches_the_server_unchanged(thing: str) -> None:
    with talking(saying(http())) as (observed, server):
        assert isinstance(observed.ask(thing), Response)
        assert OPERATION.match(server.paths[0]) == {"thing": thing}
        assert server.requests[0].count(b"\r\n\r\n") == 1
        assert b"\r\nX: y" not in server.requests[0]
        request = observed.exchanges[0].request
        assert request.parameter_values == (thing,)
        assert request.url == server.url + server.paths[0]


@pytest.mark.parametrize("thing", [".", ".."])
def test_dot_segments_are_sent_as_they_are(thing: str) -> None:
    with talking(saying(http())) as (observed, server):
        observed.ask(thing)
        assert server.paths == [f"/things/{thing}"]


# Other libraries.


def test_a_request_of_another_library_is_observed_and_its_response_can_be_read() -> None:
    data = http(gzip.compress(b'{"a": [1]}', mtime=0), "Content-Encoding: gzip", "X-One: 1")
    with talking(saying(data)) as (observed, server):
        for stream in (False, True):
            answer = observed.session.get(server.url + "/things/a%2Fb?q=1", stream=stream)
            assert answer.status_code == 200
            assert answer.json() == {"a": [1]}
            assert answer.content == b'{"a": [1]}'
            assert answer.headers["x-one"] == "1"
            assert answer.url == server.url + "/things/a%2Fb?q=1"
        answer = observed.session.get(server.url + "/things/lines", stream=True)
        assert b"".join(answer.iter_content(3)) == b'{"a": [1]}'
        assert [exchange.request.parameter_values for exchange in observed.exchanges] == [
            ("a/b",),
            ("a/b",),
            ("lines",),
        ]
        assert all(isinstance(exchange.outcome, Response) for exchange in observed.exchanges)


def test_a_request_of_another_library_belongs_to_the_most_concrete_operation() -> None:
    document = document_of(path="/things/{thing}")
    contents: dict[str, Any] = dict(document.contents)
    item = contents["paths"]["/things/{thing}"]
    contents["paths"] = {"/things/{thing}": item, "/things/latest": {"get": {"responses": item["get"]["responses"]}}}
    from tests.support.tiny import document_at

    with talking(saying(http()), document=document_at(contents)) as (observed, server):
        observed.session.get(server.url + "/things/latest")
        observed.session.get(server.url + "/things/later")
        assert [str(exchange.operation) for exchange in observed.exchanges] == [
            "GET /things/latest",
            "GET /things/{thing}",
        ]


def test_a_request_with_a_preference_does_not_count_as_of_an_existing_resource() -> None:
    with talking(saying(http()), exists=lambda operation, resource: True) as (observed, server):
        observed.ask("a", {"Prefer": "code=422"})
        observed.ask("b")
        assert [(each.request.headers, each.request.exists) for each in observed.exchanges] == [
            ((("Prefer", "code=422"),), None),
            ((), True),
        ]
        assert b"Prefer" not in server.requests[1]


def test_requests_accept_json_and_compression() -> None:
    with talking(saying(http())) as (observed, server):
        observed.ask()
        lines = server.requests[0].decode().lower().split("\r\n")
        assert "accept: application/json" in lines
        assert any(line.startswith("accept-encoding: ") and "gzip" in line for line in lines)


# The base URL.


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://host", "http://host"),
        ("https://Host.Example:8443/", "https://host.example:8443"),
        ("http://host:80/a/b//", "http://host:80/a/b"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("HTTP://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://host:/x", "http://host/x"),
    ],
)
def test_a_base_url_has_scheme_host_port_and_path(text: str, url: str) -> None:
    assert check_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "host", "host:80", "//host", "http://", "http:///path", "ftp://host", "http://host:port",
        "http://host:99999", "http://[::1", "http://host?q=1", "http://host#f",
        "http://ho st", "http://host/\n", "http://host/\u202e", "http:host",
    ],
)  # fmt: skip
def test_other_text_is_refused_as_a_base_url_in_one_line_with_the_fix(text: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_base_url(text)
    assert "\n" not in str(caught.value)
    assert "write it as" in str(caught.value) or "leave the rest out" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "http://u:geheim@host",
        "u:geheim@host",
        "http:u:geheim@host",
        "http:/u:geheim@host",
        "//u:geheim@host",
        "geheim@host/x",
        "http://geheim@host:port",
    ],
)
def test_credentials_in_a_base_url_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(text)
    assert "geheim" not in str(caught.value)


# The account.


def test_the_account_is_sent_in_its_header() -> None:
    with talking(saying(http()), account="acc-1") as (observed, server):
        observed.ask()
        observed.session.get(server.url + "/things/two")
        assert all(b"x-selected-account-id: acc-1\r\n" in request for request in server.requests)


# Probing.


@pytest.mark.parametrize("method", PROBED_METHODS)
def test_a_probe_after_a_read_goes_out_once_and_on_a_connection_of_its_own(method: str) -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        if heard(connection, server) and server.requests[-1].startswith(b"GET"):
            connection.sendall(http())
            heard(connection, server)

    with talking(talk, probes=True) as (observed, server):
        observed.ask("one")
        outcome = observed.session.ask(OPERATION, {"thing": "one"}, method=method).outcome
        assert isinstance(outcome, Failure)
        assert [request.split()[0].decode() for request in server.requests] == ["GET", method]
        assert server.connections == 2
