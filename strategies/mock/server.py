"""Serve given answers on the loopback interface, over real and strict HTTP/1.1.

The pure function `answer` chooses an answer, and MockServer sends it. Hides http.server, its threads and connections.
"""

import http.client
import re
import socket
import socketserver
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final, Self
from urllib.request import parse_http_list

from contracts.http import Response
from contracts.openapi import ConfigurationError, Operation, operation_at
from strategies.answers import METHODS, problem, refusal, with_field

_ORIGIN: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_FRAMING: Final = ("connection", "content-length", "date", "keep-alive", "transfer-encoding")
_WITHOUT_LENGTH: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_WITHOUT_BODY: Final = (*_WITHOUT_LENGTH, HTTPStatus.RESET_CONTENT)
_LINGER: Final = 2.0
_POLL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: its method, its target, not decoded or normalised, and its header fields in order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The answers of one operation.

    `resources` maps the values of the path parameters, in the path's order, to the answer. `otherwise` returns the
    answer for any other resource, given its parameters by name as texts that UTF-8 can hold. `by_status` maps a status
    that a request prefers by `Prefer: code=STATUS` to a function of the same kind.
    """

    resources: Mapping[tuple[str, ...], Response]
    otherwise: Callable[[Mapping[str, str]], Response]
    by_status: Mapping[str, Callable[[Mapping[str, str]], Response]]


Catalogues = Mapping[Operation, Catalogue]

Raw = Iterable[bytes]
"""Bytes that are sent unchanged, piece by piece, in place of an answer; then the connection is closed."""

Change = Callable[[Asked, Response], Response | Raw]
"""Returns the answer or the bytes to send, given the request and the chosen answer."""


def answer(operations: Catalogues, asked: Asked) -> Response:
    """Return the conforming answer to a request; a request beyond the documents gets a problem (RFC 9457)."""
    path = re.split("[?#]", _ORIGIN.sub("", asked.target, count=1), maxsplit=1)[0]
    found = operation_at(operations, path)
    if found is None:
        return problem(HTTPStatus.NOT_FOUND, "no documented path matches")
    operation, parameters = found
    if asked.method not in METHODS and asked.method in operation.methods:
        return problem(HTTPStatus.NOT_IMPLEMENTED, f"{asked.method} is documented, but only reads are answered here")
    if asked.method not in METHODS:
        return refusal(operation, asked.method)
    return _answered(operations[operation], asked, parameters)


def _answered(catalogue: Catalogue, asked: Asked, parameters: Mapping[str, str]) -> Response:
    values = {name: _text(value) for name, value in parameters.items()}
    usual = catalogue.resources.get(tuple(parameters.values())) or catalogue.otherwise(values)
    code = _preferred_code(", ".join(value for name, value in asked.headers if name.lower() == "prefer"))
    preferred = catalogue.by_status.get(code or "")
    # A preference that the server does not understand or cannot follow is ignored (RFC 7240, section 2).
    if code == str(usual.status):
        return with_field(usual, "Preference-Applied", f"code={code}")
    return with_field(preferred(values), "Preference-Applied", f"code={code}") if preferred else usual


def _text(value: str) -> str:
    """Return the text with U+FFFD in place of bytes that are not UTF-8, which it holds as `surrogateescape` does."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _preferred_code(prefer: str) -> str | None:
    for preference in parse_http_list(prefer):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "code":
            return value.strip().strip('"')  # The first of several counts (RFC 7240, section 2).
    return None


class MockServer:
    """Serve the catalogues of some operations on 127.0.0.1 for as long as the `with` block lasts.

    Port 0 takes a free one; `changes` are applied to every answer in their order. `url` is scheme, host and port, known
    after `start`; `seen` counts the requests by method, answered or refused.
    """

    def __init__(self, operations: Catalogues, port: int = 0, changes: Sequence[Change] = ()) -> None:
        self.url = ""
        self.seen: Counter[str] = Counter()
        self._operations, self._port, self._changes = dict(operations), port, tuple(changes)
        self._lock = Lock()
        self._server: _Server | None = None

    def answer(self, asked: Asked) -> Response | Raw:
        """Return what is sent back; bytes that a change made of the answer are not changed further."""
        response: Response | Raw = answer(self._operations, asked)
        for change in self._changes:
            if isinstance(response, Response):
                response = change(asked, response)
        return response

    def count(self, method: str) -> None:
        """Count a request."""
        with self._lock:
            self.seen[method] += 1

    def start(self) -> Self:
        """Listen; raise ConfigurationError if the port cannot be opened."""
        try:
            self._server = _Server(self, self._port)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(f"port {self._port} cannot be opened ({error}); choose another, or 0") from None
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; to call it twice is harmless."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, mock: MockServer, port: int) -> None:
        self.mock = mock
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer also looks its own name up in the DNS, which takes seconds on a machine without one.
        socketserver.TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that leaves is no error of the server.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # A request line without a version gets a status line as well.
    disable_nagle_algorithm = True
    raw_requestline: bytes
    server: _Server

    def parse_request(self) -> bool:
        """Read the request's head; return False if it was refused, or was an empty line (RFC 9112, section 2.2)."""
        if not self.raw_requestline.strip():
            self.close_connection = False
            return False
        if not super().parse_request():
            return False
        self.server.mock.count(self.command)
        options = ",".join(self.headers.get_all("Connection", [])).lower().split(",")
        # A request body is not read, so that the connection cannot be used again.
        has_body = "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0"
        if has_body or "close" in map(str.strip, options):
            self.close_connection = True
        flaw = ""
        if not self.requestline.isascii():
            flaw = "the request target is not percent-encoded (RFC 3986, section 2)"
        elif self.request_version >= "HTTP/1.1" and len(self.headers.get_all("Host", [])) != 1:
            flaw = "exactly one Host field is needed (RFC 9112, section 3.2)"
        if flaw:
            self.send_error(HTTPStatus.BAD_REQUEST, flaw)
        return not flaw

    def handle_expect_100(self) -> bool:
        # The final answer may come at once, and the client need not send its body (RFC 9110, section 10.1.1).
        return True

    def reply(self) -> None:
        # The target is read from the request line, because http.server folds slashes in `self.path`.
        target = self.requestline.split()[1]
        response = self.server.mock.answer(Asked(self.command, target, tuple(self.headers.items())))
        if isinstance(response, Response):
            self.write(response)
            return
        self.close_connection = True
        for part in response:
            self.wfile.write(part)

    # http.server finds its handlers by these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = do_QUERY = reply

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.close_connection = True
        self.write(problem(HTTPStatus(code), explain or message or ""))

    def write(self, response: Response) -> None:
        """Send the answer by one call, because a second one would wait for the client's delayed acknowledgement."""
        body = b"" if response.status in _WITHOUT_BODY else response.body
        fields = [(name, value) for name, value in response.headers if name.lower() not in _FRAMING]
        fields.append(("Date", self.date_time_string()))
        if response.status not in _WITHOUT_LENGTH:
            fields.append(("Content-Length", str(len(body))))
        if self.close_connection or self.request_version < "HTTP/1.1":
            fields.append(("Connection", "close" if self.close_connection else "keep-alive"))
        head = f"HTTP/1.1 {response.status} {http.client.responses.get(response.status, '')}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
        self.wfile.write(head.encode("latin-1") + (b"" if self.command == "HEAD" else body))

    def finish(self) -> None:
        super().finish()
        # Closing while input is unread resets the connection, and loses the answer (RFC 9112, section 9.6).
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER)
            while self.connection.recv(65536):
                pass

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
