"""The drawings of the page as geometry: how long answers took, when, and how a number has changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts import latency
from contracts.recorder import Recorded

POINTS: Final = 10_000
"""How many exchanges a timeline draws; of more, every second, third and so on."""

WIDTH: Final = 4000
HEIGHT: Final = 1000
"""Of a timeline, in its own units."""

_BARS: Final = 48
_SMALLEST: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on an axis, in per cent of its length."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram, in per cent of the drawing, and what it stands for."""

    left: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many answers took how long, on a logarithmic scale; `quantiles` are lines across it."""

    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]
    quantiles: tuple[Mark, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Each exchange as a point, when it was sent and how long it took; `paths` by what came, with how many there are.

    A path is SVG's, of lines without length in a box of WIDTH and HEIGHT: round caps make points of them.
    """

    paths: tuple[tuple[str, int, str], ...]
    ticks: tuple[Mark, ...]
    levels: tuple[Mark, ...]
    every: int
    total: int


def duration(seconds: float) -> str:
    """A time in the unit that reads best: `840 µs`, `1.2 ms`, `35 ms`, `2.5 s`."""
    if not seconds:
        return "0 s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 9.95 or value == round(value) else f"{value:.1f} {unit}"
    raise AssertionError(seconds)


def histogram(counts: Mapping[int, int], quantiles: Mapping[str, float]) -> Histogram | None:
    """The histogram of latency buckets; None of nothing."""
    if not counts:
        return None
    axis = _Axis(latency.seconds_of(min(counts) - 1), latency.seconds_of(max(counts) + 1))
    bins = [0] * _BARS
    for number, count in counts.items():
        bins[min(_BARS - 1, int(axis.at(latency.seconds_of(number)) * _BARS / 100))] += count
    most, width = max(bins), 100 / _BARS
    bars = (
        Bar(round(index * width, 3), round(width, 3), round(100 * count / most, 2), axis.span(index, count))
        for index, count in enumerate(bins)
        if count
    )
    marks = (Mark(round(axis.at(value), 2), name) for name, value in quantiles.items())
    return Histogram(tuple(bars), axis.ticks(), tuple(marks), most)


def timeline(exchanges: Iterable[Recorded]) -> Timeline | None:
    """The timeline of what was recorded; None of nothing."""
    found = sorted((each.at, each.seconds, each.failure or f"{each.status // 100}xx") for each in exchanges)
    if not found:
        return None
    start = found[0][0]
    length = max(found[-1][0] - start, 1e-3)
    axis = _Axis(*(pick(max(took, _SMALLEST) for _, took, _ in found) for pick in (min, max)))
    every = -(-len(found) // POINTS)
    points: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for number, (at, took, came) in enumerate(found):
        totals[came] = totals.get(came, 0) + 1
        if number % every == 0:
            across = round((at - start) / length * WIDTH)
            up = round(HEIGHT - axis.at(took) / 100 * HEIGHT)
            points.setdefault(came, []).append(f"M{across} {up}h0")
    return Timeline(
        paths=tuple((came, totals[came], "".join(points.get(came, ()))) for came in sorted(totals)),
        ticks=tuple(_rounds(length)),
        levels=tuple(Mark(100 - each.at, each.label) for each in axis.ticks()),
        every=every,
        total=len(found),
    )


def _rounds(length: float) -> Iterator[Mark]:
    """Round times from nothing to the length, no more than six."""
    power = 10.0 ** math.floor(math.log10(length))
    step = next(each for each in (power / 5, power / 2, power, 2 * power) if length / each <= 5)
    for number in range(int(length / step) + 1):
        yield Mark(round(100 * number * step / length, 2), duration(round(number * step, 9)))


class _Axis:
    """A logarithmic axis from one time to another, a little room at both ends, in per cent."""

    def __init__(self, least: float, most: float) -> None:
        low, high = math.log(max(least, latency.seconds_of(latency.bucket(0)))), math.log(max(most, least, 1e-6))
        room = max(0.35 - (high - low) / 2, (high - low) * 0.03)
        self._low, self._high = low - room, high + room

    def at(self, seconds: float) -> float:
        share = (math.log(max(seconds, 1e-9)) - self._low) / (self._high - self._low)
        return 100 * min(1.0, max(0.0, share))

    def span(self, index: int, count: int) -> str:
        step = (self._high - self._low) / _BARS
        ends = (duration(math.exp(self._low + (index + side) * step)) for side in (0, 1))
        return f"{' to '.join(ends)}: {count:,}"

    def ticks(self) -> tuple[Mark, ...]:
        """Round times, no more than a handful."""
        powers = range(math.floor(self._low / math.log(10)), math.ceil(self._high / math.log(10)) + 1)
        for digits, step in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
            times = [digit * 10.0**power for power in powers if power % step == 0 for digit in digits]
            inside = [each for each in times if self._low <= math.log(each) <= self._high]
            if len(inside) <= 6:
                break
        return tuple(Mark(round(self.at(each), 2), duration(each)) for each in inside)


def sparkline(values: Sequence[Any]) -> str:
    """The points of a line through the numbers, in a box of 100 by 24."""
    numbers = [float(value) for value in values]
    least, most = min(numbers), max(numbers)
    across, up = 96 / max(1, len(numbers) - 1), 20 / ((most - least) or 1)
    return " ".join(f"{2 + index * across:.1f},{22 - (value - least) * up:.1f}" for index, value in enumerate(numbers))


def shares(counts: Mapping[str, int]) -> Iterator[tuple[str, int, float, float]]:
    """Each count with where it begins and how wide it is on a bar, in per cent."""
    total, begun = sum(counts.values()) or 1, 0
    for name, count in counts.items():
        yield name, count, round(100 * begun / total, 3), round(100 * count / total, 3)
        begun += count
