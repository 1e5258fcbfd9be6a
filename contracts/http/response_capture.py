"""Keep the bytes of a response as they come over the connection, and end a response that takes too long.

Hides how http.client is made to read through the capture: names that are overridden here without being documented were
read in CPython 3.11 (`http/client.py`) and urllib3 2.8 (`connection.py`).
"""

import contextlib
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Final

HEAD: Final = 256 * 1024
"""Bytes that are kept beside those of the largest body."""

PRECISION: Final = 0.05
"""Seconds by which a response may exceed its deadline."""

MAX_FIELDS: Final = 10_000
"""Lines of a head beyond which it is too large to be read; HTTP sets no limit (RFC 9110, section 5.4)."""

_QUICKACK: Final = getattr(socket, "TCP_QUICKACK", None)
"""Linux's option to acknowledge at once what comes next (tcp(7)); None elsewhere."""

_SWITCHING: Final = 101
_LIMIT: Final = re.compile("got (more than [0-9]+ (?:headers|bytes when reading header line))")


class Oversized(http.client.HTTPException):
    """A response that exceeds a limit; its text names the limit, such as `more than 10000 headers`."""


class Unclosed(http.client.IncompleteRead):
    """A body that ends with its TLS connection, which ended without a closure alert (RFC 9112, section 9.8)."""

    def __init__(self) -> None:
        super().__init__(b"")

    def __str__(self) -> str:
        return "the TLS connection ended without close_notify, and no length says that the body is whole"


class ByteCapture:
    """Keeps the bytes that came since the last request, on the one connection of a session.

    A message with a body of more than `most` bytes is not kept at all.
    """

    def __init__(self, most: int) -> None:
        self._most = most + HEAD
        self._kept = bytearray()
        self._size = 0
        self._socket: Any = None
        self.unclosed = False
        """Whether the TLS connection ended without a closure alert while the message was read."""
        self.connections = 0
        """The number of connections that were begun so far, failed ones included."""
        self.opened = 0.0
        """When the last of them was begun, by `time.monotonic`."""

    @property
    def message(self) -> bytes:
        """Return the bytes that came since `begin`; empty if none came, or too many."""
        return bytes(self._kept) if self._size == len(self._kept) else b""

    @property
    def is_empty(self) -> bool:
        """Return whether no byte came since `begin`."""
        return not self._size

    def keep(self, data: bytes) -> None:
        """Add bytes to the message."""
        self._size += len(data)
        if self._size <= self._most:
            self._kept += data

    def begin(self) -> None:
        """Begin another message."""
        self._kept, self._size, self.unclosed = bytearray(), 0, False

    def drain(self) -> bytes:
        """Read the bytes that wait on the idle connection, if any; add them to the message and return them."""
        if self._socket is None or self._socket.fileno() < 0:
            return b""
        timeout = self._socket.gettimeout()
        with contextlib.suppress(OSError):
            self._socket.settimeout(0)
            try:
                data = bytes(self._socket.recv(io.DEFAULT_BUFFER_SIZE))
            finally:
                self._socket.settimeout(timeout)
            self.keep(data)
            return data
        return b""

    def check_end(self) -> None:
        """Raise Unclosed if it is not known whether the message, read to its end, is whole."""
        if self.unclosed:
            raise Unclosed

    def shutdown(self) -> None:
        """Shut the connection down, from another thread than the one that reads it."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def connection_class(self, base: type[Any]) -> type[Any]:
        """Return a subclass of urllib3's connection class that reads through this capture."""
        capture = self

        class Response(_Response):
            def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
                capture.begin()
                super().__init__(_Source(sock, capture), *args, **kwargs)  # type: ignore[arg-type]

        class Connection(base):  # type: ignore[misc]
            # http.client makes its response by this attribute, and urllib3 makes its own of that one.
            response_class = Response

            def connect(self) -> None:
                # Counted first: a handshake that is reset is no kept connection that the server had closed.
                capture.connections, capture.opened = capture.connections + 1, time.monotonic()
                super().connect()
                capture._socket = self.sock
                if isinstance(self.sock, ssl.SSLSocket):
                    # Otherwise an end without a closure alert looks like any other one.
                    self.sock.suppress_ragged_eofs = False  # type: ignore[attr-defined]

        return Connection


class _Response(http.client.HTTPResponse):
    """A response whose head is read as RFC 9110 has it, and whose flaws urllib3 does not log."""

    def begin(self) -> None:
        """Read the head, interim ones included; raises Oversized for one that http.client does not read."""
        self._read_head()
        # http.client skips 100 alone; RFC 9110, section 15.2, has a client skip any number of any interim response.
        while 100 <= self.status < 200 and self.status != _SWITCHING:
            # `begin` of http.client returns at once if it has read a head before.
            self.headers = self.msg = None  # type: ignore[assignment]
            self._read_head()
        # `framing` reports flaws from the masked bytes; urllib3 would log them, and the payload, with the API key.
        self.headers.defects.clear()
        self.headers.set_payload("")

    def _read_head(self) -> None:
        stream = self.fp
        lines: Any = _HeadLines(stream)
        self.fp = lines
        try:
            super().begin()
        except http.client.HTTPException as error:
            # The limits are http.client's own, which has no exceptions for them; HTTP sets none.
            if found := _LIMIT.fullmatch(str(error)):
                raise Oversized(found[1]) from None
            raise
        finally:
            if self.fp is lines:
                self.fp = stream


class _HeadLines:
    """The lines of a head, those behind the status line several at a time: http.client takes 100 and no more."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._waiting, self._is_behind, self._count = b"", False, 0

    def readline(self, limit: int) -> bytes:
        """Return the status line, or as many lines behind it as are no longer than `limit` together."""
        if not self._is_behind:
            self._is_behind = True
            return bytes(self._stream.readline(limit))
        lines, self._waiting = self._waiting or self._next(limit), b""
        while lines not in _ENDS:
            line = self._next(limit)
            if line in _ENDS or len(lines) + len(line) >= limit:
                self._waiting = line
                return lines
            lines += line
        self._is_behind = False
        return lines

    def _next(self, limit: int) -> bytes:
        self._count += 1
        if self._count > MAX_FIELDS:
            raise Oversized(f"more than {MAX_FIELDS} headers")
        return bytes(self._stream.readline(limit))

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


_ENDS: Final = (b"\r\n", b"\n", b"")


class _Source(io.RawIOBase):
    """A raw stream whose bytes the capture keeps as they are read.

    It is a socket as well, as far as http.client.HTTPResponse needs one: that calls `makefile("rb")` once.
    """

    def __init__(self, sock: socket.socket, capture: ByteCapture) -> None:
        super().__init__()
        self._raw: Any = sock.makefile("rb", buffering=0)
        self._socket, self._capture = sock, capture

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        # A server that writes head and body apart waits for the head to be acknowledged (RFC 1122, section 4.2.3.4),
        # which the kernel delays by 40 ms. The option wears off, so that it is set before every read.
        if _QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        try:
            count: int | None = self._raw.readinto(buffer)
        except ssl.SSLEOFError:
            self._capture.unclosed, count = True, 0
        self._capture.keep(bytes(memoryview(buffer)[: count or 0]))
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class Watchdog:
    """Calls `end_response` once a response has passed its deadline; one thread serves all responses of a session.

    A timeout of a socket would not do: it counts from one byte to the next, so that a slow drip never trips it. `look`
    is called again and again, with whether a response is watched and since when (of `time.monotonic`) that is so.
    """

    def __init__(self, end_response: Callable[[], object], look: Callable[[bool, float], object]) -> None:
        self.timed_out = False
        """Whether the response watched last ran out of time."""
        self._end_response, self._look = end_response, look
        self._deadline: float | None = None
        self._since = 0.0
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, seconds: float) -> None:
        """Begin to watch a response that has to end within this time."""
        self._since = time.monotonic()
        self.timed_out, self._deadline = False, self._since + seconds
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop watching: the response has ended."""
        self._deadline, self._since = None, time.monotonic()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(PRECISION):
            deadline = self._deadline
            self._look(deadline is not None, self._since)
            if deadline is not None and time.monotonic() > deadline and not self.timed_out:
                self.timed_out = True
                self._end_response()
