"""What ends a session: an error, a target that is silent, and one that rejects every request."""

from __future__ import annotations

import itertools
import socket
import sqlite3

import pytest

from contracts.errors import TargetError
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.rejection import MIN_REJECTIONS, AccessLost, CallerRejected
from contracts.http.session import MAX_SILENT
from contracts.http.shared_state import SharedStateError
from tests.support.talking import KEY, OPERATION, Peer, guarded_session, heard, http, peer, saying, talking, unused_port


def test_an_error_that_ended_a_session_ends_every_later_request() -> None:
    observed: list[Exchange] = []

    def fail_once(exchange: Exchange) -> None:
        observed.append(exchange)
        if len(observed) == 2:
            raise SharedStateError(None, sqlite3.OperationalError("the disk is full"))

    with peer(saying(http())) as server, guarded_session(server.url, [OPERATION], fail_once) as session:
        session.ask(OPERATION, {"thing": "x"})
        for _ in range(3):
            with pytest.raises(
                SharedStateError, match="a temporary file cannot be used: the disk is full; name a folder"
            ):
                session.ask(OPERATION, {"thing": "x"})
    assert len(observed) == len(server.requests) == 2


def test_a_target_that_answers_nothing_is_asked_no_more() -> None:
    exchanges: list[Exchange] = []
    with guarded_session(f"http://127.0.0.1:{unused_port()}", [OPERATION], exchanges.append) as session:
        for _ in range(MAX_SILENT):
            session.ask(OPERATION, {"thing": "x"})
        with pytest.raises(TargetError, match=f"gave no answer to {MAX_SILENT} requests in a row"):
            session.ask(OPERATION, {"thing": "x"})
    assert len(exchanges) == MAX_SILENT


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([http(b"plain", "Content-Encoding: gzip")], "gave 8 answers in a row whose body does not decompress"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], "gave 8 answers in a row that break off"),
        ([http(b"x" * 200)], "gave 8 answers in a row that are larger than the harness reads"),
        ([http(b"x" * 200), http(b"plain", "Content-Encoding: gzip")], "gave 8 answers in a row that cannot be read"),
        ([http(b"x" * 200), b""], "gave no answer to 8 requests in a row"),
    ],
    ids=["coding", "cut", "oversized", "several", "none"],
)
def test_answers_that_cannot_be_read_are_no_silence(answers: list[bytes], words: str) -> None:
    turns = itertools.cycle(answers)

    def talk(connection: socket.socket, server: Peer) -> None:
        if heard(connection, server):
            connection.sendall(next(turns))

    with talking(talk, max_body=100) as (observed, _):
        for _ in range(MAX_SILENT):
            observed.ask()
        with pytest.raises(TargetError, match=words):
            observed.ask()


def test_connections_that_are_closed_on_long_urls_are_no_silence() -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server) and b"xxx" not in server.requests[-1]:
            connection.sendall(http())

    with talking(talk) as (observed, _):
        for _ in range(2 * MAX_SILENT):
            observed.ask("x" * 300)
        assert isinstance(observed.ask(), Response)
        for _ in range(MAX_SILENT):
            observed.ask("xxx")
        with pytest.raises(TargetError, match="gave no answer"):
            observed.ask()


def test_a_head_of_many_lines_is_read() -> None:
    many = [f"X-Line-{number}: {number}" for number in range(2_000)]
    with talking(saying(http(b"{}", *many))) as (observed, _):
        outcome = observed.ask()
    assert isinstance(outcome, Response)
    assert outcome.header("x-line-1999") == "1999"


def test_a_head_of_too_many_lines_is_too_large() -> None:
    with talking(saying(http(b"{}", *["X: 1"] * 10_001))) as (observed, _):
        assert observed.ask() == Failure("oversized", "more than 10000 headers")


DENIED = http(b'{"detail": "who?"}', status="401 Unauthorized")


def test_a_target_that_rejects_every_plain_request_is_asked_no_more() -> None:
    with talking(saying(DENIED)) as (observed, server):
        for number in range(MIN_REJECTIONS):
            for thing in ("job-0", "a/b", "x" * 300, "\x00", f"job-{number}"):
                observed.ask(thing)
        with pytest.raises(CallerRejected, match=f"{MIN_REJECTIONS} requests were refused, and none was let in"):
            observed.ask("another")
        assert len(server.requests) == 5 * MIN_REJECTIONS


@pytest.mark.parametrize("granted", [http(), http(status="418 Teapot"), http(status="500 Oops")])
def test_a_target_that_accepts_one_resource_is_asked_whatever_it_rejects_of_others(granted: bytes) -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            connection.sendall(granted if server.paths[-1].endswith("/job-19") else DENIED)

    with talking(talk) as (observed, server):
        for number in range(3 * MIN_REJECTIONS):
            observed.ask(f"job-{number}")
        # Among them the accepted one is asked for once more, to see whether the key has run out.
        assert server.paths.count("/things/job-19") == 2
        assert len(server.requests) == 3 * MIN_REJECTIONS + 1


def test_a_key_that_runs_out_ends_the_session_after_some_requests() -> None:
    with talking(saying(http(), http(), DENIED), api_key=KEY) as (observed, server):
        for number in range(MIN_REJECTIONS + 1):
            observed.ask(f"job-{number}")
        with pytest.raises(AccessLost, match=r"the key was accepted until request 2, and .* answered 401"):
            observed.ask("another")
        assert len(server.requests) == 3 + MIN_REJECTIONS


def test_a_session_without_a_key_does_not_say_that_one_was_accepted() -> None:
    with talking(saying(http(), DENIED), account="mine") as (observed, _):
        for _ in range(MIN_REJECTIONS):
            observed.ask()
        with pytest.raises(AccessLost, match=r"^requests without a key were let in until request 1, and .* 401; look"):
            observed.ask()
