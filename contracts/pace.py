"""How much may be sent, and how fast: a budget and a rate that all processes of a run keep together.

What they share is one row of an SQLite file, so that claiming a turn is one transaction, whoever dies in the middle.
Requests are spaced evenly, not sent in bursts: ten a second is one every tenth of a second.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import ConfigurationError, ContractError
from contracts.scratch import Scratch

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


class BudgetSpent(ContractError):
    """No request is left of those that the run may send."""

    def __init__(self, budget: int) -> None:
        super().__init__(budget)
        self.budget = budget

    def __str__(self) -> str:
        return f"the budget of {self.budget} requests is used up; raise --max-requests"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may send: so many requests in all (None for any number), one every so many seconds at most."""

    budget: int | None = None
    interval: float = 0.0

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.budget is not None or self.interval > 0


def check_rate(text: str) -> float:
    """The seconds between two requests of a rate such as `10/s`, `90/m` or `1000/h`; raises ConfigurationError."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)/([smh])", text)
    if not found or float(found[1]) == 0:
        raise ConfigurationError(f"--rate-limit {text!r} is no rate; write it as 10/s, 90/m or 1000/h")
    return _UNITS[found[2]] / float(found[1])


class Pace:
    """Gives every request its turn. Waiting is one sleep of the thread that asks, so a signal ends it.

    `path` names the file that several processes share; without it there is this one alone. Times are of a clock that
    all of them read alike: the monotonic one is the system's own on Linux, macOS and Windows (PEP 418).
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
        self._shared = Scratch(_TABLE, path)

    def take(self) -> None:
        """Wait for the next turn and take it; raises BudgetSpent where none is left."""
        while (wait := self._claim()) > 0:
            self._sleep(wait)

    def hold(self, seconds: float) -> None:
        """Give out no turn for so long, to any process that shares the file."""
        self._shared.execute("UPDATE pace SET free = max(free, ?)", (self._clock() + seconds,))

    def wait(self, seconds: float) -> None:
        """Let so much time pass, for this process alone."""
        self._sleep(seconds)

    def close(self) -> None:
        """Close what is shared."""
        self._shared.close()

    def _claim(self) -> float:
        """Takes a turn and gives 0, or gives the seconds until there may be one."""
        now, most = self._clock(), self._limits.budget
        if not self._limits.any:  # There is nothing to count, and nobody has to wait for who writes.
            return float(self._shared.execute("SELECT free FROM pace")[0][0]) - now
        row = (now, self._limits.interval, now, most, most)
        if self._shared.execute(_CLAIM, row):
            return 0.0
        ((sent, free),) = self._shared.execute("SELECT sent, free FROM pace")
        if most is not None and sent >= most:
            raise BudgetSpent(most)
        return max(float(free) - now, _SHORTEST)


_SHORTEST: Final = 0.0005
"""Seconds after which to look again when another process was quicker."""

_CLAIM: Final = (
    "UPDATE pace SET sent = sent + 1, free = max(free, ?) + ?"
    " WHERE free <= ? AND (? IS NULL OR sent < ?) RETURNING sent"
)

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS pace (only INTEGER PRIMARY KEY CHECK (only = 1), sent INTEGER, free REAL);"
    "INSERT OR IGNORE INTO pace VALUES (1, 0, -1e300);"
)
