"""The processes of one run: the folder that they share, and what each leaves in it.

A worker leaves its process id there and, at its end, all that it has seen: reports that are still on their way when a
run is interrupted are lost.
"""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from contracts.verdict import Tally

_WAIT: Final = 1.0
"""Seconds that workers are given to begin to end."""

_LONGER: Final = 5.0
"""Seconds that workers that have begun to end are given; only a machine that is far too busy needs them."""


_TURNS: Final = (
    "a request got nothing on a new connection while other workers kept theirs, so that they take turns;"
    " if the server answers one connection at a time, run without -n"
)


class RunFolder:
    """The folder that the processes of a run share, and in it the file by which they know of each other's traffic.

    A run of one process has no such file: it keeps what it remembers to itself, so that a full disk matters little.
    """

    def __init__(self, folder: str = "", worker: str = "", *, alone: bool) -> None:
        """Enter the folder, as the worker of the name; the first process of a run names none, and one is made."""
        self.folder = Path(folder or tempfile.mkdtemp(prefix="contract-"))
        self.alone, self.worker = alone, worker
        self.shared_state = None if alone else self.folder / "scratch"
        self.turns = None if alone else self.folder / "turns"
        """The file that a worker makes which waits for a connection while others keep theirs."""
        self._seen = Tally()
        if worker:
            self._put(f"{worker}.pid", str(os.getpid()))

    @property
    def leads(self) -> bool:
        """Whether this process concludes the run: it is the only one, or the one that started the workers."""
        return not self.worker

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the verdict has to say of how the processes got along."""
        return (_TURNS,) if self.turns and self.turns.exists() else ()

    def close(self) -> None:
        """Remove the folder, in the process that leads."""
        if self.leads:
            shutil.rmtree(self.folder, ignore_errors=True)

    # What a worker says of itself.

    def reported(self, tally: Tally) -> None:
        """Keep what this worker has put into a report, for `leave`."""
        self._seen.merge(tally)

    def ending(self) -> None:
        """Say that this worker is about to end."""
        self._put(f"{self.worker}.ending", "")

    def leave(self, rest: Tally) -> None:
        """Leave all that this worker has seen: what it has reported, and the rest."""
        self._seen.merge(rest)
        self._put(f"{self.worker}.json", json.dumps(self._seen.to_json()))

    # What the process that leads does with its workers.

    def stop_workers(self) -> None:
        """End all workers; kill those that do not end in time."""
        self._put("stopped", "")
        _signal(self._running(), signal.SIGINT)
        started = time.monotonic()
        while self._running("ending") and time.monotonic() - started < _WAIT:
            time.sleep(0.01)
        _signal(self._running("ending"), signal.SIGKILL)
        while self._running() and time.monotonic() - started < _LONGER:
            time.sleep(0.01)
        _signal(self._running(), signal.SIGKILL)

    def left(self) -> Iterator[tuple[str, Tally]]:
        """Yield name and tally of each worker that has ended."""
        for path in sorted(self.folder.glob("*.json")):
            with suppress(OSError, ValueError):
                yield path.stem, Tally.from_json(json.loads(path.read_text("utf-8")))

    @property
    def is_stopped(self) -> bool:
        """Whether the run had ended before this worker began."""
        return (self.folder / "stopped").exists()

    def _running(self, until: str = "json") -> list[int]:
        """The process ids of workers that have not ended or, until `ending`, not even begun to."""
        ended = {path.stem for kind in {until, "json"} for path in self.folder.glob(f"*.{kind}")}
        return [int(path.read_text("utf-8")) for path in self.folder.glob("*.pid") if path.stem not in ended]

    def _put(self, name: str, text: str) -> None:
        """Write a file that no other process finds before it is whole; without room for it, do without."""
        with suppress(OSError):
            other = self.folder / f"{name}.new"
            other.write_text(text, "utf-8")
            other.replace(self.folder / name)


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(OSError):  # It has gone by itself.
            os.kill(process, number)
