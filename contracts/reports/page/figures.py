"""Compute the geometry of the page's figures: the histogram of latencies, the timeline and the sparklines."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.http import Exchange, Failure
from contracts.verdict import latency_bucket, seconds_of

POINTS: Final = 10_000
"""The number of exchanges that a timeline draws; of more, it draws every second, third and so on."""

WIDTH: Final = 4000
HEIGHT: Final = 1000
"""The size of a timeline's box, in its own units."""

_BARS: Final = 48
_SMALLEST: Final = 1e-4
_UNITS: Final = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on an axis, in per cent of its length."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram, in per cent of the drawing, and its label."""

    left: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """The numbers of responses by latency, on a logarithmic scale.

    `ticks` label the axis, `quantiles` are lines across the bars, and `most` is the count of the highest bar.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]
    quantiles: tuple[Mark, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Exchanges as points, by the time of sending (across) and the latency (up).

    `paths` holds, for each class of status or kind of failure, its name, its number of exchanges and an SVG path in a
    box of WIDTH and HEIGHT, made of lines without length that round caps turn into points. `ticks` label the axis
    across, `levels` the one up. One exchange in `every` is drawn, of `total` exchanges.
    """

    paths: tuple[tuple[str, int, str], ...]
    ticks: tuple[Mark, ...]
    levels: tuple[Mark, ...]
    every: int
    total: int


def duration(seconds: float | None) -> str:
    """Return a time in words, in the unit that reads best: `840 µs`, `1.2 ms`, `35 ms`, `2.5 s`; a dash for None."""
    if seconds is None:
        return "–"
    if not seconds:
        return "0 s"
    unit, size = next((each for each in _UNITS if seconds >= each[1]), _UNITS[-1])
    value = seconds / size
    return f"{value:.0f} {unit}" if value >= 9.95 or value == round(value) else f"{value:.1f} {unit}"


def histogram(counts: Mapping[int, int], quantiles: Mapping[str, float]) -> Histogram | None:
    """Return the histogram of these numbers of responses by latency bucket; None if there are none."""
    if not counts:
        return None
    axis = _Axis(seconds_of(min(counts) - 1), seconds_of(max(counts) + 1))
    bins = [0] * _BARS
    for bucket, count in counts.items():
        bins[min(_BARS - 1, int(axis.at(seconds_of(bucket)) * _BARS / 100))] += count
    most, width = max(bins), 100 / _BARS
    bars = (
        Bar(round(index * width, 3), round(width, 3), round(100 * count / most, 2), axis.span(index, count))
        for index, count in enumerate(bins)
        if count
    )
    marks = (Mark(round(axis.at(value), 2), name) for name, value in quantiles.items())
    return Histogram(tuple(bars), axis.ticks(), tuple(marks), most)


def timeline(exchanges: Iterable[Exchange]) -> Timeline | None:
    """Return the timeline of the exchanges; None if there are none."""
    sent = sorted((exchange.at, exchange.seconds, _outcome_class(exchange)) for exchange in exchanges)
    if not sent:
        return None
    start = sent[0][0]
    length = max(sent[-1][0] - start, 1e-3)
    axis = _Axis(*(pick(max(took, _SMALLEST) for _, took, _ in sent) for pick in (min, max)))
    every = -(-len(sent) // POINTS)
    points: dict[str, list[str]] = {}
    totals: Counter[str] = Counter()
    for number, (at, took, outcome) in enumerate(sent):
        totals[outcome] += 1
        if number % every == 0:
            across = round((at - start) / length * WIDTH)
            up = round(HEIGHT - axis.at(took) / 100 * HEIGHT)
            points.setdefault(outcome, []).append(f"M{across} {up}h0")
    return Timeline(
        paths=tuple((outcome, totals[outcome], "".join(points.get(outcome, ()))) for outcome in sorted(totals)),
        ticks=tuple(_time_marks(length)),
        levels=tuple(Mark(100 - mark.at, mark.label) for mark in axis.ticks()),
        every=every,
        total=len(sent),
    )


def _outcome_class(exchange: Exchange) -> str:
    outcome = exchange.outcome
    return outcome.kind if isinstance(outcome, Failure) else f"{outcome.status // 100}xx"


def _time_marks(length: float) -> Iterator[Mark]:
    """Yield marks at round times from 0 to the length, in seconds, six at most."""
    power = 10.0 ** math.floor(math.log10(length))
    step = next(step for step in (power / 5, power / 2, power, 2 * power) if length / step <= 5)
    for number in range(int(length / step) + 1):
        yield Mark(round(100 * number * step / length, 2), duration(round(number * step, 9)))


class _Axis:
    """A logarithmic axis from one time to another, with a little room at both ends, in per cent."""

    def __init__(self, least: float, most: float) -> None:
        low, high = math.log(max(least, seconds_of(latency_bucket(0)))), math.log(max(most, least, 1e-6))
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
        """Return marks at round times, six at most."""
        powers = range(math.floor(self._low / math.log(10)), math.ceil(self._high / math.log(10)) + 1)
        for digits, step in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
            times = [digit * 10.0**power for power in powers if power % step == 0 for digit in digits]
            inside = [time for time in times if self._low <= math.log(time) <= self._high]
            if len(inside) <= 6:
                break
        return tuple(Mark(round(self.at(time), 2), duration(time)) for time in inside)


def sparkline(values: Sequence[Any]) -> str:
    """Return the points of a line through the numbers that are known, for an SVG polyline in a box of 100 by 24."""
    numbers = [float(value) for value in values if value is not None]
    if not numbers:
        return ""
    least, most = min(numbers), max(numbers)
    across, up = 96 / max(1, len(numbers) - 1), 20 / ((most - least) or 1)
    return " ".join(f"{2 + index * across:.1f},{22 - (value - least) * up:.1f}" for index, value in enumerate(numbers))
