"""A session sends requests again, as often and as fast as it may."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from contracts.errors import TargetError
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.rate_limit import BudgetSpent, Limits, RateLimit
from contracts.http.retries import Retries
from contracts.http.session import MAX_SILENT
from contracts.judge.checks import judge
from tests.support.talking import (
    OPERATION,
    Peer,
    Talk,
    guarded_session,
    heard,
    http,
    peer,
    saying,
    talking,
    unused_port,
)


class Clock:
    """A clock that moves by every wait at once, and notes how long each wait was."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return sum(self.slept)

    def rate_limit(self, limits: Limits = Limits()) -> RateLimit:  # noqa: B008
        return RateLimit(limits, clock=self.clock, sleep=self.sleep)


def retrying(talk: Talk, most: int, clock: Clock, limits: Limits = Limits(), **options: Any) -> Any:  # noqa: B008
    return talking(talk, rate_limit=clock.rate_limit(limits), retries=Retries(most, lambda: 1.0), **options)


BUSY = http(b"", status="503 Busy")
OK = http(b"ok")


def flaring(*answers: bytes | None) -> Talk:
    """Answer requests with these in turn, on any connection; None closes the connection in place of an answer."""
    waiting = list(answers)

    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if answer is None:
                return
            connection.sendall(answer)

    return talk


@pytest.mark.parametrize(
    ("answers", "earlier", "slept"),
    [
        ([OK], [], []),
        ([BUSY, OK], [503], [0.5]),
        ([BUSY, http(b"", status="502"), OK], [503, 502], [0.5, 1.0]),
        ([None, OK], ["reset"], [0.5]),
        ([http(b"", "Retry-After: 7", status="429"), OK], [429], [7.0]),
        ([http(b"", "Retry-After: 7", status="503"), BUSY, OK], [503, 503], [7.0, 1.0]),
        ([http(b"", status="500")], [], []),
        ([http(b"", "Retry-After: 61", status="429")], [], []),
        ([http(b"", status="301 Moved")], [], []),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_request_without_a_lasting_answer_is_sent_again(answers: Any, earlier: Any, slept: Any) -> None:
    clock = Clock()
    with retrying(flaring(*answers), 2, clock) as (observed, server):
        outcome = observed.ask()
        assert isinstance(outcome, Response)
        (exchange,) = observed.exchanges
        assert [getattr(each, "status", None) or each.kind for each in exchange.previous_attempts] == earlier
        assert clock.slept == pytest.approx(slept)
        assert len(server.requests) == len(earlier) + 1
        assert exchange.seconds < 5


def test_if_no_attempt_succeeds_the_last_one_stands() -> None:
    clock = Clock()
    with retrying(flaring(BUSY, None, http(b"", status="504 Late")), 2, clock) as (observed, _):
        outcome = observed.ask()
        assert isinstance(outcome, Response)
        assert outcome.status == 504
        # The second attempt found the connection closed, and was server again at once.
        assert [kind_of(each) for each in observed.exchanges[0].previous_attempts] == ["503", "closed", "504"]


@pytest.mark.parametrize("answer", [BUSY, http(b"", "Retry-After: 5", status="503"), http(b"", status="429")])
def test_without_retries_every_failure_stands_at_once(answer: bytes) -> None:
    clock = Clock()
    with retrying(flaring(answer), 0, clock) as (observed, server):
        for _ in range(2 * MAX_SILENT):
            observed.ask()
        assert (len(server.requests), clock.slept) == (2 * MAX_SILENT, [])


def test_a_429_that_says_when_to_come_again_is_waited_for_without_retries_and_no_longer_than_a_minute_in_all() -> None:
    clock = Clock()
    slow = http(b"", "Retry-After: 7", status="429")
    with retrying(flaring(slow, slow, OK, slow), 0, clock) as (observed, server):
        assert kind_of(observed.ask()) == "200"
        assert clock.slept == [7.0, 7.0]
        outcomes = [kind_of(observed.ask()) for _ in range(4)]
        assert (outcomes, sum(clock.slept)) == (["429"] * 4, 56.0)
        assert len(server.requests) == 3 + 4 + 6


def test_retries_count_towards_the_requests_without_an_answer() -> None:
    clock = Clock()
    exchanges: list[Exchange] = []
    url = f"http://127.0.0.1:{unused_port()}"
    with guarded_session(
        url, [OPERATION], exchanges.append, retries=Retries(2), rate_limit=clock.rate_limit()
    ) as session:
        for _ in range(3):
            session.ask(OPERATION, {"thing": "x"})
        with pytest.raises(TargetError, match="gave no answer"):
            session.ask(OPERATION, {"thing": "x"})
        assert sum(1 + len(exchange.previous_attempts) for exchange in exchanges) == MAX_SILENT


def test_a_target_that_throttles_every_request_is_asked_no_more() -> None:
    clock = Clock()
    with retrying(flaring(http(b"", "Retry-After: 1", status="429")), 2, clock) as (observed, server):
        for _ in range(MAX_SILENT):
            observed.ask()
        with pytest.raises(TargetError, match=f"put off {MAX_SILENT} requests in a row"):
            observed.ask()
        assert len(server.requests) == 6 * MAX_SILENT


def test_every_attempt_counts_against_the_budget_and_keeps_the_rate() -> None:
    clock = Clock()
    with retrying(flaring(BUSY, BUSY, OK), 2, clock, Limits(4, interval=10)) as (observed, server):
        observed.ask()
        assert clock.clock() == pytest.approx(20)
        observed.ask()
        with pytest.raises(BudgetSpent):
            observed.ask()
        assert len(server.requests) == 4


def test_a_fetched_url_counts_against_the_budget() -> None:
    with retrying(saying(http()), 0, Clock(), Limits(1)) as (observed, server):
        observed.session.fetch(server.url + "/list")
        with pytest.raises(BudgetSpent):
            observed.session.fetch(server.url + "/list")


def test_a_request_sent_again_on_a_new_connection_counts_against_the_budget() -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        if heard(connection, server):
            connection.sendall(http(b"x"))
            heard(connection, server)

    with retrying(talk, 0, Clock(), Limits(3)) as (observed, server):
        assert isinstance(observed.ask("0"), Response)
        assert isinstance(observed.ask("1"), Response)
        with pytest.raises(BudgetSpent):
            observed.ask("2")
        assert len(server.requests) == 3


def kind_of(outcome: Response | Failure) -> str:
    return outcome.kind if isinstance(outcome, Failure) else str(outcome.status)


def closing_after(answers: int) -> Talk:
    """Answer this many requests of a connection, read one more, and close the connection."""

    def talk(connection: socket.socket, server: Peer) -> None:
        for _ in range(answers):
            if not heard(connection, server):
                return
            connection.sendall(http())
        heard(connection, server)

    return talk


@pytest.mark.parametrize("answers", [1, 7])
def test_a_request_lost_on_a_kept_connection_is_sent_again_and_noted_and_no_violation(answers: int) -> None:
    exchanges: list[Exchange] = []
    with peer(closing_after(answers)) as server, guarded_session(server.url, [OPERATION], exchanges.append) as session:
        for _ in range(answers + 1):
            session.ask(OPERATION, {"thing": "x"})
    assert len(server.requests) == answers + 2
    assert [[kind_of(each) for each in exchange.previous_attempts] for exchange in exchanges] == [
        *[[]] * answers,
        ["closed"],
    ]
    assert judge(OPERATION, exchanges[-1]) == ()


def test_the_time_of_an_exchange_is_that_of_its_last_attempt() -> None:
    came: list[float] = []

    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            came.append(time.time())
            connection.sendall(BUSY if len(came) == 1 else http())

    clock = Clock()
    with retrying(talk, 2, clock) as (observed, _):
        observed.ask()
    (exchange,) = observed.exchanges
    assert len(exchange.previous_attempts) == 1
    assert came[0] < exchange.at <= came[1] <= exchange.at + exchange.seconds


@pytest.mark.parametrize(("field", "held"), [("Retry-After: 7", True), ("X-None: 1", False)])
def test_other_processes_are_held_only_if_the_server_says_when_to_come_again(field: str, held: bool) -> None:
    clock, kept = Clock(), []

    class Kept(RateLimit):
        def hold(self, seconds: float) -> None:
            kept.append(seconds)
            super().hold(seconds)

    rate_limit = Kept(clock=clock.clock, sleep=clock.sleep)
    with talking(saying(http(b"", field, status="503"), http()), retries=Retries(1), rate_limit=rate_limit) as (
        observed,
        server,
    ):
        observed.ask()
        assert len(server.requests) == 2
    assert bool(kept) is held


def test_a_kept_connection_that_is_reset_after_some_bytes_is_a_failure() -> None:
    def talk(connection: socket.socket, server: Peer) -> None:
        heard(connection, server)
        connection.sendall(http())
        connection.recv(1)  # What is not read makes the end of it a reset.
        connection.sendall(b"late")

    with talking(talk) as (observed, server):
        observed.ask()
        outcome = observed.ask("two")
    assert isinstance(outcome, Failure)
    assert outcome.kind == "reset"
    assert server.connections == 1
    assert not any(exchange.previous_attempts for exchange in observed.exchanges)
