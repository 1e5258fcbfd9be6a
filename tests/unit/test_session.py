"""The guarded session, over real sockets: what leaves the machine, what comes back, and what fails how."""

from __future__ import annotations

import gzip
import socket
import sqlite3
import ssl
import threading
from typing import Any

import pytest
import requests
import trustme

from contracts.admission import ENOUGH, TurnedAway
from contracts.errors import ConfigurationError, ContractError, TargetError
from contracts.exchange import Exchange, Failure, Response
from contracts.framing import flaws
from contracts.scratch import ScratchError
from contracts.session import GONE, ForbiddenRequest, GuardedSession, check_base_url
from tests.unit.talking import (
    KEY,
    OPERATION,
    Peer,
    Talk,
    closing,
    dripping,
    heard,
    http,
    once,
    peer,
    resetting,
    saying,
    session_to,
    silent,
    talking,
    unused_port,
)
from tests.unit.tiny import document_of


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        (http(), 200, b'{"a": 1}'),
        (http(b"", status="204 No Content"), 204, b""),
        (http(b"x", status="404"), 404, b"x"),
        (http(b"x", status="599 Whatever"), 599, b"x"),
        (http(version="1.0"), 200, b'{"a": 1}'),
        (http(b'{"a": 1}', "Connection: close"), 200, b'{"a": 1}'),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 200, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, b"abcde"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + http(b"x"), 200, b"x"),
        (http(gzip.compress(b"packed", mtime=0), "Content-Encoding: gzip"), 200, b"packed"),
        (http(gzip.compress(b"", mtime=0), "Content-Encoding: gzip"), 200, b""),
        (http(b"x" * 1_000_000), 200, b"x" * 1_000_000),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_an_answer_of_any_legal_form_is_read(data: bytes, status: int, body: bytes) -> None:
    talk = once(data) if b"HTTP/1.0" in data or b"close" in data else saying(data)
    with talking(talk, timeout=5) as (seen, _):
        for _ in range(3):
            outcome = seen.ask()
            assert isinstance(outcome, Response), outcome
            assert (outcome.status, outcome.body) == (status, body)


def test_header_fields_come_as_they_were_sent() -> None:
    with talking(saying(http(b"", "X-Two: a", "x-two:  b ", "X-Odd: \xe9"))) as (seen, _):
        outcome = seen.ask()
        assert isinstance(outcome, Response)
        assert [field for field in outcome.headers if field[0].lower() == "x-two"] == [("X-Two", "a"), ("X-Two", "b")]
        assert outcome.header("x-two") == "a, b"


def test_one_connection_carries_many_requests() -> None:
    with talking(saying(http())) as (seen, made):
        for _ in range(5):
            seen.ask()
        assert (made.connections, len(made.requests)) == (1, 5)


@pytest.mark.parametrize("field", [(), ("Connection: keep-alive",)])
def test_a_connection_closed_between_two_requests_is_no_failure(field: tuple[str, ...]) -> None:
    with talking(once(http(b"x", *field))) as (seen, made):
        outcomes = [seen.ask() for _ in range(20)]
        assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [200] * 20
        assert made.connections == 20


def test_a_connection_closed_when_the_next_request_arrives_is_no_failure() -> None:
    def talk(connection: socket.socket, made: Peer) -> None:
        if heard(connection, made):
            connection.sendall(http(b"x"))
            heard(connection, made)

    with talking(talk) as (seen, made):
        outcomes = [seen.ask(str(number)) for number in range(3)]
        assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [200] * 3
        assert made.paths == ["/things/0", "/things/1", "/things/1", "/things/2", "/things/2"]
        assert len(seen.exchanges) == 3


# What fails, and how.


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


BOMB = gzip.compress(b"x" * 5_000, mtime=0)


PACKED = gzip.compress(b"packed" * 1000, mtime=0)


FAILURES = [
    pytest.param(resetting, "reset", id="reset"),
    pytest.param(closing, "reset", id="closed"),
    pytest.param(silent, "timeout", id="silent"),
    pytest.param(once(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), "cut", id="body cut"),
    pytest.param(once(CHUNKED + b"5\r\nab"), "cut", id="chunk cut"),
    pytest.param(once(CHUNKED + b"5\r\nabcde\r\n"), "cut", id="no last chunk"),
    pytest.param(once(CHUNKED + b"zz\r\nabcde\r\n"), "cut", id="bad chunk"),
    pytest.param(saying(b"SSH-2.0-OpenSSH_9.9\r\n"), "not-http", id="not http"),
    pytest.param(saying(b"HTTP/1.1 abc OK\r\n\r\n"), "not-http", id="no status"),
    pytest.param(once(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "oversized", id="many headers"),
    pytest.param(once(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"), "oversized", id="long header"),
    pytest.param(saying(b"y" * 70_000 + b"\r\n\r\n"), "not-http", id="long line"),
    pytest.param(saying(http(b"no gzip", "Content-Encoding: gzip")), "coding", id="bad gzip"),
    pytest.param(saying(http(b"x" * 5_000)), "oversized", id="oversized"),
    pytest.param(saying(http(BOMB, "Content-Encoding: gzip")), "oversized", id="gzip bomb"),
    pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x"), "timeout", id="dripping body"),
    pytest.param(dripping(CHUNKED, b"1\r\nx\r\n"), "timeout", id="dripping chunks"),
    pytest.param(dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n"), "timeout", id="dripping headers"),
    pytest.param(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout", id="dripping interim answers"),
    pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nx", b""), "timeout", id="stalled body"),
]


@pytest.mark.parametrize(("talk", "kind"), FAILURES)
def test_a_failure_is_told_by_its_kind_and_the_session_goes_on(talk: Talk, kind: str) -> None:
    with talking(talk, timeout=0.3, max_body=1_000) as (seen, _):
        for _ in range(2):
            outcome = seen.ask()
            assert isinstance(outcome, Failure)
            assert outcome.kind == kind, outcome
            assert " object at 0x" not in outcome.detail
            assert kind != "oversized" or outcome.detail.startswith("more than ")
        assert [exchange.outcome.kind for exchange in seen.exchanges if isinstance(exchange.outcome, Failure)] == [
            kind
        ] * 2
        with pytest.raises(requests.RequestException):
            seen.session.get(seen.session.base_url + "/things/x")
        if kind in ("coding", "cut", "oversized"):
            seen.session.probe(OPERATION, {"thing": "x"})  # It does answer, after all.
            return
        with pytest.raises(TargetError) as caught:
            seen.session.probe(OPERATION, {"thing": "x"})
        assert "\n" not in str(caught.value)
        assert "; " in str(caught.value)


def test_a_target_that_answers_for_one_of_the_resources_is_there() -> None:
    def talk(connection: socket.socket, made: Peer) -> None:
        while heard(connection, made):
            connection.sendall(b"no HTTP\r\n" if made.paths[-1].endswith("x") else http(b"y"))

    with talking(talk) as (seen, made):
        seen.session.probe(OPERATION, {"thing": "x"}, {"thing": "y"})
        assert made.paths == ["/things/x", "/things/y"]


# What comes around an answer.


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(saying(http(b"x") + b"junk"), id="at once"),
        pytest.param(saying(http(b"x") + http(b"y")), id="another answer"),
        pytest.param(saying(CHUNKED + b"1\r\nx\r\n0\r\n\r\njunk"), id="behind the last chunk"),
    ],
)
def test_what_comes_behind_an_answer_is_told_of_it_and_never_taken_for_the_next(talk: Talk) -> None:
    with talking(talk) as (seen, _):
        for _ in range(3):
            outcome = seen.ask()
            assert isinstance(outcome, Response)
            assert outcome.body == b"x"
            assert [flaw.rule for flaw in flaws(outcome.message)] == ["framing.surplus"]


def test_what_comes_behind_an_answer_later_on_is_told_of_that_answer() -> None:
    came = threading.Event()

    def talk(connection: socket.socket, made: Peer) -> None:
        while heard(connection, made):
            connection.sendall(http(b"x"))
            if made.paths[-1].endswith("first"):
                asked.wait(5)
                connection.sendall(b"junk")
                came.set()

    asked = threading.Event()
    with talking(talk) as (seen, _):
        seen.ask("first")
        asked.set()
        assert came.wait(5)
        seen.ask("second")
        told = [exchange.request.resource for exchange in seen.exchanges if surplus(exchange.outcome)]
        assert told == [("first",)]
        assert isinstance(seen.exchanges[-1].outcome, Response)


def surplus(outcome: Response | Failure) -> bool:
    return "framing.surplus" in {flaw.rule for flaw in flaws(outcome.message)}


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
@pytest.mark.parametrize("count", [1, 3])
def test_interim_answers_are_passed_over(status: bytes, count: int) -> None:
    interim = b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n"
    with talking(saying(interim * count + http(b"x"))) as (seen, made):
        for _ in range(2):
            outcome = seen.ask()
            assert isinstance(outcome, Response)
            assert (outcome.status, outcome.body) == (200, b"x")
            assert not list(flaws(outcome.message))
        assert made.connections == 1


def test_what_has_once_ended_a_session_ends_all_that_is_asked_of_it_later() -> None:
    observed: list[Exchange] = []

    def fail_once(exchange: Exchange) -> None:
        observed.append(exchange)
        if len(observed) == 2:
            raise ScratchError(None, sqlite3.OperationalError("the disk is full"))

    with peer(saying(http())) as made, GuardedSession(made.url, [OPERATION], fail_once) as session:
        session.ask(OPERATION, {"thing": "x"})
        for _ in range(3):
            with pytest.raises(ScratchError, match="a temporary file cannot be used: the disk is full; name a folder"):
                session.ask(OPERATION, {"thing": "x"})
    assert len(observed) == len(made.requests) == 2


def test_a_target_that_is_gone_is_asked_no_more() -> None:
    exchanges: list[Exchange] = []
    with GuardedSession(f"http://127.0.0.1:{unused_port()}", [OPERATION], exchanges.append) as session:
        for _ in range(GONE):
            session.ask(OPERATION, {"thing": "x"})
        with pytest.raises(TargetError, match=f"gave no answer to {GONE} requests in a row"):
            session.ask(OPERATION, {"thing": "x"})
    assert len(exchanges) == GONE


DENIED = http(b'{"detail": "who?"}', status="401 Unauthorized")


def test_a_target_that_refuses_this_caller_everything_is_asked_no_more() -> None:
    with talking(saying(DENIED)) as (seen, made):
        for number in range(ENOUGH):
            for thing in ("job-0", "a/b", "x" * 300, "\x00", f"job-{number}"):
                seen.ask(thing)
        with pytest.raises(TurnedAway, match=f"{ENOUGH} requests were refused, and none was let in"):
            seen.ask("another")
        assert len(made.requests) == 5 * ENOUGH


@pytest.mark.parametrize("granted", [http(), http(status="404 Not Found"), http(status="500 Oops")])
def test_a_target_that_has_let_this_caller_in_once_is_asked_whatever_it_refuses(granted: bytes) -> None:
    with talking(saying(*[DENIED] * (ENOUGH - 1), granted, DENIED)) as (seen, made):
        for number in range(3 * ENOUGH):
            seen.ask(f"job-{number}")
        assert len(made.requests) == 3 * ENOUGH


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param(f"http://127.0.0.1:{unused_port()}", "refused", id="a port nobody listens on"),
        ("http://no-such-host.invalid", "unresolved"),
        (f"http://{'a' * 70}.invalid", "unresolved"),
        ("http://a..invalid", "unresolved"),
    ],
)
def test_a_target_that_is_not_there_is_told_by_its_kind(url: str, kind: str) -> None:
    with session_to(url, timeout=2) as seen:
        outcome = seen.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind == kind, outcome
        with pytest.raises(TargetError):
            seen.session.probe(OPERATION, {"thing": "x"})


def test_a_certificate_is_checked_against_the_authorities_given(tmp_path: Any) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with peer(saying(http()), context=context) as made:
        with session_to(made.url, ca_bundle=str(bundle), api_key=KEY) as seen:
            assert isinstance(seen.ask(), Response)
        assert KEY.encode() in made.requests[0]
        with session_to(made.url, api_key=KEY) as seen:
            outcome = seen.ask()
            assert isinstance(outcome, Failure)
            assert outcome.kind == "tls"
        assert len(made.requests) == 1
        with session_to(made.url.replace("https", "http"), timeout=2) as seen:
            assert isinstance(seen.ask(), Failure)


def test_a_target_without_tls_fails_where_https_was_asked_for() -> None:
    in_clear = peer(lambda connection, made: connection.sendall(http()))
    with in_clear as made, session_to(made.url.replace("http", "https"), timeout=2) as seen:
        outcome = seen.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind == "tls"


# What leaves the machine.


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "QUERY"])
def test_nothing_but_get_leaves_the_machine(method: str) -> None:
    with talking(saying(http())) as (seen, made):
        with pytest.raises(ForbiddenRequest):
            seen.session.request(method, made.url + "/things/one")
        prepared = requests.Request(method, made.url + "/things/one").prepare()
        with pytest.raises(ForbiddenRequest):
            seen.session.send(prepared)
        assert (made.connections, seen.exchanges) == (0, [])


def test_a_get_with_a_body_does_not_leave_the_machine() -> None:
    with talking(saying(http())) as (seen, made):
        bodies: list[dict[str, Any]] = [{"data": "x"}, {"json": {}}, {"files": {"a": b"b"}}]
        for more in bodies:
            with pytest.raises(ForbiddenRequest):
                seen.session.get(made.url + "/things/one", **more)
        assert made.connections == 0


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
def test_no_other_host_or_path_is_asked(url: str) -> None:
    with talking(saying(http())) as (seen, made):
        target = url.replace("{port}", made.url.rsplit(":", 1)[1])
        with pytest.raises((ForbiddenRequest, requests.RequestException)):
            seen.session.get(target)
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.headers = "GET", target, requests.structures.CaseInsensitiveDict()
        with pytest.raises(ForbiddenRequest):
            seen.session.send(prepared)
        assert (made.connections, seen.exchanges) == (0, [])


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
def test_what_is_no_operation_is_fetched_below_the_base_url_only(url: str) -> None:
    with peer(saying(http())) as made, session_to(made.url + "/v1") as seen:
        with pytest.raises(ForbiddenRequest):
            seen.session.fetch(url.replace("{port}", made.url.rsplit(":", 1)[1]))
        assert made.connections == 0


def test_what_is_no_operation_is_fetched_by_the_same_rules_and_shown_to_nobody() -> None:
    with peer(saying(http(KEY.encode(), "Location: /elsewhere", status="302 Found"))) as made:
        with session_to(made.url, api_key=KEY) as seen:
            outcome = seen.session.fetch(made.url + "/list?page=2")
        assert isinstance(outcome, Response)
        assert (outcome.status, KEY.encode() in outcome.body, seen.exchanges) == (302, False, [])
        assert made.paths == ["/list?page=2"]
        assert f"x-api-key: {KEY}".encode() in made.requests[0]


def test_what_is_fetched_from_a_target_that_is_gone_is_asked_no_more() -> None:
    with talking(once(b"")) as (seen, made):
        assert all(isinstance(seen.session.fetch(made.url + "/list"), Failure) for _ in range(GONE))
        with pytest.raises(TargetError):
            seen.session.fetch(made.url + "/list")


def test_a_path_is_asked_below_the_base_url_only() -> None:
    with peer(saying(http())) as made, session_to(made.url + "/v1/") as seen:
        seen.ask("a")
        seen.session.get(made.url + "/v1/things/b")
        for elsewhere in ("/things/c", "/v11/things/c", "/v2/things/c"):
            with pytest.raises(ForbiddenRequest):
                seen.session.get(made.url + elsewhere)
        assert made.paths == ["/v1/things/a", "/v1/things/b"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_answer_and_nothing_is_sent_after_it(status: str) -> None:
    with peer(saying(http())) as other:
        location = f"Location: {other.url}/things/one"
        with talking(saying(http(b"", location, "Refresh: 0; url=/", status=status)), api_key=KEY) as (seen, made):
            outcome = seen.ask()
            assert isinstance(outcome, Response)
            assert outcome.status == int(status[:3])
            answer = seen.session.get(made.url + "/things/one", allow_redirects=True)
            assert (answer.status_code, answer.history) == (int(status[:3]), [])
            assert len(made.requests) == 2
    assert other.requests == []


def test_cookies_are_not_kept() -> None:
    with talking(saying(http(b"", "Set-Cookie: a=b; Path=/"))) as (seen, made):
        seen.ask()
        seen.session.get(made.url + "/things/two")
        seen.ask()
        assert not any(b"cookie" in request.lower() for request in made.requests)
        assert len(seen.session.cookies) == 0


def test_the_environment_has_no_part_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    with peer(saying(http())) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
        with talking(saying(http())) as (seen, made):
            assert isinstance(seen.ask(), Response)
            seen.session.get(made.url + "/things/two")
            assert made.paths == ["/things/one", "/things/two"]
            assert not any(b"authorization" in request.lower() for request in made.requests)
    assert proxy.connections == 0


HOSTILE = [
    "a", " ", "a b", "a/b", "%2F", "%", "?", "#", "a?b#c", ";", "&=+$,", ":", "@", "é", "🦊", "\0", "\n", "\r\nX: y",
    "\x7f", "...", "..a", "a..", "-", "~", "%00", "%FF", "\udcff", "\udc80\udcfe", "'\"<>", "\\", "{thing}", "{}",
    "\u202e", "\ufeff", "é" * 2_000, "x" * 8_000,
]  # fmt: skip


@pytest.mark.parametrize("thing", HOSTILE, ids=lambda thing: ascii(thing)[:30])
def test_an_id_of_any_kind_survives_the_way(thing: str) -> None:
    with talking(saying(http())) as (seen, made):
        assert isinstance(seen.ask(thing), Response)
        assert OPERATION.match(made.paths[0]) == {"thing": thing}
        assert made.requests[0].count(b"\r\n\r\n") == 1
        assert b"\r\nX: y" not in made.requests[0]
        request = seen.exchanges[0].request
        assert request.resource == (thing,)
        assert request.url == made.url + made.paths[0]


@pytest.mark.parametrize("thing", [".", ".."])
def test_even_dot_segments_are_sent_as_they_are(thing: str) -> None:
    with talking(saying(http())) as (seen, made):
        seen.ask(thing)
        assert made.paths == [f"/things/{thing}"]


# What else uses the session.


def test_a_foreign_request_is_shown_and_its_answer_can_still_be_read() -> None:
    data = http(gzip.compress(b'{"a": [1]}', mtime=0), "Content-Encoding: gzip", "X-One: 1")
    with talking(saying(data)) as (seen, made):
        for stream in (False, True):
            answer = seen.session.get(made.url + "/things/a%2Fb?q=1", stream=stream)
            assert answer.status_code == 200
            assert answer.json() == {"a": [1]}
            assert answer.content == b'{"a": [1]}'
            assert answer.headers["x-one"] == "1"
            assert answer.url == made.url + "/things/a%2Fb?q=1"
        answer = seen.session.get(made.url + "/things/lines", stream=True)
        assert b"".join(answer.iter_content(3)) == b'{"a": [1]}'
        assert [exchange.request.resource for exchange in seen.exchanges] == [("a/b",), ("a/b",), ("lines",)]
        assert all(isinstance(exchange.outcome, Response) for exchange in seen.exchanges)


def test_a_foreign_request_is_of_the_most_concrete_operation() -> None:
    document = document_of(path="/things/{thing}")
    contents: dict[str, Any] = dict(document.contents)
    item = contents["paths"]["/things/{thing}"]
    contents["paths"] = {
        "/things/{thing}": item,
        "/things/latest": {"get": {"responses": item["get"]["responses"]}},
    }
    from tests.unit.tiny import document_at

    with talking(saying(http()), document=document_at(contents)) as (seen, made):
        seen.session.get(made.url + "/things/latest")
        seen.session.get(made.url + "/things/later")
        assert [str(exchange.operation) for exchange in seen.exchanges] == ["GET /things/latest", "GET /things/{thing}"]


def test_a_preference_is_noted_and_says_nothing_of_what_exists() -> None:
    with talking(saying(http()), exists=lambda operation, resource: True) as (seen, made):
        seen.ask("a", {"Prefer": "code=422"})
        seen.ask("b")
        assert [(each.request.headers, each.request.exists) for each in seen.exchanges] == [
            ((("Prefer", "code=422"),), None),
            ((), True),
        ]
        assert b"Prefer" not in made.requests[1]


def test_json_is_asked_for_and_compression_is_welcome() -> None:
    with talking(saying(http())) as (seen, made):
        seen.ask()
        lines = made.requests[0].decode().lower().split("\r\n")
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
def test_a_base_url_is_scheme_host_port_and_path(text: str, url: str) -> None:
    assert check_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "host", "host:80", "//host", "http://", "http:///path", "ftp://host", "http://host:port",
        "http://host:99999", "http://[::1", "http://host?q=1", "http://host#f",
        "http://ho st", "http://host/\n", "http://host/\u202e", "http:host",
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_refused_in_one_line_with_the_mend(text: str) -> None:
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


# Whose account.


def test_the_account_is_sent_as_the_official_client_sends_it() -> None:
    with talking(saying(http()), account="acc-1") as (seen, made):
        seen.ask()
        seen.session.get(made.url + "/things/two")
        assert all(b"x-selected-account-id: acc-1\r\n" in request for request in made.requests)
