"""How a run ends before its end: on a signal, with what every process has seen until then.

Workers of pytest-xdist share a folder with the process that started them. Each leaves its process id there and, at its
end, all that it has seen: reports that are still on their way when a run is interrupted are lost.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from contracts.admission import TurnedAway
from contracts.errors import TargetError
from contracts.pace import BudgetSpent
from contracts.scratch import ScratchError
from contracts.tally import Judge, Tally
from contracts.verdict import Outcome

GRACE: Final = 2.0
"""Seconds after a signal in which further ones change nothing: a verdict is being told."""

_WAIT: Final = 1.0
"""Seconds that workers are given to begin to end."""

_LONGER: Final = 5.0
"""Seconds that workers that have begun to end are given: of no account but on a machine that is far too busy."""

STOPS: Final = (TargetError, BudgetSpent, TurnedAway, ScratchError)
"""What ends a run before its end."""

_NOTHING_SEEN: Final = Outcome.INCONCLUSIVE.exit_code

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class BrokenPromise(pytest.fail.Exception):  # type: ignore[misc, name-defined] # as pytest has it
    """A test fails because of what it was answered; the verdict tells it, or what explains it."""

    __module__ = pytest.fail.Exception.__module__  # pytest shows the name alone.


class Signals:
    """Makes SIGTERM do what Ctrl-C does: end the run once, in order. A plugin of pytest's."""

    def __init__(self, *, full_trace: bool = False) -> None:
        self._full_trace = full_trace
        self.notice: Callable[[], object] | None = None
        """Called as soon as a signal ends the run."""
        self._before: dict[signal.Signals, Any] = {}
        self._came: float | None = None
        self._begun = False
        self.interrupted = False
        """Whether a signal has ended the run."""

    def install(self) -> None:
        """Take over, where signals can be taken over at all: in the main thread."""
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._come) for each in _SIGNALS}

    def restore(self) -> None:
        """Give back what was taken over."""
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._before = {}

    def settle(self) -> None:
        """From here on a signal would only lose what is about to be told."""
        self._came = time.monotonic()

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """For as long as this lasts, a signal is heeded again."""
        self._came = None
        try:
            yield
        finally:
            self.settle()

    def _come(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._came is None or now - self._came > GRACE:
            self._came, self.interrupted = now, True
            if self.notice:
                self.notice()
            elif not self._begun:
                # Before its session has begun pytest has an exit code of its own for Ctrl-C, and nobody is asked.
                pytest.exit("interrupted before anything was answered", _NOTHING_SEEN)
            raise KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """From here on a run that is interrupted comes to a verdict."""
        self._begun = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell only where the run was: to render the way there takes pytest longer than all the rest."""
        if self.interrupted and isinstance(excinfo.value, KeyboardInterrupt) and not self._full_trace:
            excinfo.traceback = excinfo.traceback[-1:]


class Shared:
    """The folder that the processes of a run share, and the file by which they know of each other's traffic.

    A run of one process has no such file: what it remembers is its own, and where it is little, no full disk matters.
    """

    def __init__(self, folder: Path, *, alone: bool) -> None:
        self.folder = folder
        self.scratch = None if alone else folder / "scratch"

    def stop(self) -> None:
        """End all workers; those that do not end by themselves in time, without their last words."""
        _put(self._stopped, "")
        _signal(self._running(), signal.SIGINT)
        started = time.monotonic()
        while self._running("ending") and time.monotonic() - started < _WAIT:
            time.sleep(0.01)
        _signal(self._running("ending"), signal.SIGKILL)
        while self._running() and time.monotonic() - started < _LONGER:
            time.sleep(0.01)
        _signal(self._running(), signal.SIGKILL)

    def left(self) -> Iterator[tuple[str, Tally]]:
        """What the workers have seen that have ended."""
        for path in sorted(self.folder.glob("*.json")):
            with suppress(OSError, ValueError):
                yield path.stem, Tally.from_json(json.loads(path.read_text("utf-8")))

    @property
    def stopped(self) -> bool:
        """Whether the run has ended before a worker began."""
        return self._stopped.exists()

    @property
    def _stopped(self) -> Path:
        return self.folder / "stopped"

    def _running(self, until: str = "json") -> list[int]:
        """The processes of workers that have not ended or, until `ending`, not even begun to."""
        ended = {path.stem for kind in {until, "json"} for path in self.folder.glob(f"*.{kind}")}
        return [int(path.read_text("utf-8")) for path in self.folder.glob("*.pid") if path.stem not in ended]


class Worker:
    """One worker of pytest-xdist: says which process it is and, at its end, what it has seen. A plugin of pytest's."""

    def __init__(self, shared: Shared, name: str) -> None:
        self._path, self._seen = shared.folder / name, Tally()
        self.judge: Judge | None = None
        """What judges the answers of this worker, from the first one on."""
        _put(self._path.with_suffix(".pid"), str(os.getpid()))

    def reported(self, tally: Tally) -> None:
        """Take in what has been put into a report."""
        self._seen.merge(tally)

    def ending(self) -> None:
        """Say that the worker is about to end."""
        _put(self._path.with_suffix(".ending"), "")

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Leave everything before others take their time."""
        self._leave()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Leave everything."""
        self._leave()

    def _leave(self) -> None:
        if self.judge:
            self._seen.merge(self.judge.take())
        _put(self._path.with_suffix(".json"), json.dumps(self._seen.to_json()))


def attach(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, worker: Worker | None = None
) -> None:
    """Put what the item saw into its report, so that a verdict needs no worker to end well."""
    if call.excinfo is not None and call.excinfo.errisinstance(BrokenPromise):
        vars(report)["answered"] = True
    ours = item.path.parent == Path(__file__).parent
    if ours and call.excinfo is not None and call.excinfo.errisinstance(STOPS):
        # No fault of a test that asks a server. Those still to come end as soon as they ask, each in its own process.
        vars(report)["incident"] = str(call.excinfo.value)
        path, line, _ = item.location
        report.outcome, report.longrepr = "skipped", (path, line or 0, f"Skipped: {call.excinfo.value}")
    given: dict[str, Any] = getattr(item, "funcargs", {})
    judged: Judge | None = given.get("judge")
    if judged is not None:
        # Whatever a report holds, pytest-xdist carries to the controller; but no text that is not UTF-8, as some ids.
        taken = judged.take()
        vars(report)["tally"] = json.dumps(taken.to_json())
        if worker:
            worker.reported(taken)
        if call.when == "call" and "remembered" in given:
            vars(report)["swept"] = json.dumps([given["operation"].path, given["remembered"]])


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(OSError):  # It has gone by itself.
            os.kill(process, number)


def _put(path: Path, text: str) -> None:
    """Write a file that nobody finds before it is whole; where the folder is not shared, nobody looks."""
    with suppress(OSError):
        other = path.with_name(f"{path.name}.new")
        other.write_text(text, "utf-8")
        other.replace(path)
