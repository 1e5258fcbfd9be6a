"""Give up a kept connection while another process of the run waits for one: some servers answer one at a time.

Hides the file by which a process that waits tells the others, and how long each of them may keep its connection.
"""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_PATIENCE: Final = 1 / 4
"""The part of a request's time after which a process that has got nothing on a new connection says so."""

_IDLE: Final = 1 / 10
"""The part of it after which a process gives up a connection that it does not use."""

_TURN: Final = 1 / 40
"""The part of it for which a process keeps its connection while others wait; all their turns have to fit in."""


class ConnectionTurns:
    """Decides when this process gives up its kept connection; without a `path` that the processes share, never.

    `timeout` is the seconds that a request has. All times are of `time.monotonic`.
    """

    def __init__(self, path: Path | None, timeout: float) -> None:
        self._path, self._timeout = path, timeout

    def is_over(self, opened: float) -> bool:
        """Return whether to give up, before the next request, a connection that was opened at this time."""
        if self._path is None or time.monotonic() - opened < self._timeout * _TURN:
            return False
        return self._path.exists()

    def is_idle(self, since: float) -> bool:
        """Return whether to give up a connection that was not used since this time."""
        return self._path is not None and time.monotonic() - since > self._timeout * _IDLE

    def wait(self, since: float) -> None:
        """Say, in time, that a request sent at this time has got nothing on a connection that was opened for it."""
        if self._path is not None and time.monotonic() - since > self._timeout * _PATIENCE:
            with suppress(OSError):  # Without the file, workers keep their connections.
                self._path.touch()
