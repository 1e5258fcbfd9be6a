"""Servers that send given bytes over real sockets, and sessions that talk to them."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from contracts.http.api_key import Secret, check_api_key
from contracts.http.authorization import CredentialValue
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.session import GuardedSession
from contracts.http.session_options import SessionOptions
from contracts.openapi import Credential, Document, Operation
from tests.support.tiny import document_of

KEY = "sk-invented-0123456789"
DOCUMENT = document_of(path="/things/{thing}")
OPERATION = DOCUMENT.operations[0]


@dataclass
class Peer:
    """A server of one thread: its URL, the requests that it read, and how many connections it accepted."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def paths(self) -> list[str]:
        return [request.split()[1].decode() for request in self.requests]


Talk = Callable[[socket.socket, Peer], None]


@contextmanager
def peer(talk: Talk, *, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """Run a server that calls `talk` for every connection, one after another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if context else "http"
        server = Peer(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                connection, _ = listener.accept()
                if over.is_set():
                    connection.close()
                    return
                server.connections += 1
                try:
                    with context.wrap_socket(connection, server_side=True) if context else connection as wrapped:
                        wrapped.settimeout(5)
                        talk(wrapped, server)
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            socket.create_connection(listener.getsockname()).close()
            thread.join(10)


def heard(connection: socket.socket, server: Peer) -> bool:
    """Read and note another request; return False if the client closed the connection instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return False
        data += more
    server.requests.append(data)
    return True


def saying(*answers: bytes) -> Talk:
    """Answer the requests of a connection with these bytes in turn, and with the last of them from then on."""

    def talk(connection: socket.socket, server: Peer) -> None:
        waiting = list(answers)
        while heard(connection, server):
            connection.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return talk


def once(data: bytes) -> Talk:
    """Answer one request of a connection, and close it."""

    def talk(connection: socket.socket, server: Peer) -> None:
        if heard(connection, server):
            connection.sendall(data)

    return talk


def dripping(head: bytes, drop: bytes) -> Talk:
    """Send the head, then the drop every hundredth of a second until the client has gone."""

    def talk(connection: socket.socket, server: Peer) -> None:
        if heard(connection, server):
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
    """Return a JSON response with the body, with these header fields beside Content-Type and Content-Length."""
    lines = [f"HTTP/{version} {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Observed:
    """A session and the exchanges that it handed to its observer."""

    session: GuardedSession
    exchanges: list[Exchange]

    def ask(self, thing: str = "one", headers: dict[str, str] | None = None) -> Response | Failure:
        """Ask for one resource and return the outcome."""
        return self.session.ask(OPERATION, {"thing": thing}, headers).outcome


def guarded_session(
    url: str,
    operations: Iterable[Operation],
    on_exchange: Callable[[Exchange], object],
    *,
    api_key: str | None = None,
    account: str | None = None,
    **options: Any,
) -> GuardedSession:
    """Open a session whose key and account go into the headers of the official API.

    Of `options` the fields of SessionOptions are put into one; the others are the session's own.
    """
    given = tuple(options.pop("credentials", ()))
    names = {option.name for option in dataclasses.fields(SessionOptions)} & options.keys()
    key, named = Credential("x-api-key", "KEY"), Credential("x-selected-account-id", "ACCOUNT", is_secret=False)
    values = [CredentialValue(key, check_api_key(api_key, "the test"))] if api_key else []
    values += [CredentialValue(named, Secret(account))] if account else []
    session_options = SessionOptions(credentials=(*values, *given), **{name: options.pop(name) for name in names})
    return GuardedSession(url, operations, on_exchange, session_options, **options)


@contextmanager
def session_to(url: str, document: Document = DOCUMENT, **options: Any) -> Iterator[Observed]:
    exchanges: list[Exchange] = []
    with guarded_session(url, document.operations, exchanges.append, **options) as session:
        yield Observed(session, exchanges)


@contextmanager
def talking(talk: Talk, **options: Any) -> Iterator[tuple[Observed, Peer]]:
    with peer(talk) as server, session_to(server.url, **options) as observed:
        yield observed, server


def resetting(connection: socket.socket, server: Peer) -> None:
    """Read a request, and reset the connection."""
    heard(connection, server)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def closing(connection: socket.socket, server: Peer) -> None:
    """Read a request, and close the connection."""
    heard(connection, server)


def silent(connection: socket.socket, server: Peer) -> None:
    """Read requests, and answer none."""
    while heard(connection, server):
        pass


def unused_port() -> int:
    """Return a port on which no server listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
