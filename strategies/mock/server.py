"""Serve given answers on the loopback interface, over real and strict HTTP/1.1.

The pure function `answer` chooses an answer, MockServer sends it. Hides the thread and the loop in which all
connections are served, however many there are.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from threading import Thread
from typing import Final, Self

from contracts.http import Response
from contracts.openapi import ConfigurationError
from strategies.mock.answering import Asked, Catalogues, Change, Raw, Reply, answer, finder
from strategies.mock.connection import Connection

_BACKLOG: Final = 1024
"""How many clients may connect at the same moment."""

Log = Callable[[Asked | None, int], object]
"""Takes a request, None for one that was not understood, and the status that it was answered with, 0 for raw bytes."""


def log_nothing(asked: Asked | None, status: int) -> None:
    """Print nothing."""


class MockServer:
    """Serve the catalogues of some operations on 127.0.0.1 for as long as the `with` block lasts.

    Port 0 takes a free one; `changes` are applied to every answer in their order; `log` is called for every answer.
    `url` is scheme, host and port, known after `start`; `seen` counts the requests by method, answered or refused.
    """

    def __init__(
        self, operations: Catalogues, port: int = 0, changes: Sequence[Change] = (), log: Log = log_nothing
    ) -> None:
        self.url = ""
        self.seen: Counter[str] = Counter()
        self.connections: set[Connection] = set()
        self._operations, self._port, self._changes = dict(operations), port, tuple(changes)
        self._log = log
        self._find = finder(self._operations)
        self._thread: Thread | None = None
        self._stop: Callable[[], object] = lambda: None

    def answer(self, asked: Asked) -> Reply:
        """Return what is sent back; bytes that a change made of the answer are not changed further."""
        return self._changed(asked, answer(self._operations, asked, self._find), iter(self._changes))

    def _changed(self, asked: Asked, response: Response | Raw, changes: Iterator[Change]) -> Reply:
        for change in changes:
            if not isinstance(response, Response):
                break
            changed = change(asked, response)
            if isinstance(changed, Awaitable):
                return self._changed_later(asked, changed, changes)
            response = changed
        return response

    async def _changed_later(
        self, asked: Asked, waited_for: Awaitable[Response | Raw], changes: Iterator[Change]
    ) -> Response | Raw:
        reply = self._changed(asked, await waited_for, changes)
        return await reply if isinstance(reply, Awaitable) else reply

    def count(self, method: str) -> None:
        """Count a request."""
        self.seen[method] += 1

    def log(self, asked: Asked | None, status: int) -> None:
        """Hand on what was sent back."""
        self._log(asked, status)

    def start(self) -> Self:
        """Listen; raise ConfigurationError if the port cannot be opened."""
        listening = _listen(self._port)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        loop, stopped = asyncio.new_event_loop(), asyncio.Event()
        self._stop = partial(loop.call_soon_threadsafe, stopped.set)
        self._thread = Thread(target=self._run, args=(loop, listening, stopped), daemon=True)
        self._thread.start()
        return self

    def _run(self, loop: asyncio.AbstractEventLoop, listening: socket.socket, stopped: asyncio.Event) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._serve(listening, stopped))

    async def _serve(self, listening: socket.socket, stopped: asyncio.Event) -> None:
        server = await asyncio.get_running_loop().create_server(partial(Connection, self), sock=listening)
        await stopped.wait()
        server.close()
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)  # The transports close in the loop's next turn.

    def stop(self) -> None:
        """Close the port and every connection; to call it twice is harmless."""
        thread, self._thread = self._thread, None
        if thread:
            self._stop()
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    cause: object = "ports are numbers from 0 to 65535"
    if 0 <= port < 2**16:
        try:
            return socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        except OSError as error:
            cause = error
    raise ConfigurationError(f"port {port} cannot be opened ({cause}); choose another, or 0")
