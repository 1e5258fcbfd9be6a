"""Servers that say what they are told to, over real sockets, and sessions that talk to them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from contracts.document import Document
from contracts.exchange import Exchange, Failure, Response
from contracts.session import GuardedSession
from tests.unit.tiny import document_of

KEY = "sk-invented-0123456789"
DOCUMENT = document_of(path="/things/{thing}")
OPERATION = DOCUMENT.operations[0]


@dataclass
class Peer:
    """A server of one thread: its URL, the requests it read, and how many connections it took."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def paths(self) -> list[str]:
        return [request.split()[1].decode() for request in self.requests]


Talk = Callable[[socket.socket, Peer], None]


@contextmanager
def peer(talk: Talk, *, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A server that holds the conversation `talk` on every connection, one after another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if context else "http"
        made = Peer(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                connection, _ = listener.accept()
                if over.is_set():
                    connection.close()
                    return
                made.connections += 1
                try:
                    with context.wrap_socket(connection, server_side=True) if context else connection as wrapped:
                        wrapped.settimeout(5)
                        talk(wrapped, made)
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            over.set()
            socket.create_connection(listener.getsockname()).close()
            thread.join(10)


def heard(connection: socket.socket, made: Peer) -> bool:
    """Whether another request came; it is noted."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return False
        data += more
    made.requests.append(data)
    return True


def saying(*answers: bytes) -> Talk:
    """Answers the requests of a connection with these bytes in turn, the last one again and again."""

    def talk(connection: socket.socket, made: Peer) -> None:
        waiting = list(answers)
        while heard(connection, made):
            connection.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return talk


def once(data: bytes) -> Talk:
    """Answers one request of a connection, and closes it."""

    def talk(connection: socket.socket, made: Peer) -> None:
        if heard(connection, made):
            connection.sendall(data)

    return talk


def dripping(head: bytes, drop: bytes) -> Talk:
    """Sends the head, then the drop every hundredth of a second until the other side has gone."""

    def talk(connection: socket.socket, made: Peer) -> None:
        if heard(connection, made):
            connection.sendall(head)
            connection.settimeout(0.01)
            for _ in range(400):
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    connection.sendall(drop)

    return talk


def http(body: bytes = b'{"a": 1}', *fields: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    lines = [f"HTTP/{version} {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Seen:
    """A session and all that it showed."""

    session: GuardedSession
    exchanges: list[Exchange]

    def ask(self, thing: str = "one", headers: dict[str, str] | None = None) -> Response | Failure:
        return self.session.ask(OPERATION, {"thing": thing}, headers).outcome


@contextmanager
def session_to(url: str, document: Document = DOCUMENT, **options: Any) -> Iterator[Seen]:
    exchanges: list[Exchange] = []
    with GuardedSession(url, document.operations, exchanges.append, **options) as session:
        yield Seen(session, exchanges)


@contextmanager
def talking(talk: Talk, **options: Any) -> Iterator[tuple[Seen, Peer]]:
    with peer(talk) as made, session_to(made.url, **options) as seen:
        yield seen, made


def resetting(connection: socket.socket, made: Peer) -> None:
    heard(connection, made)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def closing(connection: socket.socket, made: Peer) -> None:
    heard(connection, made)


def silent(connection: socket.socket, made: Peer) -> None:
    while heard(connection, made):
        pass


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
