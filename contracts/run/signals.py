"""End a run in order on Ctrl-C or SIGTERM: once, and never while its verdict is being reported."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Self

GRACE: Final = 2.0
"""Seconds after a signal in which further ones change nothing: the verdict is being reported."""

_LOOK: Final = 0.5
"""Seconds after which a waiting run sees whether it was interrupted."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Make SIGTERM do what Ctrl-C does: raise KeyboardInterrupt once, after which the run ends in order."""

    def __init__(self) -> None:
        self.on_signal: Callable[[], object] = lambda: None
        """Called as soon as a signal ends the run, before KeyboardInterrupt is raised; it may raise something else."""
        self.interrupted = False
        """Whether a signal has ended the run."""
        self._before: dict[signal.Signals, Any] = {}
        self._came: float | None = None

    def __enter__(self) -> Self:
        """Take the signals over, where Python allows that: in the main thread."""
        if threading.current_thread() is threading.main_thread():
            # `nohup` has SIGHUP ignored, and so it stays; a shell ignores SIGINT for all that runs in the background.
            is_nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            taken = [each for each in _SIGNALS if not (is_nohup and each == signal.SIGHUP)]
            self._before = {each: signal.signal(each, self._come) for each in taken}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back to their handlers before."""
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._before = {}

    def ignore_signals(self) -> None:
        """Let signals pass for GRACE seconds: one that came now would only lose what is about to be reported."""
        self._came = time.monotonic()

    @contextmanager
    def allow_signals(self) -> Iterator[None]:
        """Heed signals again inside the block."""
        self._came = None
        try:
            yield
        finally:
            self.ignore_signals()

    def sleep(self, seconds: float) -> None:
        """Wait; raises KeyboardInterrupt if a signal has ended the run.

        What the signal raised is lost where Python can hand it to nobody, as in a finalizer: nobody is to wait for an
        hour then.
        """
        end = time.monotonic() + seconds
        while not self.interrupted and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
        if self.interrupted:
            raise KeyboardInterrupt

    def _come(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._came is None or now - self._came > GRACE:
            self._came, self.interrupted = now, True
            self.on_signal()
            raise KeyboardInterrupt
