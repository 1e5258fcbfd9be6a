"""Limit how many requests are sent, and how fast, by all processes of a run together.

Hides one row of an SQLite file: claiming a turn is one transaction, so that a process that dies in the middle leaves no
lock behind. Requests are spaced evenly, not sent in bursts: ten a second is one every tenth of a second.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.http.shared_state import SharedState
from contracts.openapi import ConfigurationError, ContractError

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


class BudgetSpent(ContractError):
    """The run has sent all the requests that it may send."""

    def __str__(self) -> str:
        return f"the budget of {self.args[0]} requests is used up; raise --max-requests"


@dataclass(frozen=True, slots=True)
class Limits:
    """The requests that a run may send in all, None for any number, and the least seconds between two of them."""

    budget: int | None = None
    interval: float = 0.0


def check_rate(text: str) -> float:
    """Return the seconds between two requests, of a rate such as `10/s`, `90/m` or `1000/h`.

    Raises ConfigurationError for any other text.
    """
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)/([smh])", text)
    if not found or float(found[1]) == 0:
        raise ConfigurationError(f"--rate-limit {text!r} is no rate; write it as 10/s, 90/m or 1000/h")
    return _UNITS[found[2]] / float(found[1])


class RateLimit(SharedState):
    """Gives every request its turn. The thread that asks sleeps until then, by `sleep`, which a signal ends.

    `path` names the file that several processes share; without it the limit is this process's alone. `clock` gives
    seconds, and has to be the same clock in all of them: the monotonic one is the system's own on Linux, macOS and
    Windows (PEP 418).
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        path: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._limits, self._clock, self._sleep = limits, clock, sleep
        super().__init__(_TABLE, path)

    def take(self) -> None:
        """Wait for the next turn and take it; raises BudgetSpent if none is left."""
        while (wait := self._claim()) > 0:
            self._sleep(wait)

    @property
    def left(self) -> int | None:
        """Return how many turns the budget still has; None without a budget."""
        most = self._limits.budget
        return None if most is None else most - int(self.execute("SELECT sent FROM turns")[0][0])

    def hold(self, seconds: float) -> None:
        """Give no turn for this time, to any process that shares the file."""
        self.execute("UPDATE turns SET free = max(free, ?)", (self._clock() + seconds,))

    def wait(self, seconds: float) -> None:
        """Let this time pass, for this process alone."""
        self._sleep(seconds)

    def _claim(self) -> float:
        """Take a turn and return 0, or return the seconds until there may be one."""
        now, most = self._clock(), self._limits.budget
        # Without a limit there is nothing to count, and no process has to wait for one that writes.
        if most is None and self._limits.interval <= 0:
            return float(self.execute("SELECT free FROM turns")[0][0]) - now
        row = (now, self._limits.interval, now, most, most)
        if self.execute(_CLAIM, row):
            return 0.0
        ((sent, free),) = self.execute("SELECT sent, free FROM turns")
        if most is not None and sent >= most:
            raise BudgetSpent(most)
        return max(float(free) - now, _SHORTEST)


_SHORTEST: Final = 0.0005
"""Seconds after which to look again if another process was quicker."""

_CLAIM: Final = (
    "UPDATE turns SET sent = sent + 1, free = max(free, ?) + ?"
    " WHERE free <= ? AND (? IS NULL OR sent < ?) RETURNING sent"
)

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS turns (only INTEGER PRIMARY KEY CHECK (only = 1), sent INTEGER, free REAL);"
    "INSERT OR IGNORE INTO turns VALUES (1, 0, -1e300);"
)
