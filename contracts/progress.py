"""How far a run has come, and the line that tells it: requests, rate, violations, promises not seen yet, time left.

Nothing here looks at a clock: moments are handed in, in seconds on any clock that only goes forward.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from contracts.coverage import promised
from contracts.document import Document
from contracts.features import Feature
from contracts.tally import Tally

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
    """Takes in what finished items saw and how long they took; one thread feeds it, others may read."""

    def __init__(self, document: Document, began: float) -> None:
        self._promised = tuple(feature for each in document.operations for feature in promised(each))
        self._began = began
        self._requests = 0
        self._violations: set[tuple[str, ...]] = set()
        self._seen: set[Feature] = set()
        self._waiting: Counter[str] = Counter()
        self._items = 0
        self._times: dict[str, list[float]] = defaultdict(list)

    def expect(self, items: Iterable[str]) -> None:
        """Say what items there are, each by its kind: those of one kind take about as long."""
        self._waiting = Counter(items)
        self._items = self._waiting.total()

    def finish(self, kind: str, seconds: float) -> None:
        """Take in that an item of the kind is done."""
        self._waiting[kind] -= 1
        self._times[kind].append(seconds)

    def take(self, tally: Tally) -> None:
        """Take in what an item saw."""
        self._requests += tally.requests
        self._violations |= _violations(tally)
        self._seen |= _seen(tally)

    def read(self, now: float, running: Tally | None = None) -> Progress:
        """How far the run is; `running` is what the item saw that is not done yet, and may grow meanwhile."""
        tally = running or Tally()
        seen = self._seen | _seen(tally)
        return Progress(
            requests=self._requests + sum(list(tally.answers.values())),
            seconds=now - self._began,
            violations=len(self._violations | _violations(tally)),
            unseen=tuple(f"{each.place} {each.which or each.kind}" for each in self._promised if each not in seen),
            promised=len(self._promised),
            done=sum(map(len, self._times.values())),
            items=self._items,
            left=self._left(now - self._began),
        )

    def _left(self, elapsed: float) -> float | None:
        """By what items of the same kind took or, where none is done, any; as much at once as until now."""
        done = [each for times in self._times.values() for each in times]
        if not done or elapsed <= 0 or not self._items:
            return None
        work = sum(count * median(self._times.get(kind, done)) for kind, count in self._waiting.items() if count > 0)
        return work / max(1.0, sum(done) / elapsed)


# A list is made of a dictionary in one step, so that another thread may add to it.
def _violations(tally: Tally) -> set[tuple[str, ...]]:
    return {each.violation.identity for each in list(tally.violations.values()) if not each.waiver}


def _seen(tally: Tally) -> set[Feature]:
    return {feature for features in list(tally.shown) for feature in features}


def line(progress: Progress) -> str:
    """All of it on one line, the most wanted first, so that it can be cut where there is no room for all."""
    rate = f" ({_rate(progress.requests / progress.seconds)}/s)" if progress.requests and progress.seconds > 0 else ""
    parts = [f"requests {progress.requests}{rate}", f"violations {progress.violations}"]
    if progress.items:
        parts.append(f"tests {progress.done} of {progress.items}")
    if progress.left is not None:
        parts.append(_left(progress.left))
    return " · ".join([*parts, _unseen(progress.unseen, progress.promised)])


def _unseen(names: tuple[str, ...], promised: int) -> str:
    if not names:
        return f"all {promised} promises seen"
    told = f"not seen {len(names)} of {promised}"
    if len(names) == promised:
        return told
    return f"{told}: {', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}"


def cut(text: str, width: int) -> str:
    """The text in at most `width` columns."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"


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
