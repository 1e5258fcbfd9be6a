"""Progress while a run lasts: a live line on a terminal, elsewhere a whole line every half minute.

The live line stands below the one that pytest is writing, and the cursor stays where pytest left it. It is wiped away
before pytest writes anything, and is there again when pytest has written. A thread keeps it fresh: a single item may
take minutes, and workers tell nothing before it ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.progress import Meter, cut, line
from contracts.tally import Tally
from tests.api.plan import JUDGE, SETTINGS

HEARTBEAT: Final = 30.0
"""Seconds between two lines where there is no terminal."""

FRESH: Final = 0.5
"""Seconds between two looks of the live line."""

Clock = Callable[[], float]


class Screen:
    """Where progress is written: what pytest prints on, past its capturing. Every write is one whole piece."""

    def __init__(self, descriptor: int, encoding: str) -> None:
        self._descriptor, self._encoding = descriptor, encoding

    def write(self, text: str) -> None:
        """Write it; a terminal that has gone away is pytest's to notice."""
        with suppress(OSError):
            os.write(self._descriptor, text.encode(self._encoding, "replace"))

    @property
    def width(self) -> int:
        """Columns, of which the last is left alone: some terminals begin a new line behind it."""
        try:
            columns = os.get_terminal_size(self._descriptor).columns
        except OSError:
            columns = 0
        return (columns or 80) - 1  # Some do not know how wide they are.


class LiveLine:
    """A line below the cursor, on a terminal that knows the control functions of ECMA-48 and the VT100."""

    def __init__(self, screen: Screen, interval: float) -> None:
        self.interval, self._screen = interval, screen

    def show(self, text: str) -> None:
        """Draw it, on a row that is made where the cursor is on the last one."""
        # Down and up again (IND, RI) scrolls if it must; then the cursor is kept, and put back behind the line.
        self._screen.write(f"\x1bD\x1bM\x1b7\x1bD\r{cut(text, self._screen.width)}\x1b[K\x1b8")

    def restore(self, text: Callable[[], str], *, wrote: bool) -> None:
        """Draw it again."""
        self.show(text())

    def wipe(self) -> None:
        """Leave nothing of it: from the cursor on, the screen holds only this line."""
        self._screen.write("\x1b[J")


class Heartbeat:
    """A line of its own, now and then, for a log."""

    def __init__(self, screen: Screen, interval: float) -> None:
        self.interval, self._screen = interval, screen
        self._inside = False
        """Whether pytest may have begun a line that it has not ended."""

    def show(self, text: str) -> None:
        """Write it, behind the end of the line that pytest is on."""
        self._screen.write(f"{chr(10) if self._inside else ''}progress    {text}\n")
        self._inside = False

    def restore(self, text: Callable[[], str], *, wrote: bool) -> None:
        """Where pytest has written something, remember that a line has to be ended."""
        self._inside = self._inside or wrote

    def wipe(self) -> None:
        """What is in a log stays there."""


class Reporter:
    """Registered in the process that prints: shows progress from the first item to the last."""

    def __init__(self, config: pytest.Config, display: LiveLine | Heartbeat, clock: Clock = time.monotonic) -> None:
        self._config, self._display, self._clock = config, display, clock
        self._terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._meter = Meter(config.stash[SETTINGS].document, clock())
        self._took: dict[str, float] = {}
        self._lock = threading.Lock()
        self._shown = False
        self._over = threading.Event()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Lasts as long as items do, however they end; what pytest tells then finds nothing of this left."""
        self._meter.expect(_kind(item.nodeid) for item in session.items)
        ticking = threading.Thread(target=self._tick, name="progress", daemon=True)
        ticking.start()
        try:
            return (yield)
        finally:
            self._over.set()
            ticking.join()
            self._wipe()
            self._config.pluginmanager.unregister(self)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn from a worker what items there are; all have the same."""
        with self._lock:
            self._meter.expect(map(_kind, ids))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Iterator[None]:
        """Let pytest write: the file or, with `-v`, the item."""
        before = self._terminal.currentfspath
        with self._aside(lambda: self._terminal.currentfspath != before):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Iterator[None]:
        """Take in what an item saw, and let pytest write: a letter, or a word."""
        with self._lock:
            self._take(report)
        with self._aside(lambda: report.when == "call" or not report.passed):
            return (yield)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self) -> None:
        """Be quiet until the next item begins or ends: pytest-xdist has something of its own to tell."""
        self._wipe()

    def _take(self, report: pytest.TestReport) -> None:
        seen = getattr(report, "tally", None)
        if seen is not None:
            self._meter.take(Tally.from_json(json.loads(seen)))
        took = self._took.pop(report.nodeid, 0.0) + report.duration
        if report.when in ("setup", "call"):
            self._took[report.nodeid] = took
        else:  # Its end, or that of the worker that it was with.
            self._meter.finish(_kind(report.nodeid), took)

    @contextmanager
    def _aside(self, wrote: Callable[[], bool]) -> Iterator[None]:
        with self._lock:
            self._display.wipe()
            try:
                yield
            finally:
                self._terminal.flush()
                self._shown = True
                self._display.restore(self._text, wrote=wrote())

    def _wipe(self) -> None:
        with self._lock:
            self._shown = False
            self._display.wipe()

    def _tick(self) -> None:
        while not self._over.wait(self._display.interval):
            with self._lock:
                if self._shown:
                    self._display.show(self._text())

    def _text(self) -> str:
        judge = self._config.stash.get(JUDGE, None)
        return line(self._meter.read(self._clock(), judge.tally if judge else None))


def _kind(nodeid: str) -> str:
    """The test, whatever it is given."""
    return nodeid.partition("[")[0]


def register(config: pytest.Config) -> None:
    """Show progress, unless it is not wanted or there is nothing to show it on."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    option = config.option
    silent = option.no_progress or option.collectonly or option.verbose < 0
    if reporter is None or silent or not _asks_a_server(config):
        return
    try:
        # While an item runs, pytest has put something else in the place of the descriptor that it prints on.
        descriptor = os.dup(sys.stdout.fileno())
    except (OSError, ValueError):
        return
    config.add_cleanup(partial(os.close, descriptor))
    screen = Screen(descriptor, sys.stdout.encoding)
    live = reporter.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    display = LiveLine(screen, FRESH) if live else Heartbeat(screen, HEARTBEAT)
    config.pluginmanager.register(Reporter(config, display), "contract-progress")


def _asks_a_server(config: pytest.Config) -> bool:
    """Whether tests of this folder may be among those that were named; of others there is nothing to tell."""
    here = Path(__file__).parent
    named = [(config.invocation_params.dir / word.partition("::")[0]).resolve() for word in config.args]
    return any(here in (path, *path.parents) or path in here.parents for path in named)
