"""Several processes ask a server that answers one connection at a time."""

import socket
import threading
import time
from pathlib import Path

import pytest

from contracts.http.connection_turns import ConnectionTurns
from contracts.http.exchange import Response
from tests.support.talking import Peer, heard, http, peer, session_to

TIMEOUT = 1.0


def slowly(connection: socket.socket, server: Peer) -> None:
    """Answer the requests of a connection until the client closes it."""
    while heard(connection, server):
        time.sleep(0.01)
        connection.sendall(http())


def answered(url: str, turns: Path | None, until: threading.Event) -> list[bool]:
    """Ask once over a connection that another session keeps, both without a pause."""
    with session_to(url, timeout=TIMEOUT, turns=turns) as busy, session_to(url, timeout=TIMEOUT, turns=turns) as other:
        assert isinstance(busy.ask(), Response)
        outcomes: list[bool] = []

        def ask() -> None:
            outcomes.append(isinstance(other.ask(), Response))
            until.set()

        thread = threading.Thread(target=ask)
        thread.start()
        while not until.is_set():
            outcomes.append(isinstance(busy.ask(), Response))
        thread.join()
        return outcomes


def test_a_session_gives_up_its_connection_while_another_waits(tmp_path: Path) -> None:
    with peer(slowly) as server:
        assert all(answered(server.url, tmp_path / "turns", threading.Event()))
        assert (tmp_path / "turns").exists()


def test_without_a_file_to_agree_by_the_other_runs_out_of_time() -> None:
    with peer(slowly) as server:
        assert not all(answered(server.url, None, threading.Event()))


def test_an_idle_connection_is_given_up_and_the_next_request_is_no_failure(tmp_path: Path) -> None:
    with peer(slowly) as server, session_to(server.url, timeout=TIMEOUT, turns=tmp_path / "turns") as observed:
        for _ in range(3):
            assert isinstance(observed.ask(), Response)
            time.sleep(TIMEOUT / 4)
        assert server.connections == 3
        assert not any(exchange.previous_attempts for exchange in observed.exchanges)
        assert not (tmp_path / "turns").exists()


@pytest.mark.parametrize(("since", "over"), [(0.0, False), (10.0, True)])
def test_a_turn_ends_once_another_process_waits(since: float, over: bool, tmp_path: Path) -> None:
    turns = ConnectionTurns(tmp_path / "turns", TIMEOUT)
    assert not turns.is_over(time.monotonic() - since)
    turns.wait(time.monotonic() - TIMEOUT)
    assert turns.is_over(time.monotonic() - since) is over
