"""What a session asks for once more, how often and how fast."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from contracts.checks import judge
from contracts.errors import TargetError
from contracts.exchange import Exchange, Failure, Response
from contracts.pace import BudgetSpent, Limits, Pace
from contracts.retries import Retries
from contracts.session import GONE, GuardedSession
from tests.unit.talking import OPERATION, Peer, Talk, heard, http, peer, saying, talking, unused_port


class Rest:
    """Notes how long was waited, and waits not at all: a clock of its own goes on instead."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return sum(self.slept)

    def pace(self, limits: Limits = Limits()) -> Pace:  # noqa: B008
        return Pace(limits, clock=self.clock, sleep=self.sleep)


def retrying(talk: Talk, most: int, rest: Rest, limits: Limits = Limits(), **options: Any) -> Any:  # noqa: B008
    return talking(talk, pace=rest.pace(limits), retries=Retries(most, lambda: 1.0), **options)


BUSY = http(b"", status="503 Busy")
OK = http(b"ok")


def flaring(*answers: bytes | None) -> Talk:
    """Answers requests with these in turn, whatever connection they come on; None closes it in place of an answer."""
    waiting = list(answers)

    def talk(connection: socket.socket, made: Peer) -> None:
        while heard(connection, made):
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
def test_what_was_not_answered_is_asked_for_again(answers: Any, earlier: Any, slept: Any) -> None:
    rest = Rest()
    with retrying(flaring(*answers), 2, rest) as (seen, made):
        outcome = seen.ask()
        assert isinstance(outcome, Response)
        (exchange,) = seen.exchanges
        assert [getattr(each, "status", None) or each.kind for each in exchange.earlier] == earlier
        assert rest.slept == pytest.approx(slept)
        assert len(made.requests) == len(earlier) + 1
        assert exchange.seconds < 5


def test_when_no_attempt_succeeds_the_last_one_stands() -> None:
    rest = Rest()
    with retrying(flaring(BUSY, None, http(b"", status="504 Late")), 2, rest) as (seen, _):
        outcome = seen.ask()
        assert isinstance(outcome, Response)
        assert outcome.status == 504
        # The second attempt found the connection closed, and was made again at once.
        assert [kind_of(each) for each in seen.exchanges[0].earlier] == ["503", "closed", "504"]


@pytest.mark.parametrize("answer", [BUSY, http(b"", "Retry-After: 5", status="429")])
def test_without_retries_every_failure_stands_at_once(answer: bytes) -> None:
    rest = Rest()
    with retrying(flaring(answer), 0, rest) as (seen, made):
        for _ in range(2 * GONE):
            seen.ask()
        assert (len(made.requests), rest.slept) == (2 * GONE, [])


def test_a_target_that_is_gone_is_found_out_within_the_retries() -> None:
    rest = Rest()
    exchanges: list[Exchange] = []
    url = f"http://127.0.0.1:{unused_port()}"
    with GuardedSession(url, [OPERATION], exchanges.append, retries=Retries(2), pace=rest.pace()) as session:
        for _ in range(3):
            session.ask(OPERATION, {"thing": "x"})
        with pytest.raises(TargetError, match="gave no answer"):
            session.ask(OPERATION, {"thing": "x"})
        assert sum(1 + len(exchange.earlier) for exchange in exchanges) == GONE


def test_a_target_that_puts_off_everybody_is_asked_no_more() -> None:
    rest = Rest()
    with retrying(flaring(http(b"", "Retry-After: 1", status="429")), 2, rest) as (seen, made):
        for _ in range(GONE):
            seen.ask()
        with pytest.raises(TargetError, match=f"put off {GONE} requests in a row"):
            seen.ask()
        assert len(made.requests) == 3 * GONE


def test_attempts_count_against_the_budget_and_keep_the_rate() -> None:
    rest = Rest()
    with retrying(flaring(BUSY, BUSY, OK), 2, rest, Limits(4, interval=10)) as (seen, made):
        seen.ask()
        assert rest.clock() == pytest.approx(20)
        seen.ask()
        with pytest.raises(BudgetSpent):
            seen.ask()
        assert len(made.requests) == 4


def test_a_request_for_a_list_is_held_to_the_limits_too() -> None:
    with retrying(saying(http()), 0, Rest(), Limits(1)) as (seen, made):
        seen.session.fetch(made.url + "/list")
        with pytest.raises(BudgetSpent):
            seen.session.fetch(made.url + "/list")


def test_a_connection_found_closed_is_a_request_more() -> None:
    def talk(connection: socket.socket, made: Peer) -> None:
        if heard(connection, made):
            connection.sendall(http(b"x"))
            heard(connection, made)

    with retrying(talk, 0, Rest(), Limits(3)) as (seen, made):
        assert isinstance(seen.ask("0"), Response)
        assert isinstance(seen.ask("1"), Response)
        with pytest.raises(BudgetSpent):
            seen.ask("2")
        assert len(made.requests) == 3


def kind_of(outcome: Response | Failure) -> str:
    return outcome.kind if isinstance(outcome, Failure) else str(outcome.status)


def closing_after(answers: int) -> Talk:
    """Answers so many requests of a connection, reads one more, and closes it without a word."""

    def talk(connection: socket.socket, made: Peer) -> None:
        for _ in range(answers):
            if not heard(connection, made):
                return
            connection.sendall(http())
        heard(connection, made)

    return talk


@pytest.mark.parametrize("answers", [1, 7])
def test_a_request_that_was_lost_on_a_kept_connection_is_sent_again_and_told_and_no_finding(answers: int) -> None:
    exchanges: list[Exchange] = []
    with peer(closing_after(answers)) as made, GuardedSession(made.url, [OPERATION], exchanges.append) as session:
        for _ in range(answers + 1):
            session.ask(OPERATION, {"thing": "x"})
    assert len(made.requests) == answers + 2
    assert [[kind_of(each) for each in exchange.earlier] for exchange in exchanges] == [*[[]] * answers, ["closed"]]
    assert judge(OPERATION, exchanges[-1]) == ()


def test_an_exchange_says_when_its_last_attempt_was_sent() -> None:
    came: list[float] = []

    def talk(connection: socket.socket, made: Peer) -> None:
        while heard(connection, made):
            came.append(time.time())
            connection.sendall(BUSY if len(came) == 1 else http())

    rest = Rest()
    with retrying(talk, 2, rest) as (seen, _):
        seen.ask()
    (exchange,) = seen.exchanges
    assert len(exchange.earlier) == 1
    assert came[0] < exchange.at <= came[1] <= exchange.at + exchange.seconds


@pytest.mark.parametrize(("field", "held"), [("Retry-After: 7", True), ("X-None: 1", False)])
def test_others_are_held_back_where_the_server_says_so_alone(field: str, held: bool) -> None:
    rest, kept = Rest(), []

    class Kept(Pace):
        def hold(self, seconds: float) -> None:
            kept.append(seconds)
            super().hold(seconds)

    pace = Kept(clock=rest.clock, sleep=rest.sleep)
    with talking(saying(http(b"", field, status="503"), http()), retries=Retries(1), pace=pace) as (seen, made):
        seen.ask()
        assert len(made.requests) == 2
    assert bool(kept) is held


def test_a_kept_connection_that_ends_after_some_bytes_has_not_just_been_closed() -> None:
    def talk(connection: socket.socket, made: Peer) -> None:
        heard(connection, made)
        connection.sendall(http())
        connection.recv(1)  # What is not read makes the end of it a reset.
        connection.sendall(b"late")

    with talking(talk) as (seen, made):
        seen.ask()
        outcome = seen.ask("two")
    assert isinstance(outcome, Failure)
    assert outcome.kind == "reset"
    assert made.connections == 1
    assert not any(exchange.earlier for exchange in seen.exchanges)
