"""Start the service that is to be judged, wait until it answers, and end it.

Hides its process group, its output, and how the processes of a run agree on its port: an environment variable, which
workers inherit from the process that leads.
"""

import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from contracts.http import REACHED, Authorization, GuardedSession, Response, Secret
from contracts.openapi import ConfigurationError, Document, TargetError
from contracts.run.credentials import command_name

SERVER_LOG: Final = "server.log"
"""The file of a report folder that holds the output of a service that was started."""

START_WAIT: Final = 30.0
"""Seconds that a service that was started is given to answer, unless `--wait` says otherwise."""

_PORT: Final = "CONTRACT_START_PORT"
_GRACE: Final = 1.5
"""Seconds that a service is given to end by itself: fewer than those in which a second Ctrl-C changes nothing."""

_PAUSE: Final = 0.2
_KEPT: Final = 16 * 1024 * 1024
"""The number of its last bytes that are kept."""

_LAST: Final = 3
"""The number of its last lines that an error shows."""

_NOT_YET: Final = (502, 503, 504)
"""Statuses by which a gateway says that the service behind it does not answer (RFC 9110, section 15.6)."""


def service_port() -> int:
    """Return the port of the service: a free one, the same for all processes of a run."""
    if _PORT not in os.environ:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            os.environ[_PORT] = str(listener.getsockname()[1])
    return int(os.environ[_PORT])


class Service:
    """A service that the run started, from its start to its end.

    Its output is kept in `folder`, if there is one, without the secrets that `masks` returns then.
    """

    def __init__(
        self, command: str, folder: Path | None, masks: Callable[[], Authorization], secrets: Mapping[str, Secret]
    ) -> None:
        """Start it, with the secret variables in its environment; raises ConfigurationError for no such command."""
        self._folder, self._masks = folder, masks
        # To read it moves the place where the service writes, unless that is always the end.
        self._output = tempfile.TemporaryFile("ab+")  # noqa: SIM115 - closed by `close`
        self._process: subprocess.Popen[bytes] | None = None
        try:
            words = shlex.split(command.replace("{port}", str(service_port())))
            self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                words,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **secrets},
            )
        except (OSError, ValueError, IndexError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.close()
            problem = f"--start {command_name(command)!r} cannot be run: {reason}"
            raise ConfigurationError(f"{problem}; correct the command, which no shell reads") from None

    def check(self) -> None:
        """Raise ConfigurationError, with the last lines that it printed, if the service has ended."""
        if self._process and (code := self._process.poll()) is not None:
            raise ConfigurationError(f"the --start command ended with exit code {code}{self.last_lines()}; correct it")

    def last_lines(self) -> str:
        """Return the last lines of its output in words, without secrets; empty if there are none."""
        lines = [line.strip() for line in self._printed().decode(errors="replace").splitlines() if line.strip()]
        return f"; its last lines: {' | '.join(lines[-_LAST:])}" if lines else "; it printed nothing"

    def _printed(self) -> bytes:
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - _KEPT))
        return self._masks().mask(self._output.read())

    def close(self) -> None:
        """End it and all that it started, and keep its output; a second time changes nothing."""
        os.environ.pop(_PORT, None)
        if self._process:
            self._end(self._process)
        if self._folder and not self._output.closed:
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                (self._folder / SERVER_LOG).write_bytes(self._printed())
        self._output.close()

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)  # What it started may be there still, and is killed.


def wait_for_answer(
    open_session: Callable[[], GuardedSession], document: Document, seconds: float, service: Service | None
) -> None:
    """Return as soon as the target answers; raises TargetError if it does not within this time.

    A service that has ended meanwhile raises ConfigurationError.
    """
    operation, deadline = document.operations[0], time.monotonic() + seconds
    unused = operation.bind(("probe",) * len(operation.parameters))
    while True:
        if service:
            service.check()
        problem, url = "", ""
        try:
            with open_session() as session:
                url = session.base_url
                outcome = session.ask(operation, unused).outcome
                if isinstance(outcome, Response):
                    problem = f"answers {outcome.status}" if outcome.status in _NOT_YET else ""
                elif outcome.kind not in REACHED:  # An answer that breaks off is there, and is judged.
                    problem = session.unreachable(outcome).problem
        except TargetError as error:
            problem = error.problem
        if not problem:
            return
        if time.monotonic() > deadline:
            said = service.last_lines() if service else ""
            fix = "look into the service's log, or give it longer by --wait"
            raise TargetError(url, f"{problem} after {seconds:g} s{said}", fix)
        time.sleep(_PAUSE)
