"""Why a target cannot be reached is told apart, each in words of its own."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from contracts.http.exchange import Failure, Response
from contracts.http.failures import failure_of, problem_of
from contracts.judge import judge
from contracts.openapi import TargetError
from contracts.reports import violation_line
from tests.support.talking import (
    OPERATION,
    Peer,
    Talk,
    closing,
    heard,
    http,
    once,
    peer,
    resetting,
    saying,
    session_to,
    silent,
    talking,
)

AUTHORITY = trustme.CA()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(file)
    return str(file)


def context(*, host: str = "127.0.0.1", authority: trustme.CA = AUTHORITY, until: int = 30) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=until)
    begin = end - datetime.timedelta(days=60)
    authority.issue_cert(host, not_before=begin, not_after=end).configure_cert(made)
    return made


def wanting() -> ssl.SSLContext:
    made = context()
    AUTHORITY.configure_trust(made)
    made.verify_mode = ssl.CERT_REQUIRED
    return made


@contextmanager
def told(talk: Talk, secured: ssl.SSLContext | None, bundle: str | None, scheme: str = "https") -> Iterator[str]:
    """What a user is told of a server to which no request gets through."""
    with peer(talk, context=secured) as server:
        url = f"{scheme}:{server.url.partition(':')[2]}"
        with session_to(url, ca_bundle=bundle) as observed, pytest.raises(TargetError) as caught:
            observed.session.probe(OPERATION, {"thing": "x"})
        yield str(caught.value).removeprefix(url)


OF_TLS = [
    (lambda: context(authority=trustme.CA()), "a certificate of an authority that is not trusted here (unable to get"),
    (lambda: context(host="other.example"), "a certificate of another host (IP address mismatch"),
    (lambda: context(until=-1), "has a certificate that has expired; renew"),
    (lambda: context(until=90), "has a certificate that is not valid yet; correct the clock"),
]


@pytest.mark.parametrize(("secured", "words"), OF_TLS, ids=[words for _, words in OF_TLS])
def test_a_certificate_is_refused_for_its_own_reason(secured: object, words: str, bundle: str) -> None:
    assert callable(secured)
    with told(saying(http()), secured(), bundle) as line:
        assert words in line


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_that_is_wanted_is_named_and_sent(
    version: ssl.TLSVersion, bundle: str, tmp_path: Path
) -> None:
    secured = wanting()
    secured.minimum_version = secured.maximum_version = version
    with told(saying(http()), secured, bundle) as line:
        assert "--client-cert FILE" in line
    client, file = AUTHORITY.issue_cert("me"), tmp_path / "client.pem"
    client.private_key_and_cert_chain_pem.write_to_path(file)
    with (
        peer(saying(http()), context=secured) as server,
        session_to(server.url, ca_bundle=bundle, certificate=(str(file), None)) as observed,
    ):
        assert isinstance(observed.ask(), Response)


def test_a_server_without_tls_and_one_of_http2_alone_are_told() -> None:
    def refusing(connection: socket.socket, server: Peer) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with told(refusing, None, None) as line:
        assert line == " speaks no TLS; is it http rather than https?"
    frames = b"\0\0\0\4\0\0\0\0\0" + b"\0\0\x08\7\0\0\0\0\0" + b"\0\0\0\0\0\0\0\1"
    with told(once(frames), None, None, "http") as line:
        assert line == " speaks HTTP/2 only; name a port that speaks HTTP/1.1"


def test_a_server_that_ends_the_connection_once_tls_is_set_up_is_not_asked_whether_it_is_https(bundle: str) -> None:
    with told(closing, context(), bundle) as line:
        assert line.startswith(" ends the connection without an answer once TLS is set up; ")


SELF_SIGNED = "SSLCertVerificationError: [SSL: X] certificate verify failed: self-signed certificate (_ssl.c:1006)"
WANTED = "SSLError: [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)"


@pytest.mark.parametrize(
    ("detail", "problem"),
    [
        (SELF_SIGNED, "has a certificate that is signed by itself (self-signed certificate)"),
        (WANTED, "wants a client certificate, or does not accept the one given (tlsv13 alert certificate required)"),
        ("SSLError: [SSL: TLSV1_ALERT] no application protocol (_ssl.c:1)", "speaks HTTP/2 only"),
        ("SSLError: [SSL: ODD] odd thing (_ssl.c:1)", "does not pass the TLS check (odd thing)"),
    ],
)
def test_the_words_of_the_library_are_understood_or_told(detail: str, problem: str) -> None:
    assert problem_of(Failure("tls", detail), over_tls=True)[0] == problem


# What came in place of an answer, in words.

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("talk", "kind", "detail"),
    [
        (
            once(b"HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n" + b"x" * 14),
            "cut",
            "14 bytes of the body, and 9 more were announced",
        ),
        (
            once(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx"),
            "cut",
            "1 byte of the body, and 2 more were announced",
        ),
        (once(CHUNKED + b"10\r\nabc"), "cut", "a body that broke off before its end"),
        (silent, "timeout", "no complete answer in 0.2 s"),
        (resetting, "reset", "a reset of the connection"),
        (closing, "reset", "the end of the connection"),
        (once(b"nonsense\r\n\r\n"), "not-http", "a first line that is no status line: nonsense"),
        (once(b"\r\n"), "not-http", "a blank first line"),
    ],
)
def test_what_came_in_place_of_an_answer_is_told_without_the_words_of_python(
    talk: Talk, kind: str, detail: str
) -> None:
    with talking(talk, timeout=0.2) as (observed, _):
        outcome = observed.ask()
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.detail) == (kind, detail)
    (violation,) = judge(OPERATION, observed.exchanges[0])
    # A waiver is matched by these, whatever the words are.
    assert (violation.identity, violation.variant) == ((f"transport.{kind}", "0", "transport", "", "", ""), "")
    assert violation_line(violation).endswith(f", got {detail}")


@pytest.mark.parametrize(
    ("error", "kind", "detail"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refused", "a refusal of the connection"),
        (BrokenPipeError(32, "Broken pipe"), "reset", "the end of the connection while the request was sent"),
        (socket.gaierror(-2, "Name or service not known"), "unresolved", "Name or service not known"),
        (OSError(101, "Network is unreachable"), "failed", "Network is unreachable"),
        (OSError(), "failed", "OSError"),
        (TimeoutError("timed out"), "timeout", "no complete answer in time"),
        (ssl.SSLError(1, "[SSL: ODD] odd thing (_ssl.c:1)"), "tls", "SSLError: [SSL: ODD] odd thing (_ssl.c:1)"),
    ],
    ids=str,
)
def test_an_exception_is_told_in_words_of_its_own(error: Exception, kind: str, detail: str) -> None:
    assert failure_of(error) == Failure(kind, detail)


# The end of a body over TLS.


def ending(*, properly: bool, length: bool) -> Talk:
    def talk(connection: socket.socket, server: Peer) -> None:
        heard(connection, server)
        body = http() if length else http().replace(b"Content-Length: 8\r\n", b"Connection: close\r\n")
        connection.sendall(body)
        if properly:
            assert isinstance(connection, ssl.SSLSocket)
            connection.unwrap()

    return talk


@pytest.mark.parametrize(
    ("properly", "length", "cut"), [(True, False, False), (False, True, False), (False, False, True)]
)
def test_a_body_that_ends_with_a_connection_without_closure_alert_is_cut(
    properly: bool, length: bool, cut: bool, bundle: str
) -> None:
    with (
        peer(ending(properly=properly, length=length), context=context()) as server,
        session_to(server.url, ca_bundle=bundle) as observed,
    ):
        outcomes = [observed.ask() for _ in range(3)]
    assert [isinstance(each, Failure) and each.kind == "cut" for each in outcomes] == [cut] * 3
