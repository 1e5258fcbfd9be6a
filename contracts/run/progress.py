"""How far a run has come: the figures, the line that shows them, and where it is shown while the run lasts.

The figures look at no clock: moments are handed in, in seconds on any clock that only goes forward.
"""

import io
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

from contracts.coverage import Feature, promised_features
from contracts.openapi import Document
from contracts.verdict import Tally

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE

NAMED: Final = 3
"""How many of the promises that are not seen yet are named."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run has done `seconds` after it began; `left` are the seconds to come, None where nothing is known."""

    requests: int
    seconds: float
    violations: int
    unseen: tuple[str, ...]
    """What the document promises and no answer has shown yet, as the verdict names it."""
    promised: int
    done: int
    items: int
    left: float | None = None


class Meter:
    """Takes in what finished items saw and how long they took; several threads may feed and read it."""

    def __init__(self, document: Document, began: float) -> None:
        self._document = document
        self._began = began
        self._lock = threading.Lock()
        self._requests = 0
        self._violations: set[tuple[str, ...]] = set()
        self._seen: set[Feature] = set()
        self._waiting: Counter[str] = Counter()
        self._items = 0
        self._times: dict[str, list[float]] = defaultdict(list)

    @cached_property
    def _promised(self) -> tuple[Feature, ...]:
        # The first request does not wait for this: a large document takes seconds, and a quiet run shows nothing.
        return tuple(feature for each in self._document.operations for feature in promised_features(each))

    def expect(self, items: Iterable[str]) -> None:
        """Say what items there are, each by its kind: those of one kind take about as long."""
        with self._lock:
            self._waiting = Counter(items)
            self._items = self._waiting.total()

    def finish(self, kind: str, seconds: float) -> None:
        """Take in that an item of the kind is done."""
        with self._lock:
            self._waiting[kind] -= 1
            self._times[kind].append(seconds)

    def take(self, tally: Tally) -> None:
        """Take in what an item saw."""
        with self._lock:
            self._requests += tally.requests
            self._violations |= _violations(tally)
            self._seen |= _seen(tally)

    def read(self, now: float, running: Tally | None = None) -> Progress:
        """How far the run is; `running` is what the item saw that is not done yet, and may grow meanwhile."""
        tally, elapsed, every = running or Tally(), now - self._began, self._promised
        with self._lock:
            requests = self._requests + sum(list(tally.answers.values()))
            violations = len(self._violations | _violations(tally))
            seen, promised = self._seen | _seen(tally), len(every)
            unseen = tuple(f"{each.location} {each.which or each.kind}" for each in every if each not in seen)
            done, left = sum(map(len, self._times.values())), self._left(elapsed)
            return Progress(requests, elapsed, violations, unseen, promised, done, self._items, left)

    def _left(self, elapsed: float) -> float | None:
        """By what items of the same kind took or, where none is done, any; as much at once as until now."""
        done = [each for times in self._times.values() for each in times]
        if not done or elapsed <= 0 or not self._items:
            return None
        work = sum(count * median(self._times.get(kind, done)) for kind, count in self._waiting.items() if count > 0)
        return work / max(1.0, sum(done) / elapsed)


def _violations(tally: Tally) -> set[tuple[str, ...]]:
    return {each.violation.identity for each in tally.violations if not each.waiver}


# A list is made of a dictionary in one step, so that another thread may add to it.
def _seen(tally: Tally) -> set[Feature]:
    return {feature for features in list(tally.observations) for feature in features}


def progress_line(progress: Progress) -> str:
    """All of it on one line, the most wanted first, so that it can be cut where there is no room for all."""
    rate = f" ({_rate(progress.requests / progress.seconds)}/s)" if progress.requests and progress.seconds > 0 else ""
    parts = [f"requests {progress.requests}{rate}", f"violations {progress.violations}"]
    if progress.items:
        parts.append(f"tests {progress.done} of {progress.items}")
    if progress.left is not None:
        parts.append(_left(progress.left))
    return " · ".join([*parts, _unseen(progress.unseen, progress.promised)])


def _unseen(names: tuple[str, ...], promised_features: int) -> str:
    if not names:
        return f"all {promised_features} promises seen"
    count = f"not seen {len(names)} of {promised_features}"
    if len(names) == promised_features:
        return count
    return f"{count}: {', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}"


def _rate(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


def _left(seconds: float) -> str:
    """Rounded up, and the more the longer it is: an estimate is not known to the second."""
    if seconds < 1:
        return "nearly done"
    if seconds <= MINUTE:
        step = 1 if seconds <= 10 else 5
        return f"about {_up(seconds, step)} s left"
    if seconds <= 2 * HOUR:
        return f"about {_up(seconds / MINUTE, 1)} min left"
    return f"about {_up(seconds / HOUR, 1)} h left"


def _up(number: float, step: int) -> int:
    return -int(-number // step) * step


HEARTBEAT: Final = 30.0
"""Seconds between two lines where there is no terminal."""

REFRESHES: Final = 2.0
"""How often the live line is drawn anew in a second."""


class Screen(io.TextIOWrapper):
    """The terminal or log that a descriptor leads to, past whatever has taken the place of standard output."""

    def __init__(self, descriptor: int, encoding: str) -> None:
        super().__init__(io.FileIO(descriptor, "w"), encoding, "replace", write_through=True)

    def write(self, text: str) -> int:
        """Write the text in one piece; a terminal that has gone away is for its owner to notice."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    @property
    def width(self) -> int:
        """Columns, of which the last is left alone: some terminals begin a new line behind it."""
        with suppress(OSError):
            # Some terminals do not know how wide they are.
            return (os.get_terminal_size(self.fileno()).columns or 80) - 1
        return 79


class LiveLine:
    """A line at the bottom of a terminal, drawn by rich, which is loaded for it and cuts the line to the width."""

    def __init__(self, screen: Screen, text: Callable[[], str]) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(file=screen, force_terminal=True, width=screen.width, highlight=False)

        def renderable() -> Text:
            console.width = screen.width
            return Text(text(), no_wrap=True, overflow="ellipsis", end="")

        self._live = Live(
            console=console,
            get_renderable=renderable,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def start(self) -> None:
        """Draw the line, and draw it anew from now on."""
        self._live.console.line()  # Something else may have begun the line that the cursor is on.
        self._live.start(refresh=True)

    def stop(self) -> None:
        """Erase the line; the cursor stands where it began."""
        self._live.stop()


class Heartbeat(threading.Thread):
    """A line of its own in a log, now and then, from a thread: a single item may take minutes."""

    def __init__(self, screen: Screen, text: Callable[[], str], interval: float = HEARTBEAT) -> None:
        super().__init__(name="progress", daemon=True)
        self._screen, self._text, self._interval = screen, text, interval
        self.inside = False
        """Whether something else has begun a line that it has not ended."""
        self.lock = threading.Lock()
        """Held while something else writes."""
        self._over = threading.Event()

    def stop(self) -> None:
        """Write no more lines."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Write lines until it is stopped."""
        while not self._over.wait(self._interval):
            with self.lock:
                self._screen.write(f"{chr(10) if self.inside else ''}progress    {self._text()}\n")
                self.inside = False


class ProgressMeter(Meter):
    """Shows how far the items of a run have come, from the first to the last.

    `running` is what the item under way has seen so far; it may grow meanwhile.
    """

    def __init__(self, document: Document, running: Callable[[], Tally | None]) -> None:
        super().__init__(document, time.monotonic())
        self._running = running
        self._display: LiveLine | Heartbeat | None = None

    @property
    def is_live(self) -> bool:
        """Whether a live line is drawn, which nothing else may write over."""
        return isinstance(self._display, LiveLine)

    @contextmanager
    def shown(self, *, live: bool = True, inside: bool = False) -> Iterator[None]:
        """Show it inside the block, where standard output leads to now.

        That is by a live line on a terminal, if `live` is true, else by a line now and then; `inside` says that
        something else has begun a line.
        """
        with _standard_output() as screen:
            live = live and screen.isatty() and os.environ.get("TERM", "dumb") != "dumb"
            self._display = LiveLine(screen, self._text) if live else Heartbeat(screen, self._text)
            with self.aside(begins_line=inside):
                self._display.start()
            try:
                yield
            finally:
                self._display.stop()
                self._display = None

    @contextmanager
    def aside(self, *, begins_line: bool) -> Iterator[None]:
        """Let something else write beside it inside the block, which may leave a line open."""
        display = self._display
        if not isinstance(display, Heartbeat):
            yield
            return
        with display.lock:
            try:
                yield
            finally:
                sys.stdout.flush()
                display.inside = display.inside or begins_line

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take a live line away inside the block, for something else to write lines of its own."""
        display = self._display if isinstance(self._display, LiveLine) else None
        if display:
            display.stop()
        try:
            yield
        finally:
            if display:
                display.start()

    def _text(self) -> str:
        return progress_line(self.read(time.monotonic(), self._running()))


def _standard_output() -> Screen:
    """Return the screen that standard output leads to now, or one that leads nowhere."""
    try:
        return Screen(os.dup(sys.stdout.fileno()), sys.stdout.encoding)
    except (OSError, ValueError):
        return Screen(os.open(os.devnull, os.O_WRONLY), "utf-8")
