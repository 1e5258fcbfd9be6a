"""A deadline for a whole answer: timeouts of sockets count from byte to byte, so that a slow drip never trips them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any, Final

PRECISION: Final = 0.05
"""Seconds by which an answer may exceed its deadline."""


class Watchdog:
    """Shuts the connection that it watches once the deadline has passed; one thread for all answers of a session."""

    def __init__(self) -> None:
        self.bit = False
        """Whether the answer watched last ran out of time."""
        self._deadline: float | None = None
        self._socket: socket.socket | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, deadline: float) -> None:
        """Begin an answer that has to end by this time of `time.perf_counter`."""
        self.bit, self._deadline = False, deadline
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def rest(self) -> None:
        """The answer has ended."""
        self._deadline = None

    def close(self) -> None:
        """End the thread."""
        self._ended.set()

    def leash(self, connection: type[Any]) -> type[Any]:
        """The connection class, telling the watchdog of each socket that it opens."""
        watchdog = self

        class Watched(connection):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                watchdog._socket = self.sock

        return Watched

    def _run(self) -> None:
        while not self._ended.wait(PRECISION):
            deadline = self._deadline
            if deadline is not None and time.perf_counter() > deadline and not self.bit:
                self.bit = True
                if self._socket is not None:
                    with contextlib.suppress(OSError):
                        self._socket.shutdown(socket.SHUT_RDWR)
