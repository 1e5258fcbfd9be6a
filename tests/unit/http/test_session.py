"""A session over real sockets keeps every response byte for byte, and every failure by its kind."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import trustme

from contracts.errors import TargetError
from contracts.http.exchange import Failure, Response
from contracts.http.framing import framing_flaws
from contracts.run.observer import Observer
from tests.support.talking import (
    KEY,
    OPERATION,
    Peer,
    Talk,
    closing,
    dripping,
    guarded_session,
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
def test_a_response_in_any_valid_form_is_read(data: bytes, status: int, body: bytes) -> None:
    talk = once(data) if b"HTTP/1.0" in data or b"close" in data else saying(data)
    with talking(talk, timeout=5) as (observed, _):
        for _ in range(3):
            outcome = observed.ask()
            assert isinstance(outcome, Response), outcome
            assert (outcome.status, outcome.body) == (status, body)


def test_header_fields_are_kept_as_they_were_sent() -> None:
    with talking(saying(http(b"", "X-Two: a", "x-two:  b ", "X-Odd: \xe9"))) as (observed, _):
        outcome = observed.ask()
        assert isinstance(outcome, Response)
        assert [field for field in outcome.headers if field[0].lower() == "x-two"] == [("X-Two", "a"), ("X-Two", "b")]
        assert outcome.header("x-two") == "a, b"


def test_one_connection_carries_many_requests() -> None:
    with talking(saying(http())) as (observed, server):
        for _ in range(5):
            observed.ask()
        assert (server.connections, len(server.requests)) == (1, 5)


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux lets a client acknowledge at once")
def test_a_head_that_came_without_its_body_is_acknowledged_at_once() -> None:
    head, body = http().split(b"\r\n\r\n")

    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            connection.sendall(head + b"\r\n\r\n")
            connection.sendall(body)  # Held back, by Nagle's algorithm, until the head is acknowledged.

    with talking(talk) as (observed, _):
        started = time.perf_counter()
        for _ in range(30):
            observed.ask()
        # The kernel delays an acknowledgement by 40 ms.
        assert time.perf_counter() - started < 30 * 0.04 / 2


@pytest.mark.parametrize("field", [(), ("Connection: keep-alive",)])
def test_a_connection_closed_between_two_requests_is_no_failure(field: tuple[str, ...]) -> None:
    with talking(once(http(b"x", *field))) as (observed, server):
        outcomes = [observed.ask() for _ in range(20)]
        assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [200] * 20
        assert server.connections == 20


def test_a_connection_closed_when_the_next_request_arrives_is_no_failure() -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        if heard(connection, server):
            connection.sendall(http(b"x"))
            heard(connection, server)

    with talking(talk) as (observed, server):
        outcomes = [observed.ask(str(number)) for number in range(3)]
        assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [200] * 3
        assert server.paths == ["/things/0", "/things/1", "/things/1", "/things/2", "/things/2"]
        assert len(observed.exchanges) == 3


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
    pytest.param(once(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_001 + b"\r\n"), "oversized", id="many headers"),
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
def test_a_failure_has_its_kind_and_does_not_end_the_session(talk: Talk, kind: str) -> None:
    # Only what never ends has to wait, and on a busy machine a third of a second is soon over.
    with talking(talk, timeout=0.3 if kind == "timeout" else 10, max_body=1_000) as (observed, _):
        for _ in range(2):
            outcome = observed.ask()
            assert isinstance(outcome, Failure)
            assert outcome.kind == kind, outcome
            assert " object at 0x" not in outcome.detail
            assert kind != "oversized" or outcome.detail.startswith("more than ")
        assert [exchange.outcome.kind for exchange in observed.exchanges if isinstance(exchange.outcome, Failure)] == [
            kind
        ] * 2
        with pytest.raises(requests.RequestException):
            observed.session.get(observed.session.base_url + "/things/x")
        if kind in ("coding", "cut", "oversized"):
            observed.session.probe(OPERATION, {"thing": "x"})  # It does answer, after all.
            return
        with pytest.raises(TargetError) as caught:
            observed.session.probe(OPERATION, {"thing": "x"})
        assert "\n" not in str(caught.value)
        assert "; " in str(caught.value)


def test_a_probe_succeeds_if_one_of_the_resources_is_answered() -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            connection.sendall(b"no HTTP\r\n" if server.paths[-1].endswith("x") else http(b"y"))

    with talking(talk) as (observed, server):
        observed.session.probe(OPERATION, {"thing": "x"}, {"thing": "y"})
        assert server.paths == ["/things/x", "/things/y"]


# Bytes before and behind a response.


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(saying(http(b"x") + b"junk"), id="at once"),
        pytest.param(saying(http(b"x") + http(b"y")), id="another answer"),
        pytest.param(saying(CHUNKED + b"1\r\nx\r\n0\r\n\r\njunk"), id="behind the last chunk"),
    ],
)
def test_bytes_behind_a_response_belong_to_it_and_not_to_the_next_one(talk: Talk) -> None:
    with talking(talk) as (observed, _):
        for _ in range(3):
            outcome = observed.ask()
            assert isinstance(outcome, Response)
            assert outcome.body == b"x"
            assert [flaw.rule for flaw in framing_flaws(outcome.message)] == ["framing.surplus"]


@dataclass
class Late:
    """A server that sends bytes behind its first response, when it is asked to."""

    at_once: bytes = b""
    asked: threading.Event = field(default_factory=threading.Event)
    sent: threading.Event = field(default_factory=threading.Event)

    def talk(self, connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            first = server.paths[-1].endswith("first")
            connection.sendall(http(b"{}") + (self.at_once if first else b""))
            if first:
                self.asked.wait(5)
                connection.sendall(b"junk")
                self.sent.set()

    def send(self) -> None:
        self.asked.set()
        assert self.sent.wait(5)


def test_late_bytes_are_reported_with_the_response_that_they_follow() -> None:
    late = Late()
    with talking(late.talk) as (observed, _):
        observed.ask("first")
        late.send()
        observed.ask("second")
    shown = [(each.request.parameter_values, each.is_late, has_surplus(each.outcome)) for each in observed.exchanges]
    assert shown == [(("first",), False, False), (("first",), True, True), (("second",), False, False)]


@pytest.mark.parametrize("at_once", [b"", b"some "], ids=["late bytes alone", "after others at once"])
def test_late_bytes_are_one_violation_of_a_request_that_counts_once(at_once: bytes) -> None:
    late, observer = Late(at_once), Observer()
    with peer(late.talk) as server, guarded_session(server.url, [OPERATION], observer) as session:
        session.ask(OPERATION, {"thing": "first"})
        late.send()
        session.ask(OPERATION, {"thing": "second"})
    tally = observer.tally
    assert (tally.requests, len(server.requests), dict(tally.plain_answers)) == (2, 2, {"let in": 2})
    (record,) = [each for each in tally.found if each.violation.rule == "framing.surplus"]
    assert (record.count, record.witness.request.parameter_values) == (1, ("first",))


def has_surplus(outcome: Response | Failure) -> bool:
    return "framing.surplus" in {flaw.rule for flaw in framing_flaws(outcome.message)}


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
@pytest.mark.parametrize("count", [1, 3])
def test_interim_responses_are_skipped(status: bytes, count: int) -> None:
    interim = b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n"
    with talking(saying(interim * count + http(b"x"))) as (observed, server):
        for _ in range(2):
            outcome = observed.ask()
            assert isinstance(outcome, Response)
            assert (outcome.status, outcome.body) == (200, b"x")
            assert not list(framing_flaws(outcome.message))
        assert server.connections == 1


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param(f"http://127.0.0.1:{unused_port()}", "refused", id="a port without a listener"),
        ("http://no-such-host.invalid", "unresolved"),
        (f"http://{'a' * 70}.invalid", "unresolved"),
        ("http://a..invalid", "unresolved"),
    ],
)
def test_an_unreachable_target_is_a_failure_of_its_kind(url: str, kind: str) -> None:
    with session_to(url, timeout=2) as observed:
        outcome = observed.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind == kind, outcome
        with pytest.raises(TargetError):
            observed.session.probe(OPERATION, {"thing": "x"})


def test_a_certificate_is_checked_against_the_given_authorities(tmp_path: Any) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with peer(saying(http()), context=context) as server:
        with session_to(server.url, ca_bundle=str(bundle), api_key=KEY) as observed:
            assert isinstance(observed.ask(), Response)
        assert KEY.encode() in server.requests[0]
        with session_to(server.url, api_key=KEY) as observed:
            outcome = observed.ask()
            assert isinstance(outcome, Failure)
            assert outcome.kind == "tls"
        assert len(server.requests) == 1
        with session_to(server.url.replace("https", "http"), timeout=2) as observed:
            assert isinstance(observed.ask(), Failure)


def test_a_connection_that_is_reset_in_its_tls_handshake_is_one_failure() -> None:
    def reset(connection: socket.socket, server: Peer) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with peer(reset) as server, session_to(server.url.replace("http", "https"), timeout=2) as observed:
        outcome = observed.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind in ("reset", "tls"), outcome
        assert (server.connections, observed.exchanges[0].previous_attempts) == (1, ())


def test_a_target_without_tls_fails_if_https_was_asked_for() -> None:
    in_clear = peer(lambda connection, server: connection.sendall(http()))
    with in_clear as server, session_to(server.url.replace("http", "https"), timeout=2) as observed:
        outcome = observed.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind == "tls"
