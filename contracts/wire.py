"""What passes over the connection, kept byte for byte while the library above makes an answer of it."""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import socket
from typing import Any, Final

HEAD: Final = 256 * 1024
"""Bytes that are kept beside those of the largest body."""

_SWITCHING: Final = 101
_LIMIT: Final = re.compile("got (more than [0-9]+ (?:headers|bytes when reading header line))")


class Oversized(http.client.HTTPException):
    """More than is read of one answer; its text says of what."""


class Tap:
    """Keeps what came in answer to the request sent last, on the one connection of a session."""

    def __init__(self, most: int) -> None:
        self._most = most + HEAD
        self._kept = bytearray()
        self._size = 0
        self._socket: Any = None

    @property
    def message(self) -> bytes:
        """Everything that came since the answer began; empty if nothing did, or too much."""
        return bytes(self._kept) if self._size == len(self._kept) else b""

    def keep(self, data: bytes) -> None:
        """Take in what was read."""
        self._size += len(data)
        if self._size <= self._most:
            self._kept += data

    def begin(self) -> None:
        """What comes from now on is of another answer."""
        self._kept, self._size = bytearray(), 0

    def drain(self) -> bytes:
        """What the idle connection holds without having been asked for."""
        if self._socket is None or self._socket.fileno() < 0:
            return b""
        waits = self._socket.gettimeout()
        with contextlib.suppress(OSError):
            self._socket.settimeout(0)
            try:
                data = bytes(self._socket.recv(io.DEFAULT_BUFFER_SIZE))
            finally:
                self._socket.settimeout(waits)
            self.keep(data)
            return data
        return b""

    def on(self, connection: type[Any]) -> type[Any]:
        """The connection class, with every byte that it reads kept."""
        tap = self

        class Answer(http.client.HTTPResponse):
            def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
                tap.begin()
                super().__init__(_Tapped(sock, tap), *args, **kwargs)  # type: ignore[arg-type]

            def begin(self) -> None:
                self._begin()
                # http.client passes over 100 alone (RFC 9110, section 15.2: over any number of any of them).
                while 100 <= self.status < 200 and self.status != _SWITCHING:
                    self.headers = self.msg = None  # type: ignore[assignment]
                    self._begin()
                # What is wrong with the head is judged by its bytes, key taken out; urllib3 would log it as it came.
                self.headers.defects.clear()
                self.headers.set_payload("")

            def _begin(self) -> None:
                try:
                    super().begin()
                except http.client.HTTPException as error:
                    # http.client's own limits, for which it has no exception of their own; HTTP sets none.
                    if found := _LIMIT.fullmatch(str(error)):
                        raise Oversized(found[1]) from None
                    raise

        class Tapped(connection):  # type: ignore[misc]
            response_class = Answer

            def connect(self) -> None:
                super().connect()
                tap._socket = self.sock

        return Tapped


class _Tapped:
    """A socket as far as http.client needs one: something to read from."""

    def __init__(self, sock: socket.socket, tap: Tap) -> None:
        self._sock, self._tap = sock, tap

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Source(self._sock.makefile("rb", buffering=0), self._tap))


class _Source(io.RawIOBase):
    """A raw stream that shows the tap what is read from it."""

    def __init__(self, raw: Any, tap: Tap) -> None:
        super().__init__()
        self._raw, self._tap = raw, tap

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        self._tap.keep(bytes(memoryview(buffer)[: count or 0]))
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
